/* What a server says of itself and of its failures: the types it serves with their search parameters, CapabilityStatement, OperationOutcome, AuditEvent. */
#include "fhir_internal.h"

/* ---- what we serve ---- */

#define COMMON {"_id", "token"}, {"_lastUpdated", "date"}
#define ABOUT COMMON, {"patient", "reference"}, {"identifier", "token"}
#define SUBJECT ABOUT, {"subject", "reference"}
#define CLINICAL SUBJECT, {"encounter", "reference"}, {"code", "token"}, {"category", "token"}, {"date", "date"}, {"status", "token"}
/* R4's own names; where R4 has none for what our resources hold (date of an AllergyIntolerance is its recordedDate), what it looks at stands in web_fhir_match.c. */
static const struct fhir_search_param patient_params[] = {COMMON, {"identifier", "token"}, {"family", "string"}, {"given", "string"}, {"name", "string"}, {"birthdate", "date"}, {"gender", "token"}, {"phone", "token"}, {"address", "string"}, {"active", "token"}};
static const struct fhir_search_param encounter_params[] = {SUBJECT, {"class", "token"}, {"type", "token"}, {"date", "date"}, {"status", "token"}};
static const struct fhir_search_param allergy_params[] = {SUBJECT, {"code", "token"}, {"category", "token"}, {"clinical-status", "token"}, {"verification-status", "token"}, {"criticality", "token"}, {"type", "token"}, {"date", "date"}};
static const struct fhir_search_param condition_params[] = {CLINICAL, {"clinical-status", "token"}, {"verification-status", "token"}, {"onset-date", "date"}, {"recorded-date", "date"}};
static const struct fhir_search_param request_params[] = {CLINICAL, {"intent", "token"}, {"priority", "token"}, {"authoredon", "date"}, {"authored", "date"}};
static const struct fhir_search_param statement_params[] = {CLINICAL, {"context", "reference"}, {"effective", "date"}};
static const struct fhir_search_param administration_params[] = {CLINICAL, {"context", "reference"}, {"effective-time", "date"}};
static const struct fhir_search_param dispense_params[] = {CLINICAL, {"context", "reference"}, {"whenhandedover", "date"}, {"whenprepared", "date"}};
static const struct fhir_search_param immunization_params[] = {SUBJECT, {"vaccine-code", "token"}, {"code", "token"}, {"date", "date"}, {"status", "token"}};
static const struct fhir_search_param report_params[] = {CLINICAL, {"issued", "date"}, {"result", "reference"}};
static const struct fhir_search_param document_params[] = {CLINICAL, {"type", "token"}};
static const struct fhir_search_param appointment_params[] = {ABOUT, {"actor", "reference"}, {"code", "token"}, {"date", "date"}, {"status", "token"}};
static const struct fhir_search_param clinical_params[] = {CLINICAL};
static const struct fhir_search_param coverage_params[] = {ABOUT, {"beneficiary", "reference"}, {"status", "token"}};
static const struct fhir_search_param related_params[] = {ABOUT, {"name", "string"}, {"relationship", "token"}, {"active", "token"}};
static const struct fhir_search_param basic_params[] = {SUBJECT, {"code", "token"}};
static const struct fhir_search_param audit_params[] = {COMMON, {"patient", "reference"}, {"date", "date"}};
static const struct fhir_search_param id_params[] = {COMMON};

#define TYPE(name, list) {name, list, ARRAY_LEN(list)}
const struct fhir_type_info fhir_types[] = {
	TYPE("AllergyIntolerance", allergy_params), TYPE("Appointment", appointment_params), TYPE("AuditEvent", audit_params), TYPE("Basic", basic_params), TYPE("Binary", id_params), TYPE("CareTeam", clinical_params),
	TYPE("Condition", condition_params), TYPE("Coverage", coverage_params), TYPE("DiagnosticReport", report_params), TYPE("DocumentReference", document_params), TYPE("Encounter", encounter_params),
	TYPE("Flag", clinical_params), TYPE("Immunization", immunization_params), TYPE("List", clinical_params), TYPE("MedicationAdministration", administration_params),
	TYPE("MedicationDispense", dispense_params), TYPE("MedicationRequest", request_params), TYPE("MedicationStatement", statement_params), TYPE("Observation", clinical_params), TYPE("Patient", patient_params),
	TYPE("Procedure", clinical_params), TYPE("RelatedPerson", related_params), TYPE("ServiceRequest", request_params),
};
const size_t fhir_type_count = ARRAY_LEN(fhir_types);

/* ---- CapabilityStatement ---- */

static void operation(struct jsonw *w, const char *name, const char *definition)
{
	jsonw_obj(w);
	jsonw_kstr(w, "name", name);
	jsonw_kstr(w, "definition", definition);
	jsonw_obj_end(w);
}

static void codes(struct jsonw *w, const char *key, const char *words)
{
	jsonw_key(w, key);
	jsonw_arr(w);
	for (const char *c = words; *c; c += strlen(c) + 1) {
		jsonw_obj(w);
		jsonw_kstr(w, "code", c);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

bool fhir_deletes(const char *type)
{
	static const char never[] = "AuditEvent\0Binary\0Encounter\0Patient\0";
	return !fhir_word(never, slice_str(type));
}

static void resource(struct jsonw *w, const struct fhir_type_info *t)
{
	bool binary = strcmp(t->type, "Binary") == 0, patient = strcmp(t->type, "Patient") == 0;
	jsonw_obj(w);
	jsonw_kstr(w, "type", t->type);
	bool audit = strcmp(t->type, "AuditEvent") == 0, about = false;
	for (size_t i = 0; i < t->count; i++)
		about = about || strcmp(t->params[i].name, "patient") == 0;
	if (binary)
		codes(w, "interaction", "read\0");
	else if (audit)
		codes(w, "interaction", "read\0search-type\0");
	else if (patient)
		codes(w, "interaction", "read\0vread\0search-type\0create\0update\0patch\0");
	else if (!fhir_deletes(t->type))
		codes(w, "interaction", "read\0vread\0history-instance\0search-type\0create\0update\0patch\0");
	else
		codes(w, "interaction", "read\0vread\0history-instance\0search-type\0create\0update\0patch\0delete\0");
	jsonw_kstr(w, "versioning", "versioned");
	if (!binary && !audit) {
		jsonw_kbool(w, "readHistory", true);
		jsonw_kbool(w, "updateCreate", true);
		jsonw_kbool(w, "conditionalCreate", true);
		jsonw_kbool(w, "conditionalUpdate", true);
		jsonw_kstr(w, "conditionalDelete", fhir_deletes(t->type) ? "single" : "not-supported");
	}
	if (about && !audit) {
		jsonw_key(w, "searchInclude");
		jsonw_arr(w);
		static const char *const followed[] = {"patient", "encounter", "context", "result"}; /* of the parameters that lead to what is served */
		for (size_t i = 0; i < ARRAY_LEN(followed); i++)
			for (size_t k = 0; k < t->count; k++) {
				char include[64];
				snprintf(include, sizeof include, "%s:%s", t->type, followed[i]);
				if (strcmp(t->params[k].name, followed[i]) == 0)
					jsonw_str(w, include);
			}
		jsonw_arr_end(w);
	}
	if (!binary) {
		jsonw_key(w, "searchParam");
		jsonw_arr(w);
		for (size_t i = 0; i < t->count; i++) {
			jsonw_obj(w);
			jsonw_kstr(w, "name", t->params[i].name);
			jsonw_kstr(w, "type", t->params[i].type);
			jsonw_obj_end(w);
		}
		jsonw_arr_end(w);
	}
	if (patient) {
		jsonw_key(w, "operation");
		jsonw_arr(w);
		operation(w, "everything", "http://hl7.org/fhir/OperationDefinition/Patient-everything");
		operation(w, "summary", "http://hl7.org/fhir/uv/ips/OperationDefinition/summary");
		jsonw_arr_end(w);
	}
	jsonw_obj_end(w);
}

static void strings(struct jsonw *w, const char *key, const char *words)
{
	jsonw_key(w, key);
	jsonw_arr(w);
	for (const char *c = words; *c; c += strlen(c) + 1)
		jsonw_str(w, c);
	jsonw_arr_end(w);
}

void fhir_write_capability(struct jsonw *w, const char *base, const char *name, const char *version, int64_t date)
{
	char time[32];
	jsonw_obj(w);
	jsonw_kstr(w, "resourceType", "CapabilityStatement");
	jsonw_kstr(w, "id", "holdfast");
	jsonw_kstr(w, "name", "Holdfast");
	jsonw_kstr(w, "title", "What this hospital's Holdfast serves");
	jsonw_kstr(w, "status", "active");
	jsonw_kstr(w, "date", time_rfc3339(date, 0, time));
	jsonw_kstr(w, "kind", "instance");
	strings(w, "instantiates", "http://hl7.org/fhir/uv/ips/CapabilityStatement/ips-server\0");
	jsonw_key(w, "software");
	jsonw_obj(w);
	jsonw_kstr(w, "name", "Holdfast");
	jsonw_kstr(w, "version", version);
	jsonw_obj_end(w);
	jsonw_key(w, "implementation");
	jsonw_obj(w);
	jsonw_kstr(w, "description", name && *name ? name : "Holdfast");
	if (base && *base)
		jsonw_kstr(w, "url", base);
	jsonw_obj_end(w);
	jsonw_kstr(w, "fhirVersion", "4.0.1");
	strings(w, "format", "json\0application/fhir+json\0application/json\0");
	strings(w, "patchFormat", "application/json-patch+json\0");
	strings(w, "implementationGuide", "http://hl7.org/fhir/uv/ips/ImplementationGuide/hl7.fhir.uv.ips\0");
	jsonw_key(w, "rest");
	jsonw_arr(w);
	jsonw_obj(w);
	jsonw_kstr(w, "mode", "server");
	jsonw_key(w, "security");
	jsonw_obj(w);
	jsonw_kstr(w, "description", "Bearer token of an account of this site; every read is recorded.");
	jsonw_obj_end(w);
	jsonw_key(w, "resource");
	jsonw_arr(w);
	for (size_t i = 0; i < fhir_type_count; i++)
		resource(w, &fhir_types[i]);
	jsonw_arr_end(w);
	codes(w, "interaction", "transaction\0batch\0");
	jsonw_obj_end(w);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

/* ---- OperationOutcome ---- */

void fhir_write_outcome(struct jsonw *w, const char *severity, const char *code, const char *text)
{
	static const char severities[] = "fatal\0error\0warning\0information\0";
	static const char types[] = "invalid\0structure\0required\0value\0invariant\0security\0login\0unknown\0expired\0forbidden\0suppressed\0processing\0not-supported\0duplicate\0multiple-matches\0not-found\0deleted\0too-long\0"
		"code-invalid\0extension\0too-costly\0business-rule\0conflict\0transient\0lock-error\0no-store\0exception\0timeout\0incomplete\0throttled\0informational\0";
	const char *s = fhir_word(severities, slice_str(severity)), *c = fhir_word(types, slice_str(code));
	jsonw_obj(w);
	jsonw_kstr(w, "resourceType", "OperationOutcome");
	jsonw_key(w, "issue");
	jsonw_arr(w);
	jsonw_obj(w);
	jsonw_kstr(w, "severity", s ? s : "error");
	jsonw_kstr(w, "code", c ? c : "processing");
	if (text && *text) {
		jsonw_key(w, "details");
		jsonw_obj(w);
		jsonw_kstr(w, "text", text);
		jsonw_obj_end(w);
		jsonw_kstr(w, "diagnostics", text);
	}
	jsonw_obj_end(w);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

/* ---- AuditEvent: IHE BALP (Basic Audit Log Patterns) over R4; DICOM audit codes for sign-in, override and export ---- */

#define AUDIT_TYPE "http://terminology.hl7.org/CodeSystem/audit-event-type"
#define DCM "http://dicom.nema.org/resources/ontology/DCM"
#define RESTFUL "http://hl7.org/fhir/restful-interaction"

static const struct audit_kind {
	const char *what, *system, *type, *display, *sub_system, *sub, *sub_display, *action;
} audit_kinds[] = {
	{"view", AUDIT_TYPE, "rest", "Restful Operation", RESTFUL, "read", "read", "R"},
	{"search", AUDIT_TYPE, "rest", "Restful Operation", RESTFUL, "search", "search", "E"},
	{"raw", AUDIT_TYPE, "rest", "Restful Operation", RESTFUL, "read", "read", "R"},
	{"print", DCM, "110106", "Export", NULL, NULL, NULL, "R"},
	{"export", DCM, "110106", "Export", NULL, NULL, NULL, "R"},
	{"login", DCM, "110114", "User Authentication", DCM, "110122", "Login", "E"},
	{"login-failed", DCM, "110114", "User Authentication", DCM, "110122", "Login", "E"},
	{"logout", DCM, "110114", "User Authentication", DCM, "110123", "Logout", "E"},
	{"break-glass", DCM, "110113", "Security Alert", DCM, "110127", "Emergency Override Started", "E"},
};

static void coding(struct jsonw *w, const char *system, const char *code, const char *display)
{
	jsonw_obj(w);
	jsonw_kstr(w, "system", system);
	jsonw_kstr(w, "code", code);
	if (display)
		jsonw_kstr(w, "display", display);
	jsonw_obj_end(w);
}

static bool there(const char *s)
{
	return s && *s;
}

static void agent_user(struct jsonw *w, const struct fhir_audit *a)
{
	jsonw_obj(w);
	fhir_out_fixed(w, "type", "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", "information recipient");
	if (there(a->role)) {
		jsonw_key(w, "role");
		jsonw_arr(w);
		jsonw_obj(w);
		jsonw_kstr(w, "text", a->role);
		jsonw_obj_end(w);
		jsonw_arr_end(w);
	}
	jsonw_key(w, "who");
	jsonw_obj(w);
	jsonw_kstr(w, "display", there(a->user) ? a->user : "(nobody signed in)");
	jsonw_obj_end(w);
	jsonw_kbool(w, "requestor", true);
	if (there(a->address)) {
		jsonw_key(w, "network");
		jsonw_obj(w);
		jsonw_kstr(w, "address", a->address);
		jsonw_kstr(w, "type", "2"); /* IP address */
		jsonw_obj_end(w);
	}
	jsonw_obj_end(w);
}

static void agent_server(struct jsonw *w, const struct fhir_audit *a)
{
	jsonw_obj(w);
	fhir_out_fixed(w, "type", DCM, "110153", "Source Role ID");
	jsonw_key(w, "who");
	jsonw_obj(w);
	jsonw_kstr(w, "display", there(a->site) ? a->site : "Holdfast");
	jsonw_obj_end(w);
	jsonw_kbool(w, "requestor", false);
	jsonw_obj_end(w);
}

static void detail(struct jsonw *w, const char *type, const char *value)
{
	jsonw_obj(w);
	jsonw_kstr(w, "type", type);
	jsonw_kstr(w, "valueString", value);
	jsonw_obj_end(w);
}

static void entity_patient(struct jsonw *w, const struct fhir_audit *a)
{
	jsonw_obj(w);
	jsonw_key(w, "what");
	jsonw_obj(w);
	fhir_out_reference(w, NULL, "Patient", a->patient_id);
	jsonw_obj_end(w);
	jsonw_key(w, "type");
	coding(w, "http://terminology.hl7.org/CodeSystem/audit-entity-type", "1", "Person");
	jsonw_key(w, "role");
	coding(w, "http://terminology.hl7.org/CodeSystem/object-role", "1", "Patient");
	jsonw_obj_end(w);
}

static void entity_view(struct jsonw *w, const struct fhir_audit *a)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	jsonw_obj(w);
	jsonw_key(w, "type");
	coding(w, "http://terminology.hl7.org/CodeSystem/audit-entity-type", "2", "System Object");
	jsonw_key(w, "role");
	coding(w, "http://terminology.hl7.org/CodeSystem/object-role", "24", "Query");
	if (there(a->query)) { /* sev-1: a name or a query, not both */
		base64_put(&b, slice_str(a->query));
		jsonw_kslice(w, "query", buf_slice(&b));
	}
	jsonw_key(w, "detail");
	jsonw_arr(w);
	detail(w, "what", a->what);
	if (a->as_of_entry != UINT64_MAX) {
		char number[32];
		snprintf(number, sizeof number, "%llu", (unsigned long long)a->as_of_entry);
		detail(w, "as-of-entry", number);
	}
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

static void purpose(struct jsonw *w, const struct fhir_audit *a)
{
	bool glass = strcmp(a->what, "break-glass") == 0;
	if (!glass && !there(a->reason))
		return;
	jsonw_key(w, "purposeOfEvent");
	jsonw_arr(w);
	jsonw_obj(w);
	if (glass) {
		jsonw_key(w, "coding");
		jsonw_arr(w);
		coding(w, "http://terminology.hl7.org/CodeSystem/v3-ActReason", "BTG", "break the glass");
		jsonw_arr_end(w);
	}
	if (there(a->reason))
		jsonw_kstr(w, "text", a->reason);
	jsonw_obj_end(w);
	jsonw_arr_end(w);
}

void fhir_write_audit(struct jsonw *w, const struct fhir_audit *a)
{
	const struct audit_kind *k = &audit_kinds[0];
	for (size_t i = 0; i < ARRAY_LEN(audit_kinds); i++)
		if (strcmp(audit_kinds[i].what, a->what) == 0)
			k = &audit_kinds[i];
	char time[32];
	jsonw_obj(w);
	jsonw_kstr(w, "resourceType", "AuditEvent");
	if (there(a->id)) {
		jsonw_key(w, "id");
		fhir_out_id(w, a->id);
	}
	jsonw_key(w, "type");
	coding(w, k->system, k->type, k->display);
	if (k->sub) {
		jsonw_key(w, "subtype");
		jsonw_arr(w);
		coding(w, k->sub_system, k->sub, k->sub_display);
		jsonw_arr_end(w);
	}
	jsonw_kstr(w, "action", k->action);
	jsonw_kstr(w, "recorded", time_rfc3339(a->time, 3, time));
	jsonw_kstr(w, "outcome", a->ok ? "0" : "4");
	purpose(w, a);
	jsonw_key(w, "agent");
	jsonw_arr(w);
	agent_user(w, a);
	agent_server(w, a);
	jsonw_arr_end(w);
	jsonw_key(w, "source");
	jsonw_obj(w);
	jsonw_key(w, "observer");
	jsonw_obj(w);
	jsonw_kstr(w, "display", there(a->site) ? a->site : "Holdfast");
	jsonw_obj_end(w);
	jsonw_key(w, "type");
	jsonw_arr(w);
	coding(w, "http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server");
	jsonw_arr_end(w);
	jsonw_obj_end(w);
	jsonw_key(w, "entity");
	jsonw_arr(w);
	if (there(a->patient_id))
		entity_patient(w, a);
	entity_view(w, a);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}
