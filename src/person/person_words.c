/* The words of elements and roles. */
#include "person.h"

#include <ctype.h>

static const char *const elements[PERSON_ELEMENTS_N] = {
#define X(n, id, word) [n] = word,
	PERSON_ELEMENTS(X)
#undef X
};

const char *person_element_word(int element)
{
	return element >= 0 && element < PERSON_ELEMENTS_N ? elements[element] : "?";
}

int person_element_parse(struct slice word)
{
	for (int i = 0; i < PERSON_ELEMENTS_N; i++)
		if (slice_eq_nocase(word, elements[i]))
			return i;
	return -1;
}

static const struct {
	const char *word;
	uint32_t elements;
} classes[PERSON_CLASSES_N] = {
#define B(e) PERSON_BIT(PERSON_##e)
	{"core", B(SSN) | B(DL) | B(ACCOUNT) | B(CARD)},
	{"medical", B(MRN) | B(DIAGNOSIS) | B(LAB) | B(MEDICATION) | B(TREATMENT) | B(PROVIDER) | B(CLAIM) | B(SERVICE_DATE) | B(RECORDING) | B(GENETIC) | B(BEHAVIORAL)},
	{"insurance", B(INS) | B(MBI) | B(MEDICAID) | B(CLAIM)},
	{"biometric", B(BIOMETRIC)},
	{"credentials", B(CREDENTIALS)},
	{"tin", B(TIN)},
	{"passport", B(PASSPORT)},
	{"genetic", B(GENETIC)},
	{"dob", B(DOB)},
#undef B
};

const char *person_class_word(unsigned one)
{
	assert(one && one < 1u << PERSON_CLASSES_N);
	return classes[__builtin_ctz(one)].word;
}

unsigned person_class_parse(struct slice word)
{
	for (unsigned i = 0; i < PERSON_CLASSES_N; i++)
		if (slice_eq_str(word, classes[i].word))
			return 1u << i;
	return 0;
}

uint32_t person_class_elements(unsigned one)
{
	assert(one && one < 1u << PERSON_CLASSES_N);
	return classes[__builtin_ctz(one)].elements;
}

unsigned person_classes(uint32_t touched)
{
	unsigned set = 0;
	for (unsigned i = 0; i < PERSON_CLASSES_N; i++)
		if (touched & classes[i].elements && (touched & PERSON_BIT(PERSON_NAME) || 1u << i == PERSON_CLASS_CREDENTIALS))
			set |= 1u << i;
	return set;
}

static const struct {
	const char *word;
	int element;
} roles[PERSON_ROLES_N] = {
#define X(id, element) [PERSON_ROLE_##id] = {#id, element},
	PERSON_ROLES(X)
#undef X
};

int person_role_element(int role)
{
	return role >= 0 && role < PERSON_ROLES_N ? roles[role].element : -1;
}

/* The list above is in capitals, people write small letters. */
static const char words[PERSON_ROLES_N][16] = {
#define X(id, element) [PERSON_ROLE_##id] = #id,
	PERSON_ROLES(X)
#undef X
};

const char *person_role_word(int role, char out[16])
{
	size_t i = 0;
	if (role < 0 || role >= PERSON_ROLES_N)
		role = PERSON_ROLE_OTHER;
	for (; words[role][i]; i++)
		out[i] = (char)tolower((unsigned char)words[role][i]);
	out[i] = 0;
	return out;
}

int person_role_parse(struct slice word)
{
	for (int i = 0; i < PERSON_ROLES_N; i++)
		if (slice_eq_nocase(word, roles[i].word))
			return i;
	return -1;
}
