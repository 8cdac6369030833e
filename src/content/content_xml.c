/* XML 1.0 as far as tags go: every element closed by its own name, in order; quotes, comments, CDATA, instructions and a DOCTYPE with its internal
 * subset passed over; no entity is ever expanded. HTML is told from it by its first tags; its grammar forgives everything, so it has none here. */
#include "content_text_internal.h"

enum { TEXT, LT, NAME, TAG, QUOTED, BANG, COMMENT, CDATA, DOCTYPE, DOCTYPE_QUOTED, INSTRUCTION };

static bool finds_nocase(struct slice h, const char *what)
{
	size_t n = strlen(what);
	for (size_t i = 0; i + n <= h.n; i++)
		if ((h.p[i] | 32) == (what[0] | 32) && slice_eq_nocase(slice_of(h.p + i, n), what))
			return true;
	return false;
}

static bool html_sniff(struct content_checker *c, struct slice h)
{
	if (!h.n || h.p[0] != '<')
		return false;
	if (slice_starts(h, "<?xml") && !finds_nocase(h, "<!doctype html"))
		return c->r.named == CONTENT_HTML && finds_nocase(h, "<html");
	return finds_nocase(slice_of(h.p, h.n < 1024 ? h.n : 1024), "<!doctype html") || finds_nocase(h, "<html") || c->r.named == CONTENT_HTML;
}

static bool xml_sniff(struct content_checker *c, struct slice h)
{
	if (slice_starts(h, "<?xml") || slice_starts(h, "<!DOCTYPE"))
		return true;
	if (h.n < 4 || h.p[0] != '<')
		return false;
	if (c->r.named == CONTENT_XML)
		return true;
	return (h.p[1] == '!' && h.p[2] == '-' && c->r.named != CONTENT_TEXT) ||
		(((h.p[1] | 32) >= 'a' && (h.p[1] | 32) <= 'z') && finds_nocase(h, "xmlns"));
}

static void name_over(struct text_xml_state *x)
{
	if (!x->closing) {
		if (x->depth < TEXT_DEPTH)
			x->open[x->depth] = x->hash;
		x->depth++;
		x->seen = true;
		return;
	}
	if (!x->depth--)
		x->broken = true;
	else if (x->depth < TEXT_DEPTH && x->open[x->depth] != x->hash)
		x->broken = true;
}

static bool is_blank(uint8_t b)
{
	return b == ' ' || b == '\t' || b == '\n' || b == '\r';
}

static void tag_over(struct text_xml_state *x)
{
	if (x->slash && !x->closing)
		x->depth--;
	x->state = TEXT;
}

static void in_tag(struct text_xml_state *x, uint8_t b)
{
	if (b == '>') {
		tag_over(x);
		return;
	}
	x->slash = b == '/';
	if (b == '"' || b == '\'') {
		x->quote = b;
		x->state = QUOTED;
	} else if (b == '<')
		x->broken = true;
}

static void in_name(struct text_xml_state *x, uint8_t b)
{
	if (is_blank(b) || b == '>' || b == '/') {
		name_over(x);
		x->state = TAG;
		x->slash = false;
		in_tag(x, b);
		return;
	}
	x->hash = (x->hash ^ b) * UINT32_C(0x01000193);
	if (b < 0x21 || b == '<' || b == '"' || b == '=')
		x->broken = true;
}

static void after_lt(struct text_xml_state *x, uint8_t b)
{
	x->closing = x->slash = false;
	x->hash = UINT32_C(0x811C9DC5);
	x->run = 0;
	if (b == '!')
		x->state = BANG;
	else if (b == '?')
		x->state = INSTRUCTION;
	else if (b == '/') {
		x->closing = true;
		x->state = NAME;
	} else if (((b | 32) >= 'a' && (b | 32) <= 'z') || b == '_' || b == ':' || b >= 128) {
		x->state = NAME;
		in_name(x, b);
	} else
		x->broken = true;
}

static void after_bang(struct text_xml_state *x, uint8_t b)
{
	if (b == '-' && ++x->run == 2) {
		x->state = COMMENT;
		x->run = 0;
	} else if (b == '[') {
		x->state = CDATA;
		x->run = 0;
	} else if ((b | 32) >= 'a' && (b | 32) <= 'z') {
		x->state = DOCTYPE;
		x->brackets = 0;
	} else if (b != '-')
		x->broken = true;
}

static void in_doctype(struct text_xml_state *x, uint8_t b)
{
	if (b == '[' || b == '<')
		x->brackets++;
	else if ((b == ']' || b == '>') && x->brackets)
		x->brackets--;
	else if (b == '>')
		x->state = TEXT;
	else if (b == '"' || (b == '\'' && !x->brackets)) {
		x->quote = b;
		x->state = DOCTYPE_QUOTED;
	}
}

/* "-->", "]]>" and "?>": so many of a byte, then the closing bracket */
static void until(struct text_xml_state *x, uint8_t b, uint8_t mark, unsigned n)
{
	if (b == '>' && x->run >= n) {
		x->state = TEXT;
		return;
	}
	x->run = b == mark ? x->run + 1 : 0;
}

static const uint8_t *jump(const uint8_t *p, const uint8_t *end, int b)
{
	const uint8_t *hit = memchr(p, b, (size_t)(end - p));
	return hit ? hit : end;
}

static void xml_feed(struct content_checker *c, struct slice s)
{
	struct text_xml_state *x = &STATE_OF(c, struct text_state)->u.xml;
	const uint8_t *p = s.p, *end = s.p + s.n;
	while (p < end && !x->broken) {
		if (x->state == TEXT || x->state == QUOTED || x->state == DOCTYPE_QUOTED) {
			p = jump(p, end, x->state == TEXT ? '<' : x->quote);
			if (p == end)
				return;
			x->state = x->state == TEXT ? LT : x->state == QUOTED ? TAG : DOCTYPE;
			x->slash = false;
			p++;
			continue;
		}
		uint8_t b = *p++;
		switch (x->state) {
		case LT:
			after_lt(x, b);
			break;
		case NAME:
			in_name(x, b);
			break;
		case TAG:
			in_tag(x, b);
			break;
		case BANG:
			after_bang(x, b);
			break;
		case COMMENT:
			until(x, b, '-', 2);
			break;
		case CDATA:
			until(x, b, ']', 2);
			break;
		case DOCTYPE:
			in_doctype(x, b);
			break;
		default:
			until(x, b, '?', 1);
		}
	}
}

static enum grammar xml_end(struct content_checker *c)
{
	const struct text_xml_state *x = &STATE_OF(c, struct text_state)->u.xml;
	if (x->broken)
		return GRAMMAR_BROKEN;
	return x->state == TEXT && x->depth == 0 && x->seen ? GRAMMAR_HOLDS : x->seen ? GRAMMAR_CUT : GRAMMAR_BROKEN;
}

const struct text_reader text_xml = {CONTENT_XML, xml_sniff, NULL, xml_feed, xml_end};
const struct text_reader text_html = {CONTENT_HTML, html_sniff, NULL, NULL, NULL};
