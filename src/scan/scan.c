/* One page of a file: decoded, its codes read, turned upright, made small, written again. */
#include "scan_internal.h"

enum scan_format scan_format_of(struct slice f)
{
	struct slice head = slice_of(f.p, f.n < 1024 ? f.n : 1024);
	if (slice_starts(f, "\x89PNG\r\n\x1a\n"))
		return SCAN_PNG;
	if (slice_starts(f, "\xff\xd8\xff"))
		return SCAN_JPEG;
	if (f.n >= 4 && (!memcmp(f.p, "II*\0", 4) || !memcmp(f.p, "MM\0*", 4)))
		return SCAN_TIFF;
	return head.n && memmem(head.p, head.n, "%PDF-", 5) ? SCAN_PDF : SCAN_NONE; /* ISO 32000-1 Annex H: somewhere in the first 1024 bytes */
}

static int decode(struct slice file, unsigned page, unsigned *ret_pages, struct picture *ret, struct err *e)
{
	enum scan_format f = scan_format_of(file);
	*ret_pages = 1;
	if (file.n > SCAN_FILE_MAX)
		return err_set(e, ERR_LIMIT, NULL, "a file of more than %zu MiB is not read", SCAN_FILE_MAX >> 20);
	if (f == SCAN_PDF)
		return pdf_pages(file, page, ret_pages, ret, e);
	if (f == SCAN_TIFF)
		return tiff_pages(file, page, ret_pages, ret, e);
	if (f == SCAN_NONE)
		return err_set(e, ERR_INPUT, NULL, "this is no PDF, PNG, JPEG or TIFF");
	if (page != 1)
		return err_set(e, ERR_INPUT, NULL, "a picture has one page");
	return f == SCAN_PNG ? png_picture(file, ret, e) : jpeg_picture(file, ret, e);
}

static bool has_sheet(const struct codes *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].qr && slice_starts(c->v[i].text, "HF"))
			return true;
	return false;
}

/* As it is, which is mostly enough; then what helps one or the other: twice as large (a fine code with noise in it), with its light made even, smaller (the grain of a copy goes). Each costs some tenths of a second. */
static const struct try {
	unsigned side;     /* made smaller to this */
	bool twice, clear; /* twice: only what is smaller than this to begin with */
} tries[] = {{4200, false, false}, {2400, true, false}, {4200, false, true}, {2400, true, true}, {2339, false, false}, {1500, false, false}};

static int look_once(const struct picture *grey, const struct try *t, struct codes *c, struct err *e)
{
	AUTO_PICTURE struct picture g = {0}, larger = {0};
	int r = picture_fit(grey, t->side, &g, e);
	if (r == 0 && t->clear)
		picture_clear(&g);
	if (r == 0 && t->twice)
		r = picture_twice(&g, &larger, e);
	return r < 0 ? r : codes_read(t->twice ? &larger : &g, c, e);
}

static int look_for_codes(const struct picture *grey, struct codes *c, bool *ret_blank, struct err *e)
{
	unsigned longer = grey->w > grey->h ? grey->w : grey->h;
	int r = look_once(grey, &tries[0], c, e);
	*ret_blank = r == 0 && !c->n && picture_is_blank(grey);
	for (size_t i = 1; i < ARRAY_LEN(tries) && r == 0 && !has_sheet(c) && !*ret_blank; i++)
		if (tries[i].twice ? longer <= tries[i].side : tries[i].clear || longer > tries[i].side)
			r = look_once(grey, &tries[i], c, e);
	return r;
}

/* Upright, and no larger than is kept. */
static int keep(const struct picture *p, const struct picture *grey, unsigned turned, struct scan_page *to, struct buf *jpeg, struct err *e)
{
	AUTO_PICTURE struct picture small = {0}, upright = {0};
	int r = picture_fit(picture_is_grey(p) ? grey : p, SCAN_KEPT_SIDE, &small, e);
	if (r == 0 && turned)
		r = picture_turn(&small, turned, &upright, e);
	const struct picture *last = turned ? &upright : &small;
	if (r < 0)
		return r;
	to->width = last->w;
	to->height = last->h;
	return jpeg_write(last, jpeg, e);
}

static int read_page(struct slice file, struct scan_page *p, struct codes *c, struct buf *jpeg, struct err *e)
{
	AUTO_PICTURE struct picture picture = {0}, grey = {0};
	int r = decode(file, p->page, &p->pages, &picture, e);
	if (r == 0)
		r = picture_grey(&picture, &grey, e);
	if (r == 0)
		r = look_for_codes(&grey, c, &p->blank, e);
	if (r < 0)
		return r;
	p->turned = c->turned > 0 ? (unsigned)c->turned : 0;
	return keep(&picture, &grey, p->turned, p, jpeg, e);
}

int scan_read(struct slice file, unsigned page, struct buf *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
	AUTO_BUF struct buf jpeg = {0};
	struct err why = {0};
	struct scan_page p = {.page = page, .pages = 1};
	struct codes c = {.a = a, .turned = -1};
	buf_init(&jpeg, SCAN_KEPT_MAX + 1);
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a page");
	int r = read_page(file, &p, &c, &jpeg, &why);
	if (r < 0 && (p.pages == 1 || (r != ERR_INPUT && r != ERR_LIMIT && r != ERR_MEMORY))) { /* of several pages the others may be readable */
		if (e)
			*e = why;
		return r;
	}
	if (r < 0)
		p.error = slice_str(why.text);
	else
		p.jpeg = buf_slice(&jpeg);
	p.code_n = c.n;
	memcpy(p.code, c.v, sizeof c.v);
	scan_answer_put(&p, ret);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "no memory for a page");
}
