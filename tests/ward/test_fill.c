/* Charts to values: doses hang on their orders and on no other, what is stopped or has no order is still seen, unknown is not none, times are moved to the site's zone, results of one analyte are one row with what was corrected. */
#include "ward_internal.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOON INT64_C(1793534400000000000) /* 2026-11-01T12:00:00Z */

struct ward_test {
	struct chart *c;
	struct arena *a;
	uint64_t seq;
	struct facts f;
	struct fact_group *g;
};

static void begin(struct ward_test *t)
{
	facts_init(&t->f, t->a);
	t->f.type = SLICE("TEST");
	t->f.feed = SLICE("EHR@HOSP");
	t->f.time = SLICE("2026-11-01T11:00:00Z");
	t->g = facts_group(&t->f, (struct fact_ident){SLICE("1001"), SLICE("HOSP"), SLICE("MR")});
}

/* "field", "value" ... NULL; ^ between parts */
static void fact(struct ward_test *t, int kind, ...)
{
	struct fact *x = facts_add(&t->f, t->g, (uint8_t)kind);
	va_list ap;
	va_start(ap, kind);
	for (const char *name = va_arg(ap, const char *); name; name = va_arg(ap, const char *)) {
		uint8_t *v = (uint8_t *)arena_strdup(t->a, slice_str(va_arg(ap, const char *))), field = 0;
		for (uint8_t i = 1; i < FF_COUNT; i++)
			if (!strcmp(fact_field_name(i), name))
				field = i;
		assert_true(field);
		for (uint8_t *p = v; *p; p++)
			*p = *p == '^' ? FACT_US : *p;
		facts_put(&t->f, x, field, slice_str((const char *)v));
	}
	va_end(ap);
}

static void say(struct ward_test *t)
{
	struct err e = {0};
	const struct chart_entry en = {.seq = t->seq++, .time = NOON, .kind = 1, .source = SLICE("mllp/ehr"), .size = 100};
	assert_false(t->f.failed);
	assert_int_equal(chart_apply(t->c, &en, &t->f, SLICE_NULL, &e), 0);
	assert_int_equal(chart_commit(t->c, &e), 0);
}

static void admit(struct ward_test *t)
{
	begin(t);
	fact(t, FACT_PATIENT, "name", "SMITH^JOHN", "birth", "1957-03-12", "sex", "male", NULL);
	fact(t, FACT_VISIT, "action", "admit", "visit", "V1", "class", "inpatient", "location", "3W^12^A^HOSP", "time", "2026-11-01T08:00:00Z", NULL);
	say(t);
}

static struct chart_patient *patient(struct ward_test *t)
{
	struct chart_patient *p;
	struct chart_moment now;
	struct err e = {0};
	assert_int_equal(chart_now(t->c, &now, &e), 0);
	assert_int_equal(chart_patient(t->c, SLICE("1001"), now, t->a, &p, NULL, &e), 0);
	return p;
}

static int up(void **state)
{
	struct ward_test *t = calloc(1, sizeof *t);
	struct err e = {0};
	const struct chart_options o = {.write = true, .memory = true, .site_name = "Test", .readers = "test 1"};
	t->a = arena_new((size_t)256 << 20);
	assert_int_equal(chart_open(NULL, &o, &t->c, &e), 0);
	admit(t);
	*state = t;
	return 0;
}

static int down(void **state)
{
	struct ward_test *t = *state;
	chart_close(t->c);
	arena_free(t->a);
	free(t);
	return 0;
}

static const struct ward_ask ask = {.now = NOON, .zone_minutes = 60, .lang = "fr"};

static void doses_hang_on_their_order(void **state)
{
	struct ward_test *t = *state;
	struct fill_mar m;
	begin(t);
	fact(t, FACT_MED_ORDER, "placer", "P1^EHR", "code", "161^paracetamol^RXNORM", "dose", "1", "dose-unit", "g", "frequency", "Q6H PRN", "status", "active", NULL);
	fact(t, FACT_MED_ORDER, "placer", "P2^EHR", "code", "723^amoxicillin^RXNORM", "dose", "500", "dose-unit", "mg", "frequency", "Q8H", "status", "stopped", NULL);
	fact(t, FACT_MED_ORDER, "placer", "P3^EHR", "code", "999^heparin^RXNORM", "status", "on-hold", NULL);
	say(t);
	begin(t);
	fact(t, FACT_MED_ADMIN, "placer", "P1^EHR", "code", "161^paracetamol^RXNORM", "time", "2026-11-01T06:00:00Z", "status", "completed", "dose", "1", "dose-unit", "g", "performer", "N1^LONG^CHRIS", "set", "1", NULL);
	fact(t, FACT_MED_ADMIN, "placer", "P1^EHR", "code", "161^paracetamol^RXNORM", "time", "2026-11-01T11:00:00Z", "status", "not-done", "reason", "00^Patient refused", "set", "2", NULL);
	fact(t, FACT_MED_ADMIN, "placer", "P1^EHR", "code", "161^paracetamol^RXNORM", "time", "2026-10-30T11:00:00Z", "status", "completed", "set", "3", NULL);
	fact(t, FACT_MED_ADMIN, "placer", "P77^EHR", "code", "555^adrenaline^RXNORM", "time", "2026-11-01T10:30:00Z", "status", "completed", "set", "4", NULL);
	say(t);
	struct fill x = {.q = &ask, .p = patient(t), .a = t->a};
	fill_mar(&x, &m);
	assert_false(x.failed);
	assert_int_equal(m.n, 4);
	const struct paper_order *pain = NULL, *stopped = NULL, *held = NULL, *stray = NULL;
	for (size_t i = 0; i < m.n; i++) {
		const struct paper_order *o = &m.order[i];
		if (slice_eq_str(o->name, "paracetamol"))
			pain = o;
		else if (slice_eq_str(o->name, "amoxicillin"))
			stopped = o;
		else if (slice_eq_str(o->name, "heparin"))
			held = o;
		else if (slice_eq_str(o->name, "adrenaline"))
			stray = o;
	}
	assert_true(pain && stopped && held && stray);
	assert_true(pain->is_prn && slice_eq_str(pain->dose, "1 g") && slice_eq_str(pain->number, "P1"));
	assert_int_equal(pain->dose_n, 2); /* that of the day before yesterday is no longer among them */
	assert_true(pain->dose_list[0].given && !pain->dose_list[1].given);
	assert_true(slice_eq_str(pain->last->at, "2026-11-01T07:00")); /* in the site's zone */
	assert_true(slice_eq_str(pain->last->by, "CHRIS LONG"));
	assert_true(pain->last_not && slice_eq_str(pain->last_not->reason, "Patient refused"));
	assert_true(stopped->stopped && !stopped->last && !stopped->dose_n && !stopped->is_prn);
	assert_true(held->held && !held->stopped);
	assert_true(stray->no_order && stray->last && stray->dose_n == 1);
	assert_true(&m.order[m.n - 1] == stray); /* what is to be given stands first */
}

static void unknown_is_not_none(void **state)
{
	struct ward_test *t = *state;
	struct paper_section s;
	struct paper_person w;
	struct fill x = {.q = &ask, .p = patient(t), .a = t->a};
	fill_section(&x, CHART_ALLERGIES, PAPER_ALLERGIES, 10, &s);
	fill_person_of(&x, &w);
	assert_true(s.said == PAPER_NOT_RECEIVED && s.n == 0 && w.allergies_said == PAPER_NOT_RECEIVED);
	assert_true(slice_eq_str(w.family, "SMITH") && slice_eq_str(w.number, "1001") && slice_eq_str(w.unit, "3W") && slice_eq_str(w.bed, "A") && slice_eq_str(w.birth, "1957-03-12"));
	begin(t);
	fact(t, FACT_SECTION, "category", "allergies", "status", "none", NULL);
	say(t);
	x.p = patient(t);
	fill_section(&x, CHART_ALLERGIES, PAPER_ALLERGIES, 10, &s);
	assert_true(s.said == PAPER_STATED_NONE);
	begin(t);
	fact(t, FACT_ALLERGY, "code", "1^penicillin^L", "verification", "refuted", "set", "1", NULL);
	fact(t, FACT_ALLERGY, "code", "2^latex^L", "severity", "SV", "set", "2", NULL);
	say(t);
	x.p = patient(t);
	fill_person_of(&x, &w);
	assert_true(slice_eq_str(w.allergies, "latex")); /* the head of a page says nothing that was refuted */
	fill_section(&x, CHART_ALLERGIES, PAPER_ALLERGIES, 1, &s);
	assert_true(s.said == PAPER_LISTED && s.n == 1 && s.more == 1);
	assert_true(slice_eq_str(s.source[0].feed, "EHR@HOSP") && slice_eq_str(s.source[0].as_of, "2026-11-01T12:00"));
}

static void one_analyte_is_one_row(void **state)
{
	struct ward_test *t = *state;
	struct fill_labs l;
	static const char *const values[] = {"3.9", "4.4", "5.6"}, *const at[] = {"2026-11-01T06:00:00Z", "2026-11-01T08:00:00Z", "2026-11-01T10:00:00Z"};
	for (size_t i = 0; i < 3; i++) {
		char filler[8];
		snprintf(filler, sizeof filler, "F%zu^L", i);
		begin(t);
		fact(t, FACT_RESULT, "filler", filler, "group", filler, "id", filler, "code", "2823-3^Potassium^LN", "value", values[i], "type", "NM", "unit", "mmol/L", "range", "3.5-5.1", "flag", i == 2 ? "H" : "N", "time", at[i], "status", "final", "category", "laboratory", NULL);
		fact(t, FACT_RESULT, "filler", filler, "group", filler, "id", filler, "code", "1988-5^CRP^LN", "value", "5", "comparator", "<", "type", "SN", "unit", "mg/L", "range", "<5", "time", at[i], "status", "final", "category", "laboratory", NULL);
		say(t);
	}
	struct fill x = {.q = &ask, .p = patient(t), .a = t->a};
	fill_labs(&x, &l);
	assert_int_equal(l.n, 2);
	assert_true(slice_eq_str(l.series[0].name, "CRP") && slice_eq_str(l.series[1].name, "Potassium")); /* by name */
	assert_true(isnan(l.series[0].low) && l.series[0].high == 5 && slice_eq_str(l.series[0].value[0].text, "<5") && isnan(l.series[0].value[0].number));
	assert_int_equal(l.series[1].n, 3);
	assert_true(l.series[1].low == 3.5 && l.series[1].high == 5.1);
	assert_true(slice_eq_str(l.series[1].value[0].text, "5.6") && slice_eq_str(l.series[1].value[0].flag, "H") && slice_eq_str(l.series[1].value[0].when, "2026-11-01T11:00"));
}

static void a_unit_and_its_sheets(void **state)
{
	struct ward_test *t = *state;
	struct ward_ask q = ask;
	struct ward_printed done;
	struct paper_book *b;
	struct chart_moment now;
	struct err e = {0};
	const struct paper_run run = {.lang = "fr", .site = "Test", .made = NOON, .zone_minutes = 60};
	begin(t); /* one whose record is protected */
	t->g = facts_group(&t->f, (struct fact_ident){SLICE("1002"), SLICE("HOSP"), SLICE("MR")});
	fact(t, FACT_PATIENT, "name", "SECRET^SAM", "birth", "1960-01-01", "sex", "male", NULL);
	fact(t, FACT_VISIT, "action", "admit", "visit", "V2", "class", "inpatient", "location", "3W^12^B^HOSP", "protected", "VIP", "time", "2026-11-01T08:00:00Z", NULL);
	say(t);
	assert_int_equal(chart_now(t->c, &now, &e), 0);
	assert_int_equal(ward_kinds(SLICE("census,mar,notes"), &q, &e), 0);
	q.unit = "3W";
	assert_int_equal(paper_book_new(&run, &b, &e), 0);
	assert_int_equal(ward_sheets(t->c, now, &q, b, &done, &e), 0);
	assert_int_equal(paper_book_sheets(b), 3);
	assert_int_equal(done.patient_n, 1);
	assert_int_equal(done.withheld, 1);
	assert_int_equal(paper_book_kind(b, 1), PAPER_MAR);
	assert_string_equal(paper_book_patient(b, 1), done.patients[0]);
	assert_string_equal(paper_book_patient(b, 2), "");
	ward_printed_done(&done);
	q.unit = "NOWHERE";
	assert_int_equal(ward_sheets(t->c, now, &q, b, &done, &e), ERR_NOT_FOUND);
	ward_printed_done(&done);
	q.unit = NULL;
	q.patient = "1002";
	assert_int_equal(ward_sheets(t->c, now, &q, b, &done, &e), ERR_DENIED);
	ward_printed_done(&done);
	q.open_protected = true;
	assert_int_equal(ward_sheets(t->c, now, &q, b, &done, &e), 0);
	ward_printed_done(&done);
	paper_book_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(doses_hang_on_their_order, up, down), cmocka_unit_test_setup_teardown(unknown_is_not_none, up, down), cmocka_unit_test_setup_teardown(one_analyte_is_one_row, up, down), cmocka_unit_test_setup_teardown(a_unit_and_its_sheets, up, down)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
