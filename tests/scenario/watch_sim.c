/* watch_sim: changes files of one folder in the ways in which files are destroyed, and in none other: it refuses a folder that does not hold the file "made-by-the-test". What it writes is a keystream over what it read, so that
 * nothing is found in it again; it knows no network and no other folder. For tests/scenario/watch.sh and bench/watch.
 *
 *   watch_sim PATTERN FOLDER [MICROSECONDS between files]
 * Prints, at the end, how many files it got through. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t seed = 88172645463325252u;
static char *names[65536];
static size_t count;
static unsigned char data[8 << 20], other[12 << 20];

static unsigned char noise(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned char)(seed >> 32);
}

static void die(const char *what)
{
	perror(what);
	exit(3);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *dir)
{
	DIR *d = opendir(dir);
	if (!d)
		die(dir);
	for (struct dirent *e; (e = readdir(d)) && count < 65536;) {
		char path[4096];
		struct stat st;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || !strcmp(e->d_name, "made-by-the-test") || lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			list(path);
		else if (S_ISREG(st.st_mode) && st.st_size)
			names[count++] = strdup(path);
	}
	closedir(d);
}

static size_t slurp(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, data, sizeof data);
	if (n < 0)
		die(path);
	close(fd);
	return (size_t)n;
}

static void spill(int fd, const unsigned char *p, size_t n, size_t piece)
{
	for (size_t at = 0; at < n; at += piece)
		if (pwrite(fd, p + at, n - at < piece ? n - at : piece, (off_t)at) < 0)
			die("pwrite");
	if (close(fd) < 0)
		die("close");
}

static void cipher(size_t from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		data[from + i] ^= noise();
}

static size_t base64(size_t n)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t o = 0;
	for (size_t i = 0; i + 2 < n; i += 3) {
		uint32_t v = (uint32_t)data[i] << 16 | (uint32_t)data[i + 1] << 8 | data[i + 2];
		for (int k = 18; k >= 0; k -= 6)
			other[o++] = (unsigned char)letters[v >> k & 63];
	}
	return o;
}

static int opened(const char *path, int flags)
{
	int fd = open(path, flags, 0600);
	if (fd < 0)
		die(path);
	return fd;
}

static void named(const char *path, const char *suffix, char out[4096])
{
	snprintf(out, 4096, "%s%s", path, suffix);
}

static void one(const char *pattern, const char *path)
{
	char to[4096];
	size_t n = slurp(path);
	if (!strcmp(pattern, "overwrite") || !strcmp(pattern, "workers") || !strcmp(pattern, "forks") || !strcmp(pattern, "slow") || !strcmp(pattern, "daemons") || !strcmp(pattern, "threads")) {
		cipher(0, n);
		spill(opened(path, O_RDWR), data, n, 65536);
	} else if (!strcmp(pattern, "truncate")) {
		cipher(0, n);
		spill(opened(path, O_WRONLY | O_TRUNC), data, n, 65536);
	} else if (!strcmp(pattern, "mmap")) {
		int fd = opened(path, O_RDWR);
		unsigned char *m = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (m == MAP_FAILED)
			die("mmap");
		for (size_t i = 0; i < n; i++)
			m[i] ^= noise();
		munmap(m, n);
		close(fd);
	} else if (!strcmp(pattern, "rename")) {
		cipher(0, n);
		spill(opened(path, O_RDWR), data, n, 65536);
		named(path, ".locked", to);
		if (rename(path, to) < 0)
			die("rename");
	} else if (!strcmp(pattern, "delete")) {
		cipher(0, n);
		named(path, ".locked", to);
		spill(opened(to, O_WRONLY | O_CREAT | O_EXCL), data, n, 65536);
		if (unlink(path) < 0)
			die("unlink");
	} else if (!strcmp(pattern, "over")) {
		cipher(0, n);
		named(path, ".tmp", to);
		spill(opened(to, O_WRONLY | O_CREAT | O_EXCL), data, n, 65536);
		if (rename(to, path) < 0)
			die("rename");
	} else if (!strcmp(pattern, "partial")) {
		for (size_t at = 0; at < n; at += 65536)
			cipher(at, n - at < 4096 ? n - at : 4096);
		spill(opened(path, O_RDWR), data, n, 4096);
	} else if (!strcmp(pattern, "sixteen")) {
		int fd = opened(path, O_RDWR);
		for (size_t at = 0; at + 16 <= n; at += 32) {
			cipher(at, 16);
			if (pwrite(fd, data + at, 16, (off_t)at) < 0)
				die("pwrite");
		}
		close(fd);
	} else if (!strcmp(pattern, "header")) { /* what a magic number looks at stays */
		size_t keep = n > 1024 ? 512 : n / 4;
		cipher(keep, n - keep);
		spill(opened(path, O_RDWR), data, n, 65536);
	} else if (!strcmp(pattern, "base64")) {
		cipher(0, n);
		size_t m = base64(n);
		spill(opened(path, O_WRONLY | O_TRUNC), other, m, 65536);
	} else if (!strcmp(pattern, "shrink")) {
		if (truncate(path, 0) < 0)
			die("truncate");
		cipher(0, n);
		spill(opened(path, O_WRONLY), data, n, 65536);
	} else {
		fprintf(stderr, "watch_sim: no pattern %s\n", pattern);
		exit(2);
	}
}

static void all_by_workers(const char *pattern, size_t workers)
{
	for (size_t w = 0; w < workers; w++)
		if (fork() == 0) {
			seed += w * 7919;
			for (size_t i = w; i < count; i += workers)
				one(pattern, names[i]);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
}

static void by_fork(const char *pattern, const char *path, int daemon_too)
{
	pid_t pid = fork();
	if (pid == 0) {
		if (daemon_too) {
			setsid();
			if (fork())
				_exit(0);
		}
		one(pattern, path);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	char mark[4096];
	struct stat st;
	if (argc < 3) {
		fprintf(stderr, "usage: watch_sim PATTERN FOLDER [MICROSECONDS]\n");
		return 2;
	}
	snprintf(mark, sizeof mark, "%s/made-by-the-test", argv[2]);
	if (stat(mark, &st) < 0) {
		fprintf(stderr, "watch_sim: %s was not made by a test\n", argv[2]);
		return 2;
	}
	useconds_t pause = argc > 3 ? (useconds_t)atoi(argv[3]) : !strcmp(argv[1], "slow") ? 100000 : 0;
	list(argv[2]);
	qsort(names, count, sizeof names[0], by_name);
	if (!strcmp(argv[1], "workers")) {
		all_by_workers(argv[1], 4);
	} else {
		for (size_t i = 0; i < count; i++) {
			if (!strcmp(argv[1], "forks") || !strcmp(argv[1], "daemons"))
				by_fork(argv[1], names[i], !strcmp(argv[1], "daemons"));
			else
				one(argv[1], names[i]);
			if (pause)
				usleep(pause);
		}
	}
	printf("%zu\n", count);
	return 0;
}
