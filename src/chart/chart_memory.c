/* The store in memory: what the store interface means, in the plainest way, for tests to hold the SQLite one against. Lists that are searched from end to end;
 * nothing sorted that does not have to be. A rollback empties it (there is no undo here): the caller then applies again from entry 0. */
#include "chart_store.h"

#include <stdlib.h>

#define LIST(type)                                                                                                                               \
	struct {                                                                                                                                     \
		type *v;                                                                                                                                 \
		size_t n, cap;                                                                                                                           \
	}

struct mem_at {
	uint32_t ident;
	uint64_t entry;
	struct slice blob;
};
struct mem_mark {
	uint32_t ident;
	int what;
	uint64_t row;
};
struct mem_word {
	struct slice word;
	uint32_t ident;
	uint64_t entry;
};
struct mem_times {
	uint64_t block;
	int64_t first;
	struct slice blob;
};
struct mem_kv {
	int space;
	struct slice key, value;
};
struct tables {
	struct arena *a;
	LIST(struct store_ident) ident;
	LIST(struct store_edge) edge;
	LIST(struct store_move) move;
	LIST(struct store_row) row;
	LIST(struct mem_mark) mark;
	LIST(struct mem_at) header;
	LIST(struct mem_word) word; /* in order of word, ident */
	LIST(struct store_stay) stay;
	LIST(struct store_review) review;
	LIST(struct store_event) event;
	LIST(struct mem_times) times;
	LIST(struct store_ecg) ecg; /* in order of entry */
	LIST(struct store_ecg_act) ecg_act; /* in order of entry */
	LIST(struct store_capture) capture; /* in order of entry */
	LIST(struct store_capture_act) capture_act; /* in order of entry */
	LIST(struct mem_kv) kv; /* in order of space, key */
};
struct memory_store {
	struct store base;
	struct tables t, saved;
	bool bulk;
};

#define MEMORY_MAX ((size_t)4 << 30)

static struct tables *of(struct store *base)
{
	return &((struct memory_store *)base)->t;
}

static int no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, NULL, "no memory for the view");
}

static bool grow(void **v, size_t *cap, size_t n, size_t size)
{
	if (n < *cap)
		return true;
	size_t more = *cap ? *cap * 2 : 64;
	void *p = reallocarray(*v, more, size);
	if (!p)
		return false;
	*v = p;
	*cap = more;
	return true;
}

/* A new last element of the list, or out with ERR_MEMORY. */
#define ROOM(list) grow((void **)&(list).v, &(list).cap, (list).n, sizeof *(list).v)
#define ADD(list) (ROOM(list) ? &(list).v[(list).n++] : NULL)

static bool keep(struct tables *t, struct slice *s)
{
	if (s->n == 0) {
		*s = slice_of("", 0);
		return true;
	}
	*s = arena_dup(t->a, *s);
	return s->p != NULL;
}

static void empty(struct tables *t)
{
	free(t->ident.v), free(t->edge.v), free(t->move.v), free(t->row.v), free(t->mark.v), free(t->header.v), free(t->word.v);
	free(t->stay.v), free(t->review.v), free(t->event.v), free(t->times.v), free(t->kv.v), free(t->ecg.v), free(t->ecg_act.v), free(t->capture.v), free(t->capture_act.v);
	arena_free(t->a);
	*t = (struct tables){0};
}

static bool holds(uint64_t from, uint64_t to, uint64_t end)
{
	return from < end && end <= to;
}

/* ---- transaction ----------------------------------------------------------------------------------------------------------- */

static int begin(struct store *base, struct err *e)
{
	return 0;
}

static int commit(struct store *base, struct err *e)
{
	return 0;
}

static void rollback(struct store *base)
{
	struct memory_store *s = (struct memory_store *)base;
	empty(&s->t);
	if (s->bulk) {
		s->t = s->saved;
		s->saved = (struct tables){0};
		s->bulk = false;
		return;
	}
	s->t.a = arena_new(MEMORY_MAX);
	assert(s->t.a);
}

static int bulk_begin(struct store *base, struct err *e)
{
	struct memory_store *s = (struct memory_store *)base;
	struct arena *a = arena_new(MEMORY_MAX);
	if (!a)
		return no_memory(e);
	s->saved = s->t;
	s->t = (struct tables){.a = a};
	s->bulk = true;
	return 0;
}

static int bulk_end(struct store *base, struct err *e)
{
	struct memory_store *s = (struct memory_store *)base;
	empty(&s->saved);
	s->bulk = false;
	return 0;
}

static int look(struct store *base, bool *ret_changed, struct err *e)
{
	*ret_changed = false;
	return 0;
}

static void look_done(struct store *base)
{
}

static void close_store(struct store *base)
{
	struct memory_store *s = (struct memory_store *)base;
	empty(&s->t);
	empty(&s->saved);
	free(s);
}

/* ---- puts -------------------------------------------------------------------------------------------------------------------- */

static int put_ident(struct store *base, const struct store_ident *i, struct err *e)
{
	struct store_ident *x = ADD(of(base)->ident);
	if (!x)
		return no_memory(e);
	*x = *i;
	return keep(of(base), &x->value) && keep(of(base), &x->assigner) && keep(of(base), &x->type) ? 0 : no_memory(e);
}

static int put_edge(struct store *base, const struct store_edge *i, struct err *e)
{
	struct store_edge *x = ADD(of(base)->edge);
	if (!x)
		return no_memory(e);
	*x = *i;
	return 0;
}

static int end_edge(struct store *base, uint64_t id, uint64_t to, uint8_t ended_by, struct err *e)
{
	struct tables *t = of(base);
	for (size_t i = 0; i < t->edge.n; i++)
		if (t->edge.v[i].id == id) {
			t->edge.v[i].to = to;
			t->edge.v[i].ended_by = ended_by;
		}
	return 0;
}

static int put_move(struct store *base, const struct store_move *m, struct err *e)
{
	struct store_move *x = ADD(of(base)->move);
	if (!x)
		return no_memory(e);
	*x = *m;
	return keep(of(base), &x->key) ? 0 : no_memory(e);
}

static int end_move(struct store *base, uint64_t id, uint64_t to, struct err *e)
{
	struct tables *t = of(base);
	for (size_t i = 0; i < t->move.n; i++)
		if (t->move.v[i].id == id)
			t->move.v[i].to = to;
	return 0;
}

static int put_row(struct store *base, const struct store_row *r, struct err *e)
{
	struct store_row *x = ADD(of(base)->row);
	if (!x)
		return no_memory(e);
	*x = *r;
	return keep(of(base), &x->blob) ? 0 : no_memory(e);
}

static int put_mark(struct store *base, uint32_t ident, enum store_mark m, uint64_t row, struct err *e)
{
	struct tables *t = of(base);
	for (size_t i = t->mark.n; i-- > 0;)
		if (t->mark.v[i].ident == ident && t->mark.v[i].what == (int)m && t->mark.v[i].row == row)
			return 0;
	struct mem_mark *x = ADD(t->mark);
	if (!x)
		return no_memory(e);
	*x = (struct mem_mark){ident, (int)m, row};
	return 0;
}

static int put_header(struct store *base, uint32_t ident, uint64_t entry, struct slice blob, struct err *e)
{
	struct tables *t = of(base);
	struct mem_at *x = NULL;
	for (size_t i = 0; i < t->header.n; i++)
		if (t->header.v[i].ident == ident && t->header.v[i].entry == entry)
			x = &t->header.v[i];
	if (!x && !(x = ADD(t->header)))
		return no_memory(e);
	*x = (struct mem_at){ident, entry, blob};
	return keep(t, &x->blob) ? 0 : no_memory(e);
}

static int drop_headers(struct store *base, uint32_t ident, struct err *e)
{
	struct tables *t = of(base);
	size_t n = 0;
	for (size_t i = 0; i < t->header.n; i++)
		if (t->header.v[i].ident != ident)
			t->header.v[n++] = t->header.v[i];
	t->header.n = n;
	return 0;
}

static int cmp_word(struct slice word, uint32_t ident, const struct mem_word *w)
{
	int r = slice_cmp(word, w->word);
	return r ? r : ident < w->ident ? -1 : ident > w->ident;
}

/* The first index whose word is not below. */
static size_t word_at(struct tables *t, struct slice word, uint32_t ident)
{
	size_t lo = 0, hi = t->word.n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (cmp_word(word, ident, &t->word.v[mid]) > 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int put_word(struct store *base, struct slice word, uint32_t ident, uint64_t entry, struct err *e)
{
	struct tables *t = of(base);
	size_t at = word_at(t, word, ident);
	if (at < t->word.n && cmp_word(word, ident, &t->word.v[at]) == 0) {
		if (entry < t->word.v[at].entry)
			t->word.v[at].entry = entry;
		return 0;
	}
	if (!ROOM(t->word))
		return no_memory(e);
	memmove(&t->word.v[at + 1], &t->word.v[at], (t->word.n++ - at) * sizeof *t->word.v);
	t->word.v[at] = (struct mem_word){word, ident, entry};
	return keep(t, &t->word.v[at].word) ? 0 : no_memory(e);
}

static int put_stay(struct store *base, const struct store_stay *y, struct err *e)
{
	struct store_stay *x = ADD(of(base)->stay);
	if (!x)
		return no_memory(e);
	*x = *y;
	return keep(of(base), &x->body) ? 0 : no_memory(e);
}

static int end_stay(struct store *base, uint64_t id, uint64_t to, struct err *e)
{
	struct tables *t = of(base);
	for (size_t i = 0; i < t->stay.n; i++)
		if (t->stay.v[i].id == id)
			t->stay.v[i].to = to; /* an empty interval holds for no moment */
	return 0;
}

static int renew_stay(struct store *base, uint64_t id, int64_t expires, struct err *e)
{
	struct tables *t = of(base);
	for (size_t i = 0; i < t->stay.n; i++)
		if (t->stay.v[i].id == id)
			t->stay.v[i].expires = expires;
	return 0;
}

static int put_review(struct store *base, const struct store_review *v, struct err *e)
{
	struct store_review *x = ADD(of(base)->review);
	if (!x)
		return no_memory(e);
	*x = *v;
	return 0;
}

static int put_event(struct store *base, const struct store_event *v, struct err *e)
{
	struct tables *t = of(base);
	struct store_event *x = ADD(t->event);
	if (!x)
		return no_memory(e);
	*x = *v;
	return keep(t, &x->user) && keep(t, &x->patient) && keep(t, &x->what) && keep(t, &x->reason) && keep(t, &x->text) ? 0 : no_memory(e);
}

static int put_times(struct store *base, uint64_t block, int64_t first, struct slice blob, struct err *e)
{
	struct tables *t = of(base);
	struct mem_times *x = NULL;
	for (size_t i = 0; i < t->times.n; i++)
		if (t->times.v[i].block == block)
			x = &t->times.v[i];
	if (!x && !(x = ADD(t->times)))
		return no_memory(e);
	*x = (struct mem_times){block, first, blob};
	return keep(t, &x->blob) ? 0 : no_memory(e);
}

static int put_kv(struct store *base, enum store_kv space, struct slice key, struct slice value, struct err *e)
{
	struct tables *t = of(base);
	size_t at = 0;
	while (at < t->kv.n && (t->kv.v[at].space < (int)space || (t->kv.v[at].space == (int)space && slice_cmp(t->kv.v[at].key, key) < 0)))
		at++;
	bool same = at < t->kv.n && t->kv.v[at].space == (int)space && slice_eq(t->kv.v[at].key, key);
	if (!same) {
		if (!ROOM(t->kv))
			return no_memory(e);
		memmove(&t->kv.v[at + 1], &t->kv.v[at], (t->kv.n++ - at) * sizeof *t->kv.v);
		t->kv.v[at] = (struct mem_kv){(int)space, key, SLICE_NULL};
		if (!keep(t, &t->kv.v[at].key))
			return no_memory(e);
	}
	t->kv.v[at].value = value;
	return keep(t, &t->kv.v[at].value) ? 0 : no_memory(e);
}

/* ---- questions ------------------------------------------------------------------------------------------------------------------ */

/* Calls fn for the elements of a list for which cond holds; x is the element. The list may not grow meanwhile: callers collect first. */
#define EACH(list, cond)                                                                                                                         \
	for (size_t i = 0; i < (list).n; i++) {                                                                                                      \
		typeof((list).v[0]) *x = &(list).v[i];                                                                                                   \
		if (!(cond))                                                                                                                             \
			continue;                                                                                                                            \
		int r = fn(arg, x, e);                                                                                                                   \
		if (r)                                                                                                                                   \
			return r < 0 ? r : 0;                                                                                                                \
	}                                                                                                                                            \
	return 0

static int ident(struct store *base, uint32_t id, store_ident_fn *fn, void *arg, struct err *e)
{
	struct tables *t = of(base);
	if (id == 0 || id > t->ident.n)
		return ERR_NOT_FOUND;
	int r = fn(arg, &t->ident.v[id - 1], e);
	return r < 0 ? r : 0;
}

static int idents_by_value(struct store *base, struct slice value, store_ident_fn *fn, void *arg, struct err *e)
{
	EACH(of(base)->ident, slice_eq(x->value, value));
}

static int idents_of_assigner(struct store *base, struct slice assigner, store_ident_fn *fn, void *arg, struct err *e)
{
	EACH(of(base)->ident, slice_eq(x->assigner, assigner));
}

static int edge_up(struct store *base, uint32_t child, uint64_t end, struct store_edge *ret, struct err *e)
{
	struct tables *t = of(base);
	for (size_t i = 0; i < t->edge.n; i++)
		if (t->edge.v[i].child == child && holds(t->edge.v[i].from, t->edge.v[i].to, end)) {
			*ret = t->edge.v[i];
			return 0;
		}
	return ERR_NOT_FOUND;
}

static int edges_down(struct store *base, uint32_t parent, uint64_t end, store_edge_fn *fn, void *arg, struct err *e)
{
	EACH(of(base)->edge, x->parent == parent && holds(x->from, x->to, end));
}

static int edges_named(struct store *base, uint32_t id, store_edge_fn *fn, void *arg, struct err *e)
{
	EACH(of(base)->edge, x->named_child == id || x->named_parent == id);
}

static int edges_open(struct store *base, uint8_t why, store_edge_fn *fn, void *arg, struct err *e)
{
	EACH(of(base)->edge, x->why == why && x->to == STORE_OPEN);
}

static int moves(struct store *base, uint32_t id, uint64_t end, store_move_fn *fn, void *arg, struct err *e)
{
	EACH(of(base)->move, (x->from_ident == id || x->to_ident == id) && holds(x->from, x->to, end));
}

static int rows(struct store *base, uint32_t id, uint64_t from, uint64_t to, bool newest_first, store_row_fn *fn, void *arg, struct err *e)
{
	struct tables *t = of(base);
	for (size_t k = 0; k < t->row.n; k++) {
		struct store_row *x = &t->row.v[newest_first ? t->row.n - 1 - k : k];
		if (x->ident != id || x->id < from || x->id >= to)
			continue;
		int r = fn(arg, x, e);
		if (r)
			return r < 0 ? r : 0;
	}
	return 0;
}

static int row(struct store *base, uint64_t id, store_row_fn *fn, void *arg, struct err *e)
{
	struct tables *t = of(base);
	for (size_t i = 0; i < t->row.n; i++)
		if (t->row.v[i].id == id) {
			int r = fn(arg, &t->row.v[i], e);
			return r < 0 ? r : 0;
		}
	return ERR_NOT_FOUND;
}

static int rows_of_entry(struct store *base, uint64_t from, uint64_t to, store_row_fn *fn, void *arg, struct err *e)
{
	EACH(of(base)->row, x->id >= from && x->id < to);
}

static int last_row(struct store *base, uint32_t id, uint64_t to, uint64_t *ret_id, int64_t *ret_received, struct err *e)
{
	struct tables *t = of(base);
	for (size_t i = t->row.n; i-- > 0;)
		if (t->row.v[i].ident == id && t->row.v[i].id < to) {
			*ret_id = t->row.v[i].id;
			*ret_received = t->row.v[i].received;
			return 0;
		}
	return ERR_NOT_FOUND;
}

static int count_rows(struct store *base, uint32_t id, uint64_t from, uint64_t to, uint64_t *ret, struct err *e)
{
	struct tables *t = of(base);
	uint64_t n = 0;
	for (size_t i = 0; i < t->row.n; i++)
		n += t->row.v[i].ident == id && t->row.v[i].id >= from && t->row.v[i].id < to;
	*ret = n;
	return 0;
}

static int max_source_time(struct store *base, uint32_t id, int64_t *ret, struct err *e)
{
	struct tables *t = of(base);
	int64_t max = INT64_MIN;
	for (size_t i = 0; i < t->row.n; i++)
		if (t->row.v[i].ident == id && t->row.v[i].source_time > max)
			max = t->row.v[i].source_time;
	*ret = max;
	return 0;
}

static int marked(struct store *base, uint32_t id, enum store_mark m, uint64_t to, store_row_fn *fn, void *arg, struct err *e)
{
	struct tables *t = of(base);
	for (size_t i = 0; i < t->mark.n; i++) {
		const struct mem_mark *x = &t->mark.v[i];
		if (x->ident != id || x->what != (int)m || x->row >= to)
			continue;
		for (size_t k = 0; k < t->row.n; k++)
			if (t->row.v[k].id == x->row) {
				int r = fn(arg, &t->row.v[k], e);
				if (r)
					return r < 0 ? r : 0;
			}
	}
	return 0;
}

static int take_blob(struct buf *ret, struct slice blob, struct err *e)
{
	buf_reset(ret);
	buf_add_slice(ret, blob);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), "view", "a row of the view is larger than its reader allows");
}

static int header(struct store *base, uint32_t id, uint64_t end, struct buf *ret, struct err *e)
{
	struct tables *t = of(base);
	const struct mem_at *best = NULL;
	for (size_t i = 0; i < t->header.n; i++) {
		const struct mem_at *x = &t->header.v[i];
		if (x->ident == id && x->entry < end && (!best || x->entry > best->entry))
			best = x;
	}
	return best ? take_blob(ret, best->blob, e) : ERR_NOT_FOUND;
}

static int words(struct store *base, struct slice from, struct slice below, uint32_t max, store_word_fn *fn, void *arg, struct err *e)
{
	struct tables *t = of(base);
	for (size_t i = word_at(t, from, 0); i < t->word.n && max-- > 0 && slice_cmp(t->word.v[i].word, below) < 0; i++) {
		int r = fn(arg, t->word.v[i].word, t->word.v[i].ident, t->word.v[i].entry, e);
		if (r)
			return r < 0 ? r : 0;
	}
	return 0;
}

static int has_word(struct store *base, struct slice word, uint32_t id, uint64_t *ret_entry, struct err *e)
{
	struct tables *t = of(base);
	size_t at = word_at(t, word, id);
	if (at == t->word.n || cmp_word(word, id, &t->word.v[at]))
		return ERR_NOT_FOUND;
	*ret_entry = t->word.v[at].entry;
	return 0;
}

static int open_stay(struct store *base, uint32_t person, store_stay_fn *fn, void *arg, struct err *e)
{
	EACH(of(base)->stay, x->person == person && x->to == STORE_OPEN);
}

static int stay_of(struct store *base, uint32_t person, uint64_t end, store_stay_fn *fn, void *arg, struct err *e)
{
	EACH(of(base)->stay, x->person == person && holds(x->from, x->to, end));
}

static int stays(struct store *base, uint64_t end, store_stay_fn *fn, void *arg, struct err *e)
{
	EACH(of(base)->stay, holds(x->from, x->to, end));
}

static int cmp_due(const void *pa, const void *pb)
{
	const struct store_stay *a = pa, *b = pb;
	if (a->expires != b->expires)
		return a->expires < b->expires ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static int stays_due(struct store *base, int64_t now, store_stay_fn *fn, void *arg, struct err *e)
{
	struct tables *t = of(base);
	struct store_stay *due = calloc(t->stay.n + 1, sizeof *due);
	if (!due)
		return no_memory(e);
	size_t n = 0;
	for (size_t i = 0; i < t->stay.n; i++)
		if (t->stay.v[i].to == STORE_OPEN && t->stay.v[i].expires < INT64_MAX && t->stay.v[i].expires <= now)
			due[n++] = t->stay.v[i];
	qsort(due, n, sizeof *due, cmp_due);
	int r = 0;
	for (size_t i = 0; i < n && r == 0; i++)
		r = fn(arg, &due[i], e);
	free(due);
	return r < 0 ? r : 0;
}

static int next_due(struct store *base, int64_t *ret, struct err *e)
{
	struct tables *t = of(base);
	int64_t min = INT64_MAX;
	for (size_t i = 0; i < t->stay.n; i++)
		if (t->stay.v[i].to == STORE_OPEN && t->stay.v[i].expires < min)
			min = t->stay.v[i].expires;
	*ret = min;
	return 0;
}

static int reviews(struct store *base, uint32_t id, uint64_t end, store_review_fn *fn, void *arg, struct err *e)
{
	EACH(of(base)->review, x->ident == id && x->entry < end);
}

static int events(struct store *base, uint8_t kind, struct slice who, uint64_t before, uint32_t max, store_event_fn *fn, void *arg, struct err *e)
{
	struct tables *t = of(base);
	for (size_t i = t->event.n; i-- > 0 && max > 0;) {
		const struct store_event *x = &t->event.v[i];
		if (x->entry >= before || (kind && x->kind != kind) || (who.n && !slice_eq(x->user, who) && !slice_eq(x->patient, who)))
			continue;
		max--;
		int r = fn(arg, x, e);
		if (r)
			return r < 0 ? r : 0;
	}
	return 0;
}

static int times(struct store *base, uint64_t block, int64_t *ret_first, struct buf *ret, struct err *e)
{
	struct tables *t = of(base);
	for (size_t i = 0; i < t->times.n; i++)
		if (t->times.v[i].block == block) {
			*ret_first = t->times.v[i].first;
			return take_blob(ret, t->times.v[i].blob, e);
		}
	return ERR_NOT_FOUND;
}

static int times_before(struct store *base, int64_t at, uint64_t *ret_block, struct err *e)
{
	struct tables *t = of(base);
	bool found = false;
	for (size_t i = 0; i < t->times.n; i++)
		if (t->times.v[i].first <= at && (!found || t->times.v[i].block > *ret_block)) {
			*ret_block = t->times.v[i].block;
			found = true;
		}
	return found ? 0 : ERR_NOT_FOUND;
}

/* ---- recordings ---- */

static int put_ecg(struct store *base, const struct store_ecg *g, struct err *e)
{
	struct tables *t = of(base);
	struct store_ecg *x = NULL;
	for (size_t i = 0; i < t->ecg.n; i++)
		if (t->ecg.v[i].entry == g->entry)
			x = &t->ecg.v[i];
	if (!x && !(x = ADD(t->ecg)))
		return no_memory(e);
	*x = *g;
	return keep(t, &x->source) && keep(t, &x->strip) && keep(t, &x->blob) ? 0 : no_memory(e);
}

static int put_ecg_act(struct store *base, const struct store_ecg_act *y, struct err *e)
{
	struct tables *t = of(base);
	struct store_ecg_act *x = ADD(t->ecg_act);
	if (!x)
		return no_memory(e);
	*x = *y;
	return keep(t, &x->source) && keep(t, &x->body) ? 0 : no_memory(e);
}

static int ecg(struct store *base, uint64_t entry, store_ecg_fn *fn, void *arg, struct err *e)
{
	struct tables *t = of(base);
	for (size_t i = 0; i < t->ecg.n; i++)
		if (t->ecg.v[i].entry == entry) {
			int r = fn(arg, &t->ecg.v[i], e);
			return r < 0 ? r : 0;
		}
	return ERR_NOT_FOUND;
}

static int ecgs_back(struct tables *t, uint64_t before, uint32_t id, store_ecg_fn *fn, void *arg, struct err *e)
{
	for (size_t i = t->ecg.n; i-- > 0;) {
		if (t->ecg.v[i].entry >= before || (id && t->ecg.v[i].ident != id))
			continue;
		int r = fn(arg, &t->ecg.v[i], e);
		if (r)
			return r < 0 ? r : 0;
	}
	return 0;
}

static int ecgs(struct store *base, uint64_t before, store_ecg_fn *fn, void *arg, struct err *e)
{
	return ecgs_back(of(base), before, 0, fn, arg, e);
}

static int ecgs_of(struct store *base, uint32_t id, store_ecg_fn *fn, void *arg, struct err *e)
{
	return id ? ecgs_back(of(base), UINT64_MAX, id, fn, arg, e) : 0;
}

static int ecgs_strip(struct store *base, struct slice strip, enum store_strip which, store_ecg_fn *fn, void *arg, struct err *e)
{
	struct tables *t = of(base);
	for (size_t k = 0; k < t->ecg.n && strip.n; k++) {
		const struct store_ecg *g = &t->ecg.v[which == STORE_STRIP_NEWEST ? t->ecg.n - 1 - k : k];
		int r = slice_eq(g->strip, strip) && (which != STORE_STRIP_WEIGHS || g->flags & STORE_ECG_WEIGHS) ? fn(arg, g, e) : 0;
		if (r)
			return r < 0 ? r : 0;
	}
	return 0;
}

static int ecgs_todo(struct store *base, uint8_t rank, uint64_t entry, store_ecg_fn *fn, void *arg, struct err *e)
{
	struct tables *t = of(base);
	for (unsigned k = rank; k <= UINT8_MAX; k++)
		for (size_t i = 0; i < t->ecg.n; i++) {
			if (!t->ecg.v[i].due || t->ecg.v[i].rank != k || (k == rank && t->ecg.v[i].entry < entry))
				continue;
			int r = fn(arg, &t->ecg.v[i], e);
			if (r)
				return r < 0 ? r : 0;
		}
	return 0;
}

static int ecg_acts(struct store *base, uint64_t of_ecg, store_ecg_act_fn *fn, void *arg, struct err *e)
{
	EACH(of(base)->ecg_act, x->ecg == of_ecg);
}

/* ---- what was captured ---- */

static int put_capture(struct store *base, const struct store_capture *y, struct err *e)
{
	struct tables *t = of(base);
	struct store_capture *x = NULL;
	for (size_t i = 0; i < t->capture.n; i++)
		if (t->capture.v[i].entry == y->entry)
			x = &t->capture.v[i];
	if (!x && !(x = ADD(t->capture)))
		return no_memory(e);
	*x = *y;
	struct slice *texts[] = {&x->id, &x->root, &x->unit, &x->patient, &x->source, &x->body};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (!keep(t, texts[i]))
			return no_memory(e);
	return 0;
}

static int one_capture(const struct store_capture *x, store_capture_fn *fn, void *arg, struct err *e)
{
	int r = fn(arg, x, e);
	return r < 0 ? r : 0;
}

static int capture(struct store *base, uint64_t entry, store_capture_fn *fn, void *arg, struct err *e)
{
	struct tables *t = of(base);
	for (size_t i = 0; i < t->capture.n; i++)
		if (t->capture.v[i].entry == entry)
			return one_capture(&t->capture.v[i], fn, arg, e);
	return ERR_NOT_FOUND;
}

static int capture_by_id(struct store *base, struct slice id, store_capture_fn *fn, void *arg, struct err *e)
{
	struct tables *t = of(base);
	for (size_t i = 0; i < t->capture.n; i++)
		if (slice_eq(t->capture.v[i].id, id))
			return one_capture(&t->capture.v[i], fn, arg, e);
	return ERR_NOT_FOUND;
}

static int captures_back(struct tables *t, uint64_t before, store_capture_fn *fn, void *arg, struct err *e)
{
	for (size_t i = t->capture.n; i-- > 0;) {
		int r = t->capture.v[i].entry < before ? fn(arg, &t->capture.v[i], e) : 0;
		if (r)
			return r < 0 ? r : 0;
	}
	return 0;
}

static int captures(struct store *base, uint64_t from, bool newest_first, store_capture_fn *fn, void *arg, struct err *e)
{
	if (newest_first)
		return captures_back(of(base), from, fn, arg, e);
	EACH(of(base)->capture, x->entry >= from);
}

static int captures_of(struct store *base, uint32_t id, store_capture_fn *fn, void *arg, struct err *e)
{
	EACH(of(base)->capture, id && x->ident == id);
}

static int captures_root(struct store *base, struct slice root, store_capture_fn *fn, void *arg, struct err *e)
{
	EACH(of(base)->capture, slice_eq(x->root, root));
}

static int capture_counts(struct store *base, store_count_fn *fn, void *arg, struct err *e)
{
	struct tables *t = of(base);
	for (unsigned k = 0; k < 256; k++) /* a few owners, a few states: in order */
		for (unsigned s = 0; s < 16; s++) {
			uint64_t n = 0;
			for (size_t i = 0; i < t->capture.n; i++)
				n += t->capture.v[i].owner == k && t->capture.v[i].state == s;
			int r = n ? fn(arg, (uint8_t)k, (uint8_t)s, n, e) : 0;
			if (r)
				return r < 0 ? r : 0;
		}
	return 0;
}

static int put_capture_act(struct store *base, const struct store_capture_act *y, struct err *e)
{
	struct tables *t = of(base);
	struct store_capture_act *x = ADD(t->capture_act);
	if (!x)
		return no_memory(e);
	*x = *y;
	return keep(t, &x->source) && keep(t, &x->body) ? 0 : no_memory(e);
}

static int capture_acts(struct store *base, uint64_t of_capture, store_capture_act_fn *fn, void *arg, struct err *e)
{
	EACH(of(base)->capture_act, x->capture == of_capture);
}

static int kv(struct store *base, enum store_kv space, struct slice key, struct buf *ret, struct err *e)
{
	struct tables *t = of(base);
	for (size_t i = 0; i < t->kv.n; i++)
		if (t->kv.v[i].space == (int)space && slice_eq(t->kv.v[i].key, key))
			return take_blob(ret, t->kv.v[i].value, e);
	return ERR_NOT_FOUND;
}

static int all_kv(struct store *base, enum store_kv space, store_blob_fn *fn, void *arg, struct err *e)
{
	struct tables *t = of(base);
	for (size_t i = 0; i < t->kv.n; i++) {
		if (t->kv.v[i].space != (int)space)
			continue;
		int r = fn(arg, t->kv.v[i].key, t->kv.v[i].value, e);
		if (r)
			return r < 0 ? r : 0;
	}
	return 0;
}

static const struct store_ops ops = {
	.close = close_store, .begin = begin, .commit = commit, .rollback = rollback, .bulk_begin = bulk_begin, .bulk_end = bulk_end, .look = look, .look_done = look_done,
	.put_ident = put_ident, .put_edge = put_edge, .end_edge = end_edge, .put_move = put_move, .end_move = end_move, .put_row = put_row, .put_mark = put_mark, .put_header = put_header,
	.drop_headers = drop_headers, .put_word = put_word, .put_stay = put_stay, .end_stay = end_stay, .renew_stay = renew_stay, .put_review = put_review, .put_event = put_event, .put_times = put_times, .put_ecg = put_ecg, .put_ecg_act = put_ecg_act, .put_capture = put_capture, .put_capture_act = put_capture_act, .put_kv = put_kv,
	.ident = ident, .idents_by_value = idents_by_value, .idents_of_assigner = idents_of_assigner, .edge_up = edge_up, .edges_down = edges_down,
	.edges_named = edges_named, .edges_open = edges_open, .moves = moves, .rows = rows, .row = row, .rows_of_entry = rows_of_entry, .last_row = last_row, .count_rows = count_rows, .max_source_time = max_source_time, .marked = marked,
	.header = header, .words = words, .has_word = has_word, .open_stay = open_stay, .stay_of = stay_of, .stays = stays, .stays_due = stays_due, .next_due = next_due, .reviews = reviews,
	.events = events, .times = times, .times_before = times_before, .ecg = ecg, .ecgs = ecgs, .ecgs_todo = ecgs_todo, .ecgs_of = ecgs_of, .ecgs_strip = ecgs_strip, .ecg_acts = ecg_acts, .capture = capture, .capture_by_id = capture_by_id, .captures = captures, .captures_of = captures_of, .captures_root = captures_root, .capture_counts = capture_counts, .capture_acts = capture_acts, .kv = kv, .all_kv = all_kv,
};

int store_memory_open(struct store **ret, struct err *e)
{
	struct memory_store *s = calloc(1, sizeof *s);
	struct arena *a = s ? arena_new(MEMORY_MAX) : NULL;
	if (!a) {
		free(s);
		return no_memory(e);
	}
	s->base.ops = &ops;
	s->t.a = a;
	*ret = &s->base;
	return 0;
}
