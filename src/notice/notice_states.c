/* What states ask for in a letter to their residents: notice_states.tsv, put into the program when it is built. */
#include "notice_letter_internal.h"

__asm__(".section .rodata\n"
        "hf_notice_states:\n.incbin \"" HF_NOTICE_STATES "\"\nhf_notice_states_end:\n.byte 0\n.previous\n");
extern const uint8_t hf_notice_states[] __attribute__((visibility("hidden"))), hf_notice_states_end[] __attribute__((visibility("hidden")));

static unsigned texts_of(struct slice words)
{
	static const struct {
		const char *word;
		unsigned bit;
	} known[] = {{"agency", NOTICE_ST_AGENCY}, {"report", NOTICE_ST_REPORT}, {"police", NOTICE_ST_POLICE}, {"free", NOTICE_ST_FREE}, {"number", NOTICE_ST_NUMBER}, {"fcra", NOTICE_ST_FCRA}, {"nature", NOTICE_ST_NATURE}};
	unsigned bits = 0;
	while (words.n) {
		struct slice w = slice_cut(words, ' ', &words);
		size_t i = 0;
		while (i < ARRAY_LEN(known) && !slice_eq_str(w, known[i].word))
			i++;
		assert(i < ARRAY_LEN(known)); /* the table is ours */
		bits |= known[i].bit;
	}
	return bits;
}

static void row(struct slice line, struct notice_state *ret)
{
	*ret = (struct notice_state){.code = notice_column(line, 0), .texts = texts_of(notice_column(line, 5)), .agency = notice_column(line, 6), .address = notice_column(line, 7), .phone = notice_column(line, 8), .web = notice_column(line, 9),
		.citation = notice_column(line, 10), .checked = notice_column(line, 11)};
	for (unsigned i = 0; i < NOTICE_LANGS; i++)
		ret->name[i] = notice_column(line, i + 1);
}

bool notice_state_each(size_t i, struct notice_state *ret)
{
	// cppcheck-suppress comparePointers ; both are ends of one file that the assembler put in (.incbin)
	for (struct slice text = slice_of(hf_notice_states, (size_t)(hf_notice_states_end - hf_notice_states)); text.n;) {
		struct slice line = slice_cut(text, '\n', &text);
		if (!line.n || line.p[0] == '#' || i--)
			continue;
		row(line, ret);
		return true;
	}
	return false;
}

bool notice_state_of(struct slice code, struct notice_state *ret)
{
	for (size_t i = 0; notice_state_each(i, ret); i++)
		if (slice_eq(ret->code, code))
			return true;
	return false;
}
