/* person: words, columns, dates, checks. */
#include "person.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

size_t person_columns_n(void);
const char *person_columns_key(size_t i);

static void languages(void **state)
{
	static const struct {
		const char *said, *code;
	} table[] = {{"en", "en"}, {"ENG", "en"}, {"English (US)", "en"}, {"en_US", "en"}, {"es-MX", "es"}, {"spa", "es"}, {"Espa\xc3\xb1ol", "es"}, {"ESPANOL", "es"}, {"espan\xcc\x83ol", "es"}, {"Spanish; Castilian", "es"}, {"SP", "es"}, {"zh-Hans-CN", "zh"}, {"Mandarin Chinese", "zh"}, {"Chinese, Simplified", "zh"}, {"\xe4\xb8\xad\xe6\x96\x87", "zh"}, {"chi", "zh"}, {"yue", "zh"},
		{"Fran\xc3\xa7" "ais", "fr"}, {"fre", "fr"}, {"French Creole", "ht"}, {"Creole (Haitian)", "ht"}, {"Ti\xe1\xba\xbfng Vi\xe1\xbb\x87t", "vi"}, {"vi", "vi"}, {"American Sign Language", "ase"}, {"hmn", "hmn"}, {"Portuguese (Brazil)", "pt"}};
	static const char *const silent[] = {"", "  ", "unknown", "UNK", "und", "Declined", "Patient declined to answer", "Not applicable", "none", "Other", "-", "9"};
	static const char *const others[] = {"tlh", "Klingon", "Q'eqchi'"};
	char code[4];
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const char *is = person_language_code(person_language(slice_str(table[i].said)), code);
		if (!is || strcmp(is, table[i].code))
			fail_msg("%s is read as %s", table[i].said, is ? is : "nothing");
	}
	for (size_t i = 0; i < ARRAY_LEN(silent); i++)
		assert_int_equal(person_language(slice_str(silent[i])), PERSON_LANGUAGE_NOT_SAID);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_int_equal(person_language(slice_str(others[i])), PERSON_LANGUAGE_OTHER);
	/* a code is a language's own, and reads as it */
	int n = 0;
	while (person_language_code(n, code))
		assert_int_equal(person_language(slice_str(code)), n++);
	assert_true(n > 50 && n <= PERSON_LANGUAGES_MOST);
	static const char *const columns[] = {"language", "Preferred Language", "preferred_language", "lang", "Primary Language", "PatLanguage", "Patient Language Code", "Langue", "idioma", "Language Preference", "Spoken Language"};
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		if (person_role_of_column(slice_str(columns[i]), NULL) != PERSON_ROLE_LANGUAGE)
			fail_msg("%s is no column of languages", columns[i]);
	assert_int_equal(person_role_element(PERSON_ROLE_LANGUAGE), -1);
	(void)state;
}

static void words_and_back(void **state)
{
	char w[16];
	for (int i = 0; i < PERSON_ELEMENTS_N; i++)
		assert_int_equal(person_element_parse(slice_str(person_element_word(i))), i);
	for (int i = 0; i < PERSON_ROLES_N; i++)
		assert_int_equal(person_role_parse(slice_str(person_role_word(i, w))), i);
	assert_int_equal(person_element_parse(SLICE("")), -1);
	assert_int_equal(person_element_parse(SLICE("shoe")), -1);
	assert_string_equal(person_element_word(-1), "?");
	assert_string_equal(person_role_word(PERSON_ROLE_CARD_CODE, w), "card_code");
	assert_int_equal(person_role_element(PERSON_ROLE_STATE), -1);
	assert_int_equal(person_role_element(PERSON_ROLE_ZIP), PERSON_ADDRESS);
}

static void classes(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 1u << PERSON_CLASSES_N; c <<= 1) {
		assert_int_equal(person_class_parse(slice_str(person_class_word(c))), c);
		assert_int_not_equal(person_class_elements(c), 0);
	}
	assert_int_equal(person_class_parse(SLICE("health")), 0);
	assert_int_equal(person_classes(PERSON_BIT(PERSON_SSN) | PERSON_BIT(PERSON_DIAGNOSIS)), 0); /* of whom, is not said */
	assert_int_equal(person_classes(PERSON_BIT(PERSON_NAME) | PERSON_BIT(PERSON_ADDRESS) | PERSON_BIT(PERSON_SSN4)), 0);
	assert_int_equal(person_classes(PERSON_BIT(PERSON_NAME) | PERSON_BIT(PERSON_SSN) | PERSON_BIT(PERSON_DIAGNOSIS)), PERSON_CLASS_CORE | PERSON_CLASS_MEDICAL);
	assert_int_equal(person_classes(PERSON_BIT(PERSON_NAME) | PERSON_BIT(PERSON_CLAIM)), PERSON_CLASS_MEDICAL | PERSON_CLASS_INSURANCE);
	assert_int_equal(person_classes(PERSON_BIT(PERSON_CREDENTIALS)), PERSON_CLASS_CREDENTIALS);
}

static void keys_are_sorted_and_once(void **state)
{
	for (size_t i = 1; i < person_columns_n(); i++)
		assert_true(strcmp(person_columns_key(i - 1), person_columns_key(i)) < 0);
	for (size_t i = 0; i < person_columns_n(); i++)
		assert_int_not_equal(person_role_of_column(slice_str(person_columns_key(i)), NULL), PERSON_ROLE_OTHER);
}

static void columns(void **state)
{
	static const struct {
		const char *header;
		int role, who;
	} t[] = {
		{"Date of Birth", PERSON_ROLE_DOB, PERSON_SUBJECT}, {"DOB", PERSON_ROLE_DOB, PERSON_SUBJECT}, {"PatDOB", PERSON_ROLE_DOB, PERSON_SUBJECT}, {"pt_birth_date", PERSON_ROLE_DOB, PERSON_SUBJECT}, {" date_of_birth", PERSON_ROLE_DOB, PERSON_SUBJECT},
		{"Last", PERSON_ROLE_LAST, PERSON_SUBJECT}, {"surname", PERSON_ROLE_LAST, PERSON_SUBJECT}, {"Patient Last Name", PERSON_ROLE_LAST, PERSON_SUBJECT}, {"given_name", PERSON_ROLE_FIRST, PERSON_SUBJECT}, {"First Name of Patient", PERSON_ROLE_FIRST, PERSON_SUBJECT},
		{"guarantor_ssn", PERSON_ROLE_SSN, PERSON_GUARANTOR}, {"Guarantor's name", PERSON_ROLE_NAME, PERSON_GUARANTOR}, {"emergency contact phone", PERSON_ROLE_PHONE, PERSON_KIN}, {"NOK Phone 2", PERSON_ROLE_PHONE, PERSON_KIN},
		{"Provider Last Name", PERSON_ROLE_LAST, PERSON_PROVIDER_WHO}, {"provider", PERSON_ROLE_PROVIDER, PERSON_SUBJECT}, {"SubscriberFirstName", PERSON_ROLE_FIRST, PERSON_SUBSCRIBER}, {"employee email", PERSON_ROLE_EMAIL, PERSON_STAFF},
		{"soc_sec_id", PERSON_ROLE_SSN, PERSON_SUBJECT}, {"address_1", PERSON_ROLE_STREET, PERSON_SUBJECT}, {"postcode", PERSON_ROLE_ZIP, PERSON_SUBJECT}, {"street_number", PERSON_ROLE_HOUSE, PERSON_SUBJECT}, {"Home City", PERSON_ROLE_CITY, PERSON_SUBJECT},
		{"member_id", PERSON_ROLE_MEMBER, PERSON_SUBJECT}, {"mbi", PERSON_ROLE_MBI, PERSON_SUBJECT}, {"medicaid", PERSON_ROLE_MEDICAID, PERSON_SUBJECT}, {"person_id", PERSON_ROLE_ID, PERSON_SUBJECT}, {"Diagnosis Code 12", PERSON_ROLE_DIAGNOSIS, PERSON_SUBJECT},
		{"Pr\xc3\xa9nom", PERSON_ROLE_FIRST, PERSON_SUBJECT}, {"Fecha de Nacimiento", PERSON_ROLE_DOB, PERSON_SUBJECT}, {"姓名", PERSON_ROLE_NAME, PERSON_SUBJECT}, {"患者姓名", PERSON_ROLE_NAME, PERSON_SUBJECT},
		{"brth_dte", PERSON_ROLE_DOB, PERSON_SUBJECT}, {"prim_icd10_cd", PERSON_ROLE_DIAGNOSIS, PERSON_SUBJECT}, {"Pt Lst Nm", PERSON_ROLE_LAST, PERSON_SUBJECT}, {"guarFrstNm", PERSON_ROLE_FIRST, PERSON_GUARANTOR}, {"Geb.-Datum", PERSON_ROLE_DOB, PERSON_SUBJECT},
		{"Versichertennr.", PERSON_ROLE_MEMBER, PERSON_SUBJECT}, {"Diagnose", PERSON_ROLE_DIAGNOSIS, PERSON_SUBJECT}, {"F. Nacimiento", PERSON_ROLE_DOB, PERSON_SUBJECT}, {"Fec. Nac.", PERSON_ROLE_DOB, PERSON_SUBJECT}, {"N\xc2\xba Historia", PERSON_ROLE_MRN, PERSON_SUBJECT},
		{"N\xc2\xb0 de s\xc3\xa9" "curit\xc3\xa9 sociale", PERSON_ROLE_SSN, PERSON_SUBJECT}, {"Drv Lic No", PERSON_ROLE_DL, PERSON_SUBJECT}, {"contact mobilePhone", PERSON_ROLE_PHONE, PERSON_SUBJECT}, {"contact last name", PERSON_ROLE_LAST, PERSON_KIN}, {"Home Ph", PERSON_ROLE_PHONE, PERSON_SUBJECT}, {"pH", PERSON_ROLE_OTHER, PERSON_SUBJECT}, {"dt", PERSON_ROLE_OTHER, PERSON_SUBJECT}, {"no", PERSON_ROLE_OTHER, PERSON_SUBJECT},
		{"", PERSON_ROLE_OTHER, PERSON_SUBJECT}, {"!!", PERSON_ROLE_OTHER, PERSON_SUBJECT}, {"blah", PERSON_ROLE_OTHER, PERSON_SUBJECT}, {"2", PERSON_ROLE_OTHER, PERSON_SUBJECT}, {"guarantor", PERSON_ROLE_OTHER, PERSON_SUBJECT},
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		int who = -7, r = person_role_of_column(slice_str(t[i].header), &who);
		if (r != t[i].role || who != t[i].who)
			fail_msg("'%s': role %d, of %d", t[i].header, r, who);
	}
	for (unsigned i = 0; i < 5000; i++) { /* the same answer whatever was asked before */
		char name[32];
		int who;
		snprintf(name, sizeof name, "column %c%u", 'a' + (int)(i % 26), i);
		assert_int_equal(person_role_of_column(slice_str(name), &who), PERSON_ROLE_OTHER);
		assert_int_equal(who, PERSON_SUBJECT);
		assert_int_equal(person_role_of_column(slice_str(t[i % ARRAY_LEN(t)].header), &who), t[i % ARRAY_LEN(t)].role);
		assert_int_equal(who, t[i % ARRAY_LEN(t)].who);
	}
	assert_int_equal(person_whom_of_column(SLICE("Patient")), PERSON_SUBJECT);
	assert_int_equal(person_whom_of_column(SLICE("NEXT OF KIN")), PERSON_KIN);
	assert_int_equal(person_whom_of_column(SLICE("Home")), -1);
	assert_int_equal(person_whom_of_column(SLICE("")), -1);
	char longest[300];
	memset(longest, 'a', sizeof longest);
	assert_int_equal(person_role_of_column(slice_of(longest, sizeof longest), NULL), PERSON_ROLE_OTHER);
	assert_int_equal(person_role_of_column(slice_of(longest, 128), NULL), PERSON_ROLE_OTHER);
}

static void dates(void **state)
{
	static const struct {
		const char *s;
		bool day_first;
		int y, m, d; /* y 0: none */
		bool swap;
	} t[] = {
		{"1964-03-07", false, 1964, 3, 7, false}, {"19640307", false, 1964, 3, 7, false}, {"03/07/1964", false, 1964, 3, 7, true}, {"03/07/1964", true, 1964, 7, 3, true}, {"7.3.1964", true, 1964, 3, 7, true}, {"7 Mar 1964", false, 1964, 3, 7, false},
		{"March 7, 1964", false, 1964, 3, 7, false}, {"Mar 7th 1964", false, 1964, 3, 7, false}, {"07-MAR-64", false, 1964, 3, 7, false}, {"03/07/64", false, 1964, 3, 7, true}, {"03/07/26", false, 2026, 3, 7, true}, {"03/07/27", false, 1927, 3, 7, true},
		{"13/07/1964", false, 1964, 7, 13, false}, {"07/13/1964", true, 1964, 7, 13, false}, {"7/7/1964", false, 1964, 7, 7, false}, {"1964-03-07T12:30:00Z", false, 1964, 3, 7, false}, {"19640307123000", false, 0, 0, 0, false},
		{"1964-03-07 12:30", false, 1964, 3, 7, false}, {"19640307T1230", false, 1964, 3, 7, false}, {"03071964", false, 1964, 3, 7, false}, {"29 f\xc3\xa9vrier 2000", false, 2000, 2, 29, false}, {"7 juillet 1964", false, 1964, 7, 7, false}, {"7 juin 1964", false, 1964, 6, 7, false},
		{"2001-02-29", false, 0, 0, 0, false}, {"2000-02-29", false, 2000, 2, 29, false}, {"1849-01-01", false, 0, 0, 0, false}, {"2027-01-01", false, 0, 0, 0, false}, {"00000000", false, 0, 0, 0, false}, {"1964", false, 0, 0, 0, false},
		{"", false, 0, 0, 0, false}, {"555-1234", false, 0, 0, 0, false}, {"1964-13-01", false, 0, 0, 0, false}, {"not a date", false, 0, 0, 0, false}, {"192.168.1.1", false, 0, 0, 0, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct person_date d = {0};
		bool swap = false, ok = person_date(slice_str(t[i].s), t[i].day_first, 2026, &d, &swap);
		if (ok != (t[i].y != 0) || d.year != t[i].y || d.month != t[i].m || d.day != t[i].d || swap != t[i].swap)
			fail_msg("'%s': %d %d-%d-%d %d", t[i].s, ok, d.year, d.month, d.day, swap);
	}
}

static void digits(void **state)
{
	char d[12];
	assert_true(person_digits(SLICE("(212) 555-0143"), 11, d));
	assert_string_equal(d, "2125550143");
	assert_false(person_digits(SLICE("212x555"), 11, d));
	assert_false(person_digits(SLICE("123456789012"), 11, d));
	assert_false(person_digits(SLICE(" - "), 11, d));
	assert_false(person_digits(SLICE("1\0002"), 11, d));
}

static void checks(void **state)
{
	assert_true(person_ssn_valid("536904399"));
	for (const char *const *s = (const char *const[]){"000121234", "666121234", "900121234", "123001234", "123120000", "078051120", "123456789", "12345678x", NULL}; *s; s++)
		assert_false(person_ssn_valid(*s));
	assert_true(person_itin_valid("912701234"));
	assert_false(person_itin_valid("912891234"));
	assert_false(person_itin_valid("987654321")); /* an advertisement's */
	assert_false(person_itin_valid("812701234"));
	assert_true(person_ein_valid("123456789"));
	assert_false(person_ein_valid("073456789"));
	assert_true(person_card_valid("4111111111111111", 16));
	assert_true(person_card_valid("378282246310005", 15));
	assert_true(person_card_valid("5555555555554444", 16));
	assert_true(person_card_valid("6011111111111117", 16));
	assert_false(person_card_valid("4111111111111112", 16));
	assert_false(person_card_valid("411111111111111", 15));
	assert_false(person_card_valid("0000000000000000", 16));
	assert_true(person_aba_valid("021000021"));
	assert_true(person_aba_valid("011401533"));
	assert_false(person_aba_valid("021000022"));
	assert_false(person_aba_valid("000000000"));
	assert_true(person_npi_valid("1234567893"));
	assert_false(person_npi_valid("1234567894"));
	assert_true(person_mbi_valid("1EG4TE5MK73"));
	assert_false(person_mbi_valid("1SG4TE5MK73"));
	assert_false(person_mbi_valid("0EG4TE5MK73"));
	assert_true(person_dea_valid("AB1234563"));
	assert_false(person_dea_valid("AB1234564"));
	assert_true(person_iban_valid("GB82WEST12345698765432", 22));
	assert_true(person_iban_valid("FR1420041010050500013M02606", 27));
	assert_false(person_iban_valid("GB82WEST12345698765433", 22));
	assert_true(person_loinc_valid(SLICE("2345-7")));
	assert_true(person_loinc_valid(SLICE("718-7")));
	assert_false(person_loinc_valid(SLICE("718-8")));
	assert_false(person_loinc_valid(SLICE("-7")));
	assert_string_equal(person_us_state(SLICE("tx")), "TX");
	assert_string_equal(person_us_state(SLICE(" New York ")), "NY");
	assert_null(person_us_state(SLICE("ZZ")));
	assert_null(person_us_state(SLICE("")));
	static const struct {
		const char *said;
		int is;
	} kin[] = {{"MTH", PERSON_PARENT}, {"Mother", PERSON_PARENT}, {"birth mother", PERSON_PARENT}, {"Mother-in-law", PERSON_RELATIVE}, {"friend of the mother", PERSON_RELATED}, {"grandmother", PERSON_RELATIVE}, {"Step Father", PERSON_RELATIVE}, {"ex-wife", PERSON_RELATED}, {"Parent/Guardian", PERSON_GUARDIAN},
		{"guardian ad litem", PERSON_RELATED}, {"motherName", PERSON_PARENT}, {"legal_guardian_phone", PERSON_GUARDIAN}, {"Next of Kin", PERSON_RELATIVE}, {"Emergency Contact", PERSON_CONTACT}, {"19", PERSON_CHILD}, {"SPS", PERSON_SPOUSE}, {"Power of Attorney", PERSON_REPRESENTATIVE}, {"Executor", PERSON_REPRESENTATIVE},
		{"madre", PERSON_PARENT}, {"Mère", PERSON_PARENT}, {"监护人", PERSON_GUARDIAN}, {"母亲姓名", PERSON_PARENT}, {"C", PERSON_CONTACT}, {"N", PERSON_RELATIVE}, {"OTH", PERSON_RELATED}, {"UNK", PERSON_KINSHIP_NOT_SAID}, {"NK1-2.1", PERSON_KINSHIP_NOT_SAID}, {"Patient.contact.name.family", PERSON_CONTACT}, {"", PERSON_KINSHIP_NOT_SAID},
		{"smothered", PERSON_KINSHIP_NOT_SAID}, {"SELF", PERSON_SELF}};
	for (size_t i = 0; i < ARRAY_LEN(kin); i++)
		if (person_kinship(slice_str(kin[i].said)) != kin[i].is)
			fail_msg("%s is %d", kin[i].said, person_kinship(slice_str(kin[i].said)));
	static const char *const zips[][2] = {{"78701", "TX"}, {"00501", "NY"}, {"00601", "PR"}, {"00802", "VI"}, {"01810", "MA"}, {"05501", "MA"}, {"05401", "VT"}, {"06390", "NY"}, {"06510", "CT"}, {"10001-1234", "NY"}, {"100011234", "NY"}, {"20101", "VA"}, {"20001", "DC"}, {"20301", "DC"}, {"20814", "MD"},
		{"39901", "GA"}, {"56901", "DC"}, {"73301", "TX"}, {"73401", "OK"}, {"83414", "WY"}, {"83401", "ID"}, {"88510", "TX"}, {"88901", "NV"}, {"90001", "CA"}, {"96799", "AS"}, {"96701", "HI"}, {"96910", "GU"}, {"96950", "MP"}, {"99501", "AK"}, {"99950", "AK"}, {" 60601 ", "IL"}};
	static const char *const none[] = {"", "7870", "787012", "00001", "09012", "34001", "96201", "96939", "96960", "ABCDE", "7 8701", "787-01", "1000112345", "213", "21301"};
	for (size_t i = 0; i < ARRAY_LEN(zips); i++) {
		const char *is = person_zip_state(slice_str(zips[i][0]));
		assert_non_null(is);
		assert_string_equal(is, zips[i][1]);
	}
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_null(person_zip_state(slice_str(none[i])));
}

/* ---- lists ---- */

static void born(void **state)
{
	(void)state;
	size_t at[3];
	char out[16];
	assert_true(person_birth_columns((const struct slice[]){SLICE("fname"), SLICE("bd"), SLICE("by"), SLICE("bm")}, 4, at));
	assert_int_equal(at[0], 2);
	assert_int_equal(at[1], 3);
	assert_int_equal(at[2], 1);
	assert_true(person_birth_columns((const struct slice[]){SLICE("Birth Year"), SLICE("Patient Birth-Month"), SLICE("birthDay")}, 3, at));
	assert_true(person_birth_columns((const struct slice[]){SLICE("yob"), SLICE("mob"), SLICE("dob")}, 3, at));
	assert_true(person_birth_columns((const struct slice[]){SLICE("Année de naissance"), SLICE("Mois de naissance"), SLICE("Jour de naissance")}, 3, at));
	assert_false(person_birth_columns((const struct slice[]){SLICE("by"), SLICE("bd"), SLICE("dob")}, 3, at)); /* by whom */
	assert_false(person_birth_columns((const struct slice[]){SLICE("mother birth year"), SLICE("bm"), SLICE("bd")}, 3, at));
	assert_int_equal(person_birth_text(SLICE("1949"), SLICE("7"), SLICE("2"), out), 3);
	assert_string_equal(out, "1949-07-02");
	assert_int_equal(person_birth_text(SLICE("1949.0"), SLICE("Jul"), SLICE("22.0"), out), 3);
	assert_string_equal(out, "1949-07-22");
	assert_int_equal(person_birth_text(SLICE("1949"), SLICE("13"), SLICE(""), out), 1);
	assert_string_equal(out, "1949-00-00");
	assert_int_equal(person_birth_text(SLICE("1949"), SLICE("7"), SLICE("1949-07-22"), out), 3); /* "dob" was all of it */
	assert_string_equal(out, "1949-07-22");
	assert_int_equal(person_birth_text(SLICE(""), SLICE("7"), SLICE("2"), out), 0);
	assert_int_equal(person_birth_text(SLICE("49"), SLICE("7"), SLICE("2"), out), 0); /* of which century? */
}

static void heads(void **state)
{
	(void)state;
	static const struct {
		const char *text, *begins; /* with what the first row of values begins */
		char sep;
		bool headed;
		unsigned passed_over;
		const char *roles;
	} table[] = {
		{"id,last,dob\n1,Smith,1964-03-07\n", "1,Smith", ',', true, 0, "id last dob"},
		{"\xEF\xBB\xBFid;last;dob\n1;Smith, J;1964-03-07\n", "1;Smith", ';', true, 0, "id last dob"},
		{"sep=;\r\nid;last;dob\r\n1;Smith;1964-03-07\r\n", "1;Smith", ';', true, 0, "id last dob"},
		{"sep=\t\nid\tlast\n1\tSmith\n", "1\tSmith", '\t', true, 0, "id last"},
		{"# of today, by hand\n# two, three, four\nid|last|dob\n1|Smith|1964-03-07\n", "1|Smith", '|', true, 2, "id last dob"},
		{"Patients of ward 3, 5 and 7\n\nid;last;dob\n1;Smith;1964-03-07\n", "1;Smith", ';', true, 1, "id last dob"},
		{"rec_id, \"given\nname\", surname\nr1, john, smith\n", "r1, john", ',', true, 0, "id first last"},
		{"a,b,c\nx,y,z\n", "x,y", ',', true, 0, "other other other"},              /* nobody knows: it is the header, as the first row is */
		{"key2,colour1\nx,red\ny,blue\n", "x,red", ',', true, 0, "id other"},
		{"id,last,2024-01-01\n1,Smith,3\n", "1,Smith", ',', true, 0, "id last other"}, /* a day as a column's name */
		{"1,Smith,1964-03-07\n", "1,Smith", ',', false, 0, "id other other"},
		{"1,Smith\n2,Smith\n3,Jones\n", "1,Smith", ',', false, 0, "id other"},
		{"rec-7-org;waller\nrec-12-org;berry\nrec-12-dup-0;bery\n", "rec-7", ';', false, 0, "id other"},
		{"# exported\n1,John,Smith,03/07/1964,j.s@example.org\n2,Mary,Jones,05/05/2011,m@example.org\n3,Ann,Poole,11/30/1980,a@example.org\n", "1,John", ',', false, 1, "id first last dob email"},
		{"k,Male,John,1964-03-07,212-555-0142\n", "k,Male", ',', false, 0, "id other other other other"},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO_ARENA struct arena *a = arena_new(1 << 20);
		static struct person_list x;
		struct err e = {0};
		char roles[256] = "", word[16];
		assert_int_equal(person_list_head(slice_str(table[i].text), a, &x, &e), 0);
		for (size_t k = 0; k < x.columns; k++)
			snprintf(roles + strlen(roles), sizeof roles - strlen(roles), "%s%s", k ? " " : "", person_role_word(x.role[k], word));
		if (x.sep != table[i].sep || x.headed != table[i].headed || x.passed_over != table[i].passed_over || strcmp(roles, table[i].roles) || strncmp(table[i].text + x.from, table[i].begins, strlen(table[i].begins)))
			fail_msg("%s: read as '%c', %s, %u passed over, %s", table[i].text, x.sep, x.headed ? "headed" : "no header", x.passed_over, roles);
		if (!x.headed)
			assert_true(slice_eq_str(x.name[1], "2"));
	}
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	static struct person_list x;
	struct err e = {0};
	assert_int_equal(person_list_head(SLICE("\n \n"), a, &x, &e), ERR_INPUT);
	assert_int_equal(person_list_head(SLICE("sep=;\n"), a, &x, &e), ERR_INPUT);
}

static void feet(void **state)
{
	(void)state;
	static const char *const with[] = {"Total: 2 rows\n", "(2 rows)\n\n", "Total,2,,\n", "2 records exported", "Anzahl insgesamt,2\r\n"};
	static const char *const without[] = {"3,Total,Ann,1970-01-02\n", "end,Smith,John,1964-03-07\n", "A17,,,\n", "3,Rowe\n"};
	char text[200];
	for (size_t i = 0; i < ARRAY_LEN(with) + ARRAY_LEN(without); i++) {
		const char *last = i < ARRAY_LEN(with) ? with[i] : without[i - ARRAY_LEN(with)];
		snprintf(text, sizeof text, "1,Smith,John,1964-03-07\n2,Poole,Ann,1970-01-02\n%s", last);
		if (person_list_foot(slice_str(text), ',', 4) != (i < ARRAY_LEN(with) ? strlen(last) : 0))
			fail_msg("%s", last);
	}
	assert_int_equal(person_list_foot(SLICE("Total: 0 rows"), ',', 4), 0); /* nothing stands before it: it is all there is */
	assert_int_equal(person_list_foot(SLICE("1,Smith\ntotal,Smith\n"), ',', 2), 0);
	assert_int_equal(person_list_foot(SLICE(""), ',', 4), 0);
}

static void others_columns(void **state)
{
	(void)state;
	static const struct {
		const char *name, *role;
	} table[] = {{"soc_sec_id", "ssn"}, {"address_1", "street"}, {"address_2", "apt"}, {"suburb", "city"}, {"postcode", "zip"}, {"street_number", "house"}, {"postcode_fake", "zip"}, {"first_and_surname", "name"}, {"full_name", "name"}, /* febrl, historical_50k */
		{"fname_c1", "first"}, {"lname_c1", "last"}, {"minit", "middle"}, {"stnum", "house"}, {"stadd", "street"}, {"apmt", "apt"},                                                                        /* RecordLinkage, UIS */
		{"midl_name", "middle"}, {"name_sufx", "suffix"}, {"res_street_address", "street"}, {"res_city_desc", "city"}, {"mail_zipcode", "zip"}, {"DRIVERS", "dl"}, {"CITY ST ZIP", "address"}, {"nazwisko", "last"}, {"Data di nascita", "dob"}};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		char word[16];
		if (strcmp(person_role_word(person_role_of_column(slice_str(table[i].name), NULL), word), table[i].role) != 0)
			fail_msg("%s is taken for %s", table[i].name, word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(words_and_back), cmocka_unit_test(languages), cmocka_unit_test(classes), cmocka_unit_test(keys_are_sorted_and_once), cmocka_unit_test(columns), cmocka_unit_test(dates), cmocka_unit_test(digits), cmocka_unit_test(checks), cmocka_unit_test(born), cmocka_unit_test(heads), cmocka_unit_test(feet), cmocka_unit_test(others_columns)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
