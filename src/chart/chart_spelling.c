/* One number, its assigner in several spellings (chart_authority.c): the identifiers stay apart, as they were sent, and are joined by an edge of their own kind.
 *
 *   join    two identifiers of one number whose assigners are one authority are one person, unless birth date, sex or names of the two contradict (then both are up for review) or somebody has told them
 *           apart. Looked at when a message says something new of one of them, when a merge names one for the first time, and when authorities become one.
 *   end     when authorities cease to be one, each such edge between them ends in that entry, and both ends are up for review. What was joined, merged or linked under one spelling while both were in one
 *           tree hangs on the root of that tree: it is hung on that spelling's own root again (rehang).
 *   firm    an edge of this kind gives way to evidence: a list that names both numbers, or a merge of the two, takes its place, and then no statement about assigners ends it.
 * An authority can begin or cease to be one a few times in the life of a site. Then every number of it is looked at, but for those of its commonest spelling, one after the other, in one entry.
 */
#include "chart_internal.h"

#include <stdlib.h>

/* ---- the other spellings of one identifier ------------------------------------------------------------------------------------------- */

struct twins {
	uint32_t id[AUTHORITY_NAMES_MAX];
	size_t n;
};

static int by_id(const void *pa, const void *pb)
{
	const uint32_t *a = pa, *b = pb;
	return *a < *b ? -1 : *a > *b;
}

static int twins_of(struct apply *p, struct slice value, struct slice assigner, uint8_t space, struct twins *ret, struct err *e)
{
	struct authority_names names;
	ret->n = 0;
	if ((space & ~SPACE_TEST) != SPACE_RECORD)
		return 0;
	authority_others(p->c, assigner, &names);
	if (!names.n || !ident_is_number(value))
		return 0;
	for (size_t i = 0; i < names.n; i++) {
		uint32_t id;
		int r = ident_find_in(p->c, &(struct fact_ident){.value = value, .assigner = names.v[i]}, space, &id, e);
		if (r < 0)
			return r;
		if (id)
			ret->id[ret->n++] = id;
	}
	qsort(ret->id, ret->n, sizeof ret->id[0], by_id); /* the tables of spellings have no order that a rebuild would give again */
	return 0;
}

/* ---- joining ---------------------------------------------------------------------------------------------------------------------------- */

static int header_of(struct apply *p, uint32_t root, struct header **ret, struct err *e)
{
	struct members m;
	int r = person_members(p->c, root, p->end, false, p->a, &m, e);
	return r < 0 ? r : person_header(p->c, &m, p->end, p->a, ret, e);
}

static int persons_agree(struct apply *p, uint32_t a, uint32_t b, bool *ret, struct err *e)
{
	struct header *x, *y;
	bool sure;
	int r = header_of(p, a, &x, e);
	if (r == 0)
		r = header_of(p, b, &y, e);
	if (r == 0)
		*ret = header_agrees(x, y, &sure);
	return r;
}

/* A person of whom nothing was known before this entry, and whose place nobody has asked for in it: then no memory of anybody else is wrong when it hangs on somebody. */
static int is_fresh(struct apply *p, uint32_t root, struct members *ret, bool *ret_fresh, struct err *e)
{
	*ret_fresh = true;
	for (size_t i = 0; i < p->touched.n; i++)
		*ret_fresh &= p->touched.v[i] != root;
	struct store_ident i;
	int r = ident_load(p->c, root, NULL, &i, e);
	*ret_fresh = *ret_fresh && r == 0 && i.first_entry == p->en->seq;
	if (r < 0 || !*ret_fresh)
		return r;
	r = person_members(p->c, root, p->end, true, p->a, ret, e);
	for (size_t k = 0; r == 0 && k < ret->n; k++)
		*ret_fresh &= ret->v[k].info.first_entry == p->en->seq;
	return r;
}

static int join_pair(struct apply *p, uint32_t id, uint32_t other, struct err *e)
{
	uint32_t mine, theirs;
	int r = person_root(p->c, id, p->end, &mine, e);
	if (r == 0)
		r = person_root(p->c, other, p->end, &theirs, e);
	if (r < 0 || mine == theirs)
		return r;
	bool below = mine > theirs, fresh; /* the younger tree hangs below the older one */
	uint32_t child = below ? mine : theirs, root = below ? theirs : mine;
	struct names n = {below ? id : other, below ? other : id, p->time};
	struct members m;
	r = is_fresh(p, child, &m, &fresh, e);
	if (r < 0)
		return r;
	for (size_t k = 0; fresh && k < m.n; k++) {
		struct ident_state *s = ident_state(p->c, m.v[k].ident);
		s->root = root;
		s->epoch = p->c->epoch;
	}
	if (!fresh) {
		if (!touch(p, mine) || !touch(p, theirs))
			return chart_no_memory(p->a, e);
		p->c->epoch++;
	}
	return identity_join(p, child, below ? other : id, EDGE_AUTHORITY, n, e);
}

static int differ(struct apply *p, uint32_t a, uint32_t b, struct err *e)
{
	int r = review_put(p, a, REVIEW_SAME_NUMBER, b, p->en->seq, e);
	return r < 0 ? r : review_put(p, b, REVIEW_SAME_NUMBER, a, p->en->seq, e);
}

/* Those that may be joined with id; of several persons among them who are not one with each other nobody knows which. */
static int candidates(struct apply *p, uint32_t id, struct twins *t, struct err *e)
{
	uint32_t mine, root[AUTHORITY_NAMES_MAX];
	size_t n = 0;
	int r = person_root(p->c, id, p->end, &mine, e);
	for (size_t i = 0; r == 0 && i < t->n; i++) {
		bool apart, same = true;
		uint64_t ended;
		r = person_root(p->c, t->id[i], p->end, &root[n], e);
		if (r < 0 || root[n] == mine)
			continue;
		r = identity_told_apart(p, mine, root[n], &apart, &ended, e);
		if (r == 0 && !apart)
			r = persons_agree(p, mine, root[n], &same, e);
		if (r == 0 && !same)
			r = differ(p, id, t->id[i], e);
		for (size_t k = 0; r == 0 && k < n && same && !apart; k++) {
			bool friends = true;
			if (root[k] != root[n])
				r = persons_agree(p, root[k], root[n], &friends, e);
			if (r == 0 && !friends) {
				t->n = 0;
				return differ(p, id, t->id[i], e);
			}
		}
		if (r == 0 && same && !apart)
			t->id[n++] = t->id[i];
	}
	t->n = n;
	return r;
}

static int join_all(struct apply *p, uint32_t id, struct twins *t, struct err *e)
{
	int r = t->n ? candidates(p, id, t, e) : 0; // cppcheck-suppress ctuuninitvar ; twins_of has written it, or we are not called
	for (size_t i = 0; r == 0 && i < t->n; i++)
		r = join_pair(p, id, t->id[i], e);
	return r;
}

int spelling_join(struct apply *p, uint32_t id, const struct fact_ident *i, bool *ret_any, struct err *e)
{
	struct twins t;
	int r = twins_of(p, i->value, i->assigner, (uint8_t)((ident_is_record(i->type) ? SPACE_RECORD : SPACE_OTHER) | (p->test ? SPACE_TEST : 0)), &t, e);
	*ret_any = r == 0 && t.n > 0;
	return r < 0 ? r : join_all(p, id, &t, e);
}

int spelling_join_group(struct apply *p, const struct fact_group *g, uint32_t id, struct err *e)
{
	bool any;
	int r = spelling_join(p, id, &g->id, &any, e);
	for (unsigned i = 0; i < g->also_count && r == 0; i++) {
		uint32_t other = 0;
		if (ident_joins(&g->also[i]))
			r = ident_find(p, &g->also[i], &other, e);
		if (r == 0 && other)
			r = spelling_join(p, other, &g->also[i], &any, e);
	}
	return r;
}

int spelling_twins(struct apply *p, uint32_t id, uint32_t root, uint32_t ret[AUTHORITY_NAMES_MAX], size_t *ret_n, struct err *e)
{
	struct store_ident i;
	struct twins t = {.n = 0};
	int r = ident_load(p->c, id, p->a, &i, e);
	if (r == 0)
		r = twins_of(p, i.value, i.assigner, i.space, &t, e);
	*ret_n = 0;
	for (size_t k = 0; r == 0 && k < t.n; k++) {
		uint32_t at;
		r = person_root(p->c, t.id[k], p->end, &at, e);
		if (r == 0 && at == root)
			ret[(*ret_n)++] = t.id[k];
	}
	return r;
}

/* ---- taking apart ------------------------------------------------------------------------------------------------------------------------ */

struct named {
	const struct members *sub;
	struct arena *a;
	struct store_edge *v;
	size_t n, cap;
	uint32_t of;
	bool failed;
};

static bool holds(const struct members *m, uint32_t id)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].ident == id)
			return true;
	return false;
}

static uint32_t child_name(const struct store_edge *x)
{
	return x->named_child == x->parent ? x->named_parent : x->named_child; /* numbers sent together may be named either way round */
}

/* Said of one in sub, but hung on a root outside of it. */
static int take_foreign(void *arg, const struct store_edge *x, struct err *e)
{
	struct named *k = arg;
	if (x->to != STORE_OPEN || child_name(x) != k->of || holds(k->sub, x->child))
		return 0;
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 4;
		struct store_edge *v = arena_array(k->a, cap, sizeof *v);
		if (!v)
			return chart_no_memory(k->a, e);
		if (k->n)
			memcpy(v, k->v, k->n * sizeof *v);
		k->v = v;
		k->cap = cap;
	}
	k->v[k->n++] = *x;
	return 0;
}

static int same_authority(struct apply *p, uint32_t a, uint32_t b, bool *ret, struct err *e)
{
	struct store_ident x, y;
	int r = ident_load(p->c, a, p->a, &x, e);
	if (r == 0)
		r = ident_load(p->c, b, p->a, &y, e);
	if (r == 0)
		*ret = authority_same(p->c, x.assigner, y.assigner);
	return r;
}

static int rehang_one(struct apply *p, const struct store_edge *x, struct err *e)
{
	uint32_t root, above, of = child_name(x);
	bool stands = true;
	int r = identity_part(p, x, ENDED_AUTHORITY, e);
	if (r == 0 && x->why == EDGE_AUTHORITY)
		r = same_authority(p, x->named_child, x->named_parent, &stands, e);
	if (r == 0)
		r = person_root(p->c, of, p->end, &root, e);
	if (r == 0)
		r = person_root(p->c, x->parent, p->end, &above, e);
	if (r < 0)
		return r;
	if (!touch(p, x->child) || !touch(p, root) || !touch(p, above))
		return chart_no_memory(p->a, e);
	p->c->epoch++;
	return !stands || root == above ? 0 : identity_join(p, root, x->parent, x->why, (struct names){x->named_child, x->named_parent, x->time}, e);
}

int spelling_split(struct apply *p, const struct store_edge *x, uint8_t ended_by, struct err *e)
{
	struct members sub;
	uint32_t root;
	int r = person_root(p->c, x->child, p->end, &root, e);
	if (r == 0 && (!touch(p, root) || !touch(p, x->child)))
		r = chart_no_memory(p->a, e);
	if (r == 0)
		r = identity_part(p, x, ended_by, e);
	p->c->epoch++;
	if (r == 0)
		r = person_members(p->c, x->child, p->end, false, p->a, &sub, e);
	struct named k = {.sub = &sub, .a = p->a};
	for (size_t i = 0; r == 0 && i < sub.n; i++) {
		k.of = sub.v[i].ident;
		r = ASK(p->c, edges_named, k.of, take_foreign, &k, e);
	}
	for (size_t i = 0; r == 0 && i < k.n; i++)
		r = rehang_one(p, &k.v[i], e);
	return r;
}

/* ---- when authorities change --------------------------------------------------------------------------------------------------------------- */

struct collected { /* in memory: some bytes a number, and only while this entry is applied */
	uint32_t *v;
	size_t n, cap;
};

static int collect(struct collected *k, uint32_t v, struct err *e)
{
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 1024;
		uint32_t *more = reallocarray(k->v, cap, sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		k->v = more;
		k->cap = cap;
	}
	k->v[k->n++] = v;
	return 0;
}

static int collect_edge(void *arg, const struct store_edge *x, struct err *e)
{
	return collect(arg, x->child, e);
}

static int collect_ident(void *arg, const struct store_ident *i, struct err *e)
{
	return (i->space & ~SPACE_TEST) == SPACE_RECORD ? collect(arg, i->id, e) : 0;
}

static int end_one(struct apply *p, uint32_t child, struct err *e)
{
	struct store_edge x;
	bool same;
	int r = ASK(p->c, edge_up, child, p->end, &x, e);
	if (r < 0 || x.why != EDGE_AUTHORITY) /* gone, or hung elsewhere, with one before it */
		return r == ERR_NOT_FOUND ? 0 : r;
	r = same_authority(p, x.named_child, x.named_parent, &same, e);
	if (r < 0 || same)
		return r;
	r = review_put(p, x.named_child, REVIEW_AUTHORITY, x.named_parent, x.from, e);
	if (r == 0)
		r = review_put(p, x.named_parent, REVIEW_AUTHORITY, x.named_child, x.from, e);
	return r < 0 ? r : spelling_split(p, &x, ENDED_AUTHORITY, e);
}

static int begin_one(struct apply *p, uint32_t id, struct err *e)
{
	struct store_ident i;
	struct twins t;
	int r = ident_load(p->c, id, p->a, &i, e);
	if (r == 0)
		r = twins_of(p, i.value, i.assigner, i.space, &t, e);
	return r < 0 ? r : join_all(p, id, &t, e);
}

/* One after the other, so that neither the arena nor the list of touched persons grows with the number of patients. */
static int each(struct apply *p, const struct collected *k, int (*one)(struct apply *p, uint32_t id, struct err *e), struct err *e)
{
	struct apply q = *p;
	q.a = arena_new(CHART_SCRATCH_MAX);
	int r = q.a ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; r == 0 && i < k->n; i++) {
		q.touched = (struct touched){0};
		if (i % 256 == 0 && p->c->alive)
			p->c->alive(p->c->alive_arg);
		arena_reset(q.a);
		r = one(&q, k->v[i], e);
		if (r == 0)
			r = stay_recompute(&q, e);
	}
	arena_free(q.a);
	return r;
}

static int reconsider(struct apply *p, const struct authority_names *names, struct err *e)
{
	struct collected k = {0};
	int r = p->c->weak ? ASK(p->c, edges_open, EDGE_AUTHORITY, collect_edge, &k, e) : 0;
	if (r == 0)
		r = each(p, &k, end_one, e);
	k.n = 0;
	size_t large = 0, large_n = 0; /* the spelling with most numbers: each of its pairs is found from the other side */
	for (size_t i = 0; r == 0 && names->n <= AUTHORITY_NAMES_MAX && i < names->n; i++) {
		size_t before = k.n;
		r = ASK(p->c, idents_of_assigner, names->v[i], collect_ident, &k, e);
		if (k.n - before > large_n) {
			large = before;
			large_n = k.n - before;
		}
	}
	if (large_n) {
		memmove(k.v + large, k.v + large + large_n, (k.n - large - large_n) * sizeof *k.v);
		k.n -= large_n;
	}
	if (k.n)
		qsort(k.v, k.n, sizeof *k.v, by_id);
	if (r == 0)
		r = each(p, &k, begin_one, e);
	free(k.v);
	return r;
}

int spelling_statements(struct apply *p, const struct facts *f, struct err *e)
{
	int r = 0;
	for (unsigned i = 0; i < f->authority_count && r == 0 && !p->test && !f->failed; i++) {
		struct authority_names names;
		r = authority_say(p, f->authorities[i].name, f->authorities[i].id, &names, e);
		if (r == 0 && names.n > 1)
			r = reconsider(p, &names, e);
	}
	return r;
}
