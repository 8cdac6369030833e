/* Folding for searching: a name must be found however the sender or the person at the keyboard wrote it.
 *
 * Single characters go through the tables of text_fold.h. Combining marks (U+0300..U+036F) after a Latin or Greek letter are dropped, so that
 * the decomposed spelling (macOS, some engines) folds like the precomposed one. After a Cyrillic letter only the pairs that Unicode composes
 * are joined (short i is a letter of its own there); after anything else marks are kept. */
#include "base.h"
#include "text_fold.h"

static bool in(uint32_t cp, uint32_t first, uint32_t last)
{
	return cp - first <= last - first;
}

/* Two letters are told from a character by a bit of their own: 6768 is a surname, and "gh" if one looks at its bytes alone. */
#define TWO 0x80000000u

static uint32_t marked(uint32_t v)
{
	return in(v >> 8, 'a', 'z') && in(v & 0xff, 'a', 'z') ? v | TWO : v;
}

/* One character to a table value: a character or two letters. 0: more than two letters (the ligatures ffi and ffl). */
static uint32_t fold_of(uint32_t cp)
{
	if (in(cp, 'A', 'Z'))
		return cp + 32;
	if (cp < 0xc0)
		return cp == 0xb5 ? 0x3bc : cp; /* the micro sign is a Greek mu under another number: a dose in micrograms comes with either */
	if (in(cp, 0x00c0, 0x02af))
		return marked(fold_latin[cp - 0x00c0]);
	if (in(cp, 0x0370, 0x052f))
		return marked(fold_greek_cyrillic[cp - 0x0370]);
	if (in(cp, 0x1e00, 0x1fff))
		return marked(fold_latin_additional_greek_extended[cp - 0x1e00]);
	if (in(cp, 0x0531, 0x0556)) /* Armenian */
		return cp + 48;
	if (in(cp, 0x10a0, 0x10c5)) /* Georgian capitals of the old church script */
		return cp + 0x1c60;
	if (in(cp, 0x1c90, 0x1cbf)) /* Georgian capitals */
		return cp - 0xbc0;
	if (in(cp, 0xff01, 0xff5e)) /* full-width ASCII, as Japanese and Chinese systems send it */
		return fold_of(cp - 0xfee0);
	if (cp == 0x3000)
		return ' ';
	switch (cp) {
	case 0x2126: return 0x3c9; /* the Ohm, Kelvin and Angstrom signs, likewise */
	case 0x212a: return 'k';
	case 0x212b: return 'a';
	case 0xfb00: return TWO | 'f' << 8 | 'f';
	case 0xfb01: return TWO | 'f' << 8 | 'i';
	case 0xfb02: return TWO | 'f' << 8 | 'l';
	case 0xfb05:
	case 0xfb06: return TWO | 's' << 8 | 't';
	case 0xfb03:
	case 0xfb04: return 0;
	default: return cp;
	}
}

static bool two_letters(uint32_t v)
{
	return (v & TWO) != 0;
}

static void put(struct buf *out, uint32_t cp)
{
	uint8_t bytes[4];
	buf_add(out, bytes, utf8_put(cp, bytes));
}

static bool drops_marks(uint32_t folded) /* a Latin or Greek letter */
{
	return in(folded, 'a', 'z') || in(folded, 0x00df, 0x02af) || in(folded, 0x0370, 0x03ff) || two_letters(folded);
}

/* Cyrillic pairs of Unicode: 0 when base and mark are not one. The base is lower case already. */
static uint32_t joined(uint32_t base, uint32_t mark)
{
	if (mark == 0x306) /* breve */
		return base == 0x438 ? 0x439 : base == 0x443 ? 0x45e : base == 0x430 ? 0x4d1 : base == 0x435 ? 0x4d7 : base == 0x436 ? 0x4c2 : 0;
	if (mark == 0x308) /* diaeresis; io is folded to ie */
		return base == 0x435 ? 0x435 : base == 0x456 ? 0x457 : base == 0x430 ? 0x4d3 : base == 0x438 ? 0x4e5 : base == 0x43e ? 0x4e7
		     : base == 0x443 ? 0x4f1 : base == 0x436 ? 0x4dd : base == 0x437 ? 0x4df : base == 0x447 ? 0x4f5 : base == 0x44b ? 0x4f9
		     : base == 0x44d ? 0x4ed : 0;
	if (mark == 0x301)
		return base == 0x433 ? 0x453 : base == 0x43a ? 0x45c : 0;
	if (mark == 0x300)
		return base == 0x435 || base == 0x438 ? base : 0;
	if (mark == 0x304)
		return base == 0x438 ? 0x4e3 : base == 0x443 ? 0x4ef : 0;
	return 0;
}

/* Most names are ASCII: lower case, as many as stand there. Returns how many. */
static size_t fold_ascii(struct buf *out, struct slice s)
{
	size_t n = 0;
	while (n < s.n && s.p[n] < 0x80)
		n++;
	uint8_t *to = buf_space(out, n);
	if (!to)
		return n;
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)(s.p[i] + (in(s.p[i], 'A', 'Z') ? 32 : 0));
	buf_commit(out, n);
	return n;
}

void utf8_fold(struct buf *out, struct slice s)
{
	uint32_t before = 0; /* the last folded character, while marks may still belong to it */
	size_t before_at = 0;
	for (size_t i = 0, len; i < s.n; i += len) {
		if (s.p[i] < 0x80) {
			len = fold_ascii(out, slice_of(s.p + i, s.n - i));
			before = fold_of(s.p[i + len - 1]); /* no mark joins an ASCII letter to something: its place is not asked for */
			continue;
		}
		uint32_t cp = utf8_get(slice_of(s.p + i, s.n - i), &len);
		if (in(cp, 0x0300, 0x036f)) {
			if (drops_marks(before))
				continue;
			uint32_t whole = joined(before, cp);
			if (whole && buf_ok(out)) {
				out->n = before_at;
				put(out, whole);
				before = whole;
				continue;
			}
		}
		uint32_t v = fold_of(cp);
		before = v;
		before_at = out->n;
		if (v == 0 && cp >= 0xfb03) {
			buf_str(out, cp == 0xfb03 ? "ffi" : "ffl");
			before = 'l';
		} else if (two_letters(v)) {
			buf_u8(out, (uint8_t)(v >> 8 & 0xff));
			buf_u8(out, (uint8_t)v);
		} else
			put(out, v);
	}
}
