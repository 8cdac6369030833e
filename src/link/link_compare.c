/* How two values agree: exactly, by another form of the same, but for a slip, loosely, not. */
#include "link_internal.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* ---- strings ---- */

double link_jaro(const char *a, size_t an, const char *b, size_t bn) /* Winkler 1990: with four letters of a common beginning, 0.1 each */
{
	if (!an || !bn)
		return 0;
	an = an > 64 ? 64 : an;
	bn = bn > 64 ? 64 : bn;
	size_t reach = (an > bn ? an : bn) / 2, common = 0, changed = 0, k = 0;
	reach = reach ? reach - 1 : 0;
	uint64_t in_a = 0, in_b = 0;
	for (size_t i = 0; i < an; i++)
		for (size_t j = i > reach ? i - reach : 0; j < bn && j <= i + reach; j++)
			if (a[i] == b[j] && !(in_b >> j & 1)) {
				in_a |= UINT64_C(1) << i;
				in_b |= UINT64_C(1) << j;
				common++;
				break;
			}
	if (!common)
		return 0;
	for (size_t i = 0; i < an; i++)
		if (in_a >> i & 1) {
			while (!(in_b >> k & 1))
				k++;
			changed += a[i] != b[k++];
		}
	double c = (double)common, jaro = (c / (double)an + c / (double)bn + (c - (double)changed / 2) / c) / 3;
	size_t p = 0;
	while (p < 4 && p < an && p < bn && a[p] == b[p])
		p++;
	return jaro + (double)p * 0.1 * (1 - jaro);
}

bool link_one_slip(const char *a, size_t an, const char *b, size_t bn)
{
	size_t i = 0;
	if (an > bn + 1 || bn > an + 1)
		return false;
	while (i < an && i < bn && a[i] == b[i])
		i++;
	while (an > i && bn > i && a[an - 1] == b[bn - 1])
		an--, bn--;
	an -= i, bn -= i; /* what is left between a common beginning and a common end */
	if (an == 2 && bn == 2)
		return a[i] == b[i + 1] && a[i + 1] == b[i];
	return an <= 1 && bn <= 1 && an + bn > 0;
}

unsigned link_slips(const char *a, size_t an, const char *b, size_t bn, unsigned most)
{
	uint8_t row[3][68]; /* no more than 64 edits */
	an = an > 64 ? 64 : an;
	bn = bn > 64 ? 64 : bn;
	if ((an > bn ? an - bn : bn - an) > most)
		return most + 1;
	for (unsigned j = 0; j <= bn; j++)
		row[0][j] = (uint8_t)j;
	for (unsigned i = 1; i <= an; i++) { /* so many edits lead no farther than `most` from the diagonal: what lies beyond is never the least */
		uint8_t *now = row[i % 3];
		const uint8_t *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];
		unsigned least, from = i > most ? i - most : 0, to = i + most < bn ? i + most : (unsigned)bn;
		least = i;
		if (from) {
			least = up[from - 1] + (a[i - 1] != b[from - 1]);
			least = up[from] + 1u < least ? up[from] + 1u : least;
			if (i > 1 && from > 1 && a[i - 1] == b[from - 2] && a[i - 2] == b[from - 1] && up2[from - 2] + 1u < least)
				least = up2[from - 2] + 1u;
		}
		now[from] = (uint8_t)least;
		for (unsigned j = from + 1; j <= to; j++) {
			unsigned d = up[j - 1] + (a[i - 1] != b[j - 1]);
			if (j < i + most || i == 1)
				d = up[j] + 1u < d ? up[j] + 1u : d;
			d = now[j - 1] + 1u < d ? now[j - 1] + 1u : d;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && up2[j - 2] + 1u < d)
				d = up2[j - 2] + 1u;
			now[j] = (uint8_t)d;
			least = d < least ? d : least;
		}
		if (least > most)
			return most + 1;
	}
	return row[an % 3][bn] > most ? most + 1 : row[an % 3][bn];
}

bool link_digit_slip(const char *a, const char *b, size_t n)
{
	size_t i = 0;
	while (i < n && a[i] == b[i])
		i++;
	if (i == n)
		return false;
	if (i + 1 < n && a[i] == b[i + 1] && a[i + 1] == b[i] && !memcmp(a + i + 2, b + i + 2, n - i - 2))
		return true;
	return !memcmp(a + i + 1, b + i + 1, n - i - 1);
}

/* ---- what a thread remembers of words it compared: names come again and again ---- */

#define REMEMBERED 65536
struct link_memory {
	struct {
		uint32_t a, b;
		uint8_t level;
	} v[REMEMBERED];
};

struct link_memory *link_memory_new(void)
{
	return calloc(1, sizeof(struct link_memory));
}

static bool has_part(const char *a, size_t an, const char *b, size_t bn) /* one of a's parts is b */
{
	for (size_t i = 0; i < an;) {
		size_t k = i;
		while (k < an && a[k] != ' ')
			k++;
		if (k - i == bn && bn >= 2 && !memcmp(a + i, b, bn))
			return true;
		i = k + 1;
	}
	return false;
}

static bool same_letters(const char *a, size_t an, const char *b, size_t bn) /* in another order: "rarhy", "harry" */
{
	int8_t count[256] = {0};
	if (an != bn || an < 3)
		return false;
	for (size_t i = 0; i < an; i++) {
		count[(uint8_t)a[i]]++;
		count[(uint8_t)b[i]]--;
	}
	for (size_t i = 0; i < an; i++)
		if (count[(uint8_t)a[i]])
			return false;
	return true;
}

/* Which letters and digits stand in it: what two words cannot have in common is seen without looking at them. */
uint32_t link_letters(const char *s, size_t n)
{
	uint32_t set = 0;
	for (size_t i = 0; i < n; i++)
		set |= UINT32_C(1) << (s[i] & 31);
	return set;
}

static inline unsigned ones(uint32_t v) /* the plain x86-64 has no instruction for it */
{
	v -= v >> 1 & 0x55555555;
	v = (v & 0x33333333) + (v >> 2 & 0x33333333);
	return (((v + (v >> 4)) & 0x0f0f0f0f) * 0x01010101) >> 24;
}

static bool far_apart(const char *a, size_t an, uint32_t la, const char *b, size_t bn, uint32_t lb)
{
	static const float least[] = {1.46f, 1.4f, 1.325f, 1.2285714f, 1.1f}; /* link_jaro stays below 0.82 if the first two of its three shares sum to less: by letters of a common beginning */
	unsigned only_a = ones(la & ~lb), only_b = ones(lb & ~la), most = only_a > only_b ? only_a : only_b;
	size_t ca = an - only_a, cb = bn - only_b, common = ca < cb ? ca : cb, p = 0;
	if (most <= 2)
		return false;
	while (p < 4 && p < an && p < bn && a[p] == b[p])
		p++;
	return (float)(common * (an + bn)) < least[p] * (float)(an * bn);
}

static uint8_t strings(const char *a, size_t an, const char *b, size_t bn)
{
	size_t shorter = an < bn ? an : bn;
	if (far_apart(a, an, link_letters(a, an), b, bn, link_letters(b, bn)))
		return LEVEL_DIFFER;
	unsigned slips = link_slips(a, an, b, bn, 2);
	if ((slips == 1 && shorter >= 3) || (slips == 2 && shorter >= 7))
		return LEVEL_NEAR;
	double j = link_jaro(a, an, b, bn);
	if (j >= 0.94 && shorter >= 4)
		return LEVEL_NEAR;
	return (j >= 0.82 && shorter >= 3) || same_letters(a, an, b, bn) ? LEVEL_LOOSE : LEVEL_DIFFER;
}

static bool begins(const struct link_word *a, const struct link_word *b) /* one is how the other begins */
{
	size_t n = a->n < b->n ? a->n : b->n;
	return n >= 2 && !memcmp(a->text, b->text, n);
}

static size_t part_end(const char *s, size_t at, size_t n)
{
	while (at < n && s[at] != ' ')
		at++;
	return at;
}

/* One of a's parts is one of b's, but for a slip. */
static bool parts_near(const char *a, size_t an, const char *b, size_t bn)
{
	for (size_t i = 0, ie; i < an; i = ie + 1) {
		ie = part_end(a, i, an);
		for (size_t k = 0, ke; ie - i >= 2 && k < bn; k = ke + 1) {
			ke = part_end(b, k, bn);
			if ((ie - i == ke - k && !memcmp(a + i, b + k, ie - i)) || (ke - k >= 2 && strings(a + i, ie - i, b + k, ke - k) == LEVEL_NEAR))
				return true;
		}
	}
	return false;
}

/* Both are there and differ. names: of persons, with parts and short forms; `first`: nicknames count. */
static uint8_t words_slowly(const struct link_words *w, uint32_t ia, uint32_t ib, bool first)
{
	const struct link_word *a = &w->v[ia], *b = &w->v[ib];
	const char *s = a->text, *t = b->text;
	if (first && link_nicknames_meet(a->nick, b->nick))
		return LEVEL_ALIAS;
	if (a->n == 1 || b->n == 1)
		return s[0] == t[0] ? LEVEL_INITIAL : LEVEL_DIFFER;
	if ((a->tail && has_part(s, a->n, t, b->n)) || (b->tail && has_part(t, b->n, s, a->n)))
		return LEVEL_ALIAS;
	uint8_t level = !a->tail && !b->tail && far_apart(s, a->n, a->letters, t, b->n, b->letters) ? LEVEL_DIFFER : strings(s, a->n, t, b->n);
	if (level == LEVEL_DIFFER && (a->tail || b->tail) && parts_near(s, a->n, t, b->n)) /* "esters avila" and "avlia" */
		level = LEVEL_LOOSE;
	if (level == LEVEL_DIFFER && first && begins(a, b))
		level = LEVEL_LOOSE;
	return level;
}

static inline uint8_t words(const struct link *l, struct link_memory *m, uint32_t a, uint32_t b, bool first)
{
	if (!a || !b)
		return LEVEL_NONE;
	if (a == b)
		return LEVEL_EXACT;
	const struct link_word *wa = &l->words.v[a], *wb = &l->words.v[b];
	if (!wa->tail && !wb->tail && !(first && link_nicknames_meet(wa->nick, wb->nick))) { /* most differ, or are an initial, and what is remembered is farther away than the two words */
		if (wa->n == 1 || wb->n == 1)
			return wa->text[0] == wb->text[0] ? LEVEL_INITIAL : LEVEL_DIFFER;
		if (far_apart(wa->text, wa->n, wa->letters, wb->text, wb->n, wb->letters) && !(first && begins(wa, wb)))
			return LEVEL_DIFFER;
	}
	uint32_t lo = a < b ? a : b, hi = (a < b ? b : a) | (first ? UINT32_C(0x80000000) : 0);
	unsigned at = (unsigned)((lo * UINT32_C(0x9e3779b1) ^ hi * UINT32_C(0x85ebca6b)) >> 16);
	if (m && m->v[at].a == lo && m->v[at].b == hi)
		return m->v[at].level;
	bool turn = l->words.v[a].hash > l->words.v[b].hash; /* link_jaro may say something else the other way round; numbers of words are not the same each time */
	uint8_t level = words_slowly(&l->words, turn ? b : a, turn ? a : b, first);
	if (m) {
		m->v[at].a = lo;
		m->v[at].b = hi;
		m->v[at].level = level;
	}
	return level;
}

/* ---- dates, numbers ---- */

static void date_digits(uint32_t d, char out[8])
{
	for (int i = 7; i >= 0; i--, d /= 10)
		out[i] = (char)('0' + d % 10);
}

static uint8_t dates(uint32_t a, uint32_t b) /* 19640307 */
{
	if (!a || !b)
		return LEVEL_NONE;
	if (a == b)
		return LEVEL_EXACT;
	uint32_t ya = a / 10000, yb = b / 10000, ma = a / 100 % 100, mb = b / 100 % 100, da = a % 100, db = b % 100;
	if (ya == yb && ma == db && da == mb)
		return LEVEL_ALIAS;
	bool none_a = ma == 1 && da == 1, none_b = mb == 1 && db == 1;
	if (ya == yb && (none_a || none_b)) /* 1 January: nobody asked for the day */
		return LEVEL_INITIAL;
	if ((ya == yb) + (ma == mb) + (da == db) == 2) { /* a slip stays within the year, the month or the day */
		char s[8], t[8];
		date_digits(a, s);
		date_digits(b, t);
		return link_digit_slip(s, t, 8) ? LEVEL_NEAR : LEVEL_LOOSE;
	}
	int days = (int)(ya * 365 + ma * 30 + da) - (int)(yb * 365 + mb * 30 + db);
	days = days < 0 ? -days : days;
	if (days <= 40 || (days >= 325 && days <= 405) || (days >= 3610 && days <= 3690)) /* some days off, perhaps with a year or ten */
		return LEVEL_LOOSE;
	uint32_t apart = ya > yb ? ya - yb : yb - ya;
	return apart >= 15 && ma != mb && da != db ? LEVEL_FAR : LEVEL_DIFFER;
}

/* Could two numbers be one digit (or letter) or two neighbours changed about apart, in this base? True for those that are, and for a few more. */
static inline bool maybe_slip(uint64_t a, uint64_t b, unsigned base)
{
	uint64_t d = a > b ? a - b : b - a;
	while (d % base == 0)
		d /= base;
	return d < base || (d % (base - 1) == 0 && d / (base - 1) < base);
}

static uint8_t socials(uint32_t a, uint32_t b)
{
	if (!a || !b)
		return LEVEL_NONE;
	bool cut_a = a & LINK_SSN4, cut_b = b & LINK_SSN4;
	if (!cut_a && !cut_b) {
		if (a == b)
			return LEVEL_EXACT;
		if (!maybe_slip(a, b, 10))
			return LEVEL_DIFFER;
		char s[12], t[12];
		snprintf(s, sizeof s, "%09u", a - 1);
		snprintf(t, sizeof t, "%09u", b - 1);
		return link_digit_slip(s, t, 9) ? LEVEL_NEAR : LEVEL_DIFFER;
	}
	uint32_t fa = cut_a ? a & ~LINK_SSN4 : (a - 1) % 10000, fb = cut_b ? b & ~LINK_SSN4 : (b - 1) % 10000;
	if (fa == fb)
		return LEVEL_ALIAS;
	if (!maybe_slip(fa, fb, 10))
		return LEVEL_FAR;
	char s[8], t[8];
	snprintf(s, sizeof s, "%04u", fa % 10000);
	snprintf(t, sizeof t, "%04u", fb % 10000);
	return link_digit_slip(s, t, 4) ? LEVEL_LOOSE : LEVEL_FAR;
}

uint64_t link_pack(const char *s, size_t n)
{
	uint64_t v = 0;
	if (n > 12)
		return link_hash(s, n) | UINT64_C(1) << 63;
	for (size_t i = 0; i < n; i++)
		v = v * 37 + (s[i] >= '0' && s[i] <= '9' ? (uint64_t)(s[i] - '0') + 1 : s[i] >= 'a' && s[i] <= 'z' ? (uint64_t)(s[i] - 'a') + 11 : 0);
	return v;
}

size_t link_unpack(uint64_t v, char out[16])
{
	char t[16];
	size_t n = 0;
	if (v >> 63)
		return 0;
	for (; v && n < 13; v /= 37)
		t[n++] = v % 37 == 0 ? '?' : v % 37 < 11 ? (char)('0' + v % 37 - 1) : (char)('a' + v % 37 - 11);
	for (size_t i = 0; i < n; i++)
		out[i] = t[n - 1 - i];
	return n;
}

static uint8_t ids(uint64_t a, uint64_t b)
{
	if (!a || !b)
		return LEVEL_NONE;
	if (a == b)
		return LEVEL_EXACT;
	bool longer = (a > b ? a / 37 >= b / 2 : b / 37 >= a / 2); /* one has a letter or digit more, about */
	if ((a | b) >> 63 || (!longer && !maybe_slip(a, b, 37)))
		return LEVEL_DIFFER;
	char s[16], t[16];
	size_t n = link_unpack(a, s), m = link_unpack(b, t);
	if (!n || !m)
		return LEVEL_DIFFER;
	if (n == m && n >= 5 && link_digit_slip(s, t, n))
		return LEVEL_NEAR;
	return n != m && n >= 5 && m >= 5 && link_one_slip(s, n, t, m) ? LEVEL_NEAR : LEVEL_DIFFER;
}

static uint8_t phones(uint64_t a, uint64_t b)
{
	uint8_t level = ids(a, b);
	if (level != LEVEL_DIFFER || (a < b ? b / 37 < a : a / 37 < b))
		return level;
	char s[16], t[16];
	size_t n = link_unpack(a, s), m = link_unpack(b, t);
	return n >= 7 && m >= 7 && n != m && !memcmp(s + n - 7, t + m - 7, 7) ? LEVEL_ALIAS : LEVEL_DIFFER; /* without its area's code */
}

/* A chart number says something about another one of the same place only: by who gave it where that is known, else by the letters it begins with. */
static uint8_t charts(const struct link *l, const struct link_field *f, const uint32_t *ra, const uint32_t *rb)
{
	uint64_t a = link_wide(ra + f->at), b = link_wide(rb + f->at);
	if (l->of[KIND_ASSIGNER] >= 0) {
		const struct link_field *g = &l->field[l->of[KIND_ASSIGNER]];
		uint32_t ga = ra[g->at], gb = rb[g->at];
		return ga && gb && ga != gb ? LEVEL_NONE : ids(a, b);
	}
	uint8_t level = ids(a, b);
	if (level == LEVEL_NONE)
		return level;
	char s[16], t[16];
	size_t n = link_unpack(a, s), m = link_unpack(b, t), i = 0;
	if (level == LEVEL_EXACT)
		return level;
	while (i < n && i < m && s[i] == t[i] && s[i] >= 'a' && s[i] <= 'z')
		i++;
	bool letter_a = i < n && s[i] >= 'a' && s[i] <= 'z', letter_b = i < m && t[i] >= 'a' && t[i] <= 'z';
	return letter_a || letter_b ? LEVEL_NONE : level;
}

/* An insurance number: the family's, with two digits behind a dash for who of it. In a row: the number, and the person as one more word (0: none). */
static uint8_t members(const struct link_field *f, const uint32_t *ra, const uint32_t *rb)
{
	uint64_t a = link_wide(ra + f->at), b = link_wide(rb + f->at);
	uint32_t pa = ra[f->at + 2], pb = rb[f->at + 2];
	uint8_t level = ids(a, b);
	if (level == LEVEL_EXACT)
		return pa == pb ? (pa ? LEVEL_EXACT : LEVEL_ALIAS) : !pa || !pb ? LEVEL_ALIAS : LEVEL_FAR;
	return level == LEVEL_NEAR && pa != pb ? LEVEL_DIFFER : level;
}

static uint8_t zips(const struct link *l, uint32_t a, uint32_t b)
{
	if (!a || !b)
		return LEVEL_NONE;
	if (a == b)
		return LEVEL_EXACT;
	size_t n, m;
	const char *s = link_word_text(&l->words, a, &n), *t = link_word_text(&l->words, b, &m);
	if (n == m && n >= 4 && link_digit_slip(s, t, n))
		return LEVEL_NEAR;
	if (n > 5 && m >= 5 && !memcmp(s, t, 5)) /* ZIP+4 */
		return LEVEL_ALIAS;
	if (m > 5 && n >= 5 && !memcmp(s, t, 5))
		return LEVEL_ALIAS;
	return n >= 4 && m >= 4 && !memcmp(s, t, 3) ? LEVEL_LOOSE : LEVEL_DIFFER;
}

static uint8_t houses(const struct link *l, uint32_t a, uint32_t b)
{
	if (!a || !b)
		return LEVEL_NONE;
	if (a == b)
		return LEVEL_EXACT;
	size_t n, m;
	const char *s = link_word_text(&l->words, a, &n), *t = link_word_text(&l->words, b, &m);
	return n + m > 3 && link_one_slip(s, n, t, m) ? LEVEL_NEAR : LEVEL_DIFFER;
}

static uint8_t mails(const struct link *l, struct link_memory *mem, uint32_t a, uint32_t b)
{
	if (!a || !b)
		return LEVEL_NONE;
	if (a == b)
		return LEVEL_EXACT;
	size_t n, m;
	const char *s = link_word_text(&l->words, a, &n), *t = link_word_text(&l->words, b, &m);
	const char *at = memchr(s, '@', n), *bt = memchr(t, '@', m);
	size_t ln = at ? (size_t)(at - s) : n, lm = bt ? (size_t)(bt - t) : m;
	if (ln == lm && ln >= 4 && !memcmp(s, t, ln))
		return LEVEL_ALIAS;
	(void)mem;
	if (far_apart(s, ln, link_letters(s, ln), t, lm, link_letters(t, lm)) && far_apart(s, n, l->words.v[a].letters, t, m, l->words.v[b].letters))
		return LEVEL_DIFFER;
	if (link_slips(s, n, t, m, 2) <= 2)
		return LEVEL_NEAR;
	return link_jaro(s, ln, t, lm) >= 0.9 ? LEVEL_LOOSE : LEVEL_DIFFER;
}

/* ---- a pair ---- */

static uint8_t plain(const struct link *l, struct link_memory *m, const struct link_field *f, const uint32_t *ra, const uint32_t *rb)
{
	const uint32_t *pa = link_at(l, ra, f), *pb = link_at(l, rb, f);
	uint32_t a = pa[0], b = pb[0];
	switch (f->kind) {
	case KIND_FIRST:
	case KIND_MIDDLE:
		return words(l, m, a, b, true);
	case KIND_LAST:
	case KIND_MAIDEN:
	case KIND_STREET:
	case KIND_APT:
	case KIND_CITY:
	case KIND_OTHER:
		return words(l, m, a, b, false);
	case KIND_SUFFIX:
	case KIND_SEX:
	case KIND_STATE:
		return !a || !b ? LEVEL_NONE : a == b ? LEVEL_EXACT : LEVEL_DIFFER;
	case KIND_DOB:
		return dates(a, b);
	case KIND_SSN:
		return socials(a, b);
	case KIND_HOUSE:
		return houses(l, a, b);
	case KIND_ZIP:
		return zips(l, a, b);
	case KIND_PHONE:
		return phones(link_wide(pa), link_wide(pb));
	case KIND_EMAIL:
		return mails(l, m, a, b);
	case KIND_MRN:
		return charts(l, f, ra, rb);
	case KIND_MEMBER:
		return members(f, ra, rb);
	case KIND_ID:
		return ids(link_wide(pa), link_wide(pb));
	case KIND_ASSIGNER:
	case LINK_KINDS:
		break;
	}
	return LEVEL_NONE;
}

/* Names the wrong way round, and a maiden name on the one and not on the other. */
static void names(const struct link *l, struct link_memory *m, const uint32_t *ra, const uint32_t *rb, uint8_t level[LINK_FIELDS_MAX])
{
	int last = l->of[KIND_LAST], first = l->of[KIND_FIRST], maiden = l->of[KIND_MAIDEN];
	if (last < 0)
		return;
	uint32_t la = ra[l->field[last].at], lb = rb[l->field[last].at];
	int sex = l->of[KIND_SEX];
	if (level[last] == LEVEL_INITIAL)
		level[last] = LEVEL_LOOSE;
	if (level[last] == LEVEL_DIFFER && sex >= 0 && ra[l->field[sex].at] == 1 && rb[l->field[sex].at] == 1)
		level[last] = LEVEL_INITIAL; /* of a surname: it differs, and both are men, who seldom change it */
	if (maiden >= 0 && level[last] >= LEVEL_INITIAL) {
		uint32_t ma = ra[l->field[maiden].at], mb = rb[l->field[maiden].at];
		if ((ma && ma == lb) || (mb && mb == la))
			level[last] = LEVEL_ALIAS;
	}
	if (first < 0 || level[last] < LEVEL_INITIAL || level[first] < LEVEL_LOOSE)
		return;
	uint32_t fa = ra[l->field[first].at], fb = rb[l->field[first].at];
	uint8_t x = words(l, m, la, fb, true), y = words(l, m, fa, lb, true);
	if (x && y && x <= LEVEL_LOOSE && y <= LEVEL_LOOSE && (x <= LEVEL_INITIAL || y <= LEVEL_INITIAL)) {
		level[last] = LEVEL_FAR; /* of a surname: it is the other's first name */
		level[first] = LEVEL_NONE;
	}
}

/* A number of a hash that packs the same is another matter; what agrees above says all that what stands below would say: a ZIP code its city and state. */
static void places(const struct link *l, uint8_t level[LINK_FIELDS_MAX])
{
	int zip = l->of[KIND_ZIP], city = l->of[KIND_CITY], state = l->of[KIND_STATE];
	bool said = false;
	if (zip >= 0)
		said = level[zip] == LEVEL_EXACT || level[zip] == LEVEL_ALIAS;
	if (city >= 0) {
		if (said && level[city] < LEVEL_DIFFER)
			level[city] = LEVEL_NONE;
		said |= level[city] == LEVEL_EXACT;
	}
	if (state >= 0 && said && level[state] == LEVEL_EXACT)
		level[state] = LEVEL_NONE;
}

void link_compare(const struct link *l, struct link_memory *m, uint32_t a, uint32_t b, uint8_t level[LINK_FIELDS_MAX])
{
	const uint32_t *ra = link_row(l, a), *rb = link_row(l, b);
	for (unsigned i = 0; i < l->fields; i++)
		level[i] = plain(l, m, &l->field[i], ra, rb);
	names(l, m, ra, rb, level);
	places(l, level);
}

/* ---- a pair, given up as soon as it cannot be grey ----
 *
 * Most pairs that share a key are strangers. What both rows say is found in one walk without a branch, a few pairs ahead: then what the answer will be looked up in is asked for from memory. What is told from the rows alone (dates, numbers, and words that
 * are the same) is compared first, what asks for the words behind them only while it still counts: a word lies somewhere in memory. */

struct link_plan {
	unsigned n, near; /* fields; so many stand in the rows, the others apart */
	struct planned {
		uint16_t at, also;       /* its first word's place and its second's (the first's again if there is none) */
		uint8_t field, kind;
		float gain[LINK_LEVELS]; /* how much likelier one person is than two strangers are; of LEVEL_EXACT without the value's rarity */
		float best;              /* of the levels but LEVEL_EXACT, at least 0 */
	} v[LINK_FIELDS_MAX];
	/* A pair's fields are bits, in the order of v: of a row of few words that of the field's first word, else its number in v. */
	uint8_t of[64];       /* a bit's field, in v */
	unsigned apart;       /* the bit of the first that stands apart */
	bool by_words;
	uint64_t first, wide; /* by_words: where a field in the row begins, where one of two words or more does */
	uint64_t looked_up;   /* in the row, and a number of the dictionary */
};

struct link_plan *link_plan_new(const struct link *l)
{
	struct link_plan *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	for (unsigned apart = 0; apart < 2; apart++) {
		for (unsigned k = 0; k < l->fields; k++) {
			const struct link_field *f = &l->field[l->order[k]];
			if ((f->at >= l->width) != (apart == 1) || f->kind == KIND_ASSIGNER)
				continue;
			struct planned *x = &p->v[p->n++];
			unsigned at = f->at - (apart ? l->width : 0);
			*x = (struct planned){.at = (uint16_t)at, .also = (uint16_t)(f->slots > 1 ? at + 1 : at), .field = l->order[k], .kind = (uint8_t)f->kind, .best = f->best};
			for (unsigned v = 1; v < LINK_LEVELS; v++)
				x->gain[v] = f->lm[v] - (v == LEVEL_EXACT ? 0 : f->lu[v]);
		}
		p->near = apart ? p->near : p->n;
	}
	p->by_words = l->width >= 4 && l->width + p->n - p->near <= 64;
	p->apart = p->by_words ? l->width : p->near;
	for (unsigned k = 0; k < p->n; k++) {
		const struct planned *x = &p->v[k];
		unsigned bit = k >= p->near ? p->apart + (k - p->near) : p->by_words ? x->at : k;
		p->of[bit] = (uint8_t)k;
		if (k >= p->near)
			continue;
		p->first |= UINT64_C(1) << bit;
		p->wide |= (uint64_t)(x->also != x->at) << bit;
		p->looked_up |= (uint64_t)l->field[x->field].words << bit;
	}
	return p;
}

/* Of fields of which each is a bit from `bit` on: which both rows fill, and on which they say the same. */
static inline uint64_t meet(const struct planned *x, unsigned n, unsigned bit, const uint32_t *a, const uint32_t *b, uint64_t *same)
{
	uint64_t both = 0, equal = 0;
	for (unsigned k = 0; k < n; k++) {
		uint32_t va = a[x[k].at], vb = b[x[k].at], wa = a[x[k].also], wb = b[x[k].also];
		both |= (uint64_t)(((va | wa) != 0) & ((vb | wb) != 0)) << (bit + k);
		equal |= (uint64_t)((va == vb) & (wa == wb)) << (bit + k);
	}
	*same |= equal & both;
	return both;
}

#ifdef __SSE2__
/* The same of whole rows, four words at a time: each word is a bit. The last four may be seen twice, nothing behind the rows is. */
static inline uint64_t meet_words(const struct link_plan *p, unsigned width, const uint32_t *a, const uint32_t *b, uint64_t *same)
{
	const __m128i zero = _mm_setzero_si128();
	uint64_t equal = 0, none_a = 0, none_b = 0;
	for (unsigned at = 0;; at = at + 8 <= width ? at + 4 : width - 4) {
		__m128i va = _mm_loadu_si128((const __m128i *)(const void *)(a + at)), vb = _mm_loadu_si128((const __m128i *)(const void *)(b + at));
		equal |= (uint64_t)_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(va, vb))) << at;
		none_a |= (uint64_t)_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(va, zero))) << at;
		none_b |= (uint64_t)_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(vb, zero))) << at;
		if (at + 4 == width)
			break;
	}
	none_a &= ~p->wide | none_a >> 1;
	none_b &= ~p->wide | none_b >> 1;
	uint64_t both = ~(none_a | none_b) & p->first;
	*same = equal & (~p->wide | equal >> 1) & both;
	return both;
}
#else
static inline uint64_t meet_words(const struct link_plan *p, unsigned width, const uint32_t *a, const uint32_t *b, uint64_t *same)
{
	uint64_t both = 0, equal = 0;
	(void)width;
	for (unsigned k = 0; k < p->near; k++) {
		const struct planned *x = &p->v[k];
		uint32_t va = a[x->at], vb = b[x->at], wa = a[x->also], wb = b[x->also];
		both |= (uint64_t)(((va | wa) != 0) & ((vb | wb) != 0)) << x->at;
		equal |= (uint64_t)((va == vb) & (wa == wb)) << x->at;
	}
	*same = equal & both;
	return both;
}
#endif

static inline const uint32_t *beside(const struct link *l, const uint32_t *row)
{
	return l->aside + (size_t)row[0] * (l->stride - l->width);
}

struct link_meeting link_meet(const struct link *l, const struct link_plan *p, uint32_t a, uint32_t b)
{
	const uint32_t *ra = link_row(l, a), *rb = link_row(l, b);
	struct link_meeting m = {0};
	if (p->by_words)
		m.both = meet_words(p, l->width, ra, rb, &m.same);
	else
		m.both = meet(p->v, p->near, 0, ra, rb, &m.same);
	return m;
}

struct link_meeting link_meet_ahead(const struct link *l, const struct link_plan *p, uint32_t a, uint32_t b)
{
	const uint32_t *ra = link_row(l, a), *rb = link_row(l, b);
	struct link_meeting m = link_meet(l, p, a, b);
	for (uint64_t left = m.same & p->looked_up; left; left &= left - 1) {
		const struct planned *x = &p->v[p->of[__builtin_ctzll(left)]];
		__builtin_prefetch(&l->field[x->field].rarity[ra[x->at]]);
	}
	for (uint64_t left = m.both & ~m.same & p->looked_up; left; left &= left - 1) {
		const struct planned *x = &p->v[p->of[__builtin_ctzll(left)]];
		if (x->kind != KIND_LAST && x->kind != KIND_FIRST)
			continue;
		__builtin_prefetch(&l->words.v[ra[x->at]]);
		__builtin_prefetch(&l->words.v[rb[x->at]]);
	}
	if (p->near < p->n && ra[0] && rb[0]) {
		const size_t last = l->stride - l->width - 1;
		__builtin_prefetch(beside(l, ra));
		__builtin_prefetch(beside(l, ra) + last);
		__builtin_prefetch(beside(l, rb));
		__builtin_prefetch(beside(l, rb) + last);
	}
	return m;
}

static inline bool is_told_by_words(enum link_kind k) /* where they are not the same */
{
	return k == KIND_FIRST || k == KIND_LAST || k == KIND_MIDDLE || k == KIND_MAIDEN || k == KIND_HOUSE || k == KIND_STREET || k == KIND_APT || k == KIND_CITY || k == KIND_ZIP || k == KIND_EMAIL || k == KIND_OTHER;
}

static inline float gain(const struct link *l, const struct planned *x, uint8_t v, const uint32_t *ra)
{
	if (!v)
		return 0;
	const struct link_field *f = &l->field[x->field];
	float is = x->gain[v] - (v == LEVEL_EXACT ? link_rarity(f, link_at(l, ra, f)) : 0);
	return (x->kind == KIND_CITY || x->kind == KIND_STATE) && is < 0 ? 0 : is; /* where a ZIP code agrees they say nothing */
}

/* Surname and first name, as far as they were not told yet (`open`, by field); what they add. */
static float gain_of_names(const struct link *l, struct link_memory *m, uint64_t open, const uint32_t *ra, const uint32_t *rb, uint8_t level[LINK_FIELDS_MAX])
{
	const int of[2] = {l->of[KIND_LAST], l->of[KIND_FIRST]};
	float sum = 0;
	for (unsigned w = 0; w < 2; w++)
		if (of[w] >= 0 && open >> of[w] & 1)
			level[of[w]] = plain(l, m, &l->field[of[w]], ra, rb);
	names(l, m, ra, rb, level);
	for (unsigned w = 0; w < 2; w++)
		if (of[w] >= 0 && level[of[w]]) {
			const struct link_field *f = &l->field[of[w]];
			uint8_t v = level[of[w]];
			sum += f->lm[v] - (v == LEVEL_EXACT ? link_rarity(f, ra + f->at) : f->lu[v]);
		}
	return sum;
}

bool link_compare_met(const struct link *l, const struct link_plan *p, struct link_memory *m, uint32_t a, uint32_t b, struct link_meeting met, float least, uint8_t level[LINK_FIELDS_MAX])
{
	const uint32_t *ra = link_row(l, a), *rb = link_row(l, b);
	uint64_t open = 0, open_names = 0;
	float most = (float)l->log_m + 0.01f, of_names = 0; /* a household can only be likelier still than strangers are */
	if (p->near < p->n && ra[0] && rb[0])
		met.both |= meet(p->v + p->near, p->n - p->near, p->apart, beside(l, ra), beside(l, rb), &met.same);
	memset(level, 0, l->fields);
	for (uint64_t left = met.both; left; left &= left - 1) {
		unsigned bit = (unsigned)__builtin_ctzll(left);
		const struct planned *x = &p->v[p->of[bit]];
		bool name = x->field == l->of[KIND_LAST] || x->field == l->of[KIND_FIRST], same = met.same >> bit & 1;
		float is = x->best;
		if (!same && is_told_by_words((enum link_kind)x->kind)) {
			open |= UINT64_C(1) << bit;
			open_names |= name ? UINT64_C(1) << x->field : 0;
		} else {
			level[x->field] = same && l->field[x->field].words ? LEVEL_EXACT : plain(l, m, &l->field[x->field], ra, rb);
			is = gain(l, x, level[x->field], ra);
		}
		most += is;
		of_names += name ? is : 0;
	}
	if (most < least)
		return false;
	most += gain_of_names(l, m, open_names, ra, rb, level) - of_names;
	for (uint64_t left = open; left; left &= left - 1) {
		if (most < least)
			return false;
		const struct planned *x = &p->v[p->of[__builtin_ctzll(left)]];
		if (open_names >> x->field & 1)
			continue;
		level[x->field] = plain(l, m, &l->field[x->field], ra, rb);
		most += gain(l, x, level[x->field], ra) - x->best;
	}
	places(l, level);
	return most >= least;
}

bool link_compare_above(const struct link *l, const struct link_plan *p, struct link_memory *m, uint32_t a, uint32_t b, float least, uint8_t level[LINK_FIELDS_MAX])
{
	return link_compare_met(l, p, m, a, b, link_meet(l, p, a, b), least, level);
}

/* ---- what the levels say ---- */

struct link_sums link_sum(const struct link *l, uint32_t a, const uint8_t level[LINK_FIELDS_MAX])
{
	struct link_sums s = {0};
	const uint32_t *row = link_row(l, a);
	for (unsigned i = 0; i < l->fields; i++) {
		const struct link_field *f = &l->field[i];
		uint8_t v = level[i];
		if (!v)
			continue;
		s.m += f->lm[v];
		s.r += f->lr[v];
		if (v == LEVEL_EXACT) {
			float rare = link_rarity(f, link_at(l, row, f));
			s.u += rare;
			if (f->lr[v] < rare)
				s.r += rare - f->lr[v];
		} else
			s.u += f->lu[v];
	}
	return s;
}

double link_probability(double logit)
{
	return logit > 60 ? 1 : logit < -60 ? 0 : 1 / (1 + exp2(-logit));
}

float link_logit(const struct link *l, const struct link_sums *s)
{
	double m = l->lambda_m > 0 ? l->log_m + (double)s->m : -1e6, r = l->lambda_r > 0 ? l->log_r + (double)s->r : -1e6, u = (double)s->u;
	double top = r > u ? r : u, apart = r > u ? u - r : r - u;
	return (float)(m - top - (apart < -60 ? 0 : log2(1 + exp2(apart)))); /* of what is that far apart the sum is the larger */
}
