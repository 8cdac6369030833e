/* Every allocation of a run fails once, from the evidence's first byte to the persons: an error comes back, or what could not be read is said of its file, or it is the same answer as with memory; never a smaller one that looks whole. */
/* wrap: malloc calloc realloc reallocarray strdup strndup */
#include "survey.h"
#include "scarce.h"

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a share, its log, a list ---- */

static char folder[64];
static const struct {
	const char *name, *text;
} files[] = {
	{"a.csv", "mrn,last,first,dob,ssn,test\nA100,Keller,Anna,1961-03-09,536-90-4399,Glucose\nZ900,Unbekannt,Otto,1950-01-02,219-40-7712,HIV\nZ901,Unbekant,Otto,1950-01-02,,HIV\n"},
	{"b.txt", "RE: Anna Keller\nDOB: 03/09/1961\n\nDear Dr. Weber, the SSN of the patient is 536-90-4399.\n"},
	{"c.hl7", "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5\rPID|1||A100^^^H^MR||Keller^Anna||19610309|F|||1 Lake Rd^^Austin^TX^78701||2125550187|||||||536904399\rNK1|1|Keller^Otto|SPO\r"},
	{"d.json", "{\"resourceType\":\"Patient\",\"id\":\"p\",\"name\":[{\"family\":\"Roth\",\"given\":[\"Max\"]}],\"birthDate\":\"1975-11-23\",\"telecom\":[{\"system\":\"phone\",\"value\":\"2125550188\"}]}"},
	{"e.eml", "From: a@example.org\nTo: b@example.org\nSubject: list\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nPatient: Max Roth, born 11/23/1975\n--b\nContent-Type: text/csv; name=\"x.csv\"\n"
	          "Content-Transfer-Encoding: base64\n\nbGFzdCxmaXJzdCxzc24KRGlheixOb29yLDQ1OC0xMS0yMDM0Cg==\n--b--\n"},
	{"f.rtf", "{\\rtf1\\ansi Patient: Anna Keller\\par DOB 03/09/1961\\par\\trowd Name\\cell SSN\\cell\\row}"},
	{"g.html", "<html><body><h1>Roth, Max</h1><table><tr><th>Last</th><th>First</th><th>SSN</th></tr><tr><td>Roth</td><td>Max</td><td>219-40-7713</td></tr></table></body></html>"},
	{"h.x12", "ISA*00*          *00*          *ZZ*A              *ZZ*B              *200101*0000*^*00501*000000001*0*P*:~GS*HC*A*B*20200101*0000*1*X*005010X222A1~ST*837*1~HL*1**22*0~NM1*IL*1*DIAZ*NOOR****MI*M123~DMG*D8*19880630*F~CLM*C78*80~SE*1*1~GE*1*1~IEA*1*1~"},
	{"i.csv", "last,first,dob\nSame,Bytes,1990-01-01\n"},
	{"j.csv", "last,first,dob\nSame,Bytes,1990-01-01\n"},
	{"k.ndjson", "{\"resourceType\":\"Condition\",\"subject\":{\"reference\":\"Patient/p\"},\"code\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\"code\":\"E11.9\"}]}}\n"
	             "{\"resourceType\":\"Condition\",\"subject\":{\"reference\":\"Patient/q\"},\"code\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\"code\":\"I10\"}]}}\n"},
	{"patients.ndjson", "{\"resourceType\":\"Patient\",\"id\":\"q\",\"name\":[{\"family\":\"Aside\",\"given\":[\"Ida\"]}],\"birthDate\":\"1971-01-23\"}\n"}, /* nobody read it: it says who Patient/q is */
};

static const char persons[] = "person_id,mrn,last,first,dob,ssn\nP1,A100,Keller,Anna,1961-03-09,536904399\nP2,A101,Roth,Max,1975-11-23,\n";

static int make(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/survey.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char path[128];
		struct err e = {0};
		snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
		AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0 || file_write_all(fd, slice_str(files[i].text), &e, path) < 0)
			return -1;
	}
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	file_remove_tree(AT_FDCWD, folder);
	return 0;
}

/* ---- a run ---- */

struct all {
	struct evidence_fold *fold;
	struct find_population *people;
	struct survey *s;
};

static void drop(struct all *x)
{
	survey_free(x->s);
	find_population_free(x->people);
	evidence_fold_free(x->fold);
}

static int touched(struct all *x, struct slice log, struct err *e)
{
	static const struct evidence_fold_options o = {.from = EVIDENCE_NO_TIME, .to = EVIDENCE_NO_TIME};
	static const struct evidence_source source = {.name = "log"};
	struct evidence_account account;
	uint32_t number;
	x->fold = evidence_fold_new(&o);
	if (!x->fold)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	const struct evidence_out out = {evidence_fold_touch, evidence_fold_flow, x->fold};
	int r = evidence_fold_source(x->fold, "log", &number, e);
	if (r == 0)
		r = evidence_read(log, &source, &out, &account, e);
	if (r == 0)
		evidence_fold_kind(x->fold, account.dialect ? account.dialect : "");
	return r == 0 ? evidence_fold_finish(x->fold, e) : r;
}

static int people(struct all *x, struct err *e)
{
	uint64_t rows;
	x->people = find_population_new(2026, false);
	if (!x->people)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = find_population_csv(x->people, slice_of((const uint8_t *)persons, sizeof persons - 1), 1, &rows, e);
	return r == 0 ? find_population_seal(x->people, 1, e) : r;
}

static int run(struct all *x, struct slice log, struct err *e)
{
	struct extract_limits limits;
	const struct survey_root root = {"", folder};
	struct survey_job job = {.root = &root, .root_n = 1, .limits = &limits, .threads = 1, .this_year = 2026};
	*x = (struct all){0};
	extract_limits_default(&limits);
	int r = touched(x, log, e);
	if (r == 0)
		r = people(x, e);
	job.touched = x->fold;
	job.population = x->people;
	return r == 0 ? survey_run(&job, &x->s, e) : r;
}

/* The answer in words. *ret_whole: of nothing it is said that it was not read. */
static void say(struct all *x, struct buf *b, bool *ret_whole)
{
	struct survey_totals t;
	struct scope_exposure *v = survey_exposure(x->s);
	*ret_whole = true;
	for (size_t i = 0; i < survey_objects(x->s); i++) {
		const struct survey_object *o = survey_object(x->s, i);
		buf_printf(b, "%.*s %d %" PRIu32 " %" PRIu32 "\n", SLICE_FMT(o->path), (int)o->state, o->hits, o->records);
		*ret_whole &= o->state == SURVEY_READ;
	}
	for (size_t i = 0; i < scope_exposure_rows(v); i++) {
		struct scope_row row;
		scope_exposure_row(v, i, &row);
		buf_printf(b, "%.*s %x %x %zu flags %x\n", SLICE_FMT(row.person), (unsigned)row.accessed, (unsigned)row.acquired, row.n, survey_flags(x->s, row.number));
		for (size_t k = 0; k < row.n; k++) {
			struct scope_place p;
			scope_exposure_place(v, row.first + k, &p);
			buf_printf(b, "  %.*s %x\n", SLICE_FMT(p.path), (unsigned)p.elements);
		}
	}
	survey_totals(x->s, &t);
	buf_printf(b, "%" PRIu64 " known %" PRIu64 " strangers %" PRIu64 " low %" PRIu64 " high %" PRIu64 " found %zu grey\n", t.known, t.strangers, t.low, t.high, t.hits, survey_grey_n(x->s));
}

static void log_of_it(struct buf *b)
{
	for (size_t i = 0; i + 1 < ARRAY_LEN(files); i++)
		buf_printf(b, "[2026/11/21 23:03:0%zu.000000,  1] ../../source3/modules/vfs_full_audit.c:100(do_log)\n  mallory|10.0.0.66|records|pread_send|ok|/srv/records/%s\n", i % 10, files[i].name);
}

static void each_allocation_fails(void **state)
{
	(void)state;
	AUTO_BUF struct buf log = {0}, want = {0}, got = {0};
	struct all x;
	struct err e = {0};
	bool whole;
	long all, errors = 0, said = 0, same = 0;
	buf_init(&log, 1 << 20);
	buf_init(&want, 1 << 20);
	buf_init(&got, 1 << 20);
	log_of_it(&log);
	for (int warm = 0; warm < 2; warm++) { /* what is made once and kept is made in the first */
		scarce_after(LONG_MAX);
		assert_int_equal(run(&x, buf_slice(&log), &e), 0);
		all = scarce_asked();
		buf_reset(&want);
		say(&x, &want, &whole);
		drop(&x);
		assert_true(whole);
	}
	assert_true(strstr(buf_cstr(&want), "2 known") != NULL);
	for (long n = 0; n < all; n++) {
		e = (struct err){0};
		scarce_after(n);
		int r = run(&x, buf_slice(&log), &e);
		scarce_rest();
		assert_true(scarce_failed);
		if (r < 0) {
			if (r != ERR_MEMORY && r != ERR_LIMIT)
				fail_msg("allocation %ld: code %d: %s", n, r, e.text);
			assert_true(e.text[0] != 0);
			errors++;
		} else {
			buf_reset(&got);
			say(&x, &got, &whole);
			if (whole && strcmp(buf_cstr(&got), buf_cstr(&want)))
				fail_msg("allocation %ld: nothing is said, and it is not the same answer:\n%s-- but\n%s", n, buf_cstr(&want), buf_cstr(&got));
			said += !whole;
			same += whole;
		}
		drop(&x);
	}
	print_message("%ld allocations: %ld errors, %ld said of a file, %ld without a difference\n", all, errors, said, same);
	assert_true(errors > all / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_fails)};
	return cmocka_run_group_tests(tests, make, unmake);
}
