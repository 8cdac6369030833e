/* Names and numbers of a mount: SOURCE/SNAPSHOT/path. What the kernel asks again and again (what is this inode?) is answered from its number, which says where its line stands, so a tree of a million files
 * costs no memory here. A folder that has no line, because it only leads to what was backed up, is made of the lines below it.
 */
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "mount_internal.h"

#define ROOT 1
#define SOURCE_FIRST 2
#define FOLDER_MODE (S_IFDIR | 0555)
#define PARTS_COUNTED 64 /* + lines that are read for a count of blocks */

static uint64_t ino_of(size_t snapshot, unsigned depth, uint64_t at)
{
	return ((uint64_t)snapshot + 1) << (MOUNT_DEPTH_BITS + MOUNT_POSITION_BITS) | (uint64_t)depth << MOUNT_POSITION_BITS | at;
}

static uint64_t position(uint64_t ino)
{
	return ino & ((UINT64_C(1) << MOUNT_POSITION_BITS) - 1);
}

static unsigned depth_of(uint64_t ino)
{
	return (unsigned)(ino >> MOUNT_POSITION_BITS) & ((1U << MOUNT_DEPTH_BITS) - 1);
}

static size_t above(uint64_t ino) /* the snapshot's place + 1; 0: above the snapshots */
{
	return (size_t)(ino >> (MOUNT_DEPTH_BITS + MOUNT_POSITION_BITS));
}

static size_t snapshot_count(const struct mount_tree *t)
{
	return t->snapshots.n / sizeof(struct mount_snapshot);
}

static struct mount_snapshot snapshot_at(const struct mount_tree *t, size_t i)
{
	struct mount_snapshot s;
	memcpy(&s, t->snapshots.p + i * sizeof s, sizeof s);
	return s;
}

static size_t source_count(const struct mount_tree *t)
{
	return t->sources.n / 64;
}

static const char *source_name(const struct mount_tree *t, size_t i)
{
	return (const char *)t->sources.p + i * 64;
}

/* ---- what there is ---- */

static int add_snapshot(struct mount_tree *t, const struct vault_body *b, struct err *e)
{
	struct mount_snapshot s = {.seq = b->s.seq, .time = b->s.time};
	while (s.source < source_count(t) && strcmp(source_name(t, s.source), b->s.source) != 0)
		s.source++;
	if (s.source == source_count(t))
		buf_add(&t->sources, b->s.source, 64);
	buf_add(&t->snapshots, &s, sizeof s);
	return buf_ok(&t->sources) && buf_ok(&t->snapshots) ? 0 : err_set(e, ERR_LIMIT, NULL, "more sources than a mount shows");
}

int mount_tree_init(struct mount_tree *t, struct vault *v, struct err *e)
{
	size_t n = vault_log_snapshots(v->log);
	*t = (struct mount_tree){.v = v, .uid = geteuid(), .gid = getegid()};
	buf_init(&t->snapshots, MOUNT_SNAPSHOTS_MAX * sizeof(struct mount_snapshot));
	buf_init(&t->sources, 64 << 14);
	buf_init(&t->here, 2 * VAULT_PATH_MAX);
	buf_init(&t->there, 2 * VAULT_PATH_MAX);
	buf_init(&t->other, 2 * VAULT_PATH_MAX);
	t->log_first = n > MOUNT_SNAPSHOTS_MAX ? n - MOUNT_SNAPSHOTS_MAX : 0;
	int r = mount_reader_init(&t->reader, v, e);
	for (size_t i = t->log_first; r == 0 && i < n; i++) {
		struct vault_body b;
		r = vault_log_snapshot(v->log, i, &b, e);
		if (r == 0)
			r = add_snapshot(t, &b, e);
		vault_body_done(&b);
	}
	return r;
}

void mount_tree_done(struct mount_tree *t)
{
	for (size_t i = 0; i < MOUNT_OPEN; i++)
		mount_cat_close(t->open[i].cat);
	mount_reader_done(&t->reader);
	buf_done(&t->snapshots);
	buf_done(&t->sources);
	buf_done(&t->here);
	buf_done(&t->there);
	buf_done(&t->other);
}

static void snapshot_name(const struct mount_snapshot *s, char out[64])
{
	char id[24], at[32];
	vault_snapshot_id(s->seq, id);
	time_rfc3339(s->time, 0, at);
	for (char *p = at; *p; p++)
		if (*p == ':')
			*p = '-'; /* scp, rsync and PATH take a colon for something else */
	snprintf(out, 64, "%s-%s", id, at);
}

static int cat_of(struct mount_tree *t, size_t snapshot, struct mount_cat **ret, struct err *e)
{
	struct mount_held *oldest = &t->open[0];
	t->clock++;
	for (size_t i = 0; i < MOUNT_OPEN; i++) {
		struct mount_held *h = &t->open[i];
		if (h->used && h->snapshot == snapshot) {
			h->used = t->clock;
			*ret = h->cat;
			return h->cat ? 0 : err_set(e, ERR_CORRUPT, NULL, "this snapshot's catalogue is damaged");
		}
		if (h->used < oldest->used)
			oldest = h;
	}
	if (snapshot >= snapshot_count(t))
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no such snapshot");
	struct vault_snapshot s = {.seq = snapshot_at(t, snapshot).seq};
	struct mount_cat *c = NULL;
	vault_snapshot_id(s.seq, s.id);
	int r = mount_cat_open(&t->reader, &s, &c, e);
	if (r == ERR_MEMORY)
		return r;
	mount_cat_close(oldest->cat);
	*oldest = (struct mount_held){.cat = c, .snapshot = snapshot, .used = t->clock};
	*ret = c;
	return r;
}

/* ---- paths ---- */

static unsigned components(struct slice path)
{
	unsigned n = 0;
	for (size_t i = 0; i < path.n; i++)
		n += path.p[i] == '/' && i + 1 < path.n;
	return n;
}

/* Its first n components, at least one. */
static struct slice shorten(struct slice path, unsigned n)
{
	size_t i = 1;
	for (; i < path.n; i++)
		if (path.p[i] == '/' && n-- <= 1)
			break;
	return slice_of(path.p, i);
}

/* The path of what lies in a snapshot, into ret; a copy. */
static int path_of(struct mount_tree *t, uint64_t ino, struct mount_cat **ret_cat, struct buf *ret, struct err *e)
{
	unsigned depth = depth_of(ino);
	const struct vault_line *l;
	int r = cat_of(t, above(ino) - 1, ret_cat, e);
	buf_reset(ret);
	if (r < 0)
		return r;
	if (depth == 1) {
		buf_str(ret, "/");
		return buf_code(ret);
	}
	r = mount_cat_line(*ret_cat, position(ino), &l, NULL, e);
	if (r < 0)
		return r;
	buf_add_slice(ret, depth ? shorten(l->node.path, depth - 1) : l->node.path);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "no memory for a path");
}

static size_t below(struct slice dir) /* where the names in it begin */
{
	return dir.n == 1 ? 1 : dir.n + 1;
}

void mount_name(struct mount_tree *t, uint64_t ino, struct buf *ret)
{
	struct mount_cat *c;
	char id[24] = "";
	if (above(ino) && above(ino) <= snapshot_count(t))
		vault_snapshot_id(snapshot_at(t, above(ino) - 1).seq, id);
	buf_printf(ret, "%s:", id);
	if (above(ino) && path_of(t, ino, &c, &t->other, NULL) == 0)
		vault_escape(ret, buf_slice(&t->other));
}

/* ---- what something is ---- */

static void folder(const struct mount_tree *t, uint64_t ino, int64_t time, struct mount_entry *ret)
{
	struct timespec at = {.tv_sec = time / TIME_SEC, .tv_nsec = time % TIME_SEC};
	ret->ino = ino;
	ret->st = (struct stat){.st_ino = ino, .st_mode = FOLDER_MODE, .st_nlink = 1, .st_uid = t->uid, .st_gid = t->gid, .st_blksize = 4096, .st_atim = at, .st_mtim = at, .st_ctim = at};
}

static mode_t type_bits(char type)
{
	switch (type) {
	case 'd':
		return S_IFDIR;
	case 'l':
		return S_IFLNK;
	case 'p':
		return S_IFIFO;
	case 's':
		return S_IFSOCK;
	case 'c':
		return S_IFCHR;
	case 'b':
		return S_IFBLK;
	default:
		return S_IFREG;
	}
}

/* Bytes of the extents of one line, and of those that are data. */
static uint64_t count_bytes(struct slice extents, uint64_t *data)
{
	struct vault_extent x;
	uint64_t all = 0;
	while (vault_extent_next(&extents, &x) > 0) {
		all += x.length;
		*data += x.pack ? x.length : 0;
	}
	return all;
}

/* Blocks as `du` and `cp` want to know them: data without holes. */
static int count_blocks(struct mount_tree *t, struct mount_cat *c, uint64_t at, const struct vault_line *l, struct stat *st, struct err *e)
{
	uint64_t data = 0, size = l->node.size, group;
	bool all = count_bytes(l->extents, &data) >= size || l->node.unreadable;
	if (!all) { /* + lines stand before it */
		buf_reset(&t->other);
		buf_add_slice(&t->other, l->node.path);
		int r = mount_cat_search(c, MOUNT_GROUP, buf_slice(&t->other), 0, &group, e);
		for (unsigned n = 0; r == 0 && group < at; n++) {
			if (n == PARTS_COUNTED) {
				data = size;
				break;
			}
			r = mount_cat_line(c, group, &l, &group, e);
			if (r == 0)
				(void)count_bytes(l->extents, &data);
		}
		if (r < 0)
			return r;
	}
	st->st_blocks = (blkcnt_t)(data / 512 + (data % 512 != 0));
	return 0;
}

static int entry_of(struct mount_tree *t, size_t snapshot, struct mount_cat *c, uint64_t at, struct mount_entry *ret, struct err *e)
{
	const struct vault_line *l;
	int r = mount_cat_line(c, at, &l, NULL, e);
	if (r == 0 && l->node.type == 'h') { /* another name of an earlier line's file */
		buf_reset(&t->other);
		buf_add_slice(&t->other, l->node.link);
		r = mount_cat_search(c, MOUNT_MAIN, buf_slice(&t->other), 0, &at, e);
		if (r == 0)
			r = mount_cat_line(c, at, &l, NULL, e);
		if (r == 0 && (l->node.type == 'h' || !slice_eq(l->node.path, buf_slice(&t->other))))
			r = err_set(e, ERR_CORRUPT, NULL, "a hard link's first name is not in the catalogue");
	}
	if (r < 0)
		return r;
	const struct vault_node *n = &l->node;
	ret->ino = ino_of(snapshot, 0, at);
	ret->st = (struct stat){.st_ino = ret->ino,
	                        .st_mode = type_bits(n->type) | n->mode,
	                        .st_nlink = l->nlink ? l->nlink : 1,
	                        .st_uid = n->uid,
	                        .st_gid = n->gid,
	                        .st_rdev = makedev(n->rdev_major, n->rdev_minor),
	                        .st_size = n->type == 'l' ? (off_t)n->link.n : n->type == 'f' ? (off_t)n->size : 0,
	                        .st_blksize = 128 << 10,
	                        .st_atim = {.tv_sec = l->mtime_s, .tv_nsec = l->mtime_ns},
	                        .st_mtim = {.tv_sec = l->mtime_s, .tv_nsec = l->mtime_ns},
	                        .st_ctim = {.tv_sec = l->ctime_s, .tv_nsec = l->ctime_ns}};
	return n->type == 'f' ? count_blocks(t, c, at, l, &ret->st, e) : 0;
}

/* A snapshot's top: the line of "/" where that was backed up. */
static int top_of(struct mount_tree *t, size_t snapshot, struct mount_entry *ret, struct err *e)
{
	uint64_t ino = ino_of(snapshot, 1, 0);
	const struct vault_line *l;
	struct mount_cat *c;
	int r = cat_of(t, snapshot, &c, e);
	folder(t, ino, snapshot_at(t, snapshot).time, ret);
	if (r == 0 && c->size) {
		r = mount_cat_line(c, 0, &l, NULL, e);
		if (r == 0 && l->node.type == 'd' && l->node.path.n == 1)
			r = entry_of(t, snapshot, c, 0, ret, e);
		ret->ino = ret->st.st_ino = ino;
	}
	return r;
}

int mount_attr(struct mount_tree *t, uint64_t ino, struct mount_entry *ret, struct err *e)
{
	size_t n = above(ino);
	struct mount_cat *c;
	if (n == 0) {
		if (ino == 0 || ino >= SOURCE_FIRST + source_count(t))
			return err_set(e, ERR_NOT_FOUND, NULL, "there is no such file");
		folder(t, ino, snapshot_count(t) ? snapshot_at(t, snapshot_count(t) - 1).time : 0, ret);
		return 0;
	}
	if (n > snapshot_count(t))
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no such snapshot");
	if (depth_of(ino) == 1) { /* also where its catalogue is damaged: it is there, and opening it says so */
		if (top_of(t, n - 1, ret, NULL) < 0)
			folder(t, ino, snapshot_at(t, n - 1).time, ret);
		return 0;
	}
	int r = cat_of(t, n - 1, &c, e);
	if (r < 0)
		return r;
	if (depth_of(ino)) {
		folder(t, ino, snapshot_at(t, n - 1).time, ret);
		return 0;
	}
	return entry_of(t, n - 1, c, position(ino), ret, e);
}

int mount_top(struct mount_tree *t, const struct vault_snapshot *only, uint64_t *ret, struct err *e)
{
	*ret = ROOT;
	for (size_t i = 0; only && i < snapshot_count(t); i++)
		if (snapshot_at(t, i).seq == only->seq) {
			*ret = ino_of(i, 1, 0);
			return 0;
		}
	return only ? err_set(e, ERR_NOT_FOUND, NULL, "there is no snapshot of this name") : 0;
}

/* ---- names ---- */

static int no_name(struct err *e)
{
	return err_set(e, ERR_NOT_FOUND, NULL, "there is no such file");
}

/* path stands in t->there, under dir; at: the first line of it or below it. */
static int child(struct mount_tree *t, size_t snapshot, struct mount_cat *c, uint64_t at, struct mount_entry *ret, struct err *e)
{
	struct slice path = buf_slice(&t->there);
	const struct vault_line *l;
	int r = mount_cat_line(c, at, &l, NULL, e);
	if (r < 0)
		return r;
	if (slice_eq(l->node.path, path))
		return entry_of(t, snapshot, c, at, ret, e);
	if (!vault_path_under(l->node.path, path))
		return no_name(e);
	unsigned depth = components(path) + 1;
	if (depth >= 1U << MOUNT_DEPTH_BITS)
		return err_set(e, ERR_LIMIT, NULL, "what was backed up lies deeper than a mount shows");
	folder(t, ino_of(snapshot, depth, at), snapshot_at(t, snapshot).time, ret);
	return 0;
}

static int lookup_above(struct mount_tree *t, uint64_t parent, const char *name, struct mount_entry *ret, struct err *e)
{
	for (size_t i = 0; parent == ROOT && i < source_count(t); i++)
		if (!strcmp(source_name(t, i), name))
			return mount_attr(t, SOURCE_FIRST + i, ret, e);
	for (size_t i = snapshot_count(t); parent != ROOT && i > 0; i--) {
		struct mount_snapshot s = snapshot_at(t, i - 1);
		char is[64];
		if (s.source != parent - SOURCE_FIRST)
			continue;
		snapshot_name(&s, is);
		if (!strcmp(is, name))
			return mount_attr(t, ino_of(i - 1, 1, 0), ret, e);
	}
	return no_name(e);
}

int mount_lookup(struct mount_tree *t, uint64_t parent, const char *name, struct mount_entry *ret, struct err *e)
{
	struct mount_cat *c;
	uint64_t at;
	if (above(parent) == 0)
		return lookup_above(t, parent, name, ret, e);
	int r = path_of(t, parent, &c, &t->there, e);
	if (r < 0)
		return r;
	if (t->there.n > 1)
		buf_u8(&t->there, '/');
	buf_str(&t->there, name);
	if (!buf_ok(&t->there) || t->there.n > VAULT_PATH_MAX)
		return no_name(e);
	r = mount_cat_search(c, MOUNT_MAIN, buf_slice(&t->there), position(parent), &at, e);
	if (r == 0 && at == c->size)
		return no_name(e);
	return r < 0 ? r : child(t, above(parent) - 1, c, at, ret, e);
}

static int next_above(struct mount_tree *t, uint64_t dir, uint64_t cookie, char name[256], struct mount_entry *ret, uint64_t *ret_next, struct err *e)
{
	if (dir == ROOT) {
		if (cookie >= source_count(t))
			return 0;
		snprintf(name, 256, "%s", source_name(t, (size_t)cookie));
		*ret_next = cookie + 1;
		int r = mount_attr(t, SOURCE_FIRST + cookie, ret, e);
		return r < 0 ? r : 1;
	}
	for (; cookie < snapshot_count(t); cookie++) {
		struct mount_snapshot s = snapshot_at(t, (size_t)cookie);
		if (s.source != dir - SOURCE_FIRST)
			continue;
		snapshot_name(&s, name);
		*ret_next = cookie + 1;
		/* not looked into: a list of a thousand snapshots opens no catalogue */
		folder(t, ino_of((size_t)cookie, 1, 0), s.time, ret);
		ret->ino = 0;
		return 1;
	}
	return 0;
}

/* The first line behind the folder's own. */
static int first_in(struct mount_cat *c, uint64_t dir, struct slice path, uint64_t *ret, struct err *e)
{
	const struct vault_line *l;
	uint64_t next;
	*ret = position(dir);
	if (*ret >= c->size)
		return 0;
	int r = mount_cat_line(c, *ret, &l, &next, e);
	if (r == 0 && slice_eq(l->node.path, path))
		*ret = next;
	return r;
}

/* The name in dir (t->here) that the line at `at` stands for, into name and, as a whole path, t->there. 0: the line is not below it. */
static int name_at(struct mount_tree *t, struct mount_cat *c, uint64_t at, char name[256], char *ret_type, struct err *e)
{
	const struct vault_line *l;
	struct slice dir = buf_slice(&t->here);
	int r = mount_cat_line(c, at, &l, NULL, e);
	if (r < 0)
		return r;
	if (!vault_path_under(l->node.path, dir) || l->node.path.n <= below(dir))
		return 0;
	size_t from = below(dir);
	const uint8_t *end = memchr(l->node.path.p + from, '/', l->node.path.n - from);
	size_t n = (end ? (size_t)(end - l->node.path.p) : l->node.path.n) - from;
	if (n == 0 || n > 255)
		return err_set(e, ERR_CORRUPT, NULL, "a name in the catalogue is none that a file can have");
	memcpy(name, l->node.path.p + from, n);
	name[n] = 0;
	buf_reset(&t->there);
	buf_add(&t->there, l->node.path.p, from + n);
	*ret_type = end ? '/' : l->node.type;
	return buf_ok(&t->there) ? 1 : err_set(e, buf_code(&t->there), NULL, "no memory for a path");
}

int mount_next(struct mount_tree *t, uint64_t dir, uint64_t cookie, char name[256], struct mount_entry *ret, uint64_t *ret_next, struct err *e)
{
	struct mount_cat *c;
	const struct vault_line *l;
	uint64_t at = cookie - 1, next = 0;
	char type = 0;
	if (above(dir) == 0)
		return next_above(t, dir, cookie, name, ret, ret_next, e);
	int r = path_of(t, dir, &c, &t->here, e);
	if (r == 0 && cookie == 0)
		r = first_in(c, dir, buf_slice(&t->here), &at, e);
	if (r < 0)
		return r;
	if (at >= c->size || (r = name_at(t, c, at, name, &type, e)) <= 0)
		return at >= c->size ? 0 : r;
	if (type == '+')
		r = mount_cat_search(c, MOUNT_MAIN, buf_slice(&t->there), at, &at, e);
	if (r >= 0 && (type == '/' || type == 'd'))
		r = mount_cat_search(c, MOUNT_AFTER, buf_slice(&t->there), at, &next, e);
	else if (r >= 0)
		r = mount_cat_line(c, at, &l, &next, e);
	if (r < 0)
		return r;
	*ret_next = next + 1;
	if (child(t, above(dir) - 1, c, at, ret, e) < 0) { /* its name is shown, and looking at it says why not */
		ret->ino = 0;
		ret->st = (struct stat){.st_ino = UINT32_MAX, .st_mode = S_IFREG};
	}
	return 1;
}

/* ---- what is in something ---- */

static int line_of(struct mount_tree *t, uint64_t ino, struct mount_cat **ret_cat, const struct vault_line **ret, struct err *e)
{
	if (above(ino) == 0 || depth_of(ino) > 1)
		return no_name(e);
	int r = cat_of(t, above(ino) - 1, ret_cat, e);
	if (r == 0)
		r = (*ret_cat)->size ? mount_cat_line(*ret_cat, position(ino), ret, NULL, e) : no_name(e);
	if (r == 0 && depth_of(ino) == 1 && (*ret)->node.path.n != 1) /* a snapshot's top without a line of its own */
		r = no_name(e);
	return r;
}

int mount_link(struct mount_tree *t, uint64_t ino, struct buf *ret, struct err *e)
{
	struct mount_cat *c;
	const struct vault_line *l;
	int r = line_of(t, ino, &c, &l, e);
	if (r == 0 && l->node.type != 'l')
		r = no_name(e);
	if (r == 0)
		buf_add_slice(ret, l->node.link);
	return r < 0 ? r : buf_code(ret);
}

int mount_xattrs(struct mount_tree *t, uint64_t ino, mount_xattr_fn *fn, void *arg, struct err *e)
{
	struct mount_cat *c;
	const struct vault_line *l;
	AUTO_BUF struct buf name = {0}, value = {0};
	buf_init(&name, 1024);
	buf_init(&value, VAULT_XATTR_MAX);
	int r = line_of(t, ino, &c, &l, e);
	if (r == ERR_NOT_FOUND)
		return 0; /* a folder without a line has none */
	struct slice rest = r == 0 ? l->xattrs : SLICE_NULL;
	while (r == 0 && (r = vault_xattr_next(&rest, &name, &value)) > 0)
		r = fn(arg, buf_cstr(&name), buf_slice(&value)) ? 1 : 0;
	if (r == ERR_CORRUPT)
		return err_set(e, r, NULL, "a file's attributes are not what we write");
	return r < 0 ? r : 0;
}

static int file_begin(struct mount_tree *t, struct mount_file *f, struct mount_cat **ret, struct err *e)
{
	const struct vault_line *l;
	if (f->known)
		return cat_of(t, above(f->ino) - 1, ret, e);
	int r = line_of(t, f->ino, ret, &l, e);
	if (r < 0)
		return r;
	f->size = l->node.size;
	f->unreadable = l->node.unreadable;
	buf_reset(&t->other);
	buf_add_slice(&t->other, l->node.path);
	r = mount_cat_search(*ret, MOUNT_GROUP, buf_slice(&t->other), 0, &f->first, e);
	f->line = f->first;
	f->known = r == 0;
	return r;
}

/* The extent that holds this offset; f stands there then. ERR_CORRUPT: none does. */
static int extent_at(struct mount_file *f, struct mount_cat *c, uint64_t offset, struct vault_extent *ret, struct err *e)
{
	const struct vault_line *l;
	uint64_t next;
	if (offset < f->at) {
		f->line = f->first;
		f->text = f->at = 0;
	}
	for (;;) {
		int r = mount_cat_line(c, f->line, &l, &next, e);
		if (r < 0)
			return r;
		struct slice rest = f->text < l->extents.n ? slice_of(l->extents.p + f->text, l->extents.n - (size_t)f->text) : SLICE_NULL;
		while ((r = vault_extent_next(&rest, ret)) > 0) {
			if (offset - f->at < ret->length)
				return 0;
			f->at += ret->length;
			f->text = l->extents.n - rest.n;
		}
		if (r < 0 || l->node.type != '+')
			return err_set(e, ERR_CORRUPT, NULL, "the catalogue does not say where all of this file is");
		f->line = next;
		f->text = 0;
	}
}

int mount_read(struct mount_tree *t, struct mount_file *f, void *out, size_t n, uint64_t offset, size_t *ret, struct err *e)
{
	struct mount_cat *c;
	uint8_t *to = out;
	int r = file_begin(t, f, &c, e);
	if (r == 0 && f->unreadable && f->size)
		r = err_set(e, ERR_CORRUPT, NULL, "it could not be read when it was backed up: its content is not here");
	if (r < 0)
		return r;
	if (offset >= f->size)
		n = 0;
	else if (n > f->size - offset)
		n = (size_t)(f->size - offset);
	*ret = n;
	while (n) {
		struct vault_extent x;
		r = extent_at(f, c, offset, &x, e);
		if (r < 0)
			return r;
		uint64_t skip = offset - f->at;
		size_t take = x.length - skip < n ? (size_t)(x.length - skip) : n;
		if (x.pack == 0)
			memset(to, 0, take);
		else if ((r = mount_content(&t->reader, x.pack, x.offset + skip, to, take, e)) < 0)
			return r;
		to += take;
		offset += take;
		n -= take;
	}
	return 0;
}

int mount_seek(struct mount_tree *t, struct mount_file *f, bool data, uint64_t offset, uint64_t *ret, struct err *e)
{
	struct mount_cat *c;
	int r = file_begin(t, f, &c, e);
	if (r == 0 && offset >= f->size)
		return no_name(e);
	while (r == 0 && offset < f->size) {
		struct vault_extent x;
		r = f->unreadable ? ERR_CORRUPT : extent_at(f, c, offset, &x, NULL);
		if (r < 0 || (x.pack != 0) == data) { /* what is lost is no hole */
			*ret = offset;
			return r < 0 && !data ? no_name(e) : 0;
		}
		offset = f->at + x.length;
	}
	if (r == 0 && !data) {
		*ret = f->size; /* every file ends in one */
		return 0;
	}
	return r < 0 ? r : no_name(e);
}
