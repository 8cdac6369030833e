/* The courier's key: one page, whatever the names, in each language; the same values give the same bytes. (tests/scenario/transfer.sh reads its code and its letters.) */
#include "paper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static size_t pages(struct slice pdf)
{
	size_t n = 0;
	for (const uint8_t *p = pdf.p; (p = memmem(p, pdf.n - (size_t)(p - pdf.p), "/Type /Page %", 13)); p += 13) /* as cairo writes it: "% 1" is its number */
		n++;
	return n;
}

static void made(const char *lang, bool us, const char *receiver, const char *words, struct buf *ret)
{
	struct err e = {0};
	const struct paper_run run = {.lang = lang, .us = us, .site = "St. Gabriel", .zone_minutes = 60};
	const struct paper_key k = {.id = SLICE("T4711"), .receiver = slice_str(receiver), .file = SLICE("keller.age"), .words = words, .until = INT64_C(1795392000) * TIME_SEC};
	buf_init(ret, (size_t)64 << 20);
	int r = paper_key_pdf(&run, &k, ret, &e);
	if (r == ERR_SYSTEM)
		skip(); /* cairo, pango or libzint is not installed */
	if (r < 0)
		fail_msg("%s: %s", lang, e.text);
}

static void each_language(void **state)
{
	(void)state;
	static const char *const langs[] = {"en", "fr", "zh"};
	char name[301];
	memset(name, 'W', 300);
	name[300] = 0;
	for (size_t i = 0; i < ARRAY_LEN(langs); i++)
		for (int us = 0; us < 2; us++) {
			AUTO_BUF struct buf a = {0}, b = {0}, c = {0};
			made(langs[i], us, "University Hospital", "lusab-babad-gutih-tugad-mudof-sakat", &a);
			assert_true(slice_starts(buf_slice(&a), "%PDF-"));
			assert_int_equal(pages(buf_slice(&a)), 1);
			made(langs[i], us, "University Hospital", "lusab-babad-gutih-tugad-mudof-sakat", &b);
			assert_true(slice_eq(buf_slice(&a), buf_slice(&b)));
			made(langs[i], us, name, "a passphrase that somebody chose, with blanks and no hyphens, as long as one may well be when it is meant to be safe", &c);
			assert_int_equal(pages(buf_slice(&c)), 1);
		}
}

static void odd_words(void **state)
{
	(void)state;
	static const char *const words[] = {"-", "--------", "one-two-three-", "x", "caf\xc3\xa9-\xe9\x99\xa2-a-b-c-d-e-f-g-h"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		AUTO_BUF struct buf a = {0};
		made("en", false, "", words[i], &a);
		assert_int_equal(pages(buf_slice(&a)), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_language), cmocka_unit_test(odd_words)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
