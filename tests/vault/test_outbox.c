/* The outbox: heads that whoever has no key can carry away; where objects lie in a site; how long locks hold; what witnesses say. Every write of a head fails once and is killed once. */
#include "vault_replica.h"
#include "vault_test.h"

#include <sys/mman.h>

static char base[64];
static const char *self;

static void remove_base(void)
{
	(void)nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A site of `n` entries, all published; its keys are ret's. */
static int new_site(const char *path, unsigned n, struct site_keys *ret, struct ledger **ret_l)
{
	struct share shares[3];
	struct ledger_options o = {.write = true, .segment_size = 1 << 20, .pack_size = 64 << 10, .reserve = 1 << 20, .single_thread = true};
	OK(file_mkdir(AT_FDCWD, path, 0755, e));
	int fd = open(path, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	OK(site_keys_create(fd, "holdfast/test-0badcafe", 2, 3, shares, ret, e));
	OK(ledger_create(fd, ret, e));
	OK(file_replace(fd, "site.ini", SLICE("[site]\nname = Test\n"), 0644, e));
	OK(ledger_open(fd, ret, &o, ret_l, NULL, e));
	for (unsigned i = 0; i < n; i++) {
		char body[200];
		uint64_t seq;
		int64_t t;
		memset(body, 'a' + (int)(i % 26), sizeof body);
		snprintf(body, sizeof body, "entry %u", i);
		OK(ledger_append(*ret_l, LEDGER_OTHER, 0, "test", slice_of(body, sizeof body), true, &seq, &t, e));
	}
	OK(ledger_commit(*ret_l, e));
	int ms;
	OK(ledger_tick(*ret_l, true, &ms, e));
	return fd;
}

/* The newest head, with all that it speaks of right. */
static void whole(int fd, struct replica_head *ret)
{
	struct vault_store *s;
	OK(vault_site_store(fd, &s, e));
	OK(replica_newest(s, NULL, ret, NULL, e));
	struct replica_tree t;
	OK(replica_tree_open(&t, s, ret, e));
	for (uint64_t n = 0; ledger_tile_width(LEDGER_TILE_ENTRIES, n, ret->cp.size); n++) {
		struct slice b;
		OK(ledger_trust_bundle(t.t, n, &b, e));
	}
	for (size_t i = 0; i < ret->n; i++) {
		AUTO_BUF struct buf b = {0};
		char name[VAULT_OBJECT_MAX + 1];
		buf_init(&b, 64 << 20);
		replica_file_name(&ret->file[i], name);
		OK(vault_store_read_hash(s, name, 64 << 20, ret->file[i].sha256, &b, e));
	}
	replica_tree_done(&t);
	vault_store_close(s);
}

static void test_make(void **state)
{
	struct site_keys keys;
	struct ledger *l;
	struct replica_head h;
	char path[128], off[128];
	snprintf(path, sizeof path, "%s/site", base);
	snprintf(off, sizeof off, "%s/off", base);
	AUTO_CLOSE int fd = new_site(path, 700, &keys, &l);
	OK(vault_outbox_make(fd, &keys, e));
	whole(fd, &h);
	assert_int_equal(h.cp.size, 700);
	assert_non_null(replica_head_find(&h, "site.ini"));
	assert_non_null(replica_head_find(&h, "keys/care.age"));
	replica_head_done(&h);
	/* pushed without a key, and whole there */
	struct vault_replica *r = calloc(1, sizeof *r);
	struct vault_replica_report rep;
	AUTO_BUF struct buf faults = {0};
	buf_init(&faults, 1 << 16);
	assert_non_null(r);
	*r = (struct vault_replica){.name = "off", .retain_days = 30, .every = 60};
	snprintf(r->target, sizeof r->target, "%s", off);
	OK(vault_replica_add(fd, r, e));
	OK(vault_replica_push(fd, NULL, r, NULL, &rep, &faults, e));
	assert_int_equal(rep.size, 700);
	AUTO_CLOSE int offfd = open(off, O_RDONLY | O_DIRECTORY);
	OK(vault_replica_verify(offfd, SLICE_NULL, NULL, &rep, &faults, e));
	assert_int_equal(rep.size, 700);
	/* a byte of a pack or of a file there is found, by name */
	AUTO_CLOSE int tile = openat(offfd, "ledger/tile/entries/001", O_RDWR);
	assert_true(tile >= 0 && pwrite(tile, "x", 1, 40) == 1);
	FAILS(vault_replica_verify(offfd, SLICE_NULL, NULL, &rep, &faults, e), ERR_NO, "fault");
	assert_non_null(strstr(buf_cstr(&faults), "tile/entries/001"));
	/* many heads: the newest three stay for ever, and the tail of four */
	for (unsigned i = 0; i < 60; i++)
		OK(vault_outbox_make(fd, &keys, e));
	AUTO_CLOSE int out = openat(fd, "outbox", O_RDONLY | O_DIRECTORY);
	DIR *d = fdopendir(dup(out));
	size_t heads = 0, temps = 0;
	assert_non_null(d);
	for (struct dirent *en; (en = readdir(d));) {
		heads += !strncmp(en->d_name, "head-", 5);
		temps += strstr(en->d_name, ".tmp") != NULL;
	}
	closedir(d);
	assert_in_range(heads, 3, 50);
	assert_int_equal(temps, 0);
	whole(fd, &h);
	replica_head_done(&h);
	/* whoever cannot sign makes none; a key of another site neither */
	struct site_keys none = {0};
	FAILS(vault_outbox_make(fd, &none, e), ERR_DENIED, "signed with the site's key");
	free(r);
	ledger_free(l);
	site_keys_wipe(&keys);
}

/* ---- names ---- */

static void test_objects(void **state)
{
	struct vault_site_place p;
	static const char hex[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	char name[200];
	assert_true(vault_site_object("newest", &p));
	assert_string_equal(p.path, "outbox/newest");
	assert_true(vault_site_object("heads/0001-00000000000000001507-dd19899cf4b5a856", &p));
	assert_true(vault_site_object("packs/care-00000001.age", &p));
	assert_string_equal(p.path, "packs/care-00000001.age");
	assert_true(vault_site_object("vault/content-00000012.age", &p));
	assert_true(vault_site_object("ledger/tile/entries/x001/067.p/3", &p));
	assert_true(vault_site_object("packs/records/00002", &p));
	assert_int_equal(p.offset, 2 * REPLICA_RECORDS * LEDGER_PACK_RECORD);
	snprintf(name, sizeof name, "files/keys/care.age/%s", hex);
	assert_true(vault_site_object(name, &p));
	assert_int_equal(strncmp(p.path, "outbox/0123", 11), 0);
	static const char *const bad[] = {"", "keys/care.key", "keys/care.age", "wal/00000001.seg", "view/chart.db", "site.ini", "packs/index", "packs/seen.idx", "packs/care-00000001.age.tmp", "packs/x-1.age", "vault/log",
	                                  "vault/index/site.idx", "vault/in/x", "vault/new/content-1.age", "ledger/ahead", "ledger/witness/0011223344556677", "ledger/epochs/1/next", "outbox/newest", "files/site.ini",
	                                  "files/keys/care.key/../../keys/care.key", "heads/x", "../newest", "newest/", "packs/records/x", "files/x/0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (vault_site_object(bad[i], &p))
			fail_msg("%s leads to %s", bad[i], p.path);
}

/* ---- locks ---- */

static struct {
	struct vault_object o[64];
	unsigned days[64];
	size_t n;
} bucket;

static int fake_list(struct vault_store *s, const char *prefix, vault_object_fn *fn, void *arg, struct err *e)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < bucket.n; i++)
		if (!strncmp(bucket.o[i].name, prefix, strlen(prefix)))
			r = fn(arg, &bucket.o[i], e);
	return r;
}

static int fake_renew(struct vault_store *s, const struct vault_object *o, unsigned days, struct err *e)
{
	for (size_t i = 0; i < bucket.n; i++)
		if (!strcmp(bucket.o[i].name, o->name) && !strcmp(bucket.o[i].version, o->version))
			bucket.days[i] = days ? days : s->retain_days;
	return 0;
}

static int fake_get(struct vault_store *s, const char *name, const char *version, uint64_t offset, uint64_t n, vault_store_sink *sink, void *arg, struct err *e)
{
	return err_set(e, ERR_NOT_FOUND, name, "no such object");
}

static void fake(const char *name, const char *version)
{
	struct vault_object *o = &bucket.o[bucket.n++];
	*o = (struct vault_object){.size = 1};
	snprintf(o->name, sizeof o->name, "%s", name);
	snprintf(o->version, sizeof o->version, "%s", version);
}

/* What the newest head names is locked again, keyrings for 35 days; what no head names any more is let go: that is what erasure is. */
static void test_renew(void **state)
{
	static const struct vault_store_ops ops = {.list = fake_list, .renew = fake_renew, .get = fake_get};
	struct vault_store s = {.ops = &ops, .kind = VAULT_S3, .retain_days = 90}, *site;
	struct replica_head h;
	struct site_keys keys;
	struct ledger *l;
	char path[128], ring[VAULT_OBJECT_MAX + 1], plain[VAULT_OBJECT_MAX + 1];
	snprintf(path, sizeof path, "%s/renew", base);
	AUTO_CLOSE int fd = new_site(path, 300, &keys, &l);
	OK(vault_outbox_make(fd, &keys, e));
	OK(vault_site_store(fd, &site, e));
	OK(replica_newest(site, NULL, &h, NULL, e));
	replica_file_name(replica_head_find(&h, "keys/care.age"), ring);
	replica_file_name(replica_head_find(&h, "site.ini"), plain);
	fake(ring, "1");
	fake(ring, "2"); /* every version: one of them is the right one */
	fake(plain, "1");
	fake("ledger/tile/0/000", "1");
	fake("ledger/tile/entries/000", "1");
	fake(h.name, "1");
	fake("files/keys/period/care-2024Q1.age/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "1"); /* its period was erased */
	fake("heads/0001-00000000000000000100-0000000000000000", "1");
	fake("files/wal/00000001.seg/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "1");
	int r = replica_renew(site, &s, &h, NULL);
	assert_true(r == 0 || r == ERR_NOT_FOUND); /* no head in it reads: then none is the oldest */
	static const unsigned want[] = {35, 35, 90, 90, 90, 90, 0, 0, 0};
	for (size_t i = 0; i < bucket.n; i++)
		if (bucket.days[i] != want[i])
			fail_msg("%s: %u days, not %u", bucket.o[i].name, bucket.days[i], want[i]);
	/* weekly, or four times within a short lock */
	assert_int_equal(replica_renew_every(30), 7 * 86400 * TIME_SEC);
	assert_int_equal(replica_renew_every(3650), 7 * 86400 * TIME_SEC);
	assert_int_equal(replica_renew_every(2), 86400 / 2 * TIME_SEC);
	assert_int_equal(replica_lock_days("keys/period/care-2026Q4.age"), 35);
	assert_int_equal(replica_lock_days(ring), 35);
	assert_int_equal(replica_lock_days("packs/care-00000001.age"), 0);
	replica_head_done(&h);
	vault_store_close(site);
	ledger_free(l);
	site_keys_wipe(&keys);
}

/* ---- witnesses ---- */

struct seen {
	size_t n;
	uint64_t size;
	char by[96];
};

static int see(void *arg, const struct vault_witness *w, struct err *e)
{
	struct seen *s = arg;
	s->n++;
	s->size = w->cp.size;
	snprintf(s->by, sizeof s->by, "%s", w->by);
	return 0;
}

static int root_at(void *arg, uint64_t at, uint8_t out[SEAL_HASH], struct err *e)
{
	memset(out, (int)at & 0xff, SEAL_HASH); /* the log that this test makes up */
	return 0;
}

static void note_of(const struct note_signer *k, uint64_t size, int fill, struct buf *ret)
{
	AUTO_BUF struct buf text = {0};
	uint8_t root[SEAL_HASH];
	memset(root, fill, sizeof root);
	buf_init(&text, 4096);
	buf_printf(&text, "%s\n%" PRIu64 "\n", k->v.name, size);
	base64_put(&text, slice_of(root, sizeof root));
	buf_u8(&text, '\n');
	buf_init(ret, 1 << 16);
	OK(note_sign(k, buf_slice(&text), ret, e));
}

static void sent_of(const struct note_signer *log, const struct note_signer *w, uint64_t size, int fill, uint64_t time, struct buf *ret)
{
	AUTO_BUF struct buf note = {0};
	note_of(log, size, fill, &note);
	buf_init(ret, 1 << 16);
	note_vkey_format(&w->v, ret);
	buf_u8(ret, '\n');
	buf_add_slice(ret, buf_slice(&note));
	OK(note_cosign(w, buf_slice(&note), time, ret, e));
}

static void test_witness(void **state)
{
	struct note_signer log, other, w1, w2;
	AUTO_BUF struct buf a = {0}, b = {0}, c = {0}, d = {0}, f = {0};
	struct seen s = {0};
	char path[128];
	snprintf(path, sizeof path, "%s/seen", base);
	OK(file_mkdir(AT_FDCWD, path, 0755, e));
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY);
	OK(file_mkdir(fd, "ledger", 0755, e));
	OK(note_signer_new("holdfast/log", &log, e));
	OK(note_signer_new("holdfast/other", &other, e));
	OK(note_cosigner_new("witness/one", &w1, e));
	OK(note_cosigner_new("witness/two", &w2, e));
	sent_of(&log, &w1, 100, 100, 1000, &a);
	OK(vault_witness_take(fd, &log.v, buf_slice(&a), "token/one", 120, root_at, NULL, 7 * TIME_SEC, e));
	OK(vault_witness_each(fd, &log.v, see, &s, e));
	assert_int_equal(s.n, 1);
	assert_int_equal(s.size, 100);
	assert_string_equal(s.by, "token/one");
	/* a file of which the name does not read says nothing */
	AUTO_BUF struct buf bad = {0};
	struct vault_witness none;
	buf_init(&bad, 1 << 16);
	buf_add(&bad, "holdfast witness v1\nby \0token\n", 31);
	buf_str(&bad, "vkey ");
	buf_add_slice(&bad, buf_slice(&a));
	assert_true(vault_witness_parse(buf_slice(&bad), &log.v, &none, NULL) < 0);
	/* no bit of what is sent can be changed */
	struct vault_witness out;
	for (size_t i = 0; i < a.n; i++) {
		a.p[i] ^= 1;
		assert_true(vault_cosigned_parse(buf_slice(&a), &log.v, &out, NULL) < 0 || i + 1 == a.n);
		a.p[i] ^= 1;
	}
	/* another key by the same way, another log, none of ours, no cosignature */
	sent_of(&log, &w2, 110, 110, 1000, &b);
	FAILS(vault_witness_take(fd, &log.v, buf_slice(&b), "token/one", 120, root_at, NULL, 1, e), ERR_DENIED, "another witness came before");
	OK(vault_witness_take(fd, &log.v, buf_slice(&b), "token/two", 120, root_at, NULL, 1, e));
	sent_of(&other, &w1, 110, 110, 2000, &c);
	FAILS(vault_witness_take(fd, &log.v, buf_slice(&c), "token/one", 120, root_at, NULL, 1, e), ERR_NO, "did not sign");
	FAILS(vault_witness_take(fd, &log.v, SLICE("junk"), "token/one", 120, root_at, NULL, 1, e), ERR_INPUT, "witness's key");
	FAILS(vault_witness_take(fd, &log.v, buf_slice(&a), "", 120, root_at, NULL, 1, e), ERR_INPUT, "no name");
	FAILS(vault_witness_take(fd, &log.v, buf_slice(&a), "two\nlines", 120, root_at, NULL, 1, e), ERR_INPUT, "no name");
	OK(vault_witness_ahead(fd, &log.v, e));
	/* a larger tree under our own key: this is an old copy */
	sent_of(&log, &w1, 121, 121, 3000, &d);
	FAILS(vault_witness_take(fd, &log.v, buf_slice(&d), "token/one", 120, root_at, NULL, 1, e), ERR_CORRUPT, "has seen 121 entries of this log and only 120");
	FAILS(vault_witness_ahead(fd, &log.v, e), ERR_CORRUPT, "holdfast ledger epoch");
	OK(vault_witness_ahead(fd, &other.v, e)); /* a new epoch: done with */
	OK(vault_witness_ahead(fd, &log.v, e));
	/* the same size with another root: the past was rewritten */
	note_of(&log, 90, 7, &f);
	FAILS(vault_witness_seen(fd, &log.v, buf_slice(&f), "off", 120, root_at, NULL, e), ERR_CORRUPT, "another history");
	FAILS(vault_witness_ahead(fd, &log.v, e), ERR_CORRUPT, "ledger epoch");
	/* what others signed binds nobody */
	FAILS(vault_witness_seen(fd, &other.v, buf_slice(&f), "off", 1, root_at, NULL, e), ERR_NO, "did not sign");
}

/* ---- several at a time ---- */

struct counted {
	struct replica_job j;
	_Atomic int *n;
	int fail;
};

static int count(struct replica_job *j, struct vault_store *s, struct err *e)
{
	struct counted *c = (struct counted *)j;
	if (!s)
		return 0;
	++*c->n;
	return c->fail ? err_set(e, ERR_CORRUPT, "x", "this one fails") : 0;
}

static void test_pool(void **state)
{
	struct vault_store_options o = {.write = true};
	struct vault_store *s;
	struct replica_pool *p;
	char path[128];
	_Atomic int n = 0;
	snprintf(path, sizeof path, "%s/pool", base);
	OK(vault_folder_open(path, &o, &s, e));
	for (int fail = 0; fail < 2; fail++) {
		int r = 0;
		n = 0;
		OK(replica_pool_new(path, &o, s, 4, &p, e));
		for (int i = 0; i < 1000 && r == 0; i++) {
			struct counted *c = calloc(1, sizeof *c);
			assert_non_null(c);
			*c = (struct counted){.j.run = count, .n = &n, .fail = fail && i == 500};
			r = replica_pool_do(p, &c->j, NULL);
		}
		if (fail)
			FAILS(replica_pool_wait(p, e), ERR_CORRUPT, "this one fails");
		else
			OK(replica_pool_wait(p, e));
		assert_true(fail ? n > 400 && n < 1000 : n == 1000);
		replica_pool_free(p);
	}
	vault_store_close(s);
}

/* ---- credentials ---- */

static void test_access(void **state)
{
	static struct vault_access a, b;
	OK(vault_access_read(SLICE("# of the store\nexport AWS_ACCESS_KEY_ID=\"abc\"\nAWS_SECRET_ACCESS_KEY='d=e f'\n\nOTHER=x\nAWS_REGION= eu \n"), &a, e));
	assert_string_equal(a.key, "abc");
	assert_string_equal(a.secret, "d=e f");
	assert_string_equal(a.region, "eu");
	snprintf(b.key, sizeof b.key, "other");
	vault_access_over(&a, &b);
	assert_string_equal(a.key, "other");
	assert_string_equal(a.secret, "d=e f");
	char big[2000] = "AWS_REGION=";
	memset(big + 11, 'x', sizeof big - 12);
	FAILS(vault_access_read(slice_str(big), &a, e), ERR_INPUT, "too long");
}

/* ---- every write fails, and is killed ---- */

static int work(const char *site)
{
	struct site_keys keys;
	AUTO_CLOSE int fd = open(site, O_RDONLY | O_DIRECTORY);
	struct err e = {0};
	if (fd < 0 || site_keys_open(fd, &keys, &e) < 0)
		return 2;
	int r = vault_outbox_make(fd, &keys, &e);
	return r == 0 ? 0 : 1;
}

/* 0: it went through; then there are no more of this call. */
static int under(const char *call, const char *how, int when, const char *site)
{
	char trace[64], inject[96];
	snprintf(trace, sizeof trace, "trace=%s", call);
	snprintf(inject, sizeof inject, "inject=%s:%s:when=%d", call, how, when);
	const char *argv[] = {"strace", "-qq", "-f", "-o", "/dev/null", "-e", trace, "-e", inject, self, "work", site, NULL};
	pid_t pid;
	int st = -1;
	if (posix_spawnp(&pid, "strace", NULL, NULL, (char **)(uintptr_t)argv, environ) || waitpid(pid, &st, 0) != pid)
		return -1;
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128;
}

static void test_sweep(void **state)
{
	static const char *const calls[] = {"pwrite64", "write", "fdatasync", "fsync", "renameat", "openat", "unlinkat"};
	struct site_keys keys;
	struct ledger *l;
	struct replica_head h;
	char path[128];
	if (!self || access("/usr/bin/strace", X_OK)) {
		print_message("skipped: no strace\n");
		skip();
	}
	snprintf(path, sizeof path, "%s/sweep", base);
	AUTO_CLOSE int fd = new_site(path, 300, &keys, &l);
	OK(vault_outbox_make(fd, &keys, e)); /* there is always one to fall back on */
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		for (int k = 0; k < 2; k++)
			for (int when = 1; when < 40; when += is_long() ? 1 : 5) {
				char body[32];
				uint64_t seq;
				int64_t t;
				int ms, n = snprintf(body, sizeof body, "%zu %d %d", i, k, when);
				OK(ledger_append(l, LEDGER_OTHER, 0, "test", slice_of(body, (size_t)n), true, &seq, &t, e));
				OK(ledger_commit(l, e));
				OK(ledger_tick(l, true, &ms, e));
				int went = under(calls[i], k ? "signal=KILL" : "error=EIO", when, path);
				whole(fd, &h); /* whatever was hit: a head that is there is whole */
				assert_true(went != 0 || h.cp.size == seq + 1 || when > 1);
				replica_head_done(&h);
				if (went == 0)
					break;
			}
	OK(vault_outbox_make(fd, &keys, e));
	whole(fd, &h);
	assert_int_equal(h.cp.size, ledger_published(l));
	replica_head_done(&h);
	ledger_free(l);
	site_keys_wipe(&keys);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "work"))
		return work(argv[2]);
	static char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	self = n > 0 && geteuid() == 0 ? path : NULL;
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	snprintf(base, sizeof base, "/tmp/holdfast-outbox-XXXXXX");
	if (!mkdtemp(base))
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make), cmocka_unit_test(test_objects), cmocka_unit_test(test_renew), cmocka_unit_test(test_witness), cmocka_unit_test(test_pool), cmocka_unit_test(test_access), cmocka_unit_test(test_sweep),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_base();
	return failed;
}
