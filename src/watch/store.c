/* store: pre-images and what happened to files, in one log that is only ever appended to.
 *
 * STATE/log/NNNNNNNN, segments of at most segment_max bytes, numbered upwards. A segment is records one behind another:
 *   u32 "HFW1"  u32 length of meta  u64 length of data  u32 Adler-32 of meta, then of the first 12 bytes   meta (record.c)   data
 * Valid if and only if the magic, the lengths and the sum hold and all of it is there; what follows the first record that is not valid is not looked at (a crash's torn end), and a new run begins a new segment.
 *
 * One sequential write for each pre-image, and no file made for it: on ext4 making a file costs more than copying one of ordinary size. It is in the page cache when the write that it undoes goes on, so
 * whoever is killed loses nothing; the disk has it when a verdict is settled (store_sync).
 *
 * Bounded: when the segments are larger than max, one goes: the oldest in which every change was judged clean; without such a one the oldest that holds nothing of a session with a verdict (said:
 * forgotten); and where a verdict holds all of them nothing more is taken (ERR_FULL). */
#include "watch_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAGIC 0x31574648u
#define HEAD 20
#define SUM_STEP 5552 /* so many bytes of 255 do not run b over */
#define SOON_MAX (256u << 10)
#define META_LIKELY 512 /* with a path of ordinary length: a segment may be that much larger than it should */
#define META_MAX (RECORD_EXTRA_MAX + 3 * WATCH_PATH_MAX + 1024)

/* Adler-32 (RFC 1950, 8.2). */
static uint32_t sum(const uint8_t *p, size_t n, uint32_t seed)
{
	uint32_t a = seed & 0xffff, b = seed >> 16;
	while (n) {
		const size_t most = n < SUM_STEP ? n : SUM_STEP;
		for (size_t i = 0; i < most; i++) {
			a += p[i];
			b += a;
		}
		a %= 65521;
		b %= 65521;
		p += most;
		n -= most;
	}
	return b << 16 | a;
}

static void segment_name(uint32_t n, char out[16])
{
	snprintf(out, 16, "%08u", (unsigned)n);
}

int store_fd(struct store *s, uint32_t segment)
{
	for (size_t i = 0; i < s->count; i++) {
		struct segment *g = &s->seg[i];
		char name[16];
		if (g->number != segment)
			continue;
		segment_name(segment, name);
		if (g->fd < 0)
			g->fd = openat(s->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		return g->fd;
	}
	return -1;
}

/* ---- what is kept, by number ---- */

static struct kept *kept_at(struct store *s, uint64_t number)
{
	size_t mask = s->kept_size - 1;
	for (size_t i = (number * 0x9e3779b97f4a7c15u >> 20) & mask;; i = (i + 1) & mask)
		if (!s->kept[i].number || s->kept[i].number == number)
			return &s->kept[i];
}

static int kept_grow(struct store *s)
{
	struct store n = {.kept_size = s->kept_size ? s->kept_size * 2 : 4096};
	n.kept = calloc(n.kept_size, sizeof *n.kept);
	if (!n.kept)
		return ERR_MEMORY;
	for (size_t i = 0; i < s->kept_size; i++)
		if (s->kept[i].number)
			*kept_at(&n, s->kept[i].number) = s->kept[i];
	free(s->kept);
	s->kept = n.kept;
	s->kept_size = n.kept_size;
	return 0;
}

static int kept_add(struct store *s, const struct record *r, uint32_t segment)
{
	if (s->kept_used * 2 >= s->kept_size && kept_grow(s) < 0)
		return ERR_MEMORY;
	struct kept *k = kept_at(s, r->number);
	s->kept_used += !k->number;
	*k = (struct kept){.number = r->number, .session = r->session, .segment = segment};
	return 0;
}

/* Those of a segment that went: the table is made anew, which is as rare as a segment is large. */
static void kept_drop(struct store *s, uint32_t segment)
{
	struct kept *old = s->kept;
	size_t size = s->kept_size;
	struct kept *fresh = calloc(size, sizeof *fresh);
	if (!fresh) {
		for (size_t i = 0; i < size; i++) /* they stay as clean ones of no segment */
			if (old[i].segment == segment)
				old[i].clean = true;
		return;
	}
	s->kept = fresh;
	s->kept_used = 0;
	for (size_t i = 0; i < size; i++)
		if (old[i].number && old[i].segment != segment) {
			*kept_at(s, old[i].number) = old[i];
			s->kept_used++;
		}
	free(old);
}

static struct segment *segment_of(struct store *s, uint32_t number)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->seg[i].number == number)
			return &s->seg[i];
	return NULL;
}

static void clean_in_memory(struct store *s, uint64_t number)
{
	if (!s->kept_size)
		return;
	struct kept *k = kept_at(s, number);
	struct segment *g = k->number && !k->clean ? segment_of(s, k->segment) : NULL;
	if (g && g->live)
		g->live--;
	if (k->number)
		k->clean = true;
}

static void session_in(struct segment *g, uint64_t session)
{
	if (!session || g->session_count == SEGMENT_SESSIONS)
		return;
	for (size_t i = g->session_count; i-- > 0;)
		if (g->sessions[i] == session)
			return;
	g->sessions[g->session_count++] = session;
}

/* Released or put back: what was kept for it may go like the rest. */
static bool settled(const struct store *s, const char *id)
{
	char path[2 * WATCH_ID_MAX];
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%.31s", i ? "restored" : "released", id);
		if (faccessat(s->state, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
	}
	return false;
}

static int take_note(struct store *s, struct segment *g, const struct record *r)
{
	session_in(g, r->session);
	if (r->session > s->last_session)
		s->last_session = r->session;
	if (r->number > s->last_number)
		s->last_number = r->number;
	if (r->kind == RECORD_CHANGE) {
		g->live++;
		return kept_add(s, r, g->number);
	}
	if (r->kind == RECORD_CLEAN)
		clean_in_memory(s, r->number);
	else if (r->kind == RECORD_VERDICT && !(r->flags & RECORD_LOOK) && !settled(s, r->text))
		store_hold(s, r->session);
	return 0;
}

/* ---- reading ---- */

/* The record at `at`. 1: there is one (*next); 0: the end, or what a crash left. */
static int read_one(int fd, uint64_t at, uint8_t *meta, struct record *ret, uint64_t *data, uint64_t *length)
{
	uint8_t head[HEAD];
	struct stat st;
	if (pread(fd, head, HEAD, (off_t)at) != HEAD)
		return 0;
	struct cur c = cur_of(slice_of(head, HEAD));
	uint32_t magic = cur_u32le(&c), n = cur_u32le(&c);
	uint64_t bytes = cur_u64le(&c);
	uint32_t want = cur_u32le(&c);
	if (magic != MAGIC || n > META_MAX || bytes > RECORD_DATA_MAX || pread(fd, meta, n, (off_t)(at + HEAD)) != (ssize_t)n || sum(head, 12, sum(meta, n, 1)) != want)
		return 0;
	if (fstat(fd, &st) < 0 || (uint64_t)st.st_size < at + HEAD + n + bytes || record_decode(slice_of(meta, n), ret) < 0)
		return 0;
	*data = at + HEAD + n;
	*length = bytes;
	return 1;
}

static int each_in(struct store *s, struct segment *g, store_fn *fn, void *arg, struct err *e)
{
	struct record *r = calloc(1, sizeof *r);
	uint8_t *meta = malloc(META_MAX);
	int fd = store_fd(s, g->number), stop = 0;
	if (!r || !meta)
		stop = err_set(e, ERR_MEMORY, NULL, "no memory");
	uint64_t data, length;
	for (uint64_t at = 0; !stop && fd >= 0 && read_one(fd, at, meta, r, &data, &length) == 1; at = data + length) {
		const struct place p = {.offset = r->offset, .length = length, .segment = g->number, .at = data};
		stop = fn(arg, r, &p);
	}
	free(meta);
	free(r);
	return stop;
}

int store_each(struct store *s, store_fn *fn, void *arg, struct err *e)
{
	int stop = 0;
	for (size_t i = 0; i < s->count && !stop; i++)
		stop = each_in(s, &s->seg[i], fn, arg, e);
	return stop;
}

int64_t store_read(struct store *s, const struct place *p, uint64_t from, void *out, size_t n)
{
	int fd = store_fd(s, p->segment);
	if (fd < 0)
		return -1;
	if (from >= p->length)
		return 0;
	if (n > p->length - from)
		n = (size_t)(p->length - from);
	return pread(fd, out, n, (off_t)(p->at + from));
}

static bool held(const struct store *s, const struct segment *g)
{
	for (size_t i = 0; i < s->held_count; i++)
		for (size_t k = 0; k < g->session_count; k++)
			if (g->sessions[k] == s->held[i])
				return true;
	return s->held_count && g->session_count == SEGMENT_SESSIONS;
}

/* The segment that can be missed most; SIZE_MAX: none. Not the one that is written. */
static size_t least_needed(const struct store *s)
{
	for (size_t i = 0; i + 1 < s->count; i++)
		if (!s->seg[i].live && !held(s, &s->seg[i]))
			return i;
	for (size_t i = 0; i + 1 < s->count; i++)
		if (!held(s, &s->seg[i]))
			return i;
	return SIZE_MAX;
}

static int make_room(struct store *s, uint64_t n, size_t segments, struct err *e)
{
	while (s->used + n > s->max || s->count + segments > SEGMENTS_MAX) {
		size_t which = least_needed(s);
		if (which == SIZE_MAX)
			return err_set(e, ERR_FULL, "log", "full of what a verdict needs: restore it or give more room (--preimages)");
		struct segment g = s->seg[which];
		char name[16];
		segment_name(g.number, name);
		if (unlinkat(s->dir, name, 0) < 0 && errno != ENOENT)
			return err_sys(e, "log", "an old segment cannot be removed");
		if (g.fd >= 0)
			close(g.fd);
		s->used -= g.size;
		s->forgotten += g.live;
		memmove(&s->seg[which], &s->seg[which + 1], (s->count - which - 1) * sizeof s->seg[0]);
		s->count--;
		kept_drop(s, g.number);
	}
	return 0;
}

/* ---- opening ---- */

static int by_number(const void *a, const void *b)
{
	uint32_t x = ((const struct segment *)a)->number, y = ((const struct segment *)b)->number;
	return x < y ? -1 : x > y;
}

static int list_segments(struct store *s, struct err *e)
{
	AUTO_CLOSE int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d)
		return err_sys(e, "log", "cannot be listed");
	fd = -1; /* NOLINT(clang-analyzer-deadcode.DeadStores): it is d's now; the cleanup looks */
	for (struct dirent *en; (en = readdir(d)) && s->count < SEGMENTS_MAX;) {
		uint64_t n;
		struct stat st;
		if (s->max && fstatat(s->dir, en->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_size == 0) {
			(void)!unlinkat(s->dir, en->d_name, 0); /* a run in which nothing happened */
			continue;
		}
		if (strlen(en->d_name) != 8 || num_u64(slice_str(en->d_name), 1, UINT32_MAX, &n) < 0 || fstatat(s->dir, en->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		s->seg[s->count++] = (struct segment){.number = (uint32_t)n, .fd = -1, .size = (uint64_t)st.st_size};
		s->used += (uint64_t)st.st_size;
	}
	closedir(d);
	qsort(s->seg, s->count, sizeof s->seg[0], by_number);
	return 0;
}

struct noting {
	struct store *s;
	struct segment *g;
};

static int note_one(void *arg, const struct record *r, const struct place *data)
{
	struct noting *n = arg;
	(void)data;
	return take_note(n->s, n->g, r);
}

static int new_segment(struct store *s, struct err *e)
{
	char name[16];
	uint32_t number = s->count ? s->seg[s->count - 1].number + 1 : 1;
	if (s->count == SEGMENTS_MAX)
		return err_set(e, ERR_FULL, "log", "too many segments");
	segment_name(number, name);
	int fd = openat(s->dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(e, "log", "no new segment");
	s->seg[s->count++] = (struct segment){.number = number, .fd = fd};
	return 0;
}

int store_open(struct store *s, int state, uint64_t max, struct err *e)
{
	*s = (struct store){.dir = -1, .max = max, .state = state};
	buf_init(&s->out, SOON_MAX + 2 * (META_MAX + HEAD));
	s->segment_max = max / 32 < (UINT64_C(1) << 20) ? UINT64_C(1) << 20 : max / 32;
	if (max && mkdirat(state, "log", 0700) < 0 && errno != EEXIST)
		return err_sys(e, "log", "cannot be made");
	s->dir = openat(state, "log", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (s->dir < 0)
		return errno == ENOENT ? err_set(e, ERR_NOT_FOUND, "log", "nothing was ever watched with this folder") : err_sys(e, "log", "cannot be opened");
	s->step = malloc(RECORD_DATA_MAX);
	int r = s->step && kept_grow(s) == 0 ? list_segments(s, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; max && i < s->count && r == 0; i++) {
		struct noting n = {s, &s->seg[i]};
		r = each_in(s, &s->seg[i], note_one, &n, e);
	}
	if (r == 0 && max)
		r = make_room(s, 0, 2, e);
	if (r == 0 && max)
		r = new_segment(s, e);
	if (r < 0)
		store_close(s);
	return r;
}

void store_close(struct store *s)
{
	struct err ignored;
	if (s->max && s->count && s->seg[s->count - 1].fd >= 0)
		(void)!store_flush(s, &ignored);
	for (size_t i = 0; i < s->count; i++)
		if (s->seg[i].fd >= 0)
			close(s->seg[i].fd);
	if (s->dir >= 0)
		close(s->dir);
	free(s->kept);
	free(s->step);
	buf_done(&s->out);
	*s = (struct store){.dir = -1};
}

/* ---- writing ---- */

/* Head and meta behind what is in s->out; the data is written from where it lies. Returns the length of meta, 0: too large. */
static size_t put_together(struct store *s, const struct record *r, size_t data)
{
	struct buf *b = &s->out;
	const size_t at = b->n;
	buf_u32le(b, MAGIC);
	buf_u32le(b, 0);
	buf_u64le(b, data);
	buf_u32le(b, 0);
	record_encode(r, b);
	size_t n = b->n - at - HEAD;
	if (!buf_ok(b) || n > META_MAX)
		return 0;
	uint32_t le = htole32((uint32_t)n);
	memcpy(b->p + at + 4, &le, 4);
	le = htole32(sum(b->p + at, 12, sum(b->p + at + HEAD, n, 1)));
	memcpy(b->p + at + 16, &le, 4);
	return n;
}

static void out_is_empty(struct store *s)
{
	buf_reset(&s->out);
	s->soon = 0;
}

/* What was put together, and the data of the last one. All of it in one call as a rule; what that leaves out follows. */
static int write_out(struct store *s, struct slice data, struct err *e)
{
	struct segment *g = &s->seg[s->count - 1];
	struct iovec v[2] = {{s->out.p, s->out.n}, {(void *)(uintptr_t)data.p, data.n}};
	const size_t all = s->out.n + data.n;
	ssize_t got = pwritev(g->fd, v, data.n ? 2 : 1, (off_t)g->size);
	size_t done = got > 0 ? (size_t)got : 0;
	int r = 0;
	if (done < s->out.n)
		r = file_pwrite_all(g->fd, slice_of(s->out.p + done, s->out.n - done), g->size + done, e, "log");
	size_t of_data = done > s->out.n ? done - s->out.n : 0;
	if (r == 0 && of_data < data.n)
		r = file_pwrite_all(g->fd, slice_of(data.p + of_data, data.n - of_data), g->size + s->out.n + of_data, e, "log");
	if (r == 0) {
		g->size += all;
		s->used += all;
	}
	out_is_empty(s); /* (where it failed: what waited in front of it says that files were made, and can be missed) */
	return r;
}

int store_flush(struct store *s, struct err *e)
{
	return s->soon ? write_out(s, SLICE_NULL, e) : 0;
}

/* Room for n bytes more: in the last segment, or in a new one; then what was put earlier goes to the old one first. */
static int room_for(struct store *s, size_t n, struct err *e)
{
	const struct segment *g = &s->seg[s->count - 1];
	bool full = g->size && g->size + s->out.n + n > s->segment_max;
	int done = make_room(s, s->out.n + n, full, e);
	if (done == 0 && full)
		done = store_flush(s, e);
	return done == 0 && full ? new_segment(s, e) : done;
}

static int put(struct store *s, const struct record *r, struct slice data, bool soon, struct place *ret, struct err *e)
{
	assert(data.n <= RECORD_DATA_MAX && r->kind);
	int done = room_for(s, HEAD + META_LIKELY + r->extra.n + data.n, e);
	const size_t before = s->out.n, n = done == 0 ? put_together(s, r, data.n) : 0;
	if (done == 0 && !n) {
		s->out.n = before;
		done = err_set(e, ERR_LIMIT, "log", "a record is too large");
	}
	if (done < 0)
		return done;
	struct segment *g = &s->seg[s->count - 1];
	const uint64_t at = g->size + s->out.n;
	if (soon)
		s->soon = s->out.n;
	else
		done = write_out(s, data, e);
	if (done < 0)
		return done;
	if (ret)
		*ret = (struct place){.offset = r->offset, .length = data.n, .segment = g->number, .at = at};
	return take_note(s, g, r);
}

int store_put(struct store *s, const struct record *r, struct slice data, struct place *ret, struct err *e)
{
	return put(s, r, data, false, ret, e);
}

int store_put_soon(struct store *s, const struct record *r, struct err *e)
{
	int done = s->soon > SOON_MAX ? store_flush(s, e) : 0; /* (what fits besides, the largest does) */
	return done < 0 ? done : put(s, r, SLICE_NULL, true, NULL, e);
}

void store_clean(struct store *s, uint64_t number)
{
	const struct record r = {.kind = RECORD_CLEAN, .number = number};
	struct err e;
	(void)!store_put(s, &r, SLICE_NULL, NULL, &e); /* not noted: it is kept longer */
}

void store_hold(struct store *s, uint64_t session)
{
	for (size_t i = 0; i < s->held_count; i++)
		if (s->held[i] == session)
			return;
	if (s->held_count < ARRAY_LEN(s->held))
		s->held[s->held_count++] = session;
}

int store_sync(struct store *s)
{
	return syncfs(s->dir);
}
