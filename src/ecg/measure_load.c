/* A window of a record onto the grid of 500 samples a second: read, resampled, mains and drift told from signal. */
#include "measure_internal.h"

#include <math.h>
#include <stdlib.h>

/* ---- filters; all are symmetric, so that nothing is moved in time ---- */

void me_smooth(const float *x, size_t n, unsigned width, float *out)
{
	assert(width % 2 == 1);
	const int64_t half = width / 2, end = (int64_t)n - 1;
	double sum = 0;
	if (!n)
		return;
	for (int64_t k = -half; k <= half; k++)
		sum += (double)x[k < 0 ? 0 : k > end ? end : k];
	for (int64_t i = 0; i <= end; i++) {
		out[i] = (float)(sum / width);
		int64_t in = i + half + 1, off = i - half;
		sum += (double)x[in > end ? end : in] - (double)x[off < 0 ? 0 : off];
	}
}

/* Triangle of 10 ms steps (first zero at 100 Hz, 40 Hz at 0.6): edges stay, muscle goes. With mains, 50 and 60 Hz are put out first: half of a sample and a quarter each of those half a period before and after
 * (5 and 4.17 samples: 4.5 serves both, -35 dB), at the price of 9 ms of blur. */
void me_low_pass(const float *x, size_t n, bool mains, float *tmp, float *out)
{
	if (mains) {
		const int64_t end = (int64_t)n - 1;
		for (int64_t i = 0; i <= end; i++) {
			const float a = x[i < 5 ? 0 : i - 5], b = x[i < 4 ? 0 : i - 4], c = x[i + 4 > end ? end : i + 4], d = x[i + 5 > end ? end : i + 5];
			out[i] = 0.5f * x[i] + 0.125f * (a + b + c + d);
		}
		me_smooth(out, n, 5, tmp);
	} else {
		me_smooth(x, n, 5, tmp);
	}
	me_smooth(tmp, n, 5, out);
}

void me_slope(const float *y, size_t n, float *out)
{
	for (size_t i = 0; i < n; i++) {
		const size_t a = i < 2 ? 0 : i - 2, b = i + 2 >= n ? n - 1 : i + 2;
		out[i] = 0.25f * (y[b] - y[a]);
	}
}

/* ---- one channel ---- */

/* Cubic through four samples (Catmull-Rom): what 128 or 250 Hz left of a QRS keeps its height. */
static float between(const float *s, size_t n, double at)
{
	const double fl = floor(at);
	const int64_t i = (int64_t)fl, end = (int64_t)n - 1;
	const double f = at - fl;
	if (i >= end)
		return s[end];
	const double p1 = (double)s[i], p2 = (double)s[i + 1], p0 = (double)s[i ? i - 1 : 0], p3 = (double)s[i + 2 > end ? end : i + 2];
	return (float)(p1 + 0.5 * f * (p2 - p0 + f * (2 * p0 - 5 * p1 + 4 * p2 - p3 + f * (3 * (p1 - p2) + p3 - p0))));
}

/* Gaps are bridged with what stood before; the mark stays. Returns the share that is there. */
static double bridge(float *s, size_t n, uint8_t *gap)
{
	size_t have = 0, first = n;
	float last = 0;
	for (size_t i = 0; i < n; i++) {
		gap[i] = !(fabsf(s[i]) < 1e6f); /* above a volt, or no number: no ECG */
		if (!gap[i]) {
			if (first == n) {
				first = i;
				for (size_t k = 0; k < i; k++)
					s[k] = s[i];
			}
			last = s[i];
			have++;
		} else {
			s[i] = last;
		}
	}
	return n ? (double)have / (double)n : 0;
}

/* Source samples of a channel from second `from_s` on, at most a window of them. */
static int source(struct me_work *w, const struct ecg *g, unsigned channel, double from_s, float **ret_s, uint8_t **ret_gap, size_t *ret_n, double *ret_have, struct err *e)
{
	const struct ecg_channel *c = &g->channel[channel];
	const double first = floor(from_s * c->rate + 0.5);
	const uint64_t at = first > (double)c->samples ? c->samples : (uint64_t)first;
	const double most = ceil(ME_WINDOW_S * c->rate) + 1;
	const size_t n = (double)(c->samples - at) > most ? (size_t)most : (size_t)(c->samples - at);
	float *s = arena_array(w->a, n + 1, sizeof *s);
	uint8_t *gap = arena_alloc(w->a, n + 1);
	if (!s || !gap)
		return err_set(e, arena_code(w->a), NULL, "no room for the samples to be measured");
	ecg_read_uv(g, channel, at, n, s);
	*ret_have = bridge(s, n, gap);
	*ret_s = s;
	*ret_gap = gap;
	*ret_n = n;
	return 0;
}

static void resample(const float *s, const uint8_t *gap, size_t n, double rate, struct me_lead *l, size_t out)
{
	const double step = rate / ME_RATE;
	for (size_t i = 0; i < out; i++) {
		const double at = (double)i * step;
		const size_t near = (size_t)(at + 0.5);
		if (near >= n) {
			l->x[i] = n ? s[n - 1] : 0;
			l->gap[i] = 1;
			continue;
		}
		l->gap[i] = gap[near];
		if (step <= 1) {
			l->x[i] = step == 1 ? s[i] : between(s, n, at);
			continue;
		}
		/* finer than the grid: the mean of what one grid sample covers */
		size_t from = at < step / 2 ? 0 : (size_t)ceil(at - step / 2), to = (size_t)floor(at + step / 2);
		double sum = 0;
		to = to >= n ? n - 1 : to;
		from = from > to ? to : from;
		for (size_t k = from; k <= to; k++)
			sum += (double)s[k];
		l->x[i] = (float)(sum / (double)(to - from + 1));
	}
}

static int cmp_float(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

/* The middle of each of the window's tenths of a second by size: where something beats, that is the noise between beats. */
static float quiet_level(const float *x, const float *y, size_t n, float *work)
{
	const size_t tenth = MS(100);
	size_t k = 0;
	for (size_t at = 0; at + tenth <= n; at += tenth) {
		double sum = 0;
		for (size_t i = at; i < at + tenth; i++)
			sum += (double)(x[i] - y[i]) * (double)(x[i] - y[i]);
		work[k++] = (float)sqrt(sum / (double)tenth);
	}
	if (!k)
		return 0;
	qsort(work, k, sizeof *work, cmp_float);
	return work[k / 4];
}

/* How much of x - y is mains: what is left of it when half a period's opposite is added (50 and 60 Hz). */
static bool has_mains(const float *x, size_t n, float noise, float *a, float *b)
{
	if (noise < 4 || n < 100)
		return false;
	for (size_t i = 0; i < n; i++) {
		const size_t p = i < 5 ? 0 : i - 5, q = i + 5 >= n ? n - 1 : i + 5, r = i < 4 ? 0 : i - 4, s = i + 4 >= n ? n - 1 : i + 4;
		a[i] = 0.5f * x[i] + 0.125f * (x[p] + x[q] + x[r] + x[s]);
	}
	return quiet_level(x, a, n, b) > 0.7f * noise;
}

static bool flat(const float *x, size_t n)
{
	float lo = x[0], hi = x[0];
	for (size_t i = 1; i < n; i++) {
		lo = x[i] < lo ? x[i] : lo;
		hi = x[i] > hi ? x[i] : hi;
	}
	return hi - lo < 20;
}

/* With zeros before and behind, so that a beat at an end can be looked at like any other. */
static float *padded(struct me_work *w)
{
	float *p = arena_array(w->a, w->n + ME_BEFORE + ME_AFTER, sizeof *p);
	return p ? p + ME_BEFORE : NULL;
}

static int load_lead(struct me_work *w, const struct ecg *g, unsigned channel, double from_s, struct err *e)
{
	struct me_lead *l = &w->lead[w->leads];
	float *s = NULL;
	uint8_t *gap = NULL;
	size_t n = 0;
	double have = 0;
	l->channel = channel;
	l->x = padded(w);
	l->y = padded(w);
	l->v = padded(w);
	l->gap = arena_alloc(w->a, w->n);
	if (!l->x || !l->y || !l->v || !l->gap)
		return err_set(e, arena_code(w->a), NULL, "no room for the samples to be measured");
	int r = source(w, g, channel, from_s, &s, &gap, &n, &have, e);
	if (r < 0)
		return r;
	w->leads++;
	resample(s, gap, n, g->channel[channel].rate, l, w->n);
	l->good = n > ME_RATE / 2 && have > 0.5 && !flat(l->x, w->n);
	if (!l->good) {
		memset(l->x, 0, w->n * sizeof *l->x);
		return 0;
	}
	return 0;
}

static int filter_lead(struct me_work *w, struct me_lead *l, struct err *e)
{
	float *tmp = arena_array(w->a, w->n, sizeof *tmp), *more = arena_array(w->a, w->n, sizeof *more);
	if (!tmp || !more)
		return err_set(e, arena_code(w->a), NULL, "no room for the samples to be measured");
	me_low_pass(l->x, w->n, false, tmp, l->y);
	l->noise = quiet_level(l->x, l->y, w->n, tmp);
	l->mains = has_mains(l->x, w->n, l->noise, more, tmp);
	if (l->mains)
		me_low_pass(l->x, w->n, true, tmp, l->y);
	me_slope(l->y, w->n, l->v);
	return 0;
}

/* ---- pacemaker spikes ---- */

/* One to three samples that stand alone, 0.1 mV and more from both sides, the curve level before them and back at once. The sharpest R wave still has half of its height 8 ms from its peak. */
static bool spike_at(const float *x, size_t i)
{
	const float near = x[i] - 0.5f * (x[i - 2] + x[i + 2]), far = x[i] - 0.5f * (x[i - 4] + x[i + 4]), h = fabsf(near);
	return h >= 100 && fabsf(far) <= 1.3f * h && fabsf(x[i - 2] - x[i + 2]) <= 0.4f * h && fabsf(x[i - 2] - x[i - 9]) <= 0.25f * h;
}

/* Where a lead has one, all leads are bridged from 6 ms before to 14 ms after: a spike and what the amplifier makes of it would be the steepest place of the QRS, and its onset. Paced ventricles begin later. */
static void take_spikes_off(struct me_work *w)
{
	for (size_t i = 10; i + 8 < w->n; i++) {
		size_t has = 0, good = 0;
		for (size_t c = 0; c < w->leads; c++)
			if (w->lead[c].good) {
				good++;
				has += spike_at(w->lead[c].x, i);
			}
		if (!has || has * 4 < good)
			continue;
		for (size_t c = 0; c < w->leads; c++) {
			float *x = w->lead[c].x;
			const float a = x[i - 3], b = x[i + 7];
			for (int k = -2; k <= 6; k++)
				x[(int)i + k] = a + (b - a) * 0.1f * (float)(k + 3);
		}
		i += 7;
	}
}

int me_load(struct me_work *w, const struct ecg *g, uint64_t from, struct err *e)
{
	const double from_s = (double)from / g->rate, left = (double)(from < g->samples ? g->samples - from : 0) / g->rate;
	const double seconds = left > ME_WINDOW_S ? ME_WINDOW_S : left;
	w->n = (size_t)floor(seconds * ME_RATE + 0.5);
	w->n = w->n > ME_N_MAX ? ME_N_MAX : w->n;
	w->t0_ms = from_s * 1000;
	if (w->n < ME_RATE / 2) { /* too short for any value */
		w->n = 0;
		return 0;
	}
	for (unsigned c = 0; c < g->channels; c++) {
		if (!g->channel[c].ecg)
			continue;
		int r = load_lead(w, g, c, from_s, e);
		if (r < 0)
			return r;
	}
	take_spikes_off(w);
	for (size_t c = 0; c < w->leads; c++) {
		int r = w->lead[c].good ? filter_lead(w, &w->lead[c], e) : 0;
		if (r < 0)
			return r;
	}
	w->sv = arena_array(w->a, w->n + 1, sizeof *w->sv);
	if (!w->sv)
		return err_set(e, arena_code(w->a), NULL, "no room for the samples to be measured");
	for (size_t i = 0; i < w->n; i++) {
		double sum = 0;
		for (size_t k = 0; k < w->leads; k++)
			sum += w->lead[k].good ? (double)w->lead[k].v[i] * (double)w->lead[k].v[i] : 0;
		w->sv[i] = (float)sqrt(sum);
	}
	return 0;
}

/* ---- drift ---- */

/* PR level of each beat as a knot, between them a cubic whose slope at a knot is the chord's of its neighbours: drift slower than the beats goes, ST and T stay as they are. */
static float knot_level(const struct me_lead *l, size_t n, int at)
{
	double sum = 0;
	int k = 0;
	for (int i = at - MS(10); i <= at + MS(10); i++)
		if (i >= 0 && i < (int)n) {
			sum += (double)l->x[i];
			k++;
		}
	return k ? (float)(sum / k) : 0;
}

static void take_off(struct me_lead *l, size_t n, const int *at, const float *level, size_t knots)
{
	for (size_t k = 0; k + 1 < knots; k++) {
		const int a = at[k], b = at[k + 1];
		const double h = b - a, p = (double)level[k], q = (double)level[k + 1];
		const double chord = (q - p) / h;
		const double before = k ? (q - (double)level[k - 1]) / (b - at[k - 1]) : chord;
		const double after = k + 2 < knots ? ((double)level[k + 2] - p) / (at[k + 2] - a) : chord;
		for (int i = a < 0 ? 0 : a; i < b && i < (int)n; i++) {
			const double u = (i - a) / h, u2 = u * u, u3 = u2 * u;
			l->x[i] -= (float)((2 * u3 - 3 * u2 + 1) * p + (u3 - 2 * u2 + u) * h * before + (3 * u2 - 2 * u3) * q + (u3 - u2) * h * after);
		}
	}
}

void me_baseline(struct me_work *w)
{
	int at[ME_BEATS_MAX + 2];
	float level[ME_BEATS_MAX + 2];
	for (size_t c = 0; c < w->leads; c++) {
		struct me_lead *l = &w->lead[c];
		size_t knots = 1;
		if (!l->good)
			continue;
		for (size_t b = 0; b < w->beats; b++) {
			const struct me_beat *m = &w->beat[b];
			const struct me_group *k = m->group >= 0 ? &w->group[m->group] : NULL;
			if (!k || m->early || k->all.at[ME_QRS_ON] == ME_NONE)
				continue;
			const int here = m->at + k->all.at[ME_QRS_ON] - ME_BEFORE - MS(18);
			if (here < MS(12) || here >= (int)w->n - MS(12) || (knots > 1 && here < at[knots - 1] + MS(200)))
				continue;
			at[knots] = here;
			level[knots++] = knot_level(l, w->n, here);
		}
		if (knots == 1) { /* no beat: the mean will do */
			at[knots] = (int)w->n / 2;
			double sum = 0;
			for (size_t i = 0; i < w->n; i++)
				sum += (double)l->x[i];
			level[knots++] = (float)(sum / (double)w->n);
		}
		at[0] = -1;
		level[0] = level[1];
		at[knots] = (int)w->n + 1;
		level[knots] = level[knots - 1];
		take_off(l, w->n, at, level, knots + 1);
	}
}
