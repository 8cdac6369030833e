/* Person x element x touch x source. Kept as (person, source, elements), 12 bytes each; sorted and made one at the end. */
#include "scope.h"

#include <stdlib.h>

struct ids { /* texts by number, and numbers by text */
	struct arena *a;
	struct slice *v;
	uint32_t *slot, n, slots; /* slot: number + 1 */
	uint8_t *mark;            /* of a source: acquired */
	uint32_t room;
};
struct fact {
	uint32_t person, source, elements;
};
struct scope_exposure {
	struct ids person, source;
	struct fact *fact;
	size_t n, room;
	uint32_t *into, into_n;
	uint32_t *person_rank, *source_rank;
	size_t *row; /* the first fact of each row, and n behind the last */
	size_t rows;
};

static uint64_t hash(struct slice s)
{
	uint64_t h = 1469598103934665603u;
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 1099511628211u;
	return h ^ h >> 29;
}

static bool ids_init(struct ids *d)
{
	*d = (struct ids){.a = arena_new(SIZE_MAX / 4), .slots = 1024};
	d->slot = calloc(d->slots, sizeof *d->slot);
	return d->a && d->slot;
}

static void ids_done(struct ids *d)
{
	arena_free(d->a);
	free(d->v);
	free(d->slot);
	free(d->mark);
	*d = (struct ids){0};
}

static bool ids_grow(struct ids *d)
{
	if (d->n == d->room) {
		uint32_t room = d->room ? d->room * 2 : 512;
		struct slice *v = room > d->room ? reallocarray(d->v, room, sizeof *v) : NULL;
		if (!v)
			return false;
		d->v = v;
		uint8_t *m = realloc(d->mark, room);
		if (!m)
			return false;
		d->mark = m;
		d->room = room;
	}
	if (d->n * (uint64_t)2 < d->slots)
		return true;
	if (d->slots >= UINT32_C(1) << 31)
		return false;
	uint32_t slots = d->slots * 2, *slot = calloc(slots, sizeof *slot);
	if (!slot)
		return false;
	for (uint32_t i = 0; i < d->n; i++) {
		uint32_t k = (uint32_t)hash(d->v[i]) & (slots - 1);
		while (slot[k])
			k = (k + 1) & (slots - 1);
		slot[k] = i + 1;
	}
	free(d->slot);
	d->slot = slot;
	d->slots = slots;
	return true;
}

/* text: what is looked up. A source's mark belongs to what makes it: the same path accessed and acquired is two. */
static uint32_t intern(struct ids *d, struct slice text, uint8_t mark)
{
	if (!ids_grow(d))
		return SCOPE_NOBODY;
	uint32_t k = (uint32_t)hash(text) & (d->slots - 1);
	for (; d->slot[k]; k = (k + 1) & (d->slots - 1))
		if (slice_eq(d->v[d->slot[k] - 1], text) && d->mark[d->slot[k] - 1] == mark)
			return d->slot[k] - 1;
	struct slice own = text.n ? arena_dup(d->a, text) : SLICE("");
	if (!own.p)
		return SCOPE_NOBODY;
	d->v[d->n] = own;
	d->mark[d->n] = mark;
	d->slot[k] = ++d->n;
	return d->n - 1;
}

struct scope_exposure *scope_exposure_new(void)
{
	struct scope_exposure *x = calloc(1, sizeof *x);
	if (x && ids_init(&x->person) && ids_init(&x->source))
		return x;
	scope_exposure_free(x);
	return NULL;
}

void scope_exposure_free(struct scope_exposure *x)
{
	if (!x)
		return;
	ids_done(&x->person);
	ids_done(&x->source);
	free(x->fact);
	free(x->into);
	free(x->person_rank);
	free(x->source_rank);
	free(x->row);
	free(x);
}

uint32_t scope_exposure_person(struct scope_exposure *x, struct slice id)
{
	return intern(&x->person, id, 0);
}

uint32_t scope_exposure_find(const struct scope_exposure *x, struct slice person)
{
	const struct ids *d = &x->person;
	for (uint32_t k = (uint32_t)hash(person) & (d->slots - 1); d->slot[k]; k = (k + 1) & (d->slots - 1))
		if (slice_eq(d->v[d->slot[k] - 1], person))
			return d->slot[k] - 1;
	return SCOPE_NOBODY;
}

struct slice scope_exposure_id(const struct scope_exposure *x, uint32_t person)
{
	assert(person < x->person.n);
	return x->person.v[person];
}

uint32_t scope_exposure_source(struct scope_exposure *x, struct slice path, bool acquired)
{
	return intern(&x->source, path, acquired);
}

int scope_exposure_add(struct scope_exposure *x, uint32_t person, uint32_t source, uint32_t elements, struct err *e)
{
	assert(person < x->person.n && source < x->source.n);
	if (!elements)
		return 0;
	if (x->n && x->fact[x->n - 1].person == person && x->fact[x->n - 1].source == source) { /* a file's hits come together */
		x->fact[x->n - 1].elements |= elements;
		return 0;
	}
	if (x->n == x->room) {
		size_t room = x->room ? x->room + x->room / 2 : 4096;
		struct fact *f = reallocarray(x->fact, room, sizeof *f);
		if (!f)
			return err_set(e, ERR_MEMORY, NULL, "no memory for more than %zu findings", x->n);
		x->fact = f;
		x->room = room;
	}
	x->fact[x->n++] = (struct fact){person, source, elements};
	return 0;
}

static uint32_t root(const struct scope_exposure *x, uint32_t p)
{
	while (p < x->into_n && x->into[p] != p)
		p = x->into[p];
	return p;
}

int scope_exposure_merge(struct scope_exposure *x, uint32_t person, uint32_t into, struct err *e)
{
	assert(person < x->person.n && into < x->person.n);
	if (x->into_n < x->person.n) {
		uint32_t *v = reallocarray(x->into, x->person.n, sizeof *v);
		if (!v)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		for (uint32_t i = x->into_n; i < x->person.n; i++)
			v[i] = i;
		x->into = v;
		x->into_n = x->person.n;
	}
	person = root(x, person);
	into = root(x, into);
	x->into[person] = into;
	return 0;
}

static const struct ids *ranking; /* qsort has no argument for it */

static int by_text(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	int c = slice_cmp(ranking->v[a], ranking->v[b]);
	return c ? c : (int)ranking->mark[a] - ranking->mark[b];
}

static uint32_t *rank(const struct ids *d)
{
	uint32_t *order = calloc(d->n ? d->n : 1, sizeof *order), *r = calloc(d->n ? d->n : 1, sizeof *r);
	if (order && r) {
		for (uint32_t i = 0; i < d->n; i++)
			order[i] = i;
		ranking = d;
		qsort(order, d->n, sizeof *order, by_text);
		for (uint32_t i = 0; i < d->n; i++)
			r[order[i]] = i;
		free(order);
		return r;
	}
	free(order);
	free(r);
	return NULL;
}

static const struct scope_exposure *sorting;

static int by_rank(const void *pa, const void *pb)
{
	const struct fact *a = pa, *b = pb;
	uint32_t p = sorting->person_rank[a->person], q = sorting->person_rank[b->person];
	if (p != q)
		return p < q ? -1 : 1;
	p = sorting->source_rank[a->source];
	q = sorting->source_rank[b->source];
	return p < q ? -1 : p > q;
}

int scope_exposure_end(struct scope_exposure *x, struct err *e)
{
	free(x->person_rank);
	free(x->source_rank);
	free(x->row);
	x->row = NULL;
	x->person_rank = rank(&x->person);
	x->source_rank = rank(&x->source);
	if (!x->person_rank || !x->source_rank)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; i < x->n; i++)
		x->fact[i].person = root(x, x->fact[i].person);
	sorting = x;
	qsort(x->fact, x->n, sizeof *x->fact, by_rank);
	size_t k = 0;
	x->rows = 0;
	for (size_t i = 0; i < x->n; i++) {
		bool same = k && x->fact[k - 1].person == x->fact[i].person;
		x->rows += !same;
		if (same && x->fact[k - 1].source == x->fact[i].source)
			x->fact[k - 1].elements |= x->fact[i].elements;
		else
			x->fact[k++] = x->fact[i];
	}
	x->n = k;
	x->row = calloc(x->rows + 1, sizeof *x->row);
	if (!x->row)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	size_t r = 0;
	for (size_t i = 0; i < x->n; i++)
		if (!i || x->fact[i].person != x->fact[i - 1].person)
			x->row[r++] = i;
	x->row[r] = x->n;
	return 0;
}

size_t scope_exposure_rows(const struct scope_exposure *x)
{
	return x->row ? x->rows : 0;
}

void scope_exposure_row(const struct scope_exposure *x, size_t i, struct scope_row *ret)
{
	assert(x->row && i < x->rows);
	struct scope_row r = {.first = x->row[i], .n = x->row[i + 1] - x->row[i]};
	r.number = x->fact[r.first].person;
	r.person = x->person.v[r.number];
	for (size_t k = 0; k < r.n; k++) {
		const struct fact *f = &x->fact[r.first + k];
		*(x->source.mark[f->source] ? &r.acquired : &r.accessed) |= f->elements;
	}
	*ret = r;
}

void scope_exposure_place(const struct scope_exposure *x, size_t place, struct scope_place *ret)
{
	assert(place < x->n);
	const struct fact *f = &x->fact[place];
	*ret = (struct scope_place){x->source.v[f->source], x->source.mark[f->source] != 0, f->elements};
}
