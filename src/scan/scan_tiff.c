/* TIFF, as scanners and fax machines write it: many pages in a file, by libtiff out of memory. */
#include "scan_internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <tiffio.h>

static struct {
	__typeof__(TIFFClientOpen) *open;
	__typeof__(TIFFClose) *close;
	__typeof__(TIFFSetDirectory) *go;
	__typeof__(TIFFReadDirectory) *next;
	__typeof__(TIFFGetField) *field;
	__typeof__(TIFFReadRGBAImageOriented) *read;
	__typeof__(TIFFSetErrorHandler) *errors;
	__typeof__(TIFFSetWarningHandler) *warnings;
} lib;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char why[256];

static void load(void)
{
	void *l = scan_library("libtiff.so.6", why);
	*(void **)&lib.open = scan_function(l, "TIFFClientOpen", why);
	*(void **)&lib.close = scan_function(l, "TIFFClose", why);
	*(void **)&lib.go = scan_function(l, "TIFFSetDirectory", why);
	*(void **)&lib.next = scan_function(l, "TIFFReadDirectory", why);
	*(void **)&lib.field = scan_function(l, "TIFFGetField", why);
	*(void **)&lib.read = scan_function(l, "TIFFReadRGBAImageOriented", why);
	*(void **)&lib.errors = scan_function(l, "TIFFSetErrorHandler", why);
	*(void **)&lib.warnings = scan_function(l, "TIFFSetWarningHandler", why);
	if (why[0])
		return;
	lib.errors(NULL); /* it would write to standard error; what went wrong is said by who asked */
	lib.warnings(NULL);
}

int tiff_load(struct err *e)
{
	pthread_once(&once, load);
	return why[0] ? err_set(e, ERR_SYSTEM, NULL, "TIFF is read with libtiff (Debian: libtiff6), and it cannot be loaded: %s", why) : 0;
}

/* ---- a file that is memory ---- */

struct memory {
	struct slice s;
	uint64_t at;
};

static tmsize_t on_read(thandle_t h, void *out, tmsize_t n)
{
	struct memory *m = h;
	uint64_t left = m->at < m->s.n ? m->s.n - m->at : 0;
	if (n < 0 || (uint64_t)n > left)
		n = (tmsize_t)left;
	memcpy(out, m->s.p + (left ? m->at : 0), (size_t)n);
	m->at += (uint64_t)n;
	return n;
}

static tmsize_t on_write(thandle_t h, void *p, tmsize_t n)
{
	(void)h;
	(void)p;
	(void)n;
	return 0;
}

static toff_t on_seek(thandle_t h, toff_t off, int whence)
{
	struct memory *m = h;
	uint64_t from = whence == SEEK_CUR ? m->at : whence == SEEK_END ? m->s.n : 0;
	m->at = from + off;
	return m->at;
}

static int on_close(thandle_t h)
{
	(void)h;
	return 0;
}

static toff_t on_size(thandle_t h)
{
	return ((struct memory *)h)->s.n;
}

/* ---- pages ---- */

static int count(TIFF *t, unsigned *ret, struct err *e)
{
	unsigned n = 1;
	while (lib.next(t))
		if (++n > SCAN_PAGES_MAX)
			return err_set(e, ERR_LIMIT, NULL, "a file of more than %u pages is not read: cut it", SCAN_PAGES_MAX);
	*ret = n;
	return 0;
}

static int one(TIFF *t, struct picture *ret, struct err *e)
{
	uint32_t w = 0, h = 0;
	AUTO_PICTURE struct picture p = {0};
	if (!lib.field(t, TIFFTAG_IMAGEWIDTH, &w) || !lib.field(t, TIFFTAG_IMAGELENGTH, &h))
		return err_set(e, ERR_INPUT, NULL, "a page of a TIFF without a size");
	int r = picture_new(&p, w, h, 3, e);
	uint32_t *raster = r == 0 ? calloc((size_t)w * h, 4) : NULL;
	if (r < 0)
		return r;
	if (!raster)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a page of %u x %u pixels", w, h);
	if (!lib.read(t, w, h, raster, ORIENTATION_TOPLEFT, 1)) {
		free(raster);
		return err_set(e, ERR_INPUT, NULL, "a page of a TIFF that cannot be read");
	}
	for (size_t i = 0; i < (size_t)w * h; i++) {
		p.p[3 * i] = TIFFGetR(raster[i]);
		p.p[3 * i + 1] = TIFFGetG(raster[i]);
		p.p[3 * i + 2] = TIFFGetB(raster[i]);
	}
	free(raster);
	*ret = p;
	p = (struct picture){0};
	return 0;
}

int tiff_pages(struct slice file, unsigned page, unsigned *ret_pages, struct picture *ret, struct err *e)
{
	struct memory m = {file, 0};
	int r = tiff_load(e);
	if (r < 0)
		return r;
	TIFF *t = lib.open("scan", "rm", &m, on_read, on_write, on_seek, on_close, on_size, NULL, NULL); /* m: it maps no file */
	if (!t)
		return err_set(e, ERR_INPUT, NULL, "a TIFF that cannot be read");
	r = count(t, ret_pages, e);
	if (r == 0 && (page > *ret_pages || !lib.go(t, (tdir_t)(page - 1))))
		r = err_set(e, ERR_INPUT, NULL, "the TIFF has no page %u", page);
	if (r == 0)
		r = one(t, ret, e);
	lib.close(t);
	return r;
}
