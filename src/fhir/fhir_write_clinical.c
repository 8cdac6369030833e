/* AllergyIntolerance, Condition, Immunization, Procedure, Flag, List, Basic, and the resources that say "none known". */
#include "fhir_internal.h"

#define ABSENT_UNKNOWN "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"

static bool in_error(const struct fhir_out *x)
{
	return x->it->state == FACT_IN_ERROR || slice_eq_str(fhir_value(x->t, FF_STATUS), "entered-in-error") || slice_eq_str(fhir_value(x->t, FF_VERIFICATION), "entered-in-error");
}

/* ---- AllergyIntolerance ---- */

static const struct fhir_pair severities[] = {{"severe", "severe"}, {"SV", "severe"}, {"24484000", "severe"}, {"moderate", "moderate"}, {"MO", "moderate"}, {"6736007", "moderate"}, {"mild", "mild"}, {"MI", "mild"},
	{"255604002", "mild"}, {"life-threatening", "severe"}, {"fatal", "severe"}};

static const char *severity(struct slice c)
{
	static const uint8_t parts[] = {FC_CODE, FC_ALT_CODE, FC_DISPLAY, FC_TEXT};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const char *s = FHIR_MAP(severities, slice_trim(fact_part(c, parts[i])));
		if (s)
			return s;
	}
	return NULL;
}

/* HL7 table 0127 beside R4's four words. */
static const char *allergy_category(struct slice c)
{
	static const struct fhir_pair map[] = {{"food", "food"}, {"medication", "medication"}, {"environment", "environment"}, {"biologic", "biologic"}, {"DA", "medication"}, {"FA", "food"}, {"EA", "environment"},
		{"AA", "environment"}, {"PA", "environment"}, {"LA", "environment"}, {"drug", "medication"}};
	const char *s = FHIR_MAP(map, slice_trim(fact_part(c, FC_CODE)));
	return s ? s : FHIR_MAP(map, slice_trim(fhir_shown(c)));
}

static void categories(struct fhir_out *x)
{
	const char *seen[4];
	unsigned count = 0;
	for (size_t i = 0, n = fact_count(x->t, FF_CATEGORY); i < n && count < 4; i++) {
		const char *c = allergy_category(fact_nth(x->t, FF_CATEGORY, i));
		bool again = !c;
		for (unsigned k = 0; k < count; k++)
			again = again || strcmp(seen[k], c) == 0;
		if (!again)
			seen[count++] = c;
	}
	if (!count)
		return;
	jsonw_key(x->w, "category");
	jsonw_arr(x->w);
	for (unsigned i = 0; i < count; i++)
		jsonw_str(x->w, seen[i]);
	jsonw_arr_end(x->w);
}

static void reactions(struct fhir_out *x)
{
	const char *how = severity(fhir_value(x->t, FF_SEVERITY));
	bool any = false;
	for (size_t i = 0, n = fact_count(x->t, FF_REACTION); i < n; i++)
		any = any || fhir_shown(fact_nth(x->t, FF_REACTION, i)).n > 0;
	if (!any && !how)
		return;
	jsonw_key(x->w, "reaction");
	jsonw_arr(x->w);
	jsonw_obj(x->w);
	if (!any || !fhir_out_codes(x, "manifestation", FF_REACTION)) { /* 1..*: how bad is known, but not what */
		jsonw_key(x->w, "manifestation");
		jsonw_arr(x->w);
		jsonw_obj(x->w);
		jsonw_kstr(x->w, "text", "not stated");
		jsonw_obj_end(x->w);
		jsonw_arr_end(x->w);
	}
	if (how)
		jsonw_kstr(x->w, "severity", how);
	jsonw_obj_end(x->w);
	jsonw_arr_end(x->w);
}

static void coded_status(struct jsonw *w, const char *key, const char *system, const char *code)
{
	fhir_out_fixed(w, key, system, code, NULL);
}

#define ALLERGY_CLINICAL "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
#define ALLERGY_VERIFICATION "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
#define CONDITION_CLINICAL "http://terminology.hl7.org/CodeSystem/condition-clinical"
#define CONDITION_VERIFICATION "http://terminology.hl7.org/CodeSystem/condition-ver-status"

static void unknown_code(struct fhir_out *x, const char *key)
{
	jsonw_key(x->w, key);
	jsonw_obj(x->w);
	jsonw_kstr(x->w, "text", "not stated");
	jsonw_obj_end(x->w);
}

void fhir_write_allergy(struct fhir_out *x)
{
	static const struct fhir_pair verified[] = {{"confirmed", "confirmed"}, {"unconfirmed", "unconfirmed"}, {"provisional", "unconfirmed"}, {"differential", "unconfirmed"}, {"refuted", "refuted"}};
	bool error = in_error(x);
	const char *clinical = fhir_word("active\0inactive\0resolved\0", fhir_value(x->t, FF_CLINICAL_STATUS)), *v = FHIR_MAP(verified, fhir_value(x->t, FF_VERIFICATION));
	fhir_out_idents(x);
	if (!error) /* ait-1, ait-2 */
		coded_status(x->w, "clinicalStatus", ALLERGY_CLINICAL, x->it->state != FACT_CURRENT ? "inactive" : clinical ? clinical : "active");
	if (error || v)
		coded_status(x->w, "verificationStatus", ALLERGY_VERIFICATION, error ? "entered-in-error" : v);
	const char *type = fhir_word("allergy\0intolerance\0", fhir_value(x->t, FF_TYPE)), *risk = fhir_word("low\0high\0unable-to-assess\0", fhir_value(x->t, FF_CRITICALITY));
	if (type)
		jsonw_kstr(x->w, "type", type);
	categories(x);
	if (risk)
		jsonw_kstr(x->w, "criticality", risk);
	if (!fhir_out_code(x, "code", fhir_value(x->t, FF_CODE)))
		unknown_code(x, "code");
	fhir_out_subject(x, "patient");
	fhir_out_encounter(x, "encounter");
	fhir_out_time(x, "onsetDateTime", fhir_value(x->t, FF_TIME), FHIR_DATETIME);
	fhir_out_time(x, "recordedDate", fhir_value(x->t, FF_RECORDED), FHIR_DATETIME);
	fhir_out_person(x, "recorder", fhir_value(x->t, FF_ENTERER), "Practitioner");
	fhir_out_person(x, "asserter", fhir_value(x->t, FF_PERFORMER), "Practitioner");
	struct slice how = fhir_value(x->t, FF_SEVERITY);
	fhir_out_notes_and(x, (const uint8_t[]){FF_SEVERITY}, (const char *const[]){"severity"}, how.n && !severity(how) ? 1 : 0);
	reactions(x);
}

/* ---- Condition ---- */

void fhir_write_condition(struct fhir_out *x)
{
	bool error = in_error(x);
	const char *clinical = fhir_word("active\0recurrence\0relapse\0inactive\0remission\0resolved\0", fhir_value(x->t, FF_CLINICAL_STATUS));
	const char *verified = fhir_word("unconfirmed\0provisional\0differential\0confirmed\0refuted\0", fhir_value(x->t, FF_VERIFICATION));
	struct slice end = fhir_value(x->t, FF_END);
	if (x->it->state != FACT_CURRENT)
		clinical = "inactive";
	else if (!clinical)
		clinical = end.n ? "resolved" : "active";
	bool over = fhir_word("inactive\0remission\0resolved\0", slice_str(clinical)) != NULL;
	fhir_out_idents(x);
	if (!error) /* con-5 */
		coded_status(x->w, "clinicalStatus", CONDITION_CLINICAL, clinical);
	if (error || verified)
		coded_status(x->w, "verificationStatus", CONDITION_VERIFICATION, error ? "entered-in-error" : verified);
	jsonw_key(x->w, "category");
	jsonw_arr(x->w);
	bool diagnosis = slice_eq_str(fact_part(fhir_value(x->t, FF_CATEGORY), FC_CODE), "encounter-diagnosis");
	fhir_out_fixed(x->w, NULL, "http://terminology.hl7.org/CodeSystem/condition-category", diagnosis ? "encounter-diagnosis" : "problem-list-item", diagnosis ? "Encounter Diagnosis" : "Problem List Item");
	jsonw_arr_end(x->w);
	fhir_out_code(x, "severity", fhir_value(x->t, FF_SEVERITY));
	if (!fhir_out_code(x, "code", fhir_value(x->t, FF_CODE)))
		unknown_code(x, "code");
	fhir_out_codes(x, "bodySite", FF_BODY_SITE);
	fhir_out_subject(x, "subject");
	fhir_out_encounter(x, "encounter");
	fhir_out_time(x, "onsetDateTime", fhir_value(x->t, FF_TIME), FHIR_DATETIME);
	if (over || error) /* con-4: an active problem has no abatement */
		fhir_out_time(x, "abatementDateTime", end, FHIR_DATETIME);
	fhir_out_time(x, "recordedDate", fhir_value(x->t, FF_RECORDED), FHIR_DATETIME);
	fhir_out_person(x, "recorder", fhir_value(x->t, FF_ENTERER), "Practitioner");
	fhir_out_person(x, "asserter", fhir_value(x->t, FF_PERFORMER), "Practitioner");
	fhir_out_notes_and(x, (const uint8_t[]){FF_END}, (const char *const[]){"end"}, over || error ? 0 : 1);
}

/* ---- Immunization ---- */

static void performers(struct fhir_out *x, const char *key, bool with_function)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	bool any = false;
	for (size_t i = 0, n = fact_count(x->t, FF_PERFORMER); i < n; i++) {
		struct slice who = fact_nth(x->t, FF_PERFORMER, i), role = fact_part(who, FP_ROLE);
		if (fhir_person_text(who, &b).n == 0)
			continue;
		if (!any) {
			jsonw_key(x->w, key);
			jsonw_arr(x->w);
			any = true;
		}
		jsonw_obj(x->w);
		if (with_function && !fhir_is_blank(role)) {
			jsonw_key(x->w, "function");
			jsonw_obj(x->w);
			jsonw_kslice(x->w, "text", slice_trim(role));
			jsonw_obj_end(x->w);
		}
		fhir_out_person(x, "actor", who, "Practitioner");
		jsonw_obj_end(x->w);
	}
	if (any)
		jsonw_arr_end(x->w);
}

void fhir_out_location(struct fhir_out *x, const char *key, struct slice l)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	struct slice text = fhir_location_text(l, &b);
	if (text.n == 0)
		return;
	jsonw_key(x->w, key);
	jsonw_obj(x->w);
	jsonw_kslice(x->w, "display", text);
	jsonw_obj_end(x->w);
}

#define OCCURRENCE "occurrence: " /* fhir_put_when */

/* "childhood": the sender's words where there is no date. */
static void occurrence_words(struct fhir_out *x)
{
	for (unsigned i = 0; i < x->t->count && !x->said.p; i++)
		if (x->t->values[i].id == FF_TEXT && slice_starts(x->t->values[i].v, OCCURRENCE) && x->t->values[i].v.n > strlen(OCCURRENCE))
			x->said = x->t->values[i].v;
	if (x->said.p)
		jsonw_kslice(x->w, "occurrenceString", slice_of(x->said.p + strlen(OCCURRENCE), x->said.n - strlen(OCCURRENCE)));
	else
		jsonw_kstr(x->w, "occurrenceString", "not stated");
}

void fhir_write_immunization(struct fhir_out *x)
{
	const char *status = fhir_word("completed\0entered-in-error\0not-done\0", fhir_value(x->t, FF_STATUS));
	fhir_out_idents(x);
	jsonw_kstr(x->w, "status", in_error(x) || x->it->state == FACT_DELETED ? "entered-in-error" : status ? status : "completed");
	bool not_done = status && strcmp(status, "not-done") == 0;
	if (not_done)
		fhir_out_code(x, "statusReason", fhir_value(x->t, FF_REASON));
	if (!fhir_out_code(x, "vaccineCode", fhir_value(x->t, FF_CODE)))
		unknown_code(x, "vaccineCode");
	fhir_out_subject(x, "patient");
	fhir_out_encounter(x, "encounter");
	if (!fhir_out_time(x, "occurrenceDateTime", fhir_value(x->t, FF_TIME), FHIR_DATETIME))
		occurrence_words(x);
	fhir_out_time(x, "recorded", fhir_value(x->t, FF_RECORDED), FHIR_DATETIME);
	struct slice source = fact_part(fhir_value(x->t, FF_CATEGORY), FC_CODE);
	if (slice_eq_str(source, "new") || slice_eq_str(source, "00"))
		jsonw_kbool(x->w, "primarySource", true);
	else if (!fhir_is_blank(source)) /* RXA-9, NIP001: 01 to 08 are reported by somebody */
		jsonw_kbool(x->w, "primarySource", false);
	fhir_out_location(x, "location", fhir_value(x->t, FF_LOCATION));
	struct slice maker = fhir_shown(fhir_value(x->t, FF_MANUFACTURER));
	if (maker.n) {
		jsonw_key(x->w, "manufacturer");
		jsonw_obj(x->w);
		jsonw_kslice(x->w, "display", maker);
		jsonw_obj_end(x->w);
	}
	fhir_out_string(x, "lotNumber", fhir_value(x->t, FF_LOT));
	fhir_out_time(x, "expirationDate", fhir_value(x->t, FF_EXPIRY), FHIR_DATE);
	fhir_out_code(x, "site", fhir_value(x->t, FF_BODY_SITE));
	fhir_out_code(x, "route", fhir_value(x->t, FF_ROUTE));
	fhir_out_quantity(x, "doseQuantity", fhir_value(x->t, FF_DOSE), fhir_value(x->t, FF_DOSE_UNIT), SLICE_NULL);
	performers(x, "performer", true);
	fhir_out_notes(x);
	if (!not_done)
		fhir_out_codes(x, "reasonCode", FF_REASON);
}

/* ---- Procedure ---- */

void fhir_write_procedure(struct fhir_out *x)
{
	const char *status = fhir_word("preparation\0in-progress\0not-done\0on-hold\0stopped\0completed\0entered-in-error\0unknown\0", fhir_value(x->t, FF_STATUS));
	bool error = in_error(x) || x->it->state == FACT_DELETED;
	/* PR1 has no status: HL7 v2 6.5.4 sends procedures that were done */
	const char *says = error ? "entered-in-error" : status ? status : fhir_value(x->t, FF_TIME).n ? "completed" : "unknown";
	fhir_out_idents(x);
	jsonw_kstr(x->w, "status", says);
	fhir_out_code(x, "category", fhir_value(x->t, FF_CATEGORY));
	if (!fhir_out_code(x, "code", fhir_value(x->t, FF_CODE)))
		unknown_code(x, "code");
	fhir_out_subject(x, "subject");
	fhir_out_encounter(x, "encounter");
	if (!fhir_out_when(x, "performed", fhir_value(x->t, FF_TIME), fhir_value(x->t, FF_END)) && x->doc) {
		jsonw_key(x->w, "_performedDateTime"); /* IPS: performed 1..1 */
		fhir_out_absent(x->w, "unknown");
	}
	fhir_out_person(x, "recorder", fhir_value(x->t, FF_ENTERER), "Practitioner");
	performers(x, "performer", true);
	fhir_out_location(x, "location", fhir_value(x->t, FF_LOCATION));
	fhir_out_codes(x, "reasonCode", FF_REASON);
	fhir_out_codes(x, "bodySite", FF_BODY_SITE);
	fhir_out_notes(x);
}

/* ---- Flag ---- */

/* Our readers' own words for a category, in R4's flag-category; a sender's code stays as it is. */
static bool flag_category(struct jsonw *w, struct slice c)
{
	static const struct fhir_pair own[] = {{"code-status", "advance-directive"}, {"advance-directive", "advance-directive"}, {"living-will", "advance-directive"}, {"drug", "drug"}, {"isolation", "contact"}, {"precautions", "safety"}, {"protected", "admin"}, {"vip", "admin"},
		{"publicity", "admin"}, {"ambulatory", "clinical"}, {"diet", "diet"}};
	const char *code = fhir_is_blank(fact_part(c, FC_SYSTEM)) ? FHIR_MAP(own, fact_part(c, FC_CODE)) : NULL;
	if (fact_is_null(c) || fhir_shown(c).n == 0)
		return false;
	if (code)
		fhir_out_fixed(w, NULL, "http://terminology.hl7.org/CodeSystem/flag-category", code, NULL);
	else
		fhir_out_concept(w, c);
	return true;
}

void fhir_write_flag(struct fhir_out *x)
{
	bool off = x->it->state != FACT_CURRENT || slice_eq_str(fhir_value(x->t, FF_ACTION), "delete") || slice_eq_str(fhir_value(x->t, FF_STATUS), "inactive");
	fhir_out_idents(x);
	jsonw_kstr(x->w, "status", in_error(x) ? "entered-in-error" : off ? "inactive" : "active");
	fhir_out_list(x, "category", FF_CATEGORY, flag_category);
	if (!fhir_out_code(x, "code", fhir_value(x->t, FF_CODE))) {
		struct slice s = fhir_value(x->t, FF_PROTECTED);
		if (fhir_is_blank(s))
			s = fhir_shown(fhir_value(x->t, FF_CATEGORY));
		if (fhir_is_blank(s))
			s = fhir_value(x->t, FF_TEXT);
		if (fhir_is_blank(s))
			unknown_code(x, "code");
		else {
			jsonw_key(x->w, "code");
			jsonw_obj(x->w);
			jsonw_kslice(x->w, "text", slice_trim(s));
			jsonw_obj_end(x->w);
		}
	}
	fhir_out_subject(x, "subject");
	struct slice start = fhir_value(x->t, FF_START);
	fhir_out_period(x, "period", start.n ? start : fhir_value(x->t, FF_RECORDED), fhir_value(x->t, FF_END));
	fhir_out_encounter(x, "encounter");
	fhir_out_person(x, "author", fhir_value(x->t, FF_AUTHOR), "Practitioner");
}

/* ---- "none known" ---- */

struct absent {
	const char *category, *none, *none_text, *unknown, *unknown_text;
};
static const struct absent absents[] = {
	{"allergies", "no-known-allergies", "No known allergies", "no-allergy-info", "No information about allergies"},
	{"problems", "no-known-problems", "No known problems", "no-problem-info", "No information about problems"},
	{"medications", "no-known-medications", "No known medications", "no-medication-info", "No information about medications"},
	{"immunizations", "no-known-immunizations", "No known immunizations", "no-immunization-info", "No information about immunizations"},
	{"procedures", "no-known-procedures", "No known procedures", "no-procedure-info", "No information about past history of procedures"},
};

/* What was said in its own code (no known drug allergy is not no known allergy), else IPS' word for it. */
static void absent_code(struct fhir_out *x, const char *key, const struct absent *a, bool none, struct slice said)
{
	if (none && fhir_shown(said).n && fhir_out_code(x, key, said))
		return;
	jsonw_key(x->w, key);
	jsonw_obj(x->w);
	jsonw_key(x->w, "coding");
	jsonw_arr(x->w);
	jsonw_obj(x->w);
	jsonw_kstr(x->w, "system", ABSENT_UNKNOWN);
	jsonw_kstr(x->w, "code", none ? a->none : a->unknown);
	jsonw_kstr(x->w, "display", none ? a->none_text : a->unknown_text);
	jsonw_obj_end(x->w);
	jsonw_arr_end(x->w);
	jsonw_kstr(x->w, "text", none ? a->none_text : a->unknown_text);
	jsonw_obj_end(x->w);
}

static void absent_period(struct fhir_out *x, const char *key)
{
	jsonw_key(x->w, key);
	fhir_out_absent(x->w, "not-applicable");
}

void fhir_write_absent_body(struct fhir_out *x, const char *category, bool none, struct slice said)
{
	const struct absent *a = NULL;
	for (size_t i = 0; i < ARRAY_LEN(absents); i++)
		if (strcmp(absents[i].category, category) == 0)
			a = &absents[i];
	assert(a);
	struct jsonw *w = x->w;
	if (strcmp(category, "allergies") == 0) {
		coded_status(w, "clinicalStatus", ALLERGY_CLINICAL, "active");
		absent_code(x, "code", a, none, said);
		fhir_out_subject(x, "patient");
	} else if (strcmp(category, "problems") == 0) {
		coded_status(w, "clinicalStatus", CONDITION_CLINICAL, "active");
		absent_code(x, "code", a, none, said);
		fhir_out_subject(x, "subject");
	} else if (strcmp(category, "medications") == 0) {
		jsonw_kstr(w, "status", "unknown");
		absent_code(x, "medicationCodeableConcept", a, none, said);
		fhir_out_subject(x, "subject");
		absent_period(x, "effectivePeriod");
	} else if (strcmp(category, "immunizations") == 0) {
		jsonw_kstr(w, "status", "not-done");
		absent_code(x, "vaccineCode", a, none, said);
		fhir_out_subject(x, "patient");
		jsonw_kstr(w, "occurrenceString", "not applicable");
	} else {
		jsonw_kstr(w, "status", "unknown");
		absent_code(x, "code", a, none, said);
		fhir_out_subject(x, "subject");
		absent_period(x, "performedPeriod");
	}
}

void fhir_write_list(struct fhir_out *x)
{
	static const struct fhir_pair reasons[] = {{"none", "nilknown"}, {"unknown", "unavailable"}, {"withheld", "withheld"}};
	const char *why = FHIR_MAP(reasons, fhir_value(x->t, FF_STATUS));
	jsonw_kstr(x->w, "status", x->it->state == FACT_CURRENT ? "current" : "retired");
	jsonw_kstr(x->w, "mode", "snapshot");
	fhir_out_string(x, "title", fact_part(fhir_value(x->t, FF_CATEGORY), FC_CODE));
	fhir_out_subject(x, "subject");
	fhir_out_fixed(x->w, "emptyReason", "http://terminology.hl7.org/CodeSystem/list-empty-reason", why ? why : "unavailable", NULL);
}

/* ---- Basic: what came as a type that we do not interpret ---- */

void fhir_write_basic(struct fhir_out *x)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	struct slice type = fact_part(fhir_value(x->t, FF_CODE), FC_CODE), title = fhir_value(x->t, FF_TITLE);
	buf_str(&b, "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>");
	fhir_xhtml(&b, type.n ? type : SLICE("Resource"));
	if (title.n) {
		buf_str(&b, ": ");
		fhir_xhtml(&b, title);
	}
	buf_str(&b, "</p>");
	for (size_t i = 0, n = fact_count(x->t, FF_TEXT); i < n && b.n < FHIR_INLINE_MAX; i++) {
		buf_str(&b, "<p>");
		fhir_xhtml(&b, fact_nth(x->t, FF_TEXT, i));
		buf_str(&b, "</p>");
	}
	buf_str(&b, "</div>");
	jsonw_key(x->w, "text");
	jsonw_obj(x->w);
	jsonw_kstr(x->w, "status", "generated");
	jsonw_kslice(x->w, "div", buf_slice(&b));
	jsonw_obj_end(x->w);
	fhir_out_idents(x);
	if (!fhir_out_code(x, "code", fhir_value(x->t, FF_CODE)))
		unknown_code(x, "code");
	if (x->p)
		fhir_out_subject(x, "subject");
	struct slice time = fhir_value(x->t, FF_TIME);
	fhir_out_time(x, "created", time.n > 10 ? slice_of(time.p, 10) : time, FHIR_DATE);
}
