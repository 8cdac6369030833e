/* person: the words in which the house speaks of persons whose data were touched: which data elements there are, and what a column, a field of a message or a label says of somebody.
 *
 * A *role* is what one value is (a surname, a record number, a diagnosis code); an *element* is the class of data that a law and a letter name ("medical record number"). Several roles make one element (last, first, middle: name).
 * Readers of formats (extract) tell roles, the scan (find) tells elements, linkage (link) compares roles, a case and its letters know elements only.
 *
 * Pure: values in, values out. Numbers of elements stand in files and in entries: they are for ever. Classes: 45 CFR 164.514(b)(2) (the eighteen identifiers), HHS' breach portal, and what state statutes name.
 */
#ifndef HOLDFAST_PERSON_H
#define HOLDFAST_PERSON_H

#include "base.h"

/* ---- elements ---- */

#define PERSON_ELEMENTS(X)                                                                                                       \
	X(0, NAME, "name")                                                                                                       \
	X(1, SSN, "ssn")                     /* whole social security number */                                                  \
	X(2, TIN, "tin")                     /* EIN or ITIN */                                                                   \
	X(3, DOB, "dob")                                                                                                         \
	X(4, ADDRESS, "address")                                                                                                 \
	X(5, PHONE, "phone")                 /* fax, too */                                                                      \
	X(6, EMAIL, "email")                                                                                                     \
	X(7, DL, "dl")                       /* driver's licence or a state's identity card */                                   \
	X(8, ACCOUNT, "account")             /* at a bank, with or without its code */                                           \
	X(9, CARD, "card")                   /* payment card */                                                                  \
	X(10, MRN, "mrn")                    /* medical record number, visit or account number at a provider */                  \
	X(11, DIAGNOSIS, "diagnosis")                                                                                            \
	X(12, LAB, "lab")                                                                                                        \
	X(13, MEDICATION, "medication")                                                                                          \
	X(14, TREATMENT, "treatment")        /* procedures, notes of care */                                                     \
	X(15, PROVIDER, "provider")          /* who treated */                                                                   \
	X(16, CLAIM, "claim")                /* claims and billing */                                                            \
	X(17, INS, "ins")                    /* health insurance: member, subscriber, group or policy number */                  \
	X(18, MBI, "mbi")                    /* Medicare beneficiary identifier */                                               \
	X(19, MEDICAID, "medicaid")                                                                                              \
	X(20, SSN4, "ssn4")                  /* the last four of an SSN only */                                                  \
	X(21, SERVICE_DATE, "service_date")  /* admission, discharge, service */                                                 \
	X(22, SEX, "sex")                    /* sex, gender, race, ethnicity */                                                  \
	X(23, BIOMETRIC, "biometric")                                                                                            \
	X(24, PHOTO, "photo")                                                                                                    \
	X(25, RECORDING, "recording")        /* ECG, image, sound */                                                             \
	X(26, CREDENTIALS, "credentials")    /* a user's name with a password, or the answer to a question */                    \
	X(27, GENETIC, "genetic")                                                                                                \
	X(28, BEHAVIORAL, "behavioral")      /* mental health, substance use */                                                  \
	X(29, PASSPORT, "passport")

enum person_element {
#define X(n, id, word) PERSON_##id = n,
	PERSON_ELEMENTS(X)
#undef X
};
#define PERSON_ELEMENTS_N 30
const char *person_element_word(int element);          /* "?" for numbers that are not in the list */
int person_element_parse(struct slice word) MUST;      /* -1: none */
#define PERSON_BIT(e) (UINT32_C(1) << (e))             /* a set of elements is a uint32_t */

/* ---- classes: what statutes on notice of a breach call personal information. A state names some of these; each is such beside a name, a credential by itself ---- */

#define PERSON_CLASSES(X)                                                                                                        \
	X(0, CORE, "core")               /* social security, licence, account, card number: nearly every state */                \
	X(1, MEDICAL, "medical")                                                                                                 \
	X(2, INSURANCE, "insurance")     /* of health */                                                                         \
	X(3, BIOMETRIC, "biometric")                                                                                             \
	X(4, CREDENTIALS, "credentials")                                                                                         \
	X(5, TIN, "tin")                                                                                                         \
	X(6, PASSPORT, "passport")                                                                                               \
	X(7, GENETIC, "genetic")                                                                                                 \
	X(8, DOB, "dob")

enum person_class { /* a set */
#define X(n, id, word) PERSON_CLASS_##id = 1 << n,
	PERSON_CLASSES(X)
#undef X
};
#define PERSON_CLASSES_N 9
const char *person_class_word(unsigned one);
unsigned person_class_parse(struct slice word);   /* 0: none */
uint32_t person_class_elements(unsigned one);     /* any of which is of that class */
unsigned person_classes(uint32_t touched);        /* that stand together in what was touched of one person */

/* ---- roles ---- */

#define PERSON_ROLES(X)                                                                                                          \
	X(OTHER, -1)          /* a value about the person whose meaning nobody knows by its name */                             \
	X(ID, -1)             /* the row's own number: a person_id or record id; is nobody's data */                             \
	X(NAME, PERSON_NAME)  /* whole, in either order */                                                                       \
	X(LAST, PERSON_NAME)                                                                                                     \
	X(FIRST, PERSON_NAME)                                                                                                    \
	X(MIDDLE, PERSON_NAME)                                                                                                   \
	X(SUFFIX, PERSON_NAME)                                                                                                   \
	X(PREFIX, -1)                                                                                                            \
	X(MAIDEN, PERSON_NAME)                                                                                                   \
	X(DOB, PERSON_DOB)                                                                                                       \
	X(DEATH, -1)          /* date of death, or that somebody is dead */                                                      \
	X(SEX, PERSON_SEX)                                                                                                       \
	X(RACE, PERSON_SEX)                                                                                                      \
	X(LANGUAGE, -1)       /* in which somebody is spoken and written to */                                                   \
	X(SSN, PERSON_SSN)                                                                                                       \
	X(SSN4, PERSON_SSN4)                                                                                                     \
	X(TIN, PERSON_TIN)                                                                                                       \
	X(MRN, PERSON_MRN)                                                                                                       \
	X(VISIT, PERSON_MRN)  /* visit, encounter or patient account number */                                                   \
	X(ASSIGNER, -1)       /* who gave the MRN: facility, assigning authority */                                              \
	X(PHONE, PERSON_PHONE)                                                                                                   \
	X(EMAIL, PERSON_EMAIL)                                                                                                   \
	X(STREET, PERSON_ADDRESS)                                                                                                \
	X(HOUSE, PERSON_ADDRESS) /* house number by itself */                                                                    \
	X(APT, PERSON_ADDRESS)                                                                                                   \
	X(CITY, PERSON_ADDRESS)                                                                                                  \
	X(COUNTY, -1)                                                                                                            \
	X(STATE, -1)          /* alone it is no address (164.514(b)(2)(i)(B)) */                                                 \
	X(ZIP, PERSON_ADDRESS)                                                                                                   \
	X(COUNTRY, -1)                                                                                                           \
	X(ADDRESS, PERSON_ADDRESS) /* whole, in one value */                                                                     \
	X(MEMBER, PERSON_INS) /* member, subscriber or policy number */                                                          \
	X(GROUP, PERSON_INS)                                                                                                     \
	X(PAYER, -1)          /* the insurer's name */                                                                           \
	X(MBI, PERSON_MBI)                                                                                                       \
	X(MEDICAID, PERSON_MEDICAID)                                                                                             \
	X(DL, PERSON_DL)                                                                                                         \
	X(PASSPORT, PERSON_PASSPORT)                                                                                             \
	X(ACCOUNT, PERSON_ACCOUNT)                                                                                               \
	X(ROUTING, -1)        /* a bank's number: with an account only */                                                        \
	X(CARD, PERSON_CARD)                                                                                                     \
	X(CARD_CODE, PERSON_CARD) /* expiry, CVV */                                                                              \
	X(DIAGNOSIS, PERSON_DIAGNOSIS)                                                                                           \
	X(LAB, PERSON_LAB)                                                                                                       \
	X(MEDICATION, PERSON_MEDICATION)                                                                                         \
	X(TREATMENT, PERSON_TREATMENT)                                                                                           \
	X(PROVIDER, PERSON_PROVIDER)                                                                                             \
	X(NPI, PERSON_PROVIDER)                                                                                                  \
	X(CLAIM, PERSON_CLAIM)                                                                                                   \
	X(SERVICE_DATE, PERSON_SERVICE_DATE)                                                                                     \
	X(BIOMETRIC, PERSON_BIOMETRIC)                                                                                           \
	X(PHOTO, PERSON_PHOTO)                                                                                                   \
	X(RECORDING, PERSON_RECORDING)                                                                                           \
	X(USER, PERSON_CREDENTIALS)                                                                                              \
	X(PASSWORD, PERSON_CREDENTIALS)                                                                                          \
	X(GENETIC, PERSON_GENETIC)                                                                                               \
	X(BEHAVIORAL, PERSON_BEHAVIORAL)                                                                                         \
	X(NOTE, -1)           /* running text about the person: to be scanned as text */                                     \
	X(RELATION, -1)       /* what somebody is to the record's person: mother, guardian, spouse (person_kinship) */

enum person_role {
#define X(id, element) PERSON_ROLE_##id,
	PERSON_ROLES(X)
#undef X
	PERSON_ROLES_N
};
int person_role_element(int role);      /* PERSON_x, or -1: no element by itself */
const char *person_role_word(int role, char out[16]); /* "last", "mrn": lower case of its name, what --map takes. Returns out */
int person_role_parse(struct slice word) MUST; /* -1: none */

/* Whom of a record's persons a value is about. A claim names a subscriber and a patient, a registration a guarantor and next of kin. */
enum person_who { PERSON_SUBJECT, PERSON_GUARANTOR, PERSON_KIN, PERSON_SUBSCRIBER, PERSON_PROVIDER_WHO, PERSON_STAFF, PERSON_ANYBODY };

/* What a column's header (or a field's name in JSON, XML, a database) says. Letters and digits count, case and punctuation do not ("Date of Birth", "DOB", "birth_date", "PatDOB"; also in es, fr, de; zh by its usual words).
 * A prefix that tells whom ("guarantor_ssn", "emergency contact phone", "provider last name") goes to ret_who. PERSON_ROLE_OTHER: nothing is recognised. Pure words: it never looks at values. */
int person_role_of_column(struct slice header, int *ret_who /* may be NULL */);
/* Whom a header speaks of that says nothing else ("Patient", "Guarantor", "患者"): what stands under it are names, or numbers. -1: it is no such header. */
int person_whom_of_column(struct slice header);

/* What somebody is to another, by a code or in words ("MTH", "Mother", "19", "legal guardian"), or by the name of a field ("guardian_name"). RELATED: somebody else (a friend, an employer, whoever was it once). NOT_SAID: nothing that is known here. X12 says it the other way
 * round: there a child is whose parent it is about, and a value has to be read with whom it is of (PERSON_SUBSCRIBER). */
enum person_kinship { PERSON_KINSHIP_NOT_SAID, PERSON_SELF, PERSON_RELATED, PERSON_CONTACT, PERSON_RELATIVE, PERSON_CHILD, PERSON_SPOUSE, PERSON_PARENT, PERSON_GUARDIAN, PERSON_REPRESENTATIVE };
int person_kinship(struct slice s) MUST;

/* ---- values ---- */

/* The digits of s; false when there are more than max or anything stands between them but blanks, dashes, dots, slashes or parentheses. out holds max + 1 bytes. */
bool person_digits(struct slice s, size_t max, char *out);

/* A date as it stands in lists: 1964-03-07, 19640307, 03/07/1964, 7.3.1964, 7 Mar 1964, March 7, 1964, 03/07/64 (two digits: the latest year that is not after `this_year`). day_first settles what could be both, as 03/07.
 * ret_swap: it could be read the other way round, too. False: it is no date between 1850 and this_year. */
struct person_date {
	uint16_t year;  /* 1850.. */
	uint8_t month;  /* 1..12 */
	uint8_t day;    /* 1..31 of that month */
};
bool person_date(struct slice s, bool day_first, int this_year, struct person_date *ret, bool *ret_swap /* may be NULL */);

/* ---- lists ---- */

/* A date of birth that stands in three columns ("by", "bm", "bd"; "birth_year", "BirthMonth", "dob_day"; "Year of Birth" ...): which. False: there is no year with a month and a day. */
bool person_birth_columns(const struct slice *header, size_t n, size_t ret[3]);
/* Those three as one date, "1964-03-07", with 00 for a month (its number or its name) or a day that is none. Returns how many of the three say something, 0: there is no year. */
unsigned person_birth_text(struct slice year, struct slice month, struct slice day, char out[16]);

/* Columns without a header: what nearly all of a column's first values have the form of, and nothing else has. A struct of zeros a column, each of some hundred rows' values put in; then their roles, OTHER where nothing is sure. */
struct person_guess {
	uint32_t seen, ssn, card, mbi, npi, mail, phone, date, street, state, zip, sex, given, word, icd;
	uint16_t first_year, last_year;
};
void person_guess_value(struct person_guess *g, struct slice value);
void person_guess_columns(const struct person_guess *g, size_t n, int *ret_role);
bool person_is_value(struct slice s); /* a date, a telephone number, a social security or card number, a mail address: what no column is called */

/* How a list begins that is read row by row, with the row's id first: its separator, and the row that names the columns, wherever it stands among the first rows (behind "sep=;", comments, a title), or that there is none, and what the columns are then by
 * their values. text: the first megabyte or all there is, UTF-8. ERR_INPUT: it is empty; ERR_LIMIT: more than CSV_FIELDS_MAX columns, or names that do not fit the arena. */
#define PERSON_LIST_COLUMNS 256
struct person_list {
	uint8_t sep;
	bool headed;             /* a row names the columns; else they are called "1", "2" ... */
	unsigned passed_over;    /* rows before the list that are none of it, "sep=;" not counted */
	size_t from;             /* where its first row of values begins */
	size_t columns;
	struct slice name[PERSON_LIST_COLUMNS]; /* of the arena */
	int role[PERSON_LIST_COLUMNS];
};
int person_list_head(struct slice text, struct arena *a, struct person_list *ret, struct err *e) MUST;
/* How many bytes at the end are a last row that says how many rows there are ("Total: 12 rows", "(12 rows)"), and none of the list; 0: there is none. */
size_t person_list_foot(struct slice text, uint8_t sep, size_t columns);

/* ---- numbers ---- */

bool person_last_four(struct slice s); /* the last four digits of a social security number and nothing more of it: XXX-XX-1234, ***-**-1234, 1234 */
bool person_is_mbi(struct slice s);    /* with or without dashes, in any case */

/* The checks of numbers, each over digits without punctuation. Sources: SSA (areas, groups, serials that are never given; numbers printed in advertisements), IRS (EIN prefixes, ITIN groups), ISO/IEC 7812 (Luhn),
 * ABA routing numbers (3-7-1), CMS (MBI's form; NPI: Luhn over 80840 and the ten digits), DEA, ISO 13616 (IBAN). */
bool person_ssn_valid(const char digits[9]);
bool person_itin_valid(const char digits[9]);
bool person_ein_valid(const char digits[9]);
bool person_luhn(const char *digits, size_t n);
bool person_card_valid(const char *digits, size_t n); /* issuer's first digits, length and Luhn */
bool person_aba_valid(const char digits[9]);
bool person_npi_valid(const char digits[10]);
bool person_mbi_valid(const char s[11]);              /* upper case, no dashes */
bool person_dea_valid(const char s[9]);               /* upper case */
bool person_iban_valid(const char *s, size_t n);      /* upper case, no blanks */
bool person_loinc_valid(struct slice s);              /* digits-digit, mod 10 */

/* Which language that is ("es", "SPA", "es-MX", "Spanish", "Español"): its number, for person_language_code. NOT_SAID: nothing, or a word for that ("unknown", "declined"); OTHER: one that is not held here. Numbers are of one run of the program: what is written down is the code. */
#define PERSON_LANGUAGES_MOST 100 /* numbers are below it */
enum { PERSON_LANGUAGE_NOT_SAID = -1, PERSON_LANGUAGE_OTHER = -2 };
int person_language(struct slice s) MUST;
const char *person_language_code(int language, char out[4]); /* "es": ISO 639-1, or 639-3 where it has none there. NULL: there is no such number */

/* A US state or territory by its two letters or its English name, any case: "TX". NULL: none. */
const char *person_us_state(struct slice s);
/* The state in which a ZIP Code of five or nine digits lies, by its first three (person_zip.c): "TX". NULL: it is none, or one that is in no state (military mail). Codes of five digits are other countries', too: ask where it is the United States. */
const char *person_zip_state(struct slice zip);

#endif
