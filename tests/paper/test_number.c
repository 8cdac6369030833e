/* Numbers of sheets and what their QR code says: there and back, every wrong character and every change of places seen. */
#include "paper.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void there_and_back(void **state)
{
	(void)state;
	static const struct paper_number all[] = {{"K7Q", 0, 1}, {"000", 4711, 12}, {"ZZZ", UINT64_C(999999999999), PAPER_SHEETS_MAX}};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		for (int k = 0; k < PAPER_KINDS; k++) {
			char number[PAPER_NUMBER_MAX], code[PAPER_CODE_MAX];
			struct paper_number n;
			struct paper_code c;
			struct err e = {0};
			paper_number_put(&all[i], number);
			assert_int_equal(paper_number_get(slice_str(number), &n, &e), 0);
			assert_string_equal(n.block, all[i].block);
			assert_true(n.entry == all[i].entry && n.sheet == all[i].sheet);
			static const uint32_t pages[] = {0, 1, PAPER_PAGES_OF_SHEET_MAX};
			uint32_t page = pages[k % 3];
			paper_code_put(&(struct paper_code){all[i], (enum paper_kind)k, 99 + (uint64_t)k, page}, code);
			assert_int_equal(code[2], page ? '2' : '1');
			assert_int_equal(paper_code_get(slice_str(code), &c, &e), 0);
			assert_true(c.kind == (enum paper_kind)k && c.entry == 99 + (uint64_t)k && c.number.sheet == all[i].sheet && c.page == page);
			assert_int_equal(paper_number_get(slice_str(code), &n, &e), 0); /* whoever has a scanner */
			assert_true(n.entry == all[i].entry);
			for (const char *p = code; *p; p++) /* what a QR code holds at five and a half bits a character */
				assert_non_null(strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", *p));
		}
}

static void as_typed(void **state)
{
	(void)state;
	struct paper_number n, m = {"K7Q", 4711, 12};
	char number[PAPER_NUMBER_MAX], typed[64];
	paper_number_put(&m, number);
	int k = snprintf(typed, sizeof typed, "  %s \n", number);
	for (int i = 0; i < k; i++)
		if (typed[i] >= 'A' && typed[i] <= 'Z')
			typed[i] = (char)(typed[i] + 32);
	assert_int_equal(paper_number_get(slice_str(typed), &n, NULL), 0);
	assert_true(n.entry == 4711 && n.sheet == 12);
}

/* ISO 7064 MOD 37,36 sees every single one, and every two neighbours that changed places. */
static void one_wrong(const char *text, int (*reads)(struct slice))
{
	char wrong[PAPER_CODE_MAX];
	size_t len = strlen(text);
	for (size_t i = 0; i < len; i++)
		for (const char *c = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"; *c; c++) {
			memcpy(wrong, text, len + 1);
			wrong[i] = *c;
			assert_true(*c == text[i] || reads(slice_str(wrong)) == ERR_INPUT);
		}
	for (size_t i = 0; i + 1 < len; i++) {
		memcpy(wrong, text, len + 1);
		wrong[i] = text[i + 1];
		wrong[i + 1] = text[i];
		assert_true(text[i] == text[i + 1] || reads(slice_str(wrong)) == ERR_INPUT);
	}
}

static int reads_number(struct slice s)
{
	struct paper_number n;
	return paper_number_get(s, &n, NULL);
}

static int reads_code(struct slice s)
{
	struct paper_code c;
	return paper_code_get(s, &c, NULL);
}

static void errors_are_seen(void **state)
{
	(void)state;
	for (uint64_t entry = 90; entry < 140; entry++) {
		struct paper_number n = {"K7Q", entry * 7919, (uint32_t)entry % 40 + 1};
		char number[PAPER_NUMBER_MAX], code[PAPER_CODE_MAX];
		paper_number_put(&n, number);
		one_wrong(number, reads_number);
		paper_code_put(&(struct paper_code){n, PAPER_MAR, entry, 0}, code);
		one_wrong(code, reads_code);
		paper_code_put(&(struct paper_code){n, PAPER_MAR, entry, (uint32_t)entry % 7 + 1}, code);
		one_wrong(code, reads_code);
	}
}

static void others_are_none(void **state)
{
	(void)state;
	static const char *const none[] = {"", "K7Q", "K7Q-1-1", "K7Q-1-1-", "-1-1-A", "K7Q-1-0-A", "K7Q-01-1-A", "HF1:", "HF1:K7Q-1-1-A", "K7Q-99999999999999999999-1-A", "HF2:K7Q-1-1-A:MAR:1:AA", "https://example.org/"};
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_int_equal(reads_number(slice_str(none[i])), ERR_INPUT);
}

static void kinds(void **state)
{
	(void)state;
	for (int k = 0; k < PAPER_KINDS; k++)
		assert_int_equal(paper_kind_parse(slice_str(paper_kind_name((enum paper_kind)k))), k);
	assert_int_equal(paper_kind_parse(SLICE("MAR")), PAPER_MAR);
	assert_int_equal(paper_kind_parse(SLICE("novel")), -1);
	uint8_t hash[32] = {0xff, 0xff};
	char block[PAPER_BLOCK_MAX];
	paper_block(hash, block);
	assert_string_equal(block, "ZZZ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back), cmocka_unit_test(as_typed), cmocka_unit_test(errors_are_seen), cmocka_unit_test(others_are_none), cmocka_unit_test(kinds)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
