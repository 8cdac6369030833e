/* Files: what they promise, and then every system call and allocation in them failing once, and the process killed at each. */
/* wrap: malloc strdup strndup openat read write pread pwrite fsync close renameat mkdirat getrandom fdopendir readdir unlinkat fcntl */
#include "base_test.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/random.h>

/* ---- the calls ---- */

static int fail_at;    /* the how many-th call from now fails with fail_errno; 0: none */
static int fail_errno;
static int kill_at;    /* before the how many-th call from now the process is killed */
static size_t at_most; /* a read or write moves no more than this at once; 0: as asked */
static char failed_call[16];
static bool keep_failing_after; /* a dead disk: everything after it fails too */

static bool stopped(const char *name)
{
	if (kill_at && --kill_at == 0)
		raise(SIGKILL);
	if (!fail_at || --fail_at)
		return false;
	if (keep_failing_after)
		fail_at = 1;
	snprintf(failed_call, sizeof failed_call, "%s", name);
	errno = fail_errno;
	return true;
}

static size_t some(size_t n)
{
	return at_most && n > at_most ? at_most : n;
}

#define WRAP(type, name, bad, params, args)                                                                                            \
	type __real_##name params;                                                                                                         \
	type __wrap_##name params                                                                                                          \
	{                                                                                                                                  \
		return stopped(#name) ? (bad) : __real_##name args;                                                                            \
	}
WRAP(void *, malloc, NULL, (size_t n), (n))
WRAP(char *, strdup, NULL, (const char *s), (s))
WRAP(char *, strndup, NULL, (const char *s, size_t n), (s, n))
WRAP(int, openat, -1, (int d, const char *p, int flags, mode_t m), (d, p, flags, m))
WRAP(ssize_t, read, -1, (int fd, void *p, size_t n), (fd, p, some(n)))
WRAP(ssize_t, write, -1, (int fd, const void *p, size_t n), (fd, p, some(n)))
WRAP(ssize_t, pread, -1, (int fd, void *p, size_t n, off_t o), (fd, p, some(n), o))
WRAP(ssize_t, pwrite, -1, (int fd, const void *p, size_t n, off_t o), (fd, p, some(n), o))
WRAP(int, fsync, -1, (int fd), (fd))
WRAP(int, renameat, -1, (int a, const char *p, int b, const char *q), (a, p, b, q))
WRAP(int, mkdirat, -1, (int d, const char *p, mode_t m), (d, p, m))
WRAP(ssize_t, getrandom, -1, (void *p, size_t n, unsigned f), (p, n, f))
WRAP(DIR *, fdopendir, NULL, (int fd), (fd))
WRAP(struct dirent *, readdir, NULL, (DIR *d), (d))
WRAP(int, unlinkat, -1, (int d, const char *p, int f), (d, p, f))
WRAP(int, fcntl, -1, (int fd, int op, void *arg), (fd, op, arg))

int __real_close(int fd);
int __wrap_close(int fd)
{
	if (!stopped("close"))
		return __real_close(fd);
	__real_close(fd); /* Linux closes it even when it reports an error */
	errno = fail_errno;
	return -1;
}

/* ---- a folder for each test ---- */

static char folder[64];
static int dir = -1;

static int setup(void **state)
{
	snprintf(folder, sizeof folder, "/tmp/hf-test-file-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -1 : 0;
}

static void remove_all(int at, const char *path)
{
	if (unlinkat(at, path, 0) == 0)
		return;
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return;
	for (struct dirent *e; (e = readdir(d));)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			remove_all(fd, e->d_name);
	closedir(d);
	unlinkat(at, path, AT_REMOVEDIR);
}

static int teardown(void **state)
{
	fail_at = kill_at = 0;
	at_most = 0;
	keep_failing_after = false;
	close(dir);
	remove_all(AT_FDCWD, folder);
	return 0;
}

static int entries(const char *path)
{
	int n = 0, fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	DIR *d = fdopendir(fd);
	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static int open_files(void)
{
	int n = 0;
	DIR *d = opendir("/proc/self/fd");
	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static bool holds(const char *path, const char *text)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	return file_read(dir, path, 1 << 20, &b, NULL) == 0 && slice_eq_str(buf_slice(&b), text);
}

static void put(const char *path, const char *text)
{
	assert_int_equal(file_replace(dir, path, slice_str(text), 0644, NULL), 0);
}

/* ---- reading and writing ---- */

static void test_write_and_read_in_pieces(void **state)
{
	char out[32] = "";
	AUTO_CLOSE int fd = openat(dir, "f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	for (at_most = 0; at_most < 4; at_most++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		assert_int_equal(file_write_all(fd, SLICE("hello world"), NULL, "f"), 0);
		assert_int_equal(file_pwrite_all(fd, SLICE("WORLD!"), 6, NULL, "f"), 0);
		assert_int_equal(file_write_all(fd, SLICE_NULL, NULL, "f"), 0);
		assert_int_equal(file_pread_all(fd, out, 12, 0, NULL, "f"), 0);
		assert_memory_equal(out, "hello WORLD!", 12);
		assert_int_equal(file_pread_all(fd, out, 0, 100, NULL, "f"), 0);
		assert_true(holds("f", "hello WORLD!"));
	}
	struct err e = {0};
	assert_int_equal(file_pread_all(fd, out, 13, 0, &e, "f:0"), ERR_CORRUPT);
	assert_string_equal(e.place, "f:0");
	assert_string_equal(e.text, "the file ends 1 bytes too early");
	assert_int_equal(file_pread_all(fd, out, 1, UINT64_MAX, &e, "f"), ERR_LIMIT);
	assert_int_equal(file_pwrite_all(fd, SLICE("x"), UINT64_MAX, &e, "f"), ERR_LIMIT);
	assert_int_equal(file_pwrite_all(fd, SLICE("x"), INT64_MAX, &e, "f"), ERR_LIMIT);
}

static void test_errors_of_one_call(void **state)
{
	char out[4];
	struct err e = {0};
	put("f", "text");
	AUTO_CLOSE int fd = openat(dir, "f", O_RDWR | O_CLOEXEC, 0);
	static const struct {
		int number, code;
	} rows[] = {{EIO, ERR_SYSTEM}, {ENOSPC, ERR_FULL}, {EDQUOT, ERR_FULL}, {EINTR, 0}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		fail_errno = rows[i].number;
		fail_at = 1;
		assert_int_equal(file_write_all(fd, SLICE("t"), &e, "f"), rows[i].code);
		fail_at = 1;
		assert_int_equal(file_pwrite_all(fd, SLICE("t"), 0, &e, "f"), rows[i].code);
		fail_at = 1;
		assert_int_equal(file_pread_all(fd, out, 1, 0, &e, "f"), rows[i].code);
	}
}

static void test_read_limits(void **state)
{
	struct err e = {0};
	AUTO_BUF struct buf b = {0};
	put("f", "0123456789");
	buf_init(&b, 25);
	assert_int_equal(file_read(dir, "f", 10, &b, &e), 0);
	assert_int_equal(file_read(dir, "f", 9, &b, &e), ERR_LIMIT);
	assert_int_equal(b.n, 10); /* as before */
	assert_int_equal(file_read(dir, "f", SIZE_MAX, &b, &e), 0);
	assert_slice(buf_slice(&b), "01234567890123456789");
	assert_int_equal(file_read(dir, "f", SIZE_MAX, &b, &e), ERR_LIMIT); /* the buffer's own maximum */
	assert_true(buf_ok(&b) && b.n == 20);
	assert_int_equal(file_read(dir, "no", 10, &b, &e), ERR_NOT_FOUND);
	assert_string_equal(e.place, "no");
	assert_int_equal(file_read(dir, ".", 10, &b, &e), ERR_SYSTEM); /* a directory */
	assert_int_equal(e.sys_errno, EISDIR);
	put("empty", "");
	assert_int_equal(file_read(dir, "empty", 0, &b, &e), 0);
	assert_int_equal(b.n, 20);
	buf_reset(&b);
	assert_int_equal(file_read(AT_FDCWD, "/proc/self/stat", 100, &b, &e), ERR_LIMIT); /* says size 0 */
	buf_done(&b);
	buf_init(&b, 1 << 20);
	assert_int_equal(file_read(AT_FDCWD, "/proc/self/stat", 100000, &b, &e), 0);
	assert_true(b.n > 50);
}

static void test_read_a_pipe(void **state)
{
	int p[2];
	assert_int_equal(pipe(p), 0);
	char path[32], text[300];
	memset(text, 'x', sizeof text);
	snprintf(path, sizeof path, "/proc/self/fd/%d", p[0]);
	assert_int_equal(file_write_all(p[1], slice_of(text, sizeof text), NULL, NULL), 0);
	close(p[1]);
	at_most = 7;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1000);
	assert_int_equal(file_read(AT_FDCWD, path, 300, &b, NULL), 0);
	assert_int_equal(b.n, 300);
	close(p[0]);
}

/* ---- replacing ---- */

static void test_replace(void **state)
{
	struct stat st;
	mode_t old = umask(022);
	assert_int_equal(file_replace(dir, "key", SLICE("one"), 0600, NULL), 0);
	assert_int_equal(fstatat(dir, "key", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(holds("key", "one"));
	assert_int_equal(file_replace(dir, "key", SLICE("two"), 0666, NULL), 0);
	assert_int_equal(fstatat(dir, "key", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	umask(old);
	assert_true(holds("key", "two"));
	assert_int_equal(entries("."), 1);
	assert_int_equal(mkdirat(dir, "sub", 0700), 0);
	at_most = 1;
	put("sub/f", "deep");
	assert_true(holds("sub/f", "deep"));
	char path[100];
	snprintf(path, sizeof path, "%s/abs", folder);
	assert_int_equal(file_replace(AT_FDCWD, path, SLICE_NULL, 0600, NULL), 0);
	assert_true(holds("abs", ""));
}

static void test_replace_longest_name(void **state)
{
	char name[257];
	memset(name, 'n', 256);
	name[255] = 0;
	put(name, "long");
	assert_true(holds(name, "long"));
	assert_int_equal(entries("."), 1);
	name[255] = 'n';
	name[256] = 0;
	struct err e = {0};
	assert_int_equal(file_replace(dir, name, SLICE("x"), 0600, &e), ERR_SYSTEM);
	assert_int_equal(e.sys_errno, ENAMETOOLONG);
	assert_int_equal(entries("."), 1);
}

static void test_replace_refuses(void **state)
{
	struct err e = {0};
	static const char *const names[] = {"", ".", "..", "sub/", "sub/..", "/"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(file_replace(dir, names[i], SLICE("x"), 0600, &e), ERR_USAGE);
	assert_int_equal(file_replace(dir, "no/f", SLICE("x"), 0600, &e), ERR_NOT_FOUND);
	assert_int_equal(mkdirat(dir, "sub", 0700), 0);
	assert_int_equal(file_replace(dir, "sub", SLICE("x"), 0600, &e), ERR_SYSTEM); /* a directory is in the way */
	assert_int_equal(entries("."), 1);
}

/* It replaces a symbolic link and does not write through it. */
static void test_replace_a_link(void **state)
{
	put("target", "untouched");
	assert_int_equal(symlinkat("target", dir, "link"), 0);
	put("link", "new");
	assert_true(holds("target", "untouched"));
	assert_true(holds("link", "new"));
}

/* Each call in it fails once: the file is the old or the new one, whole; nothing is left beside it, and no descriptor is lost. */
static void test_replace_swept(void **state)
{
	for (int number = 0; number < 3; number++)
		for (int n = 1;; n++) {
			static const int numbers[] = {EIO, ENOSPC, ENOMEM};
			put("f", "old");
			int before = open_files();
			struct err e = {0};
			fail_errno = numbers[number];
			failed_call[0] = 0;
			at_most = 2;
			fail_at = n;
			int code = file_replace(dir, "f", SLICE("newer"), 0600, &e);
			bool reached = fail_at == 0;
			fail_at = 0;
			assert_int_equal(open_files(), before);
			if (!reached) {
				assert_int_equal(code, 0);
				assert_true(n > 9); /* all of them came to their turn */
				break;
			}
			bool is_new = holds("f", "newer");
			if (code == 0)
				assert_string_equal(failed_call, "close"); /* of the directory: nothing hangs on it */
			else {
				assert_int_equal(e.code, code);
				assert_true(is_new || holds("f", "old"));
			}
			assert_int_equal(is_new, code == 0 || (n > 8 && !strcmp(failed_call, "fsync"))); /* renamed, but not known to be durable */
			assert_int_equal(entries("."), 1);
		}
}

/* The disk dies at each call and stays dead: the temporary file may stay, the old one is whole. */
static void test_replace_on_a_dead_disk(void **state)
{
	for (int n = 1;; n++) {
		put("f", "old");
		fail_errno = EIO;
		keep_failing_after = true;
		failed_call[0] = 0;
		fail_at = n;
		int code = file_replace(dir, "f", SLICE("new"), 0600, NULL);
		fail_at = 0;
		keep_failing_after = false;
		if (!failed_call[0])
			break;
		assert_true(holds("f", "old") || holds("f", "new"));
		assert_true(code < 0 || holds("f", "new"));
		assert_int_equal(file_sweep_temps(dir, ".", NULL), 0);
		assert_int_equal(entries("."), 1);
	}
}

/* The process is killed before each call: the same, and the sweep takes what stayed. */
static void test_replace_killed(void **state)
{
	for (int n = 1, done = 0; !done; n++) {
		put("f", "old");
		pid_t pid = fork();
		if (pid == 0) {
			kill_at = n;
			at_most = 2;
			_exit(file_replace(dir, "f", SLICE("newer"), 0600, NULL) != 0);
		}
		int status;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		done = WIFEXITED(status);
		assert_true(done || WTERMSIG(status) == SIGKILL);
		assert_true(holds("f", "newer") || (!done && holds("f", "old")));
		assert_int_equal(file_sweep_temps(dir, ".", NULL), 0);
		assert_int_equal(entries("."), 1);
	}
}

/* The data is synced before the rename and the directory after it. */
/* As root /dev/null would be gone for everybody. */
static void test_replace_leaves_devices_and_pipes(void **state)
{
	char got[8] = "";
	struct stat st;
	(void)state;
	assert_int_equal(mkfifoat(dir, "pipe", 0600), 0);
	int fd = openat(dir, "pipe", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(file_replace(dir, "pipe", SLICE("page"), 0600, NULL), 0);
	assert_int_equal(read(fd, got, sizeof got), 4);
	assert_string_equal(got, "page");
	assert_int_equal(fstatat(dir, "pipe", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISFIFO(st.st_mode));
	close(fd);
	assert_int_equal(symlinkat("/dev/null", dir, "nowhere"), 0);
	assert_int_equal(file_replace(dir, "nowhere", SLICE("page"), 0600, NULL), 0);
	assert_int_equal(fstatat(dir, "nowhere", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISLNK(st.st_mode));
	/* a link to a file is replaced: what it pointed to is somebody else's */
	assert_int_equal(file_replace(dir, "other", SLICE("theirs"), 0600, NULL), 0);
	assert_int_equal(symlinkat("other", dir, "link"), 0);
	assert_int_equal(file_replace(dir, "link", SLICE("ours"), 0600, NULL), 0);
	assert_int_equal(fstatat(dir, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(fstatat(dir, "other", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_size, 6);
}

static void test_replace_order(void **state)
{
	char order[64] = "";
	for (int n = 1; n < 40; n++) {
		fail_errno = EIO;
		failed_call[0] = 0;
		fail_at = n;
		if (file_replace(dir, "f", SLICE("x"), 0600, NULL) == 0 && !failed_call[0])
			break;
		fail_at = 0;
		if (!strcmp(failed_call, "fsync") || !strcmp(failed_call, "renameat") || !strcmp(failed_call, "write"))
			snprintf(order + strlen(order), sizeof order - strlen(order), "%s ", failed_call);
	}
	fail_at = 0;
	assert_string_equal(order, "write fsync renameat fsync ");
}

static void test_sweep_takes_only_temps(void **state)
{
	static const char *const stay[] = {"f", ".f", ".f.tmp", ".f.0123456789abcde.tmp", ".f.0123456789abcdefg.tmp", "f.0123456789abcdef.tmp",
	                                   ".0123456789abcdef.tmp", ".f.0123456789abcdeg.tmp", ".f.0123456789abcdef.tm", ".fx0123456789abcdef.tmp"};
	for (size_t i = 0; i < ARRAY_LEN(stay); i++)
		put(stay[i], "x");
	put(".f.0123456789abcdef.tmp", "x");
	put("..x.0123456789abcdef.tmp", "x");
	int before = open_files();
	assert_int_equal(file_sweep_temps(dir, ".", NULL), 0);
	assert_int_equal(entries("."), ARRAY_LEN(stay));
	for (size_t i = 0; i < ARRAY_LEN(stay); i++)
		assert_true(holds(stay[i], "x"));
	struct err e = {0};
	assert_int_equal(file_sweep_temps(dir, "no", &e), ERR_NOT_FOUND);
	fail_errno = EIO;
	for (int n = 1; n < 4; n++) { /* openat, fdopendir, readdir */
		fail_at = n;
		assert_int_equal(file_sweep_temps(dir, ".", &e), ERR_SYSTEM);
		assert_int_equal(fail_at, 0);
	}
	put(".f.0123456789abcdef.tmp", "x");
	for (int n = 4;; n++) { /* and unlinkat, after so many names as stand before it */
		fail_at = n;
		int code = file_sweep_temps(dir, ".", &e);
		bool reached = fail_at == 0;
		fail_at = 0;
		if (!strcmp(failed_call, "unlinkat") || !reached) {
			assert_true(reached);
			assert_int_equal(code, ERR_SYSTEM);
			break;
		}
	}
	assert_int_equal(open_files(), before);
}

/* ---- directories, locks ---- */

static bool is_dir(const char *path)
{
	struct stat st;
	return fstatat(dir, path, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static void test_mkdir(void **state)
{
	struct err e = {0};
	assert_int_equal(file_mkdir(dir, "a/b/c", 0700, &e), 0);
	assert_true(is_dir("a/b/c"));
	assert_int_equal(file_mkdir(dir, "a/b/c", 0700, &e), 0);
	assert_int_equal(file_mkdir(dir, "a//b/d//", 0700, &e), 0);
	assert_true(is_dir("a/b/d"));
	assert_int_equal(file_mkdir(dir, "./x/../y", 0700, &e), 0);
	assert_true(is_dir("x") && is_dir("y"));
	assert_int_equal(file_mkdir(dir, ".", 0700, &e), 0);
	assert_int_equal(file_mkdir(dir, "/", 0700, &e), 0);
	char path[100];
	snprintf(path, sizeof path, "%s/abs/deep", folder);
	assert_int_equal(file_mkdir(AT_FDCWD, path, 0700, &e), 0);
	assert_true(is_dir("abs/deep"));
	put("f", "x");
	assert_int_equal(file_mkdir(dir, "f", 0700, &e), ERR_EXISTS);
	assert_int_equal(file_mkdir(dir, "f/g", 0700, &e), ERR_SYSTEM);
	assert_int_equal(e.sys_errno, ENOTDIR);
	assert_int_equal(file_mkdir(dir, "", 0700, &e), ERR_SYSTEM);
}

static void test_mkdir_swept(void **state)
{
	for (int n = 1;; n++) {
		int before = open_files();
		fail_errno = EIO;
		failed_call[0] = 0;
		fail_at = n;
		int code = file_mkdir(dir, "a/b/c", 0700, NULL);
		fail_at = 0;
		assert_int_equal(open_files(), before);
		if (!failed_call[0]) {
			assert_int_equal(code, 0);
			break;
		}
		assert_true(code < 0 || !strcmp(failed_call, "close"));
		assert_int_equal(file_mkdir(dir, "a/b/c", 0700, NULL), 0); /* and the next try succeeds */
		assert_true(is_dir("a/b/c"));
		remove_all(dir, "a");
	}
}

static void test_open_and_sync_dir(void **state)
{
	struct err e = {0};
	assert_int_equal(file_open_dir(dir, "no", &e), ERR_NOT_FOUND);
	put("f", "x");
	assert_int_equal(file_open_dir(dir, "f", &e), ERR_SYSTEM);
	AUTO_CLOSE int fd = file_open_dir(dir, ".", &e);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD, NULL) & FD_CLOEXEC);
	assert_int_equal(file_sync_dir(dir, ".", &e), 0);
	assert_int_equal(file_sync_dir(dir, "no", &e), ERR_NOT_FOUND);
	fail_errno = EIO;
	fail_at = 2;
	assert_int_equal(file_sync_dir(dir, ".", &e), ERR_SYSTEM);
	fail_errno = EINVAL; /* a file system that has no fsync for directories */
	fail_at = 2;
	assert_int_equal(file_sync_dir(dir, ".", &e), 0);
}

static void test_lock(void **state)
{
	struct err e = {0};
	put("lock", "");
	int a = openat(dir, "lock", O_RDWR | O_CLOEXEC, 0), b = openat(dir, "lock", O_RDWR | O_CLOEXEC, 0);
	assert_int_equal(file_lock(a, false, &e), 0);
	assert_int_equal(file_lock(a, false, &e), 0);          /* it is ours already */
	assert_int_equal(file_lock(b, false, &e), ERR_BUSY);   /* even in one process */
	close(openat(dir, "lock", O_RDWR | O_CLOEXEC, 0));     /* which would drop a POSIX lock */
	assert_int_equal(file_lock(b, false, &e), ERR_BUSY);
	close(a);
	assert_int_equal(file_lock(b, true, &e), 0);
	close(b);
	AUTO_CLOSE int reader = openat(dir, "lock", O_RDONLY | O_CLOEXEC, 0);
	assert_int_equal(file_lock(reader, false, &e), ERR_SYSTEM);
}

static void wake(int sig)
{
}

static void test_lock_wait_is_interrupted(void **state)
{
	struct err e = {0};
	put("lock", "");
	AUTO_CLOSE int a = openat(dir, "lock", O_RDWR | O_CLOEXEC, 0), b = openat(dir, "lock", O_RDWR | O_CLOEXEC, 0);
	assert_int_equal(file_lock(a, false, &e), 0);
	struct sigaction s = {.sa_handler = wake}, old;
	sigaction(SIGALRM, &s, &old);
	alarm(1);
	assert_int_equal(file_lock(b, true, &e), ERR_BUSY);
	sigaction(SIGALRM, &old, NULL);
}

static void test_free_bytes(void **state)
{
	uint64_t n = 0, here = 0;
	struct err e = {0};
	assert_int_equal(file_free_bytes(dir, &n, &e), 0);
	assert_true(n > 0);
	assert_int_equal(file_free_bytes(AT_FDCWD, &here, &e), 0);
	assert_int_equal(file_free_bytes(-1, &n, &e), ERR_SYSTEM);
}

static void test_close_cleanup(void **state)
{
	int fd = -1;
	errno = 7;
	file_close_cleanup(&fd);
	fd = open("/dev/null", O_RDONLY);
	int was = fd;
	file_close_cleanup(&fd);
	assert_int_equal(errno, 7);
	assert_int_equal(fd, -1);
	assert_int_equal(fcntl(was, F_GETFD, NULL), -1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
/* A folder with all below it goes; what a link in it points to stays. */
static void test_remove_tree(void **state)
{
	struct stat st;
	assert_int_equal(mkdirat(dir, "kept", 0700), 0);
	assert_int_equal(mkdirat(dir, "kept/inner", 0700), 0);
	assert_int_equal(mkdirat(dir, "tree", 0700), 0);
	assert_int_equal(mkdirat(dir, "tree/a", 0700), 0);
	assert_int_equal(mkdirat(dir, "tree/a/b", 0500), 0);
	assert_int_equal(symlinkat("../../kept", dir, "tree/a/link"), 0);
	assert_int_equal(mkfifoat(dir, "tree/fifo", 0600), 0);
	file_remove_tree(dir, "tree");
	assert_int_equal(fstatat(dir, "tree", &st, AT_SYMLINK_NOFOLLOW), -1);
	assert_int_equal(fstatat(dir, "kept/inner", &st, 0), 0);
	file_remove_tree(dir, "tree"); /* nothing there is fine */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_remove_tree),
		T(test_write_and_read_in_pieces), T(test_errors_of_one_call), T(test_read_limits), T(test_read_a_pipe), T(test_replace),
		T(test_replace_longest_name), T(test_replace_refuses), T(test_replace_a_link), T(test_replace_swept), T(test_replace_on_a_dead_disk),
		T(test_replace_leaves_devices_and_pipes),
		T(test_replace_killed), T(test_replace_order), T(test_sweep_takes_only_temps), T(test_mkdir), T(test_mkdir_swept),
		T(test_open_and_sync_dir), T(test_lock), T(test_lock_wait_is_interrupted), T(test_free_bytes), T(test_close_cleanup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
