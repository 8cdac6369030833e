/* Every state with every event: what moves, what waits for a second, what is refused. */
#include "gate.h"

#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW (INT64_C(1790000000) * TIME_SEC)

static int sign(struct gate_standing *s, const char *who, const char *role, int64_t now, int64_t expires)
{
	struct gate_event ev = {.kind = GATE_EV_ADVANCE, .now = now, .account = who, .role = role, .expires = expires};
	struct err e = {0};
	return gate_decide(s, &ev, s, &e);
}

static void test_up(void **state)
{
	static const enum gate_state order[] = {GATE_CUT, GATE_QUARANTINED, GATE_TEST, GATE_ONE_WAY, GATE_LIMITED, GATE_OPEN};
	struct gate_standing s = {0};
	for (size_t i = 0; i + 1 < ARRAY_LEN(order); i++) {
		assert_int_equal(s.state, order[i]);
		assert_int_equal(sign(&s, "ada", "security", NOW, 0), GATE_SIGNED);
		assert_int_equal(s.state, order[i]);
		assert_int_equal(sign(&s, "ADA", "security", NOW, 0), ERR_DENIED); /* names of accounts know no case */
		assert_int_equal(sign(&s, "bob", "owner", NOW + 1, 0), GATE_MOVED);
		assert_int_equal(s.state, order[i + 1]);
		assert_int_equal(s.back, order[i]);
		assert_true(s.expires == NOW + 1 + GATE_SPAN);
		assert_string_equal(s.first, "");
	}
	/* OPEN with an end may be given another one; without one there is no further step */
	assert_int_equal(sign(&s, "ada", "admin", NOW, GATE_NEVER), GATE_SIGNED);
	assert_int_equal(sign(&s, "bob", "admin", NOW, GATE_NEVER), GATE_MOVED);
	assert_true(s.expires == GATE_NEVER);
	assert_int_equal(sign(&s, "ada", "admin", NOW, 0), ERR_NO);
}

static void test_who(void **state)
{
	static const struct {
		const char *who, *role;
		int want;
	} rows[] = {{"ada", "security", GATE_SIGNED}, {"ada", "owner", GATE_SIGNED}, {"ada", "admin", GATE_SIGNED}, {"ada", "clinician", ERR_DENIED}, {"ada", "privacy", ERR_DENIED}, {"ada", "command", ERR_DENIED},
	            {"ada", NULL, ERR_DENIED}, {"", "security", ERR_DENIED}, {NULL, "admin", ERR_DENIED}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct gate_standing s = {0};
		assert_int_equal(sign(&s, rows[i].who, rows[i].role, NOW, 0), rows[i].want);
	}
}

static void test_cut_and_fall(void **state)
{
	for (int from = 0; from < GATE_STATES; from++) {
		for (int to = 0; to < GATE_STATES; to++) {
			struct gate_standing s = {.state = (enum gate_state)from, .back = GATE_CUT, .since = 5, .expires = NOW + 9, .first = "ada", .first_until = NOW + 9}, r = s;
			struct gate_event fall = {.kind = GATE_EV_FALL, .now = NOW, .to = (enum gate_state)to};
			struct err e = {0};
			int want = to < from ? GATE_MOVED : ERR_NO;
			assert_int_equal(gate_decide(&s, &fall, &r, &e), want);
			assert_int_equal(r.state, to < from ? to : from);
			assert_string_equal(r.first, to < from ? "" : "ada");
		}
		struct gate_standing s = {.state = (enum gate_state)from, .since = 5, .expires = NOW}, r = s;
		struct gate_event cut = {.kind = GATE_EV_CUT, .now = NOW};
		assert_int_equal(gate_decide(&s, &cut, &r, NULL), from == GATE_CUT ? GATE_SAME : GATE_MOVED);
		assert_int_equal(r.state, GATE_CUT);
		assert_true(r.since == (from == GATE_CUT ? 5 : NOW)); /* cut again: since when does not change */
	}
}

static void test_time(void **state)
{
	for (int from = 1; from < GATE_STATES; from++) {
		struct gate_standing s = {.state = (enum gate_state)from, .back = (enum gate_state)(from - 1), .since = 5, .expires = NOW}, r = s;
		struct gate_event ev = {.kind = GATE_EV_TIME, .now = NOW - 1};
		assert_int_equal(gate_decide(&s, &ev, &r, NULL), GATE_SAME);
		ev.now = NOW;
		assert_int_equal(gate_decide(&s, &ev, &r, NULL), GATE_MOVED);
		assert_int_equal(r.state, from - 1);
		assert_true(r.expires == 0);
		/* one step, and no further */
		ev.now = NOW + 1000 * GATE_SPAN;
		assert_int_equal(gate_decide(&r, &ev, &r, NULL), GATE_SAME);
	}
	/* a signature ends: the next one is the first again */
	struct gate_standing s = {0};
	assert_int_equal(sign(&s, "ada", "admin", NOW, 0), GATE_SIGNED);
	assert_int_equal(sign(&s, "bob", "admin", NOW + GATE_SPAN, 0), GATE_SIGNED);
	assert_string_equal(s.first, "bob");
	/* whoever signs after a step has ended unnoticed goes up from where it fell to */
	s = (struct gate_standing){.state = GATE_LIMITED, .back = GATE_ONE_WAY, .expires = NOW};
	assert_int_equal(sign(&s, "ada", "admin", NOW + 1, 0), GATE_SIGNED);
	assert_int_equal(s.state, GATE_ONE_WAY);
}

static void test_ends(void **state)
{
	struct gate_standing s = {0};
	assert_int_equal(sign(&s, "ada", "admin", NOW, GATE_NEVER), ERR_USAGE);
	assert_int_equal(sign(&s, "ada", "admin", NOW, NOW), ERR_USAGE);
	assert_int_equal(sign(&s, "ada", "admin", NOW, NOW + 500), GATE_SIGNED);
	assert_int_equal(sign(&s, "bob", "admin", NOW, NOW + 900), GATE_MOVED);
	assert_true(s.expires == NOW + 500); /* the sooner of two */
	struct gate_event ev = {.kind = GATE_EV_ADVANCE, .now = NOW, .account = "ada", .role = "admin", .unmet = "the letter has come"};
	struct err e = {0};
	assert_int_equal(gate_decide(&s, &ev, &s, &e), ERR_NO);
	assert_non_null(strstr(e.text, "the letter has come"));
}

static void test_unknown_is_cut(void **state)
{
	static const char *const bad[] = {"{}", "{\"state\":\"OPEN\"}", "{\"state\":\"AJAR\",\"back\":\"CUT\",\"since\":1,\"expires\":0}", "{\"state\":7}", "[]", "\"OPEN\"", "{\"state\":\"CUT\",\"back\":\"OPEN\",\"since\":1,\"expires\":0}"};
	struct arena *a = arena_new(1 << 16);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct json_node *n;
		struct gate_standing s = {.state = GATE_OPEN};
		assert_int_equal(json_tree(slice_str(bad[i]), a, &n, NULL), 0);
		gate_standing_read(n, &s);
		assert_int_equal(s.state, GATE_CUT);
	}
	struct gate_standing s = {.state = (enum gate_state)77}, r = s;
	struct gate_event ev = {.kind = GATE_EV_FALL, .now = NOW, .to = GATE_TEST};
	assert_int_equal(gate_decide(&s, &ev, &r, NULL), ERR_NO);
	assert_string_equal(gate_state_name((enum gate_state)77), "CUT");
	arena_free(a);
}

static void test_until(void **state)
{
	int64_t t;
	assert_int_equal(gate_until_parse(SLICE("90s"), NOW, 0, &t, NULL), 0);
	assert_true(t == NOW + 90 * TIME_SEC);
	assert_int_equal(gate_until_parse(SLICE("7d"), NOW, 0, &t, NULL), 0);
	assert_int_equal(gate_until_parse(SLICE("never"), NOW, 0, &t, NULL), 0);
	assert_true(t == GATE_NEVER);
	static const char *const bad[] = {"", "h", "-1h", "0h", "1y", "soon", "1999-01-01", "1e3s"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(gate_until_parse(slice_str(bad[i]), NOW, 0, &t, NULL), ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_up), cmocka_unit_test(test_who), cmocka_unit_test(test_cut_and_fall), cmocka_unit_test(test_time), cmocka_unit_test(test_ends), cmocka_unit_test(test_unknown_is_cut),
	                                   cmocka_unit_test(test_until)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
