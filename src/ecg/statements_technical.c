/* Statements on the recording itself: leads that are off, noise, hints that electrodes were changed over. */
#include "statements.h"

#include <math.h>
#include <stdio.h>

static void leads_off(struct st *s)
{
	char off[80] = "", bad[80] = "";
	size_t a = 0, b = 0, offs = 0, bads = 0;
	for (unsigned i = 0; i < s->g->channels; i++) {
		const struct ecg_quality *q = &s->m->lead[i].quality;
		if (!s->g->channel[i].ecg)
			continue;
		if (q->lead_off && a < sizeof off)
			a += (size_t)snprintf(off + a, sizeof off - a, "%s%s", offs++ ? " " : "", s->g->channel[i].name);
		else if ((q->noisy || q->saturated || q->score < 40) && b < sizeof bad)
			b += (size_t)snprintf(bad + b, sizeof bad - b, "%s%s", bads++ ? " " : "", s->g->channel[i].name);
	}
	if (offs)
		st_say(s, "tech-lead-off", ECG_TECHNICAL, 85, "A lead carries no signal", "%s", off);
	if (bads)
		st_say(s, "tech-noise", ECG_TECHNICAL, 75, "Poor signal", "%s", bad);
}

/* Left and right arm: I is upside down (P, QRS), aVR upright, and V6 says that the heart lies where it should. */
static void arms(struct st *s)
{
	const struct ecg_lead_measure *i = s->lead[ECG_LEAD_I], *avr = s->lead[ECG_LEAD_AVR], *v6 = s->lead[ECG_LEAD_V6];
	if (!i || !i->p_uv.conf || i->p_uv.v > -30 || st_s(i) <= st_r(i) || (avr && (st_r(avr) <= st_s(avr) || avr->p_uv.v < 0)))
		return;
	if (v6 && st_r(v6) > st_s(v6) && v6->p_uv.v >= 0)
		st_say(s, "tech-limb-reversal", ECG_TECHNICAL, 70, "Consider that left and right arm electrodes are changed over", "P and QRS in I negative, V6 upright");
	else if (v6 && st_r(v6) < 500 && st_r(v6) <= st_s(v6))
		st_say(s, "tech-dextrocardia", ECG_TECHNICAL, 35, "Consider reversed electrodes or dextrocardia", "P and QRS in I negative, low R in V6");
}

/* A leg electrode on an arm: the lead between the two legs, as it were, is all but flat. */
static void legs(struct st *s)
{
	static const struct {
		enum ecg_lead flat, other;
		const char *text;
	} pair[] = {
		{ECG_LEAD_II, ECG_LEAD_I, "Lead II is all but flat: consider that right arm and right leg electrodes are changed over"},
		{ECG_LEAD_III, ECG_LEAD_I, "Lead III is all but flat: consider that left arm and right leg electrodes are changed over"},
		{ECG_LEAD_I, ECG_LEAD_II, "Lead I is all but flat: consider that both arm and leg electrodes are changed over"},
	};
	for (size_t k = 0; k < ARRAY_LEN(pair); k++) {
		const struct ecg_lead_measure *a = s->lead[pair[k].flat], *b = s->lead[pair[k].other];
		if (a && b && st_size(a) < 100 && st_size(b) > 400 && fabsf(a->t_uv.v) < 40)
			st_say(s, "tech-leg-reversal", ECG_TECHNICAL, 50, pair[k].text, "QRS %.2f mV against %.2f mV in %s", (double)st_size(a) / 1000, (double)st_size(b) / 1000, ecg_lead_name(pair[k].other));
	}
}

/* Chest electrodes: the share of R in R + S grows from V1 to the side; a step back and forth by more than a third that changing two neighbours would mend is a hint. */
static void chest(struct st *s)
{
	float share[6];
	for (int i = 0; i < 6; i++) {
		const struct ecg_lead_measure *l = s->lead[ECG_LEAD_V1 + i];
		if (!l || st_size(l) < 300)
			return;
		share[i] = st_r(l) / st_size(l);
	}
	for (int i = 0; i < 4; i++) {
		const float before = i ? share[i - 1] : 0, after = share[i + 2];
		if (share[i] - share[i + 1] > 0.35f && share[i + 1] <= before + 0.1f + (i ? 0 : 0.2f) && after >= share[i] - 0.1f)
			st_say(s, "tech-chest-reversal", ECG_TECHNICAL, 35, "Consider that neighbouring chest electrodes are changed over", "share of R falls from %.0f%% in %s to %.0f%% in %s and rises again", (double)share[i] * 100,
				ecg_lead_name(ECG_LEAD_V1 + (enum ecg_lead)i), (double)share[i + 1] * 100, ecg_lead_name(ECG_LEAD_V1 + (enum ecg_lead)(i + 1)));
	}
}

/* Einthoven's law holds in every recording of these leads; where I + III is not II, channels are named wrongly or scaled differently. */
static void einthoven(struct st *s)
{
	const struct ecg_lead_measure *i = s->lead[ECG_LEAD_I], *ii = s->lead[ECG_LEAD_II], *iii = s->lead[ECG_LEAD_III];
	int worst = 0, size = 0;
	if (!i || !ii || !iii)
		return;
	for (int k = ECG_MEDIAN_R - 60; k < ECG_MEDIAN_R + 60; k++) {
		const int d = i->median[k] + iii->median[k] - ii->median[k], v = ii->median[k] < 0 ? -ii->median[k] : ii->median[k];
		worst = d > worst ? d : -d > worst ? -d : worst;
		size = v > size ? v : size;
	}
	s->unscaled = worst > 60 && worst * 10 > size;
	if (s->unscaled)
		st_say(s, "tech-leads-disagree", ECG_TECHNICAL, 80, "Leads I, II and III do not belong together (I + III is not II): statements that rest on millivolts are withheld", "difference %.2f mV", (double)worst / 1000);
}

void st_technical(struct st *s)
{
	leads_off(s);
	if (!s->m->beats.count)
		st_say(s, "tech-nothing", ECG_TECHNICAL, 90, "No beat could be measured", "%u channels", s->g->channels);
	einthoven(s);
	arms(s);
	legs(s);
	chest(s);
}
