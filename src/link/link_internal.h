/* What the files of link share: the rows, the fields, the dictionary, levels. */
#ifndef HOLDFAST_LINK_INTERNAL_H
#define HOLDFAST_LINK_INTERNAL_H

#include "csv.h"
#include "link.h"
#include "person.h"

#include <pthread.h>

/* ---- words: every name, street, city ... once (link_words.c) ---- */

#define LINK_WORD_MAX 48
#define LINK_NICKS 6
struct link_word {
	uint64_t hash;
	uint32_t at;      /* in bytes */
	uint32_t letters; /* which stand in it */
	uint8_t n;
	uint8_t tail;     /* where its last part begins: "esters avila" */
	uint16_t sound;   /* of the last part; 0: nothing to hear */
	uint16_t name;    /* of the whole name that it is short for */
	uint16_t nick[LINK_NICKS]; /* groups of nicknames; 0: none */
};
struct link_words {
	struct link_word *v;
	uint32_t n, cap;
	char *bytes;
	uint32_t bytes_n, bytes_cap;
	uint32_t *slot; /* number + 1 */
	uint32_t slots;
};
int link_words_put(struct link_words *w, const char *s, size_t n, uint32_t *ret) MUST; /* its number, from 1; 0: n is 0. ERR_MEMORY, ERR_LIMIT */
void link_words_done(struct link_words *w);
static inline const char *link_word_text(const struct link_words *w, uint32_t id, size_t *n)
{
	*n = w->v[id].n;
	return w->bytes + w->v[id].at;
}
uint64_t link_hash(const void *p, size_t n);
uint32_t link_letters(const char *s, size_t n);
uint16_t link_sound(const char *s, size_t n);
void link_nicknames(const char *s, size_t n, uint16_t out[LINK_NICKS]);

/* ---- fields: what of two records is compared ---- */

enum link_kind { KIND_FIRST, KIND_LAST, KIND_MIDDLE, KIND_SUFFIX, KIND_MAIDEN, KIND_DOB, KIND_SEX, KIND_SSN, KIND_HOUSE, KIND_STREET, KIND_APT, KIND_CITY, KIND_STATE, KIND_ZIP, KIND_PHONE, KIND_EMAIL, KIND_MRN, KIND_MEMBER, KIND_ID, KIND_OTHER, KIND_ASSIGNER, LINK_KINDS };
enum link_level { LEVEL_NONE, LEVEL_EXACT, LEVEL_ALIAS, LEVEL_NEAR, LEVEL_INITIAL, LEVEL_LOOSE, LEVEL_DIFFER, LEVEL_FAR, LINK_LEVELS };

#define LINK_LOGS 64
struct link_field {
	enum link_kind kind;
	char name[32];
	uint16_t at, slots;    /* where in a row, in words of 32 bits */
	bool words;            /* its value is a number in the dictionary */
	uint32_t *count;       /* of words: how many records have each; of dates: of each day */
	uint32_t few[8];       /* of a sex, a suffix: how many have each */
	uint64_t filled;       /* records that have one */
	double m[LINK_LEVELS], r[LINK_LEVELS], u[LINK_LEVELS];
	float lm[LINK_LEVELS], lr[LINK_LEVELS], lu[LINK_LEVELS]; /* log2 of them */
	double m0[LINK_LEVELS];
	bool household;
	float log_filled;
	float logs[LINK_LOGS]; /* by how many others have the value */
};

struct link_edge {
	uint32_t a, b;
	float weight, logit; /* log2 odds of one person */
};

struct link {
	struct link_options o;
	size_t columns;
	int16_t use[LINK_COLUMNS_MAX];  /* of a column: its field, or a USE_x */
	struct link_field field[LINK_FIELDS_MAX];
	unsigned fields;
	int8_t of[LINK_KINDS];          /* the first field of a kind; -1 */
	unsigned stride;                /* of a row */
	unsigned char dated[LINK_COLUMNS_MAX]; /* 0 not known, 1 month first, 2 day first */
	uint32_t *rows;
	uint32_t n;
	uint64_t cap;
	struct link_words words;
	uint32_t *id_at; /* n + 1 */
	char *ids;
	uint64_t ids_cap;
	bool ran, settled;
	struct link_reader *reader; /* one a thread, until link_run */
	/* the model */
	double lambda_m, lambda_r;
	/* pairs that share a key, sorted, each once: a << 32 | b */
	uint64_t *pair;
	uint64_t pairs;
	struct link_edge *edge;  /* at least grey */
	uint64_t edges;
	uint32_t *parent;        /* a cluster's first record */
	struct link_pair *grey;
	size_t greys;
	struct link_counts counts;
};

enum { USE_NOTHING = -1, USE_ID = -2, USE_NAME = -3, USE_ADDRESS = -4, USE_SSN4 = -5, USE_ANSWER = -6 };

static inline const uint32_t *link_row(const struct link *l, uint32_t i)
{
	return l->rows + (size_t)i * l->stride;
}

static inline uint64_t link_wide(const uint32_t *row, const struct link_field *f)
{
	return row[f->at] | (uint64_t)row[f->at + 1] << 32;
}

/* A social security number in a row: nine digits + 1, or 2^31 + the last four; other systems' numbers as ids. */
#define LINK_SSN4 UINT32_C(0x80000000)

/* ids of up to 12 letters and digits are packed, 37^12 < 2^63; longer ones are a hash with the top bit set */
uint64_t link_pack(const char *s, size_t n);
size_t link_unpack(uint64_t v, char out[16]);

/* ---- comparing (link_compare.c) ---- */

struct link_memory; /* what one thread remembers of names it compared */
struct link_memory *link_memory_new(void);
void link_compare(const struct link *l, struct link_memory *m, uint32_t a, uint32_t b, uint8_t level[LINK_FIELDS_MAX]);
double link_jaro(const char *a, size_t an, const char *b, size_t bn);
unsigned link_slips(const char *a, size_t an, const char *b, size_t bn, unsigned most); /* edits with neighbours changed about as one; most + 1: more */
bool link_digit_slip(const char *a, const char *b, size_t n); /* one digit, or two neighbours changed about */
/* log2 of the probability of what was seen under each class, up to what is common to all */
struct link_sums {
	float m, r, u;
};
struct link_sums link_sum(const struct link *l, uint32_t a, uint32_t b, const uint8_t level[LINK_FIELDS_MAX]);
float link_logit(const struct link *l, const struct link_sums *s); /* log2 odds of one person */
double link_probability(double logit);
bool link_contradicts(const struct link *l, const uint8_t level[LINK_FIELDS_MAX], const struct link_sums *s);
float link_bound(const struct link *l, const uint8_t level[LINK_FIELDS_MAX], const struct link_sums *s, float logit); /* link_judge.c: what no sum of probabilities may outweigh */
#define LINK_DAYS (256 * 372)
unsigned link_day_slot(uint32_t date); /* 0..LINK_DAYS - 1; 0: no day */
float link_rarity(const struct link *l, const struct link_field *f, const uint32_t *ra); /* log2 of how often strangers agree on this value */

/* ---- steps ---- */

int link_readers_new(struct link *l) MUST;
void link_readers_done(struct link *l);
void link_model_start(struct link *l);             /* link_learn.c: first guesses */
void link_model_logs(struct link_field *f);
int link_block(struct link *l, struct err *e) MUST; /* link_block.c: l->pair */
int link_learn(struct link *l, struct err *e) MUST; /* link_learn.c */
int link_judge(struct link *l, struct err *e) MUST; /* link_judge.c: l->edge */
int link_gather(struct link *l, struct err *e) MUST; /* link_gather.c: l->parent, grey, counts */
const char *link_kind_word(enum link_kind k);
bool link_kind_words(enum link_kind k);

/* Runs fn(arg, k) for k = 0..n-1 on `threads` threads, each k once; returns when all are done. The first code that is not 0 (of the lowest k) comes back. */
int link_parallel(unsigned threads, uint64_t n, int (*fn)(void *arg, uint64_t k, unsigned thread), void *arg) MUST;

#endif
