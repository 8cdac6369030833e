/* Who is in the house: admissions, transfers, cancels, in whatever order they arrive; the census of any moment; and that the page says the same as the bed board (WHERE checks it). */
#include "story.h"

#define P "1001@HOSP:MR"

static uint64_t adt(struct story *s, const char *who, const char *time, const char *visit)
{
	char text[600];
	snprintf(text, sizeof text, "ADT^A01 EHR@HOSP %s | %s | patient name=SMITH^JOHN | visit %s time=%s", time, who, visit, time);
	return tell(s, text);
}

static void test_days_of_a_patient(void **state)
{
	struct story *s = story_new();
	uint64_t a = adt(s, P, "2026-11-01T08:00", "action=admit visit=V1 class=inpatient location=3W^12^A");
	uint64_t b = adt(s, P, "2026-11-01T09:00", "action=transfer visit=V1 class=inpatient location=ICU^2^B");
	uint64_t c = adt(s, P, "2026-11-01T10:00", "action=leave visit=V1 class=inpatient");
	uint64_t d = adt(s, P, "2026-11-01T11:00", "action=return visit=V1 class=inpatient location=ICU^2^B");
	uint64_t e1 = adt(s, P, "2026-11-01T12:00", "action=discharge visit=V1 class=inpatient location=ICU^2^B");
	assert_string_equal(WHERE(s, "1001"), "");
	/* the hospital as it was */
	assert_string_equal(where(s, "1001", a), "");
	assert_string_equal(where(s, "1001", a + 1), "3W 12 A");
	assert_string_equal(where(s, "1001", b + 1), "ICU 2 B");
	assert_slice(fact_get(page(s, "1001", c + 1)->visit->fact, FF_STATUS), "onleave");
	assert_string_equal(where(s, "1001", c + 1), "ICU 2 B"); /* the bed is kept */
	assert_slice(fact_get(page(s, "1001", d + 1)->visit->fact, FF_STATUS), "in-progress");
	assert_string_equal(where(s, "1001", e1), "ICU 2 B");
	struct chart_patient *p = PAGE(s, "1001");
	assert_null(p->visit);
	assert_int_equal(p->s[CHART_VISITS].count, 1);
	assert_slice(fact_get(p->s[CHART_VISITS].items->fact, FF_STATUS), "finished");
	assert_slice(fact_get(p->s[CHART_VISITS].items->fact, FF_END), "2026-11-01T12:00");
	assert_slice(fact_get(p->s[CHART_VISITS].items->fact, FF_START), "2026-11-01T08:00");
	/* A08 after the discharge does not bring anybody back; a new admission does */
	adt(s, P, "2026-11-01T13:00", "action=update visit=V1 class=inpatient location=ICU^2^B");
	assert_string_equal(WHERE(s, "1001"), "");
	adt(s, P, "2026-11-05T08:00", "action=admit visit=V2 class=inpatient location=4E^1^A");
	assert_string_equal(WHERE(s, "1001"), "4E 1 A");
	assert_int_equal(PAGE(s, "1001")->s[CHART_VISITS].count, 2);
	both_agree(s);
	story_free(s);
}

/* Events that are sent again, under another control id or with a detail more: a cancel takes all of them out, or somebody who is in a bed would be in nobody's census. */
static void test_cancel_of_what_was_said_twice(void **state)
{
	struct story *s = story_new();
	adt(s, P, "2026-11-01T08:00", "action=admit visit=V1 class=inpatient location=3W^12^A");
	adt(s, P, "2026-11-01T09:00", "action=discharge visit=V1 location=3W^12^A");
	adt(s, P, "2026-11-01T10:00", "action=cancel-discharge visit=V1 location=3W^12^A");
	adt(s, P, "2026-11-01T09:00", "action=discharge visit=V1 location=3W^12^A"); /* the same once more, late */
	assert_string_equal(WHERE(s, "1001"), "3W 12 A");
	adt(s, P, "2026-11-01T11:00", "action=discharge visit=V1");
	adt(s, P, "2026-11-01T11:05", "action=discharge visit=V1 end=2026-11-01T11:00");
	assert_string_equal(WHERE(s, "1001"), "");
	adt(s, P, "2026-11-01T12:00", "action=cancel-discharge visit=V1");
	assert_string_equal(WHERE(s, "1001"), "3W 12 A");
	assert_slice(fact_get(PAGE(s, "1001")->visit->fact, FF_END), "");
	adt(s, P, "2026-11-01T13:00", "action=transfer visit=V1 location=ICU^2^B");
	adt(s, P, "2026-11-01T13:05", "action=transfer visit=V1 location=ICU^2^B");
	adt(s, P, "2026-11-01T13:10", "action=cancel-transfer visit=V1 location=3W^12^A");
	assert_string_equal(WHERE(s, "1001"), "3W 12 A");
	adt(s, P, "2026-11-01T14:00", "action=transfer visit=V1 location=ICU^2^B");
	adt(s, P, "2026-11-01T14:05", "action=transfer visit=V1 location=ICU^3^A"); /* another one */
	adt(s, P, "2026-11-01T14:10", "action=cancel-transfer visit=V1 location=ICU^2^B");
	assert_string_equal(WHERE(s, "1001"), "ICU 2 B");
	adt(s, P, "2026-11-01T14:10", "action=cancel-transfer visit=V1 location=ICU^2^B"); /* the cancel once more */
	adt(s, P, "2026-11-01T14:10", "action=cancel-transfer visit=V1 location=ICU^3^A"); /* as many send it: with the target */
	assert_string_equal(WHERE(s, "1001"), "ICU 2 B");
	adt(s, P, "2026-11-01T15:00", "action=leave visit=V1");
	adt(s, P, "2026-11-01T15:05", "action=leave visit=V1");
	adt(s, P, "2026-11-01T15:10", "action=cancel-leave visit=V1");
	assert_slice(fact_get(PAGE(s, "1001")->visit->fact, FF_STATUS), "in-progress");
	both_agree(s);
	story_free(s);
}

/* A feed that begins in the middle of a stay: the event that is cancelled is the first that was heard. Whoever it put back into a bed is in the house. */
static void test_cancel_of_the_first_event(void **state)
{
	struct story *s = story_new();
	adt(s, P, "2026-11-01T09:00", "action=transfer visit=V1 class=inpatient location=ICU^2^B prior-location=3W^12^A");
	assert_string_equal(WHERE(s, "1001"), "ICU 2 B");
	adt(s, P, "2026-11-01T09:30", "action=cancel-transfer visit=V1 class=inpatient location=ICU^2^B prior-location=3W^12^A"); /* with the target, as many send it */
	assert_string_equal(WHERE(s, "1001"), "3W 12 A");
	assert_slice(fact_get(PAGE(s, "1001")->visit->fact, FF_STATUS), "in-progress");
	adt(s, "2002@HOSP:MR", "2026-11-01T09:00", "action=transfer visit=V2 class=inpatient location=ICU^3^B");
	adt(s, "2002@HOSP:MR", "2026-11-01T09:30", "action=cancel-transfer visit=V2 class=inpatient location=3W^13^A"); /* with where they are */
	assert_string_equal(WHERE(s, "2002"), "3W 13 A");
	adt(s, "3003@HOSP:MR", "2026-11-01T09:00", "action=discharge visit=V3 class=inpatient location=4E^1^A");
	adt(s, "3003@HOSP:MR", "2026-11-01T09:30", "action=cancel-discharge visit=V3 class=inpatient location=4E^1^A");
	assert_string_equal(WHERE(s, "3003"), "4E 1 A");
	both_agree(s);
	story_free(s);
}

/* A cancel takes its event out: place and status are what they were before it. */
static void test_cancels(void **state)
{
	struct story *s = story_new();
	adt(s, P, "2026-11-01T08:00", "action=admit visit=V1 class=inpatient location=3W^12^A");
	adt(s, P, "2026-11-01T09:00", "action=transfer visit=V1 location=ICU^2^B");
	adt(s, P, "2026-11-01T09:30", "action=cancel-transfer visit=V1 location=ICU^2^B"); /* as many send it: with the target */
	assert_string_equal(WHERE(s, "1001"), "3W 12 A");
	adt(s, P, "2026-11-01T10:00", "action=discharge visit=V1");
	adt(s, P, "2026-11-01T10:30", "action=cancel-discharge visit=V1");
	assert_string_equal(WHERE(s, "1001"), "3W 12 A");
	assert_slice(fact_get(PAGE(s, "1001")->visit->fact, FF_END), "");
	adt(s, P, "2026-11-01T11:00", "action=discharge visit=V1");
	adt(s, P, "2026-11-01T11:30", "action=cancel-discharge visit=V1 location=3W^14^B"); /* 3.3.13: the location after the cancellation, which may be another one */
	assert_string_equal(WHERE(s, "1001"), "3W 14 B");
	adt(s, P, "2026-11-01T12:00", "action=leave visit=V1");
	adt(s, P, "2026-11-01T12:10", "action=cancel-leave visit=V1");
	assert_slice(fact_get(PAGE(s, "1001")->visit->fact, FF_STATUS), "in-progress");
	adt(s, P, "2026-11-01T13:00", "action=cancel-admit visit=V1");
	assert_string_equal(WHERE(s, "1001"), "");
	assert_slice(fact_get(PAGE(s, "1001")->s[CHART_VISITS].items->fact, FF_STATUS), "cancelled");
	/* the cancel of something never heard of: the message says where the patient is */
	adt(s, "2002@HOSP:MR", "2026-11-01T13:00", "action=cancel-discharge visit=V9 class=inpatient location=4E^1^A");
	assert_string_equal(WHERE(s, "2002"), "4E 1 A");
	adt(s, "2002@HOSP:MR", "2026-11-01T13:05", "action=delete visit=V9");
	assert_string_equal(WHERE(s, "2002"), "");
	both_agree(s);
	story_free(s);
}

/* Two transfers, the first of which is cancelled after the second: the second stands. */
static void test_cancel_below(void **state)
{
	struct story *s = story_new();
	adt(s, P, "2026-11-01T08:00", "action=admit visit=V1 class=inpatient location=A^1");
	adt(s, P, "2026-11-01T09:00", "action=leave visit=V1");
	adt(s, P, "2026-11-01T10:00", "action=transfer visit=V1 location=B^1");
	adt(s, P, "2026-11-01T11:00", "action=cancel-leave visit=V1");
	assert_string_equal(WHERE(s, "1001"), "B 1 ");
	adt(s, P, "2026-11-01T12:00", "action=cancel-transfer visit=V1");
	assert_string_equal(WHERE(s, "1001"), "A 1 ");
	assert_slice(fact_get(PAGE(s, "1001")->visit->fact, FF_STATUS), "in-progress");
	both_agree(s);
	story_free(s);
}

/* What happened earlier and arrives later changes nothing that came after it. */
static void test_late_events(void **state)
{
	struct story *s = story_new();
	adt(s, P, "2026-11-01T10:00", "action=discharge visit=V1 class=inpatient");
	adt(s, P, "2026-11-01T08:00", "action=admit visit=V1 class=inpatient location=3W^12^A");
	assert_string_equal(WHERE(s, "1001"), "");
	adt(s, P, "2026-11-01T09:00", "action=transfer visit=V1 location=ICU^2^B");
	assert_string_equal(WHERE(s, "1001"), "");
	adt(s, P, "2026-11-01T11:00", "action=cancel-discharge visit=V1");
	assert_string_equal(WHERE(s, "1001"), "ICU 2 B"); /* the transfer counts although it came last but one */
	/* the cancel of a transfer arrives before the transfer */
	adt(s, P, "2026-11-01T12:10", "action=cancel-transfer visit=V1");
	adt(s, P, "2026-11-01T12:00", "action=transfer visit=V1 location=5S^5^E");
	assert_string_equal(WHERE(s, "1001"), "ICU 2 B");
	/* EVN to the minute, MSH-7 to the second: two in one minute stay in order */
	tell(s, "ADT^A02 EHR@HOSP 2026-11-01T13:00:40 | " P " | visit action=transfer visit=V1 location=7N^1 time=2026-11-01T13:00");
	tell(s, "ADT^A02 EHR@HOSP 2026-11-01T13:00:10 | " P " | visit action=transfer visit=V1 location=6N^1 time=2026-11-01T13:00");
	assert_string_equal(WHERE(s, "1001"), "7N 1 ");
	both_agree(s);
	story_free(s);
}

/* A17: two patients, one message. */
static void test_swap(void **state)
{
	struct story *s = story_new();
	adt(s, P, "2026-11-01T08:00", "action=admit visit=V1 class=inpatient location=3W^1^A");
	adt(s, "2002@HOSP:MR", "2026-11-01T08:00", "action=admit visit=V2 class=inpatient location=3W^1^B");
	uint64_t swap = tell(s, "ADT^A17 EHR@HOSP 2026-11-01T09:00 | " P " | visit action=swap visit=V1 location=3W^1^B time=2026-11-01T09:00 | 2002@HOSP:MR | visit action=swap visit=V2 location=3W^1^A time=2026-11-01T09:00");
	assert_string_equal(WHERE(s, "1001"), "3W 1 B");
	assert_string_equal(WHERE(s, "2002"), "3W 1 A");
	assert_string_equal(where(s, "1001", swap), "3W 1 A");
	both_agree(s);
	story_free(s);
}

/* Visits without numbers, with accounts, numbers that come later, renumbered ones. */
static void test_which_visit(void **state)
{
	struct story *s = story_new();
	adt(s, P, "2026-11-01T08:00", "action=admit class=inpatient location=3W^1^A");
	adt(s, P, "2026-11-01T09:00", "action=transfer visit=V1 location=3W^2^A"); /* the open visit gets its number */
	assert_int_equal(PAGE(s, "1001")->s[CHART_VISITS].count, 1);
	adt(s, P, "2026-11-01T10:00", "action=discharge visit=V1");
	assert_string_equal(WHERE(s, "1001"), "");
	adt(s, P, "2026-11-02T08:00", "action=admit account=A7 class=inpatient location=4E^1^A");
	adt(s, P, "2026-11-02T09:00", "action=transfer account=A7 location=4E^2^A");
	assert_string_equal(WHERE(s, "1001"), "4E 2 A");
	assert_int_equal(PAGE(s, "1001")->s[CHART_VISITS].count, 2);
	adt(s, P, "2026-11-02T10:00", "action=discharge");
	assert_string_equal(WHERE(s, "1001"), "");
	/* A50: another number for the visit; events under either are its own */
	adt(s, P, "2026-11-03T08:00", "action=admit visit=V3 class=inpatient location=5S^1^A");
	tell(s, "ADT^A50 EHR@HOSP 2026-11-03T09:00 | " P " | identity action=change-visit visit=V33 other-visit=V3 time=2026-11-03T09:00");
	adt(s, P, "2026-11-03T10:00", "action=discharge visit=V33");
	assert_string_equal(WHERE(s, "1001"), "");
	assert_int_equal(PAGE(s, "1001")->s[CHART_VISITS].count, 3);
	both_agree(s);
	story_free(s);
}

/* One visit number under its authority's name, its universal id, both, or in other letters: who is discharged under one of them is not in the census under another. */
static void test_ways_to_write_a_visit(void **state)
{
	struct story *s = story_new();
	adt(s, P, "2026-11-01T08:00", "action=admit visit=V1^^^1.2.3^ISO class=inpatient location=3W^1^A"); /* the name left out */
	adt(s, P, "2026-11-01T08:30", "action=transfer visit=V1^1.2.3 location=3W^2^A");
	adt(s, P, "2026-11-01T09:00", "action=transfer visit=V1^HOSP^^1.2.3^ISO location=3W^3^A");
	adt(s, P, "2026-11-01T10:00", "action=transfer visit=V1^1.2.3 location=3W^4^A");
	adt(s, P, "2026-11-01T11:00", "action=transfer visit=V1^hosp location=3W^5^A");
	assert_string_equal(WHERE(s, "1001"), "3W 5 A");
	adt(s, P, "2026-11-01T12:00", "action=discharge visit=V1^HOSP");
	assert_string_equal(WHERE(s, "1001"), "");
	assert_int_equal(PAGE(s, "1001")->s[CHART_VISITS].count, 1);
	adt(s, P, "2026-11-02T08:00", "action=admit visit=V1^ELSEWHERE class=inpatient location=9X^1^A"); /* another house's V1 */
	assert_int_equal(PAGE(s, "1001")->s[CHART_VISITS].count, 2);
	both_agree(s);
	story_free(s);
}

/* One person is in one place: an outpatient appointment does not empty the bed; an emergency after a forgotten discharge does. */
static void test_one_place(void **state)
{
	struct story *s = story_new();
	adt(s, P, "2026-11-01T08:00", "action=admit visit=V1 class=inpatient location=3W^1^A");
	adt(s, P, "2026-11-01T09:00", "action=register visit=V2 class=outpatient location=DIALYSIS");
	assert_string_equal(WHERE(s, "1001"), "3W 1 A");
	adt(s, P, "2026-11-20T09:00", "action=register visit=V3 class=emergency location=ED^4");
	assert_string_equal(WHERE(s, "1001"), "ED 4 ");
	adt(s, P, "2026-11-20T10:00", "action=discharge visit=V3");
	assert_string_equal(WHERE(s, "1001"), "3W 1 A"); /* nobody said that V1 is over */
	adt(s, "2002@HOSP:MR", "2026-11-01T08:00", "action=register visit=V4 class=outpatient location=CLINIC^1");
	adt(s, "2002@HOSP:MR", "2026-11-01T09:00", "action=admit visit=V5 class=inpatient location=4E^1^A");
	adt(s, "2002@HOSP:MR", "2026-11-01T10:00", "action=update visit=V4 class=outpatient location=CLINIC^2");
	assert_string_equal(WHERE(s, "2002"), "4E 1 A");
	both_agree(s);
	story_free(s);
}

/* Outpatients are never discharged: without a word for a day they have gone home. Nobody's clock but the ledger's. */
static void test_outpatients_go_home(void **state)
{
	struct story *s = story_new();
	uint64_t in = adt(s, P, "2026-11-01T08:00", "action=register visit=V1 class=outpatient location=CLINIC^3");
	adt(s, "2002@HOSP:MR", "2026-11-01T08:00", "action=admit visit=V2 class=inpatient location=3W^1^A");
	adt(s, "3003@HOSP:MR", "2026-11-01T08:00", "action=register visit=V3 class=outpatient"); /* nowhere in the house */
	assert_string_equal(WHERE(s, "1001"), "CLINIC 3 ");
	assert_string_equal(WHERE(s, "3003"), "");
	s->clock += 20 * 3600 * TIME_SEC;
	adt(s, P, "2026-11-02T04:00", "action=update visit=V1 class=outpatient location=CLINIC^3"); /* still here */
	s->clock += 20 * 3600 * TIME_SEC;
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:02 | 2002@HOSP:MR | result group=FA code=K value=4.1 status=final");
	assert_string_equal(WHERE(s, "1001"), "CLINIC 3 ");
	s->clock += 20 * 3600 * TIME_SEC;
	uint64_t out = tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:02 | 2002@HOSP:MR | result group=FA code=K value=4.1 status=final");
	assert_string_equal(WHERE(s, "1001"), "");
	assert_string_equal(where(s, "1001", out), "CLINIC 3 ");
	assert_string_equal(where(s, "1001", in + 1), "CLINIC 3 ");
	assert_string_equal(WHERE(s, "2002"), "3W 1 A");
	both_agree(s);
	story_free(s);
}

/* PV1 of a result moves nobody; where nothing else is known it is where the patient was last heard of, in words. */
static void test_mentions(void **state)
{
	struct story *s = story_new();
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:00 | " P " | patient action=mention name=SMITH^JOHN | visit action=mention visit=V1 class=inpatient location=3W^9^A | result group=F code=K value=4 status=final");
	assert_string_equal(WHERE(s, "1001"), "");
	assert_non_null(memmem(PAGE(s, "1001")->place.text.p, PAGE(s, "1001")->place.text.n, "3W 9 A", 6));
	adt(s, P, "2026-11-01T09:00", "action=admit visit=V1 class=inpatient location=ICU^1");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T10:00 | " P " | visit action=mention visit=V1 location=3W^9^A | result group=F code=K value=4 status=final");
	assert_string_equal(WHERE(s, "1001"), "ICU 1 ");
	assert_int_equal(PAGE(s, "1001")->place.text.n, 0);
	both_agree(s);
	story_free(s);
}

/* FHIR Encounters: status says what is. */
static void test_encounters(void **state)
{
	struct story *s = story_new();
	s->source = "fhir/ehr";
	tell(s, "Bundle/transaction fhir:ehr - | " P " | patient name=SMITH^JOHN | visit id=Encounter/1 visit=E1 class=inpatient status=in-progress location=3W^1^A start=2026-11-01 | visit id=Encounter/0 visit=E0 class=inpatient status=finished start=2020-01-01 end=2020-01-05");
	assert_string_equal(WHERE(s, "1001"), "3W 1 A");
	assert_int_equal(PAGE(s, "1001")->s[CHART_VISITS].count, 2);
	tell(s, "Encounter fhir:ehr - | " P " | visit id=Encounter/1 visit=E1 status=finished end=2026-11-03");
	assert_string_equal(WHERE(s, "1001"), "");
	both_agree(s);
	story_free(s);
}

/* Rows in order of unit, room and bed as people count; units with their beds from master files. */
static void test_board(void **state)
{
	struct story *s = story_new();
	char who[40], visit[120];
	for (int i = 0; i < 12; i++) {
		snprintf(who, sizeof who, "%d@HOSP:MR", 5000 + i);
		snprintf(visit, sizeof visit, "action=admit visit=W%d class=inpatient location=%s^%d^A^HOSP", i, i % 2 ? "3W" : "4E", 12 - i);
		adt(s, who, "2026-11-01T08:00", visit);
	}
	tell(s, "MFN^M05 EHR@HOSP 2026-11-01T09:00 | - | location location=3W^1^A^HOSP | location location=3W^2^A^HOSP | location location=3W^3^A^HOSP active=no | location location=9X^1^A^HOSP");
	struct chart_row *rows;
	struct chart_unit *u;
	size_t n;
	OK(chart_census(s->sql, STORY_NOW, SLICE("3W"), s->a, &rows, &n, e));
	assert_int_equal(n, 6);
	for (int64_t last = 0; rows; rows = rows->next) {
		int64_t room;
		assert_slice(rows->place.unit, "3W");
		assert_int_equal(num_i64(rows->place.room, 0, 100, &room), 0);
		assert_true(room > last); /* 2 before 10 */
		last = room;
	}
	OK(chart_units(s->sql, STORY_NOW, s->a, &u, e));
	assert_slice(u->unit, "3W");
	assert_int_equal(u->patients, 6);
	assert_int_equal(u->beds, 2);
	assert_slice(u->next->unit, "4E");
	assert_int_equal(u->next->beds, 0);
	assert_slice(u->next->next->unit, "9X");
	assert_int_equal(u->next->next->patients, 0);
	both_agree(s);
	story_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days_of_a_patient), cmocka_unit_test(test_cancels), cmocka_unit_test(test_cancel_of_the_first_event), cmocka_unit_test(test_cancel_of_what_was_said_twice), cmocka_unit_test(test_cancel_below), cmocka_unit_test(test_late_events), cmocka_unit_test(test_swap), cmocka_unit_test(test_which_visit), cmocka_unit_test(test_ways_to_write_a_visit),
		cmocka_unit_test(test_one_place), cmocka_unit_test(test_outpatients_go_home), cmocka_unit_test(test_mentions), cmocka_unit_test(test_encounters), cmocka_unit_test(test_board),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
