/* Scales: where a value stands, and which values get a tick: steps of 1, 2 or 5 times a power of ten; log: powers of ten. */
#include "plot_internal.h"

#include <math.h>

struct plot_scale plot_scale_even(double most, double from, double to, unsigned ticks)
{
	struct plot_scale s = {.from = from, .to = to};
	double top = most > 0 ? most : 1, ten = pow(10, floor(log10(top / ticks)));
	double of[] = {1, 2, 5, 10};
	s.step = ten;
	for (unsigned i = 0; i < ARRAY_LEN(of) && top / s.step > ticks; i++)
		s.step = of[i] * ten;
	if (s.step < 1)
		s.step = 1; /* whole persons and incidents */
	s.most = ceil(top / s.step - 1e-9) * s.step;
	return s;
}

struct plot_scale plot_scale_log(double least, double most, double from, double to)
{
	struct plot_scale s = {.log = true, .from = from, .to = to};
	s.least = pow(10, floor(log10(fmax(least, 1)) + 1e-9));
	s.most = pow(10, ceil(log10(fmax(most, 2 * s.least)) - 1e-9));
	return s;
}

double plot_on(const struct plot_scale *s, double v)
{
	double part = s->log ? log(fmax(v, s->least) / s->least) / log(s->most / s->least) : (v - s->least) / (s->most - s->least);
	return s->from + fmin(fmax(part, 0), 1) * (s->to - s->from);
}

bool plot_tick(const struct plot_scale *s, unsigned i, double *ret)
{
	double v = s->log ? s->least * pow(10, i) : s->least + i * s->step;
	*ret = v;
	return v <= s->most * (1 + 1e-9) && i < 64;
}
