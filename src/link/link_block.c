/* Which pairs are looked at: those that share a key.
 *
 * A key is made of one to four parts of a record: an identifier, the sound of a surname, a year of birth ... Records are sorted by each key in turn, and those that stand together are paired. A block that is too large (a common name, a day of birth
 * that means "not asked") is cut by further parts until it is not; what stays too large is only chained. An identifier that many different persons bear is a clerk's 999-99-9999, whatever it looks like, and is struck out.
 * In a small file loose keys (one name alone) cost nothing and find what has been written wrong twice; they are left out where they would give too many pairs; up to 1,500 records everybody is compared with everybody. */
#include "link_internal.h"

#include <stdlib.h>

#define ALL_PAIRS_MAX 1500u
#define LOOSE_RECORDS_MAX 50000u
#define LARGE 1000000u
#define NUMBER_BITS 28
#define NUMBER_MASK ((UINT64_C(1) << NUMBER_BITS) - 1)

enum part { PART_VALUE, PART_WIDE, PART_SOUND, PART_NAME, PART_HEAD, PART_YEAR, PART_DAY, PART_DATE, PART_SSN4, PART_SSN9, PART_BOTH };

struct recipe {
	struct {
		uint8_t part, field;
	} v[4];
	uint8_t n;
	bool identifier, loose;
	uint8_t rare; /* blocks of more records than this are left out; 0: none */
};

#define RECIPES_MAX 160
struct blocking {
	struct link *l;
	struct recipe recipe[RECIPES_MAX];
	size_t recipes, first; /* of this round */
	uint32_t cap;
	uint64_t budget;       /* pairs of a loose recipe */
	struct pile {
		uint64_t *v;
		uint64_t n, cap;
		uint64_t *key, *other; /* room to sort in */
	} pile[LINK_THREADS_MAX];
};

static uint64_t stir(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0xff51afd7ed558ccd);
	return h ^ h >> 31;
}

/* The part's value; 0: the record has none. */
static uint64_t part_of(const struct link *l, const uint32_t *row, unsigned part, unsigned field)
{
	const struct link_field *f = &l->field[field];
	const uint32_t *at = link_at(l, row, f);
	uint32_t v = at[0];
	switch ((enum part)part) {
	case PART_VALUE:
		return v && f->words ? l->words.v[v].hash : v;
	case PART_WIDE:
		return link_wide(at);
	case PART_SOUND:
		return l->words.sounds[v].sound;
	case PART_NAME:
	case PART_HEAD:
		return l->words.sounds[v].name;
	case PART_YEAR:
		return v / 10000;
	case PART_DAY: { /* of the year, whichever way round, and no 1 January */
		uint32_t m = v / 100 % 100, d = v % 100;
		return !v || (m == 1 && d == 1) ? 0 : 10000 + (m < d ? m * 100 + d : d * 100 + m);
	}
	case PART_DATE: { /* whichever way round */
		uint32_t m = v / 100 % 100, d = v % 100;
		return v / 10000 * 10000 + (m < d ? m * 100 + d : d * 100 + m);
	}
	case PART_SSN4:
		return !v ? 0 : v & LINK_SSN4 ? (v & ~LINK_SSN4) + 1 : (v - 1) % 10000 + 1;
	case PART_SSN9:
		return v & LINK_SSN4 ? 0 : v;
	case PART_BOTH: { /* surname and first name, whichever way round */
		uint32_t b = l->words.sounds[row[l->field[l->of[KIND_FIRST]].at]].name, a = l->words.v[v].tail ? l->words.sounds[v].sound : l->words.sounds[v].name; /* "esters avila" by its end */
		return !a || !b ? 0 : (uint64_t)(a < b ? a : b) << 32 | (a < b ? b : a);
	}
	}
	return 0;
}

static uint64_t key_of(const struct link *l, const struct recipe *k, uint32_t i)
{
	uint64_t h = 0x5851f42d4c957f2d;
	const uint32_t *row = link_row(l, i);
	for (unsigned p = 0; p < k->n; p++) {
		uint64_t v = part_of(l, row, k->v[p].part, k->v[p].field);
		if (!v)
			return 0;
		h = stir(h, v);
	}
	h = stir(h, h >> 29);
	return (h >> NUMBER_BITS ? h : h | UINT64_C(1) << 40) & ~NUMBER_MASK;
}

static void sort_keys(uint64_t **a, uint64_t **b, uint64_t n) /* by the upper 36 bits, three times 12 */
{
	for (unsigned shift = NUMBER_BITS; shift < 64; shift += 12) {
		uint64_t count[4096] = {0}, at = 0;
		for (uint64_t i = 0; i < n; i++)
			count[(*a)[i] >> shift & 4095]++;
		for (unsigned k = 0; k < 4096; k++) {
			uint64_t c = count[k];
			count[k] = at;
			at += c;
		}
		for (uint64_t i = 0; i < n; i++)
			(*b)[count[(*a)[i] >> shift & 4095]++] = (*a)[i];
		uint64_t *t = *a;
		*a = *b;
		*b = t;
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static int put_pair(struct pile *p, uint64_t a, uint64_t b)
{
	if (p->n == p->cap) {
		uint64_t cap = p->cap ? p->cap + p->cap / 2 : 1 << 16, *v = realloc(p->v, cap * sizeof *v);
		if (!v)
			return ERR_MEMORY;
		p->v = v;
		p->cap = cap;
	}
	p->v[p->n++] = a < b ? a << 32 | b : b << 32 | a;
	return 0;
}

/* Records k[0..n) share a key. */
static int pair_block(struct blocking *b, struct pile *p, uint64_t *k, uint64_t n, unsigned depth)
{
	static const struct {
		uint8_t kind, part;
	} finer[] = {{KIND_FIRST, PART_NAME}, {KIND_LAST, PART_SOUND}, {KIND_DOB, PART_YEAR}, {KIND_ZIP, PART_VALUE}, {KIND_DOB, PART_DAY}, {KIND_MIDDLE, PART_NAME}, {KIND_STREET, PART_HEAD}};
	struct link *l = b->l;
	int r = 0;
	if (n <= b->cap) {
		for (uint64_t i = 0; i < n && r == 0; i++)
			for (uint64_t j = i + 1; j < n && r == 0; j++)
				r = put_pair(p, k[i] & NUMBER_MASK, k[j] & NUMBER_MASK);
		return r;
	}
	while (depth < ARRAY_LEN(finer) && l->of[finer[depth].kind] < 0)
		depth++;
	if (depth == ARRAY_LEN(finer)) {
		for (uint64_t i = 0; i < n && r == 0; i++)
			for (uint64_t j = i + 1; j < n && j <= i + 3 && r == 0; j++)
				r = put_pair(p, k[i] & NUMBER_MASK, k[j] & NUMBER_MASK);
		return r;
	}
	for (uint64_t i = 0; i < n; i++) {
		uint64_t h = part_of(l, link_row(l, (uint32_t)(k[i] & NUMBER_MASK)), finer[depth].part, (unsigned)l->of[finer[depth].kind]);
		k[i] = (h ? stir(7, h) & ~NUMBER_MASK : 0) | (k[i] & NUMBER_MASK);
	}
	qsort(k, n, sizeof *k, by_value);
	for (uint64_t i = 0, j; i < n && r == 0; i = j) {
		for (j = i + 1; j < n && (k[j] ^ k[i]) >> NUMBER_BITS == 0;)
			j++;
		if (j - i > 1)
			r = pair_block(b, p, k + i, j - i, depth + 1);
	}
	return r;
}

/* More than a few persons bear this number: different days of birth and different surnames among the first of them. */
static bool is_nobodys(const struct link *l, const uint64_t *k, uint64_t n)
{
	uint64_t seen[2][5];
	unsigned seen_n[2] = {0};
	const int kind[2] = {l->of[KIND_DOB], l->of[KIND_LAST] >= 0 ? l->of[KIND_LAST] : l->of[KIND_FIRST]};
	unsigned looked = 0;
	if (n <= 6)
		return false;
	for (unsigned w = 0; w < 2; w++) {
		if (kind[w] < 0)
			continue;
		looked++;
		for (uint64_t i = 0; i < n && i < 64 && seen_n[w] < 5; i++) {
			uint64_t v = part_of(l, link_row(l, (uint32_t)(k[i] & NUMBER_MASK)), w ? PART_SOUND : PART_VALUE, (unsigned)kind[w]);
			bool old = !v;
			for (unsigned s = 0; s < seen_n[w]; s++)
				old |= seen[w][s] == v;
			if (!old)
				seen[w][seen_n[w]++] = v;
		}
	}
	return looked && (kind[0] < 0 || seen_n[0] >= 5) && (kind[1] < 0 || seen_n[1] >= 4);
}

static void strike(struct link *l, const struct recipe *r, const uint64_t *k, uint64_t n)
{
	const struct link_field *f = &l->field[r->v[0].field];
	for (uint64_t i = 0; i < n; i++) {
		memset(link_at(l, link_row(l, (uint32_t)(k[i] & NUMBER_MASK)), f), 0, f->slots * sizeof(uint32_t));
	}
}

static uint64_t pairs_of(const uint64_t *k, uint64_t n)
{
	uint64_t sum = 0;
	for (uint64_t i = 0, j; i < n; i = j) {
		for (j = i + 1; j < n && (k[j] ^ k[i]) >> NUMBER_BITS == 0;)
			j++;
		sum += (j - i) * (j - i - 1) / 2;
	}
	return sum;
}

static int one_recipe(void *arg, uint64_t at, unsigned thread)
{
	struct blocking *b = arg;
	struct link *l = b->l;
	const struct recipe *rec = &b->recipe[b->first + at];
	struct pile *p = &b->pile[thread];
	uint64_t n = 0;
	int r = 0;
	if (!p->key) {
		p->key = malloc((size_t)l->n * sizeof *p->key);
		p->other = malloc((size_t)l->n * sizeof *p->other);
		if (!p->key || !p->other)
			return ERR_MEMORY;
		link_huge(p->key, (size_t)l->n * sizeof *p->key);
		link_huge(p->other, (size_t)l->n * sizeof *p->other);
	}
	for (uint32_t i = 0; i < l->n; i++) {
		uint64_t h = key_of(l, rec, i);
		if (h)
			p->key[n++] = h | i;
	}
	sort_keys(&p->key, &p->other, n);
	if (rec->loose && pairs_of(p->key, n) > b->budget)
		return 0;
	for (uint64_t i = 0, j; i < n && r == 0; i = j) {
		for (j = i + 1; j < n && (p->key[j] ^ p->key[i]) >> NUMBER_BITS == 0;)
			j++;
		if (rec->identifier && is_nobodys(l, p->key + i, j - i))
			strike(l, rec, p->key + i, j - i);
		else if (j - i > 1 && (!rec->rare || j - i <= rec->rare))
			r = pair_block(b, p, p->key + i, j - i, 0);
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
	struct recipe r = {.identifier = identifier, .loose = loose};
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
			if (l->field[i].kind == KIND_OTHER && dob >= 0)
				ADD(b, false, true, {PART_VALUE, (int)i}, {PART_VALUE, dob});
		}
}

/* ---- each pair once ---- */

static void sort_down(uint64_t *v, uint64_t n, int shift) /* in place, eight bits at a time from the top (McIlroy, Bostic, McIlroy 1993) */
{
	if (n < 48 || shift < 0) {
		for (uint64_t i = 1; i < n; i++) {
			uint64_t x = v[i], j = i;
			for (; j && v[j - 1] > x; j--)
				v[j] = v[j - 1];
			v[j] = x;
		}
		return;
	}
	uint64_t end[256] = {0}, at[256], sum = 0;
	for (uint64_t i = 0; i < n; i++)
		end[v[i] >> shift & 255]++;
	for (unsigned k = 0; k < 256; k++) {
		at[k] = sum;
		sum += end[k];
		end[k] = sum;
	}
	for (unsigned k = 0; k < 256; k++)
		while (at[k] < end[k]) {
			uint64_t x = v[at[k]];
			unsigned to = (unsigned)(x >> shift & 255);
			if (to == k) {
				at[k]++;
				continue;
			}
			v[at[k]] = v[at[to]];
			v[at[to]++] = x;
		}
	for (unsigned k = 0; k < 256; k++)
		sort_down(v + (k ? end[k - 1] : 0), end[k] - (k ? end[k - 1] : 0), shift - 8);
}

static int sort_pile(void *arg, uint64_t k, unsigned thread)
{
	struct pile *p = &((struct blocking *)arg)->pile[k];
	uint64_t n = 0;
	(void)thread;
	sort_down(p->v, p->n, 56);
	for (uint64_t i = 0; i < p->n; i++)
		if (!n || p->v[n - 1] != p->v[i])
			p->v[n++] = p->v[i];
	p->n = n;
	return 0;
}

/* Where the first pair of v[0..n) stands that is `least` or more. */
static uint64_t lower(const uint64_t *v, uint64_t n, uint64_t least)
{
	uint64_t lo = 0, hi = n;
	while (lo < hi) {
		uint64_t k = lo + (hi - lo) / 2;
		if (v[k] < least)
			lo = k + 1;
		else
			hi = k;
	}
	return lo;
}

/* The pairs whose first record is in one part of the records: those of all piles, each once, behind the room of the parts before. */
struct merging {
	struct blocking *b;
	unsigned threads;
	uint64_t first[LINK_THREADS_MAX], n[LINK_THREADS_MAX];
};

static int merge_part(void *arg, uint64_t part, unsigned thread)
{
	struct merging *m = arg;
	struct link *l = m->b->l;
	uint64_t at[LINK_THREADS_MAX], end[LINK_THREADS_MAX], n = 0, first = 0;
	(void)thread;
	for (unsigned t = 0; t < m->threads; t++) {
		const struct pile *p = &m->b->pile[t];
		at[t] = lower(p->v, p->n, (uint64_t)l->n * part / m->threads << 32);
		end[t] = part + 1 == m->threads ? p->n : lower(p->v, p->n, (uint64_t)l->n * (part + 1) / m->threads << 32);
		first += at[t];
	}
	uint64_t *to = l->pair + first;
	for (;;) {
		uint64_t least = UINT64_MAX;
		unsigned who = m->threads;
		for (unsigned t = 0; t < m->threads; t++)
			if (at[t] < end[t] && (who == m->threads || m->b->pile[t].v[at[t]] < least)) {
				least = m->b->pile[t].v[at[t]];
				who = t;
			}
		if (who == m->threads)
			break;
		at[who]++;
		if (!n || to[n - 1] != least)
			to[n++] = least;
	}
	m->first[part] = first;
	m->n[part] = n;
	return 0;
}

static int merge(struct blocking *b, unsigned threads)
{
	struct link *l = b->l;
	struct merging m = {.b = b, .threads = threads};
	uint64_t total = 0;
	for (unsigned t = 0; t < threads; t++)
		total += b->pile[t].n;
	l->pair = malloc((total ? total : 1) * sizeof *l->pair);
	if (!l->pair)
		return ERR_MEMORY;
	int r = link_parallel(threads, threads, merge_part, &m);
	for (unsigned t = 0; t < threads; t++) {
		memmove(l->pair + l->pairs, l->pair + m.first[t], m.n[t] * sizeof *l->pair);
		l->pairs += m.n[t];
	}
	return r;
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
		identifiers(b);
		r = link_parallel(threads, b->recipes, one_recipe, b);
	}
	if (r == 0 && l->n > ALL_PAIRS_MAX) {
		b->first = b->recipes;
		tight(b);
		if (l->n <= LOOSE_RECORDS_MAX)
			loose(b);
		r = link_parallel(threads, b->recipes - b->first, one_recipe, b);
	}
	for (unsigned t = 0; b && t < threads; t++) {
		free(b->pile[t].key);
		free(b->pile[t].other);
	}
	if (r == 0 && l->n > ALL_PAIRS_MAX) {
		r = link_parallel(threads, threads, sort_pile, b);
		r = r ? r : merge(b, threads);
	} else if (r == 0)
		r = everybody(l);
	for (unsigned t = 0; b && t < threads; t++)
		free(b->pile[t].v);
	free(b);
	l->counts.compared = l->pairs;
	return r ? err_set(e, r, NULL, "no memory for the pairs of %u records", l->n) : 0;
}
