/* judge_process: the judge in a process of its own. It reads what hostile programs wrote, so it has nothing: no user, no files but the descriptors that come with a question, no way to open, connect or execute. */
#include "watch_internal.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define JUDGE_ID 61847 /* where the package's user hf-watch does not exist; beside those of sandbox.h */
#define ROUND_MEMORY ((size_t)2 << 20)

static const char *const calls[] = {
	"read", "pread64", "recvmsg", "sendmsg", "close", "fstat", "newfstatat", "lseek", "mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "futex", "clock_gettime", "exit", "exit_group", "rt_sigaction",
	"rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall", "getpid", "gettid", "tgkill", "getrandom", "sched_yield", "poll", "ppoll", "write",
#if defined(__SANITIZE_ADDRESS__)
	"openat", "readlink", "prctl", "getdents64", "prlimit64", "arch_prctl", "sched_getaffinity", "set_robust_list",
#endif
};

bool judge_lock_in(void)
{
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_NPROC, &none);
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(JUDGE_ID, JUDGE_ID, JUDGE_ID) < 0 || setresuid(JUDGE_ID, JUDGE_ID, JUDGE_ID) < 0))
		return false;
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool ok = ctx;
	for (size_t i = 0; ok && i < ARRAY_LEN(calls); i++) {
		int nr = seccomp_syscall_resolve_name(calls[i]);
		int r = nr == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
		ok = r == 0 || r == -EEXIST || r == -EDOM;
	}
	ok = ok && seccomp_load(ctx) == 0;
	seccomp_release(ctx);
	return ok;
}

struct reading {
	const struct layout *l;
	const int *fd;
};

static int64_t read_layout(void *arg, uint64_t offset, void *out, size_t n)
{
	const struct reading *r = arg;
	return layout_read(r->l, r->fd, offset, out, n);
}

static struct watch_bytes bytes_of(struct reading *r, const struct layout *l, const int *fd)
{
	*r = (struct reading){l, fd};
	return (struct watch_bytes){.known = l->known, .size = l->size, .read = read_layout, .arg = r};
}

static bool send_packet(int sock, struct buf *b)
{
	bool sent = buf_ok(b) && wire_send(sock, buf_slice(b), NULL, 0) == 0;
	buf_reset(b);
	return sent;
}

/* Verdicts go out before the answer that they explain. */
static bool tell_verdicts(struct watch_judge *j, int sock, struct watch_verdict *v, struct buf *out)
{
	bool ok = true;
	while (ok && watch_judge_verdict(j, v)) {
		wire_put_verdict(v, out);
		ok = send_packet(sock, out);
	}
	return ok;
}

static bool one_message(struct watch_judge *j, int sock, struct wire *w, const int *fd, struct watch_verdict *v, struct buf *out)
{
	struct reading before, after;
	struct answer x = {.tag = w->tag};
	w->c.before = bytes_of(&before, &w->before, fd);
	w->c.after = bytes_of(&after, &w->after, fd);
	switch (w->kind) {
	case WIRE_RELEASED:
		watch_judge_released(j, w->c.who.session);
		return true;
	case WIRE_ENDED:
		watch_judge_ended(j, w->c.who.session);
		return true;
	case WIRE_FEED:
		x.opinion = (int)watch_judge_feed(j, &w->c);
		if (!tell_verdicts(j, sock, v, out))
			return false;
		if (!w->tag) /* nobody asks what it thinks of this one */
			return true;
		wire_put_answer(WIRE_OPINION, &x, out);
		return send_packet(sock, out);
	default:
		x.stop = watch_judge_before(j, &w->c);
		if (!tell_verdicts(j, sock, v, out))
			return false;
		wire_put_answer(WIRE_ANSWER, &x, out);
		return send_packet(sock, out);
	}
}

_Noreturn void judge_main(int sock, const struct watch_judge_config *c)
{
	struct watch_judge *j = watch_judge_new(c);
	struct arena *a = arena_new(ROUND_MEMORY);
	struct watch_verdict *v = calloc(1, sizeof *v);
	struct buf in, out;
	buf_init(&in, WIRE_MAX + 1);
	buf_init(&out, WIRE_MAX);
	prctl(PR_SET_NAME, "hf-watch-judge");
	if (!j || !a || !v || !judge_lock_in())
		_exit(3);
	for (;;) {
		int fd[WIRE_FDS];
		size_t n = 0;
		bool ok = true;
		for (int i = 0; i < WIRE_FDS; i++)
			fd[i] = -1;
		buf_reset(&in);
		if (wire_recv(sock, &in, fd, &n) != 0)
			_exit(0);
		struct cur cur = cur_of(buf_slice(&in));
		while (ok && cur_left(&cur)) {
			struct wire w;
			arena_reset(a);
			ok = wire_get(&cur, a, &w) == 0 && one_message(j, sock, &w, fd, v, &out);
		}
		for (size_t i = 0; i < n; i++)
			close(fd[i]);
		if (!ok)
			_exit(0);
	}
}
