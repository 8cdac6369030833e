/* PNG (ISO/IEC 15948 5): eight bytes, then chunks: length, type, data, CRC32 of type and data; IHDR first, IEND last.
 * GIF 87a, 89a: screen, then blocks: images and extensions, each a chain of sub-blocks that ends with an empty one; 0x3B last. */
#include "content_internal.h"

struct png {
	uint32_t type, crc;
	bool first, data;
};

static void png_chunk(struct content_checker *c, const uint8_t *p, size_t n);

static size_t png_data(struct content_checker *c, struct slice s)
{
	struct png *g = STATE_OF(c, struct png);
	g->crc = sum_crc32(g->crc, s.p, s.n);
	return s.n;
}

static void png_chunk_over(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct png *g = STATE_OF(c, struct png);
	if (be32(p) != g->crc)
		walk_lost(c, "png: a chunk's CRC does not fit before byte %llu", (unsigned long long)c->w.at);
	else if (g->type == UINT32_C(0x49454E44)) {
		if (g->data)
			walk_done(c);
		else
			walk_lost(c, "png: no image data");
	} else
		walk_want(c, 8, png_chunk);
}

static void png_chunk(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct png *g = STATE_OF(c, struct png);
	uint32_t len = be32(p);
	g->type = be32(p + 4);
	for (size_t i = 4; i < 8; i++)
		if ((p[i] | 32) < 'a' || (p[i] | 32) > 'z' || len > INT32_MAX) {
			walk_lost(c, "png: no chunk at byte %llu", (unsigned long long)(c->w.at - 8));
			return;
		}
	if (!g->first && g->type != UINT32_C(0x49484452) && g->type != UINT32_C(0x43674249) /* CgBI, as iOS has it */) {
		walk_lost(c, "png: no header");
		return;
	}
	g->first = true;
	g->data |= g->type == UINT32_C(0x49444154);
	g->crc = sum_crc32(0, p + 4, 4);
	walk_feed(c, len, png_data, 4, png_chunk_over);
}

static bool png_sniff(struct content_checker *c, struct slice h)
{
	return HEAD_IS(h, 0, "\x89PNG\r\n\x1a\n");
}

static void png_begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct png));
	walk_skip(c, 8, 8, png_chunk);
}

const struct content_format format_png = {CONTENT_PNG, png_sniff, png_begin, NULL};

struct gif {
	bool image;
};

static void gif_block(struct content_checker *c, const uint8_t *p, size_t n);

static void gif_sub(struct content_checker *c, const uint8_t *p, size_t n)
{
	if (*p)
		walk_skip(c, *p, 1, gif_sub);
	else
		walk_want(c, 1, gif_block);
}

static void gif_lzw(struct content_checker *c, const uint8_t *p, size_t n)
{
	if (*p < 1 || *p > 11)
		walk_lost(c, "gif: no code size at byte %llu", (unsigned long long)(c->w.at - 1));
	else
		walk_want(c, 1, gif_sub);
}

static void gif_image(struct content_checker *c, const uint8_t *p, size_t n)
{
	STATE_OF(c, struct gif)->image = true;
	walk_skip(c, p[8] & 0x80 ? UINT64_C(3) << ((p[8] & 7) + 1) : 0, 1, gif_lzw);
}

static void gif_extension(struct content_checker *c, const uint8_t *p, size_t n)
{
	walk_want(c, 1, gif_sub);
}

static void gif_block(struct content_checker *c, const uint8_t *p, size_t n)
{
	if (*p == 0x2C)
		walk_want(c, 9, gif_image);
	else if (*p == 0x21)
		walk_want(c, 1, gif_extension);
	else if (*p == 0x3B && STATE_OF(c, struct gif)->image)
		walk_done(c);
	else if (*p == 0) /* an empty sub-block too many; common, and readers pass over it */
		walk_want(c, 1, gif_block);
	else
		walk_lost(c, "gif: no block at byte %llu", (unsigned long long)(c->w.at - 1));
}

static void gif_screen(struct content_checker *c, const uint8_t *p, size_t n)
{
	walk_skip(c, p[10] & 0x80 ? UINT64_C(3) << ((p[10] & 7) + 1) : 0, 1, gif_block);
}

static bool gif_sniff(struct content_checker *c, struct slice h)
{
	return HEAD_IS(h, 0, "GIF87a") || HEAD_IS(h, 0, "GIF89a");
}

static void gif_begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct gif));
	walk_want(c, 13, gif_screen);
}

const struct content_format format_gif = {CONTENT_GIF, gif_sniff, gif_begin, NULL};
