/* Enrolment codes and letters' numbers. The 23 characters leave out what is taken for another (0 O Q D is kept: without 0, O and Q nothing looks like it; 1 I L, 2 Z, 5 S, 6 G, 8 B: of each pair one stays or none) and all vowels, so that no word comes about. 23 is a prime:
 * a sum with weights 1..15 modulo 23 sees every wrong character and every two that changed places, since no weight and no difference of two weights is a multiple of it. */
#include "notice.h"
#include "seal.h"

#include <stdio.h>

#define BASE 23u
#define SYMBOLS 15u
static const char alphabet[BASE + 1] = "23456789CDFHJKMNPRTVWXY";

static int digit(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	const char *at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

static unsigned check(const uint8_t *v, size_t n)
{
	unsigned sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += v[i] * (unsigned)(i + 1);
	return sum % BASE;
}

/* Bytes of HMAC-SHA256(key, counter || what), those above the last multiple of 23 left out: each character is as likely as any other. */
void notice_code_make(struct slice key, struct slice what, char ret[NOTICE_CODE_MAX])
{
	uint8_t text[1024], mac[SEAL_HASH], hash[SEAL_HASH], v[SYMBOLS + 1];
	size_t n = 0;
	if (what.n > sizeof text - 1) { /* longer than any case and person are called */
		seal_sha256_once(what, hash);
		what = slice_of(hash, sizeof hash);
	}
	for (uint8_t round = 0; n < SYMBOLS; round++) {
		assert(round < 64);
		text[0] = round;
		if (what.n)
			memcpy(text + 1, what.p, what.n);
		seal_hmac_sha256(key, slice_of(text, what.n + 1), mac);
		for (size_t i = 0; i < sizeof mac && n < SYMBOLS; i++)
			if (mac[i] < BASE * (256 / BASE))
				v[n++] = (uint8_t)(mac[i] % BASE);
	}
	v[SYMBOLS] = (uint8_t)check(v, SYMBOLS);
	char *out = ret;
	for (size_t i = 0; i <= SYMBOLS; i++) {
		if (i && i % 4 == 0)
			*out++ = '-';
		*out++ = alphabet[v[i]];
	}
	*out = 0;
}

bool notice_code_ok(struct slice code)
{
	uint8_t v[SYMBOLS + 1];
	size_t n = 0;
	for (size_t i = 0; i < code.n; i++) {
		if (code.p[i] == ' ' || code.p[i] == '-')
			continue;
		int d = digit((char)code.p[i]);
		if (d < 0 || n == sizeof v)
			return false;
		v[n++] = (uint8_t)d;
	}
	return n == sizeof v && check(v, SYMBOLS) == v[SYMBOLS];
}

void notice_letter_number(uint64_t n, char ret[16])
{
	char digits[32];
	uint8_t v[32];
	int len = snprintf(digits, sizeof digits, "%07llu", (unsigned long long)(n % 10000000000000u));
	for (int i = 0; i < len; i++)
		v[i] = (uint8_t)(digits[i] - '0' + 1);
	snprintf(ret, 16, "%.13s-%c", digits, alphabet[check(v, (size_t)len)]);
}
