/* CSV (RFC 4180 and what spreadsheets make of it): rows end at LF or CRLF outside of quotes, "" in quotes is a quote. A quote that is never closed within
 * 64 KiB is a letter. Also: other encodings made UTF-8, column names made comparable, and fields written so that no spreadsheet calculates them. */
#include "csv.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define QUOTED_MAX 65536u
#define BLOCK 64u

void csv_init(struct csv *c, struct slice text, uint8_t sep, struct arena *a)
{
	*c = (struct csv){.text = text, .line = 1, .row_line = 1, .sep = sep, .a = a, .block = SIZE_MAX};
}

/* Which of the 64 bytes at `at` are a separator or a line end? */
static uint64_t marks_at(const struct csv *c, size_t at)
{
	const uint8_t *p = c->text.p + at;
	size_t n = c->text.n - at;
	uint64_t marks = 0;
#ifdef __SSE2__
	if (n >= BLOCK) {
		const __m128i sep = _mm_set1_epi8((char)c->sep), end = _mm_set1_epi8('\n');
		for (unsigned k = 0; k < BLOCK / 16; k++) {
			__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + (size_t)16 * k));
			marks |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, sep), _mm_cmpeq_epi8(v, end))) << (16 * k);
		}
		return marks;
	}
#endif
	for (size_t i = 0; i < n && i < BLOCK; i++)
		marks |= (uint64_t)(p[i] == c->sep || p[i] == '\n') << i;
	return marks;
}

/* The closing quote of the one at `from`; 0: there is none. */
static size_t closing(const struct csv *c, size_t from)
{
	size_t end = c->text.n - from > QUOTED_MAX ? from + QUOTED_MAX : c->text.n;
	for (size_t i = from + 1; i < end; i++) {
		if (c->text.p[i] != '"')
			continue;
		if (i + 1 < end && c->text.p[i + 1] == '"')
			i++;
		else
			return i;
	}
	return 0;
}

static struct slice unquoted(struct csv *c, size_t from, size_t to)
{
	struct slice in = slice_of(c->text.p + from, to - from);
	for (size_t i = 0; i < in.n; i++)
		c->line += in.p[i] == '\n';
	if (!in.n || !memchr(in.p, '"', in.n))
		return in;
	uint8_t *out = arena_raw(c->a, in.n);
	if (!out) {
		c->no_room = true;
		return SLICE_NULL;
	}
	size_t n = 0;
	for (size_t i = 0; i < in.n; i++) {
		out[n++] = in.p[i];
		i += in.p[i] == '"';
	}
	return slice_of(out, n);
}

static struct slice one_field(struct csv *c)
{
	size_t i = c->at, n = c->text.n;
	const uint8_t *p = c->text.p;
	while (i < n && p[i] == ' ')
		i++;
	size_t close = i < n && p[i] == '"' ? closing(c, i) : 0;
	if (close) {
		struct slice f = unquoted(c, i + 1, close);
		c->at = close + 1;
		while (c->at < n && p[c->at] != c->sep && p[c->at] != '\n')
			c->at++; /* what stands between a quote and the separator is no part of it */
		return slice_trim(f);
	}
	if (i < n && p[i] == '"')
		c->broken = true;
	size_t k = i;
	while (k < n && p[k] != c->sep && p[k] != '\n')
		k++;
	c->at = k;
	return slice_trim(slice_of(p + i, k - i));
}

/* A row's fields from c->at on, as far as none begins with a quote: nearly all there are, found by 64 bytes at a time. True: that was the row's end, and there c->at is; false: c->at is where a field in quotes begins. */
static bool fields_without_quotes(struct csv *c, struct slice field[CSV_FIELDS_MAX], size_t *n, bool *any)
{
	const uint8_t *p = c->text.p;
	size_t end = c->text.n, from = c->at, block = c->block;
	uint64_t left = 0;
	if (from >= block && from - block < BLOCK) {
		left = c->marks & ~UINT64_C(0) << (from - block);
	} else {
		block = from;
		left = c->marks = marks_at(c, block);
	}
	for (;;) {
		if (from < end && p[from] <= '"') { /* a quote, or a blank before one */
			size_t i = from;
			while (i < end && p[i] == ' ')
				i++;
			if (i < end && p[i] == '"') {
				c->block = block;
				c->at = from;
				return false;
			}
		}
		while (!left && block < end && end - block > BLOCK) {
			block += BLOCK;
			left = c->marks = marks_at(c, block);
		}
		size_t to = left ? block + (unsigned)__builtin_ctzll(left) : end;
		left &= left - 1;
		struct slice f = slice_of(p + from, to - from);
		if (f.n && (f.p[0] <= ' ' || f.p[f.n - 1] <= ' '))
			f = slice_trim(f);
		*any |= f.n > 0;
		if (*n < CSV_FIELDS_MAX)
			field[(*n)++] = f;
		else
			c->more_fields = true;
		if (to == end || p[to] == '\n') {
			c->block = block;
			c->at = to;
			return true;
		}
		from = to + 1;
	}
}

bool csv_row(struct csv *c, struct slice field[CSV_FIELDS_MAX], size_t *ret_n)
{
	const bool odd = c->sep == ' ' || c->sep == '"'; /* then a blank, or a quote, is not what it is elsewhere */
	while (c->at < c->text.n) {
		size_t n = 0;
		bool any = false;
		c->row_line = c->line;
		while (odd || !fields_without_quotes(c, field, &n, &any)) {
			struct slice f = one_field(c);
			any |= f.n > 0;
			if (n < CSV_FIELDS_MAX)
				field[n++] = f;
			else
				c->more_fields = true;
			if (c->at >= c->text.n || c->text.p[c->at] == '\n')
				break;
			c->at++;
		}
		if (c->at < c->text.n)
			c->at++;
		c->line++;
		if (any) {
			*ret_n = n;
			return true;
		}
	}
	return false;
}

uint8_t csv_separator(struct slice line)
{
	static const uint8_t seps[] = {',', ';', '\t', '|'};
	unsigned count[ARRAY_LEN(seps)] = {0}, best = 0;
	bool quoted = false;
	for (size_t i = 0; i < line.n; i++) {
		quoted ^= line.p[i] == '"';
		for (unsigned k = 0; !quoted && k < ARRAY_LEN(seps); k++)
			count[k] += line.p[i] == seps[k];
	}
	for (unsigned k = 1; k < ARRAY_LEN(seps); k++)
		best = count[k] > count[best] ? k : best;
	return seps[best];
}

static int from_utf16(struct slice raw, size_t bom, bool big, struct buf *out)
{
	for (size_t i = bom; i + 1 < raw.n; i += 2) {
		uint32_t u = big ? (uint32_t)raw.p[i] << 8 | raw.p[i + 1] : (uint32_t)raw.p[i + 1] << 8 | raw.p[i];
		if (u >= 0xD800 && u < 0xDC00 && i + 3 < raw.n) {
			uint32_t low = big ? (uint32_t)raw.p[i + 2] << 8 | raw.p[i + 3] : (uint32_t)raw.p[i + 3] << 8 | raw.p[i + 2];
			if (low >= 0xDC00 && low < 0xE000) {
				u = 0x10000 + ((u - 0xD800) << 10 | (low - 0xDC00));
				i += 2;
			}
		}
		uint8_t c[4];
		size_t n = utf8_put(u, c);
		buf_add(out, n ? c : (const uint8_t *)"\xEF\xBF\xBD", n ? n : 3);
	}
	return buf_code(out);
}

/* What Windows puts where Latin-1 has control characters (the WHATWG's table: the five that are not assigned stay as they are). */
static int from_1252(struct slice raw, struct buf *out)
{
	static const uint16_t high[32] = {0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d, 0x017d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178};
	for (size_t i = 0; i < raw.n; i++) {
		uint8_t c[4];
		buf_add(out, c, utf8_put(raw.p[i] >= 0x80 && raw.p[i] < 0xa0 ? high[raw.p[i] - 0x80] : raw.p[i], c));
	}
	return buf_code(out);
}

int csv_utf8(struct slice raw, struct arena *a, struct slice *ret, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	if (raw.n >= 3 && !memcmp(raw.p, "\xEF\xBB\xBF", 3))
		raw = slice_of(raw.p + 3, raw.n - 3);
	bool little = raw.n >= 2 && raw.p[0] == 0xff && raw.p[1] == 0xfe, big = raw.n >= 2 && raw.p[0] == 0xfe && raw.p[1] == 0xff;
	size_t bom = little || big ? 2 : 0;
	if (!bom && raw.n >= 4 && !(raw.n & 1)) { /* without its mark: the first two letters of a header are ASCII in any language that says "name", and in most others, too */
		little = raw.p[0] && !raw.p[1] && raw.p[2] && !raw.p[3];
		big = !raw.p[0] && raw.p[1] && !raw.p[2] && raw.p[3];
	}
	if (!little && !big && utf8_valid(raw)) {
		*ret = raw;
		return 0;
	}
	buf_init(&b, raw.n * 3 + 16);
	int code = 0;
	if (little || big)
		code = from_utf16(raw, bom, big, &b);
	else
		code = from_1252(raw, &b);
	if (code == 0 && b.n) {
		*ret = arena_dup(a, buf_slice(&b));
		code = ret->p ? 0 : arena_code(a);
	} else if (code == 0)
		*ret = SLICE_NULL;
	return code ? err_set(e, code, NULL, "no room to read it in its encoding") : 0;
}

void csv_key(struct slice column, char out[64])
{
	AUTO_BUF struct buf b = {0};
	size_t n = 0;
	buf_init(&b, 1024);
	utf8_fold(&b, slice_of(column.p, column.n < 128 ? column.n : 128));
	if (!buf_ok(&b)) /* no memory: a column is still found, in the letters that need none to be folded */
		for (size_t i = 0; i < column.n && n < 63; i++) {
			uint8_t c = column.p[i] >= 'A' && column.p[i] <= 'Z' ? column.p[i] | 0x20 : column.p[i];
			if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80)
				out[n++] = (char)c;
		}
	for (size_t i = 0; buf_ok(&b) && i < b.n && n < 63; i++)
		if ((b.p[i] >= 'a' && b.p[i] <= 'z') || (b.p[i] >= '0' && b.p[i] <= '9') || b.p[i] >= 0x80)
			out[n++] = (char)b.p[i];
	out[n] = 0;
}

/* ---- writing ---- */

bool csv_calculates(struct slice s)
{
	while (s.n > 1 && s.p[0] == '\'')
		s = slice_of(s.p + 1, s.n - 1);
	if (!s.n)
		return false;
	if (memchr("=+-@\t\r\n", s.p[0], 7))
		return true;
	/* U+FF0B, FF0D, FF1D, FF20 */
	return s.n >= 3 && s.p[0] == 0xEF && s.p[1] == 0xBC && (s.p[2] == 0x8B || s.p[2] == 0x8D || s.p[2] == 0x9D || s.p[2] == 0xA0);
}

static bool needs_quotes(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r')
			return true;
	return s.n && (s.p[0] == ' ' || s.p[s.n - 1] == ' ' || s.p[0] == '\t' || s.p[s.n - 1] == '\t');
}

void csv_put(struct buf *out, struct slice s)
{
	bool quotes = needs_quotes(s);
	if (quotes)
		buf_u8(out, '"');
	if (csv_calculates(s))
		buf_u8(out, '\'');
	if (!quotes) {
		buf_add_slice(out, s);
		return;
	}
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_u8(out, '"');
		buf_u8(out, s.p[i]);
	}
	buf_u8(out, '"');
}

struct slice csv_plain(struct slice field)
{
	return field.n && field.p[0] == '\'' && csv_calculates(field) ? slice_of(field.p + 1, field.n - 1) : field;
}
