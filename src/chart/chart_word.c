/* Words of names: folded, how they sound, how near they are. */
#include "chart_internal.h"

static bool vowel(uint8_t c)
{
	return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

static bool is_break(uint8_t c)
{
	return c < 0x80 && !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\'');
}

static bool in(uint32_t cp, uint32_t first, uint32_t last)
{
	return cp - first <= last - first;
}

/* JIS X 0201 katakana, U+FF66 to U+FF9D, as the letters of U+30A1 on. */
static const uint8_t half_kana[] = {
	0xf2, 0xa1, 0xa3, 0xa5, 0xa7, 0xa9, 0xe3, 0xe5, 0xe7, 0xc3, 0xfc, 0xa2, 0xa4, 0xa6, 0xa8, 0xaa, 0xab, 0xad, 0xaf, 0xb1, 0xb3, 0xb5, 0xb7, 0xb9, 0xbb, 0xbd, 0xbf, 0xc1,
	0xc4, 0xc6, 0xc8, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xd2, 0xd5, 0xd8, 0xdb, 0xde, 0xdf, 0xe0, 0xe1, 0xe2, 0xe4, 0xe6, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xef, 0xf3,
};

/* What stands for the same to who searches: hiragana and half-width katakana are katakana (a Japanese record carries the reading in either), digits of Arabic and Persian are digits,
 * the apostrophes of typesetters are one apostrophe, their dashes, blanks and the dot between katakana names part words. */
static uint32_t search_letter(uint32_t cp)
{
	if (in(cp, 0x3041, 0x3096) || in(cp, 0x309d, 0x309e))
		return cp + 0x60;
	if (in(cp, 0xff66, 0xff9d))
		return 0x3000 + half_kana[cp - 0xff66];
	if (in(cp, 0x660, 0x669) || in(cp, 0x6f0, 0x6f9))
		return '0' + (cp & 0xf);
	if (in(cp, 0x2018, 0x201b) || cp == 0x2032 || in(cp, 0x2bb, 0x2bd) || cp == 0x2c8 || cp == 0xb4)
		return '\'';
	if (in(cp, 0x2010, 0x2015) || cp == 0x2212 || cp == 0xa0 || in(cp, 0x2000, 0x200a) || cp == 0x202f || cp == 0x30fb || cp == 0xff65 || cp == 0x3001)
		return ' ';
	return cp;
}

/* The voiced letter of a katakana and a mark behind it, where there is one; else 0. */
static uint32_t voiced(uint32_t kana, uint32_t mark)
{
	bool half = mark == 0x309a || mark == 0xff9f;
	if (mark != 0x3099 && mark != 0xff9e && !half)
		return 0;
	if (in(kana, 0x30cf, 0x30db) && (kana - 0x30cf) % 3 == 0)
		return kana + (half ? 2 : 1);
	if (half)
		return 0;
	if (kana == 0x30a6)
		return 0x30f4;
	return (in(kana, 0x30ab, 0x30c1) && kana % 2 == 1) || kana == 0x30c4 || kana == 0x30c6 || kana == 0x30c8 ? kana + 1 : 0;
}

static bool is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80)
			return false;
	return true;
}

/* In place: nothing gets longer. */
static void search_letters(struct buf *b, size_t at)
{
	uint8_t *to = b->p + at, *before_at = NULL;
	uint32_t before = 0;
	size_t len;
	for (size_t i = at; i < b->n; i += len) {
		uint32_t cp = utf8_get(slice_of(b->p + i, b->n - i), &len), v = search_letter(cp), whole = before_at ? voiced(before, cp) : 0;
		if (whole) {
			to = before_at + utf8_put(whole, before_at);
			before_at = NULL;
			continue;
		}
		before = v;
		before_at = to;
		to += utf8_put(v, to);
	}
	b->n = (size_t)(to - b->p);
}

void word_fold(struct buf *out, struct slice text)
{
	size_t at = out->n;
	utf8_fold(out, text);
	if (buf_ok(out) && out->n > at && !is_ascii(slice_of(out->p + at, out->n - at)))
		search_letters(out, at);
}

/* A word is a run of letters and digits; an apostrophe inside it is left out (O'Neil, oneil). */
size_t words_split(struct slice text, struct buf *room, struct slice *out, size_t max)
{
	size_t at = room->n, n = 0;
	if (room->cap - room->n < 4 * text.n + 4)
		return 0;
	word_fold(room, text);
	if (!buf_ok(room))
		return 0;
	uint8_t *p = room->p + at, *end = room->p + room->n, *to = p;
	while (p < end && n < max) {
		while (p < end && (is_break(*p) || *p == '\''))
			p++;
		uint8_t *begin = to;
		while (p < end && !is_break(*p)) {
			if (*p != '\'')
				*to++ = *p;
			p++;
		}
		if (to > begin)
			out[n++] = slice_of(begin, (size_t)(to - begin));
	}
	return n;
}

bool words_join(const struct slice *w, size_t n, struct buf *room, struct slice *ret)
{
	size_t at = room->n, len = 0;
	for (size_t i = 0; i < n; i++)
		len += w[i].n;
	if (n < 2 || len > WORD_BYTES_MAX || room->cap - room->n < len)
		return false;
	for (size_t i = 0; i < n; i++)
		buf_add_slice(room, w[i]);
	*ret = slice_of(room->p + at, room->n - at);
	return buf_ok(room);
}

/* Folding makes "muller" of an umlaut; who cannot write one writes "mueller" (DIN 5007-2; ICAO Doc 9303 part 3, section 6), and "soerensen", "haakon". Behind a vowel or q the e is
 * a letter of its own (Bauer, Quentin). */
bool word_plain(struct slice w, struct buf *room, struct slice *ret)
{
	size_t at = room->n, skipped = 0;
	if (w.n > WORD_BYTES_MAX || room->cap - room->n < w.n)
		return false;
	for (size_t i = 0; i < w.n; i++) {
		uint8_t c = w.p[i], was = i ? w.p[i - 1] : 0, was2 = i > 1 ? w.p[i - 2] : 0;
		bool umlaut = (c == 'e' && (was == 'a' || was == 'o' || was == 'u')) || (c == 'a' && was == 'a');
		if (umlaut && !vowel(was2) && was2 != 'q') {
			skipped++;
			continue;
		}
		buf_u8(room, c);
	}
	if (!skipped) {
		room->n = at;
		return false;
	}
	*ret = slice_of(room->p + at, room->n - at);
	return buf_ok(room);
}

static bool front(uint8_t c)
{
	return c == 'e' || c == 'i' || c == 'y';
}

/* One letter of the sound, and how many letters it stands for. Letters that are heard alike in English, French, German, Spanish or Polish names become one; h is not heard. */
static uint8_t sound_at(const uint8_t *p, size_t n, size_t i, size_t *len)
{
	uint8_t c = p[i], d = i + 1 < n ? p[i + 1] : 0, f = i + 2 < n ? p[i + 2] : 0;
	*len = 1;
	switch (c) {
	case 'p':
		if (d == 'h')
			return *len = 2, 'f';
		return 'b';
	case 'b':
		return 'b';
	case 's':
		if (d == 'c' && f == 'h')
			return *len = 3, 's';
		if (d == 'h' || d == 'z' || d == 's')
			return *len = 2, 's';
		return 's';
	case 'c':
		if (d == 'h' || d == 'z')
			return *len = 2, i == 0 && d == 'h' && f == 'r' ? 'k' : 's'; /* Christian, Czerny */
		if (d == 'k')
			return *len = 2, 'k';
		return front(d) ? 's' : 'k';
	case 't':
		if (d == 'z' || d == 's')
			return *len = 2, 's';
		return 't';
	case 'd':
		if (d == 't' || d == 'd')
			return *len = 2, 't';
		return 't';
	case 'z': case 'x':
		return 's';
	case 'q': case 'k': case 'g':
		return 'k';
	case 'f': case 'v': case 'w':
		return 'f';
	case 'j':
		return 'i';
	case 'm': case 'n':
		return c;
	case 'l': case 'r':
		return c;
	default:
		return 0;
	}
}

void word_sound(struct slice w, struct buf *out)
{
	uint8_t last = 0;
	bool first = true;
	for (size_t i = 0; i < w.n;) {
		size_t len = 1;
		uint8_t c = w.p[i], s;
		if (c >= 0x80) { /* letters of other scripts stand for themselves */
			struct slice rest = slice_of(w.p + i, w.n - i);
			(void)utf8_get(rest, &len);
			buf_add(out, w.p + i, len);
			last = 0;
			first = false;
			i += len;
			continue;
		}
		if (c == 'h') {
			i++;
			continue;
		}
		s = vowel(c) ? (first ? (front(c) ? 'i' : 'a') : 0) : c >= '0' && c <= '9' ? c : sound_at(w.p, w.n, i, &len);
		if (s && s != last)
			buf_u8(out, s);
		last = s ? s : vowel(c) ? 0 : last;
		first = false;
		i += len;
	}
}

static bool sounds_alike(struct slice a, struct slice b)
{
	AUTO_BUF struct buf sa = {0}, sb = {0};
	buf_init(&sa, 4096);
	buf_init(&sb, 4096);
	word_sound(a, &sa);
	word_sound(b, &sb);
	struct slice x = buf_slice(&sa), y = buf_slice(&sb);
	return x.n > 1 && slice_eq(x, y);
}

/* Is it at most k inserted, deleted, changed or swapped bytes from a to b? Short words only: the table is one row of at most 33. */
static bool within(struct slice a, struct slice b, unsigned k)
{
	unsigned row[3][34];
	if (a.n > 32 || b.n > 32 || (a.n > b.n ? a.n - b.n : b.n - a.n) > k)
		return false;
	for (unsigned j = 0; j <= b.n; j++)
		row[0][j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned *now = row[i % 3], *before = row[(i + 2) % 3], *before2 = row[(i + 1) % 3];
		now[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned v = before[j - 1] + (a.p[i - 1] != b.p[j - 1]);
			v = before[j] + 1 < v ? before[j] + 1 : v;
			v = now[j - 1] + 1 < v ? now[j - 1] + 1 : v;
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1] && before2[j - 2] + 1 < v)
				v = before2[j - 2] + 1;
			now[j] = v;
		}
	}
	return row[a.n % 3][b.n] <= k;
}

bool words_near(struct slice a, struct slice b)
{
	if (slice_eq(a, b))
		return true;
	size_t n = a.n < b.n ? a.n : b.n;
	if (n >= 4 && within(a, b, n >= 9 ? 2 : 1))
		return true;
	return sounds_alike(a, b);
}

static bool number(struct slice s, size_t min, size_t max, int64_t *ret)
{
	return s.n >= min && s.n <= max && s.p[0] >= '0' && s.p[0] <= '9' && num_i64(s, 0, 99999999, ret) == 0;
}

static bool put_date(int64_t y, int64_t m, int64_t d, char out[11])
{
	if (y < 1850 || y > 2150 || m < 1 || m > 12 || d < 1 || d > time_days_in_month((int)y, (int)m))
		return false;
	snprintf(out, 11, "%04d-%02d-%02d", (int)(y & 0x1fff), (int)(m & 0xf), (int)(d & 0x1f));
	return true;
}

bool word_date(struct slice text, char out[11])
{
	int64_t v, y, m, d;
	if (text.n == 8 && number(text, 8, 8, &v))
		return put_date(v / 10000, v / 100 % 100, v % 100, out);
	for (const char *sep = "-./"; *sep; sep++) {
		struct slice rest, c, a = slice_cut(text, (uint8_t)*sep, &rest), b = slice_cut(rest, (uint8_t)*sep, &c);
		if (!rest.p || !c.p)
			continue;
		if (number(a, 4, 4, &y) && number(b, 1, 2, &m) && number(c, 1, 2, &d))
			return put_date(y, m, d, out);
		if (number(a, 1, 2, &d) && number(b, 1, 2, &m) && number(c, 4, 4, &y))
			return put_date(y, m, d, out) || put_date(y, d, m, out);
	}
	return false;
}

/* A year alone, of somebody who may be alive. */
bool word_year(struct slice text, char out[5])
{
	int64_t y;
	if (!number(text, 4, 4, &y) || y < 1850 || y > 2150)
		return false;
	snprintf(out, 5, "%04d", (int)(y & 0x1fff));
	return true;
}
