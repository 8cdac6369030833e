/* A record as one FHIR R4 Observation (layout: fhir.c): a component of SampledData for each channel, in microvolts; Patient and Device contained. Samples are the record's whole numbers; what was not recorded is "E".
 * FHIR has no time of day without a zone: then effectiveDateTime is the day, and the time as the record has it stands in an extension of ours. */
#include "ecg_write_internal.h"
#include "fhir_leads.h"

#include <math.h>
#include <stdio.h>

#define STRING_MAX (1u << 20) /* of a FHIR string, R4 datatypes */

static void number(struct jsonw *w, const char *key, double v)
{
	char text[32];
	jsonw_key(w, key);
	jsonw_raw(w, slice_str(ecg_decimal(v, text)));
}

static void coding(struct jsonw *w, const char *system, const char *code, const char *display)
{
	jsonw_obj(w);
	jsonw_kstr(w, "system", system);
	jsonw_kstr(w, "code", code);
	if (display[0])
		jsonw_kstr(w, "display", display);
	jsonw_obj_end(w);
}

static bool has_person(const struct ecg_person *p)
{
	return p->id.n || p->family.n || p->given.n || p->birth.n || p->sex.n;
}

static bool has_device(const struct ecg *g)
{
	return g->device.n || g->maker.n || g->serial.n || g->software.n;
}

static void contained(struct jsonw *w, const struct ecg *g)
{
	const struct ecg_person *p = &g->person;
	int part[6];
	struct slice fraction, zone;
	if (!has_person(p) && !has_device(g))
		return;
	jsonw_key(w, "contained");
	jsonw_arr(w);
	if (has_person(p)) {
		jsonw_obj(w);
		jsonw_kstr(w, "resourceType", "Patient");
		jsonw_kstr(w, "id", "patient");
		if (p->id.n) {
			jsonw_key(w, "identifier");
			jsonw_arr(w);
			jsonw_obj(w);
			if (slice_starts(p->assigner, "urn:") || slice_starts(p->assigner, "http"))
				jsonw_kslice(w, "system", p->assigner);
			jsonw_kslice(w, "value", p->id);
			if (p->assigner.n && !slice_starts(p->assigner, "urn:") && !slice_starts(p->assigner, "http")) {
				jsonw_key(w, "assigner");
				jsonw_obj(w);
				jsonw_kslice(w, "display", p->assigner);
				jsonw_obj_end(w);
			}
			jsonw_obj_end(w);
			jsonw_arr_end(w);
		}
		if (p->family.n || p->given.n) {
			jsonw_key(w, "name");
			jsonw_arr(w);
			jsonw_obj(w);
			jsonw_kslice_opt(w, "family", p->family);
			if (p->given.n) {
				jsonw_key(w, "given");
				jsonw_arr(w);
				jsonw_slice(w, p->given);
				jsonw_arr_end(w);
			}
			jsonw_obj_end(w);
			jsonw_arr_end(w);
		}
		if (slice_eq_str(p->sex, "male") || slice_eq_str(p->sex, "female") || slice_eq_str(p->sex, "other") || slice_eq_str(p->sex, "unknown"))
			jsonw_kslice(w, "gender", p->sex);
		unsigned parts = ecg_iso(p->birth, part, &fraction, &zone);
		if (parts)
			jsonw_kslice(w, "birthDate", slice_of(p->birth.p, parts >= 3 ? 10 : parts == 2 ? 7 : 4));
		jsonw_obj_end(w);
	}
	if (has_device(g)) {
		jsonw_obj(w);
		jsonw_kstr(w, "resourceType", "Device");
		jsonw_kstr(w, "id", "device");
		jsonw_kslice_opt(w, "manufacturer", g->maker);
		jsonw_kslice_opt(w, "serialNumber", g->serial);
		jsonw_kslice_opt(w, "modelNumber", g->device);
		if (g->software.n) {
			jsonw_key(w, "version");
			jsonw_arr(w);
			jsonw_obj(w);
			jsonw_kslice(w, "value", g->software);
			jsonw_obj_end(w);
			jsonw_arr_end(w);
		}
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void when(struct jsonw *w, struct slice start)
{
	int part[6];
	struct slice fraction, zone;
	unsigned n = ecg_iso(start, part, &fraction, &zone);
	bool zoned = slice_eq_str(zone, "Z") || (zone.n == 6 && zone.p[3] == ':' && (zone.p[0] == '+' || zone.p[0] == '-'));
	if (!n)
		return;
	if (n == 6 && zoned) {
		jsonw_kslice(w, "effectiveDateTime", start);
		return;
	}
	jsonw_kslice(w, "effectiveDateTime", slice_of(start.p, n >= 3 ? 10 : n == 2 ? 7 : 4));
	if (n < 4)
		return;
	jsonw_key(w, "_effectiveDateTime");
	jsonw_obj(w);
	jsonw_key(w, "extension");
	jsonw_arr(w);
	jsonw_obj(w);
	jsonw_kstr(w, "url", "urn:holdfast:ecg:local-time");
	jsonw_kslice(w, "valueString", start);
	jsonw_obj_end(w);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

static void note_line(void *arg, const struct ecg_line *l)
{
	struct jsonw *w = arg;
	char at[48] = "";
	if (!slice_trim(l->text).n || slice_starts(l->text, "stated: "))
		return;
	if (l->timed)
		snprintf(at, sizeof at, "at %.3f s: ", l->at_s);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	buf_str(&b, at);
	buf_add_slice(&b, l->text);
	jsonw_obj(w);
	jsonw_kslice(w, "text", buf_slice(&b));
	jsonw_obj_end(w);
}

static void has_line(void *arg, const struct ecg_line *l)
{
	bool *any = arg;
	*any = *any || (slice_trim(l->text).n && !slice_starts(l->text, "stated: "));
}

static void head(struct jsonw *w, const struct ecg *g, const struct ecg_analysis *n)
{
	bool any = false;
	jsonw_obj(w);
	jsonw_kstr(w, "resourceType", "Observation");
	contained(w, g);
	jsonw_kstr(w, "status", n ? "preliminary" : "final");
	jsonw_key(w, "category");
	jsonw_arr(w);
	jsonw_obj(w);
	jsonw_key(w, "coding");
	jsonw_arr(w);
	coding(w, "http://terminology.hl7.org/CodeSystem/observation-category", "procedure", "Procedure");
	jsonw_arr_end(w);
	jsonw_obj_end(w);
	jsonw_arr_end(w);
	jsonw_key(w, "code");
	jsonw_obj(w);
	jsonw_key(w, "coding");
	jsonw_arr(w);
	coding(w, FHIR_MDC, "131328", "MDC_ECG_ELEC_POTL");
	coding(w, "http://loinc.org", "11524-6", "EKG study");
	jsonw_arr_end(w);
	jsonw_obj_end(w);
	if (has_person(&g->person)) {
		jsonw_key(w, "subject");
		jsonw_obj(w);
		jsonw_kstr(w, "reference", "#patient");
		jsonw_obj_end(w);
	}
	when(w, g->start);
	ecg_lines(g, n, has_line, &any);
	if (any) {
		jsonw_key(w, "note");
		jsonw_arr(w);
		ecg_lines(g, n, note_line, w);
		jsonw_arr_end(w);
	}
	if (has_device(g)) {
		jsonw_key(w, "device");
		jsonw_obj(w);
		jsonw_kstr(w, "reference", "#device");
		jsonw_obj_end(w);
	}
}

static void quantity(struct jsonw *w, const struct fhir_value *f, const char *text, double v)
{
	jsonw_obj(w);
	jsonw_key(w, "code");
	jsonw_obj(w);
	jsonw_key(w, "coding");
	jsonw_arr(w);
	coding(w, "http://loinc.org", f->loinc, f->display);
	jsonw_arr_end(w);
	if (text)
		jsonw_kstr(w, "text", text);
	jsonw_obj_end(w);
	jsonw_key(w, "valueQuantity");
	jsonw_obj(w);
	number(w, "value", v);
	jsonw_kstr(w, "unit", f->unit);
	jsonw_kstr(w, "system", "http://unitsofmeasure.org");
	jsonw_kstr(w, "code", f->unit);
	jsonw_obj_end(w);
	jsonw_obj_end(w);
}

static void quantities(struct jsonw *w, const struct ecg *g, const struct ecg_analysis *n)
{
	bool done[16] = {false};
	for (const struct ecg_stated *s = g->stated; s; s = s->next)
		for (size_t i = 0; i < fhir_value_count; i++)
			if (!strcmp(s->key, fhir_values[i].key)) {
				quantity(w, &fhir_values[i], NULL, s->value);
				break;
			}
	if (!n)
		return;
	const struct ecg_measure *m = &n->measure;
	const struct {
		const char *key;
		struct ecg_value v;
	} ours[] = {{"rate_bpm", m->rate_bpm}, {"pr_ms", m->pr_ms}, {"qrs_ms", m->qrs_ms}, {"qt_ms", m->qt_ms}, {"p_axis_deg", m->p_axis_deg}, {"qrs_axis_deg", m->qrs_axis_deg}, {"t_axis_deg", m->t_axis_deg}};
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		for (size_t k = 0; k < fhir_value_count && ours[i].v.conf && !done[i]; k++)
			if (!strcmp(ours[i].key, fhir_values[k].key)) {
				quantity(w, &fhir_values[k], ECG_OURS "measured", floor((double)ours[i].v.v * 10 + 0.5) / 10);
				done[i] = true;
			}
}

static void lead(struct jsonw *w, const struct ecg_channel *c)
{
	char code[16], display[48];
	unsigned mdc = fhir_lead_code(c->lead);
	jsonw_key(w, "code");
	jsonw_obj(w);
	if (mdc) {
		snprintf(code, sizeof code, "%u", mdc);
		snprintf(display, sizeof display, "MDC_ECG_ELEC_POTL_%s", ecg_lead_name(c->lead));
		jsonw_key(w, "coding");
		jsonw_arr(w);
		coding(w, FHIR_MDC, code, display);
		jsonw_arr_end(w);
	}
	jsonw_kstr(w, "text", c->name);
	jsonw_obj_end(w);
}

static void put_head(struct ecg_out *o, struct buf *b)
{
	if (!buf_ok(b) && o->code == 0)
		o->code = err_set(o->e, ERR_LIMIT, NULL, "there is more text than is written here");
	ecg_out_slice(o, buf_slice(b));
	buf_reset(b);
}

static void data(const struct ecg *g, unsigned i, struct ecg_out *o)
{
	int32_t block[2048];
	const struct ecg_channel *c = &g->channel[i];
	ecg_out_str(o, "\"");
	for (uint64_t at = 0; at < c->samples && o->code == 0; at += ARRAY_LEN(block)) {
		size_t n = c->samples - at < ARRAY_LEN(block) ? (size_t)(c->samples - at) : ARRAY_LEN(block);
		ecg_read(g, i, at, n, block);
		for (size_t k = 0; k < n; k++) {
			char text[16];
			size_t len = block[k] == ECG_GAP ? (size_t)snprintf(text, sizeof text, "E") : (size_t)snprintf(text, sizeof text, "%d", block[k]);
			if (at || k)
				ecg_out_str(o, " ");
			ecg_out_bytes(o, text, len);
		}
	}
}

static void component(struct jsonw *w, struct buf *b, const struct ecg *g, unsigned i, struct ecg_out *o)
{
	const struct ecg_channel *c = &g->channel[i];
	jsonw_obj(w);
	lead(w, c);
	jsonw_key(w, "valueSampledData");
	jsonw_obj(w);
	jsonw_key(w, "origin");
	jsonw_obj(w);
	number(w, "value", c->baseline ? c->offset - c->baseline * c->scale : c->offset);
	if (c->unit[0]) {
		jsonw_kstr(w, "unit", c->unit);
		jsonw_kstr(w, "system", "http://unitsofmeasure.org");
		jsonw_kstr(w, "code", !strcmp(c->unit, "mmHg") ? "mm[Hg]" : c->unit);
	}
	jsonw_obj_end(w);
	number(w, "period", 1000 / c->rate);
	number(w, "factor", c->scale);
	jsonw_ku64(w, "dimensions", 1);
	jsonw_key(w, "data");
	put_head(o, b);
	data(g, i, o);
	jsonw_raw(w, SLICE("\"")); /* the string that began in data ends here */
	jsonw_obj_end(w);
	jsonw_obj_end(w);
}

static uint64_t length(const struct ecg *g, unsigned i) /* at most, of a channel's data */
{
	struct ecg_range r;
	char a[16], b[16];
	ecg_range(g, i, &r);
	int n = snprintf(a, sizeof a, "%d", r.min), m = snprintf(b, sizeof b, "%d", r.max);
	return g->channel[i].samples * (uint64_t)((n > m ? n : m) + 1);
}

static int fits(const struct ecg *g, struct err *e)
{
	for (unsigned i = 0; i < g->channels; i++) {
		if (!g->channel[i].samples)
			return err_set(e, ERR_INPUT, NULL, "channel %s has no samples", g->channel[i].name);
		if (g->channel[i].samples * 2 > STRING_MAX || length(g, i) > STRING_MAX)
			return err_set(e, ERR_INPUT, NULL, "channel %s is longer than the megabyte that a FHIR string holds; edf, dicom and wfdb hold it", g->channel[i].name);
	}
	return 0;
}

int ecg_write_fhir(const struct ecg *g, const struct ecg_analysis *n, struct slice name, const struct ecg_sink *sink, struct err *e)
{
	struct ecg_out o;
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	int r = fits(g, e);
	if (r < 0)
		return r;
	buf_init(&b, 64u << 20);
	jsonw_init(&w, &b);
	ecg_out_begin(&o, sink, name, ".json", e);
	head(&w, g, n);
	jsonw_key(&w, "component");
	jsonw_arr(&w);
	for (unsigned i = 0; i < g->channels; i++)
		component(&w, &b, g, i, &o);
	quantities(&w, g, n);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	put_head(&o, &b);
	ecg_out_str(&o, "\n");
	return ecg_out_end(&o);
}
