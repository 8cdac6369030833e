/* Every system call that makes a site's keys fails once, and the process is killed at each: there are all keys or none, and the next attempt succeeds.
 * strace does it, so there is no test code in the product. The same for a period key.
 */
#include <dirent.h>

#include "seal/seal_test.h"

static const char *self;
static int skipped_all;

/* ---- the process under test: this program with a word ---- */

static int child(const char *what, const char *site)
{
	struct err e;
	struct site_keys k;
	struct share s[3];
	struct age_recipient to;
	char line[1024];
	int fd = open(site, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = -1;
	if (fd < 0)
		return 3;
	if (strcmp(what, "create") == 0) {
		r = site_keys_create(fd, "hospital.example/log", 2, 3, s, &k, &e);
	} else {
		r = site_keys_open(fd, &k, &e);
		if (r == 0)
			r = site_period_recipient(fd, &k, "care-2026Q3", true, &to, &e);
	}
	if (r < 0) {
		if (e.code != r || !e.text[0])
			return 4; /* an error without a sentence */
		fprintf(stderr, "%s\n", err_line(&e, line, sizeof(line)));
	}
	return r < 0 ? 1 : 0;
}

static int traced(const char *inject, const char *what, const char *site)
{
	char option[128], log[512];
	snprintf(option, sizeof(option), "inject=%s", inject);
	snprintf(log, sizeof(log), "%s.strace", site);
	const char *const argv[] = {"strace", "-q", "-o", log, "-e", option, self, what, site, NULL};
	int err = dup(2), null = open("/dev/null", O_WRONLY);
	dup2(null, 2); /* hundreds of expected sentences */
	int r = run(argv, NULL, NULL);
	dup2(err, 2);
	close(err);
	close(null);
	return r;
}

/* strace says so in its log when it tampered with a call. */
static bool tampered(const struct tmp *t, const char *site)
{
	struct buf b;
	char name[64];
	snprintf(name, sizeof(name), "%s.strace", strrchr(site, '/') + 1);
	get(t, name, &b);
	bool yes = memmem(b.p, b.n, "(INJECTED)", 10) || memmem(b.p, b.n, "killed by SIGKILL", 17);
	buf_done(&b);
	return yes;
}

/* ---- what must be true afterwards ---- */

/* Half a key under a temporary name is a key in the wrong place. */
static void no_temps(int fd, const char *dir)
{
	int d = openat(fd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fdopendir(d);
	assert_non_null(list);
	for (struct dirent *f; (f = readdir(list));)
		if (strstr(f->d_name, ".tmp"))
			fail_msg("%s/%s is left", dir, f->d_name);
	closedir(list);
}

static void keys_whole_or_absent(int fd, bool said_done)
{
	struct err e;
	struct site_keys k;
	if (faccessat(fd, "keys", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		OK(site_keys_open(fd, &k, &e));
		assert_true(k.can_sign && k.can_open && k.can_dedupe);
		static const char *const sealed[] = {"keys/signing.age", "keys/care.age", "keys/dedupe.age"};
		for (size_t i = 0; i < ARRAY_LEN(sealed); i++) {
			struct stat st;
			assert_int_equal(fstatat(fd, sealed[i], &st, 0), 0);
			assert_true(st.st_size > 200);
		}
	} else {
		assert_false(said_done);
		struct share s[3];
		OK(site_keys_create(fd, "hospital.example/log", 2, 3, s, &k, &e));
		OK(site_keys_open(fd, &k, &e));
	}
	no_temps(fd, "keys");
	no_temps(fd, "keys/period");
}

static void period_whole_or_absent(int fd, bool said_done)
{
	struct err e;
	struct site_keys k;
	struct age_recipient to, before;
	struct age_identity id;
	bool both = faccessat(fd, "keys/period/care-2026Q3.pub", F_OK, 0) == 0 && faccessat(fd, "keys/period/care-2026Q3.age", F_OK, 0) == 0;
	assert_true(both || !said_done);
	OK(site_keys_open(fd, &k, &e));
	if (both) {
		OK(site_period_identity(fd, &k, "care-2026Q3", &id, &e));
		before = id.to;
	}
	OK(site_period_recipient(fd, &k, "care-2026Q3", true, &to, &e));
	OK(site_period_identity(fd, &k, "care-2026Q3", &id, &e));
	assert_memory_equal(&id.to, &to, sizeof(to)); /* what is sealed to the one opens with the other */
	if (both)
		assert_memory_equal(&before, &to, sizeof(to));
	else
		no_temps(fd, "keys/period"); /* a key that is there already is not touched, nor what stands beside it */
}

/* ---- the sweep ---- */

static const char *const calls[] = {"openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "fchmod", "fchmodat", "getrandom"};

static int sweep(struct tmp *t, const char *what, const char *how)
{
	int injected = 0;
	for (size_t c = 0; c < ARRAY_LEN(calls); c++) {
		for (int when = 1;; when++) {
			char site[512], inject[96];
			struct err e;
			struct site_keys k;
			struct share s[3];
			assert_true(when < 300);
			tmp_path(t, "site", site);
			remove_tree(site);
			assert_int_equal(mkdir(site, 0700), 0);
			int fd = open(site, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			if (strcmp(what, "period") == 0)
				OK(site_keys_create(fd, "hospital.example/log", 2, 3, s, &k, &e));
			snprintf(inject, sizeof(inject), "%s:%s:when=%d", calls[c], how, when);
			int r = traced(inject, what, site);
			bool hit = tampered(t, site);
			assert_int_not_equal(r, 4);
			if (!hit)
				assert_int_equal(r, 0); /* undisturbed, it works */
			if (strcmp(what, "period") == 0)
				period_whole_or_absent(fd, r == 0);
			else
				keys_whole_or_absent(fd, r == 0);
			close(fd);
			if (!hit)
				break;
			injected++;
		}
	}
	return injected;
}

static void can_trace(void)
{
	struct tmp t = tmp_new();
	char site[512];
	tmp_path(&t, "site", site);
	assert_int_equal(mkdir(site, 0700), 0);
	if (traced("fsync:error=EIO:when=1", "create", site) == 0 || !tampered(&t, site))
		skipped_all = 1; /* no ptrace here: some containers */
	tmp_done(&t);
}

#define SWEEP(name, what, how, least)                                                                                                              \
	static void name(void **state)                                                                                                             \
	{                                                                                                                                          \
		struct tmp t = tmp_new();                                                                                                          \
		int n = sweep(&t, what, how);                                                                                                      \
		print_message("%s, %s: %d calls\n", what, how, n);                                                                                 \
		assert_true(n >= (least));                                                                                                         \
		tmp_done(&t);                                                                                                                      \
	}

SWEEP(create_fails, "create", "error=EIO", 40)
SWEEP(create_no_space, "create", "error=ENOSPC", 40)
SWEEP(create_killed, "create", "signal=KILL", 40)
SWEEP(period_fails, "period", "error=EIO", 10)
SWEEP(period_killed, "period", "signal=KILL", 10)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(create_fails), cmocka_unit_test(create_no_space), cmocka_unit_test(create_killed), cmocka_unit_test(period_fails), cmocka_unit_test(period_killed),
	};
	if (argc == 3)
		return child(argv[1], argv[2]);
	self = argv[0];
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1); /* the leak checker wants to trace, too */
	if (!have("strace"))
		return missing("strace");
	can_trace();
	if (skipped_all) {
		fprintf(stderr, "skipped: strace may not trace here\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
