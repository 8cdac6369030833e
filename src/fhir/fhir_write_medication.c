/* MedicationRequest, MedicationStatement, MedicationAdministration, MedicationDispense. */
#include "fhir_internal.h"

static void medication(struct fhir_out *x)
{
	struct slice code = fhir_value(x->t, FF_CODE);
	if (fhir_out_code(x, "medicationCodeableConcept", code))
		return;
	jsonw_key(x->w, "medicationCodeableConcept");
	jsonw_obj(x->w);
	jsonw_kstr(x->w, "text", "not stated");
	jsonw_obj_end(x->w);
}

/* "100 mL/h" -> value and unit; anything else stays words. */
static bool number_and_unit(struct slice s, struct slice *ret_number, struct slice *ret_unit)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 256);
	s = slice_trim(s);
	size_t n = 0;
	while (n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == '.'))
		n++;
	*ret_number = slice_of(s.p, n);
	*ret_unit = slice_trim(slice_of(s.p + n, s.n - n));
	return n > 0 && fhir_decimal(*ret_number, &b) && (ret_unit->n == 0 || !(ret_unit->p[0] >= '0' && ret_unit->p[0] <= '9')) && !fhir_contains(*ret_unit, ":");
}

static bool quantity_text(struct fhir_out *x, const char *key, struct slice s)
{
	struct slice number, unit;
	if (fhir_is_blank(s) || !number_and_unit(s, &number, &unit))
		return false;
	return fhir_out_quantity(x, key, number, unit.n ? unit : SLICE_NULL, SLICE_NULL);
}

static void dose(struct fhir_out *x)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 256);
	struct slice low = fhir_value(x->t, FF_DOSE), high = fhir_value(x->t, FF_DOSE_MAX), unit = fhir_value(x->t, FF_DOSE_UNIT), number, rest;
	bool has_low = fhir_decimal(low, &b), has_high = fhir_decimal(high, &b);
	bool has_rate = !fhir_is_blank(fhir_value(x->t, FF_RATE)) && number_and_unit(fhir_value(x->t, FF_RATE), &number, &rest);
	if (!has_low && !has_high && !has_rate)
		return;
	jsonw_key(x->w, "doseAndRate");
	jsonw_arr(x->w);
	jsonw_obj(x->w);
	if (has_high && !slice_eq(low, high)) {
		jsonw_key(x->w, "doseRange");
		jsonw_obj(x->w);
		fhir_out_quantity(x, "low", low, unit, SLICE_NULL);
		fhir_out_quantity(x, "high", high, unit, SLICE_NULL);
		jsonw_obj_end(x->w);
	} else if (has_low)
		fhir_out_quantity(x, "doseQuantity", low, unit, SLICE_NULL);
	if (has_rate)
		quantity_text(x, "rateQuantity", fhir_value(x->t, FF_RATE));
	jsonw_obj_end(x->w);
	jsonw_arr_end(x->w);
}

static void word(struct buf *b, struct slice s)
{
	if (fhir_is_blank(s))
		return;
	if (b->n)
		buf_u8(b, ' ');
	buf_add_slice(b, slice_trim(s));
}

/* The whole prescription in one line, so that what has no field of its own is never left out: this is what a person reads. */
static void sentence(struct fhir_out *x, struct buf *b)
{
	struct slice unit = fhir_value(x->t, FF_DOSE_UNIT), high = fhir_value(x->t, FF_DOSE_MAX), prn = fhir_value(x->t, FF_PRN);
	word(b, fhir_value(x->t, FF_DOSE));
	if (!fhir_is_blank(high) && !slice_eq(high, fhir_value(x->t, FF_DOSE))) {
		word(b, SLICE("-"));
		word(b, high);
	}
	word(b, !fhir_is_blank(fact_part(unit, FC_DISPLAY)) ? fact_part(unit, FC_DISPLAY) : fhir_shown(unit));
	word(b, fhir_shown(fhir_value(x->t, FF_ROUTE)));
	word(b, fhir_value(x->t, FF_FREQUENCY));
	if (!fhir_is_blank(fhir_value(x->t, FF_RATE))) {
		word(b, SLICE("at"));
		word(b, fhir_value(x->t, FF_RATE));
	}
	if (!fhir_is_blank(fhir_value(x->t, FF_DURATION))) {
		word(b, SLICE("for"));
		word(b, fhir_value(x->t, FF_DURATION));
	}
	if (!fhir_is_blank(prn)) {
		word(b, SLICE("as needed"));
		if (!slice_eq_str(prn, "yes"))
			buf_printf(b, " (%.*s)", SLICE_FMT(prn));
	}
}

/* An object that holds the period, where there is one. */
static bool bounds_of(const struct fhir_out *x, struct slice start, struct slice end, struct buf *ret)
{
	struct jsonw w;
	struct fhir_out y = *x;
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	y.w = &w;
	bool any = fhir_out_period(&y, "boundsPeriod", start, end);
	jsonw_obj_end(&w);
	return any;
}

/* v3 GTSAbbreviation, which is what R4's timing-abbreviation asks for first. bounds: as bounds_of made them; may be NULL. */
static void timing(struct fhir_out *x, const struct buf *bounds)
{
	static const char codes[] = "BID\0TID\0QID\0AM\0PM\0QD\0QOD\0Q1H\0Q2H\0Q3H\0Q4H\0Q6H\0Q8H\0BED\0WK\0MO\0";
	struct slice often = fhir_value(x->t, FF_FREQUENCY);
	if (fhir_is_blank(often) && !bounds)
		return;
	jsonw_key(x->w, "timing");
	jsonw_obj(x->w);
	if (bounds) {
		jsonw_key(x->w, "repeat");
		jsonw_raw(x->w, buf_slice(bounds));
	}
	if (!fhir_is_blank(often)) {
		const char *known = fhir_word(codes, slice_trim(often));
		jsonw_key(x->w, "code");
		jsonw_obj(x->w);
		if (known) {
			jsonw_key(x->w, "coding");
			jsonw_arr(x->w);
			jsonw_obj(x->w);
			jsonw_kstr(x->w, "system", "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation");
			jsonw_kstr(x->w, "code", known);
			jsonw_obj_end(x->w);
			jsonw_arr_end(x->w);
		}
		jsonw_kslice(x->w, "text", slice_trim(often));
		jsonw_obj_end(x->w);
	}
	jsonw_obj_end(x->w);
}

#define DOSAGE "dosage: "

/* Where numbers say nothing, the sender's words of the dosage (put_dosages) are its text. */
static struct slice dosage_words(struct fhir_out *x)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 65536);
	sentence(x, &b);
	for (unsigned i = 0; i < x->t->count && b.n == 0; i++)
		if (x->t->values[i].id == FF_TEXT && slice_starts(x->t->values[i].v, DOSAGE) && x->t->values[i].v.n > strlen(DOSAGE))
			return x->t->values[i].v;
	return SLICE_NULL;
}

static void dosage(struct fhir_out *x, const char *key, bool with_bounds)
{
	AUTO_BUF struct buf b = {0}, bounds = {0};
	buf_init(&b, 65536);
	buf_init(&bounds, 8192);
	sentence(x, &b);
	if (x->said.n)
		buf_add(&b, x->said.p + strlen(DOSAGE), x->said.n - strlen(DOSAGE));
	struct slice text = slice_trim(buf_slice(&b));
	bool bound = with_bounds && bounds_of(x, fhir_value(x->t, FF_START), fhir_value(x->t, FF_END), &bounds); /* what is no time is none */
	if (!text.n && !bound && !fhir_shown(fhir_value(x->t, FF_BODY_SITE)).n) /* an empty Dosage would break ele-1 */
		return;
	struct slice prn = fhir_value(x->t, FF_PRN);
	jsonw_key(x->w, key);
	jsonw_arr(x->w);
	jsonw_obj(x->w);
	jsonw_kslice_opt(x->w, "text", text);
	timing(x, bound ? &bounds : NULL);
	if (!fhir_is_blank(prn)) {
		if (slice_eq_str(prn, "yes"))
			jsonw_kbool(x->w, "asNeededBoolean", true);
		else {
			jsonw_key(x->w, "asNeededCodeableConcept");
			jsonw_obj(x->w);
			jsonw_kslice(x->w, "text", slice_trim(prn));
			jsonw_obj_end(x->w);
		}
	}
	fhir_out_code(x, "site", fhir_value(x->t, FF_BODY_SITE));
	fhir_out_code(x, "route", fhir_value(x->t, FF_ROUTE));
	fhir_out_code(x, "method", fhir_value(x->t, FF_METHOD));
	dose(x);
	jsonw_obj_end(x->w);
	jsonw_arr_end(x->w);
}

static const struct fhir_pair priorities[] = {{"routine", "routine"}, {"urgent", "urgent"}, {"asap", "asap"}, {"stat", "stat"}, {"S", "stat"}, {"A", "asap"}, {"R", "routine"}, {"T", "urgent"}};
static const char intents[] = "proposal\0plan\0order\0original-order\0reflex-order\0filler-order\0instance-order\0option\0";

static const char *state_or(const struct fhir_out *x, const char *status)
{
	return x->it->state == FACT_IN_ERROR || x->it->state == FACT_DELETED ? "entered-in-error" : status;
}

void fhir_write_medication_request(struct fhir_out *x)
{
	static const uint8_t more[] = {FF_STRENGTH, FF_FORM, FF_COMPONENT, FF_STATUS_RAW};
	static const char *const labels[] = {"strength", "form", "component", "status as sent"};
	const char *status = fhir_word("active\0on-hold\0cancelled\0completed\0entered-in-error\0stopped\0draft\0unknown\0", fhir_value(x->t, FF_STATUS));
	const char *intent = fhir_word(intents, fhir_value(x->t, FF_TYPE)), *priority = FHIR_MAP(priorities, fhir_value(x->t, FF_PRIORITY));
	fhir_out_idents(x);
	jsonw_kstr(x->w, "status", state_or(x, status ? status : "unknown"));
	jsonw_kstr(x->w, "intent", intent ? intent : "order");
	fhir_out_codes(x, "category", FF_CATEGORY);
	if (priority)
		jsonw_kstr(x->w, "priority", priority);
	medication(x);
	fhir_out_subject(x, "subject");
	fhir_out_encounter(x, "encounter");
	fhir_out_time(x, "authoredOn", fhir_value(x->t, FF_RECORDED), FHIR_DATETIME);
	fhir_out_person(x, "requester", fhir_value(x->t, FF_AUTHOR), "Practitioner");
	fhir_out_person(x, "recorder", fhir_value(x->t, FF_ENTERER), "Practitioner");
	fhir_out_codes(x, "reasonCode", FF_REASON);
	struct slice group = fhir_value(x->t, FF_GROUP);
	if (!fhir_is_blank(fact_part(group, FI_VALUE))) {
		jsonw_key(x->w, "groupIdentifier");
		fhir_out_ident(x->w, group);
	}
	/* a status that we had to bring under another word is shown in its own */
	bool raw = !fhir_is_blank(fhir_value(x->t, FF_STATUS_RAW)) && !slice_eq(fhir_value(x->t, FF_STATUS_RAW), fhir_value(x->t, FF_STATUS));
	x->said = dosage_words(x);
	fhir_out_notes_and(x, more, labels, raw ? 4 : 3);
	dosage(x, "dosageInstruction", true);
	struct slice quantity = fhir_value(x->t, FF_QUANTITY), number, unit;
	uint64_t refills = 0;
	bool has_quantity = !fhir_is_blank(quantity) && number_and_unit(quantity, &number, &unit), has_refills = num_u64(fhir_value(x->t, FF_REFILLS), 0, 1000, &refills) == 0;
	if (has_quantity || has_refills) {
		jsonw_key(x->w, "dispenseRequest");
		jsonw_obj(x->w);
		if (has_refills)
			jsonw_ku64(x->w, "numberOfRepeatsAllowed", refills);
		if (has_quantity)
			quantity_text(x, "quantity", quantity);
		jsonw_obj_end(x->w);
	}
}

void fhir_write_medication_statement(struct fhir_out *x)
{
	static const uint8_t more[] = {FF_STRENGTH, FF_FORM};
	static const char *const labels[] = {"strength", "form"};
	static const struct fhir_pair map[] = {{"active", "active"}, {"on-hold", "on-hold"}, {"completed", "completed"}, {"entered-in-error", "entered-in-error"}, {"stopped", "stopped"}, {"cancelled", "not-taken"},
		{"draft", "intended"}, {"unknown", "unknown"}};
	const char *status = FHIR_MAP(map, fhir_value(x->t, FF_STATUS));
	if (slice_eq_str(fhir_value(x->t, FF_STATUS_RAW), "not-taken"))
		status = "not-taken";
	fhir_out_idents(x);
	jsonw_kstr(x->w, "status", state_or(x, status ? status : "unknown"));
	medication(x);
	fhir_out_subject(x, "subject");
	fhir_out_encounter(x, "context");
	if (!fhir_out_when(x, "effective", fhir_value(x->t, FF_START), fhir_value(x->t, FF_END)) && x->doc) {
		jsonw_key(x->w, "effectivePeriod"); /* IPS: effective 1..1, with a reason where it is not known */
		fhir_out_absent(x->w, "unknown");
	}
	fhir_out_time(x, "dateAsserted", fhir_value(x->t, FF_RECORDED), FHIR_DATETIME);
	fhir_out_person(x, "informationSource", fhir_value(x->t, FF_AUTHOR), "Practitioner");
	fhir_out_codes(x, "reasonCode", FF_REASON);
	x->said = dosage_words(x);
	fhir_out_notes_and(x, more, labels, 2);
	dosage(x, "dosage", false);
}

void fhir_write_administration(struct fhir_out *x)
{
	static const uint8_t more[] = {FF_LOT, FF_STRENGTH, FF_FORM};
	static const char *const labels[] = {"lot", "strength", "form"};
	const char *status = fhir_word("in-progress\0not-done\0on-hold\0completed\0entered-in-error\0stopped\0unknown\0", fhir_value(x->t, FF_STATUS));
	bool not_done = status && strcmp(status, "not-done") == 0;
	fhir_out_idents(x);
	jsonw_kstr(x->w, "status", state_or(x, status ? status : "unknown"));
	if (not_done)
		fhir_out_codes(x, "statusReason", FF_REASON);
	medication(x);
	fhir_out_subject(x, "subject");
	fhir_out_encounter(x, "context");
	if (!fhir_out_when(x, "effective", fhir_value(x->t, FF_TIME), fhir_value(x->t, FF_END))) {
		jsonw_key(x->w, "effectivePeriod"); /* effective 1..1 */
		fhir_out_absent(x->w, "unknown");
	}
	AUTO_BUF struct buf text = {0};
	buf_init(&text, 8192);
	bool any = false;
	for (size_t i = 0, n = fact_count(x->t, FF_PERFORMER); i < n; i++) {
		struct slice who = fact_nth(x->t, FF_PERFORMER, i);
		if (fhir_person_text(who, &text).n == 0)
			continue;
		if (!any) {
			jsonw_key(x->w, "performer");
			jsonw_arr(x->w);
			any = true;
		}
		jsonw_obj(x->w);
		fhir_out_person(x, "actor", who, "Practitioner");
		jsonw_obj_end(x->w);
	}
	if (any)
		jsonw_arr_end(x->w);
	if (!not_done)
		fhir_out_codes(x, "reasonCode", FF_REASON);
	fhir_out_request_ref(x, "request", FACT_MED_ORDER, "MedicationRequest", false);
	struct slice device = fhir_value(x->t, FF_DEVICE);
	if (!fhir_is_blank(device)) {
		jsonw_key(x->w, "device");
		jsonw_arr(x->w);
		jsonw_obj(x->w);
		jsonw_kslice(x->w, "display", slice_trim(device));
		jsonw_obj_end(x->w);
		jsonw_arr_end(x->w);
	}
	fhir_out_notes_and(x, more, labels, 3);
	AUTO_BUF struct buf b = {0}, line = {0};
	buf_init(&b, 256);
	buf_init(&line, 65536);
	struct slice number, unit;
	bool has_dose = fhir_decimal(fhir_value(x->t, FF_DOSE), &b), has_rate = !fhir_is_blank(fhir_value(x->t, FF_RATE)) && number_and_unit(fhir_value(x->t, FF_RATE), &number, &unit);
	sentence(x, &line);
	if (line.n == 0 && !has_dose && !has_rate)
		return;
	jsonw_key(x->w, "dosage");
	jsonw_obj(x->w);
	jsonw_kslice_opt(x->w, "text", buf_slice(&line));
	fhir_out_code(x, "site", fhir_value(x->t, FF_BODY_SITE));
	fhir_out_code(x, "route", fhir_value(x->t, FF_ROUTE));
	fhir_out_code(x, "method", fhir_value(x->t, FF_METHOD));
	if (has_dose)
		fhir_out_quantity(x, "dose", fhir_value(x->t, FF_DOSE), fhir_value(x->t, FF_DOSE_UNIT), SLICE_NULL);
	if (has_rate)
		quantity_text(x, "rateQuantity", fhir_value(x->t, FF_RATE));
	if (!has_dose && !has_rate) { /* mad-1: a dose or a rate; the words say what there is */
		jsonw_key(x->w, "dose");
		fhir_out_absent(x->w, "unknown");
	}
	jsonw_obj_end(x->w);
}

void fhir_write_dispense(struct fhir_out *x)
{
	static const struct fhir_pair map[] = {{"completed", "completed"}, {"draft", "preparation"}, {"active", "in-progress"}, {"in-progress", "in-progress"}, {"preparation", "preparation"}, {"cancelled", "cancelled"},
		{"on-hold", "on-hold"}, {"stopped", "stopped"}, {"declined", "declined"}, {"entered-in-error", "entered-in-error"}, {"unknown", "unknown"}};
	static const uint8_t more[] = {FF_LOT, FF_STRENGTH, FF_FORM, FF_REFILLS};
	static const char *const labels[] = {"lot", "strength", "form", "refills"};
	/* RXD has no status: what the message reports has been dispensed (HL7 v2 4.16) */
	const char *status = FHIR_MAP(map, fhir_value(x->t, FF_STATUS));
	fhir_out_idents(x);
	jsonw_kstr(x->w, "status", state_or(x, status ? status : "completed"));
	medication(x);
	fhir_out_subject(x, "subject");
	fhir_out_encounter(x, "context");
	fhir_out_request_ref(x, "authorizingPrescription", FACT_MED_ORDER, "MedicationRequest", true);
	fhir_out_quantity(x, "quantity", fhir_value(x->t, FF_QUANTITY), fhir_value(x->t, FF_UNIT), SLICE_NULL);
	struct slice number, unit;
	if (!fhir_is_blank(fhir_value(x->t, FF_DURATION)) && number_and_unit(fhir_value(x->t, FF_DURATION), &number, &unit))
		quantity_text(x, "daysSupply", fhir_value(x->t, FF_DURATION));
	fhir_out_time(x, "whenHandedOver", fhir_value(x->t, FF_TIME), FHIR_DATETIME);
	fhir_out_notes_and(x, more, labels, 4);
	dosage(x, "dosageInstruction", false);
}
