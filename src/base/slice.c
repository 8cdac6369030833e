/* Slices: what is too long to be inline. */
#include "base.h"

static uint8_t ascii_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* Mostly asked of words that differ in their first letter: the length of s is not counted before. */
bool slice_same_nocase(struct slice a, const char *s)
{
	for (size_t i = 0; i < a.n; i++)
		if (!s[i] || ascii_lower(a.p[i]) != ascii_lower((uint8_t)s[i]))
			return false;
	return !s[a.n];
}

int slice_cmp(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n ? memcmp(a.p, b.p, n) : 0;
	if (d)
		return d;
	return a.n < b.n ? -1 : a.n > b.n;
}

static bool blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct slice slice_trim(struct slice a)
{
	while (a.n && blank(a.p[0])) {
		a.p++;
		a.n--;
	}
	while (a.n && blank(a.p[a.n - 1]))
		a.n--;
	return a;
}
