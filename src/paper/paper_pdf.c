/* paper_pdf: a letter on pages. Laid out twice, first without a page to draw on: only then is it known how many pages there are. A block stands on one page; one that is longer than a page is cut between its lines'
 * paragraphs by its maker (letters have none: what people type is bounded). */
#include "libcairo.h"
#include "paper_internal.h"

#include <stdio.h>

#define PT (72.0 / 25.4)
#define MARGIN 22.0
#define TOP 30.0
#define BOTTOM 27.0
#define PAGES_MAX 500u
#define MARKUP_MAX ((size_t)1 << 20)

struct press {
	const struct paper_letter *p;
	cairo_surface_t *surface;
	cairo_t *cr;
	PangoLayout *layout;
	PangoFontDescription *font[2];
	struct buf *out, markup;
	double w, h, y;
	unsigned page, pages; /* pages 0: measuring */
	int code;
	struct err *e;
};

static cairo_status_t put(void *arg, const unsigned char *b, unsigned n)
{
	buf_add(arg, b, n);
	return buf_ok(arg) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static bool symbol(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

void paper_mark_up(struct buf *b, const char *lang, struct slice s, bool codes)
{
	size_t len;
	int ref = 0, strong = 0;
	buf_printf(b, "<span lang=\"%s\">", !strcmp(lang, "zh") ? "zh-cn" : lang); /* by "zh" alone Japanese forms may be taken */
	for (size_t i = 0; i < s.n; i += len) {
		uint32_t c = utf8_get(slice_of(s.p + i, s.n - i), &len);
		uint8_t out[4];
		if (c == 1 && !ref && !strong)
			buf_str(b, "<span size=\"smaller\" color=\"#5a5a5a\">"), ref = 1;
		else if (c == 2 && ref)
			buf_str(b, "</span>"), ref = 0;
		else if (c == 3 && !ref && !strong)
			buf_str(b, "<b>"), strong = 1;
		else if (c == 4 && strong)
			buf_str(b, "</b>"), strong = 0;
		else if (c == '&' || c == '<' || c == '>')
			buf_printf(b, "&#%u;", (unsigned)c);
		else if (c == 0x2013 && ref)
			buf_str(b, "\xe2\x81\xa0\xe2\x80\x93\xe2\x81\xa0"); /* a reference stays on one line */
		else if (c == '-' && codes && i && symbol(s.p[i - 1]) && i + 1 < s.n && symbol(s.p[i + 1]))
			buf_str(b, "-\xe2\x81\xa0");
		else if (c == '\n' || (c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0) && c != 0xfffe && c != 0xffff))
			buf_add(b, out, utf8_put(c, out));
	}
	buf_str(b, ref ? "</span>" : strong ? "</b>" : "");
	buf_str(b, "</span>");
}

/* Lays the text out; returns its height in mm. */
static double lay(struct press *s, struct slice text, double size, bool bold, double width)
{
	int w, h;
	buf_reset(&s->markup);
	paper_mark_up(&s->markup, s->p->lang, text, false);
	if (!buf_ok(&s->markup)) {
		s->code = err_set(s->e, buf_code(&s->markup), NULL, "a paragraph of this letter is too long");
		return 0;
	}
	pango_font_description_set_absolute_size(s->font[bold], size * PT * PANGO_SCALE);
	pango_layout_set_font_description(s->layout, s->font[bold]);
	pango_layout_set_width(s->layout, (int)(width * PT * PANGO_SCALE));
	pango_layout_set_wrap(s->layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_spacing(s->layout, (int)(size * 0.18 * PT * PANGO_SCALE));
	pango_layout_set_markup(s->layout, buf_cstr(&s->markup), -1);
	pango_layout_get_size(s->layout, &w, &h);
	return (double)h / PANGO_SCALE / PT;
}

static void show(struct press *s, double x, double y, double grey)
{
	if (!s->pages)
		return;
	cairo_set_source_rgb(s->cr, grey, grey, grey);
	cairo_move_to(s->cr, x * PT, y * PT);
	pango_cairo_show_layout(s->cr, s->layout);
}

static void line(struct press *s, double x1, double x2, double y, double width)
{
	if (!s->pages)
		return;
	cairo_set_source_rgb(s->cr, 0.45, 0.45, 0.45);
	cairo_set_line_width(s->cr, width * PT);
	cairo_move_to(s->cr, x1 * PT, y * PT);
	cairo_line_to(s->cr, x2 * PT, y * PT);
	cairo_stroke(s->cr);
}

static void frame(struct press *s)
{
	const struct paper_letter *p = s->p;
	double right = s->w - MARGIN, half = (right - MARGIN) * 0.62;
	char page[96];
	(void)lay(s, p->head, 4, true, half);
	show(s, MARGIN, 14, 0);
	pango_layout_set_alignment(s->layout, PANGO_ALIGN_RIGHT);
	(void)lay(s, p->head_right, 3, false, right - MARGIN - half - 4);
	show(s, MARGIN + half + 4, 14.8, 0.25);
	pango_layout_set_alignment(s->layout, PANGO_ALIGN_LEFT);
	line(s, MARGIN, right, 23, 0.3);
	line(s, MARGIN, right, s->h - 21, 0.2);
	(void)lay(s, p->foot, 2.4, false, right - MARGIN - 34);
	show(s, MARGIN, s->h - 19.6, 0.3);
	snprintf(page, sizeof page, "%s%u%s%u%s", p->page_words[0], s->page, p->page_words[1], s->pages ? s->pages : 1, p->page_words[2]);
	pango_layout_set_alignment(s->layout, PANGO_ALIGN_RIGHT);
	(void)lay(s, slice_str(page), 2.8, false, 30);
	show(s, right - 30, s->h - 19.6, 0.1);
	pango_layout_set_alignment(s->layout, PANGO_ALIGN_LEFT);
	s->y = TOP;
}

static void next_page(struct press *s)
{
	if (s->pages && s->page)
		cairo_show_page(s->cr);
	s->page++;
	if (s->page > PAGES_MAX && s->code == 0)
		s->code = err_set(s->e, ERR_LIMIT, NULL, "this letter would have more than %u pages", PAGES_MAX);
	frame(s);
}

struct style {
	double size, before, label, indent; /* mm; label: the width of its column */
	bool bold, stays;                   /* stays with what follows */
};
static const struct style styles[] = {
	[PAPER_TITLE] = {5.6, 0, 0, 0, true, true}, [PAPER_HEADING] = {4.1, 5, 0, 0, true, true}, [PAPER_TEXT] = {3.5, 2.4, 0, 0, false, false}, [PAPER_FIELD] = {3.5, 1.4, 46, 0, false, false},
	[PAPER_ITEM] = {3.5, 1.6, 7, 3, false, false}, [PAPER_QUESTION] = {3.5, 3.4, 9, 0, true, true}, [PAPER_BLANK] = {3.2, 1.4, 0, 9, false, false}, [PAPER_SMALL] = {2.7, 0.9, 22, 0, false, false},
};

static double base_line(const struct press *s)
{
	return (double)pango_layout_get_baseline(s->layout) / PANGO_SCALE / PT;
}

/* Label and text stand on one line, though their fonts differ where one is Latin and the other Chinese. */
static double place(struct press *s, const struct paper_block *b, const struct style *t, double indent, bool draw)
{
	double x = MARGIN + indent + t->label, right = s->w - MARGIN, line_at = 0;
	double h = lay(s, b->text, t->size, t->bold, right - x), text_at = base_line(s);
	if (t->label > 0) {
		double lh = lay(s, b->label, t->size, t->bold || b->look == PAPER_FIELD, t->label - 2), label_at = base_line(s);
		line_at = label_at > text_at ? label_at : text_at;
		if (draw)
			show(s, MARGIN + indent, s->y + line_at - label_at, b->look == PAPER_FIELD ? 0.25 : 0);
		h = lh + line_at - label_at > h + line_at - text_at ? lh + line_at - label_at : h + line_at - text_at;
		line_at -= text_at;
		if (draw)
			(void)lay(s, b->text, t->size, t->bold, right - x);
	}
	if (draw)
		show(s, x, s->y + line_at, 0);
	if (b->look == PAPER_BLANK) {
		if (draw)
			line(s, x, right, s->y + h + 7.5, 0.15);
		h += 9;
	}
	return h;
}

/* How far down the block reaches, with those that it must not be parted from. */
static double reach(struct press *s, size_t i)
{
	double sum = 0;
	const struct paper_letter *p = s->p;
	for (size_t n = 0; i < p->n && n < 4; i++, n++) {
		const struct style *t = &styles[p->block[i].look];
		bool answer = p->block[i].look == PAPER_TEXT && i && p->block[i - 1].look == PAPER_QUESTION;
		sum += t->before + place(s, &p->block[i], t, answer ? 9 : t->indent, false);
		if (!t->stays)
			break;
	}
	return sum;
}

/* What a reader that speaks calls it (PDF 14.8.4). */
static const char *tag_of(const struct paper_block *b)
{
	return b->look == PAPER_TITLE ? "H1" : b->look == PAPER_HEADING ? "H2" : "P";
}

/* The first title is the document's, where nothing is marked in it. */
static void title(struct press *s)
{
	for (size_t i = 0; i < s->p->n; i++) {
		struct slice t = s->p->block[i].text;
		bool plain = s->p->block[i].look == PAPER_TITLE && t.n && utf8_valid(t);
		for (size_t k = 0; k < t.n; k++)
			plain &= t.p[k] >= 0x20;
		if (s->p->block[i].look != PAPER_TITLE)
			continue;
		buf_reset(&s->markup);
		buf_add_slice(&s->markup, t);
		if (plain && buf_ok(&s->markup))
			cairo_pdf_surface_set_metadata(s->surface, CAIRO_PDF_METADATA_TITLE, buf_cstr(&s->markup));
		return;
	}
}

static int pages(struct press *s)
{
	s->page = 0;
	if (s->pages) {
		title(s);
		cairo_tag_begin(s->cr, "Document", NULL);
	}
	next_page(s);
	for (size_t i = 0; i < s->p->n && s->code == 0; i++) {
		const struct paper_block *b = &s->p->block[i];
		const struct style *t = &styles[b->look];
		bool answer = b->look == PAPER_TEXT && i && s->p->block[i - 1].look == PAPER_QUESTION;
		if (s->y > TOP && s->y + reach(s, i) > s->h - BOTTOM)
			next_page(s);
		if (s->y > TOP)
			s->y += answer ? 0.8 : t->before;
		if (s->pages)
			cairo_tag_begin(s->cr, tag_of(b), NULL);
		s->y += place(s, b, t, answer ? 9 : t->indent, true);
		if (s->pages)
			cairo_tag_end(s->cr, tag_of(b));
	}
	if (s->pages)
		cairo_tag_end(s->cr, "Document");
	return s->code;
}

static void open_press(struct press *s)
{
	s->w = s->p->us ? 215.9 : 210;
	s->h = s->p->us ? 279.4 : 297;
	s->surface = cairo_pdf_surface_create_for_stream(put, s->out, s->w * PT, s->h * PT);
	/* the same bytes whenever it is made: cairo would put the clock's time here */
	cairo_pdf_surface_set_metadata(s->surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
	cairo_pdf_surface_set_metadata(s->surface, CAIRO_PDF_METADATA_CREATOR, "Holdfast");
	s->cr = cairo_create(s->surface);
	s->layout = pango_cairo_create_layout(s->cr);
	pango_context_set_round_glyph_positions(pango_layout_get_context(s->layout), false);
	for (int i = 0; i < 2; i++) {
		/* Chinese letters are set in Song, and so is this. */
		s->font[i] = pango_font_description_from_string(!strcmp(s->p->lang, "zh") ? "Noto Serif CJK SC, Source Han Serif SC, Serif" : PAPER_SANS);
		pango_font_description_set_weight(s->font[i], i ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	}
}

static int close_press(struct press *s, int r)
{
	g_object_unref(s->layout);
	pango_font_description_free(s->font[0]);
	pango_font_description_free(s->font[1]);
	if (r == 0)
		cairo_show_page(s->cr);
	cairo_destroy(s->cr);
	cairo_surface_finish(s->surface);
	cairo_status_t end = cairo_surface_status(s->surface);
	cairo_surface_destroy(s->surface);
	buf_done(&s->markup);
	if (r == 0 && (end != CAIRO_STATUS_SUCCESS || !buf_ok(s->out)))
		return err_set(s->e, buf_ok(s->out) ? ERR_SYSTEM : buf_code(s->out), NULL, "the letter could not be finished: %s", cairo_status_to_string(end));
	return r;
}

int paper_pdf(const struct paper_letter *p, struct buf *ret, unsigned *ret_pages, struct err *e)
{
	struct press s = {.p = p, .out = ret, .e = e};
	int r = paper_load(e);
	if (r < 0)
		return r;
	buf_init(&s.markup, MARKUP_MAX);
	open_press(&s);
	r = pages(&s);
	if (r == 0) {
		s.pages = s.page;
		r = pages(&s);
	}
	r = close_press(&s, r);
	if (r == 0)
		*ret_pages = s.pages;
	return r;
}
