/* What packs one stream: gzip, bzip2, xz, zstd; and the archives 7z and RAR.
 *
 *   gzip (RFC 1952)   members: header, deflate walked to its end, CRC32 (not computed: nothing is unpacked), ISIZE = bytes that the walk counted
 *   bzip2             block magic 0x314159265359 at the start; the rest is bits: only begin and end can be told without decoding, the end magic and
 * CRC are looked for in the last bytes xz                stream header CRC; block headers with CRC32 and LZMA2 chunk headers walked; padding, check,
 * index with CRC, footer that fits (xz file format 1.1.0) zstd (RFC 8878)   frames: header, blocks by their headers, checksum passed over; skippable
 * frames 7z                start header CRC, next header by its offset, its size and its CRC RAR 4, 5          block headers with their CRCs (RAR 5:
 * vint sizes, CRC32) */
#include "content_internal.h"

/* ---- gzip ------------------------------------------------------------------------------------------------------------------- */

struct gzip {
	unsigned flags;
	uint64_t members;
	uint64_t member_at;
	struct deflate d;
};

static void gzip_step(struct content_checker *c, const uint8_t *p, size_t n);
static void gzip_fields(struct content_checker *c);

static void gzip_trailer(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct gzip *g = STATE_OF(c, struct gzip);
	if (le32(p + 4) != (uint32_t)g->d.out) {
		walk_lost(c, "gzip: trailer at %llu says another length than the data has", (unsigned long long)(c->w.at - 8));
		return;
	}
	g->members++;
	c->w.end_at = c->w.at;
	walk_want(c, 10, gzip_step);
}

static size_t gzip_data(struct content_checker *c, struct slice s)
{
	struct gzip *g = STATE_OF(c, struct gzip);
	size_t used;
	enum part part = deflate_feed(&g->d, s, &used);
	if (part == PART_BAD)
		walk_lost(c, "gzip: not deflate at byte %llu", (unsigned long long)c->w.at + used);
	else if (part == PART_END)
		walk_want(c, 8, gzip_trailer);
	return used;
}

static size_t gzip_string(struct content_checker *c, struct slice s) /* name, comment: to their NUL */
{
	const uint8_t *nul = memchr(s.p, 0, s.n);
	if (!nul)
		return s.n;
	gzip_fields(c);
	return (size_t)(nul - s.p) + 1;
}

static void gzip_skipped(struct content_checker *c, const uint8_t *p, size_t n)
{
	gzip_fields(c);
}

static void gzip_extra(struct content_checker *c, const uint8_t *p, size_t n)
{
	walk_skip(c, le16(p), 0, gzip_skipped);
}

static void gzip_fields(struct content_checker *c)
{
	struct gzip *g = STATE_OF(c, struct gzip);
	if (g->flags & 4) {
		g->flags &= ~4u;
		walk_want(c, 2, gzip_extra);
	} else if (g->flags & 8) {
		g->flags &= ~8u;
		walk_feed(c, WALK_FOREVER, gzip_string, 0, NULL);
	} else if (g->flags & 16) {
		g->flags &= ~16u;
		walk_feed(c, WALK_FOREVER, gzip_string, 0, NULL);
	} else if (g->flags & 2) {
		g->flags &= ~2u;
		walk_skip(c, 2, 0, gzip_skipped);
	} else {
		deflate_begin(&g->d);
		walk_feed(c, WALK_FOREVER, gzip_data, 0, NULL);
	}
}

static void gzip_step(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct gzip *g = STATE_OF(c, struct gzip);
	if (memcmp(p, "\x1f\x8b\x08", 3) != 0 || (p[3] & 0xE0)) {
		if (!g->members)
			walk_lost(c, "gzip: no header");
		else { /* behind a member: padding of a tape, or a payload; the end was before it */
			uint64_t end = c->w.end_at;
			walk_done(c);
			c->w.end_at = end;
		}
		return;
	}
	g->flags = p[3];
	g->member_at = c->w.at - 10;
	gzip_fields(c);
}

static bool gzip_sniff(struct content_checker *c, struct slice h)
{
	return h.n >= 10 && HEAD_IS(h, 0, "\x1f\x8b\x08") && !(h.p[3] & 0xE0);
}

static void gzip_begin(struct content_checker *c)
{
	content_state_new(c, offsetof(struct gzip, d));
	walk_want(c, 10, gzip_step);
}

static void gzip_end(struct content_checker *c)
{
	const struct gzip *g = STATE_OF(c, struct gzip);
	if (g->members && c->w.step == gzip_step) {
		uint64_t end = c->w.end_at;
		walk_done(c);
		c->w.end_at = end;
	} else
		walk_truncated(c);
}

const struct content_format format_gzip = {CONTENT_GZIP, gzip_sniff, gzip_begin, gzip_end};

/* ---- bzip2: blocks begin at any bit, so their 48-bit magic is searched in the bits; a block is at most 900 kB unpacked and hardly more packed
 * -------------- */

struct bzip2 {
	uint64_t bits;
	uint64_t blocks, last_block_at;
	bool closed;
	uint64_t most;          /* bytes that a block may take */
	unsigned crc_in, shift; /* bytes until the CRC behind a magic is there */
	bool of_close;
	uint32_t combined; /* of the block's CRCs, as the end must say */
};

#define BZIP2_BLOCK UINT64_C(0x314159265359)
#define BZIP2_CLOSE UINT64_C(0x177245385090)
#define BITS48      UINT64_C(0xFFFFFFFFFFFF)

/* A magic lies at one of eight shifts: the values that the fourth last byte can have then. */
static uint8_t bzip2_may[256];

__attribute__((constructor)) static void bzip2_make(void)
{
	for (unsigned k = 0; k < 8; k++) {
		bzip2_may[(BZIP2_BLOCK << k) >> 24 & 255] = 1;
		bzip2_may[(BZIP2_CLOSE << k) >> 24 & 255] = 1;
	}
}

static void bzip2_crc(struct content_checker *c, struct bzip2 *b, uint32_t crc)
{
	if (!b->of_close) {
		b->combined = (b->combined << 1 | b->combined >> 31) ^ crc;
		return;
	}
	if (crc != b->combined)
		walk_lost(c, "bzip2: its blocks' CRCs are not those that its end sums up");
	b->combined = 0; /* another stream may follow */
}

static void bzip2_magic(struct content_checker *c, struct bzip2 *b, uint64_t at)
{
	for (unsigned k = 0; k < 8; k++) {
		uint64_t m = b->bits >> k & BITS48;
		if (m != BZIP2_BLOCK && m != BZIP2_CLOSE)
			continue;
		if (at - b->last_block_at > b->most)
			walk_lost(c, "bzip2: no block begins between bytes %llu and %llu", (unsigned long long)b->last_block_at,
				(unsigned long long)at);
		b->blocks += m == BZIP2_BLOCK;
		b->of_close = b->closed = m == BZIP2_CLOSE;
		b->last_block_at = at;
		b->crc_in = 4;
		b->shift = k;
		return;
	}
}

static size_t bzip2_feed(struct content_checker *c, struct slice s)
{
	struct bzip2 *b = STATE_OF(c, struct bzip2);
	for (size_t i = 0; i < s.n && c->w.mode == WALK_FEED; i++) {
		b->bits = b->bits << 8 | s.p[i];
		if (b->crc_in && !--b->crc_in)
			bzip2_crc(c, b, (uint32_t)(b->bits >> b->shift));
		if (bzip2_may[b->bits >> 24 & 255])
			bzip2_magic(c, b, c->w.at + i);
	}
	return s.n;
}

static bool bzip2_sniff(struct content_checker *c, struct slice h)
{
	return h.n >= 14 && HEAD_IS(h, 0, "BZh") && h.p[3] >= '1' && h.p[3] <= '9' &&
		(memcmp(h.p + 4, "\x31\x41\x59\x26\x53\x59", 6) == 0 || memcmp(h.p + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

static void bzip2_begin(struct content_checker *c)
{
	struct bzip2 *b = content_state_new(c, sizeof *b);
	b->most = (uint64_t)(c->head[3] - '0') * 100000 * 2 + 65536;
	walk_feed(c, WALK_FOREVER, bzip2_feed, 0, NULL);
}

static void bzip2_end(struct content_checker *c)
{
	const struct bzip2 *b = STATE_OF(c, struct bzip2);
	if (!b->closed)
		walk_lost(c, "truncated: bzip2 has no end behind byte %llu", (unsigned long long)b->last_block_at);
	else {
		walk_done(c);
		c->w.end_at = b->last_block_at + 5;
	}
}

const struct content_format format_bzip2 = {CONTENT_BZIP2, bzip2_sniff, bzip2_begin, bzip2_end};

/* ---- xz --------------------------------------------------------------------------------------------------------------------- */

struct xz {
	unsigned check; /* bytes of it behind each block */
	uint64_t block_at, blocks, streams;
	uint64_t index_at;
	uint32_t crc;
	uint64_t index_left;
	bool lzma2; /* the block's only filter, so that its chunks can be walked */
};

static void xz_stream(struct content_checker *c, const uint8_t *p, size_t n);
static void xz_block(struct content_checker *c, const uint8_t *p, size_t n);

static void xz_lost(struct content_checker *c, const char *what)
{
	walk_lost(c, "xz: %s at byte %llu", what, (unsigned long long)c->w.at);
}

static void xz_check_over(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct xz *x = STATE_OF(c, struct xz);
	for (size_t i = 0; i + x->check < n; i++)
		if (p[i]) {
			xz_lost(c, "padding is not zero");
			return;
		}
	x->blocks++;
	walk_want(c, 1, xz_block);
}

static void xz_chunk(struct content_checker *c, const uint8_t *p, size_t n);

static void xz_chunk_packed(struct content_checker *c, const uint8_t *p, size_t n)
{
	/* two bytes unpacked size (low part), two bytes packed size - 1 [, properties] */
	if (n == 5 && p[4] > (4 * 5 + 4) * 9 + 8)
		xz_lost(c, "LZMA2 properties are none");
	else
		walk_skip(c, (uint64_t)be16(p + 2) + 1, 1, xz_chunk);
}

static void xz_chunk_plain(struct content_checker *c, const uint8_t *p, size_t n)
{
	walk_skip(c, (uint64_t)be16(p) + 1, 1, xz_chunk);
}

static void xz_chunk(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct xz *x = STATE_OF(c, struct xz);
	if (*p == 0) {
		size_t pad = (size_t)(-(c->w.at - x->block_at) % 4);
		walk_want(c, pad + x->check, xz_check_over);
	} else if (*p >= 0x80)
		walk_want(c, *p >= 0xC0 ? 5 : 4, xz_chunk_packed);
	else if (*p <= 2)
		walk_want(c, 2, xz_chunk_plain);
	else
		xz_lost(c, "no LZMA2 chunk");
}

static void xz_skipped_rest(struct content_checker *c, const uint8_t *p, size_t n)
{
	walk_give_up(c, CONTENT_XZ);
}

static void xz_block_header(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct xz *x = STATE_OF(c, struct xz);
	uint8_t size = (uint8_t)((n + 1) / 4 - 1);
	uint32_t crc = sum_crc32(0, &size, 1);
	struct cur k = cur_of(slice_of(p, n - 4));
	if (sum_crc32(crc, p, n - 4) != le32(p + n - 4)) {
		xz_lost(c, "a block header's CRC does not fit");
		return;
	}
	unsigned flags = cur_u8(&k);
	uint64_t packed = 0;
	if (flags & 0x40)
		packed = cur_varint(&k);
	if (flags & 0x80)
		cur_varint(&k);
	/* the last filter is LZMA2 (0x21); BCJ and delta before it do not change the chunks */
	for (unsigned f = 0; f <= (flags & 3); f++) {
		uint64_t id = cur_varint(&k), props = cur_varint(&k);
		x->lzma2 = id == 0x21;
		cur_take(&k, props);
	}
	if (k.failed)
		xz_lost(c, "a block header is none");
	else if (x->lzma2)
		walk_want(c, 1, xz_chunk);
	else if (packed)
		walk_skip(c, packed, (size_t)(-packed % 4) + x->check, xz_check_over);
	else
		xz_skipped_rest(c, NULL, 0);
}

static void xz_footer(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct xz *x = STATE_OF(c, struct xz);
	/* CRC32 of what follows, backward size, flags, "YZ" */
	if (memcmp(p + 10, "YZ", 2) != 0 || sum_crc32(0, p + 4, 6) != le32(p) || ((uint64_t)le32(p + 4) + 1) * 4 != c->w.at - 12 - x->index_at) {
		xz_lost(c, "the footer does not fit");
		return;
	}
	x->streams++;
	c->w.end_at = c->w.at;
	walk_want(c, 4, xz_stream);
}

static void xz_index_crc(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct xz *x = STATE_OF(c, struct xz);
	if (le32(p) != x->crc)
		xz_lost(c, "the index's CRC does not fit");
	else
		walk_want(c, 12, xz_footer);
}

static void xz_index(struct content_checker *c, const uint8_t *p, size_t n);

static void xz_index_pad(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct xz *x = STATE_OF(c, struct xz);
	x->crc = sum_crc32(x->crc, p, n);
	walk_want(c, 4, xz_index_crc);
}

static size_t xz_index_feed(struct content_checker *c, struct slice s) /* index_left numbers, LEB128 */
{
	struct xz *x = STATE_OF(c, struct xz);
	size_t i = 0;
	while (i < s.n && x->index_left)
		if (!(s.p[i++] & 0x80))
			x->index_left--;
	x->crc = sum_crc32(x->crc, s.p, i);
	if (!x->index_left)
		walk_want(c, (size_t)(-(c->w.at + i - x->index_at) % 4), xz_index_pad);
	return i;
}

static void xz_index(struct content_checker *c, const uint8_t *p, size_t n) /* the count of records, a byte at a time */
{
	struct xz *x = STATE_OF(c, struct xz);
	x->crc = sum_crc32(x->crc, p, 1);
	x->index_left |= (uint64_t)(*p & 0x7F) << x->check;
	x->check += 7;
	if ((*p & 0x80) && x->check < 56) {
		walk_want(c, 1, xz_index);
		return;
	}
	if (x->index_left != x->blocks) {
		xz_lost(c, "the index counts other blocks");
		return;
	}
	x->index_left *= 2;
	if (x->index_left)
		walk_feed(c, WALK_FOREVER, xz_index_feed, 0, NULL);
	else
		walk_want(c, (size_t)(-(c->w.at - x->index_at) % 4), xz_index_pad);
}

static void xz_block(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct xz *x = STATE_OF(c, struct xz);
	if (*p) {
		x->block_at = c->w.at - 1;
		walk_want(c, ((size_t)*p + 1) * 4 - 1, xz_block_header);
		return;
	}
	x->index_at = c->w.at - 1;
	x->crc = sum_crc32(0, p, 1);
	x->index_left = 0;
	x->check = 0; /* now the shift of the number that comes */
	walk_want(c, 1, xz_index);
}

static void xz_stream_rest(struct content_checker *c, const uint8_t *p, size_t n)
{
	static const uint8_t sizes[16] = {0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64};
	struct xz *x = STATE_OF(c, struct xz);
	/* "Z\0", flags, CRC32 of the flags */
	if (sum_crc32(0, p + 2, 2) != le32(p + 4) || p[2] || p[3] > 15) {
		xz_lost(c, "the stream header's CRC does not fit");
		return;
	}
	x->check = sizes[p[3]];
	x->blocks = 0;
	walk_want(c, 1, xz_block);
}

static void xz_over(struct content_checker *c)
{
	uint64_t end = c->w.end_at;
	walk_done(c);
	c->w.end_at = end;
}

static void xz_stream(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct xz *x = STATE_OF(c, struct xz);
	if (memcmp(p,
		    "\xFD"
		    "7zX",
		    4) == 0)
		walk_want(c, 8, xz_stream_rest);
	else if (x->streams && memcmp(p, "\0\0\0\0", 4) == 0)
		walk_want(c, 4, xz_stream);
	else if (x->streams)
		xz_over(c);
	else
		xz_lost(c, "no stream");
}

static bool xz_sniff(struct content_checker *c, struct slice h)
{
	return HEAD_IS(h, 0,
		"\xFD"
		"7zXZ\0");
}

static void xz_begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct xz));
	walk_want(c, 4, xz_stream);
}

static void xz_end(struct content_checker *c)
{
	if (STATE_OF(c, struct xz)->streams && c->w.step == xz_stream)
		xz_over(c);
	else
		walk_truncated(c);
}

const struct content_format format_xz = {CONTENT_XZ, xz_sniff, xz_begin, xz_end};

/* ---- zstd --------------------------------------------------------------------------------------------------------------------- */

struct zstd {
	bool checksum;
	uint64_t frames, most; /* block size */
};

static void zstd_frame(struct content_checker *c, const uint8_t *p, size_t n);

static void zstd_frame_over(struct content_checker *c, const uint8_t *p, size_t n)
{
	STATE_OF(c, struct zstd)->frames++;
	c->w.end_at = c->w.at;
	walk_want(c, 4, zstd_frame);
}

static void zstd_block(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct zstd *z = STATE_OF(c, struct zstd);
	uint32_t h = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
	uint64_t size = h >> 3;
	unsigned type = h >> 1 & 3;
	if (type == 3 || size > z->most || (type == 2 && size < 2)) {
		walk_lost(c, "zstd: no block at byte %llu", (unsigned long long)(c->w.at - 3));
		return;
	}
	if (type == 1)
		size = 1;
	if (h & 1)
		walk_skip(c, size + (z->checksum ? 4 : 0), 0, zstd_frame_over);
	else
		walk_skip(c, size, 3, zstd_block);
}

static void zstd_header(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct zstd *z = STATE_OF(c, struct zstd);
	static const uint8_t dict[4] = {0, 1, 2, 4}, content[4] = {0, 2, 4, 8};
	unsigned d = p[0];
	bool single = d & 0x20;
	if (d & 0x08) {
		walk_lost(c, "zstd: frame header at byte %llu is none", (unsigned long long)(c->w.at - 1));
		return;
	}
	z->checksum = d & 4;
	size_t more = (single ? 0 : 1) + dict[d & 3] + (single && !(d >> 6) ? 1 : content[d >> 6]);
	z->most = 1 << 17;
	walk_skip(c, more, 3, zstd_block);
}

static void zstd_skippable(struct content_checker *c, const uint8_t *p, size_t n)
{
	walk_skip(c, le32(p), 0, zstd_frame_over);
}

static void zstd_frame(struct content_checker *c, const uint8_t *p, size_t n)
{
	if (le32(p) == UINT32_C(0xFD2FB528))
		walk_want(c, 1, zstd_header);
	else if ((le32(p) & UINT32_C(0xFFFFFFF0)) == UINT32_C(0x184D2A50))
		walk_want(c, 4, zstd_skippable);
	else if (STATE_OF(c, struct zstd)->frames)
		xz_over(c);
	else
		walk_lost(c, "zstd: no frame");
}

static bool zstd_sniff(struct content_checker *c, struct slice h)
{
	return HEAD_IS(h, 0, "\x28\xB5\x2F\xFD") || (h.n >= 8 && (le32(h.p) & UINT32_C(0xFFFFFFF0)) == UINT32_C(0x184D2A50));
}

static void zstd_begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct zstd));
	walk_want(c, 4, zstd_frame);
}

static void zstd_end(struct content_checker *c)
{
	if (STATE_OF(c, struct zstd)->frames && c->w.step == zstd_frame)
		xz_over(c);
	else
		walk_truncated(c);
}

const struct content_format format_zstd = {CONTENT_ZSTD, zstd_sniff, zstd_begin, zstd_end};

/* ---- 7z ------------------------------------------------------------------------------------------------------------------------- */

struct sevenzip {
	uint32_t want, crc;
	uint64_t last; /* bytes of the directory, the newest lowest */
};

static size_t sevenzip_feed(struct content_checker *c, struct slice s)
{
	struct sevenzip *z = STATE_OF(c, struct sevenzip);
	z->crc = sum_crc32(z->crc, s.p, s.n);
	for (size_t i = 0; i < s.n; i++) { /* a coder with properties whose id is 06F10701: AES-256 with SHA-256. Where the directory itself is packed, it is not seen */
		z->last = z->last << 8 | s.p[i];
		c->r.encrypted |= (z->last & UINT64_C(0xFFFFFFFFFF)) == UINT64_C(0x2406F10701);
	}
	return s.n;
}

static void sevenzip_end(struct content_checker *c, const uint8_t *p, size_t n)
{
	const struct sevenzip *z = STATE_OF(c, struct sevenzip);
	if (z->crc == z->want)
		walk_done(c);
	else
		walk_lost(c, "7z: the CRC of its directory does not fit");
}

static void sevenzip_directory(struct content_checker *c, const uint8_t *p, size_t n)
{
	walk_feed(c, le64(c->head + 20), sevenzip_feed, 0, sevenzip_end);
}

static void sevenzip_start(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct sevenzip *z = STATE_OF(c, struct sevenzip);
	/* 6 magic, 2 version, CRC32 of the next 20: offset, size, CRC of the directory */
	z->want = le32(p + 28);
	if (sum_crc32(0, p + 12, 20) != le32(p + 8))
		walk_lost(c, "7z: the CRC of its header does not fit");
	else
		walk_skip(c, le64(p + 12), 0, sevenzip_directory);
}

static bool sevenzip_sniff(struct content_checker *c, struct slice h)
{
	return h.n >= 32 && HEAD_IS(h, 0, "7z\xBC\xAF\x27\x1C");
}

static void sevenzip_begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct sevenzip));
	walk_want(c, 32, sevenzip_start);
}

const struct content_format format_sevenzip = {CONTENT_SEVENZIP, sevenzip_sniff, sevenzip_begin, NULL};

/* ---- RAR ------------------------------------------------------------------------------------------------------------------------ */

static void rar5_block(struct content_checker *c, const uint8_t *p, size_t n);
static void rar4_block(struct content_checker *c, const uint8_t *p, size_t n);

struct rar {
	uint8_t first[7];
};

static void rar5_header(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct rar *r = STATE_OF(c, struct rar);
	struct cur k = cur_of(slice_of(r->first + 4, 3));
	uint64_t size = cur_varint(&k);
	size_t size_n = cur_offset(&k);
	uint32_t crc = sum_crc32(0, r->first + 4, 3);
	if (sum_crc32(crc, p, n) != le32(r->first)) {
		walk_lost(c, "rar: a block header's CRC does not fit before byte %llu", (unsigned long long)c->w.at);
		return;
	}
	/* the header's fields begin behind its size, perhaps in the bytes that came first */
	uint8_t all[64];
	size_t early = 3 - size_n, have = n < sizeof all - early ? n : sizeof all - early;
	memcpy(all, r->first + 4 + size_n, early);
	memcpy(all + early, p, have);
	k = cur_of(slice_of(all, size < early + have ? (size_t)size : early + have));
	uint64_t type = cur_varint(&k), flags = cur_varint(&k), data = 0;
	if (flags & 1)
		cur_varint(&k);
	if (flags & 2)
		data = cur_varint(&k);
	if (type == 4) { /* all that follows is encrypted */
		c->r.encrypted = true;
		walk_give_up(c, CONTENT_RAR);
	} else if (type == 5)
		walk_done(c);
	else
		walk_skip(c, data, 7, rar5_block);
}

static void rar5_block(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct rar *r = STATE_OF(c, struct rar);
	struct cur k = cur_of(slice_of(p + 4, 3));
	uint64_t size = cur_varint(&k);
	memcpy(r->first, p, 7);
	if (k.failed || size + cur_offset(&k) < 3 || size > (1 << 17) - 64)
		walk_lost(c, "rar: no block header before byte %llu", (unsigned long long)c->w.at);
	else
		walk_want(c, (size_t)size + cur_offset(&k) - 3, rar5_header);
}

static void rar4_header(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct rar *r = STATE_OF(c, struct rar);
	unsigned type = r->first[2], flags = le16(r->first + 3);
	uint32_t crc = sum_crc32(0, r->first + 2, 5);
	if ((sum_crc32(crc, p, n) & 0xFFFF) != le16(r->first)) {
		walk_lost(c, "rar: a block header's CRC does not fit before byte %llu", (unsigned long long)c->w.at);
		return;
	}
	uint64_t data = (flags & 0x8000) || type == 0x74 ? (n >= 4 ? le32(p) : 0) : 0;
	if (type == 0x74 && (flags & 0x100) && n >= 29)
		data |= (uint64_t)le32(p + 25) << 32;
	c->r.encrypted |= type == 0x74 && (flags & 4);
	if (type == 0x73 && (flags & 0x80)) {
		c->r.encrypted = true;
		walk_give_up(c, CONTENT_RAR);
	} else if (type == 0x7B)
		walk_done(c);
	else
		walk_skip(c, data, 7, rar4_block);
}

static void rar4_block(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct rar *r = STATE_OF(c, struct rar);
	unsigned size = le16(p + 5);
	memcpy(r->first, p, 7);
	if (size < 7 || p[2] < 0x72 || p[2] > 0x7B)
		walk_lost(c, "rar: no block header before byte %llu", (unsigned long long)c->w.at);
	else
		walk_want(c, size - 7, rar4_header);
}

static bool rar_sniff(struct content_checker *c, struct slice h)
{
	return HEAD_IS(h, 0, "Rar!\x1A\x07\x00") || HEAD_IS(h, 0, "Rar!\x1A\x07\x01\x00");
}

static void rar_begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct rar));
	if (c->head_n > 6 && c->head[6] == 1)
		walk_skip(c, 8, 7, rar5_block);
	else
		walk_skip(c, 7, 7, rar4_block);
}

static void rar_end(struct content_checker *c)
{
	if (walk_between(c) && c->w.step == rar4_block) /* old archives have no end block */
		walk_done(c);
	else
		walk_truncated(c);
}

const struct content_format format_rar = {CONTENT_RAR, rar_sniff, rar_begin, rar_end};
