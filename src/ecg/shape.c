/* What a beat looks like: a window about it on a grid of 5 ms, its QRS aligned at the middle of its slopes and normalised, some of what lies before and after. Integers up to the few numbers that compare. */
#include "shape.h"

#include <math.h>

/* gcc's -O2 leaves loops like these as they are; clang's does not */
#ifdef __clang__
#define HOT
#else
#define HOT __attribute__((optimize("O3")))
#endif

int shape_reader_init(struct shape_reader *r, const struct ecg *g, unsigned channel, struct arena *a, struct err *e)
{
	const struct ecg_channel *c = &g->channel[channel];
	*r = (struct shape_reader){.g = g, .channel = channel, .ratio = c->rate / g->rate, .step = c->rate / SHAPE_STEP_HZ};
	r->raw_max = (size_t)(r->step * (SHAPE_N + 8)) + 8;
	r->raw = arena_array(a, r->raw_max, sizeof *r->raw);
	r->grid = arena_array(a, SHAPE_N + 8, sizeof *r->grid);
	if (!r->raw || !r->grid)
		return err_set(e, arena_code(a), NULL, "no room for a window of the signal");
	return 0;
}

/* Sums up to each grid point, between samples in proportion; the value is the difference of sums four steps apart. A sum of 16-bit samples over a window of 2^20 fits 64 bits with 8 bits for the fraction. */
bool shape_grid(struct shape_reader *r, uint64_t at, int from, size_t n, int32_t *out)
{
	assert(n <= SHAPE_N);
	double middle = (double)at * r->ratio, begin = middle + ((double)from - 2) * r->step;
	int64_t first = (int64_t)floor(begin);
	size_t need = (size_t)(r->step * (double)(n + 4)) + 4;
	const double part = 1 / (r->step * 4); /* of the sum over 20 ms, to be its mean */
	size_t before = first < 0 ? (size_t)-first : 0, gaps = before < need ? before : need;
	if (r->step < 0.0625) /* not even 13 samples a second: no ECG */
		return false;
	if (need > r->raw_max)
		need = r->raw_max;
	if (before >= need)
		return false;
	ecg_read16(r->g, r->channel, first < 0 ? 0 : (uint64_t)first, need - before, r->raw + before);
	int16_t last = 0;
	for (size_t i = before; i < need && last == 0; i++)
		last = r->raw[i] == ECG_GAP16 ? 0 : r->raw[i];
	for (size_t i = 0; i < before; i++)
		r->raw[i] = last;
	for (size_t i = before; i < need; i++) { /* what is missing: as the sample before it */
		gaps += r->raw[i] == ECG_GAP16;
		last = r->raw[i] = r->raw[i] == ECG_GAP16 ? last : r->raw[i];
	}
	int64_t sum = 0, at_point[4] = {0};
	const uint64_t step = (uint64_t)(r->step * 65536 + 0.5);
	uint64_t pos = (uint64_t)((begin - (double)first) * 65536);
	size_t done = 0;
	for (size_t k = 0; k < n + 4; k++, pos += step) {
		size_t whole = (size_t)(pos >> 16);
		while (done < whole && done < need)
			sum += r->raw[done++];
		int64_t here = sum * 256 + (whole < need ? r->raw[whole] * (int64_t)(pos >> 8 & 255) : 0);
		if (k >= 4)
			out[k - 4] = (int32_t)((double)(here - at_point[k & 3]) * part);
		at_point[k & 3] = here;
	}
	return gaps * 4 < need;
}

/* The middle of the slopes' energy within 120 ms of the beat, its spread, and the ends of what is steep. */
static int middle_of(const int32_t *x, struct shape *s)
{
	double e[52], total = 0, first = 0, most = 0;
	for (int k = 0; k < 52; k++) {
		int i = SHAPE_BEFORE - 26 + k;
		double d = (double)x[i + 1] - x[i - 1];
		e[k] = d * d;
		most = e[k] > most ? e[k] : most;
		total += e[k];
		first += e[k] * k;
	}
	if (total <= 0)
		return SHAPE_BEFORE;
	int at = SHAPE_BEFORE - 26 + (int)(first / total + 0.5);
	/* again about that middle, further out, without what is flat: P and T waves and noise have slopes, too */
	double sum = 0, mean = 0, square = 0;
	int from = 0, to = 0;
	for (int k = -32; k <= 36; k++) {
		int i = at + k;
		double d = (double)x[i + 1] - x[i - 1], v = d * d;
		if (v < most * 0.03)
			continue;
		sum += v;
		mean += v * k;
		square += v * k * k;
	}
	for (int k = 0; k >= -32; k--) { /* outwards from the middle to the last steep place before 25 ms of flat */
		double d = (double)x[at + k + 1] - x[at + k - 1];
		if (d * d >= most * 0.02)
			from = k;
		else if (from - k >= 5)
			break;
	}
	for (int k = 0; k <= 36; k++) {
		double d = (double)x[at + k + 1] - x[at + k - 1];
		if (d * d >= most * 0.02)
			to = k;
		else if (k - to >= 5)
			break;
	}
	mean /= sum;
	s->spread = (float)sqrt(square / sum - mean * mean > 0 ? square / sum - mean * mean : 0);
	s->width = (int16_t)(to - from);
	return at;
}

static int8_t small(int32_t v, double of_peak)
{
	int32_t q = (int32_t)(v * of_peak);
	return (int8_t)(q > 127 ? 127 : q < -127 ? -127 : q);
}

void shape_read(struct shape_reader *r, uint64_t at, struct shape *ret)
{
	int32_t *x = r->grid;
	*ret = (struct shape){.width = -1};
	if (!shape_grid(r, at, -SHAPE_BEFORE, SHAPE_N, x))
		return;
	int m = middle_of(x, ret);
	const int32_t *q = x + m - SHAPE_QRS_BEFORE;
	int64_t mean = 0, peak = 1, level = 0, rough = 0;
	for (int i = 0; i < SHAPE_QRS; i++)
		mean += q[i];
	mean /= SHAPE_QRS;
	for (int i = 0; i < SHAPE_QRS; i++) {
		int64_t v = q[i] - mean;
		v = v < 0 ? -v : v;
		peak = v > peak ? v : peak;
	}
	for (int i = 0; i < 6; i++)
		level += x[m - 20 + i];
	level /= 6;
	uint32_t squares = 0;
	const double of_peak = 127.0 / (double)peak;
	for (int i = 0; i < SHAPE_QRS; i++) {
		ret->qrs[i] = small((int32_t)(q[i] - mean), of_peak);
		squares += (uint32_t)(ret->qrs[i] * ret->qrs[i]);
	}
	for (int i = 0; i < SHAPE_T; i++) {
		int k = m + 26 + 4 * i;
		ret->t[i] = k < SHAPE_N ? small((int32_t)(x[k] - level), of_peak) : 0;
	}
	for (int i = 0; i < SHAPE_P; i++) {
		int k = m - 12 - 4 * (SHAPE_P - 1 - i);
		ret->p[i] = k >= 0 ? small((int32_t)(x[k] - level), of_peak) : 0;
	}
	/* second differences where the heart is slow: before the P wave's end and in ST */
	int counted = 0;
	for (int i = 2; i < SHAPE_N - 2; i++) {
		if (i > m - 26 && i < m + 30)
			continue;
		int64_t d = (int64_t)x[i + 2] - 2 * (int64_t)x[i] + x[i - 2];
		rough += d < 0 ? -d : d;
		counted++;
	}
	rough = counted ? rough * 100 / counted / peak : 0;
	ret->noise = (uint8_t)(rough > 100 ? 100 : rough);
	ret->norm = (uint16_t)sqrt((double)squares);
	ret->peak = (float)peak / 256;
	ret->good = peak > 256;
}

/* ---- how alike two are ---- */

/* b begins `shift` steps into its zeros. One loop of a fixed length over bytes, which the compiler makes into multiplications of eight at a time; sums of 48 products of bytes fit 32 bits in any order. */
HOT static int32_t product(const int8_t *restrict a, const int8_t *restrict b)
{
	int32_t sum = 0;
	for (int i = 0; i < SHAPE_QRS; i++)
		sum += (int16_t)a[i] * (int16_t)b[i];
	return sum;
}

float shape_like(const struct shape *a, const struct shape *b, int shift)
{
	const int8_t *from = (const int8_t *)b + offsetof(struct shape, qrs) - shift;
	int32_t n = a->norm * b->norm;
	return n ? (float)product(a->qrs, from) / (float)n : 0;
}

float shape_likest(const struct shape *a, const struct shape *b)
{
	float best = shape_like(a, b, 0), left = shape_like(a, b, -1), right = shape_like(a, b, 1);
	int way = left > right ? -1 : 1;
	float v = left > right ? left : right;
	for (int s = 2; v > best; s++) { /* uphill, which for two waves of one sign is all the way */
		best = v;
		v = s <= 3 ? shape_like(a, b, s * way) : -2;
	}
	return best;
}

static float like(const int8_t *a, const int8_t *b, int n)
{
	int32_t ab = 0, aa = 0, bb = 0, sa = 0, sb = 0;
	for (int i = 0; i < n; i++) {
		ab += a[i] * b[i];
		aa += a[i] * a[i];
		bb += b[i] * b[i];
		sa += a[i];
		sb += b[i];
	}
	double va = (double)aa * n - (double)sa * sa, vb = (double)bb * n - (double)sb * sb;
	/* two flat ones are alike: 4 of 127 in each place is as good as flat */
	double floor2 = 16.0 * n * n;
	return (float)(((double)ab * n - (double)sa * sb + floor2) / sqrt((va + floor2) * (vb + floor2)));
}

float shape_like_t(const struct shape *a, const struct shape *b)
{
	return like(a->t, b->t, SHAPE_T);
}

float shape_like_p(const struct shape *a, const struct shape *b)
{
	return like(a->p, b->p, SHAPE_P);
}
