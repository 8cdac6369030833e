/* Two days compared, like with like: where only one of the two lists is newer, that list is compared. */
#include "registry_select.h"

#include <stdlib.h>

#define SAME_DAY 31
#define NONE UINT32_MAX

struct side {
	struct registry_counted *v;
	size_t n;
	uint32_t *at; /* of each incident its place in v; NONE */
};

static int take(const struct registry_all *all, const struct registry_question *q, struct arena *a, struct side *ret, struct registry_basis *b, struct err *e)
{
	int r = registry_count(all, q, a, &ret->v, &ret->n, b, e);
	if (r < 0)
		return r;
	ret->at = arena_array(a, all->incidents + 1u, sizeof *ret->at);
	if (!ret->at)
		return err_set(e, arena_code(a), NULL, "no room to compare");
	memset(ret->at, 0xff, (all->incidents + 1u) * sizeof *ret->at);
	for (size_t i = 0; i < ret->n; i++)
		ret->at[ret->v[i].incident] = (uint32_t)i;
	return 0;
}

/* Which lists both days have, and are not the same import. */
static enum registry_view common(const struct registry_basis *x, const struct registry_basis *y)
{
	bool ui = x->list[REGISTRY_UNDER_INVESTIGATION] != REGISTRY_NO_DAY && y->list[REGISTRY_UNDER_INVESTIGATION] != REGISTRY_NO_DAY, ar = x->list[REGISTRY_ARCHIVE] != REGISTRY_NO_DAY && y->list[REGISTRY_ARCHIVE] != REGISTRY_NO_DAY;
	bool ui_new = ui && x->list[REGISTRY_UNDER_INVESTIGATION] != y->list[REGISTRY_UNDER_INVESTIGATION], ar_new = ar && x->list[REGISTRY_ARCHIVE] != y->list[REGISTRY_ARCHIVE];
	if (x->list[REGISTRY_FULL] != REGISTRY_NO_DAY || y->list[REGISTRY_FULL] != REGISTRY_NO_DAY || (ui_new && ar_new))
		return REGISTRY_FULL;
	return ui_new ? REGISTRY_UNDER_INVESTIGATION : ar_new ? REGISTRY_ARCHIVE : ui && !ar ? REGISTRY_UNDER_INVESTIGATION : ar && !ui ? REGISTRY_ARCHIVE : REGISTRY_FULL;
}

/* What an import by that day found it to be part of: the surest, then the newest. */
static const struct registry_merge *part_of(const struct registry_all *all, uint32_t incident, int32_t after)
{
	const struct registry_merge *m = NULL;
	for (size_t i = 0; i < all->merge_n; i++)
		if (all->merge[i].from == incident && all->import[all->merge[i].import].as_of <= after && (!m || m->perhaps || !all->merge[i].perhaps))
			m = &all->merge[i];
	return m;
}

static const char *now_of(const struct registry_all *all, uint32_t incident, enum registry_view view, const struct side *whole, const struct registry_basis *b, int32_t after, uint32_t *ret_into)
{
	const struct registry_merge *m = part_of(all, incident, after);
	*ret_into = m ? m->into : 0;
	if (m && !m->perhaps)
		return "merged";
	if (whole->at && whole->at[incident] != NONE && !whole->v[whole->at[incident]].carried && whole->v[whole->at[incident]].view != view) {
		*ret_into = 0; /* it is there: what looked like it was chance */
		return registry_view_word((enum registry_view)whole->v[whole->at[incident]].view);
	}
	if (m)
		return "perhaps-merged";
	enum registry_view other = view == REGISTRY_UNDER_INVESTIGATION ? REGISTRY_ARCHIVE : REGISTRY_UNDER_INVESTIGATION;
	if (view == REGISTRY_FULL || (b->list[other] != REGISTRY_NO_DAY && labs((long)b->list[other] - b->as_of) <= SAME_DAY))
		return "removed";
	return whole->at && whole->at[incident] == NONE && b->list[REGISTRY_FULL] != REGISTRY_NO_DAY ? "removed" : "not-known";
}

static struct registry_change change(const struct registry_all *all, const struct registry_counted *x, const struct registry_counted *y)
{
	const struct registry_row *b = x ? &all->revision[x->revision].row : NULL, *a = y ? &all->revision[y->revision].row : NULL, *is = a ? a : b;
	return (struct registry_change){.incident = x ? x->incident : y ? y->incident : 0, .name = is->name, .name_before = b ? b->name : SLICE_NULL, .state = is->state, .submitted = is->submitted,
		.before = b && b->persons_known ? b->persons : 0, .after = a && a->persons_known ? a->persons : 0, .before_known = b && b->persons_known, .after_known = a && a->persons_known, .placeholder = a && b && registry_placeholder(b) && !registry_placeholder(a)};
}

static bool of_year(const struct registry_all *all, const struct registry_counted *x, const struct registry_counted *y, int year)
{
	return !year || (x && registry_day_year(all->revision[x->revision].row.submitted) == year) || (y && registry_day_year(all->revision[y->revision].row.submitted) == year);
}

static int largest(const void *x, const void *y)
{
	const struct registry_change *a = x, *b = y;
	int64_t p = (int64_t)(a->after > a->before ? a->after - a->before : a->before - a->after), q = (int64_t)(b->after > b->before ? b->after - b->before : b->before - b->after);
	if (p != q)
		return p > q ? -1 : 1;
	int c = slice_cmp(a->name, b->name);
	return c ? c : a->incident < b->incident ? -1 : a->incident > b->incident;
}

static void sum(const struct registry_all *all, const struct side *s, const struct side *whole, int year, struct registry_diff *d, int32_t after)
{
	for (uint32_t i = 1; i <= all->incidents; i++) {
		const struct registry_counted *x = s[0].at[i] == NONE ? NULL : &s[0].v[s[0].at[i]], *y = s[1].at[i] == NONE ? NULL : &s[1].v[s[1].at[i]];
		if ((!x && !y) || !of_year(all, x, y, year))
			continue;
		struct registry_change c = change(all, x, y);
		if (!x) {
			d->added_persons += c.after;
			d->added[d->added_n++] = c;
		} else if (!y) {
			c.now = now_of(all, i, d->view, whole, &d->basis[1], after, &c.into);
			d->removed_persons += c.before;
			d->removed[d->removed_n++] = c;
		} else if (c.before != c.after || c.before_known != c.after_known) {
			d->changed_persons += (int64_t)c.after - (int64_t)c.before;
			d->replaced += c.placeholder;
			d->replaced_persons += c.placeholder ? (int64_t)c.after - (int64_t)c.before : 0;
			d->changed[d->changed_n++] = c;
		} else
			d->same++;
	}
}

int registry_diff(const struct registry_all *all, enum registry_source source, enum registry_view view, int32_t before, int32_t after, int year, struct arena *a, struct registry_diff *ret, struct err *e)
{
	struct registry_diff d = {0};
	struct side s[2] = {0}, whole = {0};
	struct registry_basis b[2];
	struct registry_question q = {.source = source, .view = REGISTRY_FULL, .as_of = before, .from = REGISTRY_NO_DAY, .to = REGISTRY_NO_DAY};
	struct warnings w = {.a = a};
	int r = take(all, &q, a, &s[0], &b[0], e);
	q.as_of = after;
	if (r == 0)
		r = take(all, &q, a, &whole, &b[1], e);
	if (r < 0)
		return r;
	d.view = view ? view : source == REGISTRY_OCR ? common(&b[0], &b[1]) : REGISTRY_FULL;
	q.view = d.view;
	r = take(all, &q, a, &s[1], &d.basis[1], e);
	q.as_of = before;
	if (r == 0)
		r = take(all, &q, a, &s[0], &d.basis[0], e);
	d.added = arena_array(a, all->incidents + 1u, sizeof *d.added);
	d.removed = arena_array(a, all->incidents + 1u, sizeof *d.removed);
	d.changed = arena_array(a, all->incidents + 1u, sizeof *d.changed);
	if (r < 0 || !d.added || !d.removed || !d.changed)
		return r < 0 ? r : err_set(e, arena_code(a), NULL, "no room to compare");
	d.basis[1].list[REGISTRY_ARCHIVE] = d.view == REGISTRY_ARCHIVE ? d.basis[1].list[REGISTRY_ARCHIVE] : b[1].list[REGISTRY_ARCHIVE];
	d.basis[1].list[REGISTRY_UNDER_INVESTIGATION] = b[1].list[REGISTRY_UNDER_INVESTIGATION];
	sum(all, s, &whole, year, &d, after);
	qsort(d.added, d.added_n, sizeof *d.added, largest);
	qsort(d.removed, d.removed_n, sizeof *d.removed, largest);
	qsort(d.changed, d.changed_n, sizeof *d.changed, largest);
	if (!view && d.view != REGISTRY_FULL)
		registry_warn(&w, "one-view", "only the list %s is in for both days: it alone is compared", d.view == REGISTRY_ARCHIVE ? "archive" : "under investigation");
	if (d.basis[0].as_of == d.basis[1].as_of)
		registry_warn(&w, "same-imports", "both days have the same imports: nothing can have changed");
	if (arena_code(a)) /* a warning was lost */
		return err_set(e, arena_code(a), NULL, "no room to compare");
	d.w = w.v;
	d.w_n = w.n;
	*ret = d;
	return 0;
}
