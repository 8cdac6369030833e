/* gate_pipe: the pipe of one direction of an opaque connection: bytes that come in bulk go from socket to socket through it (splice(2)) and are never copied into this process.
 *
 * A pipe stands between what is read from one side and what the other takes, behind what that side has in its buffer and before nothing: nothing is read into it before it is empty. It comes when READ_AT_ONCE was there to be read a few
 * times running, and goes when little comes at a time, for that is quicker read and written (one call less a chunk); where the kernel gives none, or a small one, bytes go on as before. */
#include "gate_role.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PIPE_SIZE (512 << 10)
#define PIPES_MAX 96u           /* 48 MiB: the kernel gives a user 64 MiB of pipes that are as large as one asks (pipe(7), pipe-user-pages-soft) */
#define BULK_READS 4u           /* of a whole buffer, one behind the other: then the pipe */
#define THIN (16 << 10)
#define THIN_READS 64u          /* of less than THIN, one behind the other: then no pipe any more */

void pipe_close(struct relay *r, struct side *s)
{
	if (s->pipe_in < 0)
		return;
	close(s->pipe_in);
	close(s->pipe_out);
	s->pipe_in = s->pipe_out = -1;
	s->piped = 0;
	r->pipes--;
}

void pipe_learn(struct relay *r, struct side *from, struct side *to, bool full)
{
	int fd[2];
	from->bulk = full ? from->bulk + 1 : 0;
	if (from->bulk < BULK_READS || r->pipes >= PIPES_MAX || from->ssl || to->ssl)
		return;
	from->bulk = 0;
	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0)
		return;
	if (fcntl(fd[1], F_SETPIPE_SZ, PIPE_SIZE) < PIPE_SIZE) {
		close(fd[0]);
		close(fd[1]);
		return;
	}
	to->pipe_out = fd[0];
	to->pipe_in = fd[1];
	to->thin = 0;
	r->pipes++;
}

int pipe_fill(struct side *from, struct side *to)
{
	assert(!to->piped);
	ssize_t n = splice(from->fd, NULL, to->pipe_in, NULL, PIPE_SIZE, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : ERR_SYSTEM;
	if (n == 0)
		return ERR_NO;
	to->piped = (size_t)n;
	to->thin = n < THIN ? to->thin + 1 : 0;
	return 1;
}

int pipe_flush(struct relay *r, struct side *s)
{
	while (s->piped) {
		ssize_t n = splice(s->pipe_out, NULL, s->fd, NULL, s->piped, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0)
			return ERR_NO;
		s->piped -= (size_t)n;
	}
	if (s->pipe_in >= 0 && s->thin >= THIN_READS)
		pipe_close(r, s);
	return 0;
}
