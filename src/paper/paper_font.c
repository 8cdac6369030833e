/* Letters. Layout by pango costs 20 times what the rest of a page does, and most of a chart is Latin or Chinese letters that stand one after the other: for those each character is looked up once (which face has it, which glyph, how wide), and a
 * text is a row of glyphs. Kerning is left out. Whatever needs more than that (Arabic, Indic, combining marks) is told apart by font_plain and set by pango. */
#include "paper_internal.h"

#include <assert.h>
#include <stdlib.h>

#define FACES 2 /* DejaVu Sans, then the Chinese one: see PAPER_SANS for why it is a serif */
#define UNIT 100.0

struct glyph {
	uint32_t c;      /* character + 1; 0: free */
	uint32_t index;
	uint8_t face;    /* FACES: nobody has it */
	float width;     /* of size 1 */
};
struct table_of {
	struct glyph *v; /* open addressing, a power of two, at most half full */
	size_t n, cap;
};
struct font {
	cairo_font_face_t *face[2][FACES];
	cairo_scaled_font_t *scaled[2][FACES];
	cairo_font_options_t *options;
	struct table_of of[2];
};

static bool grow(struct table_of *t)
{
	size_t cap = t->cap ? 2 * t->cap : 1024;
	struct glyph *v = calloc(cap, sizeof *v);
	if (!v)
		return false;
	for (size_t i = 0; i < t->cap; i++) {
		size_t at = t->v[i].c * 2654435761u & (cap - 1);
		if (!t->v[i].c)
			continue;
		while (v[at].c)
			at = (at + 1) & (cap - 1);
		v[at] = t->v[i];
	}
	free(t->v);
	t->v = v;
	t->cap = cap;
	return true;
}

static struct glyph look_up(struct font *f, bool bold, uint32_t c)
{
	struct glyph g = {.c = c + 1, .face = FACES};
	uint8_t text[4];
	size_t len = utf8_put(c, text);
	for (unsigned k = 0; k < FACES && g.face == FACES; k++) {
		cairo_glyph_t *list = NULL;
		int n = 0;
		if (cairo_scaled_font_text_to_glyphs(f->scaled[bold][k], 0, 0, (const char *)text, (int)len, &list, &n, NULL, NULL, NULL) != CAIRO_STATUS_SUCCESS)
			continue;
		if (n == 1 && list[0].index) {
			cairo_text_extents_t x;
			cairo_scaled_font_glyph_extents(f->scaled[bold][k], list, 1, &x);
			g.index = (uint32_t)list[0].index;
			g.width = (float)(x.x_advance / UNIT);
			g.face = (uint8_t)k;
		}
		cairo_glyph_free(list);
	}
	return g;
}

static struct glyph glyph_of(struct font *f, bool bold, uint32_t c)
{
	struct table_of *t = &f->of[bold];
	if (t->n * 2 >= t->cap && !grow(t))
		return look_up(f, bold, c);
	size_t at = (c + 1) * 2654435761u & (t->cap - 1);
	while (t->v[at].c && t->v[at].c != c + 1)
		at = (at + 1) & (t->cap - 1);
	if (!t->v[at].c) {
		t->v[at] = look_up(f, bold, c);
		t->n++;
	}
	return t->v[at];
}

/* Scripts whose letters change with their neighbours, stand on each other or run to the left, and what only makes sense beside such. */
static bool is_woven(uint32_t c)
{
	return (c >= 0x300 && c <= 0x36f) || (c >= 0x590 && c <= 0x10ff) || (c >= 0x1780 && c <= 0x18af) || (c >= 0x1a00 && c <= 0x1cff) || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xa800 && c <= 0xabff) || (c >= 0xfb1d && c <= 0xfdff) || (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xfe70 && c <= 0xfefe) ||
	       (c >= 0x1100 && c <= 0x11ff) || c >= 0x10000;
}

bool font_plain(struct font *f, bool bold, struct slice s)
{
	size_t len;
	for (size_t i = 0; i < s.n; i += len) {
		uint32_t c = utf8_get(slice_of(s.p + i, s.n - i), &len);
		if (c >= 0x7f && (is_woven(c) || glyph_of(f, bold, c).face == FACES))
			return false;
	}
	return true;
}

double font_width(struct font *f, bool bold, struct slice s)
{
	double w = 0;
	size_t len;
	for (size_t i = 0; i < s.n; i += len)
		w += (double)glyph_of(f, bold, utf8_get(slice_of(s.p + i, s.n - i), &len)).width;
	return w;
}

/* One run of one face after the other; a cluster a character, so that the text can be taken out of the PDF again as it was. */
void font_show(struct font *f, cairo_t *cr, bool bold, double size, double x, double y, struct slice s)
{
	enum { RUN = 256 };
	cairo_glyph_t g[RUN];
	cairo_text_cluster_t k[RUN];
	size_t i = 0, len;
	cairo_set_font_size(cr, size);
	while (i < s.n) {
		size_t from = i;
		int n = 0;
		unsigned face = FACES;
		while (i < s.n && n < RUN) {
			struct glyph h = glyph_of(f, bold, utf8_get(slice_of(s.p + i, s.n - i), &len));
			unsigned of = h.face == FACES ? 0 : h.face;
			if (face != FACES && of != face)
				break;
			face = of;
			g[n] = (cairo_glyph_t){.index = h.index, .x = x, .y = y};
			k[n++] = (cairo_text_cluster_t){.num_bytes = (int)len, .num_glyphs = 1};
			x += (double)h.width * size;
			i += len;
		}
		assert(face < FACES); /* there is a first glyph */
		cairo_set_font_face(cr, f->face[bold][face]);
		cairo_show_text_glyphs(cr, (const char *)s.p + from, (int)(i - from), g, n, k, n, 0);
	}
}

int font_new(struct font **ret, struct err *e)
{
	static const char *const families[FACES] = {"DejaVu Sans", "Noto Serif CJK SC"};
	struct font *f = calloc(1, sizeof *f);
	cairo_matrix_t size, same;
	bool good = f;
	if (!f)
		return err_set(e, ERR_MEMORY, NULL, "no memory for letters");
	cairo_matrix_init_scale(&size, UNIT, UNIT);
	cairo_matrix_init_identity(&same);
	f->options = cairo_font_options_create();
	cairo_font_options_set_hint_metrics(f->options, CAIRO_HINT_METRICS_OFF);
	cairo_font_options_set_hint_style(f->options, CAIRO_HINT_STYLE_NONE);
	for (int b = 0; b < 2; b++)
		for (int k = 0; k < FACES; k++) {
			f->face[b][k] = cairo_toy_font_face_create(families[k], CAIRO_FONT_SLANT_NORMAL, b ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
			f->scaled[b][k] = cairo_scaled_font_create(f->face[b][k], &size, &same, f->options);
			good = good && cairo_scaled_font_status(f->scaled[b][k]) == CAIRO_STATUS_SUCCESS;
		}
	if (!good || glyph_of(f, false, 'A').face == FACES) {
		font_free(f);
		return err_set(e, ERR_SYSTEM, NULL, "no letters can be drawn: fonts are missing (Debian: fonts-dejavu-core, fonts-noto-cjk)");
	}
	*ret = f;
	return 0;
}

void font_free(struct font *f)
{
	if (!f)
		return;
	for (int b = 0; b < 2; b++) {
		for (int k = 0; k < FACES; k++) {
			if (f->scaled[b][k])
				cairo_scaled_font_destroy(f->scaled[b][k]);
			if (f->face[b][k])
				cairo_font_face_destroy(f->face[b][k]);
		}
		free(f->of[b].v);
	}
	cairo_font_options_destroy(f->options);
	free(f);
}
