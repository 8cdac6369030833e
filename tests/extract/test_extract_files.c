/* Whole files of many formats (tests/data/extract/make.py), through extract_file: what is told of them, and what is said not to have been read. */
#include "pieces.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/holdfast-test-extract-XXXXXX";
extern char **environ;

static int make(void **state)
{
	(void)state;
	pid_t pid;
	int status = 1;
	char *const argv[] = {(char[]){"python3"}, (char[]){HF_SOURCE_DIR "/tests/data/extract/make.py"}, dir, (char[]){"long"}, NULL};
	if (!mkdtemp(dir) || posix_spawnp(&pid, "python3", NULL, NULL, argv, environ))
		return 1;
	waitpid(pid, &status, 0);
	return status;
}

static int unmake(void **state)
{
	(void)state;
	file_remove_tree(AT_FDCWD, dir);
	return 0;
}

static int open_in(const char *name)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", name[0] == '/' ? "" : dir, name);
	int fd = open(name[0] == '/' ? name : path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void read_file(struct pieces *x, const char *name, const struct extract_limits *l, struct extract_report *ret)
{
	struct err e = {0};
	AUTO_CLOSE int fd = open_in(name);
	buf_init(&x->b, (size_t)64 << 20);
	if (extract_file(fd, slice_str(name), l, pieces_take, pieces_trouble, x, ret, &e))
		fail_msg("%s: %s", name, e.text);
	assert_true(buf_ok(&x->b));
}

static void told(const char *name, const char *want)
{
	struct pieces x = {0};
	struct extract_limits l;
	struct extract_report r;
	extract_limits_default(&l);
	read_file(&x, name, &l, &r);
	if (strcmp(buf_cstr(&x.b), want))
		fail_msg("%s: told\n%s-- and not\n%s", name, buf_cstr(&x.b), want);
	assert_int_equal(r.pieces, x.n);
	assert_int_equal(r.troubles, x.troubles);
	pieces_done(&x);
}

static bool installed(const char *program)
{
	return access(program, X_OK) == 0;
}

/* ---- Office ---- */

static void word(void **state)
{
	(void)state;
	told("letter.docx",
		"text [RE: Maria Sanchez\nDOB 03/07/1964\n]\nrecord \nfield name Patient Name [Olsen, Kai]\nfield mrn MRN [M100045]\nfield claim Balance [12.50]\nrecord \nfield name Patient Name [Ruiz, Ana]\nfield mrn MRN [M100046]\nfield claim Balance [0]\nrecord \n"
		"text [Signed\tDr. Weber\nRoom\t4B\nwas deleted: 219-88-1234\n]\nmember header1\ntext [Header for Sanchez\n]\nmember footnotes\ntext [A footnote\n]\nmember comments\ntext [Nurse Lee: call back\n]\nmember core\nrecord \ntext [creator: J. Weber\n]\n"
		"member word/embeddings/list.csv\nrecord \nfield name Name [Kai Olsen]\nfield ssn SSN [219-88-4321]\n");
}

static void excel(void **state)
{
	(void)state;
	told("list.xlsx",
		"member May & June\nrecord \ntext [Discharges of May\n]\nrecord \nfield name Patient Name [Okafor, Ngozi]\nfield dob Date of Birth [1964-03-07]\nfield ssn SSN [012-34-5678]\nfield zip ZIP [02134]\nfield other Rate [0.1]\n"
		"record \nfield name Patient Name [Smith, Jo]\nfield dob Date of Birth [2023-03-15 12:00:00]\nfield ssn SSN [123456789]\nfield zip ZIP [02134]\ntext [Confidential\n]\nmember Rest\nrecord \ntext [7\tloose cell\n]\n");
}

static void slides_and_opendocument(void **state)
{
	(void)state;
	told("talk.pptx", "member slide1\ntext [Case: T. Novak\n]\nmember notesSlide1\ntext [MRN M77\n]\nmember ppt/media/image1.png\ntrouble picture\n");
	told("letter.odt", "text [Referral\nPatient:\tEva Lind\n]\nrecord \nfield last Last name [Lind]\nfield phone Phone [212-555-0187]\nrecord \nmember styles\ntext [Ward 5 footer\n]\nmember meta\nrecord \ntext [creator: Dr. Ek\n]\n");
	told("list.ods", "member People\nrecord \nfield name Name [Nguyen, An]\nfield dob DOB [1971-12-30]\nfield mrn MRN [M5]\n");
	told("sealed.odt", "trouble sealed\n");
}

/* A workbook of as many rows as Excel has, in a child that has not the memory for all of it. */
static void many_rows(void **state)
{
	(void)state;
	struct pieces x = {0};
	struct extract_limits l;
	struct extract_report r;
	extract_limits_default(&l);
	l.memory = (size_t)192 << 20;
	read_file(&x, "rows.xlsx", &l, &r);
	assert_int_equal(r.troubles, 0);
	assert_int_equal(r.records, 200000);
	pieces_has(&x, "field mrn MRN [M199999]\n");
	pieces_done(&x);
}

/* ---- archives ---- */

static void archives(void **state)
{
	(void)state;
	told("nested.zip", "member a.zip\nmember note.txt\ntext [inner note about Ida Berg\n]\nmember ../../etc/passwd\ntext [root of Ida Berg\n]\nmember b.txt\ntext [outer\n]\n");
	told("mixed.tar", "member sub/one.txt\ntext [first member\n]\nmember two.txt.gz\nmember two.txt\ntext [second member\n]\nmember /absolute.txt\ntext [third member\n]\n");
	told("mixed.tar.gz", "member sub/one.txt\ntext [first member\n]\nmember two.txt.gz\nmember two.txt\ntext [second member\n]\nmember /absolute.txt\ntext [third member\n]\n");
	told("note.txt.bz2", "member note.txt\ntext [packed by bzip2\n]\n");
	told("note.txt.xz", "member note.txt\ntext [packed by xz\n]\n");
}

static void archives_that_break_off(void **state)
{
	(void)state;
	told("cut.zip", "member one.txt\ntext [told before the cut\n]\nmember two.txt\ntrouble broken\ntrouble broken\n");
	told("cut-in.tar", "member cut.zip\nmember one.txt\ntext [told before the cut\n]\nmember two.txt\ntrouble broken\ntrouble broken\n");
	struct pieces x = {0};
	struct extract_limits l;
	struct extract_report r;
	extract_limits_default(&l);
	read_file(&x, "cut.tar.gz", &l, &r);
	pieces_has(&x, "text [first member\n]\ntext [third member\n]\ntrouble broken\n");
	pieces_done(&x);
}

static void bombs(void **state)
{
	(void)state;
	struct pieces x = {0};
	struct extract_limits l;
	struct extract_report r;
	extract_limits_default(&l);
	read_file(&x, "bomb.zip", &l, &r);
	pieces_has(&x, "member zeros0.bin\ntrouble limit\n");
	pieces_done(&x);
	read_file(&x, "deep.zip", &l, &r);
	assert_null(strstr(buf_cstr(&x.b), "the very end"));
	pieces_has(&x, "trouble limit\n");
	assert_int_equal(r.members, 8);
	pieces_done(&x);
	l.depth = 16;
	read_file(&x, "deep.zip", &l, &r);
	pieces_has(&x, "text [the very end\n]\n");
	assert_int_equal(r.troubles, 0);
	pieces_done(&x);
	l.members = 2;
	read_file(&x, "mixed.tar", &l, &r);
	pieces_has(&x, "text [first member\n]\ntrouble limit\n");
	assert_null(strstr(buf_cstr(&x.b), "third"));
	pieces_done(&x);
	l.members = 100;
	l.bytes_out = 20;
	read_file(&x, "mixed.tar", &l, &r);
	pieces_has(&x, "trouble limit\n");
	assert_null(strstr(buf_cstr(&x.b), "third"));
	pieces_done(&x);
}

/* ---- mail, PDF, text ---- */

static void mail(void **state)
{
	(void)state;
	struct pieces x = {0};
	struct extract_limits l;
	struct extract_report r;
	extract_limits_default(&l);
	read_file(&x, "mail.eml", &l, &r);
	assert_int_equal(r.type, CONTENT_MAIL);
	assert_int_equal(r.troubles, 0);
	pieces_has(&x, "text [Patient: André Lefèvre, born 03/07/1964]\nmember résultats.zip\nmember list.csv\nfield last Last [Lefevre]\nfield ssn SSN [219-88-7777]\nmember message.eml\ntext [Forwarded body of Ida Berg]\n");
	pieces_done(&x);
}

static void pdf(void **state)
{
	(void)state;
	if (!installed("/usr/bin/pdftotext"))
		skip();
	struct pieces x = {0};
	struct extract_limits l;
	struct extract_report r;
	extract_limits_default(&l);
	read_file(&x, "three.pdf", &l, &r);
	pieces_has(&x, "member page 1\nmember page 3\nmember page 2\ntrouble picture\n");
	assert_non_null(strstr(buf_cstr(&x.b), "Ida Berg"));
	pieces_done(&x);
	told("empty.pdf", "member page 1\ntrouble picture\n");
	if (installed("/usr/bin/pdfdetach")) {
		read_file(&x, "attached.pdf", &l, &r);
		pieces_has(&x, "member page 1\nmember list.csv\nfield last Last [Berg]\nfield ssn SSN [219-88-5555]\nmember ../../../var/tmp/holdfast-pdf-away.txt\ntext [about Ida Berg\n]\n");
		assert_int_equal(r.troubles, 0);
		assert_int_not_equal(access("/var/tmp/holdfast-pdf-away.txt", F_OK), 0);
		pieces_done(&x);
	}
	told("broken.pdf", "trouble broken\n");
	read_file(&x, "pdfs.zip", &l, &r); /* handed back by the child, and run outside of it */
	pieces_has(&x, "member in.pdf\nmember page 1\nmember after.txt\ntext [after the pdf\n]\n");
	assert_int_equal(r.troubles, 0);
	pieces_done(&x);
}

static void programs_for_old_documents(void **state)
{
	(void)state;
	if (!installed("/usr/bin/xls2csv"))
		skip();
	struct pieces x = {0};
	struct extract_limits l;
	struct extract_report r;
	extract_limits_default(&l);
	read_file(&x, HF_SOURCE_DIR "/tests/data/extract/old.xls", &l, &r);
	assert_int_equal(r.type, CONTENT_OLE2);
	assert_int_equal(r.troubles, 0);
	pieces_has(&x, "member sheet 1\nfield name Patient Name [Okafor, Ngozi]\nfield dob Date of Birth [1964-03-07]\nfield dob Date of Birth [1971-12-30]\nfield ssn SSN [219881235]\nmember sheet 2\n");
	pieces_done(&x);
}

static void texts(void **state)
{
	(void)state;
	told("cp1252.txt", "text [Müller, José – 12 € für die Praxis\n]\n");
	told("utf16.txt", "text [Łukasz Żak, born 1970\n]\n");
	told("utf16be.txt", "text [No mark, but zeros in every second byte\n]\n");
	told("latin2.txt", "text [Paní Dvořáková a pan Černý, Łukasz Wiśniewski\n]\n");
	told("laughs.xml", "text [ha\n&b;&b;&b;&b;\n]\nrecord \ntext [a: before\n]\n");
	told("deep.xml", "record \ntrouble limit\n");
	struct pieces x = {0};
	struct extract_limits l;
	struct extract_report r;
	extract_limits_default(&l);
	read_file(&x, "noise.bin", &l, &r);
	pieces_has(&x, "trouble unknown\n");
	assert_non_null(strstr(buf_cstr(&x.b), "some words in the noise\nwide words, too\n"));
	pieces_done(&x);
}

/* ---- the file itself ---- */

struct counted {
	uint64_t records, fields, headers;
	bool broken;
};

/* Each record's number follows the one before it. */
static int count(void *arg, const struct extract_piece *p, struct err *e)
{
	struct counted *x = arg;
	char want[32];
	(void)e;
	x->records += p->kind == EXTRACT_RECORD;
	if (p->kind != EXTRACT_FIELD)
		return 0;
	x->fields++;
	x->headers += slice_eq_str(p->text, "MRN");
	int n = snprintf(want, sizeof want, "M%llu", (unsigned long long)x->records - 1);
	x->broken |= p->role == PERSON_ROLE_MRN && !slice_eq(p->text, slice_of(want, (size_t)n));
	return 0;
}

static void long_files_are_read_in_windows(void **state)
{
	(void)state;
	struct pieces x = {0};
	struct counted c = {0};
	struct extract_limits l;
	struct extract_report r;
	struct err e = {0};
	AUTO_CLOSE int fd = open_in("long.csv");
	extract_limits_default(&l);
	buf_init(&x.b, 4096);
	assert_int_equal(extract_file(fd, SLICE("long.csv"), &l, count, pieces_trouble, &c, &r, &e), 0); /* larger than a window: the header counts in each */
	assert_true(r.size > (uint64_t)64 << 20);
	assert_int_equal(r.troubles, 0);
	assert_int_equal(c.records, 700000);
	assert_int_equal(c.fields, 700000); /* the notes are text */
	assert_int_equal(c.headers, 0);
	assert_false(c.broken);
}

static void from_a_pipe(void **state)
{
	(void)state;
	int p[2];
	struct pieces x = {0};
	struct extract_limits l;
	struct extract_report r;
	struct err e = {0};
	AUTO_BUF struct buf b = {0};
	AUTO_CLOSE int fd = open_in("nested.zip");
	extract_limits_default(&l);
	buf_init(&b, 1 << 20);
	uint8_t *to = buf_space(&b, 4096);
	ssize_t n = read(fd, to, 4096);
	assert_true(n > 0 && pipe(p) == 0 && write(p[1], to, (size_t)n) == n);
	close(p[1]);
	buf_init(&x.b, 1 << 20);
	assert_int_equal(extract_file(p[0], SLICE("-"), &l, pieces_take, pieces_trouble, &x, &r, &e), 0);
	close(p[0]);
	pieces_has(&x, "text [outer\n]\n");
	assert_int_equal(r.size, n);
	pieces_done(&x);
}

static void what_cannot_be_read(void **state)
{
	(void)state;
	struct pieces x = {0};
	struct extract_limits l;
	struct extract_report r;
	extract_limits_default(&l);
	told("empty.bin", "");
	read_file(&x, dir, &l, &r); /* a folder */
	pieces_has(&x, "trouble unreadable\n");
	pieces_done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(word), cmocka_unit_test(excel), cmocka_unit_test(slides_and_opendocument), cmocka_unit_test(many_rows), cmocka_unit_test(archives), cmocka_unit_test(archives_that_break_off), cmocka_unit_test(bombs), cmocka_unit_test(mail), cmocka_unit_test(pdf), cmocka_unit_test(programs_for_old_documents),
		cmocka_unit_test(texts), cmocka_unit_test(long_files_are_read_in_windows), cmocka_unit_test(from_a_pipe), cmocka_unit_test(what_cannot_be_read),
	};
	return cmocka_run_group_tests(tests, make, unmake);
}
