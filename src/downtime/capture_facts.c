/* An item -> facts: the same vocabulary that the EHR's messages are read into, so that the chart, FHIR, paper and packets show what was captured as they show anything else, and only its origin tells it apart.
 * Codes: LOINC of FHIR's vital signs profile (R4 8.0) and of what stands beside them on a ward's sheet; units in UCUM. */
#include "downtime_internal.h"

struct writing {
	const struct capture *c;
	const struct capture_of *of;
	int zone;
	struct facts *f;
	struct fact_group *g;
	struct slice root;
};

static struct slice value(const struct writing *x, const char *name)
{
	return json_text(x->c->values, name);
}

static bool flag(const struct writing *x, const char *name)
{
	const struct json_node *n = json_get(x->c->values, name);
	return n && n->type == JSON_TRUE;
}

/* ---- parts ---- */

/* T03 and T03:12 get their zeros, and the zone that they are of. */
static struct slice iso(struct writing *x, struct slice t)
{
	if (t.n <= 10 || memchr(t.p + 10, 'Z', t.n - 10) || (t.n > 16 && memchr(t.p + 11, '+', t.n - 11)) || (t.n > 13 && memchr(t.p + 11, '-', t.n - 11))) {
		bool minute = t.n > 16 && (t.p[16] == 'Z' || t.p[16] == '+' || t.p[16] == '-');
		char *s = minute ? arena_printf(x->f->a, "%.16s:00%.*s", (const char *)t.p, (int)(t.n - 16), (const char *)t.p + 16) : NULL;
		return s ? slice_str(s) : t;
	}
	int z = x->zone < 0 ? -x->zone : x->zone;
	char *s = arena_printf(x->f->a, "%.*s%s%c%02d:%02d", SLICE_FMT(t), t.n == 13 ? ":00:00" : t.n == 16 ? ":00" : "", x->zone < 0 ? '-' : '+', z / 60, z % 60);
	if (!s)
		x->f->failed = true;
	return s ? slice_str(s) : t;
}

static void put(struct writing *x, struct fact *t, uint8_t field, struct slice v)
{
	facts_put(x->f, t, field, facts_text(x->f, v));
}

static void put_parts(struct writing *x, struct fact *t, uint8_t field, const struct slice *parts, size_t n)
{
	struct slice clean[8];
	for (size_t i = 0; i < n; i++)
		clean[i] = facts_text(x->f, parts[i]);
	facts_put_parts(x->f, t, field, clean, n);
}
#define PARTS(x, t, field, ...) put_parts(x, t, field, (const struct slice[]){__VA_ARGS__}, ARRAY_LEN(((const struct slice[]){__VA_ARGS__})))

static void put_time(struct writing *x, struct fact *t, uint8_t field, struct slice v)
{
	if (v.n)
		facts_put(x->f, t, field, iso(x, v));
}

/* "site: left arm", each on a line of its own */
static void put_line(struct writing *x, struct fact *t, const char *label, struct slice v)
{
	if (!v.n || !t)
		return;
	char *s = arena_printf(x->f->a, "%s: %.*s", label, SLICE_FMT(facts_text(x->f, v)));
	if (s)
		facts_put_str(x->f, t, FF_TEXT, s);
	else
		x->f->failed = true;
}

static void put_code(struct writing *x, struct fact *t, struct slice code, struct slice text, struct slice system)
{
	struct slice none = SLICE_NULL;
	if (code.n)
		PARTS(x, t, FF_CODE, code, text.n ? text : code, system);
	else
		PARTS(x, t, FF_CODE, none, none, none, none, none, none, text);
}

static void put_named(struct writing *x, struct fact *t, uint8_t field, struct slice name) /* a code that is only words, a person who is only a name */
{
	struct slice none = SLICE_NULL;
	if (!name.n)
		return;
	if (field == FF_PERFORMER || field == FF_AUTHOR || field == FF_ENTERER)
		PARTS(x, t, field, none, none, none, none, none, none, none, name);
	else
		PARTS(x, t, field, none, none, none, none, none, none, name);
}

/* Who did it, and who wrote it down where that is another one; when. */
static void put_who(struct writing *x, struct fact *t, uint8_t field)
{
	struct slice none = SLICE_NULL;
	if (x->c->on_behalf_of.n)
		put_named(x, t, field, x->c->on_behalf_of);
	else
		PARTS(x, t, field, x->c->by, none, none, none, none, none, none, x->c->by);
	if (x->c->on_behalf_of.n)
		PARTS(x, t, FF_ENTERER, x->c->by, none, none, none, none, none, none, x->c->by);
	if (x->c->on_behalf_of.n && field == FF_PERFORMER)
		put_line(x, t, "written down by", x->c->by); /* FHIR has no place for it in what is given and measured */
	put_time(x, t, FF_RECORDED, x->c->recorded);
}

/* A fact of the item: known by the first item's id and what of it this is. */
static struct fact *add(struct writing *x, uint8_t kind, const char *part)
{
	struct fact *t = facts_add(x->f, x->g, kind);
	char *id = part ? arena_printf(x->f->a, "%.*s.%s", SLICE_FMT(x->root), part) : NULL;
	if (part && !id)
		x->f->failed = true;
	facts_put_parts(x->f, t, FF_ID, (const struct slice[]){id ? slice_str(id) : x->root, SLICE(CAPTURE_ASSIGNER)}, 2);
	facts_put_str(x->f, t, FF_ACTION, x->of->gone ? "delete" : "whole");
	return t;
}

/* What nobody's list knows, and why it was written late, under the item's first fact. */
static void put_rest(struct writing *x, struct fact *t)
{
	for (const struct json_node *n = x->c->values->child; n; n = n->next) {
		char *label = n->raw.n ? arena_strdup(x->f->a, facts_text(x->f, n->key)) : NULL; /* only unknown ones keep their bytes */
		if (label)
			put_line(x, t, label, n->value);
		else if (n->raw.n)
			x->f->failed = true;
	}
	put_line(x, t, x->of->corrects ? "corrected" : "late entry", x->c->reason);
	put_line(x, t, "sheet", x->c->sheet);
}

/* ---- vitals and results ---- */

static const struct vital {
	const char *name, *code, *text, *unit;
} vitals[] = {
	{"systolic", "8480-6", "Systolic blood pressure", "mm[Hg]"},
	{"diastolic", "8462-4", "Diastolic blood pressure", "mm[Hg]"},
	{"pulse", "8867-4", "Heart rate", "/min"},
	{"respiration", "9279-1", "Respiratory rate", "/min"},
	{"temperature", "8310-5", "Body temperature", "Cel"},
	{"spo2", "59408-5", "Oxygen saturation", "%"},
	{"oxygen", "3151-8", "Inhaled oxygen flow rate", "L/min"},
	{"pain", "72514-3", "Pain severity", "{score}"},
	{"gcs", "9269-2", "Glasgow coma score", "{score}"},
	{"weight", "29463-7", "Body weight", "kg"},
	{"height", "8302-2", "Body height", "cm"},
	{"glucose", "41653-7", "Glucose (capillary)", "mg/dL"},
};

const char *capture_vital_of_code(struct slice loinc)
{
	for (size_t i = 0; i < ARRAY_LEN(vitals); i++)
		if (slice_eq_str(loinc, vitals[i].code))
			return vitals[i].name;
	return NULL;
}

static const char *unit_of(const struct writing *x, const struct vital *v, struct slice amount)
{
	if (!strcmp(v->name, "temperature")) {
		struct slice u = value(x, "temperatureUnit");
		int64_t whole = 0;
		struct slice rest, first = slice_cut(amount, '.', &rest);
		return slice_eq_str(u, "[degF]") || (!u.n && num_i64(first, 0, 200, &whole) == 0 && whole >= 80) ? "[degF]" : "Cel"; /* nobody is at 80 degrees Celsius */
	}
	if (!strcmp(v->name, "glucose"))
		return slice_eq_str(value(x, "glucoseUnit"), "mmol/L") ? "mmol/L" : "mg/dL";
	return v->unit;
}

static const char *result_status(const struct writing *x)
{
	return x->of->corrects ? "corrected" : slice_eq_str(value(x, "status"), "P") ? "preliminary" : "final";
}

static void write_vitals(struct writing *x)
{
	struct fact *first = NULL;
	for (size_t i = 0; i < ARRAY_LEN(vitals); i++) {
		const struct vital *v = &vitals[i];
		struct slice amount = value(x, v->name);
		if (!amount.n)
			continue;
		const char *unit = unit_of(x, v, amount);
		struct fact *t = add(x, FACT_RESULT, v->name);
		bool molar = !strcmp(unit, "mmol/L");
		first = first ? first : t;
		PARTS(x, t, FF_CODE, slice_str(molar ? "14743-9" : v->code), slice_str(v->text), SLICE("LN"));
		facts_put_str(x->f, t, FF_CATEGORY, "vital-signs");
		facts_put_str(x->f, t, FF_TYPE, "NM");
		put(x, t, FF_VALUE, amount);
		PARTS(x, t, FF_UNIT, slice_str(unit), slice_str(unit), SLICE("UCUM"));
		facts_put_str(x->f, t, FF_STATUS, result_status(x));
		put_time(x, t, FF_TIME, x->c->occurred);
		put_who(x, t, FF_PERFORMER);
		if (!strcmp(v->name, "systolic") || !strcmp(v->name, "temperature"))
			put_named(x, t, FF_BODY_SITE, value(x, "site"));
		if (!strcmp(v->name, "systolic"))
			put_line(x, t, "position", value(x, "position"));
	}
	if (!first) { /* a value that only this ward measures */
		first = add(x, FACT_RESULT, NULL);
		put_named(x, first, FF_CODE, SLICE("Observation"));
		facts_put_str(x->f, first, FF_CATEGORY, "vital-signs");
		facts_put_str(x->f, first, FF_STATUS, result_status(x));
		put_time(x, first, FF_TIME, x->c->occurred);
		put_who(x, first, FF_PERFORMER);
	}
	put_rest(x, first);
}

static void write_result(struct writing *x)
{
	struct fact *t = add(x, FACT_RESULT, NULL);
	struct slice amount = value(x, "value"), flagged = value(x, "flag");
	put_code(x, t, value(x, "code"), value(x, "test"), value(x, "system"));
	facts_put_str(x->f, t, FF_CATEGORY, "laboratory");
	facts_put_str(x->f, t, FF_TYPE, num_is_decimal(amount) ? "NM" : "ST");
	put(x, t, FF_VALUE, amount);
	struct slice unit = value(x, "unit"), none = SLICE_NULL;
	if (unit.n)
		PARTS(x, t, FF_UNIT, unit, none, none);
	put(x, t, FF_RANGE, value(x, "range"));
	if (flagged.n)
		put(x, t, FF_FLAG, flagged);
	else if (flag(x, "critical"))
		facts_put_str(x->f, t, FF_FLAG, "AA");
	facts_put_str(x->f, t, FF_STATUS, result_status(x));
	put_time(x, t, FF_TIME, x->c->occurred);
	put_named(x, t, FF_SPECIMEN, value(x, "specimen"));
	put(x, t, FF_PLACER, value(x, "order"));
	put_who(x, t, FF_PERFORMER);
	put_line(x, t, "called by", value(x, "calledBy"));
	put_line(x, t, "called to", value(x, "calledTo"));
	if (flag(x, "readBack"))
		facts_put_str(x->f, t, FF_TEXT, "read back");
	put_rest(x, t);
}

/* ---- medications and orders ---- */

static void put_dose(struct writing *x, struct fact *t)
{
	struct slice unit = value(x, "unit"), none = SLICE_NULL;
	put(x, t, FF_DOSE, value(x, "dose"));
	if (unit.n)
		PARTS(x, t, FF_DOSE_UNIT, unit, none, none);
	put_named(x, t, FF_ROUTE, value(x, "route"));
}

static void write_dose(struct writing *x)
{
	bool held = x->c->kind == CAPTURE_HELD;
	struct fact *t = add(x, FACT_MED_ADMIN, NULL);
	put_code(x, t, value(x, "code"), value(x, "drug"), value(x, "system"));
	put(x, t, FF_GROUP, value(x, "order"));
	facts_put_str(x->f, t, FF_STATUS, held ? "not-done" : "completed");
	put_time(x, t, FF_TIME, x->c->occurred);
	put_dose(x, t);
	put_named(x, t, FF_BODY_SITE, value(x, "site"));
	put(x, t, FF_LOT, value(x, "lot"));
	put_named(x, t, FF_REASON, value(x, "why"));
	put_time(x, t, FF_EXPECTED, value(x, "scheduled"));
	put_who(x, t, FF_PERFORMER);
	put_line(x, t, "witness", value(x, "witness"));
	if (flag(x, "paper"))
		facts_put_str(x->f, t, FF_TEXT, "given on paper, entered later");
	put_rest(x, t);
}

/* An order that is stopped stays the one it was: only its status and end are said. Whatever the EHR says of it is not touched (the origins stay apart); that it was stopped here stands beside it. */
static void write_stop(struct writing *x, struct fact *t)
{
	put(x, t, FF_PLACER, value(x, "stop"));
	facts_put_str(x->f, t, FF_ACTION, "update");
	facts_put_str(x->f, t, FF_STATUS, x->of->gone ? "active" : "stopped");
	if (!x->of->gone)
		put_time(x, t, FF_END, x->c->occurred);
	else
		facts_put_str(x->f, t, FF_END, FACT_NULL);
	put_line(x, t, "stopped by", x->c->on_behalf_of.n ? x->c->on_behalf_of : x->c->by);
	put_rest(x, t);
}

static void write_order(struct writing *x)
{
	bool medication = capture_is_medication(x->c);
	struct slice number = value(x, "number"), orderer = value(x, "orderedBy"), category = value(x, "category");
	bool stops = value(x, "stop").n > 0;
	struct fact *t = stops ? facts_add(x->f, x->g, medication ? FACT_MED_ORDER : FACT_ORDER) : add(x, medication ? FACT_MED_ORDER : FACT_ORDER, NULL);
	if (value(x, "what").n || value(x, "code").n)
		put_code(x, t, value(x, "code"), value(x, "what"), value(x, "system"));
	if (stops) {
		write_stop(x, t);
		return;
	}
	put(x, t, FF_PLACER, number.n ? number : x->root);
	facts_put_str(x->f, t, FF_STATUS, "active");
	put_time(x, t, FF_TIME, x->c->occurred);
	put_time(x, t, FF_START, value(x, "start"));
	put_time(x, t, FF_END, value(x, "until"));
	put(x, t, FF_FREQUENCY, value(x, "frequency"));
	put(x, t, FF_PRIORITY, value(x, "priority"));
	put_named(x, t, FF_REASON, value(x, "reason"));
	if (medication)
		put_dose(x, t);
	else if (category.n)
		put(x, t, FF_CATEGORY, category);
	put_named(x, t, FF_AUTHOR, orderer.n ? orderer : x->c->on_behalf_of.n ? x->c->on_behalf_of : x->c->by);
	struct slice none = SLICE_NULL;
	PARTS(x, t, FF_ENTERER, x->c->by, none, none, none, none, none, none, x->c->by);
	put_time(x, t, FF_RECORDED, x->c->recorded);
	if (flag(x, "readBack"))
		facts_put_str(x->f, t, FF_TEXT, "by telephone, read back");
	if (!medication && value(x, "dose").n)
		put_line(x, t, "amount", value(x, "dose"));
	put_rest(x, t);
}

/* ---- who and where ---- */

/* UNIT^ROOM^BED, or a bed alone, which is one of the item's unit */
static void put_place(struct writing *x, struct fact *t, uint8_t field, struct slice bed, bool always)
{
	struct slice room, rest, none = SLICE_NULL;
	if (bed.n && memchr(bed.p, '^', bed.n)) {
		struct slice unit = slice_cut(bed, '^', &room);
		room = slice_cut(room, '^', &rest);
		struct slice bed_of = slice_cut(rest, '^', &rest);
		PARTS(x, t, field, unit, room, bed_of, slice_cut(rest, '^', &rest));
	} else if (bed.n || (always && x->c->unit.n)) {
		PARTS(x, t, field, x->c->unit, none, bed);
	}
}

static void write_visit(struct writing *x, enum capture_kind kind)
{
	static const struct {
		const char *action, *cancel, *status;
	} acts[] = {[CAPTURE_REGISTRATION] = {"register", "cancel-register", "in-progress"}, [CAPTURE_ADMIT] = {"admit", "cancel-admit", "in-progress"}, [CAPTURE_TRANSFER] = {"transfer", "cancel-transfer", "in-progress"},
	            [CAPTURE_DISCHARGE] = {"discharge", "cancel-discharge", "finished"}};
	bool cancels = x->c->kind == CAPTURE_CANCEL ? !x->of->gone : x->of->gone;
	if ((size_t)kind >= ARRAY_LEN(acts) || (x->c->kind == CAPTURE_CANCEL && x->of->gone)) /* a cancel that is withdrawn: the event is told again */
		return;
	struct fact *t = facts_add(x->f, x->g, FACT_VISIT);
	facts_put_str(x->f, t, FF_ACTION, cancels ? acts[kind].cancel : acts[kind].action);
	facts_put_str(x->f, t, FF_STATUS, cancels ? "cancelled" : acts[kind].status);
	put_time(x, t, FF_TIME, x->c->occurred);
	if (cancels)
		return;
	put(x, t, FF_CLASS, value(x, "class"));
	put_place(x, t, FF_LOCATION, kind == CAPTURE_DISCHARGE ? SLICE_NULL : value(x, "bed"), kind != CAPTURE_DISCHARGE);
	put_place(x, t, FF_PRIOR_LOCATION, value(x, "from"), false);
	if (kind == CAPTURE_ADMIT || kind == CAPTURE_REGISTRATION)
		put_time(x, t, FF_START, x->c->occurred);
	if (kind == CAPTURE_DISCHARGE)
		put_time(x, t, FF_END, x->c->occurred);
	put_named(x, t, FF_REASON, value(x, "reason"));
	put_named(x, t, FF_DISPOSITION, value(x, "disposition"));
	put_line(x, t, "to", kind == CAPTURE_DISCHARGE ? value(x, "to") : SLICE_NULL);
	put_rest(x, t);
	struct slice attending = value(x, "attending"), none = SLICE_NULL;
	if (!attending.n)
		return;
	t = facts_add(x->f, x->g, FACT_CARE_TEAM);
	facts_put_str(x->f, t, FF_ACTION, "update");
	facts_put_str(x->f, t, FF_ROLE, "attending");
	PARTS(x, t, FF_PERFORMER, none, none, none, none, none, none, none, attending);
}

/* A registration that is withdrawn takes back what it alone had said: the fields, as deletions. */
static void put_said(struct writing *x, struct fact *t, uint8_t field, struct slice v)
{
	if (v.n && x->of->gone)
		facts_put_str(x->f, t, field, FACT_NULL);
	else
		put(x, t, field, v);
}

static void put_name(struct writing *x, struct fact *t)
{
	struct slice family = value(x, "family"), given = value(x, "given"), middle = value(x, "middle"), whole = value(x, "name"), none = SLICE_NULL;
	if (!family.n && !given.n && whole.n) { /* "ROY, Ada", "Ada Roy": the family name stands before a comma, or last */
		struct slice rest, first = slice_cut(whole, ',', &rest);
		if (rest.p) {
			family = slice_trim(first);
			given = slice_trim(rest);
		} else {
			size_t at = whole.n;
			while (at > 0 && whole.p[at - 1] != ' ')
				at--;
			family = slice_of(whole.p + at, whole.n - at);
			given = slice_trim(slice_of(whole.p, at));
		}
	}
	if (!family.n && !given.n)
		return;
	if (x->of->gone)
		facts_put_str(x->f, t, FF_NAME, FACT_NULL);
	else
		PARTS(x, t, FF_NAME, family, given, middle, none, none, SLICE("official"));
}

static void write_registration(struct writing *x)
{
	struct fact *t = facts_add(x->f, x->g, FACT_PATIENT);
	struct slice none = SLICE_NULL, address = value(x, "address"), phone = value(x, "phone"), kin = value(x, "nextOfKin");
	put_name(x, t);
	put_said(x, t, FF_BIRTH, value(x, "birth"));
	put_said(x, t, FF_SEX, value(x, "sex"));
	put_said(x, t, FF_MOTHER, value(x, "mother"));
	if (!x->of->gone) {
		if (address.n)
			PARTS(x, t, FF_ADDRESS, none, none, none, none, none, none, none, address);
		if (phone.n)
			PARTS(x, t, FF_TELECOM, SLICE("phone"), phone);
		if (flag(x, "unresponsive"))
			facts_put_str(x->f, t, FF_TEXT, "unresponsive: not identified");
		if (flag(x, "newborn"))
			facts_put_str(x->f, t, FF_TEXT, "newborn");
		put_line(x, t, "age estimated", value(x, "estimatedAge"));
		put_line(x, t, "description", value(x, "description"));
	}
	if (kin.n) {
		struct fact *k = facts_add(x->f, x->g, FACT_CONTACT);
		PARTS(x, k, FF_NAME, none, none, none, none, none, none, none, kin);
		facts_put_str(x->f, k, FF_CATEGORY, "next-of-kin");
		facts_put_str(x->f, k, FF_ACTION, x->of->gone ? "delete" : "whole");
	}
	write_visit(x, CAPTURE_REGISTRATION);
}

/* ---- what else is written down ---- */

static void write_note(struct writing *x)
{
	struct fact *t = add(x, FACT_DOCUMENT, NULL);
	struct slice title = value(x, "title");
	facts_put_parts(x->f, t, FF_CODE, (const struct slice[]){SLICE("34109-9"), SLICE("Note"), SLICE("LN")}, 3);
	put(x, t, FF_TITLE, title.n ? title : SLICE("Note"));
	facts_put_str(x->f, t, FF_STATUS, "current");
	put_time(x, t, FF_TIME, x->c->occurred);
	facts_put_str(x->f, t, FF_CONTENT_TYPE, "text/plain");
	put(x, t, FF_CONTENT, value(x, "text"));
	put_who(x, t, FF_AUTHOR);
	put_rest(x, t);
}

static const char *scan_type(struct slice s)
{
	return s.n > 4 && !memcmp(s.p, "%PDF", 4) ? "application/pdf" : s.n > 8 && !memcmp(s.p, "\x89PNG", 4) ? "image/png" : s.n > 3 && !memcmp(s.p, "\xff\xd8\xff", 3) ? "image/jpeg"
	       : s.n > 4 && (!memcmp(s.p, "II*\0", 4) || !memcmp(s.p, "MM\0*", 4)) ? "image/tiff" : "application/octet-stream";
}

static void write_sheet(struct writing *x)
{
	struct fact *t = add(x, FACT_DOCUMENT, NULL);
	struct slice of = value(x, "of"), number = value(x, "number"), page = value(x, "page"), pages = value(x, "pages"), none = SLICE_NULL;
	char *size = arena_printf(x->f->a, "%zu", x->c->scan.n), *title = arena_printf(x->f->a, "%.*s %.*s%s%.*s%s%.*s", SLICE_FMT(of.n ? of : SLICE("Sheet")), SLICE_FMT(number.n ? number : x->c->sheet), page.n ? ", page " : "", SLICE_FMT(page),
		page.n && pages.n ? " of " : "", SLICE_FMT(page.n ? pages : none));
	PARTS(x, t, FF_CODE, none, none, none, none, none, none, SLICE("Scanned sheet"));
	put(x, t, FF_TITLE, slice_str(title));
	facts_put_str(x->f, t, FF_STATUS, "current");
	put_time(x, t, FF_TIME, x->c->occurred);
	put_who(x, t, FF_AUTHOR);
	if (!page.n)
		put_line(x, t, "pages", pages);
	if (x->c->scan.n && size) {
		facts_put_str(x->f, t, FF_CONTENT_TYPE, scan_type(x->c->scan));
		facts_put_str(x->f, t, FF_CONTENT_PLACE, "behind the line");
		facts_put_str(x->f, t, FF_CONTENT_SIZE, size);
	}
	put_rest(x, t);
}

static void write_allergy(struct writing *x)
{
	if (flag(x, "statedNone") && !value(x, "substance").n && !value(x, "code").n) {
		struct fact *t = x->of->gone ? NULL : facts_add(x->f, x->g, FACT_SECTION);
		if (t) {
			facts_put_str(x->f, t, FF_CATEGORY, "allergies");
			facts_put_str(x->f, t, FF_STATUS, "none");
		}
		return;
	}
	struct fact *t = add(x, FACT_ALLERGY, NULL);
	put_code(x, t, value(x, "code"), value(x, "substance"), value(x, "system"));
	put_named(x, t, FF_REACTION, value(x, "reaction"));
	put_named(x, t, FF_SEVERITY, value(x, "severity"));
	put(x, t, FF_CRITICALITY, value(x, "criticality"));
	facts_put_str(x->f, t, FF_CLINICAL_STATUS, "active");
	facts_put_str(x->f, t, FF_VERIFICATION, "unconfirmed");
	put_time(x, t, FF_RECORDED, x->c->recorded.n ? x->c->recorded : x->c->occurred);
	put_named(x, t, FF_PERFORMER, x->c->on_behalf_of.n ? x->c->on_behalf_of : x->c->by);
	put_rest(x, t);
}

static void write_specimen(struct writing *x)
{
	struct fact *t = add(x, FACT_PROCEDURE, NULL);
	struct slice state = value(x, "state"), what = value(x, "what"), number = value(x, "number"), test = value(x, "test");
	char *text = arena_printf(x->f->a, "Specimen%s%.*s %.*s", number.n ? " " : "", SLICE_FMT(number), SLICE_FMT(state.n ? state : SLICE("collected")));
	put_named(x, t, FF_CODE, slice_str(text));
	put_time(x, t, FF_TIME, x->c->occurred);
	put_who(x, t, FF_PERFORMER);
	put_line(x, t, "material", what);
	put_line(x, t, "test", test);
	put_line(x, t, "order", value(x, "order"));
	put_line(x, t, "to", value(x, "to"));
	put_rest(x, t);
}

static void write_kind(struct writing *x)
{
	switch (x->c->kind) {
	case CAPTURE_REGISTRATION: write_registration(x); break;
	case CAPTURE_ADMIT: case CAPTURE_TRANSFER: case CAPTURE_DISCHARGE: write_visit(x, x->c->kind); break;
	case CAPTURE_CANCEL: write_visit(x, x->of->of); break;
	case CAPTURE_VITALS: write_vitals(x); break;
	case CAPTURE_GIVEN: case CAPTURE_HELD: write_dose(x); break;
	case CAPTURE_ORDER: write_order(x); break;
	case CAPTURE_RESULT: write_result(x); break;
	case CAPTURE_NOTE: write_note(x); break;
	case CAPTURE_ALLERGY: write_allergy(x); break;
	case CAPTURE_SPECIMEN: write_specimen(x); break;
	case CAPTURE_SHEET: write_sheet(x); break;
	case CAPTURE_MERGE: break; /* the decision's own entry says it to the charts */
	default: assert(!"a kind of item without facts");
	}
}

void capture_patient(const struct capture *c, struct fact_ident *ret)
{
	struct downtime_block b;
	uint64_t n;
	struct slice s = c->patient;
	*ret = (struct fact_ident){.value = s};
	for (size_t i = s.n; i-- > 1;)
		if (s.p[i] == '@' && i + 1 < s.n) {
			*ret = (struct fact_ident){.value = slice_of(s.p, i), .assigner = slice_of(s.p + i + 1, s.n - i - 1)};
			return;
		}
	if (downtime_number_check(s, &b, &n, NULL) == 0)
		ret->assigner = SLICE(DOWNTIME_ASSIGNER);
}

int capture_facts(const struct capture *c, const struct capture_of *of, int zone_minutes, struct facts *ret, struct err *e)
{
	static const struct capture_of plain = {.of = CAPTURE_CANCEL};
	struct capture_of own = of ? *of : plain;
	struct fact_ident id = own.patient;
	if (!of)
		own.corrects = c->replaces.n > 0;
	if (!id.value.n)
		capture_patient(c, &id);
	id.value = facts_text(ret, id.value);
	id.assigner = facts_text(ret, id.assigner);
	struct writing x = {.c = c, .of = &own, .zone = zone_minutes, .f = ret, .root = own.root.n ? own.root : c->replaces.n ? c->replaces : c->id};
	char *type = arena_printf(ret->a, "capture %s", capture_kind_name(c->kind));
	x.g = facts_group(ret, id);
	ret->type = slice_str(type);
	ret->control_id = c->id;
	if (!c->withdraw)
		write_kind(&x);
	ret->time = iso(&x, c->recorded.n ? c->recorded : c->occurred);
	if (ret->failed || !type)
		return err_set(e, arena_code(ret->a) ? arena_code(ret->a) : ERR_LIMIT, NULL, "an item's facts are larger than is read at once");
	return 0;
}
