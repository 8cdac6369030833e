/* keeper_link: links that open one recording to somebody who has no account. A link is a token of 128 random bits; the ledger holds its SHA-256 alone, in the act that made it, and so does this table, which is read out of
 * those acts (accounts.c: its cache). It is over when its time is, by the clock or by the newest entry, whichever is later: a clock that was put back opens nothing again. What is opened is an entry before a byte of it
 * goes out; where no entry can be written nothing is opened. */
#include "sessions.h"

#include <stdlib.h>

#define LINKS_MAX 20000
#define HOURS_MAX 720
#define OPENED_MAX 600                 /* openings of a link ... */
#define OPENED_WINDOW (3600 * TIME_SEC) /* ... in this long: a page is four */
#define WORDS_MAX 200

struct link {
	char id[12], by[USER_MAX], to[WORDS_MAX + 1];
	uint8_t hash[SEAL_HASH];
	uint64_t ecg;
	int64_t expires, since;
	uint32_t opened;
	bool revoked;
};
struct links {
	struct link *v;
	size_t n;
};

static void copy_text(char *out, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : size - 1;
	if (n)
		memcpy(out, s.p, n);
	out[n] = 0;
}

/* ---- the table ---- */

static struct link *by_id(struct keeper *k, struct slice id)
{
	for (size_t i = 0; k->links && i < k->links->n; i++)
		if (slice_eq_str(id, k->links->v[i].id))
			return &k->links->v[i];
	return NULL;
}

static struct link *by_token(struct keeper *k, const char *token)
{
	uint8_t hash[SEAL_HASH];
	seal_sha256_once(slice_str(token), hash);
	for (size_t i = 0; k->links && i < k->links->n; i++)
		if (seal_equal(hash, k->links->v[i].hash, sizeof hash))
			return &k->links->v[i];
	return NULL;
}

static bool over(const struct keeper *k, const struct link *l)
{
	int64_t now = time_now(), last = ledger_last_time(k->l);
	return l->revoked || (now > last ? now : last) >= l->expires;
}

static struct link *slot(struct keeper *k)
{
	if (!k->links && !(k->links = calloc(1, sizeof *k->links)))
		return NULL;
	struct links *t = k->links;
	if (t->n == LINKS_MAX) { /* the oldest that opens nothing any more gives way: it is not known then, instead of over */
		size_t i = 0;
		while (i < t->n && !over(k, &t->v[i]))
			i++;
		if (i == t->n)
			return NULL;
		memmove(t->v + i, t->v + i + 1, (t->n - i - 1) * sizeof *t->v);
		t->n--;
	}
	struct link *p = reallocarray(t->v, t->n + 1, sizeof *p);
	if (!p)
		return NULL;
	t->v = p;
	p[t->n] = (struct link){.id = ""};
	return &p[t->n];
}

static void put_in(struct keeper *k, const struct json_node *n, bool revoked)
{
	struct link l = {.revoked = revoked};
	copy_text(l.id, sizeof l.id, json_text(n, "id"));
	copy_text(l.by, sizeof l.by, json_text(n, "by"));
	copy_text(l.to, sizeof l.to, json_text(n, "for"));
	if (!l.id[0] || by_id(k, slice_str(l.id)) || hex_get(l.hash, sizeof l.hash, json_text(n, "sha256")) < 0 || num_u64(json_text(n, "ecg"), 0, UINT64_MAX, &l.ecg) < 0 || time_parse(json_text(n, "expires"), 0, &l.expires) < 0)
		return;
	struct link *s = slot(k);
	if (!s)
		return;
	*s = l;
	k->links->n++;
}

void keeper_link_note(struct keeper *k, const struct json_node *act)
{
	struct slice what = json_text(act, "act");
	if (slice_eq_str(what, "share"))
		put_in(k, act, false);
	if (!slice_eq_str(what, "share-revoke"))
		return;
	struct link *l = by_id(k, json_text(act, "id"));
	if (l)
		l->revoked = true;
}

void keeper_link_save(const struct keeper *k, struct jsonw *w)
{
	char t[32];
	jsonw_arr(w);
	for (size_t i = 0; k->links && i < k->links->n; i++) {
		const struct link *l = &k->links->v[i];
		AUTO_BUF struct buf hex = {0};
		buf_init(&hex, 256);
		hex_put(&hex, slice_of(l->hash, sizeof l->hash));
		jsonw_obj(w);
		jsonw_kstr(w, "id", l->id);
		jsonw_kstr(w, "by", l->by);
		jsonw_kstr(w, "for", l->to);
		jsonw_kslice(w, "sha256", buf_slice(&hex));
		jsonw_ku64(w, "ecg", l->ecg);
		jsonw_kstr(w, "expires", time_rfc3339(l->expires, 0, t));
		jsonw_kbool(w, "revoked", l->revoked);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

void keeper_link_load(struct keeper *k, const struct json_node *list)
{
	for (const struct json_node *n = list && list->type == JSON_ARR ? list->child : NULL; n; n = n->next) {
		const struct json_node *r = json_get(n, "revoked");
		put_in(k, n, r && r->type == JSON_TRUE);
	}
}

void keeper_link_forget(struct keeper *k)
{
	if (k->links)
		free(k->links->v);
	free(k->links);
	k->links = NULL;
}

/* ---- an act and what it means ---- */

static int act(struct keeper *k, const char *source, struct buf *json, uint64_t *ret_seq, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	if (!buf_ok(json) || !a)
		return err_set(e, a ? buf_code(json) : ERR_MEMORY, NULL, "that is too much for one act");
	int r = json_tree(buf_slice(json), a, &n, e);
	if (r == 0)
		r = keeper_record(k, LEDGER_ECG_ACT, source, buf_slice(json), ret_seq, NULL, e);
	if (r == 0) {
		keeper_link_note(k, n);
		accounts_touch(k);
	}
	return r;
}

/* ---- made ---- */

static void hex_of(char *out, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", p[i]);
}

static bool words_ok(const char *s, bool may_lack)
{
	size_t n = strlen(s);
	if (n > WORDS_MAX || !utf8_valid(slice_str(s)) || (!may_lack && slice_trim(slice_str(s)).n < 2))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((uint8_t)s[i] < 0x20)
			return false;
	return true;
}

static int is_recording(struct keeper *k, uint64_t seq, struct err *e)
{
	struct ledger_leaf leaf;
	if (seq >= ledger_durable(k->l))
		return err_set(e, ERR_NOT_FOUND, NULL, "the ledger has no entry of that number");
	int r = ledger_read_leaf(k->l, seq, &leaf, e);
	return r == 0 && leaf.kind != LEDGER_ECG ? err_set(e, ERR_NOT_FOUND, NULL, "entry %llu is no ECG", (unsigned long long)seq) : r;
}

void op_link(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	AUTO_BUF struct buf b = {0};
	char to[1024], reason[1024], token[33], id[11], hash_hex[2 * SEAL_HASH + 1], t[32], source[LEDGER_SOURCE_MAX + 1];
	uint8_t drawn[16 + 5], hash[SEAL_HASH];
	uint64_t entry = 0;
	int r = asker_read(k, ch, &c, MAY_ECG_SIGN, &who, &e);
	uint64_t ecg = cur_u64le(&c);
	uint32_t hours = cur_u32le(&c);
	frame_get_text(&c, to, sizeof to);
	frame_get_text(&c, reason, sizeof reason);
	if (r == 0 && (!cur_done(&c) || hours < 1 || hours > HOURS_MAX))
		r = err_set(&e, ERR_INPUT, NULL, "a link is for 1 to %d hours", HOURS_MAX);
	if (r == 0 && (!words_ok(to, false) || !words_ok(reason, true)))
		r = err_set(&e, ERR_INPUT, NULL, "say for whom the link is, and why, in at most %d bytes each", WORDS_MAX);
	if (r == 0)
		r = is_recording(k, ecg, &e);
	if (r == 0 && !slot(k))
		r = err_set(&e, ERR_LIMIT, NULL, "%d links are in use; revoke some first", LINKS_MAX);
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	int64_t now = time_now(), last = ledger_last_time(k->l), expires = (now > last ? now : last) + hours * INT64_C(3600) * TIME_SEC;
	seal_random(drawn, sizeof drawn);
	hex_of(token, drawn, 16);
	hex_of(id, drawn + 16, 5);
	seal_sha256_once(slice_str(token), hash);
	hex_of(hash_hex, hash, sizeof hash);
	struct jsonw w;
	buf_init(&b, FRAME_SMALL);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "act", "share");
	jsonw_ku64(&w, "ecg", ecg);
	jsonw_kstr(&w, "by", who.user);
	jsonw_kstr(&w, "id", id);
	jsonw_kstr(&w, "sha256", hash_hex);
	jsonw_kstr(&w, "expires", time_rfc3339(expires, 0, t));
	jsonw_kstr(&w, "for", to);
	jsonw_kslice_opt(&w, "reason", slice_str(reason));
	jsonw_obj_end(&w);
	keeper_source(&who, "web", source);
	if (act(k, source, &b, &entry, &e) < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	frame_str(&ch->c.out, token);
	frame_str(&ch->c.out, id);
	buf_u64le(&ch->c.out, (uint64_t)expires);
	buf_u64le(&ch->c.out, entry);
	reply_end(ch, at);
	seal_wipe(token, sizeof token);
	seal_wipe(drawn, sizeof drawn);
}

/* ---- taken back ---- */

void op_link_revoke(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	AUTO_BUF struct buf b = {0};
	char id[16], reason[1024], source[LEDGER_SOURCE_MAX + 1];
	uint64_t entry = 0;
	struct jsonw w;
	int r = asker_read(k, ch, &c, MAY_CHART, &who, &e);
	frame_get_text(&c, id, sizeof id);
	frame_get_text(&c, reason, sizeof reason);
	if (r == 0 && (!cur_done(&c) || !words_ok(reason, false)))
		r = err_set(&e, ERR_INPUT, NULL, "say why the link is revoked, in at most %d bytes", WORDS_MAX);
	const struct link *l = r == 0 ? by_id(k, slice_str(id)) : NULL;
	if (r == 0 && !l)
		r = err_set(&e, ERR_NOT_FOUND, NULL, "there is no link of that id");
	if (r == 0 && l->revoked)
		r = err_set(&e, ERR_EXISTS, NULL, "this link was revoked before");
	if (r == 0) {
		buf_init(&b, FRAME_SMALL);
		jsonw_init(&w, &b);
		jsonw_obj(&w);
		jsonw_kstr(&w, "act", "share-revoke");
		jsonw_ku64(&w, "ecg", l->ecg);
		jsonw_kstr(&w, "by", who.user);
		jsonw_kstr(&w, "id", id);
		jsonw_kstr(&w, "reason", reason);
		jsonw_obj_end(&w);
		keeper_source(&who, "web", source);
		r = act(k, source, &b, &entry, &e);
	}
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	buf_u64le(&ch->c.out, entry);
	reply_end(ch, at);
}

/* ---- opened ---- */

static bool too_often(struct link *l)
{
	int64_t now = time_monotonic();
	if (now - l->since > OPENED_WINDOW) {
		l->since = now;
		l->opened = 0;
	}
	return ++l->opened > OPENED_MAX;
}

static int opened(struct keeper *k, const struct link *l, const char *address, const char *what, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	char source[40];
	buf_init(&b, FRAME_SMALL);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "act", "share-open");
	jsonw_ku64(&w, "ecg", l->ecg);
	jsonw_kstr(&w, "id", l->id);
	jsonw_kslice_opt(&w, "what", slice_str(what));
	jsonw_kslice_opt(&w, "address", slice_str(address));
	jsonw_obj_end(&w);
	snprintf(source, sizeof source, "web/link-%s", l->id);
	return act(k, source, &b, NULL, e);
}

void op_link_open(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct err e = {0};
	struct ledger_entry en;
	char token[TOKEN_MAX + 1], address[64], what[24];
	frame_get_text(&c, token, sizeof token);
	frame_get_text(&c, address, sizeof address);
	frame_get_text(&c, what, sizeof what);
	int r = cur_done(&c) ? 0 : err_set(&e, ERR_NOT_FOUND, NULL, "there is no such link");
	struct link *l = r == 0 ? by_token(k, token) : NULL;
	seal_wipe(token, sizeof token);
	if (r == 0 && !l)
		r = err_set(&e, ERR_NOT_FOUND, NULL, "there is no such link");
	if (r == 0 && over(k, l))
		r = err_set(&e, ERR_ERASED, NULL, l->revoked ? "this link was revoked" : "this link is over: its time has passed");
	if (r == 0 && too_often(l))
		r = err_set(&e, ERR_LIMIT, NULL, "this link was opened %d times within an hour; wait until it may be opened again", OPENED_MAX);
	if (r == 0)
		r = ledger_read(k->l, l->ecg, &en, &e);
	if (r == 0 && en.erased)
		r = err_set(&e, ERR_ERASED, NULL, "this recording was erased");
	if (r == 0)
		r = opened(k, l, address, what, &e);
	if (r == 0 && what[0])
		r = ledger_read(k->l, l->ecg, &en, &e); /* again: what an entry's body points to lives until the next one is written or read */
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag); /* goes out after the same commit as the entry */
	buf_u64le(&ch->c.out, l->ecg);
	buf_u64le(&ch->c.out, (uint64_t)l->expires);
	frame_str(&ch->c.out, l->to);
	frame_str(&ch->c.out, l->by);
	frame_str(&ch->c.out, l->id);
	if (what[0])
		buf_add_slice(&ch->c.out, en.body);
	reply_end(ch, at);
}
