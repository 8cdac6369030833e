/* Reading: leaves from the tail in memory or from bundles, bodies from staged text, from segments, or from packs. Every body is checked against the commitment in its
 * leaf before it is given out. */
#include "ledger_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct ledger_tail_entry *ledger_tail_entry_at(const struct ledger *l, uint64_t seq)
{
	return ring_at(&l->entries, seq);
}

static bool in_tail(const struct ledger *l, uint64_t seq)
{
	return seq >= l->entries.base && seq < l->entries.end;
}

static int beyond(const struct ledger *l, uint64_t seq, struct err *e)
{
	return err_set(e, ERR_NOT_FOUND, NULL, "there is no entry %" PRIu64 "; the ledger holds %" PRIu64, seq, ledger_size(l));
}

int ledger_read_leaf(struct ledger *l, uint64_t seq, struct ledger_leaf *ret, struct err *e)
{
	if (seq >= ledger_size(l))
		return beyond(l, seq, e);
	if (in_tail(l, seq)) {
		*ret = ledger_tail_entry_at(l, seq)->leaf;
		return 0;
	}
	/* a writer's tail holds all that is not under full tiles; a reader knows the checkpoint's tiles */
	return ledger_tiles_leaf(&l->tiles, seq, l->write ? (seq / TILE_WIDTH + 1) * TILE_WIDTH : l->durable, ret, e);
}

/* ---- a reader's tail: what no pack holds yet, and what a commit made durable after the checkpoint was signed ---- */

int ledger_load_tail(struct ledger *l, uint64_t from, struct err *e)
{
	struct ledger_replay replay;
	ledger_wal_set_done(&l->wal);
	ring_reset(&l->records, 0);
	ring_reset(&l->entries, from);
	l->scratch_record = TAIL_STAGED;
	if (l->walfd < 0)
		return err_set(e, ERR_DENIED, "wal", "the newest entries are in wal/, which may not be read");
	int r = ledger_wal_load(l->walfd, &l->wal, e);
	if (r < 0)
		return r;
	if ((r = ledger_replay(&l->wal, &l->wal_keys, from, false, &l->scratch, &replay, e)) < 0)
		return r;
	int64_t last_time = l->last_time; /* it is the newest entry's already */
	l->last_time = 0;
	if (replay.n)
		ring_reset(&l->entries, replay.first);
	for (size_t i = 0; r == 0 && i < replay.n; i++) {
		struct ledger_record_ref *ref = &replay.record[i];
		struct ledger_record_head h;
		struct slice plain;
		r = ledger_record_read(ref->seg, ref->seg->aead, ref->offset, &l->scratch, &h, &plain, e);
		if (r == 0)
			r = ledger_tail_add(l, ref, plain, e);
	}
	if (r == 0 && l->entries.end > l->durable) { /* acknowledged, not yet under a checkpoint: after a crash this is where the last second stands */
		l->tail_end = l->entries.end;
		last_time = ledger_tail_entry_at(l, l->entries.end - 1)->leaf.time;
	}
	l->last_time = last_time;
	ledger_replay_done(&replay);
	return r;
}

/* Beside a writer, segments are taken out of use while we look: then their entries are in a pack. So: the catalogue, then the segments, and if the entry is in
 * neither, once more. */
static int find_tail(struct ledger *l, uint64_t seq, struct err *e)
{
	int r = 0;
	for (int tries = 0; tries < 5; tries++) {
		if ((r = ledger_packs_refresh(&l->packs, e)) < 0 && r != ERR_CORRUPT)
			return r;
		if (seq < ledger_packs_end(&l->packs))
			return 0;
		r = ledger_load_tail(l, ledger_packs_end(&l->packs), e);
		if (r == 0 && in_tail(l, seq))
			return 0;
		if (r == ERR_DENIED || r == ERR_MEMORY)
			return r;
	}
	return err_set(e, ERR_CORRUPT, "wal", "entry %" PRIu64 " is in no pack, and not in the segments: segments are missing or damaged; restore from a replica", seq);
}

/* ---- bodies ---- */

static int check(struct ledger *l, const struct ledger_leaf *leaf, struct ledger_entry *en, struct err *e)
{
	ledger_commitment(en->salt, en->body, l->sha, en->leaf.commit);
	if (en->leaf.kind != leaf->kind || en->leaf.flags != leaf->flags || en->leaf.time != leaf->time || en->leaf.size != leaf->size ||
	    memcmp(en->leaf.commit, leaf->commit, SEAL_HASH) || strcmp(en->leaf.source, leaf->source))
		return err_set(e, ERR_CORRUPT, NULL, "entry %" PRIu64 " is not what its leaf says: it was changed, or damaged; restore it from a replica", en->seq);
	return 0;
}

/* The plaintext of a record of the tail, kept until another is asked for. */
static int open_record(struct ledger *l, uint64_t number, struct slice *ret, struct err *e)
{
	if (l->scratch_record != number) {
		const struct ledger_tail_record *rec = ring_at(&l->records, number);
		struct ledger_record_head h;
		l->scratch_record = TAIL_STAGED;
		int r = ledger_record_read(rec->seg, rec->seg->aead, rec->offset, &l->scratch, &h, &l->scratch_plain, e);
		if (r == ERR_NO || r == ERR_CRYPTO || (r == 0 && (h.first != rec->first || h.plain != rec->plain)))
			return err_set(e, ERR_CORRUPT, "wal", "a record that was there before cannot be read any more");
		if (r < 0)
			return r;
		l->scratch_record = number;
	}
	*ret = l->scratch_plain;
	return 0;
}

static int read_tail(struct ledger *l, uint64_t seq, struct ledger_entry *ret, struct err *e)
{
	const struct ledger_tail_entry *t = ledger_tail_entry_at(l, seq);
	struct slice text = buf_slice(&l->staged);
	struct ledger_entry en = {.seq = seq, .leaf = t->leaf};
	if (t->record != TAIL_STAGED) {
		int r = open_record(l, t->record, &text, e);
		if (r < 0)
			return r;
	}
	if (t->at > text.n || t->leaf.size > text.n - t->at)
		return err_set(e, ERR_CORRUPT, "wal", "entry %" PRIu64 " does not fit into its record", seq);
	memcpy(en.salt, t->salt, sizeof en.salt);
	en.body = slice_of(text.p + t->at, t->leaf.size);
	int r = check(l, &t->leaf, &en, e);
	if (r == 0)
		*ret = en;
	return r;
}

static int open_pack_of(struct ledger *l, uint64_t seq, struct ledger_pack_info *ret_info, struct ledger_pack **ret, struct err *e)
{
	struct age_identity id;
	int r = ledger_packs_find(&l->packs, seq, ret_info, e);
	if (r == 0)
		r = ledger_period_get(&l->periods, ret_info->period, &id, e);
	if (r == 0)
		r = ledger_pack_open(l->packfd, ret_info, &id, ret, e);
	seal_wipe(&id, sizeof id);
	return r;
}

/* The open pack that holds seq; the one not used for longest makes room. */
static int cached_pack(struct ledger *l, uint64_t seq, struct ledger_open_pack **ret, struct err *e)
{
	struct ledger_pack_info info;
	struct ledger_open_pack *slot = &l->open_pack[0];
	int r = ledger_packs_find(&l->packs, seq, &info, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_LEN(l->open_pack); i++) {
		struct ledger_open_pack *p = &l->open_pack[i];
		if (p->pack && p->number == info.number) {
			p->used = ++l->open_clock;
			*ret = p;
			return 0;
		}
		if (p->used < slot->used)
			slot = p;
	}
	ledger_pack_free(slot->pack);
	*slot = (struct ledger_open_pack){0};
	if ((r = open_pack_of(l, seq, &info, &slot->pack, e)) < 0)
		return r;
	slot->number = info.number;
	slot->used = ++l->open_clock;
	*ret = slot;
	return 0;
}

static int read_packed(struct ledger *l, uint64_t seq, struct ledger_entry *ret, struct err *e)
{
	struct ledger_open_pack *p;
	struct ledger_entry en;
	struct ledger_leaf leaf;
	struct slice text;
	int r = cached_pack(l, seq, &p, e);
	if (r < 0)
		return r;
	size_t frame = ledger_pack_find(p->pack, seq);
	if ((r = ledger_pack_frame(p->pack, frame, &text, e)) < 0)
		return r;
	struct cur c = cur_of(text);
	if (p->frame == frame + 1 && p->next <= seq)
		(void)cur_take(&c, p->at);
	do {
		if (cur_done(&c))
			return err_set(e, ERR_CORRUPT, "packs", "entry %" PRIu64 " is not in the pack that should hold it", seq);
		if ((r = ledger_entry_any(&c, &en, e)) < 0)
			return r;
	} while (en.seq != seq);
	p->frame = frame + 1;
	p->at = cur_offset(&c);
	p->next = seq + 1;
	if (en.erased) /* who knows the entry that erased it has said so before; here its pack alone says it */
		return err_set(e, ERR_ERASED, NULL, "the body of entry %" PRIu64 " was erased", seq);
	if ((r = ledger_read_leaf(l, seq, &leaf, e)) == 0 && (r = check(l, &leaf, &en, e)) == 0)
		*ret = en;
	return r;
}

/* A pack's own entry stands in the catalogue too, in the clear. */
static int read_pack_entry(struct ledger *l, uint64_t seq, struct ledger_entry *ret, struct err *e)
{
	uint8_t record[PACK_RECORD];
	struct ledger_pack_info info;
	struct ledger_entry en;
	struct ledger_leaf leaf;
	uint64_t lo = 1, hi = l->packs.n + 1;
	int r = 0;
	while (lo < hi) {
		uint64_t mid = lo + (hi - lo) / 2;
		if ((r = ledger_packs_get(&l->packs, mid, &info, &en, record, e)) < 0)
			return r;
		if (en.seq < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo <= l->packs.n && (r = ledger_packs_get(&l->packs, lo, &info, &en, record, e)) < 0)
		return r;
	if (lo > l->packs.n || en.seq != seq) { /* records of packs that were written anew do not rise: one by one */
		for (lo = 1; lo <= l->packs.n; lo++)
			if ((r = ledger_packs_get(&l->packs, lo, &info, &en, record, e)) < 0 || en.seq == seq)
				break;
		if (r < 0 || lo > l->packs.n)
			return r < 0 ? r : ERR_NO;
	}
	buf_reset(&l->erased_room);
	buf_add_slice(&l->erased_room, en.body);
	if (!buf_ok(&l->erased_room))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	en.body = buf_slice(&l->erased_room);
	if ((r = ledger_read_leaf(l, seq, &leaf, e)) == 0 && (r = check(l, &leaf, &en, e)) == 0)
		*ret = en;
	return r;
}

/* The key of its quarter is not there. Does an entry say why? */
static int read_erased(struct ledger *l, uint64_t seq, struct ledger_entry *ret, struct err *e)
{
	struct ledger_pack_info info;
	struct ledger_leaf leaf;
	struct ledger_entry en;
	struct err why = {0};
	int r = ledger_erased_covers(l, seq, &why);
	if (r != ERR_ERASED)
		r = seq < ledger_packs_end(&l->packs) ? ledger_packs_find(&l->packs, seq, &info, NULL) : ERR_NO;
	if (r == 0)
		r = ledger_erased_period(l, info.period, seq, &why);
	if (r != ERR_ERASED)
		return ERR_NO;
	if ((r = ledger_read_leaf(l, seq, &leaf, e)) < 0)
		return r;
	if (ledger_names_pack(leaf.kind) && (r = read_pack_entry(l, seq, ret, e)) != ERR_NO)
		return r;
	r = ledger_erased_get(l, seq, &l->erased_room, &en, e);
	if (r == 0 && (r = check(l, &leaf, &en, e)) == 0)
		*ret = en;
	if (r == ERR_ERASED && e)
		*e = why;
	return r;
}

int ledger_read(struct ledger *l, uint64_t seq, struct ledger_entry *ret, struct err *e)
{
	struct err why = {0};
	if (ledger_erased_covers(l, seq, NULL) == ERR_ERASED) /* an entry rules over what a segment, or a key that came back, would still give */
		return read_erased(l, seq, ret, e);
	int r = ledger_read_plain(l, seq, ret, &why), x = ERR_NO;
	if (r == ERR_ERASED && ledger_erased_known(l, NULL) < 0) { /* its pack says that much by itself */
		if (e)
			*e = why;
		return r;
	}
	if (r == ERR_CRYPTO || r == ERR_ERASED)
		x = read_erased(l, seq, ret, e);
	if (x != ERR_NO)
		return x;
	if (r < 0 && e)
		*e = why;
	return r;
}

int ledger_read_plain(struct ledger *l, uint64_t seq, struct ledger_entry *ret, struct err *e)
{
	if (seq >= ledger_size(l))
		return beyond(l, seq, e);
	if (l->write)
		return in_tail(l, seq) ? read_tail(l, seq, ret, e) : read_packed(l, seq, ret, e);
	if (in_tail(l, seq) && seq >= ledger_packs_end(&l->packs) && read_tail(l, seq, ret, NULL) == 0)
		return 0;
	if (seq >= ledger_packs_end(&l->packs)) { /* not there, or its segment has just been taken out of use */
		int r = find_tail(l, seq, e);
		if (r < 0)
			return r;
	}
	return seq < ledger_packs_end(&l->packs) ? read_packed(l, seq, ret, e) : read_tail(l, seq, ret, e);
}

/* ---- scanning ---- */

static int scan_leaves(struct ledger *l, uint64_t from, uint64_t to, ledger_scan_fn *fn, void *arg, struct err *e)
{
	for (uint64_t seq = from; seq < to; seq++) {
		struct ledger_entry en = {.seq = seq};
		int r = ledger_read_leaf(l, seq, &en.leaf, e);
		if (r == 0)
			r = fn(arg, &en, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A pack whose quarter was erased: what was kept, and of the rest that it is gone. */
static int scan_erased(struct ledger *l, uint64_t *next, uint64_t to, ledger_scan_fn *fn, void *arg, struct err *e)
{
	AUTO_BUF struct buf room = {0};
	buf_init(&room, LEDGER_BODY_MAX + ENTRY_LINE_MAX + 2);
	for (int r; *next < to; (*next)++) {
		struct ledger_entry en;
		struct ledger_leaf leaf;
		if ((r = ledger_read_leaf(l, *next, &leaf, e)) < 0)
			return r;
		r = ledger_erased_get(l, *next, &room, &en, e);
		if (r == 0)
			r = check(l, &leaf, &en, e);
		if (r == ERR_ERASED) {
			en.leaf = leaf;
			r = 0;
		}
		if (r < 0 || (r = fn(arg, &en, e)) < 0)
			return r;
	}
	return 0;
}

/* The wanted entries of one frame of a pack. */
static int scan_frame(struct ledger *l, struct slice text, uint64_t *next, uint64_t to, ledger_scan_fn *fn, void *arg, struct err *e)
{
	struct cur c = cur_of(text);
	while (!cur_done(&c) && *next < to) {
		struct ledger_entry en;
		struct ledger_leaf leaf;
		int r = ledger_entry_any(&c, &en, e);
		if (r < 0)
			return r;
		if (en.seq < *next)
			continue;
		if (en.seq > *next)
			return err_set(e, ERR_CORRUPT, "packs", "entry %" PRIu64 " is missing in its pack", *next);
		if (en.erased || ledger_erased_covers(l, en.seq, NULL) == ERR_ERASED) { /* one body; what is left of it was kept */
			if ((r = ledger_erased_known(l, e)) < 0 || (r = scan_erased(l, next, en.seq + 1, fn, arg, e)) < 0)
				return r;
			continue;
		}
		if ((r = ledger_read_leaf(l, en.seq, &leaf, e)) < 0 || (r = check(l, &leaf, &en, e)) < 0 || (r = fn(arg, &en, e)) < 0)
			return r;
		(*next)++;
	}
	return 0;
}

/* One pack, with a handle of its own: fn may read other entries meanwhile, or scan. The handle is kept for the scan that goes on where this one was stopped: opening it anew for each MiB that the scribe took cost a
 * tenth of a rebuild's time here. */
static int scan_pack(struct ledger *l, uint64_t *next, uint64_t to, ledger_scan_fn *fn, void *arg, struct err *e)
{
	struct ledger_pack_info info;
	struct ledger_open_pack own = l->scanned;
	l->scanned = (struct ledger_open_pack){0};
	int r = ledger_packs_find(&l->packs, *next, &info, e);
	if (r == 0 && (!own.pack || own.number != info.number)) {
		ledger_pack_free(own.pack);
		own = (struct ledger_open_pack){.number = info.number};
		struct err why = {0};
		if (ledger_erased_quarter(l, info.period))
			return scan_erased(l, next, to > info.first + info.count ? info.first + info.count : to, fn, arg, e);
		r = open_pack_of(l, *next, &info, &own.pack, &why);
		if (r == ERR_CRYPTO && ledger_erased_period(l, info.period, *next, NULL) == ERR_ERASED)
			return scan_erased(l, next, to > info.first + info.count ? info.first + info.count : to, fn, arg, e);
		if (r < 0 && e)
			*e = why;
	}
	if (r == 0 && to > info.first + info.count)
		to = info.first + info.count;
	for (size_t i = r == 0 ? ledger_pack_find(own.pack, *next) : 0; r == 0 && *next < to && i < ledger_pack_frames(own.pack); i++) {
		struct slice text;
		r = ledger_pack_frame(own.pack, i, &text, e);
		if (r == 0)
			r = scan_frame(l, text, next, to, fn, arg, e);
	}
	if (r == 0 && *next < to)
		r = err_set(e, ERR_CORRUPT, "packs", "entry %" PRIu64 " is not in the pack that should hold it", *next);
	ledger_pack_free(l->scanned.pack); /* of a scan within this one */
	l->scanned = (struct ledger_open_pack){0};
	if (own.pack && (r < 0 || *next < info.first + info.count))
		l->scanned = own;
	else
		ledger_pack_free(own.pack);
	return r;
}

int ledger_scan(struct ledger *l, uint64_t from, uint64_t to, bool want_bodies, ledger_scan_fn *fn, void *arg, struct err *e)
{
	if (to > ledger_size(l))
		return beyond(l, to - 1, e);
	if (!want_bodies)
		return scan_leaves(l, from, to, fn, arg, e);
	while (from < to) { /* fn may append, commit and tick: where an entry stands is asked anew each time */
		int r;
		if (!in_tail(l, from) && from < ledger_packs_end(&l->packs)) {
			r = scan_pack(l, &from, to, fn, arg, e);
		} else {
			struct ledger_entry en;
			if (ledger_erased_covers(l, from, NULL) == ERR_ERASED) {
				r = scan_erased(l, &from, from + 1, fn, arg, e);
			} else {
				r = ledger_read(l, from, &en, e);
				if (r == 0)
					r = fn(arg, &en, e);
				from++;
			}
		}
		if (r < 0)
			return r;
	}
	return 0;
}

int ledger_at_time(struct ledger *l, int64_t t, uint64_t *ret_seq, struct err *e)
{
	uint64_t lo = 0, hi = ledger_size(l);
	while (lo < hi) {
		uint64_t mid = lo + (hi - lo) / 2;
		struct ledger_leaf leaf;
		int r = ledger_read_leaf(l, mid, &leaf, e);
		if (r < 0)
			return r;
		if (leaf.time <= t)
			lo = mid + 1;
		else
			hi = mid;
	}
	*ret_seq = lo;
	return 0;
}

/* ---- proofs, over the published tree ---- */

int ledger_prove(struct ledger *l, uint64_t seq, struct buf *ret, struct err *e)
{
	AUTO_BUF struct buf note = {0}, hashes = {0};
	struct tlog_checkpoint k;
	buf_init(&note, 1 << 16);
	buf_init(&hashes, 64 * SEAL_HASH);
	ledger_checkpoint(l, &note);
	int r = tlog_checkpoint_parse(buf_slice(&note), &k, e); /* the note begins with its text */
	if (r < 0)
		return r;
	if (seq >= k.size)
		return err_set(e, ERR_NOT_FOUND, NULL, seq >= ledger_size(l) ? "there is no such entry" : "the published checkpoint does not cover this entry yet: ask again in a second");
	if ((r = ledger_tiles_inclusion(&l->tiles, seq, k.size, k.size, &hashes, e)) < 0)
		return r;
	tlog_proof_put(ret, seq, buf_slice(&hashes), buf_slice(&note));
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "no room for a proof");
}

int ledger_consistency(struct ledger *l, uint64_t old_size, uint64_t new_size, struct buf *ret_hashes, struct err *e)
{
	uint64_t published = ledger_published(l);
	if (old_size > new_size || new_size > published)
		return err_set(e, ERR_USAGE, NULL, "a proof runs from a smaller size to a larger one, up to the %" PRIu64 " entries that are published", published);
	return ledger_tiles_consistency(&l->tiles, old_size, new_size, published, ret_hashes, e);
}
