/* A window of a restore: some ten thousand files, their places sorted by pack, read once each in that order by a few threads.
 *
 * What makes a byte good: its pack is the one that the ledger names (SHA-256 of the file, once for each pack, before anything of it is used), and age opened it. A pack that is not may still hold
 * whole files, and anybody can seal to a public recipient: of such a pack a file is believed only when its digest, keyed and named by the catalogue, fits what was written. */
#include "restore_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define PIECE ((size_t)256 << 10)
#define RUN ((uint64_t)4 << 20) /* plain bytes that a thread takes at a time */

struct run {
	size_t from, to;
};
struct window {
	struct restore *r;
	struct restore_task *tasks;
	size_t task_n;
	struct run *runs;
	size_t run_n;
	uint64_t *packs; /* to be verified: places in the log */
	size_t pack_n, threads;
	atomic_size_t next;
};
struct worker { /* what one thread has of its own */
	struct window *w;
	struct restore *r;
	struct vault_packs *packs;
	struct tree_at at;
	struct buf scratch;
	uint8_t *piece, *other;
	struct err failed; /* it could not begin */
};

bool restore_stops(const struct err *e)
{
	return e->code == ERR_FULL || e->code == ERR_MEMORY || e->sys_errno == EROFS || e->sys_errno == EMFILE || e->sys_errno == ENFILE;
}

static void stop(struct restore *r, const struct err *e)
{
	pthread_mutex_lock(&r->lock);
	if (!r->stopped)
		r->stop = *e;
	r->stopped = true;
	pthread_mutex_unlock(&r->lock);
}

/* ---- are the packs what the ledger says? ---- */

/* Of one pack or two. */
static void verify(struct restore *r, struct vault_hasher *h, const uint64_t *places, size_t n)
{
	const struct vault_known_pack *all;
	struct vault_hash file[2];
	uint64_t of[2];
	size_t have = 0;
	(void)vault_log_packs(r->v->log, &all);
	for (size_t i = 0; i < n; i++) {
		const struct vault_known_pack *p = &all[places[i]];
		char name[48];
		struct stat st;
		vault_pack_name(p->class, p->number, name);
		int fd = openat(r->v->vaultfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		r->pack_state[places[i]] = 2;
		if (fd >= 0 && fstat(fd, &st) == 0 && (uint64_t)st.st_size == p->size) {
			of[have] = places[i];
			file[have++] = (struct vault_hash){.fd = fd, .size = p->size};
		} else if (fd >= 0) {
			close(fd);
		}
	}
	if (have)
		vault_hash_packs(h, file, have);
	for (size_t i = 0; i < have; i++) {
		r->pack_state[of[i]] = file[i].read && !memcmp(file[i].sum, all[of[i]].sha256, SEAL_HASH) ? 1 : 2;
		close(file[i].fd);
	}
}

static void verify_packs(struct worker *k)
{
	struct vault_hasher *h = vault_hasher_new();
	size_t at_once = k->w->pack_n > k->w->threads ? 2 : 1;
	struct err e;
	if (!h) {
		err_set(&e, ERR_MEMORY, NULL, "no memory");
		stop(k->r, &e);
		return;
	}
	for (size_t i; (i = atomic_fetch_add(&k->w->next, at_once)) < k->w->pack_n && !k->r->stopped;)
		verify(k->r, h, k->w->packs + i, k->w->pack_n - i < at_once ? k->w->pack_n - i : at_once);
	vault_hasher_free(h);
}

static bool place_of(const struct restore *r, uint64_t number, uint64_t *ret)
{
	const struct vault_known_pack *all, *p = vault_log_pack(r->v->log, VAULT_CONTENT, number);
	(void)vault_log_packs(r->v->log, &all);
	if (p)
		*ret = (uint64_t)(p - all);
	return p;
}

bool restore_pack_fits(struct restore *r, int class, uint64_t number)
{
	const struct vault_known_pack *all, *p = vault_log_pack(r->v->log, class, number);
	(void)vault_log_packs(r->v->log, &all);
	if (p && r->pack_state[p - all] == 0) {
		struct vault_hasher *h = vault_hasher_new();
		uint64_t place = (uint64_t)(p - all);
		if (h)
			verify(r, h, &place, 1);
		vault_hasher_free(h);
	}
	return p && r->pack_state[p - all] == 1;
}

/* ---- one file ---- */

static void fail_file(struct restore_file *f, const struct err *e)
{
	char line[640];
	if (!atomic_exchange(&f->failed, true))
		f->why = strdup(err_line(e, line, sizeof line)); /* without memory it is told without its reason */
}

static int line_of(struct worker *k, const struct restore_file *f, struct vault_line *ret, struct err *e)
{
	return vault_line_parse(f->raw, &k->scratch, ret, e);
}

/* What stands under its name already? Decides f->skip and f->way. */
static int look_at_target(struct worker *k, struct restore_file *f, const struct vault_line *l, int dirfd, const char *name, struct err *e)
{
	struct stat st;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(e, NULL, "what stands in its place cannot be looked at");
	if (S_ISDIR(st.st_mode))
		return err_set(e, ERR_EXISTS, NULL, "a folder stands in its place");
	int cmp = meta_mtime_cmp(&st, l);
	if (cmp > 0 && !k->r->o->overwrite) {
		f->skip = true;
		pthread_mutex_lock(&k->r->lock);
		k->r->done.kept_newer++;
		pthread_mutex_unlock(&k->r->lock);
		return 0;
	}
	if (!f->force && cmp == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == f->size && st.st_nlink == (l->nlink ? l->nlink : 1))
		f->way = WAY_COMPARE;
	return 0;
}

static int open_file(struct worker *k, struct restore_file *f, uint64_t first, struct err *e)
{
	char name[256];
	int dirfd;
	struct vault_line l;
	int r = tree_parent(&k->at, f->path, &dirfd, name, e);
	if (r == 0 && f->raw.p) { /* of a file whose line comes later this is asked at its end */
		r = line_of(k, f, &l, e);
		if (r == 0)
			r = look_at_target(k, f, &l, dirfd, name, e);
	}
	if (r < 0 || f->skip)
		return r;
	if (f->way == WAY_COMPARE) {
		f->fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (f->fd >= 0)
			return 0;
		f->way = WAY_WRITE;
	}
	tree_temp(f->temp);
	f->fd = openat(dirfd, f->temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (f->fd < 0)
		return err_sys(e, NULL, "cannot be written");
	if (f->raw.p && (f->tasks > 1 || first != f->size) && ftruncate(f->fd, (off_t)f->size) < 0)
		return err_sys(e, NULL, "cannot be made as long as it was");
	f->sized = f->raw.p;
	return 0;
}

/* The last place is written. */
static int complete_file(struct worker *k, struct restore_file *f, struct err *e)
{
	char name[256];
	int dirfd;
	struct vault_line l;
	struct meta_result m = {0};
	int r = tree_parent(&k->at, f->path, &dirfd, name, e);
	if (r == 0)
		r = line_of(k, f, &l, e);
	if (r == 0 && f->way == WAY_WRITE && !f->sized && ftruncate(f->fd, (off_t)f->size) < 0)
		r = err_sys(e, NULL, "cannot be made as long as it was");
	if (r == 0 && (f->suspicious || k->r->prove))
		r = restore_digest(f->origin, f->fd, &l, &f->holes, e);
	if (r == 0 && f->way == WAY_WRITE && f->tasks > 1) { /* again: time has passed */
		f->force = true;
		r = look_at_target(k, f, &l, dirfd, name, e);
		if (r == 0 && f->skip) {
			unlinkat(dirfd, f->temp, 0);
			return 0;
		}
	}
	struct err why = {0};
	int attr = r == 0 ? meta_apply(f->fd, &l, &m, &why) : 0;
	uint32_t was;
	if (r == 0 && f->way == WAY_WRITE && renameat(dirfd, f->temp, dirfd, name) < 0 && (errno != EPERM || !meta_unlock(dirfd, name, &was) || renameat(dirfd, f->temp, dirfd, name) < 0))
		r = err_sys(e, NULL, "cannot be given its name");
	if (r == 0)
		meta_flags(f->fd, &l, &m);
	if (r == 0 && attr < 0) {
		if (e)
			*e = why;
		r = attr;
	}
	pthread_mutex_lock(&k->r->lock);
	k->r->inexact_owner += m.owner;
	k->r->inexact_attributes += m.attributes;
	if (r == 0) {
		if (f->suspicious || k->r->prove)
			k->r->proven++;
		if (f->way == WAY_COMPARE)
			k->r->done.already_there++;
		else
			k->r->done.files++, k->r->done.bytes += f->size;
	}
	pthread_mutex_unlock(&k->r->lock);
	return r;
}

static void close_file(struct restore_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	f->opened = false;
}

static void finish_file(struct worker *k, struct restore_file *f)
{
	struct err e = {0};
	char name[256];
	int dirfd;
	if (f->way == WAY_COMPARE && f->differs && !f->failed) { /* comes again, to be written */
		close_file(f);
		return;
	}
	if (!f->skip && !f->failed && complete_file(k, f, &e) < 0) {
		if (restore_stops(&e))
			stop(k->r, &e);
		fail_file(f, &e);
	}
	if (f->failed) {
		if (f->temp[0] && tree_parent(&k->at, f->path, &dirfd, name, &e) == 0)
			unlinkat(dirfd, f->temp, 0);
		if (!k->r->stopped)
			restore_missing(k->r, f->path, f->why ? f->why : "");
	}
	free(f->why);
	f->why = NULL;
	buf_done(&f->holes);
	close_file(f);
	pthread_mutex_lock(&k->r->lock);
	k->r->files_done++;
	pthread_mutex_unlock(&k->r->lock);
}

/* ---- one place ---- */

/* In a file that is there: is [at, at + n) all zeros? Asks the file system for its holes first. */
static bool zeros_there(struct worker *k, int fd, uint64_t at, uint64_t n)
{
	uint64_t end = at + n;
	while (at < end) {
		off_t data = lseek(fd, (off_t)at, SEEK_DATA);
		if (data < 0)
			return errno == ENXIO;
		if ((uint64_t)data >= end)
			return true;
		at = (uint64_t)data;
		size_t take = end - at < PIECE ? (size_t)(end - at) : PIECE;
		ssize_t got = pread(fd, k->other, take, (off_t)at);
		if (got <= 0)
			return false;
		for (ssize_t i = 0; i < got; i++)
			if (k->other[i])
				return false;
		at += (uint64_t)got;
	}
	return true;
}

static int write_place(struct worker *k, const struct restore_task *t, struct err *e)
{
	struct restore_file *f = t->file;
	for (uint64_t done = 0; done < t->length && !f->failed && !(f->way == WAY_COMPARE && f->differs);) {
		size_t n = t->length - done < PIECE ? (size_t)(t->length - done) : PIECE;
		struct vault_extent x = {.pack = t->pack, .offset = t->offset + done, .length = n};
		int r = vault_packs_read(k->packs, VAULT_CONTENT, &x, k->piece, e);
		if (r < 0)
			return r;
		if (f->way == WAY_COMPARE) {
			if (pread(f->fd, k->other, n, (off_t)(t->at + done)) != (ssize_t)n || memcmp(k->piece, k->other, n))
				f->differs = true;
		} else if ((r = file_pwrite_all(f->fd, slice_of(k->piece, n), t->at + done, e, NULL)) < 0) {
			return r;
		}
		done += n;
	}
	return 0;
}

static int begin_file(struct worker *k, struct restore_file *f, uint64_t first, struct err *e)
{
	bool alone = f->complete && f->tasks == 1;
	int r = 0;
	if (!alone)
		pthread_mutex_lock(&k->r->opening);
	if (!f->opened && !f->failed && !f->skip) {
		f->opened = true;
		r = open_file(k, f, first, e);
	}
	if (!alone)
		pthread_mutex_unlock(&k->r->opening);
	return r;
}

static void do_task(struct worker *k, const struct restore_task *t)
{
	struct restore_file *f = t->file;
	struct err e = {0};
	int r = f->failed || f->skip ? 0 : begin_file(k, f, t->pack ? t->length : 0, &e); /* a hole alone writes nothing: its length is set */
	if (r == 0 && !f->failed && !f->skip) {
		if (t->pack)
			r = write_place(k, t, &e);
		else if (f->way == WAY_COMPARE && t->length && !zeros_there(k, f->fd, t->at, t->length))
			f->differs = true;
	}
	if (r < 0) {
		if (restore_stops(&e))
			stop(k->r, &e);
		fail_file(f, &e);
	}
	pthread_mutex_lock(&k->r->lock);
	k->r->bytes_done += t->length;
	k->r->data_done += t->pack ? t->length : 0;
	pthread_mutex_unlock(&k->r->lock);
	if (atomic_fetch_add(&f->done, 1) + 1 == f->tasks && f->complete)
		finish_file(k, f);
}

static void do_runs(struct worker *k)
{
	for (size_t i; (i = atomic_fetch_add(&k->w->next, 1)) < k->w->run_n && !k->r->stopped;) {
		for (size_t j = k->w->runs[i].from; j < k->w->runs[i].to && !k->r->stopped; j++)
			do_task(k, &k->w->tasks[j]);
		restore_tell(k->r, "restoring");
	}
}

/* ---- threads ---- */

static int worker_begin(struct worker *k, struct err *e)
{
	tree_at_init(&k->at, k->r->destfd);
	buf_init(&k->scratch, 2 * VAULT_LINE_MAX);
	k->piece = malloc(PIECE);
	k->other = malloc(PIECE);
	if (!k->piece || !k->other)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a restore");
	return vault_packs_new(k->r->v->sitefd, k->r->v->log, &k->r->v->recovery, &k->packs, e);
}

static void worker_end(struct worker *k)
{
	vault_packs_free(k->packs);
	tree_at_done(&k->at);
	buf_done(&k->scratch);
	free(k->piece);
	free(k->other);
}

static void *work(void *arg)
{
	struct worker *k = arg;
	struct err e = {0};
	if (worker_begin(k, &e) < 0)
		stop(k->r, &e);
	else if (k->w->pack_n)
		verify_packs(k);
	else
		do_runs(k);
	worker_end(k);
	return NULL;
}

/* Threads inherit what the command set for itself: niceness, and the mask that leaves signals to the first one. */
static void run_all(struct window *w, size_t jobs)
{
	struct worker k[64] = {0};
	pthread_t t[64];
	size_t n = w->r->threads < jobs ? w->r->threads : jobs, began = 0;
	atomic_store(&w->next, 0);
	w->threads = n;
	for (size_t i = 0; i < n; i++)
		k[i] = (struct worker){.w = w, .r = w->r};
	while (began + 1 < n && pthread_create(&t[began], NULL, work, &k[began]) == 0)
		began++;
	if (n)
		work(&k[n - 1]); /* this thread is one of them */
	for (size_t i = 0; i < began; i++)
		pthread_join(t[i], NULL);
}

/* ---- a window ---- */

static int by_pack(const void *a, const void *b)
{
	const struct restore_task *x = a, *y = b;
	if (x->pack != y->pack)
		return x->pack < y->pack ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset ? 1 : 0;
}

static void cut_runs(struct window *w)
{
	uint64_t bytes = 0;
	w->run_n = 0;
	for (size_t i = 0; i < w->task_n; i++) {
		bool fresh = w->run_n == 0 || w->tasks[i].pack != w->tasks[i - 1].pack || bytes >= RUN || (!w->tasks[i].pack && i - w->runs[w->run_n - 1].from >= 256);
		if (fresh) {
			w->runs[w->run_n++] = (struct run){.from = i};
			bytes = 0;
		}
		bytes += w->tasks[i].length + 4096; /* a file costs by itself */
		w->runs[w->run_n - 1].to = i + 1;
	}
}

/* A little of a pack, for one path: the digests of its files prove it, and the rest of the pack need not be read. */
static bool by_digest(const struct window *w, size_t from, size_t to, uint64_t place)
{
	const struct vault_known_pack *all;
	uint64_t bytes = 0;
	bool can = w->r->o->path.n > 1;
	(void)vault_log_packs(w->r->v->log, &all);
	for (size_t i = from; can && i < to; i++) {
		bytes += w->tasks[i].file->size; /* the whole file is read again */
		can = w->tasks[i].file->origin->verifies && bytes < all[place].size / 4;
	}
	return can;
}

static void find_packs(struct window *w)
{
	uint64_t place;
	w->pack_n = 0;
	for (size_t i = 0, to; i < w->task_n; i = to) {
		for (to = i + 1; to < w->task_n && w->tasks[to].pack == w->tasks[i].pack; to++)
			;
		if (w->tasks[i].pack && place_of(w->r, w->tasks[i].pack, &place) && w->r->pack_state[place] == 0 && !by_digest(w, i, to, place))
			w->packs[w->pack_n++] = place;
	}
}

static void suspect(struct window *w)
{
	uint64_t place;
	for (size_t i = 0; i < w->task_n; i++)
		if (w->tasks[i].pack && (!place_of(w->r, w->tasks[i].pack, &place) || w->r->pack_state[place] != 1))
			w->tasks[i].file->suspicious = true;
}

/* Files that were compared and are other: the same places again, to be written. */
static void again(struct window *w)
{
	size_t n = 0;
	for (size_t i = 0; i < w->task_n; i++) {
		struct restore_file *f = w->tasks[i].file;
		if (f->way == WAY_COMPARE && f->differs && !f->failed && !f->skip && f->complete)
			w->tasks[n++] = w->tasks[i];
	}
	w->task_n = n;
	for (size_t i = 0; i < n; i++) {
		struct restore_file *f = w->tasks[i].file;
		f->force = true;
		f->done = 0;
	}
	for (size_t i = 0; i < n; i++) {
		w->tasks[i].file->way = WAY_WRITE;
		w->tasks[i].file->differs = false;
	}
}

static int run_window(struct restore *r, struct err *e)
{
	struct window w = {.r = r, .tasks = r->tasks, .task_n = r->task_n};
	w.runs = calloc(r->task_n, sizeof *w.runs);
	w.packs = calloc(r->task_n, sizeof *w.packs);
	int code = w.runs && w.packs ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for a restore");
	if (code == 0) {
		qsort(w.tasks, w.task_n, sizeof *w.tasks, by_pack);
		find_packs(&w);
		if (w.pack_n)
			run_all(&w, w.pack_n);
		w.pack_n = 0;
		suspect(&w);
		while (w.task_n && !r->stopped) {
			cut_runs(&w);
			run_all(&w, w.run_n);
			again(&w);
		}
	}
	free(w.runs);
	free(w.packs);
	if (code == 0 && r->stopped) {
		if (e)
			*e = r->stop;
		code = r->stop.code;
	}
	return code;
}

int restore_flush(struct restore *r, struct err *e)
{
	int code = r->task_n ? run_window(r, e) : 0;
	if (code < 0) /* what was begun does not stay */
		for (size_t i = 0; i < r->file_n; i++) {
			struct restore_file *f = r->files[i];
			char name[256];
			int dirfd;
			if (f->fd >= 0 && f->way == WAY_WRITE && f->temp[0] && tree_parent(&r->at, f->path, &dirfd, name, NULL) == 0)
				unlinkat(dirfd, f->temp, 0);
			buf_done(&f->holes);
			free(f->why);
			f->why = NULL;
			close_file(f);
		}
	r->task_n = 0;
	r->file_n = 0;
	r->many = 0;
	/* the one whose line is still to come lives on */
	struct restore_file keep = {0}, *f = r->open_file;
	AUTO_BUF struct buf path = {0};
	if (f && code == 0) {
		buf_init(&path, VAULT_PATH_MAX);
		buf_add_slice(&path, f->path);
		memcpy(&keep, f, sizeof keep);
	}
	arena_reset(r->window);
	r->open_file = NULL;
	if (f && code == 0) {
		struct restore_file *copy = arena_alloc(r->window, sizeof *copy);
		struct slice p = copy ? arena_dup(r->window, buf_slice(&path)) : SLICE_NULL;
		if (!p.p)
			return err_set(e, ERR_MEMORY, NULL, "no memory for a restore");
		memcpy(copy, &keep, sizeof *copy);
		copy->path = p;
		r->open_file = copy;
		r->files[r->file_n++] = copy;
	}
	return code;
}

/* ---- filling it ---- */

static int add_file(struct restore *r, const struct restore_origin *from, struct slice path, struct restore_file **ret, struct err *e)
{
	struct restore_file *f = arena_alloc(r->window, sizeof *f);
	struct slice p = f ? arena_dup(r->window, path) : SLICE_NULL;
	if (r->file_n == r->file_cap) {
		size_t cap = r->file_cap ? 2 * r->file_cap : 4096;
		struct restore_file **more = reallocarray(r->files, cap, sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory for a restore");
		r->files = more;
		r->file_cap = cap;
	}
	if (!p.p)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a restore");
	f->fd = -1;
	buf_init(&f->holes, RESTORE_HOLES_MAX);
	f->path = p;
	f->origin = from;
	r->files[r->file_n++] = f;
	*ret = f;
	return 0;
}

static int add_task(struct restore *r, const struct restore_task *t, struct err *e)
{
	if (r->task_n == r->task_cap) {
		size_t cap = r->task_cap ? 2 * r->task_cap : 4096;
		struct restore_task *more = reallocarray(r->tasks, cap, sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory for a restore");
		r->tasks = more;
		r->task_cap = cap;
	}
	r->tasks[r->task_n++] = *t;
	t->file->tasks++;
	return 0;
}

int restore_content(struct restore *r, const struct restore_origin *from, const struct vault_line *l, uint64_t at, struct slice path, struct err *e)
{
	struct slice rest = l->extents;
	struct vault_extent x;
	int n = 0, code = 0;
	if (arena_used(r->window) > WINDOW_BYTES || r->task_n > WINDOW_TASKS || r->many >= WINDOW_MANY)
		code = restore_flush(r, e);
	if (code == 0 && !r->open_file)
		code = add_file(r, from, path, &r->open_file, e);
	struct restore_file *f = r->open_file;
	while (code == 0 && (n = vault_extent_next(&rest, &x)) > 0) {
		code = add_task(r, &(struct restore_task){.pack = x.pack, .offset = x.offset, .length = x.length, .at = at, .file = f}, e);
		if (x.pack == 0)
			buf_add(&f->holes, &(struct restore_hole){.at = at, .length = x.length}, sizeof(struct restore_hole));
		at += x.length;
	}
	if (code == 0 && n < 0)
		code = err_set(e, ERR_CORRUPT, NULL, "places that are none");
	if (code == 0 && !buf_ok(&f->holes))
		code = err_set(e, buf_code(&f->holes), NULL, "a file has more holes than can be kept in memory");
	if (code < 0)
		return code;
	if (l->node.type == '+')
		return 0;
	f->raw = arena_dup(r->window, l->raw);
	f->size = l->node.size;
	if (!f->raw.p)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a restore");
	if (at != f->size) { /* its places make another size than it says */
		struct err why;
		err_set(&why, ERR_CORRUPT, NULL, "its places in the catalogue do not make its size");
		fail_file(f, &why);
	}
	/* one place more, empty: so that every file has one, and one that was written in an earlier window is finished in this */
	if (f->tasks == 0 || f->opened)
		code = add_task(r, &(struct restore_task){.file = f}, e);
	f->complete = true;
	r->many += f->tasks > 1;
	r->open_file = NULL;
	return code;
}
