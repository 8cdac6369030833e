/* keeper_gate_queue: what waits for a link: taken before it is acknowledged, handed to the relay one after the other, and out of the queue when the far side has taken it or a person has given it up. */
#include "keeper_gate.h"

#include <stdio.h>
#include <stdlib.h>

static size_t held_at(const struct klink *x, uint64_t seq)
{
	size_t lo = 0, hi = x->held_n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (x->held[mid].seq < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool kg_held_add(struct keeper *k, struct klink *x, const struct held *h)
{
	size_t at = held_at(x, h->seq);
	if (at < x->held_n && x->held[at].seq == h->seq)
		return true;
	if (x->held_n == x->held_cap) {
		size_t cap = x->held_cap ? 2 * x->held_cap : 64;
		struct held *p = reallocarray(x->held, cap, sizeof *p);
		if (!p)
			return false;
		x->held = p;
		x->held_cap = cap;
	}
	memmove(x->held + at + 1, x->held + at, (x->held_n - at) * sizeof *x->held);
	x->held[at] = *h;
	x->held_n++;
	k->gate->held++;
	return true;
}

bool kg_held_drop(struct keeper *k, struct klink *x, uint64_t seq)
{
	size_t at = held_at(x, seq);
	if (at == x->held_n || x->held[at].seq != seq)
		return false;
	memmove(x->held + at, x->held + at + 1, (x->held_n - at - 1) * sizeof *x->held);
	x->held_n--;
	k->gate->held--;
	return true;
}

void kg_skipped_add(struct klink *x, uint64_t seq)
{
	if (!x->skipped)
		x->skipped = calloc(SKIPPED_MAX, sizeof *x->skipped);
	if (x->skipped && (!x->skipped_n || x->skipped[(x->skipped_n - 1) % SKIPPED_MAX] < seq)) /* after a start some are read twice */
		x->skipped[x->skipped_n++ % SKIPPED_MAX] = seq;
}

uint64_t kg_skipped_first(const struct klink *x)
{
	return x->skipped_n > SKIPPED_MAX ? x->skipped_n - SKIPPED_MAX : 0;
}

static bool key_known(const struct klink *x, const uint8_t key[GATE_KEY])
{
	size_t n = x->key_count < KEYS_MAX ? (size_t)x->key_count : KEYS_MAX;
	for (size_t i = 0; i < n; i++)
		if (!memcmp(x->keys[i], key, GATE_KEY))
			return true;
	return false;
}

void kg_key_add(struct klink *x, const uint8_t key[GATE_KEY])
{
	if (!x->keys)
		x->keys = calloc(KEYS_MAX, GATE_KEY);
	if (x->keys && !key_known(x, key))
		memcpy(x->keys[x->key_count++ % KEYS_MAX], key, GATE_KEY);
}

/* ---- the relay asks ---- */

static size_t later_begin(struct keeper_gate *g, uint64_t tag)
{
	size_t at = frame_begin(&g->later, FRAME_K_REPLY, tag);
	buf_u32le(&g->later, 0);
	return at;
}

static void later_err(struct keeper_gate *g, uint64_t tag, const struct err *e)
{
	frame_err(&g->later, FRAME_K_REPLY, tag, e->code, e);
}

static int enter_held(struct keeper *k, struct klink *x, struct slice content, const struct gate_message *m, struct held *ret, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct held h = {.ok = m->ok, .test = m->test};
	kg_copy_text(h.type, sizeof h.type, m->type);
	kg_copy_text(h.control_id, sizeof h.control_id, m->control_id);
	kg_copy_text(h.sender, sizeof h.sender, m->sender);
	if (k->gate->held >= HELD_MAX)
		return err_set(e, ERR_FULL, NULL, "%d messages wait already", HELD_MAX);
	buf_init(&b, GATE_FRAME_MAX + FRAME_SMALL);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "link", x->l.name);
	jsonw_kstr(&w, "controlId", h.control_id);
	jsonw_kstr(&w, "type", h.type);
	jsonw_kbool(&w, "readable", h.ok);
	jsonw_kbool(&w, "test", h.test);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_u8(&b, '\n');
	buf_add_slice(&b, content);
	int r = buf_ok(&b) ? keeper_record(k, LEDGER_GATE_HELD, "gate", buf_slice(&b), &h.seq, &h.time, e) : err_set(e, ERR_LIMIT, NULL, "the message is too long");
	if (r == 0 && !kg_held_add(k, x, &h))
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		*ret = h;
	return r;
}

void op_gate_hold(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct klink *x = kg_find(k, frame_get_str(&c));
	struct slice content = cur_take(&c, cur_left(&c));
	struct gate_message m;
	struct held h = {.seq = UINT64_MAX};
	uint8_t key[GATE_KEY];
	struct err e = {0};
	if (c.failed || !x || k->gate->ch != ch) {
		keeper_chan_drop(k, ch, "a message of a link that there is not");
		return;
	}
	gate_message_read(content, &m);
	gate_message_key(content, m.control_id, key);
	bool same = x->keys && key_known(x, key);
	int r = same ? 0 : enter_held(k, x, content, &m, &h, &e);
	if (r < 0) {
		later_err(k->gate, f->tag, &e);
		return;
	}
	kg_key_add(x, key);
	accounts_touch(k);
	size_t at = later_begin(k->gate, f->tag);
	buf_u64le(&k->gate->later, h.seq);
	buf_u8(&k->gate->later, same);
	frame_end(&k->gate->later, at);
}

static const struct held *next_held(const struct klink *x)
{
	for (size_t i = 0; i < x->held_n; i++) {
		const struct held *h = &x->held[i];
		struct gate_message m = {.ok = h->ok, .test = h->test, .type = slice_str(h->type)};
		if (gate_passes(&x->l, x->st.state, &m) == GATE_PASS)
			return h;
	}
	return NULL;
}

void op_gate_next(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct klink *x = kg_find(k, frame_get_str(&c));
	struct buf *out = k->gate ? &k->gate->later : NULL;
	struct err e = {0};
	struct ledger_entry en;
	if (!cur_done(&c) || !x || k->gate->ch != ch) {
		keeper_chan_drop(k, ch, "a question of a link that there is not");
		return;
	}
	const struct held *h = next_held(x);
	if (!h) {
		size_t n = x->key_count < KEYS_MAX ? (size_t)x->key_count : KEYS_MAX, at = later_begin(k->gate, f->tag);
		buf_u64le(out, UINT64_MAX);
		if (n)
			buf_add(out, x->keys, n * GATE_KEY);
		frame_end(out, at);
		return;
	}
	int r = h->seq < ledger_durable(k->l) ? ledger_read(k->l, h->seq, &en, &e) : err_set(&e, ERR_BUSY, NULL, "it is being written");
	struct slice line, content = r == 0 ? kg_after_line(en.body, &line) : SLICE_NULL;
	if (r < 0 || !content.p) {
		later_err(k->gate, f->tag, r < 0 ? &e : &(struct err){.code = ERR_CORRUPT});
		return;
	}
	size_t at = later_begin(k->gate, f->tag);
	buf_u64le(out, h->seq);
	buf_add_slice(out, content);
	frame_end(out, at);
}

/* The queue has run empty: one entry that says so, with which messages it was. After a restart it counts from there. */
static void note_drained(struct keeper *k, struct klink *x)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct err e = {0};
	x->refused.seq = 0;
	if (x->held_n || !x->drained)
		return;
	buf_init(&b, FRAME_SMALL);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "drained");
	jsonw_kstr(&w, "link", x->l.name);
	jsonw_ku64(&w, "sent", x->drained);
	jsonw_ku64(&w, "firstHeld", x->drain_first);
	jsonw_ku64(&w, "lastHeld", x->drain_last);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	x->drained = 0;
	if (keeper_record(k, LEDGER_GATE_ACT, "gate", buf_slice(&b), NULL, NULL, &e) < 0)
		role_log(k->r, "that a queue has run empty cannot be recorded: %s", e.text);
}

void op_gate_sent(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct klink *x = kg_find(k, frame_get_str(&c));
	uint64_t seq = cur_u64le(&c);
	char code[16];
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct err e = {0};
	frame_get_text(&c, code, sizeof code);
	if (!cur_done(&c) || !x || k->gate->ch != ch) {
		keeper_chan_drop(k, ch, "an answer on a link that there is not");
		return;
	}
	size_t at = held_at(x, seq);
	if (at < x->held_n && x->held[at].seq == seq) { /* else it was said before, and its answer got lost with one of us */
		buf_init(&b, FRAME_SMALL);
		jsonw_init(&w, &b);
		jsonw_obj(&w);
		jsonw_kstr(&w, "link", x->l.name);
		jsonw_ku64(&w, "held", seq);
		jsonw_kstr(&w, "code", code);
		jsonw_kstr(&w, "controlId", x->held[at].control_id);
		jsonw_obj_end(&w);
		jsonw_done(&w);
		if (keeper_record(k, LEDGER_GATE_SENT, "gate", buf_slice(&b), NULL, NULL, &e) < 0) {
			later_err(k->gate, f->tag, &e);
			return;
		}
		(void)kg_held_drop(k, x, seq);
		accounts_touch(k);
		x->drain_first = x->drained++ ? x->drain_first : seq;
		x->drain_last = seq;
		note_drained(k, x);
	}
	frame_end(&k->gate->later, later_begin(k->gate, f->tag));
}

/* The far side does not take the first that waits. It keeps its place, and the board says so (keeper_gate_alarms). */
void op_gate_refused(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct klink *x = kg_find(k, frame_get_str(&c));
	uint64_t seq = cur_u64le(&c);
	char code[16];
	frame_get_text(&c, code, sizeof code);
	if (!cur_done(&c) || !x || k->gate->ch != ch) {
		keeper_chan_drop(k, ch, "a refusal on a link that there is not");
		return;
	}
	size_t at = held_at(x, seq);
	if (at == x->held_n || x->held[at].seq != seq)
		return; /* skipped meanwhile */
	if (x->refused.seq != seq) {
		x->refused.seq = seq;
		x->refused.since = time_now();
		x->refused.times = 0;
	}
	x->refused.times++;
	kg_copy_text(x->refused.code, sizeof x->refused.code, slice_str(code));
}

bool kg_stuck(const struct klink *x)
{
	return x->refused.seq && x->held_n && x->st.state >= GATE_TEST;
}

const char *kg_stuck_text(const struct klink *x, char *out, size_t size)
{
	char since[32];
	const char *code = x->refused.code;
	unsigned long long seq = (unsigned long long)x->refused.seq;
	time_rfc3339(x->refused.since, 0, since);
	if (!code[0])
		snprintf(out, size, "%s does not acknowledge message %llu since %s (%llu times); %zu wait behind it; it is offered again", x->l.name, seq, since, (unsigned long long)x->refused.times, x->held_n - 1);
	else if (gate_verdict_of(slice_str(code)) == GATE_PERSON)
		snprintf(out, size, "%s rejects message %llu (%s) since %s; %zu wait behind it, until somebody says: holdfast gate queue %s --retry, or --skip %llu --reason R", x->l.name, seq, code, since, x->held_n - 1, x->l.name, seq);
	else
		snprintf(out, size, "%s refuses message %llu (%s) since %s (%llu times); %zu wait behind it; it is offered again", x->l.name, seq, code, since, (unsigned long long)x->refused.times, x->held_n - 1);
	return out;
}

void kg_do_queue(struct kchan *ch, uint64_t tag, const struct klink *x)
{
	size_t at = reply_begin(ch, tag);
	for (size_t i = 0; i < x->held_n; i++) {
		struct jsonw w;
		jsonw_init(&w, &ch->c.out);
		jsonw_obj(&w);
		jsonw_ku64(&w, "seq", x->held[i].seq);
		jsonw_kstr(&w, "control_id", x->held[i].control_id);
		jsonw_kstr(&w, "type", x->held[i].type);
		jsonw_kstr(&w, "sending_application", x->held[i].sender);
		kg_put_moment(&w, "received", x->held[i].time);
		jsonw_obj_end(&w);
		jsonw_done(&w);
		buf_u8(&ch->c.out, '\n');
	}
	reply_end(ch, at);
}

/* What the far side did not take and a person has given up: the entries that say so, as they stand. */
void kg_do_refused(struct keeper *k, struct kchan *ch, uint64_t tag, const struct klink *x)
{
	size_t at = reply_begin(ch, tag);
	for (uint64_t i = kg_skipped_first(x); i < x->skipped_n; i++) {
		AUTO_ARENA struct arena *a = arena_new(1 << 16);
		uint64_t entry = x->skipped[i % SKIPPED_MAX];
		struct ledger_entry en;
		struct json_node *n;
		struct jsonw w;
		if (!a || ledger_read(k->l, entry, &en, NULL) < 0 || json_tree(en.body, a, &n, NULL) < 0)
			continue;
		jsonw_init(&w, &ch->c.out);
		jsonw_obj(&w);
		jsonw_key(&w, "seq");
		jsonw_raw(&w, json_text(n, "held"));
		jsonw_kslice(&w, "control_id", json_text(n, "controlId"));
		jsonw_kslice(&w, "type", json_text(n, "type"));
		jsonw_kslice(&w, "sending_application", json_text(n, "sendingApplication"));
		jsonw_kslice(&w, "received", json_text(n, "received"));
		jsonw_kslice(&w, "code", json_text(n, "code"));
		jsonw_kslice(&w, "by", json_text(n, "by"));
		jsonw_kslice(&w, "reason", json_text(n, "reason"));
		kg_put_moment(&w, "at", en.leaf.time);
		jsonw_ku64(&w, "entry", entry);
		jsonw_obj_end(&w);
		jsonw_done(&w);
		buf_u8(&ch->c.out, '\n');
	}
	reply_end(ch, at);
}

static int record_skip(struct keeper *k, struct klink *x, const struct held *h, const struct gate_asker *who, const char *reason, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	uint64_t entry = 0;
	buf_init(&b, FRAME_SMALL);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "link", x->l.name);
	jsonw_ku64(&w, "held", h->seq);
	jsonw_kstr(&w, "code", x->refused.code);
	jsonw_kstr(&w, "controlId", h->control_id);
	jsonw_kbool(&w, "skipped", true);
	jsonw_kstr(&w, "type", h->type);
	jsonw_kslice_opt(&w, "sendingApplication", slice_str(h->sender));
	kg_put_moment(&w, "received", h->time);
	jsonw_kstr(&w, "by", who->user);
	jsonw_kstr(&w, "role", who->role);
	jsonw_kstr(&w, "reason", reason);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	int r = buf_ok(&b) ? keeper_record(k, LEDGER_GATE_SENT, "gate", buf_slice(&b), &entry, NULL, e) : err_set(e, ERR_LIMIT, NULL, "the reason is too long");
	if (r == 0)
		kg_skipped_add(x, entry);
	return r;
}

/* A person's word on the first that waits and is not taken: given up (an entry, with who and why), or offered again now. */
int kg_do_turn(struct keeper *k, struct klink *x, const struct json_node *n, bool skip, const struct gate_asker *who, const char *reason, struct err *e)
{
	uint64_t seq = x->refused.seq, said = 0;
	size_t at = held_at(x, seq);
	if (!who->person || !gate_may_sign(who->role))
		return err_set(e, ERR_DENIED, NULL, "%s", who->person ? "the role may not do this: it needs security, owner or admin" : "this needs a person: a token of an account of role security, owner or admin in HOLDFAST_TOKEN");
	if (!seq || at == x->held_n || x->held[at].seq != seq)
		return err_set(e, ERR_NO, NULL, "the far side has refused nothing that waits: nothing is changed");
	if (skip && (num_u64(json_text(n, "seq"), 0, UINT64_MAX, &said) < 0 || said != seq))
		return err_set(e, ERR_NO, "--skip", "the message that is refused is %llu, and only that one can be skipped", (unsigned long long)seq);
	if (skip && !reason[0])
		return err_set(e, ERR_USAGE, "--reason", "say why it is given up: it is recorded");
	int r = skip ? record_skip(k, x, &x->held[at], who, reason, e) : 0;
	if (r < 0)
		return r;
	if (skip) {
		(void)kg_held_drop(k, x, seq);
		accounts_touch(k);
		note_drained(k, x);
	}
	if (k->gate->ch) {
		size_t to = frame_begin(&k->gate->later, FRAME_G_TURN, 0);
		frame_str(&k->gate->later, x->l.name);
		buf_u64le(&k->gate->later, seq);
		buf_u8(&k->gate->later, skip);
		frame_end(&k->gate->later, to);
	}
	return 0;
}
