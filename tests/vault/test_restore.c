/* Restore, and what stands in its way: earlier runs, newer files, planted links, packs that are damaged, missing, or put there by somebody else. */
#include "vault/vault_test.h"

#include <sys/file.h>

struct told {
	struct buf said;
	unsigned n;
};

static void missing(void *arg, const char *sentence)
{
	struct told *t = arg;
	t->n++;
	buf_printf(&t->said, "%s\n", sentence);
}

struct run {
	struct site s;
	char dest[200];
	struct told told;
	struct vault_restore_options o;
	struct vault_restored d;
	struct err e;
};

static void run_new(struct run *r)
{
	memset(r, 0, sizeof *r);
	site_new(&r->s, true);
	snprintf(r->dest, sizeof r->dest, "%s/out", r->s.path);
	buf_init(&r->told.said, 1 << 20);
	r->o = (struct vault_restore_options){.missing = missing, .arg = &r->told};
}

static void run_end(struct run *r)
{
	buf_done(&r->told.said);
	site_end(&r->s);
}

/* As told by o, with these keys. */
static int restore_with(struct run *r, const struct vault_snapshot *s, const struct age_identity *with, const struct site_keys *keys)
{
	struct vault *v;
	r->e = (struct err){0};
	r->d = (struct vault_restored){0};
	r->told.n = 0;
	buf_reset(&r->told.said);
	OK(vault_open(r->s.fd, keys, with, &v, e));
	int code = vault_restore(v, s, r->dest, &r->o, &r->d, &r->e);
	vault_close(v);
	return code;
}

static int restore(struct run *r, const struct vault_snapshot *s)
{
	return restore_with(r, s, &r->s.recovery, &r->s.keys);
}

static const char *out(const struct run *r, const char *name) /* one of four buffers */
{
	static char paths[4][4600];
	static unsigned next;
	char *p = paths[next++ % 4];
	snprintf(p, sizeof paths[0], "%s%s/%s", r->dest, r->s.tree, name);
	return p;
}

static bool same(const struct run *r, const char *name)
{
	struct buf a, b;
	buf_init(&a, 64 << 20);
	buf_init(&b, 64 << 20);
	bool yes = file_read(AT_FDCWD, at(&r->s, name), 64 << 20, &a, NULL) == 0 && file_read(AT_FDCWD, out(r, name), 64 << 20, &b, NULL) == 0 && slice_eq(buf_slice(&a), buf_slice(&b));
	buf_done(&a);
	buf_done(&b);
	return yes;
}

static bool gone(const struct run *r, const char *name)
{
	return access(out(r, name), F_OK) < 0;
}

static ino_t inode(const char *path)
{
	struct stat st;
	assert_int_equal(lstat(path, &st), 0);
	return st.st_ino;
}

static void some_files(struct site *s, unsigned n, size_t size)
{
	char name[40];
	for (unsigned i = 0; i < n; i++) {
		uint8_t *b = random_bytes(size, i + 1);
		snprintf(name, sizeof name, "f%03u", i);
		put_file(s, name, b, size);
		settle_one(at(s, name));
		free(b);
	}
}

static void there_and_again(void **state)
{
	struct run r;
	(void)state;
	run_new(&r);
	assert_int_equal(mkdir(at(&r.s, "d"), 0751), 0);
	put_text(&r.s, "d/x", "in a folder\n");
	put_text(&r.s, "empty", "");
	int fd = open(at(&r.s, "hole"), O_WRONLY | O_CREAT, 0644); /* a file without a byte of its own */
	assert_int_equal(ftruncate(fd, 50 << 20), 0);
	close(fd);
	some_files(&r.s, 40, 30000);
	assert_int_equal(chmod(at(&r.s, "f001"), 0440), 0);
	assert_int_equal(symlink("nowhere", at(&r.s, "l")), 0);
	assert_int_equal(link(at(&r.s, "f002"), at(&r.s, "h")), 0);
	struct vault_snapshot s = back_up(&r.s);
	assert_int_equal(restore(&r, &s), 0);
	assert_int_equal(r.d.missing + r.d.already_there + r.d.kept_newer, 0);
	assert_int_equal(r.d.files, 45);
	assert_true(same(&r, "hole") && same(&r, "d/x") && same(&r, "empty") && same(&r, "f039") && same(&r, "h"));
	assert_int_equal(inode(out(&r, "h")), inode(out(&r, "f002")));
	struct stat a, b;
	assert_int_equal(lstat(at(&r.s, "d"), &a) | lstat(out(&r, "d"), &b), 0);
	assert_int_equal(a.st_mode, b.st_mode);
	assert_memory_equal(&a.st_mtim, &b.st_mtim, sizeof a.st_mtim);
	assert_int_equal(lstat(at(&r.s, "f001"), &a) | lstat(out(&r, "f001"), &b), 0);
	assert_int_equal(a.st_mode, b.st_mode);
	assert_memory_equal(&a.st_mtim, &b.st_mtim, sizeof a.st_mtim);
	/* run again: nothing is touched; what a killed run left is swept; what is gone comes back */
	ino_t was = inode(out(&r, "f005"));
	assert_int_equal(unlink(out(&r, "f006")), 0);
	OK(file_replace(AT_FDCWD, out(&r, "d/.holdfast-restoring-0123456789abcdef"), SLICE("half"), 0600, e));
	assert_int_equal(restore(&r, &s), 0);
	assert_int_equal(r.d.files, 1);
	assert_int_equal(r.d.already_there, 44);
	assert_int_equal(inode(out(&r, "f005")), was);
	assert_true(same(&r, "f006"));
	assert_true(gone(&r, "d/.holdfast-restoring-0123456789abcdef"));
	vault_snapshot_done(&s);
	run_end(&r);
}

static void what_is_there(void **state)
{
	struct run r;
	(void)state;
	run_new(&r);
	some_files(&r.s, 5, 5000);
	struct vault_snapshot s = back_up(&r.s);
	assert_int_equal(restore(&r, &s), 0);
	/* newer: stays, until told otherwise */
	OK(file_replace(AT_FDCWD, out(&r, "f000"), SLICE("newer"), 0644, e));
	/* older, the same size and time with other bytes, a link: give way */
	OK(file_replace(AT_FDCWD, out(&r, "f001"), SLICE("older"), 0644, e));
	const struct timespec old[2] = {{1000, 0}, {1000, 0}};
	assert_int_equal(utimensat(AT_FDCWD, out(&r, "f001"), old, 0), 0);
	uint8_t *b = random_bytes(5000, 3);
	b[4999] ^= 1;
	OK(file_replace(AT_FDCWD, out(&r, "f002"), slice_of(b, 5000), 0644, e));
	free(b);
	settle_one(out(&r, "f002"));
	assert_int_equal(unlink(out(&r, "f003")) | symlink("/etc/passwd", out(&r, "f003")), 0);
	assert_int_equal(utimensat(AT_FDCWD, out(&r, "f003"), old, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(restore(&r, &s), 0);
	assert_int_equal(r.d.kept_newer, 1);
	assert_int_equal(r.d.files, 3);
	assert_int_equal(r.d.already_there, 1);
	assert_false(same(&r, "f000"));
	assert_true(same(&r, "f001") && same(&r, "f002") && same(&r, "f003"));
	r.o.overwrite = true;
	assert_int_equal(restore(&r, &s), 0);
	assert_true(same(&r, "f000"));
	/* a folder in a file's place is named, and stays */
	assert_int_equal(unlink(out(&r, "f004")) | mkdir(out(&r, "f004"), 0755), 0);
	assert_int_equal(restore(&r, &s), ERR_NO);
	assert_int_equal(r.d.missing, 1);
	assert_non_null(strstr(buf_cstr(&r.told.said), "f004: a folder stands in its place"));
	vault_snapshot_done(&s);
	run_end(&r);
}

static void planted(void **state)
{
	struct run r;
	char outside[200], inside[240];
	(void)state;
	run_new(&r);
	assert_int_equal(mkdir(at(&r.s, "d"), 0755) | mkdir(at(&r.s, "d/e"), 0755), 0);
	put_text(&r.s, "d/e/x", "x\n");
	put_text(&r.s, "y", "y\n");
	struct vault_snapshot s = back_up(&r.s);
	assert_int_equal(restore(&r, &s), 0);
	snprintf(outside, sizeof outside, "%s/outside", r.s.path);
	snprintf(inside, sizeof inside, "%s/x", outside);
	assert_int_equal(mkdir(outside, 0755), 0);
	assert_int_equal(unlink(out(&r, "d/e/x")) | rmdir(out(&r, "d/e")) | symlink(outside, out(&r, "d/e")), 0);
	assert_int_equal(restore(&r, &s), ERR_NO);
	assert_true(access(inside, F_OK) < 0);
	assert_true(same(&r, "y"));
	assert_non_null(strstr(buf_cstr(&r.told.said), "d/e/x: a link"));
	r.o.overwrite = true;
	assert_int_equal(restore(&r, &s), 0);
	assert_true(same(&r, "d/e/x"));
	assert_true(access(inside, F_OK) < 0);
	/* somebody else is at it */
	int fd = open(r.dest, O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(restore(&r, &s), ERR_BUSY);
	close(fd);
	vault_snapshot_done(&s);
	run_end(&r);
}

static void one_path(void **state)
{
	struct run r;
	char path[400];
	(void)state;
	run_new(&r);
	assert_int_equal(mkdir(at(&r.s, "d"), 0751) | mkdir(at(&r.s, "d/e"), 0710), 0);
	put_text(&r.s, "d/e/x", "x\n");
	put_text(&r.s, "d/ex", "not it\n");
	put_text(&r.s, "y", "y\n");
	assert_int_equal(link(at(&r.s, "y"), at(&r.s, "d/e/z")), 0); /* in the catalogue the file is d/e/z or y; both ways are asked for below */
	struct vault_snapshot s = back_up(&r.s);
	snprintf(path, sizeof path, "%s/d/e", r.s.tree);
	r.o.path = slice_str(path);
	assert_int_equal(restore(&r, &s), 0);
	assert_true(same(&r, "d/e/x") && same(&r, "d/e/z"));
	assert_true(gone(&r, "y") && gone(&r, "d/ex"));
	struct stat a, b;
	assert_int_equal(lstat(at(&r.s, "d"), &a) | lstat(out(&r, "d"), &b), 0);
	assert_int_equal(a.st_mode, b.st_mode); /* above it: made for it, and as it was */
	assert_int_equal(lstat(at(&r.s, "d/e"), &a) | lstat(out(&r, "d/e"), &b), 0);
	assert_int_equal(a.st_mode, b.st_mode);
	snprintf(path, sizeof path, "%s/y", r.s.tree);
	r.o.path = slice_str(path);
	assert_int_equal(restore(&r, &s), 0);
	assert_true(same(&r, "y"));
	snprintf(path, sizeof path, "%s/d/nothing", r.s.tree);
	r.o.path = slice_str(path);
	assert_int_equal(restore(&r, &s), ERR_NOT_FOUND);
	r.o.path = SLICE("d/e");
	assert_true(restore(&r, &s) < 0);
	vault_snapshot_done(&s);
	run_end(&r);
}

static void no_key(void **state)
{
	struct run r;
	struct age_identity other;
	(void)state;
	run_new(&r);
	some_files(&r.s, 3, 1000);
	struct vault_snapshot s = back_up(&r.s);
	age_identity_new(&other);
	assert_int_equal(restore_with(&r, &s, &other, &r.s.keys), ERR_CRYPTO);
	assert_int_equal(r.told.n, 0); /* one sentence, not one a file */
	assert_int_equal(restore_with(&r, &s, &r.s.keys.care, &r.s.keys), ERR_CRYPTO);
	assert_int_equal(restore_with(&r, &s, NULL, &r.s.keys), ERR_CRYPTO);
	assert_true(gone(&r, "f000"));
	vault_snapshot_done(&s);
	run_end(&r);
}

/* ---- packs ---- */

static void copy_over(struct site *s, const char *from, const char *to)
{
	struct buf b;
	buf_init(&b, 128 << 20);
	OK(file_read(s->vaultfd, from, 128 << 20, &b, e));
	OK(file_replace(s->vaultfd, to, buf_slice(&b), 0640, e));
	buf_done(&b);
}

static void flip(struct site *s, const char *name, off_t at_)
{
	uint8_t c;
	int fd = openat(s->vaultfd, name, O_RDWR);
	assert_int_equal(pread(fd, &c, 1, at_), 1);
	c ^= 0x20;
	assert_int_equal(pwrite(fd, &c, 1, at_), 1);
	close(fd);
}

/* Of 60 files how many came back; each is right or not there, and what is not there was named. */
static unsigned right_or_named(struct run *r)
{
	unsigned back = 0;
	char name[40];
	for (unsigned i = 0; i < 60; i++) {
		snprintf(name, sizeof name, "f%03u", i);
		if (gone(r, name))
			assert_non_null(strstr(buf_cstr(&r->told.said), name));
		else
			assert_true(same(r, name));
		back += !gone(r, name);
	}
	return back;
}

static void damaged_packs(void **state)
{
	struct run r;
	const char *pack = "content-00000001.age";
	(void)state;
	run_new(&r);
	some_files(&r.s, 60, 50000);
	put_text(&r.s, "empty", "");
	struct vault_snapshot a = back_up(&r.s), b;
	/* a second pack, of other files: as valid as the first */
	uint8_t *big = random_bytes(3000000, 99);
	put_file(&r.s, "later", big, 3000000);
	free(big);
	b = back_up(&r.s);
	copy_over(&r.s, pack, "kept");
	/* a flipped byte costs the files in its piece */
	flip(&r.s, pack, 1500000);
	assert_int_equal(restore(&r, &a), ERR_NO);
	unsigned back = right_or_named(&r);
	assert_true(back >= 46 && back < 60); /* a piece is 512 KiB: eleven of these files, and one at each end */
	assert_non_null(strstr(buf_cstr(&r.told.said), pack));
	assert_true(same(&r, "empty"));
	assert_int_equal(r.d.missing, 60 - back);
	remove_all(r.dest);
	/* one path that lies elsewhere in it is proven by its own digest */
	char one[300];
	snprintf(one, sizeof one, "%s", at(&r.s, "f001"));
	r.o.path = slice_str(one);
	assert_int_equal(restore(&r, &a), 0);
	assert_true(same(&r, "f001") && r.d.files == 1);
	r.o.path = SLICE_NULL;
	/* the pack is back: the rest comes */
	copy_over(&r.s, "kept", pack);
	assert_int_equal(restore(&r, &a), 0);
	assert_int_equal(right_or_named(&r), 60);
	remove_all(r.dest);
	/* shortened */
	int fd = openat(r.s.vaultfd, pack, O_RDWR);
	assert_int_equal(ftruncate(fd, 1000000), 0);
	close(fd);
	assert_int_equal(restore(&r, &a), ERR_NO);
	back = right_or_named(&r);
	assert_true(back > 5 && back < 30);
	remove_all(r.dest);
	/* gone */
	assert_int_equal(unlinkat(r.s.vaultfd, pack, 0), 0);
	assert_int_equal(restore(&r, &a), ERR_NO);
	assert_int_equal(right_or_named(&r), 0);
	assert_true(same(&r, "empty"));
	remove_all(r.dest);
	/* another pack in its place, which the same key opens: every place reads, and every byte is wrong */
	copy_over(&r.s, "content-00000002.age", pack);
	assert_int_equal(restore(&r, &a), ERR_NO);
	assert_int_equal(right_or_named(&r), 0);
	assert_non_null(strstr(buf_cstr(&r.told.said), "is not what was backed up"));
	remove_all(r.dest);
	r.o.path = slice_str(one);
	assert_int_equal(restore(&r, &a), ERR_NO);
	assert_false(same(&r, "f001"));
	r.o.path = SLICE_NULL;
	remove_all(r.dest);
	/* a damaged pack without the deduplication key: nothing of it can be proven */
	copy_over(&r.s, "kept", pack);
	flip(&r.s, pack, 1500000);
	struct site_keys keys = r.s.keys;
	keys.can_dedupe = false;
	assert_int_equal(restore_with(&r, &a, &r.s.recovery, &keys), ERR_NO);
	assert_int_equal(right_or_named(&r), 0);
	/* and of what is there already nothing was touched: all of it is still right */
	copy_over(&r.s, "kept", pack);
	assert_int_equal(restore(&r, &b), 0);
	flip(&r.s, pack, 1500000);
	assert_int_equal(restore(&r, &b), ERR_NO);
	assert_int_equal(right_or_named(&r), 60);
	vault_snapshot_done(&a);
	vault_snapshot_done(&b);
	run_end(&r);
}

static void damaged_catalogue(void **state)
{
	struct run r;
	struct stat st;
	(void)state;
	run_new(&r);
	some_files(&r.s, 60, 3000);
	struct vault_snapshot s = back_up(&r.s);
	assert_int_equal(fstatat(r.s.vaultfd, "catalogue-00000001.age", &st, 0), 0);
	copy_over(&r.s, "catalogue-00000001.age", "kept");
	/* wherever it is hit: an end with a sentence, and nothing wrong on disk */
	for (off_t at_ = 10; at_ < st.st_size; at_ += st.st_size / 12) {
		copy_over(&r.s, "kept", "catalogue-00000001.age");
		flip(&r.s, "catalogue-00000001.age", at_);
		int code = restore(&r, &s);
		assert_true(code == ERR_NO || code == ERR_CRYPTO || code == ERR_CORRUPT || code == 0); /* 0: in the padding */
		assert_true(code == 0 || r.told.n || r.e.text[0]);
		for (unsigned i = 0; i < 60; i++) {
			char name[40];
			snprintf(name, sizeof name, "f%03u", i);
			assert_true(gone(&r, name) || same(&r, name));
		}
		remove_all(r.dest);
	}
	vault_snapshot_done(&s);
	run_end(&r);
}

/* ---- check ---- */

static int check(struct run *r, bool data, bool key, struct buf *faults, struct vault_check_report *rep)
{
	struct vault *v;
	buf_reset(faults);
	OK(vault_open(r->s.fd, &r->s.keys, key ? &r->s.recovery : NULL, &v, e));
	int code = vault_check(v, data, rep, faults, &r->e);
	vault_close(v);
	return code;
}

static void checks(void **state)
{
	struct run r;
	struct buf f;
	struct vault_check_report rep;
	const char *pack = "content-00000001.age";
	(void)state;
	run_new(&r);
	buf_init(&f, 1 << 20);
	some_files(&r.s, 60, 50000);
	struct vault_snapshot s = back_up(&r.s);
	put_text(&r.s, "more", "more\n");
	struct vault_snapshot t = back_up(&r.s);
	for (int way = 0; way < 3; way++)
		assert_int_equal(check(&r, way > 0, way > 1, &f, &rep), 0);
	assert_int_equal(rep.packs, r.s.packs);
	assert_int_equal(rep.snapshots, 2);
	assert_true(rep.chunks > 60);
	copy_over(&r.s, pack, "kept");
	flip(&r.s, pack, 700000);
	assert_int_equal(check(&r, false, false, &f, &rep), 0); /* its size is right: the quick check reads no contents */
	assert_int_equal(check(&r, true, false, &f, &rep), ERR_NO);
	assert_int_equal(rep.faults, 1);
	assert_non_null(strstr(buf_cstr(&f), pack));
	assert_int_equal(check(&r, true, true, &f, &rep), ERR_NO);
	assert_int_equal(rep.faults, 1);
	copy_over(&r.s, "kept", pack);
	assert_int_equal(check(&r, true, true, &f, &rep), 0);
	assert_int_equal(unlinkat(r.s.vaultfd, pack, 0), 0);
	assert_int_equal(check(&r, false, false, &f, &rep), ERR_NO);
	assert_non_null(strstr(buf_cstr(&f), "content-00000001.age: the pack is missing"));
	copy_over(&r.s, "kept", pack);
	/* a catalogue that is not there takes its snapshots with it, by name */
	assert_int_equal(unlinkat(r.s.vaultfd, "catalogue-00000001.age", 0), 0);
	assert_int_equal(check(&r, false, false, &f, &rep), ERR_NO);
	assert_non_null(strstr(buf_cstr(&f), "catalogue-00000001.age: the pack is missing"));
	assert_non_null(strstr(buf_cstr(&f), "its catalogue cannot be read"));
	buf_done(&f);
	vault_snapshot_done(&s);
	vault_snapshot_done(&t);
	run_end(&r);
}

/* ---- drills ---- */

static void drills(void **state)
{
	struct run r;
	struct vault *v;
	struct vault_drill_report d;
	(void)state;
	run_new(&r);
	some_files(&r.s, 200, 20000);
	struct vault_snapshot s = back_up(&r.s);
	OK(vault_open(r.s.fd, &r.s.keys, &r.s.recovery, &v, e));
	OK(vault_drill(v, &s, r.dest, 50, &r.o, &d, e));
	assert_true(d.opened && d.files > 50 && d.files < 150 && d.missing == 0);
	assert_int_equal(d.bytes, d.files * 20000);
	assert_int_equal(d.files_all, 200);
	assert_true(d.estimate_seconds >= d.seconds);
	flip(&r.s, "content-00000001.age", 2000000);
	remove_all(r.dest);
	assert_int_equal(vault_drill(v, &s, r.dest, 100, &r.o, &d, &r.e), ERR_NO);
	assert_true(d.missing > 0 && d.files + d.missing == 200);
	vault_close(v);
	OK(vault_open(r.s.fd, &r.s.keys, NULL, &v, e));
	assert_int_equal(vault_drill(v, &s, r.dest, 5, &r.o, &d, &r.e), ERR_NO); /* its bytes are not the ledger's */
	assert_false(d.opened);
	assert_true(d.packs > 0);
	vault_close(v);
	vault_snapshot_done(&s);
	run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_again), cmocka_unit_test(what_is_there), cmocka_unit_test(planted), cmocka_unit_test(one_path), cmocka_unit_test(no_key),
		cmocka_unit_test(damaged_packs),   cmocka_unit_test(damaged_catalogue), cmocka_unit_test(checks), cmocka_unit_test(drills),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
