/* put_back_file: one file as it was.
 *
 * What it was is put together in a temporary file beside the place where it belongs: the bytes as they are now (where the inode still exists), and over them what was kept, newest change first so that the oldest wins; cut to its
 * old size; owner, mode, attributes and times last. Then it takes its name in one step, and what stood under that name takes the temporary one and goes into STATE/aside/ID from there (copied where that is another file
 * system): nothing is ever lost by putting back, the name is never without a file, and a process that still has the old file open writes into what was set aside. A file with several names is written in place instead, after a copy of it was set aside, so that all its names keep
 * showing one file. */
#include "put_back.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LATER (3 * TIME_SEC) /* after the verdict, where nothing says how the session left a file */

void undo_say(struct undo *u, const char *action, const char *path, const char *key, const char *value, const char *why)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	if (!u->o->line)
		return;
	buf_init(&b, 64 << 10);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "action", action);
	jsonw_kstr(&w, "path", path);
	if (key)
		jsonw_kstr(&w, key, value);
	if (why)
		jsonw_kstr(&w, "why", why);
	jsonw_obj_end(&w);
	if (buf_ok(&b))
		u->o->line(u->o->arg, buf_slice(&b));
}

static void failed(struct undo *u, const char *path, const char *what)
{
	char why[160];
	snprintf(why, sizeof why, "%s: %s", what, strerror(errno));
	u->o->failed++;
	undo_say(u, "failed", path, NULL, NULL, why);
}

static int64_t nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * TIME_SEC + t->tv_nsec;
}

#define BLOCK 4096

static bool is_zero(const void *p, size_t n)
{
	const char *c = p;
	return n == 0 || (c[0] == 0 && memcmp(c, c + 1, n - 1) == 0);
}

/* Into a file that is empty: what is zeros becomes a hole. */
static int copy_all(int from, int to)
{
	static char room[256 << 10];
	for (off_t at = 0;;) {
		ssize_t n = pread(from, room, sizeof room, at);
		if (n <= 0)
			return n < 0 || ftruncate(to, at) < 0 ? -1 : 0;
		for (ssize_t done = is_zero(room, (size_t)n) ? n : 0; done < n;) {
			ssize_t m = pwrite(to, room + done, (size_t)(n - done), at + done);
			if (m <= 0)
				return -1;
			done += m;
		}
		at += n;
	}
}

/* A name in STATE/aside/ID: a number and the last part of the path, so that none meets another. */
static void aside_name(struct undo *u, const char *path, char out[280])
{
	const char *name = strrchr(path, '/');
	snprintf(out, 280, "%06llu-%.255s", (unsigned long long)++u->asides, name ? name + 1 : path);
	while (faccessat(u->aside, out, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		snprintf(out, 280, "%06llu-%.255s", (unsigned long long)++u->asides, name ? name + 1 : path);
}

static int copy_aside(struct undo *u, int fd, const char *name)
{
	struct stat st;
	AUTO_CLOSE int to = openat(u->aside, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (to < 0 || fstat(fd, &st) < 0 || copy_all(fd, to) < 0)
		return -1;
	const struct timespec t[2] = {st.st_atim, st.st_mtim};
	(void)!fchown(to, st.st_uid, st.st_gid);
	(void)!fchmod(to, st.st_mode & 07777);
	return futimens(to, t) < 0 || fsync(to) < 0 ? -1 : 0;
}

/* What has this name, moved or copied away; kept says where. */
static int set_aside_as(struct undo *u, const char *path, const char *as, bool move, char kept[WATCH_PATH_MAX])
{
	char name[280];
	aside_name(u, as, name);
	snprintf(kept, WATCH_PATH_MAX, "aside/%s/%s", u->id, name);
	if (move && renameat2(AT_FDCWD, path, u->aside, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (move && errno != EXDEV)
		return -1;
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);
	if (fd < 0 || copy_aside(u, fd, name) < 0)
		return -1;
	return move ? unlink(path) : 0;
}

static int set_aside(struct undo *u, const char *path, bool move, char kept[WATCH_PATH_MAX])
{
	return set_aside_as(u, path, path, move, kept);
}

/* ---- what it was ---- */

static const struct undo_change *first_change(const struct undo *u, const struct undo_file *f)
{
	for (size_t i = 0; i < f->changes; i++)
		if (u->change[f->change[i]].r->kind != RECORD_CLEAN)
			return &u->change[f->change[i]];
	return NULL;
}

static const struct undo_change *last_change(const struct undo *u, const struct undo_file *f)
{
	for (size_t i = f->changes; i-- > 0;)
		if (u->change[f->change[i]].r->kind != RECORD_CLEAN)
			return &u->change[f->change[i]];
	return NULL;
}

static bool covers(const struct undo_change *c)
{
	uint64_t end = 0; /* (for a deleted file the store keeps runs that do not overlap; they are sorted by what was asked first, so add them up) */
	for (size_t i = 0; i < c->n; i++)
		end += c->data[i].length;
	return end >= c->r->size;
}

/* Blocks of zeros as a hole, where the file system has such. */
static int lay_down(int fd, const uint8_t *p, size_t n, uint64_t offset)
{
	struct err e;
	for (size_t at = 0, run; at < n; at += run) {
		size_t block = BLOCK - (size_t)((offset + at) % BLOCK), first = n - at < block ? n - at : block;
		bool hole = first == BLOCK && is_zero(p + at, first);
		for (run = first; at + run < n && n - at - run >= BLOCK && is_zero(p + at + run, BLOCK) == hole; run += BLOCK)
			;
		if (!hole && at + run < n && n - at - run < BLOCK)
			run = n - at;
		if (hole && fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(offset + at), (off_t)run) == 0)
			continue;
		if (file_pwrite_all(fd, slice_of(p + at, run), offset + at, &e, "") < 0)
			return -1;
	}
	return 0;
}

static int lay_over(struct undo *u, const struct undo_change *c, int fd)
{
	static uint8_t room[RECORD_DATA_MAX];
	for (size_t i = 0; i < c->n; i++) {
		const struct place *p = &c->data[i];
		if (store_read(&u->s, p, 0, room, (size_t)p->length) != (int64_t)p->length)
			return -1;
		if (lay_down(fd, room, (size_t)p->length, p->offset) < 0)
			return -1;
	}
	return ftruncate(fd, (off_t)c->r->size);
}

/* Newest first: so the oldest pre-image of each byte, which is what it was, comes last. */
static int lay_all(struct undo *u, const struct undo_file *f, int fd)
{
	for (size_t i = f->changes; i-- > 0;) {
		const struct undo_change *c = &u->change[f->change[i]];
		if (c->r->kind != RECORD_CLEAN && lay_over(u, c, fd) < 0)
			return -1;
	}
	return 0;
}

static int dress(const struct record *r, int fd)
{
	struct cur c = cur_of(r->extra);
	char now[4096];
	ssize_t n = flistxattr(fd, now, sizeof now);
	for (char *p = now; n > 0 && p < now + n; p += strlen(p) + 1)
		(void)!fremovexattr(fd, p);
	if (fchown(fd, r->uid, r->gid) < 0 || fchmod(fd, r->mode & 07777) < 0)
		return -1;
	while (cur_left(&c)) {
		const uint8_t *end = memchr(c.p, 0, cur_left(&c));
		if (!end)
			break;
		const char *name = (const char *)c.p;
		(void)cur_take(&c, (size_t)(end - c.p) + 1);
		uint32_t len = cur_u32le(&c);
		struct slice v = cur_take(&c, len);
		if (c.failed)
			break;
		if (fsetxattr(fd, name, v.p, v.n, 0) < 0 && errno != ENOTSUP)
			return -1;
	}
	const struct timespec t[2] = {
		{.tv_sec = r->atime / TIME_SEC, .tv_nsec = r->atime % TIME_SEC},
		{.tv_sec = r->mtime / TIME_SEC, .tv_nsec = r->mtime % TIME_SEC},
	};
	return futimens(fd, t) < 0 || fsync(fd) < 0 ? -1 : 0;
}

static bool make_folders(const char *path)
{
	char dir[WATCH_PATH_MAX];
	struct err e;
	snprintf(dir, sizeof dir, "%s", path);
	char *end = strrchr(dir, '/');
	if (!end || end == dir)
		return true;
	*end = 0;
	return access(dir, F_OK) == 0 || file_mkdir(AT_FDCWD, dir, 0700, &e) >= 0; /* its folder went, too: nobody knows any more who might enter it */
}

/* The same whenever it is said again: what a killed one left is found. */
static void temp_name(const struct undo *u, const char *path, uint64_t number, char out[WATCH_PATH_MAX + 64])
{
	const char *slash = strrchr(path, '/');
	int dir = slash ? (int)(slash - path) + 1 : 0;
	snprintf(out, WATCH_PATH_MAX + 64, "%.*s.holdfast-%s-%llu.tmp", dir, path, u->id, (unsigned long long)number);
}

static void sync_folder(const char *path)
{
	char dir[WATCH_PATH_MAX];
	struct err e;
	snprintf(dir, sizeof dir, "%s", path);
	char *end = strrchr(dir, '/');
	if (end)
		end[end == dir] = 0;
	(void)!file_sync_dir(AT_FDCWD, end ? dir : ".", &e);
}

/* ---- deciding ---- */

static bool stat_regular(const char *path, struct stat *st)
{
	return path && lstat(path, st) == 0 && S_ISREG(st->st_mode);
}

/* Somebody else wrote it after the session did. */
static bool changed_since(const struct undo *u, const struct undo_change *c, const struct stat *st)
{
	if (c->after)
		return (uint64_t)st->st_size != c->after_size || nanoseconds(&st->st_mtim) != c->after_mtime;
	return nanoseconds(&st->st_mtim) > u->wall + LATER;
}

/* By size and time: what we put back has the time that it had. */
static bool as_it_was(const struct undo_change *c, const struct stat *st)
{
	return (uint64_t)st->st_size == c->r->size && nanoseconds(&st->st_mtim) == c->r->mtime;
}

static void propose(struct undo *u, const struct undo_file *f, const struct stat *there)
{
	u->o->put_back++;
	undo_say(u, f->is && !strcmp(f->is, f->was) ? "put-back" : f->is ? "rename-back" : "recreate", f->was, there ? "replaces" : NULL, there ? f->was : NULL, NULL);
}

/* That we are writing in it ourselves: who is killed over it and begins again does not take that for somebody's work. */
static void working_name(const struct record *r, char out[64])
{
	snprintf(out, 64, ".working-%llu", (unsigned long long)r->number);
}

static bool note_working(struct undo *u, const struct record *r)
{
	char name[64];
	working_name(r, name);
	AUTO_CLOSE int fd = openat(u->aside, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd >= 0 && fsync(fd) == 0;
}

static bool was_working(struct undo *u, const struct record *r)
{
	char name[64];
	working_name(r, name);
	return u->aside >= 0 && faccessat(u->aside, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void done_working(struct undo *u, const struct record *r)
{
	char name[64];
	working_name(r, name);
	(void)!unlinkat(u->aside, name, 0);
}

/* In place: all of its names show it. */
static bool in_place(struct undo *u, const struct undo_file *f, const struct record *r)
{
	char kept[WATCH_PATH_MAX];
	AUTO_CLOSE int fd = open(f->is, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || set_aside(u, f->is, false, kept) < 0 || !note_working(u, r) || lay_all(u, f, fd) < 0 || dress(r, fd) < 0) {
		failed(u, f->was, "it has several names and cannot be written in place");
		return false;
	}
	if (strcmp(f->is, f->was) && renameat2(AT_FDCWD, f->is, AT_FDCWD, f->was, RENAME_NOREPLACE) < 0) {
		failed(u, f->was, "it cannot get its name back");
		return false;
	}
	done_working(u, r);
	undo_say(u, "put-back", f->was, "kept", kept, NULL);
	return true;
}

/* Its name is never without a file: who is killed in between leaves either what was there or what is put back under it, and the rest where sweep or the next time finds it. */
static bool take_its_place(struct undo *u, const struct undo_file *f, const char *temp)
{
	char kept[WATCH_PATH_MAX] = "", other[WATCH_PATH_MAX] = "";
	struct stat st;
	bool there = lstat(f->was, &st) == 0, swapped = there && renameat2(AT_FDCWD, temp, AT_FDCWD, f->was, RENAME_EXCHANGE) == 0;
	if (there && !swapped && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return false;
	if (there && set_aside_as(u, swapped ? temp : f->was, f->was, true, other) < 0)
		return false;
	if (!swapped && renameat2(AT_FDCWD, temp, AT_FDCWD, f->was, RENAME_NOREPLACE) < 0)
		return false;
	sync_folder(f->was);
	if (f->is && strcmp(f->is, f->was) && lstat(f->is, &st) == 0 && set_aside(u, f->is, true, kept) < 0)
		return false;
	undo_say(u, !f->is ? "recreate" : strcmp(f->is, f->was) ? "rename-back" : "put-back", f->was, kept[0] || other[0] ? "kept" : NULL, kept[0] ? kept : other, NULL);
	return true;
}

/* What a killed one left beside the place: half of a file, or what it had just swapped out. Nothing is removed. */
static void sweep(struct undo *u, const struct undo_file *f, const struct record *r)
{
	char temp[WATCH_PATH_MAX + 64], kept[WATCH_PATH_MAX];
	struct stat st;
	temp_name(u, f->was, r->number, temp);
	if (lstat(temp, &st) == 0 && S_ISREG(st.st_mode) && set_aside_as(u, temp, f->was, true, kept) < 0)
		failed(u, f->was, "what was begun before cannot be set aside");
}

static bool anew(struct undo *u, const struct undo_file *f, const struct record *r)
{
	char temp[WATCH_PATH_MAX + 64];
	temp_name(u, f->was, r->number, temp);
	if (!make_folders(f->was)) {
		failed(u, f->was, "its folder has gone and cannot be made");
		return false;
	}
	AUTO_CLOSE int to = open(temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	AUTO_CLOSE int from = f->is ? open(f->is, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME) : -1;
	if (to < 0 || (f->is && from < 0) || (from >= 0 && copy_all(from, to) < 0) || lay_all(u, f, to) < 0 || dress(r, to) < 0 || !take_its_place(u, f, temp)) {
		failed(u, f->was, "it cannot be written");
		return false; /* what is left of it is set aside the next time */
	}
	return true;
}

/* Back since an earlier time that was ended before it had set aside what stands under the other name. */
static bool half_done(struct undo *u, const struct undo_file *f, const struct undo_change *first)
{
	char kept[WATCH_PATH_MAX];
	struct stat other;
	if (!strcmp(f->is, f->was) || !stat_regular(f->was, &other) || other.st_ino == f->ino || !as_it_was(first, &other))
		return false;
	if (set_aside(u, f->is, true, kept) < 0) {
		failed(u, f->is, "it cannot be set aside");
		return true;
	}
	u->o->put_back++;
	undo_say(u, "rename-back", f->was, "kept", kept, NULL);
	return true;
}

static void only_its_name(struct undo *u, struct undo_file *f)
{
	struct stat st;
	if (!f->is || !strcmp(f->is, f->was) || lstat(f->is, &st) < 0 || (f->ino && st.st_ino != f->ino))
		return;
	if (u->o->dry_run) {
		propose(u, f, NULL);
		return;
	}
	char kept[WATCH_PATH_MAX] = "";
	struct stat other;
	bool free_name = lstat(f->was, &other) < 0 || set_aside(u, f->was, true, kept) == 0;
	if (!free_name || !make_folders(f->was) || renameat2(AT_FDCWD, f->is, AT_FDCWD, f->was, RENAME_NOREPLACE) < 0) {
		failed(u, f->was, "it cannot get its name back");
		return;
	}
	u->o->put_back++;
	undo_say(u, "rename-back", f->was, kept[0] ? "kept" : "from", kept[0] ? kept : f->is, NULL);
}

void undo_folder(struct undo *u, struct undo_file *f)
{
	if (!f->made)
		only_its_name(u, f);
}

void undo_file(struct undo *u, struct undo_file *f)
{
	struct stat st, other;
	const struct undo_change *first = first_change(u, f), *last = last_change(u, f);
	if (f->lost) {
		if (!u->o->dry_run && lstat(f->was, &st) == 0)
			return; /* what the sessions put there is set aside by now: this is somebody's */
		u->o->vault++;
		undo_say(u, "vault", f->was, "from", "vault", "it was removed or replaced without ever having been opened: only a backup has it");
		return;
	}
	if (!first) {
		only_its_name(u, f);
		return;
	}
	if (!u->o->dry_run)
		sweep(u, f, first->r);
	bool inode = stat_regular(f->is, &st) && st.st_ino == f->ino;
	if (!inode && stat_regular(f->was, &other) && as_it_was(first, &other))
		return; /* put back before */
	if (inode && first->n == 0 && !strcmp(f->is, f->was) && as_it_was(first, &st))
		return;
	if (f->is && !inode) { /* somebody else's doing, after */
		u->o->left++;
		undo_say(u, "left", f->was, NULL, NULL, "another file stands there, or none: what was kept stays kept");
		return;
	}
	if (first->unkept || (!inode && !covers(first))) {
		u->o->vault++;
		undo_say(u, "vault", f->was, "from", "vault", "it was too large to be kept whole: only a backup has it");
		return;
	}
	if (inode && !u->o->dry_run && half_done(u, f, first))
		return;
	if (inode && changed_since(u, last, &st) && !u->o->force && !was_working(u, first->r)) {
		u->o->left++;
		undo_say(u, "left", f->was, NULL, NULL, "somebody changed it since: --force puts it back all the same and keeps what is there");
		return;
	}
	if (u->o->dry_run) {
		propose(u, f, lstat(f->was, &other) == 0 ? &other : NULL);
		return;
	}
	if (inode && st.st_nlink > 1 ? in_place(u, f, first->r) : anew(u, f, first->r))
		u->o->put_back++;
}

void undo_made(struct undo *u, struct undo_file *f)
{
	struct stat st;
	char kept[WATCH_PATH_MAX];
	if (!f->is || lstat(f->is, &st) < 0 || (f->ino && st.st_ino != f->ino) || S_ISDIR(st.st_mode))
		return;
	if (u->o->dry_run) {
		u->o->set_aside++;
		undo_say(u, "set-aside", f->is, NULL, NULL, NULL);
		return;
	}
	if (set_aside(u, f->is, true, kept) < 0) {
		failed(u, f->is, "it cannot be set aside");
		return;
	}
	u->o->set_aside++;
	undo_say(u, "set-aside", f->is, "kept", kept, NULL);
}
