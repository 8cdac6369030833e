/* ecg_report: from a record and its analysis to a PDF on ECG paper, and which leads stand where. */
#include "report_internal.h"

#include <math.h>
#include <stdio.h>

#define STRIP_PAGES_MAX 36 /* of a record printed whole: six minutes of one lead take 8 */

static const struct shape {
	const char *name;
	unsigned rows, columns, strips; /* of the grid of leads, and whole lines below it */
	enum ecg_lead lead[12];         /* row by row */
	enum ecg_lead strip[3];
} shapes[] = {
#define THREE_BY_FOUR {ECG_LEAD_I, ECG_LEAD_AVR, ECG_LEAD_V1, ECG_LEAD_V4, ECG_LEAD_II, ECG_LEAD_AVL, ECG_LEAD_V2, ECG_LEAD_V5, ECG_LEAD_III, ECG_LEAD_AVF, ECG_LEAD_V3, ECG_LEAD_V6}
#define SIX_BY_TWO {ECG_LEAD_I, ECG_LEAD_V1, ECG_LEAD_II, ECG_LEAD_V2, ECG_LEAD_III, ECG_LEAD_V3, ECG_LEAD_AVR, ECG_LEAD_V4, ECG_LEAD_AVL, ECG_LEAD_V5, ECG_LEAD_AVF, ECG_LEAD_V6}
#define TWELVE {ECG_LEAD_I, ECG_LEAD_II, ECG_LEAD_III, ECG_LEAD_AVR, ECG_LEAD_AVL, ECG_LEAD_AVF, ECG_LEAD_V1, ECG_LEAD_V2, ECG_LEAD_V3, ECG_LEAD_V4, ECG_LEAD_V5, ECG_LEAD_V6}
	[ECG_3X4_1] = {"3x4+1", 3, 4, 1, THREE_BY_FOUR, {ECG_LEAD_II}},
	[ECG_3X4] = {"3x4", 3, 4, 0, THREE_BY_FOUR, {0}},
	[ECG_3X4_3] = {"3x4+3", 3, 4, 3, THREE_BY_FOUR, {ECG_LEAD_V1, ECG_LEAD_II, ECG_LEAD_V5}},
	[ECG_6X2] = {"6x2", 6, 2, 0, SIX_BY_TWO, {0}},
	[ECG_6X2_1] = {"6x2+1", 6, 2, 1, SIX_BY_TWO, {ECG_LEAD_II}},
	[ECG_12X1] = {"12x1", 12, 1, 0, TWELVE, {0}},
	[ECG_RHYTHM] = {"rhythm", 0, 0, 0, {0}, {0}},
	[ECG_HOLTER] = {"holter", 0, 0, 0, {0}, {0}},
};

enum ecg_layout ecg_layout_parse(struct slice name)
{
	for (unsigned i = 0; i < ARRAY_LEN(shapes); i++)
		if (slice_eq_nocase(name, shapes[i].name))
			return (enum ecg_layout)i;
	return ECG_LAYOUT_COUNT;
}

/* ---- a sheet ---- */

static cairo_status_t put(void *arg, const unsigned char *p, unsigned n)
{
	buf_add(arg, p, n);
	return buf_ok(arg) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static void begin_page(struct sheet *s)
{
	cairo_set_line_cap(s->cr, CAIRO_LINE_CAP_ROUND);
	if (s->o->drill) {
		cairo_set_source_rgb(s->cr, 0.88, 0.88, 0.88);
		sheet_turned(s, s->w / 2, s->h / 2, 60, -25, "DRILL");
	}
}

int sheet_next(struct sheet *s, struct err *e)
{
	cairo_show_page(s->cr);
	s->page++;
	if (cairo_status(s->cr) != CAIRO_STATUS_SUCCESS || s->bad)
		return err_set(e, buf_ok(s->out) ? ERR_MEMORY : buf_code(s->out), NULL, "the page could not be drawn: %s", cairo_status_to_string(cairo_status(s->cr)));
	if (s->page < s->pages)
		begin_page(s);
	return 0;
}

static int open_sheet(struct sheet *s, const struct ecg_report *o, unsigned pages, struct buf *out, struct err *e)
{
	int r = paper_load(e);
	if (r < 0)
		return r;
	*s = (struct sheet){.o = o, .out = out, .pages = pages, .speed = o->speed > 0 ? o->speed : 25, .gain = o->gain > 0 ? o->gain : 10};
	s->w = o->letter ? 279.4 : 297;
	s->h = o->letter ? 215.9 : 210;
	s->left = o->letter ? 7 : 12;
	s->right = s->left + (o->letter ? 265 : 270);
	s->x0 = s->left + (o->letter ? 12 : 15);
	s->top = 52;
	s->bottom = s->top + (o->letter ? 150 : 145);
	s->surface = cairo_pdf_surface_create_for_stream(put, out, s->w * 72 / 25.4, s->h * 72 / 25.4);
	/* the same bytes whenever it is made: cairo would put the clock's time here. When it was printed stands on the page. */
	cairo_pdf_surface_set_metadata(s->surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
	cairo_pdf_surface_set_metadata(s->surface, CAIRO_PDF_METADATA_TITLE, "ECG report");
	cairo_pdf_surface_set_metadata(s->surface, CAIRO_PDF_METADATA_CREATOR, "Holdfast");
	s->cr = cairo_create(s->surface);
	s->layout = pango_cairo_create_layout(s->cr);
	pango_context_set_round_glyph_positions(pango_layout_get_context(s->layout), false);
	for (int i = 0; i < 2; i++) {
		s->font[i] = pango_font_description_from_string(PAPER_SANS);
		pango_font_description_set_weight(s->font[i], i ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	}
	begin_page(s);
	return 0;
}

static int close_sheet(struct sheet *s, int r, struct err *e)
{
	g_object_unref(s->layout);
	pango_font_description_free(s->font[0]);
	pango_font_description_free(s->font[1]);
	cairo_destroy(s->cr);
	cairo_surface_finish(s->surface);
	cairo_status_t end = cairo_surface_status(s->surface);
	cairo_surface_destroy(s->surface);
	if (r == 0 && (end != CAIRO_STATUS_SUCCESS || !buf_ok(s->out)))
		return err_set(e, buf_ok(s->out) ? ERR_SYSTEM : buf_code(s->out), NULL, "the report could not be finished: %s", cairo_status_to_string(end));
	return r;
}

/* ---- leads on a grid ---- */

/* Base lines of n lines of traces. The first leaves room for its pulse and a tall R wave below the edge. */
static double base_line(const struct sheet *s, unsigned i, unsigned n)
{
	double h = s->bottom - s->top, step = h / n, first = fmax(step * 0.55, n <= 6 ? 16 : s->gain + 1), rest = fmax(step * 0.4, 5);
	double y = n == 1 ? h / 2 : first + (h - first - rest) / (n - 1) * i;
	return s->top + (n <= 6 ? floor(y / 5 + 0.5) * 5 : y); /* on heavy lines where there is room for it */
}

/* Beside the pulse where the line begins, else above the trace, where few R waves reach. */
static void label(struct sheet *s, double x, double y, double up, const char *name)
{
	sheet_ink(s, INK_TEXT);
	if (x <= s->x0)
		sheet_text(s, s->left + 0.5, y + 4, strlen(name) > 5 ? 2.2 : 3, true, TEXT_LEFT, s->x0 - s->left - 1, "%s", name);
	else
		sheet_text(s, x + 1, y - up, 3, true, TEXT_LEFT, 0, "%s", name);
}

static void cell(struct sheet *s, const struct ecg *g, enum ecg_lead lead, double up, double from, double at, double seconds, double x, double y)
{
	int c = ecg_find(g, lead);
	label(s, x, y, up, ecg_lead_name(lead));
	if (c < 0 || !g->channel[c].ecg) {
		sheet_ink(s, INK_LOUD);
		sheet_text(s, x + 8, y, 2.6, false, TEXT_LEFT, 0, "not recorded");
		return;
	}
	double whole = TRACE_MM / s->speed;
	sheet_trace(s, &(struct trace){g, (unsigned)c, from + at, seconds, sheet_zero(g, (unsigned)c, from, whole)}, x, y);
}

static void leads(struct sheet *s, const struct ecg *g, const struct shape *f, double from)
{
	unsigned rows = f->rows + f->strips;
	double column = TRACE_MM / f->columns, seconds = column / s->speed, up = fmin(12, (s->bottom - s->top) / rows * 0.42);
	for (unsigned r = 0; r < rows; r++) {
		double y = base_line(s, r, rows);
		sheet_pulse(s, y);
		if (r >= f->rows) {
			cell(s, g, f->strip[r - f->rows], up, from, 0, TRACE_MM / s->speed, s->x0, y);
			continue;
		}
		for (unsigned c = 0; c < f->columns; c++) {
			double x = s->x0 + c * column;
			if (c)
				sheet_line(s, x, y - 4, x, y + 4, 0.3, INK_TEXT);
			cell(s, g, f->lead[r * f->columns + c], up, from, c * seconds, seconds, x, y);
		}
	}
}

/* ---- lines of the whole record: one to three leads ---- */

static unsigned strip_leads(const struct ecg *g, unsigned out[3])
{
	static const enum ecg_lead first[] = {ECG_LEAD_II, ECG_LEAD_MLII, ECG_LEAD_I, ECG_LEAD_V1, ECG_LEAD_V5};
	unsigned n = 0;
	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < g->channels && n < 3; i++) {
			bool liked = false, had = false;
			for (size_t k = 0; k < ARRAY_LEN(first); k++)
				liked = liked || g->channel[i].lead == first[k];
			for (unsigned k = 0; k < n; k++)
				had = had || out[k] == i;
			if (g->channel[i].ecg && !had && (pass || liked))
				out[n++] = i;
		}
	return n;
}

static unsigned lines_a_page(unsigned k)
{
	return k == 1 ? 5 : k == 2 ? 3 : 2;
}

static unsigned strip_pages(const struct ecg *g, const struct ecg_report *o)
{
	unsigned c[3], k = strip_leads(g, c);
	double line = TRACE_MM / (o->speed > 0 ? o->speed : 25), all = ((double)g->samples - (double)o->from) / g->rate, lines = ceil(all / line - 0.004);
	double pages = ceil((lines < 1 ? 1 : lines) / lines_a_page(k ? k : 1));
	return pages > STRIP_PAGES_MAX ? STRIP_PAGES_MAX : (unsigned)pages;
}

static int strips(struct sheet *s, const struct cover *cover, struct err *e)
{
	const struct ecg *g = cover->g;
	unsigned c[3], k = strip_leads(g, c), lines = lines_a_page(k), pages = strip_pages(g, s->o);
	double line = TRACE_MM / s->speed, from = cover->from, end = (double)g->samples / g->rate;
	for (unsigned p = 0; p < pages; p++) {
		struct cover head = *cover;
		head.from = from;
		sheet_grid(s);
		for (unsigned l = 0; l < lines && (from < end || !l); l++, from += line)
			for (unsigned i = 0; i < k; i++) {
				char at[48];
				double y = base_line(s, l * k + i, lines * k);
				sheet_pulse(s, y);
				label(s, s->x0, y, 0, g->channel[c[i]].name);
				if (!i) {
					sheet_ink(s, INK_FAINT);
					sheet_text(s, s->x0 + 1, y - 10.5, 2.3, false, TEXT_LEFT, 0, "%s", report_moment(g, (uint64_t)(from * g->rate + 0.5), at));
				}
				sheet_trace(s, &(struct trace){g, c[i], from, line, sheet_zero(g, c[i], from, line)}, s->x0, y);
			}
		sheet_cover(s, &head);
		if (p + 1 == pages && from < end - 0.05) {
			char rest[32];
			sheet_ink(s, INK_LOUD);
			sheet_text(s, s->right, s->top - 1.2, 2.6, true, TEXT_RIGHT, 0, "the record goes on for %s that are not printed here", report_span(end - from, rest));
		}
		int r = sheet_next(s, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- which ---- */

static unsigned standard_leads(const struct ecg *g)
{
	unsigned n = 0;
	for (int l = ECG_LEAD_I; l <= ECG_LEAD_V6; l++) {
		int c = ecg_find(g, (enum ecg_lead)l);
		n += c >= 0 && g->channel[c].ecg;
	}
	return n;
}

static int sheet_12(struct sheet *s, const struct shape *f, const struct cover *c, struct err *e)
{
	sheet_grid(s);
	leads(s, c->g, f, c->from);
	sheet_cover(s, c);
	return sheet_next(s, e);
}

int ecg_report_load(struct err *e)
{
	return paper_load(e);
}

int ecg_report(const struct ecg *g, const struct ecg_analysis *n, const struct ecg_report *o, struct buf *ret, struct err *e)
{
	enum ecg_layout layout = o->layout;
	unsigned c[3], ecgs = strip_leads(g, c), pages;
	struct sheet s;
	if (!ecgs)
		return err_set(e, ERR_INPUT, NULL, "there is no ECG channel in the record");
	if ((unsigned)layout >= ECG_LAYOUT_COUNT || (o->speed != 0 && !(o->speed >= 5 && o->speed <= 100)) || (o->gain != 0 && !(o->gain >= 1 && o->gain <= 50)))
		return err_set(e, ERR_USAGE, NULL, "there is no such layout, speed (5 to 100 mm/s) or gain (1 to 50 mm/mV)");
	if (layout == ECG_HOLTER && !n)
		return err_set(e, ERR_USAGE, NULL, "a Holter summary needs the analysis");
	/* few of the twelve leads: a form with mostly empty fields would hide what there is */
	if (layout != ECG_HOLTER && layout != ECG_RHYTHM && standard_leads(g) < 6)
		layout = ECG_RHYTHM;
	double from = (double)o->from / g->rate;
	bool two = o->before && layout != ECG_HOLTER;
	pages = layout == ECG_HOLTER ? report_holter_pages(g, n) : layout == ECG_RHYTHM ? strip_pages(g, o) : 1;
	int r = open_sheet(&s, o, pages + (two ? 1 : 0), ret, e);
	if (r < 0)
		return r;
	struct cover cover = {g, n, layout == ECG_RHYTHM ? "ECG, rhythm" : "12-lead ECG", from, false};
	if (layout == ECG_HOLTER)
		r = report_holter(&s, g, n, e);
	else if (layout == ECG_RHYTHM)
		r = strips(&s, &cover, e);
	else
		r = sheet_12(&s, &shapes[layout], &cover, e);
	if (r == 0 && two) {
		struct cover old = {o->before, o->before_analysis, "THE PREVIOUS ECG OF THE SAME PERSON, FOR COMPARISON", 0, true};
		r = sheet_12(&s, &shapes[standard_leads(o->before) >= 6 && shapes[layout].columns ? layout : ECG_3X4_1], &old, e);
	}
	return close_sheet(&s, r, e);
}
