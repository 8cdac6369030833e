/* The kernel's side of a mount: libfuse's low level, one thread. Everything is cached by the kernel for a day, because nothing changes. */
#ifndef HF_FUSE
#include "vault.h"

int vault_mount(struct vault *v, const char *mountpoint, const struct vault_mount_options *o, struct err *e)
{
	return err_set(e, ERR_SYSTEM, NULL, "this holdfast was built without FUSE (libfuse3-dev); `vault ls` shows what there is, `vault restore SNAP:PATH` gives it back");
}
#else
#define FUSE_USE_VERSION 34
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "mount_internal.h"
#include "restore_internal.h"

#define KEPT 86400.0 /* seconds */
#define TOLD_MAX 256 /* files whose damage was said last */

struct mounted {
	struct mount_tree tree;
	const struct vault_mount_options *o;
	uint64_t top; /* what the kernel's root is */
	uint64_t told[TOLD_MAX];
	size_t told_n;
};

static struct mounted *mine(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static uint64_t ours(fuse_req_t req, fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? mine(req)->top : ino;
}

/* ---- answers ---- */

/* Said once for a file (and again when many others were in between). */
static void tell(struct mounted *m, uint64_t ino, const struct err *e)
{
	AUTO_BUF struct buf say = {0};
	char line[640];
	for (size_t i = 0; i < TOLD_MAX; i++)
		if (m->told[i] == ino)
			return;
	m->told[m->told_n++ % TOLD_MAX] = ino;
	buf_init(&say, VAULT_LINE_MAX);
	mount_name(&m->tree, ino, &say);
	buf_printf(&say, ": %s", err_line(e, line, sizeof line));
	m->o->say(m->o->arg, buf_cstr(&say));
}

static int to_errno(struct mounted *m, uint64_t ino, const struct err *e)
{
	if (e->code == ERR_NOT_FOUND && !strstr(e->place, ".age")) /* and not a pack that is missing */
		return ENOENT;
	tell(m, ino, e);
	return e->code == ERR_MEMORY ? ENOMEM : e->code == ERR_LIMIT ? ENAMETOOLONG : EIO;
}

static struct fuse_entry_param entry_param(const struct mount_entry *en)
{
	return (struct fuse_entry_param){.ino = en->ino, .attr = en->st, .attr_timeout = KEPT, .entry_timeout = KEPT};
}

/* ---- operations ---- */

static void on_init(void *arg, struct fuse_conn_info *conn)
{
	if (conn->capable & FUSE_CAP_CACHE_SYMLINKS)
		conn->want |= FUSE_CAP_CACHE_SYMLINKS;
}

static void on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct err e = {0};
	struct mount_entry en;
	int r = mount_lookup(&mine(req)->tree, ours(req, parent), name, &en, &e);
	if (r < 0 && (r = to_errno(mine(req), parent, &e)) != ENOENT) {
		fuse_reply_err(req, r);
		return;
	}
	/* that there is none is kept, too */
	struct fuse_entry_param p = r == 0 ? entry_param(&en) : (struct fuse_entry_param){.entry_timeout = KEPT};
	fuse_reply_entry(req, &p);
}

static void on_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct err e = {0};
	struct mount_entry en;
	if (mount_attr(&mine(req)->tree, ours(req, ino), &en, &e) < 0)
		fuse_reply_err(req, to_errno(mine(req), ino, &e));
	else
		fuse_reply_attr(req, &en.st, KEPT);
}

static void on_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct err e = {0};
	AUTO_BUF struct buf to = {0};
	buf_init(&to, VAULT_PATH_MAX);
	if (mount_link(&mine(req)->tree, ino, &to, &e) < 0)
		fuse_reply_err(req, to_errno(mine(req), ino, &e));
	else
		fuse_reply_readlink(req, buf_cstr(&to));
}

static void on_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	fi->cache_readdir = fi->keep_cache = 1;
	fuse_reply_open(req, fi);
}

/* One entry into what is left of an answer; 0: it does not fit. */
static size_t put_entry(fuse_req_t req, struct buf *out, bool plus, const char *name, const struct mount_entry *en, uint64_t next)
{
	size_t left = out->max - out->n, n;
	struct fuse_entry_param p = entry_param(en);
	char *to = (char *)buf_space(out, left);
	if (!to)
		return 0;
	n = plus ? fuse_add_direntry_plus(req, to, left, name, &p, (off_t)next) : fuse_add_direntry(req, to, left, name, &en->st, (off_t)next);
	if (n > left)
		return 0;
	buf_commit(out, n);
	return n;
}

/* Offsets: 0 ".", 1 "..", then two more than the tree's cookie. */
static void read_folder(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, bool plus)
{
	struct mounted *m = mine(req);
	struct err e = {0};
	AUTO_BUF struct buf out = {0};
	uint64_t next, at = (uint64_t)off;
	int r = 1;
	buf_init(&out, size);
	for (; r > 0; at = next) {
		struct mount_entry en = {.st = {.st_ino = ino, .st_mode = S_IFDIR}};
		char name[256] = "..";
		next = at + 1;
		if (at < 2)
			name[at + 1] = 0;
		else if ((r = mount_next(&m->tree, ours(req, ino), at - 2, name, &en, &next, &e)) > 0)
			next += 2;
		if (r > 0 && put_entry(req, &out, plus, name, &en, next) == 0)
			break;
	}
	if (r < 0 && out.n == 0)
		fuse_reply_err(req, to_errno(m, ino, &e));
	else
		fuse_reply_buf(req, (const char *)out.p, out.n);
}

static void on_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	read_folder(req, ino, size, off, false);
}

static void on_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	read_folder(req, ino, size, off, true);
}

static struct mount_file *file_of(const struct fuse_file_info *fi)
{
	return (struct mount_file *)(uintptr_t)fi->fh;
}

static void on_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	if (!mine(req)->tree.v->contents) { /* names only: no recovery key was given */
		fuse_reply_err(req, EACCES);
		return;
	}
	struct mount_file *f = (fi->flags & O_ACCMODE) == O_RDONLY ? calloc(1, sizeof *f) : NULL;
	if (!f) {
		fuse_reply_err(req, (fi->flags & O_ACCMODE) == O_RDONLY ? ENOMEM : EROFS);
		return;
	}
	f->ino = ino;
	fi->fh = (uintptr_t)f;
	fi->keep_cache = 1;
	if (fuse_reply_open(req, fi) < 0)
		free(f);
}

static void on_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	free(file_of(fi));
	fuse_reply_err(req, 0);
}

/* A range with damage in it is refused whole: the kernel, that reads ahead, asks again for each page. */
static void on_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct err e = {0};
	size_t n = 0;
	char *out = malloc(size ? size : 1);
	int r = out ? mount_read(&mine(req)->tree, file_of(fi), out, size, (uint64_t)off, &n, &e) : ERR_MEMORY;
	if (!out)
		fuse_reply_err(req, ENOMEM);
	else if (r < 0)
		fuse_reply_err(req, e.code == ERR_NOT_FOUND ? (tell(mine(req), ino, &e), EIO) : to_errno(mine(req), ino, &e));
	else
		fuse_reply_buf(req, out, n);
	free(out);
}

static void on_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence, struct fuse_file_info *fi)
{
	struct err e = {0};
	uint64_t at = 0;
	if (whence != SEEK_DATA && whence != SEEK_HOLE) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	int r = off < 0 ? err_set(&e, ERR_NOT_FOUND, NULL, "before the file's beginning") : mount_seek(&mine(req)->tree, file_of(fi), whence == SEEK_DATA, (uint64_t)off, &at, &e);
	if (r < 0)
		fuse_reply_err(req, r == ERR_NOT_FOUND ? ENXIO : to_errno(mine(req), ino, &e));
	else
		fuse_reply_lseek(req, (off_t)at);
}

struct attribute {
	const char *name; /* NULL: all names */
	struct buf out;
	bool found;
};

static int take_xattr(void *arg, const char *name, struct slice value)
{
	struct attribute *a = arg;
	if (!a->name) {
		buf_add(&a->out, name, strlen(name) + 1);
		return 0;
	}
	a->found = !strcmp(name, a->name);
	if (a->found)
		buf_add_slice(&a->out, value);
	return a->found;
}

static void answer_xattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	struct err e = {0};
	struct attribute a = {.name = name};
	buf_init(&a.out, 2 * VAULT_XATTR_MAX);
	int r = mount_xattrs(&mine(req)->tree, ours(req, ino), take_xattr, &a, &e);
	if (r < 0)
		fuse_reply_err(req, to_errno(mine(req), ino, &e));
	else if (name && !a.found)
		fuse_reply_err(req, ENODATA);
	else if (!buf_ok(&a.out))
		fuse_reply_err(req, ENOMEM);
	else if (size == 0)
		fuse_reply_xattr(req, a.out.n);
	else if (size < a.out.n)
		fuse_reply_err(req, ERANGE);
	else
		fuse_reply_buf(req, (const char *)a.out.p, a.out.n);
	buf_done(&a.out);
}

static void on_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	answer_xattr(req, ino, name, size);
}

static void on_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	answer_xattr(req, ino, NULL, size);
}

static const struct fuse_lowlevel_ops operations = {
	.init = on_init,
	.lookup = on_lookup,
	.getattr = on_getattr,
	.readlink = on_readlink,
	.open = on_open,
	.read = on_read,
	.release = on_release,
	.opendir = on_opendir,
	.readdir = on_readdir,
	.readdirplus = on_readdirplus,
	.getxattr = on_getxattr,
	.listxattr = on_listxattr,
	.lseek = on_lseek,
};

/* ---- mounting ---- */

static char libfuse_says[200]; /* its last word, for our sentence: it has no other way to tell */

static PRINTF_LIKE(2, 0) void on_log(enum fuse_log_level level, const char *fmt, va_list ap)
{
	vsnprintf(libfuse_says, sizeof libfuse_says, fmt, ap);
	libfuse_says[strcspn(libfuse_says, "\n")] = 0;
}

static int check_machine(struct err *e)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
		return err_set(e, ERR_SYSTEM, "/dev/fuse", "this machine cannot mount a snapshot, because its kernel offers no FUSE here (try `modprobe fuse`); `vault ls` and `vault restore` need none");
	return err_sys(e, "/dev/fuse", "FUSE cannot be used by this user");
}

static int check_place(const char *at, struct err *e)
{
	int fd = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* not stat: the kernel may know the top of a dead mount by heart */
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno == ENOTDIR)
		return err_set(e, ERR_USAGE, at, "a mount needs a folder, and this is none");
	if (errno == ENOENT)
		return err_set(e, ERR_NOT_FOUND, at, "there is no such folder to mount on");
	if (errno != ENOTCONN)
		return err_sys(e, at, "nothing can be mounted here");
	if (umount2(at, MNT_DETACH | UMOUNT_NOFOLLOW) == 0) /* what was mounted here was killed */
		return check_place(at, e);
	return err_set(e, ERR_SYSTEM, at, "an earlier mount was killed here: `fusermount3 -u` takes it away");
}

static int key_fits(struct vault *v, struct err *e)
{
	int r = 0;
	for (size_t i = vault_log_snapshots(v->log); r == 0 && i > 0; i--) {
		struct vault_body b;
		bool some = false;
		r = vault_log_snapshot(v->log, i - 1, &b, e);
		if (r == 0 && (some = b.s.bytes > 0))
			r = restore_key_fits(v, &b, e);
		vault_body_done(&b);
		if (some)
			break;
	}
	return r;
}

static int serve(struct mounted *m, struct fuse_session *s, const char *at, struct err *e)
{
	size_t n = m->tree.snapshots.n / sizeof(struct mount_snapshot);
	struct mount_snapshot newest = {0};
	if (n)
		memcpy(&newest, m->tree.snapshots.p + (n - 1) * sizeof newest, sizeof newest);
	/* a shell starts what it puts behind it with SIGINT ignored, and libfuse leaves that so: then nothing but SIGTERM would end it */
	(void)signal(SIGINT, SIG_DFL);
	if (fuse_set_signal_handlers(s) != 0)
		return err_set(e, ERR_SYSTEM, at, "signals cannot be handled");
	int r = fuse_session_mount(s, at) != 0 ? err_set(e, ERR_SYSTEM, at, "cannot be mounted here: %s", libfuse_says[0] ? libfuse_says : "no reason was given") : 0;
	if (r == 0) {
		r = m->o->ready ? m->o->ready(m->o->arg, n, newest.seq, e) : 0;
		if (r == 0) {
			int end = fuse_session_loop(s); /* 0, a signal, or what went wrong */
			errno = -end;
			r = end < 0 ? err_sys(e, at, "the mount ended") : 0;
		}
		fuse_session_unmount(s);
	}
	fuse_remove_signal_handlers(s);
	return r;
}

int vault_mount(struct vault *v, const char *mountpoint, const struct vault_mount_options *o, struct err *e)
{
	char name[] = "holdfast", dash[] = "-o", how[] = "ro,nosuid,nodev,noexec,fsname=holdfast,subtype=vault";
	char *words[] = {name, dash, how, NULL};
	struct fuse_args args = FUSE_ARGS_INIT(3, words);
	if (!v->catalogues)
		return err_set(e, ERR_CRYPTO, NULL, "no key here opens a catalogue: it takes care or recovery");
	int r = check_machine(e);
	if (r == 0)
		r = check_place(mountpoint, e);
	if (r == 0 && v->contents)
		r = key_fits(v, e);
	if (r < 0)
		return r;
	struct mounted *m = calloc(1, sizeof *m);
	if (!m)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a mount");
	m->o = o;
	r = mount_tree_init(&m->tree, v, e);
	m->tree.reader.say = o->say;
	m->tree.reader.arg = o->arg;
	if (r == 0)
		r = mount_top(&m->tree, o->only, &m->top, e);
	if (r == 0) {
		fuse_set_log_func(on_log);
		struct fuse_session *s = fuse_session_new(&args, &operations, sizeof operations, m);
		r = s ? serve(m, s, mountpoint, e) : err_set(e, ERR_SYSTEM, mountpoint, "cannot be mounted: %s", libfuse_says);
		if (s)
			fuse_session_destroy(s);
		fuse_opt_free_args(&args);
	}
	mount_tree_done(&m->tree);
	free(m);
	return r;
}
#endif
