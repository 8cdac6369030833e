/* A recording that was read, as a transaction for another server (R4 3.1.0.11). */
#include "fhir_internal.h"

#include <stdio.h>

#define LOINC "http://loinc.org"
#define UCUM "http://unitsofmeasure.org"

struct bundle {
	const struct fhir_ecg *g;
	const struct fhir_options *o;
	struct jsonw *w;
	const char *system; /* of our numbers */
	struct slice subject; /* "Patient?identifier=..." */
	bool withdrawn;
};

/* ---- names and addresses ---- */

/* A value inside a search: R4 3.1.1.5 escapes | , $ and \ with a backslash, and a URL its own. */
static void escaped(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~' || c == ':' || c == '/';
		if (memchr("|,$\\", c, 4) && c)
			buf_str(b, "%5C");
		if (plain)
			buf_u8(b, c);
		else
			buf_printf(b, "%%%02X", c);
	}
}

static int subject_of(const struct fhir_ecg *g, struct buf *ret, struct err *e)
{
	AUTO_BUF struct buf room = {0};
	buf_init(&room, 4096);
	const char *system = g->patient_system.n ? NULL : fhir_assigner_uri(g->patient.assigner, SLICE_NULL, SLICE_NULL, g->patient.type, &room);
	if (!g->patient.value.n || (!g->patient_system.n && !system))
		return err_set(e, ERR_INPUT, NULL, "the patient has no identifier with an assigner that another server could know");
	buf_str(ret, "Patient?identifier=");
	escaped(ret, g->patient_system.n ? g->patient_system : slice_str(system));
	buf_str(ret, "%7C");
	escaped(ret, g->patient.value);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the patient's identifier is too long");
}

static void full_url(const struct bundle *x, uint8_t which, char out[46])
{
	uint8_t u[16];
	char hex[33];
	memcpy(u, x->g->uuid, 16);
	u[15] = (uint8_t)((u[15] & 0xfe) | which);
	u[6] = (uint8_t)((u[6] & 0x0f) | 0x80); /* RFC 9562 version 8: ours */
	u[8] = (uint8_t)((u[8] & 0x3f) | 0x80);
	for (int i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", u[i]);
	snprintf(out, 46, "urn:uuid:%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static void reference(struct jsonw *w, const char *key, struct slice to)
{
	jsonw_key(w, key);
	jsonw_obj(w);
	jsonw_kslice(w, "reference", to);
	jsonw_obj_end(w);
}

static void concept(struct jsonw *w, const char *key, const char *system, struct slice code, struct slice display)
{
	jsonw_key(w, key);
	jsonw_obj(w);
	jsonw_key(w, "coding");
	jsonw_arr(w);
	jsonw_obj(w);
	jsonw_kstr(w, "system", system);
	jsonw_kslice(w, "code", code);
	jsonw_kslice_opt(w, "display", display);
	jsonw_obj_end(w);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

static void identifier(const struct bundle *x)
{
	char number[24];
	snprintf(number, sizeof number, "%llu", (unsigned long long)x->g->number);
	jsonw_key(x->w, "identifier");
	jsonw_arr(x->w);
	jsonw_obj(x->w);
	jsonw_kstr(x->w, "system", x->system);
	jsonw_kstr(x->w, "value", number);
	jsonw_obj_end(x->w);
	jsonw_arr_end(x->w);
}

/* ---- the two ---- */

static void common(const struct bundle *x, const char *type)
{
	struct fhir_out out = {.w = x->w, .o = x->o, .t = x->g->ecg};
	jsonw_kstr(x->w, "resourceType", type);
	identifier(x);
	jsonw_kstr(x->w, "status", x->g->status);
	jsonw_key(x->w, "category");
	jsonw_arr(x->w);
	jsonw_obj(x->w);
	jsonw_key(x->w, "coding");
	jsonw_arr(x->w);
	jsonw_obj(x->w);
	bool report = !strcmp(type, "DiagnosticReport");
	jsonw_kstr(x->w, "system", report ? "http://terminology.hl7.org/CodeSystem/v2-0074" : "http://terminology.hl7.org/CodeSystem/observation-category");
	jsonw_kstr(x->w, "code", report ? "EC" : "procedure");
	jsonw_obj_end(x->w);
	jsonw_arr_end(x->w);
	jsonw_obj_end(x->w);
	jsonw_arr_end(x->w);
	concept(x->w, "code", LOINC, SLICE("11524-6"), SLICE("EKG study"));
	reference(x->w, "subject", x->subject);
	fhir_out_time(&out, "effectiveDateTime", fhir_value(x->g->ecg, FF_TIME), FHIR_DATETIME);
	if (x->g->signed_at)
		jsonw_ktime(x->w, "issued", x->g->signed_at);
}

static void who(const struct bundle *x, const char *key)
{
	if (!x->g->signer.n)
		return;
	jsonw_key(x->w, key);
	jsonw_arr(x->w);
	jsonw_obj(x->w);
	jsonw_kslice(x->w, "display", x->g->signer);
	jsonw_obj_end(x->w);
	jsonw_arr_end(x->w);
}

static void component(const struct bundle *x, struct slice c)
{
	struct slice rest, code = slice_cut(c, 0x1d, &rest), value = slice_cut(rest, 0x1d, &rest), unit = slice_cut(rest, 0x1d, &rest);
	AUTO_BUF struct buf number = {0};
	buf_init(&number, 256);
	if (!num_is_decimal(value) || !fhir_decimal(value, &number))
		return; /* could not be measured: there is no component */
	jsonw_obj(x->w);
	concept(x->w, "code", slice_eq_str(fact_part(code, FC_SYSTEM), "99HOLDFAST") ? "urn:holdfast:ecg-measure" : LOINC, fact_part(code, FC_CODE), fact_part(code, FC_DISPLAY));
	jsonw_key(x->w, "valueQuantity");
	jsonw_obj(x->w);
	jsonw_key(x->w, "value");
	jsonw_raw(x->w, buf_slice(&number));
	jsonw_kslice(x->w, "unit", unit);
	jsonw_kstr(x->w, "system", UCUM);
	jsonw_kslice(x->w, "code", unit);
	jsonw_obj_end(x->w);
	jsonw_obj_end(x->w);
}

static void observation(const struct bundle *x)
{
	size_t n = x->g->result && !x->withdrawn ? fact_count(x->g->result, FF_COMPONENT) : 0;
	jsonw_obj(x->w);
	common(x, "Observation");
	who(x, "performer");
	if (n) {
		jsonw_key(x->w, "component");
		jsonw_arr(x->w);
		for (size_t i = 0; i < n; i++)
			component(x, fact_nth(x->g->result, FF_COMPONENT, i));
		jsonw_arr_end(x->w);
	}
	jsonw_obj_end(x->w);
}

static void conclusion(const struct bundle *x)
{
	AUTO_BUF struct buf b = {0};
	static const uint8_t fields[] = {FF_STATEMENT, FF_TEXT};
	buf_init(&b, 1 << 18);
	for (size_t f = 0; f < ARRAY_LEN(fields) && !x->withdrawn; f++)
		for (size_t i = 0, n = fact_count(x->g->ecg, fields[f]); i < n; i++) {
			struct slice s = fact_nth(x->g->ecg, fields[f], i);
			s = slice_trim(fields[f] == FF_STATEMENT ? fact_part(s, 1) : s);
			if (s.n && b.n)
				buf_u8(&b, '\n');
			buf_add_slice(&b, s);
		}
	jsonw_kslice_opt(x->w, "conclusion", x->withdrawn ? SLICE("Withdrawn: what was sent under this number is not a result of this patient.") : slice_trim(buf_slice(&b)));
}

/* Of each statement its text, and our code of it where it has one: what a person wrote has none. */
static void codes(const struct bundle *x)
{
	size_t n = x->withdrawn ? 0 : fact_count(x->g->ecg, FF_STATEMENT);
	if (!n)
		return;
	jsonw_key(x->w, "conclusionCode");
	jsonw_arr(x->w);
	for (size_t i = 0; i < n; i++) {
		struct slice s = fact_nth(x->g->ecg, FF_STATEMENT, i), code = fact_part(s, 0);
		jsonw_obj(x->w);
		if (code.n) {
			jsonw_key(x->w, "coding");
			jsonw_arr(x->w);
			jsonw_obj(x->w);
			jsonw_kstr(x->w, "system", "urn:holdfast:ecg-statement");
			jsonw_kslice(x->w, "code", code);
			jsonw_obj_end(x->w);
			jsonw_arr_end(x->w);
		}
		jsonw_kslice(x->w, "text", slice_trim(fact_part(s, 1)));
		jsonw_obj_end(x->w);
	}
	jsonw_arr_end(x->w);
}

static void report(const struct bundle *x)
{
	char url[46];
	AUTO_BUF struct buf pdf = {0};
	jsonw_obj(x->w);
	common(x, "DiagnosticReport");
	who(x, "resultsInterpreter");
	full_url(x, 1, url);
	jsonw_key(x->w, "result");
	jsonw_arr(x->w);
	jsonw_obj(x->w);
	jsonw_kstr(x->w, "reference", url);
	jsonw_obj_end(x->w);
	jsonw_arr_end(x->w);
	conclusion(x);
	codes(x);
	if (x->g->pdf.n && !x->withdrawn) {
		buf_init(&pdf, x->g->pdf.n * 2 + 16);
		base64_put(&pdf, x->g->pdf);
		jsonw_key(x->w, "presentedForm");
		jsonw_arr(x->w);
		jsonw_obj(x->w);
		jsonw_kstr(x->w, "contentType", "application/pdf");
		jsonw_kslice(x->w, "data", buf_slice(&pdf));
		jsonw_obj_end(x->w);
		jsonw_arr_end(x->w);
	}
	jsonw_obj_end(x->w);
}

static void entry(const struct bundle *x, const char *type, uint8_t which, void (*resource)(const struct bundle *))
{
	AUTO_BUF struct buf url = {0};
	char full[46];
	buf_init(&url, 4096);
	buf_printf(&url, "%s?identifier=", type);
	escaped(&url, slice_str(x->system));
	buf_printf(&url, "%%7C%llu", (unsigned long long)x->g->number);
	full_url(x, which, full);
	jsonw_obj(x->w);
	jsonw_kstr(x->w, "fullUrl", full);
	jsonw_key(x->w, "resource");
	resource(x);
	jsonw_key(x->w, "request");
	jsonw_obj(x->w);
	jsonw_kstr(x->w, "method", "PUT");
	jsonw_kslice(x->w, "url", buf_slice(&url));
	jsonw_obj_end(x->w);
	jsonw_obj_end(x->w);
}

int fhir_ecg_bundle(const struct fhir_ecg *g, const struct fhir_options *o, struct buf *ret, struct err *e)
{
	AUTO_BUF struct buf subject = {0}, system = {0};
	struct jsonw w;
	buf_init(&subject, 8192);
	buf_init(&system, 1024);
	int r = subject_of(g, &subject, e);
	if (r < 0)
		return r;
	fhir_urn(&system, "urn:holdfast:ecg:", slice_str(g->origin));
	struct bundle x = {.g = g, .o = o, .w = &w, .system = buf_cstr(&system), .subject = buf_slice(&subject), .withdrawn = !strcmp(g->status, "entered-in-error")};
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_kstr(&w, "resourceType", "Bundle");
	jsonw_key(&w, "identifier");
	jsonw_obj(&w);
	jsonw_kstr(&w, "system", "urn:holdfast:control-id");
	jsonw_kslice(&w, "value", g->control_id);
	jsonw_obj_end(&w);
	jsonw_kstr(&w, "type", "transaction");
	jsonw_ktime(&w, "timestamp", g->time);
	jsonw_key(&w, "entry");
	jsonw_arr(&w);
	entry(&x, "Observation", 1, observation);
	entry(&x, "DiagnosticReport", 0, report);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the transaction would be larger than may be sent");
}
