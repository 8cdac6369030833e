/* The IPS document (hl7.org/fhir/uv/ips: Bundle-uv-ips, Composition-uv-ips).
 *
 * Composition first, then the patient, the organisation and the device that made it, then every resource a section lists. Nothing outside the bundle is
 * referred to by reference; what is not in it is named by identifier. The three required sections are always there. Where a source stated that there is
 * nothing, or nothing was received, they hold one resource with a code of absent-unknown-uv-ips: 1.1.0 wants an entry in them (1..*), 2.0.0 takes either. */
#include "fhir_internal.h"

#define IPS "http://hl7.org/fhir/uv/ips/StructureDefinition/"
#define LINK_MAX 400000

struct section {
	const char *category, *loinc, *display, *title;
	const struct fhir_section *s;
	bool required, absent; /* absent: IPS has a resource that says "none" */
};

/* ---- references inside the document ---- */

struct key {
	struct slice ident;
	const struct fact_item *item;
	uint8_t kind, field;
};
struct index {
	struct key *keys;
	size_t count;
	struct arena *a;
};

static int order(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	int c = slice_cmp(x->ident, y->ident);
	if (c)
		return c;
	return x->field != y->field ? (x->field < y->field ? -1 : 1) : strcmp(x->item->id, y->item->id);
}

static bool shown(const struct fact_item *it)
{
	return it->state == FACT_CURRENT && fhir_type(it) != NULL && it->id[0];
}

static size_t count_keys(const struct section *sections, size_t n)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		for (const struct fact_item *it = sections[i].s->items; it; it = it->next)
			count += it->fact->count;
	return count;
}

static void build_index(struct index *ix, const struct section *sections, size_t n)
{
	size_t max = count_keys(sections, n);
	if (max > LINK_MAX)
		max = LINK_MAX;
	ix->keys = max && ix->a ? arena_array(ix->a, max, sizeof *ix->keys) : NULL;
	if (!ix->keys)
		return;
	for (size_t i = 0; i < n; i++)
		for (const struct fact_item *it = sections[i].s->items; it; it = it->next)
			for (unsigned k = 0; shown(it) && k < it->fact->count; k++) {
				uint8_t field = it->fact->values[k].id;
				bool own = field == FF_ID || field == FF_PLACER || field == FF_FILLER || (field == FF_VISIT && it->fact->kind == FACT_VISIT), member = field == FF_GROUP && it->fact->kind == FACT_RESULT;
				if ((own || member) && ix->count < max)
					ix->keys[ix->count++] = (struct key){it->fact->values[k].v, it, it->fact->kind, member ? FF_GROUP : 0};
			}
	qsort(ix->keys, ix->count, sizeof *ix->keys, order);
}

static size_t lower(const struct index *ix, const struct key *want)
{
	size_t lo = 0, hi = ix->count;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct key *k = &ix->keys[mid];
		int c = k->kind != want->kind ? (k->kind < want->kind ? -1 : 1) : slice_cmp(k->ident, want->ident);
		if (c == 0)
			c = k->field < want->field ? -1 : 0;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool matches(const struct index *ix, size_t at, const struct key *want)
{
	return at < ix->count && ix->keys[at].kind == want->kind && ix->keys[at].field == want->field && slice_eq(ix->keys[at].ident, want->ident);
}

static const char *id_of(void *arg, uint8_t kind, struct slice ident)
{
	const struct index *ix = arg;
	struct key want = {.ident = ident, .kind = kind};
	size_t at = lower(ix, &want);
	if (!matches(ix, at, &want))
		return NULL;
	/* a MedicationStatement is no MedicationRequest: who refers to an order means one */
	if (kind == FACT_MED_ORDER && strcmp(fhir_type(ix->keys[at].item), "MedicationRequest") != 0)
		return NULL;
	return ix->keys[at].item->id;
}

static size_t members(void *arg, const struct fact_item *report, const char **ret, size_t max)
{
	const struct index *ix = arg;
	struct key want = {.ident = fact_get(report->fact, FF_ID), .kind = FACT_RESULT, .field = FF_GROUP};
	size_t n = 0;
	if (want.ident.n)
		for (size_t at = lower(ix, &want); n < max && matches(ix, at, &want); at++)
			ret[n++] = ix->keys[at].item->id;
	return n;
}

/* ---- pieces ---- */

struct doc {
	struct jsonw *w;
	const struct fhir_summary *s;
	struct fhir_options o;
	struct fhir_doc doc;
	const struct section *sections;
	size_t count;
	const struct fact_item **results; /* those shown, by id */
	size_t result_count;
};

/* With a base the references are "Type/id" and resolve against the full URLs (R4 3.1.4.1); without one both are the same urn:uuid (fhir_out_reference). */
static void full_url(struct doc *d, const char *type, const char *id, struct buf *b)
{
	buf_reset(b);
	if (d->o.base)
		buf_printf(b, "%s/%s/%s", d->o.base, type, id);
	else
		fhir_uuid(b, type, slice_str(id), slice_str(d->doc.origin));
}

static void entry_open(struct doc *d, const char *type, const char *id)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	full_url(d, type, id, &b);
	jsonw_obj(d->w);
	jsonw_kslice(d->w, "fullUrl", buf_slice(&b));
	jsonw_key(d->w, "resource");
}

static void reference(struct doc *d, const char *key, const char *type, const char *id)
{
	if (key)
		jsonw_key(d->w, key);
	jsonw_obj(d->w);
	fhir_out_reference(d->w, &d->doc, type, id);
	jsonw_obj_end(d->w);
}

static void profile(struct jsonw *w, const char *name)
{
	char url[160];
	snprintf(url, sizeof url, IPS "%s", name);
	jsonw_key(w, "meta");
	jsonw_obj(w);
	jsonw_key(w, "profile");
	jsonw_arr(w);
	jsonw_str(w, url);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

static const char *site_name(const struct fhir_summary *s)
{
	return s->site_name && *s->site_name ? s->site_name : "Holdfast";
}

static void identifier(struct doc *d, const char *salt)
{
	AUTO_BUF struct buf b = {0}, what = {0};
	buf_init(&b, 4096);
	buf_init(&what, 4096);
	buf_printf(&what, "%s|%llu|%lld", d->s->person.id, (unsigned long long)d->s->entry, (long long)d->s->time);
	fhir_uuid(&b, salt, slice_str(d->s->checkpoint_origin), buf_slice(&what));
	jsonw_key(d->w, "identifier");
	jsonw_obj(d->w);
	jsonw_kstr(d->w, "system", "urn:ietf:rfc:3986");
	jsonw_kslice(d->w, "value", buf_slice(&b));
	jsonw_obj_end(d->w);
}

static bool has_items(const struct fhir_section *s)
{
	for (const struct fact_item *it = s->items; it; it = it->next)
		if (shown(it) && it->fact->kind != FACT_SECTION)
			return true;
	return false;
}

/* A list without a line that can be shown is not known to be empty. */
static enum fhir_section_state state_of(const struct section *sec)
{
	return sec->s->state == FHIR_LIST && !has_items(sec->s) ? FHIR_NOT_RECEIVED : sec->s->state;
}

static bool in_document(const struct section *sec)
{
	return sec->required || state_of(sec) != FHIR_NOT_RECEIVED;
}

static const char *absent_type(const char *category)
{
	static const struct fhir_pair map[] = {{"allergies", "AllergyIntolerance"}, {"problems", "Condition"}, {"medications", "MedicationStatement"}, {"immunizations", "Immunization"}, {"procedures", "Procedure"}};
	return FHIR_MAP(map, slice_str(category));
}

static void absent_id(const struct section *sec, char out[48])
{
	snprintf(out, 48, "%s-%s", state_of(sec) == FHIR_STATED_NONE ? "none-known" : "no-information", sec->category);
}

/* ---- Composition ---- */

static void section_entries(struct doc *d, const struct section *sec)
{
	enum fhir_section_state state = state_of(sec);
	if (state == FHIR_LIST) {
		jsonw_key(d->w, "entry");
		jsonw_arr(d->w);
		for (const struct fact_item *it = sec->s->items; it; it = it->next)
			if (shown(it) && it->fact->kind != FACT_SECTION)
				reference(d, NULL, fhir_type(it), it->id);
		jsonw_arr_end(d->w);
	} else if (sec->absent) {
		char id[48];
		absent_id(sec, id);
		jsonw_key(d->w, "entry");
		jsonw_arr(d->w);
		reference(d, NULL, absent_type(sec->category), id);
		jsonw_arr_end(d->w);
	} else
		fhir_out_fixed(d->w, "emptyReason", "http://terminology.hl7.org/CodeSystem/list-empty-reason", state == FHIR_STATED_NONE ? "nilknown" : "unavailable", state == FHIR_STATED_NONE ? "Nil Known" : "Unavailable");
}

static void section(struct doc *d, const struct section *sec)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)8 << 20);
	struct fhir_section view = *sec->s;
	view.state = state_of(sec);
	fhir_narrative(&b, sec->category, &view);
	jsonw_obj(d->w);
	jsonw_kstr(d->w, "title", sec->title);
	fhir_out_fixed(d->w, "code", "http://loinc.org", sec->loinc, sec->display);
	jsonw_key(d->w, "text");
	jsonw_obj(d->w);
	jsonw_kstr(d->w, "status", "generated");
	if (buf_ok(&b))
		jsonw_kslice(d->w, "div", buf_slice(&b));
	else
		jsonw_kstr(d->w, "div", "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>This section is too long to be told here: see its entries.</p></div>");
	jsonw_obj_end(d->w);
	section_entries(d, sec);
	jsonw_obj_end(d->w);
}

static void composition(struct doc *d)
{
	struct jsonw *w = d->w;
	char time[32];
	entry_open(d, "Composition", "summary");
	jsonw_obj(w);
	jsonw_kstr(w, "resourceType", "Composition");
	jsonw_kstr(w, "id", "summary");
	profile(w, "Composition-uv-ips");
	identifier(d, "composition");
	jsonw_kstr(w, "status", "final");
	fhir_out_fixed(w, "type", "http://loinc.org", "60591-5", "Patient summary Document");
	reference(d, "subject", "Patient", d->s->person.id);
	jsonw_kstr(w, "date", time_rfc3339(d->s->time, 0, time));
	jsonw_key(w, "author");
	jsonw_arr(w);
	reference(d, NULL, "Organization", "site");
	reference(d, NULL, "Device", "holdfast");
	jsonw_arr_end(w);
	jsonw_kstr(w, "title", "International Patient Summary");
	reference(d, "custodian", "Organization", "site");
	jsonw_key(w, "section");
	jsonw_arr(w);
	for (size_t i = 0; i < d->count; i++)
		if (in_document(&d->sections[i]))
			section(d, &d->sections[i]);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
	jsonw_obj_end(w);
}

/* ---- the makers ---- */

static void organization(struct doc *d)
{
	struct jsonw *w = d->w;
	entry_open(d, "Organization", "site");
	jsonw_obj(w);
	jsonw_kstr(w, "resourceType", "Organization");
	jsonw_kstr(w, "id", "site");
	jsonw_kstr(w, "name", site_name(d->s));
	jsonw_obj_end(w);
	jsonw_obj_end(w);
}

static void device(struct doc *d)
{
	struct jsonw *w = d->w;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	entry_open(d, "Device", "holdfast");
	jsonw_obj(w);
	jsonw_kstr(w, "resourceType", "Device");
	jsonw_kstr(w, "id", "holdfast");
	jsonw_key(w, "deviceName");
	jsonw_arr(w);
	jsonw_obj(w);
	jsonw_kstr(w, "name", "Holdfast");
	jsonw_kstr(w, "type", "user-friendly-name");
	jsonw_obj_end(w);
	jsonw_arr_end(w);
	jsonw_key(w, "version");
	jsonw_arr(w);
	jsonw_obj(w);
	jsonw_kstr(w, "value", HOLDFAST_VERSION);
	jsonw_obj_end(w);
	jsonw_arr_end(w);
	/* which state of the ledger this was made from: anyone with the checkpoint can ask for the proof */
	jsonw_key(w, "note");
	jsonw_arr(w);
	jsonw_obj(w);
	buf_printf(&b, "made from the ledger %s as of entry %llu", d->s->checkpoint_origin ? d->s->checkpoint_origin : "(unnamed)", (unsigned long long)d->s->entry);
	jsonw_kslice(w, "text", buf_slice(&b));
	jsonw_obj_end(w);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
	jsonw_obj_end(w);
}

/* ---- resources ---- */

static const struct fact_item *stated(const struct fhir_section *s)
{
	for (const struct fact_item *it = s->items; it; it = it->next)
		if (it->fact->kind == FACT_SECTION && it->state == FACT_CURRENT)
			return it;
	return NULL;
}

static void absent_entry(struct doc *d, const struct section *sec)
{
	const struct fact_item *said = stated(sec->s);
	struct fact_item it = said ? *said : (struct fact_item){0};
	static const struct fact nothing = {.kind = FACT_SECTION};
	char id[48];
	absent_id(sec, id);
	snprintf(it.id, sizeof it.id, "%s", id);
	struct fhir_out x = {.w = d->w, .p = &d->s->person, .it = said ? &it : NULL, .t = said ? said->fact : &nothing, .o = &d->o, .doc = &d->doc};
	entry_open(d, absent_type(sec->category), id);
	jsonw_obj(d->w);
	fhir_out_head(&x, absent_type(sec->category));
	if (!said)
		jsonw_kstr(d->w, "id", id);
	bool none = state_of(sec) == FHIR_STATED_NONE;
	fhir_write_absent_body(&x, sec->category, none, none && said ? fhir_value(said->fact, FF_CODE) : SLICE_NULL);
	jsonw_obj_end(d->w);
	jsonw_obj_end(d->w);
}

/* Sections are disjoint by kind, but for one pair: a vital sign may stand among the results too, and is one entry then. */
static int order_items(const void *a, const void *b)
{
	return strcmp((*(const struct fact_item *const *)a)->id, (*(const struct fact_item *const *)b)->id);
}

static void results_index(struct doc *d, struct arena *a)
{
	size_t n = 0;
	for (const struct fact_item *it = d->s->results.items; it; it = it->next)
		n++;
	d->results = n && a ? arena_array(a, n, sizeof *d->results) : NULL;
	if (!d->results)
		return;
	for (const struct fact_item *it = d->s->results.items; it; it = it->next)
		if (shown(it))
			d->results[d->result_count++] = it;
	qsort(d->results, d->result_count, sizeof *d->results, order_items);
}

static bool among_results(const struct doc *d, const struct section *sec, const struct fact_item *it)
{
	if (sec->s != &d->s->vitals || d->s->results.state != FHIR_LIST || !d->result_count)
		return false;
	return bsearch(&it, d->results, d->result_count, sizeof *d->results, order_items) != NULL;
}

static void resources(struct doc *d)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct section *sec = &d->sections[i];
		if (!in_document(sec))
			continue;
		if (state_of(sec) != FHIR_LIST) {
			if (sec->absent)
				absent_entry(d, sec);
			continue;
		}
		for (const struct fact_item *it = sec->s->items; it; it = it->next) {
			if (!shown(it) || it->fact->kind == FACT_SECTION || among_results(d, sec, it))
				continue;
			entry_open(d, fhir_type(it), it->id);
			fhir_write_item_with(d->w, &d->s->person, it, &d->o, &d->doc);
			jsonw_obj_end(d->w);
		}
	}
}

void fhir_write_ips(struct jsonw *w, const struct fhir_summary *s, const struct fhir_options *o)
{
	const struct section sections[] = {
		{"allergies", "48765-2", "Allergies and adverse reactions Document", "Allergies and Intolerances", &s->allergies, true, true},
		{"problems", "11450-4", "Problem list - Reported", "Problem List", &s->problems, true, true},
		{"medications", "10160-0", "History of Medication use Narrative", "Medication Summary", &s->medications, true, true},
		{"flags", "104605-1", "Alert", "Alerts", &s->flags, false, false},
		{"immunizations", "11369-6", "History of Immunization note", "Immunizations", &s->immunizations, false, true},
		{"procedures", "47519-4", "History of Procedures Document", "History of Procedures", &s->procedures, false, true},
		{"results", "30954-2", "Relevant diagnostic tests/laboratory data note", "Results", &s->results, false, false},
		{"vitals", "8716-3", "Vital signs note", "Vital Signs", &s->vitals, false, false},
		{"encounters", "46240-8", "History of Hospitalizations+Outpatient visits Narrative", "Encounters", &s->encounters, false, false},
		{"care-team", "85847-2", "Patient Care team information", "Care Team", &s->care_team, false, false},
		{"documents", "77599-9", "Additional documentation", "Documents", &s->documents, false, false},
	};
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct index ix = {.a = a};
	build_index(&ix, sections, ARRAY_LEN(sections));
	struct fhir_links links = {.arg = &ix, .id_of = id_of, .members = members};
	struct doc d = {.w = w, .s = s, .o = *o, .doc = {.origin = s->checkpoint_origin ? s->checkpoint_origin : "", .urns = o->base == NULL}, .sections = sections, .count = ARRAY_LEN(sections)};
	d.o.links = &links;
	results_index(&d, a);
	char time[32];
	jsonw_obj(w);
	jsonw_kstr(w, "resourceType", "Bundle");
	profile(w, "Bundle-uv-ips");
	identifier(&d, "bundle");
	jsonw_kstr(w, "type", "document");
	jsonw_kstr(w, "timestamp", time_rfc3339(s->time, 3, time));
	jsonw_key(w, "entry");
	jsonw_arr(w);
	composition(&d);
	entry_open(&d, "Patient", s->person.id);
	fhir_write_patient_with(w, &s->person, &d.o, s->contacts.items, &d.doc);
	jsonw_obj_end(w);
	organization(&d);
	device(&d);
	resources(&d);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}
