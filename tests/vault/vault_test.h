/* What the tests of the vault share: a site in a temporary folder, a ledger that is a file (the vault's own log, which a keeper would keep), trees to back up, and reading a snapshot back. */
#ifndef HOLDFAST_VAULT_TEST_H
#define HOLDFAST_VAULT_TEST_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "vault_internal.h"
#include "said.h"

extern char **environ;

/* ---- a site whose ledger is SITE/vault/log, appended and fsynced ---- */

struct site {
	char path[128], tree[160];
	int fd, vaultfd;
	struct site_keys keys;
	struct age_identity recovery;
	struct vault_ledger ledger;
	int64_t now;           /* what the ledger takes for the time; 0: the clock's */
	const char *quarter;   /* "2026Q4" */
	uint64_t packs, snapshots; /* entries made */
};

static inline int test_recipient(void *arg, int class, char ret_period[SITE_PERIOD_MAX], struct age_recipient *ret, struct err *e)
{
	struct site *s = arg;
	snprintf(ret_period, SITE_PERIOD_MAX, "%s-%s", class == VAULT_CONTENT ? "files" : "catalogue", s->quarter);
	return site_period_recipient(s->fd, &s->keys, ret_period, class == VAULT_CATALOGUE, ret, e);
}

static inline int test_pack_number(void *arg, int class, uint64_t *ret, struct err *e)
{
	struct site *s = arg;
	char name[48];
	struct buf b;
	uint64_t n = 0;
	snprintf(name, sizeof name, "vault/number-%d", class);
	buf_init(&b, 64);
	if (file_read(s->fd, name, 64, &b, NULL) == 0)
		(void)!num_u64(buf_slice(&b), 0, UINT32_MAX, &n);
	n++;
	buf_reset(&b);
	buf_printf(&b, "%" PRIu64, n);
	int r = file_replace(s->fd, name, buf_slice(&b), 0600, e);
	buf_done(&b);
	if (r == 0)
		*ret = n;
	return r;
}

static inline int test_append(struct site *s, const char *kind, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	int fd = openat(s->vaultfd, "log", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 64 << 20);
	if (fd < 0)
		return err_sys(e, "log", "cannot be opened");
	int r = file_read(s->vaultfd, "log", 64 << 20, &b, e);
	/* what a crash cut off goes */
	size_t whole = b.n;
	while (whole && b.p[whole - 1] != '\n')
		whole--;
	uint64_t lines = 0;
	for (size_t i = 0; i < whole; i++)
		lines += b.p[i] == '\n';
	if (r == 0 && whole < b.n && ftruncate(fd, (off_t)whole) < 0)
		r = err_sys(e, "log", "cannot be cut");
	struct vault_log_entry en = {.seq = lines ? lines - 1 : 0, .time = s->now ? s->now : time_now(), .kind = slice_str(kind), .body = body};
	buf_reset(&b);
	if (lines == 0)
		buf_str(&b, VAULT_LOG_HEAD);
	vault_log_line(&b, &en);
	if (r == 0)
		r = file_write_all(fd, buf_slice(&b), e, "log");
	if (r == 0 && fdatasync(fd) < 0)
		r = err_sys(e, "log", "cannot be made durable");
	close(fd);
	if (r == 0 && ret_seq)
		*ret_seq = en.seq;
	if (r == 0 && ret_time)
		*ret_time = en.time;
	return r;
}

static inline int test_pack(void *arg, struct vault_pack_info *p, struct err *e)
{
	struct site *s = arg;
	struct buf b;
	buf_init(&b, 4096);
	vault_pack_body_write(p, &b);
	int r = test_append(s, "vault-pack", buf_slice(&b), &p->entry, NULL, e);
	buf_done(&b);
	s->packs++;
	return r;
}

static inline int test_snapshot(void *arg, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	struct site *s = arg;
	s->snapshots++;
	return test_append(s, "snapshot", body, ret_seq, ret_time, e);
}

static inline void site_handles(struct site *s)
{
	s->quarter = "2026Q4";
	s->ledger = (struct vault_ledger){.arg = s, .recipient = test_recipient, .pack_number = test_pack_number, .pack = test_pack, .snapshot = test_snapshot};
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

static inline void remove_all(const char *path)
{
	(void)nftw(path, remove_one, 64, FTW_DEPTH | FTW_PHYS);
}

/* memory: on a file system in memory, where fsync costs nothing */
static inline void site_new(struct site *s, bool memory)
{
	const char *base = getenv("TMPDIR");
	struct share share;
	struct buf secret;
	memset(s, 0, sizeof *s);
	if (memory && access("/dev/shm", W_OK) == 0)
		base = "/dev/shm";
	snprintf(s->path, sizeof s->path, "%s/holdfast-vault-XXXXXX", base ? base : "/tmp");
	assert_non_null(mkdtemp(s->path));
	snprintf(s->tree, sizeof s->tree, "%s/tree", s->path);
	char site[160];
	snprintf(site, sizeof site, "%s/site", s->path);
	assert_int_equal(mkdir(site, 0700) | mkdir(s->tree, 0755), 0);
	s->fd = open(site, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(s->fd >= 0);
	OK(site_keys_create(s->fd, "hospital.example/log", 1, 1, &share, &s->keys, e));
	buf_init_secret(&secret, 64);
	OK(share_join(&share, 1, &secret, e));
	assert_int_equal(secret.n, 32);
	age_identity_of(secret.p, &s->recovery);
	buf_done(&secret);
	OK(file_mkdir(s->fd, "vault", 0700, e));
	s->vaultfd = file_open_dir(s->fd, "vault", NULL);
	assert_true(s->vaultfd >= 0);
	site_handles(s);
}

static inline void site_end(struct site *s)
{
	close(s->fd);
	close(s->vaultfd);
	remove_all(s->path);
}

/* ---- trees ---- */

static inline const char *at(const struct site *s, const char *name) /* below the tree; one of four buffers */
{
	static char paths[4][4400];
	static unsigned next;
	char *p = paths[next++ % 4];
	snprintf(p, sizeof paths[0], "%s/%s", s->tree, name);
	return p;
}

static inline void put_file(const struct site *s, const char *name, const void *bytes, size_t n)
{
	OK(file_replace(AT_FDCWD, at(s, name), slice_of(bytes, n), 0644, e));
}

static inline void put_text(const struct site *s, const char *name, const char *text)
{
	put_file(s, name, text, strlen(text));
}

/* Bytes that follow from a seed: splitmix64. */
static inline void fill_random(uint8_t *p, size_t n, uint64_t seed)
{
	for (size_t i = 0; i < n; i += 8) {
		uint64_t z = seed += UINT64_C(0x9E3779B97F4A7C15);
		z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
		z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
		z ^= z >> 31;
		memcpy(p + i, &z, n - i < 8 ? n - i : 8);
	}
}

static inline uint8_t *random_bytes(size_t n, uint64_t seed)
{
	uint8_t *p = malloc(n + 8);
	assert_non_null(p);
	fill_random(p, n, seed);
	return p;
}

/* Into the past, so that no time stamp is racy. */
static inline void settle_one(const char *path)
{
	const struct timespec t[2] = {{1600000000, 0}, {1600000000, 123456789}};
	(void)utimensat(AT_FDCWD, path, t, AT_SYMLINK_NOFOLLOW);
}

/* ---- backing up and reading back ---- */

static inline int backup_with(struct site *s, const struct vault_backup_options *o, struct vault_snapshot *ret, struct err *e)
{
	return vault_backup(s->fd, &s->ledger, s->keys.dedupe, &s->keys.care, o, ret, e);
}

static inline struct vault_snapshot back_up(struct site *s)
{
	const char *paths[] = {s->tree};
	struct vault_backup_options o = {.source = "files", .paths = paths, .path_n = 1};
	struct vault_snapshot snap;
	OK(backup_with(s, &o, &snap, e));
	return snap;
}

static inline struct vault *open_vault_of(struct site *s)
{
	struct vault *v;
	OK(vault_open(s->fd, &s->keys, &s->recovery, &v, e));
	return v;
}

/* A file's bytes out of its extents. */
static inline void bytes_of(struct vault *v, struct slice extents, struct buf *ret)
{
	struct vault_extent x;
	int r;
	while ((r = vault_extent_next(&extents, &x)) > 0) {
		uint8_t *to = buf_space(ret, (size_t)x.length);
		assert_non_null(to);
		if (x.pack == 0)
			memset(to, 0, (size_t)x.length);
		else
			OK(vault_packs_read(v->contents, VAULT_CONTENT, &x, to, e));
		buf_commit(ret, (size_t)x.length);
	}
	assert_int_equal(r, 0);
}

/* Each file of a snapshot, byte for byte with what stands in the tree. Returns how many lines there are. */
static inline size_t compare_with_tree(struct site *s, const struct vault_snapshot *snap)
{
	struct vault *v = open_vault_of(s);
	struct vault_body body;
	struct vault_cat *cat;
	const struct vault_line *l;
	struct buf bytes, there;
	size_t n = 0;
	int r;
	buf_init(&bytes, (size_t)1 << 30);
	buf_init(&there, (size_t)1 << 30);
	OK(vault_body_of(v, snap, &body, e));
	OK(vault_cat_open(v->catalogues, &body, SLICE_NULL, &cat, e));
	struct err why = {0};
	while ((r = vault_cat_next(cat, &l, &why)) > 0) {
		char path[8192];
		n++;
		if (l->node.type != 'f' && l->node.type != '+')
			continue;
		bytes_of(v, l->extents, &bytes);
		if (l->node.type == '+')
			continue;
		snprintf(path, sizeof path, "%.*s", (int)l->node.path.n, (const char *)l->node.path.p);
		buf_reset(&there);
		OK(file_read(AT_FDCWD, path, (size_t)1 << 30, &there, e));
		assert_int_equal(bytes.n, l->node.size);
		if (!slice_eq(buf_slice(&there), buf_slice(&bytes)))
			fail_msg("%s is not what it was", path);
		buf_reset(&bytes);
	}
	ok_(r, &why, __FILE__, __LINE__);
	vault_cat_close(cat);
	vault_body_done(&body);
	vault_close(v);
	buf_done(&bytes);
	buf_done(&there);
	return n;
}

/* The raw line of a path in a snapshot; "" when it has none. */
static inline const char *line_of(struct site *s, const struct vault_snapshot *snap, const char *path, struct buf *ret)
{
	struct vault *v = open_vault_of(s);
	struct vault_body body;
	struct vault_cat *cat;
	const struct vault_line *l;
	int r;
	buf_init(ret, VAULT_LINE_MAX);
	OK(vault_body_of(v, snap, &body, e));
	OK(vault_cat_open(v->catalogues, &body, slice_str(path), &cat, e));
	while ((r = vault_cat_next(cat, &l, NULL)) > 0)
		if (l->node.type != '+' && slice_eq_str(l->node.path, path))
			buf_add_slice(ret, l->raw);
	assert_int_equal(r, 0);
	vault_cat_close(cat);
	vault_body_done(&body);
	vault_close(v);
	return buf_cstr(ret);
}

#endif
