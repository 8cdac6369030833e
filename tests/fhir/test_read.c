/* Reading: golden facts of whole bundles, and one test for each rule that a wrong patient, a lost allergy or a made-up value would break. */
#include "fhir_test.h"

static void golden_facts(const char *name)
{
	char path[256], out[256];
	struct buf b, dump;
	struct facts f;
	struct arena *a = arena_new((size_t)64 << 20);
	snprintf(path, sizeof path, DATA "%s", name);
	snprintf(out, sizeof out, "%s.facts", name);
	load(path, &b);
	buf_init(&dump, (size_t)16 << 20);
	read_text(buf_slice(&b), &f, a);
	facts_dump(&f, &dump);
	golden(out, buf_slice(&dump));
	buf_done(&dump);
	buf_done(&b);
	arena_free(a);
}

static void reads_bundles(void **state)
{
	golden_facts("transaction.json");
	golden_facts("documents.json");
	golden_facts("broken-reference.json");
	golden_facts("odd.json");
	golden_facts("master.json");
	golden_facts("said-otherwise.json");
	golden_facts("older.json"); /* DSTU2, STU3, R5: nothing that was not given or not done looks as if it was */
}

static void reads_corpus_file(const char *path)
{
	struct buf b;
	struct facts f;
	struct arena *a = arena_new((size_t)256 << 20);
	load(path, &b);
	read_text(buf_slice(&b), &f, a);
	/* each of them is about exactly one person, whatever its vendor's references look like */
	unsigned people = 0;
	for (const struct fact_group *g = f.first; g; g = g->next)
		people += g->id.value.n > 0;
	if (people != 1)
		fail_msg("%s: %u people", path, people);
	assert_false(f.uninterpreted);
	assert_non_null(find_fact(&f, FACT_PATIENT, 0));
	/* and the same facts again from the same bytes */
	struct buf one, two;
	struct facts again;
	buf_init(&one, (size_t)64 << 20);
	buf_init(&two, (size_t)64 << 20);
	read_text(buf_slice(&b), &again, a);
	facts_encode_group(&f, f.first, &one);
	facts_encode_group(&again, again.first, &two);
	assert_true(slice_eq(buf_slice(&one), buf_slice(&two)));
	/* what a fact says of where its bytes are is so */
	for (const struct fact_group *g = f.first; g; g = g->next)
		for (const struct fact *t = g->first; t; t = t->next) {
			struct slice place = fact_get(t, FF_CONTENT_PLACE);
			struct buf doc;
			struct err e;
			buf_init(&doc, (size_t)64 << 20);
			if (place.n)
				assert_int_equal(fhir_document(buf_slice(&b), place, &doc, &e), 0);
			buf_done(&doc);
		}
	buf_done(&one);
	buf_done(&two);
	buf_done(&b);
	arena_free(a);
}

static void reads_corpus(void **state)
{
	if (!corpus(reads_corpus_file))
		skip();
}

static void refuses_what_is_no_fhir(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "{}", "null", "{\"a\":1}", "{\"resourceType\":7}", "{\"resourceType\":\"Patient\"} x", "\x00", "<Patient/>", "{\"resourceType\":\"Patient\",\"id\":\"\xff\"}"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct arena *a = arena_new(1 << 20);
		struct facts f;
		struct err e = {0};
		facts_init(&f, a);
		assert_int_equal(fhir_facts(slice_str(bad[i]), "x", &f, &e), ERR_INPUT);
		assert_true(e.text[0]);
		arena_free(a);
	}
}

static void full_arena_is_no_failure(void **state)
{
	struct buf b;
	load(DATA "transaction.json", &b);
	for (size_t limit = 1000; limit < 48000; limit += 3777) {
		struct arena *a = arena_new(limit);
		struct facts f;
		struct err e;
		facts_init(&f, a);
		assert_int_equal(fhir_facts(buf_slice(&b), "x", &f, &e), 0); /* it is FHIR: stored, counted, not read */
		assert_true(f.failed);
		arena_free(a);
	}
	buf_done(&b);
}

static void groups_by_record_number(void **state)
{
	struct arena *a = arena_new(1 << 22);
	struct facts f;
	READ(&f, a, "{\"resourceType\":\"Patient\",\"id\":\"7\",\"identifier\":[{\"system\":\"urn:a\",\"value\":\"1\"},{\"type\":{\"coding\":[{\"code\":\"MR\"}]},\"value\":\"2\"},"
				"{\"use\":\"old\",\"type\":{\"coding\":[{\"code\":\"MR\"}]},\"system\":\"urn:b\",\"value\":\"3\"}]}");
	assert_slice(f.first->id.value, "2");
	assert_slice(f.first->id.assigner, "urn:fhir:ward gateway");
	assert_int_equal(f.first->also_count, 3); /* 1, 3, and the logical id */
	assert_slice(f.first->also[2].value, "7");
	READ(&f, a, "{\"resourceType\":\"Patient\",\"id\":\"7\"}");
	assert_slice(f.first->id.value, "7");
	/* no id at all: nobody is made up */
	READ(&f, a, "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"X\"}]}");
	assert_int_equal(f.first->id.value.n, 0);
	assert_true(f.first->incomplete);
	arena_free(a);
}

/* Patient/1 of one document is not Patient/1 of the next, and neither is AllergyIntolerance/1. */
static void labels_of_documents_name_nobody(void **state)
{
	struct arena *a = arena_new(1 << 22);
	struct facts f, g;
#define DOC(n, allergy) "{\"resourceType\":\"Bundle\",\"type\":\"document\",\"identifier\":{\"value\":\"" n "\"},\"entry\":[{\"fullUrl\":\"Patient/1\",\"resource\":{\"resourceType\":\"Patient\",\"id\":\"1\"}}," \
				"{\"fullUrl\":\"AllergyIntolerance/1\",\"resource\":{\"resourceType\":\"AllergyIntolerance\",\"id\":\"1\",\"patient\":{\"reference\":\"Patient/1\"},\"code\":{\"text\":\"" allergy "\"}}}]}"
	READ(&f, a, DOC("A", "penicillin"));
	READ(&g, a, DOC("B", "latex"));
	assert_false(slice_eq(f.first->id.assigner, g.first->id.assigner));
	assert_false(slice_eq(fact_get(find_fact(&f, FACT_ALLERGY, 0), FF_ID), fact_get(find_fact(&g, FACT_ALLERGY, 0), FF_ID)));
	READ(&g, a, DOC("A", "penicillin"));
	assert_true(slice_eq(fact_get(find_fact(&f, FACT_ALLERGY, 0), FF_ID), fact_get(find_fact(&g, FACT_ALLERGY, 0), FF_ID)));
	arena_free(a);
}

static void nobody_guesses_between_two(void **state)
{
	struct arena *a = arena_new(1 << 22);
	struct facts f;
	READ(&f, a, "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":["
				"{\"fullUrl\":\"https://a/Patient/1\",\"resource\":{\"resourceType\":\"Patient\",\"id\":\"1\",\"identifier\":[{\"value\":\"A\"}]}},"
				"{\"fullUrl\":\"https://b/Patient/1\",\"resource\":{\"resourceType\":\"Patient\",\"id\":\"1\",\"identifier\":[{\"value\":\"B\"}]}},"
				"{\"fullUrl\":\"https://b/Flag/1\",\"resource\":{\"resourceType\":\"Flag\",\"id\":\"1\",\"status\":\"active\",\"code\":{\"text\":\"of B\"},\"subject\":{\"reference\":\"Patient/1\"}}},"
				"{\"resource\":{\"resourceType\":\"Flag\",\"id\":\"2\",\"status\":\"active\",\"code\":{\"text\":\"whose\"},\"subject\":{\"reference\":\"Patient/1\"}}}]}");
	const struct fact_group *one = f.first, *two = one->next, *other = two->next;
	assert_slice(one->id.value, "A");
	assert_null(one->first->next);                      /* only the demographics */
	assert_int_equal(two->last->kind, FACT_FLAG);       /* by the server of its own full URL */
	assert_slice(fact_part(fact_get(two->last, FF_CODE), FC_TEXT), "of B");
	assert_int_equal(other->last->kind, FACT_FLAG);     /* a third person, until somebody says who */
	assert_slice(other->id.assigner, "urn:fhir:ward gateway");
	arena_free(a);
}

static void unknown_is_not_none(void **state)
{
	static const struct {
		const char *json, *status;
	} cases[] = {
		{"{\"coding\":[{\"system\":\"http://snomed.info/sct\",\"code\":\"716186003\"}]}", "none"},
		{"{\"coding\":[{\"system\":\"urn:oid:2.16.840.1.113883.6.96\",\"code\":\"409137002\"}]}", "none"},
		{"{\"coding\":[{\"system\":\"http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips\",\"code\":\"no-known-allergies\"}]}", "none"},
		{"{\"coding\":[{\"code\":\"no-allergy-info\"}]}", "unknown"},
		{"{\"coding\":[{\"system\":\"http://snomed.info/sct\",\"code\":\"1631000175102\"}]}", "unknown"},
		{"{\"text\":\"No Known Allergies\"}", "none"},
		{"{\"text\":\"NKDA\"}", "none"},
		{"\"nka\"", NULL},                                                                                      /* not the shape of a concept: a line of its own */
		{"{\"coding\":[{\"system\":\"http://snomed.info/sct\",\"code\":\"1003774007\"}]}", NULL},               /* no known latex allergy: says nothing of penicillin */
		{"{\"coding\":[{\"system\":\"http://example.org\",\"code\":\"716186003\"}]}", NULL},                    /* a number in somebody else's system */
		{"{\"coding\":[{\"system\":\"http://snomed.info/sct\",\"code\":\"91936005\"}],\"text\":\"NKA\"}", NULL}, /* the code says penicillin: the words do not undo it */
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *a = arena_new(1 << 22);
		struct facts f;
		char json[600];
		snprintf(json, sizeof json, "{\"resourceType\":\"AllergyIntolerance\",\"id\":\"1\",\"patient\":{\"reference\":\"Patient/1\"},\"code\":%s}", cases[i].json);
		read_text(slice_str(json), &f, a);
		const struct fact *section = find_fact(&f, FACT_SECTION, 0), *allergy = find_fact(&f, FACT_ALLERGY, 0);
		if (cases[i].status) {
			assert_non_null(section);
			assert_null(allergy);
			assert_slice(fact_get(section, FF_STATUS), cases[i].status);
			assert_slice(fact_get(section, FF_CATEGORY), "allergies");
		} else {
			assert_null(section);
			assert_non_null(allergy);
		}
		arena_free(a);
	}
}

/* The decimals, whichever way they are written. */
static void values_stay_as_written(void **state)
{
	static const char *const numbers[] = {"1.50", "0.0", "-3", "1e3", "100", "6.10"};
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct arena *a = arena_new(1 << 22);
		struct facts f;
		char json[300];
		snprintf(json, sizeof json, "\xef\xbb\xbf {\"resourceType\":\"Observation\",\"id\":\"1\",\"status\":\"final\",\"subject\":{\"reference\":\"Patient/1\"},\"valueQuantity\":{\"value\":%s}}", numbers[i]);
		read_text(slice_str(json), &f, a);
		assert_slice(fact_get(find_fact(&f, FACT_RESULT, 0), FF_VALUE), numbers[i]);
		arena_free(a);
	}
}

/* The preferred one of several is the first, wherever it stands. */
static void the_preferred_language_first(void **state)
{
	struct arena *a = arena_new(1 << 22);
	struct facts f;
	read_text(SLICE("{\"resourceType\":\"Patient\",\"id\":\"1\",\"identifier\":[{\"system\":\"urn:oid:1.2\",\"value\":\"7\"}],\"name\":[{\"family\":\"Roth\"}],\"communication\":[{\"language\":{\"coding\":[{\"code\":\"en\"}]}},{\"language\":{\"coding\":[{\"code\":\"vi\"}]},\"preferred\":true}]}"), &f, a);
	const struct fact *p = find_fact(&f, FACT_PATIENT, 0);
	assert_int_equal(fact_count(p, FF_LANGUAGE), 2);
	assert_slice(fact_part(fact_nth(p, FF_LANGUAGE, 0), FC_CODE), "vi");
	assert_slice(fact_part(fact_nth(p, FF_LANGUAGE, 1), FC_CODE), "en");
	arena_free(a);
	(void)state;
}

static void control_characters_forge_nothing(void **state)
{
	struct arena *a = arena_new(1 << 22);
	struct facts f;
	READ(&f, a, "{\"resourceType\":\"Observation\",\"id\":\"1\",\"status\":\"final\",\"subject\":{\"reference\":\"Patient/1\"},\"code\":{\"text\":\"a\\u001fb\\u0018\"},\"component\":[{\"code\":{\"text\":\"x\\u001d9\"},\"valueString\":\"\\u0018\"}]}");
	const struct fact *t = find_fact(&f, FACT_RESULT, 0);
	assert_slice(fact_part(fact_get(t, FF_CODE), FC_TEXT), "ab");
	assert_slice(fact_get(t, FF_COMPONENT), "\x1f\x1f\x1f\x1f\x1f\x1fx9\x1d\x1d\x1dvalueString");
	arena_free(a);
}

static void lines_are_resources(void **state)
{
	struct buf b;
	load(DATA "lines.ndjson", &b);
	struct slice rest = buf_slice(&b), one;
	assert_true(fhir_looks_like_ndjson(rest));
	struct arena *a = arena_new(1 << 22);
	struct facts f, g;
	one = fhir_ndjson_next(&rest);
	read_text(one, &f, a);
	one = fhir_ndjson_next(&rest);
	read_text(one, &g, a);
	assert_null(fhir_ndjson_next(&rest).p);
	/* the second line knows the patient by the id that the first one gave */
	assert_slice(g.first->id.value, "n1");
	assert_true(slice_eq(g.first->id.value, f.first->also[0].value) && slice_eq(g.first->id.assigner, f.first->also[0].assigner));
	buf_done(&b);
	load(DATA "transaction.json", &b);
	assert_false(fhir_looks_like_ndjson(buf_slice(&b)));
	assert_true(fhir_looks_like(buf_slice(&b)));
	assert_false(fhir_looks_like(SLICE("{\"a\":1}")));
	assert_false(fhir_looks_like(SLICE("MSH|^~\\&|")));
	buf_done(&b);
	arena_free(a);
}

static void documents_are_found(void **state)
{
	struct buf b, out;
	struct err e;
	load(DATA "transaction.json", &b);
	buf_init(&out, 1 << 20);
	assert_int_equal(fhir_document(buf_slice(&b), SLICE("entry.18.resource.presentedForm.0.data"), &out, &e), 0);
	assert_slice(buf_slice(&out), "Blood culture: growing \xc3\xa4\n");
	assert_int_equal(fhir_document(buf_slice(&b), SLICE("entry.999.resource"), &out, &e), ERR_NOT_FOUND);
	assert_int_equal(fhir_document(buf_slice(&b), SLICE("entry.x"), &out, &e), ERR_NOT_FOUND);
	assert_int_equal(fhir_document(buf_slice(&b), SLICE("timestamp"), &out, &e), ERR_INPUT);
	assert_int_equal(fhir_document(buf_slice(&b), SLICE("entry"), &out, &e), ERR_INPUT);
	buf_reset(&out);
	assert_int_equal(fhir_document(SLICE("{\"resourceType\":\"Goal\", \"x\":[]}"), SLICE("resource"), &out, &e), 0);
	assert_slice(buf_slice(&out), "{\"resourceType\":\"Goal\", \"x\":[]}");
	struct buf small;
	buf_init(&small, 4);
	assert_int_equal(fhir_document(buf_slice(&b), SLICE("entry.18.resource.presentedForm.0.data"), &small, &e), ERR_LIMIT);
	buf_done(&small);
	buf_done(&out);
	buf_done(&b);
}

static void training_data_is_marked(void **state)
{
	struct arena *a = arena_new(1 << 22);
	struct facts f;
	READ(&f, a, "{\"resourceType\":\"Patient\",\"id\":\"1\",\"meta\":{\"security\":[{\"code\":\"HTEST\"}]}}");
	assert_true(f.test);
	READ(&f, a, "{\"resourceType\":\"StructureDefinition\",\"id\":\"1\"}");
	assert_true(f.uninterpreted);
	READ(&f, a, "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"total\":0}");
	assert_false(f.uninterpreted);
	arena_free(a);
}

/* The newest version comes first in a history, and has the last word. A Binary in front of its document is still that document. */
static void order_in_a_body(void **state)
{
	struct arena *a = arena_new(1 << 22);
	struct facts f;
	READ(&f, a, "{\"resourceType\":\"Bundle\",\"type\":\"history\",\"entry\":["
				"{\"fullUrl\":\"https://a/Flag/1\",\"request\":{\"method\":\"DELETE\",\"url\":\"Flag/1\"}},"
				"{\"fullUrl\":\"https://a/Flag/1\",\"resource\":{\"resourceType\":\"Flag\",\"id\":\"1\",\"status\":\"active\",\"code\":{\"text\":\"new\"},\"subject\":{\"reference\":\"Patient/1\"}}},"
				"{\"fullUrl\":\"https://a/Flag/1\",\"resource\":{\"resourceType\":\"Flag\",\"id\":\"1\",\"status\":\"active\",\"code\":{\"text\":\"old\"},\"subject\":{\"reference\":\"Patient/1\"}}}]}");
	assert_slice(fact_part(fact_get(find_fact(&f, FACT_FLAG, 0), FF_CODE), FC_TEXT), "old");
	assert_slice(fact_part(fact_get(find_fact(&f, FACT_FLAG, 1), FF_CODE), FC_TEXT), "new");
	assert_slice(fact_get(find_fact(&f, FACT_FLAG, 2), FF_ACTION), "delete");
	assert_true(slice_eq(fact_get(find_fact(&f, FACT_FLAG, 0), FF_ID), fact_get(find_fact(&f, FACT_FLAG, 2), FF_ID)));
	assert_null(f.first->next); /* and is about the same patient */
	READ(&f, a, "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":{\"resourceType\":\"Binary\",\"id\":\"b\",\"contentType\":\"text/plain\",\"data\":\"aGk=\"}},"
				"{\"resource\":{\"resourceType\":\"DocumentReference\",\"id\":\"d\",\"status\":\"current\",\"subject\":{\"reference\":\"Patient/1\"},\"content\":[{\"attachment\":{\"url\":\"Binary/b\"}}]}}]}");
	assert_slice(fact_get(find_fact(&f, FACT_DOCUMENT, 0), FF_CONTENT), "hi");
	assert_slice(fact_get(find_fact(&f, FACT_DOCUMENT, 0), FF_CONTENT_PLACE), "entry.0.resource.data");
	assert_null(find_fact(&f, FACT_DOCUMENT, 1));
	/* keys that come twice: the first counts, for everybody */
	READ(&f, a, "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":{\"resourceType\":\"Goal\",\"id\":\"g\",\"id\":\"h\",\"title\":\"one\"},\"resource\":{\"resourceType\":\"Goal\",\"id\":\"i\"}}],"
				"\"entry\":[{\"resource\":{\"resourceType\":\"Goal\",\"id\":\"k\"}}]}");
	assert_slice(fact_get(find_fact(&f, FACT_GENERIC, 0), FF_RESOURCE), "Goal/g");
	assert_slice(fact_get(find_fact(&f, FACT_GENERIC, 0), FF_TITLE), "one");
	assert_null(find_fact(&f, FACT_GENERIC, 1));
	READ(&f, a, "{\"resourceType\":\"Parameters\",\"id\":\"x\"}");
	assert_true(f.uninterpreted);
	arena_free(a);
}

/* A body of references to each other costs a multiple of its size, not its square. */
static void references_are_bounded(void **state)
{
	struct buf b;
	buf_init(&b, (size_t)32 << 20);
	buf_str(&b, "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"p\"}}");
	for (unsigned i = 0; i < 1500; i++) {
		buf_printf(&b, ",{\"resource\":{\"resourceType\":\"Organization\",\"id\":\"o%u\",\"name\":\"n\",\"alias\":[\"%0*d\"]}}", i, 2000, 0);
		buf_printf(&b, ",{\"resource\":{\"resourceType\":\"Coverage\",\"id\":\"c%u\",\"status\":\"active\",\"beneficiary\":{\"reference\":\"Patient/p\"},\"payor\":[", i);
		for (unsigned k = 0; k < 200; k++)
			buf_printf(&b, "%s{\"reference\":\"Organization/o%u\"}", k ? "," : "", (i * 7 + k * 13) % 1500);
		buf_str(&b, "]}}");
	}
	buf_str(&b, "]}");
	struct arena *a = arena_new((size_t)512 << 20);
	struct facts f;
	int64_t start = time_monotonic();
	read_text(buf_slice(&b), &f, a);
	assert_true(time_monotonic() - start < 60 * TIME_SEC);
	assert_int_equal(f.groups, 1);
	buf_done(&b);
	arena_free(a);
}

/* What guards a record is a flag of the person; an ordinary label lifts it, no label says nothing. */
static void labels_protect_a_record(void **state)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 24);
	struct facts f;
	READ(&f, a, "{\"resourceType\":\"Patient\",\"identifier\":[{\"value\":\"1\"}],\"meta\":{\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-Confidentiality\",\"code\":\"V\",\"display\":\"very restricted\"}]}}");
	const struct fact *t = find_fact(&f, FACT_FLAG, 0);
	assert_non_null(t);
	assert_true(slice_eq_str(fact_get(t, FF_PROTECTED), "very restricted"));
	assert_true(slice_eq_str(fact_get(t, FF_ACTION), "add"));
	READ(&f, a, "{\"resourceType\":\"Patient\",\"identifier\":[{\"value\":\"1\"}],\"meta\":{\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-Confidentiality\",\"code\":\"N\"}]}}");
	t = find_fact(&f, FACT_FLAG, 0);
	assert_non_null(t);
	assert_true(slice_eq_str(fact_get(t, FF_ACTION), "delete"));
	READ(&f, a, "{\"resourceType\":\"Patient\",\"identifier\":[{\"value\":\"1\"}],\"meta\":{\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActReason\",\"code\":\"HTEST\"}]}}");
	assert_null(find_fact(&f, FACT_FLAG, 0));
}

/* A conditional reference is a search by identifier, however it is written; an id may stand in the full URL alone. */
static void references_as_people_write_them(void **state)
{
	static const char *const same[] = {"Patient?identifier=urn:t|T1", "Patient?identifier=urn:t%7CT1", "https://x.example/fhir/Patient?active=true&identifier=urn%3At%7CT1", "Patient?identifier=urn:other|S9"};
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		AUTO_ARENA struct arena *a = arena_new((size_t)1 << 24);
		struct facts f;
		char text[1024];
		snprintf(text, sizeof text, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:t\",\"value\":\"T1\"},{\"system\":\"urn:other\",\"value\":\"S9\"}]}},"
			"{\"resource\":{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"c\"},\"subject\":{\"reference\":\"%s\"}}}]}", same[i]);
		read_text(slice_str(text), &f, a);
		if (f.groups != 1 || !find_fact(&f, FACT_RESULT, 0))
			fail_msg("%s: %u groups", same[i], f.groups);
	}
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 24);
	struct facts f;
	READ(&f, a, "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"c\"},\"subject\":{\"reference\":\"Patient?identifier=http://x.example/MRN/a|T1\"}}");
	assert_true(slice_eq_str(f.first->id.value, "T1"));
	assert_true(slice_eq_str(f.first->id.assigner, "http://x.example/MRN/a"));
	READ(&f, a, "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"c\"},\"subject\":{\"reference\":\"Patient?name=Smith\"}}");
	assert_int_equal(f.first->id.value.n, 0); /* nobody, and no new person called by a search */
	READ(&f, a, "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"fullUrl\":\"https://x.example/fhir/Observation/1\",\"resource\":{\"resourceType\":\"Observation\",\"code\":{\"text\":\"c\"}}},"
		"{\"fullUrl\":\"https://x.example/fhir/Observation/2\",\"resource\":{\"resourceType\":\"Observation\",\"code\":{\"text\":\"c\"}}}]}");
	assert_false(slice_eq(fact_get(find_fact(&f, FACT_RESULT, 0), FF_ID), fact_get(find_fact(&f, FACT_RESULT, 1), FF_ID)));
}

/* What our server looked up stands at the end of the body that it was sent: entries that say what became of others. */
static void entries_instead_of_others(void **state)
{
	static const char body[] = "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":["
		"{\"fullUrl\":\"urn:uuid:3f2504e0-4f89-11d3-9a0c-0305e82c3301\",\"resource\":{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Not read\"}]},\"request\":{\"method\":\"POST\",\"url\":\"Patient\",\"ifNoneExist\":\"identifier=x|1\"}},"
		"{\"resource\":{\"resourceType\":\"Condition\",\"subject\":{\"reference\":\"urn:uuid:3f2504e0-4f89-11d3-9a0c-0305e82c3301\"},\"code\":{\"text\":\"Updated\"}},\"request\":{\"method\":\"PUT\",\"url\":\"Condition?identifier=x|2\"}},"
		"{\"resource\":{\"resourceType\":\"Condition\",\"id\":\"refused\",\"subject\":{\"reference\":\"urn:uuid:3f2504e0-4f89-11d3-9a0c-0305e82c3301\"},\"code\":{\"text\":\"Refused\"}},\"request\":{\"method\":\"PUT\",\"url\":\"Condition/refused\"}},"
		"{\"request\":{\"method\":\"DELETE\",\"url\":\"Condition?identifier=x|3\"}},"
		"{\"extension\":[{\"url\":\"urn:holdfast:fhir:instead-of\",\"valueUnsignedInt\":0}],\"request\":{\"method\":\"GET\",\"url\":\"Patient/p7\"}},"
		"{\"extension\":[{\"url\":\"urn:holdfast:fhir:instead-of\",\"valueUnsignedInt\":1}],\"request\":{\"method\":\"PUT\",\"url\":\"Condition/e8-0\"}},"
		"{\"extension\":[{\"url\":\"urn:holdfast:fhir:instead-of\",\"valueUnsignedInt\":2}]},"
		"{\"extension\":[{\"url\":\"urn:holdfast:fhir:instead-of\",\"valueUnsignedInt\":3}],\"request\":{\"extension\":[{\"url\":\"urn:holdfast:fhir:whose\",\"valueReference\":{\"reference\":\"Patient/p7\"}}],\"method\":\"DELETE\",\"url\":\"Condition/e9-0\"}},"
		"{\"extension\":[{\"url\":\"urn:holdfast:fhir:instead-of\",\"valueUnsignedInt\":99}]}]}";
	struct facts f;
	struct arena *a = arena_new((size_t)16 << 20);
	read_text(SLICE(body), &f, a);
	assert_int_equal(f.groups, 1);
	assert_int_equal(f.problems, 0);
	assert_true(slice_eq_str(f.first->id.value, "p7"));
	assert_true(slice_eq_str(f.first->id.assigner, "urn:fhir:ward gateway"));
	assert_null(find_fact(&f, FACT_PATIENT, 0));
	const struct fact *updated = find_fact(&f, FACT_PROBLEM, 0), *gone = find_fact(&f, FACT_PROBLEM, 1);
	assert_non_null(updated);
	assert_non_null(gone);
	assert_null(find_fact(&f, FACT_PROBLEM, 2));
	assert_true(slice_eq_str(fact_get(updated, FF_RESOURCE), "Condition/e8-0"));
	assert_true(slice_eq_str(fact_get(gone, FF_RESOURCE), "Condition/e9-0"));
	assert_true(slice_eq_str(fact_get(gone, FF_ACTION), "delete"));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_instead_of_others), cmocka_unit_test(labels_protect_a_record), cmocka_unit_test(references_as_people_write_them), cmocka_unit_test(reads_bundles), cmocka_unit_test(reads_corpus), cmocka_unit_test(refuses_what_is_no_fhir), cmocka_unit_test(full_arena_is_no_failure), cmocka_unit_test(groups_by_record_number),
		cmocka_unit_test(labels_of_documents_name_nobody), cmocka_unit_test(nobody_guesses_between_two), cmocka_unit_test(unknown_is_not_none), cmocka_unit_test(values_stay_as_written),
		cmocka_unit_test(the_preferred_language_first), cmocka_unit_test(control_characters_forge_nothing), cmocka_unit_test(lines_are_resources), cmocka_unit_test(documents_are_found), cmocka_unit_test(training_data_is_marked),
		cmocka_unit_test(order_in_a_body), cmocka_unit_test(references_are_bounded),
	};
	return finish(cmocka_run_group_tests(tests, NULL, NULL));
}
