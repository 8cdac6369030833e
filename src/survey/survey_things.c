/* Objects that are no files: a FHIR resource of an AuditEvent, the patient of an ATNA message, an address of a web log. Whose they are is read from their names: Patient/7, https://x/fhir/Patient/7/Observation, /Observation?subject=Patient/7,
 * /Patient?identifier=urn:mrn|A100, /patients/A100/labs, /chart?mrn=A100. What they hold is what that kind of resource holds (US Core's mandatory and must-support elements of a Patient; the one subject of the others), for nobody
 * kept what was answered. Pure. */
#include "survey_internal.h"

#define E(x) PERSON_BIT(PERSON_##x)
#define DEMOGRAPHICS (E(NAME) | E(DOB) | E(SEX) | E(ADDRESS) | E(PHONE) | E(MRN))
#define EVERYTHING (DEMOGRAPHICS | E(DIAGNOSIS) | E(LAB) | E(MEDICATION) | E(TREATMENT) | E(PROVIDER) | E(SERVICE_DATE) | E(INS))

struct holds {
	const char *word;
	uint32_t elements;
};
static const struct holds resources[] = { /* of FHIR: names as they are written */
	{"Patient", DEMOGRAPHICS}, {"Person", DEMOGRAPHICS}, {"Observation", E(LAB)}, {"DiagnosticReport", E(LAB)}, {"Specimen", E(LAB)}, {"ServiceRequest", E(TREATMENT)}, {"Condition", E(DIAGNOSIS)}, {"AllergyIntolerance", E(DIAGNOSIS)},
	{"FamilyMemberHistory", E(DIAGNOSIS)}, {"MedicationRequest", E(MEDICATION)}, {"MedicationStatement", E(MEDICATION)}, {"MedicationAdministration", E(MEDICATION)}, {"MedicationDispense", E(MEDICATION)}, {"Immunization", E(MEDICATION)},
	{"Procedure", E(TREATMENT)}, {"CarePlan", E(TREATMENT)}, {"CareTeam", E(PROVIDER)}, {"Goal", E(TREATMENT)}, {"DocumentReference", E(TREATMENT)}, {"Composition", E(TREATMENT)}, {"ClinicalImpression", E(DIAGNOSIS)},
	{"QuestionnaireResponse", E(TREATMENT)}, {"Encounter", E(SERVICE_DATE) | E(PROVIDER)}, {"EpisodeOfCare", E(SERVICE_DATE)}, {"Appointment", E(SERVICE_DATE)}, {"Coverage", E(INS)}, {"Claim", E(CLAIM)}, {"ClaimResponse", E(CLAIM)},
	{"ExplanationOfBenefit", E(CLAIM)}, {"Account", E(CLAIM)}, {"Invoice", E(CLAIM)}, {"ImagingStudy", E(RECORDING)}, {"Media", E(RECORDING)}, {"MolecularSequence", E(GENETIC)}, {"RelatedPerson", E(NAME)},
};
static const struct holds pages[] = { /* parts of an address that say what is shown, whatever their case */
	{"lab", E(LAB)}, {"labs", E(LAB)}, {"results", E(LAB)}, {"medication", E(MEDICATION)}, {"medications", E(MEDICATION)}, {"prescriptions", E(MEDICATION)}, {"diagnoses", E(DIAGNOSIS)}, {"problems", E(DIAGNOSIS)}, {"conditions", E(DIAGNOSIS)},
	{"allergies", E(DIAGNOSIS)}, {"notes", E(TREATMENT)}, {"documents", E(TREATMENT)}, {"procedures", E(TREATMENT)}, {"claims", E(CLAIM)}, {"billing", E(CLAIM)}, {"invoices", E(CLAIM)}, {"insurance", E(INS)}, {"coverage", E(INS)},
	{"visits", E(SERVICE_DATE)}, {"encounters", E(SERVICE_DATE)}, {"appointments", E(SERVICE_DATE)}, {"images", E(RECORDING)}, {"imaging", E(RECORDING)}, {"demographics", E(NAME) | E(DOB) | E(ADDRESS)},
};
static const char *const whose[] = {"patient", "patients", "mrn", "person", "persons", "patientid", "patient_id", "patient-id", "pid", "subject", "beneficiary", "member", "members", "memberid", "member_id", "medicalrecordnumber"};

static bool among(struct slice s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq_nocase(s, list[i]))
			return true;
	return false;
}

static uint32_t held(struct slice s, const struct holds *list, size_t n, bool any_case)
{
	for (size_t i = 0; i < n; i++)
		if (any_case ? slice_eq_nocase(s, list[i].word) : slice_eq_str(s, list[i].word))
			return list[i].elements;
	return 0;
}

/* An id: letters, digits, - . _ with a digit among them, as FHIR and record numbers have it; what is behind the last of / | : in it, for it may be a reference or have its system before it. %2F and the like are undone. */
static void put_id(struct thing *t, struct slice s)
{
	char out[80];
	size_t n = 0;
	bool digit = false;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c == '%' && i + 2 < s.n && hex_get(&c, 1, slice_of(s.p + i + 1, 2)) == 0)
			i += 2;
		if (c == '/' || c == '|' || c == ':') {
			n = 0;
			digit = false;
			continue;
		}
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_') || n == sizeof out)
			return;
		digit |= c >= '0' && c <= '9';
		out[n++] = (char)c;
	}
	if (!digit || t->id)
		return;
	t->id = id_hash(slice_of(out, n));
	t->number = find_number_key(slice_of(out, n));
}

static void read_query(struct thing *t, struct slice query)
{
	for (struct slice rest = query; rest.p;) {
		struct slice value, one = slice_cut(rest, '&', &rest), key = slice_cut(one, '=', &value);
		if (!value.n)
			continue;
		struct slice more, head = slice_cut(key, ':', &more); /* subject:Patient */
		head = slice_cut(head, '.', &more);                   /* patient.identifier */
		if (among(head, whose, ARRAY_LEN(whose)) || (t->elements == DEMOGRAPHICS && (slice_eq_str(head, "identifier") || slice_eq_str(head, "_id"))))
			put_id(t, value);
	}
}

bool thing_of(struct slice path, struct thing *ret)
{
	struct slice query, rest = slice_cut(path, '?', &query), before = SLICE_NULL;
	struct thing t = {0};
	while (rest.p) {
		struct slice part = slice_cut(rest, '/', &rest);
		uint32_t resource = held(part, resources, ARRAY_LEN(resources), false), page = held(part, pages, ARRAY_LEN(pages), true);
		if (slice_eq_str(part, "$everything"))
			t.elements = EVERYTHING;
		else if (resource)
			t = (struct thing){t.id, t.number, resource, true}; /* of Patient/7/Observation what was asked for is the last */
		else if (page)
			t.elements |= page;
		else if (slice_eq_str(before, "Patient") || among(before, whose, ARRAY_LEN(whose)))
			put_id(&t, part);
		before = part;
	}
	if (query.p)
		read_query(&t, query);
	if (!t.id && !t.fhir)
		return false;
	if (!t.elements)
		t.elements = E(NAME);
	*ret = t;
	return true;
}
