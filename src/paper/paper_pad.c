/* Drawing on a page: what is drawn goes on a list (paper_internal.h says why), and pad_emit draws the list. */
#include "libzint.h"

#include <math.h>
#include <stdio.h>

#define LINE 1.32 /* from one base line to the next, of the height of letters */
#define LINES_MAX 400u

static struct op *put(struct pad *p, enum op_kind k, double x, double y, double w, double h)
{
	static struct op nowhere;
	struct op *o = p->page ? arena_alloc(p->b->a, sizeof *o) : NULL;
	if (!o) {
		p->b->failed = true;
		nowhere = (struct op){0};
		return &nowhere;
	}
	*o = (struct op){.kind = (uint8_t)k, .x = (float)x, .y = (float)y, .w = (float)w, .h = (float)h};
	if (p->page->last)
		p->page->last->next = o;
	else
		p->page->first = o;
	p->page->last = o;
	return o;
}

struct slice pad_dup(struct pad *p, struct slice s)
{
	bool clean = utf8_valid(s);
	size_t len;
	for (size_t i = 0; clean && i < s.n; i++)
		clean = s.p[i] >= 0x20 && s.p[i] != 0x7f;
	if (clean) {
		struct slice d = s.n ? arena_dup(p->b->a, s) : SLICE_NULL;
		p->b->failed |= s.n && !d.p;
		return d;
	}
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)1 << 20);
	for (size_t i = 0; i < s.n; i += len) {
		uint32_t c = utf8_get(slice_of(s.p + i, s.n - i), &len);
		uint8_t out[4];
		if (c == '\n' || c == '\t' || c >= 0x20)
			buf_add(&b, out, utf8_put(c == '\t' || c == 0x7f ? ' ' : c, out));
	}
	struct slice d = b.n ? arena_dup(p->b->a, buf_slice(&b)) : SLICE_NULL;
	p->b->failed |= !buf_ok(&b) || (b.n && !d.p);
	return d;
}

struct slice pad_printf(struct pad *p, const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (n < 0)
		return SLICE_NULL;
	struct slice s = slice_of(line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
	s.n = utf8_valid_prefix(s); /* cut between characters, where it was cut */
	return pad_dup(p, s);
}

/* ---- widths and lines ---- */

/* Pango's word on what no row of glyphs can show; mm. */
static void woven(struct pad *p, double size, bool bold, double width, struct slice s, double *ret_w, double *ret_h)
{
	struct paper_book *b = p->b;
	int w, h;
	pango_font_description_set_absolute_size(b->desc[bold], size * PAPER_PT * PANGO_SCALE);
	pango_layout_set_font_description(b->layout, b->desc[bold]);
	pango_layout_set_width(b->layout, width > 0 ? (int)(width * PAPER_PT * PANGO_SCALE) : -1);
	pango_layout_set_wrap(b->layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_text(b->layout, (const char *)s.p, (int)s.n);
	pango_layout_get_size(b->layout, &w, &h);
	*ret_w = (double)w / PANGO_SCALE / PAPER_PT;
	*ret_h = (double)h / PANGO_SCALE / PAPER_PT;
}

static double width_of(struct pad *p, double size, bool bold, struct slice s)
{
	double w, h;
	if (font_plain(p->b->font, bold, s))
		return font_width(p->b->font, bold, s) * size;
	woven(p, size, bold, 0, s, &w, &h);
	return w;
}

double pad_width(struct pad *p, double size, bool bold, struct slice s)
{
	return width_of(p, size * p->s, bold, s);
}

static size_t fitting(struct pad *p, double size, bool bold, double width, struct slice s)
{
	double w = 0;
	size_t i = 0, len;
	while (i < s.n) {
		utf8_get(slice_of(s.p + i, s.n - i), &len);
		w += font_width(p->b->font, bold, slice_of(s.p + i, len)) * size;
		if (w > width)
			break;
		i += len;
	}
	return i;
}

static struct slice cut(struct pad *p, double size, bool bold, double width, struct slice s)
{
	static const struct slice dots = {(const uint8_t *)"\xe2\x80\xa6", 3};
	size_t n = fitting(p, size, bold, width - font_width(p->b->font, bold, dots) * size, s);
	return pad_printf(p, "%.*s\xe2\x80\xa6", (int)n, (const char *)s.p);
}

static void put_text(struct pad *p, double x, double y, double w, double size, bool bold, double grey, struct slice s)
{
	bool plain = font_plain(p->b->font, bold, s);
	struct op *o = put(p, plain ? OP_TEXT : OP_PANGO, x, plain ? y : y - size * 0.93, w, 0);
	o->size = (float)size;
	o->bold = bold;
	o->grey = (float)grey;
	o->text = s;
}

double pad_text(struct pad *p, double x, double y, double size, bool bold, double grey, enum side side, double width, struct slice s)
{
	size *= p->s;
	s = pad_dup(p, s);
	if (!s.n)
		return 0;
	double w = width_of(p, size, bold, s);
	if (width > 0 && w > width) {
		double smaller = fmax(0.7, width / w) * 0.995;
		size *= smaller;
		w *= smaller;
		if (w > width && font_plain(p->b->font, bold, s)) {
			s = cut(p, size, bold, width, s);
			w = width_of(p, size, bold, s);
		}
	}
	put_text(p, side == SIDE_RIGHT ? x - w : side == SIDE_MIDDLE ? x - w / 2 : x, y, 0, size, bold, grey, s);
	return w;
}

/* Where a line may end: behind a blank or a hyphen, and before and behind a Chinese letter, but never before a mark that closes, nor behind one that opens. */
static bool wide_letter(uint32_t c)
{
	return c >= 0x2e80 && c < 0xfb00;
}

static bool closes(uint32_t c)
{
	static const uint32_t marks[] = {0x3001, 0x3002, 0xff0c, 0xff1a, 0xff1b, 0xff01, 0xff1f, 0xff09, 0x300b, 0x300d, 0x300f, 0x3011, 0x2026, ',', '.', ';', ':', '!', '?', ')', ']', '%', 0xa0};
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (marks[i] == c)
			return true;
	return false;
}

static bool opens(uint32_t c)
{
	return c == 0xff08 || c == 0x300a || c == 0x300c || c == 0x300e || c == 0x3010 || c == '(' || c == '[';
}

/* How many bytes of s stand on its first line; *ret_skip: what is left out behind it. */
static size_t one_line(struct pad *p, double size, bool bold, double width, struct slice s, size_t *ret_skip)
{
	double w = 0;
	size_t i = 0, len, last = 0, skip = 0;
	uint32_t before = 0;
	while (i < s.n) {
		uint32_t c = utf8_get(slice_of(s.p + i, s.n - i), &len);
		if (c == '\n') {
			*ret_skip = 1;
			return i;
		}
		if (i && !closes(c) && !opens(before) && (wide_letter(c) || wide_letter(before)))
			last = i, skip = 0;
		if (i && before == '-' && c != ' ' && i > 3)
			last = i, skip = 0;
		if (c == ' ' && i)
			last = i, skip = 1;
		w += font_width(p->b->font, bold, slice_of(s.p + i, len)) * size;
		if (w > width && c != ' ') {
			if (!last)
				last = i ? i : len; /* one word that is wider than all there is */
			*ret_skip = skip;
			return last;
		}
		before = c;
		i += len;
	}
	*ret_skip = 0;
	return s.n;
}

double pad_words(struct pad *p, double x, double y, double size, bool bold, double grey, double width, unsigned max, struct slice s, bool draw)
{
	size *= p->s;
	double step = size * LINE, at = y;
	s = draw ? pad_dup(p, s) : s;
	if (!font_plain(p->b->font, bold, s)) {
		double w, h;
		woven(p, size, bold, width, s, &w, &h);
		if (draw)
			put_text(p, x, y + size * 0.98, width, size, bold, grey, s);
		return h;
	}
	for (unsigned n = 1; s.n && n <= LINES_MAX; n++, at += step) {
		size_t skip, k = one_line(p, size, bold, width, s, &skip);
		struct slice line = slice_of(s.p, k);
		bool more = k + skip < s.n;
		while (line.n && line.p[line.n - 1] == ' ')
			line.n--;
		if (draw)
			put_text(p, x, at + size * 0.98, 0, size, bold, grey, max && n == max && more ? cut(p, size, bold, width, slice_of(s.p, s.n)) : line);
		s = slice_of(s.p + k + skip, s.n - k - skip);
		while (s.n && *s.p == ' ')
			s = slice_of(s.p + 1, s.n - 1);
		if (max && n == max) {
			at += step;
			break;
		}
	}
	return at - y;
}

unsigned pad_lines(const struct pad *p, double size)
{
	double n = (p->bottom - p->top - 20 * p->s) / (size * p->s * LINE);
	return n < 2 ? 2 : n > LINES_MAX ? LINES_MAX : (unsigned)n;
}

/* ---- shapes ---- */

void pad_line(struct pad *p, double x1, double y1, double x2, double y2, double width, double grey)
{
	struct op *o = put(p, OP_LINE, x1, y1, x2, y2);
	o->size = (float)width;
	o->grey = (float)grey;
}

void pad_dash(struct pad *p, double x1, double x2, double y)
{
	pad_line(p, x1, y, x2, y, 0.12, 0.35);
}

void pad_fill(struct pad *p, double x, double y, double w, double h, double grey)
{
	put(p, OP_FILL, x, y, w, h)->grey = (float)grey;
}

void pad_frame(struct pad *p, double x, double y, double w, double h, double width)
{
	put(p, OP_FRAME, x, y, w, h)->size = (float)width;
}

void pad_hatch(struct pad *p, double x, double y, double w, double h)
{
	put(p, OP_HATCH, x, y, w, h);
}

void pad_disc(struct pad *p, double x, double y, double r)
{
	put(p, OP_DISC, x, y, r, 0);
}

void pad_code(struct pad *p, double x, double y, double w, double h, const struct code *c)
{
	put(p, OP_CODE, x, y, w, h)->code = c;
}

void pad_number(struct pad *p, double x, double y, double size)
{
	struct op *o = put(p, OP_NUMBER, x, y, 0, 0);
	o->size = (float)size;
}

/* ---- on paper ---- */

static void emit_hatch(cairo_t *cr, const struct op *o)
{
	double x = (double)o->x * PAPER_PT, y = (double)o->y * PAPER_PT, w = (double)o->w * PAPER_PT, h = (double)o->h * PAPER_PT;
	cairo_save(cr);
	cairo_rectangle(cr, x, y, w, h);
	cairo_clip(cr);
	cairo_set_line_width(cr, 0.35 * PAPER_PT);
	for (double d = -h; d < w; d += 1.6 * PAPER_PT) {
		cairo_move_to(cr, x + d, y + h);
		cairo_line_to(cr, x + d + h, y);
	}
	cairo_stroke(cr);
	cairo_restore(cr);
}

/* Dark modules that stand side by side are one rectangle: no seams between them, whoever draws it. */
static void emit_code(cairo_t *cr, const struct op *o)
{
	const struct code *c = o->code;
	double dx = (double)o->w * PAPER_PT / c->wide, dy = (double)o->h * PAPER_PT / c->high, x0 = (double)o->x * PAPER_PT, y0 = (double)o->y * PAPER_PT;
	for (unsigned y = 0; y < c->high; y++)
		for (unsigned x = 0; x < c->wide;) {
			unsigned from = x;
			while (x < c->wide && c->dark[y * c->wide + x])
				x++;
			if (x > from)
				cairo_rectangle(cr, x0 + from * dx, y0 + y * dy, (x - from) * dx, dy);
			else
				x++;
		}
	cairo_fill(cr);
}

static void emit_woven(struct paper_book *b, cairo_t *cr, const struct op *o)
{
	PangoLayout *l = pango_cairo_create_layout(cr);
	pango_context_set_round_glyph_positions(pango_layout_get_context(l), false);
	pango_font_description_set_absolute_size(b->desc[o->bold], (double)o->size * PAPER_PT * PANGO_SCALE);
	pango_layout_set_font_description(l, b->desc[o->bold]);
	pango_layout_set_width(l, o->w > 0 ? (int)((double)o->w * PAPER_PT * PANGO_SCALE) : -1);
	pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_text(l, (const char *)o->text.p, (int)o->text.n);
	cairo_move_to(cr, (double)o->x * PAPER_PT, (double)o->y * PAPER_PT);
	pango_cairo_show_layout(cr, l);
	g_object_unref(l);
}

void pad_emit(struct paper_book *b, cairo_t *cr, const struct page *page, const char *number)
{
	for (const struct op *o = page->first; o; o = o->next) {
		double x = (double)o->x * PAPER_PT, y = (double)o->y * PAPER_PT, w = (double)o->w * PAPER_PT, h = (double)o->h * PAPER_PT, grey = (double)o->grey;
		cairo_set_source_rgb(cr, grey, grey, grey);
		switch ((enum op_kind)o->kind) {
		case OP_TEXT:
			font_show(b->font, cr, o->bold, (double)o->size * PAPER_PT, x, y, o->text);
			break;
		case OP_NUMBER:
			font_show(b->font, cr, false, (double)o->size * PAPER_PT, x, y, slice_str(number));
			break;
		case OP_PANGO:
			emit_woven(b, cr, o);
			break;
		case OP_LINE:
			cairo_set_line_width(cr, (double)o->size * PAPER_PT);
			cairo_move_to(cr, x, y);
			cairo_line_to(cr, w, h);
			cairo_stroke(cr);
			break;
		case OP_FILL:
			cairo_rectangle(cr, x, y, w, h);
			cairo_fill(cr);
			break;
		case OP_FRAME:
			cairo_set_line_width(cr, (double)o->size * PAPER_PT);
			cairo_rectangle(cr, x, y, w, h);
			cairo_stroke(cr);
			break;
		case OP_HATCH:
			emit_hatch(cr, o);
			break;
		case OP_CODE:
			emit_code(cr, o);
			break;
		case OP_DISC:
			cairo_new_path(cr);
			cairo_arc(cr, x, y, w, 0, 6.283185307179586);
			cairo_fill(cr);
			break;
		}
	}
}
