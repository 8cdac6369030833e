/* RIFF (WAV, AVI, WEBP): chunks by their sizes, all inside the size that the first says. ISO base media (MP4, MOV, HEIC: ISO/IEC 14496-12) and JPEG
 * 2000 (15444-1): boxes at the top, each of a known kind and inside the file, those that hold boxes walked too. MP3: ID3v2, then frames, each where
 * the one before it ends. */
#include "content_internal.h"

struct riff {
	uint64_t end;
	uint64_t chunks;
	bool pcm;
	uint64_t format_rest;
	uint64_t raw_from, raw_to; /* samples */
};

static void riff_chunk(struct content_checker *c, const uint8_t *p, size_t n);

static bool is_fourcc(const uint8_t *p)
{
	for (size_t i = 0; i < 4; i++)
		if (p[i] < 0x20 || p[i] > 0x7E)
			return false;
	return true;
}

static void riff_next(struct content_checker *c, uint64_t skip)
{
	const struct riff *r = STATE_OF(c, struct riff);
	if (c->w.at + skip + 8 <= r->end)
		walk_skip(c, skip, 8, riff_chunk);
	else if (c->w.at + skip <= r->end + 1) {
		walk_skip(c, r->end > c->w.at ? r->end - c->w.at : 0, 0, riff_chunk);
	} else
		walk_lost(c, "riff: the chunk at byte %llu ends behind its file", (unsigned long long)(c->w.at - 8));
}

static void riff_format(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct riff *r = STATE_OF(c, struct riff);
	r->pcm = le16(p) == 1 || le16(p) == 3;
	riff_next(c, r->format_rest);
}

static void riff_chunk(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct riff *r = STATE_OF(c, struct riff);
	if (n == 0) {
		if (raw_holds(c, "samples", false, r->raw_from, r->raw_to))
			walk_done(c);
		return;
	}
	uint64_t size = le32(p + 4);
	r->chunks++;
	if (!is_fourcc(p)) {
		walk_lost(c, "riff: no chunk at byte %llu", (unsigned long long)(c->w.at - 8));
		return;
	}
	if (c->r.type == CONTENT_AVI && memcmp(p, "LIST", 4) == 0 && size >= 4) {
		riff_next(c, 4); /* into lists: movi holds a chunk a frame */
		return;
	}
	if (c->r.type == CONTENT_WAV && memcmp(p, "data", 4) == 0 && (size == UINT32_MAX || size == 0 || size >= 0x7FFFF000) &&
		c->w.at + size > r->end) {
		r->end = c->w.at + size; /* a recorder that could not seek back */
		walk_give_up(c, CONTENT_WAV);
		return;
	}
	if (c->r.type == CONTENT_WAV && memcmp(p, "fmt ", 4) == 0 && size >= 16) {
		walk_want(c, 16, riff_format);
		r->format_rest = size + (size & 1) - 16;
		return;
	}
	if (c->r.type == CONTENT_WAV && memcmp(p, "data", 4) == 0 && r->pcm) {
		r->raw_from = c->w.at;
		r->raw_to = c->w.at + size;
	}
	riff_next(c, size + (size & 1));
}

static void riff_start(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct riff *r = STATE_OF(c, struct riff);
	r->end = (uint64_t)le32(p + 4) + 8;
	if (c->hint && r->end > c->hint + 1 && c->r.type != CONTENT_WAV) {
		walk_lost(c, "truncated: riff says %llu bytes", (unsigned long long)r->end);
		return;
	}
	riff_next(c, 0);
}

static void riff_begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct riff));
	walk_want(c, 12, riff_start);
}

static void riff_end(struct content_checker *c)
{
	const struct riff *r = STATE_OF(c, struct riff);
	if (c->size + 1 >= r->end && r->chunks) { /* the padding byte of the last chunk is often not there */
		if (raw_holds(c, "samples", false, r->raw_from, r->raw_to))
			walk_done(c);
	} else
		walk_truncated(c);
}

static bool wav_sniff(struct content_checker *c, struct slice h)
{
	return HEAD_IS(h, 0, "RIFF") && HEAD_IS(h, 8, "WAVE");
}
static bool avi_sniff(struct content_checker *c, struct slice h)
{
	return HEAD_IS(h, 0, "RIFF") && HEAD_IS(h, 8, "AVI ");
}
static bool webp_sniff(struct content_checker *c, struct slice h)
{
	return HEAD_IS(h, 0, "RIFF") && HEAD_IS(h, 8, "WEBP");
}
const struct content_format format_wav = {CONTENT_WAV, wav_sniff, riff_begin, riff_end};
const struct content_format format_avi = {CONTENT_AVI, avi_sniff, riff_begin, riff_end};
const struct content_format format_webp = {CONTENT_WEBP, webp_sniff, riff_begin, riff_end};

/* ---- boxes ---------------------------------------------------------------------------------------------------------------- */

struct boxes {
	uint64_t begin;
	uint64_t size;
	uint32_t type;
	bool data, described, codestream;
};

static void box_head(struct content_checker *c, const uint8_t *p, size_t n);

#define FOURCC(a, b, d, e) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(d) << 8 | (uint32_t)(e))

/* Boxes whose content is boxes. */
static bool holds_boxes(uint32_t t)
{
	return t == FOURCC('m', 'o', 'o', 'v') || t == FOURCC('t', 'r', 'a', 'k') || t == FOURCC('m', 'd', 'i', 'a') ||
		t == FOURCC('m', 'i', 'n', 'f') || t == FOURCC('s', 't', 'b', 'l') || t == FOURCC('m', 'o', 'o', 'f') ||
		t == FOURCC('t', 'r', 'a', 'f') || t == FOURCC('d', 'i', 'n', 'f') || t == FOURCC('e', 'd', 't', 's') ||
		t == FOURCC('j', 'p', '2', 'h');
}

static void box(struct content_checker *c, uint64_t head)
{
	struct boxes *b = STATE_OF(c, struct boxes);
	b->data |= b->type == FOURCC('m', 'd', 'a', 't') || b->type == FOURCC('j', 'p', '2', 'c') || b->type == FOURCC('i', 'd', 'a', 't');
	b->described |= b->type == FOURCC('m', 'o', 'o', 'v') || b->type == FOURCC('m', 'e', 't', 'a') || b->type == FOURCC('m', 'o', 'o', 'f') ||
		b->type == FOURCC('j', 'p', '2', 'h');
	if (b->size == 0) { /* to the end of the file */
		walk_skip(c, WALK_FOREVER, 0, box_head);
		return;
	}
	if (b->size < head || (c->hint && b->begin + b->size > c->hint)) {
		walk_lost(c, "%s: the box at byte %llu does not fit", c->hint && b->size >= head ? "truncated" : content_type_name(c->r.type),
			(unsigned long long)b->begin);
		return;
	}
	walk_skip(c, holds_boxes(b->type) ? 0 : b->size - head, 8, box_head);
}

static void box_large(struct content_checker *c, const uint8_t *p, size_t n)
{
	STATE_OF(c, struct boxes)->size = be64(p);
	box(c, 16);
}

static void box_head(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct boxes *b = STATE_OF(c, struct boxes);
	b->begin = c->w.at - 8;
	b->size = be32(p);
	b->type = be32(p + 4);
	if (memcmp(p, "\0\0\0\0", 4) == 0 && b->type == 0 && b->described) { /* QuickTime ends lists with a zero */
		walk_want(c, 8, box_head);
		return;
	}
	for (size_t i = 4; i < 8; i++)
		if ((p[i] < 0x20 || p[i] > 0x7E) && p[i] != 0xA9) {
			walk_lost(c, "%s: no box at byte %llu", content_type_name(c->r.type), (unsigned long long)b->begin);
			return;
		}
	if (b->size == 1)
		walk_want(c, 8, box_large);
	else
		box(c, 8);
}

static void boxes_begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct boxes));
	walk_want(c, 8, box_head);
}

static void boxes_end(struct content_checker *c)
{
	const struct boxes *b = STATE_OF(c, struct boxes);
	if ((walk_between(c) || b->size == 0) && (b->data || b->described))
		walk_done(c);
	else
		walk_truncated(c);
}

static bool mp4_sniff(struct content_checker *c, struct slice h)
{
	if (h.n < 12)
		return false;
	return HEAD_IS(h, 4, "ftyp") ||
		((HEAD_IS(h, 4, "moov") || HEAD_IS(h, 4, "mdat") || HEAD_IS(h, 4, "wide") || HEAD_IS(h, 4, "styp")) &&
			(c->r.named == CONTENT_MP4 || h.p[0] == 0));
}

static bool jp2_sniff(struct content_checker *c, struct slice h)
{
	return HEAD_IS(h, 0, "\0\0\0\x0CjP  \r\n\x87\n");
}

const struct content_format format_mp4 = {CONTENT_MP4, mp4_sniff, boxes_begin, boxes_end};
const struct content_format format_jp2 = {CONTENT_JPEG2000, jp2_sniff, boxes_begin, boxes_end};

/* ---- MP3 (ISO/IEC 11172-3 2.4.2.3): a frame's size is its header's doing, so each must begin where the one before it ended
 * ------------------------- */

struct mp3 {
	uint64_t frames, misses, lost_at;
	uint32_t same; /* version and layer of the first frame: they do not change */
};

static unsigned mp3_frame(uint32_t h)
{
	static const uint16_t v1[16] = {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0};
	static const uint16_t v2[16] = {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0};
	static const uint16_t rate[4] = {44100, 48000, 32000, 0};
	unsigned version = h >> 19 & 3, layer = h >> 17 & 3, bits = h >> 12 & 15, r = rate[h >> 10 & 3], pad = h >> 9 & 1;
	if (h >> 21 != 0x7FF || version == 1 || layer != 1 || !r || !v1[bits])
		return 0;
	if (version == 3)
		return 144000u * v1[bits] / r + pad;
	r /= version == 2 ? 2 : 4;
	return 72000u * v2[bits] / r + pad;
}

static void mp3_next(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct mp3 *m = STATE_OF(c, struct mp3);
	uint32_t h = be32(p);
	unsigned size = mp3_frame(h);
	if (size >= 4 && (!m->same || (h >> 17) == m->same)) {
		m->same = h >> 17;
		m->frames++;
		walk_skip(c, size - 4, 4, mp3_next);
	} else if (m->frames && (memcmp(p, "TAG", 3) == 0 || memcmp(p, "APET", 4) == 0 || memcmp(p, "LYRI", 4) == 0 || memcmp(p, "\0\0\0\0", 4) == 0))
		walk_done(c);
	else
		walk_lost(c, "mp3: no frame at byte %llu", (unsigned long long)(c->w.at - 4));
}

static void mp3_id3(struct content_checker *c, const uint8_t *p, size_t n)
{
	uint64_t size = (uint64_t)(p[6] & 127) << 21 | (uint64_t)(p[7] & 127) << 14 | (uint64_t)(p[8] & 127) << 7 | (p[9] & 127);
	walk_skip(c, size + (p[5] & 0x10 ? 10 : 0), 4, mp3_next);
}

static bool mp3_sniff(struct content_checker *c, struct slice h)
{
	if (h.n < 10)
		return false;
	if (HEAD_IS(h, 0, "ID3") && h.p[3] < 5 && !((h.p[6] | h.p[7] | h.p[8] | h.p[9]) & 0x80))
		return true;
	unsigned size = mp3_frame(be32(h.p));
	return size && h.n >= size + 4u && mp3_frame(be32(h.p + size)); /* eleven bits alone are no sign */
}

static void mp3_begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct mp3));
	if (c->head[0] == 'I')
		walk_want(c, 10, mp3_id3);
	else
		walk_want(c, 4, mp3_next);
}

static void mp3_end(struct content_checker *c)
{
	if (STATE_OF(c, struct mp3)->frames) /* the last frame of a recording is often short */
		walk_done(c);
	else
		walk_truncated(c);
}

const struct content_format format_mp3 = {CONTENT_MP3, mp3_sniff, mp3_begin, mp3_end};
