/* What the tests of seal share: assertions that print the error's sentence, temporary folders, other people's programs. */
#ifndef HOLDFAST_SEAL_TEST_H
#define HOLDFAST_SEAL_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "seal_internal.h"

extern char **environ;

static inline void ok_(int r, const struct err *e, const char *file, int line)
{
	char text[1024];
	if (r == 0)
		return;
	print_error("%d: %s\n", r, err_line(e, text, sizeof(text)));
	_assert_int_equal(r, 0, file, line);
}
#define OK(call) ok_((call), &e, __FILE__, __LINE__) /* wants a struct err e */

/* It failed with this code, and says so in a sentence that holds this word. */
static inline void fails_(int r, int code, const struct err *e, const char *word, const char *file, int line)
{
	char text[1024];
	err_line(e, text, sizeof(text));
	if (r != code || e->code != code || !strstr(text, word)) {
		print_error("got %d (%d): %s; wanted %d and \"%s\"\n", r, e->code, text, code, word);
		_fail(file, line);
	}
}
#define FAILS(call, want, word)                                                                                                  \
	do {                                                                                                                     \
		e = (struct err){.code = 0};                                                                                     \
		int r_ = (call);                                                                                                 \
		fails_(r_, (want), &e, (word), __FILE__, __LINE__);                                                              \
	} while (0)

static inline struct slice unhex(struct buf *b, const char *hex)
{
	size_t n = strlen(hex) / 2, before = b->n;
	uint8_t *at = buf_space(b, n);
	assert_non_null(at);
	assert_int_equal(hex_get(at, n, slice_str(hex)), 0);
	buf_commit(b, n);
	return slice_of(b->p + before, n);
}

static inline void assert_hex(const uint8_t *p, size_t n, const char *hex)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	hex_put(&b, slice_of(p, n));
	assert_string_equal(buf_cstr(&b), hex);
	buf_done(&b);
}

/* Bytes that are the same in each run. */
static inline uint64_t rnd(uint64_t *state)
{
	*state += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = *state;
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline void rnd_fill(uint64_t seed, uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)rnd(&seed);
}

/* ---- folders and files ---- */

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st, (void)type, (void)f;
	return remove(path);
}

static inline void remove_tree(const char *dir)
{
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

struct tmp {
	char path[256];
	int fd;
};

static inline struct tmp tmp_new(void)
{
	struct tmp t;
	snprintf(t.path, sizeof(t.path), "%s/seal-XXXXXX", HF_BINARY_DIR);
	assert_non_null(mkdtemp(t.path));
	t.fd = open(t.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(t.fd >= 0);
	return t;
}

static inline void tmp_done(struct tmp *t)
{
	close(t->fd);
	remove_tree(t->path);
}

static inline const char *tmp_path(const struct tmp *t, const char *name, char out[512])
{
	snprintf(out, 512, "%s/%s", t->path, name);
	return out;
}

static inline void put(const struct tmp *t, const char *name, struct slice s)
{
	struct err e;
	OK(file_replace(t->fd, name, s, 0600, &e));
}

static inline void get(const struct tmp *t, const char *name, struct buf *ret)
{
	struct err e;
	buf_init(ret, 1 << 26);
	OK(file_read(t->fd, name, 1 << 26, ret, &e));
}

/* ---- other people's programs ---- */

static inline bool have(const char *program)
{
	const char *path = getenv("PATH");
	struct slice rest = slice_str(path ? path : "/usr/bin:/bin");
	while (rest.n) {
		char file[512];
		struct slice dir = slice_cut(rest, ':', &rest);
		snprintf(file, sizeof(file), "%.*s/%s", SLICE_FMT(dir), program);
		if (access(file, X_OK) == 0)
			return true;
	}
	return false;
}

/* Where a program that the test needs is missing: a user skips, root (who could have installed it) fails. */
static inline int missing(const char *what)
{
	fprintf(stderr, "skipped: %s is not installed\n", what);
	return geteuid() == 0 ? 1 : 77;
}

/* Runs argv (NULL at the end) with stdin and stdout from and to files (NULL: /dev/null). Its exit status; -1 when killed. */
static inline int run(const char *const argv[], const char *in, const char *out)
{
	posix_spawn_file_actions_t a;
	pid_t pid;
	int status;
	posix_spawn_file_actions_init(&a);
	posix_spawn_file_actions_addopen(&a, 0, in ? in : "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&a, 1, out ? out : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int r = posix_spawnp(&pid, argv[0], &a, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&a);
	assert_int_equal(r, 0);
	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
