/* The strips of this house that come in now: found, kept as entries, forgotten. One lock for all of them: what is done under it is copying samples. */
#include "web_live.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TICK_MS 250
#define AGAIN (5 * TIME_SEC)
#define CLOSING (5 * TIME_SEC) /* how long what is not kept is tried when the house closes */

struct live_strip *live_find(struct live_house *h, struct slice id)
{
	for (struct live_strip *s = h->strips; s; s = s->next)
		if (slice_eq_str(id, s->id))
			return s;
	return NULL;
}

/* ---- begun ---- */

/* The same device and key are the same strip, also of the web role's successor, which has never heard of it. */
void live_name(const char *by, const char *key, char ret[24])
{
	AUTO_BUF struct buf b = {0}, hex = {0};
	uint8_t hash[SEAL_HASH];
	buf_init(&b, 1024);
	buf_init(&hex, 64);
	if (key[0]) {
		buf_str(&b, by);
		buf_u8(&b, 0);
		buf_str(&b, key);
		seal_sha256_once(buf_slice(&b), hash);
	} else {
		seal_random(hash, sizeof hash);
	}
	hex_put(&hex, slice_of(hash, 8));
	snprintf(ret, 24, "%s", buf_cstr(&hex));
}

void live_resume(struct live_house *h, struct live_strip *s, const struct chart_strip_kept *kept)
{
	if (!kept->entries)
		return;
	live_ring_resume(&s->ring, kept->end);
	s->entries = kept->entries;
	s->entry = s->entry_before = kept->newest;
	h->changes++;
}

static void strip_free(struct live_house *h, struct live_strip *s)
{
	h->count--;
	h->memory -= live_ring_memory(s->t.leads, s->t.rate);
	h->changes++;
	live_ring_done(&s->ring);
	seal_wipe(s->secret, sizeof s->secret);
	free(s);
}

static int room_for(struct live_house *h, const struct live_terms *t, const char *by, struct err *e)
{
	size_t own = 0;
	for (const struct live_strip *s = h->strips; s; s = s->next)
		own += !s->ended && !strcmp(s->by, by);
	if (own >= LIVE_STRIPS_EACH)
		return err_set(e, ERR_BUSY, NULL, "this sender has %d strips already: end one first", LIVE_STRIPS_EACH);
	if (h->count >= LIVE_STRIPS_MAX || h->memory + live_ring_memory(t->leads, t->rate) > LIVE_MEMORY_MAX)
		return err_set(e, ERR_BUSY, NULL, "no more strips are taken at once here: keep this one, and send it later or as a recording");
	return 0;
}

static bool again(struct live_strip *s, const struct live_terms *t, const char *by)
{
	return !strcmp(s->by, by) && live_terms_same(&s->t, t) && (t->start == INT64_MIN || t->start == s->start) && !s->ended;
}

int live_begin(struct live_house *h, const struct web_request *q, const struct live_terms *t, struct live_strip **ret, bool *ret_new, struct err *e)
{
	struct live_strip *s = calloc(1, sizeof *s), *old;
	if (!s)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a strip");
	s->t = *t;
	snprintf(s->by, sizeof s->by, "%s", q->session.user);
	live_name(s->by, t->key, s->id);
	old = live_find(h, slice_str(s->id));
	if (old) {
		bool same = again(old, t, q->session.user);
		free(s);
		if (!same)
			return err_set(e, ERR_EXISTS, NULL, "%s", old->ended ? "the strip of this key was ended: another one needs another key" : "a strip of this key has begun, with other leads, rate, time or patient");
		*ret = old;
		*ret_new = false;
		return 0;
	}
	int r = room_for(h, t, s->by, e);
	if (r == 0)
		r = live_ring_init(&s->ring, t->leads, t->rate, t->from, e);
	if (r < 0) {
		free(s);
		return r;
	}
	s->start = t->start != INT64_MIN ? t->start : (time_now() - (int64_t)((double)t->from / t->rate * 1e9)) / (TIME_SEC / 1000) * (TIME_SEC / 1000);
	s->last = time_monotonic();
	s->next = h->strips;
	h->strips = s;
	h->count++;
	h->memory += live_ring_memory(t->leads, t->rate);
	h->changes++;
	*ret = s;
	*ret_new = true;
	return 0;
}

/* ---- kept ---- */

static int entry_of(const struct live_strip *s, uint64_t from, uint64_t end, struct buf *body, struct err *e)
{
	struct live_stretch x = {.terms = &s->t, .id = s->id, .by = s->by, .start = s->start, .from = from, .n = (size_t)(end - from)};
	AUTO_ARENA struct arena *a = arena_new((size_t)8 << 20);
	int16_t *v = a ? arena_array(a, x.n * s->t.leads, sizeof *v) : NULL;
	if (!v)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a stretch of a strip");
	for (unsigned i = 0; i < s->t.leads; i++) {
		x.lead[i] = v + i * x.n;
		live_ring_read(&s->ring, i, from, x.n, v + i * x.n);
	}
	return live_body(&x, body, e);
}

/* One stretch. The lock is held, and let go while the keeper writes. */
static int keep_one(struct live_house *h, struct live_strip *s, struct keeper_client *k, const struct keeper_who *who, uint64_t from, uint64_t end, struct err *e)
{
	AUTO_BUF struct buf body = {0};
	struct keeper_stored stored = {.seq = 0};
	buf_init(&body, LEDGER_BODY_MAX);
	int r = entry_of(s, from, end, &body, e);
	if (r < 0)
		return r;
	s->keeping = true;
	pthread_mutex_unlock(&h->lock);
	r = keeper_ecg(k, who, buf_slice(&body), false, &stored, e);
	pthread_mutex_lock(&h->lock);
	s->keeping = false;
	pthread_cond_broadcast(&h->changed);
	seal_wipe(body.p, body.n);
	if (r < 0)
		return r;
	live_ring_kept(&s->ring, end);
	h->changes += !s->entries; /* whose it is can be known now */
	s->entries++;
	s->entry_before = s->entry;
	s->entry = stored.seq;
	s->trouble[0] = 0;
	return 0;
}

int live_keep(struct live_house *h, struct live_strip *s, struct keeper_client *k, const struct keeper_who *who, bool all, struct err *e)
{
	uint64_t from, end;
	int64_t now = time_monotonic();
	bool late = s->full && now - s->full > LIVE_LATE, quiet = now - s->last > LIVE_QUIET;
	if (s->keeping)
		return err_set(e, ERR_BUSY, NULL, "what came before is being kept: ask again");
	while (live_ring_due(&s->ring, all, late, quiet, &from, &end)) {
		int r = 0;
		s->full = 0;
		if (live_ring_empty(&s->ring, from, end))
			live_ring_kept(&s->ring, end); /* nothing came: there is nothing to be kept */
		else
			r = keep_one(h, s, k, who, from, end, e);
		if (r < 0) {
			snprintf(s->trouble, sizeof s->trouble, "%.*s", (int)sizeof s->trouble - 1, e->text);
			s->again = time_monotonic() + AGAIN;
			return r;
		}
		if (s->keeping) /* another one was quicker while the lock was free */
			return 0;
		late = false;
	}
	if (!s->full && live_ring_due(&s->ring, false, true, false, &from, &end))
		s->full = now; /* all of it came but a gap */
	return 0;
}

/* ---- who waits ---- */

static void answer(struct live_house *h, struct live_waiter *x)
{
	void *connection = x->connection;
	x->connection = NULL;
	h->web->carrier->wake(connection);
}

void live_wake(struct live_house *h, const struct live_strip *s)
{
	for (size_t i = 0; i < LIVE_WAITERS_MAX; i++)
		if (h->waiter[i].connection && (!s || h->waiter[i].s == s))
			answer(h, &h->waiter[i]);
}

bool live_park(struct live_house *h, const struct web_request *q, const struct live_strip *s, int64_t until, const uint8_t who[SEAL_HASH])
{
	struct live_waiter *room = NULL;
	size_t own = 0;
	if (h->closed || !h->web->carrier->park)
		return false;
	for (size_t i = 0; i < LIVE_WAITERS_MAX; i++) {
		struct live_waiter *x = &h->waiter[i];
		if (!x->connection)
			room = x;
		else
			own += !memcmp(x->who, who, SEAL_HASH);
	}
	if (!room || own >= LIVE_WAITERS_EACH)
		return false;
	*room = (struct live_waiter){.connection = q->connection, .s = s, .until = until};
	memcpy(room->who, who, SEAL_HASH);
	h->web->carrier->park(q->connection);
	return true;
}

/* ---- who has looked ---- */

bool live_opened(struct live_opener *o, const uint8_t who[SEAL_HASH], uint64_t of)
{
	int64_t now = time_monotonic();
	for (size_t i = 0; i < LIVE_OPENERS; i++)
		if (o[i].seen && now - o[i].seen < LIVE_OPENING && o[i].of == of && !memcmp(o[i].who, who, SEAL_HASH)) {
			o[i].seen = now;
			return true;
		}
	return false;
}

void live_opened_now(struct live_opener *o, const uint8_t who[SEAL_HASH], uint64_t of)
{
	struct live_opener *oldest = &o[0];
	for (size_t i = 0; i < LIVE_OPENERS; i++) {
		if (!memcmp(o[i].who, who, SEAL_HASH)) {
			oldest = &o[i];
			break;
		}
		if (o[i].seen < oldest->seen)
			oldest = &o[i];
	}
	*oldest = (struct live_opener){.seen = time_monotonic(), .of = of};
	memcpy(oldest->who, who, SEAL_HASH);
}

/* ---- time passes ---- */

static void keep_silent(struct live_house *h, struct live_strip *s, bool all)
{
	struct err e = {0};
	char secret[TOKEN_MAX + 1], address[64]; /* the strip's own may be written while the lock is free */
	memcpy(secret, s->secret, sizeof secret);
	memcpy(address, s->address, sizeof address);
	struct keeper_who who = {.session = s->is_token ? NULL : secret, .token = s->is_token ? secret : NULL, .address = address};
	int r = live_keep(h, s, h->keeper, &who, all, &e);
	seal_wipe(secret, sizeof secret);
	if (r == ERR_DENIED && s->ended) { /* who sent it may no longer: there is nobody for whom it could be kept */
		s->lost += s->ring.to - s->ring.kept;
		live_ring_kept(&s->ring, s->ring.to);
		role_log(h->web->role, "web: %" PRIu64 " samples of a live strip could not be kept: %s", s->lost, e.text);
	}
}

static void look_at(struct live_house *h, struct live_strip *s, int64_t now)
{
	int64_t silent = now - s->last;
	if (!s->ended && silent > LIVE_SILENT && !s->said_silent) {
		s->said_silent = true;
		live_wake(h, s);
	}
	if (!s->ended && silent > LIVE_FORGET_SILENT) {
		s->ended = true;
		s->ended_at = now;
		h->changes++;
		live_wake(h, s);
	}
	if (!s->keeping && h->keeper && now >= s->again)
		keep_silent(h, s, s->ended);
}

static void forget(struct live_house *h, int64_t now)
{
	for (struct live_strip **at = &h->strips; *at;) {
		struct live_strip *s = *at;
		if (s->ended && now - s->ended_at > LIVE_FORGET_ENDED && !s->keeping && s->ring.kept == s->ring.to) {
			live_wake(h, s);
			*at = s->next;
			strip_free(h, s);
		} else {
			at = &s->next;
		}
	}
}

void live_tick(struct live_house *h, int64_t now)
{
	for (struct live_strip *s = h->strips; s; s = s->next) /* only we take one out */
		look_at(h, s, now);
	forget(h, now);
	for (size_t i = 0; i < LIVE_WAITERS_MAX; i++)
		if (h->waiter[i].connection && h->waiter[i].until <= now)
			answer(h, &h->waiter[i]);
}

static void rest(struct live_house *h)
{
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += TICK_MS * 1000000L;
	if (ts.tv_nsec >= TIME_SEC) {
		ts.tv_sec++;
		ts.tv_nsec -= TIME_SEC;
	}
	while (!h->closed && pthread_cond_timedwait(&h->changed, &h->lock, &ts) != ETIMEDOUT)
		;
}

static void *run(void *arg)
{
	struct live_house *h = arg;
	pthread_mutex_lock(&h->lock);
	while (!h->closed) {
		live_tick(h, time_monotonic());
		rest(h);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

int web_live_open(struct web *w, struct err *e)
{
	struct live_house *h = calloc(1, sizeof *h);
	if (!h)
		return err_set(e, ERR_MEMORY, "web", "no memory");
	h->web = w;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->changed, NULL);
	w->live = h;
	return 0;
}

int web_live_start(struct web *w, struct err *e)
{
	struct live_house *h = w->live;
	int r = keeper_client_new(w->role, &h->keeper, e);
	if (r < 0)
		return r;
	errno = pthread_create(&h->thread, NULL, run, h);
	if (errno)
		return err_sys(e, "web", "cannot start the thread that keeps live strips");
	h->running = true;
	return 0;
}

/* Nobody waits any more, which libmicrohttpd wants before it stops. */
void web_live_stop(struct web *w)
{
	struct live_house *h = w->live;
	pthread_mutex_lock(&h->lock);
	h->closed = true;
	live_wake(h, NULL);
	pthread_cond_broadcast(&h->changed);
	pthread_mutex_unlock(&h->lock);
	if (h->running)
		pthread_join(h->thread, NULL);
	h->running = false;
}

/* What is not kept yet is, if the keeper still listens: an orderly stop loses nothing. */
void web_live_close(struct web *w)
{
	struct live_house *h = w->live;
	int64_t until = time_monotonic() + CLOSING;
	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	while (h->strips) {
		struct live_strip *s = h->strips;
		if (h->keeper && time_monotonic() < until)
			keep_silent(h, s, true);
		h->strips = s->next;
		strip_free(h, s);
	}
	pthread_mutex_unlock(&h->lock);
	keeper_client_free(h->keeper);
	pthread_mutex_destroy(&h->lock);
	pthread_cond_destroy(&h->changed);
	free(h);
	w->live = NULL;
}
