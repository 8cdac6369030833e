/* Slices and the cursor. */
#include "base_test.h"

static void test_slice_of(void **state)
{
	assert_int_equal(slice_str(NULL).n, 0);
	assert_null(slice_str(NULL).p);
	assert_int_equal(slice_str("abc").n, 3);
	assert_slice(SLICE("abc"), "abc");
	assert_int_equal(SLICE("").n, 0);
}

static void test_slice_eq(void **state)
{
	assert_true(slice_eq(SLICE("ab"), SLICE("ab")));
	assert_false(slice_eq(SLICE("ab"), SLICE("abc")));
	assert_false(slice_eq(SLICE("ab"), SLICE("ac")));
	assert_true(slice_eq(SLICE_NULL, SLICE("")));
	assert_true(slice_eq(SLICE("a\0b"), SLICE("a\0b")));
	assert_false(slice_eq_str(SLICE("a\0b"), "a"));
	assert_true(slice_eq_nocase(SLICE("mSh"), "MsH"));
	assert_false(slice_eq_nocase(SLICE("mSh"), "MsH2"));
	assert_false(slice_eq_nocase(SLICE("[@"), "{`")); /* 0x20 apart, but no letters */
	assert_true(slice_starts(SLICE("MSH|"), "MSH"));
	assert_true(slice_starts(SLICE_NULL, ""));
	assert_false(slice_starts(SLICE("MS"), "MSH"));
}

static void test_slice_cmp(void **state)
{
	assert_true(slice_cmp(SLICE("a"), SLICE("b")) < 0);
	assert_true(slice_cmp(SLICE("b"), SLICE("a")) > 0);
	assert_int_equal(slice_cmp(SLICE("a"), SLICE("a")), 0);
	assert_true(slice_cmp(SLICE("a"), SLICE("aa")) < 0);
	assert_true(slice_cmp(SLICE("aa"), SLICE("a")) > 0);
	assert_true(slice_cmp(SLICE("\xff"), SLICE("a")) > 0); /* bytes, not signed chars */
	assert_int_equal(slice_cmp(SLICE_NULL, SLICE("")), 0);
	assert_true(slice_cmp(SLICE_NULL, SLICE("a")) < 0);
}

static void test_slice_trim(void **state)
{
	assert_slice(slice_trim(SLICE(" \t\r\n\v\fa b \n")), "a b");
	assert_slice(slice_trim(SLICE("   ")), "");
	assert_slice(slice_trim(SLICE("a")), "a");
	assert_int_equal(slice_trim(SLICE_NULL).n, 0);
	assert_slice(slice_trim(SLICE("\x08 a\x0e")), "\x08 a\x0e");
}

static void test_slice_cut(void **state)
{
	struct slice rest, a = slice_cut(SLICE("a^b^"), '^', &rest);
	assert_slice(a, "a");
	assert_slice(rest, "b^");
	assert_slice(slice_cut(rest, '^', &rest), "b");
	assert_int_equal(rest.n, 0);
	assert_non_null(rest.p); /* there was a separator: one more, empty, field */
	assert_slice(slice_cut(rest, '^', &rest), "");
	assert_null(rest.p);
	assert_slice(slice_cut(SLICE_NULL, '^', &rest), "");
	assert_null(rest.p);
}

static void test_cur_numbers(void **state)
{
	struct cur c = cur_of(SLICE("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe"));
	assert_int_equal(cur_left(&c), 29);
	assert_int_equal(cur_u8(&c), 0x01);
	assert_int_equal(cur_u16be(&c), 0x0203);
	assert_int_equal(cur_u32be(&c), 0x04050607);
	assert_true(cur_u64be(&c) == UINT64_C(0x08090a0b0c0d0e0f));
	assert_int_equal(cur_offset(&c), 15);
	assert_int_equal(cur_u16le(&c), 0xf2f1);
	assert_int_equal(cur_u32le(&c), 0xf6f5f4f3);
	assert_true(cur_u64le(&c) == UINT64_C(0xfefdfcfbfaf9f8f7));
	assert_true(cur_done(&c));
}

/* Whatever is one byte too short fails, stays failed even for a shorter read, and keeps its offset. */
static void test_cur_fails_once(void **state)
{
	for (int kind = 0; kind < 8; kind++) {
		static const size_t need[] = {1, 2, 4, 8, 2, 4, 8, 5};
		uint8_t bytes[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
		struct cur c = cur_of(slice_of(bytes, 1 + need[kind] - 1));
		assert_int_equal(cur_u8(&c), 1);
		uint64_t v = 0;
		switch (kind) {
		case 0: v = cur_u8(&c); break;
		case 1: v = cur_u16be(&c); break;
		case 2: v = cur_u32be(&c); break;
		case 3: v = cur_u64be(&c); break;
		case 4: v = cur_u16le(&c); break;
		case 5: v = cur_u32le(&c); break;
		case 6: v = cur_u64le(&c); break;
		case 7: assert_null(cur_take(&c, 5).p); break;
		}
		assert_true(v == 0);
		assert_true(c.failed);
		assert_false(cur_done(&c));
		assert_int_equal(cur_offset(&c), 1);
		assert_int_equal(cur_left(&c), 0);
		assert_int_equal(cur_u8(&c), 0);
		assert_null(cur_take(&c, 0).p);
		assert_int_equal(cur_offset(&c), 1);
	}
}

static void test_cur_take(void **state)
{
	struct cur c = cur_of(SLICE("abcd"));
	assert_slice(cur_take(&c, 0), "");
	assert_non_null(cur_take(&c, 0).p);
	assert_slice(cur_take(&c, 3), "abc");
	assert_int_equal(cur_take(&c, SIZE_MAX).n, 0);
	assert_true(c.failed);
	struct cur empty = cur_of(SLICE_NULL);
	assert_true(cur_done(&empty));
	assert_non_null(cur_take(&empty, 0).p);
	assert_true(cur_done(&empty));
}

static void test_cur_line(void **state)
{
	struct cur c = cur_of(SLICE("one\n\ntwo"));
	assert_slice(cur_line(&c), "one");
	assert_slice(cur_line(&c), "");
	assert_null(cur_line(&c).p);
	assert_true(c.failed);
	assert_int_equal(cur_offset(&c), 5);
	c = cur_of(SLICE("one\n"));
	assert_slice(cur_line(&c), "one");
	assert_true(cur_done(&c));
	assert_null(cur_line(&c).p);
	assert_false(cur_done(&c));
}

static void test_varint_round(void **state)
{
	for (unsigned bit = 0; bit <= 64; bit++) {
		for (int off = -1; off <= 1; off++) {
			uint64_t v = (bit == 64 ? 0 : UINT64_C(1) << bit) + (uint64_t)off;
			AUTO_BUF struct buf b = {0};
			buf_init(&b, 10);
			buf_varint(&b, v);
			struct cur c = cur_of(buf_slice(&b));
			assert_true(cur_varint(&c) == v);
			assert_true(cur_done(&c));
		}
	}
}

static void test_varint_refuses(void **state)
{
	static const struct slice bad[] = {
		{(const uint8_t *)"", 0},
		{(const uint8_t *)"\x80", 1},                                     /* no end */
		{(const uint8_t *)"\x80\x00", 2},                                 /* 0, not in its shortest form */
		{(const uint8_t *)"\xff\x00", 2},                                 /* 127, likewise */
		{(const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10}, /* 65 bits */
		{(const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 11},
		{(const uint8_t *)"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11},
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct cur c = cur_of(bad[i]);
		assert_true(cur_varint(&c) == 0);
		assert_true(c.failed);
		assert_int_equal(cur_offset(&c), 0);
	}
	struct cur c = cur_of(SLICE("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
	assert_true(cur_varint(&c) == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slice_of), cmocka_unit_test(test_slice_eq), cmocka_unit_test(test_slice_cmp), cmocka_unit_test(test_slice_trim),
		cmocka_unit_test(test_slice_cut), cmocka_unit_test(test_cur_numbers), cmocka_unit_test(test_cur_fails_once),
		cmocka_unit_test(test_cur_take), cmocka_unit_test(test_cur_line), cmocka_unit_test(test_varint_round),
		cmocka_unit_test(test_varint_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
