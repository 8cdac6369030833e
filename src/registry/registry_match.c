/* Which row of a new list is which incident that is known.
 *
 * The portal's exports have no number of a report, so it is told by what stands in the row, from the surest to the least sure; what one step has matched the next does not look at. Each incident takes one row of a list: rows that nothing tells apart stay as many as they are.
 *
 *   whole     name, state, day, type, persons and location are those of any revision of it
 *   key       name, state, day and type are those of its newest revision; of several the one with most other fields alike
 *   type      name, state and day
 *   state     name and day, and type or persons, where one of both has no state or another
 *   renamed   state, day and type, and persons (a count, no placeholder) or a name much alike
 *   day       name, state, type and persons, where the day is day and month changed over, or within 45 days
 *
 * Two lists of one day, under investigation and archive, hold no report twice but while it moves: between those only "whole" counts. Names are compared by registry_name_key. */
#include "registry_match.h"

#include <stdlib.h>

#define SAME_DAY 31  /* days between two lists that were fetched together */
#define DAY_NEAR 45
#define GONE_MOST 4000 /* of more than so many that are gone nobody asks whether they became part of others */

struct candidate {
	uint32_t incident, last, import; /* newest revision, and the newest import that shows it: places */
	struct slice key;
	bool taken, whole_only;
};
struct hashed {
	uint64_t h;
	uint32_t at; /* row or candidate */
};
struct matching {
	const struct registry_all *all;
	const struct registry_list *l;
	struct arena *a;
	struct candidate *c; /* by incident: c[incident - 1] */
	struct slice *key;   /* of rows */
	struct registry_match *row;
	struct hashed *hr, *hc;
	size_t hr_n, hc_n;
};

static uint64_t mix(uint64_t h, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * UINT64_C(0x100000001b3);
	return (h ^ 0xff) * UINT64_C(0x100000001b3);
}

static uint64_t mix_n(uint64_t h, uint64_t v)
{
	return mix(h, slice_of(&v, sizeof v));
}

static bool same_persons(const struct registry_row *a, const struct registry_row *b)
{
	return a->persons_known == b->persons_known && a->persons == b->persons;
}

/* What must be alike in each step: a hash to find it, and the comparison itself. */
static uint64_t hash(enum registry_how how, const struct registry_row *r, struct slice key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	if (how != HOW_RENAMED)
		h = mix(h, key);
	if (how != HOW_STATE)
		h = mix(h, r->state);
	if (how != HOW_DAY)
		h = mix_n(h, (uint64_t)(int64_t)r->submitted);
	if (how == HOW_WHOLE || how == HOW_KEY || how == HOW_RENAMED || how == HOW_DAY)
		h = mix(h, r->type);
	if (how == HOW_WHOLE || how == HOW_DAY)
		h = mix_n(h, r->persons_known ? r->persons : UINT64_MAX);
	if (how == HOW_WHOLE)
		h = mix(h, r->location);
	return h;
}

static bool turned_over(int32_t a, int32_t b)
{
	int m = registry_day_month(a), d = registry_day_of_month(a);
	return a != b && d <= 12 && registry_day(registry_day_year(a), d, m) == b;
}

static bool counted(const struct registry_row *r)
{
	return r->persons_known && r->persons && !registry_placeholder(r);
}

/* 0: not the same; else the higher the surer. */
static unsigned score(enum registry_how how, const struct registry_row *a, struct slice ka, const struct registry_row *b, struct slice kb)
{
	bool key = slice_eq(ka, kb), state = slice_eq(a->state, b->state), day = a->submitted == b->submitted && a->submitted != REGISTRY_NO_DAY, type = slice_eq(a->type, b->type), persons = same_persons(a, b);
	unsigned more = 1 + 8 * persons + 4 * slice_eq(a->location, b->location) + 2 * slice_eq(a->entity_type, b->entity_type) + (a->associate == b->associate), alike;
	switch (how) {
	case HOW_WHOLE:
		return key && state && a->submitted == b->submitted && type && persons && slice_eq(a->location, b->location) ? more : 0;
	case HOW_KEY:
		return key && state && day && type ? more : 0;
	case HOW_TYPE:
		return key && state && day ? more : 0;
	case HOW_STATE:
		return key && day && (type || (persons && counted(a))) ? more : 0;
	case HOW_RENAMED:
		if (!state || !day || !type)
			return 0;
		alike = registry_name_alike(ka, kb);
		if (persons && counted(a) && (alike >= 150 || a->persons % 50))
			return 1000 + alike + more;
		return alike >= 700 ? alike + more : 0;
	case HOW_DAY:
		if (!key || !state || !type || !persons || !counted(a) || a->submitted == REGISTRY_NO_DAY || b->submitted == REGISTRY_NO_DAY)
			return 0;
		return turned_over(a->submitted, b->submitted) || turned_over(b->submitted, a->submitted) || labs((long)a->submitted - b->submitted) <= DAY_NEAR ? more : 0;
	default:
		return 0;
	}
}

static int by_hash(const void *a, const void *b)
{
	const struct hashed *x = a, *y = b;
	return x->h != y->h ? (x->h < y->h ? -1 : 1) : x->at != y->at ? (x->at < y->at ? -1 : 1) : 0;
}

struct pair {
	unsigned score;
	uint32_t row, cand, last;
};

static int by_score(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	return x->score != y->score ? (x->score > y->score ? -1 : 1) : x->row != y->row ? (x->row < y->row ? -1 : 1) : x->cand != y->cand ? (x->cand < y->cand ? -1 : 1) : 0;
}

#define PAIRS_MOST 100000u /* of one hash: more rows than that alike are paired in the order they stand in */
#define TRIES 64

/* Of a candidate's place: who it is, and which revision is compared. 0: not alike. */
static unsigned compare(struct matching *m, enum registry_how how, uint32_t row, uint32_t place, struct pair *ret)
{
	uint32_t last = how == HOW_WHOLE ? place : m->c[place].last, cand = how == HOW_WHOLE ? m->all->revision[place].incident - 1 : place;
	if (m->c[cand].taken || m->row[row].incident)
		return 0;
	const struct registry_row *b = &m->all->revision[last].row;
	struct slice kb = how == HOW_WHOLE && last != m->c[cand].last ? registry_name_key(b->name, m->a) : m->c[cand].key;
	*ret = (struct pair){score(how, &m->l->v[row], m->key[row], b, kb), row, cand, last};
	return ret->score;
}

static void take(struct matching *m, enum registry_how how, const struct pair *p)
{
	if (m->c[p->cand].taken || m->row[p->row].incident)
		return;
	m->c[p->cand].taken = true;
	m->row[p->row] = (struct registry_match){m->c[p->cand].incident, m->c[p->cand].last, (uint8_t)how};
}

static void pair_in_order(struct matching *m, enum registry_how how, const struct hashed *r, size_t rn, const struct hashed *c, size_t cn)
{
	struct pair p;
	size_t from = 0;
	for (size_t i = 0; i < rn; i++)
		for (size_t k = from, tries = 0; k < cn && tries < TRIES; k++, tries++)
			if (compare(m, how, r[i].at, c[k].at, &p)) {
				take(m, how, &p);
				from += k == from;
				break;
			}
}

/* All rows and candidates of one hash: the best pair first. */
static int pair_up(struct matching *m, enum registry_how how, const struct hashed *r, size_t rn, const struct hashed *c, size_t cn, struct err *e)
{
	size_t n = 0;
	if (rn > PAIRS_MOST / cn) {
		pair_in_order(m, how, r, rn, c, cn);
		return 0;
	}
	struct pair one, *p = rn * cn == 1 ? &one : malloc(rn * cn * sizeof *p);
	if (!p)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; i < rn; i++)
		for (size_t k = 0; k < cn; k++)
			n += compare(m, how, r[i].at, c[k].at, &p[n]) != 0;
	qsort(p, n, sizeof *p, by_score);
	for (size_t i = 0; i < n; i++)
		take(m, how, &p[i]);
	if (p != &one)
		free(p);
	return 0;
}

static int step(struct matching *m, enum registry_how how, struct err *e)
{
	m->hr_n = m->hc_n = 0;
	for (uint32_t i = 0; i < m->l->n; i++)
		if (!m->row[i].incident)
			m->hr[m->hr_n++] = (struct hashed){hash(how, &m->l->v[i], m->key[i]), i};
	if (how == HOW_WHOLE) {
		for (uint32_t i = 0; i < m->all->revision_n; i++) {
			const struct registry_revision *v = &m->all->revision[i];
			const struct candidate *c = &m->c[v->incident - 1];
			if (c->incident)
				m->hc[m->hc_n++] = (struct hashed){hash(how, &v->row, c->last == i ? c->key : registry_name_key(v->row.name, m->a)), i};
		}
	} else
		for (uint32_t i = 0; i < m->all->incidents; i++)
			if (m->c[i].incident && !m->c[i].taken && !m->c[i].whole_only)
				m->hc[m->hc_n++] = (struct hashed){hash(how, &m->all->revision[m->c[i].last].row, m->c[i].key), i};
	qsort(m->hr, m->hr_n, sizeof *m->hr, by_hash);
	qsort(m->hc, m->hc_n, sizeof *m->hc, by_hash);
	for (size_t i = 0, k = 0; i < m->hr_n && k < m->hc_n;) {
		if (m->hr[i].h < m->hc[k].h) {
			i++;
			continue;
		}
		if (m->hr[i].h > m->hc[k].h) {
			k++;
			continue;
		}
		size_t ri = i, ki = k;
		while (ri < m->hr_n && m->hr[ri].h == m->hr[i].h)
			ri++;
		while (ki < m->hc_n && m->hc[ki].h == m->hc[k].h)
			ki++;
		int r = pair_up(m, how, m->hr + i, ri - i, m->hc + k, ki - k, e);
		if (r < 0)
			return r;
		i = ri;
		k = ki;
	}
	return 0;
}

/* ---- what was there before ---- */

/* Fetched together: the two lists of one day, as far as their days are known. */
static bool together(const struct registry_list *l, const struct registry_import *j)
{
	if (l->view == j->view || l->view == REGISTRY_FULL || j->view == REGISTRY_FULL)
		return false;
	int32_t low = l->view == REGISTRY_ARCHIVE ? l->as_of : j->as_of, other = l->view == REGISTRY_ARCHIVE ? j->as_of : l->as_of;
	enum registry_as_of from = l->view == REGISTRY_ARCHIVE ? l->as_of_from : j->as_of_from;
	if (from == REGISTRY_AS_OF_NEWEST) /* an archive of that day or a later one */
		return other >= low && (long)other - low <= 366;
	return labs((long)low - other) <= SAME_DAY;
}

static int candidates(struct matching *m, struct err *e)
{
	const struct registry_all *all = m->all;
	m->c = arena_array(m->a, all->incidents + 1u, sizeof *m->c);
	if (!m->c)
		return err_set(e, arena_code(m->a), NULL, "no room to compare it");
	for (size_t i = 0; i < all->seen_n; i++) { /* imports in order of their day: the last one stays */
		const struct registry_seen *s = &all->seen[i];
		if (all->import[s->import].source != m->l->source)
			continue;
		struct candidate *c = &m->c[all->revision[s->revision].incident - 1];
		c->incident = all->revision[s->revision].incident;
		c->last = s->revision;
		c->import = s->import;
		c->whole_only |= together(m->l, &all->import[s->import]);
	}
	for (uint32_t i = 0; i < all->incidents; i++)
		if (m->c[i].incident)
			m->c[i].key = registry_name_key(all->revision[m->c[i].last].row.name, m->a);
	return 0;
}

/* ---- what is gone ---- */

static const char *merged_why(const struct registry_row *gone, struct slice kg, const struct registry_row *was, const struct registry_row *is, struct slice ki)
{
	if (!slice_eq(gone->state, is->state))
		return NULL;
	bool key = slice_eq(kg, ki), day = gone->submitted == is->submitted;
	if (key && day && same_persons(gone, is) && slice_eq(gone->type, is->type) && slice_eq(gone->location, is->location))
		return "the same row stood there more than once";
	if (!gone->persons_known || !is->persons_known || !was->persons_known || is->persons - was->persons != gone->persons || is->persons <= was->persons)
		return NULL;
	bool near = day || key || labs((long)gone->submitted - is->submitted) <= SAME_DAY;
	return near && (counted(gone) ? day || registry_name_alike(kg, ki) >= 300 : registry_name_alike(kg, ki) >= 700) ? "the other's count went up by exactly as many persons" : NULL;
}

static int gone(struct matching *m, struct registry_matched *ret, struct err *e)
{
	const struct registry_all *all = m->all;
	ret->before = UINT32_MAX;
	for (uint32_t i = 0; i < all->import_n; i++)
		if (all->import[i].source == m->l->source && all->import[i].view == m->l->view && all->import[i].as_of <= m->l->as_of)
			ret->before = i;
	if (ret->before == UINT32_MAX)
		return 0;
	struct registry_merged *v = arena_array(m->a, m->l->n + 1, sizeof *v);
	bool *used = arena_array(m->a, m->l->n + 1, sizeof *used);
	ret->lost = arena_array(m->a, all->incidents + 1u, sizeof *ret->lost);
	if (!v || !used || !ret->lost)
		return err_set(e, arena_code(m->a), NULL, "no room to compare it");
	for (size_t s = 0; s < all->seen_n; s++) {
		if (all->seen[s].import != ret->before)
			continue;
		uint32_t inc = all->revision[all->seen[s].revision].incident;
		ret->before_rows++;
		if (m->c[inc - 1].taken)
			continue;
		ret->gone++;
		ret->lost[ret->lost_n++] = m->c[inc - 1].last;
		for (size_t i = 0; ret->gone < GONE_MOST && i < m->l->n; i++) {
			if (!m->row[i].incident || used[i] || !slice_eq(all->revision[m->c[inc - 1].last].row.state, m->l->v[i].state))
				continue;
			const char *why = merged_why(&all->revision[m->c[inc - 1].last].row, m->c[inc - 1].key, &all->revision[m->row[i].last].row, &m->l->v[i], m->key[i]);
			if (!why)
				continue;
			used[i] = true;
			v[ret->merge_n++] = (struct registry_merged){inc, m->row[i].incident, why};
			ret->lost_n--;
			break;
		}
	}
	ret->merge = v;
	return 0;
}

int registry_match(const struct registry_all *all, const struct registry_list *l, struct arena *a, struct registry_matched *ret, struct err *e)
{
	struct matching m = {.all = all, .l = l, .a = a};
	*ret = (struct registry_matched){0};
	m.key = arena_array(a, l->n + 1, sizeof *m.key);
	m.row = arena_array(a, l->n + 1, sizeof *m.row);
	m.hr = arena_array(a, l->n + 1, sizeof *m.hr);
	m.hc = arena_array(a, all->revision_n + all->incidents + 1, sizeof *m.hc);
	if (!m.key || !m.row || !m.hr || !m.hc)
		return err_set(e, arena_code(a), NULL, "no room to compare it");
	int r = candidates(&m, e);
	for (size_t i = 0; r == 0 && all->incidents && i < l->n; i++)
		m.key[i] = registry_name_key(l->v[i].name, a);
	for (int how = HOW_WHOLE; r == 0 && all->incidents && how <= HOW_DAY; how++)
		r = step(&m, (enum registry_how)how, e);
	if (r == 0)
		r = gone(&m, ret, e);
	ret->row = m.row;
	if (r == 0 && ret->lost_n)
		r = registry_perhaps(all, l, a, ret, e);
	/* a name that was not compared for want of memory would have made one report two */
	return r == 0 && arena_code(a) ? err_set(e, arena_code(a), NULL, "no room to compare it") : r;
}
