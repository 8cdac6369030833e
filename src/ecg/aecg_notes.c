/* Annotation sets of an aECG series: what device or reader said about it. */
#include "aecg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MARKS_MAX 1000000u
#define NOTES_MAX 100000u

struct region { /* of an annotation: its boundaries in time, and the one lead that it is about */
	bool timed;
	double from_s, to_s;
	int channel;
};
struct walk {
	struct ecg *g;
	const struct aecg_clock *clock;
	bool beats;
	uint32_t notes;
	size_t room;
};

/* Annotations lie in components, which lie in annotations: one step of a walk without recursion would need a stack, and XML_DEPTH_MAX bounds this one. */
#define NEST_MAX 16

static const struct {
	const char *code, *key;
	char unit; /* t: milliseconds; r: per minute; d: degrees */
} numbers[] = {
	{"MDC_ECG_HEART_RATE", "rate_bpm", 'r'}, {"MDC_ECG_TIME_PD_RR", "rr_ms", 't'}, {"MDC_ECG_TIME_PD_RR_GL", "rr_ms", 't'}, {"MDC_ECG_TIME_PD_P", "p_ms", 't'},
	{"MDC_ECG_TIME_PD_PR", "pr_ms", 't'}, {"MDC_ECG_TIME_PD_QRS", "qrs_ms", 't'}, {"MDC_ECG_TIME_PD_QT", "qt_ms", 't'}, {"MDC_ECG_TIME_PD_QTc", "qtc_ms", 't'},
	{"MDC_ECG_TIME_PD_QTcB", "qtc_ms", 't'}, {"MDC_ECG_TIME_PD_QTcF", "qtc_fridericia_ms", 't'}, {"MDC_ECG_ANGLE_P_FRONT", "p_axis_deg", 'd'},
	{"MDC_ECG_ANGLE_QRS_FRONT", "qrs_axis_deg", 'd'}, {"MDC_ECG_ANGLE_T_FRONT", "t_axis_deg", 'd'},
};

static bool number_read(struct walk *w, struct slice code, const struct xml_node *value)
{
	struct slice unit = xml_attr(value, "unit");
	double v;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		if (!slice_eq_nocase(code, numbers[i].code))
			continue;
		if (numbers[i].unit == 't')
			v = unit.n && !slice_eq_nocase(unit, "ms") ? aecg_seconds(xml_attr(value, "value"), unit) * 1000 : aecg_seconds(xml_attr(value, "value"), SLICE("s"));
		else if (!ecg_number(xml_attr(value, "value"), &v))
			return true;
		ecg_stated(w->g, numbers[i].key, v);
		return true;
	}
	return false;
}

static bool moment(const struct walk *w, bool absolute, const struct xml_node *n, double *ret)
{
	int64_t ns;
	double s;
	if (absolute) {
		if (!w->clock->absolute || !aecg_ns(xml_attr(n, "value"), &ns))
			return false;
		*ret = (double)(ns - w->clock->zero_ns) / 1e9;
		return true;
	}
	s = aecg_seconds(xml_attr(n, "value"), xml_attr(n, "unit"));
	if (!isfinite(s))
		return false;
	*ret = s - (w->clock->relative ? w->clock->zero_s : 0);
	return true;
}

static int lead_of(const struct ecg *g, struct slice code)
{
	for (unsigned i = 0; i < g->channels; i++)
		if (slice_eq(g->channel[i].label, code))
			return (int)i;
	enum ecg_lead l = ecg_lead_parse(code);
	return l == ECG_LEAD_OTHER ? -1 : ecg_find(g, l);
}

static struct region region_of(const struct walk *w, const struct xml_node *annotation)
{
	struct region r = {.channel = -1};
	for (const struct xml_node *c = xml_child(xml_path(annotation, "support/supportingROI"), "component"); c; c = xml_next(c)) {
		const struct xml_node *b = xml_child(c, "boundary"), *value = xml_child(b, "value");
		struct slice code = xml_attr(xml_child(b, "code"), "code");
		bool absolute = slice_eq_str(code, "TIME_ABSOLUTE");
		if (!absolute && !slice_eq_str(code, "TIME_RELATIVE")) {
			r.channel = lead_of(w->g, code);
			continue;
		}
		/* an interval with both ends, or one of them, or a point (its value on <value> itself) */
		double low, high;
		bool has_low = moment(w, absolute, xml_child(value, "low"), &low) || moment(w, absolute, xml_child(value, "center"), &low) || moment(w, absolute, value, &low);
		bool has_high = moment(w, absolute, xml_child(value, "high"), &high);
		if (!has_low && !has_high)
			continue;
		r.timed = true;
		r.from_s = has_low ? low : high;
		r.to_s = has_high ? high : r.from_s;
	}
	return r;
}

static void note(struct walk *w, struct slice code, struct slice text, struct region where, bool statement)
{
	if (!text.n || w->notes++ == NOTES_MAX)
		return;
	struct ecg_note *n = w->notes <= NOTES_MAX ? ecg_note(w->g, text) : NULL;
	if (!n)
		return;
	n->timed = where.timed;
	n->at_s = where.from_s;
	n->duration_s = where.to_s > where.from_s ? where.to_s - where.from_s : 0;
	n->channel = where.channel;
	n->code = code;
	n->statement = statement;
}

/* The words of a value: ST's text, or a code's name, or the code. */
static struct slice words(const struct xml_node *value)
{
	struct slice s = value ? value->text : SLICE_NULL;
	if (!s.n)
		s = xml_attr(value, "displayName");
	if (!s.n)
		s = xml_text(value, "originalText");
	return s.n ? s : xml_attr(value, "code");
}

static char beat_class(struct slice code)
{
	static const struct {
		const char *word;
		char class;
	} classes[] = {{"NORMAL", 'N'}, {"BBB", 'N'}, {"SINUS", 'N'}, {"DOMINANT", 'N'}, {"PACE", 'Q'}, {"FUS", 'F'}, {"SV", 'S'}, {"ATR", 'S'}, {"_APC", 'S'}, {"_PAC", 'S'}, {"JUNC", 'S'}, {"NOD", 'S'},
		{"V_", 'V'}, {"VENT", 'V'}, {"PVC", 'V'}, {"VPC", 'V'}};
	char up[64];
	size_t n = code.n < sizeof up - 1 ? code.n : sizeof up - 1;
	for (size_t i = 0; i < n; i++)
		up[i] = (char)(code.p[i] >= 'a' && code.p[i] <= 'z' ? code.p[i] - 32 : code.p[i]);
	up[n] = 0;
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (strstr(up, classes[i].word))
			return classes[i].class;
	return 'Q';
}

static void mark(struct walk *w, struct region where, char class)
{
	struct ecg *g = w->g;
	double at = (where.from_s + where.to_s) / 2;
	if (!w->beats || !where.timed || !(at >= 0) || !g->channels || !(at < 1e9) || g->mark_count == MARKS_MAX)
		return;
	double rate = 0;
	for (unsigned i = 0; i < g->channels; i++)
		rate = g->channel[i].ecg && g->channel[i].rate > rate ? g->channel[i].rate : rate;
	if (g->mark_count == w->room) {
		size_t room = w->room ? 2 * w->room : 64;
		struct ecg_mark *m = arena_array(g->a, room, sizeof *m);
		if (!m)
			return;
		if (g->mark_count)
			memcpy(m, g->marks, g->mark_count * sizeof *m);
		g->marks = m;
		w->room = room;
	}
	g->marks[g->mark_count++] = (struct ecg_mark){(uint64_t)floor(at * (rate > 0 ? rate : g->channel[0].rate) + 0.5), class};
}

static bool is_qrs(struct slice value)
{
	return slice_eq_str(value, "MDC_ECG_WAVC_QRSWAVE") || slice_eq_str(value, "MDC_ECG_WAVC_QRSTWAVE") || slice_eq_str(value, "MDC_ECG_WAVC_RWAVE");
}

/* Where a beat is: its own region, or that of the QRS wave in it. */
static struct region beat_region(const struct walk *w, const struct xml_node *beat)
{
	struct region r = region_of(w, beat);
	for (const struct xml_node *c = xml_child(beat, "component"); c && !(r.timed && r.to_s == r.from_s); c = xml_next(c)) {
		const struct xml_node *a = xml_child(c, "annotation");
		if (is_qrs(xml_attr(xml_child(a, "value"), "code")))
			return region_of(w, a);
	}
	return r;
}

static struct slice wave_name(struct walk *w, struct slice code)
{
	static const struct {
		const char *code, *name;
	} names[] = {{"MDC_ECG_WAVC_PWAVE", "P wave"}, {"MDC_ECG_WAVC_QRSWAVE", "QRS"}, {"MDC_ECG_WAVC_QWAVE", "Q wave"}, {"MDC_ECG_WAVC_RWAVE", "R wave"}, {"MDC_ECG_WAVC_SWAVE", "S wave"},
		{"MDC_ECG_WAVC_TWAVE", "T wave"}, {"MDC_ECG_WAVC_UWAVE", "U wave"}, {"MDC_ECG_WAVC_PEAK", "peak"}, {"MDC_ECG_WAVC_QRSTWAVE", "QRS-T"}};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_eq_str(code, names[i].code))
			return slice_str(names[i].name);
	return code;
}

static void one(struct walk *w, const struct xml_node *a)
{
	const struct xml_node *value = xml_child(a, "value");
	struct slice code = xml_attr(xml_child(a, "code"), "code"), what = xml_attr(value, "code");
	if (!slice_starts(code, "MDC_ECG_"))
		return;
	if (slice_starts(code, "MDC_ECG_WAVC"))
		note(w, what, wave_name(w, what), region_of(w, a), false);
	else if (slice_starts(code, "MDC_ECG_BEAT"))
		mark(w, beat_region(w, a), beat_class(what));
	else if (slice_starts(code, "MDC_ECG_INTERPRETATION") || slice_starts(code, "MDC_ECG_RHY"))
		note(w, what.n ? what : code, words(value), region_of(w, a), true);
	else if (!number_read(w, code, value) && value && value->text.n)
		note(w, code, value->text, region_of(w, a), false);
}

static void all(struct walk *w, const struct xml_node *parent, unsigned depth)
{
	for (const struct xml_node *c = depth < NEST_MAX ? xml_child(parent, "component") : NULL; c; c = xml_next(c)) {
		const struct xml_node *a = xml_child(c, "annotation");
		if (!a)
			continue;
		one(w, a);
		all(w, a, depth + 1);
	}
}

static int by_place(const void *x, const void *y)
{
	const struct ecg_mark *a = x, *b = y;
	return a->at < b->at ? -1 : a->at > b->at;
}

void aecg_annotations(struct ecg *g, const struct xml_node *series, const struct aecg_clock *clock, bool beats)
{
	struct walk w = {g, clock, beats, 0, 0};
	for (const struct xml_node *s = xml_child(series, "subjectOf"); s; s = xml_next(s))
		all(&w, xml_child(s, "annotationSet"), 0);
	if (w.notes > NOTES_MAX)
		ecg_warn(g, "it has more annotations than are kept");
	if (g->mark_count > 1)
		qsort(g->marks, g->mark_count, sizeof *g->marks, by_place);
}
