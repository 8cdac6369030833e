/* control: what commands ask of the keeper. Appends are many in flight; everything else is one question and its answer. A keeper that dies meanwhile is no
 * reason to fail: what it had not answered is asked again of its successor, and the same bytes are not stored twice; unless one after the other dies of it. */
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#define WINDOW ((size_t)8 << 20)   /* bytes on their way */
#define PUSH ((size_t)128 << 10)   /* hand to the kernel when this much has come together */
#define DEATHS_MAX 6               /* so many keepers that died over what they were asked, and it is asked no more */

/* ---- moving bytes ---- */

static int push(struct control *c)
{
	int r = queue_write_part(&c->q, c->ch.fd);
	if (r == 1 && chan_unsent(&c->ch))
		r = chan_write(&c->ch);
	if (r == 1 && !c->hold)
		r = queue_write(&c->q, c->ch.fd);
	return r;
}

static int say_refused(const struct control *c, struct err *e)
{
	if (e)
		*e = c->refused;
	return c->refused.code;
}

/* One answer to an append. */
static int appended(struct control *c, struct frame *f, struct err *e)
{
	struct queue_item *it = queue_head(&c->q);
	struct cur cu = cur_of(f->payload);
	struct err why = {0};
	if (!it || f->tag != it->tag || c->q.sent == 0)
		return err_set(e, ERR_SYSTEM, NULL, "the keeper answers what was not asked");
	int code = (int)cur_u32le(&cu);
	if (code == ERR_FULL) { /* a daemon's disk may get room again; a command does not wait for that */
		c->hold = true;
		(void)frame_get_err(&cu, code, &c->refused);
		return say_refused(c, e);
	}
	if (code < 0)
		return frame_get_err(&cu, code, e);
	struct control_appended r = {.seq = cur_u64le(&cu)};
	r.time = (int64_t)cur_u64le(&cu);
	r.duplicate = cur_u8(&cu);
	if (!cur_done(&cu))
		return err_set(e, ERR_SYSTEM, NULL, "the keeper's answer is broken");
	if (r.seq + 1 > c->upto)
		c->upto = r.seq + 1;
	control_result_fn *fn = (control_result_fn *)it->fn;
	void *arg = it->arg;
	uint64_t tag = it->a;
	queue_pop(&c->q);
	int n = fn ? fn(arg, tag, &r, &why) : 0;
	if (n < 0 && e)
		*e = why;
	return n;
}

/* Take what is there. ret (may be NULL): the answer with this tag, if it came: its payload lives until the next call. */
static int take(struct control *c, uint64_t tag, struct frame *ret, bool *ret_got, struct err *e)
{
	struct frame f;
	int n;
	while ((n = chan_next(&c->ch, &f)) == 1) {
		c->deaths = 0;
		if (ret && f.tag == tag && (f.type == FRAME_K_REPLY || f.type == FRAME_K_PROGRESS)) {
			*ret = f;
			*ret_got = true;
			return 0;
		}
		if (f.type == FRAME_K_REPLY && f.tag < REQUEST_TAG) {
			int r = appended(c, &f, e);
			if (r < 0)
				return r;
		} /* an answer to something that was asked of an earlier keeper: nobody waits for it */
	}
	return n < 0 ? err_set(e, ERR_SYSTEM, NULL, "the keeper's answer is broken") : 0;
}

/* Send and receive once. ERR_NO: the keeper is gone. */
static int pump(struct control *c, bool wait, struct err *e)
{
	chan_compact(&c->ch);
	int r = push(c);
	if (r < 0)
		return ERR_NO;
	struct pollfd p = {.fd = c->ch.fd, .events = POLLIN | (r == 0 ? POLLOUT : 0)};
	int n = poll(&p, 1, wait ? 1000 : 0);
	if (n < 0 && errno != EINTR)
		return err_sys(e, NULL, "cannot wait for the keeper");
	if (n > 0 && p.revents & (POLLIN | POLLHUP | POLLERR)) {
		r = chan_read(&c->ch, (size_t)1 << 20);
		if (r < 0)
			return ERR_NO;
	}
	return 0;
}

/* To its successor. It may be what we ask that kills them: then each would die of it, and the command never end. (A daemon's keeper may get well again, and its next question is asked; ours has ended with this command.) */
static int again(struct control *c, struct err *e)
{
	if (c->deaths >= DEATHS_MAX && !c->private)
		c->deaths = 0;
	if (c->deaths < DEATHS_MAX && ++c->deaths == DEATHS_MAX)
		c->gone = true;
	if (c->deaths == DEATHS_MAX)
		return err_set(e, ERR_SYSTEM, c->site.path, "the keeper died %d times in a row over what it was asked, and it is asked no more: of what it did not answer nothing may be recorded; `holdfast ledger verify` says whether the ledger is whole", DEATHS_MAX);
	int r = control_again(c, e);
	c->gone = r < 0;
	return r;
}

/* Until at most `left` bytes of appends are without an answer. */
static int drain(struct control *c, size_t left, struct err *e)
{
	while (c->q.bytes > left) {
		if (c->hold)
			return say_refused(c, e);
		int r = pump(c, true, e);
		if (r == ERR_NO)
			r = again(c, e);
		if (r == 0)
			r = take(c, 0, NULL, NULL, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- appending ---- */

int control_append(struct control *c, const struct control_append *a, uint64_t tag, control_result_fn *fn, void *arg, struct err *e)
{
	struct queue_entry en = {.kind = a->kind, .flags = a->flags, .options = (uint8_t)(APPEND_FOLLOW | (a->dedupe ? APPEND_DEDUPE : 0)), .listener = UINT16_MAX, .key = a->control_key, .body = a->body, .a = tag,
	                         .fn = (void (*)(void))fn, .arg = arg};
	if (c->gone)
		return err_set(e, ERR_SYSTEM, NULL, "the keeper is gone");
	if (c->hold)
		return say_refused(c, e);
	int r = queue_add(&c->q, &en, e);
	if (r < 0)
		return r;
	if ((en.b = c->q.bytes) > WINDOW)
		return drain(c, WINDOW / 2, e);
	/* in strides: a system call for each message would cost more than the message */
	size_t unsent = c->q.count - c->q.sent;
	if (unsent < 64 && a->body.n * unsent < PUSH)
		return 0;
	r = pump(c, false, e);
	if (r == ERR_NO)
		r = again(c, e);
	return r < 0 ? r : take(c, 0, NULL, NULL, e);
}

/* ---- questions ---- */

/* Asks and waits for the answer; c->ch.out holds the question, whose tag is c->tags. ret: what follows code 0. */
static int answer(struct control *c, const struct buf *question, struct cur *ret, void (*progress)(void *arg, uint64_t done, uint64_t total), void *arg, struct err *e)
{
	int r = c->hold ? 0 : drain(c, 0, e);
	buf_add_slice(&c->ch.out, buf_slice(question));
	for (bool buffered = false; r == 0;) { /* a word of progress and the answer behind it may come in one piece */
		struct frame f;
		bool got = false;
		r = buffered ? 0 : pump(c, true, e);
		if (r == ERR_NO) {
			r = again(c, e);
			buf_add_slice(&c->ch.out, buf_slice(question));
			continue;
		}
		if (r == 0)
			r = take(c, c->tags, &f, &got, e);
		buffered = got;
		if (r < 0 || !got)
			continue;
		struct cur cu = cur_of(f.payload);
		if (f.type == FRAME_K_PROGRESS) {
			uint64_t done = cur_u64le(&cu), total = cur_u64le(&cu);
			if (progress)
				progress(arg, done, total);
			continue;
		}
		int code = (int)cur_u32le(&cu);
		if (code < 0)
			return frame_get_err(&cu, code, e);
		if (cu.failed)
			return err_set(e, ERR_SYSTEM, NULL, "the keeper's answer is broken");
		*ret = cu;
		return 0;
	}
	return r;
}

struct question {
	struct buf b;
	size_t at;
};

static void ask_long(struct control *c, struct question *q, uint16_t type, size_t most)
{
	buf_init_secret(&q->b, FRAME_HEAD + most);
	q->at = frame_begin(&q->b, type, ++c->tags);
}

static void ask(struct control *c, struct question *q, uint16_t type)
{
	ask_long(c, q, type, FRAME_SMALL);
}

static void ask_as_us(struct control *c, struct question *q, uint16_t type)
{
	ask(c, q, type);
	buf_u8(&q->b, 0); /* who: the kernel says */
	frame_str(&q->b, "");
	frame_str(&q->b, "");
}

static int finish(struct control *c, struct question *q, struct cur *ret, struct err *e)
{
	frame_end(&q->b, q->at);
	int r = buf_ok(&q->b) ? answer(c, &q->b, ret, NULL, NULL, e) : err_set(e, ERR_LIMIT, NULL, "the request is too long");
	buf_wipe_done(&q->b);
	return r;
}

static int finish_rest(struct control *c, struct question *q, struct buf *ret, struct err *e)
{
	struct cur cu;
	int r = finish(c, q, &cu, e);
	if (r == 0)
		buf_add_slice(ret, cur_take(&cu, cur_left(&cu)));
	return r == 0 && !buf_ok(ret) ? err_set(e, buf_code(ret), NULL, "the answer is too long") : r;
}

static int finish_text(struct control *c, struct question *q, char *out, size_t size, struct err *e)
{
	struct cur cu;
	int r = finish(c, q, &cu, e);
	if (r < 0)
		return r;
	frame_get_text(&cu, out, size);
	return cur_done(&cu) ? 0 : err_set(e, ERR_SYSTEM, NULL, "the keeper's answer is broken");
}

/* An answer that is n numbers and nothing behind them. */
static int finish_numbers(struct control *c, struct question *q, uint64_t *ret, size_t n, struct err *e)
{
	struct cur cu;
	uint64_t got[4];
	assert(n <= ARRAY_LEN(got));
	int r = finish(c, q, &cu, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		got[i] = cur_u64le(&cu);
	if (!cur_done(&cu))
		return err_set(e, ERR_SYSTEM, NULL, "the keeper's answer is broken");
	memcpy(ret, got, n * sizeof *got);
	return 0;
}

/* A body that becomes an entry as it stands: which one, and when. */
static int enter_body(struct control *c, uint16_t type, size_t most, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	struct question q;
	uint64_t got[2];
	buf_init(&q.b, FRAME_HEAD + most);
	q.at = frame_begin(&q.b, type, ++c->tags);
	buf_add_slice(&q.b, body);
	int r = finish_numbers(c, &q, got, ARRAY_LEN(got), e);
	if (r < 0)
		return r;
	*ret_seq = got[0];
	*ret_time = (int64_t)got[1];
	return 0;
}

static int wait_for(struct control *c, uint8_t what, struct err *e)
{
	struct question q;
	struct cur cu;
	int r = c->hold ? 0 : drain(c, 0, e); /* of what was refused the caller has heard */
	if (r < 0)
		return r;
	ask(c, &q, FRAME_K_WAIT);
	buf_u64le(&q.b, c->upto);
	buf_u8(&q.b, what);
	return finish(c, &q, &cu, e);
}

int control_flush(struct control *c, struct err *e)
{
	return wait_for(c, WAIT_APPLIED | WAIT_PUBLISHED, e);
}

int control_flush_bare(struct control *c, struct err *e)
{
	return wait_for(c, WAIT_PUBLISHED, e);
}

/* The user's name as this system knows it, and who became root by sudo. */
static void our_name(char out[64])
{
	const struct passwd *p = getpwuid(geteuid());
	const char *sudo = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
	snprintf(out, 64, "%.30s%s%.30s", p ? p->pw_name : "user", sudo && *sudo ? "/sudo:" : "", sudo ? sudo : "");
}

int control_view(struct control *c, const struct control_view *v, uint64_t *ret_entry, struct err *e)
{
	struct question q;
	char name[64];
	our_name(name);
	ask(c, &q, FRAME_K_AUDIT);
	buf_u8(&q.b, 0);
	frame_str(&q.b, "");
	frame_str(&q.b, name);
	frame_str(&q.b, v->what);
	frame_str(&q.b, v->patient_id ? v->patient_id : "");
	frame_str(&q.b, v->query ? v->query : "");
	buf_u64le(&q.b, v->as_of_entry);
	return finish_numbers(c, &q, ret_entry, 1, e);
}

int control_sends(struct control *c, struct err *e)
{
	struct question q;
	struct cur cu;
	ask(c, &q, FRAME_K_SENDING);
	return finish(c, &q, &cu, e);
}

int control_catch_up(struct control *c, struct err *e)
{
	struct question q;
	struct cur cu;
	ask(c, &q, FRAME_K_CATCH_UP);
	return finish(c, &q, &cu, e);
}

int control_rebuild(struct control *c, uint64_t to, void (*progress)(void *arg, uint64_t done, uint64_t total), void *arg, struct err *e)
{
	struct question q;
	struct cur cu;
	ask(c, &q, FRAME_K_REBUILD);
	buf_u64le(&q.b, to);
	frame_end(&q.b, q.at);
	int r = answer(c, &q.b, &cu, progress, arg, e);
	buf_done(&q.b);
	return r;
}

int control_view_copy(struct control *c, struct control_copied *ret, struct err *e)
{
	struct question q;
	uint64_t got[4];
	ask(c, &q, FRAME_K_VIEW_COPY);
	int r = finish_numbers(c, &q, got, ARRAY_LEN(got), e);
	if (r == 0)
		*ret = (struct control_copied){.entries = got[0], .record = got[1], .plain = got[2], .size = got[3]};
	return r;
}

int control_self_test(struct control *c, struct buf *ret_json, struct err *e)
{
	struct question q;
	ask(c, &q, FRAME_K_SELFTEST);
	return finish_rest(c, &q, ret_json, e);
}

int control_status_keeper(struct control *c, struct buf *ret_json, struct err *e)
{
	struct question q;
	ask(c, &q, FRAME_K_STATUS);
	return finish_rest(c, &q, ret_json, e);
}

/* ---- users and tokens ---- */

int control_user_add(struct control *c, const char *user, const char *role, const char *password, char ret_password[64], struct err *e)
{
	struct question q;
	ask_as_us(c, &q, FRAME_K_USER_ADD);
	frame_str(&q.b, user);
	frame_str(&q.b, role);
	frame_str(&q.b, password ? password : "");
	frame_str(&q.b, "");
	return finish_text(c, &q, ret_password, 64, e);
}

int control_patient_add(struct control *c, const char *user, const char *person, char ret_password[64], struct err *e)
{
	struct question q;
	ask_as_us(c, &q, FRAME_K_USER_ADD);
	frame_str(&q.b, user);
	frame_str(&q.b, PATIENT_ROLE);
	frame_str(&q.b, "");
	frame_str(&q.b, person);
	return finish_text(c, &q, ret_password, 64, e);
}

int control_user_disable(struct control *c, const char *user, const char *reason, struct err *e)
{
	struct question q;
	struct cur cu;
	ask_as_us(c, &q, FRAME_K_USER_DISABLE);
	frame_str(&q.b, user);
	frame_str(&q.b, reason);
	return finish(c, &q, &cu, e);
}

int control_user_list(struct control *c, struct buf *ret_json, struct err *e)
{
	struct question q;
	ask_as_us(c, &q, FRAME_K_USER_LIST);
	return finish_rest(c, &q, ret_json, e);
}

int control_token_create(struct control *c, const char *role, const char *user, const char *label, char ret_token[128], struct err *e)
{
	struct question q;
	ask_as_us(c, &q, FRAME_K_TOKEN_CREATE);
	frame_str(&q.b, role ? role : "");
	frame_str(&q.b, user ? user : "");
	frame_str(&q.b, label ? label : "");
	return finish_text(c, &q, ret_token, 128, e);
}

int control_token_revoke(struct control *c, const char *token_id, struct err *e)
{
	struct question q;
	struct cur cu;
	ask_as_us(c, &q, FRAME_K_TOKEN_REVOKE);
	frame_str(&q.b, token_id);
	return finish(c, &q, &cu, e);
}

/* ---- partner links ---- */

int control_gate(struct control *c, const char *token, struct slice json, struct buf *ret, struct err *e)
{
	struct question q;
	ask_long(c, &q, FRAME_K_GATE, FRAME_VAULT);
	frame_str(&q.b, token ? token : "");
	buf_add_slice(&q.b, json);
	return finish_rest(c, &q, ret, e);
}

int control_notice_sign(struct control *c, const char *token, struct slice json, uint64_t *ret_entry, struct err *e)
{
	struct question q;
	ask_long(c, &q, FRAME_K_NOTICE, FRAME_VAULT);
	frame_str(&q.b, token ? token : "");
	buf_add_slice(&q.b, json);
	return finish_numbers(c, &q, ret_entry, 1, e);
}

/* ---- a file server's sensor ---- */

int control_watch(struct control *c, struct slice json, struct buf *ret, struct err *e)
{
	struct question q;
	ask_long(c, &q, FRAME_K_WATCH, FRAME_VAULT);
	buf_u8(&q.b, 0); /* who: the kernel says */
	frame_str(&q.b, "");
	frame_str(&q.b, "");
	buf_add_slice(&q.b, json);
	return finish_rest(c, &q, ret, e);
}

/* ---- ward packets ---- */

int control_packet(struct control *c, struct slice json, struct buf *ret_note, struct err *e)
{
	struct question q;
	char name[64];
	our_name(name);
	ask(c, &q, FRAME_K_PACKET);
	buf_u8(&q.b, 0); /* who: the kernel says */
	frame_str(&q.b, "");
	frame_str(&q.b, name);
	buf_add_slice(&q.b, json);
	return finish_rest(c, &q, ret_note, e);
}

/* ---- stations ---- */

static int ask_station(struct control *c, uint16_t type, struct slice what, size_t most, struct buf *ret, struct err *e)
{
	struct question q;
	char name[64];
	our_name(name);
	ask_long(c, &q, type, most);
	buf_u8(&q.b, 0); /* who: the kernel says */
	frame_str(&q.b, "");
	frame_str(&q.b, name);
	buf_add_slice(&q.b, what);
	return finish_rest(c, &q, ret, e);
}

int control_station(struct control *c, struct slice json, struct buf *ret, struct err *e)
{
	return ask_station(c, FRAME_K_STATION, json, FRAME_SMALL, ret, e);
}

int control_station_items(struct control *c, struct slice bundle, struct buf *ret, struct err *e)
{
	return ask_station(c, FRAME_K_STATION_ITEMS, bundle, FRAME_BODY, ret, e);
}

/* ---- keys ---- */

int control_key_rotate(struct control *c, bool files, const char *reason, struct control_rotated *ret, struct err *e)
{
	struct question q;
	struct cur cu;
	struct control_rotated x = {0};
	char name[64];
	our_name(name);
	ask(c, &q, FRAME_K_KEY_ROTATE);
	buf_u8(&q.b, files);
	frame_str(&q.b, name);
	frame_str(&q.b, reason);
	int r = finish(c, &q, &cu, e);
	if (r < 0)
		return r;
	x.seq = cur_u64le(&cu);
	x.time = (int64_t)cur_u64le(&cu);
	struct slice pub = cur_take(&cu, sizeof x.care.pub);
	x.period_n = cur_u8(&cu);
	if (x.period_n > ARRAY_LEN(x.period))
		return err_set(e, ERR_SYSTEM, NULL, "the keeper's answer is broken");
	for (size_t i = 0; i < x.period_n; i++)
		frame_get_text(&cu, x.period[i], sizeof x.period[i]);
	if (!cur_done(&cu))
		return err_set(e, ERR_SYSTEM, NULL, "the keeper's answer is broken");
	memcpy(x.care.pub, pub.p, sizeof x.care.pub);
	*ret = x;
	return 0;
}

void control_who(char out[64])
{
	our_name(out);
}

int control_retention(struct control *c, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	return enter_body(c, FRAME_K_RETENTION, FRAME_VAULT, body, ret_seq, ret_time, e);
}

int control_kept(struct control *c, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	return enter_body(c, FRAME_K_KEPT, FRAME_BODY, body, ret_seq, ret_time, e);
}

/* ---- the vault ---- */

int control_vault_key(struct control *c, int class, char ret_period[SITE_PERIOD_MAX], struct age_recipient *ret, struct err *e)
{
	struct question q;
	struct cur cu;
	ask(c, &q, FRAME_K_VAULT_KEY);
	buf_u8(&q.b, (uint8_t)class);
	int r = finish(c, &q, &cu, e);
	if (r < 0)
		return r;
	frame_get_text(&cu, ret_period, SITE_PERIOD_MAX);
	struct slice pub = cur_take(&cu, sizeof ret->pub);
	if (!cur_done(&cu))
		return err_set(e, ERR_SYSTEM, NULL, "the keeper's answer is broken");
	memcpy(ret->pub, pub.p, sizeof ret->pub);
	return 0;
}

int control_vault_number(struct control *c, int class, uint64_t *ret, struct err *e)
{
	struct question q;
	ask(c, &q, FRAME_K_VAULT_NUMBER);
	buf_u8(&q.b, (uint8_t)class);
	return finish_numbers(c, &q, ret, 1, e);
}

int control_vault_pack(struct control *c, const struct control_vault_pack *p, uint64_t *ret_seq, struct err *e)
{
	struct question q;
	ask(c, &q, FRAME_K_VAULT_PACK);
	frame_str(&q.b, p->name);
	buf_u8(&q.b, (uint8_t)p->class);
	frame_str(&q.b, p->period);
	frame_str(&q.b, p->domain);
	buf_u64le(&q.b, p->size);
	buf_u64le(&q.b, p->plain);
	buf_add(&q.b, p->sha256, SEAL_HASH);
	return finish_numbers(c, &q, ret_seq, 1, e);
}

int control_vault_snapshot(struct control *c, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	return enter_body(c, FRAME_K_VAULT_SNAPSHOT, FRAME_VAULT, body, ret_seq, ret_time, e);
}
