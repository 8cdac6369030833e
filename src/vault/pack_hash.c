/* Whole packs against the ledger: SHA-256 of files, two at a time, because the processor hashes two nearly as fast as one (seal/hash_two.c). */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "vault_internal.h"

#define PIECE ((size_t)256 << 10)

struct vault_hasher {
	struct seal_sha256 *sha[2];
	uint8_t piece[2][PIECE];
};

struct vault_hasher *vault_hasher_new(void)
{
	struct vault_hasher *h = calloc(1, sizeof(*h));
	if (!h)
		return NULL;
	h->sha[0] = seal_sha256_new();
	h->sha[1] = seal_sha256_new();
	if (h->sha[0] && h->sha[1])
		return h;
	vault_hasher_free(h);
	return NULL;
}

void vault_hasher_free(struct vault_hasher *h)
{
	if (!h)
		return;
	seal_sha256_free(h->sha[0]);
	seal_sha256_free(h->sha[1]);
	free(h);
}

/* The next piece, whole unless the file ends; empty at its end, or when it cannot be read, which ends it. */
static struct slice next(struct vault_hash *f, uint64_t at, uint8_t *piece)
{
	size_t want = f->size - at < PIECE ? (size_t)(f->size - at) : PIECE, got = 0;
	while (f->read && got < want) {
		ssize_t n = pread(f->fd, piece + got, want - got, (off_t)(at + got));
		if (n < 0 && errno == EINTR)
			continue;
		f->read = n > 0;
		got += n > 0 ? (size_t)n : 0;
	}
	return slice_of(piece, f->read ? got : 0);
}

void vault_hash_packs(struct vault_hasher *h, struct vault_hash *f, size_t n)
{
	assert(n <= 2);
	for (size_t i = 0; i < n; i++) {
		seal_sha256_begin(h->sha[i]);
		f[i].read = true;
		(void)posix_fadvise(f[i].fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	}
	for (uint64_t at = 0;; at += PIECE) {
		struct slice s[2] = {{0}, {0}};
		for (size_t i = 0; i < n; i++)
			s[i] = f[i].read && at < f[i].size ? next(&f[i], at, h->piece[i]) : SLICE_NULL;
		if (!s[0].n && !s[1].n)
			break;
		if (s[0].n && s[1].n)
			seal_sha256_add_two(h->sha[0], s[0], h->sha[1], s[1]);
		else
			seal_sha256_add(h->sha[s[0].n ? 0 : 1], s[0].n ? s[0] : s[1]);
	}
	for (size_t i = 0; i < n; i++)
		seal_sha256_end(h->sha[i], f[i].sum);
}
