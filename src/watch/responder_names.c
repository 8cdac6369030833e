/* responder_names: names that were made, moved and removed. The kernel asks nobody before it does that, so this is what happened already: what was pinned (because the session had opened it) is copied into the store at once,
 * and what never was opened is for the vault. */
#include "responder.h"

#include "fanotify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FOLDERS 64
#define EVENT_MAX 4096 /* of one event with three handles and two names: less than half of it */

struct name {
	bool there, folder;
	char path[WATCH_PATH_MAX];
};

/* The path of a folder by its handle; the last few are remembered until a folder is renamed. */
static const char *folder_path(struct responder *r, const uint8_t *fid, size_t n)
{
	uint64_t h = 0xcbf29ce484222325;
	for (size_t i = 0; i < n; i++)
		h = (h ^ fid[i]) * 0x100000001b3;
	struct folder_seen *x = &r->folder[(h >> 32) % FOLDERS];
	if (n > sizeof x->fid)
		return NULL;
	if (x->n == n && memcmp(x->fid, fid, n) == 0)
		return x->path;
	if (!marks_path(&r->m, fid, n, x->path)) {
		x->n = 0;
		return NULL;
	}
	memcpy(x->fid, fid, n);
	x->n = n;
	return x->path;
}

static void forget_folders(struct responder *r)
{
	for (size_t i = 0; i < FOLDERS; i++)
		r->folder[i].n = 0;
}

/* fsid, handle (u32 length, i32 type, bytes), and behind it the name. */
static bool split_fid(const char *info, size_t n, const uint8_t **fid, size_t *fid_n, const char **name)
{
	uint32_t bytes;
	if (n < 4 + 8 + 8)
		return false;
	memcpy(&bytes, info + 4 + 8, 4);
	*fid = (const uint8_t *)info + 4;
	*fid_n = 8 + 8 + (size_t)bytes;
	if (bytes > MAX_HANDLE_SZ || 4 + *fid_n > n)
		return false;
	*name = 4 + *fid_n < n ? info + 4 + *fid_n : "";
	return memchr(*name, 0, n - 4 - *fid_n) || !**name;
}

static void name_of(struct responder *r, const char *info, size_t n, struct name *to)
{
	const uint8_t *fid;
	size_t fid_n;
	const char *name;
	if (!split_fid(info, n, &fid, &fid_n, &name))
		return;
	const char *dir = folder_path(r, fid, fid_n);
	to->there = dir && snprintf(to->path, sizeof to->path, "%s%s%s", strcmp(dir, "/") ? dir : "", "/", name) < (int)sizeof to->path;
}

struct names {
	struct name at, to;
	const uint8_t *fid;
	size_t fid_n;
};

static void take_apart(struct responder *r, const struct fanotify_event_metadata *md, struct names *x)
{
	const char *p = (const char *)md + md->metadata_len, *end = (const char *)md + md->event_len;
	const char *name;
	x->at.there = x->to.there = false;
	x->fid = NULL;
	while ((size_t)(end - p) >= sizeof(struct fanotify_event_info_header)) {
		struct fanotify_event_info_header h;
		memcpy(&h, p, sizeof h);
		if (h.len < sizeof h || h.len > end - p)
			return;
		if (h.info_type == INFO_DFID_NAME || h.info_type == INFO_OLD_DFID_NAME)
			name_of(r, p, h.len, &x->at);
		else if (h.info_type == INFO_NEW_DFID_NAME)
			name_of(r, p, h.len, &x->to);
		else if (h.info_type == INFO_FID && !split_fid(p, h.len, &x->fid, &x->fid_n, &name))
			x->fid = NULL;
		p += h.len;
	}
}

/* CREATE: what we know of that file, also when its name had gone; else NULL. */
static struct file *put_record(struct responder *r, const struct session *s, uint32_t kind, const struct names *x, bool folder, uint64_t number, uint32_t flags)
{
	static struct record c;
	struct err e;
	dev_t dev = 0;
	ino_t ino = 0;
	if (x->fid)
		marks_inode(&r->m, x->fid, x->fid_n, &dev, &ino);
	if (kind == RECORD_CREATE && !folder && ino)
		file_named(r, s, ino, x->at.path);
	struct file *of = kind == RECORD_CREATE && !folder && ino ? file_once(r, s, dev, ino) : NULL;
	c = (struct record){.kind = kind, .flags = flags | (folder ? RECORD_FOLDER : 0), .number = number, .session = s->number, .mono = time_monotonic(), .wall = time_now(), .dev = dev, .ino = ino, .links = of && !of->fresh && !of->gone ? 2 : 1};
	snprintf(c.path, sizeof c.path, "%s", x->at.path);
	if (kind == RECORD_RENAME)
		snprintf(c.path2, sizeof c.path2, "%s", x->to.path);
	(void)!store_put_soon(&r->store, &c, &e);
	return of;
}

static void mark_folder(struct responder *r, const char *path)
{
	struct err e;
	if (marks_add(&r->m, path, &e) < 0)
		say_alarm(r, "alarm", "a new folder cannot be watched", path);
}

/* An entry of this session: another's pin is as good. */
static struct file *adopt(struct responder *r, struct session *s, struct file *f)
{
	struct stat st;
	if (!f || f->s == s || f->fd < 0 || f->fresh)
		return f;
	int fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return NULL;
	struct file *own = fstat(fd, &st) == 0 ? file_new(r, s, &st, fd) : NULL;
	if (!own) {
		close(fd);
		return NULL;
	}
	(void)file_renamed(r, own, f->path);
	return own;
}

/* What the last name of a file is gone of: all of it into the store, the first MiB before anything else happens. */
static void keep_content(struct responder *r, struct file *f)
{
	struct stat st;
	uint64_t from = 0;
	if (f->fresh || f->fd < 0 || fstat(f->fd, &st) < 0)
		return;
	if (!f->number && !f->wrote) {
		f->st = st;
		f->st.st_nlink = 1;
	}
	bool unseen = !f->wrote && (st.st_mtim.tv_sec != f->opened.tv_sec || st.st_mtim.tv_nsec != f->opened.tv_nsec);
	if (unseen && file_begin(r, f, RECORD_READ) == 0) {
		file_cannot(r, f, "it was changed where nobody watches (moved away before): what the vault has of it will have to do");
		return;
	}
	if (file_begin(r, f, RECORD_READ) < 0 || file_keep(r, f, &from, (uint64_t)f->st.st_size, UINT64_C(1) << 20))
		return;
	struct waiting *w = waiting_new(r);
	if (!w)
		return;
	w->s = f->s;
	w->file = (uint32_t)(f - r->file) + 1;
	w->stamp = f->stamp;
	w->from = from;
	w->to = (uint64_t)f->st.st_size;
}

/* A name for something that we know by its number: made without one (O_TMPFILE); or moved away from what is watched, changed there perhaps, and moved back in, which is judged like a write. */
static bool came_again(struct responder *r, struct file *f, const char *path)
{
	if (!f || (!f->gone && !f->fresh))
		return false;
	if (!f->gone) {
		if (strstr(f->path, "/#")) /* as the kernel calls it until then */
			(void)file_renamed(r, f, path);
		return false;
	}
	if (f->fd < 0 || !f->number || !file_renamed(r, f, path))
		return false;
	f->gone = false;
	f->wrote = true;
	file_after(r, f);
	judge_feed(r, f->s, f, WATCH_CLOSED, time_monotonic());
	return true;
}

static void on_create(struct responder *r, struct session *s, const struct names *x, bool folder)
{
	if (folder)
		mark_folder(r, x->at.path);
	if (!s)
		return;
	if (came_again(r, put_record(r, s, RECORD_CREATE, x, folder, 0, 0), x->at.path))
		return;
	judge_name(r, s, WATCH_CREATED, x->at.path, NULL, folder, NULL, NULL);
}

static void on_delete(struct responder *r, struct session *s, const struct names *x, bool folder)
{
	struct file *f = folder ? NULL : file_by_path(r, x->at.path, s);
	if (!s)
		return;
	f = adopt(r, s, f);
	if (f)
		keep_content(r, f);
	put_record(r, s, RECORD_DELETE, x, folder, f && !f->fresh ? f->number : 0, f && f->fresh ? 0 : RECORD_REPLACED);
	judge_name(r, s, WATCH_DELETED, x->at.path, NULL, folder, f, NULL);
	if (f)
		f->gone = true;
	if (f && f->fresh)
		file_let_go(f);
	for (struct file *o; !folder && (o = file_by_path(r, x->at.path, NULL));)
		o->gone = true;
}

static void on_rename(struct responder *r, struct session *s, const struct names *x, bool folder)
{
	struct file *moved = folder ? NULL : file_by_path(r, x->at.path, s), *over = folder ? NULL : file_by_path(r, x->to.path, s);
	if (folder) {
		forget_folders(r);
		file_folder_renamed(r, x->at.path, x->to.path);
		mark_folder(r, x->to.path);
	}
	if (moved && over && moved->dev == over->dev && moved->ino == over->ino)
		over = NULL;
	if (s) {
		over = adopt(r, s, over);
		if (over)
			keep_content(r, over);
		bool lost = over && !over->fresh;
		put_record(r, s, RECORD_RENAME, x, folder, lost ? over->number : 0, over ? RECORD_REPLACED : 0);
		judge_name(r, s, WATCH_RENAMED, x->at.path, x->to.path, folder, moved, over);
	}
	if (over)
		over->gone = true;
	for (struct file *o; !folder && (o = file_by_path(r, x->to.path, NULL));)
		o->gone = true;
	for (struct file *o; !folder && strcmp(x->at.path, x->to.path) && (o = file_by_path(r, x->at.path, NULL));)
		if (!file_renamed(r, o, x->to.path))
			o->gone = true;
}

/* Who did it has gone already, and was never asked about: rm and mv of a script open nothing that we watch, and end at once. Then it is taken for the doing of the session that read the file last: a script's other programs are in it. */
static struct session *of_reader(struct responder *r, const struct names *x)
{
	struct file *f = x->to.there ? file_by_path(r, x->to.path, NULL) : NULL;
	if (!f && x->at.there)
		f = file_by_path(r, x->at.path, NULL);
	return f && f->s->number == f->session ? f->s : NULL;
}

static void on_name(struct responder *r, const struct fanotify_event_metadata *md)
{
	static struct names x;
	struct proc *p = NULL;
	bool folder = md->mask & FAN_ONDIR;
	if (md->mask & FAN_Q_OVERFLOW) {
		overflow(r);
		return;
	}
	struct session *s = who_is(r, md->pid, true, &p);
	if (s && p->class == PROC_OWN)
		s = NULL; /* put back by us: nobody's doing, and marks and paths are kept true all the same */
	take_apart(r, md, &x);
	if (!p && !folder && (md->mask & (FAN_DELETE | FAN_RENAME)))
		s = of_reader(r, &x);
	if ((md->mask & FAN_RENAME) && !x.to.there && x.at.there) { /* moved out of what is watched: for us it is deleted */
		on_delete(r, s, &x, folder);
		return;
	}
	if ((md->mask & FAN_RENAME) && x.to.there && !x.at.there) {
		x.at = x.to;
		on_create(r, s, &x, folder);
		return;
	}
	if (!x.at.there)
		return;
	if (md->mask & FAN_RENAME)
		on_rename(r, s, &x, folder);
	if (md->mask & FAN_CREATE)
		on_create(r, s, &x, folder);
	if (md->mask & FAN_DELETE)
		on_delete(r, s, &x, folder);
	if (s && p && s->standing && !s->released && r->c->act == WATCH_STOP && !s->deny_only)
		act_process(r, s, p->pid);
	if (s && s->standing && !s->released && r->c->act != WATCH_OBSERVE && s->one_client)
		(void)client_cut(s->key);
}

void responder_names(struct responder *r)
{
	static _Alignas(8) char room[32768];
	r->names_empty = r->m.names < 0;
	for (int rounds = 0; r->m.names >= 0 && rounds < 64; rounds++) {
		ssize_t n = read(r->m.names, room, sizeof room);
		if (n <= 0) {
			r->names_empty = true;
			return;
		}
		const bool last = n < (ssize_t)sizeof room - EVENT_MAX; /* the next one would have fitted */
		struct fanotify_event_metadata *md = (void *)room; /* not const: FAN_EVENT_NEXT takes it off, and clang warns */
		for (ssize_t left = n; FAN_EVENT_OK(md, left); md = FAN_EVENT_NEXT(md, left))
			if (md->vers == FANOTIFY_METADATA_VERSION)
				on_name(r, md);
		if (last) {
			r->names_empty = true;
			return;
		}
	}
}
