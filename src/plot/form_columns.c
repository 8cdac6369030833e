/* Columns over years or months, one or two rows of them above the same labels: two rows and never two scales in one, which can be made to say anything. */
#include "plot_internal.h"

#include <math.h>

struct row {
	const struct plot_columns *c;
	unsigned of;               /* panel */
	struct plot_scale y;
	double x, step, bar;       /* left edge, from column to column, width of one */
	double most;
	bool full, brief;          /* every number has room over its column, whole or short; else the largest alone has one: some with and some without would look like a choice */
};

static double most_of(const struct plot_columns *c, unsigned of)
{
	double most = 0;
	for (size_t i = 0; i < c->n; i++)
		if (!isnan(c->v[i].value[of]) && c->v[i].value[of] > most)
			most = c->v[i].value[of];
	return most;
}

/* Tick texts are short where the numbers are large; as wide as the widest. */
static double ticks_width(struct plot *p, const struct plot_scale *y)
{
	double v, w = 0;
	char text[32];
	for (unsigned i = 0; plot_tick(y, i, &v); i++)
		w = fmax(w, plot_measure(slice_str(plot_short(p->lang, v, text)), 12, false));
	return w;
}

static void grid(struct plot *p, const struct row *r)
{
	double v;
	char text[32];
	for (unsigned i = 0; plot_tick(&r->y, i, &v); i++) {
		double y = round(plot_on(&r->y, v)) + 0.5;
		plot_stroke(p, r->x, y, p->right, y, i ? PLOT_GRID : PLOT_INK, 1, false);
		plot_text(p, r->x - 6, y + 4, PLOT_FINISH, 12, false, PLOT_QUIET, slice_str(plot_short(p->lang, v, text)));
	}
}

/* Where a note stands: left or right of its column, where there is more room, at the height of its top, or above those columns that it would lie over. */
struct noted {
	double x, w, y;
	bool after;
	struct slice s;
};

static struct noted note_at(struct plot *p, const struct row *r, size_t i)
{
	const struct plot_columns *c = r->c;
	double mid = r->x + (i + 0.5) * r->step, left = mid - r->x, right = p->right - mid, room = fmax(left, right) - r->bar / 2 - 8;
	struct noted n = {.after = right >= left, .s = plot_cut(p, room, 12, false, c->v[i].note[r->of])};
	n.w = plot_measure(n.s, 12, false);
	n.x = n.after ? mid + r->bar / 2 + 6 : mid - r->bar / 2 - 6 - n.w;
	n.y = plot_on(&r->y, c->v[i].value[r->of]) + 12;
	for (size_t k = 1; k <= (size_t)(n.w / r->step) + 1; k++) {
		size_t at = n.after ? i + k : i - k;
		if (at < c->n && !isnan(c->v[at].value[r->of]))
			n.y = fmin(n.y, plot_on(&r->y, c->v[at].value[r->of]) - 20);
	}
	n.y = fmax(n.y, r->y.to - 12);
	return n;
}

/* The largest first; one that would lie over another is left out. */
static void notes(struct plot *p, const struct row *r)
{
	struct noted put[8];
	size_t n = 0;
	double below = INFINITY;
	for (unsigned turn = 0; turn < ARRAY_LEN(put); turn++) {
		size_t best = r->c->n;
		for (size_t i = 0; i < r->c->n; i++) {
			double v = r->c->v[i].value[r->of];
			if (r->c->v[i].note[r->of].n && v < below && (best == r->c->n || v > r->c->v[best].value[r->of]))
				best = i;
		}
		if (best == r->c->n)
			return;
		below = r->c->v[best].value[r->of];
		struct noted a = note_at(p, r, best);
		bool over = false;
		for (size_t k = 0; k < n; k++)
			over = over || (fabs(a.y - put[k].y) < 15 && a.x < put[k].x + put[k].w + 6 && put[k].x < a.x + a.w + 6);
		if (over)
			continue;
		plot_text(p, a.after ? a.x : a.x + a.w, a.y, a.after ? PLOT_START : PLOT_FINISH, 12, false, PLOT_INK, a.s);
		put[n++] = a;
	}
}

static void column(struct plot *p, const struct row *r, size_t i)
{
	const struct plot_column *k = &r->c->v[i];
	double v = k->value[r->of], mid = r->x + (i + 0.5) * r->step, base = r->y.from, top = plot_on(&r->y, v);
	char full[32], brief[32];
	plot_number(p->lang, v, full);
	plot_short(p->lang, v, brief);
	plot_group(p, "%.*s: %s", SLICE_FMT(k->label), full);
	if (k->partial)
		plot_hatch(p, mid - r->bar / 2, top, r->bar, base - top, PLOT_BLUE);
	else
		plot_rect(p, mid - r->bar / 2, top, r->bar, base - top, PLOT_BLUE, PLOT_NONE);
	if (r->full || r->brief || v >= r->most)
		plot_text(p, mid, top - 4, PLOT_MIDDLE, 11.5, false, PLOT_INK, slice_str(r->full ? full : brief));
	plot_group_end(p);
}

static void room_for_numbers(struct plot *p, struct row *r)
{
	char out[32];
	r->full = r->brief = true;
	for (size_t i = 0; i < r->c->n; i++) {
		double v = r->c->v[i].value[r->of];
		if (isnan(v))
			continue;
		r->most = fmax(r->most, v);
		r->full = r->full && plot_measure(slice_str(plot_number(p->lang, v, out)), 11.5, false) < r->step - 3;
		r->brief = r->brief && plot_measure(slice_str(plot_short(p->lang, v, out)), 11.5, false) < r->step - 1;
	}
}

static void labels(struct plot *p, const struct row *r)
{
	double widest = 0, every = 1;
	for (size_t i = 0; i < r->c->n; i++)
		widest = fmax(widest, plot_measure(r->c->v[i].label, 12, false));
	every = fmax(ceil((widest + 8) / r->step), 1);
	for (size_t i = 0; i < r->c->n; i++) {
		double x = r->x + (i + 0.5) * r->step;
		if ((r->c->n - 1 - i) % (size_t)every == 0) /* the last one always */
			plot_text(p, x, r->y.from + 17, PLOT_MIDDLE, 12, false, PLOT_INK, r->c->v[i].label);
	}
}

static void panel(struct plot *p, const struct plot_columns *c, unsigned of, double height, double gutter)
{
	struct row r = {.c = c, .of = of, .x = p->left + gutter};
	plot_text(p, p->left, p->at + 16, PLOT_START, 13, true, PLOT_INK, c->panel[of]);
	r.y = plot_scale_even(most_of(c, of), p->at + 40 + height, p->at + 40, 5);
	r.step = (p->right - r.x) / (double)c->n;
	r.bar = fmax(floor(r.step * 0.72), 2);
	room_for_numbers(p, &r);
	plot_say(p, "%.*s", SLICE_FMT(c->panel[of]));
	grid(p, &r);
	for (size_t i = 0; i < c->n; i++)
		if (!isnan(c->v[i].value[of]))
			column(p, &r, i);
	notes(p, &r);
	labels(p, &r);
	p->at = r.y.from + 30;
}

int plot_columns(const struct plot_frame *f, const struct plot_columns *c, struct plot **ret, struct err *e)
{
	struct plot *p = NULL;
	if (!c->n || c->n > PLOT_ITEMS_MAX || !c->panels || c->panels > 2)
		return err_set(e, ERR_INPUT, NULL, c->n > PLOT_ITEMS_MAX ? "more than %d columns in a picture" : "nothing to draw", PLOT_ITEMS_MAX);
	int r = plot_begin(f, &p, e);
	if (r < 0)
		return r;
	double gutter = 0;
	for (unsigned i = 0; i < c->panels; i++) {
		struct plot_scale y = plot_scale_even(most_of(c, i), 1, 0, 5);
		gutter = fmax(gutter, ticks_width(p, &y) + 8);
	}
	for (unsigned i = 0; i < c->panels; i++)
		panel(p, c, i, f->width < 560 ? 120 : 170, gutter);
	if (c->partial.n) {
		plot_hatch(p, p->left, p->at + 2, 22, 12, PLOT_BLUE);
		p->at = plot_wrap(p, p->left + 30, p->at + 12.5, p->right - p->left - 30, 12, false, PLOT_INK, c->partial);
	}
	r = plot_finish(&p, e);
	if (r == 0)
		*ret = p;
	return r;
}
