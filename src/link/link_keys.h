/* Keys by which records are brought together (link_keys.c). A key is made of one to four parts of a record; those that share it are a block. */
#ifndef HOLDFAST_LINK_KEYS_H
#define HOLDFAST_LINK_KEYS_H

#include "link_internal.h"

enum link_part { PART_VALUE, PART_WIDE, PART_SOUND, PART_NAME, PART_HEAD, PART_YEAR, PART_DAY, PART_DATE, PART_SSN4, PART_SSN9, PART_BOTH, PART_INITIAL };

struct link_recipe {
	struct {
		uint8_t part, field;
	} v[4];
	uint8_t n;
	bool identifier, loose;
	uint8_t rare; /* blocks of more records than this are left out; 0: none */
};

/* A key: 36 bits of a hash, and the record's number behind them. */
#define LINK_NUMBER_BITS 28
#define LINK_NUMBER_MASK ((UINT64_C(1) << LINK_NUMBER_BITS) - 1)

static inline uint64_t link_stir(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0xff51afd7ed558ccd);
	return h ^ h >> 31;
}

/* Of a date. */
static inline uint64_t link_date_part(uint32_t v, enum link_part part)
{
	uint32_t m = v / 100 % 100, d = v % 100;
	if (part == PART_YEAR)
		return v / 10000;
	if (part == PART_DAY) /* of the year, whichever way round, and no 1 January */
		return !v || (m == 1 && d == 1) ? 0 : 10000 + (m < d ? m * 100 + d : d * 100 + m);
	return v / 10000 * 10000 + (m < d ? m * 100 + d : d * 100 + m); /* whichever way round */
}

/* The part's value; 0: the record has none. */
static inline uint64_t link_part_of(const struct link *l, const uint32_t *row, enum link_part part, unsigned field)
{
	const struct link_field *f = &l->field[field];
	const uint32_t *at = link_at(l, row, f);
	uint32_t v = at[0];
	switch (part) {
	case PART_VALUE:
		return f->words ? l->words.sounds[v].hash : v; /* of word 0: 0 */
	case PART_WIDE:
		return link_wide(at);
	case PART_SOUND:
		return l->words.sounds[v].sound;
	case PART_NAME:
	case PART_HEAD:
		return l->words.sounds[v].name;
	case PART_INITIAL: /* letters that sound alike are one */
		return l->words.sounds[v].sound >> 9;
	case PART_YEAR:
	case PART_DAY:
	case PART_DATE:
		return link_date_part(v, part);
	case PART_SSN4:
		return !v ? 0 : v & LINK_SSN4 ? (v & ~LINK_SSN4) + 1 : (v - 1) % 10000 + 1;
	case PART_SSN9:
		return v & LINK_SSN4 ? 0 : v;
	case PART_BOTH: { /* surname and first name, whichever way round */
		uint32_t b = l->words.sounds[row[l->field[l->of[KIND_FIRST]].at]].name, a = l->words.sounds[v].surname;
		return !a || !b ? 0 : (uint64_t)(a < b ? a : b) << 32 | (a < b ? b : a);
	}
	}
	return 0;
}

/* The keys of a few recipes, made in one walk over the rows; each recipe's lie in buckets by their first bits, in order of the records' numbers there. */
#define LINK_KEYS_AT_ONCE 2u /* four would be a little faster, and take twice the memory */
#define LINK_BUCKETS_MAX 2048u
struct link_keys {
	const struct link *l;
	const struct link_recipe *recipe; /* n of them */
	unsigned n, bits;                 /* 1 << bits buckets */
	unsigned threads;
	uint64_t *v[LINK_KEYS_AT_ONCE];
	uint64_t *made[LINK_KEYS_AT_ONCE]; /* as they come from the rows; each thread's share begins where its records do */
	uint32_t made_n[LINK_THREADS_MAX][LINK_KEYS_AT_ONCE];
	uint32_t from[LINK_KEYS_AT_ONCE][LINK_BUCKETS_MAX + 1]; /* where each bucket begins; behind the last, the end */
	uint32_t *at;                     /* of each thread, recipe and bucket: how many it has, then where its next one goes */
};
void link_keys_init(struct link_keys *k, const struct link *l);
int link_keys_make(struct link_keys *k, const struct link_recipe *recipe, unsigned n) MUST; /* n: 1..LINK_KEYS_AT_ONCE. What was there before is written over. ERR_MEMORY */
void link_keys_done(struct link_keys *k);
/* The keys of records from..to-1 by k's recipes, some at a time, to fn: those of recipe number `which`. For rows that are on disk. The first code that is not 0 comes back. */
int link_keys_some(const struct link_keys *k, uint32_t from, uint32_t to, int (*fn)(void *arg, unsigned which, const uint64_t *key, uint32_t n), void *arg) MUST;
/* Keys of one bucket in order; other: room for as many. Returns where they are then: v or other. */
uint64_t *link_keys_sort(const struct link_keys *k, uint64_t *v, uint64_t *other, size_t n);

#endif
