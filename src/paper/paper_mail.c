/* paper_mail: a mailing. A letter is laid out into lines (where each stands, and on which page), because its pages say how many there are; then it is drawn. What a paragraph looks like depends on its text, size, width and language only, so
 * layouts are kept in a table by them and most paragraphs of a letter have been laid out for the letter before it. */
#include "libcairo.h"
#include "paper_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define PT (72.0 / 25.4)
#define KEPT 1024u              /* layouts; when it is half full of others it is emptied */
#define LINES_MAX 4096u         /* of one letter */
#define MARKUP_MAX ((size_t)1 << 20)
#define TAIL_MAX ((size_t)512 << 20)

struct laid {
	PangoLayout *layout;
	char *key;              /* size, boldness, width, language, text */
	size_t key_n;
	int n;                  /* lines */
	double height, first;   /* mm; first: base line of its first line */
	struct row {
		double top, base, bottom; /* mm from the layout's top */
	} *row;
};
struct placed {                 /* a line, or a rule that has no layout */
	const struct laid *of;
	int row;
	unsigned page;
	double x, y;            /* base line */
	const char *tag;        /* begins a tagged part; NULL: goes on with it */
	bool ends;
	bool list, item;        /* a list, an item of one begins before it */
	bool item_end, list_end;
};
struct paper_mail {
	cairo_surface_t *surface;
	cairo_t *cr;
	PangoFontDescription *font[2][2]; /* [Chinese][bold] */
	struct laid *kept[KEPT];
	size_t kept_n;
	struct placed *placed;
	size_t placed_n;
	struct buf markup, key;
	struct buf tail;        /* what cairo writes when it ends */
	const char *lang;       /* of all letters; NULL: of several languages, or of none yet */
	bool mixed, ending;
	paper_sink *sink;
	void *arg;
	struct err *e;
	int code;
	unsigned pages;         /* drawn so far */
	bool ended, begun;      /* begun: the tag of the whole */
	/* the letter that is being laid out */
	const struct paper_post *p;
	double w, h, left, right, top, bottom, y, unit; /* unit: mm of a letter's size, of body text */
	unsigned page;
	size_t last_item;       /* of placed + 1: where the open list's last item ends; 0: there is none */
};

static cairo_status_t put(void *arg, const unsigned char *b, unsigned n)
{
	struct paper_mail *m = arg;
	if (m->ending)
		buf_add(&m->tail, b, n);
	else if (m->code == 0)
		m->code = m->sink(m->arg, slice_of(b, n), m->e);
	return m->code == 0 ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* cairo cannot say in which language a document is (/Lang, PDF 14.9.2), nor that a window shows its title and not the file's name (PDF 12.2). It belongs into the catalogue, the last object before the table of places, so that nothing moves but that table. Where it is already, or where the end looks otherwise, it stays as it is. */
static void complete_catalogue(struct paper_mail *m, struct buf *out)
{
	const char *text = buf_cstr(&m->tail);
	size_t n = m->tail.n;
	const char *cat = memmem(text, n, "<< /Type /Catalog\n", 18), *from = cat, *end, *start;
	while (from) { /* the last: a font's bytes may look like anything */
		cat = from;
		from = memmem(cat + 1, n - (size_t)(cat + 1 - text), "<< /Type /Catalog\n", 18);
	}
	end = cat ? memmem(cat, n - (size_t)(cat - text), ">>\nendobj\nxref\n", 15) : NULL;
	start = end ? memmem(end, n - (size_t)(end - text), "\nstartxref\n", 11) : NULL;
	uint64_t at;
	struct slice rest, digits = start ? slice_cut(slice_of(start + 11, n - (size_t)(start + 11 - text)), '\n', &rest) : SLICE_NULL;
	if (!start || num_u64(digits, 1, UINT64_MAX / 2, &at) < 0 || memmem(cat, (size_t)(end - cat), "/Lang", 5) || memmem(cat, (size_t)(end - cat), "/ViewerPreferences", 18)) {
		buf_add_slice(out, buf_slice(&m->tail));
		return;
	}
	buf_add(out, text, (size_t)(end - text));
	size_t before = out->n;
	if (m->lang && !m->mixed)
		buf_printf(out, "   /Lang (%s)\n", !strcmp(m->lang, "zh") ? "zh-CN" : m->lang);
	buf_str(out, "   /ViewerPreferences << /DisplayDocTitle true >>\n");
	at += out->n - before;
	buf_add(out, end, (size_t)(start + 11 - end));
	buf_printf(out, "%llu\n", (unsigned long long)at);
	buf_add_slice(out, rest);
}

/* ---- paragraphs ---- */

static void laid_free(struct laid *l)
{
	if (!l)
		return;
	if (l->layout)
		g_object_unref(l->layout);
	free(l->key);
	free(l->row);
	free(l);
}

static void forget(struct paper_mail *m)
{
	for (size_t i = 0; i < KEPT; i++) {
		laid_free(m->kept[i]);
		m->kept[i] = NULL;
	}
	m->kept_n = 0;
}

static void measure(struct laid *l)
{
	PangoLayoutIter *it = pango_layout_get_iter(l->layout);
	int i = 0, w, h;
	do {
		int y0, y1;
		pango_layout_iter_get_line_yrange(it, &y0, &y1);
		l->row[i++] = (struct row){(double)y0 / PANGO_SCALE / PT, (double)pango_layout_iter_get_baseline(it) / PANGO_SCALE / PT, (double)y1 / PANGO_SCALE / PT};
	} while (i < l->n && pango_layout_iter_next_line(it));
	pango_layout_iter_free(it);
	pango_layout_get_size(l->layout, &w, &h);
	l->height = (double)h / PANGO_SCALE / PT;
	l->first = l->row[0].base;
}

static struct laid *lay_new(struct paper_mail *m, struct slice text, double size, bool bold, double width)
{
	struct laid *l = calloc(1, sizeof *l);
	bool zh = !strcmp(m->p->lang, "zh");
	if (!l)
		return NULL;
	buf_reset(&m->markup);
	paper_mark_up(&m->markup, m->p->lang, text, true);
	l->key = malloc(m->key.n);
	l->layout = pango_cairo_create_layout(m->cr);
	if (!buf_ok(&m->markup) || !l->key || !l->layout) {
		laid_free(l);
		return NULL;
	}
	memcpy(l->key, m->key.p, m->key.n);
	l->key_n = m->key.n;
	pango_context_set_round_glyph_positions(pango_layout_get_context(l->layout), false);
	pango_font_description_set_absolute_size(m->font[zh][bold], size * PT * PANGO_SCALE);
	pango_layout_set_font_description(l->layout, m->font[zh][bold]);
	pango_layout_set_width(l->layout, (int)(width * PT * PANGO_SCALE));
	pango_layout_set_wrap(l->layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_spacing(l->layout, (int)(size * 0.16 * PT * PANGO_SCALE));
	pango_layout_set_markup(l->layout, buf_cstr(&m->markup), -1);
	l->n = pango_layout_get_line_count(l->layout);
	l->row = calloc((size_t)(l->n > 0 ? l->n : 1), sizeof *l->row);
	if (!l->row || l->n < 1) {
		laid_free(l);
		return NULL;
	}
	measure(l);
	return l;
}

static uint64_t hash(const uint8_t *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a; whoever makes them fall together makes it slower, and no more */
	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h ^ h >> 29;
}

/* NULL: no memory, or the paragraph is too long; m->code says so. */
static const struct laid *lay(struct paper_mail *m, struct slice text, double size, bool bold, double width)
{
	buf_reset(&m->key);
	buf_printf(&m->key, "%d %d %d %s ", (int)(size * 1000), bold, (int)(width * 1000), m->p->lang);
	buf_add_slice(&m->key, text);
	if (!buf_ok(&m->key)) {
		m->code = m->code ? m->code : err_set(m->e, buf_code(&m->key), NULL, "a paragraph of this letter is too long");
		return NULL;
	}
	size_t i = hash(m->key.p, m->key.n) % KEPT;
	while (m->kept[i] && (m->kept[i]->key_n != m->key.n || memcmp(m->kept[i]->key, m->key.p, m->key.n)))
		i = (i + 1) % KEPT;
	if (m->kept[i])
		return m->kept[i];
	if (m->kept_n == KEPT - 1) { /* only within one letter: between letters it is emptied before */
		m->code = m->code ? m->code : err_set(m->e, ERR_LIMIT, NULL, "this letter has too many paragraphs");
		return NULL;
	}
	m->kept[i] = lay_new(m, text, size, bold, width);
	if (!m->kept[i]) {
		m->code = m->code ? m->code : err_set(m->e, ERR_MEMORY, NULL, "no memory for a letter's page");
		return NULL;
	}
	m->kept_n++;
	return m->kept[i];
}

/* ---- placing ---- */

static void next_page(struct paper_mail *m)
{
	if (++m->page > PAPER_POST_PAGES_MAX && m->code == 0)
		m->code = err_set(m->e, ERR_LIMIT, NULL, "this letter would have more than %u pages", PAPER_POST_PAGES_MAX);
	m->y = m->top;
}

static void place_row(struct paper_mail *m, const struct laid *l, int row, double x, double base, const char *tag, bool ends)
{
	if (m->placed_n == LINES_MAX) {
		m->code = m->code ? m->code : err_set(m->e, ERR_LIMIT, NULL, "this letter has more than %u lines", LINES_MAX);
		return;
	}
	m->placed[m->placed_n++] = (struct placed){.of = l, .row = row, .page = m->page, .x = x, .y = base, .tag = tag, .ends = ends};
}

/* All of it from y down, wherever that is: heads and fields. */
static void place_at(struct paper_mail *m, const struct laid *l, double x, double y, const char *tag)
{
	for (int i = 0; l && i < l->n; i++)
		place_row(m, l, i, x, y + l->row[i].base, i ? NULL : tag, i == l->n - 1);
}

/* Lines from `from` on that stand on this page; at least two of a paragraph stay together where it has them. */
static int rows_here(const struct paper_mail *m, const struct laid *l, int from, double y)
{
	int n = from;
	while (n < l->n && y + l->row[n].bottom - l->row[from].top <= m->bottom)
		n++;
	if (n < l->n && n - from == 1 && l->n > 1 && y > m->top)
		return from;
	if (n == l->n - 1 && n - from > 2)
		n--;
	return n;
}

/* A paragraph, over as many pages as it takes. */
static void place_flow(struct paper_mail *m, const struct laid *l, double x, const char *tag)
{
	for (int from = 0; l && from < l->n && m->code == 0;) {
		int to = rows_here(m, l, from, m->y);
		if (to == from && m->y > m->top) {
			next_page(m);
			continue;
		}
		if (to == from)
			to++; /* one line that is higher than a page: letters are never so large */
		for (int i = from; i < to; i++)
			place_row(m, l, i, x, m->y + l->row[i].base - l->row[from].top, i == from ? tag : NULL, i == to - 1);
		m->y += l->row[to - 1].bottom - l->row[from].top;
		from = to;
		if (from < l->n)
			next_page(m);
	}
}

struct style {
	double size, before, label; /* in body sizes */
	bool bold, stays;
	const char *tag;
};
static const struct style styles[] = {
	[PAPER_TITLE] = {1.35, 1.0, 0, true, true, "H1"}, [PAPER_HEADING] = {1.1, 1.15, 0, true, true, "H2"}, [PAPER_TEXT] = {1, 0.62, 0, false, false, "P"}, [PAPER_FIELD] = {1, 0.45, 11, false, false, "P"},
	[PAPER_ITEM] = {1, 0.32, 1.3, false, false, "P"}, [PAPER_QUESTION] = {1, 0.8, 2.2, true, true, "P"}, [PAPER_BLANK] = {1, 0.5, 0, false, false, "P"}, [PAPER_SMALL] = {0.91, 0.4, 0, false, false, "P"},
};

static void end_list(struct paper_mail *m)
{
	if (m->last_item)
		m->placed[m->last_item - 1].list_end = true;
	m->last_item = 0;
}

/* What was placed since `from` is an item: of the list that is open, or the first of a new one. */
static void be_item(struct paper_mail *m, size_t from)
{
	if (m->placed_n == from)
		return;
	m->placed[from].list = !m->last_item;
	m->placed[from].item = true;
	m->placed[m->placed_n - 1].item_end = true;
	m->last_item = m->placed_n;
}

static void place_block(struct paper_mail *m, const struct paper_block *b)
{
	const struct style *t = &styles[b->look];
	double size = m->unit * t->size, indent = m->unit * t->label;
	const struct laid *l = lay(m, b->text, size, t->bold, m->right - m->left - indent);
	if (!l)
		return;
	if (m->y > m->top)
		m->y += m->unit * t->before;
	double need = l->row[l->n > 1 ? 1 : 0].bottom + (t->stays ? m->unit * 4.2 : 0); /* a heading, with two lines of what follows */
	if (t->stays)
		need += l->height - l->row[l->n > 1 ? 1 : 0].bottom;
	if (m->y > m->top && m->y + need > m->bottom)
		next_page(m);
	bool item = b->look == PAPER_ITEM && b->label.n;
	size_t from = m->placed_n;
	if (!item)
		end_list(m);
	if (t->label > 0 && b->label.n) {
		const struct laid *mark = lay(m, b->label, size, b->look == PAPER_FIELD, indent - m->unit * 0.2);
		if (mark && mark->height > l->height && m->y + mark->height > m->bottom)
			next_page(m);
		if (mark)
			place_at(m, mark, m->left, m->y + l->first - mark->first, item ? "Lbl" : t->tag);
		double after = mark ? m->y + mark->height : 0;
		unsigned page = m->page;
		place_flow(m, l, m->left + indent, item ? "LBody" : t->tag);
		if (m->page == page && m->y < after)
			m->y = after;
		if (item)
			be_item(m, from);
		return;
	}
	place_flow(m, l, m->left + indent, t->tag);
}

static void place_first(struct paper_mail *m)
{
	const struct paper_post *p = m->p;
	double x = p->us ? 22 : p->address_right ? 110 : 25, y = p->us ? 52 : p->address_right ? 50 : 50, size = p->large ? 4.9 : 3.9;
	place_at(m, lay(m, p->sender, p->large ? 4.4 : 3.4, false, m->right - m->left - 62), m->left, 12.7, "P");
	if (p->date.n) {
		const struct laid *d = lay(m, p->date, p->large ? 4.4 : 3.6, false, 60);
		place_at(m, d, m->right - 56, 12.7, "P");
	}
	const struct laid *to = lay(m, p->address, size, false, 85);
	place_at(m, to, x, y, "P");
	double under = to ? y + to->height : y;
	m->y = p->us ? 95 : 98; /* below the first fold's window in either */
	if (m->y < under + m->unit)
		m->y = under + m->unit;
}

static void measure_page(struct paper_mail *m, const struct paper_post *p)
{
	m->p = p;
	m->w = p->us ? 215.9 : 210;
	m->h = p->us ? 279.4 : 297;
	m->left = p->us ? 22 : 25;
	m->right = m->w - (p->us ? 22 : 20);
	m->top = 22;
	m->bottom = m->h - (p->large ? 25 : 22);
	m->unit = (p->large ? 18.0 : 11.0) / PT;
	m->page = 0;
	m->placed_n = 0;
	m->last_item = 0;
}

static void place_foot(struct paper_mail *m, unsigned pages)
{
	char words[128];
	double size = m->p->large ? 3.9 : 2.8;
	for (m->page = 1; m->page <= pages; m->page++) {
		snprintf(words, sizeof words, "%s%u%s%u%s", m->p->page_words[0], m->page, m->p->page_words[1], pages, m->p->page_words[2]);
		place_at(m, lay(m, m->p->foot, size, false, m->right - m->left - 48), m->left, m->h - 17, NULL);
		place_at(m, lay(m, slice_str(words), size, false, 46), m->right - (m->p->large ? 44 : 30), m->h - 17, NULL);
	}
	m->page = pages;
}

/* ---- drawing ---- */

/* What stands in the foot has no tag: a reader that speaks does not say it between two halves of a sentence. */
static void draw_page(struct paper_mail *m, unsigned page)
{
	const char *open = NULL;
	for (size_t i = 0; i < m->placed_n; i++) {
		const struct placed *d = &m->placed[i];
		if (d->page != page)
			continue;
		if (d->list)
			cairo_tag_begin(m->cr, "L", NULL);
		if (d->item)
			cairo_tag_begin(m->cr, "LI", NULL);
		if (d->tag) {
			cairo_tag_begin(m->cr, d->tag, NULL);
			open = d->tag;
		}
		cairo_move_to(m->cr, d->x * PT, d->y * PT);
		pango_cairo_show_layout_line(m->cr, pango_layout_get_line_readonly(d->of->layout, d->row));
		if (d->ends && open) {
			cairo_tag_end(m->cr, open);
			open = NULL;
		}
		if (d->item_end)
			cairo_tag_end(m->cr, "LI");
		if (d->list_end)
			cairo_tag_end(m->cr, "L");
	}
	assert(!open);
}

/* A bookmark of the letter's number: a mail-house finds one among a thousand, and no name stands in it. Behind its pages: cairo 1.16 reads past the end of its list for a page that was never finished. */
static void bookmark(struct paper_mail *m, unsigned page)
{
	char name[64], at[40];
	if (!m->p->foot.n || m->p->foot.n >= sizeof name || cairo_surface_status(m->surface) != CAIRO_STATUS_SUCCESS)
		return;
	snprintf(name, sizeof name, "%.*s", SLICE_FMT(m->p->foot));
	snprintf(at, sizeof at, "page=%u", page);
	(void)cairo_pdf_surface_add_outline(m->surface, CAIRO_PDF_OUTLINE_ROOT, name, at, (cairo_pdf_outline_flags_t)0);
}

int paper_mail_add(struct paper_mail *m, const struct paper_post *p, unsigned *ret_pages, struct err *e)
{
	m->e = e;
	assert(m->code == 0 && !m->ended);
	m->mixed |= m->lang && strcmp(m->lang, p->lang);
	m->lang = p->lang;
	if (m->kept_n > KEPT / 2)
		forget(m);
	measure_page(m, p);
	next_page(m);
	place_first(m);
	for (size_t i = 0; i < p->n && m->code == 0; i++) {
		if (i && i == p->apart)
			next_page(m);
		place_block(m, &p->block[i]);
	}
	unsigned pages = m->page;
	end_list(m);
	if (m->code == 0)
		place_foot(m, pages);
	for (unsigned i = 1; i <= pages && m->code == 0; i++) {
		cairo_pdf_surface_set_size(m->surface, m->w * PT, m->h * PT);
		if (!m->begun)
			cairo_tag_begin(m->cr, "Document", NULL); /* not before the first size is set: that would forget it */
		m->begun = true;
		if (i == 1)
			cairo_tag_begin(m->cr, "Art", NULL);
		cairo_set_source_rgb(m->cr, 0, 0, 0);
		draw_page(m, i);
		if (i == pages)
			cairo_tag_end(m->cr, "Art");
		cairo_show_page(m->cr);
	}
	if (m->code == 0 && cairo_status(m->cr) != CAIRO_STATUS_SUCCESS)
		m->code = err_set(e, ERR_SYSTEM, NULL, "a letter could not be drawn: %s", cairo_status_to_string(cairo_status(m->cr)));
	if (m->code < 0)
		return m->code;
	bookmark(m, m->pages + 1);
	m->pages += pages;
	*ret_pages = pages;
	return 0;
}

unsigned paper_mail_pages(const struct paper_mail *m)
{
	return m->pages;
}

/* ---- beginning and end ---- */

int paper_mail_new(const char *title, paper_sink *sink, void *arg, struct paper_mail **ret, struct err *e)
{
	int r = paper_load(e);
	if (r < 0)
		return r;
	struct paper_mail *m = calloc(1, sizeof *m);
	if (m)
		m->placed = calloc(LINES_MAX, sizeof *m->placed);
	if (!m || !m->placed) {
		free(m);
		return err_set(e, ERR_MEMORY, NULL, "no memory for letters");
	}
	m->sink = sink;
	m->arg = arg;
	m->e = e;
	buf_init(&m->markup, MARKUP_MAX);
	buf_init(&m->key, MARKUP_MAX);
	buf_init(&m->tail, TAIL_MAX);
	m->surface = cairo_pdf_surface_create_for_stream(put, m, 612, 792);
	cairo_pdf_surface_set_metadata(m->surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z"); /* the same bytes whenever it is made */
	cairo_pdf_surface_set_metadata(m->surface, CAIRO_PDF_METADATA_CREATOR, "Holdfast");
	cairo_pdf_surface_set_metadata(m->surface, CAIRO_PDF_METADATA_TITLE, title);
	m->cr = cairo_create(m->surface);
	for (int i = 0; i < 4; i++) {
		m->font[i / 2][i % 2] = pango_font_description_from_string(i / 2 ? "Noto Serif CJK SC, Source Han Serif SC, Serif" : PAPER_SANS);
		pango_font_description_set_weight(m->font[i / 2][i % 2], i % 2 ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	}
	*ret = m;
	return 0;
}

static void close_surface(struct paper_mail *m)
{
	if (m->ended)
		return;
	m->ended = true;
	forget(m);
	if (m->begun)
		cairo_tag_end(m->cr, "Document");
	cairo_destroy(m->cr);
	m->ending = true;
	cairo_surface_finish(m->surface);
}

int paper_mail_end(struct paper_mail *m, struct err *e)
{
	m->e = e;
	if (!m->pages)
		return err_set(e, ERR_INPUT, NULL, "there is no letter to make a PDF of");
	close_surface(m);
	cairo_status_t end = cairo_surface_status(m->surface);
	AUTO_BUF struct buf out = {0};
	buf_init(&out, TAIL_MAX + 4096);
	complete_catalogue(m, &out);
	if (m->code == 0)
		m->code = buf_ok(&m->tail) && buf_ok(&out) ? m->sink(m->arg, buf_slice(&out), e) : err_set(e, ERR_LIMIT, NULL, "these are too many letters for one PDF: make smaller batches");
	if (m->code == 0 && end != CAIRO_STATUS_SUCCESS)
		m->code = err_set(e, ERR_SYSTEM, NULL, "the letters could not be finished: %s", cairo_status_to_string(end));
	return m->code;
}

void paper_mail_free(struct paper_mail *m)
{
	if (!m)
		return;
	m->e = NULL;
	if (!m->ended)
		m->code = m->code ? m->code : ERR_NO; /* nothing more is handed to the sink */
	close_surface(m);
	cairo_surface_destroy(m->surface);
	for (int i = 0; i < 4; i++)
		pango_font_description_free(m->font[i / 2][i % 2]);
	buf_done(&m->markup);
	buf_done(&m->key);
	buf_done(&m->tail);
	free(m->placed);
	free(m);
}

void paper_post_text(const struct paper_post *p, struct buf *ret)
{
	struct paper_letter l = {.lang = p->lang, .us = p->us, .head = p->sender, .head_right = p->date, .foot = p->foot, .page_words = {p->page_words[0], p->page_words[1], p->page_words[2]}, .n = p->n + 1};
	struct paper_block *b = calloc(p->n + 1, sizeof *b);
	if (!b) {
		ret->failed = ret->no_memory = true;
		return;
	}
	b[0] = (struct paper_block){.look = PAPER_TEXT, .text = p->address};
	if (p->n)
		memcpy(b + 1, p->block, p->n * sizeof *b);
	l.block = b;
	paper_text(&l, ret);
	free(b);
}
