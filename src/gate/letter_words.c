/* The words of letters: letters.tsv, put into the program when it is built. */
#include "letter_internal.h"

__asm__(".section .rodata\n"
        "hf_gate_letters:\n.incbin \"" HF_LETTERS "\"\nhf_gate_letters_end:\n.byte 0\n.previous\n");
extern const uint8_t hf_gate_letters[] __attribute__((visibility("hidden"))), hf_gate_letters_end[] __attribute__((visibility("hidden")));

static struct slice all(void)
{
	// cppcheck-suppress comparePointers ; both are ends of one file that the assembler put in (.incbin)
	return slice_of(hf_gate_letters, (size_t)(hf_gate_letters_end - hf_gate_letters));
}

static struct slice column(struct slice line, const char *lang)
{
	struct slice en = slice_cut(line, '\t', &line), fr = slice_cut(line, '\t', &line);
	return !strcmp(lang, "fr") ? fr : !strcmp(lang, "zh") ? line : en;
}

struct slice letter_word(const char *key, const char *lang)
{
	for (struct slice text = all(); text.n;) {
		struct slice line = slice_cut(text, '\n', &text), rest;
		if (slice_eq_str(slice_cut(line, '\t', &rest), key) && rest.p)
			return column(rest, lang);
	}
	assert(!"a word that letters.tsv has not");
	return SLICE_NULL;
}

const char *letter_each(size_t i, const char *lang, struct slice *ret)
{
	static char key[64];
	for (struct slice text = all(); text.n;) {
		struct slice line = slice_cut(text, '\n', &text), rest, k = slice_cut(line, '\t', &rest);
		if (!k.n || k.p[0] == '#' || k.n >= sizeof key || i--)
			continue;
		memcpy(key, k.p, k.n);
		key[k.n] = 0;
		*ret = column(rest, lang);
		return key;
	}
	return NULL;
}

const char *gate_letter_lang(const char *name)
{
	static const char *const known[] = {"en", "fr", "zh"};
	for (size_t i = 0; name && i < ARRAY_LEN(known); i++)
		if (!strcmp(name, known[i]))
			return known[i];
	return NULL;
}

int gate_letter_kind_parse(const char *name)
{
	return !strcmp(name, "cut") ? GATE_LETTER_CUT : !strcmp(name, "conditions") ? GATE_LETTER_CONDITIONS : !strcmp(name, "assurance") ? GATE_LETTER_ASSURANCE : -1;
}

int gate_letter_to_parse(const char *name)
{
	return !strcmp(name, "partner") ? GATE_TO_PARTNER : !strcmp(name, "regulator") ? GATE_TO_REGULATOR : !strcmp(name, "insurer") ? GATE_TO_INSURER : -1;
}

const char *letter_state_key(enum gate_state s)
{
	static const char *const keys[GATE_STATES] = {"st.CUT", "st.QUARANTINED", "st.TEST", "st.ONE-WAY", "st.LIMITED", "st.OPEN"};
	return keys[(unsigned)s < GATE_STATES ? s : GATE_CUT];
}
