/* The mail-house's file and what it sends back; enrolment codes. */
#include "letters.h"
#include "csv.h"

static void codes(void **state)
{
	static const char alphabet[] = "23456789CDFHJKMNPRTVWXY";
	char c[NOTICE_CODE_MAX], d[NOTICE_CODE_MAX];
	unsigned seen[32] = {0};
	(void)state;
	notice_code_make(SLICE("0123456789abcdef"), SLICE("p1"), c);
	notice_code_make(SLICE("0123456789abcdef"), SLICE("p1"), d);
	assert_string_equal(c, d); /* made again it is the same */
	notice_code_make(SLICE("0123456789abcdeg"), SLICE("p1"), d);
	assert_string_not_equal(c, d);
	for (unsigned i = 0; i < 3000; i++) {
		char id[16];
		snprintf(id, sizeof id, "p%u", i);
		notice_code_make(slice_of(the_key, sizeof the_key), slice_str(id), c);
		assert_int_equal(strlen(c), 19);
		assert_true(notice_code_ok(slice_str(c)));
		for (size_t k = 0; k < 19; k++)
			if (c[k] != '-') {
				assert_non_null(strchr(alphabet, c[k]));
				seen[strchr(alphabet, c[k]) - alphabet]++;
			}
	}
	for (unsigned i = 0; i < 23; i++)
		assert_in_range(seen[i], 3000 * 16 / 23 - 300, 3000 * 16 / 23 + 300); /* none is rarer than the others: six standard deviations */
	/* each wrong character, and each two that changed places */
	for (size_t k = 0; k < 19; k++)
		for (size_t j = 0; c[k] != '-' && j < 23; j++) {
			snprintf(d, sizeof d, "%s", c);
			d[k] = alphabet[j];
			assert_int_equal(notice_code_ok(slice_str(d)), d[k] == c[k]);
		}
	for (size_t k = 0; k + 1 < 15; k++)
		if (c[k] != '-' && c[k + 1] != '-') {
			snprintf(d, sizeof d, "%s", c);
			d[k] = c[k + 1];
			d[k + 1] = c[k];
			assert_int_equal(notice_code_ok(slice_str(d)), c[k] == c[k + 1]);
		}
	assert_false(notice_code_ok(SLICE("")));
	assert_false(notice_code_ok(SLICE("2222-2222-2222-222")));
	assert_false(notice_code_ok(SLICE("0000-0000-0000-0000")));
}

struct mail {
	struct arena *a, *each;
	struct notice_incident in;
	struct notice_mailing *m;
	struct buf rows;
};

static void mail_begin(struct mail *t)
{
	struct err e = {0};
	const struct notice_style style = {.lang = -1, .code_key = slice_of(the_key, sizeof the_key)};
	*t = (struct mail){.a = arena_new((size_t)64 << 20), .each = arena_new((size_t)8 << 20)};
	assert_int_equal(notice_incident_read(SLICE(CASE), t->a, &t->in, &e), 0);
	assert_int_equal(notice_mailing_new(&t->in, &style, &t->m, &e), 0);
	buf_init(&t->rows, (size_t)64 << 20);
	notice_mailing_head(&t->rows);
}

static enum notice_fate mail_add(struct mail *t, const char *person)
{
	struct err e = {0};
	struct notice_person p;
	struct notice_letter l;
	arena_reset(t->each);
	assert_int_equal(notice_person_read(slice_str(person), t->each, &p, &e), 0);
	assert_int_equal(notice_mailing_add(t->m, &p, 1, t->each, &t->rows, &l, &e), 0);
	return l.fate;
}

static void mail_end(struct mail *t)
{
	notice_mailing_free(t->m);
	buf_done(&t->rows);
	arena_free(t->a);
	arena_free(t->each);
}

static void rows(void **state)
{
	struct mail t;
	struct csv c;
	struct slice f[CSV_FIELDS_MAX];
	size_t n, lines = 0;
	(void)state;
	mail_begin(&t);
	assert_int_equal(mail_add(&t, "{" MARIA ",\"acquired\":\"ssn name\",\"accessed\":\"dob\",\"zip\":\"78702-0012\",\"ncoa_code\":\"A\"}"), NOTICE_MAIL);
	assert_int_equal(mail_add(&t, "{\"person_id\":\"@p2\",\"first\":\"=1+1\",\"last\":\"O'Neil, \\\"Bo\\\"\\r\\nJr\",\"addr1\":\"+1 Elm\",\"addr2\":\"-2\",\"city\":\"@x\",\"state\":\"TX\",\"zip\":\"78702\",\"acquired\":\"name\"}"), NOTICE_MAIL);
	assert_int_equal(mail_add(&t, "{\"person_id\":\"p3\",\"last\":\"\xe6\x9d\x8e\",\"first\":\"\xe5\x9b\x9b\",\"addr1\":\"1\",\"city\":\"Austin\",\"state\":\"TX\",\"zip\":\"78702\",\"acquired\":\"name\",\"enrol_code\":\"EXPERIAN1\",\"language\":\"zh\"}"), NOTICE_MAIL);
	assert_int_equal(mail_add(&t, "{" MARIA ",\"acquired\":\"dob\"}"), NOTICE_DOUBLE);
	assert_int_equal(mail_add(&t, "{\"person_id\":\"p4\",\"last\":\"A\",\"acquired\":\"name\"}"), NOTICE_NO_ADDRESS);
	for (size_t i = 0; i < t.rows.n; i++)
		lines += t.rows.p[i] == '\n';
	assert_int_equal(lines, 4); /* a line break in a name is none in the file */
	csv_init(&c, buf_slice(&t.rows), ',', t.a);
	assert_true(csv_row(&c, f, &n));
	assert_int_equal(n, 29);
	assert_true(slice_eq_str(f[0], "letter_id") && slice_eq_str(f[27], "batch") && slice_eq_str(f[28], "person_language"));
	assert_true(csv_row(&c, f, &n));
	assert_int_equal(n, 29);
	assert_true(slice_eq_str(f[1], "p1") && slice_eq_str(f[14], "78702") && slice_eq_str(f[15], "0012") && slice_eq_str(f[19], "A") && slice_eq_str(f[21], "24") && slice_eq_str(f[24], "both"));
	assert_true(slice_eq_str(f[23], "name; Social Security number; date of birth"));
	assert_true(csv_row(&c, f, &n));
	for (size_t i = 0; i < n; i++)
		assert_true(!f[i].n || !strchr("=+-@", f[i].p[0]));
	assert_true(slice_eq_str(f[8], "O'Neil, \"Bo\" Jr") && slice_eq_str(f[6], "'=1+1"));
	assert_true(csv_row(&c, f, &n));
	assert_true(slice_eq_str(f[20], "EXPERIAN1") && slice_eq_str(f[2], "person-zh") && slice_eq_str(f[3], "zh") && slice_eq_str(f[28], "zh"));
	assert_false(csv_row(&c, f, &n));
	mail_end(&t);
}

static void manifest(void **state)
{
	struct mail t;
	AUTO_BUF struct buf out = {0};
	struct json_node *root;
	struct err e = {0};
	(void)state;
	mail_begin(&t);
	for (unsigned i = 0; i < 25; i++) {
		char person[300];
		snprintf(person, sizeof person, "{\"person_id\":\"q%u\",\"last\":\"A\",\"addr1\":\"%s\",\"city\":\"X\",\"state\":\"%s\",\"zip\":\"1\",\"language\":\"%s\",\"acquired\":\"name\"}", i, i < 10 ? "" : "1 A", i % 2 ? "RI" : "TX", i == 24 ? "Vietnamese" : i == 23 ? "" : i % 5 ? "en" : "spa");
		(void)mail_add(&t, person);
	}
	buf_init(&out, 1 << 20);
	notice_mailing_manifest(t.m, "ab", 77, false, 40, 3, "cd", &out);
	assert_int_equal(json_tree(buf_slice(&out), t.a, &root, &e), 0);
	assert_true(slice_eq_str(json_text(root, "count"), "15"));
	assert_true(slice_eq_str(json_text(root, "by_state.US-RI"), "7") && slice_eq_str(json_text(root, "by_state.US-TX"), "8"));
	assert_true(slice_eq_str(json_text(root, "by_language.es"), "3") && slice_eq_str(json_text(root, "by_template.person-en"), "12"));
	assert_true(slice_eq_str(json_text(root, "by_language.en"), "12") && slice_eq_str(json_text(root, "by_person_language.en"), "10") && slice_eq_str(json_text(root, "by_person_language.es"), "3") && slice_eq_str(json_text(root, "by_person_language.vi"), "1") && slice_eq_str(json_text(root, "by_person_language.not-said"), "1"));
	assert_true(slice_eq_str(json_text(root, "language_not_in_the_case"), "1"));
	AUTO_BUF struct buf which = {0};
	buf_init(&which, 1000);
	assert_int_equal(notice_mailing_fallback(t.m, &which), 1);
	assert_string_equal(buf_cstr(&which), "vi 1");
	assert_true(slice_eq_str(json_text(root, "not_mailed.no-address"), "10") && slice_eq_str(json_text(root, "substitute_notice.citation"), "45 CFR 164.404(d)(2)(ii)"));
	assert_true(slice_eq_str(json_text(root, "figures.0.name"), "discovered") && slice_eq_str(json_text(root, "figures.0.entry"), "4711"));
	mail_end(&t);
}

/* Ten is where substitute notice becomes public. */
static void ten(void **state)
{
	const char *c, *nine = notice_substitute_form(9, &c);
	(void)state;
	assert_string_equal(c, "45 CFR 164.404(d)(2)(i)");
	assert_string_not_equal(nine, notice_substitute_form(10, &c));
	assert_string_equal(c, "45 CFR 164.404(d)(2)(ii)");
	assert_string_equal(notice_substitute_form(0, &c), "none");
}

#define SENT "letter_id,person_id,first\r\n0000001-J,p1,A\r\n0000002-V,p2,B\r\n0000003-5,p3,C\r\n0000004-F,'@p4,D\r\n"
static int back(const char *text, struct notice_returns *r, struct arena *a)
{
	struct err e = {0};
	return notice_returns_read(&(struct notice_return){.text = slice_str(text)}, 1, SLICE(SENT), a, r, &e);
}

static void returns(void **state)
{
	static const struct {
		const char *text;
		uint64_t rows, printed, mailed, returned, unknown, twice, bad;
		const char *first, *last, *gone;
	} table[] = {
		{"letter_id,printed,mailed,returned,reason\n0000001-J,yes,2026-08-21,,\n0000002-V,yes,2026-08-22,2026-09-01,moved\n", 2, 2, 2, 1, 0, 0, 0, "2026-08-21", "2026-08-22", "p2\tmoved\n"},
		{"Letter ID;Mail Date;Returned\r\n0000001-J;08/21/2026;no\r\n9999999-X;08/21/2026;no\r\n", 2, 0, 1, 0, 1, 0, 0, "2026-08-21", "2026-08-21", ""},
		{"person_id,mailed\np1,2026-08-21\np1,2026-08-21\np1,2026-08-22\n", 3, 0, 1, 0, 0, 1, 1, "2026-08-21", "2026-08-21", ""},
		{"letter_id,person_id,mailed\n0000001-J,p2,2026-08-21\n,,2026-08-21\n0000002-V,p2,soon\n0000003-5,p3,2026-02-30\n", 4, 0, 0, 0, 0, 0, 4, "", "", ""},
		{"person_id,returned,reason\n'@p4,yes,no such number\n", 1, 0, 0, 1, 0, 0, 0, "", "", "@p4\tno such number\n"},
		{"\xef\xbb\xbf" "letter_id,printed\n0000004-F,x\n", 1, 1, 0, 0, 0, 0, 0, "", "", ""},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct arena *a = arena_new((size_t)16 << 20);
		struct notice_returns r;
		assert_int_equal(back(table[i].text, &r, a), 0);
		assert_int_equal(r.rows, table[i].rows);
		assert_int_equal(r.printed, table[i].printed);
		assert_int_equal(r.mailed, table[i].mailed);
		assert_int_equal(r.returned, table[i].returned);
		assert_int_equal(r.unknown, table[i].unknown);
		assert_int_equal(r.twice, table[i].twice);
		assert_int_equal(r.bad, table[i].bad);
		assert_true(slice_eq_str(r.first_mailed, table[i].first) && slice_eq_str(r.last_mailed, table[i].last) && slice_eq_str(r.undeliverable, table[i].gone));
		assert_int_equal(r.faults.n > 0, table[i].bad > 0);
		arena_free(a);
	}
	static const char *const none[] = {"", "first,last\nA,B\n", "letter_id,first\n0000001-J,A\n", "\n\n"};
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		struct arena *a = arena_new((size_t)16 << 20);
		struct notice_returns r;
		assert_int_equal(back(none[i], &r, a), ERR_INPUT);
		arena_free(a);
	}
}

/* Several files of one mailing: each letter once, whatever the files repeat; what came back is back until it was mailed again. */
static void several(void **state)
{
	static const struct {
		const char *text[3];
		uint64_t rows, mailed, returned, twice, bad;
		const char *first, *last, *gone, *fault;
	} table[] = {
		{{"person_id,mailed\np1,2026-08-21\np2,2026-08-21\n", "person_id,mailed\np3,2026-08-24\n", NULL}, 3, 3, 0, 0, 0, "2026-08-21", "2026-08-24", "", ""},
		{{"person_id,mailed\np1,2026-08-21\np2,2026-08-21\n", "letter_id,returned,reason\n0000002-V,2026-09-01,moved\n", NULL}, 3, 2, 1, 0, 0, "2026-08-21", "2026-08-21", "p2\tmoved\n", ""},
		/* a file that says all so far says nothing new of most */
		{{"person_id,mailed,returned\np1,2026-08-21,no\np2,2026-08-21,no\n", "person_id,mailed,returned\np1,2026-08-21,no\np2,2026-08-21,yes\n", NULL}, 4, 2, 1, 1, 0, "2026-08-21", "2026-08-21", "p2\t\n", ""},
		/* an empty cell takes nothing back, and "no" alone does not, either */
		{{"person_id,mailed,returned\np2,2026-08-21,yes\n", "person_id,mailed,returned\np2,2026-08-21,no\n", "person_id,printed,returned\np2,yes,\n"}, 3, 1, 1, 0, 0, "2026-08-21", "2026-08-21", "p2\t\n", ""},
		/* mailed again, to another address: it arrived */
		{{"person_id,mailed,returned\np2,2026-08-21,yes\n", "person_id,mailed,returned\np2,2026-09-10,no\n", NULL}, 2, 1, 0, 0, 0, "2026-08-21", "2026-09-10", "", ""},
		{{"person_id,mailed\np1,2026-08-21\np1,2026-08-22\n", "person_id,mailed\np1,soon\n", NULL}, 3, 1, 0, 0, 2, "2026-08-21", "2026-08-21", "", "a.csv, row 3: says something else of a letter that an earlier row has\nb.csv, row 2: printed, mailed or returned is neither a day nor yes or no\n"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct arena *a = arena_new((size_t)16 << 20);
		struct notice_return f[] = {{"a.csv", slice_str(table[i].text[0])}, {"b.csv", slice_str(table[i].text[1])}, {"c.csv", slice_str(table[i].text[2] ? table[i].text[2] : "")}};
		struct notice_returns r;
		struct err e = {0};
		assert_int_equal(notice_returns_read(f, table[i].text[2] ? 3 : 2, SLICE(SENT), a, &r, &e), 0);
		assert_int_equal(r.rows, table[i].rows);
		assert_int_equal(r.mailed, table[i].mailed);
		assert_int_equal(r.returned, table[i].returned);
		assert_int_equal(r.twice, table[i].twice);
		assert_int_equal(r.bad, table[i].bad);
		assert_true(slice_eq_str(r.first_mailed, table[i].first) && slice_eq_str(r.last_mailed, table[i].last));
		assert_true(slice_eq_str(r.undeliverable, table[i].gone) && slice_eq_str(r.faults, table[i].fault));
		arena_free(a);
	}
	struct arena *a = arena_new((size_t)16 << 20);
	struct notice_return f[] = {{"a.csv", SLICE("person_id,mailed\np1,2026-08-21\n")}, {"b.csv", SLICE("first,last\nA,B\n")}};
	struct notice_returns r;
	struct err e = {0};
	assert_int_equal(notice_returns_read(f, 2, SLICE(SENT), a, &r, &e), ERR_INPUT);
	assert_string_equal(e.place, "b.csv"); /* which of them it is */
	arena_free(a);
}

/* More persons than the first table of fingerprints holds: each once. */
static void many(void **state)
{
	struct mail t;
	(void)state;
	mail_begin(&t);
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < 3000; i++) {
			char person[100];
			snprintf(person, sizeof person, "{\"person_id\":\"r%u\",\"last\":\"A\",\"acquired\":\"name\"}", i);
			assert_int_equal(mail_add(&t, person), round ? NOTICE_DOUBLE : NOTICE_NO_ADDRESS);
		}
	assert_int_equal(notice_mailing_fate(t.m, NOTICE_DOUBLE), 3000);
	mail_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(codes), cmocka_unit_test(rows), cmocka_unit_test(manifest), cmocka_unit_test(ten), cmocka_unit_test(returns), cmocka_unit_test(several), cmocka_unit_test(many)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
