/* FHIR Observations with SampledData: R4 and R5, Bundles, and what is wrong with some. */
#include "ecg_test.h"

static int open_text(struct ecg_test *t, const char *text)
{
	ecg_test_init(t, NULL);
	ecg_test_add(t, "o.json", text, strlen(text));
	return ecg_test_open(t, "o.json");
}

#define CODE(c) "\"code\":{\"coding\":[{\"system\":\"urn:iso:std:iso:11073:10101\",\"code\":\"" c "\"}]}"
#define DATA(rest) "\"valueSampledData\":{\"origin\":{\"value\":0,\"unit\":\"mV\",\"code\":\"mV\"}," rest "}"

static void bundle(void **state)
{
	struct ecg_test t;
	int32_t got[5];
	float uv[1];
	assert_int_equal(open_text(&t, "\xef\xbb\xbf {\"resourceType\":\"Bundle\",\"entry\":["
		"{\"fullUrl\":\"urn:uuid:1\",\"resource\":{\"resourceType\":\"Patient\",\"id\":\"7\",\"identifier\":[{\"system\":\"urn:oid:1.2\",\"value\":\"MRN7\"}],\"name\":[{\"family\":\"Roe\",\"given\":[\"Ada\",\"B\"]}],\"gender\":\"female\",\"birthDate\":\"1950-02-03\"}},"
		"{\"resource\":{\"resourceType\":\"Device\",\"id\":\"d\",\"manufacturer\":\"Acme\",\"modelNumber\":\"M1\",\"serialNumber\":\"S2\"}},"
		"{\"resource\":{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"ECG\"},\"subject\":{\"reference\":\"urn:uuid:1\"},\"device\":{\"reference\":\"Device/d\"},\"effectivePeriod\":{\"start\":\"2024-05-06T07:08:09+02:00\"},"
		"\"note\":[{\"text\":\"a note\"}],\"interpretation\":[{\"coding\":[{\"code\":\"N\",\"display\":\"Normal\"}]}],"
		"\"component\":[{" CODE("131330") "," DATA("\"period\":2.777777777777778,\"factor\":0.005,\"upperLimit\":2000,\"dimensions\":1,\"data\":\"1 -2 E U L\"") "},"
		"{" CODE("131389") "," DATA("\"period\":2.777777777777778,\"dimensions\":1,\"data\":\"0.25 1.5 0 1 2\"") "},"
		"{\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"8625-6\"}]},\"valueQuantity\":{\"value\":0.16,\"code\":\"s\"}}]}}]}"), 0);
	assert_true(t.g->rate == 360 && t.g->samples == 5);
	assert_string_equal(t.g->channel[0].name, "II");
	assert_string_equal(t.g->channel[1].name, "III");
	ecg_read(t.g, 0, 0, 5, got);
	assert_true(got[0] == 1 && got[1] == -2 && got[2] == ECG_GAP && got[3] == 2000 && got[4] == ECG_GAP);
	ecg_read_uv(t.g, 0, 1, 1, uv);
	assert_true(uv[0] == -10);
	ecg_read_uv(t.g, 1, 1, 1, uv);
	assert_true(uv[0] == 1500);
	assert_true(slice_eq_str(t.g->person.id, "MRN7") && slice_eq_str(t.g->person.given, "Ada B") && slice_eq_str(t.g->person.sex, "female"));
	assert_true(slice_eq_str(t.g->device, "M1") && slice_eq_str(t.g->maker, "Acme"));
	assert_true(slice_eq_str(t.g->start, "2024-05-06T07:08:09+02:00"));
	assert_true(t.g->stated && !strcmp(t.g->stated->key, "pr_ms") && t.g->stated->value == 160);
	assert_true(ecg_noted(t.g, "a note") && ecg_noted(t.g, "Normal"));
	ecg_test_done(&t);
}

static void r5_and_dimensions(void **state)
{
	struct ecg_test t;
	int32_t got[2];
	assert_int_equal(open_text(&t, "{\"resourceType\":\"Observation\",\"code\":{\"text\":\"ECG V2\"},\"subject\":{\"identifier\":{\"value\":\"9\"},\"display\":\"Someone\"},\"effectiveDateTime\":\"2024\"," DATA("\"interval\":500,\"intervalUnit\":\"us\",\"dimensions\":2,\"data\":\"1 2 3 4\"") "}"), 0);
	assert_true(t.g->rate == 2000 && t.g->channels == 2 && slice_eq_str(t.g->version, "R5"));
	ecg_read(t.g, 1, 0, 2, got);
	assert_true(got[0] == 2 && got[1] == 4);
	assert_true(slice_eq_str(t.g->person.id, "9") && slice_eq_str(t.g->person.family, "Someone"));
	ecg_test_done(&t);
}

static void origin_between_steps(void **state)
{
	struct ecg_test t;
	float uv[2];
	assert_int_equal(open_text(&t, "{\"resourceType\":\"Observation\",\"code\":{\"text\":\"I\"},\"valueSampledData\":{\"origin\":{\"value\":2048.3,\"unit\":\"uV\"},\"period\":4,\"factor\":1.612,\"dimensions\":1,\"data\":\"-1 2041\"}}"), 0);
	ecg_read_uv(t.g, 0, 0, 2, uv);
	assert_true(fabs(uv[0] - 2046.688) < 1e-3 && fabs(uv[1] - 5338.392) < 1e-3);
	ecg_test_done(&t);
}

static void refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"{\"resourceType\":\"Patient\"}", "no Observation"},
		{"{\"resourceType\":\"Observation\",\"code\":{\"text\":\"I\"}," DATA("\"dimensions\":1,\"data\":\"1\"") "}", "neither period nor interval"},
		{"{\"resourceType\":\"Observation\",\"code\":{\"text\":\"I\"}," DATA("\"period\":2,\"dimensions\":1,\"data\":\"1 x\"") "}", "neither numbers"},
		{"{\"resourceType\":\"Observation\",\"code\":{\"text\":\"I\"}," DATA("\"period\":2,\"dimensions\":65,\"data\":\"1\"") "}", "dimensions"},
		{"{\"resourceType\":\"Observation\",\"code\":{\"text\":\"I\"}," DATA("\"period\":2,\"offsets\":\"0 5\",\"dimensions\":1,\"data\":\"1 2\"") "}", "uneven"},
		{"{\"resourceType\":\"Observation\",\"code\":{\"text\":\"I\"}," DATA("\"period\":2,\"dimensions\":1,\"data\":\"1 2\"") "", "JSON"},
		{"{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"Patient/1\"},\"code\":{\"text\":\"I\"}," DATA("\"period\":2,\"data\":\"1\"") "}},"
			"{\"resource\":{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"Patient/2\"},\"code\":{\"text\":\"I\"}," DATA("\"period\":2,\"data\":\"1\"") "}}]}", "more than one patient"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ecg_test t;
		assert_true(open_text(&t, cases[i].text) < 0);
		if (strcmp(cases[i].why, "JSON") != 0 && !strstr(t.e.text, cases[i].why))
			fail_msg("case %zu: %s", i, t.e.text);
		ecg_test_done(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(bundle), cmocka_unit_test(r5_and_dimensions), cmocka_unit_test(origin_between_steps), cmocka_unit_test(refused)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
