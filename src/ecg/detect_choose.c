/* The chain of candidates that is most plausible as a whole. Each has the logarithm of its odds; each interval between two that follow each other in the chain has a price: too soon, far sooner or
 * later than the intervals around. The best chain is found exactly, by going through the candidates once and keeping for each the best chain that ends there. */
#include "detect_internal.h"

/* By the logarithm of the interval over the usual one, in quarters from -2 to 2; for regular, less regular and irregular rhythm. Q8. How much more often beats follow each other so than they would by
 * mere chance (fitted: DESIGN.md). */
static const int16_t price[3][17] = {
	{-784, -488, -505, -621, -593, -350, -270, -182, 345, -134, -280, -589, -674, -1126, -1156, -1250, -1279},
	{-756, -407, -385, -455, -377, -219, -184, 58, 312, 83, -167, -438, -457, -702, -801, -820, -839},
	{-350, -174, -92, -73, -43, 43, 45, 75, 192, 88, 83, -6, -56, -146, -388, -407, -426},
};

#define FIRST (1 << 26)
#define PRICE_MOST 400 /* no interval is worth more */
#define PRICE_PAUSE (-600) /* of one that is longer than FAR_S */
#define FAR_S 4

static int32_t step(const struct detect_candidate *a, const struct detect_candidate *b, int32_t least, int32_t soon)
{
	int32_t rr = b->at - a->at;
	int32_t cost = rr < soon ? -(soon - rr) * 1024 / (soon - least + 1) : 0;
	if (b->hole != a->hole || !b->rr)
		return cost;
	int32_t ratio = detect_log2((uint32_t)rr) - b->log_rr + 512;
	ratio = ratio < 0 ? 0 : ratio > 1023 ? 1023 : ratio;
	int32_t k = ratio / 64, part = ratio % 64;
	const int16_t *p = price[b->spread];
	return cost + p[k] + (p[k + 1] - p[k]) * part / 64;
}

/* first: a beat that stands already, from which the chain goes on; -1: none */
void detect_choose(struct detect_candidate *c, int32_t count, double rate, int32_t first)
{
	int32_t total[DETECT_CANDIDATES] __attribute__((uninitialized)), peak[DETECT_CANDIDATES] __attribute__((uninitialized)), from[DETECT_CANDIDATES] __attribute__((uninitialized)); /* peak: the greatest total so far, and thus the most that any chain before can bring */
	int32_t least = (int32_t)(rate * 0.2), soon = (int32_t)(rate * 0.3), far = -1, reach = (int32_t)(rate * FAR_S), next_far = first < 0 ? 0 : first, best = -1;
	for (int32_t i = first < 0 ? 0 : first; i < count; i++) {
		int32_t most = INT32_MIN / 2;
		total[i] = c[i].score;
		from[i] = -1;
		c[i].beat = false;
		for (; c[i].at - c[next_far].at > reach; next_far++)
			if (far < 0 || total[next_far] > total[far])
				far = next_far;
		for (int32_t k = i - 1; k >= next_far && peak[k] + PRICE_MOST > most; k--) {
			if (c[i].at - c[k].at < least)
				continue;
			int32_t v = total[k] + step(&c[k], &c[i], least, soon);
			if (v > most) {
				most = v;
				from[i] = k;
			}
		}
		if (far >= 0 && total[far] + PRICE_PAUSE > most) {
			most = total[far] + PRICE_PAUSE;
			from[i] = far;
		}
		if (i == first)
			total[i] = FIRST;
		else if (from[i] >= 0 && (most > 0 || first >= 0))
			total[i] += most;
		else if (first >= 0)
			total[i] = INT32_MIN / 2; /* too near to the first */
		else
			from[i] = -1;
		if (best < 0 || total[i] > total[best])
			best = i;
		peak[i] = total[best];
	}
	for (int32_t i = best; i >= 0 && total[best] > 0; i = from[i])
		c[i].beat = true;
}
