/* What a beat looks like: a window about it on a grid of 5 ms, its QRS aligned at the middle of its slopes and normalised, some of what lies before and after. Integers up to the few numbers that compare. */
#include "shape.h"
#include "twice.h"

#include <math.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define GRID (SHAPE_N + 4)
#define STEP_TABLE 2.0 /* samples in a step of the grid, up to which there is a table: four values begin within eight samples */
#define BEHIND 24    /* samples that are read in vain behind a window */
#define STEP_WIDE 60 /* samples in a step of the grid; above, sums over 20 ms need more than 32 bits */

int shape_reader_init(struct shape_reader *r, const struct ecg *g, unsigned channel, struct arena *a, struct err *e)
{
	const struct ecg_channel *c = &g->channel[channel];
	*r = (struct shape_reader){.g = g, .channel = channel, .ratio = c->rate / g->rate, .step = c->rate / SHAPE_STEP_HZ};
	r->raw_max = (size_t)(r->step * (SHAPE_N + 8)) + 8;
	r->raw = arena_array(a, r->raw_max + 1 + BEHIND, sizeof *r->raw);
	r->grid = arena_array(a, SHAPE_N + 8, sizeof *r->grid);
	const bool table = r->step <= STEP_TABLE && r->step >= 0.25;
	r->table = table ? arena_alloc(a, sizeof *r->table) : NULL;
	if (!r->raw || !r->grid || (table && !r->table))
		return err_set(e, arena_code(a), NULL, "no room for a window of the signal");
	return 0;
}

/* What is missing is as the sample before it. Returns how many are. */
INLINE size_t fill(int16_t *x, size_t before, size_t n)
{
	int16_t least = INT16_MAX, last = 0;
	for (size_t i = before; i < n; i++)
		least = x[i] < least ? x[i] : least;
	if (!before && least != ECG_GAP16)
		return 0;
	size_t gaps = before;
	for (size_t i = before; i < n && last == 0; i++)
		last = x[i] == ECG_GAP16 ? 0 : x[i];
	for (size_t i = 0; i < before; i++)
		x[i] = last;
	for (size_t i = before; i < n; i++) {
		gaps += x[i] == ECG_GAP16;
		last = x[i] = x[i] == ECG_GAP16 ? last : x[i];
	}
	return gaps;
}

/* Sums up to each grid point, between samples in proportion; the value is the difference of sums four steps apart. Sums may wrap around: the differences do not. x[need] is 0. pos and step in 1/65536. */
INLINE void grid_body(const int16_t *x, size_t need, uint32_t pos, uint32_t step, double part, size_t n, int32_t *restrict out)
{
	uint32_t sum[STEP_WIDE * (GRID + 8) + 16] __attribute__((uninitialized)), at[GRID] __attribute__((uninitialized)), here[GRID] __attribute__((uninitialized)), s = 0;
	for (size_t i = 0; i <= need; i++) {
		sum[i] = s;
		s += (uint32_t)x[i] * 256;
	}
	for (uint32_t k = 0; k < n + 4; k++)
		at[k] = pos + k * step;
	for (size_t k = 0; k < n + 4; k++) {
		uint32_t whole = at[k] >> 16 < need ? at[k] >> 16 : (uint32_t)need;
		here[k] = sum[whole] + (uint32_t)x[whole] * (at[k] >> 8 & 255);
	}
	for (size_t k = 0; k < n; k++)
		out[k] = (int32_t)((double)(int32_t)(here[k + 4] - here[k]) * part);
}
TWICE(static, void, grid, (const int16_t *x, size_t need, uint32_t pos, uint32_t step, double part, size_t n, int32_t *out), (x, need, pos, step, part, n, out))

/* The same with 64 bits, for rates at which 32 are too few. */
static void grid_long(const int16_t *x, size_t need, uint64_t pos, uint64_t step, double part, size_t n, int32_t *out)
{
	int64_t sum = 0, at_point[4] = {0};
	size_t done = 0;
	for (size_t k = 0; k < n + 4; k++, pos += step) {
		size_t whole = (size_t)(pos >> 16);
		while (done < whole && done < need)
			sum += x[done++];
		int64_t here = sum * 256 + (whole < need ? x[whole] * (int64_t)(pos >> 8 & 255) : 0);
		if (k >= 4)
			out[k - 4] = (int32_t)((double)(here - at_point[k & 3]) * part);
		at_point[k & 3] = here;
	}
}

#if defined(__x86_64__)
/* Value k is what lies between its place and the one four steps on: a part of the first sample, all of those between, a part of the last. */
static void make_table(struct shape_table *t, uint32_t pos, uint32_t step)
{
	*t = (struct shape_table){.pos = pos, .last = pos + 1, .made = true};
	for (uint32_t k = 0; k < 4 * SHAPE_FOUR; k++) {
		const uint32_t from = pos + k * step, to = from + 4 * step, first = from >> 16, n = (to >> 16) - first, four = k / 4, at = k % 4;
		if (!at)
			t->base[four] = (uint16_t)first;
		const uint8_t byte = (uint8_t)(2 * (first - t->base[four]));
		assert(n > 0 && n < 2 * SHAPE_PAIRS && byte <= 12);
		for (int i = 0; i < 4; i++)
			t->pick[four][4 * at + (uint32_t)i] = (uint8_t)(byte + i);
		for (uint32_t j = 0; j <= n; j++)
			t->weight[four][j / 2][2 * at + j % 2] = (int16_t)(j == 0 ? 256 - (from >> 8 & 255) : j < n ? 256 : to >> 8 & 255);
		t->pairs = (int)n / 2 + 1 > t->pairs ? (int)n / 2 + 1 : t->pairs;
	}
}

__attribute__((target("avx2"))) static void by_table(const struct shape_table *t, const int16_t *x, double part, size_t n, int32_t *out)
{
	const __m256d p = _mm256_set1_pd(part);
	for (size_t i = 0; i < n; i += 4) {
		const int16_t *from = x + t->base[i / 4];
		const __m128i pick = _mm_loadu_si128((const __m128i *)t->pick[i / 4]);
		__m128i sum = _mm_setzero_si128();
		for (int j = 0; j < t->pairs; j++)
			sum = _mm_add_epi32(sum, _mm_madd_epi16(_mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(from + 2 * j)), pick), _mm_loadu_si128((const __m128i *)t->weight[i / 4][j])));
		_mm_storeu_si128((__m128i *)(out + i), _mm256_cvttpd_epi32(_mm256_mul_pd(_mm256_cvtepi32_pd(sum), p)));
	}
}

/* The same values as grid(), which adds the same whole numbers in another order. False: there is no table for this place, or not yet. n is a multiple of four. */
static bool tabled(struct shape_reader *r, uint32_t pos, uint32_t step, double part, size_t n, int32_t *out)
{
	struct shape_table *t = r->table;
	if (!t || !twice_wide() || n % 4)
		return false;
	if (!t->made || t->pos != pos) {
		const bool again = t->last == pos + 1; /* a place that changes with every beat is not worth a table */
		t->last = pos + 1;
		if (!again)
			return false;
		make_table(t, pos, step);
	}
	by_table(t, r->raw, part, n, out);
	return true;
}
#else
static bool tabled(struct shape_reader *r, uint32_t pos, uint32_t step, double part, size_t n, int32_t *out)
{
	return false;
}
#endif

bool shape_grid(struct shape_reader *r, uint64_t at, int from, size_t n, int32_t *out)
{
	assert(n <= SHAPE_N);
	double middle = (double)at * r->ratio, begin = middle + ((double)from - 2) * r->step;
	int64_t first = (int64_t)floor(begin);
	size_t need = (size_t)(r->step * (double)(n + 4)) + 4;
	const double part = 1 / (r->step * 4); /* of the sum over 20 ms, to be its mean */
	size_t before = first < 0 ? (size_t)-first : 0;
	if (r->step < 0.0625) /* not even 13 samples a second: no ECG */
		return false;
	if (need > r->raw_max)
		need = r->raw_max;
	if (before >= need)
		return false;
	ecg_read16(r->g, r->channel, first < 0 ? 0 : (uint64_t)first, need - before, r->raw + before);
	size_t gaps = fill(r->raw, before, need);
	const uint64_t step = (uint64_t)(r->step * 65536 + 0.5), pos = (uint64_t)((begin - (double)first) * 65536);
	r->raw[need] = 0;
	if (tabled(r, (uint32_t)pos, (uint32_t)step, part, n, out))
		;
	else if (r->step < STEP_WIDE)
		grid(r->raw, need, (uint32_t)pos, (uint32_t)step, part, n, out);
	else
		grid_long(r->raw, need, pos, step, part, n, out);
	return gaps * 4 < need;
}

/* The least whole number whose square is `part` of most or more. */
INLINE int32_t root_of(int64_t most, double part)
{
	const double least = (double)most * part;
	int32_t s = (int32_t)sqrt(least);
	while ((double)s * s < least)
		s++;
	while (s > 0 && (double)(s - 1) * (s - 1) >= least)
		s--;
	return s;
}

#define OUT 36  /* steps outwards: after the middle ... */
#define IN 32   /* ... and before it */

/* Which of 40 slopes are steep, the first in the lowest bit. */
INLINE uint64_t steeps(const int32_t *slope, int32_t steep)
{
	uint8_t is[40] __attribute__((uninitialized));
	uint64_t bits = 0;
	for (int k = 0; k < 40; k++)
		is[k] = slope[k] >= steep;
	for (int k = 0; k < 5; k++) {
		uint64_t eight;
		memcpy(&eight, is + 8 * k, sizeof eight);
		bits |= eight * 0x0102040810204080u >> 56 << 8 * k;
	}
	return bits;
}

/* How far outwards it is steep to both sides, before 25 ms of flat: the first five bits in a row that are none. */
INLINE int width_of(const int32_t *slope, int32_t steep)
{
	const uint64_t up = steeps(slope, steep) & ((1ull << (OUT + 1)) - 1), down = steeps(slope - IN, steep) << (63 - IN);
	const uint64_t a = ~(up | 1), b = ~(down | 1ull << 63);
	return __builtin_ctzll(a & a >> 1 & a >> 2 & a >> 3 & a >> 4) - 1 + __builtin_clzll(b & b << 1 & b << 2 & b << 3 & b << 4) - 1;
}

/* The middle of the slopes' energy within 120 ms of the beat, its spread, and the ends of what is steep. A grid value has at most 24 bits with its sign, a slope 25, and no sum here more than 63: whole numbers throughout. */
INLINE int middle_of(const int32_t *restrict x, struct shape *s)
{
	int32_t slope[SHAPE_N] __attribute__((uninitialized)), high = 0;
	int64_t total = 0, first = 0;
	slope[0] = slope[SHAPE_N - 1] = 0;
	for (int i = 1; i + 1 < SHAPE_N; i++)
		slope[i] = abs(x[i + 1] - x[i - 1]);
	for (int k = 0; k < 52; k++) {
		int32_t d = slope[SHAPE_BEFORE - 26 + k], dk = d * k;
		high = d > high ? d : high;
		total += (int64_t)d * d;
		first += (int64_t)dk * d;
	}
	if (total <= 0)
		return SHAPE_BEFORE;
	const int64_t most = (int64_t)high * high;
	int at = SHAPE_BEFORE - 26 + (int)((double)first / (double)total + 0.5);
	/* again about that middle, further out, without what is flat: P and T waves and noise have slopes, too */
	const int32_t least = root_of(most, 0.03), steep = root_of(most, 0.02);
	int64_t sum = 0, moment = 0, square = 0;
	for (int k = -IN; k <= OUT; k++) {
		int32_t d = slope[at + k] >= least ? slope[at + k] : 0, dk = d * k;
		sum += (int64_t)d * d;
		moment += (int64_t)dk * d;
		square += (int64_t)dk * dk;
	}
	double mean = (double)moment / (double)sum, var = (double)square / (double)sum - mean * mean;
	s->spread = (float)sqrt(var > 0 ? var : 0);
	s->width = (int16_t)width_of(slope + at, steep);
	return at;
}

INLINE int8_t small(int32_t v, double of_peak)
{
	int32_t q = (int32_t)(v * of_peak);
	q = q > 127 ? 127 : q;
	return (int8_t)(q < -127 ? -127 : q);
}

/* Sum of second differences. At most 86 of 26 bits. */
INLINE uint32_t roughness(const int32_t *restrict x, int from, int to)
{
	uint32_t sum = 0;
	for (int i = from; i < to; i++)
		sum += (uint32_t)abs(x[i + 2] - 2 * x[i] + x[i - 2]);
	return sum;
}

/* Returns the level before the QRS, in the grid's units. */
INLINE int32_t shape_describe_body(const int32_t *restrict x, struct shape *restrict ret)
{
	int m = middle_of(x, ret);
	const int32_t *restrict q = x + m - SHAPE_QRS_BEFORE;
	int32_t mean = 0, peak = 1, level = 0;
	for (int i = 0; i < SHAPE_QRS; i++)
		mean += q[i];
	mean /= SHAPE_QRS;
	for (int i = 0; i < SHAPE_QRS; i++) {
		int32_t v = abs(q[i] - mean);
		peak = v > peak ? v : peak;
	}
	for (int i = 0; i < 6; i++)
		level += x[m - 20 + i];
	level /= 6;
	int32_t squares = 0;
	const double of_peak = 127.0 / (double)peak;
	for (int i = 0; i < SHAPE_QRS; i++)
		ret->qrs[i] = small(q[i] - mean, of_peak);
	for (int i = 0; i < SHAPE_QRS; i++)
		squares += ret->qrs[i] * ret->qrs[i];
	for (int i = 0; i < SHAPE_T; i++) {
		int k = m + 26 + 4 * i;
		ret->t[i] = k < SHAPE_N ? small(x[k] - level, of_peak) : 0;
	}
	for (int i = 0; i < SHAPE_P; i++) {
		int k = m - 12 - 4 * (SHAPE_P - 1 - i);
		ret->p[i] = k >= 0 ? small(x[k] - level, of_peak) : 0;
	}
	/* second differences where the heart is slow: before the P wave's end and in ST */
	const int before = m - 25 > 2 ? m - 25 : 2, after = m + 30, counted = before - 2 + (after < SHAPE_N - 2 ? SHAPE_N - 2 - after : 0);
	uint64_t rough = (uint64_t)roughness(x, 2, before) + roughness(x, after, SHAPE_N - 2);
	rough = counted ? rough * 100 / (uint64_t)counted / (uint64_t)peak : 0;
	ret->noise = (uint8_t)(rough > 100 ? 100 : rough);
	ret->norm = (uint16_t)sqrt((double)squares);
	ret->peak = (float)peak / 256;
	ret->good = peak > 256;
	return level;
}
TWICE(, int32_t, shape_describe, (const int32_t *x, struct shape *ret), (x, ret))

struct shape *shape_room(struct arena *a, size_t n)
{
	return arena_raw(a, n < PTRDIFF_MAX / sizeof(struct shape) ? n * sizeof(struct shape) : PTRDIFF_MAX);
}

/* Weights 1 2 2 2 1 over 20 ms more: with the 20 ms of the grid nothing of 50 Hz is left, a thirtieth of 60 Hz, and half of what muscle has; a QRS of 80 ms keeps nine tenths of its height. */
static void smooth_more(int32_t *x)
{
	int32_t a = x[0], b = x[0];
	for (int i = 0; i < SHAPE_N; i++) {
		const int32_t c = x[i], d = x[i + 1 < SHAPE_N ? i + 1 : SHAPE_N - 1], e = x[i + 2 < SHAPE_N ? i + 2 : SHAPE_N - 1];
		x[i] = (int32_t)(((int64_t)a + 2 * ((int64_t)b + c + d) + e) / 8);
		a = b;
		b = c;
	}
}

/* Steps become smaller by more than noise does: what they say of it is set right, by as much as serves half A best (DESIGN.md). */
int32_t shape_smoothed(int32_t *x, struct shape *ret)
{
	smooth_more(x);
	const int32_t level = shape_describe(x, ret), noise = ret->noise * 7 / 5;
	ret->noise = (uint8_t)(noise > 100 ? 100 : noise);
	return level;
}

void shape_read(struct shape_reader *r, uint64_t at, struct shape *ret)
{
	*ret = (struct shape){.width = -1};
	if (!shape_grid(r, at, -SHAPE_BEFORE, SHAPE_N, r->grid))
		return;
	r->level = r->noisy ? shape_smoothed(r->grid, ret) : shape_describe(r->grid, ret);
}

/* ---- how alike two are ---- */

/* b begins `shift` steps into its zeros. One loop of a fixed length over bytes, which the compiler makes into multiplications of many at a time; sums of 48 products of bytes fit 32 bits in any order. */
INLINE int32_t product(const int8_t *restrict a, const int8_t *restrict b)
{
	int32_t sum = 0;
	for (int i = 0; i < SHAPE_QRS; i++)
		sum += (int16_t)a[i] * (int16_t)b[i];
	return sum;
}

INLINE float like_at(const struct shape *a, const struct shape *b, int shift)
{
	const int8_t *from = (const int8_t *)b + offsetof(struct shape, qrs) - shift;
	int32_t n = a->norm * b->norm;
	return n ? (float)product(a->qrs, from) / (float)n : 0;
}

INLINE float shape_like_body(const struct shape *a, const struct shape *b, int shift)
{
	return like_at(a, b, shift);
}
TWICE(, float, shape_like, (const struct shape *a, const struct shape *b, int shift), (a, b, shift))

/* Uphill from no shift, which for two waves of one sign is all the way. (Sums are compared, not quotients: they have at most 20 bits, so they differ as floats where they differ.) */
static float likest_any(const struct shape *a, const struct shape *b)
{
	const int8_t *from = (const int8_t *)b + offsetof(struct shape, qrs);
	const int32_t n = a->norm * b->norm, less = product(a->qrs, from + 1), more = product(a->qrs, from - 1);
	int32_t here = product(a->qrs, from), next = less > more ? less : more;
	for (int s = 1, way = less > more ? 1 : -1; next > here; s++) {
		here = next;
		next = s < 3 ? product(a->qrs, from + way * (s + 1)) : INT32_MIN;
	}
	return n ? (float)here / (float)n : 0;
}
#if defined(__x86_64__)
/* The same: bytes made words as they are read, so that no shift waits for what was written at another. */
__attribute__((target("avx2"))) static inline int32_t product_wide(const __m256i a[3], const int8_t *b)
{
	__m256i sum = _mm256_madd_epi16(a[0], _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)b)));
	for (int i = 1; i < 3; i++)
		sum = _mm256_add_epi32(sum, _mm256_madd_epi16(a[i], _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(b + 16 * i)))));
	__m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
	half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
	return _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1)));
}

__attribute__((target("avx2"))) static float likest_wide(const struct shape *a, const struct shape *b)
{
	static_assert(SHAPE_QRS == 48, "three registers");
	const int8_t *from = (const int8_t *)b + offsetof(struct shape, qrs);
	const int32_t n = a->norm * b->norm;
	__m256i own[3];
	for (int i = 0; i < 3; i++)
		own[i] = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(a->qrs + 16 * i)));
	const int32_t less = product_wide(own, from + 1), more = product_wide(own, from - 1);
	int32_t here = product_wide(own, from), next = less > more ? less : more;
	for (int s = 1, way = less > more ? 1 : -1; next > here; s++) {
		here = next;
		next = s < 3 ? product_wide(own, from + way * (s + 1)) : INT32_MIN;
	}
	return n ? (float)here / (float)n : 0;
}

float shape_likest(const struct shape *a, const struct shape *b)
{
	return twice_wide() ? likest_wide(a, b) : likest_any(a, b);
}
#else
float shape_likest(const struct shape *a, const struct shape *b)
{
	return likest_any(a, b);
}
#endif

INLINE float like(const int8_t *restrict a, const int8_t *restrict b, int n)
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

INLINE float shape_like_t_body(const struct shape *a, const struct shape *b)
{
	return like(a->t, b->t, SHAPE_T);
}
TWICE(, float, shape_like_t, (const struct shape *a, const struct shape *b), (a, b))

INLINE float shape_like_p_body(const struct shape *a, const struct shape *b)
{
	return like(a->p, b->p, SHAPE_P);
}
TWICE(, float, shape_like_p, (const struct shape *a, const struct shape *b), (a, b))
