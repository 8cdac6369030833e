/* By state, type and location, and the largest. */
#include "picture_internal.h"

#include <math.h>
#include <stdlib.h>

#define VALUES 16 /* of one row */

int picture_draw_map(struct pic *p, struct plot **ret, struct err *e)
{
	struct registry_figures f;
	int r = registry_figures(p->all, &p->ask->q, 1, p->a, &f, e);
	if (r < 0)
		return r;
	struct plot_tile *v = arena_array(p->a, f.state.n + 1, sizeof *v);
	if (!v)
		return err_set(e, arena_code(p->a), NULL, "no memory for a picture");
	p->basis = f.basis;
	for (size_t i = 0; i < f.state.n; i++)
		v[i] = (struct plot_tile){f.state.v[i].name, (double)f.state.v[i].incidents};
	struct plot_frame frame = picture_frame_of(p, picture_titled(p, W_MAP, W_MAP_YEAR), picture_word(p, W_C_MAP));
	return plot_tiles(&frame, &(struct plot_tiles){.v = v, .n = f.state.n < PLOT_ITEMS_MAX ? f.state.n : PLOT_ITEMS_MAX, .legend = picture_word(p, W_LEGEND), .elsewhere = picture_word(p, W_NO_STATE)}, ret, e);
}

/* ---- over the years ---- */

struct over {
	struct registry_counted *c;
	size_t n;
	int first, last;             /* years */
	struct slice name[PLOT_LINES_MAX];
	unsigned names;
	double *y;                   /* a row of years a name, then two more */
};

static const struct registry_row *row_of(const struct pic *p, const struct registry_counted *c)
{
	return &p->all->revision[c->revision].row;
}

static unsigned years(const struct over *o)
{
	return (unsigned)(o->last - o->first + 1);
}

static int select_years(struct pic *p, struct over *o, struct err *e)
{
	struct registry_question q = p->ask->q;
	q.year = 0;
	int r = registry_select(p->all, &q, p->a, &o->c, &o->n, &p->basis, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < o->n; i++) {
		int y = registry_day_year(row_of(p, &o->c[i])->submitted);
		if (!y)
			continue;
		o->first = !o->first || y < o->first ? y : o->first;
		o->last = y > o->last ? y : o->last;
	}
	if (!o->first || years(o) > PLOT_ITEMS_MAX)
		return err_set(e, ERR_NO, NULL, "no incident has a day of report: nothing to draw over the years");
	o->y = arena_array(p->a, (PLOT_LINES_MAX + 2) * (size_t)years(o), sizeof *o->y);
	return o->y ? 0 : err_set(e, arena_code(p->a), NULL, "no memory for a picture");
}

/* The year that the list stands in is left out where it is not over: a line that falls at its end because nothing is reported yet says what is not so. */
static bool last_is_partial(const struct pic *p, const struct over *o)
{
	int32_t to = p->basis.as_of;
	return to != REGISTRY_NO_DAY && registry_day_year(to) == o->last && registry_day_year(to + 1) == o->last && o->last > o->first;
}

static bool none(const double *y, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (y[i] > 0)
			return false;
	return true;
}

static int drawn(struct pic *p, const struct over *o, unsigned names, bool stacked, enum word title, enum word counts, struct plot **ret, struct err *e)
{
	unsigned n = years(o), lines = 0;
	bool partial = last_is_partial(p, o);
	double *x = arena_array(p->a, n, sizeof *x);
	struct slice *label = arena_array(p->a, n, sizeof *label);
	struct plot_line v[PLOT_LINES_MAX];
	if (!x || !label)
		return err_set(e, arena_code(p->a), NULL, "no memory for a picture");
	for (unsigned i = 0; i < n; i++) {
		x[i] = o->first + (int)i;
		label[i] = picture_text(p, "%d", o->first + (int)i);
	}
	for (unsigned k = 0; k < names; k++)
		if (!none(o->y + (size_t)k * n, n - partial))
			v[lines++] = (struct plot_line){o->name[k], o->y + (size_t)k * n};
	const char *last = arena_strdup(p->a, label[n - 1]);
	struct plot_frame f = picture_frame_of(p, picture_word(p, title), picture_word(p, counts));
	return plot_lines(&f, &(struct plot_lines){.x = x, .label = label, .n = n - partial, .v = v, .lines = lines, .stacked = stacked, .partial_words = partial ? picture_say(p, W_PARTIAL_LAST, last ? last : "", NULL) : SLICE_NULL}, ret, e);
}

/* The names that most incidents have, as many as there are lines for. */
static int most_common(struct pic *p, bool location, unsigned most, struct over *o, struct err *e)
{
	struct registry_figures f;
	struct registry_question q = p->ask->q;
	q.year = 0;
	int r = registry_figures(p->all, &q, 1, p->a, &f, e);
	const struct registry_tallies *t = location ? &f.location_any : &f.breach_type;
	for (size_t i = 0; r == 0 && i < t->n && o->names < most; i++)
		if (t->v[i].name.n)
			o->name[o->names++] = t->v[i].name;
	return r;
}

static unsigned place_of(const struct over *o, struct slice name)
{
	unsigned k = 0;
	while (k < o->names && !slice_eq(o->name[k], name))
		k++;
	return k;
}

static int types_over(struct pic *p, struct plot **ret, struct err *e)
{
	struct over o = {0};
	int r = select_years(p, &o, e);
	if (r == 0)
		r = most_common(p, false, PLOT_LINES_MAX - 2, &o, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < o.n; i++) {
		struct slice v[VALUES];
		const struct registry_row *w = row_of(p, &o.c[i]);
		size_t n = registry_values(w->type, v, VALUES);
		unsigned k = n > 1 ? o.names : n == 1 ? place_of(&o, v[0]) : o.names + 1;
		if (n == 1 && k == o.names)
			k = o.names + 1;
		if (registry_day_year(w->submitted))
			o.y[k * years(&o) + (unsigned)(registry_day_year(w->submitted) - o.first)]++;
	}
	unsigned lines = o.names + 2;
	for (unsigned k = 0; k < o.names; k++)
		o.name[k] = picture_named(p, o.name[k]);
	o.name[o.names] = picture_word(p, W_SEVERAL);
	o.name[o.names + 1] = picture_word(p, W_REST);
	return drawn(p, &o, lines, true, W_TYPES, W_C_TYPES, ret, e);
}

static int locations_over(struct pic *p, struct plot **ret, struct err *e)
{
	struct over o = {0};
	int r = select_years(p, &o, e);
	if (r == 0)
		r = most_common(p, true, PLOT_LINES_MAX, &o, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < o.n; i++) {
		struct slice v[VALUES];
		const struct registry_row *w = row_of(p, &o.c[i]);
		size_t n = registry_values(w->location, v, VALUES);
		for (size_t j = 0; j < n; j++) {
			unsigned k = place_of(&o, v[j]);
			if (k < o.names && registry_day_year(w->submitted))
				o.y[k * years(&o) + (unsigned)(registry_day_year(w->submitted) - o.first)]++;
		}
	}
	for (unsigned k = 0; k < o.names; k++)
		o.name[k] = picture_named(p, o.name[k]);
	return drawn(p, &o, o.names, false, W_LOCATIONS, W_C_LOCATIONS, ret, e);
}

/* ---- of one year ---- */

static int bars_of(struct pic *p, const struct registry_tallies *t, uint64_t all, struct slice title, enum word counts, struct plot **ret, struct err *e)
{
	size_t n = t->n < 30 ? t->n : 30;
	struct plot_bar *v = arena_array(p->a, n + 1, sizeof *v);
	if (!v)
		return err_set(e, arena_code(p->a), NULL, "no memory for a picture");
	for (size_t i = 0; i < n; i++) {
		double part = all ? 100.0 * (double)t->v[i].incidents / (double)all : 0;
		v[i] = (struct plot_bar){.label = picture_named(p, t->v[i].name), .value = (double)t->v[i].incidents, .text = part < 1 ? picture_text(p, "%s (<1 %%)", picture_count(p, t->v[i].incidents)) : picture_text(p, "%s (%.0f %%)", picture_count(p, t->v[i].incidents), part)};
	}
	struct plot_frame f = picture_frame_of(p, title, picture_word(p, counts));
	return plot_bars(&f, &(struct plot_bars){.v = v, .n = n}, ret, e);
}

int picture_draw_types(struct pic *p, struct plot **ret, struct err *e)
{
	struct registry_figures f;
	if (!p->ask->q.year)
		return types_over(p, ret, e);
	int r = registry_figures(p->all, &p->ask->q, 1, p->a, &f, e);
	p->basis = r == 0 ? f.basis : p->basis;
	return r < 0 ? r : bars_of(p, &f.breach_type, f.incidents, picture_titled(p, W_TYPES, W_TYPES_YEAR), W_C_TYPES_YEAR, ret, e);
}

int picture_draw_locations(struct pic *p, struct plot **ret, struct err *e)
{
	struct registry_figures f;
	if (!p->ask->q.year)
		return locations_over(p, ret, e);
	int r = registry_figures(p->all, &p->ask->q, 1, p->a, &f, e);
	p->basis = r == 0 ? f.basis : p->basis;
	return r < 0 ? r : bars_of(p, &f.location_any, f.incidents, picture_titled(p, W_LOCATIONS, W_LOCATIONS_YEAR), W_C_LOCATIONS_YEAR, ret, e);
}

/* ---- the largest ---- */

int picture_draw_largest(struct pic *p, struct plot **ret, struct err *e)
{
	struct registry_figures f;
	size_t top = p->ask->top ? p->ask->top : 20;
	bool any = false;
	if (top > 100)
		return err_set(e, ERR_USAGE, NULL, "at most 100 incidents in a picture");
	int r = registry_figures(p->all, &p->ask->q, top, p->a, &f, e);
	if (r < 0)
		return r;
	struct plot_bar *v = arena_array(p->a, f.top_n + 1, sizeof *v);
	if (!v)
		return err_set(e, arena_code(p->a), NULL, "no memory for a picture");
	p->basis = f.basis;
	for (size_t i = 0; i < f.top_n; i++) {
		const struct registry_top *t = &f.top[i];
		bool held = t->persons == 500 || t->persons == 501;
		v[i] = (struct plot_bar){.label = t->name, .detail = picture_text(p, "%.*s%s%.*s · %s", SLICE_FMT(t->state), t->state.n ? " · " : "", SLICE_FMT(picture_named(p, t->entity_type)), picture_day(p, t->submitted)), .value = (double)t->persons, .hatched = held};
		v[i].text = held ? picture_say(p, W_IS_PLACEHOLDER, picture_count(p, t->persons), NULL) : slice_str(picture_count(p, t->persons));
		any = any || held;
	}
	struct plot_frame frame = picture_frame_of(p, picture_titled(p, W_LARGEST, W_LARGEST_YEAR), picture_word(p, W_C_LARGEST));
	return plot_bars(&frame, &(struct plot_bars){.v = v, .n = f.top_n, .hatched = any ? picture_word(p, W_PLACEHOLDER) : SLICE_NULL}, ret, e);
}
