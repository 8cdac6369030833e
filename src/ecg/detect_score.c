/* How likely each candidate is a beat, by itself: its features against what is around it, weighed. The weights were fitted (DESIGN.md says on what). */
#include "detect_internal.h"
#include "twice.h"

#include <math.h>
#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#define AROUND 8    /* beats to either side that make up "around" */
#define QUIET 12    /* candidates between beats, to either side */

/* ---- what is usual around ---- */

#define LANES 32 /* windows that are put in order side by side */

struct usual { /* of LANES windows: what is in the middle, and a quarter from both ends; how many values there are. The rest of a window is the largest number there is and comes last */
	int32_t low[LANES], middle[LANES], high[LANES], n[LANES];
};

/* Batcher's merge exchange (Knuth 5.2.2, algorithm M) of n numbers, in all lanes at once: the exchanges do not depend on the numbers, so there is no branch to be guessed. Sizes and sharpness fit 16 bits, intervals may not. */
#define ORDER(type, name)                                                                                                   \
	INLINE void order_##name(type (*w)[LANES], int32_t n)                                                                  \
	{                                                                                                                      \
		int32_t top = 1;                                                                                                  \
		while (2 * top < n)                                                                                               \
			top *= 2;                                                                                                     \
		for (int32_t p = top; p > 0; p /= 2)                                                                              \
			for (int32_t q = top, r = 0, d = p;; d = q - p, q /= 2, r = p) {                                              \
				for (int32_t i = 0; i < n - d; i++) {                                                                     \
					if ((i & p) != r)                                                                                     \
						continue;                                                                                         \
					type *restrict a = w[i], *restrict b = w[i + d];                                                      \
					for (int k = 0; k < LANES; k++) {                                                                     \
						type x = a[k], y = b[k];                                                                          \
						a[k] = x < y ? x : y;                                                                             \
						b[k] = x < y ? y : x;                                                                             \
					}                                                                                                     \
				}                                                                                                         \
				if (q == p)                                                                                               \
					break;                                                                                                \
			}                                                                                                             \
	}                                                                                                                      \
	/* before[i] of v[0..i) are values; start: of each window, NULL: each begins one value after the one before */         \
	INLINE void windows_##name(const type *v, const int32_t *before, const int32_t *start, int32_t width, struct usual *ret) \
	{                                                                                                                      \
		type w[2 * QUIET][LANES] __attribute__((uninitialized));                                                          \
		for (int32_t j = 0; j < width; j++)                                                                               \
			if (!start)                                                                                                   \
				memcpy(w[j], v + j, sizeof w[j]);                                                                         \
			else if (sizeof(type) == 4 || j % 8 == 0)                                                                     \
				columns_##name(v, start, j, w);                                                                           \
		order_##name(w, width);                                                                                           \
		for (int k = 0; k < LANES; k++) {                                                                                 \
			const int32_t from = start ? start[k] : k, n = ret->n[k] = before[from + width] - before[from];               \
			ret->middle[k] = n ? w[n / 2][k] : 0;                                                                         \
			ret->low[k] = w[n / 4][k];                                                                                    \
			ret->high[k] = w[n * 3 / 4][k];                                                                               \
		}                                                                                                                  \
	}
INLINE void columns_long(const int32_t *v, const int32_t *start, int32_t j, int32_t (*w)[LANES])
{
	for (int k = 0; k < LANES; k++)
		w[j][k] = v[start[k] + j];
}

/* Eight rows at a time, of windows that begin anywhere: squares of eight numbers are turned. */
INLINE void columns_short(const int16_t *v, const int32_t *start, int32_t j, int16_t (*w)[LANES])
{
#if defined(__x86_64__)
	for (int k = 0; k < LANES; k += 8) {
		__m128i a[8], b[8];
		for (int i = 0; i < 8; i++)
			a[i] = _mm_loadu_si128((const __m128i *)(v + start[k + i] + j));
		for (int i = 0; i < 4; i++) { /* words of two windows side by side */
			b[i] = _mm_unpacklo_epi16(a[2 * i], a[2 * i + 1]);
			b[4 + i] = _mm_unpackhi_epi16(a[2 * i], a[2 * i + 1]);
		}
		for (int i = 0; i < 4; i++) { /* of four */
			a[2 * i] = _mm_unpacklo_epi32(b[2 * i], b[2 * i + 1]);
			a[2 * i + 1] = _mm_unpackhi_epi32(b[2 * i], b[2 * i + 1]);
		}
		for (int i = 0; i < 2; i++) /* of eight */
			for (int h = 0; h < 2; h++) {
				_mm_storeu_si128((__m128i *)&w[j + 4 * i + 2 * h][k], _mm_unpacklo_epi64(a[4 * i + h], a[4 * i + 2 + h]));
				_mm_storeu_si128((__m128i *)&w[j + 4 * i + 2 * h + 1][k], _mm_unpackhi_epi64(a[4 * i + h], a[4 * i + 2 + h]));
			}
	}
#else
	for (int i = 0; i < 8; i++)
		for (int k = 0; k < LANES; k++)
			w[j + i][k] = v[start[k] + j + i];
#endif
}

static_assert(2 * QUIET % 8 == 0, "rows come in eights");
ORDER(int16_t, short)
ORDER(int32_t, long)

struct list { /* with as many places before and after as a window may reach out; before: how many are values */
	int16_t *v;
	int32_t *before, *v_long;
};

struct around { /* of LANES places between beats */
	struct usual size, sharp, rr, rest;
};

INLINE void around_body(const struct list *size, const struct list *sharp, const struct list *rr, const struct list *rest, int32_t from, const int32_t *rest_start, struct around *ret)
{
	windows_short(size->v + from, size->before + from, NULL, 2 * AROUND, &ret->size);
	windows_short(sharp->v + from, sharp->before + from, NULL, 2 * AROUND, &ret->sharp);
	windows_long(rr->v_long + from + 1, rr->before + from + 1, NULL, 2 * AROUND - 1, &ret->rr); /* those between the beats of the window */
	windows_short(rest->v, rest->before, rest_start, 2 * QUIET, &ret->rest);
}
TWICE(static, void, around, (const struct list *size, const struct list *sharp, const struct list *rr, const struct list *rest, int32_t from, const int32_t *rest_start, struct around *ret), (size, sharp, rr, rest, from, rest_start, ret))

/* Behind it LANES more, for windows that nobody asks about. */
static void frame(struct list *s, int32_t n, int32_t pad)
{
	for (int32_t i = 0; i < pad; i++)
		s->v[i] = INT16_MAX;
	for (int32_t i = 0; i < pad + LANES; i++)
		s->v[pad + n + i] = INT16_MAX;
	for (int32_t i = 0; i <= n + 2 * pad + LANES; i++)
		s->before[i] = i < pad ? 0 : i < pad + n ? i - pad : n;
}

/* Intervals, of which some are none. */
static void frame_long(struct list *s, int32_t n, int32_t pad)
{
	for (int32_t i = 0; i < pad; i++)
		s->v_long[i] = INT32_MAX;
	for (int32_t i = 0; i < pad + LANES; i++)
		s->v_long[pad + n + i] = INT32_MAX;
	s->before[0] = 0;
	for (int32_t i = 0; i < n + 2 * pad + LANES; i++)
		s->before[i + 1] = s->before[i] + (s->v_long[i] != INT32_MAX);
}

static void say(struct detect_candidate *c, int32_t n, const struct usual *size, const struct usual *sharp, const struct usual *rr, const struct usual *rest, int k)
{
	struct detect_candidate as = {.rr = 0};
	if (rr->n[k] >= 2) {
		int32_t half = (rr->high[k] - rr->low[k]) / 2;
		as.rr = rr->middle[k];
		as.log_rr = detect_log2((uint32_t)as.rr);
		as.spread = half * 25 <= as.rr ? 0 : half * 10 <= as.rr ? 1 : 2;
	}
	for (int32_t i = 0; i < n; i++) {
		if (size->n[k]) {
			c[i].log_level = size->middle[k];
			c[i].typical = sharp->middle[k];
			c[i].rr = 0;
			c[i].spread = 2;
		}
		if (rr->n[k] >= 2) {
			c[i].rr = as.rr;
			c[i].log_rr = as.log_rr;
			c[i].spread = as.spread;
		}
		c[i].log_noise = rest->middle[k];
	}
}

static int32_t framed(int32_t room)
{
	return room + 2 * QUIET + LANES + 2;
}

/* Eight lists, each with a frame. */
size_t detect_work(int32_t room)
{
	return 8 * (size_t)framed(room);
}

/* From the candidates marked as beats: level, noise, sharpness and interval around each candidate. The same for all between two beats. */
void detect_usual(struct detect_lead *l)
{
	const int32_t each = framed(l->room);
	int32_t *work = l->work;
	struct list size = {(int16_t *)(void *)work, work + each, NULL}, sharp = {(int16_t *)(void *)(work + 2 * each), size.before, NULL}, rr = {NULL, work + 3 * each, work + 4 * each},
		rest = {(int16_t *)(void *)(work + 5 * each), work + 6 * each, NULL};
	int32_t *beat = l->tmp, *rests_before = l->tmp2, beats = 0, rests = 0;
	for (int32_t i = 0; i < l->count; i++) {
		const struct detect_candidate *c = &l->c[i];
		if (!c->beat) {
			rest.v[QUIET + rests++] = (int16_t)c->log_size;
			continue;
		}
		const struct detect_candidate *was = beats ? &l->c[beat[beats - 1]] : NULL;
		size.v[AROUND + beats] = (int16_t)c->log_size;
		sharp.v[AROUND + beats] = (int16_t)c->log_sharp;
		rr.v_long[AROUND + beats] = was && was->hole == c->hole ? c->at - was->at : INT32_MAX; /* to it */
		rests_before[beats] = rests;
		beat[beats++] = i;
	}
	frame(&size, beats, AROUND);
	frame(&sharp, beats, AROUND);
	frame_long(&rr, beats, AROUND);
	frame(&rest, rests, QUIET);
	for (int32_t from = 0; from <= beats; from += LANES) {
		int32_t rest_start[LANES] = {0}, n = beats + 1 - from < LANES ? beats + 1 - from : LANES;
		struct around of __attribute__((uninitialized));
		for (int32_t k = 0; k < n; k++) /* between beat b - 1 and b */
			rest_start[k] = from + k ? rests_before[from + k - 1] : 0;
		around(&size, &sharp, &rr, &rest, from, rest_start, &of);
		for (int32_t k = 0; k < n; k++) {
			int32_t b = from + k, begin = b ? beat[b - 1] + 1 : 0, end = b < beats ? beat[b] + 1 : l->count;
			say(l->c + begin, end - begin, &of.size, &of.sharp, &of.rr, &of.rest, k);
		}
	}
}

/* Of those from i on; an electrode that lets go is no measure of beats. */
static int32_t greatest_of(struct detect_lead *l, int32_t i, int32_t end)
{
	for (;;) {
		int32_t best = -1;
		for (int32_t k = i; k < end; k++)
			if (!l->c[k].step && (best < 0 || l->c[k].size > l->c[best].size))
				best = k;
		if (best < 0 || !(l->c[best].step = detect_is_step(l, &l->c[best])))
			return best < 0 ? 0 : l->c[best].size;
	}
}

#define NEAR_BLOCKS 5 /* to either side */

static_assert(2 * NEAR_BLOCKS + 1 <= DETECT_MEDIAN, "");

/* By how many are smaller and how many not larger, all side by side: no branch to be guessed. What is no value comes last. */
INLINE int32_t detect_median_body(const int32_t *values, int32_t n)
{
	int32_t v[16] __attribute__((uninitialized)), less[16] = {0}, least[16] = {0};
	static_assert(DETECT_MEDIAN <= 16, "");
	assert(n > 0 && n <= DETECT_MEDIAN);
	for (int i = 0; i < 16; i++)
		v[i] = i < n ? values[i] : INT32_MAX;
	for (int j = 0; j < DETECT_MEDIAN; j++)
		for (int i = 0; i < 16; i++) {
			less[i] += v[j] < v[i];
			least[i] += v[j] <= v[i];
		}
	int i = 0;
	while (i < n - 1 && (less[i] > n / 2 || least[i] <= n / 2))
		i++;
	return v[i];
}
TWICE(, int32_t, detect_median, (const int32_t *values, int32_t n), (values, n))

/* Before any beat is known: the level is the median of the greatest in each two seconds of eleven; what is more than half of it stands for beats. */
void detect_levels(struct detect_lead *l)
{
	int32_t block = (int32_t)(l->rate * 2) + 1, blocks = l->n / block + 1, greatest[(DETECT_PAGE_S + 2 * DETECT_MARGIN_S) + 2] = {0};
	assert(blocks <= (int32_t)ARRAY_LEN(greatest));
	for (int32_t i = 0, end; i < l->count; i = end) {
		const int32_t b = l->c[i].at / block;
		for (end = i + 1; end < l->count && l->c[end].at / block == b; end++)
			;
		greatest[b] = greatest_of(l, i, end);
	}
	int32_t was = -1, level = 0;
	for (int32_t i = 0; i < l->count; i++) {
		int32_t b = l->c[i].at / block, n = 0;
		if (b != was) {
			int32_t v[2 * NEAR_BLOCKS + 1];
			for (int32_t k = b - NEAR_BLOCKS; k <= b + NEAR_BLOCKS; k++)
				if (k >= 0 && k < blocks && greatest[k])
					v[n++] = greatest[k];
			level = n ? detect_median(v, n) : 0;
			was = b;
		}
		l->c[i].beat = l->c[i].size > level / 2;
		l->c[i].log_level = l->c[i].log_size;
	}
	detect_usual(l);
	for (int32_t i = 0; i < l->count; i++)
		l->c[i].beat = false;
}

/* ---- shapes ---- */

/* Likeness at all shifts: sums of DETECT_SNIP products. */
INLINE void likenesses(const int16_t *t, const int16_t *s, int32_t ret[2 * DETECT_SLACK + 1])
{
#if defined(__x86_64__)
	/* with four sums to be added across, side by side: the processor has SSE2 always */
	static_assert(DETECT_SNIP == 24 && DETECT_SLACK == 2, "three registers, five shifts");
	const __m128i a = _mm_loadu_si128((const __m128i *)t), b = _mm_loadu_si128((const __m128i *)(t + 8)), c = _mm_loadu_si128((const __m128i *)(t + 16));
	__m128i v[5];
	for (int k = 0; k < 5; k++)
		v[k] = _mm_add_epi32(_mm_add_epi32(_mm_madd_epi16(a, _mm_loadu_si128((const __m128i *)(s + k))), _mm_madd_epi16(b, _mm_loadu_si128((const __m128i *)(s + 8 + k)))),
			_mm_madd_epi16(c, _mm_loadu_si128((const __m128i *)(s + 16 + k))));
	const __m128i one = _mm_add_epi32(_mm_unpacklo_epi32(v[0], v[1]), _mm_unpackhi_epi32(v[0], v[1])), two = _mm_add_epi32(_mm_unpacklo_epi32(v[2], v[3]), _mm_unpackhi_epi32(v[2], v[3]));
	_mm_storeu_si128((__m128i *)ret, _mm_add_epi32(_mm_unpacklo_epi64(one, two), _mm_unpackhi_epi64(one, two)));
	v[4] = _mm_add_epi32(v[4], _mm_shuffle_epi32(v[4], 0x4e));
	ret[4] = _mm_cvtsi128_si32(_mm_add_epi32(v[4], _mm_shuffle_epi32(v[4], 0xb1)));
#else
	for (int k = 0; k <= 2 * DETECT_SLACK; k++) {
		ret[k] = 0;
		for (int i = 0; i < DETECT_SNIP; i++)
			ret[k] += t[i] * s[i + k];
	}
#endif
}

INLINE int32_t best_shift(const struct detect_shape *p, const struct detect_candidate *c, int *ret)
{
	int32_t v[2 * DETECT_SLACK + 1] __attribute__((uninitialized)), best = INT32_MIN;
	likenesses(p->t, c->snip, v);
	for (int k = 0; k <= 2 * DETECT_SLACK; k++) {
		*ret = v[k] > best ? k : *ret;
		best = v[k] > best ? v[k] : best;
	}
	return best >> 16; // cppcheck-suppress shiftNegativeLHS ; gcc and clang shift the sign in
}

/* The mean anew, of unit length, where as many are known as a power of two. Quotients of whole numbers below 2^53: as doubles they are cut off rightly. */
static void learn(struct detect_shape *p, const struct detect_candidate *c, int shift)
{
	if (p->n >= 64)
		return;
	p->n++;
	for (int i = 0; i < DETECT_SNIP; i++)
		p->sum[i] += c->snip[i + shift];
	if (p->n & (p->n - 1))
		return;
	int64_t square = 0;
	for (int i = 0; i < DETECT_SNIP; i++)
		square += (int64_t)p->sum[i] * p->sum[i];
	if (!square)
		return;
	int64_t root = (int64_t)sqrt((double)square);
	root -= root * root > square;
	root += (root + 1) * (root + 1) <= square;
	for (int i = 0; i < DETECT_SNIP; i++)
		p->t[i] = (int16_t)(int32_t)((double)p->sum[i] * 4096 / (double)root);
}

#define ALIKE 205 /* 0.80 */
#define SIZE_ALIKE 180

static void assign(struct detect_shape *shapes, int *count, int most, struct detect_candidate *c)
{
	int32_t best = -256;
	int which = -1, shift = DETECT_SLACK;
	int32_t size = c->log_size - c->log_level;
	for (int k = 0; k < *count && best < 246; k++) {
		int at = DETECT_SLACK;
		if (abs(size - shapes[k].size) > SIZE_ALIKE)
			continue;
		int32_t v = best_shift(&shapes[k], c, &at);
		if (v > best) {
			best = v;
			which = k;
			shift = at;
		}
	}
	if (best < ALIKE && *count < most) {
		which = (*count)++;
		shapes[which] = (struct detect_shape){.size = size};
		shift = DETECT_SLACK;
		best = 256;
	}
	c->mate = (int16_t)(best > 256 ? 256 : best);
	c->shape = which >= 0 && best >= ALIKE ? (uint16_t)(which + 1) : 0;
	if (c->shape)
		learn(&shapes[which], c, shift);
}

void detect_shapes(struct detect_lead *l)
{
	l->shapes = 0;
	for (int pass = 0; pass < 2; pass++)
		for (int32_t i = 0; i < l->count; i++)
			if ((l->c[i].log_size > l->c[i].log_level - 256) == !pass)
				assign(l->shape, &l->shapes, pass ? DETECT_SHAPES : DETECT_SHAPES * 2 / 3, &l->c[i]);
}

/* Likeness to what was taken for beats in the round before. */
void detect_kin(struct detect_lead *l)
{
	int32_t beats[DETECT_SHAPES + 1] = {0}, all[DETECT_SHAPES + 1] = {0};
	for (int32_t i = 0; i < l->count; i++) {
		beats[l->c[i].shape] += l->c[i].beat;
		all[l->c[i].shape]++;
	}
	for (int32_t i = 0; i < l->count; i++) {
		struct detect_candidate *c = &l->c[i];
		int32_t best = 0;
		int at;
		for (int k = 0; k < l->shapes; k++) {
			bool own = c->shape == k + 1;
			int32_t yes = beats[k + 1] - (own && c->beat), no = all[k + 1] - own - yes;
			if (yes < 2 || yes <= no)
				continue;
			int32_t v = own ? c->mate : best_shift(&l->shape[k], c, &at);
			best = v > best ? v : best;
		}
		c->kin = (int16_t)(best > 256 ? 256 : best);
	}
}

/* ---- features ---- */

static int16_t clip(int32_t v, int32_t lo, int32_t hi)
{
	return (int16_t)(v < lo ? lo : v > hi ? hi : v);
}

/* The greatest log size of another candidate at most `reach` before (step -1) or after; 0: none. */
static int32_t neighbour(const struct detect_lead *l, int32_t i, int step, int32_t reach)
{
	int32_t most = 0;
	for (int32_t k = i + step; k >= 0 && k < l->count && abs(l->at[k] - l->at[i]) <= reach; k += step)
		most = l->log_size[k] > most ? l->log_size[k] : most;
	return most;
}

/* How many within a second are more than half as large; from and end go along with i. */
static int32_t crowd(const struct detect_lead *l, int32_t i, int32_t *from, int32_t *end)
{
	int32_t n = 0, reach = (int32_t)(l->rate * 1.0), half = l->size[i] / 2;
	while (l->at[i] - l->at[*from] > reach)
		++*from;
	while (*end < l->count && l->at[*end] - l->at[i] <= reach)
		++*end;
	for (int32_t k = *from; k < *end; k++)
		n += l->size[k] > half;
	return n - (l->size[i] > half); /* not itself */
}

static void alone(struct detect_lead *l, int32_t i, int32_t *from, int32_t *end)
{
	struct detect_candidate *c = &l->c[i];
	int32_t own = c->log_size, before = neighbour(l, i, -1, (int32_t)(l->rate * 0.40)), after = neighbour(l, i, 1, (int32_t)(l->rate * 0.28));
	c->f[F_ONE] = 256;
	c->f[F_BEFORE] = before > own ? clip(before - own, 0, 1024) : 0;
	c->f[F_AFTER] = after > own ? clip(after - own, 0, 1024) : 0;
	c->f[F_SHARP] = clip(c->log_sharp, -1024, 1024);
	c->f[F_NARROW] = clip(detect_log2((uint32_t)c->core) - own, -1024, 0);
	c->f[F_CROWD] = clip(crowd(l, i, from, end) * 64, 0, 1024);
	double uv = c->size * l->uv;
	c->f[F_TINY] = l->uv > 0 && uv < 256 ? clip(detect_log2((uint32_t)(uv * 256)) - 16 * 256, -2048, 0) : 0;
}

/* Of the beats around (not b itself), how many have the like of candidate i as far from them as i is from beat b? A T wave follows every beat, a P wave comes before every beat. Q8 */
static int32_t habit(const struct detect_lead *l, const int32_t *beat, int32_t beats, int32_t b, int32_t i)
{
	int32_t all = 0, like = 0, reach = (int32_t)(l->rate * 0.045) + 1;
	const int32_t delay = l->at[i] - l->at[beat[b]], ratio = l->log_size[i] - l->log_size[beat[b]], step = delay > 0 ? 1 : -1;
	for (int32_t k = b - AROUND < 0 ? 0 : b - AROUND; k <= b + AROUND && k < beats; k++) {
		if (k == b)
			continue;
		const int32_t at = l->at[beat[k]], size = l->log_size[beat[k]] + ratio;
		all++;
		for (int32_t j = beat[k] + step; j >= 0 && j < l->count; j += step) {
			int32_t d = l->at[j] - at;
			if (abs(d) > abs(delay) + reach)
				break;
			if (abs(d - delay) <= reach && abs(l->log_size[j] - size) < 160) {
				like++;
				break;
			}
		}
	}
	return all ? like * 256 / all : 0;
}

/* Smaller, or of any size and blunter, as a tall T wave is. */
static bool lesser(const struct detect_candidate *c, const struct detect_candidate *than)
{
	return c->log_size < than->log_size - 82 || (c->log_sharp < than->log_sharp - 160 && c->log_size < than->log_size + 256);
}

static void habits(struct detect_lead *l)
{
	int32_t *beat = l->tmp, beats = 0, t = (int32_t)(l->rate * 0.48), p = (int32_t)(l->rate * 0.26);
	for (int32_t i = 0; i < l->count; i++)
		if (l->c[i].beat)
			beat[beats++] = i;
	for (int32_t i = 0, b = 0; i < l->count; i++) {
		struct detect_candidate *c = &l->c[i];
		while (b < beats && beat[b] < i)
			b++;
		int32_t after = b < beats && beat[b] == i ? b + 1 : b; /* the next beat; b - 1: the one before */
		c->f[F_HABIT_T] = c->f[F_HABIT_P] = 0;
		if (b > 0 && c->at - l->at[beat[b - 1]] <= t && lesser(c, &l->c[beat[b - 1]]))
			c->f[F_HABIT_T] = (int16_t)habit(l, beat, beats, b - 1, i);
		if (after < beats && l->at[beat[after]] - c->at <= p && lesser(c, &l->c[beat[after]]))
			c->f[F_HABIT_P] = (int16_t)habit(l, beat, beats, after, i);
	}
}

/* weights, Q8: before any beat is known; after */
static const int16_t weight[2][F_COUNT] = {
	{746, 547, -109, 453, -643, -913, 108, 726, 32, 164, 0, -672, 53, 0, 0, -466, 0},
	{208, 555, -314, 298, -395, -207, -175, 601, -31, 52, 108, -321, -122, -1487, -1748, -367, 625},
};

void detect_score(struct detect_lead *l, int round)
{
	int32_t beats[DETECT_SHAPES + 1] = {0}, all[DETECT_SHAPES + 1] = {0}, from = 0, end = 0;
	for (int32_t i = 0; i < l->count; i++) {
		if (!round)
			alone(l, i, &from, &end);
		beats[l->c[i].shape] += l->c[i].beat;
		all[l->c[i].shape]++;
	}
	if (round) {
		habits(l);
		detect_kin(l);
	}
	for (int32_t i = 0; i < l->count; i++) {
		struct detect_candidate *c = &l->c[i];
		int32_t own = c->log_size, level = own - c->log_level, shape = 0;
		int32_t yes = beats[c->shape] - c->beat, no = all[c->shape] - 1 - yes;
		if (round && c->shape)
			shape = detect_log2((uint32_t)(2 * yes + 1)) - detect_log2((uint32_t)(2 * no + 1));
		c->f[F_LEVEL_LOW] = clip(level, -1280, 0);
		c->f[F_LEVEL_HIGH] = clip(level, 0, 1280);
		c->f[F_LEVEL_TINY] = clip(level + 400, -1280, 0);
		c->f[F_KIN] = round ? c->kin : 0;
		c->f[F_NOISE] = c->log_noise ? clip(own - c->log_noise, -512, 1536) : 1536;
		c->f[F_SHARP_REL] = clip(c->f[F_SHARP] - c->typical, -512, 512);
		c->f[F_MATE] = c->mate;
		c->f[F_SHAPE] = clip(shape, -1024, 1024);
	}
	for (int32_t i = 0; i < l->count; i++) { /* when all of them are known: what was written just now is not yet to be had in larger pieces */
		struct detect_candidate *c = &l->c[i];
		int32_t s = 0;
		for (int k = 0; k < F_COUNT; k++)
			s += c->f[k] * weight[round > 0][k];
		c->score = (s >> 8) - detect_doubt(c);
	}
}
