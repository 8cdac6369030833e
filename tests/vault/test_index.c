/* The index: what goes in comes out, through growing, reopening and damage. */
#include "vault/vault_test.h"

static struct vault_placed placed(uint64_t i)
{
	struct vault_placed p = {.at = {.pack = 1 + i / 1000, .offset = i % 1000 * 16384, .length = 1 + i % 65536}};
	fill_random(p.id, sizeof p.id, i);
	return p;
}

static struct vault_index *open_index(struct site *s, const struct vault_keys *k)
{
	struct vault_index *ix;
	OK(vault_index_open(s->vaultfd, "site", "files-2026Q4", k, &ix, e));
	return ix;
}

static void check(struct vault_index *ix, uint64_t n, uint64_t *ret_missing)
{
	struct vault_extent x;
	*ret_missing = 0;
	for (uint64_t i = 0; i < n; i++) {
		struct vault_placed p = placed(i);
		struct err e = {0};
		int r = vault_index_find(ix, p.id, &x, &e);
		assert_true(r >= 0);
		if (r)
			assert_memory_equal(&x, &p.at, sizeof x);
		else
			++*ret_missing;
	}
	struct vault_placed other = placed(n + 5);
	assert_int_equal(vault_index_find(ix, other.id, &x, NULL), 0);
}

static int count(void *arg, const struct vault_placed *p, struct err *e)
{
	uint64_t *n = arg;
	(void)p;
	(void)e;
	++*n;
	return 0;
}

static void all_of_it(void **state)
{
	struct site s;
	struct vault_keys k = {.chunk_id = {1}}, other = {.chunk_id = {2}};
	const uint64_t n = 60000;
	uint64_t missing, all = 0;
	(void)state;
	site_new(&s, true);
	struct vault_index *ix = open_index(&s, &k);
	assert_int_equal(vault_index_stamp(ix), 0);
	struct vault_placed *batch = calloc(3000, sizeof *batch);
	for (uint64_t i = 0; i < n; i += 3000) {
		for (uint64_t j = 0; j < 3000; j++)
			batch[j] = placed(i + j);
		OK(vault_index_add(ix, batch, 3000, e));
	}
	check(ix, n, &missing);
	assert_int_equal(missing, 0);
	OK(vault_index_close(ix, 77, e));
	ix = open_index(&s, &k);
	assert_int_equal(vault_index_stamp(ix), 77);
	check(ix, n, &missing);
	assert_int_equal(missing, 0);
	OK(vault_index_each(ix, count, &all, e));
	assert_int_equal(all, n);
	/* a chunk that lies elsewhere now */
	struct vault_placed moved = placed(5);
	struct vault_extent x;
	moved.at.pack = 99;
	OK(vault_index_add(ix, &moved, 1, e));
	assert_int_equal(vault_index_find(ix, moved.id, &x, NULL), 1);
	assert_int_equal(x.pack, 99);
	moved = placed(5);
	OK(vault_index_add(ix, &moved, 1, e));
	OK(vault_index_close(ix, 78, e));
	/* one page damaged: what it held is unknown, the rest is there, and in the end the file goes */
	int fd = openat(s.vaultfd, "index/site-files-2026Q4.idx", O_RDWR);
	assert_int_equal(pwrite(fd, "?", 1, 4096 * 5 + 100), 1);
	close(fd);
	ix = open_index(&s, &k);
	check(ix, n, &missing);
	assert_true(missing > 0 && missing <= 127);
	assert_true(vault_index_damaged(ix));
	OK(vault_index_close(ix, 79, e));
	assert_int_equal(faccessat(s.vaultfd, "index/site-files-2026Q4.idx", F_OK, 0), -1);
	/* another key's index is none */
	ix = open_index(&s, &k);
	batch[0] = placed(0);
	OK(vault_index_add(ix, batch, 1, e));
	OK(vault_index_close(ix, 80, e));
	ix = open_index(&s, &other);
	assert_int_equal(vault_index_stamp(ix), 0);
	assert_int_equal(vault_index_count(ix), 0);
	vault_index_free(ix);
	free(batch);
	site_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_of_it)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
