/* A book of sheets: each laid out once when it is added, drawn when the numbers are known. */
#include "libzint.h"

#include <stdio.h>
#include <stdlib.h>

#define BOOK_MAX ((size_t)2 << 30)
#define MARGIN 11.0

static const struct {
	void (*draw)(struct pad *p, const struct paper_sheet *s);
	bool wide, bare;
} how[PAPER_KINDS] = {
	[PAPER_CENSUS] = {sheet_census, true, false}, [PAPER_SUMMARY] = {sheet_summary, false, false}, [PAPER_MAR] = {sheet_mar, true, false}, [PAPER_LABS] = {sheet_labs, false, false}, [PAPER_ORDERS] = {sheet_orders, false, false},
	[PAPER_LABELS] = {sheet_labels, false, true}, [PAPER_WRISTBANDS] = {sheet_wristbands, true, true}, [PAPER_REGISTRATION] = {sheet_form, false, false}, [PAPER_VITALS] = {sheet_form, true, false},
	[PAPER_MAR_FORM] = {sheet_form, true, false}, [PAPER_ORDERS_FORM] = {sheet_form, false, false}, [PAPER_NOTES] = {sheet_form, false, false}, [PAPER_LAB_REQUISITION] = {sheet_form, false, false},
	[PAPER_TRANSFER] = {sheet_form, false, false}, [PAPER_CONTACTS] = {sheet_contacts, false, false}, [PAPER_CALLS] = {sheet_calls, true, false},
};

/* ---- a book ---- */

static cairo_status_t nowhere(void *arg, const unsigned char *b, unsigned n)
{
	return CAIRO_STATUS_SUCCESS;
}

static struct slice keep(struct paper_book *b, struct slice s)
{
	struct pad p = {.b = b};
	return pad_dup(&p, s);
}

int paper_book_new(const struct paper_run *o, struct paper_book **ret, struct err *e)
{
	int r = paper_load(e);
	if (r < 0)
		return r;
	struct paper_book *b = calloc(1, sizeof *b);
	if (!b)
		return err_set(e, ERR_MEMORY, NULL, "no memory for sheets");
	b->a = arena_new(BOOK_MAX);
	r = b->a ? font_new(&b->font, e) : err_set(e, ERR_MEMORY, NULL, "no memory for sheets");
	if (r < 0) {
		arena_free(b->a);
		free(b);
		return r;
	}
	b->run = *o;
	b->lang = !strcmp(o->lang, "fr") ? LANG_FR : !strcmp(o->lang, "zh") ? LANG_ZH : LANG_EN;
	b->scale = o->large ? 1.35 : 1;
	b->run.notice = keep(b, o->notice);
	b->run.root = keep(b, o->root);
	b->run.site = arena_strdup(b->a, keep(b, slice_str(o->site)));
	b->scratch = cairo_pdf_surface_create_for_stream(nowhere, NULL, 100, 100);
	b->scratch_cr = cairo_create(b->scratch);
	b->layout = pango_cairo_create_layout(b->scratch_cr);
	pango_context_set_round_glyph_positions(pango_layout_get_context(b->layout), false);
	for (int i = 0; i < 2; i++) {
		b->desc[i] = pango_font_description_from_string(PAPER_SANS);
		pango_font_description_set_weight(b->desc[i], i ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	}
	*ret = b;
	return 0;
}

void paper_book_free(struct paper_book *b)
{
	if (!b)
		return;
	g_object_unref(b->layout);
	for (int i = 0; i < 2; i++)
		pango_font_description_free(b->desc[i]);
	cairo_destroy(b->scratch_cr);
	cairo_surface_destroy(b->scratch);
	font_free(b->font);
	arena_free(b->a);
	free(b->index);
	free(b);
}

size_t paper_book_sheets(const struct paper_book *b)
{
	return b->n;
}

unsigned paper_book_pages(const struct paper_book *b, size_t sheet)
{
	return b->index[sheet]->pages;
}

enum paper_kind paper_book_kind(const struct paper_book *b, size_t sheet)
{
	return b->index[sheet]->kind;
}

const char *paper_book_patient(const struct paper_book *b, size_t sheet)
{
	const struct leaf *l = b->index[sheet];
	return l->has_who && l->who.id ? l->who.id : "";
}

struct slice paper_book_unit(const struct paper_book *b, size_t sheet)
{
	return b->index[sheet]->unit;
}

/* ---- laying out ---- */

static void measure(struct pad *p, bool wide)
{
	const struct paper_run *o = &p->b->run;
	double a = o->us ? 215.9 : 210, b = o->us ? 279.4 : 297;
	p->w = wide ? b : a;
	p->h = wide ? a : b;
	p->s = p->b->scale;
	p->left = MARGIN;
	p->right = p->w - MARGIN;
	p->bottom = p->h - 7.5 - 10.2 * p->s;
}

void pad_page(struct pad *p, bool wide)
{
	struct leaf *l = p->leaf;
	struct page *n = arena_alloc(p->b->a, sizeof *n);
	if (!n || l->pages >= PAPER_PAGES_OF_SHEET_MAX) {
		if (p->code == 0)
			p->code = err_set(p->e, ERR_LIMIT, NULL, "a sheet would have more than %u pages", PAPER_PAGES_OF_SHEET_MAX);
		p->y = p->top; /* and it goes on over the last one, which nobody will see */
		return;
	}
	n->wide = wide;
	if (l->last)
		l->last->next = n;
	else
		l->first = n;
	l->last = n;
	l->pages++;
	p->page = n;
	measure(p, wide);
	p->top = l->bare ? 0 : part_head_height(p, l);
	p->y = p->top;
}

void pad_room(struct pad *p, double h)
{
	if (p->y + h <= p->bottom || p->y <= p->top)
		return;
	pad_page(p, p->page->wide);
	if (p->again)
		p->again(p);
}

static void take_person(struct paper_book *b, struct leaf *l, const struct paper_person *w)
{
	struct paper_person *k = &l->who;
	*k = *w;
	struct slice *all[] = {&k->family, &k->given, &k->birth, &k->sex, &k->number, &k->assigner, &k->visit, &k->unit, &k->room, &k->bed, &k->facility, &k->attending, &k->since, &k->allergies, &k->alerts};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		*all[i] = keep(b, *all[i]);
	k->id = w->id ? arena_strdup(b->a, slice_str(w->id)) : NULL;
	l->has_who = true;
}

int paper_book_add(struct paper_book *b, const struct paper_sheet *s, struct err *e)
{
	if (b->n >= PAPER_SHEETS_MAX)
		return err_set(e, ERR_LIMIT, NULL, "more than %u sheets in one book: print the units one by one", PAPER_SHEETS_MAX);
	if (b->n == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : 64;
		struct leaf **p = reallocarray(b->index, cap, sizeof *p);
		if (!p)
			return err_set(e, ERR_MEMORY, NULL, "no memory for sheets");
		b->index = p;
		b->cap = cap;
	}
	struct leaf *l = arena_alloc(b->a, sizeof *l);
	if (!l)
		return err_set(e, arena_code(b->a), NULL, "no memory for sheets");
	l->kind = s->kind;
	l->bare = how[s->kind].bare;
	l->unit = keep(b, s->unit);
	l->facility = keep(b, s->facility);
	if (s->who)
		take_person(b, l, s->who);
	struct pad p = {.b = b, .leaf = l, .e = e};
	pad_page(&p, how[s->kind].wide);
	if (p.page)
		how[s->kind].draw(&p, s);
	if (p.code == 0 && b->failed)
		p.code = err_set(e, ERR_LIMIT, NULL, "the sheets are larger than 2 GiB, or there is no memory: print the units one by one");
	if (p.code == 0)
		b->index[b->n++] = l;
	return p.code;
}

/* ---- drawing ---- */

static cairo_status_t put(void *arg, const unsigned char *b, unsigned n)
{
	buf_add(arg, b, n);
	return buf_ok(arg) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

struct printing {
	struct paper_book *b;
	cairo_surface_t *surface;
	cairo_t *cr;
	struct arena *a; /* of what stands around a page */
	struct err *e;
};

/* What stands around the page is laid out here, because only now is it known; it goes into an arena of its own, and away with the page. */
static void draw_page(struct printing *k, struct leaf *l, const struct page *page, unsigned no, const char *number, const struct code *qr)
{
	struct page around = {.wide = page->wide};
	struct arena *kept = k->b->a;
	struct pad p = {.b = k->b, .leaf = l, .page = &around, .e = k->e};
	measure(&p, page->wide);
	cairo_pdf_surface_set_size(k->surface, p.w * PAPER_PT, p.h * PAPER_PT);
	k->b->a = k->a;
	if (!l->bare) {
		part_head(&p, l, number, qr, no, l->pages);
		part_foot(&p, l, number);
		pad_emit(k->b, k->cr, &around, number);
	}
	k->b->a = kept;
	pad_emit(k->b, k->cr, page, number);
	cairo_show_page(k->cr);
}

static int draw_sheet(struct printing *k, size_t i, const char *block, uint64_t entry)
{
	struct leaf *l = k->b->index[i];
	struct paper_code c = {.number = {.entry = entry, .sheet = (uint32_t)i + 1}, .kind = l->kind, .entry = k->b->run.entry};
	char number[PAPER_NUMBER_MAX], text[PAPER_CODE_MAX];
	struct code qr;
	unsigned no = 1;
	int r = 0;
	snprintf(c.number.block, sizeof c.number.block, "%s", block);
	paper_number_put(&c.number, number);
	for (const struct page *p = l->first; p && r == 0; p = p->next, no++) {
		c.page = l->pages > 1 ? no : 0;
		paper_code_put(&c, text);
		arena_reset(k->a);
		r = libzint_code(CODE_QR, text, k->a, &qr, k->e);
		if (r == 0)
			draw_page(k, l, p, no, number, &qr);
	}
	return r;
}

cairo_surface_t *book_pdf_begin(struct buf *ret, cairo_t **ret_cr)
{
	cairo_font_options_t *o = cairo_font_options_create();
	cairo_surface_t *s = cairo_pdf_surface_create_for_stream(put, ret, 210 * PAPER_PT, 297 * PAPER_PT);
	cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z"); /* the same bytes whenever it is made */
	cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATOR, "Holdfast");
	*ret_cr = cairo_create(s);
	cairo_font_options_set_hint_metrics(o, CAIRO_HINT_METRICS_OFF);
	cairo_font_options_set_hint_style(o, CAIRO_HINT_STYLE_NONE);
	cairo_set_font_options(*ret_cr, o);
	cairo_font_options_destroy(o);
	return s;
}

int book_pdf_end(cairo_surface_t *s, cairo_t *cr, const struct paper_book *b, struct buf *ret, struct err *e)
{
	cairo_destroy(cr);
	cairo_surface_finish(s);
	cairo_status_t end = cairo_surface_status(s);
	cairo_surface_destroy(s);
	if (b->failed)
		return err_set(e, ERR_MEMORY, NULL, "no memory for what stands around a page");
	if (end != CAIRO_STATUS_SUCCESS || !buf_ok(ret))
		return err_set(e, buf_ok(ret) ? ERR_SYSTEM : buf_code(ret), NULL, "the PDF could not be finished: %s", buf_ok(ret) ? cairo_status_to_string(end) : "it is too large");
	return 0;
}

static int some(struct paper_book *b, const char *block, uint64_t entry, size_t from, size_t to, struct buf *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct printing k = {.b = b, .a = a, .e = e};
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory for sheets");
	k.surface = book_pdf_begin(ret, &k.cr);
	int r = 0;
	for (size_t i = from; i < to && r == 0; i++)
		r = draw_sheet(&k, i, block, entry);
	int end = book_pdf_end(k.surface, k.cr, b, ret, r < 0 ? NULL : e);
	return r < 0 ? r : end;
}

int paper_book_pdf(struct paper_book *b, const char *block, uint64_t entry, struct buf *ret, struct err *e)
{
	return some(b, block, entry, 0, b->n, ret, e);
}

int paper_book_pdf_of(struct paper_book *b, const char *block, uint64_t entry, size_t sheet, struct buf *ret, struct err *e)
{
	assert(sheet < b->n);
	return some(b, block, entry, sheet, sheet + 1, ret, e);
}
