/* What an erasure takes from charts and what it must leave: charts in use are not thinned, merges and our ids outlive it, and what is left is what a fresh view makes of the entries that remain, however it is made. */
#include "story.h"

#define FROM 0
#define TO 9 /* the entries of the old quarter */

static struct story *told_story(void)
{
	struct story *s = story_new();
	/* 0..8: the old quarter */
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:00 | 100@HOSP:MR | patient name=GONE^GESA birth=1957-03-12 sex=female | allergy action=add code=A1^X");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:01 | 200@HOSP:MR | patient name=BACK^BERTA birth=1961-01-01 sex=female | allergy action=add code=A2^X");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:02 | 301@HOSP:MR | patient name=MERGED^MIA birth=1970-05-05 sex=female | allergy action=add code=A3^X");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:03 | 302@HOSP:MR | patient name=MERGED^MIA birth=1970-05-05 sex=female");
	tell(s, "ADT^A40 EHR@HOSP 2026-11-01T08:04 | 302@HOSP:MR | identity action=merge other=301^HOSP^MR time=2026-11-01T08:04");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:05 | 400@HOSP:MR | patient name=LATER^LENA birth=1980-08-08 sex=female | allergy action=add code=A4^X");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:06 | 500@HOSP:MR +E5@EPIC:EPI | patient name=TWO^TINA birth=1990-09-09 sex=female");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:07 | 600@HOSP:MR | patient name=LATER^LEO birth=1981-08-08 sex=male | patient name=LATER^LEO");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T08:08 | 100@HOSP:MR | result group=FA code=K value=4.1 status=final");
	/* 9..: since then */
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T09:00 | 302@HOSP:MR | patient name=MERGED^MIA birth=1970-05-05 sex=female");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T09:01 | 400@HOSP:MR | patient name=LATER^LENA birth=1980-08-08 sex=female");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T09:02 | 500@HOSP:MR | result group=FB code=NA value=140 status=final");
	tell(s, "ORU^R01 LAB@HOSP 2026-11-01T09:03 | E5@EPIC:EPI | result group=FC code=CL value=100 status=final");
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T09:04 | 200@HOSP:MR | patient name=BACK^BERTA birth=1961-01-01 sex=female | visit action=admit visit=V2 class=inpatient location=3W^12^A time=2026-11-01T09:04");
	return s;
}

static bool has(const struct chart_erasing *x, uint64_t entry)
{
	for (size_t i = 0; i < x->keep_n; i++)
		if (x->keep[i] == entry)
			return true;
	return false;
}

static void ask(struct chart *c, struct arena *a, uint64_t since, struct chart_erasing *ret)
{
	struct chart_erasing_options o = {.from = FROM, .to = TO, .active_since = since};
	OK(chart_erasing(c, &o, a, ret, e));
}

/* The same story with what remains of it. */
static struct chart *without(struct story *s, struct chart *c, const struct chart_erasing *x, bool bulk)
{
	if (bulk)
		OK(chart_bulk(c, true, e));
	for (size_t i = 0; i < s->n; i++) {
		struct chart_entry en = s->v[i].en;
		struct chart_born born[8];
		en.erased = en.seq < TO && !has(x, en.seq);
		for (size_t k = 0; en.erased && k < x->born_n; k++)
			if (x->born[k].entry == en.seq)
				born[en.born_n++] = x->born[k];
		if (en.born_n) { /* by way of what stands in the ledger */
			AUTO_BUF struct buf b = {0};
			struct chart_born *back;
			buf_init(&b, 1 << 16);
			chart_born_put(&b, born, en.born_n);
			OK(chart_born_read(arena_dup(s->a, buf_slice(&b)), s->a, &back, &en.born_n, e));
			en.born = back;
		}
		OK(chart_apply(c, &en, en.erased ? NULL : s->v[i].f, en.erased ? SLICE_NULL : s->v[i].body, e));
		if (!bulk)
			OK(chart_commit(c, e));
	}
	OK(chart_commit(c, e));
	if (bulk)
		OK(chart_bulk(c, false, e));
	return c;
}

static int add_line(void *arg, struct slice line, struct err *e)
{
	buf_add_slice(arg, line);
	buf_u8(arg, '\n');
	return 0;
}

static void export(struct chart *c, struct buf *b)
{
	buf_init(b, 1 << 24);
	OK(chart_export(c, (struct chart_moment){.end = CHART_NOW}, add_line, b, e));
}

static const char *id_of(struct story *s, struct chart *c, const char *number)
{
	struct chart_patient *p;
	OK(chart_patient(c, slice_str(number), (struct chart_moment){.end = CHART_NOW}, s->a, &p, NULL, e));
	return p->id;
}

static uint32_t allergies(struct story *s, struct chart *c, const char *number)
{
	struct chart_patient *p;
	OK(chart_patient(c, slice_str(number), (struct chart_moment){.end = CHART_NOW}, s->a, &p, NULL, e));
	return p->s[CHART_ALLERGIES].count;
}

static void test_rule(void **state)
{
	struct story *s = told_story();
	struct chart_erasing x, y;
	ask(s->sql, s->a, 1000, &x);
	ask(s->mem, s->a, 1000, &y);
	assert_int_equal(x.keep_n, y.keep_n);
	assert_int_equal(x.born_n, y.born_n);
	assert_int_equal(x.persons, 6);
	assert_int_equal(x.gone, 2); /* Gesa and Leo */
	assert_int_equal(x.active, 1);
	assert_int_equal(x.inside, 1);
	assert_int_equal(x.listed_n, 1);
	assert_string_equal(x.listed[0].id, id_of(s, s->sql, "200"));
	assert_true(has(&x, 1)); /* who is in the house */
	assert_true(has(&x, 4)); /* the merge of who lives on */
	assert_true(has(&x, 6)); /* two numbers that were only ever sent together there, with results under each since */
	assert_false(has(&x, 0) || has(&x, 2) || has(&x, 3) || has(&x, 5) || has(&x, 7) || has(&x, 8));
	chart_erasing_done(&x);
	chart_erasing_done(&y);
	/* everybody of whom something came since then has a chart in use */
	ask(s->sql, s->a, TO, &x);
	assert_int_equal(x.active, 4);
	assert_true(has(&x, 2) && has(&x, 3) && has(&x, 5) && !has(&x, 0) && !has(&x, 7) && !has(&x, 8));
	chart_erasing_done(&x);
	story_free(s);
}

static void test_what_is_left(void **state)
{
	struct story *s = told_story();
	struct chart_erasing x;
	struct buf one, bulk, memory;
	struct chart_patient *p;
	char path[96];
	struct chart *m = open_mem(), *b;
	ask(s->sql, s->a, 1000, &x);
	without(s, m, &x, false);
	export(m, &memory);
	for (int k = 0; k < 2; k++) {
		snprintf(path, sizeof path, "%s/b.db", s->dir);
		b = without(s, open_sql(path, true), &x, k);
		export(b, k ? &bulk : &one);
		assert_string_equal(id_of(s, b, "200"), id_of(s, s->sql, "200"));
		assert_string_equal(id_of(s, b, "302"), id_of(s, s->sql, "302"));
		assert_string_equal(id_of(s, b, "301"), id_of(s, s->sql, "301"));
		assert_string_equal(id_of(s, b, "400"), id_of(s, s->sql, "400"));
		assert_string_equal(id_of(s, b, "E5"), id_of(s, s->sql, "500"));
		assert_int_equal(allergies(s, b, "200"), 1);
		assert_int_equal(allergies(s, b, "302"), 0);
		assert_int_equal(allergies(s, b, "400"), 0);
		assert_int_equal(chart_patient(b, SLICE("100"), (struct chart_moment){.end = CHART_NOW}, s->a, &p, NULL, NULL), ERR_NOT_FOUND);
		assert_int_equal(chart_patient(b, SLICE("600"), (struct chart_moment){.end = CHART_NOW}, s->a, &p, NULL, NULL), ERR_NOT_FOUND);
		chart_close(b);
		OK(store_sqlite_drop(path, e));
	}
	assert_true(slice_eq(buf_slice(&one), buf_slice(&bulk)));
	assert_true(slice_eq(buf_slice(&one), buf_slice(&memory)));
	assert_null(strstr(buf_cstr(&one), "GESA"));
	buf_done(&one);
	buf_done(&bulk);
	buf_done(&memory);
	chart_close(m);
	chart_erasing_done(&x);
	story_free(s);
}

/* What stands in an entry of kind kept comes from a file. */
static void test_born(void **state)
{
	static const char *const bad[] = {"{\"born\":[{}]}", "{\"born\":[{\"k\":0,\"space\":0,\"value\":\"1\"}]}", "{\"born\":[{\"k\":-1,\"space\":1,\"value\":\"1\"}]}", "{\"born\":[{\"k\":0,\"space\":1}]}", "[", "{\"born\":[{\"k\":0,\"space\":999,\"value\":\"1\"}]}"};
	struct arena *a = arena_new(1 << 20);
	struct chart_born *b;
	size_t n;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_true(chart_born_read(slice_str(bad[i]), a, &b, &n, NULL) < 0);
	OK(chart_born_read(SLICE_NULL, a, &b, &n, e));
	assert_int_equal(n, 0);
	OK(chart_born_read(SLICE("{\"born\":[{\"k\":2,\"space\":1,\"value\":\"7\",\"assigner\":\"H\"}]}"), a, &b, &n, e));
	assert_true(n == 1 && b[0].index == 2 && b[0].space == 1 && slice_eq_str(b[0].id.value, "7") && slice_eq_str(b[0].id.assigner, "H"));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rule), cmocka_unit_test(test_what_is_left), cmocka_unit_test(test_born)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
