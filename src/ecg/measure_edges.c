/* Where a wave begins and ends in one curve: by slope (QRS) and by area (P, T). */
#include "measure_internal.h"

#include <math.h>

/* Slope of the flattest 20 ms between two places: what is there when nothing happens. */
static float flattest(const float *v, int lo, int hi)
{
	const int n = MS(20);
	double sum = 0, best = -1;
	for (int i = lo; i <= hi; i++) {
		sum += (double)fabsf(v[i]);
		if (i - lo >= n)
			sum -= (double)fabsf(v[i - n]);
		if (i - lo >= n - 1 && (best < 0 || sum < best))
			best = sum;
	}
	return best < 0 ? 0 : (float)(best / n);
}

static float limit(const float *v, int lo, int hi, float peak, const struct me_edge_rule *r)
{
	const float a = r->frac * peak, b = r->noise * flattest(v, lo, hi);
	return b > a ? (b < 4 * a ? b : 4 * a) : a;
}

/* From a steep place outwards to the first quiet stretch. None before the end of the search: the flattest place there, which is all that can be said. */
int me_slope_on(const float *v, int lo, int strong, float peak, const struct me_edge_rule *r)
{
	const float t = limit(v, lo, strong, peak, r);
	int run = 0, flat = lo;
	for (int i = strong; i >= lo; i--) {
		run = fabsf(v[i]) < t ? run + 1 : 0;
		if (run == r->quiet)
			return i + r->quiet;
		if (fabsf(v[i]) <= fabsf(v[flat]))
			flat = i;
	}
	return flat;
}

int me_slope_off(const float *v, int hi, int strong, float peak, const struct me_edge_rule *r)
{
	const float t = limit(v, strong, hi, peak, r);
	int run = 0, flat = hi;
	for (int i = strong; i <= hi; i++) {
		run = fabsf(v[i]) < t ? run + 1 : 0;
		if (run == r->quiet)
			return i - r->quiet;
		if (fabsf(v[i]) < fabsf(v[flat]))
			flat = i;
	}
	return flat;
}

/* Area between the curve and its own level at t, over `width` samples on the wave's side of t: largest where the wave has just ended (Zhang, Manriquez, Medigue, Papelier, Sorine,
 * "An algorithm for robust and efficient location of T-wave ends in electrocardiograms", IEEE TBME 53(12), 2006). Two humps of a biphasic wave give a maximum and a minimum: where both weigh, the outer one is the end. */
int me_area_end(const float *y, int from, int to, int width, int level)
{
	const int step = to > from ? 1 : -1;
	double most = 0, least = 0;
	int at_most = from, at_least = from;
	for (int t = from; t != to + step; t += step) {
		double own = 0, sum = 0;
		for (int i = t - level; i <= t + level; i++)
			own += (double)y[i];
		own /= 2 * level + 1;
		for (int k = 0; k < width; k++)
			sum += (double)y[t - step * k] - own;
		if (sum > most) {
			most = sum;
			at_most = t;
		}
		if (sum < least) {
			least = sum;
			at_least = t;
		}
	}
	const double a = most, b = -least;
	if (a > 2 * b)
		return at_most;
	if (b > 2 * a)
		return at_least;
	return (at_most - at_least) * step > 0 ? at_most : at_least;
}
