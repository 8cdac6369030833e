/* The loopback of a station: sockets only. One request a connection; heads and bodies are read by station_http.c, answered by station_answer.c. 127.0.0.1 and nothing else. */
#include "station_run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS 32
#define IDLE (30 * TIME_SEC)
#define BODY_MAX (STATION_ITEM_MAX + 4096)

struct conn {
	int fd; /* -1: free */
	struct buf in, out;
	size_t out_at;
	int64_t since;
	struct station_http q;
	bool head, answered;
};
struct station_page {
	struct station *s;
	struct station_sessions *sessions;
	int fd;
	uint16_t port;
	struct conn c[CONNECTIONS];
};

static int parse_listen(const char *text, uint16_t *ret, struct err *e)
{
	struct slice port, host = slice_cut(slice_str(text), ':', &port);
	uint64_t n;
	if (!(slice_eq_str(host, "127.0.0.1") || slice_eq_str(host, "localhost")) || num_u64(port, 1, 65535, &n) < 0)
		return err_set(e, ERR_USAGE, "--listen", "a station is for the PC it is on: 127.0.0.1:PORT");
	*ret = (uint16_t)n;
	return 0;
}

int station_page_open(struct station_job *j, struct station_page **ret, struct err *e)
{
	struct station_page *p = calloc(1, sizeof *p);
	const int one = 1;
	if (!p)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	p->s = j->s;
	p->fd = -1;
	for (size_t i = 0; i < CONNECTIONS; i++)
		p->c[i].fd = -1;
	int r = parse_listen(j->listen, &p->port, e);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(p->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (r == 0 && !(p->sessions = station_sessions_new(p->port)))
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && (p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		r = err_sys(e, j->listen, "no socket");
	if (r == 0)
		(void)!setsockopt(p->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (r == 0 && (bind(p->fd, (const struct sockaddr *)&at, sizeof at) < 0 || listen(p->fd, 64) < 0))
		r = err_sys(e, j->listen, "cannot be listened on");
	if (r < 0) {
		station_page_close(p);
		return r;
	}
	*ret = p;
	return 0;
}

static void drop(struct conn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	buf_done(&c->in);
	buf_done(&c->out);
	*c = (struct conn){.fd = -1};
}

void station_page_close(struct station_page *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < CONNECTIONS; i++)
		drop(&p->c[i]);
	if (p->fd >= 0)
		close(p->fd);
	free(p->sessions);
	free(p);
}

static void take(struct station_page *p)
{
	for (size_t i = 0; i < CONNECTIONS; i++) {
		struct conn *c = &p->c[i];
		if (c->fd >= 0)
			continue;
		int fd = accept4(p->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			return;
		*c = (struct conn){.fd = fd, .since = time_monotonic()};
		buf_init_secret(&c->in, STATION_HEAD_MAX + BODY_MAX + 1); /* a PIN passes through it */
		buf_init(&c->out, PACKET_MAX + ((size_t)1 << 20));
	}
}

static void say_no(struct conn *c, int code)
{
	buf_printf(&c->out, "HTTP/1.1 %d %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", code == ERR_LIMIT ? 431 : 400, code == ERR_LIMIT ? "Too Large" : "Bad Request");
	c->answered = true;
}

/* What has come, so far: answered when it is whole. */
static void look(struct station_page *p, struct conn *c)
{
	if (!c->head) {
		int r = station_http_read(buf_slice(&c->in), &c->q);
		if (r < 0)
			say_no(c, r);
		if (r <= 0)
			return;
		c->head = true;
	}
	if (c->q.length > BODY_MAX)
		say_no(c, ERR_LIMIT);
	else if (c->in.n - c->q.head >= c->q.length) {
		station_answer(p->s, p->sessions, &c->q, slice_of(c->in.p + c->q.head, (size_t)c->q.length), &c->out);
		c->answered = true;
	}
}

static void work(struct station_page *p, struct conn *c, short ready)
{
	if (ready & POLLIN && !c->answered) {
		uint8_t *to = buf_space(&c->in, 4096);
		ssize_t n = to ? recv(c->fd, to, 4096, 0) : 0;
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			drop(c);
			return;
		}
		buf_commit(&c->in, (size_t)n);
		look(p, c);
	}
	while (c->answered && c->out_at < c->out.n) {
		ssize_t n = send(c->fd, c->out.p + c->out_at, c->out.n - c->out_at, MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0)
			break;
		c->out_at += (size_t)n;
		c->since = time_monotonic();
	}
	if (c->answered) {
		shutdown(c->fd, SHUT_WR);
		drop(c);
	}
}

void station_page_poll(struct station_page *p, int timeout_ms)
{
	struct pollfd v[CONNECTIONS + 1];
	size_t of[CONNECTIONS + 1], n = 0;
	v[n++] = (struct pollfd){.fd = p->fd, .events = POLLIN};
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (p->c[i].fd >= 0) {
			of[n] = i;
			v[n++] = (struct pollfd){.fd = p->c[i].fd, .events = p->c[i].answered ? POLLOUT : POLLIN};
		}
	if (poll(v, n, timeout_ms) > 0)
		for (size_t i = 1; i < n; i++)
			if (v[i].revents)
				work(p, &p->c[of[i]], v[i].revents);
	if (v[0].revents & POLLIN)
		take(p);
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (p->c[i].fd >= 0 && time_monotonic() - p->c[i].since > IDLE)
			drop(&p->c[i]);
}
