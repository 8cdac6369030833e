/* marks: which groups this kernel gives, and a mark on every folder below the watched ones.
 *
 * Folders are marked one by one (FAN_EVENT_ON_CHILD), never a whole file system: the records that we write ourselves mostly lie on the same one, and a permission event for our own writing would wait for ourselves. A new
 * folder is marked when its creation is told; what was made in it before that was made in an empty folder and destroys nothing.
 * Files that were opened before the mark stood raise no permission events on newer kernels (the kernel notes at open(2) whether anybody listens). */
#include "watch_internal.h"

#include "fanotify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statfs.h>
#include <unistd.h>

#define NAMES_MASK (FAN_CREATE | FAN_DELETE | FAN_RENAME | FAN_ONDIR)
#define PENDING_MAX ((size_t)64 << 20)

const char *watch_mode_name(enum watch_mode m)
{
	return m == WATCH_MODE_PRE_CONTENT ? "pre-content" : m == WATCH_MODE_OPEN ? "open" : "notify";
}

static uint64_t perm_mask(const struct marks *m)
{
	return FAN_EVENT_ON_CHILD | (m->mode == WATCH_MODE_PRE_CONTENT ? FAN_OPEN_PERM | FAN_PRE_ACCESS : m->mode == WATCH_MODE_OPEN ? FAN_OPEN_PERM : FAN_OPEN | FAN_CLOSE_WRITE);
}

static unsigned int queue(const struct watch_config *c)
{
	return c->limited_queue ? 0 : FAN_UNLIMITED_QUEUE;
}

static int try_group(const struct watch_config *c, enum watch_mode mode, int probe)
{
	static const unsigned int class[] = {FAN_CLASS_PRE_CONTENT, FAN_CLASS_CONTENT, FAN_CLASS_NOTIF};
	const struct marks m = {.mode = mode};
	int fd = fanotify_init(class[mode] | FAN_REPORT_TID | queue(c) | FAN_UNLIMITED_MARKS | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY | O_LARGEFILE | O_CLOEXEC | O_NOATIME);
	if (fd >= 0 && fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_ONLYDIR, perm_mask(&m), probe, NULL) < 0) {
		int saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static int open_groups(struct marks *m, const struct watch_config *c, int probe, struct err *e)
{
	for (int mode = (int)c->best; mode <= WATCH_MODE_NOTIFY && m->perm < 0; mode++) {
		m->mode = (enum watch_mode)mode;
		m->perm = try_group(c, m->mode, probe);
		if (m->perm < 0 && errno == EPERM)
			return err_set(e, ERR_DENIED, c->path[0], "watching needs root (CAP_SYS_ADMIN)");
	}
	if (m->perm < 0)
		return err_sys(e, c->path[0], "the kernel offers no fanotify here");
	m->names = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME_TARGET | FAN_REPORT_TID | queue(c) | FAN_UNLIMITED_MARKS | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY | O_LARGEFILE | O_CLOEXEC);
	if (m->names >= 0 && fanotify_mark(m->names, FAN_MARK_ADD | FAN_MARK_ONLYDIR, NAMES_MASK, probe, NULL) < 0) {
		close(m->names); /* a file system without file handles: names that are made, moved and removed are not seen */
		m->names = -1;
	}
	return 0;
}

static void leave_out(struct marks *m, const char *path)
{
	struct stat st;
	if (path && stat(path, &st) == 0) {
		m->not_dev[m->nots] = st.st_dev;
		m->not_ino[m->nots++] = st.st_ino;
	}
}

int marks_open(struct marks *m, const struct watch_config *c, struct err *e)
{
	*m = (struct marks){.perm = -1, .names = -1};
	buf_init(&m->pending, PENDING_MAX);
	leave_out(m, c->state);
	leave_out(m, c->exempt);
	int r = c->path_count ? 0 : err_set(e, ERR_USAGE, NULL, "no folder to watch");
	for (size_t i = 0; i < c->path_count && r == 0; i++) {
		struct root *to = &m->root[m->roots];
		struct statfs fs;
		struct stat st;
		to->fd = file_open_dir(AT_FDCWD, c->path[i], e);
		if (to->fd < 0)
			r = to->fd;
		else if (m->roots++, fstatfs(to->fd, &fs) < 0)
			r = err_sys(e, c->path[i], "cannot be looked at");
		else if (fstat(to->fd, &st) < 0)
			r = err_sys(e, c->path[i], "cannot be looked at");
		else
			memcpy(to->fsid, &fs.f_fsid, sizeof to->fsid), to->dev = st.st_dev;
		if (r == 0 && i == 0)
			r = open_groups(m, c, to->fd, e);
	}
	for (size_t i = 0; i < c->path_count && r == 0; i++)
		r = marks_add(m, c->path[i], e);
	if (r < 0)
		marks_close(m);
	return r;
}

void marks_close(struct marks *m)
{
	for (size_t i = 0; i < m->roots; i++)
		close(m->root[i].fd);
	if (m->perm >= 0)
		close(m->perm);
	if (m->names >= 0)
		close(m->names);
	m->perm = m->names = -1;
	buf_done(&m->pending);
	m->roots = 0;
}

/* ---- walking ---- */

static bool left_out(const struct marks *m, const struct stat *st)
{
	for (size_t i = 0; i < m->nots; i++)
		if (st->st_dev == m->not_dev[i] && st->st_ino == m->not_ino[i])
			return true;
	return false;
}

static int mark_one(struct marks *m, int fd, const char *path, struct err *e)
{
	const unsigned int how = FAN_MARK_ADD | FAN_MARK_ONLYDIR;
	if (fanotify_mark(m->perm, how, perm_mask(m), fd, NULL) < 0 || (m->names >= 0 && fanotify_mark(m->names, how, NAMES_MASK, fd, NULL) < 0)) {
		if (errno == ENOENT)
			return 0; /* removed meanwhile */
		m->full |= errno == ENOSPC || errno == ENOMEM;
		return err_sys(e, path, "cannot be marked");
	}
	m->folders++;
	return 0;
}

static void push(struct buf *pending, const char *dir, const char *name)
{
	buf_str(pending, dir);
	if (name) {
		if (strcmp(dir, "/"))
			buf_u8(pending, '/');
		buf_str(pending, name);
	}
	buf_u8(pending, 0);
}

/* The last path of the list, taken off. */
static bool pop(struct buf *pending, char out[WATCH_PATH_MAX])
{
	if (pending->n == 0 || !buf_ok(pending))
		return false;
	size_t end = pending->n - 1, at = end;
	while (at > 0 && pending->p[at - 1])
		at--;
	pending->n = at;
	assert(end - at < WATCH_PATH_MAX); /* list_folders and marks_add put none that is longer */
	memcpy(out, pending->p + at, end - at + 1);
	return true;
}

static void list_folders(DIR *d, const char *path, struct buf *pending)
{
	for (struct dirent *en; (en = readdir(d));) {
		struct stat st;
		if (!strcmp(en->d_name, ".") || !strcmp(en->d_name, ".."))
			continue;
		if (en->d_type == DT_DIR || (en->d_type == DT_UNKNOWN && fstatat(dirfd(d), en->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)))
			if (strlen(path) + strlen(en->d_name) + 2 < WATCH_PATH_MAX)
				push(pending, path, en->d_name);
	}
}

static bool of_a_root(const struct marks *m, const struct stat *st)
{
	for (size_t i = 0; i < m->roots; i++)
		if (m->root[i].dev == st->st_dev)
			return !left_out(m, st);
	return false;
}

int marks_step(struct marks *m, size_t folders, struct err *e)
{
	char at[WATCH_PATH_MAX];
	struct stat st;
	for (size_t n = 0; n < folders && pop(&m->pending, at); n++) {
		int fd = open(at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);
		if (fd < 0)
			continue;
		int r = fstat(fd, &st) == 0 && of_a_root(m, &st) ? mark_one(m, fd, at, e) : 1;
		DIR *d = r == 0 ? fdopendir(fd) : NULL;
		if (!d)
			close(fd);
		if (r < 0)
			return r;
		if (!d)
			continue;
		list_folders(d, at, &m->pending); /* after the mark: whatever is made from now on is told */
		closedir(d);
	}
	if (buf_ok(&m->pending))
		return 0;
	buf_reset(&m->pending);
	return err_set(e, ERR_LIMIT, NULL, "too many folders: some of them are not watched");
}

int marks_add(struct marks *m, const char *path, struct err *e)
{
	struct stat st;
	if (strlen(path) >= WATCH_PATH_MAX)
		return err_set(e, ERR_INPUT, path, "the path is too long");
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(e, path, "cannot be looked at");
	push(&m->pending, path, NULL);
	return marks_step(m, MARKS_STEP, e);
}

/* ---- single files ---- */

void marks_ignore(struct marks *m, int fd, bool on)
{
	if (m->mode != WATCH_MODE_PRE_CONTENT)
		return;
	unsigned int flags = on ? FAN_MARK_ADD | FAN_MARK_IGNORE | FAN_MARK_IGNORED_SURV_MODIFY | FAN_MARK_EVICTABLE : FAN_MARK_REMOVE | FAN_MARK_IGNORE;
	(void)!fanotify_mark(m->perm, flags, FAN_PRE_ACCESS, fd, NULL); /* not there (any more): the file is only slower */
}

void marks_closing(struct marks *m, int fd)
{
	if (m->mode != WATCH_MODE_NOTIFY)
		(void)!fanotify_mark(m->perm, FAN_MARK_ADD | FAN_MARK_EVICTABLE, FAN_CLOSE_WRITE, fd, NULL); /* not there: what was written is judged with the next question */
}

bool marks_no_writer(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return false;
	(void)!fcntl(fd, F_SETLEASE, F_UNLCK);
	return true;
}

int marks_by_handle(struct marks *m, const void *fid, size_t n)
{
	int32_t fsid[2];
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u;
	if (n < sizeof fsid + sizeof(struct file_handle) || n - sizeof fsid > sizeof u)
		return -1;
	memcpy(fsid, fid, sizeof fsid);
	memcpy(&u, (const char *)fid + sizeof fsid, n - sizeof fsid);
	if (u.h.handle_bytes > n - sizeof fsid - sizeof(struct file_handle))
		return -1;
	for (size_t i = 0; i < m->roots; i++)
		if (memcmp(fsid, m->root[i].fsid, sizeof fsid) == 0)
			return open_by_handle_at(m->root[i].fd, &u.h, O_PATH | O_CLOEXEC);
	return -1;
}

void marks_inode(struct marks *m, const void *fid, size_t n, dev_t *ret_dev, ino_t *ret_ino)
{
	int32_t fsid[2];
	struct {
		uint32_t bytes;
		int32_t type;
		uint32_t ino, generation;
	} h; /* FILEID_INO32_GEN (include/linux/exportfs.h): what ext4 and XFS give as a rule */
	struct stat st;
	if (n == sizeof fsid + sizeof h) {
		memcpy(fsid, fid, sizeof fsid);
		memcpy(&h, (const char *)fid + sizeof fsid, sizeof h);
		for (size_t i = 0; h.bytes == 8 && h.type == 1 && i < m->roots; i++)
			if (memcmp(fsid, m->root[i].fsid, sizeof fsid) == 0) {
				*ret_dev = m->root[i].dev;
				*ret_ino = h.ino;
				return;
			}
	}
	AUTO_CLOSE int fd = marks_by_handle(m, fid, n);
	if (fd >= 0 && fstat(fd, &st) == 0) {
		*ret_dev = st.st_dev;
		*ret_ino = st.st_ino;
	}
}

bool marks_path(struct marks *m, const void *fid, size_t n, char out[WATCH_PATH_MAX])
{
	AUTO_CLOSE int fd = marks_by_handle(m, fid, n);
	struct stat st;
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t len = fd >= 0 ? readlink(link, out, WATCH_PATH_MAX - 1) : -1;
	if (len <= 0)
		return false;
	out[len] = 0;
	/* A folder that has gone itself before its names were read: the kernel writes that behind its path. */
	static const char gone[] = " (deleted)";
	const size_t tail = sizeof gone - 1;
	if ((size_t)len > tail && !strcmp(out + len - tail, gone) && fstat(fd, &st) == 0 && st.st_nlink == 0)
		out[(size_t)len - tail] = 0;
	return true;
}
