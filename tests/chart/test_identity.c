/* Rule 4: identity events are exact and reversible. A fact hangs on the identifier it was sent under; a person is a set of identifiers as of an entry. */
#include "story.h"

#define A "1001@HOSP:MR"
#define B "2002@HOSP:MR"
#define C "3003@HOSP:MR"

static void two(struct story *s)
{
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:00 | " A " | patient name=SMITH^JOHN birth=1957-03-12 sex=male | visit action=admit visit=VA class=inpatient location=3W^12^A time=2026-11-01T08:00");
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:01 | " B " | patient name=SMYTHE^JACK birth=1957-03-12 sex=male telecom=phone^555 | visit action=admit visit=VB class=inpatient location=4E^1^B time=2026-11-01T08:01");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:02 | " A " | result group=FA code=K value=4.1 status=final");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:03 | " B " | result group=FB code=NA value=140 status=final");
}

static void merge(struct story *s, const char *survivor, const char *other, const char *time)
{
	char text[300];
	snprintf(text, sizeof text, "ADT^A40 EHR@HOSP %s | %s | identity action=merge other=%s time=%s", time, survivor, other, time);
	tell(s, text);
}

static bool same_person(struct story *s, const char *a, const char *b)
{
	return !strcmp(PAGE(s, a)->id, PAGE(s, b)->id);
}

static void test_merge(void **state)
{
	struct story *s = story_new();
	two(s);
	char own[32];
	snprintf(own, sizeof own, "%s", PAGE(s, "2002")->id);
	merge(s, A, "2002^HOSP^MR", "2026-11-01T09:00");
	struct chart_patient *p = PAGE(s, "1001"), *q = PAGE(s, "2002");
	assert_string_equal(p->id, q->id);
	assert_string_equal(q->replaced_by, p->id);
	assert_string_equal(p->replaced_by, "");
	assert_int_equal(p->replaces_count, 1);
	assert_string_equal(p->replaces[0], own);
	assert_non_null(item(p, CHART_RESULTS, "K"));
	assert_non_null(item(p, CHART_RESULTS, "NA"));
	/* the survivor's words about the person come first, and what only the other said stays */
	assert_slice(fact_part(fact_get(p->demographics->fact, FF_NAME), FN_FAMILY), "SMITH");
	assert_slice(fact_get(p->demographics->fact, FF_TELECOM), "phone\x1f" "555");
	assert_slice(p->idents[0].value, "1001");
	assert_slice(p->idents[1].value, "2002");
	/* one person, one place: the last one said */
	assert_string_equal(WHERE(s, "1001"), "4E 1 B");
	struct chart_row *rows;
	size_t present;
	OK(chart_census(s->sql, STORY_NOW, SLICE_NULL, s->a, &rows, &present, e));
	assert_int_equal(present, 1);
	assert_int_equal(chart_person_count(s->sql), 1);
	/* what comes under the old number afterwards is the survivor's */
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T09:03 | " B " | patient action=mention name=SMYTHE^JACK | result group=FC code=CL value=100 status=final");
	assert_non_null(item(PAGE(s, "1001"), CHART_RESULTS, "CL"));
	assert_slice(fact_part(fact_get(PAGE(s, "1001")->demographics->fact, FF_NAME), FN_FAMILY), "SMITH");
	/* and before the merge they were two */
	assert_null(item(page(s, "1001", 4), CHART_RESULTS, "NA"));
	assert_string_equal(where(s, "1001", 4), "3W 12 A");
	assert_string_equal(where(s, "2002", 4), "4E 1 B");
	both_agree(s);
	story_free(s);
}

/* A into B, B into C; then X into A, which is a name for C now. */
static void test_chain(void **state)
{
	struct story *s = story_new();
	two(s);
	tell(s, "ADT^A04 EHR@HOSP 2026-11-01T08:10 | " C " | patient name=THIRD^T");
	tell(s, "ADT^A04 EHR@HOSP 2026-11-01T08:10 | 4004@HOSP:MR | patient name=FOURTH^T");
	merge(s, B, "1001^HOSP^MR", "2026-11-01T09:00");
	merge(s, C, "2002^HOSP^MR", "2026-11-01T09:01");
	merge(s, A, "4004^HOSP^MR", "2026-11-01T09:02");
	static const char *const all[] = {"1001", "2002", "3003", "4004"};
	for (size_t i = 0; i < 4; i++) {
		struct chart_patient *p = PAGE(s, all[i]);
		assert_slice(p->idents[0].value, "3003");
		assert_non_null(item(p, CHART_RESULTS, "K"));
		assert_non_null(item(p, CHART_RESULTS, "NA"));
	}
	assert_int_equal(chart_person_count(s->sql), 1);
	/* out of the middle again: A and what was merged into A go, in one piece */
	tell_json(s, KIND_IDENTITY, "{\"op\":\"unmerge\",\"of\":\"1001@HOSP\",\"from\":\"2002@HOSP\"}");
	assert_true(same_person(s, "1001", "4004"));
	assert_true(same_person(s, "2002", "3003"));
	assert_false(same_person(s, "1001", "3003"));
	assert_slice(PAGE(s, "4004")->idents[0].value, "1001");
	both_agree(s);
	story_free(s);
}

/* Crossed: A into B, later B into A: A is the record now. An older message that arrives later does not turn it round again. */
static void test_crossed(void **state)
{
	struct story *s = story_new();
	two(s);
	merge(s, B, "1001^HOSP^MR", "2026-11-01T09:00");
	assert_slice(PAGE(s, "1001")->idents[0].value, "2002");
	merge(s, A, "2002^HOSP^MR", "2026-11-01T10:00");
	assert_slice(PAGE(s, "2002")->idents[0].value, "1001");
	assert_slice(fact_part(fact_get(PAGE(s, "2002")->demographics->fact, FF_NAME), FN_FAMILY), "SMITH");
	merge(s, B, "1001^HOSP^MR", "2026-11-01T09:00"); /* sent once more */
	assert_slice(PAGE(s, "2002")->idents[0].value, "1001");
	tell_json(s, KIND_IDENTITY, "{\"op\":\"unmerge\",\"of\":\"2002@HOSP\",\"from\":\"1001@HOSP\"}");
	assert_false(same_person(s, "1001", "2002"));
	assert_null(item(PAGE(s, "1001"), CHART_RESULTS, "NA"));
	both_agree(s);
	story_free(s);
}

static void test_odd_merges(void **state)
{
	struct story *s = story_new();
	two(s);
	merge(s, A, "1001^HOSP^MR", "2026-11-01T09:00"); /* to itself */
	assert_false(same_person(s, "1001", "2002"));
	merge(s, A, "9009^HOSP^MR", "2026-11-01T09:00"); /* nobody has heard of it */
	assert_true(same_person(s, "1001", "9009"));
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:05 | 9009@HOSP:MR | result group=FU code=URIC value=1 status=final");
	assert_non_null(item(PAGE(s, "1001"), CHART_RESULTS, "URIC"));
	merge(s, A, "2002", "2026-11-01T09:00"); /* MRG-1 without assigner */
	assert_true(same_person(s, "1001", "2002"));
	merge(s, A, "2002", "2026-11-01T09:00"); /* again */
	assert_int_equal(PAGE(s, "1001")->replaces_count, 2);
	both_agree(s);
	story_free(s);
}

/* The merge arrives before anything about either. */
static void test_merge_first(void **state)
{
	struct story *s = story_new();
	merge(s, A, "2002^HOSP^MR", "2026-11-01T09:00");
	two(s);
	assert_true(same_person(s, "1001", "2002"));
	assert_non_null(item(PAGE(s, "1001"), CHART_RESULTS, "NA"));
	assert_slice(fact_part(fact_get(PAGE(s, "1001")->demographics->fact, FF_NAME), FN_FAMILY), "SMITH");
	both_agree(s);
	story_free(s);
}

static void test_unmerge_review(void **state)
{
	struct story *s = story_new();
	two(s);
	s->clock += 7200 * TIME_SEC; /* what is sent is older than its receipt */
	merge(s, A, "2002^HOSP^MR", "2026-11-01T09:00");
	uint64_t between = tell(s, "ORU^R01 LAB@HOSP 2026-11-01T09:30 | " A " | result group=FX code=TSH value=2 status=final");
	tell_json(s, KIND_IDENTITY, "{\"op\":\"unmerge\",\"of\":\"2002@HOSP\",\"from\":\"1001@HOSP\",\"reason\":\"two people\",\"by\":\"reg\"}");
	struct chart_patient *p = PAGE(s, "1001"), *q = PAGE(s, "2002");
	assert_non_null(item(p, CHART_RESULTS, "TSH")); /* what came under the survivor stays there */
	assert_null(item(q, CHART_RESULTS, "TSH"));
	assert_null(item(p, CHART_RESULTS, "NA"));
	assert_non_null(item(q, CHART_RESULTS, "NA"));
	assert_string_equal(WHERE(s, "1001"), "3W 12 A");
	assert_string_equal(WHERE(s, "2002"), "4E 1 B");
	char want[32];
	snprintf(want, sizeof want, "#%llu", (unsigned long long)between);
	for (int i = 0; i < 2; i++) {
		const struct chart_review *r = (i ? q : p)->review;
		while (r && strcmp(r->what, "unmerged"))
			r = r->next;
		assert_non_null(r);
		assert_non_null(memmem(r->text.p, r->text.n, want, strlen(want)));
	}
	assert_int_equal(chart_person_count(s->sql), 2);
	/* as of the time in between they are still one */
	assert_string_equal(page(s, "1001", between + 1)->id, page(s, "2002", between + 1)->id);
	/* the same merge message again, or numbers sent together, do not undo what a person decided */
	merge(s, A, "2002^HOSP^MR", "2026-11-01T09:00");
	assert_false(same_person(s, "1001", "2002"));
	assert_true(has_review(PAGE(s, "2002"), "old-merge"));
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T09:40 | " A " +" B " | result group=FY code=CK value=2 status=final");
	assert_false(same_person(s, "1001", "2002"));
	/* a new decision does */
	tell_json(s, KIND_IDENTITY, "{\"op\":\"merge\",\"of\":\"2002@HOSP\",\"into\":\"1001@HOSP\"}");
	assert_true(same_person(s, "1001", "2002"));
	/* asked for what is not merged */
	tell_json(s, KIND_IDENTITY, "{\"op\":\"unmerge\",\"of\":\"2002@HOSP\",\"from\":\"1001@HOSP\"}");
	tell_json(s, KIND_IDENTITY, "{\"op\":\"unmerge\",\"of\":\"2002@HOSP\",\"from\":\"1001@HOSP\"}");
	assert_true(has_review(PAGE(s, "1001"), "not-merged"));
	both_agree(s);
	story_free(s);
}

/* What was said to be one by another of its numbers goes whole; and two that a person took apart stay apart even where everything known of them is the same. */
static void test_unmerge_by_other_number(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:00 | " A " | patient name=SMITH^JOHN birth=1957-03-12 sex=male");
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:01 | " B " +E2@EPIC:EPI | patient name=SMITH^JOHN birth=1957-03-12 sex=male");
	merge(s, A, "E2^EPIC^EPI", "2026-11-01T08:02");
	assert_true(same_person(s, "1001", "2002"));
	s->clock += 7200 * TIME_SEC;
	tell_json(s, KIND_IDENTITY, "{\"op\":\"unmerge\",\"of\":\"E2@EPIC\",\"from\":\"1001@HOSP\"}");
	assert_false(same_person(s, "1001", "2002"));
	assert_true(same_person(s, "E2@EPIC", "2002"));
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T12:00 | " A " +" B " | patient action=mention name=SMITH^JOHN birth=1957-03-12 | result group=FY code=CK value=2 status=final");
	assert_false(same_person(s, "1001", "2002"));
	assert_true(has_review(PAGE(s, "1001"), "number-conflict"));
	both_agree(s);
	story_free(s);
}

static void test_links(void **state)
{
	struct story *s = story_new();
	two(s);
	tell(s, "ADT^A24 EHR@HOSP 2026-11-01T09:00 | " A " | identity action=link other=2002^HOSP^MR time=2026-11-01T09:00");
	assert_true(same_person(s, "1001", "2002"));
	tell(s, "ADT^A37 EHR@HOSP 2026-11-01T08:59 | " A " | identity action=unlink other=2002^HOSP^MR time=2026-11-01T08:59"); /* older than the link: late */
	assert_true(same_person(s, "1001", "2002"));
	tell(s, "ADT^A37 EHR@HOSP 2026-11-01T10:00 | " A " | identity action=unlink other=2002^HOSP^MR time=2026-11-01T10:00");
	assert_false(same_person(s, "1001", "2002"));
	both_agree(s);
	story_free(s);
}

static void test_change_and_move_of_numbers(void **state)
{
	struct story *s = story_new();
	two(s);
	tell(s, "ADT^A47 EHR@HOSP 2026-11-01T09:00 | 7007@HOSP:MR | patient name=SMITH^JOHN birth=1957-03-12 | identity action=change-id other=1001^HOSP^MR");
	assert_slice(PAGE(s, "1001")->idents[0].value, "7007");
	assert_non_null(item(PAGE(s, "7007"), CHART_RESULTS, "K"));
	assert_string_equal(WHERE(s, "7007"), "3W 12 A");
	/* A43: one number, with what hangs on it, goes to another person; the rest stays */
	tell(s, "ADT^A43 EHR@HOSP 2026-11-01T09:10 | " B " | identity action=move-id other=1001^HOSP^MR");
	assert_true(same_person(s, "1001", "2002"));
	assert_false(same_person(s, "7007", "2002"));
	assert_null(item(PAGE(s, "7007"), CHART_RESULTS, "K"));
	assert_non_null(item(PAGE(s, "2002"), CHART_RESULTS, "K"));
	both_agree(s);
	story_free(s);
}

/* A45: a visit, with its results, goes to another patient, and so do those that come later under the old one; the other visits stay. And back. */
static void test_move_visit(void **state)
{
	struct story *s = story_new();
	two(s);
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:05 | " A " | result group=FV code=HB value=9 status=final visit=VA");
	tell(s, "ADT^A45 EHR@HOSP 2026-11-01T09:00 | " B " | identity action=move-visit visit=VA other=1001^HOSP^MR");
	assert_string_equal(WHERE(s, "1001"), "");
	assert_non_null(item(PAGE(s, "2002"), CHART_RESULTS, "HB"));
	assert_null(item(PAGE(s, "1001"), CHART_RESULTS, "HB"));
	assert_non_null(item(PAGE(s, "1001"), CHART_RESULTS, "K")); /* not said to be of that visit */
	assert_int_equal(PAGE(s, "2002")->s[CHART_VISITS].count, 2);
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T09:05 | " A " | result group=FW code=PLT value=200 status=final visit=VA");
	assert_non_null(item(PAGE(s, "2002"), CHART_RESULTS, "PLT"));
	tell(s, "ADT^A02 EHR@HOSP 2026-11-01T09:06 | " A " | visit action=transfer visit=VA location=5S^5 time=2026-11-01T09:06");
	assert_string_equal(WHERE(s, "2002"), "5S 5 ");
	assert_string_equal(WHERE(s, "1001"), "");
	/* one item by its id is found where it is now */
	const struct fact_item *hb = item(PAGE(s, "2002"), CHART_RESULTS, "HB"), *found;
	struct chart_patient *p;
	OK(chart_find_item(s->sql, slice_str(hb->id), STORY_NOW, s->a, &p, &found, e));
	assert_string_equal(p->id, PAGE(s, "2002")->id);
	tell(s, "ADT^A45 EHR@HOSP 2026-11-01T10:00 | " A " | identity action=move-visit visit=VA other=2002^HOSP^MR");
	assert_non_null(item(PAGE(s, "1001"), CHART_RESULTS, "PLT"));
	assert_null(item(PAGE(s, "2002"), CHART_RESULTS, "HB"));
	assert_string_equal(WHERE(s, "1001"), "5S 5 ");
	both_agree(s);
	story_free(s);
}

/* A sender that uses a visit number twice: what is moved from one patient leaves the other's visit of that number where it is, also when both have to do with the same third. */
static void test_move_of_a_number_used_twice(void **state)
{
	struct story *s = story_new();
	two(s);
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:05 | " A " | result group=FV code=HB value=9 status=final visit=V1");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:05 | " C " | result group=FW code=PLT value=9 status=final visit=V1");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:05 | " C " | result group=FX code=TSH value=9 status=final visit=V9");
	tell(s, "ADT^A45 EHR@HOSP 2026-11-01T09:00 | " B " | identity action=move-visit visit=V9 other=3003^HOSP^MR");
	tell(s, "ADT^A45 EHR@HOSP 2026-11-01T09:01 | " B " | identity action=move-visit visit=V1 other=1001^HOSP^MR");
	assert_non_null(item(PAGE(s, "2002"), CHART_RESULTS, "HB"));
	assert_non_null(item(PAGE(s, "2002"), CHART_RESULTS, "TSH"));
	assert_null(item(PAGE(s, "2002"), CHART_RESULTS, "PLT"));
	assert_non_null(item(PAGE(s, "3003"), CHART_RESULTS, "PLT"));
	both_agree(s);
	story_free(s);
}

static void test_move_account(void **state)
{
	struct story *s = story_new();
	two(s);
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:05 | " A " | patient name=SMITH^JOHN account=ACC1 language=en | visit action=update visit=VA account=ACC1");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:06 | " A " | result group=FV code=HB value=9 status=final visit=VA");
	tell(s, "ADT^A44 EHR@HOSP 2026-11-01T09:00 | " B " | identity action=move-account account=ACC1 other=1001^HOSP^MR");
	assert_non_null(item(PAGE(s, "2002"), CHART_RESULTS, "HB")); /* of a visit on that account */
	assert_null(item(PAGE(s, "1001"), CHART_RESULTS, "HB"));
	assert_slice(fact_part(fact_get(PAGE(s, "1001")->demographics->fact, FF_NAME), FN_FAMILY), "SMITH"); /* PID-18 does not take the person along */
	assert_int_equal(PAGE(s, "2002")->demographics->entry, 1);
	assert_int_equal(PAGE(s, "1001")->demographics->entry, 4);
	both_agree(s);
	story_free(s);
}

/* PID-3 repeats: two numbers of one patient. */
static void test_numbers_together(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:00 | " A " +E1@EPIC:EPI +111-22-3333@SSA:SS +ACC9@HOSP:AN | patient name=SMITH^JOHN birth=1957-03-12 sex=male");
	tell(s, "ORU^R01 REF@LAB 2026-11-01T08:01 | E1@EPIC:EPI | result group=F code=K value=4 status=final");
	assert_non_null(item(PAGE(s, "1001"), CHART_RESULTS, "K"));
	assert_string_equal(PAGE(s, "111-22-3333")->id, PAGE(s, "1001")->id); /* findable ... */
	/* ... but never a reason to join: the same social security number or account with another record number is another person until somebody says so */
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:02 | " B " +111-22-3333@SSA:SS +ACC9@HOSP:AN | patient name=SMITH^JOHN birth=1957-03-12 sex=male");
	assert_false(same_person(s, "1001", "2002"));
	/* the enterprise's number again with somebody else's data: not joined, both marked */
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:03 | " C " +E1@EPIC:EPI | patient name=GARCIA^MARIA birth=1990-01-01 sex=female");
	assert_false(same_person(s, "1001", "3003"));
	assert_true(has_review(PAGE(s, "1001"), "number-conflict"));
	assert_true(has_review(PAGE(s, "3003"), "number-conflict"));
	/* twins: birth date and family name the same, the given name is not */
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:04 | 5005@HOSP:MR +E1@EPIC:EPI | patient name=SMITH^PETER birth=1957-03-12 sex=male");
	assert_false(same_person(s, "1001", "5005"));
	/* everything the same but the birth date */
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:04 | 6006@HOSP:MR +E1@EPIC:EPI | patient name=SMITH^JOHN birth=1987-03-12 sex=male");
	assert_false(same_person(s, "1001", "6006"));
	/* the same person's data under another hospital's number: joined */
	tell(s, "ADT^A01 EHR@WEST 2026-11-01T08:05 | 77@WEST:MR +E1@EPIC:EPI | patient name=Smith^John birth=1957-03-12 sex=male");
	assert_true(same_person(s, "1001", "77@WEST"));
	both_agree(s);
	story_free(s);
}

/* The same number from two assigners is two people; from one feed without an assigner it is the one whose data fit. */
static void test_assigners(void **state)
{
	struct story *s = story_new();
	struct chart_patient *p;
	struct err bad = {0};
	struct buf ids;
	buf_init(&ids, 1000);
	tell(s, "ADT^A01 EHR@EAST 2026-11-01T08:00 | 500@EAST:MR | patient name=SMITH^JOHN birth=1957-03-12 sex=male");
	tell(s, "ADT^A01 EHR@WEST 2026-11-01T08:00 | 500@WEST:MR | patient name=DIAZ^ANA birth=1980-05-05 sex=female");
	assert_int_equal(chart_patient(s->sql, SLICE("500"), STORY_NOW, s->a, &p, &ids, &bad), ERR_EXISTS);
	assert_string_equal(buf_cstr(&ids), "p0\np1");
	assert_slice(fact_part(fact_get(PAGE(s, "500@WEST")->demographics->fact, FF_NAME), FN_FAMILY), "DIAZ");
	tell(s, "ORU^R01 LAB@X 2026-11-01T08:01 | 500 | patient action=mention name=DIAZ^ANA | result group=F code=K value=4 status=final"); /* no birth date: not sure */
	assert_null(item(PAGE(s, "500@WEST"), CHART_RESULTS, "K"));
	tell(s, "ORU^R01 LAB@X 2026-11-01T08:02 | 500 | patient action=mention name=DIAZ^ANA birth=1980-05-05 | result group=G code=NA value=140 status=final");
	assert_non_null(item(PAGE(s, "500@WEST"), CHART_RESULTS, "K"));
	assert_non_null(item(PAGE(s, "500@WEST"), CHART_RESULTS, "NA"));
	assert_null(item(PAGE(s, "500@EAST"), CHART_RESULTS, "K"));
	assert_slice(PAGE(s, "500@WEST")->idents[0].assigner, "WEST");
	both_agree(s);
	buf_done(&ids);
	story_free(s);
}

/* Training data (MSH-11 T, D) is stored, shown as such, and never mixed with anybody real of that number. */
static void test_training(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:00 T | " A " | patient name=TEST^PATIENT | visit action=admit visit=VT class=inpatient location=3W^1 time=2026-11-01T08:00 | allergy action=snapshot code=X^Nonsense");
	assert_true(PAGE(s, "1001")->test);
	two(s);
	struct chart_patient *p = PAGE(s, "1001");
	assert_false(p->test);
	assert_int_equal(p->s[CHART_ALLERGIES].state, FHIR_NOT_RECEIVED);
	assert_int_equal(chart_person_count(s->sql), 3);
	merge(s, B, "1001^HOSP^MR", "2026-11-01T09:00"); /* a real merge takes the real one */
	assert_true(same_person(s, "1001", "2002"));
	assert_int_equal(PAGE(s, "2002")->s[CHART_ALLERGIES].state, FHIR_NOT_RECEIVED);
	assert_true(PAGE(s, "p0")->test);
	both_agree(s);
	story_free(s);
}

/* A29, a reused control id, a quarantined entry: said on the chart they concern. */
static void test_marks(void **state)
{
	struct story *s = story_new();
	two(s);
	tell(s, "ADT^A29 EHR@HOSP 2026-11-01T09:00 | " A " | identity action=delete");
	assert_true(has_review(PAGE(s, "1001"), "deleted-by-sender"));
	assert_non_null(item(PAGE(s, "1001"), CHART_RESULTS, "K")); /* kept */
	s->flags = LEAF_FLAG_ID_REUSED;
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:05 | " B " | result group=FV code=HB value=9 status=final");
	s->flags = 0;
	assert_true(has_review(PAGE(s, "2002"), "control-id-reused"));
	assert_false(PAGE(s, "2002")->incomplete);
	tell_json(s, KIND_QUARANTINE, "{\"what\":\"quarantine\",\"entry\":4,\"patient\":\"2002@HOSP\",\"reason\":\"x\"}");
	assert_true(PAGE(s, "2002")->incomplete);
	assert_true(PAGE(s, "2002")->s[CHART_ALLERGIES].incomplete); /* nobody knows what was in it */
	assert_true(has_review(PAGE(s, "2002"), "quarantine"));
	assert_false(PAGE(s, "1001")->incomplete);
	/* an identity entry that is no JSON is kept as an event and changes nothing */
	tell_json(s, KIND_IDENTITY, "{\"op\":\"merge\",\"of\":");
	assert_false(same_person(s, "1001", "2002"));
	both_agree(s);
	story_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge), cmocka_unit_test(test_chain), cmocka_unit_test(test_crossed), cmocka_unit_test(test_odd_merges), cmocka_unit_test(test_merge_first), cmocka_unit_test(test_unmerge_review), cmocka_unit_test(test_unmerge_by_other_number),
		cmocka_unit_test(test_links), cmocka_unit_test(test_change_and_move_of_numbers), cmocka_unit_test(test_move_visit), cmocka_unit_test(test_move_of_a_number_used_twice), cmocka_unit_test(test_move_account), cmocka_unit_test(test_numbers_together),
		cmocka_unit_test(test_assigners), cmocka_unit_test(test_training), cmocka_unit_test(test_marks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
