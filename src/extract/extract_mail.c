/* Mail (RFC 5322) with its parts (MIME, RFC 2045 to 2047 and 2231), and mailboxes of it (mbox). Headers are told as they are to be read, bodies as text, attachments as members, a mail in a mail as a member, too. What is decoded wrongly by its
 * writer is read as far as it goes: mail programs never agreed on all of it. */
#include "extract_internal.h"

#include <stdio.h>

#define PARTS_DEEP  16u           /* of multiparts in multiparts */
#define PARTS_MOST  10000u        /* of one mail */
#define DECODED_MAX ((size_t)512 << 20)

/* ---- headers ---- */

struct header {
	struct slice type, encoding, disposition; /* as they stand, folded lines and all */
};

/* The next field of a header, with its folded lines. false: the header is over, and *rest stands behind the empty line. */
static bool field(struct slice *rest, struct slice *ret_name, struct slice *ret_value)
{
	struct slice s = *rest;
	size_t n = 0;
	if (!s.n || s.p[0] == '\n' || (s.p[0] == '\r' && s.n > 1 && s.p[1] == '\n')) {
		*rest = !s.n ? s : slice_of(s.p + 1 + (s.p[0] == '\r'), s.n - 1 - (s.p[0] == '\r'));
		return false;
	}
	for (;;) {
		const uint8_t *lf = memchr(s.p + n, '\n', s.n - n);
		n = lf ? (size_t)(lf - s.p) + 1 : s.n;
		if (n >= s.n || (s.p[n] != ' ' && s.p[n] != '\t'))
			break;
	}
	*rest = slice_of(s.p + n, s.n - n);
	struct slice value, name = slice_cut(slice_of(s.p, n), ':', &value);
	if (!value.p) { /* no field at all: mbox's line, or a body without an empty line before it */
		*ret_name = SLICE_NULL;
		*ret_value = slice_of(s.p, n);
		return true;
	}
	*ret_name = slice_trim(name);
	*ret_value = slice_trim(value);
	return true;
}

static int hex(uint8_t b)
{
	return b >= '0' && b <= '9' ? b - '0' : (b | 32) >= 'a' && (b | 32) <= 'f' ? (b | 32) - 'a' + 10 : -1;
}

static void quoted_printable(struct slice s, bool in_word, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t b = s.p[i];
		if (b == '_' && in_word)
			buf_u8(out, ' ');
		else if (b != '=')
			buf_u8(out, b);
		else if (i + 2 < s.n && hex(s.p[i + 1]) >= 0 && hex(s.p[i + 2]) >= 0) {
			buf_u8(out, (uint8_t)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2])));
			i += 2;
		} else { /* a line that goes on */
			size_t k = i + 1;
			while (k < s.n && (s.p[k] == ' ' || s.p[k] == '\t' || s.p[k] == '\r'))
				k++;
			if (k < s.n && s.p[k] == '\n')
				i = k;
			else if (k >= s.n)
				i = s.n;
			else
				buf_u8(out, b);
		}
	}
}

/* Whatever stands between the letters of base64 is passed over, and it ends at its padding or where it is cut off. */
static void base64(struct slice s, struct buf *out)
{
	uint32_t bits = 0;
	unsigned n = 0;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t b = s.p[i];
		int v = b >= 'A' && b <= 'Z' ? b - 'A' : b >= 'a' && b <= 'z' ? b - 'a' + 26 : b >= '0' && b <= '9' ? b - '0' + 52 : b == '+' || b == '-' ? 62 : b == '/' || b == '_' ? 63 : -1;
		if (b == '=') { /* some writers join padded runs */
			n = 0;
			bits = 0;
		}
		if (v < 0)
			continue;
		bits = bits << 6 | (uint32_t)v;
		n += 6;
		if (n >= 8) {
			n -= 8;
			buf_u8(out, (uint8_t)(bits >> n));
		}
	}
}

static const char *charset_name(struct slice s, char out[40])
{
	size_t n = 0;
	for (; n < s.n && n < 39 && s.p[n] > ' ' && s.p[n] < 0x7F && s.p[n] != '"' && s.p[n] != '*' && s.p[n] != ';'; n++)
		out[n] = (char)s.p[n];
	out[n] = 0;
	return n ? out : NULL;
}

/* What was to go into out cannot: it fails as that did, so that a header without one of its lines is not told as whole. */
static void fails_with(struct buf *out, int code)
{
	if (!code)
		return;
	out->failed = true;
	out->no_memory = code == ERR_MEMORY;
}

/* Bytes in a charset, behind what is in out. */
static void add_as_utf8(struct slice raw, const char *charset, struct buf *out)
{
	AUTO_BUF struct buf b = {0};
	struct slice s;
	buf_init(&b, DECODED_MAX);
	int r = extract_utf8(raw, charset, &b, &s, NULL, NULL);
	if (r == 0)
		buf_add_slice(out, s);
	else
		fails_with(out, r);
}

/* What comes next in a value that is read from its beginning to its end: looked for again only when it was passed, so that a value of a million beginnings without an end is read once. */
struct ahead {
	const uint8_t *end, *line; /* "?=", and a line's end; NULL: not looked for yet */
};

static const uint8_t *look_ahead(const uint8_t **kept, struct slice rest, const char *what)
{
	const uint8_t *stop = rest.p + rest.n;
	if (!*kept || *kept < rest.p) {
		*kept = rest.n ? memmem(rest.p, rest.n, what, strlen(what)) : NULL;
		*kept = *kept ? *kept : stop;
	}
	return *kept;
}

/* "=?charset?Q?words?=" (RFC 2047); blanks between two of them are none, and halves of a character may stand in two. */
static size_t encoded_word(struct slice s, struct buf *bytes, char charset[40], struct ahead *next)
{
	struct slice rest = slice_of(s.p + 2, s.n - 2), name = slice_cut(rest, '?', &rest), how = rest.p ? slice_cut(rest, '?', &rest) : SLICE_NULL;
	if (!rest.p || how.n != 1 || name.n > 60)
		return 0;
	const uint8_t *end = look_ahead(&next->end, rest, "?=");
	if (end == rest.p + rest.n || look_ahead(&next->line, rest, "\n") < end)
		return 0;
	charset_name(name, charset);
	struct slice word = slice_of(rest.p, (size_t)(end - rest.p));
	if ((how.p[0] | 32) == 'q')
		quoted_printable(word, true, bytes);
	else
		base64(word, bytes);
	return (size_t)(end + 2 - s.p);
}

/* A field's value as it is to be read. */
static void unfold(struct slice v, struct buf *out)
{
	AUTO_BUF struct buf bytes = {0}, plain = {0};
	char charset[40], first[40] = "";
	struct ahead next = {NULL, NULL};
	buf_init(&bytes, DECODED_MAX);
	buf_init(&plain, DECODED_MAX);
	for (size_t i = 0; i < v.n;) {
		size_t n = v.p[i] == '=' && i + 1 < v.n && v.p[i + 1] == '?' && !plain.n ? encoded_word(slice_of(v.p + i, v.n - i), &bytes, charset, &next) : 0;
		if (n) {
			memcpy(first, charset, sizeof first);
			i += n;
			size_t k = i;
			while (k < v.n && v.p[k] <= ' ')
				k++;
			if (k + 1 < v.n && v.p[k] == '=' && v.p[k + 1] == '?') { /* the next word; with another charset it stands alone */
				size_t q = k + 2, m = strlen(first);
				i = k;
				if (v.n - q >= m && !strncasecmp((const char *)v.p + q, first, m))
					continue;
			}
			fails_with(out, buf_code(&bytes));
			add_as_utf8(buf_slice(&bytes), first, out);
			buf_reset(&bytes);
			continue;
		}
		while (i < v.n && (v.p[i] == '\r' || v.p[i] == '\n'))
			i++;
		size_t from = i;
		while (i < v.n && v.p[i] != '\r' && v.p[i] != '\n' && (i == from || v.p[i] != '=' || i + 1 >= v.n || v.p[i + 1] != '?'))
			i++;
		buf_add(&plain, v.p + from, i - from);
		fails_with(out, buf_code(&plain));
		add_as_utf8(buf_slice(&plain), NULL, out);
		buf_reset(&plain);
	}
	fails_with(out, buf_code(&bytes));
	if (bytes.n)
		add_as_utf8(buf_slice(&bytes), first, out);
}

/* A parameter of Content-Type or Content-Disposition, RFC 2231's continued and encoded forms too; of several forms of one the encoded (RFC 6266, 4.3), else the continued. Appends; false: it has none. */
static bool parameter(struct slice v, const char *name, struct buf *out)
{
	AUTO_BUF struct buf bytes = {0};
	size_t n = strlen(name);
	char charset[40] = "";
	enum { NONE, PLAIN, CONTINUED, ENCODED } form = NONE;
	bool encoded = false;
	buf_init(&bytes, 65536);
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '"') { /* no parameter begins in quotes */
			for (i++; i < v.n && v.p[i] != '"'; i++)
				i += v.p[i] == '\\';
			continue;
		}
		if (v.p[i] != ';')
			continue;
		size_t k = i + 1;
		while (k < v.n && v.p[k] <= ' ')
			k++;
		if (v.n - k <= n || strncasecmp((const char *)v.p + k, name, n))
			continue;
		k += n;
		bool star = false, numbered = false;
		while (k < v.n && (v.p[k] == '*' || (v.p[k] >= '0' && v.p[k] <= '9'))) {
			numbered |= v.p[k] != '*';
			star = v.p[k] == '*' && k + 1 < v.n && v.p[k + 1] == '=';
			k++;
		}
		while (k < v.n && v.p[k] == ' ')
			k++;
		if (k >= v.n || v.p[k] != '=')
			continue;
		for (k++; k < v.n && v.p[k] <= ' '; k++)
			;
		struct slice value;
		if (k < v.n && v.p[k] == '"') {
			size_t end = ++k;
			while (end < v.n && v.p[end] != '"')
				end++;
			value = slice_of(v.p + k, end - k);
		} else {
			size_t end = k;
			while (end < v.n && v.p[end] > ' ' && v.p[end] != ';')
				end++;
			value = slice_of(v.p + k, end - k);
		}
		unsigned is = numbered ? CONTINUED : star ? ENCODED : PLAIN;
		if (is < form || (is == form && is != CONTINUED))
			continue;
		if (is > form) {
			form = is;
			encoded = false;
			charset[0] = 0;
			buf_reset(&bytes);
		}
		if (star && !bytes.n) { /* charset'language'value */
			struct slice rest = value, cs = slice_cut(value, '\'', &rest);
			if (rest.p) {
				charset_name(cs, charset);
				slice_cut(rest, '\'', &rest);
				value = rest.p ? rest : value;
			}
		}
		for (size_t j = 0; j < value.n; j++)
			if (star && value.p[j] == '%' && j + 2 < value.n && hex(value.p[j + 1]) >= 0 && hex(value.p[j + 2]) >= 0) {
				buf_u8(&bytes, (uint8_t)(hex(value.p[j + 1]) << 4 | hex(value.p[j + 2])));
				j += 2;
			} else
				buf_u8(&bytes, value.p[j]);
		encoded |= star;
	}
	if (form == NONE)
		return false;
	fails_with(out, buf_code(&bytes));
	if (encoded)
		add_as_utf8(buf_slice(&bytes), charset[0] ? charset : NULL, out);
	else
		unfold(buf_slice(&bytes), out);
	return true;
}

static bool begins(struct slice s, const char *word)
{
	size_t n = strlen(word);
	return s.n >= n && !strncasecmp((const char *)s.p, word, n);
}

/* ---- a part ---- */

struct mail {
	const struct extract_out *o;
	struct err *e;
	unsigned parts;
	struct slice whole; /* for offsets */
};

static int entity(struct mail *m, struct slice s, unsigned deep, bool top);

static int no_memory(const struct mail *m)
{
	return err_set(m->e, ERR_MEMORY, NULL, "no memory to read a mail in");
}

static void decode(const struct header *h, struct slice body, struct buf *b, struct slice *ret)
{
	struct slice how = slice_trim(h->encoding);
	*ret = body;
	if (begins(how, "base64"))
		base64(body, b);
	else if (begins(how, "quoted-printable"))
		quoted_printable(body, false, b);
	else
		return;
	*ret = buf_slice(b);
}

static int attachment(struct mail *m, const struct header *h, struct slice bytes)
{
	AUTO_BUF struct buf name = {0};
	buf_init(&name, 65536);
	if (!parameter(h->disposition, "filename", &name) && !parameter(h->type, "name", &name)) {
		struct slice type = slice_cut(h->type, ';', &(struct slice){0});
		buf_str(&name, begins(type, "message/") ? "message.eml" : "part");
	}
	if (buf_code(&name) == ERR_MEMORY)
		return no_memory(m);
	struct slice n = buf_slice(&name), own = n;
	for (size_t i = 0; i < n.n; i++) /* a name, and no path */
		if (n.p[i] == '/' || n.p[i] == '\\')
			own = slice_of(n.p + i + 1, n.n - i - 1);
	return extract_member(m->o, own.n ? own : SLICE("part"), bytes, m->e);
}

static int text_part(struct mail *m, const struct header *h, struct slice bytes, uint64_t offset)
{
	AUTO_BUF struct buf b = {0}, cs = {0};
	struct slice s;
	char name[40];
	buf_init(&b, DECODED_MAX);
	buf_init(&cs, 256);
	const char *charset = parameter(h->type, "charset", &cs) ? charset_name(buf_slice(&cs), name) : NULL;
	int r = buf_code(&cs) == ERR_MEMORY ? no_memory(m) : extract_utf8(bytes, charset, &b, &s, NULL, m->e);
	if (r < 0)
		return r;
	struct extract_out own = *m->o;
	own.base += offset;
	if (begins(h->type, "text/html"))
		return extract_html_text(s, &own, m->e);
	if (begins(h->type, "text/rtf"))
		return extract_rtf(bytes, &own, m->e);
	return extract_put_layout(&own, s, 0, m->e);
}

/* Where the next line "--boundary" stands from `from` on; s.n: nowhere. */
static size_t delimiter(struct slice s, size_t from, struct slice boundary)
{
	for (size_t i = from; i + 2 + boundary.n <= s.n;) {
		const uint8_t *p = memmem(s.p + i, s.n - i, "--", 2);
		if (!p)
			break;
		i = (size_t)(p - s.p);
		if ((i == 0 || s.p[i - 1] == '\n') && s.n - i >= 2 + boundary.n && !memcmp(p + 2, boundary.p, boundary.n)) {
			size_t k = i + 2 + boundary.n;
			bool last = k + 1 < s.n && s.p[k] == '-' && s.p[k + 1] == '-';
			if (last || k >= s.n || s.p[k] <= ' ')
				return i;
		}
		i += 1;
	}
	return s.n;
}

/* What stands before the first part and behind the last: "This is a multi-part message"; now and then a letter. */
static int around(struct mail *m, struct slice s)
{
	AUTO_BUF struct buf b = {0};
	struct slice text;
	if (!slice_trim(s).n)
		return 0;
	buf_init(&b, DECODED_MAX);
	int r = extract_utf8(s, NULL, &b, &text, NULL, m->e);
	return r < 0 ? r : extract_put_text(m->o, text, (uint64_t)(s.p - m->whole.p), m->e);
}

static int multipart(struct mail *m, struct slice boundary, struct slice body, unsigned deep)
{
	size_t at = delimiter(body, 0, boundary);
	int r = around(m, slice_of(body.p, at));
	while (r == 0 && at < body.n) {
		size_t k = at + 2 + boundary.n;
		if (k + 1 < body.n && body.p[k] == '-' && body.p[k + 1] == '-')
			return around(m, slice_of(body.p + k + 2, body.n - k - 2));
		const uint8_t *lf = memchr(body.p + k, '\n', body.n - k);
		if (!lf)
			return 0;
		size_t from = (size_t)(lf - body.p) + 1, end = delimiter(body, from, boundary), stop = end;
		if (end == body.n)
			extract_tell(m->o, EXTRACT_BROKEN, "a mail that breaks off: its last part has no end");
		else if (stop > from && body.p[stop - 1] == '\n')
			stop -= 1 + (stop > from + 1 && body.p[stop - 2] == '\r');
		r = entity(m, slice_of(body.p + from, stop - from), deep + 1, false);
		at = end;
	}
	return r;
}

static int body_of(struct mail *m, const struct header *h, struct slice body, unsigned deep)
{
	AUTO_BUF struct buf b = {0}, boundary = {0};
	struct slice bytes;
	buf_init(&b, DECODED_MAX);
	buf_init(&boundary, 4096);
	if (m->parts++ > PARTS_MOST || deep > PARTS_DEEP) {
		extract_tell(m->o, EXTRACT_LIMIT, "a mail of more parts than are read");
		return 0;
	}
	if (begins(h->type, "multipart/") && parameter(h->type, "boundary", &boundary) && boundary.n)
		return multipart(m, buf_slice(&boundary), body, deep);
	if (buf_code(&boundary) == ERR_MEMORY)
		return no_memory(m);
	decode(h, body, &b, &bytes);
	if (!buf_ok(&b))
		return err_set(m->e, buf_code(&b), NULL, "an attachment is longer than is decoded");
	int r = b.n ? extract_count(m->o, b.n, m->e) : 0;
	if (r != 0)
		return r;
	bool text = (!h->type.n || begins(h->type, "text/plain") || begins(h->type, "text/html") || begins(h->type, "text/rtf") || begins(h->type, "text/enriched") || begins(h->type, "text;") || slice_eq_nocase(h->type, "text")) && !begins(h->disposition, "attachment");
	if (!text)
		return attachment(m, h, bytes);
	return text_part(m, h, bytes, b.n ? 0 : (uint64_t)(body.p - m->whole.p));
}

/* A mail's fields that say something of persons; the rest (routes, signatures, versions) names machines. */
static bool told_field(struct slice name)
{
	static const char *const untold[] = {"received", "dkim-signature", "arc-seal", "arc-message-signature", "arc-authentication-results", "authentication-results", "mime-version", "content-transfer-encoding", "x-ms-exchange-crosstenant-id", "x-microsoft-antispam",
		"x-microsoft-antispam-message-info", "x-forefront-antispam-report", "x-ms-exchange-antispam-messagedata", "x-google-dkim-signature", "x-gm-message-state", "x-google-smtp-source"};
	for (size_t i = 0; i < ARRAY_LEN(untold); i++)
		if (slice_eq_nocase(name, untold[i]))
			return false;
	return true;
}

static int entity(struct mail *m, struct slice s, unsigned deep, bool top)
{
	AUTO_BUF struct buf told = {0};
	struct header h = {.type = SLICE_NULL};
	struct slice rest = s, name, value, before;
	uint64_t offset = (uint64_t)(s.p - m->whole.p);
	buf_init(&told, DECODED_MAX);
	if (top && slice_starts(s, "From ")) /* mbox's own line */
		slice_cut(s, '\n', &rest);
	for (before = rest; field(&rest, &name, &value); before = rest) {
		if (!name.n) {
			rest = before; /* the body begins without its empty line */
			break;
		}
		if (slice_eq_nocase(name, "content-type"))
			h.type = value;
		else if (slice_eq_nocase(name, "content-transfer-encoding"))
			h.encoding = value;
		else if (slice_eq_nocase(name, "content-disposition"))
			h.disposition = value;
		else if (told_field(name) && (top || !begins(name, "content-"))) {
			add_as_utf8(name, NULL, &told);
			buf_str(&told, ": ");
			unfold(value, &told);
			buf_u8(&told, '\n');
		}
	}
	if (!buf_ok(&told))
		return err_set(m->e, buf_code(&told), NULL, "the header of a mail is longer than is read");
	int r = extract_put_text(m->o, buf_slice(&told), offset, m->e);
	return r ? r : body_of(m, &h, rest, deep);
}

/* ---- mailboxes ---- */

/* Where the next mail of an mbox begins behind the first byte: a line "From " behind an empty one (RFC 4155). */
static size_t next_mail(struct slice s)
{
	for (size_t i = 1; i + 6 < s.n; i++) {
		const uint8_t *p = memmem(s.p + i, s.n - i, "\nFrom ", 6);
		if (!p)
			break;
		i = (size_t)(p - s.p);
		if (s.p[i - 1] == '\n' || (s.p[i - 1] == '\r' && i > 1 && s.p[i - 2] == '\n'))
			return i + 1;
	}
	return s.n;
}

int extract_mail(struct slice file, const struct extract_out *o, struct err *e)
{
	struct mail m = {.o = o, .e = e, .whole = file};
	if (!slice_starts(file, "From "))
		return entity(&m, file, 0, true);
	for (struct slice s = file; s.n;) {
		size_t n = next_mail(s);
		m.parts = 0;
		int r = extract_put_record(o, SLICE_NULL, (uint64_t)(s.p - file.p), e);
		if (r == 0)
			r = entity(&m, slice_of(s.p, n), 0, true);
		if (r != 0)
			return r;
		s = slice_of(s.p + n, s.n - n);
	}
	return 0;
}
