/* Counts of the relay become hours: by differences, so that a relay or a keeper that was started again makes no flood; an unusual hour is said once; what an hour's entry says is learned again. */
#include "keeper_gate_watch.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HOUR (INT64_C(3600) * TIME_SEC)
#define MONDAY (INT64_C(1788134400) * TIME_SEC) /* 2026-08-31T00:00:00Z */

static void told(struct gate_traffic *t, unsigned messages, unsigned oru)
{
	char text[200];
	AUTO_ARENA struct arena *a = arena_new(1 << 16);
	struct json_node *n;
	snprintf(text, sizeof text, "{\"messages\":%u,\"bytes\":%u,\"types\":{\"ADT^A01\":%u,\"ORU^R01\":%u}}", messages, messages * 100, messages - oru, oru);
	assert_int_equal(json_tree(slice_str(text), a, &n, NULL), 0);
	traffic_told(t, n);
}

static void differences(void **state)
{
	struct gate_traffic *t = calloc(1, sizeof *t);
	(void)state;
	told(t, 100000, 40000); /* the relay has been there longer than we */
	assert_int_equal(t->hour.messages, 0);
	told(t, 100010, 40004);
	assert_int_equal(t->hour.messages, 10);
	assert_int_equal(t->hour.bytes, 1000);
	assert_int_equal(t->hour.types, 2);
	assert_int_equal(t->hour.type[1].n, 4);
	told(t, 3, 1); /* the relay was started again */
	assert_int_equal(t->hour.messages, 13);
	assert_int_equal(t->hour.type[0].n + t->hour.type[1].n, 13);
	free(t);
}

/* Weeks as their entries say them, then a flood: it is unusual once, and until the hour ends. */
static void learned_again(void **state)
{
	struct gate_traffic *t = calloc(1, sizeof *t);
	struct gate_watch w = {.whole = true};
	(void)state;
	for (int64_t h = 0; h < 6 * 168; h++) {
		AUTO_BUF struct buf b = {0};
		AUTO_ARENA struct arena *a = arena_new(1 << 16);
		struct gate_traffic one = {.hour = {.messages = 20 + (uint64_t)h % 7, .bytes = 2000, .types = 1}};
		struct jsonw j;
		struct json_node *n;
		snprintf(one.hour.type[0].name, sizeof one.hour.type[0].name, "ADT^A01");
		one.hour.type[0].n = one.hour.messages;
		buf_init(&b, 1 << 16);
		jsonw_init(&j, &b);
		traffic_put(&one, "lab", &j);
		assert_int_equal(json_tree(buf_slice(&b), a, &n, NULL), 0);
		traffic_learn(t, n, MONDAY + h * HOUR, 0);
	}
	w.began = MONDAY + 6 * 168 * HOUR;
	told(t, 0, 0);
	told(t, 25, 0);
	assert_false(traffic_judge(t, "lab", &w, w.began + HOUR / 6, 0, true));
	told(t, 2000, 0);
	assert_true(traffic_judge(t, "lab", &w, w.began + HOUR / 5, 0, true));
	assert_int_equal(t->what, GATE_MANY);
	assert_non_null(strstr(t->text, "lab sent 2000 messages in 12 min; on Mondays at 00:00 it sends 20 to 26 an hour"));
	assert_false(traffic_judge(t, "lab", &w, w.began + HOUR / 4, 0, true));
	assert_int_equal(t->what, GATE_MANY);
	/* its hour is over: so is what was said of it */
	t->hour = (struct gate_hour){.messages = 3};
	w.began += HOUR;
	assert_false(traffic_judge(t, "lab", &w, w.began + TIME_SEC, 0, true));
	assert_int_equal(t->what, GATE_USUAL);
	/* silence: of a link that is open, in an hour that was seen whole */
	t->hour = (struct gate_hour){.messages = 0};
	assert_false(traffic_judge(t, "lab", &w, w.began + 50 * 60 * TIME_SEC, 0, false));
	w.whole = false;
	assert_false(traffic_judge(t, "lab", &w, w.began + 50 * 60 * TIME_SEC, 0, true));
	w.whole = true;
	assert_true(traffic_judge(t, "lab", &w, w.began + 50 * 60 * TIME_SEC, 0, true));
	assert_int_equal(t->what, GATE_SILENT);
	free(t);
}

static void hours(void **state)
{
	(void)state;
	assert_true(watch_hour(MONDAY + 5, 0) == MONDAY);
	assert_true(watch_hour(MONDAY + HOUR - 1, 0) == MONDAY);
	assert_true(watch_hour(MONDAY + 5, 330) == MONDAY - HOUR / 2); /* a zone of half an hour */
	struct gate_watch *w = calloc(1, sizeof *w);
	for (uint64_t i = 0; i < COUNTS_MAX + 3; i++)
		watch_saved(w, i);
	assert_true(w->count[2] == COUNTS_MAX + 2 && w->count[3] == 3);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(differences), cmocka_unit_test(learned_again), cmocka_unit_test(hours)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
