/* FHIR Observation with SampledData (R4 and R5), alone or in a Bundle with its Patient and Device.
 *
 * A lead is a component (or the Observation itself) with valueSampledData:
 *   origin {value, unit}   what a 0 means         factor   the size of a step, 1 where absent
 *   period (R4) ms between samples; interval and intervalUnit (R5)
 *   dimensions             samples that belong together and follow each other
 *   data                   decimals with blanks between, or "E" (no measurement), "U" "L" (above the upper limit, below the lower)
 * value = data * factor + origin.value, in origin's unit.
 */
#include "decimals.h"
#include "fhir_leads.h"

#include <math.h>
#include <stdio.h>

#define OBSERVATIONS_MAX 256

static int sniff(struct slice file, struct slice name)
{
	struct slice s = slice_trim(file.n >= 3 && !memcmp(file.p, "\xef\xbb\xbf", 3) ? slice_of(file.p + 3, file.n - 3) : file);
	if (!s.n || s.p[0] != '{' || !memmem(s.p, s.n, "\"resourceType\"", 14))
		return 0;
	return memmem(s.p, s.n, "SampledData", 11) ? 2 : 1;
}

static struct slice text_at(struct ecg *g, const struct json_node *n, const char *path)
{
	return ecg_text(g, json_text(n, path));
}

/* ---- finding resources ---- */

static bool is(const struct json_node *n, const char *type)
{
	return slice_eq_str(json_text(n, "resourceType"), type);
}

static void find(const struct json_node *root, const char *type, const struct json_node **out, size_t max, size_t *count)
{
	if (is(root, type) && *count < max)
		out[(*count)++] = root;
	const struct json_node *list = json_get(root, "entry");
	for (const struct json_node *x = list ? list->child : NULL; x; x = x->next) {
		const struct json_node *r = json_get(x, "resource");
		if (r && is(r, type) && *count < max)
			out[(*count)++] = r;
	}
}

static bool has_waves(const struct json_node *o)
{
	const struct json_node *list = json_get(o, "component");
	if (json_get(o, "valueSampledData"))
		return true;
	for (const struct json_node *c = list ? list->child : NULL; c; c = c->next)
		if (json_get(c, "valueSampledData"))
			return true;
	return false;
}

/* "#p" in contained, "Patient/1" or "urn:uuid:..." in the bundle. */
static const struct json_node *resolve(const struct json_node *root, const struct json_node *o, struct slice reference, const char *type)
{
	if (!reference.n)
		return NULL;
	if (reference.p[0] == '#') {
		const struct json_node *list = json_get(o, "contained");
		for (const struct json_node *x = list ? list->child : NULL; x; x = x->next)
			if (is(x, type) && slice_eq(json_text(x, "id"), slice_of(reference.p + 1, reference.n - 1)))
				return x;
		return NULL;
	}
	const struct json_node *list = json_get(root, "entry");
	for (const struct json_node *x = list ? list->child : NULL; x; x = x->next) {
		const struct json_node *r = json_get(x, "resource");
		if (!r || !is(r, type))
			continue;
		struct slice id = json_text(r, "id"), last = reference;
		for (size_t i = reference.n; i > 0; i--)
			if (reference.p[i - 1] == '/') {
				last = slice_of(reference.p + i, reference.n - i);
				break;
			}
		if (slice_eq(json_text(x, "fullUrl"), reference) || (id.n && slice_eq(id, last)))
			return r;
	}
	return NULL;
}

/* ---- waves ---- */

static struct slice lead_label(const struct json_node *code)
{
	static const char potential[] = "MDC_ECG_ELEC_POTL_";
	const struct json_node *list = json_get(code, "coding");
	struct slice words = json_text(code, "text");
	for (const struct json_node *x = list ? list->child : NULL; x; x = x->next) {
		struct slice c = json_text(x, "code"), d = json_text(x, "display"), system = json_text(x, "system");
		uint64_t v;
		if ((slice_starts(system, FHIR_MDC) || slice_eq_str(system, "urn:oid:2.16.840.1.113883.6.24")) && num_u64(c, 1, 400000, &v) == 0 && fhir_lead_of(v))
			return slice_str(ecg_lead_name(fhir_lead_of(v)));
		const struct slice both[] = {c, d};
		for (size_t i = 0; i < ARRAY_LEN(both); i++) {
			struct slice s = both[i];
			if (slice_starts(s, potential))
				s = slice_of(s.p + sizeof potential - 1, s.n - (sizeof potential - 1));
			if (ecg_lead_parse(s))
				return s;
		}
		if (!words.n)
			words = d.n ? d : c;
	}
	return words;
}

static double round_rate(double r) /* 1000 / 2.777777777777778 is meant to be 360 */
{
	double near = floor(r * 10000 + 0.5) / 10000;
	return fabs(r - near) < 1e-9 * r ? near : r;
}

static bool sample_rate(const struct json_node *s, double *ret)
{
	static const struct {
		const char *unit;
		double seconds;
	} units[] = {{"s", 1}, {"ms", 1e3}, {"us", 1e6}, {"ns", 1e9}, {"min", 1 / 60.0}};
	double v;
	if (ecg_number(json_text(s, "period"), &v) && v > 0) {
		*ret = round_rate(1000 / v);
		return true;
	}
	struct slice unit = json_text(s, "intervalUnit");
	if (!ecg_number(json_text(s, "interval"), &v) || !(v > 0))
		return false;
	if (slice_eq_str(unit, "Hz")) {
		*ret = v;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (slice_eq_str(unit, units[i].unit)) {
			*ret = round_rate(units[i].seconds / v);
			return true;
		}
	return false;
}

static bool next_word(struct slice *rest, struct slice *word)
{
	size_t i = 0, from;
	while (i < rest->n && (rest->p[i] == ' ' || rest->p[i] == '\n' || rest->p[i] == '\r' || rest->p[i] == '\t'))
		i++;
	for (from = i; i < rest->n && rest->p[i] != ' ' && rest->p[i] != '\n' && rest->p[i] != '\r' && rest->p[i] != '\t';)
		i++;
	*word = slice_of(rest->p + from, i - from);
	*rest = slice_of(rest->p + i, rest->n - i);
	return word->n > 0;
}

struct waves {
	struct slice data;
	int64_t dimensions;
	struct decimals seen;
	uint64_t words, bad;
	struct slice upper, lower; /* what U and L stand for, or empty */
};

/* A word's number; false: a gap. */
static bool word_value(const struct waves *w, struct slice s, int64_t *mant, int *dec, bool *bad)
{
	if (s.n == 1 && s.p[0] == 'U')
		return decimal_read(w->upper, false, mant, dec);
	if (s.n == 1 && s.p[0] == 'L')
		return decimal_read(w->lower, false, mant, dec);
	bool ok = decimal_read(s, false, mant, dec);
	*bad = !ok && !(s.n == 1 && s.p[0] == 'E');
	return ok;
}

static void look(struct waves *w)
{
	struct slice rest = w->data, s;
	int64_t mant;
	int dec;
	while (next_word(&rest, &s)) {
		bool bad = false;
		if (word_value(w, s, &mant, &dec, &bad))
			decimals_see(&w->seen, mant, dec);
		w->bad += bad;
		w->words++;
	}
}

static int fill(struct ecg *g, const struct waves *w, unsigned first, int digits, struct err *e)
{
	uint64_t each = w->words / (uint64_t)w->dimensions;
	int32_t *out[ECG_CHANNELS_MAX];
	struct slice rest = w->data, s;
	int64_t mant;
	int dec;
	for (unsigned k = 0; k < (unsigned)w->dimensions; k++) {
		if (!(out[k] = arena_array(g->a, (size_t)each, sizeof **out)))
			return err_set(e, arena_code(g->a), NULL, "no room for the samples");
		g->channel[first + k].s32 = out[k];
		g->channel[first + k].samples = each;
	}
	for (uint64_t i = 0; i < each * (uint64_t)w->dimensions && next_word(&rest, &s); i++) {
		bool bad = false;
		out[i % (uint64_t)w->dimensions][i / (uint64_t)w->dimensions] = word_value(w, s, &mant, &dec, &bad) ? decimals_value(digits, mant, dec) : ECG_GAP;
	}
	return 0;
}

static void scale(struct ecg *g, struct ecg_channel *c, const struct json_node *s, int digits)
{
	double factor = 1, origin = 0;
	struct slice unit = json_text(s, "origin.unit"), code = json_text(s, "origin.code");
	const struct json_node *f = json_get(s, "factor");
	if (f && (!ecg_number(f->value, &factor) || factor == 0)) {
		ecg_warn(g, "channel %u: its factor is no number; 1 is taken", g->channels - 1);
		factor = 1;
	}
	if (!ecg_number(json_text(s, "origin.value"), &origin))
		origin = 0;
	if (!unit.n && !code.n) {
		ecg_warn(g, "channel %u has no unit: microvolts are taken", g->channels - 1);
		unit = SLICE("uV");
	}
	double step = digits ? factor / floor(1 / decimals_step(digits) + 0.5) : factor, zero = -origin / step;
	zero = zero > 2e9 ? 2e9 : zero < -2e9 ? -2e9 : zero;
	ecg_unit(c, code.n ? code : unit, step);
	double to_unit = c->scale / step;
	c->baseline = (int32_t)floor(zero + 0.5);
	c->offset = (origin + c->baseline * step) * to_unit;
	if (!(fabs(c->offset) > fabs(c->scale) * 1e-6))
		c->offset = 0;
}

static int wave(struct ecg *g, const struct json_node *code, const struct json_node *s, struct err *e)
{
	struct waves w = {.data = json_text(s, "data"), .dimensions = 1, .upper = json_text(s, "upperLimit"), .lower = json_text(s, "lowerLimit")};
	struct slice dims = json_text(s, "dimensions");
	double rate;
	if (!w.data.n || s->type != JSON_OBJ)
		return 0; /* announced, but not there (R5 allows it) */
	if (json_get(s, "offsets"))
		return err_set(e, ERR_INPUT, NULL, "a lead is sampled at uneven times (offsets), which is not read here");
	if (!sample_rate(s, &rate))
		return err_set(e, ERR_INPUT, NULL, "a lead has neither period nor interval: its sampling rate is not known");
	if (dims.n && num_i64(dims, 1, ECG_CHANNELS_MAX, &w.dimensions) < 0)
		return err_set(e, ERR_INPUT, NULL, "a lead's dimensions are no number from 1 to %d", ECG_CHANNELS_MAX);
	look(&w);
	if (w.bad)
		return err_set(e, ERR_INPUT, NULL, "a lead's data has words that are neither numbers nor E, U, L");
	if (w.words % (uint64_t)w.dimensions)
		ecg_warn(g, "a lead's data ends within a group of its %lld dimensions", (long long)w.dimensions);
	unsigned first = g->channels;
	int digits = decimals_digits(&w.seen);
	for (int64_t k = 0; k < w.dimensions; k++) {
		struct ecg_channel *c = ecg_channel_add(g, lead_label(code), e);
		if (!c)
			return ERR_LIMIT;
		c->rate = rate;
		c->bits = (uint8_t)decimals_bits(&w.seen, digits);
		scale(g, c, s, digits);
	}
	return fill(g, &w, first, digits, e);
}

/* ---- what is said about them ---- */

static void stated(struct ecg *g, const struct json_node *component)
{
	const struct json_node *q = json_get(component, "valueQuantity"), *list = json_path(component, "code.coding");
	struct slice whose = json_text(component, "code.text");
	double v;
	if (!q || !ecg_number(json_text(q, "value"), &v) || (whose.n && memmem(whose.p, whose.n, "Holdfast", 8))) /* ours is no device's */
		return;
	struct slice unit = json_text(q, "code");
	if (!unit.n)
		unit = json_text(q, "unit");
	for (const struct json_node *x = list ? list->child : NULL; x; x = x->next)
		for (size_t i = 0; i < fhir_value_count; i++)
			if (slice_eq_str(json_text(x, "system"), "http://loinc.org") && slice_eq_str(json_text(x, "code"), fhir_values[i].loinc)) {
				bool ms = !strcmp(fhir_values[i].unit, "ms");
				ecg_stated(g, fhir_values[i].key, ms && slice_eq_str(unit, "s") ? v * 1000 : v);
				return;
			}
}

static void notes(struct ecg *g, const struct json_node *o)
{
	const struct json_node *list = json_get(o, "note");
	unsigned n = 0;
	for (const struct json_node *x = list ? list->child : NULL; x && n < 1000; x = x->next, n++)
		if (json_text(x, "text").n)
			(void)ecg_remark(g, json_text(x, "text"));
	list = json_get(o, "interpretation");
	for (const struct json_node *x = list ? list->child : NULL; x && n < 1000; x = x->next, n++) {
		struct slice t = json_text(x, "text");
		struct ecg_note *note = ecg_note(g, t.n ? t : json_text(x, "coding.0.display"));
		if (note) {
			note->statement = true;
			note->code = text_at(g, x, "coding.0.code");
		}
	}
}

static void person(struct ecg *g, const struct json_node *root, const struct json_node *o)
{
	const struct json_node *p = resolve(root, o, json_text(o, "subject.reference"), "Patient");
	struct ecg_person *q = &g->person;
	if (!p) {
		q->id = text_at(g, o, "subject.identifier.value");
		q->assigner = text_at(g, o, "subject.identifier.system");
		q->family = text_at(g, o, "subject.display");
		if (!q->id.n && slice_starts(json_text(o, "subject.reference"), "Patient/"))
			q->id = text_at(g, o, "subject.reference");
		return;
	}
	q->id = text_at(g, p, "identifier.0.value");
	q->assigner = text_at(g, p, "identifier.0.system");
	if (!q->assigner.n)
		q->assigner = text_at(g, p, "identifier.0.assigner.display");
	q->family = text_at(g, p, "name.0.family");
	q->given = text_at(g, p, "name.0.given.0");
	struct slice second = text_at(g, p, "name.0.given.1");
	if (second.n && q->given.n && second.n < 200 && q->given.n < 200)
		q->given = slice_str(arena_printf(g->a, "%.*s %.*s", SLICE_FMT(q->given), SLICE_FMT(second)));
	if (!q->family.n && !q->given.n)
		q->family = text_at(g, p, "name.0.text");
	q->birth = text_at(g, p, "birthDate");
	q->sex = text_at(g, p, "gender");
}

static void device(struct ecg *g, const struct json_node *root, const struct json_node *o)
{
	const struct json_node *d = resolve(root, o, json_text(o, "device.reference"), "Device");
	if (!d) {
		g->device = text_at(g, o, "device.display");
		return;
	}
	g->device = text_at(g, d, "modelNumber");
	if (!g->device.n)
		g->device = text_at(g, d, "deviceName.0.name");
	if (!g->device.n)
		g->device = text_at(g, d, "name.0.value");
	g->maker = text_at(g, d, "manufacturer");
	g->serial = text_at(g, d, "serialNumber");
	g->software = text_at(g, d, "version.0.value");
}

static void about(struct ecg *g, const struct json_node *root, const struct json_node *o)
{
	static const char *const places[] = {"effectiveDateTime", "effectivePeriod.start", "effectiveInstant"};
	const struct json_node *x = json_path(o, "_effectiveDateTime.extension.0");
	if (slice_eq_str(json_text(x, "url"), "urn:holdfast:ecg:local-time")) /* ours: a time that had no zone */
		g->start = text_at(g, x, "valueString");
	for (size_t i = 0; i < ARRAY_LEN(places) && !g->start.n; i++)
		g->start = text_at(g, o, places[i]);
	person(g, root, o);
	device(g, root, o);
	g->physician = text_at(g, o, "performer.0.display");
	g->order = text_at(g, o, "basedOn.0.identifier.value");
}

static int observation(struct ecg *g, const struct json_node *o, struct err *e)
{
	const struct json_node *list = json_get(o, "component"), *whole = json_get(o, "valueSampledData");
	int r = whole ? wave(g, json_get(o, "code"), whole, e) : 0;
	for (const struct json_node *c = list ? list->child : NULL; c && r == 0; c = c->next) {
		const struct json_node *s = json_get(c, "valueSampledData");
		if (s)
			r = wave(g, json_get(c, "code"), s, e);
		else
			stated(g, c);
	}
	notes(g, o);
	return r;
}

static int open_fhir(struct ecg *g, struct slice file, const struct ecg_files *others, struct err *e)
{
	struct json_node *root;
	const struct json_node *found[OBSERVATIONS_MAX], *first = NULL;
	size_t n = 0;
	int r = json_tree(file, g->a, &root, e);
	if (r < 0)
		return r;
	find(root, "Observation", found, ARRAY_LEN(found), &n);
	for (size_t i = 0; i < n && r == 0; i++) {
		if (!has_waves(found[i])) {
			continue;
		}
		if (first && !slice_eq(json_text(first, "subject.reference"), json_text(found[i], "subject.reference")))
			return err_set(e, ERR_INPUT, NULL, "the bundle holds ECGs of more than one patient: they belong in files of their own");
		if (first && !slice_eq(json_text(first, "effectiveDateTime"), json_text(found[i], "effectiveDateTime"))) {
			ecg_warn(g, "the bundle holds ECGs of more than one time: the first is read");
			continue;
		}
		if (!first) {
			first = found[i];
			g->version = SLICE("R4");
			about(g, root, first);
		}
		r = observation(g, found[i], e);
	}
	if (r == 0 && (!first || !g->channels))
		return err_set(e, ERR_INPUT, NULL, "there is no Observation with samples (valueSampledData) in it");
	if (r == 0 && memmem(file.p, file.n, "\"intervalUnit\"", 14))
		g->version = SLICE("R5");
	return r;
}

const struct ecg_reader ecg_reader_fhir = {ECG_FHIR, sniff, open_fhir, NULL, NULL};
