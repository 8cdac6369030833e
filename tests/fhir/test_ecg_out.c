/* A recording that was read, as a transaction for another server: conditional by our number, of a patient by identifier, nothing where nothing was measured; read back by our own reader. */
#include "fhir_test.h"

struct made {
	struct arena *a;
	struct facts f;
	struct fact *ecg, *result;
	struct fhir_ecg g;
	struct buf b;
	struct json_node *n;
};

static const uint8_t uuid[16] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01};

static void setup(struct made *m)
{
	*m = (struct made){.a = arena_new(1 << 22)};
	buf_init(&m->b, 1 << 20);
	facts_init(&m->f, m->a);
	struct fact_group *g = facts_group(&m->f, (struct fact_ident){SLICE("10|01"), SLICE("HOSP"), SLICE("MR")});
	m->ecg = facts_add(&m->f, g, FACT_ECG);
	facts_put_str(&m->f, m->ecg, FF_TIME, "2026-11-01T10:00:05+01:00");
	facts_put_parts(&m->f, m->ecg, FF_STATEMENT, (const struct slice[]){SLICE("rhythm-sr"), SLICE("sinus \"rhythm\"")}, 2);
	facts_put_str(&m->f, m->ecg, FF_TEXT, "as before");
	m->result = facts_add(&m->f, g, FACT_RESULT);
	facts_put_str(&m->f, m->result, FF_COMPONENT, "8634-8\x1fQ-T interval\x1fLN\x1d" "402\x1dms");
	m->g = (struct fhir_ecg){.origin = "holdfast.example/s", .number = 17, .control_id = SLICE("E1-1"), .uuid = uuid, .time = INT64_C(1795317125) * TIME_SEC, .signed_at = INT64_C(1795317125) * TIME_SEC, .patient = {SLICE("10|01"), SLICE("HOSP"), SLICE("MR")},
		.status = "final", .ecg = m->ecg, .result = m->result, .signer = SLICE("ada")};
}

static const char *written(struct made *m)
{
	struct err e = {0};
	const struct fhir_options o = {.zone_minutes = 0};
	buf_reset(&m->b);
	if (fhir_ecg_bundle(&m->g, &o, &m->b, &e) < 0)
		fail_msg("not written: %s", e.text);
	assert_int_equal(json_tree(buf_slice(&m->b), m->a, &m->n, &e), 0);
	return buf_cstr(&m->b);
}

static void clear(struct made *m)
{
	buf_done(&m->b);
	arena_free(m->a);
}

static void a_transaction_that_changes_nothing_twice(void **state)
{
	struct made m;
	setup(&m);
	(void)written(&m);
	assert_slice(json_text(m.n, "type"), "transaction");
	assert_slice(json_text(m.n, "identifier.value"), "E1-1");
	assert_slice(json_text(m.n, "entry.0.request.method"), "PUT");
	assert_slice(json_text(m.n, "entry.0.request.url"), "Observation?identifier=urn:holdfast:ecg:holdfast.example%252Fs%7C17");
	assert_slice(json_text(m.n, "entry.1.request.method"), "PUT");
	assert_slice(json_text(m.n, "entry.1.resource.resourceType"), "DiagnosticReport");
	assert_slice(json_text(m.n, "entry.1.resource.identifier.0.system"), "urn:holdfast:ecg:holdfast.example%2Fs");
	assert_slice(json_text(m.n, "entry.1.resource.identifier.0.value"), "17");
	assert_slice(json_text(m.n, "entry.1.resource.status"), "final");
	assert_slice(json_text(m.n, "entry.1.resource.conclusion"), "sinus \"rhythm\"\nas before");
	assert_slice(json_text(m.n, "entry.1.resource.subject.reference"), "Patient?identifier=urn:holdfast:assigner:HOSP%7C10%5C%7C01");
	assert_true(slice_eq(json_text(m.n, "entry.1.resource.result.0.reference"), json_text(m.n, "entry.0.fullUrl")));
	assert_slice(json_text(m.n, "entry.0.fullUrl"), "urn:uuid:11223344-5566-8788-99aa-bbccddeeff01");
	assert_slice(json_text(m.n, "entry.1.fullUrl"), "urn:uuid:11223344-5566-8788-99aa-bbccddeeff00");
	assert_slice(json_text(m.n, "entry.0.resource.effectiveDateTime"), "2026-11-01T10:00:05+01:00");
	assert_slice(json_text(m.n, "entry.0.resource.component.0.valueQuantity.value"), "402");
	assert_slice(json_text(m.n, "entry.0.resource.component.0.code.coding.0.code"), "8634-8");
	AUTO_BUF struct buf first = {0};
	buf_init(&first, 1 << 20);
	buf_add_slice(&first, buf_slice(&m.b));
	(void)written(&m);
	assert_true(slice_eq(buf_slice(&first), buf_slice(&m.b))); /* the same input, the same bytes */
	clear(&m);
}

static void what_was_not_measured_is_not_there(void **state)
{
	struct made m;
	setup(&m);
	facts_put_str(&m.f, m.result, FF_COMPONENT, "8625-6\x1fP-R Interval\x1fLN\x1d\x1dms");
	assert_null(strstr(written(&m), "8625-6"));
	m.g.result = NULL;
	assert_null(strstr(written(&m), "component"));
	clear(&m);
}

static void withdrawn_says_nothing_of_what_was_wrong(void **state)
{
	struct made m;
	setup(&m);
	m.g.status = "entered-in-error";
	m.g.pdf = SLICE("%PDF");
	const char *t = written(&m);
	assert_null(strstr(t, "402"));
	assert_null(strstr(t, "sinus"));
	assert_null(strstr(t, "presentedForm"));
	assert_slice(json_text(m.n, "entry.0.resource.status"), "entered-in-error");
	assert_slice(json_text(m.n, "entry.1.resource.status"), "entered-in-error");
	clear(&m);
}

static void whose_it_is(void **state)
{
	struct made m;
	struct err e;
	const struct fhir_options o = {.zone_minutes = 0};
	setup(&m);
	m.g.patient_system = SLICE("http://hosp.example/mrn?x=1&y");
	(void)written(&m);
	assert_slice(json_text(m.n, "entry.0.resource.subject.reference"), "Patient?identifier=http://hosp.example/mrn%3Fx%3D1%26y%7C10%5C%7C01");
	m.g.patient_system = SLICE_NULL;
	m.g.patient.assigner = SLICE_NULL;
	m.g.patient.type = SLICE_NULL;
	assert_int_equal(fhir_ecg_bundle(&m.g, &o, &m.b, &e), ERR_INPUT); /* a bare number names nobody elsewhere */
	clear(&m);
}

static void read_back(void **state)
{
	struct made m;
	struct facts f;
	setup(&m);
	m.g.patient.value = SLICE("1001");
	m.g.patient_system = SLICE("http://hosp.example/mrn");
	m.g.pdf = SLICE("%PDF-1.4");
	(void)written(&m);
	read_text(buf_slice(&m.b), &f, m.a);
	assert_slice(f.first->id.value, "1001");
	const struct fact *report = find_fact(&f, FACT_REPORT, 0), *result = find_fact(&f, FACT_RESULT, 0);
	assert_non_null(report);
	assert_non_null(result);
	assert_slice(fact_get(report, FF_STATUS), "final");
	assert_true(fact_count(result, FF_COMPONENT) == 1);
	assert_slice(json_text(m.n, "entry.1.resource.presentedForm.0.data"), "JVBERi0xLjQ=");
	clear(&m);
}

/* Another Holdfast that knows the patient under the same assigner finds that very one: what was written as a search, with both escapes, means the name and the number that they were. */
static void the_same_person_at_another_house(void **state)
{
	static const char *const assigners[] = {"HOSP", ("KIS S\xc3\xbc" "d/1"), "A,B$C\\D|E", "100%41", "urn:oid:1.2.3"};
	static const char *const numbers[] = {"1001", "10|01", "a,b", "\\", "$1 +2", "4%31"};
	for (size_t i = 0; i < ARRAY_LEN(assigners); i++)
		for (size_t k = 0; k < ARRAY_LEN(numbers); k++) {
			struct made m;
			struct facts f;
			setup(&m);
			m.g.patient = (struct fact_ident){slice_str(numbers[k]), slice_str(assigners[i]), SLICE("MR")};
			(void)written(&m);
			read_text(buf_slice(&m.b), &f, m.a);
			assert_int_equal(f.groups, 1);
			assert_slice(f.first->id.value, numbers[k]);
			assert_slice(f.first->id.assigner, assigners[i]);
			clear(&m);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_transaction_that_changes_nothing_twice), cmocka_unit_test(what_was_not_measured_is_not_there), cmocka_unit_test(withdrawn_says_nothing_of_what_was_wrong), cmocka_unit_test(whose_it_is),
		cmocka_unit_test(read_back), cmocka_unit_test(the_same_person_at_another_house)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
