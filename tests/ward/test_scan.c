/* Where a page that came back belongs, what is kept of one that nobody can place, and what is left to be typed. */
#include "ward.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char printed[] = "{\"what\":\"printed\",\"block\":\"K7Q\",\"from\":9,\"checkpoint\":9,\"sheets\":[{\"kind\":\"mar\",\"patient\":\"p1\",\"unit\":\"ICU\",\"pages\":3},{\"kind\":\"census\",\"unit\":\"ICU\",\"pages\":1},{\"kind\":\"notes\",\"pages\":1},"
                              "{\"kind\":\"vitals\",\"patient\":\"p2\",\"unit\":\"ICU\",\"pages\":1}],\"by\":\"root\"}";

struct world {
	struct ward_register *g;
	struct ward_scans *s;
	uint64_t next;
};

static void begin(struct world *w)
{
	struct err e = {0};
	*w = (struct world){.next = 20};
	assert_int_equal(ward_register_new(&w->g, &e), 0);
	assert_int_equal(ward_register_take(w->g, 10, 1000, slice_str(printed), &e), 0);
	assert_int_equal(ward_scans_new(&w->s, &e), 0);
}

static void finish(struct world *w)
{
	ward_register_free(w->g);
	ward_scans_free(w->s);
}

static struct slice code(char out[PAPER_CODE_MAX], const char *block, uint32_t sheet, enum paper_kind k, uint32_t page)
{
	struct paper_code c = {.number = {.entry = 10, .sheet = sheet}, .kind = k, .entry = 9, .page = page};
	snprintf(c.number.block, sizeof c.number.block, "%s", block);
	paper_code_put(&c, out);
	return slice_str(out);
}

static void captured(struct world *w, const char *line)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct capture c;
	struct err e = {0};
	assert_int_equal(capture_read(slice_str(line), a, &c, &e), 0);
	assert_int_equal(ward_scans_captured(w->s, w->next, (int64_t)w->next, &c, &e), 0);
	assert_int_equal(ward_register_scanned(w->g, w->next, (int64_t)w->next, &c, &e), 0);
	w->next++;
}

static bool same_person(void *arg, struct slice a, struct slice b)
{
	(void)arg;
	return slice_eq_str(a, "p7") && slice_eq_str(b, "p1"); /* merged since */
}

static enum ward_scan_why judge(struct world *w, const char *patient, bool by_hand, const struct slice *texts, size_t n, struct ward_scan_found *f)
{
	ward_scan_judge(&(struct ward_scan_ask){.block = "K7Q", .g = w->g, .scans = w->s, .patient = slice_str(patient), .same = same_person, .by_hand = by_hand}, texts, n, f);
	return f->why;
}

/* As the page is filed: through the line that is written of it. */
static void file_it(struct world *w, const char *id, const struct ward_scan_found *f)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	ward_scan_item(&(struct ward_scan_item){.id = id, .found = f, .occurred = "2026-11-22T03:12:00Z", .by = SLICE("anna")}, &b);
	buf_str(&b, "\xff\xd8\xff...");
	captured(w, buf_cstr(&b));
}

static void each_to_its_sheet(void **state)
{
	(void)state;
	struct world w;
	struct ward_scan_found f;
	char text[PAPER_CODE_MAX];
	begin(&w);
	static const uint32_t order[] = {2, 3, 1}; /* in any order */
	for (int i = 0; i < 3; i++) {
		char id[40];
		struct slice s[] = {SLICE("1000139"), code(text, "K7Q", 1, PAPER_MAR, order[i])};
		assert_int_equal(judge(&w, "", false, s, 2, &f), SCAN_FITS);
		assert_true(slice_eq_str(f.patient, "p1") && f.page == order[i]);
		assert_int_equal(ward_register_sheet(w.g, 0)->state, WARD_PRINTED); /* until the last of its pages is there */
		snprintf(id, sizeof id, "SCAN-0123456789abcdef-%d", i + 1);
		file_it(&w, id, &f);
		assert_true(ward_scans_filed(w.s, slice_str(id), NULL));
		assert_int_equal(judge(&w, "", false, s, 2, &f), SCAN_TWICE);
		assert_int_equal(judge(&w, "", true, s, 2, &f), SCAN_FITS); /* a person may */
	}
	assert_int_equal(ward_register_sheet(w.g, 0)->state, WARD_SCANNED);
	assert_int_equal(ward_register_sheet(w.g, 0)->scanned, 3);
	assert_int_equal(ward_returned_count(w.s), 1);
	const struct ward_returned *x = ward_returned(w.s, 0);
	assert_true(x->filed == 3 && x->pages == 3 && !x->whole && slice_eq_str(x->of, "mar") && slice_eq_str(x->patient, "p1") && slice_eq_str(x->unit, "ICU"));
	finish(&w);
}

static void not_certain(void **state)
{
	(void)state;
	struct world w;
	struct ward_scan_found f;
	char one[PAPER_CODE_MAX], two[PAPER_CODE_MAX], wrong[PAPER_CODE_MAX];
	begin(&w);
	code(one, "K7Q", 1, PAPER_MAR, 1);
	code(two, "K7Q", 1, PAPER_MAR, 2);
	snprintf(wrong, sizeof wrong, "%s", one);
	wrong[4] = wrong[4] == 'A' ? 'B' : 'A';
	struct slice s[2] = {SLICE("1000139"), SLICE("https://example.org")};
	assert_int_equal(judge(&w, "", false, s, 2, &f), SCAN_NO_CODE);
	assert_int_equal(judge(&w, "", false, s, 0, &f), SCAN_NO_CODE);
	s[0] = slice_str(wrong);
	assert_int_equal(judge(&w, "", false, s, 1, &f), SCAN_MISREAD);
	s[0] = slice_str(one);
	s[1] = slice_str(two);
	assert_int_equal(judge(&w, "", false, s, 2, &f), SCAN_SEVERAL);
	assert_int_equal(judge(&w, "p2", false, s, 1, &f), SCAN_OTHER_PATIENT);
	assert_int_equal(judge(&w, "p1", false, s, 1, &f), SCAN_FITS);
	assert_int_equal(judge(&w, "p7", false, s, 1, &f), SCAN_FITS);
	assert_true(slice_eq_str(f.patient, "p1"));
	s[0] = code(one, "ABC", 1, PAPER_MAR, 1);
	assert_int_equal(judge(&w, "", false, s, 1, &f), SCAN_OTHER_SITE);
	s[0] = code(one, "K7Q", 9, PAPER_MAR, 1);
	assert_int_equal(judge(&w, "", false, s, 1, &f), SCAN_UNKNOWN);
	s[0] = code(one, "K7Q", 1, PAPER_MAR, 4); /* it has three */
	assert_int_equal(judge(&w, "", false, s, 1, &f), SCAN_UNKNOWN);
	s[0] = code(one, "K7Q", 1, PAPER_LABS, 1); /* it is no such sheet */
	assert_int_equal(judge(&w, "", false, s, 1, &f), SCAN_UNKNOWN);
	s[0] = code(one, "K7Q", 2, PAPER_CENSUS, 0); /* of nobody, and nothing is missing in that */
	assert_int_equal(judge(&w, "", false, s, 1, &f), SCAN_FITS);
	assert_int_equal(f.patient.n, 0);
	s[0] = code(one, "K7Q", 3, PAPER_NOTES, 0);
	assert_int_equal(judge(&w, "", false, s, 1, &f), SCAN_NOBODYS);
	assert_int_equal(judge(&w, "p2", false, s, 1, &f), SCAN_FITS);
	assert_true(slice_eq_str(f.patient, "p2") && f.page == 1);
	finish(&w);
}

static void typed_or_not(void **state)
{
	(void)state;
	struct world w;
	struct ward_scan_found f;
	char text[PAPER_CODE_MAX], number[PAPER_NUMBER_MAX], line[400];
	struct err e = {0};
	begin(&w);
	struct slice s = code(text, "K7Q", 4, PAPER_VITALS, 0);
	judge(&w, "", false, &s, 1, &f);
	file_it(&w, "SCAN-0123456789abcdef-1", &f);
	const struct ward_returned *x = ward_returned(w.s, 0);
	assert_true(ward_to_be_typed(x));
	paper_number_put(&f.code.number, number);
	snprintf(line, sizeof line, "{\"v\":1,\"id\":\"W-1\",\"patient\":\"p2\",\"kind\":\"vitals\",\"occurred\":\"2026-11-22T03:00\",\"by\":\"anna\",\"sheet\":\" %s\",\"values\":{\"pulse\":\"80\"}}", number);
	captured(&w, line);
	x = ward_returned_find(w.s, slice_str(number));
	assert_true(x && x->typed && !ward_to_be_typed(x));
	s = code(text, "K7Q", 1, PAPER_MAR, 1); /* a MAR is written on, too; a person says that there is nothing */
	judge(&w, "", false, &s, 1, &f);
	file_it(&w, "SCAN-0123456789abcdef-2", &f);
	paper_number_put(&f.code.number, number);
	assert_true(ward_to_be_typed(ward_returned_find(w.s, slice_str(number))));
	assert_int_equal(ward_scans_take(w.s, 40, 40, &(struct ward_scan){.what = SCAN_TYPED, .sheet = slice_str(number), .by = SLICE("anna"), .reason = SLICE("empty")}, &e), 0);
	assert_false(ward_to_be_typed(ward_returned_find(w.s, slice_str(number))));
	s = code(text, "K7Q", 2, PAPER_CENSUS, 0); /* nothing to be typed */
	judge(&w, "", false, &s, 1, &f);
	file_it(&w, "SCAN-0123456789abcdef-3", &f);
	paper_number_put(&f.code.number, number);
	assert_false(ward_to_be_typed(ward_returned_find(w.s, slice_str(number))));
	finish(&w);
}

static void kept_until_settled(void **state)
{
	(void)state;
	struct world w;
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct err e = {0};
	begin(&w);
	for (uint32_t i = 1; i <= 3; i++) {
		AUTO_BUF struct buf b = {0};
		char id[WARD_SCAN_ID_MAX];
		struct ward_scan out = {.what = SCAN_PAGE, .why = SCAN_NO_CODE, .page = i, .pages = 3, .by = SLICE("anna"), .text = {SLICE("1000139")}, .text_n = 1, .jpeg = SLICE("\xff\xd8\xff...")}, in;
		ward_scan_id((const uint8_t[32]){0xab, 0xcd}, i, id);
		out.id = slice_str(id);
		buf_init(&b, 1 << 16);
		ward_scan_put(&out, &b);
		assert_int_equal(ward_scan_read(buf_slice(&b), false, a, &in, &e), 0);
		assert_true(in.page == i && in.why == SCAN_NO_CODE && in.text_n == 1 && slice_eq(in.jpeg, out.jpeg) && slice_eq(in.id, out.id));
		assert_int_equal(ward_scans_take(w.s, 30 + i, 30, &in, &e), 0);
		assert_int_equal(ward_scans_take(w.s, 40 + i, 30, &in, &e), 0); /* once */
	}
	assert_int_equal(ward_unfiled_count(w.s), 3);
	assert_int_equal(ward_unfiled(w.s, 0)->entry, 31);
	struct slice s;
	struct ward_scan_found f;
	char text[PAPER_CODE_MAX];
	s = code(text, "K7Q", 4, PAPER_VITALS, 0);
	assert_int_equal(judge(&w, "", true, &s, 1, &f), SCAN_FITS);
	file_it(&w, "SCAN-abcd000000000000-2", &f);
	assert_true(ward_unfiled_find(w.s, SLICE("SCAN-abcd000000000000-2"))->settled);
	assert_int_equal(ward_scans_take(w.s, 50, 50, &(struct ward_scan){.what = SCAN_DROPPED, .id = SLICE("SCAN-abcd000000000000-3"), .by = SLICE("anna"), .reason = SLICE("a leaflet")}, &e), 0);
	assert_true(!ward_unfiled(w.s, 0)->settled && ward_unfiled(w.s, 1)->settled && ward_unfiled(w.s, 2)->settled);
	finish(&w);
}

static void no_such_entry(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "{}", "[]", "{\"what\":\"page\"}", "{\"what\":\"page\",\"id\":\"SCAN-0123456789abcdef-2\",\"why\":\"fits\",\"page\":1,\"pages\":1,\"by\":\"a\"}\n\xff\xd8\xff",
		"{\"what\":\"page\",\"id\":\"SCAN-0123456789abcdef-2\",\"why\":\"twice\",\"page\":2,\"pages\":1,\"by\":\"a\"}\n\xff\xd8\xff",
		"{\"what\":\"page\",\"id\":\"SCAN-0123456789abcdef-2\",\"why\":\"twice\",\"page\":1,\"pages\":1,\"by\":\"a\"}\nGIF",
		"{\"what\":\"page\",\"id\":\"SCAN-0123456789abcdef-2\",\"why\":\"twice\",\"page\":1,\"pages\":1}\n\xff\xd8\xff",
		"{\"what\":\"page\",\"id\":\"SCAN-0123456789ABCDEF-2\",\"why\":\"twice\",\"page\":1,\"pages\":1,\"by\":\"a\"}\n\xff\xd8\xff",
		"{\"what\":\"dropped\",\"id\":\"SCAN-0123456789abcdef-2\",\"by\":\"a\"}", "{\"what\":\"dropped\",\"id\":\"SCAN-0123456789abcdef-02\",\"reason\":\"x\",\"by\":\"a\"}",
		"{\"what\":\"typed\",\"sheet\":\"K7Q-10-1-0\",\"reason\":\"x\",\"by\":\"a\"}", "{\"what\":\"eaten\",\"id\":\"SCAN-0123456789abcdef-2\",\"reason\":\"x\",\"by\":\"a\"}",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_ARENA struct arena *a = arena_new(1 << 20);
		struct ward_scan s;
		struct err e = {0};
		assert_int_equal(ward_scan_read(slice_str(bad[i]), false, a, &s, &e), ERR_INPUT);
	}
	for (int i = 0; i < SCAN_WHYS; i++)
		assert_int_equal(ward_scan_why_parse(slice_str(ward_scan_why((enum ward_scan_why)i))), i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_to_its_sheet), cmocka_unit_test(not_certain), cmocka_unit_test(typed_or_not), cmocka_unit_test(kept_until_settled), cmocka_unit_test(no_such_entry)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
