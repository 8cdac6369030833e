/* Every write, fsync, rename, truncate, unlink and new folder of a backup fails once with EIO, and the process is killed once at each, and at each file it opens: strace injects it, there is no
 * test code in the product. After each: every snapshot that has an entry reads whole and byte for byte, every pack that has one opens, and the next backup goes through.
 *
 *   vault_test_sweep work DIR    the backup that is disturbed
 *   vault_test_sweep away DIR    the same by an agent, with its site in the same process
 */
#include "vault/agent_test.h"

static const char *self;
static bool away; /* agents are swept */

static void site_again(struct site *s, const char *path)
{
	char site[200];
	struct err e = {0};
	memset(s, 0, sizeof *s);
	snprintf(s->path, sizeof s->path, "%s", path);
	snprintf(s->tree, sizeof s->tree, "%s/tree", s->path);
	snprintf(site, sizeof site, "%s/site", path);
	s->fd = open(site, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s->vaultfd = s->fd < 0 ? -1 : openat(s->fd, "vault", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	site_handles(s);
	if (s->vaultfd < 0 || site_keys_open(s->fd, &s->keys, &e) < 0 || !s->keys.can_open || !s->keys.can_dedupe)
		_exit(3); /* the injection hit ourselves */
}

static int work(const char *path)
{
	struct site s;
	struct vault_snapshot snap;
	struct err e = {0};
	site_again(&s, path);
	const char *paths[] = {s.tree};
	struct vault_backup_options o = {.source = "files", .paths = paths, .path_n = 1, .readers = 2};
	int r = backup_with(&s, &o, &snap, &e);
	if (r == 0 && !snap.whole)
		return 8; /* none of what fails here is a file of the tree */
	if (r < 0 && (!e.code || !e.text[0]))
		return 9; /* it failed without saying why */
	return r == 0 ? 0 : 1;
}

static int work_away(const char *path)
{
	struct site s;
	struct agent a;
	struct vault_snapshot snap;
	struct err e = {0};
	site_again(&s, path);
	agent_open(&a, &s, "ward7");
	int r = agent_backup_as(&a, "files", &snap, &e);
	if (r == 0 && !snap.whole)
		return 8;
	if (r < 0 && (!e.code || !e.text[0]))
		return 9;
	return r == 0 ? 0 : 1;
}

/* ---- the disturber ---- */

static bool disturbed(struct site *s, const char *call, const char *how, int when)
{
	char inject[128], trace[64], log_file[200];
	snprintf(inject, sizeof inject, "inject=%s:%s:when=%d", call, how, when);
	snprintf(trace, sizeof trace, "trace=%s", call);
	snprintf(log_file, sizeof log_file, "%s/log", s->path);
	/* strace 6.1 injects no signal where it filters with seccomp, which is much faster */
	const char *argv[] = {"timeout", "60", "strace", "-f", strstr(how, "signal") ? "-qq" : "--seccomp-bpf", "-o", log_file, "-e", trace, "-e", inject, self, away ? "away" : "work", s->path, NULL};
	pid_t pid;
	int st;
	assert_int_equal(posix_spawnp(&pid, "timeout", NULL, NULL, (char **)(uintptr_t)argv, environ), 0);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	int r = WIFEXITED(st) ? WEXITSTATUS(st) : 0;
	if (r == 8 || r == 9 || r == 124 || r == 134)
		fail_msg("%s %s at %d: the worker gave %d", call, how, when, r);
	AUTO_BUF struct buf log = {0};
	buf_init(&log, 1 << 26);
	OK(file_read(AT_FDCWD, log_file, 1 << 26, &log, e));
	return strstr(buf_cstr(&log), "INJECTED") || strstr(buf_cstr(&log), "killed by SIGKILL");
}

/* Every pack with an entry, and every snapshot: its lines, and the bytes of its files through their digests' sizes. */
static void all_is_whole(struct site *s, const char *call, const char *how, int when)
{
	struct vault *v = open_vault_of(s);
	const struct vault_known_pack *packs;
	for (size_t i = 0, n = vault_log_packs(v->log, &packs); i < n; i++) {
		struct vault_pack *p;
		struct err e = {0};
		if (vault_packs_get(v->contents, packs[i].class, packs[i].number, &p, &e) < 0 || vault_pack_damaged(p) || vault_pack_plain(p) != packs[i].plain)
			fail_msg("after %s %s at %d: a pack that has an entry is not whole: %s", call, how, when, e.text);
	}
	for (size_t i = 0; i < vault_log_snapshots(v->log); i++) {
		struct vault_body body;
		struct vault_cat *cat;
		const struct vault_line *l;
		struct buf bytes;
		int r;
		buf_init(&bytes, 1 << 26);
		OK(vault_log_snapshot(v->log, i, &body, e));
		OK(vault_cat_open(v->catalogues, &body, SLICE_NULL, &cat, e));
		while ((r = vault_cat_next(cat, &l, NULL)) > 0) {
			if (l->node.type != 'f' || i + 3 < vault_log_snapshots(v->log))
				continue;
			buf_reset(&bytes);
			bytes_of(v, l->extents, &bytes);
			assert_int_equal(bytes.n, l->node.size);
		}
		assert_int_equal(r, 0); /* with the root */
		vault_cat_close(cat);
		vault_body_done(&body);
		buf_done(&bytes);
	}
	vault_close(v);
}

static void nothing_left(int dirfd, const char *path)
{
	DIR *d = fdopendir(openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	assert_non_null(d);
	for (const struct dirent *en; (en = readdir(d));)
		assert_true(en->d_name[0] == '.' || !strcmp(en->d_name, "new") || !strcmp(en->d_name, "index") || !strcmp(en->d_name, "lock"));
	closedir(d);
}

/* Undisturbed; what the killed one left was removed. */
static struct vault_snapshot next_backup(struct site *s)
{
	struct vault_snapshot snap;
	struct agent a;
	if (!away) {
		snap = back_up(s);
		nothing_left(s->vaultfd, "new");
		return snap;
	}
	agent_open(&a, s, "ward7");
	OK(agent_backup_as(&a, "files", &snap, e));
	nothing_left(a.statefd, "vault");
	nothing_left(a.statefd, "vault/new");
	agent_close(&a);
	return snap;
}

static void sweep(const char *call, const char *how)
{
	struct site s;
	site_new(&s, true);
	for (int i = 0; i < 5; i++) {
		char name[16];
		snprintf(name, sizeof name, "f%d", i);
		put_text(&s, name, name);
	}
	int when = 1;
	for (; when < 200; when++) {
		uint8_t *p = random_bytes(150000, (uint64_t)when);
		put_file(&s, "big", p, 150000);
		put_file(&s, "f3", p, (size_t)when);
		free(p);
		bool was = disturbed(&s, call, how, when);
		all_is_whole(&s, call, how, when);
		if (!was)
			break;
		struct vault_snapshot snap = next_backup(&s);
		assert_true(snap.whole);
		compare_with_tree(&s, &snap);
		vault_snapshot_done(&snap);
		when += is_long() ? 0 : when / 12; /* all of the first, a share of the later */
	}
	print_message("%s%s %s: %d times\n", away ? "agent: " : "", call, how, when - 1);
	assert_true(when > 1);
	site_end(&s);
}

#define SWEEP(name, call, how)            \
	static void name(void **state)        \
	{                                     \
		(void)state;                      \
		sweep(call, how);                 \
	}
SWEEP(write_fails, "write", "error=EIO")
SWEEP(pwrite_fails, "pwrite64", "error=ENOSPC")
SWEEP(fsync_fails, "fsync", "error=EIO")
SWEEP(fdatasync_fails, "fdatasync", "error=EIO")
SWEEP(rename_fails, "renameat2", "error=EIO")
SWEEP(truncate_fails, "ftruncate", "error=EIO")
SWEEP(killed_at_write, "write", "signal=KILL")
SWEEP(killed_at_pwrite, "pwrite64", "signal=KILL")
SWEEP(killed_at_fsync, "fsync,fdatasync", "signal=KILL")
SWEEP(killed_at_rename, "renameat2,renameat,unlinkat", "signal=KILL")
SWEEP(killed_at_open, "openat", "signal=KILL")

#define SWEEP_AWAY(name, call, how)       \
	static void name(void **state)        \
	{                                     \
		(void)state;                      \
		away = true;                      \
		sweep(call, how);                 \
		away = false;                     \
	}
SWEEP_AWAY(away_write_fails, "write,pwrite64", "error=ENOSPC")
SWEEP_AWAY(away_fsync_fails, "fsync,fdatasync", "error=EIO")
SWEEP_AWAY(away_rename_fails, "renameat2,renameat,linkat", "error=EIO")
SWEEP_AWAY(away_killed_at_write, "write,pwrite64", "signal=KILL")
SWEEP_AWAY(away_killed_at_fsync, "fsync,fdatasync", "signal=KILL")
SWEEP_AWAY(away_killed_at_rename, "renameat2,renameat,linkat,unlinkat", "signal=KILL")
SWEEP_AWAY(away_killed_at_open, "openat", "signal=KILL")

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "work"))
		return work(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "away"))
		return work_away(argv[2]);
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	if (n < 0 || access("/usr/bin/strace", X_OK) || geteuid() != 0) {
		print_message("skipped: it takes strace and root\n");
		return 77;
	}
	path[n] = 0;
	self = path;
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1); /* the leak checker does not work under strace */
	const char *probe[] = {"strace", "-qq", "-o", "/dev/null", "-e", "trace=none", "true", NULL};
	pid_t pid;
	int st = -1;
	if (posix_spawnp(&pid, "strace", NULL, NULL, (char **)(uintptr_t)probe, environ) == 0)
		(void)waitpid(pid, &st, 0);
	if (st != 0) {
		print_message("skipped: strace may not trace here\n");
		return 77;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write_fails), cmocka_unit_test(pwrite_fails), cmocka_unit_test(fsync_fails), cmocka_unit_test(fdatasync_fails), cmocka_unit_test(rename_fails),
		cmocka_unit_test(truncate_fails), cmocka_unit_test(killed_at_write), cmocka_unit_test(killed_at_pwrite), cmocka_unit_test(killed_at_fsync), cmocka_unit_test(killed_at_rename),
		cmocka_unit_test(killed_at_open), cmocka_unit_test(away_write_fails), cmocka_unit_test(away_fsync_fails), cmocka_unit_test(away_rename_fails), cmocka_unit_test(away_killed_at_write),
		cmocka_unit_test(away_killed_at_fsync), cmocka_unit_test(away_killed_at_rename), cmocka_unit_test(away_killed_at_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
