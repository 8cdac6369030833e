/* Tiles made again from what they were made of: hashes from bundles, and bundles, where they are missing or do not fit, from packs. Used when the tiles on disk do not
 * lead to the signed root. Nothing here decides what is true: the caller compares the root afterwards. */
#include "ledger_internal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

struct remake {
	struct ledger *l;
	struct tlog_tree *tree;
	struct buf bundle;
	struct ledger_seen *seen; /* an empty table that is filled on the way; NULL: none */
};

/* The bundle on disk, if its leaves are leaves and hash to the tile above it. */
static bool bundle_fits(struct remake *m, uint64_t n, struct buf *out)
{
	const struct ledger_bundle_slot *b;
	const uint8_t *tile;
	struct ledger_tiles *t = &m->l->tiles;
	if (ledger_bundle_get(t, n, TILE_WIDTH, &b, NULL) < 0)
		return false;
	bool have_tile = ledger_tile_get(t, 0, n, TILE_WIDTH, &tile, NULL) == 0;
	for (unsigned i = 0; i < TILE_WIDTH; i++) {
		struct ledger_leaf leaf;
		uint8_t hash[SEAL_HASH];
		if (ledger_leaf_decode(ledger_bundle_leaf(b, i), &leaf, NULL) < 0)
			return false;
		tlog_leaf_hash(ledger_bundle_leaf(b, i), hash);
		if (have_tile && memcmp(hash, tile + i * SEAL_HASH, SEAL_HASH))
			return false;
	}
	buf_add_slice(out, buf_slice(&b->bytes));
	return true;
}

static void add_leaf(struct buf *out, struct ledger *l, struct ledger_entry *en)
{
	uint8_t leaf[LEDGER_LEAF_MAX];
	if (!en->erased)
		ledger_commitment(en->salt, en->body, l->sha, en->leaf.commit);
	size_t n = ledger_leaf_encode(&en->leaf, leaf);
	buf_u16be(out, (uint16_t)n);
	buf_add(out, leaf, n);
}

/* The quarter of a pack was erased, or its key is lost: its leaves stand in bundles only, and those must be there. They lead to the signed root, or they are not used. */
static int from_bundles(struct ledger *l, uint64_t *next, uint64_t to, struct buf *out, struct err *e)
{
	for (; *next < to; (*next)++) {
		struct ledger_leaf leaf;
		uint8_t bytes[LEDGER_LEAF_MAX];
		int r = ledger_tiles_leaf(&l->tiles, *next, (*next / TILE_WIDTH + 1) * TILE_WIDTH, &leaf, NULL);
		if (r < 0)
			return err_set(e, r, "ledger/tile", "the leaf of entry %" PRIu64 " is missing, and the pack that it could be made from cannot be opened, because its quarter was erased: copy ledger/tile back from a replica", *next);
		size_t n = ledger_leaf_encode(&leaf, bytes);
		buf_u16be(out, (uint16_t)n);
		buf_add(out, bytes, n);
	}
	return 0;
}

/* Leaves [from, to) out of one pack; *next moves on. */
static int from_pack(struct ledger *l, uint64_t *next, uint64_t to, struct buf *out, struct err *e)
{
	struct ledger_pack_info info;
	struct age_identity id;
	struct ledger_pack *pack = NULL;
	int r = ledger_packs_find(&l->house.packs, *next, &info, e);
	if (r == 0)
		r = ledger_period_get(&l->periods, info.period, &id, e);
	if (r == ERR_CRYPTO)
		return from_bundles(l, next, to > info.first + info.count ? info.first + info.count : to, out, e);
	if (r == 0)
		r = ledger_pack_open(l->packfd, &info, &id, &pack, e);
	seal_wipe(&id, sizeof id);
	if (r < 0)
		return r;
	if (to > info.first + info.count)
		to = info.first + info.count;
	for (size_t f = ledger_pack_find(pack, *next); r == 0 && *next < to && f < ledger_pack_frames(pack); f++) {
		struct slice text;
		if ((r = ledger_pack_frame(pack, f, &text, e)) < 0)
			break;
		struct cur c = cur_of(text);
		while (*next < to && !cur_done(&c)) {
			struct ledger_entry en;
			if ((r = ledger_entry_any(&c, &en, e)) < 0 || (en.erased && (r = ledger_stub_leaf(&en, &en.leaf, e)) < 0))
				break;
			if (en.seq == *next) {
				add_leaf(out, l, &en);
				(*next)++;
			}
		}
	}
	ledger_pack_free(pack);
	return r == 0 && *next < to ? err_set(e, ERR_CORRUPT, "packs", "entry %" PRIu64 " is not in the pack that should hold it", *next) : r;
}

int ledger_leaves_from_packs(struct ledger *l, uint64_t from, uint64_t to, struct buf *ret, struct err *e)
{
	while (from < to) {
		int r = from_pack(l, &from, to, ret, e);
		if (r < 0)
			return r;
	}
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "no memory for leaves");
}

/* In the place of a file that is wrong but may be the only copy of what it was made of: durably, one by one. Where there is none (a rebuild, ten million entries): all are flushed at the end. */
static int put(struct ledger *l, int level, uint64_t n, struct slice bytes, struct err *e)
{
	char path[TILE_PATH_MAX];
	ledger_tile_path(level, n, TILE_WIDTH, path);
	if (faccessat(l->dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW))
		return ledger_tile_put(l->dirfd, level, n, TILE_WIDTH, bytes, e);
	return ledger_tile_put_durable(l->dirfd, level, n, TILE_WIDTH, bytes, e);
}

static int one(struct remake *m, uint64_t n, struct err *e)
{
	uint32_t at[TILE_WIDTH + 1];
	int r = 0;
	buf_reset(&m->bundle);
	if (!bundle_fits(m, n, &m->bundle)) {
		buf_reset(&m->bundle);
		if ((r = ledger_leaves_from_packs(m->l, n * TILE_WIDTH, (n + 1) * TILE_WIDTH, &m->bundle, e)) < 0)
			return r;
		r = put(m->l, TILE_ENTRIES, n, buf_slice(&m->bundle), e);
	}
	if (r == 0)
		r = ledger_bundle_parse(buf_slice(&m->bundle), TILE_WIDTH, at, e);
	for (unsigned i = 0; r == 0 && i < TILE_WIDTH; i++) {
		uint8_t hash[SEAL_HASH];
		tlog_leaf_hash(slice_of(m->bundle.p + at[i], at[i + 1] - 2 - at[i]), hash);
		tlog_tree_add(m->tree, hash);
	}
	for (unsigned k = 0; r == 0 && k < m->tree->closed_n; k++) {
		const struct tlog_tile *c = &m->tree->closed[k];
		const uint8_t *tile;
		if (ledger_tile_get(&m->l->tiles, c->level, c->index, TILE_WIDTH, &tile, NULL) < 0 || memcmp(tile, c->hash, TILE_BYTES))
			r = put(m->l, c->level, c->index, slice_of(c->hash, TILE_BYTES), e);
	}
	m->tree->closed_n = 0;
	return r;
}

/* ---- all of them, from packs: where there are none to begin with ---- */

static int put_full(struct remake *m, struct err *e)
{
	uint64_t n = m->tree->size / TILE_WIDTH - 1;
	int r = put(m->l, TILE_ENTRIES, n, buf_slice(&m->bundle), e);
	for (unsigned k = 0; r == 0 && k < m->tree->closed_n; k++) {
		const struct tlog_tile *c = &m->tree->closed[k];
		r = put(m->l, c->level, c->index, slice_of(c->hash, TILE_BYTES), e);
	}
	m->tree->closed_n = 0;
	buf_reset(&m->bundle);
	return r;
}

/* One pack's leaves into bundles and the tree, its bodies into the table of seen ones. */
static int take_pack(struct remake *m, const struct ledger_harvested *p, uint64_t to, struct err *e)
{
	struct cur c = cur_of(buf_slice(&p->leaves));
	int r = m->seen ? ledger_seen_room(m->seen, p->n, e) : 0;
	for (size_t i = 0; r == 0 && i < p->n; i++) {
		uint16_t n = cur_u16be(&c);
		struct slice leaf = cur_take(&c, n);
		if (p->first + i >= to)
			break; /* the rest is the tail's, which knows it */
		buf_u16be(&m->bundle, n);
		buf_add_slice(&m->bundle, leaf);
		tlog_tree_add(m->tree, p->entry[i].hash);
		if (m->seen && p->entry[i].print)
			ledger_seen_add(m->seen, p->entry[i].print, p->first + i, p->entry[i].check);
		if (m->tree->size % TILE_WIDTH == 0)
			r = put_full(m, e);
	}
	return r == 0 && !buf_ok(&m->bundle) ? err_set(e, buf_code(&m->bundle), NULL, "no memory for leaves") : r;
}

/* So many new files that one flush of the file system is quicker than one a file. */
static int flush_all(struct ledger *l, struct err *e)
{
	return syncfs(l->dirfd) ? err_sys(e, "ledger/tile", "cannot make tiles durable") : 0;
}

static int from_packs(struct remake *m, uint64_t to, struct err *e)
{
	struct ledger *l = m->l;
	struct ledger_harvest *h = NULL;
	const struct ledger_harvested *p;
	m->seen = l->seen && ledger_seen_complete(l->seen, SEEN_BODY) == 0 ? l->seen : NULL;
	int r = ledger_harvest_new(l, 0, to, &h, e);
	while (r == 0 && (r = ledger_harvest_next(h, &p, e)) == 0) {
		r = take_pack(m, p, to, e);
		if (l->o.progress)
			l->o.progress(l->o.arg, m->tree->size, to);
	}
	ledger_harvest_free(h);
	if (r == ERR_NO)
		r = 0;
	if (r == 0 && m->tree->size != to)
		r = err_set(e, ERR_CORRUPT, "packs", "they end before entry %" PRIu64, to);
	if (r == 0 && m->seen)
		l->seen_made = to;
	return r == 0 ? flush_all(l, e) : r;
}

/* ---- */

/* All full tiles of the first `to` entries, a multiple of 256; *ret_tree becomes the tree of that size. What is rewritten is made durable at once: no segment stands
 * behind it. */
int ledger_remake_tiles(struct ledger *l, uint64_t to, struct tlog_tree *ret_tree, struct err *e)
{
	struct remake m = {.l = l, .tree = ret_tree};
	char first[TILE_PATH_MAX], last[TILE_PATH_MAX];
	int r = 0;
	assert(to % TILE_WIDTH == 0);
	tlog_tree_init(m.tree);
	buf_init(&m.bundle, BUNDLE_MAX);
	ledger_tile_path(TILE_ENTRIES, 0, TILE_WIDTH, first);
	ledger_tile_path(TILE_ENTRIES, to ? to / TILE_WIDTH - 1 : 0, TILE_WIDTH, last); /* a rebuild brings those of erased quarters, which are old */
	if (to && (faccessat(l->dirfd, first, F_OK, AT_SYMLINK_NOFOLLOW) || faccessat(l->dirfd, last, F_OK, AT_SYMLINK_NOFOLLOW))) {
		r = from_packs(&m, to, e);
	} else {
		for (uint64_t n = 0; r == 0 && n < to / TILE_WIDTH; n++)
			r = one(&m, n, e);
		if (r == 0)
			r = ledger_tiles_sync(l->dirfd, 0, to, e);
	}
	buf_done(&m.bundle);
	return r;
}

/* From there to the published size, out of the tail (and, below it, out of the bundle that the tail begins in): the tiles that no pack could give back. */
static int remake_rest(struct ledger *l, struct tlog_tree *t, uint64_t to, struct buf *bundle, struct err *e)
{
	while (t->size < to) {
		uint64_t seq = t->size;
		struct ledger_leaf leaf;
		uint8_t bytes[LEDGER_LEAF_MAX], hash[SEAL_HASH];
		int r = ledger_read_leaf(l, seq, &leaf, e);
		if (r < 0)
			return r;
		size_t n = ledger_leaf_encode(&leaf, bytes);
		buf_u16be(bundle, (uint16_t)n);
		buf_add(bundle, bytes, n);
		tlog_leaf_hash(slice_of(bytes, n), hash);
		tlog_tree_add(t, hash);
		if (t->closed_n) {
			r = ledger_tile_put_durable(l->dirfd, TILE_ENTRIES, seq / TILE_WIDTH, TILE_WIDTH, buf_slice(bundle), e);
			buf_reset(bundle);
		}
		for (unsigned k = 0; r == 0 && k < t->closed_n; k++)
			r = ledger_tile_put_durable(l->dirfd, t->closed[k].level, t->closed[k].index, TILE_WIDTH, slice_of(t->closed[k].hash, TILE_BYTES), e);
		t->closed_n = 0;
		if (r < 0)
			return r;
	}
	return buf_ok(bundle) ? ledger_partials_put(l->dirfd, t, 0, buf_slice(bundle), e) : err_set(e, buf_code(bundle), NULL, "no memory for tiles");
}

/* Everything below the published size compared with what it was made of, and made again where it is missing or wrong. */
static int remake_all(struct ledger *l, struct tlog_tree *t, const struct tlog_checkpoint *k, struct err *e)
{
	uint8_t root[SEAL_HASH];
	AUTO_BUF struct buf bundle = {0};
	buf_init(&bundle, BUNDLE_MAX);
	uint64_t base = l->entries.base / TILE_WIDTH * TILE_WIDTH;
	int r = ledger_remake_tiles(l, base < k->size ? base : k->size / TILE_WIDTH * TILE_WIDTH, t, e);
	ledger_tiles_forget(&l->tiles);
	if (r == 0)
		r = remake_rest(l, t, k->size, &bundle, e);
	if (r < 0)
		return r;
	tlog_tree_root(t, root);
	if (memcmp(root, k->root, SEAL_HASH))
		return err_set(e, ERR_CORRUPT, "ledger/tile", "what could be made again does not lead to the published root: restore ledger/ or packs/ from a replica");
	return 0;
}

int ledger_repair(struct ledger *l, struct err *e)
{
	struct tlog_checkpoint k;
	AUTO_BUF struct buf note = {0};
	if (!l->write)
		return err_set(e, ERR_USAGE, NULL, "this ledger was opened for reading");
	buf_init(&note, 1 << 16);
	bool threaded = l->house.threaded;
	ledger_house_stop(l); /* one writer of tiles at a time */
	struct tlog_tree *t = calloc(1, sizeof *t);
	int r = t ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for tiles");
	ledger_checkpoint(l, &note);
	if (r == 0)
		r = tlog_checkpoint_parse(buf_slice(&note), &k, e);
	if (r == 0)
		r = remake_all(l, t, &k, e);
	ledger_tiles_forget(&l->tiles);
	free(t);
	if (threaded) {
		int s = ledger_house_start(l, r == 0 ? e : NULL);
		r = r ? r : s;
	}
	return r;
}
