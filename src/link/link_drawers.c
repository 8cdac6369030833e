/* Pairs go into drawers by their first record as they come; a drawer is put in order in the cache, and what stands in it twice goes.
 *
 * A drawer of a thread is a chain of blocks, so that nothing is moved while it grows. Drawers that lie side by side are a shelf, whose memory goes back as soon as it is taken: what comes out takes the place of what was there. */
#include "link_drawers.h"

#include <stdlib.h>

#define SHIFT_MIN 9u
#define SHIFT_MAX 16u /* a pair's first record within its drawer is 16 bits */
#define DRAWERS_MAX 1024u
#define DRAWERS_MOST 4096u /* where a drawer is as large as it may be: of 2^28 records */
#define SHELVES_MAX 8u
#define SHELF_RECORDS 200000u /* no smaller: each thread leaves a part of a page of 2 MiB empty */
#define BLOCK_PAIRS 340u
#define SLAB ((size_t)16 << 20)

struct block { /* 2 KiB */
	struct block *before;
	uint32_t b[BLOCK_PAIRS];
	uint16_t a[BLOCK_PAIRS]; /* of the drawer's records, which */
};
struct slab {
	struct slab *before;
	struct block block[(SLAB - sizeof(void *)) / sizeof(struct block)];
};
struct drawer {
	struct block *last;
	uint32_t in_last;
	uint64_t n;
};
struct chest { /* of one thread */
	struct drawer drawer[DRAWERS_MOST];
	struct slab *slab[SHELVES_MAX];
	unsigned used[SHELVES_MAX]; /* of it */
};
struct link_drawers {
	unsigned threads, drawers, shift; /* a record's drawer: its number >> shift */
	unsigned shelves;
	struct chest *chest;
	/* taking */
	unsigned first; /* the drawer that the shelf begins with */
	uint64_t *shelf, *v;
	uint64_t from[DRAWERS_MOST], n[DRAWERS_MOST], to[DRAWERS_MOST]; /* of a drawer: where on the shelf it lies, how many there are of it, and where they go */
};

struct link_drawers *link_drawers_new(uint32_t records, unsigned threads)
{
	struct link_drawers *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->threads = threads;
	p->shift = SHIFT_MIN;
	while (records >> p->shift >= DRAWERS_MAX && p->shift < SHIFT_MAX)
		p->shift++;
	p->drawers = (records >> p->shift) + 1;
	assert(p->drawers <= DRAWERS_MOST);
	p->shelves = records / threads / SHELF_RECORDS;
	p->shelves = p->shelves < 1 ? 1 : p->shelves > SHELVES_MAX ? SHELVES_MAX : p->shelves;
	p->chest = calloc(threads, sizeof *p->chest);
	if (!p->chest) {
		free(p);
		return NULL;
	}
	return p;
}

static void clear_shelf(struct link_drawers *p, unsigned shelf)
{
	for (unsigned t = 0; t < p->threads; t++) {
		for (struct slab *s = p->chest[t].slab[shelf], *before; s; s = before) {
			before = s->before;
			link_unstretch(s, sizeof *s);
		}
		p->chest[t].slab[shelf] = NULL;
	}
}

void link_drawers_free(struct link_drawers *p)
{
	if (!p)
		return;
	for (unsigned s = 0; s < p->shelves; s++)
		clear_shelf(p, s);
	free(p->chest);
	free(p->shelf);
	free(p->v);
	free(p);
}

static unsigned shelf_of(const struct link_drawers *p, unsigned drawer)
{
	return drawer * p->shelves / p->drawers;
}

static int more(const struct link_drawers *p, struct chest *c, struct drawer *d)
{
	const unsigned shelf = shelf_of(p, (unsigned)(d - c->drawer));
	if (!c->slab[shelf] || c->used[shelf] == ARRAY_LEN(c->slab[shelf]->block)) {
		struct slab *s = link_stretch(NULL, 0, sizeof *s);
		if (!s)
			return ERR_MEMORY;
		s->before = c->slab[shelf];
		c->slab[shelf] = s;
		c->used[shelf] = 0;
	}
	struct block *b = &c->slab[shelf]->block[c->used[shelf]++];
	b->before = d->last;
	d->last = b;
	d->in_last = 0;
	return 0;
}

int link_drawers_add(struct link_drawers *p, unsigned thread, uint32_t a, const uint64_t *b, uint64_t n, unsigned bits)
{
	const uint64_t mask = (UINT64_C(1) << bits) - 1;
	const uint16_t low = (uint16_t)(a & ((1u << p->shift) - 1));
	struct chest *c = &p->chest[thread];
	struct drawer *d = &c->drawer[a >> p->shift];
	d->n += n;
	for (uint64_t i = 0, end; i < n; i = end) {
		if ((!d->last || d->in_last == BLOCK_PAIRS) && more(p, c, d) < 0)
			return ERR_MEMORY;
		end = n - i < BLOCK_PAIRS - d->in_last ? n : i + BLOCK_PAIRS - d->in_last;
		for (uint64_t k = i; k < end; k++) {
			d->last->b[d->in_last] = (uint32_t)(b[k] & mask);
			d->last->a[d->in_last++] = low;
		}
	}
	return 0;
}

/* ---- in order ---- */

static void sort_down(uint64_t *v, uint64_t n, int shift) /* in place, eight bits at a time from the top (McIlroy, Bostic, McIlroy 1993) */
{
	if (n < 48 || shift < 0) {
		for (uint64_t i = 1; i < n; i++) {
			uint64_t x = v[i], j = i;
			for (; j && v[j - 1] > x; j--)
				v[j] = v[j - 1];
			v[j] = x;
		}
		return;
	}
	uint64_t end[256] = {0}, at[256], sum = 0;
	for (uint64_t i = 0; i < n; i++)
		end[v[i] >> shift & 255]++;
	for (unsigned k = 0; k < 256; k++) {
		at[k] = sum;
		sum += end[k];
		end[k] = sum;
	}
	for (unsigned k = 0; k < 256; k++)
		while (at[k] < end[k]) {
			uint64_t x = v[at[k]];
			unsigned to = (unsigned)(x >> shift & 255);
			if (to == k) {
				at[k]++;
				continue;
			}
			v[at[k]] = v[at[to]];
			v[at[to]++] = x;
		}
	for (unsigned k = 0; k < 256; k++)
		sort_down(v + (k ? end[k - 1] : 0), end[k] - (k ? end[k - 1] : 0), shift - 8);
}

void link_sort(uint64_t *v, uint64_t n)
{
	sort_down(v, n, 56);
}

/* ---- taking ---- */

static uint64_t drawer_n(const struct link_drawers *p, unsigned drawer)
{
	uint64_t n = 0;
	for (unsigned t = 0; t < p->threads; t++)
		n += p->chest[t].drawer[drawer].n;
	return n;
}

/* The pairs of one drawer of all threads, laid out by their first record. start: 1 << shift counts; afterwards where the pairs of each record end. */
static void lay_out(const struct link_drawers *p, unsigned drawer, uint32_t *start, uint64_t *to)
{
	const uint32_t records = 1u << p->shift;
	const uint64_t first = (uint64_t)drawer << p->shift;
	uint32_t at = 0;
	memset(start, 0, records * sizeof *start);
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned t = 0; t < p->threads; t++) {
			const struct drawer *d = &p->chest[t].drawer[drawer];
			uint32_t n = d->in_last;
			for (const struct block *b = d->last; b; b = b->before, n = BLOCK_PAIRS)
				for (uint32_t i = 0; i < n; i++) {
					uint32_t *s = &start[b->a[i]];
					if (pass)
						to[*s] = (first + b->a[i]) << 32 | b->b[i];
					(*s)++;
				}
		}
		for (uint32_t i = 0; !pass && i < records; i++) {
			uint32_t n = start[i];
			start[i] = at;
			at += n;
		}
	}
}

/* One drawer onto the shelf, in order, each pair once. */
static int take_drawer(void *arg, uint64_t k, unsigned thread)
{
	struct link_drawers *p = arg;
	const unsigned d = p->first + (unsigned)k;
	const uint64_t n = drawer_n(p, d);
	uint64_t *v = p->shelf + p->from[d], *to = v;
	(void)thread;
	if (!n)
		return 0;
	uint32_t *end = n <= UINT32_MAX ? malloc(sizeof *end << p->shift) : NULL;
	if (!end)
		return ERR_MEMORY;
	lay_out(p, d, end, v);
	for (uint32_t r = 0, i = 0; r < 1u << p->shift; r++) {
		const uint64_t *last = NULL;
		sort_down(v + i, end[r] - i, 24);
		for (; i < end[r]; i++)
			if (!last || *last != v[i]) {
				last = to;
				*to++ = v[i];
			}
	}
	p->n[d] = (uint64_t)(to - v);
	free(end);
	return 0;
}

static int put_drawer(void *arg, uint64_t k, unsigned thread)
{
	const struct link_drawers *p = arg;
	const unsigned d = p->first + (unsigned)k;
	(void)thread;
	if (p->n[d])
		memcpy(p->v + p->to[d], p->shelf + p->from[d], p->n[d] * sizeof *p->v);
	return 0;
}

/* The drawers first..end - 1 are one shelf. n: how many pairs are taken already. */
static int take_shelf(struct link_drawers *p, unsigned first, unsigned end, uint64_t *n)
{
	p->first = first;
	int r = link_parallel(p->threads, end - first, take_drawer, p);
	clear_shelf(p, shelf_of(p, first));
	for (unsigned d = first; r == 0 && d < end; d++) {
		p->to[d] = *n;
		*n += p->n[d];
	}
	return r ? r : link_parallel(p->threads, end - first, put_drawer, p);
}

int link_drawers_take(struct link_drawers *p, uint64_t **ret, uint64_t *ret_n)
{
	uint64_t total = 0, most = 0, n = 0;
	unsigned end;
	int r;
	for (unsigned first = 0; first < p->drawers; first = end) {
		uint64_t here = 0;
		for (end = first; end < p->drawers && shelf_of(p, end) == shelf_of(p, first); end++) {
			p->from[end] = here;
			here += drawer_n(p, end);
		}
		total += here;
		most = here > most ? here : most;
	}
	p->v = malloc((total + 1) * sizeof *p->v);
	p->shelf = malloc((most + 1) * sizeof *p->shelf);
	r = p->v && p->shelf ? 0 : ERR_MEMORY;
	if (r == 0) {
		link_huge(p->v, total * sizeof *p->v);
		link_huge(p->shelf, most * sizeof *p->shelf);
	}
	for (unsigned first = 0; first < p->drawers && r == 0; first = end) {
		for (end = first; end < p->drawers && shelf_of(p, end) == shelf_of(p, first);)
			end++;
		r = take_shelf(p, first, end, &n);
	}
	if (r)
		return r;
	uint64_t *less = realloc(p->v, (n + 1) * sizeof *less);
	*ret = less ? less : p->v;
	*ret_n = n;
	p->v = NULL;
	return 0;
}
