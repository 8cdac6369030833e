/* What people said of pairs of records: the newest word on each, found by its two records in either order; and the queue of a run's grey pairs with what was said of them since, which says how many persons there are now. */
#include "scope.h"

#include <stdlib.h>

/* Two records in one order, so that a pair is the same whichever way round somebody named it. */
struct key {
	struct slice first, second;
};

static struct key key_of(struct slice a, struct slice b)
{
	return slice_cmp(a, b) <= 0 ? (struct key){a, b} : (struct key){b, a};
}

static int key_cmp(struct key x, struct key y)
{
	int d = slice_cmp(x.first, y.first);
	return d ? d : slice_cmp(x.second, y.second);
}

/* ---- words ---- */

struct worded {
	struct key key;
	const struct scope_pair *p;
};
struct scope_pairs {
	struct worded *v;
	size_t n;
};

static int by_key(const void *x, const void *y)
{
	const struct worded *a = x, *b = y;
	int d = key_cmp(a->key, b->key);
	return d ? d : a->p < b->p ? -1 : a->p > b->p; /* as they were said: they lie in one array */
}

struct scope_pairs *scope_pairs_new(const struct scope_case *c)
{
	struct scope_pairs *s = calloc(1, sizeof *s);
	if (!s || !(s->v = calloc(c->pair_n ? c->pair_n : 1, sizeof *s->v))) {
		free(s);
		return NULL;
	}
	for (size_t i = 0; i < c->pair_n; i++)
		s->v[i] = (struct worded){key_of(c->pair[i].a, c->pair[i].b), &c->pair[i]};
	qsort(s->v, c->pair_n, sizeof *s->v, by_key);
	for (size_t i = 0; i < c->pair_n; i++) { /* the newest of each stays */
		if (s->n && key_cmp(s->v[s->n - 1].key, s->v[i].key) == 0)
			s->n--;
		s->v[s->n++] = s->v[i];
	}
	return s;
}

void scope_pairs_free(struct scope_pairs *s)
{
	if (s)
		free(s->v);
	free(s);
}

const struct scope_pair *scope_pairs_find(const struct scope_pairs *s, struct slice a, struct slice b)
{
	const struct key want = key_of(a, b);
	size_t lo = 0, hi = s->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = key_cmp(s->v[mid].key, want);
		if (d == 0)
			return s->v[mid].p->open ? NULL : s->v[mid].p;
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* ---- the queue ---- */

struct queued {
	struct slice a, b, pa, pb;
	double probability;
	uint32_t x, y; /* the two persons, by number */
	const struct scope_pair *word;
};
struct scope_queue {
	struct arena *a;
	struct queued *v;
	size_t n, room;
	uint32_t persons, *into;
	bool ended;
};

struct scope_queue *scope_queue_new(void)
{
	struct scope_queue *q = calloc(1, sizeof *q);
	if (q && !(q->a = arena_new(SCOPE_QUEUE_MEMORY))) {
		free(q);
		return NULL;
	}
	return q;
}

void scope_queue_free(struct scope_queue *q)
{
	if (!q)
		return;
	arena_free(q->a);
	free(q->v);
	free(q->into);
	free(q);
}

int scope_queue_add(struct scope_queue *q, struct slice a, struct slice b, struct slice pa, struct slice pb, double probability, struct err *e)
{
	assert(!q->ended);
	if (q->n == SCOPE_QUEUE_MAX)
		return err_set(e, ERR_LIMIT, NULL, "more than %u pairs to look at", SCOPE_QUEUE_MAX);
	if (q->n == q->room) {
		size_t room = q->room ? 2 * q->room : 256;
		struct queued *v = reallocarray(q->v, room, sizeof *v);
		if (!v)
			return err_set(e, ERR_MEMORY, NULL, "no memory for pairs to look at");
		q->v = v;
		q->room = room;
	}
	struct queued *p = &q->v[q->n];
	*p = (struct queued){.a = arena_dup(q->a, a), .b = arena_dup(q->a, b), .pa = arena_dup(q->a, pa), .pb = arena_dup(q->a, pb), .probability = probability};
	if (arena_code(q->a))
		return err_set(e, arena_code(q->a), NULL, "no room for the names of pairs to look at");
	q->n++;
	return 0;
}

struct named {
	struct slice id;
	uint32_t *to;
};

static int by_id(const void *x, const void *y)
{
	return slice_cmp(((const struct named *)x)->id, ((const struct named *)y)->id);
}

int scope_queue_end(struct scope_queue *q, struct err *e)
{
	struct named *v = calloc(2 * q->n + 1, sizeof *v);
	q->into = calloc(2 * q->n + 1, sizeof *q->into);
	if (!v || !q->into) {
		free(v);
		return err_set(e, ERR_MEMORY, NULL, "no memory for pairs to look at");
	}
	for (size_t i = 0; i < q->n; i++) {
		v[2 * i] = (struct named){q->v[i].pa, &q->v[i].x};
		v[2 * i + 1] = (struct named){q->v[i].pb, &q->v[i].y};
	}
	qsort(v, 2 * q->n, sizeof *v, by_id);
	for (size_t i = 0; i < 2 * q->n; i++) {
		q->persons += i == 0 || !slice_eq(v[i].id, v[i - 1].id);
		*v[i].to = q->persons - 1;
	}
	free(v);
	q->ended = true;
	return 0;
}

size_t scope_queue_n(const struct scope_queue *q)
{
	return q->n;
}

int scope_queue_decide(struct scope_queue *q, const struct scope_case *c, struct err *e)
{
	struct scope_pairs *said = scope_pairs_new(c);
	if (!said)
		return err_set(e, ERR_MEMORY, NULL, "no memory for what was said of pairs");
	for (size_t i = 0; i < q->n; i++)
		q->v[i].word = said->n ? scope_pairs_find(said, q->v[i].a, q->v[i].b) : NULL;
	scope_pairs_free(said);
	return 0;
}

const struct scope_pair *scope_queue_word(const struct scope_queue *q, size_t i)
{
	assert(i < q->n);
	return q->v[i].word;
}

static uint32_t root(const uint32_t *into, uint32_t i)
{
	while (into[i] != i)
		i = into[i];
	return i;
}

/* The lower number stays on top, and the way up is shortened: what is joined stays joined. */
static bool join(uint32_t *into, uint32_t x, uint32_t y)
{
	uint32_t a = root(into, x), b = root(into, y), top = a < b ? a : b;
	into[a > b ? a : b] = top;
	into[x] = into[y] = top;
	return a != b;
}

/* How many persons fewer there are when these pairs are one each: all that were said to be, and with `open` all that nobody decided on, too. */
static uint64_t merged(const struct scope_queue *q, bool open)
{
	uint64_t n = 0;
	for (uint32_t i = 0; i < q->persons; i++)
		q->into[i] = i;
	for (size_t i = 0; i < q->n; i++)
		if (q->v[i].word ? q->v[i].word->same : open)
			n += join(q->into, q->v[i].x, q->v[i].y);
	return n;
}

static uint64_t less(uint64_t v, uint64_t by)
{
	return v > by ? v - by : 0;
}

void scope_queue_count(const struct scope_queue *q, const struct scope_many *run, uint64_t persons, struct scope_queue_count *ret)
{
	struct scope_queue_count r = {.persons = *run};
	double point = (double)run->point;
	assert(q->ended);
	for (size_t i = 0; i < q->n; i++) {
		const struct scope_pair *w = q->v[i].word;
		r.open += !w;
		r.same += w && w->same;
		r.different += w && !w->same;
		point += !w ? 0 : w->same ? q->v[i].probability - 1 : q->v[i].probability;
	}
	if (r.same + r.different) { /* of what nobody decided on, the run has said it */
		r.persons.low = less(persons, merged(q, true));
		r.persons.high = less(run->high, merged(q, false));
		r.persons.point = point > 0 ? (uint64_t)(point + 0.5) : 0;
	}
	if (r.persons.high < r.persons.low)
		r.persons.high = r.persons.low;
	if (r.persons.point < r.persons.low)
		r.persons.point = r.persons.low;
	if (r.persons.point > r.persons.high)
		r.persons.point = r.persons.high;
	*ret = r;
}
