/* Patient, RelatedPerson, CareTeam, Coverage, Practitioner, Location. */
#include "fhir_internal.h"

static const char genders[] = "male\0female\0other\0unknown\0";

static void gender(struct fhir_out *x, const char *key)
{
	struct slice sex = fhir_value(x->t, FF_SEX);
	if (sex.n == 0)
		return;
	const char *known = fhir_word(genders, sex);
	jsonw_kstr(x->w, key, known ? known : "other"); /* a sex that R4 has no word for is not unknown */
}

/* ---- Patient ---- */

static void patient_idents(struct jsonw *w, const struct fhir_person *p)
{
	bool any = false;
	for (size_t i = 0; i < p->ident_count; i++) {
		if (fhir_is_blank(p->idents[i].value))
			continue;
		if (!any) {
			jsonw_key(w, "identifier");
			jsonw_arr(w);
			any = true;
		}
		fhir_out_ident_parts(w, p->idents[i].value, p->idents[i].assigner, p->idents[i].type, SLICE_NULL, SLICE_NULL);
	}
	if (any)
		jsonw_arr_end(w);
}

/* us-core-race and -ethnicity: the five and two OMB codes are categories, other codes details; text is required. */
static void us_core(struct fhir_out *x, uint8_t field, const char *url)
{
	static const char omb[] = "1002-5\0002028-9\0002054-5\0002076-8\0002106-3\0002135-2\0002186-5\0";
	struct slice first = SLICE_NULL;
	for (size_t i = 0, n = fact_count(x->t, field); i < n && first.n == 0; i++)
		first = fact_is_null(fact_nth(x->t, field, i)) ? SLICE_NULL : fhir_shown(fact_nth(x->t, field, i));
	if (first.n == 0)
		return;
	jsonw_obj(x->w);
	jsonw_key(x->w, "extension");
	jsonw_arr(x->w);
	for (size_t i = 0, n = fact_count(x->t, field); i < n; i++) {
		struct slice c = fact_nth(x->t, field, i), code = fact_part(c, FC_CODE);
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 4096);
		const char *uri = fhir_is_blank(code) ? NULL : fhir_system_uri(fact_part(c, FC_SYSTEM), &b);
		if (!uri || strcmp(uri, "urn:oid:2.16.840.1.113883.6.238") != 0)
			continue;
		jsonw_obj(x->w);
		jsonw_kstr(x->w, "url", fhir_word(omb, code) ? "ombCategory" : "detailed");
		jsonw_key(x->w, "valueCoding");
		jsonw_obj(x->w);
		jsonw_kstr(x->w, "system", uri);
		jsonw_kslice(x->w, "code", slice_trim(code));
		jsonw_kslice_opt(x->w, "display", fact_part(c, FC_DISPLAY));
		jsonw_obj_end(x->w);
		jsonw_obj_end(x->w);
	}
	jsonw_obj(x->w);
	jsonw_kstr(x->w, "url", "text");
	jsonw_kslice(x->w, "valueString", first);
	jsonw_obj_end(x->w);
	jsonw_arr_end(x->w);
	jsonw_kstr(x->w, "url", url);
	jsonw_obj_end(x->w);
}

static void patient_extensions(struct fhir_out *x)
{
	struct slice religion = fhir_value(x->t, FF_RELIGION);
	if (!fhir_shown(fhir_value(x->t, FF_RACE)).n && !fhir_shown(fhir_value(x->t, FF_ETHNICITY)).n && !fhir_shown(religion).n)
		return;
	jsonw_key(x->w, "extension");
	jsonw_arr(x->w);
	us_core(x, FF_RACE, "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race");
	us_core(x, FF_ETHNICITY, "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity");
	if (fhir_shown(religion).n) {
		jsonw_obj(x->w);
		jsonw_kstr(x->w, "url", "http://hl7.org/fhir/StructureDefinition/patient-religion");
		fhir_out_code(x, "valueCodeableConcept", religion);
		jsonw_obj_end(x->w);
	}
	jsonw_arr_end(x->w);
}

static void birth(struct fhir_out *x, bool required)
{
	struct slice b = fhir_value(x->t, FF_BIRTH);
	const uint8_t *t = memchr(b.p ? b.p : (const uint8_t *)"", 'T', b.n);
	struct slice date = t ? slice_of(b.p, (size_t)(t - b.p)) : b;
	if (fhir_out_time(x, "birthDate", date, FHIR_DATE)) {
		if (!t)
			return;
		jsonw_key(x->w, "_birthDate");
		jsonw_obj(x->w);
		jsonw_key(x->w, "extension");
		jsonw_arr(x->w);
		jsonw_obj(x->w);
		jsonw_kstr(x->w, "url", "http://hl7.org/fhir/StructureDefinition/patient-birthTime");
		fhir_out_time(x, "valueDateTime", b, FHIR_DATETIME);
		jsonw_obj_end(x->w);
		jsonw_arr_end(x->w);
		jsonw_obj_end(x->w);
	} else if (required) { /* IPS: birthDate 1..1 */
		jsonw_key(x->w, "_birthDate");
		fhir_out_absent(x->w, "unknown");
	}
}

static void deceased(struct fhir_out *x)
{
	struct slice dead = fhir_value(x->t, FF_DECEASED);
	if (fhir_out_time(x, "deceasedDateTime", fhir_value(x->t, FF_DECEASED_TIME), FHIR_DATETIME))
		return;
	if (dead.n)
		jsonw_kbool(x->w, "deceasedBoolean", slice_eq_str(dead, "yes"));
}

/* HL7 table 0002 -> v3 MaritalStatus; NullFlavor for unknown (R4 value set marital-status). */
static void marital(struct fhir_out *x)
{
	static const struct fhir_pair map[] = {{"A", "L"}, {"E", "L"}, {"D", "D"}, {"M", "M"}, {"S", "S"}, {"W", "W"}, {"I", "I"}, {"L", "L"}, {"P", "T"}, {"G", "T"}, {"R", "T"}, {"T", "T"}, {"N", "A"}, {"B", "U"}, {"C", "C"}};
	struct slice m = fhir_value(x->t, FF_MARITAL), system = fact_part(m, FC_SYSTEM);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	const char *uri = fhir_is_blank(system) ? "v2-0002" : fhir_system_uri(system, &b);
	const char *code = uri && strstr(uri, "v2-0002") ? FHIR_MAP(map, fact_part(m, FC_CODE)) : NULL;
	if (!code) {
		fhir_out_code(x, "maritalStatus", m);
		return;
	}
	struct slice text = fact_part(m, FC_TEXT).n ? fact_part(m, FC_TEXT) : fact_part(m, FC_DISPLAY);
	jsonw_key(x->w, "maritalStatus");
	jsonw_obj(x->w);
	jsonw_key(x->w, "coding");
	jsonw_arr(x->w);
	jsonw_obj(x->w);
	jsonw_kstr(x->w, "system", "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus");
	jsonw_kstr(x->w, "code", code);
	jsonw_obj_end(x->w);
	jsonw_arr_end(x->w);
	if (!fhir_is_blank(text))
		jsonw_kslice(x->w, "text", text);
	jsonw_obj_end(x->w);
}

static bool language_item(struct jsonw *w, struct slice c)
{
	if (fact_is_null(c) || fhir_shown(c).n == 0)
		return false;
	jsonw_obj(w);
	jsonw_key(w, "language");
	fhir_out_concept(w, c);
	jsonw_obj_end(w);
	return true;
}

static void multiple(struct fhir_out *x)
{
	struct slice m = fhir_value(x->t, FF_MULTIPLE);
	uint64_t n;
	if (num_u64(m, 1, 99, &n) == 0)
		jsonw_ku64(x->w, "multipleBirthInteger", n);
	else if (slice_eq_str(m, "yes") || slice_eq_str(m, "no"))
		jsonw_kbool(x->w, "multipleBirthBoolean", slice_eq_str(m, "yes"));
}

static void role_concepts(struct fhir_out *x, const char *key)
{
	static const struct {
		const char *category, *code, *display;
	} map[] = {{"next-of-kin", "N", "Next-of-Kin"}, {"emergency", "C", "Emergency Contact"}, {"employer", "E", "Employer"}, {"insurance", "I", "Insurance Company"}};
	struct slice category = fact_part(fhir_value(x->t, FF_CATEGORY), FC_CODE), role = fhir_value(x->t, FF_ROLE);
	const char *code = NULL, *display = NULL;
	for (size_t i = 0; i < ARRAY_LEN(map); i++)
		if (slice_eq_str(category, map[i].category)) {
			code = map[i].code;
			display = map[i].display;
		}
	bool has_role = fhir_shown(role).n > 0;
	if (!code && !has_role && fhir_is_blank(category))
		return;
	jsonw_key(x->w, key);
	jsonw_arr(x->w);
	if (has_role)
		fhir_out_concept(x->w, role);
	if (code)
		fhir_out_fixed(x->w, NULL, "http://terminology.hl7.org/CodeSystem/v2-0131", code, display);
	else if (!has_role) {
		jsonw_obj(x->w);
		jsonw_kslice(x->w, "text", category);
		jsonw_obj_end(x->w);
	}
	jsonw_arr_end(x->w);
}

/* Patient.contact is one name and one address (R4); what repeats stays in the RelatedPerson of the same item. pat-1: something to reach somebody by. */
static bool contact(struct jsonw *w, const struct fact_item *it, const struct fhir_options *o)
{
	struct fhir_out x = {.w = w, .it = it, .t = it->fact, .o = o};
	struct slice name = fhir_value(x.t, FF_NAME), address = fhir_value(x.t, FF_ADDRESS);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	if (fhir_name_text(name, &b).n == 0 && fhir_is_blank(fact_part(fhir_value(x.t, FF_TELECOM), FT_VALUE)))
		return false;
	jsonw_obj(w);
	role_concepts(&x, "relationship");
	if (fhir_name_text(name, &b).n) {
		jsonw_key(w, "name");
		fhir_out_name_value(w, name);
	}
	fhir_out_list(&x, "telecom", FF_TELECOM, fhir_out_telecom_value);
	AUTO_BUF struct buf probe = {0};
	buf_init(&probe, 65536);
	struct jsonw pw;
	jsonw_init(&pw, &probe);
	if (fhir_out_address_value(&pw, address) && buf_ok(&probe)) {
		jsonw_key(w, "address");
		jsonw_raw(w, buf_slice(&probe));
	}
	gender(&x, "gender");
	fhir_out_period(&x, "period", fhir_value(x.t, FF_START), fhir_value(x.t, FF_END));
	jsonw_obj_end(w);
	return true;
}

static void contacts_list(struct jsonw *w, const struct fact_item *contacts, const struct fhir_options *o)
{
	AUTO_BUF struct buf b = {0};
	bool any = false;
	buf_init(&b, (size_t)1 << 20);
	for (const struct fact_item *it = contacts; it; it = it->next) {
		if (it->state != FACT_CURRENT || it->fact->kind != FACT_CONTACT)
			continue;
		struct jsonw probe;
		buf_reset(&b);
		jsonw_init(&probe, &b);
		if (!contact(&probe, it, o) || !buf_ok(&b))
			continue;
		if (!any) {
			jsonw_key(w, "contact");
			jsonw_arr(w);
			any = true;
		}
		jsonw_raw(w, buf_slice(&b));
	}
	if (any)
		jsonw_arr_end(w);
}

static void links(struct jsonw *w, const struct fhir_person *p)
{
	if (!p->replaced_by && p->replaces_count == 0)
		return;
	jsonw_key(w, "link");
	jsonw_arr(w);
	for (size_t i = 0; i <= p->replaces_count; i++) {
		const char *id = i < p->replaces_count ? p->replaces[i] : p->replaced_by;
		if (!id)
			continue;
		jsonw_obj(w);
		jsonw_key(w, "other");
		jsonw_obj(w);
		fhir_out_reference(w, NULL, "Patient", id);
		jsonw_obj_end(w);
		jsonw_kstr(w, "type", i < p->replaces_count ? "replaces" : "replaced-by");
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void no_name(struct jsonw *w)
{
	jsonw_key(w, "name");
	jsonw_arr(w);
	jsonw_obj(w);
	jsonw_kstr(w, "text", "(name not received)");
	jsonw_obj_end(w);
	jsonw_arr_end(w);
}

/* The item's id is the item's; a Patient has the person's. */
static void patient_head(struct fhir_out *x, const struct fhir_person *p)
{
	struct fact_item as_person;
	if (p->demographics) {
		as_person = *p->demographics;
		snprintf(as_person.id, sizeof as_person.id, "%s", p->id);
		if (x->o && x->o->last_updated > as_person.received) /* an identifier came or went after the last registration message */
			as_person.received = x->o->last_updated;
		x->it = &as_person;
		fhir_out_head(x, "Patient");
		x->it = p->demographics;
		return;
	}
	jsonw_kstr(x->w, "resourceType", "Patient");
	jsonw_key(x->w, "id");
	fhir_out_id(x->w, p->id);
	if (x->o && x->o->last_updated) {
		char time[32];
		jsonw_key(x->w, "meta");
		jsonw_obj(x->w);
		jsonw_kstr(x->w, "lastUpdated", time_rfc3339(x->o->last_updated, 3, time));
		jsonw_obj_end(x->w);
	}
}

void fhir_write_patient_with(struct jsonw *w, const struct fhir_person *p, const struct fhir_options *o, const struct fact_item *contacts, const struct fhir_doc *doc)
{
	static const struct fact nothing = {.kind = FACT_PATIENT};
	struct fhir_out x = {.w = w, .p = p, .it = p->demographics, .t = p->demographics ? p->demographics->fact : &nothing, .o = o, .doc = doc};
	jsonw_obj(w);
	patient_head(&x, p);
	patient_extensions(&x);
	patient_idents(w, p);
	jsonw_kbool(w, "active", !p->replaced_by && !slice_eq_str(fhir_value(x.t, FF_ACTIVE), "no"));
	if (!fhir_out_list(&x, "name", FF_NAME, fhir_out_name_value))
		no_name(w);
	fhir_out_list(&x, "telecom", FF_TELECOM, fhir_out_telecom_value);
	gender(&x, "gender");
	birth(&x, doc != NULL);
	deceased(&x);
	fhir_out_list(&x, "address", FF_ADDRESS, fhir_out_address_value);
	marital(&x);
	multiple(&x);
	contacts_list(w, contacts, o);
	fhir_out_list(&x, "communication", FF_LANGUAGE, language_item);
	if (!doc) /* a document is about one person: the others are not in it */
		links(w, p);
	jsonw_obj_end(w);
}

void fhir_write_patient(struct jsonw *w, const struct fhir_person *p, const struct fhir_options *o)
{
	fhir_write_patient_with(w, p, o, NULL, NULL);
}

/* ---- people around a patient ---- */

void fhir_write_related(struct fhir_out *x)
{
	fhir_out_idents(x);
	jsonw_kbool(x->w, "active", x->it->state == FACT_CURRENT);
	fhir_out_subject(x, "patient");
	role_concepts(x, "relationship");
	fhir_out_list(x, "name", FF_NAME, fhir_out_name_value);
	fhir_out_list(x, "telecom", FF_TELECOM, fhir_out_telecom_value);
	gender(x, "gender");
	fhir_out_time(x, "birthDate", fhir_value(x->t, FF_BIRTH), FHIR_DATE);
	fhir_out_list(x, "address", FF_ADDRESS, fhir_out_address_value);
	fhir_out_period(x, "period", fhir_value(x->t, FF_START), fhir_value(x->t, FF_END));
}

/* Our own words for a role (facts.h) as v3 participation codes; a sender's code stays as it is. */
static void care_role(struct jsonw *w, struct slice role)
{
	static const struct {
		const char *word, *system, *code, *display;
	} own[] = {{"attending", "ParticipationType", "ATND", "attender"}, {"admitting", "ParticipationType", "ADM", "admitter"}, {"referring", "ParticipationType", "REF", "referrer"},
		{"consulting", "ParticipationType", "CON", "consultant"}, {"primary-care", "ParticipationFunction", "PCP", "primary care physician"}};
	struct slice code = fhir_is_blank(fact_part(role, FC_SYSTEM)) ? fact_part(role, FC_CODE) : SLICE_NULL;
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (slice_eq_str(code, own[i].word)) {
			char system[96];
			snprintf(system, sizeof system, "http://terminology.hl7.org/CodeSystem/v3-%s", own[i].system);
			fhir_out_fixed(w, NULL, system, own[i].code, own[i].display);
			return;
		}
	fhir_out_concept(w, role);
}

void fhir_write_care_team(struct fhir_out *x)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	bool over = x->it->state != FACT_CURRENT;
	fhir_out_idents(x);
	jsonw_kstr(x->w, "status", x->it->state == FACT_IN_ERROR ? "entered-in-error" : over ? "inactive" : "active");
	fhir_out_string(x, "name", fhir_value(x->t, FF_TITLE));
	fhir_out_subject(x, "subject");
	fhir_out_encounter(x, "encounter");
	fhir_out_period(x, "period", fhir_value(x->t, FF_START), fhir_value(x->t, FF_END));
	bool any = false;
	for (size_t i = 0, n = fact_count(x->t, FF_PERFORMER); i < n; i++) {
		struct slice who = fact_nth(x->t, FF_PERFORMER, i);
		if (fhir_person_text(who, &b).n == 0)
			continue;
		if (!any) {
			jsonw_key(x->w, "participant");
			jsonw_arr(x->w);
			any = true;
		}
		jsonw_obj(x->w);
		struct slice role = fhir_value(x->t, FF_ROLE);
		if (fhir_shown(role).n) {
			jsonw_key(x->w, "role");
			jsonw_arr(x->w);
			care_role(x->w, role);
			jsonw_arr_end(x->w);
		}
		fhir_out_person(x, "member", who, "Practitioner");
		jsonw_obj_end(x->w);
	}
	if (any)
		jsonw_arr_end(x->w);
}

void fhir_write_coverage(struct fhir_out *x)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	const char *known = fhir_word("active\0cancelled\0draft\0entered-in-error\0", fhir_value(x->t, FF_STATUS));
	fhir_out_idents(x);
	jsonw_kstr(x->w, "status", x->it->state == FACT_IN_ERROR ? "entered-in-error" : x->it->state != FACT_CURRENT ? "cancelled" : known ? known : "active");
	fhir_out_code(x, "type", fhir_value(x->t, FF_CODE));
	struct slice name = fhir_name_text(fhir_value(x->t, FF_NAME), &b);
	if (name.n) {
		jsonw_key(x->w, "subscriber");
		jsonw_obj(x->w);
		jsonw_kslice(x->w, "display", name);
		jsonw_obj_end(x->w);
	}
	fhir_out_string(x, "subscriberId", fhir_value(x->t, FF_POLICY));
	fhir_out_subject(x, "beneficiary");
	fhir_out_code(x, "relationship", fhir_value(x->t, FF_ROLE));
	fhir_out_period(x, "period", fhir_value(x->t, FF_START), fhir_value(x->t, FF_END));
	jsonw_key(x->w, "payor"); /* 1..* */
	jsonw_arr(x->w);
	struct slice payer = fhir_value(x->t, FF_PAYER);
	if (fhir_is_blank(payer))
		fhir_out_absent(x->w, "unknown");
	else {
		jsonw_obj(x->w);
		jsonw_kslice(x->w, "display", slice_trim(payer));
		jsonw_obj_end(x->w);
	}
	jsonw_arr_end(x->w);
	struct slice group = fact_part(fhir_value(x->t, FF_GROUP), FI_VALUE);
	if (!fhir_is_blank(group)) {
		jsonw_key(x->w, "class");
		jsonw_arr(x->w);
		jsonw_obj(x->w);
		fhir_out_fixed(x->w, "type", "http://terminology.hl7.org/CodeSystem/coverage-class", "group", NULL);
		jsonw_kslice(x->w, "value", group);
		jsonw_obj_end(x->w);
		jsonw_arr_end(x->w);
	}
}

/* ---- master data ---- */

static bool qualification_item(struct jsonw *w, struct slice c)
{
	if (fact_is_null(c) || fhir_shown(c).n == 0)
		return false;
	jsonw_obj(w);
	jsonw_key(w, "code");
	fhir_out_concept(w, c);
	jsonw_obj_end(w);
	return true;
}

void fhir_write_practitioner(struct fhir_out *x)
{
	fhir_out_idents(x);
	jsonw_kbool(x->w, "active", x->it->state == FACT_CURRENT && !slice_eq_str(fhir_value(x->t, FF_ACTIVE), "no"));
	fhir_out_list(x, "name", FF_NAME, fhir_out_name_value);
	fhir_out_list(x, "telecom", FF_TELECOM, fhir_out_telecom_value);
	fhir_out_list(x, "address", FF_ADDRESS, fhir_out_address_value);
	gender(x, "gender");
	fhir_out_time(x, "birthDate", fhir_value(x->t, FF_BIRTH), FHIR_DATE);
	fhir_out_list(x, "qualification", FF_CODE, qualification_item);
}

/* v2-0116 bed status is the value set of operationalStatus. */
void fhir_write_location(struct fhir_out *x)
{
	static const struct {
		uint8_t part;
		const char *code, *display;
	} levels[] = {{FL_BED, "bd", "Bed"}, {FL_ROOM, "ro", "Room"}, {FL_UNIT, "wa", "Ward"}, {FL_FLOOR, "lvl", "Level"}, {FL_BUILDING, "bu", "Building"}, {FL_FACILITY, "si", "Site"}};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	struct slice l = fhir_value(x->t, FF_LOCATION), status = fact_part(l, FL_STATUS), above = l;
	fhir_out_idents(x);
	jsonw_kstr(x->w, "status", x->it->state != FACT_CURRENT || slice_eq_str(fhir_value(x->t, FF_ACTIVE), "no") ? "inactive" : "active");
	if (fhir_is_blank(status))
		status = fhir_value(x->t, FF_STATUS_RAW);
	if (fhir_word("C\0H\0I\0K\0O\0U\0", status)) {
		jsonw_key(x->w, "operationalStatus");
		jsonw_obj(x->w);
		jsonw_kstr(x->w, "system", "http://terminology.hl7.org/CodeSystem/v2-0116");
		jsonw_kslice(x->w, "code", slice_trim(status));
		jsonw_obj_end(x->w);
	}
	struct slice name = fhir_location_text(l, &b);
	if (name.n)
		jsonw_kslice(x->w, "name", name);
	fhir_out_string(x, "description", fhir_value(x->t, FF_TITLE));
	jsonw_kstr(x->w, "mode", "instance");
	fhir_out_list(x, "telecom", FF_TELECOM, fhir_out_telecom_value);
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (!fhir_is_blank(fact_part(above, levels[i].part))) {
			fhir_out_fixed(x->w, "physicalType", "http://terminology.hl7.org/CodeSystem/location-physical-type", levels[i].code, levels[i].display);
			break;
		}
}
