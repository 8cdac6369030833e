/* Retention, holds and erasures, as entries of kind retention say them (doc/formats.md, section 8). Pure but for what takes a ledger: bodies in, what holds now out.
 *
 * All time is the ledger's: receive times, which never decrease. A quarter is (year * 10 + quarter), UTC. The state is what the entries say in their order: the last rule of a class (and source) counts, a hold stands until an
 * entry lifts it, an erasure is for ever, and a receipt says of one copy what was destroyed there or until when it cannot be.
 */
#include "ledger.h"

#include <stdlib.h>

static const char *const class_names[] = {"care", "files", "catalogue"};

const char *ledger_retain_class_name(int class)
{
	assert(class >= 0 && class < RETAIN_CLASSES);
	return class_names[class];
}

int ledger_retain_class(struct slice s)
{
	for (int i = 0; i < RETAIN_CLASSES; i++)
		if (slice_eq_str(s, class_names[i]))
			return i;
	return -1;
}

/* ---- quarters and terms ---- */

uint32_t ledger_quarter_of(int64_t time)
{
	int y, mo, d, h, mi, s;
	time_civil(time, &y, &mo, &d, &h, &mi, &s);
	return (uint32_t)y * 10 + (uint32_t)(mo - 1) / 3 + 1;
}

void ledger_quarter_format(uint32_t quarter, char out[16])
{
	snprintf(out, 16, "%04uQ%u", (unsigned)(quarter / 10 % 10000), (unsigned)(quarter % 10));
}

int ledger_quarter_parse(struct slice s, uint32_t *ret)
{
	uint64_t y, q;
	if (s.n != 6 || s.p[4] != 'Q' || num_u64(slice_of(s.p, 4), 1970, 2262, &y) < 0 || num_u64(slice_of(s.p + 5, 1), 1, 4, &q) < 0)
		return ERR_INPUT;
	*ret = (uint32_t)(y * 10 + q);
	return 0;
}

int64_t ledger_quarter_end(uint32_t quarter)
{
	int y = (int)(quarter / 10), q = (int)(quarter % 10);
	return q == 4 ? time_from_civil(y + 1, 1, 1, 0, 0, 0) : time_from_civil(y, q * 3 + 1, 1, 0, 0, 0);
}

/* "10y", "8q", "400d", "forever" */
int ledger_keep_parse(struct slice s, struct retain_keep *ret, struct err *e)
{
	uint64_t n;
	if (slice_eq_str(s, "forever")) {
		*ret = (struct retain_keep){.unit = 0};
		return 0;
	}
	char unit = s.n > 1 ? (char)s.p[s.n - 1] : 0;
	if (!unit || !strchr("yqd", unit) || num_u64(slice_of(s.p, s.n - 1), 1, unit == 'y' ? 200 : unit == 'q' ? 800 : 73000, &n) < 0)
		return err_set(e, ERR_USAGE, NULL, "say how long: 10y (years), 8q (quarters), 400d (days) or forever");
	*ret = (struct retain_keep){.n = (uint32_t)n, .unit = unit};
	return 0;
}

void ledger_keep_format(struct retain_keep k, char out[16])
{
	if (k.unit)
		snprintf(out, 16, "%u%c", k.n, k.unit);
	else
		snprintf(out, 16, "forever");
}

/* From the end of a quarter on. INT64_MAX: never. */
int64_t ledger_retain_due(uint32_t quarter, struct retain_keep k)
{
	int64_t end = ledger_quarter_end(quarter);
	int y, mo, d, h, mi, s;
	if (!k.unit)
		return INT64_MAX;
	if (k.unit == 'd')
		return end + (int64_t)k.n * 86400 * TIME_SEC;
	time_civil(end, &y, &mo, &d, &h, &mi, &s); /* the first of a quarter */
	int quarters = (mo - 1) / 3 + (int)k.n * (k.unit == 'y' ? 4 : 1);
	y += quarters / 4;
	return y > 2261 ? INT64_MAX : time_from_civil(y, quarters % 4 * 3 + 1, 1, 0, 0, 0);
}

/* The least that a class may be kept: a slip of the finger is not to cost a hospital its records. */
int ledger_keep_enough(int class, struct retain_keep k, struct err *e)
{
	uint64_t days = k.unit == 'y' ? (uint64_t)k.n * 365 : k.unit == 'q' ? (uint64_t)k.n * 90 : k.n, least = class == RETAIN_CARE ? 365 : 90;
	if (!k.unit || days >= least)
		return 0;
	return err_set(e, ERR_USAGE, NULL, "%s is kept for at least %s after its quarter has ended", class_names[class], class == RETAIN_CARE ? "1y" : "1q");
}

/* ---- the state ---- */

void ledger_retain_done(struct ledger_retain *s)
{
	free(s->rule);
	free(s->hold);
	free(s->erasure);
	free(s->receipt);
	memset(s, 0, sizeof *s);
}

static void *room(void **p, size_t n, size_t size)
{
	if (n >= RETAIN_MOST)
		return NULL;
	if ((n & (n - 1)) == 0) { /* 0, 1, 2, 4, ... */
		void *more = reallocarray(*p, n ? 2 * n : 1, size);
		if (!more)
			return NULL;
		*p = more;
	}
	char *at = (char *)*p + n * size;
	memset(at, 0, size);
	return at;
}

static void word(char *out, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : 0;
	if (n)
		memcpy(out, s.p, n);
	out[n] = 0;
}

static uint64_t number(const struct json_node *n, const char *key)
{
	uint64_t v;
	return num_u64(json_text(n, key), 0, INT64_MAX, &v) == 0 ? v : 0;
}

static int bad(struct err *e)
{
	return err_set(e, ERR_INPUT, NULL, "this is not what an entry about retention looks like");
}

static bool source_ok(const char *s)
{
	for (const char *p = s; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("._-", *p)))
			return false;
	return true;
}

static int take_rule(struct ledger_retain *s, struct retain_rule *in, const struct json_node *n, struct err *e)
{
	if (in->class < 0 || ledger_keep_parse(json_text(n, "keep"), &in->keep, NULL) < 0 || (in->source[0] && in->class != RETAIN_FILES && in->class != RETAIN_CATALOGUE))
		return bad(e);
	for (size_t i = 0; i < s->rule_n; i++)
		if (s->rule[i].class == in->class && !strcmp(s->rule[i].source, in->source)) {
			s->rule[i] = *in;
			return 0;
		}
	struct retain_rule *at = room((void **)&s->rule, s->rule_n, sizeof *at);
	if (!at)
		return err_set(e, ERR_LIMIT, NULL, "more rules than %d, or no memory", RETAIN_MOST);
	*at = *in;
	s->rule_n++;
	return 0;
}

static int take_hold(struct ledger_retain *s, const struct retain_rule *in, uint32_t quarter, struct err *e)
{
	struct retain_hold *at = room((void **)&s->hold, s->hold_n, sizeof *at);
	if (!at)
		return err_set(e, ERR_LIMIT, NULL, "more holds than %d, or no memory", RETAIN_MOST);
	*at = (struct retain_hold){.seq = in->seq, .time = in->time, .class = in->class, .quarter = quarter};
	memcpy(at->source, in->source, sizeof at->source);
	memcpy(at->reason, in->reason, sizeof at->reason);
	memcpy(at->who, in->who, sizeof at->who);
	s->hold_n++;
	return 0;
}

static int take_lift(struct ledger_retain *s, const struct retain_rule *in, uint64_t hold, struct err *e)
{
	for (size_t i = 0; i < s->hold_n; i++)
		if (s->hold[i].seq == hold) {
			s->hold[i].lifted = in->seq;
			s->hold[i].lifted_at = in->time;
			return 0;
		}
	return err_set(e, ERR_NOT_FOUND, NULL, "there is no hold h%llu", (unsigned long long)hold);
}

const struct retain_erasure *ledger_retain_erased_one(const struct ledger_retain *s, uint64_t entry)
{
	for (size_t i = 0; i < s->erasure_n; i++)
		if (s->erasure[i].one && s->erasure[i].first == entry)
			return &s->erasure[i];
	return NULL;
}

/* A quarter; or, where it is 0, the body of one entry. */
static int take_erasure(struct ledger_retain *s, const struct retain_rule *in, uint32_t quarter, const struct json_node *n, struct err *e)
{
	const struct json_node *keys = json_get(n, "keys");
	uint64_t entry = 0;
	if (in->class < 0 || !keys || keys->type != JSON_ARR || (!quarter && (in->class != RETAIN_CARE || num_u64(json_text(n, "entry"), 0, INT64_MAX - 1, &entry) < 0)))
		return bad(e);
	if (quarter ? ledger_retain_erased(s, in->class, quarter) != NULL : ledger_retain_erased_one(s, entry) != NULL)
		return err_set(e, ERR_EXISTS, NULL, "it is erased already");
	struct retain_erasure *at = room((void **)&s->erasure, s->erasure_n, sizeof *at);
	if (!at)
		return err_set(e, ERR_LIMIT, NULL, "more erasures than %d, or no memory", RETAIN_MOST);
	*at = (struct retain_erasure){.seq = in->seq, .time = in->time, .class = in->class, .quarter = quarter, .packs = number(json_get(n, "packs"), "count"), .bytes = number(json_get(n, "packs"), "bytes")};
	const struct json_node *kept = json_get(n, "kept");
	at->first = number(n, "first");
	at->end = number(n, "end");
	at->erased = number(n, "erased");
	if (!quarter) {
		at->one = true;
		at->first = entry;
		at->end = entry + 1;
		at->erased = 1;
	}
	at->kept_from = number(kept, "from");
	at->kept_to = number(kept, "to");
	at->kept = number(kept, "entries");
	at->active = number(kept, "active");
	memcpy(at->reason, in->reason, sizeof at->reason);
	memcpy(at->who, in->who, sizeof at->who);
	for (const struct json_node *k = keys->child; k && at->key_n < RETAIN_KEYS; k = k->next) {
		struct retain_key *key = &at->key[at->key_n];
		word(key->name, sizeof key->name, json_text(k, "name"));
		if (!key->name[0] || hex_get(key->sha256, SEAL_HASH, json_text(k, "sha256")) < 0)
			return bad(e);
		at->key_n++;
	}
	s->erasure_n++;
	return 0;
}

static int take_receipt(struct ledger_retain *s, const struct retain_rule *in, const struct json_node *n, struct err *e)
{
	uint64_t erasure = number(n, "erasure");
	char copy[64];
	word(copy, sizeof copy, json_text(n, "copy"));
	bool known = false;
	for (size_t i = 0; i < s->erasure_n; i++)
		known |= s->erasure[i].seq == erasure;
	if (!known || !copy[0])
		return bad(e);
	struct retain_receipt *at = NULL;
	for (size_t i = 0; i < s->receipt_n; i++) /* the last word of each copy */
		if (s->receipt[i].erasure == erasure && !strcmp(s->receipt[i].copy, copy))
			at = &s->receipt[i];
	if (!at) {
		at = room((void **)&s->receipt, s->receipt_n, sizeof *at);
		if (!at)
			return err_set(e, ERR_LIMIT, NULL, "more receipts than %d, or no memory", RETAIN_MOST);
		s->receipt_n++;
	}
	const struct json_node *done = json_get(n, "done");
	*at = (struct retain_receipt){.seq = in->seq, .time = in->time, .erasure = erasure, .done = done && slice_eq_str(done->raw, "true"), .destroyed = number(n, "destroyed"), .pending = number(n, "pending")};
	memcpy(at->copy, copy, sizeof at->copy);
	word(at->where, sizeof at->where, json_text(n, "where"));
	word(at->why, sizeof at->why, json_text(n, "why"));
	if (time_parse(json_text(n, "until"), 0, &at->until) < 0)
		at->until = 0;
	return 0;
}

int ledger_retain_take(struct ledger_retain *s, uint64_t seq, int64_t time, struct slice body, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct json_node *n;
	struct retain_rule in = {.seq = seq, .time = time};
	uint32_t quarter = 0;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = json_tree(body, a, &n, e);
	if (r < 0)
		return r == ERR_MEMORY ? r : bad(e);
	struct slice what = json_text(n, "what"), class = json_text(n, "class"), q = json_text(n, "quarter");
	in.class = ledger_retain_class(class);
	word(in.source, sizeof in.source, json_text(n, "source"));
	word(in.reason, sizeof in.reason, json_text(n, "reason"));
	word(in.who, sizeof in.who, json_text(n, "who"));
	if ((class.n && in.class < 0) || (q.n && ledger_quarter_parse(q, &quarter) < 0) || !source_ok(in.source))
		return bad(e);
	if (slice_eq_str(what, "rule"))
		return take_rule(s, &in, n, e);
	if (slice_eq_str(what, "hold"))
		return take_hold(s, &in, quarter, e);
	if (slice_eq_str(what, "lift"))
		return take_lift(s, &in, number(n, "hold"), e);
	if (slice_eq_str(what, "erase"))
		return quarter ? take_erasure(s, &in, quarter, n, e) : bad(e);
	if (slice_eq_str(what, "erase-entry"))
		return q.n ? bad(e) : take_erasure(s, &in, 0, n, e);
	if (slice_eq_str(what, "receipt"))
		return take_receipt(s, &in, n, e);
	return bad(e);
}

/* ---- what may be said next ---- */

const struct retain_rule *ledger_retain_rule(const struct ledger_retain *s, int class, const char *source)
{
	for (size_t i = 0; i < s->rule_n; i++)
		if (s->rule[i].class == class && !strcmp(s->rule[i].source, source))
			return s->rule[i].keep.unit || source[0] ? &s->rule[i] : NULL;
	return NULL;
}

const struct retain_erasure *ledger_retain_erased(const struct ledger_retain *s, int class, uint32_t quarter)
{
	for (size_t i = 0; i < s->erasure_n; i++)
		if (s->erasure[i].class == class && s->erasure[i].quarter == quarter && !s->erasure[i].one)
			return &s->erasure[i];
	return NULL;
}

/* sources: of the snapshots that lie in the quarter; a hold on one of them holds all of it, because its packs are shared. */
const struct retain_hold *ledger_retain_held(const struct ledger_retain *s, int class, uint32_t quarter, const char *const *sources, size_t n)
{
	for (size_t i = 0; i < s->hold_n; i++) {
		const struct retain_hold *h = &s->hold[i];
		if (h->lifted || (h->class >= 0 && h->class != class) || (h->quarter && h->quarter != quarter))
			continue;
		if (!h->source[0])
			return h;
		for (size_t k = 0; k < n; k++)
			if (!strcmp(h->source, sources[k]))
				return h;
	}
	return NULL;
}

int ledger_retain_refuse(const struct retain_hold *h, struct err *e)
{
	char t[32];
	return err_set(e, ERR_DENIED, NULL, "hold h%llu stands against it, since %s, by %s: %s", (unsigned long long)h->seq, time_rfc3339(h->time, 0, t), h->who[0] ? h->who : "?", h->reason);
}

/* Is it understood where this hold, or this erasure, stands? What becomes an entry must be. */
static int tried(struct ledger_retain *trial, uint64_t hold, uint64_t erasure, int64_t now, struct slice body, struct err *e)
{
	struct retain_hold *h = room((void **)&trial->hold, 0, sizeof *h);
	struct retain_erasure *x = room((void **)&trial->erasure, 0, sizeof *x);
	if (!h || !x)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	h->seq = hold;
	x->seq = erasure;
	trial->hold_n = trial->erasure_n = 1;
	return ledger_retain_take(trial, 0, now, body, e);
}

int ledger_retain_may(const struct ledger_retain *s, int64_t now, struct slice body, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct json_node *n;
	struct ledger_retain trial = {0};
	uint32_t quarter = 0;
	size_t source_n = 0;
	const char **sources = a ? arena_alloc(a, RETAIN_SOURCES * sizeof *sources) : NULL;
	int r = sources ? json_tree(body, a, &n, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return r;
	struct slice what = json_text(n, "what"), reason = json_text(n, "reason");
	int class = ledger_retain_class(json_text(n, "class"));
	if (slice_eq_str(what, "rule")) {
		r = ledger_retain_take(&trial, 0, now, body, e);
		if (r == 0)
			r = ledger_keep_enough(class, trial.rule[0].keep, e);
	} else if (slice_eq_str(what, "hold")) {
		r = reason.n ? ledger_retain_take(&trial, 0, now, body, e) : err_set(e, ERR_USAGE, "--reason", "say why: it is what a refusal names");
	} else if (slice_eq_str(what, "lift")) {
		const struct retain_hold *h = NULL;
		for (size_t i = 0; i < s->hold_n; i++)
			if (s->hold[i].seq == number(n, "hold"))
				h = &s->hold[i];
		if (!h || h->lifted)
			r = err_set(e, ERR_NOT_FOUND, NULL, h ? "this hold was lifted before" : "there is no such hold");
		else if (!reason.n)
			r = err_set(e, ERR_USAGE, "--reason", "say why: lifting a hold is asked about");
		else
			r = tried(&trial, number(n, "hold"), 0, now, body, e);
	} else if (slice_eq_str(what, "erase")) {
		r = ledger_retain_take(&trial, 0, now, body, e);
		quarter = r == 0 ? trial.erasure[0].quarter : 0;
		if (r == 0 && ledger_retain_erased(s, class, quarter))
			r = err_set(e, ERR_EXISTS, NULL, "this quarter is erased already");
		if (r == 0 && quarter >= ledger_quarter_of(now))
			r = err_set(e, ERR_DENIED, NULL, "the quarter in which the ledger stands is never erased");
		const struct json_node *list = json_get(n, "sources");
		for (const struct json_node *x = list ? list->child : NULL; r == 0 && x; x = x->next) {
			char *name = source_n < RETAIN_SOURCES ? arena_alloc(a, 64) : NULL;
			if (!name) {
				r = err_set(e, ERR_LIMIT, NULL, "more sources than %d, or no memory", RETAIN_SOURCES);
				break;
			}
			word(name, 64, x->value);
			sources[source_n++] = name;
		}
		const struct retain_hold *h = r == 0 ? ledger_retain_held(s, class, quarter, sources, source_n) : NULL;
		if (h)
			r = ledger_retain_refuse(h, e);
	} else if (slice_eq_str(what, "erase-entry")) {
		r = reason.n ? ledger_retain_take(&trial, 0, now, body, e) : err_set(e, ERR_USAGE, "--reason", "say why: it is what stands in the place of the body");
		if (r == 0 && ledger_retain_erased_one(s, trial.erasure[0].first))
			r = err_set(e, ERR_EXISTS, NULL, "the body of this entry is erased already");
	} else if (slice_eq_str(what, "receipt")) {
		bool known = false;
		for (size_t i = 0; i < s->erasure_n; i++)
			known |= s->erasure[i].seq == number(n, "erasure");
		r = known ? tried(&trial, 0, number(n, "erasure"), now, body, e) : err_set(e, ERR_NOT_FOUND, NULL, "there is no such erasure");
	} else {
		r = bad(e);
	}
	ledger_retain_done(&trial);
	return r;
}

/* ---- from a ledger ---- */

/* The largest step between two neighbours among [lo, hi], if it is more than `most`: halves that span less hold none. */
static int jump_in(struct ledger *l, uint64_t lo, int64_t tlo, uint64_t hi, int64_t thi, int64_t most, struct retain_jump *ret, struct err *e)
{
	while (hi - lo > 1 && thi - tlo > most) {
		uint64_t mid = lo + (hi - lo) / 2;
		struct ledger_leaf leaf;
		int r = ledger_read_leaf(l, mid, &leaf, e);
		if (r == 0 && thi - leaf.time > most) /* the later half first: the last jump counts */
			r = jump_in(l, mid, leaf.time, hi, thi, most, ret, e);
		if (r < 0 || ret->seq)
			return r;
		hi = mid;
		thi = leaf.time;
	}
	if (hi - lo == 1 && thi - tlo > most)
		*ret = (struct retain_jump){.seq = hi, .from = tlo, .to = thi};
	return 0;
}

int ledger_retain_last_jump(struct ledger *l, int64_t most, struct retain_jump *ret, struct err *e)
{
	struct ledger_leaf first, last;
	uint64_t n = ledger_size(l);
	*ret = (struct retain_jump){0};
	if (n < 2)
		return 0;
	int r = ledger_read_leaf(l, 0, &first, e);
	if (r == 0)
		r = ledger_read_leaf(l, n - 1, &last, e);
	return r == 0 ? jump_in(l, 0, first.time, n - 1, last.time, most, ret, e) : r;
}
