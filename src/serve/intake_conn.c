/* intake_conn: one sender's connection. It is read only while there is room for what it sends all the way to the disk; otherwise TCP makes the sender wait.
 * Connections are long-lived and idle for hours by night: none is closed for that; a peer that is gone is found by TCP keepalive. */
#include "intake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define OUT_MOST ((size_t)8 << 20) /* acknowledgements that a peer does not take: it is not reading */
#define JUNK_KEEP ((size_t)64 << 10) /* of a frame that is larger than allowed, as evidence */

bool intake_room(const struct intake *in)
{
	return in->queue.bytes < FLIGHT_BYTES && !in->refusing && !in->stopping;
}

/* ---- epoll ---- */

void conn_interest(struct intake *in, struct conn *c)
{
	uint32_t want = 0;
	if (c->dead)
		return;
	bool unsent = c->out.n > c->out_at;
	if (c->handshaking) {
		want = EPOLLIN | (c->read_wants_write ? EPOLLOUT : 0);
	} else {
		if (!c->paused && !c->eof)
			want |= EPOLLIN | EPOLLRDHUP;
		if (unsent && !c->write_wants_read)
			want |= EPOLLOUT;
		if (unsent && c->write_wants_read)
			want |= EPOLLIN;
		if (c->read_wants_write)
			want |= EPOLLOUT;
	}
	if (want == c->events)
		return;
	struct epoll_event ev = {.events = want, .data.ptr = c};
	epoll_ctl(in->ep, EPOLL_CTL_MOD, c->fd, &ev);
	c->events = want;
}

static void pause_reading(struct intake *in, struct conn *c)
{
	if (c->paused)
		return;
	c->paused = true;
	in->paused++;
}

static void release_big(struct intake *in, struct conn *c)
{
	if (c->big)
		in->bigs--;
	if (c->wants_big)
		in->wants_big--;
	c->big = c->wants_big = false;
}

void conn_close(struct intake *in, struct conn *c, const char *why)
{
	if (c->dead)
		return;
	batch_close(c);
	if (c->dead) /* by that */
		return;
	if (why)
		role_log(in->r, "feed %s: connection from %s closed: %s", c->l->is->is.name, c->peer, why);
	c->dead = true;
	release_big(in, c);
	if (c->paused)
		in->paused--;
	in->conns[c->slot] = NULL;
	in->conn_count--;
	c->l->connections--;
	in->changed = true;
	epoll_ctl(in->ep, EPOLL_CTL_DEL, c->fd, NULL);
}

void conn_sweep(struct intake *in)
{
	for (struct conn **p = &in->all; *p;) {
		struct conn *c = *p;
		if (!c->dead) {
			p = &c->next;
			continue;
		}
		*p = c->next;
		if (c->ssl) {
			if (!c->handshaking)
				(void)SSL_shutdown(c->ssl); /* close_notify, as far as it goes: we do not wait for theirs */
			SSL_free(c->ssl);
		}
		close(c->fd);
		hl7_mllp_done(&c->m);
		buf_done(&c->out);
		free(c);
	}
}

struct conn *conn_of(struct intake *in, uint64_t a)
{
	uint32_t slot = (uint32_t)(a >> 32);
	struct conn *c = slot < in->conn_max ? in->conns[slot] : NULL;
	return c && c->gen == (uint32_t)a ? c : NULL;
}

/* ---- a new one ---- */

static void name_peer(const struct sockaddr_storage *a, char *out, size_t size)
{
	char ip[INET6_ADDRSTRLEN] = "?";
	if (a->ss_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)a)->sin_addr, ip, sizeof ip);
	else if (a->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)a)->sin6_addr, ip, sizeof ip);
	snprintf(out, size, "%s", ip);
}

static void set_options(int fd)
{
	int on = 1, idle = 180, every = 30, times = 4;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* an acknowledgement is small and somebody waits for it */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
}

static struct conn *conn_new(struct intake *in, struct listener *l, int fd, const struct sockaddr_storage *peer)
{
	struct conn *c = calloc(1, sizeof *c);
	uint32_t slot = 0;
	if (!c)
		return NULL;
	while (slot < in->conn_max && in->conns[slot])
		slot++;
	c->src.kind = SRC_CONN;
	c->l = l;
	c->fd = fd;
	c->slot = slot;
	c->gen = ++in->gens;
	c->opened = c->last_read = time_monotonic();
	name_peer(peer, c->peer, sizeof c->peer);
	hl7_mllp_init(&c->m, in->message_max);
	buf_init(&c->out, OUT_MOST);
	if (l->tls) {
		c->ssl = tls_new(l, fd);
		c->handshaking = true;
	}
	struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = c};
	if ((l->tls && !c->ssl) || epoll_ctl(in->ep, EPOLL_CTL_ADD, fd, &ev) < 0) {
		SSL_free(c->ssl);
		hl7_mllp_done(&c->m);
		free(c);
		return NULL;
	}
	c->events = ev.events;
	in->conns[slot] = c;
	in->conn_count++;
	c->next = in->all;
	in->all = c;
	l->connections++;
	l->accepted++;
	in->changed = true;
	return c;
}

void conn_accept(struct intake *in, struct listener *l)
{
	for (int i = 0; i < 64 && in->conn_count < in->conn_max; i++) {
		struct sockaddr_storage a = {0};
		socklen_t n = sizeof a;
		int fd = accept4(l->is->fd, (struct sockaddr *)&a, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
				in->accept_again = time_monotonic() + TIME_SEC;
			return;
		}
		set_options(fd);
		if (!conn_new(in, l, fd, &a))
			close(fd);
	}
}

/* ---- bytes to entries ---- */

static void put(struct intake *in, struct conn *c, uint8_t kind, uint8_t flags, struct slice body, struct slice key, bool dedupe, bool answer)
{
	struct queue_entry en = {.kind = kind, .flags = flags, .options = dedupe ? APPEND_DEDUPE : 0, .listener = c->l->is->index, .key = key, .body = body};
	struct err e;
	en.a = (uint64_t)c->slot << 32 | c->gen;
	en.b = (uint64_t)kind << 8 | (answer ? CONN_ANSWER : 0);
	if (queue_add(&in->queue, &en, &e) < 0) { /* no acknowledgement: the sender keeps it and sends it again */
		conn_close(in, c, e.text);
		return;
	}
	c->in_flight++;
}

void conn_put_line(struct intake *in, struct conn *c, uint8_t flags, struct slice line, struct slice key)
{
	put(in, c, LEDGER_HL7V2_ENVELOPE, flags, line, key, key.n > 0, false);
}

static void on_frame(struct intake *in, struct conn *c, const struct hl7_frame *f)
{
	struct hl7_header h;
	uint8_t key[HL7_CONTROL_KEY], flags = f->odd ? LEDGER_FLAG_REPAIRED : 0;
	c->l->odd += f->odd != 0;
	if (f->type == HL7_FRAME_MESSAGE || f->type == HL7_FRAME_FRAGMENT)
		batch_other_frame(c, f->bytes);
	if (c->dead) /* by what waited for it */
		return;
	switch (f->type) {
	case HL7_FRAME_MESSAGE:
		/* A whole frame is a message, whatever is in it: one without a readable MSH is answered AE/CE, and again the same bytes get the same answer and no new
		 * entry. It is not kept as a fragment, because only messages are looked up: a fragment's bytes may come again as a message, and that must be stored. */
		hl7_header_read(f->bytes, &h);
		put(in, c, LEDGER_HL7V2, flags, f->bytes, hl7_control_key(&h, key), true, true);
		break;
	case HL7_FRAME_ENVELOPE:
		batch_envelope(in, c, flags, f->bytes);
		break;
	case HL7_FRAME_FRAGMENT:
		put(in, c, LEDGER_HL7V2_FRAGMENT, flags, f->bytes, SLICE_NULL, false, false);
		break;
	case HL7_FRAME_COMMIT:
	case HL7_FRAME_NONE:
		break;
	}
}

static void frames(struct intake *in, struct conn *c, void (*next)(struct hl7_mllp *m, struct hl7_frame *ret))
{
	struct hl7_frame f;
	while (!c->dead) {
		next(&c->m, &f);
		if (f.type == HL7_FRAME_NONE)
			return;
		on_frame(in, c, &f);
	}
}

/* A frame that grows needs one of a few places: memory stays bounded whoever connects. */
static bool may_grow(struct intake *in, struct conn *c)
{
	size_t have = c->m.in.n - c->m.at;
	if (have < SMALL) {
		release_big(in, c);
		return true;
	}
	if (c->big)
		return true;
	if (in->bigs < BIGS) {
		if (c->wants_big)
			in->wants_big--;
		c->wants_big = false;
		c->big = true;
		in->bigs++;
		return true;
	}
	if (!c->wants_big)
		in->wants_big++;
	c->wants_big = true;
	return false;
}

static void too_large(struct intake *in, struct conn *c)
{
	/* its beginning is kept, so that somebody can see what it was */
	put(in, c, LEDGER_HL7V2_FRAGMENT, LEDGER_FLAG_REPAIRED, slice_of(c->m.in.p + c->m.at, JUNK_KEEP), SLICE_NULL, false, false);
	c->l->fragments++;
	conn_close(in, c, "a frame larger than the limit; its first 64 KiB are kept");
}

static ssize_t take(struct conn *c, uint8_t *to, size_t n)
{
	if (c->ssl)
		return tls_read(c, to, n);
	for (;;) {
		ssize_t got = recv(c->fd, to, n, 0);
		if (got > 0)
			return got;
		if (got == 0)
			return ERR_NO;
		if (errno == EINTR)
			continue;
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : ERR_INPUT;
	}
}

static void at_eof(struct intake *in, struct conn *c, bool broken)
{
	c->eof = true;
	frames(in, c, hl7_mllp_eof);
	batch_close(c); /* the rest is evidence; it gets no acknowledgement */
	release_big(in, c);
	if (!c->dead && (broken || (c->in_flight == 0 && c->out.n == c->out_at)))
		conn_close(in, c, NULL);
}

void conn_read(struct intake *in, struct conn *c)
{
	for (int i = 0; i < 4 && !c->dead && !c->eof; i++) {
		size_t have;
		if (!intake_room(in) || c->in_flight >= FLIGHT_CONN || !may_grow(in, c)) {
			pause_reading(in, c);
			break;
		}
		uint8_t *to = hl7_mllp_space(&c->m, c->big ? 4 * READ_SIZE : READ_SIZE, &have);
		if (!to) {
			too_large(in, c);
			return;
		}
		size_t most = c->big ? 16 * READ_SIZE : READ_SIZE;
		ssize_t n = take(c, to, have < most ? have : most);
		if (n == 0)
			break;
		if (n < 0) {
			at_eof(in, c, n != ERR_NO);
			break;
		}
		c->last_read = time_monotonic();
		c->l->bytes += (uint64_t)n;
		hl7_mllp_fed(&c->m, (size_t)n);
		frames(in, c, hl7_mllp_next);
		if (!c->dead)
			may_grow(in, c);
		if (!c->dead && hl7_mllp_may_end(&c->m))
			in->may_end++; /* conn_timers looks again when it has been silent */
		if ((size_t)n < READ_SIZE && !tls_pending(c))
			break; /* there was no more */
	}
	conn_interest(in, c);
}

/* ---- answers ---- */

void conn_answer(struct intake *in, struct conn *c, struct slice ack)
{
	if (c->dead || ack.n == 0)
		return;
	hl7_mllp_wrap(&c->out, ack);
	if (!buf_ok(&c->out)) {
		conn_close(in, c, "it does not read its acknowledgements");
		return;
	}
	if (!c->dirty) {
		c->dirty = true;
		c->next_dirty = in->dirty;
		in->dirty = c;
	}
}

static ssize_t give(struct conn *c, const uint8_t *from, size_t n)
{
	if (c->ssl)
		return tls_write(c, from, n);
	for (;;) {
		ssize_t put_n = send(c->fd, from, n, MSG_NOSIGNAL);
		if (put_n >= 0)
			return put_n;
		if (errno == EINTR)
			continue;
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : ERR_INPUT;
	}
}

void conn_flush(struct intake *in, struct conn *c)
{
	while (!c->dead && c->out_at < c->out.n) {
		ssize_t n = give(c, c->out.p + c->out_at, c->out.n - c->out_at);
		if (n < 0) {
			conn_close(in, c, NULL); /* gone before its answer: it will ask again, and get the same one */
			return;
		}
		if (n == 0)
			break;
		c->out_at += (size_t)n;
	}
	if (c->dead)
		return;
	if (c->out_at == c->out.n) {
		c->out_at = 0;
		buf_reset(&c->out);
		if (c->eof && c->in_flight == 0) {
			conn_close(in, c, NULL);
			return;
		}
	}
	conn_interest(in, c);
}

/* ---- events ---- */

static void handshake(struct intake *in, struct conn *c)
{
	char why[200];
	int r = tls_handshake(c, why, sizeof why);
	if (r < 0) {
		c->l->refused_tls++;
		conn_close(in, c, why);
		return;
	}
	c->handshaking = r == 0;
	if (r == 1)
		conn_read(in, c);
	else
		conn_interest(in, c);
}

void conn_event(struct intake *in, struct conn *c, uint32_t events)
{
	if (c->handshaking) {
		handshake(in, c);
		return;
	}
	if (events & (EPOLLERR | EPOLLHUP) && (c->eof || c->paused)) {
		/* reset, or both halves closed: nobody is left to answer. What it had sent whole is on its way and stays so. */
		conn_close(in, c, NULL);
		return;
	}
	if (events & EPOLLOUT || c->write_wants_read)
		conn_flush(in, c);
	if (!c->dead && !c->paused && !c->eof && (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR) || c->read_wants_write))
		conn_read(in, c);
}

void conn_resume(struct intake *in)
{
	if (!in->paused || !intake_room(in))
		return;
	for (struct conn *c = in->all; c && in->paused; c = c->next) {
		if (c->dead || !c->paused || c->in_flight >= FLIGHT_CONN || (c->wants_big && in->bigs >= BIGS))
			continue;
		c->paused = false;
		in->paused--;
		conn_read(in, c); /* TLS may hold bytes that the socket does not announce again */
		if (!intake_room(in))
			return;
	}
}

void conn_timers(struct intake *in, int64_t now)
{
	bool look_again = false;
	if (in->may_end == 0 && !in->wants_big && in->conn_count == 0)
		return;
	for (struct conn *c = in->all; c; c = c->next) {
		if (c->dead)
			continue;
		if (c->handshaking && now - c->opened > HANDSHAKE)
			conn_close(in, c, "no TLS handshake for 30 seconds");
		else if (in->wants_big && c->big && !c->paused && now - c->last_read > BIG_PATIENCE)
			conn_close(in, c, "it stopped in the middle of a large message while others wait");
		else if (in->may_end && !c->eof && hl7_mllp_may_end(&c->m)) {
			if (now - c->last_read >= PAUSE_END)
				frames(in, c, hl7_mllp_idle);
			else
				look_again = true;
		}
	}
	in->may_end = look_again;
}
