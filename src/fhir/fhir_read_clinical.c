/* AllergyIntolerance, Condition, Immunization, Procedure, Flag, Consent -> facts. */
#include "fhir_internal.h"

static bool code_is(const struct json_node *concept, const char *code)
{
	EACH(n, concept) {
		if (slice_eq_str(fhir_raw_code(n), code))
			return true;
		EACH(c, json_get(n, "coding"))
			if (slice_eq_str(json_text(c, "code"), code))
				return true;
	}
	return false;
}

/* clinicalStatus and verificationStatus: CodeableConcepts in R4, plain codes in older senders. Their words are ours (R4 value sets). */
static bool put_statuses(struct fhir_reader *r, struct fact *t, const struct json_node *n)
{
	bool error = code_is(json_get(n, "verificationStatus"), "entered-in-error");
	facts_put(r->f, t, FF_CLINICAL_STATUS, fhir_keep(r, fhir_raw_code(json_get(n, "clinicalStatus"))));
	facts_put(r->f, t, FF_VERIFICATION, fhir_keep(r, fhir_raw_code(json_get(n, "verificationStatus"))));
	if (error)
		facts_put_str(r->f, t, FF_STATUS, "entered-in-error");
	return error;
}

static void put_reactions(struct fhir_reader *r, struct fact *t, const struct json_node *reactions)
{
	static const char *const ranks[] = {"mild", "moderate", "severe"};
	int worst = -1;
	EACH(x, reactions) {
		fhir_put_code(r, t, FF_REACTION, json_get(x, "manifestation"));
		for (int i = 0; i < 3; i++)
			if (slice_eq_str(json_text(x, "severity"), ranks[i]) && i > worst)
				worst = i;
		fhir_put_line(r, t, "reaction", fhir_field(r, x, "description"));
		fhir_put_line(r, t, "reaction to", fhir_code_text(r, json_get(x, "substance")));
		fhir_put_line(r, t, "route", fhir_code_text(r, json_get(x, "exposureRoute")));
		fhir_put_notes(r, t, json_get(x, "note"));
	}
	if (worst >= 0)
		facts_put_parts(r->f, t, FF_SEVERITY, (const struct slice[]){slice_str(ranks[worst])}, 1);
}

void fhir_read_allergy(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	bool error = code_is(json_get(n, "verificationStatus"), "entered-in-error");
	if (fhir_said_nothing(r, g, "allergies", json_get(n, "code"), error))
		return;
	struct fact *t = fhir_fact(r, g, FACT_ALLERGY);
	put_statuses(r, t, n);
	fhir_put_code(r, t, FF_CODE, json_get(n, "code"));
	if (!json_get(n, "code")) /* older senders name the substance in the reaction alone */
		facts_put(r->f, t, FF_CODE, fhir_code(r, fhir_first(json_path(n, "reaction.0.substance"))));
	EACH(c, json_get(n, "category"))
		facts_put_parts(r->f, t, FF_CATEGORY, (const struct slice[]){fhir_keep(r, fhir_raw_code(c))}, 1);
	facts_put(r->f, t, FF_TYPE, fhir_field(r, n, "type"));
	facts_put(r->f, t, FF_CRITICALITY, fhir_field(r, n, "criticality"));
	put_reactions(r, t, json_get(n, "reaction"));
	fhir_put_when(r, t, FF_TIME, 0, n, "onset");
	fhir_put_time(r, t, FF_RECORDED, json_get(n, "recordedDate"));
	struct slice last = fhir_time(r, json_get(n, "lastOccurrence"));
	fhir_put_line(r, t, "last occurrence", last);
	fhir_put_person(r, t, FF_PERFORMER, json_get(n, "asserter"), NULL);
	fhir_put_person(r, t, FF_ENTERER, json_get(n, "recorder"), NULL);
	facts_put(r->f, t, FF_VISIT, fhir_visit_ident(r, json_get(n, "encounter")));
	fhir_put_notes(r, t, json_get(n, "note"));
}

/* condition-category, or LOINC 75326-9 "Problem" as IPS has it. Senders who give none mean the problem list. */
static const char *problem_category(const struct json_node *category)
{
	return code_is(category, "encounter-diagnosis") ? "encounter-diagnosis" : "problem-list-item";
}

/* R4 con-4: what has abated is not active. Only where the sender did not say itself what it is now. */
static bool is_over(const struct json_node *n)
{
	for (const struct json_node *c = n->child; c; c = c->next)
		if (slice_starts(c->key, "abatement"))
			return c->type != JSON_FALSE && c->type != JSON_NULL;
	return false;
}

/* An extension of the resource or of one of its codes. */
static const struct json_node *of_code(const struct json_node *n, const char *url_end)
{
	const struct json_node *x = fhir_extension(n, url_end);
	EACH(c, json_path(n, "code.coding"))
		x = x ? x : fhir_extension(c, url_end);
	return x;
}

/* German profiles (de.basisprofil.r4) say beside an ICD-10-GM or OPS code on which side it is, and how sure: A excluded, V suspected, G certain, Z the state after it. A diagnosis that was excluded must not
 * stand in a list of problems because only the extension says so. */
static void put_german(struct fhir_reader *r, struct fact *t, const struct json_node *n)
{
	static const struct fhir_pair sure[] = {{"A", "refuted"}, {"V", "provisional"}, {"G", "confirmed"}};
	const struct json_node *side = of_code(n, "/seitenlokalisation"), *x = of_code(n, "/icd-10-gm-diagnosesicherheit");
	struct slice where = side ? fhir_code_text(r, json_get(side, "valueCoding")) : SLICE_NULL, code = json_text(x, "valueCoding.code").n ? json_text(x, "valueCoding.code") : json_text(x, "valueCode");
	fhir_put_line(r, t, "side", where);
	const char *word = code.n ? FHIR_MAP(sure, code) : NULL;
	if (word && fact_count(t, FF_VERIFICATION) == 0)
		facts_put_str(r->f, t, FF_VERIFICATION, word);
	else if (word && !slice_eq_str(fact_get(t, FF_VERIFICATION), word)) /* it says two things */
		fhir_put_line(r, t, "certainty", slice_str(word));
	if (slice_eq_str(code, "Z")) {
		fhir_put_line(r, t, "certainty", SLICE("state after this diagnosis"));
		if (fact_count(t, FF_CLINICAL_STATUS) == 0)
			facts_put_str(r->f, t, FF_CLINICAL_STATUS, "resolved");
	}
}

void fhir_read_condition(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	bool error = code_is(json_get(n, "verificationStatus"), "entered-in-error");
	if (fhir_said_nothing(r, g, "problems", json_get(n, "code"), error))
		return;
	struct fact *t = fhir_fact(r, g, FACT_PROBLEM);
	put_statuses(r, t, n);
	fhir_put_code(r, t, FF_CODE, json_get(n, "code"));
	facts_put_parts(r->f, t, FF_CATEGORY, (const struct slice[]){slice_str(problem_category(json_get(n, "category")))}, 1);
	facts_put(r->f, t, FF_SEVERITY, fhir_code(r, fhir_first(json_get(n, "severity"))));
	fhir_put_code(r, t, FF_BODY_SITE, json_get(n, "bodySite"));
	fhir_put_when(r, t, FF_TIME, FF_END, n, "onset");
	fhir_put_when(r, t, FF_END, 0, n, "abatement");
	if (!fhir_raw_code(json_get(n, "clinicalStatus")).n && is_over(n))
		facts_put_str(r->f, t, FF_CLINICAL_STATUS, "resolved");
	put_german(r, t, n);
	fhir_put_time(r, t, FF_RECORDED, json_get(n, "recordedDate"));
	fhir_put_person(r, t, FF_PERFORMER, json_get(n, "asserter"), NULL);
	fhir_put_person(r, t, FF_ENTERER, json_get(n, "recorder"), NULL);
	facts_put(r->f, t, FF_VISIT, fhir_visit_ident(r, json_get(n, "encounter")));
	EACH(stage, json_get(n, "stage"))
		fhir_put_line(r, t, "stage", fhir_code_text(r, json_get(stage, "summary")));
	fhir_put_notes(r, t, json_get(n, "note"));
}

static void put_doses(struct fhir_reader *r, struct fact *t, const struct json_node *protocols)
{
	EACH(p, protocols) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 8192);
		struct slice number = fhir_field(r, p, json_get(p, "doseNumberString") ? "doseNumberString" : "doseNumberPositiveInt");
		struct slice of = fhir_field(r, p, json_get(p, "seriesDosesString") ? "seriesDosesString" : "seriesDosesPositiveInt");
		struct slice series = fhir_field(r, p, "series");
		if (number.n)
			buf_printf(&b, "dose %.*s", SLICE_FMT(number));
		if (number.n && of.n)
			buf_printf(&b, " of %.*s", SLICE_FMT(of));
		if (series.n)
			buf_printf(&b, "%s%.*s", b.n ? ", " : "", SLICE_FMT(series));
		EACH(d, json_get(p, "targetDisease")) {
			struct slice disease = fhir_code_text(r, d);
			if (disease.n)
				buf_printf(&b, "%s%.*s", b.n ? ", " : "", SLICE_FMT(disease));
		}
		fhir_put_line(r, t, NULL, fhir_keep_buf(r, &b));
	}
}

void fhir_read_immunization(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	struct slice status = fhir_field(r, n, "status");
	if (fhir_said_nothing(r, g, "immunizations", json_get(n, "vaccineCode"), slice_eq_str(status, "entered-in-error")))
		return;
	struct fact *t = fhir_fact(r, g, FACT_IMMUNIZATION);
	const char *known = fhir_word("completed\0not-done\0entered-in-error\0", status);
	facts_put_str(r->f, t, FF_STATUS, known ? known : "completed");
	facts_put(r->f, t, FF_STATUS_RAW, status);
	r->f->problems += !known;
	fhir_put_code(r, t, FF_CODE, json_get(n, "vaccineCode"));
	fhir_put_when(r, t, FF_TIME, 0, n, "occurrence");
	fhir_put_time(r, t, FF_RECORDED, json_get(n, "recorded"));
	facts_put(r->f, t, FF_LOT, fhir_field(r, n, "lotNumber"));
	fhir_put_time(r, t, FF_EXPIRY, json_get(n, "expirationDate"));
	struct slice maker = fhir_reference_text(r, json_get(n, "manufacturer"));
	if (maker.n)
		facts_put_parts(r->f, t, FF_MANUFACTURER, (const struct slice[]){[FC_TEXT] = maker}, 7);
	fhir_put_code(r, t, FF_BODY_SITE, json_get(n, "site"));
	fhir_put_code(r, t, FF_ROUTE, json_get(n, "route"));
	facts_put(r->f, t, FF_DOSE, fhir_field(r, json_get(n, "doseQuantity"), "value"));
	facts_put(r->f, t, FF_DOSE_UNIT, fhir_unit(r, json_get(n, "doseQuantity")));
	fhir_put_person(r, t, FF_PERFORMER, json_get(n, "performer"), "actor");
	facts_put(r->f, t, FF_LOCATION, fhir_location(r, json_get(n, "location")));
	fhir_put_code(r, t, FF_REASON, json_get(n, "statusReason"));
	fhir_put_code(r, t, FF_REASON, json_get(n, "reasonCode"));
	facts_put(r->f, t, FF_VISIT, fhir_visit_ident(r, json_get(n, "encounter")));
	const struct json_node *primary = json_get(n, "primarySource");
	if (primary) /* RXA-9: what was given here is new, what somebody reported is historical */
		facts_put_parts(r->f, t, FF_CATEGORY, (const struct slice[]){primary->type == JSON_FALSE ? SLICE("historical") : SLICE("new")}, 1);
	fhir_put_line(r, t, "source", fhir_code_text(r, json_get(n, "reportOrigin")));
	put_doses(r, t, json_get(n, "protocolApplied"));
	EACH(x, json_get(n, "reaction"))
		fhir_put_line(r, t, "reaction", fhir_reference_text(r, json_get(x, "detail")));
	fhir_put_notes(r, t, json_get(n, "note"));
}

void fhir_read_procedure(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	struct slice status = fhir_field(r, n, "status");
	if (fhir_said_nothing(r, g, "procedures", json_get(n, "code"), slice_eq_str(status, "entered-in-error")))
		return;
	struct fact *t = fhir_fact(r, g, FACT_PROCEDURE);
	const char *known = fhir_word("preparation\0in-progress\0not-done\0on-hold\0stopped\0completed\0entered-in-error\0unknown\0", status);
	facts_put_str(r->f, t, FF_STATUS, known ? known : "unknown");
	facts_put(r->f, t, FF_STATUS_RAW, status);
	fhir_put_code(r, t, FF_CODE, json_get(n, "code"));
	fhir_put_code(r, t, FF_CATEGORY, json_get(n, "category"));
	fhir_put_when(r, t, FF_TIME, FF_END, n, "performed");
	fhir_put_person(r, t, FF_PERFORMER, json_get(n, "performer"), "actor");
	fhir_put_person(r, t, FF_ENTERER, json_get(n, "recorder"), NULL);
	fhir_put_code(r, t, FF_BODY_SITE, json_get(n, "bodySite"));
	fhir_put_code(r, t, FF_REASON, json_get(n, "reasonCode"));
	EACH(reason, json_get(n, "reasonReference")) {
		struct slice s = fhir_reference_text(r, reason);
		if (s.n)
			facts_put_parts(r->f, t, FF_REASON, (const struct slice[]){[FC_TEXT] = s}, 7);
	}
	fhir_put_code(r, t, FF_REASON, json_get(n, "statusReason"));
	facts_put(r->f, t, FF_LOCATION, fhir_location(r, json_get(n, "location")));
	facts_put(r->f, t, FF_VISIT, fhir_visit_ident(r, json_get(n, "encounter")));
	put_german(r, t, n);
	fhir_put_line(r, t, "outcome", fhir_code_text(r, json_get(n, "outcome")));
	EACH(c, json_get(n, "complication"))
		fhir_put_line(r, t, "complication", fhir_code_text(r, c));
	fhir_put_notes(r, t, json_get(n, "note"));
}

void fhir_read_flag(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	struct fact *t = fhir_fact(r, g, FACT_FLAG);
	struct slice status = fhir_field(r, n, "status");
	facts_put(r->f, t, FF_STATUS, status);
	fhir_put_code(r, t, FF_CODE, json_get(n, "code"));
	fhir_put_code(r, t, FF_CATEGORY, json_get(n, "category"));
	fhir_put_time(r, t, FF_START, json_path(n, "period.start"));
	fhir_put_time(r, t, FF_END, json_path(n, "period.end"));
	fhir_put_person(r, t, FF_AUTHOR, json_get(n, "author"), NULL);
	facts_put(r->f, t, FF_VISIT, fhir_visit_ident(r, json_get(n, "encounter")));
	if (slice_eq_str(status, "inactive") || slice_eq_str(status, "entered-in-error"))
		facts_put_str(r->f, t, FF_ACTION, "delete");
}

/* An advance directive is what a nurse must see on the first page (R4 6.2, consentcategorycodes acd, dnr, polst, emergency; scope adr; LOINC 42348-3 and its kin).
 * A consent to share data is kept, and is no flag. */
static bool is_directive(const struct json_node *n)
{
	static const char *const codes[] = {"adr", "acd", "dnr", "polst", "hcd", "emrgonly", "42348-3", "75320-2", "75773-2", "78823-2", "81334-5", "84095-9", "86533-7", "304251008", "304253006"};
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (code_is(json_get(n, "scope"), codes[i]) || code_is(json_get(n, "category"), codes[i]) || code_is(json_path(n, "provision.code"), codes[i]))
			return true;
	return false;
}

void fhir_read_consent(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	if (!is_directive(n)) {
		fhir_read_generic(r, g, n);
		return;
	}
	struct fact *t = fhir_fact(r, g, FACT_FLAG);
	struct slice status = fhir_field(r, n, "status");
	facts_put(r->f, t, FF_STATUS_RAW, status);
	bool over = fhir_word("inactive\0entered-in-error\0rejected\0", status) != NULL;
	facts_put_str(r->f, t, FF_STATUS, slice_eq_str(status, "entered-in-error") ? "entered-in-error" : over ? "inactive" : "active");
	facts_put_parts(r->f, t, FF_CATEGORY, (const struct slice[]){SLICE("code-status"), SLICE("Advance directive")}, 2);
	const struct json_node *provision = json_path(n, "provision.code");
	const struct json_node *code = fhir_first(provision) ? fhir_first(provision) : fhir_first(json_get(n, "category"));
	facts_put(r->f, t, FF_CODE, fhir_code(r, code));
	if (fhir_first(provision))
		fhir_put_line(r, t, NULL, fhir_code_text(r, json_get(n, "category")));
	if (slice_eq_str(json_text(json_get(n, "provision"), "type"), "deny"))
		fhir_put_line(r, t, NULL, SLICE("the patient denies this"));
	if (slice_eq_str(status, "draft") || slice_eq_str(status, "proposed"))
		fhir_put_line(r, t, NULL, SLICE("not signed yet: proposed"));
	fhir_put_time(r, t, FF_RECORDED, json_get(n, "dateTime"));
	fhir_put_time(r, t, FF_START, json_path(n, "provision.period.start"));
	fhir_put_time(r, t, FF_END, json_path(n, "provision.period.end"));
	fhir_put_line(r, t, "document", fhir_reference_text(r, json_get(n, "sourceReference")));
	fhir_put_person(r, t, FF_AUTHOR, json_get(n, "performer"), NULL);
	if (over)
		facts_put_str(r->f, t, FF_ACTION, "delete");
}
