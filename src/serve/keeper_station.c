/* keeper_station: wards' PCs. Which stations there are is entries of kind station, and this table of them; what a station brings is opened here, where the site's key is, and each item is accepted once (keeper_capture.c). A file that
 * no enrolled station has signed is not opened. Who brings it does not matter: the station's signature says whose it is, and the items name who wrote them. */
#include "keeper.h"
#include "station.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>

#define STATIONS_MAX 2000
#define KEY_LETTERS "ABCDEFGHJKLMNPQRSTUVWXYZ23456789" /* without I and O, which paper makes 1 and 0 of */
#define KEY_TRIES 16

struct kstation {
	char key[STATION_KEY_MAX + 1], name[STATION_NAME_MAX + 1], unit[STATION_UNIT_MAX + 1], machine[2 * SEAL_HASH + 1], vkey[256], to[80], queue[33];
	bool revoked;
	uint64_t last, doubled; /* the highest number of its items that is here; items that said something else under an id that was there */
	int64_t since, heard;
};
struct stations {
	struct kstation *v;
	size_t n;
};

static struct kstation *by_key(struct keeper *k, struct slice key)
{
	for (size_t i = 0; k->stations && i < k->stations->n; i++)
		if (slice_eq_str(key, k->stations->v[i].key))
			return &k->stations->v[i];
	return NULL;
}

static void put_text(char *out, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : size - 1;
	if (n)
		memcpy(out, s.p, n);
	out[n] = 0;
}

/* ---- the table ---- */

static struct kstation *slot(struct keeper *k, struct slice key)
{
	struct kstation *x = by_key(k, key);
	if (x || !key.n || key.n > STATION_KEY_MAX)
		return x;
	if (!k->stations && !(k->stations = calloc(1, sizeof *k->stations)))
		return NULL;
	if (k->stations->n == STATIONS_MAX)
		return NULL;
	struct kstation *v = reallocarray(k->stations->v, k->stations->n + 1, sizeof *v);
	if (!v)
		return NULL;
	k->stations->v = v;
	x = &v[k->stations->n++];
	*x = (struct kstation){.last = 0};
	put_text(x->key, sizeof x->key, key);
	return x;
}

void keeper_station_note(struct keeper *k, int64_t time, const struct json_node *n)
{
	struct slice what = json_text(n, "what");
	bool enrolled = slice_eq_str(what, "enrolled");
	struct kstation *x = enrolled ? slot(k, json_text(n, "key")) : by_key(k, json_text(n, "key"));
	if (!x)
		return;
	if (slice_eq_str(what, "revoked"))
		x->revoked = true;
	if (!enrolled)
		return;
	put_text(x->name, sizeof x->name, json_text(n, "name"));
	put_text(x->unit, sizeof x->unit, json_text(n, "unit"));
	put_text(x->machine, sizeof x->machine, json_text(n, "machine"));
	put_text(x->vkey, sizeof x->vkey, json_text(n, "vkey"));
	put_text(x->to, sizeof x->to, json_text(n, "to"));
	x->since = time;
}

/* An item that is in the ledger: KEY-000123. */
void keeper_station_item(struct keeper *k, struct slice id)
{
	struct slice number, key = slice_cut(id, '-', &number);
	struct kstation *x = by_key(k, key);
	uint64_t n;
	if (x && num_u64(number, 1, INT64_MAX, &n) == 0 && n > x->last)
		x->last = n;
}

static void put_one(const struct kstation *x, bool all, struct jsonw *w)
{
	jsonw_obj(w);
	jsonw_kstr(w, "key", x->key);
	jsonw_kstr(w, "name", x->name);
	jsonw_kstr(w, "unit", x->unit);
	jsonw_kbool(w, "revoked", x->revoked);
	jsonw_ku64(w, "last", x->last);
	jsonw_ku64(w, "doubled", x->doubled);
	if (all) {
		jsonw_kstr(w, "machine", x->machine);
		jsonw_kstr(w, "vkey", x->vkey);
		jsonw_kslice_opt(w, "queue", slice_str(x->queue));
		jsonw_ki64(w, "since", x->since);
		jsonw_ki64(w, "heard", x->heard);
	} else {
		jsonw_ktime(w, "enrolled", x->since);
		if (x->heard)
			jsonw_ktime(w, "heard", x->heard);
	}
	jsonw_kstr(w, "to", x->to);
	jsonw_obj_end(w);
}

void keeper_station_save(const struct keeper *k, struct jsonw *w)
{
	jsonw_arr(w);
	for (size_t i = 0; k->stations && i < k->stations->n; i++)
		put_one(&k->stations->v[i], true, w);
	jsonw_arr_end(w);
}

void keeper_station_load(struct keeper *k, const struct json_node *list)
{
	for (const struct json_node *n = list && list->type == JSON_ARR ? list->child : NULL; n; n = n->next) {
		struct kstation *x = slot(k, json_text(n, "key"));
		const struct json_node *revoked = json_get(n, "revoked");
		if (!x)
			return;
		put_text(x->name, sizeof x->name, json_text(n, "name"));
		put_text(x->unit, sizeof x->unit, json_text(n, "unit"));
		put_text(x->machine, sizeof x->machine, json_text(n, "machine"));
		put_text(x->vkey, sizeof x->vkey, json_text(n, "vkey"));
		put_text(x->to, sizeof x->to, json_text(n, "to"));
		put_text(x->queue, sizeof x->queue, json_text(n, "queue"));
		x->revoked = revoked && revoked->type == JSON_TRUE;
		(void)!num_u64(json_text(n, "last"), 0, INT64_MAX, &x->last);
		(void)!num_u64(json_text(n, "doubled"), 0, INT64_MAX, &x->doubled);
		(void)!num_i64(json_text(n, "since"), 0, INT64_MAX, &x->since);
		(void)!num_i64(json_text(n, "heard"), 0, INT64_MAX, &x->heard);
	}
}

void keeper_station_forget(struct keeper *k)
{
	if (k->stations)
		free(k->stations->v);
	free(k->stations);
	k->stations = NULL;
}

/* ---- enrolled ---- */

static int record(struct keeper *k, uint8_t kind, const struct asker *who, struct buf *b, uint64_t *ret_seq, struct err *e)
{
	int64_t time = 0;
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	if (!buf_ok(b) || !a)
		return err_set(e, a ? buf_code(b) : ERR_MEMORY, NULL, "too long for an entry");
	int r = json_tree(buf_slice(b), a, &n, e);
	if (r == 0)
		r = keeper_record(k, kind, "cli", buf_slice(b), ret_seq, &time, e);
	if (r == 0 && kind == LEDGER_STATION) {
		keeper_station_note(k, time, n);
		accounts_touch(k);
	}
	return r;
}

static int draw_key(struct keeper *k, char ret[STATION_KEY_MAX + 1], struct err *e)
{
	static struct ledger_epoch epochs[LEDGER_EPOCHS_MAX];
	size_t n = 0;
	uint8_t drawn[5];
	AUTO_CLOSE int fd = openat(k->r->sitefd, "ledger", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "ledger", "cannot be opened");
	int r = ledger_epochs(fd, epochs, &n, e);
	if (r < 0)
		return r;
	seal_random(drawn, sizeof drawn);
	ret[0] = KEY_LETTERS[n % 32]; /* what a lost tail had given out is not given out again */
	for (size_t i = 0; i < sizeof drawn; i++)
		ret[1 + i] = KEY_LETTERS[drawn[i] % 32];
	ret[1 + sizeof drawn] = 0;
	return 0;
}

/* The block of numbers: the key counts as given out from here on, whatever happens. */
static int block(struct keeper *k, const struct asker *who, const struct station_request *q, uint64_t numbers, char key[STATION_KEY_MAX + 1], uint64_t *ret_seq, struct err *e)
{
	int r = ERR_EXISTS;
	for (int i = 0; r == ERR_EXISTS && i < KEY_TRIES; i++) {
		AUTO_BUF struct buf b = {0};
		struct jsonw w;
		buf_init(&b, 1 << 14);
		r = draw_key(k, key, e);
		if (r < 0)
			return r;
		jsonw_init(&w, &b);
		jsonw_obj(&w);
		jsonw_kstr(&w, "what", "block");
		jsonw_kstr(&w, "key", key);
		jsonw_kstr(&w, "unit", q->unit);
		jsonw_ku64(&w, "first", 1);
		jsonw_ku64(&w, "count", numbers);
		jsonw_kstr(&w, "machine", q->machine);
		jsonw_kstr(&w, "by", who->user);
		jsonw_obj_end(&w);
		r = record(k, LEDGER_DOWNTIME, who, &b, ret_seq, e);
	}
	return r;
}

static void put_enrolled(const struct station_request *q, const char *key, uint64_t numbers, const struct asker *who, struct buf *b)
{
	AUTO_BUF struct buf vkey = {0};
	char to[80];
	struct jsonw w;
	buf_init(&vkey, 256);
	note_vkey_format(&q->vkey, &vkey);
	age_recipient_format(&q->to, to);
	jsonw_init(&w, b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "enrolled");
	jsonw_kstr(&w, "key", key);
	jsonw_kstr(&w, "name", q->name);
	jsonw_kstr(&w, "unit", q->unit);
	jsonw_kstr(&w, "machine", q->machine);
	jsonw_kslice(&w, "vkey", buf_slice(&vkey));
	jsonw_kstr(&w, "to", to);
	jsonw_ku64(&w, "numbers", numbers);
	jsonw_kstr(&w, "by", who->user);
	jsonw_obj_end(&w);
}

static int signed_answer(struct keeper *k, const struct station_request *q, const char *key, uint64_t numbers, struct buf *note, struct err *e)
{
	struct station_answer a = {.numbers = numbers, .station = q->vkey, .vkey = k->keys.signing.v, .to = k->keys.care.to, .made = time_now() / TIME_SEC * TIME_SEC};
	AUTO_BUF struct buf text = {0};
	buf_init(&text, 4096);
	snprintf(a.key, sizeof a.key, "%s", key);
	snprintf(a.name, sizeof a.name, "%s", q->name);
	snprintf(a.unit, sizeof a.unit, "%s", q->unit);
	int r = station_answer_text(&a, &text, e);
	return r < 0 ? r : note_sign(&k->keys.signing, buf_slice(&text), note, e);
}

static struct kstation *by_vkey(struct keeper *k, const struct note_vkey *v)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 256);
	note_vkey_format(v, &b);
	for (size_t i = 0; k->stations && i < k->stations->n; i++)
		if (slice_eq_str(buf_slice(&b), k->stations->v[i].vkey))
			return &k->stations->v[i];
	return NULL;
}

static int enrol(struct keeper *k, const struct json_node *n, const struct asker *who, struct jsonw *w, struct err *e)
{
	struct station_request q;
	AUTO_BUF struct buf note = {0};
	AUTO_BUF struct buf b = {0};
	char key[STATION_KEY_MAX + 1];
	uint64_t numbers = 200, seq = 0;
	buf_init(&note, 8192);
	buf_init(&b, 1 << 14);
	int r = station_request_parse(json_text(n, "request"), &q, e);
	if (r == 0 && json_text(n, "numbers").n && num_u64(json_text(n, "numbers"), 1, STATION_NUMBERS_MAX, &numbers) < 0)
		r = err_set(e, ERR_USAGE, "--numbers", "from 1 to %d", STATION_NUMBERS_MAX);
	if (r < 0)
		return r;
	const struct kstation *x = by_vkey(k, &q.vkey);
	if (x && x->revoked)
		return err_set(e, ERR_DENIED, NULL, "the station %s was revoked: make a new one", x->key);
	if (k->stations && k->stations->n == STATIONS_MAX)
		return err_set(e, ERR_LIMIT, NULL, "there are %d stations already", STATIONS_MAX);
	if (x) { /* its answer was lost on the way: the same key again */
		snprintf(key, sizeof key, "%s", x->key);
		r = signed_answer(k, &q, key, numbers, &note, e);
	} else {
		r = block(k, who, &q, numbers, key, &seq, e);
		if (r == 0)
			r = signed_answer(k, &q, key, numbers, &note, e);
		if (r == 0) {
			put_enrolled(&q, key, numbers, who, &b);
			r = record(k, LEDGER_STATION, who, &b, &seq, e);
		}
	}
	if (r < 0)
		return r;
	jsonw_kstr(w, "key", key);
	jsonw_kstr(w, "name", q.name);
	jsonw_kstr(w, "unit", q.unit);
	jsonw_kbool(w, "again", x != NULL);
	jsonw_kslice(w, "answer", buf_slice(&note));
	return 0;
}

static int revoke(struct keeper *k, const struct json_node *n, const struct asker *who, struct jsonw *w, struct err *e)
{
	const struct kstation *x = by_key(k, json_text(n, "key"));
	AUTO_BUF struct buf b = {0};
	struct jsonw out;
	uint64_t seq = 0;
	buf_init(&b, 1 << 14);
	if (!x)
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no station of this key; `holdfast station list` shows those there are");
	if (!slice_trim(json_text(n, "reason")).n)
		return err_set(e, ERR_USAGE, "--reason", "say why: it is recorded");
	jsonw_init(&out, &b);
	jsonw_obj(&out);
	jsonw_kstr(&out, "what", "revoked");
	jsonw_kstr(&out, "key", x->key);
	jsonw_kslice(&out, "reason", json_text(n, "reason"));
	jsonw_kstr(&out, "by", who->user);
	jsonw_obj_end(&out);
	int r = record(k, LEDGER_STATION, who, &b, &seq, e);
	if (r == 0)
		jsonw_ku64(w, "entry", seq);
	return r;
}

/* A pack to print was made for a unit's stations: signed, which is an entry. */
static int sign_pack(struct keeper *k, const struct json_node *n, const struct asker *who, struct jsonw *w, struct err *e)
{
	struct station_pack p = {.made = time_now() / TIME_SEC * TIME_SEC};
	AUTO_BUF struct buf text = {0};
	AUTO_BUF struct buf note = {0};
	AUTO_BUF struct buf b = {0};
	struct slice unit = json_text(n, "unit");
	struct jsonw out;
	uint64_t seq = 0;
	buf_init(&text, 4096);
	buf_init(&note, 8192);
	buf_init(&b, 1 << 14);
	int r = packet_unit_check(unit, e);
	if (r < 0)
		return r;
	put_text(p.unit, sizeof p.unit, unit);
	if (num_u64(json_text(n, "bytes"), 1, INT64_MAX, &p.bytes) < 0 || hex_get(p.sha256, sizeof p.sha256, json_text(n, "sha256")) < 0)
		return err_set(e, ERR_INPUT, NULL, "that is no pack to sign");
	r = station_pack_text(&p, &text, e);
	if (r == 0)
		r = note_sign(&k->keys.signing, buf_slice(&text), &note, e);
	jsonw_init(&out, &b);
	jsonw_obj(&out);
	jsonw_kstr(&out, "what", "pack");
	jsonw_kslice(&out, "unit", unit);
	jsonw_kslice(&out, "sha256", json_text(n, "sha256"));
	jsonw_ku64(&out, "bytes", p.bytes);
	jsonw_ktime(&out, "made", p.made);
	jsonw_kstr(&out, "by", who->user);
	jsonw_obj_end(&out);
	if (r == 0)
		r = record(k, LEDGER_STATION, who, &b, &seq, e);
	if (r == 0)
		jsonw_kslice(w, "note", buf_slice(&note));
	return r;
}

static void list(struct keeper *k, struct jsonw *w)
{
	jsonw_key(w, "stations");
	jsonw_arr(w);
	for (size_t i = 0; k->stations && i < k->stations->n; i++)
		put_one(&k->stations->v[i], false, w);
	jsonw_arr_end(w);
}

void op_station(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	AUTO_BUF struct buf b = {0};
	struct asker who;
	struct json_node *n;
	struct jsonw w;
	struct err e = {0};
	buf_init(&b, (size_t)4 << 20);
	int r = asker_read(k, ch, &c, 0, &who, &e);
	if (r == 0)
		r = a ? json_tree(cur_take(&c, cur_left(&c)), a, &n, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	struct slice what = r == 0 ? json_text(n, "do") : SLICE_NULL;
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	if (r < 0)
		;
	else if (slice_eq_str(what, "enrol"))
		r = enrol(k, n, &who, &w, &e);
	else if (slice_eq_str(what, "revoke"))
		r = revoke(k, n, &who, &w, &e);
	else if (slice_eq_str(what, "pack"))
		r = sign_pack(k, n, &who, &w, &e);
	else if (slice_eq_str(what, "list"))
		list(k, &w);
	else
		r = err_set(&e, ERR_INPUT, NULL, "no such request");
	jsonw_obj_end(&w);
	if (r == 0 && !buf_ok(&b))
		r = err_set(&e, buf_code(&b), NULL, "the answer is too long");
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	buf_add_slice(&ch->c.out, buf_slice(&b));
	reply_end(ch, at);
}

/* ---- what they bring ---- */

struct bringing {
	struct keeper *k;
	struct kstation *x;
	struct jsonw *w;
	struct arena *a;
	char source[LEDGER_SOURCE_MAX + 1];
	uint64_t taken, there, refused, upto;
	struct err stop; /* nothing more is taken now: the disk is full, or nothing can be written */
};

static void put_item(struct bringing *b, const struct station_record *x, struct slice id, uint64_t seq, bool duplicate, const struct err *why)
{
	jsonw_obj(b->w);
	jsonw_ku64(b->w, "n", x->n);
	jsonw_kslice_opt(b->w, "id", id);
	if (why) {
		jsonw_kstr(b->w, "refused", why->text);
	} else {
		jsonw_ku64(b->w, "entry", seq);
		jsonw_kbool(b->w, "duplicate", duplicate);
	}
	jsonw_obj_end(b->w);
}

static int take_item(void *arg, const struct station_record *x, struct err *e)
{
	struct bringing *b = arg;
	struct capture c = {.id = SLICE_NULL};
	struct err why = {0};
	uint64_t seq = 0;
	bool duplicate = false;
	arena_reset(b->a);
	int r = capture_read(x->bytes, b->a, &c, &why);
	struct slice rest, key = r == 0 ? slice_cut(c.id, '-', &rest) : SLICE_NULL;
	if (r == 0 && by_key(b->k, key) && by_key(b->k, key) != b->x)
		r = err_set(&why, ERR_DENIED, "id", "it is under another station's key");
	if (r == 0)
		r = keeper_take(b->k, LEDGER_CAPTURE, b->source, x->bytes, &seq, &duplicate, &why);
	if (r == ERR_FULL || r == ERR_SYSTEM || r == ERR_MEMORY || r == ERR_BUSY) {
		b->stop = why;
		*e = why;
		return r;
	}
	if (r == ERR_EXISTS && b->x)
		b->x->doubled++;
	b->refused += r < 0;
	b->taken += r == 0 && !duplicate;
	b->there += r == 0 && duplicate;
	b->upto = x->n;
	put_item(b, x, c.id, seq, duplicate, r < 0 ? &why : NULL);
	return 0;
}

static int bring(struct keeper *k, struct slice file, struct jsonw *w, struct err *e)
{
	struct station_bundle is;
	struct note_vkey v;
	struct age_identity care[SITE_CARE_MAX];
	AUTO_BUF struct buf plain = {0};
	struct bringing b = {.k = k, .w = w};
	buf_init_secret(&plain, 2 * STATION_BUNDLE_MAX);
	int r = station_bundle_next(&file, &is, e);
	if (r == 0 && file.n)
		r = err_set(e, ERR_INPUT, NULL, "one bundle at a time");
	if (r < 0)
		return r;
	b.x = by_key(k, slice_str(is.key));
	if (!b.x)
		return err_set(e, ERR_DENIED, NULL, "no station of the key %s is enrolled here: is this file another site's?", is.key);
	if (b.x->revoked)
		return err_set(e, ERR_DENIED, NULL, "the station %s was revoked: what it brings is not taken", is.key);
	r = note_vkey_parse(slice_str(b.x->vkey), &v, e);
	if (r == 0)
		r = station_bundle_verify(&is, &v, e);
	if (r < 0)
		return r;
	size_t n = site_care_all(&k->keys, care);
	r = age_open(care, n, is.sealed, &plain, e);
	seal_wipe(care, sizeof care);
	b.a = arena_new((size_t)8 << 20);
	if (r == 0 && !b.a)
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	snprintf(b.source, sizeof b.source, "capture/%s", is.key);
	snprintf(b.x->queue, sizeof b.x->queue, "%s", is.queue);
	jsonw_kstr(w, "station", is.key);
	uint64_t had = b.x->last;
	jsonw_key(w, "items");
	jsonw_arr(w);
	if (r == 0)
		r = station_bundle_items(&is, buf_slice(&plain), take_item, &b, e);
	jsonw_arr_end(w);
	if (r < 0 && b.stop.code && b.upto) /* what was taken is said: the rest comes again */
		r = 0;
	b.x->heard = time_now();
	accounts_touch(k);
	jsonw_ku64(w, "taken", b.taken);
	jsonw_ku64(w, "there", b.there);
	jsonw_ku64(w, "refused", b.refused);
	jsonw_ku64(w, "upTo", b.upto);
	jsonw_ku64(w, "highest", had);
	jsonw_kbool(w, "whole", !b.stop.code);
	arena_free(b.a);
	return r;
}

void op_station_items(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	AUTO_BUF struct buf b = {0};
	struct asker who;
	struct jsonw w;
	struct err e = {0};
	buf_init(&b, (size_t)16 << 20);
	int r = asker_read(k, ch, &c, MAY_STATION, &who, &e);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	if (r == 0)
		r = bring(k, cur_take(&c, cur_left(&c)), &w, &e);
	jsonw_obj_end(&w);
	if (r == 0 && !buf_ok(&b))
		r = err_set(&e, buf_code(&b), NULL, "the answer is too long");
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	buf_add_slice(&ch->c.out, buf_slice(&b));
	reply_end(ch, at);
}
