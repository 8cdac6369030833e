/* A file read in a child that can reach nothing: forked, shut in (no file but this one, no socket, no process, no signal to others; memory and processor time bounded), and only then does a library look at the file's bytes. Pieces come back over a
 * pipe as frames (extract_wire.c). A child that ends without its last word, says what it cannot mean, or takes too long is a trouble of that file: what it told before stands. Members that a foreign program has to read come back as bytes. */
#include "extract_internal.h"

#include "conv.h"

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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FD_OUT   3
#define FD_FILE  4
#define SEND_AT  65536u
#define MEMBER_MOST ((size_t)256 << 20) /* of one that goes to a program */

/* ---- the child ---- */

static bool lock_in(const struct extract_limits *l, uint64_t seconds)
{
	static const char *const calls[] = {"read", "pread64", "write", "close", "fstat", "newfstatat", "lseek", "munmap", "mremap", "brk", "madvise", "futex", "clock_gettime", "gettimeofday", "time", "exit", "exit_group", "rt_sigreturn", "rt_sigaction", "rt_sigprocmask",
		"restart_syscall", "getpid", "gettid", "getrandom", "sched_yield", "sched_getaffinity", "sysinfo", "getrlimit", "getuid", "geteuid", "getgid", "getegid", "uname", "memfd_create", "ftruncate", "umask",
#if defined(__SANITIZE_ADDRESS__)
		"openat", "open", "readlink", "readlinkat", "prctl", "getdents64", "sigaltstack", "tgkill", "set_robust_list", "arch_prctl", "personality", "stat",
#endif
	};
	struct rlimit none = {0, 0}, cpu = {seconds, seconds + 1}, file = {MEMBER_MOST, MEMBER_MOST}; /* files are of memory, for a library that asks for a descriptor */
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_FSIZE, &file);
	setrlimit(RLIMIT_CPU, &cpu);
#if !defined(__SANITIZE_ADDRESS__)
	struct rlimit before, memory = {l->memory, l->memory};
	/* what the caller has mapped (a dictionary of persons) counts in its child, too, though it never touches it */
	char statm[128];
	uint64_t pages = 0;
	int f = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t got = f < 0 ? -1 : read(f, statm, sizeof statm);
	struct slice rest = slice_of((const uint8_t *)statm, got > 0 ? (size_t)got : 0);
	if (num_u64(slice_cut(rest, ' ', &rest), 0, UINT64_MAX / 8192, &pages) == 0)
		memory.rlim_cur = memory.rlim_max = l->memory + pages * 4096ul;
	if (f >= 0)
		close(f);
	if (getrlimit(RLIMIT_AS, &before) == 0 && before.rlim_max < memory.rlim_max)
		memory.rlim_cur = memory.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_AS, &memory);
#endif
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	extract_shut_files(NULL, false);
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool ok = ctx;
	for (size_t i = 0; ok && i < ARRAY_LEN(calls); i++) {
		int nr = seccomp_syscall_resolve_name(calls[i]);
		int done = nr == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
		ok = done == 0 || done == -EEXIST || done == -EDOM;
	}
	/* memory that is written is never run */
	ok = ok && seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0 && seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
	/* limits of its own, and of no other process; of what fcntl does, nothing by which somebody is sent a signal (F_SETOWN) */
	static const int commands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW};
	ok = ok && seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A0(SCMP_CMP_EQ, 0)) == 0;
	for (size_t i = 0; ok && i < ARRAY_LEN(commands); i++)
		ok = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, (uint64_t)commands[i])) == 0;
	ok = ok && seccomp_load(ctx) == 0;
	seccomp_release(ctx);
	return ok;
}

struct telling { /* in the child */
	struct buf b;
	char member[EXTRACT_MEMBER_MAX];
	size_t member_n;
	bool member_said;
};

static int send_all(struct telling *t, size_t least, struct err *e)
{
	if (t->b.n < least)
		return 0;
	if (!buf_ok(&t->b) || file_write_all(FD_OUT, buf_slice(&t->b), e, "pipe") < 0)
		_exit(4); /* nobody listens */
	buf_reset(&t->b);
	return 0;
}

static void say_member(struct telling *t, struct slice m)
{
	if (t->member_said && m.n == t->member_n && (!m.n || !memcmp(m.p, t->member, m.n)))
		return;
	assert(m.n <= sizeof t->member);
	if (m.n)
		memcpy(t->member, m.p, m.n);
	t->member_n = m.n;
	t->member_said = true;
	extract_wire_frame(&t->b, EXTRACT_FRAME_MEMBER, m);
}

static int tell_piece(void *arg, const struct extract_piece *p, struct err *e)
{
	struct telling *t = arg;
	say_member(t, p->member);
	extract_wire_piece(&t->b, p);
	return send_all(t, SEND_AT, e);
}

static void tell_trouble(void *arg, const struct extract_trouble *x)
{
	struct telling *t = arg;
	say_member(t, x->member);
	extract_wire_trouble(&t->b, x);
	(void)send_all(t, SEND_AT, NULL);
}

static int tell_foreign(struct extract_walk *w, const struct extract_out *o, enum extract_foreign kind, int fd, struct slice bytes, struct err *e)
{
	struct telling *t = w->telling;
	const uint8_t k = (uint8_t)kind;
	(void)fd;
	if (bytes.n > MEMBER_MOST) {
		extract_tell(o, EXTRACT_LIMIT, "longer than %zu MiB: it was not given to the program that reads it", MEMBER_MOST >> 20);
		return 0;
	}
	say_member(t, o->member);
	extract_wire_frame(&t->b, EXTRACT_FRAME_FOREIGN, slice_of(&k, 1));
	for (size_t n; bytes.n; bytes = slice_of(bytes.p + n, bytes.n - n)) {
		n = bytes.n < EXTRACT_PIECE_MAX ? bytes.n : EXTRACT_PIECE_MAX;
		extract_wire_frame(&t->b, EXTRACT_FRAME_DATA, slice_of(bytes.p, n));
		int r = send_all(t, SEND_AT, e);
		if (r < 0)
			return r;
	}
	extract_wire_frame(&t->b, EXTRACT_FRAME_RUN, SLICE_NULL);
	return send_all(t, 0, e);
}

_Noreturn static void child(const struct extract_out *from, int type, struct slice name, int file, int out, uint64_t size, uint64_t seconds)
{
	static struct telling t;
	struct err e = {0};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	/* nothing else of the caller's is open in it; both are moved out of the way first */
	int high_out = fcntl(out, F_DUPFD, 16), high_file = fcntl(file, F_DUPFD, 16);
	if (null < 0 || high_out < 0 || high_file < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 || dup2(high_out, FD_OUT) < 0 || dup2(high_file, FD_FILE) < 0 || close_range(5, ~0u, 0) < 0)
		_exit(3);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	buf_init(&t.b, 4 * EXTRACT_FRAME_MAX);
	struct extract_walk w = {.depth = from->walk->depth, .members = from->walk->members, .out = from->walk->out, .in = size > from->walk->in ? size : from->walk->in, .apart = true, .foreign = tell_foreign, .telling = &t};
	struct extract_out o = *from;
	o.fn = tell_piece;
	o.trouble = tell_trouble;
	o.arg = &t;
	o.walk = &w;
	o.base = 0;
	o.a = arena_new((size_t)256 << 20);
	if (!o.a || !lock_in(from->limits, seconds))
		_exit(3);
	int r = extract_library(&o, type, name, FD_FILE, SLICE_NULL, &e);
	if (r < 0 && !w.stopped)
		extract_tell(&o, r == ERR_LIMIT || r == ERR_MEMORY ? EXTRACT_LIMIT : EXTRACT_BROKEN, "%.150s", e.text[0] ? e.text : "it could not be read");
	const uint8_t stopped = w.stopped;
	extract_wire_frame(&t.b, EXTRACT_FRAME_END, slice_of(&stopped, 1));
	send_all(&t, 0, NULL);
	_exit(0);
}

/* ---- the parent ---- */

struct reader {
	pid_t pid;
	int fd;
	struct buf b;
	size_t used;            /* of b */
	int64_t left, patience; /* how long it may still be waited for: time in which it has the word, and not the caller; what that begins with */
	int64_t worked;         /* the processor's time that it had used when it was last asked */
	char member[EXTRACT_MEMBER_MAX];
	size_t member_n;
	int foreign;            /* of which program bytes are coming; -1: none */
	struct buf bytes;
	bool ended;
};

/* 1: n bytes stand at b.p + used; 0: it ended; ERR_BUSY: it takes too long. */
static int more(struct reader *x, size_t n)
{
	while (x->b.n - x->used < n) {
		if (x->used) {
			buf_drop(&x->b, x->used);
			x->used = 0;
		}
		int64_t from = time_monotonic();
		struct pollfd p = {.fd = x->fd, .events = POLLIN};
		int ready = x->left <= 0 ? 0 : poll(&p, 1, (int)(x->left / 1000000 < 60000 ? x->left / 1000000 + 1 : 60000));
		x->left -= time_monotonic() - from;
		if (ready == 0 && x->left <= 0) {
			if (!extract_works(x->pid, &x->worked))
				return ERR_BUSY;
			x->left = x->patience;
		}
		if (ready <= 0)
			continue;
		uint8_t *to = buf_space(&x->b, 1 << 17);
		ssize_t got = to ? read(x->fd, to, 1 << 17) : 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return 0;
		buf_commit(&x->b, (size_t)got);
	}
	return 1;
}

static int cannot_mean(const struct extract_out *o)
{
	extract_tell(o, EXTRACT_DIED, "the process that reads it said what no reader says: it was ended");
	return ERR_NO;
}

/* What it has to hand on: members' bytes for a program. */
static int take_bytes(struct reader *x, const struct extract_out *o, uint8_t kind, struct slice body, struct err *e)
{
	if (kind == EXTRACT_FRAME_FOREIGN) {
		if (body.n != 1 || body.p[0] >= EXTRACT_FOREIGN_N || x->foreign >= 0)
			return cannot_mean(o);
		x->foreign = body.p[0];
		buf_init(&x->bytes, MEMBER_MOST);
		return 0;
	}
	if (x->foreign < 0)
		return cannot_mean(o);
	if (kind == EXTRACT_FRAME_DATA) {
		buf_add_slice(&x->bytes, body);
		return buf_ok(&x->bytes) ? 0 : cannot_mean(o);
	}
	enum extract_foreign f = (enum extract_foreign)x->foreign;
	x->foreign = -1;
	int r = extract_count(o, x->bytes.n, e);
	o->walk->depth++;
	if (r == 0)
		r = o->walk->foreign(o->walk, o, f, -1, buf_slice(&x->bytes), e);
	o->walk->depth--;
	buf_done(&x->bytes);
	return r;
}

/* One frame. ERR_NO: no more is to be heard of this child, and that was told. */
static int take(struct reader *x, const struct extract_out *o, uint8_t kind, struct slice body, struct err *e)
{
	struct extract_piece p;
	struct extract_trouble t;
	struct slice member = slice_of(x->member, x->member_n);
	struct extract_out in = *o;
	in.member = member;
	switch (kind) {
	case EXTRACT_FRAME_MEMBER:
		if (body.n > sizeof x->member || !utf8_valid(body) || body.n < o->member.n || (o->member.n && memcmp(body.p, o->member.p, o->member.n)))
			return cannot_mean(o);
		if (body.n)
			memcpy(x->member, body.p, body.n);
		x->member_n = body.n;
		return 0;
	case EXTRACT_FRAME_PIECE:
		if (extract_wire_piece_get(body, member, &p) < 0)
			return cannot_mean(o);
		if (p.kind == EXTRACT_MEMBER && ++o->walk->members > o->limits->members)
			return extract_stop(o, "more files are packed in this one than are read from one", e);
		int r = extract_count(o, p.text.n, e);
		return r < 0 ? r : o->fn(o->arg, &p, e);
	case EXTRACT_FRAME_TROUBLE:
		if (extract_wire_trouble_get(body, member, &t) < 0)
			return cannot_mean(o);
		o->trouble(o->arg, &t);
		return 0;
	case EXTRACT_FRAME_END:
		x->ended = true;
		return ERR_NO;
	case EXTRACT_FRAME_FOREIGN: case EXTRACT_FRAME_DATA: case EXTRACT_FRAME_RUN: return take_bytes(x, &in, kind, body, e);
	default: return cannot_mean(o);
	}
}

static int listen_to(struct reader *x, const struct extract_out *o, bool *ret_late, struct err *e)
{
	for (;;) {
		int r = more(x, EXTRACT_FRAME_HEAD);
		if (r <= 0) {
			*ret_late = r < 0;
			return 0;
		}
		const uint8_t *h = x->b.p + x->used;
		size_t n = h[0] | (size_t)h[1] << 8 | (size_t)h[2] << 16 | (size_t)h[3] << 24;
		if (n > EXTRACT_FRAME_MAX) {
			x->ended = true;
			cannot_mean(o);
			return 0;
		}
		r = more(x, EXTRACT_FRAME_HEAD + n);
		if (r <= 0) {
			*ret_late = r < 0;
			return 0;
		}
		h = x->b.p + x->used;
		r = take(x, o, h[4], slice_of(h + EXTRACT_FRAME_HEAD, n), e);
		x->used += EXTRACT_FRAME_HEAD + n;
		if (r == ERR_NO && !o->walk->taker_failed) {
			x->ended = true;
			return 0;
		}
		if (r != 0)
			return r;
	}
}

/* How it ended, where it did so without a word. */
static void tell_end(const struct reader *x, const struct extract_out *o, bool late, int status)
{
	struct extract_out in = *o;
	in.member = slice_of(x->member, x->member_n);
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	if (late || sig == SIGXCPU)
		extract_tell(&in, EXTRACT_DIED, "the process that reads it took too long and was ended; what it told before stands");
	else if (sig)
		extract_tell(&in, EXTRACT_DIED, "the process that reads it was ended by signal %d (%s); what it told before stands", sig, sigabbrev_np(sig) ? sigabbrev_np(sig) : "?");
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 3)
		extract_tell(&in, EXTRACT_DIED, "the process that reads it could not be shut in, and did not begin");
	else
		extract_tell(&in, EXTRACT_DIED, "the process that reads it ended without its last word");
}

static int run(const struct extract_out *o, int type, struct slice name, int fd, struct err *e)
{
	struct reader x = {.fd = -1, .foreign = -1};
	struct stat st;
	int p[2], status = 0;
	bool late = false;
	uint64_t size = fstat(fd, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0, seconds = o->limits->seconds + (size >> 22);
	extract_charset_load();
	extract_library_load();
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, "extract", "no pipe to a reader of files");
	x.pid = conv_fork();
	if (x.pid == 0)
		child(o, type, name, fd, p[1], size, seconds);
	close(p[1]);
	x.fd = p[0];
	if (x.pid < 0) {
		int r = err_sys(e, "extract", "no process to read a file in");
		close(x.fd);
		return r;
	}
	if (o->member.n)
		memcpy(x.member, o->member.p, o->member.n);
	x.member_n = o->member.n;
	x.left = x.patience = (int64_t)seconds * TIME_SEC;
	buf_init(&x.b, 4 * EXTRACT_FRAME_MAX);
	int r = listen_to(&x, o, &late, e);
	if (x.ended || late || r != 0)
		kill(x.pid, SIGKILL); /* it holds nothing that would have to be put away */
	close(x.fd);
	while (waitpid(x.pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!x.ended && r == 0)
		tell_end(&x, o, late, status);
	buf_done(&x.b);
	buf_done(&x.bytes);
	return r;
}

int extract_apart(const struct extract_out *o, int type, struct slice name, int fd, struct slice bytes, struct err *e)
{
	if (fd >= 0)
		return run(o, type, name, fd, e);
	AUTO_CLOSE int m = memfd_create("member", MFD_CLOEXEC);
	if (m < 0)
		return err_sys(e, "extract", "no memory to hand a file over in");
	int r = file_write_all(m, bytes, e, "memory");
	return r < 0 ? r : run(o, type, name, m, e);
}

/* ---- in the child: which library ---- */

static int pull_fd(void *arg, uint8_t *to, size_t n, size_t *ret_got, struct err *e)
{
	const int *fd = arg;
	ssize_t got;
	while ((got = read(*fd, to, n)) < 0 && errno == EINTR)
		;
	if (got < 0)
		return err_sys(e, NULL, "its bytes cannot be read");
	*ret_got = (size_t)got;
	return 0;
}

struct rest {
	struct slice left;
};

static int pull_rest(void *arg, uint8_t *to, size_t n, size_t *ret_got, struct err *e)
{
	struct rest *x = arg;
	(void)e;
	n = n < x->left.n ? n : x->left.n;
	if (n)
		memcpy(to, x->left.p, n);
	x->left = slice_of(x->left.p + n, x->left.n - n);
	*ret_got = n;
	return 0;
}

static int sqlite(const struct extract_out *o, int fd, struct slice bytes, struct err *e)
{
	AUTO_CLOSE int m = fd < 0 ? memfd_create("member", MFD_CLOEXEC) : -1;
	int r = fd < 0 && m >= 0 ? file_write_all(m, bytes, e, "memory") : 0;
	if (fd < 0 && m < 0)
		return err_sys(e, NULL, "no memory for a database");
	return r < 0 ? r : extract_sqlite(fd < 0 ? m : fd, o, e);
}

int extract_library(const struct extract_out *o, int type, struct slice name, int fd, struct slice bytes, struct err *e)
{
	struct rest rest = {bytes};
	struct extract_source s = fd >= 0 ? (struct extract_source){.pull = pull_fd, .arg = &fd} : (struct extract_source){.pull = pull_rest, .arg = &rest};
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	if (type == CONTENT_SQLITE)
		return sqlite(o, fd, bytes, e);
	if (type == CONTENT_XML)
		return extract_xml_stream(&s, o, e);
	return extract_archive(o, type, name, fd, bytes, NULL, e);
}
