/* Text from outside made safe to store: no control characters that could forge a composite's separator, a null, or a terminal sequence. */
#include "facts.h"

#define ONES UINT64_C(0x0101010101010101)
#define TOPS UINT64_C(0x8080808080808080)

/* Some byte of the word may be below 0x20 or 0x7f. Only the lowest hit is exact, which is all we ask. */
static bool word_has_control(uint64_t w)
{
	uint64_t low = (w - ONES * 0x20) & ~w & TOPS;
	uint64_t x = w ^ ONES * 0x7f;
	uint64_t del = (x - ONES) & ~x & TOPS;
	return (low | del) != 0;
}

static bool unwanted(uint8_t c)
{
	return (c < 0x20 && c != '\t' && c != '\n') || c == 0x7f;
}

static size_t clean_prefix(struct slice s)
{
	size_t i = 0;
	for (; i + 8 <= s.n; i += 8) {
		uint64_t w;
		memcpy(&w, s.p + i, 8);
		if (!word_has_control(w))
			continue;
		for (size_t k = i; k < i + 8; k++)
			if (unwanted(s.p[k]))
				return k;
	}
	while (i < s.n && !unwanted(s.p[i]))
		i++;
	return i;
}

struct slice facts_text(struct facts *f, struct slice s)
{
	size_t clean = clean_prefix(s);
	if (clean == s.n)
		return s;
	uint8_t *to = arena_alloc(f->a, s.n);
	if (!to) {
		f->failed = true;
		return SLICE_NULL;
	}
	memcpy(to, s.p, clean);
	size_t n = clean;
	for (size_t i = clean; i < s.n; i++) {
		if (s.p[i] == '\r' && !(i + 1 < s.n && s.p[i + 1] == '\n'))
			to[n++] = '\n';
		else if (!unwanted(s.p[i]))
			to[n++] = s.p[i];
	}
	return n ? slice_of(to, n) : SLICE_NULL;
}
