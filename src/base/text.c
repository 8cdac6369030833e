/* Text: UTF-8 (RFC 3629), base64 (RFC 4648), hexadecimal. Folding is in text_fold.c. */
#include "base_internal.h"

/* The length of the well-formed character at p, of at most n bytes, not ASCII; 0 when it is broken. Unicode 15, table 3-7:
 *   C2..DF 80..BF | E0 A0..BF 80..BF | E1..EC,EE,EF 80..BF 80..BF | ED 80..9F 80..BF
 *   F0 90..BF 80..BF 80..BF | F1..F3 80..BF x3 | F4 80..8F 80..BF 80..BF */
static inline bool tail(uint8_t b)
{
	return (b & 0xc0) == 0x80;
}

/* The second byte's range depends on the first: this is what keeps overlong forms, surrogates and too large numbers out. */
static inline bool second_ok(uint8_t first, uint8_t b)
{
	uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	return b >= low && b <= high;
}

static inline size_t char_length(const uint8_t *p, size_t n)
{
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	size_t want = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n < want || !second_ok(p[0], p[1]))
		return 0;
	for (size_t i = 2; i < want; i++)
		if (!tail(p[i]))
			return 0;
	return want;
}

size_t utf8_valid_prefix(struct slice s)
{
	size_t i = 0;
	while (i < s.n) {
		if (s.p[i] >= 0x80) {
			size_t len = char_length(s.p + i, s.n - i);
			if (len == 0)
				return i;
			i += len;
			continue;
		}
		while (s.n - i >= 16 && !((word_at(s.p + i) | word_at(s.p + i + 8)) & BYTES(0x80)))
			i += 16;
		while (i < s.n && s.p[i] < 0x80)
			i++;
	}
	return i;
}

bool utf8_valid(struct slice s)
{
	return utf8_valid_prefix(s) == s.n;
}

/* How many bytes of a broken character one U+FFFD stands for: the longest start of a well-formed one, at least one byte. */
static size_t broken_length(const uint8_t *p, size_t n)
{
	if (p[0] < 0xc2 || p[0] > 0xf4 || n < 2 || !second_ok(p[0], p[1]))
		return 1;
	size_t want = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4, i = 2;
	while (i < want && i < n && tail(p[i]))
		i++;
	return i;
}

uint32_t utf8_get(struct slice s, size_t *len)
{
	assert(s.n > 0);
	const uint8_t *p = s.p;
	if (p[0] < 0x80) {
		*len = 1;
		return p[0];
	}
	*len = char_length(p, s.n);
	switch (*len) {
	case 2:
		return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
	case 3:
		return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
	case 4:
		return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 | (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
	default:
		*len = broken_length(p, s.n);
		return 0xfffd;
	}
}

size_t utf8_put(uint32_t cp, uint8_t out[4])
{
	if (cp < 0x80) {
		out[0] = (uint8_t)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (uint8_t)(0xc0 | cp >> 6);
		out[1] = (uint8_t)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	if (cp < 0x10000) {
		out[0] = (uint8_t)(0xe0 | cp >> 12);
		out[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | cp >> 18);
	out[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (cp & 0x3f));
	return 4;
}

/* ---- base64 ---- */

static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* 64 + the value of a digit; 0 for what is none. */
static const uint8_t b64_value[256] = {
	['A'] = 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89,
	['a'] = 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115,
	['0'] = 116, 117, 118, 119, 120, 121, 122, 123, 124, 125,
	['+'] = 126, ['/'] = 127,
};

void base64_put(struct buf *out, struct slice s)
{
	size_t n = s.n / 3 + (s.n % 3 != 0);
	if (!num_mul(n, 4, &n))
		n = SIZE_MAX; /* buf_space refuses it */
	uint8_t *to = buf_space(out, n);
	if (!to)
		return;
	const uint8_t *p = s.p;
	size_t left = s.n;
	for (; left >= 3; left -= 3, p += 3, to += 4) {
		uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		to[0] = (uint8_t)b64[v >> 18];
		to[1] = (uint8_t)b64[v >> 12 & 63];
		to[2] = (uint8_t)b64[v >> 6 & 63];
		to[3] = (uint8_t)b64[v & 63];
	}
	if (left) {
		uint32_t v = (uint32_t)p[0] << 16 | (left == 2 ? (uint32_t)p[1] << 8 : 0);
		to[0] = (uint8_t)b64[v >> 18];
		to[1] = (uint8_t)b64[v >> 12 & 63];
		to[2] = left == 2 ? (uint8_t)b64[v >> 6 & 63] : '=';
		to[3] = '=';
	}
	buf_commit(out, n);
}

/* As many whole groups of four digits as stand at the front. Returns the bytes read; three are written for four read. */
static size_t b64_groups(uint8_t *to, const uint8_t *p, size_t n)
{
	size_t i = 0;
	for (; n - i >= 4; i += 4, to += 3) {
		uint32_t a = b64_value[p[i]], b = b64_value[p[i + 1]], c = b64_value[p[i + 2]], d = b64_value[p[i + 3]];
		if (!(a & b & c & d & 64))
			break;
		uint32_t v = (a & 63) << 18 | (b & 63) << 12 | (c & 63) << 6 | (d & 63);
		to[0] = (uint8_t)(v >> 16);
		to[1] = (uint8_t)(v >> 8);
		to[2] = (uint8_t)v;
	}
	return i;
}

/* The two or three digits of the last, shorter group. Returns bytes written, 0 when that is no group, or, if strict, spare bits are set
 * (RFC 4648 section 3.5: two texts for the same bytes). */
static size_t b64_last(uint8_t *to, const uint8_t *digit, size_t n, bool strict)
{
	if (n != 2 && n != 3)
		return 0;
	uint32_t a = b64_value[digit[0]], b = b64_value[digit[1]], c = n == 3 ? b64_value[digit[2]] : 64;
	if (!(a & b & c & 64))
		return 0;
	uint32_t v = (a & 63) << 18 | (b & 63) << 12 | (c & 63) << 6;
	if (strict && (v & (n == 2 ? 0xffff : 0xff)))
		return 0;
	to[0] = (uint8_t)(v >> 16);
	if (n == 3)
		to[1] = (uint8_t)(v >> 8);
	return n - 1;
}

int base64_get(struct buf *out, struct slice s)
{
	if (s.n % 4)
		return ERR_INPUT;
	size_t pad = s.n && s.p[s.n - 1] == '=' ? 1 + (s.p[s.n - 2] == '=') : 0, digits = s.n - pad;
	uint8_t *to = buf_space(out, digits / 4 * 3 + (pad ? 3 - pad : 0));
	if (!to)
		return buf_code(out);
	size_t done = b64_groups(to, s.p, digits), n = done / 4 * 3;
	if (digits - done != (pad ? 4 - pad : 0))
		return ERR_INPUT;
	if (pad) {
		size_t last = b64_last(to + n, s.p + done, 4 - pad, true);
		if (last == 0)
			return ERR_INPUT;
		n += last;
	}
	buf_commit(out, n);
	return 0;
}

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Room for what s decodes to: at a guess, without counting the blanks, but exactly where the guess would not fit. */
static uint8_t *loose_space(struct buf *out, struct slice s)
{
	size_t digits = s.n;
	if (digits / 4 * 3 + 2 > out->max - out->n) {
		digits = 0;
		for (size_t i = 0; i < s.n; i++)
			digits += b64_value[s.p[i]] != 0;
	}
	return buf_space(out, digits / 4 * 3 + (digits % 4 ? digits % 4 - 1 : 0));
}

int base64_get_loose(struct buf *out, struct slice s)
{
	uint8_t *to = loose_space(out, s), group[4];
	if (!to)
		return buf_code(out);
	size_t n = 0, have = 0, i = 0;
	while (i < s.n) {
		if (have == 0) {
			size_t took = b64_groups(to + n, s.p + i, s.n - i);
			i += took;
			n += took / 4 * 3;
			if (i == s.n)
				break;
		}
		uint8_t c = s.p[i];
		if (c == '=')
			break;
		i++;
		if (blank(c))
			continue;
		group[have++] = c;
		if (have < 4)
			continue;
		if (b64_groups(to + n, group, 4) != 4)
			return ERR_INPUT;
		n += 3;
		have = 0;
	}
	size_t pad = 0;
	for (; i < s.n; i++) {
		pad += s.p[i] == '=';
		if (s.p[i] != '=' && !blank(s.p[i]))
			return ERR_INPUT;
	}
	if (pad > 2 || (pad && have == 0))
		return ERR_INPUT;
	if (have) {
		size_t last = b64_last(to + n, group, have, false);
		if (last == 0)
			return ERR_INPUT;
		n += last;
	}
	buf_commit(out, n);
	return 0;
}

/* ---- hexadecimal ---- */

void hex_put(struct buf *out, struct slice s)
{
	static const char digit[] = "0123456789abcdef";
	uint8_t *to = buf_space(out, s.n <= SIZE_MAX / 2 ? 2 * s.n : SIZE_MAX);
	if (!to)
		return;
	for (size_t i = 0; i < s.n; i++) {
		to[2 * i] = (uint8_t)digit[s.p[i] >> 4];
		to[2 * i + 1] = (uint8_t)digit[s.p[i] & 15];
	}
	buf_commit(out, 2 * s.n);
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int hex_get(uint8_t *out, size_t n, struct slice s)
{
	if (s.n / 2 != n || s.n % 2)
		return ERR_INPUT;
	for (size_t i = 0; i < s.n; i++) /* all looked at before any is written */
		if (hex_value(s.p[i]) < 0)
			return ERR_INPUT;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)((unsigned)hex_value(s.p[2 * i]) << 4 | (unsigned)hex_value(s.p[2 * i + 1]));
	return 0;
}
