/* P waves: sought before the QRS as humps, believed where they are the same from beat to beat. */
#include "measure_internal.h"

#include <math.h>

#define N ECG_MEDIAN_N
#define R ME_BEFORE

static int clamp(int v, int lo, int hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

#define WING MS(44)

/* How far the curve stands above the line between 44 ms before and after, the QRS and what lies before `lo` held at their edges: large at a hump, 0 on any slope. */
void me_humps(const float *y, int lo, int on, float *h)
{
	for (int i = lo; i <= on; i++) {
		const int a = i - WING < lo ? lo : i - WING, b = i + WING > on ? on : i + WING;
		h[i] = y[i] - 0.5f * (y[a] + y[b]);
	}
}

static int p_first(int rr) /* earliest place of a P's peak before R */
{
	const int t = rr > 0 ? R - rr + me_t_last(rr) + MS(60) : 0;
	return clamp(t, R - MS(330), R - MS(120));
}

/* Stands it above, or below, what is 44 ms before and what is as much after it? A P does, even on the last T's slope; where that slope only flattens out it does not. */
static bool two_sided(const float *y, int lo, int on, int i)
{
	const float a = y[i] - y[i - WING < lo ? lo : i - WING], b = y[i] - y[i + WING > on ? on : i + WING], x = fabsf(a), z = fabsf(b);
	return a * b > 0 && (x < z ? x : z) * 5 > (x < z ? z : x);
}

/* The lowest place before a P that points up, the highest before one that points down: where it comes out of a T it cannot have begun earlier. */
static int valley(const float *y, int from, int to, bool up)
{
	int at = from;
	for (int i = from; i <= to; i++)
		if (up ? y[i] <= y[at] : y[i] >= y[at])
			at = i;
	return at;
}

void me_lead_p(const float *y, int rr, int peak, int lo, int on, struct me_marks *m)
{
	float held[N], h[N] = {0};
	memcpy(held, y, sizeof held);
	for (int i = on; i < N; i++)
		held[i] = y[on];
	me_humps(held, lo, on, h);
	int at = peak;
	for (int i = clamp(peak - MS(30), lo, on); i <= clamp(peak + MS(30), lo, on); i++)
		if (fabsf(h[i]) > fabsf(h[at]))
			at = i;
	m->at[ME_P_PEAK] = at;
	const int near = clamp(at - MS(16), MS(16), at), far = clamp(at - MS(110), MS(16), at);
	const int begin = rr > 0 && far < R - rr + me_t_last(rr) ? valley(held, far, near, h[at] > 0) - MS(10) : far;
	m->at[ME_P_ON] = me_area_end(held, near, clamp(begin, far, near), MS(60), MS(6));
	m->at[ME_P_OFF] = me_area_end(held, clamp(at + MS(16), at, on), clamp(at + MS(100), at, on), MS(60), MS(6));
}

/* Correlation of each beat's P region with the mean of the others': near 1 for a P, about 0 for fibrillation or noise. */
static float p_alike(struct me_work *w, size_t group, int peak, int lo, int on)
{
	const int from = clamp(peak - MS(60), lo, on), to = clamp(peak + MS(60), lo, on), len = to - from + 1;
	const size_t leads = w->leads, size = leads * (size_t)len;
	float *sum = arena_array(w->a, size, sizeof *sum), *one = arena_array(w->a, size * 64, sizeof *one), h[N];
	size_t n = 0;
	double r = 0;
	if (!sum || !one || len < 10)
		return 0;
	for (size_t b = 0; b < w->beats && n < 64; b++) {
		const struct me_beat *m = &w->beat[b];
		if (m->group != (int)group || m->early || m->at - R < 0 || m->at + MS(60) >= (int)w->n)
			continue;
		for (size_t c = 0; c < leads; c++) {
			float *to_ = one + n * size + c * (size_t)len;
			memset(to_, 0, (size_t)len * sizeof *to_);
			if (!w->lead[c].good)
				continue;
			me_humps(w->lead[c].y + m->at - R, lo, on, h);
			memcpy(to_, h + from, (size_t)len * sizeof *to_);
		}
		for (size_t i = 0; i < size; i++)
			sum[i] += one[n * size + i];
		n++;
	}
	if (n < 3)
		return 0;
	for (size_t b = 0; b < n; b++) {
		double xy = 0, xx = 0, yy = 0;
		for (size_t i = 0; i < size; i++) {
			const double x = (double)one[b * size + i], y = (double)sum[i] - x;
			xy += x * y;
			xx += x * x;
			yy += y * y;
		}
		r += xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
	}
	return (float)(r / (double)n);
}

/* Correlation of what stands before the QRS in two places, all leads together: a and b give each lead's samples, index as in an averaged beat. */
static double same_humps(const struct me_work *w, const float *const *a, const float *const *b, int peak, int lo, int on)
{
	const int from = clamp(peak - MS(60), lo, on), to = clamp(peak + MS(60), lo, on);
	float p[N], q[N];
	double xy = 0, xx = 0, yy = 0;
	for (size_t c = 0; c < w->leads; c++) {
		if (!w->lead[c].good)
			continue;
		me_humps(a[c], lo, on, p);
		me_humps(b[c], lo, on, q);
		for (int i = from; i <= to; i++) {
			xy += (double)p[i] * (double)q[i];
			xx += (double)p[i] * (double)p[i];
			yy += (double)q[i] * (double)q[i];
		}
	}
	return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

/* A shape of one or two beats cannot show by itself that its P is the same each time: it has one where it has the usual beats' P. */
static void like_dominant(const struct me_work *w, struct me_group *k, int *peak)
{
	const struct me_group *d = w->dominant >= 0 ? &w->group[w->dominant] : NULL;
	const float *a[ECG_CHANNELS_MAX], *b[ECG_CHANNELS_MAX];
	if (!d || d == k || !d->p)
		return;
	const int on = d->all.at[ME_QRS_ON] - MS(4), lo = clamp(d->all.at[ME_P_PEAK] - MS(120), MS(20), on);
	double best = 0;
	int at = 0;
	for (int shift = -MS(30); shift <= MS(30); shift += 2) {
		const int by = shift + k->all.at[ME_QRS_ON] - d->all.at[ME_QRS_ON];
		if (lo + by < 0 || on + by >= N)
			continue;
		for (size_t c = 0; c < w->leads; c++) {
			a[c] = d->y[c];
			b[c] = k->y[c] + by;
		}
		const double r = same_humps(w, a, b, d->all.at[ME_P_PEAK], lo, on);
		if (r > best) {
			best = r;
			at = d->all.at[ME_P_PEAK] + by;
		}
	}
	if (best > 0.7) {
		k->p = true;
		k->p_share = (float)best;
		*peak = clamp(at, MS(40), k->all.at[ME_QRS_ON] - MS(20));
	}
}

bool me_beat_p(const struct me_work *w, const struct me_beat *m, const struct me_group *k)
{
	const float *a[ECG_CHANNELS_MAX], *b[ECG_CHANNELS_MAX];
	if (!k->p)
		return false;
	const int o = m->at - R, on = k->all.at[ME_QRS_ON] - MS(4), lo = clamp(k->all.at[ME_P_PEAK] - MS(120), MS(20), on);
	if (o + lo < 0 || o + on >= (int)w->n)
		return false;
	for (size_t c = 0; c < w->leads; c++) {
		a[c] = k->y[c];
		b[c] = w->lead[c].y + o;
	}
	return same_humps(w, a, b, k->all.at[ME_P_PEAK], lo, on) > 0.4;
}

void me_group_p(struct me_work *w, struct me_group *k)
{
	const int on = k->all.at[ME_QRS_ON] - MS(4), lo = clamp(p_first(k->rr) - MS(50), MS(20), on), hi = on - MS(24);
	const int t_reach = k->rr > 0 ? R - k->rr + (int)(0.62 * sqrt((double)k->rr / ME_RATE) * ME_RATE) : 0; /* so far the last T may go */
	float power[N] = {0}, h[N] = {0};
	int peak = ME_NONE;
	if (hi - lo < MS(60))
		return;
	for (size_t c = 0; c < w->leads; c++) {
		if (!w->lead[c].good)
			continue;
		me_humps(k->y[c], lo, on, h);
		for (int i = lo; i <= on; i++)
			if (i > t_reach || two_sided(k->y[c], lo, on, i))
				power[i] += h[i] * h[i];
	}
	for (int i = lo + MS(30); i <= hi; i++)
		if (power[i] >= power[i - 1] && power[i] > power[i + 1] && (peak == ME_NONE || power[i] > power[peak]))
			peak = i;
	if (peak == ME_NONE)
		return;
	k->p_share = p_alike(w, (size_t)(k - w->group), peak, lo, on);
	k->p = k->p_share > ME_P_ALIKE;
	if (k->used < 3)
		like_dominant(w, k, &peak);
	k->all.at[ME_P_PEAK] = peak;
	int ons[ECG_CHANNELS_MAX], offs[ECG_CHANNELS_MAX];
	float weight[ECG_CHANNELS_MAX];
	size_t n = 0;
	for (size_t c = 0; c < w->leads; c++) {
		struct me_marks *m = &k->lead[c];
		if (!w->lead[c].good)
			continue;
		me_lead_p(k->y[c], k->rr, peak, lo, on, m);
		ons[n] = m->at[ME_P_ON];
		offs[n] = m->at[ME_P_OFF];
		me_humps(k->y[c], lo, on, h);
		weight[n++] = fabsf(h[m->at[ME_P_PEAK]]);
	}
	double all = 0, on_sum = 0, off_sum = 0;
	for (size_t i = 0; i < n; i++) {
		all += (double)weight[i];
		on_sum += (double)weight[i] * ons[i];
		off_sum += (double)weight[i] * offs[i];
	}
	if (all > 0) {
		k->all.at[ME_P_ON] = (int)floor(on_sum / all + 0.5);
		k->all.at[ME_P_OFF] = (int)floor(off_sum / all + 0.5);
	}
}

