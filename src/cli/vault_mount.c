/* holdfast vault mount: a snapshot as a folder, read-only, for looking, until it is unmounted. Names and attributes are read once and kept (some 150 bytes a file); contents come when they are asked for.
 * One thread answers: this is for people who look for a file, not for a restore. */
#include "vault_cmd.h"

#ifndef HF_FUSE
int vault_cmd_mount(struct vault_cmd *c)
{
	struct err e;
	(void)c;
	err_set(&e, ERR_SYSTEM, NULL, "this holdfast was built without FUSE (libfuse3-dev); `vault ls` shows what there is, `vault restore SNAP:PATH` gives it back");
	return cli_fail(&e);
}
#else
#define FUSE_USE_VERSION 35
#include <fuse_lowlevel.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NODES_MAX ((size_t)100 << 20)
#define KEPT 86400.0 /* seconds that the kernel may remember: a snapshot does not change */

struct node {
	uint32_t parent, first, last, next; /* places in the table; 0: none (0 is the root, which is nobody's child) */
	uint64_t path;                      /* in names: the whole path, escaped by nothing; needed to find its content */
	uint32_t path_n, name_at;           /* its last component begins here */
	uint64_t link;
	uint32_t link_n;
	uint32_t uid, gid, mode, rdev_major, rdev_minor;
	uint64_t size;
	int64_t mtime;
	uint32_t twin; /* a hard link: the node whose file it is */
};
struct mounted {
	struct vault_open *o;
	struct vault_snapshot *s;
	struct node *nodes;
	size_t n, cap;
	char *names;
	size_t names_n, names_cap;
	uint32_t *table; /* by parent and name: place + 1 */
	size_t table_n;
	uint8_t key[16];
	struct err e;
};

/* ---- the table of names ---- */

static struct slice name_of(const struct mounted *m, const struct node *n)
{
	return slice_of(m->names + n->path + n->name_at, n->path_n - n->name_at);
}

static uint64_t hash(const struct mounted *m, uint32_t parent, struct slice name)
{
	return seal_fingerprint(m->key, name) + parent * UINT64_C(0x9e3779b97f4a7c15);
}

static uint32_t look(const struct mounted *m, uint32_t parent, struct slice name)
{
	if (!m->table_n)
		return 0;
	for (size_t i = hash(m, parent, name) & (m->table_n - 1); m->table[i]; i = (i + 1) & (m->table_n - 1)) {
		uint32_t at = m->table[i] - 1;
		if (m->nodes[at].parent == parent && slice_eq(name_of(m, &m->nodes[at]), name))
			return at;
	}
	return 0;
}

static void enter(struct mounted *m, uint32_t at)
{
	size_t i = hash(m, m->nodes[at].parent, name_of(m, &m->nodes[at])) & (m->table_n - 1);
	while (m->table[i])
		i = (i + 1) & (m->table_n - 1);
	m->table[i] = at + 1;
}

static int grow(struct mounted *m, struct err *e)
{
	size_t cap = m->cap ? 2 * m->cap : 4096;
	struct node *nodes = m->n < NODES_MAX ? reallocarray(m->nodes, cap, sizeof *nodes) : NULL;
	uint32_t *table = nodes ? calloc(2 * cap, sizeof *table) : NULL;
	if (nodes)
		m->nodes = nodes;
	if (!table)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the names of this snapshot");
	m->cap = cap;
	free(m->table);
	m->table = table;
	m->table_n = 2 * cap;
	for (size_t i = 1; i < m->n; i++)
		enter(m, (uint32_t)i);
	return 0;
}

static int keep(struct mounted *m, struct slice s, uint64_t *ret, struct err *e)
{
	if (s.n > m->names_cap - m->names_n) {
		size_t cap = (m->names_cap ? 2 * m->names_cap : 1 << 20) + s.n;
		char *p = realloc(m->names, cap);
		if (!p)
			return err_set(e, ERR_MEMORY, NULL, "no memory for the names of this snapshot");
		m->names = p;
		m->names_cap = cap;
	}
	*ret = m->names_n;
	if (s.n)
		memcpy(m->names + m->names_n, s.p, s.n);
	m->names_n += s.n;
	return 0;
}

/* path: without a slash at its end. The folders above it are made where the snapshot does not know them. */
static int place(struct mounted *m, struct slice path, uint32_t *ret, struct err *e)
{
	uint32_t at = 0;
	for (size_t i = 1; i <= path.n; i++) {
		if (i < path.n && path.p[i] != '/')
			continue;
		size_t from = i;
		while (from > 1 && path.p[from - 1] != '/')
			from--;
		struct slice name = slice_of(path.p + from, i - from);
		if (!name.n)
			continue;
		uint32_t next = look(m, at, name);
		if (!next) {
			int r = m->n == m->cap ? grow(m, e) : 0;
			struct node n = {.parent = at, .path_n = (uint32_t)i, .name_at = (uint32_t)from, .mode = S_IFDIR | 0755};
			if (r == 0)
				r = keep(m, slice_of(path.p, i), &n.path, e);
			if (r < 0)
				return r;
			next = (uint32_t)m->n++;
			m->nodes[next] = n;
			if (m->nodes[at].last)
				m->nodes[m->nodes[at].last].next = next;
			else
				m->nodes[at].first = next;
			m->nodes[at].last = next;
			enter(m, next);
		}
		at = next;
	}
	*ret = at;
	return 0;
}

static mode_t type_of(char type)
{
	switch (type) {
	case 'd': return S_IFDIR;
	case 'l': return S_IFLNK;
	case 'p': return S_IFIFO;
	case 's': return S_IFSOCK;
	case 'c': return S_IFCHR;
	case 'b': return S_IFBLK;
	default: return S_IFREG;
	}
}

static int add_node(void *arg, const struct vault_node *v, struct err *e)
{
	struct mounted *m = arg;
	uint32_t at, twin = 0;
	int r = place(m, v->path, &at, e);
	if (r == 0 && v->type == 'h') /* it stands earlier */
		r = place(m, v->link, &twin, e);
	if (r < 0)
		return r;
	struct node *n = &m->nodes[at];
	n->mode = type_of(v->type) | v->mode;
	n->uid = v->uid;
	n->gid = v->gid;
	n->size = v->type == 'l' ? v->link.n : v->size;
	n->mtime = v->mtime;
	n->rdev_major = v->rdev_major;
	n->rdev_minor = v->rdev_minor;
	n->twin = twin;
	if (v->type == 'l') {
		uint64_t link;
		r = keep(m, v->link, &link, e);
		m->nodes[at].link = link;
		m->nodes[at].link_n = (uint32_t)v->link.n;
	}
	return r;
}

/* ---- what the kernel asks ---- */

static struct mounted *of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static bool known(struct mounted *m, fuse_ino_t ino)
{
	return ino >= 1 && ino <= m->n;
}

static void fill(const struct mounted *m, uint32_t at, struct stat *st)
{
	const struct node *n = &m->nodes[m->nodes[at].twin ? m->nodes[at].twin : at];
	*st = (struct stat){.st_ino = (m->nodes[at].twin ? m->nodes[at].twin : at) + 1, .st_mode = n->mode, .st_nlink = 1, .st_uid = n->uid, .st_gid = n->gid, .st_size = (off_t)n->size,
	                    .st_blocks = (blkcnt_t)((n->size + 511) / 512), .st_blksize = 65536, .st_rdev = makedev(n->rdev_major, n->rdev_minor)};
	st->st_mtim.tv_sec = n->mtime / TIME_SEC - (n->mtime % TIME_SEC < 0);
	st->st_mtim.tv_nsec = n->mtime % TIME_SEC + (n->mtime % TIME_SEC < 0 ? TIME_SEC : 0);
	st->st_ctim = st->st_atim = st->st_mtim;
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct mounted *m = of(req);
	uint32_t at = known(m, parent) ? look(m, (uint32_t)(parent - 1), slice_str(name)) : 0;
	struct fuse_entry_param en = {.attr_timeout = KEPT, .entry_timeout = KEPT};
	if (!at) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	fill(m, at, &en.attr);
	en.ino = en.attr.st_ino;
	fuse_reply_entry(req, &en);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mounted *m = of(req);
	struct stat st;
	(void)fi;
	if (!known(m, ino)) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	fill(m, (uint32_t)(ino - 1), &st);
	fuse_reply_attr(req, &st, KEPT);
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct mounted *m = of(req);
	const struct node *n = known(m, ino) ? &m->nodes[ino - 1] : NULL;
	char *text = n && S_ISLNK(n->mode) ? strndup(m->names + n->link, n->link_n) : NULL;
	if (text)
		fuse_reply_readlink(req, text);
	else
		fuse_reply_err(req, EINVAL);
	free(text);
}

/* off: place + 1 of the child that comes next; 0: from the beginning; UINT32_MAX: all was given. */
static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct mounted *m = of(req);
	size_t used = 0;
	(void)fi;
	char *out = known(m, ino) && S_ISDIR(m->nodes[ino - 1].mode) && size <= 1 << 20 ? malloc(size) : NULL;
	if (!out) {
		fuse_reply_err(req, ENOTDIR);
		return;
	}
	uint32_t at = off == 0 ? m->nodes[ino - 1].first : off == UINT32_MAX || (uint64_t)off > m->n ? 0 : (uint32_t)(off - 1);
	while (at) {
		struct stat st;
		struct slice name = name_of(m, &m->nodes[at]);
		char text[256];
		uint32_t next = m->nodes[at].next;
		if (name.n >= sizeof text) {
			at = next;
			continue;
		}
		memcpy(text, name.p, name.n);
		text[name.n] = 0;
		fill(m, at, &st);
		size_t n = fuse_add_direntry(req, out + used, size - used, text, &st, next ? (off_t)next + 1 : (off_t)UINT32_MAX);
		if (n > size - used)
			break;
		used += n;
		at = next;
	}
	fuse_reply_buf(req, out, used);
	free(out);
}

static int errno_of(const struct err *e)
{
	switch (e->code) {
	case ERR_CRYPTO: return EACCES;
	case ERR_NOT_FOUND: return ENOENT;
	case ERR_MEMORY: return ENOMEM;
	default: return EIO;
	}
}

/* What a reader sees as "input/output error" is said here once in words. */
static void say(struct mounted *m, const struct err *e)
{
	char line[640];
	if (strcmp(m->e.text, e->text) || strcmp(m->e.place, e->place))
		cli_note("holdfast: %s", err_line(e, line, sizeof line));
	m->e = *e;
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mounted *m = of(req);
	struct vault_file *f = NULL;
	struct err e = {0};
	if (!known(m, ino) || (fi->flags & O_ACCMODE) != O_RDONLY) {
		fuse_reply_err(req, known(m, ino) ? EROFS : ENOENT);
		return;
	}
	const struct node *n = &m->nodes[ino - 1];
	if (vault_file_open(m->o->v, m->s, slice_of(m->names + n->path, n->path_n), &f, &e) < 0) {
		say(m, &e);
		fuse_reply_err(req, errno_of(&e));
		return;
	}
	fi->fh = (uint64_t)(uintptr_t)f;
	fi->keep_cache = 1;
	if (fuse_reply_open(req, fi) < 0)
		vault_file_close(f);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct mounted *m = of(req);
	struct err e = {0};
	char *out = size <= 16 << 20 && off >= 0 ? malloc(size + 1) : NULL;
	(void)ino;
	ssize_t n = out ? vault_file_read((struct vault_file *)(uintptr_t)fi->fh, out, size, (uint64_t)off, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (n < 0) {
		say(m, &e);
		fuse_reply_err(req, errno_of(&e));
	} else {
		fuse_reply_buf(req, out, (size_t)n);
	}
	if (out)
		seal_wipe(out, size);
	free(out);
}

static void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	vault_file_close((struct vault_file *)(uintptr_t)fi->fh);
	fuse_reply_err(req, 0);
}

static const struct fuse_lowlevel_ops ops = {
	.lookup = op_lookup, .getattr = op_getattr, .readlink = op_readlink, .readdir = op_readdir, .open = op_open, .read = op_read, .release = op_release,
};

/* ---- mounting ---- */

static int serve(struct mounted *m, const char *where, struct err *e)
{
	/* read-only, nothing on it runs or gets rights, and who may read a file is decided by the modes it had */
	char name[] = "holdfast", opt[] = "-o", opts[] = "ro,nosuid,nodev,noexec,default_permissions,fsname=holdfast,subtype=vault";
	char *argv[] = {name, opt, opts, NULL};
	struct fuse_args args = FUSE_ARGS_INIT(3, argv);
	struct fuse_session *se = fuse_session_new(&args, &ops, sizeof ops, m);
	int r = se ? 0 : err_set(e, ERR_SYSTEM, where, "FUSE cannot be used here");
	if (r == 0 && fuse_set_signal_handlers(se) != 0)
		r = err_set(e, ERR_SYSTEM, where, "FUSE cannot be used here");
	if (r == 0 && fuse_session_mount(se, where) != 0)
		r = err_set(e, ERR_SYSTEM, where, "cannot be mounted: it must be an empty folder of yours, and the system must allow FUSE (/dev/fuse, fusermount3)");
	if (r == 0) {
		cli_note("%s is mounted on %s, %zu names; unmount it (umount, or fusermount3 -u), or end this command, when you are done", m->s->id, where, m->n - 1);
		int end = fuse_session_loop(se);
		if (end < 0)
			r = err_set(e, ERR_SYSTEM, where, "the mount ended: %s", strerror(-end));
		fuse_session_unmount(se);
	}
	if (se) {
		fuse_remove_signal_handlers(se);
		fuse_session_destroy(se);
	}
	fuse_opt_free_args(&args);
	return r;
}

int vault_cmd_mount(struct vault_cmd *c)
{
	struct err e = {0};
	struct vault_open o;
	struct vault_snapshot s = {.seq = 0};
	struct slice under;
	static struct mounted m;
	if (vault_cmd_open(c, &o, &e) < 0)
		return cli_fail(&e);
	m = (struct mounted){.o = &o, .s = &s};
	seal_random(m.key, sizeof m.key);
	int r = vault_cmd_snapshot(c, &o, c->args->v[1], &s, &under, &e);
	if (r == 0)
		r = grow(&m, &e);
	if (r == 0) {
		m.nodes[0] = (struct node){.mode = S_IFDIR | 0755, .mtime = s.time};
		m.n = 1;
		r = vault_ls(o.v, &s, under, add_node, &m, &e);
	}
	if (r == 0) {
		struct control *k = NULL;
		char query[64];
		snprintf(query, sizeof query, "vault mount %s", s.id);
		if (o.has_recovery)
			cli_record(&o.s, &k, "export", NULL, query, s.seq);
		control_close(k);
		r = serve(&m, c->args->v[2], &e);
	}
	free(m.nodes);
	free(m.table);
	free(m.names);
	vault_snapshot_done(&s);
	vault_cmd_close(&o);
	return r < 0 ? cli_fail(&e) : 0;
}
#endif
