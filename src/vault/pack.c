/* A pack: many chunks in one sealed file, in a form that two Debian commands open.
 *
 *     age -d -i KEY content-00000012.age | zstd -d          gives the stream: chunks, one behind the other, and nothing else
 *
 * The age file's plaintext is zstd frames (RFC 8878), in order:
 *   1. frames of 1..VAULT_FRAME_MAX bytes of the stream, whole chunks, each with its content size in its header, without checksum (age's tags are that), raw blocks where nothing would be gained;
 *   2. at most one skippable frame 0x184D2A50 of zeros: padding, so that the whole plaintext has a Padmé size (Nikitin et al., PURBs, 2019: at most 12 % more, at most 3 % from 1 MiB on, and no
 *      more than log log n bits of the size are seen). A full pack is VAULT_PACK_SIZE, to the byte;
 *   3. the seek table of zstd's seekable format (contrib/seekable_format/zstd_seekable_compression_format.md), a skippable frame 0x184D2A5E: for each frame before it u32 size here, u32 size of what
 *      it holds (0: the padding); then u32 count of entries, u8 0, u32 0x8F92EAB1. All little-endian.
 * Valid if and only if all of that holds, nothing else is there, the sizes add up, and the plaintext is at most VAULT_PACK_SIZE, the stream at most VAULT_PACK_PLAIN_MAX bytes.
 *
 * It is written to SITE/vault/new/NAME, fsynced, renamed to SITE/vault/NAME, the folder fsynced; then its entry is made. It never changes.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include "pack_format.h"
#include "vault_internal.h"

/* ---- frames ---- */

#define PROBE 4096           /* bytes looked at before a frame is compressed */
#define PROBE_PIECES 4       /* taken from as many places */
#define HASH_LOG 13          /* 32 KiB: it stays in the first cache. A seventh faster than level 1 by itself, and 1 % more is stored */
#define ENTROPY_ONLY 1000    /* steps so wide that matches are hardly looked for: what remains is Huffman's code, at nearly three times the speed */
#define RAW_BLOCK ((size_t)128 << 10)
#define RAW_HEADER 9         /* magic 4, descriptor 1, content size 4 (single segment) */

struct vault_compressor {
	ZSTD_CCtx *z;
	bool fast; /* level 1 */
	uint8_t probe[PROBE], probed[PROBE + 512];
};

static bool set(struct vault_compressor *c, ZSTD_cParameter what, int v)
{
	return !ZSTD_isError(ZSTD_CCtx_setParameter(c->z, what, v));
}

struct vault_compressor *vault_compressor_new(int level)
{
	struct vault_compressor *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->z = ZSTD_createCCtx();
	c->fast = level == 1;
	/* literals are always coded: with wide steps zstd would leave them as they are */
	if (!c->z || !set(c, ZSTD_c_compressionLevel, level) || !set(c, ZSTD_c_windowLog, 18) || !set(c, ZSTD_c_contentSizeFlag, 1) || !set(c, ZSTD_c_checksumFlag, 0) ||
	    (c->fast && (!set(c, ZSTD_c_hashLog, HASH_LOG) || !set(c, ZSTD_c_literalCompressionMode, ZSTD_lcm_huffman)))) {
		vault_compressor_free(c);
		return NULL;
	}
	return c;
}

void vault_compressor_free(struct vault_compressor *c)
{
	if (!c)
		return;
	ZSTD_freeCCtx(c->z);
	seal_wipe(c, sizeof(*c));
	free(c);
}

/* RFC 8878: magic, a descriptor that says single segment and a 4-byte content size, blocks of at most 128 KiB, each with 3 bytes: last, type 0 (raw), size. */
static size_t raw_frame(struct slice plain, uint8_t *out)
{
	uint8_t *to = out;
	const uint32_t magic = htole32(0xFD2FB528U), size = htole32((uint32_t)plain.n);
	memcpy(to, &magic, 4);
	to[4] = 0xA0; /* content size flag 2, single segment, no checksum, no dictionary */
	memcpy(to + 5, &size, 4);
	to += RAW_HEADER;
	for (size_t at = 0; at < plain.n;) {
		size_t n = plain.n - at < RAW_BLOCK ? plain.n - at : RAW_BLOCK;
		uint32_t block = (uint32_t)(n << 3) | (at + n == plain.n);
		to[0] = (uint8_t)block;
		to[1] = (uint8_t)(block >> 8);
		to[2] = (uint8_t)(block >> 16);
		memcpy(to + 3, plain.p + at, n);
		to += 3 + n;
		at += n;
	}
	return (size_t)(to - out);
}

enum how { HOW_RAW, HOW_ENTROPY, HOW_MATCHES };

/* Would compressing gain anything, and would looking for matches? A few pieces of it, compressed by themselves, say. (Pixels: low bits are noise, high bits are not, nothing is ever repeated.) */
static enum how how(struct vault_compressor *c, struct slice plain)
{
	if (plain.n < (size_t)4 * PROBE)
		return HOW_MATCHES;
	size_t piece = PROBE / PROBE_PIECES, apart = plain.n / PROBE_PIECES;
	for (size_t i = 0; i < PROBE_PIECES; i++)
		memcpy(c->probe + i * piece, plain.p + i * apart + apart / 2 - piece / 2, piece);
	size_t n = ZSTD_compress2(c->z, c->probed, sizeof(c->probed), c->probe, PROBE);
	if (ZSTD_isError(n) || n >= PROBE - PROBE / 32)
		return HOW_RAW;
	if (!c->fast || n < PROBE / 3 || !set(c, ZSTD_c_targetLength, ENTROPY_ONLY))
		return HOW_MATCHES;
	size_t without = ZSTD_compress2(c->z, c->probed, sizeof(c->probed), c->probe, PROBE);
	return ZSTD_isError(without) || without > n + n / 64 ? HOW_MATCHES : HOW_ENTROPY;
}

size_t vault_frame_make(struct vault_compressor *c, struct slice plain, uint8_t *out)
{
	assert(plain.n >= 1 && plain.n <= VAULT_FRAME_MAX);
	enum how as = how(c, plain);
	if (as == HOW_RAW || (c->fast && !set(c, ZSTD_c_targetLength, as == HOW_ENTROPY ? ENTROPY_ONLY : 0)))
		return raw_frame(plain, out);
	size_t n = ZSTD_compress2(c->z, out, VAULT_FRAME_SEALED_MAX, plain.p, plain.n);
	return ZSTD_isError(n) || n > plain.n + RAW_HEADER ? raw_frame(plain, out) : n; /* no memory in zstd is no reason to lose a backup */
}

/* ---- sizes ---- */

uint64_t vault_padme(uint64_t n)
{
	if (n < 2)
		return n;
	unsigned e = 63 - (unsigned)__builtin_clzll(n), s = 0;
	for (unsigned v = e; v; v >>= 1)
		s++;
	uint64_t mask = e > s ? (UINT64_C(1) << (e - s)) - 1 : 0;
	return (n + mask) & ~mask;
}

/* ---- the writer ---- */

#define OUT ((size_t)256 << 10) /* a write */

struct vault_pack_writer {
	int vaultfd, newfd, fd;
	struct vault_pack_info info;
	struct age_writer *age;
	struct seal_sha256 *sha;
	struct buf table; /* entries of the seek table */
	uint64_t frames, at, plain, size;
	uint64_t flushed; /* of the file: handed to the disk already */
	size_t out_n;
	uint8_t out[OUT];
};

/* All memory that this takes is given back here; the file is removed unless it was finished. */
static void writer_free(struct vault_pack_writer *w, bool remove)
{
	age_writer_free(w->age);
	seal_sha256_free(w->sha);
	buf_done(&w->table);
	if (w->fd >= 0)
		close(w->fd);
	if (remove && w->fd >= 0)
		(void)unlinkat(w->newfd, w->info.name, 0);
	if (w->newfd >= 0)
		close(w->newfd);
	free(w);
}

static int flush(struct vault_pack_writer *w, struct err *e)
{
	int r = file_write_all(w->fd, slice_of(w->out, w->out_n), e, w->info.name);
	w->size += w->out_n;
	w->out_n = 0;
	if (r == 0 && w->size - w->flushed >= (UINT64_C(4) << 20)) { /* so that the fsync at the end finds little to do; only a hint */
		(void)sync_file_range(w->fd, (off_t)w->flushed, (off_t)(w->size - w->flushed), SYNC_FILE_RANGE_WRITE);
		w->flushed = w->size;
	}
	return r;
}

static int sink(void *arg, struct slice piece, struct err *e)
{
	struct vault_pack_writer *w = arg;
	seal_sha256_add(w->sha, piece);
	while (piece.n) {
		size_t n = OUT - w->out_n < piece.n ? OUT - w->out_n : piece.n;
		memcpy(w->out + w->out_n, piece.p, n);
		w->out_n += n;
		piece = slice_of(piece.p + n, piece.n - n);
		if (w->out_n == OUT) {
			int r = flush(w, e);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

int vault_pack_create(int vaultfd, const struct vault_pack_info *info, const struct age_recipient *to, struct vault_pack_writer **ret, struct err *e)
{
	struct vault_pack_writer *w = calloc(1, sizeof(*w));
	if (!w)
		return err_set(e, ERR_MEMORY, NULL, "no memory for writing a pack");
	w->vaultfd = vaultfd;
	w->fd = -1;
	w->info = *info;
	buf_init(&w->table, (VAULT_PACK_FRAMES_MAX + 1) * TABLE_ENTRY);
	w->newfd = file_open_dir(vaultfd, "new", e);
	int r = w->newfd < 0 ? w->newfd : 0;
	if (r == 0 && !(w->sha = seal_sha256_new()))
		r = err_set(e, ERR_MEMORY, NULL, "no memory for writing a pack");
	if (r == 0) {
		seal_sha256_begin(w->sha);
		w->fd = openat(w->newfd, info->name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
		if (w->fd >= 0)
			vault_own(vaultfd, w->fd);
		r = w->fd < 0 ? err_sys(e, info->name, "a pack cannot be made in vault/new") : 0;
	}
	if (r == 0)
		r = age_writer_new(to, 1, sink, w, &w->age, e);
	if (r < 0) {
		writer_free(w, true);
		return r;
	}
	*ret = w;
	return 0;
}

/* What the plaintext would be with one more frame of this size, the smallest padding and the table. */
static uint64_t whole(const struct vault_pack_writer *w, size_t more, size_t frames)
{
	return w->at + more + 8 + TABLE_FIXED + (w->frames + frames + 1) * TABLE_ENTRY;
}

bool vault_pack_room(const struct vault_pack_writer *w, size_t plain, size_t sealed)
{
	return w->frames < VAULT_PACK_FRAMES_MAX && w->plain + plain <= VAULT_PACK_PLAIN_MAX && whole(w, sealed, 1) <= VAULT_PACK_SIZE;
}

static void entry(struct vault_pack_writer *w, size_t sealed, size_t plain)
{
	buf_u32le(&w->table, (uint32_t)sealed);
	buf_u32le(&w->table, (uint32_t)plain);
	w->frames++;
	w->at += sealed;
	w->plain += plain;
}

int vault_pack_add(struct vault_pack_writer *w, struct slice frame, size_t plain, uint64_t *ret_offset, struct err *e)
{
	assert(vault_pack_room(w, plain, frame.n) && plain > 0);
	int r = age_write(w->age, frame, e);
	if (r < 0)
		return r;
	*ret_offset = w->plain;
	entry(w, frame.n, plain);
	return buf_ok(&w->table) ? 0 : err_set(e, buf_code(&w->table), NULL, "no memory for a pack's table");
}

uint64_t vault_pack_written(const struct vault_pack_writer *w)
{
	return w->plain;
}

static int zeros(struct vault_pack_writer *w, uint64_t n, struct err *e)
{
	static const uint8_t nothing[4096];
	int r = 0;
	for (; r == 0 && n; n -= n < sizeof(nothing) ? n : sizeof(nothing))
		r = age_write(w->age, slice_of(nothing, n < sizeof(nothing) ? (size_t)n : sizeof(nothing)), e);
	return r;
}

static int put_padding(struct vault_pack_writer *w, struct err *e)
{
	uint64_t least = whole(w, 0, 0), size = vault_padme(least);
	if (size > VAULT_PACK_SIZE)
		size = VAULT_PACK_SIZE; /* cannot be: it is a Padmé size itself */
	uint64_t pad = size - least;
	const uint32_t head[2] = {htole32(PADDING_MAGIC), htole32((uint32_t)pad)};
	int r = age_write(w->age, slice_of(head, sizeof(head)), e);
	if (r == 0)
		r = zeros(w, pad, e);
	if (r == 0)
		entry(w, (size_t)pad + sizeof(head), 0);
	return r;
}

static int put_table(struct vault_pack_writer *w, struct err *e)
{
	uint8_t footer[TABLE_FOOTER];
	const uint32_t head[2] = {htole32(TABLE_MAGIC), htole32((uint32_t)(w->table.n + TABLE_FOOTER))}, count = htole32((uint32_t)w->frames), magic = htole32(SEEKABLE_MAGIC);
	memcpy(footer, &count, 4);
	footer[4] = 0;
	memcpy(footer + 5, &magic, 4);
	if (!buf_ok(&w->table))
		return err_set(e, buf_code(&w->table), NULL, "no memory for a pack's table");
	int r = age_write(w->age, slice_of(head, sizeof(head)), e);
	if (r == 0)
		r = age_write(w->age, buf_slice(&w->table), e);
	return r == 0 ? age_write(w->age, slice_of(footer, sizeof(footer)), e) : r;
}

static int make_durable(struct vault_pack_writer *w, struct err *e)
{
	if (fsync(w->fd) < 0)
		return err_sys(e, w->info.name, "a pack cannot be made durable");
	/* never over a pack that is there: numbers are given once, and what stands under one has an entry */
	int r = renameat2(w->newfd, w->info.name, w->vaultfd, w->info.name, 1 /* RENAME_NOREPLACE */);
	if (r < 0 && (errno == EINVAL || errno == ENOSYS)) /* NFS and others do not know it */
		r = faccessat(w->vaultfd, w->info.name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? (errno = EEXIST, -1) : renameat(w->newfd, w->info.name, w->vaultfd, w->info.name);
	if (r < 0)
		return err_sys(e, w->info.name, "a pack cannot be given its name");
	return file_sync_dir(w->vaultfd, ".", e);
}

int vault_pack_finish(struct vault_pack_writer *w, struct vault_pack_info *ret, struct err *e)
{
	uint64_t plain = w->plain;
	int r = put_padding(w, e);
	if (r == 0)
		r = put_table(w, e);
	if (r == 0)
		r = age_writer_end(w->age, e);
	if (r == 0)
		r = flush(w, e);
	if (r == 0)
		r = make_durable(w, e);
	if (r == 0) {
		w->info.size = w->size;
		w->info.plain = plain;
		seal_sha256_end(w->sha, w->info.sha256);
		*ret = w->info;
	}
	writer_free(w, r < 0); /* a pack that was renamed but not fsynced with its folder is not in new/: nothing is removed, and without an entry it counts for nothing */
	return r;
}

void vault_pack_abandon(struct vault_pack_writer *w)
{
	if (w)
		writer_free(w, true);
}
