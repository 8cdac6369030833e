/* Entries of a few kinds among very many: where they stand, without reading every leaf each time. What commands ask for over and over (what was captured, sheets of paper, transfers, drills) is a thousandth part of a large ledger.
 *
 * SITE/ledger/kinds.idx says of each full bundle of 256 leaves which kinds are in it. A cache: it can be deleted at any time and is made again from the bundles, which say the same in the clear. Big-endian:
 *
 *   0    8   magic "HFKIND01"
 *   8    8   n: it covers the first n bundles of the ledger
 *   16   32  root of the tree of their 256 n entries, so that it is not believed of another ledger, or of this one before it was rolled back
 *   48   8n  of each bundle a bit for each kind in it, LEDGER_KIND_BIT
 *        32  HMAC-SHA-256 of all before, under the dedupe key: a torn one is not believed, nor one by which somebody would hide entries from a balance
 * Measured, a million entries, 2,000 captured items and 3,800 acts on them: `backload list` took 0.76 s of processor time with every leaf looked at, and takes 0.31 s, also the first time; 0.05 s of it is what the command costs on an empty site.
 *
 * Valid if and only if all of that holds and nothing follows. Whoever asks writes it, if they have that key and may write there; who may not looks at the leaves that it does not cover. */
#include "ledger_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KINDS_FILE "kinds.idx"
#define KINDS_MAGIC "HFKIND01"
#define KINDS_HEAD 48
#define BUNDLES_MAX ((size_t)8 << 20) /* 2 * 10^9 entries; of those behind, every leaf is looked at */
#define SAVE_EVERY 16                 /* bundles that are new before it is written again */

struct ledger_kinds {
	uint64_t *mask;
	size_t n, room, saved; /* bundles */
};

void ledger_kinds_free(struct ledger_kinds *k)
{
	if (k)
		free(k->mask);
	free(k);
}

static bool room_for(struct ledger_kinds *k, size_t n)
{
	if (n <= k->room)
		return true;
	size_t room = n < 256 ? 256 : n + n / 4;
	uint64_t *more = reallocarray(k->mask, room, sizeof *more);
	if (!more)
		return false;
	k->mask = more;
	k->room = room;
	return true;
}

/* ---- the file ---- */

static bool has_key(const struct ledger *l)
{
	static const uint8_t none[sizeof l->dedupe];
	return memcmp(l->dedupe, none, sizeof none) != 0;
}

/* Whatever is wrong with it, it is as if there were none. */
static void load(struct ledger *l, struct ledger_kinds *k)
{
	AUTO_BUF struct buf b = {0};
	uint8_t root[SEAL_HASH], hash[SEAL_HASH];
	buf_init(&b, KINDS_HEAD + 8 * BUNDLES_MAX + SEAL_HASH);
	if (!has_key(l) || file_read(l->dirfd, KINDS_FILE, KINDS_HEAD + 8 * BUNDLES_MAX + SEAL_HASH, &b, NULL) < 0 || b.n < KINDS_HEAD + SEAL_HASH)
		return;
	struct cur c = cur_of(buf_slice(&b));
	struct slice magic = cur_take(&c, 8);
	uint64_t n = cur_u64be(&c);
	struct slice at = cur_take(&c, SEAL_HASH);
	if (!slice_eq_str(magic, KINDS_MAGIC) || n > BUNDLES_MAX || b.n != KINDS_HEAD + 8 * n + SEAL_HASH || n > ledger_published(l) / TILE_WIDTH)
		return;
	seal_hmac_sha256(slice_of(l->dedupe, sizeof l->dedupe), slice_of(b.p, b.n - SEAL_HASH), hash);
	if (memcmp(hash, b.p + b.n - SEAL_HASH, SEAL_HASH) || ledger_root(l, n * TILE_WIDTH, root, NULL) < 0 || memcmp(root, at.p, SEAL_HASH) || !room_for(k, n))
		return;
	for (uint64_t i = 0; i < n; i++)
		k->mask[i] = cur_u64be(&c);
	k->n = k->saved = n;
}

/* A command that root runs leaves nothing behind that the ledger's owner does not own. */
static void give(const struct ledger *l)
{
	struct stat st;
	if (geteuid() == 0 && fstat(l->dirfd, &st) == 0 && st.st_uid != 0)
		(void)!fchownat(l->dirfd, KINDS_FILE, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW);
}

static void save(struct ledger *l, struct ledger_kinds *k)
{
	AUTO_BUF struct buf b = {0};
	uint8_t root[SEAL_HASH], hash[SEAL_HASH];
	if (!has_key(l) || k->n < k->saved + SAVE_EVERY || ledger_root(l, k->n * TILE_WIDTH, root, NULL) < 0)
		return;
	buf_init(&b, KINDS_HEAD + 8 * BUNDLES_MAX + SEAL_HASH);
	buf_str(&b, KINDS_MAGIC);
	buf_u64be(&b, k->n);
	buf_add(&b, root, SEAL_HASH);
	for (size_t i = 0; i < k->n; i++)
		buf_u64be(&b, k->mask[i]);
	seal_hmac_sha256(slice_of(l->dedupe, sizeof l->dedupe), buf_slice(&b), hash);
	buf_add(&b, hash, SEAL_HASH);
	if (buf_ok(&b) && file_replace(l->dirfd, KINDS_FILE, buf_slice(&b), 0644, NULL) == 0) {
		k->saved = k->n; /* else the next one who asks looks again */
		give(l);
	}
}

/* ---- bundles that nobody has looked at yet ---- */

static int learn(struct ledger *l, struct ledger_kinds *k, struct err *e)
{
	size_t full = ledger_published(l) / TILE_WIDTH > BUNDLES_MAX ? BUNDLES_MAX : (size_t)(ledger_published(l) / TILE_WIDTH);
	if (k->n < full && !room_for(k, full))
		return err_set(e, ERR_MEMORY, NULL, "no memory for where entries stand");
	for (; k->n < full; k->n++) {
		const struct ledger_bundle_slot *b;
		uint64_t mask = 0;
		int r = ledger_bundle_get(&l->tiles, k->n, TILE_WIDTH, &b, e);
		if (r < 0)
			return r;
		for (unsigned i = 0; i < TILE_WIDTH; i++) {
			struct slice leaf = ledger_bundle_leaf(b, i);
			mask |= leaf.n > 1 ? LEDGER_KIND_BIT(leaf.p[1]) : ~UINT64_C(0); /* what is wrong with it is said when it is read */
		}
		k->mask[k->n] = mask;
	}
	save(l, k);
	return 0;
}

int ledger_scan_kinds(struct ledger *l, uint64_t from, uint64_t to, uint64_t kinds, ledger_scan_fn *fn, void *arg, struct err *e)
{
	if (!l->kinds) {
		if (!(l->kinds = calloc(1, sizeof *l->kinds)))
			return err_set(e, ERR_MEMORY, NULL, "no memory for where entries stand");
		load(l, l->kinds);
	}
	struct ledger_kinds *k = l->kinds;
	if (to > ledger_size(l))
		return err_set(e, ERR_NOT_FOUND, NULL, "there are not so many entries");
	int r = learn(l, k, e);
	while (r == 0 && from < to) {
		struct ledger_entry en = {.seq = from};
		if (from / TILE_WIDTH < k->n && !(k->mask[from / TILE_WIDTH] & kinds)) {
			from = (from / TILE_WIDTH + 1) * TILE_WIDTH;
			continue;
		}
		r = ledger_read_leaf(l, from++, &en.leaf, e);
		if (r == 0 && LEDGER_KIND_BIT(en.leaf.kind) & kinds)
			r = fn(arg, &en, e);
	}
	return r < 0 ? r : 0;
}
