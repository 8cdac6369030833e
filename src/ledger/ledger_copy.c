/* Copies of a ledger for places that hold no key: records of packs, the sealed tail, and a tree that is proven from its signed root down. What is made here is what a replica has to hold so that ledger_open
 * finds everything again: packs with their records, the tail behind them, and a checkpoint; tiles can be made anew from these. */
#include "ledger_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int ledger_published_head(int dirfd, struct note_vkey *ret_vkey, struct tlog_checkpoint *ret, struct buf *ret_note, struct err *e)
{
	int r = ledger_vkey_read(dirfd, ret_vkey, e);
	return r == 0 ? ledger_head_read(dirfd, ret_vkey, ret, ret_note, e) : r;
}

int ledger_root(struct ledger *l, uint64_t at, uint8_t out[SEAL_HASH], struct err *e)
{
	uint64_t size = ledger_published(l);
	if (at > size)
		return err_set(e, ERR_NOT_FOUND, NULL, "entry %" PRIu64 " is not published yet", at);
	return ledger_tiles_root(&l->tiles, at, size, out, e);
}

/* ---- records of packs ---- */

int ledger_pack_record_read(struct slice record, uint64_t number, struct ledger_pack_ref *ret, struct err *e)
{
	struct ledger_pack_info info;
	struct ledger_entry en;
	int r = number ? ledger_pack_record_parse(record, number, &info, &en, e) : err_set(e, ERR_CORRUPT, NULL, "packs are numbered from 1");
	if (r < 0)
		return r;
	struct seal_sha256 *h = seal_sha256_new();
	if (!h)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	*ret = (struct ledger_pack_ref){.number = number, .entry = en.seq, .size = info.size, .first = info.first, .count = info.count, .leaf = en.leaf};
	ledger_pack_name(number, ret->name);
	ledger_period_name(info.period, ret->period);
	memcpy(ret->sha256, info.sha256, SEAL_HASH);
	ledger_commitment(en.salt, en.body, h, ret->leaf.commit);
	seal_sha256_free(h);
	return 0;
}

/* ---- the tail ---- */

bool ledger_tail_name_ok(const char *name)
{
	uint64_t number;
	return strlen(name) > 4 && ledger_segment_name_parse(name, &number);
}

struct tail {
	uint64_t next; /* the entry that the next record begins with; 0 and none yet: any that reaches beyond from */
	bool begun, ended;
	uint64_t from, to;
	uint64_t at; /* where the copy grows */
};

static int copy_range(int from, uint64_t at, uint64_t n, int to, uint64_t *to_at, struct err *e, const char *name)
{
	uint8_t *piece = malloc(1 << 20);
	int r = piece ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	while (r == 0 && n) {
		size_t k = n < 1 << 20 ? (size_t)n : 1 << 20;
		if ((r = file_pread_all(from, piece, k, at, e, name)) == 0)
			r = file_pwrite_all(to, slice_of(piece, k), *to_at, e, name);
		at += k;
		*to_at += k;
		n -= k;
	}
	free(piece);
	return r;
}

/* The records of one segment that are wanted, by their heads alone: which of them are whole, whoever has the key will say. */
static int copy_segment(const struct ledger_segment *s, struct tail *t, int out, struct err *e)
{
	char name[WAL_NAME_MAX];
	ledger_segment_name(s, name);
	t->at = 0;
	for (uint64_t offset = WAL_PAGE; !t->ended && offset + WAL_PAGE <= s->size;) {
		uint8_t bytes[WAL_RECORD_HEAD];
		struct ledger_record_head h;
		int r = file_pread_all(s->fd, bytes, sizeof bytes, offset, e, name);
		if (r < 0)
			return r;
		if (!ledger_record_head_parse(slice_of(bytes, sizeof bytes), s->id, &h) || h.count == 0 || h.first > UINT64_MAX - h.count)
			return 0;
		uint64_t size = ledger_record_size(h.plain), end = h.first + h.count;
		if (size > s->size - offset || (t->begun && h.first != t->next))
			return 0;
		if (end > t->from && !t->begun && h.first > t->from)
			return err_set(e, ERR_NOT_FOUND, name, "what lies before entry %" PRIu64 " went out of use", h.first);
		if (end > t->from) {
			if (t->at == 0 && (r = copy_range(s->fd, 0, WAL_PAGE, out, &t->at, e, name)) < 0)
				return r;
			if ((r = copy_range(s->fd, offset, size, out, &t->at, e, name)) < 0)
				return r;
			t->begun = true;
			t->next = end;
			t->ended = end >= t->to && h.left == 0;
		}
		offset += size;
	}
	return 0;
}

static int copy_all(const struct ledger_wal_set *w, struct tail *t, ledger_tail_fn *fn, void *arg, struct err *e)
{
	for (size_t i = 0; i < w->n && !t->ended; i++) {
		const struct ledger_segment *s = w->seg[i];
		char name[WAL_NAME_MAX];
		if (!s->holds || (t->begun && s->first != t->next))
			continue;
		AUTO_CLOSE int out = memfd_create("holdfast-tail", MFD_CLOEXEC);
		if (out < 0)
			return err_sys(e, "wal", "cannot copy the tail");
		int r = copy_segment(s, t, out, e);
		if (r == 0 && t->at)
			r = fn(arg, ledger_segment_name(s, name), out, t->at, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Is each segment still what it was? A page of another id means that it was put to its next use while we read. */
static int still_there(const struct ledger_wal_set *w, struct err *e)
{
	for (size_t i = 0; i < w->n; i++) {
		uint8_t page[WAL_PAGE];
		struct ledger_segment_head h;
		if (!w->seg[i]->holds)
			continue;
		int r = file_pread_all(w->seg[i]->fd, page, sizeof page, 0, e, "wal");
		if (r == 0)
			r = ledger_segment_head_parse(slice_of(page, sizeof page), &h, e);
		if (r < 0 && r != ERR_CORRUPT)
			return r;
		if (r < 0 || memcmp(h.id, w->seg[i]->id, WAL_ID))
			return err_set(e, ERR_NOT_FOUND, "wal", "a segment went out of use");
	}
	return 0;
}

int ledger_tail_copy(int sitefd, uint64_t from, uint64_t to, ledger_tail_fn *fn, void *arg, struct err *e)
{
	struct ledger_wal_set w;
	struct tail t = {.from = from / TILE_WIDTH * TILE_WIDTH, .to = to}; /* a writer's tail holds all that is not under full tiles */
	AUTO_CLOSE int walfd = file_open_dir(sitefd, "wal", e);
	if (walfd < 0)
		return walfd;
	if (to == 0)
		return 0;
	int r = ledger_wal_load(walfd, &w, e);
	if (r < 0)
		return r;
	r = copy_all(&w, &t, fn, arg, e);
	if (r == 0)
		r = still_there(&w, e);
	if (r == 0 && !t.ended)
		r = err_set(e, ERR_NOT_FOUND, "wal", "the segments do not hold entries %" PRIu64 " to %" PRIu64, from, to - 1);
	ledger_wal_set_done(&w);
	return r;
}

int ledger_tail_extend(int fd, struct err *e)
{
	uint8_t page[WAL_PAGE];
	struct ledger_segment_head h;
	struct stat st;
	if (fstat(fd, &st))
		return err_sys(e, "wal", "cannot look at a segment");
	int r = file_pread_all(fd, page, sizeof page, 0, e, "wal");
	if (r == 0)
		r = ledger_segment_head_parse(slice_of(page, sizeof page), &h, e);
	if (r == 0 && (uint64_t)st.st_size > h.size)
		r = err_set(e, ERR_CORRUPT, "wal", "a segment is longer than it says");
	if (r == 0 && ftruncate(fd, (off_t)h.size))
		r = err_sys(e, "wal", "cannot make a segment");
	return r == 0 && fsync(fd) ? err_sys(e, "wal", "cannot make a segment durable") : r;
}

/* ---- a tree from its root down ---- */

#define SLOTS 16

struct slot {
	int level;
	uint64_t n, used;
	bool full;
	uint8_t hash[TILE_WIDTH][SEAL_HASH];
};
struct ledger_trust {
	struct tlog_checkpoint head;
	ledger_candidate_fn *fn;
	void *arg;
	struct tlog_tree tree; /* the tiles that are not full: they fold to the root */
	uint64_t clock;
	struct slot slot[SLOTS];
	struct buf bundle;
	uint64_t bundle_n; /* + 1; 0: none */
	uint32_t at[TILE_WIDTH + 1];
};

static int load_partials(struct ledger_trust *t, struct err *e)
{
	uint8_t root[SEAL_HASH];
	tlog_tree_init(&t->tree);
	t->tree.size = t->head.size;
	for (int l = 0; l < TREE_LEVELS; l++) {
		AUTO_BUF struct buf b = {0};
		char path[TILE_PATH_MAX];
		uint64_t n = t->head.size >> (8 * l);
		unsigned width = (unsigned)(n % TILE_WIDTH);
		if (!width)
			continue;
		ledger_tile_path(l, n / TILE_WIDTH, width, path);
		buf_init(&b, TILE_BYTES);
		int r = t->fn(t->arg, path, 0, TILE_BYTES, &b, e);
		if (r == 0 && b.n != width * (size_t)SEAL_HASH)
			r = err_set(e, ERR_CORRUPT, path, "a tile has the wrong length");
		if (r < 0)
			return r;
		memcpy(t->tree.hash[l], b.p, b.n);
		t->tree.n[l] = (uint16_t)width;
	}
	tlog_tree_root(&t->tree, root);
	return memcmp(root, t->head.root, SEAL_HASH) ? err_set(e, ERR_CORRUPT, "ledger/tile", "the newest tiles are not those of the signed head") : 0;
}

int ledger_trust_new(const struct tlog_checkpoint *head, ledger_candidate_fn *fn, void *arg, struct ledger_trust **ret, struct err *e)
{
	struct ledger_trust *t = calloc(1, sizeof *t);
	if (!t)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	t->head = *head;
	t->fn = fn;
	t->arg = arg;
	buf_init(&t->bundle, BUNDLE_MAX);
	int r = load_partials(t, e);
	if (r < 0) {
		ledger_trust_free(t);
		return r;
	}
	*ret = t;
	return 0;
}

void ledger_trust_free(struct ledger_trust *t)
{
	if (!t)
		return;
	buf_done(&t->bundle);
	free(t);
}

static int tile(struct ledger_trust *t, int level, uint64_t n, const uint8_t **ret, struct err *e);

/* The candidate whose hashes fold to what the tile above says. */
static int prove_tile(struct ledger_trust *t, int level, uint64_t n, struct slot *s, struct err *e)
{
	char path[TILE_PATH_MAX];
	const uint8_t *above;
	uint8_t want[SEAL_HASH], got[SEAL_HASH], scratch[TILE_BYTES];
	int r = tile(t, level + 1, n / TILE_WIDTH, &above, e);
	if (r < 0)
		return r;
	memcpy(want, above + n % TILE_WIDTH * SEAL_HASH, SEAL_HASH);
	ledger_tile_path(level, n, TILE_WIDTH, path);
	s->full = false;
	for (unsigned turn = 0;; turn++) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, TILE_BYTES);
		r = t->fn(t->arg, path, turn, TILE_BYTES, &b, e);
		if (r == ERR_NOT_FOUND && turn)
			return err_set(e, ERR_CORRUPT, path, "this tile is not the one that the signed head speaks of");
		if (r < 0 && r != ERR_LIMIT)
			return r;
		if (r < 0 || b.n != TILE_BYTES)
			continue;
		memcpy(scratch, b.p, TILE_BYTES);
		tlog_perfect(scratch, TILE_WIDTH, got);
		if (memcmp(got, want, SEAL_HASH))
			continue;
		memcpy(s->hash, b.p, TILE_BYTES);
		s->level = level;
		s->n = n;
		s->full = true;
		return 0;
	}
}

static int tile(struct ledger_trust *t, int level, uint64_t n, const uint8_t **ret, struct err *e)
{
	if (level >= TREE_LEVELS || !ledger_tile_width(level, n, t->head.size))
		return err_set(e, ERR_NOT_FOUND, NULL, "the tree has no such tile");
	if (ledger_tile_width(level, n, t->head.size) < TILE_WIDTH) {
		*ret = t->tree.hash[level][0];
		return 0;
	}
	for (size_t i = 0; i < SLOTS; i++)
		if (t->slot[i].full && t->slot[i].level == level && t->slot[i].n == n) {
			t->slot[i].used = ++t->clock;
			*ret = t->slot[i].hash[0];
			return 0;
		}
	struct slot *fresh = malloc(sizeof *fresh); /* the tiles above take slots while it is proven */
	if (!fresh)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = prove_tile(t, level, n, fresh, e);
	if (r == 0) {
		struct slot *s = &t->slot[0];
		for (size_t i = 1; i < SLOTS; i++)
			if (t->slot[i].used < s->used)
				s = &t->slot[i];
		fresh->used = ++t->clock;
		*s = *fresh;
		*ret = s->hash[0];
	}
	free(fresh);
	return r;
}

int ledger_trust_tile(struct ledger_trust *t, int level, uint64_t n, struct slice *ret, struct err *e)
{
	const uint8_t *p;
	int r = tile(t, level, n, &p, e);
	if (r == 0)
		*ret = slice_of(p, ledger_tile_width(level, n, t->head.size) * (size_t)SEAL_HASH);
	return r;
}

static bool bundle_is(struct ledger_trust *t, const uint8_t *hashes, unsigned width, struct slice bytes)
{
	if (ledger_bundle_parse(bytes, width, t->at, NULL) < 0 || t->at[width] - 2 != bytes.n)
		return false;
	for (unsigned i = 0; i < width; i++) {
		uint8_t h[SEAL_HASH];
		size_t n = t->at[i + 1] - 2 - t->at[i];
		if (n > LEDGER_LEAF_MAX)
			return false;
		tlog_leaf_hash(slice_of(bytes.p + t->at[i], n), h);
		if (memcmp(h, hashes + i * SEAL_HASH, SEAL_HASH))
			return false;
	}
	return true;
}

int ledger_trust_bundle(struct ledger_trust *t, uint64_t n, struct slice *ret, struct err *e)
{
	char path[TILE_PATH_MAX];
	const uint8_t *p;
	uint8_t hashes[TILE_BYTES];
	unsigned width = ledger_tile_width(TILE_ENTRIES, n, t->head.size);
	if (t->bundle_n == n + 1) {
		*ret = buf_slice(&t->bundle);
		return 0;
	}
	int r = tile(t, 0, n, &p, e);
	if (r < 0)
		return r;
	memcpy(hashes, p, width * (size_t)SEAL_HASH);
	ledger_tile_path(TILE_ENTRIES, n, width, path);
	t->bundle_n = 0;
	for (unsigned turn = 0;; turn++) {
		buf_reset(&t->bundle);
		r = t->fn(t->arg, path, turn, BUNDLE_MAX, &t->bundle, e);
		if (r == ERR_NOT_FOUND && turn)
			return err_set(e, ERR_CORRUPT, path, "these leaves are not those that the signed head speaks of");
		if (r < 0 && r != ERR_LIMIT)
			return r;
		if (r == 0 && bundle_is(t, hashes, width, buf_slice(&t->bundle)))
			break;
	}
	t->bundle_n = n + 1;
	*ret = buf_slice(&t->bundle);
	return 0;
}

int ledger_trust_leaf(struct ledger_trust *t, uint64_t seq, struct slice *ret, struct err *e)
{
	struct slice all;
	if (seq >= t->head.size)
		return err_set(e, ERR_NOT_FOUND, NULL, "the head does not reach entry %" PRIu64, seq);
	int r = ledger_trust_bundle(t, seq / TILE_WIDTH, &all, e);
	if (r == 0) {
		unsigned i = (unsigned)(seq % TILE_WIDTH);
		*ret = slice_of(all.p + t->at[i], t->at[i + 1] - 2 - t->at[i]);
	}
	return r;
}

int ledger_trust_root(struct ledger_trust *t, uint64_t at, uint8_t out[SEAL_HASH], struct err *e)
{
	struct tlog_tree *tree = malloc(sizeof *tree);
	if (!tree)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	tlog_tree_init(tree);
	tree->size = at;
	int r = at > t->head.size ? err_set(e, ERR_NOT_FOUND, NULL, "the head does not reach that far") : 0;
	for (int l = 0; r == 0 && l < TREE_LEVELS; l++) {
		uint64_t n = at >> (8 * l);
		const uint8_t *p;
		unsigned width = (unsigned)(n % TILE_WIDTH);
		if (width && (r = tile(t, l, n / TILE_WIDTH, &p, e)) == 0) {
			memcpy(tree->hash[l], p, width * (size_t)SEAL_HASH);
			tree->n[l] = (uint16_t)width;
		}
	}
	if (r == 0)
		tlog_tree_root(tree, out);
	free(tree);
	return r;
}
