/* Encounter, Appointment, ServiceRequest -> VISIT, APPOINTMENT, ORDER; and what we do not interpret. */
#include "fhir_internal.h"

/* ---- Encounter ---- */

/* v3 ActCode (R4 Encounter.class) -> classes of VISIT. */
static const struct fhir_pair classes[] = {{"IMP", "inpatient"}, {"ACUTE", "inpatient"}, {"NONAC", "inpatient"}, {"SS", "inpatient"}, {"inpatient", "inpatient"}, {"AMB", "outpatient"}, {"outpatient", "outpatient"},
	{"ambulatory", "outpatient"}, {"EMER", "emergency"}, {"emergency", "emergency"}, {"PRENC", "preadmit"}, {"VR", "virtual"}, {"virtual", "virtual"}, {"HH", "home"}, {"home", "home"}, {"OBSENC", "inpatient"}};
static const struct fhir_pair visit_status[] = {{"planned", "planned"}, {"arrived", "arrived"}, {"triaged", "in-progress"}, {"in-progress", "in-progress"}, {"onleave", "onleave"}, {"finished", "finished"},
	{"cancelled", "cancelled"}, {"entered-in-error", "cancelled"}};

/* The event that an HL7 feed would have sent for this state. unknown tells nothing: it moves nobody. */
static const char *visit_action(struct slice status, const char *class)
{
	static const struct fhir_pair map[] = {{"planned", "preadmit"}, {"onleave", "leave"}, {"finished", "discharge"}, {"cancelled", "cancel-admit"}, {"entered-in-error", "delete"}};
	const char *action = FHIR_MAP(map, status);
	if (action)
		return action;
	if (fhir_word("arrived\0triaged\0in-progress\0", status))
		return strcmp(class, "inpatient") == 0 ? "admit" : "register";
	return NULL; /* an update of a visit that nobody has heard of would take a bed */
}

static void put_locations(struct fhir_reader *r, struct fact *t, const struct json_node *locations, bool over)
{
	/* the place now is the active one, else the last that is not completed; where a patient has been before stands behind */
	const struct json_node *now = NULL, *before = NULL;
	EACH(l, locations) {
		struct slice status = json_text(l, "status");
		if (slice_eq_str(status, "active") || (!slice_eq_str(status, "completed") && !slice_eq_str(status, "planned") && !(now && slice_eq_str(json_text(now, "status"), "active"))))
			now = l;
		else if (slice_eq_str(status, "completed"))
			before = l;
	}
	if (!now && over) {
		now = before;
		before = NULL;
	}
	facts_put(r->f, t, FF_LOCATION, fhir_location(r, json_get(now, "location")));
	facts_put(r->f, t, FF_PRIOR_LOCATION, fhir_location(r, json_get(before, "location")));
}

static const struct fhir_pair participant_roles[] = {{"ATND", "attending"}, {"ADM", "admitting"}, {"REF", "referring"}, {"CON", "consulting"}, {"PPRF", "attending"}};

static const char *role_of(const struct json_node *p)
{
	EACH(type, json_get(p, "type")) {
		const char *role = FHIR_MAP(participant_roles, fhir_raw_code(type));
		if (role)
			return role;
	}
	return NULL;
}

/* The care team of a visit that is over is history; it stays with the visit alone (PERFORMER). */
static void put_team(struct fhir_reader *r, struct fact_group *g, const struct json_node *participants, struct slice visit)
{
	static const char *const roles[] = {"attending", "admitting", "referring", "consulting"};
	for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
		struct fact *t = NULL;
		EACH(p, participants) {
			const char *role = role_of(p);
			if (!role || strcmp(role, roles[i]) != 0)
				continue;
			if (!t) {
				t = facts_add(r->f, g, FACT_CARE_TEAM);
				facts_put_parts(r->f, t, FF_ROLE, (const struct slice[]){slice_str(role)}, 1);
				facts_put(r->f, t, FF_VISIT, visit);
			}
			facts_put(r->f, t, FF_PERFORMER, fhir_person(r, json_get(p, "individual"), SLICE_NULL));
		}
	}
}

void fhir_read_encounter(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	struct fact *t = fhir_fact(r, g, FACT_VISIT);
	struct slice status = fhir_field(r, n, "status"), code = fhir_raw_code(json_get(n, "class"));
	const char *class = FHIR_MAP(classes, code), *ours = FHIR_MAP(visit_status, status);
	if (!class)
		class = "other";
	const char *action = visit_action(status, class);
	facts_put_str(r->f, t, FF_ACTION, action ? action : "");
	facts_put_str(r->f, t, FF_STATUS, ours ? ours : "unknown");
	facts_put(r->f, t, FF_STATUS_RAW, status);
	facts_put_str(r->f, t, FF_CLASS, class);
	facts_put(r->f, t, FF_TYPE, fhir_keep(r, code));
	fhir_put_code(r, t, FF_CODE, json_get(n, "type"));
	fhir_put_code(r, t, FF_SERVICE, json_get(n, "serviceType"));
	fhir_put_code(r, t, FF_REASON, json_get(n, "reasonCode"));
	EACH(reason, json_get(n, "reasonReference")) {
		struct slice s = fhir_reference_text(r, reason);
		if (s.n)
			facts_put_parts(r->f, t, FF_REASON, (const struct slice[]){[FC_TEXT] = s}, 7);
	}
	facts_put(r->f, t, FF_PRIORITY, fhir_code_text(r, json_get(n, "priority")));
	fhir_put_time(r, t, FF_START, json_path(n, "period.start"));
	fhir_put_time(r, t, FF_END, json_path(n, "period.end"));
	bool over = fhir_word("finished\0cancelled\0entered-in-error\0", status) != NULL;
	put_locations(r, t, json_get(n, "location"), over);
	fhir_put_code(r, t, FF_DISPOSITION, json_path(n, "hospitalization.dischargeDisposition"));
	struct slice home = fhir_reference_text(r, json_get(n, "serviceProvider"));
	fhir_put_line(r, t, "provider", home);
	struct slice visit = fhir_visit_of(r, r->at, n);
	facts_put(r->f, t, FF_VISIT, visit);
	facts_put(r->f, t, FF_PROTECTED, fhir_protection(r, n));
	EACH(p, json_get(n, "participant")) {
		const char *role = role_of(p);
		facts_put(r->f, t, FF_PERFORMER, fhir_person(r, json_get(p, "individual"), role ? slice_str(role) : fhir_code_text(r, json_get(p, "type"))));
	}
	if (!over)
		put_team(r, g, json_get(n, "participant"), visit);
}

/* ---- Appointment ---- */

static const struct fhir_pair appointment_status[] = {{"proposed", "proposed"}, {"pending", "pending"}, {"booked", "booked"}, {"arrived", "arrived"}, {"checked-in", "arrived"}, {"fulfilled", "fulfilled"},
	{"cancelled", "cancelled"}, {"noshow", "noshow"}, {"entered-in-error", "entered-in-error"}, {"waitlist", "pending"}};

static void put_participants(struct fhir_reader *r, struct fact *t, const struct json_node *participants)
{
	EACH(p, participants) {
		const struct json_node *actor = json_get(p, "actor");
		struct slice type = fhir_resolve(r, actor).type;
		if (type.n == 0)
			type = json_text(actor, "type");
		if (slice_eq_str(type, "Patient"))
			continue;
		if (slice_eq_str(type, "Location"))
			facts_put(r->f, t, FF_LOCATION, fhir_location(r, actor));
		else if (slice_eq_str(type, "Device") || slice_eq_str(type, "HealthcareService"))
			facts_put(r->f, t, FF_RESOURCE_NAME, fhir_reference_text(r, actor));
		else if (actor)
			facts_put(r->f, t, FF_PERFORMER, fhir_person(r, actor, fhir_code_text(r, json_get(p, "type"))));
	}
}

void fhir_read_appointment(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	struct fact *t = fhir_fact(r, g, FACT_APPOINTMENT);
	EACH(id, json_get(n, "identifier")) {
		struct slice type = fhir_raw_code(json_get(id, "type"));
		facts_put(r->f, t, slice_eq_str(type, "PLAC") ? FF_PLACER : slice_eq_str(type, "FILL") ? FF_FILLER : FF_ID, fhir_identifier(r, id));
	}
	struct slice status = fhir_field(r, n, "status");
	const char *ours = FHIR_MAP(appointment_status, status);
	facts_put_str(r->f, t, FF_STATUS, ours ? ours : "proposed");
	facts_put(r->f, t, FF_STATUS_RAW, status);
	r->f->problems += !ours;
	fhir_put_code(r, t, FF_CODE, json_get(n, "appointmentType"));
	fhir_put_code(r, t, FF_SERVICE, json_get(n, "serviceType"));
	fhir_put_code(r, t, FF_CATEGORY, json_get(n, "specialty"));
	fhir_put_time(r, t, FF_TIME, json_get(n, "start"));
	fhir_put_time(r, t, FF_END, json_get(n, "end"));
	facts_put(r->f, t, FF_DURATION_MIN, fhir_field(r, n, "minutesDuration"));
	fhir_put_code(r, t, FF_REASON, json_get(n, "reasonCode"));
	fhir_put_code(r, t, FF_REASON, json_get(n, "cancelationReason"));
	facts_put(r->f, t, FF_TITLE, fhir_field(r, n, "description"));
	fhir_put_time(r, t, FF_RECORDED, json_get(n, "created"));
	put_participants(r, t, json_get(n, "participant"));
	fhir_put_line(r, t, NULL, fhir_field(r, n, "comment"));
	fhir_put_line(r, t, NULL, fhir_field(r, n, "patientInstruction"));
}

/* ---- ServiceRequest ---- */

static const struct fhir_pair request_status[] = {{"draft", "draft"}, {"active", "active"}, {"on-hold", "on-hold"}, {"revoked", "cancelled"}, {"completed", "completed"}, {"entered-in-error", "entered-in-error"},
	{"unknown", "unknown"}};

/* "Do not resuscitate" and "do not intubate" are written as requests that must not be done: they are flags. */
static bool put_prohibition(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	const struct json_node *no = json_get(n, "doNotPerform");
	if (!no || no->type != JSON_TRUE)
		return false;
	struct fact *t = fhir_fact(r, g, FACT_FLAG);
	struct slice status = fhir_field(r, n, "status");
	bool active = fhir_word("active\0draft\0unknown\0", status) != NULL;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	buf_str(&b, "DO NOT: ");
	buf_add_slice(&b, fhir_code_text(r, json_get(n, "code")));
	facts_put_parts(r->f, t, FF_CODE, (const struct slice[]){[FC_TEXT] = fhir_keep_buf(r, &b)}, 7);
	fhir_put_code(r, t, FF_CATEGORY, json_get(n, "category"));
	facts_put_str(r->f, t, FF_STATUS, slice_eq_str(status, "entered-in-error") ? "entered-in-error" : active ? "active" : "inactive");
	if (!active)
		facts_put_str(r->f, t, FF_ACTION, "delete");
	fhir_put_time(r, t, FF_RECORDED, json_get(n, "authoredOn"));
	fhir_put_person(r, t, FF_AUTHOR, json_get(n, "requester"), NULL);
	fhir_put_code(r, t, FF_REASON, json_get(n, "reasonCode"));
	fhir_put_notes(r, t, json_get(n, "note"));
	return true;
}

void fhir_read_service_request(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	if (put_prohibition(r, g, n))
		return;
	struct fact *t = fhir_fact(r, g, FACT_ORDER);
	EACH(id, json_get(n, "identifier")) {
		struct slice type = fhir_raw_code(json_get(id, "type"));
		facts_put(r->f, t, slice_eq_str(type, "PLAC") ? FF_PLACER : slice_eq_str(type, "FILL") ? FF_FILLER : FF_ID, fhir_identifier(r, id));
	}
	struct slice status = fhir_field(r, n, "status");
	const char *ours = FHIR_MAP(request_status, status);
	facts_put_str(r->f, t, FF_STATUS, ours ? ours : "unknown");
	facts_put(r->f, t, FF_STATUS_RAW, status);
	r->f->problems += !ours;
	facts_put(r->f, t, FF_TYPE, fhir_field(r, n, "intent"));
	const struct json_node *codes = json_get(n, "code"), *first = fhir_first(codes);
	facts_put(r->f, t, FF_CODE, fhir_code(r, first));
	fhir_put_code(r, t, FF_CATEGORY, json_get(n, "category"));
	EACH(more, codes) /* DSTU2: several tests in one order */
		if (more != first)
			fhir_put_line(r, t, "also", fhir_code_text(r, more));
	facts_put(r->f, t, FF_PRIORITY, fhir_field(r, n, "priority"));
	fhir_put_when(r, t, FF_START, FF_END, n, "occurrence");
	fhir_put_time(r, t, FF_RECORDED, json_get(n, "authoredOn"));
	fhir_put_person(r, t, FF_AUTHOR, json_get(n, "requester"), NULL);
	fhir_put_person(r, t, FF_PERFORMER, json_get(n, "performer"), NULL);
	fhir_put_code(r, t, FF_REASON, json_get(n, "reasonCode"));
	EACH(reason, json_get(n, "reasonReference")) {
		struct slice s = fhir_reference_text(r, reason);
		if (s.n)
			facts_put_parts(r->f, t, FF_REASON, (const struct slice[]){[FC_TEXT] = s}, 7);
	}
	fhir_put_code(r, t, FF_BODY_SITE, json_get(n, "bodySite"));
	EACH(s, json_get(n, "specimen")) {
		struct fhir_target sp = fhir_resolve(r, s);
		facts_put(r->f, t, FF_SPECIMEN, sp.node ? fhir_code(r, fhir_first(json_get(sp.node, "type"))) : SLICE_NULL);
	}
	struct slice quantity = fhir_quantity_text(r, json_get(n, "quantityQuantity"));
	facts_put(r->f, t, FF_QUANTITY, quantity);
	if (json_get(n, "requisition"))
		facts_put(r->f, t, FF_GROUP, fhir_identifier(r, json_get(n, "requisition")));
	const struct json_node *replaces = fhir_first(json_get(n, "replaces"));
	if (replaces) {
		facts_put_str(r->f, t, FF_RELATION, "replaces");
		facts_put(r->f, t, FF_PARENT, fhir_ref_ident(r, replaces));
	}
	facts_put(r->f, t, FF_VISIT, fhir_visit_ident(r, json_get(n, "encounter")));
	fhir_put_line(r, t, NULL, fhir_field(r, n, "patientInstruction"));
	fhir_put_notes(r, t, json_get(n, "note"));
}

/* ---- what we keep and show, but do not interpret ---- */

void fhir_read_generic(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	static const char *const labels[] = {"code", "description", "title", "name", "type", "category", "device", "medicationCodeableConcept", "vaccineCode", "summary", "condition", "outcome", "deviceName"};
	static const char *const starts[] = {"performedDateTime", "effectiveDateTime", "occurrenceDateTime", "timingDateTime", "authoredOn", "recordedDate", "dateTime", "date", "started", "created", "issued", "startDate", "recordedOn", "recorded"};
	struct fact *t = fhir_fact(r, g, FACT_GENERIC);
	facts_put_parts(r->f, t, FF_CODE, (const struct slice[]){fhir_keep(r, r->at->type), SLICE_NULL, SLICE("http://hl7.org/fhir/resource-types")}, 3);
	struct slice title = SLICE_NULL;
	for (size_t i = 0; i < ARRAY_LEN(labels) && title.n == 0; i++) {
		const struct json_node *l = fhir_first(json_get(n, labels[i]));
		title = !l || l->type != JSON_OBJ ? fhir_text(r, l) : json_get(l, "reference") ? fhir_reference_text(r, l) : json_get(l, "name") ? fhir_field(r, l, "name") : fhir_code_text(r, l);
	}
	facts_put(r->f, t, FF_TITLE, title);
	facts_put(r->f, t, FF_STATUS_RAW, fhir_field(r, n, json_get(n, "status") ? "status" : "lifecycleStatus"));
	if (slice_eq_str(json_text(n, "status"), "entered-in-error"))
		facts_put_str(r->f, t, FF_STATUS, "entered-in-error");
	for (size_t i = 0; i < ARRAY_LEN(starts); i++)
		if (json_get(n, starts[i]) && fact_count(t, FF_TIME) == 0)
			fhir_put_time(r, t, FF_TIME, json_get(n, starts[i]));
	if (fact_count(t, FF_TIME) == 0)
		fhir_put_time(r, t, FF_TIME, json_path(n, "period.start"));
	facts_put(r->f, t, FF_VISIT, fhir_visit_ident(r, json_get(n, "encounter")));
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FHIR_GENERIC_MAX);
	fhir_xhtml_text(&b, json_text(n, "text.div"));
	if (buf_ok(&b))
		facts_put(r->f, t, FF_TEXT, fhir_keep_buf(r, &b));
	fhir_put_notes(r, t, json_get(n, "note"));
	facts_put_str(r->f, t, FF_CONTENT_TYPE, "application/fhir+json");
	facts_put(r->f, t, FF_CONTENT_PLACE, fhir_place(r, NULL));
}
