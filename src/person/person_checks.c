/* Checks of numbers: which of them could have been given to somebody. */
#include "person.h"

static unsigned num(const char *p, size_t n)
{
	unsigned v = 0;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (unsigned)(p[i] - '0');
	return v;
}

static bool all_digits(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

/* SSA: areas 000, 666 and 9xx, group 00 and serial 0000 are never given; the rest below stood in advertisements or is what people type for none. */
bool person_ssn_valid(const char d[9])
{
	static const char *const none[] = {"078051120", "219099999", "123456789", "111111111", "222222222", "333333333", "444444444", "555555555", "777777777", "888888888", "123121234", "457555462"};
	if (!all_digits(d, 9) || num(d, 3) == 0 || num(d, 3) == 666 || d[0] == '9' || num(d + 3, 2) == 0 || num(d + 5, 4) == 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		if (!memcmp(none[i], d, 9))
			return false;
	return true;
}

bool person_itin_valid(const char d[9]) /* IRS: 9xx with the group in 50-65, 70-88, 90-92, 94-99 */
{
	unsigned g = all_digits(d, 9) ? num(d + 3, 2) : 0;
	if (!memcmp(d, "98765432", 8)) /* 987-65-4320 to 4329: set aside by the SSA for advertisements */
		return false;
	return d[0] == '9' && ((g >= 50 && g <= 65) || (g >= 70 && g <= 88) || (g >= 90 && g <= 92) || (g >= 94 && g <= 99));
}

bool person_ein_valid(const char d[9]) /* IRS: prefixes that were never given */
{
	static const uint8_t never[] = {0, 7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97};
	if (!all_digits(d, 9))
		return false;
	for (size_t i = 0; i < sizeof never; i++)
		if (num(d, 2) == never[i])
			return false;
	return num(d + 2, 7) != 0;
}

static unsigned luhn_sum(const char *d, size_t n)
{
	unsigned sum = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned v = (unsigned)(d[n - 1 - i] - '0');
		if (i & 1)
			v = v > 4 ? 2 * v - 9 : 2 * v;
		sum += v;
	}
	return sum;
}

bool person_luhn(const char *d, size_t n)
{
	return n && all_digits(d, n) && luhn_sum(d, n) % 10 == 0;
}

bool person_card_valid(const char *d, size_t n)
{
	if (n < 13 || n > 19 || !person_luhn(d, n))
		return false;
	unsigned p1 = num(d, 1), p2 = num(d, 2), p3 = num(d, 3), p4 = num(d, 4);
	if (p1 == 4)
		return n == 13 || n == 16 || n == 19;
	if ((p2 >= 51 && p2 <= 55) || (p4 >= 2221 && p4 <= 2720))
		return n == 16;
	if (p2 == 34 || p2 == 37)
		return n == 15;
	if (p4 == 6011 || p2 == 65 || (p3 >= 644 && p3 <= 649) || p2 == 62 || p2 == 81)
		return n >= 16;
	if ((p3 >= 300 && p3 <= 305) || p2 == 36 || p2 == 38 || p2 == 39)
		return n >= 14;
	if (p4 >= 3528 && p4 <= 3589)
		return n >= 16;
	if (p4 == 1800 || p4 == 2131)
		return n == 15; /* JCB's old ones */
	return (p2 == 50 || (p2 >= 56 && p2 <= 69)) && n >= 13; /* Maestro */
}

bool person_aba_valid(const char d[9])
{
	if (!all_digits(d, 9))
		return false;
	unsigned p = num(d, 2), sum = 0;
	static const uint8_t w[9] = {3, 7, 1, 3, 7, 1, 3, 7, 1};
	for (size_t i = 0; i < 9; i++)
		sum += w[i] * (unsigned)(d[i] - '0');
	return sum && sum % 10 == 0 && (p <= 12 || (p >= 21 && p <= 32) || (p >= 61 && p <= 72) || p == 80);
}

bool person_npi_valid(const char d[10])
{
	return all_digits(d, 10) && (d[0] == '1' || d[0] == '2') && (luhn_sum(d, 10) + 24) % 10 == 0;
}

/* CMS: C A AN N A AN N A A N N; letters without S L O I B Z */
bool person_mbi_valid(const char s[11])
{
	static const char form[] = "CAXNAXNAANN";
	for (size_t i = 0; i < 11; i++) {
		bool digit = s[i] >= '0' && s[i] <= '9', letter = s[i] >= 'A' && s[i] <= 'Z' && !strchr("SLOIBZ", s[i]);
		if (form[i] == 'C' ? !(digit && s[i] != '0') : form[i] == 'A' ? !letter : form[i] == 'N' ? !digit : !digit && !letter)
			return false;
	}
	return true;
}

bool person_dea_valid(const char s[9])
{
	if (!strchr("ABCDEFGHJKLMPRSTUX", s[0]) || !s[0] || !((s[1] >= 'A' && s[1] <= 'Z') || s[1] == '9') || !all_digits(s + 2, 7))
		return false;
	const char *d = s + 2;
	unsigned odd = num(d, 1) + num(d + 2, 1) + num(d + 4, 1), even = num(d + 1, 1) + num(d + 3, 1) + num(d + 5, 1);
	return num(d, 6) != 0 && (odd + 2 * even) % 10 == num(d + 6, 1);
}

bool person_iban_valid(const char *s, size_t n) /* ISO 13616: mod 97 over the number with its first four at the end */
{
	unsigned m = 0;
	if (n < 15 || n > 34 || s[0] < 'A' || s[0] > 'Z' || s[1] < 'A' || s[1] > 'Z' || !all_digits(s + 2, 2))
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = s[(i + 4) % n];
		if (c >= '0' && c <= '9')
			m = (m * 10 + (unsigned)(c - '0')) % 97;
		else if (c >= 'A' && c <= 'Z')
			m = (m * 100 + (unsigned)(c - 'A') + 10) % 97;
		else
			return false;
	}
	return m == 1;
}

bool person_loinc_valid(struct slice s) /* one to seven digits, a dash, and their Luhn digit */
{
	char d[9];
	if (s.n < 3 || s.n > 9 || s.p[s.n - 2] != '-')
		return false;
	memcpy(d, s.p, s.n - 2);
	d[s.n - 2] = (char)s.p[s.n - 1];
	return person_luhn(d, s.n - 1);
}

bool person_last_four(struct slice v)
{
	unsigned digits = 0, hidden = 0;
	v = slice_trim(v);
	if (v.n < 4)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		uint8_t c = v.p[i];
		if (c >= '0' && c <= '9') {
			if (i + 4 < v.n)
				return false;
			digits++;
		} else if (c == 'X' || c == 'x' || c == '*' || c == '#' || c >= 0x80)
			hidden++;
		else if (c != '-' && c != ' ' && c != '.')
			return false;
	}
	return digits == 4 && (hidden || v.n <= 5);
}

bool person_is_mbi(struct slice v)
{
	char s[11];
	size_t n = 0;
	for (size_t i = 0; i < v.n; i++) {
		uint8_t c = v.p[i];
		if (c == '-' || c == ' ')
			continue;
		if (n == sizeof s)
			return false;
		s[n++] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
	}
	return n == sizeof s && person_mbi_valid(s);
}
