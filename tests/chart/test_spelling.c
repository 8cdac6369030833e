/* One assigning authority in several spellings: one person, while and only while the set of statements says that it is one. */
#include "story.h"

#define SMITH "| patient name=SMITH^JOHN birth=1957-03-12 sex=male"
#define OID "urn:oid:1.2.3"

static bool same_person(struct story *s, const char *a, const char *b, uint64_t end)
{
	return !strcmp(page(s, a, end)->id, page(s, b, end)->id);
}

static bool lies_in(struct story *s, const char *id, const char *unit)
{
	return slice_eq_str(PAGE(s, id)->place.unit, unit);
}

static size_t persons(struct story *s)
{
	assert_int_equal(chart_person_count(s->sql), chart_person_count(s->mem));
	return (size_t)chart_person_count(s->sql);
}

/* By name, by OID and by both, in each order; the statement may come first, between and last. */
static void test_any_order(void **state)
{
	static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	for (int o = 0; o < 6; o++) {
		struct story *s = story_new();
		for (int k = 0; k < 3; k++)
			switch (orders[o][k]) {
			case 0: tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:00 | 1001@GAB:MR " SMITH " | allergy action=add code=A1^One"); break;
			case 1: {
				/* an OID has colons: the little language cannot say it */
				struct told *t = story_keep(s);
				t->f = story_facts(s->a, "ORU^R01 LAB@HOSP 2026-11-01T08:01 | 1001@X:MR | patient action=mention name=SMITH^JOHN birth=1957-03-12 sex=male | result group=F1 code=K value=4.1 status=final");
				t->f->first->id.assigner = SLICE(OID);
				story_apply(s->sql, t);
				story_apply(s->mem, t);
				story_commit(s);
				break;
			}
			default: tell(s, "ADT^A08 REG@HOSP 2026-11-01T08:02 ~GAB=" OID " | 5555@GAB:MR | patient name=OTHER^ONE birth=1960-01-01");
			}
		assert_true(same_person(s, "1001@GAB", "1001@" OID, s->n));
		assert_int_equal(persons(s), 2);
		assert_non_null(item(PAGE(s, "1001@GAB"), CHART_RESULTS, "K"));
		assert_int_equal(PAGE(s, "1001@GAB")->ident_count, 2); /* both as they were sent */
		assert_int_equal(PAGE(s, "1001")->lookalikes, 0);
		if (orders[o][2] == 2) /* before anybody said so they were two */
			assert_false(same_person(s, "1001@GAB", "1001@" OID, 2));
		both_agree(s);
		story_free(s);
	}
}

static void test_case_and_form(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:00 | 1001@GAB:MR " SMITH);
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:01 | 1001@gab:MR | result group=F1 code=K value=4.1 status=final");
	assert_int_equal(persons(s), 1);
	assert_non_null(item(PAGE(s, "1001@GAB"), CHART_RESULTS, "K"));
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:00 | 2002@1.2.3:MR | patient name=OTHER^ONE birth=1960-01-01");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:00 ~X=" OID " | 2002@X:MR | patient name=OTHER^ONE birth=1960-01-01");
	assert_int_equal(persons(s), 2); /* an OID with and without urn:oid: is one */
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:00 | 1001@GAC:MR " SMITH); /* another name is another authority */
	assert_int_equal(persons(s), 3);
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:00 | 00@GAB:MR " SMITH);
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:00 | 00@gab:MR " SMITH); /* that is no number */
	assert_int_equal(persons(s), 5);
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:00 | 77@GAB:VN " SMITH);
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:00 | 77@gab:VN " SMITH); /* and that names a visit */
	assert_int_equal(persons(s), 7);
	both_agree(s);
	story_free(s);
}

/* The same number and authority, but two people: shown apart, and somebody looks. */
static void test_people_who_differ(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:00 | 1001@GAB:MR " SMITH);
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:01 | 1001@gab:MR | patient name=MEIER^ANNA birth=1990-01-01 sex=female");
	assert_int_equal(persons(s), 2);
	assert_true(has_review(PAGE(s, "1001@GAB"), "number-conflict") && has_review(PAGE(s, "1001@gab"), "number-conflict"));
	/* a third spelling, of whom nothing is said: nobody knows which of the two */
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:02 | 1001@Gab:MR | result group=F1 code=K value=4.1 status=final");
	assert_int_equal(persons(s), 3);
	/* until it is said */
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:03 | 1001@Gab:MR | patient action=mention name=MEIER^ANNA birth=1990-01-01 | result group=F1 code=K value=4.1 status=final");
	assert_int_equal(persons(s), 2);
	assert_true(same_person(s, "1001@gab", "1001@Gab", s->n));
	both_agree(s);
	story_free(s);
}

static void test_contradiction(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:00 ~GAB=1.2.3 | 1001@GAB:MR " SMITH " | visit action=admit visit=V1 class=inpatient location=3W^12^A time=2026-11-01T08:00");
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:01 | 1001@1.2.3:MR " SMITH " | visit action=admit visit=V2 class=inpatient location=4E^1^B time=2026-11-01T08:01");
	assert_int_equal(persons(s), 1);
	assert_true(lies_in(s, "1001@GAB", "4E") && lies_in(s, "1001@1.2.3", "4E"));
	uint64_t before = s->n;
	/* training data says nothing about the house */
	tell(s, "ADT^A08 REG@HOSP 2026-11-01T08:02 ~GAB=4.5.6 T | 5555@GAB:MR | patient name=TRAINING^DAY");
	assert_true(same_person(s, "1001@GAB", "1001@1.2.3", s->n));
	tell(s, "ADT^A08 REG@HOSP 2026-11-01T08:02 ~GAB=4.5.6 | 5555@GAB:MR | patient name=OTHER^ONE");
	assert_false(same_person(s, "1001@GAB", "1001@1.2.3", s->n));
	assert_true(same_person(s, "1001@GAB", "1001@1.2.3", before));
	assert_true(lies_in(s, "1001@GAB", "3W") && lies_in(s, "1001@1.2.3", "4E"));
	assert_true(has_review(PAGE(s, "1001@GAB"), "authority-doubted") && has_review(PAGE(s, "1001@1.2.3"), "authority-doubted"));
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:03 ~GAB=1.2.3 | 1001@GAB:MR " SMITH); /* said again: doubted it stays */
	assert_false(same_person(s, "1001@GAB", "1001@1.2.3", s->n));
	both_agree(s);
	story_free(s);
}

/* GAB is 1.2.3 and gab is 4.5.6: then the case counts. */
static void test_case_that_counts(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:00 ~GAB=1.2.3 | 1001@GAB:MR " SMITH);
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:00 | 1001@gab:MR " SMITH);
	assert_int_equal(persons(s), 1);
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:00 ~gab=4.5.6 | 7777@gab:MR | patient name=OTHER^ONE");
	assert_false(same_person(s, "1001@GAB", "1001@gab", s->n));
	both_agree(s);
	story_free(s);
}

/* A merge in another spelling than the patient is known by takes the patient, and is undone in either. */
static void test_merge_in_another_spelling(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:00 ~GAB=1.2.3 | 1001@GAB:MR " SMITH);
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:01 | 2002@GAB:MR | patient name=SMYTHE^JACK birth=1957-03-13 sex=male");
	tell(s, "ADT^A40 EHR@HOSP 2026-11-01T09:00 | 1001@GAB:MR | identity action=merge other=2002^1.2.3^MR time=2026-11-01T09:00");
	assert_int_equal(persons(s), 1);
	assert_true(same_person(s, "1001@GAB", "2002@GAB", s->n));
	tell_json(s, KIND_IDENTITY, "{\"op\":\"unmerge\",\"of\":\"2002@1.2.3\",\"from\":\"1001@GAB\"}");
	assert_false(same_person(s, "1001@GAB", "2002@GAB", s->n));
	assert_true(same_person(s, "2002@1.2.3", "2002@GAB", s->n));
	/* A43 of a number takes it along in all its spellings */
	tell(s, "ADT^A43 EHR@HOSP 2026-11-01T10:00 | 1001@GAB:MR | identity action=move-id other=2002^GAB^MR time=2026-11-01T10:00");
	assert_int_equal(persons(s), 1);
	both_agree(s);
	story_free(s);
}

/* What was said of the persons stays, when only the authority is doubted: each spelling has what was said of it, as if the two had never been one. */
static void told_of_persons(struct story *s, bool joined)
{
	tell(s, joined ? "ADT^A08 REG@HOSP 2026-11-01T07:00 ~GAB=1.2.3 | 9@GAB:MR" : "ADT^A08 REG@HOSP 2026-11-01T07:00 | 9@GAB:MR");
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:00 | 1001@GAB:MR " SMITH " | visit action=admit visit=V1 class=inpatient location=3W^12^A time=2026-11-01T08:00");
	tell(s, "ORU^R01 EHR@HOSP 2026-11-01T08:01 | 1001@1.2.3:MR " SMITH " | result group=FA code=K value=4.1 status=final");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:02 | 2002@1.2.3:MR | patient name=SMYTHE^JACK");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:02 | 2002@GAB:MR | patient name=SMYTHE^JACK");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:02 | 3003@GAB:MR | patient name=SMITH^JOHN birth=1957-03-12 sex=male");
	tell(s, "ADT^A40 EHR@HOSP 2026-11-01T08:03 | 3003@GAB:MR | identity action=merge other=1001^1.2.3^MR time=2026-11-01T08:03");
	tell(s, "ORU^R01 EHR@HOSP 2026-11-01T08:04 | 1001@GAB:MR | result group=FB code=NA value=140 status=final");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:05 | 2002@1.2.3:MR +E7@EPIC:EPI | patient name=SMYTHE^JACK");
	tell(s, "ADT^A40 EHR@HOSP 2026-11-01T08:06 | 2002@GAB:MR | identity action=merge other=4004^GAB^MR time=2026-11-01T08:06");
	/* a merge of the two spellings: said, so it stays */
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:07 | 6006@GAB:MR | patient name=DOE^JANE");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:07 | 6006@1.2.3:MR | patient name=DOE^JANE");
	tell(s, "ADT^A40 EHR@HOSP 2026-11-01T08:08 | 6006@GAB:MR | identity action=merge other=6006^1.2.3^MR time=2026-11-01T08:08");
	/* and so does a list that has both */
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:07 | 8008@GAB:MR | patient name=ROE^RICHARD");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:09 | 8008@1.2.3:MR | patient name=ROE^RICHARD");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:10 | E9@EPIC:EPI +8008@1.2.3:MR +8008@GAB:MR | patient name=ROE^RICHARD");
	if (joined)
		assert_true(same_person(s, "1001@GAB", "3003@GAB", s->n) && same_person(s, "2002@GAB", "2002@1.2.3", s->n));
	tell(s, joined ? "ADT^A08 REG@HOSP 2026-11-01T08:11 ~GAB=4.5.6 | 9@GAB:MR" : "ADT^A08 REG@HOSP 2026-11-01T08:11 | 9@GAB:MR");
	tell(s, "ORU^R01 EHR@HOSP 2026-11-01T08:12 | 1001@GAB:MR | result group=FC code=CL value=100 status=final");
}

static void without_review(struct buf *b)
{
	uint8_t *from = memmem(b->p, b->n, "\"review\":[", 10), *to = from ? memmem(from, b->n - (size_t)(from - b->p), "],\"sections\"", 12) : NULL;
	assert_non_null(to);
	memmove(from + 10, to, b->n - (size_t)(to - b->p));
	b->n -= (size_t)(to - from) - 10;
}

static void test_taken_apart_is_never_joined(void **state)
{
	static const char *const ids[] = {"1001@GAB", "1001@1.2.3", "2002@GAB", "2002@1.2.3", "3003@GAB", "4004@GAB", "E7@EPIC", "6006@GAB", "6006@1.2.3", "8008@GAB", "8008@1.2.3", "E9@EPIC"};
	struct story *never = story_new(), *once = story_new();
	told_of_persons(never, false);
	told_of_persons(once, true);
	assert_int_equal(persons(never), persons(once));
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		struct buf x, y;
		page_json(never, ids[i], CHART_NOW, &x);
		page_json(once, ids[i], CHART_NOW, &y);
		without_review(&x);
		without_review(&y);
		same_text(&x, &y, ids[i]);
		buf_done(&x);
		buf_done(&y);
	}
	both_agree(once);
	story_free(never);
	story_free(once);
}

/* What was stated is known again after a restart. */
static void test_restart(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:00 ~GAB=1.2.3 | 1001@GAB:MR " SMITH);
	for (int k = 0; k < 2; k++) {
		chart_close(s->sql);
		s->sql = open_sql(s->path, true);
		if (k == 0)
			tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:01 | 1001@1.2.3:MR " SMITH);
		assert_int_equal(persons(s), 1);
	}
	tell(s, "ADT^A08 REG@HOSP 2026-11-01T08:02 ~LAB=1.2.3 | 1001@GAB:MR " SMITH);
	assert_int_equal(persons(s), 2);
	both_agree(s);
	story_free(s);
}

/* A house with both spellings of everybody, and then somebody says that they are one; and then somebody else that they are not. */
static void test_many_at_once(void **state)
{
	enum { N = 120 };
	struct story *s = story_new();
	char text[300];
	for (int i = 0; i < 2 * N; i++) {
		snprintf(text, sizeof text, "ADT^A01 EHR@HOSP 2026-11-01T08:00 | %d@%s:MR | patient name=N%d^G%d birth=1957-03-12 | visit action=admit visit=V%d class=inpatient location=U%d^%d time=2026-11-01T08:00", 20000 + i / 2,
		         i % 2 ? "GAB" : "1.2.3", i / 2, i / 2, i, i % 7, i);
		tell(s, text);
	}
	assert_int_equal(persons(s), 2 * N);
	tell(s, "ADT^A08 REG@HOSP 2026-11-01T09:00 ~GAB=1.2.3 | 5@GAB:MR");
	assert_int_equal(persons(s), N + 1);
	both_agree(s);
	tell(s, "ADT^A08 REG@HOSP 2026-11-01T09:01 ~OTHER=1.2.3 | 5@GAB:MR");
	assert_int_equal(persons(s), 2 * N + 1);
	both_agree(s);
	story_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order), cmocka_unit_test(test_case_and_form), cmocka_unit_test(test_people_who_differ), cmocka_unit_test(test_contradiction), cmocka_unit_test(test_case_that_counts),
		cmocka_unit_test(test_merge_in_another_spelling), cmocka_unit_test(test_taken_apart_is_never_joined), cmocka_unit_test(test_restart), cmocka_unit_test(test_many_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
