/* The type of a file or member: what content says of its first bytes, and what is read here that content has no name for. */
#include "extract_internal.h"

/* Few control characters and no zeros: text, whatever its letters are. Of random bytes one in nine is a control character. */
static bool seems_text(struct slice h)
{
	size_t controls = 0;
	for (size_t i = 0; i < h.n; i++) {
		uint8_t b = h.p[i];
		if (b == 0)
			return false;
		controls += (b < 0x20 && b != '\t' && b != '\n' && b != '\r' && b != '\f' && b != 0x1B) || b == 0x7F;
	}
	return h.n >= 4 && controls * 100 <= h.n;
}

static bool seems_wide_text(struct slice h)
{
	AUTO_BUF struct buf b = {0};
	struct slice text;
	const char *is = extract_charset_guess(h);
	if (strncmp(is, "UTF-16", 6) && strncmp(is, "UTF-32", 6))
		return false;
	h.n = h.n > 4096 ? 4096 : h.n & ~(size_t)3;
	buf_init(&b, 65536);
	return extract_utf8(h, is, &b, &text, NULL, NULL) == 0 && seems_text(text) && !memmem(text.p, text.n, "\xEF\xBF\xBD", 3);
}

/* Packed by what content does not check, and libarchive reads. */
static bool is_packed(struct slice h)
{
	static const struct {
		size_t at, n;
		const char *magic;
	} known[] = {{0, 6, "070701"}, {0, 6, "070702"}, {0, 6, "070707"}, {0, 2, "\xC7\x71"}, {32769, 5, "CD001"}, {0, 4, "MSCF"}, {0, 2, "\x1F\x9D"}, {0, 4, "\x04\x22\x4D\x18"}, {0, 8, "!<arch>\n"}, {0, 4, "xar!"}, {2, 3, "-lh"}, {0, 4, "LZIP"}};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (h.n >= known[i].at + known[i].n && memcmp(h.p + known[i].at, known[i].magic, known[i].n) == 0)
			return true;
	return false;
}

/* RFC 5322: a header's first lines. content asks for more of them than a mail without its transport's has. */
static bool is_mail(struct slice h, int named)
{
	unsigned fields = 0;
	bool known = false;
	if (slice_starts(h, "From ") && named == CONTENT_MAIL)
		return true;
	while (h.n) {
		struct slice rest, line = slice_cut(h, '\n', &rest), name = slice_cut(line, ':', &line);
		static const char *const names[] = {"from", "to", "subject", "date", "message-id", "mime-version", "received", "return-path", "delivered-to", "reply-to"};
		if (h.p[0] == '\n' || h.p[0] == '\r' || !rest.p)
			break;
		h = rest;
		if (name.n && (name.p[0] == ' ' || name.p[0] == '\t'))
			continue;
		if (!line.p || !name.n || memchr(name.p, ' ', name.n))
			return false;
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			known |= slice_eq_nocase(name, names[i]);
		fields++;
	}
	return fields >= (named == CONTENT_MAIL ? 1u : 3u) && known;
}

static bool ascii_has(struct slice h, const char *word)
{
	return memmem(h.p, h.n, word, strlen(word)) != NULL;
}

static int of_text(struct slice h, int type, int named)
{
	if (is_mail(h, named))
		return CONTENT_MAIL;
	if (type == CONTENT_TEXT && (named == CONTENT_CSV || named == CONTENT_JSON || named == CONTENT_RTF || named == CONTENT_HTML)) {
		bool rtf = slice_starts(slice_trim(h), "{\\rtf"), html = ascii_has(h, "<") && ascii_has(h, ">");
		return named == CONTENT_RTF ? rtf ? CONTENT_RTF : CONTENT_TEXT : named == CONTENT_HTML ? html ? CONTENT_HTML : CONTENT_TEXT : named;
	}
	return type;
}

int extract_type(struct slice head, bool whole, struct slice name)
{
	struct content_report r = {0};
	if (!head.n)
		return CONTENT_EMPTY;
	struct content_checker *c = content_new();
	if (!c)
		return CONTENT_UNKNOWN;
	content_begin(c, name, whole ? head.n : 0);
	content_add(c, head);
	content_end(c, &r);
	content_free(c);
	if (r.type == CONTENT_UNKNOWN && is_packed(head))
		return CONTENT_TAR;
	if (r.type == CONTENT_UNKNOWN && (seems_text(head) || seems_wide_text(head)))
		r.type = CONTENT_TEXT;
	return content_textual(r.type) || r.type == CONTENT_MAIL || r.type == CONTENT_TEXT ? of_text(head, r.type, r.named) : r.type;
}
