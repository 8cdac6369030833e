/* A letter as text and as PDF: lines never longer than said, nothing lost in breaking them, marks taken off, pages counted, the same bytes twice. */
#include "paper.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct paper_letter letter(const char *lang, const struct paper_block *b, size_t n)
{
	return (struct paper_letter){.lang = lang, .head = SLICE("St. Example Hospital"), .head_right = SLICE("LAB-2"), .foot = SLICE("made from the ledger"), .page_words = {"page ", " of ", ""}, .block = b, .n = n};
}

static size_t columns_of(struct slice line)
{
	size_t n = 0, len;
	for (size_t i = 0; i < line.n; i += len)
		n += utf8_get(slice_of(line.p + i, line.n - i), &len) >= 0x2e80 ? 2 : 1;
	return n;
}

/* Without blanks, breaks and rules, for what was lost. */
static void squeeze(struct buf *out, struct slice s)
{
	size_t len;
	for (size_t i = 0; i < s.n; i += len) {
		uint32_t c = utf8_get(slice_of(s.p + i, s.n - i), &len);
		if (c > ' ' && c != 0xa0)
			buf_add(out, s.p + i, len);
	}
}

static void check_lines(const char *lang, const char *text)
{
	AUTO_BUF struct buf out = {0}, a = {0}, b = {0};
	const struct paper_block blocks[] = {{PAPER_TEXT, SLICE_NULL, slice_str(text)}, {PAPER_ITEM, SLICE("1."), slice_str(text)}, {PAPER_FIELD, slice_str("A label that is longer than its column"), slice_str(text)}};
	struct paper_letter l = letter(lang, blocks, ARRAY_LEN(blocks));
	buf_init(&out, 1 << 20);
	buf_init(&a, 1 << 20);
	buf_init(&b, 1 << 20);
	paper_text(&l, &out);
	assert_true(buf_ok(&out));
	struct slice rest = buf_slice(&out);
	while (rest.n)
		assert_true(columns_of(slice_cut(rest, '\n', &rest)) <= 78);
	squeeze(&a, buf_slice(&out));
	squeeze(&b, slice_str(text));
	assert_non_null(memmem(a.p, a.n, b.p, b.n));
}

static void lines_are_short(void **state)
{
	(void)state;
	check_lines("en", "No message has passed since the link was cut, and this is shown by the probe of our own listeners, by both families of addresses, at the time that stands beside it.");
	check_lines("fr", "Aucun message n\xe2\x80\x99" "a transit\xc3\xa9 depuis la coupure\xc2\xa0: la sonde le montre, dans les deux familles d\xe2\x80\x99" "adresses, \xc3\xa0 l\xe2\x80\x99heure indiqu\xc3\xa9" "e en regard de chaque constat.");
	check_lines("zh", "\xe6\x9c\xac\xe9\x99\xa2\xe5\xb7\xb2\xe5\x88\x87\xe6\x96\xad\xe4\xb8\x8e\xe8\xb4\xb5\xe6\x96\xb9\xe4\xb9\x8b\xe9\x97\xb4\xe7\x9a\x84\xe8\xbf\x9e\xe6\x8e\xa5\xef\xbc\x8c\xe5\x88\x87\xe6\x96\xad\xe5\x90\x8e\xe6\xb2\xa1\xe6\x9c\x89\xe4\xbb\xbb\xe4\xbd\x95\xe6\x95\xb0\xe6\x8d\xae\xe9\x80\x9a\xe8\xbf\x87\xe3\x80\x82\xe8\xaf\xb7\xe5\xb0\x86\xe5\xbe\x85\xe5\x8f\x91\xe6\xb6\x88\xe6\x81\xaf\xe4\xbf\x9d\xe7\x95\x99\xe5\x9c\xa8\xe9\x98\x9f\xe5\x88\x97\xe4\xb8\xad\xef\xbc\x8c\xe5\x8b\xbf\xe4\xb8\xa2\xe5\xbc\x83\xe3\x80\x82");
	check_lines("en", "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789");
}

/* A label that begins with a short word keeps its blanks. */
static void short_words(void **state)
{
	(void)state;
	AUTO_BUF struct buf out = {0};
	const struct paper_block b = {PAPER_FIELD, SLICE("Is it so, or is it not so at all?"), SLICE("a b")};
	struct paper_letter l = letter("en", &b, 1);
	buf_init(&out, 1 << 16);
	paper_text(&l, &out);
	assert_non_null(strstr(buf_cstr(&out), "\nIs it so, or is it not so at all?\n"));
	assert_non_null(strstr(buf_cstr(&out), "  a b\n"));
}

static void marks_come_off(void **state)
{
	(void)state;
	AUTO_BUF struct buf out = {0};
	const struct paper_block b = {PAPER_TEXT, SLICE_NULL, SLICE("0 bytes" PAPER_REF " [#12]" PAPER_REF_END " and " PAPER_STRONG "queue" PAPER_STRONG_END " <b>&\x1b[2J")};
	struct paper_letter l = letter("en", &b, 1);
	buf_init(&out, 1 << 16);
	paper_text(&l, &out);
	assert_non_null(strstr(buf_cstr(&out), "0 bytes [#12] and queue <b>&[2J"));
	for (size_t i = 0; i < out.n; i++)
		assert_true(out.p[i] >= ' ' || out.p[i] == '\n');
}

static unsigned made(const struct paper_letter *l, struct buf *out)
{
	struct err e = {0};
	unsigned pages = 0;
	int r = paper_pdf(l, out, &pages, &e);
	if (r == ERR_SYSTEM) {
		printf("skipped: %s\n", e.text);
		exit(77);
	}
	assert_int_equal(r, 0);
	assert_true(out->n > 1000 && !memcmp(out->p, "%PDF-", 5));
	return pages;
}

static void pages_are_counted(void **state)
{
	(void)state;
	static struct paper_block many[200];
	AUTO_BUF struct buf a = {0}, b = {0};
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (struct paper_block){i % 2 ? PAPER_TEXT : PAPER_QUESTION, SLICE("7."), SLICE("What was cut, <when> & by whom? \x01[#7]\x02 \x03strong\x04 \x04\x02\xff")};
	struct paper_letter l = letter("en", many, ARRAY_LEN(many));
	buf_init(&a, 8 << 20);
	buf_init(&b, 8 << 20);
	unsigned n = made(&l, &a);
	assert_true(n >= 5 && n <= 20);
	assert_int_equal(made(&l, &b), n);
	assert_true(slice_eq(buf_slice(&a), buf_slice(&b)));
	assert_non_null(memmem(a.p, a.n, "595.2", 5)); /* A4 in points */
	buf_reset(&a);
	l.us = true;
	made(&l, &a);
	assert_non_null(memmem(a.p, a.n, "612", 3));
	l.n = 1;
	buf_reset(&a);
	assert_int_equal(made(&l, &a), 1);
	assert_non_null(memmem(a.p, a.n, "/Count 1", 8)); /* and no empty one before it */
}

/* A name in Chinese in a letter of another language is not set in the face of which a letter would be lost. */
static void no_letter_of_a_name_is_lost(void **state)
{
	(void)state;
	AUTO_BUF struct buf a = {0};
	struct paper_block one = {PAPER_TEXT, {0}, SLICE("Signed by \xe5\xbc\xa0\xe5\xa6\x82\xe6\x84\x8f")};
	struct paper_letter l = letter("fr", &one, 1);
	buf_init(&a, 8 << 20);
	made(&l, &a);
	assert_non_null(memmem(a.p, a.n, "DejaVuSans", 10)); /* the faces' names can be read */
	assert_null(memmem(a.p, a.n, "NotoSansCJK", 11));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(lines_are_short), cmocka_unit_test(short_words), cmocka_unit_test(marks_come_off), cmocka_unit_test(pages_are_counted), cmocka_unit_test(no_letter_of_a_name_is_lost)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
