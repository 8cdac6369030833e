/* The pack, printed by itself: opened in memory alone, and handed to lp or to a command through a pipe. */
#include "station_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int hand_over(const struct station_job *j, struct slice pdf, struct err *e)
{
	char lp[] = "lp", d[] = "-d", sh[] = "/bin/sh", c[] = "-c";
	AUTO_BUF struct buf name = {0};
	buf_init(&name, 8192);
	buf_str(&name, j->command ? j->command : j->printer);
	char *text = strdup(buf_cstr(&name));
	char *const by_lp[] = {lp, d, text, NULL}, *const by_command[] = {sh, c, text, NULL};
	posix_spawn_file_actions_t fa;
	int fds[2], status = 0;
	pid_t pid;
	if (!text || pipe2(fds, O_CLOEXEC) < 0) {
		free(text);
		return err_sys(e, NULL, "no pipe to the printer");
	}
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, fds[0], 0);
	int r = posix_spawnp(&pid, j->command ? sh : lp, &fa, NULL, j->command ? by_command : by_lp, environ);
	posix_spawn_file_actions_destroy(&fa);
	close(fds[0]);
	free(text);
	if (r) {
		close(fds[1]);
		errno = r;
		return err_sys(e, j->command ? j->command : "lp", "cannot be started");
	}
	r = file_write_all(fds[1], pdf, e, "the printer");
	close(fds[1]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r == 0 && (!WIFEXITED(status) || WEXITSTATUS(status)))
		r = err_set(e, ERR_SYSTEM, j->command ? j->command : "lp", "did not take the pack (status %d)", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return r;
}

int station_print(struct station_job *j)
{
	AUTO_BUF struct buf pdf = {0};
	struct station_contact c;
	struct err e = {0};
	int64_t made;
	char at[32];
	buf_init_secret(&pdf, (size_t)256 << 20);
	signal(SIGPIPE, SIG_IGN);
	int r = station_pack_open(j->s, &pdf, &made, &e);
	if (r == 0)
		r = hand_over(j, buf_slice(&pdf), &e);
	if (r == 0)
		r = station_contact_read(j->s, &c, &e);
	if (r == 0) {
		c.printed = time_now();
		r = station_contact_write(j->s, &c, &e);
	}
	if (r < 0)
		return cli_fail(&e);
	cli_note("holdfast: the core is silent: the pack of %s was printed", time_rfc3339(made, 0, at));
	return 0;
}
