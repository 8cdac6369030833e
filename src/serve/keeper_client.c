/* keeper_client: how a thread of the web role asks the keeper. Each client has a channel of its own: it makes a pair and sends one end over web's main channel.
 * Blocking, one question at a time. When the keeper dies the main channel is replaced by the supervisor, and the client makes itself a new pair on that one. */
#include "serve_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE (10 * TIME_SEC)
#define CLOSED_MOST 5  /* a role that dies is gone after the first or the second; more, and it is for what we say */
#define RETRY_PAUSE 20000
#define ANSWER (40 * TIME_SEC) /* longer than the keeper lets anybody wait for the view */

struct keeper_client {
	struct role *r;
	enum role_id to;     /* the keeper, or the vault role */
	struct chan ch;
	uint64_t generation; /* of the main channel that ours came by */
	uint64_t tags;
	bool begun;          /* the ecg role works on our question */
	struct buf q;        /* the question */
	size_t at;
};

int keeper_client_new(struct role *r, struct keeper_client **ret, struct err *e)
{
	return keeper_client_new_to(r, ROLE_KEEPER, ret, e);
}

int keeper_client_new_to(struct role *r, enum role_id to, struct keeper_client **ret, struct err *e)
{
	struct keeper_client *c = calloc(1, sizeof *c);
	if (!c)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	c->r = r;
	c->to = to;
	chan_init(&c->ch, -1);
	buf_init_secret(&c->q, (size_t)FRAME_BODY + FRAME_HEAD + FRAME_SMALL);
	*ret = c;
	return 0;
}

void keeper_client_free(struct keeper_client *c)
{
	if (!c)
		return;
	chan_done(&c->ch);
	buf_wipe_done(&c->q);
	free(c);
}

/* ---- the channel ---- */

static void drop(struct keeper_client *c)
{
	chan_done(&c->ch);
	chan_init(&c->ch, -1);
}

/* Wait for a main channel newer than the one that failed us, at the latest until `until`. */
static int main_channel(struct keeper_client *c, bool newer, int64_t until, struct err *e)
{
	struct role *r = c->r;
	int result = 0;
	pthread_mutex_lock(&r->peer_lock);
	while (r->peer[c->to] < 0 || (newer && r->peer_count[c->to] == c->generation)) {
		struct timespec ts;
		int64_t left = until - time_monotonic();
		if (left <= 0 || r->stopping) {
			result = err_set(e, ERR_BUSY, NULL, "the %s is being started; try again in a moment", role_name(c->to));
			break;
		}
		if (left > TIME_SEC / 4)
			left = TIME_SEC / 4;
		clock_gettime(CLOCK_REALTIME, &ts);
		int64_t t = (int64_t)ts.tv_sec * TIME_SEC + ts.tv_nsec + left;
		ts.tv_sec = t / TIME_SEC;
		ts.tv_nsec = t % TIME_SEC;
		pthread_cond_timedwait(&r->peer_new, &r->peer_lock, &ts);
	}
	int pair[2];
	if (result == 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		result = err_sys(e, NULL, "cannot make a channel to the %s", role_name(c->to));
	if (result == 0) {
		int n = packet_send(r->peer[c->to], FRAME_K_CLIENT, 0, SLICE_NULL, &pair[1], 1, false);
		close(pair[1]);
		c->generation = r->peer_count[c->to];
		if (n < 0) {
			close(pair[0]);
			result = ERR_NO; /* it has just died: its successor comes */
		} else {
			chan_init(&c->ch, pair[0]);
			(void)!fd_nonblock(pair[0]);
		}
	}
	pthread_mutex_unlock(&r->peer_lock);
	return result;
}

/* 0: the frame with our tag is here. ERR_NO: the keeper went away. */
static int exchange(struct keeper_client *c, struct frame *ret, struct err *e)
{
	int64_t until = time_monotonic() + ANSWER;
	size_t sent = 0;
	for (;;) {
		while (sent < c->q.n) {
			ssize_t n = send(c->ch.fd, c->q.p + sent, c->q.n - sent, MSG_NOSIGNAL);
			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
				break;
			if (n < 0)
				return ERR_NO;
			sent += (size_t)n;
		}
		int n = chan_next(&c->ch, ret);
		if (n < 0)
			return err_set(e, ERR_SYSTEM, NULL, "the keeper's answer is broken");
		if (n == 1 && ret->type == FRAME_K_REPLY && ret->tag == c->tags)
			return 0;
		if (n == 1) {
			c->begun = c->begun || (ret->type == FRAME_E_BEGUN && ret->tag == c->tags);
			continue;
		}
		int64_t left = (until - time_monotonic()) / (TIME_SEC / 1000);
		struct pollfd p = {.fd = c->ch.fd, .events = POLLIN | (sent < c->q.n ? POLLOUT : 0)};
		if (left <= 0)
			return err_set(e, ERR_BUSY, NULL, "the %s does not answer", role_name(c->to));
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return err_sys(e, NULL, "cannot wait for the %s", role_name(c->to));
		if (p.revents & (POLLIN | POLLHUP | POLLERR) && (n = chan_read(&c->ch, (size_t)4 << 20)) < 0)
			return n == ERR_NO || n == ERR_SYSTEM ? ERR_NO : err_set(e, n, NULL, "the keeper's answer cannot be taken");
	}
}

/* Asks; when the keeper went away and `again` is set, asks its successor. */
static int ask(struct keeper_client *c, bool again, struct cur *ret, struct err *e)
{
	int64_t until = time_monotonic() + PATIENCE;
	struct frame f;
	unsigned closed = 0;
	frame_end(&c->q, c->at);
	if (!buf_ok(&c->q))
		return err_set(e, buf_code(&c->q), NULL, "the request is too long");
	for (;;) {
		int r = 0;
		chan_compact(&c->ch);
		if (c->ch.fd < 0)
			r = main_channel(c, false, until, e);
		bool asked = r == 0;
		if (r == 0)
			r = exchange(c, &f, e);
		if (r == 0)
			break;
		drop(c);
		if (r != ERR_NO)
			return r;
		if (asked && !again)
			return err_set(e, ERR_BUSY, NULL, "the %s was restarted; try again", role_name(c->to));
		if (asked && ++closed > CLOSED_MOST)
			return err_set(e, ERR_BUSY, NULL, "the %s closes the channel on this request; try again in a moment", role_name(c->to));
		/* Only our channel may be gone, or all of it, and then the one that failed us is what the role holds until the supervisor brings another. */
		usleep(RETRY_PAUSE);
		r = main_channel(c, false, until, e);
		while (r == ERR_NO)
			r = main_channel(c, true, until, e);
		if (r < 0)
			return r;
	}
	struct cur cu = cur_of(f.payload);
	int code = (int)cur_u32le(&cu);
	if (code < 0)
		return frame_get_err(&cu, code, e);
	*ret = cu;
	return cu.failed ? err_set(e, ERR_SYSTEM, NULL, "the keeper's answer is broken") : 0;
}

static void begin(struct keeper_client *c, uint16_t type)
{
	if (c->q.cap > (4u << 20)) {
		size_t max = c->q.max;
		buf_wipe_done(&c->q);
		buf_init_secret(&c->q, max);
	}
	buf_reset(&c->q);
	c->at = frame_begin(&c->q, type, ++c->tags);
}

static void put_who(struct keeper_client *c, const struct keeper_who *w)
{
	const char *secret = w->session ? w->session : w->token ? w->token : "";
	buf_u8(&c->q, w->session ? WHO_SESSION : WHO_TOKEN);
	frame_str_slice(&c->q, slice_of(secret, strnlen(secret, TOKEN_MAX + 1)));
	frame_str(&c->q, w->address ? w->address : "");
}

static int broken(struct err *e)
{
	return err_set(e, ERR_SYSTEM, NULL, "the keeper's answer is broken");
}

static int done(struct keeper_client *c, struct err *e)
{
	struct cur cu;
	int r = ask(c, true, &cu, e);
	return r == 0 && !cur_done(&cu) ? broken(e) : r;
}

static int done_u64(struct keeper_client *c, uint64_t *ret, struct err *e)
{
	struct cur cu;
	int r = ask(c, true, &cu, e);
	if (r < 0)
		return r;
	uint64_t v = cur_u64le(&cu);
	if (!cur_done(&cu))
		return broken(e);
	if (ret)
		*ret = v;
	return 0;
}

static int done_rest(struct keeper_client *c, struct buf *ret, struct err *e)
{
	struct cur cu;
	int r = ask(c, true, &cu, e);
	if (r < 0)
		return r;
	buf_add_slice(ret, cur_take(&cu, cur_left(&cu)));
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the answer is too long");
}

/* ---- sessions ---- */

static int get_session(struct cur *cu, struct keeper_session *ret, struct err *e)
{
	struct keeper_session s = {.user = ""};
	frame_get_text(cu, s.user, sizeof s.user);
	frame_get_text(cu, s.role, sizeof s.role);
	frame_get_text(cu, s.csrf, sizeof s.csrf);
	s.expires = (int64_t)cur_u64le(cu);
	s.may = cur_u32le(cu);
	s.must_change = cur_u8(cu);
	s.is_token = cur_u8(cu);
	frame_get_text(cu, s.person, sizeof s.person);
	s.view.state = cur_u8(cu);
	s.view.done = cur_u64le(cu);
	s.view.total = cur_u64le(cu);
	s.view.left = cur_u32le(cu);
	s.view.read_only = cur_u8(cu);
	if (!cur_done(cu))
		return broken(e);
	*ret = s;
	return 0;
}

/* base64url, as the keeper makes them */
static bool plain_token(const char *s)
{
	return *s && s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")] == 0;
}

int keeper_login(struct keeper_client *c, const char *user, struct slice password, const char *address, char ret_session[SESSION_ID_MAX], struct keeper_session *ret, struct err *e)
{
	struct cur cu;
	struct err why = {0};
	char id[SESSION_ID_MAX];
	begin(c, FRAME_K_LOGIN);
	frame_str(&c->q, user);
	frame_str_slice(&c->q, password);
	frame_str(&c->q, address ? address : "");
	int r = ask(c, false, &cu, &why);
	seal_wipe(c->q.p, c->q.n);
	if (r == ERR_LIMIT) {
		uint64_t seconds;
		ret->retry_after = num_u64(slice_str(why.place), 1, 86400, &seconds) == 0 ? (uint32_t)seconds : 5;
		why.place[0] = 0;
	}
	if (r == 0) {
		frame_get_text(&cu, id, sizeof id);
		r = get_session(&cu, ret, &why);
		if (r == 0 && !plain_token(id)) /* it goes into a header as it is */
			r = broken(&why);
	}
	if (r == 0)
		memcpy(ret_session, id, sizeof id);
	else if (e)
		*e = why;
	seal_wipe(id, sizeof id);
	return r;
}

int keeper_check(struct keeper_client *c, const struct keeper_who *w, struct keeper_session *ret, struct err *e)
{
	struct cur cu;
	begin(c, FRAME_K_CHECK);
	put_who(c, w);
	int r = ask(c, true, &cu, e);
	return r < 0 ? r : get_session(&cu, ret, e);
}

int keeper_logout(struct keeper_client *c, const struct keeper_who *w, struct err *e)
{
	begin(c, FRAME_K_LOGOUT);
	put_who(c, w);
	return done(c, e);
}

int keeper_password(struct keeper_client *c, const struct keeper_who *w, struct slice old, struct slice fresh, struct err *e)
{
	begin(c, FRAME_K_PASSWORD);
	put_who(c, w);
	frame_str_slice(&c->q, old);
	frame_str_slice(&c->q, fresh);
	int r = done(c, e);
	seal_wipe(c->q.p, c->q.n);
	return r;
}

int keeper_break_glass(struct keeper_client *c, const struct keeper_who *w, const char *patient, const char *reason, uint64_t *ret_entry, struct err *e)
{
	begin(c, FRAME_K_BREAK_GLASS);
	put_who(c, w);
	frame_str(&c->q, patient);
	frame_str(&c->q, reason);
	return done_u64(c, ret_entry, e);
}

int keeper_glass(struct keeper_client *c, const struct keeper_who *w, const char *patient, bool *ret_open, struct err *e)
{
	struct cur cu;
	begin(c, FRAME_K_GLASS);
	put_who(c, w);
	frame_str(&c->q, patient);
	int r = ask(c, true, &cu, e);
	if (r < 0)
		return r;
	bool open = cur_u8(&cu);
	if (!cur_done(&cu))
		return broken(e);
	*ret_open = open;
	return 0;
}

/* ---- entries ---- */

int keeper_audit(struct keeper_client *c, const struct keeper_who *w, const struct keeper_audit *a, uint64_t *ret_entry, struct err *e)
{
	begin(c, FRAME_K_AUDIT);
	put_who(c, w);
	frame_str(&c->q, a->what);
	frame_str(&c->q, a->patient_id ? a->patient_id : "");
	frame_str(&c->q, a->query ? a->query : "");
	buf_u64le(&c->q, a->as_of_entry);
	return done_u64(c, ret_entry, e);
}

static int get_stored(struct cur *cu, struct keeper_stored *ret, struct err *e)
{
	struct keeper_stored s = {.seq = cur_u64le(cu)};
	s.time = (int64_t)cur_u64le(cu);
	s.duplicate = cur_u8(cu);
	s.applied = cur_u8(cu);
	if (!cur_done(cu))
		return broken(e);
	*ret = s;
	return 0;
}

static int store(struct keeper_client *c, uint16_t type, const struct keeper_who *w, struct slice body, bool wait, bool again, struct keeper_stored *ret, struct err *e)
{
	struct cur cu;
	begin(c, type);
	put_who(c, w);
	buf_u8(&c->q, wait);
	buf_add_slice(&c->q, body);
	int r = ask(c, again, &cu, e);
	if (r < 0)
		return r;
	return get_stored(&cu, ret, e);
}

int keeper_fhir(struct keeper_client *c, const struct keeper_who *w, struct slice body, bool wait, struct keeper_stored *ret, struct err *e)
{
	return store(c, FRAME_K_FHIR, w, body, wait, true, ret, e);
}

int keeper_identity(struct keeper_client *c, const struct keeper_who *w, struct slice json, bool wait, struct keeper_stored *ret, struct err *e)
{
	/* not asked twice: a merge that was stored, and the same again, would be two */
	return store(c, FRAME_K_IDENTITY, w, json, wait, false, ret, e);
}

int keeper_ecg(struct keeper_client *c, const struct keeper_who *w, struct slice body, bool wait, struct keeper_stored *ret, struct err *e)
{
	return store(c, FRAME_K_ECG, w, body, wait, true, ret, e);
}

int keeper_capture(struct keeper_client *c, const struct keeper_who *w, struct slice body, bool wait, struct keeper_stored *ret, struct err *e)
{
	return store(c, FRAME_K_CAPTURE, w, body, wait, true, ret, e);
}

int keeper_registry_add(struct keeper_client *c, const struct keeper_who *w, struct slice body, struct keeper_stored *ret, struct err *e)
{
	return store(c, FRAME_K_REGISTRY_ADD, w, body, false, true, ret, e);
}

int keeper_scope_say(struct keeper_client *c, const struct keeper_who *w, struct slice body, struct keeper_stored *ret, struct err *e)
{
	return store(c, FRAME_K_SCOPE_SAY, w, body, false, true, ret, e);
}

int keeper_scan(struct keeper_client *c, const struct keeper_who *w, struct slice body, bool wait, struct keeper_stored *ret, struct err *e)
{
	return store(c, FRAME_K_SCAN, w, body, wait, true, ret, e);
}

int keeper_downtime_say(struct keeper_client *c, const struct keeper_who *w, uint8_t kind, struct slice json, bool wait, struct keeper_stored *ret, struct err *e)
{
	struct cur cu;
	begin(c, FRAME_K_DOWNTIME);
	put_who(c, w);
	buf_u8(&c->q, kind);
	buf_u8(&c->q, wait);
	buf_add_slice(&c->q, json);
	int r = ask(c, false, &cu, e); /* not twice: a step that was taken does not fit any more */
	return r < 0 ? r : get_stored(&cu, ret, e);
}

int keeper_ecg_act(struct keeper_client *c, const struct keeper_who *w, struct slice password, struct slice json, bool wait, struct keeper_stored *ret, struct err *e)
{
	struct cur cu;
	begin(c, FRAME_K_ECG_ACT);
	put_who(c, w);
	buf_u8(&c->q, wait);
	frame_str_slice(&c->q, password);
	buf_add_slice(&c->q, json);
	int r = ask(c, false, &cu, e); /* not twice: an addend would stand there twice */
	seal_wipe(c->q.p, c->q.n);
	return r < 0 ? r : get_stored(&cu, ret, e);
}

static int ask_json(struct keeper_client *c, uint16_t type, const struct keeper_who *w, struct slice json, bool again, struct buf *ret, struct err *e)
{
	struct cur cu;
	const struct keeper_who none = {.token = ""}; /* a role's own channel says who it is */
	begin(c, type);
	put_who(c, w ? w : &none);
	buf_add_slice(&c->q, json);
	int r = ask(c, again, &cu, e);
	if (r < 0)
		return r;
	buf_add_slice(ret, cur_take(&cu, cur_left(&cu)));
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the answer is too long");
}

int keeper_registry_next(struct keeper_client *c, const struct keeper_who *w, uint64_t from, uint64_t *ret_next, bool *ret_more, uint64_t *ret_seq, int64_t *ret_time, struct buf *ret, struct err *e)
{
	struct cur cu;
	begin(c, FRAME_K_REGISTRY_NEXT);
	put_who(c, w);
	buf_u64le(&c->q, from);
	int r = ask(c, true, &cu, e);
	if (r < 0)
		return r;
	uint64_t next = cur_u64le(&cu), seq = 0, time = 0;
	bool more = !cu.failed && cur_left(&cu);
	if (more) {
		seq = cur_u64le(&cu);
		time = cur_u64le(&cu);
		buf_add_slice(ret, cur_take(&cu, cur_left(&cu)));
	}
	if (cu.failed || !buf_ok(ret))
		return cu.failed ? err_set(e, ERR_CORRUPT, NULL, "the keeper's answer cannot be read") : err_set(e, buf_code(ret), NULL, "the list is too large");
	*ret_next = next;
	*ret_more = more;
	*ret_seq = seq;
	*ret_time = (int64_t)time;
	return 0;
}

int keeper_scope_ask(struct keeper_client *c, const struct keeper_who *w, struct slice name, struct buf *ret, struct err *e)
{
	return ask_json(c, FRAME_K_SCOPE_ASK, w, name, true, ret, e);
}

int keeper_scope_see(struct keeper_client *c, const struct keeper_who *w, struct slice json, struct buf *ret, struct err *e)
{
	return ask_json(c, FRAME_K_SCOPE_SEE, w, json, true, ret, e);
}

int keeper_notice_sign(struct keeper_client *c, const struct keeper_who *w, struct slice password, struct slice json, struct keeper_stored *ret, struct err *e)
{
	struct cur cu;
	begin(c, FRAME_K_NOTICE_SIGN);
	put_who(c, w);
	frame_str_slice(&c->q, password);
	buf_add_slice(&c->q, json);
	int r = ask(c, false, &cu, e); /* not twice: it would be refused as signed already */
	seal_wipe(c->q.p, c->q.n);
	return r < 0 ? r : get_stored(&cu, ret, e);
}

int keeper_gate_ask(struct keeper_client *c, const struct keeper_who *w, struct slice json, bool again, struct buf *ret, struct err *e)
{
	return ask_json(c, FRAME_K_GATE_WEB, w, json, again, ret, e);
}

int keeper_watch_ask(struct keeper_client *c, const struct keeper_who *w, struct slice json, bool again, struct buf *ret, struct err *e)
{
	return ask_json(c, FRAME_K_WATCH, w, json, again, ret, e);
}

int keeper_packet(struct keeper_client *c, const struct keeper_who *w, struct slice json, struct buf *ret, struct err *e)
{
	return ask_json(c, FRAME_K_PACKET, w, json, false, ret, e);
}

int keeper_station_items(struct keeper_client *c, const struct keeper_who *w, struct slice bundle, struct buf *ret, struct err *e)
{
	return ask_json(c, FRAME_K_STATION_ITEMS, w, bundle, true, ret, e);
}

int keeper_sheets(struct keeper_client *c, const struct keeper_who *w, struct slice json, uint64_t *ret_entry, char ret_block[PAPER_BLOCK_MAX], struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 256);
	int r = ask_json(c, FRAME_K_SHEETS, w, json, false, &b, e);
	if (r < 0)
		return r;
	struct cur cu = cur_of(buf_slice(&b));
	*ret_entry = cur_u64le(&cu);
	frame_get_text(&cu, ret_block, PAPER_BLOCK_MAX);
	return cur_done(&cu) ? 0 : err_set(e, ERR_INPUT, NULL, "the keeper's answer is broken");
}

int keeper_said(struct keeper_client *c, const struct keeper_who *w, const uint64_t *seqs, size_t n, int (*fn)(void *arg, uint64_t seq, int64_t time, uint8_t kind, struct slice body, struct err *e), void *arg, struct err *e)
{
	struct cur cu;
	begin(c, FRAME_K_SAID);
	put_who(c, w);
	for (size_t i = 0; i < n; i++)
		buf_u64le(&c->q, seqs[i]);
	int r = ask(c, true, &cu, e);
	while (r == 0 && cur_left(&cu)) {
		uint64_t seq = cur_u64le(&cu);
		int64_t time = (int64_t)cur_u64le(&cu);
		uint8_t kind = cur_u8(&cu);
		struct slice body = frame_get_blob(&cu);
		r = cu.failed ? broken(e) : fn(arg, seq, time, kind, body, e);
	}
	return r;
}

int keeper_ecg_body(struct keeper_client *c, const struct keeper_who *w, uint64_t seq, const char *what, const char *patient_id, const char *query, struct buf *ret, struct err *e)
{
	struct cur cu;
	begin(c, FRAME_K_ECG_BODY);
	put_who(c, w);
	buf_u64le(&c->q, seq);
	frame_str(&c->q, what);
	frame_str(&c->q, patient_id ? patient_id : "");
	frame_str(&c->q, query ? query : "");
	int r = ask(c, true, &cu, e);
	if (r < 0)
		return r;
	(void)cur_u64le(&cu); /* the audit entry */
	struct slice body = cur_take(&cu, cur_left(&cu));
	if (cu.failed)
		return broken(e);
	buf_add_slice(ret, body);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the recording is too long");
}

int keeper_link(struct keeper_client *c, const struct keeper_who *w, uint64_t ecg, uint32_t hours, const char *to, const char *reason, struct keeper_link *ret, struct err *e)
{
	struct cur cu;
	struct keeper_link l = {.token = ""};
	begin(c, FRAME_K_LINK);
	put_who(c, w);
	buf_u64le(&c->q, ecg);
	buf_u32le(&c->q, hours);
	frame_str(&c->q, to);
	frame_str(&c->q, reason);
	int r = ask(c, false, &cu, e); /* not twice: two links would stand there */
	if (r < 0)
		return r;
	frame_get_text(&cu, l.token, sizeof l.token);
	frame_get_text(&cu, l.id, sizeof l.id);
	l.expires = (int64_t)cur_u64le(&cu);
	l.entry = cur_u64le(&cu);
	if (!cur_done(&cu) || !plain_token(l.token) || !plain_token(l.id))
		return broken(e);
	*ret = l;
	return 0;
}

int keeper_link_revoke(struct keeper_client *c, const struct keeper_who *w, const char *id, const char *reason, uint64_t *ret_entry, struct err *e)
{
	begin(c, FRAME_K_LINK_REVOKE);
	put_who(c, w);
	frame_str(&c->q, id);
	frame_str(&c->q, reason);
	return done_u64(c, ret_entry, e);
}

int keeper_link_open(struct keeper_client *c, const char *token, const char *address, const char *what, struct keeper_link_opened *ret, struct buf *ret_body, struct err *e)
{
	struct cur cu;
	struct keeper_link_opened o = {.ecg = 0};
	begin(c, FRAME_K_LINK_OPEN);
	frame_str_slice(&c->q, slice_of(token, strnlen(token, TOKEN_MAX + 1)));
	frame_str(&c->q, address);
	frame_str(&c->q, what ? what : "");
	int r = ask(c, true, &cu, e);
	if (r < 0)
		return r;
	o.ecg = cur_u64le(&cu);
	o.expires = (int64_t)cur_u64le(&cu);
	frame_get_text(&cu, o.to, sizeof o.to);
	frame_get_text(&cu, o.by, sizeof o.by);
	frame_get_text(&cu, o.id, sizeof o.id);
	struct slice body = cur_take(&cu, cur_left(&cu));
	if (cu.failed || (!what && body.n))
		return broken(e);
	if (what)
		buf_add_slice(ret_body, body);
	*ret = o;
	return what && !buf_ok(ret_body) ? err_set(e, buf_code(ret_body), NULL, "the recording is too long") : 0;
}

int keeper_raw(struct keeper_client *c, const struct keeper_who *w, uint64_t seq, bool document, const char *patient_id, uint8_t *ret_kind, struct buf *ret, struct err *e)
{
	struct cur cu;
	begin(c, FRAME_K_RAW);
	put_who(c, w);
	buf_u64le(&c->q, seq);
	buf_u8(&c->q, document);
	frame_str(&c->q, patient_id ? patient_id : "");
	int r = ask(c, true, &cu, e);
	if (r < 0)
		return r;
	uint8_t kind = cur_u8(&cu);
	(void)cur_u64le(&cu); /* the audit entry */
	struct slice body = cur_take(&cu, cur_left(&cu));
	if (cu.failed)
		return broken(e);
	buf_add_slice(ret, body);
	*ret_kind = kind;
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the entry is too long");
}

int keeper_entry(struct keeper_client *c, uint64_t seq, struct keeper_entry *ret, struct buf *ret_proof, struct err *e)
{
	struct cur cu;
	struct keeper_entry en = {.published = false};
	begin(c, FRAME_K_ENTRY);
	buf_u64le(&c->q, seq);
	int r = ask(c, true, &cu, e);
	if (r < 0)
		return r;
	struct slice leaf = frame_get_blob(&cu);
	en.published = cur_u8(&cu);
	struct slice proof = frame_get_blob(&cu);
	if (!cur_done(&cu) || leaf.n > sizeof en.leaf_bytes)
		return broken(e);
	r = ledger_leaf_decode(leaf, &en.leaf, e);
	if (r < 0)
		return r;
	memcpy(en.leaf_bytes, leaf.p, leaf.n);
	en.leaf_size = leaf.n;
	buf_add_slice(ret_proof, proof);
	*ret = en;
	return buf_ok(ret_proof) ? 0 : err_set(e, buf_code(ret_proof), NULL, "the proof is too long");
}

int keeper_checkpoint(struct keeper_client *c, struct buf *ret, struct err *e)
{
	begin(c, FRAME_K_CHECKPOINT);
	return done_rest(c, ret, e);
}

int keeper_status(struct keeper_client *c, struct buf *ret_json, struct err *e)
{
	begin(c, FRAME_K_STATUS);
	return done_rest(c, ret_json, e);
}

/* ---- users ---- */

int keeper_users(struct keeper_client *c, const struct keeper_who *w, struct buf *ret_json, struct err *e)
{
	begin(c, FRAME_K_USER_LIST);
	put_who(c, w);
	return done_rest(c, ret_json, e);
}

int keeper_user_add(struct keeper_client *c, const struct keeper_who *w, const char *user, const char *role, const char *person, char ret_password[64], struct err *e)
{
	struct cur cu;
	char password[64];
	begin(c, FRAME_K_USER_ADD);
	put_who(c, w);
	frame_str(&c->q, user);
	frame_str(&c->q, role);
	frame_str(&c->q, "");
	frame_str(&c->q, person ? person : "");
	int r = ask(c, false, &cu, e);
	if (r < 0)
		return r;
	frame_get_text(&cu, password, sizeof password);
	if (!cur_done(&cu))
		return broken(e);
	memcpy(ret_password, password, sizeof password);
	seal_wipe(password, sizeof password);
	return 0;
}

int keeper_user_disable(struct keeper_client *c, const struct keeper_who *w, const char *user, const char *reason, struct err *e)
{
	begin(c, FRAME_K_USER_DISABLE);
	put_who(c, w);
	frame_str(&c->q, user);
	frame_str(&c->q, reason);
	return done(c, e);
}

/* ---- for an agent ---- */

int keeper_agent(struct keeper_client *c, const struct keeper_who *w, struct keeper_agent *ret, struct buf *ret_note, struct err *e)
{
	struct cur cu;
	struct keeper_agent a = {.name = ""};
	begin(c, FRAME_K_AGENT);
	put_who(c, w);
	int r = ask(c, true, &cu, e);
	if (r < 0)
		return r;
	frame_get_text(&cu, a.name, sizeof a.name);
	struct slice key = cur_take(&cu, sizeof a.dedupe);
	frame_get_text(&cu, a.files_period, sizeof a.files_period);
	struct slice note = frame_get_blob(&cu);
	if (!cur_done(&cu) || !a.name[0])
		return broken(e);
	memcpy(a.dedupe, key.p, sizeof a.dedupe);
	if (ret_note)
		buf_add_slice(ret_note, note);
	*ret = a;
	seal_wipe(&a, sizeof a);
	return ret_note && !buf_ok(ret_note) ? err_set(e, buf_code(ret_note), NULL, "no memory") : 0;
}

int keeper_agent_number(struct keeper_client *c, const struct keeper_who *w, int class, uint64_t *ret, struct err *e)
{
	begin(c, FRAME_K_AGENT_NUMBER);
	put_who(c, w);
	buf_u8(&c->q, (uint8_t)class);
	return done_u64(c, ret, e);
}

int keeper_agent_pack(struct keeper_client *c, const struct keeper_who *w, const struct control_vault_pack *p, uint64_t *ret_seq, struct err *e)
{
	begin(c, FRAME_K_AGENT_PACK);
	put_who(c, w);
	frame_str(&c->q, p->name);
	buf_u8(&c->q, (uint8_t)p->class);
	frame_str(&c->q, p->period);
	frame_str(&c->q, p->domain);
	buf_u64le(&c->q, p->size);
	buf_u64le(&c->q, p->plain);
	buf_add(&c->q, p->sha256, SEAL_HASH);
	return done_u64(c, ret_seq, e);
}

int keeper_agent_snapshot(struct keeper_client *c, const struct keeper_who *w, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	struct cur cu;
	begin(c, FRAME_K_AGENT_SNAPSHOT);
	put_who(c, w);
	buf_add_slice(&c->q, body);
	int r = ask(c, true, &cu, e);
	if (r < 0)
		return r;
	uint64_t seq = cur_u64le(&cu);
	int64_t time = (int64_t)cur_u64le(&cu);
	if (!cur_done(&cu))
		return broken(e);
	*ret_seq = seq;
	*ret_time = time;
	return 0;
}

int keeper_agent_key(struct keeper_client *c, const struct keeper_who *w, const char *period, char ret_period[SITE_PERIOD_MAX], struct age_identity *ret, struct err *e)
{
	struct cur cu;
	char name[SITE_PERIOD_MAX];
	begin(c, FRAME_K_AGENT_KEY);
	put_who(c, w);
	frame_str(&c->q, period ? period : "");
	int r = ask(c, true, &cu, e);
	if (r < 0)
		return r;
	frame_get_text(&cu, name, sizeof name);
	struct slice pub = cur_take(&cu, sizeof ret->to.pub), secret = cur_take(&cu, sizeof ret->secret);
	if (!cur_done(&cu))
		return broken(e);
	memcpy(ret->to.pub, pub.p, sizeof ret->to.pub);
	memcpy(ret->secret, secret.p, sizeof ret->secret);
	memcpy(ret_period, name, sizeof name);
	return 0;
}

int keeper_vault_entries(struct keeper_client *c, uint64_t from, keeper_entry_fn *fn, void *arg, uint64_t *ret_next, uint64_t *ret_end, struct err *e)
{
	struct cur cu;
	begin(c, FRAME_K_VAULT_ENTRIES);
	buf_u64le(&c->q, from);
	int r = ask(c, true, &cu, e);
	if (r < 0)
		return r;
	uint64_t next = cur_u64le(&cu), end = cur_u64le(&cu);
	while (r == 0 && !cu.failed && cur_left(&cu)) {
		uint64_t seq = cur_u64le(&cu);
		int64_t time = (int64_t)cur_u64le(&cu);
		uint8_t kind = cur_u8(&cu);
		struct slice body = frame_get_blob(&cu);
		if (!cu.failed)
			r = fn(arg, seq, time, kind, body, e);
	}
	if (r == 0 && (!cur_done(&cu) || next < from || next > end))
		r = broken(e);
	if (r == 0) {
		*ret_next = next;
		*ret_end = end;
	}
	return r;
}

/* ---- web asks the vault role ---- */

int vault_ask(struct keeper_client *c, const struct keeper_who *w, const struct vault_question *q, bool *ret_working, struct buf *ret_json, struct err *e)
{
	struct cur cu;
	begin(c, FRAME_V_ASK);
	put_who(c, w);
	buf_u8(&c->q, (uint8_t)q->what);
	buf_u64le(&c->q, q->number);
	buf_u64le(&c->q, q->offset);
	buf_u64le(&c->q, q->size);
	buf_u64le(&c->q, q->plain);
	frame_str(&c->q, q->period ? q->period : "");
	frame_str(&c->q, q->source ? q->source : "");
	frame_blob(&c->q, slice_of(q->sha256, SEAL_HASH));
	buf_add_slice(&c->q, q->body);
	int r = ask(c, true, &cu, e);
	if (r < 0)
		return r;
	*ret_working = cur_u8(&cu);
	buf_add_slice(ret_json, cur_take(&cu, cur_left(&cu)));
	return cu.failed ? broken(e) : buf_ok(ret_json) ? 0 : err_set(e, buf_code(ret_json), NULL, "the answer is too long");
}

/* ---- heads and witnesses ---- */

int keeper_head(struct keeper_client *c, uint32_t seconds, struct err *e)
{
	begin(c, FRAME_K_HEAD);
	buf_u32le(&c->q, seconds);
	return done(c, e);
}

int keeper_cosign(struct keeper_client *c, const struct keeper_who *w, const char *by, struct slice sent, struct err *e)
{
	begin(c, FRAME_K_COSIGN);
	if (w)
		put_who(c, w);
	else
		frame_str(&c->q, by);
	buf_add_slice(&c->q, sent);
	return done(c, e);
}

int keeper_seen(struct keeper_client *c, const char *by, struct slice note, struct err *e)
{
	begin(c, FRAME_K_SEEN);
	frame_str(&c->q, by);
	buf_add_slice(&c->q, note);
	return done(c, e);
}

int keeper_asked(struct keeper_client *c, struct err *e)
{
	begin(c, FRAME_K_ASKED);
	return done(c, e);
}

/* ---- web asks the ecg role ------------------------------------------------------------------------------------------------------- */

int ecg_ask(struct keeper_client *c, enum ecg_asked what, struct slice options, struct slice body, struct slice before, struct buf *ret, bool *ret_died, struct err *e)
{
	struct cur cu;
	int r = ERR_BUSY;
	*ret_died = false;
	for (int i = 0; i < 3 && r == ERR_BUSY; i++) { /* one that died on somebody else's is asked again */
		begin(c, FRAME_E_ASK);
		buf_u8(&c->q, (uint8_t)what);
		frame_blob(&c->q, options);
		frame_blob(&c->q, body);
		frame_blob(&c->q, before);
		c->begun = false;
		r = ask(c, false, &cu, e);
		if (r == ERR_BUSY && c->begun) {
			*ret_died = true;
			return err_set(e, ERR_CORRUPT, NULL, "the program died on this recording, or took too long with it");
		}
	}
	if (r < 0)
		return r;
	buf_add_slice(ret, cur_take(&cu, cur_left(&cu)));
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the answer is too long");
}
