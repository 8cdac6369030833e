/* Making, opening and closing a ledger.
 *
 * Opening for writing changes nothing until it is sure that what is there hangs together: the segments from the oldest entry they hold to the last whole commit, the
 * catalogue of packs up to there, and the checkpoint, whose root must be the root of the same tree. Then it sets a torn tail aside, writes the last commit once
 * more, makes again every tile that a power cut may have taken, clears away what was half made, and goes on.
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

#define SEGMENT_SIZE (UINT64_C(64) << 20)
#define SEGMENT_SIZE_MIN (UINT64_C(64) << 10)
#define PACK_SIZE (UINT64_C(32) << 20)
#define PACK_SIZE_MAX (UINT64_C(1) << 30)
#define RESERVE (UINT64_C(1) << 30)

static const char *const torn_dir = "torn";

/* ---- creating ---- */

int ledger_create(int sitefd, const struct site_keys *keys, struct err *e)
{
	AUTO_BUF struct buf vkey = {0}, text = {0}, note = {0};
	struct tlog_checkpoint k = {0};
	struct stat st;
	buf_init(&vkey, 4096);
	buf_init(&text, 4096);
	buf_init(&note, 8192);
	if (!keys->can_sign)
		return err_set(e, ERR_USAGE, "keys/signing.key", "a ledger is made with the key that signs it");
	if (fstatat(sitefd, "ledger/checkpoint", &st, 0) == 0)
		return err_set(e, ERR_EXISTS, "ledger/checkpoint", "there is a ledger already");
	int r = file_mkdir(sitefd, "ledger", 0755, e);
	if (r == 0)
		r = file_mkdir(sitefd, "wal/torn", 0700, e);
	if (r == 0)
		r = file_mkdir(sitefd, "packs", 0755, e);
	note_vkey_format(&keys->signing.v, &vkey);
	buf_u8(&vkey, '\n');
	if (r == 0)
		r = file_replace(sitefd, "ledger/vkey", buf_slice(&vkey), 0644, e);
	memcpy(k.origin, keys->signing.v.name, sizeof k.origin);
	tlog_fold(NULL, 0, k.root);
	tlog_checkpoint_put(&text, &k);
	if (r == 0)
		r = note_sign(&keys->signing, buf_slice(&text), &note, e);
	if (r == 0 && !(buf_ok(&vkey) && buf_ok(&text) && buf_ok(&note)))
		r = err_set(e, ERR_MEMORY, NULL, "no memory to make a ledger");
	return r == 0 ? file_replace(sitefd, "ledger/checkpoint", buf_slice(&note), 0644, e) : r; /* last: with it, it is a ledger */
}

/* ---- what both kinds of opening need ---- */

int ledger_vkey_read(int dirfd, struct note_vkey *ret, struct err *e)
{
	AUTO_BUF struct buf b = {0}, again = {0};
	struct note_vkey v;
	buf_init(&b, 4096);
	buf_init(&again, 4096);
	int r = file_read(dirfd, "vkey", 4096, &b, e);
	if (r == ERR_NOT_FOUND)
		r = err_set(e, ERR_NOT_FOUND, "vkey", "the log's verifier key is missing; put a copy of it back: it is public, one line, and everybody who verifies this log has it");
	else if (r == ERR_SYSTEM && e && e->sys_errno == EACCES)
		r = err_set(e, ERR_DENIED, "vkey", "you may not read the log's verifier key, which is public: let its owner run `chmod 644` on it");
	if (r == 0)
		r = note_vkey_parse(slice_trim(buf_slice(&b)), &v, e);
	if (r == 0) {
		note_vkey_format(&v, &again);
		buf_u8(&again, '\n');
		if (!buf_ok(&again))
			r = err_set(e, buf_code(&again), "vkey", "no memory to read it");
		else if (!slice_eq(buf_slice(&b), buf_slice(&again)))
			r = err_set(e, ERR_CORRUPT, "vkey", "it is not exactly one key and a line end");
		else
			*ret = v;
	}
	if (r < 0)
		err_in(e, "ledger");
	return r;
}

/* The published checkpoint, its signature checked. */
int ledger_head_read(int dirfd, const struct note_vkey *v, struct tlog_checkpoint *ret, struct buf *ret_note, struct err *e)
{
	struct slice text;
	uint64_t mask;
	buf_reset(ret_note);
	int r = file_read(dirfd, "checkpoint", 1 << 16, ret_note, e);
	if (r == ERR_NOT_FOUND)
		return err_set(e, ERR_NOT_FOUND, "ledger/checkpoint", "there is no ledger here; a checkpoint that was lost is copied back from a replica");
	if (r < 0)
		return r;
	r = note_verify(buf_slice(ret_note), v, 1, &text, &mask, NULL, e);
	if (r == 0)
		r = tlog_checkpoint_parse(text, ret, e);
	if (r == 0 && strcmp(ret->origin, v->name))
		r = err_set(e, ERR_CORRUPT, NULL, "it is the checkpoint of another log");
	if (r == ERR_MEMORY || r == ERR_SYSTEM)
		return r;
	return r < 0 ? err_set(e, ERR_CORRUPT, "ledger/checkpoint", "it is damaged, or not signed by this site's key: copy it back from a replica, and have `holdfast ledger verify` look") : 0;
}

static void defaults(struct ledger_options *o)
{
	if (!o->segment_size)
		o->segment_size = SEGMENT_SIZE;
	if (o->segment_size < SEGMENT_SIZE_MIN)
		o->segment_size = SEGMENT_SIZE_MIN;
	if (o->segment_size > WAL_SEGMENT_MAX / 2)
		o->segment_size = WAL_SEGMENT_MAX / 2;
	o->segment_size = (o->segment_size + WAL_PAGE - 1) / WAL_PAGE * WAL_PAGE;
	if (!o->pack_size)
		o->pack_size = PACK_SIZE;
	if (o->pack_size > PACK_SIZE_MAX)
		o->pack_size = PACK_SIZE_MAX;
	if (!o->pack_age)
		o->pack_age = 60 * TIME_SEC;
	if (!o->publish_interval)
		o->publish_interval = TIME_SEC;
	if (!o->reserve)
		o->reserve = RESERVE;
	if (!o->clock)
		o->clock = time_now;
}

static int open_folders(struct ledger *l, int sitefd, struct err *e)
{
	if ((l->sitefd = fcntl(sitefd, F_DUPFD_CLOEXEC, 0)) < 0)
		return err_sys(e, NULL, "cannot open the site folder");
	if ((l->dirfd = file_open_dir(sitefd, "ledger", e)) < 0)
		return l->dirfd;
	if ((l->packfd = file_open_dir(sitefd, "packs", e)) < 0)
		return l->packfd;
	if ((l->walfd = file_open_dir(sitefd, "wal", e)) < 0 && l->write)
		return l->walfd; /* a reader without the right to look there reads leaves and packs */
	return 0;
}

static struct ledger *alloc(const struct ledger_options *o)
{
	struct ledger *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	(void)!seal_lock_memory(l, sizeof *l, NULL); /* keys will lie in it; refused on a small machine, as the keeper says of its own */
	l->sitefd = l->dirfd = l->walfd = l->packfd = l->packs.fd = -1;
	if (o)
		l->o = *o;
	l->write = l->o.write;
	defaults(&l->o);
	ledger_append_init(l);
	buf_init(&l->checkpoint, 1 << 16);
	buf_init(&l->scratch, ledger_record_size(LEDGER_BODY_MAX + WAL_RECORD_TARGET + ENTRY_LINE_MAX + 2) + WAL_PAGE);
	l->scratch_record = TAIL_STAGED;
	buf_init_secret(&l->erased_room, LEDGER_BODY_MAX + ENTRY_LINE_MAX + 2);
	return l;
}

static void take_keys(struct ledger *l, const struct site_keys *k)
{
	ledger_wal_keys_take(&l->wal_keys, k);
	ledger_periods_init(&l->periods, l->sitefd, k);
	if (k->can_sign)
		l->signer = k->signing;
}

/* ---- the tail ---- */

/* One record's entries into the rings. */
int ledger_tail_add(struct ledger *l, const struct ledger_record_ref *ref, struct slice plain, struct err *e)
{
	struct cur c = cur_of(plain);
	uint64_t seq = ref->head.first;
	char place[WAL_NAME_MAX + 24], name[WAL_NAME_MAX];
	snprintf(place, sizeof place, "wal/%s:%" PRIu64, ledger_segment_name(ref->seg, name), ref->offset);
	struct ledger_tail_record *rec = ring_push(&l->records);
	if (!rec)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the ledger's tail");
	*rec = (struct ledger_tail_record){.seg = ref->seg, .offset = ref->offset, .first = seq, .plain = ref->head.plain, .count = ref->head.count};
	for (; !cur_done(&c); seq++) {
		struct ledger_entry en;
		uint32_t line = (uint32_t)cur_offset(&c);
		int r = ledger_entry_next(&c, &en, e);
		if (r == 0 && (en.seq != seq || en.leaf.time < l->last_time))
			r = err_set(e, ERR_CORRUPT, NULL, "its entries are out of order");
		if (r < 0) {
			err_in(e, place);
			return r;
		}
		struct ledger_tail_entry *t = ring_push(&l->entries);
		if (!t)
			return err_set(e, ERR_MEMORY, NULL, "no memory for the ledger's tail");
		*t = (struct ledger_tail_entry){.leaf = en.leaf, .record = l->records.end - 1, .line = line, .at = (uint32_t)(en.body.p - plain.p)};
		memcpy(t->salt, en.salt, sizeof t->salt);
		ledger_commitment(en.salt, en.body, l->sha, t->leaf.commit);
		l->last_time = en.leaf.time;
	}
	return seq == ref->head.first + ref->head.count ? 0 : err_set(e, ERR_CORRUPT, place, "it does not hold as many entries as it says");
}

/* ---- opening for writing ---- */

struct opening {
	struct ledger *l;
	struct buf *note;
	struct ledger_wal_set wal;
	struct ledger_replay replay;
	struct tlog_checkpoint head;
	uint64_t room; /* records in the ring before the last commit */
	bool seen_fresh;
};

static void say(struct opening *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(struct opening *o, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	if (!o->note)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	buf_str(o->note, line);
	buf_u8(o->note, '\n');
}

static int read_tail(struct opening *o, struct err *e)
{
	struct ledger *l = o->l;
	int r = ledger_wal_load(l->walfd, &o->wal, e);
	if (r == 0)
		r = ledger_replay(&o->wal, &l->wal_keys, 0, true, &l->scratch, &o->replay, e);
	if (r < 0)
		return r;
	if (o->replay.damaged) {
		if (e)
			*e = o->replay.damage;
		return ERR_CORRUPT;
	}
	ring_reset(&l->entries, o->replay.first);
	for (size_t i = 0; i < o->replay.n; i++) {
		struct ledger_record_ref *ref = &o->replay.record[i];
		struct ledger_record_head h;
		struct slice plain;
		r = ledger_record_read(ref->seg, ref->seg->aead, ref->offset, &l->scratch, &h, &plain, e);
		if (r == 0)
			r = ledger_tail_add(l, ref, plain, e);
		if (r < 0)
			return r == ERR_NO || r == ERR_CRYPTO ? err_set(e, ERR_CORRUPT, "wal", "a record changed while it was read: check the disk") : r;
	}
	l->batch = o->replay.batch;
	l->durable = l->entries.end;
	return 0;
}

/* Does the checkpoint speak of more than is here, or of something else? */
static int compare_sizes(const struct opening *o, struct err *e)
{
	const struct ledger *l = o->l;
	if (o->head.size > l->durable)
		return err_set(e, ERR_CORRUPT, "ledger/checkpoint",
		               "it covers %" PRIu64 " entries, but only %" PRIu64 " are here: segments in wal/ are missing or cut. Nothing was changed. Put them back, or restore the site "
		               "from a replica; do not go on under this name",
		               o->head.size, l->durable);
	if (l->entries.base > o->head.size)
		return err_set(e, ERR_CORRUPT, "ledger/checkpoint",
		               "it covers %" PRIu64 " entries, but the segments begin at entry %" PRIu64 ": this is an old checkpoint, or segments before are missing. Copy the newest checkpoint, or the "
		               "segments, back; a replica has them",
		               o->head.size, l->entries.base);
	return 0;
}

static int fault_packs(struct err *e, uint64_t end, uint64_t first)
{
	return err_set(e, ERR_CORRUPT, "packs/index", "packs hold the entries before %" PRIu64 ", the segments those from %" PRIu64 ": what lies between is missing. Restore packs/ from a replica",
	               end, first);
}

/* Of a pack that was written anew, the entry that says so lies in a later pack than the first one: it was met before. */
static bool newer_known(const struct ledger_packs *p, uint64_t number, uint64_t seq)
{
	struct ledger_pack_info info;
	struct ledger_entry en;
	uint8_t record[PACK_RECORD];
	return ledger_packs_get(p, number, &info, &en, record, NULL) == 0 && en.leaf.kind == LEDGER_REPACK && en.seq > seq;
}

/* The entries of packs that a pack holds, into the catalogue. */
static int index_from_pack(struct ledger *l, const struct ledger_pack_info *info, struct err *e)
{
	struct age_identity id;
	struct ledger_pack *pack = NULL;
	int r = ledger_period_get(&l->periods, info->period, &id, e);
	if (r == 0)
		r = ledger_pack_open(l->packfd, info, &id, &pack, e);
	seal_wipe(&id, sizeof id);
	for (size_t f = 0; r == 0 && f < ledger_pack_frames(pack); f++) {
		struct slice text;
		if ((r = ledger_pack_frame(pack, f, &text, e)) < 0)
			break;
		struct cur c = cur_of(text);
		while (r == 0 && !cur_done(&c)) {
			struct ledger_entry en;
			struct ledger_pack_info other;
			if ((r = ledger_entry_any(&c, &en, e)) < 0 || en.erased || !ledger_names_pack(en.leaf.kind))
				continue;
			if ((r = ledger_pack_body_parse(en.body, &other, e)) == 0 && !newer_known(&l->house.packs, other.number, en.seq))
				r = ledger_packs_put(&l->house.packs, &other, &en, e);
		}
	}
	ledger_pack_free(pack);
	return r;
}

/* packs/index was lost or damaged. The entry of a pack lies in a later pack or in the tail: so from the last pack backwards each is known when its turn comes. */
static int remake_index(struct opening *o, struct err *e)
{
	struct ledger *l = o->l;
	struct ledger_packs *p = &l->house.packs;
	uint64_t lowest = 0;
	for (uint64_t seq = l->entries.end; seq-- > l->entries.base;) {
		struct ledger_pack_info info;
		struct ledger_entry en;
		if (!ledger_names_pack(ledger_tail_entry_at(l, seq)->leaf.kind))
			continue;
		int r = ledger_read(l, seq, &en, e);
		if (r == 0)
			r = ledger_pack_body_parse(en.body, &info, e);
		if (r == 0 && !newer_known(p, info.number, seq))
			r = ledger_packs_put(p, &info, &en, e);
		if (r < 0)
			return r;
		if (en.leaf.kind == LEDGER_PACK)
			lowest = info.number;
	}
	if (!lowest) /* the entry of the last pack is always in the tail: there is nothing to begin with */
		return err_set(e, ERR_CORRUPT, "packs/index", "the catalogue of packs is damaged, and the segments name no pack to make it again from; copy it back from a replica");
	for (uint64_t number = p->n; number > 0 && lowest > 1; number--) {
		struct ledger_pack_info info;
		uint8_t record[PACK_RECORD];
		int r = ledger_packs_get(p, number, &info, NULL, record, e);
		if (r == 0)
			r = index_from_pack(l, &info, e);
		if (r < 0)
			return r;
	}
	say(o, "The catalogue of packs was damaged and has been made again from the packs.");
	return 0;
}

/* Bring packs/index up to the pack entries of the tail. */
static int read_packs(struct opening *o, struct err *e)
{
	struct ledger *l = o->l;
	struct ledger_packs *p = &l->house.packs;
	int r = ledger_packs_open(p, l->packfd, true, e);
	bool damaged = r == ERR_CORRUPT;
	if (r < 0 && !damaged)
		return r;
	bool changed = damaged;
	for (uint64_t seq = l->entries.base; !damaged && seq < l->durable; seq++) {
		struct ledger_entry en;
		struct ledger_pack_info info;
		if (!ledger_names_pack(ledger_tail_entry_at(l, seq)->leaf.kind))
			continue;
		if ((r = ledger_read(l, seq, &en, e)) < 0 || (r = ledger_pack_body_parse(en.body, &info, e)) < 0)
			return r;
		if (info.number > p->n + 1) {
			damaged = true;
		} else { /* written again even where it stands: what stood only in memory when the power went is on the disk then */
			if ((r = ledger_packs_put(p, &info, &en, e)) < 0)
				return r;
			changed = true;
		}
	}
	if (damaged && (r = remake_index(o, e)) < 0)
		return r;
	if (changed && (r = ledger_packs_sync(p, e)) < 0)
		return r;
	if (ledger_packs_end(p) < l->entries.base)
		return fault_packs(e, ledger_packs_end(p), l->entries.base);
	return ledger_packs_end(p) > l->durable ? fault_packs(e, ledger_packs_end(p), l->durable) : 0;
}

/* The leaves of the tail's first tile that are below the tail: from their bundle, or, where that is missing or not to be believed (*packs), from packs: *packs says afterwards which it was. */
static int leaves_below(struct ledger *l, uint64_t from, uint64_t to, bool *packs, uint64_t size, struct err *e)
{
	const struct ledger_bundle_slot *b;
	AUTO_BUF struct buf made = {0};
	uint32_t at[TILE_WIDTH + 1];
	uint64_t n = from / TILE_WIDTH;
	buf_init(&made, BUNDLE_MAX);
	if (from == to)
		return 0;
	int r = *packs ? ERR_CORRUPT : ledger_bundle_get(&l->tiles, n, ledger_tile_width(TILE_ENTRIES, n, size), &b, e);
	*packs = r == ERR_CORRUPT;
	if (r == 0)
		buf_add(&made, b->bytes.p, b->at[to - from] - 2);
	else if (r == ERR_CORRUPT)
		r = ledger_leaves_from_packs(l, from, to, &made, e);
	if (r == 0)
		r = ledger_bundle_parse(buf_slice(&made), (unsigned)(to - from), at, e);
	for (unsigned i = 0; r == 0 && i < to - from; i++) {
		struct slice leaf = slice_of(made.p + at[i], at[i + 1] - 2 - at[i]);
		if (leaf.n > LEDGER_LEAF_MAX)
			return err_set(e, ERR_CORRUPT, "ledger/tile/entries", "a leaf is too long");
		ledger_house_leaf(l, leaf);
	}
	return r;
}

/* The tree of the entries below the tail (below: as the tiles say it, or as it was made again), grown by the tail's own leaves up to the checkpoint: is it the tree that
 * was signed? Nothing is written. */
static int tree_fits(struct ledger *l, const struct tlog_tree *below, bool *packs, const struct tlog_checkpoint *head, bool *ret_fits, struct err *e)
{
	struct ledger_house *h = &l->house;
	uint8_t root[SEAL_HASH];
	*h->tree = *below;
	buf_reset(&h->bundle);
	int r = leaves_below(l, below->size, l->entries.base, packs, head->size, e);
	if (r < 0)
		return r;
	for (uint64_t seq = h->tree->size; seq < head->size; seq++) {
		uint8_t leaf[LEDGER_LEAF_MAX];
		if (seq % TILE_WIDTH == 0)
			buf_reset(&h->bundle);
		ledger_house_leaf(l, slice_of(leaf, ledger_leaf_encode(&ledger_tail_entry_at(l, seq)->leaf, leaf)));
		h->tree->closed_n = 0;
	}
	tlog_tree_root(h->tree, root);
	*ret_fits = !memcmp(root, head->root, SEAL_HASH);
	return 0;
}

static bool hard(int r) /* not a statement about the ledger's bytes */
{
	return r < 0 && r != ERR_CORRUPT && r != ERR_CRYPTO;
}

/* Opened before the tree is made again: where that reads every pack, the bodies pass by in the same pass. */
static int open_seen(struct opening *o, struct err *e)
{
	return o->l->seen ? 0 : ledger_seen_open(o->l->dirfd, o->l->dedupe, &o->l->seen, &o->seen_fresh, e);
}

static int find_tree(struct opening *o, struct tlog_tree *below, bool *ret_remade, struct err *e)
{
	struct ledger *l = o->l;
	uint64_t base = l->entries.base / TILE_WIDTH * TILE_WIDTH;
	bool fits = false, packs = false;
	int r = ledger_tiles_load(&l->tiles, base, o->head.size, below, e);
	if (r == 0)
		r = tree_fits(l, below, &packs, &o->head, &fits, e);
	if (hard(r))
		return r;
	*ret_remade = (!fits && l->entries.base) || packs;
	if (!fits && l->entries.base) { /* tiles below the tail are missing or wrong: the leaves themselves, from bundles or packs, must tell */
		if ((r = open_seen(o, e)) == 0 && (r = ledger_remake_tiles(l, base, below, e)) == 0) {
			ledger_tiles_forget(&l->tiles);
			packs = true;
			r = tree_fits(l, below, &packs, &o->head, &fits, e);
		}
		if (hard(r))
			return r;
		if (fits)
			say(o, "Tiles were missing or damaged and have been made again.");
	}
	if (!fits)
		return err_set(e, ERR_CORRUPT, "ledger/checkpoint",
		               "the %" PRIu64 " entries it covers are not the entries that are here. Nothing was acknowledged since. Run `holdfast ledger verify`, and restore the site from a replica",
		               o->head.size);
	return 0;
}

static int read_tree(struct opening *o, struct err *e)
{
	struct ledger *l = o->l;
	struct ledger_house *h = &l->house;
	struct tlog_tree *below = calloc(1, sizeof *below);
	bool remade = false;
	int r = below ? find_tree(o, below, &remade, e) : err_set(e, ERR_MEMORY, NULL, "no memory for the ledger's tree");
	if (r == 0) { /* once more from below, this time to be kept: the tail's tiles are written anew */
		*h->tree = *below;
		h->tiles_durable = below->size;
		h->tiles_kept = remade ? 0 : l->entries.base;
		buf_reset(&h->bundle);
		r = leaves_below(l, below->size, l->entries.base, &remade, o->head.size, e);
	}
	free(below);
	return r;
}

/* ---- a torn tail is kept, and then cleared ---- */

static int keep_torn(struct opening *o, const struct ledger_torn *t, struct err *e)
{
	char path[128], stamp[32], name[WAL_NAME_MAX];
	AUTO_BUF struct buf b = {0};
	buf_init(&b, WAL_PAGE + t->seg->size);
	uint8_t *p = buf_space(&b, WAL_PAGE + t->size);
	if (!p)
		return err_set(e, ERR_MEMORY, "wal", "no memory to set a torn tail aside");
	int r = file_pread_all(t->seg->fd, p, WAL_PAGE, 0, e, "wal");
	if (r == 0)
		r = file_pread_all(t->seg->fd, p + WAL_PAGE, t->size, t->offset, e, "wal");
	if (r < 0)
		return r;
	buf_commit(&b, WAL_PAGE + t->size);
	time_rfc3339(o->l->o.clock(), 0, stamp);
	snprintf(path, sizeof path, "%s/%08" PRIu64 "-%" PRIu64 "-%.20s", torn_dir, t->seg->number, t->offset, stamp);
	if ((r = file_mkdir(o->l->walfd, torn_dir, 0700, e)) < 0 || (r = file_replace(o->l->walfd, path, buf_slice(&b), 0600, e)) < 0)
		return r;
	say(o, "A torn tail of %" PRIu64 " bytes in wal/%s was set aside in wal/%s: the machine or the program stopped within a commit, of which nobody had been told that it was saved.",
	    t->size, ledger_segment_name(t->seg, name), path);
	return 0;
}

static int clear_torn(const struct ledger_torn *t, struct err *e)
{
	uint8_t *zeros = calloc(1, t->size);
	if (!zeros)
		return err_set(e, ERR_MEMORY, "wal", "no memory to clear a torn tail");
	int r = file_pwrite_all(t->seg->fd, slice_of(zeros, t->size), t->offset, e, "wal");
	free(zeros);
	if (r == 0 && fdatasync(t->seg->fd))
		r = err_sys(e, "wal", "cannot clear a torn tail");
	return r;
}

static int set_torn_aside(struct opening *o, struct err *e)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < o->replay.torn_n; i++)
		r = keep_torn(o, &o->replay.torn[i], e);
	for (size_t i = 0; r == 0 && i < o->replay.torn_n; i++)
		r = clear_torn(&o->replay.torn[i], e);
	return r;
}

/* The last commit, written over itself. If its fdatasync had failed, or had not come yet, its pages may be in memory only and yet called clean (fsync-gate);
 * from here on they count as saved, so they have to be. */
static int write_last_again(struct opening *o, struct err *e)
{
	struct ledger *l = o->l;
	const struct ledger_segment *synced = NULL;
	int r = 0;
	for (size_t i = o->replay.n; i-- > 0 && o->replay.record[i].head.batch == o->replay.batch;) {
		const struct ledger_record_ref *ref = &o->replay.record[i];
		uint64_t size = ledger_record_size(ref->head.plain);
		buf_reset(&l->scratch);
		uint8_t *p = buf_space(&l->scratch, size);
		if (!p)
			return err_set(e, ERR_MEMORY, "wal", "no memory");
		uint64_t end = WAL_RECORD_HEAD + (uint64_t)ref->head.plain + WAL_TAG; /* behind it, sectors that did not reach the disk still hold an earlier use's bytes */
		if ((r = file_pread_all(ref->seg->fd, p, end, ref->offset, e, "wal")) < 0)
			return r;
		memset(p + end, 0, size - end);
		if ((r = file_pwrite_all(ref->seg->fd, slice_of(p, size), ref->offset, e, "wal")) < 0)
			return r;
	}
	for (size_t i = o->replay.n; i-- > 0 && o->replay.record[i].head.batch == o->replay.batch;)
		if (o->replay.record[i].seg != synced) {
			synced = o->replay.record[i].seg;
			if (fdatasync(synced->fd))
				return err_sys(e, "wal", "cannot make the last commit durable");
		}
	l->scratch_record = TAIL_STAGED;
	return 0;
}

/* ---- segments, and what was half made ---- */

static void sort_segments(struct opening *o)
{
	struct ledger *l = o->l;
	struct ledger_house *h = &l->house;
	struct ledger_segment **used = &l->used, **spare = &h->spare;
	h->next_number = 1;
	for (size_t i = 0; i < o->wal.n; i++) {
		struct ledger_segment *s = o->wal.seg[i];
		if (s->number >= h->next_number)
			h->next_number = s->number + 1;
		bool holds = false;
		for (size_t k = 0; k < o->replay.n && !holds; k++)
			holds = o->replay.record[k].seg == s;
		s->holds = holds;
		if (holds) {
			*used = l->cur = s;
			used = &s->next;
		} else {
			s->used = WAL_PAGE;
			*spare = s;
			spare = &s->next;
			h->spare_n++;
			h->spare_bytes += s->size;
		}
	}
	free(o->wal.seg);
	memset(&o->wal, 0, sizeof o->wal);
	if (l->cur) {
		uint64_t counter;
		seal_random(&counter, sizeof counter);
		l->cur->counter = counter << 16;
		if (l->cur->stale) /* the care key was rotated: what follows goes to a segment of its own */
			l->cur->used = l->cur->size;
	}
}

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);
	return n >= m && !strcmp(name + n - m, end);
}

static bool wal_leftover(const struct ledger *l, const char *name)
{
	return ends_with(name, ".tmp") || ends_with(name, ".free");
}

/* A pack whose entry was never committed is none: its entries are in the segments, and it is made again. There can be one such, the next. */
static bool pack_leftover(const struct ledger *l, const char *name)
{
	uint64_t number;
	return ends_with(name, ".tmp") || (ledger_pack_name_parse(name, &number) && number == l->house.packs.n + 1);
}

static int sweep(const struct ledger *l, int dirfd, bool (*leftover)(const struct ledger *, const char *), struct err *e)
{
	int fd = file_open_dir(dirfd, ".", e);
	if (fd < 0)
		return fd;
	DIR *d = fdopendir(fd);
	if (!d) {
		close(fd);
		return err_sys(e, NULL, "cannot list a folder");
	}
	int r = 0;
	for (struct dirent *en; r == 0 && (en = readdir(d));)
		if (leftover(l, en->d_name) && unlinkat(fd, en->d_name, 0) && errno != ENOENT)
			r = err_sys(e, en->d_name, "cannot remove what was half made");
	closedir(d);
	return r;
}

static int clear_away(struct ledger *l, struct err *e)
{
	int r = sweep(l, l->walfd, wal_leftover, e);
	if (r == 0)
		r = sweep(l, l->packfd, pack_leftover, e);
	if (r == 0)
		r = file_sweep_temps(l->dirfd, ".", e);
	if (r == 0 && unlinkat(l->dirfd, "tile.tmp", 0) && errno != ENOENT)
		r = err_sys(e, "ledger/tile.tmp", "cannot remove what was half made");
	return r;
}

/* ---- putting it together ---- */

static void start_packs(struct ledger *l)
{
	struct ledger_house *h = &l->house;
	h->packed.entry = ledger_packs_end(&h->packs);
	h->packed.record = l->records.base;
	h->plain = 0;
	for (uint64_t i = l->records.base; i < l->records.end; i++) {
		const struct ledger_tail_record *rec = ring_at(&l->records, i);
		if (rec->first + rec->count <= h->packed.entry) {
			h->packed.record = i + 1;
			h->packed.plain += rec->plain;
		}
		h->plain += rec->plain;
	}
	h->pack_next = h->packed;
	h->told = h->plain;
	h->durable = l->durable;
	h->records_end = l->records.end;
}

#define SEEN_WORTH 10000 /* bodies that nobody should have to look at again, whatever happens next */

static int fill_seen(struct opening *o, struct err *e)
{
	struct ledger *l = o->l;
	struct ledger_house *h = &l->house;
	int r = open_seen(o, e);
	if (r < 0)
		return r;
	uint64_t behind = l->durable - (ledger_seen_complete(l->seen, SEEN_BODY) < l->durable ? ledger_seen_complete(l->seen, SEEN_BODY) : l->durable);
	if ((r = ledger_seen_fill(l, e)) < 0)
		return r;
	if (o->seen_fresh && behind)
		say(o, "The table of seen messages was missing or damaged and has been made again from %" PRIu64 " entries.", behind);
	l->control_from = ledger_seen_complete(l->seen, SEEN_CONTROL);
	if (l->control_from > l->durable)
		l->control_from = l->durable;
	if (behind > SEEN_WORTH && (r = ledger_seen_sync(l->seen, l->durable, l->control_from, false, e)) < 0)
		return r;
	h->control_known = l->control_from == l->durable;
	h->seen_to = h->control_known ? l->durable : 0;
	return 0;
}

static int open_write(struct opening *o, struct err *e)
{
	struct ledger *l = o->l;
	struct ledger_house *h = &l->house;
	int r = read_tail(o, e);
	if (r == 0)
		r = compare_sizes(o, e);
	if (r == 0)
		r = read_packs(o, e);
	if (r == 0)
		r = ledger_repack_finish(l, e);
	if (r == 0)
		r = read_tree(o, e);
	if (r < 0)
		return r;
	if ((r = set_torn_aside(o, e)) < 0 || (r = write_last_again(o, e)) < 0 || (r = clear_away(l, e)) < 0)
		return r;
	h->published = o->head.size;
	buf_add_slice(&h->checkpoint, buf_slice(&l->checkpoint));
	start_packs(l);
	sort_segments(o);
	if ((r = ledger_packs_open(&l->packs, l->packfd, false, e)) < 0)
		return r;
	if ((r = ledger_house_feed(l, o->head.size, e)) < 0 || (r = ledger_house_partials(l, e)) < 0 || (r = ledger_house_feed(l, l->durable, e)) < 0 ||
	    (r = fill_seen(o, e)) < 0)
		return r;
	if (!l->cur && (r = ledger_take_segment(l, 0, e)) < 0)
		return r;
	return ledger_house_start(l, e);
}

/* ---- opening for reading ---- */

int ledger_refresh(struct ledger *l, struct err *e)
{
	struct tlog_checkpoint k;
	if (l->write)
		return 0;
	int r = ledger_head_read(l->dirfd, &l->vkey, &k, &l->checkpoint, e);
	if (r < 0)
		return r;
	if (k.size < l->durable)
		return err_set(e, ERR_CORRUPT, "ledger/checkpoint", "it covers %" PRIu64 " entries, and before it covered %" PRIu64 ": the ledger has been cut or replaced", k.size, l->durable);
	l->durable = k.size;
	struct ledger_leaf last;
	if (k.size && ledger_read_leaf(l, k.size - 1, &last, NULL) == 0)
		l->last_time = last.time;
	r = ledger_packs_refresh(&l->packs, e);
	if (r < 0 && r != ERR_CORRUPT) /* leaves and proofs need no packs; who reads a body is told then */
		return r;
	/* Nor do they need the tail: without its key, or where it is damaged, what is published is what there is. */
	l->tail_end = 0;
	for (int tries = 0; tries < 5; tries++) { /* a segment may go out of use while we look */
		r = ledger_load_tail(l, ledger_packs_end(&l->packs) < l->durable ? ledger_packs_end(&l->packs) : l->durable, NULL);
		if (r != ERR_NOT_FOUND)
			break;
	}
	return r == ERR_MEMORY ? err_set(e, r, NULL, "no memory to read the newest entries") : 0;
}

static int open_read(struct ledger *l, struct err *e)
{
	int r = ledger_packs_open(&l->packs, l->packfd, false, e);
	return r == 0 || r == ERR_CORRUPT ? ledger_refresh(l, e) : r;
}

static int open_it(struct opening *o, int sitefd, const struct site_keys *keys, struct err *e)
{
	struct ledger *l = o->l;
	int r = open_folders(l, sitefd, e);
	if (r < 0)
		return r;
	if (keys)
		take_keys(l, keys);
	if (keys && keys->can_dedupe)
		memcpy(l->dedupe, keys->dedupe, sizeof l->dedupe);
	if (l->write && !(keys && keys->can_sign && keys->can_open && keys->can_dedupe))
		return err_set(e, ERR_DENIED, "keys", "writing the ledger needs the signing key, the care key and the dedupe key");
	if ((r = ledger_vkey_read(l->dirfd, &l->vkey, e)) < 0)
		return r;
	if (keys && keys->can_sign && (strcmp(l->vkey.name, keys->signing.v.name) || memcmp(l->vkey.pub, keys->signing.v.pub, sizeof l->vkey.pub)))
		return err_set(e, ERR_CORRUPT, "ledger/vkey", "it is not the key in keys/signing.key: one of the two was replaced");
	ledger_tiles_init(&l->tiles, l->dirfd);
	if (!(l->sha = seal_sha256_new()))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if ((r = ring_init(&l->entries, sizeof(struct ledger_tail_entry), 0, e)) < 0 || (r = ring_init(&l->records, sizeof(struct ledger_tail_record), 0, e)) < 0)
		return r;
	if (!l->write)
		return open_read(l, e);
	if ((r = ledger_house_init(l, e)) < 0)
		return r;
	ledger_periods_init(&l->house.periods, l->sitefd, keys);
	if ((r = ledger_head_read(l->dirfd, &l->vkey, &o->head, &l->checkpoint, e)) < 0)
		return r;
	return open_write(o, e);
}

int ledger_open(int sitefd, const struct site_keys *keys, const struct ledger_options *opt, struct ledger **ret, struct buf *ret_note, struct err *e)
{
	struct opening o = {.l = alloc(opt), .note = ret_note};
	if (!o.l)
		return err_set(e, ERR_MEMORY, NULL, "no memory to open the ledger");
	int r = open_it(&o, sitefd, keys, e);
	ledger_replay_done(&o.replay);
	if (r < 0) {
		ledger_wal_set_done(&o.wal); /* empty, once the handle owns the segments */
		ledger_free(o.l);
		return r;
	}
	*ret = o.l;
	return 0;
}

/* ---- the tick, and closing ---- */

/* A pack was closed: its entry. After that it counts. */
static int log_pack(struct ledger *l, struct err *e)
{
	struct ledger_house *h = &l->house;
	AUTO_BUF struct buf body = {0};
	buf_init(&body, PACK_RECORD);
	ledger_pack_body_put(&body, &h->pack); /* while it is PACK_BUILT, the housekeeper does not touch it */
	if (!buf_ok(&body))
		return err_set(e, buf_code(&body), NULL, "no memory for a pack's entry");
	int r = 0;
	if (!l->pack_staged && (r = ledger_append(l, LEDGER_PACK, 0, "site", buf_slice(&body), false, &h->pack_seq, NULL, e)) < 0)
		return r;
	l->pack_staged = true;
	if ((r = ledger_commit(l, e)) < 0)
		return r;
	l->pack_staged = false;
	const struct ledger_tail_entry *t = ledger_tail_entry_at(l, h->pack_seq);
	pthread_mutex_lock(&h->mu);
	h->pack_leaf = t->leaf;
	memcpy(h->pack_salt, t->salt, sizeof h->pack_salt);
	h->pack_state = PACK_LOGGED;
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->mu);
	return 0;
}

/* What is safe elsewhere leaves the tail; segments that hold nothing else go back to the housekeeper. */
static int let_go(struct ledger *l, struct err *e)
{
	struct ledger_house *h = &l->house;
	pthread_mutex_lock(&h->mu);
	uint64_t safe = h->safe;
	pthread_mutex_unlock(&h->mu);
	if (safe <= l->entries.base)
		return 0;
	int r = ledger_packs_refresh(&l->packs, e); /* from now on these are read from packs */
	if (r < 0)
		return r;
	ring_drop(&l->entries, safe);
	while (l->records.base < l->records.end) {
		const struct ledger_tail_record *rec = ring_at(&l->records, l->records.base);
		if (rec->first + rec->count > safe)
			break;
		if (l->scratch_record == l->records.base)
			l->scratch_record = TAIL_STAGED;
		ring_drop(&l->records, l->records.base + 1);
	}
	pthread_mutex_lock(&h->mu);
	struct ledger_segment **at = &h->retired;
	while (*at)
		at = &(*at)->next;
	while (l->used && l->used != l->cur && l->used->end <= safe) {
		struct ledger_segment *s = l->used;
		l->used = s->next;
		s->next = NULL;
		*at = s;
		at = &s->next;
	}
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->mu);
	return 0;
}

static int take_error(struct ledger *l, struct err *e)
{
	struct ledger_house *h = &l->house;
	pthread_mutex_lock(&h->mu);
	int r = h->error.code;
	if (r && e)
		*e = h->error;
	h->error.code = 0;
	pthread_mutex_unlock(&h->mu);
	return r;
}

static enum ledger_pack_state pack_state(struct ledger *l)
{
	pthread_mutex_lock(&l->house.mu);
	enum ledger_pack_state s = l->house.pack_state;
	pthread_mutex_unlock(&l->house.mu);
	return s;
}

/* Without a thread: all that is due, here and now. */
static int do_all(struct ledger *l, struct err *e)
{
	bool more = true;
	while (more) {
		int r = ledger_house_step(l, &more, e);
		if (r < 0)
			return r;
		if (pack_state(l) == PACK_BUILT) {
			if ((r = log_pack(l, e)) < 0)
				return r;
			more = true;
		}
		if ((r = let_go(l, e)) < 0)
			return r;
	}
	return 0;
}

static int wait_published(struct ledger *l, uint64_t target, struct err *e)
{
	struct ledger_house *h = &l->house;
	int r = 0;
	pthread_mutex_lock(&h->mu);
	if (h->published < target) {
		h->want_published = target;
		h->error.code = 0;
		pthread_cond_signal(&h->wake);
		while (h->published < target && !h->error.code)
			pthread_cond_wait(&h->done, &h->mu);
		if (h->published < target) {
			r = h->error.code;
			if (e)
				*e = h->error;
			h->error.code = 0;
		}
		h->want_published = 0;
	}
	pthread_mutex_unlock(&h->mu);
	return r;
}

static int next_ms(struct ledger *l)
{
	struct ledger_house *h = &l->house;
	pthread_mutex_lock(&h->mu);
	bool pending = h->published < h->durable || l->entries.end > l->entries.base;
	bool now = h->pack_state == PACK_BUILT;
	pthread_mutex_unlock(&h->mu);
	int64_t ms = l->o.publish_interval / 1000000;
	if (now)
		return 0;
	return pending ? (ms < 1 ? 1 : ms > 250 ? 250 : (int)ms) : 1000;
}

int ledger_tick(struct ledger *l, bool force, int *ret_next_ms, struct err *e)
{
	struct ledger_house *h = &l->house;
	int r;
	if (!l->write)
		return err_set(e, ERR_USAGE, NULL, "this ledger was opened for reading");
	if (l->broken) {
		if (e)
			*e = l->why;
		return l->why.code;
	}
	if (!h->threaded) {
		pthread_mutex_lock(&h->mu);
		h->want_published = force ? l->durable : 0;
		pthread_mutex_unlock(&h->mu);
		r = do_all(l, e);
	} else {
		r = pack_state(l) == PACK_BUILT ? log_pack(l, e) : 0;
		if (r == 0)
			r = let_go(l, e);
		if (r == 0 && force)
			r = wait_published(l, l->durable, e);
		int told = take_error(l, r == 0 ? e : NULL);
		r = r ? r : told;
	}
	if (ret_next_ms)
		*ret_next_ms = r < 0 ? 250 : next_ms(l);
	return r;
}

int ledger_close(struct ledger *l, struct err *e)
{
	if (!l)
		return 0;
	struct ledger_house *h = &l->house;
	int r = 0;
	if (l->write) {
		ledger_house_stop(l);
		r = l->broken ? l->why.code : ledger_commit(l, e);
		if (l->broken && e)
			*e = l->why;
		if (r == 0) {
			h->want_pack = true;
			h->want_published = l->durable;
			h->retry_at = 0;
			h->opened_at = INT64_MAX / 2; /* no more segments ahead */
			r = do_all(l, e);
		}
		if (r == 0) { /* the entry of the last pack */
			h->want_published = l->durable;
			r = do_all(l, e);
		}
		if (r == 0)
			r = ledger_seen_sync(l->seen, l->durable, h->control_known ? l->durable : l->control_from, true, e);
	}
	ledger_free(l);
	return r;
}

static void free_segments(struct ledger_segment *s)
{
	while (s) {
		struct ledger_segment *next = s->next;
		ledger_segment_free(s);
		s = next;
	}
}

void ledger_free(struct ledger *l)
{
	if (!l)
		return;
	ledger_house_done(l);
	free_segments(l->used);
	ledger_wal_set_done(&l->wal);
	ledger_seen_free(l->seen);
	for (size_t i = 0; i < ARRAY_LEN(l->open_pack); i++)
		ledger_pack_free(l->open_pack[i].pack);
	ledger_pack_free(l->scanned.pack);
	ledger_packs_done(&l->packs);
	ledger_periods_done(&l->periods);
	ledger_tiles_done(&l->tiles);
	ring_done(&l->entries);
	ring_done(&l->records);
	seal_sha256_free(l->sha);
	buf_done(&l->staged);
	buf_done(&l->sealed);
	free(l->aligned);
	buf_done(&l->scratch);
	buf_wipe_done(&l->erased_room);
	ledger_erased_free(l->erased);
	ledger_kinds_free(l->kinds);
	buf_done(&l->checkpoint);
	int fds[] = {l->sitefd, l->dirfd, l->walfd, l->packfd};
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	seal_wipe(l, sizeof *l);
	free(l);
}

/* ---- other keys ---- */

int ledger_rekey(struct ledger *l, const struct site_keys *k, struct err *e)
{
	struct ledger_house *h = &l->house;
	if (!l->write || !k->can_open || !k->can_sign)
		return err_set(e, ERR_USAGE, NULL, "other keys are for who writes the ledger");
	int r = ledger_commit(l, e);
	if (r < 0)
		return r;
	ledger_house_stop(l); /* it reads the keys */
	ledger_wal_keys_take(&l->wal_keys, k);
	ledger_periods_done(&l->periods);
	ledger_periods_init(&l->periods, l->sitefd, k);
	ledger_periods_done(&h->periods);
	ledger_periods_init(&h->periods, l->sitefd, k);
	for (struct ledger_segment *s = h->spare; s; s = s->next)
		s->stale = true;
	if (l->cur)
		l->cur->used = l->cur->size;
	return ledger_house_start(l, e);
}

/* ---- small answers ---- */

uint64_t ledger_size(const struct ledger *l)
{
	return l->write ? l->entries.end : l->tail_end > l->durable ? l->tail_end : l->durable;
}

uint64_t ledger_durable(const struct ledger *l)
{
	return l->write ? l->durable : ledger_size(l);
}

static pthread_mutex_t *mutex_of(const struct ledger *l)
{
	return (pthread_mutex_t *)(uintptr_t)&l->house.mu; /* asking is const to the caller */
}

uint64_t ledger_published(const struct ledger *l)
{
	if (!l->write)
		return l->durable;
	pthread_mutex_lock(mutex_of(l));
	uint64_t n = l->house.published;
	pthread_mutex_unlock(mutex_of(l));
	return n;
}

int64_t ledger_last_time(const struct ledger *l)
{
	return l->last_time;
}

void ledger_checkpoint(struct ledger *l, struct buf *ret)
{
	if (!l->write) {
		buf_add_slice(ret, buf_slice(&l->checkpoint));
		return;
	}
	pthread_mutex_lock(&l->house.mu);
	buf_add_slice(ret, buf_slice(&l->house.checkpoint));
	pthread_mutex_unlock(&l->house.mu);
}
