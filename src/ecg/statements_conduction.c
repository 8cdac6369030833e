/* Statements of conduction: PR, bundle branches, fascicles, axis, QT. AHA/ACCF/HRS parts III and IV (2009). */
#include "statements.h"

#include <math.h>

#define PR_SURE 80      /* confidence */
#define PR_SURE_FEW 65  /* of one or two leads, which never are as sure */

/* The global PR goes from the earliest P of any two leads: a long one is said where the middle of the leads has it, too, and where they agree on the P. */
static bool pr_is_long(const struct st *s, struct ecg_value v)
{
	float each[ECG_CHANNELS_MAX];
	size_t n = 0;
	for (unsigned i = 0; i < s->g->channels; i++) {
		const struct ecg_value l = s->m->lead[i].pr_ms;
		size_t k = n;
		if (!s->g->channel[i].ecg || !l.conf)
			continue;
		for (n++; k && each[k - 1] > l.v; k--)
			each[k] = each[k - 1];
		each[k] = l.v;
	}
	return v.v > 200 && v.conf >= (n < 3 ? PR_SURE_FEW : PR_SURE) && (n < 3 || each[n / 2] > 200);
}

static void pr(struct st *s)
{
	const struct ecg_value v = s->m->pr_ms;
	if (!v.conf || s->paced || st_said(s, "rhythm-af") || st_said(s, "rhythm-afl"))
		return;
	if (pr_is_long(s, v))
		st_say(s, "pr-long", v.v > 300 ? ECG_ABNORMAL : ECG_BORDERLINE, v.conf, "Long PR interval: consider first degree AV block", "PR %.0f ms (limit 200)", (double)v.v);
	else if (v.v < 120 && s->age >= 16)
		st_say(s, "pr-short", ECG_BORDERLINE, v.conf - 20, "Short PR interval", "PR %.0f ms (limit 120)", (double)v.v);
	if (v.v < 120 && s->m->qrs_ms.conf && s->m->qrs_ms.v >= 110) {
		s->preexcited = true;
		st_say(s, "qrs-preexcitation", ECG_ABNORMAL, 35, "Short PR and wide QRS: consider ventricular preexcitation", "PR %.0f ms, QRS %.0f ms", (double)v.v, (double)s->m->qrs_ms.v);
	}
}

/* V1 all but negative; in a left lateral lead a late R and no Q. */
static bool left_shape(const struct st *s)
{
	const struct ecg_lead_measure *v1 = s->lead[ECG_LEAD_V1] ? s->lead[ECG_LEAD_V1] : s->lead[ECG_LEAD_V2];
	const enum ecg_lead sides[] = {ECG_LEAD_V6, ECG_LEAD_V5, ECG_LEAD_I, ECG_LEAD_AVL};
	int late = 0, seen = 0;
	if (!v1 || st_s(v1) < 2 * st_r(v1) || st_s(v1) < 300)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
		const struct ecg_lead_measure *l = s->lead[sides[i]];
		if (!l)
			continue;
		seen++;
		late += st_r(l) > st_s(l) && l->q_uv.v > -60 && l->vat_ms.conf && l->vat_ms.v >= 45;
	}
	return seen && late * 2 >= seen;
}

/* A second or late R in V1 or V2, and a broad S in I or V6. */
static bool right_shape(const struct st *s)
{
	const struct ecg_lead_measure *v1 = s->lead[ECG_LEAD_V1], *v2 = s->lead[ECG_LEAD_V2], *v6 = s->lead[ECG_LEAD_V6], *i = s->lead[ECG_LEAD_I];
	const bool second = (v1 && (v1->r2_uv.v > 100 || (st_r(v1) > st_s(v1) && v1->vat_ms.conf && v1->vat_ms.v > 50))) || (v2 && v2->r2_uv.v > 150 && v2->r2_uv.v > v2->r_uv.v);
	const bool broad = (v6 && v6->s_ms.v >= 36 && v6->s_uv.v < -80) || (i && i->s_ms.v >= 36 && i->s_uv.v < -80);
	return second && broad;
}

static void bundles(struct st *s)
{
	const struct ecg_value q = s->m->qrs_ms;
	if (!q.conf || s->paced || s->preexcited || s->age < 16)
		return;
	const bool left = left_shape(s), right = right_shape(s), full = q.v >= 120;
	const int conf = st_least(q.conf, 80);
	if (full && left) {
		s->lbbb = true;
		st_say(s, "qrs-lbbb", ECG_ABNORMAL, conf, "Left bundle branch block", "QRS %.0f ms (limit 120), V1 negative, late R without Q at the side", (double)q.v);
	} else if (full && right) {
		s->rbbb = true;
		st_say(s, "qrs-rbbb", ECG_ABNORMAL, conf, "Right bundle branch block", "QRS %.0f ms (limit 120), late R in V1, broad S in I or V6", (double)q.v);
	} else if (full) {
		st_say(s, "qrs-ivcd", ECG_ABNORMAL, conf, "Delayed conduction in the ventricles, neither bundle's shape", "QRS %.0f ms (limit 120)", (double)q.v);
	} else if (q.v >= 110 && left) {
		st_say(s, "qrs-ilbbb", ECG_BORDERLINE, conf - 20, "Consider incomplete left bundle branch block", "QRS %.0f ms (110 to 119), V1 negative, no Q at the side", (double)q.v);
	} else if (q.v >= 100 && right) {
		st_say(s, "qrs-irbbb", ECG_BORDERLINE, conf - 20, "Consider incomplete right bundle branch block", "QRS %.0f ms, second R in V1 or V2, broad S in I or V6", (double)q.v);
	}
}

static void axis(struct st *s)
{
	const struct ecg_value a = s->m->qrs_axis_deg;
	if (!a.conf || s->paced || s->age < 16)
		return;
	const int v = (int)a.v;
	if (v < -30 && v >= -90)
		st_say(s, "axis-left", ECG_BORDERLINE, a.conf, "Left axis deviation", "QRS axis %d degrees (limit -30)", v);
	else if (v > 90)
		st_say(s, "axis-right", ECG_BORDERLINE, a.conf, "Right axis deviation", "QRS axis %d degrees (limit 90)", v);
	else if (v < -90)
		st_say(s, "axis-extreme", ECG_ABNORMAL, a.conf - 10, "Extreme axis deviation", "QRS axis %d degrees", v);
}

static bool small_q_big_r(const struct ecg_lead_measure *l)
{
	return l && l->q_uv.v <= -20 && st_r(l) > -2 * l->q_uv.v;
}

static bool small_r_big_s(const struct ecg_lead_measure *l)
{
	return l && l->r_uv.v > 0 && -l->s_uv.v > l->r_uv.v;
}

static void fascicles(struct st *s)
{
	const struct ecg_value a = s->m->qrs_axis_deg, q = s->m->qrs_ms;
	if (!a.conf || !q.conf || s->paced || s->lbbb || s->preexcited || s->age < 16)
		return;
	if (a.v <= -45 && a.v >= -90 && (q.v < 120 || s->rbbb) && small_q_big_r(s->lead[ECG_LEAD_AVL]) && small_r_big_s(s->lead[ECG_LEAD_III]) && small_r_big_s(s->lead[ECG_LEAD_AVF]))
		st_say(s, "qrs-lafb", ECG_ABNORMAL, 60, "Consider left anterior fascicular block", "QRS axis %.0f degrees, qR in aVL, rS in III and aVF", (double)a.v);
	if (a.v >= 100 && (q.v < 120 || s->rbbb) && small_q_big_r(s->lead[ECG_LEAD_III]) && small_q_big_r(s->lead[ECG_LEAD_AVF]) && small_r_big_s(s->lead[ECG_LEAD_AVL]) &&
		st_r(s->lead[ECG_LEAD_V1]) < st_s(s->lead[ECG_LEAD_V1]))
		st_say(s, "qrs-lpfb", ECG_ABNORMAL, 35, "Consider left posterior fascicular block", "QRS axis %.0f degrees, qR in III and aVF, rS in aVL", (double)a.v);
}

/* Bazett overcorrects at both ends: outside 60..90 per minute Fridericia is judged, and said. A QRS of 120 ms and more lengthens QT by itself: what is over 100 is taken off before judging. */
static void qt(struct st *s)
{
	const struct ecg_measure *m = s->m;
	const bool wide = m->qrs_ms.conf && m->qrs_ms.v >= 120;
	if (!m->qtc_bazett_ms.conf || !m->rate_bpm.conf || m->qtc_bazett_ms.conf < 25)
		return;
	const bool bazett = m->rate_bpm.v >= 60 && m->rate_bpm.v <= 90;
	const float stated = bazett ? m->qtc_bazett_ms.v : m->qtc_fridericia_ms.v, judged = stated - (wide ? m->qrs_ms.v - 100 : 0), limit = s->man ? 450 : 460;
	const char *formula = bazett ? "Bazett" : "Fridericia", *note = wide ? ", less what QRS is over 100 ms" : "";
	int conf = m->qtc_bazett_ms.conf - (wide ? 20 : 0) - (st_said(s, "rhythm-af") ? 20 : 0);
	if (judged > 500)
		st_say(s, "qt-very-long", ECG_ABNORMAL, conf, "Very long QTc", "QTc %.0f ms (%s%s), limit 500", (double)stated, formula, note);
	else if (judged > limit)
		st_say(s, "qt-long", ECG_ABNORMAL, conf - 10, "Long QTc", "QTc %.0f ms (%s%s), limit %.0f", (double)stated, formula, note, (double)limit);
	else if (judged < 350 && judged > 150)
		st_say(s, "qt-short", ECG_BORDERLINE, conf - 20, "Short QTc", "QTc %.0f ms (%s%s), limit 350", (double)stated, formula, note);
}

void st_conduction(struct st *s)
{
	pr(s);
	bundles(s);
	axis(s);
	fascicles(s);
	qt(s);
}
