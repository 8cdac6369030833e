/* How many persons, while not everything is read. */
#include "scope.h"

#include <math.h>

/* Who nobody met yet (Chao's second estimator, with its form for no twice-met). */
static double unseen(const struct scope_count *c)
{
	double n = (double)(c->files_read - c->whole_read), q1 = (double)c->once, q2 = (double)c->twice;
	return (n - 1) / n * (q2 > 0 ? q1 * q1 / (2 * q2) : q1 * (q1 - 1) / 2);
}

static uint64_t at_most(double v, uint64_t limit)
{
	uint64_t u = v >= 9e18 ? UINT64_MAX : v <= 0 ? 0 : (uint64_t)(v + 0.5);
	return limit && u > limit ? limit : u;
}

void scope_estimate(const struct scope_count *c, struct scope_estimate *ret)
{
	struct scope_estimate r = {.low = c->merged, .point = c->met, .high = c->met, .high_known = true};
	assert(c->merged <= c->met && c->files_read <= c->files_all && c->whole_read <= c->files_read && c->whole_read <= c->whole_all);
	uint64_t limit = c->population && c->population < c->met ? c->met : c->population;
	if (c->files_read == c->files_all) {
		r.complete = true;
		*ret = r;
		return;
	}
	if (c->files_read - c->whole_read < 2 || c->whole_read < c->whole_all) {
		r.high_known = limit != 0;
		r.high = r.point = limit ? limit : c->met;
		r.point = c->met;
		*ret = r;
		return;
	}
	double n = (double)(c->files_read - c->whole_read), m = (double)(c->files_all - c->files_read), q1 = (double)c->once, f0 = unseen(c);
	double fresh = f0 > 0 ? f0 * (1 - exp(m * log1p(-q1 / (n * f0 + q1)))) : 0;
	/* Good and Turing: the next file has at most as many new ones as a file read has once-met, and later ones fewer; the spread is that of a sum of m files guessed from the mean of n */
	double bound = m * q1 / n + (1.96 + 3 / (n - 1)) * c->once_spread * sqrt(m + m * m / n); /* of few files the spread itself is not well known: somewhat more than Student's t */
	r.point = at_most((double)c->met + fresh, limit);
	r.high = at_most((double)c->met + (bound > fresh ? bound : fresh), limit);
	/* nobody once-met at all: the next file may still be the first with somebody new (the rule of three) */
	if (c->once == 0 && !limit)
		r.high = at_most((double)c->met + 3 * m / n * (c->met ? (double)c->met / n : 1), 0);
	if (r.high < r.point)
		r.high = r.point;
	*ret = r;
}
