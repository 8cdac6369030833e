/* Global values: intervals from the first lead that begins to the last that ends, rate, QTc by name, axes. */
#include "measure_internal.h"

#include <math.h>

static struct ecg_value value(double v, int conf)
{
	return isfinite(v) && conf > 0 ? (struct ecg_value){(float)v, (uint8_t)(conf > 100 ? 100 : conf)} : (struct ecg_value){0, 0};
}

#define MANY_BEATS 6

struct spread {
	float edge;   /* earliest or latest, less the strays */
	float middle;
	float width;  /* middle half, samples: how far the leads agree */
	size_t n;
};

/* CSE takes the earliest onset and the latest end of all leads, less stray ones: one lead alone may be wrong. strays: so many of twelve (three bring QRS, one QT to what SCP and MUSE files state). */
static struct spread spread_of(const struct me_work *w, const struct me_group *k, enum me_mark mark, bool latest, size_t strays)
{
	float v[ECG_CHANNELS_MAX];
	size_t n = 0;
	for (size_t c = 0; c < w->leads; c++) {
		const float at = me_final_median(w, k, c, mark);
		if (!isfinite(at))
			continue;
		size_t i = n++;
		for (; i && v[i - 1] > at; i--)
			v[i] = v[i - 1];
		v[i] = at;
	}
	if (!n)
		return (struct spread){NAN, NAN, 0, 0};
	const size_t off = strays * n / 12;
	return (struct spread){latest ? v[n - 1 - off] : v[off], v[n / 2], v[n - 1 - n / 4] - v[n / 4], n};
}

static int confidence(const struct me_group *k, const struct spread *a, const struct spread *b)
{
	int c = 96 - (int)(a->width + b->width);
	if (k->used < 3)
		c -= 25;
	if (a->n < 3)
		c -= 10;
	return c < 5 ? 5 : c;
}

/* ---- rate ---- */

#define SEEN_LEAST MS(6000)

/* So much of noise around the beats that some of them may be none. */
static bool noise_throughout(const struct me_work *w)
{
	size_t noisy = 0;
	for (size_t i = 0; i < w->beats; i++)
		noisy += w->beat[i].noisy;
	return noisy * 4 > w->beats;
}

static void rate(const struct me_work *w, struct ecg_measure *ret)
{
	int rr_of[ME_BEATS_MAX], all = 0, sum = 0;
	size_t n = 0, taken = 0;
	double squares = 0;
	if (w->beats < 2)
		return;
	for (size_t i = 1; i < w->beats; i++) {
		const int v = w->beat[i].at - w->beat[i - 1].at;
		size_t k = n++;
		for (; k && rr_of[k - 1] > v; k--)
			rr_of[k] = rr_of[k - 1];
		rr_of[k] = v;
		all += v;
	}
	const int usual = rr_of[n / 2], hole = usual * 22 / 10 > MS(3000) ? usual * 22 / 10 : MS(3000);
	for (size_t i = 0; i < n; i++)
		if (rr_of[i] <= hole) {
			sum += rr_of[i];
			squares += (double)rr_of[i] * rr_of[i];
			taken++;
		}
	/* beats of half of the time or less, or in a record of ten seconds and more few and far between: what the rate is in between is not known */
	if (!taken || sum * 2 < all || (w->n > SEEN_LEAST && (size_t)sum * 5 < w->n * 2))
		return;
	const double rr = sum * 1000.0 / ME_RATE / (double)taken, spread = sqrt(squares / (double)taken) * 1000 / ME_RATE / rr; /* 1: all alike */
	if (rr < 100 || rr > 10000 || (taken < 3 && rr > 3000))
		return;
	if (noise_throughout(w) && spread > 1.02) /* more than a fifth up and down, in noise: who knows which are beats */
		return;
	const int conf = taken >= 5 ? 95 : taken >= 3 ? 85 : 60;
	ret->rr_ms = value(rr, conf);
	ret->rate_bpm = value(60000 / rr, conf);
}

static void corrected(struct ecg_measure *ret)
{
	if (!ret->qt_ms.conf || !ret->rr_ms.conf)
		return;
	const double rr = (double)ret->rr_ms.v / 1000, qt = (double)ret->qt_ms.v;
	const int conf = ret->qt_ms.conf < ret->rr_ms.conf ? ret->qt_ms.conf : ret->rr_ms.conf;
	ret->qtc_bazett_ms = value(qt / sqrt(rr), conf);
	ret->qtc_fridericia_ms = value(qt / me_cbrt(rr), conf);
	ret->qtc_framingham_ms = value(qt + 154 * (1 - rr), conf);
	ret->qtc_hodges_ms = value(qt + 1.75 * (60 / rr - 60), conf);
}

/* ---- axes ---- */

static int lead_of(const struct me_work *w, const struct ecg *g, enum ecg_lead l)
{
	for (size_t c = 0; c < w->leads; c++)
		if (g->channel[w->lead[c].channel].lead == l && w->lead[c].good)
			return (int)c;
	return -1;
}

static double area(const float *x, int from, int to)
{
	double sum = 0;
	const double a = (double)x[from];
	for (int i = from; i <= to; i++)
		sum += (double)x[i] - a;
	return sum * 1000 / ME_RATE;
}

/* Files exist whose leads were each scaled by themselves (every lead's R at one millivolt). Einthoven's law gives their relation back: II = a I + b III holds for one pair of factors only. false: it holds as the
 * file has it, or for no such pair. */
static bool rescaled(const float *i, const float *ii, const float *iii, double *ret_a)
{
	double xx = 0, xz = 0, zz = 0, xy = 0, zy = 0, yy = 0, off = 0, left = 0;
	for (int k = 0; k < ECG_MEDIAN_N; k++) {
		const double x = (double)i[k], y = (double)ii[k], z = (double)iii[k];
		xx += x * x;
		xz += x * z;
		zz += z * z;
		xy += x * y;
		zy += z * y;
		yy += y * y;
		off += (x + z - y) * (x + z - y);
	}
	const double det = xx * zz - xz * xz;
	if (yy <= 0 || off < 0.02 * yy || det < 0.02 * xx * zz)
		return false;
	const double a = (xy * zz - zy * xz) / det, b = (zy * xx - xy * xz) / det;
	for (int k = 0; k < ECG_MEDIAN_N; k++) {
		const double d = (double)ii[k] - a * (double)i[k] - b * (double)iii[k];
		left += d * d;
	}
	*ret_a = a;
	return a > 0.05 && b > 0.05 && left < 0.03 * yy;
}

/* Two limb leads fix the frontal plane: the electric field there has two dimensions (Einthoven: I + III = II). Net areas, in the frame I at 0, aVF at 90 degrees. */
static struct ecg_value axis(const struct me_work *w, const struct ecg *g, const struct me_group *k, int from, int to, int conf)
{
	const int i = lead_of(w, g, ECG_LEAD_I), ii = lead_of(w, g, ECG_LEAD_II), iii = lead_of(w, g, ECG_LEAD_III), f = lead_of(w, g, ECG_LEAD_AVF);
	double x, y;
	if (from < 0 || to >= ECG_MEDIAN_N || to - from < MS(10))
		return value(NAN, 0);
	if (i >= 0 && ii >= 0) {
		double a = 1;
		if (iii >= 0 && rescaled(k->median[i], k->median[ii], k->median[iii], &a))
			conf = conf * 2 / 3;
		else
			a = 1;
		x = a * area(k->median[i], from, to);
		y = (2 * area(k->median[ii], from, to) - x) / 1.7320508075688772;
	} else if (i >= 0 && f >= 0) {
		x = area(k->median[i], from, to);
		y = 2 * area(k->median[f], from, to) / 1.7320508075688772;
	} else if (i >= 0 && iii >= 0) {
		x = area(k->median[i], from, to);
		y = (2 * area(k->median[iii], from, to) + x) / 1.7320508075688772;
	} else {
		return value(NAN, 0);
	}
	const double size = sqrt(x * x + y * y), per_ms = size / ((to - from) * 2.0);
	if (per_ms < 5) /* under 5 microvolts of mean: the waves cancel, there is no direction */
		return value(NAN, 0);
	double a = me_atan2_deg(y, x);
	a = floor(a + 0.5);
	return value(a <= -180 ? 180 : a, per_ms < 15 ? conf / 2 : conf);
}

static float to_ms(float sample)
{
	return sample * 1000 / ME_RATE;
}

void me_global(const struct me_work *w, const struct ecg *g, const struct me_group *k, struct ecg_measure *ret)
{
	rate(w, ret);
	if (!k || k->all.at[ME_QRS_ON] == ME_NONE || (k->used < 3 && w->beats >= MANY_BEATS)) /* of many beats no three are alike: noise, or nothing that one beat could stand for */
		return;
	const struct spread on = spread_of(w, k, ME_QRS_ON, false, 3), off = spread_of(w, k, ME_QRS_OFF, true, 3), p_on = spread_of(w, k, ME_P_ON, false, 2), p_off = spread_of(w, k, ME_P_OFF, true, 2);
	const struct spread t = spread_of(w, k, ME_T_PEAK, false, 0), t_off = spread_of(w, k, ME_T_OFF, true, 1);
	ret->global = (struct ecg_fiducials){to_ms(p_on.edge), to_ms(spread_of(w, k, ME_P_PEAK, false, 0).middle), to_ms(p_off.edge), to_ms(on.edge), to_ms(ME_BEFORE), to_ms(off.edge), to_ms(t.middle), to_ms(t_off.edge)};
	ret->qrs_ms = value((double)to_ms(off.edge - on.edge), confidence(k, &on, &off));
	ret->qt_ms = value((double)to_ms(t_off.edge - on.edge), confidence(k, &on, &t_off));
	if (p_on.n) {
		const int conf = confidence(k, &p_on, &on) * (k->p_share > 0.9f ? 100 : (int)(k->p_share * 110)) / 100;
		ret->pr_ms = value((double)to_ms(on.edge - p_on.edge), conf);
		ret->p_ms = value((double)to_ms(p_off.edge - p_on.edge), conf);
		ret->p_axis_deg = axis(w, g, k, (int)p_on.edge, (int)p_off.edge, conf);
	}
	ret->qrs_axis_deg = axis(w, g, k, k->all.at[ME_QRS_ON], k->all.at[ME_QRS_OFF], ret->qrs_ms.conf);
	if (t_off.n)
		ret->t_axis_deg = axis(w, g, k, k->all.at[ME_QRS_OFF] + MS(60), (int)t_off.edge, ret->qt_ms.conf);
	corrected(ret);
}
