/* T waves as tall as the R before them. By its own size such a T is a beat, and where every R has one, half of all beats are T waves that look like each other: neither level nor likeness tells. What tells is that it comes
 * after the like of the beat before it as soon, again and again, no later than a T does, and that it is blunter than that beat. A ventricular beat in bigeminy comes later, or varies, or is not blunter:
 * of 4,698 ventricular beats that follow another within half a second in the records of the corpus, 10 are so taken (DESIGN.md). */
#include "detect_internal.h"

#define AROUND 16          /* beats to either side */
#define LATEST 0.43        /* seconds after the R: most ventricular beats come later */
#define LATEST_SQUARE 0.16 /* and 0.40 of the root of the interval from R to R: QT has its end there, not its peak */
#define EARLIEST 0.16
#define BLUNTER 150        /* logarithms in Q8 */
#define SAME_SIZE 160
#define SAME_SHARP 120
#define LEAST 4            /* so many others like it */
#define SHARE 160          /* of 256 */

static bool alike(const struct detect_candidate *a, const struct detect_candidate *b)
{
	return abs(a->log_sharp - b->log_sharp) <= SAME_SHARP && abs(a->log_size - b->log_size) <= SAME_SIZE;
}

/* Is beat k followed by the like of c as soon as c follows `of`? */
static bool followed(const struct detect_lead *l, int32_t k, const struct detect_candidate *of, const struct detect_candidate *c)
{
	const int32_t reach = (int32_t)(l->rate * 0.035) + 1, delay = c->at - of->at, ratio = c->log_size - of->log_size;
	const struct detect_candidate *m = &l->c[k];
	for (int32_t j = k + 1; j < l->count && l->c[j].at - m->at <= delay + reach; j++)
		if (l->c[j].at - m->at >= delay - reach && abs(l->c[j].log_size - m->log_size - ratio) <= SAME_SIZE && abs(l->c[j].log_sharp - c->log_sharp) <= SAME_SHARP)
			return true;
	return false;
}

static bool habitual(const struct detect_lead *l, const int32_t *beat, int32_t beats, int32_t b, const struct detect_candidate *c)
{
	int32_t all = 0, like = 0, from = b - AROUND < 0 ? 0 : b - AROUND, to = b + AROUND < beats - 1 ? b + AROUND : beats - 1;
	for (int32_t k = from; k <= to; k++)
		if (k != b && alike(&l->c[beat[k]], &l->c[beat[b]])) {
			all++;
			like += followed(l, beat[k], &l->c[beat[b]], c);
		}
	return all >= LEAST && like * 256 >= all * SHARE;
}

/* Where the recording begins after an R or ends within its T, there is half of it to be seen: it is one where most of the beats that are like that R have one there. */
static bool cut_off(const struct detect_lead *l, const int32_t *beat, int32_t beats)
{
	struct detect_candidate *c = &l->c[beat[0]], *end = &l->c[beat[beats - 1]];
	const struct detect_candidate *second = beats > 1 ? &l->c[beat[1]] : c, *r = beats > 1 ? &l->c[beat[beats - 2]] : end;
	const int32_t edge = (int32_t)(l->rate * 0.3), latest = (int32_t)(l->rate * LATEST), least = (int32_t)(l->rate * EARLIEST);
	int32_t all = 0, echoes = 0;
	bool begins = !c->echo && c->at < latest && second->log_sharp - c->log_sharp >= BLUNTER, known = false;
	bool ends = !end->echo && l->n - end->at < edge && end->at - r->at >= least && end->at - r->at <= latest, late = false;
	for (int32_t b = 0; b < beats && (begins || ends); b++) {
		const struct detect_candidate *m = &l->c[beat[b]];
		const int32_t delay = end->at - r->at;
		all += alike(m, r);
		for (int32_t j = beat[b] + 1; j < l->count && l->c[j].at - m->at <= latest; j++)
			if (l->c[j].echo) {
				echoes += alike(m, r);
				known = known || (alike(&l->c[j], c) && alike(m, second));
				late = late || abs(l->c[j].at - m->at - delay) < l->rate * 0.07;
			}
	}
	const bool usual = echoes >= LEAST && echoes * 256 >= all * SHARE;
	begins = begins && usual && known;
	ends = ends && usual && late;
	c->echo = c->echo || begins;
	end->echo = end->echo || ends;
	return begins || ends;
}

/* Marks those among the beats chosen; false: none that were not marked before. */
bool detect_echoes(struct detect_lead *l)
{
	int32_t *beat = l->tmp, beats = 0, none = 0;
	for (int32_t i = 0; i < l->count; i++)
		if (l->c[i].beat)
			beat[beats++] = i;
	for (int32_t b = 1; b < beats; b++) {
		struct detect_candidate *c = &l->c[beat[b]];
		const struct detect_candidate *r = &l->c[beat[b - 1]];
		const double late = (double)(c->at - r->at) / l->rate, rr = b + 1 < beats ? (double)(l->c[beat[b + 1]].at - r->at) / l->rate : 1;
		if (late < EARLIEST || late > LATEST || late * late > LATEST_SQUARE * rr || r->hole != c->hole || r->log_sharp - c->log_sharp < BLUNTER || r->echo || c->echo)
			continue;
		c->echo = habitual(l, beat, beats, b - 1, c);
		none += c->echo;
	}
	return (beats > 2 && cut_off(l, beat, beats)) || none > 0;
}
