/* Bech32 (BIP 173) without its limit of 90 characters, as C2SP age.md uses it: hrp "1" data checksum, all in one case. */
#include <ctype.h>

#include "seal_internal.h"

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t polymod_step(uint32_t chk, uint8_t v)
{
	static const uint32_t gen[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
	uint8_t top = (uint8_t)(chk >> 25);
	chk = (chk & 0x1ffffff) << 5 ^ v;
	for (int i = 0; i < 5; i++)
		chk ^= top >> i & 1 ? gen[i] : 0;
	return chk;
}

static uint32_t polymod_hrp(const char *hrp) /* over the lower-case form, whatever case is asked for */
{
	uint32_t chk = 1;
	for (const char *p = hrp; *p; p++)
		chk = polymod_step(chk, (uint8_t)tolower((unsigned char)*p) >> 5);
	chk = polymod_step(chk, 0);
	for (const char *p = hrp; *p; p++)
		chk = polymod_step(chk, (uint8_t)tolower((unsigned char)*p) & 31);
	return chk;
}

static char *put_symbol(char *at, bool upper, uint32_t *chk, uint32_t v)
{
	*chk = polymod_step(*chk, (uint8_t)v);
	*at = upper ? (char)toupper((unsigned char)alphabet[v]) : alphabet[v];
	return at + 1;
}

void bech32_put(const char *hrp, struct slice data, char *out)
{
	uint32_t chk = polymod_hrp(hrp), acc = 0, ignored = 0;
	bool upper = isupper((unsigned char)hrp[0]) != 0;
	int bits = 0;
	size_t hrp_n = strlen(hrp);
	memcpy(out, hrp, hrp_n);
	char *at = out + hrp_n;
	*at++ = '1';
	for (size_t i = 0; i < data.n; i++) {
		acc = (acc << 8 | data.p[i]) & 0xfff;
		bits += 8;
		while (bits >= 5) {
			bits -= 5;
			at = put_symbol(at, upper, &chk, acc >> bits & 31);
		}
	}
	if (bits)
		at = put_symbol(at, upper, &chk, acc << (5 - bits) & 31);
	for (int i = 0; i < 6; i++)
		chk = polymod_step(chk, 0);
	chk ^= 1;
	for (int i = 0; i < 6; i++)
		at = put_symbol(at, upper, &ignored, chk >> (25 - 5 * i) & 31);
	*at = 0;
}

static int symbol(uint8_t c, bool upper)
{
	if (upper ? islower(c) : isupper(c))
		return -1; /* one case only */
	const char *at = c ? strchr(alphabet, tolower(c)) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

int bech32_get(struct slice s, const char *hrp, uint8_t *out, size_t n)
{
	size_t hrp_n = strlen(hrp), at = hrp_n + 1;
	bool upper = isupper((unsigned char)hrp[0]) != 0;
	if (s.n != at + (8 * n + 4) / 5 + 6 || memcmp(s.p, hrp, hrp_n) != 0 || s.p[hrp_n] != '1')
		return ERR_INPUT;
	uint32_t chk = polymod_hrp(hrp), acc = 0;
	int bits = 0;
	size_t got = 0;
	for (size_t i = at; i < s.n; i++) {
		int v = symbol(s.p[i], upper);
		if (v < 0)
			return ERR_INPUT;
		chk = polymod_step(chk, (uint8_t)v);
		if (i + 6 >= s.n)
			continue; /* the checksum itself */
		acc = (acc << 5 | (uint32_t)v) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			out[got++] = (uint8_t)(acc >> bits);
		}
	}
	/* the bits that fill up the last group are zero, or two texts would name one key */
	return chk == 1 && got == n && (acc & ((1u << bits) - 1)) == 0 ? 0 : ERR_INPUT;
}
