/* watch_run: the supervisor. Starts responder and judge, hands on what they say, and replaces them when they die or hang.
 *
 * A responder that is stopped or hangs holds every writer of the watched folders: the kernel waits for its answer for ever (fs.fanotify.watchdog_timeout only writes a line in the kernel's log). It beats ten times a second; when it has not
 * for a second it is killed, its groups are closed by that, and the kernel lets everybody go on. The folders are unwatched until the next one has marked them, and the alarm says so. */
#include "watch_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HUNG TIME_SEC
#define STARTING (60 * TIME_SEC) /* marking a large tree */
#define AGAIN_MAX 20             /* so many restarts in a row without a minute of peace: then there is no use */

static volatile sig_atomic_t stop_now;

static void on_stop(int sig)
{
	(void)sig;
	stop_now = 1;
}

struct run {
	const struct watch_config *c;
	int state;
	int events;              /* what the responder says */
	pid_t responder, judge;
	struct heart *heart;
	struct buf line;
	uint64_t beat;
	int64_t beat_at, started;
	int again;
};

static void tell(struct run *r, const char *event, const char *what)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 4096);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "event", event);
	jsonw_ki64(&w, "mono_ns", time_monotonic());
	jsonw_kstr(&w, "what", what);
	jsonw_obj_end(&w);
	r->c->event(r->c->arg, buf_slice(&b));
}

static pid_t start_judge(struct run *r, int sock)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	const struct sched_param next = {.sched_priority = 1};
	/* what it is given to read keeps a writer waiting. It is killed when it does not answer, so it cannot keep the processor */
	(void)!sched_setscheduler(0, SCHED_RR, &next);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	int fd = fcntl(sock, F_DUPFD_CLOEXEC, 3);
	if (fd != 3 && dup3(fd, 3, O_CLOEXEC) < 0)
		_exit(3);
	(void)!syscall(SYS_close_range, 4u, ~0u, 0u);
	(void)!syscall(SYS_close_range, 0u, 2u, 0u);
	judge_main(3, &r->c->judge);
}

static int start_both(struct run *r, struct err *e)
{
	int sock[2], pipes[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) < 0)
		return err_sys(e, NULL, "no socket for the judge");
	const int room = 4 << 20;
	(void)!setsockopt(sock[0], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
	(void)!fcntl(sock[0], F_SETFL, O_NONBLOCK);
	if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK) < 0) {
		close(sock[0]);
		close(sock[1]);
		return err_sys(e, NULL, "no pipe");
	}
	(void)!fcntl(pipes[1], F_SETPIPE_SZ, 1 << 20);
	atomic_store(&r->heart->ready, false);
	r->judge = start_judge(r, sock[1]);
	close(sock[1]);
	atomic_store(&r->heart->judge, r->judge);
	struct responder_start s = {.c = r->c, .state = r->state, .events = pipes[1], .judge = sock[0], .heart = r->heart, .again = r->again > 0};
	s.own[s.owns++] = getpid();
	s.own[s.owns++] = r->judge;
	r->responder = r->judge < 0 ? -1 : fork();
	if (r->responder == 0) {
		close(pipes[0]);
		responder_main(&s);
	}
	close(sock[0]);
	close(pipes[1]);
	r->events = pipes[0];
	buf_reset(&r->line);
	r->started = r->beat_at = time_monotonic();
	r->beat = atomic_load(&r->heart->beat);
	return r->responder < 0 ? err_sys(e, NULL, "no new process") : 0;
}

/* What a verdict stands on is put on the disk, by a process that may wait for it. */
static void make_durable(struct run *r)
{
	pid_t pid = fork();
	if (pid)
		return; /* reaped with the rest */
	const struct sched_param normal = {0};
	(void)!sched_setscheduler(0, SCHED_OTHER, &normal);
	(void)!syncfs(r->state);
	_exit(0);
}

static void hand_on(struct run *r)
{
	for (;;) {
		uint8_t *to = buf_space(&r->line, 65536);
		ssize_t n = to ? read(r->events, to, 65536) : -1;
		if (n <= 0)
			return;
		buf_commit(&r->line, (size_t)n);
		uint8_t *end;
		while ((end = memchr(r->line.p, '\n', r->line.n))) {
			size_t len = (size_t)(end - r->line.p);
			r->c->event(r->c->arg, slice_of(r->line.p, len));
			if (slice_starts(slice_of(r->line.p, len), "{\"event\":\"verdict\""))
				make_durable(r);
			buf_drop(&r->line, len + 1);
		}
	}
}

static void finish(struct run *r, int *ret_status)
{
	int status = 0;
	for (int n = 0; n < 400 && r->responder > 0 && waitpid(r->responder, &status, WNOHANG) == 0; n++) {
		hand_on(r);
		if (n == 300)
			kill(r->responder, SIGKILL);
		poll(NULL, 0, 10);
	}
	hand_on(r);
	if (r->judge > 0) {
		kill(r->judge, SIGKILL);
		waitpid(r->judge, NULL, 0);
	}
	close(r->events);
	r->responder = r->judge = -1;
	*ret_status = status;
}

static bool hangs(struct run *r)
{
	uint64_t beat = atomic_load(&r->heart->beat);
	int64_t now = time_monotonic();
	if (beat != r->beat) {
		r->beat = beat;
		r->beat_at = now;
		return false;
	}
	return now - r->beat_at > (atomic_load(&r->heart->ready) ? HUNG : STARTING);
}

/* 1: stop was said; 0: the responder is gone and is to be replaced; negative: it cannot work at all. */
static int look_after(struct run *r, struct err *e)
{
	int status;
	while (!stop_now) {
		struct pollfd p = {r->events, POLLIN, 0};
		(void)!poll(&p, 1, 100);
		hand_on(r);
		pid_t gone;
		while ((gone = waitpid(-1, &status, WNOHANG)) > 0) {
			if (gone == r->judge)
				r->judge = -1; /* the responder sees it by itself */
			if (gone != r->responder)
				continue;
			r->responder = -1;
			int how = status, unused;
			finish(r, &unused);
			if (WIFEXITED(how) && (WEXITSTATUS(how) == 5 || WEXITSTATUS(how) == 6))
				return err_set(e, WEXITSTATUS(how) == 5 ? ERR_SYSTEM : ERR_DENIED, r->c->path[0], "the folder cannot be watched: the failed event says why");
			tell(r, "alarm", WIFSIGNALED(how) ? "the responder was killed: files went on unwatched until it is ready again" : "responder and judge start again: files go on unwatched until they are ready");
			return 0;
		}
		if (hangs(r)) {
			tell(r, "alarm", "the responder hung and is killed: who waited for it goes on, unwatched until it is ready again");
			kill(r->responder, SIGKILL);
			r->beat_at = time_monotonic();
		}
	}
	kill(r->responder, SIGTERM);
	finish(r, &status);
	return 1;
}

static int run_with(struct run *r, struct err *e)
{
	int done = 0;
	while (done == 0) {
		done = start_both(r, e);
		if (done < 0)
			return done;
		done = look_after(r, e);
		r->again = time_monotonic() - r->started > 60 * TIME_SEC ? 1 : r->again + 1;
		if (done == 0 && r->again > AGAIN_MAX)
			return err_set(e, ERR_SYSTEM, r->c->path[0], "responder or judge died %d times in a row: nothing is watched", AGAIN_MAX);
	}
	return done < 0 ? done : 0;
}

int state_open(const char *path, bool make, struct err *e)
{
	int done = make ? file_mkdir(AT_FDCWD, path, 0700, e) : 0;
	return done < 0 ? done : file_open_dir(AT_FDCWD, path, e);
}

bool id_valid(const char *id)
{
	size_t n = strlen(id);
	return n > 1 && n < WATCH_ID_MAX - 8 && id[0] == 'w' && strspn(id + 1, "0123456789") == n - 1;
}

int watch_run(const struct watch_config *c, struct err *e)
{
	struct run r = {.c = c, .responder = -1, .judge = -1};
	if (c->preimages && c->preimages < WATCH_PREIMAGES_MIN)
		return err_set(e, ERR_USAGE, NULL, "--preimages: at least %llu MiB", (unsigned long long)(WATCH_PREIMAGES_MIN >> 20));
	AUTO_CLOSE int state = state_open(c->state, true, e);
	if (state < 0)
		return state;
	r.state = state;
	AUTO_CLOSE int lock = openat(state, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0)
		return err_sys(e, c->state, "cannot be locked");
	int done = file_lock(lock, false, e);
	if (done < 0)
		return done == ERR_BUSY ? err_set(e, ERR_BUSY, c->state, "another `watch run` uses this folder") : done;
	r.heart = mmap(NULL, sizeof *r.heart, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r.heart == MAP_FAILED)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	buf_init(&r.line, 8 << 20);
	const struct sigaction sa = {.sa_handler = on_stop};
	stop_now = 0;
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	const struct sched_param first = {.sched_priority = 3};
	(void)!sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first);
	done = run_with(&r, e);
	const struct sched_param normal = {0};
	(void)!sched_setscheduler(0, SCHED_OTHER, &normal);
	buf_done(&r.line);
	munmap(r.heart, sizeof *r.heart);
	return done;
}
