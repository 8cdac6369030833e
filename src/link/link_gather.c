/* From linked pairs to clusters, grey pairs and counts.
 *
 * Chains of linked pairs are cut into components first. A component of two is a cluster. In a larger one all pairs are looked at again and the records are put together from the likeliest pair downwards; two groups come together only if, over all pairs
 * between them, one person explains what is seen better than a household or strangers do, and hardly a pair contradicts it outright (link_contradicts). So a child with his mother's social security number does not join two families. */
#include "link_disk.h"

#include <math.h>
#include <stdlib.h>

#define WHOLE_MAX 48u  /* records of a component of which all pairs are looked at; in a larger one those of each group's first few */
#define SIDE_MAX 10u
#define WEAK 8.0f      /* log2 odds */
#define GROUPS_FEW 32u
#define AHEAD_MAX 12u  /* of a large component the first */
#define LOT 64u        /* components that a thread takes at a time */

static uint32_t root(uint32_t *parent, uint32_t i)
{
	while (parent[i] != i) {
		parent[i] = parent[parent[i]];
		i = parent[i];
	}
	return i;
}

static bool join(uint32_t *parent, uint32_t a, uint32_t b) /* the lower number stays the root; false: they were one already */
{
	a = root(parent, a);
	b = root(parent, b);
	if (a == b)
		return false;
	parent[a > b ? a : b] = a < b ? a : b;
	return true;
}

static uint32_t *singles(uint32_t n)
{
	uint32_t *p = malloc(((size_t)n + 1) * sizeof *p);
	if (!p)
		return NULL;
	link_huge(p, ((size_t)n + 1) * sizeof *p);
	for (uint32_t i = 0; i < n; i++)
		p[i] = i;
	return p;
}

static float threshold(double p)
{
	return (float)log2(p / (1 - p));
}

/* How much better one person explains a pair than a household or strangers do, where one or the other is at hand: how many of both there are counts, how many strangers does not. Contradictions are beyond all sums. */
#define CONTRADICTION (-1000.0f)
static float support(const struct link *l, struct link_memory *m, uint32_t a, uint32_t b, float *ret_logit)
{
	uint8_t level[LINK_FIELDS_MAX];
	link_compare(l, m, a, b, level);
	struct link_sums s = link_sum(l, a, level);
	float house = s.r + (float)l->log_r_m, other = house > s.u ? house : s.u, d = s.m - other;
	float logit = link_logit(l, &s);
	*ret_logit = logit > 15 ? 15 : logit < -15 ? -15 : logit;
	if (link_contradicts(l, level, &s))
		return CONTRADICTION;
	return d > 20 ? 20 : d < -20 ? -20 : d;
}

struct component {
	uint32_t edge, edges;   /* in the sorted list of linked edges */
	uint32_t first, n;      /* in the list of members */
};

struct gathering {
	struct link *l;
	struct link_edge *edge; /* linked ones, by component, likeliest first */
	uint64_t edges;
	uint32_t *member;       /* records by component */
	uint32_t *row;          /* where the rows of some components' members are, from comp_first on: in memory a record's row has its own number */
	uint64_t comp_first, row_first, comp_end;
	struct component *comp; /* of three records or more */
	uint64_t comps;
	uint32_t *parent;       /* the clusters */
	struct link_memory *memory[LINK_THREADS_MAX];
};

/* Groups of one component while it is put together: each record's next one in its group, and its group. */
struct group {
	uint32_t row;
	uint32_t next, of, size, last; /* indices into the component; next UINT32_MAX: the last */
};

static uint32_t index_of(const uint32_t *member, uint32_t n, uint32_t record)
{
	uint32_t lo = 0, hi = n;
	while (lo < hi) {
		uint32_t k = (lo + hi) / 2;
		if (member[k] < record)
			lo = k + 1;
		else
			hi = k;
	}
	return lo;
}

static bool belong(const struct link *l, struct link_memory *m, const struct group *g, uint32_t a, uint32_t b, uint32_t most, float link)
{
	double sum = 0, logits = 0;
	unsigned n = 0, against = 0;
	uint32_t na = 0;
	for (uint32_t i = a; i != UINT32_MAX && na < most; i = g[i].next, na++) {
		uint32_t nb = 0;
		for (uint32_t k = b; k != UINT32_MAX && nb < most; k = g[k].next, nb++) {
			float logit, s = support(l, m, g[i].row, g[k].row, &logit);
			logits += (double)logit;
			if (s == CONTRADICTION) {
				against++;
				s = -20;
			}
			sum += (double)s;
			n++;
		}
	}
	/* one weak link does not join two groups that each stand by themselves: all pairs between them have to be likelier one person than not */
	if (link < WEAK && g[a].size > 1 && g[b].size > 1 && logits <= 0)
		return false;
	return against * 4 <= n && sum > 0;
}

static int likeliest(const void *a, const void *b)
{
	const struct link_edge *x = a, *y = b;
	if (x->logit != y->logit)
		return x->logit > y->logit ? -1 : 1;
	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return x->b < y->b ? -1 : x->b > y->b;
}

/* Components are small and their records lie anywhere: those of the one after the next are asked for from memory, the names of the next. */
static void ahead(const struct gathering *x, uint64_t comp, void (*ask)(const struct link *l, uint32_t row))
{
	if (comp >= x->comp_end)
		return;
	const struct component *c = &x->comp[comp];
	for (uint32_t i = 0; i < c->n && i < AHEAD_MAX; i++)
		ask(x->l, x->row[c->first - x->row_first + i]);
}

static int cut_component(struct gathering *x, const struct component *c, struct link_memory *memory)
{
	const uint32_t *member = x->member + c->first, *row = x->row + (c->first - x->row_first);
	struct group few[GROUPS_FEW], *g = c->n <= GROUPS_FEW ? few : malloc(c->n * sizeof *g);
	if (!g)
		return ERR_MEMORY;
	for (uint32_t i = 0; i < c->n; i++)
		g[i] = (struct group){row[i], UINT32_MAX, i, 1, i};
	qsort(x->edge + c->edge, c->edges, sizeof *x->edge, likeliest);
	uint32_t most = c->n <= WHOLE_MAX ? c->n : SIDE_MAX;
	for (uint32_t i = 0; i < c->edges; i++) {
		const struct link_edge *e = &x->edge[c->edge + i];
		uint32_t a = g[index_of(member, c->n, e->a)].of, b = g[index_of(member, c->n, e->b)].of;
		if (a == b || ((g[a].size > 1 || g[b].size > 1) && !belong(x->l, memory, g, a, b, most, e->logit)))
			continue;
		if (b < a) {
			uint32_t t = a;
			a = b;
			b = t;
		}
		for (uint32_t k = b; k != UINT32_MAX; k = g[k].next)
			g[k].of = a;
		g[g[a].last].next = b;
		g[a].last = g[b].last;
		g[a].size += g[b].size;
	}
	for (uint32_t i = 0; i < c->n; i++)
		x->parent[member[i]] = member[g[i].of]; /* `of` is the group's lowest */
	if (g != few)
		free(g);
	return 0;
}

static int cut_lot(void *arg, uint64_t at, unsigned thread)
{
	struct gathering *x = arg;
	const uint64_t from = x->comp_first + at * LOT, to = x->comp_end - from < LOT ? x->comp_end : from + LOT;
	int r = 0;
	for (uint64_t k = from; k < to && r == 0; k++) {
		ahead(x, k + 2, link_row_ahead);
		ahead(x, k + 1, link_words_ahead);
		r = cut_component(x, &x->comp[k], x->memory[thread]);
	}
	return r;
}

static int cut_components(struct gathering *x, uint64_t from, uint64_t to)
{
	x->comp_first = from;
	x->comp_end = to;
	return link_parallel(x->l->o.threads, (to - from + LOT - 1) / LOT, cut_lot, x);
}

/* The components of three records or more: their records in order, their linked edges. chain: each record's root. */
static int components(struct gathering *x, const uint32_t *chain, float linked)
{
	struct link *l = x->l;
	uint32_t *size = calloc((size_t)l->n + 1, sizeof *size), *index = calloc((size_t)l->n + 1, sizeof *index);
	uint64_t records = 0, at_edge = 0;
	int r = size && index ? 0 : ERR_MEMORY;
	for (uint32_t i = 0; r == 0 && i < l->n; i++)
		size[chain[i]]++;
	for (uint32_t i = 0; r == 0 && i < l->n; i++)
		if (chain[i] == i && size[i] > 2) {
			index[i] = (uint32_t)++x->comps;
			records += size[i];
		}
	x->comp = r == 0 ? calloc(x->comps + 1, sizeof *x->comp) : NULL;
	x->member = r == 0 ? malloc((records + 1) * sizeof *x->member) : NULL;
	r = x->comp && x->member ? 0 : ERR_MEMORY;
	for (uint64_t k = 0; r == 0 && k < l->edges; k++) {
		uint32_t c = l->edge[k].logit >= linked ? index[chain[l->edge[k].a]] : 0;
		if (c) {
			x->comp[c - 1].edges++;
			x->edges++;
		}
	}
	x->edge = r == 0 ? malloc((x->edges + 1) * sizeof *x->edge) : NULL;
	r = x->edge ? 0 : ERR_MEMORY;
	records = 0;
	for (uint32_t i = 0; r == 0 && i < l->n; i++)
		if (chain[i] == i && size[i] > 2) {
			struct component *c = &x->comp[index[i] - 1];
			c->first = (uint32_t)records;
			c->edge = (uint32_t)at_edge;
			records += size[i];
			at_edge += c->edges;
			c->edges = 0;
		}
	for (uint32_t i = 0; r == 0 && i < l->n; i++) {
		uint32_t c = index[chain[i]];
		if (c)
			x->member[x->comp[c - 1].first + x->comp[c - 1].n++] = i;
	}
	for (uint64_t k = 0; r == 0 && k < l->edges; k++) {
		uint32_t c = l->edge[k].logit >= linked ? index[chain[l->edge[k].a]] : 0;
		if (c)
			x->edge[x->comp[c - 1].edge + x->comp[c - 1].edges++] = l->edge[k];
	}
	free(size);
	free(index);
	return r;
}

/* The same with rows on disk: as many components at a time as have room. */
static int cut_from_disk(struct gathering *x)
{
	struct link *l = x->l;
	uint64_t most = link_budget(l, 4) / (l->width * sizeof *l->rows);
	int r = 0;
	for (uint64_t from = 0, to; from < x->comps && r == 0; from = to) {
		uint64_t n = 0;
		for (to = from; to < x->comps && (to == from || n + x->comp[to].n <= most); to++)
			n += x->comp[to].n;
		x->row_first = x->comp[from].first;
		x->row = malloc((n ? n : 1) * sizeof *x->row);
		if (!x->row)
			return ERR_MEMORY;
		memcpy(x->row, x->member + x->row_first, n * sizeof *x->row);
		r = link_disk_some(l, x->row, n, l->width);
		r = r ? r : cut_components(x, from, to);
		free(x->row);
	}
	link_disk_none(l);
	return r;
}

/* ---- grey pairs and counts ---- */

static int by_clusters(const void *a, const void *b)
{
	const struct link_pair *x = a, *y = b;
	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	if (x->b != y->b)
		return x->b < y->b ? -1 : 1;
	return x->probability > y->probability ? -1 : x->probability < y->probability;
}

static int by_probability(const void *a, const void *b)
{
	const struct link_pair *x = a, *y = b;
	if (x->probability != y->probability)
		return x->probability > y->probability ? -1 : 1;
	return x->a != y->a ? (x->a < y->a ? -1 : 1) : x->b < y->b ? -1 : x->b > y->b;
}

/* Of the pairs between each two clusters the likeliest. */
static int greys(struct link *l)
{
	struct between {
		struct link_pair clusters; /* a, b: clusters */
		uint32_t a, b;
	} *v;
	size_t n = 0, cap = 0;
	for (uint64_t k = 0; k < l->edges; k++)
		cap += l->parent[l->edge[k].a] != l->parent[l->edge[k].b];
	v = malloc((cap + 1) * sizeof *v);
	l->grey = malloc((cap + 1) * sizeof *l->grey);
	if (!v || !l->grey) {
		free(v);
		return ERR_MEMORY;
	}
	for (uint64_t k = 0; k < l->edges; k++) {
		const struct link_edge *x = &l->edge[k];
		uint32_t a = l->parent[x->a], b = l->parent[x->b];
		if (a != b)
			v[n++] = (struct between){{a < b ? a : b, a < b ? b : a, x->weight, (float)link_probability((double)x->logit)}, x->a, x->b};
	}
	qsort(v, n, sizeof *v, by_clusters);
	for (size_t i = 0; i < n; i++)
		if (!i || v[i].clusters.a != v[i - 1].clusters.a || v[i].clusters.b != v[i - 1].clusters.b)
			l->grey[l->greys++] = (struct link_pair){v[i].a, v[i].b, v[i].clusters.weight, v[i].clusters.probability};
	qsort(l->grey, l->greys, sizeof *l->grey, by_probability);
	free(v);
	return 0;
}

/* Persons if all, none, or each by its probability of the doubtful pairs are one person: the likeliest first, a pair within what is together already says nothing more. How few there can be at least is another question, and asked beside it. */
struct counted {
	struct link *l;
	struct link_counts counts; /* (the other part copies l) */
	uint64_t less;             /* of link_fewest_here */
};

static int sure_and_likely(const struct link *l, struct link_counts *c, uint32_t *sure, uint32_t *likely)
{
	size_t doubts = 0;
	float certain = threshold(0.99);
	for (uint64_t k = 0; k < l->edges; k++) {
		const struct link_edge *x = &l->edge[k];
		bool together = l->parent[x->a] == l->parent[x->b];
		c->linked += together;
		if (together && x->logit >= certain && join(sure, x->a, x->b))
			c->high--;
		doubts += together && x->logit < certain;
	}
	struct link_pair *doubt = malloc((doubts + l->greys + 1) * sizeof *doubt);
	if (!doubt)
		return ERR_MEMORY;
	doubts = 0;
	for (uint32_t i = 0; i < l->n; i++) {
		c->persons += l->parent[i] == i;
		likely[i] = sure[i];
	}
	for (uint64_t k = 0; k < l->edges; k++) {
		const struct link_edge *x = &l->edge[k];
		if (l->parent[x->a] == l->parent[x->b] && x->logit < certain)
			doubt[doubts++] = (struct link_pair){x->a, x->b, x->weight, (float)link_probability((double)x->logit)};
	}
	for (size_t k = 0; k < l->greys; k++)
		doubt[doubts++] = l->grey[k];
	qsort(doubt, doubts, sizeof *doubt, by_probability);
	c->estimate = (double)c->high;
	for (size_t k = 0; k < doubts; k++)
		if (join(likely, doubt[k].a, doubt[k].b))
			c->estimate -= (double)doubt[k].probability;
	free(doubt);
	return 0;
}

static int count_part(void *arg, uint64_t k, unsigned thread)
{
	struct counted *x = arg;
	struct link *l = x->l;
	struct err e = {0};
	(void)thread;
	if (k == 0)
		return link_fewest_here(l, &x->less, &e);
	uint32_t *sure = singles(l->n), *likely = singles(l->n);
	int r = sure && likely ? sure_and_likely(l, &x->counts, sure, likely) : ERR_MEMORY;
	free(sure);
	free(likely);
	return r;
}

static int count(struct link *l)
{
	struct counted x = {.l = l, .counts = l->counts};
	struct link_counts *c = &x.counts;
	c->records = c->high = l->n;
	c->grey = l->greys;
	int r = link_parallel(l->o.threads, 2, count_part, &x);
	if (r == 0) {
		c->low = c->persons - x.less;
		if (c->estimate < (double)c->low)
			c->estimate = (double)c->low;
	}
	l->counts = *c;
	return r;
}

int link_gather(struct link *l, struct err *e)
{
	struct gathering x = {.l = l};
	float linked = threshold(l->o.link);
	uint32_t *chain = singles(l->n);
	uint64_t chains = l->n;
	int r = chain ? 0 : ERR_MEMORY;
	for (uint64_t k = 0; r == 0 && k < l->edges; k++)
		if (l->edge[k].logit >= linked)
			chains -= join(chain, l->edge[k].a, l->edge[k].b);
	l->parent = singles(l->n);
	x.parent = l->parent;
	r = r ? r : l->parent ? 0 : ERR_MEMORY;
	for (uint32_t i = 0; r == 0 && i < l->n; i++)
		l->parent[i] = chain[i] = chain[chain[i]]; /* a root is lower than what hangs on it, and was seen already */
	r = r ? r : components(&x, chain, linked);
	for (unsigned t = 0; t < l->o.threads && r == 0; t++) {
		x.memory[t] = link_memory_new();
		r = x.memory[t] ? 0 : ERR_MEMORY;
	}
	x.row = x.member;
	r = r ? r : l->disk ? cut_from_disk(&x) : cut_components(&x, 0, x.comps);
	free(chain);
	free(x.comp);
	free(x.member);
	free(x.edge);
	for (unsigned t = 0; t < l->o.threads; t++)
		free(x.memory[t]);
	r = r ? r : greys(l);
	r = r ? r : count(l);
	l->counts.split = r ? 0 : l->counts.persons - chains;
	free(l->edge);
	l->edge = NULL;
	return r ? err_set(e, ERR_MEMORY, NULL, "no memory to put %u records together", l->n) : 0;
}
