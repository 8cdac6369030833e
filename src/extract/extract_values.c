/* What a value says beyond its field. */
#include "extract_values.h"

/* "dtb:uid", "*", "view/main.html", "specified-fonts": a name of something else than a person. */
static bool of_a_thing(struct slice v)
{
	bool word = true;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] && strchr(":*/\\_=<>{}[]@#$%", v.p[i]))
			return true;
		word &= (v.p[i] >= 'a' && v.p[i] <= 'z') || v.p[i] == '-' || v.p[i] == '.';
	}
	return word; /* of small letters, without a blank */
}

/* "en", "en-US": the language that a document says it is in. */
static bool locale(struct slice v)
{
	return (v.n == 2 || (v.n == 5 && v.p[2] == '-')) && v.p[0] >= 'a' && v.p[0] <= 'z' && v.p[1] >= 'a' && v.p[1] <= 'z';
}

int extract_value_role(int role, struct slice value)
{
	switch (role) {
	case PERSON_ROLE_SSN: return person_last_four(value) ? PERSON_ROLE_SSN4 : role;
	case PERSON_ROLE_MEMBER: return person_is_mbi(value) ? PERSON_ROLE_MBI : role;
	case PERSON_ROLE_NAME: return extract_value_digits(value) * 2 > value.n || of_a_thing(value) ? PERSON_ROLE_OTHER : role;
	case PERSON_ROLE_RACE: return locale(value) ? PERSON_ROLE_OTHER : role;
	case PERSON_ROLE_PHONE: return value.n && memchr(value.p, '@', value.n) ? PERSON_ROLE_EMAIL : role;
	default: return role;
	}
}

int extract_value_column(struct slice header, int *ret_who)
{
	int role = person_role_of_column(header, ret_who), whom = role == PERSON_ROLE_OTHER ? person_whom_of_column(header) : -1;
	if (whom >= 0 && ret_who)
		*ret_who = whom;
	return whom >= 0 ? PERSON_ROLE_NAME : role;
}

bool extract_value_npi(struct slice value)
{
	char d[11];
	return value.n == 10 && person_digits(value, 10, d) && person_npi_valid(d);
}

bool extract_value_procedure(struct slice value)
{
	if (value.n != 5)
		return false;
	for (size_t i = 0; i < 5; i++) {
		uint8_t c = value.p[i];
		if (!(c >= '0' && c <= '9') && !(i == 0 && c >= 'A' && c <= 'V'))
			return false;
	}
	return true;
}

unsigned extract_value_digits(struct slice value)
{
	unsigned n = 0;
	for (size_t i = 0; i < value.n; i++)
		n += value.p[i] >= '0' && value.p[i] <= '9';
	return n;
}

bool extract_value_has(struct slice value, const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; i + n <= value.n; i++)
		if (slice_eq_nocase(slice_of(value.p + i, n), word))
			return true;
	return false;
}
