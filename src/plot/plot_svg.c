/* A drawing as SVG 1.1: real text, so that it can be searched, read aloud and scaled; attributes and no style sheet, so that a page's policy has nothing to forbid. Numbers are written from whole hundredths: the same in every locale. */
#include "plot_internal.h"

#include <math.h>

static void num(struct buf *b, double v)
{
	int64_t h = llround(v * 100);
	if (h < 0) {
		buf_u8(b, '-');
		h = -h;
	}
	buf_printf(b, "%lld", (long long)(h / 100));
	if (h % 100)
		buf_printf(b, h % 10 ? ".%02lld" : ".%lld", (long long)(h % 10 ? h % 100 : h % 100 / 10));
}

static void attr(struct buf *b, const char *name, double v)
{
	buf_printf(b, " %s=\"", name);
	num(b, v);
	buf_u8(b, '"');
}

static void text(struct buf *b, struct slice s)
{
	size_t len;
	for (size_t i = 0; i < s.n; i += len) {
		uint32_t c = utf8_get(slice_of(s.p + i, s.n - i), &len);
		uint8_t out[4];
		if (c == '&')
			buf_str(b, "&amp;");
		else if (c == '<')
			buf_str(b, "&lt;");
		else if (c == '>')
			buf_str(b, "&gt;");
		else if (c == '"')
			buf_str(b, "&quot;");
		else if (c < 0x20 || c == 0xfffe || c == 0xffff) /* XML 1.0, 2.2 has no place for them */
			buf_str(b, c == '\t' || c == '\n' || c == '\r' ? " " : "\ufffd");
		else
			buf_add(b, out, utf8_put(c, out));
	}
}

static void paint(struct buf *b, const struct plot_op *o)
{
	if (o->fill == PLOT_NONE)
		buf_str(b, " fill=\"none\"");
	else
		buf_printf(b, " fill=\"#%06x\"", o->fill);
	if (o->stroke != PLOT_NONE) {
		buf_printf(b, " stroke=\"#%06x\"", o->stroke);
		attr(b, "stroke-width", o->line);
		if (o->dashed)
			buf_str(b, " stroke-dasharray=\"5 4\"");
	}
}

static void path(struct buf *b, const struct plot_op *o)
{
	buf_str(b, "<path d=\"");
	for (size_t i = 0; i < o->n; i++) {
		buf_u8(b, i ? 'L' : 'M');
		num(b, o->xy[2 * i]);
		buf_u8(b, ' ');
		num(b, o->xy[2 * i + 1]);
	}
	buf_printf(b, "%s\"", o->closed ? "Z" : "");
	paint(b, o);
	buf_str(b, "/>\n");
}

static void letters(struct buf *b, const struct plot_op *o)
{
	static const char *const anchor[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
	buf_str(b, "<text");
	attr(b, "x", o->x);
	attr(b, "y", o->y);
	attr(b, "font-size", o->w);
	buf_printf(b, "%s%s fill=\"#%06x\">", anchor[o->anchor], o->bold ? " font-weight=\"bold\"" : "", o->fill);
	text(b, o->text);
	buf_str(b, "</text>\n");
}

static void put(struct buf *b, const struct plot_op *o)
{
	switch (o->kind) {
	case PLOT_OP_PATH:
		path(b, o);
		return;
	case PLOT_OP_RECT:
		buf_str(b, "<rect");
		attr(b, "x", o->x);
		attr(b, "y", o->y);
		attr(b, "width", fmax(o->w, 0));
		attr(b, "height", fmax(o->h, 0));
		paint(b, o);
		buf_str(b, "/>\n");
		return;
	case PLOT_OP_DOT:
		buf_str(b, "<circle");
		attr(b, "cx", o->x);
		attr(b, "cy", o->y);
		attr(b, "r", o->w);
		paint(b, o);
		buf_str(b, "/>\n");
		return;
	case PLOT_OP_TEXT:
		letters(b, o);
		return;
	case PLOT_OP_GROUP:
		buf_str(b, "<g><title>");
		text(b, o->text);
		buf_str(b, "</title>\n");
		return;
	case PLOT_OP_END:
		buf_str(b, "</g>\n");
		return;
	}
}

int plot_svg(const struct plot *p, struct buf *out, struct err *e)
{
	static const char fonts[] = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, DejaVu Sans, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif";
	buf_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"plot-title plot-desc\"");
	buf_printf(out, " xml:lang=\"%s\"", p->lang);
	attr(out, "width", p->width);
	attr(out, "height", p->height);
	buf_str(out, " viewBox=\"0 0 ");
	num(out, p->width);
	buf_u8(out, ' ');
	num(out, p->height);
	buf_printf(out, "\" font-family=\"%s\">\n<title id=\"plot-title\">", fonts);
	text(out, p->title);
	buf_str(out, "</title>\n<desc id=\"plot-desc\">");
	text(out, slice_of(p->desc.p, p->desc.n));
	buf_str(out, "</desc>\n");
	for (size_t i = 0; i < p->n; i++)
		put(out, &p->op[i]);
	buf_str(out, "</svg>\n");
	return buf_ok(out) ? 0 : err_set(e, buf_code(out), NULL, "no room for the picture");
}
