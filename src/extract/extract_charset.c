/* Charsets: what a text that says nothing of itself is written in, and the text as UTF-8.
 *
 * The order of proof: a byte order mark; zeros in every second or fourth byte; valid UTF-8 (no other text of any length is that by chance); the escapes of ISO-2022. What is left is one of the double-byte charsets, where every pair is one
 * that the charset has and most of them are everyday signs, or a single-byte one, where letters stand beside letters: a charset in which signs stand inside words, or capitals behind small letters, is a wrong guess. Tables of single bytes
 * are made with iconv when they are first needed; the C library has all of them, and the child cannot open its modules any more, so that extract_charset_load opens them before. */
#include "extract_internal.h"

#include "conv.h"

#include <errno.h>
#include <iconv.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>

#define LOOKED_AT 65536u /* bytes of a text from which its charset is told */

/* ---- single bytes ---- */

/* In the order of preference between equals. */
static const char *const singles[] = {"windows-1252", "ISO-8859-15", "windows-1250", "ISO-8859-2", "CP850", "CP437", "CP852", "windows-1251", "KOI8-R", "ISO-8859-5", "CP866", "windows-1253", "ISO-8859-9", "macintosh"};
#define SINGLES ARRAY_LEN(singles)
static const char *const doubles[] = {"GB18030", "BIG5-HKSCS", "CP932", "EUC-JP", "EUC-KR", "ISO-2022-JP"};

enum letter { NO_LETTER, SMALL, CAPITAL, SIGN, GONE };
static struct {
	uint16_t code[128]; /* of bytes 0x80..; 0: none */
	uint8_t letter[128];
	bool there;
} table[SINGLES];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT, modules_once = PTHREAD_ONCE_INIT;

static enum letter letter_of(uint32_t c)
{
	if (c == 0 || (c >= 0x80 && c < 0xA0))
		return GONE;
	if (c == 0xAA || c == 0xBA || c == 0x2019 || c == 0xA0 || c == 0xA1 || c == 0xBF) /* ordinals, an apostrophe, a blank, Spanish marks: beside letters as often as not */
		return NO_LETTER;
	if (c == 0x192) /* the guilder's sign */
		return SIGN;
	if (c < 0xC0 || c == 0xD7 || c == 0xF7 || c >= 0x2000)
		return SIGN;
	if (c < 0x100)
		return c == 0xDF || c >= 0xE0 ? SMALL : CAPITAL;
	if (c < 0x180) { /* Latin Extended-A: pairs, capital first, but for two runs */
		bool odd_capital = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E);
		return c == 0x138 || c == 0x149 || c == 0x17F ? SMALL : c == 0x178 ? CAPITAL : ((c & 1) != 0) == odd_capital ? CAPITAL : SMALL;
	}
	if (c >= 0x386 && c < 0x3D0)
		return c < 0x3AC && c != 0x390 ? CAPITAL : SMALL;
	if (c >= 0x400 && c < 0x460)
		return c < 0x430 ? CAPITAL : SMALL;
	return c < 0x250 ? SMALL : SIGN;
}

/* Beside other threads and forks: see conv.h. */
static iconv_t converter(const char *to, const char *from)
{
	conv_lock();
	iconv_t cd = iconv_open(to, from);
	conv_unlock();
	return cd;
}

static void converter_done(iconv_t cd)
{
	conv_lock();
	iconv_close(cd);
	conv_unlock();
}

static void load_tables(void)
{
	for (size_t t = 0; t < SINGLES; t++) {
		iconv_t cd = converter("UTF-16LE", singles[t]);
		if (cd == (iconv_t)-1)
			continue;
		table[t].there = true;
		for (unsigned b = 0; b < 128; b++) {
			char in = (char)(b + 128), out[8], *ip = &in, *op = out;
			size_t in_n = 1, out_n = sizeof out;
			bool ok = iconv(cd, &ip, &in_n, &op, &out_n) != (size_t)-1 && out_n == 6;
			table[t].code[b] = ok ? (uint16_t)((uint8_t)out[0] | (uint8_t)out[1] << 8) : 0;
			table[t].letter[b] = (uint8_t)letter_of(table[t].code[b]);
			iconv(cd, NULL, NULL, NULL, NULL);
		}
		converter_done(cd);
	}
}

/* Opened and never closed: their modules stay, for this process and the children that come of it. */
static void load_modules(void)
{
	static const char *const names[] = {"windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254", "windows-1255", "windows-1256", "windows-1257", "windows-1258", "CP874", "CP437", "CP850", "CP852", "CP866", "CP949", "KOI8-R", "KOI8-U", "ISO-8859-1",
		"ISO-8859-2", "ISO-8859-5", "ISO-8859-6", "ISO-8859-7", "ISO-8859-8", "ISO-8859-15", "macintosh", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE", "UTF-7", "ASCII"};
	static iconv_t kept[ARRAY_LEN(names) + ARRAY_LEN(doubles)] __attribute__((used));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		kept[i] = converter("UTF-8", names[i]);
	for (size_t i = 0; i < ARRAY_LEN(doubles); i++)
		kept[ARRAY_LEN(names) + i] = converter("UTF-8", doubles[i]);
	pthread_once(&tables_once, load_tables);
}

void extract_charset_load(void)
{
	pthread_once(&modules_once, load_modules);
}

static enum letter class_of(size_t t, uint8_t b)
{
	if (b < 0x80)
		return b >= 'a' && b <= 'z' ? SMALL : b >= 'A' && b <= 'Z' ? CAPITAL : NO_LETTER;
	return table[t].letter[b - 0x80];
}

/* How badly s reads in this charset: signs between letters, capitals behind small letters, bytes that it has not. In Cyrillic and Greek a word is of one script: a Latin letter beside theirs is as bad. */
static long single_cost(size_t t, struct slice s)
{
	long cost = !strncmp(singles[t], "CP8", 3) || !strncmp(singles[t], "CP4", 3) || singles[t][0] == 'm' ? 5 : 0; /* rarer than Windows' by far */
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < 0x80)
			continue;
		enum letter is = class_of(t, s.p[i]), before = i ? class_of(t, s.p[i - 1]) : NO_LETTER, after = i + 1 < s.n ? class_of(t, s.p[i + 1]) : NO_LETTER;
		bool letter_before = before == SMALL || before == CAPITAL, letter_after = after == SMALL || after == CAPITAL;
		uint16_t c = table[t].code[s.p[i] - 0x80];
		if (is == GONE)
			cost += 30;
		else if (is == SIGN)
			cost += letter_before && letter_after ? 10 : letter_before || letter_after ? 3 : 1;
		else if (is == CAPITAL && before == SMALL)
			cost += 8;
		else if (is == CAPITAL && before == CAPITAL && after == SMALL)
			cost += 4;
		else if (is == SMALL && before == CAPITAL && after == CAPITAL) /* "MüLLER": a table that names the capital's byte a small letter */
			cost += 6;
		if (c >= 0x370 && c < 0x500 && ((i && s.p[i - 1] < 0x80 && letter_before) || (i + 1 < s.n && s.p[i + 1] < 0x80 && letter_after)))
			cost += 12;
		if (c < 0x250 && is != SIGN && is != NO_LETTER && i && s.p[i - 1] >= 0x80 && letter_before) /* two accented letters in a row: rare in Latin scripts */
			cost += 2;
	}
	return cost;
}

/* ---- two bytes ---- */

struct pairs {
	size_t pairs, common, bad;
	size_t beside; /* between letters of ASCII: no sign of a script without blanks stands so, and every accented letter does */
};

static struct pairs count_pairs(struct slice s, const char *charset)
{
	struct pairs r = {0};
	size_t last = 0; /* behind the pair before */
	char which = charset[0] == 'G' ? 'g' : charset[0] == 'B' ? 'b' : charset[0] == 'C' ? 's' : charset[4] == 'J' ? 'j' : 'k';
	for (size_t i = 0; i < s.n; i++) {
		uint8_t a = s.p[i], b = i + 1 < s.n ? s.p[i + 1] : 0;
		if (a < 0x80)
			continue;
		if (which == 's' && a >= 0xA1 && a <= 0xDF) { /* half-width katakana */
			r.pairs++;
			continue;
		}
		if (i + 1 == s.n && s.n == LOOKED_AT)
			break;
		bool lead = which == 's' ? (a >= 0x81 && a <= 0x9F) || (a >= 0xE0 && a <= 0xFC) : which == 'g' || which == 'b' ? a >= 0x81 && a <= 0xFE : a >= 0xA1 && a <= 0xFE;
		bool trail = which == 's' || which == 'g' ? b >= 0x40 && b != 0x7F && b != 0xFF : which == 'b' ? (b >= 0x40 && b <= 0x7E) || (b >= 0xA1 && b <= 0xFE) : b >= 0xA1 && b <= 0xFE;
		if (which == 'g' && b >= 0x30 && b <= 0x39 && i + 3 < s.n) { /* four bytes */
			trail = s.p[i + 2] >= 0x81 && s.p[i + 3] >= 0x30 && s.p[i + 3] <= 0x39;
			i += 2;
		}
		if (!lead || !trail) {
			r.bad++;
			continue;
		}
		bool ascii = b < 0x80 && ((b | 32) >= 'a' && (b | 32) <= 'z');
		bool before = i > last && ((s.p[i - 1] | 32) >= 'a' && (s.p[i - 1] | 32) <= 'z'), after = i + 2 < s.n && ((s.p[i + 2] | 32) >= 'a' && (s.p[i + 2] | 32) <= 'z');
		r.beside += ascii ? before || after : before && after;
		i++;
		last = i + 1;
		r.pairs++;
		switch (which) { /* the charset's everyday signs: level 1 of its table, and its marks */
		case 'g': r.common += (a >= 0xB0 && a <= 0xD7 && b >= 0xA1) || (a == 0xA3 && b >= 0xA1) || (a == 0xA1 && b >= 0xA1); break;
		case 'b': r.common += (a >= 0xA4 && a <= 0xC6) || a == 0xA1; break;
		case 's': r.common += a == 0x82 || a == 0x83 || a == 0x81 || (a >= 0x88 && a <= 0x97); break;
		case 'j': r.common += a == 0xA4 || a == 0xA5 || a == 0xA1 || (a >= 0xB0 && a <= 0xCF); break;
		default: r.common += (a >= 0xB0 && a <= 0xC8) || a == 0xA1;
		}
	}
	return r;
}

/* Hangul's syllables fill the rows of leads B0 to C8; of Chinese signs two in five lie behind them. */
static bool is_hangul(struct slice s)
{
	size_t n = 0, in = 0;
	for (size_t i = 0; i + 1 < s.n; i++)
		if (s.p[i] >= 0x80) {
			n += s.p[i] >= 0xB0;
			in += s.p[i] >= 0xB0 && s.p[i] <= 0xC8;
			i++;
		}
	return n >= 4 && in * 20 >= n * 19;
}

static size_t kana(struct slice s, bool shift)
{
	size_t n = 0;
	for (size_t i = 0; i + 1 < s.n; i++)
		if (s.p[i] >= 0x80) {
			n += shift ? (s.p[i] == 0x82 && s.p[i + 1] >= 0x9F && s.p[i + 1] <= 0xF1) || (s.p[i] == 0x83 && s.p[i + 1] >= 0x40 && s.p[i + 1] <= 0x96) : (s.p[i] == 0xA4 || s.p[i] == 0xA5) && s.p[i + 1] >= 0xA1 && s.p[i + 1] <= 0xF6;
			i++;
		}
	return n;
}

/* NULL: none of them. A text of Western words has high bytes one by one, and few: those that stand alone between ASCII letters are no halves of pairs. */
static const char *guess_double(struct slice s)
{
	size_t high = 0, together = 0;
	const char *best = NULL;
	long best_score = 0;
	for (size_t i = 0; i < s.n; i++) {
		high += s.p[i] >= 0x80;
		together += s.p[i] >= 0x80 && ((i + 1 < s.n && s.p[i + 1] >= 0x40) || (i && s.p[i - 1] >= 0x80));
	}
	if (together * 2 < high)
		return NULL;
	for (size_t d = 0; d + 1 < ARRAY_LEN(doubles); d++) {
		struct pairs p = count_pairs(s, doubles[d]);
		if (p.bad * 50 > p.pairs || p.pairs < 2 || p.beside * 4 > p.pairs || p.common * 4 < p.pairs * 3)
			continue;
		long score = (long)(p.common * 1000 / p.pairs) - (long)d; /* the commoner of equals */
		size_t k = doubles[d][0] == 'C' ? kana(s, true) : doubles[d][0] == 'E' && doubles[d][4] == 'J' ? kana(s, false) : 0;
		if (k * 5 > p.pairs)
			score += 500;
		else if (doubles[d][0] == 'C' || (doubles[d][0] == 'E' && doubles[d][4] == 'J')) /* Japanese without a kana is names in a table at most */
			score -= 200;
		if (doubles[d][0] == 'E' && doubles[d][4] == 'K' && is_hangul(s))
			score += 300;
		if (!best || score > best_score) {
			best = doubles[d];
			best_score = score;
		}
	}
	return best;
}

/* ---- the guess ---- */

static size_t guess_single(struct slice s, long *ret_cost)
{
	size_t best = 0;
	long least = -1;
	pthread_once(&tables_once, load_tables);
	for (size_t t = 0; t < SINGLES; t++) {
		long cost = table[t].there ? single_cost(t, s) : LONG_MAX;
		if (least < 0 || cost < least) {
			least = cost;
			best = t;
		}
	}
	*ret_cost = least;
	return best;
}

static bool single_is_a_script(size_t t) /* its letters are no Latin ones: byte 0xC4 is a letter of Cyrillic or Greek in each of them, or byte 0x84 */
{
	uint16_t c = table[t].code[0xC4 - 0x80], d = table[t].code[0x84 - 0x80];
	return (c >= 0x370 && c < 0x530) || (d >= 0x410 && d < 0x450);
}

static const char *by_zeros(struct slice s)
{
	size_t at[4] = {0}, n = s.n & ~(size_t)3;
	if (n > LOOKED_AT)
		n = LOOKED_AT;
	for (size_t i = 0; i < n; i++)
		at[i & 3] += s.p[i] == 0;
	size_t quarter = n / 4;
	if (quarter < 2)
		return NULL;
	if (at[1] * 10 >= quarter * 9 && at[2] * 10 >= quarter * 9 && at[3] * 10 >= quarter * 9 && at[0] * 10 < quarter)
		return "UTF-32LE";
	if (at[0] * 10 >= quarter * 9 && at[1] * 10 >= quarter * 9 && at[2] * 10 >= quarter * 9 && at[3] * 10 < quarter)
		return "UTF-32BE";
	size_t even = at[0] + at[2], odd = at[1] + at[3];
	if (odd * 10 >= quarter * 2 * 4 && even * 20 < quarter * 2)
		return "UTF-16LE";
	if (even * 10 >= quarter * 2 * 4 && odd * 20 < quarter * 2)
		return "UTF-16BE";
	return NULL;
}

const char *extract_charset_guess(struct slice raw)
{
	struct slice s = slice_of(raw.p, raw.n < LOOKED_AT ? raw.n : LOOKED_AT);
	if (raw.n >= 4 && !memcmp(raw.p, "\xFF\xFE\0\0", 4))
		return "UTF-32LE";
	if (raw.n >= 4 && !memcmp(raw.p, "\0\0\xFE\xFF", 4))
		return "UTF-32BE";
	if (raw.n >= 2 && !memcmp(raw.p, "\xFF\xFE", 2))
		return "UTF-16LE";
	if (raw.n >= 2 && !memcmp(raw.p, "\xFE\xFF", 2))
		return "UTF-16BE";
	const char *zeros = s.n && memchr(s.p, 0, s.n) ? by_zeros(s) : NULL;
	if (zeros)
		return zeros;
	size_t good = utf8_valid_prefix(s);
	if (good == s.n && s.n && memchr(s.p, 0x1B, s.n) && (memmem(s.p, s.n, "\x1B$B", 3) || memmem(s.p, s.n, "\x1B$@", 3)))
		return "ISO-2022-JP";
	if (good == s.n || (good + 3 >= s.n && s.n < raw.n))
		return "UTF-8";
	/* a text in which nearly every high byte belongs to a character of UTF-8 is that, damaged */
	size_t whole = 0, broken = 0;
	for (size_t i = good, len; i < s.n; i += len) {
		uint32_t c = utf8_get(slice_of(s.p + i, s.n - i), &len);
		whole += c >= 0x80 && c != 0xFFFD;
		broken += c == 0xFFFD;
	}
	for (size_t i = 0, len; i < good; i += len)
		whole += utf8_get(slice_of(s.p + i, good - i), &len) >= 0x80;
	if (whole > 20 * broken)
		return "UTF-8";
	long cost;
	size_t one = guess_single(s, &cost), high = 0, small = 0;
	for (size_t i = 0; i < s.n; i++) {
		high += s.p[i] >= 0x80;
		small += s.p[i] >= 0x80 && class_of(one, s.p[i]) == SMALL;
	}
	/* words of even length only look like pairs: Cyrillic and Greek that read without a fault are that, for of pairs every other byte would be a fault */
	if (high >= 6 && small * 3 > high * 2 && cost * 20 < (long)high && single_is_a_script(one))
		return singles[one];
	const char *two = guess_double(s);
	return two ? two : singles[one];
}

/* ---- as UTF-8 ---- */

/* What MIME, RTF and HTML call things, where iconv has another name, or where what is called one charset is in practice the larger one (WHATWG Encoding, section 4.2). */
static const char *name_of(const char *charset)
{
	static const char *const other[][2] = {
		{"us-ascii", "windows-1252"}, {"ascii", "windows-1252"}, {"iso-8859-1", "windows-1252"}, {"latin1", "windows-1252"}, {"ansi_x3.4-1968", "windows-1252"}, {"iso-8859-9", "windows-1254"}, {"gb2312", "GB18030"}, {"gbk", "GB18030"},
		{"cp936", "GB18030"}, {"x-gbk", "GB18030"}, {"big5", "BIG5-HKSCS"}, {"cp950", "BIG5-HKSCS"}, {"shift_jis", "CP932"}, {"shift-jis", "CP932"}, {"x-sjis", "CP932"}, {"sjis", "CP932"}, {"windows-31j", "CP932"}, {"ks_c_5601-1987", "EUC-KR"},
		{"cp949", "EUC-KR"}, {"unicode", "UTF-16LE"}, {"utf8", "UTF-8"}, {"unicode-1-1-utf-8", "UTF-8"}, {"8bit", "windows-1252"}, {"x-mac-roman", "macintosh"}, {"unknown-8bit", "windows-1252"}};
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		if (slice_eq_nocase(slice_str(charset), other[i][0]))
			return other[i][1];
	return charset;
}

static struct slice without_mark(struct slice raw)
{
	if (raw.n >= 3 && !memcmp(raw.p, "\xEF\xBB\xBF", 3))
		return slice_of(raw.p + 3, raw.n - 3);
	return raw;
}

/* Damaged UTF-8: what is none becomes U+FFFD. */
static void mend(struct slice raw, struct buf *out)
{
	while (raw.n) {
		size_t good = utf8_valid_prefix(raw), len;
		buf_add(out, raw.p, good);
		raw = slice_of(raw.p + good, raw.n - good);
		if (!raw.n)
			return;
		uint8_t c[4];
		utf8_get(raw, &len);
		buf_add(out, c, utf8_put(0xFFFD, c));
		raw = slice_of(raw.p + len, raw.n - len);
	}
}

static void convert(iconv_t cd, struct slice raw, size_t unit, struct buf *out)
{
	/* iconv only reads; its prototype is older than const */
	union {
		const uint8_t *from;
		char *to;
	} in = {.from = raw.p};
	size_t left = raw.n;
	while (left && buf_ok(out)) {
		size_t room = left < 65536 ? left * 4 + 16 : 65536 * 4;
		char *op = (char *)buf_space(out, room);
		size_t before = room;
		if (!op)
			return;
		size_t r = iconv(cd, &in.to, &left, &op, &room);
		int why = errno;
		buf_commit(out, before - room);
		if (r != (size_t)-1 || why == E2BIG)
			continue;
		uint8_t c[4];
		size_t skip = unit < left ? unit : left;
		buf_add(out, c, utf8_put(0xFFFD, c));
		in.to += skip;
		left -= skip;
		iconv(cd, NULL, NULL, NULL, NULL);
	}
}

int extract_utf8(struct slice raw, const char *charset, struct buf *out, struct slice *ret, const char **ret_charset, struct err *e)
{
	struct slice body = without_mark(raw);
	const char *is = charset ? name_of(charset) : extract_charset_guess(body);
	bool said = charset != NULL;
	iconv_t cd = (iconv_t)-1;
	if (said && (!strcasecmp(is, "UTF-16") || !strcasecmp(is, "UTF-32"))) {
		bool big = raw.n >= 2 && raw.p[0] == 0xFE;
		is = is[4] == '1' ? big ? "UTF-16BE" : "UTF-16LE" : big || (raw.n >= 4 && !raw.p[0]) ? "UTF-32BE" : "UTF-32LE";
	}
	if (strcasecmp(is, "UTF-8"))
		cd = converter("UTF-8", is);
	if (cd == (iconv_t)-1 && said && strcasecmp(is, "UTF-8"))
		return extract_utf8(raw, NULL, out, ret, ret_charset, e); /* a name that nobody knows, or a module that cannot be had here */
	if (said && strcasecmp(is, "UTF-8") == 0 && !utf8_valid(body) && strcasecmp(extract_charset_guess(body), "UTF-8"))
		return extract_utf8(raw, NULL, out, ret, ret_charset, e); /* it says so, and is not */
	if (ret_charset)
		*ret_charset = said ? NULL : is;
	if (cd == (iconv_t)-1) {
		if (utf8_valid(body)) {
			*ret = body;
			return 0;
		}
		mend(body, out);
	} else {
		size_t unit = !strncasecmp(is, "UTF-16", 6) ? 2 : !strncasecmp(is, "UTF-32", 6) ? 4 : 1;
		if ((unit == 2 && body.n >= 2 && ((body.p[0] == 0xFF && body.p[1] == 0xFE) || (body.p[0] == 0xFE && body.p[1] == 0xFF))) || (unit == 4 && body.n >= 4 && (!memcmp(body.p, "\xFF\xFE\0\0", 4) || !memcmp(body.p, "\0\0\xFE\xFF", 4))))
			body = slice_of(body.p + unit, body.n - unit);
		convert(cd, body, unit, out);
		converter_done(cd);
	}
	if (!buf_ok(out))
		return err_set(e, buf_code(out), NULL, "no room for a text as UTF-8");
	*ret = buf_slice(out);
	return 0;
}
