/* FHIR resources (R4, R4B and R5): each value by what its element is.
 *
 * Resources are many and their elements alike, so it goes by what stands in them: names, addresses, telecoms and identifiers have their own shape wherever they are; coded things and their texts are what the resource is about (a
 * Condition: a diagnosis), unless the element says otherwise (reasonCode: a diagnosis; performedPeriod: a date of service). What is about somebody else (a contact, a practitioner, a subscriber) says so by the element it stands in.
 * A resource, an extension or an element that is not known here is told with role OTHER, or as its name says. Narrative and notes are text, attachments are members. */
#include "extract_json.h"
#include "extract_values.h"

#define DEPTH_MAX 48
#define ATTACHMENT_MAX ((size_t)256 << 20)
#define R(x) PERSON_ROLE_##x

struct place {
	const char *type;  /* of the resource; "" when it is none that is known */
	int role;          /* what coded things here are */
	int id;            /* what an Identifier here is, if nothing else says so */
	int who;
	unsigned depth;
	bool quiet_dates;  /* periods here are of use, not of service */
	bool clinical;     /* plain numbers and words belong to role */
	bool preferred;    /* one of the languages here is */
};

static int walk(struct json_reader *x, const struct json_node *n, struct place in);

/* ---- resources ---- */

struct resource {
	const char *type;
	uint8_t role, id, who;
	bool quiet_dates;
};
static const struct resource resources[] = {
	{"Patient", R(OTHER), R(MRN), PERSON_SUBJECT, true}, {"Person", R(OTHER), R(MRN), PERSON_SUBJECT, true}, {"RelatedPerson", R(OTHER), R(OTHER), PERSON_KIN, true},
	{"Practitioner", R(OTHER), R(PROVIDER), PERSON_PROVIDER_WHO, true}, {"PractitionerRole", R(OTHER), R(PROVIDER), PERSON_PROVIDER_WHO, true},
	{"Organization", R(ASSIGNER), R(ASSIGNER), PERSON_PROVIDER_WHO, true}, {"Location", R(ASSIGNER), R(ASSIGNER), PERSON_PROVIDER_WHO, true}, {"HealthcareService", R(ASSIGNER), R(ASSIGNER), PERSON_PROVIDER_WHO, true},
	{"Coverage", R(OTHER), R(MEMBER), PERSON_SUBJECT, true}, {"CoverageEligibilityRequest", R(CLAIM), R(CLAIM), PERSON_SUBJECT, false}, {"CoverageEligibilityResponse", R(CLAIM), R(CLAIM), PERSON_SUBJECT, false},
	{"Claim", R(CLAIM), R(CLAIM), PERSON_SUBJECT, false}, {"ClaimResponse", R(CLAIM), R(CLAIM), PERSON_SUBJECT, false}, {"ExplanationOfBenefit", R(CLAIM), R(CLAIM), PERSON_SUBJECT, false},
	{"Account", R(CLAIM), R(VISIT), PERSON_SUBJECT, false}, {"ChargeItem", R(CLAIM), R(CLAIM), PERSON_SUBJECT, false}, {"Invoice", R(CLAIM), R(CLAIM), PERSON_SUBJECT, false}, {"PaymentNotice", R(CLAIM), R(CLAIM), PERSON_SUBJECT, false},
	{"Condition", R(DIAGNOSIS), R(OTHER), PERSON_SUBJECT, false}, {"AllergyIntolerance", R(DIAGNOSIS), R(OTHER), PERSON_SUBJECT, false}, {"FamilyMemberHistory", R(DIAGNOSIS), R(OTHER), PERSON_SUBJECT, false},
	{"ClinicalImpression", R(DIAGNOSIS), R(OTHER), PERSON_SUBJECT, false}, {"RiskAssessment", R(DIAGNOSIS), R(OTHER), PERSON_SUBJECT, false}, {"DetectedIssue", R(DIAGNOSIS), R(OTHER), PERSON_SUBJECT, false},
	{"AdverseEvent", R(DIAGNOSIS), R(OTHER), PERSON_SUBJECT, false}, {"Observation", R(LAB), R(OTHER), PERSON_SUBJECT, false}, {"DiagnosticReport", R(LAB), R(OTHER), PERSON_SUBJECT, false},
	{"Specimen", R(LAB), R(OTHER), PERSON_SUBJECT, false}, {"MolecularSequence", R(GENETIC), R(OTHER), PERSON_SUBJECT, false}, {"GenomicStudy", R(GENETIC), R(OTHER), PERSON_SUBJECT, false},
	{"Medication", R(MEDICATION), R(OTHER), PERSON_SUBJECT, false}, {"MedicationRequest", R(MEDICATION), R(OTHER), PERSON_SUBJECT, false}, {"MedicationStatement", R(MEDICATION), R(OTHER), PERSON_SUBJECT, false},
	{"MedicationAdministration", R(MEDICATION), R(OTHER), PERSON_SUBJECT, false}, {"MedicationDispense", R(MEDICATION), R(OTHER), PERSON_SUBJECT, false}, {"Immunization", R(MEDICATION), R(OTHER), PERSON_SUBJECT, false},
	{"ImmunizationRecommendation", R(MEDICATION), R(OTHER), PERSON_SUBJECT, false}, {"Procedure", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false}, {"ServiceRequest", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false},
	{"CarePlan", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false}, {"CareTeam", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false}, {"Goal", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false}, {"Encounter", R(TREATMENT), R(VISIT), PERSON_SUBJECT, false},
	{"EpisodeOfCare", R(TREATMENT), R(VISIT), PERSON_SUBJECT, false}, {"Appointment", R(TREATMENT), R(VISIT), PERSON_SUBJECT, false}, {"AppointmentResponse", R(TREATMENT), R(VISIT), PERSON_SUBJECT, false},
	{"NutritionOrder", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false}, {"DeviceRequest", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false}, {"DeviceUseStatement", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false},
	{"Device", R(TREATMENT), R(OTHER), PERSON_SUBJECT, true}, {"RequestGroup", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false}, {"Task", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false}, {"Communication", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false},
	{"CommunicationRequest", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false}, {"Consent", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false}, {"Flag", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false}, {"List", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false},
	{"QuestionnaireResponse", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false}, {"SupplyDelivery", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false}, {"VisionPrescription", R(TREATMENT), R(OTHER), PERSON_SUBJECT, false},
	{"Composition", R(OTHER), R(OTHER), PERSON_SUBJECT, false}, {"DocumentReference", R(OTHER), R(OTHER), PERSON_SUBJECT, false}, {"ImagingStudy", R(RECORDING), R(VISIT), PERSON_SUBJECT, false}, {"Media", R(RECORDING), R(OTHER), PERSON_SUBJECT, false},
	{"BodyStructure", R(DIAGNOSIS), R(OTHER), PERSON_SUBJECT, false}, {"AuditEvent", R(OTHER), R(OTHER), PERSON_STAFF, true}, {"Provenance", R(OTHER), R(OTHER), PERSON_STAFF, true}, {"Schedule", R(OTHER), R(OTHER), PERSON_STAFF, true}};

/* ---- elements ---- */

struct element {
	const char *key;
	uint8_t how, role, who;
};
enum { SKIP, ROLE /* what is in it is that */, WHO /* what is in it is about that one */, TEXT, DATE };
/* Wherever they stand. */
static const struct element elements[] = {
	{"abatementDateTime", DATE, 0, 0}, {"abatementPeriod", DATE, 0, 0}, {"active", SKIP, 0, 0}, {"actor", WHO, 0, PERSON_PROVIDER_WHO}, {"agent", WHO, 0, PERSON_STAFF}, {"asserter", WHO, 0, PERSON_PROVIDER_WHO},
	{"assertedDate", DATE, 0, 0}, {"attester", WHO, 0, PERSON_PROVIDER_WHO}, {"author", WHO, 0, PERSON_PROVIDER_WHO}, {"authoredOn", DATE, 0, 0}, {"billablePeriod", DATE, 0, 0}, {"careManager", WHO, 0, PERSON_PROVIDER_WHO},
	{"careTeam", WHO, 0, PERSON_PROVIDER_WHO}, {"category", SKIP, 0, 0}, {"class", SKIP, 0, 0}, {"clinicalStatus", SKIP, 0, 0}, {"collector", WHO, 0, PERSON_PROVIDER_WHO}, {"comment", TEXT, 0, 0}, {"complication", ROLE, R(DIAGNOSIS), 0},
	{"conclusion", TEXT, 0, 0}, {"condition", ROLE, R(DIAGNOSIS), 0}, {"confidentiality", SKIP, 0, 0}, {"contentString", TEXT, 0, 0}, {"created", DATE, 0, 0}, {"criticality", SKIP, 0, 0}, {"custodian", WHO, 0, PERSON_PROVIDER_WHO}, {"date", DATE, 0, 0},
	{"diagnosis", ROLE, R(DIAGNOSIS), 0}, {"diagnosisCodeableConcept", ROLE, R(DIAGNOSIS), 0}, {"dosage", ROLE, R(MEDICATION), 0}, {"dosageInstruction", ROLE, R(MEDICATION), 0}, {"effectiveDateTime", DATE, 0, 0}, {"effectiveInstant", DATE, 0, 0},
	{"effectivePeriod", DATE, 0, 0}, {"enterer", WHO, 0, PERSON_STAFF}, {"generalPractitioner", WHO, 0, PERSON_PROVIDER_WHO}, {"guarantor", WHO, 0, PERSON_GUARANTOR}, {"hospitalization", ROLE, R(TREATMENT), 0}, {"implicitRules", SKIP, 0, 0},
	{"informationSource", WHO, 0, PERSON_ANYBODY}, {"informant", WHO, 0, PERSON_ANYBODY}, {"insurer", ROLE, R(PAYER), PERSON_ANYBODY}, {"intent", SKIP, 0, 0}, {"interpretation", ROLE, R(LAB), 0}, {"issued", DATE, 0, 0}, {"language", SKIP, 0, 0},
	{"location", ROLE, R(ASSIGNER), PERSON_PROVIDER_WHO}, {"managingOrganization", ROLE, R(ASSIGNER), PERSON_PROVIDER_WHO}, {"medication", ROLE, R(MEDICATION), 0}, {"medicationCodeableConcept", ROLE, R(MEDICATION), 0}, {"medicationReference", ROLE, R(MEDICATION), 0},
	{"meta", SKIP, 0, 0}, {"mode", SKIP, 0, 0}, {"occurrenceDateTime", DATE, 0, 0}, {"occurrencePeriod", DATE, 0, 0}, {"occurredDateTime", DATE, 0, 0}, {"occurredPeriod", DATE, 0, 0}, {"onsetDateTime", DATE, 0, 0}, {"onsetPeriod", DATE, 0, 0}, {"organization", ROLE, R(ASSIGNER), PERSON_PROVIDER_WHO},
	{"participant", WHO, 0, PERSON_PROVIDER_WHO}, {"patientInstruction", TEXT, 0, 0}, {"payor", ROLE, R(PAYER), PERSON_ANYBODY}, {"performedDateTime", DATE, 0, 0}, {"performedPeriod", DATE, 0, 0}, {"performer", WHO, 0, PERSON_PROVIDER_WHO},
	{"period", DATE, 0, 0}, {"policyHolder", WHO, 0, PERSON_SUBSCRIBER}, {"practitioner", WHO, 0, PERSON_PROVIDER_WHO}, {"prescriber", WHO, 0, PERSON_PROVIDER_WHO}, {"priority", SKIP, 0, 0}, {"procedureCodeableConcept", ROLE, R(TREATMENT), 0},
	{"productOrService", ROLE, R(TREATMENT), 0}, {"provider", WHO, 0, PERSON_PROVIDER_WHO}, {"reasonCode", ROLE, R(DIAGNOSIS), 0}, {"reasonReference", ROLE, R(DIAGNOSIS), 0}, {"recordedDate", DATE, 0, 0}, {"recorder", WHO, 0, PERSON_PROVIDER_WHO},
	{"recordedOn", DATE, 0, 0}, {"requester", WHO, 0, PERSON_PROVIDER_WHO}, {"resultsInterpreter", WHO, 0, PERSON_PROVIDER_WHO}, {"sender", WHO, 0, PERSON_ANYBODY}, {"serviceProvider", ROLE, R(ASSIGNER), PERSON_PROVIDER_WHO}, {"serviced", DATE, 0, 0},
	{"servicedDate", DATE, 0, 0}, {"servicedPeriod", DATE, 0, 0}, {"source", WHO, 0, PERSON_STAFF}, {"start", DATE, 0, 0}, {"end", DATE, 0, 0}, {"status", SKIP, 0, 0}, {"subscriber", WHO, 0, PERSON_SUBSCRIBER}, {"summary", TEXT, 0, 0}, {"system", SKIP, 0, 0},
	{"url", SKIP, 0, 0}, {"use", SKIP, 0, 0}, {"vaccineCode", ROLE, R(MEDICATION), 0}, {"valueDateTime", DATE, 0, 0}, {"verificationStatus", SKIP, 0, 0}, {"whenHandedOver", DATE, 0, 0}, {"whenPrepared", DATE, 0, 0}, {"resourceType", SKIP, 0, 0},
	{"reference", SKIP, 0, 0}, {"sequence", SKIP, 0, 0}, {"diagnosisSequence", SKIP, 0, 0}, {"procedureSequence", SKIP, 0, 0}, {"informationSequence", SKIP, 0, 0}, {"careTeamSequence", SKIP, 0, 0}, {"focal", SKIP, 0, 0}, {"linkId", SKIP, 0, 0}, {"contentType", SKIP, 0, 0}, {"hash", SKIP, 0, 0},
	{"fullUrl", SKIP, 0, 0}, {"userSelected", SKIP, 0, 0}, {"adjudication", ROLE, R(CLAIM), 0}, {"docStatus", SKIP, 0, 0}, {"rank", SKIP, 0, 0}, {"recorded", DATE, 0, 0}, {"lifecycleStatus", SKIP, 0, 0}, {"achievementStatus", SKIP, 0, 0}, {"outcome", SKIP, 0, 0}, {"currency", SKIP, 0, 0}};

static const struct element *element_of(struct slice key)
{
	static const struct element none = {"", ROLE, R(OTHER), PERSON_SUBJECT};
	for (size_t i = 0; i < ARRAY_LEN(elements); i++)
		if (key.n && key.p[0] == (uint8_t)elements[i].key[0] && slice_eq_str(key, elements[i].key))
			return &elements[i];
	return &none;
}

/* ---- telling ---- */

static int leaf(struct json_reader *x, const struct json_node *n, const char *key, int role, int who)
{
	size_t back = extract_json_enter(x, slice_str(key));
	int r = extract_json_tell(x, role, who, n);
	x->path_n = back;
	return r;
}

static int each(struct json_reader *x, const struct json_node *n, const char *key, int first, int others, int who)
{
	int r = 0;
	if (n && n->type != JSON_ARR)
		return leaf(x, n, key, first, who);
	for (const struct json_node *c = n ? n->child : NULL; c && r == 0; c = c->next, first = others)
		r = leaf(x, c, key, first, who);
	return r;
}

static int human_name(struct json_reader *x, const struct json_node *n, struct place in)
{
	bool maiden = slice_eq_str(json_text(n, "use"), "maiden");
	const struct json_node *f = json_get(n, "family"), *text = json_get(n, "text");
	int r = 0;
	if (f)
		r = each(x, f, "family", maiden ? R(MAIDEN) : R(LAST), R(LAST), in.who);
	if (r == 0)
		r = each(x, json_get(n, "given"), "given", R(FIRST), R(MIDDLE), in.who);
	if (r == 0)
		r = each(x, json_get(n, "prefix"), "prefix", R(PREFIX), R(PREFIX), in.who);
	if (r == 0)
		r = each(x, json_get(n, "suffix"), "suffix", R(SUFFIX), R(SUFFIX), in.who);
	if (r == 0 && text)
		r = leaf(x, text, "text", R(NAME), in.who);
	return r;
}

static int address(struct json_reader *x, const struct json_node *n, struct place in)
{
	static const struct {
		const char *key;
		uint8_t role;
	} parts[] = {{"text", R(ADDRESS)}, {"city", R(CITY)}, {"district", R(COUNTY)}, {"state", R(STATE)}, {"postalCode", R(ZIP)}, {"country", R(COUNTRY)}};
	int r = each(x, json_get(n, "line"), "line", R(STREET), R(APT), in.who);
	for (size_t i = 0; i < ARRAY_LEN(parts) && r == 0; i++) {
		const struct json_node *c = json_get(n, parts[i].key);
		r = c ? leaf(x, c, parts[i].key, parts[i].role, in.who) : 0;
	}
	const struct json_node *more = json_get(n, "extension"); /* geolocation */
	return r || !more ? r : walk(x, more, (struct place){.type = in.type, .role = R(OTHER), .who = in.who, .depth = in.depth + 1, .quiet_dates = true});
}

static int telecom(struct json_reader *x, const struct json_node *n, struct place in)
{
	struct slice system = json_text(n, "system");
	const struct json_node *v = json_get(n, "value");
	int role = slice_eq_str(system, "email") ? R(EMAIL) : slice_eq_str(system, "url") ? R(OTHER) : R(PHONE);
	return v ? leaf(x, v, "value", role, in.who) : 0;
}

/* What a word says, where it names a kind of number: no identifier is a street or a date. */
static int number_role(struct slice word)
{
	static const uint8_t numbers[] = {R(SSN), R(SSN4), R(TIN), R(MRN), R(VISIT), R(MEMBER), R(GROUP), R(MBI), R(MEDICAID), R(DL), R(PASSPORT), R(ACCOUNT), R(ROUTING), R(CARD), R(CLAIM), R(NPI), R(USER), R(EMAIL)};
	int role = person_role_of_column(word, NULL);
	return role != R(OTHER) && memchr(numbers, role, sizeof numbers) ? role : R(OTHER);
}

/* What a naming system's address says of the numbers in it. */
static int system_role(struct slice s)
{
	static const struct {
		const char *part;
		uint8_t role;
	} known[] = {{"us-ssn", R(SSN)}, {"2.16.840.1.113883.4.1", R(SSN)}, {"us-mbi", R(MBI)}, {"us-medicare", R(MBI)}, {"2.16.840.1.113883.4.927", R(MBI)}, {"us-npi", R(NPI)}, {"2.16.840.1.113883.4.6", R(NPI)}, {"us-medicaid", R(MEDICAID)}, {"us-ein", R(TIN)},
		{"2.16.840.1.113883.4.4", R(TIN)}, {"passport", R(PASSPORT)}, {"urn:oid:2.16.840.1.113883.4.3", R(DL)}, {"driverslicense", R(DL)}, {"drivers-license", R(DL)}, {"nhs-number", R(SSN)}, {"NNINS", R(SSN)}, {"health-card", R(MEMBER)}};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		size_t n = strlen(known[i].part);
		const uint8_t *at = s.n ? memmem(s.p, s.n, known[i].part, n) : NULL;
		/* the end of a number, or of a part of it: 4.1 is not 4.127 */
		if (at && (at + n == s.p + s.n || !(at[n] >= '0' && at[n] <= '9')))
			return known[i].role;
	}
	if (slice_starts(s, "urn:")) /* urn:mrn:STV: what it is, then whose; a hospital's code may be a short word for anything */
		for (struct slice rest = slice_of(s.p + 4, s.n - 4); rest.p;) {
			int role = number_role(slice_cut(rest, ':', &rest));
			if (role != R(OTHER))
				return role;
		}
	/* else its parts from the last to the first: http://hospital.example/account */
	for (struct slice rest = s; rest.n;) {
		size_t i = rest.n;
		while (i && rest.p[i - 1] != '/' && rest.p[i - 1] != ':' && rest.p[i - 1] != '#' && rest.p[i - 1] != '|')
			i--;
		int role = i < rest.n ? number_role(slice_of(rest.p + i, rest.n - i)) : R(OTHER);
		if (role != R(OTHER))
			return role;
		rest.n = i ? i - 1 : 0;
	}
	return R(OTHER);
}

static int type_role(struct slice code)
{
	static const struct {
		char code[6];
		uint8_t role;
	} types[] = {{"MR", R(MRN)}, {"SS", R(SSN)}, {"SB", R(SSN)}, {"DL", R(DL)}, {"PPN", R(PASSPORT)}, {"MC", R(MBI)}, {"MB", R(MEMBER)}, {"SN", R(MEMBER)}, {"MA", R(MEDICAID)}, {"NPI", R(NPI)}, {"TAX", R(TIN)}, {"EN", R(TIN)}, {"VN", R(VISIT)}, {"AN", R(VISIT)}, {"HC", R(MEMBER)}, {"JHN", R(MEMBER)},
		{"PI", R(MRN)}, {"PT", R(MRN)}, {"BC", R(CARD)}, {"BA", R(ACCOUNT)}, {"NI", R(SSN)}, {"NIIP", R(MEMBER)}};
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (slice_eq_str(code, types[i].code))
			return types[i].role;
	return R(OTHER);
}

static int identifier(struct json_reader *x, const struct json_node *n, struct place in)
{
	const struct json_node *v = json_get(n, "value"), *assigner = json_path(n, "assigner.display");
	int role = system_role(json_text(n, "system"));
	if (role == R(OTHER))
		role = type_role(json_text(n, "type.coding.0.code"));
	if (role == R(OTHER) || role == R(NOTE))
		role = in.id;
	int r = v ? leaf(x, v, "value", role, in.who) : 0;
	return r || !assigner ? r : leaf(x, assigner, "assigner", R(ASSIGNER), in.who);
}

/* A reference to whom it is about, or to whoever did it: what it shows. */
static int reference(struct json_reader *x, const struct json_node *n, struct slice key, struct place in)
{
	const struct json_node *shown = json_get(n, "display"), *id = json_get(n, "identifier"), *ref = json_get(n, "reference");
	bool subject = slice_eq_str(key, "subject") || slice_eq_str(key, "patient") || slice_eq_str(key, "beneficiary");
	bool organisation = ref && (memmem(ref->value.p, ref->value.n, "Organization/", 13) || memmem(ref->value.p, ref->value.n, "Location/", 9));
	int r = 0;
	if (subject) {
		in.who = PERSON_SUBJECT;
		in.id = R(MRN);
	}
	if (shown)
		r = leaf(x, shown, "display", subject || in.who == PERSON_SUBSCRIBER || in.who == PERSON_GUARANTOR || in.who == PERSON_STAFF || in.who == PERSON_KIN ? R(NAME) : in.role == R(PAYER) ? R(PAYER) : organisation || in.role == R(ASSIGNER) ? R(ASSIGNER) : in.who == PERSON_PROVIDER_WHO ? R(NAME) : in.role, in.who);
	if (r == 0 && subject && ref)
		r = leaf(x, ref, "reference", R(ID), PERSON_SUBJECT);
	if (r == 0 && id && id->type == JSON_OBJ)
		r = identifier(x, id, in);
	return r;
}

static bool is_reference(const struct json_node *n)
{
	if (!json_get(n, "reference") && !json_get(n, "display"))
		return false;
	for (const struct json_node *c = n->child; c; c = c->next)
		if (!slice_eq_str(c->key, "reference") && !slice_eq_str(c->key, "display") && !slice_eq_str(c->key, "identifier") && !slice_eq_str(c->key, "type") && !slice_eq_str(c->key, "id") && !slice_eq_str(c->key, "extension"))
			return false;
	return true;
}

/* Attachment and Binary: data in base64. */
static int attachment(struct json_reader *x, const struct json_node *n, struct place in)
{
	AUTO_BUF struct buf b = {0};
	const struct json_node *data = json_get(n, "data"), *title = json_get(n, "title");
	struct slice type = json_text(n, "contentType");
	char name[96] = "data";
	int r = title ? leaf(x, title, "title", R(OTHER), in.who) : 0;
	if (r || !data || data->type != JSON_STR)
		return r;
	size_t k = 4;
	const uint8_t *sub = type.n ? memchr(type.p, '/', type.n) : NULL;
	if (sub) {
		name[k++] = '.';
		for (const uint8_t *p = sub + 1; p < type.p + type.n && k < 20 && ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9')); p++)
			name[k++] = (char)*p;
	}
	buf_init(&b, ATTACHMENT_MAX);
	if (base64_get_loose(&b, data->value) < 0) {
		extract_tell(x->o, EXTRACT_BROKEN, "an attachment in it is no base64; it was read as text");
		return extract_put_text(x->o, data->value, extract_json_place(x, data), x->e);
	}
	return b.n ? extract_member(x->o, slice_of(name, k), buf_slice(&b), x->e) : 0;
}

/* XHTML without its tags: what a narrative says. */
static int narrative(struct json_reader *x, const struct json_node *div)
{
	uint8_t *to = arena_raw(x->a, div->value.n + 1);
	size_t n = 0;
	bool tag = false;
	if (!to)
		return extract_put_text(x->o, div->value, extract_json_place(x, div), x->e);
	for (size_t i = 0; i < div->value.n; i++) {
		uint8_t c = div->value.p[i];
		if (c == '<') {
			tag = true;
			/* cells and lines are apart, words in bold are not */
			struct slice rest = slice_of(div->value.p + i + 1, div->value.n - i - 1);
			bool cell = slice_starts(rest, "td") || slice_starts(rest, "th") || slice_starts(rest, "/td") || slice_starts(rest, "/th"), row = slice_starts(rest, "/tr") || slice_starts(rest, "br") || slice_starts(rest, "/p") || slice_starts(rest, "/div") || slice_starts(rest, "/li") || slice_starts(rest, "/h");
			if (cell || row)
				to[n++] = row ? '\n' : '\t';
		} else if (c == '>' && tag) {
			tag = false;
		} else if (!tag && c == '&') {
			static const struct {
				char name[8], is;
			} entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&#39;", '\''}, {"&#160;", ' '}, {"&nbsp;", ' '}};
			struct slice rest = slice_of(div->value.p + i, div->value.n - i);
			size_t k = 0;
			while (k < ARRAY_LEN(entities) && !slice_starts(rest, entities[k].name))
				k++;
			to[n++] = k < ARRAY_LEN(entities) ? (uint8_t)entities[k].is : '&';
			i += k < ARRAY_LEN(entities) ? strlen(entities[k].name) - 1 : 0;
		} else if (!tag) {
			to[n++] = c;
		}
	}
	return extract_put_text(x->o, slice_of(to, n), extract_json_place(x, div), x->e);
}

/* An extension is what the last part of its address says. */
static struct place extended(const struct json_node *n, struct place in)
{
	struct slice url = json_text(n, "url");
	size_t i = url.n;
	while (i && url.p[i - 1] != '/')
		i--;
	struct slice last = url.n ? slice_of(url.p + i, url.n - i) : SLICE_NULL;
	if (extract_value_has(last, "race") || extract_value_has(last, "ethnicity"))
		in.role = R(RACE);
	else if (extract_value_has(last, "birthsex") || extract_value_has(last, "gender") || extract_value_has(last, "core-sex"))
		in.role = R(SEX);
	else if (extract_value_has(last, "mothersMaidenName")) {
		in.role = R(MAIDEN);
		in.who = PERSON_KIN;
	} else if (extract_value_has(last, "birthTime"))
		in.role = R(DOB);
	in.quiet_dates = true;
	return in;
}

/* A language of somebody (Patient.communication): the preferred one, where one is said to be. */
static int spoken(struct json_reader *x, const struct json_node *n, struct place in)
{
	const struct json_node *mark = json_get(n, "preferred"), *language = json_get(n, "language"), *codings = json_get(language, "coding"), *text = json_get(language, "text");
	bool liked = mark && mark->type == JSON_TRUE;
	int r = 0;
	if (in.preferred && !liked)
		return 0;
	for (const struct json_node *c = codings ? codings->child : NULL; c && r == 0; c = c->next) {
		const struct json_node *code = json_get(c, "code"), *display = json_get(c, "display");
		r = code ? leaf(x, code, "language", R(LANGUAGE), in.who) : 0;
		if (r == 0 && display)
			r = leaf(x, display, "language", R(LANGUAGE), in.who);
	}
	return r || !text ? r : leaf(x, text, "language", R(LANGUAGE), in.who);
}

/* A CodeableConcept, or several: what a contact, a RelatedPerson is to the patient. Told behind his name, so that of several contacts each has his own. */
static int relationship(struct json_reader *x, const struct json_node *n, int who)
{
	const struct json_node *codings = json_get(n, "coding"), *text = json_get(n, "text");
	int r = 0;
	if (n->type == JSON_ARR) {
		for (const struct json_node *c = n->child; c && r == 0; c = c->next)
			r = c->type == JSON_OBJ ? relationship(x, c, who) : 0;
		return r;
	}
	for (const struct json_node *c = codings ? codings->child : NULL; c && r == 0; c = c->next) {
		const struct json_node *code = json_get(c, "code"), *display = json_get(c, "display");
		r = code ? leaf(x, code, "relationship", R(RELATION), who) : 0;
		if (r == 0 && display)
			r = leaf(x, display, "relationship", R(RELATION), who);
	}
	return r || !text ? r : leaf(x, text, "relationship", R(RELATION), who);
}

static bool one_preferred(const struct json_node *list)
{
	for (const struct json_node *c = list->child; c; c = c->next) {
		const struct json_node *mark = c->type == JSON_OBJ ? json_get(c, "preferred") : NULL;
		if (mark && mark->type == JSON_TRUE)
			return true;
	}
	return false;
}

/* ---- the walk ---- */

/* One member of an object. *done: nothing is left to do. */
static int special(struct json_reader *x, const struct json_node *n, struct slice key, struct place *in, bool *done)
{
	bool object = n->type == JSON_OBJ, person = !strcmp(in->type, "Patient") || !strcmp(in->type, "Person") || !strcmp(in->type, "RelatedPerson") || !strcmp(in->type, "Practitioner");
	*done = true;
	if (object && (json_get(n, "family") || json_get(n, "given") || (slice_eq_str(key, "name") && json_get(n, "text"))))
		return human_name(x, n, *in);
	if (object && (slice_eq_str(key, "address") || slice_eq_str(key, "valueAddress")))
		return address(x, n, *in);
	if (object && (slice_eq_str(key, "telecom") || slice_eq_str(key, "valueContactPoint")))
		return telecom(x, n, *in);
	if (object && slice_eq_str(key, "identifier"))
		return identifier(x, n, *in);
	if (object && slice_eq_str(key, "valueIdentifier"))
		return identifier(x, n, *in);
	if (object && (json_get(n, "data") || (json_get(n, "contentType") && json_get(n, "url"))) && !json_get(n, "resourceType")) {
		int r = slice_eq_str(key, "photo") ? extract_put_field(x->o, R(PHOTO), in->who, slice_of(x->path, x->path_n), json_text(n, "contentType").n ? json_text(n, "contentType") : SLICE("photo"), extract_json_place(x, n), x->e) : 0;
		return r ? r : attachment(x, n, *in);
	}
	if (object && slice_eq_str(key, "communication") && json_get(n, "language"))
		return spoken(x, n, *in);
	if (slice_eq_str(key, "div") && n->type == JSON_STR)
		return narrative(x, n);
	if (slice_eq_str(key, "birthDate"))
		return extract_json_tell(x, R(DOB), in->who, n);
	if (slice_eq_str(key, "gender"))
		return extract_json_tell(x, R(SEX), in->who, n);
	if (slice_eq_str(key, "deceasedDateTime"))
		return extract_json_tell(x, R(DEATH), in->who, n);
	if (slice_eq_str(key, "deceasedBoolean"))
		return n->type == JSON_TRUE ? extract_put_field(x->o, R(DEATH), in->who, slice_of(x->path, x->path_n), SLICE("true"), extract_json_place(x, n), x->e) : 0;
	if (slice_eq_str(key, "subscriberId") || slice_eq_str(key, "dependent"))
		return extract_json_tell(x, slice_eq_str(key, "subscriberId") ? R(MEMBER) : R(OTHER), PERSON_SUBJECT, n);
	if (!strcmp(in->type, "Account") && n->type == JSON_STR && (slice_eq_str(key, "description") || slice_eq_str(key, "name"))) /* words about it ("routing 021000021", whose it is), and no number of a claim */
		return extract_json_tell(x, R(NOTE), in->who, n);
	if (slice_eq_str(key, "name") && (n->type == JSON_STR)) /* of an organisation, or of somebody whose name is one string */
		return extract_json_tell(x, in->role == R(ASSIGNER) ? R(ASSIGNER) : person || in->who == PERSON_STAFF ? R(NAME) : in->role, in->who, n);
	if (slice_eq_str(key, "id") && in->depth == 1)
		return extract_json_tell(x, !strcmp(in->type, "Claim") || !strcmp(in->type, "ExplanationOfBenefit") || !strcmp(in->type, "ClaimResponse") ? R(CLAIM) : R(ID), in->who, n);
	if (slice_eq_str(key, "id") || slice_eq_str(key, "unit"))
		return slice_eq_str(key, "unit") && in->clinical ? extract_json_tell(x, in->role, in->who, n) : 0;
	if (slice_eq_str(key, "note") && n->type == JSON_OBJ) {
		const struct json_node *author = json_get(n, "authorString");
		int r = author ? leaf(x, author, "authorString", R(NAME), PERSON_PROVIDER_WHO) : 0;
		return r || !json_get(n, "text") ? r : leaf(x, json_get(n, "text"), "text", R(NOTE), in->who);
	}
	if (object && is_reference(n)) {
		const struct element *el = element_of(key);
		if (el->how == WHO || el->who)
			in->who = el->who;
		if (el->how == ROLE && el->role)
			in->role = el->role;
		return reference(x, n, key, *in);
	}
	*done = false;
	return 0;
}

static int plain(struct json_reader *x, const struct json_node *n, struct slice key, struct place in)
{
	const struct element *el = element_of(key);
	switch (el->how) {
	case SKIP: return 0;
	case TEXT: return extract_json_tell(x, R(NOTE), in.who, n);
	case DATE: return extract_json_tell(x, in.quiet_dates ? in.role == R(DOB) ? in.role : R(OTHER) : R(SERVICE_DATE), in.who, n);
	default: break;
	}
	if (slice_eq_str(key, "valueString") && n->value.n > 40)
		return extract_json_tell(x, R(NOTE), in.who, n);
	if (slice_eq_str(key, "text") && n->value.n > 120)
		return extract_json_tell(x, R(NOTE), in.who, n);
	int role = in.role;
	if (role == R(OTHER)) {
		int who;
		role = person_role_of_column(key, &who);
		if (role == R(ID) || role == R(DIAGNOSIS) || role == R(NAME) || role == R(VISIT))
			role = R(OTHER);
	}
	return extract_json_tell(x, role, in.who, n);
}

static int member(struct json_reader *x, const struct json_node *n, struct slice key, struct place in)
{
	bool done;
	int r = special(x, n, key, &in, &done);
	if (done || r)
		return r;
	const struct element *el = element_of(key);
	if (n->type != JSON_OBJ && n->type != JSON_ARR)
		return plain(x, n, key, in);
	if (el->how == SKIP && !(slice_eq_str(key, "class") && !strcmp(in.type, "Coverage")))
		return 0;
	if (el->how == WHO && in.who == PERSON_SUBJECT)
		in.who = el->who;
	if (el->how == ROLE && el->role != R(OTHER))
		in.role = el->role;
	if (el->how == ROLE && el->who)
		in.who = el->who;
	if (slice_eq_str(key, "contact") && in.who == PERSON_SUBJECT)
		in.who = PERSON_KIN;
	if (slice_eq_str(key, "class") && !strcmp(in.type, "Coverage"))
		in.role = R(GROUP);
	if (slice_eq_str(key, "extension") && n->type == JSON_OBJ)
		in = extended(n, in);
	if (el->how == DATE) { /* a period: its start and end */
		in.role = in.quiet_dates ? R(OTHER) : R(SERVICE_DATE);
		in.quiet_dates = in.quiet_dates && in.role == R(OTHER);
	}
	return walk(x, n, in);
}

/* What a member with arrays of objects is: each of them like the member itself. */
static int walk(struct json_reader *x, const struct json_node *n, struct place in)
{
	const bool related = in.who == PERSON_KIN || !strcmp(in.type, "Coverage"); /* of a coverage: what the patient is to the subscriber */
	int r = 0;
	if (++in.depth > DEPTH_MAX)
		return extract_put_text(x->o, n->raw, extract_json_place(x, n), x->e);
	for (const struct json_node *c = n->child; c && r == 0; c = c->next) {
		if (related && slice_eq_str(c->key, "relationship"))
			continue;
		size_t back = extract_json_enter(x, c->key);
		struct place here = in;
		if (c->type == JSON_OBJ && json_get(c, "resourceType")) {
			r = extract_fhir_resource(x, c); /* contained, or a parameter's */
		} else if (c->type == JSON_ARR) {
			const struct json_node *of = c->child;
			here.preferred = slice_eq_str(c->key, "communication") && one_preferred(c);
			for (; of && r == 0; of = of->next)
				r = of->type == JSON_OBJ && json_get(of, "resourceType") ? extract_fhir_resource(x, of) : member(x, of, c->key, here);
		} else {
			r = member(x, c, c->key, here);
		}
		x->path_n = back;
	}
	const struct json_node *relation = related && r == 0 ? json_get(n, "relationship") : NULL;
	return relation ? relationship(x, relation, in.who == PERSON_KIN ? PERSON_KIN : PERSON_SUBSCRIBER) : r;
}

int extract_fhir_resource(struct json_reader *x, const struct json_node *n)
{
	struct slice type = json_text(n, "resourceType");
	struct place in = {.type = "", .role = R(OTHER), .id = R(OTHER), .who = PERSON_SUBJECT, .clinical = true};
	char outer[EXTRACT_JSON_PATH];
	size_t back = x->path_n;
	memcpy(outer, x->path, sizeof outer);
	for (size_t i = 0; i < ARRAY_LEN(resources); i++)
		if (slice_eq_str(type, resources[i].type))
			in = (struct place){.type = resources[i].type, .role = resources[i].role, .id = resources[i].id, .who = resources[i].who, .quiet_dates = resources[i].quiet_dates, .clinical = resources[i].role != R(OTHER)};
	x->path_n = 0;
	extract_json_enter(x, type);
	int r = slice_eq_str(type, "Binary") && json_get(n, "data") ? attachment(x, n, in) : walk(x, n, in);
	memcpy(x->path, outer, sizeof outer);
	x->path_n = back;
	return r;
}
