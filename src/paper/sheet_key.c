/* The courier's key: what opens a transfer, on paper, apart from the file. No head and no number: it is no sheet of a record, is registered nowhere, and ends in a shredder. */
#include "libzint.h"

#include <math.h>

#define QR_SIDE 58.0

static void field(struct pad *p, enum word name, struct slice v)
{
	if (!v.n)
		return;
	pad_text(p, p->left, p->y + 3, 2.8, false, 0.25, SIDE_LEFT, 58, pad_word(p, name));
	p->y += fmax(pad_words(p, p->left + 60, p->y, 3.4, true, 0, p->right - p->left - 60, 3, v, true), 5.2) + 1.6;
}

static void words(struct pad *p, const struct paper_key *k, const struct code *qr)
{
	struct slice rest = slice_str(k->words);
	double top = p->y + 5, y = top, width = p->right - p->left - QR_SIDE - 16;
	bool hyphens = true; /* six words with hyphens, as this program makes them */
	size_t parts = 0;
	for (struct slice left = rest; left.n; parts++)
		hyphens &= slice_cut(left, '-', &left).n > 0;
	hyphens &= parts == 6;
	pad_frame(p, p->left, p->y, p->right - p->left, QR_SIDE + 10, 0.5);
	pad_words(p, p->left + 5, y, 2.9, false, 0, width, 3, pad_word(p, hyphens ? W_KEY_TYPE : W_KEY_TYPE_ANY), true);
	y += 11;
	if (!hyphens) /* that a person chose: at most 200 bytes, and none of them is left out */
		pad_words(p, p->left + 5, y, 4, true, 0, width, 0, rest, true);
	while (hyphens && rest.n) { /* two words a line */
		struct slice one = slice_cut(rest, '-', &rest), two = slice_cut(rest, '-', &rest), line = slice_of(one.p, one.n + 1 + two.n + (rest.n > 0));
		y += 12.5;
		pad_text(p, p->left + 5, y, 8.4, true, 0, SIDE_LEFT, width, line);
	}
	pad_code(p, p->right - QR_SIDE - 5, top, QR_SIDE, QR_SIDE, qr);
	p->y += QR_SIDE + 14;
}

static void draw(struct pad *p, const struct paper_key *k, const struct code *qr)
{
	const struct paper_run *o = &p->b->run;
	double w = p->right - p->left;
	p->y = 20;
	p->y += pad_words(p, p->left, p->y, 7, true, 0, w, 2, SAY(p, W_KEY_TITLE, k->id), true) + 5;
	part_note(p, pad_word(p, W_KEY_APART), NOTE_LOUD);
	p->y += 4;
	field(p, W_KEY_FOR, k->receiver);
	field(p, W_KEY_FROM, slice_str(o->site));
	field(p, W_KEY_FILE, k->file);
	field(p, W_KEY_UNTIL, say_time(p, k->until, false));
	p->y += 4;
	words(p, k, qr);
	p->y += pad_words(p, p->left, p->y, 3, false, 0, w, 8, pad_word(p, W_KEY_OPEN), true) + 4;
	p->y += pad_words(p, p->left, p->y, 3, true, 0, w, 4, SAY(p, W_KEY_ARRIVED, k->id), true) + 12;
	double used = pad_text(p, p->left, p->y, 3, false, 0, SIDE_LEFT, 0, pad_word(p, W_KEY_HANDED));
	pad_dash(p, p->left + used + 3, p->right, p->y + 1);
}

int paper_key_pdf(const struct paper_run *o, const struct paper_key *k, struct buf *ret, struct err *e)
{
	struct paper_book *b = NULL;
	struct code qr;
	cairo_t *cr;
	int r = paper_book_new(o, &b, e);
	struct leaf *l = r == 0 ? arena_alloc(b->a, sizeof *l) : NULL;
	if (r == 0 && !l)
		r = err_set(e, ERR_MEMORY, NULL, "no memory for a sheet");
	if (r == 0)
		r = libzint_code(CODE_QR, k->words, b->a, &qr, e);
	if (r == 0) {
		struct pad p = {.b = b, .leaf = l, .e = e};
		l->bare = true;
		pad_page(&p, false);
		if (p.page)
			draw(&p, k, &qr);
		r = p.code;
	}
	if (r == 0) {
		cairo_surface_t *s = book_pdf_begin(ret, &cr);
		cairo_pdf_surface_set_size(s, (o->us ? 215.9 : 210) * PAPER_PT, (o->us ? 279.4 : 297) * PAPER_PT);
		for (const struct page *page = l->first; page; page = page->next) {
			pad_emit(b, cr, page, "");
			cairo_show_page(cr);
		}
		r = book_pdf_end(s, cr, b, ret, e);
	}
	paper_book_free(b);
	return r;
}
