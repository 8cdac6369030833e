/* Every write, fsync, rename, open, truncate and map of a ledger's life fails once with EIO, and the process is killed once at each: strace injects it, there is no test code in
 * the product. After each: opening again shows every acknowledged entry, the ledger can be written, and verification finds nothing.
 *
 *   ledger_test_sweep work SITE REPORT    the life that is disturbed: opens, appends, commits, ticks, packs, recycles, closes; acknowledged sizes go to REPORT
 *   ledger_test_sweep create SITE REPORT  a ledger is made
 */
#include "ledger/ledger_test.h"

#include <sys/uio.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

static const char *self;

static struct ledger_options options(void)
{
	struct ledger_options o = small();
	o.segment_size = 64 << 10;
	o.pack_size = 64 << 10;
	return o;
}

/* writev is the one write that is never injected. */
static void acknowledge(int fd, uint64_t n)
{
	struct iovec v = {&n, sizeof n};
	if (writev(fd, &v, 1) != sizeof n)
		_exit(9);
}

static int work(const char *path, const char *report)
{
	struct site s = {.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	int to = open(report, O_WRONLY | O_APPEND | O_CLOEXEC);
	struct ledger *l;
	struct ledger_options o = options();
	struct buf b, note;
	struct err e = {0};
	if (s.fd < 0 || to < 0)
		return 0; /* the injection hit ourselves */
	buf_init(&b, 1 << 20);
	buf_init(&note, 1 << 16);
	if (site_keys_open(s.fd, &s.keys, &e) < 0 || !s.keys.can_open || !s.keys.can_sign || !s.keys.can_dedupe || ledger_open(s.fd, &s.keys, &o, &l, &note, &e) < 0) {
		if (getenv("HOLDFAST_VERBOSE"))
			fprintf(stderr, "worker: %s: %s\n", e.place, e.text);
		return 0;
	}
	for (int i = 0; i < 45; i++) {
		int n = i == 20 ? 300 : 1 + i % 7;
		for (int k = 0; k < n; k++) {
			body_of(ledger_size(l), &b);
			if (b.n > 2000)
				b.n = 2000;
			if (ledger_find_same(l, buf_slice(&b), NULL, NULL, &e) != ERR_NO)
				return 8;
			if (ledger_append(l, LEDGER_HL7V2, 0, "import", buf_slice(&b), true, NULL, NULL, &e) < 0)
				goto end;
		}
		int r = ledger_commit(l, &e);
		if (r == ERR_SYSTEM && l->broken) { /* fsync-gate: not one more byte */
			uint64_t size = ledger_durable(l);
			if (ledger_append(l, LEDGER_HL7V2, 0, "import", SLICE("x"), true, NULL, NULL, &e) == 0 || ledger_commit(l, &e) == 0 || ledger_tick(l, true, NULL, &e) == 0 ||
			    ledger_durable(l) != size || !strstr(e.text, "restart"))
				return 8;
			goto end;
		}
		if (r < 0 && ledger_commit(l, &e) < 0) /* no segment could be made: nothing was written, and it may be tried again */
			goto end;
		acknowledge(to, ledger_durable(l));
		if (i % 3 == 2)
			(void)!ledger_tick(l, i % 2, NULL, &e); /* a failure behind the commits stops none of them */
	}
	if (ledger_close(l, &e) == 0)
		acknowledge(to, 0); /* closed in order */
	return 0;
end:
	ledger_free(l);
	return 0;
}

static int create(const char *path)
{
	struct site s = {.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	struct err e = {0};
	if (s.fd < 0 || site_keys_open(s.fd, &s.keys, &e) < 0 || !s.keys.can_sign)
		return 0;
	(void)!ledger_create(s.fd, &s.keys, &e);
	return 0;
}

/* ---- the disturber ---- */

static struct site base; /* what every run begins with */
static char report[512], log_file[512];

/* Runs it; true when the injection took place. */
static bool disturbed(const char *what, const char *call, const char *how, int when, const char *site)
{
	char inject[128], trace[64];
	snprintf(inject, sizeof inject, "inject=%s:%s:when=%d", call, how, when);
	snprintf(trace, sizeof trace, "trace=%s", call);
	close(open(report, O_CREAT | O_TRUNC | O_WRONLY, 0600));
	/* strace 6.1 injects no signal where it filters with seccomp, which is much faster */
	const char *argv[] = {"strace", "-f", strstr(how, "signal") ? "-qq" : "--seccomp-bpf", "-o", log_file, "-e", trace, "-e", inject, self, what, site, report, NULL};
	int r = run(argv, NULL, NULL);
	if (r == 8 || r == 9 || r == 134)
		fail_msg("%s %s at %d: the worker gave %d", call, how, when, r);
	AUTO_BUF struct buf log = {0};
	buf_init(&log, 1 << 26);
	OK(file_read(AT_FDCWD, log_file, 1 << 26, &log, e));
	return strstr(buf_cstr(&log), "INJECTED") || strstr(buf_cstr(&log), "killed by SIGKILL");
}

static uint64_t acknowledged(bool *ret_closed)
{
	struct buf b;
	uint64_t most = 0, n;
	buf_init(&b, 1 << 20);
	OK(file_read(AT_FDCWD, report, 1 << 20, &b, e));
	*ret_closed = false;
	for (size_t i = 0; i + sizeof n <= b.n; i += sizeof n) {
		memcpy(&n, b.p + i, sizeof n);
		if (n == 0)
			*ret_closed = true;
		most = n > most ? n : most;
	}
	buf_done(&b);
	return most;
}

static void set_path(struct site *s, const char *path)
{
	size_t n = strlen(path);
	assert_true(n < sizeof s->path);
	memcpy(s->path, path, n + 1);
}

static void after(const char *path, const char *call, const char *how, int when)
{
	struct site s = base;
	bool closed;
	uint64_t want = acknowledged(&closed), have;
	struct ledger *l;
	struct ledger_options o = options();
	struct err why = {0};
	struct buf b;
	set_path(&s, path);
	s.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	print_message("%s %s at %d:", call, how, when); /* the last line tells which one failed */
	if (closed)
		expect_sound(&s);
	if (ledger_open(s.fd, &s.keys, &o, &l, NULL, &why) < 0)
		fail_msg("%s %s at %d: not opened: %s: %s", call, how, when, why.place, why.text);
	have = ledger_size(l);
	if (have < want)
		fail_msg("%s %s at %d: %" PRIu64 " entries of %" PRIu64 " acknowledged", call, how, when, have, want);
	buf_init(&b, 1 << 20);
	for (uint64_t i = 0; i < have; i += i + 10 < have ? 7 : 1) {
		struct ledger_entry en;
		if (ledger_read(l, i, &en, &why) < 0)
			fail_msg("%s %s at %d: entry %" PRIu64 ": %s", call, how, when, i, why.text);
		body_of(i, &b);
		if (b.n > 2000)
			b.n = 2000;
		assert_true(en.leaf.kind == LEDGER_PACK || slice_eq(en.body, buf_slice(&b)));
	}
	buf_done(&b);
	OK(ledger_append(l, LEDGER_OTHER, 0, "import", SLICE("after"), true, NULL, NULL, e));
	OK(ledger_close(l, e));
	expect_sound(&s);
	print_message(" %" PRIu64 " acknowledged, %" PRIu64 " there\n", want, have);
	close(s.fd);
}

static int runs;

/* call fails at its 1st, 2nd, ... use, until the life goes by undisturbed. A short run looks at the first ones of each kind and then at every so many, another choice each time. */
static void sweep(const char *what, const char *call, const char *how, int step)
{
	char path[512];
	int offset = is_long() ? 1 : 1 + (int)((uint64_t)time_now() / 1000 % (uint64_t)step);
	if (is_long())
		step = 1;
	snprintf(path, sizeof path, "%s.run", base.path);
	for (int when = 1;; when = when < 4 ? when + 1 : when + step + (when == 4 ? offset : 0)) {
		copy_tree(base.path, path);
		bool hit = disturbed(what, call, how, when, path);
		if (!strcmp(what, "create")) {
			struct site s = base;
			set_path(&s, path);
			s.fd = open(path, O_RDONLY | O_DIRECTORY);
			struct err e = {0};
			int r = ledger_create(s.fd, &s.keys, &e); /* made in the end, or made already */
			assert_true(r == 0 || r == ERR_EXISTS);
			close(s.fd);
		}
		after(path, call, how, when);
		remove_tree(path);
		runs++;
		if (!hit) {
			assert_true(when > 1); /* the call is in use at all */
			return;
		}
	}
}

static void prepare(bool ledger)
{
	char path[512];
	site_new_in(&base, true);
	snprintf(report, sizeof report, "%s.report", base.path);
	snprintf(log_file, sizeof log_file, "%s.log", base.path);
	if (ledger) {
		struct ledger *l = open_with(&base, options());
		struct buf b;
		buf_init(&b, 1 << 20);
		for (int i = 0; i < 120; i++) {
			body_of(ledger_size(l), &b);
			if (b.n > 2000)
				b.n = 2000;
			OK(ledger_append(l, LEDGER_HL7V2, 0, "import", buf_slice(&b), true, NULL, NULL, e));
			if (i % 5 == 4)
				OK(ledger_commit(l, e));
		}
		buf_done(&b);
		tick(l);
		ledger_free(l); /* so that recovery is part of what is disturbed, and the table of seen bodies is made again */
		unlink(site_path(&base, "ledger/seen.idx", path));
	} else {
		remove_tree(site_path(&base, "ledger", path));
		remove_tree(site_path(&base, "wal", path));
		remove_tree(site_path(&base, "packs", path));
	}
}

static void finish(void)
{
	unlink(report);
	unlink(log_file);
	site_done(&base);
}

static void lives(void **state)
{
	static const struct {
		const char *call;
		int step;
	} calls[] = {
	        {"pwrite64", 17}, {"write", 17}, {"fdatasync", 9}, {"fsync", 9}, {"?rename,?renameat,?renameat2", 11}, {"openat", 37}, {"mmap", 7}, {"msync", 2}, {"fallocate", 1}, {"pread64", 19}, {"unlinkat", 5},
	};
	prepare(true);
	runs = 0;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		if (SANITIZED && !strcmp(calls[i].call, "mmap")) /* those are the sanitizer's own */
			continue;
		int step = SANITIZED ? 4 * calls[i].step : calls[i].step;
		sweep("work", calls[i].call, "error=EIO", step);
		sweep("work", calls[i].call, "signal=KILL", step);
	}
	sweep("work", "pwrite64", "error=ENOSPC", 23);
	sweep("work", "write", "error=ENOSPC", 23);
	sweep("work", "fdatasync", "error=EINTR", 23);
	print_message("%d disturbed lives\n", runs);
	finish();
}

static void creations(void **state)
{
	static const char *const calls[] = {"write", "fsync", "?rename,?renameat,?renameat2", "?mkdir,?mkdirat"};
	prepare(false);
	runs = 0;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		sweep("create", calls[i], "error=EIO", 1);
		sweep("create", calls[i], "signal=KILL", 1);
	}
	print_message("%d disturbed creations\n", runs);
	finish();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(lives), cmocka_unit_test(creations)};
	self = argv[0];
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1); /* the leak checker does not work under strace */
	if (argc == 4 && !strcmp(argv[1], "work"))
		return work(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "create"))
		return create(argv[2]);
	const char *probe[] = {"strace", "-qq", "-o", "/dev/null", "-e", "trace=none", "true", NULL};
	if (run(probe, NULL, NULL) != 0) {
		print_message("skipped: strace is not installed, or may not trace here\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
