/* responder_files: which session has to do with which file, and what is kept of it.
 *
 * Two chains through one array: by inode, and by path (a name that is removed or replaced is told by its path). An entry is of one session and one inode: where two sessions change one file, each has its own pre-image. */
#include "responder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PAGE UINT64_C(4096)
#define QUANTUM_MAX (UINT64_C(64) << 10)
#define AHEAD (UINT64_C(4) << 20)

static uint32_t ino_bucket(dev_t dev, ino_t ino)
{
	return (uint32_t)((((uint64_t)ino + dev) * 0x9e3779b97f4a7c15u) >> 48) % FILE_BUCKETS;
}

static uint32_t path_bucket(const char *path)
{
	uint64_t h = 0xcbf29ce484222325;
	for (const char *p = path; *p; p++)
		h = (h ^ (uint8_t)*p) * 0x100000001b3;
	return (uint32_t)(h >> 40) % FILE_BUCKETS;
}

static uint32_t index_of(const struct responder *r, const struct file *f)
{
	return (uint32_t)(f - r->file) + 1;
}

static bool alive(const struct file *f)
{
	return f->s->number == f->session;
}

struct file *file_find(struct responder *r, struct session *s, dev_t dev, ino_t ino)
{
	for (uint32_t i = r->by_ino[ino_bucket(dev, ino)]; i; i = r->file[i - 1].next_ino) {
		struct file *f = &r->file[i - 1];
		if (f->ino == ino && f->dev == dev && f->s == s && alive(f) && !f->gone)
			return f;
	}
	return NULL;
}

struct file *file_once(struct responder *r, const struct session *s, dev_t dev, ino_t ino)
{
	struct file *any = NULL;
	for (uint32_t i = r->by_ino[ino_bucket(dev, ino)]; i; i = r->file[i - 1].next_ino) {
		struct file *f = &r->file[i - 1];
		if (f->ino != ino || f->dev != dev || !alive(f))
			continue;
		if (f->s == s)
			return f;
		any = f;
	}
	return any;
}

struct file *file_writer(struct responder *r, dev_t dev, ino_t ino)
{
	for (uint32_t i = r->by_ino[ino_bucket(dev, ino)]; i; i = r->file[i - 1].next_ino) {
		struct file *f = &r->file[i - 1];
		if (f->ino == ino && f->dev == dev && f->writable && !f->gone)
			return f;
	}
	return NULL;
}

struct file *file_by_path(struct responder *r, const char *path, const struct session *first)
{
	struct file *any = NULL;
	for (uint32_t i = r->by_path[path_bucket(path)]; i; i = r->file[i - 1].next_path) {
		struct file *f = &r->file[i - 1];
		if (f->gone || strcmp(f->path, path))
			continue;
		if (f->s == first)
			return f;
		if (!any || any->fd < 0)
			any = f;
	}
	return any;
}

static void link_path(struct responder *r, struct file *f)
{
	uint32_t *head = &r->by_path[path_bucket(f->path)];
	f->next_path = *head;
	*head = index_of(r, f);
}

static void unlink_path(struct responder *r, struct file *f)
{
	uint32_t *p = &r->by_path[path_bucket(f->path)];
	while (*p && *p != index_of(r, f))
		p = &r->file[*p - 1].next_path;
	if (*p)
		*p = f->next_path;
}

static void unlink_ino(struct responder *r, struct file *f)
{
	uint32_t *p = &r->by_ino[ino_bucket(f->dev, f->ino)];
	while (*p && *p != index_of(r, f))
		p = &r->file[*p - 1].next_ino;
	if (*p)
		*p = f->next_ino;
}

void file_drop(struct responder *r, struct file *f)
{
	unlink_path(r, f);
	unlink_ino(r, f);
	lease_end(r, f);
	if (f->ignored && f->fd >= 0 && !f->fresh)
		marks_ignore(&r->m, f->fd, false);
	if (f->fd >= 0)
		close(f->fd);
	struct user_seen *u = f->judging ? user_of(r, f->s->who.uid) : NULL;
	if (u)
		u->unjudged -= f->judging < u->unjudged ? f->judging : u->unjudged;
	if (alive(f) && f->judging)
		f->s->unjudged -= f->judging < f->s->unjudged ? f->judging : f->s->unjudged;
	free(f->path);
	free(f->place);
	*f = (struct file){.fd = -1};
}

static bool in_use(const struct responder *r, const struct file *f)
{
	for (size_t i = 0; i < r->waiting_top; i++)
		if (r->waiting[i].used && (r->waiting[i].file == index_of(r, f) || r->waiting[i].lease == index_of(r, f)))
			return true;
	return false;
}

/* A hand goes round: what nobody writes goes before what is being written. */
static struct file *free_one(struct responder *r)
{
	for (int hard = 0; hard < 2; hard++)
		for (uint32_t n = 0; n < FILES_MAX; n++) {
			struct file *f = &r->file[r->file_hand];
			r->file_hand = (r->file_hand + 1) % FILES_MAX;
			if (!f->used)
				return f;
			if (hard ? !in_use(r, f) : !f->writable && !f->judging && r->stamps - f->stamp > FILES_MAX / 2 && !in_use(r, f)) {
				file_drop(r, f);
				return f;
			}
		}
	return NULL;
}

static char *path_of(int fd)
{
	char link[64], path[WATCH_PATH_MAX];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof path - 1);
	return n > 0 ? strndup(path, (size_t)n) : strdup("");
}

static struct file *file_called(struct responder *r, struct session *s, const struct stat *st, int fd, char *path)
{
	struct file *f = path ? free_one(r) : NULL;
	if (!f) {
		free(path);
		return NULL;
	}
	*f = (struct file){.used = true, .stamp = ++r->stamps, .s = s, .session = s->number, .dev = st->st_dev, .ino = st->st_ino, .fd = fd, .path = path, .st = *st, .opened = st->st_mtim, .mono = time_monotonic()};
	uint32_t *head = &r->by_ino[ino_bucket(f->dev, f->ino)];
	f->next_ino = *head;
	*head = index_of(r, f);
	link_path(r, f);
	return f;
}

struct file *file_new(struct responder *r, struct session *s, const struct stat *st, int fd)
{
	return file_called(r, s, st, fd, path_of(fd));
}

/* A name costs a walk up the tree; of a file that is being made the queue of names has it. */
struct file *file_fresh(struct responder *r, struct session *s, const struct stat *st, int fd)
{
	struct file *f = file_called(r, s, st, -1, strdup(""));
	if (!f) {
		close(fd);
		return NULL;
	}
	f->fresh = f->ignored = f->dirty = true;
	r->unnamed[r->unnameds++] = (struct unnamed){index_of(r, f), f->stamp, fd};
	return f;
}

void file_pin_fresh(struct responder *r, struct file *f, int fd)
{
	struct session *s = f->s;
	if (f->fd >= 0 || !alive(f)) {
		close(fd);
		return;
	}
	struct touched *x = &s->fresh[s->fresh_next];
	struct file *old = x->file ? &r->file[x->file - 1] : NULL;
	if (old && old->used && old->stamp == x->stamp && old->fresh && old->fd >= 0) {
		close(old->fd);
		old->fd = -1;
	}
	f->fd = fd;
	*x = (struct touched){.file = index_of(r, f), .stamp = f->stamp};
	s->fresh_next = (s->fresh_next + 1) % FRESH_MAX;
}

void file_let_go(struct file *f)
{
	struct stat st;
	if (f->fd < 0 || fstat(f->fd, &st) < 0 || st.st_nlink)
		return;
	close(f->fd);
	f->fd = -1;
}

void file_named(struct responder *r, const struct session *s, ino_t ino, const char *path)
{
	for (size_t i = r->unnameds; i-- > 0;) {
		struct unnamed *u = &r->unnamed[i];
		struct file *f = &r->file[u->file - 1];
		if (f->used && f->stamp == u->stamp && f->ino == ino && f->s == s && !f->path[0]) {
			(void)file_renamed(r, f, path);
			if (u->fd >= 0)
				file_pin_fresh(r, f, u->fd);
			u->fd = -1;
			return;
		}
	}
}

char *file_name_now(const struct file *f)
{
	return f->path[0] || f->fd < 0 ? strdup(f->path) : path_of(f->fd);
}

void file_name_rest(struct responder *r)
{
	for (size_t i = 0; i < r->unnameds; i++) {
		struct unnamed *u = &r->unnamed[i];
		struct file *f = &r->file[u->file - 1];
		if (u->fd < 0)
			continue;
		if (!f->used || f->stamp != u->stamp) {
			close(u->fd);
			continue;
		}
		char *path = f->path[0] ? NULL : path_of(u->fd);
		if (path)
			(void)file_renamed(r, f, path);
		free(path);
		file_pin_fresh(r, f, u->fd);
	}
	r->unnameds = 0;
}

bool file_renamed(struct responder *r, struct file *f, const char *to)
{
	char *path = strdup(to);
	if (!path)
		return false;
	unlink_path(r, f);
	free(f->path);
	f->path = path;
	link_path(r, f);
	return true;
}

void file_folder_renamed(struct responder *r, const char *from, const char *to)
{
	size_t n = strlen(from);
	for (uint32_t i = 0; i < FILES_MAX; i++) {
		struct file *f = &r->file[i];
		char path[2 * WATCH_PATH_MAX];
		if (!f->used || strncmp(f->path, from, n) || f->path[n] != '/')
			continue;
		snprintf(path, sizeof path, "%s%s", to, f->path + n);
		(void)file_renamed(r, f, path);
	}
}

void file_forget_change(struct responder *r, struct file *f)
{
	for (size_t i = 0; i < r->waiting_top; i++) { /* what was to be copied for it */
		struct waiting *w = &r->waiting[i];
		if (w->used && w->fd < 0 && w->file == index_of(r, f) && w->stamp == f->stamp)
			w->from = w->to;
	}
	f->ahead = f->next_write = f->run = 0;
	if (f->ignored && f->fd >= 0)
		marks_ignore(&r->m, f->fd, false);
	f->ignored = f->wrote = f->dirty = f->whole = f->unkept = f->asked = false;
	f->number = f->saved = 0;
	f->places = 0;
}

/* ---- the pre-image ---- */

static struct slice attributes(int fd, struct buf *b)
{
	char names[4096], value[RECORD_EXTRA_MAX / 2];
	ssize_t n = flistxattr(fd, names, sizeof names);
	for (char *p = names; n > 0 && p < names + n; p += strlen(p) + 1) {
		ssize_t v = fgetxattr(fd, p, value, sizeof value);
		if (v < 0)
			continue;
		buf_add(b, p, strlen(p) + 1);
		buf_u32le(b, (uint32_t)v);
		buf_add(b, value, (size_t)v);
	}
	return buf_slice(b);
}

static int64_t nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * TIME_SEC + t->tv_nsec;
}

void file_store_failed(struct responder *r, const struct err *e)
{
	if (!r->store_full)
		say_alarm(r, "alarm", e->text, NULL);
	r->store_full = true;
}

int file_begin(struct responder *r, struct file *f, uint32_t flags)
{
	struct err e;
	AUTO_BUF struct buf extra = {0};
	if (f->number)
		return 0;
	buf_init(&extra, RECORD_EXTRA_MAX);
	struct record c = {
		.kind = RECORD_CHANGE, .flags = flags, .number = r->store.last_number + 1, .session = f->session, .mono = time_monotonic(), .wall = time_now(), .dev = f->dev, .ino = f->ino, .size = (uint64_t)f->st.st_size,
		.mode = f->st.st_mode, .uid = f->st.st_uid, .gid = f->st.st_gid, .links = (uint32_t)f->st.st_nlink, .mtime = nanoseconds(&f->st.st_mtim), .atime = nanoseconds(&f->st.st_atim), .extra = attributes(f->fd, &extra),
	};
	snprintf(c.path, sizeof c.path, "%s", f->path);
	int done = store_put(&r->store, &c, SLICE_NULL, NULL, &e);
	if (done < 0) {
		file_store_failed(r, &e);
		f->unkept = true;
		return done;
	}
	r->store_full = false;
	f->number = c.number;
	if (r->store.forgotten) {
		say_alarm(r, "forgotten", "pre-images of changes that were not judged clean had to make room: give more (--preimages)", NULL);
		r->store.forgotten = 0;
	}
	return 0;
}

/* Index of the first place that ends behind offset. */
static size_t place_at(const struct file *f, uint64_t offset)
{
	size_t low = 0, high = f->places;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (f->place[mid].offset + f->place[mid].length <= offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool place_add(struct file *f, size_t at, const struct place *p)
{
	if (f->places == f->room) {
		size_t room = f->room ? f->room * 2 : 4;
		struct place *more = realloc(f->place, room * sizeof *more);
		if (!more)
			return false;
		f->place = more;
		f->room = room;
	}
	memmove(&f->place[at + 1], &f->place[at], (f->places - at) * sizeof *f->place);
	f->place[at] = *p;
	f->places++;
	f->saved += p->length;
	return true;
}

void file_cannot(struct responder *r, struct file *f, const char *why)
{
	struct err e;
	const struct record x = {.kind = RECORD_UNKEPT, .number = f->number, .session = f->session, .mono = time_monotonic()};
	if (f->unkept)
		return;
	f->unkept = true;
	(void)!store_put(&r->store, &x, SLICE_NULL, NULL, &e);
	say_alarm(r, "unkept", why, f->path);
}

/* One run that is not kept yet, at most `step` and RECORD_DATA_MAX bytes. */
static bool keep_run(struct responder *r, struct file *f, uint64_t from, uint64_t n, size_t at)
{
	struct err e;
	struct place p;
	ssize_t got = pread(f->fd, r->store.step, n, (off_t)from);
	if (got <= 0) {
		if (got < 0)
			file_cannot(r, f, "a pre-image cannot be read");
		return got == 0; /* shorter than it was */
	}
	const struct record d = {.kind = RECORD_DATA, .number = f->number, .session = f->session, .offset = from, .length = (uint64_t)got};
	int done = store_put(&r->store, &d, slice_of(r->store.step, (size_t)got), &p, &e);
	if (done < 0 || !place_add(f, at, &p)) {
		if (done < 0)
			file_store_failed(r, &e);
		file_cannot(r, f, "no room for a pre-image");
		return false;
	}
	return true;
}

void file_is_whole(struct responder *r, struct file *f)
{
	f->whole = true;
	if (f->fd >= 0 && !f->ignored && f->wrote) { /* (kept at open, it is still to be seen whether it is written) */
		marks_ignore(&r->m, f->fd, true);
		f->ignored = true;
	}
}

/* Widened to pages or more, so that many small writes make few places: a 768th of the file, up to 64 KiB. */
static void widen(const struct file *f, uint64_t *from, uint64_t *to)
{
	uint64_t size = (uint64_t)f->st.st_size, q = size / 768 / PAGE * PAGE + PAGE;
	if (q > QUANTUM_MAX)
		q = QUANTUM_MAX;
	if (size <= WATCH_WHOLE_MAX) {
		*from = 0;
		*to = size;
		return;
	}
	*from = *from / q * q;
	*to = *to > size || *to > UINT64_MAX - q ? size : (*to + q - 1) / q * q;
	if (*to > size)
		*to = size;
}

bool file_keep(struct responder *r, struct file *f, uint64_t *from, uint64_t to, uint64_t step)
{
	uint64_t start = *from;
	if (start >= to || f->whole || f->unkept || f->fresh || f->fd < 0 || f->st.st_size == 0)
		return true;
	widen(f, &start, &to);
	if (*from < start || start < *from)
		*from = start;
	if (start >= to)
		return true;
	if (file_begin(r, f, 0) < 0)
		return true;
	uint64_t most = f->saved + (to - start) < (uint64_t)f->st.st_size ? f->saved + (to - start) : (uint64_t)f->st.st_size;
	if (most > r->store.max / 4 || f->places >= PLACES_MAX) {
		file_cannot(r, f, "too large for the room of pre-images (a quarter of --preimages): what the vault has of it will have to do");
		return true;
	}
	for (uint64_t done = 0; *from < to && done < step;) {
		size_t at = place_at(f, *from);
		const struct place *p = at < f->places ? &f->place[at] : NULL;
		if (p && p->offset <= *from) {
			*from = p->offset + p->length;
			continue;
		}
		uint64_t n = p && p->offset < to ? p->offset - *from : to - *from;
		if (n > RECORD_DATA_MAX)
			n = RECORD_DATA_MAX;
		size_t before = f->places;
		if (!keep_run(r, f, *from, n, at) || f->places == before)
			return true;
		*from += f->place[at].length;
		done += n;
	}
	if (f->saved >= (uint64_t)f->st.st_size)
		file_is_whole(r, f);
	return *from >= to;
}

/* Who writes a large file from one end to the other does not wait for each piece: what comes next is copied while he works on this one, four times as much as he wrote so far. When all of it is kept he is not waited for any more. */
void file_keep_ahead(struct responder *r, struct file *f, uint64_t from, uint64_t to)
{
	const uint64_t size = (uint64_t)f->st.st_size;
	if (from != f->next_write)
		f->run = 0;
	f->run += to > from ? to - from : 0;
	f->next_write = to;
	const uint64_t more = 4 * f->run > AHEAD ? 4 * f->run : AHEAD, end = more < size - (to < size ? to : size) ? to + more : size;
	const uint64_t start = f->ahead > to ? f->ahead : to;
	if (f->run == to - from || f->whole || f->unkept || f->fresh || end <= start || (end < size && end < start + AHEAD / 2) || r->waiting_count > WAITING_MAX / 2)
		return;
	struct waiting *w = waiting_new(r);
	if (!w)
		return;
	w->s = f->s;
	w->file = index_of(r, f);
	w->stamp = f->stamp;
	w->from = start;
	w->to = f->ahead = end;
}

void file_after(struct responder *r, struct file *f)
{
	struct stat st;
	struct err e;
	if (!f->number || f->fd < 0 || fstat(f->fd, &st) < 0)
		return;
	const struct record a = {.kind = RECORD_AFTER, .number = f->number, .session = f->session, .mono = time_monotonic(), .wall = time_now(), .size = (uint64_t)st.st_size, .mtime = nanoseconds(&st.st_mtim)};
	(void)!store_put(&r->store, &a, SLICE_NULL, NULL, &e);
}

/* ---- for the judge ---- */

static int descriptor(struct wire *w, int fd)
{
	for (size_t i = 0; i < w->fds; i++)
		if (w->fd[i] == fd)
			return (int)i;
	if (w->fds == WIRE_FDS || fd < 0)
		return -1;
	w->fd[w->fds] = fd;
	return (int)w->fds++;
}

bool file_layout(struct responder *r, struct file *f, bool before, struct wire *w)
{
	static struct layout_place places[WIRE_PLACES]; /* until the message is put together */
	struct layout *l = before ? &w->before : &w->after;
	struct stat st;
	*l = (struct layout){.size = (uint64_t)f->st.st_size, .base = -1};
	if (f->fd < 0 || fstat(f->fd, &st) < 0)
		return false;
	if (!before)
		l->size = (uint64_t)st.st_size;
	l->base = descriptor(w, f->fd);
	if (before && f->wrote && (f->unkept || f->places > WIRE_PLACES))
		return false;
	for (size_t i = 0; before && i < f->places; i++) {
		int fd = descriptor(w, store_fd(&r->store, f->place[i].segment));
		if (fd < 0)
			return false;
		places[i] = (struct layout_place){.offset = f->place[i].offset, .length = f->place[i].length, .at = f->place[i].at, .fd = fd};
	}
	l->place = places;
	l->places = before ? f->places : 0;
	l->known = l->base >= 0;
	return l->known;
}
