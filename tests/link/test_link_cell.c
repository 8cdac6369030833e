/* Values made comparable: 16 letters at a time as letter by letter, wherever in a text they stand; words for nothing; what becomes of a row. */
#include "link_cell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static size_t fold_slowly(struct slice s, bool mail, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] | 0x20 : s.p[i];
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (mail && c && strchr("@._-+", c)))
			out[n++] = (char)c;
		else if (c != '\'' && c != '.' && n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	while (n && out[n - 1] == ' ')
		n--;
	return n;
}

static void test_fold(void **state)
{
	static const char letters[] = "abcxyzABCXYZ0189@[`{/:'. -_+#\x7f\x01";
	static struct link_reader r;
	char want[LINK_CELL_MAX];
	uint32_t x = 7;
	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		size_t n = 1 + round % 70, at = round % 5, kinds = round % 2 ? 16 : sizeof letters - 1, more = round % 19;
		uint8_t *text = malloc(at + n + more);
		assert_non_null(text);
		memset(text, 'Q', at + n + more);
		for (size_t i = 0; i < n; i++) {
			x = x * 1664525 + 1013904223;
			text[at + i] = (uint8_t)letters[(x >> 16) % kinds];
		}
		r.text = round % 3 ? slice_of(text, at + n + more) : SLICE("elsewhere"); /* a value with quotes does not stand in the text */
		bool mail = round % 4 == 1;
		struct slice s = slice_of(text + at, n);
		size_t m = fold_slowly(s, mail, want);
		link_fold(&r, s, mail, &r.a);
		assert_int_equal(r.a.n, m);
		assert_memory_equal(r.a.s, want, m);
		assert_int_equal(r.a.parts, m && memchr(want, ' ', m));
		free(text);
	}
	r.text = SLICE_NULL;
	link_fold(&r, SLICE("M\xc3\x9cLLER \xc3\x89TIENNE"), false, &r.a);
	assert_true(r.a.parts && r.a.n > 0);
	link_fold(&r, SLICE("M\xdcLLER"), false, &r.b); /* Latin-1 says the same */
	assert_true(r.b.n > 5 && !memcmp(r.a.s, r.b.s, r.b.n) && r.a.s[r.b.n] == ' ');
}

static void test_nothing(void **state)
{
	static const char *const nothing[] = {"", "-", "--", "?", ".", "NA", "n/a", "NULL", "None", "nan", "nil", "Unknown", "UNK", "unspecified", "NotAvailable", "missing", "<NA>", "\\N"};
	static const char *const something[] = {"0", "n", "m", "nancy", "mary", "michael", "unger", "x", "-1", "noel", "na na", "\xc3\xa9", "notavailable1", "missing persons", "9"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(nothing); i++)
		assert_true(link_cell_empty(slice_str(nothing[i])));
	for (size_t i = 0; i < ARRAY_LEN(something); i++)
		assert_false(link_cell_empty(slice_str(something[i])));
}

/* ---- rows ---- */

static struct link *list(const char *head, const char *rows)
{
	const struct link_options o = {.threads = 1, .this_year = 2026};
	struct link *l = link_new(&o);
	struct slice column[32], rest = slice_str(head);
	struct err e = {0};
	size_t n = 0, used;
	assert_non_null(l);
	for (; rest.n; n++)
		column[n] = slice_cut(rest, ',', &rest);
	assert_int_equal(link_columns(l, column, NULL, n, &e), 0);
	assert_int_equal(link_feed(l, slice_str(rows), ',', true, &used, &e), 0);
	return l;
}

static const char *word_of(const struct link *l, uint32_t i, enum link_kind k)
{
	static char t[LINK_WORD_MAX + 1];
	const struct link_field *f = &l->field[l->of[k]];
	size_t n;
	const char *s = link_word_text(&l->words, *link_at(l, link_row(l, i), f), &n);
	memcpy(t, s, n);
	t[n] = 0;
	return t;
}

static uint32_t value_of(const struct link *l, uint32_t i, enum link_kind k)
{
	return *link_at(l, link_row(l, i), &l->field[l->of[k]]);
}

static void test_names(void **state)
{
	struct link *l = list("id,last,first,middle,suffix", "1,O'Brien Jr,Mary A,,\n2,\"Smith, Sr.\",Newborn Boy,Q,\n3,de la Cruz,Baby,,III\n");
	(void)state;
	assert_string_equal(word_of(l, 0, KIND_LAST), "obrien");
	assert_string_equal(word_of(l, 0, KIND_FIRST), "mary");
	assert_string_equal(word_of(l, 0, KIND_MIDDLE), "a");
	assert_int_equal(value_of(l, 0, KIND_SUFFIX), 1);
	assert_string_equal(word_of(l, 1, KIND_LAST), "smith");
	assert_int_equal(value_of(l, 1, KIND_FIRST), 0);
	assert_int_equal(value_of(l, 1, KIND_SUFFIX), 2);
	assert_string_equal(word_of(l, 2, KIND_LAST), "de la cruz");
	assert_int_equal(value_of(l, 2, KIND_FIRST), 0);
	assert_int_equal(value_of(l, 2, KIND_SUFFIX), 4);
	link_free(l);
	l = list("id,name", "1,\"Smith, John Quincy\"\n2,John Q Smith\n3,Smith Jr\n");
	for (uint32_t i = 0; i < 3; i++)
		assert_string_equal(word_of(l, i, KIND_LAST), "smith");
	assert_string_equal(word_of(l, 0, KIND_MIDDLE), "quincy");
	assert_string_equal(word_of(l, 1, KIND_FIRST), "john");
	assert_string_equal(word_of(l, 1, KIND_MIDDLE), "q");
	link_free(l);
}

static void test_dates(void **state)
{
	/* rows 0-5 say that the month comes first */
	struct link *l = list("id,dob,last", "1,03/31/1964,a\n2,03/07/1964,a\n3,31/03/1964,a\n4,02/29/1964,a\n5,02/30/1964,a\n6,12-31-1999,a\n7,1964-03-07,a\n8,19640307,a\n9,01/01/1900,a\n10,03/07/2027,a\n11,03.07/1964,a\n12,00/07/1964,a\n13,7 March 1964,a\n14,1964-02-30,a\n");
	static const uint32_t want[] = {19640331, 19640307, 19640331, 19640229, 0, 19991231, 19640307, 19640307, 0, 0, 19640307, 0, 19640307, 19640230};
	(void)state;
	for (uint32_t i = 0; i < ARRAY_LEN(want); i++)
		assert_int_equal(value_of(l, i, KIND_DOB), want[i]);
	link_free(l);
	l = list("id,dob,last", "1,31/03/1964,a\n2,03/07/1964,a\n3,03/31/1964,a\n4,31.12.1999,a\n5,30/11/1980,a\n");
	assert_int_equal(value_of(l, 1, KIND_DOB), 19640703);
	assert_int_equal(value_of(l, 2, KIND_DOB), 19640331);
	assert_int_equal(value_of(l, 3, KIND_DOB), 19991231);
	link_free(l);
}

static void test_places(void **state)
{
	struct link *l = list("id,last,street,apt,city,zip,phone,sex,email", "1,a,9151 Jones Place Apt 4,,St. Louis,02139-1000,(212) 555-0142 x12,Female,A.B@Example.ORG\n2,a,North 5th Avenue,7,Ann  Arbor,02139,12125550142,M,\n3,a,12 Old Unit,,,,555-0142,w,\n");
	(void)state;
	assert_string_equal(word_of(l, 0, KIND_HOUSE), "9151");
	assert_string_equal(word_of(l, 0, KIND_STREET), "jones pl");
	assert_string_equal(word_of(l, 0, KIND_APT), "4");
	assert_string_equal(word_of(l, 0, KIND_CITY), "st louis");
	assert_string_equal(word_of(l, 0, KIND_ZIP), "021391000");
	assert_string_equal(word_of(l, 0, KIND_EMAIL), "a.b@example.org");
	assert_int_equal(value_of(l, 0, KIND_SEX), 2);
	assert_string_equal(word_of(l, 1, KIND_STREET), "n 5th ave");
	assert_string_equal(word_of(l, 1, KIND_CITY), "ann arbor");
	assert_int_equal(value_of(l, 1, KIND_SEX), 1);
	assert_int_equal(value_of(l, 2, KIND_SEX), 2);
	assert_string_equal(word_of(l, 2, KIND_STREET), "old unit");
	const struct link_field *f = &l->field[l->of[KIND_PHONE]];
	assert_int_equal(link_wide(link_at(l, link_row(l, 0), f)), link_pack("2125550142", 10));
	assert_int_equal(link_wide(link_at(l, link_row(l, 1), f)), link_pack("2125550142", 10));
	assert_int_equal(link_wide(link_at(l, link_row(l, 2), f)), link_pack("5550142", 7));
	link_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_fold), cmocka_unit_test(test_nothing), cmocka_unit_test(test_names), cmocka_unit_test(test_dates), cmocka_unit_test(test_places)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
