/* Pairs of all threads, each once and in order. */
#include "link_drawers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static void pairs(uint32_t records, unsigned threads, unsigned calls)
{
	struct link_drawers *p = link_drawers_new(records, threads);
	uint64_t *want = malloc(((size_t)calls * 9 + 600) * sizeof *want), *got, n = 0, m = 0, got_n, b[600];
	uint32_t x = records;
	assert_true(p && want);
	for (unsigned i = 0; i < calls; i++) {
		x = x * 1664525 + 1013904223;
		uint32_t a = (x >> 4) % records, some = i ? (x >> 20) % 10 : 600; /* more than a block in one */
		a = i % 3 ? a : a % 7 % records;
		if (records - a - 1 < some)
			some = 0;
		for (uint32_t k = 0; k < some; k++) {
			b[k] = (uint64_t)i << 28 | (a + 1 + (k * 31 + x % 5) % (records - a - 1));
			want[n++] = (uint64_t)a << 32 | (b[k] & 0xfffffff);
		}
		assert_int_equal(link_drawers_add(p, i % threads, a, b, some, 28), 0);
	}
	qsort(want, n, sizeof *want, by_value);
	for (uint64_t i = 0; i < n; i++)
		if (!m || want[m - 1] != want[i])
			want[m++] = want[i];
	assert_int_equal(link_drawers_take(p, &got, &got_n), 0);
	assert_int_equal(got_n, m);
	assert_memory_equal(got, want, m * sizeof *got);
	free(got);
	free(want);
	link_drawers_free(p);
}

static void test_pairs(void **state)
{
	(void)state;
	pairs(1, 1, 0);
	pairs(2, 3, 20);
	pairs(1000, 1, 3000);
	pairs(1000, 5, 3000);
	pairs(5000000, 2, 20000);
	pairs(199999999, 64, 2000);
	link_drawers_free(link_drawers_new(10, 2));
	link_drawers_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_pairs)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
