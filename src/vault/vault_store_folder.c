/* A folder as a store: a disk of its own, a share, a stick. An object is a file of its name; written beside (.put.HEX.tmp), fsynced, linked to its name, the folders fsynced: whole or not there. link(2) and
 * not rename(2), because it refuses a name that exists. Nothing is ever deleted but the temporary files of whoever writes. */
#include "vault_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 20)
#define DEPTH_MAX 12

struct folder {
	struct vault_store s;
	int fd;
	bool write;
	uid_t uid; /* root writes into somebody else's folder: what it makes there is theirs; 0: it need not */
	gid_t gid;
};

static struct folder *of(struct vault_store *s)
{
	return (struct folder *)s;
}

static bool parent_of(const char *name, char out[VAULT_OBJECT_MAX + 2]) /* false: the store's own folder */
{
	const char *slash = strrchr(name, '/');
	snprintf(out, VAULT_OBJECT_MAX + 2, "%.*s", slash ? (int)(slash - name) : 1, slash ? name : ".");
	return slash != NULL;
}

/* ---- putting ---- */

/* A name that was made, and the folders above it. */
static void own(const struct folder *f, const char *name)
{
	char path[VAULT_OBJECT_MAX + 64];
	snprintf(path, sizeof path, "%s", name);
	for (char *slash = path; f->uid && slash;) {
		struct stat st;
		if (fstatat(f->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_uid == 0 && fchownat(f->fd, path, f->uid, f->gid, AT_SYMLINK_NOFOLLOW))
			return; /* then its owner cannot write there, and says so */
		slash = strrchr(path, '/');
		if (slash)
			*slash = 0;
	}
}

static int write_bytes(int fd, const struct vault_bytes *b, const char *name, struct err *e)
{
	if (b->fd < 0)
		return file_write_all(fd, b->mem, e, name);
	uint8_t *piece = malloc(PIECE);
	int r = piece ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (uint64_t at = 0; r == 0 && at < b->size;) {
		size_t n = b->size - at < PIECE ? (size_t)(b->size - at) : PIECE;
		if ((r = vault_bytes_read(b, at, piece, n, e)) == 0)
			r = file_pwrite_all(fd, slice_of(piece, n), at, e, name);
		at += n;
	}
	free(piece);
	return r;
}

/* Are these the bytes that the file has? 1: yes; 0: no. */
static int same(int fd, const struct vault_bytes *b, const char *name, struct err *e)
{
	struct stat st;
	if (fstat(fd, &st))
		return err_sys(e, name, "cannot be looked at");
	if ((uint64_t)st.st_size != b->size || !S_ISREG(st.st_mode))
		return 0;
	uint8_t *mine = malloc(PIECE), *its = malloc(PIECE);
	int r = mine && its ? 1 : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (uint64_t at = 0; r == 1 && at < b->size;) {
		size_t n = b->size - at < PIECE ? (size_t)(b->size - at) : PIECE;
		int c = vault_bytes_read(b, at, mine, n, e);
		if (c == 0)
			c = file_pread_all(fd, its, n, at, e, name);
		r = c < 0 ? c : !memcmp(mine, its, n);
		at += n;
	}
	free(mine);
	free(its);
	return r;
}

static int is_there(struct folder *f, const char *name, const struct vault_bytes *b, struct err *e)
{
	AUTO_CLOSE int fd = openat(f->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, name, "cannot be read in the replica");
	int r = same(fd, b, name, e);
	if (r == 0)
		return err_set(e, ERR_EXISTS, name, "%s holds other bytes under this name than this site does: it was damaged or changed there", f->s.where);
	return r == 1 ? 0 : r;
}

static int folder_put(struct vault_store *s, const char *name, const struct vault_bytes *b, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	struct folder *f = of(s);
	char dir[VAULT_OBJECT_MAX + 2], tmp[VAULT_OBJECT_MAX + 64];
	struct stat st;
	assert(vault_object_name_ok(name));
	if (fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return is_there(f, name, b, e);
	uint64_t salt;
	seal_random(&salt, sizeof salt);
	parent_of(name, dir);
	snprintf(tmp, sizeof tmp, "%s/.put.%016" PRIx64 ".tmp", dir, salt);
	AUTO_CLOSE int fd = openat(f->fd, tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 && errno == ENOENT) { /* not asked before: making sure of a folder flushes it and all above */
		int made = file_mkdir(f->fd, dir, 0755, e);
		if (made < 0)
			return made;
		fd = openat(f->fd, tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	}
	if (fd < 0)
		return err_sys(e, name, "cannot be written in the replica");
	int r = write_bytes(fd, b, name, e);
	if (r == 0 && !b->lazy && fsync(fd))
		r = err_sys(e, name, "cannot be made durable in the replica");
	bool beaten = false;
	if (r == 0 && linkat(f->fd, tmp, f->fd, name, 0)) {
		beaten = errno == EEXIST;
		/* a file system without hard links (exFAT on a stick): rename that refuses to replace */
		if (!beaten && renameat2(f->fd, tmp, f->fd, name, RENAME_NOREPLACE)) {
			beaten = errno == EEXIST;
			if (!beaten)
				r = err_sys(e, name, "cannot be put in its place in the replica");
		}
	}
	unlinkat(f->fd, tmp, 0);
	if (r == 0)
		own(f, name);
	if (r == 0 && beaten)
		return is_there(f, name, b, e);
	if (r == 0 && !b->lazy)
		r = file_sync_dir(f->fd, dir, e);
	return r == 0 ? 1 : r;
}

/* One flush for thousands of tiles: 40 ms each where every one is flushed by itself and the disk is busy. */
static int folder_sync(struct vault_store *s, struct err *e)
{
	return syncfs(of(s)->fd) ? err_sys(e, s->where, "cannot be made durable") : 0;
}

static int folder_replace(struct vault_store *s, const char *name, struct slice bytes, struct err *e)
{
	struct folder *f = of(s);
	char dir[VAULT_OBJECT_MAX + 2];
	assert(vault_object_name_ok(name));
	int r = parent_of(name, dir) ? file_mkdir(f->fd, dir, 0755, e) : 0;
	if (r == 0)
		r = file_replace(f->fd, name, bytes, 0644, e);
	if (r == 0)
		own(f, name);
	return r;
}

static int folder_aside(struct vault_store *s, const char *name, struct err *e)
{
	struct folder *f = of(s);
	char to[VAULT_OBJECT_MAX + 64], stamp[32], dir[VAULT_OBJECT_MAX + 64];
	snprintf(to, sizeof to, "aside/%s.%s", name, time_rfc3339(time_now(), 9, stamp));
	snprintf(dir, sizeof dir, "%s", to);
	*strrchr(dir, '/') = 0;
	int r = file_mkdir(f->fd, dir, 0755, e);
	if (r == 0 && renameat2(f->fd, name, f->fd, to, RENAME_NOREPLACE) && renameat(f->fd, name, f->fd, to))
		r = err_sys(e, name, "cannot be set aside");
	if (r == 0)
		own(f, to);
	return r == 0 ? file_sync_dir(f->fd, dir, e) : r;
}

static int folder_drop(struct vault_store *s, const char *name, struct err *e)
{
	assert(vault_object_name_ok(name) && !strncmp(name, "files/copies/", 13));
	if (unlinkat(of(s)->fd, name, 0) && errno != ENOENT)
		return err_sys(e, name, "cannot be removed from the replica");
	char dir[VAULT_OBJECT_MAX + 2]; /* each has a folder of its own: files/copies/NAME/SHA256 */
	if (parent_of(name, dir))
		unlinkat(of(s)->fd, dir, AT_REMOVEDIR);
	return 0;
}

/* Small ones are keys: overwritten before their name goes. */
#define WIPE_MOST ((off_t)1 << 20)

static int folder_remove(struct vault_store *s, const struct vault_object *o, int64_t *ret_until, struct err *e)
{
	struct folder *f = of(s);
	char dir[VAULT_OBJECT_MAX + 2];
	struct stat st;
	assert(vault_object_name_ok(o->name));
	*ret_until = 0;
	AUTO_CLOSE int fd = openat(f->fd, o->name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= WIPE_MOST) {
		uint8_t noise[4096];
		int r = 0;
		for (off_t at = 0; r == 0 && at < st.st_size; at += (off_t)sizeof noise) {
			seal_random(noise, sizeof noise);
			size_t n = st.st_size - at < (off_t)sizeof noise ? (size_t)(st.st_size - at) : sizeof noise;
			r = file_pwrite_all(fd, slice_of(noise, n), (uint64_t)at, e, o->name);
		}
		if (r == 0 && fsync(fd))
			r = err_sys(e, o->name, "cannot be overwritten in the replica");
		if (r < 0)
			return r;
	}
	if (unlinkat(f->fd, o->name, 0) && errno != ENOENT)
		return err_sys(e, o->name, "cannot be removed from %s", s->where);
	parent_of(o->name, dir);
	return file_sync_dir(f->fd, dir, e);
}

/* ---- reading ---- */

static int folder_get(struct vault_store *s, const char *name, const char *version, uint64_t offset, uint64_t n, vault_store_sink *sink, void *arg, struct err *e)
{
	struct folder *f = of(s);
	assert(vault_object_name_ok(name));
	AUTO_CLOSE int fd = openat(f->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return err_set(e, ERR_NOT_FOUND, name, "%s has no such file", s->where);
	if (fd < 0 || fstat(fd, &st))
		return err_sys(e, name, "cannot be read in %s", s->where);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_CORRUPT, name, "it is no file");
	uint8_t *piece = malloc(PIECE);
	int r = piece ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	while (r == 0 && n) {
		ssize_t got = pread(fd, piece, n < PIECE ? (size_t)n : PIECE, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			r = err_sys(e, name, "cannot be read in %s", s->where);
		else if (got == 0)
			break;
		else
			r = sink(arg, slice_of(piece, (size_t)got), e);
		offset += got > 0 ? (uint64_t)got : 0;
		n -= got > 0 ? (uint64_t)got : 0;
	}
	free(piece);
	return r;
}

static int fill(struct vault_object *o, const char *name, const struct stat *st)
{
	memset(o, 0, sizeof *o);
	snprintf(o->name, sizeof o->name, "%s", name);
	o->size = (uint64_t)st->st_size;
	o->time = st->st_mtim.tv_sec * TIME_SEC + st->st_mtim.tv_nsec;
	o->latest = true;
	return 0;
}

static int folder_head(struct vault_store *s, const char *name, struct vault_object *ret, struct err *e)
{
	struct stat st;
	assert(vault_object_name_ok(name));
	if (fstatat(of(s)->fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT || errno == ENOTDIR ? err_set(e, ERR_NOT_FOUND, name, "%s has no such file", s->where) : err_sys(e, name, "cannot be looked at");
	return S_ISREG(st.st_mode) ? fill(ret, name, &st) : err_set(e, ERR_NOT_FOUND, name, "it is no file");
}

struct walk {
	struct folder *f;
	const char *prefix;
	vault_object_fn *fn;
	void *arg;
	struct err *e;
};

static bool may_lead(const char *dir, const char *prefix) /* can something below dir begin with prefix? */
{
	size_t n = strlen(dir), m = strlen(prefix);
	return !strncmp(dir, prefix, n < m ? n : m);
}

static int walk_entry(struct walk *w, const char *name, int depth);

/* What a writer that was killed an hour ago left: never an object. */
static void sweep(const struct folder *f, int dirfd, const char *name)
{
	struct stat st;
	size_t n = strlen(name);
	if (f->write && n > 9 && !strncmp(name, ".put.", 5) && !strcmp(name + n - 4, ".tmp") && fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	    st.st_mtim.tv_sec < time_now() / TIME_SEC - 3600)
		unlinkat(dirfd, name, 0);
}

static int walk_dir(struct walk *w, const char *name, int depth)
{
	int fd = openat(w->f->fd, *name ? name : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return fd < 0 && errno == ENOENT ? 0 : err_sys(w->e, name, "cannot be listed");
	}
	int r = 0;
	for (struct dirent *en; r == 0 && (en = readdir(d));) {
		char below[VAULT_OBJECT_MAX + 300];
		if (en->d_name[0] == '.') {
			sweep(w->f, fd, en->d_name);
			continue;
		}
		snprintf(below, sizeof below, "%s%s%s", name, *name ? "/" : "", en->d_name);
		if (vault_object_name_ok(below) && may_lead(below, w->prefix))
			r = walk_entry(w, below, depth + 1);
	}
	closedir(d);
	return r;
}

static int walk_entry(struct walk *w, const char *name, int depth)
{
	struct stat st;
	struct vault_object o;
	if (depth > DEPTH_MAX || fstatat(w->f->fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return 0;
	if (S_ISDIR(st.st_mode))
		return walk_dir(w, name, depth);
	if (!S_ISREG(st.st_mode) || strncmp(name, w->prefix, strlen(w->prefix)) || !strncmp(name, "aside/", 6))
		return 0;
	fill(&o, name, &st);
	return w->fn(w->arg, &o, w->e);
}

/* Where the prefix names a folder, only that one is looked at. */
static int folder_list(struct vault_store *s, const char *prefix, vault_object_fn *fn, void *arg, struct err *e)
{
	struct walk w = {.f = of(s), .prefix = prefix, .fn = fn, .arg = arg, .e = e};
	char dir[VAULT_OBJECT_MAX + 2];
	const char *slash = strrchr(prefix, '/');
	snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - prefix) : 0, prefix);
	return walk_dir(&w, dir, 0);
}

/* ---- opening ---- */

static void folder_close(struct vault_store *s)
{
	close(of(s)->fd);
	free(s);
}

static const struct vault_store_ops ops = {
	.put = folder_put, .get = folder_get, .list = folder_list, .head = folder_head, .replace = folder_replace, .aside = folder_aside, .drop = folder_drop, .sync = folder_sync, .remove = folder_remove, .close = folder_close,
};

static int new_folder(int fd, const char *where, const struct vault_store_options *o, struct vault_store **ret, struct err *e)
{
	struct folder *f = fd >= 0 ? calloc(1, sizeof *f) : NULL;
	if (!f) {
		if (fd >= 0)
			close(fd);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	f->s.ops = &ops;
	f->s.kind = VAULT_FOLDER;
	f->write = o->write;
	f->fd = fd;
	struct stat st;
	if (o->write && geteuid() == 0 && fstat(fd, &st) == 0) {
		f->uid = st.st_uid;
		f->gid = st.st_gid;
	}
	snprintf(f->s.where, sizeof f->s.where, "%s", where);
	*ret = &f->s;
	return 0;
}

int vault_folder_open_at(int dirfd, const char *where, const struct vault_store_options *o, struct vault_store **ret, struct err *e)
{
	int fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? err_sys(e, where, "the replica cannot be opened") : new_folder(fd, where, o, ret, e);
}

int vault_folder_open(const char *path, const struct vault_store_options *o, struct vault_store **ret, struct err *e)
{
	int r = o->write ? file_mkdir(AT_FDCWD, path, 0755, e) : 0;
	if (r < 0)
		return r;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? err_set(e, ERR_NOT_FOUND, path, "there is no such folder; is its disk or share mounted?") : err_sys(e, path, "the replica cannot be opened");
	return new_folder(fd, path, o, ret, e);
}
