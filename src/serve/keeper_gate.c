/* keeper_gate: partner links in the ledger. What was decided of a link, what waits for it and what the far side answered are entries; what stands here is their fold, and the relay (gate_role.c) is told of it.
 *
 *   gate-act   JSON: what ("add" "cut" "sign" "step" "fall" "proof"), link (the link itself, with "add"), by, role, reason, standing: how it stands after it
 *   gate-held  a line of JSON (link, controlId, type, test, readable), then the message as it stood: taken and acknowledged while it might not be sent
 *   gate-sent  JSON: link, held (the entry), code: what the far side answered; "skipped" with by, role and reason: it was not taken, and a person has given it up
 *
 * A cut is said to the relay before it is an entry; everything else is durable first: answers to the relay wait in `later` until the round's commit. */
#include "keeper_gate.h"

#include <stdlib.h>

struct keeper_gate *kg_gate(struct keeper *k)
{
	if (!k->gate) {
		k->gate = calloc(1, sizeof *k->gate);
		if (k->gate)
			buf_init(&k->gate->later, (size_t)FRAME_BODY + (16u << 20));
	}
	return k->gate;
}

struct klink *kg_find(struct keeper *k, struct slice name)
{
	for (size_t i = 0; k->gate && i < k->gate->count; i++)
		if (slice_eq_str(name, k->gate->links[i]->l.name))
			return k->gate->links[i];
	return NULL;
}

struct klink *kg_find_or_make(struct keeper *k, const struct gate_link *l)
{
	struct keeper_gate *g = kg_gate(k);
	struct klink *x = kg_find(k, slice_str(l->name));
	if (x) {
		x->l = *l;
		x->certs.n = x->certs_before.n = 0;
		return x;
	}
	struct klink **p = g && g->count < GATE_LINKS_MAX ? reallocarray(g->links, g->count + 1, sizeof *p) : NULL;
	if (p)
		g->links = p;
	x = p ? calloc(1, sizeof *x) : NULL;
	if (x) {
		x->l = *l;
		x->zone = k->r->zone_minutes;
		g->links[g->count++] = x;
	}
	return x;
}

void kg_copy_text(char *out, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : size - 1;
	if (n)
		memcpy(out, s.p, n);
	out[n] = 0;
}

struct slice kg_after_line(struct slice body, struct slice *ret_line)
{
	struct slice rest;
	*ret_line = slice_cut(body, '\n', &rest);
	return rest;
}

bool kg_truth(const struct json_node *n, const char *key)
{
	const struct json_node *v = json_get(n, key);
	return v && v->type == JSON_TRUE;
}

/* ---- the fold ---- */

static uint8_t method_of(struct slice name)
{
	for (size_t i = PROOF_RELAY; i < ARRAY_LEN(methods); i++)
		if (slice_eq_str(name, methods[i]))
			return (uint8_t)i;
	return PROOF_NONE;
}

void kg_drop_link(struct keeper *k, struct klink *x)
{
	struct keeper_gate *g = k->gate;
	size_t i = 0;
	while (g->links[i] != x)
		i++;
	memmove(g->links + i, g->links + i + 1, (g->count - i - 1) * sizeof *g->links);
	g->count--;
	g->held -= x->held_n;
	free(x->traffic);
	free(x->skipped);
	free(x->held);
	free(x->keys);
	free(x);
}

bool kg_note_condition(struct klink *x, struct slice name, bool met)
{
	for (size_t i = 0; i < x->l.conditions; i++)
		if (slice_eq_str(name, x->l.condition[i].name)) {
			x->met = met ? x->met | (1u << i) : x->met & ~(1u << i);
			return true;
		}
	return false;
}

/* The first condition that stands in the way of the step up from here; NULL: none. */
const struct gate_condition *kg_unmet(const struct klink *x)
{
	for (size_t i = 0; i < x->l.conditions; i++)
		if (!(x->met >> i & 1) && x->st.state + 1 >= (unsigned)x->l.condition[i].before)
			return &x->l.condition[i];
	return NULL;
}

static void note_act(struct keeper *k, const struct json_node *n)
{
	const struct json_node *link = json_get(n, "link"), *standing = json_get(n, "standing");
	struct gate_link l;
	struct klink *x;
	struct slice what = json_text(n, "what");
	if (slice_eq_str(what, "add") || slice_eq_str(what, "change"))
		x = link && gate_link_read(link, &l, NULL) == 0 ? kg_find_or_make(k, &l) : NULL;
	else
		x = kg_find(k, json_text(n, "link"));
	if (x && slice_eq_str(what, "remove")) {
		kg_drop_link(k, x);
		return;
	}
	if (x && (slice_eq_str(what, "cut") || slice_eq_str(what, "add") || slice_eq_str(what, "change")))
		x->met = 0;
	if (x && slice_eq_str(what, "condition"))
		kg_note_condition(x, json_text(n, "condition"), kg_truth(n, "met"));
	if (x && standing)
		gate_standing_read(standing, &x->st);
	if (x && x->st.state >= GATE_TEST)
		x->proof_at = 0;
	if (x && slice_eq_str(json_text(n, "what"), "proof")) {
		kg_copy_text(x->proof, sizeof x->proof, json_text(n, "result"));
		x->method = method_of(json_text(n, "method"));
		if (num_i64(json_text(n, "at"), 0, INT64_MAX, &x->proof_at) < 0)
			x->proof_at = 0;
	}
}

void keeper_gate_note(struct keeper *k, uint8_t kind, uint64_t seq, int64_t time, struct slice body)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20); /* a plan that was made of an inventory is some megabytes of JSON */
	struct json_node *n;
	struct slice line = body, content = SLICE_NULL;
	if (kind == LEDGER_GATE_HELD)
		content = kg_after_line(body, &line);
	if (!a || json_tree(line, a, &n, NULL) < 0)
		return;
	if (kind == LEDGER_GATE_COUNT) {
		if (kg_gate(k))
			watch_saved(&k->gate->watch, seq); /* learned from in keeper_gate_tick */
		return;
	}
	if (kind == LEDGER_GATE_ACT) {
		if (!kg_plan_note(k, seq, time, n) && !keeper_cutter_note(k, n, time))
			note_act(k, n);
		return;
	}
	struct klink *x = kg_find(k, json_text(n, "link"));
	uint64_t of;
	if (!x)
		return;
	if (kind == LEDGER_GATE_SENT) {
		if (num_u64(json_text(n, "held"), 0, UINT64_MAX, &of) == 0)
			(void)kg_held_drop(k, x, of);
		if (kg_truth(n, "skipped"))
			kg_skipped_add(x, seq);
		return;
	}
	struct held h = {.seq = seq, .time = time, .ok = kg_truth(n, "readable"), .test = kg_truth(n, "test")};
	uint8_t key[GATE_KEY];
	struct gate_message m;
	kg_copy_text(h.type, sizeof h.type, json_text(n, "type"));
	kg_copy_text(h.control_id, sizeof h.control_id, json_text(n, "controlId"));
	gate_message_read(content, &m);
	kg_copy_text(h.sender, sizeof h.sender, m.sender);
	(void)kg_held_add(k, x, &h);
	gate_message_key(content, m.control_id, key);
	kg_key_add(x, key);
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
		jsonw_ku64(w, "metMask", x->met);
		jsonw_ki64(w, "proofAt", x->proof_at);
		jsonw_kstr(w, "proofMethod", methods[x->method]);
		jsonw_kstr(w, "proof", x->proof);
		jsonw_kslice_opt(w, "keys", buf_slice(&hex));
		if (x->skipped_n) {
			jsonw_key(w, "skipped");
			jsonw_arr(w);
			for (uint64_t n = kg_skipped_first(x); n < x->skipped_n; n++)
				jsonw_u64(w, x->skipped[n % SKIPPED_MAX]);
			jsonw_arr_end(w);
		}
		if (x->ids[0]) {
			jsonw_key(w, "ids");
			jsonw_raw(w, slice_str(x->ids));
		}
		if (x->certs.n || x->certs_before.n) {
			struct gate_certs t;
			kg_certs_all(x, &t);
			jsonw_key(w, "certs");
			gate_certs_put(&t, w);
		}
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_ku64(w, "from", from);
	jsonw_key(w, "counts");
	jsonw_arr(w);
	for (uint64_t n = g && g->watch.counts > COUNTS_MAX ? g->watch.counts - COUNTS_MAX : 0; g && n < g->watch.counts; n++)
		jsonw_u64(w, g->watch.count[n % COUNTS_MAX]);
	jsonw_arr_end(w);
	jsonw_key(w, "plans");
	kg_plans_save(k, w);
	jsonw_obj_end(w);
}

void keeper_gate_load(struct keeper *k, const struct json_node *root)
{
	const struct json_node *list = json_get(root, "links");
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next) {
		struct gate_link l;
		struct klink *x = gate_link_read(n, &l, NULL) == 0 ? kg_find_or_make(k, &l) : NULL;
		struct slice keys = json_text(n, "keys");
		if (!x)
			continue;
		gate_standing_read(json_get(n, "standing"), &x->st);
		(void)!num_u64(json_text(n, "bytes"), 0, UINT64_MAX, &x->bytes_before);
		(void)!num_u64(json_text(n, "messages"), 0, UINT64_MAX, &x->messages_before);
		(void)!num_i64(json_text(n, "last"), 0, INT64_MAX, &x->last);
		uint64_t met = 0;
		if (num_u64(json_text(n, "metMask"), 0, UINT32_MAX, &met) == 0)
			x->met = (uint32_t)met;
		(void)!num_i64(json_text(n, "proofAt"), 0, INT64_MAX, &x->proof_at);
		x->method = method_of(json_text(n, "proofMethod"));
		kg_copy_text(x->proof, sizeof x->proof, json_text(n, "proof"));
		x->bytes = x->bytes_before;
		x->messages = x->messages_before;
		if (json_get(n, "ids") && json_get(n, "ids")->raw.n < sizeof x->ids)
			kg_copy_text(x->ids, sizeof x->ids, json_get(n, "ids")->raw);
		gate_certs_read(json_get(n, "certs"), &x->certs_before);
		const struct json_node *skipped = json_get(n, "skipped");
		for (const struct json_node *v = skipped ? skipped->child : NULL; v; v = v->next) {
			uint64_t seq;
			if (num_u64(v->value, 0, UINT64_MAX, &seq) == 0)
				kg_skipped_add(x, seq);
		}
		for (; keys.n >= 2 * GATE_KEY; keys = slice_of(keys.p + 2 * GATE_KEY, keys.n - 2 * GATE_KEY)) {
			uint8_t key[GATE_KEY];
			if (hex_get(key, sizeof key, slice_of(keys.p, 2 * GATE_KEY)) == 0)
				kg_key_add(x, key);
		}
	}
	const struct json_node *counts = json_get(root, "counts");
	for (const struct json_node *v = counts && kg_gate(k) ? counts->child : NULL; v; v = v->next) {
		uint64_t seq;
		if (num_u64(v->value, 0, UINT64_MAX, &seq) == 0)
			watch_saved(&k->gate->watch, seq);
	}
	kg_plans_load(k, json_get(root, "plans"));
	if (k->gate && num_u64(json_text(root, "from"), 0, UINT64_MAX, &k->gate->from) < 0)
		k->gate->from = 0;
}

void keeper_gate_forget(struct keeper *k)
{
	struct keeper_gate *g = k->gate;
	for (size_t i = 0; g && i < g->count; i++) {
		free(g->links[i]->traffic);
		free(g->links[i]->skipped);
		free(g->links[i]->held);
		free(g->links[i]->keys);
		free(g->links[i]);
	}
	if (g) {
		kg_plans_forget(g);
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

/* How the relay is to stand. LIMITED has its hours: outside of them it is as QUARANTINED; inside of them the relay knows when they end, and closes then without being told. */
static struct gate_standing hourly(const struct klink *x)
{
	struct gate_standing st = x->st;
	int64_t change;
	if (st.state != GATE_LIMITED || !x->l.hours_n)
		return st;
	if (!gate_within_hours(&x->l, time_now(), x->zone, &change)) {
		st.state = st.back = GATE_QUARANTINED;
		st.expires = 0;
	} else if (change < st.expires) {
		st.expires = change;
		st.back = GATE_QUARANTINED;
	}
	return st;
}

void kg_put_link_frame(struct keeper *k, struct buf *out, const struct klink *x)
{
	struct jsonw w;
	AUTO_BUF struct buf key = {0};
	const struct gate_standing st = hourly(x);
	size_t at = frame_begin(out, FRAME_G_LINK, 0);
	jsonw_init(&w, out);
	jsonw_obj(&w);
	gate_link_put(&x->l, &w);
	jsonw_key(&w, "standing");
	jsonw_obj(&w);
	gate_standing_put(&st, &w);
	jsonw_obj_end(&w);
	if (x->l.tls.cert[0] && link_key_load(k, x->l.tls.cert, &key) == 0)
		jsonw_kslice(&w, "tlsKey", buf_slice(&key));
	jsonw_obj_end(&w);
	jsonw_done(&w);
	frame_end(out, at);
}

void kg_put_state_frame(struct buf *out, const struct klink *x)
{
	const struct gate_standing st = hourly(x);
	size_t at = frame_begin(out, FRAME_G_STATE, 0);
	frame_str(out, x->l.name);
	buf_u8(out, (uint8_t)st.state);
	buf_u8(out, (uint8_t)st.back);
	buf_u64le(out, (uint64_t)st.since);
	buf_u64le(out, (uint64_t)st.expires);
	frame_end(out, at);
}

void keeper_gate_attach(struct keeper *k, struct kchan *ch)
{
	struct keeper_gate *g = kg_gate(k);
	if (!g)
		return;
	g->ch = ch;
	buf_reset(&g->later);
	for (size_t i = 0; i < g->count; i++)
		kg_put_link_frame(k, &ch->c.out, g->links[i]);
	frame_end(&ch->c.out, frame_begin(&ch->c.out, FRAME_G_READY, 0));
}

/* Durable now: what was to be said after that. */
void keeper_gate_committed(struct keeper *k)
{
	struct keeper_gate *g = k->gate;
	for (size_t i = 0; g && g->reopened && i < g->count; i++)
		g->links[i]->closed = g->links[i]->st.state < GATE_TEST;
	if (g)
		g->reopened = false;
	if (g && g->keys_stale)
		link_keys_sweep(k);
	if (g)
		g->keys_stale = false;
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
		kg_certs_keep(g->links[i]);
	}
}

/* ---- acts ---- */

/* What had passed when it was looked: letters speak of it. */
static void put_passed(const struct klink *x, struct jsonw *w)
{
	jsonw_key(w, "passed");
	jsonw_obj(w);
	jsonw_ku64(w, "messages", x->messages);
	jsonw_ku64(w, "bytes", x->bytes);
	jsonw_ki64(w, "last", x->last);
	if (x->ids[0]) {
		jsonw_key(w, "ids");
		jsonw_raw(w, slice_str(x->ids));
	}
	jsonw_obj_end(w);
}

int kg_record_act(struct keeper *k, const struct klink *x, const struct act *a, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, FRAME_SMALL);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", a->what);
	if (!strcmp(a->what, "add") || !strcmp(a->what, "change")) {
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
	if (a->first)
		jsonw_kslice_opt(&w, "first", slice_str(a->first));
	if (a->condition) {
		jsonw_kstr(&w, "condition", a->condition);
		jsonw_kbool(&w, "met", a->met);
		jsonw_kslice_opt(&w, "evidence", slice_str(a->evidence));
	}
	if (!strcmp(a->what, "proof")) {
		jsonw_kstr(&w, "method", methods[x->method]);
		jsonw_ki64(&w, "at", x->proof_at);
		jsonw_ku64(&w, "bytesSince", x->since_bytes);
		jsonw_kstr(&w, "result", x->proof);
		put_passed(x, &w);
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

/* For the board: how many links stand how, and what waits. */
void keeper_gate_status(const struct keeper *k, struct jsonw *w)
{
	const struct keeper_gate *g = k->gate;
	uint64_t by[GATE_STATES] = {0};
	jsonw_obj(w);
	jsonw_ku64(w, "links", g ? g->count : 0);
	jsonw_ku64(w, "waiting", g ? g->held : 0);
	for (size_t i = 0; g && i < g->count; i++)
		by[g->links[i]->st.state]++;
	jsonw_key(w, "states");
	jsonw_obj(w);
	for (int s = GATE_CUT; s < GATE_STATES; s++)
		if (by[s])
			jsonw_ku64(w, gate_state_name((enum gate_state)s), by[s]);
	jsonw_obj_end(w);
	jsonw_obj_end(w);
}

/* ---- time ---- */

static void look_at_hours(struct keeper_gate *g, struct klink *x, int64_t now)
{
	int64_t change;
	bool shut = x->st.state == GATE_LIMITED && x->l.hours_n && !gate_within_hours(&x->l, now, x->zone, &change);
	if (shut == x->shut)
		return;
	x->shut = shut;
	if (g->ch && !g->ch->dead)
		kg_put_state_frame(&g->ch->c.out, x);
}

void keeper_gate_tick(struct keeper *k)
{
	struct keeper_gate *g = k->gate;
	int64_t now = time_monotonic();
	if (!g || k->reading || now - g->ticked < TIME_SEC / 10)
		return;
	g->ticked = now;
	if (!g->watch.asked) { /* the first time */
		g->watch.unread_end = g->watch.counts;
		g->watch.unread = g->watch.counts > COUNTS_MAX ? g->watch.counts - COUNTS_MAX : 0;
	}
	if (!g->keys_looked)
		link_keys_sweep(k);
	g->keys_looked = true;
	if (!k->r->private_keeper)
		kg_read_counts(k);
	if (g->ch && !g->ch->dead && (!g->watch.asked || now - g->watch.asked > LISTEN_EVERY)) {
		size_t at = frame_begin(&g->ch->c.out, FRAME_G_ASK, 0);
		buf_u8(&g->ch->c.out, 0);
		frame_end(&g->ch->c.out, at);
	}
	if (!g->watch.asked || now - g->watch.asked > LISTEN_EVERY)
		g->watch.asked = now;
	for (size_t i = 0; i < g->asked_n;) {
		struct asked a = g->asked[i];
		if (now < a.until && (g->ch || a.told)) {
			i++;
			continue;
		}
		g->asked[i] = g->asked[--g->asked_n];
		kg_answer_asked(k, &a, a.told);
	}
	for (size_t i = 0; i < g->count; i++) {
		struct klink *x = g->links[i];
		struct gate_event ev = {.kind = GATE_EV_TIME, .now = time_now()};
		struct gate_standing st;
		struct err e = {0};
		look_at_hours(g, x, ev.now);
		int r = gate_decide(&x->st, &ev, &st, NULL);
		if (r <= 0)
			continue;
		struct act a = {.what = "fall", .reason = r == GATE_MOVED ? "the step has ended" : "the first signature has ended"};
		x->st = st;
		if (r == GATE_MOVED && g->ch && !g->ch->dead)
			kg_put_state_frame(&g->ch->c.out, x);
		if (r == GATE_MOVED && st.state < GATE_TEST && !x->closed)
			keeper_cutter_tell(k);
		if (kg_record_act(k, x, &a, &e) < 0)
			role_log(k->r, "that a link fell back cannot be recorded: %s", e.text);
	}
}
