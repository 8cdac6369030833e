/* Samples of more than 16 bits for computing in 16. An electrode's offset of hundreds of millivolts takes the upper bits of a 24-bit recorder, its finest steps (some 30 nV) are noise: neither is of use to a
 * detector, so the offset is taken away and the steps are made as coarse as what remains needs. Both are decided once, when the record is opened, from samples of the whole channel: whatever is read later, in
 * whatever pieces, a sample is the same. */
#include "ecg_internal.h"

#include <math.h>
#include <stdlib.h>

#define WHOLE 65536u   /* a channel of up to so many samples is looked at whole, ... */
#define RUNS 256u      /* ... of a longer one as many runs of so many, the first at its begin and the last at its end */
#define RUN 256u
#define KEPT 4096u     /* for the median */
#define COARSEST_UV 10.0
#define ROOM_UV 5000.0 /* for what lay between the samples that were looked at: a QRS, the wander of an electrode */

struct look {
	int32_t low, high; /* low > high: nothing was recorded where we looked */
	int32_t kept[KEPT];
	size_t n;
};

static void take(struct look *l, const int32_t *block, size_t n, size_t every)
{
	for (size_t i = 0; i < n; i++) {
		if (block[i] == ECG_GAP)
			continue;
		l->low = block[i] < l->low ? block[i] : l->low;
		l->high = block[i] > l->high ? block[i] : l->high;
		if (i % every == 0 && l->n < KEPT)
			l->kept[l->n++] = block[i];
	}
}

static void look(const struct ecg *g, unsigned channel, struct look *l)
{
	const struct ecg_channel *c = &g->channel[channel];
	int32_t block[RUN];
	l->low = INT32_MAX;
	l->high = INT32_MIN;
	l->n = 0;
	bool whole = c->samples <= WHOLE;
	uint64_t runs = whole ? (c->samples + RUN - 1) / RUN : RUNS;
	for (uint64_t i = 0; i < runs; i++) {
		/* (samples - RUN) / (RUNS - 1) apart, without a product that 64 bits do not hold */
		uint64_t space = whole ? 0 : c->samples - RUN, at = whole ? i * RUN : space / (RUNS - 1) * i + space % (RUNS - 1) * i / (RUNS - 1);
		size_t n = c->samples - at < RUN ? (size_t)(c->samples - at) : RUN;
		ecg_read(g, channel, at, n, block);
		take(l, block, n, c->samples <= KEPT ? 1 : RUN / 16);
	}
}

static int by_size(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
	return (x > y) - (x < y);
}

static void settle(struct ecg_channel *c, struct look *l)
{
	bool whole = c->samples <= WHOLE;
	double room = !whole && c->ecg ? fmin(ROOM_UV / fabs(c->scale), 8e9) : 0;
	if (l->low > l->high || !l->n)
		return;
	if ((double)l->low - room >= -INT16_MAX && (double)l->high + room <= INT16_MAX)
		return; /* 16 bits hold it as it is */
	qsort(l->kept, l->n, sizeof *l->kept, by_size);
	c->middle = l->kept[l->n / 2];
	double above = (double)l->high - c->middle, below = (double)c->middle - l->low, need = (above > below ? above : below) * (whole ? 1 : 1.25) + room;
	for (; need >= 32768 && c->halved < 16; need /= 2)
		if (c->ecg && fabs(c->scale) * (double)(2u << c->halved) > COARSEST_UV)
			break;
		else
			c->halved++;
}

void ecg_settle16(struct ecg *g)
{
	struct look l;
	for (unsigned i = 0; i < g->channels; i++) {
		struct ecg_channel *c = &g->channel[i];
		c->middle = c->halved = 0;
		if (c->s16 || (c->bits <= 16 && !c->s32) || (!c->s32 && !g->reader))
			continue;
		look(g, i, &l);
		settle(c, &l);
	}
}

unsigned ecg_shift(const struct ecg *g, unsigned channel)
{
	assert(channel < g->channels);
	return g->channel[channel].halved;
}

void ecg_narrow(const struct ecg_channel *c, const int32_t *in, size_t n, int16_t *out)
{
	for (size_t i = 0; i < n; i++) {
		int64_t v = ((int64_t)in[i] - c->middle) >> c->halved;
		out[i] = in[i] == ECG_GAP ? ECG_GAP16 : v < -INT16_MAX ? -INT16_MAX : v > INT16_MAX ? INT16_MAX : (int16_t)v;
	}
}
