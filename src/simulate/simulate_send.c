/* Sending: MLLP, one message in flight a connection, in order for each patient; or a file. */
#include "simulate_internal.h"
#include "hl7.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUE_MAX 64             /* messages waiting for one connection */
#define GIVE_UP (120 * TIME_SEC) /* without a connection */
#define NOBODY (10 * TIME_SEC)   /* without the first one */

struct waiting {
	struct buf frame;
	char id[64];
};
struct line { /* one connection */
	int fd;
	struct waiting q[QUEUE_MAX];
	unsigned head, count;
	size_t sent;      /* of the head's frame */
	bool in_flight, ever; /* ever: there was a connection */
	struct hl7_mllp in;
	int64_t retry_at, down_since;
};
struct sending {
	const struct simulate_options *o;
	struct simulate_result *res;
	struct line *lines;
	size_t n;
	int acked;
	struct sockaddr_storage addr;
	socklen_t addr_len;
};

static int resolve(const char *to, struct sending *s, struct err *e)
{
	char host[256];
	const char *colon = strrchr(to, ':');
	if (!colon || colon == to || (size_t)(colon - to) >= sizeof host)
		return err_set(e, ERR_USAGE, "--to", "'%s' should be ADDRESS:PORT", to);
	memcpy(host, to, (size_t)(colon - to));
	host[colon - to] = 0;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *ai;
	int r = getaddrinfo(host, colon + 1, &hints, &ai);
	if (r)
		return err_set(e, ERR_USAGE, "--to", "'%s': %s", to, gai_strerror(r));
	memcpy(&s->addr, ai->ai_addr, ai->ai_addrlen);
	s->addr_len = ai->ai_addrlen;
	freeaddrinfo(ai);
	return 0;
}

static void drop(struct line *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->in_flight = false;
	l->sent = 0;
	l->retry_at = time_monotonic() + 200 * TIME_SEC / 1000;
	if (!l->down_since)
		l->down_since = time_monotonic();
	hl7_mllp_done(&l->in);
}

/* Blocking connect: loopback or a local network, and there is nothing else to do meanwhile. */
static bool connect_line(struct sending *s, struct line *l)
{
	int one = 1;
	l->fd = socket(s->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || connect(l->fd, (struct sockaddr *)&s->addr, s->addr_len) < 0) {
		drop(l);
		return false;
	}
	(void)setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (fcntl(l->fd, F_SETFL, O_NONBLOCK) < 0) {
		drop(l);
		return false;
	}
	hl7_mllp_init(&l->in, 1 << 20);
	l->down_since = 0;
	l->ever = true;
	return true;
}

static void push_out(struct line *l)
{
	if (l->fd < 0 || !l->count)
		return;
	struct waiting *w = &l->q[l->head];
	while (l->sent < w->frame.n) {
		ssize_t n = send(l->fd, w->frame.p + l->sent, w->frame.n - l->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			drop(l);
			return;
		}
		l->sent += (size_t)n;
	}
	l->in_flight = true;
}

/* MSA of an acknowledgement: 1 positive and ours, 0 negative, -1 not for the message in flight. */
static int judge(struct slice ack, const char *id)
{
	for (size_t i = 0; i + 4 < ack.n; i++)
		if ((i == 0 || ack.p[i - 1] == '\r') && !memcmp(ack.p + i, "MSA", 3)) {
			uint8_t sep = ack.p[i + 3];
			struct slice rest, code = slice_cut(slice_of(ack.p + i + 4, ack.n - i - 4), sep, &rest);
			struct slice tail, line = slice_cut(rest, '\r', &tail), more, ref = slice_cut(line, sep, &more);
			if (!slice_eq_str(ref, id))
				return -1;
			return slice_eq_str(code, "AA") || slice_eq_str(code, "CA");
		}
	return -1;
}

static void acknowledged(struct sending *s, struct line *l, bool good)
{
	struct waiting *w = &l->q[l->head];
	if (good && s->acked >= 0) {
		char rec[80];
		int n = snprintf(rec, sizeof rec, "%s\n", w->id);
		if (write(s->acked, rec, (size_t)n) != n)
			s->acked = -1;
	}
	good ? s->res->acked++ : s->res->refused++;
	buf_reset(&w->frame);
	l->head = (l->head + 1) % QUEUE_MAX;
	l->count--;
	l->sent = 0;
	l->in_flight = false;
}

static void read_in(struct sending *s, struct line *l)
{
	size_t room;
	uint8_t *p = hl7_mllp_space(&l->in, 4096, &room);
	ssize_t n = p ? recv(l->fd, p, room, 0) : 0;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(l);
		return;
	}
	hl7_mllp_fed(&l->in, (size_t)n);
	for (;;) {
		struct hl7_frame f;
		hl7_mllp_next(&l->in, &f);
		if (f.type == HL7_FRAME_NONE)
			return;
		if (f.type != HL7_FRAME_MESSAGE || !l->in_flight)
			continue;
		int verdict = judge(f.bytes, l->q[l->head].id);
		if (verdict >= 0) /* an answer to something else is never taken for ours */
			acknowledged(s, l, verdict == 1);
	}
}

static int turn(struct sending *s, int wait_ms, struct err *e)
{
	struct pollfd p[1024];
	size_t m = 0, which[1024];
	int64_t now = time_monotonic();
	for (size_t i = 0; i < s->n; i++) {
		struct line *l = &s->lines[i];
		if (l->fd < 0 && now >= l->retry_at)
			connect_line(s, l);
		if (l->down_since && !l->ever && now - l->down_since > NOBODY)
			return err_set(e, ERR_SYSTEM, s->o->to, "nobody answers there: is 'holdfast serve' running, and is this the address of its MLLP listener?");
		if (l->down_since && now - l->down_since > GIVE_UP)
			return err_set(e, ERR_SYSTEM, s->o->to, "no connection for two minutes: is 'holdfast serve' running there?");
		if (l->fd < 0)
			continue;
		if (!l->in_flight)
			push_out(l);
		if (l->fd < 0)
			continue;
		p[m] = (struct pollfd){.fd = l->fd, .events = (short)(POLLIN | (l->count && !l->in_flight ? POLLOUT : 0))};
		which[m++] = i;
	}
	if (poll(p, m, m ? wait_ms : 20) <= 0)
		return 0;
	for (size_t k = 0; k < m; k++) {
		struct line *l = &s->lines[which[k]];
		if (p[k].revents & (POLLIN | POLLHUP | POLLERR))
			read_in(s, l);
		if (l->fd >= 0 && !l->in_flight)
			push_out(l);
	}
	return 0;
}

static bool all_quiet(const struct sending *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->lines[i].count)
			return false;
	return true;
}

static void report(const struct sending *s, int64_t began, int64_t *last)
{
	int64_t now = time_monotonic();
	if (s->o->progress && now - *last > TIME_SEC / 2) {
		*last = now;
		s->o->progress(s->o->arg, s->res->acked, (double)s->res->acked / ((double)(now - began) / 1e9));
	}
}

static int queue_message(struct sending *s, const struct simulate_message *m, int64_t began, int64_t *last, struct err *e)
{
	if (m->barrier)
		while (!all_quiet(s)) {
			int r = turn(s, 100, e);
			if (r < 0)
				return r;
			report(s, began, last);
		}
	struct line *l = &s->lines[m->patient % s->n];
	while (l->count == QUEUE_MAX) {
		int r = turn(s, 100, e);
		if (r < 0)
			return r;
		report(s, began, last);
	}
	struct waiting *w = &l->q[(l->head + l->count++) % QUEUE_MAX];
	if (!w->frame.max)
		buf_init(&w->frame, 16 << 20);
	buf_reset(&w->frame);
	hl7_mllp_wrap(&w->frame, m->bytes);
	if (!buf_ok(&w->frame))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	snprintf(w->id, sizeof w->id, "%.*s", (int)m->control_id.n, (const char *)m->control_id.p);
	s->res->sent++;
	if (!l->in_flight)
		push_out(l);
	if (m->barrier)
		while (!all_quiet(s)) {
			int r = turn(s, 100, e);
			if (r < 0)
				return r;
		}
	return 0;
}

static int pace(struct sending *s, const struct simulate_message *m, int64_t began, int64_t *last, struct err *e)
{
	for (;;) {
		int64_t due = s->o->live ? m->time - time_now() : s->o->rate ? began + (int64_t)s->res->sent * TIME_SEC / (int64_t)s->o->rate - time_monotonic() : 0;
		if (due <= 0)
			return 0;
		int64_t ms = due / 1000000;
		int r = turn(s, ms > 200 ? 200 : ms < 1 ? 1 : (int)ms, e);
		if (r < 0)
			return r;
		report(s, began, last);
	}
}

static int send_all(struct simulation *sim, const struct simulate_options *o, struct simulate_result *res, struct err *e)
{
	struct sending s = {.o = o, .res = res, .n = o->connections ? o->connections : 1, .acked = -1};
	if (s.n > 1000)
		return err_set(e, ERR_USAGE, "--connections", "at most 1000");
	int r = resolve(o->to, &s, e);
	if (r < 0)
		return r;
	if (o->acked && (s.acked = open(o->acked, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0)
		return err_sys(e, o->acked, "cannot open");
	s.lines = calloc(s.n, sizeof *s.lines);
	if (!s.lines)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; i < s.n; i++)
		s.lines[i].fd = -1;
	int64_t began = time_monotonic(), last = 0;
	struct simulate_message m;
	for (uint64_t i = 0; r == 0 && (!o->count || i < o->count); i++) {
		r = simulation_next(sim, &m, e);
		if (r == 0)
			r = pace(&s, &m, began, &last, e);
		if (r == 0)
			r = queue_message(&s, &m, began, &last, e);
		report(&s, began, &last);
	}
	while (r == 0 && !all_quiet(&s))
		r = turn(&s, 100, e);
	res->seconds = (double)(time_monotonic() - began) / 1e9;
	for (size_t i = 0; i < s.n; i++) {
		if (s.lines[i].fd >= 0)
			close(s.lines[i].fd);
		hl7_mllp_done(&s.lines[i].in);
		for (unsigned k = 0; k < QUEUE_MAX; k++)
			buf_done(&s.lines[i].q[k].frame);
	}
	free(s.lines);
	if (s.acked >= 0)
		close(s.acked);
	return r;
}

static int write_all(struct simulation *sim, const struct simulate_options *o, struct simulate_result *res, struct err *e)
{
	FILE *f = !strcmp(o->out, "-") ? stdout : fopen(o->out, "we");
	if (!f)
		return err_sys(e, o->out, "cannot write");
	uint64_t count = o->count ? o->count : 10000;
	int r = 0;
	for (uint64_t i = 0; r == 0 && i < count; i++) {
		struct simulate_message m;
		r = simulation_next(sim, &m, e);
		if (r == 0 && fwrite(m.bytes.p, 1, m.bytes.n, f) != m.bytes.n)
			r = err_sys(e, o->out, "cannot write");
		res->sent += r == 0;
	}
	if (f == stdout ? fflush(f) : fclose(f))
		r = r ? r : err_sys(e, o->out, "cannot write");
	return r;
}

int simulate_run(const struct simulate_options *o, struct simulate_result *ret, struct err *e)
{
	int64_t start = time_now();
	if (o->out && time_parse(SLICE("2026-01-05T00:00:00Z"), 0, &start) < 0)
		return ERR_USAGE;
	if (o->start && time_parse(slice_str(o->start), 0, &start) < 0)
		return err_set(e, ERR_USAGE, "--start", "'%s' is not a time such as 2026-11-22T03:12:00Z", o->start);
	struct simulation *sim;
	int r = simulation_new(o->beds, o->seed, start, &sim, e);
	if (r < 0)
		return r;
	r = o->to ? send_all(sim, o, ret, e) : write_all(sim, o, ret, e);
	simulation_free(sim);
	return r;
}
