/* WFDB records that a test makes up: every field of the header, every format by its bit pattern, segments, and what is wrong with them. */
#include "ecg_test.h"

static void text(struct ecg_test *t, const char *name, const char *s)
{
	ecg_test_add(t, name, s, strlen(s));
}

static int open_one(struct ecg_test *t, const char *header, const void *data, size_t n)
{
	ecg_test_init(t, NULL);
	text(t, "r.hea", header);
	ecg_test_add(t, "r.dat", data, n);
	return ecg_test_open(t, "r.hea");
}

static void expect(const struct ecg *g, unsigned channel, const int32_t *want, size_t n)
{
	int32_t got[64], one;
	int16_t small[64], sixteen;
	assert_true(n <= 64);
	ecg_read(g, channel, 0, n, got);
	ecg_read16(g, channel, 0, n, small);
	for (size_t i = 0; i < n; i++) {
		if (got[i] != want[i])
			fail_msg("channel %u sample %zu: %d, not %d", channel, i, got[i], want[i]);
		ecg_read(g, channel, i, 1, &one);
		assert_int_equal(one, want[i]);
		ecg_read16(g, channel, i, 1, &sixteen);
		assert_int_equal(sixteen, small[i]);
		if (g->channel[channel].bits <= 16)
			assert_int_equal(small[i], want[i] == ECG_GAP ? ECG_GAP16 : want[i]);
	}
}

/* Each format's bytes were worked out by hand from signal(5). */
static void formats(void **state)
{
	static const struct {
		const char *header, *bytes;
		size_t n;
		int32_t want[6];
		size_t samples;
	} cases[] = {
		{"r 1 100\nr.dat 16 100/mV\n", "\x01\x00\xff\xff\x00\x80\xff\x7f", 8, {1, -1, ECG_GAP, 32767}, 4},
		{"r 1 100\nr.dat 61 100/mV\n", "\x00\x01\xff\xff\x80\x00\x7f\xff", 8, {1, -1, ECG_GAP, 32767}, 4},
		{"r 1 100\nr.dat 160 100/mV\n", "\x01\x80\xff\x7f\x00\x00\xff\xff", 8, {1, -1, ECG_GAP, 32767}, 4},
		{"r 1 100\nr.dat 80 100/mV\n", "\x81\x7f\x00\xff", 4, {1, -1, ECG_GAP, 127}, 4},
		{"r 1 100\nr.dat 24 100/mV\n", "\x01\x00\x00\xff\xff\xff\x00\x00\x80\xff\xff\x7f", 12, {1, -1, ECG_GAP, 8388607}, 4},
		{"r 1 100\nr.dat 32 100/mV\n", "\x01\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x80\xff\xff\xff\x7f", 16, {1, -1, ECG_GAP, INT32_MAX}, 4},
		/* 0x123, 0xfff, -2048, and a third pair of which the second is missing */
		{"r 1 100\nr.dat 212 100/mV\n", "\x23\xf1\xff\x00\x78\xff\x05\x00", 8, {0x123, -1, ECG_GAP, 0x7ff, 5}, 5},
		/* 1, 2 and 0x3f0 = -16: bits 11..15 of both words are 10000 and 11111 */
		{"r 1 100\nr.dat 310 100/mV\n", "\x02\x80\x04\xf8\x06\x00", 6, {1, 2, -16, 3}, 4},
		{"r 1 100\nr.dat 311 100/mV\n", "\x01\x08\x00\x3f\xff\x03\x00", 7, {1, 2, -16, -1, 0}, 5},
		{"r 1 100\nr.dat 8 100/mV 10 0 50\n", "\x00\x01\xfe\x80\x7f", 5, {50, 51, 49, -79, 48}, 5},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ecg_test t;
		int r = open_one(&t, cases[i].header, cases[i].bytes, cases[i].n);
		if (r < 0)
			fail_msg("case %zu: %s", i, t.e.text);
		assert_int_equal(t.g->samples, cases[i].samples);
		expect(t.g, 0, cases[i].want, cases[i].samples);
		ecg_test_done(&t);
	}
}

static void header_fields(void **state)
{
	struct ecg_test t;
	static const int16_t data[] = {0, 0, 10, 20, 11, 21, 12, 22};
	int32_t got[4];
	float uv[4];
	assert_int_equal(open_one(&t, "# 63 F 12 34 x1\r\n \tr 2  250/500(0) 3 10:20:30.5\t 05/11/2024 \r\n\r\nr.dat 16:0+4 200(7)/uV 12 3 10 33 0 ECG lead  II\r\nr.dat 16+4 0 12 5 20 999 0 RESP\r\n#Dx: 426783006,270492004\r\n#<sex>: M", data, sizeof data), 0);
	assert_true(slice_eq_str(t.g->start, "2024-11-05T10:20:30.5"));
	assert_true(slice_eq_str(t.g->person.age, "63 a"));
	assert_true(slice_eq_str(t.g->person.sex, "female")); /* who speaks first */
	assert_int_equal(t.g->channels, 2);
	assert_string_equal(t.g->channel[0].name, "II");
	assert_true(t.g->channel[0].ecg && !t.g->channel[1].ecg);
	assert_int_equal(t.g->channel[0].baseline, 7);
	assert_int_equal(t.g->channel[1].baseline, 5); /* the ADC's zero where there is none in brackets */
	assert_int_equal(t.g->samples, 3);
	ecg_read(t.g, 0, 0, 4, got);
	assert_int_equal(got[0], 10);
	assert_int_equal(got[2], 12);
	assert_int_equal(got[3], ECG_GAP);
	ecg_read_uv(t.g, 0, 0, 4, uv);
	assert_true(uv[0] == (float)(3 / 200.0));
	assert_true(isnan(uv[3]));
	assert_true(ecg_warned(t.g, "signal 1: the samples do not add up"));
	assert_false(ecg_warned(t.g, "signal 0"));
	assert_true(ecg_warned(t.g, "channel 1 has no gain"));
	size_t statements = 0;
	for (const struct ecg_note *n = t.g->notes; n; n = n->next)
		statements += n->statement && n->code.n;
	assert_int_equal(statements, 2);
	ecg_test_done(&t);
}

static void several_rates_and_files(void **state)
{
	struct ecg_test t;
	static const uint8_t data[] = {1, 2, 101, 3, 4, 102, 5, 6, 103}, other[] = {200, 201};
	ecg_test_init(&t, NULL);
	text(&t, "r.hea", "r 3 50\nr.dat 80x2 1(0)/uV 8 0 0 0 0 I\nr.dat 80 1(0)/uV 8 0 0 0 0 ABP\nr2.dat 80:1 1/uV 8 0 0 0 0 II\n");
	ecg_test_add(&t, "r.dat", data, sizeof data);
	ecg_test_add(&t, "r2.dat", other, sizeof other);
	assert_int_equal(ecg_test_open(&t, "r.hea"), 0);
	assert_true(t.g->channel[0].rate == 100 && t.g->channel[1].rate == 50 && t.g->rate == 100);
	assert_int_equal(t.g->channel[0].samples, 4); /* the shorter file ends it, where the header says nothing */
	expect(t.g, 0, (const int32_t[]){-127, -126, -125, -124}, 4);
	expect(t.g, 1, (const int32_t[]){-27, -26}, 2);
	expect(t.g, 2, (const int32_t[]){73, ECG_GAP}, 2); /* skew: one frame ahead, and the file ends */
	ecg_test_done(&t);
}

static void sums_far_into_a_file(void **state)
{
	struct ecg_test t;
	static uint8_t data[20000];
	int32_t got[3], sum = 0;
	for (size_t i = 0; i < sizeof data; i++) {
		data[i] = (uint8_t)(i % 7 == 0 ? 3 : i % 5 == 0 ? -2 : 0);
		sum += i <= 12288 && i % 2 == 0 ? (int8_t)data[i] : 0;
	}
	assert_int_equal(open_one(&t, "r 2 100\nr.dat 8 1/uV 8 0 0 0 0 I\nr.dat 8 1/uV 8 0 0 0 0 II\n", data, sizeof data), 0);
	ecg_read(t.g, 0, 6144, 3, got);
	assert_int_equal(got[0], sum);
	ecg_read(t.g, 0, 6143, 3, got); /* over the edge that is remembered or not: the same */
	assert_int_equal(got[1], sum);
	ecg_test_done(&t);
}

static void variable_layout(void **state)
{
	struct ecg_test t;
	static const int16_t a[] = {1, -1, 2, -2}, b[] = {5, 6, 7};
	ecg_test_init(&t, NULL);
	text(&t, "m.hea", "m/5 2 100 9 08:00:00 01/02/2020\nm_layout 0\nm1 2\n~ 3\nm2 3\nm3 1\n");
	text(&t, "m_layout.hea", "m_layout 2 100 0\n~ 0 100/mV 16 0 0 0 0 I\n~ 0 100/mV 16 0 0 0 0 II\n");
	text(&t, "m1.hea", "m1 2 100 2\nm1.dat 16 100/mV 16 0 0 0 0 II\nm1.dat 16 100/mV 16 0 0 0 0 I\n");
	text(&t, "m2.hea", "m2 1 100 3\nm2.dat 16 50(5)/mV 16 0 0 0 0 II\n");
	ecg_test_add(&t, "m1.dat", a, sizeof a);
	ecg_test_add(&t, "m2.dat", b, sizeof b);
	assert_int_equal(ecg_test_open(&t, "m.hea"), 0);
	assert_true(ecg_warned(t.g, "segment 5 is a gap"));
	expect(t.g, 0, (const int32_t[]){-1, -2, ECG_GAP, ECG_GAP, ECG_GAP, ECG_GAP, ECG_GAP, ECG_GAP, ECG_GAP}, 9);
	expect(t.g, 1, (const int32_t[]){1, 2, ECG_GAP, ECG_GAP, ECG_GAP, 0, 2, 4, ECG_GAP}, 9); /* twice as fine here: (v - 5) * 2 */
	assert_int_equal(t.g->stretch_count, 2);
	assert_int_equal(t.g->stretches[0].count, 2);
	assert_int_equal(t.g->stretches[1].first, 5);
	assert_int_equal(t.g->stretches[1].count, 3);
	assert_true(slice_eq_str(t.g->start, "2020-02-01T08:00:00"));
	ecg_test_done(&t);
}

static void fixed_layout(void **state)
{
	struct ecg_test t;
	static const uint8_t a[] = {129, 130}, b[] = {131, 132};
	ecg_test_init(&t, NULL);
	text(&t, "m.hea", "m/2 1 100\nm1 2\nm2 2");
	text(&t, "m1.hea", "m1 1 100 2 10:00:00 02/03/2021\nm1.dat 80 100/mV 8 0 0 0 0 V5\n# age: 7 months");
	text(&t, "m2.hea", "m2 1 100 2\nm2.dat 80 100/mV 8 0 0 0 0 V5\n");
	ecg_test_add(&t, "m1.dat", a, sizeof a);
	ecg_test_add(&t, "m2.dat", b, sizeof b);
	assert_int_equal(ecg_test_open(&t, "m.hea"), 0);
	expect(t.g, 0, (const int32_t[]){1, 2, 3, 4}, 4);
	assert_null(t.g->stretches);
	assert_true(slice_eq_str(t.g->start, "2021-03-02T10:00:00"));
	assert_true(slice_eq_str(t.g->person.age, "7 mo"));
	ecg_test_done(&t);
}

/* Odd, but readable: said in a warning. */
static void odd(void **state)
{
	struct ecg_test t;
	static const uint8_t data[] = {1, 0, 2, 0, 3};
	assert_int_equal(open_one(&t, "r 1 100 5\nr.dat 16 100/mV 16 0 1 6 0 I", data, sizeof data), 0);
	assert_int_equal(t.g->samples, 2);
	assert_true(ecg_warned(t.g, "its file ends after 2 of the header's 5"));
	ecg_test_done(&t);
	assert_int_equal(open_one(&t, "r 1 100 2 12:00:00\nr.dat 16", data, sizeof data), 0); /* no date, nothing behind the format */
	assert_int_equal(t.g->start.n, 0);
	assert_true(ecg_noted(t.g, "12:00:00"));
	assert_string_equal(t.g->channel[0].name, "ch1");
	assert_true(t.g->channel[0].scale == 5);
	ecg_test_done(&t);
	assert_int_equal(open_one(&t, "r 1 100 2 25:00:00 31/02/2020\nr.dat 16", data, sizeof data), 0);
	assert_true(ecg_warned(t.g, "time of day"));
	ecg_test_done(&t);
}

static void refused(void **state)
{
	static const struct {
		const char *header, *why;
	} cases[] = {
		{"r 0 128 0\n# Age: 64 Sex: F\n", "annotations only"},
		{"r 1 100\n", "ends after"},
		{"r 1 100\n../r.dat 16\n", "another folder"},
		{"r 1 100\n.r.dat 16\n", "another folder"},
		{"r 1 100\nnone.dat 16\n", "not beside"},
		{"r 1 100\nr.dat 17\n", "format 17"},
		{"r 1 100\nr.dat 516\n", "FLAC"},
		{"r 1 100\nr.dat 16x0\n", "samples a frame"},
		{"r 1 100\nr.dat 16-3\n", "not xN"},
		{"r 1 100\nr.dat sixteen\n", "no number"},
		{"r 1 100\nr.dat 16+999\n", "behind the end"},
		{"r 2 100\nr.dat 16\nr.dat 212\n", "two formats"},
		{"r 1 0\nr.dat 16\n", "sampling rate"},
		{"r 1 nan\nr.dat 16\n", "sampling rate"},
		{"r 65 100\n", "at most 64"},
		{"r one 100\n", "number of signals"},
		{"r/0 1 100\n", "number of segments"},
		{"r/2 1 100\nr 5\nr 5\n", "none of the record's segments"},
		{"r/2 1 100\nx 0\ny 5\n", "layout"},
		{"r/1 1 100\n../x 5\n", "none of the record's segments"},
		{"r/2 1 100\n~ 68719476736\n~ 5\n", "longer"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ecg_test t;
		assert_true(open_one(&t, cases[i].header, "\1\0\2\0", 4) < 0);
		if (!strstr(t.e.text, cases[i].why))
			fail_msg("case %zu: \"%s\" does not say \"%s\"", i, t.e.text, cases[i].why);
		ecg_test_done(&t);
	}
	struct ecg_test t; /* only the header */
	ecg_test_init(&t, NULL);
	assert_true(ecg_open(SLICE("r 1 100\nr.dat 16\n"), SLICE("r.hea"), NULL, t.a, &t.g, &t.e) == ERR_NOT_FOUND);
	ecg_test_done(&t);
}

static void told_without_its_name(void **state)
{
	assert_int_equal(ecg_sniff(SLICE("100 2 360 650000\n100.dat 212 200 11 1024 995 -22131 0 MLII\n100.dat 212 200 11 1024 1011 20052 0 V5\n"), SLICE_NULL), ECG_WFDB);
	assert_int_equal(ecg_sniff(SLICE("the 1 answer\nto all 5\n"), SLICE_NULL), ECG_UNKNOWN);
	assert_int_equal(ecg_sniff(SLICE("anything"), SLICE("x.HEA")), ECG_WFDB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats), cmocka_unit_test(header_fields), cmocka_unit_test(several_rates_and_files), cmocka_unit_test(sums_far_into_a_file), cmocka_unit_test(variable_layout),
		cmocka_unit_test(fixed_layout), cmocka_unit_test(odd), cmocka_unit_test(refused), cmocka_unit_test(told_without_its_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
