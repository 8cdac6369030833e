/* Files made to take all memory, time or room of whoever reads them (tests/data/extract/bombs.py), one or more of each format: each is read in bounded time and memory, what could not be read is said, and nobody dies of it. */
#include "pieces.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMORY ((size_t)256 << 20)
#define CPU_MOST 30 /* seconds of processors for one of them: what is quadratic takes minutes */

static char dir[] = "/tmp/holdfast-test-bombs-XXXXXX";
extern char **environ;

static int make(void **state)
{
	(void)state;
	pid_t pid;
	int status = 1;
	char *const argv[] = {(char[]){"python3"}, (char[]){HF_SOURCE_DIR "/tests/data/extract/bombs.py"}, dir, NULL};
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

static double cpu(void)
{
	struct rusage a, b;
	getrusage(RUSAGE_SELF, &a);
	getrusage(RUSAGE_CHILDREN, &b);
	return (double)(a.ru_utime.tv_sec + a.ru_stime.tv_sec + b.ru_utime.tv_sec + b.ru_stime.tv_sec) + (double)(a.ru_utime.tv_usec + a.ru_stime.tv_usec + b.ru_utime.tv_usec + b.ru_stime.tv_usec) / 1e6;
}

/* What is told, and not kept: bombs tell much. */
static int take(void *arg, const struct extract_piece *p, struct err *e)
{
	struct pieces *x = arg;
	(void)e;
	x->n++;
	if (p->kind == EXTRACT_TEXT && x->b.n < 1 << 20 && memmem(p->text.p, p->text.n, "root:", 5))
		buf_str(&x->b, "LEAK\n");
	if (p->kind == EXTRACT_TEXT && memmem(p->text.p, p->text.n, "words behind the zeros", 22))
		buf_str(&x->b, "words behind the zeros\n");
	return 0;
}

/* kinds: the troubles of which one at least is said, with a blank behind each; NULL: it is no bomb for this reader, and is read */
static void goes_off(const char *name, const char *kinds, unsigned seconds)
{
	char path[128];
	struct pieces x = {0};
	struct extract_limits l;
	struct extract_report rep;
	struct err e = {0};
	struct rusage self;
	double began = cpu();
	snprintf(path, sizeof path, "%s/%s", dir, name);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	extract_limits_default(&l);
	l.memory = MEMORY;
	l.bytes_out = (uint64_t)32 << 20;
	l.seconds = seconds;
	l.ocr = true;
	buf_init(&x.b, (size_t)8 << 20);
	if (extract_file(fd, slice_str(name), &l, take, pieces_trouble, &x, &rep, &e))
		fail_msg("%s: %s", name, e.text);
	assert_true(buf_ok(&x.b));
	bool said = kinds ? false : x.troubles == 0;
	for (const char *k = kinds; k && *k; k = strchr(k, ' ') + 1) {
		char want[32];
		snprintf(want, sizeof want, "trouble %.*s\n", (int)(strchr(k, ' ') - k), k);
		said |= strstr(buf_cstr(&x.b), want) != NULL;
	}
	if (!said)
		fail_msg("%s: said %.300s and not one of: %s", name, buf_cstr(&x.b), kinds ? kinds : "(nothing)");
	assert_null(strstr(buf_cstr(&x.b), "LEAK"));
	if (!strcmp(name, "behind.xz"))
		assert_non_null(strstr(buf_cstr(&x.b), "words behind"));
#if !defined(__SANITIZE_ADDRESS__)
	if (cpu() - began > CPU_MOST)
		fail_msg("%s: %.1f s of processors", name, cpu() - began);
	getrusage(RUSAGE_SELF, &self);
	if (self.ru_maxrss > (1 << 20))
		fail_msg("%s: %ld KiB in the caller", name, self.ru_maxrss);
#else
	(void)began;
	(void)self;
#endif
	pieces_done(&x);
}

static void archives(void **state)
{
	(void)state;
	static const char *const names[] = {"zeros.zip", "zeros.gz", "zeros.bz2", "zeros.xz", "deep.tar", "deep.gz", "sparse.tar"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		goes_off(names[i], "limit ", 60);
	goes_off("overlap.zip", "limit unknown broken ", 60);
	goes_off("behind.xz", "unknown ", 60);
}

static void office(void **state)
{
	(void)state;
	goes_off("shared.xlsx", "limit ", 60);
	goes_off("strings.xlsx", NULL, 60);
	goes_off("columns.xlsx", NULL, 60);
	goes_off("tables.docx", "limit ", 60);
	goes_off("paragraph.docx", "limit ", 60);
}

static void xml(void **state)
{
	(void)state;
	goes_off("laughs.xml", NULL, 60); /* told, and not expanded */
	goes_off("quadratic.xml", NULL, 60);
	goes_off("outside.xml", NULL, 60);
	goes_off("deep.xml", "limit ", 60);
	goes_off("attributes.xml", NULL, 60);
}

static void text(void **state)
{
	(void)state;
	static const char *const read[] = {"cells.rtf", "tables.html", "signs.html", "comments.html", "attributes.html", "words.eml", "words2.eml", "boundary.eml", "repeats.hl7", "persons.hl7", "elements.x12", "quotes.csv", "columns.csv"};
	for (size_t i = 0; i < ARRAY_LEN(read); i++)
		goes_off(read[i], NULL, 60);
	goes_off("deep.rtf", "limit ", 60);
	goes_off("bin.rtf", "broken ", 60);
	goes_off("deep.json", "limit ", 60);
	goes_off("objects.json", "broken limit ", 60);
	goes_off("parts.eml", "limit ", 60);
	goes_off("deep.eml", "limit broken ", 60);
	goes_off("messages.eml", "limit ", 60);
}

static void databases_and_pictures(void **state)
{
	(void)state;
	goes_off("cycle.sqlite", "broken ", 60);
	goes_off("computed.sqlite", "broken limit died ", 60);
	goes_off("deep.dcm", "broken ", 60);
}

/* What programs read that are not ours; where one is not installed it says so. */
static void programs(void **state)
{
	(void)state;
	goes_off("huge.png", "broken died missing ", 60);
	goes_off("packed.pdf", "died limit missing ", 60);
	goes_off("forms.pdf", "died limit missing ", 1);
	goes_off("circle.doc", "broken died missing ", 60);
	goes_off("circle.xls", "broken died missing ", 60);
	goes_off("circle.pst", "broken died missing ", 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(archives), cmocka_unit_test(office), cmocka_unit_test(xml), cmocka_unit_test(text), cmocka_unit_test(databases_and_pictures), cmocka_unit_test(programs)};
	return cmocka_run_group_tests(tests, make, unmake);
}
