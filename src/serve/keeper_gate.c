/* keeper_gate: partner links in the ledger. What was decided of a link, what waits for it and what the far side answered are entries; what stands here is their fold, and the relay (gate_role.c) is told of it.
 *
 *   gate-act   JSON: what ("add" "cut" "sign" "step" "fall" "proof"), link (the link itself, with "add"), by, role, reason, standing: how it stands after it
 *   gate-held  a line of JSON (link, controlId, type, test, readable), then the message as it stood: taken and acknowledged while it might not be sent
 *   gate-sent  JSON: link, held (the entry), code: what the far side answered
 *
 * A cut is said to the relay before it is an entry; everything else is durable first: answers to the relay wait in `later` until the round's commit. */
#include "keeper.h"
#include "gate.h"

#include <stdlib.h>

#define HELD_MAX 250000            /* messages that wait, of all links: past it senders wait */
#define KEYS_MAX 1024              /* of a link: by which repetitions are known */
#define KEYS_SAVED 64
#define ASKED_MAX 64
#define RELAY_PATIENCE (3 * TIME_SEC)
#define REASON_MAX 2000

struct held {
	uint64_t seq;
	int64_t time;
	bool ok, test;
	char type[16], control_id[64];
};
struct klink {
	struct gate_link l;
	struct gate_standing st;
	struct held *held;             /* by seq */
	size_t held_n, held_cap;
	uint8_t (*keys)[GATE_KEY];     /* ring */
	uint64_t key_count;
	uint64_t bytes, messages, since_bytes; /* as the relay last said, and before it what its predecessors said */
	uint64_t bytes_before, messages_before;
	int64_t last;
	bool listening;
	char problem[96];
	int64_t proof_at;              /* 0: none */
	bool proof_relay;
	char proof[160];
};
struct asked { /* a command waits for what the relay says */
	uint64_t tag, chan, chan_tag;
	enum { ASKED_LIST, ASKED_CUT, ASKED_PROBE } what;
	int64_t until;
	char name[GATE_NAME_MAX], class[GATE_NAME_MAX]; /* which links; both empty: all */
	uint32_t moved;
	bool recorded;
};
struct keeper_gate {
	struct klink **links;
	size_t count;
	uint64_t held;                 /* of all links */
	uint64_t from;                 /* the cache: entries from here on are read again for what waits */
	struct kchan *ch;              /* the relay; NULL: it is not there */
	struct buf later;              /* answers to it, until what they speak of is durable */
	uint64_t tags;
	struct asked asked[ASKED_MAX];
	size_t asked_n;
	int64_t ticked;
};

static struct keeper_gate *gate(struct keeper *k)
{
	if (!k->gate) {
		k->gate = calloc(1, sizeof *k->gate);
		if (k->gate)
			buf_init(&k->gate->later, (size_t)FRAME_BODY + (16u << 20));
	}
	return k->gate;
}

static struct klink *find(struct keeper *k, struct slice name)
{
	for (size_t i = 0; k->gate && i < k->gate->count; i++)
		if (slice_eq_str(name, k->gate->links[i]->l.name))
			return k->gate->links[i];
	return NULL;
}

static struct klink *find_or_make(struct keeper *k, const struct gate_link *l)
{
	struct keeper_gate *g = gate(k);
	struct klink *x = find(k, slice_str(l->name));
	if (x) {
		x->l = *l;
		return x;
	}
	struct klink **p = g && g->count < GATE_LINKS_MAX ? reallocarray(g->links, g->count + 1, sizeof *p) : NULL;
	if (p)
		g->links = p;
	x = p ? calloc(1, sizeof *x) : NULL;
	if (x) {
		x->l = *l;
		g->links[g->count++] = x;
	}
	return x;
}

/* ---- what waits ---- */

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

static bool held_add(struct keeper *k, struct klink *x, const struct held *h)
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

static bool held_drop(struct keeper *k, struct klink *x, uint64_t seq)
{
	size_t at = held_at(x, seq);
	if (at == x->held_n || x->held[at].seq != seq)
		return false;
	memmove(x->held + at, x->held + at + 1, (x->held_n - at - 1) * sizeof *x->held);
	x->held_n--;
	k->gate->held--;
	return true;
}

static bool key_known(const struct klink *x, const uint8_t key[GATE_KEY])
{
	size_t n = x->key_count < KEYS_MAX ? (size_t)x->key_count : KEYS_MAX;
	for (size_t i = 0; i < n; i++)
		if (!memcmp(x->keys[i], key, GATE_KEY))
			return true;
	return false;
}

static void key_add(struct klink *x, const uint8_t key[GATE_KEY])
{
	if (!x->keys)
		x->keys = calloc(KEYS_MAX, GATE_KEY);
	if (x->keys && !key_known(x, key))
		memcpy(x->keys[x->key_count++ % KEYS_MAX], key, GATE_KEY);
}

static void copy_text(char *out, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : size - 1;
	if (n)
		memcpy(out, s.p, n);
	out[n] = 0;
}

static struct slice after_line(struct slice body, struct slice *ret_line)
{
	struct slice rest;
	*ret_line = slice_cut(body, '\n', &rest);
	return rest;
}

static bool truth(const struct json_node *n, const char *key)
{
	const struct json_node *v = json_get(n, key);
	return v && v->type == JSON_TRUE;
}

/* ---- the fold ---- */

static void note_act(struct keeper *k, const struct json_node *n)
{
	const struct json_node *link = json_get(n, "link"), *standing = json_get(n, "standing");
	struct gate_link l;
	struct klink *x;
	if (slice_eq_str(json_text(n, "what"), "add"))
		x = link && gate_link_read(link, &l, NULL) == 0 ? find_or_make(k, &l) : NULL;
	else
		x = find(k, json_text(n, "link"));
	if (x && standing)
		gate_standing_read(standing, &x->st);
	if (x && x->st.state >= GATE_TEST)
		x->proof_at = 0;
	if (x && slice_eq_str(json_text(n, "what"), "proof")) {
		copy_text(x->proof, sizeof x->proof, json_text(n, "result"));
		x->proof_relay = slice_eq_str(json_text(n, "method"), "relay");
		if (num_i64(json_text(n, "at"), 0, INT64_MAX, &x->proof_at) < 0)
			x->proof_at = 0;
	}
}

void keeper_gate_note(struct keeper *k, uint8_t kind, uint64_t seq, int64_t time, struct slice body)
{
	AUTO_ARENA struct arena *a = arena_new(4 << 20);
	struct json_node *n;
	struct slice line = body, content = SLICE_NULL;
	if (kind == LEDGER_GATE_HELD)
		content = after_line(body, &line);
	if (!a || json_tree(line, a, &n, NULL) < 0)
		return;
	if (kind == LEDGER_GATE_ACT) {
		note_act(k, n);
		return;
	}
	struct klink *x = find(k, json_text(n, "link"));
	uint64_t of;
	if (!x)
		return;
	if (kind == LEDGER_GATE_SENT) {
		if (num_u64(json_text(n, "held"), 0, UINT64_MAX, &of) == 0)
			(void)held_drop(k, x, of);
		return;
	}
	struct held h = {.seq = seq, .time = time, .ok = truth(n, "readable"), .test = truth(n, "test")};
	uint8_t key[GATE_KEY];
	struct gate_message m;
	copy_text(h.type, sizeof h.type, json_text(n, "type"));
	copy_text(h.control_id, sizeof h.control_id, json_text(n, "controlId"));
	(void)held_add(k, x, &h);
	gate_message_read(content, &m);
	gate_message_key(content, m.control_id, key);
	key_add(x, key);
}

void keeper_gate_save(const struct keeper *k, struct jsonw *w)
{
	const struct keeper_gate *g = k->gate;
	uint64_t from = UINT64_MAX;
	jsonw_obj(w);
	jsonw_key(w, "links");
	jsonw_arr(w);
	for (size_t i = 0; g && i < g->count; i++) {
		const struct klink *x = g->links[i];
		AUTO_BUF struct buf hex = {0};
		buf_init(&hex, 4 * KEYS_SAVED * GATE_KEY);
		if (x->held_n && x->held[0].seq < from)
			from = x->held[0].seq;
		for (uint64_t n = x->key_count > KEYS_SAVED ? x->key_count - KEYS_SAVED : 0; n < x->key_count; n++)
			hex_put(&hex, slice_of(x->keys[n % KEYS_MAX], GATE_KEY));
		jsonw_obj(w);
		gate_link_put(&x->l, w);
		jsonw_key(w, "standing");
		jsonw_obj(w);
		gate_standing_put(&x->st, w);
		jsonw_obj_end(w);
		jsonw_ku64(w, "bytes", x->bytes);
		jsonw_ku64(w, "messages", x->messages);
		jsonw_ki64(w, "last", x->last);
		jsonw_ki64(w, "proofAt", x->proof_at);
		jsonw_kbool(w, "proofRelay", x->proof_relay);
		jsonw_kstr(w, "proof", x->proof);
		jsonw_kslice_opt(w, "keys", buf_slice(&hex));
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_ku64(w, "from", from);
	jsonw_obj_end(w);
}

void keeper_gate_load(struct keeper *k, const struct json_node *root)
{
	const struct json_node *list = json_get(root, "links");
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next) {
		struct gate_link l;
		struct klink *x = gate_link_read(n, &l, NULL) == 0 ? find_or_make(k, &l) : NULL;
		struct slice keys = json_text(n, "keys");
		if (!x)
			continue;
		gate_standing_read(json_get(n, "standing"), &x->st);
		(void)!num_u64(json_text(n, "bytes"), 0, UINT64_MAX, &x->bytes_before);
		(void)!num_u64(json_text(n, "messages"), 0, UINT64_MAX, &x->messages_before);
		(void)!num_i64(json_text(n, "last"), 0, INT64_MAX, &x->last);
		(void)!num_i64(json_text(n, "proofAt"), 0, INT64_MAX, &x->proof_at);
		x->proof_relay = truth(n, "proofRelay");
		copy_text(x->proof, sizeof x->proof, json_text(n, "proof"));
		x->bytes = x->bytes_before;
		x->messages = x->messages_before;
		for (; keys.n >= 2 * GATE_KEY; keys = slice_of(keys.p + 2 * GATE_KEY, keys.n - 2 * GATE_KEY)) {
			uint8_t key[GATE_KEY];
			if (hex_get(key, sizeof key, slice_of(keys.p, 2 * GATE_KEY)) == 0)
				key_add(x, key);
		}
	}
	if (k->gate && num_u64(json_text(root, "from"), 0, UINT64_MAX, &k->gate->from) < 0)
		k->gate->from = 0;
}

void keeper_gate_forget(struct keeper *k)
{
	struct keeper_gate *g = k->gate;
	for (size_t i = 0; g && i < g->count; i++) {
		free(g->links[i]->held);
		free(g->links[i]->keys);
		free(g->links[i]);
	}
	if (g) {
		free(g->links);
		buf_done(&g->later);
		free(g);
	}
	k->gate = NULL;
}

struct waiting_entries {
	uint64_t *seqs;
	size_t n, cap;
};

static int is_waiting(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct waiting_entries *f = arg;
	if (en->leaf.kind != LEDGER_GATE_HELD && en->leaf.kind != LEDGER_GATE_SENT)
		return 0;
	if (f->n == f->cap) {
		size_t cap = f->cap ? 2 * f->cap : 64;
		uint64_t *p = reallocarray(f->seqs, cap, sizeof *p);
		if (!p)
			return err_set(e, ERR_MEMORY, NULL, "no memory for what waits");
		f->seqs = p;
		f->cap = cap;
	}
	f->seqs[f->n++] = en->seq;
	return 0;
}

/* The cache holds how links stand, and from which entry on something may wait: those entries, up to where the cache was written, are read again. */
int keeper_gate_open(struct keeper *k, uint64_t upto, struct err *e)
{
	struct waiting_entries f = {0};
	if (!k->gate || k->gate->from >= upto)
		return 0;
	int r = ledger_scan(k->l, k->gate->from, upto, false, is_waiting, &f, e);
	for (size_t i = 0; r == 0 && i < f.n; i++) {
		struct ledger_entry en;
		r = ledger_read(k->l, f.seqs[i], &en, e);
		if (r == 0)
			keeper_gate_note(k, en.leaf.kind, en.seq, en.leaf.time, en.body);
		else if (r == ERR_ERASED)
			r = 0;
	}
	free(f.seqs);
	return r;
}

/* ---- telling the relay ---- */

static void put_link_frame(struct buf *out, const struct klink *x)
{
	struct jsonw w;
	size_t at = frame_begin(out, FRAME_G_LINK, 0);
	jsonw_init(&w, out);
	jsonw_obj(&w);
	gate_link_put(&x->l, &w);
	jsonw_key(&w, "standing");
	jsonw_obj(&w);
	gate_standing_put(&x->st, &w);
	jsonw_obj_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	frame_end(out, at);
}

static void put_state_frame(struct buf *out, const struct klink *x)
{
	size_t at = frame_begin(out, FRAME_G_STATE, 0);
	frame_str(out, x->l.name);
	buf_u8(out, (uint8_t)x->st.state);
	buf_u8(out, (uint8_t)x->st.back);
	buf_u64le(out, (uint64_t)x->st.since);
	buf_u64le(out, (uint64_t)x->st.expires);
	frame_end(out, at);
}

void keeper_gate_attach(struct keeper *k, struct kchan *ch)
{
	struct keeper_gate *g = gate(k);
	if (!g)
		return;
	g->ch = ch;
	buf_reset(&g->later);
	for (size_t i = 0; i < g->count; i++)
		put_link_frame(&ch->c.out, g->links[i]);
	frame_end(&ch->c.out, frame_begin(&ch->c.out, FRAME_G_READY, 0));
}

/* Durable now: what was to be said after that. */
void keeper_gate_committed(struct keeper *k)
{
	struct keeper_gate *g = k->gate;
	if (!g || !g->later.n)
		return;
	if (g->ch && !g->ch->dead && buf_ok(&g->later))
		buf_add_slice(&g->ch->c.out, buf_slice(&g->later));
	else if (g->ch && !g->ch->dead)
		keeper_chan_drop(k, g->ch, "it leaves its answers lying");
	buf_reset(&g->later);
}

void keeper_gate_lost(struct keeper *k, const struct kchan *ch)
{
	struct keeper_gate *g = k->gate;
	if (!g || g->ch != ch)
		return;
	g->ch = NULL;
	buf_reset(&g->later);
	for (size_t i = 0; i < g->count; i++) {
		g->links[i]->bytes_before = g->links[i]->bytes;
		g->links[i]->messages_before = g->links[i]->messages;
		g->links[i]->listening = false;
	}
}

/* ---- acts ---- */

struct act {
	const char *what, *by, *role, *reason;
};

static int record_act(struct keeper *k, const struct klink *x, const struct act *a, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, FRAME_SMALL);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", a->what);
	if (!strcmp(a->what, "add")) {
		jsonw_key(&w, "link");
		jsonw_obj(&w);
		gate_link_put(&x->l, &w);
		jsonw_obj_end(&w);
	} else {
		jsonw_kstr(&w, "link", x->l.name);
	}
	jsonw_kslice_opt(&w, "by", slice_str(a->by));
	jsonw_kslice_opt(&w, "role", slice_str(a->role));
	jsonw_kslice_opt(&w, "reason", slice_str(a->reason));
	if (!strcmp(a->what, "proof")) {
		jsonw_kstr(&w, "method", x->proof_relay ? "relay" : "none");
		jsonw_ki64(&w, "at", x->proof_at);
		jsonw_ku64(&w, "bytesSince", x->since_bytes);
		jsonw_kstr(&w, "result", x->proof);
	} else {
		jsonw_key(&w, "standing");
		jsonw_obj(&w);
		gate_standing_put(&x->st, &w);
		jsonw_obj_end(&w);
	}
	jsonw_obj_end(&w);
	jsonw_done(&w);
	int r = buf_ok(&b) ? keeper_record(k, LEDGER_GATE_ACT, "gate", buf_slice(&b), NULL, NULL, e) : err_set(e, ERR_LIMIT, NULL, "too long for an entry");
	accounts_touch(k);
	return r;
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
	copy_text(h.type, sizeof h.type, m->type);
	copy_text(h.control_id, sizeof h.control_id, m->control_id);
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
	if (r == 0 && !held_add(k, x, &h))
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		*ret = h;
	return r;
}

void op_gate_hold(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct klink *x = find(k, frame_get_str(&c));
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
	key_add(x, key);
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
	struct klink *x = find(k, frame_get_str(&c));
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
	struct slice line, content = r == 0 ? after_line(en.body, &line) : SLICE_NULL;
	if (r < 0 || !content.p) {
		later_err(k->gate, f->tag, r < 0 ? &e : &(struct err){.code = ERR_CORRUPT});
		return;
	}
	size_t at = later_begin(k->gate, f->tag);
	buf_u64le(out, h->seq);
	buf_add_slice(out, content);
	frame_end(out, at);
}

void op_gate_sent(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct klink *x = find(k, frame_get_str(&c));
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
		(void)held_drop(k, x, seq);
		accounts_touch(k);
	}
	frame_end(&k->gate->later, later_begin(k->gate, f->tag));
}

/* ---- what commands are told ---- */

static void put_moment(struct jsonw *w, const char *key, int64_t t)
{
	jsonw_key(w, key);
	if (t) {
		char text[32];
		jsonw_str(w, time_rfc3339(t, 3, text));
	} else {
		jsonw_null(w);
	}
}

static void put_shown(const struct klink *x, struct jsonw *w)
{
	jsonw_obj(w);
	jsonw_kstr(w, "name", x->l.name);
	jsonw_kstr(w, "state", gate_state_name(x->st.state));
	put_moment(w, "since", x->st.since);
	jsonw_kstr(w, "class", x->l.class);
	jsonw_ku64(w, "bytes", x->bytes);
	jsonw_ku64(w, "queue", x->held_n);
	put_moment(w, "last_message", x->last);
	jsonw_key(w, "proof");
	if (x->proof_at && x->st.state < GATE_TEST) {
		jsonw_obj(w);
		jsonw_kstr(w, "method", x->proof_relay ? "relay" : "none");
		put_moment(w, "at", x->proof_at);
		jsonw_kstr(w, "result", x->proof);
		jsonw_obj_end(w);
	} else {
		jsonw_null(w);
	}
	/* beside the contract's fields: what a person is shown */
	jsonw_key(w, "more");
	jsonw_obj(w);
	gate_link_put(&x->l, w);
	jsonw_ku64(w, "messages", x->messages);
	jsonw_ku64(w, "bytesSince", x->since_bytes);
	jsonw_kbool(w, "listening", x->listening);
	if (x->problem[0])
		jsonw_kstr(w, "problem", x->problem);
	if (x->st.expires && x->st.expires != GATE_NEVER)
		put_moment(w, "expires", x->st.expires);
	if (x->st.first[0]) {
		jsonw_kstr(w, "signed", x->st.first);
		put_moment(w, "signedUntil", x->st.first_until);
	}
	jsonw_obj_end(w);
	jsonw_obj_end(w);
}

static bool chosen(const struct klink *x, const char *name, const char *class)
{
	return name[0] ? !strcmp(x->l.name, name) : class[0] ? !strcmp(x->l.class, class) : true;
}

static void answer_links(struct keeper *k, struct kchan *to, uint64_t tag, const struct asked *a)
{
	struct jsonw w;
	size_t at = reply_begin(to, tag);
	jsonw_init(&w, &to->c.out);
	jsonw_obj(&w);
	jsonw_ku64(&w, "moved", a->moved);
	jsonw_kbool(&w, "recorded", a->recorded);
	jsonw_key(&w, "links");
	jsonw_arr(&w);
	for (size_t i = 0; k->gate && i < k->gate->count; i++)
		if (chosen(k->gate->links[i], a->name, a->class))
			put_shown(k->gate->links[i], &w);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	reply_end(to, at);
}

static void take_proof(struct keeper *k, struct klink *x, const char *probe, bool relay)
{
	char since[32];
	struct err e = {0};
	struct act act = {.what = "proof"};
	x->proof_at = time_now();
	x->proof_relay = relay;
	if (relay)
		snprintf(x->proof, sizeof x->proof, "%s; %llu bytes since %s", probe, (unsigned long long)x->since_bytes, time_rfc3339(x->st.since, 0, since));
	else
		snprintf(x->proof, sizeof x->proof, "not proven: the relay is being started; nothing passes while it is not there");
	if (record_act(k, x, &act, &e) < 0)
		role_log(k->r, "the proof of a cut cannot be recorded: %s", e.text);
}

static void answer_asked(struct keeper *k, const struct asked *a, bool relay)
{
	struct kchan *to = keeper_chan_find(k, a->chan);
	if (!relay && a->what != ASKED_LIST)
		for (size_t i = 0; i < k->gate->count; i++)
			if (chosen(k->gate->links[i], a->name, a->class) && k->gate->links[i]->st.state < GATE_TEST)
				take_proof(k, k->gate->links[i], "", false);
	if (to)
		answer_links(k, to, a->chan_tag, a);
}

void op_gate_told(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	bool probed = cur_u8(&c);
	AUTO_ARENA struct arena *arena = arena_new((size_t)64 << 20);
	struct json_node *n;
	const struct asked *a = NULL;
	if (!k->gate || k->gate->ch != ch || !arena || json_tree(cur_take(&c, cur_left(&c)), arena, &n, NULL) < 0) {
		keeper_chan_drop(k, ch, "counts that do not read");
		return;
	}
	size_t i = 0;
	while (i < k->gate->asked_n && k->gate->asked[i].tag != f->tag)
		i++;
	if (i < k->gate->asked_n)
		a = &k->gate->asked[i];
	for (const struct json_node *v = n->child; v; v = v->next) {
		struct klink *x = find(k, json_text(v, "name"));
		uint64_t bytes = 0, messages = 0;
		int64_t last = 0;
		char probe[100];
		if (!x)
			continue;
		(void)!num_u64(json_text(v, "bytes"), 0, UINT64_MAX / 4, &bytes);
		(void)!num_u64(json_text(v, "messages"), 0, UINT64_MAX / 4, &messages);
		(void)!num_u64(json_text(v, "bytesSince"), 0, UINT64_MAX / 4, &x->since_bytes);
		(void)!num_i64(json_text(v, "last"), 0, INT64_MAX, &last);
		if (last > x->last)
			x->last = last;
		x->bytes = x->bytes_before + bytes;
		x->messages = x->messages_before + messages;
		x->listening = truth(v, "listening");
		copy_text(x->problem, sizeof x->problem, json_text(v, "problem"));
		copy_text(probe, sizeof probe, json_text(v, "probe"));
		if (probed && probe[0] && a && chosen(x, a->name, a->class))
			take_proof(k, x, probe, true);
	}
	accounts_touch(k);
	if (!a)
		return;
	struct asked done = *a;
	k->gate->asked[i] = k->gate->asked[--k->gate->asked_n];
	answer_asked(k, &done, true);
}

/* To the relay, if it is there; what it says is awaited for a moment. */
static void ask_relay(struct keeper *k, struct kchan *ch, uint64_t tag, struct asked *a)
{
	struct keeper_gate *g = k->gate;
	a->tag = ++g->tags;
	a->chan = ch->id;
	a->chan_tag = tag;
	a->until = time_monotonic() + RELAY_PATIENCE;
	if (!g->ch || g->ch->dead || g->asked_n == ASKED_MAX) {
		answer_asked(k, a, false);
		return;
	}
	size_t at = frame_begin(&g->ch->c.out, FRAME_G_ASK, a->tag);
	buf_u8(&g->ch->c.out, a->what != ASKED_LIST);
	frame_end(&g->ch->c.out, at);
	g->asked[g->asked_n++] = *a;
}

/* ---- what commands ask ---- */

struct asker_gate {
	char user[USER_MAX], role[24];
	bool person;
};

/* Whose token it is; without one, the system's user that runs the command. */
static int who_asks(struct keeper *k, struct kchan *ch, const char *token, const struct json_node *n, struct asker_gate *ret, struct err *e)
{
	struct asker_gate who = {.person = false};
	if (token[0]) {
		const struct token *t = accounts_token(k, token);
		const struct account *u = t && t->user[0] ? accounts_user(k, t->user) : NULL;
		if (!t || (t->user[0] && (!u || u->disabled)))
			return err_set(e, ERR_DENIED, "HOLDFAST_TOKEN", "this token is not known, or no longer");
		if (u) {
			who.person = true;
			copy_text(who.user, sizeof who.user, slice_str(u->user));
			copy_text(who.role, sizeof who.role, slice_str(u->role));
			*ret = who;
			return 0;
		}
	}
	char name[41];
	copy_text(name, sizeof name, json_text(n, "who"));
	for (char *p = name; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			*p = '_';
	snprintf(who.user, sizeof who.user, "%s (uid %u)", name[0] ? name : "user", ch->uid);
	snprintf(who.role, sizeof who.role, "command");
	*ret = who;
	return 0;
}

static int do_add(struct keeper *k, const struct json_node *n, const struct asker_gate *who, struct err *e)
{
	struct gate_link l;
	struct act a = {.what = "add", .by = who->user, .role = who->role};
	int r = gate_link_read(n, &l, e);
	if (r < 0)
		return r;
	if (find(k, slice_str(l.name)))
		return err_set(e, ERR_EXISTS, NULL, "there is a link of the name %s", l.name);
	for (size_t i = 0; k->gate && i < k->gate->count; i++)
		if (!strcmp(k->gate->links[i]->l.listen, l.listen))
			return err_set(e, ERR_EXISTS, "--listen", "the link %s listens there", k->gate->links[i]->l.name);
	struct klink *x = find_or_make(k, &l);
	if (!x)
		return err_set(e, ERR_LIMIT, NULL, "at most %d links", GATE_LINKS_MAX);
	x->st = (struct gate_standing){.state = GATE_OPEN, .back = GATE_CUT, .since = time_now()};
	r = record_act(k, x, &a, e);
	if (r < 0) { /* nothing is open that no entry says */
		free(x);
		k->gate->count--;
		return r;
	}
	if (k->gate->ch)
		put_link_frame(&k->gate->later, x);
	return 0;
}

static void do_cut(struct keeper *k, struct kchan *ch, uint64_t tag, const struct asker_gate *who, const char *reason, struct asked *a)
{
	struct keeper_gate *g = k->gate;
	struct act act = {.what = "cut", .by = who->user, .role = who->role, .reason = reason};
	struct err e = {0};
	bool *moved = calloc(g->count + 1, sizeof *moved);
	a->recorded = true;
	for (size_t i = 0; i < g->count; i++) {
		struct klink *x = g->links[i];
		struct gate_event ev = {.kind = GATE_EV_CUT, .now = time_now()};
		struct gate_standing st;
		if (!chosen(x, a->name, a->class) || gate_decide(&x->st, &ev, &st, NULL) != GATE_MOVED)
			continue;
		x->st = st;
		a->moved++;
		if (moved)
			moved[i] = true;
		if (g->ch && !g->ch->dead)
			put_state_frame(&g->ch->c.out, x);
	}
	if (g->ch && !g->ch->dead)
		(void)!chan_write(&g->ch->c); /* now, and not with the commit: nothing in it speaks of anything that is not durable */
	for (size_t i = 0; i < g->count; i++)
		if ((!moved || moved[i]) && chosen(g->links[i], a->name, a->class) && record_act(k, g->links[i], &act, &e) < 0) {
			a->recorded = false;
			role_log(k->r, "a cut cannot be recorded: %s", e.text);
		}
	free(moved);
	ask_relay(k, ch, tag, a);
}

static void do_advance(struct keeper *k, struct kchan *ch, uint64_t tag, struct klink *x, const struct json_node *n, const struct asker_gate *who, const char *reason)
{
	struct gate_event ev = {.kind = GATE_EV_ADVANCE, .now = time_now(), .account = who->person ? who->user : NULL, .role = who->role};
	struct gate_standing st, before = x->st;
	struct err e = {0};
	struct slice until = json_text(n, "expires");
	int r = until.n ? gate_until_parse(until, ev.now, k->r->zone_minutes, &ev.expires, &e) : 0;
	if (r == 0)
		r = gate_decide(&x->st, &ev, &st, &e);
	int how = r;
	if (r >= 0) {
		struct act a = {.what = r == GATE_MOVED ? "step" : "sign", .by = who->user, .role = who->role, .reason = reason};
		x->st = st;
		r = record_act(k, x, &a, &e);
		if (r < 0)
			x->st = before;
	}
	if (r < 0) {
		reply_err(ch, tag, &e);
		return;
	}
	if (how == GATE_MOVED && k->gate->ch)
		put_state_frame(&k->gate->later, x);
	struct jsonw w;
	size_t at = reply_begin(ch, tag);
	jsonw_init(&w, &ch->c.out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "name", x->l.name);
	jsonw_kstr(&w, "state", gate_state_name(x->st.state));
	jsonw_kbool(&w, "moved", how == GATE_MOVED);
	if (how == GATE_MOVED) {
		jsonw_kstr(&w, "first", before.first);
		jsonw_kstr(&w, "second", who->user);
	} else {
		jsonw_kstr(&w, "signed", x->st.first);
		jsonw_kstr(&w, "next", gate_state_name(x->st.state < GATE_OPEN ? (enum gate_state)(x->st.state + 1) : GATE_OPEN));
		put_moment(&w, "signedUntil", x->st.first_until);
	}
	if (x->st.expires && x->st.expires != GATE_NEVER)
		put_moment(&w, "expires", x->st.expires);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	reply_end(ch, at);
}

static void do_queue(struct kchan *ch, uint64_t tag, const struct klink *x)
{
	size_t at = reply_begin(ch, tag);
	for (size_t i = 0; i < x->held_n; i++) {
		struct jsonw w;
		jsonw_init(&w, &ch->c.out);
		jsonw_obj(&w);
		jsonw_ku64(&w, "seq", x->held[i].seq);
		jsonw_kstr(&w, "control_id", x->held[i].control_id);
		jsonw_kstr(&w, "type", x->held[i].type);
		put_moment(&w, "received", x->held[i].time);
		jsonw_obj_end(&w);
		jsonw_done(&w);
		buf_u8(&ch->c.out, '\n');
	}
	reply_end(ch, at);
}

static int ask_of(struct keeper *k, struct kchan *ch, const struct frame *f, const char *token, const struct json_node *n, struct err *e)
{
	struct asker_gate who;
	struct slice what = json_text(n, "do"), name = json_text(n, "name");
	char reason[REASON_MAX];
	struct asked a = {.what = ASKED_LIST};
	struct klink *x = find(k, name);
	int r = who_asks(k, ch, token, n, &who, e);
	if (r < 0)
		return r;
	copy_text(reason, sizeof reason, json_text(n, "reason"));
	copy_text(a.name, sizeof a.name, name);
	copy_text(a.class, sizeof a.class, json_text(n, "class"));
	if (slice_eq_str(what, "add")) {
		r = do_add(k, n, &who, e);
		if (r == 0)
			reply_ok(ch, f->tag);
		return r;
	}
	if (!gate(k))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (name.n && !x)
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no link of this name; `holdfast gate list` shows those there are");
	if (a.class[0]) {
		bool any = false;
		for (size_t i = 0; i < k->gate->count; i++)
			any |= chosen(k->gate->links[i], "", a.class);
		if (!any)
			return err_set(e, ERR_NOT_FOUND, "--class", "no link is of this class");
	}
	if (slice_eq_str(what, "list")) {
		ask_relay(k, ch, f->tag, &a);
	} else if (slice_eq_str(what, "probe")) {
		a.what = ASKED_PROBE;
		ask_relay(k, ch, f->tag, &a);
	} else if (slice_eq_str(what, "cut")) {
		a.what = ASKED_CUT;
		do_cut(k, ch, f->tag, &who, reason, &a);
	} else if (slice_eq_str(what, "advance") && x) {
		do_advance(k, ch, f->tag, x, n, &who, reason);
	} else if (slice_eq_str(what, "queue") && x) {
		do_queue(ch, f->tag, x);
	} else {
		return err_set(e, ERR_INPUT, NULL, "no such request");
	}
	return 0;
}

void op_gate(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	AUTO_ARENA struct arena *a = arena_new(4 << 20);
	char token[TOKEN_MAX + 1];
	struct json_node *n;
	struct err e = {0};
	frame_get_text(&c, token, sizeof token);
	struct slice json = cur_take(&c, cur_left(&c));
	int r = c.failed || !a ? err_set(&e, ERR_INPUT, NULL, "a bad request") : json_tree(json, a, &n, &e);
	if (r == 0)
		r = ask_of(k, ch, f, token, n, &e);
	seal_wipe(token, sizeof token);
	if (r < 0)
		reply_err(ch, f->tag, &e);
}

/* ---- time ---- */

void keeper_gate_tick(struct keeper *k)
{
	struct keeper_gate *g = k->gate;
	int64_t now = time_monotonic();
	if (!g || k->reading || now - g->ticked < TIME_SEC / 10)
		return;
	g->ticked = now;
	for (size_t i = 0; i < g->asked_n;) {
		struct asked a = g->asked[i];
		if (now < a.until && g->ch) {
			i++;
			continue;
		}
		g->asked[i] = g->asked[--g->asked_n];
		answer_asked(k, &a, false);
	}
	for (size_t i = 0; i < g->count; i++) {
		struct klink *x = g->links[i];
		struct gate_event ev = {.kind = GATE_EV_TIME, .now = time_now()};
		struct gate_standing st;
		struct err e = {0};
		int r = gate_decide(&x->st, &ev, &st, NULL);
		if (r <= 0)
			continue;
		struct act a = {.what = "fall", .reason = r == GATE_MOVED ? "the step has ended" : "the first signature has ended"};
		x->st = st;
		if (r == GATE_MOVED && g->ch && !g->ch->dead)
			put_state_frame(&g->ch->c.out, x);
		if (record_act(k, x, &a, &e) < 0)
			role_log(k->r, "that a link fell back cannot be recorded: %s", e.text);
	}
}
