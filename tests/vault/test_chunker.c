/* Chunks: bounds, mean, the same cuts whatever stands before, other cuts under another key. */
#include "vault/vault_test.h"

static struct vault_gear gear_of(uint8_t seed)
{
	struct vault_keys k;
	struct vault_gear g;
	uint8_t dedupe[32] = {seed};
	OK(vault_keys_derive(dedupe, "site", "files-2026Q4", &k, e));
	OK(vault_gear_init(&g, &k, e));
	return g;
}

#define N ((size_t)8 << 20)
#define CUTS_MAX 8192

static size_t cuts_of(const struct vault_gear *g, const uint8_t *p, size_t n, size_t *cuts)
{
	size_t count = 0, at = 0;
	while (at < n) {
		size_t len = vault_chunk_end(g, slice_of(p + at, n - at));
		assert_true(len >= 1 && len <= VAULT_CHUNK_MAX && (len >= VAULT_CHUNK_MIN || at + len == n));
		at += len;
		assert_true(count < CUTS_MAX);
		cuts[count++] = at;
	}
	return count;
}

static void sizes(void **state)
{
	struct vault_gear g = gear_of(1);
	uint8_t *p = random_bytes(N, 42);
	size_t *cuts = calloc(CUTS_MAX, sizeof *cuts);
	(void)state;
	size_t n = cuts_of(&g, p, N, cuts), mean = N / n;
	print_message("mean %zu bytes\n", mean);
	assert_true(mean > 12000 && mean < 24000);
	/* only what a reader may know is looked at: whether 64 KiB or all of the rest is given makes no difference */
	for (size_t i = 0, at = 0; i < n; at = cuts[i++]) {
		size_t left = N - at < VAULT_CHUNK_MAX ? N - at : VAULT_CHUNK_MAX;
		assert_int_equal(vault_chunk_end(&g, slice_of(p + at, left)), cuts[i] - at);
	}
	memset(p, 0, N); /* nothing to cut at: the longest */
	assert_int_equal(vault_chunk_end(&g, slice_of(p, N)), VAULT_CHUNK_MAX);
	assert_int_equal(vault_chunk_end(&g, slice_of(p, 1)), 1);
	free(p);
	free(cuts);
}

static void shifts(void **state)
{
	struct vault_gear g = gear_of(1);
	uint8_t *p = random_bytes(N, 43), *q = malloc(N + 1000);
	size_t *a = calloc(CUTS_MAX, sizeof *a), *b = calloc(CUTS_MAX, sizeof *b);
	(void)state;
	assert_non_null(q);
	for (size_t by = 1; by < 1000; by = by * 3 + 1) { /* odd and even: two bytes are taken a step */
		memcpy(q, p, 5000);
		memset(q + 5000, 'i', by);
		memcpy(q + 5000 + by, p + 5000, N - 5000);
		size_t n = cuts_of(&g, p, N, a), m = cuts_of(&g, q, N + by, b), same = 0;
		for (size_t i = 0, k = 0; i < n; i++) {
			while (k < m && b[k] < a[i] + by)
				k++;
			same += k < m && b[k] == a[i] + by;
		}
		assert_true(same + 8 > n); /* all but the few around the insertion */
	}
	free(p);
	free(q);
	free(a);
	free(b);
}

static void keyed(void **state)
{
	struct vault_gear g = gear_of(1), h = gear_of(2);
	uint8_t *p = random_bytes(N, 44);
	size_t *a = calloc(CUTS_MAX, sizeof *a), *b = calloc(CUTS_MAX, sizeof *b), n = cuts_of(&g, p, N, a), m = cuts_of(&h, p, N, b), same = 0;
	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < m; k++)
			same += a[i] == b[k];
	assert_true(same < 5); /* the end is one */
	/* the same key cuts and names for ever: these stand in packs */
	uint8_t id[VAULT_ID], dedupe[32] = {1};
	static const uint8_t was[VAULT_ID] = {0x3a, 0x1d, 0xbb, 0x00, 0x5f, 0xd3, 0x4c, 0x9f, 0x6d, 0xd3, 0x0d, 0x37, 0x62, 0xcb, 0x44, 0xc9}; /* by an implementation of its own, in Python, a byte a step */
	struct vault_keys k;
	OK(vault_keys_derive(dedupe, "site", "files-2026Q4", &k, e));
	vault_chunk_id(&k, SLICE("a chunk"), id);
	assert_memory_equal(id, was, VAULT_ID);
	assert_int_equal(a[0], 17116);
	struct vault_keys other;
	OK(vault_keys_derive(dedupe, "agent-1", "files-2026Q4", &other, e));
	assert_memory_not_equal(other.chunk_id, k.chunk_id, 32);
	OK(vault_keys_derive(dedupe, "site", "files-2027Q1", &other, e));
	assert_memory_not_equal(other.chunk_id, k.chunk_id, 32);
	free(p);
	free(a);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(sizes), cmocka_unit_test(shifts), cmocka_unit_test(keyed)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
