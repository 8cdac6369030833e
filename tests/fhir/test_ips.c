/* The IPS document of every corpus patient and of persons of whom next to nothing is known, by the rules that need no validator; capability, outcome, audit. */
#include "fhir_test.h"

struct doc {
	struct buf b;
	struct arena *a;
	struct json_node *n;
};

static void write_doc(struct doc *d, const struct fhir_summary *s, const struct fhir_options *o)
{
	struct jsonw w;
	struct err e;
	d->a = arena_new((size_t)512 << 20);
	buf_init(&d->b, (size_t)128 << 20);
	jsonw_init(&w, &d->b);
	fhir_write_ips(&w, s, o);
	jsonw_done(&w);
	assert_int_equal(json_tree(buf_slice(&d->b), d->a, &d->n, &e), 0);
	assert_null(json_rule_broken(d->n));
}

static void doc_done(struct doc *d)
{
	buf_done(&d->b);
	arena_free(d->a);
}

static const struct json_node *section(const struct doc *d, const char *loinc)
{
	for (const struct json_node *s = json_path(d->n, "entry.0.resource.section.0"); s; s = s->next)
		if (slice_eq_str(json_text(s, "code.coding.0.code"), loinc))
			return s;
	return NULL;
}

static bool in_bundle(const struct doc *d, struct slice ref, bool server)
{
	for (const struct json_node *en = json_path(d->n, "entry.0"); en; en = en->next) {
		char name[200];
		snprintf(name, sizeof name, "%.*s/%.*s", SLICE_FMT(json_text(en, "resource.resourceType")), SLICE_FMT(json_text(en, "resource.id")));
		if (server ? slice_eq_str(ref, name) : slice_eq(ref, json_text(en, "fullUrl")))
			return true;
	}
	return false;
}

static void references(const struct doc *d, const struct json_node *n, bool server, int deep)
{
	assert_true(deep < 64);
	for (const struct json_node *c = n->child; c; c = c->next) {
		if (slice_eq_str(c->key, "reference") && c->type == JSON_STR && !in_bundle(d, c->value, server))
			fail_msg("%.*s leads out of the document", SLICE_FMT(c->value));
		references(d, c, server, deep + 1);
	}
}

static void check_doc(const struct doc *d, bool server)
{
	static const char *const required[] = {"48765-2", "11450-4", "10160-0"};
	assert_json(d->n, "resourceType", "Bundle");
	assert_json(d->n, "type", "document");
	assert_true(json_text(d->n, "identifier.value").n > 0 && json_text(d->n, "timestamp").n > 0);
	assert_json(d->n, "entry.0.resource.resourceType", "Composition");
	assert_json(d->n, "entry.0.resource.type.coding.0.code", "60591-5");
	for (size_t i = 0; i < ARRAY_LEN(required); i++)
		assert_non_null(json_path(section(d, required[i]), "entry.0.reference"));
	for (const struct json_node *s = json_path(d->n, "entry.0.resource.section.0"); s; s = s->next) {
		assert_true((json_get(s, "entry") != NULL) != (json_get(s, "emptyReason") != NULL)); /* cmp-2 */
		struct slice div = json_text(s, "text.div");
		assert_true(slice_starts(div, "<div xmlns=\"http://www.w3.org/1999/xhtml\">") && div.n > 60);
	}
	for (const struct json_node *en = json_path(d->n, "entry.0"); en; en = en->next)
		for (const struct json_node *other = en->next; other; other = other->next)
			assert_false(slice_eq(json_text(en, "fullUrl"), json_text(other, "fullUrl")));
	references(d, d->n, server, 0);
}

static void corpus_doc(const char *path)
{
	struct buf b;
	struct arena *a = arena_new((size_t)512 << 20);
	struct facts f;
	struct naive n;
	load(path, &b);
	read_text(buf_slice(&b), &f, a);
	naive_init(&n, a);
	naive_apply(&n, &f);
	struct fhir_summary s = naive_summary(&n, &n.persons[0]);
	for (int round = 0; round < 2; round++) {
		struct fhir_options o = {.zone_minutes = 60, .base = round ? NULL : "https://holdfast.example/fhir"};
		struct doc d, again;
		write_doc(&d, &s, &o);
		check_doc(&d, round == 0);
		write_doc(&again, &s, &o);
		assert_true(slice_eq(buf_slice(&d.b), buf_slice(&again.b))); /* the same input, the same bytes */
		doc_done(&again);
		/* what we wrote, we read: one person, and no allergy more or less */
		struct facts back;
		read_text(buf_slice(&d.b), &back, a);
		unsigned before = 0, after = 0;
		while (find_fact(&f, FACT_ALLERGY, before))
			before++;
		while (find_fact(&back, FACT_ALLERGY, after))
			after++;
		assert_int_equal(before, after);
		doc_done(&d);
	}
	naive_done(&n);
	buf_done(&b);
	arena_free(a);
}

static void of_the_corpus(void **state)
{
	if (!corpus(corpus_doc))
		skip();
}

static void of_fixtures(void **state)
{
	corpus_doc(DATA "transaction.json");
	corpus_doc(DATA "broken-reference.json");
}

static struct fhir_summary empty_summary(void)
{
	static struct fact_ident id = {.value = {(const uint8_t *)"M<1>", 4}, .assigner = {(const uint8_t *)"A&B", 3}, .type = {(const uint8_t *)"MR", 2}};
	struct fhir_section none = {.state = FHIR_NOT_RECEIVED};
	return (struct fhir_summary){.person = {.id = "p1", .idents = &id, .ident_count = 1}, .allergies = none, .problems = none, .medications = none, .results = none, .vitals = none, .immunizations = none,
		.procedures = none, .documents = none, .care_team = none, .contacts = none, .encounters = none, .flags = none, .entry = 7, .time = INT64_C(1795305723) * TIME_SEC};
}

static void unknown_is_not_none(void **state)
{
	struct fhir_options o = {.zone_minutes = 0};
	struct fhir_summary s = empty_summary();
	s.problems.state = FHIR_STATED_NONE;
	s.problems.as_of = s.time;
	s.results.state = FHIR_STATED_NONE;
	struct doc d;
	write_doc(&d, &s, &o);
	check_doc(&d, false);
	bool allergy = false, problem = false;
	for (const struct json_node *en = json_path(d.n, "entry.0"); en; en = en->next) {
		if (slice_eq_str(json_text(en, "resource.resourceType"), "AllergyIntolerance")) {
			assert_json(en, "resource.code.coding.0.code", "no-allergy-info");
			allergy = true;
		}
		if (slice_eq_str(json_text(en, "resource.resourceType"), "Condition")) {
			assert_json(en, "resource.code.coding.0.code", "no-known-problems");
			problem = true;
		}
		if (slice_eq_str(json_text(en, "resource.resourceType"), "Patient")) {
			assert_json(en, "resource.name.0.text", "(name not received)");
			assert_json(en, "resource._birthDate.extension.0.valueCode", "unknown");
		}
	}
	assert_true(allergy && problem);
	struct slice div = json_text(section(&d, "48765-2"), "text.div");
	assert_non_null(memmem(div.p, div.n, "Nothing has been received", 25));
	div = json_text(section(&d, "11450-4"), "text.div");
	assert_non_null(memmem(div.p, div.n, "Stated by the source", 20));
	assert_null(section(&d, "11369-6")); /* an optional section that nobody spoke of */
	assert_json(section(&d, "30954-2"), "emptyReason.coding.0.code", "nilknown");
	doc_done(&d);
}

/* A list whose lines were all deleted is not known to be empty. */
static void history_is_not_shown(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct facts f;
	facts_init(&f, a);
	struct fact *t = facts_add(&f, facts_group(&f, (struct fact_ident){.value = SLICE("1")}), FACT_ALLERGY);
	facts_put_str(&f, t, FF_CODE, "x\x1f<b>Nuts</b> & \"more\"");
	struct fact_item gone = {.fact = t, .id = "a1", .state = FACT_DELETED}, here = gone;
	struct fhir_summary s = empty_summary();
	struct fhir_options o = {.zone_minutes = 0};
	s.allergies = (struct fhir_section){.state = FHIR_LIST, .items = &gone, .as_of = 1};
	struct doc d;
	write_doc(&d, &s, &o);
	check_doc(&d, false);
	assert_json(d.n, "entry.4.resource.code.coding.0.code", "no-allergy-info");
	doc_done(&d);
	here.state = FACT_CURRENT;
	s.allergies.items = &here;
	write_doc(&d, &s, &o);
	check_doc(&d, false);
	struct slice div = json_text(section(&d, "48765-2"), "text.div");
	assert_non_null(memmem(div.p, div.n, "&lt;b&gt;Nuts&lt;/b&gt; &amp; &quot;more&quot;", 46));
	doc_done(&d);
	arena_free(a);
}

/* A vital sign that stands among the results too is one entry, named by both sections. */
static void vitals_among_results(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct facts f;
	facts_init(&f, a);
	struct fact_group *g = facts_group(&f, (struct fact_ident){.value = SLICE("1")});
	struct fact_item it[3] = {{.id = "r1"}, {.id = "r2"}, {.id = "r2"}};
	for (int i = 0; i < 3; i++) {
		struct fact *t = facts_add(&f, g, FACT_RESULT);
		facts_put_str(&f, t, FF_CODE, "8867-4\x1fHeart rate\x1fLN");
		it[i].fact = t;
	}
	it[0].next = &it[1];
	struct fhir_summary s = empty_summary();
	struct fhir_options o = {.zone_minutes = 0};
	s.results = (struct fhir_section){.state = FHIR_LIST, .items = &it[0], .as_of = 1};
	s.vitals = (struct fhir_section){.state = FHIR_LIST, .items = &it[2], .as_of = 1};
	struct doc d;
	write_doc(&d, &s, &o);
	check_doc(&d, false);
	unsigned observations = 0;
	for (const struct json_node *en = json_path(d.n, "entry.0"); en; en = en->next)
		observations += slice_eq_str(json_text(en, "resource.resourceType"), "Observation");
	assert_int_equal(observations, 2);
	assert_non_null(json_path(section(&d, "8716-3"), "entry.0.reference"));
	doc_done(&d);
	arena_free(a);
}

static void xhtml(void **state)
{
	struct buf b;
	buf_init(&b, 4096);
	fhir_xhtml(&b, SLICE("a<b>&\"c\x01\n"));
	assert_slice(buf_slice(&b), "a&lt;b&gt;&amp;&quot;c\n");
	buf_done(&b);
}

/* ---- the server's own words ---- */

static struct json_node *parse(struct buf *b, struct arena *a)
{
	struct json_node *n;
	struct err e;
	assert_int_equal(json_tree(buf_slice(b), a, &n, &e), 0);
	assert_null(json_rule_broken(n));
	return n;
}

static void server(void **state)
{
	struct buf b;
	struct jsonw w;
	struct arena *a = arena_new(1 << 22);
	buf_init(&b, 1 << 20);
	jsonw_init(&w, &b);
	fhir_write_capability(&w, "https://h/fhir", "St. Elsewhere", "1.2", 0);
	jsonw_done(&w);
	struct json_node *n = parse(&b, a);
	assert_json(n, "fhirVersion", "4.0.1");
	assert_json(n, "instantiates.0", "http://hl7.org/fhir/uv/ips/CapabilityStatement/ips-server");
	unsigned count = 0;
	for (const struct json_node *r = json_path(n, "rest.0.resource.0"); r; r = r->next, count++) {
		assert_slice(json_text(r, "type"), fhir_types[count].type);
		assert_true(count == 0 || strcmp(fhir_types[count - 1].type, fhir_types[count].type) < 0);
		if (slice_eq_str(json_text(r, "type"), "Patient"))
			assert_json(r, "operation.1.name", "summary");
	}
	assert_int_equal(count, fhir_type_count);
	buf_reset(&b);
	jsonw_init(&w, &b);
	fhir_write_outcome(&w, "error", "not-found", "no such patient");
	jsonw_done(&w);
	n = parse(&b, a);
	assert_json(n, "issue.0.code", "not-found");
	buf_reset(&b);
	jsonw_init(&w, &b);
	fhir_write_outcome(&w, "dreadful", "whatever", NULL); /* required value sets */
	jsonw_done(&w);
	n = parse(&b, a);
	assert_json(n, "issue.0.severity", "error");
	assert_json(n, "issue.0.code", "processing");
	buf_done(&b);
	arena_free(a);
}

static void every_type_is_served(void **state)
{
	for (uint8_t kind = 1; kind < FACT_KIND_COUNT; kind++) {
		struct fact t = {.kind = kind};
		struct fact_item it = {.fact = &t};
		const char *type = fhir_type(&it);
		bool known = !type || kind == FACT_STAFF || kind == FACT_LOCATION; /* master data is no patient's: the chart has it for boards and beds alone */
		for (size_t i = 0; i < fhir_type_count; i++)
			known = known || strcmp(type, fhir_types[i].type) == 0;
		if (!known)
			fail_msg("%s is written but not served", type);
	}
}

static void audit(void **state)
{
	static const char *const what[] = {"view", "print", "search", "export", "login", "login-failed", "logout", "break-glass", "raw"};
	for (size_t i = 0; i < ARRAY_LEN(what); i++) {
		struct buf b;
		struct jsonw w;
		struct arena *a = arena_new(1 << 22);
		buf_init(&b, 1 << 20);
		jsonw_init(&w, &b);
		struct fhir_audit au = {.id = "a1", .time = 1, .what = what[i], .user = "nurse", .role = "clinician", .patient_id = "p1", .reason = "transfer", .address = "10.0.0.1", .site = "St. E", .query = "name=doe", .as_of_entry = 12, .ok = i != 5};
		fhir_write_audit(&w, &au);
		jsonw_done(&w);
		struct json_node *n = parse(&b, a);
		assert_json(n, "outcome", i == 5 ? "4" : "0");
		assert_json(n, "agent.0.who.display", "nurse");
		assert_json(n, "entity.0.what.reference", "Patient/p1");
		assert_json(n, "entity.1.detail.1.valueString", "12");
		assert_json(n, "purposeOfEvent.0.text", "transfer");
		if (i == 7)
			assert_json(n, "purposeOfEvent.0.coding.0.code", "BTG");
		buf_done(&b);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_fixtures), cmocka_unit_test(of_the_corpus), cmocka_unit_test(unknown_is_not_none), cmocka_unit_test(history_is_not_shown), cmocka_unit_test(vitals_among_results), cmocka_unit_test(xhtml), cmocka_unit_test(server),
		cmocka_unit_test(every_type_is_served), cmocka_unit_test(audit),
	};
	return finish(cmocka_run_group_tests(tests, NULL, NULL));
}
