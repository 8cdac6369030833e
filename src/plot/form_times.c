/* Cases one below the other, each a line of days since it was discovered, with what was reached when. Words stand in a list below each line, numbered where they are told apart by day: a line of 60 days beside one of 564 has no room for them. */
#include "plot_internal.h"

#include <math.h>
#include <stdio.h>

static double most_of(const struct plot_times *t)
{
	double most = 60;
	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 0; k < t->v[i].n; k++)
			most = fmax(most, t->v[i].v[k].day);
	for (size_t i = 0; i < t->limits; i++)
		most = fmax(most, t->limit[i].at);
	return most;
}

static void mark(struct plot *p, const struct plot_event *v, bool own, double x, double y)
{
	uint32_t colour = own ? PLOT_OWN : PLOT_BLUE;
	const double on[] = {x, y - 7, x + 7, y, x, y + 7, x - 7, y};
	if (v->main)
		plot_path(p, on, 4, true, colour, PLOT_WHITE, 1.2, false);
	else
		plot_dot(p, x, y, 4.6, PLOT_WHITE, colour);
}

/* "120  first customer notices (review >90 %) [3]", as many lines as it takes; two columns where the page is wide. */
static double event(struct plot *p, const struct plot_event *v, bool own, double x, double y, double width)
{
	char day[48], text[768];
	if (v->source)
		(void)snprintf(text, sizeof text, "%.*s [%u]", (int)(v->words.n < 700 ? v->words.n : 700), (const char *)v->words.p, v->source);
	else
		(void)snprintf(text, sizeof text, "%.*s", (int)(v->words.n < 700 ? v->words.n : 700), (const char *)v->words.p);
	plot_number(p->lang, v->day, day);
	mark(p, v, own, x + 7, y - 4);
	plot_text(p, x + 48, y, PLOT_FINISH, 12, true, PLOT_INK, slice_str(day));
	return plot_wrap(p, x + 56, y, width - 56, 12, false, PLOT_INK, slice_str(text)) + 2;
}

static void events(struct plot *p, const struct plot_case *c)
{
	unsigned columns = p->right - p->left > 640 && c->n > 1 ? 2 : 1;
	double width = (p->right - p->left - 12) / columns - (columns - 1) * 10, low = p->at;
	size_t half = (c->n + columns - 1) / columns;
	for (unsigned k = 0; k < columns; k++) {
		double y = p->at + 14;
		for (size_t i = k * half; i < c->n && i < (k + 1) * half; i++)
			y = event(p, &c->v[i], c->own, p->left + 12 + k * (width + 20), y, width);
		low = fmax(low, y - 14);
	}
	p->at = low + 8;
}

static void one(struct plot *p, const struct plot_times *t, const struct plot_case *c, const struct plot_scale *x)
{
	double last = 0, y = p->at + 34, w = plot_measure(c->name, 14, true);
	uint32_t colour = c->own ? PLOT_OWN : PLOT_BLUE;
	plot_group(p, "%.*s (%.*s)", SLICE_FMT(c->name), SLICE_FMT(c->detail));
	plot_text(p, p->left, p->at + 14, PLOT_START, 14, true, c->own ? PLOT_OWN : PLOT_INK, c->name);
	if (p->left + w + 10 + plot_measure(c->detail, 12, false) < p->right) {
		plot_text(p, p->left + w + 10, p->at + 14, PLOT_START, 12, false, PLOT_QUIET, c->detail);
	} else {
		double at = plot_wrap(p, p->left, p->at + 31, p->right - p->left, 12, false, PLOT_QUIET, c->detail);
		y = at + 6;
	}
	for (size_t i = 0; i < t->limits; i++)
		plot_stroke(p, plot_on(x, t->limit[i].at), y - 13, plot_on(x, t->limit[i].at), y + 11, PLOT_OWN, 1.4, true);
	for (size_t i = 0; i < c->n; i++) {
		last = fmax(last, c->v[i].day);
		plot_say(p, "%g: %.*s", c->v[i].day, SLICE_FMT(c->v[i].words));
	}
	plot_stroke(p, x->from, y, x->to, y, PLOT_GRID, 1, false);
	plot_rect(p, x->from, y - 2, plot_on(x, last) - x->from, 4, colour, PLOT_NONE);
	plot_rect(p, x->from - 2, y - 7, 3, 14, PLOT_INK, PLOT_NONE);
	for (size_t i = 0; i < c->n; i++)
		mark(p, &c->v[i], c->own, plot_on(x, c->v[i].day), y);
	p->at = y + 12;
	events(p, c);
	plot_group_end(p);
}

static void axis(struct plot *p, const struct plot_times *t, const struct plot_scale *x)
{
	double v;
	char text[32];
	for (size_t i = 0; i < t->limits; i++) {
		plot_stroke(p, p->left + 4, p->at + 2, p->left + 4, p->at + 17, PLOT_OWN, 1.4, true);
		p->at = plot_wrap(p, p->left + 14, p->at + 14, p->right - p->left - 14, 12, true, PLOT_OWN, t->limit[i].words) - 12;
		plot_say(p, "%.*s", SLICE_FMT(t->limit[i].words));
	}
	p->at += 8;
	plot_text(p, p->left, p->at + 10, PLOT_START, 12, false, PLOT_QUIET, plot_cut(p, p->right - p->left, 12, false, t->x_name));
	p->at += 28;
	for (unsigned i = 0; plot_tick(x, i, &v); i++) {
		double at = plot_on(x, v);
		plot_stroke(p, at, p->at + 4, at, p->at + 9, PLOT_INK, 1, false);
		plot_text(p, at, p->at, PLOT_MIDDLE, 12, false, PLOT_INK, slice_str(plot_number(p->lang, v, text)));
	}
	plot_stroke(p, x->from, p->at + 9, x->to, p->at + 9, PLOT_INK, 1, false);
	p->at += 18;
}

static void sources(struct plot *p, const struct plot_times *t)
{
	for (size_t i = 0; i < t->sources_n; i++) {
		char n[32];
		(void)snprintf(n, sizeof n, "[%zu]", i + 1);
		plot_text(p, p->left, p->at + 12, PLOT_START, 11, false, PLOT_QUIET, slice_str(n));
		p->at = plot_wrap(p, p->left + 30, p->at + 12, p->right - p->left - 30, 11, false, PLOT_QUIET, t->sources[i]) - 12;
		plot_say(p, "%s %.*s", n, SLICE_FMT(t->sources[i]));
	}
	p->at += t->sources_n ? 8 : 0;
}

int plot_times(const struct plot_frame *f, const struct plot_times *t, struct plot **ret, struct err *e)
{
	struct plot *p = NULL;
	if (!t->n || t->n > PLOT_ITEMS_MAX || t->limits > 4)
		return err_set(e, ERR_INPUT, NULL, t->n ? "more than %d cases or 4 limits in a picture" : "nothing to draw", PLOT_ITEMS_MAX);
	int r = plot_begin(f, &p, e);
	if (r < 0)
		return r;
	struct plot_scale x = plot_scale_even(most_of(t), p->left + 4, p->right - 16, f->width < 560 ? 5 : 12);
	axis(p, t, &x);
	for (size_t i = 0; i < t->n; i++)
		one(p, t, &t->v[i], &x);
	sources(p, t);
	r = plot_finish(&p, e);
	if (r == 0)
		*ret = p;
	return r;
}
