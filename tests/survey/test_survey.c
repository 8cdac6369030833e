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

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(names_lead_to_files_and_to_no_others, begin, end), cmocka_unit_test_setup_teardown(a_root_that_was_said_is_the_root, begin, end),
	                                   cmocka_unit_test_setup_teardown(whose_is_what, begin, end), cmocka_unit_test(a_store_is_asked_for_what_is_needed)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
