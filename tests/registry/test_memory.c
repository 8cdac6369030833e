/* Every allocation fails once, this program's and SQLite's, while lists are read, taken into a store, counted, compared and described; and arenas end anywhere: an error with a sentence comes back and the store is as it was, or the answer is the one with memory; never a smaller one. */
/* wrap: malloc calloc realloc reallocarray strdup strndup */
#include "said.h"
#include "scarce.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <unistd.h>

/* ---- SQLite's own ---- */

static sqlite3_mem_methods theirs;

static void *sqlite_malloc(int n)
{
	return scarce_now() ? NULL : theirs.xMalloc(n);
}

static void *sqlite_realloc(void *p, int n)
{
	return scarce_now() ? NULL : theirs.xRealloc(p, n);
}

static int setup(void **state)
{
	(void)state;
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &theirs) != SQLITE_OK)
		return -1;
	sqlite3_mem_methods ours = theirs;
	ours.xMalloc = sqlite_malloc;
	ours.xRealloc = sqlite_realloc;
	return sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) == SQLITE_OK ? sqlite3_initialize() : -1;
}

/* ---- what is done ---- */

#define FIRST HEAD "Group East,OH,Healthcare Provider,4000,04/01/2024,Theft,Email,No,\nGroup,OH,Healthcare Provider,1000,04/01/2024,Theft,Email,No,\nChildren\x83??s \xC3\xA2\xE2\x82\xAC\xE2\x84\xA2 Plan,CA,Health Plan,500,04/02/2024,\"Theft, Loss\",\"Laptop, Other\",Yes,\n" \
	"Lake East Clinic,OH,Healthcare Provider,4400,06/03/2024,Loss,Email,No,\nLake West Clinic,OH,Healthcare Provider,2000,06/03/2024,Loss,Email,No,\nOdd,ZZ,Nobody,12x,19/04/2024,Magic,Cloud,,\n"
#define SECOND HEAD "Group,OH,Healthcare Provider,5000,04/01/2024,Theft,Email,No,\nChildren's Plan,CA,Health Plan,90500,04/02/2024,\"Theft, Loss\",\"Laptop, Other\",Yes,\nLakes United,OH,Healthcare Provider,6300,06/03/2024,Loss,Email,No,\n"

static int take(struct registry *r, const char *text, const char *as_of, uint8_t n, struct arena *a, struct err *e)
{
	struct registry_list l;
	struct registry_added added;
	const struct registry_read_options o = {.file = "list.csv", .view = REGISTRY_UNDER_INVESTIGATION, .as_of = day(as_of), .today = day("2026-11-23")};
	struct registry_origin from = {.file = SLICE("list.csv"), .entry = UINT64_MAX, .time = 1, .sha256 = {n}};
	int c = registry_read(slice_str(text), &o, a, &l, e);
	return c < 0 ? c : registry_add(r, &l, &from, a, &added, e);
}

static void put_row(const struct registry_row *r, struct buf *b)
{
	buf_printf(b, "%.*s|%.*s|%" PRIu64 "|%d|%.*s|%.*s", SLICE_FMT(r->name), SLICE_FMT(r->state), r->persons, r->submitted, SLICE_FMT(r->type), SLICE_FMT(r->location));
}

static void put_warnings(const struct registry_basis *s, struct buf *b)
{
	for (size_t i = 0; i < s->w_n; i++)
		buf_printf(b, "warning %s: %.*s\n", s->w[i].what, SLICE_FMT(s->w[i].text));
}

/* All that is in it. */
static void put_all(const struct registry_all *all, struct buf *b)
{
	for (size_t i = 0; i < all->import_n; i++)
		buf_printf(b, "import %d %u rows %.*s\n", all->import[i].as_of, all->import[i].rows, SLICE_FMT(all->import[i].warnings));
	for (size_t i = 0; i < all->revision_n; i++) {
		buf_printf(b, "%u ", all->revision[i].incident);
		put_row(&all->revision[i].row, b);
		buf_u8(b, '\n');
	}
	for (size_t i = 0; i < all->seen_n; i++)
		buf_printf(b, "seen %u %u\n", all->seen[i].import, all->seen[i].revision);
	for (size_t i = 0; i < all->merge_n; i++)
		buf_printf(b, "merge %u %u %d %.*s\n", all->merge[i].from, all->merge[i].into, all->merge[i].perhaps, SLICE_FMT(all->merge[i].why));
}

static int stored(struct registry *r, struct arena *a, struct buf *b, struct err *e)
{
	struct registry_all all;
	int c = registry_load(r, a, &all, e);
	for (size_t i = 0; c == 0 && i < all.revision_n; i++) {
		struct slice text, raw;
		c = registry_description(r, &all, i, a, &text, &raw, e);
		long kept = scarce_rest();
		if (c == 0)
			buf_printf(b, "%zu: %.*s %.*s\n", i, SLICE_FMT(text), SLICE_FMT(raw));
		scarce_left = kept;
	}
	long kept = scarce_rest(); /* what is asked now is the test's own */
	if (c == 0)
		put_all(&all, b);
	scarce_left = kept;
	return c;
}

static int counted(struct registry *r, struct arena *a, struct buf *b, struct err *e)
{
	struct registry_all all;
	struct registry_figures f = {0};
	struct registry_diff d = {0};
	struct registry_drift *drift = NULL;
	struct registry_bin *bin = NULL;
	struct registry_places place = {0};
	struct registry_basis basis = {0};
	struct registry_history *h = NULL;
	struct registry_counted *v = NULL;
	size_t drift_n = 0, bins = 0, h_n = 0, n = 0;
	const struct registry_question q = {.view = REGISTRY_FULL, .as_of = REGISTRY_NO_DAY, .year = 2024, .from = REGISTRY_NO_DAY, .to = REGISTRY_NO_DAY};
	int c = registry_load(r, a, &all, e);
	c = c ? c : registry_figures(&all, &q, 3, a, &f, e);
	c = c ? c : registry_diff(&all, REGISTRY_OCR, REGISTRY_UNKNOWN, day("2024-10-08"), day("2025-10-08"), 0, a, &d, e);
	c = c ? c : registry_drift(&all, &q, a, &drift, &drift_n, e);
	c = c ? c : registry_distribution(&all, &q, a, &bin, &bins, &basis, e);
	c = c ? c : registry_place(&all, &q, 4000, a, &place, e);
	c = c ? c : registry_history(&all, 2, a, &h, &h_n, e);
	c = c ? c : registry_select(&all, &q, a, &v, &n, &basis, e);
	long kept = scarce_rest();
	if (c == 0) {
		const struct registry_tallies *t[] = {&f.entity_type, &f.breach_type, &f.location_any, &f.location_exact, &f.state, &f.month, &f.years};
		buf_printf(b, "%" PRIu64 " %" PRIu64 " %" PRIu64 " median %" PRIu64 "\n", f.incidents, f.persons, f.placeholders, f.median);
		put_warnings(&f.basis, b);
		for (size_t i = 0; i < ARRAY_LEN(t); i++)
			for (size_t k = 0; k < t[i]->n; k++)
				buf_printf(b, "%zu %.*s %" PRIu64 "\n", i, SLICE_FMT(t[i]->v[k].name), t[i]->v[k].persons);
		for (size_t i = 0; i < f.top_n; i++)
			buf_printf(b, "top %.*s\n", SLICE_FMT(f.top[i].name));
		for (size_t i = 0; i < d.removed_n; i++)
			buf_printf(b, "removed %.*s %s %u\n", SLICE_FMT(d.removed[i].name), d.removed[i].now, d.removed[i].into);
		for (size_t i = 0; i < d.changed_n; i++)
			buf_printf(b, "changed %.*s %" PRIu64 "\n", SLICE_FMT(d.changed[i].name), d.changed[i].after);
		for (size_t i = 0; i < d.w_n; i++)
			buf_printf(b, "warning %s\n", d.w[i].what);
		for (size_t i = 0; i < drift_n; i++)
			buf_printf(b, "drift %d %d %" PRIu64 "\n", drift[i].as_of, drift[i].view, drift[i].incidents);
		for (size_t i = 0; i < bins; i++)
			buf_printf(b, "%" PRIu64 ",", bin[i].incidents);
		buf_printf(b, "\n%u of %" PRIu64 ", %zu wordings\n", place.all.below, place.all.among, h_n);
		for (size_t i = 0; i < n; i++) {
			put_row(&all.revision[v[i].revision].row, b);
			buf_u8(b, '\n');
		}
	}
	scarce_left = kept;
	return c;
}

/* ---- swept ---- */

typedef int doing(struct registry *r, struct arena *a, struct buf *b, struct err *e);

static struct registry *shop(bool both)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct registry *r;
	struct err e = {0};
	assert_int_equal(registry_open(":memory:", REGISTRY_WRITE, &r, &e), 0);
	assert_int_equal(take(r, FIRST, "2024-10-08", 1, a, &e), 0);
	if (both)
		assert_int_equal(take(r, SECOND, "2025-10-08", 2, a, &e), 0);
	return r;
}

static void said_so(const char *what, long n, int r, const struct err *e)
{
	if (!e->text[0] || (r != ERR_MEMORY && r != ERR_LIMIT))
		fail_msg("%s, allocation %ld: code %d: %s", what, n, r, e->text);
}

/* Of what reads only: an error, or the same answer. */
static void asked(const char *what, doing *ask)
{
	AUTO_BUF struct buf want = {0}, got = {0};
	struct registry *r = shop(true);
	struct err e = {0};
	long all = 0, errors = 0;
	buf_init(&want, 1 << 20);
	buf_init(&got, 1 << 20);
	for (int warm = 0; warm < 2; warm++) {
		struct arena *a = arena_new((size_t)64 << 20);
		buf_reset(&want);
		scarce_after(LONG_MAX);
		int c = ask(r, a, &want, &e);
		all = scarce_asked();
		assert_int_equal(c, 0);
		arena_free(a);
	}
	assert_true(want.n > 300);
	for (long n = 0; n < all; n++) {
		struct arena *a = arena_new((size_t)64 << 20);
		e = (struct err){0};
		buf_reset(&got);
		scarce_after(n);
		int c = ask(r, a, &got, &e);
		scarce_rest();
		arena_free(a);
		if (c < 0)
			said_so(what, n, c, &e);
		else if (strcmp(buf_cstr(&got), buf_cstr(&want)))
			fail_msg("%s, allocation %ld: nothing is said, and it is not the same answer:\n%s-- but\n%s", what, n, buf_cstr(&want), buf_cstr(&got));
		errors += c < 0;
	}
	for (size_t limit = 64; limit < 600000; limit += limit < 20000 ? 208 : 9008) {
		struct arena *a = arena_new(limit);
		e = (struct err){0};
		buf_reset(&got);
		int c = ask(r, a, &got, &e);
		arena_free(a);
		if (c < 0)
			said_so(what, -(long)limit, c, &e);
		else if (strcmp(buf_cstr(&got), buf_cstr(&want)))
			fail_msg("%s, with %zu bytes: nothing is said, and it is not the same answer:\n%s-- but\n%s", what, limit, buf_cstr(&want), buf_cstr(&got));
	}
	print_message("%s: %ld allocations, %ld errors\n", what, all, errors);
	assert_true(errors > 0);
	registry_close(r);
}

static void asking(void **state)
{
	(void)state;
	asked("what is stored", stored);
	asked("figures", counted);
}

/* Taking a list in: all of it, or the store is as it was, and takes it the next time. */
static void taking(void **state)
{
	(void)state;
	AUTO_BUF struct buf before = {0}, after = {0}, got = {0};
	struct err e = {0};
	long all = LONG_MAX, errors = 0, whole = 0;
	buf_init(&before, 1 << 20);
	buf_init(&after, 1 << 20);
	buf_init(&got, 1 << 20);
	for (long n = -1; n < all; n++) {
		struct arena *a = arena_new((size_t)64 << 20), *b = arena_new((size_t)64 << 20);
		struct registry *r = shop(false);
		if (n < 0)
			assert_int_equal(stored(r, b, &before, &e), 0);
		e = (struct err){0};
		scarce_after(n < 0 ? LONG_MAX : n);
		int c = take(r, SECOND, "2025-10-08", 2, a, &e);
		if (n < 0)
			all = scarce_asked();
		scarce_rest();
		buf_reset(&got);
		struct err none = {0};
		assert_int_equal(stored(r, b, &got, &none), 0);
		if (n < 0)
			buf_add_slice(&after, buf_slice(&got));
		if (c < 0)
			said_so("taking in", n, c, &e);
		if (strcmp(buf_cstr(&got), buf_cstr(c < 0 ? &before : &after)))
			fail_msg("allocation %ld (%d, %s): the store is neither as before nor as after:\n%s", n, c, e.text, buf_cstr(&got));
		if (c < 0) {
			assert_int_equal(take(r, SECOND, "2025-10-08", 2, b, &none), 0);
			buf_reset(&got);
			assert_int_equal(stored(r, b, &got, &none), 0);
			assert_string_equal(buf_cstr(&got), buf_cstr(&after));
		}
		errors += c < 0;
		whole += c == 0;
		registry_close(r);
		arena_free(a);
		arena_free(b);
	}
	print_message("taking in: %ld allocations, %ld errors, %ld without a difference\n", all, errors, whole);
	assert_true(errors > 100);
}

/* Opening a file, new and known. */
static void opening(void **state)
{
	(void)state;
	char dir[] = "/tmp/registry-XXXXXX", path[64];
	struct registry *r = NULL;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/x.db", dir);
	long errors = 0;
	for (int known = 0; known < 2; known++)
		for (long n = 0;; n++) {
			struct err e = {0};
			scarce_after(n);
			int c = registry_open(path, REGISTRY_WRITE, &r, &e);
			scarce_rest();
			if (c < 0)
				assert_true(e.text[0] != 0);
			else
				registry_close(r);
			errors += c < 0;
			if (!scarce_failed)
				break;
			if (!known)
				unlink(path);
		}
	assert_true(errors > 20);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(asking), cmocka_unit_test(taking), cmocka_unit_test(opening)};
	return cmocka_run_group_tests(tests, setup, NULL);
}
