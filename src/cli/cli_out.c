/* Lists that commands write. The file beside the name has one fixed name, so that what a kill leaves is found again; a lock, which dies with its process, says whether somebody is still writing it. */
#include "cli_out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* It is locked: is it still the one beside the name, or was it put in place by whoever had it before? */
static bool still_there(const struct cli_out *o)
{
	struct stat mine, there;
	return fstat(o->fd, &mine) == 0 && fstatat(o->dirfd, o->temp, &there, AT_SYMLINK_NOFOLLOW) == 0 && mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

static int take(struct cli_out *o, const char *path, struct err *e)
{
	for (unsigned again = 0; again < 100; again++) {
		o->fd = openat(o->dirfd, o->temp, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
		if (o->fd < 0)
			return err_sys(e, path, "cannot be written");
		if (file_lock(o->fd, false, NULL) == ERR_BUSY) /* (a file system without locks: nobody is told of another) */
			return err_set(e, ERR_BUSY, path, "is being written by another command: wait for it, or take another name");
		if (still_there(o))
			return ftruncate(o->fd, 0) < 0 ? err_sys(e, path, "cannot be written") : 0;
		close(o->fd);
		o->fd = -1;
	}
	return err_set(e, ERR_BUSY, path, "is being written by other commands again and again");
}

int cli_out_open(struct cli_out *o, int dirfd, const char *path, struct err *e)
{
	struct stat st;
	*o = CLI_OUT_NONE;
	if (!path || !strcmp(path, "-")) {
		o->fd = STDOUT_FILENO;
		snprintf(o->name, sizeof o->name, "standard output");
		return 0;
	}
	const char *slash = strrchr(path, '/');
	char dir[4096];
	if ((size_t)snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".") >= sizeof dir || (size_t)snprintf(o->name, sizeof o->name, "%s", slash ? slash + 1 : path) >= sizeof o->name || !o->name[0])
		return err_set(e, ERR_USAGE, path, "the name is too long, or none");
	if (fstatat(dirfd, path, &st, 0) == 0 && !S_ISREG(st.st_mode)) {
		o->fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		return o->fd < 0 ? err_sys(e, path, "cannot be written") : 0;
	}
	snprintf(o->temp, sizeof o->temp, ".%s.tmp", o->name);
	int d = file_open_dir(dirfd, dir, e);
	if (d < 0)
		return d;
	o->dirfd = d;
	int r = take(o, path, e);
	if (r < 0) { /* what is there is somebody else's */
		o->temp[0] = 0;
		cli_out_done(o);
	}
	return r;
}

int cli_out_close(struct cli_out *o, struct err *e)
{
	if (o->dirfd < 0)
		return 0;
	if (fsync(o->fd) < 0)
		return err_sys(e, o->name, "cannot be made durable");
	if (renameat(o->dirfd, o->temp, o->dirfd, o->name) < 0)
		return err_sys(e, o->name, "cannot be put in its place");
	o->temp[0] = 0;
	int fd = o->fd;
	o->fd = -1;
	if (close(fd) < 0)
		return err_sys(e, o->name, "is in its place, but was not closed well");
	return fsync(o->dirfd) < 0 && errno != EINVAL ? err_sys(e, o->name, "is written, but its folder cannot be made durable") : 0;
}

void cli_out_done(struct cli_out *o)
{
	if (o->dirfd >= 0 && o->temp[0])
		unlinkat(o->dirfd, o->temp, 0);
	if (o->fd >= 0 && o->fd != STDOUT_FILENO)
		close(o->fd);
	if (o->dirfd >= 0)
		close(o->dirfd);
	*o = CLI_OUT_NONE;
}

int cli_out_whole(int dirfd, const char *path, struct slice s, struct err *e)
{
	struct cli_out o;
	int r = cli_out_open(&o, dirfd, path, e);
	if (r == 0)
		r = file_write_all(o.fd, s, e, path);
	if (r == 0)
		r = cli_out_close(&o, e);
	cli_out_done(&o);
	return r;
}
