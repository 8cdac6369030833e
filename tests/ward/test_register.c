/* The register of sheets: numbers from places, states in order, what is odd left out, and what was finished stays so. */
#include "ward.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char two[] = "{\"what\":\"printed\",\"block\":\"K7Q\",\"from\":9,\"checkpoint\":9,\"sheets\":[{\"kind\":\"mar\",\"patient\":\"p1\",\"unit\":\"ICU\",\"pages\":2},{\"kind\":\"census\",\"unit\":\"ICU\",\"pages\":1}],\"by\":\"root\"}";

static struct ward_register *fresh(void)
{
	struct ward_register *r;
	struct err e = {0};
	assert_int_equal(ward_register_new(&r, &e), 0);
	assert_int_equal(ward_register_take(r, 10, 1000, slice_str(two), &e), 0);
	return r;
}

static void act(struct ward_register *r, uint64_t entry, uint32_t sheet, enum ward_state s)
{
	AUTO_BUF struct buf b = {0};
	char number[PAPER_NUMBER_MAX];
	const struct paper_number n = {"K7Q", 10, sheet};
	buf_init(&b, 1 << 16);
	paper_number_put(&n, number);
	ward_register_act(number, s, "nurse", s == WARD_OUT ? "theatre" : NULL, NULL, &b);
	assert_int_equal(ward_register_take(r, entry, (int64_t)entry * 100, buf_slice(&b), NULL), 0);
}

static void numbers_are_places(void **state)
{
	(void)state;
	struct ward_register *r = fresh();
	struct paper_number n = {"K7Q", 10, 2};
	assert_int_equal(ward_register_count(r), 2);
	const struct ward_sheet *s = ward_register_find(r, &n);
	assert_non_null(s);
	assert_true(slice_eq_str(s->kind, "census") && slice_eq_str(s->unit, "ICU") && s->pages == 1 && s->state == WARD_PRINTED && s->printed == 1000);
	n.sheet = 3;
	assert_null(ward_register_find(r, &n));
	n = (struct paper_number){"AAA", 10, 1}; /* of another ledger */
	assert_null(ward_register_find(r, &n));
	n = (struct paper_number){"K7Q", 11, 1};
	assert_null(ward_register_find(r, &n));
	ward_register_free(r);
}

static void states_go_on(void **state)
{
	(void)state;
	struct ward_register *r = fresh();
	const struct ward_sheet *s = ward_register_sheet(r, 0);
	act(r, 11, 1, WARD_OUT);
	assert_true(s->state == WARD_OUT && slice_eq_str(s->to, "theatre") && slice_eq_str(s->by, "nurse") && s->entry == 11 && !ward_closed(s->state));
	act(r, 12, 1, WARD_RETURNED);
	assert_true(s->state == WARD_RETURNED && ward_closed(s->state) && s->since == 1200);
	act(r, 13, 1, WARD_OUT); /* fetched again */
	act(r, 14, 1, WARD_SCANNED);
	assert_int_equal(ward_register_odd(r), 0);
	act(r, 15, 1, WARD_DESTROYED); /* finished: nothing becomes of it any more */
	assert_true(s->state == WARD_SCANNED && s->entry == 14);
	assert_int_equal(ward_register_odd(r), 1);
	ward_register_free(r);
}

static void odd_ones(void **state)
{
	(void)state;
	static const char *const odd[] = {"", "{", "[]", "{\"what\":\"lost\",\"sheet\":\"K7Q-10-1-A\"}", "{\"what\":\"returned\"}", "{\"what\":\"returned\",\"sheet\":\"K7Q-10-1-!\"}", "{\"what\":\"printed\"}", "{\"what\":\"printed\",\"block\":\"TOOLONG\",\"sheets\":[]}", "{\"what\":\"printed\",\"block\":\"K7Q\",\"sheets\":{}}"};
	struct ward_register *r = fresh();
	for (size_t i = 0; i < ARRAY_LEN(odd); i++)
		assert_int_equal(ward_register_take(r, 20 + i, 0, slice_str(odd[i]), NULL), 0);
	assert_int_equal(ward_register_odd(r), ARRAY_LEN(odd));
	assert_int_equal(ward_register_count(r), 2);
	act(r, 40, 7, WARD_OUT); /* no such sheet */
	assert_int_equal(ward_register_odd(r), ARRAY_LEN(odd) + 1);
	ward_register_free(r);
	ward_register_free(NULL);
}

static void kinds_by_name(void **state)
{
	(void)state;
	struct ward_ask q = {0};
	struct err e = {0};
	assert_int_equal(ward_kinds(SLICE("mar, labs"), &q, &e), 0);
	assert_true(q.kind_n == 2 && q.kinds[0] == PAPER_MAR && q.kinds[1] == PAPER_LABS);
	assert_int_equal(ward_kinds(SLICE("pack"), &q, &e), 0);
	assert_true(q.kind_n > 10 && q.kinds[0] == PAPER_CENSUS);
	assert_int_equal(ward_kinds(SLICE("mar,novel"), &q, &e), ERR_USAGE);
	assert_int_equal(ward_kinds(SLICE(""), &q, &e), ERR_USAGE);
	assert_int_equal(ward_kinds(SLICE("pack,pack,pack"), &q, &e), ERR_USAGE);
	for (int s = 0; s < WARD_STATES; s++)
		assert_int_equal(ward_state_parse(slice_str(ward_state_name((enum ward_state)s))), s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_are_places), cmocka_unit_test(states_go_on), cmocka_unit_test(odd_ones), cmocka_unit_test(kinds_by_name)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
