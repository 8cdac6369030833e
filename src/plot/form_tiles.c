/* The map of states as tiles (the manner of the US newsrooms' tile grids): geography only as far as it helps to find a state, the number in each tile, and five shades of one hue from light to dark that a colour-blind reader and a photocopier keep in order. */
#include "plot_internal.h"

#include <math.h>
#include <stdio.h>

#define COLUMNS 12
#define ROWS 8
#define SHADES 5

static const struct seat {
	char state[3];
	uint8_t column, row;
} seats[] = {
	{"AK", 0, 0}, {"ME", 11, 0}, {"WI", 6, 1}, {"VT", 10, 1}, {"NH", 11, 1}, {"WA", 1, 2}, {"ID", 2, 2}, {"MT", 3, 2}, {"ND", 4, 2}, {"MN", 5, 2}, {"IL", 6, 2}, {"MI", 7, 2}, {"NY", 9, 2}, {"MA", 10, 2},
	{"OR", 1, 3}, {"NV", 2, 3}, {"WY", 3, 3}, {"SD", 4, 3}, {"IA", 5, 3}, {"IN", 6, 3}, {"OH", 7, 3}, {"PA", 8, 3}, {"NJ", 9, 3}, {"CT", 10, 3}, {"RI", 11, 3},
	{"CA", 1, 4}, {"UT", 2, 4}, {"CO", 3, 4}, {"NE", 4, 4}, {"MO", 5, 4}, {"KY", 6, 4}, {"WV", 7, 4}, {"VA", 8, 4}, {"MD", 9, 4}, {"DE", 10, 4},
	{"AZ", 2, 5}, {"NM", 3, 5}, {"KS", 4, 5}, {"AR", 5, 5}, {"TN", 6, 5}, {"NC", 7, 5}, {"SC", 8, 5}, {"DC", 9, 5},
	{"OK", 4, 6}, {"LA", 5, 6}, {"MS", 6, 6}, {"AL", 7, 6}, {"GA", 8, 6}, {"HI", 0, 7}, {"TX", 4, 7}, {"FL", 9, 7},
	{"GU", 0, 5}, {"MP", 0, 6}, {"AS", 1, 7}, {"PR", 10, 7}, {"VI", 11, 7}, /* the territories: the Pacific's on the left, the Caribbean's on the right */
};

static const uint32_t shade[SHADES] = {0xe6eef5u, 0xb6d0e3u, 0x7aa9cbu, 0x3f77a3u, 0x1b466bu};

struct map {
	double limit[SHADES - 1]; /* from here on the next shade */
	double tile;
};

static double value_of(const struct plot_tiles *t, const char *state)
{
	double v = 0;
	for (size_t i = 0; i < t->n; i++)
		if (slice_eq_str(t->v[i].state, state))
			v += t->v[i].value;
	return v;
}

/* Limits of 1, 2 or 5 times a power of ten, the last one below the largest value and each about half of the next. */
static void choose(const struct plot_tiles *t, struct map *m)
{
	double most = 0, up[40];
	unsigned n = 0, k = 0;
	for (size_t i = 0; i < ARRAY_LEN(seats); i++)
		most = fmax(most, value_of(t, seats[i].state));
	for (double ten = 1; ten < 1e12 && n < ARRAY_LEN(up) - 3; ten *= 10) {
		const double of[] = {1, 2, 5};
		for (unsigned i = 0; i < 3; i++)
			if (of[i] * ten <= fmax(most * 0.75, 8))
				up[n++] = of[i] * ten;
	}
	for (unsigned i = n > SHADES - 1 ? n - (SHADES - 1) : 0; i < n && k < SHADES - 1; i++)
		m->limit[k++] = up[i];
	for (; k < SHADES - 1; k++)
		m->limit[k] = k ? m->limit[k - 1] * 2 : 1;
}

static unsigned shade_of(const struct map *m, double v)
{
	unsigned k = 0;
	while (k < SHADES - 1 && v >= m->limit[k])
		k++;
	return k;
}

static void tile(struct plot *p, const struct map *m, const struct seat *s, double v, double x0, double y0)
{
	double x = x0 + s->column * m->tile, y = y0 + s->row * m->tile, size = m->tile, names = fmax(size * 0.25, 8.2), numbers = fmax(size * 0.26, 8.2);
	unsigned k = shade_of(m, v);
	uint32_t ink = k >= 3 ? PLOT_WHITE : PLOT_INK;
	char text[32];
	plot_number(p->lang, v, text);
	if (plot_measure(slice_str(text), numbers, false) > size - 4)
		plot_short(p->lang, v, text);
	plot_group(p, "%s: %s", s->state, text);
	if (v > 0)
		plot_rect(p, x + 1, y + 1, size - 2, size - 2, shade[k], PLOT_NONE);
	else
		plot_rect(p, x + 1.5, y + 1.5, size - 3, size - 3, PLOT_WHITE, PLOT_GRID);
	plot_text(p, x + size / 2, y + size * 0.43, PLOT_MIDDLE, names, true, ink, slice_str(s->state));
	plot_text(p, x + size / 2, y + size * 0.78, PLOT_MIDDLE, numbers, false, ink, slice_str(text));
	plot_group_end(p);
}

/* A box a shade, with the range in it, so that the scale is read without seeing its colours. */
static void legend(struct plot *p, const struct plot_tiles *t, const struct map *m)
{
	double x = p->left, w = fmin((p->right - p->left) / SHADES, 110);
	p->at = plot_wrap(p, p->left, p->at + 14, p->right - p->left, 12, true, PLOT_INK, t->legend);
	for (unsigned k = 0; k < SHADES; k++, x += w) {
		char low[32], high[32], text[72];
		plot_short(p->lang, k ? m->limit[k - 1] : 1, low);
		if (k == SHADES - 1)
			(void)snprintf(text, sizeof text, "≥ %s", low);
		else if ((k ? m->limit[k - 1] : 1) >= m->limit[k] - 1)
			(void)snprintf(text, sizeof text, "%s", low);
		else
			(void)snprintf(text, sizeof text, "%s–%s", low, plot_short(p->lang, m->limit[k] - 1, high));
		plot_rect(p, x, p->at - 8, w - 2, 22, shade[k], PLOT_NONE);
		plot_text(p, x + w / 2, p->at + 7.5, PLOT_MIDDLE, 12, false, k >= 3 ? PLOT_WHITE : PLOT_INK, slice_str(text));
	}
	p->at += 30;
}

/* What has no tile is said in words: a row with no state must not vanish from the picture. */
static void elsewhere(struct plot *p, const struct plot_tiles *t)
{
	double sum = 0;
	char text[256], number[32];
	for (size_t i = 0; i < t->n; i++) {
		bool seated = false;
		for (size_t k = 0; k < ARRAY_LEN(seats) && !seated; k++)
			seated = slice_eq_str(t->v[i].state, seats[k].state);
		sum += seated ? 0 : t->v[i].value;
	}
	if (sum <= 0 || !t->elsewhere.n)
		return;
	(void)snprintf(text, sizeof text, "%.*s %s", SLICE_FMT(t->elsewhere), plot_number(p->lang, sum, number));
	plot_say(p, "%s", text);
	p->at = plot_wrap(p, p->left, p->at + 4, p->right - p->left, 12, false, PLOT_INK, slice_str(text)) + 2;
}

int plot_tiles(const struct plot_frame *f, const struct plot_tiles *t, struct plot **ret, struct err *e)
{
	struct plot *p = NULL;
	struct map m = {0};
	if (!t->n || t->n > PLOT_ITEMS_MAX)
		return err_set(e, ERR_INPUT, NULL, t->n ? "more than %d states" : "nothing to draw", PLOT_ITEMS_MAX);
	int r = plot_begin(f, &p, e);
	if (r < 0)
		return r;
	choose(t, &m);
	m.tile = fmin(floor((p->right - p->left) / COLUMNS), 68);
	double x0 = p->left + ((p->right - p->left) - m.tile * COLUMNS) / 2, y0 = p->at;
	for (size_t i = 0; i < ARRAY_LEN(seats); i++)
		tile(p, &m, &seats[i], value_of(t, seats[i].state), x0, y0);
	p->at = y0 + m.tile * ROWS + 12;
	legend(p, t, &m);
	elsewhere(p, t);
	r = plot_finish(&p, e);
	if (r == 0)
		*ret = p;
	return r;
}
