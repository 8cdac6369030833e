/* Heads of replicas: what they may say, that nothing of one can be changed, and which of many is believed. */
#include "vault_replica.h"
#include "said.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	return remove(path);
}

static void make(struct replica_head *h, const struct note_signer *k, uint64_t epoch, uint64_t size, int64_t time)
{
	uint8_t sha[SEAL_HASH] = {1};
	replica_head_init(h);
	h->epoch = epoch;
	h->time = time;
	h->cp.size = size;
	h->packs = 3;
	memset(h->cp.root, (int)size & 0xff, SEAL_HASH);
	OK(replica_head_add(h, "site.ini", 7, sha, e));
	OK(replica_head_add(h, "keys/period/care-2026Q4.age", 9, sha, e));
	OK(replica_head_add(h, "ledger/tile/0/000.p/7", 224, sha, e));
	OK(replica_head_sign(h, k, e));
}

static void test_round(void **state)
{
	struct note_signer k;
	struct replica_head h, again;
	OK(note_signer_new("holdfast/test-1", &k, e));
	make(&h, &k, 2, 4711, 99);
	OK(replica_head_parse(buf_slice(&h.note), &again, e));
	assert_string_equal(h.name, again.name);
	assert_memory_equal(h.name, "heads/0002-00000000000000004711-", 32);
	assert_int_equal(again.n, 3);
	assert_string_equal(again.file[0].path, "keys/period/care-2026Q4.age"); /* sorted */
	assert_non_null(replica_head_find(&again, "site.ini"));
	assert_null(replica_head_find(&again, "site.in"));
	assert_string_equal(again.cp.origin, "holdfast/test-1");
	replica_head_done(&again);
	for (size_t i = 0; i < h.note.n; i++) { /* no byte of it can be changed */
		h.note.p[i] ^= 1;
		assert_true(replica_head_parse(buf_slice(&h.note), &again, NULL) < 0);
		h.note.p[i] ^= 1;
	}
	for (size_t n = 0; n < h.note.n; n += 13)
		assert_true(replica_head_parse(slice_of(h.note.p, n), &again, NULL) < 0);
	replica_head_done(&h);
}

static void test_paths(void **state)
{
	static const char *const good[] = {"site.ini", "keys/care.age", "keys/period/care-2026Q4.pub", "wal/00000001.seg", "ledger/epochs/1/vkey", "vault/list"};
	static const char *const bad[] = {"keys/care.key", "keys/signing.key", "keys/dedupe.key", "keys/accounts.json", "keys/period/x.key", "wal/x", "wal/torn/x", "/etc/passwd", "../x", "ledger/../x", "packs/x", "view/chart.db", "tls/web.key", "lock", ""};
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(replica_path_ok(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(replica_path_ok(bad[i]));
}

static void put(struct vault_store *s, const struct replica_head *h)
{
	uint8_t sha[SEAL_HASH];
	struct vault_bytes b = VAULT_BYTES(buf_slice(&h->note));
	seal_sha256_once(b.mem, sha);
	OK(s->ops->put(s, h->name, &b, sha, e));
}

/* Heads of three keys and garbage in one folder. */
static void test_newest(void **state)
{
	char dir[64] = "/tmp/holdfast-head-XXXXXX";
	struct note_signer mine, forged, next;
	struct vault_store *s;
	struct vault_store_options o = {.write = true};
	struct replica_head h, other;
	assert_non_null(mkdtemp(dir));
	OK(vault_store_open(dir, &o, &s, e));
	OK(note_signer_new("holdfast/test-1", &mine, e));
	OK(note_signer_new("holdfast/forged-1", &forged, e));
	OK(note_signer_new("holdfast/test-1-e2", &next, e));
	assert_int_equal(replica_newest(s, NULL, &h, NULL, NULL), ERR_NOT_FOUND);
	for (uint64_t size = 10; size <= 30; size += 10) {
		make(&h, &mine, 1, size, (int64_t)size);
		put(s, &h);
		replica_head_done(&h);
		usleep(20000); /* their files' times tell which came first */
	}
	make(&h, &mine, 1, 30, 31); /* the same size, made later */
	put(s, &h);
	replica_head_done(&h);
	struct vault_bytes junk = VAULT_BYTES(SLICE("junk"));
	uint8_t sha[SEAL_HASH];
	seal_sha256_once(junk.mem, sha);
	OK(s->ops->put(s, "heads/0009-00000000000000000099-0000000000000000", &junk, sha, e));
	struct replica_trust t = {.key = &mine.v, .n = 1};
	OK(replica_newest(s, &t, &h, &other, e));
	assert_int_equal(h.cp.size, 30);
	assert_int_equal(h.time, 31);
	assert_false(other.name[0]);
	replica_head_done(&h);
	replica_head_done(&other);
	make(&h, &forged, 1, 500, 1);
	put(s, &h);
	replica_head_done(&h);
	OK(replica_newest(s, &t, &h, &other, e));
	assert_int_equal(h.cp.size, 30);
	assert_int_equal(other.cp.size, 500);
	replica_head_done(&h);
	replica_head_done(&other);
	OK(replica_oldest(s, &h, e));
	assert_int_equal(h.cp.size, 10);
	assert_string_equal(h.vkey.name, "holdfast/test-1");
	replica_head_done(&h);
	make(&h, &next, 2, 25, 1); /* a later epoch counts more than a larger tree */
	put(s, &h);
	replica_head_done(&h);
	OK(replica_newest(s, NULL, &h, NULL, e));
	assert_int_equal(h.epoch, 2);
	replica_head_done(&h);
	/* a head under another's name is none */
	make(&h, &mine, 1, 900, 1);
	struct vault_bytes b = VAULT_BYTES(buf_slice(&h.note));
	seal_sha256_once(b.mem, sha);
	OK(s->ops->put(s, "heads/0001-00000000000000000901-0000000000000000", &b, sha, e));
	replica_head_done(&h);
	OK(replica_newest(s, &t, &h, NULL, e));
	assert_int_equal(h.cp.size, 30);
	replica_head_done(&h);
	vault_store_close(s);
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_newest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
