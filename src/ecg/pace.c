/* Spikes of a pacemaker: a deflection of a few milliseconds, far steeper than anything in the wide QRS that follows it, and always at the same distance before it. Recorders filter it: at 250 to 500 Hz what is left is one to five samples wide. */
#include "pace.h"

#include <math.h>
#include <stdlib.h>

#define WINDOW_BEFORE 0.30 /* seconds */
#define WINDOW_AFTER 0.20
#define STANDS_OUT 2.0f    /* times the second sharpest place of the window, 16 ms away or more */
#define NEAREST 0.048f    /* from spike to the middle of the QRS; an R wave's own top is nearer to the slope that follows */
#define SAME_PLACE 0.012f  /* seconds about the usual distance from spike to QRS */
#define LOOKED_AT 200      /* beats, spread over the record, that decide whether there are spikes at all */

struct spike {
	float before;  /* seconds from it to the middle of the slopes after it */
	float sharp;   /* how far it stands out; 0: none */
};

struct looker {
	const struct ecg *g;
	unsigned channel;
	double rate, ratio;
	int16_t *x;
	size_t n;
};

/* An R wave is sharp at its top, too. A spike stands on the level that was there before it, and is over before the QRS has grown. */
static bool thin(const struct looker *l, size_t where)
{
	const size_t near = (size_t)(l->rate * 0.013 + 0.5), from = (size_t)(l->rate * 0.045), to = (size_t)(l->rate * 0.022);
	if (where < from || where + near >= l->n)
		return false;
	int sum = 0, n = 0;
	for (size_t i = where - from; i < where - to; i++, n++)
		sum += l->x[i];
	int level = n ? sum / n : 0, height = abs(l->x[where] - level);
	return abs(l->x[where - near] - level) * 4 < height && abs(l->x[where + near] - level) * 2 < height;
}

static struct spike look(const struct looker *l, uint64_t at)
{
	const size_t stride = (size_t)(l->rate * 0.003 + 0.5) > 0 ? (size_t)(l->rate * 0.003 + 0.5) : 1, away = (size_t)(l->rate * 0.016);
	int64_t first = (int64_t)((double)at * l->ratio) - (int64_t)(WINDOW_BEFORE * l->rate);
	struct spike s = {0};
	if (first < 0)
		return s;
	ecg_read16(l->g, l->channel, (uint64_t)first, l->n, l->x);
	int most = 0, second = 0;
	size_t where = 0;
	for (size_t i = stride; i + stride < l->n; i++) {
		if (l->x[i] == ECG_GAP16)
			return s;
		int d = abs(2 * l->x[i] - l->x[i - stride] - l->x[i + stride]);
		if (d > most) {
			most = d;
			where = i;
		}
	}
	double slopes = 0, moment = 0;
	for (size_t i = stride; i + stride < l->n; i++) {
		if (i + away > where && i < where + away)
			continue;
		int d = abs(2 * l->x[i] - l->x[i - stride] - l->x[i + stride]);
		second = d > second ? d : second;
		if (i > where) {
			double v = (double)l->x[i + stride] - l->x[i - stride];
			slopes += v * v;
			moment += v * v * (double)(i - where);
		}
	}
	if (most < 8 || slopes <= 0 || (float)most < STANDS_OUT * (float)second || !thin(l, where))
		return s;
	s.before = (float)(moment / slopes / l->rate);
	s.sharp = (float)most / (float)(second > 0 ? second : 1);
	return s;
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

/* The usual distance of spike and QRS in this lead; 0: there are no spikes. */
static float usual(const struct looker *l, const struct ecg_beats *b, float *ret_share)
{
	float found[LOOKED_AT];
	size_t step = (b->count + LOOKED_AT - 1) / LOOKED_AT, n = 0, asked = 0, same = 0;
	for (size_t i = 0; i < b->count; i += step, asked++) {
		struct spike s = look(l, b->beat[i].at);
		if (s.sharp > 0 && s.before > NEAREST && s.before < 0.22f)
			found[n++] = s.before;
	}
	*ret_share = 0;
	if (n < 4 || n * 5 < asked)
		return 0;
	qsort(found, n, sizeof *found, by_value);
	float middle = found[n / 2];
	for (size_t i = 0; i < n; i++)
		same += fabsf(found[i] - middle) < SAME_PLACE;
	if (same < 4 || same * 10 < n * 7)
		return 0;
	*ret_share = (float)same / (float)asked;
	return middle;
}

int pace_find(const struct ecg *g, const unsigned *channel, unsigned channels, struct arena *a, struct ecg_beats *b, struct err *e)
{
	struct looker best = {0};
	float distance = 0, share = 0.2f;
	for (unsigned c = 0; c < channels; c++) {
		unsigned at = channel ? channel[c] : c;
		const struct ecg_channel *h = &g->channel[at];
		struct looker l = {g, at, h->rate, h->rate / g->rate, NULL, (size_t)(h->rate * (WINDOW_BEFORE + WINDOW_AFTER))};
		if (h->rate < 250 || !(channel || h->ecg))
			continue;
		l.x = arena_array(a, l.n + 1, sizeof *l.x);
		if (!l.x)
			return err_set(e, arena_code(a), NULL, "no room for a window of the signal");
		float s, d = usual(&l, b, &s);
		if (d > 0 && s > share) {
			best = l;
			share = s;
			distance = d;
		}
	}
	for (size_t i = 0; distance > 0 && i < b->count; i++) {
		struct spike s = look(&best, b->beat[i].at);
		if (s.sharp <= 0 || s.before < NEAREST || fabsf(s.before - distance) >= 2 * SAME_PLACE)
			continue;
		b->beat[i].paced = true;
		b->beat[i].class = 'Q';
		b->beat[i].confidence = (uint8_t)(s.sharp > 4 ? 95 : 75);
	}
	return 0;
}
