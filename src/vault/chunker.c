/* Where chunks end: a gear hash (Xia et al., FastCDC, ATC 2016 and TPDS 2020), keyed.
 *
 * h = (h << 1) + table[byte], 64 bits; a chunk ends behind a byte where the bits of a mask are zero in h. Before the mean the mask has two bits more, behind it two less ("normalised", level 2), so
 * that sizes lie near the mean; none is below VAULT_CHUNK_MIN or over VAULT_CHUNK_MAX; the last of a file may be smaller. The first VAULT_CHUNK_MIN bytes are not looked at, and h begins as 0
 * behind them. Two bytes are taken a step: with twice[b] = table[b] << 1, h = (h << 2) + twice[first], looked at under the mask moved left by one, then + table[second].
 * The mask takes its bits from the upper end of h, where the last 48 bytes or so have all had their say.
 * The table is HKDF-SHA-256 of the domain's gear key, info "table", 2,048 bytes as 256 little-endian numbers: who does not have the key cannot tell where a file of his would be cut.
 */
#include "vault_internal.h"

#define BITS 14 /* of VAULT_CHUNK_MEAN */
#define MASK(bits) (((UINT64_C(1) << (bits)) - 1) << (63 - (bits)))
#define MASK_SMALL MASK(BITS + 2) /* not at bit 63: the mask moved left by one still is whole */
#define MASK_LARGE MASK(BITS - 2)

_Static_assert(1 << BITS == VAULT_CHUNK_MEAN, "the masks are for this mean");

int vault_gear_init(struct vault_gear *g, const struct vault_keys *k, struct err *e)
{
	uint8_t bytes[256 * 8];
	int r = seal_hkdf_sha256(slice_of(k->gear, sizeof(k->gear)), SLICE_NULL, SLICE("table"), bytes, sizeof(bytes), e);
	struct cur c = cur_of(slice_of(bytes, sizeof(bytes)));
	for (size_t i = 0; r == 0 && i < 256; i++) {
		g->table[i] = cur_u64le(&c);
		g->twice[i] = g->table[i] << 1;
	}
	seal_wipe(bytes, sizeof(bytes));
	return r;
}

/* The first place in [from, to) behind which a chunk ends, or to. (to - from) is even unless to is the end. */
static size_t find(const struct vault_gear *g, const uint8_t *p, size_t from, size_t to, uint64_t mask, uint64_t *hash)
{
	uint64_t h = *hash, mask2 = mask << 1;
	size_t i = from;
	for (; i + 1 < to; i += 2) {
		h = (h << 2) + g->twice[p[i]];
		if (!(h & mask2))
			return i + 1;
		h += g->table[p[i + 1]];
		if (!(h & mask))
			return i + 2;
	}
	if (i < to) {
		h = (h << 1) + g->table[p[i]];
		if (!(h & mask))
			return i + 1;
	}
	*hash = h;
	return 0;
}

size_t vault_chunk_end(const struct vault_gear *g, struct slice s)
{
	size_t n = s.n < VAULT_CHUNK_MAX ? s.n : VAULT_CHUNK_MAX;
	if (n <= VAULT_CHUNK_MIN)
		return n;
	uint64_t h = 0;
	size_t mean = n < VAULT_CHUNK_MEAN ? n : VAULT_CHUNK_MEAN;
	size_t at = find(g, s.p, VAULT_CHUNK_MIN, mean, MASK_SMALL, &h);
	if (!at && mean < n)
		at = find(g, s.p, mean, n, MASK_LARGE, &h);
	return at ? at : n;
}
