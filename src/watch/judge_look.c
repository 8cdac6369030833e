/* judge_look: what a file's bytes are, on a bounded number of them.
 *
 * A file up to LOOK_WHOLE is read to its end, because only then its structure is known to hold (content.h). Of a larger one 128 KiB of its beginning, 64 KiB of its end and LOOK_BLOCKS blocks of 4 KiB between are
 * looked at as if they were one file: the type is the beginning's, the figures are those of the sample, and nothing is said about the structure. */
#include "judge_internal.h"

#include <stdlib.h>
#include <string.h>

#define STEP (128u << 10)
#define TAIL (64u << 10)
#define BLOCK 4096u

bool looker_init(struct looker *l)
{
	l->checker = content_new();
	l->step = malloc(STEP);
	return l->checker && l->step;
}

void looker_done(struct looker *l)
{
	content_free(l->checker);
	free(l->step);
}

/* Up to n bytes at offset, fed. The number of bytes; negative: unreadable. */
static int64_t feed(struct looker *l, const struct watch_bytes *b, uint64_t offset, size_t n)
{
	size_t got = 0;
	while (got < n) {
		int64_t k = b->read(b->arg, offset + got, l->step + got, n - got);
		if (k < 0)
			return -1;
		if (k == 0)
			break;
		got += (size_t)k;
	}
	content_add(l->checker, slice_of(l->step, got));
	return (int64_t)got;
}

static bool is_zlib(const uint8_t *p, size_t n)
{
	return n >= 8 && (p[0] & 0x0f) == 8 && p[0] >> 4 <= 7 && !(p[1] & 0x20) && ((unsigned)p[0] << 8 | p[1]) % 31 == 0 && p[0] == 0x78;
}

static bool look_whole(struct looker *l, const char *name, const struct watch_bytes *b, struct seen *ret)
{
	struct content_report r;
	*ret = (struct seen){.whole = true};
	content_begin(l->checker, slice_str(name), b->size);
	for (uint64_t at = 0; at < b->size;) {
		size_t want = b->size - at < STEP ? (size_t)(b->size - at) : STEP;
		int64_t n = feed(l, b, at, want);
		if (n <= 0)
			return false;
		if (at == 0)
			ret->zlib = is_zlib(l->step, (size_t)n);
		at += (uint64_t)n;
	}
	content_end(l->checker, &r);
	content_trait_of(&r, &ret->t);
	ret->t.size = b->size;
	return true;
}

static bool look_sampled(struct looker *l, const char *name, const struct watch_bytes *b, struct seen *ret)
{
	struct content_report r;
	uint64_t middle = b->size - STEP - TAIL;
	*ret = (struct seen){0};
	content_begin(l->checker, slice_str(name), 0);
	int64_t n = feed(l, b, 0, STEP);
	if (n <= 0)
		return false;
	ret->zlib = is_zlib(l->step, (size_t)n);
	for (uint64_t i = 0; i < LOOK_BLOCKS; i++) {
		uint64_t at = STEP + middle / LOOK_BLOCKS * i / BLOCK * BLOCK;
		n = feed(l, b, at, BLOCK);
		if (n < 0)
			return false;
		ret->block[i] = case_hash(l->step, (size_t)n, 1);
	}
	if (feed(l, b, b->size - TAIL, TAIL) < 0)
		return false;
	content_end(l->checker, &r);
	content_trait_of(&r, &ret->t);
	ret->t.size = b->size;
	if (ret->t.type != CONTENT_UNKNOWN && ret->t.type != CONTENT_EMPTY && content_type_packed(ret->t.type))
		ret->t.state = CONTENT_VALID; /* a sample of it cannot be whole: taken to be */
	return true;
}

/* Of up to PAGES pages whether they may be pages: of a b-tree (SQLite file format 1.6: a type, and offsets that fit), or one that begins with the number of another (overflow, free list, lock). What a page holds has no check of its own,
 * and most of a database is pages. */
#define PAGES 96
static bool page_is_sound(const uint8_t *p, size_t size, uint64_t pages)
{
	unsigned cells = (unsigned)p[3] << 8 | p[4], content = (unsigned)p[5] << 8 | p[6], head = p[0] == 2 || p[0] == 5 ? 12 : 8;
	uint32_t next = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	if (p[0] == 2 || p[0] == 5 || p[0] == 10 || p[0] == 13)
		return head + 2 * cells <= size && content <= size && (content == 0 || content >= head + 2 * cells);
	return next <= pages || (p[0] >= 1 && p[0] <= 5 && p[1] == 0); /* (pointer map: a type, and the page above) */
}

static void look_pages(struct looker *l, const struct watch_bytes *b, struct seen *ret)
{
	uint8_t head[18];
	if (ret->t.type != CONTENT_SQLITE || b->read(b->arg, 0, head, sizeof head) != sizeof head)
		return;
	uint64_t size = (uint64_t)head[16] << 8 | head[17];
	if (size == 1)
		size = 65536;
	const uint64_t pages = size >= 512 ? b->size / size : 0;
	for (uint64_t i = 0; pages >= 2 && i < PAGES && i < pages - 1; i++) {
		uint64_t page = pages - 1 <= PAGES ? 1 + i : 1 + (pages - 1) * i / PAGES;
		if (b->read(b->arg, page * size, l->step, 16) != 16)
			return;
		ret->pages++;
		ret->sound += page_is_sound(l->step, (size_t)size, pages);
	}
}

static bool look_once(struct looker *l, const char *name, const struct watch_bytes *b, struct seen *ret);

bool look(struct looker *l, const char *name, const struct watch_bytes *b, struct seen *ret)
{
	if (!look_once(l, name, b, ret))
		return false;
	look_pages(l, b, ret);
	return true;
}

static bool look_once(struct looker *l, const char *name, const struct watch_bytes *b, struct seen *ret)
{
	if (!b->known || !b->read)
		return false;
	return b->size <= LOOK_WHOLE ? look_whole(l, name, b, ret) : look_sampled(l, name, b, ret);
}

static unsigned blocks_changed(const struct seen *b, const struct seen *a)
{
	unsigned n = 0;
	for (size_t i = 0; i < LOOK_BLOCKS; i++)
		n += b->block[i] != a->block[i];
	return n;
}

bool look_both(struct looker *l, const char *name, const struct watch_bytes *before, const struct watch_bytes *after, struct seen *b, struct seen *a)
{
	if (!look(l, name, before, b) || !look(l, name, after, a))
		return false;
	bool packed = content_type_packed(b->t.type) && b->t.type == a->t.type;
	if (b->whole || a->whole || !packed || b->t.size != a->t.size || b->t.size > LOOK_TWICE || blocks_changed(b, a) < 2)
		return true;
	return look_whole(l, name, before, b) && look_whole(l, name, after, a);
}

static bool read_all(const struct watch_bytes *b, uint64_t at, uint8_t *to, size_t n)
{
	for (size_t got = 0; got < n;) {
		int64_t k = b->read(b->arg, at + got, to + got, n - got);
		if (k <= 0)
			return false;
		got += (size_t)k;
	}
	return true;
}

static float chi_square(const uint32_t h[256], uint64_t n)
{
	double squares = 0;
	for (size_t i = 0; i < 256; i++)
		squares += (double)h[i] * h[i];
	return n ? (float)(squares * 256 / (double)n - (double)n) : 0;
}

static bool stretch_ends(struct looker *l, const struct watch_bytes *b, const struct watch_bytes *a, struct stretch *ret)
{
	uint8_t *old = l->step, *new = l->step + STEP / 2;
	*ret = (struct stretch){.from = UINT64_MAX};
	for (uint64_t at = 0; at < b->size; at += STEP / 2) {
		size_t n = b->size - at < STEP / 2 ? (size_t)(b->size - at) : STEP / 2;
		if (!read_all(b, at, old, n) || !read_all(a, at, new, n))
			return false;
		if (!memcmp(old, new, n))
			continue;
		for (size_t i = 0; i < n; i++)
			if (old[i] != new[i]) {
				ret->differ++;
				ret->from = ret->from == UINT64_MAX ? at + i : ret->from;
				ret->to = at + i + 1;
			}
	}
	return ret->differ != 0;
}

bool look_beginning(struct looker *l, const struct watch_bytes *b, const struct watch_bytes *a)
{
	uint8_t *old = l->step, *new = l->step + STEP / 2;
	if (!b->known || !a->known || !b->read || !a->read || a->size >= b->size)
		return false;
	for (uint64_t at = 0; at < a->size; at += a->size > LOOK_WHOLE ? a->size / LOOK_BLOCKS + STEP : STEP / 2) {
		size_t n = a->size - at < STEP / 2 ? (size_t)(a->size - at) : STEP / 2;
		if (!read_all(b, at, old, n) || !read_all(a, at, new, n) || memcmp(old, new, n))
			return false;
	}
	return true;
}

static bool piece(const uint8_t *old, const uint8_t *new, uint32_t was[256], uint32_t is[256])
{
	size_t differ = 0;
	for (size_t i = 0; i < STRETCH_PIECE; i++)
		differ += old[i] != new[i];
	if (differ < STRETCH_PIECE - STRETCH_PIECE / 25)
		return false;
	for (size_t i = 0; i < STRETCH_PIECE; i++) {
		was[old[i]]++;
		is[new[i]]++;
	}
	return true;
}

static bool is_backwards(const struct watch_bytes *b, const struct watch_bytes *a)
{
	uint8_t old[64], new[64];
	for (uint64_t k = 0; k < 16; k++) {
		const uint64_t n = b->size < sizeof old ? b->size : sizeof old, at = (b->size - n) / 16 * k;
		if (!read_all(b, at, old, n) || !read_all(a, b->size - at - n, new, n))
			return false;
		for (size_t i = 0; i < n; i++)
			if (old[i] != new[n - 1 - i])
				return false;
	}
	return true;
}

bool look_stretch(struct looker *l, const struct watch_bytes *b, const struct watch_bytes *a, struct stretch *ret)
{
	uint32_t was[256] = {0}, is[256] = {0}, piece_was[256] = {0}, piece_is[256] = {0};
	uint8_t *old = l->step, *new = l->step + STEP / 2;
	if (!b->known || !a->known || !b->read || !a->read || b->size != a->size || b->size > LOOK_WHOLE || !stretch_ends(l, b, a, ret))
		return false;
	for (uint64_t at = ret->from / STRETCH_PIECE * STRETCH_PIECE; at < ret->to; at += STEP / 2) {
		size_t n = ret->to - at < STEP / 2 ? (size_t)(ret->to - at) : STEP / 2;
		if (!read_all(b, at, old, n) || !read_all(a, at, new, n))
			return false;
		for (size_t i = at < ret->from ? (size_t)(ret->from - at) : 0; i < n; i++) {
			was[old[i]]++;
			is[new[i]]++;
		}
		for (size_t i = 0; i + STRETCH_PIECE <= n; i += STRETCH_PIECE)
			ret->blocks += piece(old + i, new + i, piece_was, piece_is);
	}
	ret->piece_chi_before = chi_square(piece_was, ret->blocks * STRETCH_PIECE);
	ret->piece_chi_after = chi_square(piece_is, ret->blocks * STRETCH_PIECE);
	ret->backwards = is_backwards(b, a);
	ret->chi_before = chi_square(was, ret->to - ret->from);
	ret->chi_after = chi_square(is, ret->to - ret->from);
	for (unsigned i = 0; i < 256; i++) {
		ret->controls += (i >= 1 && i <= 6) || (i >= 0x0e && i <= 0x19) || i == 0x1d || i == 0x1e || i == 0x1f || i == 0x7f ? is[i] : 0;
		ret->high += i >= 0x80 ? is[i] : 0;
	}
	return true;
}

int look_named(struct looker *l, const char *name)
{
	struct content_report r;
	content_begin(l->checker, slice_str(name), 0);
	content_end(l->checker, &r);
	return r.named;
}
