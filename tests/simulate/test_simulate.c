/* The synthetic hospital: the same seed gives the same bytes; every message is readable; a bed holds one patient; what was planned happens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "simulate_internal.h"
#include "hl7.h"

static void same_seed_same_bytes(void **state)
{
	struct simulation *a, *b, *c;
	struct err e = {0};
	struct simulate_message x, y, z;
	bool differs = false;
	assert_int_equal(simulation_new(60, 7, 0, &a, &e), 0);
	assert_int_equal(simulation_new(60, 7, 0, &b, &e), 0);
	assert_int_equal(simulation_new(60, 8, 0, &c, &e), 0);
	for (int i = 0; i < 20000; i++) {
		assert_int_equal(simulation_next(a, &x, &e), 0);
		assert_int_equal(simulation_next(b, &y, &e), 0);
		assert_int_equal(simulation_next(c, &z, &e), 0);
		assert_true(slice_eq(x.bytes, y.bytes));
		differs = differs || !slice_eq(x.bytes, z.bytes);
	}
	assert_true(differs);
	simulation_free(a);
	simulation_free(b);
	simulation_free(c);
}

static bool is(struct slice s, const char *t)
{
	return slice_eq_str(s, t);
}

static void every_message_is_readable(void **state)
{
	struct simulation *s;
	struct err e = {0};
	struct simulate_message m;
	enum { N = 60000 };
	int merges = 0, swaps = 0, corrections = 0, cancels = 0, refused = 0, documents = 0;
	int64_t last = 0;
	assert_int_equal(simulation_new(120, 3, 0, &s, &e), 0);
	struct arena *a = arena_new(8 << 20);
	for (int i = 0; i < N; i++) {
		struct hl7_msg h;
		struct hl7_problem p[8];
		size_t problems;
		assert_int_equal(simulation_next(s, &m, &e), 0);
		assert_true(m.time >= last);
		last = m.time;
		arena_reset(a);
		assert_int_equal(hl7_parse(m.bytes, a, &h, p, 8, &problems, &e), 0);
		assert_int_equal(problems, 0);
		assert_true(slice_eq(hl7_get(&h, "MSH-10"), m.control_id));
		struct slice trigger = hl7_get(&h, "MSH-9.2"), type = hl7_get(&h, "MSH-9.1");
		merges += is(trigger, "A40");
		swaps += is(trigger, "A17");
		cancels += is(trigger, "A11") || is(trigger, "A12") || is(trigger, "A13");
		corrections += is(type, "ORU") && is(hl7_get(&h, "OBR-25"), "C");
		refused += is(hl7_get(&h, "RXA-20"), "RE");
		documents += is(hl7_get(&h, "OBX-2"), "ED");
		assert_true(is(type, "MFN") || hl7_get(&h, "PID-3.1").n == 7);
		assert_true(m.barrier == (is(trigger, "A40") || is(trigger, "A17") || is(type, "MFN")));
	}
	print_message("%d merges, %d swaps, %d corrections, %d cancels, %d refused, %d documents\n", merges, swaps, corrections, cancels, refused, documents);
	assert_true(merges > 3 && swaps > 3 && corrections > 10 && cancels > 3 && refused > 20 && documents > 20);
	arena_free(a);
	simulation_free(s);
}

static void a_bed_holds_one_patient(void **state)
{
	struct simulation *s;
	struct err e = {0};
	struct simulate_message m;
	assert_int_equal(simulation_new(40, 11, 0, &s, &e), 0);
	for (int i = 0; i < 30000; i++) {
		assert_int_equal(simulation_next(s, &m, &e), 0);
		uint32_t taken = 0;
		for (uint32_t b = 0; b < s->bed_count; b++)
			if (s->beds[b].person >= 0) {
				taken++;
				assert_int_equal(s->people[s->beds[b].person].bed, (int)b);
			}
		assert_int_equal(taken, s->occupied);
	}
	assert_true(s->occupied > 10);
	simulation_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_seed_same_bytes),
		cmocka_unit_test(every_message_is_readable),
		cmocka_unit_test(a_bed_holds_one_patient),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
