/* The words of duties: duties.tsv, put into the program when it is built. */
#include "notice_internal.h"

__asm__(".section .rodata\n"
        "hf_notice_duties:\n.incbin \"" HF_DUTIES "\"\nhf_notice_duties_end:\n.byte 0\n.previous\n");
extern const uint8_t hf_notice_duties[] __attribute__((visibility("hidden"))), hf_notice_duties_end[] __attribute__((visibility("hidden")));

static struct slice all(void)
{
	// cppcheck-suppress comparePointers ; both are ends of one file that the assembler put in (.incbin)
	return slice_of(hf_notice_duties, (size_t)(hf_notice_duties_end - hf_notice_duties));
}

static const char *const langs[] = {"en", "fr", "zh", "es"};

bool notice_lang(const char *lang)
{
	for (size_t i = 0; i < ARRAY_LEN(langs); i++)
		if (!strcmp(lang, langs[i]))
			return true;
	return false;
}

bool notice_word(const char *key, const char *lang, struct slice *ret)
{
	size_t column = 0;
	while (lang && column < ARRAY_LEN(langs) && strcmp(lang, langs[column]) != 0)
		column++;
	if (column == ARRAY_LEN(langs))
		column = 0;
	for (struct slice text = all(); text.n;) {
		struct slice line = slice_cut(text, '\n', &text), word = slice_cut(line, '\t', &line);
		if (!slice_eq_str(word, key))
			continue;
		for (size_t i = 0; i <= column; i++)
			*ret = slice_cut(line, '\t', &line);
		return true;
	}
	return false;
}

const char *notice_word_key(size_t i, char out[64])
{
	for (struct slice text = all(); text.n;) {
		struct slice line = slice_cut(text, '\n', &text), word = slice_cut(line, '\t', &line);
		if (!word.n || word.p[0] == '#' || word.n >= 64 || i--)
			continue;
		memcpy(out, word.p, word.n);
		out[word.n] = 0;
		return out;
	}
	return NULL;
}

void notice_say(struct buf *b, const char *lang, const char *key, struct slice a, struct slice b2, struct slice c)
{
	struct slice s;
	bool there = notice_word(key, lang, &s);
	assert(there);
	while (s.n) {
		if (s.n >= 3 && s.p[0] == '{' && s.p[1] >= 'a' && s.p[1] <= 'c' && s.p[2] == '}') {
			buf_add_slice(b, s.p[1] == 'a' ? a : s.p[1] == 'b' ? b2 : c);
			s = slice_of(s.p + 3, s.n - 3);
		} else {
			buf_u8(b, s.p[0]);
			s = slice_of(s.p + 1, s.n - 1);
		}
	}
}

struct slice notice_kept(struct arena *a, const struct buf *b)
{
	if (!buf_ok(b))
		(void)!arena_raw(a, SIZE_MAX); /* which nobody has */
	return b->n ? arena_dup(a, buf_slice(b)) : SLICE_NULL;
}
