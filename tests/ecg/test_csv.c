/* Tables: watches of several languages (tests/data/ecg, made up), time columns, and tables that are none of an ECG. */
#include "ecg_test.h"

static int open_text(struct ecg_test *t, const char *name, const char *text)
{
	ecg_test_init(t, NULL);
	ecg_test_add(t, name, text, strlen(text));
	return ecg_test_open(t, name);
}

static int open_data(struct ecg_test *t, const char *name)
{
	ecg_test_init(t, "tests/data/ecg");
	return ecg_test_open(t, name);
}

static void watch(void **state)
{
	struct ecg_test t;
	float en[1200], de[1200];
	assert_int_equal(open_data(&t, "watch_en.csv"), 0);
	assert_true(t.g->rate == 512.414 && t.g->samples == 1200);
	assert_string_equal(t.g->channel[0].name, "I");
	assert_true(slice_eq_str(t.g->start, "2020-03-01T08:15:30+01:00"));
	assert_true(slice_eq_str(t.g->person.family, "Doe") && slice_eq_str(t.g->person.given, "Jane") && slice_eq_str(t.g->person.birth, "1970-01-31"));
	assert_true(slice_eq_str(t.g->device, "Watch6,1") && slice_eq_str(t.g->software, "1.90"));
	assert_true(t.g->notes->statement && slice_eq_str(t.g->notes->text, "Sinus Rhythm"));
	assert_true(ecg_noted(t.g, "symptoms: Rapid, pounding heartbeat"));
	assert_int_equal(t.g->warning_count, 0);
	ecg_read_uv(t.g, 0, 0, 1200, en);
	ecg_test_done(&t);
	assert_int_equal(open_data(&t, "watch_de.csv"), 0); /* the same numbers with a comma, CRLF, a blank that does not break */
	assert_true(t.g->rate == 511.422 && t.g->samples == 1200);
	assert_true(slice_eq_str(t.g->start, "2021-11-05T22:01:09+01:00"));
	assert_true(slice_eq_str(t.g->person.birth, "1970-01-31"));
	ecg_read_uv(t.g, 0, 0, 1200, de);
	assert_memory_equal(en, de, sizeof en);
	ecg_test_done(&t);
}

/* A language that nobody here wrote into the table: the order of the rows tells. */
static void another_language(void **state)
{
	struct ecg_test t;
	assert_int_equal(open_text(&t, "e.csv", "Nimi,Aino Virtanen\nSyntym\xc3\xa4" "aika,1.2.1980\nTallennettu,2022-05-06 07:08:09 +0300\nLuokitus,Sinusrytmi\nOireet,\nVersio,2\nLaite,\"Watch6,2\"\nTaajuus,\"512,1 hertz\"\n\nKytkent\xc3\xa4,I\nYksikk\xc3\xb6,mV\n\n-0,5\n0,25\n"), 0);
	float uv[2];
	assert_true(slice_eq_str(t.g->person.family, "Virtanen") && slice_eq_str(t.g->start, "2022-05-06T07:08:09+03:00") && slice_eq_str(t.g->device, "Watch6,2"));
	assert_true(t.g->rate == 512.1);
	ecg_read_uv(t.g, 0, 0, 2, uv);
	assert_true(uv[0] == -500 && uv[1] == 250);
	ecg_test_done(&t);
}

static void tables(void **state)
{
	static const struct {
		const char *text;
		double rate;
		unsigned channels;
		float uv; /* second row, first channel */
		const char *name, *warning;
	} cases[] = {
		{"II,V1\n10,20\n11,21\n", 500, 2, 11, "II", "500 are assumed"},
		{"time_s,II (mV),V1 (mV)\n0,1.0,2\n0.004,1.5,2\n0.008,1,2\n", 250, 2, 1500, "II", NULL},
		{"time [ms];ecg [uV]\n0;1,5\n8;2,5\n15;3\n23;4\n", 130.435, 1, 2.5f, "ecg", NULL},
		{"'Elapsed time','MLII'\n'hh:mm:ss.mmm','mV'\n'0:00.000',0.1\n'0:00.002',0.2\n'0:00.004',0.3\n", 500, 1, 200, "MLII", NULL},
		{"sample #\tMLII\n0\t5\n1\t6\n", 500, 1, 6, "MLII", "500 are assumed"},
		{"# rate: 128 Hz\nII\n1\n-2\n", 128, 1, -2, "II", NULL},
		{"Sampling Rate,250\nLead II\n1\n2\n", 250, 1, 2, "II", NULL},
		{"time,ecg\n1600000000.000,0.5\n1600000000.002,0.6\n1600000000.004,0.7\n", 500, 1, 600, "ecg", "has no unit"},
		{"II,V1\n1e1,nan\n-1.25e-1,\n", 500, 2, -0.125f, "II", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ecg_test t;
		float uv;
		if (open_text(&t, "t.csv", cases[i].text) < 0)
			fail_msg("case %zu: %s", i, t.e.text);
		ecg_read_uv(t.g, 0, 1, 1, &uv);
		if (t.g->rate != cases[i].rate || t.g->channels != cases[i].channels || fabsf(uv - cases[i].uv) > 1e-4f || strcmp(t.g->channel[0].name, cases[i].name) != 0)
			fail_msg("case %zu: %g Hz, %u, %g, %s", i, t.g->rate, t.g->channels, (double)uv, t.g->channel[0].name);
		if (cases[i].warning && !ecg_warned(t.g, cases[i].warning))
			fail_msg("case %zu does not warn of \"%s\"", i, cases[i].warning);
		ecg_test_done(&t);
	}
}

static void gaps_and_jumps(void **state)
{
	struct ecg_test t;
	int32_t got[4];
	assert_int_equal(open_text(&t, "t.csv", "time_s,II_mV,V1_mV\n0,1,1\n0.01,,1\n0.02,3,nan\n0.5,4,oops\n0.51,4,4\n0.52,4,4\n0.53,4,4\n0.54,4,4\n0.55,4,4\n0.56,4,4\n0.57,4,4\n0.58,4\n"), 0);
	ecg_read(t.g, 0, 0, 4, got);
	assert_true(got[0] == 1 && got[1] == ECG_GAP && got[2] == 3);
	assert_true(ecg_warned(t.g, "jumps by up to") && ecg_warned(t.g, "1 values are no numbers") && ecg_warned(t.g, "fewer columns"));
	ecg_test_done(&t);
}

static void refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"a list of things\nand more\n", "no row of values"},
		{"1,2\n3,4\n", "no names"},
		{"II,V1\n1,2\nz,y\n3,w\n", "no number"},
		{"time_s,II\n1,5\n1,6\n", "run forward"},
		{"II\n\x01\x02\n", "plain text"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ecg_test t;
		assert_true(open_text(&t, "t.csv", cases[i].text) < 0);
		if (!strstr(t.e.text, cases[i].why))
			fail_msg("case %zu: %s", i, t.e.text);
		ecg_test_done(&t);
	}
	/* without its name a text is a table of an ECG only when it says so */
	assert_int_equal(ecg_sniff(SLICE("a,b\n1,2\n"), SLICE("notes.txt")), ECG_UNKNOWN);
	assert_int_equal(ecg_sniff(SLICE("II,V5\n1,2\n"), SLICE_NULL), ECG_CSV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(watch), cmocka_unit_test(another_language), cmocka_unit_test(tables), cmocka_unit_test(gaps_and_jumps), cmocka_unit_test(refused)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
