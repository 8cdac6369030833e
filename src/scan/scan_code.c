/* The codes on a page, by zbar: QR codes at any turn, and the bar codes of labels. Where a QR code stands says which way up the page is: its first corner, and the one to the right of it. */
#include "scan_internal.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <zbar.h>

#define Y800 0x30303859ul /* one byte of grey: "Y800" */

static struct {
	__typeof__(zbar_image_scanner_create) *create;
	__typeof__(zbar_image_scanner_destroy) *destroy;
	__typeof__(zbar_image_scanner_set_config) *config;
	__typeof__(zbar_scan_image) *scan;
	__typeof__(zbar_image_create) *image;
	__typeof__(zbar_image_destroy) *image_done;
	__typeof__(zbar_image_set_format) *format;
	__typeof__(zbar_image_set_size) *size;
	__typeof__(zbar_image_set_data) *data;
	__typeof__(zbar_image_first_symbol) *first;
	__typeof__(zbar_symbol_next) *next;
	__typeof__(zbar_symbol_get_type) *type;
	__typeof__(zbar_symbol_get_data) *text;
	__typeof__(zbar_symbol_get_data_length) *length;
	__typeof__(zbar_symbol_get_loc_size) *points;
	__typeof__(zbar_symbol_get_loc_x) *x;
	__typeof__(zbar_symbol_get_loc_y) *y;
} lib;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char why[256];

static void load(void)
{
	void *l = scan_library("libzbar.so.0", why);
	*(void **)&lib.create = scan_function(l, "zbar_image_scanner_create", why);
	*(void **)&lib.destroy = scan_function(l, "zbar_image_scanner_destroy", why);
	*(void **)&lib.config = scan_function(l, "zbar_image_scanner_set_config", why);
	*(void **)&lib.scan = scan_function(l, "zbar_scan_image", why);
	*(void **)&lib.image = scan_function(l, "zbar_image_create", why);
	*(void **)&lib.image_done = scan_function(l, "zbar_image_destroy", why);
	*(void **)&lib.format = scan_function(l, "zbar_image_set_format", why);
	*(void **)&lib.size = scan_function(l, "zbar_image_set_size", why);
	*(void **)&lib.data = scan_function(l, "zbar_image_set_data", why);
	*(void **)&lib.first = scan_function(l, "zbar_image_first_symbol", why);
	*(void **)&lib.next = scan_function(l, "zbar_symbol_next", why);
	*(void **)&lib.type = scan_function(l, "zbar_symbol_get_type", why);
	*(void **)&lib.text = scan_function(l, "zbar_symbol_get_data", why);
	*(void **)&lib.length = scan_function(l, "zbar_symbol_get_data_length", why);
	*(void **)&lib.points = scan_function(l, "zbar_symbol_get_loc_size", why);
	*(void **)&lib.x = scan_function(l, "zbar_symbol_get_loc_x", why);
	*(void **)&lib.y = scan_function(l, "zbar_symbol_get_loc_y", why);
}

int codes_load(struct err *e)
{
	pthread_once(&once, load);
	return why[0] ? err_set(e, ERR_SYSTEM, NULL, "codes are read with zbar (Debian: libzbar0), and it cannot be loaded: %s", why) : 0;
}

/* zbar gives the corners of a QR code as upper left, lower left, lower right, upper right of the code itself. */
static int turn_of(const zbar_symbol_t *s)
{
	if (lib.points(s) != 4)
		return -1;
	double dx = lib.x(s, 3) - lib.x(s, 0), dy = lib.y(s, 3) - lib.y(s, 0);
	if (dx == 0 && dy == 0)
		return -1;
	int quarters = (int)lround(atan2(dy, dx) / M_PI_2); /* that the page was turned clockwise */
	return (4 - (quarters + 4) % 4) % 4 * 90;
}

static int take(struct codes *c, const zbar_symbol_t *s, struct err *e)
{
	struct slice text = slice_of(lib.text(s), lib.length(s));
	bool qr = lib.type(s) == ZBAR_QRCODE;
	if (!text.n || text.n > SCAN_CODE_MAX || !utf8_valid(text))
		return 0;
	if (qr && c->turned < 0 && slice_starts(text, "HF"))
		c->turned = turn_of(s);
	for (size_t i = 0; i < c->n; i++)
		if (slice_eq(c->v[i].text, text))
			return 0;
	if (c->n == SCAN_CODES_MAX)
		return 0;
	c->v[c->n] = (struct scan_code){.text = arena_dup(c->a, text), .qr = qr};
	return c->v[c->n++].text.p ? 0 : err_set(e, arena_code(c->a), NULL, "no memory for codes");
}

int codes_read(const struct picture *g, struct codes *c, struct err *e)
{
	assert(g->channels == 1);
	int r = codes_load(e);
	zbar_image_scanner_t *z = r == 0 ? lib.create() : NULL;
	zbar_image_t *i = z ? lib.image() : NULL;
	if (r < 0)
		return r;
	if (!i) {
		if (z)
			lib.destroy(z);
		return err_set(e, ERR_MEMORY, NULL, "no memory to look for codes");
	}
	lib.config(z, ZBAR_NONE, ZBAR_CFG_ENABLE, 0); /* fewer kinds are read wrongly less often: a pattern of writing is a short code of some kind or other */
	lib.config(z, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	lib.config(z, ZBAR_CODE128, ZBAR_CFG_ENABLE, 1);
	lib.format(i, Y800);
	lib.size(i, g->w, g->h);
	lib.data(i, g->p, (unsigned long)g->w * g->h, NULL);
	if (lib.scan(z, i) > 0)
		for (const zbar_symbol_t *s = lib.first(i); s && r == 0; s = lib.next(s))
			r = take(c, s, e);
	lib.image_done(i);
	lib.destroy(z);
	return r;
}
