/* An item from its line, and as facts; refused with the place; doses; numbers. */
#include "downtime_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct arena *room;

static int setup(void **state)
{
	(void)state;
	room = arena_new((size_t)64 << 20);
	return room ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(room);
	return 0;
}

#define TOP "\"id\":\"W3K7-000123\",\"unit\":\"3W\",\"patient\":\"4711\",\"occurred\":\"2026-11-22T03:12\",\"by\":\"a.keller\","

static struct capture item(const char *json)
{
	struct capture c;
	struct err e = {0};
	char text[700];
	if (capture_read(slice_str(json), room, &c, &e) < 0)
		fail_msg("%s: %s", json, err_line(&e, text, sizeof text));
	return c;
}

static void refused(const char *json, const char *place)
{
	struct capture c;
	struct err e = {0};
	if (capture_read(slice_str(json), room, &c, &e) >= 0)
		fail_msg("taken: %s", json);
	if (strcmp(e.place, place) != 0)
		fail_msg("%s: refused at \"%s\" (%s), not at \"%s\"", json, e.place, e.text, place);
}

static const char *dump(const char *json, const struct capture_of *of, int zone)
{
	static struct buf b;
	struct capture c = item(json);
	struct facts f;
	struct err e = {0};
	buf_done(&b);
	buf_init(&b, 1 << 20);
	facts_init(&f, room);
	assert_int_equal(capture_facts(&c, of, zone, &f, &e), 0);
	facts_dump(&f, &b);
	return buf_cstr(&b);
}

static void says(const char *have, const char *want)
{
	if (!strstr(have, want))
		fail_msg("no \"%s\" in\n%s", want, have);
}

static void written_in_many_ways(void **state)
{
	(void)state;
	struct capture c = item("{" TOP "\"kind\":\"Vital_Signs\",\"values\":{\"Heart Rate\":72,\"bp\":\"120 / 80\",\"temp\":\"38.20\"}}");
	assert_int_equal(c.kind, CAPTURE_VITALS);
	assert_true(slice_eq_str(json_text(c.values, "pulse"), "72"));
	assert_true(slice_eq_str(json_text(c.values, "systolic"), "120") && slice_eq_str(json_text(c.values, "diastolic"), "80"));
	assert_true(slice_eq_str(json_text(c.values, "temperature"), "38.20")); /* as written */
	c = item("{" TOP "\"kind\":\"vitals\",\"values\":{\"code\":\"8310-5\",\"value\":101.3,\"unit\":\"F\",\"site\":\"ear\"}}");
	assert_true(slice_eq_str(json_text(c.values, "temperature"), "101.3") && slice_eq_str(json_text(c.values, "temperatureUnit"), "[degF]") && slice_eq_str(json_text(c.values, "site"), "ear") && !c.unknown);
	c = item("{" TOP "\"kind\":\"vitals\",\"values\":{\"name\":\"heart rate\",\"value\":72}}");
	assert_true(slice_eq_str(json_text(c.values, "pulse"), "72") && !c.unknown);
	c = item("{" TOP "\"kind\":\"lab-order\",\"values\":{\"what\":\"CBC\"}}");
	assert_true(c.kind == CAPTURE_ORDER && capture_owner(&c) == OWNER_LABORATORY);
	c = item("{" TOP "\"kind\":\"order\",\"values\":{\"drug\":\"Heparin\",\"dose\":5000}}");
	assert_true(capture_is_medication(&c) && capture_owner(&c) == OWNER_PHARMACY);
	c = item("{" TOP "\"kind\":\"note\",\"values\":\"Sleeps.\",\"identifiers\":[\"mrn\",\"dob\",\"shoe size\"]}");
	assert_true(slice_eq_str(json_text(c.values, "text"), "Sleeps.") && c.identifiers == 2);
	c = item("{" TOP "\"kind\":\"given\",\"values\":{\"drug\":\"X\",\"doze\":\"5 mg\",\"critical\":true}}");
	assert_true(c.unknown == 2 && slice_eq_str(c.unknown_name, "doze") && slice_eq_str(json_text(c.values, "doze"), "5 mg"));
	assert_true(slice_eq_str(item("{" TOP "\"kind\":\"discharge\"}").patient, "4711"));
	assert_true(slice_eq_str(item("{\"id\":\"a\",\"patient\":4711,\"kind\":\"discharge\",\"by\":\"x\",\"occurred\":\"2026-11-22 03:12:00+0100\"}").occurred, "2026-11-22T03:12:00+01:00"));
}

static void refused_with_the_place(void **state)
{
	(void)state;
	refused("{\"patient\":\"1\",\"kind\":\"note\",\"occurred\":\"2026\",\"by\":\"x\",\"values\":{\"text\":\"a\"}}", "id");
	refused("{" TOP "\"kind\":\"hologram\",\"values\":{}}", "kind");
	refused("{" TOP "\"kind\":\"vitals\",\"values\":{}}", "values");
	refused("{" TOP "\"kind\":\"vitals\",\"values\":{\"pulse\":\"fast\"}}", "values.pulse");
	refused("{" TOP "\"kind\":\"vitals\",\"values\":{\"pulse\":{}}}", "values.pulse");
	refused("{" TOP "\"kind\":\"vitals\",\"values\":{\"bp\":\"120\"}}", "values.bloodPressure");
	refused("{" TOP "\"kind\":\"given\",\"values\":{\"dose\":5}}", "values.drug");
	refused("{" TOP "\"kind\":\"given\",\"values\":{\"drug\":\"X\",\"scheduled\":\"at eight\"}}", "values.scheduled");
	refused("{" TOP "\"kind\":\"result\",\"values\":{\"test\":\"K\"}}", "values.value");
	refused("{" TOP "\"kind\":\"specimen\",\"values\":{\"number\":\"1\",\"state\":\"eaten\"}}", "values.state");
	refused("{" TOP "\"kind\":\"note\",\"withdraw\":true}", "replaces");
	refused("{" TOP "\"kind\":\"note\",\"replaces\":\"W3K7-000123\",\"values\":{\"text\":\"a\"}}", "replaces");
	refused("{\"id\":\"a b\",\"patient\":\"1\",\"kind\":\"note\",\"occurred\":\"2026\",\"by\":\"x\",\"values\":{\"text\":\"a\"}}", "id");
	refused("{\"id\":\"a\",\"patient\":\"1\",\"kind\":\"note\",\"occurred\":\"yesterday\",\"by\":\"x\",\"values\":{\"text\":\"a\"}}", "occurred");
	refused("{\"id\":\"a\",\"kind\":\"vitals\",\"occurred\":\"2026\",\"by\":\"x\",\"values\":{\"pulse\":1}}", "patient");
	refused("{" TOP "\"kind\":\"note\",\"values\":{\"text\":\"a\\u0001\"}}", "values.text");
	refused("{" TOP "\"v\":2,\"kind\":\"note\",\"values\":{\"text\":\"a\"}}", "v");
	refused("{" TOP "\"kind\":\"note\",\"values\":{\"text\":\"a\"}}\nbytes", "");
	refused("[]", "");
	struct capture c = item("{" TOP "\"kind\":\"sheet\",\"values\":{\"number\":\"S-1\"}}\n%PDF-1.7\n...");
	assert_int_equal(c.scan.n, 12);
}

static void said_as_facts(void **state)
{
	(void)state;
	const char *d = dump("{" TOP "\"kind\":\"vitals\",\"values\":{\"temp\":\"101.3\",\"glucose\":\"5.1\",\"glucoseUnit\":\"mmol/L\"}}", NULL, 60);
	says(d, "2026-11-22T03:12:00+01:00");
	says(d, "[degF]"); /* nobody is at 101 degrees Celsius */
	says(d, "14743-9");
	says(d, "vital-signs");
	d = dump("{" TOP "\"kind\":\"given\",\"on_behalf_of\":\"Dr. Roy\",\"values\":{\"drug\":\"Morphine\",\"dose\":\"1.50\",\"unit\":\"mg\",\"paper\":true,\"doze\":\"x\"}}", NULL, -300);
	says(d, "2026-11-22T03:12:00-05:00");
	says(d, "dose=1.50");
	says(d, "Dr. Roy");
	says(d, "enterer=a.keller");
	says(d, "doze: x");
	d = dump("{" TOP "\"kind\":\"transfer\",\"values\":{\"bed\":\"ICU^1^2\"}}", NULL, 0);
	says(d, "location=ICU^1^2");
	d = dump("{" TOP "\"kind\":\"transfer\",\"values\":{\"bed\":\"ICU^1^2^GAB\"}}", NULL, 0);
	says(d, "location=ICU^1^2^GAB");
	says(d, "action=transfer");
	struct capture_of gone = {.gone = true, .root = SLICE("W3K7-000007"), .of = CAPTURE_CANCEL};
	d = dump("{" TOP "\"kind\":\"given\",\"values\":{\"drug\":\"Morphine\"}}", &gone, 0);
	says(d, "action=delete");
	says(d, "id=W3K7-000007^holdfast-capture");
	d = dump("{" TOP "\"kind\":\"admit\",\"values\":{}}", &gone, 0);
	says(d, "action=cancel-admit");
	d = dump("{" TOP "\"kind\":\"allergy\",\"values\":{\"statedNone\":true}}", NULL, 0);
	says(d, "status=none");
	d = dump("{\"id\":\"a\",\"patient\":\"W3K7-00001A\",\"kind\":\"discharge\",\"by\":\"x\",\"occurred\":\"2026-11-22\"}", NULL, 0);
	assert_null(strstr(d, "DOWNTIME")); /* the check letter does not fit: a number of nobody's */
}

/* ---- doses ---- */

static struct dose_answer check(const char *values, const struct dose_said *said, size_t n, int64_t window, bool stale)
{
	char json[600];
	snprintf(json, sizeof json, "{" TOP "\"kind\":\"given\",\"values\":{%s}}", values);
	struct capture c = item(json);
	struct dose_answer a;
	dose_check(&c, json_text(c.values, "code"), fact_time_ns(c.occurred, 0), said, n, window, stale, &a);
	return a;
}

static void doses(void **state)
{
	(void)state;
	const int64_t at = fact_time_ns(SLICE("2026-11-22T03:12"), 0), min = 60 * TIME_SEC;
	struct dose_said said[] = {
		{.time = at - 20 * min, .drug = SLICE("MORPHINE 10 mg/ml inj"), .order = SLICE("R1"), .scheduled = SLICE("2026-11-22T03:00:00+00:00")},
		{.time = at - 25 * min, .drug = SLICE("Heparin"), .held = true},
		{.time = INT64_MIN, .drug = SLICE("Insulin")},
	};
	struct dose_answer a = check("\"drug\":\"morphine\"", said, 3, 0, false);
	assert_true(a.verdict == DOSE_GIVEN_BEFORE && a.which == &said[0] && a.apart == 20 * min);
	assert_int_equal(check("\"drug\":\"morphine\"", said, 3, 10 * min, false).verdict, DOSE_CLEAR);
	assert_int_equal(check("\"drug\":\"morphine\"", said, 3, 10 * min, true).verdict, DOSE_UNKNOWN); /* who knows what the EHR's side gave */
	assert_int_equal(check("\"drug\":\"morphine\"", said, 3, 0, true).verdict, DOSE_GIVEN_BEFORE);
	assert_int_equal(check("\"drug\":\"hydromorphone\"", said, 3, 0, false).verdict, DOSE_CLEAR);
	assert_int_equal(check("\"drug\":\"Heparin\"", said, 3, 0, false).verdict, DOSE_CLEAR); /* it was held */
	assert_int_equal(check("\"drug\":\"something\",\"order\":\"R1\"", said, 3, 0, false).verdict, DOSE_GIVEN_BEFORE);
	assert_int_equal(check("\"drug\":\"morphine\",\"scheduled\":\"2026-11-22T03:00\"", said, 3, min, false).verdict, DOSE_SAME_SLOT);
	said[0].time = at + 10 * min; /* a late entry */
	assert_int_equal(check("\"drug\":\"morphine\"", said, 3, 0, false).verdict, DOSE_GIVEN_BEFORE);
	assert_int_equal(dose_interval(SLICE("Q6H")), 6 * 60 * min);
	assert_int_equal(dose_interval(SLICE("q4h PRN")), 4 * 60 * min);
	assert_int_equal(dose_interval(SLICE("TID")), 8 * 60 * min);
	assert_int_equal(dose_interval(SLICE("when she asks")), 0);
}

static void ingredients(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool same;
	} t[] = {
		{"Paracetamol + codeine 500/30 mg", "Paracetamol 1 g", true}, {"Codeine/paracetamol", "Aspirin + paracetamol", true}, {"Paracétamol 1 g", "PARACETAMOL", true}, {"Acetaminophen 325 mg", "Paracetamol/codéine", true},
		{"adrenaline 1 mg", "Epinephrine", true}, {"oxycodone and acetaminophen", "paracetamol", true}, {"Amoxicilline et acide clavulanique", "amoxicillin", true}, {"noradrenaline", "adrenaline", false}, {"Codeine", "Paracetamol", false},
		{"Ibuprofen + sodium bicarbonate", "Heparin sodium", false}, {"Ramipril/hydrochlorothiazide", "hydroxyzine", false}, {"Levalbuterol", "Salbutamol", false}, {"Albuterol", "salbutamol 2.5 mg", true}, {"对乙酰氨基酚片", "对乙酰氨基酚片 0.5g", true},
		{"500 mg/30 mg", "250 mg", false}, {"", "x", false}, {"+", "-", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		if (dose_same_name(slice_str(t[i].a), slice_str(t[i].b)) != t[i].same || dose_same_name(slice_str(t[i].b), slice_str(t[i].a)) != t[i].same)
			fail_msg("'%s' and '%s': not %d", t[i].a, t[i].b, t[i].same);
}

static void classes(void **state)
{
	(void)state;
	const int64_t at = fact_time_ns(SLICE("2026-11-22T03:12"), 0), min = 60 * TIME_SEC;
	struct dose_said said[] = {{.time = at - 20 * min, .drug = SLICE("Ibuprofen"), .atc = SLICE("M01AE01")}, {.time = at - 25 * min, .drug = SLICE("Aspirin"), .atc = SLICE("N02BA01")}};
	struct dose_answer a = check("\"drug\":\"Naproxen\",\"code\":\"M01AE02\"", said, 2, 0, false);
	assert_true(a.verdict == DOSE_SAME_CLASS && a.which == &said[0] && a.classes);
	a = check("\"drug\":\"Brufen\",\"code\":\"m01ae01\"", said, 2, 0, false); /* another name, the same substance */
	assert_true(a.verdict == DOSE_GIVEN_BEFORE && a.which == &said[0]);
	a = check("\"drug\":\"Diclofenac\",\"code\":\"M01AB05\"", said, 2, 0, false); /* another chemical subgroup */
	assert_true(a.verdict == DOSE_CLEAR && a.classes);
	a = check("\"drug\":\"Naproxen\"", said, 2, 0, false); /* nobody said its code: clear, and not of its class */
	assert_true(a.verdict == DOSE_CLEAR && !a.classes);
	assert_int_equal(check("\"drug\":\"Naproxen\",\"code\":\"M01AE02\"", said, 2, 10 * min, false).verdict, DOSE_CLEAR);
	assert_int_equal(check("\"drug\":\"Naproxen\",\"code\":\"M01AE02\"", said, 2, 0, true).verdict, DOSE_SAME_CLASS);
	said[1].drug = SLICE("Naproxen");
	assert_true(check("\"drug\":\"Naproxen\",\"code\":\"M01AE02\"", said, 2, 0, false).which == &said[1]); /* the same drug weighs more than a nearer one of its class */
	said[0].atc = SLICE_NULL;
	assert_false(check("\"drug\":\"Naproxen\",\"code\":\"M01AE02\"", said, 2, 0, false).classes);
	assert_true(dose_same_class(SLICE("J01CA"), SLICE("J01CA04")) && !dose_same_class(SLICE("J01C"), SLICE("J01CA04")) && !dose_same_class(SLICE("J01CA0"), SLICE("J01CA04")) && !dose_same_class(SLICE("7980"), SLICE("7980")) && !dose_same_class(SLICE_NULL, SLICE_NULL));
	assert_true(dose_is_atc(SLICE("atc")) && dose_is_atc(SLICE("WC")) && !dose_is_atc(SLICE("RXN")));
}

/* ---- numbers ---- */

static void numbers(void **state)
{
	(void)state;
	struct downtime_block b = {.key = "W3K7", .first = 1, .count = 100000}, got;
	char n[DOWNTIME_NUMBER_MAX], worse[DOWNTIME_NUMBER_MAX];
	struct err e = {0};
	uint64_t value;
	size_t unseen = 0, tried = 0;
	for (uint64_t i = 1; i < 2000; i += 7) {
		assert_int_equal(downtime_number(&b, i, n, &e), 0);
		assert_int_equal(downtime_number_check(slice_str(n), &got, &value, &e), 0);
		assert_true(value == i && !strcmp(got.key, "W3K7"));
		for (size_t k = 0; n[k]; k++) { /* every letter, wrong */
			for (const char *c = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"; *c; c++) {
				memcpy(worse, n, sizeof worse);
				worse[k] = *c;
				if (*c != n[k])
					assert_int_equal(downtime_number_check(slice_str(worse), &got, &value, NULL), ERR_INPUT);
			}
			memcpy(worse, n, sizeof worse); /* two that changed places */
			if (n[k + 1] && n[k] != n[k + 1] && n[k] != '-' && n[k + 1] != '-') {
				worse[k] = n[k + 1];
				worse[k + 1] = n[k];
				tried++;
				unseen += downtime_number_check(slice_str(worse), &got, &value, NULL) == 0;
			}
		}
	}
	assert_true(unseen * 100 < tried); /* ISO 7064: nearly all of them */
	assert_int_equal(downtime_number(&b, 100001, n, &e), ERR_FULL);
	b.first = 10, b.count = 5;
	assert_int_equal(downtime_number(&b, 9, n, &e), ERR_FULL);
	assert_int_equal(downtime_number(&(struct downtime_block){.key = "I0", .first = 1, .count = 1}, 1, n, &e), ERR_INPUT);
	assert_int_equal(downtime_number_check(SLICE("4711"), &got, &value, NULL), ERR_INPUT);
}

/* ---- merges ---- */

static int of_merge(const struct downtime *d, const char *decision, struct capture *ret)
{
	static struct buf b;
	struct json_node *n;
	struct err e = {0};
	buf_done(&b);
	buf_init(&b, CAPTURE_MAX);
	assert_int_equal(json_tree(slice_str(decision), room, &n, &e), 0);
	int r = capture_of_merge(d, n, 77, INT64_C(1795317125) * TIME_SEC, SLICE("command/root"), &b, &e);
	if (r == 0)
		assert_int_equal(capture_read(buf_slice(&b), room, ret, &e), 0);
	return r;
}

static void items_of_merges(void **state)
{
	(void)state;
	struct downtime none = {.state = DOWNTIME_NONE}, down = {.state = DOWNTIME_DOWN}, closed = {.state = DOWNTIME_CLOSED};
	struct downtime_block b = {.key = "W3K7", .first = 1, .count = 9};
	char number[DOWNTIME_NUMBER_MAX], line[200];
	struct capture c;
	struct err e;
	assert_int_equal(of_merge(&down, "{\"op\":\"merge\",\"of\":\"4712\",\"into\":\"4711@GAB\",\"reason\":\"one \\\"person\\\"\",\"by\":\"reg\"}", &c), 0);
	assert_true(c.kind == CAPTURE_MERGE && capture_owner(&c) == OWNER_REGISTRATION && slice_eq_str(c.id, "MERGE-77") && slice_eq_str(c.patient, "4711@GAB") && slice_eq_str(c.by, "reg") && slice_eq_str(c.reason, "one \"person\""));
	assert_true(slice_eq_str(json_text(c.values, "op"), "merge") && slice_eq_str(json_text(c.values, "of"), "4712") && slice_eq_str(json_text(c.values, "entry"), "77"));
	assert_int_equal(of_merge(&down, "{\"op\":\"unmerge\",\"of\":\"4712\",\"from\":\"4711\"}", &c), 0);
	assert_true(slice_eq_str(json_text(c.values, "op"), "unmerge") && slice_eq_str(c.patient, "4711") && slice_eq_str(c.by, "command/root"));
	assert_int_equal(of_merge(&none, "{\"op\":\"merge\",\"of\":\"4712\",\"into\":\"4711\"}", &c), ERR_NO); /* the EHR is there: records are merged in it */
	assert_int_equal(of_merge(&closed, "{\"op\":\"merge\",\"of\":\"4712\",\"into\":\"4711\"}", &c), ERR_NO);
	assert_int_equal(of_merge(&closed, "{\"op\":\"merge\",\"of\":\"DT-7@DOWNTIME\",\"into\":\"4711\"}", &c), 0); /* a number of ours, whenever */
	assert_int_equal(downtime_number(&b, 3, number, &e), 0);
	snprintf(line, sizeof line, "{\"op\":\"merge\",\"of\":\"%s\",\"into\":\"4711\"}", number);
	assert_int_equal(of_merge(&none, line, &c), 0);
	assert_int_equal(of_merge(&down, "{\"op\":\"link\",\"of\":\"4712\",\"into\":\"4711\"}", &c), ERR_NO);
	assert_int_equal(of_merge(&down, "{\"op\":\"merge\",\"of\":\"4712\"}", &c), ERR_NO);
	assert_int_equal(capture_read(SLICE("{\"id\":\"MERGE-1\",\"patient\":\"1\",\"kind\":\"merge\",\"occurred\":\"2026\",\"by\":\"a\",\"values\":{\"op\":\"merge\"}}"), room, &c, &e), ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(written_in_many_ways, setup, teardown), cmocka_unit_test_setup_teardown(refused_with_the_place, setup, teardown), cmocka_unit_test_setup_teardown(said_as_facts, setup, teardown),
		cmocka_unit_test_setup_teardown(doses, setup, teardown), cmocka_unit_test(ingredients), cmocka_unit_test_setup_teardown(classes, setup, teardown), cmocka_unit_test(numbers),
		cmocka_unit_test_setup_teardown(items_of_merges, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
