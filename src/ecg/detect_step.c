/* Steps: an electrode that is pulled or lets go. The line leaves its level at once and stays away, or creeps back: as steep as a QRS, and as sharp, but it goes one way. A QRS comes back: of all the ways it goes within 80 ms,
 * up and down, less than half is left at the end, but for complexes of one slow edge, which are blunt. */
#include "detect_internal.h"
#include "twice.h"

#define REACH 0.08   /* seconds to either side */
#define STAYS 0.2    /* so long it was where it was before, and is where it went to: a wide complex that the converter cuts off is back by then */
#define AWAY 50      /* of a hundred */
#define SHARP (-80)  /* as sharp as that; Q8 */
#define DOUBT 2048   /* eight bits of odds */

/* How far the line goes, up and down. */
INLINE uint32_t way_body(const int32_t *x, int32_t n)
{
	uint32_t way = 0; /* at most 30 differences of 25 bits */
	for (int32_t k = 0; k < n; k++)
		way += (uint32_t)abs(x[k + 1] - x[k]);
	return way;
}
TWICE(static, uint32_t, way, (const int32_t *x, int32_t n), (x, n))

static int32_t at_most(int32_t v, int32_t n)
{
	return v < 0 ? 0 : v > n - 1 ? n - 1 : v;
}

static int64_t lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

bool detect_is_step(const struct detect_lead *l, const struct detect_candidate *c)
{
	const int32_t reach = (int32_t)(l->rate * REACH + 0.5), far = (int32_t)(l->rate * STAYS + 0.5), from = at_most(c->at - reach, l->n), to = at_most(c->at + reach, l->n);
	const int32_t before = at_most(c->at - far, l->n), after = at_most(c->at + far, l->n);
	if (c->log_sharp < SHARP)
		return false;
	int64_t net = (int64_t)l->sum[to] - l->sum[from];
	const int64_t sign = net < 0 ? -1 : 1, ahead = sign * ((int64_t)l->sum[from] - l->sum[before]), behind = sign * ((int64_t)l->sum[after] - l->sum[to]);
	net *= sign;
	if (2 * ahead < -net || 2 * behind < -net) /* it was there before, or is back: half is to be left */
		return false;
	if (ahead > 0 && behind > 0) /* all of it drifts that way */
		net -= lesser(ahead, behind) * (to - from) / (far - reach > 0 ? far - reach : 1);
	return net * 100 >= AWAY * way(l->sum + from, to - from);
}

/* Doubts those among the beats chosen; false: none that were not doubted before. */
bool detect_steps(struct detect_lead *l)
{
	bool any = false;
	for (int32_t i = 0; i < l->count; i++) {
		struct detect_candidate *c = &l->c[i];
		if (!c->beat || c->step)
			continue;
		c->step = detect_is_step(l, c);
		any = any || c->step;
	}
	return any;
}

int32_t detect_doubt(const struct detect_candidate *c)
{
	return (c->echo ? 4096 : 0) + (c->step ? DOUBT : 0);
}
