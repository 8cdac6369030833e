/* intake: the loop, the keeper's side, and what status is told. A message is acknowledged only with the keeper's answer in hand, and the keeper answers only
 * after its commit. */
#include "intake.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define STOP_FOR (3 * TIME_SEC)
#define BLAME_MOST 5

/* ---- the keeper's answers ---- */

static void answered(struct intake *in, struct queue_item *it, uint64_t seq, int64_t time, bool duplicate)
{
	struct conn *c = conn_of(in, it->a);
	struct slice body = queue_body(it);
	if (!c)
		return; /* stored; its sender is gone, and will be told when it asks again */
	c->in_flight--;
	c->l->last = time;
	in->changed = true;
	if (!(it->b & CONN_ANSWER)) {
		c->l->fragments += it->b >> 8 == LEDGER_HL7V2_FRAGMENT;
		if (c->eof && c->in_flight == 0 && c->out.n == c->out_at)
			conn_close(in, c, NULL);
		return;
	}
	struct hl7_header h;
	char id[32];
	AUTO_BUF struct buf ack = {0};
	buf_init(&ack, 1 << 20);
	hl7_header_read(body, &h);
	c->l->messages++;
	c->l->duplicates += duplicate;
	c->l->unreadable += !h.ok;
	/* id and time are the entry's: the same message gets the same answer, byte for byte, whenever it is asked again */
	snprintf(id, sizeof id, "HF%llu", (unsigned long long)seq);
	enum hl7_ack_verdict v = h.ok ? HL7_STORED : HL7_STORED_UNREADABLE;
	enum hl7_ack_mode mode = (enum hl7_ack_mode)c->l->is->is.ack;
	hl7_ack_write(&h, mode, v, id, time, &ack);
	conn_answer(in, c, buf_slice(&ack));
	buf_reset(&ack);
	snprintf(id, sizeof id, "HF%lluA", (unsigned long long)seq);
	hl7_ack_write_application(&h, mode, v, id, time, &ack);
	conn_answer(in, c, buf_slice(&ack));
	if (!c->dead && c->eof && c->in_flight == 0 && c->out.n == c->out_at)
		conn_close(in, c, NULL); /* it wanted no answer */
}

static void refused(struct intake *in, int code)
{
	if (!in->refusing)
		role_log(in->r, "messages are not taken: %s; senders wait", in->read_only ? "this copy of the site is read-only" : "the disk is nearly full");
	in->refusing = in->hold = in->changed = true;
	in->retry_at = time_monotonic() + TIME_SEC;
}

static int on_reply(struct intake *in, const struct frame *f)
{
	struct queue_item *it = queue_head(&in->queue);
	struct cur c = cur_of(f->payload);
	if (!it || f->tag != it->tag || in->queue.sent == 0)
		return ERR_INPUT;
	int code = (int)cur_u32le(&c);
	if (code == ERR_FULL) {
		refused(in, code);
		return 0;
	}
	if (code < 0) { /* it will not be stored now: no acknowledgement, and the sender sends it again */
		struct err e;
		frame_get_err(&c, code, &e);
		struct conn *cn = conn_of(in, it->a);
		if (cn)
			conn_close(in, cn, e.text);
		queue_pop(&in->queue);
		return 0;
	}
	uint64_t seq = cur_u64le(&c);
	int64_t time = (int64_t)cur_u64le(&c);
	bool duplicate = cur_u8(&c);
	if (!cur_done(&c))
		return ERR_INPUT;
	if (in->refusing) {
		in->refusing = false;
		role_log(in->r, "messages are taken again");
	}
	answered(in, it, seq, time, duplicate);
	queue_pop(&in->queue);
	return 0;
}

static int on_keeper_frame(struct intake *in, const struct frame *f)
{
	if (f->type == FRAME_K_REPLY)
		return on_reply(in, f);
	if (f->type == FRAME_K_ROOM && f->payload.n == 1) {
		in->read_only = f->payload.p[0] == ROOM_READ_ONLY;
		if (in->read_only)
			refused(in, ERR_FULL); /* said before the first message comes */
		else if (f->payload.p[0] && in->hold)
			in->retry_at = 0;
		return 0;
	}
	return ERR_INPUT;
}

/* What was sent and not answered is sent to the next one. When one and the same message is the first of them time after time it is refused, without an answer, so that the other senders go on. */
static void blame_head(struct intake *in)
{
	struct queue_item *it = queue_head(&in->queue);
	if (!it || (in->queue.sent == 0 && in->queue.part == 0))
		return;
	in->blamed_times = it->tag == in->blamed ? in->blamed_times + 1 : 1;
	in->blamed = it->tag;
	if (in->blamed_times < BLAME_MOST)
		return;
	struct conn *c = conn_of(in, it->a);
	role_log(in->r, "a message is refused, unacknowledged: the keeper went away %u times when it was the next one", in->blamed_times);
	if (c)
		conn_close(in, c, "the keeper does not take this message");
	queue_rewind(&in->queue);
	queue_pop(&in->queue);
}

static void keeper_gone(struct intake *in)
{
	if (in->keeper.fd < 0)
		return;
	epoll_ctl(in->ep, EPOLL_CTL_DEL, in->keeper.fd, NULL);
	chan_done(&in->keeper);
	in->changed = true;
	blame_head(in);
}

static void keeper_write(struct intake *in)
{
	struct queue *q = &in->queue;
	struct chan *k = &in->keeper;
	int r = 1;
	if (k->fd < 0)
		return;
	if (q->part) /* a frame that is begun is ended before anything else is said */
		r = queue_write_part(q, k->fd);
	if (r == 1 && in->hold && in->retry_at <= time_monotonic()) {
		frame_end(&k->out, frame_begin(&k->out, FRAME_K_RETRY, 0));
		queue_rewind(q);
		in->hold = false;
	}
	if (r == 1 && chan_unsent(k))
		r = chan_write(k);
	if (r == 1 && !in->hold)
		r = queue_write(q, k->fd);
	if (r < 0) {
		keeper_gone(in);
		return;
	}
	uint32_t want = EPOLLIN | (r == 0 ? EPOLLOUT : 0);
	if (want != in->keeper_events) {
		struct epoll_event ev = {.events = want, .data.ptr = &in->keeper_src};
		epoll_ctl(in->ep, EPOLL_CTL_MOD, k->fd, &ev);
		in->keeper_events = want;
	}
}

static void keeper_read(struct intake *in)
{
	int n = chan_read(&in->keeper, (size_t)1 << 20);
	struct frame f;
	int m = 0;
	while (n > 0 && (m = chan_next(&in->keeper, &f)) == 1)
		if ((m = on_keeper_frame(in, &f)) < 0)
			break;
	chan_compact(&in->keeper);
	if (n < 0 || m < 0) {
		if (m < 0)
			role_log(in->r, "the keeper says what cannot be understood");
		keeper_gone(in);
	}
}

/* A keeper came, or came back: everything that has no answer goes to it, from the beginning; what is stored already is answered as a repetition. */
static void take_keeper(struct intake *in)
{
	pthread_mutex_lock(&in->r->peer_lock);
	int fd = in->r->peer[ROLE_KEEPER];
	in->r->peer[ROLE_KEEPER] = -1;
	pthread_mutex_unlock(&in->r->peer_lock);
	if (fd < 0)
		return;
	keeper_gone(in);
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &in->keeper_src};
	if (fd_nonblock(fd) < 0 || epoll_ctl(in->ep, EPOLL_CTL_ADD, fd, &ev) < 0) {
		close(fd);
		return;
	}
	chan_init(&in->keeper, fd);
	in->keeper_events = EPOLLIN;
	in->hold = false;
	in->changed = true;
	queue_rewind(&in->queue);
}

/* ---- status ---- */

static void put_listener(const struct intake *in, const struct listener *l, struct jsonw *w)
{
	bool full = in->conn_count >= in->conn_max;
	jsonw_obj(w);
	jsonw_kstr(w, "name", l->is->is.name);
	jsonw_kstr(w, "address", l->is->is.address);
	jsonw_kbool(w, "tls", l->is->is.tls);
	jsonw_kbool(w, "clientCert", l->is->is.client_cert);
	jsonw_kstr(w, "state", in->refusing ? "refusing" : "listening");
	jsonw_kstr(w, "reason", in->refusing && in->read_only ? "read-only: nothing is taken in" : in->refusing ? "disk nearly full" : full ? "as many connections as are allowed" : "");
	jsonw_ku64(w, "connections", l->connections);
	jsonw_ku64(w, "accepted", l->accepted);
	jsonw_ku64(w, "messages", l->messages);
	jsonw_ku64(w, "fragments", l->fragments);
	jsonw_ku64(w, "duplicates", l->duplicates);
	jsonw_ku64(w, "unreadable", l->unreadable);
	jsonw_ku64(w, "odd", l->odd);
	jsonw_ku64(w, "refusedTls", l->refused_tls);
	jsonw_ku64(w, "bytes", l->bytes);
	if (l->last)
		jsonw_ktime(w, "last", l->last);
	jsonw_obj_end(w);
}

static void tell(struct intake *in, int64_t now)
{
	AUTO_BUF struct buf json = {0};
	struct jsonw w;
	if (!in->changed || now - in->told_at < TIME_SEC / 10 || in->keeper.fd < 0 || chan_unsent(&in->keeper))
		return;
	buf_init(&json, FRAME_SMALL);
	jsonw_init(&w, &json);
	jsonw_arr(&w);
	for (size_t i = 0; i < in->r->listener_count; i++)
		put_listener(in, &in->listeners[i], &w);
	jsonw_arr_end(&w);
	jsonw_done(&w);
	if (!buf_ok(&json))
		return;
	size_t at = frame_begin(&in->keeper.out, FRAME_K_LISTENERS, 0);
	buf_add_slice(&in->keeper.out, buf_slice(&json));
	frame_end(&in->keeper.out, at);
	in->changed = false;
	in->told_at = now;
}

/* ---- the loop ---- */

static void listening(struct intake *in, int64_t now)
{
	bool want = in->conn_count < in->conn_max && !in->stopping && now >= in->accept_again;
	for (size_t i = 0; i < in->r->listener_count; i++) {
		struct listener *l = &in->listeners[i];
		if (l->listening == want)
			continue;
		struct epoll_event ev = {.events = want ? EPOLLIN : 0, .data.ptr = &l->src};
		epoll_ctl(in->ep, EPOLL_CTL_MOD, l->is->fd, &ev);
		l->listening = want;
	}
}

static int on_event(struct intake *in, struct source *s, uint32_t events)
{
	switch (s->kind) {
	case SRC_SUPERVISOR: {
		int r = role_take(in->r, NULL, NULL);
		if (r < 0)
			return r;
		in->stopping |= r == 1;
		take_keeper(in);
		break;
	}
	case SRC_KEEPER:
		if (in->keeper.fd >= 0 && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
			keeper_read(in);
		break;
	case SRC_LISTENER:
		conn_accept(in, (struct listener *)(void *)s);
		break;
	case SRC_CONN:
		if (!((struct conn *)(void *)s)->dead)
			conn_event(in, (struct conn *)(void *)s, events);
		break;
	}
	return 0;
}

static int wait_ms(const struct intake *in, int64_t now)
{
	if (in->may_end || in->stopping)
		return 20;
	if (in->hold) {
		int64_t ms = (in->retry_at - now) / (TIME_SEC / 1000) + 1;
		return ms < 0 ? 0 : ms < 1000 ? (int)ms : 1000;
	}
	return in->changed ? 100 : 1000;
}

static int loop(struct intake *in)
{
	int64_t stop_at = 0;
	for (;;) {
		struct epoll_event ev[256];
		int64_t now = time_monotonic();
		int n = epoll_wait(in->ep, ev, ARRAY_LEN(ev), wait_ms(in, now));
		if (n < 0 && errno != EINTR)
			return 3;
		for (int i = 0; i < n; i++)
			if (on_event(in, ev[i].data.ptr, ev[i].events) < 0)
				return 3; /* the supervisor is gone */
		now = time_monotonic();
		conn_timers(in, now);
		conn_resume(in);
		tell(in, now);
		keeper_write(in); /* all that came in this round, in one write */
		for (struct conn *c = in->dirty, *next; c; c = next) {
			next = c->next_dirty;
			c->dirty = false;
			conn_flush(in, c);
		}
		in->dirty = NULL;
		listening(in, now);
		conn_sweep(in);
		if (!in->stopping)
			continue;
		if (!stop_at)
			stop_at = now;
		bool unsent = false;
		for (struct conn *c = in->all; c; c = c->next)
			unsent |= c->out.n > c->out_at;
		if ((in->queue.count == 0 && !unsent) || now - stop_at > STOP_FOR)
			return 0;
	}
}

/* ---- beginning ---- */

static struct intake *the;

/* Before the sandbox: OpenSSL opens its configuration and engines when it is first used, and tables are made. */
int intake_prepare(struct role *r, struct err *e)
{
	struct rlimit nofile = {r->limits.connections + 256, r->limits.connections + 256};
	the = calloc(1, sizeof *the);
	if (!the)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	the->r = r;
	the->conn_max = r->limits.connections;
	the->conns = calloc(the->conn_max, sizeof(struct conn *));
	the->listeners = calloc(r->listener_count ? r->listener_count : 1, sizeof *the->listeners);
	if (!the->conns || !the->listeners)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (setrlimit(RLIMIT_NOFILE, &nofile) < 0 && getrlimit(RLIMIT_NOFILE, &nofile) == 0 && nofile.rlim_cur > 256) {
		nofile.rlim_cur = nofile.rlim_max;
		setrlimit(RLIMIT_NOFILE, &nofile);
		if (nofile.rlim_cur - 256 < the->conn_max)
			the->conn_max = (uint32_t)(nofile.rlim_cur - 256);
	}
	/* settings of the host have no say in who may connect here */
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	int code = 0;
	for (size_t i = 0; code == 0 && i < r->listener_count; i++) {
		struct listener *l = &the->listeners[i];
		l->src.kind = SRC_LISTENER;
		l->is = &r->listeners[i];
		if (!l->is->is.tls)
			continue;
		code = tls_context(l->is, &l->tls, e);
		if (code == 0)
			SSL_CTX_set_app_data(l->tls, l);
		buf_wipe_done(&r->listeners[i].key);
		buf_init_secret(&r->listeners[i].key, 0);
	}
	return code;
}

static int add(struct intake *in, int fd, void *what)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = what};
	return epoll_ctl(in->ep, EPOLL_CTL_ADD, fd, &ev);
}

int intake_main(struct role *r)
{
	struct intake *in = the;
	struct err e = {0};
	in->message_max = (size_t)(r->limits.message_mib ? r->limits.message_mib : 72) << 20;
	in->sup.kind = SRC_SUPERVISOR;
	in->keeper_src.kind = SRC_KEEPER;
	in->keeper.fd = -1;
	in->changed = true;
	queue_init(&in->queue);
	in->ep = epoll_create1(EPOLL_CLOEXEC);
	int bad = in->ep < 0 || add(in, r->sup, &in->sup) < 0;
	for (size_t i = 0; !bad && i < r->listener_count; i++) {
		bad = add(in, r->listeners[i].fd, &in->listeners[i].src) < 0;
		in->listeners[i].listening = true;
	}
	if (bad) {
		err_sys(&e, NULL, "cannot wait for connections");
		return role_fatal(r, &e);
	}
	take_keeper(in);
	if (role_is_ready(r) < 0)
		return 3;
	return loop(in);
}
