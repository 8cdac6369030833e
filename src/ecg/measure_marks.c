/* Marks of P, QRS and T: first in the averaged beat of each shape, where there is least noise, for all leads together and for each lead; then in each beat near there. */
#include "measure_internal.h"

#include <math.h>

#define N ECG_MEDIAN_N
#define R ME_BEFORE

static const struct me_edge_rule rule_all_on = {0.05f, 3, MS(12)}, rule_all_off = {0.06f, 3, MS(14)};
static const struct me_edge_rule rule_lead_on = {0.06f, 3, MS(12)}, rule_lead_off = {0.07f, 3, MS(12)};

static int clamp(int v, int lo, int hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

static float largest(const float *v, int lo, int hi)
{
	float m = 0;
	for (int i = lo; i <= hi; i++)
		m = fabsf(v[i]) > m ? fabsf(v[i]) : m;
	return m;
}

/* ---- QRS ---- */

/* In a curve of slopes v[0..n): the complex whose steepest place lies in [from, to]; search not beyond lo and hi. */
static void qrs_edges(const float *v, int lo, int from, int to, int hi, const struct me_edge_rule *on, const struct me_edge_rule *off, struct me_marks *ret)
{
	const float peak = largest(v, from, to), strong = 0.3f * peak;
	int a = from, b = to;
	if (peak <= 0) {
		ret->at[ME_QRS_ON] = ret->at[ME_QRS_OFF] = ME_NONE;
		return;
	}
	while (a < to && fabsf(v[a]) < strong)
		a++;
	while (b > from && fabsf(v[b]) < strong)
		b--;
	ret->at[ME_QRS_ON] = me_slope_on(v, lo, a, peak, on);
	ret->at[ME_QRS_OFF] = me_slope_off(v, hi, b, peak, off);
}

static int r_peak(const float *x, int on, int off)
{
	int at = on;
	for (int i = on; i <= off; i++)
		if (fabsf(x[i] - x[on]) > fabsf(x[at] - x[on]))
			at = i;
	return at;
}

/* ---- T ---- */

int me_t_last(int rr)
{
	const double s = rr > 0 ? (double)rr / ME_RATE : 1;
	const int by_rate = (int)(0.46 * sqrt(s) * ME_RATE), by_next = rr > 0 ? rr - MS(180) : by_rate;
	return clamp(by_rate < by_next ? by_rate : by_next, MS(150), MS(560));
}

/* By the interval before and what comes after: in bigeminy the next QRS is where the T of a usual beat ends. */
static int t_end_last(int rr, int after, int p_on)
{
	const double s = rr > 0 ? (double)rr / ME_RATE : 1;
	int last = (int)(0.62 * sqrt(s) * ME_RATE);
	if (after > 0) {
		const int next = after + (p_on != ME_NONE ? p_on - R - MS(8) : -MS(90));
		last = next < last ? next : last;
	}
	return clamp(last, MS(180), MS(680));
}

/* Largest distance from the PR level in [lo, hi]; a place inside is better than the edge, where it may be another wave's flank. */
static int hump(const float *y, int lo, int hi)
{
	int at = ME_NONE, edge = lo;
	for (int i = lo; i <= hi; i++) {
		if (fabsf(y[i]) > fabsf(y[edge]))
			edge = i;
		if (i > lo && i < hi && fabsf(y[i]) >= fabsf(y[i - 1]) && fabsf(y[i]) > fabsf(y[i + 1]) && (at == ME_NONE || fabsf(y[i]) > fabsf(y[at])))
			at = i;
	}
	return at == ME_NONE ? edge : at;
}

static void group_t(struct me_work *w, struct me_group *k)
{
	const int off = k->all.at[ME_QRS_OFF], lo = off + MS(50), hi = R + me_t_last(k->next > 0 && k->next < k->rr ? k->next : k->rr), reach = R + k->reach - MS(20);
	int end = clamp(R + t_end_last(k->rr, k->next > 0 && k->next < k->rr ? k->next : k->rr, k->all.at[ME_P_ON]), hi + MS(20), N - MS(20));
	float power[N] = {0};
	int votes[ECG_CHANNELS_MAX];
	float weight[ECG_CHANNELS_MAX];
	size_t n = 0;
	double all = 0, sum = 0;
	if (lo >= hi || reach < hi + MS(20)) /* no beat is recorded to where a T would have peaked */
		return;
	end = end > reach ? reach : end;
	for (size_t c = 0; c < w->leads; c++)
		for (int i = lo; w->lead[c].good && i <= end; i++)
			power[i] += k->y[c][i] * k->y[c][i];
	const int peak = hump(power, lo, hi);
	k->all.at[ME_T_PEAK] = peak;
	for (size_t c = 0; c < w->leads; c++) {
		struct me_marks *m = &k->lead[c];
		if (!w->lead[c].good)
			continue;
		const int at = hump(k->y[c], clamp(peak - MS(80), lo, hi), clamp(peak + MS(80), lo, end - MS(20)));
		m->at[ME_T_PEAK] = at;
		m->at[ME_T_OFF] = me_area_end(k->y[c], clamp(at + MS(20), lo, end), end, MS(120), MS(8));
		votes[n] = m->at[ME_T_OFF];
		weight[n++] = fabsf(k->y[c][at]);
	}
	/* the weighted middle of the leads' ends: a flat T has little to say */
	for (size_t i = 0; i < n; i++)
		all += (double)weight[i];
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j && votes[j - 1] > votes[j]; j--) {
			const int v = votes[j];
			const float f = weight[j];
			votes[j] = votes[j - 1];
			weight[j] = weight[j - 1];
			votes[j - 1] = v;
			weight[j - 1] = f;
		}
	for (size_t i = 0; i < n; i++) {
		sum += (double)weight[i];
		if (sum * 2 >= all) {
			k->all.at[ME_T_OFF] = votes[i];
			break;
		}
	}
}

/* ---- a shape ---- */

static void none(struct me_marks *m)
{
	for (int i = 0; i < ME_MARKS; i++)
		m->at[i] = ME_NONE;
}

void me_group_qrs(struct me_work *w, struct me_group *k)
{
	none(&k->all);
	k->all.at[ME_R_PEAK] = R;
	qrs_edges(k->sv, R - MS(160), R - MS(76), R + MS(90), R + MS(200), &rule_all_on, &rule_all_off, &k->all);
}

void me_group_marks(struct me_work *w, struct me_group *k)
{
	me_group_qrs(w, k);
	for (size_t c = 0; c < w->leads; c++)
		none(&k->lead[c]);
	if (k->all.at[ME_QRS_ON] == ME_NONE)
		return;
	const int on = k->all.at[ME_QRS_ON], off = k->all.at[ME_QRS_OFF];
	for (size_t c = 0; c < w->leads; c++) {
		if (!w->lead[c].good)
			continue;
		qrs_edges(k->v[c], on - MS(40), on - MS(12), off + MS(12), off + MS(60), &rule_lead_on, &rule_lead_off, &k->lead[c]);
		if (k->lead[c].at[ME_QRS_ON] != ME_NONE)
			k->lead[c].at[ME_R_PEAK] = r_peak(k->y[c], k->lead[c].at[ME_QRS_ON], k->lead[c].at[ME_QRS_OFF]);
	}
	me_group_p(w, k);
	group_t(w, k);
}

/* ---- a beat ---- */

static void beat_lead(struct me_work *w, const struct me_beat *b, const struct me_group *k, size_t c, struct me_marks *m)
{
	const float *y = w->lead[c].y, *v = w->lead[c].v;
	const int o = b->at - R, n = (int)w->n;
	const struct me_marks *p = &k->lead[c];
	none(m);
	if (p->at[ME_QRS_ON] == ME_NONE)
		return;
	const int on = p->at[ME_QRS_ON] + o, off = p->at[ME_QRS_OFF] + o;
	if (on - MS(40) >= 2 && off + MS(40) < n - 2) {
		qrs_edges(v, on - MS(36), on - MS(8), off + MS(8), off + MS(40), &rule_lead_on, &rule_lead_off, m);
		if (m->at[ME_QRS_ON] != ME_NONE)
			m->at[ME_R_PEAK] = r_peak(y, m->at[ME_QRS_ON], m->at[ME_QRS_OFF]);
	}
	if (p->at[ME_T_OFF] != ME_NONE && p->at[ME_T_OFF] + o + MS(70) < n - MS(10)) {
		const int t = p->at[ME_T_PEAK] + o, e = p->at[ME_T_OFF] + o;
		m->at[ME_T_PEAK] = hump(y, t - MS(40), t + MS(40));
		m->at[ME_T_OFF] = me_area_end(y, clamp(e - MS(50), m->at[ME_T_PEAK], e), e + MS(50), MS(120), MS(8));
	}
	if (p->at[ME_P_ON] != ME_NONE && p->at[ME_P_ON] + o - MS(110) >= 0 && on < n - MS(60)) {
		float part[N];
		const int lo = clamp(p->at[ME_P_ON] - MS(60), 0, N);
		if (o < 0) {
			for (int i = 0; i < N; i++)
				part[i] = y[o + i < 0 ? 0 : o + i >= n ? n - 1 : o + i];
		} else {
			for (int i = 0; i < N; i++)
				part[i] = y[o + i >= n ? n - 1 : o + i];
		}
		me_lead_p(part, k->rr, p->at[ME_P_PEAK], lo, clamp(k->all.at[ME_QRS_ON] - MS(4), lo, N - 1), m);
		for (int i = ME_P_ON; i <= ME_P_OFF; i++)
			m->at[i] += o;
	}
}

static int middle_of(struct me_work *w, size_t beat, enum me_mark which)
{
	int v[ECG_CHANNELS_MAX];
	size_t n = 0;
	for (size_t c = 0; c < w->leads; c++) {
		const int at = w->marks[beat * w->leads + c].at[which];
		if (at == ME_NONE)
			continue;
		size_t k = n++;
		for (; k && v[k - 1] > at; k--)
			v[k] = v[k - 1];
		v[k] = at;
	}
	return n ? v[n / 2] : ME_NONE;
}

void me_beat_marks(struct me_work *w, size_t beat)
{
	struct me_beat *b = &w->beat[beat];
	none(&b->all);
	b->p = false;
	for (size_t c = 0; c < w->leads; c++)
		none(&w->marks[beat * w->leads + c]);
	if (b->group < 0)
		return;
	const struct me_group *k = &w->group[b->group];
	if (k->all.at[ME_QRS_ON] == ME_NONE)
		return;
	const int o = b->at - R, on = k->all.at[ME_QRS_ON] + o, off = k->all.at[ME_QRS_OFF] + o;
	for (size_t c = 0; c < w->leads; c++)
		if (w->lead[c].good)
			beat_lead(w, b, k, c, &w->marks[beat * w->leads + c]);
	if (on - MS(40) >= 2 && off + MS(40) < (int)w->n - 2)
		qrs_edges(w->sv, on - MS(36), on - MS(8), off + MS(8), off + MS(40), &rule_all_on, &rule_all_off, &b->all);
	b->p = me_beat_p(w, b, k);
	b->all.at[ME_T_OFF] = middle_of(w, beat, ME_T_OFF);
	b->all.at[ME_T_PEAK] = middle_of(w, beat, ME_T_PEAK);
	b->all.at[ME_P_ON] = middle_of(w, beat, ME_P_ON);
	b->all.at[ME_P_OFF] = middle_of(w, beat, ME_P_OFF);
}
