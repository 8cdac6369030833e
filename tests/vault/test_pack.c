/* Packs: every byte back from anywhere, Debian's own tools read them, sizes say little, and damage stays where it is. */
#include "vault/vault_test.h"

struct made {
	struct site s;
	struct vault_pack_info info;
	struct age_identity id;
	uint8_t *plain;
	size_t n;
};

/* frames of many sizes, compressible and not */
static void make(struct made *m, size_t frames)
{
	struct vault_pack_writer *w;
	struct vault_compressor *z = vault_compressor_new(1);
	uint8_t *out = malloc(VAULT_FRAME_SEALED_MAX);
	site_new(&m->s, true);
	OK(file_mkdir(m->s.vaultfd, "new", 0700, e));
	age_identity_new(&m->id);
	m->info = (struct vault_pack_info){.name = "content-00000001.age", .class = VAULT_CONTENT, .period = "files-2026Q4", .domain = "site"};
	m->plain = malloc(frames * VAULT_FRAME_MAX + 1);
	m->n = 0;
	OK(vault_pack_create(m->s.vaultfd, &m->info, &m->id.to, &w, e));
	for (size_t i = 0; i < frames; i++) {
		size_t n = i % 5 == 0 ? VAULT_FRAME_MAX : 1 + i * 7919 % 200000;
		uint64_t offset;
		if (i % 2)
			fill_random(m->plain + m->n, n, i);
		else
			for (size_t k = 0; k < n; k++)
				m->plain[m->n + k] = (uint8_t)("hospital "[k % 9] + (k / 500 % 3));
		size_t sealed = vault_frame_make(z, slice_of(m->plain + m->n, n), out);
		assert_true(i % 2 ? sealed <= n + 32 : n < 100 || sealed < n / 2);
		OK(vault_pack_add(w, slice_of(out, sealed), n, &offset, e));
		assert_int_equal(offset, m->n);
		m->n += n;
	}
	OK(vault_pack_finish(w, &m->info, e));
	assert_int_equal(m->info.plain, m->n);
	vault_compressor_free(z);
	free(out);
}

static void made_end(struct made *m)
{
	free(m->plain);
	site_end(&m->s);
}

static void read_whole(struct made *m, struct buf *ret)
{
	buf_init(ret, 64 << 20);
	OK(file_read(m->s.vaultfd, m->info.name, 64 << 20, ret, e));
}

static void anywhere(void **state)
{
	struct made m;
	struct vault_pack *p;
	struct buf file;
	uint8_t hash[SEAL_HASH], *out;
	(void)state;
	make(&m, 41);
	out = malloc(m.n);
	read_whole(&m, &file);
	assert_int_equal(file.n, m.info.size);
	seal_sha256_once(buf_slice(&file), hash);
	assert_memory_equal(hash, m.info.sha256, SEAL_HASH);
	OK(vault_pack_open(m.s.vaultfd, m.info.name, &m.id, &p, e));
	assert_int_equal(vault_pack_plain(p), m.n);
	assert_int_equal(vault_pack_frames(p), 41);
	assert_false(vault_pack_damaged(p));
	OK(vault_pack_read(p, out, m.n, 0, e));
	assert_memory_equal(out, m.plain, m.n);
	for (uint64_t i = 0; i < 300; i++) {
		uint64_t r[2];
		fill_random((void *)r, sizeof r, i);
		size_t at_ = r[0] % m.n, n = 1 + r[1] % (i % 3 ? 5000 : m.n);
		n = n < m.n - at_ ? n : m.n - at_;
		OK(vault_pack_read(p, out, n, at_, e));
		assert_memory_equal(out, m.plain + at_, n);
	}
	FAILS(vault_pack_read(p, out, 1, m.n, e), ERR_CORRUPT, "does not hold");
	FAILS(vault_pack_read(p, out, 2, UINT64_MAX, e), ERR_CORRUPT, "does not hold");
	vault_pack_close(p);
	struct age_identity other;
	age_identity_new(&other);
	FAILS(vault_pack_open(m.s.vaultfd, m.info.name, &other, &p, e), ERR_CRYPTO, "no key opens");
	FAILS(vault_pack_open(m.s.vaultfd, "content-00000009.age", &m.id, &p, e), ERR_NOT_FOUND, "missing");
	buf_done(&file);
	free(out);
	made_end(&m);
}

static void by_hand(void **state)
{
	struct made m;
	char cmd[1024], id[80];
	(void)state;
	if (access("/usr/bin/age", X_OK) || access("/usr/bin/zstd", X_OK))
		skip();
	make(&m, 17);
	age_identity_format(&m.id, id);
	put_text(&m.s, "key", id);
	snprintf(cmd, sizeof cmd, "age -d -i %s/key %s/site/vault/%s | zstd -q -d > %s/out", m.s.tree, m.s.path, m.info.name, m.s.tree);
	const char *argv[] = {"sh", "-c", cmd, NULL};
	pid_t pid;
	int st;
	assert_int_equal(posix_spawnp(&pid, "sh", NULL, NULL, (char **)(uintptr_t)argv, environ), 0);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_int_equal(st, 0);
	struct buf out;
	buf_init(&out, 64 << 20);
	OK(file_read(AT_FDCWD, at(&m.s, "out"), 64 << 20, &out, e));
	assert_int_equal(out.n, m.n);
	assert_memory_equal(out.p, m.plain, m.n);
	buf_done(&out);
	made_end(&m);
}

struct scanned {
	struct made *m;
	size_t good, bad;
};

static int frame(void *arg, const struct vault_frame *f, struct slice plain, const struct err *bad, struct err *e)
{
	struct scanned *s = arg;
	(void)e;
	assert_true((plain.p == NULL) == (bad != NULL));
	if (bad)
		s->bad++;
	else {
		assert_int_equal(plain.n, f->plain);
		assert_memory_equal(plain.p, s->m->plain + f->offset, plain.n); /* never a wrong byte */
		s->good++;
	}
	return 0;
}

/* One byte flipped anywhere: at most two frames are lost (a piece of age's may hold the ends of two), or those that lie in one piece; the rest still reads. */
static void flipped(void **state)
{
	struct made m;
	struct buf file;
	struct vault_pack *p;
	(void)state;
	make(&m, 41);
	read_whole(&m, &file);
	for (size_t at_ = 300; at_ < file.n; at_ += 20011) {
		struct scanned s = {.m = &m};
		file.p[at_] ^= 1;
		OK(file_replace(m.s.vaultfd, m.info.name, buf_slice(&file), 0600, e));
		OK(vault_pack_open(m.s.vaultfd, m.info.name, &m.id, &p, e));
		OK(vault_pack_scan(p, frame, &s, e));
		if (!vault_pack_damaged(p))
			assert_int_equal(s.good + s.bad, 41);
		assert_true(s.good >= (vault_pack_damaged(p) ? 38 : 20) && (s.bad > 0 || vault_pack_damaged(p) || s.good == 41));
		vault_pack_close(p);
		file.p[at_] ^= 1;
	}
	file.p[30] ^= 1; /* the header: nothing opens */
	OK(file_replace(m.s.vaultfd, m.info.name, buf_slice(&file), 0600, e));
	struct err why = {0};
	assert_true(vault_pack_open(m.s.vaultfd, m.info.name, &m.id, &p, &why) < 0);
	buf_done(&file);
	made_end(&m);
}

static void shortened(void **state)
{
	struct made m;
	struct buf file;
	struct vault_pack *p;
	size_t last = 0;
	(void)state;
	make(&m, 21);
	read_whole(&m, &file);
	for (size_t n = 400; n < file.n; n += file.n / 23) {
		struct scanned s = {.m = &m};
		OK(file_replace(m.s.vaultfd, m.info.name, slice_of(file.p, n), 0600, e));
		OK(vault_pack_open(m.s.vaultfd, m.info.name, &m.id, &p, e));
		assert_true(vault_pack_damaged(p));
		OK(vault_pack_scan(p, frame, &s, e));
		assert_int_equal(s.bad, 0);
		assert_true(s.good >= last);
		last = s.good;
		vault_pack_close(p);
	}
	assert_true(last >= 18);
	buf_done(&file);
	made_end(&m);
}

static void padme(void **state)
{
	(void)state;
	/* PURBs, figure 3 and the definition in 4.3: E = floor(log2 L), S = floor(log2 E) + 1, the last E - S bits are zero */
	static const uint64_t known[][2] = {{1, 1}, {2, 2}, {8, 8}, {9, 10}, {100, 104}, {1000, 1024}, {1025, 1088}, {1 << 20, 1 << 20}, {(1 << 20) + 1, (1 << 20) + (1 << 15)}, {VAULT_PACK_SIZE, VAULT_PACK_SIZE}};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		assert_int_equal(vault_padme(known[i][0]), known[i][1]);
	for (uint64_t n = 2; n < 100000; n += 7)
		assert_true(vault_padme(n) >= n && vault_padme(n) <= n + n / 8 + 1 && vault_padme(vault_padme(n)) == vault_padme(n));
	/* a full pack is VAULT_PACK_SIZE to the byte, so that most packs look alike */
	struct made m = {0};
	struct vault_pack_writer *w;
	struct vault_compressor *z = vault_compressor_new(1);
	uint8_t *plain = random_bytes(VAULT_FRAME_MAX, 5), *out = malloc(VAULT_FRAME_SEALED_MAX);
	uint64_t offset;
	site_new(&m.s, true);
	OK(file_mkdir(m.s.vaultfd, "new", 0700, e));
	age_identity_new(&m.id);
	m.info = (struct vault_pack_info){.name = "content-00000001.age", .class = VAULT_CONTENT, .period = "files-2026Q4", .domain = "site"};
	OK(vault_pack_create(m.s.vaultfd, &m.info, &m.id.to, &w, e));
	size_t n = vault_frame_make(z, slice_of(plain, VAULT_FRAME_MAX), out);
	while (vault_pack_room(w, VAULT_FRAME_MAX, n))
		OK(vault_pack_add(w, slice_of(out, n), VAULT_FRAME_MAX, &offset, e));
	OK(vault_pack_finish(w, &m.info, e));
	struct vault_pack *p;
	OK(vault_pack_open(m.s.vaultfd, m.info.name, &m.id, &p, e));
	vault_pack_close(p);
	assert_true(m.info.size > VAULT_PACK_SIZE && m.info.size < VAULT_PACK_SIZE + (VAULT_PACK_SIZE / 65536 + 2) * 16 + 400);
	free(plain);
	free(out);
	vault_compressor_free(z);
	site_end(&m.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(anywhere), cmocka_unit_test(by_hand), cmocka_unit_test(flipped), cmocka_unit_test(shortened), cmocka_unit_test(padme)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
