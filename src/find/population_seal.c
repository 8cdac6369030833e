/* The tables of a population, made once when all rows are in.
 *
 * Keys wait in their parts, dealt to shares by their highest bits (population.c). A thread takes a share: it goes through the parts in their order, puts each key into the share's own stretch of the table, and gives back what it has read, so that table and
 * keys together are hardly larger than either. Rows are in the order in which they came: the tables do not depend on the number of threads.
 *
 * slot: person 32 bits (highest), kind 4, tag 28 (bits 0..27 of the hash); its place in its share by the bits behind the share's, then linear, round the share. A lookup meets a wrong person with the same place and tag about once in 10^9; what is decided
 * from it needs the name or the date to agree besides, or is said with less confidence. A key that more than KEY_BEARERS persons bear has one slot more, with FIND_NOBODY: "and others".
 * bloom: one block of 512 bits a key, four bits in it; 10 bits a key or more: about one in 200 of unknown keys goes on to the table. */
#include "find_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define TAG_MASK ((UINT64_C(1) << 28) - 1)
#define HUGE_PAGE ((size_t)2 << 20)
#define AHEAD 12 /* keys, or rows, whose place in memory is sent for before their turn */

struct seal {
	struct find_population *p;
	uint32_t *person; /* by row, in the order of the list */
	uint32_t next;    /* share to be done */
	uint64_t kept;
};

/* ---- pages ---- */

static size_t whole_pages(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	return (n + page - 1) / page * page;
}

/* Large: looked into at random places, where with pages of 2 MiB a lookup misses one cache and not the table of pages, too. */
void *pages_new(size_t n, bool large)
{
	size_t size = whole_pages(n), more = large && size >= HUGE_PAGE ? HUGE_PAGE : 0;
	uint8_t *p = n && size <= SIZE_MAX / 2 ? mmap(NULL, size + more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;
	if (p == MAP_FAILED)
		return NULL;
	if (!more)
		return p;
	size_t before = (HUGE_PAGE - (uintptr_t)p % HUGE_PAGE) % HUGE_PAGE;
	if (before)
		munmap(p, before);
	if (more > before)
		munmap(p + before + size, more - before);
	(void)madvise(p + before, size, MADV_HUGEPAGE);
	return p + before;
}

void pages_free(void *p, size_t n)
{
	if (p)
		munmap(p, whole_pages(n));
}

/* ---- whose row ---- */

struct ids {
	uint64_t *slot; /* 32 bits of the id's hash, person + 1 */
	size_t mask;
};

static struct slice id_of(const struct find_population *p, uint32_t person)
{
	return slice_of(p->ids + p->id_at[person], p->id_at[person + 1] - p->id_at[person]);
}

static int own_arrays(struct find_population *p, struct seal *s)
{
	size_t rows = 0, bytes = 0, names = 0;
	for (unsigned i = 0; i < p->parts; i++) {
		p->part[i].before = rows;
		rows += p->part[i].rows;
		names += p->part[i].names.n;
		bytes += p->part[i].ids.n;
	}
	if (rows >= FIND_PERSONS_MAX)
		return ERR_LIMIT;
	p->rows = rows;
	p->names_n = names;
	p->ids_n = bytes;
	p->row = pages_new((rows + 1) * sizeof *p->row, true);
	p->names = pages_new(names + 1, true);
	p->id_at = pages_new((rows + 2) * sizeof *p->id_at, true);
	p->ids = pages_new(bytes + 1, true);
	s->person = calloc(rows + 1, sizeof *s->person);
	return p->row && p->names && p->id_at && p->ids && s->person ? 0 : ERR_MEMORY;
}

static uint32_t person_of(struct find_population *p, struct ids *ids, uint64_t h, struct slice id)
{
	size_t i = (size_t)h & ids->mask;
	for (; ids->slot[i]; i = (i + 1) & ids->mask)
		if (ids->slot[i] >> 32 == h >> 32 && slice_eq(id_of(p, (uint32_t)ids->slot[i] - 1), id))
			return (uint32_t)ids->slot[i] - 1;
	uint32_t person = p->persons++;
	memcpy(p->ids + p->id_at[person], id.p, id.n);
	p->id_at[person + 1] = p->id_at[person] + id.n;
	ids->slot[i] = h >> 32 << 32 | (person + 1);
	return person;
}

/* The rows of one part: their persons into `person`. The table of ids is beyond every cache: the next rows' places are sent for before. */
static void number_part(struct find_population *p, struct ids *ids, const struct pop_part *part, uint32_t *person)
{
	struct {
		uint64_t h;
		struct slice id;
	} next[AHEAD];
	struct cur c = cur_of(buf_slice(&part->ids));
	uint32_t last = FIND_NOBODY;
	for (size_t k = 0; k < part->rows + AHEAD; k++) {
		size_t i = k % AHEAD;
		if (k >= AHEAD) {
			if (next[i].id.n)
				last = person_of(p, ids, next[i].h, next[i].id);
			person[k - AHEAD] = last;
		}
		if (k >= part->rows)
			continue;
		next[i].id = cur_take(&c, cur_u8(&c));
		if (!next[i].id.n)
			continue;
		next[i].h = key_mix(key_word(next[i].id.p, next[i].id.n));
		__builtin_prefetch(&ids->slot[next[i].h & ids->mask]);
	}
	assert(!c.failed);
}

/* Gives each row its person, and moves rows and names together. */
static int number_persons(struct find_population *p, struct seal *s)
{
	struct ids ids = {0};
	size_t at = 0, names = 0;
	int r = own_arrays(p, s);
	if (r < 0)
		return r;
	for (ids.mask = 1024; ids.mask < p->rows * 2; ids.mask *= 2)
		continue;
	size_t size = ids.mask-- * sizeof *ids.slot;
	ids.slot = pages_new(size, true);
	if (!ids.slot)
		return ERR_MEMORY;
	for (unsigned i = 0; i < p->parts; i++) {
		struct pop_part *part = &p->part[i];
		number_part(p, &ids, part, s->person + part->before);
		for (size_t k = 0; k < part->rows; k++) {
			p->row[at] = part->row[k];
			p->row[at].name += names;
			p->row[at].person = s->person[at];
			at++;
		}
		if (part->names.n)
			memcpy(p->names + names, part->names.p, part->names.n);
		names += part->names.n;
		buf_done(&part->names);
		buf_done(&part->ids);
		free(part->row);
		part->row = NULL;
	}
	pages_free(ids.slot, size);
	return 0;
}

/* Rows in the order of their persons: counted, then dealt, unless the list had them so. */
static int order_rows(struct find_population *p)
{
	bool sorted = true;
	uint32_t *first = pages_new(((size_t)p->persons + 2) * sizeof *first, true);
	struct pop_row *by;
	if (!first)
		return ERR_MEMORY;
	p->first_row = first;
	for (size_t i = 0; i < p->rows; i++) {
		sorted &= !i || p->row[i - 1].person <= p->row[i].person;
		first[p->row[i].person + 2]++;
	}
	for (uint32_t i = 0; i < p->persons; i++)
		first[i + 2] += first[i + 1];
	if (sorted) { /* as dealing would leave it */
		memmove(first, first + 1, ((size_t)p->persons + 1) * sizeof *first);
		return 0;
	}
	by = pages_new((p->rows + 1) * sizeof *by, true);
	if (!by)
		return ERR_MEMORY;
	for (size_t i = 0; i < p->rows; i++)
		by[first[p->row[i].person + 1]++] = p->row[i];
	pages_free(p->row, (p->rows + 1) * sizeof *p->row);
	p->row = by;
	return 0;
}

/* ---- keys ---- */

/* Into the share's stretch, each person once a kind; beyond KEY_BEARERS of one key it is only noted that there are more. */
static uint64_t put_key(const struct find_population *p, uint64_t h, uint32_t person, unsigned kind)
{
	uint64_t *slot = slot_share(p, h), at = slot_place(p, h), value = (uint64_t)person << 32 | (uint64_t)kind << 28 | (h & TAG_MASK);
	unsigned bearers = 0;
	for (; slot[at]; at = at + 1 == p->share_slots ? 0 : at + 1) {
		if ((slot[at] & TAG_MASK) != (h & TAG_MASK))
			continue;
		if (slot[at] == value || slot[at] >> 32 == FIND_NOBODY)
			return 0;
		bearers++;
	}
	slot[at] = bearers == KEY_BEARERS ? value | (uint64_t)FIND_NOBODY << 32 : value;
	return 1;
}

static void put_bloom(const struct find_population *p, uint64_t h)
{
	uint64_t *block = p->bloom + bloom_block(p, h);
	for (unsigned k = 0; k < 4; k++) {
		unsigned bit = bloom_bit(h * BLOOM_MIX, k);
		block[bit >> 6] |= UINT64_C(1) << (bit & 63);
	}
}

static uint64_t key_of(const struct key_entry *k, unsigned share)
{
	return (uint64_t)share << (64 - SHARE_LOG) | k->h >> SHARE_LOG;
}

/* Whole pages of what was read are given back: the table needs as many. */
static void give_back(const struct key_entry *from, const struct key_entry *to)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), a = ((uintptr_t)from + page - 1) / page * page, b = (uintptr_t)to / page * page;
	if (b > a)
		(void)madvise((void *)a, b - a, MADV_DONTNEED);
}

static uint64_t fill_share(const struct seal *s, unsigned share)
{
	struct find_population *p = s->p;
	uint64_t kept = 0;
	for (unsigned i = 0; i < p->parts; i++) {
		const struct pop_part *part = &p->part[i];
		if (!part->key) /* rows without a key */
			continue;
		const struct key_entry *k = part->key + part->from[share], *end = part->key + part->from[share + 1];
		const uint32_t *person = s->person + part->before;
		for (; k < end; k++) {
			if (end - k > AHEAD) {
				uint64_t soon = key_of(k + AHEAD, share);
				__builtin_prefetch(slot_share(p, soon) + slot_place(p, soon), 1);
				__builtin_prefetch(&p->bloom[bloom_block(p, soon)], 1);
				__builtin_prefetch(&person[k[AHEAD].row]);
			}
			uint64_t h = key_of(k, share);
			kept += put_key(p, h, person[k->row], k->h & (SHARES - 1));
			put_bloom(p, h);
		}
		give_back(part->key + part->from[share], end);
	}
	return kept;
}

static void *work(void *arg)
{
	struct seal *s = arg;
	for (;;) {
		uint32_t i = __atomic_fetch_add(&s->next, 1, __ATOMIC_RELAXED);
		if (i >= SHARES)
			return NULL;
		__atomic_fetch_add(&s->kept, fill_share(s, i), __ATOMIC_RELAXED);
	}
}

static void all_shares(struct seal *s, unsigned threads)
{
	pthread_t t[16];
	unsigned started = 0;
	while (started + 1 < threads && started < ARRAY_LEN(t) && pthread_create(&t[started], NULL, work, s) == 0)
		started++;
	(void)work(s);
	while (started)
		pthread_join(t[--started], NULL);
}

/* A share has room for all its keys with a fifth to spare, though of a name that very many bear few are kept. */
static int make_table(struct seal *s, unsigned threads)
{
	struct find_population *p = s->p;
	uint64_t all = 0, most = 0;
	for (unsigned i = 0; i < SHARES; i++) {
		uint64_t n = 0;
		for (unsigned k = 0; k < p->parts; k++)
			n += p->part[k].from[i + 1] - p->part[k].from[i];
		most = n > most ? n : most;
		all += n;
	}
	p->share_slots = most + most / 5 + 8;
	for (p->bloom_log = SHARE_LOG; (UINT64_C(512) << p->bloom_log) < all * 10; p->bloom_log++) /* a share's blocks are its own */
		continue;
	p->slot = pages_new(p->share_slots * SHARES * sizeof *p->slot, true);
	p->bloom = pages_new((size_t)64 << p->bloom_log, true);
	if (!p->slot || !p->bloom)
		return ERR_MEMORY;
	all_shares(s, threads);
	p->keys = s->kept;
	for (unsigned i = 0; i < p->parts; i++)
		part_done(&p->part[i]);
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
	for_children(p->slot, p->share_slots * SHARES * sizeof *p->slot, advice);
	for_children(p->bloom, p->bloom ? (size_t)64 << p->bloom_log : 0, advice);
	for_children(p->row, (p->rows + 1) * sizeof *p->row, advice);
	for_children(p->first_row, ((size_t)p->persons + 2) * sizeof *p->first_row, advice);
	for_children(p->names, p->names_n, advice);
	for_children(p->id_at, (p->rows + 2) * sizeof *p->id_at, advice);
	for_children(p->ids, p->ids_n, advice);
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
	int r = p->open ? part_deal(p->open, &p->keys_in) : 0;
	p->open = NULL;
	free(p->keys_in.v);
	p->keys_in = (struct pop_keys){0};
	if (r == 0)
		r = number_persons(p, s);
	if (r == 0)
		r = order_rows(p);
	if (r == 0)
		r = make_table(s, threads);
	if (r == 0)
		r = fold_words(p);
	free(s->person);
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
	const uint64_t *slot = slot_share(p, h);
	ret->n = 0;
	ret->many = false;
	if (!bloom_has(p, h))
		return;
	for (uint64_t at = slot_place(p, h); slot[at]; at = at + 1 == p->share_slots ? 0 : at + 1) {
		uint64_t v = slot[at];
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

uint32_t population_peek(const struct find_population *p, uint64_t h)
{
	const uint64_t *slot = slot_share(p, h);
	if (!bloom_has(p, h))
		return FIND_NOBODY;
	for (uint64_t at = slot_place(p, h); slot[at]; at = at + 1 == p->share_slots ? 0 : at + 1)
		if ((slot[at] & TAG_MASK) == (h & TAG_MASK))
			return (uint32_t)(slot[at] >> 32);
	return FIND_NOBODY;
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
		n += p->share_slots * SHARES * sizeof *p->slot + ((size_t)64 << p->bloom_log) + (p->rows + 1) * sizeof *p->row + ((size_t)p->persons + 2) * sizeof *p->first_row + p->names_n + (p->rows + 2) * sizeof *p->id_at + p->id_at[p->persons];
	return n;
}
