/* A recovery share on paper. Words for its holder, and then, in this order of importance and in any order of lines:
 *
 *	holdfast-share-v1
 *	set    7K3F 9QZ2 M0AB C  TV           8 random bytes, the same on all shares of a set
 *	share  1 of 3 any 2  XY               index, n, k
 *	1/4    ABCD EFGH JKMN PQRS  TV        the share's bytes, ten a line (the last line: what is left)
 *	...
 *	whole  XXXX XXXX  CC                  the first 5 bytes of SHA-256("holdfast-share-v1" LF set index k n length bytes)
 *
 * Base32 in Crockford's alphabet (no I, L, O, U; I and L are read as 1, O as 0), most significant bit first, spare bits zero. The last two characters of
 * each line are its CRC-10 (polynomial 0x233, most significant bit first, start 0, no final xor) over, in units of 5 bits: a letter for the kind of line (3 set,
 * 4 share, 5 bytes, 6 whole), for a line of bytes its number and their count, and what stands on it (share: index, n, k). So any one wrong
 * character and any two exchanged neighbours are found and the line is named, always; other errors with 1023 of 1024, and the rest by "whole".
 * Blanks, hyphens, case and the kind of line ends do not matter, nor does "> " before a line. What goes on in the next line (a scan of a narrow column) is read as one. Lines that begin with other
 * words are not read. The first line may be missing: "whole" covers it.
 */
#include <ctype.h>

#include "seal_internal.h"

#define LINE_BYTES 10
#define LINE_CHARS 16
#define LINES_MAX ((sizeof(((struct share *)0)->data) + LINE_BYTES - 1) / LINE_BYTES)
#define TEXT_MAX 65536
#define SYMBOLS_MAX 32

enum kind { SET = 3, SHARE = 4, BYTES = 5, WHOLE = 6 };

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#define LABEL 16

struct symbols {
	uint8_t v[SYMBOLS_MAX];
	size_t n;
};

static uint16_t crc10(uint16_t crc, uint8_t symbol)
{
	for (int bit = 4; bit >= 0; bit--) {
		bool top = (crc >> 9 & 1) != (symbol >> bit & 1);
		crc = (uint16_t)(crc << 1 & 0x3ff) ^ (top ? 0x233 : 0);
	}
	return crc;
}

static uint16_t line_crc(enum kind kind, size_t i, size_t count, const struct symbols *s, size_t n)
{
	uint16_t crc = crc10(0, (uint8_t)kind);
	if (kind == BYTES)
		crc = crc10(crc10(crc, (uint8_t)i), (uint8_t)count);
	for (size_t at = 0; at < n; at++)
		crc = crc10(crc, s->v[at]);
	return crc;
}

static void bytes_label(size_t i, size_t count, char out[LABEL])
{
	(void)snprintf(out, LABEL, "%u/%u", (unsigned)(i & 0xff), (unsigned)(count & 0xff));
}

/* ---- writing ---- */

static void from_bytes(struct slice bytes, struct symbols *ret)
{
	uint32_t acc = 0;
	int bits = 0;
	ret->n = 0;
	for (size_t i = 0; i < bytes.n; i++) {
		acc = (acc << 8 | bytes.p[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			ret->v[ret->n++] = (uint8_t)(acc >> (bits - 5) & 31);
	}
	if (bits)
		ret->v[ret->n++] = (uint8_t)(acc << (5 - bits) & 31);
}

static void put_crc(struct buf *b, uint16_t crc)
{
	buf_printf(b, "  %c%c\n", alphabet[crc >> 5], alphabet[crc & 31]);
}

static void put_bytes(struct buf *b, const char *label, enum kind kind, size_t i, size_t count, struct slice bytes)
{
	struct symbols s = {.n = 0};
	from_bytes(bytes, &s);
	buf_printf(b, "%-6s", label);
	for (size_t at = 0; at < s.n; at++)
		buf_printf(b, "%s%c", at % 4 == 0 ? " " : "", alphabet[s.v[at]]);
	put_crc(b, line_crc(kind, i, count, &s, s.n));
	seal_wipe(&s, sizeof(s));
}

static void put_words(struct buf *b, const struct share *s, const char *name)
{
	buf_printf(b, "HOLDFAST RECOVERY SHARE %d OF %d\n\nSite: ", s->index, s->n);
	for (const char *p = name; *p; p++)
		buf_u8(b, (uint8_t)*p < 0x20 || *p == 0x7f ? ' ' : (uint8_t)*p);
	if (s->n == 1)
		buf_str(b, "\n\nThis share alone opens everything that this site has sealed. It is for trials only.\n");
	else
		buf_printf(b, "\n\nAny %d of the %d shares together open everything that this site has sealed. Fewer open nothing.\n", s->k, s->n);
	buf_str(b, "Print this page and keep it where only you can reach it, away from the site and from\n"
	           "the other shares. Then delete the file.\n"
	           "To test it without the others:  holdfast key check FILE\n"
	           "To type it in, copy the lines below. Blanks and small letters do not matter; the last\n"
	           "two characters of a line check that line, so a mistake is found where it was made.\n\n");
}

void share_format(const struct share *s, const char *name, struct buf *ret)
{
	uint8_t whole[SHARE_WHOLE];
	struct symbols numbers = {.v = {(uint8_t)s->index, (uint8_t)s->n, (uint8_t)s->k}, .n = 3};
	size_t lines = (s->len + LINE_BYTES - 1) / LINE_BYTES;
	assert(s->len >= 1 && s->len <= sizeof(s->data));
	put_words(ret, s, name ? name : "");
	buf_str(ret, "holdfast-share-v1\n");
	put_bytes(ret, "set", SET, 0, 0, slice_of(s->set, sizeof(s->set)));
	buf_printf(ret, "share  %d of %d any %d", s->index, s->n, s->k);
	put_crc(ret, line_crc(SHARE, 0, 0, &numbers, numbers.n));
	for (size_t i = 0; i < lines; i++) {
		char label[LABEL];
		size_t from = i * LINE_BYTES;
		bytes_label(i + 1, lines, label);
		put_bytes(ret, label, BYTES, i + 1, lines, slice_of(s->data + from, s->len - from < LINE_BYTES ? s->len - from : LINE_BYTES));
	}
	share_whole(s, whole);
	put_bytes(ret, "whole", WHOLE, 0, 0, slice_of(whole, sizeof(whole)));
}

/* ---- reading ---- */

struct reading {
	struct share s;
	uint8_t whole[SHARE_WHOLE];
	bool version, set, share, has_whole;
	size_t lines;               /* as the first line of bytes says; 0: none seen */
	uint8_t have[LINES_MAX + 1]; /* 1 where that line was read */
	struct err *e;
};

/* Never what was typed: a share is a secret. */
static int mistyped(struct reading *r, const char *label, const char *what)
{
	char place[32];
	(void)snprintf(place, sizeof(place), "line \"%s\"", label);
	return err_set(r->e, ERR_INPUT, place, "%s", what);
}

static int symbol(uint8_t c)
{
	c = (uint8_t)toupper(c);
	if (c == 'I' || c == 'L')
		c = '1';
	if (c == 'O')
		c = '0';
	const char *at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '-' || c == ',' || c == '>';
}

static struct slice word(struct slice *rest)
{
	while (rest->n && blank(*rest->p))
		*rest = slice_of(rest->p + 1, rest->n - 1);
	size_t n = 0;
	while (n < rest->n && !blank(rest->p[n]))
		n++;
	struct slice w = slice_of(rest->p, n);
	*rest = slice_of(rest->p + n, rest->n - n);
	return w;
}

static int read_symbols(struct reading *r, const char *label, struct slice rest, size_t want, struct symbols *ret)
{
	char what[128];
	ret->n = 0;
	for (size_t i = 0; i < rest.n; i++) {
		if (blank(rest.p[i]))
			continue;
		int v = symbol(rest.p[i]);
		if (v < 0) {
			(void)snprintf(what, sizeof(what), "character %zu is none of the letters and digits that a share uses", ret->n + 1);
			return mistyped(r, label, what);
		}
		if (ret->n == SYMBOLS_MAX)
			return mistyped(r, label, "the line is too long");
		ret->v[ret->n++] = (uint8_t)v;
	}
	if (want && ret->n != want) {
		(void)snprintf(what, sizeof(what), "there are %zu characters where %zu belong", ret->n, want);
		return mistyped(r, label, what);
	}
	return ret->n > 2 ? 0 : mistyped(r, label, "the line is too short");
}

static int check_crc(struct reading *r, const char *label, enum kind kind, size_t i, size_t count, const struct symbols *s)
{
	uint16_t crc = line_crc(kind, i, count, s, s->n - 2);
	if (s->v[s->n - 2] == crc >> 5 && s->v[s->n - 1] == (crc & 31))
		return 0;
	return mistyped(r, label, "there is a typing error in it: compare it with the paper, character by character");
}

static int to_bytes(struct reading *r, const char *label, const struct symbols *s, uint8_t *out, size_t max, size_t *ret_n)
{
	uint32_t acc = 0;
	int bits = 0;
	size_t n = 0;
	for (size_t i = 0; i < s->n - 2; i++) {
		acc = (acc << 5 | s->v[i]) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			if (n == max)
				return mistyped(r, label, "the line is too long");
			out[n++] = (uint8_t)(acc >> bits);
		}
	}
	if (bits >= 5 || (acc & ((1u << bits) - 1)))
		return mistyped(r, label, "the line has a wrong number of characters");
	*ret_n = n;
	return 0;
}

static int read_fixed(struct reading *r, const char *label, enum kind kind, struct slice rest, uint8_t *out, size_t n, bool *seen)
{
	struct symbols s = {.n = 0};
	size_t got = 0;
	if (*seen)
		return mistyped(r, label, "it is there twice");
	int x = read_symbols(r, label, rest, (8 * n + 4) / 5 + 2, &s);
	if (x == 0)
		x = check_crc(r, label, kind, 0, 0, &s);
	if (x == 0)
		x = to_bytes(r, label, &s, out, n, &got);
	seal_wipe(&s, sizeof(s));
	*seen = x == 0;
	return x;
}

/* l and I for 1, O for 0, as in the lines of bytes */
static bool number(struct slice w, uint64_t min, uint64_t max, uint64_t *ret)
{
	char digits[4];
	for (size_t i = 0; i < w.n && i < sizeof(digits); i++)
		digits[i] = strchr("iIlL", (char)w.p[i]) ? '1' : strchr("oO", (char)w.p[i]) ? '0' : (char)w.p[i];
	return w.n && w.n <= sizeof(digits) && num_u64(slice_of(digits, w.n), min, max, ret) == 0;
}

static int read_numbers(struct reading *r, struct slice rest)
{
	uint64_t v[3] = {0, 0, 0};
	static const char *const between[3] = {NULL, "of", "any"};
	struct symbols s = {.n = 0};
	if (r->share)
		return mistyped(r, "share", "it is there twice");
	for (int i = 0; i < 3; i++) {
		const char *next = between[i];
		if (next && !slice_eq_nocase(word(&rest), next))
			return mistyped(r, "share", "it should read like: share 1 of 3 any 2, and two characters");
		if (!number(word(&rest), 1, SHARE_MAX, &v[i]))
			return mistyped(r, "share", "it should read like: share 1 of 3 any 2, and two characters");
	}
	struct slice check = word(&rest);
	int high = check.n == 2 ? symbol(check.p[0]) : -1, low = check.n == 2 ? symbol(check.p[1]) : -1;
	if (high < 0 || low < 0 || slice_trim(rest).n)
		return mistyped(r, "share", "it should end with two check characters");
	s = (struct symbols){.v = {(uint8_t)v[0], (uint8_t)v[1], (uint8_t)v[2], (uint8_t)high, (uint8_t)low}, .n = 5};
	int x = check_crc(r, "share", SHARE, 0, 0, &s);
	r->s.index = (int)v[0];
	r->s.n = (int)v[1];
	r->s.k = (int)v[2];
	r->share = x == 0;
	return x;
}

static int read_bytes(struct reading *r, size_t i, size_t count, struct slice rest)
{
	char label[LABEL];
	struct symbols s = {.n = 0};
	size_t got = 0;
	bytes_label(i, count, label);
	if (r->lines && r->lines != count)
		return mistyped(r, label, "the other lines say another number of lines");
	if (r->have[i])
		return mistyped(r, label, "it is there twice");
	int x = read_symbols(r, label, rest, i < count ? LINE_CHARS + 2 : 0, &s);
	if (x == 0)
		x = check_crc(r, label, BYTES, i, count, &s);
	if (x == 0) {
		size_t from = (i - 1) * LINE_BYTES, room = sizeof(r->s.data) - from;
		x = to_bytes(r, label, &s, r->s.data + from, room < LINE_BYTES ? room : LINE_BYTES, &got);
	}
	seal_wipe(&s, sizeof(s));
	if (x < 0)
		return x;
	r->lines = count;
	r->have[i] = 1;
	if (i == count)
		r->s.len = (i - 1) * LINE_BYTES + got;
	return 0;
}

/* "2/4" */
static bool is_bytes_label(struct slice w, size_t *ret_i, size_t *ret_count)
{
	struct slice rest;
	uint64_t i, count;
	if (!memchr(w.p ? w.p : (const uint8_t *)"", '/', w.n) || !number(slice_cut(w, '/', &rest), 1, LINES_MAX, &i) || !number(rest, i, LINES_MAX, &count))
		return false;
	*ret_i = (size_t)i;
	*ret_count = (size_t)count;
	return true;
}

/* The word that a line of a share begins with; rest: what stands behind it. */
static struct slice first_word(struct slice line, struct slice *rest)
{
	*rest = slice_trim(line);
	while (rest->n && (*rest->p == '>' || blank(*rest->p)))
		*rest = slice_of(rest->p + 1, rest->n - 1);
	struct slice w = word(rest);
	if (w.n && w.p[w.n - 1] == ':')
		w.n--;
	return w;
}

static bool begins(struct slice line)
{
	size_t i, count;
	struct slice rest, w = first_word(line, &rest);
	return slice_eq_nocase(w, "holdfast") || slice_eq_nocase(w, "set") || slice_eq_nocase(w, "whole") || slice_eq_nocase(w, "share") || is_bytes_label(w, &i, &count);
}

static int read_line(struct reading *r, struct slice line)
{
	size_t i, count;
	struct slice rest, w = first_word(line, &rest);
	if (slice_eq_nocase(w, "holdfast") && slice_eq_nocase(word(&rest), "share")) {
		r->version = true;
		return 0;
	}
	if (slice_eq_nocase(w, "set"))
		return read_fixed(r, "set", SET, rest, r->s.set, sizeof(r->s.set), &r->set);
	if (slice_eq_nocase(w, "whole"))
		return read_fixed(r, "whole", WHOLE, rest, r->whole, sizeof(r->whole), &r->has_whole);
	if (slice_eq_nocase(w, "share"))
		return read_numbers(r, rest);
	if (is_bytes_label(w, &i, &count))
		return read_bytes(r, i, count, rest);
	return 0;
}

static int check_complete(struct reading *r)
{
	uint8_t whole[SHARE_WHOLE];
	char label[LABEL];
	if (!r->version && !(r->set && r->share && r->lines && r->has_whole))
		return err_set(r->e, ERR_INPUT, NULL, "this is no recovery share: the line \"holdfast-share-v1\" is missing");
	if (!r->set || !r->share || !r->has_whole)
		return mistyped(r, !r->set ? "set" : !r->share ? "share" : "whole", "it is missing");
	if (r->lines == 0)
		return mistyped(r, "1/", "it is missing");
	for (size_t i = 1; i <= r->lines; i++) {
		if (r->have[i])
			continue;
		bytes_label(i, r->lines, label);
		return mistyped(r, label, "it is missing");
	}
	if (r->s.index > r->s.n || r->s.k > r->s.n || (r->s.k < 2 && r->s.n != 1))
		return mistyped(r, "share", "its numbers cannot be");
	share_whole(&r->s, whole);
	if (!seal_equal(whole, r->whole, sizeof(whole)))
		return mistyped(r, "whole", "each line is right by itself, but they are not of one share: compare all lines with one sheet of paper");
	return 0;
}

static bool right(struct slice line)
{
	struct err ignored = {0};
	struct reading r = {.e = &ignored};
	bool ok = read_line(&r, line) == 0;
	seal_wipe(&r, sizeof(r));
	return ok;
}

/* The next line; where it is right only together with what stands below it (at most as much as a line is long), those together. */
static struct slice next_line(struct slice *rest, struct buf *joined)
{
	struct slice line = slice_cut(*rest, '\n', rest), more, after = *rest;
	if (!begins(line) || right(line))
		return line;
	buf_reset(joined);
	buf_add_slice(joined, line);
	while (after.n && joined->n < 128) {
		more = slice_cut(after, '\n', &after);
		if (slice_trim(more).n == 0 || begins(more))
			break;
		buf_u8(joined, ' ');
		buf_add_slice(joined, more);
		if (!right(buf_slice(joined)))
			continue;
		*rest = after;
		return buf_slice(joined);
	}
	return line;
}

int share_parse(struct slice text, struct share *ret, struct err *e)
{
	struct reading r = {.e = e};
	int x = text.n > TEXT_MAX ? err_set(e, ERR_LIMIT, NULL, "a recovery share is at most %d bytes of text", TEXT_MAX) : 0;
	AUTO_BUF struct buf lines = {0}, joined = {0};
	buf_init_secret(&lines, TEXT_MAX);
	buf_init_secret(&joined, TEXT_MAX * 2);
	for (size_t i = 0; x == 0 && i < text.n; i++) /* the line ends of an old Mac, and the blank that a word processor puts between two words */
		if (text.p[i] == 0xc2 && i + 1 < text.n && text.p[i + 1] == 0xa0) {
			buf_u8(&lines, ' ');
			i++;
		} else
			buf_u8(&lines, text.p[i] == '\r' ? '\n' : text.p[i]);
	struct slice rest = buf_slice(&lines);
	if (x == 0 && !buf_ok(&lines))
		x = err_set(e, buf_code(&lines), NULL, "no memory to read a share");
	while (x == 0 && rest.n) /* slice_cut leaves nothing behind the last line */
		x = read_line(&r, next_line(&rest, &joined));
	if (x == 0)
		x = check_complete(&r);
	if (x == 0)
		*ret = r.s;
	seal_wipe(&r, sizeof(r));
	return x;
}
