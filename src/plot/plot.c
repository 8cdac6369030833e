/* The drawing list, and the frame around every drawing: its head, its warning and its source. */
#include "plot_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DESC_MAX 65536

static int begun(struct plot *p, const struct plot_frame *f)
{
	p->a = arena_new(PLOT_BYTES_MAX);
	if (!p->a)
		return ERR_MEMORY;
	buf_init(&p->desc, DESC_MAX);
	p->lang = !strcmp(f->lang, "fr") ? "fr" : !strcmp(f->lang, "zh") ? "zh" : "en";
	p->width = f->width;
	p->left = f->width < 560 ? 14 : 28;
	p->right = f->width - p->left;
	p->title = arena_dup(p->a, f->title);
	p->source = arena_dup(p->a, f->source);
	p->warning = arena_dup(p->a, f->warning);
	return 0;
}

int plot_begin(const struct plot_frame *f, struct plot **ret, struct err *e)
{
	struct plot *p = calloc(1, sizeof *p);
	if (!(f->width >= PLOT_WIDTH_MIN && f->width <= PLOT_WIDTH_MAX)) {
		free(p);
		return err_set(e, ERR_USAGE, NULL, "a picture is %g to %g pixels wide", PLOT_WIDTH_MIN, PLOT_WIDTH_MAX);
	}
	if (!p || begun(p, f) < 0) {
		free(p);
		return err_set(e, ERR_MEMORY, NULL, "no memory for a picture");
	}
	double width = p->right - p->left, large = f->width < 560 ? 17 : 21;
	plot_rect(p, 0, 0, f->width, 0, PLOT_WHITE, PLOT_NONE); /* the paper: plot_finish says how high it is */
	p->at = plot_wrap(p, p->left, 22 + large * 0.6, width, large, true, PLOT_INK, f->title);
	if (f->counts.n)
		p->at = plot_wrap(p, p->left, p->at, width, 13, false, PLOT_INK, f->counts);
	if (f->basis.n)
		p->at = plot_wrap(p, p->left, p->at, width, 13, true, PLOT_QUIET, f->basis);
	p->top = p->at;
	plot_say(p, "%.*s", SLICE_FMT(f->counts));
	plot_say(p, "%.*s", SLICE_FMT(f->basis));
	plot_say(p, "%.*s", SLICE_FMT(f->warning));
	*ret = p;
	return 0;
}

static void put_warning(struct plot *p)
{
	double width = p->right - p->left - 44;
	double h = plot_rows(width, 13, false, p->warning) * 18.2 + 16;
	plot_rect(p, p->left + 0.5, p->at + 0.5, p->right - p->left - 1, h, 0xfdf2e9u, PLOT_OWN);
	const double sign[] = {p->left + 20, p->at + 9, p->left + 29, p->at + 25, p->left + 11, p->at + 25};
	plot_path(p, sign, 3, true, PLOT_WHITE, PLOT_OWN, 1.6, false);
	plot_text(p, p->left + 20, p->at + 23.2, PLOT_MIDDLE, 12, true, PLOT_OWN, SLICE("!"));
	(void)plot_wrap(p, p->left + 36, p->at + 21, width, 13, false, PLOT_INK, p->warning);
	p->at += h + 12;
}

int plot_finish(struct plot **of, struct err *e)
{
	struct plot *p = *of;
	if (p->warning.n)
		put_warning(p);
	if (p->source.n) {
		plot_stroke(p, p->left, p->at + 2.5, p->right, p->at + 2.5, PLOT_GRID, 1, false);
		p->at = plot_wrap(p, p->left, p->at + 20, p->right - p->left, 11.5, false, PLOT_QUIET, p->source);
		plot_say(p, "%.*s", SLICE_FMT(p->source));
	}
	p->height = ceil(p->at + 4);
	int code = p->code ? p->code : arena_code(p->a) ? arena_code(p->a) /* a word was lost */ : buf_code(&p->desc) == ERR_MEMORY ? ERR_MEMORY : 0;
	if (code) {
		plot_free(p);
		*of = NULL;
		return err_set(e, code, NULL, code == ERR_MEMORY ? "no memory for a picture" : "a picture of more than %zu MiB", PLOT_BYTES_MAX >> 20);
	}
	p->op[0].h = p->height;
	return 0;
}

void plot_free(struct plot *p)
{
	if (!p)
		return;
	arena_free(p->a);
	buf_done(&p->desc);
	free(p->op);
	free(p);
}

double plot_width(const struct plot *p)
{
	return p->width;
}

double plot_height(const struct plot *p)
{
	return p->height;
}

/* ---- the list ---- */

void *plot_room(struct plot *p, size_t count, size_t size)
{
	void *m = p->code ? NULL : arena_array(p->a, count, size);
	if (!m && !p->code)
		p->code = arena_code(p->a) ? arena_code(p->a) : ERR_MEMORY;
	return m;
}

static void add(struct plot *p, struct plot_op op)
{
	if (p->code)
		return;
	if (p->n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 256;
		struct plot_op *v = cap * sizeof *v > PLOT_BYTES_MAX ? NULL : realloc(p->op, cap * sizeof *v);
		if (!v) {
			p->code = cap * sizeof *v > PLOT_BYTES_MAX ? ERR_LIMIT : ERR_MEMORY;
			return;
		}
		p->op = v;
		p->cap = cap;
	}
	p->op[p->n++] = op;
}

void plot_path(struct plot *p, const double *xy, size_t n, bool closed, uint32_t fill, uint32_t stroke, double width, bool dashed)
{
	double *own = plot_room(p, 2 * n, sizeof *own);
	if (!own || n < 2)
		return;
	memcpy(own, xy, 2 * n * sizeof *own);
	add(p, (struct plot_op){.kind = PLOT_OP_PATH, .xy = own, .n = n, .closed = closed, .fill = fill, .stroke = stroke, .line = width, .dashed = dashed});
}

void plot_stroke(struct plot *p, double x1, double y1, double x2, double y2, uint32_t colour, double width, bool dashed)
{
	const double xy[] = {x1, y1, x2, y2};
	plot_path(p, xy, 2, false, PLOT_NONE, colour, width, dashed);
}

void plot_rect(struct plot *p, double x, double y, double w, double h, uint32_t fill, uint32_t stroke)
{
	add(p, (struct plot_op){.kind = PLOT_OP_RECT, .x = x, .y = y, .w = w, .h = h, .fill = fill, .stroke = stroke, .line = 1});
}

void plot_dot(struct plot *p, double x, double y, double r, uint32_t fill, uint32_t stroke)
{
	add(p, (struct plot_op){.kind = PLOT_OP_DOT, .x = x, .y = y, .w = r, .fill = fill, .stroke = stroke, .line = 1.8});
}

/* Strokes from lower left to upper right, each cut at the rectangle's edges: no pattern, so that both outputs have the same. */
void plot_hatch(struct plot *p, double x, double y, double w, double h, uint32_t colour)
{
	const double gap = 5;
	plot_rect(p, x, y, w, h, PLOT_WHITE, colour);
	if (w > 0 && h > 0)
		for (double d = gap; d < w + h; d += gap) {
			double a = d < h ? 0 : d - h, b = d < w ? d : w; /* from (a, d - a) to (b, d - b), from the upper left corner */
			plot_stroke(p, x + a, y + (d - a), x + b, y + (d - b), colour, 0.9, false);
		}
}

void plot_text(struct plot *p, double x, double y, enum plot_anchor anchor, double size, bool bold, uint32_t colour, struct slice s)
{
	if (!s.n)
		return;
	struct slice own = arena_dup(p->a, s);
	if (!own.p) {
		p->code = p->code ? p->code : ERR_MEMORY;
		return;
	}
	add(p, (struct plot_op){.kind = PLOT_OP_TEXT, .x = x, .y = y, .w = size, .anchor = anchor, .bold = bold, .fill = colour, .stroke = PLOT_NONE, .text = own});
}

static void say(struct plot *p, const char *text)
{
	if (!text[0])
		return;
	if (p->desc.n)
		buf_u8(&p->desc, ' ');
	buf_str(&p->desc, text);
	size_t n = strlen(text);
	bool stop = strchr(".!?;:", text[n - 1]) || (n >= 3 && (!memcmp(text + n - 3, "。", 3) || !memcmp(text + n - 3, "？", 3)));
	if (!stop)
		buf_u8(&p->desc, '.');
}

void plot_say(struct plot *p, const char *fmt, ...)
{
	char text[2048];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	say(p, text);
}

void plot_group(struct plot *p, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	say(p, text);
	add(p, (struct plot_op){.kind = PLOT_OP_GROUP, .fill = PLOT_NONE, .stroke = PLOT_NONE, .text = arena_dup(p->a, slice_str(text))});
}

void plot_group_end(struct plot *p)
{
	add(p, (struct plot_op){.kind = PLOT_OP_END, .fill = PLOT_NONE, .stroke = PLOT_NONE});
}
