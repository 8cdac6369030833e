/* Questions about recordings: the worklist, one of them, a person's others. */
#include "chart_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOKED_AT 20000 /* recordings that one question for a name looks through */
#define MINE_AT 2000    /* ... that one for a user's own does */
#define RANK_SHIFT 48   /* of a cursor: below 2^53, which JSON's readers keep */

/* ---- one, with what was done ---- */

static struct slice kept(struct arena *a, struct slice s, bool *failed)
{
	if (!s.n)
		return SLICE_NULL;
	s = arena_dup(a, s);
	*failed = *failed || !s.p;
	return s;
}

struct loading {
	struct arena *a;
	struct chart_ecg *g;
};

static int take_act(void *arg, const struct store_ecg_act *x, struct err *e)
{
	struct loading *k = arg;
	struct chart_ecg_act *to = arena_alloc(k->a, sizeof *to);
	bool failed = !to;
	struct slice body = kept(k->a, x->body, &failed), by = kept(k->a, ecg_user(x->source), &failed);
	struct json_node *n;
	if (failed)
		return chart_no_memory(k->a, e);
	if (json_tree(body, k->a, &n, NULL) < 0)
		return arena_code(k->a) ? chart_no_memory(k->a, e) : 0;
	*to = (struct chart_ecg_act){.entry = x->entry, .time = x->time, .by = by, .act = ecg_act_name(n), .json = body, .node = n, .counts = x->counts};
	if (x->counts)
		(void)ecg_fold(k->g, n, x->entry, x->time, by);
	*k->g->last_act = to;
	k->g->last_act = &to->next;
	return 0;
}

/* s is the arena's. Person and acts are put in; within a look. */
static int build(struct chart *c, const struct store_ecg *s, struct arena *a, struct arena *scratch, struct chart_ecg **ret, struct err *e)
{
	struct chart_ecg *g = arena_alloc(a, sizeof *g);
	struct loading k = {a, g};
	uint32_t root;
	if (!g)
		return chart_no_memory(a, e);
	int r = ecg_decode(s, a, g, e);
	g->last_act = &g->acts;
	if (r == 0)
		r = ASK(c, ecg_acts, s->entry, take_act, &k, e);
	g->rank = s->rank;
	g->patient = NULL;
	g->by_identifiers = s->flags & ECG_BY_IDENTIFIERS;
	if (r < 0 || !s->ident) {
		*ret = g;
		return r;
	}
	g->patient = arena_alloc(a, sizeof *g->patient);
	if (!g->patient)
		return chart_no_memory(a, e);
	r = person_root(c, s->ident, c->applied, &root, e);
	if (r == 0)
		r = row_of_person(c, root, NULL, c->applied, a, scratch, g->patient, e);
	*ret = g;
	return r;
}

struct list {
	struct chart *c;
	struct arena *a;
	const struct chart_ecgs_ask *q;
	struct store_ecg *v;
	size_t n, cap, max, seen, most;
	bool past;             /* the question's end was not reached */
	uint64_t stopped;      /* ... the cursor to go on from */
	uint8_t rank;          /* where a due list began: to leave out what was shown */
	uint64_t from;
	struct arena *scratch;
	struct slice folded;
	struct strip *strips;  /* those that were met */
};

/* A live strip as one row: what of it is one person's, or nobody's yet. */
struct strip {
	const struct list *k;
	struct slice id;
	uint32_t ident;
	uint64_t shown, first, newest; /* entries; shown: the one that stands for all */
	uint8_t rank;
	uint32_t entries;
	struct strip *next;
};

static uint64_t cursor(const struct store_ecg *s)
{
	return (uint64_t)s->rank << RANK_SHIFT | s->entry;
}

static bool todo_list(enum chart_ecg_list l)
{
	return l == CHART_ECG_TODO_UNREAD || l == CHART_ECG_TODO_UNMATCHED;
}

static bool on_list(const struct chart_ecgs_ask *q, const struct store_ecg *s)
{
	if (q->only_sent && !slice_eq(ecg_user(s->source), q->user))
		return false;
	switch (q->list) {
	case CHART_ECG_TODO_UNREAD:
		return s->due & (ECG_TODO_UNREAD | ECG_TODO_REVIEW);
	case CHART_ECG_TODO_UNMATCHED:
		return s->due & ECG_TODO_UNMATCHED;
	case CHART_ECG_LIST_SIGNED:
		return s->reading == CHART_ECG_SIGNED || s->reading == CHART_ECG_AMENDED;
	default:
		return true;
	}
}

/* The newest first. */
static int take_minute(void *arg, const struct store_ecg *s, struct err *e)
{
	struct strip *x = arg;
	bool open_list = todo_list(x->k->q->list) && !x->k->q->patient.n;
	(void)e;
	if (s->ident != x->ident)
		return 0;
	if (!x->entries++)
		x->newest = s->entry;
	x->first = s->entry;
	if (on_list(x->k->q, s) && (!x->shown || (open_list && s->rank <= x->rank))) {
		x->shown = s->entry + 1;
		x->rank = s->rank;
	}
	return 0;
}

static int strip_of(struct list *k, struct slice id, uint32_t ident, struct strip **ret, struct err *e)
{
	for (*ret = k->strips; *ret; *ret = (*ret)->next)
		if ((*ret)->ident == ident && slice_eq((*ret)->id, id))
			return 0;
	struct strip *x = arena_alloc(k->a, sizeof *x);
	struct slice name = arena_dup(k->a, id);
	if (!x || !name.p)
		return chart_no_memory(k->a, e);
	*x = (struct strip){.k = k, .id = name, .ident = ident, .next = k->strips};
	k->strips = *ret = x;
	return ASK(k->c, ecgs_strip, name, STORE_STRIP_NEWEST, take_minute, x, e);
}

/* Is it another one of its strip that is shown? 1: yes. */
static int behind(struct list *k, const struct store_ecg *s, struct err *e)
{
	struct strip *x;
	if (!k->q->fold || !s->strip.n)
		return 0;
	int r = strip_of(k, s->strip, s->ident, &x, e);
	return r < 0 ? r : x->shown != s->entry + 1;
}

static int keep(struct list *k, const struct store_ecg *s, struct err *e)
{
	bool failed = false;
	if (k->n == k->cap) {
		size_t cap = k->cap ? 2 * k->cap : 64;
		struct store_ecg *v = arena_array(k->a, cap, sizeof *v);
		if (!v)
			return chart_no_memory(k->a, e);
		if (k->n)
			memcpy(v, k->v, k->n * sizeof *v);
		k->v = v;
		k->cap = cap;
	}
	struct store_ecg x = *s;
	x.source = kept(k->a, s->source, &failed);
	x.blob = kept(k->a, s->blob, &failed);
	x.strip = kept(k->a, s->strip, &failed);
	if (failed)
		return chart_no_memory(k->a, e);
	k->v[k->n++] = x;
	return 0;
}

static int take(void *arg, const struct store_ecg *s, struct err *e)
{
	struct list *k = arg;
	if (todo_list(k->q->list) && s->rank == k->rank && s->entry <= k->from && k->from != UINT64_MAX)
		return 0; /* it was shown */
	if (!on_list(k->q, s) || (k->q->strip.n && s->entry >= k->q->before))
		return 0;
	int r = behind(k, s, e);
	if (r)
		return r < 0 ? r : 0;
	if (k->n == k->max || k->seen++ == k->most) {
		k->past = true;
		return 1;
	}
	k->stopped = todo_list(k->q->list) ? cursor(s) : s->entry;
	return keep(k, s, e);
}

/* ---- a word of somebody's name, or a number ---- */

static bool has_word(struct slice folded, struct slice in, struct buf *room)
{
	buf_reset(room);
	utf8_fold(room, in);
	return in.n && buf_ok(room) && memmem(room->p, room->n, folded.p, folded.n) != NULL;
}

static bool speaks_of(const struct chart_ecg *g, struct slice folded)
{
	AUTO_BUF struct buf room = {0};
	const struct fact *said[2] = {g->file, g->claimed};
	buf_init(&room, 1 << 16);
	for (size_t i = 0; i < 2; i++)
		if (said[i] && (has_word(folded, fact_get(said[i], FF_NAME), &room) || has_word(folded, fact_get(said[i], FF_ID), &room)))
			return true;
	const struct chart_row *p = g->patient;
	if (p && (has_word(folded, p->name_family, &room) || has_word(folded, p->name_given, &room) || has_word(folded, p->number, &room)))
		return true;
	return has_word(folded, g->order, &room) || has_word(folded, fact_part(fact_get(g->fact, FF_DEVICE), 0), &room);
}

static bool is_mine(const struct chart_ecg *g, struct slice user)
{
	if (slice_eq(g->by, user) && user.n)
		return true;
	for (const struct chart_ecg_act *x = g->acts; x; x = x->next)
		if (slice_eq(x->by, user) && !slice_eq_str(x->act, "note"))
			return true;
	return false;
}

/* ---- the worklist ---- */

static int cmp_newest(const void *pa, const void *pb)
{
	const struct store_ecg *a = pa, *b = pb;
	return a->entry > b->entry ? -1 : a->entry < b->entry;
}

static int of_person(struct list *k, struct slice id, struct err *e)
{
	struct chart *c = k->c;
	uint32_t ident, root;
	struct members m = {.n = 0};
	int r = ident_by_our_id(c, id, c->applied, &ident, e);
	if (r == ERR_NOT_FOUND)
		return err_set(e, ERR_NOT_FOUND, NULL, "no patient has that id");
	if (r == 0)
		r = person_root(c, ident, c->applied, &root, e);
	if (r == 0)
		r = person_members(c, root, c->applied, false, k->a, &m, e);
	size_t max = k->max;
	k->max = SIZE_MAX;
	for (size_t i = 0; i < m.n && r == 0; i++)
		r = ASK(c, ecgs_of, m.v[i].ident, take, k, e);
	if (r < 0)
		return r;
	if (k->n)
		qsort(k->v, k->n, sizeof *k->v, cmp_newest);
	size_t n = 0; /* behind the cursor, at most max */
	for (size_t i = 0; i < k->n; i++)
		if (k->v[i].entry < k->q->before) {
			if (n == max) {
				k->past = true;
				break;
			}
			k->v[n++] = k->v[i];
			k->stopped = k->v[i].entry;
		}
	k->n = n;
	return 0;
}

static int gather(struct list *k, struct err *e)
{
	const struct chart_ecgs_ask *q = k->q;
	k->from = UINT64_MAX;
	if (q->strip.n)
		return ASK(k->c, ecgs_strip, q->strip, STORE_STRIP_NEWEST, take, k, e);
	if (q->patient.n)
		return of_person(k, q->patient, e);
	if (!todo_list(q->list))
		return ASK(k->c, ecgs, q->before, take, k, e);
	if (q->before != CHART_NOW) {
		k->rank = (uint8_t)(q->before >> RANK_SHIFT > UINT8_MAX ? UINT8_MAX : q->before >> RANK_SHIFT);
		k->from = q->before & ((UINT64_C(1) << RANK_SHIFT) - 1);
	}
	return ASK(k->c, ecgs_todo, k->rank, k->from == UINT64_MAX ? 0 : k->from, take, k, e);
}

static int64_t time_of(const struct chart *c, const struct chart_ecg *g)
{
	struct slice at = fact_get(g->fact, FF_TIME);
	int64_t t = fact_time_ns(at.n ? at : fact_get(g->fact, FF_RECORDED), c->zone_minutes);
	return t == INT64_MIN ? g->received : t;
}

struct one {
	struct arena *a;
	struct store_ecg s;
};

static int take_one(void *arg, const struct store_ecg *s, struct err *e)
{
	struct one *k = arg;
	bool failed = false;
	k->s = *s;
	k->s.source = kept(k->a, s->source, &failed);
	k->s.blob = kept(k->a, s->blob, &failed);
	k->s.strip = kept(k->a, s->strip, &failed);
	return failed ? chart_no_memory(k->a, e) : 0;
}

void ecg_span(const struct chart *c, const struct chart_ecg *g, int64_t *ret_from, int64_t *ret_to)
{
	char text[32];
	*ret_from = *ret_to = time_of(c, g);
	struct slice said = fact_get(g->fact, FF_SECONDS);
	snprintf(text, sizeof text, "%.*s", SLICE_FMT(said));
	double seconds = num_is_decimal(said) ? strtod(text, NULL) : 0;
	if (seconds > 0 && seconds < 1e6)
		*ret_to += (int64_t)(seconds * 1e9);
}

/* From when a minute is, and until when. */
static int minute(struct chart *c, uint64_t entry, struct arena *a, int64_t *ret_from, int64_t *ret_to, struct err *e)
{
	struct one k = {.a = a};
	struct chart_ecg g;
	int r = ASK(c, ecg, entry, take_one, &k, e);
	if (r == 0)
		r = ecg_decode(&k.s, a, &g, e);
	if (r == 0)
		ecg_span(c, &g, ret_from, ret_to);
	return r;
}

static int describe_strip(struct list *k, struct chart_ecg *g, uint32_t ident, struct err *e)
{
	struct strip *x;
	int64_t other;
	int r = g->strip.id.n && k->q->fold ? strip_of(k, g->strip.id, ident, &x, e) : 1;
	if (r)
		return r < 0 ? r : 0;
	g->strip.entries = x->entries;
	g->strip.newest = x->newest;
	r = minute(k->c, x->first, k->a, &g->strip.from, &other, e);
	return r < 0 ? r : minute(k->c, x->newest, k->a, &other, &g->strip.to, e);
}

static int build_all(struct list *k, size_t max, struct chart_ecg **ret, uint64_t *ret_next, struct err *e)
{
	struct chart_ecg *first = NULL, **last = &first;
	bool filter = k->folded.n || k->q->list == CHART_ECG_LIST_MINE;
	size_t n = 0;
	*ret_next = k->past ? k->stopped : CHART_NOW;
	for (size_t i = 0; i < k->n; i++) {
		struct chart_ecg *g;
		if (n == max) {
			*ret_next = todo_list(k->q->list) && !k->q->patient.n ? cursor(&k->v[i - 1]) : k->v[i - 1].entry;
			break;
		}
		int r = build(k->c, &k->v[i], k->a, k->scratch, &g, e);
		if (r == 0)
			r = describe_strip(k, g, k->v[i].ident, e);
		if (r < 0)
			return r;
		if (filter && ((k->folded.n && !speaks_of(g, k->folded)) || (k->q->list == CHART_ECG_LIST_MINE && !is_mine(g, k->q->user))))
			continue;
		*last = g;
		last = &g->next;
		n++;
	}
	*ret = first;
	return 0;
}

static int list_them(struct chart *c, const struct chart_ecgs_ask *q, struct arena *a, struct arena *scratch, struct chart_ecg **ret, uint64_t *ret_next, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	AUTO_BUF struct buf folded = {0};
	buf_init(&folded, 1 << 12);
	if (q->text.n)
		utf8_fold(&folded, slice_trim(q->text));
	size_t max = q->max == 0 || q->max > 500 ? 500 : q->max;
	bool filter = q->text.n || q->list == CHART_ECG_LIST_MINE;
	struct list k = {.c = c, .a = a, .q = q, .scratch = scratch, .folded = buf_slice(&folded), .max = filter ? SIZE_MAX : max, .most = q->list == CHART_ECG_LIST_MINE ? MINE_AT : LOOKED_AT};
	int r = gather(&k, e);
	return r < 0 ? r : build_all(&k, max, ret, ret_next, e);
}

int chart_ecgs(struct chart *c, const struct chart_ecgs_ask *q, struct arena *a, struct chart_ecg **ret, uint64_t *ret_next, struct err *e)
{
	AUTO_ARENA struct arena *scratch = arena_new(CHART_SCRATCH_MAX);
	if (!scratch)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = list_them(c, q, a, scratch, ret, ret_next, e);
	for (struct chart_ecg *g = r == 0 ? *ret : NULL; g && r == 0; g = g->next) { /* the search for names is a question of its own */
		struct chart_ecg_candidate *x = NULL;
		arena_reset(scratch);
		if (!q->brief && !g->patient && g->reading != CHART_ECG_REJECTED)
			r = chart_ecg_candidates(c, g, scratch, &x, e);
		for (; r == 0 && x; x = x->next)
			g->candidates++;
	}
	return r;
}

/* What is counted is what the lists show: a live strip is one, however many of its minutes wait. */
struct counting {
	struct chart_ecg_counts n;
	struct arena *a;
	struct counted {
		struct slice strip;
		uint32_t ident;
		uint8_t due;
		struct counted *next;
	} *bucket[256];
};

static int counted_before(struct counting *k, const struct store_ecg *s, uint8_t *ret, struct err *e)
{
	uint32_t h = s->ident;
	for (size_t i = 0; i < s->strip.n; i++)
		h = h * 31 + s->strip.p[i];
	struct counted **at = &k->bucket[h % ARRAY_LEN(k->bucket)], *x = *at;
	while (x && (x->ident != s->ident || !slice_eq(x->strip, s->strip)))
		x = x->next;
	if (!x) {
		x = arena_alloc(k->a, sizeof *x);
		struct slice strip = arena_dup(k->a, s->strip);
		if (!x || !strip.p)
			return chart_no_memory(k->a, e);
		*x = (struct counted){strip, s->ident, 0, *at};
		*at = x;
	}
	*ret = x->due;
	x->due |= s->due;
	return 0;
}

static int count_todo(void *arg, const struct store_ecg *s, struct err *e)
{
	struct counting *k = arg;
	uint8_t before = 0;
	int r = s->strip.n ? counted_before(k, s, &before, e) : 0;
	uint8_t due = (uint8_t)(s->due & ~before);
	k->n.unread += !!(due & ECG_TODO_UNREAD);
	k->n.unmatched += !!(due & ECG_TODO_UNMATCHED);
	k->n.urgent += !!(due & ECG_TODO_URGENT);
	k->n.review += !!(due & ECG_TODO_REVIEW);
	return r;
}

int chart_ecg_counts(struct chart *c, struct chart_ecg_counts *ret, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	AUTO_ARENA struct arena *a = arena_new(CHART_SCRATCH_MAX);
	struct counting k = {.a = a};
	int r = a ? ASK(c, ecgs_todo, 0, 0, count_todo, &k, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		*ret = k.n;
	return r;
}

/* ---- how far a live strip is kept ---- */

struct reaching {
	struct chart *c;
	struct arena *own; /* of one minute */
	struct chart_strip_kept *ret;
	int64_t start;
	double rate;
};

static int take_reach(void *arg, const struct store_ecg *s, struct err *e)
{
	struct reaching *k = arg;
	struct chart_ecg g;
	int64_t from, to;
	arena_reset(k->own);
	int r = ecg_decode(s, k->own, &g, e);
	if (r < 0)
		return r;
	ecg_span(k->c, &g, &from, &to);
	double first = (double)(from - k->start) / 1e9 * k->rate, length = (double)(to - from) / 1e9 * k->rate;
	uint64_t end = first < 0 || g.unreadable ? 0 : (uint64_t)llrint(first) + (uint64_t)llrint(length);
	if (end > k->ret->end)
		k->ret->end = end;
	if (!k->ret->entries++)
		k->ret->newest = s->entry;
	return 0;
}

int chart_strip_kept(struct chart *c, const char *id, int64_t start, double rate, struct chart_strip_kept *ret, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	char strip[64];
	AUTO_ARENA struct arena *own = arena_new(CHART_SCRATCH_MAX);
	struct reaching k = {.c = c, .own = own, .ret = ret, .start = start, .rate = rate};
	*ret = (struct chart_strip_kept){.newest = 0};
	snprintf(strip, sizeof strip, "%s@%lld", id, (long long)(start / (TIME_SEC / 1000)));
	return own ? ASK(c, ecgs_strip, slice_str(strip), STORE_STRIP_NEWEST, take_reach, &k, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
}

/* ---- one ---- */

int chart_ecg(struct chart *c, uint64_t entry, struct arena *a, struct chart_ecg **ret, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	AUTO_ARENA struct arena *scratch = arena_new(CHART_SCRATCH_MAX);
	struct one k = {.a = a};
	int r = entry < c->applied ? ASK(c, ecg, entry, take_one, &k, e) : ERR_NOT_FOUND;
	if (r == ERR_NOT_FOUND)
		return err_set(e, ERR_NOT_FOUND, NULL, "the chart has no ECG of that number");
	if (r == 0 && !scratch)
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	return r < 0 ? r : build(c, &k.s, a, scratch, ret, e);
}

int chart_ecg_others(struct chart *c, const struct chart_ecg *g, size_t max, struct arena *a, struct chart_ecg **ret, struct err *e)
{
	struct chart_ecgs_ask q = {.list = CHART_ECG_LIST_ALL, .patient = g->patient ? slice_str(g->patient->id) : SLICE_NULL, .before = CHART_NOW, .max = max + 1, .fold = !g->strip.id.n}; /* a strip is one of them; seen from a minute of it, the minutes are */
	uint64_t next;
	*ret = NULL;
	if (!g->patient)
		return 0;
	int r = chart_ecgs(c, &q, a, ret, &next, e);
	int64_t own = time_of(c, g);
	for (struct chart_ecg **at = ret; r == 0 && *at;) /* not itself, nor what came later */
		if ((*at)->entry == g->entry || time_of(c, *at) > own)
			*at = (*at)->next;
		else
			at = &(*at)->next;
	return r;
}
