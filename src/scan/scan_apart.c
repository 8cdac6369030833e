/* For a command: a file read in a child that can reach nothing. It is forked before the caller has opened anything of a site; it maps the libraries, then shuts itself in (no file, socket, process, signal to others; a limit of memory), and only then looks at the
 * file's bytes, which it has from its parent. Answers come over a pipe, each with its length before it. A page on which it ends, or takes too long, is a page that cannot be read; another child goes on behind it. */
#include "scan_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 30
#define MEMORY ((rlim_t)2 << 30)
#define DEATHS 3 /* in a row: it is the file */
#define ANSWER_MAX (SCAN_KEPT_MAX + ((size_t)64 << 10))
#define REFUSED 0x80000000u /* in a length: the file as a whole cannot be read, and these bytes say why; the next one is the error's code */

/* ---- the child ---- */

static bool lock_in(void)
{
	static const char *const calls[] = {"read", "write", "close", "fstat", "lseek", "munmap", "mremap", "brk", "madvise", "futex", "clock_gettime", "gettimeofday", "time", "exit", "exit_group", "rt_sigreturn", "rt_sigaction", "rt_sigprocmask", "restart_syscall",
		"getpid", "gettid", "getrandom", "sched_yield", "sched_getaffinity", "sysinfo", "getrlimit", "prlimit64", "getuid", "geteuid", "getgid", "getegid", "uname",
#if defined(__SANITIZE_ADDRESS__)
		"openat", "open", "readlink", "readlinkat", "prctl", "getdents64", "sigaltstack", "tgkill", "set_robust_list", "arch_prctl", "personality", "stat", "newfstatat",
#endif
	};
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_FSIZE, &none);
#if !defined(__SANITIZE_ADDRESS__)
	struct rlimit memory = {MEMORY, MEMORY};
	setrlimit(RLIMIT_AS, &memory);
#endif
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool ok = ctx;
	for (size_t i = 0; ok && i < ARRAY_LEN(calls); i++) {
		int nr = seccomp_syscall_resolve_name(calls[i]);
		int done = nr == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
		ok = done == 0 || done == -EEXIST || done == -EDOM;
	}
	/* memory that is written is never run */
	ok = ok && seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0 && seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
	ok = ok && seccomp_load(ctx) == 0;
	seccomp_release(ctx);
	return ok;
}

static bool say(int out, uint32_t length, struct slice s)
{
	uint8_t head[4] = {(uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16), (uint8_t)(length >> 24)};
	struct err quiet = {0};
	return file_write_all(out, slice_of(head, sizeof head), &quiet, "pipe") == 0 && file_write_all(out, s, &quiet, "pipe") == 0;
}

static bool refuse(int out, const struct err *why)
{
	char text[400];
	int n = snprintf(text, sizeof text, "%c%s", (char)-why->code, why->text);
	return say(out, REFUSED | (uint32_t)n, slice_of(text, (size_t)n));
}

_Noreturn static void child(struct slice file, unsigned page, int out)
{
	struct err why = {0};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	/* nothing of the caller's is open in it: libraries write to standard error what they like */
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 || (out != 3 && dup2(out, 3) < 0) || close_range(4, ~0u, 0) < 0)
		_exit(3);
	signal(SIGPIPE, SIG_DFL);
	if (scan_load(&why) < 0) {
		refuse(3, &why);
		_exit(0);
	}
	if (!lock_in())
		_exit(3);
	for (unsigned pages = page; page <= pages; page++) {
		AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
		AUTO_BUF struct buf b = {0};
		struct scan_page p;
		buf_init(&b, ANSWER_MAX);
		if (!a)
			_exit(3);
		if (scan_read(file, page, &b, &why) < 0) {
			refuse(3, &why);
			_exit(0);
		}
		if (scan_answer_get(buf_slice(&b), a, &p, &why) < 0 || !say(3, (uint32_t)b.n, buf_slice(&b)))
			_exit(3);
		pages = p.pages;
	}
	_exit(0);
}

/* ---- the parent ---- */

struct reader {
	pid_t pid;
	int fd;
	struct buf b;
};

/* 1: n bytes stand at the front; 0: it ended; below 0: it takes too long. */
static int more(struct reader *x, size_t n, int64_t until)
{
	while (x->b.n < n) {
		int64_t left = until - time_monotonic();
		struct pollfd p = {.fd = x->fd, .events = POLLIN};
		int ready = left <= 0 ? 0 : poll(&p, 1, (int)(left / 1000000) + 1);
		if (ready == 0)
			return ERR_BUSY;
		uint8_t *to = buf_space(&x->b, 1 << 16);
		ssize_t got = to && ready > 0 ? read(x->fd, to, 1 << 16) : ready > 0 ? 0 : -1;
		if (got < 0 && errno != EINTR)
			return 0;
		if (got == 0)
			return 0;
		if (got > 0)
			buf_commit(&x->b, (size_t)got);
	}
	return 1;
}

static int begin(struct reader *x, struct slice file, unsigned page, struct err *e)
{
	int p[2];
	fflush(NULL); /* nothing of ours is written twice */
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, "scan", "no pipe to a reader of scans");
	x->pid = fork();
	if (x->pid == 0) {
		close(p[0]);
		child(file, page, p[1]);
	}
	close(p[1]);
	if (x->pid < 0) {
		close(p[0]);
		return err_sys(e, "scan", "no process to read scans in");
	}
	x->fd = p[0];
	buf_init(&x->b, 2 * ANSWER_MAX);
	return 0;
}

static void end(struct reader *x)
{
	int status;
	kill(x->pid, SIGKILL); /* it holds nothing that would have to be put away */
	while (waitpid(x->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(x->fd);
	buf_done(&x->b);
}

static int refused(struct reader *x, uint32_t n, struct err *e)
{
	char text[400];
	size_t k = n < sizeof text ? n : sizeof text - 1;
	if (k < 1)
		return err_set(e, ERR_CORRUPT, NULL, "the reader of scans ended without a word");
	memcpy(text, x->b.p + 4, k);
	text[k] = 0;
	for (size_t i = 1; i < k; i++)
		if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] > 0x7e)
			text[i] = '?';
	int code = -text[0];
	return err_set(e, code == ERR_LIMIT || code == ERR_SYSTEM || code == ERR_MEMORY ? code : ERR_INPUT, NULL, "%s", text + 1);
}

/* Pages from *page on, as far as this child comes. 1: all were read; 0: it died on *page. */
static int pages(struct reader *x, unsigned *page, unsigned *pages_all, unsigned *deaths, scan_page_fn *fn, void *arg, struct err *e)
{
	for (;;) {
		AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
		struct scan_page p;
		int64_t until = time_monotonic() + SECONDS * TIME_SEC;
		if (!a)
			return err_set(e, ERR_MEMORY, NULL, "no memory for a page");
		if (more(x, 4, until) <= 0)
			return 0;
		uint32_t n = x->b.p[0] | (uint32_t)x->b.p[1] << 8 | (uint32_t)x->b.p[2] << 16 | (uint32_t)x->b.p[3] << 24;
		bool is_refused = n & REFUSED;
		n &= ~REFUSED;
		if (n > ANSWER_MAX || more(x, 4 + (size_t)n, until) <= 0)
			return 0;
		if (is_refused)
			return refused(x, n, e);
		int r = scan_answer_get(slice_of(x->b.p + 4, n), a, &p, e);
		if (r == 0 && (p.page != *page || (*pages_all && p.pages != *pages_all)))
			r = err_set(e, ERR_CORRUPT, NULL, "the reader of scans answered of another page");
		if (r == 0)
			r = fn(arg, &p, e);
		if (r < 0)
			return r;
		*deaths = 0;
		*pages_all = p.pages;
		buf_drop(&x->b, 4 + (size_t)n);
		if (++*page > p.pages)
			return 1;
	}
}

int scan_apart(struct slice file, scan_page_fn *fn, void *arg, struct err *e)
{
	unsigned page = 1, all = 0, deaths = 0;
	if (scan_format_of(file) == SCAN_NONE)
		return err_set(e, ERR_INPUT, NULL, "this is no PDF, PNG, JPEG or TIFF");
	if (file.n > SCAN_FILE_MAX)
		return err_set(e, ERR_LIMIT, NULL, "a file of more than %zu MiB is not read", SCAN_FILE_MAX >> 20);
	for (;;) {
		struct reader x = {.fd = -1};
		int r = begin(&x, file, page, e);
		if (r < 0)
			return r;
		r = pages(&x, &page, &all, &deaths, fn, arg, e);
		end(&x);
		if (r != 0)
			return r < 0 ? r : 0;
		if (!all || ++deaths == DEATHS) /* before the first page nobody knows how many there are */
			return err_set(e, ERR_CORRUPT, NULL, "the file cannot be read: the program that decodes it ends on it");
		struct scan_page p = {.page = page, .pages = all, .error = SLICE("the program that decodes it ended on this page")};
		r = fn(arg, &p, e);
		if (r < 0 || ++page > all)
			return r;
	}
}
