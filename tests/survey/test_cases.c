/* Whole cases, from the bytes of a log to person, element and touch, each against what is true of it: the Linux audit log, Windows' Security log, Zeek's of a share and of FTP, a web server's and FHIR's audit events. */
#include "survey.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#define E(x) PERSON_BIT(PERSON_##x)

static const char PEOPLE[] = "person_id,last,first,dob,ssn,mrn\n"
							 "P1,Keller,Anna,1961-03-09,536-90-4399,WES000004400\n"
							 "P2,Roth,Max,1975-11-23,,WES000004401\n"
							 "P3,Diaz,Noor,1988-06-30,458-11-2034,WES000004402\n"
							 "P4,Okafor,Ada,1950-01-02,,WES000004403\n";
static const struct {
	const char *name, *text;
} share[] = {
	{"hr/lab/feb.csv", "mrn,last,first,dob,test,result\nWES000004400,Keller,Anna,1961-03-09,Glucose,5.4 mmol/L\nWES000004401,Roth,Max,1975-11-23,Potassium,4.1 mmol/L\n"},
	{"hr/bill/claim.csv", "last,first,dob,ssn,claim\nKeller,Anna,1961-03-09,536-90-4399,C-77120\nDiaz,Noor,1988-06-30,458-11-2034,C-77121\n"},
	{"hr/notes/okafor.txt", "RE: Okafor, Ada   DOB: 01/02/1950   MRN: WES000004403\n\nDear Ms. Okafor,\n\nAssessment: hypertension (I10).\n\nSincerely,\nPatient Services\n"},
	{"hr/notes/nobody.txt", "The lift is out of order until Monday.\n"},
	{"fhir/Patient.ndjson", "{\"resourceType\":\"Patient\",\"id\":\"p-77\",\"identifier\":[{\"system\":\"urn:mrn:WES\",\"value\":\"WES000004402\"}],\"name\":[{\"family\":\"Diaz\",\"given\":[\"Noor\"]}],\"birthDate\":\"1988-06-30\"}\n"},
};
/* Labs of feb.csv, the claim's, the letter's. */
#define LAB (E(NAME) | E(DOB) | E(MRN) | E(LAB))
#define BILL (E(NAME) | E(DOB) | E(SSN) | E(CLAIM))
#define NOTE (E(NAME) | E(DOB) | E(MRN) | E(DIAGNOSIS))
#define PATIENT (E(NAME) | E(DOB) | E(SEX) | E(ADDRESS) | E(PHONE) | E(MRN))

static char folder[64];

static int begin(void **state)
{
	snprintf(folder, sizeof folder, "/tmp/cases.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(share); i++) {
		char path[512];
		snprintf(path, sizeof path, "%s/%s", folder, share[i].name);
		for (char *p = path + strlen(folder) + 1; *p; p++)
			if (*p == '/') {
				*p = 0;
				mkdir(path, 0700);
				*p = '/';
			}
		FILE *f = fopen(path, "w");
		assert_non_null(f);
		fputs(share[i].text, f);
		fclose(f);
	}
	return 0;
}

static int end(void **state)
{
	file_remove_tree(AT_FDCWD, folder);
	return 0;
}

struct played {
	struct evidence_fold *fold;
	struct find_population *people;
	struct survey *s;
	struct survey_totals t;
};

static void log_(struct evidence_fold *f, const char *name, const char *text)
{
	const struct evidence_source src = {.name = name, .near = INT64_C(1795302219) * 1000000000};
	const struct evidence_out out = {evidence_fold_touch, evidence_fold_flow, f};
	struct evidence_account a;
	struct err e = {0};
	uint32_t n;
	assert_int_equal(evidence_fold_source(f, name, &n, &e), 0);
	if (evidence_read(slice_str(text), &src, &out, &a, &e) < 0)
		fail_msg("%s: %s", name, e.text);
	assert_int_equal(a.damaged, 0);
	evidence_fold_kind(f, a.dialect ? a.dialect : "");
}

/* Logs in pairs of name and text, up to a NULL; content: the folder below ours. */
static void play(struct played *p, const char *content, bool known, const char *const *logs)
{
	static const struct evidence_fold_options o = {.from = INT64_C(1795302000) * 1000000000, .to = INT64_C(1795303000) * 1000000000};
	char to[512];
	snprintf(to, sizeof to, "%s/%s", folder, content);
	const struct survey_root root = {"", to};
	struct extract_limits limits;
	struct err e = {0};
	uint64_t rows;
	extract_limits_default(&limits);
	*p = (struct played){.fold = evidence_fold_new(&o)};
	for (size_t i = 0; logs[i]; i += 2)
		log_(p->fold, logs[i], logs[i + 1]);
	assert_int_equal(evidence_fold_finish(p->fold, &e), 0);
	if (known) {
		p->people = find_population_new(2026, false);
		assert_int_equal(find_population_csv(p->people, slice_str(PEOPLE), 1, &rows, &e), 0);
		assert_int_equal(find_population_seal(p->people, 1, &e), 0);
	}
	const struct survey_job job = {.touched = p->fold, .population = p->people, .root = &root, .root_n = 1, .limits = &limits, .threads = 2, .this_year = 2026};
	if (survey_run(&job, &p->s, &e) < 0)
		fail_msg("%s", e.text);
	survey_totals(p->s, &p->t);
}

static void over(struct played *p)
{
	survey_free(p->s);
	find_population_free(p->people);
	evidence_fold_free(p->fold);
}

struct truth {
	const char *person; /* id, or a stranger's surname */
	uint32_t accessed, acquired;
};

/* Exactly these persons, each with exactly these elements: precision and recall of (person, element, touch) are 1. */
static void is_true(struct played *p, const struct truth *v, size_t n)
{
	assert_int_equal(scope_exposure_rows(survey_exposure(p->s)), n);
	for (size_t i = 0; i < n; i++) {
		struct scope_row r;
		size_t k = 0;
		for (; k < n; k++) {
			scope_exposure_row(survey_exposure(p->s), k, &r);
			if (slice_eq_str(r.person, v[i].person) || slice_eq_str(survey_value(p->s, r.number, PERSON_ROLE_LAST), v[i].person))
				break;
		}
		if (k == n)
			fail_msg("%s is not among them", v[i].person);
		if (r.accessed != v[i].accessed || r.acquired != v[i].acquired)
			fail_msg("%s: accessed %x, acquired %x; true are %x, %x", v[i].person, r.accessed, r.acquired, v[i].accessed, v[i].acquired);
	}
}
#define TRUE(p, ...) is_true(p, (const struct truth[]){__VA_ARGS__}, sizeof((const struct truth[]){__VA_ARGS__}) / sizeof(struct truth))

#define SYS(t, n, a2, exe) "type=SYSCALL msg=audit(1795302" t ":" n "): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=7ffd a2=" a2 " a3=0 items=1 ppid=1 pid=2 auid=1000 uid=0 ses=3 comm=\"x\" exe=\"" exe "\"\n"
#define NAME(t, n, path) "type=PATH msg=audit(1795302" t ":" n "): item=0 name=\"" path "\" inode=1 mode=0100644 nametype=NORMAL\ntype=EOE msg=audit(1795302" t ":" n "):\n"

/* Read on the host itself, packed by tar, only looked at, and packed outside of the window. */
static void on_the_host(void **state)
{
	struct played p;
	const char *const logs[] = {"audit.log",
		SYS("219.100", "1", "0", "/usr/bin/cat") NAME("219.100", "1", "/srv/hr/lab/feb.csv") SYS("220.100", "2", "0", "/usr/bin/tar") NAME("220.100", "2", "/srv/hr/bill/claim.csv")
			"type=SYSCALL msg=audit(1795302221.100:3): arch=c000003e syscall=4 success=yes exit=0 items=1 pid=2 auid=1000 uid=0 ses=3 comm=\"ls\" exe=\"/bin/ls\"\n" NAME("221.100", "3", "/srv/hr/notes/okafor.txt")
				SYS("222.100", "4", "0", "/usr/bin/cat") NAME("222.100", "4", "/srv/hr/notes/nobody.txt") "type=SYSCALL msg=audit(1795309999.100:5): arch=c000003e syscall=257 success=yes exit=3 a2=0 items=1 pid=2 auid=1000 uid=0 ses=3 exe=\"/usr/bin/tar\"\n"
					"type=PATH msg=audit(1795309999.100:5): item=0 name=\"/srv/hr/notes/okafor.txt\" inode=1 mode=0100644 nametype=NORMAL\n",
		NULL};
	play(&p, "hr", true, logs);
	TRUE(&p, {"P1", LAB, BILL}, {"P2", LAB, 0}, {"P3", 0, BILL});
	assert_int_equal(p.t.not_found, 0);
	over(&p);
	play(&p, "hr", false, logs); /* nobody is known */
	TRUE(&p, {"Keller", LAB, BILL}, {"Roth", LAB, 0}, {"Diaz", 0, BILL});
	over(&p);
}

#define EVENT(id, data) "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Security-Auditing'/><EventID>" id "</EventID><Version>1</Version><Keywords>0x8020000000000000</Keywords><TimeCreated SystemTime='2026-11-21T23:03:39.5000000Z'/><EventRecordID>77</EventRecordID><Computer>FS1</Computer></System><EventData><Data Name='SubjectUserName'>jdoe</Data><Data Name='SubjectDomainName'>MED</Data><Data Name='SubjectLogonId'>0x1f</Data>" data "</EventData></Event>\n"
#define D(name, value) "<Data Name='" name "'>" value "</Data>"

/* The drive's names and the share's of one folder; a check over the share is no proof of a handing out; what was only opened concerns nobody. */
static void on_windows(void **state)
{
	struct played p;
	play(&p, "hr", true,
	     (const char *const[]){"security.xml",
	                           EVENT("4663", D("ObjectType", "File") D("ObjectName", "D:\\Shares\\HR\\Lab\\feb.csv") D("ProcessName", "C:\\t\\rclone.exe") D("AccessMask", "0x1"))
	                               EVENT("4663", D("ObjectType", "File") D("ObjectName", "D:\\Shares\\HR\\notes\\nobody.txt") D("ProcessName", "C:\\t\\rclone.exe") D("AccessMask", "0x1"))
	                                   EVENT("5145", D("ObjectType", "File") D("IpAddress", "10.0.0.9") D("ShareName", "\\\\*\\hr") D("RelativeTargetName", "notes\\okafor.txt") D("AccessMask", "0x1"))
	                                       EVENT("4656", D("ObjectType", "File") D("ObjectName", "D:\\Shares\\HR\\bill\\claim.csv") D("HandleId", "0x9c") D("ProcessId", "0x5") D("AccessMask", "0x120089")),
	                           NULL});
	TRUE(&p, {"P1", 0, LAB}, {"P2", 0, LAB}, {"P4", NOTE, 0});
	assert_int_equal(p.t.not_found, 0);
	over(&p);
}

#define HEAD(path, fields) "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t" path "\n#fields\t" fields "\n#types\tx\n"

/* The same file read over the share, seen on the wire, and named by the host's own log: one file, and the strongest touch of it. FTP names it from the root of what it serves. */
static void on_the_wire(void **state)
{
	struct played p;
	play(&p, "hr", true,
	     (const char *const[]){"smb_files.log",
	                           HEAD("smb_files", "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tfuid\taction\tpath\tname\tsize\tprev_name")
	                               "1795302219.5\tC1\t10.0.0.9\t4\t10.0.0.1\t445\tF1\tSMB::FILE_OPEN\t\\\\\\\\FS1\\\\hr\tbill\\\\claim.csv\t10\t-\n"
	                               "1795302219.6\tC1\t10.0.0.9\t4\t10.0.0.1\t445\tF1\tSMB::FILE_READ\t\\\\\\\\FS1\\\\hr\tlab\\\\feb.csv\t1000\t-\n",
	                           "ftp.log",
	                           HEAD("ftp", "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tuser\tpassword\tcommand\targ\tmime_type\tfile_size\treply_code\treply_msg")
	                               "1795302230.5\tC2\t10.0.0.9\t4\t10.0.0.1\t21\tjo\t-\tRETR\tftp://10.0.0.1/hr/notes/okafor.txt\ttext/plain\t90\t226\tdone\n",
	                           "audit.log", SYS("219.100", "1", "0", "/usr/bin/cat") NAME("219.100", "1", "/srv/data/hr/lab/feb.csv"), NULL});
	TRUE(&p, {"P1", 0, LAB}, {"P2", 0, LAB}, {"P4", 0, NOTE});
	assert_int_equal(p.t.not_found, 0);
	over(&p);
}

/* Records and addresses that are no files: whose they are by the list's record numbers, by an export that lies there, or not at all, which is counted and is in the upper end. */
static void on_the_web(void **state)
{
	struct played p;
	play(&p, "fhir", true,
	     (const char *const[]){"access.log",
	                           "10.0.0.9 - jo [21/Nov/2026:23:03:39 +0000] \"GET /fhir/Observation?subject=Patient/WES000004400 HTTP/1.1\" 200 1234\n"
	                           "10.0.0.9 - jo [21/Nov/2026:23:03:39 +0000] \"GET /chart/patients/WES000004401/labs HTTP/1.1\" 200 900\n"
	                           "10.0.0.9 - jo [21/Nov/2026:23:03:40 +0000] \"GET /fhir/Patient?identifier=urn:mrn%7CWES000004403 HTTP/1.1\" 304 -\n"
	                           "10.0.0.9 - jo [21/Nov/2026:23:03:40 +0000] \"GET /fhir/Patient/zz-9 HTTP/1.1\" 200 900\n"
	                           "10.0.0.9 - jo [21/Nov/2026:23:03:40 +0000] \"GET /fhir/Condition?patient=zz-9 HTTP/1.1\" 200 900\n"
	                           "10.0.0.9 - jo [21/Nov/2026:23:03:40 +0000] \"GET /fhir/Observation/o-1 HTTP/1.1\" 200 900\n"
	                           "10.0.0.9 - jo [21/Nov/2026:23:03:41 +0000] \"GET /fhir/Patient.ndjson HTTP/1.1\" 404 -\n",
	                           "audit.json",
	                           "{\"resourceType\":\"AuditEvent\",\"type\":{\"code\":\"rest\"},\"action\":\"R\",\"recorded\":\"2026-11-21T23:03:39Z\",\"outcome\":\"0\",\"agent\":[{\"altId\":\"jo\",\"requestor\":true,\"network\":{\"address\":\"10.0.0.9\"}}],\"source\":{\"observer\":{\"display\":\"ehr\"}},\"entity\":[{\"what\":{\"reference\":\"Patient/WES000004400\"}}]}\n",
	                           NULL});
	TRUE(&p, {"P1", PATIENT, E(LAB)}, {"P2", 0, E(LAB)});
	assert_int_equal(p.t.not_files, 6);
	assert_int_equal(p.t.unresolved, 3);
	assert_int_equal(p.t.unresolved_ids, 1);
	assert_true(p.t.low == 2 && p.t.point == 2 && p.t.high == 3);
	over(&p);
	play(&p, "fhir", false,
	     (const char *const[]){"access.log",
	                           "10.0.0.9 - jo [21/Nov/2026:23:03:39 +0000] \"GET /x/fhir/Patient.ndjson HTTP/1.1\" 200 1234\n"
	                           "10.0.0.9 - jo [21/Nov/2026:23:03:40 +0000] \"GET /r4/Patient/p-77/Condition HTTP/1.1\" 200 900\n"
	                           "10.0.0.9 - jo [21/Nov/2026:23:03:40 +0000] \"GET /r4/Patient/p-78/$everything HTTP/1.1\" 200 900\n",
	                           NULL});
	TRUE(&p, {"Diaz", 0, E(NAME) | E(DOB) | E(MRN) | E(DIAGNOSIS)});
	assert_int_equal(p.t.unresolved, 1);
	over(&p);
}

/* Read, then encrypted and given another name: what was read is what now has that name. */
static void under_another_name(void **state)
{
	struct played p;
	char from[512], to[512];
	snprintf(from, sizeof from, "%s/hr/bill/claim.csv", folder);
	snprintf(to, sizeof to, "%s/hr/bill/claim.old", folder);
	assert_int_equal(rename(from, to), 0);
	play(&p, "hr", true,
	     (const char *const[]){"full_audit.log",
	                           "2026-11-21T23:03:39.000Z fs1 smbd_audit: eve|10.0.0.9|d12|hr|pread_send|ok|/srv/hr/bill/claim.csv\n"
	                           "2026-11-21T23:03:40.000Z fs1 smbd_audit: eve|10.0.0.9|d12|hr|renameat|ok|/srv/hr/bill/claim.csv|/srv/hr/bill/claim.old\n"
	                           "2026-11-21T23:03:41.000Z fs1 smbd_audit: eve|10.0.0.9|d12|hr|pread_send|ok|/srv/hr/lab/feb.csv\n",
	                           NULL});
	TRUE(&p, {"P1", 0, LAB | BILL}, {"P2", 0, LAB}, {"P3", 0, BILL});
	assert_int_equal(p.t.not_found, 0);
	over(&p);
}

/* Opened on the share, then sent to a stranger's FTP server, which gives them names of its own: of one file of a name, as long as what was sent, it is known which it was; of another length it is not. */
static void sent_under_a_bare_name(void **state)
{
	struct played p;
	char ftp[2048];
	snprintf(ftp, sizeof ftp, HEAD("ftp", "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tuser\tpassword\tcommand\targ\tmime_type\tfile_size\treply_code\treply_msg")
	                                  "1795302230.5\tC2\t10.0.0.1\t4\t198.51.100.9\t21\tx\t-\tSTOR\tftp://198.51.100.9/up/feb.csv\ttext/plain\t%zu\t226\tdone\n"
	                                  "1795302231.5\tC2\t10.0.0.1\t4\t198.51.100.9\t21\tx\t-\tSTOR\tftp://198.51.100.9/up/claim.csv\ttext/plain\t7\t226\tdone\n", strlen(share[0].text));
	play(&p, "hr", true,
	     (const char *const[]){"smb_files.log",
	                           HEAD("smb_files", "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tfuid\taction\tpath\tname\tsize\tprev_name")
	                               "1795302219.5\tC1\t10.0.0.9\t4\t10.0.0.1\t445\tF1\tSMB::FILE_OPEN\t\\\\\\\\FS1\\\\hr\tbill\\\\claim.csv\t10\t-\n"
	                               "1795302219.6\tC1\t10.0.0.9\t4\t10.0.0.1\t445\tF1\tSMB::FILE_OPEN\t\\\\\\\\FS1\\\\hr\tlab\\\\feb.csv\t1000\t-\n",
	                           "ftp.log", ftp, NULL});
	TRUE(&p, {"P1", 0, LAB}, {"P2", 0, LAB});
	assert_int_equal(p.t.not_found, 1);
	over(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(on_the_host, begin, end), cmocka_unit_test_setup_teardown(on_windows, begin, end), cmocka_unit_test_setup_teardown(on_the_wire, begin, end), cmocka_unit_test_setup_teardown(on_the_web, begin, end),
	                                   cmocka_unit_test_setup_teardown(under_another_name, begin, end), cmocka_unit_test_setup_teardown(sent_under_a_bare_name, begin, end)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
