/* What DSTU2, STU3 and R5 call otherwise, in R4's words: the tree of a resource is changed before it is read.
 *
 * Many hospitals still speak DSTU2 (Argonaut) and STU3. Where the names differ, a reader of R4 would lose the substance of an allergy and the whole of a MedicationOrder; worse, it would not see that something was
 * not done: until R4 that was a flag of its own beside a status of "completed" (wasNotGiven, notGiven, notPerformed, notDone, wasNotTaken, taken). A name is changed only where R4 has none of that name in that
 * type, and where what R4 calls it is not there: an R4 resource passes through as it is. */
#include "fhir_internal.h"

static struct json_node *own(const struct json_node *obj, const char *key)
{
	return (struct json_node *)(uintptr_t)json_get(obj, key); /* the tree is ours: json_get looks, and does not change it */
}

static void rename_key(struct json_node *obj, const char *from, const char *to)
{
	struct json_node *n = own(obj, from);
	if (n && !json_get(obj, to))
		n->key = slice_str(to);
}

static void set_text(struct json_node *n, const char *value)
{
	if (n)
		*n = (struct json_node){.type = JSON_STR, .key = n->key, .value = slice_str(value), .next = n->next};
}

/* What stands one level deeper comes up in the place of what it stands in: {"requester":{"agent":X}} -> {"requester":X}. */
static void lift(struct json_node *obj, const char *key, const char *inner)
{
	struct json_node *n = own(obj, key), *in = n && n->type == JSON_OBJ ? own(n, inner) : NULL;
	if (!in)
		return;
	struct slice name = n->key;
	struct json_node *next = n->next;
	*n = *in;
	n->key = name;
	n->next = next;
}

static bool is_true(const struct json_node *obj, const char *key)
{
	const struct json_node *n = json_get(obj, key);
	return n && n->type == JSON_TRUE;
}

/* A flag that says no changes what the status says; where there is no status, the flag becomes it. An entry that was a mistake stays one. */
static void negate(struct json_node *n, const char *flag, const char *status)
{
	if (!is_true(n, flag) || slice_eq_str(json_text(n, "status"), "entered-in-error"))
		return;
	if (!json_get(n, "status"))
		rename_key(n, flag, "status");
	set_text(own(n, "status"), status);
}

static void change_words(struct json_node *n, const struct fhir_pair *map, size_t count)
{
	const char *word = n && n->type == JSON_STR ? fhir_map(map, count, n->value) : NULL;
	if (word)
		n->value = slice_str(word);
}

/* ---- by type ---- */

struct renaming {
	const char *type, *from, *to;
};
static const struct renaming renamings[] = {
	{"AllergyIntolerance", "substance", "code"}, {"AllergyIntolerance", "onset", "onsetDateTime"}, {"AllergyIntolerance", "assertedDate", "recordedDate"}, {"AllergyIntolerance", "lastOccurence", "lastOccurrence"},
	{"AllergyIntolerance", "reporter", "asserter"},
	{"Appointment", "reason", "reasonCode"}, {"Appointment", "type", "serviceType"},
	{"Condition", "dateRecorded", "recordedDate"}, {"Condition", "assertedDate", "recordedDate"}, {"Condition", "notes", "note"}, {"Condition", "context", "encounter"},
	{"Coverage", "issuer", "payor"},
	{"DiagnosticOrder", "orderer", "requester"}, {"DiagnosticOrder", "reason", "reasonCode"},
	{"DiagnosticReport", "codedDiagnosis", "conclusionCode"}, {"DiagnosticReport", "context", "encounter"},
	{"DocumentReference", "indexed", "date"}, {"DocumentReference", "class", "category"},
	{"Encounter", "reason", "reasonCode"}, {"Encounter", "indication", "reasonReference"}, {"Encounter", "actualPeriod", "period"},
	{"Immunization", "date", "occurrenceDateTime"}, {"Immunization", "practitioner", "performer"}, {"Immunization", "vaccinationProtocol", "protocolApplied"},
	{"MedicationAdministration", "effectiveTimeDateTime", "effectiveDateTime"}, {"MedicationAdministration", "effectiveTimePeriod", "effectivePeriod"}, {"MedicationAdministration", "prescription", "request"},
	{"MedicationAdministration", "encounter", "context"}, {"MedicationAdministration", "practitioner", "performer"}, {"MedicationAdministration", "reasonNotGiven", "statusReason"}, {"MedicationAdministration", "reasonGiven", "reasonCode"},
	{"MedicationDispense", "dispenser", "performer"},
	{"MedicationOrder", "dateWritten", "authoredOn"}, {"MedicationOrder", "prescriber", "requester"}, {"MedicationOrder", "reasonCodeableConcept", "reasonCode"}, {"MedicationOrder", "reasonEnded", "statusReason"},
	{"MedicationRequest", "context", "encounter"},
	{"MedicationStatement", "reasonNotTaken", "statusReason"}, {"MedicationStatement", "reasonForUseCodeableConcept", "reasonCode"}, {"MedicationStatement", "reasonForUseReference", "reasonReference"},
	{"Observation", "comments", "note"}, {"Observation", "comment", "note"}, {"Observation", "context", "encounter"},
	{"Patient", "careProvider", "generalPractitioner"},
	{"Procedure", "reasonCodeableConcept", "reasonCode"}, {"Procedure", "notes", "note"}, {"Procedure", "context", "encounter"}, {"Procedure", "reasonNotPerformed", "statusReason"}, {"Procedure", "notDoneReason", "statusReason"},
	{"ProcedureRequest", "orderer", "requester"}, {"ProcedureRequest", "orderedOn", "authoredOn"}, {"ProcedureRequest", "reasonCodeableConcept", "reasonCode"}, {"ProcedureRequest", "notes", "note"}, {"ProcedureRequest", "context", "encounter"},
	{"ProcedureRequest", "scheduledDateTime", "occurrenceDateTime"}, {"ProcedureRequest", "scheduledPeriod", "occurrencePeriod"},
	{"ReferralRequest", "serviceRequested", "code"}, {"ReferralRequest", "type", "category"}, {"ReferralRequest", "reason", "reasonCode"}, {"ReferralRequest", "dateSent", "authoredOn"}, {"ReferralRequest", "date", "authoredOn"}, {"ReferralRequest", "description", "note"},
	{"ReferralRequest", "context", "encounter"}, {"ReferralRequest", "recipient", "performer"},
};

static void older_dosages(struct json_node *list)
{
	static const struct renaming names[] = {{NULL, "additionalInstructions", "additionalInstruction"}, {NULL, "siteCodeableConcept", "site"}, {NULL, "quantityQuantity", "doseQuantity"}, {NULL, "quantityRange", "doseRange"},
		{NULL, "quantity", "dose"}, {NULL, "asNeededFor", "asNeededCodeableConcept"}};
	EACH(d, list) {
		struct json_node *dosage = (struct json_node *)(uintptr_t)d, *repeat = (struct json_node *)(uintptr_t)json_path(d, "timing.repeat");
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			rename_key(dosage, names[i].from, names[i].to);
		rename_key(repeat, "periodUnits", "periodUnit");
		rename_key(repeat, "durationUnits", "durationUnit");
	}
}

static void older_allergy(struct json_node *n)
{
	static const struct fhir_pair levels[] = {{"CRITL", "low"}, {"CRITH", "high"}, {"CRITU", "unable-to-assess"}};
	change_words(own(n, "criticality"), levels, ARRAY_LEN(levels));
	if (fhir_word("unconfirmed\0confirmed\0refuted\0entered-in-error\0", json_text(n, "status")))
		rename_key(n, "status", "verificationStatus");
	else if (fhir_word("active\0inactive\0resolved\0", json_text(n, "status")))
		rename_key(n, "status", "clinicalStatus");
	lift(n, "type", "coding"); /* R5: a concept */
	struct json_node *type = own(n, "type");
	if (type && type->type == JSON_ARR && type->child)
		set_text(type, fhir_word("allergy\0intolerance\0", json_text(type->child, "code")) ? fhir_word("allergy\0intolerance\0", json_text(type->child, "code")) : "");
	EACH(x, json_get(n, "reaction"))
		EACH(m, json_get(x, "manifestation"))
			if (json_get(m, "concept")) { /* R5: CodeableReference */
				struct json_node *to = (struct json_node *)(uintptr_t)m, *next = to->next;
				*to = *json_get(m, "concept");
				to->next = next;
			}
}

static void older_immunization(struct json_node *n)
{
	struct json_node *reported = own(n, "reported");
	negate(n, "wasNotGiven", "not-done");
	negate(n, "notGiven", "not-done");
	if (reported && !json_get(n, "primarySource") && (reported->type == JSON_TRUE || reported->type == JSON_FALSE)) {
		reported->key = SLICE("primarySource");
		reported->type = reported->type == JSON_TRUE ? JSON_FALSE : JSON_TRUE;
	}
	struct json_node *why = own(n, "explanation");
	if (why && why->type == JSON_OBJ) {
		bool no = json_get(why, "reasonNotGiven") != NULL;
		lift(n, "explanation", no ? "reasonNotGiven" : "reason");
		rename_key(n, "explanation", no ? "statusReason" : "reasonCode");
	}
	EACH(p, json_get(n, "protocolApplied")) {
		rename_key((struct json_node *)(uintptr_t)p, "doseSequence", "doseNumberPositiveInt");
		rename_key((struct json_node *)(uintptr_t)p, "seriesDoses", "seriesDosesPositiveInt");
	}
}

static void older_statement(struct json_node *n)
{
	negate(n, "wasNotTaken", "not-taken");
	if (slice_eq_str(json_text(n, "taken"), "n") && !slice_eq_str(json_text(n, "status"), "entered-in-error"))
		set_text(own(n, json_get(n, "status") ? "status" : "taken"), "not-taken");
	older_dosages(own(n, "dosage"));
}

static void older_procedure(struct json_node *n)
{
	static const struct fhir_pair words[] = {{"aborted", "stopped"}, {"suspended", "on-hold"}};
	change_words(own(n, "status"), words, ARRAY_LEN(words));
	negate(n, "notPerformed", "not-done");
	negate(n, "notDone", "not-done");
}

static void older_order(struct json_node *n)
{
	static const struct fhir_pair words[] = {{"proposed", "draft"}, {"planned", "draft"}, {"requested", "active"}, {"received", "active"}, {"accepted", "active"}, {"in-progress", "active"}, {"review", "active"},
		{"suspended", "on-hold"}, {"cancelled", "revoked"}, {"rejected", "revoked"}, {"aborted", "revoked"}, {"failed", "revoked"}};
	change_words(own(n, "status"), words, ARRAY_LEN(words));
	lift(n, "requester", "agent");
	if (!json_get(n, "code") && json_path(n, "item.0.code")) /* a DiagnosticOrder lists its tests */
		rename_key(n, "item", "code");
	EACH(item, json_get(n, "code"))
		if (json_get(item, "code") && json_get(item, "code")->type == JSON_OBJ) {
			struct json_node *to = (struct json_node *)(uintptr_t)item, *next = to->next;
			*to = *json_get(item, "code");
			to->next = next;
		}
}

static void older_encounter(struct json_node *n)
{
	static const struct fhir_pair words[] = {{"discharged", "finished"}, {"completed", "finished"}, {"discontinued", "cancelled"}, {"on-hold", "onleave"}};
	change_words(own(n, "status"), words, ARRAY_LEN(words));
	EACH(p, json_get(n, "participant"))
		rename_key((struct json_node *)(uintptr_t)p, "actor", "individual");
}

/* R5: medication is a concept or a reference in one; R4 has two names for it. */
static void newer_medication(struct json_node *n)
{
	const struct json_node *m = json_get(n, "medication");
	const char *inner = json_get(m, "concept") ? "concept" : "reference";
	if (!json_get(m, inner))
		return;
	bool concept = inner[0] == 'c';
	lift(n, "medication", inner);
	rename_key(n, "medication", concept ? "medicationCodeableConcept" : "medicationReference");
}

static void older_medication(struct json_node *n)
{
	const char *what = json_path(n, "product.ingredient") ? "ingredient" : "form"; /* DSTU2: of what it is made says more than its shape */
	lift(n, "product", what);
	if (json_get(n, "product") && !json_get(json_get(n, "product"), what))
		rename_key(n, "product", what);
	EACH(i, json_get(n, "ingredient")) {
		struct json_node *to = (struct json_node *)(uintptr_t)i;
		rename_key(to, "amount", "strength");
		rename_key(to, "item", json_text(json_get(i, "item"), "reference").n ? "itemReference" : "itemCodeableConcept");
	}
}

void fhir_modernise(struct json_node *n)
{
	struct slice type = json_text(n, "resourceType");
	if (n->type != JSON_OBJ)
		return;
	for (size_t i = 0; i < ARRAY_LEN(renamings); i++)
		if (slice_eq_str(type, renamings[i].type))
			rename_key(n, renamings[i].from, renamings[i].to);
	if (slice_starts(type, "Medication") && type.n > 10) {
		newer_medication(n);
		lift(n, "requester", "agent");
		older_dosages(own(n, "dosageInstruction"));
		older_dosages(slice_eq_str(type, "MedicationAdministration") ? own(n, "dosage") : NULL);
	}
	if (slice_eq_str(type, "AllergyIntolerance"))
		older_allergy(n);
	else if (slice_eq_str(type, "Immunization"))
		older_immunization(n);
	else if (slice_eq_str(type, "MedicationStatement"))
		older_statement(n);
	else if (slice_eq_str(type, "MedicationAdministration")) {
		negate(n, "wasNotGiven", "not-done");
		negate(n, "notGiven", "not-done");
	} else if (slice_eq_str(type, "Procedure"))
		older_procedure(n);
	else if (slice_eq_str(type, "Encounter"))
		older_encounter(n);
	else if (slice_eq_str(type, "Medication"))
		older_medication(n);
	else if (slice_eq_str(type, "DiagnosticOrder") || slice_eq_str(type, "ProcedureRequest") || slice_eq_str(type, "ReferralRequest"))
		older_order(n);
	EACH(c, json_get(n, "contained"))
		if (c->type == JSON_OBJ && !json_get(c, "contained"))
			fhir_modernise((struct json_node *)(uintptr_t)c);
}
