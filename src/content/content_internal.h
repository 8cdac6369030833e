/* content, inside: the walk that every format's reader is written on, its figures, and the two readers that others hold inside them (deflate, JPEG).
 *
 * A reader is a chain of steps. A step is called with exactly the bytes that it asked for, and asks for what comes next: so many bytes to look at
 * (walk_want), so many to pass over first (walk_skip), or a run of bytes given piece by piece as they come (walk_feed). Nothing is kept but what was
 * asked for, and that is at most GATHER_MAX bytes. */
#ifndef HOLDFAST_CONTENT_INTERNAL_H
#define HOLDFAST_CONTENT_INTERNAL_H

#include "content.h"

#define HEAD_MAX   4096u               /* what the type is told from */
#define BLOCK      4096u               /* of figures */
#define RANDOM_MAP (1u << 19)          /* blocks of which is kept whether they are random: 2 GiB */
#define GATHER_MAX (131072u + 64u)     /* a zip entry's name and extra field, with room */
#define STATE_MAX  ((size_t)512 << 10) /* of one format's reader */

typedef void content_step(struct content_checker *c, const uint8_t *p, size_t n);
typedef size_t content_feed(struct content_checker *c, struct slice s); /* returns how many it took; all, unless it moved the walk elsewhere */

enum walk_mode { WALK_NONE, WALK_WANT, WALK_SKIP, WALK_FEED, WALK_DONE, WALK_LOST };

struct walk {
	enum walk_mode mode;
	content_step *step;
	content_feed *feed;
	size_t want, have;
	uint64_t left;   /* of a skip or feed */
	uint64_t at;     /* offset in the file of the next byte that the walk takes */
	uint64_t end_at; /* where walk_done was called */
};

/* One format. sniff looks at the head (up to HEAD_MAX bytes, the whole file when it is shorter) and says whether this is it; begin sets the walk
 * going from offset 0; end is called when the bytes are over and the walk is neither done nor lost: it says whether the format may end there (NULL:
 * it may not, the file is cut off). */
struct content_format {
	int type;
	bool (*sniff)(struct content_checker *c, struct slice head);
	void (*begin)(struct content_checker *c);
	void (*end)(struct content_checker *c);
};
extern const struct content_format *const *const content_formats; /* sniffed in this order; ends with NULL */

struct block_counts { /* of the block that is being counted */
	uint32_t h[4][256];
	size_t n;
};

/* What a run of text looked like; see content_text.c. */
struct text_seen {
	uint64_t blocks, noisy, unclean;
	uint64_t first_noisy, last_noisy; /* offsets */
	bool noisy_last;                  /* the last block was */
	bool resumed;                     /* text came again after noise */
};

/* What stands behind a format's end, block by block of its own. */
struct tail_seen {
	uint32_t h[256];
	size_t n; /* in the block that is being counted */
	uint64_t blocks, random;
	double chi; /* chi-square of the last block */
	unsigned kinds; /* different bytes among the first 256: a header has few */
	uint8_t head[8];
};

struct content_checker {
	struct walk w;
	const struct content_format *format;
	struct content_report r;
	uint64_t size, hint; /* bytes so far; what the caller said there will be */
	size_t head_n;
	bool decided;
	bool is_text;             /* the text reader takes part */
	bool behind;              /* bytes other than zeros came after the walk was done */
	bool sampled;             /* one block in four is counted: the type is packed */
	uint64_t counted, random; /* blocks */
	uint64_t counted_bytes, text_bytes, word_bytes;
	uint64_t total[256];
	struct text_seen text;
	char suffix[16]; /* lower case, without the dot */
	bool weak_name;  /* the suffix is used for other things too */
	struct block_counts block;
	struct tail_seen tail;
	uint8_t head[HEAD_MAX];
	uint8_t random_map[RANDOM_MAP / 8]; /* a bit a block, written as blocks come */
	uint8_t gather[GATHER_MAX];
	_Alignas(16) uint8_t state[STATE_MAX];
};

/* The state of the format in hand, its first clear bytes zeroed. */
void *content_state_new(struct content_checker *c, size_t clear);
#define STATE_OF(c, type) ((type *)(void *)(c)->state)

void walk_want(struct content_checker *c, size_t n, content_step *step);
void walk_skip(struct content_checker *c, uint64_t skip, size_t n, content_step *step);
void walk_feed(
	struct content_checker *c, uint64_t left, content_feed *feed, size_t n, content_step *step); /* step may be NULL when left is WALK_FOREVER */
#define WALK_FOREVER UINT64_MAX
void walk_done(struct content_checker *c);                                         /* the format's end was reached: what follows is appended */
void walk_lost(struct content_checker *c, const char *fmt, ...) PRINTF_LIKE(2, 3); /* the first one counts */
void walk_truncated(struct content_checker *c);
void walk_give_up(struct content_checker *c, int type); /* not this format after all: go on as type, UNCHECKED, with no walk */
/* Between two records: nothing was asked for that is half there. */
static inline bool walk_between(const struct content_checker *c)
{
	return c->w.mode == WALK_WANT && c->w.have == 0;
}

/* names */
int content_named(struct slice name, char ret_suffix[16], bool *ret_weak);

/* figures */
void figures_add(struct content_checker *c, struct slice s);
void figures_add_zeros(struct content_checker *c, uint64_t n);
void figures_end(struct content_checker *c);
/* For samples, pixels and code, that are never uniform however noisy: whole blocks in [from, to) that are make the walk LOST, and it returns false. A
 * stray block among many is let pass; where tables may stand (code), so are a few runs of them that are not half of all. */
bool raw_holds(struct content_checker *c, const char *what, bool tables, uint64_t from, uint64_t to);

bool figures_striped(const struct content_checker *c, uint64_t *ret_first, uint64_t *ret_period);
bool figures_all_random(const struct content_checker *c);

/* text */
bool text_sniff(struct content_checker *c, struct slice head);
void text_begin(struct content_checker *c);
void text_block(struct content_checker *c, const uint32_t h[256], size_t n);
void text_end(struct content_checker *c);
struct noise {             /* what a block's counts say */
	unsigned kinds;    /* different control characters that text has not */
	unsigned controls; /* how many of them */
	unsigned nul;
	unsigned high;      /* bytes of 128 and more */
	unsigned bad_utf8;  /* bytes that UTF-8 never has, and lead and following bytes that do not balance */
	unsigned words;     /* separators */
	unsigned printable; /* ASCII, blanks */
	uint64_t squares;   /* sum of squared counts */
};
void counts_of(struct slice s, uint32_t h[256]);
void noise_of(const uint32_t h[256], struct noise *ret);
bool noise_is_random(const struct noise *z, size_t n); /* uniform, as far as n bytes tell */
bool noise_is_noisy(const struct noise *z, size_t n);  /* text cannot look like this: also where only half the bytes are random */

/* sums */
uint32_t sum_crc32(uint32_t crc, const void *p, size_t n);     /* ISO 3309; begin with 0 */
uint16_t sum_crc_ccitt(uint16_t crc, const void *p, size_t n); /* SCP-ECG: polynomial 0x1021, begin with 0xFFFF */
uint32_t sum_crc24(uint32_t crc, const void *p, size_t n);     /* OpenPGP: begin with 0xB704CE */
uint64_t sum_hash(uint64_t h, const void *p, size_t n);        /* FNV-1a; begin with anything */

static inline uint16_t le16(const uint8_t *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof v);
	return le16toh(v);
}
static inline uint32_t le32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return le32toh(v);
}
static inline uint64_t le64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return le64toh(v);
}
static inline uint16_t be16(const uint8_t *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof v);
	return be16toh(v);
}
static inline uint32_t be32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return be32toh(v);
}
static inline uint64_t be64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return be64toh(v);
}
static inline bool head_is(struct slice h, size_t at, const void *magic, size_t n)
{
	return h.n >= at + n && memcmp(h.p + at, magic, n) == 0;
}
#define HEAD_IS(h, at, lit) head_is(h, at, lit, sizeof(lit) - 1)

/* ---- deflate, walked and not unpacked (content_deflate.c) ------------------------------------------------------------- */

enum part { PART_MORE, PART_END, PART_BAD };

#define DEFLATE_LIT_BITS  10
#define DEFLATE_DIST_BITS 8
struct deflate {
	uint64_t bits;
	unsigned nbits;
	int mode;
	bool last, fixed, merged;
	uint32_t stored;
	unsigned nlit, ndist, nclen, i;
	uint64_t in, out; /* bytes taken, bytes that it would have given */
	uint8_t lens[320 + 19];
	uint32_t lit[1334], dist[402]; /* zlib's enough.c: 286 symbols at 10 root bits, 30 at 8 */
};
void deflate_begin(struct deflate *d);
/* Takes bytes until the stream's end (PART_END: *used says where), or until it cannot be deflate (PART_BAD). */
enum part deflate_feed(struct deflate *d, struct slice s, size_t *used);

/* ---- JPEG, marker by marker (content_jpeg.c) --------------------------------------------------------------------------- */

struct jpeg {
	int mode;
	uint32_t left;
	uint8_t marker;
	uint8_t small[8];
	unsigned small_n;
	int restart; /* the number of the last restart marker, -1: none yet in this scan */
	bool frame, scan, restarts;
	uint64_t at;
	const char *why;
};
void jpeg_begin(struct jpeg *j);
enum part jpeg_feed(struct jpeg *j, struct slice s, size_t *used);

#endif
