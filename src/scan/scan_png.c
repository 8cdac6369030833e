/* PNG, by libpng's own reader of memory: the header first, and its pixels only when they are few enough (RFC 2083; a header of a few bytes may ask for any amount). */
#include "scan_internal.h"

#include <png.h>
#include <pthread.h>
#include <stdio.h>

static struct {
	__typeof__(png_image_begin_read_from_memory) *begin;
	__typeof__(png_image_finish_read) *finish;
	__typeof__(png_image_free) *free;
} lib;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char why[256];

static void load(void)
{
	void *l = scan_library("libpng16.so.16", why);
	*(void **)&lib.begin = scan_function(l, "png_image_begin_read_from_memory", why);
	*(void **)&lib.finish = scan_function(l, "png_image_finish_read", why);
	*(void **)&lib.free = scan_function(l, "png_image_free", why);
}

int png_load(struct err *e)
{
	pthread_once(&once, load);
	return why[0] ? err_set(e, ERR_SYSTEM, NULL, "PNG is read with libpng (Debian: libpng16-16), and it cannot be loaded: %s", why) : 0;
}

int png_picture(struct slice file, struct picture *ret, struct err *e)
{
	png_image i = {.version = PNG_IMAGE_VERSION};
	AUTO_PICTURE struct picture p = {0};
	int r = png_load(e);
	if (r < 0)
		return r;
	if (!lib.begin(&i, file.p, file.n))
		return err_set(e, ERR_INPUT, NULL, "a PNG that cannot be read: %s", i.message);
	i.format = PNG_FORMAT_RGB;
	r = picture_new(&p, i.width, i.height, 3, e);
	const png_color white = {255, 255, 255};
	if (r == 0 && !lib.finish(&i, &white, p.p, (png_int_32)(3 * p.w), NULL))
		r = err_set(e, ERR_INPUT, NULL, "a PNG that cannot be read: %s", i.message);
	lib.free(&i);
	if (r == 0) {
		*ret = p;
		p = (struct picture){0};
	}
	return r;
}
