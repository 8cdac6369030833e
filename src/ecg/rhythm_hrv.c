/* Heart rate variability after the Task Force (ESC/NASPE, Circulation 1996;93:1043): of intervals between two normal beats that follow each other, the rhythm being the sinus node's. Sums in a fixed order. */
#include "rhythm.h"

#include <math.h>

#define FIVE_MINUTES 300.0
#define LEAST 20 /* intervals: fewer say nothing */

static bool normal(const struct rhythm *r, size_t i)
{
	return r->b->beat[i].class == 'N' && !r->af[i] && !r->b->beat[i].paced;
}

/* Milliseconds of the interval that ends at beat i if both beats are normal, it is of a possible length and near the mean of those before; else 0. A missed beat or a false one is not variability. */
static double nn(const struct rhythm *r, size_t i, double usual)
{
	if (i == 0 || !normal(r, i) || !normal(r, i - 1))
		return 0;
	double v = rhythm_rr(r, i) * 1000;
	if (v < 300 || v > 2000 || (usual > 0 && (v < 0.7 * usual || v > 1.4 * usual)) || rhythm_bad(r, r->b->beat[i - 1].at, r->b->beat[i].at))
		return 0;
	return v;
}

int rhythm_hrv(struct rhythm *r, struct ecg_hrv *ret, struct err *e)
{
	const struct ecg_beats *b = r->b;
	float *v = arena_array(r->a, b->count + 1, sizeof *v); /* 0: no NN interval */
	if (!v)
		return err_set(e, arena_code(r->a), NULL, "no room for the intervals");
	double sum = 0, usual = 0;
	size_t n = 0, steps = 0, above = 0, outside = 0;
	for (size_t i = 1; i < b->count; i++) {
		double x = nn(r, i, usual);
		v[i] = (float)x;
		/* what is usual follows; it is found anew where five in a row do not fit */
		outside = x > 0 ? 0 : outside + 1;
		if (outside >= 5)
			usual = 0;
		if (x <= 0)
			continue;
		usual = usual > 0 ? usual + (x - usual) / 8 : x;
		sum += x;
		n++;
	}
	*ret = (struct ecg_hrv){0};
	if (n < LEAST)
		return 0;
	double mean = sum / (double)n, squares = 0, changes = 0;
	double part = 0, part_n = 0, means = 0, means_squares = 0, parts = 0;
	size_t at_part = 0;
	for (size_t i = 1; i <= b->count; i++) {
		size_t now = i < b->count ? (size_t)((double)b->beat[i].at / b->rate / FIVE_MINUTES) : (size_t)-1;
		if (now != at_part) { /* a five minute part counts where at least half of it is there */
			if (part > FIVE_MINUTES * 500) {
				double m = part / part_n;
				means += m;
				means_squares += m * m;
				parts++;
			}
			part = part_n = 0;
			at_part = now;
		}
		if (i == b->count || v[i] == 0)
			continue;
		squares += (v[i] - mean) * (v[i] - mean);
		part += v[i];
		part_n++;
		if (v[i - 1] > 0) {
			double d = (double)v[i] - v[i - 1];
			changes += d * d;
			above += d > 50 || d < -50;
			steps++;
		}
	}
	ret->mean_nn_ms = (float)mean;
	ret->sdnn_ms = (float)sqrt(squares / (double)(n - 1));
	double between = parts > 1 ? (means_squares - means * means / parts) / (parts - 1) : 0;
	ret->sdann_ms = (float)(between > 0 ? sqrt(between) : 0);
	ret->rmssd_ms = (float)(steps ? sqrt(changes / (double)steps) : 0);
	ret->pnn50 = (float)(steps ? 100.0 * (double)above / (double)steps : 0);
	ret->pairs = (uint32_t)steps;
	return 0;
}
