/* Reading: a file is opened below the folder in which it was met, never through a link, never waiting for a pipe; its bytes are checked and cut while they are in the cache; afterwards it is looked
 * at again: when size or times are not what they were, what was read is of no one moment, and it is marked torn.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "backup_internal.h"

/* ---- units ---- */

int unit_init(struct unit *u, struct err *e)
{
	*u = (struct unit){0};
	buf_init(&u->text, (size_t)64 << 20);
	buf_init(&u->trouble, (size_t)16 << 20);
	u->items = malloc(UNIT_ITEMS * sizeof(*u->items));
	u->chunks = malloc(UNIT_CHUNKS * sizeof(*u->chunks));
	u->data = malloc(UNIT_ROOM);
	u->sealed = malloc(UNIT_ROOM + VAULT_FRAME_SEALED_MAX + 4096);
	u->segments = malloc(UNIT_SEGMENTS * sizeof(*u->segments));
	return u->items && u->chunks && u->data && u->sealed && u->segments ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for a backup");
}

static void put_dirs(struct unit *u)
{
	for (size_t i = 0; i < u->item_n; i++) {
		walk_dir_put(u->items[i].dir);
		u->items[i].dir = NULL;
	}
}

void unit_done(struct unit *u)
{
	put_dirs(u);
	free(u->segments);
	free(u->items);
	free(u->chunks);
	free(u->data);
	free(u->sealed);
	buf_done(&u->text);
	buf_done(&u->trouble);
}

void unit_reset(struct unit *u, uint64_t number)
{
	put_dirs(u);
	u->number = number;
	u->last = false; /* ready is the writer's to clear */
	u->item_n = u->planned = u->chunk_n = u->data_n = u->frame_n = u->segment_n = 0;
	u->large = NULL;
	u->dirs = 0;
	u->last_dir = NULL;
	u->unreadable = u->left_out = 0;
	if (u->text.cap > 8 * UNIT_TEXT) { /* one very long line is no reason to keep its room for ever */
		size_t max = u->text.max;
		buf_done(&u->text);
		buf_init(&u->text, max);
	}
	buf_reset(&u->text);
	buf_reset(&u->trouble);
}

void unit_trouble(struct unit *u, struct slice path, const char *what, int error)
{
	vault_escape(&u->trouble, path);
	buf_printf(&u->trouble, ": %s%s%s\n", what, error ? ": " : "", error ? strerrordesc_np(error) : "");
}

int reader_init(struct reader *r, struct err *e)
{
	buf_init(&r->xattrs, VAULT_XATTR_MAX * 2);
	buf_init(&r->values, (size_t)192 << 10);
	buf_init(&r->line, VAULT_LINE_MAX);
	r->checker = content_new();
	return r->checker ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for a backup");
}

void reader_done(struct reader *r)
{
	content_free(r->checker);
	buf_done(&r->xattrs);
	buf_done(&r->values);
	buf_done(&r->line);
}

/* ---- extended attributes ---- */

#define XATTR_LIST ((size_t)64 << 10)
#define XATTR_VALUE ((size_t)64 << 10)

struct xattr_of { /* an open file, or a path that leads to a node that cannot be opened */
	int fd;
	const char *path;
};

static ssize_t xattr_list(const struct xattr_of *x, char *out, size_t n)
{
	return x->fd >= 0 ? flistxattr(x->fd, out, n) : llistxattr(x->path, out, n);
}

static ssize_t xattr_get(const struct xattr_of *x, const char *name, void *out, size_t n)
{
	return x->fd >= 0 ? fgetxattr(x->fd, name, out, n) : lgetxattr(x->path, name, out, n);
}

/* Into r->xattrs, as a line has them. False: they could not be read, or are more than a line takes. */
static bool read_xattrs(struct reader *r, const struct xattr_of *x)
{
	buf_reset(&r->xattrs);
	ssize_t n = xattr_list(x, NULL, 0);
	if (n <= 0)
		return n == 0 || errno == ENOTSUP || errno == EOPNOTSUPP || x->fd < 0;
	buf_reset(&r->values);
	uint8_t *room = buf_space(&r->values, XATTR_LIST + XATTR_VALUE);
	n = room ? xattr_list(x, (char *)room, XATTR_LIST) : -1;
	if (n < 0)
		return false;
	for (ssize_t at = 0; at < n;) {
		const char *name = (const char *)room + at;
		ssize_t got = xattr_get(x, name, room + XATTR_LIST, XATTR_VALUE);
		if (got < 0 && errno != ENODATA)
			return false;
		if (got >= 0)
			vault_xattr_put(&r->xattrs, slice_str(name), slice_of(room + XATTR_LIST, (size_t)got));
		at += (ssize_t)strlen(name) + 1;
	}
	return buf_ok(&r->xattrs) && r->xattrs.n <= VAULT_XATTR_MAX;
}

/* ---- lines ---- */

static void stat_to_line(const struct stat *st, struct vault_line *l)
{
	struct vault_node *n = &l->node;
	n->mode = st->st_mode & 07777;
	n->uid = st->st_uid;
	n->gid = st->st_gid;
	n->ino = st->st_ino;
	l->mtime_s = st->st_mtim.tv_sec;
	l->mtime_ns = (uint32_t)st->st_mtim.tv_nsec;
	l->ctime_s = st->st_ctim.tv_sec;
	l->ctime_ns = (uint32_t)st->st_ctim.tv_nsec;
	if (n->type == 'c' || n->type == 'b') {
		n->rdev_major = major(st->st_rdev);
		n->rdev_minor = minor(st->st_rdev);
	}
	l->nlink = S_ISDIR(st->st_mode) || st->st_nlink < 2 ? 0 : (uint32_t)st->st_nlink;
}

int node_line(struct reader *r, struct unit *u, struct item *it, const struct vault_line *given, int fd, int dirfd, const char *name, struct err *e)
{
	struct vault_line l = *given;
	AUTO_BUF struct buf path = {0};
	struct xattr_of x = {.fd = fd};
	l.node.path = slice_of(u->text.p + it->path, it->path_n);
	stat_to_line(&it->st, &l);
	buf_reset(&r->xattrs);
	if (fd < 0 && dirfd >= 0) {
		buf_init(&path, 1024);
		buf_printf(&path, "/proc/self/fd/%d/%s", dirfd, name);
		x.path = buf_cstr(&path);
	}
	int flags = 0;
	if (fd >= 0 && (l.node.type == 'f' || l.node.type == 'd') && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) /* most file systems have none */
		l.flags = (uint32_t)flags & VAULT_FLAGS;
	if ((fd >= 0 || x.path) && !read_xattrs(r, &x)) {
		unit_trouble(u, l.node.path, "its extended attributes cannot be read, or are more than can be kept", 0);
		u->unreadable++;
		buf_reset(&r->xattrs);
	}
	l.xattrs = buf_slice(&r->xattrs);
	buf_reset(&r->line);
	vault_line_write(&l, &r->line);
	if (it->kind == ITEM_FILE)
		r->line.n--; /* marks, digest and extents follow, and then the LF */
	it->text = (uint32_t)u->text.n;
	it->text_n = (uint32_t)r->line.n;
	buf_add_slice(&u->text, buf_slice(&r->line));
	return buf_ok(&u->text) && buf_ok(&r->line) ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for a backup");
}

static void trait_of(const struct content_report *c, const struct item *it, struct vault_trait *ret)
{
	*ret = (struct vault_trait){.type = c->type, .named = c->named, .state = c->state, .encrypted = c->encrypted, .torn = it->torn, .size = it->size,
		.entropy = (float)c->f.entropy, .random_share = c->f.blocks ? (float)((double)c->f.random_blocks / (double)c->f.blocks) : 0, .word_share = (float)c->f.word_share};
}

/* ---- cutting ---- */

struct unit_chunk *unit_add_chunk(struct unit *u)
{
	assert(u->chunk_n < UNIT_CHUNKS);
	struct unit_chunk *c = &u->chunks[u->chunk_n++];
	*c = (struct unit_chunk){.state = CHUNK_NEW};
	return c;
}

void vault_cut(const struct vault_gear *g, struct unit *u, size_t from, bool last, size_t *ret_used)
{
	size_t at = from;
	while (u->data_n - at >= (last ? 1 : VAULT_CHUNK_MAX)) {
		struct unit_chunk *c = unit_add_chunk(u);
		c->at = (uint32_t)at;
		c->n = (uint32_t)vault_chunk_end(g, slice_of(u->data + at, u->data_n - at));
		at += c->n;
	}
	*ret_used = at - from;
}

/* ---- small files ---- */

static int open_file(int dirfd, const char *name)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = openat(dirfd, name, flags | O_NOATIME);
	return fd < 0 && errno == EPERM ? openat(dirfd, name, flags) : fd;
}

bool read_same_moment(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static struct slice path_of(const struct unit *u, const struct item *it)
{
	return slice_of(u->text.p + it->path, it->path_n);
}

static const char *name_of(const struct unit *u, const struct item *it)
{
	const char *path = (const char *)u->text.p + it->path, *slash = strrchr(path, '/');
	return slash + 1;
}

int read_begin(struct unit *u, struct item *it, int dirfd)
{
	struct stat st;
	int fd = open_file(dirfd, name_of(u, it));
	if (fd < 0 && errno == ENOENT) { /* gone since it was met */
		it->kind = it->has_before ? ITEM_GONE : ITEM_NONE;
		it->what = it->has_before ? '-' : 0;
		return -1;
	}
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		it->st = st;
		return fd;
	}
	unit_trouble(u, path_of(u, it), fd < 0 ? "cannot be read" : "is another kind of file now than it was a moment ago", fd < 0 ? errno : 0);
	it->unreadable = true;
	if (fd >= 0)
		close(fd);
	return -1;
}

void read_line_unreadable(struct reader *r, struct unit *u, struct item *it)
{
	struct vault_line l = {.node = {.type = 'f', .unreadable = true, .size = it->size}};
	struct err e;
	it->what = 0;
	if (node_line(r, u, it, &l, -1, -1, NULL, &e) < 0)
		u->text.failed = true;
}

/* At most n bytes to the data's end; what was got, or -1. */
static ssize_t fill(int fd, struct unit *u, size_t n)
{
	size_t got = 0;
	while (got < n) {
		ssize_t k = read(fd, u->data + u->data_n + got, n - got);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -1;
		if (k == 0)
			break;
		got += (size_t)k;
	}
	return (ssize_t)got;
}

void read_finish_line(struct reader *r, struct content_checker *checker, struct unit *u, struct item *it, int fd)
{
	struct content_report report;
	struct vault_line l = {.node = {.type = 'f', .size = it->size, .torn = it->torn}, .has_trait = true};
	struct err e;
	content_end(checker, &report);
	bool onion = it->after.onion;
	trait_of(&report, it, &it->after);
	it->after.onion = onion;
	it->ino_after = it->st.st_ino;
	l.trait = it->after;
	if (it->torn)
		unit_trouble(u, path_of(u, it), "changed while it was read", 0);
	if (node_line(r, u, it, &l, fd, -1, NULL, &e) < 0)
		u->text.failed = true;
}

void read_small(struct reader *r, const struct vault_gear *g, struct unit *u, struct item *it)
{
	size_t planned = (size_t)it->st.st_size, used;
	int fd = read_begin(u, it, it->dir->fd);
	walk_dir_put(it->dir);
	it->dir = NULL;
	it->chunk = (uint32_t)u->chunk_n;
	it->chunk_n = 0;
	if (fd < 0) {
		if (it->unreadable)
			read_line_unreadable(r, u, it);
		return;
	}
	ssize_t got = fill(fd, u, planned);
	struct stat after;
	if (got < 0 || fstat(fd, &after) < 0) {
		unit_trouble(u, path_of(u, it), "cannot be read", errno);
		it->unreadable = true;
		read_line_unreadable(r, u, it);
		close(fd);
		return;
	}
	/* what has grown since it was met has no room here; the next backup has it */
	it->torn = !read_same_moment(&it->st, &after) || (size_t)it->st.st_size != (size_t)got;
	it->size = (uint64_t)got;
	struct slice bytes = slice_of(u->data + u->data_n, (size_t)got);
	content_begin(r->checker, path_of(u, it), it->size);
	content_add(r->checker, bytes);
	it->after.onion = bytes.n <= VAULT_NOTE_MAX && vault_note_onion(bytes);
	read_finish_line(r, r->checker, u, it, fd);
	close(fd);
	size_t from = u->data_n;
	u->data_n += bytes.n;
	vault_cut(g, u, from, true, &used);
	assert(used == bytes.n);
	it->chunk_n = (uint32_t)u->chunk_n - it->chunk;
}
