/* What stands around the grid: whose it is, when, what was measured and said, whether a person has confirmed it, at which speed and gain, and from which entry. On every page. */
#include "report_internal.h"

#include <math.h>
#include <stdio.h>

const char *report_value(const struct ecg_value *v, const char *unit, char out[32])
{
	if (!v->conf)
		return "\xe2\x80\x94";
	snprintf(out, 32, "%.0f %s", (double)v->v, unit);
	return out;
}

const char *report_span(double seconds, char out[32])
{
	long s = (long)(seconds + 0.5);
	if (seconds < 120)
		snprintf(out, 32, seconds < 10 || seconds - floor(seconds) > 0.05 ? "%.1f s" : "%.0f s", seconds);
	else if (s < 7200)
		snprintf(out, 32, "%ld min %02ld s", s / 60, s % 60);
	else
		snprintf(out, 32, "%ld h %02ld min", s / 3600, s / 60 % 60);
	return out;
}

const char *report_moment(const struct ecg *g, uint64_t sample, char out[48])
{
	int64_t t;
	double at = (double)sample / g->rate;
	if (g->start.n >= 19 && time_parse(slice_of(g->start.p, 19), 0, &t) == 0) { /* the recorder's own clock, whatever its zone */
		int y, mo, d, h, mi, s;
		time_civil(t + (int64_t)(at * 1e9), &y, &mo, &d, &h, &mi, &s);
		snprintf(out, 48, "%04d-%02d-%02d %02d:%02d:%02d", y, mo, d, h, mi, s);
	} else {
		long k = (long)at;
		snprintf(out, 48, "+%02ld:%02ld:%02ld", k / 3600, k / 60 % 60, k % 60);
	}
	return out;
}

static const char *or_dash(struct slice s, char *out, size_t size)
{
	if (!s.n)
		return "\xe2\x80\x94";
	snprintf(out, size, "%.*s", SLICE_FMT(s));
	return out;
}

static void patient(struct sheet *s, const struct cover *c)
{
	const struct ecg_person *p = &c->g->person;
	const struct ecg_report *o = s->o;
	char a[256], b[64], d[64], e[64];
	double y = 12;
	sheet_ink(s, INK_TEXT);
	if (o->patient[0].n) {
		sheet_text(s, s->left, y, 4.4, true, TEXT_LEFT, 104, "%.*s", SLICE_FMT(o->patient[0]));
		for (size_t i = 1; i < ARRAY_LEN(o->patient); i++)
			if (o->patient[i].n)
				sheet_text(s, s->left, y += 4.4, 3, false, TEXT_LEFT, 104, "%.*s", SLICE_FMT(o->patient[i]));
	} else {
		if (p->family.n || p->given.n)
			sheet_text(s, s->left, y, 4.4, true, TEXT_LEFT, 104, "%.*s%s%.*s", SLICE_FMT(p->family), p->given.n ? ", " : "", SLICE_FMT(p->given));
		else
			sheet_text(s, s->left, y, 4.4, true, TEXT_LEFT, 104, "NAME NOT IN THE FILE");
		sheet_text(s, s->left, y += 4.6, 3, false, TEXT_LEFT, 104, "born %s   sex %s   age %s", or_dash(p->birth, b, sizeof b), or_dash(p->sex, d, sizeof d), or_dash(p->age, e, sizeof e));
		sheet_ink(s, INK_LOUD);
		sheet_text(s, s->left, y += 4.2, 2.4, false, TEXT_LEFT, 104, "identity as the file says it: not compared with the hospital's records");
	}
	sheet_ink(s, INK_TEXT);
	struct slice id = o->patient_id.n ? o->patient_id : p->id;
	sheet_text(s, s->left, y += 4.8, 3.4, true, TEXT_LEFT, 104, "Patient id: %s", id.n ? or_dash(id, a, sizeof a) : "NOT IN THE FILE");
	sheet_text(s, s->left, y += 4.4, 3, false, TEXT_LEFT, 104, "Recorded: %s", c->g->start.n ? or_dash(c->g->start, a, sizeof a) : "time not in the file");
	sheet_ink(s, INK_FAINT);
	snprintf(a, sizeof a, "%.*s%s%.*s", SLICE_FMT(c->g->maker), c->g->maker.n && c->g->device.n ? " " : "", SLICE_FMT(c->g->device));
	sheet_text(s, s->left, y + 4, 2.5, false, TEXT_LEFT, 104, "Device: %s   file: %s", a[0] ? a : "\xe2\x80\x94", ecg_format_name(c->g->format));
}

static const struct ecg_measure *before(const struct sheet *s, const struct cover *c)
{
	return !c->previous && s->o->before && s->o->before_analysis ? &s->o->before_analysis->measure : NULL;
}

static void one(struct sheet *s, double x, double y, const char *name, const struct ecg_value *v, const struct ecg_value *was, const char *unit)
{
	char a[32], delta[24] = "";
	sheet_ink(s, INK_FAINT);
	sheet_text(s, x, y, 2.6, false, TEXT_LEFT, 0, "%s", name);
	sheet_ink(s, INK_TEXT);
	sheet_text(s, x + 34, y, 3, true, TEXT_RIGHT, 0, "%s", report_value(v, unit, a));
	if (was && v->conf && was->conf) {
		snprintf(delta, sizeof delta, "%+.0f", (double)roundf(v->v) - (double)roundf(was->v));
		sheet_ink(s, INK_FAINT);
		sheet_text(s, x + 35, y, 2.4, false, TEXT_LEFT, 0, "(%s)", delta);
	}
}

static void measures(struct sheet *s, const struct cover *c, double x)
{
	if (!c->n)
		return;
	const struct ecg_measure *m = &c->n->measure, *w = before(s, c);
#define V(f) &m->f, w ? &w->f : NULL
	one(s, x, 12, "Rate", V(rate_bpm), "/min");
	one(s, x, 16.2, "PR", V(pr_ms), "ms");
	one(s, x, 20.4, "QRS", V(qrs_ms), "ms");
	one(s, x, 24.6, "QT", V(qt_ms), "ms");
	one(s, x, 28.8, "QTc Bazett", V(qtc_bazett_ms), "ms");
	one(s, x, 33, "QTc Fridericia", V(qtc_fridericia_ms), "ms");
	one(s, x, 37.2, "Axis P", V(p_axis_deg), "\xc2\xb0");
	one(s, x, 41.4, "Axis QRS", V(qrs_axis_deg), "\xc2\xb0");
	one(s, x, 45.6, "Axis T", V(t_axis_deg), "\xc2\xb0");
#undef V
	sheet_ink(s, INK_FAINT);
	if (w)
		sheet_text(s, x, 49, 2.1, false, TEXT_LEFT, 0, "(\xc2\xb1 since the previous ECG)   \xe2\x80\x94 could not measure");
	else
		sheet_text(s, x, 49, 2.1, false, TEXT_LEFT, 0, "\xe2\x80\x94 could not measure");
}

/* Signed: what the person signed, with name and time, and nothing of ours. Else our statements, and UNCONFIRMED. */
static void statements(struct sheet *s, const struct cover *c, double x)
{
	double y = 12, width = s->right - x;
	const struct ecg_report *o = s->o;
	if (!c->previous && o->signs) {
		for (size_t i = 0; i < o->signs && y < 47; i++) {
			const struct ecg_signature *g = &o->sign[i];
			sheet_ink(s, INK_TEXT);
			y = sheet_words(s, x, y, 3.1, i == 0, width, i == 0 ? 6 : 2, g->text);
			sheet_ink(s, INK_FAINT);
			sheet_text(s, x, y, 2.5, false, TEXT_LEFT, width, "%s %.*s%s%.*s%s, %.*s", i == 0 ? "Signed by" : "Addendum by", SLICE_FMT(g->by), g->role.n ? " (" : "", SLICE_FMT(g->role), g->role.n ? ")" : "", SLICE_FMT(g->time));
			y += 4;
		}
		return;
	}
	sheet_ink(s, INK_LOUD);
	sheet_text(s, x, y, 4.4, true, TEXT_LEFT, width, "UNCONFIRMED");
	sheet_ink(s, INK_FAINT);
	sheet_text(s, x, y += 3.6, 2.2, false, TEXT_LEFT, width, "Measured by a program, for over-read by a clinician. No diagnosis.");
	sheet_ink(s, INK_TEXT);
	y += 4.4;
	size_t n = c->n ? c->n->statements : 0;
	for (size_t i = 0; i < n; i++) {
		if (y > 45 && i + 1 < n) {
			sheet_text(s, x, y, 2.6, false, TEXT_LEFT, width, "and %zu more", n - i);
			break;
		}
		y = sheet_words(s, x, y, 3, c->n->statement[i].weight >= ECG_ABNORMAL, width, 2, slice_str(c->n->statement[i].text));
	}
	if (!n)
		sheet_text(s, x, y, 3, false, TEXT_LEFT, width, "no statement");
}

static void filter_words(const struct ecg_report *o, char *out, size_t size)
{
	size_t n = 0;
	if (!(o->low > 0) && !(o->high > 0) && !(o->mains > 0)) {
		snprintf(out, size, "filter: none (as recorded)");
		return;
	}
	n += (size_t)snprintf(out, size, "FILTERED for display:");
	if (o->low > 0)
		n += (size_t)snprintf(out + n, size - n, " from %g Hz", o->low);
	if (o->high > 0)
		n += (size_t)snprintf(out + n, size - n, " to %g Hz", o->high);
	if (o->mains > 0)
		snprintf(out + n, size - n, ", mains %g Hz", o->mains);
}

static void foot(struct sheet *s, const struct cover *c)
{
	char filter[96], a[256], b[256], from[48];
	double y = s->bottom + 4;
	const struct ecg_report *o = s->o;
	filter_words(o, filter, sizeof filter);
	sheet_ink(s, INK_TEXT);
	sheet_text(s, s->left, y, 3, true, TEXT_LEFT, 0, "%g mm/s   %g mm/mV   %s", s->speed, s->gain, filter);
	sheet_ink(s, INK_FAINT);
	sheet_text(s, s->right, y, 2.6, false, TEXT_RIGHT, 0, "page %u of %u", s->page + 1, s->pages);
	sheet_text(s, s->right - 26, y, 2.6, false, TEXT_RIGHT, 0, "from %s   %u leads, %g Hz", report_moment(c->g, (uint64_t)(c->from * c->g->rate + 0.5), from), c->g->channels, c->g->rate);
	y += 3.6;
	if (o->entry.n)
		sheet_text(s, s->left, y, 2.2, false, TEXT_LEFT, s->right - s->left - 62, "%s, checkpoint %s", or_dash(o->entry, a, sizeof a), o->checkpoint.n ? or_dash(o->checkpoint, b, sizeof b) : "not published yet");
	else
		sheet_text(s, s->left, y, 2.2, false, TEXT_LEFT, s->right - s->left - 62, "made from a file, not from a ledger");
	sheet_text(s, s->right, y, 2.2, false, TEXT_RIGHT, 100, "%.*s%sHoldfast %s, measuring %d%s%.*s", SLICE_FMT(o->site), o->site.n ? ", " : "", HOLDFAST_VERSION, ECG_VERSION, o->printed.n ? ", printed " : "", SLICE_FMT(o->printed));
}

static void warnings(struct sheet *s, const struct cover *c)
{
	if (!c->g->warning_count || !c->g->warnings)
		return;
	struct slice rest, first = slice_cut(slice_of(c->g->warnings->p, c->g->warnings->n), '\n', &rest);
	sheet_ink(s, INK_LOUD);
	sheet_text(s, s->left, s->top - 1.2, 2.3, false, TEXT_LEFT, s->right - s->left, "The file: %.*s%s", SLICE_FMT(first), c->g->warning_count > 1 ? " (and more)" : "");
}

void sheet_cover(struct sheet *s, const struct cover *c)
{
	double third = s->left + 108;
	sheet_ink(s, c->previous ? INK_LOUD : INK_FAINT);
	sheet_text(s, s->left, 6.4, 2.8, c->previous, TEXT_LEFT, 0, "%s", c->title);
	patient(s, c);
	measures(s, c, third);
	statements(s, c, third + 52);
	warnings(s, c);
	foot(s, c);
}
