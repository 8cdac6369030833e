/* keeper_watch: what is ordered of a file server's sensor, over the web. The sensor is root's and asks us; nobody here can reach it.
 *
 *   web      {"do":"order","what":"release" "restore" "proposal","id":"w12","reason"?}  an entry, then the order; answered when it was carried out, or after a moment with how far it is
 *            {"do":"ask","order":N}                                                     how far it is, and what came of it
 *            {"do":"sensor"}                                                            is one there?
 *   sensor   {"do":"take"}                                                              what is to be done: {"orders":[{"order","what","id","by"}]}
 *            {"do":"done","order":N,"result":{...}}
 *
 * An order is a verdict's id and one of three words: the sensor does with it what `holdfast watch release` and `restore` do, and nothing else. Orders live in memory: what was not taken when the keeper dies is given again by whoever
 * gave it, and the page says so. */
#include "sessions.h"

#include <stdlib.h>

#define ORDERS_MAX 32
#define SENSOR_SILENT (5 * TIME_SEC) /* it asks several times a second */
#define ANSWER_IN (8 * TIME_SEC)
#define NOT_TAKEN (10 * TIME_SEC)    /* then the order is void: nobody's files change an hour after he asked */
#define KEPT (15 * 60 * TIME_SEC)
#define RESULT_MAX ((size_t)4 << 20)

enum order_state { ORDER_NONE, ORDER_WAITING, ORDER_TAKEN, ORDER_DONE, ORDER_VOID };
struct order {
	uint64_t number;
	enum order_state state;
	char what[12], id[32], by[USER_MAX];
	int64_t made;           /* monotonic */
	uint64_t chan, tag;     /* who waits for the answer; chan 0: nobody */
	int64_t until;
	struct buf result;      /* ORDER_DONE: a JSON object */
};
#define STANDING_MAX 64
struct standing { /* a verdict that nobody has settled */
	char id[32], state[12], who[128], reason[200];
	int64_t since;
	bool restored;
};
struct keeper_watch {
	struct standing standing[STANDING_MAX];
	size_t standings;
	struct order order[ORDERS_MAX];
	uint64_t numbers;
	int64_t seen, seen_wall; /* when the sensor last asked; 0: never */
};

static struct keeper_watch *watch(struct keeper *k)
{
	if (!k->watch) {
		k->watch = calloc(1, sizeof *k->watch);
		if (k->watch) /* numbers of an earlier life are not given again */
			k->watch->numbers = (uint64_t)(time_now() / TIME_SEC) * 1000;
	}
	return k->watch;
}

void keeper_watch_forget(struct keeper *k)
{
	for (size_t i = 0; k->watch && i < ORDERS_MAX; i++)
		buf_done(&k->watch->order[i].result);
	free(k->watch);
	k->watch = NULL;
}

static bool there(const struct keeper_watch *x)
{
	return x->seen && time_monotonic() - x->seen < SENSOR_SILENT;
}

static struct order *by_number(struct keeper_watch *x, uint64_t number)
{
	for (size_t i = 0; i < ORDERS_MAX; i++)
		if (x->order[i].state && x->order[i].number == number)
			return &x->order[i];
	return NULL;
}

/* An empty place, else that of the oldest which is over. */
static struct order *place(struct keeper_watch *x)
{
	struct order *best = NULL;
	for (size_t i = 0; i < ORDERS_MAX; i++) {
		struct order *o = &x->order[i];
		if (o->state == ORDER_NONE)
			return o;
		if (o->state >= ORDER_DONE && (!best || o->made < best->made))
			best = o;
	}
	return best;
}

static void answer(struct kchan *to, uint64_t tag, const struct order *o)
{
	static const char *const states[] = {[ORDER_NONE] = "void", [ORDER_WAITING] = "waiting", [ORDER_TAKEN] = "taken", [ORDER_DONE] = "done", [ORDER_VOID] = "void"};
	struct jsonw w;
	size_t at = reply_begin(to, tag);
	jsonw_init(&w, &to->c.out);
	jsonw_obj(&w);
	jsonw_ku64(&w, "order", o->number);
	jsonw_kstr(&w, "what", o->what);
	jsonw_kstr(&w, "id", o->id);
	jsonw_kstr(&w, "state", states[o->state]);
	if (o->state == ORDER_DONE) {
		jsonw_key(&w, "result");
		jsonw_raw(&w, buf_slice(&o->result));
	}
	jsonw_obj_end(&w);
	jsonw_done(&w);
	reply_end(to, at);
}

static void answer_waiting(struct keeper *k, struct order *o)
{
	struct kchan *to = o->chan ? keeper_chan_find(k, o->chan) : NULL;
	if (to)
		answer(to, o->tag, o);
	o->chan = 0;
}

/* ---- web ---- */

static bool is_verdict(struct slice id)
{
	bool ok = id.n > 1 && id.n < 24 && id.p[0] == 'w';
	for (size_t i = 1; i < id.n; i++)
		ok = ok && id.p[i] >= '0' && id.p[i] <= '9';
	return ok;
}

/* As the sensor's own events are entries: of kind alarm, under the verdict's name. */
static int record(struct keeper *k, const struct order *o, const struct asker *who, struct slice reason, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	char text[64];
	snprintf(text, sizeof text, "%s-ordered", o->what);
	buf_init(&b, FRAME_SMALL);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "watch");
	snprintf(text, sizeof text, "watch-%s", o->id);
	jsonw_kstr(&w, "id", text);
	jsonw_kstr(&w, "severity", "notice");
	snprintf(text, sizeof text, "%s-ordered", o->what);
	jsonw_kstr(&w, "text", text);
	jsonw_kstr(&w, "by", who->user);
	jsonw_kstr(&w, "role", who->role);
	jsonw_kslice_opt(&w, "reason", reason);
	jsonw_key(&w, "watch");
	jsonw_obj(&w);
	jsonw_kstr(&w, "event", text);
	jsonw_kstr(&w, "id", o->id);
	jsonw_ku64(&w, "order", o->number);
	jsonw_obj_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	return buf_ok(&b) ? keeper_record(k, LEDGER_ALARM, "web", buf_slice(&b), NULL, NULL, e) : err_set(e, ERR_LIMIT, NULL, "too long for an entry");
}

static int do_order(struct keeper *k, struct kchan *ch, uint64_t tag, const struct asker *who, const struct json_node *n, struct err *e)
{
	static const char *const whats[] = {"release", "restore", "proposal"};
	struct keeper_watch *x = k->watch;
	struct slice what = json_text(n, "what"), id = json_text(n, "id"), reason = json_text(n, "reason");
	size_t w = 0;
	if (!(who->may & MAY_CUT))
		return err_set(e, ERR_DENIED, NULL, who->must_change ? "change the one-time password first" : "the role %s may not do this", who->role);
	while (w < ARRAY_LEN(whats) && !slice_eq_str(what, whats[w]))
		w++;
	if (w == ARRAY_LEN(whats) || !is_verdict(id) || reason.n > 2000)
		return err_set(e, ERR_INPUT, NULL, "an order is release, restore or proposal, of a verdict's id");
	if (!there(x))
		return err_set(e, ERR_BUSY, NULL, "the sensor does not answer: on the file server, as root, run holdfast watch %s %.*s%s", w == 0 ? "release" : "restore", SLICE_FMT(id), w == 2 ? " --dry-run" : "");
	struct order *o = place(x);
	if (!o)
		return err_set(e, ERR_BUSY, NULL, "%d orders are being carried out; wait a moment", ORDERS_MAX);
	buf_done(&o->result);
	*o = (struct order){.number = x->numbers + 1, .state = ORDER_WAITING, .made = time_monotonic(), .chan = ch->id, .tag = tag, .until = time_monotonic() + ANSWER_IN};
	snprintf(o->what, sizeof o->what, "%s", whats[w]);
	snprintf(o->id, sizeof o->id, "%.*s", SLICE_FMT(id));
	snprintf(o->by, sizeof o->by, "%s", who->user);
	int r = w == 2 ? 0 : record(k, o, who, reason, e); /* a proposal changes nothing */
	if (r < 0)
		o->state = ORDER_NONE;
	else
		x->numbers++;
	return r;
}

static int of_web(struct keeper *k, struct kchan *ch, uint64_t tag, const struct asker *who, const struct json_node *n, struct err *e)
{
	struct keeper_watch *x = k->watch;
	struct slice what = json_text(n, "do");
	uint64_t number;
	if (slice_eq_str(what, "order"))
		return do_order(k, ch, tag, who, n, e);
	if (!(who->may & MAY_GATE))
		return err_set(e, ERR_DENIED, NULL, who->must_change ? "change the one-time password first" : "the role %s may not do this", who->role);
	if (slice_eq_str(what, "sensor")) {
		struct jsonw w;
		size_t at = reply_begin(ch, tag);
		jsonw_init(&w, &ch->c.out);
		jsonw_obj(&w);
		jsonw_kbool(&w, "answers", there(x));
		if (x->seen_wall)
			jsonw_ktime(&w, "seen", x->seen_wall);
		jsonw_obj_end(&w);
		jsonw_done(&w);
		reply_end(ch, at);
		return 0;
	}
	struct order *o = slice_eq_str(what, "ask") && num_u64(json_text(n, "order"), 0, UINT64_MAX, &number) == 0 ? by_number(x, number) : NULL;
	if (!o || strcmp(o->by, who->user) != 0) /* names of files: for who ordered it */
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no such order, or no longer");
	answer(ch, tag, o);
	return 0;
}

/* ---- the sensor ---- */

static void take(struct keeper_watch *x, struct kchan *ch, uint64_t tag)
{
	struct jsonw w;
	size_t at = reply_begin(ch, tag);
	x->seen = time_monotonic();
	x->seen_wall = time_now();
	jsonw_init(&w, &ch->c.out);
	jsonw_obj(&w);
	jsonw_key(&w, "orders");
	jsonw_arr(&w);
	for (size_t i = 0; i < ORDERS_MAX; i++) {
		struct order *o = &x->order[i];
		if (o->state != ORDER_WAITING)
			continue;
		o->state = ORDER_TAKEN;
		jsonw_obj(&w);
		jsonw_ku64(&w, "order", o->number);
		jsonw_kstr(&w, "what", o->what);
		jsonw_kstr(&w, "id", o->id);
		jsonw_kstr(&w, "by", o->by);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	reply_end(ch, at);
}

static int of_sensor(struct keeper *k, struct kchan *ch, uint64_t tag, const struct json_node *n, struct err *e)
{
	struct keeper_watch *x = k->watch;
	const struct json_node *result = json_get(n, "result");
	uint64_t number;
	if (slice_eq_str(json_text(n, "do"), "take")) {
		take(x, ch, tag);
		return 0;
	}
	struct order *o = slice_eq_str(json_text(n, "do"), "done") && num_u64(json_text(n, "order"), 0, UINT64_MAX, &number) == 0 ? by_number(x, number) : NULL;
	if (!o || o->state != ORDER_TAKEN || !result || result->type != JSON_OBJ)
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no such order");
	buf_init(&o->result, RESULT_MAX);
	buf_add_slice(&o->result, result->raw);
	if (!buf_ok(&o->result))
		return err_set(e, buf_code(&o->result), NULL, "too long a result");
	o->state = ORDER_DONE;
	answer_waiting(k, o);
	reply_ok(ch, tag);
	return 0;
}

void op_watch(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct asker who;
	struct json_node *n;
	struct err e = {0};
	int r = asker_read(k, ch, &c, 0, &who, &e);
	if (r == 0)
		r = a && watch(k) ? json_tree(cur_take(&c, cur_left(&c)), a, &n, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = ch->kind == CH_CONTROL ? of_sensor(k, ch, f->tag, n, &e) : of_web(k, ch, f->tag, &who, n, &e);
	if (r < 0)
		reply_err(ch, f->tag, &e);
}

void keeper_watch_tick(struct keeper *k)
{
	int64_t now = time_monotonic();
	for (size_t i = 0; k->watch && i < ORDERS_MAX; i++) {
		struct order *o = &k->watch->order[i];
		if (o->state == ORDER_WAITING && now - o->made > NOT_TAKEN)
			o->state = ORDER_VOID;
		if (o->chan && now > o->until)
			answer_waiting(k, o);
		if (o->state && now - o->made > KEPT) {
			buf_done(&o->result);
			o->state = ORDER_NONE;
		}
	}
}

/* ---- verdicts that stand: alarms on the board until they are released ---- */

static struct standing *standing_of(struct keeper_watch *x, struct slice id, bool make)
{
	for (size_t i = 0; i < x->standings; i++)
		if (slice_eq_str(id, x->standing[i].id))
			return &x->standing[i];
	if (!make || !is_verdict(id))
		return NULL;
	if (x->standings == STANDING_MAX) /* the oldest gives way: one who has sixty reads the list */
		memmove(x->standing, x->standing + 1, --x->standings * sizeof *x->standing);
	struct standing *s = &x->standing[x->standings++];
	*s = (struct standing){.state = "observed"};
	snprintf(s->id, sizeof s->id, "%.*s", SLICE_FMT(id));
	return s;
}

static void settled(struct keeper_watch *x, struct standing *s)
{
	size_t at = (size_t)(s - x->standing);
	memmove(s, s + 1, (--x->standings - at) * sizeof *s);
}

static void put_text(char *out, size_t size, struct slice s)
{
	if (s.n >= size)
		s.n = size - 1;
	s.n = utf8_valid_prefix(s);
	if (s.n)
		memcpy(out, s.p, s.n);
	out[s.n] = 0;
}

void keeper_watch_note(struct keeper *k, const struct json_node *n, int64_t time)
{
	const struct json_node *line = json_get(n, "watch");
	struct keeper_watch *x = line ? watch(k) : NULL;
	struct slice event = json_text(line, "event"), client = json_text(line, "client"), comm = json_text(line, "comm");
	bool look = slice_eq_str(event, "look"), fresh = look || slice_eq_str(event, "verdict");
	struct standing *s = x ? standing_of(x, json_text(line, "id"), fresh) : NULL;
	if (!s)
		return;
	if (fresh) {
		s->since = time;
		if (look)
			put_text(s->state, sizeof s->state, event);
		snprintf(s->who, sizeof s->who, "%.*s%s%.*s", (int)(comm.n < 32 ? comm.n : 32), (const char *)comm.p, client.n ? " of " : "", (int)(client.n < 64 ? client.n : 64), (const char *)client.p);
		put_text(s->reason, sizeof s->reason, json_text(line, "reasons.0"));
	} else if (slice_eq_str(event, "stopped") || slice_eq_str(event, "denied")) {
		put_text(s->state, sizeof s->state, event);
	} else if (slice_eq_str(event, "restored")) {
		s->restored = true;
		if (!strcmp(s->state, "observed") || !strcmp(s->state, "look"))
			settled(x, s);
	} else if (slice_eq_str(event, "released")) {
		settled(x, s);
	}
}

void keeper_watch_save(const struct keeper *k, struct jsonw *w)
{
	jsonw_arr(w);
	for (size_t i = 0; k->watch && i < k->watch->standings; i++) {
		const struct standing *s = &k->watch->standing[i];
		jsonw_obj(w);
		jsonw_kstr(w, "id", s->id);
		jsonw_kstr(w, "state", s->state);
		jsonw_kstr(w, "who", s->who);
		jsonw_kstr(w, "reason", s->reason);
		jsonw_ki64(w, "since", s->since);
		jsonw_kbool(w, "restored", s->restored);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

void keeper_watch_load(struct keeper *k, const struct json_node *list)
{
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next) {
		struct keeper_watch *x = watch(k);
		struct standing *s = x ? standing_of(x, json_text(n, "id"), true) : NULL;
		const struct json_node *restored = json_get(n, "restored");
		if (!s)
			continue;
		put_text(s->state, sizeof s->state, json_text(n, "state"));
		put_text(s->who, sizeof s->who, json_text(n, "who"));
		put_text(s->reason, sizeof s->reason, json_text(n, "reason"));
		s->restored = restored && restored->type == JSON_TRUE;
		(void)!num_i64(json_text(n, "since"), 0, INT64_MAX, &s->since);
	}
}

void keeper_watch_alarms(const struct keeper *k, struct jsonw *w)
{
	for (size_t i = 0; k->watch && i < k->watch->standings; i++) {
		const struct standing *s = &k->watch->standing[i];
		char id[64], reason[512];
		bool look = !strcmp(s->state, "look"); /* files removed or renamed in masses, and the like: a note, for people do that */
		snprintf(id, sizeof id, "watch-%s", s->id);
		snprintf(reason, sizeof reason, "%s: %s", s->who, s->reason);
		jsonw_obj(w);
		jsonw_kstr(w, "id", id);
		jsonw_kstr(w, "severity", look ? "note" : s->restored ? "warning" : "alarm");
		jsonw_ktime(w, "since", s->since);
		jsonw_kstr(w, "what", look ? "watch-look" : s->restored ? "watch-restored" : !strcmp(s->state, "observed") ? "watch-observed" : "watch-stopped");
		jsonw_kstr(w, "reason", reason);
		jsonw_kstr(w, "next", look ? "on the page Alarms: put the files back, or say that it is right" : s->restored ? "its files are back; release it when it may go on" : "on the page Alarms: put its files back, or release it if it does right");
		jsonw_obj_end(w);
	}
}

/* ---- what was said ---- */

static bool is_of_gate(uint8_t kind)
{
	return kind == LEDGER_ALARM || kind == LEDGER_GATE_ACT || kind == LEDGER_GATE_LETTER;
}

/* What stands on paper is for those who write down what wards do. */
static bool may_hear(const struct asker *who, uint8_t kind)
{
	return kind == LEDGER_SHEET || kind == LEDGER_SCAN ? (who->may & MAY_CAPTURE) != 0 : is_of_gate(kind) && who->may & MAY_GATE;
}

/* Who asks for what was said at the gate and may not hear it is told so, and not left with an empty list. */
static bool asks_of_gate(struct keeper *k, struct cur c)
{
	struct ledger_leaf leaf;
	struct err quiet = {0};
	for (size_t n = 0; n < KEEPER_SAID_MAX && cur_left(&c); n++) {
		uint64_t seq = cur_u64le(&c);
		if (!c.failed && seq < ledger_durable(k->l) && ledger_read_leaf(k->l, seq, &leaf, &quiet) == 0 && is_of_gate(leaf.kind))
			return true;
	}
	return false;
}

void op_said(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	int r = asker_read(k, ch, &c, 0, &who, &e);
	if (r == 0 && !(who.may & MAY_GATE) && (!(who.may & MAY_CAPTURE) || asks_of_gate(k, c)))
		r = err_set(&e, ERR_DENIED, NULL, "the role %s may not do this", who.role);
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag), begun = ch->c.out.n;
	for (size_t n = 0; n < KEEPER_SAID_MAX && cur_left(&c) && ch->c.out.n - begun < RESULT_MAX; n++) {
		struct ledger_leaf leaf;
		struct ledger_entry en;
		uint64_t seq = cur_u64le(&c);
		if (c.failed || seq >= ledger_durable(k->l) || ledger_read_leaf(k->l, seq, &leaf, &e) < 0 || !may_hear(&who, leaf.kind) || ledger_read(k->l, seq, &en, &e) < 0)
			continue; /* what cannot be read is not said; verify says why */
		buf_u64le(&ch->c.out, seq);
		buf_u64le(&ch->c.out, (uint64_t)en.leaf.time);
		buf_u8(&ch->c.out, en.leaf.kind);
		struct slice picture;
		frame_blob(&ch->c.out, en.leaf.kind == LEDGER_SCAN ? slice_cut(en.body, '\n', &picture) : en.body);
	}
	reply_end(ch, at);
}
