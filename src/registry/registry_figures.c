/* Figures over what is counted: pure sums. "Persons" is what reports say added up, and never how many different persons there are. */
#include "registry_internal.h"

#include <stdio.h>
#include <stdlib.h>

struct tallying {
	struct arena *a;
	struct registry_tally *v;
	size_t n, room, last;
	bool full;
};

static void tally(struct tallying *t, struct slice name, uint64_t persons)
{
	size_t i = t->n && slice_eq(t->v[t->last].name, name) ? t->last : 0;
	while (i < t->n && !slice_eq(t->v[i].name, name))
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
	t->last = i;
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

static int by_name(const void *x, const void *y)
{
	return slice_cmp(((const struct registry_tally *)x)->name, ((const struct registry_tally *)y)->name);
}

static struct registry_tallies tallied(const struct tallying *t, bool in_time)
{
	if (t->n)
		qsort(t->v, t->n, sizeof *t->v, in_time ? by_name : most_first);
	return (struct registry_tallies){t->v, t->n};
}

/* "2024-01" or "2024"; the one before where it is the same (rows come by day) */
static struct slice part_of_day(int32_t day, size_t n, struct slice before, struct arena *a)
{
	char text[16];
	if (day == REGISTRY_NO_DAY)
		return SLICE_NULL;
	struct slice s = slice_of(registry_day_text(day, text), n);
	return slice_eq(s, before) ? before : arena_dup(a, s);
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
	qsort(w, k, sizeof *w, by_value);
	f->median = w[(k - 1) / 2] + (w[k / 2] - w[(k - 1) / 2]) / 2;
}

int registry_figures(const struct registry_all *all, const struct registry_question *q, size_t top, struct arena *a, struct registry_figures *ret, struct err *e)
{
	struct registry_figures f = {0};
	struct registry_counted *v;
	size_t n;
	struct tallying entity = {a}, type = {a}, any = {a}, exact = {a}, state = {a}, month = {a}, year = {a};
	int r = registry_select(all, q, a, &v, &n, &f.basis, e);
	if (r < 0)
		return r;
	struct registry_top *t = arena_array(a, n + 1, sizeof *t);
	uint64_t *w = arena_array(a, n + 1, sizeof *w);
	struct slice m = SLICE_NULL, y = SLICE_NULL;
	if (!t || !w)
		return err_set(e, arena_code(a), NULL, "no room to count");
	for (size_t i = 0; i < n; i++) {
		const struct registry_row *row = &all->revision[v[i].revision].row;
		uint64_t persons = row->persons_known ? row->persons : 0;
		f.incidents++;
		f.persons += persons;
		f.persons_unknown += !row->persons_known;
		f.placeholders += registry_placeholder(row);
		f.associate += row->associate_known && row->associate;
		m = part_of_day(row->submitted, 7, m, a);
		y = part_of_day(row->submitted, 4, y, a);
		tally(&entity, row->entity_type, persons);
		tally_list(&type, row->type, persons);
		tally_list(&any, row->location, persons);
		tally(&exact, row->location, persons);
		tally(&state, row->state, persons);
		tally(&month, m, persons);
		tally(&year, y, persons);
		t[i] = (struct registry_top){row->name, row->state, row->type, row->entity_type, persons, row->submitted, v[i].incident};
	}
	if (entity.full || type.full || any.full || exact.full || state.full || month.full || year.full)
		return err_set(e, arena_code(a), NULL, "no room to count");
	qsort(t, n, sizeof *t, by_persons);
	f.top = t;
	f.top_n = n < top ? n : top;
	f.entity_type = tallied(&entity, false);
	f.breach_type = tallied(&type, false);
	f.location_any = tallied(&any, false);
	f.location_exact = tallied(&exact, false);
	f.state = tallied(&state, false);
	f.month = tallied(&month, true);
	f.years = tallied(&year, true);
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
	int r = registry_select(all, q, a, &v, &n, basis, e);
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
			int r = registry_select(all, &q, a, &v, &n, &b, &quiet);
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
	int r = registry_select(all, &every, a, &v, &n, &p.basis, e);
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
