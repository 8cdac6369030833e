/* Files: read and write whole, replace atomically, and make directories durable. */
#include "base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <dirent.h>

#define PIECE ((size_t)1 << 16)
#define TEMP_END ".tmp"
#define TEMP_RANDOM 16 /* hex digits */

void file_close_cleanup(int *fd)
{
	int keep = errno;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = keep;
}

int file_write_all(int fd, struct slice s, struct err *e, const char *place)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, place, "cannot write");
		s = slice_of(s.p + n, s.n - (size_t)n);
	}
	return 0;
}

int file_pwrite_all(int fd, struct slice s, uint64_t offset, struct err *e, const char *place)
{
	if (offset > INT64_MAX || s.n > INT64_MAX - offset)
		return err_set(e, ERR_LIMIT, place, "cannot write so far into a file");
	while (s.n) {
		ssize_t n = pwrite(fd, s.p, s.n, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, place, "cannot write");
		s = slice_of(s.p + n, s.n - (size_t)n);
		offset += (uint64_t)n;
	}
	return 0;
}

int file_pread_all(int fd, void *out, size_t n, uint64_t offset, struct err *e, const char *place)
{
	uint8_t *to = out;
	if (offset > INT64_MAX || n > INT64_MAX - offset)
		return err_set(e, ERR_LIMIT, place, "cannot read so far into a file");
	while (n) {
		ssize_t got = pread(fd, to, n, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, place, "cannot read");
		if (got == 0)
			return err_set(e, ERR_CORRUPT, place, "the file ends %zu bytes too early", n);
		to += got;
		n -= (size_t)got;
		offset += (uint64_t)got;
	}
	return 0;
}

static int open_error(struct err *e, const char *path, const char *what)
{
	if (errno == ENOENT)
		return err_set(e, ERR_NOT_FOUND, path, "%s: it does not exist", what);
	return err_sys(e, path, "%s", what);
}

/* One read of at most n bytes; returns the count, or a code. */
static ssize_t read_some(int fd, uint8_t *to, size_t n, const char *path, struct err *e)
{
	for (;;) {
		ssize_t got = read(fd, to, n);
		if (got >= 0)
			return got;
		if (errno != EINTR)
			return err_sys(e, path, "cannot read");
	}
}

/* Read to the end, at most limit bytes. The size that fstat says is only a hint: pipes and /proc say 0, and files grow. */
static int read_to_end(int fd, const char *path, size_t limit, struct buf *ret, struct err *e)
{
	struct stat st;
	size_t hint = PIECE, got_all = 0;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && (uint64_t)st.st_size <= limit)
		hint = (size_t)st.st_size;
	for (;;) {
		uint8_t beyond[1], *to = beyond;
		size_t n = sizeof beyond;
		if (got_all < limit) {
			n = limit - got_all < hint ? limit - got_all : hint;
			to = buf_space(ret, n);
			if (!to)
				return err_set(e, buf_code(ret), path, "there is no memory to read it into");
		}
		ssize_t got = read_some(fd, to, n, path, e);
		if (got <= 0)
			return (int)got;
		if (to == beyond)
			return err_set(e, ERR_LIMIT, path, "it is longer than the %zu bytes that are allowed here", limit);
		buf_commit(ret, (size_t)got);
		got_all += (size_t)got;
		hint = PIECE;
	}
}

int file_read(int dirfd, const char *path, size_t max, struct buf *ret, struct err *e)
{
	if (!buf_ok(ret))
		return err_set(e, buf_code(ret), path, "there is no room to read it into");
	AUTO_CLOSE int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return open_error(e, path, "cannot open");
	size_t room = ret->max - ret->n, before = ret->n;
	int code = read_to_end(fd, path, max < room ? max : room, ret, e);
	if (code)
		ret->n = before;
	return code;
}

/* ---- durable replacement ---- */

/* Sync a directory that is open. Some file systems (CIFS, FUSE) cannot fsync a directory and say EINVAL: then there is nothing to wait for. */
static int sync_dir_fd(int fd, struct err *e, const char *place)
{
	if (fsync(fd) == 0 || errno == EINVAL)
		return 0;
	return err_sys(e, place, "cannot make the directory durable");
}

/* path split at its last slash; ERR_USAGE for a path without a file name. */
static int split(const char *path, char **ret_dir, const char **ret_name, struct err *e)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return err_set(e, ERR_USAGE, path, "this is not the name of a file");
	char *dir = slash == path ? strdup("/") : slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
	if (!dir)
		return err_set(e, ERR_MEMORY, path, "no memory");
	*ret_dir = dir;
	*ret_name = name;
	return 0;
}

static void free_cleanup(char **p)
{
	int keep = errno;
	free(*p);
	errno = keep;
}
#define AUTO_FREE __attribute__((cleanup(free_cleanup)))

/* A new file beside name. Its own name is cut where it would not fit in the 255 bytes a name may have. */
static int open_temp(int dir, const char *name, mode_t mode, char out[256])
{
	for (int tries = 0; tries < 100; tries++) {
		uint64_t r;
		if (getrandom(&r, sizeof r, 0) != (ssize_t)sizeof r)
			return -1;
		snprintf(out, 256, ".%.*s.%016llx" TEMP_END, (int)(255 - 2 - TEMP_RANDOM - strlen(TEMP_END)), name, (unsigned long long)r);
		int fd = openat(dir, out, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

/* Write and sync the temporary file. fsync before rename: else a crash can leave the new name with nothing in it. close can report a
 * write that failed late (NFS). */
static int fill_temp(int *fd, const char *path, struct slice s, struct err *e)
{
	int code = file_write_all(*fd, s, e, path);
	if (code)
		return code;
	if (fsync(*fd))
		return err_sys(e, path, "cannot make the file durable");
	int closing = *fd;
	*fd = -1;
	if (close(closing))
		return err_sys(e, path, "cannot close the file");
	return 0;
}

/* /dev/null, /dev/stdout, a pipe: to take its place would destroy it, and whoever else needs it. Written into, then. */
static int write_into(int dir, const char *name, const char *path, struct slice s, struct err *e)
{
	AUTO_CLOSE int fd = openat(dir, name, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? open_error(e, path, "cannot be opened") : file_write_all(fd, s, e, path);
}

int file_replace(int dirfd, const char *path, struct slice s, mode_t mode, struct err *e)
{
	struct stat st;
	AUTO_FREE char *dirname = NULL;
	const char *name;
	int code = split(path, &dirname, &name, e);
	if (code)
		return code;
	AUTO_CLOSE int dir = openat(dirfd, dirname, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return open_error(e, path, "cannot open its directory");
	if (fstatat(dir, name, &st, 0) == 0 && (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)))
		return write_into(dir, name, path, s, e);
	char temp[256];
	AUTO_CLOSE int fd = open_temp(dir, name, mode, temp);
	if (fd < 0)
		return err_sys(e, path, "cannot make a file beside it");
	code = fill_temp(&fd, path, s, e);
	if (code == 0 && renameat(dir, temp, dir, name))
		code = err_sys(e, path, "cannot put the new file in place");
	if (code) {
		unlinkat(dir, temp, 0); /* if this fails, file_sweep_temps takes it later */
		return code;
	}
	return sync_dir_fd(dir, e, path);
}

/* ".NAME.16 hex digits.tmp" */
static bool is_temp(const char *name)
{
	size_t n = strlen(name), end = strlen(TEMP_END);
	uint8_t r[TEMP_RANDOM / 2];
	return n > 2 + TEMP_RANDOM + end && name[0] == '.' && !strcmp(name + n - end, TEMP_END) && name[n - end - TEMP_RANDOM - 1] == '.' &&
	       hex_get(r, sizeof r, slice_of(name + n - end - TEMP_RANDOM, TEMP_RANDOM)) == 0;
}

int file_sweep_temps(int dirfd, const char *path, struct err *e)
{
	int fd = file_open_dir(dirfd, path, e);
	if (fd < 0)
		return fd;
	DIR *d = fdopendir(fd);
	if (!d) {
		int code = err_sys(e, path, "cannot list the directory");
		close(fd);
		return code;
	}
	int code = 0;
	for (;;) {
		errno = 0;
		struct dirent *entry = readdir(d);
		if (!entry) {
			if (errno)
				code = err_sys(e, path, "cannot list the directory");
			break;
		}
		if (is_temp(entry->d_name) && unlinkat(fd, entry->d_name, 0) && errno != ENOENT) {
			code = err_sys(e, path, "cannot remove a temporary file");
			break;
		}
	}
	closedir(d);
	return code;
}

/* ---- directories ---- */

int file_open_dir(int dirfd, const char *path, struct err *e)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 ? fd : open_error(e, path, "cannot open the directory");
}

int file_sync_dir(int dirfd, const char *path, struct err *e)
{
	AUTO_CLOSE int fd = file_open_dir(dirfd, path, e);
	return fd < 0 ? fd : sync_dir_fd(fd, e, path);
}

/* Make one directory if need be and sync the one it stands in: also where it was there already, because whoever made it may have been killed
 * before syncing. But an old parent that we may not even read is no reason to fail. */
static int make_one(int dirfd, const char *path, mode_t mode, struct err *e)
{
	AUTO_FREE char *parent = NULL;
	const char *name;
	bool made = mkdirat(dirfd, path, mode) == 0;
	if (!made && errno != EEXIST)
		return err_sys(e, path, "cannot make the directory");
	int code = split(path, &parent, &name, e);
	if (code)
		return code == ERR_USAGE ? 0 : code; /* "a/..": a part of the path that was there before */
	code = file_sync_dir(dirfd, parent, made ? e : NULL);
	return made ? code : 0;
}

int file_mkdir(int dirfd, const char *path, mode_t mode, struct err *e)
{
	AUTO_FREE char *part = strdup(path);
	if (!part)
		return err_set(e, ERR_MEMORY, path, "no memory");
	for (size_t n = strlen(part); n > 1 && part[n - 1] == '/'; n--)
		part[n - 1] = 0;
	for (char *slash = part;;) {
		slash += strspn(slash, "/");
		slash = strchr(slash, '/');
		if (slash)
			*slash = 0;
		int code = make_one(dirfd, part, mode, e);
		if (code)
			return code;
		if (!slash)
			break;
		*slash = '/';
	}
	struct stat st;
	if (fstatat(dirfd, path, &st, 0))
		return err_sys(e, path, "cannot look at the directory");
	return S_ISDIR(st.st_mode) ? 0 : err_set(e, ERR_EXISTS, path, "something that is not a directory has this name");
}

/* ---- locks and room ---- */

/* Open file description locks belong to the open file, not to the process: they survive a close of another descriptor of the same file, which
 * silently drops a POSIX lock. */
int file_lock(int fd, bool wait, struct err *e)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	if (fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &whole) == 0)
		return 0;
	if (errno == EAGAIN || errno == EACCES)
		return err_set(e, ERR_BUSY, NULL, "another process holds the lock");
	if (errno == EINTR)
		return err_set(e, ERR_BUSY, NULL, "another process holds the lock, and waiting for it was interrupted");
	return err_sys(e, NULL, "cannot lock");
}

int file_free_bytes(int dirfd, uint64_t *ret, struct err *e)
{
	struct statvfs v;
	int r = dirfd == AT_FDCWD ? statvfs(".", &v) : fstatvfs(dirfd, &v);
	if (r)
		return err_sys(e, NULL, "cannot ask how much room is left");
	if (__builtin_mul_overflow((uint64_t)v.f_bavail, (uint64_t)v.f_frsize, ret)) /* some network file systems say "endless" */
		*ret = UINT64_MAX;
	return 0;
}

static void remove_below(int dirfd, const char *name, int depth)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 && depth < 12 ? fdopendir(fd) : NULL;
	if (!d) {
		if (fd >= 0)
			close(fd);
		unlinkat(dirfd, name, 0);
		return;
	}
	for (struct dirent *en; (en = readdir(d));)
		if (strcmp(en->d_name, ".") && strcmp(en->d_name, ".."))
			remove_below(fd, en->d_name, depth + 1);
	closedir(d);
	unlinkat(dirfd, name, AT_REMOVEDIR);
}

void file_remove_tree(int dirfd, const char *name)
{
	remove_below(dirfd, name, 0);
}
