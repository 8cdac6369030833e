/* What is said and is not so, of hearts that are made here, so that what is so is known: trust [PART...]
 *
 * Each heart (a dipole of gaussian waves, Dower's twelve leads or one of them) is recorded for 10, 30 or 90 s at one of five rates and four gains, and spoiled in one of ten ways, each at three strengths. What the
 * analysis says with a confidence above 0 is compared with what was made. One line a way of spoiling, then one a heart; columns count recordings:
 *   beats    F1 of beats
 *   rate     more than a tenth off (x2: by half or by double)      none: no rate said
 *   AF       fibrillation or flutter said where there is none      AF-  not said where there is
 *   urgent   a statement for a person to look at now, of a heart that gives no cause
 *   V        ventricular beats said of a heart without them, more than one in twenty
 *   PR QRS QT  off by more than 30, 30, 50 ms; PR and QT: or said where there is no P, no T     PR- QT- QRS- : not said though there is one
 * PART: of the name of a heart or way; TRUST_SHOW=1 writes a line for each recording of which something is wrong. */
#include "ecg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEATS 600
#define LEADS 12

struct wave {
	double at, width, x, y, z; /* ms after the middle of the QRS, standard deviation in ms, microvolts */
};
struct heart {
	const char *name;
	double rate;                /* a minute */
	struct wave p, qrs[5], t;   /* p.x .. 0: none */
	double breath;              /* intervals vary by this part of themselves with the breath */
	bool fibrillates;
	int every;                  /* every n-th beat is ventricular; below 0: early, with the same QRS */
	double spike;               /* a pacemaker's, so many ms before the QRS */
	bool cause;                 /* something that asks for a look is there */
	int lead;                   /* 0: twelve; else that lead alone (1 is I) */
};

#define P_USUAL {-160, 22, 60, 110, 0}
#define QRS_USUAL {{-24, 8, -150, -100, -200}, {0, 10, 900, 700, 250}, {24, 10, -200, -150, 400}}
#define QRS_BLOCK {{-20, 20, 500, 300, 700}, {20, 24, 700, 300, 500}, {50, 18, 500, 100, 200}}
#define T_USUAL {300, 48, 260, 200, -130}

static const struct heart hearts[] = {
	{.name = "sinus 70", .rate = 70, .p = P_USUAL, .qrs = QRS_USUAL, .t = T_USUAL},
	{.name = "sinus 45", .rate = 45, .p = P_USUAL, .qrs = QRS_USUAL, .t = {340, 52, 260, 200, -130}},
	{.name = "sinus 110", .rate = 110, .p = P_USUAL, .qrs = QRS_USUAL, .t = {230, 38, 260, 200, -130}},
	{.name = "sinus 145", .rate = 145, .p = {-130, 18, 60, 110, 0}, .qrs = QRS_USUAL, .t = {190, 32, 260, 200, -130}, .cause = false},
	{.name = "breath", .rate = 65, .p = P_USUAL, .qrs = QRS_USUAL, .t = T_USUAL, .breath = 0.18},
	{.name = "early atrial", .rate = 72, .p = P_USUAL, .qrs = QRS_USUAL, .t = T_USUAL, .every = -5},
	{.name = "ventricular", .rate = 72, .p = P_USUAL, .qrs = QRS_USUAL, .t = T_USUAL, .every = 6, .cause = true},
	{.name = "bigeminy", .rate = 66, .p = P_USUAL, .qrs = QRS_USUAL, .t = T_USUAL, .every = 2, .cause = true},
	{.name = "fibrillation", .rate = 88, .qrs = QRS_USUAL, .t = {270, 45, 200, 150, -100}, .fibrillates = true},
	{.name = "no P", .rate = 58, .qrs = QRS_USUAL, .t = T_USUAL, .cause = true},
	{.name = "no T", .rate = 70, .p = P_USUAL, .qrs = QRS_USUAL},
	{.name = "long PR", .rate = 70, .p = {-230, 22, 60, 110, 0}, .qrs = QRS_USUAL, .t = T_USUAL},
	{.name = "block of a bundle", .rate = 70, .p = {-180, 22, 60, 110, 0}, .qrs = QRS_BLOCK, .t = {340, 55, -200, -150, -200}},
	{.name = "paced", .rate = 70, .qrs = {{0, 26, -500, 700, 500}, {40, 30, -300, 900, 400}, {75, 22, -100, 500, 100}}, .t = {370, 60, 200, -300, -300}, .spike = 85},
	{.name = "tall T", .rate = 68, .p = P_USUAL, .qrs = QRS_USUAL, .t = {290, 36, 900, 650, -900}},
	{.name = "small QRS", .rate = 75, .p = {-160, 22, 12, 24, 0}, .qrs = {{-24, 8, -22, -14, -30}, {0, 10, 120, 105, 35}, {24, 10, -30, -20, 60}}, .t = {300, 48, 40, 30, -20}},
	{.name = "I alone", .rate = 70, .p = P_USUAL, .qrs = QRS_USUAL, .t = T_USUAL, .lead = 1},
	{.name = "II alone, slow", .rate = 50, .p = P_USUAL, .qrs = QRS_USUAL, .t = {330, 52, 260, 200, -130}, .lead = 2},
	{.name = "V1 alone", .rate = 70, .p = P_USUAL, .qrs = QRS_USUAL, .t = T_USUAL, .lead = 7},
	{.name = "V2 alone, tall T", .rate = 65, .p = P_USUAL, .qrs = QRS_USUAL, .t = {295, 40, 400, 300, -800}, .lead = 8},
	{.name = "aVR alone", .rate = 85, .p = P_USUAL, .qrs = QRS_USUAL, .t = {280, 45, 260, 200, -130}, .lead = 4},
	{.name = "fibrillation, I alone", .rate = 95, .qrs = QRS_USUAL, .t = {260, 42, 200, 150, -100}, .fibrillates = true, .lead = 1},
	{.name = "breath, I alone", .rate = 62, .p = P_USUAL, .qrs = QRS_USUAL, .t = T_USUAL, .breath = 0.2, .lead = 1},
	{.name = "early atrial, I alone", .rate = 70, .p = P_USUAL, .qrs = QRS_USUAL, .t = T_USUAL, .every = -4, .lead = 1},
	{.name = "nobody", .rate = 0, .cause = true},
};

enum kind { CLEAN, MUSCLE, BURSTS, MOTION, STEPS, MAINS50, MAINS60, DRIFT, RAILS, LEAD_OFF, DROPOUTS };
static const struct way {
	const char *name;
	enum kind kind;
	double strength;
} ways[] = {
	{"clean", CLEAN, 0},
	{"muscle 50 uV", MUSCLE, 50}, {"muscle 100 uV", MUSCLE, 100}, {"muscle 200 uV", MUSCLE, 200},
	{"bursts 100 uV", BURSTS, 100}, {"bursts 300 uV", BURSTS, 300}, {"bursts 1 mV", BURSTS, 1000},
	{"motion 100 uV", MOTION, 100}, {"motion 300 uV", MOTION, 300}, {"motion 600 uV", MOTION, 600},
	{"steps 0.5 mV", STEPS, 500}, {"steps 1 mV", STEPS, 1000}, {"steps 3 mV", STEPS, 3000},
	{"50 Hz 100 uV", MAINS50, 100}, {"50 Hz 300 uV", MAINS50, 300}, {"50 Hz 1 mV", MAINS50, 1000},
	{"60 Hz 100 uV", MAINS60, 100}, {"60 Hz 300 uV", MAINS60, 300}, {"60 Hz 1 mV", MAINS60, 1000},
	{"drift 0.5 mV", DRIFT, 500}, {"drift 1.5 mV", DRIFT, 1500}, {"drift 3 mV", DRIFT, 3000},
	{"rails 0.8 mV", RAILS, 800}, {"rails 0.5 mV", RAILS, 500}, {"rails 0.3 mV", RAILS, 300},
	{"off a fifth", LEAD_OFF, 0.2}, {"off half", LEAD_OFF, 0.5}, {"off, all", LEAD_OFF, 1},
	{"dropouts 2 %", DROPOUTS, 0.02}, {"dropouts 8 %", DROPOUTS, 0.08}, {"dropouts 25 %", DROPOUTS, 0.25},
};
static const double rates[] = {500, 250, 125, 300, 1000}, lengths[] = {10, 30, 10, 90}, gains[] = {1, 5, 0.61, 2.44}; /* microvolts for one step */

struct made {
	double at[BEATS], rr_mean;
	char class[BEATS];
	size_t n;
	double seconds, rate;
	double *x[LEADS];
	size_t samples;
	unsigned leads;
};

struct sum {
	unsigned n, beats, found, extra, rate, twice, no_rate, af, no_af, afs, urgent, v, pr, no_pr, qrs, no_qrs, qt, no_qt;
};

static uint32_t seed;

static double uniform(void)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) / 16777216.0;
}

static double normal(void)
{
	double s = -6;
	for (int i = 0; i < 12; i++)
		s += uniform();
	return s;
}

static double projected(int lead, const double v[3])
{
	static const double chest[6][3] = {{-0.515, 0.157, -0.917}, {0.044, 0.164, -1.387}, {0.882, 0.098, -1.277}, {1.213, 0.127, -0.601}, {1.125, 0.127, -0.086}, {0.831, 0.076, 0.230}};
	double i = 0.632 * v[0] - 0.235 * v[1] + 0.059 * v[2], ii = 0.235 * v[0] + 1.066 * v[1] - 0.132 * v[2];
	const double limb[6] = {i, ii, ii - i, -(i + ii) / 2, i - ii / 2, ii - i / 2};
	return lead <= 6 ? limb[lead - 1] : chest[lead - 7][0] * v[0] + chest[lead - 7][1] * v[1] + chest[lead - 7][2] * v[2];
}

static void draw(struct made *m, const struct heart *h, const struct wave *w, double at, double turn)
{
	double v[3] = {w->x * turn, w->y * turn, w->z * turn}, mid = at + w->at / 1000, sd = w->width / 1000;
	if (sd <= 0)
		return;
	for (unsigned c = 0; c < m->leads; c++) {
		double k = projected(h->lead ? h->lead : (int)c + 1, v);
		for (int64_t i = (int64_t)((mid - 4 * sd) * m->rate); i <= (int64_t)((mid + 4 * sd) * m->rate); i++)
			if (i >= 0 && i < (int64_t)m->samples) {
				double d = ((double)i / m->rate - mid) / sd;
				m->x[c][i] += k * exp(-d * d / 2);
			}
	}
}

static void beats_of(struct made *m, const struct heart *h)
{
	static const struct wave wide[3] = {{-10, 30, -700, 900, -900}, {35, 28, -500, 900, -700}, {300, 60, 500, -500, 500}};
	double t = 0.45 + 0.3 * uniform();
	m->n = 0;
	for (int k = 1; h->rate > 0 && t < m->seconds - 0.3 && m->n < BEATS; k++) {
		double rr = 60 / h->rate, shift = 0;
		char class = 'N';
		if (h->fibrillates)
			rr *= 0.55 + 0.9 * (uniform() + uniform()) / 2;
		else
			rr *= 1 + h->breath * sin(2 * M_PI * t / 4.6) + 0.012 * normal();
		if (h->every && k % abs(h->every) == 0) {
			class = h->every > 0 ? 'V' : 'S';
			shift = (h->every > 0 ? -0.34 : -0.3) * rr;
		}
		double at = t + shift;
		m->at[m->n] = at;
		m->class[m->n++] = class;
		if (class == 'V') {
			for (int i = 0; i < 3; i++)
				draw(m, h, &wide[i], at, 1);
		} else {
			struct wave p = h->p;
			if (class == 'S')
				p.y *= -0.5;
			draw(m, h, &p, at, 1);
			for (int i = 0; i < 5; i++)
				draw(m, h, &h->qrs[i], at, 1);
			draw(m, h, &h->t, at, 1);
			if (h->spike > 0) {
				struct wave s = {-h->spike, 0.4, 600, 900, 300};
				draw(m, h, &s, at, 1);
			}
		}
		t += rr;
	}
	m->rr_mean = m->n > 1 ? (m->at[m->n - 1] - m->at[0]) / (double)(m->n - 1) : 0;
	if (h->fibrillates) { /* waves of 5 to 7 Hz */
		double phase = 0, f = 6, a = 1;
		for (size_t i = 0; i < m->samples; i++) {
			f += 0.02 * normal() - 0.004 * (f - 6);
			a += 0.01 * normal() - 0.002 * (a - 1);
			phase += 2 * M_PI * f / m->rate;
			double v[3] = {20 * a * sin(phase), 50 * a * sin(phase + 0.5), -60 * a * sin(phase + 1)};
			for (unsigned c = 0; c < m->leads; c++)
				m->x[c][i] += projected(h->lead ? h->lead : (int)c + 1, v);
		}
	}
}

static void spoil(struct made *m, const struct way *w, unsigned c, bool *gap)
{
	double *x = m->x[c], slow = 0, band = 0, last = 0, step = 0, next = 1 + uniform(), burst = 0, phase = 6 * uniform(), off = 0, a = exp(-2 * M_PI * 3 / m->rate), high = 0, hold = 0;
	const double s = w->strength;
	for (size_t i = 0; i < m->samples; i++) {
		double t = (double)i / m->rate, n = normal();
		x[i] += 4 * normal(); /* an amplifier's own */
		gap[i] = false;
		if (w->kind == MUSCLE || w->kind == BURSTS) { /* most of it above 15 Hz, as of muscles */
			high = n - last;
			last = 0.35 * last + 0.65 * n * (m->rate > 400 ? 0.55 : 0.8);
			if (w->kind == BURSTS && t > next) {
				burst = burst > 0 ? 0 : 1;
				next = t + (burst > 0 ? 0.3 + 1.5 * uniform() : 1 + 3 * uniform());
			}
			x[i] += s * 0.85 * high * (w->kind == MUSCLE ? 1 : burst);
		} else if (w->kind == MOTION) { /* 0.5 to 10 Hz or so, swelling and fading */
			slow = a * slow + (1 - a) * n * sqrt(m->rate);
			band = 0.995 * band + 0.005 * slow;
			x[i] += s * 0.45 * (slow - band) * (1 + sin(2 * M_PI * t / 7 + phase));
		} else if (w->kind == STEPS) {
			if (t > next) {
				next = t + 1 + 4 * uniform();
				step += s * (uniform() < 0.5 ? -1 : 1);
			}
			x[i] += step;
			step *= 1 - 2 / m->rate;
		} else if (w->kind == MAINS50 || w->kind == MAINS60) {
			x[i] += s * sin(2 * M_PI * (w->kind == MAINS50 ? 50.03 : 59.98) * t + phase);
		} else if (w->kind == DRIFT) {
			x[i] += s * (0.7 * sin(2 * M_PI * 0.23 * t + phase) + 0.4 * sin(2 * M_PI * 0.41 * t + 2 * phase));
		} else if (w->kind == RAILS) {
			x[i] = x[i] > s ? s : x[i] < -s ? -s : x[i];
		} else if (w->kind == LEAD_OFF) { /* the line goes to the amplifier's end, or hums */
			if (t > next && off <= 0 && uniform() < s * 2 / m->rate) {
				off = t + 1.5 + 3 * uniform();
				hold = uniform() < 0.5 ? 4000 : 0;
			}
			if (off > t || s >= 1)
				x[i] = hold + (hold > 0 ? 0 : 30 * sin(2 * M_PI * 50 * t) + 5 * n);
			else
				off = 0;
		} else if (w->kind == DROPOUTS) {
			if (off <= t && uniform() < s / 0.6 / m->rate)
				off = t + 0.2 + 0.8 * uniform();
			gap[i] = off > t;
		}
	}
}

static struct ecg *record(struct made *m, const struct heart *h, const struct way *w, double gain, struct arena *a)
{
	struct ecg *g = arena_alloc(a, sizeof *g);
	bool *gap = arena_alloc(a, m->samples + 1);
	g->a = a;
	g->rate = m->rate;
	g->samples = m->samples;
	g->channels = m->leads;
	for (unsigned c = 0; c < m->leads; c++) {
		struct ecg_channel *ch = &g->channel[c];
		int16_t *y = arena_array(a, m->samples + 1, sizeof *y);
		spoil(m, w, c, gap);
		for (size_t i = 0; i < m->samples; i++) {
			double v = floor(m->x[c][i] / gain + 0.5);
			y[i] = gap[i] ? ECG_GAP16 : (int16_t)(v > 32767 ? 32767 : v < -32767 ? -32767 : v);
		}
		enum ecg_lead lead = (enum ecg_lead)(h->lead ? h->lead : (int)c + 1);
		*ch = (struct ecg_channel){.ecg = true, .lead = lead, .unit = "uV", .rate = m->rate, .samples = m->samples, .scale = gain, .bits = 16, .s16 = y};
		snprintf(ch->name, sizeof ch->name, "%s", ecg_lead_name(lead));
	}
	return g;
}

static void count_beats(const struct made *m, const struct ecg_beats *b, struct sum *s)
{
	size_t j = 0, hit = 0;
	for (size_t i = 0; i < m->n; i++) {
		while (j < b->count && (double)b->beat[j].at / b->rate < m->at[i] - 0.15)
			j++;
		if (j < b->count && (double)b->beat[j].at / b->rate <= m->at[i] + 0.15) {
			hit++;
			j++;
		}
	}
	s->beats += (unsigned)m->n;
	s->found += (unsigned)hit;
	s->extra += (unsigned)(b->count - hit);
}

/* Where a wave of this deviation has sunk to a twentieth. */
static double reach(const struct wave *w)
{
	return 2.45 * w->width;
}

static bool judge_interval(double truth, const struct ecg_value *v, double within, unsigned *wrong, unsigned *none)
{
	bool bad = v->conf && (truth <= 0 || fabs((double)v->v - truth) > within);
	*wrong += bad;
	*none += !v->conf && truth > 0;
	return bad;
}

static void judge(const struct made *m, const struct heart *h, const struct way *w, const struct ecg_analysis *n, double gain, struct sum *s)
{
	const struct ecg_measure *e = &n->measure;
	char say[600] = "";
	size_t at = 0;
	double first = 0, last = 0, on, off;
	int parts = 0;
	for (int i = 0; i < 5; i++)
		if (h->qrs[i].width > 0) {
			double a = h->qrs[i].at - reach(&h->qrs[i]), b = h->qrs[i].at + reach(&h->qrs[i]);
			first = !parts || a < first ? a : first;
			last = !parts++ || b > last ? b : last;
		}
	on = first, off = last;
	double pr = h->p.width > 0 ? on - (h->p.at - reach(&h->p)) : 0, qt = h->t.width > 0 ? h->t.at + reach(&h->t) - on : 0;
#define WRONG(...) at += (size_t)snprintf(say + at, sizeof say - at, __VA_ARGS__)
	s->n++;
	count_beats(m, &n->beats, s);
	if (!e->rate_bpm.conf) {
		s->no_rate++;
	} else if (m->rr_mean <= 0 || fabs((double)e->rate_bpm.v * m->rr_mean / 60 - 1) > 0.1) {
		double k = m->rr_mean > 0 ? (double)e->rate_bpm.v * m->rr_mean / 60 : 9;
		s->rate++;
		s->twice += k > 1.5 || k < 0.67;
		WRONG(" rate %.0f for %.0f (%d)", (double)e->rate_bpm.v, m->rr_mean > 0 ? 60 / m->rr_mean : 0, e->rate_bpm.conf);
	}
	bool af = false;
	for (size_t i = 0; i < n->rhythm.count; i++)
		if (n->rhythm.episode[i].rhythm == ECG_RHYTHM_AF || n->rhythm.episode[i].rhythm == ECG_RHYTHM_AFL) {
			if (!af && !h->fibrillates)
				WRONG(" %s(%d)", ecg_rhythm_name(n->rhythm.episode[i].rhythm), n->rhythm.episode[i].confidence);
			af = true;
		}
	s->af += af && !h->fibrillates;
	s->afs += h->fibrillates;
	s->no_af += !af && h->fibrillates;
	bool urgent = false;
	for (size_t i = 0; i < n->statements; i++)
		if (n->statement[i].weight == ECG_URGENT && !h->cause) {
			urgent = true;
			WRONG(" %s(%d)", n->statement[i].code, n->statement[i].confidence);
		}
	s->urgent += urgent;
	if (h->every <= 0 && n->rhythm.v * 20 > n->rhythm.total) {
		s->v++;
		WRONG(" %u V of %u", n->rhythm.v, n->rhythm.total);
	}
	if (!h->fibrillates || e->pr_ms.conf) {
		if (judge_interval(pr, &e->pr_ms, 30, &s->pr, &s->no_pr))
			WRONG(" PR %.0f for %.0f (%d)", (double)e->pr_ms.v, pr, e->pr_ms.conf);
	}
	if (judge_interval(h->rate > 0 ? off - on : 0, &e->qrs_ms, 30, &s->qrs, &s->no_qrs))
		WRONG(" QRS %.0f for %.0f (%d)", (double)e->qrs_ms.v, off - on, e->qrs_ms.conf);
	if (judge_interval(qt, &e->qt_ms, 50, &s->qt, &s->no_qt))
		WRONG(" QT %.0f for %.0f (%d)", (double)e->qt_ms.v, qt, e->qt_ms.conf);
	if (at && getenv("TRUST_SHOW"))
		printf("  %s, %s, %.0f s at %.0f Hz, %g uV:%s\n", h->name, w->name, m->seconds, m->rate, gain, say);
}

static void one(const struct heart *h, const struct way *w, unsigned turn, struct sum *a, struct sum *b, struct sum *c)
{
	struct arena *arena = arena_new((size_t)512 << 20);
	struct made m = {.rate = rates[turn % 5], .seconds = lengths[turn % 4], .leads = h->lead ? 1 : LEADS};
	double gain = gains[turn / 2 % 4];
	struct ecg_analysis n;
	struct err e = {0};
	seed = 77 + turn * 7919;
	m.samples = (size_t)(m.rate * m.seconds);
	for (unsigned l = 0; l < m.leads; l++)
		m.x[l] = arena_array(arena, m.samples + 1, sizeof *m.x[l]);
	beats_of(&m, h);
	struct ecg *g = record(&m, h, w, gain, arena);
	if (ecg_analyse(g, arena, &n, &e) < 0) {
		fprintf(stderr, "trust: %s\n", e.text);
		exit(1);
	}
	struct sum s = {0};
	judge(&m, h, w, &n, gain, &s);
	struct sum *to[3] = {a, b, c};
	for (int k = 0; k < 3; k++)
		for (size_t i = 0; i < sizeof s / sizeof(unsigned); i++)
			((unsigned *)to[k])[i] += ((unsigned *)&s)[i];
	arena_free(arena);
}

static void line(const char *name, const struct sum *s)
{
	if (s->n)
		printf("%-22s %4u | %6.2f | %4u %3u %4u | %3u %3u/%-3u | %4u %4u | %4u %4u | %4u %4u | %4u %4u\n", name, s->n, s->beats ? 200.0 * s->found / (s->beats + s->found + s->extra) : 0, s->rate, s->twice, s->no_rate, s->af,
			s->no_af, s->afs, s->urgent, s->v, s->pr, s->no_pr, s->qrs, s->no_qrs, s->qt, s->no_qt);
}

static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strstr(name, argv[i]))
			return true;
	return argc == 1;
}

int main(int argc, char **argv)
{
	static struct sum by_way[ARRAY_LEN(ways)], by_heart[ARRAY_LEN(hearts)], all;
	unsigned turn = 0, times = getenv("TRUST_TIMES") ? (unsigned)atoi(getenv("TRUST_TIMES")) : 2;
	for (size_t i = 0; i < ARRAY_LEN(hearts); i++)
		for (size_t k = 0; k < ARRAY_LEN(ways); k++)
			for (unsigned r = 0; r < times; r++, turn++)
				if (wanted(hearts[i].name, argc, argv) || wanted(ways[k].name, argc, argv))
					one(&hearts[i], &ways[k], turn, &by_way[k], &by_heart[i], &all);
	printf("%-22s %4s | %6s | %4s %3s %4s | %3s %-7s | %4s %4s | %4s %4s | %4s %4s | %4s %4s\n", "", "n", "beats", "rate", "x2", "none", "AF", "AF-", "urg", "V", "PR", "PR-", "QRS", "QRS-", "QT", "QT-");
	for (size_t k = 0; k < ARRAY_LEN(ways); k++)
		line(ways[k].name, &by_way[k]);
	for (size_t i = 0; i < ARRAY_LEN(hearts); i++)
		line(hearts[i].name, &by_heart[i]);
	line("all", &all);
	return 0;
}
