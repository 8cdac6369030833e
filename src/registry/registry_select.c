/* Which incidents are counted, in which wording, as of a day and in a view.
 *
 * Of each of the two lists the newest import that is not after the day stands. In the view "full" an incident that is in both is counted once, as the list of the later day has it (of one day: the archive, where a report goes last). An incident that is in neither, and was in an import before:
 *
 *   it left the list under investigation, and no archive of that time is in       counted as last seen ("carried"), and said
 *   it left one list, and both of that time are in; or it left the archive        not counted ("removed"), and said
 *   registry_match found that it became part of another                           not counted
 */
#include "registry_select.h"

#include <stdio.h>
#include <stdlib.h>

#define SAME_DAY 31

static bool fits_list(const struct slice want, const struct slice is)
{
	struct slice v[16];
	size_t n = want.n ? registry_values(is, v, ARRAY_LEN(v)) : 0;
	bool hit = !want.n;
	for (size_t i = 0; i < n && !hit; i++)
		hit = slice_eq(v[i], want);
	return hit;
}

bool registry_fits(const struct registry_question *q, const struct registry_row *r)
{
	if (q->year && registry_day_year(r->submitted) != q->year)
		return false;
	if ((q->from != REGISTRY_NO_DAY && r->submitted < q->from) || (q->to != REGISTRY_NO_DAY && (r->submitted > q->to || r->submitted == REGISTRY_NO_DAY)))
		return false;
	return (!q->state.n || slice_eq(q->state, r->state)) && (!q->entity_type.n || slice_eq(q->entity_type, r->entity_type)) && fits_list(q->type, r->type) && fits_list(q->location, r->location);
}

#define NONE UINT32_MAX

struct chosen {
	uint32_t list[4]; /* by view: place of the import; NONE */
	bool use[4];
	bool row_views;   /* the full list says of each row which it is in */
};

static bool in_time(const struct registry_import *i, const struct registry_question *q)
{
	return i->source == q->source && (q->as_of == REGISTRY_NO_DAY || i->as_of <= q->as_of);
}

static void choose(const struct registry_all *all, const struct registry_question *q, struct chosen *c)
{
	*c = (struct chosen){.list = {NONE, NONE, NONE, NONE}};
	for (uint32_t i = 0; i < all->import_n; i++)
		if (in_time(&all->import[i], q))
			c->list[all->import[i].view & 3] = i;
	uint32_t full = c->list[REGISTRY_FULL];
	for (int v = REGISTRY_UNDER_INVESTIGATION; v <= REGISTRY_ARCHIVE; v++)
		if (full != NONE && c->list[v] != NONE && all->import[c->list[v]].as_of <= all->import[full].as_of)
			c->list[v] = NONE;
	for (size_t i = 0; full != NONE && i < all->seen_n && !c->row_views; i++)
		c->row_views = all->seen[i].import == full && all->seen[i].view != REGISTRY_FULL;
	if (q->view == REGISTRY_FULL || !q->view)
		for (int v = REGISTRY_UNDER_INVESTIGATION; v <= REGISTRY_FULL; v++)
			c->use[v] = c->list[v] != NONE;
	else {
		c->use[q->view] = c->list[q->view] != NONE;
		c->use[REGISTRY_FULL] = !c->use[q->view] && full != NONE && c->row_views;
	}
}

/* Was the archive that we have fetched with this list, or later? Of an archive often only the earliest day that it can be of is known. */
static bool archive_covers(const struct registry_import *archive, const struct registry_import *under)
{
	long room = archive->as_of_from == REGISTRY_AS_OF_NEWEST ? 366 : SAME_DAY;
	return archive->as_of >= under->as_of - room;
}

struct last {
	uint32_t import, revision, chosen_import, chosen_revision;
	uint8_t view, chosen_view;
	bool merged;
};

static bool better(const struct registry_all *all, uint32_t import, uint32_t before)
{
	if (before == NONE)
		return true;
	const struct registry_import *a = &all->import[import], *b = &all->import[before];
	return a->as_of != b->as_of ? a->as_of > b->as_of : a->view >= b->view;
}

static struct last *follow(const struct registry_all *all, const struct registry_question *q, const struct chosen *c, struct arena *a)
{
	struct last *v = arena_array(a, all->incidents + 1u, sizeof *v);
	if (!v)
		return NULL;
	for (uint32_t i = 0; i <= all->incidents; i++)
		v[i] = (struct last){.import = NONE, .chosen_import = NONE};
	for (size_t i = 0; i < all->seen_n; i++) {
		const struct registry_seen *s = &all->seen[i];
		if (!in_time(&all->import[s->import], q))
			continue;
		struct last *l = &v[all->revision[s->revision].incident];
		l->import = s->import;
		l->revision = s->revision;
		l->view = s->view;
		l->merged = false;
		int list = all->import[s->import].view & 3;
		bool wanted = q->view == REGISTRY_FULL || !q->view || s->view == q->view;
		if (c->use[list] && c->list[list] == s->import && wanted && better(all, s->import, l->chosen_import)) {
			l->chosen_import = s->import;
			l->chosen_revision = s->revision;
			l->chosen_view = s->view;
		}
	}
	for (size_t i = 0; i < all->merge_n; i++) {
		struct last *l = &v[all->merge[i].from];
		if (!all->merge[i].perhaps && in_time(&all->import[all->merge[i].import], q) && l->import != NONE && l->import <= all->merge[i].import)
			l->merged = true;
	}
	return v;
}

enum fate { FATE_COUNTED, FATE_CARRIED, FATE_REMOVED, FATE_NONE };

static enum fate fate_of(const struct registry_all *all, const struct registry_question *q, const struct chosen *c, const struct last *l)
{
	if (l->chosen_import != NONE)
		return FATE_COUNTED;
	if (l->import == NONE || l->merged || (q->view != REGISTRY_FULL && q->view))
		return FATE_NONE;
	const struct registry_import *j = &all->import[l->import];
	uint32_t full = c->list[REGISTRY_FULL], under = c->list[REGISTRY_UNDER_INVESTIGATION], archive = c->list[REGISTRY_ARCHIVE];
	if (full != NONE && all->import[full].as_of >= j->as_of && under == NONE)
		return FATE_REMOVED;
	if (l->view == REGISTRY_ARCHIVE)
		return FATE_REMOVED;
	if (under != NONE && archive != NONE && archive_covers(&all->import[archive], &all->import[under]))
		return FATE_REMOVED;
	return FATE_CARRIED;
}

/* ---- what to beware of ---- */

static bool doubtful(struct slice what)
{
	static const char *const w[] = {"digits", "evenly", "round", "regular", "numbered", "weekends", "contradicts", "vanished", "same-day", "category", "under-500", "future"};
	for (size_t i = 0; i < ARRAY_LEN(w); i++)
		if (slice_eq_str(what, w[i]))
			return true;
	return false;
}

static void warn_doubts(const struct registry_import *i, struct warnings *w)
{
	struct json_node *n;
	size_t doubts = 0;
	struct slice first = SLICE_NULL;
	if (json_tree(i->warnings, w->a, &n, NULL) < 0)
		return;
	for (const struct json_node *x = n->child; x; x = x->next)
		if (doubtful(json_text(x, "what")) && !doubts++)
			first = json_text(x, "text");
	if (doubts)
		registry_warn(w, "doubt", "%.*s, on which this stands, was doubted when it was imported, for %zu reasons; the first: %.*s", SLICE_FMT(i->file), doubts, (int)(first.n < 400 ? first.n : 400), (const char *)first.p);
}

static void warn_lists(const struct registry_all *all, const struct registry_question *q, const struct chosen *c, struct registry_basis *b, struct warnings *w)
{
	uint32_t under = c->list[REGISTRY_UNDER_INVESTIGATION], archive = c->list[REGISTRY_ARCHIVE];
	bool full = c->list[REGISTRY_FULL] != NONE;
	char x[16], y[16];
	if (q->source == REGISTRY_OCR && !full && (under == NONE || archive == NONE))
		registry_warn(w, "one-list", "only one of the portal's two lists is in (%s): %s. Import the other, too, before a figure is given to anybody", under == NONE ? "archive" : "under investigation",
		              under == NONE ? "reports still under investigation are missing, the newest among them" : "reports that were resolved have left it, and are missing");
	else if (q->source == REGISTRY_OCR && q->view && q->view != REGISTRY_FULL)
		registry_warn(w, "one-view", "this counts one of the portal's two lists (%s): it is not all that was reported", registry_view_word(q->view));
	else if (under != NONE && archive != NONE && (q->view == REGISTRY_FULL || !q->view) && (all->import[archive].as_of > all->import[under].as_of + SAME_DAY || !archive_covers(&all->import[archive], &all->import[under])))
		registry_warn(w, "apart", "the two lists are of different days (under investigation %s, archive %s): what moved in between is counted as last seen", registry_day_text(all->import[under].as_of, x), registry_day_text(all->import[archive].as_of, y));
	if (b->carried)
		registry_warn(w, "carried", "%zu of these are in no list any more that is in: they left the list under investigation, and no archive of that time has been imported. They are counted as last seen", b->carried);
	if (b->removed)
		registry_warn(w, "removed", "%zu reports of an earlier import are in neither list any more, and are not counted", b->removed);
	for (int v = REGISTRY_UNDER_INVESTIGATION; v <= REGISTRY_FULL; v++)
		if (c->use[v])
			warn_doubts(&all->import[c->list[v]], w);
}

/* ---- the selection ---- */

static int by_day(const void *x, const void *y, void *arg)
{
	const struct registry_all *all = arg;
	const struct registry_counted *a = x, *b = y;
	const struct registry_row *r = &all->revision[a->revision].row, *s = &all->revision[b->revision].row;
	if (r->submitted != s->submitted)
		return r->submitted > s->submitted ? -1 : 1;
	int c = slice_cmp(r->name, s->name);
	return c ? c : a->incident < b->incident ? -1 : a->incident > b->incident;
}

int registry_count(const struct registry_all *all, const struct registry_question *q, struct arena *a, struct registry_counted **ret, size_t *ret_n, struct registry_basis *basis, struct err *e)
{
	struct chosen c;
	struct registry_basis b = {.source = q->source, .view = q->view ? q->view : REGISTRY_FULL, .as_of = REGISTRY_NO_DAY, .list = {REGISTRY_NO_DAY, REGISTRY_NO_DAY, REGISTRY_NO_DAY, REGISTRY_NO_DAY}};
	struct warnings w = {.a = a};
	size_t n = 0;
	choose(all, q, &c);
	if (!c.use[REGISTRY_UNDER_INVESTIGATION] && !c.use[REGISTRY_ARCHIVE] && !c.use[REGISTRY_FULL])
		return err_set(e, ERR_NO, NULL, "%s", all->import_n ? "no import is of this view and not after this day; holdfast registry imports shows those there are" : "nothing has been imported yet: holdfast registry import comes first");
	struct last *last = follow(all, q, &c, a);
	struct registry_counted *v = arena_array(a, all->incidents + 1u, sizeof *v);
	if (!last || !v)
		return err_set(e, arena_code(a), NULL, "no room to count");
	for (uint32_t i = 1; i <= all->incidents; i++) {
		enum fate f = fate_of(all, q, &c, &last[i]);
		uint32_t rev = f == FATE_COUNTED ? last[i].chosen_revision : last[i].revision;
		if (f == FATE_NONE || !registry_fits(q, &all->revision[rev].row))
			continue;
		b.carried += f == FATE_CARRIED;
		b.removed += f == FATE_REMOVED;
		if (f != FATE_REMOVED)
			v[n++] = (struct registry_counted){i, rev, f == FATE_COUNTED ? last[i].chosen_import : last[i].import, f == FATE_COUNTED ? last[i].chosen_view : last[i].view, f == FATE_CARRIED};
	}
	for (int l = REGISTRY_UNDER_INVESTIGATION; l <= REGISTRY_FULL; l++)
		if (c.use[l]) {
			b.list[l] = all->import[c.list[l]].as_of;
			b.as_of = b.list[l] > b.as_of ? b.list[l] : b.as_of;
		}
	warn_lists(all, q, &c, &b, &w);
	if (arena_code(a)) /* a warning was lost */
		return err_set(e, arena_code(a), NULL, "no room to count");
	b.w = w.v;
	b.w_n = w.n;
	*ret = v;
	*ret_n = n;
	*basis = b;
	return 0;
}

int registry_select(const struct registry_all *all, const struct registry_question *q, struct arena *a, struct registry_counted **ret, size_t *ret_n, struct registry_basis *basis, struct err *e)
{
	int r = registry_count(all, q, a, ret, ret_n, basis, e);
	if (r == 0)
		qsort_r(*ret, *ret_n, sizeof **ret, by_day, (void *)(uintptr_t)all);
	return r;
}
