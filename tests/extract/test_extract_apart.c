/* wrap: extract_xml_stream execve access */
/* A reader that was taken over, or that breaks: what it does in the child is done to nobody else, it is told, and the next file is read. */
#include "pieces.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *what; /* the child is to do */
static pid_t parent;

int __real_extract_xml_stream(const struct extract_source *s, const struct extract_out *o, struct err *e);
int __wrap_extract_xml_stream(const struct extract_source *s, const struct extract_out *o, struct err *e);

static int refused(const struct extract_out *o, const char *name, long r, struct err *e)
{
	char line[64];
	int n = snprintf(line, sizeof line, "%s %s", name, r < 0 && (errno == EPERM || errno == EACCES) ? "refused" : "ALLOWED");
	return extract_put_text(o, slice_of(line, (size_t)n), 0, e);
}

static int tries(const struct extract_out *o, struct err *e)
{
	int r = refused(o, "open", open("/etc/passwd", O_RDONLY), e);
	r = r ? r : refused(o, "create", open("/tmp/holdfast-taken-over", O_CREAT | O_WRONLY, 0600), e);
	r = r ? r : refused(o, "socket", socket(AF_INET, SOCK_STREAM, 0), e);
	r = r ? r : refused(o, "fork", fork(), e);
	r = r ? r : refused(o, "kill", kill(parent, 0), e);
	r = r ? r : refused(o, "limit", prlimit(parent, RLIMIT_CPU, &(struct rlimit){1, 1}, NULL), e);
	r = r ? r : refused(o, "owner", fcntl(3, F_SETOWN, parent), e);
	r = r ? r : refused(o, "exec", execl("/bin/true", "true", (char *)NULL), e);
	return r ? r : refused(o, "code", mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0, e);
}

int __wrap_extract_xml_stream(const struct extract_source *s, const struct extract_out *o, struct err *e)
{
	int r = extract_put_text(o, SLICE("said before\n"), 0, e);
	if (r || !o->walk->apart)
		return r;
	if (!strcmp(what, "crash")) {
		struct extract_piece flush = {.kind = EXTRACT_RECORD};
		for (unsigned i = 0; i < 4000 && !r; i++) /* until what was said before is on its way */
			r = o->fn(o->arg, &flush, e);
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
		__builtin_trap();
	}
	if (!strcmp(what, "hang"))
		for (volatile int i = 0;; i++)
			;
	if (!strcmp(what, "sleep"))
		for (;;)
			(void)!read(-1, NULL, 0), (void)sched_yield();
	if (!strcmp(what, "eat")) {
		size_t got = 0;
		for (void *p; (p = malloc((size_t)16 << 20)); got++)
			memset(p, 1, (size_t)16 << 20);
		return err_set(e, ERR_MEMORY, NULL, "no more than %s", got < 40 ? "was allowed" : "ALL");
	}
	if (!strcmp(what, "garbage"))
		(void)!write(3, "\xff\xff\xff\x7fp", 5);
	if (!strcmp(what, "wrong piece"))
		(void)!write(3, "\x10\0\0\0p\xee\xee\xee\0\0\0\0\0\0\0\0\0\0\0\0x", 21);
	if (!strcmp(what, "foreign member")) /* a path that is not below this file */
		(void)!write(3, "\3\0\0\0m../", 8);
	if (!strcmp(what, "silent"))
		_exit(0);
	if (!strcmp(what, "tries"))
		return tries(o, e);
	if (!strcmp(what, "convert")) {
		AUTO_BUF struct buf b = {0};
		struct slice text;
		buf_init(&b, 1 << 16);
		r = extract_utf8(SLICE("na\xEFve\n"), "ISO-8859-1", &b, &text, NULL, e);
		return r ? r : extract_put_text(o, text, 0, e);
	}
	return __real_extract_xml_stream(s, o, e);
}

static char file_name[] = "/tmp/holdfast-test-apart-XXXXXX";

static int make(void **state)
{
	(void)state;
	int fd = mkstemp(file_name);
	parent = getpid();
	return fd < 0 || write(fd, "<a>it</a>", 9) != 9 || close(fd);
}

static int unmake(void **state)
{
	(void)state;
	return unlink(file_name);
}

static const char *file_when(struct pieces *x, const char *does, unsigned seconds, size_t memory)
{
	struct extract_limits l;
	struct extract_report rep;
	struct err e = {0};
	AUTO_CLOSE int fd = open(file_name, O_RDONLY | O_CLOEXEC);
	extract_limits_default(&l);
	l.seconds = seconds;
	l.memory = memory;
	what = does;
	buf_init(&x->b, 1 << 20);
	assert_int_equal(extract_file(fd, SLICE("x.xml"), &l, pieces_take, pieces_trouble, x, &rep, &e), 0);
	assert_int_equal(rep.type, CONTENT_XML);
	assert_int_equal(rep.size, 9);
	return buf_cstr(&x->b);
}

static void ends(const char *does, unsigned seconds, size_t memory, const char *last)
{
	struct pieces x = {0};
	const char *got = file_when(&x, does, seconds, memory);
	size_t n = strlen(got), k = strlen(last);
	if (n < k || strcmp(got + n - k, last))
		fail_msg("%s: %.200s", does, got);
	pieces_done(&x);
	got = file_when(&x, "read", 60, (size_t)256 << 20); /* the next file */
	assert_string_equal(got, "text [said before\n]\nrecord \ntext [a: it\n]\n");
	pieces_done(&x);
}

static void a_crash_is_told(void **state)
{
	(void)state;
	struct pieces x = {0};
	const char *got = file_when(&x, "crash", 60, (size_t)256 << 20);
	assert_true(strstr(got, "text [said before\n]\n") == got); /* what came before stands */
	pieces_done(&x);
	ends("crash", 60, (size_t)256 << 20, "trouble died\n");
}

static void it_takes_no_longer_than_it_may(void **state)
{
	(void)state;
	ends("hang", 1, (size_t)256 << 20, "trouble died\n");
	ends("sleep", 1, (size_t)256 << 20, "trouble died\n");
}

static void it_eats_no_more_than_it_may(void **state)
{
	(void)state;
#if !defined(__SANITIZE_ADDRESS__)
	ends("eat", 60, (size_t)256 << 20, "trouble limit\n");
#else
	skip();
#endif
}

static void what_it_says_is_not_believed(void **state)
{
	(void)state;
	ends("garbage", 60, (size_t)256 << 20, "trouble died\n");
	ends("wrong piece", 60, (size_t)256 << 20, "trouble died\n");
	ends("silent", 60, (size_t)256 << 20, "trouble died\n");
}

static void it_can_do_nothing_else(void **state)
{
	(void)state;
#if !defined(__SANITIZE_ADDRESS__)
	ends("tries", 60, (size_t)256 << 20, "text [said before\n]\ntext [open refused]\ntext [create refused]\ntext [socket refused]\ntext [fork refused]\ntext [kill refused]\ntext [limit refused]\ntext [owner refused]\ntext [exec refused]\ntext [code refused]\n");
#else
	skip();
#endif
}

/* ---- a program that is not ours, taken over: it tries in its place ---- */

static bool landlocked;
static char victim[] = "/tmp/holdfast-test-victim-XXXXXX";

int __wrap_access(const char *path, int how);
int __real_access(const char *path, int how);
int __wrap_access(const char *path, int how) /* it is installed */
{
	return strncmp(path, "/usr/bin/", 9) ? __real_access(path, how) : 0;
}

static void program_tries(const char *name, long r)
{
	char line[64];
	int n = snprintf(line, sizeof line, "%s %s\n", name, r < 0 && (errno == EPERM || errno == EACCES) ? "refused" : "ALLOWED");
	(void)!write(1, line, (size_t)n);
}

int __wrap_execve(const char *path, char *const argv[], char *const envp[]);
int __wrap_execve(const char *path, char *const argv[], char *const envp[])
{
	(void)path;
	(void)argv;
	(void)envp;
	char byte;
	if (landlocked)
		program_tries("read", open("/etc/passwd", O_RDONLY));
	program_tries("create", open("/tmp/holdfast-taken-over", O_CREAT | O_WRONLY, 0600));
	program_tries("write", open(victim, O_WRONLY));
	program_tries("both", open(victim, O_RDWR));
	program_tries("remove", unlink(victim));
	program_tries("rename", rename(victim, "/tmp/holdfast-taken-over"));
	program_tries("cut", truncate(victim, 0));
	program_tries("mode", chmod(victim, 0666));
	program_tries("socket", socket(AF_INET, SOCK_STREAM, 0));
	program_tries("local socket", socket(AF_UNIX, SOCK_STREAM, 0));
	program_tries("kill", kill(parent, 0));
	program_tries("thread's kill", tgkill(parent, parent, 0));
	program_tries("owner", fcntl(1, F_SETOWN, parent));
	program_tries("limit", prlimit(parent, RLIMIT_CPU, &(struct rlimit){1, 1}, NULL));
	program_tries("unshare", unshare(CLONE_NEWUSER));
	bool own = read(0, &byte, 1) == 1 && byte == '%', more = lseek(3, 0, SEEK_CUR) >= 0;
	(void)!write(1, own ? "its file read\n" : "ALLOWED none\n", own ? 14 : 13);
	errno = EPERM;
	program_tries("more files", more ? 0 : -1);
	_exit(0);
}

static void a_program_can_do_nothing_else(void **state)
{
	(void)state;
#if !defined(__SANITIZE_ADDRESS__)
	struct pieces x = {0};
	struct extract_limits l;
	struct extract_report rep;
	struct err e = {0};
	char pdf[] = "/tmp/holdfast-test-program-XXXXXX";
	AUTO_CLOSE int fd = mkstemp(pdf);
	AUTO_CLOSE int v = mkstemp(victim);
	assert_true(fd >= 0 && v >= 0 && write(v, "kept", 4) == 4 && write(fd, "%PDF-1.4\n%%EOF\n", 15) == 15);
	landlocked = !extract_open_to();
	extract_limits_default(&l);
	buf_init(&x.b, 1 << 20);
	assert_int_equal(extract_file(fd, SLICE("x.pdf"), &l, pieces_take, pieces_trouble, &x, &rep, &e), 0);
	struct stat st;
	int left = fstat(v, &st);
	unlink(pdf);
	unlink(victim);
	if (strstr(buf_cstr(&x.b), "ALLOWED") || !strstr(buf_cstr(&x.b), "its file read"))
		fail_msg("%s: %s", extract_open_to() ? "no Landlock" : "Landlock", buf_cstr(&x.b));
	assert_true(left == 0 && st.st_size == 4 && st.st_nlink == 1);
	pieces_done(&x);
#else
	skip();
#endif
}

static _Atomic bool enough;

static void *converts(void *arg)
{
	(void)arg;
	while (!enough) {
		AUTO_BUF struct buf b = {0};
		struct slice text;
		struct err e = {0};
		buf_init(&b, 1 << 16);
		assert(extract_utf8(SLICE("caf\xE9"), "ISO-8859-1", &b, &text, NULL, &e) == 0 && slice_eq_str(text, "caf\xC3\xA9"));
	}
	return NULL;
}

/* The C library's converters are behind one lock, and a child is forked while other threads open and close some: its own are to be had all the same. */
static void converters_of_other_threads_hold_none_up(void **state)
{
	(void)state;
	pthread_t thread[3];
	enough = false;
	for (size_t i = 0; i < ARRAY_LEN(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, converts, NULL), 0);
	for (unsigned i = 0; i < 60; i++) {
		struct pieces x = {0};
		const char *got = file_when(&x, "convert", 20, (size_t)256 << 20);
		if (strcmp(got, "text [said before\n]\ntext [na\xC3\xAFve\n]\n"))
			fail_msg("file %u: %.200s", i, got);
		pieces_done(&x);
	}
	enough = true;
	for (size_t i = 0; i < ARRAY_LEN(thread); i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
}

static int unwilling(void *arg, const struct extract_piece *p, struct err *e)
{
	(void)arg;
	(void)p;
	return err_set(e, ERR_FULL, NULL, "no more");
}

static void the_taker_ends_it(void **state)
{
	(void)state;
	struct extract_limits l;
	struct extract_report rep;
	struct err e = {0};
	AUTO_CLOSE int fd = open(file_name, O_RDONLY | O_CLOEXEC);
	extract_limits_default(&l);
	what = "read";
	assert_int_equal(extract_file(fd, SLICE("x.xml"), &l, unwilling, pieces_trouble, NULL, &rep, &e), ERR_FULL);
	assert_string_equal(e.text, "no more");
}

/* Time in which it is only kept waiting does not count against a child; a child that waits for nothing is seen. */
static bool works(bool spins)
{
	pid_t pid = fork();
	int64_t worked = 0, until = time_monotonic() + 100 * TIME_SEC;
	bool as_it_is = false;
	assert_true(pid >= 0);
	if (pid == 0)
		for (volatile int i = 0;; i++)
			if (!spins)
				pause();
	while (!as_it_is && time_monotonic() < until) {
		usleep(100000);
		as_it_is = extract_works(pid, &worked) == spins;
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	worked = 0;
	assert_false(extract_works(pid, &worked)); /* it is gone */
	return as_it_is;
}

static void one_that_works_and_one_that_waits(void **state)
{
	(void)state;
	assert_true(works(true));
	assert_true(works(false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_works_and_one_that_waits), cmocka_unit_test(a_crash_is_told), cmocka_unit_test(it_takes_no_longer_than_it_may), cmocka_unit_test(it_eats_no_more_than_it_may), cmocka_unit_test(what_it_says_is_not_believed), cmocka_unit_test(it_can_do_nothing_else), cmocka_unit_test(a_program_can_do_nothing_else), cmocka_unit_test(the_taker_ends_it), cmocka_unit_test(converters_of_other_threads_hold_none_up),
	};
	return cmocka_run_group_tests(tests, make, unmake);
}
