/* wrap: keeper_ecg role_log */
/* Live strips: what a device may say, the ring against a plain model, a stretch as a recording, what is kept when, who waits, and the bounds. */
#include "web_live.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- a keeper and a carrier of our own ---- */

static struct {
	int says;        /* what it answers */
	unsigned asked;
	size_t bytes;
	char key[100];
	char token[64];
} kept;

int __wrap_keeper_ecg(struct keeper_client *c, const struct keeper_who *w, struct slice body, bool wait, struct keeper_stored *ret, struct err *e);
int __wrap_keeper_ecg(struct keeper_client *c, const struct keeper_who *w, struct slice body, bool wait, struct keeper_stored *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	const uint8_t *lf = memchr(body.p, '\n', body.n);
	assert_non_null(lf);
	assert_int_equal(json_tree(slice_of(body.p, (size_t)(lf - body.p)), a, &n, e), 0);
	snprintf(kept.key, sizeof kept.key, "%.*s", SLICE_FMT(json_text(n, "key")));
	snprintf(kept.token, sizeof kept.token, "%s", w->token ? w->token : w->session);
	kept.asked++;
	kept.bytes += body.n;
	if (kept.says < 0)
		return err_set(e, kept.says, NULL, "no");
	*ret = (struct keeper_stored){.seq = 100 + kept.asked};
	return 0;
}

void __wrap_role_log(struct role *r, const char *fmt, ...);
void __wrap_role_log(struct role *r, const char *fmt, ...)
{
}

static unsigned parked, woken;
static void park(void *c) { parked++; }
static void wake(void *c) { woken++; }
static const struct web_carrier carrier = {NULL, NULL, park, wake};

static struct web web;
static struct web_request asker;

static int house(void **state)
{
	memset(&kept, 0, sizeof kept);
	parked = woken = 0;
	web = (struct web){.carrier = &carrier};
	asker = (struct web_request){.web = &web, .session = {.user = "token/bed12"}, .who = {.token = "secret"}, .address = "::1", .connection = &asker};
	return web_live_open(&web, NULL);
}

static int house_down(void **state)
{
	web_live_close(&web);
	return 0;
}

/* ---- what is said ---- */

static int terms(const char *json, struct live_terms *t)
{
	struct err e = {0};
	int r = live_terms_read(slice_str(json), t, &e);
	assert_true(r == 0 || (r == ERR_INPUT && e.text[0]));
	return r;
}

static void what_is_said(void **state)
{
	static const char *const bad[] = {"", "[]", "1", "{}", "{\"leads\":\"II\",\"rateHz\":250,\"uv\":5}", "{\"leads\":[1],\"rateHz\":250,\"uv\":5}", "{\"leads\":[\"\"],\"rateHz\":250,\"uv\":5}", "{\"leads\":[\"II\"],\"rateHz\":24.9,\"uv\":5}",
	                                  "{\"leads\":[\"II\"],\"rateHz\":1000.1,\"uv\":5}", "{\"leads\":[\"II\"],\"rateHz\":1e3,\"uv\":5}", "{\"leads\":[\"II\"],\"rateHz\":\"250\",\"uv\":5}", "{\"leads\":[\"II\"],\"rateHz\":250,\"uv\":0}",
	                                  "{\"leads\":[\"II\"],\"rateHz\":250,\"uv\":-5}", "{\"leads\":[\"II\",\"V1\"],\"rateHz\":250,\"uv\":[5]}", "{\"leads\":[\"a b\"],\"rateHz\":250,\"uv\":5}", "{\"leads\":[\"II\"],\"rateHz\":250,\"uv\":5,\"device\":7}",
	                                  "{\"leads\":[\"II\"],\"rateHz\":250,\"uv\":5,\"device\":\"a\\u0007b\"}", "{\"leads\":[\"II\"],\"rateHz\":250,\"uv\":5,\"start\":\"2026\"}", "{\"leads\":[\"II\"],\"rateHz\":250,\"uv\":5,\"from\":1.5}",
	                                  "{\"leads\":[\"II\"],\"rateHz\":250,\"uv\":5,\"claimed\":{\"birth\":\"today\"}}", "{\"leads\":[\"II\"],\"rateHz\":250,\"uv\":5,\"urgency\":\"now\"}",
	                                  "{\"leads\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\",\"12\",\"13\",\"14\",\"15\",\"16\",\"17\"],\"rateHz\":250,\"uv\":5}"};
	struct live_terms t, u;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(terms(bad[i], &t), ERR_INPUT);
	assert_int_equal(terms("{\"leads\":[\"II\",\"V1\"],\"rateHz\":257.5,\"uv\":[5,4.88],\"device\":\" tele 1 \",\"key\":\"k\",\"start\":\"2026-11-22T03:12:00+01:00\",\"from\":17,\"urgency\":\"stat\",\"claimed\":{\"id\":\"1001\",\"assigner\":\"HOSP\",\"birth\":\"1957-03-12\"}}", &t), 0);
	assert_true(t.leads == 2 && t.rate == 257.5 && t.lead[1].uv == 4.88 && t.from == 17 && t.start == time_from_civil(2026, 11, 22, 2, 12, 0));
	assert_string_equal(t.device, "tele 1");
	assert_string_equal(t.id, "1001");
	assert_int_equal(terms("{\"leads\":[\"II\",\"V1\"],\"rateHz\":257.5,\"uv\":[5,4.88],\"device\":\"tele 1\",\"key\":\"k\",\"urgency\":\"stat\",\"claimed\":{\"id\":\"1001\",\"assigner\":\"HOSP\",\"birth\":\"1957-03-12\"}}", &u), 0);
	assert_true(live_terms_same(&t, &u)); /* start and from are not what it is */
	u.lead[0].uv = 6;
	assert_false(live_terms_same(&t, &u));
}

/* ---- the ring ---- */

#define RATE 25.0
#define LEADS 2u
#define MODEL 40000
static struct {
	int16_t v[MODEL][LEADS];
	bool have[MODEL];
} model;

static void fill(uint8_t *p, uint64_t at, size_t n, unsigned kind)
{
	for (size_t i = 0; i < n; i++)
		for (unsigned l = 0; l < LEADS; l++) {
			uint16_t v = htole16((uint16_t)((at + i) * (3 + l) + kind));
			memcpy(p + (i * LEADS + l) * 2, &v, 2);
		}
}

/* Pieces in any order and of any kind, kept in any steps: the ring has what the model has, and takes and refuses as it does. */
static void as_a_model(void **state)
{
	static uint8_t bytes[700 * LEADS * 2];
	struct live_ring r;
	uint32_t seed = 12345, taken = 0, twice = 0, refused = 0;
	memset(&model, 0, sizeof model);
	assert_int_equal(live_ring_init(&r, LEADS, RATE, 0, NULL), 0);
	uint64_t room = r.room;
	for (int step = 0; step < 20000 && r.to + 1500 < MODEL; step++) {
		seed = seed * 1664525 + 1013904223;
		uint32_t dice = seed >> 8;
		size_t n = 1 + dice % 60;
		uint64_t back = (dice >> 6) % 400, at = dice % 5 ? r.to : r.to > back ? r.to - back : 0;
		if (dice % 11 == 0)
			at = r.to + dice % 90;
		unsigned kind = dice % 17 == 0;
		fill(bytes, at, n, kind);
		bool conflict = false, fills = at + n > r.to, late = false;
		for (uint64_t s = at; s < at + n && s < r.to; s++) {
			int16_t first = (int16_t)(uint16_t)(s * 3 + kind);
			late = late || s < live_ring_oldest(&r) || (!model.have[s] && s < r.kept);
			conflict = conflict || (model.have[s] && model.v[s][0] != first);
			fills = fills || !model.have[s];
		}
		struct err e = {0};
		uint64_t to = r.to;
		int code = live_ring_add(&r, at, slice_of(bytes, n * LEADS * 2), 1000, &e);
		if (conflict || late) {
			assert_int_equal(code, ERR_EXISTS);
			refused++;
		} else if (at + n > r.kept + room) {
			assert_int_equal(code, ERR_BUSY);
		} else {
			assert_int_equal(code, fills ? LIVE_NEW : LIVE_TWICE);
			taken += fills;
			twice += !fills;
		}
		if (code < 0) {
			assert_int_equal(r.to, to);
			assert_true(e.text[0]);
		}
		for (uint64_t s = at; code >= 0 && s < at + n; s++) {
			model.have[s] = true;
			for (unsigned l = 0; l < LEADS; l++)
				model.v[s][l] = (int16_t)(uint16_t)(s * (3 + l) + kind);
		}
		if (code == ERR_BUSY || dice % 29 == 0) {
			uint64_t from, end;
			if (live_ring_due(&r, true, true, true, &from, &end)) {
				assert_true(from >= r.kept && from < end && end <= r.to && end - from <= r.entry);
				live_ring_kept(&r, end);
			}
		}
		assert_true(r.first <= r.kept && r.kept <= r.to && r.to - r.kept <= r.room);
		int16_t out[64];
		uint64_t look = r.to > 50 ? r.to - 50 : 0;
		live_ring_read(&r, 1, look, 64, out);
		for (size_t i = 0; i < 64; i++)
			assert_int_equal(out[i], look + i < r.to && model.have[look + i] ? model.v[look + i][1] : ECG_GAP16);
	}
	assert_true(taken > 100 && twice > 20 && refused > 20);
	live_ring_done(&r);
}

static void stretches(void **state)
{
	static uint8_t bytes[2000 * LEADS * 2];
	struct live_ring r;
	struct err e = {0};
	uint64_t from, end;
	assert_int_equal(live_ring_init(&r, LEADS, RATE, 100, &e), 0); /* goes on from sample 100: the first entry ends where it would have */
	fill(bytes, 100, 2000, 0);
	assert_false(live_ring_due(&r, true, true, true, &from, &end));
	assert_int_equal(live_ring_add(&r, 99, slice_of(bytes, 4), 1000, &e), ERR_EXISTS);
	assert_int_equal(live_ring_add(&r, 110, slice_of(bytes, 100 * 4), 1000, &e), LIVE_NEW);
	assert_false(live_ring_due(&r, false, true, false, &from, &end)); /* ten seconds are 250 samples */
	assert_true(live_ring_due(&r, false, false, true, &from, &end));  /* but for a silent device */
	assert_true(from == 110 && end == 210);
	assert_int_equal(live_ring_add(&r, 220, slice_of(bytes, 100 * 4), 1000, &e), LIVE_NEW);
	assert_false(live_ring_due(&r, false, false, false, &from, &end)); /* a gap: something may come out of order */
	assert_true(live_ring_due(&r, false, true, false, &from, &end));
	assert_true(from == 110 && end == 250);
	live_ring_kept(&r, end);
	assert_int_equal(live_ring_add(&r, 210, slice_of(bytes, 10 * 4), 1000, &e), ERR_EXISTS); /* too late for the gap */
	assert_non_null(strstr(e.text, "too late"));
	assert_int_equal(live_ring_add(&r, 320, slice_of(bytes, 1180 * 4), 1000, &e), LIVE_NEW);
	assert_true(live_ring_due(&r, false, false, false, &from, &end));
	assert_true(from == 250 && end == 1500); /* the end of the minute */
	live_ring_kept(&r, end);
	assert_int_equal(live_ring_add(&r, 1500 + 5000, slice_of(bytes, 40), 1000, &e), ERR_INPUT);   /* further than may be left out */
	assert_int_equal(live_ring_add(&r, 1500 + 5000, slice_of(bytes, 40), 90000, &e), ERR_BUSY);
	live_ring_skip(&r, 6500);
	assert_int_equal(live_ring_add(&r, 6500, slice_of(bytes, 40), 90000, &e), LIVE_NEW);
	assert_true(live_ring_empty(&r, 1500, 6500));
	assert_int_equal(live_ring_add(&r, 1400, slice_of(bytes, 40), 1000, &e), ERR_EXISTS); /* no longer here */
	assert_non_null(strstr(e.text, "too old"));
	assert_int_equal(live_ring_add(&r, 6510, slice_of(bytes, 6), 1000, &e), ERR_INPUT);
	assert_int_equal(live_ring_add(&r, 6510, SLICE_NULL, 1000, &e), ERR_INPUT);
	live_ring_done(&r);
}

/* ---- as a recording ---- */

static void a_recording(void **state)
{
	struct live_terms t;
	struct err e = {0};
	int16_t ii[500], v1[500];
	AUTO_BUF struct buf one = {0}, two = {0};
	AUTO_ARENA struct arena *a = arena_new(64 << 20);
	struct ecg_body b;
	struct ecg *g;
	assert_int_equal(terms("{\"leads\":[\"II\",\"V1\"],\"rateHz\":250,\"uv\":[5,2.5],\"device\":\"tele 1\",\"claimed\":{\"id\":\"1001\"}}", &t), 0);
	for (int i = 0; i < 500; i++) {
		ii[i] = (int16_t)(i >= 100 && i < 200 ? ECG_GAP16 : i * 7 % 900);
		v1[i] = (int16_t)-i;
	}
	struct live_stretch s = {.terms = &t, .id = "0123456789abcdef", .by = "token/bed12", .start = time_from_civil(2026, 11, 22, 3, 12, 0), .from = 2625, .n = 500, .lead = {ii, v1}};
	buf_init(&one, 1 << 20);
	buf_init(&two, 1 << 20);
	assert_int_equal(live_body(&s, &one, &e), 0);
	assert_int_equal(live_body(&s, &two, &e), 0);
	assert_true(slice_eq(buf_slice(&one), buf_slice(&two)));
	assert_int_equal(ecg_body_read(buf_slice(&one), a, &b, &e), 0);
	assert_non_null(memmem(b.head.p, b.head.n, "\"via\":\"live\"", 12));
	assert_non_null(memmem(b.head.p, b.head.n, "\"continues\":\"0123456789abcdef\"", 30)); /* it is not the strip's first */
	assert_non_null(memmem(b.head.p, b.head.n, "\"key\":\"live/0123456789abcdef/2625-3125\"", 38));
	assert_int_equal(ecg_body_open(&b, a, &g, &e), 0);
	assert_true(g->channels == 2 && g->rate == 250 && g->samples == 500 && g->channel[0].lead == ECG_LEAD_II);
	assert_true(slice_eq_str(g->start, "2026-11-22T03:12:10.500Z")); /* in UTC, and said to be */
	float uv[500];
	ecg_read_uv(g, 0, 0, 500, uv);
	for (int i = 0; i < 500; i++)
		assert_true(i >= 100 && i < 200 ? uv[i] != uv[i] : uv[i] == (float)(ii[i] * 5));
	ecg_read_uv(g, 1, 0, 500, uv);
	assert_true(uv[499] == -499 * 2.5f);
	struct facts f;
	facts_init(&f, a);
	ecg_facts(buf_slice(&one), &f);
	bool device = false;
	for (const struct fact *x = f.first->first; x; x = x->next)
		device = device || (x->kind == FACT_ECG && slice_eq_str(fact_part(fact_get(x, FF_DEVICE), 0), "tele 1"));
	assert_true(device);
}

/* ---- the house ---- */

static struct live_strip *strip(const char *key, struct err *e)
{
	char json[200];
	struct live_terms t;
	struct live_strip *s = NULL;
	bool new;
	snprintf(json, sizeof json, "{\"leads\":[\"II\",\"V1\"],\"rateHz\":25,\"uv\":5,\"key\":\"%s\"}", key);
	assert_int_equal(terms(json, &t), 0);
	return live_begin(web.live, &asker, &t, &s, &new, e) < 0 ? NULL : s;
}

static void feed(struct live_strip *s, uint64_t at, size_t n)
{
	static uint8_t bytes[4000 * LEADS * 2];
	fill(bytes, at, n, 0);
	assert_int_equal(live_ring_add(&s->ring, at, slice_of(bytes, n * LEADS * 2), 90000, NULL), LIVE_NEW);
	s->last = time_monotonic();
}

static void begun_and_bounded(void **state)
{
	struct err e = {0};
	struct live_strip *s = strip("a", &e);
	assert_non_null(s);
	assert_ptr_equal(strip("a", &e), s);
	snprintf(asker.session.user, sizeof asker.session.user, "token/bed13");
	struct live_strip *other = strip("a", &e);
	assert_true(other && other != s && strcmp(other->id, s->id)); /* another sender's key is another strip */
	snprintf(asker.session.user, sizeof asker.session.user, "token/bed12");
	s->ended = true;
	assert_null(strip("a", &e));
	assert_int_equal(e.code, ERR_EXISTS);
	for (int i = 0; i < LIVE_STRIPS_EACH; i++) {
		char key[20];
		snprintf(key, sizeof key, "k%d", i);
		assert_non_null(strip(key, &e)); /* an ended one does not count */
	}
	assert_null(strip("more", &e));
	assert_int_equal(e.code, ERR_BUSY);
	for (int i = 0, n = (int)web.live->count; i < LIVE_STRIPS_MAX - n; i++) {
		snprintf(asker.session.user, sizeof asker.session.user, "token/%d", i);
		assert_non_null(strip("k", &e));
	}
	snprintf(asker.session.user, sizeof asker.session.user, "token/last");
	assert_null(strip("k", &e));
	assert_int_equal(e.code, ERR_BUSY);
}

static void memory_bounded(void **state)
{
	struct live_terms t;
	struct live_strip *s;
	struct err e = {0};
	bool new;
	int n = 0, r;
	assert_int_equal(terms("{\"leads\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\",\"12\"],\"rateHz\":1000,\"uv\":5}", &t), 0);
	do {
		snprintf(asker.session.user, sizeof asker.session.user, "token/%d", n);
		r = live_begin(web.live, &asker, &t, &s, &new, &e);
	} while (r == 0 && ++n < LIVE_STRIPS_MAX);
	assert_int_equal(r, ERR_BUSY);
	assert_true(n >= 40 && web.live->memory <= LIVE_MEMORY_MAX);
}

static void kept_when_due(void **state)
{
	const struct keeper_who who = {.token = "secret"};
	struct err e = {0};
	struct live_strip *s = strip("a", &e);
	pthread_mutex_lock(&web.live->lock);
	feed(s, 0, 240);
	assert_int_equal(live_keep(web.live, s, NULL, &who, false, &e), 0);
	assert_int_equal(kept.asked, 0);
	feed(s, 240, 20);
	assert_int_equal(live_keep(web.live, s, NULL, &who, false, &e), 0);
	assert_true(kept.asked == 1 && s->ring.kept == 250 && s->entries == 1 && s->entry == 101);
	feed(s, 260, 3000);
	kept.says = ERR_FULL; /* the disk is full: nothing is lost, and it is said */
	assert_int_equal(live_keep(web.live, s, NULL, &who, false, &e), ERR_FULL);
	assert_true(s->ring.kept == 250 && s->trouble[0]);
	kept.says = 0;
	assert_int_equal(live_keep(web.live, s, NULL, &who, false, &e), 0);
	assert_true(s->ring.kept == 3000 && !s->trouble[0] && s->entries == 3);
	feed(s, 3300, 1300); /* a gap in the minute: it waits, then is kept with it */
	assert_int_equal(live_keep(web.live, s, NULL, &who, false, &e), 0);
	assert_true(s->ring.kept == 3000 && s->full);
	s->full -= 2 * LIVE_LATE;
	assert_int_equal(live_keep(web.live, s, NULL, &who, false, &e), 0);
	assert_true(s->ring.kept == 4500 && s->entries == 4);
	assert_non_null(strstr(kept.key, "/3000-4500"));
	s->keeping = true;
	assert_int_equal(live_keep(web.live, s, NULL, &who, false, &e), ERR_BUSY);
	s->keeping = false;
	assert_int_equal(live_keep(web.live, s, NULL, &who, true, &e), 0);
	assert_true(s->ring.kept == s->ring.to);
	pthread_mutex_unlock(&web.live->lock);
}

static void time_passes(void **state)
{
	struct err e = {0};
	struct live_strip *s = strip("a", &e);
	const uint8_t who[SEAL_HASH] = {1}, her[SEAL_HASH] = {2};
	pthread_mutex_lock(&web.live->lock);
	web.live->keeper = (void *)1; /* nobody looks inside: keeper_ecg is ours */
	snprintf(s->secret, sizeof s->secret, "secret");
	s->is_token = true;
	feed(s, 0, 30);
	int64_t now = time_monotonic();
	for (int i = 0; i < LIVE_WAITERS_EACH; i++)
		assert_true(live_park(web.live, &asker, s, now + TIME_SEC, who));
	assert_false(live_park(web.live, &asker, s, now + TIME_SEC, who)); /* one session takes no more */
	assert_true(live_park(web.live, &asker, s, now + 100 * TIME_SEC, her));
	live_tick(web.live, now);
	assert_int_equal(woken, 0);
	live_tick(web.live, now + 2 * TIME_SEC);
	assert_int_equal(woken, LIVE_WAITERS_EACH);
	assert_int_equal(kept.asked, 0);
	s->last -= 16 * TIME_SEC; /* silent: whoever waits hears it, and what it has sent is kept */
	live_tick(web.live, time_monotonic());
	assert_int_equal(woken, LIVE_WAITERS_EACH + 1);
	assert_true(kept.asked == 1 && s->ring.kept == 30);
	assert_string_equal(kept.token, "secret");
	live_tick(web.live, time_monotonic());
	assert_int_equal(kept.asked, 1);
	feed(s, 30, 30);
	s->last -= LIVE_FORGET_SILENT; /* for an hour: over; its sender may no longer send, and it is let go */
	kept.says = ERR_DENIED;
	live_tick(web.live, time_monotonic());
	assert_true(s->ended && s->ring.kept == 60 && s->lost == 30);
	s->ended_at -= 2 * LIVE_FORGET_ENDED;
	live_tick(web.live, time_monotonic());
	assert_null(web.live->strips);
	assert_true(web.live->count == 0 && web.live->memory == 0);
	assert_int_equal(parked, woken);
	web.live->keeper = NULL;
	pthread_mutex_unlock(&web.live->lock);
}

static void waiters_bounded(void **state)
{
	struct err e = {0};
	struct live_strip *s = strip("a", &e);
	pthread_mutex_lock(&web.live->lock);
	for (unsigned i = 0; i < LIVE_WAITERS_MAX; i++) {
		const uint8_t who[SEAL_HASH] = {(uint8_t)i};
		assert_true(live_park(web.live, &asker, s, 0, who));
	}
	const uint8_t who[SEAL_HASH] = {1, 1};
	assert_false(live_park(web.live, &asker, s, 0, who));
	live_wake(web.live, s);
	assert_int_equal(woken, LIVE_WAITERS_MAX);
	pthread_mutex_unlock(&web.live->lock);
	web_live_stop(&web);
	assert_false(live_park(web.live, &asker, s, 0, who)); /* it closes: nobody begins to wait */
}

static void openings(void **state)
{
	struct live_opener o[LIVE_OPENERS] = {0};
	uint8_t who[SEAL_HASH] = {0};
	assert_false(live_opened(o, who, 7));
	live_opened_now(o, who, 7);
	assert_true(live_opened(o, who, 7));
	assert_false(live_opened(o, who, 8)); /* it is known now whose it is: another look */
	for (unsigned i = 1; i <= LIVE_OPENERS; i++) {
		who[0] = (uint8_t)i;
		live_opened_now(o, who, 7);
		assert_true(live_opened(o, who, 7));
	}
	for (size_t i = 0; i < LIVE_OPENERS; i++)
		o[i].seen -= 2 * LIVE_OPENING;
	assert_false(live_opened(o, who, 7));
}

/* What a server before this one kept is neither kept twice nor taken for other samples; what lies between is a gap. */
static void goes_on_where_it_was_kept(void **state)
{
	struct live_ring r;
	struct err e = {0};
	uint8_t bytes[200];
	int16_t out[100];
	uint64_t from, end;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i % 2 ? 0 : i / 2);
	assert_int_equal(live_ring_init(&r, 1, 25, 0, &e), 0);
	live_ring_resume(&r, 60);
	assert_true(r.kept == 60 && r.to == 60 && !live_ring_due(&r, true, true, true, &from, &end));
	assert_int_equal(live_ring_add(&r, 0, slice_of(bytes, 2 * 50), 1000, &e), LIVE_TWICE);
	assert_int_equal(r.to, 60);
	assert_int_equal(live_ring_add(&r, 0, slice_of(bytes, 2 * 100), 1000, &e), LIVE_NEW); /* sixty of it are durable */
	assert_true(r.kept == 60 && r.to == 100);
	live_ring_read(&r, 0, 60, 40, out);
	for (int i = 0; i < 40; i++)
		assert_int_equal(out[i], 60 + i);
	assert_true(live_ring_due(&r, true, false, false, &from, &end) && from == 60 && end == 100);
	live_ring_done(&r);
	assert_int_equal(live_ring_init(&r, 1, 25, 80, &e), 0); /* the device knows of more than was kept */
	live_ring_resume(&r, 60);
	assert_true(r.first == 80 && r.kept == 80);
	assert_int_equal(live_ring_add(&r, 70, slice_of(bytes, 2), 1000, &e), ERR_EXISTS);
	live_ring_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said), cmocka_unit_test(as_a_model), cmocka_unit_test(stretches), cmocka_unit_test(a_recording), cmocka_unit_test(openings), cmocka_unit_test(goes_on_where_it_was_kept),
		cmocka_unit_test_setup_teardown(begun_and_bounded, house, house_down), cmocka_unit_test_setup_teardown(memory_bounded, house, house_down), cmocka_unit_test_setup_teardown(kept_when_due, house, house_down),
		cmocka_unit_test_setup_teardown(time_passes, house, house_down), cmocka_unit_test_setup_teardown(waiters_bounded, house, house_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
