/* How few persons there can be at least: what somebody who goes through the grey pairs could put together at most.
 *
 * Each grey pair by itself may be one person. All of them at once may not: where a record that says little is like two others, a chain runs from one person to the next, and who takes every pair of it for one person has put two together who
 * contradict each other. So pairs are taken from the likeliest downwards, and two groups come together only if nobody in one contradicts somebody in the other; a pair that is grey itself is for somebody's eyes, and contradicts nothing here. */
#include "link_disk.h"

#include <stdlib.h>

#define SHOWN 8u       /* records of a cluster that are compared */
#define LOOKED 4096u   /* pairs of clusters that are looked at before two groups come together: what is larger comes together unseen, so that the number is rather too low than too high */

struct fewest {
	const struct link *l;
	struct link *disk; /* the same, if its rows have to be loaded */
	struct link *slim; /* then: as if a row held names, and what is beside them, alone */
	uint32_t *number;  /* of a cluster among those in grey pairs, from 1; 0: in none */
	uint32_t n;
	uint32_t *first;   /* of each, n + 1: where its records begin */
	uint32_t *record;  /* where the rows of each are */
	uint32_t *of, *next, *last, *size; /* groups: the first of each cluster's, a list of clusters */
	uint64_t *grey;    /* pairs of numbers that are grey, sorted: low << 32 | high */
	size_t greys;
};

static int by_key(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static uint64_t key_of(uint32_t a, uint32_t b)
{
	return a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
}

static bool said(const struct link *l, enum link_kind k, const uint8_t *level)
{
	return l->of[k] >= 0 && level[l->of[k]] != LEVEL_NONE;
}

static bool differs(const struct link *l, enum link_kind k, const uint8_t *level)
{
	return said(l, k, level) && level[l->of[k]] >= LEVEL_DIFFER;
}

/* Of two records: -1 they cannot be one person (two generations of a name; or two of social security number, date of birth and first name are others), 1 a number or a date says that they may be, 0 neither. */
static int verdict(const struct link *l, uint32_t a, uint32_t b)
{
	uint8_t level[LINK_FIELDS_MAX];
	link_compare(l, NULL, a, b, level);
	bool swapped = l->of[KIND_LAST] >= 0 && level[l->of[KIND_LAST]] == LEVEL_FAR; /* the one's first name is the other's last */
	unsigned other = differs(l, KIND_SSN, level) + differs(l, KIND_DOB, level) + (differs(l, KIND_FIRST, level) && !swapped);
	bool number = said(l, KIND_SSN, level) && !differs(l, KIND_SSN, level);
	if (differs(l, KIND_SUFFIX, level) || (other >= 2 && !number))
		return -1;
	return number || (said(l, KIND_DOB, level) && !differs(l, KIND_DOB, level));
}

/* Two clusters contradict each other if a record of one does a record of the other, and none speaks for it. */
static bool apart(const struct fewest *f, uint32_t a, uint32_t b)
{
	bool against = false;
	uint64_t k = key_of(a, b);
	if (bsearch(&k, f->grey, f->greys, sizeof *f->grey, by_key))
		return false;
	for (uint32_t i = f->first[a]; i < f->first[a + 1] && i - f->first[a] < SHOWN; i++)
		for (uint32_t j = f->first[b]; j < f->first[b + 1] && j - f->first[b] < SHOWN; j++) {
			int v = verdict(f->l, f->record[i], f->record[j]);
			if (v > 0)
				return false;
			against |= v < 0;
		}
	return against;
}

static bool may_join(const struct fewest *f, uint32_t a, uint32_t b)
{
	uint32_t looked = 0;
	for (uint32_t i = a; i != UINT32_MAX; i = f->next[i])
		for (uint32_t k = b; k != UINT32_MAX; k = f->next[k]) {
			if (looked++ == LOOKED)
				return true;
			if (apart(f, i, k))
				return false;
		}
	return true;
}

static void join(struct fewest *f, uint32_t a, uint32_t b) /* the smaller list is walked */
{
	if (f->size[a] < f->size[b]) {
		uint32_t t = a;
		a = b;
		b = t;
	}
	for (uint32_t k = b; k != UINT32_MAX; k = f->next[k])
		f->of[k] = a;
	f->next[f->last[a]] = b;
	f->last[a] = f->last[b];
	f->size[a] += f->size[b];
}

/* Of rows on disk only what is asked here: names, date of birth, social security number and suffix stand in front in a row. */
static int slim_rows(struct fewest *f)
{
	struct link *l = f->disk, *s = malloc(sizeof *s);
	if (!s)
		return ERR_MEMORY;
	f->slim = s;
	*s = *l;
	memset(s->of, -1, sizeof s->of);
	s->fields = 0;
	s->width = 1;
	for (unsigned k = 0; k < l->names_end; k++) {
		const struct link_field *g = &l->field[l->order[k]];
		if (l->of[g->kind] != l->order[k])
			continue; /* another one of its kind */
		s->of[g->kind] = (int8_t)s->fields;
		s->field[s->fields++] = *g;
		s->width = g->at + g->slots > s->width ? g->at + g->slots : s->width;
	}
	int r = link_disk_some(l, f->record, f->first[f->n], s->width);
	s->rows = l->rows;
	f->l = s;
	return r;
}

/* The clusters that stand in grey pairs, and their records. */
static int gather(struct fewest *f, const uint32_t *cluster, const struct link_pair *grey, size_t n)
{
	const struct link *l = f->l;
	f->number = calloc((size_t)l->n + 1, sizeof *f->number);
	f->grey = malloc((n + 1) * sizeof *f->grey);
	if (!f->number || !f->grey)
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		uint32_t of[2] = {cluster[grey[i].a], cluster[grey[i].b]};
		for (int k = 0; k < 2; k++) {
			assert(of[k] < l->n);
			if (!f->number[of[k]])
				f->number[of[k]] = ++f->n;
		}
		f->grey[f->greys++] = key_of(f->number[of[0]] - 1, f->number[of[1]] - 1);
	}
	qsort(f->grey, f->greys, sizeof *f->grey, by_key);
	f->first = calloc((size_t)f->n + 1, sizeof *f->first);
	f->of = malloc(((size_t)f->n + 1) * sizeof *f->of);
	f->next = malloc(((size_t)f->n + 1) * sizeof *f->next);
	f->last = malloc(((size_t)f->n + 1) * sizeof *f->last);
	f->size = calloc((size_t)f->n + 1, sizeof *f->size);
	if (!f->first || !f->of || !f->next || !f->last || !f->size)
		return ERR_MEMORY;
	for (uint32_t i = 0; i < l->n; i++)
		if (f->number[cluster[i]])
			f->first[f->number[cluster[i]]]++;
	for (uint32_t i = 0; i < f->n; i++)
		f->first[i + 1] += f->first[i];
	if (!(f->record = malloc(((size_t)f->first[f->n] + 1) * sizeof *f->record)))
		return ERR_MEMORY;
	for (uint32_t i = 0; i < l->n; i++) {
		uint32_t c = f->number[cluster[i]];
		if (c)
			f->record[f->first[c - 1] + f->size[c - 1]++] = i;
	}
	for (uint32_t i = 0; i < f->n; i++) {
		f->of[i] = f->last[i] = i;
		f->next[i] = UINT32_MAX;
		f->size[i] = 1;
	}
	return f->disk ? slim_rows(f) : 0;
}

static int fewest(const struct link *l, struct link *disk, const uint32_t *cluster, const struct link_pair *grey, size_t n, uint64_t *ret_less, struct err *e)
{
	struct fewest f = {.l = l, .disk = disk};
	uint64_t less = 0;
	int r = gather(&f, cluster, grey, n);
	for (size_t i = 0; r == 0 && i < n; i++) {
		uint32_t a = f.of[f.number[cluster[grey[i].a]] - 1], b = f.of[f.number[cluster[grey[i].b]] - 1];
		if (a == b || !may_join(&f, a, b))
			continue;
		join(&f, a, b);
		less++;
	}
	free(f.number);
	free(f.first);
	free(f.record);
	free(f.of);
	free(f.next);
	free(f.last);
	free(f.size);
	free(f.grey);
	free(f.slim);
	if (r < 0)
		return err_set(e, r, NULL, "no memory for %zu grey pairs", n);
	*ret_less = less;
	return 0;
}

int link_fewest(const struct link *l, const uint32_t *cluster, const struct link_pair *grey, size_t n, uint64_t *ret_less, struct err *e)
{
	assert(!l->disk);
	return fewest(l, NULL, cluster, grey, n, ret_less, e);
}

int link_fewest_here(struct link *l, uint64_t *ret_less, struct err *e)
{
	return fewest(l, l->disk ? l : NULL, l->parent, l->grey, l->greys, ret_less, e);
}
