/* Keys: those of one record after the other, in order, whatever the number of threads and of buckets. */
#include "link_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct link *crowd(unsigned n, unsigned threads)
{
	static const char *const firsts[] = {"Kathy", "Kate", "John", "", "Mary Ann", "Liam"}, *const lasts[] = {"Smith", "Smyth", "de la Cruz", "Nguyen", "Garcia", ""};
	const struct link_options o = {.threads = threads, .this_year = 2026};
	const struct slice column[] = {SLICE("id"), SLICE("last"), SLICE("first"), SLICE("dob"), SLICE("ssn"), SLICE("mrn")};
	AUTO_BUF struct buf b = {0};
	struct link *l = link_new(&o);
	struct err e = {0};
	size_t used;
	uint32_t x = 3;
	assert_non_null(l);
	buf_init(&b, (size_t)64 << 20);
	for (unsigned i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		buf_printf(&b, "%u,%s,%s,19%02u-%02u-%02u,%s%04u,M%u\n", i, lasts[x >> 8 & 3 ? (x >> 10) % 6 : 3], firsts[(x >> 13) % 6], (x >> 16) % 100, (x >> 20) % 12 + 1, (x >> 9) % 28 + 1, x >> 24 & 1 ? "21245" : "", (x >> 14) % 10000, (x >> 5) % (n / 2 + 1));
	}
	assert_int_equal(link_columns(l, column, NULL, ARRAY_LEN(column), &e), 0);
	assert_int_equal(link_feed(l, buf_slice(&b), ',', true, &used, &e), 0);
	assert_int_equal(link_records(l), n);
	return l;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* As it is said, for one record. */
static uint64_t key_of(const struct link *l, const struct link_recipe *k, uint32_t i)
{
	uint64_t h = 0x5851f42d4c957f2d;
	for (unsigned p = 0; p < k->n; p++) {
		uint64_t v = link_part_of(l, link_row(l, i), (enum link_part)k->v[p].part, k->v[p].field);
		if (!v)
			return 0;
		h = link_stir(h, v);
	}
	h = link_stir(h, h >> 29);
	return ((h >> LINK_NUMBER_BITS ? h : h | UINT64_C(1) << 40) & ~LINK_NUMBER_MASK) | i;
}

static void same_keys(unsigned n, unsigned threads)
{
	struct link *l = crowd(n, threads);
	const uint8_t last = (uint8_t)l->of[KIND_LAST], first = (uint8_t)l->of[KIND_FIRST], dob = (uint8_t)l->of[KIND_DOB], ssn = (uint8_t)l->of[KIND_SSN], mrn = (uint8_t)l->of[KIND_MRN];
	const struct link_recipe recipe[] = {
		{.n = 1, .v = {{PART_WIDE, mrn}}}, {.n = 2, .v = {{PART_DATE, dob}, {PART_NAME, first}}}, {.n = 3, .v = {{PART_SSN4, ssn}, {PART_SOUND, last}, {PART_YEAR, dob}}}, {.n = 2, .v = {{PART_BOTH, last}, {PART_DAY, dob}}},
		{.n = 1, .v = {{PART_SSN9, ssn}}}, {.n = 2, .v = {{PART_VALUE, last}, {PART_HEAD, first}}}, {.n = 1, .v = {{PART_SOUND, last}}},
	};
	struct link_keys k;
	uint64_t *want = malloc((n + 1) * sizeof *want), *other = malloc((n + 1) * sizeof *other);
	assert_true(want && other);
	link_keys_init(&k, l);
	for (size_t at = 0; at < ARRAY_LEN(recipe); at += k.n) {
		unsigned some = ARRAY_LEN(recipe) - at < LINK_KEYS_AT_ONCE ? (unsigned)(ARRAY_LEN(recipe) - at) : LINK_KEYS_AT_ONCE;
		assert_int_equal(link_keys_make(&k, &recipe[at], some), 0);
		for (unsigned r = 0; r < some; r++) {
			size_t m = 0, seen = 0;
			for (uint32_t i = 0; i < n; i++)
				if ((want[m] = key_of(l, &recipe[at + r], i)) >> LINK_NUMBER_BITS)
					m++;
			qsort(want, m, sizeof *want, by_value);
			for (unsigned b = 0; b < 1u << k.bits; b++) {
				size_t in = k.from[r][b + 1] - k.from[r][b];
				const uint64_t *v = link_keys_sort(&k, k.v[r] + k.from[r][b], other, in);
				assert_true(seen + in <= m);
				assert_memory_equal(v, want + seen, in * sizeof *v);
				seen += in;
			}
			assert_int_equal(seen, m);
		}
	}
	link_keys_done(&k);
	free(want);
	free(other);
	link_free(l);
}

static void test_keys(void **state)
{
	(void)state;
	same_keys(1, 1);
	same_keys(40, 3);
	same_keys(3000, 1);
	same_keys(3000, 7);
	same_keys(20000, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_keys)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
