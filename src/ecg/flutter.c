/* Flutter of the atria: waves like the teeth of a saw, 240 to 350 a minute, that go on through everything. What stands still with respect to the QRS (P, T, U) cannot be told from them while it is alone in a cycle, so they are
 * sought where a sinus rhythm has at most one wave: between the end of T and the next QRS, and only where nearly two whole waves have room there. Two questions, which must agree about the rate:
 *   - is what stands there followed by its like one wave later, as high?
 *   - is all of it, over ten seconds, one oscillation with a clock of its own? A sinus rhythm's P would have to keep in step with such a clock over ten intervals; that it may do where it is as regular as a clock itself:
 *     then nothing is said in two leads, and with twelve only where hardly anything else is left.
 * A block of two to one leaves no room for any of that. There it is said only of a tachycardia that now and then leaps to a longer interval and is back at once, without an early beat: two to one, and sometimes three. */
#include "rhythm.h"
#include "twice.h"

#include <math.h>

#define HZ 100
#define WINDOW_S 10
#define STEP_S 5
#define N (HZ * WINDOW_S)
#define SHORTEST 17      /* of a wave, hundredths of a second */
#define LONGEST 25
#define BASELINE 21      /* a mean over this long is taken off: nothing of the wave is in it, most of what is slower is */
#define FREQUENCIES 37   /* 4 Hz and on in twentieths: ten seconds tell a tenth apart */
#define LEADS_MAX 12
#define ALIKE 0.70f      /* followed by its like: correlation */
#define ONE_CLOCK 0.60f  /* part of the energy */
#define ALIKE_REGULAR 0.85f
#define ONE_CLOCK_REGULAR 0.75f
#define REGULAR 0.02f    /* standard deviation of intervals, part of their mean */
#define AGREE 0.08f
#define SHORT_S 120      /* so long every window and every lead is looked at */
#define SOME 6           /* of longer ones one window in six, every second one in fibrillation, and what is near one that has flutter */

struct look {
	uint64_t from;           /* sample of the record */
	size_t first, end;       /* its beats, one more on either side where there are */
	bool zone[N];            /* behind T, before QRS */
	unsigned zones, points;
	float y[LEADS_MAX][N];
	unsigned leads;
	float irregular;
	int16_t *raw;
	size_t raw_max;
};

/* ---- the signal ---- */

static bool read_lead(const struct rhythm *r, unsigned channel, struct look *k, float *x)
{
	const struct ecg_channel *c = &r->g->channel[channel];
	const double step = c->rate / HZ;
	const uint64_t first = (uint64_t)((double)k->from * c->rate / r->g->rate);
	const size_t n = (size_t)(step * N);
	if (c->rate < HZ / 2.0 || n > k->raw_max || first + n > c->samples)
		return false;
	ecg_read16(r->g, channel, first, n, k->raw);
	int16_t least = INT16_MAX;
	for (size_t i = 0; i < n; i++)
		least = k->raw[i] < least ? k->raw[i] : least;
	if (least == ECG_GAP16)
		return false;
	for (size_t i = 0, at = 0; i < N; i++) {
		const size_t next = (size_t)((double)(i + 1) * step), end = next > at ? next : at + 1;
		int32_t sum = 0;
		for (size_t j = at; j < end && j < n; j++)
			sum += k->raw[j];
		x[i] = (float)sum / (float)(end - at);
		at = next;
	}
	return true;
}

/* Where beats are is a straight line; then less its mean over one wave, and smoothed over 50 ms. */
static void level(const struct rhythm *r, const struct look *k, float *x, float *y)
{
	double sum[N + 1];
	sum[0] = 0;
	for (size_t i = k->first; i < k->end; i++) {
		const double at = ((double)r->b->beat[i].at - (double)k->from) / r->g->rate * HZ;
		int a = (int)floor(at) - 9, b = (int)floor(at) + 10;
		if (b < 0 || a >= N)
			continue;
		a = a < 0 ? 0 : a;
		b = b > N - 1 ? N - 1 : b;
		const float left = x[a], slope = b > a ? (x[b] - left) / (float)(b - a) : 0;
		for (int j = a; j <= b; j++)
			x[j] = left + slope * (float)(j - a);
	}
	for (int i = 0; i < N; i++)
		sum[i + 1] = sum[i] + x[i];
	double after[N + 1];
	after[0] = 0;
	for (int i = 0; i < N; i++) {
		int a = i - BASELINE / 2;
		a = a < 0 ? 0 : a > N - BASELINE ? N - BASELINE : a;
		after[i + 1] = after[i] + (x[i] - (sum[a + BASELINE] - sum[a]) / BASELINE);
	}
	for (int i = 0; i < N; i++) {
		const int a = i < 2 ? 0 : i - 2, b = i > N - 3 ? N : i + 3;
		y[i] = (float)((after[b] - after[a]) / (b - a));
	}
}

/* False: there is nothing to be seen here; beats of the ventricle, of a pacemaker, or too fast. */
static bool zones(const struct rhythm *r, struct look *k)
{
	const struct ecg_beats *b = r->b;
	unsigned n = 0, odd = 0;
	double sum = 0, squares = 0;
	memset(k->zone, 0, sizeof k->zone);
	k->zones = k->points = 0;
	for (size_t i = k->first; i + 1 < k->end; i++) {
		const double at = ((double)b->beat[i].at - (double)k->from) / b->rate, rr = (double)(b->beat[i + 1].at - b->beat[i].at) / b->rate;
		const bool wide = b->beat[i].class == 'V', next = b->beat[i + 1].class == 'V';
		odd += wide || b->beat[i].paced;
		n++;
		sum += rr;
		squares += rr * rr;
		if (rr > 3)
			continue;
		const int from = (int)floor((at + (wide ? 0.48 : 0.40) * sqrt(rr > 1 ? 1 : rr)) * HZ), to = (int)floor((at + rr - (next ? 0.12 : 0.07)) * HZ);
		unsigned here = 0;
		for (int j = from < 0 ? 0 : from; j < to && j < N; j++, here++)
			k->zone[j] = true;
		k->zones += here >= BASELINE * 5 / 4;
		k->points += here;
	}
	if (n < 3 || odd * 3 > n || k->zones < 3 || k->points < 120)
		return false;
	const double mean = sum / n, var = squares / n - mean * mean;
	k->irregular = var > 0 ? (float)(sqrt(var) / mean) : 0;
	return true;
}

/* ---- the two questions ---- */

#define WAVES (LONGEST - SHORTEST + 1)

struct followed { /* for each length of a wave */
	double both[WAVES], a[WAVES], b[WAVES];
	int32_t n[WAVES];
};

/* A zone, from i to before j: added to those lengths of which most of two waves have room in it. Side by side, so that each sum has the order it would have alone. */
INLINE void zone_body(const float *y, int i, int j, struct followed *f)
{
	double both[WAVES] = {0}, a[WAVES] = {0}, b[WAVES] = {0};
	int longest = SHORTEST - 1, l = i;
	while (longest < LONGEST && (j - i) * 10 >= (longest + 1) * 17)
		longest++;
	const int waves = longest - SHORTEST + 1;
	for (int w = 0; w < waves; w++) {
		both[w] = f->both[w];
		a[w] = f->a[w];
		b[w] = f->b[w];
		f->n[w] += j - i - SHORTEST - w;
	}
	for (; l + LONGEST < j; l++)
		for (int w = 0; w < WAVES; w++) {
			const double here = (double)y[l], there = (double)y[l + SHORTEST + w];
			both[w] += here * there;
			a[w] += here * here;
			b[w] += there * there;
		}
	for (; l + SHORTEST < j; l++)
		for (int w = 0; w < waves && l + SHORTEST + w < j; w++) {
			const double here = (double)y[l], there = (double)y[l + SHORTEST + w];
			both[w] += here * there;
			a[w] += here * here;
			b[w] += there * there;
		}
	for (int w = 0; w < waves; w++) {
		f->both[w] = both[w];
		f->a[w] = a[w];
		f->b[w] = b[w];
	}
}
TWICE(static, void, zone, (const float *y, int i, int j, struct followed *f), (y, i, j, f))

/* How like what follows is, one wave later, in zones where most of two waves have room; 0 where what comes first is much higher or lower than what comes second. */
static void followed(const struct look *k, const float *y, float ret[WAVES])
{
	struct followed f = {0};
	for (int i = 0, j; i < N; i = j) {
		j = i + 1;
		if (!k->zone[i])
			continue;
		while (j < N && k->zone[j])
			j++;
		if ((j - i) * 10 >= SHORTEST * 17)
			zone(y, i, j, &f);
	}
	for (int w = 0; w < WAVES; w++) {
		const float ratio = f.b[w] > 0 ? (float)sqrt(f.a[w] / f.b[w]) : 0, like = f.n[w] >= 60 && f.a[w] > 0 && f.b[w] > 0 ? (float)(f.both[w] / sqrt(f.a[w] * f.b[w])) : 0;
		ret[w] = ratio > 0.6f && ratio < 1.6f ? like : 0;
	}
}

/* sine and cosine of an angle below 0.4: the series, to the last bit that counts */
static void turn(double v, double *ret_cos, double *ret_sin)
{
	const double q = v * v;
	*ret_cos = 1 - q / 2 * (1 - q / 12 * (1 - q / 30 * (1 - q / 56)));
	*ret_sin = v * (1 - q / 6 * (1 - q / 20 * (1 - q / 42 * (1 - q / 72))));
}

/* The zones, each less its mean. */
static void zones_alone(const struct look *k, const float *y, double v[N])
{
	for (int i = 0, j; i < N; i = j) {
		double sum = 0;
		j = i + 1;
		if (!k->zone[i])
			continue;
		while (j < N && k->zone[j])
			j++;
		for (int l = i; l < j; l++)
			sum += y[l];
		const double mean = sum / (j - i);
		for (int l = i; l < j; l++)
			v[l] = y[l] - mean;
	}
}

typedef double four __attribute__((vector_size(32)));

/* The part of the zones' energy that one oscillation has, of four frequencies side by side: each has its sums in its own order. */
INLINE void one_clock_body(const struct look *k, const double *v, const double *hz, float *ret)
{
	four step_c, step_s, c = {1, 1, 1, 1}, s = {0}, a = {0}, b = {0}, aa = {0}, bb = {0}, ab = {0};
	double yy = 0;
	for (int f = 0; f < 4; f++) {
		double cosine, sine;
		turn(2 * 3.14159265358979324 * hz[f] / HZ, &cosine, &sine);
		step_c[f] = cosine;
		step_s[f] = sine;
	}
	for (int i = 0; i < N; i++) {
		if (k->zone[i]) {
			a += v[i] * c;
			b += v[i] * s;
			aa += c * c;
			bb += s * s;
			ab += c * s;
			yy += v[i] * v[i];
		}
		const four next = c * step_c - s * step_s;
		s = s * step_c + c * step_s;
		c = next;
	}
	for (int f = 0; f < 4; f++) {
		const double det = aa[f] * bb[f] - ab[f] * ab[f];
		ret[f] = det <= 0 || yy <= 0 ? 0 : (float)((a[f] * (a[f] * bb[f] - b[f] * ab[f]) + b[f] * (b[f] * aa[f] - a[f] * ab[f])) / det / yy);
	}
}
TWICE(static, void, one_clock, (const struct look *k, const double *v, const double *hz, float *ret), (k, v, hz, ret))

static void clocks(const struct look *k, const float *y, float ret[FREQUENCIES])
{
	double v[N] = {0}, hz[FREQUENCIES + 3];
	float part[FREQUENCIES + 3];
	for (int f = 0; f < FREQUENCIES + 3; f++)
		hz[f] = (double)(4 + 0.05f * (float)f);
	zones_alone(k, y, v);
	for (int f = 0; f < FREQUENCIES; f += 4)
		one_clock(k, v, hz + f, part + f);
	memcpy(ret, part, FREQUENCIES * sizeof *ret);
}

/* Of values of the leads the mean of the better half. */
static float better_half(float *v, unsigned n)
{
	const unsigned half = (n + 1) / 2;
	float sum = 0;
	for (unsigned i = 0; i < half; i++) {
		for (unsigned j = i + 1; j < n; j++)
			if (v[j] > v[i]) {
				const float w = v[i];
				v[i] = v[j];
				v[j] = w;
			}
		sum += v[i];
	}
	return sum / (float)half;
}

static bool judged(const struct look *k)
{
	const bool regular = k->irregular < REGULAR;
	float best = 0, clock = 0, like[LEADS_MAX][WAVES], part_of[LEADS_MAX][FREQUENCIES], v[LEADS_MAX], hz = 0;
	int wave = 0;
	for (unsigned l = 0; l < k->leads; l++)
		followed(k, k->y[l], like[l]);
	for (int w = SHORTEST; w <= LONGEST; w++) {
		for (unsigned l = 0; l < k->leads; l++)
			v[l] = like[l][w - SHORTEST];
		const float alike = better_half(v, k->leads);
		if (alike > best) {
			best = alike;
			wave = w;
		}
	}
	if (best < (regular ? ALIKE_REGULAR : ALIKE) || (regular && k->leads < 6))
		return false;
	for (unsigned l = 0; l < k->leads; l++)
		clocks(k, k->y[l], part_of[l]);
	for (int f = 0; f < FREQUENCIES; f++) {
		const float at = 4 + 0.05f * (float)f;
		for (unsigned l = 0; l < k->leads; l++)
			v[l] = part_of[l][f];
		const float part = better_half(v, k->leads);
		if (part > clock) {
			clock = part;
			hz = at;
		}
	}
	return clock >= (regular ? ONE_CLOCK_REGULAR : ONE_CLOCK) && fabsf(hz * (float)wave / HZ - 1) < AGREE;
}

static bool flutters(const struct rhythm *r, struct look *k, uint64_t from)
{
	const struct ecg_beats *b = r->b;
	const uint64_t to = from + (uint64_t)(WINDOW_S * r->g->rate);
	size_t lo = 0, hi = b->count;
	while (lo < hi) { /* the first beat from there on */
		const size_t m = (lo + hi) / 2;
		if (b->beat[m].at < from)
			lo = m + 1;
		else
			hi = m;
	}
	k->from = from;
	k->first = lo ? lo - 1 : 0;
	for (k->end = lo; k->end < b->count && b->beat[k->end].at < to; k->end++)
		;
	k->end += k->end < b->count;
	if (!zones(r, k))
		return false;
	const bool all = (double)r->g->samples <= SHORT_S * r->g->rate;
	float x[N];
	k->leads = 0;
	if (!all && k->irregular < REGULAR)
		return false;
	for (unsigned c = 0; all && c < r->g->channels && k->leads < LEADS_MAX; c++)
		if (r->g->channel[c].ecg && read_lead(r, c, k, x))
			level(r, k, x, k->y[k->leads++]);
	for (unsigned l = 0; !all && l < r->leads; l++)
		if (read_lead(r, r->channel[l], k, x))
			level(r, k, x, k->y[k->leads++]);
	return k->leads && judged(k);
}

/* ---- two to one ---- */

#define LEAPS 3

/* Twelve beats and more, faster than 110: most intervals within 4 % of the median, none shorter, three and more longer by a quarter to two thirds, each by itself. */
static bool leaps(const struct ecg_beats *b, size_t first, size_t end)
{
	float rr[64], middle = 0;
	size_t n = 0, same = 0, longer = 0;
	for (size_t i = first + 1; i < end && n < ARRAY_LEN(rr); i++) {
		if (b->beat[i].class != 'N' || b->beat[i].paced)
			return false;
		rr[n++] = (float)((double)(b->beat[i].at - b->beat[i - 1].at) / b->rate);
	}
	for (size_t i = 0; i < n && n >= 12; i++) { /* the median: as many below as above */
		size_t below = 0, equal = 0;
		for (size_t j = 0; j < n; j++) {
			below += rr[j] < rr[i];
			equal += rr[j] == rr[i];
		}
		if (below <= n / 2 && below + equal > n / 2)
			middle = rr[i];
	}
	if (middle <= 0.34f || middle > 60 / 110.0f) /* 175 a minute and more: not two to one */
		return false;
	for (size_t i = 0; i < n; i++) {
		const bool is_longer = rr[i] > 1.25f * middle && rr[i] < 1.67f * middle;
		if (rr[i] < 0.95f * middle || (is_longer && i && rr[i - 1] > 1.25f * middle))
			return false;
		same += rr[i] < 1.04f * middle;
		longer += is_longer;
	}
	return longer >= LEAPS && same * 3 >= n * 2 && same + longer + 1 + n / 10 >= n;
}

/* ---- all of it ---- */

static bool fibrillates(const struct rhythm *r, uint64_t from, size_t *at)
{
	while (*at < r->b->count && r->b->beat[*at].at < from)
		++*at;
	return *at < r->b->count && r->af[*at];
}

static void mark(struct rhythm *r, const uint8_t *is, size_t windows, uint64_t step)
{
	const bool brief = windows < 3; /* fifteen seconds at most: one look has to do */
	size_t i = 0;
	for (size_t w = 0; w < windows; w++) {
		if (!is[w] || (!brief && !(w && is[w - 1]) && !(w + 1 < windows && is[w + 1])))
			continue;
		const uint64_t from = w * step, to = brief ? r->g->samples : from + (uint64_t)(WINDOW_S * r->g->rate);
		while (i > 0 && r->b->beat[i - 1].at >= from)
			i--;
		for (; i < r->b->count && r->b->beat[i].at < to; i++)
			if (r->b->beat[i].at >= from)
				r->afl[i] = 1;
	}
}

void rhythm_flutter(struct rhythm *r)
{
	const uint64_t step = (uint64_t)(STEP_S * r->g->rate), length = (uint64_t)(WINDOW_S * r->g->rate);
	const bool brief = (double)r->g->samples <= SHORT_S * r->g->rate;
	double fastest = 0;
	for (unsigned c = 0; c < r->g->channels; c++)
		fastest = r->g->channel[c].ecg && r->g->channel[c].rate > fastest ? r->g->channel[c].rate : fastest;
	r->afl = arena_alloc(r->a, r->b->count + 1);
	if (!step || r->g->samples < length || r->b->count < 4)
		return;
	const size_t windows = (size_t)((r->g->samples - length) / step) + 1;
	uint8_t *is = arena_alloc(r->a, windows), *seen = arena_alloc(r->a, windows);
	struct look *k = arena_alloc(r->a, sizeof *k);
	if (k)
		k->raw = arena_array(r->a, k->raw_max = (size_t)(fastest * WINDOW_S) + 1, sizeof *k->raw);
	if (!r->afl || !is || !seen || !k || !k->raw) {
		r->full = true;
		return;
	}
	if ((double)r->g->samples <= 1.5 * (double)length && leaps(r->b, 0, r->b->count)) {
		memset(r->afl, 1, r->b->count);
		return;
	}
	size_t beat = 0;
	for (size_t w = 0; w < windows; w++)
		if (brief || w % SOME == 0 || (w % 2 == 0 && fibrillates(r, w * step, &beat))) {
			seen[w] = 1;
			is[w] = flutters(r, k, w * step);
		}
	for (size_t w = 1; w < windows; w++) /* on from where it was seen, forwards and back */
		if (is[w - 1] && !seen[w]) {
			seen[w] = 1;
			is[w] = flutters(r, k, w * step);
		}
	for (size_t w = windows - 1; w-- > 0;)
		if (is[w + 1] && !seen[w]) {
			seen[w] = 1;
			is[w] = flutters(r, k, w * step);
		}
	mark(r, is, windows, step);
}
