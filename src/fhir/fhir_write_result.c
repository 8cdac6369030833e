/* Observation, DiagnosticReport, DocumentReference. */
#include "fhir_internal.h"

#define CATEGORY "http://terminology.hl7.org/CodeSystem/observation-category"

static const char *observation_status(const struct fhir_out *x)
{
	static const struct fhir_pair map[] = {{"registered", "registered"}, {"preliminary", "preliminary"}, {"partial", "preliminary"}, {"final", "final"}, {"corrected", "corrected"}, {"amended", "amended"}, {"appended", "amended"},
		{"cancelled", "cancelled"}, {"entered-in-error", "entered-in-error"}, {"unknown", "unknown"}};
	if (x->it->state == FACT_IN_ERROR || x->it->state == FACT_DELETED)
		return "entered-in-error";
	const char *s = FHIR_MAP(map, fhir_value(x->t, FF_STATUS));
	return s ? s : "unknown";
}

/* R4 vital signs profile, table of codes: an HL7 feed does not say the category, its LOINC code does. */
static bool is_vital(struct slice code)
{
	static const char vitals[] = "85353-1\0009279-1\0008867-4\0002708-6\00059408-5\0008310-5\0008302-2\0009843-4\00029463-7\00039156-5\00085354-9\0008480-6\0008462-4\0003141-9\0008331-1\0008478-0\000";
	for (unsigned i = 0; i < 2; i++) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 4096);
		struct slice system = fact_part(code, i ? FC_ALT_SYSTEM : FC_SYSTEM);
		const char *uri = fhir_is_blank(system) ? NULL : fhir_system_uri(system, &b);
		if (uri && strcmp(uri, "http://loinc.org") == 0 && fhir_word(vitals, fact_part(code, i ? FC_ALT_CODE : FC_CODE)))
			return true;
	}
	return false;
}

static void category(struct fhir_out *x)
{
	static const char own[] = "social-history\0vital-signs\0imaging\0laboratory\0procedure\0survey\0exam\0therapy\0activity\0";
	bool any = false;
	for (size_t i = 0, n = fact_count(x->t, FF_CATEGORY); i < n; i++) {
		struct slice c = fact_nth(x->t, FF_CATEGORY, i);
		const char *known = fhir_word(own, fact_part(c, FC_CODE));
		if (fact_is_null(c) || (!known && fhir_shown(c).n == 0))
			continue;
		if (!any) {
			jsonw_key(x->w, "category");
			jsonw_arr(x->w);
			any = true;
		}
		if (known && fhir_is_blank(fact_part(c, FC_SYSTEM)))
			fhir_out_fixed(x->w, NULL, CATEGORY, known, NULL);
		else
			fhir_out_concept(x->w, c);
	}
	if (any)
		jsonw_arr_end(x->w);
	else if (is_vital(fhir_value(x->t, FF_CODE))) {
		jsonw_key(x->w, "category");
		jsonw_arr(x->w);
		fhir_out_fixed(x->w, NULL, CATEGORY, "vital-signs", "Vital Signs");
		jsonw_arr_end(x->w);
	}
}

/* ---- value[x] ---- */

struct value {
	struct slice type, text, code, unit, comparator;
};

static bool put_string(struct fhir_out *x, struct slice text)
{
	if (fhir_is_blank(text))
		return false;
	jsonw_kslice(x->w, "valueString", slice_trim(text));
	return true;
}

static struct slice leading_number(struct slice s, struct slice *rest)
{
	size_t n = 0;
	s = slice_trim(s);
	while (n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == '.' || (n == 0 && s.p[n] == '-')))
		n++;
	*rest = slice_trim(slice_of(s.p + n, s.n - n));
	return slice_of(s.p, n);
}

/* "3 - 5 mg", ">= 3", "<= 5": as fhir_range_text wrote it, and as laboratories do. */
static bool cut_range(struct slice s, struct slice *low, struct slice *high, struct slice *unit)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 256);
	s = slice_trim(s);
	struct slice rest;
	*low = *high = SLICE_NULL;
	if (slice_starts(s, ">= "))
		*low = leading_number(slice_of(s.p + 3, s.n - 3), unit);
	else if (slice_starts(s, "<= "))
		*high = leading_number(slice_of(s.p + 3, s.n - 3), unit);
	else {
		*low = leading_number(s, &rest);
		if (rest.n == 0 || rest.p[0] != '-')
			return false;
		*high = leading_number(slice_of(rest.p + 1, rest.n - 1), unit);
		if (high->n == 0)
			return false;
	}
	return (low->n == 0 || fhir_decimal(*low, &b)) && (high->n == 0 || fhir_decimal(*high, &b)) && (low->n || high->n) && !fhir_contains(*unit, ";");
}

static bool put_range(struct fhir_out *x, const char *key, struct slice s)
{
	struct slice unit, low, high;
	if (!cut_range(s, &low, &high, &unit))
		return false;
	jsonw_key(x->w, key);
	jsonw_obj(x->w);
	fhir_out_quantity(x, "low", low, unit, SLICE_NULL);
	fhir_out_quantity(x, "high", high, unit, SLICE_NULL);
	jsonw_obj_end(x->w);
	return true;
}

static bool put_ratio(struct fhir_out *x, struct slice s)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 256);
	struct slice below, u1, u2, above = slice_cut(s, ':', &below), n1, n2;
	if (!below.p)
		return false;
	n1 = leading_number(above, &u1);
	n2 = leading_number(below, &u2);
	if (!fhir_decimal(n1, &b) || !fhir_decimal(n2, &b))
		return false;
	jsonw_key(x->w, "valueRatio");
	jsonw_obj(x->w);
	fhir_out_quantity(x, "numerator", n1, u1, SLICE_NULL);
	fhir_out_quantity(x, "denominator", n2, u2, SLICE_NULL);
	jsonw_obj_end(x->w);
	return true;
}

static bool put_time_of_day(struct fhir_out *x, struct slice s)
{
	/* R4 time: hh:mm:ss; HL7 TM comes as hh:mm */
	bool digits = s.n == 5 || s.n == 8;
	for (size_t i = 0; digits && i < s.n; i++)
		digits = i % 3 == 2 ? s.p[i] == ':' : s.p[i] >= '0' && s.p[i] <= '9';
	if (!digits || memcmp(s.p, "24", 2) >= 0 || s.p[3] > '5' || (s.n == 8 && s.p[6] > '5'))
		return false;
	char out[16];
	snprintf(out, sizeof out, "%.*s%s", SLICE_FMT(s), s.n == 5 ? ":00" : "");
	jsonw_kstr(x->w, "valueTime", out);
	return true;
}

static bool coded(struct slice type)
{
	return fhir_word("CE\0CWE\0CNE\0CF\0IS\0ID\0valueCodeableConcept\0", type) != NULL;
}

/* Text that is an amount and does not say of what: laboratories send "8.0" and ">=16" as strings, with the unit in OBX-6. "Negative" needs none. */
static bool needs_unit(const struct value *v, struct slice unit)
{
	struct slice text = v->text;
	bool digit = false;
	if (v->type.n && !slice_eq_str(v->type, "ST"))
		return false;
	for (size_t i = 0; i < text.n && !digit; i++)
		digit = text.p[i] >= '0' && text.p[i] <= '9';
	return digit && text.n <= 40 && !(text.n >= unit.n && memmem(text.p, text.n, unit.p, unit.n));
}

/* By type first, and by what the text can bear second: a number sent as a string stays a string, as its sender meant it. */
static bool put_value(struct fhir_out *x, const struct value *v)
{
	if (fhir_shown(v->code).n && (coded(v->type) || fhir_is_blank(v->text) || v->type.n == 0))
		return fhir_out_code(x, "valueCodeableConcept", v->code);
	if (fhir_is_blank(v->text))
		return false;
	if (fhir_word("NM\0SN\0MO\0valueQuantity\0", v->type) && fhir_out_quantity(x, "valueQuantity", v->text, v->unit, v->comparator))
		return true;
	int64_t whole;
	if (slice_eq_str(v->type, "valueInteger") && num_i64(v->text, INT32_MIN, INT32_MAX, &whole) == 0) {
		jsonw_ki64(x->w, "valueInteger", whole);
		return true;
	}
	if (slice_eq_str(v->type, "valueBoolean") && (slice_eq_str(v->text, "true") || slice_eq_str(v->text, "false"))) {
		jsonw_kbool(x->w, "valueBoolean", slice_eq_str(v->text, "true"));
		return true;
	}
	if (fhir_word("DT\0TS\0DTM\0valueDateTime\0valueInstant\0", v->type) && fhir_out_time(x, "valueDateTime", v->text, FHIR_DATETIME))
		return true;
	if (fhir_word("TM\0valueTime\0", v->type) && put_time_of_day(x, v->text))
		return true;
	if (fhir_word("valueRange\0NR\0", v->type) && put_range(x, "valueRange", v->text))
		return true;
	if (slice_eq_str(v->type, "valueRatio") && put_ratio(x, v->text))
		return true;
	if (slice_eq_str(v->type, "valuePeriod")) {
		struct slice end, start = slice_cut(v->text, '/', &end);
		if (fhir_out_period(x, "valuePeriod", start, end))
			return true;
	}
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)1 << 20); /* R4: a string is at most 1 MB */
	buf_add_slice(&b, v->comparator);
	buf_add_slice(&b, v->text);
	struct slice unit = fact_part(v->unit, FC_DISPLAY).n ? fact_part(v->unit, FC_DISPLAY) : fhir_shown(v->unit);
	if (unit.n && (fhir_word("NM\0SN\0MO\0valueQuantity\0", v->type) || needs_unit(v, unit))) { /* a number that is none, such as "5-10": its unit goes along */
		buf_u8(&b, ' ');
		buf_add_slice(&b, unit);
	}
	if (!buf_ok(&b))
		return put_string(x, slice_of(v->text.p, utf8_valid_prefix(slice_of(v->text.p, 1000000))));
	return put_string(x, buf_slice(&b));
}

static void lines_of(const struct fact *t, uint8_t field, struct buf *b)
{
	for (size_t i = 0, n = fact_count(t, field); i < n; i++) {
		struct slice s = fact_nth(t, field, i);
		if (fhir_is_blank(s))
			continue;
		if (b->n)
			buf_u8(b, '\n');
		buf_add_slice(b, s);
	}
}

/* Several coded answers to one question: R4 has one value; the codes stand together, and the text says all. */
static bool put_codes(struct fhir_out *x)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 65536);
	size_t n = fact_count(x->t, FF_VALUE_CODE);
	if (n < 2)
		return false;
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s%.*s", b.n ? "; " : "", SLICE_FMT(fhir_shown(fact_nth(x->t, FF_VALUE_CODE, i))));
	if (!buf_ok(&b))
		return false;
	jsonw_key(x->w, "valueCodeableConcept");
	jsonw_obj(x->w);
	jsonw_kslice(x->w, "text", buf_slice(&b));
	jsonw_obj_end(x->w);
	return true;
}

static void absent(struct fhir_out *x, struct slice reason)
{
	static const char reasons[] = "unknown\0asked-unknown\0temp-unknown\0not-asked\0asked-declined\0masked\0not-applicable\0unsupported\0as-text\0error\0not-a-number\0negative-infinity\0positive-infinity\0not-performed\0not-permitted\0";
	const char *code = fhir_word(reasons, reason);
	jsonw_key(x->w, "dataAbsentReason");
	if (code || fhir_is_blank(reason))
		fhir_out_fixed(x->w, NULL, "http://terminology.hl7.org/CodeSystem/data-absent-reason", code ? code : "unknown", NULL);
	else {
		jsonw_obj(x->w);
		jsonw_kslice(x->w, "text", slice_trim(reason));
		jsonw_obj_end(x->w);
	}
}

/* Table 0078 and v3 ObservationInterpretation share their letters. */
static bool interpretation(struct jsonw *w, struct slice flag)
{
	static const char letters[] = "A\0AA\0B\0D\0H\0HH\0HU\0L\0LL\0LU\0N\0S\0R\0I\0MS\0VS\0U\0W\0<\0>\0IND\0NEG\0POS\0NR\0RR\0WR\0DET\0ND\0E\0EX\0HX\0LX\0IE\0NCL\0NS\0SDD\0SYN-R\0SYN-S\0CAR\0OBX\0UNE\0EXP\0";
	if (fhir_is_blank(flag))
		return false;
	const char *known = fhir_word(letters, slice_trim(flag));
	if (known)
		fhir_out_fixed(w, NULL, "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", known, NULL);
	else {
		jsonw_obj(w);
		jsonw_kslice(w, "text", slice_trim(flag));
		jsonw_obj_end(w);
	}
	return true;
}

/* The text is what the sender said; the numbers beside it are for programs. "2020-01-02" and "1-2-3" are no ranges; a unit that is not said is the result's. */
static void reference_range(struct fhir_out *x, struct slice range, struct slice result_unit)
{
	if (fhir_is_blank(range))
		return;
	struct slice unit, low, high;
	bool numbers = cut_range(range, &low, &high, &unit) && !(unit.n && (unit.p[0] == '-' || unit.p[0] == ':' || unit.p[0] == '/' || unit.p[0] == ','));
	jsonw_key(x->w, "referenceRange");
	jsonw_arr(x->w);
	jsonw_obj(x->w);
	if (numbers) {
		bool same = unit.n == 0 || slice_eq(unit, fact_part(result_unit, FC_CODE)) || slice_eq(unit, fact_part(result_unit, FC_DISPLAY)) || slice_eq(unit, fact_part(result_unit, FC_TEXT));
		fhir_out_quantity(x, "low", low, same ? result_unit : unit, SLICE_NULL);
		fhir_out_quantity(x, "high", high, same ? result_unit : unit, SLICE_NULL);
	}
	jsonw_kslice(x->w, "text", slice_trim(range));
	jsonw_obj_end(x->w);
	jsonw_arr_end(x->w);
}

/* FF_COMPONENT: see fhir_read_result.c. */
static bool component(struct fhir_out *x, struct slice c)
{
	struct slice piece[8] = {0}, rest = c;
	for (unsigned i = 0; i < 8 && rest.p; i++)
		piece[i] = slice_cut(rest, GS, &rest);
	if (fact_is_null(c) || fhir_shown(piece[0]).n == 0)
		return false;
	struct slice text = piece[1], comparator = SLICE_NULL;
	size_t n = 0;
	while (n < text.n && n < 2 && (text.p[n] == '<' || text.p[n] == '>' || (n == 1 && text.p[n] == '=')))
		n++;
	if (n && slice_eq_str(piece[3], "valueQuantity")) {
		comparator = slice_of(text.p, n);
		text = slice_of(text.p + n, text.n - n);
	}
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 256);
	struct slice type = piece[3].n ? piece[3] : fhir_decimal(text, &b) ? SLICE("NM") : SLICE("ST");
	struct value v = {.type = type, .text = text, .unit = piece[2], .code = piece[4], .comparator = comparator};
	jsonw_obj(x->w);
	fhir_out_code(x, "code", piece[0]);
	if (!put_value(x, &v))
		absent(x, piece[7]);
	if (!fhir_is_blank(piece[5])) {
		jsonw_key(x->w, "interpretation");
		jsonw_arr(x->w);
		interpretation(x->w, piece[5]);
		jsonw_arr_end(x->w);
	}
	reference_range(x, piece[6], piece[2]);
	jsonw_obj_end(x->w);
	return true;
}

static void components(struct fhir_out *x)
{
	bool any = false;
	for (size_t i = 0, n = fact_count(x->t, FF_COMPONENT); i < n; i++) {
		struct slice c = fact_nth(x->t, FF_COMPONENT, i), rest;
		if (fact_is_null(c) || fhir_shown(slice_cut(c, GS, &rest)).n == 0)
			continue;
		if (!any) {
			jsonw_key(x->w, "component");
			jsonw_arr(x->w);
			any = true;
		}
		component(x, c);
	}
	if (any)
		jsonw_arr_end(x->w);
}

static void people(struct fhir_out *x, const char *key)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	bool any = false;
	for (size_t i = 0, n = fact_count(x->t, FF_PERFORMER); i < n; i++) {
		struct slice who = fact_nth(x->t, FF_PERFORMER, i);
		if (fact_is_null(who) || fhir_person_text(who, &b).n == 0)
			continue;
		if (!any) {
			jsonw_key(x->w, key);
			jsonw_arr(x->w);
			any = true;
		}
		fhir_out_person_value(x->w, who, "Practitioner");
	}
	if (any)
		jsonw_arr_end(x->w);
	else if (x->doc && strcmp(key, "performer") == 0) { /* IPS results: performer 1..* */
		jsonw_key(x->w, key);
		jsonw_arr(x->w);
		fhir_out_absent(x->w, "unknown");
		jsonw_arr_end(x->w);
	}
}

static void specimen(struct fhir_out *x, bool array)
{
	struct slice s = fhir_shown(fhir_value(x->t, FF_SPECIMEN));
	if (s.n == 0)
		return;
	jsonw_key(x->w, "specimen");
	if (array)
		jsonw_arr(x->w);
	jsonw_obj(x->w);
	jsonw_kslice(x->w, "display", s);
	jsonw_obj_end(x->w);
	if (array)
		jsonw_arr_end(x->w);
}

static void effective(struct fhir_out *x)
{
	struct slice time = fhir_value(x->t, FF_TIME);
	if (!fhir_out_when(x, "effective", time, fhir_value(x->t, FF_END)) && x->doc) {
		jsonw_key(x->w, "_effectiveDateTime"); /* IPS: effective 1..1 */
		fhir_out_absent(x->w, "unknown");
	}
}

void fhir_write_observation(struct fhir_out *x)
{
	AUTO_BUF struct buf text = {0};
	buf_init(&text, (size_t)4 << 20);
	lines_of(x->t, FF_VALUE, &text);
	struct value v = {.type = fhir_value(x->t, FF_TYPE), .text = buf_slice(&text), .code = fhir_value(x->t, FF_VALUE_CODE), .unit = fhir_value(x->t, FF_UNIT), .comparator = fhir_value(x->t, FF_COMPARATOR)};
	fhir_out_idents(x);
	jsonw_kstr(x->w, "status", observation_status(x));
	category(x);
	if (!fhir_out_code(x, "code", fhir_value(x->t, FF_CODE))) {
		jsonw_key(x->w, "code");
		jsonw_obj(x->w);
		jsonw_kstr(x->w, "text", "not stated");
		jsonw_obj_end(x->w);
	}
	fhir_out_subject(x, "subject");
	fhir_out_encounter(x, "encounter");
	effective(x);
	fhir_out_time(x, "issued", fhir_value(x->t, FF_RECORDED), FHIR_INSTANT);
	people(x, "performer");
	bool valued = put_codes(x) || put_value(x, &v);
	if (!valued && (!fhir_is_blank(fhir_value(x->t, FF_ABSENT)) || (x->doc && fact_count(x->t, FF_COMPONENT) == 0))) /* obs-6; vs-2 */
		absent(x, fhir_value(x->t, FF_ABSENT));
	fhir_out_list(x, "interpretation", FF_FLAG, interpretation);
	fhir_out_notes(x);
	fhir_out_code(x, "bodySite", fhir_value(x->t, FF_BODY_SITE));
	fhir_out_code(x, "method", fhir_value(x->t, FF_METHOD));
	specimen(x, false);
	struct slice device = fhir_value(x->t, FF_DEVICE);
	if (!fhir_is_blank(device)) {
		jsonw_key(x->w, "device");
		jsonw_obj(x->w);
		jsonw_kslice(x->w, "display", slice_trim(device));
		jsonw_obj_end(x->w);
	}
	reference_range(x, fhir_value(x->t, FF_RANGE), fhir_value(x->t, FF_UNIT));
	components(x);
}

/* ---- DiagnosticReport ---- */

static void members(struct fhir_out *x)
{
	if (!x->o || !x->o->links || !x->o->links->members)
		return;
	const char *ids[256];
	size_t n = x->o->links->members(x->o->links->arg, x->it, ids, ARRAY_LEN(ids));
	if (n == 0)
		return;
	jsonw_key(x->w, "result");
	jsonw_arr(x->w);
	for (size_t i = 0; i < n; i++) {
		jsonw_obj(x->w);
		fhir_out_reference(x->w, x->doc, "Observation", ids[i]);
		jsonw_obj_end(x->w);
	}
	jsonw_arr_end(x->w);
}

/* A recording read here: its statements are the conclusion, and until somebody has signed them that says so. The Observation with the measurements came in the same row, behind it. */
static void ecg_report(struct fhir_out *x)
{
	struct slice status = fhir_value(x->t, FF_STATUS), signer = fact_part(fhir_value(x->t, FF_PERFORMER), FP_ID);
	AUTO_BUF struct buf b = {0};
	char id[sizeof x->it->id];
	buf_init(&b, (size_t)1 << 20);
	size_t n = strlen(x->it->id);
	if (n > 2 && !strcmp(x->it->id + n - 2, "-0")) {
		snprintf(id, sizeof id, "%s", x->it->id);
		id[n - 1] = '1';
		jsonw_key(x->w, "result");
		jsonw_arr(x->w);
		jsonw_obj(x->w);
		fhir_out_reference(x->w, x->doc, "Observation", id);
		jsonw_obj_end(x->w);
		jsonw_arr_end(x->w);
	}
	if (slice_eq_str(status, "preliminary") && x->it->state == FACT_CURRENT)
		buf_str(&b, "UNCONFIRMED");
	for (size_t i = 0, count = fact_count(x->t, FF_STATEMENT); i < count; i++) {
		struct slice text = fact_part(fact_nth(x->t, FF_STATEMENT, i), 1);
		if (fhir_is_blank(text))
			continue;
		if (b.n)
			buf_u8(&b, '\n');
		buf_add_slice(&b, text);
	}
	lines_of(x->t, FF_TEXT, &b);
	if (!fhir_is_blank(signer))
		buf_printf(&b, "%sSigned: %.*s", b.n ? "\n" : "", SLICE_FMT(signer));
	jsonw_kslice_opt(x->w, "conclusion", buf_slice(&b));
}

void fhir_write_report(struct fhir_out *x)
{
	static const struct fhir_pair map[] = {{"registered", "registered"}, {"preliminary", "preliminary"}, {"partial", "partial"}, {"final", "final"}, {"corrected", "corrected"}, {"amended", "amended"}, {"appended", "appended"},
		{"cancelled", "cancelled"}, {"entered-in-error", "entered-in-error"}, {"unknown", "unknown"}};
	const char *status = FHIR_MAP(map, fhir_value(x->t, FF_STATUS));
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)1 << 20);
	fhir_out_idents(x);
	jsonw_kstr(x->w, "status", x->it->state == FACT_IN_ERROR || x->it->state == FACT_DELETED ? "entered-in-error" : status ? status : "unknown");
	if (x->t->kind == FACT_ECG) {
		jsonw_key(x->w, "category");
		jsonw_arr(x->w);
		fhir_out_fixed(x->w, NULL, "http://terminology.hl7.org/CodeSystem/v2-0074", "EC", "Electrocardiac (e.g., EKG,  EEC, Holter)");
		jsonw_arr_end(x->w);
	} else {
		fhir_out_codes(x, "category", FF_CATEGORY);
	}
	if (!fhir_out_code(x, "code", fhir_value(x->t, FF_CODE))) {
		jsonw_key(x->w, "code");
		jsonw_obj(x->w);
		jsonw_kstr(x->w, "text", "not stated");
		jsonw_obj_end(x->w);
	}
	fhir_out_subject(x, "subject");
	fhir_out_encounter(x, "encounter");
	effective(x);
	fhir_out_time(x, "issued", fhir_value(x->t, FF_RECORDED), FHIR_INSTANT);
	people(x, "performer");
	if (x->t->kind == FACT_ECG) {
		ecg_report(x);
		return;
	}
	specimen(x, true);
	members(x);
	lines_of(x->t, FF_TEXT, &b);
	jsonw_kslice_opt(x->w, "conclusion", buf_slice(&b));
	fhir_out_codes(x, "conclusionCode", FF_VALUE_CODE);
}

/* ---- DocumentReference ---- */

static void attachment(struct fhir_out *x)
{
	struct slice type = slice_trim(fhir_value(x->t, FF_CONTENT_TYPE)), content = fhir_value(x->t, FF_CONTENT);
	jsonw_key(x->w, "content");
	jsonw_arr(x->w);
	jsonw_obj(x->w);
	jsonw_key(x->w, "attachment");
	jsonw_obj(x->w);
	if (type.n && !fhir_contains(type, " "))
		jsonw_kslice(x->w, "contentType", type);
	bool ours = content.n || !fhir_is_blank(fhir_value(x->t, FF_CONTENT_PLACE));
	if (x->doc && content.n) { /* a summary that leaves the house takes its words along */
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 2 * FHIR_INLINE_MAX);
		base64_put(&b, content);
		jsonw_kslice_opt(x->w, "data", buf_slice(&b));
	} else if (ours && x->it->id[0]) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 4096);
		if (x->o && x->o->base)
			buf_printf(&b, "%s/", x->o->base);
		buf_printf(&b, "Binary/%s", x->it->id);
		jsonw_kslice(x->w, "url", buf_slice(&b));
	} else if (!fhir_is_blank(fhir_value(x->t, FF_URL)) && !fhir_contains(fhir_value(x->t, FF_URL), " "))
		jsonw_kslice(x->w, "url", fhir_value(x->t, FF_URL));
	uint64_t size;
	if (num_u64(fhir_value(x->t, FF_CONTENT_SIZE), 0, INT32_MAX, &size) == 0)
		jsonw_ku64(x->w, "size", size);
	struct slice title = fhir_value(x->t, FF_TITLE);
	if (fhir_is_blank(title))
		title = fhir_shown(fhir_value(x->t, FF_CODE));
	jsonw_kslice(x->w, "title", fhir_is_blank(title) ? SLICE("Document") : slice_trim(title));
	fhir_out_time(x, "creation", fhir_value(x->t, FF_TIME), FHIR_DATETIME);
	jsonw_obj_end(x->w);
	jsonw_obj_end(x->w);
	jsonw_arr_end(x->w);
}

static void relates_to(struct fhir_out *x)
{
	struct slice parent = fhir_value(x->t, FF_PARENT), relation = fhir_value(x->t, FF_RELATION);
	const char *code = fhir_word("replaces\0transforms\0signs\0appends\0", relation);
	if (fhir_is_blank(fact_part(parent, FI_VALUE)))
		return;
	jsonw_key(x->w, "relatesTo");
	jsonw_arr(x->w);
	jsonw_obj(x->w);
	jsonw_kstr(x->w, "code", code ? code : "appends");
	jsonw_key(x->w, "target");
	jsonw_obj(x->w);
	jsonw_kstr(x->w, "type", "DocumentReference");
	jsonw_key(x->w, "identifier");
	fhir_out_ident(x->w, parent);
	jsonw_obj_end(x->w);
	jsonw_obj_end(x->w);
	jsonw_arr_end(x->w);
}

void fhir_write_document(struct fhir_out *x)
{
	static const struct fhir_pair map[] = {{"current", "current"}, {"preliminary", "current"}, {"superseded", "superseded"}, {"entered-in-error", "entered-in-error"}};
	struct slice status = fhir_value(x->t, FF_STATUS), recorded = fhir_value(x->t, FF_RECORDED);
	const char *known = FHIR_MAP(map, status);
	bool error = x->it->state == FACT_IN_ERROR || x->it->state == FACT_DELETED;
	fhir_out_idents(x);
	jsonw_kstr(x->w, "status", error ? "entered-in-error" : x->it->state == FACT_REPLACED ? "superseded" : known ? known : "current");
	if (slice_eq_str(status, "preliminary"))
		jsonw_kstr(x->w, "docStatus", "preliminary");
	fhir_out_code(x, "type", fhir_value(x->t, FF_CODE));
	fhir_out_codes(x, "category", FF_CATEGORY);
	fhir_out_subject(x, "subject");
	fhir_out_time(x, "date", recorded.n ? recorded : fhir_value(x->t, FF_TIME), FHIR_INSTANT);
	struct slice author = fhir_value(x->t, FF_AUTHOR);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 65536);
	if (fhir_person_text(author, &b).n) {
		jsonw_key(x->w, "author");
		jsonw_arr(x->w);
		fhir_out_person_value(x->w, author, "Practitioner");
		jsonw_arr_end(x->w);
	}
	fhir_out_person(x, "authenticator", fhir_value(x->t, FF_PERFORMER), "Practitioner");
	relates_to(x);
	buf_reset(&b);
	lines_of(x->t, FF_TEXT, &b);
	if (b.n == 0 && !fhir_is_blank(fhir_value(x->t, FF_TITLE)))
		buf_add_slice(&b, slice_trim(fhir_value(x->t, FF_TITLE)));
	jsonw_kslice_opt(x->w, "description", buf_slice(&b));
	attachment(x);
	struct slice visit = fhir_value(x->t, FF_VISIT);
	if (!fhir_is_blank(fact_part(visit, FI_VALUE))) {
		jsonw_key(x->w, "context");
		jsonw_obj(x->w);
		jsonw_key(x->w, "encounter");
		jsonw_arr(x->w);
		jsonw_obj(x->w);
		jsonw_kstr(x->w, "type", "Encounter");
		jsonw_key(x->w, "identifier");
		fhir_out_ident(x->w, visit);
		jsonw_obj_end(x->w);
		jsonw_arr_end(x->w);
		jsonw_obj_end(x->w);
	}
}
