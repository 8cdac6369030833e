/* A map from a key to a number: what joins records (a handle to its path, a session to its address). Open addressing; keys are copied once and stay. */
#include "evidence_internal.h"

#include <stdlib.h>

uint64_t evidence_hash(struct slice s)
{
	uint64_t h = UINT64_C(0x9E3779B97F4A7C15) ^ s.n;
	size_t i = 0;
	for (; i + 8 <= s.n; i += 8) {
		uint64_t w;
		memcpy(&w, s.p + i, 8);
		h = (h ^ w) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
	}
	for (; i < s.n; i++)
		h = (h ^ s.p[i]) * UINT64_C(0x100000001b3);
	h ^= h >> 29;
	h *= UINT64_C(0xbf58476d1ce4e5b9);
	return h ^ h >> 32;
}

int evidence_map_init(struct evidence_map *m, size_t memory)
{
	*m = (struct evidence_map){.a = arena_new(memory)};
	return m->a ? 0 : ERR_MEMORY;
}

void evidence_map_done(struct evidence_map *m)
{
	arena_free(m->a);
	free(m->v);
	*m = (struct evidence_map){0};
}

static struct evidence_map_slot *slot_of(const struct evidence_map *m, struct slice key, uint64_t h)
{
	size_t i = (size_t)h & (m->cap - 1);
	while (m->v[i].key.p && !(m->v[i].hash == h && slice_eq(m->v[i].key, key)))
		i = (i + 1) & (m->cap - 1);
	return &m->v[i];
}

uint64_t evidence_map_get(const struct evidence_map *m, struct slice key)
{
	return m->cap ? slot_of(m, key, evidence_hash(key))->value : 0;
}

static int grow(struct evidence_map *m)
{
	struct evidence_map old = *m;
	size_t cap = m->cap ? m->cap * 2 : 256;
	struct evidence_map_slot *v = calloc(cap, sizeof *v);
	if (!v)
		return ERR_MEMORY;
	m->v = v;
	m->cap = cap;
	for (size_t i = 0; i < old.cap; i++)
		if (old.v[i].key.p)
			*slot_of(m, old.v[i].key, old.v[i].hash) = old.v[i];
	free(old.v);
	return 0;
}

int evidence_map_put(struct evidence_map *m, struct slice key, uint64_t value)
{
	if (!m->a)
		return ERR_MEMORY;
	if (m->n * 2 >= m->cap) {
		int r = grow(m);
		if (r)
			return r;
	}
	uint64_t h = evidence_hash(key);
	struct evidence_map_slot *s = slot_of(m, key, h);
	if (!s->key.p) {
		if (!value)
			return 0;
		struct slice own = arena_dup(m->a, key);
		if (!own.p)
			return arena_code(m->a);
		s->key = own;
		s->hash = h;
		m->n++;
	}
	s->value = value;
	return 0;
}
