/* The words that open a unit's packets, and what passphrases must be. */
#include "packet_internal.h"

/* Proquints: 16 bits as consonant, vowel, consonant, vowel, consonant (4, 2, 4, 2, 4 bits). No letter is drawn by a remainder, so each word is as likely as any other. */
void packet_words(char out[PACKET_WORDS_SIZE])
{
	static const char consonant[] = "bdfghjklmnprstvz", vowel[] = "aiou";
	uint8_t drawn[2 * PACKET_WORDS];
	seal_random(drawn, sizeof drawn);
	for (size_t i = 0; i < PACKET_WORDS; i++) {
		unsigned v = (unsigned)drawn[2 * i] << 8 | drawn[2 * i + 1];
		char *w = out + 6 * i;
		w[0] = consonant[v >> 12];
		w[1] = vowel[v >> 10 & 3];
		w[2] = consonant[v >> 6 & 15];
		w[3] = vowel[v >> 4 & 3];
		w[4] = consonant[v & 15];
		w[5] = i + 1 < PACKET_WORDS ? '-' : 0;
	}
	seal_wipe(drawn, sizeof drawn);
}

static bool plain_text(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return utf8_valid(s);
}

int packet_passphrase_check(struct slice p, struct err *e)
{
	if (p.n < 10)
		return err_set(e, ERR_INPUT, "passphrase", "it has %zu bytes and must have at least 10: a packet lies about on shares and sticks, where a short one is tried out; `holdfast packet key` makes six words", p.n);
	if (p.n > 200 || !plain_text(p) || slice_trim(p).n != p.n)
		return err_set(e, ERR_INPUT, "passphrase", "it is one line of at most 200 bytes of UTF-8, without blanks around it");
	return 0;
}

int packet_unit_check(struct slice u, struct err *e)
{
	if (u.n < 1 || u.n > PACKET_UNIT_MAX || !plain_text(u) || memmem(u.p, u.n, "-->", 3))
		return err_set(e, ERR_INPUT, "unit", "a unit's name has 1 to %d bytes of UTF-8 without control characters", PACKET_UNIT_MAX);
	return 0;
}
