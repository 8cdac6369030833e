/* families.tsv, put into the program when it is built. Its own text says what its lines mean and where they are from. */
#include "content.h"

__asm__(".section .rodata\n"
        "hf_content_families:\n.incbin \"" HF_FAMILIES "\"\nhf_content_families_end:\n.byte 0\n.previous\n");
extern const uint8_t hf_content_families[] __attribute__((visibility("hidden"))), hf_content_families_end[] __attribute__((visibility("hidden")));

#define KNOWN_MAX 1200
static struct content_known known[KNOWN_MAX];
static size_t known_n;
static uint16_t note_order[KNOWN_MAX], note_begin[257]; /* notes by the first byte of their name, so that few are compared with a new file's */

static int kind_of(struct slice s)
{
	static const char *const names[] = {"suffix", "note", "packer", "sealer", "image", "audio", "video", "data"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_eq_str(s, names[i]))
			return (int)i;
	return -1;
}

static enum content_known_strength strength_of(struct slice s)
{
	return slice_eq_str(s, "strong") ? CONTENT_KNOWN_STRONG : slice_eq_str(s, "medium") ? CONTENT_KNOWN_MEDIUM : CONTENT_KNOWN_WEAK;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* Notes in the order of their first byte; those that begin with a star stand under '*'. */
static void order_notes(void)
{
	size_t n = 0;
	for (unsigned c = 0; c < 256; c++) {
		note_begin[c] = (uint16_t)n;
		for (size_t i = 0; i < known_n; i++)
			if (known[i].kind == CONTENT_KNOWN_NOTE && lower(known[i].value.p[0]) == c)
				note_order[n++] = (uint16_t)i;
	}
	note_begin[256] = (uint16_t)n;
}

/* Before main, so that no thread reads what another still fills in. The file is ours: a line that is not understood is our own bug. */
__attribute__((constructor)) static void read_known(void)
{
	// cppcheck-suppress comparePointers ; both are ends of one file that the assembler put in (.incbin)
	struct slice rest = slice_of(hf_content_families, (size_t)(hf_content_families_end - hf_content_families));
	while (rest.n) {
		struct slice line = slice_cut(rest, '\n', &rest);
		if (!line.n || line.p[0] == '#')
			continue;
		int kind = kind_of(slice_cut(line, '\t', &line));
		struct slice value = slice_cut(line, '\t', &line), family = slice_cut(line, '\t', &line);
		assert(kind >= 0 && value.n && family.n && known_n < KNOWN_MAX);
		known[known_n++] = (struct content_known){kind, value, family, strength_of(slice_cut(line, '\t', &line))};
	}
	order_notes();
}

size_t content_known_count(void)
{
	return known_n;
}

static bool one_fits(uint8_t pattern, uint8_t c)
{
	if (pattern == '%')
		return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f');
	return lower(pattern) == lower(c);
}

/* * and % as in families.tsv; one place to go back to is enough for stars that never nest. */
static bool fits(struct slice pattern, struct slice s)
{
	size_t i = 0, k = 0, star = SIZE_MAX, from = 0;
	while (k < s.n) {
		if (i < pattern.n && pattern.p[i] == '*') {
			star = i++;
			from = k;
		} else if (i < pattern.n && one_fits(pattern.p[i], s.p[k])) {
			i++;
			k++;
		} else if (star != SIZE_MAX) {
			i = star + 1;
			k = ++from;
		} else {
			return false;
		}
	}
	while (i < pattern.n && pattern.p[i] == '*')
		i++;
	return i == pattern.n;
}

static bool suffix_fits(struct slice pattern, struct slice base)
{
	return base.n > pattern.n && fits(pattern, slice_of(base.p + base.n - pattern.n, pattern.n));
}

static const struct content_known *longest(struct slice base, enum content_known_kind least, enum content_known_kind most)
{
	const struct content_known *best = NULL;
	for (size_t i = 0; i < known_n; i++)
		if (known[i].kind >= least && known[i].kind <= most && (!best || known[i].value.n > best->value.n) && suffix_fits(known[i].value, base))
			best = &known[i];
	return best;
}

const struct content_known *content_known_suffix(struct slice base)
{
	return longest(base, CONTENT_KNOWN_SUFFIX, CONTENT_KNOWN_SUFFIX);
}

const struct content_known *content_known_tool(struct slice base)
{
	return longest(base, CONTENT_KNOWN_PACKER, CONTENT_KNOWN_DATA);
}

static const struct content_known *best_note(struct slice base, uint8_t first)
{
	const struct content_known *best = NULL;
	for (size_t i = note_begin[first]; i < note_begin[first + 1]; i++) {
		const struct content_known *k = &known[note_order[i]];
		if ((!best || k->strength > best->strength) && fits(k->value, base))
			best = k;
	}
	return best;
}

const struct content_known *content_known_note(struct slice base)
{
	const struct content_known *a = base.n ? best_note(base, lower(base.p[0])) : NULL, *b = best_note(base, '*');
	return !a || (b && b->strength > a->strength) ? b : a;
}
