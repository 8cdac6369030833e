/* Measurements of a record: what measure_work.c found, in the words of ecg.h. */
#include "measure_internal.h"

#include <math.h>

static float when(const struct me_work *w, size_t beat, size_t lead, enum me_mark mark)
{
	const float at = me_final(w, beat, lead, mark);
	return isfinite(at) ? (float)(w->t0_ms + (double)at * 1000 / ME_RATE) : NAN;
}

static int beats_out(const struct me_work *w, const struct ecg *g, const struct ecg_beats *b, struct ecg_measure *ret, struct err *e)
{
	ret->beats = (struct ecg_beats){arena_array(w->a, w->beats + 1, sizeof(struct ecg_beat)), w->beats, b->rate > 0 ? b->rate : g->rate, b->shapes};
	if (!ret->beats.beat)
		return err_set(e, arena_code(w->a), NULL, "no room for the beats");
	for (size_t i = 0; i < w->beats; i++)
		ret->beats.beat[i] = b->beat[w->beat[i].source];
	return 0;
}

static int lead_out(const struct me_work *w, size_t lead, struct ecg_lead_measure *m, struct err *e)
{
	m->beat = arena_array(w->a, w->beats + 1, sizeof *m->beat);
	if (!m->beat)
		return err_set(e, arena_code(w->a), NULL, "no room for the beats");
	for (size_t b = 0; b < w->beats; b++)
		m->beat[b] = (struct ecg_fiducials){when(w, b, lead, ME_P_ON), when(w, b, lead, ME_P_PEAK), when(w, b, lead, ME_P_OFF), when(w, b, lead, ME_QRS_ON), when(w, b, lead, ME_R_PEAK),
			when(w, b, lead, ME_QRS_OFF), when(w, b, lead, ME_T_PEAK), when(w, b, lead, ME_T_OFF)};
	if (w->dominant >= 0)
		me_lead_values(w, &w->group[w->dominant], lead, m);
	return 0;
}

int ecg_measure(const struct ecg *g, const struct ecg_beats *b, uint64_t from, struct arena *a, struct ecg_measure *ret, struct err *e)
{
	struct me_work *w = arena_alloc(a, sizeof *w);
	struct ecg_measure m = {.lead = arena_array(a, g->channels + 1, sizeof *m.lead), .global = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN}};
	if (!w || !m.lead)
		return err_set(e, arena_code(a), NULL, "no room for measuring");
	w->a = a;
	w->dominant = -1;
	int r = me_work(w, g, b, from, e);
	if (r == 0)
		r = beats_out(w, g, b, &m, e);
	for (size_t c = 0; r == 0 && c < w->leads; c++)
		r = lead_out(w, c, &m.lead[w->lead[c].channel], e);
	if (r < 0)
		return r;
	const struct me_group *k = w->dominant >= 0 ? &w->group[w->dominant] : NULL;
	m.used = k ? k->used : 0;
	me_global(w, g, k, &m);
	*ret = m;
	return 0;
}
