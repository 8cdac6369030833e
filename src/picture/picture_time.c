/* Over time: years, months, and how one year's count drifts. */
#include "picture_internal.h"

#include <math.h>

#define TOP 20

/* The largest incident of a period is named at its column where it makes more than a quarter of the highest one: else one reads a trend where there was one company. */
static struct slice largest_in(struct pic *p, const struct registry_figures *f, int year, int m, double most)
{
	for (size_t i = 0; i < f->top_n; i++) {
		char brief[32];
		const struct registry_top *t = &f->top[i];
		if (registry_day_year(t->submitted) == year && (!m || registry_day_month(t->submitted) == m))
			return (double)t->persons > most / 4 ? picture_text(p, "%.*s %s", SLICE_FMT(t->name), plot_short(p->lang, (double)t->persons, brief)) : SLICE_NULL;
	}
	return SLICE_NULL;
}

static double most_persons(const struct registry_tallies *t)
{
	double most = 0;
	for (size_t i = 0; i < t->n; i++)
		most = fmax(most, (double)t->v[i].persons);
	return most;
}

/* The number that a year's or month's name begins with, or comes after its dash. */
static int number(struct slice s, size_t from, size_t n)
{
	uint64_t v = 0;
	if (s.n < from + n || num_u64(slice_of(s.p + from, n), 0, 9999, &v) < 0)
		return 0;
	return (int)v;
}

static int columns(struct pic *p, const struct registry_figures *f, const struct registry_tallies *t, size_t from, bool by_month, struct slice title, enum word counts, enum word partial, struct plot **ret, struct err *e)
{
	size_t n = t->n - from;
	struct plot_column *v = arena_array(p->a, n ? n : 1, sizeof *v);
	struct plot_columns c = {.v = v, .n = n, .panels = 2, .panel = {picture_word(p, W_INCIDENTS), picture_word(p, W_PERSONS)}};
	int32_t last = p->basis.as_of;
	double most = most_persons(t);
	if (!v)
		return err_set(e, arena_code(p->a), NULL, "no memory for a picture");
	for (size_t i = 0; i < n; i++) {
		const struct registry_tally *k = &t->v[from + i];
		int y = number(k->name, 0, 4), m = by_month ? number(k->name, 5, 2) : 0;
		bool now = last != REGISTRY_NO_DAY && y == registry_day_year(last) && (!by_month || m == registry_day_month(last));
		bool whole = now && registry_day_year(last + 1) != y; /* the list is of the last day of the year */
		v[i] = (struct plot_column){.label = !by_month ? k->name : p->ask->q.year ? picture_month(p, m) : picture_text(p, "%.*s %d", SLICE_FMT(picture_month(p, m)), y), .value = {(double)k->incidents, (double)k->persons}, .partial = now && !whole};
		v[i].note[1] = largest_in(p, f, y, m, most);
		if (v[i].partial) {
			const char *name = arena_strdup(p->a, k->name);
			c.partial = picture_say(p, partial, name ? name : "", NULL);
		}
	}
	struct plot_frame frame = picture_frame_of(p, title, picture_word(p, counts));
	return plot_columns(&frame, &c, ret, e);
}

int picture_draw_trend(struct pic *p, struct plot **ret, struct err *e)
{
	struct registry_figures f;
	struct registry_question q = p->ask->q;
	q.year = 0;
	int r = registry_figures(p->all, &q, TOP, p->a, &f, e);
	if (r < 0)
		return r;
	p->basis = f.basis;
	size_t from = f.years.n && !number(f.years.v[0].name, 0, 4); /* rows without a day stand first */
	return columns(p, &f, &f.years, from, false, picture_word(p, W_TREND), W_C_TREND, W_PARTIAL_YEAR, ret, e);
}

int picture_draw_months(struct pic *p, struct plot **ret, struct err *e)
{
	struct registry_figures f;
	int r = registry_figures(p->all, &p->ask->q, TOP, p->a, &f, e);
	if (r < 0)
		return r;
	p->basis = f.basis;
	size_t from = f.month.n && !number(f.month.v[0].name, 0, 4);
	if (!p->ask->q.year && f.month.n - from > 24)
		from = f.month.n - 24;
	return columns(p, &f, &f.month, from, true, picture_titled(p, W_MONTHS, W_MONTHS_YEAR), W_C_MONTHS, W_PARTIAL_MONTH, ret, e);
}

/* ---- drift ---- */

struct line_of {
	enum registry_view view;
	enum word name;
};
static const struct line_of drift_lines[] = {{REGISTRY_FULL, W_V_FULL}, {REGISTRY_UNDER_INVESTIGATION, W_V_UNDER}, {REGISTRY_ARCHIVE, W_V_ARCHIVE}};

/* A count of a view is drawn for the days on which it was fetched, and one of both lists from the day on that both were in: else the first list alone looks like a year that grew. */
static bool counts_on(const struct pic *p, enum registry_view view, int32_t on)
{
	bool under = false, archive = false;
	for (size_t i = 0; i < p->all->import_n; i++) {
		const struct registry_import *m = &p->all->import[i];
		if (m->source != p->ask->q.source || m->as_of == REGISTRY_NO_DAY || m->as_of > on)
			continue;
		if (m->as_of == on && m->view == view)
			return true;
		under = under || m->view != REGISTRY_ARCHIVE;
		archive = archive || m->view != REGISTRY_UNDER_INVESTIGATION;
	}
	return view == REGISTRY_FULL && under && archive;
}

static int drift_drawn(struct pic *p, const struct registry_drift *d, size_t n, struct plot **ret, struct err *e)
{
	double *x = arena_array(p->a, n ? n : 1, sizeof *x), *y = arena_array(p->a, ARRAY_LEN(drift_lines) * (n ? n : 1), sizeof *y);
	struct slice *label = arena_array(p->a, n ? n : 1, sizeof *label);
	struct plot_line v[ARRAY_LEN(drift_lines)];
	size_t lines = 0, points = 0;
	if (!x || !y || !label)
		return err_set(e, arena_code(p->a), NULL, "no memory for a picture");
	for (size_t i = 0; i < n; i++) /* by day: the same day stands once */
		if (!points || x[points - 1] < d[i].as_of) {
			x[points] = d[i].as_of;
			label[points++] = slice_str(picture_day(p, d[i].as_of));
		}
	for (unsigned k = 0; k < ARRAY_LEN(drift_lines); k++) {
		double *at = y + k * n;
		bool any = false;
		for (size_t j = 0; j < points; j++) {
			at[j] = NAN;
			for (size_t i = 0; i < n; i++)
				if (d[i].view == drift_lines[k].view && x[j] == d[i].as_of && counts_on(p, d[i].view, d[i].as_of))
					at[j] = (double)d[i].incidents;
			any = any || !isnan(at[j]);
		}
		if (any)
			v[lines++] = (struct plot_line){picture_word(p, drift_lines[k].name), at};
	}
	struct slice year = picture_text(p, "%d", p->ask->q.year);
	const char *name = arena_strdup(p->a, year);
	struct plot_frame f = picture_frame_of(p, picture_say(p, W_DRIFT, name ? name : "", NULL), picture_say(p, W_C_DRIFT, name ? name : "", NULL));
	return plot_lines(&f, &(struct plot_lines){.x = x, .label = label, .n = points, .v = v, .lines = lines, .numbers = true}, ret, e);
}

int picture_draw_drift(struct pic *p, struct plot **ret, struct err *e)
{
	const struct picture_ask *ask = p->ask;
	struct registry_drift *d;
	struct registry_counted *c;
	size_t n, unused;
	if (!ask->q.year)
		return err_set(e, ERR_USAGE, NULL, "drift is of one year: say --year");
	struct registry_question q = ask->q;
	q.view = REGISTRY_FULL;
	q.as_of = REGISTRY_NO_DAY;
	int r = registry_select(p->all, &q, p->a, &c, &unused, &p->basis, e);
	if (r == 0)
		r = registry_drift(p->all, &q, p->a, &d, &n, e);
	return r < 0 ? r : drift_drawn(p, d, n, ret, e);
}
