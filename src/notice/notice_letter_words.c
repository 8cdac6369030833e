/* The words of letters: notice_letter_words.tsv, put into the program when it is built. */
#include "notice_letter_internal.h"

__asm__(".section .rodata\n"
        "hf_notice_words:\n.incbin \"" HF_NOTICE_WORDS "\"\nhf_notice_words_end:\n.byte 0\n.previous\n");
extern const uint8_t hf_notice_words[] __attribute__((visibility("hidden"))), hf_notice_words_end[] __attribute__((visibility("hidden")));

#define WORDS_MAX 256

static struct { /* where each key's line is: built once, from what is always the same */
	struct slice key, rest;
} table[WORDS_MAX];
static size_t table_n;

static void build(void)
{
	// cppcheck-suppress comparePointers ; both are ends of one file that the assembler put in (.incbin)
	struct slice text = slice_of(hf_notice_words, (size_t)(hf_notice_words_end - hf_notice_words));
	size_t n = 0;
	while (text.n) {
		struct slice line = slice_cut(text, '\n', &text), rest, key = slice_cut(line, '\t', &rest);
		if (!key.n || key.p[0] == '#')
			continue;
		assert(n < WORDS_MAX);
		table[n].key = key;
		table[n++].rest = rest;
	}
	table_n = n;
}

struct slice notice_column(struct slice line, unsigned i)
{
	struct slice f = slice_cut(line, '\t', &line);
	while (i--)
		f = slice_cut(line, '\t', &line);
	return f;
}

struct slice notice_letter_word(const char *key, enum notice_lang lang)
{
	if (!table_n)
		build();
	for (size_t i = 0; i < table_n; i++)
		if (slice_eq_str(table[i].key, key))
			return notice_column(table[i].rest, lang);
	assert(!"a word that notice_letter_words.tsv has not");
	return SLICE_NULL;
}

const char *notice_letter_word_each(size_t i, enum notice_lang lang, struct slice *ret)
{
	static char key[64];
	if (!table_n)
		build();
	if (i >= table_n)
		return NULL;
	assert(table[i].key.n < sizeof key);
	memcpy(key, table[i].key.p, table[i].key.n);
	key[table[i].key.n] = 0;
	*ret = notice_column(table[i].rest, lang);
	return key;
}

const char *notice_element_key(int element)
{
	static const char *const keys[PERSON_ELEMENTS_N] = {
#define X(n, id, word) [n] = "e." word,
		PERSON_ELEMENTS(X)
#undef X
	};
	assert(element >= 0 && element < PERSON_ELEMENTS_N);
	return keys[element];
}

const char *notice_lang_name(enum notice_lang l)
{
	static const char *const names[NOTICE_LANGS] = {"en", "es", "fr", "zh"};
	return names[(unsigned)l < NOTICE_LANGS ? l : NOTICE_EN];
}

int notice_lang_parse(struct slice s)
{
	return notice_lang_of(person_language(s));
}

int notice_lang_of(int language)
{
	char code[4];
	const char *is = person_language_code(language, code);
	for (unsigned l = 0; is && l < NOTICE_LANGS; l++)
		if (!strcmp(is, notice_lang_name((enum notice_lang)l)))
			return (int)l;
	return -1;
}
