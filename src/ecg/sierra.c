/* Philips Sierra ECG XML 1.03, 1.04, 1.04.01 (root restingecgdata; documenttype SierraECG or PhilipsECG).
 *
 *   restingecgdata
 *     documentinfo/documentversion
 *     orderinfo            ordernumber, reasonfororder                              (1.04)
 *     dataacquisition      date, time; machine, acquirer
 *       signalcharacteristics  samplingrate, signalresolution (1.03) or resolution (1.04): uV a step, acquisitiontype, numberchannelsallocated
 *     patient/generalpatientdata
 *     interpretations/interpretation  measurements, severity, statement (statementcode leftstatement rightstatement)
 *     waveforms
 *       parsedwaveforms    base64; compressmethod (1.03) or compression (1.04) "XLI": sierra_xli.c; else 16-bit little-endian, one lead after the other
 *       repbeats/repbeat   leadname; base64 of 16-bit little-endian in the element (1.03) or in its <waveform> (1.04); 32767: nothing
 *
 * In XLI, leads 3 to 6 are what is left of them when computed from I and II:
 *   III = II - I - r    aVR = -(I + II)/2 - r    aVL = (I - III)/2 - r    aVF = (II + III)/2 - r        halves rounded toward zero
 * (Rounded down, as one public decoder has it, a stored lead would be 1.5 steps from what I and II give in four of five odd negative sums; rounded toward zero never more than half a step and its noise.)
 * Durations are of what was printed: the last 0.4 s of a lead of 11 s is a calibration pulse, not heart. */
#include "ecg_xml.h"
#include "sierra_xli.h"

#include <stdio.h>

#define NOTHING INT16_MAX /* in repbeats */

struct signal {
	double rate, step, duration_ms;
	unsigned leads;
	struct slice labels, filter;
	bool standard; /* no labels, but the twelve in their order */
};

static int sniff(struct slice file, struct slice name)
{
	char root[XML_NAME_MAX];
	xml_root(file, root);
	return strcmp(root, "restingecgdata") ? 0 : 2;
}

/* What stands there, unless somebody put dashes in its place. */
static struct slice said(struct ecg *g, struct slice s)
{
	bool dashes = true;
	for (size_t i = 0; i < s.n; i++)
		dashes = dashes && (s.p[i] == '-' || s.p[i] == ',' || s.p[i] == ' ');
	return dashes ? SLICE_NULL : ecg_text(g, s);
}

static bool number_at(const struct xml_node *n, const char *attr, double *ret)
{
	return ecg_number(xml_attr(n, attr), ret);
}

/* ---- leads ---- */

static struct slice filter_words(struct ecg *g, const struct xml_node *p, const struct xml_node *c)
{
	AUTO_BUF struct buf b = {0};
	double v;
	buf_init(&b, 256);
	if (number_at(p, "hipass", &v) || xml_number(c, "hipass", &v))
		buf_printf(&b, "high pass %g Hz", v);
	if (number_at(p, "lowpass", &v) || xml_number(c, "lowpass", &v))
		buf_printf(&b, "%slow pass %g Hz", b.n ? ", " : "", v);
	if (!b.n && xml_text(c, "signalbandwidth").n) {
		struct slice w = xml_text(c, "signalbandwidth");
		buf_printf(&b, "%.*s Hz", (int)(w.n < 32 ? w.n : 32), (const char *)w.p);
	}
	return b.n ? ecg_text(g, arena_dup(g->a, buf_slice(&b))) : SLICE_NULL;
}

static int signal_of(struct ecg *g, const struct xml_node *root, const struct xml_node *p, struct signal *s, struct err *e)
{
	const struct xml_node *c = xml_path(root, "dataacquisition/signalcharacteristics");
	struct slice type = xml_text(c, "acquisitiontype");
	double leads = 0, bits = 16;
	*s = (struct signal){.labels = xml_attr(p, "leadlabels"), .filter = filter_words(g, p, c)};
	if (!number_at(p, "samplespersecond", &s->rate) && !xml_number(c, "samplingrate", &s->rate))
		return err_set(e, ERR_INPUT, NULL, "it does not say how fast it was sampled");
	if (!number_at(p, "resolution", &s->step) && !xml_number(c, "resolution", &s->step) && !xml_number(c, "signalresolution", &s->step))
		return err_set(e, ERR_INPUT, NULL, "it does not say how large a step of its samples is");
	if (!(s->step >= 0.001))
		return err_set(e, ERR_INPUT, NULL, "the step of its samples cannot be");
	if ((number_at(p, "bitspersample", &bits) || number_at(p, "nbitspersample", &bits)) && bits != 16)
		return err_set(e, ERR_INPUT, NULL, "samples of other than 16 bits are not read here");
	if (!(s->rate > 0) || s->rate > ECG_RATE_MAX || !number_at(p, "durationperchannel", &s->duration_ms) || !(s->duration_ms > 0) || s->duration_ms > 86400e3)
		return err_set(e, ERR_INPUT, NULL, "its rate or duration cannot be");
	if (!number_at(p, "numberofleads", &leads) && !xml_number(c, "numberchannelsvalid", &leads) && !xml_number(c, "numberchannelsallocated", &leads))
		leads = 12;
	if (leads < 1 || leads > ECG_CHANNELS_MAX)
		return err_set(e, ERR_INPUT, NULL, "its number of leads cannot be");
	s->leads = (unsigned)leads;
	s->standard = !s->labels.n && (slice_starts(type, "STD-") || slice_starts(type, "10-WIRE") || !type.n);
	return 0;
}

static struct slice label_of(struct ecg *g, struct signal *s, unsigned i)
{
	static const char *const standard[] = {"I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"};
	s->labels = slice_trim(s->labels);
	if (s->labels.n) {
		struct slice l = slice_cut(s->labels, ' ', &s->labels);
		return l;
	}
	if (s->standard && i < ARRAY_LEN(standard))
		return slice_str(standard[i]);
	return slice_str(arena_printf(g->a, "Channel %u", i + 1));
}

static int lead(struct ecg *g, struct signal *s, const int32_t *v, size_t n, struct err *e)
{
	struct ecg_channel *c = ecg_channel_add(g, label_of(g, s, g->channels), e);
	if (!c)
		return e && e->code ? e->code : ERR_LIMIT;
	int32_t *mine = arena_array(g->a, n + 1, sizeof *mine);
	if (!mine)
		return err_set(e, arena_code(g->a), NULL, "no room for the samples");
	memcpy(mine, v, n * sizeof *v);
	ecg_unit(c, SLICE("uV"), s->step);
	c->rate = s->rate;
	c->samples = n;
	c->s32 = mine;
	c->bits = 16;
	c->filter = s->filter;
	return 0;
}

static int unpack(struct ecg *g, struct signal *s, struct slice data, struct err *e)
{
	struct cur c = cur_of(data);
	size_t most = (size_t)(s->duration_ms * s->rate / 1000) + 2, n;
	uint8_t *scratch = arena_array(g->a, most, 2);
	int32_t *v = arena_array(g->a, most, sizeof *v);
	if (!scratch || !v)
		return err_set(e, arena_code(g->a), NULL, "no room for the samples");
	for (unsigned i = 0; i < s->leads && cur_left(&c); i++) {
		int r = xli_chunk(&c, scratch, v, most, &n, e);
		if (r == 0)
			r = lead(g, s, v, n, e);
		if (r < 0)
			return r;
		if (n + 2 != most && n != most)
			ecg_warn(g, "lead %s has %zu samples where its duration asks for %zu", g->channel[i].name, n, most - 2);
	}
	if (g->channels < s->leads)
		ecg_warn(g, "%u leads of %u are there", g->channels, s->leads);
	return 0;
}

static int plain(struct ecg *g, struct signal *s, const int16_t *v, size_t n, struct err *e)
{
	size_t each = (size_t)(s->duration_ms * s->rate / 1000);
	if (each == 0 || n < each)
		return err_set(e, ERR_INPUT, NULL, "it has fewer samples than its duration asks for");
	int32_t *wide = arena_array(g->a, each, sizeof *wide);
	if (!wide)
		return err_set(e, arena_code(g->a), NULL, "no room for the samples");
	for (unsigned i = 0; i < s->leads && (i + 1) * each <= n; i++) {
		for (size_t k = 0; k < each; k++)
			wide[k] = v[i * each + k];
		int r = lead(g, s, wide, each, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Leads 3 to 6 from what is left of them. */
static void restore(struct ecg *g)
{
	static const enum ecg_lead order[6] = {ECG_LEAD_I, ECG_LEAD_II, ECG_LEAD_III, ECG_LEAD_AVR, ECG_LEAD_AVL, ECG_LEAD_AVF};
	int32_t *v[6];
	uint64_t n = g->channels < 6 ? 0 : g->channel[0].samples;
	for (unsigned i = 0; n && i < 6; i++) {
		if (g->channel[i].lead != order[i])
			return;
		n = g->channel[i].samples < n ? g->channel[i].samples : n;
		v[i] = (int32_t *)(uintptr_t)g->channel[i].s32; /* ours: lead() made it */
	}
	for (uint64_t k = 0; k < n; k++) {
		int32_t I = v[0][k], II = v[1][k], III = II - I - v[2][k];
		v[2][k] = III;
		v[3][k] = -((I + II) / 2) - v[3][k];
		v[4][k] = (I - III) / 2 - v[4][k];
		v[5][k] = (II + III) / 2 - v[5][k];
	}
}

/* Uncompressed leads may be whole, or what is left of them: whole, III lies nearer to II - I than to nothing. */
static bool left_overs(const struct ecg *g)
{
	if (g->channels < 6 || g->channel[2].lead != ECG_LEAD_III)
		return false;
	int64_t whole = 0, rest = 0;
	for (uint64_t k = 0; k < g->channel[0].samples; k++) {
		int32_t III = g->channel[2].s32[k], d = III - (g->channel[1].s32[k] - g->channel[0].s32[k]);
		whole += d < 0 ? -d : d;
		rest += III < 0 ? -III : III;
	}
	return rest < whole;
}

/* All leads end with the same rectangle of 1 mV between two rests at zero: the paper's calibration. Where it begins, or the end. */
static uint64_t heart_ends(const struct ecg *g, double step)
{
	const struct ecg_channel *c = &g->channel[0];
	int32_t mv = (int32_t)(1000 / step + 0.5);
	uint64_t high = 0, end = c->samples;
	for (unsigned i = 0; i < g->channels; i++)
		if (g->channel[i].samples != c->samples)
			return end;
	uint64_t at = end;
	while (at && c->s32[at - 1] == 0)
		at--;
	while (at && c->s32[at - 1] == mv)
		at--, high++;
	if ((double)high < 0.1 * c->rate || at == end || !mv)
		return end;
	uint64_t from = at;
	while (from && from + (uint64_t)(0.1 * c->rate) > at && c->s32[from - 1] == 0)
		from--;
	for (unsigned i = 1; i < g->channels; i++)
		for (uint64_t k = at; k < end; k++)
			if (g->channel[i].s32[k] != c->s32[k])
				return end;
	return from;
}

static void calibration(struct ecg *g, double step)
{
	uint64_t end = heart_ends(g, step), all = g->channel[0].samples;
	if (end == all || end == 0)
		return;
	struct ecg_stretch *s = arena_alloc(g->a, sizeof *s);
	struct ecg_note *n = ecg_note(g, SLICE("calibration pulse of 1 mV"));
	if (n) {
		n->code = SLICE("calibration");
		n->timed = true;
		n->at_s = (double)end / g->channel[0].rate;
		n->duration_s = (double)(all - end) / g->channel[0].rate;
	}
	if (s) {
		*s = (struct ecg_stretch){0, end};
		g->stretches = s;
		g->stretch_count = 1;
	}
	ecg_warn(g, "the last %.1f s are a calibration pulse: the heart was recorded for %.1f s", (double)(all - end) / g->channel[0].rate, (double)end / g->channel[0].rate);
}

static void narrow(struct ecg *g)
{
	for (unsigned i = 0; i < g->channels; i++) {
		struct ecg_channel *c = &g->channel[i];
		bool fits = true;
		for (uint64_t k = 0; k < c->samples && fits; k++)
			fits = c->s32[k] >= -INT16_MAX && c->s32[k] <= INT16_MAX;
		int16_t *s = fits ? arena_array(g->a, c->samples + 1, sizeof *s) : NULL;
		if (!s) {
			c->bits = fits ? 16 : 20;
			continue;
		}
		for (uint64_t k = 0; k < c->samples; k++)
			s[k] = (int16_t)c->s32[k];
		c->s16 = s;
		c->s32 = NULL;
	}
}

static int waves(struct ecg *g, const struct xml_node *root, const struct xml_node *p, struct err *e)
{
	struct slice coding = xml_attr(p, "dataencoding"), method = xml_attr(p, "compressmethod"), bytes;
	struct signal s;
	size_t n;
	int r = signal_of(g, root, p, &s, e);
	if (r < 0)
		return r;
	if (!method.n)
		method = xml_attr(p, "compression");
	bool xli = slice_eq_nocase(method, "XLI") && !slice_eq_nocase(xml_attr(p, "compressflag"), "False");
	if (coding.n && !slice_eq_nocase(coding, "Base64"))
		return err_set(e, ERR_INPUT, NULL, "its samples are not in base64");
	if (!xli && method.n && !slice_eq_nocase(method, "Uncompressed") && !slice_eq_nocase(method, "None") && !slice_eq_nocase(xml_attr(p, "compressflag"), "False"))
		return err_set(e, ERR_INPUT, NULL, "its samples are compressed in a way that is not known here");
	int16_t *v = xml_samples(g, p->text, &bytes, &n, e);
	if (!v)
		return e && e->code ? e->code : ERR_INPUT;
	r = xli ? unpack(g, &s, bytes, e) : plain(g, &s, v, n, e);
	if (r < 0)
		return r;
	if (!g->channels)
		return err_set(e, ERR_INPUT, NULL, "there are no samples in it");
	if (xli || left_overs(g))
		restore(g);
	calibration(g, s.step);
	narrow(g);
	return 0;
}

/* ---- representative beats ---- */

static int beat(struct ecg *m, const struct xml_node *b, double rate, double step, struct err *e)
{
	const struct xml_node *w = xml_child(b, "waveform");
	struct slice bytes;
	size_t n;
	int16_t *v = xml_samples(m, w ? w->text : b->text, &bytes, &n, e);
	if (!v)
		return e && e->code ? e->code : ERR_INPUT;
	while (n && v[n - 1] == NOTHING) /* the beat ends before its place does */
		n--;
	if (!n)
		return 0;
	struct ecg_channel *c = ecg_channel_add(m, xml_attr(b, "leadname"), e);
	if (!c)
		return e && e->code ? e->code : ERR_LIMIT;
	ecg_unit(c, SLICE("uV"), step);
	c->rate = rate;
	c->bits = 16;
	c->s16 = v;
	c->samples = n;
	return 0;
}

static int median(struct ecg *g, const struct xml_node *list, struct err *e)
{
	struct err why = {0};
	double rate, step;
	int r = 0;
	if (!list)
		return 0;
	if (!number_at(list, "samplespersec", &rate) || !number_at(list, "resolution", &step) || !(step > 0)) {
		ecg_warn(g, "the representative beats do not say their rate and step: left out");
		return 0;
	}
	struct ecg *m = arena_alloc(g->a, sizeof *m);
	if (!m)
		return err_set(e, arena_code(g->a), NULL, "no room for the representative beats");
	*m = (struct ecg){.format = g->format, .name = g->name, .a = g->a, .reader = g->reader};
	for (const struct xml_node *b = xml_child(list, "repbeat"); b && r == 0; b = xml_next(b))
		r = beat(m, b, rate, step, &why);
	if (r == 0)
		r = ecg_finish(m, &why);
	if (r == ERR_MEMORY || r == ERR_LIMIT)
		return err_set(e, r, NULL, "no room for the representative beats");
	if (r < 0)
		ecg_warn(g, "the representative beats could not be read: %s", why.text);
	else
		g->median = m;
	return 0;
}

/* ---- what goes with it ---- */

static struct slice size_in(struct ecg *g, const struct xml_node *n, const char *metric, const char *other, double factor)
{
	double v;
	if (xml_number(n, metric, &v) && v > 0)
		return ecg_text(g, xml_text(n, metric));
	if (xml_number(n, other, &v) && v > 0)
		return slice_str(arena_printf(g->a, "%.1f", v * factor));
	return SLICE_NULL;
}

static void person(struct ecg *g, const struct xml_node *p)
{
	static const struct {
		const char *name, *ucum;
	} ages[] = {{"years", "a"}, {"months", "mo"}, {"weeks", "wk"}, {"days", "d"}, {"hours", "h"}};
	struct slice sex = xml_text(p, "sex"), birth = xml_text(p, "age/dateofbirth");
	double v;
	int64_t t;
	g->person.id = said(g, xml_text(p, "patientid"));
	if (!g->person.id.n)
		g->person.id = said(g, xml_text(p, "MRN"));
	g->person.family = said(g, xml_text(p, "name/lastname"));
	g->person.given = said(g, xml_text(p, "name/firstname"));
	if (sex.n)
		g->person.sex = slice_eq_nocase(sex, "Male") ? SLICE("male") : slice_eq_nocase(sex, "Female") ? SLICE("female") : SLICE("unknown");
	if (birth.n == 10 && time_parse(birth, 0, &t) == 0)
		g->person.birth = ecg_text(g, birth);
	for (size_t i = 0; i < ARRAY_LEN(ages) && !g->person.age.n; i++)
		if (xml_number(xml_child(p, "age"), ages[i].name, &v))
			g->person.age = slice_str(arena_printf(g->a, "%g %s", v, ages[i].ucum));
	g->person.height_cm = size_in(g, xml_child(p, "height"), "cm", "inch", 2.54);
	g->person.weight_kg = size_in(g, xml_child(p, "weight"), "kg", "lb", 0.45359237);
}

static void acquired(struct ecg *g, const struct xml_node *root)
{
	const struct xml_node *d = xml_child(root, "dataacquisition"), *m = xml_child(d, "machine"), *a = xml_child(d, "acquirer");
	struct slice date = xml_attr(d, "date"), time = xml_attr(d, "time");
	char both[32];
	int64_t t;
	if (!date.n) {
		date = xml_attr(xml_child(root, "reportinfo"), "date");
		time = xml_attr(xml_child(root, "reportinfo"), "time");
	}
	if (date.n == 10 && time.n < sizeof both - 11) {
		size_t n = time.n ? 11 + time.n : 10;
		memcpy(both, date.p, 10);
		both[10] = 'T';
		if (time.n)
			memcpy(both + 11, time.p, time.n);
		if (time_parse(slice_of(both, n), 0, &t) == 0)
			g->start = arena_dup(g->a, slice_of(both, n));
	}
	g->maker = SLICE("Philips");
	g->device = said(g, m ? m->text : SLICE_NULL);
	g->serial = said(g, xml_attr(m, "machineid"));
	g->software = said(g, xml_attr(m, "detaildescription"));
	g->site = said(g, xml_text(a, "institutionname"));
	g->physician = said(g, xml_text(a, "orderingclinician"));
	g->order = said(g, xml_text(root, "orderinfo/ordernumber"));
	g->indication = said(g, xml_text(root, "orderinfo/reasonfororder"));
}

static void measurements(struct ecg *g, const struct xml_node *m)
{
	static const struct {
		const char *sierra, *key;
	} keys[] = {{"heartrate", "rate_bpm"}, {"meanventrate", "rate_bpm"}, {"atrialrate", "atrial_rate_bpm"}, {"rrint", "rr_ms"}, {"print", "pr_ms"}, {"meanprint", "pr_ms"}, {"qrsdur", "qrs_ms"},
		{"meanqrsdur", "qrs_ms"}, {"qtint", "qt_ms"}, {"meanqtint", "qt_ms"}, {"qtcb", "qtc_ms"}, {"meanqtc", "qtc_ms"}, {"qtcf", "qtc_fridericia_ms"}, {"pfrontaxis", "p_axis_deg"},
		{"qrsfrontaxis", "qrs_axis_deg"}, {"tfrontaxis", "t_axis_deg"}};
	double v;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (xml_number(m, keys[i].sierra, &v))
			ecg_stated(g, keys[i].key, v);
}

static void statement(struct ecg *g, struct slice code, struct slice left, struct slice right)
{
	if (!left.n && !right.n)
		return;
	const char *all = arena_printf(g->a, "%.*s%s%.*s", (int)(left.n < 4096 ? left.n : 4096), left.n ? (const char *)left.p : "", left.n && right.n ? ": " : "",
		(int)(right.n < 4096 ? right.n : 4096), right.n ? (const char *)right.p : "");
	struct ecg_note *n = all ? ecg_note(g, slice_str(all)) : NULL;
	if (n) {
		n->code = ecg_text(g, code);
		n->statement = true;
	}
}

static void interpretation(struct ecg *g, const struct xml_node *i)
{
	measurements(g, xml_child(i, "globalmeasurements"));
	measurements(g, xml_child(i, "interpretationmeasurements"));
	for (const struct xml_node *s = xml_child(i, "statement"); s; s = xml_next(s))
		statement(g, xml_text(s, "statementcode"), xml_text(s, "leftstatement"), xml_text(s, "rightstatement"));
	const struct xml_node *severity = xml_child(i, "severity");
	if (severity)
		statement(g, xml_attr(severity, "code"), severity->text, SLICE_NULL);
}

static int open_sierra(struct ecg *g, struct slice file, const struct ecg_files *others, struct err *e)
{
	const struct xml_node *root;
	int r = xml_read(g, file, &root, e);
	if (r < 0)
		return r;
	const struct xml_node *p = xml_path(root, "waveforms/parsedwaveforms");
	if (!p)
		return err_set(e, ERR_INPUT, NULL, "this Sierra ECG has no waveforms in it");
	g->version = ecg_text(g, xml_text(root, "documentinfo/documentversion"));
	if (!slice_eq_str(g->version, "1.03") && !slice_starts(g->version, "1.04"))
		ecg_warn(g, "its version is not one that is known here: read as 1.04");
	r = waves(g, root, p, e);
	if (r < 0)
		return r;
	person(g, xml_path(root, "patient/generalpatientdata"));
	acquired(g, root);
	interpretation(g, xml_path(root, "interpretations/interpretation"));
	measurements(g, xml_path(root, "measurements/globalmeasurements"));
	measurements(g, xml_path(root, "internalmeasurements/crossleadmeasurements"));
	return median(g, xml_path(root, "waveforms/repbeats"), e);
}

const struct ecg_reader ecg_reader_sierra = {ECG_SIERRA, sniff, open_sierra, NULL, NULL};
