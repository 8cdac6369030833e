/* Atrial fibrillation: intervals that cannot be foretold from the one before, and no P wave that stands still before the QRS. Ventricular beats and the intervals about them are left out; supraventricular ones are not,
 * as in fibrillation every beat looks like one: that frequent ectopy, bigeminy and blocked beats are not fibrillation is seen in that their intervals are few and come in patterns. */
#include "af.h"
#include "twice.h"

#include <math.h>

/* The middle one of n > 0 values that are no NaN and not below 0, by how many are smaller and how many not larger: of such floats the bits are in order. */
INLINE float middle_body(const float *v, size_t n)
{
	int32_t x[AF_WINDOW], less[AF_WINDOW] = {0}, least[AF_WINDOW] = {0}, want = (int32_t)(n / 2);
	for (int i = 0; i < AF_WINDOW; i++)
		x[i] = INT32_MAX;
	memcpy(x, v, n * sizeof *v);
	for (size_t j = 0; j < n; j++)
		for (int i = 0; i < AF_WINDOW; i++) {
			less[i] += x[j] < x[i];
			least[i] += x[j] <= x[i];
		}
	size_t i = 0;
	while (i + 1 < n && (less[i] > want || least[i] <= want))
		i++;
	return v[i];
}
TWICE(static, float, middle, (const float *v, size_t n), (v, n))

static bool own(const struct ecg_beat *b, unsigned least) /* of the atrium's doing, and in no burst of noise */
{
	return b->class != 'V' && b->class != 'F' && !b->paced && b->quality >= least;
}

/* What is half as clean as the beats around are in the mean may be none. Where all is noisy, all counts. */
static unsigned clean_enough(const struct ecg_beat *b, size_t n)
{
	unsigned sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += b[i].quality;
	return n ? sum / (unsigned)n / 2 : 0;
}

/* Of pairs of intervals that are alike, the part whose next ones are, too; n <= AF_WINDOW. Pairs as far from each other at a time; behind the n-th stands what is like nothing. */
INLINE float foretold_body(const float *rr, const int32_t *next, size_t n, float near)
{
	float v[2 * AF_WINDOW + 1] __attribute__((uninitialized));
	int32_t has[2 * AF_WINDOW] __attribute__((uninitialized)), alike = 0, both = 0;
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		v[i] = i < n ? rr[i] : NAN;
	for (size_t i = 0; i < ARRAY_LEN(has); i++)
		has[i] = i + 1 < n ? next[i] : 0;
	for (size_t apart = 1; apart + 1 < n; apart++) {
		const float *w = v + apart;
		const int32_t *had = has + apart;
		for (size_t i = 0; i < (n - apart + 7) / 8 * 8; i++) {
			const int32_t is = (fabsf(v[i] - w[i]) <= near) & has[i] & had[i];
			alike += is;
			both += is & (fabsf(v[i + 1] - w[i + 1]) <= near);
		}
	}
	return alike >= 10 ? (float)both / (float)alike : -1;
}
TWICE(static, float, foretold, (const float *rr, const int32_t *next, size_t n, float near), (rr, next, n, near))

#define NOISE_PART 1.0
#define P_PART (SHAPE_P - 3) /* up to 120 ms before the middle of the QRS: nearer, a wide QRS has begun */

/* What all beats have in common before the QRS: the energy of the mean over the mean energy. Where most of that energy is noise it could not be told: -1. */
static float still(const struct shape *s, unsigned leads, unsigned lead, const bool *use, size_t n)
{
	double sum[P_PART] = {0}, energy = 0, noise = 0;
	size_t used = 0;
	for (size_t i = 0; i < n; i++) {
		const struct shape *p = &s[i * leads + lead];
		if (!use[i] || !p->good)
			continue;
		double mean = 0, slope = 0;
		for (int k = 0; k < P_PART; k++) {
			mean += p->p[k];
			slope += p->p[k] * (k - (P_PART - 1) / 2.0);
		}
		mean /= P_PART;
		slope /= (P_PART * (P_PART * P_PART - 1)) / 12.0; /* of the line of least squares: what wanders is no P wave */
		for (int k = 0; k < P_PART; k++) {
			double v = p->p[k] - mean - slope * (k - (P_PART - 1) / 2.0);
			sum[k] += v;
			energy += v * v;
		}
		/* white noise in means over 20 ms goes 0.56 of its deviation from step to step; noise is in percent of the peak, rounded, values in parts of 127 */
		const double least = p->noise ? (p->noise - 0.5) * 1.27 / 0.56 : 0;
		noise += P_PART * least * least;
		used++;
	}
	if (used < 5 || noise > NOISE_PART * energy)
		return -1;
	double common = 0;
	for (int k = 0; k < P_PART; k++)
		common += sum[k] * sum[k];
	/* of n beats without anything in common 1/n would remain */
	double part = energy > 0 ? common / (double)used / energy : 0;
	return (float)((part - 1.0 / (double)used) / (1 - 1.0 / (double)used));
}

static bool hardly(const struct af_window *w)
{
	return w->intervals < 6 || w->change < 0.045f || w->irregular < 0.4f;
}

/* Weighed by hand, looking at all 22 reference records (fibrillation is in two of them, one in each half, so that no half could tell about the other: DESIGN.md); a third of the way between what sinus rhythm with its
 * worst ectopy has and what fibrillation has. An unknown P wave speaks for neither. */
static float judged(const struct af_window *w)
{
	if (hardly(w))
		return -1;
	float predicted = w->predicted < 0 ? 0.25f : w->predicted, p = w->p < -0.5f ? 0.3f : w->p, leap = w->change > 0.57f ? 0.15f : w->change > 0.42f ? w->change - 0.42f : 0;
	if (w->intervals < 24 && w->beats == AF_WINDOW) /* half of the beats are ventricular: what is left says less */
		leap += 0.05f * (float)(24 - w->intervals);
	return 4 * (0.33f - predicted) + 3 * (w->irregular - 0.65f) + 3 * (0.3f - p) - 4 * leap; /* changes by half the mean are those of bigeminy */
}

static void have(const struct af_shapes *s, const struct ecg_beats *b, size_t from, size_t to)
{
	for (size_t i = from; i < to && s->reader; i++) {
		for (unsigned l = 0; l < s->leads && !s->have[i]; l++)
			shape_read(&s->reader[l], b->beat[i].at, &s->shape[i * s->leads + l]);
		s->have[i] = 1;
	}
}

void af_look(const struct ecg_beats *b, size_t i, const struct af_shapes *s, bool whole, struct af_window *ret)
{
	size_t from = i > AF_WINDOW / 2 ? i - AF_WINDOW / 2 : 0, to = from + AF_WINDOW < b->count ? from + AF_WINDOW : b->count, n = 0, m = 0;
	if (to - from < AF_WINDOW)
		from = to > AF_WINDOW ? to - AF_WINDOW : 0;
	float rr[AF_WINDOW], change[AF_WINDOW], sum = 0, squares = 0, steps = 0;
	int32_t next[AF_WINDOW] = {0};
	bool use[AF_WINDOW] = {0}, still_use[AF_WINDOW] = {0};
	*ret = (struct af_window){.p = -1, .predicted = -1};
	size_t last = 0, early[AF_WINDOW];
	const unsigned least = clean_enough(b->beat + from, to - from);
	for (size_t j = from; j < to; j++) {
		use[j - from] = still_use[j - from] = own(&b->beat[j], least);
		if (j == 0 || !use[j - from] || !own(&b->beat[j - 1], least))
			continue;
		float v = (float)((double)(b->beat[j].at - b->beat[j - 1].at) / b->rate);
		if (v > 2.5f || v < 0.2f)
			continue;
		early[n] = j - from;
		if (n)
			next[n - 1] = last + 1 == j;
		rr[n++] = v;
		last = j;
		sum += v;
	}
	ret->intervals = (uint16_t)n;
	ret->beats = (uint16_t)(to - from);
	if (n < 5)
		return;
	float mean = ret->mean = sum / (float)n;
	for (size_t j = 0; j < n; j++) {
		squares += (rr[j] - mean) * (rr[j] - mean);
		if (j + 1 < n && next[j]) {
			float d = fabsf(rr[j + 1] - rr[j]);
			change[m++] = d;
			steps += d * d;
			ret->irregular += d > 0.06f * mean;
		}
	}
	if (m < 4)
		return;
	ret->irregular /= (float)m;
	ret->jump = squares > 0 ? (steps / (float)m) / (2 * squares / (float)n) : 0;
	ret->change = middle(change, m) / mean;
	if (!whole && hardly(ret)) {
		ret->score = -1;
		return;
	}
	ret->predicted = foretold(rr, next, n, 0.05f * mean);
	for (size_t j = 0; j < n; j++) /* before an early beat stands the T wave of the one before it */
		still_use[early[j]] = rr[j] > 0.8f * mean;
	if (s)
		have(s, b, from, to);
	for (unsigned l = 0; s && l < s->leads; l++) {
		float p = still(s->shape + from * s->leads, s->leads, l, still_use, to - from);
		ret->p = p > ret->p ? p : ret->p;
	}
	ret->score = judged(ret);
}

#define AF_STEP 4
#define AF_SHORTEST_S 30 /* an episode, by convention; what is shorter is ectopy */
#define AF_ENTER 1.1f
#define AF_STAY 0.7f
#define AF_FEW 0.35f /* ten seconds on paper: one look at fewer beats than half a window ... */
#define AF_FEW_BLIND 0.6f /* ... where noise hides whether there is a P */

void af_find(const struct ecg_beats *b, const struct af_shapes *s, uint8_t *ret)
{
	bool on = false;
	for (size_t i = 0; i < b->count; i += AF_STEP) {
		struct af_window w;
		af_look(b, i, s, false, &w);
		on = w.score > (b->count < AF_WINDOW / 2 ? w.p < -0.5f ? AF_FEW_BLIND : AF_FEW : on ? AF_STAY : AF_ENTER);
		for (size_t j = i; j < i + AF_STEP && j < b->count; j++)
			ret[j] = on;
	}
	/* what is short is not said, and what is short between is not cut out: half a window either way is all that can be seen */
	for (uint8_t v = 0; v <= 1; v++)
		for (size_t i = 0, j; i < b->count; i = j) {
			for (j = i + 1; j < b->count && ret[j] == ret[i]; j++)
				;
			double seconds = (double)(b->beat[j < b->count ? j : j - 1].at - b->beat[i].at) / b->rate;
			if (ret[i] == v && (j - i < AF_WINDOW / 2 || (v && seconds < AF_SHORTEST_S)) && b->count >= AF_WINDOW && (v || (i > 0 && j < b->count)))
				memset(ret + i, !v, j - i);
		}
}
