/* Rows and fields, quotes, separators, encodings, columns' names. */
#include "csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct arena *room;

static int setup(void **state)
{
	(void)state;
	room = arena_new((size_t)64 << 20);
	return room ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(room);
	return 0;
}

/* All rows as a|b / c|d, each with its line. */
static void reads(const char *text, uint8_t sep, const char *as)
{
	struct csv c;
	struct slice f[CSV_FIELDS_MAX];
	size_t n;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	csv_init(&c, slice_str(text), sep, room);
	while (csv_row(&c, f, &n)) {
		buf_printf(&b, "%u:", c.row_line);
		for (size_t i = 0; i < n; i++)
			buf_printf(&b, "%s%.*s", i ? "|" : "", SLICE_FMT(f[i]));
		buf_str(&b, "/");
	}
	assert_string_equal(buf_cstr(&b), as);
}

static void test_rows(void **state)
{
	reads("a,b\r\n\r\n c , d\n", ',', "1:a|b/3:c|d/");
	reads("\"a,1\",\"x\"\"y\"\n\"two\nlines\",z", ',', "1:a,1|x\"y/2:two\nlines|z/");
	reads("a;b;\n;;c", ';', "1:a|b|/2:||c/");
	reads("\"never closed,b\nc,d\n", ',', "1:\"never closed|b/2:c|d/");
	reads("", ',', "");
}

static void test_separator(void **state)
{
	assert_int_equal(csv_separator(SLICE("a;b,c;d")), ';');
	assert_int_equal(csv_separator(SLICE("\"a;b;c;d\",e")), ',');
	assert_int_equal(csv_separator(SLICE("a\tb")), '\t');
	assert_int_equal(csv_separator(SLICE("alone")), ',');
}

/* ---- writing ---- */

static void puts_as(struct slice s, const char *as)
{
	struct csv c;
	struct slice f[CSV_FIELDS_MAX];
	size_t n;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	csv_put(&b, s);
	assert_string_equal(buf_cstr(&b), as);
	buf_str(&b, ",x\n");
	csv_init(&c, buf_slice(&b), ',', room);
	assert_true(csv_row(&c, f, &n));
	assert_int_equal(n, 2);
	assert_true(slice_eq(csv_plain(f[0]), s)); /* and back */
}

static void test_no_field_is_calculated(void **state)
{
	(void)state;
	puts_as(SLICE("plain"), "plain");
	puts_as(SLICE(""), "");
	puts_as(SLICE("a,b"), "\"a,b\"");
	puts_as(SLICE("say \"x\""), "\"say \"\"x\"\"\"");
	puts_as(SLICE("two\nlines"), "\"two\nlines\"");
	puts_as(SLICE("=1+1"), "'=1+1");
	puts_as(SLICE("+49 30 1"), "'+49 30 1");
	puts_as(SLICE("-5"), "'-5");
	puts_as(SLICE("@SUM(A1)"), "'@SUM(A1)");
	puts_as(SLICE("\tx"), "\"'\tx\"");
	puts_as(SLICE("\rx"), "\"'\rx\"");
	puts_as(SLICE("\nx"), "\"'\nx\"");
	puts_as(SLICE("=HYPERLINK(\"http://x\",\"y\")"), "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
	puts_as(SLICE("\xEF\xBC\x9D" "1"), "'\xEF\xBC\x9D" "1"); /* the same in full width */
	puts_as(SLICE("\xEF\xBC\xA0" "1"), "'\xEF\xBC\xA0" "1");
	puts_as(SLICE("\xEF\xBC\x9E" "1"), "\xEF\xBC\x9E" "1");
	puts_as(SLICE("'=1"), "''=1"); /* what had one keeps it */
	puts_as(SLICE("''@"), "'''@");
	puts_as(SLICE("'tis"), "'tis");
	puts_as(SLICE("'"), "'");
	puts_as(SLICE("a=b"), "a=b");
}

static void utf8(struct slice raw, const char *as)
{
	struct slice s;
	struct err e = {0};
	assert_int_equal(csv_utf8(raw, room, &s, &e), 0);
	if (!slice_eq_str(s, as))
		fail_msg("'%.*s' is not '%s'", SLICE_FMT(s), as);
}

static void test_encodings(void **state)
{
	utf8(SLICE("\xef\xbb\xbf\xc3\xa9"), "é");
	utf8(SLICE("\xff\xfe\xe9\x00\x3d\xd8\x00\xde"), "é😀");
	utf8(SLICE("\xfe\xff\x00\xe9"), "é");
	utf8(SLICE("n\0o\0m\0;\0"), "nom;");
	utf8(SLICE("\0n\0o\0m"), "nom");
	utf8(SLICE("\xff\xfe\x00\xd8"), "\xef\xbf\xbd"); /* half a pair */
	utf8(SLICE("\x80\x9c\x92 \xe9\xff"), "€œ’ éÿ");
	utf8(SLICE(""), "");
}

static void test_key(void **state)
{
	char key[64];
	csv_key(SLICE(" N. de Téléphone (1) "), key);
	assert_string_equal(key, "ndetelephone1");
	csv_key(SLICE("联系 电话"), key);
	assert_string_equal(key, "联系电话");
}

static void test_many(void **state)
{
	AUTO_BUF struct buf b = {0};
	struct csv c;
	struct slice f[CSV_FIELDS_MAX];
	size_t n;
	buf_init(&b, 4096);
	for (unsigned i = 0; i < CSV_FIELDS_MAX + 3; i++)
		buf_str(&b, "a,");
	csv_init(&c, buf_slice(&b), ',', room);
	assert_true(csv_row(&c, f, &n) && n == CSV_FIELDS_MAX && c.more_fields);
	struct arena *none = arena_new(16);
	csv_init(&c, SLICE("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\"b\""), ',', none);
	assert_true(!csv_row(&c, f, &n) || c.no_room);
	assert_true(c.no_room);
	arena_free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_no_field_is_calculated), cmocka_unit_test(test_separator), cmocka_unit_test(test_encodings), cmocka_unit_test(test_key), cmocka_unit_test(test_many)};
	return cmocka_run_group_tests(tests, setup, teardown);
}
