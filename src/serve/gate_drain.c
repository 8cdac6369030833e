/* gate_drain: what was taken while a link was closed goes to the far side, one message after the other, in the order in which it came.
 *
 *   the keeper is asked for the next one -> sent -> the far side's acknowledgement of it -> the keeper makes that an entry -> only then the next
 *
 * What asks for no answer (MSH-15 and 16 NE, an acknowledgement, the lines of a batch) has been sent when TCP has brought all of it to the far side, and no refusal came with that. Of a batch in one frame all answers are awaited.
 *
 * What the far side does not take stays the first of the queue, and what came after it stays behind it: AE and CE (and silence) are offered again with pauses that grow, AR and CR wait for a person, who has it offered again or
 * skips it (gate queue --retry, --skip). The keeper hears of each refusal and raises the alarm; that somebody skipped it is an entry of the keeper's, and nothing else ever lets an unacknowledged message go.
 *
 * So whoever is killed whenever, at most one message is sent again: the one whose acknowledgement nobody had recorded, with the same bytes and control id. While something waits, what comes in new queues behind it. */
#include "gate_role.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define PAUSE TIME_SEC          /* the far side is not there */
#define SHORT (TIME_SEC / 50)
#define ERRORS_WITHIN TIME_SEC  /* of what is answered only when it is refused */

void drain_stop(struct relay *r, struct glink *g)
{
	side_close(r, &g->d.far, true);
	if (g->d.phase != DRAIN_TELL && g->d.phase != DRAIN_TOLD) /* an answer that was heard is recorded all the same */
		g->d.phase = DRAIN_IDLE;
	g->d.due = 0;
	g->live = false;
}

void drain_keeper_lost(struct glink *g)
{
	if (g->d.phase == DRAIN_ASKED)
		g->d.phase = DRAIN_IDLE;
	if (g->d.phase == DRAIN_TOLD)
		g->d.phase = DRAIN_TELL;
	if (g->d.phase == DRAIN_PERSON)
		g->d.unsaid = true;
}

static bool may_send(const struct glink *g)
{
	return g->st.state >= GATE_TEST;
}

static void again(struct relay *r, struct glink *g, int64_t after)
{
	side_close(r, &g->d.far, true);
	if (g->d.phase == DRAIN_SENT)
		g->d.phase = DRAIN_READY;
	int64_t due = relay_now() + after;
	if (due > g->d.due) /* who closes after a refusal does not shorten its pause */
		g->d.due = due;
}

static void say_refused(struct relay *r, struct glink *g)
{
	g->d.unsaid = r->keeper.fd < 0;
	if (g->d.unsaid)
		return;
	size_t at = frame_begin(&r->keeper.out, FRAME_G_REFUSED, 0);
	frame_str(&r->keeper.out, g->l.name);
	buf_u64le(&r->keeper.out, g->d.seq);
	frame_str(&r->keeper.out, g->d.code);
	frame_end(&r->keeper.out, at);
}

/* It was not taken: it stays the first. code: empty where no answer came at all. */
static void not_taken(struct relay *r, struct glink *g, struct slice code)
{
	struct drain *d = &g->d;
	snprintf(d->code, sizeof d->code, "%.*s", (int)(code.n < 7 ? code.n : 7), (const char *)code.p);
	d->phase = gate_verdict_of(code) == GATE_PERSON ? DRAIN_PERSON : DRAIN_READY;
	d->due = relay_now() + gate_pause(++d->tries);
	if (code.n)
		g->refused++;
	say_refused(r, g);
}

static void ask(struct relay *r, struct glink *g)
{
	g->d.tag = ++r->tags;
	g->d.phase = DRAIN_ASKED;
	size_t at = frame_begin(&r->keeper.out, FRAME_G_NEXT, g->d.tag);
	frame_str(&r->keeper.out, g->l.name);
	frame_end(&r->keeper.out, at);
}

static void tell(struct relay *r, struct glink *g)
{
	g->d.tag = ++r->tags;
	g->d.phase = DRAIN_TOLD;
	size_t at = frame_begin(&r->keeper.out, FRAME_G_SENT, g->d.tag);
	frame_str(&r->keeper.out, g->l.name);
	buf_u64le(&r->keeper.out, g->d.seq);
	frame_str(&r->keeper.out, g->d.code);
	frame_end(&r->keeper.out, at);
}

static void send_it(struct relay *r, struct glink *g)
{
	struct side *s = &g->d.far;
	if (s->fd < 0 && side_connect(r, s, g) < 0) {
		again(r, g, PAUSE);
		return;
	}
	g->d.sent_at = relay_now();
	g->d.phase = DRAIN_SENT;
	if (side_send(r, s, buf_slice(&g->d.frame)) < 0) {
		again(r, g, PAUSE);
		return;
	}
	relay_watch(r, s, side_wants(s, true));
}

static struct slice content(const struct drain *d)
{
	return slice_of(d->frame.p + 1, d->frame.n - 3);
}

/* It is the far side's: what it was told is recorded, and then the next one has its turn. */
static void taken(struct relay *r, struct glink *g, struct slice code)
{
	struct drain *d = &g->d;
	struct gate_message sent;
	snprintf(d->code, sizeof d->code, "%.*s", (int)(code.n < 7 ? code.n : 7), (const char *)code.p);
	d->unsaid = false;
	gate_message_read(buf_slice(&d->frame), &sent);
	g->bytes += d->frame.n;
	count_message(g, &sent, relay_wall(r));
	d->phase = DRAIN_TELL;
}

/* Has the far side's TCP all that was sent? */
static bool arrived(const struct side *s)
{
	struct tcp_info info = {0};
	socklen_t n = sizeof info;
	return s->fd >= 0 && !s->connecting && !s->shaking && s->out.n == 0 && getsockopt(s->fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0 && n >= offsetof(struct tcp_info, tcpi_min_rtt) && !info.tcpi_unacked && !info.tcpi_notsent_bytes;
}

/* ended: the far side says nothing more on this connection. */
static bool needs_no_answer(const struct drain *d, int64_t now, bool ended)
{
	int64_t wait = ended ? 0 : d->owed == GATE_OWED_ERRORS ? ERRORS_WITHIN : SHORT;
	return d->phase == DRAIN_SENT && d->owed != GATE_OWED_ANSWER && now - d->sent_at >= wait && arrived(&d->far);
}

void drain_go(struct relay *r, struct glink *g, int64_t now)
{
	struct drain *d = &g->d;
	bool keeper = r->keeper.fd >= 0;
	if (!relay_holds(g))
		return;
	if (needs_no_answer(d, now, false))
		taken(r, g, SLICE("NE"));
	if (d->phase == DRAIN_TELL && keeper)
		tell(r, g);
	if (d->phase == DRAIN_SENT && now - d->sent_at > GATE_ANSWER_SECONDS * TIME_SEC) {
		side_close(r, &d->far, true); /* whatever it says later is of another connection */
		not_taken(r, g, SLICE_NULL);
	}
	if (d->unsaid && keeper)
		say_refused(r, g);
	if (!may_send(g) || now < d->due)
		return;
	if (d->phase == DRAIN_READY)
		send_it(r, g);
	else if (d->phase == DRAIN_IDLE && keeper && !g->live)
		ask(r, g);
}

/* ---- what the far side says ---- */

static void answered(struct relay *r, struct glink *g, const struct gate_message *m)
{
	struct drain *d = &g->d;
	bool yes = gate_verdict_of(m->answer_code) == GATE_TAKEN, it = slice_eq(m->answer_to, d->id);
	if (d->phase != DRAIN_SENT)
		return; /* of a life before */
	if (yes && it)
		taken(r, g, m->answer_code);
	else if (!yes && (it || gate_answers(content(d), m) == GATE_ANSWERS_PART)) /* else of another one: an application acknowledgement that follows */
		not_taken(r, g, m->answer_code.n ? m->answer_code : SLICE("?"));
}

void drain_event(struct relay *r, struct glink *g, uint32_t events)
{
	struct side *s = &g->d.far;
	int n = 0;
	if (s->fd < 0)
		return;
	if (s->connecting && events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
		int why = 0;
		socklen_t size = sizeof why;
		n = getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &why, &size) < 0 || why ? ERR_NO : 0;
		s->connecting = false;
	}
	if (n == 0 && s->shaking && !s->connecting) {
		n = relay_tls_shake(g, s);
		n = n < 0 ? n : 0;
	}
	if (n == 0 && (s->out.n || events & EPOLLOUT))
		n = side_flush(r, s);
	if (s->read_wants_write)
		events |= EPOLLIN;
	if (n == 0 && events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		n = side_read(s);
		size_t at = 0, used;
		struct slice frame;
		int got = 0;
		while (n > 0 && (got = gate_frame_next(&s->frames, slice_of(s->in.p + at, s->in.n - at), &frame, &used)) > 0) {
			struct gate_message m;
			gate_message_read(frame, &m);
			g->bytes += frame.n;
			if (m.answer)
				answered(r, g, &m);
			at += used;
		}
		if (n > 0 && got < 0)
			n = got; /* it sends what is no acknowledgement and has no end: on a new connection it may do better */
		buf_drop(&s->in, at);
	}
	if (n == ERR_NO && needs_no_answer(&g->d, relay_now(), true))
		taken(r, g, SLICE("NE"));
	if (n < 0)
		again(r, g, g->d.phase == DRAIN_SENT ? PAUSE : 0);
	else
		relay_watch(r, s, side_wants(s, true));
	drain_go(r, g, relay_now());
}

/* ---- what the keeper says ---- */

static void nothing_waits(struct relay *r, struct glink *g, struct cur *c)
{
	g->recent_n = 0;
	while (cur_left(c) >= GATE_KEY && g->recent_n < RECENT_MAX && g->recent)
		memcpy(g->recent[g->recent_n++], cur_take(c, GATE_KEY).p, GATE_KEY);
	g->d.phase = DRAIN_IDLE;
	if (g->holds) { /* one is on its way to the ledger: it comes first */
		g->d.due = relay_now() + SHORT;
		return;
	}
	side_close(r, &g->d.far, false);
	g->live = true;
}

void drain_reply(struct relay *r, struct glink *g, int code, struct cur *c)
{
	struct drain *d = &g->d;
	if (d->phase == DRAIN_TOLD) {
		d->phase = code < 0 ? DRAIN_TELL : DRAIN_IDLE;
		d->due = relay_now() + (code < 0 ? PAUSE : g->l.rate ? TIME_SEC / g->l.rate : 0);
		drain_go(r, g, relay_now());
		return;
	}
	if (d->phase != DRAIN_ASKED)
		return;
	uint64_t seq = code < 0 ? 0 : cur_u64le(c);
	if (code < 0 || c->failed || !may_send(g)) {
		d->phase = DRAIN_IDLE;
		d->due = relay_now() + (code < 0 ? PAUSE : 0);
		return;
	}
	if (seq == UINT64_MAX) {
		nothing_waits(r, g, c);
		return;
	}
	struct slice bytes = cur_take(c, cur_left(c));
	buf_reset(&d->frame);
	buf_u8(&d->frame, 0x0b);
	buf_add_slice(&d->frame, bytes);
	buf_u8(&d->frame, 0x1c);
	buf_u8(&d->frame, 0x0d);
	d->seq = seq;
	d->tries = 0;
	d->unsaid = false;
	d->owed = gate_owed(content(d));
	d->id = gate_answer_id(content(d));
	d->phase = DRAIN_READY;
	drain_go(r, g, relay_now());
}

/* Offered again at once, or (the keeper has made that an entry) given up: the next one has its turn. One that is on its way at that moment may arrive all the same. */
void drain_turn(struct relay *r, struct glink *g, uint64_t seq, bool skip)
{
	struct drain *d = &g->d;
	bool mine = (d->phase == DRAIN_PERSON || d->phase == DRAIN_READY || d->phase == DRAIN_SENT) && d->seq == seq;
	if (!mine)
		return;
	if (skip) {
		side_close(r, &d->far, true);
		d->phase = DRAIN_IDLE;
		d->unsaid = false;
	} else if (d->phase != DRAIN_SENT) {
		d->phase = DRAIN_READY;
		d->tries = 0;
	}
	d->due = 0;
	drain_go(r, g, relay_now());
}
