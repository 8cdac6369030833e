/* Amplitudes, durations and ST of one lead, out of its averaged beat. */
#include "measure_internal.h"

#include <math.h>

#define N ECG_MEDIAN_N

static struct ecg_value value(double v, int conf)
{
	return isfinite(v) && conf > 0 ? (struct ecg_value){(float)v, (uint8_t)(conf > 100 ? 100 : conf)} : (struct ecg_value){0, 0};
}

static float mean_around(const float *x, int at, int half)
{
	double sum = 0;
	int n = 0;
	for (int i = at - half; i <= at + half; i++)
		if (i >= 0 && i < N) {
			sum += (double)x[i];
			n++;
		}
	return n ? (float)(sum / n) : 0;
}

static int rounded(float v)
{
	return (int)floorf(v + 0.5f);
}

/* How far values of this lead can be believed: noise against the size of its QRS, number of beats. */
static int confidence(const struct me_work *w, const struct me_group *k, size_t lead)
{
	const float *x = k->median[lead];
	float size = 0;
	for (int i = 0; i < N; i++)
		size = fabsf(x[i]) > size ? fabsf(x[i]) : size;
	const float noise = w->lead[lead].noise * 10 / (size + 1);
	int c = 95 - (int)(noise > 0.6f ? 60 : noise * 100);
	if (k->used < 3)
		c -= 20;
	return c < 5 ? 5 : c;
}

struct deflection {
	int from, to, peak;
	float v;
};

/* The QRS in pieces of one sign, from where the curve leaves the PR level; what is under 20 microvolts or 6 ms is none (the smallest that CSE counts). */
static size_t deflections(const float *x, int on, int off, float base, struct deflection *d, size_t max)
{
	size_t n = 0;
	for (int i = on; i <= off;) {
		const bool up = x[i] > base;
		struct deflection one = {i, i, i, 0};
		for (; i <= off && (x[i] > base) == up; i++)
			if (fabsf(x[i] - base) > fabsf(one.v)) {
				one.v = x[i] - base;
				one.peak = i;
			}
		one.to = i - 1;
		if (fabsf(one.v) < 20 || one.to - one.from < MS(4))
			continue;
		if (n && (d[n - 1].v > 0) == up) { /* what lay between was none */
			d[n - 1].to = one.to;
			if (fabsf(one.v) > fabsf(d[n - 1].v)) {
				d[n - 1].v = one.v;
				d[n - 1].peak = one.peak;
			}
		} else if (n < max) {
			d[n++] = one;
		}
	}
	return n;
}

static double length_ms(const struct deflection *d)
{
	return (d->to - d->from + 1) * 2.0;
}

/* Q R S R' S' by their order; a wave that is not there is 0. A QRS all below the line is a Q (QS). */
static void name_waves(const struct deflection *d, size_t n, int on, int conf, struct ecg_lead_measure *m)
{
	size_t i = 0;
	m->q_uv = m->r_uv = m->s_uv = m->r2_uv = m->s2_uv = m->q_ms = m->r_ms = m->s_ms = value(0, conf);
	m->vat_ms = value(NAN, 0);
	if (i < n && d[i].v < 0) {
		m->q_uv = value((double)d[i].v, conf);
		m->q_ms = value(length_ms(&d[i++]), conf);
	}
	if (i < n) {
		m->r_uv = value((double)d[i].v, conf);
		m->r_ms = value(length_ms(&d[i]), conf);
		m->vat_ms = value((d[i].peak - on) * 2.0, conf);
		i++;
	}
	if (i < n) {
		m->s_uv = value((double)d[i].v, conf);
		m->s_ms = value(length_ms(&d[i++]), conf);
	}
	if (i < n) {
		m->r2_uv = value((double)d[i].v, conf);
		m->vat_ms = value((d[i].peak - on) * 2.0, conf);
		i++;
	}
	if (i < n)
		m->s2_uv = value((double)d[i].v, conf);
}

static void st_values(const float *x, int j, float base, int conf, struct ecg_lead_measure *m)
{
	if (j < 0 || j + MS(80) + 2 >= N)
		return;
	const double a = (double)(mean_around(x, j, 2) - base), b = (double)(mean_around(x, j + MS(80), 2) - base);
	m->j_uv = value(a, conf);
	m->st60_uv = value((double)(mean_around(x, j + MS(60), 2) - base), conf);
	m->st80_uv = value(b, conf);
	m->st_slope_uv_s = value((b - a) / 0.08, conf);
}

static void t_values(const float *x, int j, float t_peak, float t_off, float base, int conf, struct ecg_lead_measure *m)
{
	float most = 0, least = 0;
	if (!isfinite(t_peak) || !isfinite(t_off))
		return;
	m->t_uv = value((double)(mean_around(x, rounded(t_peak), 2) - base), conf);
	for (int i = j + MS(60); i <= rounded(t_off) && i < N; i++) {
		const float v = x[i] - base;
		most = v > most ? v : most;
		least = v < least ? v : least;
	}
	m->t_inverted = m->t_uv.v < -50;
	m->t_biphasic = most > 50 && least < -50 && (most > 0.25f * -least) && (-least > 0.25f * most);
}

static void durations(const struct me_work *w, const struct me_group *k, size_t lead, int conf, struct ecg_lead_measure *m)
{
	const float p_on = me_final_median(w, k, lead, ME_P_ON), p_off = me_final_median(w, k, lead, ME_P_OFF);
	const float on = me_final_median(w, k, lead, ME_QRS_ON), off = me_final_median(w, k, lead, ME_QRS_OFF), t_off = me_final_median(w, k, lead, ME_T_OFF);
	m->qrs_ms = value((double)(off - on) * 2, conf);
	m->pr_ms = value((double)(on - p_on) * 2, conf);
	m->p_ms = value((double)(p_off - p_on) * 2, conf);
	m->qt_ms = value((double)(t_off - on) * 2, conf);
}

void me_lead_values(const struct me_work *w, const struct me_group *k, size_t lead, struct ecg_lead_measure *m)
{
	const float *x = k->median[lead], *slow = w->lead[lead].mains ? k->y[lead] : x; /* mains that beat in step with the heart are not averaged away: P, ST and T are read without them */
	if (!w->lead[lead].good || k->all.at[ME_QRS_ON] == ME_NONE)
		return;
	const int conf = confidence(w, k, lead), on = k->all.at[ME_QRS_ON], j = k->all.at[ME_QRS_OFF];
	const float base = mean_around(x, on - MS(10), MS(8)), p = me_final_median(w, k, lead, ME_P_PEAK);
	struct deflection d[8];
	const size_t n = deflections(x, on, j, base, d, ARRAY_LEN(d));
	for (int i = 0; i < N; i++) {
		const float v = x[i] - base;
		m->median[i] = v > 32767 ? INT16_MAX : v < -32767 ? -INT16_MAX : (int16_t)floorf(v + 0.5f);
	}
	name_waves(d, n, on, conf, m);
	durations(w, k, lead, conf, m);
	st_values(slow, j, base, conf, m);
	t_values(slow, j, me_final_median(w, k, lead, ME_T_PEAK), me_final_median(w, k, lead, ME_T_OFF), base, conf, m);
	if (isfinite(p))
		m->p_uv = value((double)(mean_around(slow, rounded(p), 2) - mean_around(slow, k->lead[lead].at[ME_P_ON], 2)), conf);
}
