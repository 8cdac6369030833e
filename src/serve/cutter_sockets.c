/* cutter_sockets: established connections of what is cut, of whatever process, ended by the kernel (sock_diag(7), SOCK_DESTROY): their owners get ECONNABORTED at once instead of a silence of minutes. */
#include "cutter.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_MOST (256u << 10)
#define SOCKETS_MAX 65536u
#define TOGETHER 64

struct found {
	struct gate_socket *v;
	size_t n, room;
};

static int keep(struct found *f, const struct gate_socket *s)
{
	if (f->n == SOCKETS_MAX)
		return 0;
	if (f->n == f->room) {
		struct gate_socket *p = reallocarray(f->v, f->room ? 2 * f->room : 64, sizeof *p);
		if (!p)
			return -ENOMEM;
		f->v = p;
		f->room = f->room ? 2 * f->room : 64;
	}
	f->v[f->n++] = *s;
	return 0;
}

static int ask(int fd, bool six, const struct gate_element *v, size_t n, uint8_t *in, struct found *f)
{
	AUTO_BUF struct buf q = {0};
	buf_init(&q, 256);
	gate_diag_ask(&q, six, 1);
	if (send(fd, q.p, q.n, 0) < 0)
		return -errno;
	for (;;) {
		ssize_t got = recv(fd, in, READ_MOST, 0);
		struct slice rest = slice_of(in, got > 0 ? (size_t)got : 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		while (rest.n) {
			struct gate_socket s;
			int error = 0, r = gate_diag_next(&rest, &s, &error);
			if (r == 3)
				return 0;
			if (r < 0 || (r == 2 && error))
				return r < 0 ? -EIO : error;
			if (r == 1 && gate_socket_cut(v, n, &s) && (r = keep(f, &s)) < 0)
				return r;
		}
	}
}

/* n answers: how many were none of a refusal, or a negative errno. *ret_refused: why something was refused; with whole that is the end of it, since what is refused as a whole has one answer. */
static int take_answers(int fd, uint8_t *in, size_t n, bool whole, int *ret_refused)
{
	int done = 0;
	for (size_t answers = 0; answers < n && !(whole && *ret_refused);) {
		ssize_t got = recv(fd, in, READ_MOST, 0);
		struct slice rest = slice_of(in, got > 0 ? (size_t)got : 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		while (rest.n) {
			struct gate_socket s;
			int error = 0, r = gate_diag_next(&rest, &s, &error);
			if (r < 0)
				return -EIO;
			answers += r == 2;
			done += r == 2 && error == 0;
			if (r == 2 && (error == -EPERM || error == -EACCES || (whole && error)))
				*ret_refused = error;
		}
	}
	return done;
}

static int end_some(int fd, const struct found *f, size_t from, size_t n, uint8_t *in, int *ret_refused)
{
	AUTO_BUF struct buf q = {0};
	buf_init(&q, 64u << 10);
	for (size_t i = 0; i < n; i++)
		gate_diag_end(&q, &f->v[from + i], 2);
	return send(fd, q.p, q.n, 0) < 0 ? -errno : take_answers(fd, in, n, false, ret_refused);
}

int sockets_end(int fd, const struct gate_element *v, size_t n)
{
	struct found f = {0};
	int done = 0, refused = 0, r = 0;
	uint8_t *in = malloc(READ_MOST);
	if (!in)
		return -ENOMEM;
	for (int six = 0; six < 2 && r == 0; six++)
		r = ask(fd, six, v, n, in, &f);
	for (size_t i = 0; i < f.n && r >= 0; i += TOGETHER) {
		r = end_some(fd, &f, i, f.n - i < TOGETHER ? f.n - i : TOGETHER, in, &refused);
		done += r > 0 ? r : 0;
	}
	free(f.v);
	free(in);
	return r < 0 ? r : refused && !done ? refused : done;
}

int batch_say(int fd, struct slice batch, size_t answers)
{
	int refused = 0, r;
	uint8_t *in = malloc(READ_MOST);
	if (!in)
		return -ENOMEM;
	while (recv(fd, in, READ_MOST, MSG_DONTWAIT) > 0) /* of one before that was given up */
		;
	r = send(fd, batch.p, batch.n, 0) < 0 ? -errno : take_answers(fd, in, answers, true, &refused);
	free(in);
	return r < 0 ? r : refused;
}
