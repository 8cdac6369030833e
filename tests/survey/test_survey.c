/* survey: names of the evidence to files, and whose what is that nobody is known to own. */
#include "survey.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static void put(const char *name, const char *text)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	for (char *p = path + strlen(folder) + 1; *p; p++)
		if (*p == '/') {
			*p = 0;
			mkdir(path, 0700);
			*p = '/';
		}
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int begin(void **state)
{
	snprintf(folder, sizeof folder, "/tmp/survey.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
	file_remove_tree(AT_FDCWD, folder);
	return 0;
}

static struct evidence_fold *fold(void)
{
	static const struct evidence_fold_options o = {.from = EVIDENCE_NO_TIME, .to = EVIDENCE_NO_TIME};
	struct evidence_fold *f = evidence_fold_new(&o);
	uint32_t n;
	struct err e = {0};
	assert_non_null(f);
	assert_int_equal(evidence_fold_source(f, "test", &n, &e), 0);
	return f;
}

static void touch(struct evidence_fold *f, const char *path, enum evidence_level level, bool windows)
{
	const struct evidence_touch t = {.path = slice_str(path), .reason = SLICE("because"), .time = EVIDENCE_NO_TIME, .record = 1, .level = level, .confidence = 90, .windows = windows};
	assert_int_equal(evidence_fold_touch(f, &t), 0);
}

static struct survey *run(struct evidence_fold *f, const char *from, unsigned threads)
{
	const struct survey_root root = {from, folder};
	struct extract_limits limits;
	const struct survey_job job = {.touched = f, .root = &root, .root_n = 1, .limits = &limits, .threads = threads, .this_year = 2026};
	struct survey *s = NULL;
	struct err e = {0};
	extract_limits_default(&limits);
	if (survey_run(&job, &s, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

static const struct survey_object *named(const struct survey *s, const char *end_of)
{
	for (size_t i = 0; i < survey_objects(s); i++) {
		const struct survey_object *o = survey_object(s, i);
		size_t n = strlen(end_of);
		if (o->path.n >= n && !memcmp(o->path.p + o->path.n - n, end_of, n))
			return o;
	}
	return NULL;
}

static void names_lead_to_files_and_to_no_others(void **state)
{
	struct err e = {0};
	put("d000/a.csv", "last,first,ssn\nKeller,Anna,536-90-4399\n");
	put("d000/Sub/B.csv", "last,first,ssn\nRoth,Max,219-40-7712\n");
	put("c.csv", "last,first,ssn\nSecret,Else,219-40-7713\n");
	char link[512];
	snprintf(link, sizeof link, "%s/d000/link.csv", folder);
	assert_int_equal(symlink("../c.csv", link), 0);
	for (int windows = 0; windows < 2; windows++) {
		struct evidence_fold *f = fold();
		touch(f, windows ? "\\\\FS1\\records\\D000\\A.CSV" : "/srv/records/d000/a.csv", EVIDENCE_ACQUIRED, windows);
		touch(f, windows ? "\\\\FS1\\records\\d000\\sub\\b.csv" : "/srv/records/d000/Sub/B.csv", EVIDENCE_ACCESSED, windows);
		touch(f, windows ? "\\\\FS1\\records\\d000\\link.csv" : "/srv/records/d000/link.csv", EVIDENCE_ACQUIRED, windows);
		touch(f, windows ? "\\\\FS1\\other\\c.csv" : "/srv/other/c.csv", EVIDENCE_ACQUIRED, windows); /* only its last part fits */
		touch(f, windows ? "\\\\FS1\\records\\d000\\..\\c.csv" : "/srv/records/d000/../c.csv", EVIDENCE_ACQUIRED, windows);
		touch(f, windows ? "\\\\FS1\\records\\d000\\listed.csv" : "/srv/records/d000/listed.csv", EVIDENCE_LISTED, windows);
		assert_int_equal(evidence_fold_finish(f, &e), 0);
		struct survey *s = run(f, "", 2);
		struct survey_totals t;
		survey_totals(s, &t);
		assert_int_equal(t.read, 2);
		assert_int_equal(t.not_found, 3);
		assert_int_equal(t.strangers, 2);
		assert_non_null(named(s, windows ? "b.csv" : "B.csv")->file);
		assert_false(named(s, windows ? "b.csv" : "B.csv")->acquired);
		assert_null(named(s, "link.csv")->file);
		assert_null(named(s, "c.csv")->file);
		struct scope_row r;
		for (size_t i = 0; i < scope_exposure_rows(survey_exposure(s)); i++) {
			struct survey_person p;
			scope_exposure_row(survey_exposure(s), i, &r);
			assert_true(survey_stranger(s, r.number, &p) && slice_starts(p.id, "S-"));
			bool anna = slice_eq_str(survey_value(s, r.number, PERSON_ROLE_LAST), "Keller");
			assert_int_equal(anna ? r.acquired : r.accessed, PERSON_BIT(PERSON_NAME) | PERSON_BIT(PERSON_SSN));
			assert_int_equal(anna ? r.accessed : r.acquired, 0);
		}
		survey_free(s);
		evidence_fold_free(f);
	}
}

static void a_root_that_was_said_is_the_root(void **state)
{
	struct err e = {0};
	struct survey_totals t;
	put("a.csv", "last,first,ssn\nKeller,Anna,536-90-4399\n");
	struct evidence_fold *f = fold();
	touch(f, "/srv/records/a.csv", EVIDENCE_ACQUIRED, false);
	touch(f, "/srv/recordsandmore/a.csv", EVIDENCE_ACQUIRED, false);
	assert_int_equal(evidence_fold_finish(f, &e), 0);
	struct survey *s = run(f, "/srv/records/", 1);
	survey_totals(s, &t);
	assert_int_equal(t.read, 1);
	assert_int_equal(t.not_found, 1);
	survey_free(s);
	evidence_fold_free(f);
}

/* A claim's guarantor is a person of his own; the doctor is nobody whom it concerns. */
static void whose_is_what(void **state)
{
	struct err e = {0};
	struct survey_totals t;
	put("d/claims.csv", "last,first,dob,guarantor_last,guarantor_first,guarantor_ssn,provider_last,provider_first,npi\n"
	                    "Keller,Mia,2015-05-05,Keller,Anna,536-90-4399,Welby,Marcus,1234567893\n");
	struct evidence_fold *f = fold();
	touch(f, "/x/d/claims.csv", EVIDENCE_ACQUIRED, false);
	assert_int_equal(evidence_fold_finish(f, &e), 0);
	struct survey *s = run(f, "", 1);
	survey_totals(s, &t);
	assert_int_equal(t.strangers, 2);
	for (size_t i = 0; i < scope_exposure_rows(survey_exposure(s)); i++) {
		struct scope_row r;
		struct survey_person p;
		scope_exposure_row(survey_exposure(s), i, &r);
		assert_true(survey_stranger(s, r.number, &p));
		bool child = slice_eq_str(p.what, "subject");
		assert_true(slice_eq_str(survey_value(s, r.number, PERSON_ROLE_FIRST), child ? "Mia" : "Anna"));
		assert_true(!!(r.acquired & PERSON_BIT(PERSON_SSN)) == !child);
	}
	survey_free(s);
	evidence_fold_free(f);
}

/* ---- references ---- */

#define PATIENT(id, last, first, dob) "{\"resourceType\":\"Patient\",\"id\":\"" id "\",\"name\":[{\"family\":\"" last "\",\"given\":[\"" first "\"]}],\"birthDate\":\"" dob "\"}\n"
#define CONDITION(of) "{\"resourceType\":\"Condition\",\"id\":\"c\",\"subject\":{\"reference\":\"" of "\"},\"code\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\"code\":\"E11.9\"}]}}\n"
#define COVERAGE(of) "{\"resourceType\":\"Coverage\",\"id\":\"v\",\"beneficiary\":{\"reference\":\"" of "\"},\"subscriberId\":\"CW5676021249-01\"}\n"

static struct find_population *known(const char *csv)
{
	struct find_population *p = find_population_new(2026, false);
	struct err e = {0};
	uint64_t rows;
	assert_non_null(p);
	assert_int_equal(find_population_csv(p, slice_str(csv), 1, &rows, &e), 0);
	assert_int_equal(find_population_seal(p, 1, &e), 0);
	return p;
}

static struct survey *run_known(struct evidence_fold *f, const struct find_population *p)
{
	const struct survey_root root = {"", folder};
	struct extract_limits limits;
	const struct survey_job job = {.touched = f, .population = p, .root = &root, .root_n = 1, .limits = &limits, .threads = 2, .this_year = 2026};
	struct survey *s = NULL;
	struct err e = {0};
	extract_limits_default(&limits);
	assert_int_equal(evidence_fold_finish(f, &e), 0);
	if (survey_run(&job, &s, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

/* What was acquired of the person of that id, or of the stranger of that surname. */
static uint32_t acquired(struct survey *s, const char *who)
{
	for (size_t i = 0; i < scope_exposure_rows(survey_exposure(s)); i++) {
		struct scope_row r;
		scope_exposure_row(survey_exposure(s), i, &r);
		if (slice_eq_str(r.person, who) || slice_eq_str(survey_value(s, r.number, PERSON_ROLE_LAST), who))
			return r.acquired;
	}
	return 0;
}

static uint64_t rows_of(struct survey *s)
{
	return scope_exposure_rows(survey_exposure(s));
}

#define E_LETTER (PERSON_BIT(PERSON_NAME) | PERSON_BIT(PERSON_DOB) | PERSON_BIT(PERSON_SSN) | PERSON_BIT(PERSON_ADDRESS))
#define NAMED (PERSON_BIT(PERSON_NAME) | PERSON_BIT(PERSON_DOB))

static void a_reference_leads_to_a_stranger(void **state)
{
	struct survey_totals t;
	put("x/Patient.ndjson", PATIENT("1", "Keller", "Anna", "1961-03-09") PATIENT("2", "Roth", "Max", "1975-11-23"));
	put("x/Condition.ndjson", CONDITION("Patient/1") CONDITION("https://fhir.example/r4/Patient/1/_history/3") CONDITION("Group/2"));
	put("x/Coverage.ndjson", COVERAGE("Patient/2"));
	put("y/Patient.ndjson", PATIENT("1", "Diaz", "Noor", "1988-06-30")); /* another export: its ids are its own */
	put("y/Condition.ndjson", CONDITION("Patient/2"));
	struct evidence_fold *f = fold();
	touch(f, "/s/x/Patient.ndjson", EVIDENCE_ACQUIRED, false);
	touch(f, "/s/x/Condition.ndjson", EVIDENCE_ACQUIRED, false);
	touch(f, "/s/x/Coverage.ndjson", EVIDENCE_ACQUIRED, false);
	touch(f, "/s/y/Patient.ndjson", EVIDENCE_ACQUIRED, false);
	struct survey *s = run_known(f, NULL);
	survey_totals(s, &t);
	assert_int_equal(t.strangers, 3);
	assert_int_equal(rows_of(s), 3);
	assert_int_equal(acquired(s, "Keller"), NAMED | PERSON_BIT(PERSON_DIAGNOSIS));
	assert_int_equal(acquired(s, "Roth"), NAMED | PERSON_BIT(PERSON_INS));
	assert_int_equal(acquired(s, "Diaz"), NAMED);
	assert_int_equal(t.unattributed, 1); /* a group's */
	survey_free(s);
	evidence_fold_free(f);
}

/* The file with the names was not taken: it says who somebody is and is not itself exposed. */
static void a_file_beside_says_who(void **state)
{
	struct survey_totals t;
	put("x/Patient.ndjson", PATIENT("a-1", "Keller", "Anna", "1961-03-09") PATIENT("a-2", "Roth", "Max", "1975-11-23"));
	put("x/Condition.ndjson", CONDITION("Patient/a-1") CONDITION("Patient/a-9"));
	struct evidence_fold *f = fold();
	touch(f, "/s/x/Condition.ndjson", EVIDENCE_ACQUIRED, false);
	struct survey *s = run_known(f, NULL);
	survey_totals(s, &t);
	assert_int_equal(t.strangers, 1);
	assert_int_equal(t.objects, 1);
	assert_int_equal(survey_objects(s), 1);
	assert_int_equal(acquired(s, "Keller"), PERSON_BIT(PERSON_DIAGNOSIS));
	assert_int_equal(t.unattributed, 1);
	survey_free(s);
	evidence_fold_free(f);
	f = fold();
	touch(f, "/s/x/Condition.ndjson", EVIDENCE_ACQUIRED, false);
	struct find_population *p = known("person_id,last,first,dob,mrn\nP1,Keller,Anna,1961-03-09,A100\nP2,Roth,Max,1975-11-23,A101\n");
	s = run_known(f, p);
	survey_totals(s, &t);
	assert_int_equal(t.known, 1);
	assert_int_equal(t.strangers, 0);
	assert_int_equal(acquired(s, "P1"), PERSON_BIT(PERSON_DIAGNOSIS));
	assert_int_equal(acquired(s, "P2"), 0);
	survey_free(s);
	evidence_fold_free(f);
	find_population_free(p);
}

static void an_id_that_two_have_is_nobodys(void **state)
{
	struct survey_totals t;
	put("x/north_Patient.ndjson", PATIENT("1", "Keller", "Anna", "1961-03-09"));
	put("x/south_Patient.ndjson", PATIENT("1", "Roth", "Max", "1975-11-23"));
	put("x/Condition.ndjson", CONDITION("Patient/1"));
	struct evidence_fold *f = fold();
	touch(f, "/s/x/north_Patient.ndjson", EVIDENCE_ACQUIRED, false);
	touch(f, "/s/x/south_Patient.ndjson", EVIDENCE_ACQUIRED, false);
	touch(f, "/s/x/Condition.ndjson", EVIDENCE_ACQUIRED, false);
	struct survey *s = run_known(f, NULL);
	survey_totals(s, &t);
	assert_int_equal(t.strangers, 2);
	assert_int_equal(t.unattributed, 1);
	assert_int_equal(acquired(s, "Keller"), NAMED);
	assert_int_equal(acquired(s, "Roth"), NAMED);
	survey_free(s);
	evidence_fold_free(f);
}

/* No file says whose an id is: the list's own ids and record numbers do. */
static void the_list_says_whose_an_id_is(void **state)
{
	struct survey_totals t;
	struct find_population *p = known("person_id,last,first,dob,mrn\npat-77,Keller,Anna,1961-03-09,WES000004400\nP2,Roth,Max,1975-11-23,WES000004401\n");
	put("x/Condition.ndjson", CONDITION("Patient/pat-77") COVERAGE("Patient/WES000004401") CONDITION("Patient/nobody-1"));
	struct evidence_fold *f = fold();
	touch(f, "/s/x/Condition.ndjson", EVIDENCE_ACQUIRED, false);
	struct survey *s = run_known(f, p);
	survey_totals(s, &t);
	assert_int_equal(t.known, 2);
	assert_int_equal(t.strangers, 0);
	assert_int_equal(acquired(s, "pat-77"), PERSON_BIT(PERSON_DIAGNOSIS));
	assert_int_equal(acquired(s, "P2"), PERSON_BIT(PERSON_INS));
	assert_int_equal(t.unattributed, 1);
	survey_free(s);
	evidence_fold_free(f);
	find_population_free(p);
}

#define LETTER(first, last, dob, ssn) "Holdfast Regional Medical Center\n\n" first " " last "\n12 Oak St\nAustin, TX 78701\n\nRE: " last ", " first "   DOB: " dob "\n\nDear Ms. " last ",\n\nThe visit went as planned. Social Security number on file: " ssn ".\n\nSincerely,\nPatient Services\n\n"

/* Letters behind each other in one file, and nobody is known: what stands in a letter is its own person's; what stands in one that names nobody is nobody's. */
static void letters_in_one_file(void **state)
{
	struct survey_totals t;
	put("letters.txt", LETTER("Anna", "Keller", "03/09/1961", "536-90-4399") LETTER("Noor", "Diaz", "06/30/1988", "458-11-2034")
	                   "Holdfast Regional Medical Center\n\nTo whom it may concern,\n\nThe card is 4206148997186565.\n\nSincerely,\nPatient Services\n\n" LETTER("Ada", "Okafor", "01/02/1950", "219-40-7712"));
	struct evidence_fold *f = fold();
	touch(f, "/s/letters.txt", EVIDENCE_ACQUIRED, false);
	struct survey *s = run_known(f, NULL);
	survey_totals(s, &t);
	assert_int_equal(t.strangers, 3);
	assert_int_equal(t.unattributed, 1);
	static const char *const people[][3] = {{"Keller", "1961", "536-90-4399"}, {"Diaz", "1988", "458-11-2034"}, {"Okafor", "1950", "219-40-7712"}};
	unsigned found = 0;
	for (size_t i = 0; i < rows_of(s); i++) {
		struct scope_row r;
		scope_exposure_row(survey_exposure(s), i, &r);
		struct slice name = survey_value(s, r.number, PERSON_ROLE_NAME), dob = survey_value(s, r.number, PERSON_ROLE_DOB);
		assert_int_equal(r.acquired, E_LETTER);
		for (size_t k = 0; k < ARRAY_LEN(people); k++)
			if (memmem(name.p, name.n, people[k][0], strlen(people[k][0]))) {
				found++;
				assert_true(dob.n >= 4 && memmem(dob.p, dob.n, people[k][1], 4));
				assert_true(slice_eq_str(survey_value(s, r.number, PERSON_ROLE_SSN), people[k][2]));
			}
	}
	assert_int_equal(found, 3);
	survey_free(s);
	evidence_fold_free(f);
}

/* Who treated somebody is the patient's, a whole name in one list and its parts in another are one person's. */
static void a_provider_and_a_whole_name(void **state)
{
	struct survey_totals t;
	put("d/a.csv", "name,dob,ssn,provider_name\n\"Keller, Anna\",1961-03-09,536-90-4399,Welby Marcus\n");
	put("d/b.csv", "last,first,dob,ssn,claim\nKeller,Anna,1961-03-09,536-90-4399,C-77\nRoth,Max,1975-11-23,219-40-7712,C-78\n");
	struct evidence_fold *f = fold();
	touch(f, "/s/d/a.csv", EVIDENCE_ACQUIRED, false);
	touch(f, "/s/d/b.csv", EVIDENCE_ACQUIRED, false);
	struct survey *s = run_known(f, NULL);
	survey_totals(s, &t);
	assert_int_equal(t.strangers, 2);
	assert_int_equal(t.unattributed, 0);
	assert_int_equal(acquired(s, "Keller"), NAMED | PERSON_BIT(PERSON_SSN) | PERSON_BIT(PERSON_PROVIDER) | PERSON_BIT(PERSON_CLAIM));
	survey_free(s);
	evidence_fold_free(f);
}

static void a_store_is_asked_for_what_is_needed(void **state)
{
	struct err e = {0};
	struct evidence_fold *f = fold();
	touch(f, "\\\\FS1\\records\\D000\\A.CSV", EVIDENCE_ACQUIRED, true);
	touch(f, "/srv/listed.csv", EVIDENCE_LISTED, false);
	assert_int_equal(evidence_fold_finish(f, &e), 0);
	struct survey_names *n = survey_names_new(f);
	assert_non_null(n);
	assert_true(survey_names_have(n, SLICE("/home/share/d000/a.csv")));
	assert_false(survey_names_have(n, SLICE("/home/share/d001/a.csv")));
	assert_false(survey_names_have(n, SLICE("/srv/listed.csv")));
	assert_false(survey_names_have(n, SLICE("")));
	survey_names_free(n);
	survey_names_free(NULL);
	evidence_fold_free(f);
}

/* Two records that say the same name and nothing else: nobody knows whether they are one. What people say of them is counted, and is asked no more; both ends of the interval move inward. */
static void what_is_decided_narrows_the_interval(void **state)
{
	AUTO_BUF struct buf one = {0}, two = {0};
	static const char *const last[] = {"Smith", "Jones", "Brown", "Miller", "Davis", "Garcia", "Wilson", "Moore", "Taylor", "Thomas"}, *const first[] = {"James", "Mary", "John", "Linda", "Robert"};
	struct survey_totals t[3];
	struct err e = {0};
	buf_init(&one, 1 << 16);
	buf_init(&two, 1 << 16);
	buf_str(&one, "last,first,dob,ssn,test\n");
	buf_str(&two, "last,first,dob,test\n");
	for (int i = 0; i < 50; i++) {
		char dob[16];
		snprintf(dob, sizeof dob, "19%02d-%02d-%02d", 30 + i, 1 + i % 12, 1 + i % 28);
		buf_printf(&one, "%s,%s,%s,%03d-%02d-%04d,HbA1c\n", last[i % 10], first[i / 10], dob, 100 + i * 7, 11 + i, 1000 + i * 37);
		if (i % 3 == 0)
			buf_printf(&two, "%s,%s,%s,HbA1c\n", last[i % 10], first[i / 10], i % 2 ? dob : "");
	}
	put("r/one.csv", buf_cstr(&one));
	put("r/two.csv", buf_cstr(&two));
	struct evidence_fold *f = fold();
	touch(f, "/srv/r/one.csv", EVIDENCE_ACQUIRED, false);
	touch(f, "/srv/r/two.csv", EVIDENCE_ACQUIRED, false);
	assert_int_equal(evidence_fold_finish(f, &e), 0);
	struct scope_case *c = scope_case_new(SLICE("c"), 1 << 20);
	for (int round = 0; round < 3; round++) {
		const struct survey_root root = {"/srv", folder};
		struct extract_limits limits;
		const struct survey_job job = {.touched = f, .root = &root, .root_n = 1, .limits = &limits, .threads = 1, .this_year = 2026, .decided = c};
		struct survey *s = NULL;
		struct survey_grey g;
		struct survey_record rec;
		AUTO_BUF struct buf b = {0};
		int role;
		extract_limits_default(&limits);
		assert_int_equal(survey_run(&job, &s, &e), 0);
		survey_totals(s, &t[round]);
		assert_true(survey_grey_n(s) + (size_t)round >= 3);
		assert_int_equal(survey_grey(s, 0, &g, &e), 0);
		survey_record(s, g.ra, &rec);
		assert_true(slice_eq_str(rec.object->path, "/srv/r/one.csv") && rec.elements & PERSON_BIT(PERSON_SSN));
		for (int column = 0; survey_record_value(s, g.ra, column, &role).n == 0 || role != PERSON_ROLE_SSN; column++)
			assert_true(role >= 0); /* what it says is there */
		/* the first as one person, the second as two */
		struct scope_act a = {.what = SCOPE_NEW, .name = SLICE("c"), .from = 1, .to = 2, .discovered = INT64_MIN};
		buf_init(&b, 1 << 16);
		if (round == 0) {
			assert_int_equal(scope_act_put(&a, &b, &e), 0);
			assert_int_equal(scope_case_add(c, 1, 1, buf_slice(&b), NULL, &e), 0);
			buf_reset(&b);
		}
		a = (struct scope_act){.what = SCOPE_PAIR, .name = SLICE("c"), .a = g.b, .b = g.a, .same = round == 0};
		assert_int_equal(scope_act_put(&a, &b, &e), 0);
		assert_int_equal(scope_case_add(c, (uint64_t)round + 2, 1, buf_slice(&b), NULL, &e), 0);
		survey_free(s);
	}
	assert_true(t[1].high == t[0].high - 1 && t[1].strangers == t[0].strangers - 1 && t[1].low >= t[0].low);
	assert_true(t[2].low == t[1].low + 1 && t[2].high == t[1].high);
	for (int i = 0; i < 3; i++)
		assert_true(t[i].low <= t[i].point && t[i].point <= t[i].high);
	scope_case_free(c);
	evidence_fold_free(f);
}

static const char *language_of(struct survey *s, const char *who, char code[4])
{
	for (size_t i = 0; i < scope_exposure_rows(survey_exposure(s)); i++) {
		struct scope_row r;
		scope_exposure_row(survey_exposure(s), i, &r);
		if (slice_eq_str(r.person, who) || slice_eq_str(survey_value(s, r.number, PERSON_ROLE_LAST), who))
			return person_language_code(survey_language(s, r.number), code) ? code : "";
	}
	return "nobody";
}

/* What the records say of it, by format: PID-15, the preferred one of FHIR's communication and not that of the resource, a column; of known persons and of strangers; it is no data element. */
static void in_whose_language(void **state)
{
	char code[4];
	put("a.hl7", "MSH|^~\\&|ADT|H|||20260101||ADT^A01|1|P|2.5\rPID|1||A100^^^H^MR||KELLER^ANNA||19610309|F|||1 Lake Road^^Austin^TX^78701||||SPA^Spanish^ISO639|M\r");
	put("b.ndjson", "{\"resourceType\":\"Patient\",\"language\":\"en\",\"id\":\"1\",\"name\":[{\"family\":\"Roth\",\"given\":[\"Max\"]}],\"birthDate\":\"1975-11-23\",\"communication\":[{\"language\":{\"coding\":[{\"system\":\"urn:ietf:bcp:47\",\"code\":\"en-US\"}]}},{\"language\":{\"coding\":[{\"code\":\"vi\",\"display\":\"Vietnamese\"}]},\"preferred\":true}]}\n"
	                "{\"resourceType\":\"Patient\",\"language\":\"fr\",\"id\":\"2\",\"name\":[{\"family\":\"Stein\",\"given\":[\"Eva\"]}],\"birthDate\":\"1980-01-02\"}\n");
	put("c.csv", "last,first,dob,Preferred Language,diagnosis\nDiaz,Noor,1988-06-30,\xe4\xb8\xad\xe6\x96\x87,I10\nOkafor,Ada,1990-02-03,declined,I10\n");
	struct evidence_fold *f = fold();
	touch(f, "/s/a.hl7", EVIDENCE_ACQUIRED, false);
	touch(f, "/s/b.ndjson", EVIDENCE_ACQUIRED, false);
	touch(f, "/s/c.csv", EVIDENCE_ACQUIRED, false);
	struct find_population *p = known("person_id,mrn,last,first,dob\nP1,A100,Keller,Anna,1961-03-09\n");
	struct survey *s = run_known(f, p);
	assert_string_equal(language_of(s, "P1", code), "es");
	assert_string_equal(language_of(s, "Roth", code), "vi");
	assert_string_equal(language_of(s, "Stein", code), "");
	assert_string_equal(language_of(s, "Diaz", code), "zh");
	assert_string_equal(language_of(s, "Okafor", code), "");
	assert_false(acquired(s, "Diaz") & PERSON_BIT(PERSON_SEX));
	survey_free(s);
	find_population_free(p);
	evidence_fold_free(f);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(in_whose_language, begin, end), cmocka_unit_test_setup_teardown(names_lead_to_files_and_to_no_others, begin, end), cmocka_unit_test_setup_teardown(a_root_that_was_said_is_the_root, begin, end),
	                                   cmocka_unit_test_setup_teardown(a_reference_leads_to_a_stranger, begin, end), cmocka_unit_test_setup_teardown(a_file_beside_says_who, begin, end),
	                                   cmocka_unit_test_setup_teardown(an_id_that_two_have_is_nobodys, begin, end), cmocka_unit_test_setup_teardown(the_list_says_whose_an_id_is, begin, end),
	                                   cmocka_unit_test_setup_teardown(a_provider_and_a_whole_name, begin, end), cmocka_unit_test_setup_teardown(letters_in_one_file, begin, end), cmocka_unit_test_setup_teardown(whose_is_what, begin, end), cmocka_unit_test_setup_teardown(what_is_decided_narrows_the_interval, begin, end), cmocka_unit_test(a_store_is_asked_for_what_is_needed)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
