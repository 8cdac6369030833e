/* Memory that ends anywhere: letters, rows, duties, forms, notices to the public and returned mail are made with an arena of every size from nothing on, and with each allocation failing once: an error comes back, or the same text as with memory. A letter with a
 * sentence that is missing is worse than none. */
/* wrap: malloc calloc realloc reallocarray strdup strndup */
#include "letters.h"
#include "scarce.h"

#include <inttypes.h>
#include <limits.h>

/* Makes something in a, as text in b, which was made before and has room. */
typedef int making(struct arena *a, struct buf *b, struct err *e);

/* Arenas from nothing on, in steps; then each allocation. */
static void swept(const char *what, making *make, size_t most, size_t step)
{
	AUTO_BUF struct buf want = {0}, got = {0};
	struct err e = {0};
	size_t errors = 0, whole = 0;
	buf_init(&want, (size_t)8 << 20);
	buf_init(&got, (size_t)8 << 20);
	assert_non_null(buf_space(&want, (size_t)4 << 20));
	assert_non_null(buf_space(&got, (size_t)4 << 20));
	struct arena *a = arena_new((size_t)64 << 20);
	assert_int_equal(make(a, &want, &e), 0);
	arena_free(a);
	assert_true(buf_ok(&want) && want.n > 20);
	for (size_t limit = 16; limit < most; limit += step) {
		a = arena_new(limit);
		e = (struct err){0};
		buf_reset(&got);
		int r = make(a, &got, &e);
		arena_free(a);
		if (r < 0 && (!e.text[0] || (r != ERR_MEMORY && r != ERR_LIMIT)))
			fail_msg("%s, with %zu bytes: code %d: %s", what, limit, r, e.text);
		if (r == 0 && !slice_eq(buf_slice(&got), buf_slice(&want)))
			fail_msg("%s, with %zu bytes: not the same\n%s-- but\n%s", what, limit, buf_cstr(&want), buf_cstr(&got));
		errors += r < 0;
		whole += r == 0;
	}
	if (!errors || !whole)
		fail_msg("%s: %zu errors, %zu without: sizes were badly chosen", what, errors, whole);
	for (long n = 0;; n++) {
		a = arena_new((size_t)64 << 20);
		e = (struct err){0};
		buf_reset(&got);
		scarce_after(n);
		int r = make(a, &got, &e);
		bool over = scarce_left >= 0;
		scarce_rest();
		arena_free(a);
		if (r < 0 && !e.text[0])
			fail_msg("%s, allocation %ld: code %d without a sentence", what, n, r);
		if (r == 0 && !slice_eq(buf_slice(&got), buf_slice(&want)))
			fail_msg("%s, allocation %ld: not the same", what, n);
		if (over)
			break;
	}
}

static int a_letter(struct arena *a, struct buf *b, struct err *e, const char *person)
{
	const struct notice_style style = {.lang = -1, .refs = true, .code_key = slice_of(the_key, sizeof the_key)};
	struct notice_incident in;
	struct notice_person p;
	struct notice_letter l;
	int r = notice_incident_read(SLICE(CASE), a, &in, e);
	r = r ? r : notice_incident_ready(&in, e);
	r = r ? r : notice_person_read(slice_str(person), a, &p, e);
	r = r ? r : notice_letter_make(&in, &p, &style, 7, a, &l, e);
	if (r == 0) {
		long kept = scarce_rest(); /* what is asked now is the test's */
		buf_printf(b, "%d\n", (int)l.fate);
		paper_post_text(&l.post, b);
		scarce_left = kept;
	}
	return r;
}

static int letter_en(struct arena *a, struct buf *b, struct err *e)
{
	return a_letter(a, b, e, "{" MARIA ",\"acquired\":\"ssn name dob diagnosis medication account\",\"accessed\":\"phone\"}");
}

static int letter_zh(struct arena *a, struct buf *b, struct err *e)
{
	return a_letter(a, b, e, "{\"person_id\":\"p3\",\"last\":\"\xe6\x9d\x8e\",\"first\":\"\xe5\x9b\x9b\",\"addr1\":\"1\",\"city\":\"Boston\",\"state\":\"MA\",\"zip\":\"02110\",\"acquired\":\"name ssn\",\"language\":\"zh\"}");
}

static int rows(struct arena *a, struct buf *b, struct err *e)
{
	const struct notice_style style = {.lang = -1, .code_key = slice_of(the_key, sizeof the_key)};
	struct notice_incident in;
	struct notice_mailing *m = NULL;
	int r = notice_incident_read(SLICE(CASE), a, &in, e);
	r = r ? r : notice_mailing_new(&in, &style, &m, e);
	for (unsigned i = 0; r == 0 && i < 600; i += i < 20 ? 1 : 29) { /* the table of persons grows */
		char line[200];
		struct notice_person p;
		struct notice_letter l;
		struct arena *each = arena_new((size_t)4 << 20);
		snprintf(line, sizeof line, "{\"person_id\":\"q%u\",\"last\":\"A\",\"addr1\":\"1 A\",\"city\":\"X\",\"state\":\"TX\",\"zip\":\"78702\",\"acquired\":\"name\"}", i);
		r = each ? notice_person_read(slice_str(line), each, &p, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
		r = r ? r : notice_mailing_add(m, &p, 1, each, b, &l, e);
		arena_free(each);
	}
	notice_mailing_free(m);
	return r;
}

static int forms(struct arena *a, struct buf *b, struct err *e)
{
	struct notice_incident in;
	int r = notice_incident_read(SLICE(CASE), a, &in, e);
	for (size_t i = 0; r == 0 && notice_form_id(i); i++) {
		struct notice_form f;
		struct jsonw w;
		r = notice_form_make(&in, notice_form_id(i), a, &f, e);
		if (r == 0) {
			long kept = scarce_rest();
			jsonw_init(&w, b);
			notice_form_json(&f, &w);
			jsonw_done(&w);
			scarce_left = kept;
		}
	}
	return r;
}

static int duties(struct arena *a, struct buf *b, struct err *e)
{
	struct notice_facts *f = arena_alloc(a, sizeof *f);
	struct notice_duties d;
	struct jsonw w;
	if (!f)
		return err_set(e, arena_code(a), NULL, "no memory");
	int r = notice_facts_read(SLICE(CASE), a, f, e);
	r = r ? r : notice_duties(f, "en", a, &d, e);
	if (r == 0) {
		long kept = scarce_rest();
		jsonw_init(&w, b);
		jsonw_arr(&w);
		for (size_t i = 0; i < d.n; i++)
			notice_duty_json(&w, &d.v[i]);
		jsonw_arr_end(&w);
		jsonw_done(&w);
		scarce_left = kept;
	}
	return r;
}

static int returned(struct arena *a, struct buf *b, struct err *e)
{
	static const char sent[] = "letter_id,person_id\r\n0000001-A,p1\r\n0000002-B,\"p,2\"\r\n0000003-C,p3\r\n", back[] = "person_id,printed,mailed,returned,reason\np1,yes,2026-08-21,no,\n\"p,2\",yes,2026-08-21,yes,moved\np9,yes,,,\n";
	struct notice_returns x;
	int r = notice_returns_read(&(struct notice_return){.text = slice_str(back)}, 1, slice_str(sent), a, &x, e);
	if (r == 0) {
		long kept = scarce_rest();
		buf_printf(b, "%" PRIu64 " rows %" PRIu64 " printed %" PRIu64 " mailed %" PRIu64 " returned %" PRIu64 " unknown %" PRIu64 " bad\n%.*s\n%.*s\n", x.rows, x.printed, x.mailed, x.returned, x.unknown, x.bad, SLICE_FMT(x.undeliverable), SLICE_FMT(x.faults));
		scarce_left = kept;
	}
	return r;
}

static void letters(void **state)
{
	(void)state;
	swept("a letter", letter_en, 1 << 17, 272);
	swept("a letter in Chinese", letter_zh, 1 << 17, 272);
}

static void a_mailing(void **state)
{
	(void)state;
	swept("rows", rows, 1 << 16, 192);
	swept("returned mail", returned, 1 << 13, 16);
}

static void what_authorities_get(void **state)
{
	(void)state;
	swept("forms", forms, 1 << 20, 6416);
	swept("duties", duties, 1 << 20, 6416);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(letters), cmocka_unit_test(a_mailing), cmocka_unit_test(what_authorities_get)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
