/* The chain of candidates that is most plausible as a whole. Each has the logarithm of its odds; each interval between two that follow each other in the chain has a price: too soon, far sooner or
 * later than the intervals around. The best chain is found exactly, by going through the candidates once and keeping for each the best chain that ends there. */
#include "detect_internal.h"

#define BACK 40 /* candidates: a chain's step goes over at most so many; longer pauses cost the same from anywhere */

/* By the logarithm of the interval over the usual one, in quarters from -2 to 2; for regular, less regular and irregular rhythm. Q8. How much more often beats follow each other so than they would by
 * mere chance (fitted: DESIGN.md). */
static const int16_t price[3][17] = {
	{-836, -480, -479, -598, -587, -341, -270, -163, 344, -117, -273, -536, -643, -1092, -1111, -1130, -1149},
	{-683, -324, -242, -299, -216, -140, -124, 52, 302, 76, -100, -185, -233, -315, -882, -901, -920},
	{-262, -309, -151, -80, -50, 48, 57, 92, 184, 91, 92, -27, -63, -138, -381, -407, -427},
};

static int32_t step(const struct detect_candidate *a, const struct detect_candidate *b, double rate)
{
	int32_t rr = b->at - a->at, least = (int32_t)(rate * 0.2), soon = (int32_t)(rate * 0.3);
	if (rr < least)
		return INT32_MIN / 4;
	int32_t cost = rr < soon ? -(soon - rr) * 1024 / (soon - least + 1) : 0;
	if (b->hole != a->hole || !b->rr)
		return cost;
	int32_t ratio = detect_log2((uint32_t)rr) - detect_log2((uint32_t)b->rr) + 512;
	ratio = ratio < 0 ? 0 : ratio > 1023 ? 1023 : ratio;
	int32_t k = ratio / 64, part = ratio % 64;
	const int16_t *p = price[b->spread];
	return cost + p[k] + (p[k + 1] - p[k]) * part / 64;
}

void detect_choose(struct detect_candidate *c, int32_t count, double rate, int32_t after, const uint8_t *hole)
{
	int32_t total[DETECT_CANDIDATES], from[DETECT_CANDIDATES];
	int32_t best = -1, far = -1;
	for (int32_t i = 0; i < count; i++) {
		c[i].beat = false;
		total[i] = c[i].score;
		from[i] = -1;
		int32_t most = INT32_MIN;
		for (int32_t k = i - 1; k >= 0 && k >= i - BACK; k--) {
			int32_t v = total[k] + step(&c[k], &c[i], rate);
			if (v > most) {
				most = v;
				from[i] = k;
			}
		}
		if (i - BACK - 1 >= 0 && (far < 0 || total[i - BACK - 1] > total[far]))
			far = i - BACK - 1;
		if (far >= 0 && total[far] + price[2][16] > most) {
			most = total[far] + price[2][16];
			from[i] = far;
		}
		if (from[i] >= 0 && most > 0)
			total[i] += most;
		else
			from[i] = -1;
		if (best < 0 || total[i] > total[best])
			best = i;
	}
	for (int32_t i = best; i >= 0 && total[best] > 0; i = from[i])
		c[i].beat = true;
	(void)after, (void)hole;
}
