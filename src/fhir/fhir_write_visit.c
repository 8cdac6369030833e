/* Encounter, Appointment, ServiceRequest. */
#include "fhir_internal.h"

/* ---- Encounter ---- */

/* v3 ActCode for each class; what was sent is kept where we have no word for it. */
static void visit_class(struct fhir_out *x)
{
	static const struct fhir_pair map[] = {{"inpatient", "IMP"}, {"outpatient", "AMB"}, {"emergency", "EMER"}, {"preadmit", "PRENC"}, {"recurring", "AMB"}, {"obstetrics", "IMP"}, {"virtual", "VR"}, {"home", "HH"}};
	struct slice class = fhir_value(x->t, FF_CLASS), type = fhir_value(x->t, FF_TYPE);
	const char *code = FHIR_MAP(map, class);
	jsonw_key(x->w, "class");
	jsonw_obj(x->w);
	if (fhir_word("IMP\0AMB\0EMER\0FLD\0HH\0ACUTE\0NONAC\0OBSENC\0PRENC\0SS\0VR\0", type)) {
		jsonw_kstr(x->w, "system", "http://terminology.hl7.org/CodeSystem/v3-ActCode");
		jsonw_kslice(x->w, "code", type);
	} else if (code) {
		jsonw_kstr(x->w, "system", "http://terminology.hl7.org/CodeSystem/v3-ActCode");
		jsonw_kstr(x->w, "code", code);
	} else {
		jsonw_kstr(x->w, "system", "http://terminology.hl7.org/CodeSystem/v3-NullFlavor");
		jsonw_kstr(x->w, "code", class.n ? "OTH" : "UNK");
		fhir_out_string(x, "display", type);
	}
	jsonw_obj_end(x->w);
}

/* The state that the event left the visit in, where its reader did not say. */
static const char *visit_status(const struct fhir_out *x)
{
	static const struct fhir_pair by_action[] = {{"admit", "in-progress"}, {"register", "in-progress"}, {"transfer", "in-progress"}, {"discharge", "finished"}, {"preadmit", "planned"}, {"leave", "onleave"}, {"return", "in-progress"},
		{"cancel-discharge", "in-progress"}, {"cancel-admit", "cancelled"}, {"cancel-register", "cancelled"}, {"cancel-preadmit", "cancelled"}, {"pending-admit", "planned"}, {"delete", "entered-in-error"}};
	const char *known = fhir_word("planned\0arrived\0triaged\0in-progress\0onleave\0finished\0cancelled\0entered-in-error\0unknown\0", fhir_value(x->t, FF_STATUS));
	if (x->it->state == FACT_IN_ERROR || x->it->state == FACT_DELETED)
		return "entered-in-error";
	if (!known)
		known = FHIR_MAP(by_action, fhir_value(x->t, FF_ACTION));
	return known ? known : fhir_value(x->t, FF_END).n ? "finished" : "unknown";
}

static void visit_people(struct fhir_out *x)
{
	static const struct {
		const char *word, *code, *display;
	} roles[] = {{"attending", "ATND", "attender"}, {"admitting", "ADM", "admitter"}, {"referring", "REF", "referrer"}, {"consulting", "CON", "consultant"}};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	bool any = false;
	for (size_t i = 0, n = fact_count(x->t, FF_PERFORMER); i < n; i++) {
		struct slice who = fact_nth(x->t, FF_PERFORMER, i), role = fact_part(who, FP_ROLE);
		if (fact_is_null(who) || fhir_person_text(who, &b).n == 0)
			continue;
		if (!any) {
			jsonw_key(x->w, "participant");
			jsonw_arr(x->w);
			any = true;
		}
		jsonw_obj(x->w);
		if (!fhir_is_blank(role)) {
			jsonw_key(x->w, "type");
			jsonw_arr(x->w);
			size_t k = 0;
			while (k < ARRAY_LEN(roles) && !slice_eq_nocase(role, roles[k].word))
				k++;
			if (k < ARRAY_LEN(roles))
				fhir_out_fixed(x->w, NULL, "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", roles[k].code, roles[k].display);
			else {
				jsonw_obj(x->w);
				jsonw_kslice(x->w, "text", slice_trim(role));
				jsonw_obj_end(x->w);
			}
			jsonw_arr_end(x->w);
		}
		fhir_out_person(x, "individual", who, "Practitioner");
		jsonw_obj_end(x->w);
	}
	if (any)
		jsonw_arr_end(x->w);
}

static void visit_places(struct fhir_out *x, bool over)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	static const struct {
		uint8_t field;
		const char *status;
	} places[] = {{FF_LOCATION, "active"}, {FF_TEMPORARY_LOCATION, "active"}, {FF_PENDING_LOCATION, "planned"}, {FF_PRIOR_LOCATION, "completed"}};
	bool any = false;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct slice l = fhir_value(x->t, places[i].field);
		if (fhir_location_text(l, &b).n == 0)
			continue;
		if (!any) {
			jsonw_key(x->w, "location");
			jsonw_arr(x->w);
			any = true;
		}
		jsonw_obj(x->w);
		fhir_out_location(x, "location", l);
		jsonw_kstr(x->w, "status", over ? "completed" : places[i].status);
		jsonw_obj_end(x->w);
	}
	if (any)
		jsonw_arr_end(x->w);
}

void fhir_write_encounter(struct fhir_out *x)
{
	const char *status = visit_status(x);
	struct slice visit = fhir_value(x->t, FF_VISIT), account = fhir_value(x->t, FF_ACCOUNT);
	if (!fhir_is_blank(fact_part(visit, FI_VALUE))) {
		jsonw_key(x->w, "identifier");
		jsonw_arr(x->w);
		struct slice type = fact_part(visit, FI_TYPE);
		fhir_out_ident_parts(x->w, fact_part(visit, FI_VALUE), fact_part(visit, FI_ASSIGNER), type.n ? type : SLICE("VN"), fact_part(visit, FI_ASSIGNER_ID), fact_part(visit, FI_ASSIGNER_IDTYPE));
		jsonw_arr_end(x->w);
	} else
		fhir_out_idents(x);
	jsonw_kstr(x->w, "status", status);
	visit_class(x);
	fhir_out_codes(x, "type", FF_CODE);
	fhir_out_code(x, "serviceType", fhir_value(x->t, FF_SERVICE));
	struct slice priority = fhir_value(x->t, FF_PRIORITY);
	if (!fhir_is_blank(priority)) {
		jsonw_key(x->w, "priority");
		jsonw_obj(x->w);
		jsonw_kslice(x->w, "text", slice_trim(priority));
		jsonw_obj_end(x->w);
	}
	fhir_out_subject(x, "subject");
	visit_people(x);
	fhir_out_period(x, "period", fhir_value(x->t, FF_START), fhir_value(x->t, FF_END));
	fhir_out_codes(x, "reasonCode", FF_REASON);
	if (!fhir_is_blank(fact_part(account, FI_VALUE))) {
		jsonw_key(x->w, "account");
		jsonw_arr(x->w);
		jsonw_obj(x->w);
		jsonw_kstr(x->w, "type", "Account");
		jsonw_key(x->w, "identifier");
		fhir_out_ident(x->w, account);
		jsonw_obj_end(x->w);
		jsonw_arr_end(x->w);
	}
	struct slice disposition = fhir_value(x->t, FF_DISPOSITION);
	if (fhir_shown(disposition).n) {
		jsonw_key(x->w, "hospitalization");
		jsonw_obj(x->w);
		fhir_out_code(x, "dischargeDisposition", disposition);
		jsonw_obj_end(x->w);
	}
	visit_places(x, strcmp(status, "finished") == 0 || strcmp(status, "cancelled") == 0);
}

/* ---- Appointment ---- */

static void participant_open(struct fhir_out *x)
{
	jsonw_obj(x->w);
}

static void participant_close(struct fhir_out *x, const char *status)
{
	jsonw_kstr(x->w, "status", status);
	jsonw_obj_end(x->w);
}

static void participants(struct fhir_out *x, const char *answer)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	jsonw_key(x->w, "participant"); /* 1..*: the patient at least */
	jsonw_arr(x->w);
	participant_open(x);
	fhir_out_subject(x, "actor");
	if (!x->p) { /* app-1: an actor or a type */
		jsonw_key(x->w, "actor");
		fhir_out_absent(x->w, "unknown");
	}
	participant_close(x, answer);
	for (size_t i = 0, n = fact_count(x->t, FF_PERFORMER); i < n; i++) {
		struct slice who = fact_nth(x->t, FF_PERFORMER, i), role = fact_part(who, FP_ROLE);
		if (fact_is_null(who) || fhir_person_text(who, &b).n == 0)
			continue;
		participant_open(x);
		if (!fhir_is_blank(role)) {
			jsonw_key(x->w, "type");
			jsonw_arr(x->w);
			jsonw_obj(x->w);
			jsonw_kslice(x->w, "text", slice_trim(role));
			jsonw_obj_end(x->w);
			jsonw_arr_end(x->w);
		}
		fhir_out_person(x, "actor", who, "Practitioner");
		participant_close(x, answer);
	}
	for (size_t i = 0, n = fact_count(x->t, FF_LOCATION); i < n; i++) {
		struct slice l = fact_nth(x->t, FF_LOCATION, i);
		if (fhir_location_text(l, &b).n == 0)
			continue;
		participant_open(x);
		fhir_out_location(x, "actor", l);
		participant_close(x, answer);
	}
	for (size_t i = 0, n = fact_count(x->t, FF_RESOURCE_NAME); i < n; i++) {
		struct slice s = fact_nth(x->t, FF_RESOURCE_NAME, i);
		if (fhir_is_blank(s))
			continue;
		participant_open(x);
		jsonw_key(x->w, "actor");
		jsonw_obj(x->w);
		jsonw_kslice(x->w, "display", slice_trim(s));
		jsonw_obj_end(x->w);
		participant_close(x, answer);
	}
	jsonw_arr_end(x->w);
}

/* app-2: start and end, or neither. An end that nobody sent is start plus duration where that was sent, else stated to be unknown. */
static void appointment_times(struct fhir_out *x)
{
	struct slice start = fhir_value(x->t, FF_TIME), end = fhir_value(x->t, FF_END);
	if (!fhir_out_time(x, "start", start, FHIR_INSTANT) || fhir_out_time(x, "end", end, FHIR_INSTANT))
		return;
	uint64_t minutes;
	int64_t from = fact_time_ns(start, x->o ? x->o->zone_minutes : 0);
	if (start.n > 10 && from != INT64_MIN && num_u64(fhir_value(x->t, FF_DURATION_MIN), 1, 100000, &minutes) == 0) {
		char text[32];
		jsonw_kstr(x->w, "end", time_rfc3339(from + (int64_t)minutes * 60 * TIME_SEC, 0, text));
		return;
	}
	jsonw_key(x->w, "_end");
	fhir_out_absent(x->w, "unknown");
}

void fhir_write_appointment(struct fhir_out *x)
{
	const char *status = fhir_word("proposed\0pending\0booked\0arrived\0fulfilled\0cancelled\0noshow\0entered-in-error\0checked-in\0waitlist\0", fhir_value(x->t, FF_STATUS));
	bool error = x->it->state == FACT_IN_ERROR || x->it->state == FACT_DELETED, cancelled = status && (strcmp(status, "cancelled") == 0 || strcmp(status, "noshow") == 0);
	uint64_t minutes;
	/* app-3: only a proposed or cancelled appointment may be without a time */
	bool timed = !fhir_is_blank(fhir_value(x->t, FF_TIME));
	if (!timed && !error && !cancelled)
		status = "proposed";
	fhir_out_idents(x);
	jsonw_kstr(x->w, "status", error ? "entered-in-error" : status ? status : "booked");
	if (cancelled) /* app-4: a reason only for these */
		fhir_out_code(x, "cancelationReason", fhir_value(x->t, FF_REASON));
	fhir_out_codes(x, "serviceType", FF_SERVICE);
	fhir_out_codes(x, "specialty", FF_CATEGORY);
	fhir_out_code(x, "appointmentType", fhir_value(x->t, FF_CODE));
	if (!cancelled)
		fhir_out_codes(x, "reasonCode", FF_REASON);
	fhir_out_string(x, "description", fhir_value(x->t, FF_TITLE));
	appointment_times(x);
	if (num_u64(fhir_value(x->t, FF_DURATION_MIN), 1, 100000, &minutes) == 0)
		jsonw_ku64(x->w, "minutesDuration", minutes);
	fhir_out_time(x, "created", fhir_value(x->t, FF_RECORDED), FHIR_DATETIME);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 65536);
	for (size_t i = 0, n = fact_count(x->t, FF_TEXT); i < n; i++)
		if (!fhir_is_blank(fact_nth(x->t, FF_TEXT, i)))
			buf_printf(&b, "%s%.*s", b.n ? "\n" : "", SLICE_FMT(fact_nth(x->t, FF_TEXT, i)));
	jsonw_kslice_opt(x->w, "comment", buf_slice(&b));
	participants(x, error || cancelled ? "declined" : status && (strcmp(status, "proposed") == 0 || strcmp(status, "pending") == 0) ? "needs-action" : "accepted");
}

/* ---- ServiceRequest ---- */

void fhir_write_service_request(struct fhir_out *x)
{
	static const struct fhir_pair map[] = {{"draft", "draft"}, {"active", "active"}, {"on-hold", "on-hold"}, {"cancelled", "revoked"}, {"stopped", "revoked"}, {"completed", "completed"}, {"entered-in-error", "entered-in-error"},
		{"unknown", "unknown"}};
	static const struct fhir_pair priorities[] = {{"routine", "routine"}, {"urgent", "urgent"}, {"asap", "asap"}, {"stat", "stat"}, {"S", "stat"}, {"A", "asap"}, {"R", "routine"}, {"T", "urgent"}};
	const char *status = FHIR_MAP(map, fhir_value(x->t, FF_STATUS)), *priority = FHIR_MAP(priorities, fhir_value(x->t, FF_PRIORITY));
	const char *intent = fhir_word("proposal\0plan\0directive\0order\0original-order\0reflex-order\0filler-order\0instance-order\0option\0", fhir_value(x->t, FF_TYPE));
	bool error = x->it->state == FACT_IN_ERROR || x->it->state == FACT_DELETED;
	fhir_out_idents(x);
	struct slice group = fhir_value(x->t, FF_GROUP);
	if (!fhir_is_blank(fact_part(group, FI_VALUE))) {
		jsonw_key(x->w, "requisition");
		fhir_out_ident(x->w, group);
	}
	jsonw_kstr(x->w, "status", error ? "entered-in-error" : status ? status : "unknown");
	jsonw_kstr(x->w, "intent", intent ? intent : "order");
	fhir_out_codes(x, "category", FF_CATEGORY);
	if (priority)
		jsonw_kstr(x->w, "priority", priority);
	fhir_out_code(x, "code", fhir_value(x->t, FF_CODE));
	fhir_out_subject(x, "subject");
	fhir_out_encounter(x, "encounter");
	struct slice start = fhir_value(x->t, FF_START);
	fhir_out_when(x, "occurrence", start.n ? start : fhir_value(x->t, FF_TIME), fhir_value(x->t, FF_END));
	fhir_out_time(x, "authoredOn", fhir_value(x->t, FF_RECORDED), FHIR_DATETIME);
	fhir_out_person(x, "requester", fhir_value(x->t, FF_AUTHOR), "Practitioner");
	fhir_out_codes(x, "reasonCode", FF_REASON);
	struct slice specimen = fhir_shown(fhir_value(x->t, FF_SPECIMEN));
	if (specimen.n) {
		jsonw_key(x->w, "specimen");
		jsonw_arr(x->w);
		jsonw_obj(x->w);
		jsonw_kslice(x->w, "display", specimen);
		jsonw_obj_end(x->w);
		jsonw_arr_end(x->w);
	}
	fhir_out_codes(x, "bodySite", FF_BODY_SITE);
	fhir_out_notes_and(x, (const uint8_t[]){FF_FREQUENCY, FF_QUANTITY}, (const char *const[]){"frequency", "quantity"}, 2);
}
