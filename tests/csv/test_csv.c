/* Rows and fields, quotes, separators, encodings, columns' names. */
#include "csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

/* One field as it is read letter by letter: what the blocks of 64 have to agree with. */
static size_t field_slowly(struct slice text, size_t at, uint8_t sep, struct slice *ret)
{
	size_t i = at, close = 0;
	while (i < text.n && text.p[i] == ' ')
		i++;
	for (size_t k = i + 1; i < text.n && text.p[i] == '"' && k < text.n && !close; k++)
		if (text.p[k] == '"') {
			if (k + 1 < text.n && text.p[k + 1] == '"')
				k++;
			else
				close = k;
		}
	size_t to = close ? close + 1 : i;
	while (to < text.n && text.p[to] != sep && text.p[to] != '\n')
		to++;
	*ret = slice_trim(close ? slice_of(text.p + i + 1, close - i - 1) : slice_of(text.p + i, to - i));
	return to;
}

/* The next row that is not blank, so. False: there is none. */
static bool row_slowly(struct slice text, uint8_t sep, size_t *at, struct slice field[CSV_FIELDS_MAX], size_t *ret_n)
{
	bool any = false;
	while (!any && *at < text.n) {
		for (*ret_n = 0;; (*at)++) {
			assert_true(*ret_n < CSV_FIELDS_MAX);
			*at = field_slowly(text, *at, sep, &field[*ret_n]);
			any |= field[(*ret_n)++].n > 0;
			if (*at >= text.n || text.p[*at] == '\n')
				break;
		}
		(*at)++;
	}
	return any;
}

/* f is what was read of `raw`, in which a quote may stand twice. */
static bool same_field(struct slice f, struct slice raw)
{
	size_t n = 0;
	if (f.p >= raw.p && f.p <= raw.p + raw.n)
		return slice_eq(f, raw);
	for (size_t i = 0; i < raw.n; i++, n++) {
		if (n == f.n || f.p[n] != raw.p[i])
			return false;
		i += raw.p[i] == '"';
	}
	return n == f.n;
}

/* Rows of any length, with separators, line ends, blanks and quotes at all places of a block. */
static void test_blocks(void **state)
{
	static const char letters[] = "aaaaaaab,,,,\n\r  \"\"";
	static uint8_t raw[400];
	uint32_t x = 1;
	(void)state;
	for (unsigned round = 0; round < 8000; round++) {
		struct csv c;
		struct slice got[CSV_FIELDS_MAX], want[CSV_FIELDS_MAX];
		size_t n, m, at = 0, len = round % sizeof raw, kinds = round % 3 ? sizeof letters - 1 : 13; /* every third without blanks and quotes */
		uint8_t sep = round % 7 ? ',' : ' ', *text = malloc(len ? len : 1);
		assert_non_null(text);
		for (size_t i = 0; i < len; i++) {
			x = x * 1664525 + 1013904223;
			raw[i] = (uint8_t)letters[(x >> 16) % kinds];
		}
		memcpy(text, raw, len); /* where its end is the end of the memory */
		csv_init(&c, slice_of(text, len), sep, room);
		while (csv_row(&c, got, &n)) {
			assert_true(row_slowly(c.text, sep, &at, want, &m));
			assert_int_equal(n, m);
			for (size_t i = 0; i < n; i++)
				assert_true(same_field(got[i], want[i]));
		}
		assert_false(row_slowly(c.text, sep, &at, want, &m));
		assert_false(c.broken && !memchr(text, '"', len));
		free(text);
		arena_reset(room);
	}
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
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_blocks), cmocka_unit_test(test_no_field_is_calculated), cmocka_unit_test(test_separator), cmocka_unit_test(test_encodings), cmocka_unit_test(test_key), cmocka_unit_test(test_many)};
	return cmocka_run_group_tests(tests, setup, teardown);
}
