/* What a lead is worth, second by second. Four numbers a second (range, roughness, middle, how often the same extreme value), then the lead's own usual values from their middle: amplifiers, gains and people differ by a
 * factor of ten, so what is rough or large is judged against the lead itself, and against microvolts only where the unit is known. */
#include "quality.h"
#include "twice.h"

#include <math.h>
#include <stdlib.h>

struct second {
	int32_t low, high, middle;
	float rough;        /* mean of |x[i] - 2 x[i+k] + x[i+2k]|, k = 8 ms */
	uint16_t gaps, ends; /* per thousand: not recorded; at the lowest or highest value, standing still there */
};

/* Lowest, highest, sum, and how many are none, of at most PIECE samples: sums in 32 bits, counts in 16. */
#define PIECE 8192

struct piece {
	int16_t low, high;
	int32_t sum;
	uint16_t gaps;
};

INLINE struct piece plain(const int16_t *x, size_t n)
{
	struct piece p = {INT16_MAX, INT16_MIN, 0, 0};
	for (size_t i = 0; i < n; i++) {
		p.low = x[i] < p.low ? x[i] : p.low;
		p.high = x[i] > p.high ? x[i] : p.high;
		p.sum += x[i];
	}
	return p;
}

INLINE struct piece holey(const int16_t *x, size_t n)
{
	struct piece p = {INT16_MAX, INT16_MIN, 0, 0};
	for (size_t i = 0; i < n; i++) {
		int16_t v = x[i], up = v == ECG_GAP16 ? INT16_MAX : v;
		p.low = up < p.low ? up : p.low;
		p.high = v > p.high ? v : p.high;
		p.gaps = (uint16_t)(p.gaps + (v == ECG_GAP16));
		p.sum += v == ECG_GAP16 ? 0 : v;
	}
	return p;
}

INLINE int32_t roughness(const int16_t *x, size_t n, size_t k)
{
	const int16_t *restrict y = x + k, *restrict z = x + 2 * k;
	int32_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += abs(x[i] - 2 * y[i] + z[i]);
	return sum;
}

INLINE uint16_t ends_of(const int16_t *x, size_t n, int16_t low, int16_t high)
{
	const int16_t *before = x - 1;
	uint16_t ends = 0;
	for (size_t i = 0; i < n; i++)
		ends = (uint16_t)(ends + ((x[i] == before[i]) & ((x[i] == low) | (x[i] == high))));
	return ends;
}

INLINE struct second look_body(const int16_t *x, size_t n, size_t k)
{
	struct second s = {INT16_MAX, INT16_MIN, 0, 0, 0, 0};
	int64_t sum = 0, rough = 0;
	size_t gaps = 0, ends = 0, counted = 0;
	int16_t low = INT16_MAX, high = INT16_MIN;
	for (size_t at = 0; at < n; at += PIECE) {
		const size_t end = at + PIECE < n ? at + PIECE : n, to = n < 2 * k ? at : end + 2 * k < n ? end : n - 2 * k;
		struct piece p = plain(x + at, end - at);
		if (p.low == ECG_GAP16)
			p = holey(x + at, end - at);
		low = p.low < low ? p.low : low;
		high = p.high > high ? p.high : high;
		sum += p.sum;
		gaps += p.gaps;
		rough += to > at ? roughness(x + at, to - at, k) : 0;
	}
	for (size_t at = 1; at < n; at += PIECE)
		ends += ends_of(x + at, at + PIECE < n ? PIECE : n - at, low, high);
	s.low = low;
	s.high = high;
	counted = n > 2 * k ? n - 2 * k : 1;
	s.middle = n > gaps ? (int32_t)(sum / (int64_t)(n - gaps)) : 0;
	s.rough = gaps ? 0 : (float)rough / (float)counted;
	s.gaps = (uint16_t)(gaps * 1000 / n);
	s.ends = (uint16_t)(ends * 1000 / n);
	return s;
}
TWICE(static, struct second, look, (const int16_t *x, size_t n, size_t k), (x, n, k))

/* The power at one frequency against all, in one second: a Goertzel filter. */
static double share_at(const int16_t *x, size_t n, double hz, double rate, int32_t middle)
{
	/* cosine of the step by its series: no libm, and the argument is below pi */
	double w = 6.283185307179586 * hz / rate, half = w / 4, h2 = half * half;
	double c = 1 - h2 / 2 * (1 - h2 / 12 * (1 - h2 / 30 * (1 - h2 / 56 * (1 - h2 / 90 * (1 - h2 / 132))))); /* cos(w/4) */
	c = 2 * c * c - 1;
	c = 2 * c * c - 1;
	double s1 = 0, s2 = 0, all = 0, before = x[0];
	for (size_t i = 0; i < n; i++) {
		/* of changes, so that slow waves of the heart count less; nothing at w = 0 */
		double v = (double)x[i] - before, s0 = v + 2 * c * s1 - s2;
		before = x[i];
		all += v * v;
		s2 = s1;
		s1 = s0;
	}
	double power = s1 * s1 + s2 * s2 - 2 * c * s1 * s2;
	return all > 0 ? 2 * power / (all * (double)n) : 0;
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

/* The value below which `part` of up to 4096 seconds, spread over the record, lie. */
static float usual(const struct second *s, size_t n, float (*of)(const struct second *), double part)
{
	float v[4096];
	size_t step = (n + ARRAY_LEN(v) - 1) / ARRAY_LEN(v), m = 0;
	for (size_t i = 0; i < n; i += step)
		if (s[i].gaps < 500 && s[i].high > s[i].low)
			v[m++] = of(&s[i]);
	if (!m)
		return 0;
	qsort(v, m, sizeof *v, by_value);
	return v[(size_t)((double)(m - 1) * part)];
}

static float range_of(const struct second *s)
{
	return (float)(s->high - s->low);
}
static float rough_of(const struct second *s)
{
	return s->rough;
}

static uint8_t judge(const struct second *s, const struct second *before, float range, float rough, int32_t lowest, int32_t highest)
{
	uint8_t c = 0;
	float own = (float)(s->high - s->low);
	if (s->gaps >= 500)
		return CELL_GAP;
	if (s->high <= s->low)
		return (uint8_t)(CELL_FLAT | CELL_QUIET | (lowest < highest && (s->low == lowest || s->high == highest) ? CELL_SATURATED : 0));
	if (s->ends >= 100 && (s->low == lowest || s->high == highest))
		c |= CELL_SATURATED;
	/* a QRS is rough, too: rougher than three usual seconds, and no beat could stand out of it */
	if (s->rough > 3 * rough && s->rough > 0.06f * own && s->rough > 0.06f * range)
		c |= CELL_NOISY;
	if (before && abs(s->middle - before->middle) > 0.6f * range)
		c |= CELL_DRIFT;
	if (own < 0.25f * range)
		c |= CELL_QUIET;
	return c;
}

static void sum_up(struct ecg_quality *q, const uint8_t *cell, size_t n, float rough, float range, double mains)
{
	size_t bad = 0, off = 0, saturated = 0, noisy = 0, drift = 0;
	for (size_t i = 0; i < n; i++) {
		bad += (cell[i] & CELL_BAD) != 0;
		off += (cell[i] & (CELL_GAP | CELL_FLAT)) != 0;
		saturated += (cell[i] & CELL_SATURATED) != 0;
		noisy += (cell[i] & CELL_NOISY) != 0;
		drift += (cell[i] & CELL_DRIFT) != 0;
	}
	float all = n ? (float)n : 1, hum = (float)(mains > 0.3 ? mains : 0), always = range > 0 ? rough / range : 1;
	q->lead_off = n == 0 || (float)off > 0.5f * all;
	q->saturated = (float)saturated > 0.05f * all;
	q->mains = hum > 0;
	q->drifting = (float)drift > 0.1f * all;
	q->noisy = (float)noisy > 0.1f * all || always > 0.085f;
	float score = 100 * (1 - (float)bad / all) * (1 - 0.3f * (float)drift / all) * (1 - 0.5f * hum);
	if (always > 0.04f) /* rough throughout, so that no second stands out */
		score *= always > 0.14f ? 0.2f : 1 - (always - 0.04f) * 8;
	q->score = (uint8_t)(q->lead_off ? 0 : score < 0 ? 0 : score > 100 ? 100 : score);
}

int quality_scan(const struct ecg *g, unsigned channel, struct arena *a, struct cells *ret_cells, struct ecg_quality *ret, struct err *e)
{
	const struct ecg_channel *c = &g->channel[channel];
	const size_t k = (size_t)(c->rate * 0.008 + 0.5) > 0 ? (size_t)(c->rate * 0.008 + 0.5) : 1;
	size_t n = (size_t)ceil((double)c->samples / c->rate), mains_asked = 0, every = n / 256 + 1, most = (size_t)c->rate + 2;
	double mains = 0;
	int32_t lowest = INT16_MAX, highest = INT16_MIN;
	int16_t *x = arena_array(a, most, sizeof *x);
	struct second *s = arena_array(a, n + 1, sizeof *s);
	uint8_t *cell = arena_alloc(a, n + 1);
	if (!x || !s || !cell)
		return err_set(e, arena_code(a), NULL, "no room for the quality of a lead");
	for (size_t i = 0; i < n; i++) {
		uint64_t first = (uint64_t)((double)i * c->rate), end = (uint64_t)((double)(i + 1) * c->rate);
		size_t have = (size_t)((end < c->samples ? end : c->samples) - first);
		if (!have || first >= c->samples) {
			s[i].gaps = 1000;
			continue;
		}
		have = have < most ? have : most;
		ecg_read16(g, channel, first, have, x);
		s[i] = look(x, have, k);
		lowest = s[i].low < lowest ? s[i].low : lowest;
		highest = s[i].high > highest ? s[i].high : highest;
		if (c->rate > 150 && i % every == 0 && s[i].gaps == 0 && s[i].high > s[i].low && have > 100) {
			double fifty = share_at(x, have, 50, c->rate, s[i].middle), sixty = share_at(x, have, 60, c->rate, s[i].middle);
			mains += fifty > sixty ? fifty : sixty;
			mains_asked++;
		}
	}
	float range = usual(s, n, range_of, 0.5), rough = usual(s, n, rough_of, 0.5);
	for (size_t i = 0; i < n; i++)
		cell[i] = judge(&s[i], i ? &s[i - 1] : NULL, range, rough, lowest, highest);
	*ret = (struct ecg_quality){0};
	sum_up(ret, cell, n, rough, range, mains_asked ? mains / (double)mains_asked : 0);
	if (ret_cells)
		*ret_cells = (struct cells){cell, n, range};
	return 0;
}

int ecg_quality(const struct ecg *g, unsigned channel, struct ecg_quality *ret, struct err *e)
{
	assert(channel < g->channels);
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	return quality_scan(g, channel, a, NULL, ret, e);
}
