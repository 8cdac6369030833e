/* The housekeeper: all that is done behind a commit and for which no sender waits. It reads from the segments what is durable there, and makes of it
 *   - tiles and bundles, full ones as they close, and a signed checkpoint with the partial tiles it needs;
 *   - packs: frames as text arrives, the file closed when it is large or old enough;
 *   - segments: out of use when everything they hold is safe, ready for their next use; some ahead, and the reserve.
 * It never touches what is staged, and it never appends: when a pack is closed it says so, and the caller's next tick appends the entry (PACK_BUILT -> PACK_LOGGED).
 *
 * Why a thread: measured with bench/ledger_bench (see DESIGN.md), the same work done inside tick makes one commit in some hundred wait for a whole pack (compression,
 * fsync of 8 MiB, a journal commit): p99.9 120 ms against 3 ms, and single commits at half the rate. It reads records back from the page cache and opens them again
 * (0.35 ns a byte) rather than being handed buffers: so it can fall behind by any amount without memory, and after a crash it goes on from the same source.
 *
 * A failure here loses nothing and stops no commit: it is told by the next tick, what was begun is thrown away, and it is tried again a second later.
 */
#include "ledger_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MS INT64_C(1000000)
#define PACK_STEP ((uint64_t)8 << 20)          /* plaintext packed in one step, between looks at what else is due */
#define SPARE_DELAY (1 * TIME_SEC)             /* a command that opens the ledger for a moment makes no segments ahead */
#define PACE (10 * MS)                         /* rest after each MiB of a segment made ahead */
#define RETRY (1 * TIME_SEC)
#define LOOKS_UNPACKED 256                     /* entries about looking that may wait for the next pack when a command ends */
#define SEEN_ENTRIES 500000                    /* a second's work to fill in after a crash */
#define SEEN_TIME (300 * TIME_SEC)

/* What a step works from. */
struct task {
	uint64_t durable, records_end, plain, want_published;
	bool want_pack;
	int64_t now;
};

/* ---- tiles ---- */

/* Write what the last leaf closed. The bundle goes first: a tile without its leaves says nothing. */
static int write_closed(struct ledger *l, struct err *e)
{
	struct ledger_house *h = &l->house;
	struct tlog_tree *t = h->tree;
	while (t->closed_n) { /* from the leaves up; what is written goes from the list, so that a failure is taken up where it was */
		struct tlog_tile *c = &t->closed[0];
		bool kept = c->level == 0 && c->index * TILE_WIDTH < h->tiles_kept;
		if (kept)
			buf_reset(&h->bundle);
		if (c->level == 0 && h->bundle.n) {
			int r = ledger_tile_put(l->dirfd, TILE_ENTRIES, c->index, TILE_WIDTH, buf_slice(&h->bundle), e);
			if (r < 0)
				return r;
			ledger_tile_drop_partials(l->dirfd, TILE_ENTRIES, c->index);
			buf_reset(&h->bundle);
		}
		int r = kept ? 0 : ledger_tile_put(l->dirfd, c->level, c->index, TILE_WIDTH, slice_of(c->hash, TILE_BYTES), e);
		if (r < 0)
			return r;
		ledger_tile_drop_partials(l->dirfd, c->level, c->index);
		t->closed_n--;
		memmove(&t->closed[0], &t->closed[1], t->closed_n * sizeof *c);
	}
	return 0;
}

void ledger_house_leaf(struct ledger *l, struct slice leaf)
{
	uint8_t hash[SEAL_HASH];
	buf_u16be(&l->house.bundle, (uint16_t)leaf.n);
	buf_add_slice(&l->house.bundle, leaf);
	assert(buf_ok(&l->house.bundle)); /* its room was taken when the ledger was opened */
	tlog_leaf_hash(leaf, hash);
	tlog_tree_add(l->house.tree, hash);
}

/* The tree up to an entry. */
int ledger_house_feed(struct ledger *l, uint64_t to, struct err *e)
{
	struct ledger_house *h = &l->house;
	int r = write_closed(l, e);
	while (r == 0 && h->tree->size < to) {
		const struct ledger_tail_entry *t = ring_peek(&l->entries, h->tree->size);
		uint8_t leaf[LEDGER_LEAF_MAX];
		if (!ledger_names_pack(t->leaf.kind)) {
			if (h->last_real <= h->packed.entry)
				h->real_since = time_monotonic();
			h->last_real = h->tree->size + 1;
			if (t->leaf.kind != LEDGER_AUDIT)
				h->last_content = h->last_real;
		}
		ledger_house_leaf(l, slice_of(leaf, ledger_leaf_encode(&t->leaf, leaf)));
		if (h->tree->closed_n)
			r = write_closed(l, e);
	}
	return r;
}

/* Partial tiles that earlier checkpoints needed lie beside the newest: each has to be the beginning of what the tile is now, and is written again where it is not. What was written for a checkpoint that
 * never came, wider ones and those of later tiles, goes. */
static int older_partials(struct ledger *l, int level, uint64_t n, unsigned width, struct slice now, const uint32_t *at, struct err *e)
{
	char path[TILE_PATH_MAX];
	ledger_tile_path(level, n, 1, path);
	*strrchr(path, '/') = 0;
	bool any = faccessat(l->dirfd, path, F_OK, 0) == 0; /* most levels have none */
	for (unsigned w = 1; any && w < TILE_WIDTH; w++) {
		ledger_tile_path(level, n, w, path);
		if (w == width || faccessat(l->dirfd, path, F_OK, 0))
			continue;
		if (w > width) {
			unlinkat(l->dirfd, path, 0);
			continue;
		}
		struct slice bytes = slice_of(now.p, at ? at[w] - 2 : w * (size_t)SEAL_HASH);
		int r = ledger_tile_fits(l->dirfd, level, n, w, bytes) ? 0 : ledger_tile_put(l->dirfd, level, n, w, bytes, e);
		if (r < 0)
			return r;
	}
	unsigned shift = level == TILE_ENTRIES ? 8 : 8 * (unsigned)level + 8;
	for (uint64_t later = n + 1; shift < 64 && later <= l->durable >> shift; later++)
		ledger_tile_drop_partials(l->dirfd, level, later);
	return 0;
}

/* After a power cut: the partial tiles of the checkpoint that is published, the tree being at its size. */
int ledger_house_partials(struct ledger *l, struct err *e)
{
	const struct ledger_house *h = &l->house;
	const struct tlog_tree *t = h->tree;
	uint32_t at[TILE_WIDTH + 1];
	assert(t->size == h->published);
	int r = ledger_partials_put(l->dirfd, t, 0, buf_slice(&h->bundle), e);
	if (r == 0)
		r = ledger_bundle_parse(buf_slice(&h->bundle), t->n[0], at, e);
	if (r == 0)
		r = older_partials(l, TILE_ENTRIES, t->size >> 8, t->n[0], buf_slice(&h->bundle), at, e);
	for (int level = 0; r == 0 && level < TREE_LEVELS; level++)
		r = older_partials(l, level, t->size >> (8 * level) >> 8, t->n[level], slice_of(t->hash[level], TILE_BYTES), NULL, e);
	return r;
}

/* ---- the checkpoint ---- */

static int publish(struct ledger *l, struct err *e)
{
	struct ledger_house *h = &l->house;
	struct tlog_checkpoint k = {.size = h->tree->size};
	AUTO_BUF struct buf text = {0}, note = {0};
	buf_init(&text, 4096);
	buf_init(&note, 8192);
	int r = ledger_partials_put(l->dirfd, h->tree, h->published, buf_slice(&h->bundle), e);
	if (r < 0)
		return r;
	memcpy(k.origin, l->vkey.name, sizeof k.origin);
	tlog_tree_root(h->tree, k.root);
	tlog_checkpoint_put(&text, &k);
	if ((r = note_sign(&l->signer, buf_slice(&text), &note, e)) < 0)
		return r;
	if (!buf_ok(&note) || !buf_ok(&text))
		return err_set(e, ERR_MEMORY, NULL, "no memory for a checkpoint");
	if ((r = file_replace(l->dirfd, "checkpoint", buf_slice(&note), 0644, e)) < 0)
		return r;
	pthread_mutex_lock(&h->mu);
	buf_reset(&h->checkpoint);
	buf_add_slice(&h->checkpoint, buf_slice(&note));
	h->published = k.size;
	pthread_mutex_unlock(&h->mu);
	h->published_at = time_monotonic();
	return 0;
}

/* ---- packs ---- */

static void abandon_pack(struct ledger_house *h)
{
	ledger_pack_maker_free(h->maker);
	h->maker = NULL;
	h->pack_next = h->packed;
}

static int close_pack(struct ledger *l, struct err *e)
{
	struct ledger_house *h = &l->house;
	struct ledger_pack_info info;
	int r = ledger_pack_maker_end(h->maker, &info, e);
	if (r < 0)
		return r;
	ledger_pack_maker_free(h->maker);
	h->maker = NULL;
	h->packed = h->pack_next;
	h->real_since = time_monotonic(); /* what is left over is younger than this anyway */
	pthread_mutex_lock(&h->mu);
	h->pack = info;
	h->pack_state = PACK_BUILT;
	pthread_mutex_unlock(&h->mu);
	return 0;
}

static int open_record(struct ledger *l, const struct ledger_tail_record *rec, struct slice *ret, struct err *e)
{
	struct ledger_house *h = &l->house;
	struct ledger_record_head head;
	if (!h->aead || h->aead_of != rec->seg->number) { /* its own context: the caller's is in use */
		seal_aead_free(h->aead);
		h->aead = seal_aead_new(rec->seg->key);
		h->aead_of = rec->seg->number;
		if (!h->aead)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	int r = ledger_record_read(rec->seg, h->aead, rec->offset, &h->scratch, &head, ret, e);
	return r == ERR_NO || r == ERR_CRYPTO ? err_set(e, ERR_CORRUPT, NULL, "a record that was written to a segment cannot be read back: check the disk") : r;
}

enum packed { PACKED_ALL, PACKED_CLOSED, PACKED_WAITS };

/* One record's entries, from the next one wanted. */
static int pack_record(struct ledger *l, struct slice text, bool idle, enum packed *ret, struct err *e)
{
	struct ledger_house *h = &l->house;
	struct cur c = cur_of(text);
	*ret = PACKED_ALL;
	while (!cur_done(&c)) {
		struct ledger_entry en;
		const uint8_t *from = c.p;
		int r = ledger_entry_next(&c, &en, e);
		if (r < 0)
			return r;
		if (en.seq < h->pack_next.entry)
			continue;
		uint32_t period = ledger_period_in_use(&h->periods, en.leaf.time);
		bool other = h->maker && h->maker_period != period;
		if (other || (h->maker && idle && ledger_pack_maker_plain(h->maker) >= l->o.pack_size)) {
			*ret = idle ? PACKED_CLOSED : PACKED_WAITS;
			return idle ? close_pack(l, e) : 0;
		}
		if (!h->maker) {
			struct age_recipient to;
			r = ledger_period_recipient(&h->periods, period, &to, e);
			if (r == 0) /* a pack that is built but not in the catalogue yet has the number before */
				r = ledger_pack_maker_new(l->packfd, h->packs.n + (idle ? 1 : 2), en.seq, period, &to, &h->maker, e);
			if (r < 0)
				return r;
			h->maker_period = period;
		}
		if ((r = ledger_pack_maker_add(h->maker, en.seq, slice_of(from, (size_t)(c.p - from)), e)) < 0)
			return r;
		h->pack_next.entry = en.seq + 1;
	}
	return 0;
}

static int pack(struct ledger *l, const struct task *t, bool *ret_more, struct err *e)
{
	struct ledger_house *h = &l->house;
	/* A command that only looked makes no pack of its own when it ends: its entry is safe in the segment, and the next pack takes it along. */
	bool idle, real = h->last_real > h->packed.entry, content = h->last_content > h->packed.entry || h->last_real - h->packed.entry > LOOKS_UNPACKED;
	bool due = real && ((t->want_pack && content) || t->now - h->real_since >= l->o.pack_age);
	pthread_mutex_lock(&h->mu);
	idle = h->pack_state == PACK_NONE;
	pthread_mutex_unlock(&h->mu);
	if (!due && t->plain - h->pack_next.plain < PACK_FRAME)
		return 0;
	for (uint64_t done = 0; h->pack_next.record < t->records_end;) {
		const struct ledger_tail_record *rec = ring_peek(&l->records, h->pack_next.record);
		struct slice text;
		enum packed how = PACKED_ALL;
		int r = open_record(l, rec, &text, e);
		if (r == 0)
			r = pack_record(l, text, idle, &how, e);
		if (r < 0)
			return r;
		if (how != PACKED_ALL) {
			*ret_more = how == PACKED_CLOSED;
			return 0;
		}
		h->pack_next.record++;
		h->pack_next.plain += rec->plain;
		if ((done += rec->plain) >= PACK_STEP) {
			*ret_more = true;
			return 0;
		}
	}
	bool full = h->maker && ledger_pack_maker_plain(h->maker) >= l->o.pack_size;
	return h->maker && idle && (due || full) ? close_pack(l, e) : 0;
}

/* The entry of a pack is durable: now its record in the catalogue, and the tiles, and then segments may go. */
static int finish_pack(struct ledger *l, struct err *e)
{
	struct ledger_house *h = &l->house;
	struct ledger_entry en = {.seq = h->pack_seq, .leaf = h->pack_leaf};
	AUTO_BUF struct buf body = {0};
	buf_init(&body, PACK_RECORD);
	memcpy(en.salt, h->pack_salt, sizeof en.salt);
	ledger_pack_body_put(&body, &h->pack);
	if (!buf_ok(&body))
		return err_set(e, buf_code(&body), NULL, "no memory for a pack's entry");
	en.body = buf_slice(&body);
	int r = ledger_packs_put(&h->packs, &h->pack, &en, e);
	if (r == 0)
		r = ledger_packs_sync(&h->packs, e);
	if (r < 0)
		return r;
	pthread_mutex_lock(&h->mu);
	h->pack_state = PACK_NONE;
	pthread_mutex_unlock(&h->mu);
	return 0;
}

/* How far the segments are not needed any more: in packs of the catalogue, under durable full tiles, within the published checkpoint. */
static int advance(struct ledger *l, struct err *e)
{
	struct ledger_house *h = &l->house;
	uint64_t packed = ledger_packs_end(&h->packs), tiles = h->published / TILE_WIDTH * TILE_WIDTH;
	if (h->tiles_lost)
		return err_set(e, ERR_SYSTEM, "ledger/tile", "tiles could not be made durable; restart Holdfast to have them made again");
	if (tiles > h->tiles_durable) {
		int r = ledger_tiles_sync(l->dirfd, h->tiles_durable, tiles, e);
		if (r < 0) {
			h->tiles_lost = true; /* a second fsync would succeed and prove nothing */
			return r;
		}
		h->tiles_durable = tiles;
	}
	uint64_t safe = packed < h->tiles_durable ? packed : h->tiles_durable;
	pthread_mutex_lock(&h->mu);
	if (safe > h->safe)
		h->safe = safe;
	pthread_mutex_unlock(&h->mu);
	return 0;
}

/* ---- segments ---- */

static void add_spare(struct ledger_house *h, struct ledger_segment *s)
{
	struct ledger_segment **at = &h->spare;
	pthread_mutex_lock(&h->mu);
	s->next = NULL;
	while (*at)
		at = &(*at)->next;
	*at = s;
	h->spare_n++;
	h->spare_bytes += s->size;
	pthread_mutex_unlock(&h->mu);
}

/* The first of the retired segments. Only this thread takes from the front of the list. */
static struct ledger_segment *first_retired(struct ledger_house *h)
{
	pthread_mutex_lock(&h->mu);
	struct ledger_segment *s = h->retired;
	pthread_mutex_unlock(&h->mu);
	return s;
}

/* It is off the list. Is it wanted again, and under which number? */
static bool take_retired(struct ledger *l, const struct ledger_segment *s, uint64_t *ret_number)
{
	struct ledger_house *h = &l->house;
	pthread_mutex_lock(&h->mu);
	h->retired = s->next;
	*ret_number = h->next_number++;
	bool wanted = h->spare_bytes < l->o.reserve + 2 * l->o.segment_size && s->size == l->o.segment_size;
	pthread_mutex_unlock(&h->mu);
	return wanted;
}

static int recycle(struct ledger *l, struct err *e)
{
	struct ledger_house *h = &l->house;
	struct ledger_segment *s;
	uint64_t number = 0;
	int r = 0;
	while (r == 0 && (s = first_retired(h))) {
		if ((r = ledger_segment_retire(l->walfd, s, e)) < 0)
			return r; /* it stays the first, and those behind it wait */
		bool wanted = take_retired(l, s, &number);
		if (h->aead_of == s->number) {
			seal_aead_free(h->aead);
			h->aead = NULL;
		}
		r = wanted ? ledger_segment_renew(l->walfd, s, number, &l->wal_keys, e) : ledger_segment_remove(l->walfd, s, e);
		if (r == 0 && wanted)
			add_spare(h, s);
		else
			ledger_segment_free(s); /* what is left of it after a failure is cleared away when the ledger is opened next */
	}
	return r;
}

/* One MiB is on disk: rest, so that commits have the disk to themselves most of the time. Give up when something else is asked for. */
static bool pace(void *arg)
{
	struct ledger *l = arg;
	struct ledger_house *h = &l->house;
	struct timespec rest = {.tv_nsec = PACE};
	nanosleep(&rest, NULL);
	pthread_mutex_lock(&h->mu);
	bool go = !h->stop && h->want_published <= h->published && !h->want_pack;
	pthread_mutex_unlock(&h->mu);
	return go;
}

static uint64_t margin(const struct ledger *l)
{
	return 2 * l->o.pack_size + 2 * l->o.segment_size;
}

int ledger_house_room(struct ledger *l, uint64_t bytes, bool *ret_enough, struct err *e)
{
	struct ledger_house *h = &l->house;
	uint64_t free_bytes;
	int r = file_free_bytes(l->walfd, &free_bytes, e);
	if (r < 0)
		return r;
	pthread_mutex_lock(&h->mu);
	uint64_t missing = h->spare_bytes < l->o.reserve ? l->o.reserve - h->spare_bytes : 0;
	pthread_mutex_unlock(&h->mu);
	*ret_enough = free_bytes >= missing + margin(l) + bytes;
	return 0;
}

/* Segments ahead of need: one, or two where the feed is fast, and then the reserve, as far as the disk allows. */
static int provide(struct ledger *l, const struct task *t, bool *ret_more, struct err *e)
{
	struct ledger_house *h = &l->house;
	struct ledger_segment *s;
	uint64_t free_bytes, number;
	if (t->now - h->opened_at < SPARE_DELAY || t->now - h->room_at < TIME_SEC / 4)
		return 0;
	h->room_at = t->now;
	int r = file_free_bytes(l->walfd, &free_bytes, e);
	if (r < 0)
		return r;
	pthread_mutex_lock(&h->mu);
	uint64_t wanted = l->o.reserve + (t->plain > l->o.segment_size ? 2 : 1) * l->o.segment_size;
	bool lacking = h->spare_bytes < wanted;
	number = lacking && !l->o.brief ? h->next_number++ : 0;
	pthread_mutex_unlock(&h->mu);
	if (!lacking || l->o.brief || free_bytes < l->o.segment_size + 2 * l->o.pack_size)
		return 0;
	r = ledger_segment_make(l->walfd, number, l->o.segment_size, &l->wal_keys, h->threaded ? pace : NULL, l, &s, e);
	if (r == ERR_BUSY)
		return 0;
	if (r < 0)
		return r;
	add_spare(h, s);
	h->room_at = 0;
	*ret_more = true;
	return 0;
}

/* ---- the table of seen bodies ---- */

static int sync_seen(struct ledger *l, const struct task *t, struct err *e)
{
	struct ledger_house *h = &l->house;
	if (t->durable == h->seen_to || (t->durable - h->seen_to < SEEN_ENTRIES && t->now - h->seen_at < SEEN_TIME))
		return 0;
	pthread_mutex_lock(&h->mu);
	bool known = h->control_known;
	pthread_mutex_unlock(&h->mu);
	int r = ledger_seen_sync(l->seen, t->durable, known ? t->durable : l->control_from, false, e);
	h->seen_to = t->durable;
	h->seen_at = t->now;
	return r;
}

/* ---- a step, and the loop ---- */

static void keep_first(int *first, int r, struct err *e, const struct err *now)
{
	if (r < 0 && *first == 0) {
		*first = r;
		if (e)
			*e = *now;
	}
}

/* Everything that is due. ret_more: there is more of it at once. */
int ledger_house_step(struct ledger *l, bool *ret_more, struct err *e)
{
	struct ledger_house *h = &l->house;
	struct task t = {.now = time_monotonic()};
	struct err why = {0};
	enum ledger_pack_state state;
	int first = 0, r;
	*ret_more = false;
	pthread_mutex_lock(&h->mu);
	t.durable = h->durable;
	t.records_end = h->records_end;
	t.plain = h->plain;
	t.want_published = h->want_published;
	t.want_pack = h->want_pack;
	state = h->pack_state;
	pthread_mutex_unlock(&h->mu);

	r = ledger_house_feed(l, t.durable, &why);
	if (r == 0 && h->tree->size > h->published &&
	    (t.want_published > h->published || state == PACK_LOGGED || t.now - h->published_at >= l->o.publish_interval))
		r = publish(l, &why);
	keep_first(&first, r, e, &why);
	if (state == PACK_LOGGED) {
		if ((r = finish_pack(l, &why)) == 0)
			r = advance(l, &why);
		keep_first(&first, r, e, &why);
	}
	r = recycle(l, &why);
	keep_first(&first, r, e, &why);
	if (t.now >= h->retry_at && (r = pack(l, &t, ret_more, &why)) < 0) {
		abandon_pack(h);
		h->retry_at = t.now + RETRY;
		keep_first(&first, r, e, &why);
	}
	r = sync_seen(l, &t, &why);
	keep_first(&first, r, e, &why);
	if (first == 0 && !*ret_more) {
		r = provide(l, &t, ret_more, &why);
		keep_first(&first, r, e, &why);
	}
	return first;
}

/* How long to sleep when nobody wakes it. */
static int64_t quantum(const struct ledger *l)
{
	int64_t q = l->o.publish_interval / 2 < l->o.pack_age / 2 ? l->o.publish_interval / 2 : l->o.pack_age / 2;
	return q > TIME_SEC / 2 ? TIME_SEC / 2 : q < 5 * MS ? 5 * MS : q;
}

static void sleep_until_due(struct ledger *l, bool failed)
{
	struct ledger_house *h = &l->house; /* mu is held */
	struct timespec until;
	bool wanted = !failed && (h->want_published > h->published || h->want_pack || h->pack_state == PACK_LOGGED || h->retired);
	if (h->stop || wanted)
		return;
	clock_gettime(CLOCK_MONOTONIC, &until);
	int64_t ns = until.tv_nsec + (failed ? TIME_SEC / 4 : quantum(l));
	until.tv_sec += ns / TIME_SEC;
	until.tv_nsec = ns % TIME_SEC;
	pthread_cond_timedwait(&h->wake, &h->mu, &until);
}

static void *loop(void *arg)
{
	struct ledger *l = arg;
	struct ledger_house *h = &l->house;
	pthread_mutex_lock(&h->mu);
	while (!h->stop) {
		struct err why = {0};
		bool more;
		pthread_mutex_unlock(&h->mu);
		int r = ledger_house_step(l, &more, &why);
		pthread_mutex_lock(&h->mu);
		if (r < 0)
			h->error = why;
		h->rounds++;
		pthread_cond_broadcast(&h->done);
		if (!more || r < 0)
			sleep_until_due(l, r < 0);
	}
	pthread_mutex_unlock(&h->mu);
	return NULL;
}

/* ---- beginning and end ---- */

int ledger_house_init(struct ledger *l, struct err *e)
{
	struct ledger_house *h = &l->house;
	pthread_condattr_t attr;
	pthread_mutex_init(&h->mu, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&h->wake, &attr);
	pthread_cond_init(&h->done, &attr);
	pthread_condattr_destroy(&attr);
	h->init = true;
	h->packs.fd = -1;
	buf_init(&h->checkpoint, 1 << 16);
	buf_init(&h->bundle, BUNDLE_MAX);
	buf_init(&h->scratch, ledger_record_size(LEDGER_BODY_MAX + WAL_RECORD_TARGET + ENTRY_LINE_MAX + 2) + WAL_PAGE);
	h->opened_at = h->published_at = h->seen_at = h->real_since = time_monotonic();
	if (!(h->tree = calloc(1, sizeof *h->tree)) || !buf_space(&h->bundle, BUNDLE_MAX) || !buf_space(&h->checkpoint, 8192))
		return err_set(e, ERR_MEMORY, NULL, "no memory for the ledger's tree");
	return 0;
}

int ledger_house_start(struct ledger *l, struct err *e)
{
	struct ledger_house *h = &l->house;
	if (l->o.single_thread)
		return 0;
	h->threaded = true;
	int no = pthread_create(&h->thread, NULL, loop, l);
	if (no) {
		h->threaded = false;
		errno = no;
		return err_sys(e, NULL, "cannot start the ledger's housekeeper");
	}
	return 0;
}

void ledger_house_stop(struct ledger *l)
{
	struct ledger_house *h = &l->house;
	if (!h->threaded)
		return;
	pthread_mutex_lock(&h->mu);
	h->stop = true;
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->mu);
	pthread_join(h->thread, NULL);
	h->threaded = h->stop = false;
}

static void free_list(struct ledger_segment *s)
{
	while (s) {
		struct ledger_segment *next = s->next;
		ledger_segment_free(s);
		s = next;
	}
}

void ledger_house_done(struct ledger *l)
{
	struct ledger_house *h = &l->house;
	if (!h->init)
		return;
	ledger_house_stop(l);
	ledger_pack_maker_free(h->maker);
	ledger_periods_done(&h->periods);
	ledger_packs_done(&h->packs);
	seal_aead_free(h->aead);
	free_list(h->spare);
	free_list(h->retired);
	free(h->tree);
	buf_done(&h->checkpoint);
	buf_done(&h->bundle);
	buf_done(&h->scratch);
	pthread_cond_destroy(&h->done);
	pthread_cond_destroy(&h->wake);
	pthread_mutex_destroy(&h->mu);
	h->init = false;
}
