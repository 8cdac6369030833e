/* Times of facts: what they mean in nanoseconds, and what of them FHIR can say. */
#include "facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static int64_t ns(const char *s, int zone)
{
	return fact_time_ns(slice_str(s), zone);
}

static void meaning(void **state)
{
	assert_int_equal(ns("1970-01-01T00:00:00Z", 0), 0);
	assert_int_equal(ns("1970", 0), 0);
	assert_int_equal(ns("1970-01", 0), 0);
	assert_int_equal(ns("1970-01-01", 60), -3600 * TIME_SEC);
	assert_int_equal(ns("1970-01-01T01", 60), 0);
	assert_int_equal(ns("1970-01-01T01+01:00", -300), 0);
	assert_int_equal(ns("1970-01-01T00:01", 0), 60 * TIME_SEC);
	assert_int_equal(ns("2026-11-22T03:12:05.250+01:00", 0), INT64_C(1795313525) * TIME_SEC + 250000000);
	assert_int_equal(ns("2026-11-22T03:12:05.250", 60), INT64_C(1795313525) * TIME_SEC + 250000000);
	assert_int_equal(ns("2026-11-22T03:12:05-04:30", 0), INT64_C(1795333325) * TIME_SEC);
	assert_int_equal(ns("2016-12-31T23:59:60Z", 0), INT64_C(1483228800) * TIME_SEC);
	assert_int_equal(ns("1970-01-01T00:00:00.1234567899Z", 0), 123456789);
	assert_int_equal(ns("2024-02-29", 0), INT64_C(1709164800) * TIME_SEC);
}

static void nonsense(void **state)
{
	static const char *const bad[] = {"",           "2",           "202",          "20261",        "2026-",       "2026-1",     "2026-13",         "2026-00",       "2026-02-30", "2023-02-29",
					  "2026-11-22T", "2026-11-22 03:12", "2026-11-22T24:00", "2026-11-22T03:60", "2026-11-22T03:12:61", "2026-11-22T03:12:05.", "2026-11-22T03:12+1", "2026-11-22T03:12+01:00x",
					  "2026-11-22T03:12z", "2026Z", "0000-01-01", FACT_NULL, "20261122", "2026-11-22T03:12+24:00"};
	char out[48];
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(ns(bad[i], 0), INT64_MIN);
		assert_int_equal(fact_time_fhir(slice_str(bad[i]), out).n, 0);
	}
	/* a year that nanoseconds cannot hold is no moment, but still a FHIR date */
	assert_int_equal(ns("9999-12-31", 0), INT64_MIN);
	assert_int_equal(ns("1600-01-01", 0), INT64_MIN);
	assert_true(slice_eq_str(fact_time_fhir(SLICE("9999-12-31"), out), "9999-12-31"));
}

static void fhir(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"2026", "2026"},
		{"2026-11", "2026-11"},
		{"2026-11-22", "2026-11-22"},
		{"2026-11-22T03", "2026-11-22"},
		{"2026-11-22T03:12", "2026-11-22"},
		{"2026-11-22T03:12:05", "2026-11-22"},
		{"2026-11-22T03:12+01:00", "2026-11-22"},
		{"2026-11-22T03:12:05Z", "2026-11-22T03:12:05Z"},
		{"2026-11-22T03:12:05.250+01:00", "2026-11-22T03:12:05.250+01:00"},
		{"2026-11-22T03:12:05.2500000000000000000000000000000000+01:00", "2026-11-22"},
		{"2026-11-22T03:12:60Z", "2026-11-22"},
		{"2026-11-22T03:12:05+14:30", "2026-11-22"},
	};
	char out[48];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_true(slice_eq_str(fact_time_fhir(slice_str(rows[i].in), out), rows[i].out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(meaning), cmocka_unit_test(nonsense), cmocka_unit_test(fhir)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
