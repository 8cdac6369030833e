/* What is usual is learned from weeks with days, nights, week ends, holidays and restarts, and raises no alarm; a flood, a new kind, bulk and silence each do, and say against what. */
#include "gate.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HOUR (INT64_C(3600) * TIME_SEC)
#define MONDAY (INT64_C(1788134400) * TIME_SEC) /* 2026-08-31T00:00:00Z */

static uint64_t seed = 88172645463325252u;
static double unit(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (double)(seed >> 11) / 9007199254740992.0;
}

static uint64_t around(double mean) /* Poisson, and beyond 50 its normal neighbour */
{
	if (mean < 50) {
		double l = exp(-mean), p = 1;
		uint64_t k = 0;
		while ((p *= unit()) > l)
			k++;
		return k;
	}
	double z = sqrt(-2 * log(unit() + 1e-12)) * cos(6.283185307 * unit()), x = mean + z * sqrt(mean);
	return x < 0 ? 0 : (uint64_t)x;
}

struct shape { /* of a link */
	double day, night, weekend, holiday; /* messages an hour; factors of the day's */
	double wild;                         /* how much one hour differs from the next beside chance */
};
static const struct shape shapes[] = {
	{400, 30, 0.4, 0.3, 0.2}, {60, 6, 0.2, 0.05, 0.3}, {20, 0, 0, 0, 0.3}, {3000, 900, 0.8, 0.7, 0.1}, {5, 1, 0.5, 0.3, 0.5}, {0.3, 0.1, 0.3, 0.1, 0.5}, {120, 100, 1, 1, 0.4}, {800, 0, 0, 0, 0.2},
};

static bool holiday(int64_t h)
{
	int64_t day = h / 24;
	return day == 38 || day == 73 || day == 74 || day == 115 || day == 116 || day == 123 || day == 170; /* on any day of the week */
}

static void one_hour(const struct shape *s, int64_t h, struct gate_hour *ret)
{
	unsigned day = (unsigned)(h / 24 % 7), clock = (unsigned)(h % 24);
	double mean = clock >= 7 && clock < 19 ? s->day : s->night;
	mean *= (day >= 5 ? s->weekend : 1) * (holiday(h) ? s->holiday : 1) * (1 + s->wild * (2 * unit() - 1));
	*ret = (struct gate_hour){.messages = around(mean)};
	ret->bytes = ret->messages * (uint64_t)(800 + 400 * unit());
	snprintf(ret->type[0].name, sizeof ret->type[0].name, "ORU^R01");
	snprintf(ret->type[1].name, sizeof ret->type[1].name, "ORM^O01");
	ret->type[0].n = ret->messages - ret->messages / 10;
	ret->type[1].n = ret->messages / 10;
	ret->types = 2;
}

/* Half a year of each link, judged every ten minutes as the hour fills; a restart now and then loses what the hour had. */
static void ordinary_weeks(void **state)
{
	size_t judged = 0, alarms = 0;
	char text[GATE_UNUSUAL_TEXT] = "";
	(void)state;
	for (size_t i = 0; i < 4 * ARRAY_LEN(shapes); i++) {
		struct gate_rhythm *r = calloc(1, sizeof *r);
		for (int64_t h = 0; h < 26 * 168; h++) {
			struct gate_hour whole, part;
			int64_t at = MONDAY + h * HOUR;
			one_hour(&shapes[i % ARRAY_LEN(shapes)], h, &whole);
			bool restart = unit() < 0.003;
			for (int m = 10; m <= 60; m += 10, judged++) {
				part = whole;
				part.messages = whole.messages * (uint64_t)m / 60;
				part.bytes = whole.bytes * (uint64_t)m / 60;
				if (gate_rhythm_judge(r, "LAB-2", at, at + m * 60 * TIME_SEC, 0, &part, text) != GATE_USUAL)
					alarms++;
			}
			if (restart)
				whole.messages /= 2;
			gate_rhythm_add(r, at, 0, &whole);
		}
		free(r);
	}
	if (alarms)
		fail_msg("%zu alarms of %zu looks, the last: %s", alarms, judged, text);
	printf("%zu looks at %zu links over 26 weeks, %zu alarms\n", judged, 4 * ARRAY_LEN(shapes), alarms);
}

static struct gate_rhythm *learned(size_t shape, int64_t weeks)
{
	struct gate_rhythm *r = calloc(1, sizeof *r);
	for (int64_t h = 0; h < weeks * 168; h++) {
		struct gate_hour x;
		one_hour(&shapes[shape], h, &x);
		gate_rhythm_add(r, MONDAY + h * HOUR, 0, &x);
	}
	return r;
}

static void unusual(void **state)
{
	char text[GATE_UNUSUAL_TEXT];
	struct gate_hour x;
	(void)state;
	struct gate_rhythm *r = learned(0, 10);
	int64_t at = MONDAY + (10 * 168 + 3) * HOUR, noon = at + 9 * HOUR; /* a Monday, 03:00 */
	x = (struct gate_hour){.messages = 4100, .bytes = 4100 * 900};
	assert_int_equal(gate_rhythm_judge(r, "LAB-2", at, at + 10 * 60 * TIME_SEC, 0, &x, text), GATE_MANY);
	assert_non_null(strstr(text, "LAB-2 sent 4100 messages in 10 min; on Mondays at 03:00 it sends "));
	assert_non_null(strstr(text, "(8 weeks)"));
	one_hour(&shapes[0], 10 * 168 + 12, &x);
	assert_int_equal(gate_rhythm_judge(r, "LAB-2", noon, noon + HOUR, 0, &x, text), GATE_USUAL);
	snprintf(x.type[2].name, sizeof x.type[2].name, "MDM^T02");
	x.type[2].n = 4;
	x.types = 3;
	assert_int_equal(gate_rhythm_judge(r, "LAB-2", noon, noon + HOUR, 0, &x, text), GATE_USUAL);
	x.type[2].n = 40;
	assert_int_equal(gate_rhythm_judge(r, "LAB-2", noon, noon + HOUR, 0, &x, text), GATE_KIND);
	assert_non_null(strstr(text, "40 messages of type MDM^T02"));
	assert_non_null(strstr(text, "none of it, but ORU^R01, ORM^O01"));
	x.types = 2;
	x.bytes = (uint64_t)200 << 20;
	assert_int_equal(gate_rhythm_judge(r, "LAB-2", noon, noon + HOUR, 0, &x, text), GATE_LARGE);
	assert_non_null(strstr(text, "sent 200 MiB"));
	free(r);
	r = learned(6, 10); /* busy on Sundays, too */
	x = (struct gate_hour){.messages = 0};
	assert_int_equal(gate_rhythm_judge(r, "ICU", noon, noon + 30 * 60 * TIME_SEC, 0, &x, text), GATE_USUAL);
	assert_int_equal(gate_rhythm_judge(r, "ICU", noon, noon + 50 * 60 * TIME_SEC, 0, &x, text), GATE_SILENT);
	assert_non_null(strstr(text, "sent nothing for 50 min; on Mondays at 12:00 it sends"));
	free(r);
	r = learned(0, 3); /* too little is known */
	x = (struct gate_hour){.messages = 100000};
	assert_int_equal(gate_rhythm_judge(r, "LAB-2", MONDAY + 3 * 168 * HOUR, MONDAY + (3 * 168 + 1) * HOUR, 0, &x, text), GATE_USUAL);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(ordinary_weeks), cmocka_unit_test(unusual)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
