/* The few functions that libm rounds differently from machine to machine, by our own fixed steps. */
#include "measure_internal.h"

#include <math.h>

double me_cbrt(double x)
{
	if (!(x > 0))
		return 0;
	double scale = 1;
	while (x > 8) { /* into 1..8 by powers of 8, which are exact */
		x /= 8;
		scale *= 2;
	}
	while (x < 1) {
		x *= 8;
		scale /= 2;
	}
	double r = 1 + (x - 1) / 7; /* chord from (1,1) to (8,2); Newton halves the wrong digits away: six rounds reach the last bit */
	for (int i = 0; i < 6; i++)
		r = (2 * r + x / (r * r)) / 3;
	return r * scale;
}

/* atan on 0..1: halved once by atan t = 2 atan (t / (1 + sqrt(1 + t^2))), then the series, whose terms fall by 0.17 each: 12 of them are below 1e-10 degrees. */
static double atan_unit(double t)
{
	double u = t / (1 + sqrt(1 + t * t)), u2 = u * u, sum = 0;
	for (int k = 12; k >= 0; k--)
		sum = (k % 2 ? -1.0 : 1.0) / (2 * k + 1) + u2 * sum;
	return 2 * u * sum;
}

double me_atan2_deg(double y, double x)
{
	const double degree = 57.295779513082320876798154814105;
	double ax = fabs(x), ay = fabs(y);
	if (ax == 0 && ay == 0)
		return 0;
	double a = ay <= ax ? atan_unit(ay / ax) * degree : 90 - atan_unit(ax / ay) * degree;
	if (x < 0)
		a = 180 - a;
	return y < 0 ? -a : a;
}
