/* What changed while nobody looked: by the time of the inode, whole or not by what the name says, bounded; the folder of records is left out. */
#include "watch_internal.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char top[64];

static void put(const char *name, const void *p, size_t n, off_t size)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", top, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	if (size)
		assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(close(fd), 0);
}

static void put_noise(const char *name, size_t n)
{
	static uint8_t noise[65536];
	uint64_t x = 88172645463325252u;
	for (size_t i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		noise[i] = (uint8_t)(x >> 32);
	}
	put(name, noise, n, 0);
}

static void make_folder(const char *name)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", top, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

/* The line that comes out, to be freed. */
static char *looked(const struct watch_config *c, int64_t since)
{
	char *line = calloc(1, 1 << 20);
	size_t n = 0;
	int fd = -1, status;
	assert_non_null(line);
	pid_t pid = rescan_start(c, "overflow", since, &fd);
	assert_true(pid > 0 && fd >= 0);
	for (;;) {
		struct pollfd p = {fd, POLLIN, 0};
		assert_int_equal(poll(&p, 1, 120000), 1);
		ssize_t got = read(fd, line + n, (1 << 20) - 1 - n);
		assert_true(got >= 0);
		if (got == 0)
			break;
		n += (size_t)got;
	}
	assert_int_equal(close(fd), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_true(n && line[n - 1] == '\n' && memchr(line, '\n', n) == line + n - 1); /* one line */
	return line;
}

#define HAS(line, text) assert_true(strstr(line, text) != NULL)

static void test_changed(void **unused)
{
	char state[128];
	snprintf(state, sizeof state, "%s/state", top);
	const struct watch_config c = {.path = {top}, .path_count = 1, .state = state};
	make_folder("state");
	make_folder("ward");
	put("ward/whole.json", "{\"dose\": [1, 2, 3]}\n", 20, 0);
	put_noise("ward/broken.png", 40000);
	put_noise("state/log.png", 40000); /* ours */
	put("ward/empty", "", 0, 0);
	put("ward/large.png", "x", 1, (off_t)65 << 20);
	char *line = looked(&c, 0);
	HAS(line, "\"event\":\"rescanned\"");
	HAS(line, "\"why\":\"overflow\"");
	HAS(line, "\"changed\":4,\"checked\":2,\"too_large\":1,\"damaged\":1,");
	HAS(line, "/ward/broken.png\"]");
	assert_null(strstr(line, "complete"));
	free(line);
	line = looked(&c, time_now() + 3600 * TIME_SEC); /* nothing changed since */
	HAS(line, "\"changed\":0,\"checked\":0,\"too_large\":0,\"damaged\":0,\"files\":[]");
	free(line);
}

/* More than are named: all are counted. A folder that is not there any more is no reason to stop. */
static void test_many(void **unused)
{
	const struct watch_config c = {.path = {"/nonexistent-hf", top}, .path_count = 2, .state = "/nonexistent-hf"};
	char name[32];
	for (int i = 0; i < 70; i++) {
		snprintf(name, sizeof name, "scan%d.png", i);
		put_noise(name, 5000);
	}
	char *line = looked(&c, 0);
	HAS(line, "\"damaged\":70,");
	size_t named = 0;
	for (const char *p = line; (p = strstr(p, ".png\"")); p++)
		named++;
	assert_int_equal(named, 64);
	free(line);
}

static int new_top(void **unused)
{
	snprintf(top, sizeof top, "/tmp/hf-watch-rescan.XXXXXX");
	return mkdtemp(top) ? 0 : -1;
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

static int drop_top(void **unused)
{
	return nftw(top, drop, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_changed, new_top, drop_top), cmocka_unit_test_setup_teardown(test_many, new_top, drop_top)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
