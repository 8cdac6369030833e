/* All of it together: beats, classes, rhythm, the minute that is measured, statements. */
#include "statements.h"

#include <math.h>

#define LONG_S 120
#define LOOK_MINUTES 30 /* of a long record, for one that is good */

/* Of a long record the first minute that is all but clean: enough beats of good signal around them, nothing irregular in the time between; else the best of those looked at. */
static uint64_t good_minute(const struct ecg *g, const struct ecg_beats *b)
{
	const uint64_t minute = (uint64_t)floor(60 * g->rate);
	uint64_t best = 0;
	long most = -1;
	size_t i = 0;
	for (int k = 0; k < LOOK_MINUTES && minute * (uint64_t)(k + 1) <= g->samples; k++) {
		const uint64_t from = minute * (uint64_t)k;
		long sum = 0, n = 0, normal = 0;
		while (i < b->count && b->beat[i].at < from)
			i++;
		for (size_t j = i; j < b->count && b->beat[j].at < from + minute; j++) {
			sum += b->beat[j].quality;
			normal += b->beat[j].class == 'N' || b->beat[j].paced;
			n++;
		}
		if (n >= 25 && sum >= 80 * n && normal * 10 >= 9 * n)
			return from;
		if (n >= 25 && sum / n + normal * 100 / n > most) {
			most = sum / n + normal * 100 / n;
			best = from;
		}
	}
	return best;
}

/* Where the atria fibrillate or flutter there is no P wave, whatever stands before the QRS. */
static void no_p(struct ecg_measure *m, unsigned channels)
{
	const struct ecg_value none = {0, 0};
	m->p_ms = m->pr_ms = m->p_axis_deg = none;
	m->global.p_on = m->global.p_peak = m->global.p_off = NAN;
	for (unsigned c = 0; c < channels; c++) {
		struct ecg_lead_measure *l = &m->lead[c];
		l->p_uv = l->pr_ms = l->p_ms = none;
		for (size_t i = 0; l->beat && i < m->beats.count; i++)
			l->beat[i].p_on = l->beat[i].p_peak = l->beat[i].p_off = NAN;
	}
}

/* The rhythm of most of what was measured. */
static bool atria_fibrillate(const struct ecg *g, const struct ecg_rhythm_result *r, uint64_t from)
{
	const uint64_t to = from + (uint64_t)floor(60 * g->rate);
	uint64_t yes = 0, all = 0;
	for (size_t i = 0; i < r->count; i++) {
		const struct ecg_episode *p = &r->episode[i];
		const uint64_t a = p->start > from ? p->start : from, b = p->end < to ? p->end : to;
		if (p->over || a >= b)
			continue;
		all += b - a;
		if (p->rhythm == ECG_RHYTHM_AF || p->rhythm == ECG_RHYTHM_AFL)
			yes += b - a;
	}
	return yes * 2 > all;
}

int ecg_analyse(const struct ecg *g, struct arena *a, struct ecg_analysis *ret, struct err *e)
{
	struct ecg_analysis n = {0};
	int r = ecg_detect(g, NULL, 0, a, &n.beats, e);
	if (r == 0)
		r = ecg_classify(g, NULL, 0, a, &n.beats, e);
	if (r == 0)
		r = ecg_rhythm(g, &n.beats, a, &n.rhythm, e);
	if (r < 0)
		return r;
	n.long_record = (double)g->samples > LONG_S * g->rate;
	const uint64_t from = n.long_record ? good_minute(g, &n.beats) : 0;
	r = ecg_measure(g, &n.beats, from, a, &n.measure, e);
	if (r < 0)
		return r;
	if (atria_fibrillate(g, &n.rhythm, from))
		no_p(&n.measure, g->channels);
	for (unsigned i = 0; i < g->channels; i++)
		n.measure.lead[i].quality = n.rhythm.quality[i];
	r = st_all(g, &n, a, e);
	if (r == 0)
		*ret = n;
	return r;
}
