/* What may be drawn filtered, and is then said to be: second order Butterworth, run forward and back, so that nothing is shifted in time (twice the order, the corner at -6 dB), and a notch of Q 15 for the mains.
 * The tangent is our own series: the same paper on every machine. */
#include "report_internal.h"

#include <math.h>

static double tangent(double x) /* 0 < x < pi/2 */
{
	double c = 1, s = x, t = 1;
	for (int k = 1; k < 14; k++) {
		t *= -x * x / ((2 * k - 1) * (2.0 * k));
		c += t;
	}
	t = x;
	for (int k = 1; k < 14; k++) {
		t *= -x * x / ((2 * k) * (2.0 * k + 1));
		s += t;
	}
	return s / c;
}

struct biquad {
	double b0, b1, b2, a1, a2;
};

static void run(float *v, size_t n, int step, size_t from, const struct biquad *q)
{
	double x1 = v[from], x2 = x1, gain = (q->b0 + q->b1 + q->b2) / (1 + q->a1 + q->a2), y1 = x1 * gain, y2 = y1;
	for (size_t i = 0; i < n; i++) {
		float *p = &v[step > 0 ? from + i : from - i];
		double y = q->b0 * *p + q->b1 * x1 + q->b2 * x2 - q->a1 * y1 - q->a2 * y2;
		x2 = x1;
		x1 = *p;
		y2 = y1;
		y1 = y;
		*p = (float)y;
	}
}

static void both_ways(float *v, size_t n, const struct biquad *q)
{
	for (size_t i = 0; i < n;) { /* each stretch between gaps by itself */
		size_t k = i;
		while (k < n && !isnan(v[k]))
			k++;
		if (k > i) {
			run(v, k - i, 1, i, q);
			run(v, k - i, -1, k - 1, q);
		}
		i = k + 1;
	}
}

void report_filter(float *v, size_t n, double rate, double low, double high, double mains)
{
	const double pi = 3.14159265358979323846, r2 = 1.41421356237309504880;
	if (low > 0 && low < rate / 2) { /* what is below goes */
		double w = tangent(pi * low / rate), d = 1 / (1 + r2 * w + w * w);
		both_ways(v, n, &(struct biquad){d, -2 * d, d, 2 * (w * w - 1) * d, (1 - r2 * w + w * w) * d});
	}
	if (high > 0 && high < rate / 2 * 0.98) {
		double w = tangent(pi * high / rate), d = 1 / (1 + r2 * w + w * w);
		both_ways(v, n, &(struct biquad){w * w * d, 2 * w * w * d, w * w * d, 2 * (w * w - 1) * d, (1 - r2 * w + w * w) * d});
	}
	if (mains > 0 && mains < rate / 2 * 0.95) {
		double w = tangent(pi * mains / rate), q = 15, d = 1 / (1 + w / q + w * w), m = 2 * (w * w - 1) * d;
		both_ways(v, n, &(struct biquad){(1 + w * w) * d, m, (1 + w * w) * d, m, (1 - w / q + w * w) * d});
	}
}
