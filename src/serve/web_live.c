/* Live strips over HTTP (doc/api.md): a device begins one, sends pieces, ends it; who may see charts sees which there are and follows one. Nothing here alarms. */
#include "web_live.h"

#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>

void live_look(const struct live_strip *s, struct live_view *v)
{
	*v = (struct live_view){.t = s->t, .from = live_ring_oldest(&s->ring), .to = s->ring.to, .kept = s->ring.kept, .entries = s->entries, .entry = {s->entry, s->entry_before}, .start = s->start, .last = s->last_wall, .open = true};
	memcpy(v->id, s->id, sizeof v->id);
	memcpy(v->by, s->by, sizeof v->by);
	memcpy(v->trouble, s->trouble, sizeof v->trouble);
	v->state = s->ended ? "ended" : time_monotonic() - s->last > LIVE_SILENT ? "silent" : "live";
}

/* ---- whose it is ---- */

/* By the chart's own rules, of the newest entry that the chart has seen: a strip is matched as any recording is. Before there is one it is unmatched. */
static int whose(struct web_request *q, struct live_view *v, struct err *e)
{
	struct chart *c = web_chart(q);
	struct chart_ecg *g = NULL;
	struct chart_patient *p = NULL;
	struct chart_moment now;
	const char *id = NULL;
	int r = c ? 0 : err_set(e, ERR_BUSY, NULL, "no view");
	for (size_t i = 0; r == 0 && !g && i < ARRAY_LEN(v->entry) && i < v->entries; i++) {
		r = chart_ecg(c, v->entry[i], q->a, &g, e);
		r = r == ERR_NOT_FOUND ? 0 : r;
	}
	if (r == 0 && !g && v->entries > 1)
		r = err_set(e, ERR_BUSY, NULL, "the charts have not reached this strip yet");
	if (r < 0)
		return r;
	v->row = g ? g->patient : NULL;
	if (v->row && v->row->is_protected)
		id = v->row->id;
	if (!v->row && v->t.patient[0] && chart_now(c, &now, e) == 0 && chart_patient(c, slice_str(v->t.patient), now, q->a, &p, NULL, e) == 0 && p->is_protected)
		id = p->id; /* as the sender says: that is enough to be careful with it */
	*e = (struct err){0};
	return id ? keeper_glass(q->w->keeper, &q->who, id, &v->open, e) : 0;
}

static void fail(struct web_request *q, const struct err *e)
{
	if (!q->status) /* where there is no view it was answered */
		web_fail(q, e);
}

static bool only_sends(const struct web_request *q)
{
	return (q->session.may & (MAY_ECG_SEND | MAY_CHART)) == MAY_ECG_SEND;
}

static void who_asks(const struct web_request *q, uint8_t out[SEAL_HASH])
{
	seal_sha256_once(slice_str(q->who.session ? q->who.session : q->who.token), out);
}

/* ---- said ---- */

static void put_decimal(struct jsonw *w, const char *key, double v)
{
	char text[48];
	snprintf(text, sizeof text, "%.9f", v);
	char *end = text + strlen(text) - 1;
	while (*end == '0')
		*end-- = 0;
	if (*end == '.')
		*end = 0;
	jsonw_key(w, key);
	jsonw_raw(w, slice_str(text));
}

static void put_time(struct jsonw *w, const char *key, int64_t t)
{
	jsonw_key(w, key);
	if (t) {
		char text[32];
		jsonw_str(w, time_rfc3339(t, 3, text));
	} else {
		jsonw_null(w);
	}
}

static void put_claimed(struct jsonw *w, const struct live_terms *t)
{
	const struct {
		const char *member, *v;
	} all[] = {{"patient", t->patient}, {"id", t->id}, {"assigner", t->assigner}, {"family", t->family}, {"given", t->given}, {"birth", t->birth}, {"sex", t->sex}};
	bool any = false;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		any = any || all[i].v[0];
	jsonw_key(w, "claimed");
	if (!any) {
		jsonw_null(w);
		return;
	}
	jsonw_obj(w);
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		jsonw_kslice_opt(w, all[i].member, slice_str(all[i].v));
	jsonw_obj_end(w);
}

static void put_numbers(struct jsonw *w, const struct live_view *v)
{
	jsonw_ku64(w, "to", v->to);
	jsonw_ku64(w, "kept", v->kept);
	put_time(w, "start", v->start);
	put_time(w, "lastAt", v->last);
	jsonw_kstr(w, "state", v->state);
	if (v->trouble[0])
		jsonw_kstr(w, "notKept", v->trouble);
}

static void put_strip(struct jsonw *w, const struct live_view *v, bool sender)
{
	jsonw_obj(w);
	jsonw_kstr(w, "id", v->id);
	jsonw_key(w, "leads");
	jsonw_arr(w);
	for (unsigned i = 0; i < v->t.leads; i++)
		jsonw_str(w, v->t.lead[i].name);
	jsonw_arr_end(w);
	put_decimal(w, "rateHz", v->t.rate);
	jsonw_kstr(w, "device", v->t.device);
	jsonw_ku64(w, "from", v->from);
	put_numbers(w, v);
	jsonw_ku64(w, "entries", v->entries);
	if (!sender) {
		jsonw_kstr(w, "by", v->by);
		jsonw_key(w, "entry");
		if (v->entries)
			jsonw_u64(w, v->entry[0]);
		else
			jsonw_null(w);
		jsonw_key(w, "patient");
		if (v->row)
			chart_json_who(w, v->row, !v->open);
		else
			jsonw_null(w);
		if (v->open)
			put_claimed(w, &v->t);
	}
	jsonw_obj_end(w);
}

/* What is answered to a device: up to where it has come, and up to where it may forget it. */
void live_told(struct web_request *q, const struct live_view *v, int status, bool twice)
{
	struct jsonw w;
	buf_reset(&q->out);
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "id", v->id);
	put_numbers(&w, v);
	jsonw_ku64(&w, "entries", v->entries);
	if (twice)
		jsonw_kbool(&w, "twice", true);
	jsonw_obj_end(&w);
	web_json(q, status);
}

/* ---- which there are ---- */

static size_t copy_all(struct web_request *q, bool own, struct live_view **ret, uint64_t *ret_changes)
{
	struct live_house *h = q->web->live;
	size_t n = 0;
	pthread_mutex_lock(&h->lock);
	*ret = arena_array(q->a, h->count + 1, sizeof **ret);
	*ret_changes = h->changes;
	for (const struct live_strip *s = *ret ? h->strips : NULL; s; s = s->next)
		if (!own || !strcmp(s->by, q->session.user))
			live_look(s, &(*ret)[n++]);
	pthread_mutex_unlock(&h->lock);
	return n;
}

static int audit_list(struct web_request *q, uint64_t changes)
{
	struct live_house *h = q->web->live;
	uint8_t who[SEAL_HASH];
	who_asks(q, who);
	pthread_mutex_lock(&h->lock);
	bool opened = live_opened(h->opener, who, changes);
	pthread_mutex_unlock(&h->lock);
	int r = opened ? 0 : web_audit(q, "search", NULL, "live", UINT64_MAX, NULL);
	if (r == 0 && !opened) {
		pthread_mutex_lock(&h->lock);
		live_opened_now(h->opener, who, changes);
		pthread_mutex_unlock(&h->lock);
	}
	return r;
}

static void list(struct web_request *q)
{
	bool own = only_sends(q);
	struct err e = {0};
	struct live_view *v;
	struct jsonw w;
	uint64_t changes;
	if (!own && !web_may(q, MAY_CHART))
		return;
	size_t n = copy_all(q, own, &v, &changes);
	for (size_t i = 0; i < n && !own; i++)
		if (whose(q, &v[i], &e) < 0) {
			fail(q, &e);
			return;
		}
	if (!own && n && audit_list(q, changes) < 0)
		return;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "strips");
	jsonw_arr(&w);
	for (size_t i = 0; i < n; i++)
		put_strip(&w, &v[i], own);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	web_json(q, 200);
}

/* ---- one, as it comes ---- */

/* An opening is recorded, not each question; whose strip it is may become known meanwhile, and that is another opening. */
static int audit_one(struct web_request *q, const struct live_view *v)
{
	struct live_house *h = q->web->live;
	uint8_t who[SEAL_HASH], of[SEAL_HASH];
	uint64_t number;
	char what[40];
	const char *id = v->row ? v->row->id : NULL;
	who_asks(q, who);
	seal_sha256_once(slice_str(id), of);
	memcpy(&number, of, sizeof number);
	pthread_mutex_lock(&h->lock);
	struct live_strip *s = live_find(h, slice_str(v->id));
	bool opened = s && live_opened(s->opener, who, number);
	pthread_mutex_unlock(&h->lock);
	if (opened)
		return 0;
	snprintf(what, sizeof what, "live/%s", v->id);
	int r = web_audit(q, "view", id, what, v->entries ? v->entry[0] : UINT64_MAX, NULL);
	if (r < 0)
		return r;
	pthread_mutex_lock(&h->lock);
	if ((s = live_find(h, slice_str(v->id))))
		live_opened_now(s->opener, who, number);
	pthread_mutex_unlock(&h->lock);
	return 0;
}

static void put_samples(struct jsonw *w, const struct live_view *v, int16_t *x, uint64_t n)
{
	AUTO_BUF struct buf text = {0};
	buf_init(&text, (size_t)1 << 20);
	jsonw_key(w, "leads");
	jsonw_arr(w);
	for (unsigned i = 0; i < v->t.leads; i++) {
		buf_reset(&text);
		for (uint64_t k = 0; k < n; k++)
			x[i * n + k] = (int16_t)htole16((uint16_t)x[i * n + k]);
		base64_put(&text, slice_of(x + i * n, (size_t)n * sizeof *x));
		jsonw_obj(w);
		jsonw_kstr(w, "name", v->t.lead[i].name);
		put_decimal(w, "uv", v->t.lead[i].uv);
		jsonw_kslice(w, "data", buf_slice(&text));
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

/* From where to where an answer goes: at most half a minute, of what is still here. */
static void stretch(const char *asked, const struct live_ring *r, double rate, uint64_t *ret_from, uint64_t *ret_to)
{
	uint64_t from, oldest = live_ring_oldest(r), ten = (uint64_t)(10 * rate), most = (uint64_t)(LIVE_ANSWER_S * rate);
	if (!asked || num_u64(slice_str(asked), 0, LIVE_AT_MAX, &from) < 0)
		from = r->to > ten ? r->to - ten : 0;
	from = from < oldest ? oldest : from > r->to ? r->to : from;
	*ret_from = from;
	*ret_to = r->to - from > most ? from + most : r->to;
}

static void follow(struct web_request *q, const char *id)
{
	struct live_house *h = q->web->live;
	struct err e = {0};
	struct live_view v;
	struct jsonw w;
	uint64_t from, to, wait = web_number(q, "wait", 0, LIVE_WAIT_MAX);
	uint8_t who[SEAL_HASH];
	if (!web_may(q, MAY_CHART))
		return;
	pthread_mutex_lock(&h->lock);
	struct live_strip *s = live_find(h, slice_str(id));
	if (s)
		live_look(s, &v);
	pthread_mutex_unlock(&h->lock);
	if (!s) {
		web_error(q, 404, "not-found", "There is no such strip, or not any more: what came of it is among the ECGs.");
		return;
	}
	if (whose(q, &v, &e) < 0) {
		fail(q, &e);
		return;
	}
	if (!v.open) {
		web_error(q, 403, "protected", "This record is protected. Say why you need it to open it; the reason is recorded.");
		return;
	}
	if (audit_one(q, &v) < 0)
		return;
	who_asks(q, who);
	int16_t *x = arena_array(q->a, (size_t)(LIVE_ANSWER_S * v.t.rate + 1) * v.t.leads, sizeof *x);
	const struct chart_row *row = v.row;
	pthread_mutex_lock(&h->lock);
	s = live_find(h, slice_str(id));
	from = to = 0;
	if (s) {
		stretch(web_query(q, "from"), &s->ring, s->t.rate, &from, &to);
		if (from == to && wait && !q->woken && !s->ended) {
			q->parked = true; /* before: from there on another thread may answer */
			if (live_park(h, q, s, time_monotonic() + (int64_t)wait * (TIME_SEC / 1000), who)) {
				pthread_mutex_unlock(&h->lock);
				return;
			}
			q->parked = false; /* too many wait: answered at once, and to be asked again after a moment */
			q->retry_after = 1;
		}
		live_look(s, &v);
		for (unsigned i = 0; x && i < s->t.leads; i++)
			live_ring_read(&s->ring, i, from, (size_t)(to - from), x + i * (to - from));
	}
	pthread_mutex_unlock(&h->lock);
	if (!s || !x) {
		web_error(q, s ? 503 : 404, s ? "memory" : "not-found", s ? "No memory for this request." : "There is no such strip any more: what came of it is among the ECGs.");
		return;
	}
	v.row = row;
	v.to = to;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_ku64(&w, "from", from);
	put_decimal(&w, "rateHz", v.t.rate);
	put_numbers(&w, &v);
	put_samples(&w, &v, x, to - from);
	jsonw_obj_end(&w);
	web_json(q, 200);
}

/* ---- what devices do ---- */

static void remember(struct live_strip *s, const struct web_request *q)
{
	const char *secret = q->who.session ? q->who.session : q->who.token;
	snprintf(s->secret, sizeof s->secret, "%s", secret);
	memcpy(s->address, q->address, sizeof s->address);
	s->is_token = q->who.token != NULL;
}

/* That the keeper is busy is said to the device, who comes again, and not to the journal at each piece. */
void live_later(struct web_request *q, const struct err *e)
{
	q->retry_after = e->code == ERR_BUSY ? 1 : 0;
	e->code == ERR_BUSY ? web_error(q, 503, "busy", "%s", e->text) : web_fail(q, e);
}

#define SETTLE_MS 1000                 /* one request waits so long for the charts */
#define SETTLE_MOST (60 * TIME_SEC)    /* ... all of them so long: then a strip begins where the device says */

/* A web role before this one may have kept more of a strip than its device heard of. The charts say how far, once they have what stood in the ledger when we began. */
static int settle(struct web_request *q, struct err *e)
{
	struct live_house *h = q->web->live;
	struct keeper_session now = q->session;
	int64_t until = time_monotonic() + SETTLE_MS * (TIME_SEC / 1000);
	for (;;) {
		pthread_mutex_lock(&h->lock);
		if (!h->before)
			h->before = now.view.total;
		h->settled = h->settled || now.view.done >= h->before || now.view.state == VIEW_PINNED || time_now() - q->web->started > SETTLE_MOST;
		bool settled = h->settled;
		pthread_mutex_unlock(&h->lock);
		if (settled)
			return 0;
		if (time_monotonic() > until)
			return err_set(e, ERR_BUSY, NULL, "the charts have not read yet what was kept before: begin this strip again in a moment");
		poll(NULL, 0, 50);
		int r = keeper_check(q->w->keeper, &q->who, &now, e);
		if (r < 0)
			return r;
	}
}

static int before_us(struct web_request *q, const struct live_terms *t, struct chart_strip_kept *ret, struct err *e)
{
	struct live_house *h = q->web->live;
	char id[24];
	live_name(q->session.user, t->key, id);
	pthread_mutex_lock(&h->lock);
	bool known = live_find(h, slice_str(id)) != NULL;
	pthread_mutex_unlock(&h->lock);
	*ret = (struct chart_strip_kept){.end = 0};
	if (known)
		return 0;
	int r = settle(q, e);
	struct chart *c = r == 0 ? web_chart(q) : NULL;
	if (r == 0 && !c && time_now() - q->web->started > SETTLE_MOST) { /* no charts at all: a strip is taken all the same */
		q->status = 0;
		return 0;
	}
	return r < 0 ? r : c ? chart_strip_kept(c, id, t->start, t->rate, ret, e) : err_set(e, ERR_BUSY, NULL, "no view");
}

static void begin(struct web_request *q)
{
	struct live_house *h = q->web->live;
	struct live_terms t;
	struct live_strip *s;
	struct chart_strip_kept kept = {.end = 0};
	struct err e = {0};
	struct live_view v;
	bool new;
	if (!web_may(q, MAY_ECG_SEND))
		return;
	int r = live_terms_read(buf_slice(&q->body), &t, &e);
	if (r < 0) {
		web_fail(q, &e);
		return;
	}
	bool resume = t.key[0] && t.start != INT64_MIN; /* without a time of its own it is another strip */
	if (resume && before_us(q, &t, &kept, &e) < 0) {
		if (!q->status)
			live_later(q, &e);
		return;
	}
	pthread_mutex_lock(&h->lock);
	r = live_begin(h, q, &t, &s, &new, &e);
	if (r == 0) {
		if (new && resume)
			live_resume(h, s, &kept);
		remember(s, q);
		live_look(s, &v);
	}
	pthread_mutex_unlock(&h->lock);
	if (r == 0) {
		live_told(q, &v, new ? 201 : 200, false);
		return;
	}
	q->retry_after = r == ERR_BUSY ? 30 : 0;
	r == ERR_BUSY ? web_error(q, 429, "limit", "%s", e.text) : web_fail(q, &e);
}

/* Its own, or there is none. The lock is held where it is given. */
struct live_strip *live_own(struct web_request *q, const char *id)
{
	struct live_house *h = q->web->live;
	if (!web_may(q, MAY_ECG_SEND))
		return NULL;
	pthread_mutex_lock(&h->lock);
	struct live_strip *s = live_find(h, slice_str(id));
	if (s && !strcmp(s->by, q->session.user))
		return s;
	pthread_mutex_unlock(&h->lock);
	web_error(q, 404, "not-found", "This sender has no strip of that id: begin it again with the same key and start, and send what was not kept.");
	return NULL;
}

/* Room is made by keeping what there is; what a device has left out altogether takes none. */
static int add(struct web_request *q, struct live_strip *s, uint64_t at, struct slice bytes, struct err *e)
{
	for (;;) {
		int r = live_ring_add(&s->ring, at, bytes, (uint64_t)(LIVE_JUMP_S * s->t.rate), e);
		if (r != ERR_BUSY)
			return r;
		if (s->ring.kept == s->ring.to)
			live_ring_skip(&s->ring, at);
		else if ((r = live_keep(q->web->live, s, q->w->keeper, &q->who, true, e)) < 0)
			return r;
	}
}

/* The lock is held. */
int live_take(struct web_request *q, struct live_strip *s, uint64_t at, struct slice bytes, struct err *e)
{
	struct live_house *h = q->web->live;
	struct err quiet = {0};
	int r = s->ended ? err_set(e, ERR_EXISTS, NULL, "this strip was ended") : add(q, s, at, bytes, e);
	if (r == LIVE_NEW) {
		remember(s, q);
		s->last = time_monotonic();
		s->last_wall = time_now();
		s->said_silent = false;
		live_wake(h, s);
	}
	if (r >= 0 && !s->keeping && time_monotonic() >= s->again && live_keep(h, s, q->w->keeper, &q->who, false, &quiet) < 0)
		quiet.code = 0; /* the piece is taken all the same: "kept" says how far it is durable, "notKept" why not further */
	return r;
}

static void piece(struct web_request *q, const char *id)
{
	struct live_house *h = q->web->live;
	struct err e = {0};
	const char *number = web_query(q, "at");
	struct live_view v;
	uint64_t at;
	struct live_strip *s = live_own(q, id);
	if (!s)
		return;
	int r = !number || num_u64(slice_str(number), 0, LIVE_AT_MAX, &at) < 0 ? err_set(&e, ERR_INPUT, "at", "that is the number of the piece's first sample") : live_take(q, s, at, buf_slice(&q->body), &e);
	live_look(s, &v);
	pthread_mutex_unlock(&h->lock);
	if (r >= 0) {
		live_told(q, &v, 200, r == LIVE_TWICE);
		return;
	}
	live_later(q, &e);
}

static void end(struct web_request *q, const char *id)
{
	struct live_house *h = q->web->live;
	struct err e = {0};
	struct live_view v;
	int r = 0;
	struct live_strip *s = live_own(q, id);
	if (!s)
		return;
	if (s->ring.kept != s->ring.to)
		r = live_keep(h, s, q->w->keeper, &q->who, true, &e);
	if (r == 0 && s->ring.kept != s->ring.to)
		r = err_set(&e, ERR_BUSY, NULL, "what came before is being kept: ask again");
	if (r == 0 && !s->ended) {
		s->ended = true;
		s->ended_at = time_monotonic();
		live_wake(h, s);
	}
	live_look(s, &v);
	pthread_mutex_unlock(&h->lock);
	if (r == 0) {
		live_told(q, &v, 200, false);
		return;
	}
	live_later(q, &e);
}

/* ---- which is which ---- */

void web_live(struct web_request *q, const char *rest)
{
	struct slice what, name = slice_cut(slice_str(*rest ? rest + 1 : rest), '/', &what);
	bool post = q->method == WEB_POST, get = q->method == WEB_GET, ends = slice_eq_str(what, "end");
	const char *id = arena_strdup(q->a, name);
	if (!q->web->live || !id)
		web_error(q, 503, "memory", "Live strips are not taken here.");
	else if (what.p && !ends)
		web_error(q, 404, "not-found", "Nothing is here.");
	else if (!post && (!get || ends)) {
		q->allow = ends ? "POST" : "GET, POST";
		web_error(q, 405, "method", "Not with this method.");
	} else if (!q->signed_in)
		(void)web_may(q, 0);
	else if (!*id)
		post ? begin(q) : list(q);
	else if (ends)
		end(q, id);
	else
		post ? piece(q, id) : follow(q, id);
}
