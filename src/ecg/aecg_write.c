/* Writes an HL7 annotated ECG: one rhythm series with its leads, the median beat as a derived series, what the file's device said and what was measured here as annotation sets of their own authors.
 *
 * Leads that were recorded together and without a break are one sequence set; a break, another rate or a lead that came later makes another set at its place in time. Digits are samples as stored; the origin
 * and scale say their size, so that reading back gives the same samples. The document's id is made from what is in it: the same recording gives the same bytes. */
#include "aecg.h"
#include "ecg_write_internal.h"

#include <math.h>
#include <stdio.h>

#define SETS_MAX 4096u
#define BLOCK 4096u
#define PIECE 65536u

#define ACT "2.16.840.1.113883.5.4"
#define MDC "2.16.840.1.113883.6.24"

struct set { /* leads that have samples in [first, first + count) and none just before and after */
	uint64_t first, count;
	double rate;
	uint64_t leads; /* bit i: channel i */
};
struct out {
	const struct ecg *g;
	const struct ecg_sink *sink;
	struct buf b;
	struct set *set;
	uint32_t sets;
	uint64_t hash[2];
	int code;
	struct err *e;
};

static void pass_on(struct out *o)
{
	if (o->code == 0 && !buf_ok(&o->b))
		o->code = err_set(o->e, buf_code(&o->b), NULL, "no room for a part of the document");
	if (o->code == 0 && o->b.n)
		o->code = o->sink->bytes(o->sink->arg, buf_slice(&o->b), o->e);
	buf_reset(&o->b);
}

static void maybe_pass_on(struct out *o)
{
	if (o->b.n >= PIECE)
		pass_on(o);
}

static void line(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void line(struct out *o, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_str(&o->b, text);
	buf_u8(&o->b, '\n');
	maybe_pass_on(o);
}

/* XML 1.0 allows no other control characters than tab and line ends, not even escaped; invalid UTF-8 becomes U+FFFD. */
static void escaped(struct buf *b, struct slice s)
{
	while (s.n) {
		size_t n;
		uint32_t c = utf8_get(s, &n);
		uint8_t u[4];
		if (c == '<')
			buf_str(b, "&lt;");
		else if (c == '>')
			buf_str(b, "&gt;");
		else if (c == '&')
			buf_str(b, "&amp;");
		else if (c == '"')
			buf_str(b, "&quot;");
		else if (c == '\t' || c == '\n' || c == '\r')
			buf_printf(b, "&#%u;", (unsigned)c);
		else if (c < 0x20 || c == 0xfffe || c == 0xffff)
			buf_str(b, "\xef\xbf\xbd");
		else
			buf_add(b, u, utf8_put(c, u));
		s = slice_of(s.p + n, s.n - n);
	}
}

/* <name>text</name>, nothing for no text */
static void element(struct out *o, const char *name, struct slice text)
{
	if (!text.n)
		return;
	buf_printf(&o->b, "<%s>", name);
	escaped(&o->b, text);
	buf_printf(&o->b, "</%s>\n", name);
	maybe_pass_on(o);
}

/* <name root="..." extension="..."/> and the like: an attribute whose value is text */
static void id(struct out *o, const char *root, struct slice extension)
{
	buf_printf(&o->b, "<id root=\"%s\" extension=\"", root);
	escaped(&o->b, extension);
	buf_str(&o->b, "\"/>\n");
}

/* The shortest decimal that reads back as the same number; no exponent, as XML Schema's decimals have none. */
static const char *decimal(double v, char out[64])
{
	for (int p = 1; p <= 17; p++) {
		double back;
		snprintf(out, 64, "%.*g", p, v);
		if (ecg_number(slice_str(out), &back) && back == v)
			break;
	}
	const char *e = strchr(out, 'e');
	if (e) {
		int digits = e[1] == '-' ? 18 : 0;
		int64_t x = 0;
		if (num_i64(slice_str(e + 1), -300, 300, &x) == 0 && x < 0)
			digits = (int)(-x) + 17;
		snprintf(out, 64, "%.*f", digits < 50 ? digits : 50, v);
	}
	return out;
}

/* ---- what goes together ---- */

static void mix_word(struct out *o, uint32_t w)
{
	o->hash[0] = (o->hash[0] ^ w) * UINT64_C(0x100000001b3);
	o->hash[1] = (o->hash[1] ^ (w + UINT32_C(0x9e3779b9))) * UINT64_C(0x9e3779b97f4a7c15);
	o->hash[1] ^= o->hash[1] >> 29;
}

static void mix_text(struct out *o, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		mix_word(o, s.p[i]);
}

static int add_run(struct out *o, const struct ecg *g, unsigned channel, uint64_t first, uint64_t count)
{
	double rate = g->channel[channel].rate;
	for (uint32_t i = 0; i < o->sets; i++)
		if (o->set[i].first == first && o->set[i].count == count && o->set[i].rate == rate) {
			o->set[i].leads |= UINT64_C(1) << channel;
			return 0;
		}
	if (o->sets == SETS_MAX)
		return err_set(o->e, ERR_INPUT, NULL, "its leads have more than %u interruptions: an annotated ECG has no good place for that", SETS_MAX);
	o->set[o->sets++] = (struct set){first, count, rate, UINT64_C(1) << channel};
	return 0;
}

/* Runs of samples of a channel; its values go into the hash on the way. */
static int runs(struct out *o, const struct ecg *g, unsigned channel)
{
	const struct ecg_channel *c = &g->channel[channel];
	int32_t v[BLOCK];
	uint64_t begun = UINT64_MAX;
	int r = 0;
	for (uint64_t at = 0; at < c->samples && r == 0; at += BLOCK) {
		size_t n = c->samples - at < BLOCK ? (size_t)(c->samples - at) : BLOCK;
		ecg_read(g, channel, at, n, v);
		for (size_t i = 0; i < n && r == 0; i++) {
			mix_word(o, (uint32_t)v[i]);
			if (v[i] != ECG_GAP && begun == UINT64_MAX)
				begun = at + i;
			else if (v[i] == ECG_GAP && begun != UINT64_MAX) {
				r = add_run(o, g, channel, begun, at + i - begun);
				begun = UINT64_MAX;
			}
		}
	}
	if (r == 0 && begun != UINT64_MAX)
		r = add_run(o, g, channel, begun, c->samples - begun);
	return r;
}

static int plan(struct out *o, const struct ecg *g)
{
	int r = 0;
	o->sets = 0;
	for (unsigned i = 0; i < g->channels && r == 0; i++)
		r = runs(o, g, i);
	return r;
}

/* ---- header ---- */

static void uuid(struct out *o, char out[40], unsigned salt)
{
	uint64_t a = o->hash[0] + salt * UINT64_C(0x9e3779b97f4a7c15), b = o->hash[1] ^ (a >> 7);
	/* RFC 9562, version 8: made in a way of our own */
	snprintf(out, 40, "%08x-%04x-8%03x-%04x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff), (unsigned)((b >> 48 & 0x3fff) | 0x8000),
		(unsigned long long)(b & UINT64_C(0xffffffffffff)));
}

static void when(struct out *o)
{
	const struct ecg *g = o->g;
	char low[48], high[48];
	aecg_ts(g->start, 0, low);
	aecg_ts(g->start, (double)g->samples / g->rate, high);
	if (!low[0])
		line(o, "<effectiveTime nullFlavor=\"NI\"/>");
	else if (aecg_to_second(g->start))
		line(o, "<effectiveTime><low value=\"%s\" inclusive=\"true\"/><high value=\"%s\" inclusive=\"false\"/></effectiveTime>", low, high);
	else
		line(o, "<effectiveTime><low value=\"%s\"/></effectiveTime>", low);
}

static void person(struct out *o)
{
	const struct ecg_person *p = &o->g->person;
	char birth[48];
	const char *sex = slice_eq_str(p->sex, "male") ? "M" : slice_eq_str(p->sex, "female") ? "F" : slice_eq_str(p->sex, "other") ? "UN" : NULL;
	line(o, "<subject><trialSubject>");
	if (p->id.n) {
		buf_str(&o->b, "<id");
		if (p->assigner.n) {
			buf_str(&o->b, " root=\"");
			escaped(&o->b, p->assigner);
			buf_str(&o->b, "\"");
		}
		buf_str(&o->b, " extension=\"");
		escaped(&o->b, p->id);
		buf_str(&o->b, "\"/>\n");
	} else {
		line(o, "<id nullFlavor=\"NI\"/>");
	}
	line(o, "<subjectDemographicPerson>");
	if (p->family.n || p->given.n) {
		line(o, "<name>");
		element(o, "family", p->family);
		element(o, "given", p->given);
		line(o, "</name>");
	}
	if (sex)
		line(o, "<administrativeGenderCode code=\"%s\" codeSystem=\"2.16.840.1.113883.5.1\"/>", sex);
	else
		line(o, "<administrativeGenderCode nullFlavor=\"%s\"/>", p->sex.n ? "UNK" : "NI");
	aecg_ts(p->birth, 0, birth);
	if (birth[0])
		line(o, "<birthTime value=\"%s\"/>", birth);
	line(o, "</subjectDemographicPerson>");
	line(o, "</trialSubject></subject>");
}

static void trial(struct out *o)
{
	const struct ecg *g = o->g;
	line(o, "<componentOf><clinicalTrial>");
	if (g->study.n)
		id(o, "2.16.840.1.113883.3", g->study);
	else
		line(o, "<id nullFlavor=\"NI\"/>");
	if (g->site.n) {
		line(o, "<location><trialSite><location>");
		element(o, "name", g->site);
		line(o, "</location></trialSite></location>");
	}
	if (g->physician.n) {
		line(o, "<responsibleParty><trialInvestigator><investigatorPerson>");
		element(o, "name", g->physician);
		line(o, "</investigatorPerson></trialInvestigator></responsibleParty>");
	}
	line(o, "</clinicalTrial></componentOf>");
}

static void observed(struct out *o, const char *loinc, const char *what, struct slice value, const char *unit)
{
	struct slice rest, number = slice_cut(value, ' ', &rest);
	double v;
	if (!ecg_number(number, &v))
		return;
	line(o, "<controlVariable><relatedObservation><code code=\"%s\" codeSystem=\"2.16.840.1.113883.6.1\" codeSystemName=\"LOINC\" displayName=\"%s\"/>", loinc, what);
	buf_str(&o->b, "<value xsi:type=\"PQ\" value=\"");
	escaped(&o->b, number);
	buf_str(&o->b, "\" unit=\"");
	escaped(&o->b, rest.n ? rest : slice_str(unit));
	buf_str(&o->b, "\"/></relatedObservation></controlVariable>\n");
}

static void device(struct out *o)
{
	const struct ecg *g = o->g;
	if (!g->device.n && !g->software.n && !g->maker.n && !g->serial.n)
		return;
	line(o, "<author><seriesAuthor>");
	if (g->serial.n) {
		buf_str(&o->b, "<id extension=\"");
		escaped(&o->b, g->serial);
		buf_str(&o->b, "\"/>\n");
	}
	line(o, "<manufacturedSeriesDevice>");
	element(o, "manufacturerModelName", g->device);
	element(o, "softwareName", g->software);
	line(o, "</manufacturedSeriesDevice>");
	if (g->maker.n) {
		line(o, "<manufacturerOrganization>");
		element(o, "name", g->maker);
		line(o, "</manufacturerOrganization>");
	}
	line(o, "</seriesAuthor></author>");
}

static void filters(struct out *o)
{
	for (unsigned i = 0; i < o->g->channels; i++)
		if (o->g->channel[i].ecg && o->g->channel[i].filter.n) {
			line(o, "<controlVariable><controlVariable><code code=\"MDC_ECG_CTL_VBL_ATTR_FILTER_DESCRIPTION\" codeSystem=\"" MDC "\" codeSystemName=\"MDC\"/>");
			buf_str(&o->b, "<value xsi:type=\"ST\">");
			escaped(&o->b, o->g->channel[i].filter);
			line(o, "</value></controlVariable></controlVariable>");
			return;
		}
}

/* ---- leads ---- */

static void lead_code(struct out *o, const struct ecg_channel *c)
{
	if (c->lead == ECG_LEAD_OTHER) {
		buf_str(&o->b, "<code code=\"");
		escaped(&o->b, slice_str(c->name));
		buf_str(&o->b, "\" displayName=\"");
		escaped(&o->b, c->label.n ? c->label : slice_str(c->name));
		buf_str(&o->b, "\"/>\n");
		return;
	}
	char up[24];
	size_t n = 0;
	for (const char *p = ecg_lead_name(c->lead); *p && n < sizeof up - 1; p++)
		up[n++] = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
	up[n] = 0;
	line(o, "<code code=\"MDC_ECG_LEAD_%s\" codeSystem=\"" MDC "\" codeSystemName=\"MDC\" displayName=\"%s\"/>", up, ecg_lead_name(c->lead));
}

/* Digits one after the other; a decimal writer of its own, as printf takes ten times as long. */
static void digits(struct out *o, const int32_t *v, size_t n)
{
	uint8_t *to = buf_space(&o->b, n * 12), *p = to;
	if (!to)
		return;
	for (size_t i = 0; i < n; i++) {
		char back[12];
		unsigned k = 0;
		uint32_t u = v[i] < 0 ? 0u - (uint32_t)v[i] : (uint32_t)v[i];
		do
			back[k++] = (char)('0' + u % 10);
		while (u /= 10);
		if (v[i] < 0)
			*p++ = '-';
		while (k)
			*p++ = (uint8_t)back[--k];
		*p++ = i % 20 == 19 ? '\n' : ' ';
	}
	buf_commit(&o->b, (size_t)(p - to));
	maybe_pass_on(o);
}

static void sequence(struct out *o, const struct ecg *g, unsigned channel, uint64_t first, uint64_t count)
{
	const struct ecg_channel *c = &g->channel[channel];
	char a[64], b[64];
	int32_t v[BLOCK];
	const char *unit = c->unit[0] ? c->unit : "1";
	line(o, "<component><sequence>");
	lead_code(o, c);
	line(o, "<value xsi:type=\"SLIST_PQ\">");
	buf_printf(&o->b, "<origin value=\"%s\" unit=\"", decimal(c->baseline ? c->offset - (double)c->baseline * c->scale : c->offset, a));
	escaped(&o->b, slice_str(unit));
	buf_printf(&o->b, "\"/><scale value=\"%s\" unit=\"", decimal(c->scale, b));
	escaped(&o->b, slice_str(unit));
	buf_str(&o->b, "\"/>\n<digits>");
	for (uint64_t at = 0; at < count && o->code == 0; at += BLOCK) {
		size_t n = count - at < BLOCK ? (size_t)(count - at) : BLOCK;
		ecg_read(g, channel, first + at, n, v);
		digits(o, v, n);
	}
	line(o, "</digits></value>");
	line(o, "</sequence></component>");
}

static void time_sequence(struct out *o, double rate, double at_s, bool absolute)
{
	char inc[64], head[64];
	decimal(1 / rate, inc);
	line(o, "<component><sequence>");
	if (absolute) {
		char ts[48];
		aecg_ts(o->g->start, at_s, ts);
		line(o, "<code code=\"TIME_ABSOLUTE\" codeSystem=\"" ACT "\" codeSystemName=\"ActCode\" displayName=\"Absolute Time\"/>");
		line(o, "<value xsi:type=\"GLIST_TS\"><head value=\"%s\"/><increment value=\"%s\" unit=\"s\"/></value>", ts, inc);
	} else {
		line(o, "<code code=\"TIME_RELATIVE\" codeSystem=\"" ACT "\" codeSystemName=\"ActCode\" displayName=\"Relative Time\"/>");
		line(o, "<value xsi:type=\"GLIST_PQ\"><head value=\"%s\" unit=\"s\"/><increment value=\"%s\" unit=\"s\"/></value>", decimal(at_s, head), inc);
	}
	line(o, "</sequence></component>");
}

/* As planned. */
static void sequence_sets(struct out *o, const struct ecg *g, bool absolute)
{
	for (uint32_t i = 0; i < o->sets; i++) {
		const struct set *s = &o->set[i];
		line(o, "<component><sequenceSet>");
		time_sequence(o, s->rate, (double)s->first / s->rate, absolute);
		for (unsigned k = 0; k < g->channels; k++)
			if (s->leads >> k & 1)
				sequence(o, g, k, s->first, s->count);
		line(o, "</sequenceSet></component>");
	}
}

/* ---- annotations ---- */

static void number(struct out *o, const char *code, double v, const char *unit)
{
	char text[64];
	line(o, "<component><annotation><code code=\"%s\" codeSystem=\"" MDC "\" codeSystemName=\"MDC\"/><value xsi:type=\"PQ\" value=\"%s\" unit=\"%s\"/></annotation></component>", code,
		decimal(v, text), unit);
}

static void statement(struct out *o, struct slice text)
{
	line(o, "<component><annotation><code code=\"MDC_ECG_INTERPRETATION_STATEMENT\" codeSystem=\"" MDC "\" codeSystemName=\"MDC\"/>");
	buf_str(&o->b, "<value xsi:type=\"ST\">");
	escaped(&o->b, text);
	line(o, "</value></annotation></component>");
}

static void interpretation(struct out *o, bool begin)
{
	if (begin)
		line(o, "<component><annotation><code code=\"MDC_ECG_INTERPRETATION\" codeSystem=\"" MDC "\" codeSystemName=\"MDC\"/>");
	else
		line(o, "</annotation></component>");
}

static void set_begins(struct out *o, struct slice model, struct slice software)
{
	line(o, "<subjectOf><annotationSet>");
	if (!model.n)
		return;
	line(o, "<author><assignedEntity><id nullFlavor=\"NI\"/><assignedAuthorType><assignedDevice>");
	element(o, "manufacturerModelName", model);
	element(o, "softwareName", software);
	line(o, "</assignedDevice></assignedAuthorType></assignedEntity></author>");
}

/* What device or reader had said, under the device's name. */
static void as_said(struct out *o, const struct ecg_analysis *with)
{
	static const struct {
		const char *key, *code, *unit;
	} codes[] = {{"rate_bpm", "MDC_ECG_HEART_RATE", "/min"}, {"rr_ms", "MDC_ECG_TIME_PD_RR", "ms"}, {"p_ms", "MDC_ECG_TIME_PD_P", "ms"}, {"pr_ms", "MDC_ECG_TIME_PD_PR", "ms"},
		{"qrs_ms", "MDC_ECG_TIME_PD_QRS", "ms"}, {"qt_ms", "MDC_ECG_TIME_PD_QT", "ms"}, {"qtc_ms", "MDC_ECG_TIME_PD_QTc", "ms"}, {"qtc_fridericia_ms", "MDC_ECG_TIME_PD_QTcF", "ms"},
		{"p_axis_deg", "MDC_ECG_ANGLE_P_FRONT", "deg"}, {"qrs_axis_deg", "MDC_ECG_ANGLE_QRS_FRONT", "deg"}, {"t_axis_deg", "MDC_ECG_ANGLE_T_FRONT", "deg"}};
	const struct ecg *g = o->g;
	bool words = false;
	for (const struct ecg_note *n = g->notes; n; n = n->next)
		words = words || (n->statement && !ecg_write_stale(with, n));
	if (!g->stated && !words)
		return;
	set_begins(o, g->device, g->software);
	for (const struct ecg_stated *s = g->stated; s; s = s->next)
		for (size_t i = 0; i < ARRAY_LEN(codes); i++)
			if (!strcmp(s->key, codes[i].key))
				number(o, codes[i].code, s->value, codes[i].unit);
	if (words) {
		interpretation(o, true);
		for (const struct ecg_note *n = g->notes; n; n = n->next)
			if (n->statement && !ecg_write_stale(with, n))
				statement(o, n->text);
		interpretation(o, false);
	}
	line(o, "</annotationSet></subjectOf>");
}

static void measured(struct out *o, const char *code, struct ecg_value v, const char *unit)
{
	if (v.conf && isfinite(v.v))
		number(o, code, (double)v.v, unit);
}

static void as_measured(struct out *o, const struct ecg_analysis *n)
{
	const struct ecg_measure *m = &n->measure;
	set_begins(o, SLICE("Holdfast"), SLICE(HOLDFAST_VERSION));
	measured(o, "MDC_ECG_HEART_RATE", m->rate_bpm, "/min");
	measured(o, "MDC_ECG_TIME_PD_RR", m->rr_ms, "ms");
	measured(o, "MDC_ECG_TIME_PD_P", m->p_ms, "ms");
	measured(o, "MDC_ECG_TIME_PD_PR", m->pr_ms, "ms");
	measured(o, "MDC_ECG_TIME_PD_QRS", m->qrs_ms, "ms");
	measured(o, "MDC_ECG_TIME_PD_QT", m->qt_ms, "ms");
	measured(o, "MDC_ECG_TIME_PD_QTcB", m->qtc_bazett_ms, "ms");
	measured(o, "MDC_ECG_TIME_PD_QTcF", m->qtc_fridericia_ms, "ms");
	measured(o, "MDC_ECG_ANGLE_P_FRONT", m->p_axis_deg, "deg");
	measured(o, "MDC_ECG_ANGLE_QRS_FRONT", m->qrs_axis_deg, "deg");
	measured(o, "MDC_ECG_ANGLE_T_FRONT", m->t_axis_deg, "deg");
	char ours[ECG_WORDS_MAX];
	if (ecg_write_words(n, 0, ours)) {
		interpretation(o, true);
		for (size_t i = 0; ecg_write_words(n, i, ours); i++)
			statement(o, slice_str(ours));
		interpretation(o, false);
	}
	line(o, "</annotationSet></subjectOf>");
}

static void wave(struct out *o, const char *code, float from, float to)
{
	char a[64], b[64];
	if (!isfinite(from) || !isfinite(to))
		return;
	line(o, "<component><annotation><code code=\"MDC_ECG_WAVC\" codeSystem=\"" MDC "\" codeSystemName=\"MDC\"/><value xsi:type=\"CE\" code=\"%s\" codeSystem=\"" MDC "\" codeSystemName=\"MDC\"/>", code);
	line(o, "<support><supportingROI classCode=\"ROIBND\"><code code=\"ROIPS\" codeSystem=\"" ACT "\"/><component><boundary><code code=\"TIME_RELATIVE\" codeSystem=\"" ACT "\"/>");
	line(o, "<value xsi:type=\"IVL_PQ\"><low value=\"%s\" unit=\"ms\"/><high value=\"%s\" unit=\"ms\"/></value>", decimal((double)from, a), decimal((double)to, b));
	line(o, "</boundary></component></supportingROI></support></annotation></component>");
}

/* ---- the median beat ---- */

static void derived_begins(struct out *o, unsigned salt)
{
	char u[40];
	uuid(o, u, salt);
	line(o, "<derivation><derivedSeries>");
	line(o, "<id root=\"%s\"/>", u);
	line(o, "<code code=\"REPRESENTATIVE_BEAT\" codeSystem=\"" ACT "\" codeSystemName=\"ActCode\" displayName=\"Representative Beat Waveforms\"/>");
	when(o);
}

static void our_median(struct out *o, const struct ecg_analysis *n)
{
	const struct ecg_measure *m = &n->measure;
	derived_begins(o, 2);
	line(o, "<component><sequenceSet>");
	time_sequence(o, ECG_MEDIAN_RATE, 0, false);
	for (unsigned i = 0; i < o->g->channels; i++) {
		const struct ecg_channel *c = &o->g->channel[i];
		int32_t v[ECG_MEDIAN_N];
		if (!c->ecg)
			continue;
		for (size_t k = 0; k < ECG_MEDIAN_N; k++)
			v[k] = m->lead[i].median[k];
		line(o, "<component><sequence>");
		lead_code(o, c);
		line(o, "<value xsi:type=\"SLIST_PQ\"><origin value=\"0\" unit=\"uV\"/><scale value=\"1\" unit=\"uV\"/>");
		buf_str(&o->b, "<digits>");
		digits(o, v, ECG_MEDIAN_N);
		line(o, "</digits></value></sequence></component>");
	}
	line(o, "</sequenceSet></component>");
	set_begins(o, SLICE("Holdfast"), SLICE(HOLDFAST_VERSION));
	wave(o, "MDC_ECG_WAVC_PWAVE", m->global.p_on, m->global.p_off);
	wave(o, "MDC_ECG_WAVC_QRSWAVE", m->global.qrs_on, m->global.qrs_off);
	wave(o, "MDC_ECG_WAVC_TWAVE", m->global.qrs_off, m->global.t_off);
	line(o, "</annotationSet></subjectOf>");
	line(o, "</derivedSeries></derivation>");
}

static void file_median(struct out *o)
{
	const struct ecg *m = o->g->median;
	if (plan(o, m) < 0 || !o->sets) /* the leads were written already: their plan is no longer needed */
		return;
	derived_begins(o, 3);
	sequence_sets(o, m, false);
	line(o, "</derivedSeries></derivation>");
}

static void document(struct out *o, const struct ecg_analysis *n)
{
	char u[40];
	uuid(o, u, 0);
	line(o, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
	line(o, "<AnnotatedECG xmlns=\"urn:hl7-org:v3\" xmlns:voc=\"urn:hl7-org:v3/voc\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
			"xsi:schemaLocation=\"urn:hl7-org:v3 ../schema/PORT_MT020001.xsd\" type=\"Observation\">");
	line(o, "<id root=\"%s\"/>", u);
	line(o, "<code code=\"93000\" codeSystem=\"2.16.840.1.113883.6.12\" codeSystemName=\"CPT-4\"/>");
	when(o);
	if (o->g->indication.n) {
		buf_str(&o->b, "<reasonCode nullFlavor=\"OTH\" displayName=\"");
		escaped(&o->b, o->g->indication);
		line(o, "\"/>");
	}
	line(o, "<componentOf><timepointEvent><componentOf><subjectAssignment>");
	person(o);
	trial(o);
	line(o, "</subjectAssignment></componentOf></timepointEvent></componentOf>");
	observed(o, "21612-7", "Reported Age", o->g->person.age, "a");
	observed(o, "8302-2", "Height", o->g->person.height_cm, "cm");
	observed(o, "29463-7", "Weight", o->g->person.weight_kg, "kg");
	uuid(o, u, 1);
	line(o, "<component><series>");
	line(o, "<id root=\"%s\"/>", u);
	line(o, "<code code=\"RHYTHM\" codeSystem=\"" ACT "\" codeSystemName=\"ActCode\" displayName=\"Rhythm Waveforms\"/>");
	when(o);
	device(o);
	filters(o);
	sequence_sets(o, o->g, aecg_to_second(o->g->start));
	as_said(o, n);
	if (n)
		as_measured(o, n);
	if (n && n->measure.lead && n->measure.used)
		our_median(o, n);
	else if (o->g->median)
		file_median(o);
	line(o, "</series></component>");
	line(o, "</AnnotatedECG>");
	pass_on(o);
}

int ecg_write_aecg(const struct ecg *g, const struct ecg_analysis *n, struct slice name, const struct ecg_sink *sink, struct err *e)
{
	AUTO_BUF struct buf keep = {0};
	struct out o = {.g = g, .sink = sink, .e = e, .hash = {UINT64_C(0xcbf29ce484222325), UINT64_C(0x84222325cbf29ce4)}};
	char file[300];
	if (!(o.set = arena_array(g->a, SETS_MAX, sizeof *o.set)))
		return err_set(e, arena_code(g->a), NULL, "no room for the document's plan");
	mix_text(&o, g->person.id);
	mix_text(&o, g->start);
	int r = plan(&o, g);
	if (r < 0)
		return r;
	if (!o.sets)
		return err_set(e, ERR_INPUT, NULL, "nothing was recorded: there are no samples to be written");
	snprintf(file, sizeof file, "%.*s.xml", (int)(name.n < 250 ? name.n : 250), name.n ? (const char *)name.p : "");
	buf_init(&o.b, (size_t)1 << 24);
	o.code = sink->begin(sink->arg, slice_str(file), e);
	if (o.code == 0)
		document(&o, n);
	keep = o.b; /* NOLINT(clang-analyzer-deadcode.DeadStores): the cleanup frees it */
	return o.code ? o.code : sink->end(sink->arg, e);
}
