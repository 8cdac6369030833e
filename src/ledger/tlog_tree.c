/* RFC 6962 Merkle tree, section 2.1, kept as C2SP tlog-tiles: at each level the hashes of the tile that is not yet full. That is all one needs to
 * add leaves and to know the root; full tiles are handed out as they close.
 *
 * A hash at level l stands for 256^l leaves. Level 0 holds leaf hashes; a full tile's 256 hashes become one hash of the level above.
 */
#include "ledger_internal.h"

void tlog_leaf_hash(struct slice leaf, uint8_t out[SEAL_HASH])
{
	uint8_t m[1 + LEDGER_LEAF_MAX];
	assert(leaf.n <= LEDGER_LEAF_MAX);
	m[0] = 0;
	memcpy(m + 1, leaf.p, leaf.n);
	seal_sha256_once(slice_of(m, leaf.n + 1), out);
}

void tlog_node_hash(const uint8_t left[SEAL_HASH], const uint8_t right[SEAL_HASH], uint8_t out[SEAL_HASH])
{
	uint8_t m[1 + 2 * SEAL_HASH];
	m[0] = 1;
	memcpy(m + 1, left, SEAL_HASH);
	memcpy(m + 1 + SEAL_HASH, right, SEAL_HASH);
	seal_sha256_once(slice_of(m, sizeof m), out);
}

/* The root of n hashes, n a power of two, in place: hashes is used up. */
void tlog_perfect(uint8_t *hashes, size_t n, uint8_t out[SEAL_HASH])
{
	assert(n && !(n & (n - 1)));
	for (; n > 1; n /= 2)
		for (size_t i = 0; i < n / 2; i++)
			tlog_node_hash(hashes + 2 * i * SEAL_HASH, hashes + (2 * i + 1) * SEAL_HASH, hashes + i * SEAL_HASH);
	memcpy(out, hashes, SEAL_HASH);
}

/* MTH of subtrees that stand side by side, each a perfect one and smaller than the one before (or equal, where it is not the last). The split at the largest
 * power of two below the size makes the tree lean left, so the fold runs from the right. */
void tlog_fold(uint8_t (*roots)[SEAL_HASH], size_t n, uint8_t out[SEAL_HASH])
{
	if (n == 0) {
		seal_sha256_once(SLICE_NULL, out); /* MTH({}) = SHA-256() */
		return;
	}
	memcpy(out, roots[n - 1], SEAL_HASH);
	while (--n > 0)
		tlog_node_hash(roots[n - 1], out, out);
}

void tlog_tree_init(struct tlog_tree *t)
{
	t->size = 0;
	t->closed_n = 0;
	memset(t->n, 0, sizeof t->n);
}

/* What closes is kept in t->closed, and the caller takes it (sets closed_n to 0) before it adds the next leaf: so adding cannot fail, and what cannot be written now
 * can be written later. */
void tlog_tree_add(struct tlog_tree *t, const uint8_t hash[SEAL_HASH])
{
	uint8_t up[SEAL_HASH];
	assert(t->closed_n == 0 && t->size < UINT64_MAX);
	memcpy(up, hash, SEAL_HASH);
	uint64_t index = t->size++; /* of the hash at its level */
	for (int l = 0; l < TREE_LEVELS; l++, index /= TILE_WIDTH) {
		memcpy(t->hash[l][t->n[l]], up, SEAL_HASH);
		if (++t->n[l] < TILE_WIDTH)
			break;
		struct tlog_tile *c = &t->closed[t->closed_n++];
		*c = (struct tlog_tile){.level = l, .index = index / TILE_WIDTH};
		memcpy(c->hash, t->hash[l], TILE_BYTES);
		tlog_perfect(t->hash[l][0], TILE_WIDTH, up);
		t->n[l] = 0;
	}
}

void tlog_tree_root(const struct tlog_tree *t, uint8_t out[SEAL_HASH])
{
	uint8_t roots[TREE_LEVELS * 8][SEAL_HASH], scratch[TILE_BYTES];
	size_t n = 0;
	for (int l = TREE_LEVELS - 1; l >= 0; l--) {
		unsigned at = 0;
		for (unsigned w = TILE_WIDTH / 2; w; w /= 2) {
			if (!(t->n[l] & w))
				continue;
			memcpy(scratch, t->hash[l][at], w * SEAL_HASH);
			tlog_perfect(scratch, w, roots[n++]);
			at += w;
		}
	}
	tlog_fold(roots, n, out);
}
