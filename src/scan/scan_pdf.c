/* PDF, by poppler: a page is drawn at 200 dpi, and less where its paper is larger than A3. What a PDF of scans holds is a picture a page; one that a program made is drawn as well. No script of it runs, no address in it is opened. */
#include "scan_internal.h"

#include <math.h>
#include <poppler.h>
#include <pthread.h>
#include <stdio.h>

#define DPI 200.0
#define SIDE 3400.0 /* A3 at 200 dpi, and some */

static struct {
	__typeof__(g_bytes_new_static) *bytes;
	__typeof__(g_bytes_unref) *bytes_unref;
	__typeof__(g_object_unref) *unref;
	__typeof__(g_error_free) *error_free;
	__typeof__(poppler_document_new_from_bytes) *open;
	__typeof__(poppler_document_get_n_pages) *pages;
	__typeof__(poppler_document_get_page) *page;
	__typeof__(poppler_page_get_size) *size;
	__typeof__(poppler_page_render) *render;
	__typeof__(cairo_image_surface_create) *surface;
	__typeof__(cairo_image_surface_get_data) *data;
	__typeof__(cairo_image_surface_get_stride) *stride;
	__typeof__(cairo_surface_status) *status;
	__typeof__(cairo_surface_flush) *flush;
	__typeof__(cairo_surface_destroy) *surface_done;
	__typeof__(cairo_create) *create;
	__typeof__(cairo_destroy) *done;
	__typeof__(cairo_scale) *scale;
	__typeof__(cairo_set_source_rgb) *white;
	__typeof__(cairo_paint) *paint;
} lib;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char why[256];

static void load_cairo(void)
{
	void *l = scan_library("libcairo.so.2", why);
	*(void **)&lib.surface = scan_function(l, "cairo_image_surface_create", why);
	*(void **)&lib.data = scan_function(l, "cairo_image_surface_get_data", why);
	*(void **)&lib.stride = scan_function(l, "cairo_image_surface_get_stride", why);
	*(void **)&lib.status = scan_function(l, "cairo_surface_status", why);
	*(void **)&lib.flush = scan_function(l, "cairo_surface_flush", why);
	*(void **)&lib.surface_done = scan_function(l, "cairo_surface_destroy", why);
	*(void **)&lib.create = scan_function(l, "cairo_create", why);
	*(void **)&lib.done = scan_function(l, "cairo_destroy", why);
	*(void **)&lib.scale = scan_function(l, "cairo_scale", why);
	*(void **)&lib.white = scan_function(l, "cairo_set_source_rgb", why);
	*(void **)&lib.paint = scan_function(l, "cairo_paint", why);
}

static void load(void)
{
	void *l = scan_library("libglib-2.0.so.0", why);
	*(void **)&lib.bytes = scan_function(l, "g_bytes_new_static", why);
	*(void **)&lib.bytes_unref = scan_function(l, "g_bytes_unref", why);
	*(void **)&lib.error_free = scan_function(l, "g_error_free", why);
	l = scan_library("libgobject-2.0.so.0", why);
	*(void **)&lib.unref = scan_function(l, "g_object_unref", why);
	load_cairo();
	l = scan_library("libpoppler-glib.so.8", why);
	*(void **)&lib.open = scan_function(l, "poppler_document_new_from_bytes", why);
	*(void **)&lib.pages = scan_function(l, "poppler_document_get_n_pages", why);
	*(void **)&lib.page = scan_function(l, "poppler_document_get_page", why);
	*(void **)&lib.size = scan_function(l, "poppler_page_get_size", why);
	*(void **)&lib.render = scan_function(l, "poppler_page_render", why);
}

int pdf_load(struct err *e)
{
	pthread_once(&once, load);
	return why[0] ? err_set(e, ERR_SYSTEM, NULL, "PDF is read with poppler (Debian: libpoppler-glib8), and it cannot be loaded: %s", why) : 0;
}

/* cairo's pixels are native 32 bit words, xRGB. */
static void take(const uint8_t *data, int stride, struct picture *p)
{
	for (unsigned y = 0; y < p->h; y++)
		for (unsigned x = 0; x < p->w; x++) {
			uint32_t v;
			uint8_t *to = p->p + 3 * ((size_t)y * p->w + x);
			memcpy(&v, data + (size_t)y * (size_t)stride + 4 * (size_t)x, sizeof v);
			to[0] = (uint8_t)(v >> 16);
			to[1] = (uint8_t)(v >> 8);
			to[2] = (uint8_t)v;
		}
}

static int draw(PopplerPage *page, struct picture *ret, struct err *e)
{
	double w, h, scale = DPI / 72;
	lib.size(page, &w, &h);
	if (!(w > 0 && h > 0 && w < 1e6 && h < 1e6))
		return err_set(e, ERR_INPUT, NULL, "a page of a PDF without a size");
	scale = fmin(scale, SIDE / fmax(w, h));
	AUTO_PICTURE struct picture p = {0};
	int r = picture_new(&p, (unsigned)fmax(1, ceil(w * scale)), (unsigned)fmax(1, ceil(h * scale)), 3, e);
	if (r < 0)
		return r;
	cairo_surface_t *s = lib.surface(CAIRO_FORMAT_RGB24, (int)p.w, (int)p.h);
	cairo_t *cr = lib.create(s);
	lib.white(cr, 1, 1, 1);
	lib.paint(cr);
	lib.scale(cr, scale, scale);
	lib.render(page, cr);
	lib.done(cr);
	lib.flush(s);
	const uint8_t *data = lib.status(s) == CAIRO_STATUS_SUCCESS ? lib.data(s) : NULL;
	if (data)
		take(data, lib.stride(s), &p);
	else
		r = err_set(e, ERR_MEMORY, NULL, "no memory to draw a page");
	lib.surface_done(s);
	if (r == 0) {
		*ret = p;
		p = (struct picture){0};
	}
	return r;
}

int pdf_pages(struct slice file, unsigned page, unsigned *ret_pages, struct picture *ret, struct err *e)
{
	GError *bad = NULL;
	int r = pdf_load(e);
	if (r < 0)
		return r;
	GBytes *bytes = lib.bytes(file.p, file.n);
	PopplerDocument *d = lib.open(bytes, NULL, &bad);
	if (!d) {
		r = err_set(e, ERR_INPUT, NULL, "a PDF that cannot be read: %s", bad ? bad->message : "it is damaged");
		if (bad)
			lib.error_free(bad);
		lib.bytes_unref(bytes);
		return r;
	}
	int n = lib.pages(d);
	PopplerPage *p = NULL;
	if (n <= 0)
		r = err_set(e, ERR_INPUT, NULL, "a PDF without pages");
	else if ((unsigned)n > SCAN_PAGES_MAX)
		r = err_set(e, ERR_LIMIT, NULL, "a file of %d pages is not read, at most %u: cut it", n, SCAN_PAGES_MAX);
	else
		*ret_pages = (unsigned)n;
	if (r == 0 && (page > (unsigned)n || !(p = lib.page(d, (int)page - 1))))
		r = err_set(e, ERR_INPUT, NULL, "page %u of the PDF cannot be read", page);
	if (r == 0)
		r = draw(p, ret, e);
	if (p)
		lib.unref(p);
	lib.unref(d);
	lib.bytes_unref(bytes);
	return r;
}
