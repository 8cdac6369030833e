/* gate_conn: one connection through the relay: the near side connected to us, the far side we connect to.
 *
 * mllp: whole frames pass, and only those that the link's state lets pass; what comes back is the far side's own acknowledgement. Our own messages that may not pass go to the ledger, and are acknowledged when they are durable.
 * tcp: bytes pass. */
#include "gate_role.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_AT_ONCE ((size_t)128 << 10)
#define OUT_HIGH ((size_t)256 << 10)   /* the other side does not take more: nothing is read meanwhile */
#define OUT_MAX ((size_t)12 << 20)      /* twice what may wait: OUT_HIGH, and the frames of one full buffer behind it (side_flush) */
#define RECORD_MAX ((size_t)16 << 10)  /* of TLS: RFC 8446 5.1 */
#define HOLDS_MAX 64                   /* of one connection: more waits in its socket */

/* ---- sockets ---- */

void side_init(struct side *s, enum node_kind kind, void *of)
{
	*s = (struct side){.fd = -1, .node = {kind, of}, .pipe_in = -1, .pipe_out = -1};
	buf_init(&s->in, GATE_FRAME_MAX + 2 * READ_AT_ONCE);
	buf_init(&s->out, OUT_MAX);
}

void side_hang_up(struct relay *r, struct side *s, bool reset)
{
	relay_tls_end(s, !reset);
	pipe_close(r, s);
	if (s->fd >= 0) {
		struct linger now = {.l_onoff = 1};
		if (reset)
			setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
		close(s->fd);
	}
	s->fd = -1;
	s->connecting = false;
	s->eof = false;
	s->shut = false;
	s->parked = false;
	s->watched = false;
	s->out_at = 0;
	s->frame_since = 0;
	s->frames.scanned = 0;
	buf_reset(&s->in);
	buf_reset(&s->out);
}

void side_close(struct relay *r, struct side *s, bool reset)
{
	side_hang_up(r, s, reset);
	buf_done(&s->in);
	buf_done(&s->out);
	buf_init(&s->in, GATE_FRAME_MAX + 2 * READ_AT_ONCE);
	buf_init(&s->out, OUT_MAX);
}

static void set_options(int fd)
{
	int on = 1, idle = 60, every = 20, times = 4;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
}

void relay_watch(struct relay *r, struct side *s, uint32_t want)
{
	struct epoll_event ev = {.events = want, .data.ptr = &s->node};
	if (s->fd < 0 || (s->watched && s->events == want))
		return;
	epoll_ctl(r->ep, s->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, s->fd, &ev);
	s->watched = true;
	s->events = want;
}

static void relay_unwatch(struct relay *r, struct side *s)
{
	if (s->watched)
		epoll_ctl(r->ep, EPOLL_CTL_DEL, s->fd, NULL);
	s->watched = false;
}

int side_connect(struct relay *r, struct side *s, const struct glink *g)
{
	struct sockaddr_storage a = {0};
	socklen_t n;
	bool six;
	uint8_t ip[16];
	uint16_t port;
	if (gate_address_parse(g->l.to, &six, ip, &port) < 0 || (g->l.tls.to && !g->tls_far))
		return ERR_INPUT;
	if (six) {
		struct sockaddr_in6 *p = (struct sockaddr_in6 *)&a;
		p->sin6_family = AF_INET6;
		p->sin6_port = htons(port);
		memcpy(&p->sin6_addr, ip, 16);
		n = sizeof *p;
	} else {
		struct sockaddr_in *p = (struct sockaddr_in *)&a;
		p->sin_family = AF_INET;
		p->sin_port = htons(port);
		memcpy(&p->sin_addr, ip, 4);
		n = sizeof *p;
	}
	s->fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return ERR_SYSTEM;
	set_options(s->fd);
	s->watched = false;
	s->since = time_monotonic();
	if (connect(s->fd, (struct sockaddr *)&a, n) < 0) {
		if (errno != EINPROGRESS) {
			side_close(r, s, false);
			return ERR_SYSTEM;
		}
		s->connecting = true;
	}
	if (g->l.tls.to && relay_tls_begin(s, g->tls_far, false) < 0) {
		side_close(r, s, true);
		return ERR_MEMORY;
	}
	relay_watch(r, s, side_wants(s, true));
	return 0;
}

size_t side_waits(const struct side *s)
{
	return s->out.n - s->out_at + s->piped;
}

uint32_t side_wants(const struct side *s, bool reading)
{
	if (s->connecting)
		return EPOLLOUT;
	if (s->shaking)
		return SSL_want_read(s->ssl) ? EPOLLIN : EPOLLOUT;
	return (reading || s->write_wants_read ? (uint32_t)EPOLLIN : 0u) | (s->out.n || s->piped || s->read_wants_write ? (uint32_t)EPOLLOUT : 0u);
}

/* Whole records, as many as there is room for: what is left is in the socket, where epoll sees it, and never in the library. */
static int tls_side_read(struct side *s, uint8_t *to)
{
	size_t at = 0;
	ssize_t n = 1;
	while (READ_AT_ONCE - at >= RECORD_MAX && (n = relay_tls_read(s, to + at, READ_AT_ONCE - at)) > 0)
		at += (size_t)n;
	buf_commit(&s->in, at);
	return at ? 1 : (int)n; /* an end after bytes is met again at the next read */
}

int side_read(struct side *s)
{
	if (s->shaking)
		return 0;
	uint8_t *to = buf_space(&s->in, READ_AT_ONCE);
	if (!to)
		return ERR_LIMIT;
	if (s->ssl)
		return tls_side_read(s, to);
	ssize_t n = recv(s->fd, to, READ_AT_ONCE, 0);
	if (n > 0) {
		buf_commit(&s->in, (size_t)n);
		return 1;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return n == 0 ? ERR_NO : ERR_SYSTEM;
}

int side_flush(struct relay *r, struct side *s)
{
	if (s->fd < 0 || s->connecting || s->shaking)
		return 0;
	while (s->out_at < s->out.n) {
		const uint8_t *from = s->out.p + s->out_at;
		size_t left = s->out.n - s->out_at;
		ssize_t n = s->ssl ? relay_tls_write(s, from, left) : send(s->fd, from, left, MSG_NOSIGNAL);
		if (!s->ssl && n < 0 && errno == EINTR)
			continue;
		if (s->ssl ? n == 0 : n < 0 && errno == EAGAIN) {
			if (s->out_at > s->out.n / 2) { /* on a busy link there is never a moment when all has gone */
				buf_drop(&s->out, s->out_at);
				s->out_at = 0;
			}
			return 0;
		}
		if (n < 0)
			return ERR_NO;
		s->out_at += (size_t)n;
	}
	s->out_at = 0;
	buf_reset(&s->out);
	return s->pipe_in >= 0 ? pipe_flush(r, s) : 0;
}

/* What the kernel takes at once is not copied. */
int side_send(struct relay *r, struct side *s, struct slice bytes)
{
	if (s->ssl) {
		buf_add_slice(&s->out, bytes);
		return buf_ok(&s->out) ? side_flush(r, s) : ERR_LIMIT;
	}
	if (!s->connecting && s->fd >= 0 && s->out.n == 0) {
		ssize_t n = send(s->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return ERR_NO;
		if (n > 0)
			bytes = slice_of(bytes.p + n, bytes.n - (size_t)n);
	}
	buf_add_slice(&s->out, bytes);
	return buf_ok(&s->out) ? 0 : ERR_LIMIT;
}

static void interests(struct relay *r, struct conn *c)
{
	struct side *both[2] = {&c->near, &c->far};
	for (int i = 0; i < 2 && !c->dead; i++) {
		struct side *s = both[i], *other = both[!i];
		bool full = side_waits(other) > (other->piped ? 0 : OUT_HIGH);
		if (s->fd < 0)
			continue;
		uint32_t want = side_wants(s, !full && !s->paused && !s->eof);
		s->parked &= !want;
		if (((s->eof && s->shut) || s->parked) && !want) /* has ended both ways, which epoll would say without end while the other side takes its last bytes */
			relay_unwatch(r, s);
		else
			relay_watch(r, s, want);
	}
}

/* ---- beginning and end ---- */

void pass_reset(struct relay *r, struct conn *c)
{
	if (c->dead)
		return;
	c->dead = true;
	side_hang_up(r, &c->near, true); /* what they have in memory goes when it is buried: to give it back takes longer than the reset */
	side_hang_up(r, &c->far, true);
	for (struct hold *h = r->holds; h; h = h->next)
		if (h->c == c)
			h->c = NULL;
	if (c->prev)
		c->prev->next = c->next;
	else
		c->g->conns = c->next;
	if (c->next)
		c->next->prev = c->prev;
	c->g->conn_count--;
	c->next = r->graves;
	r->graves = c;
}

/* What one side has taken is what has passed: what still waits for it, here or in a pipe, has not, and is not counted when a cut throws it away. */
static void handed(struct glink *g, const struct side *to, size_t before)
{
	g->bytes += before - side_waits(to);
}

static int flush(struct relay *r, struct conn *c, struct side *s)
{
	size_t before = side_waits(s);
	int n = side_flush(r, s);
	if (c->g->l.protocol == GATE_TCP)
		handed(c->g, s, before);
	return n;
}

/* In order: what is written goes out first. */
static void finish(struct relay *r, struct conn *c)
{
	if (c->dead)
		return;
	if (flush(r, c, &c->near) == 0 && side_waits(&c->near) == 0) /* a reset only when something of its is lost */
		side_close(r, &c->near, false);
	pass_reset(r, c);
}

static bool peer_allowed(const struct gate_link *l, const struct sockaddr_storage *a)
{
	uint8_t ip[16] = {0};
	if (a->ss_family == AF_INET6) {
		memcpy(ip, &((const struct sockaddr_in6 *)a)->sin6_addr, 16);
		return gate_allowed(l, true, ip);
	}
	memcpy(ip, &((const struct sockaddr_in *)a)->sin_addr, 4);
	return gate_allowed(l, false, ip);
}

/* One more than the link may have: it is ended, and said, but not once for each. */
static bool crowded(struct relay *r, struct glink *g)
{
	int64_t now = time_now();
	if (g->conn_count < GATE_CONNS_MAX)
		return false;
	if (now - g->crowded_at > GATE_CROWDED_SHOWN) {
		g->crowded = 0;
		role_log(r->r, "link %s: %d connections stand, which is the most a link may have: more are ended at once", g->l.name, GATE_CONNS_MAX);
	}
	g->crowded++;
	g->crowded_at = now;
	return true;
}

static bool needs_far(const struct glink *g)
{
	return !relay_holds(g);
}

void pass_accept(struct relay *r, struct glink *g)
{
	for (int i = 0; i < 64; i++) {
		struct sockaddr_storage a;
		socklen_t n = sizeof a;
		int fd = accept4(g->lfd, (struct sockaddr *)&a, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			return;
		struct conn *c = relay_listens(g) && peer_allowed(&g->l, &a) && !crowded(r, g) ? calloc(1, sizeof *c) : NULL;
		if (!c) {
			struct linger now = {.l_onoff = 1};
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
			close(fd);
			g->refused++;
			continue;
		}
		c->g = g;
		side_init(&c->near, NODE_NEAR, c);
		side_init(&c->far, NODE_FAR, c);
		set_options(fd);
		c->near.fd = fd;
		c->near.since = relay_now();
		c->next = g->conns;
		if (g->conns)
			g->conns->prev = c;
		g->conns = c;
		g->conn_count++;
		if (g->l.tls.listen && (!g->tls_near || relay_tls_begin(&c->near, g->tls_near, true) < 0)) {
			pass_reset(r, c);
			continue;
		}
		relay_watch(r, &c->near, EPOLLIN);
		/* who speaks TLS shows who he is before the far side hears of him */
		if (!c->near.shaking && needs_far(g) && side_connect(r, &c->far, g) < 0)
			pass_reset(r, c);
	}
}

/* ---- messages ---- */

/* Where all that is a frame passes back, nobody asks what it answers. */
static bool answers_alone(const struct glink *g)
{
	return g->st.state != GATE_OPEN;
}

static bool seen_lately(const struct glink *g, struct slice frame, const struct gate_message *m)
{
	uint8_t key[GATE_KEY];
	if (!g->recent_n)
		return false;
	gate_message_key(frame, m->control_id, key);
	for (size_t i = 0; i < g->recent_n; i++)
		if (!memcmp(g->recent[i], key, sizeof key))
			return true;
	return false;
}

static struct slice content(struct slice frame)
{
	return slice_of(frame.p + 1, frame.n - 3);
}

static int to_ledger(struct relay *r, struct conn *c, struct slice frame)
{
	struct hold *h = r->keeper.fd >= 0 ? calloc(1, sizeof *h) : NULL;
	if (!h)
		return ERR_BUSY; /* nobody can make it durable: the sender keeps it, and comes again */
	h->tag = ++r->tags;
	h->c = c;
	h->g = c->g;
	buf_init(&h->head, GATE_FRAME_MAX);
	buf_add_slice(&h->head, content(frame));
	*r->holds_end = h;
	r->holds_end = &h->next;
	c->holds++;
	c->g->holds++;
	size_t at = frame_begin(&r->keeper.out, FRAME_G_HOLD, h->tag);
	frame_str(&r->keeper.out, c->g->l.name);
	buf_add_slice(&r->keeper.out, content(frame));
	frame_end(&r->keeper.out, at);
	return buf_ok(&r->keeper.out) && buf_ok(&h->head) ? 0 : ERR_MEMORY;
}

void pass_accepted(struct relay *r, struct hold *h)
{
	struct conn *c = h->c;
	AUTO_BUF struct buf b = {0};
	if (!c || c->dead)
		return;
	buf_init(&b, OUT_MAX);
	gate_accepted(buf_slice(&h->head), time_now(), &b);
	if (!buf_ok(&b) || side_send(r, &c->near, buf_slice(&b)) < 0)
		pass_reset(r, c);
	else
		interests(r, c);
}

static bool rate_allows(struct relay *r, struct glink *g)
{
	int64_t now = relay_now();
	if (g->st.state != GATE_LIMITED || !g->l.rate)
		return true;
	if (g->bucket_at)
		g->bucket += (double)(now - g->bucket_at) / (double)TIME_SEC * g->l.rate;
	else
		g->bucket = 1;
	g->bucket_at = now;
	if (g->bucket > g->l.rate)
		g->bucket = g->l.rate;
	if (g->bucket < 1) {
		r->throttled = true;
		return false;
	}
	g->bucket -= 1;
	return true;
}

/* Frames that pass and stand one behind the other in what was read leave in one call: a sender that does not wait would else cost a call, and mostly a packet, a message. */
static int run_send(struct relay *r, struct side *to, struct slice *run)
{
	struct slice all = *run;
	*run = SLICE_NULL;
	return all.n ? side_send(r, to, all) : 0;
}

static int run_add(struct relay *r, struct side *to, struct slice *run, struct slice frame)
{
	int n = run->n && run->p + run->n != frame.p ? run_send(r, to, run) : 0;
	*run = run->n ? slice_of(run->p, run->n + frame.n) : frame;
	return n;
}

/* One message of the link's own direction. Below 0: the connection cannot go on; 1: not now. */
static int forward(struct relay *r, struct conn *c, struct slice frame, struct slice *run)
{
	struct glink *g = c->g;
	struct gate_message m;
	gate_message_read(frame, &m);
	enum gate_way way = gate_passes(&g->l, g->st.state, &m);
	if (g->l.out && (way != GATE_PASS || !g->live) && gate_blank(frame)) { /* nothing to keep, and nothing that anybody would ever answer */
		g->odd += frame.n;
		return 0;
	}
	if (g->l.out && (way != GATE_PASS || !g->live))
		return c->holds >= HOLDS_MAX ? 1 : to_ledger(r, c, frame);
	if (way == GATE_WAIT)
		return ERR_DENIED; /* no answer, but a reset: its engine keeps the message */
	if (way == GATE_NOT) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 1 << 20);
		gate_refusal(frame, "this link is limited at the moment: a message of this type is not taken, and may be sent again later", time_now(), &b);
		g->refused++;
		return side_send(r, &c->near, buf_slice(&b));
	}
	if (g->l.out && c->holds)
		return 1; /* an acknowledgement of ours comes before the far side's */
	if (!rate_allows(r, g))
		return 1;
	if (g->l.out && seen_lately(g, frame, &m)) { /* it was taken while the link was cut, has been sent, and its acknowledgement did not arrive */
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 1 << 20);
		gate_accepted(frame, time_now(), &b);
		return side_send(r, &c->near, buf_slice(&b));
	}
	if (c->far.fd < 0 && side_connect(r, &c->far, g) < 0)
		return ERR_NO;
	if (answers_alone(g) && gate_asked_add(&c->asked, m.control_id) < 0)
		return ERR_MEMORY;
	g->bytes += frame.n;
	count_message(g, &m, relay_wall(r));
	return run_add(r, &c->far, run, frame);
}

static int backward(struct relay *r, struct conn *c, struct slice frame, struct slice *run)
{
	if (answers_alone(c->g)) {
		struct gate_message m;
		gate_message_read(frame, &m);
		m.answer = m.answer && gate_asked_take(&c->asked, &m);
		if (!gate_passes_back(&c->g->l, c->g->st.state, &m)) {
			c->g->refused++;
			return 0;
		}
	}
	c->g->bytes += frame.n;
	return run_add(r, &c->near, run, frame);
}

static int take_frames(struct relay *r, struct conn *c, struct side *s, bool near)
{
	struct slice run = SLICE_NULL;
	size_t at = 0;
	int n = 0;
	s->paused = false;
	while (!c->dead) {
		struct slice frame;
		size_t used, odd = s->frames.odd;
		n = gate_frame_next(&s->frames, slice_of(s->in.p + at, s->in.n - at), &frame, &used);
		c->g->odd += s->frames.odd - odd;
		if (n < 0)
			break;
		if (n == 0) {
			at += used;
			break;
		}
		n = near ? forward(r, c, frame, &run) : backward(r, c, frame, &run);
		if (n > 0) {
			s->paused = true; /* the frame stays where it is */
			at += used - frame.n;
			n = 0;
			break;
		}
		if (n < 0)
			break;
		at += used;
	}
	if (c->dead)
		return 0;
	int sent = run_send(r, near ? &c->far : &c->near, &run); /* what had passed goes, even before an end */
	n = n < 0 ? n : sent;
	buf_drop(&s->in, at);
	if (s->paused || s->in.n == 0)
		s->frame_since = 0;
	else if (at || !s->frame_since)
		s->frame_since = relay_now();
	return n;
}

static int take_bytes(struct relay *r, struct conn *c, struct side *s, bool near)
{
	struct glink *g = c->g;
	struct side *to = near ? &c->far : &c->near;
	if (near ? gate_passes(&g->l, g->st.state, NULL) != GATE_PASS : !gate_passes_back(&g->l, g->st.state, NULL)) {
		buf_reset(&s->in);
		if (near)
			return ERR_DENIED;
		g->refused++;
		return 0;
	}
	g->messages++;
	g->last = relay_wall(r);
	size_t before = side_waits(to) + s->in.n;
	int n = side_send(r, to, buf_slice(&s->in));
	if (n >= 0)
		handed(g, to, before);
	if (n >= 0)
		pipe_learn(r, s, to, s->in.n == READ_AT_ONCE);
	buf_reset(&s->in);
	return n;
}

/* Of an opaque link, where bytes come in bulk. There is a pipe only where bytes have passed in this direction; another state begins with other connections. */
static int pass_piped(struct relay *r, struct conn *c, struct side *s, struct side *to, uint32_t events)
{
	if (to->piped) { /* not now; epoll is asked nothing but says all the same that it has ended both ways */
		s->parked = events & EPOLLHUP;
		return events & EPOLLERR ? ERR_SYSTEM : 0;
	}
	int n = pipe_fill(s, to);
	if (n <= 0)
		return n;
	c->g->messages++;
	c->g->last = relay_wall(r);
	return flush(r, c, to);
}

/* ---- events ---- */

static int readable(struct relay *r, struct conn *c, struct side *s, bool near, uint32_t events)
{
	struct side *to = near ? &c->far : &c->near;
	if (to->pipe_in >= 0)
		return pass_piped(r, c, s, to, events);
	int n = side_read(s);
	if (n <= 0)
		return n;
	return c->g->l.protocol == GATE_MLLP ? take_frames(r, c, s, near) : take_bytes(r, c, s, near);
}

static int connected(struct side *s)
{
	int why = 0;
	socklen_t n = sizeof why;
	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &why, &n) < 0 || why)
		return ERR_NO;
	s->connecting = false;
	return 0;
}

/* Of an opaque link: an end is passed on when what came before it has been; when both are, the connection is over, and nothing of it is lost. */
static int pass_ends(struct relay *r, struct conn *c)
{
	struct side *both[2] = {&c->near, &c->far};
	for (int i = 0; i < 2; i++) {
		struct side *to = both[!i];
		if (!both[i]->eof || to->shut || to->fd < 0 || to->connecting || to->shaking || side_waits(to))
			continue;
		if (to->ssl && relay_tls_half(to) < 0) /* TLS has its own word for the end of one direction */
			return ERR_NO;
		if (!to->ssl)
			shutdown(to->fd, SHUT_WR);
		to->shut = true;
	}
	if (!c->near.shut || !c->far.shut)
		return 0;
	side_close(r, &c->near, false);
	side_close(r, &c->far, false);
	return ERR_NO;
}

/* One side has ended. An opaque protocol may half-close; a sender of messages that ends gets what is on its way. */
static int ended(struct conn *c, struct side *s, bool near)
{
	s->eof = true;
	return c->g->l.protocol == GATE_TCP && (near ? &c->far : &c->near)->fd >= 0 ? 0 : ERR_NO;
}

/* The handshake goes on. Once the near side has shown who it is, the far side is connected to. */
static int shaken(struct relay *r, struct conn *c, struct side *s, bool near)
{
	int n = relay_tls_shake(c->g, s);
	if (n < 0 || (n == 1 && near && needs_far(c->g) && side_connect(r, &c->far, c->g) < 0))
		return ERR_DENIED;
	return 0;
}

void pass_event(struct relay *r, struct conn *c, bool near, uint32_t events)
{
	struct side *s = near ? &c->near : &c->far;
	int n = 0;
	if (c->dead || s->fd < 0)
		return;
	if (s->connecting && events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
		n = connected(s);
	if (n == 0 && s->shaking && !s->connecting)
		n = shaken(r, c, s, near);
	if (n == 0 && (events & EPOLLOUT || s->write_wants_read))
		n = flush(r, c, s);
	if (s->read_wants_write)
		events |= EPOLLIN;
	if (n >= 0 && events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		n = readable(r, c, s, near, events);
		if (n == ERR_NO && !c->dead)
			n = ended(c, s, near);
	}
	if (c->dead)
		return;
	if (n >= 0 && c->g->l.protocol == GATE_TCP)
		n = pass_ends(r, c);
	if (n == ERR_NO)
		finish(r, c);
	else if (n < 0)
		pass_reset(r, c);
	else
		interests(r, c);
}

void pass_go_on(struct relay *r, struct glink *g)
{
	for (struct conn *c = g->conns, *next; c; c = next) {
		next = c->next;
		if (!c->near.paused)
			continue;
		int n = take_frames(r, c, &c->near, true);
		if (n < 0)
			pass_reset(r, c);
		else
			interests(r, c);
	}
}

/* A message began and its end (FS CR) did not come: it is said, since a sender that leaves the CR away sees nothing but this. */
static void unended(struct relay *r, struct glink *g)
{
	int64_t now = time_now();
	if (now - g->unended_at > GATE_CROWDED_SHOWN) {
		g->unended = 0;
		role_log(r->r, "link %s: a message had no end (FS CR) within %d seconds of its beginning: its connection is ended", g->l.name, GATE_FRAME_SECONDS);
	}
	g->unended++;
	g->unended_at = now;
}

void pass_tick(struct relay *r, struct glink *g, int64_t now)
{
	for (struct conn *c = g->conns, *next; c; c = next) {
		next = c->next;
		bool slow = (c->near.shaking && now - c->near.since > GATE_CONNECT_SECONDS * TIME_SEC) || (c->far.shaking && !c->far.connecting && now - c->far.since > GATE_CONNECT_SECONDS * TIME_SEC);
		bool late = slow || (c->far.connecting && now - c->far.since > GATE_CONNECT_SECONDS * TIME_SEC);
		bool open_ended = (c->near.frame_since && now - c->near.frame_since > GATE_FRAME_SECONDS * TIME_SEC) || (c->far.frame_since && now - c->far.frame_since > GATE_FRAME_SECONDS * TIME_SEC);
		if (open_ended && !late)
			unended(r, g);
		late |= open_ended;
		if (slow)
			relay_tls_late(g, c->near.shaking);
		if (late)
			pass_reset(r, c);
	}
}
