/* Pairs of a list that is larger than memory.
 *
 * Records are cut into at most SLICES slices. A pair goes to the slice of its first record as it is found (link_pairs_put), each slice is then sorted by itself and each of its pairs kept once: so all pairs are in order, and a slice at a time is in memory.
 *
 * To compare them (link_pairs_each), two windows of rows are in memory: one that has the first records and one that has the second ones. With w windows there are w(w + 1) / 2 such couples; rows are read so often in long stretches, and never one by one, wherever the
 * records of a pair lie in the list. */
#include "link_disk.h"

#include <stdlib.h>

#define SLICES 256u
#define SORTED_A_BLOCK 65536u

struct link_pairs {
	struct link_deal *raw; /* as they are found, by slices */
	struct link_store *sorted;
	unsigned shift;        /* a record's slice: its number, shifted */
	uint32_t slices;
	struct link_list done[SLICES];
	uint64_t before[SLICES + 1]; /* how many pairs stand before each slice's */
	uint64_t *slice;    /* pairs of slice number `at`, if any */
	uint32_t at;
};

int link_pairs_new(struct link *l)
{
	struct link_pairs *p = l->disk->pairs = calloc(1, sizeof *p);
	if (!p)
		return ERR_MEMORY;
	p->at = UINT32_MAX;
	for (p->shift = 11; (l->n - 1) >> p->shift >= SLICES;) /* whole blocks of rows */
		p->shift++;
	p->slices = ((l->n - 1) >> p->shift) + 1;
	static_assert(LINK_ROWS_A_BLOCK == 1u << 11, "a slice is whole blocks");
	return link_deal_new(l, p->slices, &p->raw);
}

void link_pairs_free(struct link_pairs *p)
{
	if (!p)
		return;
	for (uint32_t k = 0; k < SLICES; k++)
		link_list_done(&p->done[k]);
	link_deal_free(p->raw);
	link_store_free(p->sorted);
	free(p->slice);
	free(p);
}

int link_pairs_put(struct link *l, unsigned thread, uint64_t pair)
{
	struct link_pairs *p = l->disk->pairs;
	return link_deal_put(p->raw, thread, (uint32_t)(pair >> 32) >> p->shift, pair);
}

static int sort_slice(void *arg, uint64_t k, unsigned thread)
{
	struct link_pairs *p = arg;
	uint64_t all, n = 0, *v;
	int r = link_deal_load(p->raw, thread, (uint32_t)k, &v, &all);
	if (r)
		return r;
	link_sort(v, all);
	for (uint64_t i = 0; i < all; i++)
		if (!n || v[n - 1] != v[i])
			v[n++] = v[i];
	for (uint64_t i = 0; i < n && r == 0; i += SORTED_A_BLOCK) {
		struct link_block b;
		r = link_store_put(p->sorted, thread, v + i, (n - i < SORTED_A_BLOCK ? n - i : SORTED_A_BLOCK) * sizeof *v, &b);
		r = r ? r : link_list_put(&p->done[k], &b);
	}
	p->before[k + 1] = n;
	free(v);
	return r;
}

int link_pairs_end(struct link *l)
{
	struct link_pairs *p = l->disk->pairs;
	int r = link_deal_end(p->raw);
	r = r ? r : link_store_new(l->o.tmp, l->o.threads, &l->disk->trouble, &p->sorted);
	r = r ? r : link_parallel(l->o.threads, p->slices, sort_slice, p);
	link_deal_free(p->raw);
	p->raw = NULL;
	for (uint32_t k = 0; k < p->slices; k++)
		p->before[k + 1] += p->before[k];
	l->pairs = p->before[p->slices];
	return r;
}

static int load_slice(struct link_pairs *p, uint32_t k)
{
	uint64_t n;
	if (p->at == k)
		return 0;
	free(p->slice);
	p->slice = NULL;
	p->at = UINT32_MAX;
	int r = link_list_load(p->sorted, 0, &p->done[k], &p->slice, &n);
	p->at = r ? UINT32_MAX : k;
	return r;
}

static void forget_slice(struct link_pairs *p)
{
	free(p->slice);
	p->slice = NULL;
	p->at = UINT32_MAX;
}

int link_pairs_at(struct link *l, uint64_t i, uint64_t *ret)
{
	struct link_pairs *p = l->disk->pairs;
	uint32_t k = p->at < p->slices && p->before[p->at] <= i ? p->at : 0;
	assert(i < p->before[p->slices]);
	while (p->before[k + 1] <= i)
		k++;
	int r = load_slice(p, k);
	if (r == 0)
		*ret = p->slice[i - p->before[k]];
	return r;
}

/* ---- two windows ---- */

struct windows {
	struct link *l;
	int (*fn)(void *arg);
	void *arg;
	uint32_t size; /* slices of one */
	uint64_t *room;
	uint64_t cap;
};

static uint32_t blocks_at(const struct link *l, uint32_t slice) /* blocks of rows before a slice */
{
	uint64_t k = (uint64_t)slice << (l->disk->pairs->shift - 11);
	return k < l->disk->blocks ? (uint32_t)k : l->disk->blocks;
}

/* The pairs of slice k whose second record is in slices from..to-1. */
static int some_pairs(struct windows *w, uint32_t k, uint32_t from, uint32_t to)
{
	struct link *l = w->l;
	struct link_pairs *p = l->disk->pairs;
	uint64_t n = p->before[k + 1] - p->before[k], all = l->pairs;
	if (!n)
		return 0;
	int r = load_slice(p, k);
	if (r)
		return r;
	if (n > w->cap) {
		uint64_t *room = realloc(w->room, n * sizeof *room);
		if (!room)
			return ERR_MEMORY;
		w->room = room;
		w->cap = n;
	}
	l->pair = w->room;
	l->pairs = 0;
	for (uint64_t i = 0; i < n; i++) {
		uint32_t at = (uint32_t)p->slice[i] >> p->shift;
		l->pair[l->pairs] = p->slice[i];
		l->pairs += at >= from && at < to;
	}
	r = l->pairs ? w->fn(w->arg) : 0;
	l->pair = NULL;
	l->pairs = all;
	return r;
}

/* Edges from `at` on are in order of their second window, then of their records; now by their records. */
static int sort_edges(struct link *l, uint64_t at, uint32_t first, uint32_t end)
{
	uint64_t n = l->edges - at, *count = calloc((size_t)(end - first) + 1, sizeof *count);
	struct link_edge *v = malloc((n ? n : 1) * sizeof *v);
	if (count && v) {
		for (uint64_t i = 0; i < n; i++)
			count[l->edge[at + i].a - first + 1]++;
		for (uint32_t k = 0; k < end - first; k++)
			count[k + 1] += count[k];
		for (uint64_t i = 0; i < n; i++)
			v[count[l->edge[at + i].a - first]++] = l->edge[at + i];
		memcpy(l->edge + at, v, n * sizeof *v);
	}
	bool done = count && v;
	free(count);
	free(v);
	return done ? 0 : ERR_MEMORY;
}

/* One window of first records, with each window of second ones. */
static int one_window(struct windows *w, uint32_t from)
{
	struct link *l = w->l;
	struct link_pairs *p = l->disk->pairs;
	uint32_t to = p->slices - from < w->size ? p->slices : from + w->size;
	uint64_t edges = l->edges;
	int r = link_disk_in(l, blocks_at(l, from), blocks_at(l, to));
	for (uint32_t other = from; other < p->slices && r == 0; other += w->size) {
		uint32_t end = p->slices - other < w->size ? p->slices : other + w->size;
		if (other != from)
			r = link_disk_in(l, blocks_at(l, other), blocks_at(l, end));
		for (uint32_t k = from; k < to && r == 0; k++)
			r = some_pairs(w, k, other, end);
		if (other != from)
			link_disk_out(l, blocks_at(l, other), blocks_at(l, end));
	}
	forget_slice(p);
	link_disk_out(l, blocks_at(l, from), blocks_at(l, to));
	uint64_t last = (uint64_t)to << p->shift;
	return r ? r : sort_edges(l, edges, from << p->shift, last < l->n ? (uint32_t)last : l->n);
}

int link_pairs_each(struct link *l, int (*fn)(void *arg), void *arg)
{
	struct link_pairs *p = l->disk->pairs;
	uint64_t slice = ((uint64_t)l->width * sizeof(uint32_t)) << p->shift, edges = l->n * UINT64_C(24), free_ = link_budget(l, 1);
	uint64_t size = (free_ > 2 * edges ? free_ - edges : free_ / 2) / 2 / slice;
	struct windows w = {.l = l, .fn = fn, .arg = arg, .size = size < 1 ? 1 : size < p->slices ? (uint32_t)size : p->slices};
	int r = 0;
	forget_slice(p);
	for (uint32_t k = 0; k < p->slices && r == 0; k += w.size)
		r = one_window(&w, k);
	free(w.room);
	link_store_free(p->sorted); /* nobody asks again */
	p->sorted = NULL;
	return r;
}
