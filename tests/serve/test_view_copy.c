/* Sealed copies of the view: made beside a writer, named, opened; damaged ones; and every call that can fail fails once, while one is made and while one is opened. */
/* wrap: openat pread pwrite write fdatasync fsync renameat ftruncate pthread_create */
#include "serve_test.h"
#include "hl7.h"
#include "view_copy.h"

#include <dirent.h>
#include <poll.h>

static char dir[64], view[80];
static struct chart *chart;
static struct age_identity key, foreign;
static uint64_t made;

/* ---- faults: the n-th of these calls fails ---- */

static _Atomic long countdown; /* 0: none will */
static _Atomic bool hit;

static bool fails(int no)
{
	if (countdown > 0 && --countdown == 0) {
		hit = true;
		errno = no;
		return true;
	}
	return false;
}

int __real_openat(int fd, const char *path, int flags, mode_t mode);
int __wrap_openat(int fd, const char *path, int flags, mode_t mode);
int __wrap_openat(int fd, const char *path, int flags, mode_t mode)
{
	return fails(EMFILE) ? -1 : __real_openat(fd, path, flags, mode);
}
#define WRAP(ret, name, no, args, pass)              \
	ret __real_##name args;                          \
	ret __wrap_##name args;                          \
	ret __wrap_##name args                           \
	{                                                \
		return fails(no) ? -1 : __real_##name pass;  \
	}
WRAP(ssize_t, pread, EIO, (int fd, void *p, size_t n, off_t at), (fd, p, n, at))
WRAP(ssize_t, pwrite, ENOSPC, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at))
ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n)
{
	return n != sizeof(uint64_t) && fails(ENOSPC) ? -1 : __real_write(fd, p, n); /* eventfd(2): a write to one does not fail */
}
WRAP(int, fdatasync, EIO, (int fd), (fd))
WRAP(int, fsync, EIO, (int fd), (fd))
WRAP(int, renameat, EIO, (int a, const char *b, int c, const char *d), (a, b, c, d))
WRAP(int, ftruncate, EIO, (int fd, off_t n), (fd, n))
int __real_pthread_create(pthread_t *t, const pthread_attr_t *at, void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *at, void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *at, void *(*fn)(void *), void *arg)
{
	return fails(EAGAIN) ? EAGAIN : __real_pthread_create(t, at, fn, arg);
}

/* ---- a view ---- */

static void fill(unsigned n)
{
	struct err e = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	for (unsigned i = 0; i < n; i++) {
		char m[600];
		struct hl7_msg msg;
		struct facts f;
		int k = snprintf(m, sizeof m, "MSH|^~\\&|EHR|GAB|HF|GAB|20260105120000||ADT^A08^ADT_A01|%llu|P|2.5\rPID|1||%llu^^^GAB^MR||Keller^Jeanne%llu||19570312|F\rPV1|1|I|3W^%u\r", (unsigned long long)made,
		                 (unsigned long long)made % 700, (unsigned long long)made % 700, i % 50);
		assert_int_equal(hl7_parse(slice_of(m, (size_t)k), a, &msg, NULL, 0, NULL, NULL), 0);
		facts_init(&f, a);
		hl7_facts(&msg, &f);
		struct chart_entry en = {.seq = made, .time = INT64_C(1767614400) * TIME_SEC + (int64_t)made * TIME_SEC, .kind = LEDGER_HL7V2, .source = SLICE("mllp/x"), .size = (uint64_t)k};
		assert_int_equal(chart_apply(chart, &en, &f, SLICE_NULL, &e), 0);
		arena_reset(a);
		made++;
	}
	assert_int_equal(chart_commit(chart, &e), 0);
}

static int setup(void **state)
{
	struct err e = {0};
	snprintf(dir, sizeof dir, "/tmp/holdfast-view-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(view, sizeof view, "%s/chart.db", dir);
	struct chart_options o = {.write = true, .site_name = "T", .readers = "hl7 1 fhir 1"};
	if (chart_open(view, &o, &chart, &e) < 0)
		fail_msg("%s", e.text);
	age_identity_new(&key);
	age_identity_new(&foreign);
	fill(3000);
	return 0;
}

static int teardown(void **state)
{
	chart_close(chart);
	file_remove_tree(AT_FDCWD, dir);
	return 0;
}

static int count(const char *begins)
{
	int n = 0;
	DIR *d = opendir(dir);
	for (struct dirent *en; (en = readdir(d));)
		n += !strncmp(en->d_name, begins, strlen(begins));
	closedir(d);
	return n;
}

static int add_line(void *arg, struct slice line, struct err *e)
{
	seal_sha256_add(arg, line);
	return 0;
}

static void export_of(const char *path, uint64_t entries, uint8_t ret[SEAL_HASH])
{
	struct err e = {0};
	struct chart *c = NULL;
	struct chart_moment at = {0};
	struct seal_sha256 *h = seal_sha256_new();
	struct chart_options o = {.site_name = "T", .readers = "hl7 1 fhir 1"};
	if (chart_open(path, &o, &c, &e) < 0 || chart_at_entry(c, entries - 1, &at, &e) < 0)
		fail_msg("%s", e.text);
	seal_sha256_begin(h);
	assert_int_equal(chart_export(c, at, add_line, h, &e), 0);
	seal_sha256_end(h, ret);
	seal_sha256_free(h);
	chart_close(c);
}

/* Waits for it; the writer goes on meanwhile. */
static int finish(struct copier *k, bool busy, struct ledger_view_copy *ret, struct err *e)
{
	struct pollfd p = {.fd = copier_fd(k), .events = POLLIN};
	const struct ledger_view_part *part;
	uint64_t plain;
	while (poll(&p, 1, busy ? 0 : 5000) == 0)
		if (busy)
			fill(20);
		else
			fail_msg("the copier does not come to an end");
	int r = copier_result(k, ret, &plain, &part, e);
	for (unsigned i = 0; r == 0 && i < ret->parts; i++)
		assert_true(part[i].size > 0);
	return r;
}

static int open_copy(const struct ledger_view_copy *c, const struct age_identity *with, const char *to, struct err *e)
{
	struct view_opener *o = NULL;
	int src = __real_openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0), fd = __real_openat(AT_FDCWD, to, O_RDWR | O_CREAT | O_TRUNC, 0600);
	int r = view_opener_new(src, c, with, 1, fd, &o, e);
	for (unsigned i = 0; r == 0 && i < c->parts; i++)
		view_opener_part(o);
	if (r == 0)
		r = view_opener_end(o, e);
	view_opener_free(o);
	close(fd);
	close(src);
	return r;
}

static struct ledger_view_copy make(uint64_t record, bool busy)
{
	struct copier *k = NULL;
	struct ledger_view_copy c;
	struct err e = {0};
	if (copier_start(chart, dir, &key.to, &k, &e) < 0 || finish(k, busy, &c, &e) < 0 || copier_name(k, record, &e) < 0)
		fail_msg("%s", e.text);
	copier_free(k);
	c.record = record;
	return c;
}

static void test_whole(void **state)
{
	struct err e = {0};
	char to[100];
	uint8_t a[SEAL_HASH], b[SEAL_HASH];
	assert_int_equal(view_copy_newest(dir), 0);
	struct ledger_view_copy c = make(made, true);
	assert_true(made >= c.entries);
	snprintf(to, sizeof to, "%s/opened.db", dir);
	if (open_copy(&c, &key, to, &e) < 0)
		fail_msg("%s", e.text);
	export_of(to, c.entries, a);
	export_of(view, c.entries, b);
	assert_memory_equal(a, b, sizeof a);
	assert_true(view_copy_newest(dir) > time_now() - 60 * TIME_SEC);
	/* the last two stay */
	make(made + 1, false);
	make(made + 2, false);
	assert_int_equal(count("copy-"), 2 * (int)c.parts);
	assert_int_equal(count("copy.tmp"), 0);
	/* broken off */
	struct copier *k = NULL;
	assert_int_equal(copier_start(chart, dir, &key.to, &k, &e), 0);
	copier_free(k);
	assert_int_equal(count("copy.tmp"), 0);
	assert_int_equal(open_copy(&c, &foreign, to, &e) < 0, true);
}

static void spoil(const char *path, int how)
{
	struct stat st;
	uint8_t x;
	int fd = open(path, O_RDWR);
	assert_int_equal(fstat(fd, &st), 0);
	if (how == 0) {
		assert_int_equal(__real_pread(fd, &x, 1, st.st_size / 2), 1);
		x ^= 1;
		assert_int_equal(__real_pwrite(fd, &x, 1, st.st_size / 2), 1);
	} else {
		assert_int_equal(__real_ftruncate(fd, how == 1 ? st.st_size - 1 : how == 2 ? st.st_size / 2 : 0), 0);
	}
	close(fd);
}

static void test_damaged(void **state)
{
	char to[100], name[LEDGER_VIEW_NAME_MAX], path[300];
	snprintf(to, sizeof to, "%s/opened.db", dir);
	for (int how = 0; how < 5; how++) {
		struct err e = {0};
		struct ledger_view_copy c = make(made + 10 + (unsigned)how, false);
		ledger_view_name(&c, 1, name);
		snprintf(path, sizeof path, "%s/%s", dir, name);
		if (how < 4)
			spoil(path, how);
		else
			unlink(path);
		assert_true(open_copy(&c, &key, to, &e) < 0);
		assert_true(e.text[0]);
	}
	/* sealed to the right key, and no view: the size is bounded, and what is no zstd is said to be none */
	struct ledger_view_copy c = make(made + 20, false);
	AUTO_BUF struct buf sealed = {0};
	struct err e = {0};
	buf_init(&sealed, 1 << 20);
	assert_int_equal(age_seal(&key.to, 1, SLICE("not compressed"), &sealed, &e), 0);
	ledger_view_name(&c, 1, name);
	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(file_replace(AT_FDCWD, path, buf_slice(&sealed), 0600, &e), 0);
	assert_int_equal(open_copy(&c, &key, to, &e), ERR_CORRUPT);
}

/* Whatever fails, there is a sentence, nothing half made stays under a name, and the next one goes through. */
static void test_sweep(void **state)
{
	char to[100];
	uint8_t a[SEAL_HASH], b[SEAL_HASH];
	long n = 1;
	snprintf(to, sizeof to, "%s/opened.db", dir);
	for (bool done = false; !done; n++) {
		struct copier *k = NULL;
		struct ledger_view_copy c;
		struct err e = {0};
		int before = count("copy-");
		hit = false;
		countdown = n;
		int r = copier_start(chart, dir, &key.to, &k, &e);
		if (r == 0)
			r = finish(k, false, &c, &e);
		if (r == 0)
			r = copier_name(k, made + 100 + (uint64_t)n, &e);
		copier_free(k);
		done = !hit;
		countdown = 0;
		assert_true(r == 0 || (e.code && e.text[0]));
		if (r < 0)
			assert_true(count("copy-") <= before + 1);
		fill(5); /* the writer is not harmed */
	}
	assert_true(n > 8);
	struct ledger_view_copy c = make(made + 1000, false);
	assert_int_equal(count("copy.tmp"), 0);
	n = 1;
	for (bool done = false; !done; n++) {
		struct err e = {0};
		hit = false;
		countdown = n;
		int r = open_copy(&c, &key, to, &e);
		done = !hit;
		countdown = 0;
		assert_true(r == 0 || (e.code && e.text[0]));
		if (done)
			assert_int_equal(r, 0);
	}
	assert_true(n > 4);
	export_of(to, c.entries, a);
	export_of(view, c.entries, b);
	assert_memory_equal(a, b, sizeof a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_sweep),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
