/* An independent verifier: Go's golang.org/x/mod/sumdb/tlog and note (Debian: golang-go, golang-golang-x-mod-dev) read our folder and our proofs. */
#include "ledger/ledger_test.h"

#define GO_LIBRARIES "/usr/share/gocode"

static char check[512];
static char folder[] = "/tmp/holdfast-go-XXXXXX";

static int setup(void **state)
{
	char cache[512];
	if (!mkdtemp(folder))
		return -1;
	snprintf(check, sizeof check, "%s/tlog_check", folder);
	snprintf(cache, sizeof cache, "%s/go-cache", HF_BINARY_DIR);
	setenv("GOCACHE", cache, 1);
	setenv("GOPATH", GO_LIBRARIES, 1);
	setenv("GO111MODULE", "off", 1);
	setenv("GOFLAGS", "", 1);
	setenv("CGO_ENABLED", "0", 1);
	const char *const argv[] = {"go", "build", "-o", check, HF_SOURCE_DIR "/tests/ledger/tlog_check.go", NULL};
	return run(argv, NULL, NULL);
}

static int teardown(void **state)
{
	remove_tree(folder);
	return 0;
}

static int go_tree(const struct site *s)
{
	char dir[512];
	const char *const argv[] = {check, "tree", site_path(s, "ledger", dir), NULL};
	return run(argv, NULL, NULL);
}

static void put(const char *name, struct slice s, char path[512])
{
	snprintf(path, 512, "%s/%s", folder, name);
	OK(file_replace(AT_FDCWD, path, s, 0600, e));
}

static int go_proof(const struct site *s, uint64_t seq, struct ledger *l, int spoil)
{
	char vkey[512], proof[512], leaf[512];
	struct buf b;
	struct ledger_leaf lf;
	uint8_t bytes[LEDGER_LEAF_MAX];
	struct note_vkey v = s->keys.signing.v;
	buf_init(&b, 1 << 16);
	OK(ledger_prove(l, seq, &b, e));
	OK(ledger_read_leaf(l, seq, &lf, e));
	size_t n = ledger_leaf_encode(&lf, bytes);
	OK(ledger_proof_verify(buf_slice(&b), slice_of(bytes, n), &v, e));
	if (spoil) {
		bytes[20] ^= 1;
		FAILS(ledger_proof_verify(buf_slice(&b), slice_of(bytes, n), &v, e), ERR_NO, "not entry");
	}
	put("proof", buf_slice(&b), proof);
	put("leaf", slice_of(bytes, n), leaf);
	buf_done(&b);
	const char *const argv[] = {check, "proof", site_path(s, "ledger/vkey", vkey), proof, leaf, NULL};
	return run(argv, NULL, NULL);
}

static int go_consistency(const struct site *s, struct ledger *l, uint64_t old, uint64_t new)
{
	char dir[512], hashes[512], a[24], b[24];
	struct buf h;
	buf_init(&h, 1 << 16);
	OK(ledger_consistency(l, old, new, &h, e));
	put("hashes", buf_slice(&h), hashes);
	buf_done(&h);
	snprintf(a, sizeof a, "%" PRIu64, old);
	snprintf(b, sizeof b, "%" PRIu64, new);
	const char *const argv[] = {check, "consistency", site_path(s, "ledger", dir), a, b, hashes, NULL};
	return run(argv, NULL, NULL);
}

/* Every size at which something changes shape, published one after the other. */
static void sizes(void **state)
{
	static const uint64_t at[] = {1, 2, 3, 255, 256, 257, 511, 512, 513, 1000, 1024, 2304};
	struct site s;
	struct ledger_options o = small();
	site_new(&s);
	o.pack_size = UINT64_C(1) << 40;
	o.segment_size = 4 << 20;
	struct ledger *l = open_with(&s, o);
	assert_int_equal(go_tree(&s), 0);
	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		fill(l, at[i] - ledger_size(l), 64);
		tick(l);
		assert_int_equal(ledger_published(l), at[i]);
		assert_int_equal(go_tree(&s), 0);
		assert_int_equal(go_proof(&s, at[i] - 1, l, 0), 0);
		assert_int_equal(go_proof(&s, at[i] / 2, l, 1), 1); /* and not for another leaf */
		for (size_t k = 0; k <= i; k++)
			if (k == i || k % 3 == i % 3)
				assert_int_equal(go_consistency(&s, l, at[k], at[i]), 0);
	}
	ledger_free(l);
	site_done(&s);
}

/* As it grows by itself, with packs and their entries, and over a crash. */
static void grown(void **state)
{
	struct site s;
	site_new(&s);
	struct ledger *l = open_with(&s, small());
	for (int i = 0; i < 12; i++) {
		fill(l, 150, 7);
		tick(l);
		if (i % 4 == 3) {
			assert_int_equal(go_tree(&s), 0);
			ledger_free(l);
			l = open_with(&s, small());
			assert_int_equal(go_tree(&s), 0);
		}
	}
	OK(ledger_close(l, e));
	assert_int_equal(go_tree(&s), 0);
	site_done(&s);
}

static void changed(void **state)
{
	struct site s;
	char path[512];
	site_new(&s);
	struct ledger *l = open_with(&s, small());
	fill(l, 700, 50);
	OK(ledger_close(l, e));
	assert_int_equal(go_tree(&s), 0);
	int fd = open(site_path(&s, "ledger/tile/entries/001", path), O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "x", 1, 100), 1);
	close(fd);
	assert_int_equal(go_tree(&s), 1); /* the verifier does look */
	site_done(&s);
}

static int files;
static int count_file(const char *path, const struct stat *st, int type, struct FTW *f)
{
	files += type == FTW_F;
	return 0;
}

static off_t size_of(const struct site *s, const char *name)
{
	char path[512];
	struct stat st;
	if (stat(site_path(s, name, path), &st))
		print_error("%s is missing\n", name);
	return stat(path, &st) ? -1 : st.st_size;
}

/* tlog-tiles' own example: a tree of 70,000. */
static void seventy_thousand(void **state)
{
	struct site s;
	struct ledger_options o = small();
	char path[512];
	site_new(&s);
	o.pack_size = UINT64_C(1) << 40;
	o.segment_size = 16 << 20;
	struct ledger *l = open_with(&s, o);
	for (int i = 0; i < 70000; i++) {
		OK(ledger_append(l, LEDGER_OTHER, 0, "import", slice_of(&i, sizeof i), true, NULL, NULL, e));
		if (i % 1000 == 999)
			OK(ledger_commit(l, e));
	}
	tick(l);
	assert_int_equal(ledger_published(l), 70000);
	assert_int_equal(size_of(&s, "ledger/tile/0/000"), 8192);
	assert_int_equal(size_of(&s, "ledger/tile/0/272"), 8192);
	assert_int_equal(size_of(&s, "ledger/tile/0/273.p/112"), 112 * 32);
	assert_int_equal(size_of(&s, "ledger/tile/1/000"), 8192);
	assert_int_equal(size_of(&s, "ledger/tile/1/001.p/17"), 17 * 32);
	assert_int_equal(size_of(&s, "ledger/tile/2/000.p/1"), 32);
	assert_true(size_of(&s, "ledger/tile/entries/273.p/112") > 0);
	nftw(site_path(&s, "ledger/tile", path), count_file, 16, FTW_PHYS);
	assert_int_equal(files, 273 + 1 + 1 + 1 + 1 + 273 + 1); /* these and no others */
	assert_int_equal(go_tree(&s), 0);
	assert_int_equal(go_proof(&s, 65535, l, 0), 0);
	assert_int_equal(go_proof(&s, 65536, l, 0), 0);
	assert_int_equal(go_consistency(&s, l, 65536, 70000), 0);
	assert_int_equal(go_consistency(&s, l, 12345, 65537), 0);
	ledger_free(l);
	site_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sizes), cmocka_unit_test(grown), cmocka_unit_test(changed), cmocka_unit_test(seventy_thousand),
	};
	if (!have("go") || access(GO_LIBRARIES "/src/golang.org/x/mod/sumdb/tlog", R_OK)) {
		print_message("skipped: golang-go or golang-golang-x-mod-dev is not installed\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
