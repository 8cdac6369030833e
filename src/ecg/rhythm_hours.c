/* Rates over eight beats, and the table of hours from the record's start. */
#include "rhythm.h"

#define EIGHT 8
#define LONG_S 600.0 /* from here on there is a table */

/* The rate of the eight intervals up to beat i; 0: fewer, a hole among them, or something unreadable. */
static double rate_at(const struct rhythm *r, size_t i)
{
	const struct ecg_beats *b = r->b;
	if (i < EIGHT)
		return 0;
	double seconds = (double)(b->beat[i].at - b->beat[i - EIGHT].at) / b->rate;
	if (seconds <= 0 || seconds > 32 || rhythm_bad(r, b->beat[i - EIGHT].at, b->beat[i].at))
		return 0;
	double rate = 60 * EIGHT / seconds;
	return rate > 400 ? 0 : rate;
}

static double share(const struct ecg_episode *p, uint64_t from, uint64_t to)
{
	uint64_t a = p->start > from ? p->start : from, z = p->end < to ? p->end : to;
	return z > a ? (double)(z - a) / (double)(to - from) : 0;
}

static void shares(struct rhythm *r, struct ecg_rhythm_result *ret, double samples)
{
	for (size_t i = 0; i < r->bases; i++) {
		const struct ecg_episode *p = &r->base[i];
		if (p->rhythm != ECG_RHYTHM_AF && p->rhythm != ECG_RHYTHM_AFL && p->rhythm != ECG_RHYTHM_NOISE)
			continue;
		for (size_t h = (size_t)((double)p->start / samples); h < ret->hours && (double)h * samples < (double)p->end; h++) {
			uint64_t from = (uint64_t)((double)h * samples), to = (uint64_t)((double)(h + 1) * samples);
			to = to < r->g->samples ? to : r->g->samples;
			if (to <= from)
				continue;
			if (p->rhythm == ECG_RHYTHM_NOISE)
				ret->hour[h].noise_share += (float)share(p, from, to);
			else
				ret->hour[h].af_share += (float)share(p, from, to);
		}
	}
}

int rhythm_hours(struct rhythm *r, struct ecg_rhythm_result *ret, struct err *e)
{
	const struct ecg_beats *b = r->b;
	const double samples = r->g->rate * 3600;
	bool table = (double)r->g->samples / r->g->rate >= LONG_S;
	ret->hours = table ? (size_t)((double)(r->g->samples - 1) / samples) + 1 : 0;
	ret->hour = arena_array(r->a, ret->hours + 1, sizeof *ret->hour);
	double *seconds = arena_array(r->a, ret->hours + 1, sizeof *seconds);
	if (!ret->hour || !seconds)
		return err_set(e, arena_code(r->a), NULL, "no room for the table of hours");
	double total = 0;
	uint64_t intervals = 0;
	for (size_t i = 0; i < b->count; i++) {
		size_t h = (size_t)((double)b->beat[i].at / samples);
		struct ecg_hour none = {0}, *hour = table && h < ret->hours ? &ret->hour[h] : &none;
		double rr = i ? rhythm_rr(r, i) : 0, rate = rate_at(r, i);
		uint16_t bpm = (uint16_t)(rate + 0.5);
		hour->beats++;
		hour->s += b->beat[i].class == 'S';
		hour->v += b->beat[i].class == 'V';
		hour->f += b->beat[i].class == 'F';
		hour->q += b->beat[i].class == 'Q';
		if (rr > 0 && rr < 5) {
			total += rr;
			intervals++;
		}
		if (!bpm)
			continue;
		if (!ret->min_bpm || bpm < ret->min_bpm) {
			ret->min_bpm = bpm;
			ret->min_at = b->beat[i - EIGHT].at;
		}
		if (bpm > ret->max_bpm) {
			ret->max_bpm = bpm;
			ret->max_at = b->beat[i - EIGHT].at;
		}
		hour->min_bpm = !hour->min_bpm || bpm < hour->min_bpm ? bpm : hour->min_bpm;
		hour->max_bpm = bpm > hour->max_bpm ? bpm : hour->max_bpm;
	}
	ret->mean_bpm = (uint16_t)(total > 0 ? 60 * (double)intervals / total + 0.5 : 0);
	if (!ret->min_bpm) /* fewer than nine beats: one number for all */
		ret->min_bpm = ret->max_bpm = ret->mean_bpm;
	if (!table)
		return 0;
	uint64_t *counted = arena_array(r->a, ret->hours + 1, sizeof *counted);
	if (!counted)
		return err_set(e, arena_code(r->a), NULL, "no room for the table of hours");
	for (size_t i = 1; i < b->count; i++) {
		size_t h = (size_t)((double)b->beat[i].at / samples);
		double rr = rhythm_rr(r, i);
		if (h < ret->hours && rr < 5) {
			seconds[h] += rr;
			counted[h]++;
		}
	}
	for (size_t h = 0; h < ret->hours; h++)
		ret->hour[h].mean_bpm = (uint16_t)(seconds[h] > 0 ? 60 * (double)counted[h] / seconds[h] + 0.5 : 0);
	for (size_t i = 0; i < r->overs; i++)
		if (r->over[i].rhythm == ECG_RHYTHM_PAUSE && (size_t)((double)r->over[i].start / samples) < ret->hours)
			ret->hour[(size_t)((double)r->over[i].start / samples)].pauses++;
	shares(r, ret, samples);
	return 0;
}
