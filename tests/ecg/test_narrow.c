/* ecg_read16 of recordings that need more than 16 bits: the offset of an electrode goes, the beats stay. */
#include "write_test.h"

static double bell(double t, double at, double width)
{
	double x = (t - at) / width;
	return x > -4 && x < 4 ? exp(-x * x) : 0;
}

/* An ECG of 75 a minute in microvolts: R 1 mV, T 0.25 mV; the first beat at 0.4 s. */
static double ecg_at(double t)
{
	double in = fmod(t, 0.8);
	return 1000 * bell(in, 0.4, 0.012) - 200 * bell(in, 0.43, 0.012) + 250 * bell(in, 0.68, 0.04);
}

static void put(struct buf *b, const char *s, size_t width)
{
	size_t n = strlen(s);
	for (size_t i = 0; i < width; i++)
		buf_u8(b, (uint8_t)(i < n ? s[i] : ' '));
}

static void i24(struct buf *b, int32_t v)
{
	buf_u8(b, (uint8_t)v);
	buf_u8(b, (uint8_t)((uint32_t)v >> 8));
	buf_u8(b, (uint8_t)((uint32_t)v >> 16));
}

#define RATE 512
/* As an amplifier of 24 bits writes it: 31.25 nV a step, an electrode 300 mV off that wanders by 4 mV. */
static void bdf(struct buf *b, int seconds)
{
	static const char *const fields[] = {"EKG II", "", "uV", "-262144", "262144", "-8388608", "8388608", "", "512", ""};
	static const size_t width[] = {16, 80, 8, 8, 8, 8, 8, 80, 8, 32};
	char number[16];
	buf_init(b, (size_t)1 << 30);
	buf_add(b, "\xff" "BIOSEMI", 8);
	put(b, "X X X X", 80);
	put(b, "X", 80);
	put(b, "05.11.24", 8);
	put(b, "10.20.30", 8);
	put(b, "512", 8);
	put(b, "24BIT", 44);
	snprintf(number, sizeof number, "%d", seconds);
	put(b, number, 8);
	put(b, "1", 8);
	put(b, "1", 4);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		put(b, fields[i], width[i]);
	for (int i = 0; i < seconds * RATE; i++) {
		double t = (double)i / RATE;
		i24(b, (int32_t)floor((-250000 + 4000 * sin(2 * M_PI * t / 60) + ecg_at(t)) / 0.03125));
	}
}

static void same_as_read(struct ecg *g, double most_uv)
{
	static int32_t wide[70000];
	static int16_t narrow[70000], piece[70000];
	const struct ecg_channel *c = &g->channel[0];
	size_t n = c->samples < ARRAY_LEN(wide) ? (size_t)c->samples : ARRAY_LEN(wide);
	double step = fabs(c->scale) * (double)(1u << ecg_shift(g, 0));
	assert_true(step <= most_uv);
	ecg_read(g, 0, 0, n, wide);
	ecg_read16(g, 0, 0, n, narrow);
	for (size_t at = 0, k = 1; at < n; at += k, k = k * 3 % 1001 + 1)
		ecg_read16(g, 0, at, k < n - at ? k : n - at, piece + at);
	assert_memory_equal(narrow, piece, n * sizeof *narrow);
	for (size_t i = 0; i < n; i++) {
		double less = (double)wide[i] - c->middle - (double)narrow[i] * (double)(1u << ecg_shift(g, 0));
		if (wide[i] == ECG_GAP)
			assert_int_equal(narrow[i], ECG_GAP16);
		else
			assert_true(narrow[i] == INT16_MAX ? less >= 0 : narrow[i] == -INT16_MAX ? less < (double)(1u << ecg_shift(g, 0)) : less >= 0 && less < (double)(1u << ecg_shift(g, 0)));
	}
}

static void beats_are_found(struct ecg *g, double seconds)
{
	struct ecg_beats b;
	struct err e = {0};
	unsigned channel = 0;
	size_t want = 0, k = 0;
	assert_int_equal(ecg_detect(g, &channel, 1, g->a, &b, &e), 0);
	for (double t = 0.4; t < seconds - 0.3; t += 0.8, want++) {
		while (k < b.count && (double)b.beat[k].at / b.rate < t - 0.02)
			k++;
		if (k == b.count || fabs((double)b.beat[k].at / b.rate - t) > 0.02)
			fail_msg("no beat at %g s", t);
	}
	size_t had = 0;
	while (had < b.count && (double)b.beat[had].at / b.rate < seconds)
		had++;
	assert_true(had <= want + 1);
}

static void offset_of_an_electrode(void **state)
{
	static const int seconds[] = {8, 120, 900}; /* looked at whole, and in runs */
	for (size_t i = 0; i < ARRAY_LEN(seconds); i++) {
		struct ecg_test t;
		struct buf b;
		float uv[2];
		bdf(&b, seconds[i]);
		ecg_test_init(&t, NULL);
		ecg_test_add(&t, "x.bdf", b.p, b.n);
		assert_int_equal(ecg_test_open(&t, "x.bdf"), 0);
		same_as_read(t.g, i ? 2 : 0.25);
		int16_t all[RATE];
		for (int k = 0; k < seconds[i]; k++) { /* nothing is cut */
			ecg_read16(t.g, 0, (uint64_t)k * RATE, RATE, all);
			for (int n = 0; n < RATE; n++)
				assert_true(abs(all[n]) < INT16_MAX);
		}
		beats_are_found(t.g, seconds[i]);
		ecg_read_uv(t.g, 0, 0, 2, uv);
		assert_true(fabs((double)uv[0] + 250000) < 1);
		ecg_test_done(&t);
		buf_done(&b);
	}
}

static void le32(struct buf *b, int64_t v)
{
	for (unsigned i = 0; i < 32; i += 8)
		buf_u8(b, (uint8_t)((uint64_t)v >> i));
}

/* 32 bits near their end, a rail while the lead is off, and a gap: the beats between keep steps of at most 10 uV. */
static void lead_off(void **state)
{
	struct ecg_test t;
	struct buf b;
	static const char header[] = "r 1 500 100000\nr.dat 32 20000/mV 32 0 0 0 0 II\n";
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 100000; i++)
		le32(&b, i >= 60000 && i < 64000 ? INT32_MAX : i >= 70000 && i < 70100 ? INT32_MIN : -2000000000 + (int64_t)(20 * ecg_at(i / 500.0)));
	ecg_test_init(&t, NULL);
	ecg_test_add(&t, "r.hea", header, sizeof header - 1);
	ecg_test_add(&t, "r.dat", b.p, b.n);
	assert_int_equal(ecg_test_open(&t, "r.hea"), 0);
	same_as_read(t.g, 10);
	int16_t rail;
	ecg_read16(t.g, 0, 62000, 1, &rail);
	assert_int_equal(rail, INT16_MAX);
	beats_are_found(t.g, 100);
	ecg_test_done(&t);
	buf_done(&b);
}

static void settled(const char *unit, int64_t low, int64_t high, int32_t middle, unsigned halved)
{
	struct ecg_test t;
	struct buf b;
	char header[128];
	snprintf(header, sizeof header, "r 1 500 1001\nr.dat 32 1/%s 32 0 0 0 0 x\n", unit);
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 1001; i++)
		le32(&b, i % 2 ? high : low);
	ecg_test_init(&t, NULL);
	ecg_test_add(&t, "r.hea", header, strlen(header));
	ecg_test_add(&t, "r.dat", b.p, b.n);
	assert_int_equal(ecg_test_open(&t, "r.hea"), 0);
	assert_int_equal(t.g->channel[0].middle, middle);
	assert_int_equal(ecg_shift(t.g, 0), halved);
	same_as_read(t.g, 1e9);
	ecg_test_done(&t);
	buf_done(&b);
}

/* What fits stays as it is; what is no voltage is halved as often as it needs; a voltage only to 10 uV a step. */
static void as_often_as_needed(void **state)
{
	settled("uV", -32767, 32767, 0, 0);
	settled("uV", -32767, 32768, -32767, 1);
	settled("uV", 1000000, 1000100, 1000000, 0);
	settled("uV", 0, 60000, 0, 1);
	settled("uV", 0, 200000000, 0, 3);
	settled("mmHg", 0, 200000000, 0, 13);
	settled("mmHg", -INT32_MAX, INT32_MAX, -INT32_MAX, 16); /* and cut */
	settled("mV", 0, 200000000, 0, 0); /* coarser than 10 uV as it is */
	settled("uV", INT32_MIN, INT32_MIN, 0, 0); /* nothing was recorded */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(offset_of_an_electrode), cmocka_unit_test(lead_off), cmocka_unit_test(as_often_as_needed)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
