/* Observation, DiagnosticReport -> RESULT, REPORT.
 *
 * FF_COMPONENT of a RESULT, pieces with GS (0x1d) between, empty ones at the end left out:
 *   code (a code composite), value as written, unit (a code composite), value[x] name, value code (a code composite), flag, range, absent reason */
#include "fhir_internal.h"

static const struct fhir_pair result_status[] = {{"registered", "registered"}, {"partial", "preliminary"}, {"preliminary", "preliminary"}, {"final", "final"}, {"amended", "amended"},
	{"corrected", "corrected"}, {"appended", "appended"}, {"cancelled", "cancelled"}, {"entered-in-error", "entered-in-error"}, {"unknown", "unknown"}};

static void put_status(struct fhir_reader *r, struct fact *t, const struct json_node *n)
{
	struct slice status = fhir_field(r, n, "status");
	const char *ours = FHIR_MAP(result_status, status);
	facts_put_str(r->f, t, FF_STATUS, ours ? ours : "unknown");
	facts_put(r->f, t, FF_STATUS_RAW, status);
	r->f->problems += !ours;
}

/* ---- value[x] ---- */

struct value {
	struct slice text, code, unit, comparator;
	const char *type;
};

static struct slice period_text(struct fhir_reader *r, const struct json_node *p)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 256);
	buf_add_slice(&b, fhir_time(r, json_get(p, "start")));
	buf_u8(&b, '/');
	buf_add_slice(&b, fhir_time(r, json_get(p, "end")));
	return fhir_keep_buf(r, &b);
}

static bool quantity_value(struct fhir_reader *r, const struct json_node *n, struct value *v)
{
	const struct json_node *q = json_get(n, "valueQuantity");
	if (!q)
		return false;
	*v = (struct value){.type = "valueQuantity", .text = fhir_field(r, q, "value"), .unit = fhir_unit(r, q), .comparator = fhir_field(r, q, "comparator")};
	return true;
}

static bool coded_value(struct fhir_reader *r, const struct json_node *n, struct value *v)
{
	const struct json_node *c = json_get(n, "valueCodeableConcept");
	if (!c)
		return false;
	*v = (struct value){.type = "valueCodeableConcept", .code = fhir_code(r, fhir_first(c))};
	v->text = fhir_shown(v->code);
	return true;
}

/* The shapes that are text for us. A range, ratio or period is written so that it can be read back. */
static bool text_value(struct fhir_reader *r, const struct json_node *n, struct value *v)
{
	static const char *const plain[] = {"valueString", "valueBoolean", "valueInteger", "valueTime", "valueDateTime", "valueInstant"};
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		if (json_get(n, plain[i])) {
			*v = (struct value){.type = plain[i], .text = fhir_field(r, n, plain[i])};
			return true;
		}
	const struct json_node *x;
	if ((x = json_get(n, "valueRange")))
		*v = (struct value){.type = "valueRange", .text = fhir_range_text(r, x)};
	else if ((x = json_get(n, "valueRatio")))
		*v = (struct value){.type = "valueRatio", .text = fhir_ratio_text(r, x)};
	else if ((x = json_get(n, "valuePeriod")))
		*v = (struct value){.type = "valuePeriod", .text = period_text(r, x)};
	else if ((x = json_get(n, "valueSampledData")))
		*v = (struct value){.type = "valueSampledData", .text = fhir_field(r, x, "data"), .unit = fhir_unit(r, json_get(x, "origin"))};
	return x != NULL;
}

static void value_of(struct fhir_reader *r, const struct json_node *n, struct value *v)
{
	*v = (struct value){0};
	if (!quantity_value(r, n, v) && !coded_value(r, n, v))
		text_value(r, n, v);
}

/* Why there is no value: in the element for it, or in the extension of the same name beside the value or inside of it (masked, error, not-a-number). */
static struct slice absent_reason(struct fhir_reader *r, const struct json_node *n)
{
	if (json_get(n, "dataAbsentReason"))
		return fhir_keep(r, fhir_raw_code(json_get(n, "dataAbsentReason")));
	for (const struct json_node *c = n->child; c; c = c->next) {
		if (!slice_starts(c->key, "value") && !slice_starts(c->key, "_value"))
			continue;
		const struct json_node *x = fhir_extension(c, "data-absent-reason");
		x = x ? x : fhir_extension(json_get(c, "_value"), "data-absent-reason");
		if (x)
			return fhir_field(r, x, "valueCode");
	}
	return SLICE_NULL;
}

/* "3.5 - 5.1 mmol/L; female: 3 - 5" */
static struct slice ranges(struct fhir_reader *r, const struct json_node *list)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	EACH(range, list) {
		struct slice text = fhir_field(r, range, "text"), numbers = fhir_range_text(r, range), kind = fhir_code_text(r, json_get(range, "type"));
		bool usual = kind.n == 0 || slice_eq_str(fhir_raw_code(json_get(range, "type")), "normal");
		struct slice says = text.n ? text : numbers;
		if (says.n == 0)
			continue;
		buf_printf(&b, "%s%.*s%s%.*s", b.n ? "; " : "", usual ? 0 : (int)kind.n, (const char *)kind.p, usual ? "" : ": ", SLICE_FMT(says));
	}
	return fhir_keep_buf(r, &b);
}

/* v3 ObservationInterpretation has OBX-8's letters. */
static void put_flags(struct fhir_reader *r, struct fact *t, const struct json_node *list)
{
	EACH(n, list) {
		struct slice code = fhir_raw_code(n);
		facts_put(r->f, t, FF_FLAG, fhir_keep(r, code));
	}
}

static void put_component(struct fhir_reader *r, struct fact *t, const struct json_node *c)
{
	struct value v;
	value_of(r, c, &v);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 64 * 1024);
	struct slice text = v.text, piece[8];
	if (v.comparator.n) {
		AUTO_BUF struct buf whole = {0};
		buf_init(&whole, 4096);
		buf_add_slice(&whole, v.comparator);
		buf_add_slice(&whole, v.text);
		text = fhir_keep_buf(r, &whole);
	}
	piece[0] = fhir_code(r, fhir_first(json_get(c, "code")));
	piece[1] = text;
	piece[2] = v.unit;
	piece[3] = slice_str(v.type);
	piece[4] = v.code;
	piece[5] = fhir_keep(r, fhir_raw_code(json_get(c, "interpretation")));
	piece[6] = ranges(r, json_get(c, "referenceRange"));
	piece[7] = v.text.n ? SLICE_NULL : absent_reason(r, c);
	unsigned count = 8;
	while (count && piece[count - 1].n == 0)
		count--;
	for (unsigned i = 0; i < count; i++) {
		if (i)
			buf_u8(&b, GS);
		buf_add_slice(&b, piece[i]);
	}
	if (!buf_ok(&b)) {
		r->f->problems++;
		return;
	}
	/* not fhir_keep: the separators are ours */
	struct slice whole = buf_slice(&b).n ? arena_dup(r->f->a, buf_slice(&b)) : SLICE_NULL;
	if (buf_slice(&b).n && !whole.p)
		r->f->failed = true;
	facts_put(r->f, t, FF_COMPONENT, whole);
}

/* ---- Observation ---- */

static struct fact *put_observation(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	struct fact *t = fhir_fact(r, g, FACT_RESULT);
	EACH(id, json_get(n, "identifier"))
		facts_put(r->f, t, FF_ID, fhir_identifier(r, id));
	put_status(r, t, n);
	fhir_put_code(r, t, FF_CODE, json_get(n, "code"));
	fhir_put_code(r, t, FF_CATEGORY, json_get(n, "category"));
	struct value v;
	value_of(r, n, &v);
	facts_put_str(r->f, t, FF_TYPE, v.type ? v.type : "");
	facts_put(r->f, t, FF_VALUE, v.text);
	facts_put(r->f, t, FF_VALUE_CODE, v.code);
	facts_put(r->f, t, FF_UNIT, v.unit);
	facts_put(r->f, t, FF_COMPARATOR, v.comparator);
	facts_put(r->f, t, FF_ABSENT, v.text.n ? SLICE_NULL : absent_reason(r, n));
	facts_put(r->f, t, FF_RANGE, ranges(r, json_get(n, "referenceRange")));
	put_flags(r, t, json_get(n, "interpretation"));
	EACH(c, json_get(n, "component"))
		put_component(r, t, c);
	fhir_put_when(r, t, FF_TIME, FF_END, n, "effective");
	fhir_put_time(r, t, FF_RECORDED, json_get(n, "issued"));
	fhir_put_person(r, t, FF_PERFORMER, json_get(n, "performer"), NULL);
	fhir_put_code(r, t, FF_BODY_SITE, json_get(n, "bodySite"));
	fhir_put_code(r, t, FF_METHOD, json_get(n, "method"));
	facts_put(r->f, t, FF_DEVICE, fhir_reference_text(r, json_get(n, "device")));
	if (json_get(n, "specimen")) {
		struct fhir_target s = fhir_resolve(r, json_get(n, "specimen"));
		facts_put(r->f, t, FF_SPECIMEN, s.node ? fhir_code(r, fhir_first(json_get(s.node, "type"))) : fhir_code(r, json_get(json_get(n, "specimen"), "display")));
	}
	facts_put(r->f, t, FF_VISIT, fhir_visit_ident(r, json_get(n, "encounter")));
	fhir_put_notes(r, t, json_get(n, "note"));
	return t;
}

void fhir_read_observation(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	put_observation(r, g, n);
	struct slice id = fhir_item_ident(r, r->at);
	EACH(m, json_get(n, "hasMember"))
		fhir_link_member(r, m, id, false);
}

/* ---- DiagnosticReport ---- */

static void put_form(struct fhir_reader *r, struct fact_group *g, const struct json_node *report, const struct json_node *form, struct slice id, unsigned number);

static void put_results(struct fhir_reader *r, struct fact_group *g, const struct json_node *n, struct slice id)
{
	EACH(m, json_get(n, "result")) {
		struct slice ref = json_text(m, "reference");
		if (ref.n == 0 || ref.p[0] != '#') {
			fhir_link_member(r, m, id, true);
			continue;
		}
		const struct json_node *c = fhir_contained(r, ref);
		if (!slice_eq_str(json_text(c, "resourceType"), "Observation"))
			continue;
		r->sub = fhir_field(r, c, "id");
		struct fact *t = put_observation(r, g, c);
		facts_put(r->f, t, FF_GROUP, id);
		r->sub = SLICE_NULL;
	}
}

void fhir_read_report(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	struct fact *t = fhir_fact(r, g, FACT_REPORT);
	struct slice id = fhir_item_ident(r, r->at);
	EACH(i, json_get(n, "identifier")) {
		struct slice type = fhir_raw_code(json_get(i, "type"));
		facts_put(r->f, t, slice_eq_str(type, "PLAC") ? FF_PLACER : slice_eq_str(type, "FILL") ? FF_FILLER : FF_ID, fhir_identifier(r, i));
	}
	put_status(r, t, n);
	fhir_put_code(r, t, FF_CODE, json_get(n, "code"));
	fhir_put_code(r, t, FF_CATEGORY, json_get(n, "category"));
	fhir_put_when(r, t, FF_TIME, FF_END, n, "effective");
	fhir_put_time(r, t, FF_RECORDED, json_get(n, "issued"));
	fhir_put_person(r, t, FF_PERFORMER, json_get(n, "performer"), NULL);
	fhir_put_person(r, t, FF_PERFORMER, json_get(n, "resultsInterpreter"), NULL);
	EACH(s, json_get(n, "specimen")) {
		struct fhir_target sp = fhir_resolve(r, s);
		facts_put(r->f, t, FF_SPECIMEN, sp.node ? fhir_code(r, fhir_first(json_get(sp.node, "type"))) : fhir_code(r, json_get(s, "display")));
	}
	facts_put(r->f, t, FF_VISIT, fhir_visit_ident(r, json_get(n, "encounter")));
	fhir_put_line(r, t, NULL, fhir_field(r, n, "conclusion"));
	fhir_put_code(r, t, FF_VALUE_CODE, json_get(n, "conclusionCode"));
	put_results(r, g, n, id);
	unsigned number = 0;
	EACH(form, json_get(n, "presentedForm"))
		put_form(r, g, n, form, id, number++);
}

/* ---- attachments ---- */

static size_t base64_size(struct slice s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] > ' ' && s.p[i] != '=';
	return n / 4 * 3 + (n % 4 ? n % 4 - 1 : 0);
}

static void put_bytes(struct fhir_reader *r, struct fact *t, struct slice content_type, struct slice data, const char *place)
{
	char number[24];
	snprintf(number, sizeof number, "%zu", base64_size(data));
	facts_put(r->f, t, FF_CONTENT_SIZE, fhir_keep(r, slice_str(number)));
	facts_put(r->f, t, FF_CONTENT_PLACE, fhir_place(r, place));
	if (!slice_starts(content_type, "text/plain") || base64_size(data) > FHIR_INLINE_MAX)
		return;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FHIR_INLINE_MAX + 4);
	if (base64_get_loose(&b, data) == 0 && utf8_valid(buf_slice(&b)))
		facts_put(r->f, t, FF_CONTENT, fhir_keep_buf(r, &b));
}

/* The bytes of a document stay in the body; the fact says where. A URL that names a Binary of this body is that Binary's bytes. */
static void put_attachment(struct fhir_reader *r, struct fact *t, const struct json_node *a, const char *place)
{
	struct slice type = fhir_field(r, a, "contentType"), data = json_text(a, "data"), url = fhir_field(r, a, "url");
	bool ambiguous;
	struct fhir_entry *en = url.n ? fhir_find(r, url, &ambiguous) : NULL;
	facts_put(r->f, t, FF_URL, url);
	if (data.n)
		put_bytes(r, t, type, data, place);
	else if (en && slice_eq_str(en->type, "Binary")) {
		struct json_node reference = {.type = JSON_OBJ}, key = {.type = JSON_STR, .key = SLICE("reference"), .value = url};
		reference.child = &key;
		struct fhir_target b = fhir_resolve(r, &reference);
		struct fhir_entry *at = r->at;
		r->at = en;
		if (type.n == 0)
			type = fhir_field(r, b.node, "contentType");
		if (json_text(b.node, "data").n)
			put_bytes(r, t, type, json_text(b.node, "data"), "data");
		r->at = at;
		en->listed = true; /* its own DOCUMENT would show the same bytes again */
	} else
		facts_put(r->f, t, FF_CONTENT_SIZE, fhir_field(r, a, "size"));
	facts_put(r->f, t, FF_CONTENT_TYPE, type);
}

static struct slice numbered_ident(struct fhir_reader *r, struct slice id, const char *what, unsigned number)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	buf_add_slice(&b, fact_part(id, FI_VALUE));
	buf_printf(&b, "#%s.%u", what, number);
	return facts_join(r->f, (const struct slice[]){fhir_keep_buf(r, &b), fact_part(id, FI_ASSIGNER)}, 2);
}

static void put_form(struct fhir_reader *r, struct fact_group *g, const struct json_node *report, const struct json_node *form, struct slice id, unsigned number)
{
	char place[64];
	snprintf(place, sizeof place, "presentedForm.%u.data", number);
	struct fact *t = facts_add(r->f, g, FACT_DOCUMENT);
	facts_put(r->f, t, FF_ID, numbered_ident(r, id, "presentedForm", number));
	facts_put(r->f, t, FF_GROUP, id);
	struct slice title = fhir_field(r, form, "title");
	facts_put(r->f, t, FF_TITLE, title.n ? title : fhir_code_text(r, json_get(report, "code")));
	fhir_put_code(r, t, FF_CODE, json_get(report, "code"));
	fhir_put_code(r, t, FF_CATEGORY, json_get(report, "category"));
	facts_put_str(r->f, t, FF_STATUS, slice_eq_str(json_text(report, "status"), "entered-in-error") ? "entered-in-error" : fhir_word("registered\0partial\0preliminary\0", json_text(report, "status")) ? "preliminary" : "current");
	fhir_put_when(r, t, FF_TIME, 0, report, "effective");
	fhir_put_time(r, t, FF_RECORDED, json_get(form, "creation") ? json_get(form, "creation") : json_get(report, "issued"));
	fhir_put_person(r, t, FF_AUTHOR, fhir_first(json_get(report, "performer")), NULL);
	facts_put(r->f, t, FF_VISIT, fhir_visit_ident(r, json_get(report, "encounter")));
	put_attachment(r, t, form, place);
}

/* ---- DocumentReference, Binary ---- */

static const char *document_status(const struct json_node *n)
{
	struct slice status = json_text(n, "status"), doc = json_text(n, "docStatus");
	if (slice_eq_str(status, "entered-in-error") || slice_eq_str(doc, "entered-in-error"))
		return "entered-in-error";
	if (slice_eq_str(status, "superseded"))
		return "superseded";
	return slice_eq_str(doc, "preliminary") ? "preliminary" : "current";
}

static void put_document_head(struct fhir_reader *r, struct fact *t, const struct json_node *n)
{
	facts_put_str(r->f, t, FF_STATUS, document_status(n));
	facts_put(r->f, t, FF_STATUS_RAW, fhir_field(r, n, json_get(n, "docStatus") ? "docStatus" : "status"));
	fhir_put_code(r, t, FF_CODE, json_get(n, "type"));
	fhir_put_code(r, t, FF_CATEGORY, json_get(n, "category"));
	fhir_put_time(r, t, FF_RECORDED, json_get(n, "date"));
	fhir_put_person(r, t, FF_AUTHOR, json_get(n, "author"), NULL);
	fhir_put_person(r, t, FF_PERFORMER, json_get(n, "authenticator"), NULL);
	fhir_put_time(r, t, FF_TIME, json_path(n, "context.period.start"));
	facts_put(r->f, t, FF_VISIT, fhir_visit_ident(r, fhir_first(json_path(n, "context.encounter"))));
	EACH(to, json_get(n, "relatesTo")) {
		static const struct fhir_pair map[] = {{"replaces", "replaces"}, {"appends", "appends"}, {"transforms", "replaces"}};
		const char *relation = FHIR_MAP(map, json_text(to, "code"));
		if (!relation || fact_count(t, FF_PARENT))
			continue;
		facts_put_str(r->f, t, FF_RELATION, relation);
		facts_put(r->f, t, FF_PARENT, fhir_ref_ident(r, json_get(to, "target")));
	}
	EACH(label, json_get(n, "securityLabel"))
		if (fhir_word("R\0V\0", fhir_raw_code(label)))
			facts_put(r->f, t, FF_PROTECTED, fhir_code_text(r, label));
}

void fhir_read_document(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	struct slice id = fhir_item_ident(r, r->at);
	unsigned number = 0;
	const struct json_node *contents = json_get(n, "content");
	for (const struct json_node *c = fhir_first(contents); c || number == 0; c = c ? fhir_after(contents, c) : NULL, number++) {
		struct fact *t;
		if (number == 0) {
			t = fhir_fact(r, g, FACT_DOCUMENT);
			EACH(i, json_get(n, "identifier"))
				facts_put(r->f, t, FF_ID, fhir_identifier(r, i));
			facts_put(r->f, t, FF_ID, fhir_identifier(r, json_get(n, "masterIdentifier")));
		} else { /* the same document in another form */
			t = facts_add(r->f, g, FACT_DOCUMENT);
			facts_put(r->f, t, FF_ID, numbered_ident(r, id, "content", number));
			facts_put(r->f, t, FF_GROUP, id);
		}
		put_document_head(r, t, n);
		const struct json_node *a = json_get(c, "attachment");
		struct slice title = fhir_field(r, a, "title");
		facts_put(r->f, t, FF_TITLE, title.n ? title : fhir_field(r, n, "description"));
		if (title.n)
			fhir_put_line(r, t, NULL, fhir_field(r, n, "description"));
		char place[64];
		snprintf(place, sizeof place, contents && contents->type == JSON_ARR ? "content.%u.attachment.data" : "content.attachment.data", number);
		put_attachment(r, t, a, place);
		if (!c)
			break;
	}
}

void fhir_read_binary(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	if (r->at->listed)
		return; /* a DocumentReference has shown it */
	struct fact *t = fhir_fact(r, g, FACT_DOCUMENT);
	struct slice type = fhir_field(r, n, "contentType");
	facts_put_str(r->f, t, FF_STATUS, "current");
	facts_put(r->f, t, FF_CONTENT_TYPE, type);
	fhir_put_time(r, t, FF_RECORDED, json_path(n, "meta.lastUpdated"));
	if (json_text(n, "data").n)
		put_bytes(r, t, type, json_text(n, "data"), "data");
}

/* ---- Composition ---- */

#define SECTIONS_DEEP 4

static const struct fhir_pair section_codes[] = {{"48765-2", "allergies"}, {"11450-4", "problems"}, {"10160-0", "medications"}, {"11369-6", "immunizations"}, {"47519-4", "procedures"}, {"30954-2", "results"},
	{"8716-3", "vitals"}, {"46264-8", "devices"}, {"42348-3", "directives"}, {"29762-2", "social-history"}, {"11348-0", "past-illness"}, {"10162-6", "pregnancy"}, {"18776-5", "plan-of-care"},
	{"47420-5", "functional-status"}, {"104605-1", "flags"}, {"46240-8", "encounters"}, {"57852-6", "problems"}, {"29549-3", "medications"}, {"10183-2", "medications"}, {"56445-0", "medications"}};
/* list-empty-reason (R4): only nilknown says that there is none. */
static const struct fhir_pair empty_reasons[] = {{"nilknown", "none"}, {"notasked", "unknown"}, {"unavailable", "unknown"}, {"notstarted", "unknown"}, {"withheld", "withheld"}, {"closed", "unknown"}};

static void put_sections(struct fhir_reader *r, struct fact_group *g, const struct json_node *sections, int deep)
{
	EACH(s, sections) {
		const struct json_node *empty = json_get(s, "emptyReason");
		const char *category = NULL;
		EACH(c, json_path(s, "code.coding"))
			if (!category)
				category = FHIR_MAP(section_codes, json_text(c, "code"));
		const char *says = FHIR_MAP(empty_reasons, fhir_raw_code(empty));
		if (empty && category && fhir_first(json_get(s, "entry")) == NULL)
			fhir_put_section(r, g, category, says ? says : "unknown", fhir_code(r, empty));
		if (deep < SECTIONS_DEEP)
			put_sections(r, g, json_get(s, "section"), deep + 1);
	}
}

static void add_section_text(struct buf *b, const struct json_node *sections, int deep)
{
	EACH(s, sections) {
		struct slice title = json_text(s, "title"), div = json_text(s, "text.div");
		if (title.n)
			buf_printf(b, "%s%.*s\n", b->n ? "\n" : "", SLICE_FMT(title));
		fhir_xhtml_text(b, div);
		buf_u8(b, '\n');
		if (deep < SECTIONS_DEEP)
			add_section_text(b, json_get(s, "section"), deep + 1);
	}
}

/* A document's own words: its narratives are the part that its author signed, and often the only place where a plan or a history stands. */
void fhir_read_composition(struct fhir_reader *r, struct fact_group *g, const struct json_node *n)
{
	put_sections(r, g, json_get(n, "section"), 0);
	struct fact *t = fhir_fact(r, g, FACT_DOCUMENT);
	facts_put(r->f, t, FF_ID, fhir_identifier(r, fhir_first(json_get(n, "identifier"))));
	facts_put(r->f, t, FF_TITLE, fhir_field(r, n, "title"));
	struct slice status = fhir_field(r, n, "status");
	facts_put_str(r->f, t, FF_STATUS, slice_eq_str(status, "entered-in-error") ? "entered-in-error" : slice_eq_str(status, "preliminary") ? "preliminary" : "current");
	facts_put(r->f, t, FF_STATUS_RAW, status);
	fhir_put_code(r, t, FF_CODE, json_get(n, "type"));
	fhir_put_code(r, t, FF_CATEGORY, json_get(n, "category"));
	fhir_put_time(r, t, FF_TIME, json_get(n, "date"));
	fhir_put_person(r, t, FF_AUTHOR, json_get(n, "author"), NULL);
	EACH(a, json_get(n, "attester"))
		facts_put(r->f, t, FF_PERFORMER, fhir_person(r, json_get(a, "party"), fhir_field(r, a, "mode")));
	facts_put(r->f, t, FF_VISIT, fhir_visit_ident(r, json_get(n, "encounter")));
	if (fhir_word("R\0V\0", json_text(n, "confidentiality")))
		facts_put(r->f, t, FF_PROTECTED, fhir_field(r, n, "confidentiality"));
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FHIR_INLINE_MAX);
	fhir_xhtml_text(&b, json_text(n, "text.div"));
	add_section_text(&b, json_get(n, "section"), 0);
	struct slice text = buf_ok(&b) ? fhir_keep_buf(r, &b) : SLICE_NULL;
	if (text.n) {
		facts_put_str(r->f, t, FF_CONTENT_TYPE, "text/plain");
		facts_put(r->f, t, FF_CONTENT, text);
	} else {
		facts_put_str(r->f, t, FF_CONTENT_TYPE, "application/fhir+json");
		facts_put(r->f, t, FF_CONTENT_PLACE, fhir_place(r, NULL));
	}
}
