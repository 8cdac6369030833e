/* Days, business days, months, zones. */
#include "notice_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static int32_t day(const char *s)
{
	int64_t t;
	assert_int_equal(time_parse(slice_str(s), 0, &t), 0);
	return (int32_t)(t / (86400 * TIME_SEC));
}

static void is_day(int32_t got, const char *want)
{
	int y, m, d;
	char text[32];
	notice_day_civil(got, &y, &m, &d);
	snprintf(text, sizeof text, "%04d-%02d-%02d", y, m, d);
	assert_string_equal(text, want);
}

static void test_days(void **state)
{
	(void)state;
	assert_int_equal(notice_day_of(1970, 1, 1), 0);
	assert_int_equal(notice_weekday(0), 4);
	assert_int_equal(notice_weekday(-4), 0);
	for (int32_t i = day("1899-12-25"); i < day("2110-01-01"); i++) { /* against base's calendar, and there and back */
		int y, m, d, y2, m2, d2, h, mi, s;
		notice_day_civil(i, &y, &m, &d);
		time_civil(i * INT64_C(86400) * TIME_SEC, &y2, &m2, &d2, &h, &mi, &s);
		assert_true(y == y2 && m == m2 && d == d2);
		assert_int_equal(notice_day_of(y, m, d), i);
	}
	is_day(day("2019-12-31") + 60, "2020-02-29"); /* the year's end and sixty days: 45 CFR 164.408(c) */
	is_day(day("2023-12-31") + 60, "2024-02-29");
	is_day(day("2024-12-31") + 60, "2025-03-01");
}

static void test_holidays(void **state)
{
	(void)state;
	static const char *const of_2026[] = {"2026-01-01", "2026-01-19", "2026-02-16", "2026-05-25", "2026-06-19", "2026-07-03", "2026-07-04", "2026-09-07", "2026-10-12", "2026-11-11", "2026-11-26", "2026-12-25"};
	size_t n = 0;
	for (int32_t i = day("2026-01-01"); i <= day("2026-12-31"); i++)
		if (notice_us_holiday(i)) {
			assert_true(n < ARRAY_LEN(of_2026));
			is_day(i, of_2026[n++]);
		}
	assert_int_equal(n, ARRAY_LEN(of_2026));
	assert_true(notice_us_holiday(day("2021-12-31"))); /* New Year of 2022 is a Saturday */
	assert_true(notice_us_holiday(day("2023-01-02"))); /* of 2023 a Sunday */
	assert_false(notice_us_holiday(day("2020-06-19")));
	assert_true(notice_us_holiday(day("2021-06-18"))); /* the first Juneteenth, a Saturday */
	assert_true(notice_us_holiday(day("2027-12-24")));
	assert_false(notice_us_holiday(day("2026-12-24")));
}

static void test_business(void **state)
{
	(void)state;
	is_day(notice_business_days(day("2026-03-02"), 14), "2026-03-20"); /* a Monday, no holiday between */
	is_day(notice_business_days(day("2026-03-07"), 1), "2026-03-09");  /* a Saturday */
	is_day(notice_business_days(day("2026-06-26"), 5), "2026-07-06");  /* over the Fourth, kept on Friday the third */
	is_day(notice_business_days(day("2025-12-19"), 5), "2025-12-29");
	is_day(notice_business_days(day("2026-03-02"), 0), "2026-03-02");
}

static void test_months(void **state)
{
	(void)state;
	is_day(notice_months(day("2026-01-31"), 1), "2026-02-28");
	is_day(notice_months(day("2024-01-31"), 1), "2024-02-29");
	is_day(notice_months(day("2026-12-15"), 1), "2027-01-15");
	is_day(notice_months(day("2026-03-15"), 24), "2028-03-15");
	is_day(notice_months(day("2024-02-29"), 24), "2026-02-28");
}

static int64_t at(const char *s)
{
	int64_t t;
	assert_int_equal(time_parse(slice_str(s), 0, &t), 0);
	return t;
}

static const struct notice_zones *zone(const char *place)
{
	const struct notice_zones *z = notice_zones_of(slice_str(place));
	assert_non_null(z);
	return z;
}

static void test_zones(void **state)
{
	(void)state;
	int o;
	assert_null(notice_zones_of(SLICE("ZZ")));
	assert_null(notice_zones_of(SLICE("")));
	assert_ptr_equal(notice_zones_of(SLICE("GB-ENG")), notice_zones_of(SLICE("GB")));
	/* daylight saving, to the second */
	assert_int_equal(notice_offset(zone("US-NY"), at("2026-03-08T06:59:59Z")), -300);
	assert_int_equal(notice_offset(zone("US-NY"), at("2026-03-08T07:00:00Z")), -240);
	assert_int_equal(notice_offset(zone("US-NY"), at("2026-11-01T05:59:59Z")), -240);
	assert_int_equal(notice_offset(zone("US-NY"), at("2026-11-01T06:00:00Z")), -300);
	assert_int_equal(notice_offset(zone("US-NY"), at("2005-03-20T12:00:00Z")), -300); /* before 2007: from April */
	assert_int_equal(notice_offset(zone("FR"), at("2026-03-29T00:59:59Z")), 60);
	assert_int_equal(notice_offset(zone("FR"), at("2026-03-29T01:00:00Z")), 120);
	assert_int_equal(notice_offset(zone("FR"), at("2026-10-25T00:59:59Z")), 120);
	assert_int_equal(notice_offset(zone("FR"), at("2026-10-25T01:00:00Z")), 60);
	assert_int_equal(notice_offset(zone("GB"), at("2026-07-01T00:00:00Z")), 60);
	assert_int_equal(notice_offset(zone("US-AZ"), at("2026-07-01T00:00:00Z")), -420);
	assert_int_equal(notice_offset(zone("CN"), at("2026-07-01T00:00:00Z")), 480);
	assert_int_equal(notice_offset(zone("AU"), at("2026-04-04T15:59:59Z")), 660);
	assert_int_equal(notice_offset(zone("AU"), at("2026-04-04T16:00:00Z")), 600);
	assert_int_equal(notice_offset(zone("AU"), at("2026-10-03T16:00:00Z")), 660);
	/* the day begins, and it is that day, in the zone of a state that comes first for whoever counts */
	assert_int_equal(notice_midnight(zone("US-TX"), day("2026-01-15"), &o), at("2026-01-15T06:00:00Z")); /* Dallas before El Paso */
	assert_int_equal(o, -360);
	assert_int_equal(notice_midnight(zone("US-AZ"), day("2026-07-15"), &o), at("2026-07-15T06:00:00Z")); /* the Navajo Nation keeps daylight time */
	is_day(notice_local_day(zone("US-TX"), at("2026-01-15T06:30:00Z")), "2026-01-14"); /* in El Paso it is still the 14th */
	is_day(notice_local_day(zone("US-NY"), at("2026-01-01T04:59:59Z")), "2025-12-31");
	is_day(notice_local_day(zone("US-NY"), at("2026-01-01T05:00:00Z")), "2026-01-01");
	is_day(notice_local_day(zone("CN"), at("2025-12-31T16:00:00Z")), "2026-01-01");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days), cmocka_unit_test(test_holidays), cmocka_unit_test(test_business), cmocka_unit_test(test_months), cmocka_unit_test(test_zones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
