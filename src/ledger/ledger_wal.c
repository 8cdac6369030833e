/* The files of SITE/wal: making a segment ready, taking one out of use and into use again, reading a record.
 *
 * A name says what a file is, and each step is one durable rename:
 *   NNNNNNNN.tmp   zeros are being written; or its header. Removed when the ledger is opened for writing
 *   NNNNNNNN.seg   a segment, ready, in use or used; its first page is whole
 *   NNNNNNNN.free  was a segment; all that it held is safe elsewhere; removed when the ledger is opened for writing
 */
#include "ledger_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZERO_PIECE ((size_t)1 << 20)

void ledger_segment_free(struct ledger_segment *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	if (s->direct > 0)
		close(s->direct);
	seal_aead_free(s->aead);
	free(s->head_page);
	seal_wipe(s, sizeof *s);
	free(s);
}

static const char *name_of(uint64_t number, const char *end, char out[WAL_NAME_MAX])
{
	snprintf(out, WAL_NAME_MAX, "%08" PRIu64 ".%s", number, end);
	return out;
}

const char *ledger_segment_name(const struct ledger_segment *s, char out[WAL_NAME_MAX])
{
	return name_of(s->number, "seg", out);
}

/* ---- making ---- */

/* Written, not fallocated: an fdatasync into unwritten extents has to commit the file system's journal too (5.7 times fewer commits a second). */
static int write_zeros(int fd, uint64_t size, ledger_pace_fn *pace, void *arg, struct err *e, const char *name)
{
	uint8_t *zeros = calloc(1, ZERO_PIECE);
	int r = zeros ? 0 : err_set(e, ERR_MEMORY, name, "no memory");
	for (uint64_t at = 0; r == 0 && at < size; at += ZERO_PIECE) {
		r = file_pwrite_all(fd, slice_of(zeros, size - at < ZERO_PIECE ? size - at : ZERO_PIECE), at, e, name);
		if (r == 0 && pace && (fdatasync(fd) || !pace(arg)))
			r = err_set(e, ERR_BUSY, name, "a segment was not finished");
	}
	free(zeros);
	return r;
}

/* A new id, key and counter, and the first page that says so. */
static int write_head(struct ledger_segment *s, uint64_t number, const struct ledger_wal_keys *k, struct err *e, const char *name)
{
	AUTO_BUF struct buf text = {0}, file = {0};
	uint8_t page[WAL_PAGE];
	struct ledger_segment_head h = {.number = number, .size = s->size};
	seal_random(h.id, WAL_ID);
	seal_random(s->key, sizeof s->key);
	buf_init_secret(&text, 256);
	buf_init(&file, WAL_PAGE - 44);
	ledger_segment_key_put(&text, &h, s->key);
	if (!buf_ok(&text))
		return err_set(e, buf_code(&text), name, "no memory for a segment's key");
	int r = age_seal(k->to, k->to_n, buf_slice(&text), &file, e);
	if (r < 0)
		return r;
	if (!buf_ok(&file))
		return err_set(e, buf_code(&file), name, "the key of a segment does not fit into its first page");
	h.key_file = buf_slice(&file);
	ledger_segment_head_put(page, &h);
	if ((r = file_pwrite_all(s->fd, slice_of(page, sizeof page), 0, e, name)) < 0)
		return r;
	if (fdatasync(s->fd))
		return err_sys(e, name, "cannot make a segment durable");
	s->number = number;
	memcpy(s->id, h.id, WAL_ID);
	s->has_key = true;
	s->stale = false;
	s->used = WAL_PAGE;
	s->holds = false;
	s->first = s->end = 0;
	seal_aead_free(s->aead);
	s->aead = seal_aead_new(s->key);
	return s->aead ? 0 : err_set(e, ERR_MEMORY, name, "no memory");
}

static int rename_durably(int walfd, const char *from, const char *to, struct err *e)
{
	if (renameat(walfd, from, walfd, to))
		return err_sys(e, from, "cannot rename a segment");
	return file_sync_dir(walfd, ".", e);
}

static int make(int walfd, struct ledger_segment *s, uint64_t number, const struct ledger_wal_keys *k, ledger_pace_fn *pace, void *arg, const char *tmp, struct err *e)
{
	char name[WAL_NAME_MAX];
	s->fd = openat(walfd, tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return err_sys(e, tmp, "cannot make a segment");
	int r = write_zeros(s->fd, s->size, pace, arg, e, tmp);
	if (r < 0)
		return r;
	if (fsync(s->fd))
		return err_sys(e, tmp, "cannot make a segment durable");
	if ((r = write_head(s, number, k, e, tmp)) < 0)
		return r;
	return rename_durably(walfd, tmp, name_of(number, "seg", name), e);
}

/* pace (may be NULL) lets the caller breathe between pieces, each on disk before the next, so that making segments ahead never floods the disk under a commit. */
int ledger_segment_make(int walfd, uint64_t number, uint64_t size, const struct ledger_wal_keys *k, ledger_pace_fn *pace, void *arg, struct ledger_segment **ret,
                        struct err *e)
{
	char tmp[WAL_NAME_MAX];
	struct ledger_segment *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a segment");
	s->fd = -1;
	s->size = size;
	int r = make(walfd, s, number, k, pace, arg, name_of(number, "tmp", tmp), e);
	if (r < 0) {
		unlinkat(walfd, tmp, 0); /* a full disk is not made fuller by what we could not finish */
		ledger_segment_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

/* Out of use: its name says so, durably. May be called again after a failure. Segments go in the order of their entries, and the next only when the one before has gone: a
 * gap in what remains would look like damage. */
int ledger_segment_retire(int walfd, struct ledger_segment *s, struct err *e)
{
	char seg[WAL_NAME_MAX], idle[WAL_NAME_MAX];
	if (renameat(walfd, ledger_segment_name(s, seg), walfd, name_of(s->number, "free", idle)) && errno != ENOENT)
		return err_sys(e, seg, "cannot take a segment out of use");
	return file_sync_dir(walfd, ".", e);
}

/* A retired one made ready for its next use. The old key is gone with the old first page: what the file still holds of its earlier life cannot be opened any more. */
int ledger_segment_renew(int walfd, struct ledger_segment *s, uint64_t number, const struct ledger_wal_keys *k, struct err *e)
{
	char idle[WAL_NAME_MAX], next[WAL_NAME_MAX];
	name_of(s->number, "free", idle);
	int r = write_head(s, number, k, e, idle);
	return r < 0 ? r : rename_durably(walfd, idle, name_of(number, "seg", next), e);
}

/* A retired one is not needed any more. */
int ledger_segment_remove(int walfd, const struct ledger_segment *s, struct err *e)
{
	char name[WAL_NAME_MAX];
	if (unlinkat(walfd, name_of(s->number, "free", name), 0) && errno != ENOENT)
		return err_sys(e, name, "cannot remove a segment");
	return 0;
}

/* ---- reading ---- */

void ledger_wal_keys_take(struct ledger_wal_keys *w, const struct site_keys *k)
{
	*w = (struct ledger_wal_keys){.to = {k->care.to, k->recovery}, .to_n = 2, .can_open = k->can_open};
	w->care_n = site_care_all(k, w->care);
}

int ledger_segment_unwrap(struct ledger_segment *s, const struct ledger_wal_keys *k, struct err *e)
{
	char name[WAL_NAME_MAX];
	if (!s->has_key) {
		struct ledger_segment_head h = {.number = s->number, .size = s->size};
		AUTO_BUF struct buf text = {0};
		memcpy(h.id, s->id, WAL_ID);
		buf_init_secret(&text, 256);
		if (!k->can_open)
			return err_set(e, ERR_DENIED, ledger_segment_name(s, name), "the care key is needed to read what is not in a pack yet");
		int r = age_open(k->care, 1, s->key_file, &text, e);
		if (r == ERR_CRYPTO && k->care_n > 1 && age_open(k->care + 1, k->care_n - 1, s->key_file, &text, NULL) == 0) {
			s->stale = true;
			r = 0;
		}
		if (r == 0)
			r = ledger_segment_key_parse(buf_slice(&text), &h, s->key, e);
		if (r < 0) {
			err_in(e, ledger_segment_name(s, name));
			return r;
		}
		s->has_key = true;
	}
	if (!s->aead && !(s->aead = seal_aead_new(s->key)))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	return 0;
}

int ledger_record_read(const struct ledger_segment *s, struct seal_aead *aead, uint64_t offset, struct buf *scratch, struct ledger_record_head *ret,
                       struct slice *ret_plain, struct err *e)
{
	char place[WAL_NAME_MAX + 24], name[WAL_NAME_MAX];
	struct ledger_record_head h;
	snprintf(place, sizeof place, "wal/%s:%" PRIu64, ledger_segment_name(s, name), offset);
	if (offset + WAL_PAGE > s->size)
		return err_set(e, ERR_NO, place, "the segment ends here");
	buf_reset(scratch);
	uint8_t *p = buf_space(scratch, WAL_PAGE);
	if (!p)
		return err_set(e, ERR_MEMORY, place, "no memory for a record");
	int r = file_pread_all(s->fd, p, WAL_PAGE, offset, e, place);
	if (r < 0)
		return r;
	if (!ledger_record_head_parse(slice_of(p, WAL_PAGE), s->id, &h))
		return err_set(e, ERR_NO, place, "no record begins here");
	uint64_t size = ledger_record_size(h.plain), sealed = (uint64_t)h.plain + WAL_TAG;
	if (h.plain == 0 || size > s->size - offset)
		return err_set(e, ERR_CRYPTO, place, "the record has an impossible length");
	buf_commit(scratch, WAL_PAGE);
	if (size > WAL_PAGE) {
		if (!(p = buf_space(scratch, size - WAL_PAGE)))
			return err_set(e, buf_code(scratch), place, "no memory for a record");
		if ((r = file_pread_all(s->fd, p, size - WAL_PAGE, offset + WAL_PAGE, e, place)) < 0)
			return r;
	}
	p = scratch->p;
	r = seal_aead_open(aead, h.counter, slice_of(p, WAL_RECORD_HEAD), slice_of(p + WAL_RECORD_HEAD, sealed), p + WAL_RECORD_HEAD, e);
	if (r < 0) {
		err_in(e, place);
		return r;
	}
	*ret = h;
	*ret_plain = slice_of(p + WAL_RECORD_HEAD, h.plain);
	return 0;
}

static int load_one(int walfd, const char *name, uint64_t number, struct ledger_segment **ret, struct err *e)
{
	struct ledger_segment_head h;
	struct ledger_record_head rec;
	struct stat st;
	struct ledger_segment *s = calloc(1, sizeof *s);
	int r;
	if (!s || !(s->head_page = malloc(2 * WAL_PAGE))) {
		free(s);
		return err_set(e, ERR_MEMORY, NULL, "no memory for a segment");
	}
	s->number = number;
	s->fd = openat(walfd, name, O_RDWR | O_CLOEXEC);
	if (s->fd < 0 && (errno == EACCES || errno == EROFS || errno == EPERM)) /* a reader need not be able to write */
		s->fd = openat(walfd, name, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0 || fstat(s->fd, &st))
		r = errno == ENOENT ? err_set(e, ERR_NOT_FOUND, name, "a segment went away") : err_sys(e, name, "cannot open a segment");
	else if ((r = file_pread_all(s->fd, s->head_page, 2 * WAL_PAGE, 0, e, name)) == 0 && (r = ledger_segment_head_parse(slice_of(s->head_page, WAL_PAGE), &h, e)) == 0)
		r = h.number != number || h.size != (uint64_t)st.st_size ? err_set(e, ERR_CORRUPT, NULL, "the first page of this segment belongs to another file") : 0;
	if (r < 0) {
		if (r == ERR_CORRUPT && e && !e->place[0])
			err_in(e, name);
		ledger_segment_free(s);
		return r;
	}
	s->size = h.size;
	memcpy(s->id, h.id, WAL_ID);
	s->key_file = h.key_file;
	s->used = WAL_PAGE;
	s->holds = ledger_record_head_parse(slice_of(s->head_page + WAL_PAGE, WAL_PAGE), s->id, &rec);
	s->first = s->holds ? rec.first : 0;
	*ret = s;
	return 0;
}

static int by_first(const void *a, const void *b)
{
	const struct ledger_segment *x = *(struct ledger_segment *const *)a, *y = *(struct ledger_segment *const *)b;
	if (x->holds != y->holds)
		return x->holds ? -1 : 1;
	uint64_t p = x->holds ? x->first : x->number, q = y->holds ? y->first : y->number;
	return p < q ? -1 : p > q;
}

static int list(DIR *d, int walfd, struct ledger_wal_set *w, struct err *e)
{
	for (;;) {
		uint64_t number;
		errno = 0;
		struct dirent *en = readdir(d);
		if (!en)
			return errno ? err_sys(e, "wal", "cannot list the write-ahead segments") : 0;
		if (!ledger_segment_name_parse(en->d_name, &number))
			continue;
		if (w->n == WAL_SEGMENTS_MAX)
			return err_set(e, ERR_LIMIT, "wal", "there are more than %d segments", WAL_SEGMENTS_MAX);
		if (w->n == w->cap) {
			struct ledger_segment **more = reallocarray(w->seg, w->cap ? w->cap * 2 : 32, sizeof *more);
			if (!more)
				return err_set(e, ERR_MEMORY, "wal", "no memory");
			w->seg = more;
			w->cap = w->cap ? w->cap * 2 : 32;
		}
		int r = load_one(walfd, en->d_name, number, &w->seg[w->n], e);
		if (r < 0)
			return r;
		w->n++;
	}
}

/* Opens every segment: those that hold records first, in the order of their entries. ERR_NOT_FOUND: one went away while we looked (a reader tries again). */
int ledger_wal_load(int walfd, struct ledger_wal_set *ret, struct err *e)
{
	memset(ret, 0, sizeof *ret);
	int fd = file_open_dir(walfd, ".", e);
	if (fd < 0)
		return fd;
	DIR *d = fdopendir(fd);
	if (!d) {
		int r = err_sys(e, "wal", "cannot list the write-ahead segments");
		close(fd);
		return r;
	}
	int r = list(d, walfd, ret, e);
	closedir(d);
	if (r < 0) {
		ledger_wal_set_done(ret);
		return r;
	}
	if (ret->n)
		qsort(ret->seg, ret->n, sizeof *ret->seg, by_first);
	return 0;
}

void ledger_wal_set_done(struct ledger_wal_set *w)
{
	for (size_t i = 0; i < w->n; i++)
		ledger_segment_free(w->seg[i]);
	free(w->seg);
	memset(w, 0, sizeof *w);
}
