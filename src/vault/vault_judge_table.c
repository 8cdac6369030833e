/* Tables that never grow past a limit, whatever a tree holds and however its files are named. */
#include "vault_judge_internal.h"

#include <math.h>

/* ---- an even sample under keyed hashes ---- */

void judge_sample_init(struct judge_sample *t, size_t width, size_t most_cap)
{
	*t = (struct judge_sample){.width = width, .least_cap = 256, .most_cap = most_cap};
}

void judge_sample_done(struct judge_sample *t)
{
	free(t->slots);
	t->slots = NULL;
	t->cap = t->n = 0;
}

static uint64_t key_at(const struct judge_sample *t, size_t i)
{
	uint64_t k;
	memcpy(&k, t->slots + i * t->width, sizeof k);
	return k;
}

static bool in_sample(const struct judge_sample *t, uint64_t key)
{
	return t->level == 0 || key >> (64 - t->level) == 0;
}

/* The slot of the key, or the empty one where it would go. */
static size_t find(const struct judge_sample *t, uint64_t key)
{
	size_t i = (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (t->cap - 1);
	for (uint64_t k; (k = key_at(t, i)) != 0 && k != key;)
		i = (i + 1) & (t->cap - 1);
	return i;
}

/* Everything again into cap slots; those that the level leaves out fall away. */
static void refill(struct judge_sample *t, size_t cap)
{
	uint8_t *old = t->slots;
	size_t old_cap = t->cap;
	uint8_t *slots = calloc(cap, t->width);
	if (!slots) {
		t->failed = true;
		return;
	}
	t->slots = slots;
	t->cap = cap;
	t->n = 0;
	for (size_t i = 0; i < old_cap; i++) {
		uint64_t k;
		memcpy(&k, old + i * t->width, sizeof k);
		if (k && in_sample(t, k)) {
			memcpy(t->slots + find(t, k) * t->width, old + i * t->width, t->width);
			t->n++;
		}
	}
	free(old);
}

void *judge_sample_get(const struct judge_sample *t, uint64_t key)
{
	if (!t->cap || !key || t->failed || !in_sample(t, key))
		return NULL;
	size_t i = find(t, key);
	return key_at(t, i) ? t->slots + i * t->width : NULL;
}

void *judge_sample_put(struct judge_sample *t, uint64_t key)
{
	if (!key || t->failed || !in_sample(t, key))
		return NULL;
	void *there = judge_sample_get(t, key);
	if (there)
		return there;
	if (!t->cap || t->n >= t->cap / 4 * 3) {
		size_t cap = !t->cap ? t->least_cap : t->cap < t->most_cap ? t->cap * 2 : t->cap;
		while (!t->failed && (cap != t->cap || t->n >= t->cap / 4 * 3)) {
			if (cap == t->cap)
				t->level++;
			refill(t, cap);
		}
		if (t->failed || !in_sample(t, key))
			return NULL;
	}
	size_t i = find(t, key);
	memcpy(t->slots + i * t->width, &key, sizeof key);
	t->n++;
	return t->slots + i * t->width;
}

/* Linear probing without tombstones: what follows moves up where it may. */
void judge_sample_drop(struct judge_sample *t, void *entry)
{
	size_t hole = (size_t)((uint8_t *)entry - t->slots) / t->width, i = hole;
	for (;;) {
		i = (i + 1) & (t->cap - 1);
		uint64_t k = key_at(t, i);
		if (!k)
			break;
		size_t home = (size_t)(k * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (t->cap - 1);
		if (((i - home) & (t->cap - 1)) >= ((i - hole) & (t->cap - 1))) {
			memcpy(t->slots + hole * t->width, t->slots + i * t->width, t->width);
			hole = i;
		}
	}
	memset(t->slots + hole * t->width, 0, t->width);
	t->n--;
}

void *judge_sample_next(const struct judge_sample *t, const void *entry)
{
	size_t i = entry ? (size_t)((const uint8_t *)entry - t->slots) / t->width + 1 : 0;
	for (; i < t->cap; i++)
		if (key_at(t, i))
			return t->slots + i * t->width;
	return NULL;
}

/* ---- Bloom filter, four bits a key: at 2^22 bits and 300,000 folders one in 300 is taken for known ---- */

bool judge_bloom_init(struct judge_bloom *b, size_t bytes)
{
	b->bits = calloc(bytes, 1);
	b->n = b->bits ? bytes : 0;
	return b->bits;
}

void judge_bloom_done(struct judge_bloom *b)
{
	free(b->bits);
	b->bits = NULL;
}

void judge_bloom_add(struct judge_bloom *b, uint64_t hash)
{
	uint64_t step = hash >> 32 | 1;
	for (unsigned k = 0; k < 4; k++, hash += step)
		b->bits[hash / 8 & (b->n - 1)] |= (uint8_t)(1u << (hash & 7));
}

bool judge_bloom_has(const struct judge_bloom *b, uint64_t hash)
{
	uint64_t step = hash >> 32 | 1;
	for (unsigned k = 0; k < 4; k++, hash += step)
		if (!(b->bits[hash / 8 & (b->n - 1)] & 1u << (hash & 7)))
			return false;
	return true;
}

/* ---- how many different ---- */

void judge_spread_add(struct judge_spread *s, uint64_t hash)
{
	s->bits[hash >> 3 & 255] |= (uint8_t)(1u << (hash & 7));
}

bool judge_spread_has(const struct judge_spread *s, uint64_t hash)
{
	return s->bits[hash >> 3 & 255] >> (hash & 7) & 1;
}

uint64_t judge_spread_count(const struct judge_spread *s)
{
	unsigned set = 0;
	for (size_t i = 0; i < sizeof s->bits; i++)
		set += (unsigned)__builtin_popcount(s->bits[i]);
	double bits = sizeof s->bits * 8;
	return set >= bits ? (uint64_t)(bits * log(bits)) : (uint64_t)(-bits * log((bits - set) / bits) + .5);
}

/* ---- the most frequent ---- */

bool judge_top_init(struct judge_top *t, size_t cap)
{
	assert(cap && cap < UINT16_MAX);
	*t = (struct judge_top){.cap = cap, .index_cap = 1};
	while (t->index_cap < cap * 4)
		t->index_cap *= 2;
	t->e = calloc(cap, sizeof *t->e);
	t->index = calloc(t->index_cap, sizeof *t->index);
	return t->e && t->index;
}

void judge_top_done(struct judge_top *t)
{
	free(t->e);
	free(t->index);
	*t = (struct judge_top){0};
}

static uint16_t *top_slot(struct judge_top *t, uint64_t key)
{
	size_t i = (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 24) & (t->index_cap - 1);
	while (t->index[i] && t->e[t->index[i] - 1].key != key)
		i = (i + 1) & (t->index_cap - 1);
	return &t->index[i];
}

static void top_index(struct judge_top *t)
{
	memset(t->index, 0, t->index_cap * sizeof *t->index);
	for (size_t i = 0; i < t->n; i++)
		*top_slot(t, t->e[i].key) = (uint16_t)(i + 1);
}

/* Room: the rarer half goes, in one sweep, so that a flood of single keys costs little each. */
static int by_count(const void *a, const void *b)
{
	const struct judge_top_entry *x = a, *y = b;
	return x->count > y->count ? -1 : x->count < y->count;
}

static void top_room(struct judge_top *t)
{
	qsort(t->e, t->n, sizeof *t->e, by_count);
	t->n = t->cap / 2;
	top_index(t);
}

struct judge_top_entry *judge_top_add(struct judge_top *t, uint64_t key, uint64_t dir, uint64_t by)
{
	uint16_t *slot = top_slot(t, key);
	if (!*slot) {
		if (t->n == t->cap) {
			top_room(t);
			slot = top_slot(t, key);
		}
		struct judge_top_entry *fresh = &t->e[t->n++];
		*fresh = (struct judge_top_entry){.key = key};
		*slot = (uint16_t)t->n;
	}
	struct judge_top_entry *e = &t->e[*slot - 1];
	e->count += by;
	judge_spread_add(&e->spread, dir);
	size_t i = 0;
	while (i < e->dir_n && e->dirs[i] != dir)
		i++;
	if (i == e->dir_n && i < JUDGE_TOP_DIRS)
		e->dirs[e->dir_n++] = dir;
	return e;
}

struct judge_top_entry *judge_top_get(struct judge_top *t, uint64_t key)
{
	uint16_t at = *top_slot(t, key);
	return at ? &t->e[at - 1] : NULL;
}
