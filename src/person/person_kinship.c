/* What somebody is to another person: of whom a registration names as next of kin, guardian, guarantor. The codes are HL7 table 0063 (relationship) and 0131 (contact role), HL7's RoleCode (PersonalRelationshipRoleType) and X12's
 * element 1069, where they say one of what a notice asks for; the words are those of registrations in English, Spanish, French and Chinese. */
#include "person.h"

static const struct {
	const char *code; /* the whole value, any case */
	uint8_t is;
} codes[] = {
	{"SEL", PERSON_SELF}, {"SELF", PERSON_SELF}, {"18", PERSON_SELF}, {"ONESELF", PERSON_SELF}, {"S", PERSON_SELF},
	{"MTH", PERSON_PARENT}, {"FTH", PERSON_PARENT}, {"PAR", PERSON_PARENT}, {"PRN", PERSON_PARENT}, {"NMTH", PERSON_PARENT}, {"NFTH", PERSON_PARENT}, {"NPRN", PERSON_PARENT}, {"ADOPTP", PERSON_PARENT}, {"ADOPTF", PERSON_PARENT}, {"ADOPTM", PERSON_PARENT}, {"32", PERSON_PARENT}, {"33", PERSON_PARENT}, {"03", PERSON_PARENT},
	{"GRD", PERSON_GUARDIAN}, {"GUARD", PERSON_GUARDIAN}, {"26", PERSON_GUARDIAN},
	{"POWATT", PERSON_REPRESENTATIVE}, {"HPOWATT", PERSON_REPRESENTATIVE}, {"DPOWATT", PERSON_REPRESENTATIVE}, {"EXCEST", PERSON_REPRESENTATIVE}, {"RESPRSN", PERSON_RELATED}, {"OTH", PERSON_RELATED}, {"O", PERSON_RELATED}, {"E", PERSON_RELATED}, {"EMR", PERSON_RELATED}, {"EME", PERSON_RELATED}, {"ASC", PERSON_RELATED}, {"FND", PERSON_RELATED}, {"FRND", PERSON_RELATED}, {"NBOR", PERSON_RELATED}, {"CGV", PERSON_RELATED}, {"OAD", PERSON_RELATED},
	{"MGR", PERSON_RELATED}, {"TRA", PERSON_RELATED}, {"OWN", PERSON_RELATED}, {"G8", PERSON_RELATED}, {"20", PERSON_RELATED}, {"39", PERSON_RELATED}, {"CAREGIVER", PERSON_RELATED},
	{"SPO", PERSON_SPOUSE}, {"SPS", PERSON_SPOUSE}, {"HUSB", PERSON_SPOUSE}, {"WIFE", PERSON_SPOUSE}, {"DOM", PERSON_SPOUSE}, {"DOMPART", PERSON_SPOUSE}, {"01", PERSON_SPOUSE}, {"1", PERSON_SPOUSE}, {"53", PERSON_SPOUSE},
	{"CHD", PERSON_CHILD}, {"NCH", PERSON_CHILD}, {"NCHILD", PERSON_CHILD}, {"SCH", PERSON_CHILD}, {"FCH", PERSON_CHILD}, {"SONC", PERSON_CHILD}, {"DAU", PERSON_CHILD}, {"DAUC", PERSON_CHILD}, {"CHLDADOPT", PERSON_CHILD}, {"WRD", PERSON_CHILD}, {"DEP", PERSON_CHILD}, {"19", PERSON_CHILD}, {"09", PERSON_CHILD}, {"10", PERSON_CHILD},
	{"15", PERSON_CHILD}, {"17", PERSON_CHILD}, {"43", PERSON_CHILD}, {"C", PERSON_CONTACT}, {"EMC", PERSON_CONTACT}, {"ECON", PERSON_CONTACT},
	{"N", PERSON_RELATIVE}, {"NOK", PERSON_RELATIVE}, {"FAMMEMB", PERSON_RELATIVE}, {"EXF", PERSON_RELATIVE}, {"SIB", PERSON_RELATIVE}, {"BRO", PERSON_RELATIVE}, {"SIS", PERSON_RELATIVE}, {"GRP", PERSON_RELATIVE}, {"GRPRN", PERSON_RELATIVE}, {"GRMTH", PERSON_RELATIVE}, {"GRFTH", PERSON_RELATIVE}, {"GCH", PERSON_RELATIVE},
	{"GRNDCHILD", PERSON_RELATIVE}, {"AUNT", PERSON_RELATIVE}, {"UNCLE", PERSON_RELATIVE}, {"COUSN", PERSON_RELATIVE}, {"04", PERSON_RELATIVE}, {"05", PERSON_RELATIVE}, {"07", PERSON_RELATIVE},
};
/* Words, the first that is met in this order: a mother's friend is a friend, a mother in law is no mother, and a grandmother is none either. */
static const struct {
	const char *word;
	uint8_t is;
} words[] = {
	{"friend", PERSON_RELATED}, {"amigo", PERSON_RELATED}, {"amiga", PERSON_RELATED}, {"ami", PERSON_RELATED}, {"amie", PERSON_RELATED}, {"neighbor", PERSON_RELATED}, {"neighbour", PERSON_RELATED}, {"employer", PERSON_RELATED}, {"ex", PERSON_RELATED}, {"former", PERSON_RELATED}, {"divorced", PERSON_RELATED},
	{"worker", PERSON_RELATED}, {"other", PERSON_RELATED}, {"attorney", PERSON_REPRESENTATIVE}, {"executor", PERSON_REPRESENTATIVE}, {"executrix", PERSON_REPRESENTATIVE}, {"administrator", PERSON_REPRESENTATIVE}, {"representative", PERSON_REPRESENTATIVE}, {"albacea", PERSON_REPRESENTATIVE},
	{"ad", PERSON_RELATED} /* guardian ad litem: of one lawsuit */, {"litem", PERSON_RELATED}, {"law", PERSON_RELATIVE}, {"grand", PERSON_RELATIVE}, {"step", PERSON_RELATIVE}, {"god", PERSON_RELATED}, {"foster", PERSON_RELATED},
	{"guardian", PERSON_GUARDIAN}, {"conservator", PERSON_GUARDIAN}, {"tutor", PERSON_GUARDIAN}, {"tutora", PERSON_GUARDIAN}, {"tuteur", PERSON_GUARDIAN}, {"tutrice", PERSON_GUARDIAN}, {"\xe7\x9b\x91\xe6\x8a\xa4\xe4\xba\xba", PERSON_GUARDIAN},
	{"mother", PERSON_PARENT}, {"father", PERSON_PARENT}, {"parent", PERSON_PARENT}, {"parents", PERSON_PARENT}, {"mom", PERSON_PARENT}, {"dad", PERSON_PARENT}, {"madre", PERSON_PARENT}, {"padre", PERSON_PARENT}, {"mere", PERSON_PARENT}, {"pere", PERSON_PARENT}, {"\xe6\xaf\x8d\xe4\xba\xb2", PERSON_PARENT}, {"\xe7\x88\xb6\xe4\xba\xb2", PERSON_PARENT},
	{"\xe5\xae\xb6\xe9\x95\xbf", PERSON_PARENT}, {"spouse", PERSON_SPOUSE}, {"husband", PERSON_SPOUSE}, {"wife", PERSON_SPOUSE}, {"partner", PERSON_SPOUSE}, {"esposa", PERSON_SPOUSE}, {"esposo", PERSON_SPOUSE}, {"conjoint", PERSON_SPOUSE}, {"conjointe", PERSON_SPOUSE}, {"epoux", PERSON_SPOUSE}, {"epouse", PERSON_SPOUSE},
	{"\xe9\x85\x8d\xe5\x81\xb6", PERSON_SPOUSE}, {"child", PERSON_CHILD}, {"son", PERSON_CHILD}, {"daughter", PERSON_CHILD}, {"stepchild", PERSON_CHILD}, {"stepson", PERSON_CHILD}, {"stepdaughter", PERSON_CHILD}, {"hijo", PERSON_CHILD}, {"hija", PERSON_CHILD}, {"fils", PERSON_CHILD}, {"fille", PERSON_CHILD}, {"enfant", PERSON_CHILD},
	{"kin", PERSON_RELATIVE}, {"nok", PERSON_RELATIVE}, {"relative", PERSON_RELATIVE}, {"sibling", PERSON_RELATIVE}, {"brother", PERSON_RELATIVE}, {"sister", PERSON_RELATIVE}, {"grandmother", PERSON_RELATIVE}, {"grandfather", PERSON_RELATIVE}, {"grandparent", PERSON_RELATIVE},
	{"stepmother", PERSON_RELATIVE}, {"stepfather", PERSON_RELATIVE}, {"aunt", PERSON_RELATIVE}, {"uncle", PERSON_RELATIVE}, {"cousin", PERSON_RELATIVE}, {"niece", PERSON_RELATIVE}, {"nephew", PERSON_RELATIVE}, {"hermano", PERSON_RELATIVE}, {"hermana", PERSON_RELATIVE}, {"abuela", PERSON_RELATIVE}, {"abuelo", PERSON_RELATIVE},
	{"frere", PERSON_RELATIVE}, {"soeur", PERSON_RELATIVE}, {"emergency", PERSON_CONTACT}, {"urgence", PERSON_CONTACT}, {"emergencia", PERSON_CONTACT}, {"contact", PERSON_CONTACT}, {"contacto", PERSON_CONTACT},
};

/* Whole words, folded; those of Chinese stand in others. "motherName" and "mother_name" are two words. */
static bool has_word(struct slice s, const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; i + n <= s.n; i++) {
		bool before = !i || s.p[i - 1] == ' ', after = i + n == s.n || s.p[i + n] == ' ';
		if (!memcmp(s.p + i, word, n) && ((before && after) || (uint8_t)word[0] >= 0x80))
			return true;
	}
	return false;
}

static struct slice apart(struct slice s, char out[160])
{
	AUTO_BUF struct buf cut = {0}, b = {0};
	size_t n = 0;
	buf_init(&cut, 256);
	buf_init(&b, 1024);
	for (size_t i = 0; i < s.n; i++) {
		if (i && s.p[i] >= 'A' && s.p[i] <= 'Z' && s.p[i - 1] >= 'a' && s.p[i - 1] <= 'z')
			buf_u8(&cut, ' ');
		buf_u8(&cut, s.p[i]);
	}
	if (buf_ok(&cut))
		utf8_fold(&b, buf_slice(&cut));
	for (size_t i = 0; buf_ok(&b) && i < b.n && n < 159; i++) {
		uint8_t c = b.p[i];
		out[n++] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80 ? (char)c : ' ';
	}
	return slice_of(out, n);
}

int person_kinship(struct slice s)
{
	char text[160] = "";
	s = slice_trim(s);
	if (!s.n || s.n > 120)
		return PERSON_KINSHIP_NOT_SAID;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (slice_eq_nocase(s, codes[i].code))
			return codes[i].is;
	struct slice folded = apart(s, text);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (has_word(folded, words[i].word))
			return words[i].is;
	return PERSON_KINSHIP_NOT_SAID;
}
