#include "base_test.h"

#include <errno.h>

static void test_set_returns_its_code(void **state)
{
	struct err e = {0};
	assert_int_equal(err_set(&e, ERR_INPUT, "x:12", "field %d is empty", 3), ERR_INPUT);
	assert_int_equal(e.code, ERR_INPUT);
	assert_int_equal(e.sys_errno, 0);
	assert_string_equal(e.place, "x:12");
	assert_string_equal(e.text, "field 3 is empty");
	assert_int_equal(err_set(NULL, ERR_NO, NULL, "nobody listens"), ERR_NO);
	assert_int_equal(err_set(&e, ERR_NO, NULL, "again"), ERR_NO);
	assert_string_equal(e.place, "");
}

static int sys(struct err *e, int n)
{
	errno = n;
	int code = err_sys(e, "disk", "cannot write %s", "tile");
	assert_int_equal(errno, n);
	return code;
}

static void test_sys_maps_errno(void **state)
{
	struct err e = {0};
	assert_int_equal(sys(&e, EIO), ERR_SYSTEM);
	assert_int_equal(e.sys_errno, EIO);
	assert_string_equal(e.text, "cannot write tile: Input/output error");
	assert_int_equal(sys(&e, ENOSPC), ERR_FULL);
	assert_int_equal(e.sys_errno, 0);
	assert_int_equal(sys(&e, EDQUOT), ERR_FULL);
	assert_int_equal(sys(&e, ENOMEM), ERR_MEMORY);
	assert_int_equal(sys(&e, 99999), ERR_SYSTEM);
	assert_string_equal(e.text, "cannot write tile: system error 99999");
	assert_int_equal(sys(NULL, ENOSPC), ERR_FULL);
}

static void test_in_puts_place_in_front(void **state)
{
	struct err e = {0};
	err_set(&e, ERR_INPUT, NULL, "no");
	err_in(&e, "12");
	assert_string_equal(e.place, "12");
	err_in(&e, "file.hl7");
	assert_string_equal(e.place, "file.hl7:12");
	err_in(&e, "");
	err_in(&e, NULL);
	err_in(NULL, "x");
	assert_string_equal(e.place, "file.hl7:12");
}

static void test_line(void **state)
{
	struct err e = {0};
	char out[32];
	err_set(&e, ERR_INPUT, NULL, "no");
	assert_string_equal(err_line(&e, out, sizeof out), "no");
	err_in(&e, "f");
	assert_string_equal(err_line(&e, out, sizeof out), "f: no");
	assert_string_equal(err_line(&e, out, 4), "f: ");
	assert_string_equal(err_line(&e, out, 1), "");
}

/* What is too long is cut, and never in the middle of a character. */
static void test_long_texts_are_cut_clean(void **state)
{
	struct err e = {0};
	char longer[1001];
	for (size_t shift = 0; shift < 3; shift++) {
		memset(longer, 'x', shift);
		for (size_t i = shift; i + 3 < sizeof longer; i += 3)
			memcpy(longer + i, "\xe2\x82\xac", 3);
		longer[sizeof longer - 3] = 0;
		err_set(&e, ERR_INPUT, longer, "%s", longer);
		assert_true(utf8_valid(slice_str(e.place)));
		assert_true(utf8_valid(slice_str(e.text)));
		assert_in_range(strlen(e.place), sizeof e.place - 4, sizeof e.place - 1);
		assert_in_range(strlen(e.text), sizeof e.text - 4, sizeof e.text - 1);
		err_in(&e, longer);
		assert_true(utf8_valid(slice_str(e.place)));
		sys(&e, EIO);
		errno = EIO;
		assert_int_equal(err_sys(&e, longer, "%s", longer), ERR_SYSTEM);
		assert_true(utf8_valid(slice_str(e.text)));
	}
}

static void test_exit_and_http(void **state)
{
	static const int table[][3] = {
		{ERR_OK, 0, 200}, {ERR_NO, 1, 404}, {ERR_INPUT, 1, 400}, {ERR_USAGE, 2, 400}, {ERR_SYSTEM, 3, 500}, {ERR_MEMORY, 3, 503},
		{ERR_LIMIT, 1, 413}, {ERR_CRYPTO, 1, 403}, {ERR_NOT_FOUND, 1, 404}, {ERR_DENIED, 1, 403}, {ERR_BUSY, 3, 503}, {ERR_FULL, 3, 507},
		{ERR_CORRUPT, 1, 500}, {ERR_EXISTS, 1, 409}, {-99, 3, 500}, {7, 3, 500},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		assert_int_equal(err_exit(table[i][0]), table[i][1]);
		assert_int_equal(err_http(table[i][0]), table[i][2]);
	}
}

static void success_is_no_error(void)
{
	err_set(NULL, ERR_OK, NULL, "fine");
}

static void test_misuse(void **state)
{
	assert_dies(success_is_no_error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_returns_its_code), cmocka_unit_test(test_sys_maps_errno), cmocka_unit_test(test_in_puts_place_in_front),
		cmocka_unit_test(test_line), cmocka_unit_test(test_long_texts_are_cut_clean), cmocka_unit_test(test_exit_and_http),
		cmocka_unit_test(test_misuse),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
