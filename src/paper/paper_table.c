/* Tables: columns in millimetres, rows as high as their longest cell, the head again on every page. */
#include "paper_internal.h"

#include <math.h>

#define INSET 0.9
#define CELL_LINES 24u /* of one cell at most; what is longer ends in an ellipsis, and stands in the chart */

/* Two thirds of what a page holds are a cell's own, the rest is for the small letters below it. */
static unsigned lines_of(const struct pad *p, double size)
{
	unsigned n = pad_lines(p, size) * 2 / 3;
	return n < CELL_LINES ? n : CELL_LINES;
}

static unsigned small_lines_of(const struct pad *p, double size)
{
	unsigned n = pad_lines(p, size) / 3;
	return n < 1 ? 1 : n;
}

static void head(struct pad *p)
{
	struct table *t = p->again_arg;
	if (t->begun && t->title.n) {
		struct slice more = pad_word(p, W_CONTINUED);
		double used = pad_text(p, p->left, p->y + 3.0 * p->s, 3.0, true, 0, SIDE_LEFT, 100, t->title);
		pad_text(p, p->left + used + 2, p->y + 3.0 * p->s, 2.4, false, 0.1, SIDE_LEFT, 0, more);
		p->y += 4.6 * p->s;
	}
	t->begun = true;
	double size = 2.2, h = 0;
	for (size_t i = 0; i < t->n; i++)
		h = fmax(h, pad_words(p, 0, 0, size, true, 0, t->x[i + 1] - t->x[i] - 2 * INSET, 3, pad_word(p, t->col[i].head), false));
	h += 1.2;
	pad_fill(p, t->x[0], p->y, t->x[t->n] - t->x[0], h, 0.9);
	for (size_t i = 0; i < t->n; i++)
		pad_words(p, t->x[i] + INSET, p->y + 0.5, size, true, 0, t->x[i + 1] - t->x[i] - 2 * INSET, 3, pad_word(p, t->col[i].head), true);
	pad_line(p, t->x[0], p->y + h, t->x[t->n], p->y + h, 0.25, 0);
	p->y += h;
}

void table_begin(struct table *t, struct pad *p, struct slice title, const struct column *col, size_t n, double size)
{
	double fixed = 0;
	unsigned open = 0;
	assert(n <= TABLE_COLUMNS_MAX);
	*t = (struct table){.p = p, .col = col, .n = n, .size = size, .title = title};
	double grow = sqrt(p->s); /* letters are larger, and so are columns that must hold a whole word */
	for (size_t i = 0; i < n; i++) {
		fixed += col[i].width;
		open += col[i].width == 0;
	}
	grow = fmin(grow, (p->right - p->left) * (open ? 1 - 0.08 * open : 1) / fixed);
	fixed *= grow;
	t->x[0] = p->left;
	for (size_t i = 0; i < n; i++)
		t->x[i + 1] = t->x[i] + (col[i].width > 0 ? col[i].width * grow : (p->right - p->left - fixed) / open);
	pad_room(p, 16 * p->s);
	p->again_arg = t;
	p->again = head;
	head(p);
}

static double height(const struct table *t, const struct cell *c)
{
	struct pad *p = t->p;
	double h = 0;
	for (size_t i = 0; i < t->n; i++) {
		double w = t->x[i + 1] - t->x[i] - 2 * INSET;
		double size = c[i].size > 0 ? c[i].size : t->size, mine = pad_words(p, 0, 0, size, c[i].bold, 0, w, lines_of(p, size), c[i].text, false);
		if (c[i].small.n)
			mine += pad_words(p, 0, 0, t->size * 0.84, false, 0, w, small_lines_of(p, t->size), c[i].small, false);
		h = fmax(h, mine);
	}
	return h + 1.3;
}

void table_row(struct table *t, const struct cell *c)
{
	struct pad *p = t->p;
	double h = height(t, c);
	pad_room(p, h);
	for (size_t i = 0; i < t->n; i++) {
		double w = t->x[i + 1] - t->x[i] - 2 * INSET, x = t->x[i] + INSET, y = p->y + 0.55;
		double size = c[i].size > 0 ? c[i].size : t->size, used = pad_words(p, x, y, size, c[i].bold, 0, w, lines_of(p, size), c[i].text, true);
		if (c[i].struck)
			pad_line(p, x, y + used / 2, x + fmin(w, pad_width(p, size, c[i].bold, c[i].text)), y + used / 2, 0.3, 0);
		if (c[i].small.n)
			pad_words(p, x, y + used, t->size * 0.84, false, 0.15, w, small_lines_of(p, t->size), c[i].small, true);
	}
	p->y += h;
	pad_line(p, t->x[0], p->y, t->x[t->n], p->y, 0.1, 0.55);
}

void table_blank(struct table *t, unsigned rows, double high)
{
	struct pad *p = t->p;
	for (unsigned k = 0; k < rows; k++) {
		pad_room(p, high);
		for (size_t i = 0; i <= t->n; i++)
			pad_line(p, t->x[i], p->y, t->x[i], p->y + high, 0.12, 0.35);
		p->y += high;
		pad_line(p, t->x[0], p->y, t->x[t->n], p->y, 0.12, 0.35);
	}
}

void table_end(struct table *t)
{
	t->p->again = NULL;
	t->p->y += 2.2;
}
