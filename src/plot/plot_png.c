/* A drawing as PNG: the same list, on a cairo image. A text is set by pango, so that Chinese is there, and where it comes out wider than it was measured it is set smaller, never over what stands beside it. */
#include "libcairo.h"
#include "plot_internal.h"

#include <math.h>

static cairo_status_t put(void *arg, const unsigned char *p, unsigned n)
{
	struct buf *b = arg;
	buf_add(b, p, n);
	return buf_ok(b) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static void colour(cairo_t *cr, uint32_t c)
{
	cairo_set_source_rgb(cr, (c >> 16 & 255) / 255.0, (c >> 8 & 255) / 255.0, (c & 255) / 255.0);
}

/* The path is drawn twice where it is filled and stroked: the list of functions that paper loads has no fill that keeps it. */
static void outline(cairo_t *cr, const struct plot_op *o)
{
	cairo_new_path(cr);
	if (o->kind == PLOT_OP_RECT) {
		cairo_rectangle(cr, o->x, o->y, fmax(o->w, 0), fmax(o->h, 0));
	} else if (o->kind == PLOT_OP_DOT) {
		cairo_arc(cr, o->x, o->y, o->w, 0, 2 * M_PI);
	} else {
		cairo_move_to(cr, o->xy[0], o->xy[1]);
		for (size_t i = 1; i < o->n; i++)
			cairo_line_to(cr, o->xy[2 * i], o->xy[2 * i + 1]);
		if (o->closed)
			cairo_close_path(cr);
	}
}

static void shape(cairo_t *cr, const struct plot_op *o)
{
	static const double dash[] = {5, 4};
	if (o->fill != PLOT_NONE) {
		outline(cr, o);
		colour(cr, o->fill);
		cairo_fill(cr);
	}
	if (o->stroke != PLOT_NONE) {
		outline(cr, o);
		colour(cr, o->stroke);
		cairo_set_line_width(cr, o->line);
		cairo_set_dash(cr, dash, o->dashed ? 2 : 0, 0);
		cairo_stroke(cr);
	}
}

static void letters(cairo_t *cr, PangoLayout *l, PangoFontDescription *d, const struct plot_op *o)
{
	int w, h;
	double most = plot_measure(o->text, o->w, o->bold), size = o->w;
	pango_font_description_set_weight(d, o->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_layout_set_text(l, (const char *)o->text.p, (int)o->text.n);
	for (unsigned i = 0; i < 2; i++) {
		pango_font_description_set_absolute_size(d, size * PANGO_SCALE);
		pango_layout_set_font_description(l, d);
		pango_layout_get_size(l, &w, &h);
		if ((double)w / PANGO_SCALE <= most * 1.03)
			break;
		size *= most * PANGO_SCALE / w;
	}
	double wide = (double)w / PANGO_SCALE, x = o->x - (o->anchor == PLOT_MIDDLE ? wide / 2 : o->anchor == PLOT_FINISH ? wide : 0);
	colour(cr, o->fill);
	cairo_move_to(cr, x, o->y - (double)pango_layout_get_baseline(l) / PANGO_SCALE);
	pango_cairo_show_layout(cr, l);
}

static void draw(const struct plot *p, cairo_t *cr)
{
	PangoLayout *l = pango_cairo_create_layout(cr);
	PangoFontDescription *d = pango_font_description_from_string("DejaVu Sans, Noto Sans CJK SC, Noto Serif CJK SC");
	pango_context_set_round_glyph_positions(pango_layout_get_context(l), false);
	pango_layout_set_single_paragraph_mode(l, true);
	for (size_t i = 0; i < p->n; i++) {
		const struct plot_op *o = &p->op[i];
		if (o->kind == PLOT_OP_TEXT)
			letters(cr, l, d, o);
		else if (o->kind != PLOT_OP_GROUP && o->kind != PLOT_OP_END)
			shape(cr, o);
	}
	pango_font_description_free(d);
	g_object_unref(l);
}

int plot_png(const struct plot *p, double scale, struct buf *out, struct err *e)
{
	if (!(scale >= 0.5 && scale <= 4))
		return err_set(e, ERR_USAGE, NULL, "a picture is drawn at 0.5 to 4 times its size");
	int r = paper_load(e);
	if (r < 0)
		return r;
	cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(p->width * scale), (int)ceil(p->height * scale));
	cairo_t *cr = cairo_create(s);
	cairo_scale(cr, scale, scale);
	cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
	draw(p, cr);
	cairo_status_t bad = cairo_status(cr);
	cairo_destroy(cr);
	if (bad == CAIRO_STATUS_SUCCESS)
		bad = cairo_surface_write_to_png_stream(s, put, out);
	cairo_surface_destroy(s);
	if (!buf_ok(out))
		return err_set(e, buf_code(out), NULL, "no room for the picture");
	return bad == CAIRO_STATUS_SUCCESS ? 0 : err_set(e, ERR_SYSTEM, NULL, "the picture cannot be drawn: %s", cairo_status_to_string(bad));
}
