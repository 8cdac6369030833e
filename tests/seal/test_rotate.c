/* Rotation of keys: names of later keys in a quarter, what each care key opens before and after, and every system call of it failing or the process killed there: whoever opens the site next finishes it. */
#include "seal/seal_test.h"

static const char *self;

static void names(void **state)
{
	static const struct {
		const char *name, *class;
		int year, quarter, m;
	} good[] = {{"care-2026Q3", "care", 2026, 3, 0}, {"care-2026Q3r1", "care", 2026, 3, 1}, {"files-2026Q4r99", "files", 2026, 4, 99}, {"a1-0001Q1r10", "a1", 1, 1, 10}};
	static const char *const bad[] = {"care-2026Q3r0", "care-2026Q3r01", "care-2026Q3r100", "care-2026Q3r", "care-2026Q3R1", "care-2026Q3r-1", "care-2026Q5r1", "care-2026Qr1", "r1", "-2026Q3r1", "../x-2026Q3r1", "care-2026Q31", ""};
	char class[SITE_PERIOD_MAX], back[SITE_PERIOD_MAX];
	struct err e;
	int y, q, m;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		OK(site_period_parts(good[i].name, class, &y, &q, &m, &e));
		assert_string_equal(class, good[i].class);
		assert_true(y == good[i].year && q == good[i].quarter && m == good[i].m);
		site_period_join(class, y, q, m, back);
		assert_string_equal(back, good[i].name);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		FAILS(site_period_parts(bad[i], class, &y, &q, &m, &e), ERR_USAGE, "care-2026Q3");
}

static int rotate(int fd, struct site_keys *k, int64_t time, bool files, struct err *e)
{
	struct site_rotation p, again;
	int r = site_rotation_plan(fd, k, time, files, "root", "a laptop was stolen", 7, &p, e);
	if (r == 0)
		r = site_rotation_read(fd, &again, e);
	if (r == 0) {
		assert_memory_equal(&p.care, &again.care, sizeof(p.care));
		assert_true(again.at == 7 && again.number == p.number && again.period_n == p.period_n);
		assert_string_equal(again.reason, "a laptop was stolen");
		r = site_rotation_carry(fd, &again, k, e);
	}
	return r == 0 ? site_rotation_end(fd, e) : r;
}

static int64_t q3(void)
{
	return time_from_civil(2026, 8, 9, 10, 11, 12);
}

static void twice_in_a_quarter(void **state)
{
	struct tmp tmp = tmp_new();
	struct share s[3];
	struct site_keys k, again, first, thief;
	struct age_recipient to[4];
	struct age_identity id, recovery;
	struct buf secret;
	struct err e;
	char name[SITE_PERIOD_MAX];
	buf_init_secret(&secret, 64);
	OK(site_keys_create(tmp.fd, "hospital.example/log", 2, 3, s, &k, &e));
	OK(share_join(s, 2, &secret, &e));
	age_identity_of(secret.p, &recovery);
	first = k;
	OK(site_period_recipient(tmp.fd, &k, "care-2026Q3", true, &to[0], &e));
	OK(site_period_recipient(tmp.fd, &k, "files-2026Q3", false, &to[3], &e));
	OK(rotate(tmp.fd, &k, q3(), false, &e));
	assert_int_equal(k.older_n, 1);
	assert_memory_equal(&k.older[0], &first.care, sizeof(first.care));
	site_period_current(tmp.fd, "care", q3(), name);
	assert_string_equal(name, "care-2026Q3r1");
	site_period_current(tmp.fd, "catalogue", q3(), name); /* there was none yet: the first one, opened by the new key */
	assert_string_equal(name, "catalogue-2026Q3");
	site_period_current(tmp.fd, "files", q3(), name);
	assert_string_equal(name, "files-2026Q3");
	site_period_current(tmp.fd, "care", time_from_civil(2026, 10, 1, 0, 0, 0), name);
	assert_string_equal(name, "care-2026Q4");
	OK(rotate(tmp.fd, &k, q3(), true, &e));
	assert_int_equal(k.older_n, 2);
	site_period_current(tmp.fd, "care", q3(), name);
	assert_string_equal(name, "care-2026Q3r2");
	site_period_current(tmp.fd, "files", q3(), name);
	assert_string_equal(name, "files-2026Q3r1");
	/* who opens the site now opens all of them; who has the first care key, the first period only */
	OK(site_keys_open(tmp.fd, &again, &e));
	assert_memory_equal(&again.care, &k.care, sizeof(k.care));
	assert_int_equal(again.older_n, 2);
	assert_memory_equal(again.older, k.older, 2 * sizeof(k.older[0]));
	static const char *const all[] = {"care-2026Q3", "care-2026Q3r1", "care-2026Q3r2", "catalogue-2026Q3", "catalogue-2026Q3r1"};
	thief = first;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		OK(site_period_identity(tmp.fd, &again, all[i], &id, &e));
		OK(site_period_open(tmp.fd, &recovery, all[i], &id, &e));
		if (i)
			FAILS(site_period_identity(tmp.fd, &thief, all[i], &id, &e), ERR_CRYPTO, "no key opens");
	}
	OK(site_period_identity(tmp.fd, &thief, all[0], &id, &e));
	assert_memory_equal(&id.to, &to[0], sizeof(to[0]));
	/* all of it comes back from the shares */
	static const char *const gone[] = {"keys/care.key", "keys/care-r1.key", "keys/care-r2.key", "keys/signing.key", "keys/dedupe.key"};
	for (size_t i = 0; i < ARRAY_LEN(gone); i++)
		assert_int_equal(unlinkat(tmp.fd, gone[i], 0), 0);
	OK(site_keys_recover(tmp.fd, &recovery, &again, &e));
	assert_memory_equal(&again.care, &k.care, sizeof(k.care));
	assert_int_equal(again.older_n, 2);
	assert_memory_equal(again.older, k.older, 2 * sizeof(k.older[0]));
	buf_done(&secret);
	tmp_done(&tmp);
}

static void plans(void **state)
{
	struct tmp tmp = tmp_new();
	struct share s[3];
	struct site_keys k;
	struct site_rotation p;
	struct err e;
	static const char *const bad[] = {"", "holdfast-key-rotate-1\n", "holdfast-key-rotate-1\ncare 1\nat 7\nwho x\nreason y\nAGE-SECRET-KEY-1\n", "holdfast-key-rotate-1\ncare 0\nat 7\nwho x\nreason y\nperiod care-2026Q3\n",
	                                  "holdfast-key-rotate-1\ncare 1\nat 7\nwho x\nreason y\nperiod ../../x\n", "holdfast-key-rotate-2\n"};
	OK(site_keys_create(tmp.fd, "hospital.example/log", 2, 3, s, &k, &e));
	FAILS(site_rotation_read(tmp.fd, &p, &e), ERR_NOT_FOUND, "");
	FAILS(site_rotation_plan(tmp.fd, &k, q3(), false, "root", "two\nlines", 7, &p, &e), ERR_USAGE, "one line");
	FAILS(site_rotation_plan(tmp.fd, &k, q3(), false, "ro\not", "why", 7, &p, &e), ERR_USAGE, "");
	OK(site_rotation_plan(tmp.fd, &k, q3(), false, "root", "", 7, &p, &e));
	FAILS(site_rotation_plan(tmp.fd, &k, q3(), false, "root", "why", 7, &p, &e), ERR_EXISTS, "not finished");
	OK(site_rotation_end(tmp.fd, &e));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		put(&tmp, "keys/rotate.next", slice_str(bad[i]));
		FAILS(site_rotation_read(tmp.fd, &p, &e), ERR_CORRUPT, "rotate.next");
	}
	OK(site_rotation_end(tmp.fd, &e));
	k.older_n = SITE_CARE_OLDER;
	FAILS(site_rotation_plan(tmp.fd, &k, q3(), false, "root", "why", 7, &p, &e), ERR_LIMIT, "new site");
	k.can_open = false;
	FAILS(site_rotation_plan(tmp.fd, &k, q3(), false, "root", "why", 7, &p, &e), ERR_DENIED, "care key");
	tmp_done(&tmp);
}

/* ---- the sweep ---- */

static int destroy_child(const char *site)
{
	struct err e;
	int fd = open(site, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && site_period_destroy(fd, "care-2026Q3", &e) == 1 ? 0 : 1;
}

static int child(const char *site)
{
	struct err e;
	struct site_keys k;
	struct site_rotation p;
	int fd = open(site, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = fd < 0 ? -1 : site_keys_open(fd, &k, &e);
	if (r == 0)
		r = site_rotation_read(fd, &p, &e);
	if (r == ERR_NOT_FOUND)
		r = site_rotation_plan(fd, &k, q3(), false, "root", "swept", 0, &p, &e);
	if (r == 0)
		r = site_rotation_carry(fd, &p, &k, &e);
	return r == 0 && site_rotation_end(fd, &e) == 0 ? 0 : 1;
}

static int traced(const char *what, const char *inject, const char *site, bool *ret_hit)
{
	char option[128], log[512];
	snprintf(option, sizeof(option), "inject=%s", inject);
	snprintf(log, sizeof(log), "%s.strace", site);
	const char *const argv[] = {"strace", "-q", "-o", log, "-e", option, self, what, site, NULL};
	int r = run(argv, NULL, NULL);
	char text[1 << 16];
	FILE *f = fopen(log, "r");
	size_t n = f ? fread(text, 1, sizeof(text), f) : 0;
	if (f)
		fclose(f);
	*ret_hit = memmem(text, n, "(INJECTED)", 10) || memmem(text, n, "killed by SIGKILL", 17);
	return r;
}

/* Whatever happened: the site's keys open, the period's old key with them, and what was begun can be finished and then is one whole rotation. */
static void holds(int fd, const struct site_keys *first, bool said_done)
{
	struct site_keys k;
	struct site_rotation p;
	struct age_identity id;
	struct age_recipient to;
	struct err e;
	char name[SITE_PERIOD_MAX];
	OK(site_keys_open(fd, &k, &e));
	OK(site_period_identity(fd, &k, "care-2026Q3", &id, &e));
	int r = site_rotation_read(fd, &p, &e);
	assert_true(r == 0 || r == ERR_NOT_FOUND);
	if (r == 0) {
		OK(site_rotation_carry(fd, &p, &k, &e));
		OK(site_rotation_end(fd, &e));
		said_done = true;
	}
	bool changed = memcmp(&k.care, &first->care, sizeof(k.care)) != 0;
	assert_int_equal(k.older_n, changed);
	if (said_done)
		assert_true(changed);
	site_period_current(fd, "care", q3(), name);
	assert_string_equal(name, changed ? "care-2026Q3r1" : "care-2026Q3");
	OK(site_period_recipient(fd, &k, name, true, &to, &e));
	OK(site_period_identity(fd, &k, name, &id, &e));
	assert_memory_equal(&id.to, &to, sizeof(to));
	if (changed)
		FAILS(site_period_identity(fd, first, name, &id, &e), ERR_CRYPTO, "no key opens");
}

/* A site with one period key: its folder, for the caller to close. */
static int fresh_site(const struct tmp *tmp, char site[512], struct site_keys *k, const char *period)
{
	struct share s[3];
	struct age_recipient to;
	struct err e;
	tmp_path(tmp, "site", site);
	remove_tree(site);
	assert_int_equal(mkdir(site, 0700), 0);
	int fd = open(site, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OK(site_keys_create(fd, "hospital.example/log", 2, 3, s, k, &e));
	OK(site_period_recipient(fd, k, period, true, &to, &e));
	return fd;
}

static void sweep(const char *how)
{
	static const char *const calls[] = {"openat", "write", "fsync", "renameat", "renameat2", "unlinkat"};
	struct tmp tmp = tmp_new();
	int injected = 0;
	for (size_t c = 0; c < ARRAY_LEN(calls); c++)
		for (int when = 1;; when++) {
			char site[512], inject[96];
			struct site_keys k;
			bool hit;
			assert_true(when < 300);
			int fd = fresh_site(&tmp, site, &k, "care-2026Q3");
			snprintf(inject, sizeof(inject), "%s:%s:when=%d", calls[c], how, when);
			int r = traced("rotate", inject, site, &hit);
			holds(fd, &k, r == 0);
			close(fd);
			if (!hit) {
				assert_int_equal(r, 0);
				break;
			}
			injected++;
		}
	print_message("%s: %d calls\n", how, injected);
	assert_true(injected >= 25);
	tmp_done(&tmp);
}

static void fails(void **state)
{
	sweep("error=ENOSPC");
}

static void killed(void **state)
{
	sweep("signal=KILL");
}

/* Destroying a key: when it is said to be done, no byte of it stands under its name; otherwise it can be said again. A link to the same bytes shows that they were overwritten, and not only unlinked. */
static void destroyed(const char *how)
{
	static const char *const calls[] = {"openat", "pwrite64", "fsync", "unlinkat"};
	struct tmp tmp = tmp_new();
	int injected = 0;
	for (size_t c = 0; c < ARRAY_LEN(calls); c++)
		for (int when = 1;; when++) {
			char site[512], inject[96];
			struct site_keys k;
			struct age_recipient to;
			struct err e;
			uint8_t sha[SEAL_HASH], now[SEAL_HASH];
			bool hit;
			assert_true(when < 100);
			int fd = fresh_site(&tmp, site, &k, "care-2026Q3");
			OK(site_period_recipient(fd, &k, "care-2026Q4", true, &to, &e));
			OK(site_period_sha256(fd, "care-2026Q3", sha, &e));
			assert_int_equal(linkat(fd, "keys/period/care-2026Q3.age", fd, "keys/period/care-2026Q2.age", 0), 0);
			snprintf(inject, sizeof(inject), "%s:%s:when=%d", calls[c], how, when);
			int r = traced("destroy", inject, site, &hit);
			if (r == 0)
				FAILS(site_period_sha256(fd, "care-2026Q3", now, &e), ERR_NOT_FOUND, "");
			int again = site_period_destroy(fd, "care-2026Q3", &e);
			assert_true(again >= 0);
			FAILS(site_period_sha256(fd, "care-2026Q3", now, &e), ERR_NOT_FOUND, "");
			assert_int_equal(site_period_destroy(fd, "care-2026Q3", &e), 0);
			OK(site_period_sha256(fd, "care-2026Q2", now, &e));
			assert_memory_not_equal(now, sha, sizeof(sha));
			OK(site_period_sha256(fd, "care-2026Q4", now, &e)); /* and no other */
			close(fd);
			if (!hit) {
				assert_int_equal(r, 0);
				break;
			}
			injected++;
		}
	print_message("destroy, %s: %d calls\n", how, injected);
	assert_true(injected >= 6);
	tmp_done(&tmp);
}

static void destroy_fails(void **state)
{
	destroyed("error=EIO");
}

static void destroy_killed(void **state)
{
	destroyed("signal=KILL");
}

static bool can_trace(void)
{
	char true_log[] = "/tmp/holdfast-trace-XXXXXX";
	int fd = mkstemp(true_log);
	const char *const argv[] = {"strace", "-q", "-o", true_log, "true", NULL};
	bool yes = fd >= 0 && have("strace") && run(argv, NULL, NULL) == 0;
	if (fd >= 0) {
		close(fd);
		unlink(true_log);
	}
	return yes;
}

static void skipped(void **state)
{
	print_message("skipped: strace may not trace here\n");
	skip();
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return strcmp(argv[1], "destroy") ? child(argv[2]) : destroy_child(argv[2]);
	self = argv[0];
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1); /* the leak checker wants to trace, too */
	bool trace = can_trace();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names), cmocka_unit_test(twice_in_a_quarter), cmocka_unit_test(plans), cmocka_unit_test(trace ? fails : skipped), cmocka_unit_test(trace ? killed : skipped),
		cmocka_unit_test(trace ? destroy_fails : skipped), cmocka_unit_test(trace ? destroy_killed : skipped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
