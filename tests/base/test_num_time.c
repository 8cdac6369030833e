#include "base_test.h"

#include <time.h>

static void test_checked(void **state)
{
	size_t n;
	assert_true(num_add(SIZE_MAX - 1, 1, &n));
	assert_true(n == SIZE_MAX);
	assert_false(num_add(SIZE_MAX, 1, &n));
	assert_true(num_mul(SIZE_MAX / 2, 2, &n));
	assert_false(num_mul(SIZE_MAX / 2 + 1, 2, &n));
	assert_true(num_mul(0, SIZE_MAX, &n));
}

static void test_u64(void **state)
{
	static const struct {
		const char *text;
		uint64_t min, max, want;
		int code;
	} rows[] = {
		{"0", 0, UINT64_MAX, 0, 0},
		{"18446744073709551615", 0, UINT64_MAX, UINT64_MAX, 0},
		{"18446744073709551616", 0, UINT64_MAX, 0, ERR_LIMIT},
		{"99999999999999999999999999999999999999", 0, UINT64_MAX, 0, ERR_LIMIT},
		{"184467440737095516160", 0, UINT64_MAX, 0, ERR_LIMIT}, /* ten times: must not wrap round to something in range */
		{"18446744073709551616x", 0, UINT64_MAX, 0, ERR_INPUT},
		{"007", 0, 9, 7, 0},
		{"7", 8, 9, 0, ERR_LIMIT},
		{"10", 8, 9, 0, ERR_LIMIT},
		{"", 0, 9, 0, ERR_INPUT},
		{"+7", 0, 9, 0, ERR_INPUT},
		{"-7", 0, 9, 0, ERR_INPUT},
		{" 7", 0, 9, 0, ERR_INPUT},
		{"7 ", 0, 9, 0, ERR_INPUT},
		{"7.0", 0, 9, 0, ERR_INPUT},
		{"\xd9\xa7", 0, 9, 0, ERR_INPUT},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t v = 77;
		assert_int_equal(num_u64(slice_str(rows[i].text), rows[i].min, rows[i].max, &v), rows[i].code);
		assert_true(v == (rows[i].code ? 77 : rows[i].want)); /* written only on success */
	}
	uint64_t v;
	assert_int_equal(num_u64(SLICE_NULL, 0, 9, &v), ERR_INPUT);
}

static void test_i64(void **state)
{
	static const struct {
		const char *text;
		int64_t min, max, want;
		int code;
	} rows[] = {
		{"-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN, 0},
		{"9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX, 0},
		{"-9223372036854775809", INT64_MIN, INT64_MAX, 0, ERR_LIMIT},
		{"9223372036854775808", INT64_MIN, INT64_MAX, 0, ERR_LIMIT},
		{"+7", -9, 9, 7, 0},
		{"-0", -9, 9, 0, 0},
		{"-10", -9, 9, 0, ERR_LIMIT},
		{"--1", -9, 9, 0, ERR_INPUT},
		{"+-1", -9, 9, 0, ERR_INPUT},
		{"-", -9, 9, 0, ERR_INPUT},
		{"", -9, 9, 0, ERR_INPUT},
		{"1-", -9, 9, 0, ERR_INPUT},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t v = 77;
		assert_int_equal(num_i64(slice_str(rows[i].text), rows[i].min, rows[i].max, &v), rows[i].code);
		assert_true(v == (rows[i].code ? 77 : rows[i].want));
	}
}

static void test_is_decimal(void **state)
{
	static const char *const yes[] = {"0", "-0", "1.50", "10", "-12.0", "0.001", "99999999999999999999999999"};
	static const char *const no[] = {"", "-", ".5", "5.", "+5", "01", "-01", "1e5", "1.5E2", "1..5", "1.5.", " 1", "1 ", "0x1", "NaN", "1,5"};
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		assert_true(num_is_decimal(slice_str(yes[i])));
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		assert_false(num_is_decimal(slice_str(no[i])));
	assert_false(num_is_decimal(SLICE_NULL));
}

/* ---- time ---- */

static void test_clocks(void **state)
{
	int64_t a = time_monotonic(), b = time_monotonic();
	assert_true(b >= a);
	assert_true(llabs(time_now() - (int64_t)time(NULL) * TIME_SEC) < 5 * TIME_SEC);
}

/* Every day that int64 nanoseconds can say, counted by hand beside it. */
static void test_every_day(void **state)
{
	int y = 1677, mo = 9, d = 22;
	for (int64_t day = -106751; day <= 106751; day++) {
		int gy, gmo, gd, h, mi, s;
		time_civil(day * 86400 * TIME_SEC, &gy, &gmo, &gd, &h, &mi, &s);
		if (gy != y || gmo != mo || gd != d || h || mi || s)
			fail_msg("day %lld is %04d-%02d-%02d", (long long)day, gy, gmo, gd);
		if (time_from_civil(y, mo, d, 0, 0, 0) != day * 86400 * TIME_SEC)
			fail_msg("%04d-%02d-%02d", y, mo, d);
		time_civil(day * 86400 * TIME_SEC - 1, &gy, &gmo, &gd, &h, &mi, &s);
		if ((d > 1 && gd != d - 1) || h != 23 || mi != 59 || s != 59)
			fail_msg("the end of day %lld", (long long)day - 1);
		if (++d > time_days_in_month(y, mo)) {
			d = 1;
			if (++mo > 12) {
				mo = 1;
				y++;
			}
		}
	}
}

/* libc agrees, at random moments. */
static void test_against_libc(void **state)
{
	uint64_t x = 88172645463325252u;
	for (int i = 0; i < 100000; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		int64_t t = (int64_t)x;
		time_t sec = (time_t)(t / TIME_SEC - (t % TIME_SEC < 0));
		struct tm tm;
		gmtime_r(&sec, &tm);
		int y, mo, d, h, mi, s;
		time_civil(t, &y, &mo, &d, &h, &mi, &s);
		assert_true(y == tm.tm_year + 1900 && mo == tm.tm_mon + 1 && d == tm.tm_mday && h == tm.tm_hour && mi == tm.tm_min && s == tm.tm_sec);
		char out[32];
		int64_t back;
		time_rfc3339(t, 9, out);
		assert_int_equal(time_parse(slice_str(out), 0, &back), 0);
		assert_true(back == t);
	}
}

static void test_days_in_month(void **state)
{
	assert_int_equal(time_days_in_month(2023, 2), 28);
	assert_int_equal(time_days_in_month(2024, 2), 29);
	assert_int_equal(time_days_in_month(1900, 2), 28);
	assert_int_equal(time_days_in_month(2000, 2), 29);
	assert_int_equal(time_days_in_month(2024, 12), 31);
}

static void test_from_civil_carries_and_saturates(void **state)
{
	assert_true(time_from_civil(2024, 13, 1, 0, 0, 0) == time_from_civil(2025, 1, 1, 0, 0, 0));
	assert_true(time_from_civil(2024, 0, 1, 0, 0, 0) == time_from_civil(2023, 12, 1, 0, 0, 0));
	assert_true(time_from_civil(2024, -11, 1, 0, 0, 0) == time_from_civil(2023, 1, 1, 0, 0, 0));
	assert_true(time_from_civil(2024, 1, 1, 24, 60, 60) == time_from_civil(2024, 1, 2, 1, 1, 0));
	assert_true(time_from_civil(9999, 12, 31, 0, 0, 0) == INT64_MAX);
	assert_true(time_from_civil(1, 1, 1, 0, 0, 0) == INT64_MIN);
	assert_true(time_from_civil(INT32_MAX, 1, 1, 0, 0, 0) == INT64_MAX);
	assert_true(time_from_civil(INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN) == INT64_MIN);
}

static void test_rfc3339(void **state)
{
	char out[32];
	assert_string_equal(time_rfc3339(0, 0, out), "1970-01-01T00:00:00Z");
	assert_string_equal(time_rfc3339(-1, 9, out), "1969-12-31T23:59:59.999999999Z");
	assert_string_equal(time_rfc3339(INT64_MIN, 9, out), "1677-09-21T00:12:43.145224192Z");
	assert_string_equal(time_rfc3339(-1, 0, out), "1969-12-31T23:59:59Z");
	assert_string_equal(time_rfc3339(1234567890123456789, 3, out), "2009-02-13T23:31:30.123Z");
	assert_string_equal(time_rfc3339(1234567890123456789, 6, out), "2009-02-13T23:31:30.123456Z");
	assert_string_equal(time_rfc3339(INT64_MIN, 9, out), "1677-09-21T00:12:43.145224192Z");
	assert_string_equal(time_rfc3339(INT64_MAX, 9, out), "2262-04-11T23:47:16.854775807Z");
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int zone;
		const char *want;
	} rows[] = {
		{"2024-02-29", 0, "2024-02-29T00:00:00.000000000Z"},
		{"2024-02-29", 120, "2024-02-28T22:00:00.000000000Z"},
		{"2024-02-29 03:12", -300, "2024-02-29T08:12:00.000000000Z"},
		{"2024-02-29T03:12", 0, "2024-02-29T03:12:00.000000000Z"},
		{"2024-02-29T03:12Z", 120, "2024-02-29T03:12:00.000000000Z"},
		{"2024-02-29t03:12:13z", 120, "2024-02-29T03:12:13.000000000Z"},
		{"2024-02-29T03:12:13.5+05:45", 0, "2024-02-28T21:27:13.500000000Z"},
		{"2024-02-29T03:12:13.1234567899-00:30", 0, "2024-02-29T03:42:13.123456789Z"},
		{"2016-12-31T23:59:60Z", 0, "2017-01-01T00:00:00.000000000Z"},
		{"2262-04-11T23:47:16.854775807Z", 0, "2262-04-11T23:47:16.854775807Z"},
		{"1677-09-21T00:12:43.145224192Z", 0, "1677-09-21T00:12:43.145224192Z"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t t;
		char out[32];
		assert_int_equal(time_parse(slice_str(rows[i].text), rows[i].zone, &t), 0);
		assert_string_equal(time_rfc3339(t, 9, out), rows[i].want);
	}
}

static void test_parse_refuses(void **state)
{
	static const struct {
		const char *text;
		int code;
	} rows[] = {
		{"", ERR_INPUT}, {"2024", ERR_INPUT}, {"2024-02", ERR_INPUT}, {"2023-02-29", ERR_INPUT}, {"2024-00-10", ERR_INPUT},
		{"2024-13-10", ERR_INPUT}, {"2024-01-00", ERR_INPUT}, {"2024-01-32", ERR_INPUT}, {"2024-1-1", ERR_INPUT},
		{"0000-01-01", ERR_INPUT}, {"20240101", ERR_INPUT}, {"2024-01-01T", ERR_INPUT}, {"2024-01-01T10", ERR_INPUT},
		{"2024-01-01T10:", ERR_INPUT}, {"2024-01-01T24:00", ERR_INPUT}, {"2024-01-01T10:60", ERR_INPUT}, {"2024-01-01T10:00:61", ERR_INPUT},
		{"2024-01-01T10:00:00.", ERR_INPUT}, {"2024-01-01T10:00:00.Z", ERR_INPUT}, {"2024-01-01T10:00.5", ERR_INPUT},
		{"2024-01-01T10:00+0200", ERR_INPUT}, {"2024-01-01T10:00+24:00", ERR_INPUT}, {"2024-01-01T10:00+02:60", ERR_INPUT},
		{"2024-01-01T10:00ZZ", ERR_INPUT}, {"2024-01-01T10:00 Z", ERR_INPUT}, {"2024-01-01Z", ERR_INPUT}, {" 2024-01-01", ERR_INPUT},
		{"2024-01-01 ", ERR_INPUT}, {"2O24-01-01", ERR_INPUT}, {"-024-01-01", ERR_INPUT}, {"2024-01-01T10:00:00,5Z", ERR_INPUT},
		{"9999-12-31", ERR_LIMIT}, {"0001-01-01", ERR_LIMIT}, {"2262-04-11T23:47:16.854775808Z", ERR_LIMIT},
		{"1677-09-21T00:12:43.145224191Z", ERR_LIMIT},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t t = 77;
		if (time_parse(slice_str(rows[i].text), 0, &t) != rows[i].code || t != 77)
			fail_msg("%s", rows[i].text);
	}
	int64_t t = 77;
	assert_int_equal(time_parse(slice_of("2024-01-01\0", 11), 0, &t), ERR_INPUT);
	assert_int_equal(time_parse(slice_of("2024-01-01\0" "10:00", 16), 0, &t), ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checked), cmocka_unit_test(test_u64), cmocka_unit_test(test_i64), cmocka_unit_test(test_is_decimal),
		cmocka_unit_test(test_clocks), cmocka_unit_test(test_every_day), cmocka_unit_test(test_against_libc), cmocka_unit_test(test_days_in_month),
		cmocka_unit_test(test_from_civil_carries_and_saturates), cmocka_unit_test(test_rfc3339), cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
