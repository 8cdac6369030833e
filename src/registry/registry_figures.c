/* Figures over what is counted: pure sums. "Persons" is what reports say added up, and never how many different persons there are. */
#include "registry_select.h"

#include <stdio.h>
#include <stdlib.h>

struct tallying {
	struct arena *a;
	struct registry_tally *v;
	size_t n, room;
	uint32_t near[256]; /* by where a name lies: names that are kept once are found without being read */
	bool full;
};

static void tally(struct tallying *t, struct slice name, uint64_t persons)
{
	uint32_t *near = &t->near[((uintptr_t)name.p / 4 + name.n) % ARRAY_LEN(t->near)];
	size_t i = *near;
	if (i >= t->n || !slice_eq(t->v[i].name, name))
		for (i = 0; i < t->n && !slice_eq(t->v[i].name, name);)
			i++;
	if (i == t->n && t->n == t->room) {
		size_t room = t->room ? 2 * t->room : 32;
		struct registry_tally *v = arena_array(t->a, room, sizeof *v);
		if (!v) {
			t->full = true;
			return;
		}
		if (t->n)
			memcpy(v, t->v, t->n * sizeof *v);
		t->v = v;
		t->room = room;
	}
	if (i == t->n)
		t->v[t->n++] = (struct registry_tally){.name = name};
	t->v[i].incidents++;
	t->v[i].persons += persons;
	*near = (uint32_t)i;
}

static void tally_list(struct tallying *t, struct slice list, uint64_t persons)
{
	struct slice v[32];
	size_t n = registry_values(list, v, ARRAY_LEN(v));
	for (size_t i = 0; i < n; i++)
		tally(t, v[i], persons);
	if (!n)
		tally(t, SLICE_NULL, persons);
}

static int most_first(const void *x, const void *y)
{
	const struct registry_tally *a = x, *b = y;
	return a->incidents != b->incidents ? (a->incidents > b->incidents ? -1 : 1) : slice_cmp(a->name, b->name);
}

static struct registry_tallies tallied(const struct tallying *t)
{
	if (t->n)
		qsort(t->v, t->n, sizeof *t->v, most_first);
	return (struct registry_tallies){t->v, t->n};
}

/* Months and years by their number, so that a day becomes text once a month and not once a row. */
#define YEAR_FIRST 1900
#define YEARS 300
struct calendar {
	uint64_t incidents[YEARS * 12 + 1], persons[YEARS * 12 + 1]; /* the first: without a day */
};

static void put_in(struct calendar *c, int32_t day, uint64_t persons)
{
	int y = registry_day_year(day), at = y < YEAR_FIRST || y >= YEAR_FIRST + YEARS ? 0 : (y - YEAR_FIRST) * 12 + registry_day_month(day);
	c->incidents[at]++;
	c->persons[at] += persons;
}

/* step 1: "2024-01"; 12: "2024". What has no day stands first, without a name. */
static int in_time(const struct calendar *c, int step, struct arena *a, struct registry_tallies *ret)
{
	size_t n = c->incidents[0] != 0;
	for (int i = 1; i <= YEARS * 12; i += step)
		for (int k = i; k < i + step; k++)
			if (c->incidents[k]) {
				n++;
				break;
			}
	struct registry_tally *v = arena_array(a, n + 1, sizeof *v);
	if (!v)
		return ERR_MEMORY;
	n = 0;
	if (c->incidents[0])
		v[n++] = (struct registry_tally){SLICE_NULL, c->incidents[0], c->persons[0]};
	for (int i = 1; i <= YEARS * 12; i += step) {
		struct registry_tally t = {0};
		for (int k = i; k < i + step; k++) {
			t.incidents += c->incidents[k];
			t.persons += c->persons[k];
		}
		if (!t.incidents)
			continue;
		int year = YEAR_FIRST + (i - 1) / 12;
		char *name = step == 12 ? arena_printf(a, "%04d", year) : arena_printf(a, "%04d-%02d", year, (i - 1) % 12 + 1);
		if (!name)
			return ERR_MEMORY;
		t.name = slice_str(name);
		v[n++] = t;
	}
	*ret = (struct registry_tallies){v, n};
	return 0;
}

/* The value that k others stand before in order: byte by byte from the highest, as a sort by digits would put them, without moving any. */
static uint64_t nth(const uint64_t *v, size_t n, size_t k)
{
	uint64_t prefix = 0, known = 0;
	for (int shift = 56; shift >= 0; shift -= 8) {
		size_t at[256] = {0};
		unsigned b = 0;
		for (size_t i = 0; i < n; i++)
			if ((v[i] & known) == prefix)
				at[v[i] >> shift & 255]++;
		while (k >= at[b])
			k -= at[b++];
		prefix |= (uint64_t)b << shift;
		known |= (uint64_t)255 << shift;
	}
	return prefix;
}

static int by_persons(const void *x, const void *y)
{
	const struct registry_top *a = x, *b = y;
	if (a->persons != b->persons)
		return a->persons > b->persons ? -1 : 1;
	int c = slice_cmp(a->name, b->name);
	return c ? c : a->incident < b->incident ? -1 : a->incident > b->incident;
}

static int by_value(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
	return a < b ? -1 : a > b;
}

static void notice(const struct registry_all *all, const struct registry_counted *v, size_t n, uint64_t *days, struct registry_figures *f)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		const struct registry_row *r = &all->revision[v[i].revision].row;
		int32_t to = r->notified != REGISTRY_NO_DAY ? r->notified : r->submitted;
		if (r->aware == REGISTRY_NO_DAY || to == REGISTRY_NO_DAY || to < r->aware)
			continue;
		days[k] = (uint64_t)(to - r->aware);
		f->notice_within_60 += days[k] <= 60;
		f->notice_within_30 += days[k] <= 30;
		k++;
	}
	f->notice_n = k;
	if (!k)
		return;
	qsort(days, k, sizeof *days, by_value);
	f->notice_median = (int32_t)((days[k / 2] + days[(k - 1) / 2]) / 2);
	f->notice_p90 = (int32_t)days[(9 * k + 9) / 10 - 1]; /* nearest rank */
}

static void sizes(const struct registry_all *all, const struct registry_counted *v, size_t n, uint64_t *w, struct registry_figures *f)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		const struct registry_row *r = &all->revision[v[i].revision].row;
		if (r->persons_known && !registry_placeholder(r))
			w[k++] = r->persons;
	}
	f->median_counted = k;
	if (!k)
		return;
	uint64_t low = nth(w, k, (k - 1) / 2), high = k % 2 ? low : nth(w, k, k / 2);
	f->median = low + (high - low) / 2;
}

/* The largest, in order: only those that may be among them are sorted. */
static int largest(const struct registry_all *all, const struct registry_counted *v, size_t n, size_t top, uint64_t *w, struct arena *a, struct registry_figures *f)
{
	size_t k = 0, some = n < top ? n : top;
	for (size_t i = 0; i < n; i++)
		w[i] = all->revision[v[i].revision].row.persons_known ? all->revision[v[i].revision].row.persons : 0;
	uint64_t least = some ? nth(w, n, n - some) : UINT64_MAX;
	for (size_t i = 0; i < n; i++)
		k += w[i] >= least;
	struct registry_top *t = arena_array(a, k + 1, sizeof *t);
	if (!t)
		return ERR_MEMORY;
	k = 0;
	for (size_t i = 0; some && i < n; i++) {
		const struct registry_row *r = &all->revision[v[i].revision].row;
		if (w[i] >= least)
			t[k++] = (struct registry_top){r->name, r->state, r->type, r->entity_type, w[i], r->submitted, v[i].incident};
	}
	qsort(t, k, sizeof *t, by_persons);
	f->top = t;
	f->top_n = some;
	return 0;
}

struct counting {
	struct tallying entity, type, any, exact, state;
	struct calendar when;
};

static void add_up(const struct registry_all *all, const struct registry_counted *v, size_t n, struct counting *c, struct registry_figures *f)
{
	for (size_t i = 0; i < n; i++) {
		const struct registry_row *row = &all->revision[v[i].revision].row;
		uint64_t persons = row->persons_known ? row->persons : 0;
		f->incidents++;
		f->persons += persons;
		f->persons_unknown += !row->persons_known;
		f->placeholders += registry_placeholder(row);
		f->associate += row->associate_known && row->associate;
		tally(&c->entity, row->entity_type, persons);
		tally_list(&c->type, row->type, persons);
		tally_list(&c->any, row->location, persons);
		tally(&c->exact, row->location, persons);
		tally(&c->state, row->state, persons);
		put_in(&c->when, row->submitted, persons);
	}
}

int registry_figures(const struct registry_all *all, const struct registry_question *q, size_t top, struct arena *a, struct registry_figures *ret, struct err *e)
{
	struct registry_figures f = {0};
	struct registry_counted *v;
	size_t n;
	int r = registry_count(all, q, a, &v, &n, &f.basis, e);
	if (r < 0)
		return r;
	struct counting *c = arena_alloc(a, sizeof *c);
	uint64_t *w = arena_array(a, n + 1, sizeof *w);
	if (!c || !w)
		return err_set(e, arena_code(a), NULL, "no room to count");
	c->entity.a = c->type.a = c->any.a = c->exact.a = c->state.a = a;
	add_up(all, v, n, c, &f);
	bool full = c->entity.full || c->type.full || c->any.full || c->exact.full || c->state.full;
	if (full || in_time(&c->when, 1, a, &f.month) < 0 || in_time(&c->when, 12, a, &f.years) < 0 || largest(all, v, n, top, w, a, &f) < 0)
		return err_set(e, arena_code(a), NULL, "no room to count");
	f.entity_type = tallied(&c->entity);
	f.breach_type = tallied(&c->type);
	f.location_any = tallied(&c->any);
	f.location_exact = tallied(&c->exact);
	f.state = tallied(&c->state);
	sizes(all, v, n, w, &f);
	notice(all, v, n, w, &f);
	*ret = f;
	return 0;
}

/* ---- distribution ---- */

#define BINS 48 /* 12 factors of ten */

int registry_distribution(const struct registry_all *all, const struct registry_question *q, struct arena *a, struct registry_bin **ret, size_t *ret_n, struct registry_basis *basis, struct err *e)
{
	static const double quarter[4] = {1, 1.7782794100389228, 3.1622776601683795, 5.623413251903491};
	struct registry_counted *v;
	size_t n, used = 0;
	int r = registry_count(all, q, a, &v, &n, basis, e);
	struct registry_bin *b = r == 0 ? arena_array(a, BINS, sizeof *b) : NULL;
	if (r < 0 || !b)
		return r < 0 ? r : err_set(e, arena_code(a), NULL, "no room to count");
	uint64_t ten = 100, from = 0;
	for (size_t i = 0; i < BINS; i++) { /* the first holds what is under 100, too */
		uint64_t to = (uint64_t)((double)ten * quarter[(i + 1) % 4] * ((i + 1) % 4 ? 1 : 10));
		b[i] = (struct registry_bin){from, to, 0, 0};
		from = to + 1;
		if (i % 4 == 3)
			ten *= 10;
	}
	for (size_t i = 0; i < n; i++) {
		const struct registry_row *row = &all->revision[v[i].revision].row;
		size_t k = 0;
		if (!row->persons_known)
			continue;
		while (k + 1 < BINS && row->persons > b[k].to)
			k++;
		if (registry_placeholder(row))
			b[k].placeholders++;
		else
			b[k].incidents++;
		used = k + 1 > used ? k + 1 : used;
	}
	*ret = b;
	*ret_n = used;
	return 0;
}

/* ---- drift ---- */

int registry_drift(const struct registry_all *all, const struct registry_question *ask, struct arena *a, struct registry_drift **ret, size_t *ret_n, struct err *e)
{
	struct registry_drift *d = arena_array(a, 3 * all->import_n + 1, sizeof *d);
	size_t k = 0;
	int32_t before = REGISTRY_NO_DAY;
	if (!d)
		return err_set(e, arena_code(a), NULL, "no room to count");
	for (size_t i = 0; i < all->import_n; i++) {
		if (all->import[i].source != ask->source || all->import[i].as_of == before)
			continue;
		before = all->import[i].as_of;
		for (int view = REGISTRY_UNDER_INVESTIGATION; view <= REGISTRY_FULL; view++) {
			struct registry_question q = *ask;
			struct registry_counted *v;
			struct registry_basis b;
			size_t n;
			struct err quiet = {0};
			q.view = (enum registry_view)view;
			q.as_of = before;
			int r = registry_count(all, &q, a, &v, &n, &b, &quiet);
			if (r == ERR_NO || (r == 0 && view != REGISTRY_FULL && b.as_of != before))
				continue; /* no list of this view then, or none that is newer */
			if (r < 0) {
				*e = quiet;
				return r;
			}
			struct registry_drift x = {.as_of = before, .view = (enum registry_view)view, .incidents = n, .carried = b.carried};
			for (size_t j = 0; j < n; j++) {
				x.persons += all->revision[v[j].revision].row.persons;
				x.placeholders += registry_placeholder(&all->revision[v[j].revision].row);
			}
			d[k++] = x;
		}
	}
	*ret = d;
	*ret_n = k;
	return 0;
}

/* ---- an incident's place ---- */

static void rank(struct registry_place *p, uint64_t is, uint64_t among)
{
	p->among++;
	p->smaller += among < is;
	p->equal += among == is;
}

static void ranked(struct registry_place *p)
{
	p->below = p->among ? (unsigned)((2000 * p->smaller + 1000 * p->equal) / (2 * p->among)) : 0;
}

static bool has(struct slice list, struct slice one)
{
	struct slice v[16];
	size_t n = one.n ? registry_values(list, v, ARRAY_LEN(v)) : 0;
	for (size_t i = 0; i < n; i++)
		if (slice_eq(v[i], one))
			return true;
	return false;
}

int registry_place(const struct registry_all *all, const struct registry_question *q, uint64_t persons, struct arena *a, struct registry_places *ret, struct err *e)
{
	struct registry_question every = *q;
	struct registry_places p = {0};
	struct registry_counted *v;
	uint64_t above[5] = {0};
	size_t n, larger = 0;
	every.state = every.type = every.entity_type = every.location = SLICE_NULL;
	int r = registry_count(all, &every, a, &v, &n, &p.basis, e);
	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct registry_row *row = &all->revision[v[i].revision].row;
		if (!row->persons_known || registry_placeholder(row))
			continue;
		rank(&p.all, persons, row->persons);
		if (has(row->type, q->type))
			rank(&p.type, persons, row->persons);
		if (q->state.n && slice_eq(row->state, q->state))
			rank(&p.state, persons, row->persons);
		if (q->entity_type.n && slice_eq(row->entity_type, q->entity_type))
			rank(&p.entity_type, persons, row->persons);
		if (row->persons <= persons)
			continue;
		size_t at = larger < 5 ? larger++ : row->persons < above[4] ? 4 : 5;
		for (; at < 5 && at > 0 && above[at - 1] > row->persons; at--) {
			above[at] = above[at - 1];
			p.larger[at] = p.larger[at - 1];
		}
		if (at < 5) {
			above[at] = row->persons;
			p.larger[at] = v[i].incident;
		}
	}
	if (r < 0)
		return r;
	ranked(&p.all);
	ranked(&p.type);
	ranked(&p.state);
	ranked(&p.entity_type);
	*ret = p;
	return 0;
}

/* ---- history ---- */

int registry_history(const struct registry_all *all, uint32_t incident, struct arena *a, struct registry_history **ret, size_t *ret_n, struct err *e)
{
	size_t n = 0;
	struct registry_history *h = arena_array(a, all->import_n + 1, sizeof *h);
	if (!h)
		return err_set(e, arena_code(a), NULL, "no room");
	for (size_t i = 0; i < all->seen_n && n < all->import_n; i++) {
		const struct registry_seen *s = &all->seen[i];
		if (all->revision[s->revision].incident != incident)
			continue;
		h[n] = (struct registry_history){s->import, s->revision, s->view, n == 0 || h[n - 1].revision != s->revision};
		n++;
	}
	if (!n)
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no incident of this number");
	*ret = h;
	*ret_n = n;
	return 0;
}
