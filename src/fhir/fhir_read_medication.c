/* MedicationRequest, MedicationStatement, MedicationAdministration, MedicationDispense -> facts. Medication is read where it is referred to. */
#include "fhir_internal.h"

/* ---- what ---- */

static void put_strength(struct fhir_reader *r, struct fact *t, const struct json_node *m)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	unsigned active = 0;
	EACH(i, json_get(m, "ingredient"))
		active += json_get(i, "isActive") == NULL || json_get(i, "isActive")->type != JSON_FALSE;
	EACH(i, json_get(m, "ingredient")) {
		struct slice strength = fhir_ratio_text(r, json_get(i, "strength"));
		if (strength.n == 0 || (json_get(i, "isActive") && json_get(i, "isActive")->type == JSON_FALSE))
			continue;
		if (b.n)
			buf_str(&b, " + ");
		struct slice name = active > 1 ? fhir_code_text(r, json_get(i, "itemCodeableConcept")) : SLICE_NULL;
		if (name.n)
			buf_printf(&b, "%.*s ", SLICE_FMT(name));
		buf_add_slice(&b, strength);
	}
	facts_put(r->f, t, FF_STRENGTH, fhir_keep_buf(r, &b));
}

static struct slice ingredients(struct fhir_reader *r, const struct json_node *m)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	EACH(i, json_get(m, "ingredient")) {
		struct slice name = fhir_code_text(r, json_get(i, "itemCodeableConcept"));
		if (name.n == 0)
			name = fhir_reference_text(r, json_get(i, "itemReference"));
		if (name.n)
			buf_printf(&b, "%s%.*s", b.n ? " + " : "", SLICE_FMT(name));
	}
	return fhir_keep_buf(r, &b);
}

static void put_medication_of(struct fhir_reader *r, struct fact *t, const struct json_node *m, struct slice display)
{
	struct slice code = fhir_code(r, fhir_first(json_get(m, "code"))), made_of = ingredients(r, m);
	if (fhir_shown(code).n == 0) {
		struct slice part[7] = {fact_part(code, 0), SLICE_NULL, fact_part(code, FC_SYSTEM), [FC_TEXT] = made_of.n ? made_of : display};
		code = facts_join(r->f, part, 7);
	}
	facts_put(r->f, t, FF_CODE, code);
	if (made_of.n && !slice_eq(made_of, fhir_shown(code)))
		fhir_put_line(r, t, "contains", made_of);
	fhir_put_code(r, t, FF_FORM, json_get(m, "form"));
	put_strength(r, t, m);
	facts_put(r->f, t, FF_LOT, fhir_field(r, json_get(m, "batch"), "lotNumber"));
	fhir_put_time(r, t, FF_EXPIRY, json_path(m, "batch.expirationDate"));
	struct slice maker = fhir_reference_text(r, json_get(m, "manufacturer"));
	if (maker.n)
		facts_put_parts(r->f, t, FF_MANUFACTURER, (const struct slice[]){[FC_TEXT] = maker}, 7);
}

static const struct json_node *concept_of(struct fhir_reader *r, const struct json_node *n)
{
	const struct json_node *c = json_get(n, "medicationCodeableConcept");
	if (c)
		return c;
	struct fhir_target m = fhir_resolve(r, json_get(n, "medicationReference"));
	return m.node ? json_get(m.node, "code") : NULL;
}

static void put_medication(struct fhir_reader *r, struct fact *t, const struct json_node *n)
{
	const struct json_node *c = json_get(n, "medicationCodeableConcept"), *ref = json_get(n, "medicationReference");
	if (c) {
		facts_put(r->f, t, FF_CODE, fhir_code(r, fhir_first(c)));
		return;
	}
	struct slice display = fhir_field(r, ref, "display");
	struct fhir_target m = fhir_resolve(r, ref);
	if (m.node)
		put_medication_of(r, t, m.node, display);
	else if (display.n)
		facts_put_parts(r->f, t, FF_CODE, (const struct slice[]){[FC_TEXT] = display}, 7);
	else if (ref) /* a medicine that nobody can name must not look like no medicine */
		facts_put_parts(r->f, t, FF_CODE, (const struct slice[]){[FC_TEXT] = fhir_field(r, ref, "reference")}, 7);
}

/* ---- how much, how often ---- */

/* Timing -> words. A code ("BID", "Q6H") is what was ordered; else the repeat in words: "3 times every 1 d", "every 8 h on mon at 08:00". */
static struct slice timing_text(struct fhir_reader *r, const struct json_node *timing)
{
	if (!timing)
		return SLICE_NULL;
	struct slice text = fhir_field(r, json_get(timing, "code"), "text");
	if (text.n == 0)
		text = fhir_keep(r, fhir_raw_code(json_get(timing, "code")));
	if (text.n)
		return text;
	const struct json_node *rep = json_get(timing, "repeat");
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	struct slice times = fhir_field(r, rep, "frequency"), most = fhir_field(r, rep, "frequencyMax"), period = fhir_field(r, rep, "period"), period_max = fhir_field(r, rep, "periodMax"),
	             unit = fhir_field(r, rep, "periodUnit");
	bool once = times.n == 0 || slice_eq_str(times, "1");
	if (!once || most.n)
		buf_printf(&b, "%.*s%s%.*s times ", SLICE_FMT(times.n ? times : SLICE("1")), most.n ? "-" : "", SLICE_FMT(most));
	if (period.n)
		buf_printf(&b, "every %.*s%s%.*s %.*s", SLICE_FMT(period), period_max.n ? "-" : "", SLICE_FMT(period_max), SLICE_FMT(unit));
	EACH(w, json_get(rep, "when"))
		buf_printf(&b, " %.*s", SLICE_FMT(fhir_text(r, w)));
	bool first = true;
	EACH(d, json_get(rep, "dayOfWeek")) {
		buf_printf(&b, "%s%.*s", first ? " on " : ", ", SLICE_FMT(fhir_text(r, d)));
		first = false;
	}
	first = true;
	EACH(d, json_get(rep, "timeOfDay")) {
		buf_printf(&b, "%s%.*s", first ? " at " : ", ", SLICE_FMT(fhir_text(r, d)));
		first = false;
	}
	EACH(ev, json_get(timing, "event"))
		buf_printf(&b, "%s%.*s", b.n ? ", " : "at ", SLICE_FMT(fhir_text(r, ev)));
	return fhir_keep_buf(r, &b);
}

static struct slice duration_text(struct fhir_reader *r, const struct json_node *timing)
{
	const struct json_node *rep = json_get(timing, "repeat");
	struct slice bounds = fhir_quantity_text(r, json_get(rep, "boundsDuration"));
	if (bounds.n)
		return bounds;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	if (json_get(rep, "count"))
		buf_printf(&b, "%.*s times", SLICE_FMT(fhir_field(r, rep, "count")));
	else if (json_get(rep, "duration"))
		buf_printf(&b, "over %.*s %.*s", SLICE_FMT(fhir_field(r, rep, "duration")), SLICE_FMT(fhir_field(r, rep, "durationUnit")));
	return fhir_keep_buf(r, &b);
}

static struct slice rate_text(struct fhir_reader *r, const struct json_node *d)
{
	struct slice s = fhir_quantity_text(r, json_get(d, "rateQuantity"));
	if (s.n == 0)
		s = fhir_range_text(r, json_get(d, "rateRange"));
	return s.n ? s : fhir_ratio_text(r, json_get(d, "rateRatio"));
}

static void put_dose(struct fhir_reader *r, struct fact *t, const struct json_node *d)
{
	const struct json_node *q = json_get(d, "doseQuantity"), *range = json_get(d, "doseRange");
	if (q) {
		facts_put(r->f, t, FF_DOSE, fhir_field(r, q, "value"));
		facts_put(r->f, t, FF_DOSE_UNIT, fhir_unit(r, q));
	} else if (range) {
		const struct json_node *low = json_get(range, "low"), *high = json_get(range, "high");
		facts_put(r->f, t, FF_DOSE, fhir_field(r, low, "value"));
		facts_put(r->f, t, FF_DOSE_MAX, fhir_field(r, high, "value"));
		facts_put(r->f, t, FF_DOSE_UNIT, fhir_unit(r, high ? high : low));
	}
	facts_put(r->f, t, FF_RATE, rate_text(r, d));
}

/* A whole dosage in one line, for those after the first: a taper must be readable as one. */
static struct slice dosage_line(struct fhir_reader *r, const struct json_node *d)
{
	struct slice text = fhir_field(r, d, "text");
	if (text.n)
		return text;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	const struct json_node *dr = fhir_first(json_get(d, "doseAndRate"));
	struct slice dose = fhir_quantity_text(r, json_get(dr, "doseQuantity")), parts[5];
	if (dose.n == 0)
		dose = fhir_range_text(r, json_get(dr, "doseRange"));
	parts[0] = dose;
	parts[1] = fhir_code_text(r, json_get(d, "route"));
	parts[2] = timing_text(r, json_get(d, "timing"));
	parts[3] = rate_text(r, dr);
	parts[4] = duration_text(r, json_get(d, "timing"));
	for (size_t i = 0; i < 5; i++)
		if (parts[i].n)
			buf_printf(&b, "%s%.*s", b.n ? ", " : "", SLICE_FMT(parts[i]));
	const struct json_node *prn = json_get(d, "asNeededBoolean");
	if ((prn && prn->type == JSON_TRUE) || json_get(d, "asNeededCodeableConcept"))
		buf_str(&b, b.n ? ", as needed" : "as needed");
	return fhir_keep_buf(r, &b);
}

static void put_prn(struct fhir_reader *r, struct fact *t, const struct json_node *d)
{
	const struct json_node *yes = json_get(d, "asNeededBoolean");
	struct slice why = fhir_code_text(r, json_get(d, "asNeededCodeableConcept"));
	if (why.n)
		facts_put(r->f, t, FF_PRN, why);
	else if ((yes && yes->type == JSON_TRUE) || json_get(d, "asNeededCodeableConcept"))
		facts_put_str(r->f, t, FF_PRN, "yes");
}

/* A dosage that is told in words alone is that of the drug, and no remark beside it: said so, it is written as one again. */
static bool only_words(const struct fact *t)
{
	static const uint8_t fields[] = {FF_DOSE, FF_DOSE_MAX, FF_RATE, FF_ROUTE, FF_METHOD, FF_FREQUENCY, FF_DURATION, FF_PRN};
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (fact_count(t, fields[i]))
			return false;
	return true;
}

#define STEPS_MAX 64 /* in the order of the body beyond that */

/* R4 Dosage.sequence is the order in which the steps are taken; where not all have one, it is the order of the body. */
static unsigned in_sequence(const struct json_node *dosages, const struct json_node **ret)
{
	uint64_t place[STEPS_MAX], one;
	unsigned count = 0;
	bool all = true;
	EACH(d, dosages) {
		if (count == STEPS_MAX)
			break;
		all = all && num_u64(json_text(d, "sequence"), 0, INT32_MAX, &one) == 0;
		place[count] = all ? one : 0;
		ret[count++] = d;
	}
	for (unsigned i = 1; all && i < count; i++)
		for (unsigned k = i; k > 0 && place[k - 1] > place[k]; k--) {
			const struct json_node *n = ret[k];
			one = place[k];
			ret[k] = ret[k - 1];
			place[k] = place[k - 1];
			ret[k - 1] = n;
			place[k - 1] = one;
		}
	return count;
}

static void put_dosages(struct fhir_reader *r, struct fact *t, const struct json_node *dosages)
{
	const struct json_node *steps[STEPS_MAX];
	unsigned total = in_sequence(dosages, steps), count = 0;
	const struct json_node *last = NULL;
	for (unsigned i = 0; i < total; i++) {
		const struct json_node *d = steps[i];
		if (count == 0) {
			put_dose(r, t, json_get(d, "doseAndRate") ? fhir_first(json_get(d, "doseAndRate")) : d);
			fhir_put_code(r, t, FF_ROUTE, json_get(d, "route"));
			fhir_put_code(r, t, FF_BODY_SITE, json_get(d, "site"));
			fhir_put_code(r, t, FF_METHOD, json_get(d, "method"));
			facts_put(r->f, t, FF_FREQUENCY, timing_text(r, json_get(d, "timing")));
			facts_put(r->f, t, FF_DURATION, duration_text(r, json_get(d, "timing")));
			if (fact_count(t, FF_START) == 0)
				fhir_put_time(r, t, FF_START, json_path(d, "timing.repeat.boundsPeriod.start"));
			put_prn(r, t, d);
		}
		last = d;
		count++;
	}
	/* a taper ends when its last step does */
	if (last && fact_count(t, FF_END) == 0)
		fhir_put_time(r, t, FF_END, json_path(last, "timing.repeat.boundsPeriod.end"));
	unsigned at = 0;
	for (unsigned i = 0; i < total; i++) {
		const struct json_node *d = steps[i];
		at++;
		char label[24];
		snprintf(label, sizeof label, "step %u of %u", at, count);
		/* one dosage: its own words beside its numbers; several: every step in order, the first too */
		if (count > 1)
			fhir_put_line(r, t, label, dosage_line(r, d));
		else
			fhir_put_line(r, t, only_words(t) ? "dosage" : NULL, fhir_field(r, d, "text"));
		fhir_put_line(r, t, NULL, fhir_field(r, d, "patientInstruction"));
		EACH(more, json_get(d, "additionalInstruction"))
			fhir_put_line(r, t, NULL, fhir_code_text(r, more));
		fhir_put_line(r, t, "maximum", fhir_ratio_text(r, fhir_first(json_get(d, "maxDosePerPeriod"))));
		fhir_put_line(r, t, "maximum", fhir_quantity_text(r, json_get(d, "maxDosePerAdministration")));
	}
}

/* ---- orders and statements ---- */

/* PLACER and FILLER only where the sender says that a number is one (v2-0203 PLAC, FILL): they match orders across feeds. Other numbers follow the ID. */
static void put_order_numbers(struct fhir_reader *r, struct fact *t, const struct json_node *n)
{
	EACH(id, json_get(n, "identifier")) {
		struct slice type = fhir_raw_code(json_get(id, "type"));
		facts_put(r->f, t, slice_eq_str(type, "PLAC") ? FF_PLACER : slice_eq_str(type, "FILL") ? FF_FILLER : FF_ID, fhir_identifier(r, id));
	}
}

static void put_reasons(struct fhir_reader *r, struct fact *t, const struct json_node *n)
{
	fhir_put_code(r, t, FF_REASON, json_get(n, "reasonCode"));
	EACH(reason, json_get(n, "reasonReference")) {
		struct slice s = fhir_reference_text(r, reason);
		if (s.n)
			facts_put_parts(r->f, t, FF_REASON, (const struct slice[]){[FC_TEXT] = s}, 7);
	}
}

/* "Do not give" as an order in the list of medicines would be read as a medicine. It is a warning. */
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
	struct fact scratch = {.kind = FACT_MED_ORDER};
	put_medication(r, &scratch, n);
	buf_str(&b, "DO NOT GIVE: ");
	buf_add_slice(&b, fhir_shown(fact_get(&scratch, FF_CODE)));
	facts_put_parts(r->f, t, FF_CODE, (const struct slice[]){[FC_TEXT] = fhir_keep_buf(r, &b)}, 7);
	facts_put_parts(r->f, t, FF_CATEGORY, (const struct slice[]){SLICE("drug"), SLICE("Drug")}, 2);
	facts_put_str(r->f, t, FF_STATUS, slice_eq_str(status, "entered-in-error") ? "entered-in-error" : active ? "active" : "inactive");
	facts_put(r->f, t, FF_STATUS_RAW, status);
	if (!active)
		facts_put_str(r->f, t, FF_ACTION, "delete");
	fhir_put_person(r, t, FF_AUTHOR, json_get(n, "requester"), NULL);
	fhir_put_time(r, t, FF_RECORDED, json_get(n, "authoredOn"));
	put_reasons(r, t, n);
	fhir_put_notes(r, t, json_get(n, "note"));
	return true;
}

static void put_status(struct fhir_reader *r, struct fact *t, const struct json_node *n, const struct fhir_pair *map, size_t count)
{
	struct slice status = fhir_field(r, n, "status");
	const char *ours = fhir_map(map, count, status);
	facts_put_str(r->f, t, FF_STATUS, ours ? ours : "unknown");
	facts_put(r->f, t, FF_STATUS_RAW, status);
	r->f->problems += !ours;
}

void fhir_read_medication_request(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	static const struct fhir_pair map[] = {{"active", "active"}, {"on-hold", "on-hold"}, {"cancelled", "cancelled"}, {"completed", "completed"}, {"entered-in-error", "entered-in-error"},
		{"stopped", "stopped"}, {"draft", "draft"}, {"unknown", "unknown"}};
	if (put_prohibition(r, g, n))
		return;
	if (fhir_said_nothing(r, g, "medications", concept_of(r, n), slice_eq_str(json_text(n, "status"), "entered-in-error")))
		return;
	struct fact *t = fhir_fact(r, g, FACT_MED_ORDER);
	put_order_numbers(r, t, n);
	put_status(r, t, n, map, ARRAY_LEN(map));
	facts_put(r->f, t, FF_TYPE, fhir_field(r, n, "intent"));
	if (fhir_word("proposal\0plan\0option\0", json_text(n, "intent"))) /* R4: nobody has ordered it yet */
		fhir_put_line(r, t, "not ordered", fhir_field(r, n, "intent"));
	const struct json_node *reported = json_get(n, "reportedBoolean");
	if ((reported && reported->type == JSON_TRUE) || json_get(n, "reportedReference"))
		fhir_put_line(r, t, NULL, SLICE("reported, not ordered by this sender"));
	put_medication(r, t, n);
	fhir_put_code(r, t, FF_CATEGORY, json_get(n, "category"));
	facts_put(r->f, t, FF_PRIORITY, fhir_field(r, n, "priority"));
	fhir_put_time(r, t, FF_RECORDED, json_get(n, "authoredOn"));
	put_dosages(r, t, json_get(n, "dosageInstruction"));
	fhir_put_person(r, t, FF_AUTHOR, json_get(n, "requester"), NULL);
	fhir_put_person(r, t, FF_ENTERER, json_get(n, "recorder"), NULL);
	put_reasons(r, t, n);
	fhir_put_line(r, t, "status", fhir_code_text(r, json_get(n, "statusReason")));
	const struct json_node *supply = json_get(n, "dispenseRequest");
	facts_put(r->f, t, FF_QUANTITY, fhir_quantity_text(r, json_get(supply, "quantity")));
	facts_put(r->f, t, FF_REFILLS, fhir_field(r, supply, "numberOfRepeatsAllowed"));
	if (fact_count(t, FF_START) == 0)
		fhir_put_time(r, t, FF_START, json_path(supply, "validityPeriod.start"));
	if (fact_count(t, FF_END) == 0)
		fhir_put_time(r, t, FF_END, json_get(n, "dateEnded")); /* DSTU2 */
	if (fact_count(t, FF_END) == 0)
		fhir_put_time(r, t, FF_END, json_path(supply, "validityPeriod.end"));
	if (json_get(n, "groupIdentifier"))
		facts_put(r->f, t, FF_GROUP, fhir_identifier(r, json_get(n, "groupIdentifier")));
	facts_put(r->f, t, FF_VISIT, fhir_visit_ident(r, json_get(n, "encounter")));
	fhir_put_notes(r, t, json_get(n, "note"));
}

void fhir_read_medication_statement(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	static const struct fhir_pair map[] = {{"active", "active"}, {"on-hold", "on-hold"}, {"completed", "completed"}, {"entered-in-error", "entered-in-error"}, {"stopped", "stopped"},
		{"not-taken", "stopped"}, {"intended", "draft"}, {"unknown", "unknown"}};
	if (fhir_said_nothing(r, g, "medications", concept_of(r, n), slice_eq_str(json_text(n, "status"), "entered-in-error")))
		return;
	struct fact *t = fhir_fact(r, g, FACT_MED_ORDER);
	facts_put_parts(r->f, t, FF_CATEGORY, (const struct slice[]){SLICE("statement")}, 1);
	EACH(id, json_get(n, "identifier"))
		facts_put(r->f, t, FF_ID, fhir_identifier(r, id));
	put_status(r, t, n, map, ARRAY_LEN(map));
	put_medication(r, t, n);
	fhir_put_when(r, t, FF_START, FF_END, n, "effective");
	fhir_put_time(r, t, FF_RECORDED, json_get(n, "dateAsserted"));
	put_dosages(r, t, json_get(n, "dosage"));
	fhir_put_person(r, t, FF_AUTHOR, json_get(n, "informationSource"), NULL);
	put_reasons(r, t, n);
	if (slice_eq_str(json_text(n, "status"), "not-taken"))
		fhir_put_line(r, t, NULL, SLICE("not taken by the patient"));
	fhir_put_line(r, t, "status", fhir_code_text(r, json_get(n, "statusReason")));
	fhir_put_line(r, t, "use", fhir_code_text(r, json_get(n, "category")));
	facts_put(r->f, t, FF_VISIT, fhir_visit_ident(r, json_get(n, "context")));
	fhir_put_notes(r, t, json_get(n, "note"));
}

void fhir_read_administration(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	static const struct fhir_pair map[] = {{"completed", "completed"}, {"not-done", "not-done"}, {"in-progress", "in-progress"}, {"on-hold", "in-progress"}, {"stopped", "stopped"},
		{"entered-in-error", "entered-in-error"}, {"unknown", "unknown"}};
	struct fact *t = fhir_fact(r, g, FACT_MED_ADMIN);
	facts_put(r->f, t, FF_GROUP, fhir_ref_ident(r, json_get(n, "request")));
	put_status(r, t, n, map, ARRAY_LEN(map));
	put_medication(r, t, n);
	fhir_put_when(r, t, FF_TIME, FF_END, n, "effective");
	const struct json_node *d = json_get(n, "dosage");
	facts_put(r->f, t, FF_DOSE, fhir_field(r, json_get(d, "dose"), "value"));
	facts_put(r->f, t, FF_DOSE_UNIT, fhir_unit(r, json_get(d, "dose")));
	facts_put(r->f, t, FF_RATE, rate_text(r, d));
	fhir_put_code(r, t, FF_ROUTE, json_get(d, "route"));
	fhir_put_code(r, t, FF_BODY_SITE, json_get(d, "site"));
	fhir_put_code(r, t, FF_METHOD, json_get(d, "method"));
	fhir_put_line(r, t, NULL, fhir_field(r, d, "text"));
	fhir_put_person(r, t, FF_PERFORMER, json_get(n, "performer"), "actor");
	fhir_put_code(r, t, FF_REASON, json_get(n, "statusReason"));
	put_reasons(r, t, n);
	EACH(device, json_get(n, "device"))
		facts_put(r->f, t, FF_DEVICE, fhir_reference_text(r, device));
	facts_put(r->f, t, FF_VISIT, fhir_visit_ident(r, json_get(n, "context")));
	EACH(id, json_get(n, "identifier"))
		facts_put(r->f, t, FF_ID, fhir_identifier(r, id));
	fhir_put_notes(r, t, json_get(n, "note"));
}

void fhir_read_dispense(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	static const struct fhir_pair map[] = {{"completed", "completed"}, {"preparation", "draft"}, {"in-progress", "active"}, {"cancelled", "cancelled"}, {"on-hold", "on-hold"}, {"stopped", "stopped"},
		{"declined", "cancelled"}, {"entered-in-error", "entered-in-error"}, {"unknown", "unknown"}};
	struct fact *t = fhir_fact(r, g, FACT_MED_DISPENSE);
	facts_put(r->f, t, FF_GROUP, fhir_ref_ident(r, fhir_first(json_get(n, "authorizingPrescription"))));
	put_status(r, t, n, map, ARRAY_LEN(map));
	put_medication(r, t, n);
	const struct json_node *over = json_get(n, "whenHandedOver");
	fhir_put_time(r, t, FF_TIME, over ? over : json_get(n, "whenPrepared"));
	facts_put(r->f, t, FF_QUANTITY, fhir_field(r, json_get(n, "quantity"), "value"));
	facts_put(r->f, t, FF_UNIT, fhir_unit(r, json_get(n, "quantity")));
	facts_put(r->f, t, FF_DURATION, fhir_quantity_text(r, json_get(n, "daysSupply")));
	fhir_put_person(r, t, FF_PERFORMER, json_get(n, "performer"), "actor");
	facts_put(r->f, t, FF_LOCATION, fhir_location(r, json_get(n, "destination")));
	put_dosages(r, t, json_get(n, "dosageInstruction"));
	EACH(id, json_get(n, "identifier"))
		facts_put(r->f, t, FF_ID, fhir_identifier(r, id));
	facts_put(r->f, t, FF_VISIT, fhir_visit_ident(r, json_get(n, "context")));
	fhir_put_notes(r, t, json_get(n, "note"));
}
