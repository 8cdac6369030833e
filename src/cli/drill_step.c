/* One step of a drill: a command of this program, as somebody would give it on the day. */
#include "drill_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEP_MAX (1800 * TIME_SEC) /* a rebuild of a large site */
#define ARGS_MAX 300
#define SAID_MAX 65536

static void child(const char *const *argv, const int out[2], const int said[2])
{
	char *v[ARGS_MAX + 2] = {(char[]){"holdfast"}};
	size_t n = 1;
	for (; *argv && n <= ARGS_MAX; argv++)
		v[n++] = (char *)(uintptr_t)*argv; /* execv's own type; it reads */
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == 1 || null < 0 || dup2(null, 0) < 0 || dup2(out[1], 1) < 0 || dup2(said[1], 2) < 0)
		_exit(125);
	(void)setenv("NO_COLOR", "1", 1);
	(void)unsetenv("HOLDFAST_SITE");
	execv("/proc/self/exe", v);
	_exit(125);
}

/* Until both are at their end, or the time is up: false. */
static bool drain(const int fds[2], struct buf *const into[2])
{
	struct pollfd p[2] = {{.fd = fds[0], .events = POLLIN}, {.fd = fds[1], .events = POLLIN}};
	int64_t until = time_monotonic() + STEP_MAX;
	char spare[65536];
	while (p[0].fd >= 0 || p[1].fd >= 0) {
		int64_t left = until - time_monotonic();
		if (left <= 0)
			return false;
		if (poll(p, 2, (int)(left / 1000000) + 1) < 0 && errno != EINTR)
			return false;
		for (size_t i = 0; i < 2; i++) {
			if (p[i].fd < 0 || !p[i].revents)
				continue;
			ssize_t n = read(p[i].fd, spare, sizeof spare);
			if (n > 0 && into[i])
				buf_add(into[i], spare, (size_t)n); /* past its limit it fails, and is read on, so that the command does not hang */
			else if (n == 0 || (n < 0 && errno != EINTR))
				p[i].fd = -1;
		}
	}
	return true;
}

/* "holdfast: place: what is wrong" without the program's name; of several lines the last one that says something. */
static void last_line(struct slice text, char said[DRILL_ABOUT_MAX])
{
	struct slice best = SLICE_NULL;
	while (text.n) {
		struct slice line = slice_trim(slice_cut(text, '\n', &text));
		if (line.n)
			best = line;
	}
	if (slice_starts(best, "holdfast: "))
		best = slice_of(best.p + 10, best.n - 10);
	if (best.n >= DRILL_ABOUT_MAX)
		best.n = DRILL_ABOUT_MAX - 1;
	best.n = utf8_valid_prefix(best);
	if (best.n)
		memcpy(said, best.p, best.n);
	said[best.n] = 0;
}

int drill_step(const struct drill_run *x, const char *const *argv, struct buf *out, char said[DRILL_ABOUT_MAX])
{
	int o[2], s[2], status = 0;
	AUTO_BUF struct buf text = {0};
	buf_init(&text, SAID_MAX);
	(void)x;
	said[0] = 0;
	if (pipe2(o, O_CLOEXEC) < 0)
		return 125;
	if (pipe2(s, O_CLOEXEC) < 0) {
		close(o[0]);
		close(o[1]);
		return 125;
	}
	pid_t pid = fork();
	if (pid == 0)
		child(argv, o, s);
	close(o[1]);
	close(s[1]);
	bool whole = pid > 0 && drain((const int[]){o[0], s[0]}, (struct buf *const[]){out, &text});
	if (pid > 0 && !whole)
		kill(pid, SIGKILL);
	close(o[0]);
	close(s[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	last_line(buf_slice(&text), said);
	if (!whole)
		return pid > 0 ? 124 : 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
