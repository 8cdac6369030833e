/* Walking the trees in catalogue order, without following a link, without changing an access time, in bounded memory and with a bounded number of open folders whatever the depth.
 *
 * A folder is opened and listed when it is met, so that what is told of it and what stands in it come from the same open folder. Names are opened below open folders only (openat), so a folder
 * that somebody exchanges for a link meanwhile leads nowhere. Of a deep tree only the nearest OPEN_LEVELS folders stay open; coming back to another, it is opened again, from its child ("..") or
 * from the root, and must be the same device and inode.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "backup_internal.h"

#define OPEN_LEVELS 48
#define NAMES_MEMORY ((size_t)4 << 20)   /* of one folder, before it goes to disk */
#define NAMES_MEMORY_ALL ((size_t)8 << 20) /* of all levels: beyond it a new folder may hold little */
#define LEVELS_MAX 32768

struct level {
	struct walk_dir *dir; /* NULL: closed for now */
	struct names *names;
	dev_t dev;
	ino_t ino;
	size_t path_n; /* of this folder's own path */
};
struct walk {
	struct walk_options o;
	size_t root; /* the next one */
	size_t root_n; /* length of the current root's path: patterns are matched below it */
	struct level *levels;
	size_t depth, cap, memory;
	struct buf path;
	struct walk_dir *root_dir; /* of a root that is no folder, until the next call */
};

/* ---- folders ---- */

static struct walk_dir *dir_new(int fd)
{
	struct walk_dir *d = malloc(sizeof(*d));
	if (d) {
		d->fd = fd;
		atomic_init(&d->refs, 1);
	}
	return d;
}

void walk_dir_put(struct walk_dir *d)
{
	if (d && atomic_fetch_sub(&d->refs, 1) == 1) {
		close(d->fd);
		free(d);
	}
}

/* O_NOATIME is for who owns it, or root. */
static int open_quietly(int at, const char *name, int flags)
{
	int fd = openat(at, name, flags | O_RDONLY | O_CLOEXEC | O_NOATIME);
	return fd < 0 && errno == EPERM ? openat(at, name, flags | O_RDONLY | O_CLOEXEC) : fd;
}

static int no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, NULL, "no memory for walking a tree");
}

static void pop(struct walk *w)
{
	struct level *l = &w->levels[--w->depth];
	w->memory -= l->names ? names_memory(l->names) : 0;
	names_free(l->names);
	walk_dir_put(l->dir);
}

static int push(struct walk *w, int fd, struct names *names, const struct stat *st, struct err *e)
{
	if (w->depth == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 64;
		struct level *more = realloc(w->levels, cap * sizeof(*more));
		if (!more)
			return no_memory(e);
		w->levels = more;
		w->cap = cap;
	}
	struct walk_dir *d = dir_new(fd);
	if (!d)
		return no_memory(e);
	w->levels[w->depth++] = (struct level){.dir = d, .names = names, .dev = st->st_dev, .ino = st->st_ino, .path_n = w->path.n};
	w->memory += names_memory(names);
	if (w->depth > OPEN_LEVELS) {
		struct level *far = &w->levels[w->depth - OPEN_LEVELS - 1];
		walk_dir_put(far->dir);
		far->dir = NULL;
	}
	return 0;
}

static void tell(struct walk *w, const char *what, int error)
{
	if (w->o.trouble)
		w->o.trouble(w->o.arg, what, buf_slice(&w->path), error);
}

static int same_folder(int fd, const struct level *l)
{
	struct stat st;
	if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_dev != l->dev || st.st_ino != l->ino)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The path from its root, a name at a time: it may be longer than the kernel takes at once, and no link on it is followed. */
static int open_by_path(const struct walk *w, struct slice path)
{
	const char *root = w->o.roots[w->root - 1];
	int fd = open_quietly(AT_FDCWD, root, O_DIRECTORY);
	struct slice rest = slice_of(path.p + w->root_n, path.n - w->root_n);
	while (fd >= 0 && rest.n) {
		struct slice name = slice_cut(rest, '/', &rest);
		char part[1024];
		if (name.n == 0)
			continue;
		assert(name.n < sizeof(part));
		memcpy(part, name.p, name.n);
		part[name.n] = 0;
		int next = open_quietly(fd, part, O_DIRECTORY | O_NOFOLLOW);
		close(fd);
		fd = next;
	}
	return fd;
}

/* Back in a folder that was closed: from its child while that is still open and has not moved, else from the root. */
static void reopen(const struct walk *w, struct level *l, const struct level *child)
{
	if (l->dir)
		return;
	int fd = child->dir ? same_folder(open_quietly(child->dir->fd, "..", O_DIRECTORY), l) : -1;
	if (fd < 0)
		fd = same_folder(open_by_path(w, slice_of(w->path.p, l->path_n)), l);
	if (fd >= 0 && !(l->dir = dir_new(fd)))
		close(fd);
}

static void leave(struct walk *w)
{
	do {
		if (w->depth > 1)
			reopen(w, &w->levels[w->depth - 2], &w->levels[w->depth - 1]);
		pop(w);
		if (!w->depth)
			return;
		w->path.n = w->levels[w->depth - 1].path_n;
		if (!w->levels[w->depth - 1].dir)
			tell(w, "was moved while it was read; the rest of it is not here", 0);
	} while (!w->levels[w->depth - 1].dir);
}

/* ---- what to enter ---- */

static bool pseudo(int fd)
{
	struct statfs f;
	static const unsigned long kinds[] = {PROC_SUPER_MAGIC, SYSFS_MAGIC, DEVPTS_SUPER_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC, SECURITYFS_MAGIC,
		BPF_FS_MAGIC, PSTOREFS_MAGIC, SELINUX_MAGIC, EFIVARFS_MAGIC};
	if (fstatfs(fd, &f) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if ((unsigned long)f.f_type == kinds[i])
			return true;
	return false;
}

static bool fits(const struct walk_options *o, const char *path, size_t root_n, const char *name)
{
	const char *below = path + root_n;
	while (*below == '/')
		below++;
	for (size_t i = 0; i < o->exclude_n; i++)
		if (fnmatch(o->exclude[i], name, 0) == 0 || fnmatch(o->exclude[i], below, FNM_PATHNAME) == 0 || fnmatch(o->exclude[i], path, FNM_PATHNAME) == 0)
			return true;
	return false;
}

static bool excluded(struct walk *w, const char *name)
{
	return fits(&w->o, buf_cstr(&w->path), w->root_n, name);
}

bool walk_selects(const struct walk_options *o, struct slice path)
{
	size_t root_n = SIZE_MAX;
	for (size_t i = 0; i < o->root_n && root_n == SIZE_MAX; i++)
		if (vault_path_under(path, slice_str(o->roots[i])))
			root_n = strlen(o->roots[i]);
	char *p = root_n != SIZE_MAX && o->exclude_n ? strndup((const char *)path.p, path.n) : NULL;
	if (!p) /* none of the roots; or nothing is excluded */
		return root_n != SIZE_MAX;
	bool out = false;
	for (size_t at = root_n + 1; !out && at <= path.n; at++) { /* each name below the root, as the walk would have come by it */
		if (at < path.n && path.p[at] != '/')
			continue;
		p[at] = 0;
		out = fits(o, p, root_n, strrchr(p, '/') + 1);
		if (at < path.n)
			p[at] = '/';
	}
	free(p);
	return !out;
}

/* Opens and lists the folder that en is; en->unreadable or en->mount when it is not entered. */
static int enter(struct walk *w, int at, const char *name, int flags, dev_t parent, struct walk_entry *en, struct err *e)
{
	struct names *names;
	struct stat st;
	struct err why = {0};
	int fd = w->depth < LEVELS_MAX ? open_quietly(at, name, flags | O_DIRECTORY) : -1;
	if (fd < 0 || fstat(fd, &st) < 0) {
		tell(w, "cannot be opened", w->depth < LEVELS_MAX ? errno : ELOOP);
		en->unreadable = true;
		if (fd >= 0)
			close(fd);
		return 0;
	}
	en->st = st;
	en->fd = fd;
	if (st.st_dev != parent && (w->o.one_file_system || pseudo(fd))) {
		en->mount = true;
		en->fd = -1;
		close(fd);
		return 0;
	}
	int r = names_read(fd, w->o.vaultfd, w->memory > NAMES_MEMORY_ALL ? NAMES_MEMORY / 16 : NAMES_MEMORY, &names, &why);
	if (r == ERR_SYSTEM) { /* this folder's fault; memory and our own disk are not */
		tell(w, "cannot be listed", why.sys_errno);
		en->unreadable = true;
		en->fd = -1;
		close(fd);
		return 0;
	}
	if (r == 0 && (r = push(w, fd, names, &st, &why)) < 0)
		names_free(names);
	if (r < 0) {
		close(fd);
		if (e)
			*e = why;
	}
	return r;
}

static bool is_site(const struct walk *w, const struct stat *st)
{
	return st->st_dev == w->o.site_dev && st->st_ino == w->o.site_ino;
}

/* ---- the walk ---- */

static int next_root(struct walk *w, struct walk_entry *ret, struct err *e)
{
	const char *root = w->o.roots[w->root++], *slash = strrchr(root, '/');
	struct stat st;
	buf_reset(&w->path);
	buf_str(&w->path, root);
	w->root_n = w->path.n;
	if (!buf_ok(&w->path))
		return no_memory(e);
	*ret = (struct walk_entry){.fd = -1, .name = slash + 1};
	bool folder = stat(root, &st) == 0 && S_ISDIR(st.st_mode);
	if (!folder && lstat(root, &st) < 0) {
		tell(w, "cannot be read", errno);
		ret->unreadable = true;
	} else if (is_site(w, &st))
		return 0;
	else if (folder) { /* a link to a folder that was asked for by name is followed */
		int r = enter(w, AT_FDCWD, root, 0, st.st_dev, ret, e);
		if (r < 0)
			return r;
	} else {
		char *parent = strndup(root, slash == root ? 1 : (size_t)(slash - root));
		int fd = parent ? open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
		free(parent);
		if (fd < 0) {
			tell(w, "cannot be read", errno);
			ret->unreadable = true;
		} else if (!(w->root_dir = dir_new(fd))) {
			close(fd);
			return no_memory(e);
		}
		ret->dir = w->root_dir;
		ret->st = st;
	}
	ret->path = buf_slice(&w->path);
	return 1;
}

/* 1; 0: this name is passed over. */
static int visit(struct walk *w, const char *name, struct walk_entry *ret, struct err *e)
{
	struct level *l = &w->levels[w->depth - 1];
	struct walk_dir *dir = l->dir;
	dev_t dev = l->dev;
	w->path.n = l->path_n;
	if (w->path.n + 1 + strlen(name) > VAULT_PATH_MAX) {
		tell(w, "holds a name that is too deep to be kept", ENAMETOOLONG);
		return 0;
	}
	if (w->path.p[w->path.n - 1] != '/')
		buf_u8(&w->path, '/');
	buf_str(&w->path, name);
	if (!buf_ok(&w->path))
		return no_memory(e);
	if (excluded(w, name))
		return 0;
	*ret = (struct walk_entry){.fd = -1, .name = name, .dir = dir};
	if (fstatat(dir->fd, name, &ret->st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT) /* gone since it was listed: it is simply not there */
			return 0;
		tell(w, "cannot be read", errno);
		ret->unreadable = true;
		ret->st = (struct stat){0};
	} else if (S_ISDIR(ret->st.st_mode)) {
		if (is_site(w, &ret->st))
			return 0;
		int r = enter(w, dir->fd, name, O_NOFOLLOW, dev, ret, e);
		if (r < 0)
			return r;
	}
	ret->path = buf_slice(&w->path);
	return 1;
}

int walk_next(struct walk *w, struct walk_entry *ret, struct err *e)
{
	walk_dir_put(w->root_dir);
	w->root_dir = NULL;
	for (;;) {
		const char *name;
		int r;
		if (w->depth == 0) {
			if (w->root == w->o.root_n)
				return 0;
			r = next_root(w, ret, e);
		} else {
			r = names_next(w->levels[w->depth - 1].names, &name, e);
			if (r == 0) {
				leave(w);
				continue;
			}
			if (r > 0)
				r = visit(w, name, ret, e);
		}
		if (r != 0)
			return r;
	}
}

void vault_own(int dirfd, int fd)
{
	struct stat dir;
	if (geteuid() == 0 && fstat(dirfd, &dir) == 0 && dir.st_uid != 0)
		(void)!fchown(fd, dir.st_uid, dir.st_gid);
}

int walk_open(const struct walk_options *o, struct walk **ret, struct err *e)
{
	struct walk *w = calloc(1, sizeof(*w));
	if (!w)
		return no_memory(e);
	w->o = *o;
	buf_init(&w->path, VAULT_PATH_MAX + 1024);
	*ret = w;
	return 0;
}

void walk_close(struct walk *w)
{
	if (!w)
		return;
	while (w->depth)
		pop(w);
	walk_dir_put(w->root_dir);
	free(w->levels);
	buf_done(&w->path);
	free(w);
}
