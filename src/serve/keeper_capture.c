/* keeper_capture: a captured item is accepted once, and a key of downtime numbers is given out once. The keeper alone writes, so it alone can say so. What it remembers of an item is its id and its bytes as keyed fingerprints and
 * the entry's number; it is kept with the accounts' cache and is made again from the ledger. */
#include "keeper.h"
#include "downtime.h"

#include <inttypes.h>
#include <stdlib.h>

struct captured {
	uint64_t id, bytes, seq; /* id 0: empty slot */
};
struct keeper_captures {
	struct captured *v;      /* open addressing */
	size_t n, size;
	char (*keys)[13];        /* of number blocks that were given out */
	size_t key_n, key_cap;
	struct downtime downtime;
	uint64_t newest;         /* one past the newest item; what was done about one lately, too */
};

static uint64_t print(const struct keeper *k, struct slice s)
{
	return seal_fingerprint(k->keys.dedupe, s) | 1;
}

static struct captured *slot_of(struct keeper_captures *c, uint64_t id)
{
	size_t at = (size_t)(id >> 1) & (c->size - 1);
	while (c->v[at].id && c->v[at].id != id)
		at = (at + 1) & (c->size - 1);
	return &c->v[at];
}

static bool room(struct keeper_captures *c)
{
	if (c->n * 2 < c->size)
		return true;
	struct keeper_captures more = {.size = c->size ? c->size * 2 : 1024, .n = c->n};
	more.v = calloc(more.size, sizeof *more.v);
	if (!more.v)
		return false;
	for (size_t i = 0; i < c->size; i++)
		if (c->v[i].id)
			*slot_of(&more, c->v[i].id) = c->v[i];
	free(c->v);
	c->v = more.v;
	c->size = more.size;
	return true;
}

static struct keeper_captures *own(struct keeper *k)
{
	if (!k->captures)
		k->captures = calloc(1, sizeof *k->captures);
	return k->captures && room(k->captures) ? k->captures : NULL;
}

static void remember(struct keeper *k, uint64_t id, uint64_t bytes, uint64_t seq)
{
	struct keeper_captures *c = own(k);
	struct captured *s = c ? slot_of(c, id) : NULL;
	if (!s || s->id) /* the first one stays */
		return;
	*s = (struct captured){id, bytes, seq};
	c->n++;
	if (c->newest <= seq)
		c->newest = seq + 1;
}

/* ---- keys of numbers ---- */

static bool key_given(const struct keeper_captures *c, struct slice key)
{
	for (size_t i = 0; c && i < c->key_n; i++)
		if (slice_eq_str(key, c->keys[i]))
			return true;
	return false;
}

static void note_key(struct keeper *k, struct slice key)
{
	struct keeper_captures *c = own(k);
	if (!c || !key.n || key.n > 12 || key_given(c, key))
		return;
	if (c->key_n == c->key_cap) {
		size_t cap = c->key_cap ? 2 * c->key_cap : 64;
		char(*v)[13] = reallocarray(c->keys, cap, sizeof *v);
		if (!v)
			return;
		c->keys = v;
		c->key_cap = cap;
	}
	memcpy(c->keys[c->key_n], key.p, key.n);
	c->keys[c->key_n++][key.n] = 0;
}

static int check_block(struct keeper *k, const struct json_node *n, struct err *e)
{
	struct downtime_block b = {.key = ""};
	char number[DOWNTIME_NUMBER_MAX];
	struct slice key = json_text(n, "key");
	if (key.n < sizeof b.key)
		memcpy(b.key, key.p ? key.p : (const uint8_t *)"", key.n);
	if (num_u64(json_text(n, "first"), 1, 1, &b.first) < 0 || num_u64(json_text(n, "count"), 1, DOWNTIME_BLOCK_MAX, &b.count) < 0 || !json_text(n, "unit").n)
		return err_set(e, ERR_INPUT, NULL, "a block of numbers begins at 1 and has at most %d", DOWNTIME_BLOCK_MAX);
	int r = downtime_number(&b, 1, number, e);
	if (r < 0)
		return r;
	if (!own(k)) /* rather none than one twice */
		return err_set(e, ERR_MEMORY, NULL, "no memory for the numbers that were given out");
	return key_given(k->captures, key) ? err_set(e, ERR_EXISTS, NULL, "numbers of the key %s were given out before: take another key", b.key) : 0;
}

/* ---- how far the downtime is ---- */

const struct downtime *keeper_downtime(const struct keeper *k)
{
	static const struct downtime none;
	return k->captures ? &k->captures->downtime : &none;
}

/* A step has to fit what stands now, whoever looked before; and who closes it has seen everything. */
static int check_step(struct keeper *k, const struct json_node *n, struct err *e)
{
	uint64_t as_of;
	if (!own(k))
		return err_set(e, ERR_MEMORY, NULL, "no memory for the downtime's state");
	int r = downtime_fits(&k->captures->downtime, n, e);
	if (r == 0 && slice_eq_str(json_text(n, "what"), "close") && num_u64(json_text(n, "asOf"), 0, UINT64_MAX, &as_of) == 0 && as_of < k->captures->newest)
		return err_set(e, ERR_NO, NULL, "not closed: something was written down meanwhile. Look at the balance again");
	return r;
}

/* ---- what comes in ---- */

int keeper_capture_check(struct keeper *k, uint8_t kind, struct slice body, bool ours, uint64_t *ret_same, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)4 << 20);
	struct capture c;
	struct json_node *n;
	struct slice scan, line = slice_cut(body, '\n', &scan);
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (kind == LEDGER_DOWNTIME) {
		int r = json_tree(line, a, &n, e);
		return r < 0 ? r : slice_eq_str(json_text(n, "what"), "block") ? check_block(k, n, e) : check_step(k, n, e);
	}
	int r = capture_read(body, a, &c, e);
	if (r < 0)
		return r;
	if (!ours && (c.kind == CAPTURE_MERGE || slice_starts(c.id, CAPTURE_MERGE_ID) || slice_starts(c.replaces, CAPTURE_MERGE_ID)))
		return err_set(e, ERR_DENIED, NULL, "records are merged, and taken apart again, by a registrar's decision (holdfast identity): what goes back to the EHR is made of that");
	if (!own(k)) /* rather refused, and kept by whoever brings it, than taken twice */
		return err_set(e, ERR_MEMORY, NULL, "no memory for what was captured before");
	const struct captured *s = slot_of(k->captures, print(k, c.id));
	if (!s->id)
		return 0;
	if (s->bytes != print(k, body))
		return err_set(e, ERR_EXISTS, NULL, "an item of this id is there already as entry %" PRIu64 ", and says something else. Nothing of it was changed: to correct it, send a new item that names it in \"replaces\"", s->seq);
	*ret_same = s->seq;
	return ERR_NO;
}

/* Both are durable with one commit. What keeps the item from being entered keeps it from the balance, and is said; the decision stands. */
void keeper_capture_merge(struct keeper *k, uint64_t seq, int64_t time, const char *source, struct slice decision)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)4 << 20);
	AUTO_BUF struct buf line = {0};
	struct json_node *n;
	struct err e = {0};
	buf_init(&line, CAPTURE_MAX);
	int r = a ? json_tree(decision, a, &n, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = capture_of_merge(keeper_downtime(k), n, seq, time, slice_str(source), &line, &e);
	if (r == ERR_NO || r == ERR_INPUT)
		return; /* none of these, or nothing that anybody could read */
	if (r == 0)
		r = keeper_record(k, LEDGER_CAPTURE, "capture/MERGE", buf_slice(&line), NULL, NULL, &e);
	if (r < 0)
		role_log(k->r, "the merge of entry %" PRIu64 " is not among what goes back to the EHR, and has to be done there by hand: %s", seq, e.text);
}

void op_capture(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)4 << 20);
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct capture item;
	struct err e = {0};
	int r = asker_read(k, ch, &c, MAY_CAPTURE, &who, &e);
	bool wait = cur_u8(&c);
	struct slice body = cur_take(&c, cur_left(&c));
	if (c.failed) {
		keeper_chan_drop(k, ch, "a bad item");
		return;
	}
	if (r == 0 && !a)
		r = err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = capture_read(body, a, &item, &e);
	if (r == 0 && !slice_eq_str(item.by, who.user)) /* who did it stands in on_behalf_of */
		r = err_set(&e, ERR_DENIED, "by", "an item is written down by who has signed in");
	if (r < 0)
		reply_err(ch, f->tag, &e);
	else
		keeper_store_for_web(k, ch, f->tag, &who, LEDGER_CAPTURE, "capture", body, true, wait);
}

/* The key of the station, as the source of what it brought: capture/W3K7. */
void keeper_capture_source(struct slice body, char out[LEDGER_SOURCE_MAX + 1])
{
	AUTO_ARENA struct arena *a = arena_new((size_t)4 << 20);
	struct capture c;
	struct slice key = SLICE("import"), rest;
	if (a && capture_read(body, a, &c, NULL) == 0) {
		struct slice s = slice_cut(c.id, '-', &rest);
		if (rest.p && s.n >= 2 && s.n <= 12)
			key = s;
	}
	snprintf(out, LEDGER_SOURCE_MAX + 1, "capture/%.*s", SLICE_FMT(key));
}

void keeper_capture_note(struct keeper *k, uint8_t kind, uint64_t seq, int64_t time, struct slice body)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)4 << 20);
	struct capture c;
	struct json_node *n;
	struct slice scan, line = slice_cut(body, '\n', &scan);
	if (!a || !body.n)
		return;
	if (kind == LEDGER_CAPTURE && capture_read(body, a, &c, NULL) == 0) {
		remember(k, print(k, c.id), print(k, body), seq);
		keeper_station_item(k, c.id);
	} else if (kind == LEDGER_BACKLOAD && k->captures && k->captures->newest <= seq)
		k->captures->newest = seq + 1;
	else if (kind == LEDGER_DOWNTIME && json_tree(line, a, &n, NULL) == 0 && slice_eq_str(json_text(n, "what"), "block"))
		note_key(k, json_text(n, "key"));
	else if (kind == LEDGER_DOWNTIME && own(k) && json_tree(line, a, &n, NULL) == 0)
		(void)downtime_apply(&k->captures->downtime, n, seq, time);
}

/* ---- the cache ---- */

void keeper_capture_save(const struct keeper *k, struct jsonw *w)
{
	const struct keeper_captures *c = k->captures;
	char text[64];
	jsonw_obj(w);
	jsonw_key(w, "items");
	jsonw_arr(w);
	for (size_t i = 0; c && i < c->size; i++)
		if (c->v[i].id) {
			snprintf(text, sizeof text, "%" PRIu64 ",%" PRIu64 ",%" PRIu64, c->v[i].id, c->v[i].bytes, c->v[i].seq);
			jsonw_str(w, text);
		}
	jsonw_arr_end(w);
	jsonw_key(w, "keys");
	jsonw_arr(w);
	for (size_t i = 0; c && i < c->key_n; i++)
		jsonw_str(w, c->keys[i]);
	jsonw_arr_end(w);
	jsonw_key(w, "downtime");
	keeper_downtime_put(keeper_downtime(k), true, w);
	jsonw_obj_end(w);
}

bool keeper_capture_load(struct keeper *k, const struct json_node *n)
{
	const struct json_node *items = json_get(n, "items"), *keys = json_get(n, "keys");
	for (const struct json_node *i = items ? items->child : NULL; i; i = i->next) {
		struct slice rest, more, id = slice_cut(i->value, ',', &rest), bytes = slice_cut(rest, ',', &more);
		uint64_t v[3];
		if (num_u64(id, 1, UINT64_MAX, &v[0]) == 0 && num_u64(bytes, 1, UINT64_MAX, &v[1]) == 0 && num_u64(more, 0, UINT64_MAX, &v[2]) == 0)
			remember(k, v[0], v[1], v[2]);
	}
	for (const struct json_node *i = keys ? keys->child : NULL; i; i = i->next)
		note_key(k, i->value);
	return own(k) && keeper_downtime_load(json_get(n, "downtime"), &k->captures->downtime);
}

void keeper_capture_forget(struct keeper *k)
{
	if (!k->captures)
		return;
	free(k->captures->v);
	free(k->captures->keys);
	free(k->captures);
	k->captures = NULL;
}
