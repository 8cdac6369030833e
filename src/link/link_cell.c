/* One value of a row made comparable. */
#include "link_cell.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include <stdlib.h>

/* ---- words asked for ---- */

static inline bool same_word(const struct link_word *w, const struct link_asked *a)
{
	if (w->n != a->n)
		return false;
	for (uint32_t k = 0; k < a->n; k += 16) { /* both have zeros behind */
		uint64_t x[2], y[2];
		memcpy(x, w->text + k, 16);
		memcpy(y, a->text + k, 16);
		if ((x[0] ^ y[0]) | (x[1] ^ y[1]))
			return false;
	}
	return true;
}

static inline uint32_t look_up(const struct link_words *w, const struct link_asked *a)
{
	for (uint64_t i = a->hash & (w->slots - 1), s; (s = w->slot[i]); i = (i + 1) & (w->slots - 1))
		if (s >> 32 == a->hash && same_word(&w->v[(uint32_t)s], a))
			return (uint32_t)s;
	return 0;
}

void link_reader_answer(struct link_reader *r)
{
	const struct link_words *all = &r->l->words;
	for (unsigned k = 0; all->slots && k < r->asked_n; k++) {
		uint64_t s = all->slot[r->asked[k].hash & (all->slots - 1)];
		__builtin_prefetch(&all->v[(uint32_t)s]);
		if (!s && r->fresh.slots)
			__builtin_prefetch(&r->fresh.slot[r->asked[k].hash & (r->fresh.slots - 1)]);
	}
	for (unsigned k = 0; k < r->asked_n; k++) {
		const struct link_asked *a = &r->asked[k];
		if (!a->n)
			continue;
		uint32_t id = all->slots ? look_up(all, a) : 0;
		if (!id) {
			int c = link_words_put(&r->fresh, a->text, a->n, a->hash, &id);
			if (c < 0)
				r->code = c;
			id |= LINK_FRESH;
		}
		*a->to = id;
	}
	r->asked_n = 0;
}

static inline uint32_t hash_asked(const struct link_asked *a) /* link_word_hash, of what has zeros behind */
{
	const char *c = a->text;
	uint32_t n = a->n;
	uint64_t h = LINK_HASH_FIRST ^ n, w;
	for (; n >= 8; n -= 8, c += 8) {
		memcpy(&w, c, 8);
		h = link_hash_step(h, w);
	}
	w = 0;
	if (n)
		memcpy(&w, c, 8);
	return (uint32_t)(link_hash_last(h, w) >> 32);
}

void link_reader_put(struct link_reader *r, const char *s, size_t n, uint32_t *to)
{
	static const uint8_t ones[32] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
	if (!n && *to)
		for (unsigned k = 0; k < r->asked_n; k++)
			r->asked[k].n = r->asked[k].to == to ? 0 : r->asked[k].n; /* what was put there before is taken back */
	*to = 0;
	if (!n)
		return;
	if (r->asked_n == LINK_ASKED_MAX)
		link_reader_answer(r);
	struct link_asked *a = &r->asked[r->asked_n++];
	n = n > LINK_WORD_MAX ? LINK_WORD_MAX : n;
	for (size_t k = 0; k < n; k += 16) {
		uint64_t v[2], keep[2];
		memcpy(v, s + k, 16);
		memcpy(keep, ones + (n - k < 16 ? 16 - (n - k) : 0), 16);
		v[0] &= keep[0];
		v[1] &= keep[1];
		memcpy(a->text + k, v, 16);
	}
	a->n = (uint32_t)n;
	a->hash = hash_asked(a);
	a->to = to;
	*to = UINT32_MAX;
	if (r->l->words.slots)
		__builtin_prefetch(&r->l->words.slot[a->hash & (r->l->words.slots - 1)]);
}

/* ---- text ---- */

static inline bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline bool is_letter_or_digit(uint8_t c) /* c in lower case */
{
	return (c >= 'a' && c <= 'z') || is_digit(c);
}

/* 16 bytes in lower case, and which of them are letters or digits, which no ASCII. */
struct lowered {
	unsigned plain, high;
};
static inline struct lowered lower16(const uint8_t *p, char *out)
{
#ifdef __SSE2__
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i capital = _mm_and_si128(_mm_cmpgt_epi8(x, _mm_set1_epi8('A' - 1)), _mm_cmplt_epi8(x, _mm_set1_epi8('Z' + 1)));
	__m128i low = _mm_or_si128(x, _mm_and_si128(capital, _mm_set1_epi8(0x20)));
	__m128i letter = _mm_and_si128(_mm_cmpgt_epi8(low, _mm_set1_epi8('a' - 1)), _mm_cmplt_epi8(low, _mm_set1_epi8('z' + 1)));
	__m128i digit = _mm_and_si128(_mm_cmpgt_epi8(low, _mm_set1_epi8('0' - 1)), _mm_cmplt_epi8(low, _mm_set1_epi8('9' + 1)));
	_mm_storeu_si128((__m128i *)(void *)out, low);
	return (struct lowered){(unsigned)_mm_movemask_epi8(_mm_or_si128(letter, digit)), (unsigned)_mm_movemask_epi8(x)};
#else
	struct lowered m = {0, 0};
	for (unsigned i = 0; i < 16; i++) {
		uint8_t c = p[i] >= 'A' && p[i] <= 'Z' ? p[i] | 0x20 : p[i];
		m.plain |= (unsigned)is_letter_or_digit(c) << i;
		m.high |= (unsigned)(c >> 7) << i;
		out[i] = (char)c;
	}
	return m;
#endif
}

#define LOWER_MAX 48u
/* A short value in lower case. False: it is long, or no ASCII. *ret_other: which of its bytes are neither letters nor digits. */
static inline bool lowered(const struct link_reader *r, struct slice s, char *out, uint64_t *ret_other)
{
	uint64_t other = 0;
	if (s.n > LOWER_MAX)
		return false;
	for (size_t k = 0; k < s.n; k += 16) {
		uint8_t copy[16];
		const uint8_t *p = s.p + k;
		size_t left = s.n - k < 16 ? s.n - k : 16;
		uintptr_t at = (uintptr_t)p - (uintptr_t)r->text.p;
		if (at >= r->text.n || r->text.n - at < 16) { /* 16 bytes are not there to be read */
			memset(copy, 0, sizeof copy);
			memcpy(copy, p, left);
			p = copy;
		}
		struct lowered m = lower16(p, out + k);
		unsigned in = (1u << left) - 1;
		if (m.high & in)
			return false;
		other |= (uint64_t)(~m.plain & in) << k;
	}
	*ret_other = other;
	return true;
}

static void fold_slowly(struct slice s, bool mail, struct link_text *ret)
{
	AUTO_BUF struct buf b = {0};
	size_t n = 0;
	bool ascii = true, parts = false;
	char *out = ret->s;
	s = s.n > LINK_CELL_MAX / 2 ? slice_of(s.p, LINK_CELL_MAX / 2) : s;
	for (size_t i = 0; i < s.n; i++)
		ascii &= s.p[i] < 0x80;
	if (!ascii) {
		buf_init(&b, 4096);
		if (utf8_valid(slice_of(s.p, utf8_valid_prefix(s))) && utf8_valid_prefix(s) + 4 > s.n)
			utf8_fold(&b, slice_of(s.p, utf8_valid_prefix(s)));
		else { /* Latin-1 */
			AUTO_BUF struct buf t = {0};
			buf_init(&t, 1024);
			for (size_t i = 0; i < s.n; i++) {
				uint8_t c[4];
				buf_add(&t, c, utf8_put(s.p[i], c));
			}
			utf8_fold(&b, buf_slice(&t));
		}
		s = buf_slice(&b);
	}
	for (size_t i = 0; i < s.n && n + 1 < LINK_CELL_MAX; i++) {
		uint8_t c = s.p[i];
		c = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
		if (is_letter_or_digit(c) || c >= 0x80 || (mail && c && strchr("@._-+", c)))
			out[n++] = (char)c;
		else if (c != '\'' && c != '.' && n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	while (n && out[n - 1] == ' ')
		n--;
	for (size_t i = 0; i < n; i++)
		parts |= out[i] == ' ';
	ret->n = n;
	ret->parts = parts;
}

void link_fold(const struct link_reader *r, struct slice s, bool mail, struct link_text *ret)
{
	uint64_t other, blank = 0;
	if (!lowered(r, s, ret->s, &other)) {
		fold_slowly(s, mail, ret);
		return;
	}
	for (; other; other &= other - 1) {
		unsigned i = (unsigned)__builtin_ctzll(other);
		uint8_t c = s.p[i];
		if (mail && (c == '@' || c == '.' || c == '_' || c == '-' || c == '+'))
			continue;
		if (c == '\'' || c == '.' || i == 0 || i + 1 == s.n || blank >> (i - 1) & 1) { /* something goes */
			fold_slowly(s, mail, ret);
			return;
		}
		ret->s[i] = ' ';
		blank |= UINT64_C(1) << i;
	}
	ret->n = s.n;
	ret->parts = blank != 0;
}

static bool one_of(const char *s, size_t n, const char *list) /* " a b c " */
{
	if (!n || n > 16)
		return false;
	for (const char *w = list + 1; *w;) {
		size_t k = 0;
		while (k < n && w[k] && w[k] == s[k])
			k++;
		if (k == n && w[k] == ' ')
			return true;
		while (w[k] && w[k] != ' ')
			k++;
		w += k + (w[k] != 0);
	}
	return false;
}

static inline bool is_word(const char *s, size_t n, const char *word)
{
	return n == strlen(word) && !memcmp(s, word, n);
}

bool link_cell_empty(struct slice s)
{
	char t[16];
	bool any = false;
	size_t n = s.n;
	if (!n)
		return true;
	uint8_t f = s.p[0] | 0x20;
	if (n > sizeof t || is_digit(s.p[0]) || (f >= 'a' && f <= 'z' && f != 'n' && f != 'u' && !(f == 'm' && n == 7)))
		return false; /* no word for nothing begins so */
	for (size_t i = 0; i < n; i++) {
		uint8_t c = s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] | 0x20 : s.p[i];
		t[i] = (char)c;
		any |= is_letter_or_digit(c) || c >= 0x80;
	}
	switch (f) {
	case 'n':
		return is_word(t, n, "na") || is_word(t, n, "n/a") || is_word(t, n, "nan") || is_word(t, n, "nil") || is_word(t, n, "none") || is_word(t, n, "null") || is_word(t, n, "notavailable");
	case 'u':
		return is_word(t, n, "unk") || is_word(t, n, "unknown") || is_word(t, n, "unspecified");
	case 'm':
		return is_word(t, n, "missing");
	default:
		return !any || is_word(t, n, "<na>") || is_word(t, n, "\\n");
	}
}

/* ---- names ---- */

static uint32_t suffix_word(const char *s, size_t n)
{
	return one_of(s, n, " jr junior ") ? 1 : one_of(s, n, " sr senior ") ? 2 : one_of(s, n, " ii 2nd ") ? 3 : one_of(s, n, " iii 3rd ") ? 4 : one_of(s, n, " iv 4th ") ? 5 : 0;
}

/* "smith jr": what stands behind a surname and says which generation. */
static size_t without_suffix(const char *s, size_t n, uint32_t *ret_suffix)
{
	size_t k = n;
	while (k && s[k - 1] != ' ')
		k--;
	uint32_t x = k ? suffix_word(s + k, n - k) : 0;
	if (!x)
		return n;
	*ret_suffix = x;
	return k - 1;
}

/* "Baby Boy", "test": what is written where somebody has no first name. */
static bool no_first_name(const char *s, size_t n)
{
	switch (s[0]) {
	case 'b':
		return is_word(s, n, "baby") || is_word(s, n, "babyboy") || is_word(s, n, "babygirl") || (n > 5 && !memcmp(s, "baby ", 5));
	case 'i':
		return is_word(s, n, "infant");
	case 'n':
		return n >= 7 && !memcmp(s, "newborn", 7);
	case 'p':
		return is_word(s, n, "patient");
	case 't':
		return is_word(s, n, "test");
	case 'u':
		return is_word(s, n, "unknown");
	default:
		return false;
	}
}

static void name(struct link_reader *r, const struct link_field *f, struct slice s, uint32_t *row)
{
	struct link_text *t = &r->a;
	uint32_t suffix = 0;
	link_fold(r, s, false, t);
	size_t n = t->n;
	if (f->kind == KIND_LAST && t->parts)
		n = without_suffix(t->s, n, &suffix);
	int k = r->l->of[KIND_SUFFIX];
	if (suffix && k >= 0 && !row[r->l->field[k].at])
		row[r->l->field[k].at] = suffix;
	if (f->kind == KIND_FIRST && n && no_first_name(t->s, n))
		n = 0;
	/* a first name of two where there is a column for the second, and it is empty: "mary a" */
	int mid = r->l->of[KIND_MIDDLE];
	if (f->kind == KIND_FIRST && t->parts && mid >= 0 && !row[r->l->field[mid].at] && n > 2 && t->s[n - 2] == ' ') {
		link_reader_put(r, t->s + n - 1, 1, &row[r->l->field[mid].at]);
		n -= 2;
	}
	link_reader_put(r, t->s, n, &row[f->at]);
}

/* "Smith, John Q", "John Q Smith" */
static void whole_name(struct link_reader *r, struct slice s, uint32_t *row)
{
	struct link *l = r->l;
	const struct link_field *last = &l->field[l->of[KIND_LAST]], *first = &l->field[l->of[KIND_FIRST]], *middle = &l->field[l->of[KIND_MIDDLE]];
	struct slice rest, before = slice_cut(s, ',', &rest);
	uint32_t suffix = 0;
	size_t n, k;
	if (rest.n) {
		const char *x = r->b.s;
		link_fold(r, rest, false, &r->b);
		size_t m = r->b.n;
		if (!suffix_word(x, m)) {
			name(r, last, before, row);
			for (k = 0; k < m && x[k] != ' ';)
				k++;
			link_reader_put(r, x, k, &row[first->at]);
			if (k < m)
				link_reader_put(r, x + k + 1, m - k - 1, &row[middle->at]);
			return;
		}
		suffix = suffix_word(x, m);
	}
	const char *t = r->a.s;
	link_fold(r, before, false, &r->a);
	n = without_suffix(t, r->a.n, &suffix);
	for (k = n; k && t[k - 1] != ' ';)
		k--;
	link_reader_put(r, t + k, n - k, &row[last->at]);
	size_t given = k ? k - 1 : 0;
	for (k = 0; k < given && t[k] != ' ';)
		k++;
	link_reader_put(r, t, k, &row[first->at]);
	if (k < given)
		link_reader_put(r, t + k + 1, given - k - 1, &row[middle->at]);
	if (suffix && l->of[KIND_SUFFIX] >= 0)
		row[l->field[l->of[KIND_SUFFIX]].at] = suffix;
}

/* ---- places ---- */

static const char *street_type(const char *s, size_t n, size_t *ret_n)
{
	static const struct {
		uint8_t n;
		char is[10];
		uint8_t m;
		char as[16];
	} types[] = {{6, "street", 2, "st"}, {3, "str", 2, "st"}, {6, "avenue", 3, "ave"}, {2, "av", 3, "ave"}, {4, "road", 2, "rd"}, {5, "drive", 2, "dr"}, {4, "lane", 2, "ln"}, {5, "court", 2, "ct"}, {6, "circle", 3, "cir"}, {5, "place", 2, "pl"}, {9, "boulevard", 4, "blvd"}, {7, "highway", 3, "hwy"}, {7, "parkway", 4, "pkwy"}, {7, "terrace", 3, "ter"}, {8, "crescent", 4, "cres"}, {6, "square", 2, "sq"}, {7, "circuit", 3, "cct"}, {5, "close", 2, "cl"}, {6, "parade", 3, "pde"}, {5, "trail", 3, "trl"}, {5, "north", 1, "n"}, {5, "south", 1, "s"}, {4, "east", 1, "e"}, {4, "west", 1, "w"}};
	*ret_n = n;
	if (n < 2 || n > 9)
		return s;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].n == n && types[i].is[0] == s[0] && !memcmp(types[i].is, s, n)) {
			*ret_n = types[i].m;
			return types[i].as;
		}
	return s;
}

/* "9151 Jones Place Apt 4": house 9151, "jones pl", apartment 4. */
static void street(struct link_reader *r, const struct link_field *f, struct slice s, uint32_t *row)
{
	struct link *l = r->l;
	link_fold(r, s, false, &r->a);
	const char *t = r->a.s;
	char *out = r->b.s;
	size_t n = r->a.n, o = 0, i = 0;
	const struct link_field *house = l->of[KIND_HOUSE] >= 0 ? &l->field[l->of[KIND_HOUSE]] : NULL, *apt = l->of[KIND_APT] >= 0 ? &l->field[l->of[KIND_APT]] : NULL;
	if (house && r->a.parts && t[0] >= '0' && t[0] <= '9') {
		while (t[i] != ' ')
			i++;
		if (!row[house->at])
			link_reader_put(r, t, i, &row[house->at]);
		i++;
	}
	while (i < n) {
		size_t k = i, m;
		while (k < n && t[k] != ' ')
			k++;
		if ((t[i] == 'a' || t[i] == 'u' || t[i] == 's') && k < n && o && one_of(t + i, k - i, " apt apartment unit suite ste ")) {
			if (apt && !row[apt->at])
				link_reader_put(r, t + k + 1, n - k - 1, &row[apt->at]);
			break;
		}
		const char *w = street_type(t + i, k - i, &m);
		if (o && o < LINK_CELL_MAX)
			out[o++] = ' ';
		m = m < LINK_CELL_MAX - o ? m : LINK_CELL_MAX - o;
		for (size_t j = 0; j < m; j += 16) /* what is copied too much is written over, or stands behind the end */
			memcpy(out + o + j, w + j, 16);
		o += m;
		i = k + 1;
	}
	link_reader_put(r, out, o, &row[f->at]);
}

static void whole_address(struct link_reader *r, struct slice s, uint32_t *row)
{
	struct link *l = r->l;
	struct slice rest, line = slice_cut(s, ',', &rest);
	street(r, &l->field[l->of[KIND_STREET]], line, row);
	for (size_t i = s.n; i >= 5; i--) { /* the last five digits in a row */
		bool digits = true;
		for (size_t k = i - 5; k < i; k++)
			digits &= s.p[k] >= '0' && s.p[k] <= '9';
		if (digits && i > line.n) {
			memcpy(r->a.s, s.p + i - 5, 5);
			link_reader_put(r, r->a.s, 5, &row[l->field[l->of[KIND_ZIP]].at]);
			break;
		}
	}
	int city = l->of[KIND_CITY];
	if (city >= 0 && rest.n && !row[l->field[city].at]) {
		struct slice next;
		link_fold(r, slice_cut(rest, ',', &next), false, &r->a);
		size_t lead = r->a.n && r->a.s[0] == ' ' ? 1 : 0;
		link_reader_put(r, r->a.s + lead, r->a.n - lead, &row[l->field[city].at]);
	}
}

/* ---- numbers ---- */

static bool all_same(const char *s, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (s[i] != s[0])
			return false;
	return true;
}

static void social(const struct link_field *f, struct slice s, bool four, uint32_t *row)
{
	char d[16];
	size_t n = 0;
	bool hidden = false;
	for (size_t i = 0; i < s.n; i++) {
		if (is_digit(s.p[i])) {
			if (n == 15)
				return;
			d[n++] = (char)s.p[i];
		} else
			hidden |= s.p[i] == 'X' || s.p[i] == 'x' || s.p[i] == '*' || s.p[i] == '#';
	}
	d[n] = 0;
	if ((four || hidden || n == 4) && n >= 4) {
		const char *last = d + n - 4;
		if (strcmp(last, "0000") && !row[f->at])
			row[f->at] = LINK_SSN4 | ((uint32_t)(last[0] - '0') * 1000 + (uint32_t)(last[1] - '0') * 100 + (uint32_t)(last[2] - '0') * 10 + (uint32_t)(last[3] - '0'));
		return;
	}
	if (n < 5 || n > 9 || all_same(d, n) || !strcmp(d, "123456789") || (n == 9 && !person_ssn_valid(d) && !person_itin_valid(d)))
		return;
	uint32_t v = 0;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (uint32_t)(d[i] - '0');
	row[f->at] = v + 1;
}

static void wide(uint32_t *to, uint64_t v)
{
	to[0] = (uint32_t)v;
	to[1] = (uint32_t)(v >> 32);
}

static void phone(const struct link_field *f, struct slice s, uint32_t *row)
{
	char d[24];
	size_t n = 0;
	for (size_t i = 0; i < s.n && s.p[i] != 'x' && s.p[i] != 'X' && n < sizeof d; i++) {
		d[n] = (char)s.p[i];
		n += is_digit(s.p[i]);
	}
	const char *p = d;
	if (n == 11 && d[0] == '1')
		p++, n--;
	if (n >= 7 && n <= 15 && !all_same(p + n - 7, 7))
		wide(&row[f->at], link_pack(p, n > 12 ? 12 : n));
}

/* The letters and digits of a value in r->a; how many. */
static size_t letters_and_digits(struct link_reader *r, struct slice s)
{
	char *out = r->a.s;
	uint64_t other;
	size_t n = 0;
	if (lowered(r, s, out, &other) && !other)
		return s.n;
	for (size_t i = 0; i < s.n && n < LINK_CELL_MAX; i++) {
		uint8_t c = s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] | 0x20 : s.p[i];
		if (is_letter_or_digit(c) || c >= 0x80)
			out[n++] = (char)c;
	}
	return n;
}

static void number(struct link_reader *r, const struct link_field *f, struct slice s, uint32_t *row)
{
	size_t n = letters_and_digits(r, s);
	if (n >= 3 && !all_same(r->a.s, n))
		wide(&row[f->at], link_pack(r->a.s, n));
}

static void member(struct link_reader *r, const struct link_field *f, struct slice s, uint32_t *row)
{
	uint32_t person = 0;
	if (s.n > 5 && s.p[s.n - 3] == '-' && is_digit(s.p[s.n - 2]) && is_digit(s.p[s.n - 1])) {
		person = (uint32_t)(s.p[s.n - 2] - '0') * 10 + (uint32_t)(s.p[s.n - 1] - '0') + 1;
		s.n -= 3;
	}
	size_t n = letters_and_digits(r, s);
	if (n < 3 || all_same(r->a.s, n))
		return;
	wide(&row[f->at], link_pack(r->a.s, n));
	row[f->at + 2] = person;
}

/* 03/07/1964: two digits, two, four, with the same sign between them. 0: it is written otherwise, or is one to think about (person_date does). */
static uint32_t birth_of_three(const uint8_t *p, bool day_first, uint32_t oldest, uint32_t this_year)
{
	if (!(p[2] == '/' || p[2] == '-' || p[2] == '.') || p[5] != p[2] || !is_digit(p[0]) || !is_digit(p[1]) || !is_digit(p[3]) || !is_digit(p[4]) || !is_digit(p[6]) || !is_digit(p[7]) || !is_digit(p[8]) || !is_digit(p[9]))
		return 0;
	uint32_t a = (uint32_t)(p[0] - '0') * 10 + (uint32_t)(p[1] - '0'), b = (uint32_t)(p[3] - '0') * 10 + (uint32_t)(p[4] - '0');
	uint32_t y = (uint32_t)(p[6] - '0') * 1000 + (uint32_t)(p[7] - '0') * 100 + (uint32_t)(p[8] - '0') * 10 + (uint32_t)(p[9] - '0'), m = day_first ? b : a, d = day_first ? a : b;
	if (m > 12) { /* only the other way round */
		m = d;
		d = day_first ? b : a;
	}
	return y < oldest || y > this_year || !m || m > 12 || !d || d > (y < LINK_OLDEST ? 31 : 28) ? 0 : y * 10000 + m * 100 + d;
}

static void birth(const struct link *l, const struct link_field *f, struct slice s, bool day_first, uint32_t *row)
{
	struct person_date d;
	uint32_t v = 0;
	size_t n = 0;
	const uint8_t *p = s.p;
	if (s.n == 10 && p[4] == '-' && p[7] == '-') {
		for (size_t i = 0; i < 10; i++)
			if (is_digit(p[i])) {
				v = v * 10 + (uint32_t)(p[i] - '0');
				n++;
			}
	} else if (s.n == 8) {
		for (size_t i = 0; i < 8 && is_digit(p[i]); i++, n++)
			v = v * 10 + (uint32_t)(p[i] - '0');
	} else if (s.n == 10) {
		v = birth_of_three(p, day_first, l->oldest, (uint32_t)l->o.this_year);
		n = v ? 8 : 0;
	}
	uint32_t y = v / 10000;
	if (v == 19000101)
		return; /* what programs put where nobody asked */
	if (n == 8 && y >= l->oldest && y <= (uint32_t)l->o.this_year) {
		row[f->at] = v; /* also 19930230: a slip is still near what it should be */
		return;
	}
	if (person_date(s, day_first, l->o.this_year, &d, NULL) && !(d.year == 1900 && d.month == 1 && d.day == 1))
		row[f->at] = (uint32_t)d.year * 10000 + (uint32_t)d.month * 100 + d.day;
}

void link_cell_birth(const struct link *l, struct slice year, struct slice month, struct slice day, uint32_t *row)
{
	char date[16];
	if (person_birth_text(year, month, day, date))
		birth(l, &l->field[l->of[KIND_DOB]], slice_str(date), l->o.day_first, row);
}

static uint32_t sex(struct link_reader *r, struct slice s)
{
	if (s.n == 1 && (s.p[0] | 0x20) == 'm')
		return 1;
	if (s.n == 1 && (s.p[0] | 0x20) == 'f')
		return 2;
	link_fold(r, s, false, &r->a);
	if (one_of(r->a.s, r->a.n, " m male man h homme hombre masculin masculino boy mann 男 男性 "))
		return 1;
	return one_of(r->a.s, r->a.n, " f female woman w femme mujer feminin femenino girl frau 女 女性 ") ? 2 : 0;
}

/* ---- */

static void plain(struct link_reader *r, const struct link_field *f, struct slice s, bool mail, uint32_t *row)
{
	link_fold(r, s, mail, &r->a);
	link_reader_put(r, r->a.s, r->a.n, &row[f->at]);
}

static void zip(struct link_reader *r, const struct link_field *f, struct slice s, uint32_t *row)
{
	size_t n = letters_and_digits(r, s);
	if (n >= 3 && !all_same(r->a.s, n))
		link_reader_put(r, r->a.s, n, &row[f->at]);
}

static const char *state_of(struct link_reader *r, struct slice s)
{
	unsigned a = s.n == 2 ? (s.p[0] | 0x20u) - 'a' : 26, b = s.n == 2 ? (s.p[1] | 0x20u) - 'a' : 26;
	if (a >= 26 || b >= 26)
		return person_us_state(s);
	if (!r->state[a * 26 + b].known) {
		r->state[a * 26 + b].known = true;
		r->state[a * 26 + b].code = person_us_state(s);
	}
	return r->state[a * 26 + b].code;
}

void link_cell(struct link_reader *r, size_t column, struct slice s, uint32_t *row)
{
	struct link *l = r->l;
	int use = l->use[column];
	if (use == USE_NAME)
		whole_name(r, s, row);
	else if (use == USE_ADDRESS)
		whole_address(r, s, row);
	else if (use == USE_SSN4)
		social(&l->field[l->of[KIND_SSN]], s, true, row);
	if (use < 0)
		return;
	const struct link_field *f = &l->field[use];
	const char *state;
	switch (f->kind) {
	case KIND_FIRST:
	case KIND_LAST:
	case KIND_MIDDLE:
	case KIND_MAIDEN:
		name(r, f, s, row);
		break;
	case KIND_SUFFIX:
		link_fold(r, s, false, &r->a);
		row[f->at] = suffix_word(r->a.s, r->a.n);
		break;
	case KIND_DOB:
		birth(l, f, s, l->dated[column] ? l->dated[column] == 2 : l->o.day_first, row);
		break;
	case KIND_SEX:
		row[f->at] = sex(r, s);
		break;
	case KIND_SSN:
		social(f, s, false, row);
		break;
	case KIND_STREET:
		street(r, f, s, row);
		break;
	case KIND_ZIP:
		zip(r, f, s, row);
		break;
	case KIND_STATE:
		state = state_of(r, s);
		plain(r, f, state ? slice_str(state) : s, false, row);
		break;
	case KIND_PHONE:
		phone(f, s, row);
		break;
	case KIND_EMAIL:
		plain(r, f, s, true, row);
		break;
	case KIND_MRN:
	case KIND_ID:
		number(r, f, s, row);
		break;
	case KIND_MEMBER:
		member(r, f, s, row);
		break;
	default:
		plain(r, f, s, false, row);
	}
}
