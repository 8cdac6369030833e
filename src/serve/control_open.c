/* control_open: whoever holds SITE/lock is the keeper (DESIGN 9). A command tries the lock: if it gets it, it starts a supervisor with a keeper and a scribe for
 * its own lifetime (bare: a keeper alone, in copies of this very process); if not, it asks the daemon over SITE/run/control. */
#include "control.h"
#include "role.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE (10 * TIME_SEC)
#define OPENING (120 * TIME_SEC) /* after a crash on a slow disk; one that dies says so at once */

static void use(struct control *c, int fd)
{
	chan_done(&c->ch);
	chan_init(&c->ch, fd);
	(void)!fd_nonblock(fd);
	c->hold = false;
	queue_rewind(&c->q);
}

/* ---- the daemon ---- */

int control_connect(struct control *c, struct err *e)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(e, "run/control", "cannot make a socket");
	/* by way of the open folder: a socket's name has 108 bytes, a site's path may have thousands */
	snprintf(a.sun_path, sizeof a.sun_path, "/proc/self/fd/%d/run/control", c->site.fd);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
		int why = errno;
		close(fd);
		errno = why;
		if (why == ENOENT || why == ECONNREFUSED || why == EAGAIN)
			return err_set(e, ERR_BUSY, c->site.path, "no daemon answers for this site");
		return err_sys(e, "run/control", "cannot connect");
	}
	use(c, fd);
	return 0;
}

/* Does it answer us? A keeper that does not know us closes; one that is being restarted closes as well. */
static int ping(struct control *c, int64_t until)
{
	size_t at = frame_begin(&c->ch.out, FRAME_K_CHECKPOINT, PING_TAG);
	frame_end(&c->ch.out, at);
	for (;;) {
		struct frame f;
		int n = chan_write(&c->ch);
		if (n < 0)
			return ERR_DENIED;
		struct pollfd p = {.fd = c->ch.fd, .events = POLLIN | (n == 0 ? POLLOUT : 0)};
		int64_t left = (until - time_monotonic()) / (TIME_SEC / 1000);
		if (left <= 0)
			return ERR_BUSY;
		(void)poll(&p, 1, (int)left);
		n = chan_read(&c->ch, 1 << 16);
		if (n < 0)
			return ERR_DENIED;
		if (n > 0 && chan_next(&c->ch, &f) == 1)
			return f.type == FRAME_K_REPLY && f.tag == PING_TAG ? 0 : ERR_INPUT;
	}
}

/* ---- a keeper of our own ---- */

static void child(int chan, bool bare)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (chan == ROLE_SUP_FD)
		fcntl(chan, F_SETFD, 0);
	else
		dup2(chan, ROLE_SUP_FD);
	close_range(ROLE_SUP_FD + 1, ~0U, 0);
	char name[] = "holdfast", flag[] = "--role", role[] = "private";
	char *argv[] = {name, flag, role, NULL};
	if (bare) /* nothing to be gained from a fresh image: this command holds the very keys that the keeper will */
		_exit(serve_role_main(3, argv));
	execv("/proc/self/exe", argv);
	_exit(127);
}

/* Wait for what the supervisor says: a channel to the keeper (whenever there is a new one), that all is ready, or why it cannot be. */
static int from_supervisor(struct control *c, bool until_ready, int64_t until, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FRAME_HEAD + FRAME_SMALL + 64);
	for (;;) {
		struct pollfd p = {.fd = c->lifeline, .events = POLLIN};
		int64_t left = (until - time_monotonic()) / (TIME_SEC / 1000);
		if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return err_set(e, ERR_BUSY, c->site.path, "the keeper does not come up");
		struct frame f;
		int n = packet_recv(c->lifeline, &b, &f, false);
		if (n == 0)
			continue;
		if (n < 0)
			return err_set(e, ERR_SYSTEM, c->site.path, "the keeper could not be started");
		struct cur cu = cur_of(f.payload);
		int fd = f.type == FRAME_R_PEER ? frame_take_fd(&f, 0) : -1;
		frame_close_fds(&f);
		if (fd >= 0) {
			use(c, fd);
			if (!until_ready)
				return 0;
		} else if (f.type == FRAME_R_READY && until_ready) {
			return 0;
		} else if (f.type == FRAME_R_FATAL) {
			int code = (int)cur_u32le(&cu);
			return frame_get_err(&cu, code, e);
		}
	}
}

static void reap(struct control *c)
{
	if (c->pid > 0) {
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	c->pid = 0;
}

static int start_private(struct control *c, struct err *e)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, NULL, "cannot make a channel");
	fflush(NULL);
	pid_t p = fork();
	if (p == 0)
		child(pair[1], c->bare);
	close(pair[1]);
	c->lifeline = pair[0];
	if (p < 0)
		return err_sys(e, NULL, "cannot start the keeper");
	c->pid = p;
	c->private = true;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FRAME_SMALL);
	frame_str(&b, c->site.path);
	buf_u32le(&b, c->bare ? START_BARE : 0);
	if (packet_send(c->lifeline, FRAME_R_START, 0, buf_slice(&b), &c->lockfd, 1, true) < 0)
		return err_sys(e, NULL, "cannot start the keeper");
	return from_supervisor(c, true, time_monotonic() + OPENING, e);
}

int control_again(struct control *c, struct err *e)
{
	if (c->private)
		return from_supervisor(c, false, time_monotonic() + PATIENCE, e);
	for (int64_t until = time_monotonic() + PATIENCE;;) {
		int r = control_connect(c, e);
		if (r == 0)
			r = ping(c, until);
		if (r == 0)
			return 0;
		if (time_monotonic() > until)
			return err_set(e, ERR_BUSY, c->site.path, "the daemon went away and does not come back");
		usleep(100000);
	}
}

/* ---- opening ---- */

/* 1: we hold it; 0: somebody else does; 2: it is not for us to hold. */
static int try_lock(struct control *c, struct err *e)
{
	if (c->lockfd < 0)
		c->lockfd = openat(c->site.fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (c->lockfd < 0)
		return errno == EACCES || errno == EROFS || errno == EPERM ? 2 : err_sys(e, "lock", "cannot open it");
	int r = file_lock(c->lockfd, false, e);
	return r == 0 ? 1 : r == ERR_BUSY ? 0 : r;
}

static int not_ours(struct control *c, struct err *e)
{
	struct stat st;
	if (fstat(c->site.fd, &st) == 0 && st.st_uid == geteuid())
		return err_set(e, ERR_DENIED, "lock",
		               "the site's folder is yours, but its file `lock` you may not open: root copied or restored it? let root run `chown -R %u %s`, or this command, which sets it right", (unsigned)geteuid(),
		               c->site.path);
	return err_set(e, ERR_DENIED, c->site.path, "no daemon answers you, and starting a keeper needs root or the site's owner (or join the group holdfast and start the daemon)");
}

static int open_loop(struct control *c, bool may_start, struct err *e)
{
	int denied = 0;
	for (int64_t until = time_monotonic() + PATIENCE;;) {
		int r = try_lock(c, e);
		if (r < 0)
			return r;
		if (r == 1) {
			if (may_start)
				return start_private(c, e);
			close(c->lockfd);
			c->lockfd = -1;
			return err_set(e, ERR_BUSY, c->site.path, "no daemon runs for this site");
		}
		bool ours = r == 0;
		r = control_connect(c, e);
		if (r == 0)
			r = ping(c, until);
		if (r == 0)
			return 0;
		if (r == ERR_DENIED && ++denied >= 3 && !ours)
			return err_set(e, ERR_DENIED, c->site.path, "the daemon does not speak to this user: root, the site's owner, or the group holdfast");
		if (r == ERR_BUSY && !ours)
			return may_start ? not_ours(c, e) : r;
		if (r != ERR_BUSY && r != ERR_DENIED && r != ERR_SYSTEM)
			return r;
		if (time_monotonic() > until)
			return err_set(e, ERR_SYSTEM, c->site.path, "another holdfast holds this site and does not answer within 10 seconds");
		usleep(50000);
	}
}

static int open_kind(const struct site *s, bool may_start, bool bare, struct control **ret, struct err *e)
{
	struct control *c = calloc(1, sizeof *c);
	if (!c)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	c->site = *s;
	c->lifeline = c->lockfd = -1;
	c->bare = bare;
	c->tags = REQUEST_TAG;
	chan_init(&c->ch, -1);
	queue_init(&c->q);
	c->site.fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 3);
	int r = c->site.fd >= 0 ? open_loop(c, may_start, e) : err_sys(e, s->path, "cannot keep it open");
	if (r < 0) {
		control_close(c);
		return r;
	}
	*ret = c;
	return 0;
}

int control_open(const struct site *s, bool may_start, struct control **ret, struct err *e)
{
	return open_kind(s, may_start, false, ret, e);
}

int control_open_bare(const struct site *s, struct control **ret, struct err *e)
{
	return open_kind(s, true, true, ret, e);
}

void control_close(struct control *c)
{
	if (!c)
		return;
	chan_done(&c->ch);
	queue_done(&c->q);
	if (c->lifeline >= 0) {
		(void)!packet_send(c->lifeline, FRAME_R_STOP, 0, SLICE_NULL, NULL, 0, false);
		shutdown(c->lifeline, SHUT_WR);
		reap(c); /* the ledger is closed and its checkpoint published when it has gone */
		close(c->lifeline);
	}
	if (c->lockfd >= 0)
		close(c->lockfd);
	site_close(&c->site);
	free(c);
}

bool control_private(const struct control *c)
{
	return c->private;
}
