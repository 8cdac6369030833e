/* An item -> its resource. What each type looks like is in the fhir_write_*.c files. */
#include "fhir_internal.h"

/* ---- which type ---- */

static bool is_statement(const struct fact *t)
{
	for (size_t i = 0, n = fact_count(t, FF_CATEGORY); i < n; i++)
		if (slice_eq_str(fact_part(fact_nth(t, FF_CATEGORY, i), FC_CODE), "statement"))
			return true;
	return false;
}

/* What is said of a whole section: "none known" and "no information" have resources of their own in IPS; the rest is an empty List with its reason. */
static const char *section_type(const struct fact *t)
{
	static const struct fhir_pair map[] = {{"allergies", "AllergyIntolerance"}, {"problems", "Condition"}, {"medications", "MedicationStatement"}, {"immunizations", "Immunization"}, {"procedures", "Procedure"}};
	struct slice status = fhir_value(t, FF_STATUS), category = fact_part(fhir_value(t, FF_CATEGORY), FC_CODE);
	if (!fhir_word("none\0unknown\0withheld\0", status) || slice_eq_str(category, "staff") || slice_eq_str(category, "locations"))
		return NULL;
	const char *type = slice_eq_str(status, "withheld") ? NULL : FHIR_MAP(map, category);
	return type ? type : "List";
}

static const char *const kind_types[FACT_KIND_COUNT] = {
	[FACT_PATIENT] = "Patient", [FACT_VISIT] = "Encounter", [FACT_ALLERGY] = "AllergyIntolerance", [FACT_PROBLEM] = "Condition", [FACT_MED_ORDER] = "MedicationRequest",
	[FACT_MED_ADMIN] = "MedicationAdministration", [FACT_MED_DISPENSE] = "MedicationDispense", [FACT_RESULT] = "Observation", [FACT_REPORT] = "DiagnosticReport", [FACT_DOCUMENT] = "DocumentReference",
	[FACT_ORDER] = "ServiceRequest", [FACT_APPOINTMENT] = "Appointment", [FACT_CONTACT] = "RelatedPerson", [FACT_CARE_TEAM] = "CareTeam", [FACT_IMMUNIZATION] = "Immunization",
	[FACT_PROCEDURE] = "Procedure", [FACT_STAFF] = "Practitioner", [FACT_LOCATION] = "Location", [FACT_FLAG] = "Flag", [FACT_COVERAGE] = "Coverage", [FACT_GENERIC] = "Basic", [FACT_ECG] = "DiagnosticReport",
};

const char *fhir_type(const struct fact_item *it)
{
	const struct fact *t = it ? it->fact : NULL;
	if (!t || t->kind >= FACT_KIND_COUNT)
		return NULL;
	if (t->kind == FACT_SECTION)
		return section_type(t);
	if (t->kind == FACT_MED_ORDER && is_statement(t))
		return "MedicationStatement";
	return kind_types[t->kind];
}

/* ---- writing ---- */

static const struct {
	const char *type;
	fhir_write_fn *write;
} writers[] = {
	{"AllergyIntolerance", fhir_write_allergy}, {"Appointment", fhir_write_appointment}, {"Basic", fhir_write_basic}, {"CareTeam", fhir_write_care_team}, {"Condition", fhir_write_condition},
	{"Coverage", fhir_write_coverage}, {"DiagnosticReport", fhir_write_report}, {"DocumentReference", fhir_write_document}, {"Encounter", fhir_write_encounter}, {"Flag", fhir_write_flag},
	{"Immunization", fhir_write_immunization}, {"List", fhir_write_list}, {"Location", fhir_write_location}, {"MedicationAdministration", fhir_write_administration},
	{"MedicationDispense", fhir_write_dispense}, {"MedicationRequest", fhir_write_medication_request}, {"MedicationStatement", fhir_write_medication_statement}, {"Observation", fhir_write_observation},
	{"Practitioner", fhir_write_practitioner}, {"Procedure", fhir_write_procedure}, {"RelatedPerson", fhir_write_related}, {"ServiceRequest", fhir_write_service_request},
};

static void write_section(struct fhir_out *x)
{
	struct slice category = fact_part(fhir_value(x->t, FF_CATEGORY), FC_CODE);
	static const char *const names[] = {"allergies", "problems", "medications", "immunizations", "procedures"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_eq_str(category, names[i]))
			fhir_write_absent_body(x, names[i], slice_eq_str(fhir_value(x->t, FF_STATUS), "none"), fhir_value(x->t, FF_CODE));
}

bool fhir_write_item_with(struct jsonw *w, const struct fhir_person *p, const struct fact_item *it, const struct fhir_options *o, const struct fhir_doc *doc)
{
	const char *type = fhir_type(it);
	if (!type)
		return false;
	if (it->fact->kind == FACT_PATIENT) {
		if (!p)
			return false;
		fhir_write_patient_with(w, p, o, NULL, doc);
		return true;
	}
	struct fhir_out x = {.w = w, .p = p, .it = it, .t = it->fact, .o = o, .doc = doc};
	jsonw_obj(w);
	fhir_out_head(&x, type);
	if (it->fact->kind == FACT_SECTION && strcmp(type, "List") != 0)
		write_section(&x);
	else
		for (size_t i = 0; i < ARRAY_LEN(writers); i++)
			if (strcmp(writers[i].type, type) == 0)
				writers[i].write(&x);
	jsonw_obj_end(w);
	return true;
}

bool fhir_write_item(struct jsonw *w, const struct fhir_person *p, const struct fact_item *it, const struct fhir_options *o)
{
	return fhir_write_item_with(w, p, it, o, NULL);
}
