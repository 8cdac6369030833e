/* How many fall in each range: a histogram, on a log scale where values run from one to a hundred million. Placeholders are hatched and stand on the others: "500" says "at least 500", not 500. */
#include "plot_internal.h"

#include <math.h>
#include <stdlib.h>

#define BINS_MAX 80
#define PER_DECADE 3

struct bin {
	double from, to;
	size_t plain, hatched;
};

struct bins {
	struct bin v[BINS_MAX];
	unsigned n;
	size_t left_out;
	size_t most;
	struct plot_scale x; /* log: over the bins' edges */
};

/* 1, 2, 5, 10, 20, 50 ...: ranges whose edges people know; about a third of a decade each. */
static double edge(unsigned i)
{
	static const double of[PER_DECADE] = {1, 2, 5};
	unsigned decade = i / PER_DECADE;
	return of[i % PER_DECADE] * pow(10, decade);
}

/* false: of nothing but what a log scale has no place for. */
static bool make_bins(const struct plot_spread *s, struct bins *b)
{
	double most = 1, least = INFINITY;
	for (size_t i = 0; i < s->n; i++) {
		most = fmax(most, s->v[i]);
		least = s->v[i] >= 1 ? fmin(least, s->v[i]) : least;
	}
	for (unsigned i = 0; i < s->marks; i++) {
		most = s->log ? fmax(most, s->mark[i].at) : most;
		least = fmin(least, s->mark[i].at);
	}
	if (!s->log) {
		double step = s->step > 0 ? s->step : 1;
		b->n = (unsigned)fmin(ceil(fmin(s->most, most + 1) / step) + 1, BINS_MAX);
		for (unsigned i = 0; i < b->n; i++)
			b->v[i] = (struct bin){.from = i * step, .to = (i + 1) * step};
		return true;
	}
	if (isinf(least))
		return false;
	unsigned first = 0;
	while (edge(first + 1) <= least && first < BINS_MAX)
		first++;
	for (unsigned i = first; b->n < BINS_MAX && (b->n == 0 || edge(i) <= most); i++)
		b->v[b->n++] = (struct bin){.from = edge(i), .to = edge(i + 1)};
	return true;
}

static void count(const struct plot_spread *s, struct bins *b)
{
	for (size_t i = 0; i < s->n; i++) {
		double v = s->v[i];
		unsigned k = 0;
		if (isnan(v) || v < b->v[0].from) {
			b->left_out++;
			continue;
		}
		while (k + 1 < b->n && v >= b->v[k].to)
			k++;
		if (s->hatched && s->hatched[i])
			b->v[k].hatched++;
		else
			b->v[k].plain++;
	}
	for (unsigned k = 0; k < b->n; k++)
		if (b->v[k].plain + b->v[k].hatched > b->most)
			b->most = b->v[k].plain + b->v[k].hatched;
}

struct field {
	const struct plot_spread *s;
	const struct bins *b;
	struct plot_scale y;
	double x, step;
};

/* Where a value stands among the bins: by its logarithm within one, or evenly. */
static double at_x(const struct field *f, double v)
{
	unsigned k = 0;
	while (k + 1 < f->b->n && v >= f->b->v[k].to)
		k++;
	const struct bin *b = &f->b->v[k];
	double part = f->s->log ? log(fmax(v, b->from) / b->from) / log(b->to / b->from) : (v - b->from) / (b->to - b->from);
	return f->x + (k + fmin(fmax(part, 0), 1)) * f->step;
}

static void column(struct plot *p, const struct field *f, unsigned k)
{
	const struct bin *b = &f->b->v[k];
	char low[32], high[32], text[32];
	size_t all = b->plain + b->hatched;
	double x = f->x + k * f->step, y = plot_on(&f->y, (double)b->plain), top = plot_on(&f->y, (double)all);
	bool last = !f->s->log && k + 1 == f->b->n;
	if (!all)
		return;
	if (last)
		plot_group(p, "≥ %s: %s", plot_number(p->lang, b->from, low), plot_number(p->lang, (double)all, text));
	else
		plot_group(p, "%s–%s: %s", plot_number(p->lang, b->from, low), plot_number(p->lang, b->to - 1, high), plot_number(p->lang, (double)all, text));
	if (b->plain)
		plot_rect(p, x + 1, y, f->step - 2, f->y.from - y, PLOT_BLUE, PLOT_NONE);
	if (b->hatched)
		plot_hatch(p, x + 1.5, top, f->step - 3, y - top, PLOT_OWN);
	if (plot_measure(slice_str(text), 11, false) < f->step)
		plot_text(p, x + f->step / 2, top - 4, PLOT_MIDDLE, 11, false, PLOT_INK, slice_str(text));
	plot_group_end(p);
}

static bool is_ten(double v)
{
	double l = log10(fmax(v, 1));
	return fabs(l - round(l)) < 1e-9;
}

static void axis(struct plot *p, const struct field *f)
{
	double last = -1e9, widest = 0;
	char text[32];
	for (unsigned k = 0; k < f->b->n; k++)
		widest = fmax(widest, plot_measure(slice_str(plot_short(p->lang, f->b->v[k].from, text)), 11.5, false));
	for (unsigned k = 0; k <= f->b->n; k++) {
		double v = k < f->b->n ? f->b->v[k].from : f->b->v[k - 1].to, x = f->x + k * f->step;
		plot_stroke(p, x, f->y.from, x, f->y.from + (is_ten(v) || !f->s->log ? 5 : 3), PLOT_INK, 1, false);
		if (f->s->log ? widest + 6 > f->step && !is_ten(v) : k == f->b->n) /* powers of ten alone, where not all have room */
			continue;
		double w = plot_measure(slice_str(plot_short(p->lang, v, text)), 11.5, false);
		if (x - w / 2 < last + 6 || x + w / 2 > p->right + 8)
			continue;
		last = x + w / 2;
		plot_text(p, x, f->y.from + 18, PLOT_MIDDLE, 11.5, false, PLOT_INK, slice_str(text));
	}
	p->at = plot_wrap(p, f->x, f->y.from + 37, p->right - f->x, 12, false, PLOT_QUIET, f->s->x_name);
}

/* A line for each mark, the leftmost begins highest; its words in a row of their own above the field, so that none lies over another. */
static void marks(struct plot *p, const struct field *f, double top)
{
	double before = -INFINITY;
	for (unsigned row = 0; row < f->s->marks; row++) {
		unsigned i = 0;
		for (unsigned k = 1; k < f->s->marks; k++) { /* the next to the right: few, so that nothing need be sorted */
			double v = f->s->mark[k].at, best = f->s->mark[i].at;
			if (v > before && (best <= before || v < best))
				i = k;
		}
		const struct plot_mark *m = &f->s->mark[i];
		before = m->at;
		double x = at_x(f, m->at), y = top + 13 + row * 17, w = fmin(plot_measure(m->words, 12, true), p->right - p->left - 10);
		bool after = x + 6 + w < p->right;
		double start = fmax(after ? x + 5 : x - 5 - w, p->left);
		plot_group(p, "%.*s", SLICE_FMT(m->words));
		plot_stroke(p, x, y - 10, x, f->y.from, PLOT_OWN, 1.6, i > 0);
		plot_rect(p, start - 1, y - 11, w + 2, 14, PLOT_WHITE, PLOT_NONE);
		plot_text(p, start, y, PLOT_START, 12, true, PLOT_OWN, plot_cut(p, p->right - start, 12, true, m->words));
		plot_group_end(p);
	}
}

static void drawn(struct plot *p, struct field *f)
{
	double top = p->at + 22, height = p->width < 560 ? 200 : 280, v, w = 0, from = top + f->s->marks * 17 + 16;
	char text[32];
	plot_text(p, p->left, p->at + 12, PLOT_START, 12, true, PLOT_INK, f->s->y_name);
	f->y = plot_scale_even((double)f->b->most, from + height, from, 5);
	for (unsigned i = 0; plot_tick(&f->y, i, &v); i++)
		w = fmax(w, plot_measure(slice_str(plot_number(p->lang, v, text)), 12, false));
	f->x = p->left + w + 10;
	f->step = (p->right - f->x - 10) / f->b->n;
	for (unsigned i = 0; plot_tick(&f->y, i, &v); i++) {
		double y = round(plot_on(&f->y, v)) + 0.5;
		plot_stroke(p, f->x, y, p->right, y, i ? PLOT_GRID : PLOT_INK, 1, false);
		plot_text(p, f->x - 6, y + 4, PLOT_FINISH, 12, false, PLOT_QUIET, slice_str(plot_number(p->lang, v, text)));
	}
	for (unsigned k = 0; k < f->b->n; k++)
		column(p, f, k);
	marks(p, f, top);
	axis(p, f);
}

int plot_spread(const struct plot_frame *f, const struct plot_spread *s, struct plot **ret, struct err *e)
{
	struct plot *p = NULL;
	struct bins b = {0};
	if (!s->n || s->marks > 6)
		return err_set(e, ERR_INPUT, NULL, s->n ? "more than 6 marks in a picture" : "nothing to draw");
	if (!make_bins(s, &b))
		return err_set(e, ERR_INPUT, NULL, "nothing to draw: no value is 1 or more");
	int r = plot_begin(f, &p, e);
	if (r < 0)
		return r;
	count(s, &b);
	struct field l = {.s = s, .b = &b};
	drawn(p, &l);
	if (s->hatched && s->hatched_words.n) {
		plot_hatch(p, p->left, p->at - 2, 22, 12, PLOT_OWN);
		p->at = plot_wrap(p, p->left + 30, p->at + 8.5, p->right - p->left - 30, 12, false, PLOT_INK, s->hatched_words);
	}
	r = plot_finish(&p, e);
	if (r == 0)
		*ret = p;
	return r;
}
