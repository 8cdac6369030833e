/* A body -> facts: which resource goes to whom, in the order of the body. What the single types become is in the fhir_read_*.c files. */
#include "fhir_internal.h"

#include <ctype.h>

/* ---- identity of items ---- */

struct slice fhir_content_hash(struct slice raw, char out[33])
{
	/* two FNV-1a of 64 bits with different starts: this names a resource that has no id of its own, it protects nothing */
	uint64_t a = UINT64_C(14695981039346656037), b = UINT64_C(0x9ae16a3b2f90404f);
	for (size_t i = 0; i < raw.n; i++) {
		a = (a ^ raw.p[i]) * UINT64_C(1099511628211);
		b = (b + raw.p[i]) * UINT64_C(0x9fb21c651e98df25);
		b ^= b >> 29;
	}
	snprintf(out, 33, "%016llx%016llx", (unsigned long long)a, (unsigned long long)b);
	return slice_of(out, 32);
}

static struct slice type_and_id(struct fhir_reader *r, struct slice type, struct slice id, struct slice sub)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	buf_add_slice(&b, type);
	buf_u8(&b, '/');
	buf_add_slice(&b, id);
	if (sub.n) {
		buf_u8(&b, '#');
		buf_add_slice(&b, sub);
	}
	return fhir_keep_buf(r, &b);
}

bool fhir_in_document(const struct fhir_reader *r, const struct fhir_entry *en)
{
	return r->entries[en->parent].bundle && slice_eq_str(r->entries[en->parent].bundle_type, "document");
}

/* "urn:uuid:" and 36 characters of a UUID; vendors write urn:uuid:249867, which is a label like any other. */
static struct slice true_uuid(struct slice url)
{
	if (!slice_starts(url, "urn:uuid:") || url.n != 45)
		return SLICE_NULL;
	for (size_t i = 9; i < 45; i++) {
		uint8_t c = url.p[i];
		bool dash = i == 17 || i == 22 || i == 27 || i == 32;
		if (dash ? c != '-' : !((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')))
			return SLICE_NULL;
	}
	return slice_of(url.p + 9, 36);
}

/* Labels of a document that names no server mean something in that document alone: "AllergyIntolerance/1" of the next one is another allergy, and must not
 * take the place of this one. */
static struct slice document_scope(struct fhir_reader *r, const struct fhir_entry *en)
{
	const struct fhir_entry *doc = &r->entries[en->parent];
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	char hash[33];
	buf_add_slice(&b, r->feed_assigner);
	buf_str(&b, ":document:");
	struct slice name = doc == r->entries && r->f->control_id.n ? r->f->control_id : doc->id;
	buf_add_slice(&b, name.n && name.n < 256 ? name : fhir_content_hash(doc->raw, hash));
	return fhir_keep_buf(r, &b);
}

void fhir_entry_name(struct fhir_reader *r, const struct fhir_entry *en, struct slice *ret_id, struct slice *ret_assigner)
{
	struct slice uuid = true_uuid(en->full_url);
	bool document = fhir_in_document(r, en);
	char hash[33];
	*ret_assigner = r->feed_assigner;
	if (en->named)
		*ret_id = en->id;
	else if (en->base.n) {
		*ret_id = en->id;
		*ret_assigner = fhir_keep(r, en->base);
	} else if (uuid.n && (document || !en->id.n))
		*ret_id = uuid;
	else if (en->id.n) {
		*ret_id = en->id;
		if (document)
			*ret_assigner = document_scope(r, en);
	} else {
		*ret_id = fhir_keep(r, fhir_content_hash(en->raw, hash));
		*ret_assigner = SLICE("urn:holdfast:content");
	}
	*ret_id = fhir_keep(r, *ret_id);
}

struct slice fhir_item_ident(struct fhir_reader *r, const struct fhir_entry *en)
{
	struct slice id, assigner;
	fhir_entry_name(r, en, &id, &assigner);
	return facts_join(r->f, (const struct slice[]){type_and_id(r, en->type, id, en == r->at ? r->sub : SLICE_NULL), assigner}, 2);
}

/* The scope of a relative reference that leads nowhere in this body. */
static struct slice outside_scope(struct fhir_reader *r, struct slice base)
{
	if (base.n == 0)
		base = r->at->base;
	return base.n ? fhir_keep(r, base) : fhir_in_document(r, r->at) ? document_scope(r, r->at) : r->feed_assigner;
}

struct slice fhir_ref_ident(struct fhir_reader *r, const struct json_node *reference)
{
	struct slice ref = json_text(reference, "reference"), type, id, base;
	if (ref.n && ref.p[0] == '#')
		return SLICE_NULL;
	bool ambiguous;
	struct fhir_entry *en = fhir_find(r, ref, &ambiguous);
	if (en)
		return fhir_item_ident(r, en);
	if (fhir_split_ref(ref, &type, &id, &base))
		return facts_join(r->f, (const struct slice[]){type_and_id(r, type, id, SLICE_NULL), outside_scope(r, base)}, 2);
	return fhir_identifier(r, json_get(reference, "identifier"));
}

struct slice fhir_visit_of(struct fhir_reader *r, const struct fhir_entry *en, const struct json_node *encounter)
{
	struct slice best = SLICE_NULL;
	EACH(id, json_get(encounter, "identifier")) {
		bool vn = slice_eq_str(fhir_raw_code(json_get(id, "type")), "VN");
		if (best.n == 0 || vn)
			best = fhir_identifier(r, id);
		if (vn)
			break;
	}
	if (best.n)
		return best;
	struct slice id, assigner;
	fhir_entry_name(r, en, &id, &assigner);
	return facts_join(r->f, (const struct slice[]){id, assigner}, 2);
}

/* The visit number of an Encounter: its own business identifier, so that it meets PV1-19 of the HL7 feed; else its logical id. */
struct slice fhir_visit_ident(struct fhir_reader *r, const struct json_node *reference)
{
	if (!reference)
		return SLICE_NULL;
	struct slice ref = json_text(reference, "reference"), type, id, base;
	bool ambiguous;
	struct fhir_entry *en = fhir_find(r, ref, &ambiguous);
	if (en && slice_eq_str(en->type, "Encounter")) {
		if (!en->visit_done) {
			en->visit = fhir_visit_of(r, en, fhir_resolve(r, reference).node);
			en->visit_done = true;
		}
		return en->visit;
	}
	struct slice identifier = fhir_identifier(r, json_get(reference, "identifier"));
	if (identifier.n)
		return identifier;
	if (!fhir_split_ref(ref, &type, &id, &base) || !slice_eq_str(type, "Encounter"))
		return SLICE_NULL;
	return facts_join(r->f, (const struct slice[]){fhir_keep(r, id), outside_scope(r, base)}, 2);
}

/* Where in the body something of the resource at hand stands: "entry.4.resource.content.0.attachment.data". */
struct slice fhir_place(struct fhir_reader *r, const char *tail)
{
	uint32_t chain[FHIR_BUNDLES_DEEP + 2], n = 0;
	for (const struct fhir_entry *en = r->at; &r->entries[en->parent] != en && n < ARRAY_LEN(chain); en = &r->entries[en->parent])
		chain[n++] = en->number;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	while (n)
		buf_printf(&b, "%sentry.%u.resource", b.n ? "." : "", chain[--n]);
	if (b.n == 0)
		buf_str(&b, "resource");
	if (tail && *tail)
		buf_printf(&b, ".%s", tail);
	return fhir_keep_buf(r, &b);
}

/* "Type/id"; in a document with UUIDs its UUID, so that it is the same in ours. */
static struct slice resource_name(struct fhir_reader *r)
{
	struct slice id, assigner;
	fhir_entry_name(r, r->at, &id, &assigner);
	return type_and_id(r, r->at->type, id, r->sub);
}

struct fact *fhir_fact(struct fhir_reader *r, struct fact_group *g, uint8_t kind)
{
	struct fact *t = facts_add(r->f, g, kind);
	if (!t)
		return NULL;
	if (!r->at->fact)
		r->at->fact = t;
	if (kind != FACT_PATIENT)
		facts_put(r->f, t, FF_ID, fhir_item_ident(r, r->at));
	facts_put(r->f, t, FF_RESOURCE, resource_name(r));
	if (kind == FACT_RESULT) /* two results of one code in one report are two */
		facts_put(r->f, t, FF_SUB, resource_name(r));
	if (kind != FACT_PATIENT) {
		char number[16];
		snprintf(number, sizeof number, "%u", r->at->number);
		facts_put(r->f, t, FF_SET, fhir_keep(r, slice_str(number)));
	}
	return t;
}

/* ---- members of reports and panels ---- */

void fhir_link_member(struct fhir_reader *r, const struct json_node *reference, struct slice group, bool strong)
{
	bool ambiguous;
	struct fhir_entry *en = fhir_find(r, json_text(reference, "reference"), &ambiguous);
	if (!en || en == r->at || group.n == 0)
		return;
	if (r->link_count == r->link_cap) {
		uint32_t cap = r->link_cap ? r->link_cap * 2 : 64;
		struct fhir_link *more = cap > 8 * FHIR_ENTRIES_MAX ? NULL : arena_array(r->f->a, cap, sizeof *more);
		if (!more) {
			r->f->problems++;
			return;
		}
		if (r->link_count)
			memcpy(more, r->links, r->link_count * sizeof *more);
		r->links = more;
		r->link_cap = cap;
	}
	r->links[r->link_count++] = (struct fhir_link){(uint32_t)(en - r->entries), group, strong};
}

/* A report's claim goes before a panel's; what nobody claims is a group of its own, so that two results of one code never stand for each other. */
static void tie_members(struct fhir_reader *r)
{
	for (int strong = 1; strong >= 0; strong--)
		for (uint32_t i = 0; i < r->link_count; i++) {
			struct fact *t = r->entries[r->links[i].member].fact;
			if (t && r->links[i].strong == (strong == 1) && t->kind == FACT_RESULT && fact_count(t, FF_GROUP) == 0)
				facts_put(r->f, t, FF_GROUP, r->links[i].group);
		}
	for (uint32_t i = 0; i < r->count; i++) {
		struct fact *t = r->entries[i].fact;
		if (t && t->kind == FACT_RESULT && fact_count(t, FF_GROUP) == 0)
			facts_put(r->f, t, FF_GROUP, fact_get(t, FF_ID));
	}
}

/* ---- "no known ..." ---- */

void fhir_put_section(struct fhir_reader *r, struct fact_group *g, const char *category, const char *status, struct slice code)
{
	struct fact *t = facts_add(r->f, g, FACT_SECTION);
	facts_put_parts(r->f, t, FF_CATEGORY, (const struct slice[]){slice_str(category)}, 1);
	facts_put_str(r->f, t, FF_STATUS, status);
	facts_put(r->f, t, FF_CODE, code);
}

bool fhir_said_nothing(struct fhir_reader *r, struct fact_group *g, const char *category, const struct json_node *concept, bool in_error)
{
	const char *says = NULL;
	unsigned codings = 0;
	EACH(c, json_get(concept, "coding")) {
		const char *one = fhir_no_known(category, json_text(c, "system"), json_text(c, "code"));
		if (one)
			says = one;
		codings += json_text(c, "code").n > 0;
	}
	/* words count only where there is no code that says something else */
	if (!says && codings == 0) {
		says = fhir_no_known_text(category, json_text(concept, "text"));
		if (!says)
			says = fhir_no_known_text(category, json_text(concept, "coding.0.display"));
	}
	if (!says)
		return false;
	fhir_put_section(r, g, category, in_error ? "unknown" : says, fhir_code(r, concept));
	struct fact *t = g ? g->last : NULL;
	facts_put(r->f, t, FF_RESOURCE, resource_name(r));
	return true;
}

/* ---- which reader ---- */

struct kind {
	const char *type;
	fhir_read_fn *read;
	uint8_t fact; /* for deletions */
};
static const struct kind kinds[] = {
	{"AllergyIntolerance", fhir_read_allergy, FACT_ALLERGY},
	{"Appointment", fhir_read_appointment, FACT_APPOINTMENT},
	{"Binary", fhir_read_binary, FACT_DOCUMENT},
	{"CareTeam", fhir_read_care_team, FACT_CARE_TEAM},
	{"Composition", fhir_read_composition, FACT_DOCUMENT},
	{"Condition", fhir_read_condition, FACT_PROBLEM},
	{"DiagnosticOrder", fhir_read_service_request, FACT_ORDER},
	{"Consent", fhir_read_consent, FACT_FLAG},
	{"Coverage", fhir_read_coverage, FACT_COVERAGE},
	{"DiagnosticReport", fhir_read_report, FACT_REPORT},
	{"DocumentReference", fhir_read_document, FACT_DOCUMENT},
	{"Encounter", fhir_read_encounter, FACT_VISIT},
	{"Flag", fhir_read_flag, FACT_FLAG},
	{"Immunization", fhir_read_immunization, FACT_IMMUNIZATION},
	{"MedicationAdministration", fhir_read_administration, FACT_MED_ADMIN},
	{"MedicationDispense", fhir_read_dispense, FACT_MED_DISPENSE},
	{"MedicationOrder", fhir_read_medication_request, FACT_MED_ORDER},
	{"MedicationRequest", fhir_read_medication_request, FACT_MED_ORDER},
	{"MedicationStatement", fhir_read_medication_statement, FACT_MED_ORDER},
	{"Observation", fhir_read_observation, FACT_RESULT},
	{"Procedure", fhir_read_procedure, FACT_PROCEDURE},
	{"ProcedureRequest", fhir_read_service_request, FACT_ORDER},
	{"ReferralRequest", fhir_read_service_request, FACT_ORDER},
	{"RelatedPerson", fhir_read_related, FACT_CONTACT},
	{"ServiceRequest", fhir_read_service_request, FACT_ORDER},
};

static const struct kind *kind_of(struct slice type)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (slice_eq_str(type, kinds[i].type))
			return &kinds[i];
	return NULL;
}

/* These say nothing by themselves: they are read where another resource refers to them. Alone in a body without patients they are master data. */
static const char helpers[] = "Practitioner\0PractitionerRole\0Organization\0Location\0Medication\0Specimen\0Substance\0HealthcareService\0Endpoint\0MessageHeader\0";

static struct fact_group *nobody(struct fhir_reader *r)
{
	if (!r->nobody)
		r->nobody = facts_group(r->f, (struct fact_ident){0});
	return r->nobody;
}

static const struct json_node *patient_reference(const struct json_node *n, struct slice type)
{
	static const char *const keys[] = {"patient", "subject", "beneficiary", "for"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (json_get(n, keys[i]))
			return fhir_first(json_get(n, keys[i]));
	if (slice_eq_str(type, "Appointment"))
		EACH(p, json_get(n, "participant")) {
			struct slice ref = json_path(p, "actor.reference") ? json_text(p, "actor.reference") : SLICE_NULL;
			if (fhir_contains(ref, "Patient/") || slice_eq_str(json_text(p, "actor.type"), "Patient"))
				return json_get(p, "actor");
		}
	return NULL;
}

/* Appointment participants by urn:uuid do not say their type: look. */
static struct fact_group *appointment_patient(struct fhir_reader *r, const struct json_node *n)
{
	EACH(p, json_get(n, "participant")) {
		bool ambiguous;
		struct fhir_entry *en = fhir_find(r, json_text(p, "actor.reference"), &ambiguous);
		if (en && slice_eq_str(en->type, "Patient"))
			return en->group;
	}
	return NULL;
}

static struct fact_group *group_for(struct fhir_reader *r, const struct json_node *n, struct slice type)
{
	const struct json_node *reference = patient_reference(n, type);
	struct fact_group *g = NULL;
	if (reference)
		g = fhir_patient_group(r, reference);
	else if (slice_eq_str(type, "Appointment"))
		g = appointment_patient(r, n);
	struct slice ref = json_text(reference, "reference");
	bool contained = ref.n && ref.p[0] == '#', withheld = fhir_extension(reference, "data-absent-reason") != NULL; /* masked: whose it is was not to be said */
	if (g || (!contained && (ref.n || json_get(reference, "identifier"))))
		return g ? g : nobody(r); /* about a device, a place, a group of people */
	if (r->only && !contained && !withheld)
		return r->only;
	g = nobody(r);
	if (g) { /* it should have said whose it is */
		g->incomplete = true;
		r->f->problems++;
	}
	return g;
}

/* Those of whoever did not put them himself (an order's are placer and filler): by them a sender asks whether a thing is here, and a person finds it again. */
static void put_identifiers(struct fhir_reader *r, const struct json_node *n)
{
	static const char plain[] = "AllergyIntolerance\0CareTeam\0Condition\0Consent\0Coverage\0Flag\0Immunization\0Procedure\0RelatedPerson\0";
	struct fact *t = r->at->fact;
	if (!t || !fhir_word(plain, r->at->type) || fact_count(t, FF_ID) > 1)
		return;
	EACH(id, json_get(n, "identifier"))
		facts_put(r->f, t, FF_ID, fhir_identifier(r, id));
}

/* A modifierExtension says something that changes what the resource means (R4 2.4.1). Who does not know it may not read the rest as if it were not there; nor may it be lost. */
static void put_qualified(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	EACH(x, json_get(n, "modifierExtension")) {
		struct slice url = fhir_field(r, x, "url");
		if (!url.n)
			continue;
		fhir_put_line(r, r->at->fact, "CAUTION, the sender qualifies this in a way that is not understood here", url);
		r->f->problems++;
		if (g)
			g->incomplete = true;
	}
}

static void read_helper(struct fhir_reader *r, const struct json_node *n, struct slice type)
{
	if (r->patients)
		return;
	if (slice_eq_str(type, "Practitioner") || slice_eq_str(type, "PractitionerRole"))
		fhir_read_staff(r, nobody(r), n);
	else if (slice_eq_str(type, "Location"))
		fhir_read_place(r, nobody(r), n);
	else {
		fhir_read_generic(r, nobody(r), n);
		r->generic++;
		return;
	}
	r->interpreted++;
}

static void read_resource(struct fhir_reader *r, const struct json_node *n)
{
	struct slice type = r->at->type;
	const struct kind *k = kind_of(type);
	if (slice_eq_str(type, "Patient"))
		return;
	if (fhir_word(helpers, type)) {
		read_helper(r, n, type);
		return;
	}
	if (slice_eq_str(type, "OperationOutcome") || slice_eq_str(type, "CapabilityStatement"))
		return; /* what a server says to who asks it (search.mode outcome): nothing of a patient's */
	if (slice_eq_str(type, "Device") && r->patients && !json_get(n, "patient"))
		return; /* the maker of a document, a monitor: not this patient's */
	struct fact_group *g = group_for(r, n, type);
	r->at->owner = g;
	if (k) {
		k->read(r, g, n);
		put_identifiers(r, n);
		put_qualified(r, g, n);
		r->interpreted++;
	} else {
		fhir_read_generic(r, g, n);
		r->generic++;
	}
}

/* The one server that all entries are of: what is deleted without a full URL is deleted there. */
static struct slice common_base(const struct fhir_reader *r)
{
	struct slice base = SLICE_NULL;
	for (uint32_t i = 0; i < r->count; i++) {
		if (r->entries[i].base.n == 0)
			continue;
		if (base.n && !slice_eq(base, r->entries[i].base))
			return SLICE_NULL;
		base = r->entries[i].base;
	}
	return base;
}

/* A deletion names no patient. Whoever knows (our own server, before it writes the deletion down) says so in an extension of the request: {"url": FHIR_WHOSE, "valueReference": {"reference": "Patient/p4711"}} */
static struct fact_group *said_whose(struct fhir_reader *r, const struct fhir_entry *en)
{
	struct json_node *n;
	struct err ignored;
	if (!en->extension.n)
		return NULL;
	arena_reset(r->scratch);
	if (json_tree(en->extension, r->scratch, &n, &ignored) != 0)
		return NULL;
	EACH(x, n)
		if (slice_eq_str(json_text(x, "url"), FHIR_WHOSE))
			return fhir_patient_group(r, json_get(x, "valueReference"));
	return NULL;
}

static void read_delete(struct fhir_reader *r)
{
	struct slice type, id, base;
	if (!fhir_split_ref(r->at->url, &type, &id, &base) || fhir_contains(id, "?")) {
		r->f->problems++; /* a conditional delete says whom only to the server that has the data */
		return;
	}
	if (base.n == 0)
		base = r->at->base.n ? r->at->base : common_base(r);
	/* a copy: the indexes are sorted by what stands in the entries themselves */
	struct fhir_entry gone = *r->at, *at = r->at;
	gone.type = type;
	gone.id = id;
	gone.base = base;
	r->at = &gone;
	if (slice_eq_str(type, "Patient")) {
		struct fact_ident who = {.value = fhir_keep(r, id), .assigner = base.n ? fhir_keep(r, base) : r->feed_assigner};
		facts_put_str(r->f, facts_add(r->f, facts_group(r->f, who), FACT_IDENTITY), FF_ACTION, "delete");
		r->interpreted++;
		r->at = at;
		return;
	}
	const struct kind *k = kind_of(type);
	/* whose it was, an older version in this body may say */
	bool ambiguous;
	const struct fhir_entry *was = fhir_find(r, gone.full_url.n ? gone.full_url : gone.url, &ambiguous);
	struct fact_group *g = was && was->owner ? was->owner : r->only ? r->only : NULL;
	if (!g)
		g = said_whose(r, at);
	if (!g)
		g = nobody(r);
	struct fact *t = fhir_fact(r, g, k ? k->fact : FACT_GENERIC);
	facts_put_str(r->f, t, FF_ACTION, "delete");
	if (t && t->kind == FACT_RESULT)
		facts_put(r->f, t, FF_GROUP, fact_get(t, FF_ID));
	if (!k)
		facts_put_parts(r->f, t, FF_CODE, (const struct slice[]){fhir_keep(r, type)}, 1);
	r->interpreted++;
	r->at = at;
}

static void take(struct fhir_reader *r, struct fhir_entry *en)
{
	r->at = en;
	r->sub = SLICE_NULL;
	r->document = fhir_in_document(r, en);
}

/* A resource whose tree does not fit still shows that it was there. */
static void read_too_large(struct fhir_reader *r)
{
	r->f->problems++;
	struct fact_group *g = r->only ? r->only : nobody(r);
	if (g)
		g->incomplete = true;
	struct fact *t = fhir_fact(r, g, FACT_GENERIC);
	facts_put_parts(r->f, t, FF_CODE, (const struct slice[]){fhir_keep(r, r->at->type)}, 1);
	facts_put(r->f, t, FF_CONTENT_PLACE, fhir_place(r, NULL));
	r->generic++;
}

static void read_entry(struct fhir_reader *r, struct fhir_entry *en)
{
	take(r, en);
	if (en->settled)
		return;
	if (slice_eq_str(en->method, "DELETE")) {
		read_delete(r);
		return;
	}
	if (en->bundle || !en->raw.p)
		return;
	if (en->type.n == 0) {
		r->f->problems++;
		return;
	}
	arena_reset(r->scratch);
	fhir_aside_next(r);
	struct json_node *n;
	struct err ignored;
	if (json_tree(en->raw, r->scratch, &n, &ignored) != 0) {
		read_too_large(r);
		return;
	}
	fhir_modernise(n);
	r->resource = n;
	read_resource(r, n);
}

/* A history bundle has the newest version first (R4 3.1.0.13); facts have the last word last. */
uint32_t fhir_in_order(const struct fhir_reader *r, uint32_t i)
{
	return slice_eq_str(r->entries[0].bundle_type, "history") && r->entries[0].bundle ? r->count - 1 - i : i;
}

/* Binaries last: those that a document refers to have been shown by then. */
static void read_entries(struct fhir_reader *r)
{
	for (int binaries = 0; binaries < 2; binaries++)
		for (uint32_t i = 0; i < r->count && !r->f->failed; i++) {
			struct fhir_entry *en = &r->entries[fhir_in_order(r, i)];
			if (slice_eq_str(en->type, "Binary") == (binaries == 1))
				read_entry(r, en);
		}
}

/* ---- what is said of the body as a whole ---- */

#define SECTIONS_DEEP 4

static void mark_sections(struct fhir_reader *r, const struct json_node *sections, int deep)
{
	EACH(s, sections) {
		EACH(e, json_get(s, "entry")) {
			bool ambiguous;
			struct fhir_entry *en = fhir_find(r, json_text(e, "reference"), &ambiguous);
			if (en)
				en->listed = true;
		}
		if (deep < SECTIONS_DEEP)
			mark_sections(r, json_get(s, "section"), deep + 1);
	}
}

static void read_tables_of_contents(struct fhir_reader *r)
{
	for (uint32_t i = 0; i < r->count; i++) {
		struct fhir_entry *en = &r->entries[i];
		if (!slice_eq_str(en->type, "Composition") || !en->raw.p)
			continue;
		take(r, en);
		arena_reset(r->scratch);
		struct json_node *n;
		struct err ignored;
		if (json_tree(en->raw, r->scratch, &n, &ignored) != 0)
			continue;
		r->resource = n;
		mark_sections(r, json_get(n, "section"), 0);
		if (r->f->event_time.n == 0)
			r->f->event_time = fhir_time(r, json_get(n, "date"));
	}
}

static void read_header(struct fhir_reader *r)
{
	struct facts *f = r->f;
	const struct fhir_entry *top = &r->entries[0];
	struct json_node *n = NULL;
	struct err ignored;
	take(r, &r->entries[0]);
	if (!top->bundle) {
		f->type = fhir_keep(r, top->type);
		f->control_id = fhir_keep(r, top->id);
		if (json_tree(top->raw, r->scratch, &n, &ignored) == 0)
			f->time = fhir_time(r, json_path(n, "meta.lastUpdated"));
		return;
	}
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	buf_str(&b, "Bundle");
	if (top->bundle_type.n) {
		buf_u8(&b, '/');
		buf_add_slice(&b, top->bundle_type);
	}
	f->type = fhir_keep_buf(r, &b);
	if (r->identifier.n && json_tree(r->identifier, r->scratch, &n, &ignored) == 0)
		f->control_id = fhir_field(r, fhir_first(n), "value");
	if (f->control_id.n == 0)
		f->control_id = fhir_keep(r, top->id);
	struct json_node time = {.type = JSON_STR, .value = r->timestamp};
	if (r->timestamp.n)
		f->time = fhir_time(r, &time);
}

/* ---- the whole ---- */

bool fhir_looks_like(struct slice text)
{
	if (slice_starts(text, "\xef\xbb\xbf"))
		text = slice_of(text.p + 3, text.n - 3);
	text = slice_trim(text);
	if (text.n == 0 || text.p[0] != '{')
		return false;
	return fhir_contains(slice_of(text.p, text.n < 65536 ? text.n : 65536), "\"resourceType\"");
}

struct slice fhir_ndjson_next(struct slice *rest)
{
	while (rest->n) {
		struct slice line = slice_trim(slice_cut(*rest, '\n', rest));
		if (slice_starts(line, "\xef\xbb\xbf"))
			line = slice_trim(slice_of(line.p + 3, line.n - 3));
		if (line.n)
			return line;
	}
	return SLICE_NULL;
}

bool fhir_looks_like_ndjson(struct slice text)
{
	struct slice rest = text, first = fhir_ndjson_next(&rest), second = fhir_ndjson_next(&rest);
	/* one resource on one line is a resource; two lines that each open and close an object are NDJSON, which a resource printed over lines never is */
	return first.n && fhir_looks_like(first) && first.p[first.n - 1] == '}' && second.n && second.p[0] == '{' && second.p[second.n - 1] == '}';
}

static int read_body(struct fhir_reader *r, struct err *e)
{
	int code = fhir_index_body(r, e);
	if (code == ERR_LIMIT || code == ERR_MEMORY) {
		r->f->failed = true; /* it is FHIR, but more than there is room for: stored, counted, not read */
		return 0;
	}
	if (code)
		return code;
	r->aside_budget = 16 * r->text.n + (1 << 20);
	read_header(r);
	read_tables_of_contents(r);
	fhir_read_patients(r);
	r->interpreted += r->patients;
	read_entries(r);
	tie_members(r);
	r->f->uninterpreted = r->interpreted == 0 && r->generic > 0;
	return 0;
}

int fhir_facts(struct slice text, const char *feed, struct facts *ret, struct err *e)
{
	AUTO_ARENA struct arena *scratch = arena_new(FHIR_SCRATCH_MAX), *aside = arena_new(FHIR_SCRATCH_MAX);
	if (!scratch || !aside)
		return err_set(e, ERR_MEMORY, NULL, "no memory to read a FHIR resource");
	if (text.n > FHIR_BODY_MAX)
		return err_set(e, ERR_LIMIT, NULL, "this FHIR body is larger than %llu bytes", (unsigned long long)FHIR_BODY_MAX);
	struct fhir_reader r = {.f = ret, .text = text, .scratch = scratch, .aside = aside, .generation = 1};
	ret->feed = fhir_keep(&r, slice_str(feed));
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	buf_str(&b, "urn:fhir:");
	buf_str(&b, feed ? feed : "");
	r.feed_assigner = fhir_keep_buf(&r, &b);
	return read_body(&r, e);
}
