/* Feeds and their rhythm; counts by message type.
 *
 * Each feed's silence is judged against its own habit at that hour of the day: a laboratory that sends every 40 s by day and nothing from one to five at night is not
 * stale at three. For each hour (local, by the site's zone) we keep the mean gap between messages (a running mean over about the last 256) and the longest one, which ages
 * by an eighth a day. A gap that covers several hours counts for each of them, so a quiet night is learned in one night.
 *
 *   usual gap    the mean at this hour
 *   stale after  the largest of: a minute; 12 times the mean (were messages independent, such a gap would come once in 160 thousand); 1.5 times the longest
 *                with fewer than 8 gaps at this hour: all hours together, and not under 15 minutes; by the hour in which it became too long, and until it speaks
 *   ageing       from half of that
 *   ended        nobody waits for it, so its silence is none: what came from files that somebody imported, or was captured or restored here, has no rhythm; and a feed that has been silent for half a
 *                year was retired. That is longer than any outage on record after which the same systems came back (Ireland's health service, May to September 2021), so that a feed that an
 *                attack has silenced is never taken for a retired one; and nothing shorter would do: a patient who came in after a laboratory fell silent has nothing of it in this stay, and
 *                misses its results all the same. So it does not count when, or whether, a feed has spoken in the present visit. Sooner only where somebody has said so, by name and with a reason
 *                (`holdfast feed retire`), and until the next message of it: a banner that is always there is read by nobody.
 */
#include "chart_internal.h"

#include <stdlib.h>

#define HOUR (3600 * TIME_SEC)
#define DAY (24 * HOUR)
#define MINUTE (60 * TIME_SEC)
#define GAPS_ENOUGH 8
#define MEAN_OVER 256
#define STALE_LEAST MINUTE
#define STALE_UNLEARNED (15 * MINUTE)
#define STALE_MOST (72 * HOUR)
#define OTHER_FEEDS "(other feeds)"
#define ENDED_AFTER (182 * DAY)
#define FEED_VERSION 3
#define BACKLOG (10 * MINUTE)    /* said so long before it came: caught up, not live */
#define BACKLOG_MOST (40 * DAY) /* older: a sender's clock that is wrong, or an archive */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static unsigned hour_of(int64_t t, int zone_minutes)
{
	return (unsigned)(((floor_div(t, HOUR / 60) + zone_minutes) / 60 % 24 + 24) % 24);
}

/* ---- by name ---- */

static uint32_t bucket_of(struct slice a, struct slice b)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < a.n; i++)
		h = (h ^ a.p[i]) * 16777619u;
	h = (h ^ 0x1f) * 16777619u;
	for (size_t i = 0; i < b.n; i++)
		h = (h ^ b.p[i]) * 16777619u;
	return (h ^ h >> 16) % CHART_BUCKETS;
}

static struct slice shortened(struct slice s)
{
	if (s.n <= CHART_NAME_MAX)
		return s;
	s.n = CHART_NAME_MAX;
	s.n = utf8_valid_prefix(s);
	return s;
}

static void *grown(void *v, size_t *cap, size_t n, size_t size, struct err *e)
{
	if (n < *cap)
		return v;
	size_t more = *cap ? *cap * 2 : 16;
	void *p = reallocarray(v, more, size);
	if (!p) {
		err_set(e, ERR_MEMORY, NULL, "no memory");
		return NULL;
	}
	*cap = more;
	return p;
}

static int feed_find(struct chart *c, struct slice name, struct slice source, struct feed **ret, struct err *e)
{
	name = shortened(name);
	source = shortened(source);
	for (int pass = 0;; pass++) {
		uint32_t b = bucket_of(name, source);
		for (uint32_t i = c->feed_bucket[b]; i; i = c->feeds[i - 1].next_in_bucket)
			if (slice_eq(c->feeds[i - 1].name, name) && slice_eq(c->feeds[i - 1].source, source)) {
				*ret = &c->feeds[i - 1];
				return 0;
			}
		if (c->feed_count < CHART_FEEDS_MAX || pass) {
			struct feed *v = grown(c->feeds, &c->feed_cap, c->feed_count, sizeof *v, e);
			uint8_t *text = v ? malloc(name.n + source.n + 1) : NULL;
			if (v)
				c->feeds = v;
			if (!text)
				return err_set(e, ERR_MEMORY, NULL, "no memory");
			if (name.n)
				memcpy(text, name.p, name.n);
			if (source.n)
				memcpy(text + name.n, source.p, source.n);
			struct feed *x = &c->feeds[c->feed_count++];
			*x = (struct feed){.name = slice_of(text, name.n), .source = slice_of(text + name.n, source.n), .next_in_bucket = c->feed_bucket[b]};
			c->feed_bucket[b] = (uint32_t)c->feed_count;
			*ret = x;
			return 0;
		}
		name = slice_str(OTHER_FEEDS); /* a sender that changes its name with every message is one feed */
		source = SLICE("");
	}
}

static int count_find(struct chart *c, struct slice name, struct count **ret, struct err *e)
{
	name = shortened(name);
	for (int pass = 0;; pass++) {
		uint32_t b = bucket_of(name, SLICE_NULL);
		for (uint32_t i = c->count_bucket[b]; i; i = c->counts[i - 1].next_in_bucket)
			if (slice_eq(c->counts[i - 1].name, name)) {
				*ret = &c->counts[i - 1];
				return 0;
			}
		if (c->count_count < CHART_COUNTS_MAX || pass) {
			struct count *v = grown(c->counts, &c->count_cap, c->count_count, sizeof *v, e);
			uint8_t *text = v ? malloc(name.n + 1) : NULL;
			if (v)
				c->counts = v;
			if (!text)
				return err_set(e, ERR_MEMORY, NULL, "no memory");
			if (name.n)
				memcpy(text, name.p, name.n);
			struct count *x = &c->counts[c->count_count++];
			*x = (struct count){.name = slice_of(text, name.n), .next_in_bucket = c->count_bucket[b]};
			c->count_bucket[b] = (uint32_t)c->count_count;
			*ret = x;
			return 0;
		}
		name = SLICE("(other types)");
	}
}

void feed_forget(struct chart *c)
{
	for (size_t i = 0; i < c->feed_count; i++)
		free((void *)(uintptr_t)c->feeds[i].name.p);
	for (size_t i = 0; i < c->count_count; i++)
		free((void *)(uintptr_t)c->counts[i].name.p);
	free(c->feeds), c->feeds = NULL, c->feed_count = c->feed_cap = 0;
	free(c->counts), c->counts = NULL, c->count_count = c->count_cap = 0;
	memset(c->feed_bucket, 0, sizeof c->feed_bucket);
	memset(c->count_bucket, 0, sizeof c->count_bucket);
}

/* ---- learning ---- */

static void learn_gap(struct feed_hour *h, int64_t gap, int64_t t)
{
	uint32_t day = (uint32_t)(t / DAY);
	for (; h->day < day && h->longest > 0 && h->count; h->day++)
		h->longest -= h->longest / 8;
	h->day = day;
	if (gap > h->longest)
		h->longest = gap;
	int64_t over = h->count < MEAN_OVER ? (int64_t)h->count + 1 : MEAN_OVER;
	h->mean += (gap - h->mean) / over;
	if (h->count < UINT32_MAX)
		h->count++;
}

/* A backlog that is drained after an outage comes in minutes and was said over hours: its rhythm is taken from the sender's clock, or every feed that caught up would be called silent the moment it is
 * itself again. said: MSH-7; INT64_MIN when there is none. */
static void learn(struct feed *x, int64_t t, int64_t said, int zone_minutes)
{
	int64_t clock = said != INT64_MIN && t - said > BACKLOG && t - said < BACKLOG_MOST ? said : t;
	/* several connections interleave: what was said a little before the newest is a message like any other, and no gap */
	if (x->messages && clock > x->clock - BACKLOG) {
		int64_t gap = clock > x->clock ? clock - x->clock : 0, hours = gap ? floor_div(clock, HOUR) - floor_div(x->clock, HOUR) : 0;
		unsigned from = hour_of(x->clock, zone_minutes);
		for (int64_t i = 0; i <= hours && i < 24; i++)
			learn_gap(&x->hour[(from + (unsigned)i) % 24], gap, clock);
	}
	if (clock > x->clock || !x->messages)
		x->clock = clock;
	x->messages++;
	if (t > x->last_time || x->messages == 1)
		x->last_time = t;
}

static void count_minute(struct feed *x, int64_t t)
{
	int64_t m = floor_div(t, MINUTE);
	if (m > x->minute || x->messages == 1) {
		int64_t gone = x->messages == 1 || m - x->minute > 60 ? 60 : m - x->minute;
		for (int64_t i = 0; i < gone; i++)
			x->last_hour[(uint64_t)(m - i) % 60] = 0;
		x->minute = m;
	}
	uint32_t *at = &x->last_hour[(uint64_t)x->minute % 60];
	if (*at < UINT32_MAX)
		++*at;
}

static struct slice count_name(const struct chart_entry *en, const struct facts *f, char room[32])
{
	static const struct {
		uint8_t kind;
		const char *name;
	} kinds[] = {{1, "hl7v2"}, {2, "hl7v2-envelope"}, {3, "hl7v2-fragment"}, {4, "fhir"}, {5, "other"}, {6, "identity"}, {16, "site"}, {17, "pack"}, {18, "quarantine"}, {19, "account"}, {20, "session"},
	             {21, "audit"}, {22, "alarm"}, {23, "config"}, {24, "snapshot"}, {25, "vault-pack"}, {28, "kept"}, {29, "ecg"}, {30, "ecg-act"}, {43, "capture"}, {44, "downtime"}, {45, "backload"}, {47, "contacts"}, {52, "calls"}};
	if (f && f->type.n)
		return f->type;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].kind == en->kind) {
			snprintf(room, 32, "kind %s", kinds[i].name);
			return slice_str(room);
		}
	snprintf(room, 32, "kind %u", en->kind);
	return slice_str(room);
}

int feed_apply(struct chart *c, const struct chart_entry *en, const struct facts *f, struct err *e)
{
	char room[32];
	struct count *n;
	int r = count_find(c, en->erased ? slice_str("(erased)") : count_name(en, f, room), &n, e);
	if (r < 0)
		return r;
	n->count++;
	n->last_entry = en->seq;
	n->dirty = true;
	if (f) {
		n->uninterpreted += f->uninterpreted || f->failed;
		n->problems += f->problems;
	} else if (en->erased) {
		; /* read once, and gone since */
	} else if (en->kind == KIND_HL7V2 || en->kind == KIND_FHIR || en->kind == KIND_HL7V2_FRAGMENT || en->kind == KIND_OTHER || en->kind == KIND_ECG) {
		n->uninterpreted++; /* content that nobody read: unreadable, or in quarantine */
	}
	if (!f || en->kind == KIND_ECG || en->kind == KIND_CONTACTS || en->kind == KIND_CALLS) /* recordings come when somebody is recorded, lists when somebody brings one: no rhythm to be judged by */
		return 0;
	struct feed *x;
	r = feed_find(c, f->feed.n ? f->feed : en->source, en->source, &x, e);
	if (r < 0)
		return r;
	learn(x, c->last_time, f->time.n ? fact_time_ns(f->time, c->zone_minutes) : INT64_MIN, c->zone_minutes);
	count_minute(x, c->last_time);
	x->last_entry = en->seq;
	x->retired = false;
	x->dirty = true;
	return 0;
}

int feed_decided(struct apply *p, const struct json_node *n, struct err *e)
{
	struct chart *c = p->c;
	struct slice what = json_text(n, "what"), name = shortened(json_text(n, "feed"));
	bool retired = slice_eq_str(what, "feed-retired");
	if ((!retired && !slice_eq_str(what, "feed-expected")) || !name.n)
		return 0;
	for (size_t i = 0; i < c->feed_count; i++) {
		struct feed *x = &c->feeds[i];
		if (!slice_eq(x->name, name) || x->retired == retired)
			continue;
		x->retired = retired;
		x->dirty = true;
		c->spoken = p->en->seq + 1; /* the age of what it sent is judged otherwise now */
	}
	return 0;
}

/* ---- as rows ---- */

static void put_feed(struct buf *b, const struct feed *x)
{
	buf_u8(b, FEED_VERSION);
	buf_varint(b, x->messages);
	buf_varint(b, x->last_entry);
	buf_u64be(b, (uint64_t)x->last_time);
	buf_u64be(b, (uint64_t)x->clock);
	for (int i = 0; i < 24; i++) {
		buf_varint(b, (uint64_t)x->hour[i].mean);
		buf_varint(b, (uint64_t)x->hour[i].longest);
		buf_varint(b, x->hour[i].count);
		buf_varint(b, x->hour[i].day);
	}
	buf_u64be(b, (uint64_t)x->minute);
	for (int i = 0; i < 60; i++)
		buf_varint(b, x->last_hour[i]);
	buf_u8(b, x->retired);
}

static int damaged(struct err *e)
{
	return err_set(e, ERR_CORRUPT, "view", "the view's record of its feeds is damaged: rebuild it with 'holdfast view rebuild'");
}

static int get_feed(struct slice blob, struct feed *x, struct err *e)
{
	struct cur in = cur_of(blob);
	uint8_t version = cur_u8(&in);
	x->messages = cur_varint(&in);
	x->last_entry = cur_varint(&in);
	x->last_time = (int64_t)cur_u64be(&in);
	x->clock = (int64_t)cur_u64be(&in);
	for (int i = 0; i < 24; i++) {
		x->hour[i].mean = (int64_t)cur_varint(&in);
		x->hour[i].longest = (int64_t)cur_varint(&in);
		x->hour[i].count = (uint32_t)cur_varint(&in);
		x->hour[i].day = (uint32_t)cur_varint(&in);
	}
	x->minute = (int64_t)cur_u64be(&in);
	for (int i = 0; i < 60; i++)
		x->last_hour[i] = (uint32_t)cur_varint(&in);
	x->retired = cur_u8(&in);
	return cur_done(&in) && version == FEED_VERSION ? 0 : damaged(e);
}

static void put_count(struct buf *b, const struct count *x)
{
	buf_u8(b, FEED_VERSION);
	buf_varint(b, x->count);
	buf_varint(b, x->uninterpreted);
	buf_varint(b, x->problems);
	buf_varint(b, x->last_entry);
}

static int get_count(struct slice blob, struct count *x, struct err *e)
{
	struct cur in = cur_of(blob);
	uint8_t version = cur_u8(&in);
	x->count = cur_varint(&in);
	x->uninterpreted = cur_varint(&in);
	x->problems = cur_varint(&in);
	x->last_entry = cur_varint(&in);
	return cur_done(&in) && version == FEED_VERSION ? 0 : damaged(e);
}

int feed_save(struct chart *c, struct err *e)
{
	AUTO_BUF struct buf b = {0}, key = {0};
	buf_init(&b, 1 << 16);
	buf_init(&key, 1 << 12);
	int r = 0;
	for (size_t i = 0; i < c->feed_count && r == 0; i++) {
		struct feed *x = &c->feeds[i];
		if (!x->dirty)
			continue;
		buf_reset(&b);
		buf_reset(&key);
		buf_add_slice(&key, x->name);
		buf_u8(&key, FACT_US);
		buf_add_slice(&key, x->source);
		put_feed(&b, x);
		r = buf_ok(&b) && buf_ok(&key) ? ASK(c, put_kv, STORE_KV_FEED, buf_slice(&key), buf_slice(&b), e) : err_set(e, ERR_MEMORY, NULL, "no memory");
		x->dirty = r < 0;
	}
	for (size_t i = 0; i < c->count_count && r == 0; i++) {
		struct count *x = &c->counts[i];
		if (!x->dirty)
			continue;
		buf_reset(&b);
		put_count(&b, x);
		r = buf_ok(&b) ? ASK(c, put_kv, STORE_KV_COUNT, x->name, buf_slice(&b), e) : err_set(e, ERR_MEMORY, NULL, "no memory");
		x->dirty = r < 0;
	}
	return r;
}

static int load_feed(void *arg, struct slice key, struct slice blob, struct err *e)
{
	struct chart *c = arg;
	struct slice source, name = slice_cut(key, FACT_US, &source);
	struct feed *x, got = {0};
	int r = get_feed(blob, &got, e);
	if (r == 0)
		r = feed_find(c, name, source, &x, e);
	if (r < 0)
		return r;
	got.name = x->name;
	got.source = x->source;
	got.next_in_bucket = x->next_in_bucket;
	*x = got;
	return 0;
}

static int load_count(void *arg, struct slice key, struct slice blob, struct err *e)
{
	struct chart *c = arg;
	struct count *x, got = {0};
	int r = get_count(blob, &got, e);
	if (r == 0)
		r = count_find(c, key, &x, e);
	if (r < 0)
		return r;
	got.name = x->name;
	got.next_in_bucket = x->next_in_bucket;
	*x = got;
	return 0;
}

int feed_load(struct chart *c, struct err *e)
{
	int r = ASK(c, all_kv, STORE_KV_FEED, load_feed, c, e);
	return r < 0 ? r : ASK(c, all_kv, STORE_KV_COUNT, load_count, c, e);
}

/* ---- questions ---- */

struct feeds_ask {
	struct chart *c;
	int64_t now;
	struct arena *a;
	struct chart_feed *first, **last;
};

static int64_t scaled(int64_t v, int64_t num, int64_t den)
{
	return v > STALE_MOST ? STALE_MOST : v * num / den;
}

/* What comes in on this channel comes when somebody brings it. */
static bool has_rhythm(struct slice source)
{
	static const char *const without[] = {"web/", "capture/", "restore/", "vault/"};
	for (size_t i = 0; i < ARRAY_LEN(without); i++)
		if (slice_starts(source, without[i]))
			return false;
	return !slice_eq_str(source, "import");
}

/* What is usual in the hour of t, and after what silence that hour calls a feed stale. */
static void usual_at(const struct feed *x, int64_t t, int zone_minutes, int64_t *ret_gap, int64_t *ret_stale)
{
	struct feed_hour at = x->hour[hour_of(t, zone_minutes)];
	int64_t least = STALE_LEAST;
	if (at.count < GAPS_ENOUGH) {
		least = STALE_UNLEARNED;
		at = (struct feed_hour){0};
		for (int i = 0; i < 24; i++) {
			const struct feed_hour *h = &x->hour[i];
			uint32_t weight = h->count < MEAN_OVER ? h->count : MEAN_OVER;
			if (!weight)
				continue;
			at.count += weight;
			at.mean += (h->mean - at.mean) * (int64_t)weight / (int64_t)at.count;
			at.longest = h->longest > at.longest ? h->longest : at.longest;
		}
	}
	int64_t stale = least, by_mean = scaled(at.mean, 12, 1), by_longest = scaled(at.longest, 3, 2);
	stale = by_mean > stale ? by_mean : stale;
	stale = by_longest > stale ? by_longest : stale;
	*ret_gap = at.mean;
	*ret_stale = stale > STALE_MOST ? STALE_MOST : stale;
}

/* Each hour that the silence has lasted is asked for itself, the first that calls it stale says since when: what was too long at 13:58 is not well again at 14:00 because that hour is a quieter one, or
 * not known yet. Only a message ends it. */
static void judge(struct chart_feed *to, const struct feed *x, int64_t now, int zone_minutes)
{
	bool stale = false;
	for (int64_t from = x->last_time; !stale && from <= now && from - x->last_time <= STALE_MOST;) {
		int64_t next = (floor_div(from, HOUR / 60) + 60 - (floor_div(from, HOUR / 60) + zone_minutes) % 60) * (HOUR / 60), gap, after;
		usual_at(x, from, zone_minutes, &gap, &after);
		int64_t since = x->last_time + after > from ? x->last_time + after : from;
		stale = since <= now && since < next;
		if (stale) {
			to->usual_gap = gap;
			to->stale_after = since - x->last_time;
		}
		from = next;
	}
	if (!stale)
		usual_at(x, now, zone_minutes, &to->usual_gap, &to->stale_after);
	int64_t age = now - x->last_time;
	to->state = x->messages == 0 ? CHART_NEVER : !has_rhythm(to->source) || x->retired || age >= ENDED_AFTER ? CHART_ENDED : stale || age >= to->stale_after ? CHART_STALE : age >= to->stale_after / 2 ? CHART_AGEING : CHART_FRESH;
	int64_t m = floor_div(now, MINUTE);
	for (int64_t i = 0; i < 60; i++) {
		int64_t minute = m - 59 + i;
		if (minute <= x->minute && minute > x->minute - 60)
			to->last_hour[i] = x->last_hour[(uint64_t)minute % 60];
	}
}

static int ask_feed(void *arg, struct slice key, struct slice blob, struct err *e)
{
	struct feeds_ask *q = arg;
	struct feed x = {0};
	int r = get_feed(blob, &x, e);
	if (r < 0)
		return r;
	struct chart_feed *to = arena_alloc(q->a, sizeof *to);
	struct slice copy = arena_dup(q->a, key);
	if (!to || !copy.p)
		return chart_no_memory(q->a, e);
	to->name = slice_cut(copy, FACT_US, &to->source);
	to->messages = x.messages;
	to->last_entry = x.last_entry;
	to->last_time = x.last_time;
	judge(to, &x, q->now, q->c->zone_minutes);
	*q->last = to;
	q->last = &to->next;
	return 0;
}

int chart_feeds(struct chart *c, int64_t now, struct arena *a, struct chart_feed **ret, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	struct feeds_ask q = {c, now, a, NULL, NULL};
	q.last = &q.first;
	int r = ASK(c, all_kv, STORE_KV_FEED, ask_feed, &q, e);
	if (r == 0)
		*ret = q.first;
	return r;
}

void chart_feed_alarm(struct slice feed, char ret[CHART_ALARM_MAX])
{
	feed.n = feed.n < 80 ? feed.n : 80;
	feed.n = utf8_valid_prefix(feed);
	snprintf(ret, CHART_ALARM_MAX, "feed-%.*s", SLICE_FMT(feed));
}

/* Over how many channels a feed of one name speaks it is one feed: the worst of them that somebody waits for. */
static void judge_by_name(struct chart_source *s, const struct chart_feed *all, struct slice name)
{
	for (const struct chart_feed *f = all; f; f = f->next) {
		if (!slice_eq(f->name, name) || f->state == CHART_NEVER)
			continue;
		bool worse = f->state != CHART_ENDED && (s->state == CHART_ENDED || f->state > s->state);
		if (!s->last_time || worse || (f->state == s->state && f->last_time > s->last_time)) {
			s->state = f->state;
			s->last_time = f->last_time;
			s->stale_after = f->stale_after;
		}
	}
}

static void judge_source(struct chart_source *s, const struct chart_feed *all)
{
	s->state = CHART_ENDED;
	s->last_time = s->stale_after = 0;
	judge_by_name(s, all, shortened(s->feed));
	if (!s->last_time)
		judge_by_name(s, all, slice_str(OTHER_FEEDS));
}

int chart_judge(struct chart *c, struct chart_patient *p, int64_t now, struct arena *a, struct err *e)
{
	struct chart_feed *all;
	int r = chart_feeds(c, now, a, &all, e);
	if (r < 0)
		return r;
	for (int i = 0; i < CHART_SECTIONS; i++) {
		struct chart_section *to = &p->s[i];
		to->feeds_state = to->sources ? CHART_ENDED : CHART_NEVER;
		for (struct chart_source *s = to->sources; s; s = s->next) {
			judge_source(s, all);
			if (s->state != CHART_ENDED && (to->feeds_state == CHART_ENDED || s->state > to->feeds_state))
				to->feeds_state = s->state;
		}
	}
	p->judged = now;
	return 0;
}

struct counts_ask {
	struct arena *a;
	struct chart_count *first, **last;
};

static int ask_count(void *arg, struct slice key, struct slice blob, struct err *e)
{
	struct counts_ask *q = arg;
	struct count x = {0};
	int r = get_count(blob, &x, e);
	if (r < 0)
		return r;
	struct chart_count *to = arena_alloc(q->a, sizeof *to);
	struct slice name = arena_dup(q->a, key);
	if (!to || !name.p)
		return chart_no_memory(q->a, e);
	*to = (struct chart_count){.name = name, .count = x.count, .uninterpreted = x.uninterpreted, .problems = x.problems, .last_entry = x.last_entry};
	*q->last = to;
	q->last = &to->next;
	return 0;
}

int chart_counts(struct chart *c, struct arena *a, struct chart_count **ret, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	struct counts_ask q = {a, NULL, NULL};
	q.last = &q.first;
	int r = ASK(c, all_kv, STORE_KV_COUNT, ask_count, &q, e);
	if (r == 0)
		*ret = q.first;
	return r;
}
