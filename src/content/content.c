/* The checker: bytes in, walked by the format that the head showed, counted for the figures; a report out. */
#include "content_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define ZEROS_MOST    ((uint64_t)16 << 20)
#define ZEROS_OF_TEXT 65536u /* of a hole in what seems to be text: enough to know that it is none */

_Static_assert(sizeof(struct content_checker) <= CONTENT_MEMORY_MAX, "a checker keeps what the header promises");

static const struct {
	const char *name;
	bool packed;
} types[] = {
#define X(n, id, text, pack) [n] = {text, pack},
	CONTENT_TYPES(X)
#undef X
};

const char *content_type_name(int type)
{
	return type >= 0 && (size_t)type < ARRAY_LEN(types) ? types[type].name : "unknown";
}

int content_type_parse(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (slice_eq_str(name, types[i].name))
			return (int)i;
	return -1;
}

bool content_type_packed(int type)
{
	return type >= 0 && (size_t)type < ARRAY_LEN(types) && types[type].packed;
}

struct content_checker *content_new(void)
{
	struct content_checker *c = malloc(sizeof *c);
	if (c)
		content_begin(c, SLICE_NULL, 0);
	return c;
}

void content_free(struct content_checker *c)
{
	free(c);
}

void *content_state_new(struct content_checker *c, size_t clear)
{
	assert(clear <= sizeof c->state);
	memset(c->state, 0, clear);
	return c->state;
}

void content_begin(struct content_checker *c, struct slice name, uint64_t size_hint)
{
	memset(c, 0, offsetof(struct content_checker, head)); /* the large arrays behind are written before they are read */
	c->hint = size_hint;
	c->r.named = content_named(name, c->suffix, &c->weak_name);
}

/* ---- the walk ------------------------------------------------------------------------------------------------------------ */

void walk_skip(struct content_checker *c, uint64_t skip, size_t n, content_step *step)
{
	assert(n <= sizeof c->gather);
	c->w.mode = skip ? WALK_SKIP : WALK_WANT;
	c->w.left = skip;
	c->w.want = n;
	c->w.have = 0;
	c->w.step = step;
}

void walk_want(struct content_checker *c, size_t n, content_step *step)
{
	walk_skip(c, 0, n, step);
}

void walk_feed(struct content_checker *c, uint64_t left, content_feed *feed, size_t n, content_step *step)
{
	walk_skip(c, 0, n, step);
	if (!left)
		return;
	c->w.mode = WALK_FEED;
	c->w.feed = feed;
	c->w.left = left;
}

void walk_done(struct content_checker *c)
{
	c->w.mode = WALK_DONE;
	c->w.end_at = c->w.at;
}

void walk_lost(struct content_checker *c, const char *fmt, ...)
{
	va_list ap;
	if (c->w.mode == WALK_LOST)
		return;
	c->w.mode = WALK_LOST;
	va_start(ap, fmt);
	vsnprintf(c->r.why, sizeof c->r.why, fmt, ap);
	va_end(ap);
}

void walk_truncated(struct content_checker *c)
{
	walk_lost(c, "truncated: %s goes on behind byte %llu", content_type_name(c->r.type), (unsigned long long)c->size);
}

void walk_give_up(struct content_checker *c, int type)
{
	c->r.type = type;
	c->format = NULL;
	c->w.mode = WALK_NONE;
}

static void walk_add_want(struct content_checker *c, struct slice *s)
{
	struct walk *w = &c->w;
	const uint8_t *p = s->p;
	size_t take = w->want - w->have;
	if (w->have || take > s->n) {
		if (take > s->n)
			take = s->n;
		if (take)
			memcpy(c->gather + w->have, s->p, take);
		w->have += take;
		p = c->gather;
	} else
		w->have = take;
	s->p += take;
	s->n -= take;
	w->at += take;
	if (w->have == w->want)
		w->step(c, p, w->want);
}

static void walk_add_feed(struct content_checker *c, struct slice *s)
{
	struct walk *w = &c->w;
	size_t n = s->n;
	if (w->left != WALK_FOREVER && n > w->left)
		n = (size_t)w->left;
	uint64_t at = w->at; /* while it is fed, w->at is the offset of the slice's first byte */
	size_t used = w->feed(c, slice_of(s->p, n));
	assert(used <= n);
	w->at = at + used;
	s->p += used;
	s->n -= used;
	if (w->mode != WALK_FEED) { /* done or lost inside: the end is behind what it took */
		w->end_at = w->at;
		return;
	}
	if (w->left == WALK_FOREVER || used == 0)
		return;
	w->left -= used;
	if (!w->left)
		w->mode = WALK_WANT;
}

#define TAIL_MOST 64u /* blocks */

static void tail_block_end(struct content_checker *c)
{
	struct noise z;
	struct tail_seen *t = &c->tail;
	noise_of(t->h, &z);
	t->random += noise_is_random(&z, t->n);
	t->chi = (double)z.squares * 256 / (double)t->n - (double)t->n;
	t->blocks++;
	t->n = 0;
	memset(t->h, 0, sizeof t->h);
}

static void look_behind(struct content_checker *c, struct slice s)
{
	struct tail_seen *t = &c->tail;
	for (size_t i = 0; i < s.n && t->blocks < TAIL_MOST; i++) {
		t->kinds += !t->blocks && t->n < 256 && !t->h[s.p[i]];
		t->h[s.p[i]]++;
		if (!t->blocks && t->n < sizeof t->head)
			t->head[t->n] = s.p[i];
		if (++t->n == BLOCK)
			tail_block_end(c);
	}
}

static void walk_add(struct content_checker *c, struct slice s)
{
	struct walk *w = &c->w;
	while (w->mode == WALK_WANT || w->mode == WALK_SKIP || w->mode == WALK_FEED) {
		if (w->mode == WALK_WANT) {
			if (w->want && !s.n)
				return;
			walk_add_want(c, &s);
			continue;
		}
		if (!s.n)
			return;
		if (w->mode == WALK_FEED) {
			walk_add_feed(c, &s);
			continue;
		}
		size_t n = s.n < w->left ? s.n : (size_t)w->left;
		s.p += n;
		s.n -= n;
		w->at += n;
		w->left -= n;
		if (!w->left)
			w->mode = WALK_WANT;
	}
	if (w->mode == WALK_DONE && s.n) {
		c->behind |= s.p[0] != 0 || memcmp(s.p, s.p + 1, s.n - 1) != 0;
		look_behind(c, s);
	}
}

/* ---- from head to end ------------------------------------------------------------------------------------------------------ */

static void decide(struct content_checker *c)
{
	struct slice head = slice_of(c->head, c->head_n);
	c->decided = true;
	c->r.type = CONTENT_UNKNOWN;
	for (const struct content_format *const *f = content_formats; *f && !c->format; f++)
		if ((*f)->sniff(c, head))
			c->format = *f;
	if (c->format) {
		c->r.type = c->format->type;
		c->sampled = content_type_packed(c->r.type);
		c->format->begin(c);
	} else if (text_sniff(c, head))
		text_begin(c);
	figures_add(c, head);
	walk_add(c, head);
}

void content_add(struct content_checker *c, struct slice s)
{
	c->size += s.n;
	if (!c->decided) {
		size_t n = s.n < HEAD_MAX - c->head_n ? s.n : HEAD_MAX - c->head_n;
		if (n)
			memcpy(c->head + c->head_n, s.p, n);
		c->head_n += n;
		s.p += n;
		s.n -= n;
		if (c->head_n < HEAD_MAX)
			return;
		decide(c);
	}
	/* in pieces that stay in the first cache between the counting and the walk */
	while (s.n) {
		size_t n = s.n < 16384 ? s.n : 16384;
		figures_add(c, slice_of(s.p, n));
		walk_add(c, slice_of(s.p, n));
		s.p += n;
		s.n -= n;
	}
}

/* A hole in what is passed over costs nothing; where nothing more is to be told by looking, neither. A walk that looks at each zero is given up after
 * ZEROS_MOST: no healthy file is so. */
void content_add_zeros(struct content_checker *c, uint64_t n)
{
	static const uint8_t zeros[BLOCK];
	uint64_t looked = 0;
	while (n) {
		struct walk *w = &c->w;
		uint64_t k = n < sizeof zeros ? n : sizeof zeros;
		if (!c->decided) {
			content_add(c, slice_of(zeros, (size_t)k));
			n -= k;
			continue;
		}
		bool walks = w->mode == WALK_WANT || w->mode == WALK_SKIP || w->mode == WALK_FEED;
		if (walks && looked > (c->is_text ? ZEROS_OF_TEXT : ZEROS_MOST)) {
			if (!c->is_text)
				walk_give_up(c, c->r.type);
			walks = false;
		}
		if (!walks)
			k = n;
		else if (w->mode == WALK_SKIP && w->left > 1)
			k = n < w->left - 1 ? n : w->left - 1;
		else if (w->mode == WALK_WANT && k > w->want - w->have)
			k = w->want > w->have ? w->want - w->have : 1;
		c->size += k;
		figures_add_zeros(c, k);
		n -= k;
		if (!walks)
			return;
		if (w->mode == WALK_SKIP && k < w->left) {
			w->left -= k;
			w->at += k;
			continue;
		}
		looked += k;
		walk_add(c, slice_of(zeros, (size_t)k));
	}
}

/* Nearly all control characters, many bytes over 127 and no UTF-8 in the first KiB: noise, or every other 16 bytes of it. Headers of formats that we
 * do not know are mostly zeros, small numbers and text. */
static bool is_noise(const struct content_checker *c)
{
	struct noise z;
	uint32_t h[256];
	size_t n = c->head_n < 1024 ? c->head_n : 1024;
	counts_of(slice_of(c->head, n), h);
	/* what the holes of half noise are filled with says nothing */
	n -= h[0];
	h[0] = 0;
	if (h[0xFF] * 16 > n) {
		n -= h[0xFF];
		h[0xFF] = 0;
	}
	noise_of(h, &z);
	if (n < 64)
		return z.bad_utf8 > 1 && z.high * 4 > n;
	return z.kinds >= (n < 100 ? 2 : n < 200 ? 4 : n < 400 ? 8 : n < 700 ? 10 : n < 1000 ? 15 : 18) && z.high * 5 > n && z.bad_utf8 * 64 > n;
}

/* What the name promised and the bytes do not have. Names lie in practice, and suffixes are used twice: it is a loss only where the bytes begin as
 * noise. */
static void judge_unknown(struct content_checker *c)
{
	int named = c->r.named;
	if (named == CONTENT_UNKNOWN || named == CONTENT_EMPTY || c->weak_name || !is_noise(c))
		return;
	c->r.state = CONTENT_LOST;
	if (!c->r.why[0])
		snprintf(c->r.why, sizeof c->r.why, "its name says %s, its bytes are no type that we know", content_type_name(named));
}

/* Zeros behind the end are padding (tapes, blocks of a copy); a few bytes are a line end. */
static bool something_behind(struct content_checker *c)
{
	return c->behind && c->size > c->w.end_at && c->size - c->w.end_at > 64;
}

/* Formats that end, and of which readers show what stands before the end: so that a whole picture can be put in front of anything. */
static bool is_media(int type)
{
	switch (type) {
	case CONTENT_JPEG: case CONTENT_PNG: case CONTENT_GIF: case CONTENT_TIFF: case CONTENT_BMP: case CONTENT_WEBP: case CONTENT_JPEG2000: case CONTENT_WAV: case CONTENT_AVI:
		return true;
	default:
		return false;
	}
}

static bool begins_as_media(const uint8_t h[8])
{
	return memcmp(h + 4, "ftyp", 4) == 0 || memcmp(h, "\xFF\xD8\xFF", 3) == 0 || memcmp(h, "RIFF", 4) == 0 || memcmp(h, "PK", 2) == 0 || memcmp(h, "\x89PNG", 4) == 0;
}

/* Telephones put films, sounds and smaller pictures behind a picture; these begin with a header, and their blocks are not all even. What is enciphered is even from its first byte on. Of 256 even bytes 162
 * are different (5 more or less). */
static bool noise_behind(struct content_checker *c)
{
	struct tail_seen *t = &c->tail;
	uint64_t n = c->size - c->w.end_at;
	if (c->w.mode != WALK_DONE || n < 256)
		return false;
	if (t->n >= 1024)
		tail_block_end(c);
	/* too few for a block: the first 256 alone. One block only: one in a thousand of noise is not below the 99.9 % point, so it is asked for less */
	bool even = t->blocks == 1 ? t->chi < 420 : t->random * 20 >= t->blocks * 19;
	return t->kinds >= 142 && !begins_as_media(t->head) && even;
}

/* Noise that no structure forbids, where healthy files have not got it like that. */
static void judge_noise(struct content_checker *c)
{
	uint64_t first, period;
	if (c->r.state == CONTENT_LOST)
		return;
	if (figures_striped(c, &first, &period)) {
		c->r.state = CONTENT_LOST;
		snprintf(c->r.why, sizeof c->r.why, "noise every %llu bytes, from byte %llu on", (unsigned long long)period,
			(unsigned long long)first);
	} else if (is_media(c->r.type) && noise_behind(c)) {
		c->r.state = CONTENT_LOST;
		snprintf(c->r.why, sizeof c->r.why, "%s: it ends at byte %llu, and noise stands behind it", content_type_name(c->r.type),
			(unsigned long long)c->w.end_at);
	} else if ((c->r.type == CONTENT_PE || c->r.type == CONTENT_OLE2) && !c->r.encrypted && figures_all_random(c)) {
		c->r.state = CONTENT_LOST;
		snprintf(c->r.why, sizeof c->r.why, "%s: nothing but noise behind its first block", content_type_name(c->r.type));
	}
}

static void judge(struct content_checker *c)
{
	if (c->is_text)
		text_end(c);
	else if (c->format && (c->w.mode == WALK_WANT || c->w.mode == WALK_SKIP || c->w.mode == WALK_FEED)) {
		if (c->format->end)
			c->format->end(c);
		else
			walk_truncated(c);
		c->behind = true; /* an end that was only known at the end: of what stands behind it nothing was looked at */
	}
	if (c->is_text)
		return;
	if (c->format) {
		c->r.state = c->w.mode == WALK_LOST ? CONTENT_LOST : c->w.mode == WALK_DONE ? CONTENT_VALID : CONTENT_UNCHECKED;
		c->r.appended = c->r.state == CONTENT_VALID && c->r.type != CONTENT_JAVA && something_behind(c);
	} else if (c->r.type == CONTENT_UNKNOWN)
		judge_unknown(c);
	judge_noise(c);
}

void content_end(struct content_checker *c, struct content_report *ret)
{
	if (!c->decided && c->size)
		decide(c);
	if (!c->size)
		c->r.type = CONTENT_EMPTY;
	else {
		figures_end(c);
		judge(c);
	}
	if (c->r.state != CONTENT_LOST)
		c->r.why[0] = 0;
	*ret = c->r;
}
