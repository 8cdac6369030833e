/* report_internal: a sheet of paper, in millimetres from its top left corner. */
#ifndef HOLDFAST_ECG_REPORT_INTERNAL_H
#define HOLDFAST_ECG_REPORT_INTERNAL_H

#include "ecg_internal.h"
#include "libcairo.h"

struct sheet {
	cairo_surface_t *surface;
	cairo_t *cr;
	PangoLayout *layout;
	PangoFontDescription *font[2]; /* plain, bold */
	struct buf *out;
	double w, h;                   /* of the paper */
	double left, right, top, bottom; /* of the grid */
	double x0;                     /* where traces begin */
	double speed, gain;
	const struct ecg_report *o;
	unsigned page, pages;
	bool bad;                      /* a text or a buffer failed */
};
#define TRACE_MM 250.0             /* what a line of a sheet carries */

enum ink { INK_TEXT, INK_FAINT, INK_TRACE, INK_MINOR, INK_MAJOR, INK_LOUD, INK_BAR, INK_BAND };
void sheet_ink(struct sheet *s, enum ink k);
void sheet_line(struct sheet *s, double x1, double y1, double x2, double y2, double width, enum ink k);
void sheet_box(struct sheet *s, double x, double y, double w, double h, enum ink k);
enum { TEXT_LEFT, TEXT_RIGHT, TEXT_MIDDLE };
/* Its baseline stands at y; size of the letters in mm. width 0: as long as it is; else it ends in an ellipsis. Returns its width. */
double sheet_text(struct sheet *s, double x, double y, double size, bool bold, int side, double width, const char *fmt, ...) PRINTF_LIKE(8, 9);
/* Over several lines within width and at most lines of them, the first one's baseline at y; returns the baseline of what would follow. */
double sheet_words(struct sheet *s, double x, double y, double size, bool bold, double width, int lines, struct slice text);
void sheet_turned(struct sheet *s, double x, double y, double size, double degrees, const char *text); /* middle at x, y: watermarks */
void sheet_grid(struct sheet *s);

struct trace { /* a stretch of one lead, ready to draw */
	const struct ecg *g;
	unsigned channel;
	double from, seconds; /* of the record */
	double zero;          /* microvolts that stand on the line */
};
double sheet_zero(const struct ecg *g, unsigned channel, double from, double seconds); /* the median there: an offset of electrodes is not drawn */
void sheet_trace(struct sheet *s, const struct trace *t, double x, double y);
void sheet_pulse(struct sheet *s, double y); /* the calibration pulse: 1 mV for 200 ms, before the line */

/* Zero-phase Butterworth of second order (forward and back), and a notch. In place; gaps are stepped over. */
void report_filter(float *v, size_t n, double rate, double low, double high, double mains);

/* What stands around the grid of every sheet. */
struct cover {
	const struct ecg *g;
	const struct ecg_analysis *n;
	const char *title;     /* "12-lead ECG", "PREVIOUS ECG" ... */
	double from;           /* seconds: of what is drawn */
	bool previous;
};
void sheet_cover(struct sheet *s, const struct cover *c);
int sheet_next(struct sheet *s, struct err *e) MUST; /* ends a page */

unsigned report_holter_pages(const struct ecg *g, const struct ecg_analysis *n);
int report_holter(struct sheet *s, const struct ecg *g, const struct ecg_analysis *n, struct err *e) MUST;
const char *report_value(const struct ecg_value *v, const char *unit, char out[32]); /* "148 ms", "—" */
const char *report_span(double seconds, char out[32]);                              /* "23 h 04 min", "30 s" */
const char *report_moment(const struct ecg *g, uint64_t sample, char out[48]);       /* the clock where the record has one, else from its start */

#endif
