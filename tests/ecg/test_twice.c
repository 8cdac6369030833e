/* What is compiled twice says the same both ways: whole analyses of made records, byte for byte, at many rates, with noise, gaps, the whole range of 16 bits and leads that differ. */
#include "detect_test.h"
#include "twice.h"

#include <math.h>

#define SECONDS 150

static int16_t cut(double v)
{
	return (int16_t)(v > INT16_MAX ? INT16_MAX : v < -INT16_MAX ? -INT16_MAX : v);
}

/* A heart with early wide beats now and then, in one lead; `kind` spoils it. */
static void draw(int16_t *x, size_t n, double rate, unsigned lead, unsigned kind)
{
	uint32_t seed = 77 + lead + 13 * kind;
	double next = 0.5, width = 0.012, high = 200;
	for (size_t i = 0; i < n; i++) {
		const double t = (double)i / rate;
		seed = seed * 1664525 + 1013904223;
		if (t > next + 0.45) {
			const bool early = seed >> 28 == 3;
			next += early ? 0.5 : 0.75 + (double)(seed >> 24) / 2000;
			width = early ? 0.035 : 0.012;
			high = (early ? -260 : 200) / (1.0 + lead);
		}
		const double off = t - next, wave = high * exp(-off * off / (2 * width * width)) + 40 * exp(-(off - 0.28) * (off - 0.28) / 0.004);
		double v = wave + (double)(seed >> 27);
		if (kind == 1)
			v = wave * 400 + (double)(seed >> 16) - 32768;
		if (kind == 2)
			v += 900 * sin(t * 2);
		if (kind == 3 && (uint64_t)t / 9 % 4 == lead)
			v = INT16_MIN;
		if (kind == 4)
			v = i & 1 ? INT16_MAX : -INT16_MAX;
		x[i] = kind == 3 && v <= INT16_MIN ? ECG_GAP16 : cut(v);
	}
}

static void same_beats(const struct ecg_beats *a, const struct ecg_beats *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->shapes, b->shapes);
	for (size_t i = 0; i < a->count; i++) {
		const struct ecg_beat *x = &a->beat[i], *y = &b->beat[i];
		assert_true(x->at == y->at && x->class == y->class && x->paced == y->paced && x->confidence == y->confidence && x->quality == y->quality &&
			x->width_ms == y->width_ms && x->shape == y->shape);
	}
}

static void both(const struct ecg *g, size_t *beats)
{
	struct ecg_beats b[2];
	struct ecg_rhythm_result r[2];
	struct err e = {0};
	struct arena *a = arena_new((size_t)512 << 20);
	for (int way = 0; way < 2; way++) {
		twice_allow(way);
		assert_int_equal(ecg_detect(g, NULL, 0, a, &b[way], &e), 0);
		assert_int_equal(ecg_classify(g, NULL, 0, a, &b[way], &e), 0);
		assert_int_equal(ecg_rhythm(g, &b[way], a, &r[way], &e), 0);
	}
	twice_allow(true);
	same_beats(&b[0], &b[1]);
	*beats += b[0].count;
	assert_int_equal(r[0].count, r[1].count);
	for (size_t i = 0; i < r[0].count; i++) {
		const struct ecg_episode *x = &r[0].episode[i], *y = &r[1].episode[i];
		assert_true(x->rhythm == y->rhythm && x->start == y->start && x->end == y->end && x->confidence == y->confidence && x->over == y->over);
	}
	assert_memory_equal(&r[0].hrv, &r[1].hrv, sizeof r[0].hrv);
	assert_memory_equal(r[0].quality, r[1].quality, g->channels * sizeof *r[0].quality);
	arena_free(a);
}

static void test_made(void **state)
{
	static const double rates[] = {100, 128, 180, 250, 257, 360, 500, 1000, 2000};
	size_t beats = 0;
	for (unsigned i = 0; i < ARRAY_LEN(rates); i++)
		for (unsigned kind = 0; kind < 5; kind++) {
			struct arena *a = arena_new((size_t)64 << 20);
			const uint64_t n = (uint64_t)(rates[i] * SECONDS);
			int16_t *lead[2] = {arena_array(a, n, 2), arena_array(a, n, 2)};
			for (unsigned l = 0; l < 2; l++)
				draw(lead[l], n, rates[i], l, kind);
			both(detect_record(a, lead, (double[]){rates[i], rates[i]}, 2, (uint64_t[]){n, n}), &beats);
			arena_free(a);
		}
	assert_true(beats > 9 * 3 * 100); /* there was something to compare */
}

static int twice_file(void *arg, struct slice name, struct slice *ret, struct err *e)
{
	(void)name;
	(void)e;
	*ret = *(const struct slice *)arg;
	return 0;
}

/* Samples of format 212 in blocks of every length and from every place, gaps among them. */
static void test_pairs(void **state)
{
	enum { N = 200 };
	uint8_t bytes[3 * N];
	int16_t want[2][N], got[N];
	char head[200];
	uint32_t seed = 5;
	for (int i = 0; i < N; i++) {
		int16_t v[2];
		for (int k = 0; k < 2; k++) {
			seed = seed * 1664525 + 1013904223;
			v[k] = (int16_t)((int)(seed >> 20) - 2048);
			v[k] = seed >> 16 & 7 ? v[k] : -2048;
			want[k][i] = v[k] == -2048 ? ECG_GAP16 : v[k];
		}
		bytes[3 * i] = (uint8_t)v[0];
		bytes[3 * i + 1] = (uint8_t)((v[0] >> 8 & 15) | (v[1] >> 8 & 15) << 4);
		bytes[3 * i + 2] = (uint8_t)v[1];
	}
	snprintf(head, sizeof head, "r 2 250 %d\nr.dat 212 200 12 0 0 0 0 I\nr.dat 212 200 12 0 0 0 0 II\n", N);
	struct slice file = {bytes, sizeof bytes};
	struct arena *a = arena_new((size_t)16 << 20);
	struct err e = {0};
	struct ecg *g;
	const struct ecg_files others = {twice_file, &file};
	assert_int_equal(ecg_open(slice_str(head), slice_str("r.hea"), &others, a, &g, &e), 0);
	for (int way = 0; way < 2; way++) {
		twice_allow(way);
		for (unsigned k = 0; k < 2; k++)
			for (size_t first = 0; first < 20; first++)
				for (size_t n = 1; first + n <= N; n++) {
					ecg_read16(g, k, first, n, got);
					assert_memory_equal(got, want[k] + first, n * sizeof *got);
				}
	}
	twice_allow(true);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_made), cmocka_unit_test(test_pairs)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
