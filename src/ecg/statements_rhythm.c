/* Statements of rhythm and rate: what ecg_rhythm found, in words, and what of it a person should see now. */
#include "statements.h"

#include <math.h>

static const struct {
	enum ecg_rhythm rhythm;
	const char *code, *text;
	enum ecg_weight weight;
} words[] = {
	{ECG_RHYTHM_SR, "rhythm-sr", "Sinus rhythm", ECG_NORMAL},
	{ECG_RHYTHM_SB, "rhythm-sb", "Sinus bradycardia", ECG_BORDERLINE},
	{ECG_RHYTHM_ST, "rhythm-st", "Sinus tachycardia", ECG_BORDERLINE},
	{ECG_RHYTHM_SA, "rhythm-sa", "Sinus arrhythmia", ECG_NORMAL},
	{ECG_RHYTHM_AF, "rhythm-af", "Consider atrial fibrillation", ECG_ABNORMAL},
	{ECG_RHYTHM_AFL, "rhythm-afl", "Consider atrial flutter", ECG_ABNORMAL},
	{ECG_RHYTHM_PACED, "rhythm-paced", "Paced rhythm", ECG_ABNORMAL},
	{ECG_RHYTHM_PAUSE, "rhythm-pause", "Pause", ECG_ABNORMAL},
	{ECG_RHYTHM_SVT, "rhythm-svt", "Consider supraventricular tachycardia", ECG_ABNORMAL},
	{ECG_RHYTHM_VT, "rhythm-vt", "Consider ventricular tachycardia", ECG_URGENT},
	{ECG_RHYTHM_VF, "rhythm-vf", "Consider ventricular fibrillation or flutter", ECG_URGENT},
	{ECG_RHYTHM_BIGEMINY, "rhythm-bigeminy", "Ventricular bigeminy", ECG_ABNORMAL},
	{ECG_RHYTHM_TRIGEMINY, "rhythm-trigeminy", "Ventricular trigeminy", ECG_ABNORMAL},
	{ECG_RHYTHM_IVR, "rhythm-ivr", "Consider idioventricular rhythm", ECG_ABNORMAL},
	{ECG_RHYTHM_ASYSTOLE, "rhythm-asystole", "No beat was found", ECG_URGENT},
	{ECG_RHYTHM_UNKNOWN, "rhythm-unknown", "The rhythm could not be told", ECG_BORDERLINE},
};

static void say_episode(struct st *s, const struct ecg_episode *p, double seconds)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (words[i].rhythm == p->rhythm) {
			if (s->m->rate_bpm.conf)
				st_say(s, words[i].code, words[i].weight, p->confidence, words[i].text, "%.0f s of the record, mean rate %.0f/min", seconds, (double)s->m->rate_bpm.v);
			else
				st_say(s, words[i].code, words[i].weight, p->confidence, words[i].text, "%.0f s of the record, rate could not be measured", seconds);
		}
}

/* Each base rhythm that is a tenth of the record or half a minute of it, the longest first; what lies over it whatever its length. */
static void episodes(struct st *s)
{
	const struct ecg_rhythm_result *r = &s->n->rhythm;
	double total[ECG_RHYTHM_COUNT] = {0}, all = 0;
	const struct ecg_episode *one[ECG_RHYTHM_COUNT] = {0};
	for (size_t i = 0; i < r->count; i++) {
		const struct ecg_episode *p = &r->episode[i];
		const double len = (double)(p->end - p->start) / s->g->rate;
		if (p->rhythm <= 0 || p->rhythm >= ECG_RHYTHM_COUNT)
			continue;
		total[p->rhythm] += len;
		all += p->over ? 0 : len;
		if (!one[p->rhythm] || p->confidence > one[p->rhythm]->confidence)
			one[p->rhythm] = p;
	}
	for (;;) {
		int best = 0;
		for (int k = 1; k < ECG_RHYTHM_COUNT; k++)
			if (one[k] && (!best || total[k] > total[best]))
				best = k;
		if (!best)
			break;
		if (one[best]->over || total[best] >= 30 || total[best] * 10 >= all)
			say_episode(s, one[best], total[best]);
		one[best] = NULL;
	}
}

static void rate(struct st *s)
{
	const struct ecg_value v = s->m->rate_bpm;
	if (!v.conf)
		return;
	if (v.v < 40)
		st_say(s, "rate-very-low", ECG_URGENT, v.conf, "Very slow ventricular rate", "rate %.0f/min (limit 40)", (double)v.v);
	else if (v.v > 150)
		st_say(s, "rate-very-high", ECG_URGENT, v.conf, "Very fast ventricular rate", "rate %.0f/min (limit 150)", (double)v.v);
}

static void pauses(struct st *s)
{
	const double rr = s->n->rhythm.longest_rr_s;
	if (rr > 3)
		st_say(s, "pause-long", ECG_URGENT, 80, "Pause of more than 3 s", "longest RR interval %.2f s", rr);
	else if (rr > 2 && s->n->rhythm.pauses)
		st_say(s, "pause", ECG_ABNORMAL, 80, "Pause", "longest RR interval %.2f s", rr);
}

static void ectopy(struct st *s)
{
	const struct ecg_rhythm_result *r = &s->n->rhythm;
	if (r->runs && r->longest_run >= 3)
		st_say(s, "ectopy-run", ECG_ABNORMAL, 70, "Runs of ventricular beats", "%u runs, the longest %u beats", r->runs, r->longest_run);
	if (r->v)
		st_say(s, "ectopy-v", r->couplets || r->v * 10 > r->total ? ECG_ABNORMAL : ECG_BORDERLINE, 75, r->v == 1 ? "A ventricular ectopic beat" : "Ventricular ectopic beats", "%u of %u beats, %u couplets", r->v, r->total, r->couplets);
	if (r->s)
		st_say(s, "ectopy-s", ECG_BORDERLINE, 60, r->s == 1 ? "A supraventricular ectopic beat" : "Supraventricular ectopic beats", "%u of %u beats", r->s, r->total);
}

/* Could a P have been seen? In leads that are quiet, most of those there are. */
static bool p_would_show(const struct st *s)
{
	size_t quiet = 0, all = 0;
	for (unsigned i = 0; i < s->g->channels; i++) {
		const struct ecg_quality *q = &s->m->lead[i].quality;
		if (!s->g->channel[i].ecg)
			continue;
		all++;
		quiet += q->score >= 75 && !q->noisy && !q->mains && !q->lead_off && !q->saturated && !q->drifting;
	}
	return quiet * 2 > all;
}

/* Slow and regular, and no P at a fixed distance: the ventricles may be on their own. */
static void block(struct st *s)
{
	const struct ecg_measure *m = s->m;
	double mean = 0, sd = 0;
	const size_t n = m->beats.count;
	if (s->paced || st_said(s, "rhythm-af") || st_said(s, "rhythm-afl") || n < 4 || m->pr_ms.conf || !m->rate_bpm.conf || m->rate_bpm.v >= 55 || !m->qrs_ms.conf || !p_would_show(s))
		return;
	for (size_t i = 1; i < n; i++)
		mean += (double)(m->beats.beat[i].at - m->beats.beat[i - 1].at);
	mean /= (double)(n - 1);
	for (size_t i = 1; i < n; i++) {
		const double d = (double)(m->beats.beat[i].at - m->beats.beat[i - 1].at) - mean;
		sd += d * d;
	}
	sd = sqrt(sd / (double)(n - 1)) / mean;
	if (sd < 0.06)
		st_say(s, "block-complete", ECG_URGENT, 40, "Slow regular rhythm without a P at a fixed distance: consider complete AV block or a junctional rhythm", "rate %.0f/min, RR varies by %.0f%%, no P before QRS",
			(double)m->rate_bpm.v, 100 * sd);
}

void st_rhythm(struct st *s)
{
	size_t paced = 0;
	episodes(s);
	for (size_t i = 0; i < s->m->beats.count; i++)
		paced += s->m->beats.beat[i].paced;
	s->paced = st_said(s, "rhythm-paced") || paced * 2 > s->m->beats.count;
	if (paced && !s->paced)
		st_say(s, "paced-some", ECG_ABNORMAL, 60, "Some beats are paced", "%zu of %zu beats", paced, s->m->beats.count);
	rate(s);
	pauses(s);
	ectopy(s);
	block(s);
}
