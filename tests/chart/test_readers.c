/* Rule 8: charts open with the writer running, stopped cleanly or killed, from another uid that may not write in the folder; while a rebuilt view takes the old one's place; from a copy. And
 * what was committed survives a kill, what was not is not half there. */
#include "story.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

static char dir[64], path[96];

static void message(struct chart *c, struct arena *a, uint64_t seq)
{
	char text[300];
	snprintf(text, sizeof text, "ADT^A01 EHR@HOSP - | %d@HOSP:MR | patient name=N%d^JOHN birth=1957-03-12 | visit action=admit visit=V%d class=inpatient location=3W^%d | result group=F code=K value=%d status=final", (int)(seq % 50), (int)(seq % 50),
	         (int)(seq % 50), (int)(seq % 50), (int)seq);
	struct chart_entry en = {.seq = seq, .time = STORY_START + (int64_t)seq * TIME_SEC, .kind = 1, .source = SLICE("mllp/x")};
	OK(chart_apply(c, &en, story_facts(a, text), SLICE_NULL, e));
}

static int setup(void **state)
{
	story_dir(dir);
	snprintf(path, sizeof path, "%s/chart.db", dir);
	chmod(dir, 0755);
	return 0;
}

static int teardown(void **state)
{
	chmod(dir, 0700);
	story_sweep(dir);
	return 0;
}

/* A writer in a process of its own: n messages, committed every `batch`; then it says so and goes on, stops or waits to be killed. */
enum then { THEN_CLOSE, THEN_WAIT, THEN_GO_ON };

static pid_t writer(uint64_t n, uint64_t batch, enum then then, int *ret_fd)
{
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	pid_t pid = fork();
	if (pid)  {
		close(fds[1]);
		*ret_fd = fds[0];
		return pid;
	}
	umask(022);
	struct arena *a = arena_new((size_t)1 << 30);
	struct chart *c = open_sql(path, true);
	uint64_t i = chart_applied(c);
	for (n += i; i < n || then == THEN_GO_ON; i++) {
		message(c, a, i);
		arena_reset(a);
		if (i % batch == batch - 1) {
			OK(chart_commit(c, e));
			uint64_t done = i + 1;
			if (write(fds[1], &done, sizeof done) < 0)
				_exit(9);
		}
	}
	if (then == THEN_CLOSE) {
		OK(chart_commit(c, e));
		chart_close(c);
		_exit(0);
	}
	message(c, a, i); /* begun, never committed */
	uint64_t done = UINT64_MAX;
	(void)!write(fds[1], &done, sizeof done);
	pause();
	_exit(1);
}

static uint64_t heard(int fd, uint64_t until)
{
	uint64_t n, last = 0;
	while (read(fd, &n, sizeof n) == (ssize_t)sizeof n) {
		if (n == UINT64_MAX)
			break;
		last = n;
		if (n >= until)
			break;
	}
	return last;
}

static void end_of(pid_t pid, bool kill_it)
{
	int st;
	if (kill_it)
		kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(kill_it ? WIFSIGNALED(st) : WIFEXITED(st) && WEXITSTATUS(st) == 0);
}

/* As somebody who may read and nothing else. Prints what is wrong and exits with it. */
static int read_as_other(uint64_t want, bool exactly)
{
	pid_t pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(2);
		if (geteuid() != 0 && access(dir, W_OK) == 0 && getuid() == 65534)
			_exit(3);
		struct chart *c = NULL;
		struct err bad = {0};
		struct chart_moment at;
		struct arena *a = arena_new((size_t)1 << 28);
		struct chart_row *rows;
		size_t n;
		char line[700];
		if (chart_open(path, &(struct chart_options){.site_name = "Test"}, &c, &bad) < 0 || chart_now(c, &at, &bad) < 0 || chart_census(c, at, SLICE_NULL, a, &rows, &n, &bad) < 0) {
			fprintf(stderr, "reader: %s\n", err_line(&bad, line, sizeof line));
			_exit(4);
		}
		if (at.end < want || (exactly && at.end != want)) {
			fprintf(stderr, "reader: has %llu entries, not %llu\n", (unsigned long long)at.end, (unsigned long long)want);
			_exit(5);
		}
		if (n != (at.end < 50 ? at.end : 50)) {
			fprintf(stderr, "reader: %zu in the census\n", n);
			_exit(6);
		}
		/* every entry of what it says it has */
		for (uint64_t i = 0; i < at.end; i += 17) {
			struct chart_patient *p;
			char id[40];
			snprintf(id, sizeof id, "%d@HOSP", (int)(i % 50));
			if (chart_patient(c, slice_str(id), at, a, &p, NULL, &bad) < 0)
				_exit(7);
		}
		chart_close(c);
		_exit(0);
	}
	int st;
	assert_int_equal(waitpid(pid, &st, 0), pid);
	return WIFEXITED(st) ? WEXITSTATUS(st) : 100;
}

static void test_no_view(void **state)
{
	struct chart *c;
	struct err bad = {0};
	assert_int_equal(chart_open(path, &(struct chart_options){0}, &c, &bad), ERR_NOT_FOUND);
}

static void test_writer_alive(void **state)
{
	int fd;
	pid_t pid = writer(200, 10, THEN_WAIT, &fd);
	assert_int_equal(heard(fd, UINT64_MAX), 200);
	assert_int_equal(read_as_other(200, true), 0); /* and not the entry that was begun */
	end_of(pid, true);
	close(fd);
	assert_int_equal(read_as_other(200, true), 0); /* killed: everything committed */
	pid = writer(30, 10, THEN_CLOSE, &fd);
	end_of(pid, false);
	close(fd);
	assert_int_equal(read_as_other(230, true), 0); /* closed cleanly */
	char name[120];
	snprintf(name, sizeof name, "%s-wal", path);
	assert_int_equal(access(name, F_OK), 0);
}

static void test_read_only_folder(void **state)
{
	int fd;
	pid_t pid = writer(60, 10, THEN_CLOSE, &fd);
	end_of(pid, false);
	close(fd);
	chmod(dir, 0555);
	assert_int_equal(read_as_other(60, true), 0);
	chmod(dir, 0755);
	/* a copy of chart.db alone, as a backup has it: nothing committed is outside it */
	char name[120];
	snprintf(name, sizeof name, "%s-wal", path);
	assert_int_equal(unlink(name), 0);
	snprintf(name, sizeof name, "%s-shm", path);
	assert_int_equal(unlink(name), 0);
	chmod(dir, 0555);
	assert_int_equal(read_as_other(60, true), 0);
	chmod(dir, 0755);
	/* a reader of the copy sees that a writer has come */
	struct chart *r = open_sql(path, false);
	assert_int_equal(chart_applied(r), 60);
	pid = writer(20, 10, THEN_WAIT, &fd);
	assert_int_equal(heard(fd, UINT64_MAX), 80);
	assert_int_equal(chart_applied(r), 80);
	end_of(pid, true);
	close(fd);
	chart_close(r);
}

/* Killed at any time: the view opens again, with at least what was committed, and goes on. */
static void test_killed_writers(void **state)
{
	uint64_t least = 0;
	for (int round = 0; round < 15; round++) {
		int fd;
		pid_t pid = writer(0, 1 + (uint64_t)round % 4, THEN_GO_ON, &fd);
		uint64_t last = heard(fd, least + 20 + (uint64_t)round * 3);
		end_of(pid, true);
		uint64_t n; /* what was in the pipe still */
		while (read(fd, &n, sizeof n) == (ssize_t)sizeof n)
			last = n;
		close(fd);
		assert_true(last > least);
		assert_int_equal(read_as_other(last, false), 0);
		least = last;
	}
	struct chart *c = open_sql(path, true);
	assert_true(chart_applied(c) >= least);
	chart_close(c);
}

/* A rebuild: readers see the old view until the new one is whole; then they see the new one, without opening again. */
static void test_rebuild(void **state)
{
	struct arena *a = arena_new((size_t)1 << 30);
	struct chart *c = open_sql(path, true), *r;
	for (uint64_t i = 0; i < 40; i++)
		message(c, a, i);
	OK(chart_commit(c, e));
	r = open_sql(path, false);
	assert_int_equal(chart_applied(r), 40);
	OK(chart_bulk(c, true, e));
	assert_int_equal(chart_applied(c), 0);
	for (uint64_t i = 0; i < 100; i++) {
		message(c, a, i);
		if (i % 30 == 0)
			OK(chart_commit(c, e));
		if (i == 70)
			assert_int_equal(chart_applied(r), 40);
	}
	assert_int_equal(read_as_other(40, true), 0);
	OK(chart_bulk(c, false, e));
	assert_int_equal(chart_applied(c), 100);
	assert_int_equal(chart_applied(r), 100);
	assert_int_equal(read_as_other(100, true), 0);
	message(c, a, 100);
	OK(chart_commit(c, e));
	assert_int_equal(chart_applied(r), 101);
	/* begun and given up: the old one is there still */
	OK(chart_bulk(c, true, e));
	message(c, a, 0);
	chart_close(c);
	assert_int_equal(chart_applied(r), 101);
	c = open_sql(path, true);
	assert_int_equal(chart_applied(c), 101);
	chart_close(c);
	chart_close(r);
	arena_free(a);
}

/* Readers who look all the time while views are replaced under them never get anything but one whole view or the other. */
static void test_rebuild_under_readers(void **state)
{
	struct arena *a = arena_new((size_t)1 << 30);
	struct chart *c = open_sql(path, true);
	for (uint64_t i = 0; i < 50; i++)
		message(c, a, i);
	OK(chart_commit(c, e));
	chart_close(c);
	pid_t readers[3];
	for (int k = 0; k < 3; k++) { /* while we hold no handle: SQLite would give theirs the index that ours may write */
		readers[k] = fork();
		if (readers[k] == 0) {
			if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
				_exit(2);
			struct err bad = {0};
			struct chart *r = NULL;
			char line[700];
			for (int i = 0; i < 400; i++) {
				struct chart_row *rows;
				struct chart_moment at;
				size_t n;
				arena_reset(a);
				if ((!r && chart_open(path, &(struct chart_options){0}, &r, &bad) < 0) || chart_now(r, &at, &bad) < 0 || chart_census(r, STORY_NOW, SLICE_NULL, a, &rows, &n, &bad) < 0) {
					fprintf(stderr, "reader: %s\n", err_line(&bad, line, sizeof line));
					_exit(4);
				}
				if (n != 50 || at.end < 50)
					_exit(5);
				if (i % 50 == 0) {
					chart_close(r);
					r = NULL;
				}
				usleep(1000);
			}
			_exit(0);
		}
	}
	c = open_sql(path, true);
	for (int round = 0; round < 6; round++) {
		OK(chart_bulk(c, true, e));
		for (uint64_t i = 0; i < 60 + (uint64_t)round; i++)
			message(c, a, i);
		OK(chart_bulk(c, false, e));
		for (uint64_t i = chart_applied(c); i < 80; i++) {
			message(c, a, i);
			OK(chart_commit(c, e));
		}
	}
	for (int k = 0; k < 3; k++)
		end_of(readers[k], false);
	chart_close(c);
	arena_free(a);
}

/* ---- who may not write the WAL's index ---- */

struct index_head { /* of chart.db-shm: twice, then what checkpointers and readers say (sqlite.org/walformat.html 2.1) */
	uint32_t version, unused, change;
	uint8_t is_init, big_endian;
	uint16_t page_size;
	uint32_t frames, pages, frame_sum[2], salt[2], sum[2];
};
struct index_page {
	struct index_head head[2];
	uint32_t backfilled, mark[5];
};

static void index_sum(struct index_head *h)
{
	uint32_t x[10], s1 = 0, s2 = 0;
	memcpy(x, h, sizeof x);
	for (int i = 0; i < 10; i += 2) {
		s1 += x[i] + s2;
		s2 += x[i + 1] + s1;
	}
	h->sum[0] = s1;
	h->sum[1] = s2;
}

/* A writer whose hand can be stopped: 50 messages are committed; then on demand the index is as it is in the middle of a commit ('c') or of beginning the WAL again ('b'), and is whole again when we are told ('w'). */
static void halting_writer(int fd)
{
	struct arena *a = arena_new((size_t)1 << 30);
	char shm[120], what;
	umask(022);
	struct chart *c = open_sql(path, true);
	for (uint64_t i = 0; i < 50; i++)
		message(c, a, i);
	OK(chart_commit(c, e));
	snprintf(shm, sizeof shm, "%s-shm", path);
	int f = open(shm, O_RDWR); /* stays open: to close it would give up SQLite's locks */
	struct index_page *p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0), whole;
	if (p == MAP_FAILED || fchmod(f, 0444) < 0 || write(fd, "o", 1) != 1)
		_exit(9);
	while (read(fd, &what, 1) == 1) {
		if (what == 'c') { /* the second header is written first */
			whole = *p;
			p->head[1].change++;
			index_sum(&p->head[1]);
		} else if (what == 'b') { /* both headers say so, nothing else yet */
			whole = *p;
			p->head[0].frames = 0;
			index_sum(&p->head[0]);
			p->head[1] = p->head[0];
			for (int i = 1; i < 5; i++)
				p->mark[i] = whole.head[0].frames;
			p->backfilled = whole.head[0].frames;
		} else if (what == 'w') {
			*p = whole;
		}
		if (write(fd, "o", 1) != 1)
			break;
	}
	_exit(0);
}

static int hand; /* to the halting writer */
static int (*real_fcntl)(int, int, ...);
static unsigned held_up;

static bool ask_hand(char what)
{
	char ok;
	return write(hand, &what, 1) == 1 && read(hand, &ok, 1) == 1;
}

/* SQLite's own way to its locks: before it asks for the writer's, the writer has gone on. */
static int fcntl_held_up(int fd, int cmd, ...)
{
	va_list ap;
	va_start(ap, cmd);
	void *arg = va_arg(ap, void *);
	va_end(ap);
	const struct flock *l = arg;
	if (cmd == F_SETLK && l->l_type == F_RDLCK && l->l_start == 120 && l->l_len == 1) {
		held_up++;
		if (!ask_hand('w'))
			_exit(8);
	}
	return real_fcntl(fd, cmd, arg);
}

static void *whole_after_a_while(void *unused)
{
	usleep(100000);
	return ask_hand('w') ? unused : NULL;
}

static void reader_between(int fd)
{
	struct chart *r = NULL;
	struct chart_moment at;
	struct err bad = {0};
	char line[700];
	pthread_t t;
	hand = fd;
	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		_exit(2);
	if (chart_open(path, &(struct chart_options){0}, &r, &bad) < 0 || chart_now(r, &at, &bad) < 0 || at.end != 50) {
		fprintf(stderr, "reader: %s\n", err_line(&bad, line, sizeof line));
		_exit(3);
	}
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	real_fcntl = (int (*)(int, int, ...))vfs->xGetSystemCall(vfs, "fcntl");
	vfs->xSetSystemCall(vfs, "fcntl", (sqlite3_syscall_ptr)fcntl_held_up);
	if (!ask_hand('c') || chart_now(r, &at, &bad) < 0 || at.end != 50) {
		fprintf(stderr, "reader in a commit: %s\n", err_line(&bad, line, sizeof line));
		_exit(4);
	}
	vfs->xSetSystemCall(vfs, "fcntl", NULL);
	if (held_up != 1) /* the story did not happen */
		_exit(5);
	if (!ask_hand('b') || pthread_create(&t, NULL, whole_after_a_while, NULL) != 0 || chart_now(r, &at, &bad) < 0 || at.end != 50) {
		fprintf(stderr, "reader while the WAL begins again: %s\n", err_line(&bad, line, sizeof line));
		_exit(6);
	}
	pthread_join(t, NULL);
	_exit(0);
}

/* A reader whose two looks at the index had a commit between them is told "readonly" by SQLite, and so is one who looks while the WAL is begun again. That is no error to show to a nurse: 200 wards saw it. */
static void test_between_two_looks(void **state)
{
	int fds[2];
	char ok;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	pid_t w = fork();
	if (w == 0) {
		close(fds[1]);
		halting_writer(fds[0]);
	}
	close(fds[0]);
	assert_int_equal(read(fds[1], &ok, 1), 1);
	pid_t r = fork();
	if (r == 0)
		reader_between(fds[1]);
	close(fds[1]);
	end_of(r, false);
	end_of(w, false);
}

static void look_until(int64_t until)
{
	struct err bad = {0};
	struct chart *r = NULL;
	struct chart_moment at;
	char line[700];
	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		_exit(2);
	while (time_monotonic() < until) {
		if ((!r && chart_open(path, &(struct chart_options){0}, &r, &bad) < 0) || chart_now(r, &at, &bad) < 0) {
			fprintf(stderr, "reader: %s\n", err_line(&bad, line, sizeof line));
			_exit(4);
		}
		if (at.end < 50)
			_exit(5);
	}
	_exit(0);
}

/* The same as it comes: readers who do nothing but look, and a writer who commits as fast as it can and begins its WAL again all the time. */
static void test_wal_begins_again(void **state)
{
	struct arena *a = arena_new((size_t)1 << 30);
	struct chart *c = open_sql(path, true);
	for (uint64_t i = 0; i < 50; i++)
		message(c, a, i);
	OK(chart_commit(c, e));
	chart_close(c);
	pid_t readers[3];
	int64_t until = time_monotonic() + 3 * TIME_SEC;
	for (int k = 0; k < 3; k++) { /* while we hold no handle: SQLite would give theirs the index that ours may write */
		readers[k] = fork();
		if (readers[k] == 0)
			look_until(until);
	}
	c = open_sql(path, true);
	sqlite3 *other = NULL;
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	for (uint64_t i = 50; time_monotonic() < until; i++) {
		message(c, a, i);
		arena_reset(a);
		OK(chart_commit(c, e));
		if (i % 50 == 0)
			sqlite3_exec(other, i % 100 ? "PRAGMA wal_checkpoint(RESTART)" : "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
	}
	sqlite3_close(other);
	for (int k = 0; k < 3; k++)
		end_of(readers[k], false);
	chart_close(c);
	arena_free(a);
}

/* Another version of the program, other readers, or damage: said, with what to do; and a view is only ever made again, never believed. */
static void test_other_versions(void **state)
{
	struct arena *a = arena_new((size_t)1 << 30);
	struct err bad = {0};
	struct chart *c = open_sql(path, true), *d;
	message(c, a, 0);
	OK(chart_commit(c, e));
	assert_string_equal(chart_readers(c), "test 1");
	chart_close(c);
	assert_int_equal(chart_open(path, &(struct chart_options){.write = true, .readers = "test 2"}, &d, &bad), ERR_CORRUPT);
	assert_non_null(strstr(bad.text, "rebuild"));
	/* kept for readers while the next one is made, and not written to */
	OK(chart_open(path, &(struct chart_options){.write = true, .readers = "test 3", .keep = true}, &c, e));
	assert_true(chart_stale(c));
	assert_int_equal(chart_applied(c), 1);
	assert_int_equal(chart_apply(c, &(struct chart_entry){.seq = 1, .time = 2 * TIME_SEC, .kind = 20, .source = SLICE("site")}, NULL, SLICE_NULL, &bad), ERR_USAGE);
	chart_close(c);
	OK(chart_open(path, &(struct chart_options){.write = true, .readers = "test 3", .keep = true}, &c, e));
	struct chart *reader = NULL;
	struct chart_moment at;
	OK(chart_open(path, &(struct chart_options){.site_name = ""}, &reader, e));
	OK(chart_bulk(c, true, e));
	OK(chart_now(reader, &at, e));
	assert_int_equal(at.end, 1);
	message(c, a, 0);
	message(c, a, 1);
	OK(chart_now(reader, &at, e));
	assert_int_equal(at.end, 1);
	OK(chart_bulk(c, false, e));
	OK(chart_now(reader, &at, e));
	assert_int_equal(at.end, 2);
	assert_false(chart_stale(c));
	assert_string_equal(chart_readers(c), "test 3");
	chart_close(reader);
	chart_close(c);
	OK(chart_open(path, &(struct chart_options){.write = true, .readers = "test 2", .rebuild = true}, &c, e));
	assert_int_equal(chart_applied(c), 0);
	assert_string_equal(chart_readers(c), "test 2");
	OK(chart_bulk(c, true, e));
	message(c, a, 0);
	OK(chart_bulk(c, false, e));
	chart_close(c);
	c = NULL;
	OK(chart_open(path, &(struct chart_options){.write = true, .readers = "test 2"}, &c, e));
	assert_int_equal(chart_applied(c), 1);
	chart_close(c);
	/* not a database at all */
	int fd = open(path, O_WRONLY | O_TRUNC);
	assert_true(fd >= 0 && write(fd, "this is not a view, it is a sentence of some length, longer than a header would be, so that it is read as one", 100) == 100);
	close(fd);
	assert_int_equal(chart_open(path, &(struct chart_options){.write = true}, &d, &bad), ERR_CORRUPT);
	assert_int_equal(chart_open(path, &(struct chart_options){0}, &d, &bad), ERR_CORRUPT);
	OK(chart_open(path, &(struct chart_options){.write = true, .rebuild = true}, &c, e));
	assert_int_equal(chart_applied(c), 0);
	chart_close(c);
	arena_free(a);
}

/* The file's bytes as of one commit, while the writer goes on and moves its log as often as it likes. */
static void test_copy(void **state)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30);
	struct chart *c = open_sql(path, true);
	struct chart_copy *k = NULL;
	struct err bad = {0};
	char other[120];
	sqlite3 *db = NULL;
	uint64_t n = chart_applied(c);
	for (uint64_t end = n + 500; n < end; n++) {
		message(c, a, n);
		arena_reset(a);
	}
	OK(chart_commit(c, e));
	/* somebody who still looks at an older commit is in the way, for a while */
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM fact_row", NULL, NULL, NULL), SQLITE_OK);
	message(c, a, n++);
	OK(chart_commit(c, e));
	assert_int_equal(chart_copy_open(c, &k, &bad), ERR_BUSY);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	OK(chart_copy_open(c, &k, e));
	/* one that looks at this commit is not */
	assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM fact_row", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(chart_copy_entries(k), n);
	uint64_t size = chart_copy_size(k), at = 0;
	snprintf(other, sizeof other, "%s/b.db", dir);
	FILE *f = fopen(other, "w");
	static uint8_t piece[16384];
	while (at < size) {
		size_t take = size - at < sizeof piece ? (size_t)(size - at) : sizeof piece;
		OK(chart_copy_read(k, piece, take, at, e));
		assert_int_equal(fwrite(piece, 1, take, f), take);
		at += take;
		for (uint64_t end = n + 60; n < end; n++) { /* the log grows far beyond what is moved by itself */
			message(c, a, n);
			arena_reset(a);
		}
		OK(chart_commit(c, e));
	}
	fclose(f);
	uint64_t then = chart_copy_entries(k);
	chart_copy_close(k);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_true(n > then + 100);
	assert_int_equal(sqlite3_open_v2(other, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	sqlite3_stmt *st = NULL;
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(st, 0), "ok");
	sqlite3_finalize(st);
	sqlite3_close(db);
	struct chart *copy = open_sql(other, false);
	assert_int_equal(chart_applied(copy), then);
	chart_close(copy);
	/* and the writer's log is moved again */
	for (uint64_t end = n + 60; n < end; n++)
		message(c, a, n);
	OK(chart_commit(c, e));
	OK(chart_copy_open(c, &k, e));
	assert_int_equal(chart_copy_entries(k), n);
	chart_copy_close(k);
	chart_close(c);
}

static void test_version(void **state)
{
	char v[CHART_VERSION_MAX];
	chart_version("hl7 12 fhir 3", v);
	assert_non_null(strstr(v, ".hl7.12.fhir.3"));
	assert_true(v[0] == 'v' && v[1] >= '1' && v[1] <= '9');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_copy, setup, teardown),
		cmocka_unit_test(test_version),
		cmocka_unit_test_setup_teardown(test_no_view, setup, teardown), cmocka_unit_test_setup_teardown(test_writer_alive, setup, teardown), cmocka_unit_test_setup_teardown(test_read_only_folder, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed_writers, setup, teardown), cmocka_unit_test_setup_teardown(test_rebuild, setup, teardown), cmocka_unit_test_setup_teardown(test_rebuild_under_readers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_between_two_looks, setup, teardown), cmocka_unit_test_setup_teardown(test_wal_begins_again, setup, teardown), cmocka_unit_test_setup_teardown(test_other_versions, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
