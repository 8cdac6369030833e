/* What the write-ahead segments hold after whatever happened to them.
 *
 * Commits are written one after the other, and the next is begun only when the last was durable. So a crash can tear only the last commit, and everything torn is
 * of one batch: the one after the last whole batch. That tells the three cases apart:
 *   - the end: nothing valid follows the last whole batch. (Zeros, or what an earlier use of the file left: another segment id.)
 *   - a torn tail: what follows, whole records or broken ones, is of the next batch only. Nobody was told that it was saved. It is set aside.
 *   - damage: a valid record of a still later batch follows, or a gap in the numbering. Something that was acknowledged is gone.
 * Damage at the very end (the last record alone is hit) looks like a torn tail from here; the published checkpoint, at most a second older, is what tells.
 */
#include "ledger_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PIECE ((uint64_t)1 << 20) /* read at once, where page after page is looked at */

/* In a segment that looks unused a later record is looked for this far: one that follows a damaged first record begins within a record's length. */
#define SPARE_SCAN (4 * (uint64_t)WAL_RECORD_TARGET)

static int grow(void *array, size_t n, size_t *cap, size_t size, struct err *e)
{
	void **p = array;
	if (n < *cap)
		return 0;
	void *more = reallocarray(*p, *cap ? *cap * 2 : 64, size);
	if (!more)
		return err_set(e, ERR_MEMORY, "wal", "no memory to read the write-ahead segments");
	*p = more;
	*cap = *cap ? *cap * 2 : 64;
	return 0;
}

static void damage(struct ledger_replay *r, const struct ledger_segment *s, uint64_t offset, const char *what)
{
	char place[WAL_NAME_MAX + 32], name[WAL_NAME_MAX];
	if (r->damaged)
		return;
	r->damaged = true;
	snprintf(place, sizeof place, "wal/%s:%" PRIu64, ledger_segment_name(s, name), offset);
	err_set(&r->damage, ERR_CORRUPT, place,
	        "%s. This is damage, not a torn tail: nothing was changed. Copy the site folder before anything else; then restore from a replica, or see "
	        "doc/recovery-by-hand.md",
	        what);
}

/* Where the chain of records stopped. */
struct stop {
	size_t seg;
	uint64_t offset;
};

/* Follow the records from segment to segment as long as each begins where the last ended. */
static int chain(struct ledger_wal_set *w, const struct ledger_wal_keys *k, uint64_t from, struct buf *scratch, struct ledger_replay *r, struct stop *stop, struct err *e)
{
	for (size_t i = 0; i < w->n; i++) {
		struct ledger_segment *s = w->seg[i];
		if (r->n && (!s->holds || s->first != r->end))
			return 0;
		if (!s->holds)
			continue;
		if (i + 1 < w->n && w->seg[i + 1]->holds && w->seg[i + 1]->first <= from) /* all of it is below what is asked for */
			continue;
		int c = ledger_segment_unwrap(s, k, e);
		if (c < 0)
			return c;
		*stop = (struct stop){.seg = i, .offset = WAL_PAGE};
		for (;;) {
			struct ledger_record_head h;
			struct slice plain;
			c = ledger_record_read(s, s->aead, stop->offset, scratch, &h, &plain, e);
			if (c != 0 && c != ERR_NO && c != ERR_CRYPTO)
				return c;
			if (c == 0 && r->n == 0) {
				r->first = r->end = h.first;
				r->batch = h.batch - 1;
			}
			if (c && r->n == 0) /* the oldest one of all: what it held is not to be skipped over */
				return 0;
			if (c || h.first != r->end || h.count == 0)
				break;
			const struct ledger_record_ref *last = r->n ? &r->record[r->n - 1] : NULL;
			if (last && h.batch != (last->head.left ? last->head.batch : last->head.batch + 1))
				break;
			if ((c = grow(&r->record, r->n, &r->cap, sizeof *r->record, e)) < 0)
				return c;
			r->record[r->n++] = (struct ledger_record_ref){.seg = s, .offset = stop->offset, .head = h};
			r->end += h.count;
			stop->offset += ledger_record_size(h.plain);
		}
	}
	return 0;
}

static int torn_add(struct ledger_replay *r, struct ledger_segment *s, uint64_t offset, uint64_t size, struct err *e)
{
	int c = grow(&r->torn, r->torn_n, &r->torn_cap, sizeof *r->torn, e);
	if (c < 0)
		return c;
	if (size > s->size - offset)
		size = s->size - offset;
	r->torn[r->torn_n++] = (struct ledger_torn){.seg = s, .offset = offset, .size = size};
	return 0;
}

/* The last batch counts only whole. Its records go to the torn ones. */
static int drop_unfinished(struct ledger_replay *r, struct err *e)
{
	if (r->n == 0 || r->record[r->n - 1].head.left == 0)
		return 0;
	uint64_t batch = r->record[r->n - 1].head.batch;
	while (r->n && r->record[r->n - 1].head.batch == batch) {
		const struct ledger_record_ref *ref = &r->record[r->n - 1];
		int c = torn_add(r, ref->seg, ref->offset, ledger_record_size(ref->head.plain), e);
		if (c < 0)
			return c;
		r->end = ref->head.first;
		r->n--;
	}
	return 0;
}

/* The first bytes of a page, out of a large piece: page by page a segment is 16 thousand system calls. */
struct pages {
	uint8_t *p; /* PIECE bytes */
	uint64_t at, end;
};

static int page_head(const struct ledger_segment *s, struct pages *w, uint64_t offset, struct slice *ret, struct err *e)
{
	if (offset < w->at || offset + WAL_RECORD_HEAD > w->end) {
		uint64_t n = s->size - offset < PIECE ? s->size - offset : PIECE;
		int c = n < WAL_RECORD_HEAD ? err_set(e, ERR_CORRUPT, "wal", "a segment ends within a page") : file_pread_all(s->fd, w->p, n, offset, e, "wal");
		if (c < 0)
			return c;
		w->at = offset;
		w->end = offset + n;
	}
	*ret = slice_of(w->p + (offset - w->at), WAL_RECORD_HEAD);
	return 0;
}

/* Look for what still stands behind the end, from offset on. */
static int look(struct ledger_segment *s, uint64_t offset, uint64_t to, const struct ledger_wal_keys *k, struct pages *w, struct buf *scratch, struct ledger_replay *r, struct err *e)
{
	if (to > s->size)
		to = s->size;
	w->at = w->end = 0; /* nothing of this segment yet */
	while (offset < to && !r->damaged) {
		struct ledger_record_head h;
		struct slice plain, head;
		int c = page_head(s, w, offset, &head, e);
		if (c < 0)
			return c;
		if (!ledger_record_head_parse(head, s->id, &h)) {
			offset += WAL_PAGE;
			continue;
		}
		if ((c = ledger_segment_unwrap(s, k, e)) < 0)
			return c;
		c = ledger_record_read(s, s->aead, offset, scratch, &h, &plain, e);
		if (c != 0 && c != ERR_CRYPTO)
			return c;
		if (c == 0 && h.batch > r->batch + 1)
			damage(r, s, offset, "a later record follows one that is damaged or missing");
		bool fits = ledger_record_size(h.plain) <= s->size - offset;
		uint64_t size = c == 0 || fits ? ledger_record_size(h.plain) : s->size - offset;
		if ((c = torn_add(r, s, offset, size, e)) < 0)
			return c;
		offset += c == 0 ? size : WAL_PAGE; /* the length of a broken record may itself be broken */
	}
	return 0;
}

static int look_behind(struct ledger_wal_set *w, const struct ledger_wal_keys *k, const struct stop *stop, bool any, struct buf *scratch, struct ledger_replay *r,
                       struct err *e)
{
	struct pages pages = {.p = malloc(PIECE)};
	int c = pages.p ? 0 : err_set(e, ERR_MEMORY, "wal", "no memory to read the write-ahead segments");
	for (size_t i = 0; c == 0 && i < w->n; i++) {
		struct ledger_segment *s = w->seg[i];
		if (any && i < stop->seg)
			continue;
		if (any && i == stop->seg)
			c = look(s, stop->offset, s->size, k, &pages, scratch, r, e);
		else if (s->holds)
			c = look(s, WAL_PAGE, s->size, k, &pages, scratch, r, e);
		else
			c = look(s, WAL_PAGE, SPARE_SCAN, k, &pages, scratch, r, e);
	}
	free(pages.p);
	return c;
}

/* A damaged first page can make a segment full of records look unused. Its key file tells: it is bound to the page's number and id. */
static int heads_fit(struct ledger_wal_set *w, const struct ledger_wal_keys *k, struct ledger_replay *r, struct err *e)
{
	for (size_t i = 0; i < w->n; i++) {
		int c = ledger_segment_unwrap(w->seg[i], k, e);
		if (c == ERR_CORRUPT || c == ERR_CRYPTO || c == ERR_INPUT)
			damage(r, w->seg[i], 0, "the first page of the segment is damaged, or the key in it is not for this site");
		else if (c < 0)
			return c;
	}
	return 0;
}

/* judge: look behind the end, and tell a torn tail from damage; for who writes, and for who verifies. A reader takes what is whole. */
int ledger_replay(struct ledger_wal_set *w, const struct ledger_wal_keys *k, uint64_t from, bool judge, struct buf *scratch, struct ledger_replay *ret, struct err *e)
{
	struct stop stop = {0};
	memset(ret, 0, sizeof *ret);
	int r = judge ? heads_fit(w, k, ret, e) : 0;
	if (r < 0 || ret->damaged)
		return r;
	r = chain(w, k, from, scratch, ret, &stop, e);
	bool any = ret->n > 0;
	if (r == 0)
		r = drop_unfinished(ret, e);
	if (r == 0 && ret->n)
		ret->batch = ret->record[ret->n - 1].head.batch;
	if (r == 0 && judge)
		r = look_behind(w, k, &stop, any, scratch, ret, e);
	if (r < 0) {
		ledger_replay_done(ret);
		return r;
	}
	for (size_t i = 0; i < ret->n; i++) { /* what each segment turned out to hold */
		struct ledger_record_ref *ref = &ret->record[i];
		ref->seg->end = ref->head.first + ref->head.count;
		ref->seg->used = ref->offset + ledger_record_size(ref->head.plain);
	}
	return 0;
}

void ledger_replay_done(struct ledger_replay *r)
{
	free(r->record);
	free(r->torn);
	memset(r, 0, sizeof *r);
}
