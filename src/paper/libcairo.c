/* cairo and pango, loaded when a page is drawn and not before: with what they need they are 25 libraries, and most commands and roles never draw. The functions that we use are defined here under their own names,
 * with the prototypes of their headers, and hand on: callers are written as ever. paper_load comes before the first of them, and in a role before its sandbox. */
#include "libcairo.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#define CAIRO(X)                                                                                                                                       \
	X(cairo_create) X(cairo_destroy) X(cairo_status) X(cairo_status_to_string) X(cairo_surface_destroy) X(cairo_surface_finish) X(cairo_surface_status) X(cairo_save) X(cairo_restore)   \
	X(cairo_move_to) X(cairo_line_to) X(cairo_rectangle) X(cairo_close_path) X(cairo_stroke) X(cairo_fill) X(cairo_clip) X(cairo_set_line_width) X(cairo_set_line_join) X(cairo_set_line_cap) X(cairo_set_dash)   \
	X(cairo_set_source_rgb) X(cairo_translate) X(cairo_rotate) X(cairo_show_page) X(cairo_pdf_surface_create_for_stream) X(cairo_pdf_surface_set_metadata) X(cairo_pdf_surface_add_outline)   \
	X(cairo_pdf_surface_set_size) X(cairo_toy_font_face_create) X(cairo_font_face_destroy) X(cairo_font_face_status) X(cairo_set_font_face) X(cairo_set_font_size) X(cairo_set_font_options) X(cairo_font_options_create) X(cairo_font_options_destroy)   \
	X(cairo_font_options_set_hint_metrics) X(cairo_font_options_set_hint_style) X(cairo_scaled_font_create) X(cairo_scaled_font_destroy) X(cairo_scaled_font_status) X(cairo_scaled_font_text_to_glyphs) X(cairo_scaled_font_glyph_extents) X(cairo_glyph_free)   \
	X(cairo_show_text_glyphs) X(cairo_matrix_init_scale) X(cairo_matrix_init_identity) X(cairo_new_path) X(cairo_arc) X(cairo_tag_begin) X(cairo_tag_end) X(cairo_image_surface_create) X(cairo_scale) X(cairo_surface_write_to_png_stream)
#define PANGO(X)                                                                                                                                       \
	X(pango_layout_set_text) X(pango_layout_set_markup) X(pango_layout_set_font_description) X(pango_layout_set_width) X(pango_layout_set_height) X(pango_layout_set_ellipsize) X(pango_layout_set_wrap) X(pango_layout_set_spacing) X(pango_layout_set_alignment)     \
	X(pango_layout_set_single_paragraph_mode) X(pango_layout_get_size) X(pango_layout_get_baseline) X(pango_layout_get_context) X(pango_context_set_round_glyph_positions) X(pango_font_description_from_string) \
	X(pango_font_description_free) X(pango_font_description_set_absolute_size) X(pango_font_description_set_weight)     \
	X(pango_layout_get_line_count) X(pango_layout_get_iter) X(pango_layout_iter_next_line) X(pango_layout_iter_get_baseline) X(pango_layout_iter_get_line_yrange) X(pango_layout_iter_free) X(pango_layout_get_line_readonly)
#define PANGOCAIRO(X) X(pango_cairo_create_layout) X(pango_cairo_show_layout) X(pango_cairo_show_layout_line)
#define GOBJECT(X) X(g_object_unref)

static struct {
#define X(f) __typeof__(f) *f;
	CAIRO(X) PANGO(X) PANGOCAIRO(X) GOBJECT(X)
#undef X
} lib;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char why[256]; /* empty: they are there */

static void *library(const char *name)
{
	void *l = why[0] ? NULL : dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!l && !why[0]) {
		const char *say = dlerror();
		snprintf(why, sizeof why, "%s", say ? say : "it cannot be opened");
	}
	return l;
}

static void *function(void *l, const char *name)
{
	void *f = l ? dlsym(l, name) : NULL;
	if (!f && !why[0])
		snprintf(why, sizeof why, "%s is missing in them", name);
	return f;
}

static void load(void)
{
	void *l = library("libcairo.so.2");
#define X(f) *(void **)&lib.f = function(l, #f);
	CAIRO(X)
	l = library("libpango-1.0.so.0");
	PANGO(X)
	l = library("libpangocairo-1.0.so.0");
	PANGOCAIRO(X)
	l = library("libgobject-2.0.so.0");
	GOBJECT(X)
#undef X
}

int paper_load(struct err *e)
{
	pthread_once(&once, load);
	return why[0] ? err_set(e, ERR_SYSTEM, NULL, "pages are drawn with cairo and pango (Debian: libpangocairo-1.0-0), and they cannot be loaded: %s", why) : 0;
}

/* ---- handing on ---- */

cairo_t *cairo_create(cairo_surface_t *s) { return lib.cairo_create(s); }
void cairo_destroy(cairo_t *c) { lib.cairo_destroy(c); }
cairo_status_t cairo_status(cairo_t *c) { return lib.cairo_status(c); }
const char *cairo_status_to_string(cairo_status_t s) { return lib.cairo_status_to_string(s); }
void cairo_surface_destroy(cairo_surface_t *s) { lib.cairo_surface_destroy(s); }
void cairo_surface_finish(cairo_surface_t *s) { lib.cairo_surface_finish(s); }
cairo_status_t cairo_surface_status(cairo_surface_t *s) { return lib.cairo_surface_status(s); }
void cairo_save(cairo_t *c) { lib.cairo_save(c); }
void cairo_restore(cairo_t *c) { lib.cairo_restore(c); }
void cairo_move_to(cairo_t *c, double x, double y) { lib.cairo_move_to(c, x, y); }
void cairo_line_to(cairo_t *c, double x, double y) { lib.cairo_line_to(c, x, y); }
void cairo_rectangle(cairo_t *c, double x, double y, double w, double h) { lib.cairo_rectangle(c, x, y, w, h); }
void cairo_close_path(cairo_t *c) { lib.cairo_close_path(c); }
void cairo_stroke(cairo_t *c) { lib.cairo_stroke(c); }
void cairo_fill(cairo_t *c) { lib.cairo_fill(c); }
void cairo_clip(cairo_t *c) { lib.cairo_clip(c); }
void cairo_set_line_width(cairo_t *c, double w) { lib.cairo_set_line_width(c, w); }
void cairo_set_line_join(cairo_t *c, cairo_line_join_t j) { lib.cairo_set_line_join(c, j); }
void cairo_set_line_cap(cairo_t *c, cairo_line_cap_t k) { lib.cairo_set_line_cap(c, k); }
void cairo_set_dash(cairo_t *c, const double *d, int n, double at) { lib.cairo_set_dash(c, d, n, at); }
void cairo_set_source_rgb(cairo_t *c, double r, double g, double b) { lib.cairo_set_source_rgb(c, r, g, b); }
void cairo_translate(cairo_t *c, double x, double y) { lib.cairo_translate(c, x, y); }
void cairo_rotate(cairo_t *c, double a) { lib.cairo_rotate(c, a); }
void cairo_show_page(cairo_t *c) { lib.cairo_show_page(c); }
cairo_surface_t *cairo_pdf_surface_create_for_stream(cairo_write_func_t f, void *arg, double w, double h) { return lib.cairo_pdf_surface_create_for_stream(f, arg, w, h); }
void cairo_pdf_surface_set_metadata(cairo_surface_t *s, cairo_pdf_metadata_t m, const char *v) { lib.cairo_pdf_surface_set_metadata(s, m, v); }
int cairo_pdf_surface_add_outline(cairo_surface_t *s, int parent, const char *name, const char *at, cairo_pdf_outline_flags_t f) { return lib.cairo_pdf_surface_add_outline(s, parent, name, at, f); }
void cairo_pdf_surface_set_size(cairo_surface_t *s, double w, double h) { lib.cairo_pdf_surface_set_size(s, w, h); }
cairo_font_face_t *cairo_toy_font_face_create(const char *n, cairo_font_slant_t s, cairo_font_weight_t w) { return lib.cairo_toy_font_face_create(n, s, w); }
void cairo_font_face_destroy(cairo_font_face_t *f) { lib.cairo_font_face_destroy(f); }
cairo_status_t cairo_font_face_status(cairo_font_face_t *f) { return lib.cairo_font_face_status(f); }
void cairo_set_font_face(cairo_t *c, cairo_font_face_t *f) { lib.cairo_set_font_face(c, f); }
void cairo_set_font_size(cairo_t *c, double s) { lib.cairo_set_font_size(c, s); }
void cairo_set_font_options(cairo_t *c, const cairo_font_options_t *o) { lib.cairo_set_font_options(c, o); }
cairo_font_options_t *cairo_font_options_create(void) { return lib.cairo_font_options_create(); }
void cairo_font_options_destroy(cairo_font_options_t *o) { lib.cairo_font_options_destroy(o); }
void cairo_font_options_set_hint_metrics(cairo_font_options_t *o, cairo_hint_metrics_t m) { lib.cairo_font_options_set_hint_metrics(o, m); }
void cairo_font_options_set_hint_style(cairo_font_options_t *o, cairo_hint_style_t s) { lib.cairo_font_options_set_hint_style(o, s); }
cairo_scaled_font_t *cairo_scaled_font_create(cairo_font_face_t *f, const cairo_matrix_t *m, const cairo_matrix_t *t, const cairo_font_options_t *o) { return lib.cairo_scaled_font_create(f, m, t, o); }
void cairo_scaled_font_destroy(cairo_scaled_font_t *f) { lib.cairo_scaled_font_destroy(f); }
cairo_status_t cairo_scaled_font_status(cairo_scaled_font_t *f) { return lib.cairo_scaled_font_status(f); }
cairo_status_t cairo_scaled_font_text_to_glyphs(cairo_scaled_font_t *f, double x, double y, const char *s, int n, cairo_glyph_t **g, int *gn, cairo_text_cluster_t **c, int *cn, cairo_text_cluster_flags_t *o) { return lib.cairo_scaled_font_text_to_glyphs(f, x, y, s, n, g, gn, c, cn, o); }
void cairo_scaled_font_glyph_extents(cairo_scaled_font_t *f, const cairo_glyph_t *g, int n, cairo_text_extents_t *x) { lib.cairo_scaled_font_glyph_extents(f, g, n, x); }
void cairo_glyph_free(cairo_glyph_t *g) { lib.cairo_glyph_free(g); }
void cairo_show_text_glyphs(cairo_t *c, const char *s, int n, const cairo_glyph_t *g, int gn, const cairo_text_cluster_t *k, int kn, cairo_text_cluster_flags_t o) { lib.cairo_show_text_glyphs(c, s, n, g, gn, k, kn, o); }
void cairo_matrix_init_scale(cairo_matrix_t *m, double x, double y) { lib.cairo_matrix_init_scale(m, x, y); }
void cairo_matrix_init_identity(cairo_matrix_t *m) { lib.cairo_matrix_init_identity(m); }
void cairo_new_path(cairo_t *c) { lib.cairo_new_path(c); }
void cairo_arc(cairo_t *c, double x, double y, double r, double a, double b) { lib.cairo_arc(c, x, y, r, a, b); }
void cairo_tag_begin(cairo_t *c, const char *n, const char *a) { lib.cairo_tag_begin(c, n, a); }
void cairo_tag_end(cairo_t *c, const char *n) { lib.cairo_tag_end(c, n); }
cairo_surface_t *cairo_image_surface_create(cairo_format_t f, int w, int h) { return lib.cairo_image_surface_create(f, w, h); }
void cairo_scale(cairo_t *c, double x, double y) { lib.cairo_scale(c, x, y); }
cairo_status_t cairo_surface_write_to_png_stream(cairo_surface_t *s, cairo_write_func_t f, void *arg) { return lib.cairo_surface_write_to_png_stream(s, f, arg); }

void pango_layout_set_text(PangoLayout *l, const char *s, int n) { lib.pango_layout_set_text(l, s, n); }
void pango_layout_set_markup(PangoLayout *l, const char *s, int n) { lib.pango_layout_set_markup(l, s, n); }
void pango_layout_set_font_description(PangoLayout *l, const PangoFontDescription *d) { lib.pango_layout_set_font_description(l, d); }
void pango_layout_set_width(PangoLayout *l, int w) { lib.pango_layout_set_width(l, w); }
void pango_layout_set_height(PangoLayout *l, int h) { lib.pango_layout_set_height(l, h); }
void pango_layout_set_ellipsize(PangoLayout *l, PangoEllipsizeMode m) { lib.pango_layout_set_ellipsize(l, m); }
void pango_layout_set_wrap(PangoLayout *l, PangoWrapMode m) { lib.pango_layout_set_wrap(l, m); }
void pango_layout_set_spacing(PangoLayout *l, int n) { lib.pango_layout_set_spacing(l, n); }
void pango_layout_set_alignment(PangoLayout *l, PangoAlignment a) { lib.pango_layout_set_alignment(l, a); }
void pango_layout_set_single_paragraph_mode(PangoLayout *l, gboolean on) { lib.pango_layout_set_single_paragraph_mode(l, on); }
void pango_layout_get_size(PangoLayout *l, int *w, int *h) { lib.pango_layout_get_size(l, w, h); }
int pango_layout_get_baseline(PangoLayout *l) { return lib.pango_layout_get_baseline(l); }
PangoContext *pango_layout_get_context(PangoLayout *l) { return lib.pango_layout_get_context(l); }
void pango_context_set_round_glyph_positions(PangoContext *c, gboolean on) { lib.pango_context_set_round_glyph_positions(c, on); }
PangoFontDescription *pango_font_description_from_string(const char *s) { return lib.pango_font_description_from_string(s); }
void pango_font_description_free(PangoFontDescription *d) { lib.pango_font_description_free(d); }
void pango_font_description_set_absolute_size(PangoFontDescription *d, double s) { lib.pango_font_description_set_absolute_size(d, s); }
void pango_font_description_set_weight(PangoFontDescription *d, PangoWeight w) { lib.pango_font_description_set_weight(d, w); }
PangoLayout *pango_cairo_create_layout(cairo_t *c) { return lib.pango_cairo_create_layout(c); }
void pango_cairo_show_layout(cairo_t *c, PangoLayout *l) { lib.pango_cairo_show_layout(c, l); }
void pango_cairo_show_layout_line(cairo_t *c, PangoLayoutLine *l) { lib.pango_cairo_show_layout_line(c, l); }
int pango_layout_get_line_count(PangoLayout *l) { return lib.pango_layout_get_line_count(l); }
PangoLayoutLine *pango_layout_get_line_readonly(PangoLayout *l, int n) { return lib.pango_layout_get_line_readonly(l, n); }
PangoLayoutIter *pango_layout_get_iter(PangoLayout *l) { return lib.pango_layout_get_iter(l); }
void pango_layout_iter_free(PangoLayoutIter *i) { lib.pango_layout_iter_free(i); }
gboolean pango_layout_iter_next_line(PangoLayoutIter *i) { return lib.pango_layout_iter_next_line(i); }
int pango_layout_iter_get_baseline(PangoLayoutIter *i) { return lib.pango_layout_iter_get_baseline(i); }
void pango_layout_iter_get_line_yrange(PangoLayoutIter *i, int *y0, int *y1) { lib.pango_layout_iter_get_line_yrange(i, y0, y1); }
void g_object_unref(gpointer p) { lib.g_object_unref(p); }
