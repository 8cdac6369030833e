/* paper_internal: a page as a list of what is drawn on it, in millimetres from its top left corner. Sheets are laid out into lists first, because a page says how many there are and its sheet's number, which are known only afterwards. */
#ifndef HOLDFAST_PAPER_INTERNAL_H
#define HOLDFAST_PAPER_INTERNAL_H

#include "libcairo.h"

#define PAPER_PT (72.0 / 25.4)

/* ---- letters (paper_font.c) ---- */

struct font; /* faces, and for each character which has it and how wide it is */
int font_new(struct font **ret, struct err *e) MUST;
void font_free(struct font *f);
/* Characters that a plain row of glyphs shows wrong (joined or combined scripts, right to left) or that no face here has: pango sets the whole text. */
bool font_plain(struct font *f, bool bold, struct slice s);
double font_width(struct font *f, bool bold, struct slice s); /* of letters of size 1 */
void font_show(struct font *f, cairo_t *cr, bool bold, double size, double x, double y, struct slice s); /* base line at y; pt */

/* ---- words (paper_words.c) ---- */

enum word {
#define X(id, en, fr, zh) W_##id,
#include "paper_words.h"
#undef X
	WORDS
};
enum lang { LANG_EN, LANG_FR, LANG_ZH };

/* ---- pages ---- */

enum op_kind { OP_TEXT, OP_PANGO, OP_LINE, OP_FILL, OP_FRAME, OP_HATCH, OP_CODE, OP_DISC, OP_NUMBER /* the sheet's number, as text */ };
struct code;
struct op {
	uint8_t kind;
	bool bold;
	float x, y, w, h;   /* TEXT: base line at y, w its width; LINE: to w, h */
	float size, grey;   /* letters in mm, or the width of a line */
	struct slice text;
	const struct code *code;
	struct op *next;
};
struct page {
	struct op *first, *last;
	bool wide;          /* landscape */
	struct page *next;
};
struct leaf {           /* a sheet that was laid out */
	enum paper_kind kind;
	struct paper_person who;
	bool has_who;
	struct slice unit, facility;
	struct page *first, *last;
	unsigned pages;
	bool bare;          /* labels: no head and no foot but a line */
	struct leaf *next;
};
struct paper_book {
	struct arena *a;
	struct font *font;
	struct paper_run run;
	enum lang lang;
	double scale;
	struct leaf *first, *last;
	struct leaf **index;
	size_t n, cap;
	bool failed;        /* the arena is full */
	PangoLayout *layout;
	PangoFontDescription *desc[2];
	cairo_surface_t *scratch;
	cairo_t *scratch_cr;
};

/* ---- drawing on the page that is being laid out (paper_pad.c) ---- */

struct pad {
	struct paper_book *b;
	struct leaf *leaf;
	struct page *page;
	double w, h, left, right, top, bottom, y;
	double s;           /* how much larger letters are */
	void (*again)(struct pad *p); /* what stands at the top of every page; may be NULL */
	void *again_arg;
	struct err *e;
	int code;
};
enum side { SIDE_LEFT, SIDE_RIGHT, SIDE_MIDDLE };

struct slice pad_word(const struct pad *p, enum word w);
struct slice pad_printf(struct pad *p, const char *fmt, ...) PRINTF_LIKE(2, 3); /* in the book's arena */
struct slice pad_dup(struct pad *p, struct slice s); /* valid UTF-8, without control characters */
void pad_page(struct pad *p, bool wide);             /* a new page of the leaf */
void pad_room(struct pad *p, double h);              /* h more mm on this page, or a new one */

double pad_width(struct pad *p, double size, bool bold, struct slice s);
/* One line, its base line at y; width 0: as long as it is; else letters get smaller to 70 %, and then it is cut with an ellipsis. Returns its width. */
double pad_text(struct pad *p, double x, double y, double size, bool bold, double grey, enum side side, double width, struct slice s);
/* Over several lines within width, from y down; at most max of them (0: any number), the last cut with an ellipsis. Returns how far down it reaches, mm. draw false: only that. */
double pad_words(struct pad *p, double x, double y, double size, bool bold, double grey, double width, unsigned max, struct slice s, bool draw);
unsigned pad_lines(const struct pad *p, double size); /* how many of them stand on a page's body, with a table's head above them */
void pad_line(struct pad *p, double x1, double y1, double x2, double y2, double width, double grey);
void pad_dash(struct pad *p, double x1, double x2, double y); /* to write on */
void pad_fill(struct pad *p, double x, double y, double w, double h, double grey);
void pad_frame(struct pad *p, double x, double y, double w, double h, double width);
void pad_hatch(struct pad *p, double x, double y, double w, double h); /* what is stale */
void pad_disc(struct pad *p, double x, double y, double r);
void pad_code(struct pad *p, double x, double y, double w, double h, const struct code *c);
void pad_number(struct pad *p, double x, double y, double size); /* the sheet's number, from x to the right */
void pad_emit(struct paper_book *b, cairo_t *cr, const struct page *page, const char *number);

/* A PDF's surface over a buffer; book_pdf_end also says whether all of it was drawn. */
cairo_surface_t *book_pdf_begin(struct buf *ret, cairo_t **ret_cr);
int book_pdf_end(cairo_surface_t *s, cairo_t *cr, const struct paper_book *b, struct buf *ret, struct err *e) MUST;

/* ---- tables (paper_table.c) ---- */

#define TABLE_COLUMNS_MAX 12
struct column {
	enum word head;
	double width;       /* mm; 0: what is left, shared */
	enum side side;
};
struct cell {
	struct slice text, small; /* small: below, in smaller letters */
	bool bold, struck;
	double size;        /* of its letters; 0: as the table's */
};
struct table {
	struct pad *p;
	const struct column *col;
	size_t n;
	double x[TABLE_COLUMNS_MAX + 1], size;
	struct slice title; /* again at the top of the next page, as continued; empty: none */
	bool begun;
};
void table_begin(struct table *t, struct pad *p, struct slice title, const struct column *col, size_t n, double size);
void table_row(struct table *t, const struct cell *cells);
void table_blank(struct table *t, unsigned rows, double high); /* to write on */
void table_end(struct table *t);

/* ---- times, ages, words of values (paper_say.c) ---- */

/* A word with its {} filled, one after the other. */
struct slice say_filled(struct pad *p, enum word w, const struct slice *v, size_t n);
#define SAY(p, w, ...) say_filled((p), (w), (const struct slice[]){__VA_ARGS__}, sizeof((const struct slice[]){__VA_ARGS__}) / sizeof(struct slice))
struct slice say_count(struct pad *p, uint64_t n);
struct slice say_when(struct pad *p, struct slice iso);              /* "22 Nov 14:05" */
struct slice say_day(struct pad *p, struct slice iso);               /* with its year: dates of birth */
struct slice say_time(struct pad *p, int64_t t, bool seconds);       /* ns, in the site's zone, with day and year */
struct slice say_clock(struct pad *p, int64_t t);                    /* "22 Nov 14:05" */
struct slice say_age(struct pad *p, int64_t ns);                     /* "6 min" */
struct slice say_sex(struct pad *p, struct slice sex);
struct slice say_mark(enum paper_origin o);                          /* the shape of an origin */
struct slice say_origin(struct pad *p, enum paper_origin o);
struct slice say_topic(struct pad *p, enum paper_topic t);
struct slice say_kind(struct pad *p, enum paper_kind k);
struct slice say_flag(struct pad *p, struct slice flag);             /* "▲ high" */
struct slice say_name(struct pad *p, struct slice family, struct slice given); /* "FAMILY, Given" */

/* ---- parts of sheets (paper_parts.c) ---- */

double part_head_height(struct pad *p, const struct leaf *l);
void part_head(struct pad *p, const struct leaf *l, const char *number, const struct code *qr, unsigned page, unsigned pages);
void part_foot(struct pad *p, const struct leaf *l, const char *number);
void part_heading(struct pad *p, struct slice title);
/* The heading of a section: its state, as-of and age of each source; a silent one framed and hatched. */
void part_section(struct pad *p, const struct paper_section *s);
enum note { NOTE_PLAIN, NOTE_BOLD, NOTE_LOUD /* framed and hatched: what is missing, stale or dangerous */ };
void part_note(struct pad *p, struct slice text, enum note how);

/* ---- sheets: one file each ---- */

void sheet_census(struct pad *p, const struct paper_sheet *s);
void sheet_summary(struct pad *p, const struct paper_sheet *s);
void sheet_mar(struct pad *p, const struct paper_sheet *s);
void sheet_labs(struct pad *p, const struct paper_sheet *s);
void sheet_orders(struct pad *p, const struct paper_sheet *s);
void sheet_labels(struct pad *p, const struct paper_sheet *s);
void sheet_wristbands(struct pad *p, const struct paper_sheet *s);
void sheet_form(struct pad *p, const struct paper_sheet *s);
void sheet_contacts(struct pad *p, const struct paper_sheet *s);
void sheet_calls(struct pad *p, const struct paper_sheet *s);

/* Text as pango's markup: our two pairs of marks, and nothing that the text itself would like to be. codes: a dash between digits or capitals does not break a line. */
void paper_mark_up(struct buf *b, const char *lang, struct slice s, bool codes);

#endif
