/* What is written is read back the same: records of the corpus' kinds made up here, by each writer of this file's rooms (WFDB, EDF+, FHIR, CSV). */
#include "write_test.h"

#define N 2500
static struct {
	int16_t a[N], b[N];
} made;

static void make(void)
{
	uint32_t x = 1;
	for (int i = 0; i < N; i++) {
		x = x * 1664525 + 1013904223;
		made.a[i] = (int16_t)((int)(x >> 20) - 2048);
		made.b[i] = (int16_t)(i * 13 % 30000 - 15000);
	}
}

static const char header[] = "r 2 500 2500 10:20:30.250 05/11/2024\nr.dat 16 1716(6)/mV 16 0 0 0 0 II\nr2.dat 16 200/mV 16 1024 0 0 0 V5\n# 63 F 1 2 x1\n# a remark\n#Dx: 426783006\n";

static void open_made(struct ecg_test *t)
{
	make();
	ecg_test_init(t, NULL);
	ecg_test_add(t, "r.hea", header, sizeof header - 1);
	ecg_test_add(t, "r.dat", made.a, sizeof made.a);
	ecg_test_add(t, "r2.dat", made.b, sizeof made.b);
	if (ecg_test_open(t, "r.hea") < 0)
		fail_msg("%s", t->e.text);
}

static void all_writers(void **state)
{
	static const struct {
		enum ecg_format to;
		const char *name;
	} cases[] = {{ECG_WFDB, "out.hea"}, {ECG_EDF, "out.edf"}, {ECG_FHIR, "out.json"}};
	struct ecg_test t, back;
	open_made(&t);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (write_and_read(t.g, cases[i].to, cases[i].name, &back) < 0)
			fail_msg("%s: %s", cases[i].name, back.e.text);
		same_samples(t.g, back.g, cases[i].to != ECG_EDF);
		assert_int_equal(back.g->samples, N);
		assert_string_equal(back.g->channel[0].name, "II");
		assert_string_equal(back.g->channel[1].name, "V5");
		assert_true(back.g->channel[0].ecg && back.g->channel[1].ecg);
		assert_true(slice_starts(back.g->start, "2024-11-05T10:20:30.25"));
		assert_true(ecg_noted(back.g, "a remark") && ecg_noted(back.g, "426783006"));
		assert_true(slice_eq_str(back.g->person.sex, "female"));
		assert_false(ecg_warned(back.g, "checksum"));
		ecg_test_done(&back);
	}
	ecg_test_done(&t);
}

static void csv(void **state)
{
	struct ecg_test t, back;
	float x[N], y[N];
	open_made(&t);
	assert_int_equal(write_and_read(t.g, ECG_CSV, "out.csv", &back), 0);
	assert_int_equal(memcmp(back.file[0].b.p, "II,V5\n", 6), 0);
	assert_true(ecg_warned(back.g, "500 are assumed"));
	for (unsigned i = 0; i < 2; i++) {
		ecg_read_uv(t.g, i, 0, N, x);
		ecg_read_uv(back.g, i, 0, N, y);
		for (int k = 0; k < N; k++)
			assert_true(fabsf(x[k] - y[k]) < 0.001f);
	}
	ecg_test_done(&back);
	ecg_test_done(&t);
}

static int open_text(struct ecg_test *t, const char *hea, const void *dat, size_t n)
{
	ecg_test_init(t, NULL);
	ecg_test_add(t, "r.hea", hea, strlen(hea));
	ecg_test_add(t, "r.dat", dat, n);
	return ecg_test_open(t, "r.hea");
}

/* Gaps, wide samples, several rates. */
static void hard_ones(void **state)
{
	static const int16_t gaps[] = {1, -32768, 3, 4};
	static const int32_t wide[] = {-70000, 70000, INT32_MIN, 5};
	static const uint8_t mixed[] = {129, 130, 131, 132, 133, 134};
	struct ecg_test t, back;
	assert_int_equal(open_text(&t, "r 1 100 4\nr.dat 16 100/mV 16 0 0 0 0 I\n", gaps, sizeof gaps), 0);
	assert_int_equal(write_and_read(t.g, ECG_WFDB, "out.hea", &back), 0);
	same_samples(t.g, back.g, true);
	assert_false(ecg_warned(back.g, "checksum"));
	ecg_test_done(&back);
	assert_int_equal(write_and_read(t.g, ECG_FHIR, "out.json", &back), 0);
	same_samples(t.g, back.g, true);
	ecg_test_done(&back);
	assert_int_equal(write_and_read(t.g, ECG_EDF, "out.edf", &back), ERR_INPUT);
	assert_non_null(strstr(back.e.text, "not recorded for a time"));
	ecg_test_done(&back);
	assert_int_equal(write_and_read(t.g, ECG_CSV, "out.csv", &back), 0);
	assert_non_null(memmem(back.file[0].b.p, back.file[0].b.n, "nan", 3));
	int32_t got[4];
	ecg_read(back.g, 0, 0, 4, got);
	assert_true(got[0] == 10 && got[1] == ECG_GAP && got[2] == 30); /* tens of microvolts */
	ecg_test_done(&back);
	ecg_test_done(&t);

	assert_int_equal(open_text(&t, "r 1 100 4\nr.dat 32 100/mV 24 0 0 0 0 I\n", wide, sizeof wide), 0);
	assert_int_equal(write_and_read(t.g, ECG_WFDB, "out.hea", &back), 0);
	same_samples(t.g, back.g, true);
	assert_false(ecg_warned(back.g, "checksum"));
	ecg_test_done(&back);
	ecg_test_done(&t);
	assert_int_equal(open_text(&t, "r 1 100 2\nr.dat 32 100/mV 24 0 0 0 0 I\n", wide, 8), 0);
	assert_int_equal(write_and_read(t.g, ECG_EDF, "out.edf", &back), ERR_INPUT);
	assert_non_null(strstr(back.e.text, "16 bits"));
	ecg_test_done(&back);
	ecg_test_done(&t);

	assert_int_equal(open_text(&t, "r 2 50 2\nr.dat 80x2 100/mV 8 0 0 0 0 I\nr.dat 80 1/mmHg 8 0 0 0 0 ABP\n", mixed, sizeof mixed), 0);
	assert_int_equal(write_and_read(t.g, ECG_WFDB, "out.hea", &back), 0);
	same_samples(t.g, back.g, true);
	ecg_test_done(&back);
	assert_int_equal(write_and_read(t.g, ECG_EDF, "out.edf", &back), 0);
	same_samples(t.g, back.g, false);
	ecg_test_done(&back);
	assert_int_equal(write_and_read(t.g, ECG_CSV, "out.csv", &back), ERR_INPUT);
	assert_non_null(strstr(back.e.text, "different sampling rates"));
	ecg_test_done(&back);
	ecg_test_done(&t);
}

/* Rates that do not divide a second, lengths that do not divide a record, gaps between stretches. */
static void edf_records(void **state)
{
	static int16_t data[100003];
	struct ecg_test t, back;
	for (size_t i = 0; i < ARRAY_LEN(data); i++)
		data[i] = (int16_t)(i % 997);
	static const char *const headers[] = {
		"r 1 249.89 100003\nr.dat 16 200/mV 16 0 0 0 0 I\n", "r 1 512.414 100003\nr.dat 16 1000(5)/mV 16 0 0 0 0 I\n", "r 1 360 100003\nr.dat 16 1368(-5)/mV 16 0 0 0 0 I\n",
		"r 1 128 100003\nr.dat 16 10520.3/mV 16 0 0 0 0 I\n",
	};
	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		if (open_text(&t, headers[i], data, sizeof data) < 0 || write_and_read(t.g, ECG_EDF, "out.edf", &back) < 0)
			fail_msg("case %zu: %s %s", i, t.e.text, back.e.text);
		same_samples(t.g, back.g, false);
		assert_int_equal(back.g->samples, 100003);
		assert_int_equal(back.g->warning_count, 0);
		ecg_test_done(&back);
		ecg_test_done(&t);
	}
	ecg_test_init(&t, NULL);
	static const char m[] = "m/3 1 100\na 200\n~ 350\nb 300\n", a[] = "a 1 100 200\nd.dat 16 200/mV 16 0 0 0 0 I\n", b[] = "b 1 100 300\nd.dat 16+400 200/mV 16 0 0 0 0 I\n";
	ecg_test_add(&t, "m.hea", m, sizeof m - 1);
	ecg_test_add(&t, "a.hea", a, sizeof a - 1);
	ecg_test_add(&t, "b.hea", b, sizeof b - 1);
	ecg_test_add(&t, "d.dat", data, 1000);
	assert_int_equal(ecg_test_open(&t, "m.hea"), 0);
	if (write_and_read(t.g, ECG_EDF, "out.edf", &back) < 0)
		fail_msg("%s", back.e.text);
	assert_true(slice_eq_str(back.g->version, "EDF+D"));
	assert_int_equal(back.g->stretch_count, 2);
	same_samples(t.g, back.g, false);
	ecg_test_done(&back);
	ecg_test_done(&t);
}

/* Samples whose label is that of EDF's annotations stay samples. */
static void edf_label(void **state)
{
	static const int16_t data[] = {1, 2, 3};
	struct ecg_test t, back;
	assert_int_equal(open_text(&t, "r 1 100 3\nr.dat 16 200/mV 16 0 0 0 0 EDF Annotations\n", data, sizeof data), 0);
	assert_int_equal(write_and_read(t.g, ECG_EDF, "out.edf", &back), 0);
	same_samples(t.g, back.g, false);
	ecg_test_done(&back);
	ecg_test_done(&t);
}

/* Each call to the sink fails once: the writer says so and stops. */
static void full_disk(void **state)
{
	static const enum ecg_format formats[] = {ECG_WFDB, ECG_EDF, ECG_FHIR, ECG_CSV};
	struct ecg_test t;
	open_made(&t);
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		for (int fail = 1;; fail++) {
			struct ecg_test out;
			ecg_test_init(&out, NULL);
			struct kept k = {.t = &out, .fail_at = fail};
			const struct ecg_sink sink = {kept_begin, kept_bytes, kept_end, &k};
			struct err e = {0};
			int r = ecg_write(t.g, NULL, formats[i], SLICE("out"), &sink, &e);
			bool reached = k.calls >= fail;
			assert_int_equal(r, reached ? ERR_FULL : 0);
			assert_true(!reached || k.calls == fail);
			ecg_test_done(&out);
			if (!reached)
				break;
		}
	ecg_test_done(&t);
}

static void refused(void **state)
{
	struct ecg_test t;
	struct kept k = {.t = &t};
	const struct ecg_sink sink = {kept_begin, kept_bytes, kept_end, &k};
	open_made(&t);
	assert_int_equal(ecg_write(t.g, NULL, ECG_WFDB, SLICE("a b"), &sink, &t.e), ERR_INPUT);
	assert_int_equal(ecg_write(t.g, NULL, ECG_MUSE, SLICE("a"), &sink, &t.e), ERR_INPUT);
	assert_int_equal(k.calls, 0);
	ecg_test_done(&t);
	static uint8_t long_one[600000];
	assert_int_equal(open_text(&t, "r 1 100 600000\nr.dat 80 100/mV 8 0 0 0 0 I\n", long_one, sizeof long_one), 0);
	assert_int_equal(ecg_write(t.g, NULL, ECG_FHIR, SLICE("a"), &sink, &t.e), ERR_INPUT);
	assert_non_null(strstr(t.e.text, "FHIR string"));
	ecg_test_done(&t);
}

/* WFDB has 32 bits for the sample that means 0. What a record's offset puts outside of them is refused, not moved; what is just inside comes back. */
static void far_zero(void **state)
{
	static const int32_t samples[] = {1, -2, 3, 4};
	static const struct {
		int32_t baseline;
		double steps; /* of the offset */
		int want;
	} cases[] = {{2000000000, -INT32_MAX + 2e9, 0}, {2000000000, -INT32_MAX + 2e9 - 1, ERR_INPUT}, {-2000000000, INT32_MAX - 2e9, 0}, {-2000000000, INT32_MAX - 2e9 + 1, ERR_INPUT}, {0, 1e300, ERR_INPUT}, {0, -8e9, ERR_INPUT}, {0, 0.4, 0}};
	for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
		struct ecg_test back;
		struct ecg g = {.a = arena_new(1 << 20), .channels = 1, .rate = 4, .samples = 4};
		g.channel[0] = (struct ecg_channel){.lead = ECG_LEAD_II, .name = "II", .unit = "uV", .ecg = true, .rate = 4, .samples = 4, .scale = 2, .baseline = cases[k].baseline, .offset = 2 * cases[k].steps, .bits = 32, .s32 = samples};
		assert_int_equal(write_and_read(&g, ECG_WFDB, "out.hea", &back), cases[k].want);
		if (cases[k].want == 0) {
			int32_t got[4];
			ecg_read(back.g, 0, 0, 4, got);
			assert_memory_equal(got, samples, sizeof got);
			assert_true(fabs(back.g->channel[0].baseline - (cases[k].baseline - cases[k].steps)) <= 0.5);
		} else {
			assert_non_null(strstr(back.e.text, "zero at step"));
			assert_int_equal(back.files, 0);
		}
		ecg_test_done(&back);
		arena_free(g.a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_writers), cmocka_unit_test(csv), cmocka_unit_test(hard_ones), cmocka_unit_test(edf_records), cmocka_unit_test(edf_label), cmocka_unit_test(full_disk), cmocka_unit_test(refused), cmocka_unit_test(far_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
