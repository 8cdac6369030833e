/* Whose and what: running text and records against a small population; the same for any number of threads and any cut of the text. */
#include "find.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static const char PERSONS[] = "person_id,last,first,middle,dob,ssn,mrn,phone,email,street,zip,member_id,card,account\n"
							  "P1,Creveling,John,A,1965-03-25,142-81-6943,WES000004400,615-426-0848,john.c@example.com,3782 Lunsford Way,46211,CW5676021249-01,4206148997186565,2097698962\n"
							  "P2,Smith,Mary,,1980-01-02,,ORT000000001,,,12 Elm St,37225,,,\n"
							  "P3,Smith,Mary,,1991-11-30,,ORT000000002,,,98 Oak Ave,10033,,,\n"
							  "P4,O'Neill,Siobhán,,1970-05-06,,NOR000000077,,,,,,,\n"
							  "P5,De La Cruz,Maria,,2001-02-03,,GEN000000123,,,,,,,\n"
							  "P6,Creveling,Amy,,2015-07-08,,WES000004401,615-426-0848,,3782 Lunsford Way,46211,CW5676021249-02,,\n"
							  "P1,Creveling,Jonathan,,1965-03-25,,RID000011111,,,,,,,\n";

static struct find_population *people;
static struct buf out;

static struct find_population *made(struct slice csv, unsigned threads)
{
	struct find_population *p = find_population_new(2026, false);
	struct err e = {0};
	uint64_t rows;
	assert_non_null(p);
	assert_int_equal(find_population_csv(p, csv, threads, &rows, &e), 0);
	assert_int_equal(find_population_seal(p, threads, &e), 0);
	return p;
}

static int setup(void **state)
{
	people = made(slice_str(PERSONS), 1);
	buf_init(&out, 1 << 20);
	return 0;
}

static int teardown(void **state)
{
	find_population_free(people);
	buf_done(&out);
	return 0;
}

static int on_hit(void *arg, const struct find_hit *h, struct err *e)
{
	const char *wanted = arg;
	if (!wanted || strstr(wanted, person_element_word(h->element)))
		buf_printf(&out, "%.*s:%s ", SLICE_FMT(h->id), person_element_word(h->element));
	assert_true(h->confidence > 0 && h->confidence < 100);
	return 0;
}

static int on_stranger(void *arg, const struct find_stranger *s, struct err *e)
{
	buf_printf(&out, "[%s %.*s] ", s->what, SLICE_FMT(s->name));
	return 0;
}

static struct find *begun(const struct find_population *p, const char *wanted, bool strangers)
{
	static const struct find_options o = {.this_year = 2026};
	struct err e = {0};
	buf_reset(&out);
	struct find *f = find_new(p, &o, on_hit, strangers ? on_stranger : NULL, (void *)(uintptr_t)wanted);
	assert_non_null(f);
	assert_int_equal(find_file(f, SLICE("a.txt"), &e), 0);
	return f;
}

static void ended(struct find *f, const char *as)
{
	struct err e = {0};
	assert_int_equal(find_end(f, &e), 0);
	find_free(f);
	assert_string_equal(buf_cstr(&out), as);
}

/* Elements of `wanted` (all: NULL) that the text has, with whose they are. */
static void text(const char *t, const char *wanted, const char *as)
{
	struct err e = {0};
	struct find *f = begun(people, wanted, false);
	assert_int_equal(find_text(f, slice_str(t), 0, &e), 0);
	ended(f, as);
}

static void rules(const char *t, const char *as)
{
	struct err e = {0};
	struct find *f = begun(NULL, NULL, false);
	assert_int_equal(find_text(f, slice_str(t), 0, &e), 0);
	ended(f, as);
}

static void test_rules(void **state)
{
	rules("SSN: 142-81-6943", ":ssn ");
	rules("142-81-6943", ":ssn ");
	rules("Social Security number on file: 142816943.", ":ssn ");
	rules("Order 142816943 shipped", "");              /* nine digits and nothing that says so */
	rules("666-12-1234 000-12-1234 123-00-1234", "");  /* never given */
	rules("SSN 999-99-9999", "");
	rules("123-45-6789 078-05-1120 219-09-9999 987-65-4320", ""); /* samples: everybody writes them, nobody has them */
	rules("SSN: 912-70-1234", ":tin ");                /* an ITIN where they ask for an SSN */
	rules("ending XXX-XX-4473, and ***-**-1111", ":ssn4 :ssn4 ");
	rules("last four of the SSN: 4473", ":ssn4 ");
	rules("ITIN 912-70-1234", ":tin ");
	rules("EIN 12-3456789", ":tin ");
	rules("DOB: 03/25/1965", ":dob ");
	rules("born on March 7, 1964.", ":dob ");
	rules("Date of birth\n  7 March 1964", ":dob ");
	rules("DOB 19650325", ":dob ");
	rules("03/25/1965", "");
	rules("Date of service: 12/28/2020", ":service_date ");
	rules("call (615) 426-0848 or 615.426.0848 or +44 20 7946 0958", ":phone :phone :phone ");
	rules("115-426-0848", "");                         /* no area code begins with 1 */
	rules("to j.doe+x@mail.example.co.uk.", ":email ");
	rules("a @ b, c@d, @e.com", "");
	rules("3782 Lunsford Way, Apt 4\nIndianapolis, IN 46211", ":address :address :address ");
	rules("Indianapolis, IN 90210", "");               /* a ZIP of California */
	rules("Card 4206 1489 9718 6565", ":card ");
	rules("4206148997186566", "");                     /* check digit */
	rules("routing 111000025, account 0522315624", ":account :account ");
	rules("IBAN DE89 3704 0044 0532 0130 00 now", ":account ");
	rules("MRN: WES000004400", ":mrn ");
	rules("Patient ID 12345678", ":mrn ");
	rules("Your Aetna member ID is CW5676021249-01.", ":ins ");
	rules("Medicare number 2PY0WG3PE03.", ":mbi ");
	rules("1EG4-TE5-MK73", ":mbi ");
	rules("Medicaid ID 2647858478.", ":medicaid ");
	rules("Driver's license: M757019989440", ":dl ");
	rules("MRN: 123-45-6789", ":ssn :mrn ");           /* an SSN may serve as one */
	rules("SSN: 987-65-4321", ":ssn ");                /* said to be one: told, with little confidence */
	rules("MRN: #CC-7654321; health plan number HP-987654", ":mrn :ins ");
	rules("card 630427373398 is lost", ":card ");
	rules("lives at 86036 Rua do Arenque", ":address ");
	rules("as for Anna S., seen by Dr. Patel; James Street", ":name :name ");
	rules("My name is Rubija", ":name ");
	rules("Passport no. 123456789", ":passport ");
	rules("Claim CLM4143909176, procedure 99213", ":claim :treatment ");
	rules("NPI 1234567893", ":provider ");
	rules("NPI 1234567890", "");
	rules("Diagnosis: I48.91", ":diagnosis ");
	rules("password: hunter22", ":credentials ");
	rules("the password is required", "");
	rules("Sex: F", ":sex ");
	rules("hypertension, 10 mg, I48.91 in a text about nobody", "");
}

static void test_known(void **state)
{
	text("Spoke with John Creveling today.", "name", "P1:name ");
	text("CREVELING, JOHN A.", "name", "P1:name ");
	text("creveling john", "name", "");                    /* words in small letters are words */
	text("John A. Creveling", "name", "P1:name ");
	text("Siobhan O'Neill; Siobhán O’Neill", "name", "P4:name ");
	text("Maria De La Cruz", "name", "P5:name ");
	text("Maria Delacruz", "name", "P5:name ");
	text("Maria De Vries; De Vries, Anna Maria; La Maria", "name", ":name :name "); /* strangers by their given names: "de" is nobody's name */
	text("chart WES000004400", "mrn", "P1:mrn ");
	text("chart WESO0OOO44OO", "mrn", "P1:mrn ");          /* as a scanner reads it */
	text("142 81 6943", "ssn", "");                        /* blanks without a label are no form of it */
	text("mail john.c@example.com", "email", "P1:email ");
	text("call 6154260848", "phone", ":phone ");           /* a family's */
	text("John Creveling, call (615) 426-0848", "phone", "P1:phone ");
}

static void test_patient_numbers(void **state)
{
	rules("Patient ID 123456", ":mrn ");
	rules("Patient No. 123456", ":mrn ");
	rules("Patient number: 123456", ":mrn ");
	rules("They're not answering at 0788 098119", "");
}

/* Two persons of one name: nobody's, without a second agreement. */
static void test_common_name(void **state)
{
	text("Mary Smith, SSN 517-24-8890", "ssn", ":ssn ");
	text("Mary Smith (1980-01-02), SSN 517-24-8890", "ssn", "P2:ssn ");
	text("Smith, Mary  DOB 11/30/1991  SSN 517-24-8890", "ssn", "P3:ssn ");
	text("RE: Mary Smith\nMRN: ORT000000002\n\nSSN 517-24-8890", "ssn", "P3:ssn ");
	text("RE: John Creveling   DOB: 01/01/1950\n\nSSN 517-24-8890", "ssn", ":ssn "); /* of the same name, and another man */
	text("Mary Smith  1980-01-02  517-24-8890\nMary Smith  1991-11-30  517-24-8891\n", NULL, "P2:name P2:dob P2:ssn P3:name P3:dob P3:ssn ");
	text("Smith, Mary (DOB 11/30/1991) and Smith, Mary (DOB 01/02/1980)", "name", "P3:name P2:name ");
	text("Mary Smith  ORT000000001\nMary Smith  ORT000000002\n", "name", "P2:name P3:name ");
}

/* A date that can be read both ways, and is the birth date of whom it stands with in the one that is not usual here. */
static void test_day_first(void **state)
{
	text("Siobhan O'Neill, 06/05/1970", "dob", "P4:dob ");
	text("Siobhan O'Neill, 06.05.1970", "dob", "P4:dob ");
	text("Siobhan O'Neill, 06/06/1970", "dob", "");
	text("Siobhan O'Neill, 06-MAY-1970", "dob", "P4:dob ");
	text("Siobhan O'Neill, 6/May/70", "dob", "P4:dob ");
	text("Siobhan O'Neill, 1970-May-06.", "dob", "P4:dob ");
	text("Siobhan O'Neill, 07-MAY-1970; 6-May; a-May-1970", "dob", "");
	rules("DOB 12-Dec-1990", ":dob ");
	rules("DOB: 31-Feb-1990", "");
}

/* Between characters of a script without blanks a number is one, too. */
static void test_chinese(void **state)
{
	text("\xe7\x94\xb5\xe8\xaf\x9d\xef\xbc\x9a(615)426-0848\xe3\x80\x82 John Creveling\xef\xbc\x8c\xe5\x87\xba\xe7\x94\x9f\xe6\x97\xa5\xe6\x9c\x9f\xef\xbc\x9a" "1965\xe5\xb9\xb4" "3\xe6\x9c\x88" "25\xe6\x97\xa5", "name dob phone", "P1:phone P1:name P1:dob ");
	text("\xe7\x97\x85\xe5\x8e\x86\xe5\x8f\xb7\xef\xbc\x9aWES000004400\xe7\x94\xb5", "mrn", "P1:mrn ");
	text("\xe5\x8d\xa1" "4206148997186565\xe3\x80\x82", "card", "P1:card ");
	text("\xc3\xa9" "142816943", "ssn", ""); /* letters of an alphabet at its end */
}

/* Names of scripts without blanks: in one word or two, in the middle of a sentence, in a list that has them in one column or in two; who shares a sign or two is another. */
static void test_whole_names(void **state)
{
	static const char lists[2][200] = {"person_id,last,first,dob,mrn\nC1,王,小明,2011-07-02,77392492\nC2,欧阳,娜娜,1988-02-09,77000002\nC3,王,小红,2011-07-02,77000003\nC4,李,伟,1990-10-10,\n",
		"编号,姓名,dob,mrn\nC1,王小明,2011-07-02,77392492\nC2,欧阳娜娜,1988-02-09,77000002\nC3,王小红,2011-07-02,77000003\nC4,李伟,1990-10-10,\n"};
	static const char t[] = "患者姓名：王小明\n出生日期：2011年7月2日\n\n\n昨日患者欧阳娜娜来院，病历号77000002。李伟大概陪同。\n";
	struct err e = {0};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct find_population *p = made(slice_str(lists[i]), 1);
		struct find *f = begun(p, NULL, false);
		assert_int_equal(find_text(f, slice_str(t), 0, &e), 0);
		ended(f, "C1:name C1:dob C2:name C2:mrn ");
		f = begun(p, NULL, false);
		for (size_t k = 0; k < 2; k++) { /* as one value and as two */
			assert_int_equal(find_record(f, SLICE_NULL, &e), 0);
			if (k)
				assert_int_equal(find_field(f, PERSON_ROLE_FIRST, PERSON_SUBJECT, SLICE("小红"), 0, &e), 0);
			assert_int_equal(find_field(f, k ? PERSON_ROLE_LAST : PERSON_ROLE_NAME, PERSON_SUBJECT, k ? SLICE("王") : SLICE("王小红"), 7, &e), 0);
			assert_int_equal(find_field(f, PERSON_ROLE_DOB, PERSON_SUBJECT, SLICE("2011-07-02"), 20, &e), 0);
		}
		ended(f, "C3:name C3:dob C3:name C3:dob ");
		find_population_free(p);
	}
}

/* Forms: surname and given name each behind a label of its own. */
static void test_forms(void **state)
{
	text("Last Name: Creveling\nFirst Name: John\nDOB: 03/25/1965\n", "name dob", "P1:name P1:dob ");
	text("Patient Last Name: CREVELING      First Name: JOHN     MI: A\nDate of Birth: 25-Mar-1965      Sex: M\n", "name dob sex", "P1:name P1:dob P1:sex ");
	text("Nom : O'NEILL\nPr\xc3\xa9nom : Siobh\xc3\xa1n\nN\xc3\xa9" "e le : 06/05/1970\n", "name", "P4:name ");
	text("Vorname: Maria\nNachname: De La Cruz\nGeburtsdatum: 03.02.2001\n", "name dob", "P5:name P5:dob ");
	text("Apellidos: De la Cruz\nNombre: Maria\n", "name", "P5:name ");
	text("Surname      : Creveling\nForename(s)  : John\n", "name", "P1:name ");
	text("First name: Mary\nLast name: Smith\n", "name", ":name ");                       /* two of them, and nothing that says which */
	text("First name: Mary\n\n\n\nLast name: Creveling\n", "name", ":name :name ");     /* nobody's name is made of two that stand apart */
	text("Middle name: Ann\n", "name", "");
	text("Bedford\nCreveling\tJohn\t1965-03-25\n", "name dob", "P1:name P1:dob ");        /* columns without a title */
}

/* The addresses in a mail's head are not of whom it is about, unless they are known to be. */
static void test_mail(void **state)
{
	text("From: billing@example.com\nTo: Desk <desk@example.com>\n\nRefund for John Creveling\n", "email", ":email :email ");
	text("From: john.c@example.com\n\nRefund for John Creveling\n", "email", "P1:email ");
	text("To: John Creveling <jc@example.org>\n\nRefund\n", "email", "P1:email ");
	text("John Creveling, write to jc@example.org\n", "email", "P1:email ");
}

static const char letters[] = "County Hospital - West\nDate of service: 12/28/2020\n\nJohn Creveling\n3782 Lunsford Way\n\nRE: Creveling, John   DOB: 03/25/1965\n\nAssessment: Asthma (J45.909). SSN 517-24-8890.\n\nSincerely,\nDr. Mary Smith, NPI 1234567893\n\n"
							  "County Hospital - East\nDate of service: 01/02/2021\n\nRE: Stranger, Paul   DOB: 02/02/1972\n\nSSN 517-24-8891. Diagnosis: E11.9\n\nSincerely,\nPatient Services\n\n"
							  "County Hospital - East\nDate of service: 03/04/2021\n\nRE: O'Neill, Siobhan   DOB: 05/06/1970\n\nSSN 517-24-8892.\n";

static void test_letters(void **state)
{
	text(letters, "ssn service_date diagnosis provider", "P1:service_date P1:diagnosis P1:ssn P1:provider :service_date :ssn :diagnosis P4:service_date P4:ssn ");
}

/* What stands behind "SSN" and was never given is said, for whoever looks, and is nobody's: in a line, a paragraph or a letter about somebody. */
static void test_samples(void **state)
{
	static const char *const never[] = {"123-45-6789", "078-05-1120", "219-09-9999", "987-65-4321", "000-12-3456", "666-12-3456", "900-12-3456", "142-00-6943", "142-81-0000"};
	for (size_t i = 0; i < ARRAY_LEN(never); i++) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 1024);
		buf_printf(&b, "RE: Creveling, John   DOB: 03/25/1965\n\nJohn Creveling, SSN %s\n", never[i]);
		text(buf_cstr(&b), "ssn", ":ssn ");
		buf_reset(&b);
		buf_printf(&b, "RE: Creveling, John   DOB: 03/25/1965\n\nJohn Creveling %s\n", never[i]);
		text(buf_cstr(&b), "ssn", "");
	}
	text("RE: Creveling, John   DOB: 03/25/1965\n\nSSN 999-99-9999, SSN 517-24-8890\n", "ssn", "P1:ssn ");
}

static void test_table(void **state)
{
	text("Creveling, John  517-24-8890\nNobody, Known  517-24-8891\nO'Neill, Siobhan  517-24-8892\n", "ssn", "P1:ssn :ssn P4:ssn ");
}

/* Rows of a table without blank lines, with more dates than a name is held against: each name by the date of its own line. */
static void test_long_table(void **state)
{
	AUTO_BUF struct buf b = {0};
	text("Mary Smith,1980-01-02,517-24-8890\nMary Smith,1991-11-30,517-24-8891\n", "ssn", "P2:ssn P3:ssn ");
	text("Mary Smith\nseen in the clinic\n\nfor the first time\nborn 1991-11-30\n", "name", "P3:name ");
	buf_init(&b, 1 << 20);
	for (unsigned i = 0; i < 100; i++)
		buf_printf(&b, "Mary Smith,%s,517-24-%04u\n", i == 97 ? "1991-11-30" : "1980-01-02", 1000 + i);
	text(buf_cstr(&b), "ssn", "P2:ssn P3:ssn ");
	buf_reset(&b);
	for (unsigned i = 0; i < 100; i++) /* the name above its date, and dates of others all around */
		buf_printf(&b, "%s\n%s 517-24-%04u\n", i == 50 ? "Mary Smith" : "Someone Else", i == 50 ? "1991-11-30" : "1955-05-05", 1000 + i);
	text(buf_cstr(&b), "name", "P3:name ");
}

/* A text that comes in pieces, cut between lines, says the same. */
static void test_pieces(void **state)
{
	struct err e = {0};
	char whole[1024];
	struct find *f = begun(people, NULL, false);
	assert_int_equal(find_text(f, slice_str(letters), 0, &e), 0);
	assert_int_equal(find_end(f, &e), 0);
	assert_true(out.n < sizeof whole);
	snprintf(whole, sizeof whole, "%s", buf_cstr(&out));
	find_free(f);
	f = begun(people, NULL, false);
	for (const char *at = letters; *at;) {
		const char *nl = strchr(at, '\n');
		size_t n = (size_t)(nl - at) + 1;
		assert_int_equal(find_text(f, slice_of(at, n), (uint64_t)(at - letters), &e), 0);
		at += n;
	}
	ended(f, whole);
}

/* A document of more findings than are decided at once is still about whom it said at its beginning; and one that is all findings takes no longer than its length. */
static void test_long(void **state)
{
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	buf_init(&b, 1 << 24);
	buf_str(&b, "RE: Creveling, John   DOB: 03/25/1965\n\n");
	for (unsigned i = 0; i < 60000; i++)
		buf_printf(&b, "Mary Smith, call (615) 426-0848, seen 01/%02u/2020, MRN X%05u\n%s", i % 28 + 1, i, i % 50 ? "" : "\n");
	buf_str(&b, "\n\nPassport no. 123456789\n");
	struct find *f = begun(people, "passport", false);
	assert_int_equal(find_text(f, buf_slice(&b), 0, &e), 0);
	ended(f, "P1:passport ");
}

struct field {
	int role, who;
	const char *text;
};

static void record(const struct field *v, size_t n, const char *wanted, const char *as)
{
	struct err e = {0};
	struct find *f = begun(people, wanted, false);
	assert_int_equal(find_record(f, SLICE_NULL, &e), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(find_field(f, v[i].role, v[i].who, slice_str(v[i].text), i, &e), 0);
	ended(f, as);
}
#define RECORD(wanted, as, ...) record((const struct field[]){__VA_ARGS__}, sizeof((const struct field[]){__VA_ARGS__}) / sizeof(struct field), wanted, as)
#define F(role, text) {PERSON_ROLE_##role, PERSON_SUBJECT, text}

static void test_records(void **state)
{
	RECORD(NULL, "P1:mrn P1:name P1:diagnosis ", F(MRN, "WES000004400"), F(LAST, "CREVELING"), F(FIRST, "JOHN"), F(DIAGNOSIS, "I10"));
	RECORD(NULL, "P1:diagnosis P1:behavioral P1:mrn ", F(DIAGNOSIS, "F32.9"), F(MRN, "WES000004400"));
	RECORD("ssn", "P1:ssn ", F(LAST, "Crevelling"), F(FIRST, "John"), F(DOB, "19650325"), F(SSN, "517248890"));       /* misspelt */
	RECORD("ssn", "P1:ssn ", F(LAST, "John"), F(FIRST, "Creveling"), F(DOB, "19650325"), F(SSN, "517248890"));       /* the wrong way round */
	RECORD("ssn", ":ssn ", F(LAST, "Smith"), F(FIRST, "Mary"), F(SSN, "517248890"));                                 /* two of them */
	RECORD("ssn", "P3:ssn ", F(LAST, "Smith"), F(FIRST, "Mary"), F(DOB, "11/30/1991"), F(SSN, "517248890"));
	RECORD("ssn", "P6:ssn ", F(LAST, "Creveling"), F(FIRST, "Amy"), F(DOB, "2015-07-08"), F(SSN, "142-81-6943"));    /* her father's number */
	RECORD("ssn", ":ssn ", F(LAST, "Creveling"), F(FIRST, "Paul"), F(DOB, "2015-07-08"), F(SSN, "142-81-6943"));     /* her twin, who is not known */
	RECORD("ssn", ":ssn ", F(LAST, "Bloggs"), F(FIRST, "Fred"), F(DOB, "1950-01-09"), F(SSN, "142-81-6943"));        /* contradicts */
	RECORD("ssn", "P1:ssn ", F(SSN, "142-81-6943"));
	RECORD("ssn ssn4", "P1:ssn4 ", F(SSN, "XXX-XX-6943"), F(MRN, "RID000011111"));
	RECORD("ssn", "", F(SSN, "999-99-9999"), F(MRN, "RID000011111"));
	RECORD("provider phone", "P1:provider ", F(MRN, "WES000004400"), {PERSON_ROLE_LAST, PERSON_PROVIDER_WHO, "Adams"}, {PERSON_ROLE_PHONE, PERSON_PROVIDER_WHO, "212-555-0100"});
	RECORD("name", "P1:name :name ", F(MRN, "WES000004400"), F(LAST, "Creveling"), {PERSON_ROLE_LAST, PERSON_KIN, "Unknown-Smith"});
	RECORD("ins", "P1:ins ", F(MRN, "WES000004400"), {PERSON_ROLE_MEMBER, PERSON_SUBSCRIBER, "CW5676021249-01"});
	RECORD("medication", "P1:medication ", F(MRN, "WES000004400"), F(NOTE, "Continue warfarin 5 mg daily."));
	RECORD("name", "P1:name ", F(OTHER, "CREVELING"), F(OTHER, "JOHN"), F(SSN, "142-81-6943"));        /* a list without a header */
	RECORD("name", "", F(OTHER, "CREVELING"), F(OTHER, "HOUSTON"), F(SSN, "142-81-6943"));
	RECORD("name", "P3:name ", F(MRN, "ORT000000002"), F(OTHER, "Smith, Mary"));                      /* which of the two the record says */
	RECORD("card", "P1:card ", F(MRN, "WES000004400"), F(OTHER, "4849404718949325"));
}

/* A person's own number holds against a first name that nobody can know, a day that nobody asked for, and another name when the date agrees; a number of the family's does not, and nothing holds against another date. */
static void test_slips(void **state)
{
	RECORD("mrn", "P1:mrn ", F(LAST, "Creveling"), F(FIRST, "Skip"), F(MRN, "WES000004400"));
	RECORD("mrn", ":mrn ", F(LAST, "Creveling"), F(FIRST, "Skip"), F(DOB, "1999-09-09"), F(MRN, "WES000004400"));
	RECORD("ssn", ":ssn ", F(LAST, "Creveling"), F(FIRST, "Skip"), F(SSN, "142-81-6943"));
	RECORD("mrn", "P1:mrn ", F(LAST, "Crevling"), F(FIRST, "John"), F(DOB, "1965-01-01"), F(MRN, "WES000004400"));
	RECORD("mrn", ":mrn ", F(LAST, "Crevling"), F(FIRST, "Lou"), F(DOB, "1966-01-01"), F(MRN, "WES000004400"));
	RECORD("mrn", "P4:mrn ", F(LAST, "Keane"), F(FIRST, "S"), F(DOB, "1970-05-06"), F(MRN, "NOR000000077"));
	RECORD("name", ":name :name ", F(LAST, "Smith"), F(FIRST, "Mary"), F(DOB, "1991-01-01"));
}

static void test_numbers(void **state)
{
	assert_int_equal(find_population_number(people, find_number_key(SLICE(" WES-000004400 "))), 0);
	assert_int_equal(find_population_number(people, find_number_key(SLICE("RID000011111"))), 0);
	assert_int_equal(find_population_number(people, find_number_key(SLICE("615-426-0848"))), FIND_NOBODY); /* a telephone */
	assert_int_equal(find_population_number(people, find_number_key(SLICE("WES000004409"))), FIND_NOBODY);
	assert_int_equal(find_population_number(people, find_number_key(SLICE("x"))), FIND_NOBODY);
	assert_int_equal(find_population_number(people, 0), FIND_NOBODY);
}

/* Clinical words count in what is about somebody, whoever he is; a stranger's given names stand first. */
static void test_subjects(void **state)
{
	struct err e = {0};
	text("RE: Stranger, Paul\n\nContinue metformin 500 mg.\n", "medication", ":medication :medication ");
	text("Metformin 500 mg is taken with food.\n", "medication", "");
	text("Patient Name......: John Creveling\nHypertension\n", "name diagnosis", "P1:name P1:diagnosis ");
	RECORD("medication", ":medication ", F(LAST, "Nobody"), F(FIRST, "Nora"), F(NOTE, "Continue warfarin."));
	RECORD("medication", "", F(NOTE, "Warfarin is dear this year."));
	struct find *f = begun(people, "-", true);
	assert_int_equal(find_text(f, SLICE("RE: STRANGER, PAUL Q\nRE: Nora Nobody, Jr\nPatient: De Vries, Anna Maria\n"), 0, &e), 0);
	ended(f, "[subject PAUL Q STRANGER] [subject Nora Nobody Jr] [subject Anna Maria De Vries] ");
}

static void test_strangers(void **state)
{
	struct err e = {0};
	struct find *f = begun(people, "none", true);
	assert_int_equal(find_record(f, SLICE_NULL, &e), 0);
	assert_int_equal(find_field(f, PERSON_ROLE_MRN, PERSON_SUBJECT, SLICE("WES000004400"), 0, &e), 0);
	assert_int_equal(find_field(f, PERSON_ROLE_FIRST, PERSON_GUARANTOR, SLICE("Ann"), 0, &e), 0);
	assert_int_equal(find_field(f, PERSON_ROLE_LAST, PERSON_GUARANTOR, SLICE("Other"), 0, &e), 0);
	assert_int_equal(find_record(f, SLICE_NULL, &e), 0);
	assert_int_equal(find_text(f, SLICE("RE: Paul Stranger\nSeen by Dr. Adams."), 0, &e), 0);
	ended(f, "[guarantor Ann Other] [provider Adams] [subject Paul Stranger] ");
}

/* A population does not depend on how many threads read it, quotes with line feeds in them included. */
/* Names of nobody known, in the words around them; and what is only called after somebody. */
static void names(const char *t, const char *as)
{
	struct err e = {0};
	struct find *f = begun(NULL, "name", false);
	assert_int_equal(find_text(f, slice_str(t), 0, &e), 0);
	ended(f, as);
}

static void test_names(void **state)
{
	names("Handed over to Zuzana Horvatek at six.", ":name ");
	names("Olga Krylova\nCable line installer\n", ":name "); /* the very first word */
	names("We heard from \xc5\xbd" "eljko and from Sunniva.", ":name :name ");
	names("Signed: Willemijn van der Heuvelen, J. Kowalczyk", ":name :name ");
	names("It was Conor O'Brien's turn; Wioletta\xe2\x80\x99s mother came.", ":name :name ");
	names("Her mother is Quellira Kowalczyk.", ":name ");
	names("\"No,\" says Brimhild Tozetti in a letter. She named him Tozetti.", ":name :name ");
	names("Hi Xyloria,\nplease come.", ":name ");
	names("His uncle Balderic Zorn drove. Quentara Ilsenbrook lives at home.", ":name :name ");
	names("Brixwell Torgu\nAcme\n12 Mill Road\n", ":name ");
	names("Tom I. Holzmann from Can Capital", ":name ");
	names("My name is Vanessa but all call me Ludmilla.", ":name :name ");
	names("JOHN SMITH-KOWALSKI CAME", ":name ");

	names("Parkinson's disease, Crohn's disease, Bell's palsy, an Apgar score of 9, Glasgow Coma Scale 15, Foley catheter, Hodgkin lymphoma", "");
	names("Addison's disease, Anna's Hospital, St. Mary's, Mary Immaculate Hospital, San Sebastian, Santa Barbara, Lake Victoria, Fort Helena, Hurricane Katrina", "");
	names("in April, May and June; a Mercedes; Florence, Charlotte and Virginia; Sunday at noon; Will come. Grace was said. Mark this.", "");
	names("the Patricia Neuman Rehabilitation Center, Olga Petrova Clinic, at 1200 Martha Berry Boulevard", "");
	names("Johnson & Johnson, Ernst & Young, Eli Lilly, Goldman Sachs, Microsoft said", "");
	names("mail to anna@example.org, see anna.example.org or /home/anna/x, #anna", "");
	names("NURSING HANDOVER: OLGA CAME. DISCUSSED WITH TEAM", "");
	names("Seen with OLGA TREVELYN today", ":name ");
	names("OLGA TREVELYN", ":name ");
	names("Insured: THOMPSON, MARCUS D", ":name ");
	names("Attending was Peterson, Kenneth.", ":name ");
	names("from Washington, Georgia, and Jackson, Virginia", "");
	names("on Martin Luther King Jr. Boulevard, near Martin Luther King Hospital", "");
	names("A CT by Siemens, an MRI by Philips; the Kelly clamp and the Allen test", "");
	names("Hi Team, hello everyone, Dear Customer", "");
}

/* Names of the list with letters that not every keyboard has. */
static void test_spelled(void **state)
{
	static const struct {
		const char *text, *as;
	} table[] = {
		{"J\xc3\xbcrgen M\xc3\xbcller came in.", "U1:name "},
		{"Jurgen Muller came in.", "U1:name "},
		{"Juergen Mueller came in.", "U1:name "},
		{"MUELLER, JUERGEN came in.", "U1:name "},
		{"Juergen M\xc3\xbcller came in.", "U1:name "},
		{"Patient: Kjell Soerensen-Aas", "U2:name "},
		{"\xc3\x96zlem Oezdemir", "U3:name "},
		{"Oezlem Ozdemir", "U3:name "},
		{"Michael Goetz", "U4:name "},
		{"Juergen Goetz", ":name "}, /* two persons' words are nobody's name */
	};
	struct find_population *p = made(SLICE("person_id,last,first\nU1,M\xc3\xbcller,J\xc3\xbcrgen\nU2,S\xc3\xb8rensen-Aas,Kjell\nU3,\xc3\x96zdemir,\xc3\x96zlem\nU4,G\xc3\xb6tz,Michael\n"), 1);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct err e = {0};
		struct find *f = begun(p, "name", false);
		assert_int_equal(find_text(f, slice_str(table[i].text), 0, &e), 0);
		ended(f, table[i].as);
	}
	find_population_free(p);
}

/* Addresses and telephone numbers as other countries write them. */
static void places(const char *t, const char *as)
{
	struct err e = {0};
	struct find *f = begun(NULL, "address phone", false);
	assert_int_equal(find_text(f, slice_str(t), 0, &e), 0);
	ended(f, as);
}

static void test_places(void **state)
{
	places("Sie wohnt Hauptstr. 12\n", ":address ");
	places("Storgatan 7, Lund", ":address ");
	places("in der Lindenstra\xc3\x9f" "e 44", ":address ");
	places("abita in Via Giuseppe Verdi 131.", ":address ");
	places("Calle de la Luna 5", ":address ");
	places("przy ul. Cicha 86", ":address ");
	places("12 rue des Lilas, 69003 Lyon", ":address ");
	places("habite 3 bis, avenue Foch", ":address ");
	places("au 45 Rue Sainte-Catherine O", ":address ");
	places("8 place de l'\xc3\x89glise", ":address ");
	places("8 place de l\xe2\x80\x99\xc3\x89glise", ":address ");
	places("17, rue du 8 mai 1945", ":address ");
	places("27 chemin d'en haut", ":address ");
	places("2 places de parking, 1 place de parking, 3 cours de natation, 10 route, 5 rue the day, 4 avenue", "");
	places("at K1A 0B1 and SW1A 1AA", ":address :address ");
	places("ZIP: 35350, my zip code is 880", ":address :address ");
	places("not answering at 020 7946 0958", ":phone ");
	places("le 06 12 34 56 78, or 0961-7596216", ":phone :phone ");
	places("Fax: 345-899-3560x4587", ":phone ");

	places("Figure 12, Table 7. On Day 5 of Week 12, Room 131, via email 3 times, Highway to 7, Section 44", "");
	places("B12 5MG daily; T4 4 to 12; on 4 L; NDC 0093-7146-01", "");
	places("counts 01 02 03; 0.5 mg; 00 12 34 56 78 90", "");
}

static void test_threads(void **state)
{
	AUTO_BUF struct buf csv = {0};
	AUTO_BUF struct buf first = {0};
	buf_init(&csv, 1 << 24);
	buf_init(&first, 1 << 20);
	buf_str(&csv, "person_id,last,first,dob,mrn,street\n");
	for (unsigned i = 0; i < 6000; i++)
		buf_printf(&csv, "\"P%u\",Surname%c%c%c,Given%c%c,19%02u-0%u-1%u,MRN%07u,\"%u Long\nStreet \"\"%u\"\"\"\n", i % 5000, 'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 676 % 26, 'a' + i % 7, 'a' + i % 11, i % 90 + 10, i % 9 + 1, i % 9, i, i, i);
	assert_true(buf_ok(&csv) && csv.n > 300000);
	for (unsigned threads = 1; threads <= 5; threads += 2) {
		struct find_population *p = made(buf_slice(&csv), threads);
		struct err e = {0};
		assert_int_equal(find_population_persons(p), 5000);
		struct find *f = begun(p, NULL, false);
		for (unsigned i = 0; i < 6000; i += 7) {
			AUTO_BUF struct buf t = {0};
			buf_init(&t, 4096);
			buf_printf(&t, "MRN MRN%07u and Given%c%c Surname%c%c%c\n", i, 'a' + i % 7, 'a' + i % 11, 'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 676 % 26);
			assert_int_equal(find_text(f, buf_slice(&t), 0, &e), 0);
			assert_int_equal(find_end(f, &e), 0);
		}
		find_free(f);
		if (threads == 1)
			buf_add_slice(&first, buf_slice(&out));
		assert_true(buf_ok(&out) && out.n > 1000);
		assert_true(slice_eq(buf_slice(&first), buf_slice(&out)));
		find_population_free(p);
	}
}

struct dripping {
	struct slice rest;
	size_t most, pulls, fails; /* fails: the pull that does; 0: none */
};

static int drip(void *arg, uint8_t *to, size_t n, size_t *ret_got, struct err *e)
{
	struct dripping *d = arg;
	if (++d->pulls == d->fails)
		return err_set(e, ERR_INPUT, NULL, "it became shorter");
	n = n < d->most ? n : d->most;
	n = n < d->rest.n ? n : d->rest.n;
	memcpy(to, d->rest.p, n);
	d->rest = slice_of(d->rest.p + n, d->rest.n - n);
	*ret_got = n;
	return 0;
}

/* A list that is longer than what is held of it at a time: rows are cut nowhere, whatever comes at once, and an inch sign, or a row that is longer than all that is held, breaks nothing. */
static void test_long_list(void **state)
{
	AUTO_BUF struct buf csv = {0};
	struct err e = {0};
	uint64_t rows;
	unsigned n = 0;
	buf_init(&csv, 1 << 26);
	buf_str(&csv, "person_id,last,first,mrn,remark\n");
	for (; csv.n < (size_t)20 << 20; n++) {
		buf_printf(&csv, "L%u,Surname,Given,LMR%07u,\"", n, n);
		uint8_t *to = buf_space(&csv, 2000);
		assert_non_null(to);
		memset(to, n % 3 ? 'x' : '\n', 2000);
		buf_commit(&csv, 2000);
		buf_str(&csv, n % 1000 == 500 ? "\"\n5\" screw,,,,\n" : "\"\n");
	}
	buf_printf(&csv, "W,Wide,Row,LMR9999999,");
	uint8_t *to = buf_space(&csv, (size_t)10 << 20);
	assert_non_null(to);
	memset(to, 'y', (size_t)10 << 20);
	buf_commit(&csv, (size_t)10 << 20);
	buf_str(&csv, "\nZ,Last,One,LMR8888888,\n");
	assert_true(buf_ok(&csv));
	for (unsigned threads = 1; threads <= 3; threads++) {
		struct dripping d = {.rest = buf_slice(&csv), .most = threads == 2 ? 65521 : SIZE_MAX};
		struct find_population *p = find_population_new(2026, false);
		assert_int_equal(find_population_list(p, drip, &d, threads, &rows, &e), 0);
		assert_int_equal(find_population_seal(p, threads, &e), 0);
		assert_int_equal(rows, n + (n + 499) / 1000 + 2);
		for (unsigned i = 0; i < n; i += 1 + i / 50) {
			char number[16], id[16];
			snprintf(number, sizeof number, "LMR%07u", i);
			snprintf(id, sizeof id, "L%u", i);
			uint32_t who = find_population_number(p, find_number_key(slice_str(number)));
			assert_true(slice_eq_str(find_population_id(p, who), id));
		}
		assert_true(slice_eq_str(find_population_id(p, find_population_number(p, find_number_key(SLICE("LMR9999999")))), "W"));
		assert_true(slice_eq_str(find_population_id(p, find_population_number(p, find_number_key(SLICE("LMR8888888")))), "Z"));
		find_population_free(p);
	}
	for (size_t fails = 1; fails < 4; fails++) {
		struct dripping d = {.rest = buf_slice(&csv), .most = SIZE_MAX, .fails = fails};
		struct find_population *p = find_population_new(2026, false);
		assert_int_equal(find_population_list(p, drip, &d, 2, &rows, &e), ERR_INPUT);
		find_population_free(p);
	}
}

static void refused(const char *csv)
{
	struct find_population *p = find_population_new(2026, false);
	struct err e = {0};
	uint64_t rows;
	assert_int_equal(find_population_csv(p, slice_str(csv), 2, &rows, &e), ERR_INPUT);
	assert_true(e.text[0]);
	find_population_free(p);
}

static void test_lists(void **state)
{
	refused("");
	refused("person_id,colour,weather\nP1,red,rain\n");
	struct find_population *whole = made(SLICE("id,last,first,dob,ssn\nP1,Muster,Erika,1964-08-12,142-81-6943\nP2,Poole,Mary,2011-02-03,142-81-6944\nP3,Berry,John,1980-12-30,142-81-6945\n"), 1);
	struct find_population *bare = made(SLICE("P1,Muster,Erika,1964-08-12,142-81-6943\nP2,Poole,Mary,2011-02-03,142-81-6944\nP3,Berry,John,1980-12-30,142-81-6945\n"), 1); /* no row of names: nobody is lost */
	assert_int_equal(find_population_persons(bare), 3);
	assert_int_equal(find_population_keys(bare), find_population_keys(whole));
	find_population_free(bare);
	find_population_free(whole);
	bare = made(SLICE("# of today\nid,lname,fname,by,bm,bd\nP1,Muster,Erika,1964,8,12\n"), 1);
	whole = made(SLICE("id,lname,fname,dob\nP1,Muster,Erika,1964-08-12\n"), 1);
	assert_int_equal(find_population_keys(bare), find_population_keys(whole));
	find_population_free(bare);
	find_population_free(whole);
	struct find_population *p = made(SLICE("\xef\xbb\xbfperson_id;Surname;Given Name;Date of Birth\nP1;Muster;Erika;1964-08-12\n;Nobody;No;\n"), 1);
	assert_int_equal(find_population_persons(p), 1);
	assert_true(slice_eq_str(find_population_id(p, 0), "P1"));
	assert_int_equal(find_population_id(p, 1).n, 0);
	assert_true(find_population_memory(p) > 1000);
	find_population_free(p);
	p = made(SLICE("\xff\xfep\0e\0r\0s\0o\0n\0_\0i\0d\0,\0m\0r\0n\0\n\0P\0""7\0,\0A\0""1\0""2\0""3\0""4\0""5\0\n\0"), 2);
	assert_true(slice_eq_str(find_population_id(p, 0), "P7"));
	find_population_free(p);
}

/* Rows that are fed one by one are as good as a list. */
static size_t mapped_pages(void)
{
	unsigned long n = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (f) {
		if (fscanf(f, "%lu", &n) != 1)
			n = 0;
		fclose(f);
	}
	return n;
}

/* What a child that is forked says: 0 is well. */
static int in_child(bool (*well)(size_t), size_t arg)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0)
		_exit(!well(arg));
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
	return status;
}

static bool has_fewer(size_t pages)
{
	return mapped_pages() < pages;
}

static uint8_t *block[64];

static bool reads_all(size_t n)
{
	size_t sum = 0;
	for (size_t i = 0; i < ARRAY_LEN(block); i++)
		for (size_t k = 0; k < n; k += 512)
			sum += block[i][k];
	return sum == ARRAY_LEN(block) * (n / 512);
}

/* A child does not have a large population's tables; what takes their place in memory afterwards, it has. */
static void test_children(void **state)
{
	AUTO_BUF struct buf b = {0};
	size_t each = (size_t)256 << 10;
	buf_init(&b, 1 << 26);
	buf_str(&b, "person_id,last,first,dob,mrn\n");
	for (unsigned i = 0; i < 60000; i++)
		buf_printf(&b, "Q%u,Surname%c%c%c,Given%c,19%02u-01-%02u,MRN%08u\n", i, 'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 676 % 26, 'a' + i % 7, i % 90 + 10, i % 28 + 1, i);
	struct find_population *p = made(buf_slice(&b), 2);
	assert_int_equal(in_child(has_fewer, mapped_pages() - find_population_memory(p) / 4096 / 2), 0);
	find_population_free(p);
	for (size_t i = 0; i < ARRAY_LEN(block); i++) {
		block[i] = malloc(each);
		assert_non_null(block[i]);
		memset(block[i], 1, each);
	}
	assert_int_equal(in_child(reads_all, each), 0);
	for (size_t i = 0; i < ARRAY_LEN(block); i++)
		free(block[i]);
}

static void test_fed(void **state)
{
	struct find_population *p = find_population_new(2026, false);
	struct err e = {0};
	const struct find_value v[] = {{PERSON_ROLE_NAME, SLICE("Muster, Erika")}, {PERSON_ROLE_DOB, SLICE("1964-08-12")}, {PERSON_ROLE_MRN, SLICE("0012345")}};
	assert_int_equal(find_population_add(p, SLICE("one"), v, 3, &e), 0);
	assert_int_equal(find_population_add(p, SLICE("two"), v + 2, 1, &e), 0);
	assert_int_equal(find_population_add(p, SLICE("one"), v, 1, &e), 0);
	assert_int_equal(find_population_add(p, SLICE(""), v, 1, &e), ERR_INPUT);
	assert_int_equal(find_population_seal(p, 1, &e), 0);
	assert_int_equal(find_population_persons(p), 2);
	struct find *f = begun(p, NULL, false);
	assert_int_equal(find_text(f, SLICE("Erika Muster"), 0, &e), 0);
	ended(f, "one:name ");
	find_population_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules), cmocka_unit_test(test_known), cmocka_unit_test(test_patient_numbers), cmocka_unit_test(test_common_name), cmocka_unit_test(test_subjects), cmocka_unit_test(test_day_first), cmocka_unit_test(test_chinese), cmocka_unit_test(test_whole_names), cmocka_unit_test(test_forms), cmocka_unit_test(test_mail), cmocka_unit_test(test_letters), cmocka_unit_test(test_samples), cmocka_unit_test(test_table), cmocka_unit_test(test_long_table),
		cmocka_unit_test(test_spelled), cmocka_unit_test(test_pieces), cmocka_unit_test(test_long), cmocka_unit_test(test_records), cmocka_unit_test(test_slips), cmocka_unit_test(test_numbers), cmocka_unit_test(test_strangers), cmocka_unit_test(test_names), cmocka_unit_test(test_places), cmocka_unit_test(test_threads),
		cmocka_unit_test(test_long_list), cmocka_unit_test(test_lists), cmocka_unit_test(test_children), cmocka_unit_test(test_fed),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
