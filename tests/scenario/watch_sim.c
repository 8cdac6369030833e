/* watch_sim: changes files of one folder in the ways in which files are destroyed, and in none other: it refuses a folder that does not hold the file "made-by-the-test". What it writes is a keystream over what it read, so that
 * nothing is found in it again; it knows no network and no other folder. For tests/scenario/watch.sh and bench/watch.
 *
 *   watch_sim [WHO/]PATTERN FOLDER [MICROSECONDS between files [FILE]]
 * WHO does it: forks (a process a file), daemons (each with a session of its own, all at once), workers (four processes), eight, threads, exec (a program started anew for each file), names (the same, under a name of its own for each).
 *   watch_sim flood FOLDER COUNT: symbolic links that are made and removed
 * Prints, at the end, how many files it got through. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/falloc.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
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

static char root[3000];

/* A new file with what data holds now. */
static void made(const char *to, size_t n)
{
	spill(opened(to, O_WRONLY | O_CREAT | O_EXCL), data, n, 65536);
}

static void renamed(const char *from, const char *to)
{
	if (rename(from, to) < 0)
		die("rename");
}

/* One write through a ring, by three system calls. */
static void ring_write(int fd, size_t n)
{
	struct io_uring_params p = {0};
	int ring = (int)syscall(SYS_io_uring_setup, 4, &p);
	if (ring < 0)
		die("io_uring_setup");
	size_t room = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), sq_room = p.sq_off.array + p.sq_entries * 4;
	unsigned char *sq = mmap(NULL, room > sq_room ? room : sq_room, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	struct io_uring_sqe *e = mmap(NULL, p.sq_entries * sizeof *e, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	if (sq == MAP_FAILED || e == MAP_FAILED)
		die("mmap");
	e[0] = (struct io_uring_sqe){.opcode = IORING_OP_WRITE, .fd = fd, .addr = (uintptr_t)data, .len = (unsigned)n, .flags = IOSQE_ASYNC};
	*(unsigned *)(sq + p.sq_off.array) = 0;
	__atomic_store_n((unsigned *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		die("io_uring_enter");
	munmap(sq, room > sq_room ? room : sq_room);
	munmap(e, p.sq_entries * sizeof *e);
	close(ring);
}

/* The less common ways. False: it is none of them. */
static int rare(const char *pattern, const char *path, size_t n)
{
	char to[4096], name[4200];
	struct stat st;
	const char *base = strrchr(path, '/') + 1;
	if (!strcmp(pattern, "blocks64")) { /* of 64 blocks the first */
		for (size_t at = 0; at < n; at += 64 * 512)
			cipher(at, n - at < 512 ? n - at : 512);
		spill(opened(path, O_RDWR), data, n, 65536);
	} else if (!strcmp(pattern, "tail")) {
		cipher(n / 2, n - n / 2);
		int fd = opened(path, O_RDWR);
		if (pwrite(fd, data + n / 2, n - n / 2, (off_t)(n / 2)) < 0)
			die("pwrite");
		close(fd);
	} else if (!strcmp(pattern, "xor")) {
		for (size_t i = 0; i < n; i++)
			data[i] ^= 0xa7;
		spill(opened(path, O_RDWR), data, n, 65536);
	} else if (!strcmp(pattern, "direct")) {
		unsigned char *page;
		int fd = open(path, O_RDWR | O_DIRECT);
		size_t whole = (n + 4095) / 4096 * 4096;
		cipher(0, n);
		if (fd < 0 || posix_memalign((void **)&page, 4096, whole))
			die(path);
		memset(page, 0, whole);
		memcpy(page, data, n);
		if (pwrite(fd, page, whole, 0) < 0 || ftruncate(fd, (off_t)n) < 0)
			die("pwrite");
		close(fd);
		free(page);
	} else if (!strcmp(pattern, "ring")) {
		int fd = opened(path, O_RDWR);
		cipher(0, n);
		ring_write(fd, n);
		close(fd);
	} else if (!strcmp(pattern, "link")) { /* by another name of the same file, which lies elsewhere and is removed again */
		snprintf(to, sizeof to, "%s/hard-link-%d", root, getpid());
		cipher(0, n);
		if (link(path, to) < 0)
			die("link");
		spill(opened(to, O_RDWR), data, n, 65536);
		unlink(to);
	} else if (!strcmp(pattern, "symlink")) {
		snprintf(to, sizeof to, "%s.link-%d", root, getpid()); /* outside */
		cipher(0, n);
		if (symlink(path, to) < 0)
			die("symlink");
		spill(opened(to, O_RDWR), data, n, 65536);
		unlink(to);
	} else if (!strcmp(pattern, "renamefirst")) {
		named(path, ".locked", to);
		renamed(path, to);
		cipher(0, n);
		spill(opened(to, O_RDWR), data, n, 65536);
	} else if (!strcmp(pattern, "zeros")) {
		memset(data, 0, n);
		spill(opened(path, O_RDWR), data, n, 65536);
	} else if (!strcmp(pattern, "empty")) {
		close(opened(path, O_WRONLY | O_TRUNC));
	} else if (!strcmp(pattern, "unlink")) {
		unlink(path);
	} else if (!strcmp(pattern, "massrename")) {
		snprintf(to, sizeof to, "%.*s/%08x", (int)(base - path - 1), path, (unsigned)noise() << 16 | (unsigned)noise() << 8 | noise());
		renamed(path, to);
	} else if (!strcmp(pattern, "chmod")) {
		if (stat(path, &st) < 0 || chmod(path, 0400) < 0 || chmod(path, 0600) < 0)
			die("chmod");
		cipher(0, n);
		spill(opened(path, O_RDWR), data, n, 65536);
	} else if (!strcmp(pattern, "tempfar")) { /* written in another folder, renamed over */
		snprintf(to, sizeof to, "%s/new-%d", root, getpid());
		cipher(0, n);
		made(to, n);
		renamed(to, path);
	} else if (!strcmp(pattern, "moveout")) { /* taken out of the folder, changed there, brought back */
		snprintf(to, sizeof to, "%s.out-%d", root, getpid());
		renamed(path, to);
		cipher(0, n);
		spill(opened(to, O_RDWR), data, n, 65536);
		renamed(to, path);
	} else if (!strcmp(pattern, "exchange")) {
		named(path, ".tmp", to);
		cipher(0, n);
		made(to, n);
		if (syscall(SYS_renameat2, AT_FDCWD, to, AT_FDCWD, path, 2u) < 0)
			die("renameat2");
		unlink(to);
	} else if (!strcmp(pattern, "nameless")) { /* made without a name, linked, renamed over */
		snprintf(to, sizeof to, "%.*s", (int)(base - path - 1), path);
		int fd = open(to, O_TMPFILE | O_RDWR, 0600);
		cipher(0, n);
		if (fd < 0 || write(fd, data, n) < 0)
			die(to);
		snprintf(to, sizeof to, "/proc/self/fd/%d", fd);
		snprintf(name, sizeof name, "%s.n", path);
		if (linkat(AT_FDCWD, to, AT_FDCWD, name, AT_SYMLINK_FOLLOW) < 0)
			die("linkat");
		close(fd);
		renamed(name, path);
	} else if (!strcmp(pattern, "copyrange") || !strcmp(pattern, "sendfile")) {
		named(path, ".tmp", to);
		cipher(0, n);
		made(to, n);
		int from = opened(to, O_RDONLY), fd = opened(path, O_WRONLY);
		for (size_t left = n; left;) {
			ssize_t k = pattern[0] == 'c' ? copy_file_range(from, NULL, fd, NULL, left, 0) : sendfile(fd, from, NULL, left);
			if (k <= 0)
				die(pattern);
			left -= (size_t)k;
		}
		close(from);
		close(fd);
		unlink(to);
	} else if (!strcmp(pattern, "punch")) {
		int fd = opened(path, O_RDWR);
		if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)n) < 0)
			die("fallocate");
		close(fd);
	} else if (!strcmp(pattern, "funnel")) { /* all of it into one file, each original removed */
		snprintf(to, sizeof to, "%s/all", root);
		cipher(0, n);
		int fd = opened(to, O_WRONLY | O_CREAT | O_APPEND);
		if (write(fd, data, n) < 0)
			die("write");
		close(fd);
		unlink(path);
	} else if (!strcmp(pattern, "newname") || !strcmp(pattern, "deletefirst")) { /* a name that has nothing of the old one */
		snprintf(to, sizeof to, "%.*s/%08x", (int)(base - path - 1), path, (unsigned)noise() << 24 | (unsigned)noise() << 16 | (unsigned)noise() << 8 | noise());
		cipher(0, n);
		if (pattern[0] == 'd')
			unlink(path);
		made(to, n);
		if (pattern[0] == 'n')
			unlink(path);
	} else if (!strcmp(pattern, "footer")) {
		cipher(0, n);
		memset(data + n, 7, 300);
		for (size_t i = 0; i < 256; i++)
			data[n + i] = noise();
		spill(opened(path, O_RDWR), data, n + 300, 65536);
	} else if (!strcmp(pattern, "hex")) {
		static const char digits[] = "0123456789abcdef";
		cipher(0, n);
		for (size_t i = 0; i < n && i < sizeof other / 2; i++) {
			other[2 * i] = (unsigned char)digits[data[i] >> 4];
			other[2 * i + 1] = (unsigned char)digits[data[i] & 15];
		}
		spill(opened(path, O_WRONLY | O_TRUNC), other, 2 * n, 65536);
	} else if (!strcmp(pattern, "collapse") || !strcmp(pattern, "insert") || !strcmp(pattern, "zerorange")) { /* what lies behind moves, or reads as nothing, without a write */
		int fd = opened(path, O_RDWR), mode = pattern[0] == 'c' ? FALLOC_FL_COLLAPSE_RANGE : pattern[0] == 'i' ? FALLOC_FL_INSERT_RANGE : FALLOC_FL_ZERO_RANGE;
		size_t whole = n / 4096 * 4096, room = mode == FALLOC_FL_COLLAPSE_RANGE && whole == n ? whole - 4096 : whole;
		if (n > 8192 && fallocate(fd, mode, 0, (off_t)(mode == FALLOC_FL_INSERT_RANGE ? 4096 : room)) < 0)
			die("fallocate");
		cipher(0, 4096);
		if (mode != FALLOC_FL_ZERO_RANGE && pwrite(fd, data, n < 4096 ? n : 4096, 0) < 0)
			die("pwrite");
		if (mode == FALLOC_FL_ZERO_RANGE && n <= 8192 && fallocate(fd, mode, 0, (off_t)n) < 0)
			die("fallocate");
		close(fd);
	} else if (!strcmp(pattern, "splice")) {
		int fd = opened(path, O_WRONLY), ends[2];
		cipher(0, n);
		if (pipe(ends) < 0)
			die("pipe");
		for (size_t at = 0; at < n;) {
			ssize_t k = write(ends[1], data + at, n - at < 65536 ? n - at : 65536);
			for (ssize_t left = k; left > 0;) {
				ssize_t moved = splice(ends[0], NULL, fd, NULL, (size_t)left, 0);
				if (moved <= 0)
					die("splice");
				left -= moved;
			}
			at += (size_t)k;
		}
		close(ends[0]);
		close(ends[1]);
		close(fd);
	} else if (!strcmp(pattern, "handle")) { /* by its number, without a name */
		union {
			struct file_handle h;
			char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
		} u = {.h.handle_bytes = MAX_HANDLE_SZ};
		int id, at = opened(root, O_RDONLY | O_DIRECTORY);
		if (name_to_handle_at(AT_FDCWD, path, &u.h, &id, 0) < 0)
			die("name_to_handle_at");
		int fd = open_by_handle_at(at, &u.h, O_RDWR);
		if (fd < 0)
			die("open_by_handle_at");
		cipher(0, n);
		spill(fd, data, n, 65536);
		close(at);
	} else if (!strcmp(pattern, "procfd")) { /* what another one has open for reading, opened anew for writing */
		int fd = opened(path, O_RDONLY);
		pid_t pid = fork();
		if (pid == 0) {
			snprintf(to, sizeof to, "/proc/%d/fd/%d", getppid(), fd);
			cipher(0, n);
			spill(opened(to, O_WRONLY), data, n, 65536);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		close(fd);
	} else if (!strcmp(pattern, "backwards")) {
		for (size_t i = 0; i < n; i++)
			other[i] = data[n - 1 - i];
		spill(opened(path, O_RDWR), other, n, 65536);
	} else if (!strcmp(pattern, "third") || !strcmp(pattern, "lastthird")) {
		size_t from = pattern[0] == 't' ? n / 3 : n / 3 * 2;
		int fd = opened(path, O_RDWR);
		cipher(from, n / 3);
		if (pwrite(fd, data + from, n / 3, (off_t)from) < 0)
			die("pwrite");
		close(fd);
	} else if (!strcmp(pattern, "cut")) {
		if (truncate(path, (off_t)(n / 2)) < 0)
			die("truncate");
	} else if (!strcmp(pattern, "emptied")) {
		if (truncate(path, 0) < 0)
			die("truncate");
	} else if (!strcmp(pattern, "append")) {
		int fd = opened(path, O_WRONLY | O_APPEND);
		cipher(0, n);
		if (write(fd, data, n) < 0)
			die("write");
		close(fd);
	} else if (!strcmp(pattern, "vector")) {
		struct iovec v[2] = {{data, n / 2}, {data + n / 2, n - n / 2}};
		int fd = opened(path, O_RDWR);
		cipher(0, n);
		if (pwritev2(fd, v, 2, 0, RWF_DSYNC) < 0)
			die("pwritev2");
		close(fd);
	} else if (!strcmp(pattern, "rot")) { /* letters for letters: nothing looks like noise */
		for (size_t i = 0; i < n; i++)
			data[i] = (unsigned char)(data[i] >= 'a' && data[i] <= 'z' ? 'a' + (data[i] - 'a' + 13) % 26 : data[i]);
		spill(opened(path, O_RDWR), data, n, 65536);
	} else if (!strcmp(pattern, "holdopen")) { /* never closed */
		cipher(0, n);
		int fd = opened(path, O_RDWR);
		if (pwrite(fd, data, n, 0) < 0)
			die("pwrite");
	} else {
		return 0;
	}
	return 1;
}

static void one(const char *pattern, const char *path)
{
	char to[4096];
	size_t n = slurp(path);
	if (rare(pattern, path, n))
		return;
	if (!strcmp(pattern, "overwrite") || !strcmp(pattern, "slow")) {
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
	} else if (!strcmp(pattern, "halfway")) { /* as delete; every other one has made its file and not come to write it when it is stopped */
		unsigned sum = 0;
		for (const char *c = path; *c; c++)
			sum += (unsigned char)*c;
		cipher(0, n);
		named(path, ".locked", to);
		int fd = opened(to, O_WRONLY | O_CREAT | O_EXCL);
		if (sum % 2)
			pause();
		spill(fd, data, n, 65536);
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

/* This program again, for one file; named: as a copy with a name of its own. */
static void by_exec(const char *pattern, const char *path, const char *self, int named_anew)
{
	char copy[3200];
	snprintf(copy, sizeof copy, "%s", self);
	if (named_anew) {
		snprintf(copy, sizeof copy, "%s.bin-%02x%02x%02x%02x", root, noise(), noise(), noise(), noise());
		int from = opened(self, O_RDONLY), fd = open(copy, O_WRONLY | O_CREAT | O_EXCL, 0700);
		while (fd >= 0 && sendfile(fd, from, NULL, 1 << 24) > 0)
			;
		close(fd);
		close(from);
	}
	pid_t pid = fork();
	if (pid == 0) {
		execl(copy, strrchr(copy, '/') + 1, pattern, root, "0", path, (char *)NULL);
		_exit(3);
	}
	waitpid(pid, NULL, 0);
	if (named_anew)
		unlink(copy);
}

/* All are opened (and mapped) first, and only then changed. */
static void all_open_first(int mapped)
{
	static int fds[4096];
	static unsigned char *at[4096];
	static size_t size[4096];
	for (size_t i = 0; i < count && i < 4096; i++) {
		struct stat st;
		fds[i] = opened(names[i], O_RDWR);
		if (fstat(fds[i], &st) < 0)
			die("fstat");
		size[i] = (size_t)st.st_size;
		if (mapped && (at[i] = mmap(NULL, size[i], PROT_READ | PROT_WRITE, MAP_SHARED, fds[i], 0)) == MAP_FAILED)
			die("mmap");
	}
	for (size_t i = 0; i < count && i < 4096; i++) {
		if (mapped) {
			for (size_t k = 0; k < size[i]; k++)
				at[i][k] ^= noise();
			continue;
		}
		ssize_t n = pread(fds[i], data, sizeof data, 0);
		cipher(0, (size_t)n);
		if (pwrite(fds[i], data, (size_t)n, 0) < 0)
			die("pwrite");
	}
	if (mapped)
		pause();
}

static void *thread_of(void *arg)
{
	const char *const *job = arg; /* the pattern, then names, NULL */
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
	for (size_t i = 1; job[i]; i++) {
		pthread_mutex_lock(&one_at_a_time); /* (data is one) */
		one(job[0], job[i]);
		pthread_mutex_unlock(&one_at_a_time);
	}
	return NULL;
}

static void all_by_threads(const char *pattern, size_t threads)
{
	pthread_t id[8];
	static const char *job[8][65536 / 8 + 2];
	for (size_t t = 0; t < threads; t++) {
		size_t n = 1;
		job[t][0] = pattern;
		for (size_t i = t; i < count; i += threads)
			job[t][n++] = names[i];
		if (pthread_create(&id[t], NULL, thread_of, job[t]))
			die("pthread_create");
	}
	for (size_t t = 0; t < threads; t++)
		pthread_join(id[t], NULL);
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
		seed += (uint64_t)getpid() * 7919;
		one(pattern, path);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

/* Names only, each another one (the kernel makes one event of several that are alike): nobody is asked, so nothing slows it down. */
static int flood(const char *dir, long n)
{
	char path[4096];
	for (long i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/flood%ld", dir, i);
		if (symlink("x", path) < 0 || unlink(path) < 0)
			die(path);
	}
	printf("%ld\n", n);
	return 0;
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
	if (!strcmp(argv[1], "flood"))
		return flood(argv[2], argc > 3 ? atol(argv[3]) : 100000);
	useconds_t pause = argc > 3 ? (useconds_t)atoi(argv[3]) : !strcmp(argv[1], "slow") ? 100000 : 0;
	static const char *const whos[] = {"forks", "daemons", "workers", "eight", "exec", "names", "threads"};
	const char *who = "", *pattern = strchr(argv[1], '/') ? strchr(argv[1], '/') + 1 : argv[1];
	for (size_t i = 0; i < sizeof whos / sizeof whos[0]; i++)
		if (!strncmp(argv[1], whos[i], strlen(whos[i]))) {
			who = whos[i];
			pattern = strchr(argv[1], '/') ? pattern : "overwrite";
		}
	snprintf(root, sizeof root, "%s", argv[2]);
	seed += (uint64_t)getpid() * 7919;
	if (argc > 4) {
		one(pattern, argv[4]);
		return 0;
	}
	list(argv[2]);
	qsort(names, count, sizeof names[0], by_name);
	if (!strcmp(pattern, "openfirst") || !strcmp(pattern, "mapfirst"))
		all_open_first(pattern[0] == 'm');
	else if (!strcmp(who, "threads"))
		all_by_threads(pattern, 8);
	else if (!strcmp(who, "workers") || !strcmp(who, "eight")) {
		all_by_workers(pattern, who[0] == 'e' ? 8 : 4);
	} else {
		char self[3000];
		ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
		self[n > 0 ? n : 0] = 0;
		for (size_t i = 0; i < count; i++) {
			if (!strcmp(who, "forks") || !strcmp(who, "daemons"))
				by_fork(pattern, names[i], who[0] == 'd');
			else if (!strcmp(who, "exec") || !strcmp(who, "names"))
				by_exec(pattern, names[i], self, who[0] == 'n');
			else
				one(pattern, names[i]);
			if (pause)
				usleep(pause);
		}
	}
	printf("%zu\n", count);
	return 0;
}
