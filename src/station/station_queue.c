/* DIR/queue: what was written down at this station, append-only.
 *
 *   "holdfast-station-queue 1 " 32 hex digits LF                  the digits are drawn when it is made
 *   records, each  ("item" | "number" | "void") " " N " " BYTES " " HASH LF, BYTES bytes, LF
 * N counts from 1 without a gap; HASH is the first 16 hex digits of SHA-256 over the bytes. A record is there if and only if all of it is. One that is torn is the last one, its number was never
 * said to anybody, and it is cut off; the witness, durable with a number before that number is used, tells a torn record from one that was taken away. A number whose record is not there
 * after a crash is never used: a void record takes its place, so that a queue which was put back by one record gives no number twice. */
#include "station_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "holdfast-station-queue 1 "
#define HEAD_BYTES (sizeof HEAD - 1 + 32 + 1)
#define LINE_MAX_BYTES 80

/* ---- made ---- */

static int inode_of(const struct station *s, uint64_t *ret, struct err *e)
{
	struct stat st;
	if (fstat(s->queue, &st) < 0)
		return err_sys(e, "queue", "cannot be looked at");
	*ret = st.st_ino;
	return 0;
}

int station_queue_make(struct station *s, struct err *e)
{
	uint8_t drawn[16];
	struct station_witness w = {.next = 0};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 256);
	seal_random(drawn, sizeof drawn);
	buf_str(&b, HEAD);
	hex_put(&b, slice_of(drawn, sizeof drawn));
	snprintf(s->queue_id, sizeof s->queue_id, "%s", buf_cstr(&b) + sizeof HEAD - 1);
	buf_u8(&b, '\n');
	if (s->queue >= 0)
		close(s->queue);
	s->queue = -1;
	int r = file_replace(s->dir, "queue", buf_slice(&b), 0600, e);
	if (r == 0 && (s->queue = openat(s->dir, "queue", O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW)) < 0)
		r = err_sys(e, "queue", "cannot be opened");
	if (r == 0)
		r = inode_of(s, &w.inode, e);
	snprintf(w.queue, sizeof w.queue, "%s", s->queue_id);
	s->at = HEAD_BYTES;
	s->records = s->items = s->numbers = 0;
	if (r == 0)
		r = station_witness_folder(s, e);
	return r < 0 ? r : station_witness_write(s, &w, e);
}

/* ---- read ---- */

/* One record off the bytes. 1: there; 0: not whole, or not as it was written. */
static int next_record(struct cur *c, struct station_record *ret)
{
	struct cur from = *c;
	struct slice rest, more, last, line = cur_line(c);
	uint8_t hash[SEAL_HASH], want[8];
	uint64_t bytes;
	if (c->failed || line.n > LINE_MAX_BYTES)
		goto no;
	struct slice what = slice_cut(line, ' ', &rest), n = slice_cut(rest, ' ', &more), size = slice_cut(more, ' ', &last);
	if ((!slice_eq_str(what, "item") && !slice_eq_str(what, "number") && !slice_eq_str(what, "void")) || num_u64(n, 1, INT64_MAX, &ret->n) < 0 || num_u64(size, 1, STATION_ITEM_MAX, &bytes) < 0 || hex_get(want, sizeof want, last) < 0)
		goto no;
	ret->is_number = slice_eq_str(what, "number");
	ret->is_void = slice_eq_str(what, "void");
	ret->bytes = cur_take(c, (size_t)bytes);
	if (cur_u8(c) != '\n' || c->failed)
		goto no;
	seal_sha256_once(ret->bytes, hash);
	if (!memcmp(hash, want, sizeof want))
		return 1;
no:
	*c = from;
	return 0;
}

/* Takes the whole of what stands behind `at` into b. */
static int read_from(struct station *s, uint64_t at, struct buf *b, struct err *e)
{
	struct stat st;
	if (fstat(s->queue, &st) < 0)
		return err_sys(e, "queue", "cannot be looked at");
	if ((uint64_t)st.st_size < at)
		return err_set(e, ERR_CORRUPT, "queue", "it became shorter: somebody else writes in this folder");
	size_t n = (size_t)((uint64_t)st.st_size - at);
	uint8_t *to = n ? buf_space(b, n) : NULL;
	if (n && !to)
		return err_set(e, ERR_LIMIT, "queue", "it is larger than a queue may be");
	int r = n ? file_pread_all(s->queue, to, n, at, e, "queue") : 0;
	if (r == 0 && n)
		buf_commit(b, n);
	return r;
}

static void count(struct station *s, const struct station_record *x)
{
	s->records = x->n;
	s->items += !x->is_number && !x->is_void;
	s->numbers += x->is_number;
}

/* What others, or we before, added. *ret_torn: bytes behind the last whole record. */
static int catch_up(struct station *s, uint64_t *ret_torn, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct station_record x;
	buf_init(&b, STATION_QUEUE_MAX + STATION_ITEM_MAX);
	int r = read_from(s, s->at, &b, e);
	if (r < 0)
		return r;
	struct cur c = cur_of(buf_slice(&b));
	while (cur_left(&c) && next_record(&c, &x)) {
		if (x.n != s->records + 1)
			return err_set(e, ERR_CORRUPT, "queue", "record %" PRIu64 " stands behind record %" PRIu64, x.n, s->records);
		count(s, &x);
	}
	s->at += cur_offset(&c);
	*ret_torn = cur_left(&c);
	return 0;
}

/* ---- is it the one that it was? ---- */

static const char *misfit(const struct station *s, const struct station_witness *w, int witness, uint64_t inode, uint64_t torn)
{
	char machine[2 * SEAL_HASH + 1];
	struct err quiet;
	if (station_machine(s->salt, machine, &quiet) < 0 || strcmp(machine, s->is.machine))
		return "it was made on another machine: this folder is a copy";
	if (witness == ERR_NOT_FOUND)
		return "its witness is not there: this folder is a copy, or another user's, or the witness was removed";
	if (witness < 0)
		return "its witness cannot be read";
	if (strcmp(w->queue, s->queue_id))
		return "its witness is of another queue: this folder was replaced";
	if (w->inode != inode)
		return "its queue is another file than the one that was made here: this folder was copied or restored";
	if (w->next < s->records)
		return "its witness is older than its queue: one of the two was put back to an older state";
	if (w->next > s->records + 1)
		return "its queue has fewer records than were written: it was put back to an older state, or damaged";
	if (torn && w->next == s->records)
		return "there are bytes behind its last record that nobody wrote here";
	return NULL;
}

static int judge(struct station *s, uint64_t torn, uint64_t *ret_next, struct err *e)
{
	struct station_witness w = {.next = 0};
	struct err quiet = {0};
	*ret_next = 0;
	uint64_t inode = 0;
	int r = inode_of(s, &inode, e);
	if (r < 0 || s->discarded[0])
		return r;
	int found = station_witness_read(s, &w, &quiet);
	if (found == ERR_SYSTEM || found == ERR_MEMORY) { /* not now, and not for ever */
		*e = quiet;
		return found;
	}
	const char *why = misfit(s, &w, found, inode, torn);
	*ret_next = why ? 0 : w.next;
	return why ? station_discard(s, why, e) : 0;
}

static int append(struct station *s, const char *what, uint64_t n, struct slice bytes, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	AUTO_BUF struct buf hex = {0};
	uint8_t hash[SEAL_HASH];
	seal_sha256_once(bytes, hash);
	buf_init(&b, STATION_ITEM_MAX + 256);
	buf_init(&hex, 64);
	hex_put(&hex, slice_of(hash, 8));
	buf_printf(&b, "%s %" PRIu64 " %zu %s\n", what, n, bytes.n, buf_cstr(&hex));
	buf_add_slice(&b, bytes);
	buf_u8(&b, '\n');
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), NULL, "the item is larger than an item may be");
	int r = file_write_all(s->queue, buf_slice(&b), e, "queue");
	if (r == 0 && fdatasync(s->queue) < 0)
		r = err_sys(e, "queue", "cannot be made durable");
	if (r < 0)
		(void)!ftruncate(s->queue, (off_t)s->at); /* what stands there half is cut off now, or at the next look */
	else
		s->at += b.n;
	return r;
}

/* After a crash: the torn record goes, and the number that the witness had is used up. */
static int repair(struct station *s, uint64_t torn, uint64_t next, struct err *e)
{
	struct station_record gone = {.n = next, .is_void = true};
	if (torn && (ftruncate(s->queue, (off_t)s->at) < 0 || fdatasync(s->queue) < 0))
		return err_sys(e, "queue", "a torn record cannot be cut off");
	if (next <= s->records)
		return 0;
	int r = append(s, "void", next, SLICE("void"), e);
	if (r == 0)
		count(s, &gone);
	return r;
}

int station_queue_lock(struct station *s, struct err *e)
{
	uint64_t torn = 0, next = 0;
	int fd = openat(s->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(e, "lock", "cannot be opened");
	int r = file_lock(fd, true, e);
	if (r == 0)
		r = catch_up(s, &torn, e);
	if (r == 0) /* by another process, which had heard of it */
		r = station_discarded(s, e);
	if (r == 0)
		r = judge(s, torn, &next, e);
	if (r == 0 && !s->discarded[0])
		r = repair(s, torn, next, e);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

int station_look(struct station *s, struct err *e)
{
	if (!s->enrolled)
		return 0;
	AUTO_CLOSE int lock = station_queue_lock(s, e);
	return lock < 0 ? lock : 0;
}

int station_queue_open(struct station *s, struct err *e)
{
	char head[HEAD_BYTES + 1] = "";
	struct slice id;
	s->queue = openat(s->dir, "queue", O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (s->queue < 0)
		return err_sys(e, "queue", "cannot be opened");
	int r = file_pread_all(s->queue, head, HEAD_BYTES, 0, e, "queue");
	if (r < 0)
		return r;
	id = slice_of(head + sizeof HEAD - 1, 32);
	uint8_t drawn[16];
	if (memcmp(head, HEAD, sizeof HEAD - 1) || head[HEAD_BYTES - 1] != '\n' || hex_get(drawn, sizeof drawn, id) < 0)
		return err_set(e, ERR_CORRUPT, "queue", "this is no station's queue");
	snprintf(s->queue_id, sizeof s->queue_id, "%.*s", SLICE_FMT(id));
	s->at = HEAD_BYTES;
	AUTO_CLOSE int lock = station_queue_lock(s, e);
	return lock < 0 ? lock : 0;
}

/* ---- written ---- */

int station_queue_add(struct station *s, bool is_number, struct slice bytes, struct err *e)
{
	struct station_record x = {.n = s->records + 1, .is_number = is_number};
	struct station_witness w = {.next = x.n};
	int r = inode_of(s, &w.inode, e);
	if (r == 0 && s->at + bytes.n > STATION_QUEUE_MAX)
		r = err_set(e, ERR_FULL, "queue", "this station is full: bring what it holds to the site, and make a new station");
	snprintf(w.queue, sizeof w.queue, "%s", s->queue_id);
	if (r == 0)
		r = station_witness_write(s, &w, e);
	if (r == 0)
		r = append(s, is_number ? "number" : "item", x.n, bytes, e);
	if (r == 0)
		count(s, &x);
	return r;
}

int station_each(struct station *s, uint64_t from, station_record_fn *fn, void *arg, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct station_record x;
	buf_init(&b, STATION_QUEUE_MAX + STATION_ITEM_MAX);
	if (!s->enrolled)
		return 0;
	int r = read_from(s, HEAD_BYTES, &b, e);
	struct cur c = cur_of(buf_slice(&b));
	while (r == 0 && cur_left(&c) && next_record(&c, &x))
		r = x.n > from && !x.is_void ? fn(arg, &x, e) : 0;
	return r == ERR_NO ? 0 : r;
}

struct finding {
	struct slice id;
	struct buf *line;
	bool found;
};

static int look(void *arg, const struct station_record *x, struct err *e)
{
	struct finding *f = arg;
	AUTO_ARENA struct arena *a = arena_new((size_t)4 << 20);
	struct json_node *n;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (x->is_number || x->is_void || !memmem(x->bytes.p, x->bytes.n, f->id.p, f->id.n) || json_tree(x->bytes, a, &n, NULL) < 0 || !slice_eq(json_text(n, "id"), f->id))
		return 0;
	buf_add_slice(f->line, x->bytes);
	f->found = true;
	return ERR_NO;
}

int station_queue_find(struct station *s, struct slice id, struct buf *ret_line, struct err *e)
{
	struct finding f = {.id = id, .line = ret_line};
	int r = station_each(s, 0, look, &f, e);
	return r < 0 ? r : f.found ? 0 : ERR_NOT_FOUND;
}
