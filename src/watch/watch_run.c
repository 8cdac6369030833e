/* watch_run: the supervisor. Starts responder and judge, hands on what they say, and replaces them when they die or hang.
 *
 * A responder that is stopped or hangs holds every writer of the watched folders: the kernel waits for its answer for ever (fs.fanotify.watchdog_timeout only writes a line in the kernel's log). It beats ten times a second; when it has not
 * for half a second it is killed, its groups are closed by that, and the kernel lets everybody go on. The folders are unwatched until the next one has marked them, and the alarm says so. */
#include "client.h"

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

#define HUNG (5 * TIME_SEC / 10)
#define LOOK (TIME_SEC / 10)
#define LET_PASS TIME_SEC         /* what filled the queue goes on for a moment */
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
	pid_t responder, judge, clients;
	struct heart *heart;
	struct buf line;
	uint64_t beat;
	int64_t beat_at, looked_at, started;
	uint32_t looks;          /* since it beat last */
	pid_t rescan;            /* what changed while nobody looked is looked at; -1: not now */
	int rescan_fd;
	int64_t rescan_at;       /* when to begin; 0: nothing to look at */
	const char *rescan_why;
	struct buf rescan_line;
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

/* Who tells the names of Samba's users. It ends by itself; without it addresses are still known. Returns where it is read from; -1: there is none. */
static int start_clients(struct run *r)
{
	int p[2];
	if (!r->c->samba_audit || pipe2(p, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	r->clients = fork();
	if (r->clients == 0) {
		const struct sched_param normal = {0};
		(void)!sched_setscheduler(0, SCHED_OTHER, &normal);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGTERM, SIG_DFL);
		close(p[0]);
		client_main(r->c->samba_audit, p[1]);
	}
	close(p[1]);
	return p[0];
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
	if (!atomic_load(&r->heart->whole))
		atomic_store(&r->heart->whole, time_monotonic());
	r->judge = start_judge(r, sock[1]);
	close(sock[1]);
	atomic_store(&r->heart->judge, r->judge);
	struct responder_start s = {.c = r->c, .state = r->state, .events = pipes[1], .judge = sock[0], .heart = r->heart, .again = r->again > 0, .clients = start_clients(r)};
	s.own[s.owns++] = getpid();
	s.own[s.owns++] = r->judge;
	if (r->clients > 0)
		s.own[s.owns++] = r->clients;
	r->responder = r->judge < 0 ? -1 : fork();
	if (r->responder == 0) {
		close(pipes[0]);
		responder_main(&s);
	}
	close(sock[0]);
	close(pipes[1]);
	if (s.clients >= 0)
		close(s.clients);
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

/* Events are missing since lost_since: when the folders are watched again, what changed is looked at. */
static void will_rescan(struct run *r, const char *why, int64_t after)
{
	if (!r->rescan_at)
		r->rescan_at = time_monotonic() + after;
	r->rescan_why = why;
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
			if (slice_starts(slice_of(r->line.p, len), "{\"event\":\"overflow\""))
				will_rescan(r, "overflow", LET_PASS);
			if (slice_starts(slice_of(r->line.p, len), "{\"event\":\"ready\"") && atomic_load(&r->heart->lost_since))
				will_rescan(r, "restart", 0);
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
	if (r->clients > 0) {
		kill(r->clients, SIGKILL);
		waitpid(r->clients, NULL, 0);
	}
	close(r->events);
	r->responder = r->judge = r->clients = -1;
	*ret_status = status;
}

static void rescan(struct run *r)
{
	int64_t now = time_monotonic();
	if (r->rescan > 0 || !r->rescan_at || now < r->rescan_at)
		return;
	r->rescan_at = 0;
	int64_t since = atomic_exchange(&r->heart->lost_since, 0);
	if (since)
		r->rescan = rescan_start(r->c, r->rescan_why, time_now() - (now - since), &r->rescan_fd);
	if (since && r->rescan < 0)
		tell(r, "alarm", "what changed while nobody looked cannot be looked at: no process");
}

static void rescan_read(struct run *r, bool ended)
{
	for (ssize_t n = 1; r->rescan_fd >= 0 && n > 0;) {
		uint8_t *to = buf_space(&r->rescan_line, 65536);
		n = to ? read(r->rescan_fd, to, 65536) : -1;
		if (n > 0)
			buf_commit(&r->rescan_line, (size_t)n);
	}
	if (!ended)
		return;
	size_t n = r->rescan_line.n;
	if (n && r->rescan_line.p[n - 1] == '\n')
		r->c->event(r->c->arg, slice_of(r->rescan_line.p, n - 1));
	else
		tell(r, "alarm", "what changed while nobody looked was not looked at to the end: compare the folders with the vault");
	buf_reset(&r->rescan_line);
	close(r->rescan_fd);
	r->rescan_fd = r->rescan = -1;
}

/* Where we were not running ourselves (a machine that was held still), it may not have been either: then the count begins anew. */
static bool hangs(struct run *r)
{
	uint64_t beat = atomic_load(&r->heart->beat);
	int64_t now = time_monotonic();
	bool still = now - r->looked_at > HUNG;
	r->looked_at = now;
	r->looks++;
	if (beat != r->beat || still) {
		r->looks = 0;
		r->beat = beat;
		r->beat_at = now;
		return false;
	}
	return r->looks >= 3 && now - r->beat_at > (atomic_load(&r->heart->ready) ? HUNG : STARTING);
}

/* 1: stop was said; 0: the responder is gone and is to be replaced; negative: it cannot work at all. */
static int look_after(struct run *r, struct err *e)
{
	int status;
	while (!stop_now) {
		struct pollfd p = {r->events, POLLIN, 0};
		(void)!poll(&p, 1, (int)(LOOK / 1000000));
		hand_on(r);
		rescan_read(r, false);
		rescan(r);
		pid_t gone;
		while ((gone = waitpid(-1, &status, WNOHANG)) > 0) {
			if (gone == r->judge)
				r->judge = -1; /* the responder sees it by itself */
			if (gone == r->clients) {
				r->clients = -1;
				tell(r, "alarm", "what Samba says of its users cannot be read (--samba-audit): their addresses are still known");
			}
			if (gone == r->rescan)
				rescan_read(r, true);
			if (gone != r->responder)
				continue;
			r->responder = -1;
			int64_t none = 0;
			(void)!atomic_compare_exchange_strong(&r->heart->lost_since, &none, atomic_load(&r->heart->whole));
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
	struct run r = {.c = c, .responder = -1, .judge = -1, .clients = -1, .rescan = -1, .rescan_fd = -1};
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
	buf_init(&r.rescan_line, 8 << 20);
	const struct sigaction sa = {.sa_handler = on_stop};
	stop_now = 0;
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	const struct sched_param first = {.sched_priority = 3};
	(void)!sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first);
	done = run_with(&r, e);
	const struct sched_param normal = {0};
	(void)!sched_setscheduler(0, SCHED_OTHER, &normal);
	if (r.rescan > 0) {
		kill(r.rescan, SIGKILL);
		waitpid(r.rescan, NULL, 0);
	}
	if (r.rescan_fd >= 0)
		close(r.rescan_fd);
	buf_done(&r.rescan_line);
	buf_done(&r.line);
	munmap(r.heart, sizeof *r.heart);
	return done;
}
