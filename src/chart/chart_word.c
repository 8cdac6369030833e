/* Words of names: folded, how they sound, how near they are. */
#include "chart_internal.h"

static bool is_break(uint8_t c)
{
	return c < 0x80 && !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\'');
}

/* A word is a run of letters and digits; an apostrophe inside it is left out (O'Neil, oneil). */
size_t words_split(struct slice text, struct buf *room, struct slice *out, size_t max)
{
	size_t at = room->n, n = 0;
	if (room->cap - room->n < 4 * text.n + 4)
		return 0;
	utf8_fold(room, text);
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

static bool vowel(uint8_t c)
{
	return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
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
