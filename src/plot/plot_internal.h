/* The drawing list that forms write and SVG and PNG read. */
#ifndef HOLDFAST_PLOT_INTERNAL_H
#define HOLDFAST_PLOT_INTERNAL_H

#include "plot.h"

#define PLOT_NONE UINT32_MAX /* no colour */
/* ink on white has 14:1, what is quieter 5.9:1; the three that tell things apart differ in lightness too */
#define PLOT_INK 0x1c2833u
#define PLOT_QUIET 0x566573u
#define PLOT_GRID 0xd5dade
#define PLOT_BLUE 0x2e6690u
#define PLOT_PALE 0xb9cfdfu
#define PLOT_OWN 0xb3450fu
#define PLOT_WHITE 0xffffffu
#define PLOT_LIGHT 0xf4f6f7u

enum plot_op_kind { PLOT_OP_PATH, PLOT_OP_RECT, PLOT_OP_DOT, PLOT_OP_TEXT, PLOT_OP_GROUP, PLOT_OP_END };
enum plot_anchor { PLOT_START, PLOT_MIDDLE, PLOT_FINISH };

struct plot_op {
	enum plot_op_kind kind;
	double x, y, w, h;        /* rect; dot: x, y and radius w; text: x, baseline y, size w */
	const double *xy;         /* path: n pairs */
	size_t n;
	uint32_t fill, stroke;    /* or PLOT_NONE */
	double line;              /* stroke's width */
	bool dashed, closed, bold;
	enum plot_anchor anchor;
	struct slice text;        /* text; group: what it says when pointed at, and to a screen reader */
};

struct plot {
	struct arena *a;
	const char *lang;
	double width, height;
	struct slice title;
	struct buf desc;
	struct plot_op *op;
	size_t n, cap;
	int code;                 /* the first failure: kept until plot_finish */
	/* where the form draws */
	double left, right, top, at; /* at: the y that is free below what was drawn */
	struct slice source, warning;
};

/* Title, what it counts and view at the top. Everything after goes on below p->at, between left and right. */
int plot_begin(const struct plot_frame *f, struct plot **ret, struct err *e) MUST;
/* Warning and source below; sets the height. Takes *p: freed and NULL on failure. */
int plot_finish(struct plot **p, struct err *e) MUST;
void *plot_room(struct plot *p, size_t count, size_t size); /* of the arena; NULL: failed, and p says so later */

void plot_stroke(struct plot *p, double x1, double y1, double x2, double y2, uint32_t colour, double width, bool dashed);
void plot_path(struct plot *p, const double *xy, size_t n, bool closed, uint32_t fill, uint32_t stroke, double width, bool dashed);
void plot_rect(struct plot *p, double x, double y, double w, double h, uint32_t fill, uint32_t stroke);
void plot_hatch(struct plot *p, double x, double y, double w, double h, uint32_t colour); /* an outline filled with slanting strokes */
void plot_dot(struct plot *p, double x, double y, double r, uint32_t fill, uint32_t stroke);
void plot_text(struct plot *p, double x, double y, enum plot_anchor anchor, double size, bool bold, uint32_t colour, struct slice s);
double plot_wrap(struct plot *p, double x, double y, double width, double size, bool bold, uint32_t colour, struct slice s); /* lines from baseline y on; returns the baseline after the last */
unsigned plot_rows(double width, double size, bool bold, struct slice s);                                                     /* how many lines that takes */
struct slice plot_cut(struct plot *p, double width, double size, bool bold, struct slice s);                                  /* shortened with an ellipsis to fit */
void plot_group(struct plot *p, const char *fmt, ...) PRINTF_LIKE(2, 3); /* what belongs to one mark; its words go into the description, too */
void plot_group_end(struct plot *p);
void plot_say(struct plot *p, const char *fmt, ...) PRINTF_LIKE(2, 3);   /* one more sentence of the description */

/* Width of a text, never less than what a usual sans serif needs for it (DejaVu Sans, which is a wide one). */
double plot_measure(struct slice s, double size, bool bold);

/* A scale from 0 (or 1, log) to most, in steps of 1, 2 or 5 times a power of ten. */
struct plot_scale {
	double least, most; /* of the data */
	double step;        /* not log */
	bool log;
	double from, to;    /* pixels */
};
struct plot_scale plot_scale_even(double most, double from, double to, unsigned ticks);
struct plot_scale plot_scale_log(double least, double most, double from, double to);
double plot_on(const struct plot_scale *s, double v);
bool plot_tick(const struct plot_scale *s, unsigned i, double *ret); /* the i-th tick; false: there is none */

#define PLOT_SLICE(c) slice_str(c)

#endif
