/* The summary of a long record: numbers, a day's plots by the hour, and strips of what a reader would ask to see. */
#include "report_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define STRIPS 24
#define STRIPS_A_PAGE 3

struct pick {
	uint64_t at; /* middle of what is shown */
	char text[96];
	int rank;
};

static void add(struct pick *p, size_t *n, uint64_t at, int rank, const char *text)
{
	if (*n == STRIPS)
		return;
	p[*n].at = at;
	p[*n].rank = rank;
	snprintf(p[(*n)++].text, sizeof p->text, "%s", text);
}

/* Of each rhythm that is worth a look the longest episodes; of single beats the first of each shape. */
static size_t picks(const struct ecg *g, const struct ecg_analysis *n, struct pick *out)
{
	static const struct {
		enum ecg_rhythm r;
		unsigned most;
	} wanted[] = {{ECG_RHYTHM_VF, 2}, {ECG_RHYTHM_ASYSTOLE, 2}, {ECG_RHYTHM_VT, 3}, {ECG_RHYTHM_PAUSE, 3}, {ECG_RHYTHM_AF, 2}, {ECG_RHYTHM_AFL, 2}, {ECG_RHYTHM_SVT, 2}, {ECG_RHYTHM_IVR, 1}, {ECG_RHYTHM_BIGEMINY, 1}, {ECG_RHYTHM_TRIGEMINY, 1}, {ECG_RHYTHM_PACED, 1}};
	const struct ecg_rhythm_result *r = &n->rhythm;
	size_t k = 0;
	char text[96], span[32];
	for (size_t w = 0; w < ARRAY_LEN(wanted); w++) {
		uint64_t below = UINT64_MAX;
		for (unsigned m = 0; m < wanted[w].most; m++) {
			const struct ecg_episode *best = NULL;
			for (size_t i = 0; i < r->count; i++) {
				const struct ecg_episode *e = &r->episode[i];
				if (e->rhythm == wanted[w].r && e->end - e->start < below && (!best || e->end - e->start > best->end - best->start))
					best = e;
			}
			if (!best)
				break;
			below = best->end - best->start;
			snprintf(text, sizeof text, "%s, %s", ecg_rhythm_text(wanted[w].r), report_span((double)below / g->rate, span));
			uint64_t half = (uint64_t)(4 * g->rate);
			add(out, &k, wanted[w].r == ECG_RHYTHM_PAUSE || below < 2 * half ? best->start + below / 2 : best->start + half / 4, (int)w, text);
		}
	}
	static const struct {
		char class;
		const char *text;
	} beats[] = {{'V', "ventricular ectopic beat"}, {'S', "supraventricular ectopic beat"}, {'F', "fusion beat"}};
	for (size_t w = 0; w < ARRAY_LEN(beats); w++) {
		uint16_t seen[3];
		unsigned had = 0;
		for (size_t i = 0; i < n->beats.count && had < 3; i++) {
			const struct ecg_beat *b = &n->beats.beat[i];
			bool old = b->class != beats[w].class || b->quality < 50;
			for (unsigned m = 0; m < had; m++)
				old = old || seen[m] == b->shape;
			if (old)
				continue;
			seen[had++] = b->shape;
			snprintf(text, sizeof text, "%s, shape %u", beats[w].text, b->shape);
			add(out, &k, b->at, 50 + (int)w, text);
		}
	}
	if (r->max_bpm) {
		snprintf(text, sizeof text, "fastest: %u/min over eight beats", r->max_bpm);
		add(out, &k, r->max_at, 60, text);
		snprintf(text, sizeof text, "slowest: %u/min over eight beats", r->min_bpm);
		add(out, &k, r->min_at, 61, text);
	}
	return k;
}

unsigned report_holter_pages(const struct ecg *g, const struct ecg_analysis *n)
{
	struct pick p[STRIPS];
	return 1 + (unsigned)((picks(g, n, p) + STRIPS_A_PAGE - 1) / STRIPS_A_PAGE);
}

/* ---- numbers ---- */

static double row(struct sheet *s, double x, double y, const char *name, const char *fmt, ...) PRINTF_LIKE(5, 6);
static double row(struct sheet *s, double x, double y, const char *name, const char *fmt, ...)
{
	char v[96];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(v, sizeof v, fmt, ap);
	va_end(ap);
	sheet_ink(s, INK_FAINT);
	sheet_text(s, x, y, 2.9, false, TEXT_LEFT, 0, "%s", name);
	sheet_ink(s, INK_TEXT);
	sheet_text(s, x + 78, y, 2.9, true, TEXT_RIGHT, 0, "%s", v);
	return y + 4.6;
}

static double heading(struct sheet *s, double x, double y, const char *text)
{
	sheet_ink(s, INK_TEXT);
	sheet_text(s, x, y, 3.3, true, TEXT_LEFT, 0, "%s", text);
	sheet_line(s, x, y + 1.2, x + 78, y + 1.2, 0.15, INK_FAINT);
	return y + 5.6;
}

static double time_in(const struct ecg_rhythm_result *r, enum ecg_rhythm k, double rate)
{
	uint64_t n = 0;
	for (size_t i = 0; i < r->count; i++)
		if (r->episode[i].rhythm == k)
			n += r->episode[i].end - r->episode[i].start;
	return (double)n / rate;
}

static void share(char *out, size_t size, uint32_t n, uint32_t all)
{
	if (all)
		snprintf(out, size, "%u (%.1f %%)", n, 100.0 * n / all);
	else
		snprintf(out, size, "%u", n);
}

static void numbers(struct sheet *s, const struct ecg *g, const struct ecg_analysis *n)
{
	const struct ecg_rhythm_result *r = &n->rhythm;
	char a[48], b[48];
	double y = s->top + 4, all = (double)g->samples / g->rate, x = s->left;
	y = heading(s, x, y, "Record");
	y = row(s, x, y, "From", "%s", report_moment(g, 0, a));
	y = row(s, x, y, "Length", "%s", report_span(all, a));
	y = row(s, x, y, "Signal not readable", "%s", report_span(time_in(r, ECG_RHYTHM_NOISE, g->rate), a));
	y = row(s, x, y, "Beats", "%u", r->total);
	y = heading(s, x, y + 1, "Rate (over eight beats)");
	if (r->max_bpm) {
		y = row(s, x, y, "Slowest", "%u/min, %s", r->min_bpm, report_moment(g, r->min_at, a));
		y = row(s, x, y, "Mean", "%u/min", r->mean_bpm);
		row(s, x, y, "Fastest", "%u/min, %s", r->max_bpm, report_moment(g, r->max_at, a));
	} else {
		row(s, x, y, "Rate", "could not measure");
	}
	y = s->top + 4;
	x += 94;
	y = heading(s, x, y, "Beats by class (AAMI)");
	static const char *const names[] = {"Normal (N)", "Supraventricular ectopic (S)", "Ventricular ectopic (V)", "Fusion (F)", "Paced or not classified (Q)"};
	const uint32_t counts[] = {r->normal, r->s, r->v, r->f, r->q};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		share(a, sizeof a, counts[i], r->total);
		y = row(s, x, y, names[i], "%s", a);
	}
	y = row(s, x, y, "Ventricular couplets", "%u", r->couplets);
	y = row(s, x, y, "Ventricular runs, longest", "%u, %u beats", r->runs, r->longest_run);
	y = row(s, x, y, "Pauses", "%u", r->pauses);
	row(s, x, y, "Longest interval", "%.2f s, %s", r->longest_rr_s, report_moment(g, r->longest_rr_at, a));
	y = s->top + 4;
	x += 94;
	y = heading(s, x, y, "Rhythm");
	static const enum ecg_rhythm told[] = {ECG_RHYTHM_AF, ECG_RHYTHM_AFL, ECG_RHYTHM_SVT, ECG_RHYTHM_VT, ECG_RHYTHM_PACED};
	for (size_t i = 0; i < ARRAY_LEN(told); i++) {
		double t = time_in(r, told[i], g->rate);
		if (t > 0 || told[i] == ECG_RHYTHM_AF)
			y = row(s, x, y, ecg_rhythm_text(told[i]), t > 0 ? "%s (%.1f %%)" : "none found", report_span(t, b), 100 * t / all);
	}
	y = heading(s, x, y + 1, "Variability of normal intervals");
	if (r->hrv.pairs > 100) {
		y = row(s, x, y, "Mean NN", "%.0f ms", (double)r->hrv.mean_nn_ms);
		y = row(s, x, y, "SDNN, SDANN", "%.0f ms, %.0f ms", (double)r->hrv.sdnn_ms, (double)r->hrv.sdann_ms);
		row(s, x, y, "RMSSD, pNN50", "%.0f ms, %.1f %%", (double)r->hrv.rmssd_ms, (double)r->hrv.pnn50);
	} else {
		row(s, x, y, "SDNN", "could not measure");
	}
}

/* ---- by the hour ---- */

static void frame(struct sheet *s, double x, double y, double w, double h, const char *title, double most, const char *unit)
{
	sheet_ink(s, INK_TEXT);
	sheet_text(s, x, y - 1.4, 2.8, true, TEXT_LEFT, 0, "%s", title);
	for (int i = 0; i <= 2; i++) {
		double up = y + h - h * i / 2;
		sheet_line(s, x, up, x + w, up, 0.1, INK_MAJOR);
		sheet_ink(s, INK_FAINT);
		sheet_text(s, x - 1, up + 0.8, 2.2, false, TEXT_RIGHT, 0, "%g%s", most * i / 2, i == 2 ? unit : "");
	}
}

static void hours(struct sheet *s, const struct ecg *g, const struct ecg_rhythm_result *r, double x, double y, double w, double h)
{
	size_t step = r->hours > 48 ? 12 : r->hours > 24 ? 4 : r->hours > 12 ? 2 : 1;
	for (size_t i = 0; i <= r->hours; i += step) {
		char at[48];
		report_moment(g, (uint64_t)((double)i * 3600 * g->rate), at);
		sheet_ink(s, INK_FAINT);
		sheet_text(s, x + w * (double)i / (double)r->hours, y + h + 3, 2.2, false, TEXT_MIDDLE, 0, "%.5s", strlen(at) > 16 ? at + 11 : at + 1);
	}
}

static double round_up(double v)
{
	double step = 1;
	while (step * 10 < v)
		step *= 10;
	return v <= 2 * step ? 2 * step : v <= 4 * step ? 4 * step : v <= 6 * step ? 6 * step : 10 * step;
}

static void plots(struct sheet *s, const struct ecg *g, const struct ecg_rhythm_result *r)
{
	double x = s->left + 12, w = s->right - x, h = 22, y = s->top + 66, one = w / (double)(r->hours ? r->hours : 1), most = 60, ectopy = 2;
	if (r->hours < 3) /* a bar or two say nothing that the numbers do not */
		return;
	for (size_t i = 0; i < r->hours; i++) {
		most = fmax(most, r->hour[i].max_bpm);
		ectopy = fmax(ectopy, fmax(r->hour[i].v, r->hour[i].s));
	}
	most = ceil(most / 40) * 40;
	ectopy = round_up(ectopy);
	frame(s, x, y, w, h, "Heart rate: slowest to fastest, mean (by the hour)", most, "/min");
	for (size_t i = 0; i < r->hours; i++) {
		const struct ecg_hour *k = &r->hour[i];
		double left = x + one * (double)i + one * 0.15;
		if (!k->max_bpm)
			continue;
		sheet_box(s, left, y + h - h * k->max_bpm / most, one * 0.7, h * (k->max_bpm - k->min_bpm) / most, INK_BAND);
		sheet_line(s, left, y + h - h * k->mean_bpm / most, left + one * 0.7, y + h - h * k->mean_bpm / most, 0.5, INK_TEXT);
	}
	hours(s, g, r, x, y, w, h);
	y += h + 11;
	h = 14;
	frame(s, x, y, w, h, "Ectopic beats an hour: ventricular (dark), supraventricular (light)", ectopy, "");
	for (size_t i = 0; i < r->hours; i++) {
		double left = x + one * (double)i + one * 0.15;
		sheet_box(s, left, y + h - h * r->hour[i].v / ectopy, one * 0.33, h * r->hour[i].v / ectopy, INK_BAR);
		sheet_box(s, left + one * 0.37, y + h - h * r->hour[i].s / ectopy, one * 0.33, h * r->hour[i].s / ectopy, INK_BAND);
	}
	hours(s, g, r, x, y, w, h);
	y += h + 11;
	h = 10;
	frame(s, x, y, w, h, "Share of the hour in atrial fibrillation (dark), not readable (light)", 100, " %");
	for (size_t i = 0; i < r->hours; i++) {
		double left = x + one * (double)i + one * 0.15;
		sheet_box(s, left, y + h - h * (double)r->hour[i].af_share, one * 0.33, h * (double)r->hour[i].af_share, INK_BAR);
		sheet_box(s, left + one * 0.37, y + h - h * (double)r->hour[i].noise_share, one * 0.33, h * (double)r->hour[i].noise_share, INK_BAND);
	}
	hours(s, g, r, x, y, w, h);
}

/* ---- strips ---- */

static unsigned shown(const struct ecg *g, unsigned out[2])
{
	unsigned n = 0;
	for (unsigned i = 0; i < g->channels && n < 2; i++)
		if (g->channel[i].ecg)
			out[n++] = i;
	return n;
}

static int strip_page(struct sheet *s, const struct ecg *g, const struct ecg_analysis *n, const struct pick *p, size_t count, struct err *e)
{
	unsigned c[2], k = shown(g, c);
	double part = (s->bottom - s->top) / STRIPS_A_PAGE, length = TRACE_MM / s->speed, end = (double)g->samples / g->rate;
	sheet_grid(s);
	for (size_t i = 0; i < count; i++) {
		double from = (double)p[i].at / g->rate - length / 2;
		from = from > end - length ? end - length : from;
		from = from < 0 ? 0 : from;
		for (unsigned l = 0; l < k; l++) {
			char at[48];
			double y = s->top + part * (double)i + part * (l + 0.62) / k;
			sheet_pulse(s, y);
			sheet_ink(s, INK_TEXT);
			if (!l)
				sheet_text(s, s->x0 + 12, s->top + part * (double)i + 3.4, 2.8, true, TEXT_LEFT, 0, "%s   %s", report_moment(g, (uint64_t)(from * g->rate), at), p[i].text);
			sheet_text(s, s->left + 0.5, y + 4, 2.6, true, TEXT_LEFT, s->x0 - s->left - 1, "%s", g->channel[c[l]].name);
			sheet_trace(s, &(struct trace){g, c[l], from, length, sheet_zero(g, c[l], from, length)}, s->x0, y);
		}
	}
	sheet_cover(s, &(struct cover){g, n, "Long-term ECG: strips", count ? (double)p[0].at / g->rate : 0, false});
	return sheet_next(s, e);
}

int report_holter(struct sheet *s, const struct ecg *g, const struct ecg_analysis *n, struct err *e)
{
	struct pick p[STRIPS];
	size_t k = picks(g, n, p);
	numbers(s, g, n);
	plots(s, g, &n->rhythm);
	sheet_cover(s, &(struct cover){g, n, "Long-term ECG: summary", 0, false});
	int r = sheet_next(s, e);
	for (size_t i = 0; r == 0 && i < k; i += STRIPS_A_PAGE)
		r = strip_page(s, g, n, p + i, k - i < STRIPS_A_PAGE ? k - i : STRIPS_A_PAGE, e);
	return r;
}
