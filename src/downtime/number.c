/* Numbers that are given out before they are needed: KEY-NNNNNC, with a check letter of ISO/IEC 7064 MOD 37,36 over the key and the digits: it finds every single letter that was copied wrongly, and nearly every pair that
 * changed places. */
#include "downtime_internal.h"

#include <inttypes.h>
#include <stdio.h>

static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static int value_of(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'Z' ? c - 'A' + 10 : c >= 'a' && c <= 'z' ? c - 'a' + 10 : -1;
}

/* ISO/IEC 7064 8: P starts at 36; for each character P = (P + value) mod 36, or 36 where that is 0, doubled, mod 37; the last one makes P + check = 1 mod 36. */
static char check_letter(struct slice s)
{
	int p = 36;
	for (size_t i = 0; i < s.n; i++) {
		int v = value_of(s.p[i]);
		if (v < 0)
			continue; /* the hyphen */
		p = (p + v) % 36;
		p = (p ? p : 36) * 2 % 37;
	}
	return letters[(37 - p) % 36];
}

static bool key_ok(struct slice key)
{
	if (key.n < 4 || key.n > 12)
		return false;
	for (size_t i = 0; i < key.n; i++)
		if (!((key.p[i] >= 'A' && key.p[i] <= 'Z') || (key.p[i] >= '2' && key.p[i] <= '9')))
			return false;
	return true;
}

int downtime_number(const struct downtime_block *b, uint64_t n, char ret[DOWNTIME_NUMBER_MAX], struct err *e)
{
	if (!key_ok(slice_str(b->key)))
		return err_set(e, ERR_INPUT, NULL, "a key of downtime numbers is 4 to 12 letters and digits without 0 and 1");
	if (n < b->first || n - b->first >= b->count)
		return err_set(e, ERR_FULL, NULL, "the block of numbers %s is used up: ask for another with 'holdfast downtime numbers'", b->key);
	if (n > UINT64_C(999999999999))
		return err_set(e, ERR_FULL, NULL, "the numbers of %s are used up: take another key", b->key);
	int len = snprintf(ret, DOWNTIME_NUMBER_MAX - 1, "%s-%05" PRIu64, b->key, n);
	ret[len] = check_letter(slice_of(ret, (size_t)len));
	ret[len + 1] = 0;
	return 0;
}

int downtime_number_check(struct slice s, struct downtime_block *ret_key_only, uint64_t *ret_n, struct err *e)
{
	struct slice rest, key = slice_cut(slice_trim(s), '-', &rest);
	uint64_t n;
	if (!key_ok(key) || rest.n < 6 || rest.n > 13)
		return err_set(e, ERR_INPUT, NULL, "a downtime number is a key, a hyphen, five digits or more and a check letter: W3K7-00017X");
	struct slice digits = slice_of(rest.p, rest.n - 1);
	if (num_u64(digits, 0, UINT64_C(999999999999), &n) < 0 || (digits.n > 5 && digits.p[0] == '0'))
		return err_set(e, ERR_INPUT, NULL, "behind the hyphen of a downtime number stand digits and one check letter");
	struct slice whole = slice_trim(s);
	char want = check_letter(slice_of(whole.p, whole.n - 1));
	int have = value_of(rest.p[rest.n - 1]);
	if (have < 0 || letters[have] != want)
		return err_set(e, ERR_INPUT, NULL, "the check letter %c does not fit: one of the letters or digits was copied wrongly. Look at the wristband or the sheet again", (char)rest.p[rest.n - 1]);
	*ret_key_only = (struct downtime_block){.first = n, .count = 1};
	memcpy(ret_key_only->key, key.p, key.n);
	ret_key_only->key[key.n] = 0;
	*ret_n = n;
	return 0;
}
