/* The order of measuring: load, align, group, average; the PR level off; average again; marks of each shape, of each beat. */
#include "measure_internal.h"

#include <math.h>

static int refilter(struct me_work *w, struct err *e)
{
	float *tmp = arena_array(w->a, w->n, sizeof *tmp);
	if (!tmp)
		return err_set(e, arena_code(w->a), NULL, "no room for measuring");
	for (size_t c = 0; c < w->leads; c++) {
		struct me_lead *l = &w->lead[c];
		if (!l->good)
			continue;
		me_low_pass(l->x, w->n, l->mains, tmp, l->y);
		me_slope(l->y, w->n, l->v);
	}
	return 0;
}

int me_work(struct me_work *w, const struct ecg *g, const struct ecg_beats *b, uint64_t from, struct err *e)
{
	int r = me_load(w, g, from, e);
	if (r < 0)
		return r;
	for (size_t c = 0; c < w->leads; c++)
		w->good += w->lead[c].good;
	me_beats(w, g, b, from);
	me_groups(w);
	if ((r = me_medians(w, e)) < 0)
		return r;
	for (size_t k = 0; k < w->groups; k++)
		me_group_qrs(w, &w->group[k]);
	me_baseline(w);
	if ((r = refilter(w, e)) < 0 || (r = me_medians(w, e)) < 0)
		return r;
	w->marks = arena_array(w->a, w->beats * w->leads + 1, sizeof *w->marks);
	if (!w->marks)
		return err_set(e, arena_code(w->a), NULL, "no room for measuring");
	if (w->dominant >= 0) /* first: others are compared with it */
		me_group_marks(w, &w->group[w->dominant]);
	for (size_t k = 0; k < w->groups; k++)
		if ((int)k != w->dominant)
			me_group_marks(w, &w->group[k]);
	for (size_t i = 0; i < w->beats; i++)
		me_beat_marks(w, i);
	return 0;
}

static bool is_p(enum me_mark m)
{
	return m == ME_P_ON || m == ME_P_PEAK || m == ME_P_OFF;
}

static bool is_peak(enum me_mark m)
{
	return m == ME_P_PEAK || m == ME_R_PEAK || m == ME_T_PEAK;
}

static bool is_t(enum me_mark m)
{
	return m == ME_T_PEAK || m == ME_T_OFF;
}

#define QRS_CLEAR 20 /* times the standard error of the averaged beat: where less, its ends lie in noise */
#define T_CLEAR 4

static float steepest(const float *v, int from, int to)
{
	float most = 0;
	for (int i = from; i <= to; i++)
		most = fabsf(v[i]) > most ? fabsf(v[i]) : most;
	return most;
}

/* Waves so small in a lead that their ends mean nothing are not found there. */
static bool worth(const struct me_work *w, const struct me_group *k, size_t lead, enum me_mark mark)
{
	const struct me_marks *m = &k->lead[lead];
	if (is_p(mark)) {
		if (!k->p || m->at[ME_P_PEAK] == ME_NONE)
			return false;
		const float *y = k->y[lead];
		const float base = 0.5f * (y[m->at[ME_P_ON]] + y[m->at[ME_P_OFF]]);
		return fabsf(y[m->at[ME_P_PEAK]] - base) > 8 + w->lead[lead].noise;
	}
	if (is_t(mark))
		return m->at[ME_T_PEAK] != ME_NONE && fabsf(k->y[lead][m->at[ME_T_PEAK]]) > 15 + w->lead[lead].noise;
	return m->at[ME_QRS_ON] != ME_NONE;
}

/* An interval is said of the averaged beat where its waves stand out of what is left of noise in the average; the marks of single beats are shown as they are. */
static bool clear(const struct me_group *k, size_t lead, enum me_mark mark)
{
	const struct me_marks *m = &k->lead[lead];
	if (m->at[ME_QRS_ON] == ME_NONE || steepest(k->v[lead], m->at[ME_QRS_ON], m->at[ME_QRS_OFF]) < QRS_CLEAR * k->doubt_v[lead])
		return false;
	return !is_t(mark) || m->at[ME_T_PEAK] == ME_NONE || fabsf(k->y[lead][m->at[ME_T_PEAK]]) > 15 + T_CLEAR * k->doubt[lead];
}

float me_final(const struct me_work *w, size_t beat, size_t lead, enum me_mark mark)
{
	const struct me_beat *b = &w->beat[beat];
	if (b->group < 0 || !w->lead[lead].good)
		return NAN;
	const struct me_group *k = &w->group[b->group];
	const struct me_marks *own = &w->marks[beat * w->leads + lead];
	if (!worth(w, k, lead, mark) || (is_p(mark) && !b->p) || own->at[mark] == ME_NONE)
		return NAN;
	if (is_peak(mark))
		return (float)own->at[mark];
	const int o = b->at - ME_BEFORE;
	return me_blend(w, mark, k->all.at[mark] == ME_NONE ? ME_NONE : k->all.at[mark] + o, k->lead[lead].at[mark] == ME_NONE ? ME_NONE : k->lead[lead].at[mark] + o, b->all.at[mark], own->at[mark]);
}

float me_final_median(const struct me_work *w, const struct me_group *k, size_t lead, enum me_mark mark)
{
	if (!w->lead[lead].good || !worth(w, k, lead, mark) || !clear(k, lead, mark) || k->lead[lead].at[mark] == ME_NONE)
		return NAN;
	if (is_peak(mark))
		return (float)k->lead[lead].at[mark];
	return me_blend(w, mark, k->all.at[mark], k->lead[lead].at[mark], ME_NONE, ME_NONE);
}
