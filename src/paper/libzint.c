/* libzint, loaded when the first barcode is drawn and not before: it brings an image library along that nothing else here needs. Symbols are taken as modules and drawn as rectangles of the page: a printer's own resolution, and no picture in the
 * PDF. */
#include "libzint.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <zint.h>

static struct {
	__typeof__(ZBarcode_Create) *create;
	__typeof__(ZBarcode_Delete) *delete;
	__typeof__(ZBarcode_Encode) *encode;
} lib;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char why[256];

static void load(void)
{
	void *l = dlopen("libzint.so.2.11", RTLD_NOW | RTLD_LOCAL);
	if (l) {
		*(void **)&lib.create = dlsym(l, "ZBarcode_Create");
		*(void **)&lib.delete = dlsym(l, "ZBarcode_Delete");
		*(void **)&lib.encode = dlsym(l, "ZBarcode_Encode");
	}
	if (!lib.create || !lib.delete || !lib.encode) {
		const char *say = dlerror();
		snprintf(why, sizeof why, "%s", say ? say : "it cannot be opened");
	}
}

/* The struct is the library's own of this one version: its name says which, and that is the one that is opened. */
static int modules(const struct zint_symbol *z, struct arena *a, struct code *ret, struct err *e)
{
	unsigned wide = (unsigned)z->width, high = (unsigned)z->rows;
	if (z->width <= 0 || z->rows <= 0 || wide > CODE_SIDE_MAX || high > 200)
		return err_set(e, ERR_LIMIT, NULL, "a barcode of this text would be too large");
	uint8_t *dark = arena_array(a, wide, high);
	if (!dark)
		return err_set(e, arena_code(a), NULL, "no memory for a barcode");
	for (unsigned y = 0; y < high; y++)
		for (unsigned x = 0; x < wide; x++)
			dark[y * wide + x] = z->encoded_data[y][x / 8] >> (x % 8) & 1;
	*ret = (struct code){wide, high, dark};
	return 0;
}

int paper_load_codes(struct err *e)
{
	pthread_once(&once, load);
	return !why[0] ? 0 : err_set(e, ERR_SYSTEM, NULL, "barcodes are made with libzint (Debian: libzint2.11), and it cannot be loaded: %s", why);
}

int libzint_code(enum code_kind k, const char *text, struct arena *a, struct code *ret, struct err *e)
{
	int r = paper_load_codes(e);
	struct zint_symbol *z = r == 0 ? lib.create() : NULL;
	if (r < 0)
		return r;
	if (!z)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a barcode");
	z->symbology = k == CODE_QR ? BARCODE_QRCODE : k == CODE_128 ? BARCODE_CODE128 : BARCODE_DATAMATRIX;
	z->input_mode = k == CODE_128 ? DATA_MODE : UNICODE_MODE;
	if (k == CODE_QR)
		z->option_1 = 2; /* level M: 15 % may be stained */
	if (k == CODE_MATRIX)
		z->option_3 = DM_SQUARE;
	r = lib.encode(z, (const unsigned char *)text, (int)strlen(text));
	r = r >= ZINT_ERROR ? err_set(e, ERR_INPUT, NULL, "no barcode can be made of this text: %s", z->errtxt) : modules(z, a, ret, e);
	lib.delete(z);
	return r;
}
