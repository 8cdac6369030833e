/* C2SP tlog-tiles on disk, under SITE/ledger:
 *
 *   tile/L/N        256 hashes of 32 bytes: full tile N of level L
 *   tile/L/N.p/W    the first W hashes of it, 1..255, as a checkpoint needed them
 *   tile/entries/N  the 256 leaves under tile/0/N, each with a big-endian uint16 length before it; N.p/W likewise
 *
 * N in groups of three digits, all but the last behind an x: 1234067 is x001/x234/067.
 *
 * Full tiles never change. They are written beside (tile.tmp) and renamed, so that a reader never sees half of one, but not fsynced one by one: until
 * ledger_tiles_sync has run over them the write-ahead segments still hold their entries, and opening makes them again from there.
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

#define TILE_TMP "tile.tmp"

void ledger_tile_path(int level, uint64_t n, unsigned width, char out[TILE_PATH_MAX])
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%03" PRIu64, n), groups = (len + 2) / 3;
	len = snprintf(digits, sizeof digits, "%0*" PRIu64, groups * 3, n);
	size_t at;
	if (level == TILE_ENTRIES)
		at = (size_t)snprintf(out, TILE_PATH_MAX, "tile/entries");
	else
		at = (size_t)snprintf(out, TILE_PATH_MAX, "tile/%d", level);
	for (int i = 0; i < len; i += 3)
		at += (size_t)snprintf(out + at, TILE_PATH_MAX - at, "/%s%.3s", i + 3 < len ? "x" : "", digits + i);
	if (width < TILE_WIDTH)
		snprintf(out + at, TILE_PATH_MAX - at, ".p/%u", width);
}

/* How wide tile n of this level is in a tree of this size: 0..256. */
unsigned ledger_tile_width(int level, uint64_t n, uint64_t size)
{
	uint64_t hashes = level == TILE_ENTRIES ? size : size >> (8 * level), from = n * TILE_WIDTH;
	return hashes <= from ? 0 : hashes - from < TILE_WIDTH ? (unsigned)(hashes - from) : TILE_WIDTH;
}

/* ---- writing ---- */

static int write_tmp(int dirfd, struct slice bytes, bool durable, const char *path, struct err *e)
{
	AUTO_CLOSE int fd = openat(dirfd, TILE_TMP, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, path, "cannot make a tile");
	int r = file_write_all(fd, bytes, e, path);
	if (r == 0 && durable && fsync(fd))
		r = err_sys(e, path, "cannot make a tile durable");
	return r;
}

static int make_parent(int dirfd, const char *path, struct err *e)
{
	char dir[TILE_PATH_MAX];
	snprintf(dir, sizeof dir, "%s", path);
	*strrchr(dir, '/') = 0;
	return file_mkdir(dirfd, dir, 0755, e);
}

static int put(int dirfd, int level, uint64_t n, unsigned width, struct slice bytes, bool durable, struct err *e)
{
	char path[TILE_PATH_MAX];
	ledger_tile_path(level, n, width, path);
	int r = write_tmp(dirfd, bytes, durable, path, e);
	if (r < 0)
		return r;
	if (renameat(dirfd, TILE_TMP, dirfd, path) == 0)
		return 0;
	if (errno != ENOENT)
		return err_sys(e, path, "cannot put a tile in its place");
	if ((r = make_parent(dirfd, path, e)) < 0)
		return r;
	return renameat(dirfd, TILE_TMP, dirfd, path) ? err_sys(e, path, "cannot put a tile in its place") : 0;
}

/* Is it there as it should be? Reading is a tenth of writing again, and mostly it is. */
bool ledger_tile_fits(int dirfd, int level, uint64_t n, unsigned width, struct slice bytes)
{
	char path[TILE_PATH_MAX];
	uint8_t have[4096];
	struct stat st;
	ledger_tile_path(level, n, width, path);
	AUTO_CLOSE int fd = openat(dirfd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || (uint64_t)st.st_size != bytes.n)
		return false;
	for (size_t at = 0; at < bytes.n; at += sizeof have) {
		size_t k = bytes.n - at < sizeof have ? bytes.n - at : sizeof have;
		if (file_pread_all(fd, have, k, at, NULL, path) < 0 || memcmp(have, bytes.p + at, k) != 0)
			return false;
	}
	return true;
}

int ledger_tile_put(int dirfd, int level, uint64_t n, unsigned width, struct slice bytes, struct err *e)
{
	return put(dirfd, level, n, width, bytes, false, e);
}

/* For putting one in the place of another that may be the only copy of its leaves. */
int ledger_tile_put_durable(int dirfd, int level, uint64_t n, unsigned width, struct slice bytes, struct err *e)
{
	return put(dirfd, level, n, width, bytes, true, e);
}

/* The partial tiles of a full one may go (tlog-tiles, Partial Tiles). What cannot be removed is only untidy. */
void ledger_tile_drop_partials(int dirfd, int level, uint64_t n)
{
	char path[TILE_PATH_MAX];
	ledger_tile_path(level, n, 1, path);
	*strrchr(path, '/') = 0;
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	DIR *d = fdopendir(fd);
	if (!d) {
		close(fd);
		return;
	}
	for (struct dirent *en; (en = readdir(d));)
		if (en->d_name[0] != '.')
			unlinkat(fd, en->d_name, 0);
	closedir(d);
	unlinkat(dirfd, path, AT_REMOVEDIR);
}

/* The partial tiles of a tree of this very size: a checkpoint is about to say that they are there. Those that a tree of `before` entries had alike are left as they are. */
int ledger_partials_put(int dirfd, const struct tlog_tree *t, uint64_t before, struct slice bundle, struct err *e)
{
	for (int level = 0; level < TREE_LEVELS; level++) {
		uint64_t index = t->size >> (8 * level) >> 8;
		if (t->n[level] == 0 || t->size >> (8 * level) == before >> (8 * level))
			continue;
		int r = ledger_tile_put(dirfd, level, index, t->n[level], slice_of(t->hash[level], t->n[level] * (size_t)SEAL_HASH), e);
		if (r == 0 && level == 0)
			r = ledger_tile_put(dirfd, TILE_ENTRIES, index, t->n[0], bundle, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* One pass over the full tiles n in [from, to) of a level. */
static int sync_pass(int dirfd, int level, uint64_t from, uint64_t to, bool wait, struct err *e)
{
	char path[TILE_PATH_MAX];
	for (uint64_t n = from; n < to; n++) {
		ledger_tile_path(level, n, TILE_WIDTH, path);
		AUTO_CLOSE int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return err_sys(e, path, "cannot open a tile to make it durable");
		if (!wait)
			(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* a hint: fsync below is what counts */
		else if (fsync(fd))
			return err_sys(e, path, "cannot make a tile durable");
		if (wait && (n + 1 == to || (n + 1) % 1000 == 0)) { /* the last of its directory */
			*strrchr(path, '/') = 0;
			int r = file_sync_dir(dirfd, path, e);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* Make durable every full tile and bundle that was closed while the tree grew from `from` to `to` entries. The first pass only starts the writing: then the
 * fsyncs of the second find nearly everything done and one journal commit serves them all (85 tiles: 170 ms one by one, 20 ms so). */
int ledger_tiles_sync(int dirfd, uint64_t from, uint64_t to, struct err *e)
{
	for (int pass = 0; pass < 2; pass++)
		for (int level = TILE_ENTRIES; level < TREE_LEVELS - 1; level++) {
			int shift = level == TILE_ENTRIES ? 8 : 8 * (level + 1);
			int r = sync_pass(dirfd, level, from >> shift, to >> shift, pass == 1, e);
			if (r < 0)
				return r;
		}
	return 0;
}

/* ---- reading ---- */

void ledger_tiles_init(struct ledger_tiles *t, int dirfd)
{
	memset(t, 0, sizeof *t);
	t->dirfd = dirfd;
	for (size_t i = 0; i < ARRAY_LEN(t->bundle); i++)
		buf_init(&t->bundle[i].bytes, BUNDLE_MAX);
}

void ledger_tiles_forget(struct ledger_tiles *t)
{
	for (size_t i = 0; i < ARRAY_LEN(t->tile); i++)
		t->tile[i].width = 0;
	for (size_t i = 0; i < ARRAY_LEN(t->bundle); i++)
		t->bundle[i].width = 0;
}

void ledger_tiles_done(struct ledger_tiles *t)
{
	for (size_t i = 0; i < ARRAY_LEN(t->tile); i++)
		free(t->tile[i].hash);
	for (size_t i = 0; i < ARRAY_LEN(t->bundle); i++)
		buf_done(&t->bundle[i].bytes);
	memset(t, 0, sizeof *t);
}

/* The file that holds at least the first `width` of tile n: the partial one that was asked for, or the full one, which may have replaced it meanwhile. */
static int read_file(int dirfd, int level, uint64_t n, unsigned width, size_t max, struct buf *ret, bool *ret_full, struct err *e)
{
	char path[TILE_PATH_MAX];
	ledger_tile_path(level, n, width, path);
	*ret_full = width == TILE_WIDTH;
	int r = file_read(dirfd, path, max, ret, e);
	if (r != ERR_NOT_FOUND || *ret_full)
		return r;
	ledger_tile_path(level, n, TILE_WIDTH, path);
	*ret_full = true;
	if (file_read(dirfd, path, max, ret, NULL) == 0)
		return 0;
	return r;
}

/* A missing or misshapen tile is ERR_CORRUPT: a signed checkpoint says that it must be there. */
int ledger_tile_get(struct ledger_tiles *t, int level, uint64_t n, unsigned width, const uint8_t **ret, struct err *e)
{
	struct ledger_tile_slot *s = &t->tile[0];
	for (size_t i = 0; i < ARRAY_LEN(t->tile); i++) {
		struct ledger_tile_slot *c = &t->tile[i];
		if (c->width >= width && c->level == level && c->n == n) {
			c->used = ++t->clock;
			*ret = c->hash;
			return 0;
		}
		if (c->used < s->used)
			s = c;
	}
	if (!s->hash && !(s->hash = malloc(TILE_BYTES)))
		return err_set(e, ERR_MEMORY, NULL, "no memory for a tile");
	AUTO_BUF struct buf b = {0};
	bool full;
	char path[TILE_PATH_MAX];
	buf_init(&b, TILE_BYTES);
	ledger_tile_path(level, n, width, path);
	int r = read_file(t->dirfd, level, n, width, TILE_BYTES, &b, &full, e);
	if (r == ERR_NOT_FOUND)
		return err_set(e, ERR_CORRUPT, path, "a tile is missing");
	if (r == ERR_LIMIT || (r == 0 && b.n != (full ? TILE_WIDTH : width) * (size_t)SEAL_HASH))
		return err_set(e, ERR_CORRUPT, path, "a tile has the wrong length");
	if (r < 0)
		return r;
	memcpy(s->hash, b.p, b.n);
	s->level = level;
	s->n = n;
	s->width = (unsigned)(b.n / SEAL_HASH);
	s->used = ++t->clock;
	*ret = s->hash;
	return 0;
}

/* Where each of the first `width` leaves begins. Pure: also for fuzzing. at[width] is the end. */
int ledger_bundle_parse(struct slice bytes, unsigned width, uint32_t at[TILE_WIDTH + 1], struct err *e)
{
	struct cur c = cur_of(bytes);
	for (unsigned i = 0; i < width; i++) {
		at[i] = (uint32_t)cur_offset(&c) + 2;
		(void)cur_take(&c, cur_u16be(&c));
		if (c.failed)
			return err_set(e, ERR_CORRUPT, NULL, "a bundle of leaves ends within leaf %u of %u", i, width);
	}
	at[width] = (uint32_t)cur_offset(&c) + 2;
	return 0;
}

int ledger_bundle_get(struct ledger_tiles *t, uint64_t n, unsigned width, const struct ledger_bundle_slot **ret, struct err *e)
{
	struct ledger_bundle_slot *s = &t->bundle[0];
	for (size_t i = 0; i < ARRAY_LEN(t->bundle); i++) {
		struct ledger_bundle_slot *c = &t->bundle[i];
		if (c->width >= width && c->n == n) {
			c->used = ++t->clock;
			*ret = c;
			return 0;
		}
		if (c->used < s->used)
			s = c;
	}
	bool full;
	char path[TILE_PATH_MAX];
	ledger_tile_path(TILE_ENTRIES, n, width, path);
	s->width = 0;
	buf_reset(&s->bytes);
	int r = read_file(t->dirfd, TILE_ENTRIES, n, width, BUNDLE_MAX, &s->bytes, &full, e);
	if (r == ERR_NOT_FOUND)
		return err_set(e, ERR_CORRUPT, path, "a bundle of leaves is missing");
	if (r == ERR_LIMIT)
		return err_set(e, ERR_CORRUPT, path, "a bundle of leaves is too long");
	unsigned w = full ? TILE_WIDTH : width;
	if (r == 0 && (r = ledger_bundle_parse(buf_slice(&s->bytes), w, s->at, e)) == 0 && s->at[w] - 2 != s->bytes.n)
		r = err_set(e, ERR_CORRUPT, NULL, "a bundle of leaves has bytes behind its last leaf");
	if (r < 0) {
		if (r == ERR_CORRUPT)
			err_in(e, path);
		return r;
	}
	s->n = n;
	s->width = w;
	s->used = ++t->clock;
	*ret = s;
	return 0;
}

struct slice ledger_bundle_leaf(const struct ledger_bundle_slot *b, unsigned i)
{
	return slice_of(b->bytes.p + b->at[i], b->at[i + 1] - 2 - b->at[i]);
}

int ledger_tiles_leaf(struct ledger_tiles *t, uint64_t seq, uint64_t size, struct ledger_leaf *ret, struct err *e)
{
	const struct ledger_bundle_slot *b;
	uint64_t n = seq / TILE_WIDTH;
	assert(seq < size);
	int r = ledger_bundle_get(t, n, ledger_tile_width(TILE_ENTRIES, n, size), &b, e);
	if (r < 0)
		return r;
	r = ledger_leaf_decode(ledger_bundle_leaf(b, (unsigned)(seq % TILE_WIDTH)), ret, e);
	if (r < 0) {
		char path[TILE_PATH_MAX];
		ledger_tile_path(TILE_ENTRIES, n, TILE_WIDTH, path);
		err_in(e, path);
	}
	return r;
}

/* ---- hashes of subtrees, and the proofs made of them ---- */

/* MTH of the perfect subtree [index * 2^height, (index + 1) * 2^height), which lies within a tree of this size. */
static int node(struct ledger_tiles *t, unsigned height, uint64_t index, uint64_t size, uint8_t out[SEAL_HASH], struct err *e)
{
	int level = (int)(height / 8);
	unsigned h = height % 8;
	uint64_t first = index << h, n = first / TILE_WIDTH;
	const uint8_t *tile;
	uint8_t scratch[TILE_BYTES];
	int r = ledger_tile_get(t, level, n, ledger_tile_width(level, n, size), &tile, e);
	if (r < 0)
		return r;
	memcpy(scratch, tile + first % TILE_WIDTH * SEAL_HASH, (size_t)SEAL_HASH << h);
	tlog_perfect(scratch, (size_t)1 << h, out);
	return 0;
}

/* MTH(D[lo:hi]) where it is a subtree of a tree: lo is a multiple of the power of two at or above hi - lo. */
static int range(struct ledger_tiles *t, uint64_t lo, uint64_t hi, uint64_t size, uint8_t out[SEAL_HASH], struct err *e)
{
	uint8_t roots[64][SEAL_HASH];
	size_t n = 0;
	while (lo < hi) {
		unsigned h = 63 - (unsigned)__builtin_clzll(hi - lo);
		int r = node(t, h, lo >> h, size, roots[n++], e);
		if (r < 0)
			return r;
		lo += UINT64_C(1) << h;
	}
	tlog_fold(roots, n, out);
	return 0;
}

int ledger_tiles_root(struct ledger_tiles *t, uint64_t at, uint64_t size, uint8_t out[SEAL_HASH], struct err *e)
{
	return range(t, 0, at, size, out, e);
}

/* The largest power of two below n, n > 1. */
static uint64_t split(uint64_t n)
{
	return UINT64_C(1) << (63 - (unsigned)__builtin_clzll(n - 1));
}

static int reversed(uint8_t (*path)[SEAL_HASH], size_t n, struct buf *ret, struct err *e)
{
	while (n > 0)
		buf_add(ret, path[--n], SEAL_HASH);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "no room for a proof");
}

/* PATH(m, D[n]) of RFC 6962 2.1.1, walked from the root down and written the other way round. */
int ledger_tiles_inclusion(struct ledger_tiles *t, uint64_t seq, uint64_t at, uint64_t size, struct buf *ret, struct err *e)
{
	uint8_t path[64][SEAL_HASH];
	size_t n = 0;
	assert(seq < at && at <= size);
	for (uint64_t lo = 0, hi = at; hi - lo > 1;) {
		uint64_t mid = lo + split(hi - lo);
		int r = seq < mid ? range(t, mid, hi, size, path[n++], e) : range(t, lo, mid, size, path[n++], e);
		if (r < 0)
			return r;
		if (seq < mid)
			hi = mid;
		else
			lo = mid;
	}
	return reversed(path, n, ret, e);
}

/* PROOF(m, D[n]) of RFC 6962 2.1.2. */
int ledger_tiles_consistency(struct ledger_tiles *t, uint64_t old, uint64_t at, uint64_t size, struct buf *ret, struct err *e)
{
	uint8_t path[65][SEAL_HASH];
	size_t n = 0;
	assert(old <= at && at <= size);
	if (old == 0 || old == at)
		return 0;
	uint64_t lo = 0, hi = at;
	while (old != hi) {
		uint64_t mid = lo + split(hi - lo);
		int r = old <= mid ? range(t, mid, hi, size, path[n++], e) : range(t, lo, mid, size, path[n++], e);
		if (r < 0)
			return r;
		if (old <= mid)
			hi = mid;
		else
			lo = mid;
	}
	if (lo != 0) { /* b is false: the old tree's last subtree is not known to the checker */
		int r = range(t, lo, hi, size, path[n++], e);
		if (r < 0)
			return r;
	}
	return reversed(path, n, ret, e);
}

/* ---- the tree of a size, from tiles ---- */

/* The first `width` hashes of a tile: as stored for a tree of this size, or else made of the tiles below. Depth is at most the number of levels. */
static int hashes(struct ledger_tiles *t, int level, uint64_t n, unsigned width, uint64_t size, uint8_t *out, struct err *e)
{
	const uint8_t *tile;
	unsigned stored = ledger_tile_width(level, n, size);
	int r = ledger_tile_get(t, level, n, stored, &tile, e);
	if (r == 0) {
		memcpy(out, tile, width * (size_t)SEAL_HASH);
		return 0;
	}
	if (r != ERR_CORRUPT)
		return r;
	if (level == 0) {
		const struct ledger_bundle_slot *b;
		if ((r = ledger_bundle_get(t, n, stored, &b, e)) < 0)
			return r;
		for (unsigned i = 0; i < width; i++) {
			struct slice leaf = ledger_bundle_leaf(b, i);
			if (leaf.n > LEDGER_LEAF_MAX)
				return err_set(e, ERR_CORRUPT, NULL, "a leaf is too long");
			tlog_leaf_hash(leaf, out + i * SEAL_HASH);
		}
		return 0;
	}
	AUTO_BUF struct buf below = {0};
	buf_init(&below, TILE_BYTES);
	uint8_t *p = buf_space(&below, TILE_BYTES);
	if (!p)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a tile");
	for (unsigned i = 0; i < width; i++) {
		if ((r = hashes(t, level - 1, n * TILE_WIDTH + i, TILE_WIDTH, size, p, e)) < 0)
			return r;
		tlog_perfect(p, TILE_WIDTH, out + i * SEAL_HASH);
	}
	return 0;
}

/* The tree of the first `at` entries, out of the tiles stored for a tree of `size` of them. Nothing of it is proven until a root fits. */
int ledger_tiles_load(struct ledger_tiles *t, uint64_t at, uint64_t size, struct tlog_tree *ret, struct err *e)
{
	assert(at <= size);
	tlog_tree_init(ret);
	for (int l = 0; l < TREE_LEVELS; l++) {
		uint64_t n = at >> (8 * l);
		unsigned width = (unsigned)(n % TILE_WIDTH);
		int r = width ? hashes(t, l, n / TILE_WIDTH, width, size, ret->hash[l][0], e) : 0;
		if (r < 0)
			return r;
		ret->n[l] = (uint16_t)width;
	}
	ret->size = at;
	return 0;
}
