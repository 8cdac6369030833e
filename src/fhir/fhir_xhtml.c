/* XHTML of narratives (R4 2.1.16), both ways: text made safe to stand in it, and what a person reads of it. */
#include "fhir_internal.h"

void fhir_xhtml(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		switch (c) {
		case '&': buf_str(out, "&amp;"); break;
		case '<': buf_str(out, "&lt;"); break;
		case '>': buf_str(out, "&gt;"); break;
		case '"': buf_str(out, "&quot;"); break;
		default:
			if (c >= 0x20 || c == '\t' || c == '\n') /* other controls are not allowed in XML at all */
				buf_u8(out, c);
		}
	}
}

static bool tag_is(struct slice tag, const char *words)
{
	size_t n = 0;
	if (tag.n && tag.p[0] == '/')
		tag = slice_of(tag.p + 1, tag.n - 1);
	while (n < tag.n && ((tag.p[n] >= '0' && tag.p[n] <= '9') || ((tag.p[n] | 0x20) >= 'a' && (tag.p[n] | 0x20) <= 'z')))
		n++;
	return fhir_word(words, slice_of(tag.p, n)) != NULL;
}

static void line_end(struct buf *out, size_t start)
{
	while (out->n > start && out->p[out->n - 1] == ' ')
		out->n--;
	if (out->n > start && out->p[out->n - 1] != '\n')
		buf_u8(out, '\n');
}

static void put_tag(struct buf *out, size_t start, struct slice tag)
{
	if (buf_ok(out) && tag_is(tag, "br\0p\0div\0tr\0li\0ul\0ol\0dl\0dt\0dd\0table\0thead\0tbody\0caption\0h1\0h2\0h3\0h4\0h5\0h6\0hr\0pre\0blockquote\0"))
		line_end(out, start);
	else if (buf_ok(out) && tag.n && tag.p[0] == '/' && tag_is(tag, "td\0th\0") && out->n > start && out->p[out->n - 1] != '\n')
		buf_str(out, "  ");
}

static void put_entity(struct buf *out, struct slice name)
{
	static const struct fhir_pair named[] = {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}, {"nbsp", " "}, {"ndash", "\xe2\x80\x93"}, {"mdash", "\xe2\x80\x94"}, {"deg", "\xc2\xb0"},
		{"micro", "\xc2\xb5"}, {"uuml", "\xc3\xbc"}, {"auml", "\xc3\xa4"}, {"ouml", "\xc3\xb6"}, {"szlig", "\xc3\x9f"}, {"eacute", "\xc3\xa9"}, {"bull", "\xe2\x80\xa2"}};
	const char *known = FHIR_MAP(named, name);
	if (known) {
		buf_str(out, known);
		return;
	}
	uint32_t cp = 0;
	bool hex = name.n > 2 && (name.p[1] | 0x20) == 'x', good = name.n > 1 && name.p[0] == '#';
	for (size_t i = hex ? 2 : 1; good && i < name.n; i++) {
		uint8_t c = name.p[i], low = c | 0x20;
		uint32_t digit = c >= '0' && c <= '9' ? (uint32_t)(c - '0') : hex && low >= 'a' && low <= 'f' ? (uint32_t)(low - 'a' + 10) : 99;
		good = digit < (hex ? 16u : 10u) && cp < 0x110000;
		cp = cp * (hex ? 16 : 10) + digit;
	}
	uint8_t utf8[4];
	size_t n = good && cp >= 0x20 ? utf8_put(cp, utf8) : 0;
	if (n)
		buf_add(out, utf8, n);
	else {
		buf_u8(out, '&');
		buf_add_slice(out, name);
		buf_u8(out, ';');
	}
}

void fhir_xhtml_text(struct buf *out, struct slice x)
{
	size_t start = out->n;
	for (size_t i = 0; i < x.n && buf_ok(out); i++) {
		uint8_t c = x.p[i];
		size_t left = x.n - i;
		if (c == '<') {
			bool comment = left >= 4 && memcmp(x.p + i, "<!--", 4) == 0;
			const uint8_t *end = comment ? memmem(x.p + i, left, "-->", 3) : memchr(x.p + i, '>', left);
			if (!end)
				return; /* cut off in a tag: nothing more to read */
			if (!comment)
				put_tag(out, start, slice_of(x.p + i + 1, (size_t)(end - x.p) - i - 1));
			i = (size_t)(end - x.p) + (comment ? 2 : 0);
		} else if (c == '&') {
			const uint8_t *end = memchr(x.p + i, ';', left < 12 ? left : 12);
			if (end) {
				put_entity(out, slice_of(x.p + i + 1, (size_t)(end - x.p) - i - 1));
				i = (size_t)(end - x.p);
			} else
				buf_u8(out, '&');
		} else if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
			if (out->n > start && out->p[out->n - 1] != ' ' && out->p[out->n - 1] != '\n')
				buf_u8(out, ' ');
		} else
			buf_u8(out, c);
	}
	if (buf_ok(out))
		line_end(out, start);
}
