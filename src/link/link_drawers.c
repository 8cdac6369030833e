/* Pairs go into drawers by their first record as they come; a drawer is put in order in the cache, and what stands in it twice goes.
 *
 * A drawer of a thread is a chain of blocks, so that nothing is moved while it grows. */
#include "link_drawers.h"

#include <stdlib.h>

#define DRAWERS_MAX 1024u
#define BLOCK_PAIRS 255u
#define SLAB_BLOCKS 512u /* a megabyte */

struct block { /* 2 KiB */
	struct block *before;
	uint64_t v[BLOCK_PAIRS];
};
struct slab {
	struct slab *before;
	struct block block[SLAB_BLOCKS];
};
struct drawer {
	struct block *last;
	uint32_t in_last;
	uint64_t n;
};
struct chest { /* of one thread */
	struct drawer drawer[DRAWERS_MAX];
	struct slab *slab;
	unsigned used; /* of it */
};
struct link_drawers {
	unsigned threads, drawers, shift; /* a record's drawer: its number >> shift */
	struct chest *chest;
	/* taking */
	uint64_t *v;
	unsigned first[LINK_THREADS_MAX + 1];       /* a share's first drawer */
	uint64_t at[LINK_THREADS_MAX], n[LINK_THREADS_MAX];
};

struct link_drawers *link_drawers_new(uint32_t records, unsigned threads)
{
	struct link_drawers *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->threads = threads;
	p->shift = 9;
	while (records >> p->shift >= DRAWERS_MAX)
		p->shift++;
	p->drawers = (records >> p->shift) + 1;
	p->chest = calloc(threads, sizeof *p->chest);
	if (!p->chest) {
		free(p);
		return NULL;
	}
	return p;
}

void link_drawers_free(struct link_drawers *p)
{
	if (!p)
		return;
	for (unsigned t = 0; t < p->threads; t++)
		for (struct slab *s = p->chest[t].slab, *before; s; s = before) {
			before = s->before;
			free(s);
		}
	free(p->chest);
	free(p->v);
	free(p);
}

static int more(struct chest *c, struct drawer *d)
{
	if (!c->slab || c->used == SLAB_BLOCKS) {
		struct slab *s = malloc(sizeof *s);
		if (!s)
			return ERR_MEMORY;
		s->before = c->slab;
		c->slab = s;
		c->used = 0;
	}
	struct block *b = &c->slab->block[c->used++];
	b->before = d->last;
	d->last = b;
	d->in_last = 0;
	return 0;
}

int link_drawers_add(struct link_drawers *p, unsigned thread, uint32_t a, const uint64_t *b, uint64_t n, unsigned bits)
{
	const uint64_t mask = (UINT64_C(1) << bits) - 1, high = (uint64_t)a << 32;
	struct chest *c = &p->chest[thread];
	struct drawer *d = &c->drawer[a >> p->shift];
	d->n += n;
	for (uint64_t i = 0, end; i < n; i = end) {
		if ((!d->last || d->in_last == BLOCK_PAIRS) && more(c, d) < 0)
			return ERR_MEMORY;
		end = n - i < BLOCK_PAIRS - d->in_last ? n : i + BLOCK_PAIRS - d->in_last;
		uint64_t *to = d->last->v + d->in_last;
		d->in_last += (uint32_t)(end - i);
		for (uint64_t k = i; k < end; k++)
			*to++ = high | (b[k] & mask);
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

/* The pairs of one drawer of all threads, laid out by their first record. start: 1 << shift counts and one more; afterwards where the pairs of each record end. */
static void lay_out(const struct link_drawers *p, unsigned drawer, uint32_t *start, uint64_t *to)
{
	const uint32_t records = 1u << p->shift;
	uint32_t at = 0;
	memset(start, 0, records * sizeof *start);
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned t = 0; t < p->threads; t++) {
			const struct drawer *d = &p->chest[t].drawer[drawer];
			uint32_t n = d->in_last;
			for (const struct block *b = d->last; b; b = b->before, n = BLOCK_PAIRS)
				for (uint32_t i = 0; i < n; i++) {
					uint32_t *s = &start[b->v[i] >> 32 & (records - 1)];
					if (pass)
						to[*s] = b->v[i];
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

static int take_share(void *arg, uint64_t share, unsigned thread)
{
	struct link_drawers *p = arg;
	uint64_t most = 0, *to = p->v + p->at[share];
	(void)thread;
	for (unsigned d = p->first[share]; d < p->first[share + 1]; d++)
		most = drawer_n(p, d) > most ? drawer_n(p, d) : most;
	if (most > UINT32_MAX)
		return ERR_MEMORY;
	uint64_t *v = malloc((most + 1) * sizeof *v);
	uint32_t *end = malloc(sizeof *end << p->shift);
	for (unsigned d = p->first[share]; v && end && d < p->first[share + 1]; d++) {
		if (!drawer_n(p, d))
			continue;
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
	}
	p->n[share] = (uint64_t)(to - p->v) - p->at[share];
	free(end);
	int r = v && end ? 0 : ERR_MEMORY;
	free(v);
	return r;
}

int link_drawers_take(struct link_drawers *p, uint64_t **ret, uint64_t *ret_n)
{
	uint64_t total = 0, before = 0, n = 0;
	unsigned share = 0;
	for (unsigned d = 0; d < p->drawers; d++)
		total += drawer_n(p, d);
	for (unsigned d = 0; d <= p->drawers; d++) { /* shares of about as many pairs */
		while (share <= p->threads && (d == p->drawers || (share < p->threads && before >= total / p->threads * share))) {
			p->first[share] = d;
			if (share < p->threads)
				p->at[share] = before;
			share++;
		}
		before += d < p->drawers ? drawer_n(p, d) : 0;
	}
	p->v = malloc((total + 1) * sizeof *p->v);
	int r = p->v ? link_parallel(p->threads, p->threads, take_share, p) : ERR_MEMORY;
	for (unsigned s = 0; r == 0 && s < p->threads; s++) {
		memmove(p->v + n, p->v + p->at[s], p->n[s] * sizeof *p->v);
		n += p->n[s];
	}
	if (r)
		return r;
	uint64_t *less = realloc(p->v, (n + 1) * sizeof *less);
	*ret = less ? less : p->v;
	*ret_n = n;
	p->v = NULL;
	return 0;
}
