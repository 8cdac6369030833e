/* Who and where: patients and the groups their facts hang on, references to practitioners, organisations and places, staff and place master data. */
#include "fhir_internal.h"

/* ---- people as composites ---- */

static struct slice identifier_value(struct fhir_reader *r, const struct json_node *n, struct slice *ret_system)
{
	struct slice value = SLICE_NULL;
	EACH(id, json_get(n, "identifier")) {
		struct slice system = fhir_field(r, id, "system"), v = fhir_field(r, id, "value");
		bool npi = slice_eq_str(system, "http://hl7.org/fhir/sid/us-npi") || slice_eq_str(fhir_raw_code(json_get(id, "type")), "NPI");
		if (v.n == 0 || (value.n && !npi))
			continue;
		value = v;
		*ret_system = system;
		if (npi)
			break;
	}
	return value;
}

/* The best of several names: official, then usual, then the first that is not old. */
static const struct json_node *best_name(const struct json_node *names)
{
	const struct json_node *best = NULL;
	int rank = 0;
	EACH(n, names) {
		struct slice use = json_text(n, "use");
		int mine = slice_eq_str(use, "official") ? 4 : slice_eq_str(use, "usual") ? 3 : slice_eq_str(use, "old") || slice_eq_str(use, "maiden") ? 1 : 2;
		if (n->type == JSON_OBJ && mine > rank) {
			best = n;
			rank = mine;
		}
	}
	return best;
}

static void name_parts(struct fhir_reader *r, const struct json_node *name, struct slice part[8])
{
	struct slice composite = fhir_name(r, name);
	part[FP_FAMILY] = fact_part(composite, FN_FAMILY);
	part[FP_GIVEN] = fact_part(composite, FN_GIVEN);
	part[FP_PREFIX] = fact_part(composite, FN_PREFIX);
	part[FP_SUFFIX] = fact_part(composite, FN_SUFFIX);
	if (part[FP_FAMILY].n == 0 && part[FP_GIVEN].n == 0)
		part[FP_TEXT] = fact_part(composite, FN_TEXT);
}

static struct slice first_of(struct fhir_reader *r, const struct json_node *n, const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct json_node *at = json_path(n, paths[i]);
		struct slice s = at && at->type == JSON_OBJ ? fhir_code_text(r, at) : fhir_text(r, at);
		if (s.n)
			return s;
	}
	return SLICE_NULL;
}

static void practitioner_parts(struct fhir_reader *r, const struct json_node *n, struct slice part[8])
{
	name_parts(r, best_name(json_get(n, "name")), part);
	part[FP_ID] = identifier_value(r, n, &part[FP_ASSIGNER]);
}

/* What a referenced resource is as a person composite, without role. Its reference to another one (PractitionerRole) is followed once. */
static struct slice person_of(struct fhir_reader *r, const struct json_node *n, struct slice type)
{
	static const char *const labels[] = {"name", "name.0.text", "deviceName.0.name", "type", "type.0", "code", "code.0"};
	struct slice part[8] = {0};
	if (slice_eq_str(type, "Practitioner"))
		practitioner_parts(r, n, part);
	else if (slice_eq_str(type, "PractitionerRole")) {
		struct fhir_target who = fhir_resolve(r, json_get(n, "practitioner"));
		if (who.node && slice_eq_str(who.type, "Practitioner"))
			practitioner_parts(r, who.node, part);
		else
			part[FP_TEXT] = fhir_field(r, json_get(n, "practitioner"), "display");
		if (part[FP_ID].n == 0)
			part[FP_ID] = identifier_value(r, n, &part[FP_ASSIGNER]);
		struct fhir_target where = fhir_resolve(r, json_get(n, "organization"));
		struct slice org = where.node ? fhir_field(r, where.node, "name") : fhir_field(r, json_get(n, "organization"), "display");
		if (part[FP_FAMILY].n == 0 && part[FP_GIVEN].n == 0 && part[FP_TEXT].n == 0)
			part[FP_TEXT] = org.n ? org : fhir_code_text(r, json_get(n, "code"));
	} else if (slice_eq_str(type, "Patient") || slice_eq_str(type, "RelatedPerson") || slice_eq_str(type, "Person")) {
		name_parts(r, best_name(json_get(n, "name")), part);
		part[FP_ROLE] = slice_eq_str(type, "Patient") ? SLICE("patient") : fhir_code_text(r, json_get(n, "relationship"));
	} else
		part[FP_TEXT] = first_of(r, n, labels, ARRAY_LEN(labels));
	return facts_join(r->f, part, 8);
}

static struct slice with_role(struct fhir_reader *r, struct slice person, struct slice role)
{
	if (person.n == 0 || role.n == 0)
		return person;
	struct slice part[8];
	for (unsigned i = 0; i < 8; i++)
		part[i] = fact_part(person, i);
	part[FP_ROLE] = role;
	return facts_join(r->f, part, 8);
}

/* A reference that leads nowhere in this body still says who: display, identifier, or at least "Practitioner/17". */
static struct slice person_outside(struct fhir_reader *r, const struct json_node *reference, struct fhir_target t)
{
	const struct json_node *id = json_get(reference, "identifier");
	struct slice part[8] = {[FP_ID] = fhir_field(r, id, "value"), [FP_ASSIGNER] = fhir_field(r, id, "system"), [FP_TEXT] = fhir_field(r, reference, "display")};
	if (part[FP_ID].n == 0 && part[FP_TEXT].n == 0 && t.type.n && t.id.n)
		part[FP_TEXT] = fhir_field(r, reference, "reference");
	return facts_join(r->f, part, 8);
}

struct slice fhir_person(struct fhir_reader *r, const struct json_node *reference, struct slice role)
{
	if (!reference || reference->type != JSON_OBJ)
		return SLICE_NULL;
	struct fhir_target t = fhir_resolve(r, reference);
	if (!t.node)
		return with_role(r, person_outside(r, reference, t), role);
	if (!t.entry)
		return with_role(r, person_of(r, t.node, t.type), role);
	if (!t.entry->person_done) {
		if (t.entry->busy)
			return SLICE_NULL;
		t.entry->busy = 1;
		t.entry->person = person_of(r, t.node, t.type);
		t.entry->busy = 0;
		t.entry->person_done = true;
	}
	struct slice person = t.entry->person;
	if (person.n == 0)
		person = person_outside(r, reference, t);
	return with_role(r, person, role);
}

void fhir_put_person(struct fhir_reader *r, struct fact *t, uint8_t field, const struct json_node *references, const char *inner)
{
	static const char *const roles[] = {"function", "type", "type.0", "role", "role.0"};
	EACH(n, references) {
		const struct json_node *who = inner && json_get(n, inner) ? json_get(n, inner) : n;
		facts_put(r->f, t, field, fhir_person(r, who, who == n ? SLICE_NULL : first_of(r, n, roles, ARRAY_LEN(roles))));
	}
}

/* What a reference is called: its display, or what it leads to. */
struct slice fhir_reference_text(struct fhir_reader *r, const struct json_node *reference)
{
	static const char *const labels[] = {"name", "title", "deviceName.0.name", "code", "vaccineCode", "type", "type.0", "description"};
	struct slice s = fhir_field(r, reference, "display");
	if (s.n || !reference)
		return s;
	struct fhir_target t = fhir_resolve(r, reference);
	if (!t.node)
		return fhir_field(r, json_get(reference, "identifier"), "value");
	if (slice_eq_str(t.type, "Practitioner") || slice_eq_str(t.type, "PractitionerRole") || slice_eq_str(t.type, "Patient") || slice_eq_str(t.type, "RelatedPerson")) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 4096);
		struct slice text = fhir_person_text(fhir_person(r, reference, SLICE_NULL), &b);
		return text.n ? fhir_keep(r, text) : SLICE_NULL;
	}
	return first_of(r, t.node, labels, ARRAY_LEN(labels));
}

/* ---- places ---- */

static const struct fhir_pair place_parts[] = {{"bd", "bed"}, {"ro", "room"}, {"wa", "unit"}, {"lvl", "floor"}, {"bu", "building"}, {"si", "facility"}, {"wi", "building"}, {"area", "unit"}};

struct slice fhir_location_of(struct fhir_reader *r, const struct json_node *n)
{
	struct slice part[8] = {0};
	struct slice top = SLICE_NULL;
	for (unsigned i = 0; n && i < FHIR_PART_OF_MAX; i++) {
		struct slice name = fhir_field(r, n, "name");
		if (name.n == 0)
			name = identifier_value(r, n, &(struct slice){0});
		const char *is = FHIR_MAP(place_parts, fhir_raw_code(json_get(n, "physicalType")));
		int at = !is ? -1 : !strcmp(is, "bed") ? FL_BED : !strcmp(is, "room") ? FL_ROOM : !strcmp(is, "unit") ? FL_UNIT : !strcmp(is, "floor") ? FL_FLOOR : !strcmp(is, "building") ? FL_BUILDING : FL_FACILITY;
		if (at >= 0 && part[at].n == 0)
			part[at] = name;
		else if (at < 0 && top.n == 0)
			top = name;
		if (i == 0)
			part[FL_STATUS] = fhir_raw_code(json_get(n, "operationalStatus")).n ? fhir_keep(r, fhir_raw_code(json_get(n, "operationalStatus"))) : SLICE_NULL;
		if (part[FL_FACILITY].n == 0 && json_get(n, "managingOrganization"))
			part[FL_FACILITY] = fhir_reference_text(r, json_get(n, "managingOrganization"));
		const struct json_node *up = json_get(n, "partOf");
		n = up ? fhir_resolve(r, up).node : NULL;
		if (up && !n && part[FL_UNIT].n == 0)
			part[FL_UNIT] = fhir_field(r, up, "display");
	}
	if (part[FL_UNIT].n == 0)
		part[FL_UNIT] = top;
	return facts_join(r->f, part, 8);
}

struct slice fhir_location(struct fhir_reader *r, const struct json_node *reference)
{
	if (!reference)
		return SLICE_NULL;
	struct fhir_target t = fhir_resolve(r, reference);
	struct slice place = t.node && slice_eq_str(t.type, "Location") ? fhir_location_of(r, t.node) : SLICE_NULL;
	if (place.n)
		return place;
	struct slice name = fhir_field(r, reference, "display");
	if (name.n == 0)
		name = fhir_field(r, json_get(reference, "identifier"), "value");
	if (name.n == 0 && !t.node)
		name = t.id.n ? fhir_keep(r, t.id) : SLICE_NULL;
	return facts_join(r->f, (const struct slice[]){[FL_UNIT] = name}, 1);
}

/* ---- patients ---- */

static bool identifier_is(const struct json_node *id, const char *type)
{
	EACH(c, json_path(id, "type.coding"))
		if (slice_eq_str(json_text(c, "code"), type))
			return true;
	return false;
}

/* The logical id as an identifier: of the server that full_url names, else of this feed. In a document that names no server it is a label inside that
 * document (vendors send Patient/1), and two documents' labels must never make two people one: there it only serves who has nothing else. */
static bool logical_ident(struct fhir_reader *r, const struct fhir_entry *en, bool last_resort, struct fact_ident *ret)
{
	if (en->base.n == 0 && !last_resort && (!en->id.n || fhir_in_document(r, en)))
		return false;
	if (en->id.n == 0 && !slice_starts(en->full_url, "urn:uuid:"))
		return false; /* a name made of the content would be another person at the next comma */
	*ret = (struct fact_ident){0};
	fhir_entry_name(r, en, &ret->value, &ret->assigner);
	return ret->value.n > 0 && !slice_eq_str(ret->assigner, "urn:holdfast:content");
}

static bool primary_ident(struct fhir_reader *r, const struct fhir_entry *en, const struct json_node *n, struct fact_ident *ret)
{
	int rank = 0;
	EACH(id, json_get(n, "identifier")) {
		struct fact_ident one;
		int mine = identifier_is(id, "MR") ? 4 : 3;
		if (slice_eq_str(json_text(id, "use"), "old"))
			mine -= 2;
		if (mine > rank && fhir_identifier_parts(r, id, &one)) {
			*ret = one;
			rank = mine;
		}
	}
	return rank > 0 || logical_ident(r, en, true, ret);
}

static struct slice percent_decoded(struct fhir_reader *r, struct slice s)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c;
		bool code = s.p[i] == '%' && i + 2 < s.n && hex_get(&c, 1, slice_of(s.p + i + 1, 2)) == 0;
		buf_u8(&b, code ? c : s.p[i]);
		i += code ? 2 : 0;
	}
	return fhir_keep_buf(r, &b);
}

/* One side of "system|value": up to the | that is no part of it. R4 3.1.1.5: | , $ and \ of the value itself have a backslash before them. */
static struct slice token_side(struct fhir_reader *r, struct slice *rest, bool *ret_more)
{
	AUTO_BUF struct buf b = {0};
	size_t i = 0;
	buf_init(&b, 4096);
	for (; i < rest->n && rest->p[i] != '|'; i++) {
		if (rest->p[i] == '\\' && i + 1 < rest->n && memchr("|,$\\", rest->p[i + 1], 4))
			i++;
		buf_u8(&b, rest->p[i]);
	}
	*ret_more = i < rest->n;
	*rest = *ret_more ? slice_of(rest->p + i + 1, rest->n - i - 1) : SLICE_NULL;
	return fhir_keep_buf(r, &b);
}

/* "Patient?identifier=system|value" (R4 3.1.0.5.1), with or without a server before it and other parameters beside it. Any other search names nobody here. */
static bool conditional_ident(struct fhir_reader *r, struct slice ref, struct fact_ident *ret)
{
	struct slice query, path = slice_cut(ref, '?', &query);
	if (path.n < 7 || memcmp(path.p + path.n - 7, "Patient", 7) || (path.n > 7 && path.p[path.n - 8] != '/'))
		return false;
	while (query.n) {
		struct slice one = slice_cut(query, '&', &query);
		bool more;
		if (!slice_starts(one, "identifier="))
			continue;
		struct slice rest = percent_decoded(r, slice_of(one.p + 11, one.n - 11)), value, system = token_side(r, &rest, &more);
		if (more) {
			value = token_side(r, &rest, &more);
			system = fhir_house_name(r, system);
		} else {
			value = system;
			system = SLICE_NULL;
		}
		*ret = (struct fact_ident){.value = value, .assigner = system.n ? system : r->feed_assigner};
		return ret->value.n > 0;
	}
	return false;
}

/* A reference to a patient who is not in this body, as an identifier. */
static bool outside_ident(struct fhir_reader *r, const struct json_node *reference, struct fact_ident *ret)
{
	const struct json_node *logical = json_get(reference, "identifier");
	if (logical && fhir_identifier_parts(r, logical, ret))
		return true;
	struct slice ref = json_text(reference, "reference"), type, id, base;
	if (ref.n && memchr(ref.p, '?', ref.n))
		return conditional_ident(r, ref, ret);
	if (fhir_split_ref(ref, &type, &id, &base)) {
		if (!slice_eq_str(type, "Patient"))
			return false;
		if (base.n == 0)
			base = r->at->base;
		*ret = (struct fact_ident){.value = fhir_keep(r, id), .assigner = base.n ? fhir_keep(r, base) : r->feed_assigner};
		return ret->value.n > 0;
	}
	*ret = (struct fact_ident){.value = fhir_keep(r, ref), .assigner = r->feed_assigner};
	return ret->value.n > 0;
}

#define GROUPS_LOOKED 64 /* in a body of more patients than this an identifier names the patient that it was first */

/* A patient of this body who has that number among others. */
static struct fact_group *group_with(struct fhir_reader *r, const struct fact_ident *id)
{
	unsigned n = 0;
	for (struct fact_group *g = r->f->first; g && n < GROUPS_LOOKED; g = g->next, n++)
		for (unsigned i = 0; i < g->also_count; i++)
			if (slice_eq(g->also[i].value, id->value) && slice_eq(g->also[i].assigner, id->assigner))
				return g;
	return NULL;
}

static struct fact_group *outside_group(struct fhir_reader *r, const struct json_node *reference)
{
	struct fact_ident id;
	if (!outside_ident(r, reference, &id))
		return NULL;
	struct fact_group *known = group_with(r, &id);
	if (known)
		return known;
	uint32_t before = r->f->groups;
	struct fact_group *g = facts_group(r->f, id);
	struct slice display = fhir_field(r, reference, "display");
	if (g && r->f->groups > before && display.n) {
		struct fact *t = facts_add(r->f, g, FACT_PATIENT);
		facts_put_str(r->f, t, FF_ACTION, "mention");
		facts_put_parts(r->f, t, FF_NAME, (const struct slice[]){[FN_TEXT] = display}, 8);
	}
	return g;
}

/* The group of the patient a reference names. NULL: it names no patient (a device, a group of people, nothing). */
struct fact_group *fhir_patient_group(struct fhir_reader *r, const struct json_node *reference)
{
	struct slice ref = json_text(reference, "reference");
	bool ambiguous = false;
	struct fhir_entry *en = fhir_find(r, ref, &ambiguous);
	if (en)
		return en->group;
	if (ref.n && ref.p[0] == '#') {
		/* a contained patient is whoever its identifier says */
		const struct json_node *n = fhir_contained(r, ref);
		struct fact_ident id;
		EACH(i, json_get(n, "identifier"))
			if (slice_eq_str(json_text(n, "resourceType"), "Patient") && fhir_identifier_parts(r, i, &id))
				return facts_group(r->f, id);
		return NULL;
	}
	if (ref.n == 0 && !json_get(reference, "identifier"))
		return NULL;
	struct slice type, id, base;
	if (fhir_split_ref(ref, &type, &id, &base) && !slice_eq_str(type, "Patient"))
		return NULL;
	/* A document holds everything it refers to (R4 3.3.1). Where a vendor's reference leads nowhere, but the document's own table of contents lists the
	 * resource and there is one patient in it, that patient is meant; the chart is told that something was amiss. Elsewhere a reference to a patient
	 * who is not here is ordinary, and nobody guesses. */
	if (r->document && r->only && r->at->listed && !ambiguous && ref.n) {
		r->only->incomplete = true;
		r->f->problems++;
		return r->only;
	}
	return outside_group(r, reference);
}

static void put_extension_codes(struct fhir_reader *r, struct fact *t, uint8_t field, const struct json_node *x)
{
	bool any = false;
	struct slice text = SLICE_NULL;
	EACH(part, json_get(x, "extension")) {
		if (json_get(part, "valueCoding")) {
			facts_put(r->f, t, field, fhir_code(r, json_get(part, "valueCoding")));
			any = true;
		} else if (slice_eq_str(json_text(part, "url"), "text"))
			text = fhir_field(r, part, "valueString");
	}
	if (!any && text.n)
		facts_put_parts(r->f, t, field, (const struct slice[]){[FC_TEXT] = text}, 7);
	if (json_get(x, "valueCodeableConcept"))
		facts_put(r->f, t, field, fhir_code(r, json_get(x, "valueCodeableConcept")));
}

static void put_names(struct fhir_reader *r, struct fact *t, const struct json_node *names)
{
	/* the chart takes the first name as the person's: so the best one goes first, the others as sent */
	const struct json_node *best = best_name(names);
	if (best)
		facts_put(r->f, t, FF_NAME, fhir_name(r, best));
	EACH(n, names)
		if (n != best)
			facts_put(r->f, t, FF_NAME, fhir_name(r, n));
}

static bool preferred(const struct json_node *communication)
{
	const struct json_node *mark = json_get(communication, "preferred");
	return mark && mark->type == JSON_TRUE;
}

static void put_patient(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	struct fact *t = fhir_fact(r, g, FACT_PATIENT);
	put_names(r, t, json_get(n, "name"));
	const struct json_node *exact = fhir_extension(json_get(n, "_birthDate"), "patient-birthTime");
	struct slice birth = fhir_time(r, json_get(n, "birthDate")), time = exact ? fhir_time(r, json_get(exact, "valueDateTime")) : SLICE_NULL;
	if (birth.n && time.n > birth.n && memcmp(birth.p, time.p, birth.n) == 0)
		birth = time;
	facts_put(r->f, t, FF_BIRTH, birth);
	facts_put(r->f, t, FF_SEX, fhir_field(r, n, "gender"));
	EACH(a, json_get(n, "address"))
		facts_put(r->f, t, FF_ADDRESS, fhir_address(r, a));
	EACH(p, json_get(n, "telecom"))
		facts_put(r->f, t, FF_TELECOM, fhir_telecom(r, p));
	fhir_put_code(r, t, FF_MARITAL, json_get(n, "maritalStatus"));
	for (int liked = 1; liked >= 0; liked--) /* the preferred one is the first */
		EACH(c, json_get(n, "communication"))
			if (preferred(c) == (bool)liked)
				facts_put(r->f, t, FF_LANGUAGE, fhir_code(r, json_get(c, "language")));
	put_extension_codes(r, t, FF_RACE, fhir_extension(n, "us-core-race"));
	put_extension_codes(r, t, FF_ETHNICITY, fhir_extension(n, "us-core-ethnicity"));
	put_extension_codes(r, t, FF_RELIGION, fhir_extension(n, "patient-religion"));
	struct slice multiple = fhir_field(r, n, "multipleBirthInteger"), twin = fhir_field(r, n, "multipleBirthBoolean");
	if (multiple.n || twin.n)
		facts_put(r->f, t, FF_MULTIPLE, multiple.n ? multiple : slice_eq_str(twin, "true") ? SLICE("yes") : SLICE("no"));
	struct slice died = fhir_time(r, json_get(n, "deceasedDateTime")), dead = fhir_field(r, n, "deceasedBoolean");
	if (died.n || dead.n)
		facts_put_str(r->f, t, FF_DECEASED, died.n || slice_eq_str(dead, "true") ? "yes" : "no");
	facts_put(r->f, t, FF_DECEASED_TIME, died);
	if (json_get(n, "active"))
		facts_put_str(r->f, t, FF_ACTIVE, json_get(n, "active")->type == JSON_FALSE ? "no" : "yes");
	struct slice marked = fhir_protection(r, n);
	if (marked.n && !fact_is_null(marked))
		facts_put(r->f, t, FF_PROTECTED, marked);
	fhir_put_time(r, t, FF_RECORDED, json_path(n, "meta.lastUpdated"));
}

/* v3 Confidentiality (R4 security labels): R and V protect; an ordinary code says that they no longer do; no code says nothing. */
struct slice fhir_protection(struct fhir_reader *r, const struct json_node *n)
{
	struct slice says = SLICE_NULL;
	EACH(label, json_path(n, "meta.security")) {
		struct slice code = json_text(label, "code"), system = json_text(label, "system");
		if (system.n && !fhir_contains(system, "Confidentiality"))
			continue;
		if (slice_eq_str(code, "R") || slice_eq_str(code, "V"))
			return fhir_code_text(r, label);
		if (slice_eq_str(code, "N") || slice_eq_str(code, "M") || slice_eq_str(code, "L") || slice_eq_str(code, "U"))
			says = SLICE(FACT_NULL);
	}
	return says;
}

/* What the chart guards a record by is a flag of it, as PD1-12 and ARV make one: one a person, which the next word on it replaces. */
static void put_protection(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	struct slice marked = fhir_protection(r, n);
	if (marked.n == 0)
		return;
	struct fact *t = facts_add(r->f, g, FACT_FLAG);
	facts_put_str(r->f, t, FF_ID, "meta.security");
	facts_put_parts(r->f, t, FF_CATEGORY, (const struct slice[]){SLICE("protected")}, 1);
	facts_put_str(r->f, t, FF_ACTION, fact_is_null(marked) ? "delete" : "add");
	if (fact_is_null(marked))
		return;
	EACH(label, json_path(n, "meta.security"))
		if (slice_eq_str(json_text(label, "code"), "R") || slice_eq_str(json_text(label, "code"), "V"))
			fhir_put_code(r, t, FF_CODE, label);
	facts_put(r->f, t, FF_PROTECTED, marked);
}

/* v2-0131 and v3 RoleCode of Patient.contact.relationship -> the categories of CONTACT. */
static const char *contact_category(const struct json_node *relationship)
{
	static const struct fhir_pair map[] = {{"N", "next-of-kin"}, {"NOK", "next-of-kin"}, {"C", "emergency"}, {"ECON", "emergency"}, {"EP", "emergency"}, {"GUARD", "guarantor"}, {"E", "employer"}, {"I", "insurance"}};
	EACH(n, relationship)
		EACH(c, json_get(n, "coding")) {
			const char *hit = FHIR_MAP(map, json_text(c, "code"));
			if (hit)
				return hit;
		}
	return "next-of-kin";
}

/* The relation itself stands beside its category in the same list or in the same concept: take what says more than N or C. */
static const struct json_node *relation(const struct json_node *relationship)
{
	static const char words[] = "N\0C\0E\0F\0I\0S\0U\0CP\0EP\0PR\0O\0BP\0ECON\0NOK\0";
	EACH(n, relationship)
		EACH(c, json_get(n, "coding"))
			if (json_text(c, "code").n && !fhir_word(words, json_text(c, "code")))
				return json_text(n, "text").n ? n : c;
	return fhir_first(relationship);
}

static void put_contact(struct fhir_reader *r, struct fact_group *g, const struct json_node *c, unsigned set)
{
	struct fact *t = facts_add(r->f, g, FACT_CONTACT);
	facts_put_parts(r->f, t, FF_CATEGORY, (const struct slice[]){slice_str(contact_category(json_get(c, "relationship")))}, 1);
	facts_put(r->f, t, FF_ROLE, fhir_code(r, relation(json_get(c, "relationship"))));
	put_names(r, t, json_get(c, "name"));
	if (!json_get(c, "name")) {
		struct slice org = fhir_reference_text(r, json_get(c, "organization"));
		if (org.n)
			facts_put_parts(r->f, t, FF_NAME, (const struct slice[]){[FN_TEXT] = org}, 8);
	}
	EACH(p, json_get(c, "telecom"))
		facts_put(r->f, t, FF_TELECOM, fhir_telecom(r, p));
	EACH(a, json_get(c, "address"))
		facts_put(r->f, t, FF_ADDRESS, fhir_address(r, a));
	facts_put(r->f, t, FF_SEX, fhir_field(r, c, "gender"));
	fhir_put_time(r, t, FF_START, json_path(c, "period.start"));
	fhir_put_time(r, t, FF_END, json_path(c, "period.end"));
	char number[16];
	snprintf(number, sizeof number, "%u", set);
	facts_put(r->f, t, FF_SET, fhir_keep(r, slice_str(number)));
	r->interpreted++;
}

static struct slice ident_of(struct fhir_reader *r, struct fact_ident id)
{
	return facts_join(r->f, (const struct slice[]){id.value, id.assigner, id.type}, 3);
}

/* Patient.link (R4 8.1.5): replaced-by and replaces are a merge, told from either side; seealso is a link. refer says nothing of identity. */
static void put_links(struct fhir_reader *r, struct fact_group *g, const struct json_node *links)
{
	EACH(link, links) {
		struct slice type = json_text(link, "type");
		const struct json_node *other = json_get(link, "other");
		bool ambiguous;
		struct fhir_entry *en = fhir_find(r, json_text(other, "reference"), &ambiguous);
		struct fact_ident id;
		if (en && en->group)
			id = en->group->id;
		else if (!outside_ident(r, other, &id))
			continue;
		bool replaced = slice_eq_str(type, "replaced-by"), replaces = slice_eq_str(type, "replaces");
		if (id.value.n == 0 || g->id.value.n == 0 || !(replaced || replaces || slice_eq_str(type, "seealso")))
			continue;
		struct fact *t = facts_add(r->f, replaced ? facts_group(r->f, id) : g, FACT_IDENTITY);
		facts_put_str(r->f, t, FF_ACTION, replaced || replaces ? "merge" : "link");
		facts_put(r->f, t, FF_OTHER, ident_of(r, replaced ? g->id : id));
	}
}

static void put_general_practitioners(struct fhir_reader *r, struct fact_group *g, const struct json_node *list)
{
	if (!fhir_first(list))
		return;
	struct fact *t = facts_add(r->f, g, FACT_CARE_TEAM);
	facts_put_parts(r->f, t, FF_ROLE, (const struct slice[]){SLICE("primary-care")}, 1);
	fhir_put_person(r, t, FF_PERFORMER, list, NULL);
}

static bool patient_tree(struct fhir_reader *r, struct fhir_entry *en, struct json_node **ret)
{
	arena_reset(r->scratch);
	fhir_aside_next(r);
	struct err ignored;
	if (json_tree(en->raw, r->scratch, ret, &ignored) != 0) {
		r->f->problems++;
		return false;
	}
	fhir_modernise(*ret);
	r->at = en;
	r->resource = *ret;
	return true;
}

static void group_patient(struct fhir_reader *r, struct fhir_entry *en, const struct json_node *n)
{
	struct fact_ident id = {0};
	if (en->settled) { /* it is here already, by this id */
		id = (struct fact_ident){.value = fhir_keep(r, en->id), .assigner = r->feed_assigner};
		en->group = facts_group(r->f, id);
		r->only = r->patients == 0 || r->only == en->group ? en->group : NULL;
		r->patients++;
		return;
	}
	bool found = primary_ident(r, en, n, &id);
	en->group = facts_group(r->f, id);
	if (!en->group)
		return;
	if (!found)
		en->group->incomplete = true;
	EACH(i, json_get(n, "identifier")) {
		struct fact_ident one;
		if (fhir_identifier_parts(r, i, &one))
			facts_also(r->f, en->group, one);
	}
	struct fact_ident logical;
	if (logical_ident(r, en, false, &logical))
		facts_also(r->f, en->group, logical);
	r->only = r->patients == 0 || r->only == en->group ? en->group : NULL;
	r->patients++;
}

int fhir_read_patients(struct fhir_reader *r)
{
	struct json_node *n;
	for (uint32_t i = 0; i < r->count; i++)
		if (slice_eq_str(r->entries[i].type, "Patient") && r->entries[i].raw.p && patient_tree(r, &r->entries[i], &n))
			group_patient(r, &r->entries[i], n);
	for (uint32_t i = 0; i < r->count; i++) {
		struct fhir_entry *en = &r->entries[fhir_in_order(r, i)];
		if (!slice_eq_str(en->type, "Patient") || !en->group || en->settled || !patient_tree(r, en, &n))
			continue;
		if (fhir_has_code(json_get(n, "meta"), NULL, "HTEST"))
			r->f->test = true;
		EACH(label, json_path(n, "meta.security"))
			if (slice_eq_str(json_text(label, "code"), "HTEST"))
				r->f->test = true;
		put_patient(r, en->group, n);
		put_protection(r, en->group, n);
		unsigned set = 1;
		EACH(c, json_get(n, "contact"))
			put_contact(r, en->group, c, set++);
		put_general_practitioners(r, en->group, json_get(n, "generalPractitioner"));
		put_links(r, en->group, json_get(n, "link"));
	}
	return 0;
}

/* ---- people and places around a patient ---- */

void fhir_read_related(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	struct fact *t = fhir_fact(r, g, FACT_CONTACT);
	facts_put_parts(r->f, t, FF_CATEGORY, (const struct slice[]){slice_str(contact_category(json_get(n, "relationship")))}, 1);
	facts_put(r->f, t, FF_ROLE, fhir_code(r, relation(json_get(n, "relationship"))));
	put_names(r, t, json_get(n, "name"));
	EACH(p, json_get(n, "telecom"))
		facts_put(r->f, t, FF_TELECOM, fhir_telecom(r, p));
	EACH(a, json_get(n, "address"))
		facts_put(r->f, t, FF_ADDRESS, fhir_address(r, a));
	facts_put(r->f, t, FF_SEX, fhir_field(r, n, "gender"));
	fhir_put_time(r, t, FF_BIRTH, json_get(n, "birthDate"));
	fhir_put_time(r, t, FF_START, json_path(n, "period.start"));
	fhir_put_time(r, t, FF_END, json_path(n, "period.end"));
	if (json_get(n, "active") && json_get(n, "active")->type == JSON_FALSE)
		facts_put_str(r->f, t, FF_ACTION, "delete");
}

/* One fact a role: it holds all persons of that role. */
void fhir_read_care_team(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	bool over = fhir_word("inactive\0entered-in-error\0suspended\0", json_text(n, "status")) != NULL;
	struct slice seen[64];
	unsigned count = 0;
	EACH(p, json_get(n, "participant")) {
		struct slice role = fhir_code(r, fhir_first(json_get(p, "role")));
		unsigned at = 0;
		while (at < count && !slice_eq(seen[at], role))
			at++;
		if (at < count || count == ARRAY_LEN(seen))
			continue;
		seen[count++] = role;
		struct fact *t = fhir_fact(r, g, FACT_CARE_TEAM);
		facts_put(r->f, t, FF_ROLE, role.n ? role : facts_join(r->f, (const struct slice[]){SLICE("care-team")}, 1));
		EACH(q, json_get(n, "participant"))
			if (slice_eq(fhir_code(r, fhir_first(json_get(q, "role"))), role) && !slice_eq_str(fhir_resolve(r, json_get(q, "member")).type, "Patient"))
				facts_put(r->f, t, FF_PERFORMER, fhir_person(r, json_get(q, "member"), SLICE_NULL));
		facts_put(r->f, t, FF_TITLE, fhir_field(r, n, "name"));
		fhir_put_time(r, t, FF_START, json_path(n, "period.start"));
		fhir_put_time(r, t, FF_END, json_path(n, "period.end"));
		facts_put(r->f, t, FF_VISIT, fhir_visit_ident(r, json_get(n, "encounter")));
		facts_put(r->f, t, FF_STATUS_RAW, fhir_field(r, n, "status"));
		if (over)
			facts_put_str(r->f, t, FF_ACTION, "delete");
	}
}

void fhir_read_coverage(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	struct fact *t = fhir_fact(r, g, FACT_COVERAGE);
	struct slice status = fhir_field(r, n, "status");
	facts_put(r->f, t, FF_STATUS_RAW, status);
	facts_put(r->f, t, FF_STATUS, status);
	fhir_put_code(r, t, FF_CODE, json_get(n, "type"));
	EACH(p, json_get(n, "payor"))
		facts_put(r->f, t, FF_PAYER, fhir_reference_text(r, p));
	struct slice policy = fhir_field(r, n, "subscriberId");
	if (policy.n == 0)
		policy = fhir_field(r, fhir_first(json_get(n, "identifier")), "value");
	facts_put(r->f, t, FF_POLICY, policy);
	struct slice subscriber = fhir_reference_text(r, json_get(n, "subscriber"));
	if (subscriber.n)
		facts_put_parts(r->f, t, FF_NAME, (const struct slice[]){[FN_TEXT] = subscriber}, 8);
	fhir_put_code(r, t, FF_ROLE, json_get(n, "relationship"));
	fhir_put_time(r, t, FF_START, json_path(n, "period.start"));
	fhir_put_time(r, t, FF_END, json_path(n, "period.end"));
	EACH(c, json_get(n, "class"))
		if (slice_eq_str(fhir_raw_code(json_get(c, "type")), "group"))
			facts_put(r->f, t, FF_GROUP, facts_join(r->f, (const struct slice[]){fhir_field(r, c, "value")}, 1));
}

/* ---- master data: a Practitioner or Location that came without any patient ---- */

void fhir_read_staff(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	struct fact *t = fhir_fact(r, g, FACT_STAFF);
	EACH(id, json_get(n, "identifier"))
		facts_put(r->f, t, FF_ID, fhir_identifier(r, id));
	if (json_get(n, "active"))
		facts_put_str(r->f, t, FF_ACTIVE, json_get(n, "active")->type == JSON_FALSE ? "no" : "yes");
	put_names(r, t, json_get(n, "name"));
	if (json_get(n, "practitioner")) { /* PractitionerRole */
		struct slice who = fhir_person(r, json_get(n, "practitioner"), SLICE_NULL);
		struct slice name[8] = {[FN_FAMILY] = fact_part(who, FP_FAMILY), [FN_GIVEN] = fact_part(who, FP_GIVEN), [FN_PREFIX] = fact_part(who, FP_PREFIX), [FN_TEXT] = fact_part(who, FP_TEXT)};
		facts_put_parts(r->f, t, FF_NAME, name, 8);
		fhir_put_code(r, t, FF_ROLE, json_get(n, "code"));
		fhir_put_code(r, t, FF_CODE, json_get(n, "specialty"));
		facts_put_parts(r->f, t, FF_SERVICE, (const struct slice[]){[FC_TEXT] = fhir_reference_text(r, json_get(n, "organization"))}, 7);
	}
	facts_put(r->f, t, FF_SEX, fhir_field(r, n, "gender"));
	fhir_put_time(r, t, FF_BIRTH, json_get(n, "birthDate"));
	EACH(q, json_get(n, "qualification"))
		facts_put(r->f, t, FF_CODE, fhir_code(r, json_get(q, "code")));
	EACH(p, json_get(n, "telecom"))
		facts_put(r->f, t, FF_TELECOM, fhir_telecom(r, p));
	EACH(a, json_get(n, "address"))
		facts_put(r->f, t, FF_ADDRESS, fhir_address(r, a));
}

void fhir_read_place(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	struct fact *t = fhir_fact(r, g, FACT_LOCATION);
	facts_put(r->f, t, FF_LOCATION, fhir_location_of(r, n));
	facts_put(r->f, t, FF_TITLE, fhir_field(r, n, "description").n ? fhir_field(r, n, "description") : fhir_field(r, n, "name"));
	facts_put_str(r->f, t, FF_ACTIVE, slice_eq_str(json_text(n, "status"), "inactive") ? "no" : "yes");
	fhir_put_code(r, t, FF_CATEGORY, json_get(n, "physicalType"));
	EACH(p, json_get(n, "telecom"))
		facts_put(r->f, t, FF_TELECOM, fhir_telecom(r, p));
	facts_put(r->f, t, FF_STATUS_RAW, fhir_keep(r, fhir_raw_code(json_get(n, "operationalStatus"))));
}
