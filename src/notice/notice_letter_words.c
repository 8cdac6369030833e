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
	static const struct {
		const char *word;
		enum notice_lang lang;
	} known[] = {{"en", NOTICE_EN}, {"eng", NOTICE_EN}, {"english", NOTICE_EN}, {"es", NOTICE_ES}, {"spa", NOTICE_ES}, {"spanish", NOTICE_ES}, {"espa\xc3\xb1ol", NOTICE_ES}, {"fr", NOTICE_FR}, {"fre", NOTICE_FR}, {"fra", NOTICE_FR}, {"french", NOTICE_FR},
		{"fran\xc3\xa7" "ais", NOTICE_FR}, {"zh", NOTICE_ZH}, {"chi", NOTICE_ZH}, {"zho", NOTICE_ZH}, {"chinese", NOTICE_ZH}, {"mandarin", NOTICE_ZH}, {"\xe4\xb8\xad\xe6\x96\x87", NOTICE_ZH}};
	s = slice_trim(s);
	size_t n = 0;
	while (n < s.n && s.p[n] != '-' && s.p[n] != '_')
		n++;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (slice_eq_nocase(slice_of(s.p, n), known[i].word))
			return known[i].lang;
	return -1;
}
