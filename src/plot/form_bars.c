/* Bars that lie beside their names: the largest, one year's types. On a narrow page the name stands above its bar. */
#include "plot_internal.h"

#include <math.h>

struct lie {
	const struct plot_bars *b;
	double names, most, room; /* width of the names; largest value; pixels for it */
	bool above;
};

static struct slice text_of(struct plot *p, const struct plot_bar *b, char out[32])
{
	return b->text.n ? b->text : slice_str(plot_number(p->lang, b->value, out));
}

static void measure(struct plot *p, struct lie *l)
{
	double names = 0, texts = 0, all = p->right - p->left;
	for (size_t i = 0; i < l->b->n; i++) {
		const struct plot_bar *b = &l->b->v[i];
		char out[32];
		names = fmax(names, fmax(plot_measure(b->label, 13, false), plot_measure(b->detail, 11.5, false)));
		texts = fmax(texts, plot_measure(text_of(p, b, out), 12.5, true));
		l->most = fmax(l->most, b->value);
	}
	l->above = all < 520;
	l->names = l->above ? 0 : fmin(names + 10, all * 0.46);
	l->room = all - l->names - texts - 10;
}

static void bar(struct plot *p, const struct lie *l, const struct plot_bar *b)
{
	char out[32];
	struct slice text = text_of(p, b, out);
	double x = p->left + l->names, w = l->most > 0 ? fmax(b->value / l->most * l->room, b->value > 0 ? 1 : 0) : 0, y = p->at, room = l->above ? p->right - p->left : l->names - 10;
	plot_group(p, "%.*s%s%.*s: %.*s", SLICE_FMT(b->label), b->detail.n ? ", " : "", SLICE_FMT(b->detail), SLICE_FMT(text));
	plot_text(p, p->left, y + (b->detail.n ? 12 : 16), PLOT_START, 13, false, PLOT_INK, plot_cut(p, room, 13, false, b->label));
	plot_text(p, p->left, y + 26.5, PLOT_START, 11.5, false, PLOT_QUIET, plot_cut(p, room, 11.5, false, b->detail));
	if (l->above)
		y += b->detail.n ? 32 : 21;
	double h = b->detail.n && !l->above ? 22 : 18;
	if (b->hatched)
		plot_hatch(p, x, y + 3, w, h, PLOT_OWN);
	else
		plot_rect(p, x, y + 3, w, h, PLOT_BLUE, PLOT_NONE);
	plot_text(p, x + w + 6, y + 3 + h / 2 + 4.5, PLOT_START, 12.5, true, PLOT_INK, text);
	plot_group_end(p);
	p->at = y + h + (b->detail.n ? 12 : 9);
}

int plot_bars(const struct plot_frame *f, const struct plot_bars *b, struct plot **ret, struct err *e)
{
	struct plot *p = NULL;
	if (!b->n || b->n > PLOT_ITEMS_MAX)
		return err_set(e, ERR_INPUT, NULL, b->n ? "more than %d bars in a picture" : "nothing to draw", PLOT_ITEMS_MAX);
	int r = plot_begin(f, &p, e);
	if (r < 0)
		return r;
	struct lie l = {.b = b};
	measure(p, &l);
	double from = p->at + 2;
	p->at += 4;
	for (size_t i = 0; i < b->n; i++)
		bar(p, &l, &b->v[i]);
	plot_stroke(p, p->left + l.names - 0.5, from, p->left + l.names - 0.5, p->at - 4, l.above ? PLOT_GRID : PLOT_INK, 1, false);
	if (b->hatched.n) {
		plot_hatch(p, p->left, p->at + 4, 22, 12, PLOT_OWN);
		p->at = plot_wrap(p, p->left + 30, p->at + 14.5, p->right - p->left - 30, 12, false, PLOT_INK, b->hatched);
	}
	p->at += 6;
	r = plot_finish(&p, e);
	if (r == 0)
		*ret = p;
	return r;
}
