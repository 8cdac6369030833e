/* A list that is larger than memory gives the same answer, leaves nothing behind whatever ends it, and says what failed. */
/* wrap: pwrite pread malloc */
#include "link_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- calls that fail ---- */

static uint64_t calls[3], fail_at[3]; /* of pwrite, pread, malloc: so many were made; the how many-th of them fails, 0: none */

static bool fails(unsigned which)
{
	return ++calls[which] == fail_at[which];
}

ssize_t __real_pwrite(int fd, const void *p, size_t n, off_t at);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at)
{
	if (fails(0)) {
		errno = ENOSPC;
		return -1;
	}
	return __real_pwrite(fd, p, n > 5000 ? n / 2 : n, at); /* in parts */
}

ssize_t __real_pread(int fd, void *p, size_t n, off_t at);
ssize_t __wrap_pread(int fd, void *p, size_t n, off_t at)
{
	if (fails(1)) {
		errno = EIO;
		return -1;
	}
	return __real_pread(fd, p, n, at);
}

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n)
{
	return fails(2) ? NULL : __real_malloc(n);
}

/* ---- a list ---- */

static unsigned pick(unsigned i, unsigned salt, unsigned n) /* 0..n-1, the same each time */
{
	uint64_t x = ((uint64_t)i << 8 | salt) * UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
	return (unsigned)((x >> 33) % n);
}

static void word(struct buf *b, unsigned i, unsigned salt, unsigned n) /* one of n names */
{
	static const char *const from[] = {"ba", "den", "ros", "lin", "tam", "ker", "mo", "vis", "hal", "san", "gor", "fe"};
	unsigned w = pick(i, salt, n);
	for (unsigned k = 0; k < 3; k++, w /= 12)
		buf_str(b, from[(w + k) % 12]);
}

/* Persons once to three times, with slips; families at one address; numbers that few have; one clerk's number for all who have none; so many born on one day that their blocks have to be cut. */
static void list_of(struct buf *b, unsigned persons)
{
	buf_str(b, "id,last,first,middle,dob,sex,ssn,phone,street,city,zip,member_id,dl,remark\n");
	for (unsigned i = 0; i < persons; i++)
		for (unsigned k = 0; k < 1u + (i % 2 == 0) + (i % 5 == 0); k++) {
			unsigned family = i / 3;
			buf_printf(b, "r%u-%u,", i, k);
			word(b, family, 1, 300);
			buf_str(b, k == 2 ? "e," : ",");
			word(b, i, 2, 60);
			buf_printf(b, ",%c,", k == 1 ? ' ' : 'A' + (int)pick(i, 3, 26));
			if (i % 7 == 0)
				buf_str(b, "1960-01-01");
			else
				buf_printf(b, "%04u-%02u-%02u", 1930 + pick(i, 4, 80), 1 + pick(i, 5, 12), k == 2 ? 1 + pick(i, 7, 28) : 1 + pick(i, 6, 28));
			buf_printf(b, ",%c,", pick(i, 8, 2) ? 'F' : 'M');
			if (k == 1 && i % 4 == 0)
				buf_str(b, "555443333"); /* looks like one */
			else if (k != 1)
				buf_printf(b, "%03u%02u%04u", 100 + pick(i, 9, 500), 10 + pick(i, 10, 80), 1000 + pick(i, 11, 8999));
			buf_printf(b, ",%u5%06u,%u ", 200 + pick(family, 12, 700), pick(family, 13, 999999), 1 + pick(family, 14, 900));
			word(b, family, 15, 400);
			buf_printf(b, " St,Town%u,%05u,%s%u,", pick(family, 16, 20), 70000 + pick(family, 17, 50), "Q", 100000000 + family);
			if (i % 20 == 0)
				buf_printf(b, "D%u", 1000000 + i);
			buf_str(b, i % 30 == 0 ? ",seen again\n" : ",\n");
		}
	assert_true(buf_ok(b));
}

/* The list linked; NULL: it failed, and *e says why. */
static struct link *linked(struct slice csv, const struct link_options *o, struct err *e)
{
	struct link *l = link_new(o);
	struct slice rest, head = slice_cut(csv, '\n', &rest), column[64];
	size_t n = 0, used = 0;
	int r = l ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	while (head.n)
		column[n++] = slice_trim(slice_cut(head, ',', &head));
	r = r ? r : link_columns(l, column, NULL, n, e);
	for (size_t size = 150000; r == 0 && rest.n; rest = slice_of(rest.p + used, rest.n - used)) {
		size_t take = rest.n < size ? rest.n : size;
		r = link_feed(l, slice_of(rest.p, take), ',', take == rest.n, &used, e);
	}
	r = r ? r : link_run(l, e);
	if (r == 0)
		return l;
	assert_int_equal(e->code, r);
	assert_true(e->text[0]);
	link_free(l);
	return NULL;
}

static char folder[64];

static int make_folder(void **state)
{
	snprintf(folder, sizeof folder, "/tmp/hf-link-disk-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
	return rmdir(folder); /* it is empty, or this fails */
}

static bool empty(void)
{
	DIR *d = opendir(folder);
	unsigned n = 0;
	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n == 2;
}

static void same(const struct link *a, const struct link *b)
{
	AUTO_BUF struct buf x = {0}, y = {0};
	struct link_counts c, d;
	buf_init(&x, 1 << 20);
	buf_init(&y, 1 << 20);
	link_count(a, &c);
	link_count(b, &d);
	assert_memory_equal(&c, &d, sizeof c);
	assert_int_equal(link_records(a), link_records(b));
	for (uint32_t i = 0; i < link_records(a); i++) {
		assert_int_equal(link_cluster(a, i), link_cluster(b, i));
		assert_true(slice_eq(link_record_id(a, i), link_record_id(b, i)));
	}
	assert_int_equal(link_grey_n(a), link_grey_n(b));
	for (size_t i = 0; i < link_grey_n(a); i++) {
		const struct link_pair *p = link_grey(a, i), *q = link_grey(b, i);
		assert_memory_equal(p, q, sizeof *p);
		const struct link_pair s = link_score(a, p->a, p->b), t = link_score(b, p->a, p->b);
		assert_memory_equal(&s, &t, sizeof s);
		buf_reset(&x);
		buf_reset(&y);
		link_explain(a, p->a, p->b, &x);
		link_explain(b, p->a, p->b, &y);
		assert_true(x.n && slice_eq(buf_slice(&x), buf_slice(&y)));
	}
}

/* ---- */

/* Whatever the memory and the number of threads. */
static void test_same_answer(void **state)
{
	const unsigned persons = 5000;
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	buf_init(&b, (size_t)4 << 20);
	list_of(&b, persons);
	struct link *whole = linked(buf_slice(&b), &(struct link_options){.threads = 2, .this_year = 2026}, &e);
	struct link_counts c;
	assert_non_null(whole);
	link_count(whole, &c);
	assert_true(c.persons < c.records && c.grey > 20 && c.linked > persons / 4);
	for (unsigned t = 1; t <= 3; t += 2) { /* windows of one slice; and of two or so */
		const uint64_t memory = t == 1 ? 1 : persons * 256;
		struct link *l = linked(buf_slice(&b), &(struct link_options){.threads = t, .this_year = 2026, .memory = memory, .tmp = folder}, &e);
		assert_non_null(l);
		assert_non_null(l->disk);
		assert_true(l->disk->blocks >= 5);
		same(whole, l);
		link_free(l);
	}
	link_free(whole);
	assert_true(empty());
}

/* A list that has room, and a short one, stay in memory: the folder is not even looked at. */
static void test_stays(void **state)
{
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	buf_init(&b, (size_t)4 << 20);
	list_of(&b, 2500);
	struct link *l = linked(buf_slice(&b), &(struct link_options){.threads = 1, .memory = UINT64_C(64) << 20, .tmp = "/nonexistent"}, &e);
	assert_non_null(l);
	assert_null(l->disk);
	link_free(l);
	buf_reset(&b);
	list_of(&b, 400);
	l = linked(buf_slice(&b), &(struct link_options){.threads = 1, .memory = 1, .tmp = "/nonexistent"}, &e);
	assert_non_null(l);
	assert_null(l->disk);
	link_free(l);
	buf_reset(&b);
	list_of(&b, 2500);
	l = linked(buf_slice(&b), &(struct link_options){.threads = 1, .memory = 1, .tmp = "/nonexistent"}, &e);
	assert_null(l);
	assert_int_equal(e.code, ERR_SYSTEM);
	assert_string_equal(e.place, "/nonexistent");
	assert_non_null(strstr(e.text, "--tmp"));
}

/* Every so many-th write, read and allocation fails once: it is said, nothing stays, and it is never a wrong answer. */
static void test_failures(void **state)
{
	static const int code[] = {ERR_FULL, ERR_SYSTEM, ERR_MEMORY};
	AUTO_BUF struct buf b = {0};
	const struct link_options o = {.threads = 1, .this_year = 2026, .memory = 1, .tmp = folder};
	struct err e = {0};
	buf_init(&b, (size_t)4 << 20);
	list_of(&b, 2500);
	memset(calls, 0, sizeof calls);
	struct link *l = linked(buf_slice(&b), &o, &e);
	assert_non_null(l);
	link_free(l);
	uint64_t all[3] = {calls[0], calls[1], calls[2]};
	for (unsigned which = 0; which < 3; which++) {
		assert_true(all[which] > 20);
		for (unsigned k = 0; k < 4; k++) { /* the first, and then all over the run */
			e = (struct err){0};
			memset(calls, 0, sizeof calls);
			fail_at[which] = 1 + all[which] * k / 4;
			l = linked(buf_slice(&b), &o, &e);
			bool went = calls[which] >= fail_at[which];
			fail_at[which] = 0;
			assert_true(went);
			if (l) /* an allocation that one can do without */
				assert_int_equal(which, 2);
			else
				assert_int_equal(e.code, code[which]);
			link_free(l);
			if (which == 0) {
				assert_string_equal(e.place, folder);
				assert_non_null(strstr(e.text, "--tmp names another folder"));
			}
		}
	}
	assert_true(empty());
}

/* What is on disk is not readable there, is refused when it was changed, and is gone with the process. */
static void test_store(void **state)
{
	static struct link_trouble t = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct link_store *s;
	struct link_block a, b, c;
	uint8_t v[9000], w[9000];
	memset(v, 'x', sizeof v);
	assert_int_equal(link_store_new(folder, 2, &t, &s), 0);
	assert_true(empty());
	assert_int_equal(link_store_put(s, 0, v, sizeof v, &a), 0);
	assert_int_equal(link_store_put(s, 1, v, 1, &b), 0);
	assert_int_equal(link_store_put(s, 0, v, sizeof v, &c), 0);
	assert_true(link_store_size(s) >= 2 * sizeof v + 1);
	assert_int_equal(link_store_get(s, 1, &c, w), 0);
	assert_memory_equal(v, w, sizeof v);
	assert_int_equal(link_store_get(s, 0, &b, w), 0);
	assert_int_equal(w[0], 'x');
	int fd = -1;
	for (int k = 3; k < 64 && fd < 0; k++) { /* the file: it has no name any more */
		char at[64], path[4096];
		snprintf(at, sizeof at, "/proc/self/fd/%d", k);
		ssize_t n = readlink(at, path, sizeof path - 1);
		if (n > 0 && (size_t)n > strlen(folder) && !memcmp(path, folder, strlen(folder)))
			fd = k;
	}
	assert_true(fd >= 0);
	assert_int_equal(__real_pread(fd, w, 9000, (off_t)a.at), 9000);
	unsigned x = 0;
	for (unsigned k = 0; k < 9000; k++)
		x += w[k] == 'x';
	assert_in_range(x, 0, 200); /* one in 256, about */
	w[77] ^= 1;
	assert_int_equal(__real_pwrite(fd, w, 9000, (off_t)a.at), 9000);
	assert_int_equal(link_store_get(s, 0, &a, v), ERR_CRYPTO);
	assert_int_equal(t.err.code, ERR_CRYPTO);
	assert_int_equal(link_store_get(s, 0, &c, v), 0);
	link_store_free(s);
	link_store_free(NULL);
	assert_true(empty());
}

static void test_killed(void **state)
{
	AUTO_BUF struct buf b = {0};
	int status;
	buf_init(&b, (size_t)4 << 20);
	list_of(&b, 2500);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) { /* between reading and linking: rows are on disk */
		struct err e;
		struct link *l = link_new(&(struct link_options){.threads = 1, .memory = 1, .tmp = folder});
		struct slice rest, head = slice_cut(buf_slice(&b), '\n', &rest), column[64];
		size_t n = 0, used;
		while (head.n)
			column[n++] = slice_cut(head, ',', &head);
		if (l && link_columns(l, column, NULL, n, &e) == 0 && link_feed(l, rest, ',', true, &used, &e) == 0 && l->disk && link_store_size(l->disk->rows) > 100000)
			raise(SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_true(empty());
}

/* FEBRL's sets, where they are at hand. */
static void test_febrl(void **state)
{
	const char *corpus = getenv("HOLDFAST_CORPUS");
	if (!corpus) {
		skip();
		return;
	}
	char path[4096];
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	buf_init(&b, (size_t)4 << 20);
	snprintf(path, sizeof path, "%s/linkage/febrl3.csv", corpus);
	assert_int_equal(file_read(AT_FDCWD, path, (size_t)4 << 20, &b, &e), 0);
	struct link *a = linked(buf_slice(&b), &(struct link_options){.threads = 2}, &e), *c = linked(buf_slice(&b), &(struct link_options){.threads = 2, .memory = 1 << 20, .tmp = folder}, &e);
	assert_non_null(a);
	assert_non_null(c);
	assert_non_null(c->disk);
	same(a, c);
	link_free(a);
	link_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_same_answer, make_folder, drop_folder), cmocka_unit_test(test_stays), cmocka_unit_test_setup_teardown(test_failures, make_folder, drop_folder),
		cmocka_unit_test_setup_teardown(test_store, make_folder, drop_folder), cmocka_unit_test_setup_teardown(test_killed, make_folder, drop_folder), cmocka_unit_test_setup_teardown(test_febrl, make_folder, drop_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
