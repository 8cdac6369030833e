/* plot: figures in, a drawing out, as SVG with real text or as PNG.
 *
 * Pure but for the fonts that a PNG is set with: no clock, no file, no locale. The same figures give the same bytes of SVG. No words of its own: every text comes from the caller, in the language of the frame.
 * A drawing carries what a figure must not be seen without: its title, what it counts, view and as-of date, source, and a warning where there is one. Meaning never hangs on colour alone: every mark has a
 * word, a number or a hatching beside it, and the scale of the map is one hue from light to dark. Everything shown is also said in words in the drawing's description, for whoever does not see it.
 *
 * Lengths are CSS pixels, y grows downwards. Texts are UTF-8; what is not, and what XML 1.0 cannot hold, becomes U+FFFD.
 */
#ifndef HOLDFAST_PLOT_H
#define HOLDFAST_PLOT_H

#include "base.h"

#define PLOT_WIDTH_MIN 320.0
#define PLOT_WIDTH_MAX 2400.0
#define PLOT_BYTES_MAX ((size_t)16 << 20) /* of a drawing in memory, and of its SVG */
#define PLOT_ITEMS_MAX 400                /* columns, bars, events ... of one drawing */

struct plot;

struct plot_frame {
	const char *lang;     /* "en", "fr" or "zh": how numbers are written, and the language that the SVG names */
	double width;         /* PLOT_WIDTH_MIN..PLOT_WIDTH_MAX */
	struct slice title;
	struct slice counts;  /* what is counted, a sentence */
	struct slice basis;   /* view and as-of date */
	struct slice warning; /* empty: none */
	struct slice source;
};

/* ---- forms: each makes a whole drawing, owned by the caller (plot_free). ERR_INPUT: nothing to draw, or more than PLOT_ITEMS_MAX; ERR_LIMIT, ERR_MEMORY ---- */

/* One or two rows of columns over the same labels: years, months. */
struct plot_column {
	struct slice label;
	double value[2];      /* NAN: not known */
	bool partial;         /* the period is not over: hatched */
	struct slice note[2]; /* beside the column's top; empty: none */
};
struct plot_columns {
	const struct plot_column *v;
	size_t n;
	unsigned panels;        /* 1 or 2 */
	struct slice panel[2];  /* what each row counts */
	struct slice partial;   /* what the hatching means; empty: no column is partial */
};
int plot_columns(const struct plot_frame *f, const struct plot_columns *c, struct plot **ret, struct err *e) MUST;

/* Bars that lie, longest first as the caller sorted them. */
struct plot_bar {
	struct slice label, detail; /* detail: smaller, below; may be empty */
	double value;
	struct slice text;          /* beside the bar; empty: the number */
	bool hatched;               /* a placeholder, or one's own */
};
struct plot_bars {
	const struct plot_bar *v;
	size_t n;
	struct slice hatched;       /* what the hatching means; empty: none is */
};
int plot_bars(const struct plot_frame *f, const struct plot_bars *b, struct plot **ret, struct err *e) MUST;

/* Lines, or areas that stand on each other, over the same x; each is named at its right end. */
struct plot_line {
	struct slice name;
	const double *y; /* n of plot_lines; NAN: not known. Stacked: 0 or more */
};
struct plot_lines {
	const double *x;            /* ascending; any unit */
	const struct slice *label;  /* below each x; those that do not fit are left out */
	size_t n;
	const struct plot_line *v;
	size_t lines;               /* at most PLOT_LINES_MAX; stacked: the first lies lowest */
	bool stacked, numbers;      /* numbers: each point has its value beside it */
	size_t partial;             /* the last points that are of periods that are not over: dashed; 0: none */
	struct slice partial_words; /* what is dashed, or what was left out; empty: not said */
};
#define PLOT_LINES_MAX 8
int plot_lines(const struct plot_frame *f, const struct plot_lines *l, struct plot **ret, struct err *e) MUST;

/* The states of the US, the District of Columbia and the territories as tiles of one size, about where they lie: a small state is as readable as a large one. */
struct plot_tile {
	struct slice state; /* two letters; one that is not in the grid is counted with those below it */
	double value;       /* of whole persons or incidents */
};
struct plot_tiles {
	const struct plot_tile *v;
	size_t n;
	struct slice legend;    /* over the scale */
	struct slice elsewhere; /* before the sum of what has no tile; empty: not said */
};
int plot_tiles(const struct plot_frame *f, const struct plot_tiles *t, struct plot **ret, struct err *e) MUST;

/* How many fall in each range; log: ranges of a third of a decade, else even ones. */
struct plot_mark {
	double at;
	struct slice words; /* upright line with these above it */
};
struct plot_spread {
	const double *v;           /* log: 1 or more each; what is less is left out and counted in the description */
	const bool *hatched;       /* as many; NULL: none */
	size_t n;                  /* any number */
	bool log;
	double step, most;         /* not log: width of a range, and where the last one begins, which takes all above */
	struct slice x_name, y_name, hatched_words;
	const struct plot_mark *mark; /* at most 6, each at another value; the first is drawn solid, the others dashed */
	size_t marks;
};
int plot_spread(const struct plot_frame *f, const struct plot_spread *s, struct plot **ret, struct err *e) MUST;

/* One value among others: a row a group, on one log scale: tenth to ninetieth percentile thin, quarters thick, the median, and one's own as a line through all. */
struct plot_group {
	struct slice name;         /* "Same state: TX" */
	struct slice words;        /* "larger than 87 % of 412" */
	double p10, p25, p50, p75, p90, least, most; /* 1 or more; p50 NAN: nothing to compare with, only words */
};
struct plot_place {
	const struct plot_group *v;
	size_t n;
	double own;                /* 1 or more */
	struct slice own_words;
	struct slice key[3];       /* what the thin line, the thick line and the stroke mean */
};
int plot_place(const struct plot_frame *f, const struct plot_place *p, struct plot **ret, struct err *e) MUST;

/* Cases one below the other, days since each was discovered. */
struct plot_event {
	double day;                /* 0 or more */
	struct slice words;        /* what was reached */
	unsigned source;           /* number in the list of sources; 0: none */
	bool main;                 /* the list of persons: a filled mark */
};
struct plot_case {
	struct slice name, detail;
	const struct plot_event *v;
	size_t n;
	bool own;
};
struct plot_times {
	const struct plot_case *v;
	size_t n;
	const struct plot_mark *limit; /* upright lines: legal limits; at most 4 */
	size_t limits;
	struct slice x_name;
	const struct slice *sources;   /* numbered from 1, below the drawing */
	size_t sources_n;
};
int plot_times(const struct plot_frame *f, const struct plot_times *t, struct plot **ret, struct err *e) MUST;

void plot_free(struct plot *p); /* NULL is fine */

/* ---- out ---- */

double plot_width(const struct plot *p);
double plot_height(const struct plot *p);
/* SVG 1.1, one <svg> with role="img", <title> and <desc>; no style sheet, no script, nothing fetched: fit for an img element and for a page with a strict policy. Appends. */
int plot_svg(const struct plot *p, struct buf *out, struct err *e) MUST;
/* PNG, scale times as large (0.5..4), letters by cairo and pango (paper_load of paper.h). Appends. ERR_SYSTEM: they cannot be loaded. */
int plot_png(const struct plot *p, double scale, struct buf *out, struct err *e) MUST;

/* ---- numbers as the frame's language writes them, for the caller's texts ---- */

/* "1,234,567", "1 234 567" (narrow no-break spaces), "1,234,567". value 0..9e15, rounded to a whole; what is outside is the nearer end. */
const char *plot_number(const char *lang, double value, char out[32]);
/* Three digits at most and a unit: "13.4 M", "13,4 M", "1340万"; cut, not rounded, so that nothing is made larger than it was reported. */
const char *plot_short(const char *lang, double value, char out[32]);

#endif
