/* Reports that are gone and may have become part of another: told by counts that nearly add up, which proves nothing, so it is said and nothing is counted otherwise for it.
 *
 * Of one state and type, days at most 31 apart, and the same day or a name much alike between a gone one and the row:
 *
 *   grown    a report that is still there went up by about as many persons as a gone one had
 *   joined   a row that was not there before has about as many as two gone ones together
 *
 * About: within one in twenty. Placeholders tell nothing, and neither does a row without a day. A sum that is exact, with a day or a name that fits, is registry_match's, and is counted as merged. */
#include "registry_match.h"

#include <stdlib.h>

#define DAYS 31
#define ABOUT 20      /* one part in so many */
#define ALIKE 500     /* names, of 1000 */
#define LOST_MOST 4000 /* where more are gone it is another list, and chance would find sums everywhere */
#define OF_A_KIND 64   /* gone ones that are compared in pairs */

struct lost {
	const struct registry_revision *v;
	struct slice key;
	bool used;
};

struct guessing {
	const struct registry_all *all;
	const struct registry_list *l;
	struct registry_matched *m;
	struct arena *a;
	struct lost *lost;
	size_t n;
};

static bool counted(const struct registry_row *r)
{
	return r->persons_known && r->persons && !registry_placeholder(r) && r->submitted != REGISTRY_NO_DAY;
}

static bool about(uint64_t is, uint64_t want)
{
	return (is > want ? is - want : want - is) <= want / ABOUT;
}

/* Two reports of one kind: state, type, days near. */
static bool of_a_kind(const struct registry_row *a, const struct registry_row *b)
{
	return slice_eq(a->state, b->state) && slice_eq(a->type, b->type) && labs((long)a->submitted - b->submitted) <= DAYS;
}

static bool tied(const struct lost *x, const struct registry_row *r, struct slice key)
{
	return x->v->row.submitted == r->submitted || registry_name_alike(x->key, key) >= ALIKE;
}

static void guess(struct guessing *g, struct lost *x, size_t row, const char *why)
{
	x->used = true;
	g->m->perhaps[g->m->perhaps_n++] = (struct registry_perhaps){x->v->incident, (uint32_t)row, why};
}

static void grown(struct guessing *g, size_t i)
{
	const struct registry_row *is = &g->l->v[i], *was = &g->all->revision[g->m->row[i].last].row;
	if (!counted(was) || is->persons <= was->persons)
		return;
	struct slice key = registry_name_key(is->name, g->a);
	for (size_t k = 0; k < g->n; k++) {
		struct lost *x = &g->lost[k];
		if (x->used || !of_a_kind(&x->v->row, is) || !about(is->persons - was->persons, x->v->row.persons) || !tied(x, is, key))
			continue;
		guess(g, x, i, "the other, of the same state and type and about the same day, went up by nearly as many persons");
		return;
	}
}

static void joined(struct guessing *g, size_t i)
{
	const struct registry_row *is = &g->l->v[i];
	struct slice key = registry_name_key(is->name, g->a);
	struct lost *of[OF_A_KIND];
	size_t n = 0;
	for (size_t k = 0; k < g->n && n < OF_A_KIND; k++)
		if (!g->lost[k].used && of_a_kind(&g->lost[k].v->row, is) && g->lost[k].v->row.persons < is->persons)
			of[n++] = &g->lost[k];
	for (size_t j = 0; j < n; j++)
		for (size_t k = j + 1; k < n; k++) {
			if (!about(of[j]->v->row.persons + of[k]->v->row.persons, is->persons) || !(tied(of[j], is, key) || tied(of[k], is, key)))
				continue;
			guess(g, of[j], i, "a new report of the same state and type and about the same day has nearly as many persons as this one and another that is gone");
			guess(g, of[k], i, "a new report of the same state and type and about the same day has nearly as many persons as this one and another that is gone");
			return;
		}
}

int registry_perhaps(const struct registry_all *all, const struct registry_list *l, struct arena *a, struct registry_matched *m, struct err *e)
{
	struct guessing g = {all, l, m, a, .n = 0};
	if (m->lost_n > LOST_MOST)
		return 0;
	g.lost = arena_array(a, m->lost_n, sizeof *g.lost);
	m->perhaps = arena_array(a, m->lost_n, sizeof *m->perhaps);
	if (!g.lost || !m->perhaps)
		return err_set(e, arena_code(a), NULL, "no room to compare it");
	for (size_t i = 0; i < m->lost_n; i++)
		if (counted(&all->revision[m->lost[i]].row))
			g.lost[g.n++] = (struct lost){.v = &all->revision[m->lost[i]], .key = registry_name_key(all->revision[m->lost[i]].row.name, a)};
	for (size_t i = 0; g.n && i < l->n; i++) {
		if (!counted(&l->v[i]))
			continue;
		if (m->row[i].incident)
			grown(&g, i);
		else
			joined(&g, i);
	}
	return 0;
}
