/* Restore: passes over a catalogue, which may be longer than memory.
 *
 *   0  survey: the whole catalogue is read and its root compared with the ledger's before the first name is made; totals for progress
 *   1  folders (closed to others), contents by windows, symbolic links, fifos, devices
 *   2  hard links: their targets are there now
 *   3  folders' owners, modes and times, the innermost first
 * Run again it goes on: what is there with the same size and time is compared byte by byte and left alone, names of unfinished files are swept. */
#include "restore_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* ---- telling ---- */

/* A path for people: what would drive a terminal, or is no UTF-8, as \xHH. */
static void printable(struct buf *b, struct slice path)
{
	for (size_t i = 0; i < path.n;) {
		size_t n;
		uint32_t cp = utf8_get(slice_of(path.p + i, path.n - i), &n);
		bool plain = utf8_valid(slice_of(path.p + i, n)) && cp >= 0x20 && (cp < 0x7f || cp >= 0xa0);
		for (size_t k = 0; k < n; k++)
			if (plain)
				buf_u8(b, path.p[i + k]);
			else
				buf_printf(b, "\\x%02x", path.p[i + k]);
		i += n;
	}
}

void restore_missing(struct restore *r, struct slice path, const char *why)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8 * VAULT_PATH_MAX);
	printable(&b, path);
	buf_printf(&b, ": %s", why);
	pthread_mutex_lock(&r->lock);
	r->done.missing++;
	if (r->o->missing)
		r->o->missing(r->o->arg, buf_cstr(&b));
	pthread_mutex_unlock(&r->lock);
}

void restore_missing_err(struct restore *r, struct slice path, const struct err *e)
{
	char line[640];
	restore_missing(r, path, err_line(e, line, sizeof line));
}

void restore_tell(struct restore *r, const char *doing)
{
	if (!r->o->progress)
		return;
	pthread_mutex_lock(&r->lock);
	struct vault_progress p = {.files = r->files_done, .bytes = r->bytes_done, .files_total = r->files_total, .bytes_total = r->bytes_total, .doing = doing};
	if (p.bytes_total && p.bytes > p.bytes_total)
		p.bytes = p.bytes_total; /* what was compared first counts twice */
	r->o->progress(r->o->arg, &p);
	pthread_mutex_unlock(&r->lock);
}

/* ---- beginning and end ---- */

int restore_origin_init(struct vault *v, const struct vault_body *b, struct restore_origin *ret, struct err *e)
{
	*ret = (struct restore_origin){.verifies = false};
	if (!v->has_dedupe)
		return 0;
	int r = vault_keys_of_domain(v->dedupe, b->domain, b->files_period, &ret->keys, e);
	if (r == 0)
		r = vault_gear_init(&ret->gear, &ret->keys, e);
	ret->verifies = r == 0;
	return r;
}

static unsigned threads_of(const struct vault_restore_options *o)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	if (o->writers)
		return o->writers < 64 ? o->writers : 64;
	return n < 2 ? 2 : n > 8 ? 8 : (unsigned)n;
}

int restore_begin(struct restore *r, struct vault *v, const char *dest, const struct vault_restore_options *o, struct err *e)
{
	const struct vault_known_pack *all;
	size_t packs = vault_log_packs(v->log, &all);
	*r = (struct restore){.v = v, .o = o, .destfd = -1, .threads = threads_of(o)};
	pthread_mutex_init(&r->lock, NULL);
	pthread_mutex_init(&r->opening, NULL);
	int code = file_mkdir(AT_FDCWD, dest, 0755, e);
	if (code == 0)
		code = r->destfd = file_open_dir(AT_FDCWD, dest, e);
	if (code >= 0 && flock(r->destfd, LOCK_EX | LOCK_NB) < 0)
		code = errno == EWOULDBLOCK ? err_set(e, ERR_BUSY, dest, "another restore is writing into this folder") : err_sys(e, dest, "cannot be locked");
	tree_at_init(&r->at, r->destfd);
	r->window = arena_new(WINDOW_BYTES + ((size_t)6 << 20));
	r->pack_state = calloc(packs + 1, 1);
	if (code >= 0 && (!r->window || !r->pack_state))
		code = err_set(e, ERR_MEMORY, NULL, "no memory for a restore");
	return code < 0 ? code : 0;
}

void restore_end(struct restore *r)
{
	tree_at_done(&r->at);
	if (r->destfd >= 0)
		close(r->destfd);
	arena_free(r->window);
	free(r->pack_state);
	free(r->tasks);
	free(r->files);
	pthread_mutex_destroy(&r->lock);
	pthread_mutex_destroy(&r->opening);
}

/* ---- survey ---- */

struct fits {
	struct restore *r;
	uint64_t last;
	bool all;
};

static int place_fits(void *arg, const struct vault_extent *x, struct err *e)
{
	struct fits *f = arg;
	if (x->pack != f->last)
		f->all &= restore_pack_fits(f->r, VAULT_CATALOGUE, x->pack);
	f->last = x->pack;
	return 0;
}

/* The packs that the catalogue lies in are those that the ledger names: then a part of it can be believed without reading all. */
static bool catalogue_fits(struct restore *r, const struct vault_body *b)
{
	struct fits f = {.r = r, .all = true};
	struct slice rest = buf_slice(&b->list);
	struct vault_extent x;
	int n;
	while ((n = vault_extent_next(&rest, &x)) > 0)
		(void)!place_fits(&f, &x, NULL);
	return n == 0 && f.all && vault_cat_places(r->v->catalogues, b, place_fits, &f, NULL) == 0 && f.all;
}

int restore_survey(struct restore *r, const struct vault_body *b, struct slice under, restore_want_fn *want, void *arg, struct err *e)
{
	struct vault_cat *c;
	const struct vault_line *l;
	bool part = under.n && catalogue_fits(r, b), found = false;
	int code = vault_cat_open(r->v->catalogues, b, part ? under : SLICE_NULL, &c, e);
	if (code < 0)
		return code;
	while ((code = vault_cat_next(c, &l, e)) > 0) {
		if (under.n && !vault_path_under(l->node.path, under))
			continue;
		found = true;
		if (l->node.type != 'f')
			continue;
		int yes = want ? want(arg, l, e) : 1;
		if (yes < 0) {
			code = yes;
			break;
		}
		r->files_total += yes > 0;
		r->bytes_total += yes > 0 ? l->node.size : 0;
	}
	vault_cat_close(c);
	if (code == 0 && under.n && !found)
		code = err_set(e, ERR_NOT_FOUND, NULL, "the snapshot has no such path: they are absolute, and `vault ls` prints them");
	return code;
}

/* ---- what is no file and no folder ---- */

static bool same_other(int dirfd, const char *name, const struct stat *st, const struct vault_line *l)
{
	char target[4097];
	if (meta_mtime_cmp(st, l) || st->st_uid != l->node.uid || st->st_gid != l->node.gid)
		return false;
	switch (l->node.type) {
	case 'l': {
		ssize_t n = S_ISLNK(st->st_mode) ? readlinkat(dirfd, name, target, sizeof target) : -1;
		return n >= 0 && slice_eq(slice_of(target, (size_t)n), l->node.link);
	}
	case 'p':
		return S_ISFIFO(st->st_mode) && (st->st_mode & 07777) == l->node.mode;
	case 's':
		return S_ISSOCK(st->st_mode) && (st->st_mode & 07777) == l->node.mode;
	default:
		return (l->node.type == 'c' ? S_ISCHR(st->st_mode) : S_ISBLK(st->st_mode)) && st->st_rdev == makedev(l->node.rdev_major, l->node.rdev_minor) && (st->st_mode & 07777) == l->node.mode;
	}
}

static int make_other(int dirfd, const char *temp, const struct vault_line *l, struct err *e)
{
	char target[4097];
	int r;
	if (l->node.type == 'l') {
		if (l->node.link.n == 0 || l->node.link.n > 4095)
			return err_set(e, ERR_LIMIT, NULL, "a symbolic link points to at most 4095 bytes");
		memcpy(target, l->node.link.p, l->node.link.n);
		target[l->node.link.n] = 0;
		r = symlinkat(target, dirfd, temp);
	} else {
		mode_t type = l->node.type == 'p' ? S_IFIFO : l->node.type == 's' ? S_IFSOCK : l->node.type == 'c' ? S_IFCHR : S_IFBLK;
		r = mknodat(dirfd, temp, type | 0600, type == S_IFCHR || type == S_IFBLK ? makedev(l->node.rdev_major, l->node.rdev_minor) : 0);
	}
	return r < 0 ? err_sys(e, NULL, "cannot be made") : 0;
}

static int restore_other(struct restore *r, const struct vault_line *l, struct err *e)
{
	char name[256], temp[40];
	int dirfd;
	struct stat st;
	struct meta_result m = {0};
	int code = tree_parent(&r->at, l->node.path, &dirfd, name, e);
	if (code < 0)
		return code;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (same_other(dirfd, name, &st, l)) {
			r->done.already_there++;
			return 0;
		}
		if (S_ISDIR(st.st_mode))
			return err_set(e, ERR_EXISTS, NULL, "a folder stands in its place");
		if (meta_mtime_cmp(&st, l) > 0 && !r->o->overwrite) {
			r->done.kept_newer++;
			return 0;
		}
	}
	tree_temp(temp);
	code = make_other(dirfd, temp, l, e);
	if (code < 0)
		return code;
	struct err why = {0};
	int attr = meta_apply_link(dirfd, temp, l, &m, &why);
	if (renameat(dirfd, temp, dirfd, name) < 0) {
		code = err_sys(e, NULL, "cannot be given its name");
		unlinkat(dirfd, temp, 0);
		return code;
	}
	r->inexact_owner += m.owner;
	r->inexact_attributes += m.attributes;
	r->done.files++;
	if (attr < 0 && e)
		*e = why;
	return attr;
}

/* ---- the passes ---- */

static struct slice parent_of(struct slice path)
{
	size_t at = path.n;
	while (at && path.p[at - 1] != '/')
		at--;
	return slice_of(path.p, at > 1 ? at - 1 : 1);
}

/* An error that belongs to one path: told, and on. */
static int tell_or_stop(struct restore *r, struct slice path, int code, const struct err *e)
{
	if (code >= 0)
		return 0;
	if (restore_stops(e))
		return code;
	restore_missing_err(r, path, e);
	return 0;
}

static int one_line(struct restore *r, struct vault_cat *c, const struct restore_origin *from, const struct vault_line *l, bool lazy, struct err *e)
{
	struct slice path = l->node.path;
	struct err why = {0};
	int code = 0;
	if (!tree_path_ok(path)) {
		if (l->node.type != '+')
			restore_missing(r, path, "no file can have this name");
		return 0;
	}
	if (lazy && l->node.type != 'd' && l->node.type != '+') {
		code = tree_mkdir(&r->at, parent_of(path), r->o->overwrite, &why);
		if (code < 0)
			return tell_or_stop(r, path, code, &why);
	}
	switch (l->node.type) {
	case 'd':
		code = lazy ? 0 : tree_mkdir(&r->at, path, r->o->overwrite, &why);
		if (code < 0 && restore_stops(&why) && e)
			*e = why;
		return tell_or_stop(r, path, code, &why);
	case '+':
		return restore_content(r, from, l, vault_cat_file_offset(c), path, e);
	case 'f':
		if (l->node.unreadable) {
			restore_missing(r, path, "it could not be read when it was backed up");
			return 0;
		}
		return restore_content(r, from, l, vault_cat_file_offset(c), path, e);
	case 'h':
		return 0;
	default:
		code = restore_other(r, l, &why);
		if (code < 0 && restore_stops(&why) && e)
			*e = why;
		return tell_or_stop(r, path, code, &why);
	}
}

int restore_stream(struct restore *r, const struct vault_body *b, const struct restore_origin *from, struct slice under, bool lazy, restore_want_fn *want, void *arg, struct err *e)
{
	struct vault_cat *c;
	const struct vault_line *l;
	uint64_t n = 0;
	int code = vault_cat_open(r->v->catalogues, b, under, &c, e);
	if (code < 0)
		return code;
	while ((code = vault_cat_next(c, &l, e)) > 0) {
		int yes = want ? want(arg, l, e) : 1;
		code = yes > 0 ? one_line(r, c, from, l, lazy, e) : yes;
		if (code < 0)
			break;
		if (++n % 4096 == 0)
			restore_tell(r, "restoring");
	}
	vault_cat_close(c);
	struct err why = {0};
	int flushed = restore_flush(r, &why); /* also after a catalogue that ends in damage: what was read is given back */
	if (flushed < 0 && (code >= 0 || !restore_stops(e))) {
		if (e)
			*e = why;
		return flushed;
	}
	return code;
}

/* A hard link to a file that lies outside what was asked for: its content, from the line of that file, under this name. */
static int far_link(struct restore *r, const struct vault_body *b, const struct restore_origin *from, const struct vault_line *l, struct err *e)
{
	struct vault_cat *c;
	const struct vault_line *t;
	int code = vault_cat_open(r->v->catalogues, b, l->node.link, &c, e);
	if (code < 0)
		return code;
	bool found = false;
	while ((code = vault_cat_next(c, &t, e)) > 0 && (t->node.type == '+' || t->node.type == 'f')) {
		found = t->node.type == 'f';
		if (found && t->node.unreadable)
			code = err_set(e, ERR_NO, NULL, "it could not be read when it was backed up");
		else
			code = restore_content(r, from, t, vault_cat_file_offset(c), l->node.path, e);
		if (code < 0 || found)
			break;
	}
	vault_cat_close(c);
	if (code >= 0 && !found)
		code = err_set(e, ERR_CORRUPT, NULL, "the file that it is another name of is not in the catalogue");
	return code < 0 ? code : restore_flush(r, e);
}

struct near { /* the newest far links: more names of the same file are links again */
	struct slice target, path;
};
struct links {
	struct near near[1024];
	size_t n;
	struct arena *a;
};

static int link_to(struct restore *r, struct slice target, const struct vault_line *l, bool trust, struct err *e)
{
	char from[256], to[256], temp[40];
	int fromfd, tofd;
	struct stat st, there;
	struct tree_at at;
	if (!tree_path_ok(target))
		return err_set(e, ERR_CORRUPT, NULL, "the file that it is another name of has a name that no file can have");
	tree_at_init(&at, r->destfd);
	int code = tree_parent(&at, target, &fromfd, from, e);
	if (code == 0)
		code = tree_parent(&r->at, l->node.path, &tofd, to, e);
	if (code == 0 && fstatat(fromfd, from, &st, AT_SYMLINK_NOFOLLOW) < 0)
		code = err_set(e, ERR_NO, NULL, "the file that it is another name of could not be restored");
	if (code == 0 && (!S_ISREG(st.st_mode) || (!trust && meta_mtime_cmp(&st, l))))
		code = err_set(e, ERR_NO, NULL, "the file that it is another name of is not there as it was");
	if (code == 0 && fstatat(tofd, to, &there, AT_SYMLINK_NOFOLLOW) == 0) {
		if (there.st_ino == st.st_ino && there.st_dev == st.st_dev) {
			r->done.already_there++;
			code = 1;
		} else if (S_ISDIR(there.st_mode)) {
			code = err_set(e, ERR_EXISTS, NULL, "a folder stands in its place");
		} else if (meta_mtime_cmp(&there, l) > 0 && !r->o->overwrite) {
			r->done.kept_newer++;
			code = 1;
		}
	}
	tree_temp(temp);
	uint32_t was = 0;
	bool unlocked = false;
	if (code == 0 && linkat(fromfd, from, tofd, temp, 0) < 0 && (errno != EPERM || !(unlocked = meta_unlock(fromfd, from, &was)) || linkat(fromfd, from, tofd, temp, 0) < 0))
		code = err_sys(e, NULL, "the link cannot be made");
	if (code == 0 && renameat(tofd, temp, tofd, to) < 0) {
		code = err_sys(e, NULL, "cannot be given its name");
		unlinkat(tofd, temp, 0);
	}
	if (unlocked)
		meta_lock(fromfd, from, was);
	if (code == 0)
		r->done.files++;
	tree_at_done(&at);
	return code < 0 ? code : 0;
}

static int one_link(struct restore *r, const struct vault_body *b, const struct restore_origin *from, struct slice under, const struct vault_line *l, bool trust, struct links *near, struct err *e)
{
	if (vault_path_under(l->node.link, under))
		return link_to(r, l->node.link, l, trust, e);
	for (size_t i = 0; i < near->n; i++)
		if (slice_eq(near->near[i].target, l->node.link))
			return link_to(r, near->near[i].path, l, trust, e);
	int code = far_link(r, b, from, l, e);
	if (code == 0 && near->n < ARRAY_LEN(near->near)) {
		struct near x = {arena_dup(near->a, l->node.link), arena_dup(near->a, l->node.path)};
		if (x.target.p && x.path.p)
			near->near[near->n++] = x;
	}
	return code;
}

int restore_links(struct restore *r, const struct vault_body *b, const struct restore_origin *from, struct slice under, restore_want_fn *want, void *arg, bool trust, struct err *e)
{
	struct vault_cat *c;
	const struct vault_line *l;
	struct links *near = calloc(1, sizeof *near);
	AUTO_ARENA struct arena *a = arena_new((size_t)4 << 20);
	if (!near || !a) {
		free(near);
		return err_set(e, ERR_MEMORY, NULL, "no memory for a restore");
	}
	near->a = a;
	int code = vault_cat_open(r->v->catalogues, b, under, &c, e);
	if (code < 0) {
		free(near);
		return code;
	}

	while ((code = vault_cat_next(c, &l, e)) > 0) {
		if (l->node.type != 'h' || l->node.unreadable)
			continue;
		int yes = want ? want(arg, l, e) : 1;
		struct err why = {0};
		if (yes < 0) {
			code = yes;
			break;
		}
		if (yes == 0)
			continue;
		code = tree_path_ok(l->node.path) ? one_link(r, b, from, under, l, trust, near, &why) : err_set(&why, ERR_CORRUPT, NULL, "no file can have this name");
		if (code < 0 && restore_stops(&why) && e)
			*e = why;
		code = tell_or_stop(r, l->node.path, code, &why);
		if (code < 0)
			break;
	}

	vault_cat_close(c);
	free(near);
	return code;
}

/* ---- folders, last ---- */

struct waiting {
	uint8_t *raw;
	size_t n;
};
struct folders {
	struct waiting *w;
	size_t n, cap;
	struct buf scratch, scratch2;
};

static int apply_folder(struct restore *r, struct folders *f, struct slice raw, struct err *e)
{
	struct vault_line l;
	struct meta_result m = {0};
	struct err why = {0};
	int fd, code = vault_line_parse(raw, &f->scratch2, &l, e);
	if (code < 0)
		return code;
	code = tree_open(&r->at, l.node.path, &fd, &why);
	if (code == 0) {
		code = meta_apply(fd, &l, &m, &why);
		meta_flags(fd, &l, &m);
	} else if (code == ERR_NOT_FOUND || code == ERR_EXISTS) {
		code = 0; /* that it could not be made was told then */
	}
	r->inexact_owner += m.owner;
	r->inexact_attributes += m.attributes;
	if (code < 0 && restore_stops(&why) && e)
		*e = why;
	return tell_or_stop(r, l.node.path, code, &why);
}

static int pop_until(struct restore *r, struct folders *f, struct slice path, bool all, struct err *e)
{
	int code = 0;
	while (code == 0 && f->n) {
		struct waiting *w = &f->w[f->n - 1];
		struct vault_line l;
		code = vault_line_parse(slice_of(w->raw, w->n), &f->scratch, &l, e);
		if (code < 0 || (!all && vault_path_under(path, l.node.path)))
			break;
		code = apply_folder(r, f, slice_of(w->raw, w->n), e);
		free(w->raw);
		f->n--;
	}
	return code;
}

static int push(struct folders *f, struct slice raw, struct err *e)
{
	if (f->n == f->cap) {
		size_t cap = f->cap ? 2 * f->cap : 64;
		struct waiting *more = reallocarray(f->w, cap, sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory for a restore");
		f->w = more;
		f->cap = cap;
	}
	uint8_t *p = malloc(raw.n);
	if (!p)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a restore");
	memcpy(p, raw.p, raw.n);
	f->w[f->n++] = (struct waiting){.raw = p, .n = raw.n};
	return 0;
}

int restore_folders(struct restore *r, const struct vault_body *b, struct slice under, restore_want_fn *want, void *arg, struct err *e)
{
	struct vault_cat *c;
	const struct vault_line *l;
	struct folders f = {.n = 0};
	int code = vault_cat_open(r->v->catalogues, b, under, &c, e);
	if (code < 0)
		return code;
	buf_init(&f.scratch, 2 * VAULT_LINE_MAX);
	buf_init(&f.scratch2, 2 * VAULT_LINE_MAX);
	while ((code = vault_cat_next(c, &l, e)) > 0) {
		if (l->node.type != 'd' || !tree_path_ok(l->node.path))
			continue;
		int yes = want ? want(arg, l, e) : 1;
		if (yes < 0) {
			code = yes;
			break;
		}
		code = pop_until(r, &f, l->node.path, false, e);
		if (code == 0 && yes)
			code = push(&f, l->raw, e);
		if (code < 0)
			break;
	}
	if (code >= 0)
		code = pop_until(r, &f, SLICE_NULL, true, e);
	while (f.n)
		free(f.w[--f.n].raw);
	free(f.w);
	buf_done(&f.scratch);
	buf_done(&f.scratch2);
	vault_cat_close(c);
	return code;
}

/* ---- the whole ---- */

/* Damage of a catalogue ends a pass; that there was some is told once, in the survey. */
static bool is_damage(int code)
{
	return code == ERR_CORRUPT || code == ERR_CRYPTO || code == ERR_NOT_FOUND || code == ERR_INPUT || code == ERR_LIMIT;
}

/* One path alone: the folders above it, as they were where the catalogue knows them. */
int restore_above(struct restore *r, struct slice under, struct buf *above, struct err *e)
{
	if (under.n <= 1)
		return 0;
	if (!tree_path_ok(under))
		return err_set(e, ERR_USAGE, NULL, "a path in a snapshot is absolute, as `vault ls` prints it");
	r->at.made = above;
	int code = tree_mkdir(&r->at, parent_of(under), false, e);
	r->at.made = NULL;
	return code;
}

int restore_made(struct restore *r, const struct vault_body *b, const struct buf *made, struct err *e)
{
	int code = 0;
	for (size_t at = made->n; code == 0 && at > 1;) { /* the innermost first */
		size_t from = at - 1;
		while (from && made->p[from - 1])
			from--;
		struct slice path = slice_of(made->p + from, at - 1 - from);
		struct vault_cat *c;
		const struct vault_line *l;
		at = from;
		code = vault_cat_open(r->v->catalogues, b, path, &c, e);
		if (code < 0)
			break;
		code = vault_cat_next(c, &l, e);
		if (code > 0 && l->node.type == 'd' && slice_eq(l->node.path, path)) {
			struct meta_result m = {0};
			struct err why = {0};
			int fd;
			code = tree_open(&r->at, path, &fd, &why);
			if (code == 0)
				code = meta_apply(fd, l, &m, &why);
			if (code == 0)
				meta_flags(fd, l, &m);
			if (code == ERR_NOT_FOUND)
				code = 0; /* nothing in it could be given back, and that was told */
			if (code < 0 && restore_stops(&why) && e)
				*e = why;
			code = tell_or_stop(r, path, code, &why);
		} else if (code > 0) {
			code = 0;
		}
		vault_cat_close(c);
	}
	return code;
}

/* What the caller chose: files, whatever they are linked as; folders come by themselves. */
static int chosen(void *arg, const struct vault_line *l, struct err *e)
{
	const struct vault_restore_options *o = arg;
	(void)e;
	return (l->node.type == 'f' || l->node.type == '+' || l->node.type == 'h') && o->want(o->want_arg, l->node.path);
}

int restore_plain(struct restore *r, const struct vault_body *b, const struct restore_origin *from, struct err *e)
{
	struct slice under = r->o->path;
	restore_want_fn *want = r->o->want ? chosen : NULL;
	struct vault_restore_options asked = *r->o; /* (its copy, since a callback's argument is not const) */
	struct err why = {0};
	int code = restore_survey(r, b, under, want, &asked, &why);
	bool damaged = is_damage(code) && !(code == ERR_NOT_FOUND && under.n);
	if (damaged) {
		char line[640], say[800];
		snprintf(say, sizeof say, "the catalogue of this snapshot is damaged: names and files behind the damage are missing, and what is restored is proven file by file (%s)", err_line(&why, line, sizeof line));
		restore_missing(r, slice_str(b->s.id[0] ? b->s.id : "catalogue"), say);
		r->prove = true;
	} else if (code < 0) {
		if (e)
			*e = why;
		return code;
	}
	AUTO_BUF struct buf above = {0};
	buf_init(&above, 4 * VAULT_PATH_MAX);
	code = restore_above(r, under, &above, e);
	if (code == 0)
		code = restore_stream(r, b, from, under, want != NULL, want, &asked, e);
	if (code == 0 || (damaged && is_damage(code)))
		code = restore_links(r, b, from, under, want, &asked, false, e);
	if (code == 0 || (damaged && is_damage(code)))
		code = restore_folders(r, b, under, want, &asked, e);
	if (code == 0 || (damaged && is_damage(code)))
		code = restore_made(r, b, &above, e);
	return damaged && is_damage(code) ? 0 : code;
}

/* One sentence for the whole, where a file each would drown the rest. */
static void tell_inexact(const struct restore *r)
{
	char say[240];
	if (r->inexact_owner && r->o->missing) {
		snprintf(say, sizeof say, "%llu files and folders could not be given to their owners (and lost their setuid bits): only root can do that", (unsigned long long)r->inexact_owner);
		r->o->missing(r->o->arg, say);
	}
	if (r->inexact_attributes && r->o->missing) {
		snprintf(say, sizeof say, "%llu files and folders have attributes that only root can set, or that this file system does not have, and lack them", (unsigned long long)r->inexact_attributes);
		r->o->missing(r->o->arg, say);
	}
}

/* Before a sentence for each of a million files: does the key open anything here at all? */
int restore_key_fits(struct vault *v, const struct vault_body *b, struct err *e)
{
	struct age_identity id;
	if (b->s.bytes == 0)
		return 0;
	int r = site_period_open(v->sitefd, &v->recovery, b->files_period, &id, e);
	seal_wipe(&id, sizeof id);
	if (r == ERR_CRYPTO)
		return err_set(e, ERR_CRYPTO, b->files_period, "the key that was given does not open this site's contents: it is not the recovery key (or the key file in keys/period is damaged)");
	return r;
}

int vault_restore(struct vault *v, const struct vault_snapshot *s, const char *dest, const struct vault_restore_options *o, struct vault_restored *ret, struct err *e)
{
	struct vault_body b;
	struct restore_origin from;
	struct restore r;
	if (!v->has_recovery)
		return err_set(e, ERR_CRYPTO, NULL, "contents are opened by the recovery key alone");
	int code = vault_body_of(v, s, &b, e);
	if (code < 0)
		return code;
	code = restore_key_fits(v, &b, e);
	if (code == 0)
		code = restore_origin_init(v, &b, &from, e);
	if (code == 0) {
		code = restore_begin(&r, v, dest, o, e);
		if (code == 0)
			code = o->clean ? restore_clean(&r, s, &b, &from, e) : restore_plain(&r, &b, &from, e);
		if (code == 0)
			tell_inexact(&r);
		*ret = r.done;
		restore_end(&r);
		if (code == 0 && ret->missing)
			code = err_set(e, ERR_NO, NULL, "%llu could not be restored; all else is there", (unsigned long long)ret->missing);
	}
	seal_wipe(&from, sizeof from);
	vault_body_done(&b);
	return code;
}
