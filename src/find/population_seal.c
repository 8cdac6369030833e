/* The tables of a population, made once when all rows are in.
 *
 * Keys are dealt to 64 shares by their highest bits; each share is sorted by itself (a thread a share) and put into its own stretch of the table. Rows are in the order in which they came, sorts are stable: the tables do not depend on the
 * number of threads.
 *
 * slot: person 32 bits (highest), kind 4, tag 28 (bits 0..27 of the hash); its place by the hash's highest bits, then linear. A lookup meets a wrong person with the same place and tag about once in 10^9; what is decided from it
 * needs the name or the date to agree besides, or is said with less confidence.
 * bloom: one block of 512 bits a key, four bits in it; 12 bits a key: about one in 200 of unknown keys goes on to the table. */
#include "find_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define SHARES 64
#define SHARE_LOG 6
#define TAG_MASK ((UINT64_C(1) << 28) - 1)

struct share {
	struct key_entry *key; /* in one array of all */
	size_t n;
	size_t kept;
};

struct seal {
	struct find_population *p;
	struct key_entry *key, *spare;
	struct share share[SHARES];
	uint32_t next;      /* share to be done */
	bool filling;
};

/* ---- whose row ---- */

struct ids {
	uint32_t *slot; /* person + 1 */
	size_t mask;
};

static struct slice id_of(const struct find_population *p, uint32_t person)
{
	return slice_of(p->ids + p->id_at[person], p->id_at[person + 1] - p->id_at[person]);
}

static int own_arrays(struct find_population *p)
{
	size_t rows = 0, bytes = 0, names = 0;
	for (unsigned i = 0; i < p->parts; i++) {
		rows += p->part[i].rows;
		names += p->part[i].names.n;
		for (size_t k = 0; k < p->part[i].rows; k++)
			bytes += p->part[i].id[k].n;
	}
	if (rows >= FIND_PERSONS_MAX)
		return ERR_LIMIT;
	p->row = calloc(rows + 1, sizeof *p->row);
	p->names = malloc(names + 1);
	p->id_at = calloc(rows + 2, sizeof *p->id_at);
	p->ids = malloc(bytes + 1);
	p->rows = rows;
	p->names_n = names;
	return p->row && p->names && p->id_at && p->ids ? 0 : ERR_MEMORY;
}

static uint32_t person_of(struct find_population *p, struct ids *ids, uint64_t h, struct slice id)
{
	size_t i = (size_t)h & ids->mask;
	for (; ids->slot[i]; i = (i + 1) & ids->mask)
		if (slice_eq(id_of(p, ids->slot[i] - 1), id))
			return ids->slot[i] - 1;
	uint32_t person = p->persons++;
	memcpy(p->ids + p->id_at[person], id.p, id.n);
	p->id_at[person + 1] = p->id_at[person] + id.n;
	ids->slot[i] = person + 1;
	return person;
}

/* Gives each row its person, and moves rows and names together. part.row[].person stays for the keys. */
static int number_persons(struct find_population *p)
{
	struct ids ids = {0};
	size_t at = 0, names = 0;
	int r = own_arrays(p);
	if (r < 0)
		return r;
	for (ids.mask = 1024; ids.mask < p->rows * 2; ids.mask *= 2)
		continue;
	ids.slot = calloc(ids.mask--, sizeof *ids.slot);
	if (!ids.slot)
		return ERR_MEMORY;
	for (unsigned i = 0; i < p->parts; i++) {
		struct pop_part *part = &p->part[i];
		size_t own = 0;
		for (size_t k = 0; k < part->rows; k++) {
			struct pop_id *id = &part->id[k];
			struct slice s = slice_of(id->p ? id->p : part->own_ids.p + own, id->n);
			own += id->p ? 0 : id->n;
			part->row[k].person = person_of(p, &ids, id->h, s);
			p->row[at] = part->row[k];
			p->row[at++].name += names;
		}
		if (part->names.n)
			memcpy(p->names + names, part->names.p, part->names.n);
		names += part->names.n;
		buf_done(&part->names);
		buf_done(&part->own_ids);
		free(part->id);
		part->id = NULL;
	}
	free(ids.slot);
	return 0;
}

/* Rows in the order of their persons: counted, then dealt. */
static int order_rows(struct find_population *p)
{
	struct pop_row *by = calloc(p->rows + 1, sizeof *by);
	uint32_t *first = calloc((size_t)p->persons + 2, sizeof *first);
	if (!by || !first) {
		free(by);
		free(first);
		return ERR_MEMORY;
	}
	for (size_t i = 0; i < p->rows; i++)
		first[p->row[i].person + 2]++;
	for (uint32_t i = 0; i < p->persons; i++)
		first[i + 2] += first[i + 1];
	for (size_t i = 0; i < p->rows; i++)
		by[first[p->row[i].person + 1]++] = p->row[i];
	free(p->row);
	p->row = by;
	p->first_row = first;
	return 0;
}

/* ---- keys ---- */

static int deal_keys(struct seal *s)
{
	struct find_population *p = s->p;
	size_t n = 0, at[SHARES] = {0}, sum = 0;
	for (unsigned i = 0; i < p->parts; i++)
		for (size_t k = 0; k < p->part[i].n; k++)
			at[p->part[i].key[k].h >> (64 - SHARE_LOG)]++;
	for (unsigned i = 0; i < SHARES; i++) {
		size_t here = at[i];
		at[i] = sum;
		s->share[i].n = here;
		sum += here;
	}
	n = sum;
	s->key = calloc(n + 1, sizeof *s->key);
	if (!s->key)
		return ERR_MEMORY;
	for (unsigned i = 0; i < SHARES; i++)
		s->share[i].key = s->key + at[i];
	for (unsigned i = 0; i < p->parts; i++) {
		struct pop_part *part = &p->part[i];
		for (size_t k = 0; k < part->n; k++) {
			struct key_entry x = part->key[k];
			x.row = part->row[x.row].person;
			s->key[at[x.h >> (64 - SHARE_LOG)]++] = x;
		}
		free(part->key);
		free(part->row);
		part->key = NULL;
		part->row = NULL;
	}
	return 0;
}

/* By bits 14..57 of the hash, least significant first, stable: four passes of 11 bits. */
static void sort_share(struct share *s, struct key_entry *spare)
{
	struct key_entry *from = s->key, *to = spare;
	for (unsigned pass = 0; pass < 4; pass++) {
		size_t count[2048] = {0}, sum = 0;
		unsigned shift = 14 + pass * 11;
		for (size_t i = 0; i < s->n; i++)
			count[from[i].h >> shift & 2047]++;
		for (size_t i = 0; i < 2048; i++) {
			size_t here = count[i];
			count[i] = sum;
			sum += here;
		}
		for (size_t i = 0; i < s->n; i++)
			to[count[from[i].h >> shift & 2047]++] = from[i];
		struct key_entry *swap = from;
		from = to;
		to = swap;
	}
}

/* Of each key at most KEY_BEARERS persons, each once a kind; the last of a fuller key is FIND_NOBODY: "and others". */
static void thin_share(struct share *s)
{
	size_t out = 0;
	for (size_t i = 0; i < s->n;) {
		size_t from = out, k = i;
		bool many = false;
		for (; k < s->n && s->key[k].h == s->key[i].h; k++) {
			bool there = false;
			for (size_t m = from; m < out; m++)
				there |= s->key[m].row == s->key[k].row && s->key[m].kind == s->key[k].kind;
			if (there || many)
				continue;
			many = out - from == KEY_BEARERS;
			s->key[out] = s->key[k];
			if (many)
				s->key[out].row = FIND_NOBODY;
			out++;
		}
		i = k;
	}
	s->kept = out;
}

static uint64_t slot_place(const struct find_population *p, uint64_t h)
{
	return h >> (64 - p->slot_log);
}

/* Shares lie in stretches of the table of their own, but a stretch may run over into the next: compare and swap. What order that gives among different keys does not change what a lookup finds, and bearers are sorted when looked up. */
static void fill_share(struct find_population *p, const struct share *s)
{
	uint64_t mask = (UINT64_C(1) << p->slot_log) - 1;
	for (size_t i = 0; i < s->kept; i++) {
		uint64_t h = s->key[i].h, value = (uint64_t)s->key[i].row << 32 | (uint64_t)s->key[i].kind << 28 | (h & TAG_MASK);
		uint64_t at = slot_place(p, h), block = bloom_block(p, h);
		for (;; at = (at + 1) & mask) {
			uint64_t empty = 0;
			if (__atomic_compare_exchange_n(&p->slot[at], &empty, value | (value == 0), false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
				break;
		}
		for (unsigned k = 0; k < 4; k++) {
			unsigned bit = bloom_bit(h * BLOOM_MIX, k);
			__atomic_fetch_or(&p->bloom[block + (bit >> 6)], UINT64_C(1) << (bit & 63), __ATOMIC_RELAXED);
		}
	}
}

static void *work(void *arg)
{
	struct seal *s = arg;
	for (;;) {
		uint32_t i = __atomic_fetch_add(&s->next, 1, __ATOMIC_RELAXED);
		if (i >= SHARES)
			return NULL;
		if (s->filling) {
			fill_share(s->p, &s->share[i]);
		} else {
			sort_share(&s->share[i], s->spare + (s->share[i].key - s->key));
			thin_share(&s->share[i]);
		}
	}
}

static void all_shares(struct seal *s, unsigned threads, bool filling)
{
	pthread_t t[16];
	unsigned started = 0;
	s->next = 0;
	s->filling = filling;
	while (started + 1 < threads && started < ARRAY_LEN(t) && pthread_create(&t[started], NULL, work, s) == 0)
		started++;
	(void)work(s);
	while (started)
		pthread_join(t[--started], NULL);
}

/* Looked into at random places: with pages of 2 MiB a lookup misses one cache and not the table of pages, too. */
static void *large_zeroed(size_t n)
{
	size_t huge = (size_t)2 << 20, align = n < huge ? 64 : huge;
	void *p = aligned_alloc(align, (n + align - 1) / align * align);
	if (!p)
		return NULL;
	if (align == huge)
		(void)madvise(p, (n + align - 1) / align * align, MADV_HUGEPAGE);
	memset(p, 0, n);
	return p;
}

static int make_table(struct seal *s, unsigned threads)
{
	struct find_population *p = s->p;
	p->keys = 0;
	for (unsigned i = 0; i < SHARES; i++)
		p->keys += s->share[i].kept;
	for (p->slot_log = 10; (UINT64_C(1) << p->slot_log) < p->keys + p->keys / 3; p->slot_log++)
		continue;
	for (p->bloom_log = 1; (UINT64_C(512) << p->bloom_log) < p->keys * 10; p->bloom_log++)
		continue;
	p->slot = large_zeroed((size_t)8 << p->slot_log);
	p->bloom = large_zeroed((size_t)64 << p->bloom_log);
	if (!p->slot || !p->bloom)
		return ERR_MEMORY;
	all_shares(s, threads, true);
	return 0;
}

/* Children that read one file each need nobody's name, and to copy the page tables of gigabytes takes longer than many a file. Whole pages within the block; what is freed is taken back before. */
static void for_children(void *block, size_t n, int advice)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = ((uintptr_t)block + page - 1) / page * page, end = ((uintptr_t)block + n) / page * page;
	if (block && n >= (size_t)1 << 20 && end > from)
		(void)madvise((void *)from, end - from, advice);
}

void population_for_children(const struct find_population *p, bool theirs)
{
	int advice = theirs ? MADV_DOFORK : MADV_DONTFORK;
	for_children(p->slot, p->slot ? (size_t)8 << p->slot_log : 0, advice);
	for_children(p->bloom, p->bloom ? (size_t)64 << p->bloom_log : 0, advice);
	for_children(p->row, (p->rows + 1) * sizeof *p->row, advice);
	for_children(p->first_row, ((size_t)p->persons + 2) * sizeof *p->first_row, advice);
	for_children(p->names, p->names_n, advice);
	for_children(p->id_at, (p->rows + 2) * sizeof *p->id_at, advice);
	for_children(p->ids, p->id_at ? p->id_at[p->persons] : 0, advice);
}

/* The map of words is made large and folded to about sixteen bits a word: it is asked for every word of every text and is to stay in the cache. */
static int fold_words(struct find_population *p)
{
	uint64_t set = 0;
	unsigned log = 16;
	for (size_t i = 0; i < (size_t)1 << (POP_WORDS_LOG - 6); i++)
		set += (unsigned)__builtin_popcountll(p->word_map[i]);
	while (log < 24 && (UINT64_C(1) << log) < set * 12)
		log++;
	uint64_t *small = calloc((size_t)1 << (log - 6), 8);
	if (!small)
		return ERR_MEMORY;
	for (uint64_t i = 0; i < UINT64_C(1) << POP_WORDS_LOG; i++)
		if (p->word_map[i >> 6] == 0)
			i |= 63;
		else if (p->word_map[i >> 6] >> (i & 63) & 1)
			small[i >> (POP_WORDS_LOG - log) >> 6] |= UINT64_C(1) << (i >> (POP_WORDS_LOG - log) & 63);
	free(p->word_map);
	p->word_map = small;
	p->word_log = log;
	return 0;
}

int find_population_seal(struct find_population *p, unsigned threads, struct err *e)
{
	struct seal *s = calloc(1, sizeof *s);
	assert(!p->sealed);
	if (!s)
		return err_set(e, ERR_MEMORY, NULL, "there is no memory for the list of persons");
	s->p = p;
	int r = number_persons(p);
	if (r == 0)
		r = order_rows(p);
	if (r == 0)
		r = deal_keys(s);
	if (r == 0) {
		size_t n = 1;
		for (unsigned i = 0; i < SHARES; i++)
			n += s->share[i].n;
		s->spare = malloc(n * sizeof *s->spare);
		r = s->spare ? 0 : ERR_MEMORY;
	}
	if (r == 0) {
		all_shares(s, threads, false);
		free(s->spare);
		s->spare = NULL;
		r = make_table(s, threads);
	}
	if (r == 0)
		r = fold_words(p);
	free(s->spare);
	free(s->key);
	free(s);
	if (r < 0)
		return err_set(e, r, NULL, r == ERR_LIMIT ? "the list of persons has more rows than are known to work" : "there is no memory for the list of persons");
	p->sealed = true;
	population_for_children(p, false);
	return 0;
}

/* ---- looking ---- */

void population_look(const struct find_population *p, uint64_t h, uint32_t kinds, struct bearers *ret)
{
	uint64_t mask = (UINT64_C(1) << p->slot_log) - 1;
	ret->n = 0;
	ret->many = false;
	if (!bloom_has(p, h))
		return;
	for (uint64_t at = slot_place(p, h); p->slot[at]; at = (at + 1) & mask) {
		uint64_t v = p->slot[at];
		unsigned kind = v >> 28 & 15;
		uint32_t person = (uint32_t)(v >> 32);
		if ((v & TAG_MASK) != (h & TAG_MASK) || !(kinds >> kind & 1))
			continue;
		if (person == FIND_NOBODY || ret->n == KEY_BEARERS) {
			ret->many = true;
			continue;
		}
		unsigned i = ret->n++;
		for (; i && (ret->person[i - 1] > person || (ret->person[i - 1] == person && ret->kind[i - 1] > kind)); i--) {
			ret->person[i] = ret->person[i - 1];
			ret->kind[i] = ret->kind[i - 1];
		}
		ret->person[i] = person;
		ret->kind[i] = (uint8_t)kind;
	}
}

uint64_t find_number_key(struct slice number)
{
	size_t digits;
	return key_id(slice_trim(number), NULL, &digits);
}

uint32_t find_population_number(const struct find_population *p, uint64_t key)
{
	struct bearers b;
	if (!key)
		return FIND_NOBODY;
	population_look(p, key, 1u << KEY_MRN | 1u << KEY_MEMBER | 1u << KEY_OTHER, &b);
	for (unsigned i = 1; i < b.n; i++)
		if (b.person[i] != b.person[0])
			return FIND_NOBODY;
	return b.n && !b.many ? b.person[0] : FIND_NOBODY;
}

uint32_t find_population_persons(const struct find_population *p)
{
	return p->persons;
}

uint64_t find_population_keys(const struct find_population *p)
{
	return p->keys;
}

struct slice find_population_id(const struct find_population *p, uint32_t person)
{
	return person < p->persons ? id_of(p, person) : SLICE_NULL;
}

size_t find_population_memory(const struct find_population *p)
{
	size_t n = sizeof *p + ((size_t)1 << p->word_log) / 8;
	if (p->sealed)
		n += ((size_t)8 << p->slot_log) + ((size_t)64 << p->bloom_log) + (p->rows + 1) * sizeof *p->row + ((size_t)p->persons + 2) * sizeof *p->first_row + p->names_n + (p->rows + 2) * sizeof *p->id_at + p->id_at[p->persons];
	return n;
}
