/* Which pairs are looked at: those that share a key.
 *
 * A key is made of one to four parts of a record: an identifier, the sound of a surname, a year of birth ... Records are sorted by each key in turn, and those that stand together are paired. A block that is too large (a common name, a day of birth
 * that means "not asked") is cut by further parts until it is not; what stays too large is only chained. An identifier that many different persons bear is a clerk's 999-99-9999, whatever it looks like, and is struck out.
 * In a small file loose keys (one name alone) cost nothing and find what has been written wrong twice; they are left out where they would give too many pairs; up to 1,500 records everybody is compared with everybody. */
#include "link_disk.h"
#include "link_drawers.h"
#include "link_keys.h"

#include <stdlib.h>

#define ALL_PAIRS_MAX 1500u
#define LOOSE_RECORDS_MAX 50000u
#define LARGE 1000000u
#define CHUNKS 16u /* a recipe's buckets are paired in so many shares */

/* What large blocks are cut by, and what tells whether a number is nobody's: of each record, for rows on disk are not asked one by one. */
struct fine {
	uint32_t dob, zip;
	uint16_t first, sound, middle, street; /* sound: of the surname, or of the first name where there is no other */
};

#define RECIPES_MAX 480
struct blocking {
	struct link *l;
	struct link_recipe recipe[RECIPES_MAX];
	size_t recipes;
	struct link_keys keys; /* of some of them */
	uint32_t cap;
	uint64_t budget;       /* pairs of a loose recipe */
	struct link_drawers *drawers; /* with rows in memory: the pairs */
	struct sorting {
		uint64_t *other; /* room for a bucket */
		uint64_t cap;
	} sorting[LINK_THREADS_MAX];
	/* with rows on disk */
	struct fine *fine;      /* of all records, once it is filled */
	bool filled;
	struct link_deal *deal; /* keys of a round's recipes, in buckets by their first bits */
	size_t round;           /* its first recipe */
	unsigned bits;          /* 1 << bits buckets a recipe */
};

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static int pair_away(struct link *l, unsigned thread, const uint64_t *k, uint64_t n, uint64_t most)
{
	int r = 0;
	for (uint64_t i = 0; i < n && r == 0; i++)
		for (uint64_t a = k[i] & LINK_NUMBER_MASK, j = i + 1; j < n && j - i <= most && r == 0; j++) {
			uint64_t b = k[j] & LINK_NUMBER_MASK;
			r = link_pairs_put(l, thread, a < b ? a << 32 | b : b << 32 | a);
		}
	return r;
}

/* Each of k[0..n), which are in order of their numbers, with the `most` that follow it. */
static int pair_all(struct blocking *b, unsigned thread, const uint64_t *k, uint64_t n, uint64_t most)
{
	int r = 0;
	if (b->l->disk)
		return pair_away(b->l, thread, k, n, most);
	for (uint64_t i = 0; i + 1 < n && r == 0; i++)
		r = link_drawers_add(b->drawers, thread, (uint32_t)(k[i] & LINK_NUMBER_MASK), k + i + 1, n - i - 1 < most ? n - i - 1 : most, LINK_NUMBER_BITS);
	return r;
}

static void fine_of(const struct link *l, uint32_t i, struct fine *ret)
{
	const uint32_t *row = link_row(l, i);
	int dob = l->of[KIND_DOB], zip = l->of[KIND_ZIP], first = l->of[KIND_FIRST], last = l->of[KIND_LAST] >= 0 ? l->of[KIND_LAST] : first, middle = l->of[KIND_MIDDLE], street = l->of[KIND_STREET];
	*ret = (struct fine){0};
	ret->dob = dob < 0 ? 0 : (uint32_t)link_part_of(l, row, PART_VALUE, (unsigned)dob);
	ret->zip = zip < 0 ? 0 : (uint32_t)link_part_of(l, row, PART_VALUE, (unsigned)zip);
	ret->first = first < 0 ? 0 : (uint16_t)link_part_of(l, row, PART_NAME, (unsigned)first);
	ret->sound = last < 0 ? 0 : (uint16_t)link_part_of(l, row, PART_SOUND, (unsigned)last);
	ret->middle = middle < 0 ? 0 : (uint16_t)link_part_of(l, row, PART_NAME, (unsigned)middle);
	ret->street = street < 0 ? 0 : (uint16_t)link_part_of(l, row, PART_HEAD, (unsigned)street);
}

/* The part of the first field of a kind, wherever rows are. */
static uint64_t part_of(const struct blocking *b, uint64_t key, enum link_kind kind, enum link_part part)
{
	const struct link *l = b->l;
	uint32_t record = (uint32_t)(key & LINK_NUMBER_MASK);
	if (!b->fine)
		return link_part_of(l, link_row(l, record), part, (unsigned)l->of[kind]);
	const struct fine *f = &b->fine[record];
	switch (kind) {
	case KIND_FIRST:
		return part == PART_SOUND ? f->sound : f->first;
	case KIND_LAST:
		return f->sound;
	case KIND_DOB:
		return part == PART_VALUE ? f->dob : link_date_part(f->dob, part);
	case KIND_ZIP:
		return f->zip;
	case KIND_MIDDLE:
		return f->middle;
	default:
		assert(kind == KIND_STREET);
		return f->street;
	}
}

static int pair_two(struct blocking *b, unsigned thread, uint64_t x, uint64_t y)
{
	uint64_t less = (x < y ? x : y) & LINK_NUMBER_MASK, more = (x < y ? y : x) & LINK_NUMBER_MASK;
	if (b->l->disk)
		return link_pairs_put(b->l, thread, less << 32 | more);
	return link_drawers_add(b->drawers, thread, (uint32_t)less, &more, 1, LINK_NUMBER_BITS);
}

/* A block was cut into parts k[0..n), by the bits above the number: each of them is paired with the largest, by two of its records. Two hundred bills of one person, ten of them with his initial alone, share everything but what the block was cut by. */
static int pair_parts(struct blocking *b, unsigned thread, const uint64_t *k, uint64_t n)
{
	uint64_t hub = 0, hub_n = 0, end;
	for (uint64_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n && (k[end] ^ k[i]) >> LINK_NUMBER_BITS == 0;)
			end++;
		if (end - i > hub_n) {
			hub = i;
			hub_n = end - i;
		}
	}
	int r = 0;
	for (uint64_t i = 0; i < n && r == 0; i = end) {
		for (end = i + 1; end < n && (k[end] ^ k[i]) >> LINK_NUMBER_BITS == 0;)
			end++;
		if (i == hub)
			continue;
		r = pair_two(b, thread, k[i] & LINK_NUMBER_MASK, k[hub] & LINK_NUMBER_MASK);
		if (r == 0 && (end - i > 1 || hub_n > 1))
			r = pair_two(b, thread, k[end - 1] & LINK_NUMBER_MASK, k[hub + hub_n - 1] & LINK_NUMBER_MASK);
	}
	return r;
}

/* Records k[0..n) share a key. One: so much that they may all be one person. */
static int pair_block(struct blocking *b, unsigned thread, uint64_t *k, uint64_t n, unsigned depth, bool one)
{
	static const struct {
		uint8_t kind, part;
	} finer[] = {{KIND_FIRST, PART_NAME}, {KIND_LAST, PART_SOUND}, {KIND_DOB, PART_YEAR}, {KIND_ZIP, PART_VALUE}, {KIND_DOB, PART_DAY}, {KIND_MIDDLE, PART_NAME}, {KIND_STREET, PART_HEAD}};
	struct link *l = b->l;
	int r = 0;
	if (n <= b->cap)
		return pair_all(b, thread, k, n, n);
	while (depth < ARRAY_LEN(finer) && l->of[finer[depth].kind] < 0)
		depth++;
	if (depth == ARRAY_LEN(finer))
		return pair_all(b, thread, k, n, 3);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t h = part_of(b, k[i], (enum link_kind)finer[depth].kind, (enum link_part)finer[depth].part);
		k[i] = (h ? link_stir(7, h) & ~LINK_NUMBER_MASK : 0) | (k[i] & LINK_NUMBER_MASK);
	}
	qsort(k, n, sizeof *k, by_value);
	if (one)
		r = pair_parts(b, thread, k, n);
	for (uint64_t i = 0, j; i < n && r == 0; i = j) {
		for (j = i + 1; j < n && (k[j] ^ k[i]) >> LINK_NUMBER_BITS == 0;)
			j++;
		if (j - i > 1)
			r = pair_block(b, thread, k + i, j - i, depth + 1, one);
	}
	return r;
}

/* More than a few persons bear this number: different days of birth and different surnames among the first of them. */
static bool is_nobodys(const struct blocking *b, const uint64_t *k, uint64_t n)
{
	const struct link *l = b->l;
	uint64_t seen[2][5];
	unsigned seen_n[2] = {0};
	const enum link_kind name = l->of[KIND_LAST] >= 0 ? KIND_LAST : KIND_FIRST;
	const int kind[2] = {l->of[KIND_DOB], l->of[name]};
	unsigned looked = 0;
	if (n <= 6)
		return false;
	for (unsigned w = 0; w < 2; w++) {
		if (kind[w] < 0)
			continue;
		looked++;
		for (uint64_t i = 0; i < n && i < 64 && seen_n[w] < 5; i++) {
			uint64_t v = part_of(b, k[i], w ? name : KIND_DOB, w ? PART_SOUND : PART_VALUE);
			bool old = !v;
			for (unsigned s = 0; s < seen_n[w]; s++)
				old |= seen[w][s] == v;
			if (!old)
				seen[w][seen_n[w]++] = v;
		}
	}
	return looked && (kind[0] < 0 || seen_n[0] >= 5) && (kind[1] < 0 || seen_n[1] >= 4);
}

static int strike(struct link *l, const struct link_recipe *rec, const uint64_t *k, uint64_t n)
{
	const struct link_field *f = &l->field[rec->v[0].field];
	for (uint64_t i = 0; i < n; i++) {
		uint32_t record = (uint32_t)(k[i] & LINK_NUMBER_MASK);
		if (l->disk && link_disk_strike(l, rec->v[0].field, record) < 0)
			return ERR_MEMORY;
		if (!l->disk)
			memset(link_at(l, link_row(l, record), f), 0, f->slots * sizeof(uint32_t));
	}
	return 0;
}

static uint64_t pairs_of(const uint64_t *k, uint64_t n)
{
	uint64_t sum = 0;
	for (uint64_t i = 0, j; i < n; i = j) {
		for (j = i + 1; j < n && (k[j] ^ k[i]) >> LINK_NUMBER_BITS == 0;)
			j++;
		sum += (j - i) * (j - i - 1) / 2;
	}
	return sum;
}

/* Keys in order. */
static int pair_keys(struct blocking *b, unsigned thread, const struct link_recipe *rec, uint64_t *key, uint64_t n)
{
	const bool one = !rec->loose;
	int r = 0;
	for (uint64_t i = 0, j; i < n && r == 0; i = j) {
		for (j = i + 1; j < n && (key[j] ^ key[i]) >> LINK_NUMBER_BITS == 0;)
			j++;
		if (j - i == 1)
			continue;
		if (rec->identifier && is_nobodys(b, key + i, j - i))
			r = strike(b->l, rec, key + i, j - i);
		else if (!rec->rare || j - i <= rec->rare)
			r = pair_block(b, thread, key + i, j - i, 0, one);
	}
	return r;
}

/* One bucket's keys in order; NULL: no memory. */
static uint64_t *in_order(const struct link_keys *k, struct sorting *p, unsigned which, unsigned bucket, uint64_t *ret_n)
{
	uint64_t n = k->from[which][bucket + 1] - k->from[which][bucket];
	*ret_n = n;
	if (n > p->cap) {
		free(p->other);
		p->cap = 0;
		if (!(p->other = malloc((n + n / 4) * sizeof *p->other)))
			return NULL;
		p->cap = n + n / 4;
	}
	return link_keys_sort(k, k->v[which] + k->from[which][bucket], p->other, n);
}

/* Of a loose recipe, whose file is not large: nothing if that would be too many. */
static int pair_loosely(struct blocking *b, unsigned thread, unsigned which)
{
	struct sorting *p = &b->sorting[thread];
	const struct link_keys *k = &b->keys;
	uint64_t sum = 0, n;
	for (unsigned i = 0; i < 1u << k->bits; i++) {
		const uint64_t *v = in_order(k, p, which, i, &n);
		if (!v && n)
			return ERR_MEMORY;
		sum += pairs_of(v, n);
		if (n && v == p->other)
			memcpy(k->v[which] + k->from[which][i], v, n * sizeof *v);
	}
	return sum > b->budget ? 0 : pair_keys(b, thread, &k->recipe[which], k->v[which], k->from[which][1u << k->bits]);
}

/* Some of a recipe's buckets. */
static int pair_buckets(void *arg, uint64_t at, unsigned thread)
{
	struct blocking *b = arg;
	const struct link_keys *k = &b->keys;
	const unsigned which = (unsigned)(at / CHUNKS), share = (unsigned)(at % CHUNKS), buckets = 1u << k->bits;
	struct sorting *p = &b->sorting[thread];
	int r = 0;
	if (k->recipe[which].loose)
		return share ? 0 : pair_loosely(b, thread, which);
	for (unsigned i = buckets * share / CHUNKS; i < buckets * (share + 1) / CHUNKS && r == 0; i++) {
		uint64_t n, *v = in_order(k, p, which, i, &n);
		r = !v && n ? ERR_MEMORY : pair_keys(b, thread, &k->recipe[which], v, n);
	}
	return r;
}

/* ---- keys of rows that are on disk: of all recipes of a round in one walk over the rows ---- */

#define UNIT 16384u   /* records that a thread makes keys of at a time */
#define BUCKET_BITS 22 /* a bucket has so many keys, 2^22, or a few more */
struct keying {
	struct blocking *b;
	uint32_t from, to;
};
struct dealing {
	struct blocking *b;
	size_t recipe; /* of this round: the first of k's */
	unsigned thread;
};

static int deal_keys(void *arg, unsigned which, const uint64_t *key, uint32_t n)
{
	const struct dealing *d = arg;
	const struct blocking *b = d->b;
	int r = 0;
	for (uint32_t i = 0; i < n && r == 0; i++)
		r = link_deal_put(b->deal, d->thread, (uint32_t)((d->recipe + which) << b->bits | (key[i] >> 1 >> (63 - b->bits))), key[i]);
	return r;
}

static int key_unit(void *arg, uint64_t at, unsigned thread)
{
	const struct keying *x = arg;
	struct blocking *b = x->b;
	const uint32_t from = x->from + (uint32_t)at * UNIT, to = x->to - from < UNIT ? x->to : from + UNIT;
	int r = 0;
	for (size_t i = b->round; i < b->recipes && r == 0; i += LINK_KEYS_AT_ONCE) {
		struct dealing d = {b, i - b->round, thread};
		const struct link_keys k = {.l = b->l, .recipe = &b->recipe[i], .n = (unsigned)(b->recipes - i < LINK_KEYS_AT_ONCE ? b->recipes - i : LINK_KEYS_AT_ONCE)};
		r = link_keys_some(&k, from, to, deal_keys, &d);
	}
	for (uint32_t i = from; !b->filled && i < to; i++)
		fine_of(b->l, i, &b->fine[i]);
	return r;
}

static int key_some(void *arg, uint32_t from, uint32_t to)
{
	struct keying x = {arg, from, to};
	return link_parallel(x.b->l->o.threads, (to - from + UNIT - 1) / UNIT, key_unit, &x);
}

/* A bucket of one recipe; of a loose one there is one only. */
static int pair_dealt(void *arg, uint64_t at, unsigned thread)
{
	struct blocking *b = arg;
	const struct link_recipe *rec = &b->recipe[b->round + (at >> b->bits)];
	uint64_t n, *key;
	int r = link_deal_load(b->deal, thread, (uint32_t)at, &key, &n);
	if (r)
		return r;
	link_sort(key, n);
	if (!rec->loose || pairs_of(key, n) <= b->budget)
		r = pair_keys(b, thread, rec, key, n);
	free(key);
	return r;
}

static int pair_from_disk(struct blocking *b, size_t from)
{
	struct link *l = b->l;
	b->round = from;
	for (b->bits = 0; l->n >> b->bits >> BUCKET_BITS;)
		b->bits++;
	const uint32_t buckets = (uint32_t)((b->recipes - from) << b->bits);
	if (from == b->recipes && b->filled)
		return 0;
	int r = link_deal_new(l, buckets ? buckets : 1, &b->deal);
	r = r ? r : link_rows_each(l, key_some, b);
	b->filled = true;
	r = r ? r : link_deal_end(b->deal);
	r = r ? r : link_parallel(l->o.threads, buckets, pair_dealt, b);
	link_deal_free(b->deal);
	b->deal = NULL;
	return r;
}

/* All pairs of recipes from..end. */
static int pair_recipes(struct blocking *b, size_t from)
{
	int r = 0;
	if (b->l->disk)
		return pair_from_disk(b, from);
	for (size_t i = from; i < b->recipes && r == 0; i += b->keys.n) {
		r = link_keys_make(&b->keys, &b->recipe[i], (unsigned)(b->recipes - i < LINK_KEYS_AT_ONCE ? b->recipes - i : LINK_KEYS_AT_ONCE));
		r = r ? r : link_parallel(b->l->o.threads, (uint64_t)b->keys.n * CHUNKS, pair_buckets, b);
	}
	return r;
}

/* ---- the recipes ---- */

struct part_at {
	uint8_t part;
	int field;
};

static void add(struct blocking *b, bool identifier, bool loose, const struct part_at *v, size_t n)
{
	struct link_recipe r = {.identifier = identifier, .loose = loose};
	for (size_t i = 0; i < n; i++) {
		if (v[i].field < 0)
			return;
		r.v[r.n].part = v[i].part;
		r.v[r.n++].field = (uint8_t)v[i].field;
	}
	if (b->recipes < RECIPES_MAX)
		b->recipe[b->recipes++] = r;
}
#define ADD(b, identifier, loose, ...) add(b, identifier, loose, (const struct part_at[]){__VA_ARGS__}, ARRAY_LEN(((const struct part_at[]){__VA_ARGS__})))

static void identifiers(struct blocking *b)
{
	const struct link *l = b->l;
	for (unsigned i = 0; i < l->fields; i++) {
		enum link_kind k = l->field[i].kind;
		if (k == KIND_SSN)
			ADD(b, true, false, {PART_SSN9, (int)i});
		else if (k == KIND_PHONE || k == KIND_MRN || k == KIND_MEMBER || k == KIND_ID)
			ADD(b, true, false, {PART_WIDE, (int)i});
		else if (k == KIND_EMAIL)
			ADD(b, true, false, {PART_VALUE, (int)i});
	}
}

static void tight(struct blocking *b)
{
	const struct link *l = b->l;
	int first = l->of[KIND_FIRST], last = l->of[KIND_LAST], dob = l->of[KIND_DOB], zip = l->of[KIND_ZIP], ssn = l->of[KIND_SSN], house = l->of[KIND_HOUSE], street = l->of[KIND_STREET], city = l->of[KIND_CITY], both = first >= 0 ? last : -1;
	ADD(b, false, false, {PART_DATE, dob}, {PART_NAME, first});
	ADD(b, false, false, {PART_DATE, dob}, {PART_SOUND, last});
	ADD(b, false, false, {PART_BOTH, both}, {PART_YEAR, dob});
	ADD(b, false, false, {PART_BOTH, both}, {PART_DAY, dob});
	ADD(b, false, false, {PART_BOTH, both}, {PART_VALUE, zip});
	ADD(b, false, false, {PART_SSN4, ssn}, {PART_NAME, first}, {PART_YEAR, dob});
	ADD(b, false, false, {PART_SSN4, ssn}, {PART_SOUND, last}, {PART_YEAR, dob});
	ADD(b, false, false, {PART_VALUE, house}, {PART_HEAD, street}, {PART_NAME, first});
	if (zip < 0)
		ADD(b, false, false, {PART_BOTH, both}, {PART_VALUE, city});
	if (dob < 0 || (zip < 0 && city < 0))
		ADD(b, false, false, {PART_BOTH, both});
	if (dob < 0)
		ADD(b, false, false, {PART_SSN4, ssn}, {PART_NAME, first});
	size_t before = b->recipes;
	ADD(b, false, false, {PART_VALUE, last}, {PART_NAME, first}); /* a name that is rare enough to do without a date */
	if (b->recipes > before)
		b->recipe[before].rare = l->n < LARGE ? 24 : 6;
	before = b->recipes;
	ADD(b, false, false, {PART_VALUE, last}, {PART_NAME, first}, {PART_INITIAL, l->of[KIND_MIDDLE]}); /* or is with its middle name */
	if (b->recipes > before)
		b->recipe[before].rare = l->n < LARGE ? 24 : 8;
}

/* What costs too much in a large file: everything that agrees alone, or two things that are not names. */
static void loose(struct blocking *b)
{
	const struct link *l = b->l;
	int dob = l->of[KIND_DOB], first = l->of[KIND_FIRST], last = l->of[KIND_LAST], zip = l->of[KIND_ZIP], city = l->of[KIND_CITY], street = l->of[KIND_STREET];
	ADD(b, false, true, {PART_VALUE, dob});
	ADD(b, false, true, {PART_BOTH, first >= 0 ? last : -1});
	ADD(b, false, true, {PART_NAME, first}, {PART_VALUE, zip});
	ADD(b, false, true, {PART_SOUND, last}, {PART_VALUE, zip});
	ADD(b, false, true, {PART_NAME, first}, {PART_YEAR, dob});
	ADD(b, false, true, {PART_SOUND, last}, {PART_YEAR, dob});
	ADD(b, false, true, {PART_NAME, first}, {PART_DAY, dob});
	ADD(b, false, true, {PART_SOUND, last}, {PART_DAY, dob});
	ADD(b, false, true, {PART_NAME, first}, {PART_VALUE, city});
	ADD(b, false, true, {PART_SOUND, last}, {PART_VALUE, city});
	ADD(b, false, true, {PART_HEAD, street}, {PART_VALUE, zip});
	ADD(b, false, true, {PART_VALUE, zip}, {PART_YEAR, dob});
	ADD(b, false, true, {PART_SSN4, l->of[KIND_SSN]});
	for (unsigned i = 0; i < l->fields; i++)
		if (l->field[i].words) {
			ADD(b, false, true, {PART_VALUE, (int)i});
			ADD(b, false, true, {PART_NAME, (int)i});
			if (l->field[i].kind != KIND_OTHER)
				continue;
			if (dob >= 0)
				ADD(b, false, true, {PART_VALUE, (int)i}, {PART_VALUE, dob});
			ADD(b, false, true, {PART_VALUE, (int)i}, {PART_NAME, first}); /* who says no date */
			ADD(b, false, true, {PART_VALUE, (int)i}, {PART_SOUND, last});
			ADD(b, false, true, {PART_VALUE, (int)i}, {PART_VALUE, zip});
		}
}

static int everybody(struct link *l)
{
	l->pairs = 0;
	l->pair = malloc(((size_t)l->n * l->n / 2 + 1) * sizeof *l->pair);
	if (!l->pair)
		return ERR_MEMORY;
	for (uint64_t i = 0; i < l->n; i++)
		for (uint64_t j = i + 1; j < l->n; j++)
			l->pair[l->pairs++] = i << 32 | j;
	return 0;
}

int link_block(struct link *l, struct err *e)
{
	struct blocking *b = calloc(1, sizeof *b);
	int r = b ? 0 : ERR_MEMORY;
	unsigned threads = l->o.threads;
	if (r == 0) {
		b->l = l;
		b->cap = l->n < 100000 ? 120 : 40;
		b->budget = (uint64_t)l->n * (l->n < 20000 ? 150 : 12) + 100000;
		link_keys_init(&b->keys, l);
		if (l->disk) {
			b->fine = malloc((size_t)l->n * sizeof *b->fine);
			r = b->fine ? link_pairs_new(l) : ERR_MEMORY;
		} else {
			b->drawers = link_drawers_new(l->n, threads);
			r = b->drawers ? 0 : ERR_MEMORY;
		}
		identifiers(b);
		r = r ? r : pair_recipes(b, 0);
	}
	if (r == 0 && l->n > ALL_PAIRS_MAX) {
		size_t first = b->recipes;
		tight(b);
		if (l->n <= LOOSE_RECORDS_MAX)
			loose(b);
		r = pair_recipes(b, first);
	}
	if (b) {
		link_keys_done(&b->keys);
		free(b->fine);
	}
	for (unsigned t = 0; b && t < threads; t++)
		free(b->sorting[t].other);
	if (r == 0 && l->disk)
		r = link_pairs_end(l);
	else if (r == 0)
		r = l->n > ALL_PAIRS_MAX ? link_drawers_take(b->drawers, &l->pair, &l->pairs) : everybody(l);
	if (b)
		link_drawers_free(b->drawers);
	free(b);
	l->counts.compared = l->pairs;
	return r ? err_set(e, r, NULL, "no memory for the pairs of %u records", l->n) : 0;
}
