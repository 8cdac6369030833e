/* What the files of link share: the rows, the fields, the dictionary, levels. */
#ifndef HOLDFAST_LINK_INTERNAL_H
#define HOLDFAST_LINK_INTERNAL_H

#include "csv.h"
#include "link.h"
#include "person.h"

#include <pthread.h>

/* ---- words: every name, street, city ... once (link_words.c) ---- */

#define LINK_WORD_MAX 48
#define LINK_WORDS_MAX UINT32_C(0x7fffffff)
#define LINK_NICKS 6
struct link_word { /* 64 bytes: one word is one line of the cache */
	uint32_t hash;
	uint32_t letters; /* which stand in it */
	uint8_t n;
	uint8_t tail;     /* where its last part begins: "esters avila" */
	uint16_t nick;    /* its nicknames' place; 0: none */
	char text[52];    /* LINK_WORD_MAX at most */
};
struct link_sounds {
	uint16_t sound;   /* of the last part; 0: nothing to hear */
	uint16_t name;    /* of the whole name that it is short for */
	uint16_t surname; /* of a surname that may stand where the first name belongs: of the last part where it has several ("esters avila"), else as `name` */
	uint32_t hash;    /* as in its link_word */
};
struct link_words {
	struct link_word *v;
	struct link_sounds *sounds; /* as many: all that keys ask for */
	uint32_t n, cap;
	uint64_t *slot; /* hash << 32 | number; 0: empty */
	uint64_t slots;
};
uint32_t link_words_find(const struct link_words *w, const char *s, size_t n, uint32_t hash); /* 0: it is not there */
int link_words_put(struct link_words *w, const char *s, size_t n, uint32_t hash, uint32_t *ret) MUST; /* n 1..LINK_WORD_MAX. Its number, from 1. ERR_MEMORY, ERR_LIMIT */
int link_words_add(struct link_words *w, const struct link_words *from, uint32_t *map) MUST; /* map[k]: what number k is in w */
uint64_t link_words_bytes(const struct link_words *w); /* of memory */
void link_words_closed(struct link_words *w); /* none is looked up any more: what finds them goes */
void link_words_empty(struct link_words *w);
void link_words_done(struct link_words *w);
static inline const char *link_word_text(const struct link_words *w, uint32_t id, size_t *n)
{
	*n = w->v[id].n;
	return w->v[id].text;
}
uint64_t link_hash(const void *p, size_t n); /* its steps: eight bytes at a time, then those that are left, if any, with zeros behind */
#define LINK_HASH_FIRST UINT64_C(0x9e3779b97f4a7c15) /* ^ n */
static inline uint64_t link_hash_step(uint64_t h, uint64_t w)
{
	h = (h ^ w) * UINT64_C(0xff51afd7ed558ccd);
	return h ^ h >> 32;
}
static inline uint64_t link_hash_last(uint64_t h, uint64_t w)
{
	h = (h ^ w) * UINT64_C(0xc4ceb9fe1a85ec53);
	h ^= h >> 29;
	h *= UINT64_C(0x94d049bb133111eb);
	return h ^ h >> 32;
}
static inline uint32_t link_word_hash(const char *s, size_t n)
{
	return (uint32_t)(link_hash(s, n) >> 32);
}
uint32_t link_letters(const char *s, size_t n);
uint16_t link_sound(const char *s, size_t n);
uint16_t link_nicknames(const char *s, size_t n); /* the place of its groups; 0: none */
bool link_nicknames_meet(uint16_t a, uint16_t b);
/* link.c: memory that is walked about in at random. _stretch is realloc for what only grows (zeros behind what was there; NULL: no memory, and p is as it was); its like of free wants the size again */
void link_huge(void *p, size_t n);
void *link_stretch(void *p, size_t from, size_t to) MUST;
void link_unstretch(void *p, size_t size);

/* ---- fields: what of two records is compared ---- */

enum link_kind { KIND_FIRST, KIND_LAST, KIND_MIDDLE, KIND_SUFFIX, KIND_MAIDEN, KIND_DOB, KIND_SEX, KIND_SSN, KIND_HOUSE, KIND_STREET, KIND_APT, KIND_CITY, KIND_STATE, KIND_ZIP, KIND_PHONE, KIND_EMAIL, KIND_MRN, KIND_MEMBER, KIND_ID, KIND_OTHER, KIND_ASSIGNER, LINK_KINDS };
enum link_level { LEVEL_NONE, LEVEL_EXACT, LEVEL_ALIAS, LEVEL_NEAR, LEVEL_INITIAL, LEVEL_LOOSE, LEVEL_DIFFER, LEVEL_FAR, LINK_LEVELS };

#define LINK_LOGS 64
struct link_field {
	enum link_kind kind;
	char name[32];
	uint16_t at, slots;    /* where in a row, in words of 32 bits */
	bool words;            /* its value is a number in the dictionary */
	uint32_t *count;       /* of words: how many records have each; of dates: of each day. Made into `rarity` when all is counted */
	float *rarity;         /* log2 of how often strangers agree on each */
	uint32_t few[8];       /* of a sex, a suffix: how many have each */
	float few_rarity[8];
	uint64_t filled;       /* records that have one */
	double m[LINK_LEVELS], r[LINK_LEVELS], u[LINK_LEVELS];
	float lm[LINK_LEVELS], lr[LINK_LEVELS], lu[LINK_LEVELS]; /* log2 of them */
	double m0[LINK_LEVELS];
	bool household;
	float log_filled;
	float only;            /* rarity of what nobody else has */
	float best;            /* log2 of m / u of the level that speaks most for one person, but for LEVEL_EXACT; at least 0 */
};

struct link_edge {
	uint32_t a, b;
	float weight, logit; /* log2 odds of one person */
};

struct link {
	struct link_options o;
	size_t columns;
	size_t birth[3];                /* the columns of a year, month and day of birth; the first is 0: there are none */
	int16_t use[LINK_COLUMNS_MAX];  /* of a column: its field, or a USE_x */
	struct link_field field[LINK_FIELDS_MAX];
	unsigned fields;
	unsigned left;                  /* columns that there was no field for */
	uint8_t order[LINK_FIELDS_MAX]; /* in which they are compared where it counts */
	unsigned names_end;             /* so many of them are compared together: names, and what is beside them */
	int8_t of[LINK_KINDS];          /* the first field of a kind; -1 */
	unsigned stride;                /* of a row as it is read: word 0, the fields, those that few records have */
	unsigned width;                 /* of a row as it is kept: its first words, word 0 says where the others stand in `aside` */
	unsigned char dated[LINK_COLUMNS_MAX]; /* 0 not known, 1 month first, 2 day first */
	uint32_t oldest;                /* a year before it is nobody's of birth */
	uint32_t *rows; /* with `disk`: those that are loaded */
	uint32_t n;
	uint64_t cap;
	uint32_t *aside;                /* of stride - width words each; the first is nobody's, and empty */
	uint32_t asides, aside_cap;
	struct link_words words;
	uint32_t *id_at; /* n + 1 */
	char *ids;
	uint64_t ids_cap;
	bool ran, settled;
	struct link_disk *disk; /* of a list that is larger than memory (link_disk.h); NULL: all is in memory */
	struct link_reader *reader; /* one a thread, until link_run */
	struct link_piece *piece;   /* what they read into, as long */
	size_t piece_cap;
	/* the model */
	double lambda_m, lambda_r;
	double log_m, log_r, log_m_r, log_r_m; /* log2 of them, and of what one is to the other: link_model_odds */
	/* pairs that share a key, sorted, each once: a << 32 | b */
	uint64_t *pair;
	uint64_t pairs;
	struct link_edge *edge;  /* at least grey */
	uint64_t edges, edge_cap;
	uint32_t *parent;        /* a cluster's first record */
	struct link_pair *grey;
	size_t greys;
	struct link_counts counts;
};

#define LINK_OLDEST 1850u /* as person_date */
#define LINK_OLDEST_HISTORIC 1000u

enum { USE_NOTHING = -1, USE_ID = -2, USE_NAME = -3, USE_ADDRESS = -4, USE_SSN4 = -5, USE_ANSWER = -32 }; /* none of them an ERR_x that use_column answers */

static inline const uint32_t *link_row(const struct link *l, uint32_t i)
{
	return l->rows + (size_t)i * l->width;
}

/* Where the field's words of a row stand that is kept. */
static inline uint32_t *link_at(const struct link *l, const uint32_t *row, const struct link_field *f)
{
	return f->at < l->width ? (uint32_t *)(uintptr_t)row + f->at : l->aside + (size_t)row[0] * (l->stride - l->width) + (f->at - l->width);
}

static inline uint64_t link_wide(const uint32_t *at)
{
	return at[0] | (uint64_t)at[1] << 32;
}

/* A social security number in a row: nine digits + 1, or 2^31 + the last four; other systems' numbers as ids. */
#define LINK_SSN4 UINT32_C(0x80000000)

/* ids of up to 12 letters and digits are packed, 37^12 < 2^63; longer ones are a hash with the top bit set */
uint64_t link_pack(const char *s, size_t n);
size_t link_unpack(uint64_t v, char out[16]);

/* Asked for from memory: a row; of a row that has come its names, and what stands apart. */
static inline void link_row_ahead(const struct link *l, uint32_t i)
{
	const char *p = (const char *)link_row(l, i);
	for (unsigned at = 0; at < l->width * 4; at += 64)
		__builtin_prefetch(p + at);
	__builtin_prefetch(p + l->width * 4 - 1);
}

static inline void link_words_ahead(const struct link *l, uint32_t i)
{
	const uint32_t *row = link_row(l, i);
	if (l->of[KIND_LAST] >= 0)
		__builtin_prefetch(&l->words.v[row[l->field[l->of[KIND_LAST]].at]]);
	if (l->of[KIND_FIRST] >= 0)
		__builtin_prefetch(&l->words.v[row[l->field[l->of[KIND_FIRST]].at]]);
	if (row[0])
		__builtin_prefetch(l->aside + (size_t)row[0] * (l->stride - l->width));
}

/* ---- comparing (link_compare.c) ---- */

struct link_memory; /* what one thread remembers of names it compared */
struct link_memory *link_memory_new(void);
void link_compare(const struct link *l, struct link_memory *m, uint32_t a, uint32_t b, uint8_t level[LINK_FIELDS_MAX]);
struct link_plan; /* in which order fields are asked for, and what each level adds: of the model as it is */
struct link_plan *link_plan_new(const struct link *l); /* free() is enough */
struct link_meeting {
	uint64_t both, same; /* of the fields that stand in the rows, as the plan numbers them: both fill it, and say the same */
};
struct link_meeting link_meet(const struct link *l, const struct link_plan *p, uint32_t a, uint32_t b);
struct link_meeting link_meet_ahead(const struct link *l, const struct link_plan *p, uint32_t a, uint32_t b); /* and asks for what link_compare_met will look up */
bool link_compare_met(const struct link *l, const struct link_plan *p, struct link_memory *m, uint32_t a, uint32_t b, struct link_meeting met, float least, uint8_t level[LINK_FIELDS_MAX]); /* as link_compare_above, of a pair that was met */
bool link_compare_above(const struct link *l, const struct link_plan *p, struct link_memory *m, uint32_t a, uint32_t b, float least, uint8_t level[LINK_FIELDS_MAX]); /* false, and levels are not all there: their log odds are below `least` */
double link_jaro(const char *a, size_t an, const char *b, size_t bn);
unsigned link_slips(const char *a, size_t an, const char *b, size_t bn, unsigned most); /* edits with neighbours changed about as one; most + 1: more */
bool link_one_slip(const char *a, size_t an, const char *b, size_t bn); /* link_slips is 1 */
bool link_digit_slip(const char *a, const char *b, size_t n); /* one digit, or two neighbours changed about */
/* log2 of the probability of what was seen under each class, up to what is common to all */
struct link_sums {
	float m, r, u;
};
struct link_sums link_sum(const struct link *l, uint32_t a, const uint8_t level[LINK_FIELDS_MAX]);
float link_logit(const struct link *l, const struct link_sums *s); /* log2 odds of one person */
double link_probability(double logit);
bool link_contradicts(const struct link *l, const uint8_t level[LINK_FIELDS_MAX], const struct link_sums *s);
float link_bound(const struct link *l, const uint8_t level[LINK_FIELDS_MAX], const struct link_sums *s, float logit); /* link_judge.c: what no sum of probabilities may outweigh */
#define LINK_DAYS (256 * 372)
static inline unsigned link_day_slot(uint32_t d) /* 0..LINK_DAYS - 1; 0: no day */
{
	uint32_t y = d / 10000, m = d / 100 % 100, n = d % 100;
	return y < 1850 || y > 2104 || !m || m > 12 || !n || n > 31 ? 0 : (y - 1850) * 372 + (m - 1) * 31 + n;
}
/* log2 of how often strangers agree on the value that stands at `at` of a row */
static inline float link_rarity(const struct link_field *f, const uint32_t *at)
{
	if (f->words)
		return f->rarity[*at];
	if (f->kind == KIND_DOB)
		return f->rarity[link_day_slot(*at)];
	return f->kind == KIND_SEX || f->kind == KIND_SUFFIX ? f->few_rarity[*at & 7] : f->only;
}

/* ---- steps ---- */

int link_readers_new(struct link *l) MUST;
void link_readers_done(struct link *l);
void link_model_start(struct link *l);             /* link_learn.c: first guesses */
void link_model_logs(struct link_field *f);
void link_model_odds(struct link *l);              /* after each change of lambda_m and lambda_r */
int link_block(struct link *l, struct err *e) MUST; /* link_block.c: l->pair */
void link_sort(uint64_t *v, uint64_t n);
int link_learn(struct link *l, struct err *e) MUST; /* link_learn.c */
int link_judge(struct link *l, struct err *e) MUST; /* link_judge.c: l->edge */
int link_gather(struct link *l, struct err *e) MUST; /* link_gather.c: l->parent, grey, counts */
int link_fewest_here(struct link *l, uint64_t *ret_less, struct err *e) MUST; /* link_fewest.c: of its own clusters and grey pairs, wherever its rows are */
const char *link_kind_word(enum link_kind k);
bool link_kind_words(enum link_kind k);

/* Runs fn(arg, k) for k = 0..n-1 on `threads` threads, each k once; returns when all are done. The first code that is not 0 (of the lowest k) comes back. */
int link_parallel(unsigned threads, uint64_t n, int (*fn)(void *arg, uint64_t k, unsigned thread), void *arg) MUST;

#endif
