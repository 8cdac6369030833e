/* Statements of size: voltage criteria for the chambers, low voltage. AHA/ACCF/HRS part V (2009): voltage alone is weak evidence, and is called so. */
#include "statements.h"

static float depth(const struct st *s, enum ecg_lead l)
{
	return st_s(s->lead[l]);
}

static float height(const struct st *s, enum ecg_lead l)
{
	return st_r(s->lead[l]);
}

/* ST lowered and T turned over at the side, as goes with a thick left ventricle. */
static bool strain(const struct st *s)
{
	const enum ecg_lead side[] = {ECG_LEAD_I, ECG_LEAD_AVL, ECG_LEAD_V5, ECG_LEAD_V6};
	int n = 0;
	for (size_t i = 0; i < ARRAY_LEN(side); i++) {
		const struct ecg_lead_measure *l = s->lead[side[i]];
		n += l && l->st60_uv.conf && l->st60_uv.v < -30 && l->t_uv.conf && l->t_uv.v < -50;
	}
	return n >= 2;
}

static void left(struct st *s)
{
	const float side = height(s, ECG_LEAD_V5) > height(s, ECG_LEAD_V6) ? height(s, ECG_LEAD_V5) : height(s, ECG_LEAD_V6), sokolow = depth(s, ECG_LEAD_V1) + side;
	const float cornell = height(s, ECG_LEAD_AVL) + depth(s, ECG_LEAD_V3), limit = s->woman ? 2000 : 2800, avl = height(s, ECG_LEAD_AVL);
	const bool a = s->lead[ECG_LEAD_V1] && side > 0 && sokolow > 3500, b = s->lead[ECG_LEAD_AVL] && s->lead[ECG_LEAD_V3] && cornell > limit, c = avl > 1100;
	if (s->lbbb || !(a || b || c))
		return;
	s->lvh = true;
	const bool repolarisation = strain(s);
	st_say(s, "size-lvh", repolarisation || a + b + c > 1 ? ECG_ABNORMAL : ECG_BORDERLINE, 40 + 10 * (a + b + c) + (repolarisation ? 15 : 0),
		repolarisation ? "Voltage and repolarisation as in left ventricular hypertrophy" : "Voltage criteria of left ventricular hypertrophy",
		"Sokolow-Lyon %.1f mV (3.5), Cornell %.1f mV (%.1f), R in aVL %.1f mV (1.1)", (double)sokolow / 1000, (double)cornell / 1000, (double)limit / 1000, (double)avl / 1000);
}

static void right(struct st *s)
{
	const float r = height(s, ECG_LEAD_V1), d = depth(s, ECG_LEAD_V1), s6 = depth(s, ECG_LEAD_V6);
	const struct ecg_value a = s->m->qrs_axis_deg;
	if (s->rbbb || s->lbbb || !s->lead[ECG_LEAD_V1] || !a.conf || a.v < 90)
		return;
	if ((r > 700 && r > d) || r + s6 > 1050)
		st_say(s, "size-rvh", ECG_ABNORMAL, 45, "Voltage criteria of right ventricular hypertrophy", "R in V1 %.1f mV (S %.1f), S in V6 %.1f mV, QRS axis %.0f degrees", (double)r / 1000, (double)d / 1000,
			(double)s6 / 1000, (double)a.v);
}

static void atria(struct st *s)
{
	const struct ecg_lead_measure *ii = s->lead[ECG_LEAD_II], *v1 = s->lead[ECG_LEAD_V1];
	if (!s->m->p_ms.conf || st_said(s, "rhythm-af") || st_said(s, "rhythm-afl"))
		return;
	if (s->m->p_ms.v >= 130)
		st_say(s, "p-wide", ECG_BORDERLINE, st_least(s->m->p_ms.conf, 50), "Wide P: consider left atrial abnormality", "P %.0f ms", (double)s->m->p_ms.v);
	if (!s->unscaled && ((ii && ii->p_uv.conf && ii->p_uv.v > 250) || (v1 && v1->p_uv.conf && v1->p_uv.v > 150)))
		st_say(s, "p-tall", ECG_BORDERLINE, 50, "Tall P: consider right atrial abnormality", "P in II %.2f mV, in V1 %.2f mV", ii ? (double)ii->p_uv.v / 1000 : 0, v1 ? (double)v1->p_uv.v / 1000 : 0);
}

static void low(struct st *s)
{
	float limb = 0, chest = 0;
	int limbs = 0, chests = 0;
	for (enum ecg_lead l = ECG_LEAD_I; l <= ECG_LEAD_V6; l++) {
		const float v = st_size(s->lead[l]);
		if (!s->lead[l])
			continue;
		if (l <= ECG_LEAD_AVF) {
			limbs++;
			limb = v > limb ? v : limb;
		} else {
			chests++;
			chest = v > chest ? v : chest;
		}
	}
	if (limbs == 6 && limb < 500)
		st_say(s, "voltage-low-limb", ECG_BORDERLINE, 80, "Low voltage in the limb leads", "largest QRS %.2f mV (limit 0.5)", (double)limb / 1000);
	if (chests == 6 && chest < 1000)
		st_say(s, "voltage-low-chest", ECG_BORDERLINE, 80, "Low voltage in the chest leads", "largest QRS %.2f mV (limit 1.0)", (double)chest / 1000);
}

void st_size_of_chambers(struct st *s)
{
	if (s->age >= 0 && s->age < 16) {
		st_say(s, "age-child", ECG_TECHNICAL, 100, "Under 16 years: limits are an adult's; statements on size, axis, bundle branches, ST and T are withheld", "age %d", s->age);
		return;
	}
	if (s->paced || s->preexcited)
		return;
	if (!s->unscaled) {
		left(s);
		right(s);
		low(s);
	}
	atria(s);
}
