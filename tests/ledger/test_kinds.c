/* Entries of a few kinds among many: what is given out is the same with and without SITE/ledger/kinds.idx, whatever stands in it, and with it only few bundles are read. */
#include "ledger/ledger_test.h"

#define WANTED (LEDGER_KIND_BIT(LEDGER_CAPTURE) | LEDGER_KIND_BIT(LEDGER_DRILL))

static uint8_t kind_of(uint64_t n)
{
	return n == 3 || n == 700 || n == 701 || n == 2047 || n == 2048 ? LEDGER_CAPTURE : n == 4500 ? LEDGER_DRILL : n % 2 ? LEDGER_HL7V2 : LEDGER_AUDIT;
}

static void add(struct ledger *l, uint64_t to)
{
	while (ledger_size(l) < to) {
		uint64_t n = ledger_size(l);
		OK(ledger_append(l, kind_of(n), 0, "import", SLICE("x"), true, NULL, NULL, e));
		if (n % 64 == 0)
			OK(ledger_commit(l, e));
	}
	OK(ledger_commit(l, e));
	tick(l);
}

struct given {
	uint64_t v[16];
	size_t n;
};

static int give(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct given *g = arg;
	assert_true(g->n < ARRAY_LEN(g->v));
	assert_true(en->leaf.kind == LEDGER_CAPTURE || en->leaf.kind == LEDGER_DRILL);
	g->v[g->n++] = en->seq;
	return 0;
}

static void expect(struct ledger *l, uint64_t from, uint64_t to, size_t n, const uint64_t *v)
{
	struct given g = {.n = 0};
	OK(ledger_scan_kinds(l, from, to, WANTED, give, &g, e));
	assert_int_equal(g.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(g.v[i], v[i]);
}

static const uint64_t all[] = {3, 700, 701, 2047, 2048, 4500};

static void expect_as_ever(const struct site *s)
{
	struct ledger *l = open_reader(s);
	expect(l, 0, ledger_size(l), ARRAY_LEN(all), all);
	ledger_free(l);
}

static void make(struct site *s, uint64_t n)
{
	site_new(s);
	struct ledger *l = open_with(s, small());
	add(l, n);
	OK(ledger_close(l, e));
}

/* ---- */

static void test_same_as_a_scan(void **st)
{
	struct site s;
	make(&s, 5000);
	expect_as_ever(&s); /* makes it */
	char path[512];
	assert_int_equal(access(site_path(&s, "ledger/kinds.idx", path), F_OK), 0);
	struct ledger *l = open_reader(&s);
	expect(l, 0, ledger_size(l), ARRAY_LEN(all), all);
	expect(l, 4, 701, 1, (const uint64_t[]){700});
	expect(l, 701, 2048, 2, (const uint64_t[]){701, 2047});
	expect(l, 2048, 2049, 1, (const uint64_t[]){2048});
	expect(l, 2049, 4500, 0, NULL);
	expect(l, 4500, 4500, 0, NULL);
	struct given g = {.n = 0};
	assert_int_equal(ledger_scan_kinds(l, 0, ledger_size(l) + 1, WANTED, give, &g, NULL), ERR_NOT_FOUND);
	ledger_free(l);
	site_done(&s);
}

/* It grows with the ledger, and a writer's handle, whose newest entries are in memory, asks likewise. */
static void test_grows(void **st)
{
	struct site s;
	make(&s, 600);
	struct ledger *l = open_reader(&s);
	expect(l, 0, ledger_size(l), 1, all);
	ledger_free(l);
	l = open_with(&s, small());
	add(l, 2100);
	expect(l, 0, ledger_size(l), 5, all);
	add(l, 4600);
	expect(l, 0, ledger_size(l), ARRAY_LEN(all), all);
	OK(ledger_close(l, e));
	expect_as_ever(&s);
	site_done(&s);
}

/* Bundles without such entries are not read: they can even be away. */
static void test_reads_what_it_needs(void **st)
{
	struct site s;
	char path[512];
	make(&s, 5000);
	expect_as_ever(&s);
	assert_int_equal(unlink(site_path(&s, "ledger/tile/entries/010", path)), 0);
	expect_as_ever(&s);
	assert_int_equal(unlink(site_path(&s, "ledger/tile/entries/002", path)), 0); /* 512 to 767 */
	struct ledger *l = open_reader(&s);
	struct given g = {.n = 0};
	assert_int_equal(ledger_scan_kinds(l, 0, ledger_size(l), WANTED, give, &g, NULL), ERR_CORRUPT);
	ledger_free(l);
	site_done(&s);
}

static void flip(const struct site *s, off_t at)
{
	char path[512];
	uint8_t b = 0;
	int fd = open(site_path(s, "ledger/kinds.idx", path), O_RDWR);
	assert_true(fd >= 0 && pread(fd, &b, 1, at) == 1);
	b ^= 0x10;
	assert_true(pwrite(fd, &b, 1, at) == 1);
	close(fd);
}

static void test_is_only_a_cache(void **st)
{
	struct site s, other;
	struct stat was;
	char path[512], from[512];
	make(&s, 5000);
	expect_as_ever(&s);
	assert_int_equal(stat(site_path(&s, "ledger/kinds.idx", path), &was), 0);
	for (off_t at = 0; at < was.st_size; at += 7) { /* a bundle's bits among them: without its tag an entry would be hidden */
		flip(&s, at);
		expect_as_ever(&s);
	}
	assert_int_equal(truncate(path, was.st_size - 1), 0);
	expect_as_ever(&s);
	assert_int_equal(truncate(path, 0), 0);
	expect_as_ever(&s);
	site_new(&other); /* of another ledger: other entries, another root */
	struct ledger *l = open_with(&other, small());
	for (int i = 0; i < 5000; i++)
		OK(ledger_append(l, LEDGER_HL7V2, 0, "import", SLICE("y"), true, NULL, NULL, e));
	OK(ledger_commit(l, e));
	tick(l);
	expect(l, 0, ledger_size(l), 0, NULL);
	OK(ledger_close(l, e));
	assert_int_equal(rename(site_path(&other, "ledger/kinds.idx", from), path), 0);
	expect_as_ever(&s);
	site_done(&other);
	site_done(&s);
}

/* Without the key, or where it may not be written, it is done without. */
static void test_without_key(void **st)
{
	struct site s;
	char path[512];
	make(&s, 5000);
	s.keys.can_dedupe = false;
	expect_as_ever(&s);
	assert_int_equal(access(site_path(&s, "ledger/kinds.idx", path), F_OK), -1);
	s.keys.can_dedupe = true;
	assert_int_equal(mkdir(path, 0700), 0); /* something else has its name */
	expect_as_ever(&s);
	assert_int_equal(rmdir(path), 0);
	site_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_a_scan), cmocka_unit_test(test_grows), cmocka_unit_test(test_reads_what_it_needs), cmocka_unit_test(test_is_only_a_cache), cmocka_unit_test(test_without_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
