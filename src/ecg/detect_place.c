/* Where in the complex the beat is said to be: on the raw samples, the R wave or the largest deflection.
 *
 * What a reader would mark is sharp and stands away from the level around it; where two waves are nearly alike (an R before an S as deep, a notched hump), the first. So each sample within 80 ms of the middle
 * is worth twice how much the trace bends there (over 30 ms) and three times how far it is from the level, and the first peak of that which comes to 85 % of the greatest is taken. No sign is
 * preferred: leads can be upside down. */
#include "detect_internal.h"
#include "twice.h"

struct around {
	int16_t *raw;
	int32_t *worth;
	int32_t n, lo, hi;
};

#define SPREAD 21 /* samples, spread over the window, whose median is the level */

/* The middle one of n values, by how many are smaller and how many not larger. What is no value is INT16_MAX and comes last. */
INLINE int16_t middle_body(const int16_t v[24], int32_t n)
{
	int16_t less[24] = {0}, least[24] = {0}, want = (int16_t)(n / 2);
	for (int j = 0; j < SPREAD; j++)
		for (int i = 0; i < 24; i++) {
			less[i] = (int16_t)(less[i] + (v[j] < v[i]));
			least[i] = (int16_t)(least[i] + (v[j] <= v[i]));
		}
	int i = 0;
	while (i < SPREAD && (less[i] > want || least[i] <= want))
		i++;
	assert(i < SPREAD);
	return v[i];
}
TWICE(static, int16_t, middle, (const int16_t *v, int32_t n), (v, n))

static int16_t level_of(const struct around *w)
{
	int16_t v[24];
	int32_t many = 0, each = w->n / SPREAD + 1;
	for (int32_t i = 0; i < w->n; i += each)
		if (w->raw[i] != ECG_GAP16)
			v[many++] = w->raw[i];
	for (int32_t i = many; i < (int32_t)ARRAY_LEN(v); i++)
		v[i] = INT16_MAX;
	return many ? middle(v, many) : 0;
}

/* The greatest worth; 0: nothing but gaps. */
INLINE int32_t weigh_body(const int16_t *raw, int32_t *restrict worth, int32_t lo, int32_t hi, int32_t a, int32_t level)
{
	int32_t best = 0;
	const int16_t *before = raw - a, *after = raw + a;
	for (int32_t i = lo; i <= hi; i++) {
		int32_t x = raw[i], y = before[i], z = after[i], v = 2 * abs(2 * x - y - z) + 3 * abs(x - level);
		v = ((x == ECG_GAP16) | (y == ECG_GAP16) | (z == ECG_GAP16)) ? 0 : v;
		worth[i] = v;
		best = v > best ? v : best;
	}
	return best;
}
TWICE(static, int32_t, weigh, (const int16_t *raw, int32_t *worth, int32_t lo, int32_t hi, int32_t a, int32_t level), (raw, worth, lo, hi, a, level))

static bool stands(const struct around *w, int32_t i, int32_t reach)
{
	int32_t from = i - reach < w->lo ? w->lo : i - reach, to = i + reach > w->hi ? w->hi : i + reach;
	for (int32_t k = from; k <= to; k++)
		if (w->worth[k] > w->worth[i])
			return false;
	return true;
}

uint64_t detect_place(const struct detect_lead *l, const struct detect_candidate *c)
{
	static const int32_t share = 85;
	struct around w = {.raw = l->raw, .worth = l->worth};
	double rate = l->g->channel[l->channel].rate;
	uint64_t mid = (uint64_t)(l->first + c->at) * l->by + (l->by - 1) / 2;
	int32_t wide = l->wide, near = (int32_t)(rate * 0.08), a = (int32_t)(rate * 0.03), reach = (int32_t)(rate * 0.012);
	a = a < 1 ? 1 : a;
	near = near > wide - a ? wide - a : near < 1 ? 1 : near;
	uint64_t from = mid > (uint64_t)wide ? mid - (uint64_t)wide : 0;
	int32_t centre = (int32_t)(mid - from);
	w.n = 2 * wide + 1;
	ecg_read16(l->g, l->channel, from, (size_t)w.n, w.raw);
	w.lo = centre - near < a ? a : centre - near;
	w.hi = centre + near > w.n - 1 - a ? w.n - 1 - a : centre + near;
	int32_t best = weigh(w.raw, w.worth, w.lo, w.hi, a, level_of(&w));
	for (int32_t i = w.lo; best && i <= w.hi; i++)
		if ((int64_t)w.worth[i] * 100 >= (int64_t)best * share && stands(&w, i, reach))
			return from + (uint64_t)i;
	return mid;
}
