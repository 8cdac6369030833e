/* What stands in a pack in the place of an erased entry: its leaf, and nothing else is taken for one. */
#include "ledger_internal.h"

#include <setjmp.h>
#include <cmocka.h>

static const struct ledger_leaf leaf = {.kind = LEDGER_HL7V2, .flags = 1, .time = 1767225600123456789, .size = 942, .commit = {1, 2, 3, 250}, .source = "mllp/lab"};

static int read_back(const char *text, size_t n, struct ledger_entry *en, struct ledger_leaf *ret)
{
	struct cur c = cur_of(slice_of(text, n));
	int r = ledger_entry_any(&c, en, NULL);
	if (r == 0 && (!en->erased || !cur_done(&c)))
		return ERR_NO;
	return r == 0 ? ledger_stub_leaf(en, ret, NULL) : r;
}

static void test_round(void **state)
{
	AUTO_BUF struct buf b = {0};
	struct ledger_entry en;
	struct ledger_leaf got;
	buf_init(&b, 4096);
	ledger_stub_put(&b, 4711, &leaf);
	assert_int_equal(read_back((const char *)b.p, b.n, &en, &got), 0);
	assert_int_equal(en.seq, 4711);
	assert_int_equal(got.kind, leaf.kind);
	assert_int_equal(got.flags, leaf.flags);
	assert_int_equal(got.time, leaf.time);
	assert_int_equal(got.size, leaf.size);
	assert_memory_equal(got.commit, leaf.commit, SEAL_HASH);
	assert_string_equal(got.source, leaf.source);
	for (size_t i = 0; i < b.n; i++) /* cut off anywhere it is none */
		assert_true(read_back((const char *)b.p, i, &en, &got) < 0);
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
		"holdfast-erased 7 0\n\n", "holdfast-erased 7 2\n{}\n", "holdfast-erased 7 11\n{\"leaf\":\"\"}\n", "holdfast-erased 7 13\n{\"leaf\":\"0x\"}\n",
		"holdfast-erased 7 12\n{\"leaf\":\"0\"}\n", "holdfast-erased 7 15\n{\"leaf\":\"ffff\"}\n",
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct ledger_entry en;
		struct ledger_leaf got;
		assert_true(read_back(texts[i], strlen(texts[i]), &en, &got) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_round), cmocka_unit_test(test_refused)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
