/* The keys of all records, for a few recipes at once.
 *
 * Rows are walked over in lots that stay near: of a lot first each part that some recipe asks for (one loop a part, whose words come from memory side by side), then each recipe's keys of these. What each bucket gets is counted meanwhile,
 * and then all are put there; a bucket fits into the cache and is put in order in it. */
#include "link_keys.h"

#include <stdlib.h>

#define LOT 256u
#define PARTS_MAX ((size_t)LINK_KEYS_AT_ONCE * 4)
#define FEW 48u /* of them are put in order by insertion */
#define DIGIT_BITS 9u
#define DIGITS (1u << DIGIT_BITS)
#define DIGITS_MAX 4u

/* ---- making ---- */

/* Which parts a group of recipes asks for, each once. */
struct parts {
	struct {
		enum link_part part;
		unsigned field;
	} v[PARTS_MAX];
	unsigned n;
	unsigned of[LINK_KEYS_AT_ONCE][4]; /* of a recipe's part: which of them it is */
};

static void parts_of(const struct link_keys *k, struct parts *ret)
{
	*ret = (struct parts){.n = 0};
	for (unsigned i = 0; i < k->n; i++)
		for (unsigned p = 0; p < k->recipe[i].n; p++) {
			unsigned part = k->recipe[i].v[p].part, field = k->recipe[i].v[p].field, at = 0;
			while (at < ret->n && (ret->v[at].part != part || ret->v[at].field != field))
				at++;
			ret->v[at].part = (enum link_part)part;
			ret->v[at].field = field;
			ret->n += at == ret->n;
			ret->of[i][p] = at;
		}
}

/* One part of n records. The kind of part is looked at once and not for each record. */
static void column(const struct link *l, uint32_t first, uint32_t n, enum link_part part, unsigned field, uint64_t out[LOT])
{
#define EACH(kind) \
	case kind: \
		for (uint32_t i = 0; i < n; i++) \
			out[i] = link_part_of(l, link_row(l, first + i), kind, field); \
		break
	switch (part) {
		EACH(PART_VALUE);
		EACH(PART_WIDE);
		EACH(PART_SOUND);
		EACH(PART_NAME);
		EACH(PART_HEAD);
		EACH(PART_YEAR);
		EACH(PART_DAY);
		EACH(PART_DATE);
		EACH(PART_SSN4);
		EACH(PART_SSN9);
		EACH(PART_BOTH);
		EACH(PART_INITIAL);
	}
#undef EACH
}

/* The keys of n records by one recipe, of those that have one; how many. */
static uint32_t keys(const struct link_recipe *r, uint64_t column_of[PARTS_MAX][LOT], const unsigned *of, uint32_t first, uint32_t n, uint64_t *out)
{
	uint32_t have = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t h = 0x5851f42d4c957f2d;
		bool all = true;
		for (unsigned p = 0; p < r->n; p++) {
			uint64_t v = column_of[of[p]][i];
			all &= v != 0;
			h = link_stir(h, v);
		}
		h = link_stir(h, h >> 29);
		h = (h >> LINK_NUMBER_BITS ? h : h | UINT64_C(1) << 40) & ~LINK_NUMBER_MASK;
		out[have] = h | (first + i); /* never behind the record's own place */
		have += all;
	}
	return have;
}

static inline unsigned bucket_of(const struct link_keys *k, uint64_t key)
{
	return (unsigned)(key >> 1 >> (63 - k->bits));
}

static uint32_t *counts_of(const struct link_keys *k, uint64_t thread, unsigned recipe)
{
	return k->at + ((size_t)thread * LINK_KEYS_AT_ONCE + recipe) * LINK_BUCKETS_MAX;
}

static uint32_t first_of(const struct link_keys *k, uint64_t share)
{
	return (uint32_t)((uint64_t)k->l->n * share / k->threads);
}

int link_keys_some(const struct link_keys *k, uint32_t from, uint32_t to, int (*fn)(void *arg, unsigned which, const uint64_t *key, uint32_t n), void *arg)
{
	struct parts parts;
	uint64_t column_of[PARTS_MAX][LOT], key[LOT];
	int r = 0;
	parts_of(k, &parts);
	for (uint32_t first = from, n; first < to && r == 0; first += n) {
		n = to - first < LOT ? to - first : LOT;
		for (unsigned p = 0; p < parts.n; p++)
			column(k->l, first, n, parts.v[p].part, parts.v[p].field, column_of[p]);
		for (unsigned which = 0; which < k->n && r == 0; which++) {
			uint32_t m = keys(&k->recipe[which], column_of, parts.of[which], first, n, key);
			r = m ? fn(arg, which, key, m) : 0;
		}
	}
	return r;
}

/* The keys of one share of the records, and how many each bucket gets. */
static int make_share(void *arg, uint64_t share, unsigned thread)
{
	struct link_keys *k = arg;
	const uint32_t begin = first_of(k, share), end = first_of(k, share + 1);
	struct parts parts;
	uint64_t column_of[PARTS_MAX][LOT];
	uint32_t made[LINK_KEYS_AT_ONCE] = {0};
	(void)thread;
	parts_of(k, &parts);
	for (uint32_t first = begin, n; first < end; first += n) {
		n = end - first < LOT ? end - first : LOT;
		for (unsigned p = 0; p < parts.n; p++)
			column(k->l, first, n, parts.v[p].part, parts.v[p].field, column_of[p]);
		for (unsigned r = 0; r < k->n; r++) {
			uint64_t *to = k->made[r] + begin + made[r];
			uint32_t *count = counts_of(k, share, r), have = keys(&k->recipe[r], column_of, parts.of[r], first, n, to);
			for (uint32_t i = 0; i < have; i++)
				count[bucket_of(k, to[i])]++;
			made[r] += have;
		}
	}
	memcpy(k->made_n[share], made, sizeof made);
	return 0;
}

static int put_share(void *arg, uint64_t share, unsigned thread)
{
	const struct link_keys *k = arg;
	(void)thread;
	for (unsigned r = 0; r < k->n; r++) {
		const uint64_t *key = k->made[r] + first_of(k, share);
		uint64_t *v = k->v[r];
		uint32_t *at = counts_of(k, share, r);
		for (uint32_t i = 0; i < k->made_n[share][r]; i++)
			v[at[bucket_of(k, key[i])]++] = key[i];
	}
	return 0;
}

void link_keys_init(struct link_keys *k, const struct link *l)
{
	*k = (struct link_keys){.l = l, .threads = l->o.threads};
	while (k->bits < 11 && l->n >> (k->bits + 11))
		k->bits++;
}

int link_keys_make(struct link_keys *k, const struct link_recipe *recipe, unsigned n)
{
	const size_t counts = (size_t)k->threads * LINK_KEYS_AT_ONCE * LINK_BUCKETS_MAX, bytes = ((size_t)k->l->n + 1) * sizeof *k->v[0];
	assert(n >= 1 && n <= LINK_KEYS_AT_ONCE);
	k->recipe = recipe;
	k->n = n;
	if (!k->at && !(k->at = malloc(counts * sizeof *k->at)))
		return ERR_MEMORY;
	memset(k->at, 0, counts * sizeof *k->at);
	for (unsigned r = 0; r < n; r++)
		if (!k->v[r]) {
			k->v[r] = malloc(bytes);
			k->made[r] = malloc(bytes);
			if (!k->v[r] || !k->made[r])
				return ERR_MEMORY;
			link_huge(k->v[r], bytes);
			link_huge(k->made[r], bytes);
		}
	int code = link_parallel(k->threads, k->threads, make_share, k);
	for (unsigned r = 0; r < n; r++) {
		uint32_t at = 0;
		for (unsigned b = 0; b < 1u << k->bits; b++) {
			k->from[r][b] = at;
			for (unsigned t = 0; t < k->threads; t++) {
				uint32_t *mine = &counts_of(k, t, r)[b], c = *mine;
				*mine = at;
				at += c;
			}
		}
		k->from[r][1u << k->bits] = at;
	}
	return code ? code : link_parallel(k->threads, k->threads, put_share, k);
}

void link_keys_done(struct link_keys *k)
{
	for (unsigned r = 0; r < LINK_KEYS_AT_ONCE; r++) {
		free(k->v[r]);
		free(k->made[r]);
	}
	free(k->at);
}

/* ---- in order ---- */

uint64_t *link_keys_sort(const struct link_keys *k, uint64_t *v, uint64_t *other, size_t n)
{
	uint32_t count[DIGITS_MAX][DIGITS];
	const unsigned passes = (64 - LINK_NUMBER_BITS - k->bits + DIGIT_BITS - 1) / DIGIT_BITS;
	if (n < FEW) {
		for (size_t i = 1; i < n; i++) {
			uint64_t x = v[i];
			size_t j = i;
			for (; j && v[j - 1] > x; j--)
				v[j] = v[j - 1];
			v[j] = x;
		}
		return v;
	}
	memset(count, 0, passes * sizeof *count);
	for (size_t i = 0; i < n; i++)
		for (unsigned p = 0; p < passes; p++)
			count[p][v[i] >> (LINK_NUMBER_BITS + p * DIGIT_BITS) & (DIGITS - 1)]++;
	for (unsigned p = 0; p < passes; p++) {
		const unsigned shift = LINK_NUMBER_BITS + p * DIGIT_BITS;
		uint32_t at = 0;
		if (count[p][v[0] >> shift & (DIGITS - 1)] == n)
			continue; /* all the same */
		for (unsigned d = 0; d < DIGITS; d++) {
			uint32_t c = count[p][d];
			count[p][d] = at;
			at += c;
		}
		for (size_t i = 0; i < n; i++)
			other[count[p][v[i] >> shift & (DIGITS - 1)]++] = v[i];
		uint64_t *t = v;
		v = other;
		other = t;
	}
	return v;
}
