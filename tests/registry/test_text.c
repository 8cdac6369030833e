/* Broken text, names, days, words, numbers. */
#include "said.h"

static void repaired(void **state)
{
	static const struct {
		const char *is, *want;
	} v[] = {
		{"plain", "plain"},
		{"Est\xc3\xa9" "e Lauder", "Est\xc3\xa9" "e Lauder"},                                     /* right as it is */
		{"St. John\xe2\x80\x99s \xe2\x80\x93 West", "St. John\xe2\x80\x99s \xe2\x80\x93 West"},
		{"S\xc3\x83\xc2\xa3o", "S\xc3\xa3o"},                                                     /* read as Latin-1 once */
		{"S\xc3\x83\xc6\x92\xc3\x82\xc2\xa3o", "S\xc3\xa3o"},                                     /* twice, as cp1252 */
		{"Children\xc3\xa2\xe2\x82\xac\xe2\x84\xa2s", "Children\xe2\x80\x99s"},
		{"Northwest \xc3\xa2\xe2\x82\xac\xe2\x84\xa2??? La Porte", "Northwest \xe2\x80\x93 La Porte"},
		{"(\xc3\xa2\xe2\x82\xac\xe2\x84\xa2???VSON\xc3\xa2\xe2\x82\xac\xe2\x84\xa2???\xc3\x82\xc2\x9d)", "(\xe2\x80\x9cVSON\xe2\x80\x9d)"},
		{"Heart \x83??n Home", "Heart \xe2\x80\x99n Home"},
		{"Mary\x8b\xa8\xab\x8b\xa8\xab\x8b\xa8\xabs", "Mary\xe2\x80\x99s"},
		{"Mary\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbds", "Mary\xe2\x80\x99s"},
		{"Ren\xe9 Clinic", "Ren\xc3\xa9 Clinic"},                                                 /* one byte of cp1252 */
		{"Center?\xff", "Center"},
		{"\xc2\xa0Title, LLC\xc2\xa0", "Title, LLC"},
		{"what??? really??", "what??? really??"},                                                  /* somebody asks */
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct arena *a = arena_new(1 << 20);
		is(registry_repair(slice_str(v[i].is), a), v[i].want);
		is(registry_repair(slice_str(v[i].want), a), v[i].want); /* what is right stays so */
		arena_free(a);
	}
}

static void names(void **state)
{
	static const char *const same[][2] = {
		{"TheraCom, L.L.C.", "Theracom LLC"}, {"The Children\xe2\x80\x99s Clinic", "Childrens Clinic, Inc."}, {"WebTPA Employer Services, LLC (\xe2\x80\x9cWebTPA\xe2\x80\x9d)", "WebTPA Employer Services LLC (WebTPA)"}, {"Kids d/b/a Fun", "Kids DBA Fun"}, {"A & B", "A and B"},
	};
	struct arena *a = arena_new(1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		struct slice x = registry_name_key(slice_str(same[i][0]), a), y = registry_name_key(slice_str(same[i][1]), a);
		if (!slice_eq(x, y))
			fail_msg("'%.*s' is not '%.*s'", SLICE_FMT(x), SLICE_FMT(y));
	}
	assert_int_equal(registry_name_alike(SLICE("abc"), SLICE("abc")), 1000);
	assert_true(registry_name_alike(SLICE("southern bone joint"), SLICE("southern bone joint specialists")) >= 700);
	assert_true(registry_name_alike(SLICE("northwest health"), SLICE("acme holdings")) < 300);
	is(registry_name_key(SLICE("LLC"), a), "LLC"); /* a name of nothing else stays one */
	assert_int_equal(registry_name_key(SLICE(""), a).n, 0);
	arena_free(a);
}

static void numbers(void **state)
{
	static const struct {
		const char *s;
		uint64_t n;
		bool ok;
	} v[] = {{"4237", 4237, true}, {"4237.0", 4237, true}, {"1,234", 1234, true}, {"1,234,567.00", 1234567, true}, {"0", 0, true}, {"", 0, false}, {"1,23", 0, false}, {"12,34,567", 0, false}, {",1", 0, false}, {"4237.5", 0, false}, {"-1", 0, false}, {"1e6", 0, false}, {"99999999999999999999999", 0, false}, {"1 234 567", 1234567, true}, {"1\xC2\xA0" "234", 1234, true}, {"1\xE2\x80\xAF" "234\xE2\x80\xAF" "567", 1234567, true}, {"1\xA0" "234", 1234, true}, {"1.234", 1234, true}, {"1.234.000", 1234000, true}, {"1,234.000", 1234, true}, {"4237.000", 4237, true}, {"1'234", 1234, true}, {"1.234,00", 1234, true}, {"4237,0", 4237, true}, {"=\"9271\"", 9271, true}, {"1.234,5", 0, false}, {"1,234.567", 0, false}, {"1.23", 0, false}, {"4237 persons", 0, false}};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		uint64_t n = 0;
		assert_int_equal(registry_is_number(slice_str(v[i].s), &n), v[i].ok);
		if (v[i].ok)
			assert_int_equal(n, v[i].n);
	}
	char t[24];
	assert_string_equal(registry_millions(13400000, true, t), "13.4M");
	assert_string_equal(registry_millions(13499999, true, t), "13.4M");
	assert_string_equal(registry_millions(13499999, false, t), "13.5M");
	assert_string_equal(registry_millions(99999, true, t), "0.0M");
}

static void days(void **state)
{
	int32_t d;
	assert_int_equal(registry_day_parse(SLICE("2024-02"), true, &d), 0);
	is_day(d, "2024-02-29");
	assert_int_equal(registry_day_parse(SLICE("2024-02"), false, &d), 0);
	is_day(d, "2024-02-01");
	assert_int_equal(registry_day_parse(SLICE("2024"), true, &d), 0);
	is_day(d, "2024-12-31");
	static const char *const bad[] = {"", "24", "2024-13", "2024-02-30", "2024-2", "2024-02-01-01", "2024-02-01T00:00:00Z", "x"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(registry_day_parse(slice_str(bad[i]), false, &d), ERR_INPUT);
	assert_int_equal(registry_weekday(day("2024-10-06")), 0);
	assert_int_equal(registry_weekday(day("1969-12-31")), 3);
	assert_int_equal(registry_day_year(REGISTRY_NO_DAY), 0);
	struct date_text t;
	assert_true(registry_date(SLICE("04-11-18 0:00"), &t));
	is_day(registry_date_day(&t, false), "2018-04-11");
	is_day(registry_date_day(&t, true), "2018-11-04");
	assert_true(registry_date(SLICE("2024-10-08T12:00:00Z"), &t));
	is_day(registry_date_day(&t, false), "2024-10-08");
	static const char *const month[] = {"28-Jun-2024", "28 June 2024", "28-jun-24", "June 28, 2024", "Jun 28 2024 12:00 AM", "Friday, June 28, 2024", "28. June 2024"};
	for (size_t i = 0; i < ARRAY_LEN(month); i++) {
		assert_true(registry_date(slice_str(month[i]), &t));
		assert_int_equal(t.form, DATE_NAMED);
		is_day(registry_date_day(&t, false), "2024-06-28");
	}
	static const char *const none[] = {"June 2024", "28-Foo-2024", "28-Ju-2024", "June 28, 2024x", "March of Dimes 12", "28 June", "June", "", "10/08", "10/08/024", "10-08/2024", "a/b/c", "10/08/2024x", "2024-10-081"};
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_false(registry_date(slice_str(none[i]), &t));
}

static void words(void **state)
{
	for (int i = 0; i < REGISTRY_SOURCES; i++)
		assert_int_equal(registry_source_parse(slice_str(registry_source_word((enum registry_source)i))), i);
	for (int i = REGISTRY_UNDER_INVESTIGATION; i <= REGISTRY_FULL; i++)
		assert_int_equal(registry_view_parse(slice_str(registry_view_word((enum registry_view)i))), i);
	assert_true(registry_is_state(SLICE("pr")) && !registry_is_state(SLICE("ZZ")));
	assert_true(registry_is_type(SLICE("Theft, Loss")) && !registry_is_type(SLICE("Theft, Nothing")));
	assert_true(registry_is_location(SLICE("Other Portable Electronic Device, Other")));
	assert_int_equal(registry_column_of(SLICE("Covered Entity Name")), COL_NAME);
	assert_int_equal(registry_column_of(SLICE("colour")), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(repaired), cmocka_unit_test(names), cmocka_unit_test(numbers), cmocka_unit_test(days), cmocka_unit_test(words)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
