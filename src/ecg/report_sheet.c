/* Drawing on a sheet: lines, letters, grid, traces. Paper is 1 mm = 40 ms = 0.1 mV at 25 mm/s and 10 mm/mV (AHA/ACCF/HRS 2007 part I); every fifth line is heavy. */
#include "report_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PT (72.0 / 25.4)

static const double inks[][3] = {
	[INK_TEXT] = {0, 0, 0}, [INK_FAINT] = {0.35, 0.35, 0.35}, [INK_TRACE] = {0, 0, 0}, [INK_MINOR] = {0.98, 0.86, 0.86}, [INK_MAJOR] = {0.93, 0.67, 0.67},
	[INK_LOUD] = {0.65, 0, 0}, [INK_BAR] = {0.25, 0.35, 0.5}, [INK_BAND] = {0.78, 0.83, 0.9},
};

void sheet_ink(struct sheet *s, enum ink k)
{
	cairo_set_source_rgb(s->cr, inks[k][0], inks[k][1], inks[k][2]);
}

void sheet_line(struct sheet *s, double x1, double y1, double x2, double y2, double width, enum ink k)
{
	sheet_ink(s, k);
	cairo_set_line_width(s->cr, width * PT);
	cairo_move_to(s->cr, x1 * PT, y1 * PT);
	cairo_line_to(s->cr, x2 * PT, y2 * PT);
	cairo_stroke(s->cr);
}

void sheet_box(struct sheet *s, double x, double y, double w, double h, enum ink k)
{
	sheet_ink(s, k);
	cairo_rectangle(s->cr, x * PT, y * PT, w * PT, h * PT);
	cairo_fill(s->cr);
}

/* ---- letters ---- */

static void set(struct sheet *s, double size, bool bold, double width, struct slice text)
{
	pango_font_description_set_absolute_size(s->font[bold], size * PT * PANGO_SCALE);
	pango_layout_set_font_description(s->layout, s->font[bold]);
	pango_layout_set_width(s->layout, width > 0 ? (int)(width * PT * PANGO_SCALE) : -1);
	pango_layout_set_text(s->layout, (const char *)text.p, (int)text.n);
}

double sheet_text(struct sheet *s, double x, double y, double size, bool bold, int side, double width, const char *fmt, ...)
{
	char line[1024];
	int w, h;
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (n <= 0)
		return 0;
	size_t len = utf8_valid_prefix(slice_of(line, strlen(line)));
	pango_layout_set_single_paragraph_mode(s->layout, true);
	pango_layout_set_height(s->layout, 0);
	pango_layout_set_ellipsize(s->layout, width > 0 ? PANGO_ELLIPSIZE_END : PANGO_ELLIPSIZE_NONE);
	set(s, size, bold, width, slice_of(line, len));
	pango_layout_get_size(s->layout, &w, &h);
	double mm = (double)w / PANGO_SCALE / PT, at = side == TEXT_RIGHT ? x - mm : side == TEXT_MIDDLE ? x - mm / 2 : x;
	cairo_move_to(s->cr, at * PT, y * PT - (double)pango_layout_get_baseline(s->layout) / PANGO_SCALE);
	pango_cairo_show_layout(s->cr, s->layout);
	return mm;
}

double sheet_words(struct sheet *s, double x, double y, double size, bool bold, double width, int lines, struct slice text)
{
	int w, h;
	text = slice_of(text.p, utf8_valid_prefix(text));
	if (!text.n)
		return y;
	pango_layout_set_single_paragraph_mode(s->layout, false);
	pango_layout_set_wrap(s->layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_ellipsize(s->layout, PANGO_ELLIPSIZE_END);
	pango_layout_set_height(s->layout, -lines);
	set(s, size, bold, width, text);
	pango_layout_get_size(s->layout, &w, &h);
	cairo_move_to(s->cr, x * PT, y * PT - (double)pango_layout_get_baseline(s->layout) / PANGO_SCALE);
	pango_cairo_show_layout(s->cr, s->layout);
	return y + (double)h / PANGO_SCALE / PT;
}

void sheet_turned(struct sheet *s, double x, double y, double size, double degrees, const char *text)
{
	int w, h;
	cairo_save(s->cr);
	cairo_translate(s->cr, x * PT, y * PT);
	cairo_rotate(s->cr, degrees * 3.14159265358979 / 180);
	pango_layout_set_single_paragraph_mode(s->layout, true);
	pango_layout_set_ellipsize(s->layout, PANGO_ELLIPSIZE_NONE);
	set(s, size, true, 0, slice_str(text));
	pango_layout_get_size(s->layout, &w, &h);
	cairo_move_to(s->cr, -(double)w / PANGO_SCALE / 2, -(double)h / PANGO_SCALE / 2);
	pango_cairo_show_layout(s->cr, s->layout);
	cairo_restore(s->cr);
}

/* ---- grid ---- */

static void rules(struct sheet *s, double step, bool heavy, double width, enum ink k)
{
	int i = 0;
	sheet_ink(s, k);
	cairo_set_line_width(s->cr, width * PT);
	for (double x = s->left; x < s->right + 0.01; x = s->left + ++i * step)
		if (heavy || i % 5) {
			cairo_move_to(s->cr, x * PT, s->top * PT);
			cairo_line_to(s->cr, x * PT, s->bottom * PT);
		}
	i = 0;
	for (double y = s->top; y < s->bottom + 0.01; y = s->top + ++i * step)
		if (heavy || i % 5) {
			cairo_move_to(s->cr, s->left * PT, y * PT);
			cairo_line_to(s->cr, s->right * PT, y * PT);
		}
	cairo_stroke(s->cr);
}

void sheet_grid(struct sheet *s)
{
	rules(s, 1, false, 0.08, INK_MINOR);
	rules(s, 5, true, 0.14, INK_MAJOR);
}

/* ---- traces ---- */

static int by_size(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

double sheet_zero(const struct ecg *g, unsigned channel, double from, double seconds)
{
	enum { POINTS = 256 };
	float v[POINTS];
	size_t k = 0;
	double rate = g->channel[channel].rate;
	for (size_t i = 0; i < POINTS; i++) {
		ecg_read_uv(g, channel, (uint64_t)((from + seconds * (double)i / POINTS) * rate), 1, &v[k]);
		k += !isnan(v[k]);
	}
	if (!k)
		return 0;
	qsort(v, k, sizeof *v, by_size);
	return v[k / 2];
}

/* Points that the line passes within 0.04 mm anyway (4 uV, a dot of a printer with 600 to the inch; the line itself is 0.25 mm wide) are left out: a page is half as large, and made in half the time. From the last point that was drawn a
 * cone is kept that every point since has been seen through; when the next one lies outside it, the one before it is drawn (Sklansky and Gonzalez 1980). */
#define SLACK 0.04 /* mm */
struct pen {
	cairo_t *cr;
	bool down;
	double x, y, lx, ly; /* drawn; the last seen */
	double low, high;    /* slopes of the cone; all time goes to the right */
	bool open;           /* there is a last seen that is not drawn */
};

static void pen_lift(struct pen *p)
{
	if (p->down && p->open)
		cairo_line_to(p->cr, p->lx * PT, p->ly * PT);
	p->down = p->open = false;
}

static void pen_to(struct pen *p, double x, double y)
{
	if (!p->down) {
		cairo_move_to(p->cr, x * PT, y * PT);
		*p = (struct pen){p->cr, true, x, y, x, y, -INFINITY, INFINITY, false};
		return;
	}
	double slope = (y - p->y) / (x - p->x);
	if (slope < p->low || slope > p->high) {
		cairo_line_to(p->cr, p->lx * PT, p->ly * PT);
		p->x = p->lx;
		p->y = p->ly;
		p->low = -INFINITY;
		p->high = INFINITY;
	}
	p->low = fmax(p->low, (y - SLACK - p->y) / (x - p->x));
	p->high = fmin(p->high, (y + SLACK - p->y) / (x - p->x));
	p->lx = x;
	p->ly = y;
	p->open = true;
}

/* One path: a new part of it begins after a gap. */
static void path(struct sheet *s, const float *v, size_t n, double rate, double zero, double x, double y)
{
	struct pen pen = {.cr = s->cr};
	sheet_ink(s, INK_TRACE);
	cairo_set_line_width(s->cr, 0.25 * PT);
	cairo_set_line_join(s->cr, CAIRO_LINE_JOIN_ROUND);
	for (size_t i = 0; i < n; i++)
		if (isnan(v[i]))
			pen_lift(&pen);
		else
			pen_to(&pen, x + (double)i / rate * s->speed, y - (v[i] - zero) / 1000 * s->gain);
	pen_lift(&pen);
	cairo_stroke(s->cr);
}

/* A dotted base line says that nothing was recorded there. */
static void gaps(struct sheet *s, const float *v, size_t n, double rate, double x, double y)
{
	static const double dash[] = {1.5, 2.5};
	for (size_t i = 0; i < n; i++) {
		if (!isnan(v[i]))
			continue;
		size_t k = i;
		while (k < n && isnan(v[k]))
			k++;
		double x1 = x + (double)i / rate * s->speed, x2 = x + (double)k / rate * s->speed;
		cairo_set_dash(s->cr, dash, 2, 0);
		sheet_line(s, x1, y, x2, y, 0.2, INK_LOUD);
		cairo_set_dash(s->cr, dash, 0, 0);
		if (x2 - x1 > 16) {
			sheet_ink(s, INK_LOUD);
			sheet_text(s, (x1 + x2) / 2, y - 1, 2, false, TEXT_MIDDLE, 0, "not recorded");
		}
		i = k;
	}
}

void sheet_trace(struct sheet *s, const struct trace *t, double x, double y)
{
	double rate = t->g->channel[t->channel].rate;
	const struct ecg_report *o = s->o;
	bool filtered = o->low > 0 || o->high > 0 || o->mains > 0;
	/* a filter needs a run-up, so that the first millimetre is not its own */
	size_t before = filtered ? (size_t)(fmin(t->from, 2.0) * rate) : 0, n = (size_t)(t->seconds * rate + 1.5), after = filtered ? (size_t)(2 * rate) : 0;
	uint64_t first = (uint64_t)(t->from * rate + 0.5);
	if (n > 4u << 20)
		return;
	float *v = calloc(before + n + after, sizeof *v);
	if (!v) {
		s->bad = true;
		return;
	}
	ecg_read_uv(t->g, t->channel, first - before, before + n + after, v);
	double zero = t->zero;
	if (filtered) {
		for (size_t i = 0; i < before + n + after; i++)
			v[i] -= (float)zero;
		report_filter(v, before + n + after, rate, o->low, o->high, o->mains);
		zero = 0;
	}
	size_t left = t->g->channel[t->channel].samples > first ? (size_t)(t->g->channel[t->channel].samples - first) : 0;
	n = n < left ? n : left;
	cairo_save(s->cr);
	cairo_rectangle(s->cr, s->left * PT, s->top * PT, (s->right - s->left) * PT, (s->bottom - s->top) * PT);
	cairo_clip(s->cr);
	path(s, v + before, n, rate, zero, x, y);
	gaps(s, v + before, n, rate, x, y);
	cairo_restore(s->cr);
	free(v);
}

void sheet_pulse(struct sheet *s, double y)
{
	double wide = 0.2 * s->speed, end = s->x0 - 1, begin = end - wide, up = s->gain;
	sheet_ink(s, INK_TRACE);
	cairo_set_line_width(s->cr, 0.25 * PT);
	cairo_move_to(s->cr, (begin - 1) * PT, y * PT);
	cairo_line_to(s->cr, begin * PT, y * PT);
	cairo_line_to(s->cr, begin * PT, (y - up) * PT);
	cairo_line_to(s->cr, end * PT, (y - up) * PT);
	cairo_line_to(s->cr, end * PT, y * PT);
	cairo_line_to(s->cr, (end + 0.75) * PT, y * PT);
	cairo_stroke(s->cr);
}
