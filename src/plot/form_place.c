/* One value among others, a row a group, all on one log scale. */
#include "plot_internal.h"

#include <math.h>

static void key(struct plot *p, const struct plot_place *o)
{
	double x = p->left;
	for (unsigned i = 0; i < 3; i++) {
		if (!o->key[i].n)
			continue;
		double w = 44 + plot_measure(o->key[i], 12, false) + 18;
		if (x > p->left && x + w > p->right) {
			x = p->left;
			p->at += 20;
		}
		double y = p->at + 12;
		if (i == 0)
			plot_rect(p, x, y - 1.5, 36, 3, PLOT_QUIET, PLOT_NONE);
		else if (i == 1)
			plot_rect(p, x, y - 6, 36, 12, PLOT_PALE, PLOT_BLUE);
		else
			plot_rect(p, x + 16, y - 8, 4, 16, PLOT_INK, PLOT_NONE);
		plot_text(p, x + 44, y + 4, PLOT_START, 12, false, PLOT_INK, o->key[i]);
		x += w;
	}
	p->at += 26;
}

/* One's own line is drawn a piece a row: through the strips and not through the words. */
static void row(struct plot *p, const struct plot_place *o, const struct plot_group *g, const struct plot_scale *x)
{
	char a[32], b[32], c[32];
	double y = p->at + 44;
	if (isnan(g->p50))
		plot_group(p, "%.*s: %.*s", SLICE_FMT(g->name), SLICE_FMT(g->words));
	else
		plot_group(p, "%.*s: %.*s (%s / %s / %s)", SLICE_FMT(g->name), SLICE_FMT(g->words), plot_number(p->lang, g->p25, a), plot_number(p->lang, g->p50, b), plot_number(p->lang, g->p75, c));
	double w = plot_measure(g->words, 13, true), room = p->right - p->left;
	if (plot_measure(g->name, 13, false) + w + 16 < room) {
		plot_text(p, p->left, p->at + 16, PLOT_START, 13, false, PLOT_INK, g->name);
		plot_text(p, p->right, p->at + 16, PLOT_FINISH, 13, true, PLOT_INK, g->words);
	} else {
		plot_text(p, p->left, p->at + 16, PLOT_START, 13, false, PLOT_INK, plot_cut(p, room, 13, false, g->name));
		double at = plot_wrap(p, p->left, p->at + 34, room, 13, true, PLOT_INK, g->words);
		y = at + 10;
	}
	if (!isnan(g->p50)) {
		double l = plot_on(x, g->p10), r = plot_on(x, g->p90), ql = plot_on(x, g->p25), qr = plot_on(x, g->p75);
		plot_stroke(p, plot_on(x, g->least), y, plot_on(x, g->most), y, PLOT_GRID, 1, false);
		plot_rect(p, l, y - 1.5, fmax(r - l, 1), 3, PLOT_QUIET, PLOT_NONE);
		plot_rect(p, ql, y - 9, fmax(qr - ql, 1), 18, PLOT_PALE, PLOT_BLUE);
		plot_rect(p, plot_on(x, g->p50) - 2, y - 11, 4, 22, PLOT_INK, PLOT_NONE);
		plot_stroke(p, plot_on(x, o->own), y - 15, plot_on(x, o->own), y + 15, PLOT_OWN, 2.4, false);
	}
	plot_group_end(p);
	p->at = isnan(g->p50) ? y - 18 : y + 20;
}

/* The axis stands under the rows; one's own words above them. */
static void axis(struct plot *p, const struct plot_place *o, const struct plot_scale *x, double from)
{
	double v, w = plot_measure(o->own_words, 13, true), own = plot_on(x, o->own), last = -1e9;
	char text[32];
	for (unsigned i = 0; plot_tick(x, i, &v); i++) {
		double at = plot_on(x, v);
		plot_stroke(p, at, p->at, at, p->at + 5, PLOT_INK, 1, false);
		plot_short(p->lang, v, text);
		double half = plot_measure(slice_str(text), 12, false) / 2;
		if (at - half < last + 4)
			continue;
		last = at + half;
		plot_text(p, at, p->at + 19, PLOT_MIDDLE, 12, false, PLOT_INK, slice_str(text));
	}
	plot_stroke(p, x->from, p->at, x->to, p->at, PLOT_INK, 1, false);
	plot_stroke(p, own, p->at - 6, own, p->at, PLOT_OWN, 2.4, false);
	double middle = fmin(fmax(own, p->left + w / 2), p->right - w / 2);
	const double tip[] = {own, from - 2, own + 5, from - 10, own - 5, from - 10};
	plot_path(p, tip, 3, true, PLOT_OWN, PLOT_NONE, 0, false);
	plot_text(p, middle, from - 16, PLOT_MIDDLE, 13, true, PLOT_OWN, o->own_words);
	p->at += 34;
}

int plot_place(const struct plot_frame *f, const struct plot_place *o, struct plot **ret, struct err *e)
{
	struct plot *p = NULL;
	double least = INFINITY, most = 1;
	if (!o->n || o->n > PLOT_ITEMS_MAX || !(o->own >= 1))
		return err_set(e, ERR_INPUT, NULL, o->n ? "a place is drawn for one person or more" : "nothing to draw");
	int r = plot_begin(f, &p, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < o->n; i++)
		if (!isnan(o->v[i].p50)) {
			least = fmin(least, o->v[i].least);
			most = fmax(most, o->v[i].most);
		}
	struct plot_scale x = plot_scale_log(fmin(least, o->own), fmax(most, o->own), p->left + 12, p->right - 16);
	key(p, o);
	p->at += 26;
	double from = p->at;
	plot_say(p, "%.*s", SLICE_FMT(o->own_words));
	for (size_t i = 0; i < o->n; i++)
		row(p, o, &o->v[i], &x);
	axis(p, o, &x, from);
	r = plot_finish(&p, e);
	if (r == 0)
		*ret = p;
	return r;
}
