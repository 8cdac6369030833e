/* Statements of Q, R progression, ST and T by territory. AHA/ACCF/HRS parts IV and VI (2009); thresholds at J of the universal definition of myocardial infarction. */
#include "statements.h"

#include <stdio.h>

struct territory {
	const char *name;
	const char *q, *up, *down, *t; /* codes */
	enum ecg_lead lead[4];         /* neighbours stand next to each other */
	size_t n;
};
static const struct territory territories[] = {
	{"inferior", "q-inferior", "st-elevation-inferior", "st-depression-inferior", "t-inferior", {ECG_LEAD_II, ECG_LEAD_AVF, ECG_LEAD_III}, 3},
	{"anterior", "q-anterior", "st-elevation-anterior", "st-depression-anterior", "t-anterior", {ECG_LEAD_V1, ECG_LEAD_V2, ECG_LEAD_V3, ECG_LEAD_V4}, 4},
	{"lateral", "q-lateral", "st-elevation-lateral", "st-depression-lateral", "t-lateral", {ECG_LEAD_AVL, ECG_LEAD_I, ECG_LEAD_V5, ECG_LEAD_V6}, 4},
};
enum { INFERIOR, ANTERIOR, LATERAL };

typedef bool test_fn(const struct st *s, enum ecg_lead l);

/* Two neighbours both so; their names and how far the worse of them goes. */
static bool two(const struct st *s, const struct territory *t, test_fn *so, char *names, size_t size)
{
	size_t n = 0, used = 0;
	bool pair = false;
	names[0] = 0;
	for (size_t i = 0; i < t->n; i++) {
		const bool here = s->lead[t->lead[i]] && so(s, t->lead[i]);
		pair = pair || (here && i && s->lead[t->lead[i - 1]] && so(s, t->lead[i - 1]));
		if (here && used < size)
			used += (size_t)snprintf(names + used, size - used, "%s%s", n++ ? " " : "", ecg_lead_name(t->lead[i]));
	}
	return pair;
}

/* ---- Q ---- */

static bool deep_q(const struct st *s, enum ecg_lead l)
{
	const struct ecg_lead_measure *m = s->lead[l];
	const bool qs = m->q_uv.v < -100 && st_r(m) == 0;
	if (l == ECG_LEAD_V1)
		return qs; /* QS in V1 alone is normal; it counts beside V2 */
	if (l == ECG_LEAD_V2 || l == ECG_LEAD_V3)
		return qs || (m->q_uv.v <= -100 && m->q_ms.v >= 20);
	return qs || (m->q_uv.v <= -100 && m->q_ms.v >= 30 && -m->q_uv.v * 4 >= st_r(m));
}

static void q_waves(struct st *s)
{
	char names[40];
	for (size_t i = 0; i < ARRAY_LEN(territories); i++) {
		const struct territory *t = &territories[i];
		char text[96];
		if (!two(s, t, deep_q, names, sizeof names))
			continue;
		snprintf(text, sizeof text, "Q waves in %s leads: consider infarction of unknown age", t->name);
		s->anterior_q = s->anterior_q || i == ANTERIOR;
		st_say(s, t->q, ECG_ABNORMAL, 55, text, "Q at least 30 ms and 0.1 mV, or QS, in %s", names);
	}
}

static void progression(struct st *s)
{
	const struct ecg_lead_measure *v2 = s->lead[ECG_LEAD_V2], *v3 = s->lead[ECG_LEAD_V3], *v4 = s->lead[ECG_LEAD_V4];
	if (!v2 || !v3 || !v4 || s->anterior_q || s->rbbb)
		return;
	if (st_r(v3) <= 300 && st_r(v2) <= st_r(v3) + 50 && st_s(v3) > st_r(v3))
		st_say(s, "r-progression", ECG_BORDERLINE, 50, "Poor R progression", "R in V3 %.2f mV (limit 0.3), in V4 %.2f mV", (double)st_r(v3) / 1000, (double)st_r(v4) / 1000);
}

/* ---- ST ---- */

static float limit_up(const struct st *s, enum ecg_lead l)
{
	if (l != ECG_LEAD_V2 && l != ECG_LEAD_V3)
		return 100;
	return s->woman ? 150 : s->age >= 0 && s->age < 40 ? 250 : 200;
}

static bool raised(const struct st *s, enum ecg_lead l)
{
	const struct ecg_lead_measure *m = s->lead[l];
	return m->j_uv.conf && m->st60_uv.conf && m->j_uv.v >= limit_up(s, l) && m->st60_uv.v >= limit_up(s, l) * 0.8f;
}

static bool lowered(const struct st *s, enum ecg_lead l)
{
	const struct ecg_lead_measure *m = s->lead[l];
	return m->j_uv.conf && m->st80_uv.conf && m->st60_uv.v <= -60 && m->st80_uv.v <= -60 && m->j_uv.v <= -40;
}

static float worst(const struct st *s, const struct territory *t, float sign)
{
	float v = 0;
	for (size_t i = 0; i < t->n; i++)
		if (s->lead[t->lead[i]] && sign * s->lead[t->lead[i]]->st60_uv.v > v)
			v = sign * s->lead[t->lead[i]]->st60_uv.v;
	return sign * v / 1000;
}

/* What one would wait for in a healthy young person: raised where R is tall and T upright, nothing lowered anywhere. */
static bool early_shape(const struct st *s, const struct territory *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct ecg_lead_measure *m = s->lead[t->lead[i]];
		if (!m || !raised(s, t->lead[i]))
			continue;
		if (m->st60_uv.v > 350 || m->t_uv.v < 2 * m->st60_uv.v || m->t_uv.v < 200 || m->q_uv.v < -150 || st_r(m) < 300)
			return false;
	}
	return true;
}

static void elevation(struct st *s, bool any_down)
{
	char names[40], text[120];
	for (size_t i = 0; i < ARRAY_LEN(territories); i++) {
		const struct territory *t = &territories[i];
		if (!two(s, t, raised, names, sizeof names))
			continue;
		if (s->lbbb || s->rbbb || (s->lvh && i == ANTERIOR)) {
			st_say(s, "st-elevation-secondary", ECG_ABNORMAL, 40, "ST elevation that conduction or hypertrophy may explain", "%s: %.2f mV at J+60 ms", names, (double)worst(s, t, 1));
		} else if (!any_down && early_shape(s, t) && (s->age < 0 || s->age < 60)) {
			st_say(s, "st-early-repolarisation", ECG_BORDERLINE, 45, "ST elevation with tall R and upright T: consider early repolarisation", "%s: %.2f mV at J+60 ms, nothing lowered", names, (double)worst(s, t, 1));
		} else {
			snprintf(text, sizeof text, "ST elevation in %s leads: consider acute injury%s", t->name, any_down ? "; reciprocal depression" : "");
			st_say(s, t->up, ECG_URGENT, any_down ? 70 : 50, text, "%s: %.2f mV at J+60 ms", names, (double)worst(s, t, 1));
		}
	}
}

static void depression(struct st *s)
{
	char names[40], text[120];
	size_t leads = 0;
	const struct ecg_lead_measure *avr = s->lead[ECG_LEAD_AVR];
	for (enum ecg_lead l = ECG_LEAD_I; l <= ECG_LEAD_V6; l++)
		leads += s->lead[l] && l != ECG_LEAD_AVR && lowered(s, l);
	if (leads >= 6 && avr && avr->st60_uv.v >= 80 && !s->lbbb && !s->rbbb)
		st_say(s, "st-depression-wide", ECG_URGENT, 60, "ST depression in many leads with elevation in aVR: consider severe ischaemia", "%zu leads lowered, aVR %.2f mV", leads, (double)avr->st60_uv.v / 1000);
	for (size_t i = 0; i < ARRAY_LEN(territories); i++) {
		const struct territory *t = &territories[i];
		if (!two(s, t, lowered, names, sizeof names))
			continue;
		const bool secondary = s->lbbb || s->rbbb || s->lvh;
		snprintf(text, sizeof text, secondary ? "ST depression in %s leads, which conduction or hypertrophy may explain" : i == ANTERIOR ? "ST depression in %s leads: consider ischaemia or posterior injury" :
			"ST depression in %s leads: consider ischaemia", t->name);
		st_say(s, t->down, secondary ? ECG_BORDERLINE : ECG_ABNORMAL, secondary ? 40 : 55, text, "%s: %.2f mV at J+60 ms", names, (double)worst(s, t, -1));
	}
}

/* ---- T ---- */

static bool turned(const struct st *s, enum ecg_lead l)
{
	const struct ecg_lead_measure *m = s->lead[l];
	if (l == ECG_LEAD_V1 || !m->t_uv.conf)
		return false;
	return m->t_uv.v <= -100 && (l == ECG_LEAD_V2 || l == ECG_LEAD_V3 || st_r(m) > st_s(m));
}

static void t_waves(struct st *s)
{
	char names[40], text[120];
	float tall = 0;
	for (size_t i = 0; i < ARRAY_LEN(territories); i++) {
		const struct territory *t = &territories[i];
		if (!two(s, t, turned, names, sizeof names) || (s->rbbb && i == ANTERIOR))
			continue;
		const bool secondary = s->rbbb || s->lvh;
		snprintf(text, sizeof text, "T inversion in %s leads%s", t->name, secondary ? ", which conduction or hypertrophy may explain" : "");
		st_say(s, t->t, secondary ? ECG_BORDERLINE : ECG_ABNORMAL, 55, text, "T at least -0.1 mV in %s", names);
	}
	for (enum ecg_lead l = ECG_LEAD_V2; l <= ECG_LEAD_V4; l++)
		if (s->lead[l] && s->lead[l]->t_uv.conf && s->lead[l]->t_uv.v > tall)
			tall = s->lead[l]->t_uv.v;
	if (tall > 1200)
		st_say(s, "t-tall", ECG_BORDERLINE, 40, "Tall T in the chest leads", "%.1f mV (limit 1.2)", (double)tall / 1000);
}

void st_repolarisation(struct st *s)
{
	char names[40];
	bool down = false;
	if (s->paced || s->preexcited || s->unscaled || (s->age >= 0 && s->age < 16))
		return;
	if (!s->lbbb) {
		q_waves(s);
		progression(s);
	}
	for (size_t i = 0; i < ARRAY_LEN(territories); i++)
		down = down || two(s, &territories[i], lowered, names, sizeof names);
	elevation(s, down);
	depression(s);
	if (!s->lbbb)
		t_waves(s);
}
