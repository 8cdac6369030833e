/* A file's digest, computed again from its bytes: chunks as backup made them, their keyed ids, one keyed hash over these. Nobody without the deduplication key makes another file that fits, and nobody at
 * all without breaking HMAC-SHA-256. */
#include "restore_internal.h"

#include <errno.h>
#include <unistd.h>

#define BLOCK ((size_t)1 << 20)

struct digesting {
	const struct restore_origin *from;
	int fd;
	struct seal_sha256 *ids;
	uint8_t *block;
	uint64_t chunks;
};

/* One piece of data between holes. */
static int segment(struct digesting *d, uint64_t at, uint64_t end, struct err *e)
{
	size_t have = 0;
	struct slice chunks[VAULT_IDS];
	uint8_t ids[VAULT_IDS][VAULT_ID];
	while (at < end || have) {
		size_t want = end - at < BLOCK - have ? (size_t)(end - at) : BLOCK - have;
		for (size_t got = 0; got < want;) {
			ssize_t n = pread(d->fd, d->block + have + got, want - got, (off_t)(at + got));
			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				return n < 0 ? err_sys(e, NULL, "what was written cannot be read again") : err_set(e, ERR_CORRUPT, NULL, "what was written is shorter than it should be");
			got += (size_t)n;
		}
		at += want;
		have += want;
		size_t used = 0;
		while (have - used >= VAULT_CHUNK_MAX || (at == end && used < have)) {
			size_t n = 0;
			for (; n < VAULT_IDS && (have - used >= VAULT_CHUNK_MAX || (at == end && used < have)); n++) {
				struct slice s = slice_of(d->block + used, have - used);
				chunks[n] = slice_of(s.p, vault_chunk_end(&d->from->gear, s));
				used += chunks[n].n;
			}
			vault_chunk_ids(&d->from->keys, chunks, n, ids);
			seal_sha256_add(d->ids, slice_of(ids, n * VAULT_ID));
			d->chunks += n;
		}
		memmove(d->block, d->block + used, have - used);
		have -= used;
	}
	return 0;
}

/* As backup.c counts it. */
static void add_hole(struct digesting *d, uint64_t length)
{
	uint8_t mark[VAULT_ID] = "hole";
	uint64_t n = htole64(length);
	memcpy(mark + 8, &n, 8);
	if (!length)
		return;
	seal_sha256_add(d->ids, slice_of(mark, sizeof mark));
	d->chunks++;
}

static int all(struct digesting *d, const struct vault_line *l, const struct buf *holes, struct err *e)
{
	uint64_t at = 0, size = l->node.size, hole = 0;
	int r = 0;
	for (size_t i = 0; r == 0 && i + sizeof(struct restore_hole) <= holes->n; i += sizeof(struct restore_hole)) {
		struct restore_hole h;
		memcpy(&h, holes->p + i, sizeof h);
		if (h.at > at || !hole) {
			add_hole(d, hole);
			r = segment(d, at, h.at, e);
			hole = 0;
		}
		hole += h.length; /* two places that touch are one hole */
		at = h.at + h.length;
	}
	add_hole(d, hole);
	return r == 0 && at < size ? segment(d, at, size, e) : r;
}

int restore_digest(const struct restore_origin *from, int fd, const struct vault_line *l, const struct buf *holes, struct err *e)
{
	struct digesting d = {.from = from, .fd = fd, .ids = seal_sha256_new(), .block = malloc(BLOCK)};
	uint8_t sum[SEAL_HASH], digest[VAULT_DIGEST];
	int r = 0;
	if (!d.ids || !d.block)
		r = err_set(e, ERR_MEMORY, NULL, "no memory for a digest");
	else if (!from->verifies)
		r = err_set(e, ERR_NO, NULL, "a pack that it lies in is not the one that the ledger names, and without keys/dedupe.key it cannot be told whether this file of it is whole");
	if (r == 0) {
		seal_sha256_begin(d.ids);
		r = all(&d, l, holes, e);
		seal_sha256_end(d.ids, sum);
	}
	if (r == 0 && d.chunks) {
		vault_digest(&from->keys, sum, digest);
		if (!l->has_digest || !seal_equal(digest, l->digest, sizeof digest))
			r = err_set(e, ERR_CORRUPT, NULL, "what its packs hold is not what was backed up");
	}
	seal_sha256_free(d.ids);
	free(d.block);
	return r;
}
