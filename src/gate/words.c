/* Names as folded words, so that "Philips IntelliVue MX700" and "intellivue-mx700 (Philips)" can be compared. */
#include "exposure_internal.h"

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || c >= 0x80;
}

static uint64_t bit_of(struct slice w)
{
	uint32_t h = UINT32_C(0x811C9DC5);
	for (size_t i = 0; i < w.n; i++)
		h = (h ^ w.p[i]) * UINT32_C(0x01000193);
	return UINT64_C(1) << ((h ^ h >> 15) & 63);
}

int words_of(struct arena *a, struct slice s, struct words *ret, struct err *e)
{
	AUTO_BUF struct buf folded = {0};
	struct words w = {0};
	buf_init(&folded, 1 << 16);
	utf8_fold(&folded, slice_of(s.p, s.n < 2048 ? s.n : 2048));
	if (!buf_ok(&folded))
		return err_set(e, buf_code(&folded), NULL, "no memory for a name");
	struct slice f = arena_dup(a, buf_slice(&folded));
	if (folded.n && !f.p)
		return err_set(e, arena_code(a), NULL, "there is no room for all the names");
	for (size_t i = 0; i < f.n && w.n < WORDS_MAX;) {
		size_t k = i;
		while (k < f.n && (is_digit(f.p[k]) || is_letter(f.p[k]) || (f.p[k] == '.' && k > i && is_digit(f.p[k - 1]) && k + 1 < f.n && is_digit(f.p[k + 1]))))
			k++;
		if (k > i) {
			w.w[w.n] = slice_of(f.p + i, k - i);
			w.bloom |= bit_of(w.w[w.n++]);
		}
		i = k + 1;
	}
	*ret = w;
	return 0;
}

void words_index(struct words *w)
{
	w->bloom = 0;
	for (size_t i = 0; i < w->n; i++)
		w->bloom |= bit_of(w->w[i]);
}

bool words_begin(const struct words *a, const struct words *b)
{
	if (!a->n || a->n > b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!slice_eq(a->w[i], b->w[i]))
			return false;
	return true;
}

bool words_equal(const struct words *a, const struct words *b)
{
	return a->n == b->n && words_begin(a, b);
}

bool words_have(const struct words *a, struct slice w)
{
	for (size_t i = 0; i < a->n; i++)
		if (slice_eq(a->w[i], w))
			return true;
	return false;
}

bool words_within(const struct words *a, const struct words *b)
{
	if (!a->n || (a->bloom & ~b->bloom))
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!words_have(b, a->w[i]))
			return false;
	return true;
}

bool words_same_text(struct arena *a, struct slice x, struct slice y)
{
	struct words wx, wy;
	if (slice_eq(x, y))
		return true;
	if (words_of(a, x, &wx, NULL) < 0 || words_of(a, y, &wy, NULL) < 0)
		return true; /* no room to look: no conflict is claimed */
	return words_within(&wx, &wy) || words_within(&wy, &wx) || (!wx.n && !wy.n);
}
