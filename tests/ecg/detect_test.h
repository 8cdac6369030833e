/* detect_test: records made of numbers, and the comparison of beats found with beats that are there (EC57: one to one, within 150 ms). */
#ifndef HOLDFAST_TESTS_DETECT_TEST_H
#define HOLDFAST_TESTS_DETECT_TEST_H

#include "ecg_test.h"

static inline struct ecg *detect_record(struct arena *a, int16_t *const *lead, const double *rate, unsigned leads, const uint64_t *samples)
{
	struct ecg *g = arena_alloc(a, sizeof *g);
	g->a = a;
	g->channels = leads;
	for (unsigned i = 0; i < leads; i++) {
		struct ecg_channel *c = &g->channel[i];
		c->ecg = true;
		c->rate = rate[i];
		c->samples = samples[i];
		c->scale = 5;
		c->bits = 16;
		c->s16 = lead[i];
		memcpy(c->unit, "uV", 3);
		snprintf(c->name, sizeof c->name, "L%u", i);
		if (rate[i] > g->rate) {
			g->rate = rate[i];
			g->samples = samples[i];
		}
	}
	return g;
}

struct detect_score {
	unsigned beats, missed, extra;
	double sum, square; /* of how late, ms */
};

static inline double detect_f1(const struct detect_score *s)
{
	unsigned found = s->beats - s->missed;
	return found ? 200.0 * found / (2.0 * found + s->missed + s->extra) : 0;
}

/* truth in seconds, ascending; those at or after skip count. Each in turn takes the nearest that is free: beats are further apart than twice the window but for few, where this can only err against us. */
static inline void detect_compare(const struct ecg_beats *b, const double *truth, size_t n, double skip, struct detect_score *s)
{
	bool *used = calloc(b->count + 1, sizeof *used);
	size_t from = 0;
	for (size_t i = 0; i < n; i++) {
		size_t best = SIZE_MAX;
		double off = 0.1501;
		while (from < b->count && (double)b->beat[from].at / b->rate < truth[i] - 0.16)
			from++;
		for (size_t k = from; k < b->count && (double)b->beat[k].at / b->rate <= truth[i] + 0.16; k++) {
			double d = fabs((double)b->beat[k].at / b->rate - truth[i]);
			if (!used[k] && d < off) {
				off = d;
				best = k;
			}
		}
		if (best < SIZE_MAX)
			used[best] = true;
		if (truth[i] < skip)
			continue;
		s->beats++;
		if (best == SIZE_MAX) {
			s->missed++;
		} else {
			double late = ((double)b->beat[best].at / b->rate - truth[i]) * 1000;
			s->sum += late;
			s->square += late * late;
		}
	}
	for (size_t k = 0; k < b->count; k++)
		s->extra += !used[k] && (double)b->beat[k].at / b->rate >= skip;
	free(used);
}

/* The same numbers on every machine. */
static inline double detect_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) / 16777216.0;
}

static inline double detect_noise(uint32_t *state) /* about normal, of deviation 1 */
{
	double s = -6;
	for (int i = 0; i < 12; i++)
		s += detect_random(state);
	return s;
}

#endif
