/* JPEG, by libjpeg-turbo's TurboJPEG, both ways. A photograph that is larger than is needed is made smaller while it is decoded. */
#include "scan_internal.h"

#include <pthread.h>
#include <stdio.h>
#include <turbojpeg.h>

#define READ_SIDE 5000 /* 12 million pixels are read whole */

static struct {
	__typeof__(tjInitDecompress) *init_read;
	__typeof__(tjDecompressHeader3) *header;
	__typeof__(tjDecompress2) *read;
	__typeof__(tjInitCompress) *init_write;
	__typeof__(tjCompress2) *write;
	__typeof__(tjDestroy) *destroy;
	__typeof__(tjFree) *free;
	__typeof__(tjGetErrorStr2) *error;
	__typeof__(tjGetErrorCode) *code;
} lib;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char why[256];

static void load(void)
{
	void *l = scan_library("libturbojpeg.so.0", why);
	*(void **)&lib.init_read = scan_function(l, "tjInitDecompress", why);
	*(void **)&lib.header = scan_function(l, "tjDecompressHeader3", why);
	*(void **)&lib.read = scan_function(l, "tjDecompress2", why);
	*(void **)&lib.init_write = scan_function(l, "tjInitCompress", why);
	*(void **)&lib.write = scan_function(l, "tjCompress2", why);
	*(void **)&lib.destroy = scan_function(l, "tjDestroy", why);
	*(void **)&lib.free = scan_function(l, "tjFree", why);
	*(void **)&lib.error = scan_function(l, "tjGetErrorStr2", why);
	*(void **)&lib.code = scan_function(l, "tjGetErrorCode", why);
}

int jpeg_load(struct err *e)
{
	pthread_once(&once, load);
	return why[0] ? err_set(e, ERR_SYSTEM, NULL, "JPEG is read and written with libjpeg-turbo (Debian: libturbojpeg0), and it cannot be loaded: %s", why) : 0;
}

/* The half, the quarter, the eighth: what it does at no cost. */
static int smaller(int side, int by)
{
	return (side + (1 << by) - 1) >> by;
}

int jpeg_picture(struct slice file, struct picture *ret, struct err *e)
{
	AUTO_PICTURE struct picture p = {0};
	int w, h, sampling, space, by = 0, r = jpeg_load(e);
	if (r < 0)
		return r;
	tjhandle t = lib.init_read();
	if (!t)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a JPEG");
	if (lib.header(t, file.p, file.n, &w, &h, &sampling, &space) < 0 || w <= 0 || h <= 0) {
		r = err_set(e, ERR_INPUT, NULL, "a JPEG that cannot be read: %s", lib.error(t));
	} else if ((uint64_t)w * (uint64_t)h > 4 * SCAN_PIXELS_MAX) {
		r = err_set(e, ERR_LIMIT, NULL, "a picture of %d x %d pixels is not read", w, h);
	} else {
		while (by < 3 && (smaller(w, by) > READ_SIDE || smaller(h, by) > READ_SIDE))
			by++;
		r = picture_new(&p, (unsigned)smaller(w, by), (unsigned)smaller(h, by), 3, e);
	}
	if (r == 0)
		memset(p.p, 255, (size_t)3 * p.w * p.h);
	/* one that is cut off is shown as far as it goes, as everywhere: a warning, and what is missing is grey */
	if (r == 0 && lib.read(t, file.p, file.n, p.p, (int)p.w, 0, (int)p.h, TJPF_RGB, TJFLAG_LIMITSCANS) < 0 && lib.code(t) != TJERR_WARNING)
		r = err_set(e, ERR_INPUT, NULL, "a JPEG that cannot be read: %s", lib.error(t));
	lib.destroy(t);
	if (r == 0) {
		*ret = p;
		p = (struct picture){0};
	}
	return r;
}

int jpeg_write(const struct picture *p, struct buf *ret, struct err *e)
{
	unsigned char *out = NULL;
	unsigned long n = 0;
	int r = jpeg_load(e);
	tjhandle t = r == 0 ? lib.init_write() : NULL;
	if (r < 0)
		return r;
	if (!t)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a JPEG");
	bool grey = p->channels == 1;
	if (lib.write(t, p->p, (int)p->w, 0, (int)p->h, grey ? TJPF_GRAY : TJPF_RGB, &out, &n, grey ? TJSAMP_GRAY : TJSAMP_420, 80, 0) < 0)
		r = err_set(e, ERR_MEMORY, NULL, "a page could not be written as JPEG: %s", lib.error(t));
	else if (n > SCAN_KEPT_MAX)
		r = err_set(e, ERR_LIMIT, NULL, "a page would be larger than is kept");
	else
		buf_add(ret, out, n);
	lib.free(out);
	lib.destroy(t);
	return r < 0 ? r : buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "no memory for a page");
}
