/* Names below DEST. DEST may lie where an attacker has planted links (the share that was encrypted is restored in place), so each folder on the way is opened by itself, from the one before, with
 * O_NOFOLLOW; what is written has a name of its own in the folder it belongs to until it is whole, and is renamed then. */
#include "restore_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#define TEMP_PREFIX ".holdfast-restoring-"

bool tree_path_ok(struct slice path)
{
	if (path.n == 0 || path.p[0] != '/' || path.n > VAULT_PATH_MAX)
		return false;
	if (path.n == 1)
		return true;
	for (struct slice rest = slice_of(path.p + 1, path.n - 1);;) {
		struct slice part = slice_cut(rest, '/', &rest);
		if (part.n == 0 || part.n > 255 || slice_eq_str(part, ".") || slice_eq_str(part, ".."))
			return false;
		if (!rest.p)
			return memchr(path.p, 0, path.n) == NULL && path.p[path.n - 1] != '/';
	}
}

void tree_at_init(struct tree_at *t, int rootfd)
{
	*t = (struct tree_at){.root = rootfd, .fd = -1};
	buf_init(&t->path, VAULT_PATH_MAX);
}

void tree_forget(struct tree_at *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	buf_reset(&t->path);
}

void tree_at_done(struct tree_at *t)
{
	tree_forget(t);
	buf_done(&t->path);
}

static atomic_uint_fast64_t temp_next;
static pthread_once_t temp_once = PTHREAD_ONCE_INIT;

static void temp_begin(void)
{
	uint64_t first;
	seal_random(&first, sizeof first);
	atomic_store(&temp_next, first);
}

void tree_temp(char out[40])
{
	/* a random beginning, then counted */
	(void)pthread_once(&temp_once, temp_begin);
	snprintf(out, 40, TEMP_PREFIX "%016" PRIx64, (uint64_t)atomic_fetch_add(&temp_next, 1));
}

static int step(int from, struct slice part, struct err *e)
{
	char name[256];
	memcpy(name, part.p, part.n);
	name[part.n] = 0;
	int fd = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		return err_set(e, ERR_NOT_FOUND, NULL, "a folder on its way is not there");
	if (errno == ELOOP || errno == ENOTDIR)
		return err_set(e, ERR_EXISTS, NULL, "a link, or something else that is no folder, is in its way");
	return err_sys(e, NULL, "a folder on its way cannot be opened");
}

/* dir: without its last component, "" for the root. */
static int walk(struct tree_at *t, struct slice dir, struct err *e)
{
	if (t->fd >= 0 && slice_eq(buf_slice(&t->path), dir))
		return 0;
	int fd = -1;
	struct slice rest = dir;
	/* below the one that is open? then only the rest of the way */
	if (t->fd >= 0 && t->path.n && dir.n > t->path.n && !memcmp(dir.p, t->path.p, t->path.n) && dir.p[t->path.n] == '/') {
		fd = t->fd;
		t->fd = -1;
		rest = slice_of(dir.p + t->path.n, dir.n - t->path.n);
	} else {
		fd = fcntl(t->root, F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return err_sys(e, NULL, "the folder to restore into cannot be kept open");
	}
	tree_forget(t);
	while (rest.n) {
		struct slice part = slice_cut(slice_of(rest.p + 1, rest.n - 1), '/', &rest);
		if (rest.p)
			rest = slice_of(rest.p - 1, rest.n + 1);
		int next = step(fd, part, e);
		close(fd);
		if (next < 0)
			return next;
		fd = next;
	}
	t->fd = fd;
	buf_add_slice(&t->path, dir);
	if (!buf_ok(&t->path)) {
		tree_forget(t);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	return 0;
}

static struct slice cut_last(struct slice path, struct slice *ret_last)
{
	size_t at = path.n;
	while (at && path.p[at - 1] != '/')
		at--;
	*ret_last = slice_of(path.p + at, path.n - at);
	return slice_of(path.p, at ? at - 1 : 0);
}

int tree_parent(struct tree_at *t, struct slice path, int *ret_dirfd, char name[256], struct err *e)
{
	struct slice last, dir = cut_last(path, &last);
	int r = walk(t, dir, e);
	if (r < 0)
		return r;
	assert(last.n && last.n < 256);
	memcpy(name, last.p, last.n);
	name[last.n] = 0;
	*ret_dirfd = t->fd;
	return 0;
}

int tree_open(struct tree_at *t, struct slice path, int *ret_fd, struct err *e)
{
	int r = walk(t, path.n == 1 ? SLICE_NULL : path, e);
	if (r == 0)
		*ret_fd = t->fd;
	return r;
}

/* What an earlier run that was killed left in a folder. DEST is locked: nobody else's is among it. */
static void sweep(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	if (!d) {
		if (copy >= 0)
			close(copy);
		return;
	}
	for (struct dirent *en; (en = readdir(d));)
		if (!strncmp(en->d_name, TEMP_PREFIX, strlen(TEMP_PREFIX)) && strlen(en->d_name) == strlen(TEMP_PREFIX) + 16)
			unlinkat(fd, en->d_name, 0);
	closedir(d);
}

/* The last component only; its parent is there. */
static int make_one(struct tree_at *t, struct slice path, bool replace, mode_t mode, struct err *e)
{
	char name[256];
	int dirfd;
	struct stat st;
	int r = tree_parent(t, path, &dirfd, name, e);
	if (r < 0)
		return r;
	if (mkdirat(dirfd, name, mode) == 0) {
		if (t->made) {
			buf_add_slice(t->made, path);
			buf_u8(t->made, 0);
		}
		return 0;
	}
	if (errno != EEXIST)
		return err_sys(e, NULL, "the folder cannot be made");
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, NULL, "cannot be looked at");
	if (!S_ISDIR(st.st_mode)) {
		if (!replace)
			return err_set(e, ERR_EXISTS, NULL, "a link, or something else that is no folder, stands where a folder should be (--overwrite removes it)");
		if (unlinkat(dirfd, name, 0) < 0 || mkdirat(dirfd, name, 0700) < 0)
			return err_sys(e, NULL, "what stands where a folder should be cannot be replaced");
		return 0;
	}
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == EACCES && st.st_uid == geteuid()) { /* one that an earlier run closed to its owner: fchmodat follows links, so only where it is none */
		(void)!fchmodat(dirfd, name, 0700, 0);
		fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return err_sys(e, NULL, "the folder cannot be opened");
	if ((st.st_mode & 0700) != 0700 && geteuid() != 0)
		(void)!fchmod(fd, (st.st_mode & 07777) | 0700);
	sweep(fd);
	close(fd);
	return 0;
}

int tree_mkdir(struct tree_at *t, struct slice path, bool replace, struct err *e)
{
	if (path.n <= 1) {
		sweep(t->root);
		return 0;
	}
	int r = make_one(t, path, replace, 0700, e);
	if (r != ERR_NOT_FOUND)
		return r;
	/* what lies above the tree that was backed up */
	for (size_t at = 1; at <= path.n; at++) {
		if (at < path.n && path.p[at] != '/')
			continue;
		r = make_one(t, slice_of(path.p, at), at == path.n && replace, at == path.n ? 0700 : 0755, e);
		if (r < 0)
			return r;
	}
	return 0;
}
