/* Lines and stacked areas over time. Each is named at its right end and has marks or a shade of its own: no legend to look up, and nothing lost in black and white. */
#include "plot_internal.h"

#include <math.h>

/* Told apart by lightness first (a black-and-white print), by hue second (for those who see it). */
static const uint32_t shade[PLOT_LINES_MAX] = {0x24577du, 0xc8752bu, 0x7fb0d3u, 0x6b4a78u, 0xe3bd5cu, 0x3f7d6cu, 0xb8a7c6u, 0x9aa5adu};

struct net {
	const struct plot_lines *l;
	struct plot_scale y;
	double x, right;       /* of the plotted field */
	double least, span;    /* of x */
	double *floor, *roof;  /* stacked: n of the line at hand */
};

static double at_x(const struct net *g, size_t i)
{
	return g->span > 0 ? g->x + (g->l->x[i] - g->least) / g->span * (g->right - g->x) : (g->x + g->right) / 2;
}

static double most_of(const struct plot_lines *l)
{
	double most = 0;
	for (size_t i = 0; i < l->n; i++) {
		double sum = 0;
		for (size_t k = 0; k < l->lines; k++)
			if (!isnan(l->v[k].y[i]))
				sum = l->stacked ? sum + l->v[k].y[i] : fmax(sum, l->v[k].y[i]);
		most = fmax(most, sum);
	}
	return most;
}

static void grid(struct plot *p, const struct net *g)
{
	double v, last = -1e9;
	char text[32];
	for (unsigned i = 0; plot_tick(&g->y, i, &v); i++) {
		double y = round(plot_on(&g->y, v)) + 0.5;
		plot_stroke(p, g->x, y, g->right, y, i ? PLOT_GRID : PLOT_INK, 1, false);
		plot_text(p, g->x - 6, y + 4, PLOT_FINISH, 12, false, PLOT_QUIET, slice_str(plot_short(p->lang, v, text)));
	}
	for (size_t k = g->l->n; k--;) { /* from the last on, which always has its label */
		double x = at_x(g, k), w = plot_measure(g->l->label[k], 12, false);
		if (last > -1e8 && x + w / 2 + 8 > last)
			continue;
		last = x - w / 2;
		plot_text(p, x, g->y.from + 18, PLOT_MIDDLE, 12, false, PLOT_INK, g->l->label[k]);
	}
}

static void mark(struct plot *p, unsigned k, double x, double y, uint32_t colour)
{
	const double up[] = {x, y - 4.5, x + 4.2, y + 3.3, x - 4.2, y + 3.3}, on[] = {x, y - 4.8, x + 4.8, y, x, y + 4.8, x - 4.8, y};
	switch (k % 4) {
	case 0:
		plot_dot(p, x, y, 3.4, colour, PLOT_NONE);
		break;
	case 1:
		plot_rect(p, x - 3.4, y - 3.4, 6.8, 6.8, colour, PLOT_NONE);
		break;
	case 2:
		plot_path(p, up, 3, true, colour, PLOT_NONE, 0, false);
		break;
	default:
		plot_path(p, on, 4, true, PLOT_WHITE, colour, 1.6, false);
	}
}

static void line(struct plot *p, const struct net *g, unsigned k)
{
	const struct plot_lines *l = g->l;
	const double *y = l->v[k].y;
	size_t before = SIZE_MAX;
	for (size_t i = 0; i < l->n; i++) {
		if (isnan(y[i]))
			continue;
		if (before != SIZE_MAX)
			plot_stroke(p, at_x(g, before), plot_on(&g->y, y[before]), at_x(g, i), plot_on(&g->y, y[i]), shade[k], 2.2, i + l->partial >= l->n);
		before = i;
	}
	for (size_t i = 0; i < l->n; i++) {
		char text[32];
		if (isnan(y[i]))
			continue;
		mark(p, k, at_x(g, i), plot_on(&g->y, y[i]), shade[k]);
		if (l->numbers && !(i + 1 == l->n)) /* the last one stands beside the name */
			plot_text(p, at_x(g, i), plot_on(&g->y, y[i]) - 9, i ? PLOT_MIDDLE : PLOT_START, 12, true, PLOT_INK, slice_str(plot_number(p->lang, y[i], text)));
	}
}

static void area(struct plot *p, struct net *g, unsigned k)
{
	const struct plot_lines *l = g->l;
	double *xy = plot_room(p, 4 * l->n, sizeof *xy);
	if (!xy)
		return;
	for (size_t i = 0; i < l->n; i++)
		g->roof[i] = g->floor[i] + (isnan(l->v[k].y[i]) ? 0 : l->v[k].y[i]);
	for (size_t i = 0; i < l->n; i++) {
		size_t back = 2 * l->n - 1 - i;
		xy[2 * i] = xy[2 * back] = at_x(g, i);
		xy[2 * i + 1] = plot_on(&g->y, g->roof[i]);
		xy[2 * back + 1] = plot_on(&g->y, g->floor[i]);
	}
	plot_path(p, xy, 2 * l->n, true, shade[k], PLOT_WHITE, 1.4, false);
	memcpy(g->floor, g->roof, l->n * sizeof *g->floor);
}

/* The last point that is known. */
static size_t end_of(const struct plot_lines *l, unsigned k)
{
	for (size_t i = l->n; i--;)
		if (!isnan(l->v[k].y[i]))
			return i;
	return 0;
}

/* Names stand where their lines end, pushed apart until none lies over another, and back up where that went below the field. */
static void names(struct plot *p, const struct net *g, double room)
{
	const struct plot_lines *l = g->l;
	double want[PLOT_LINES_MAX], sum = 0;
	unsigned order[PLOT_LINES_MAX], n = (unsigned)l->lines;
	for (unsigned k = 0; k < n; k++) {
		double v = l->v[k].y[end_of(l, k)];
		v = isnan(v) ? 0 : v;
		want[k] = plot_on(&g->y, l->stacked ? sum + v / 2 : v);
		sum += v;
		unsigned at = k;
		for (; at && want[order[at - 1]] > want[k]; at--)
			order[at] = order[at - 1];
		order[at] = k;
	}
	const double apart = 30;
	double y[PLOT_LINES_MAX];
	for (unsigned i = 0; i < n; i++)
		y[i] = i ? fmax(want[order[i]], y[i - 1] + apart) : fmax(want[order[0]], g->y.to + 2);
	for (unsigned i = n; i--;)
		y[i] = fmin(y[i], i + 1 < n ? y[i + 1] - apart : g->y.from);
	for (unsigned i = 0; i < n; i++) {
		unsigned k = order[i];
		double v = l->v[k].y[end_of(l, k)], from = at_x(g, end_of(l, k));
		char text[32];
		if (end_of(l, k) + 1 == l->n) /* from one that ends before, it would look like more of the line */
			plot_stroke(p, from + (l->stacked ? 0 : 6), want[k], g->right + 12, y[i], PLOT_QUIET, 0.8, false);
		if (l->stacked)
			plot_rect(p, g->right + 14, y[i] - 8, 9, 16, shade[k], PLOT_NONE);
		else
			mark(p, k, g->right + 18, y[i], shade[k]);
		plot_text(p, g->right + 28, y[i] - 1, PLOT_START, 12, true, PLOT_INK, plot_cut(p, room - 28, 12, true, l->v[k].name));
		plot_text(p, g->right + 28, y[i] + 13, PLOT_START, 12, false, PLOT_INK, isnan(v) ? SLICE("–") : slice_str(plot_number(p->lang, v, text)));
	}
}

static void told(struct plot *p, const struct plot_lines *l)
{
	for (size_t k = 0; k < l->lines; k++) {
		bool any = false;
		plot_say(p, "%.*s:", SLICE_FMT(l->v[k].name));
		for (size_t i = 0; i < l->n; i++) { /* at once into the description: of many points no sentence of bounded length says all */
			char text[32];
			if (isnan(l->v[k].y[i]))
				continue;
			buf_printf(&p->desc, "%s %.*s %s", any ? ";" : "", SLICE_FMT(l->label[i]), plot_number(p->lang, l->v[k].y[i], text));
			any = true;
		}
		if (any)
			buf_u8(&p->desc, '.');
	}
}

/* On a narrow page names take half of the width at most. */
static double names_width(struct plot *p, const struct plot_lines *l)
{
	double w = 60;
	for (size_t k = 0; k < l->lines; k++)
		w = fmax(w, plot_measure(l->v[k].name, 12, true));
	return fmin(w + 30, (p->right - p->left) * (p->width < 560 ? 0.45 : 0.34));
}

static void drawn(struct plot *p, struct net *g)
{
	const struct plot_lines *l = g->l;
	double room = names_width(p, l), height = fmax(p->width < 560 ? 240 : 330, 32.0 * (double)l->lines + 10), v, w = 0;
	char text[32];
	g->y = plot_scale_even(most_of(l), p->at + 14 + height, p->at + 14, 6);
	for (unsigned i = 0; plot_tick(&g->y, i, &v); i++)
		w = fmax(w, plot_measure(slice_str(plot_short(p->lang, v, text)), 12, false));
	g->x = p->left + w + 10;
	g->right = p->right - room;
	g->least = l->x[0];
	g->span = l->x[l->n - 1] - l->x[0];
	if (l->stacked) {
		g->floor = plot_room(p, l->n, sizeof *g->floor);
		g->roof = plot_room(p, l->n, sizeof *g->roof);
		for (unsigned k = 0; k < l->lines && g->floor && g->roof; k++)
			area(p, g, k);
	}
	grid(p, g);
	for (unsigned k = 0; k < l->lines && !l->stacked; k++)
		line(p, g, k);
	names(p, g, room);
	p->at = g->y.from + 34;
}

int plot_lines(const struct plot_frame *f, const struct plot_lines *l, struct plot **ret, struct err *e)
{
	struct plot *p = NULL;
	if (!l->n || !l->lines || l->n > PLOT_ITEMS_MAX || l->lines > PLOT_LINES_MAX)
		return err_set(e, ERR_INPUT, NULL, l->n && l->lines ? "more than %d points or %d lines in a picture" : "nothing to draw", PLOT_ITEMS_MAX, PLOT_LINES_MAX);
	int r = plot_begin(f, &p, e);
	if (r < 0)
		return r;
	struct net g = {.l = l};
	told(p, l);
	drawn(p, &g);
	if (l->partial_words.n) {
		bool dashed = l->partial && !l->stacked;
		if (dashed)
			plot_stroke(p, p->left, p->at + 6, p->left + 24, p->at + 6, PLOT_INK, 2, true);
		p->at = plot_wrap(p, p->left + (dashed ? 32 : 0), p->at + 10.5, p->right - p->left - 32, 12, false, PLOT_INK, l->partial_words);
		plot_say(p, "%.*s", SLICE_FMT(l->partial_words));
	}
	r = plot_finish(&p, e);
	if (r == 0)
		*ret = p;
	return r;
}
