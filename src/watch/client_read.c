/* client_read: follows what Samba says, in a process of its own: the lines hold what clients chose (names of files), so who reads them has nothing but the right to open that log again when it was rotated. */
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define BEFORE (1 << 20) /* of what stood there before we came: who is connected already */
#define KNOWN 1024
#define PAUSE_MS 1000 /* how long a rotation may go unseen */
#define ROUND (256u << 10)

struct reading {
	const char *path;
	int fd, out, notify;
	bool socket, pipe;
	uint64_t at;
	dev_t dev;
	ino_t ino;
	struct {
		int32_t pid;
		uint64_t start;
	} known[KNOWN];
	size_t next;
	struct buf line;
	bool skipping;           /* in a line that is too long */
};

static bool known(struct reading *r, const struct client_note *c)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (r->known[i].pid == c->pid && r->known[i].start == c->start)
			return true;
	return false;
}

static void one_line(struct reading *r, struct slice line)
{
	struct client_note c;
	if (!client_line(line, &c) || proc_start(c.pid, &c.start) < 0 || known(r, &c))
		return;
	if (write(r->out, &c, sizeof c) != sizeof c)
		return; /* full: the next line of this process says it again */
	r->known[r->next].pid = c.pid;
	r->known[r->next].start = c.start;
	r->next = (r->next + 1) % KNOWN;
}

static void take(struct reading *r, const uint8_t *p, size_t n)
{
	while (n) {
		const uint8_t *end = memchr(p, '\n', n);
		size_t k = end ? (size_t)(end - p) : n;
		if (!r->skipping && r->line.n + k <= CLIENT_LINE_MAX)
			buf_add(&r->line, p, k);
		else
			r->skipping = true;
		if (end) {
			if (!r->skipping)
				one_line(r, buf_slice(&r->line));
			buf_reset(&r->line);
			r->skipping = false;
			k++;
		}
		p += k;
		n -= k;
	}
}

static int bind_socket(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct stat st;
	if (strlen(path) >= sizeof a.sun_path)
		return -1;
	memcpy(a.sun_path, path, strlen(path) + 1);
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path); /* of the run before */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	mode_t old = umask(0177);
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&a, sizeof a) < 0) {
		close(fd);
		fd = -1;
	}
	umask(old);
	return fd;
}

static void reopen(struct reading *r, bool first)
{
	struct stat st;
	if (r->fd >= 0)
		close(r->fd);
	buf_reset(&r->line);
	r->skipping = false;
	r->fd = open(r->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (r->fd >= 0 && fstat(r->fd, &st) == 0 && S_ISFIFO(st.st_mode)) {
		close(r->fd);
		r->fd = open(r->path, O_RDWR | O_NONBLOCK | O_CLOEXEC); /* so that it never ends */
		r->pipe = true;
	}
	if (r->fd < 0 || fstat(r->fd, &st) < 0 || !(S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode))) {
		if (r->fd >= 0)
			close(r->fd);
		r->fd = -1;
		return;
	}
	r->dev = st.st_dev;
	r->ino = st.st_ino;
	r->at = first && st.st_size > BEFORE ? (uint64_t)st.st_size - BEFORE : 0;
	r->skipping = r->at > 0; /* begins within a line */
	if (r->notify >= 0)
		close(r->notify);
	r->notify = r->pipe ? -1 : inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (r->notify >= 0 && inotify_add_watch(r->notify, r->path, IN_MODIFY | IN_MOVE_SELF | IN_DELETE_SELF) < 0) {
		close(r->notify);
		r->notify = -1;
	}
}

static bool was_rotated(const struct reading *r)
{
	struct stat st;
	if (r->pipe)
		return false;
	if (stat(r->path, &st) < 0)
		return false; /* moved away, not made again yet: what is still written goes to the old one */
	return r->fd < 0 || st.st_ino != r->ino || st.st_dev != r->dev || (uint64_t)st.st_size < r->at;
}

/* Bytes read. */
static size_t some(struct reading *r, uint8_t *room)
{
	ssize_t n = r->socket ? recv(r->fd, room, ROUND, MSG_DONTWAIT) : r->pipe ? read(r->fd, room, ROUND) : r->fd >= 0 ? pread(r->fd, room, ROUND, (off_t)r->at) : 0;
	if (n <= 0)
		return 0;
	take(r, room, (size_t)n);
	if (r->socket)
		take(r, (const uint8_t *)"\n", 1); /* a datagram is a line */
	r->at += (uint64_t)n;
	return (size_t)n;
}

/* No way to be anything else, and to write anywhere but into the pipe. Reading what root may read stays: the log is root's. */
static bool lock_in(void)
{
	static const char *const calls[] = {"read", "pread64", "recvfrom", "write", "close", "open", "openat", "fstat", "newfstatat", "stat", "lstat", "poll", "ppoll", "mmap", "munmap", "mremap", "brk", "mprotect", "madvise", "futex",
		"clock_gettime", "clock_nanosleep", "nanosleep", "exit", "exit_group", "rt_sigreturn", "rt_sigaction", "rt_sigprocmask", "restart_syscall", "getpid", "gettid", "tgkill", "getrandom", "lseek", "inotify_init1", "inotify_add_watch",
#if defined(__SANITIZE_ADDRESS__)
		"readlink", "prctl", "getdents64", "prlimit64", "arch_prctl", "sched_getaffinity", "set_robust_list", "sigaltstack", "sched_yield",
#endif
	};
	struct rlimit none = {0, 0};
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}, {0}};
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_FSIZE, &none);
	data[0].effective = data[0].permitted = 1u << CAP_DAC_READ_SEARCH;
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (geteuid() == 0 && syscall(SYS_capset, &head, data) < 0)
		return false;
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool ok = ctx;
	for (size_t i = 0; ok && i < ARRAY_LEN(calls); i++) {
		int nr = seccomp_syscall_resolve_name(calls[i]);
		int done = nr == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
		ok = done == 0 || done == -EEXIST || done == -EDOM;
	}
	ok = ok && seccomp_load(ctx) == 0;
	seccomp_release(ctx);
	return ok;
}

_Noreturn void client_main(const char *path, int out)
{
	static struct reading r;
	static uint8_t room[ROUND];
	struct stat st;
	size_t n = strlen(path);
	r = (struct reading){.path = path, .fd = -1, .out = out, .notify = -1};
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	prctl(PR_SET_NAME, "hf-watch-smb");
	buf_init(&r.line, CLIENT_LINE_MAX + 1);
	r.socket = (n > 5 && !strcmp(path + n - 5, ".sock")) || (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode));
	if (r.socket)
		r.fd = bind_socket(path);
	else
		reopen(&r, true);
	if ((r.socket && r.fd < 0) || !lock_in())
		_exit(3);
	for (;;) {
		while (some(&r, room))
			;
		struct pollfd p[] = {{out, 0, 0}, {r.socket || r.pipe ? r.fd : r.notify, POLLIN, 0}};
		(void)!poll(p, ARRAY_LEN(p), r.socket || r.pipe || r.notify >= 0 ? PAUSE_MS : PAUSE_MS / 10);
		if (p[0].revents)
			_exit(0);
		while (r.notify >= 0 && read(r.notify, room, ROUND) > 0)
			;
		if (!r.socket && was_rotated(&r)) {
			while (some(&r, room)) /* to its end first */
				;
			reopen(&r, false);
		}
	}
}
