/* Building and reading facts in memory.
 *
 * Everything lives in the caller's arena and is never freed by itself. A fact and its first VALUES_FIRST values are one piece of memory, so that
 * the usual fact costs one allocation. */
#include "facts.h"

#define VALUES_FIRST 14
#define INDEX_FROM 16 /* groups in one message before a hash index pays */

#define X(n, id, name) [n] = name,
static const char *const kind_names[FACT_KIND_COUNT] = {FACT_KINDS(X)};
#undef X
#define X(n, id, name, shape) [n] = name,
static const char *const field_names[FF_COUNT] = {FACT_FIELDS(X)};
#undef X

const char *fact_kind_name(uint8_t kind)
{
	return kind < FACT_KIND_COUNT && kind_names[kind] ? kind_names[kind] : "unknown";
}

const char *fact_field_name(uint8_t id)
{
	return id < FF_COUNT && field_names[id] ? field_names[id] : "unknown";
}

void facts_init(struct facts *f, struct arena *a)
{
	*f = (struct facts){.a = a};
}

/* ---- groups ---- */

static bool same_ident(struct fact_ident a, struct fact_ident b)
{
	return slice_eq(a.value, b.value) && (a.value.n == 0 || slice_eq(a.assigner, b.assigner));
}

/* FNV-1a. An attacker who makes collisions makes his own message slow by a factor that the segment limit bounds, and nobody else's. */
static uint32_t ident_hash(struct fact_ident id)
{
	uint64_t h = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < id.value.n; i++)
		h = (h ^ id.value.p[i]) * UINT64_C(1099511628211);
	if (id.value.n)
		for (size_t i = 0; i < id.assigner.n; i++)
			h = (h ^ (id.assigner.p[i] + 0x100u)) * UINT64_C(1099511628211);
	return (uint32_t)(h ^ h >> 32);
}

static void index_put(struct facts *f, struct fact_group *g)
{
	uint32_t at = ident_hash(g->id) & (f->index_size - 1);
	while (f->index[at])
		at = (at + 1) & (f->index_size - 1);
	f->index[at] = g;
}

/* Keeps the index at most half full. Without memory for it the list is searched. */
static void index_grow(struct facts *f)
{
	if (f->groups < INDEX_FROM || (f->index && f->groups * 2 < f->index_size))
		return;
	uint32_t size = f->index ? f->index_size * 2 : INDEX_FROM * 4;
	struct fact_group **index = arena_array(f->a, size, sizeof(struct fact_group *));
	f->index = index;
	f->index_size = size;
	if (!index)
		return;
	for (struct fact_group *g = f->first; g; g = g->next)
		index_put(f, g);
}

static struct fact_group *find_group(const struct facts *f, struct fact_ident id)
{
	if (!f->index) {
		for (struct fact_group *g = f->first; g; g = g->next)
			if (same_ident(g->id, id))
				return g;
		return NULL;
	}
	for (uint32_t at = ident_hash(id) & (f->index_size - 1); f->index[at]; at = (at + 1) & (f->index_size - 1))
		if (same_ident(f->index[at]->id, id))
			return f->index[at];
	return NULL;
}

struct fact_group *facts_group(struct facts *f, struct fact_ident id)
{
	struct fact_group *g = find_group(f, id);
	if (g)
		return g;
	g = arena_alloc(f->a, sizeof *g);
	if (!g) {
		f->failed = true;
		return NULL;
	}
	g->id = id.value.n ? id : (struct fact_ident){0};
	if (f->last)
		f->last->next = g;
	else
		f->first = g;
	f->last = g;
	f->groups++;
	if (f->index && f->groups * 2 < f->index_size)
		index_put(f, g);
	else
		index_grow(f);
	return g;
}

void facts_also(struct facts *f, struct fact_group *g, struct fact_ident id)
{
	if (!g) {
		f->failed = true;
		return;
	}
	if (id.value.n == 0 || (same_ident(g->id, id) && slice_eq(g->id.type, id.type)))
		return;
	for (unsigned i = 0; i < g->also_count; i++)
		if (same_ident(g->also[i], id) && slice_eq(g->also[i].type, id.type))
			return;
	if (g->also_count >= FACT_IDENTS_MAX) {
		f->problems++;
		return;
	}
	/* room for 4, 8, 16 ... : grown whenever the count is one of these */
	unsigned n = g->also_count;
	if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) {
		struct fact_ident *more = arena_array(f->a, n ? 2 * n : 4, sizeof *more);
		if (!more) {
			f->failed = true;
			return;
		}
		if (n)
			memcpy(more, g->also, n * sizeof *more);
		g->also = more;
	}
	g->also[g->also_count++] = id;
}

/* ---- facts and values ---- */

void facts_authority(struct facts *f, struct slice name, struct slice id)
{
	if (!name.n || !id.n)
		return;
	for (unsigned i = 0; i < f->authority_count; i++)
		if (slice_eq(f->authorities[i].name, name) && slice_eq(f->authorities[i].id, id))
			return;
	if (f->authority_count == FACT_AUTHORITIES_MAX) {
		f->problems++;
		return;
	}
	if (!(f->authority_count & (f->authority_count - 1))) { /* at 0, 1, 2, 4 ...: most messages have one */
		struct fact_authority *v = arena_array(f->a, f->authority_count ? f->authority_count * 2u : 1u, sizeof *v);
		if (!v) {
			f->failed = true;
			return;
		}
		if (f->authority_count)
			memcpy(v, f->authorities, f->authority_count * sizeof *v);
		f->authorities = v;
	}
	f->authorities[f->authority_count++] = (struct fact_authority){name, id};
}

struct fact *facts_add(struct facts *f, struct fact_group *g, uint8_t kind)
{
	assert(kind > 0 && kind < FACT_KIND_COUNT);
	struct fact *t = g ? arena_alloc(f->a, sizeof *t + VALUES_FIRST * sizeof(struct fact_value)) : NULL;
	if (!t) {
		f->failed = true;
		return NULL;
	}
	t->kind = kind;
	t->cap = VALUES_FIRST;
	t->values = (struct fact_value *)(t + 1);
	if (g->last)
		g->last->next = t;
	else
		g->first = t;
	g->last = t;
	return t;
}

static bool more_values(struct facts *f, struct fact *t)
{
	if (t->cap == UINT16_MAX) {
		f->problems++; /* more values than any real message has: the rest of them is left out, and counted */
		return false;
	}
	size_t cap = t->cap ? t->cap * (size_t)2 : VALUES_FIRST;
	if (cap > UINT16_MAX)
		cap = UINT16_MAX;
	struct fact_value *v = arena_array(f->a, cap, sizeof *v);
	if (!v) {
		f->failed = true;
		return false;
	}
	if (t->count)
		memcpy(v, t->values, t->count * sizeof *v);
	t->values = v;
	t->cap = (uint16_t)cap;
	return true;
}

void facts_put(struct facts *f, struct fact *t, uint8_t field, struct slice v)
{
	assert(field > 0 && field < FF_COUNT);
	if (v.n == 0)
		return;
	if (!t) {
		f->failed = true;
		return;
	}
	if (t->count == t->cap && !more_values(f, t))
		return;
	t->values[t->count++] = (struct fact_value){field, v};
}

void facts_put_str(struct facts *f, struct fact *t, uint8_t field, const char *s)
{
	facts_put(f, t, field, slice_str(s));
}

struct slice facts_join(struct facts *f, const struct slice *parts, size_t n)
{
	while (n && parts[n - 1].n == 0)
		n--;
	if (n == 0)
		return SLICE_NULL;
	if (n == 1 && !memchr(parts[0].p, FACT_US, parts[0].n))
		return parts[0];
	size_t size = n - 1;
	for (size_t i = 0; i < n; i++)
		if (!num_add(size, parts[i].n, &size))
			size = SIZE_MAX;
	uint8_t *to = size < SIZE_MAX ? arena_alloc(f->a, size) : NULL, *p = to;
	if (!to) {
		f->failed = true;
		return SLICE_NULL;
	}
	for (size_t i = 0; i < n; i++) {
		if (i)
			*p++ = FACT_US;
		if (parts[i].n == 0)
			continue;
		memcpy(p, parts[i].p, parts[i].n);
		for (uint8_t *us = p; (us = memchr(us, FACT_US, (size_t)(p + parts[i].n - us))) != NULL;)
			*us = ' ';
		p += parts[i].n;
	}
	return slice_of(to, size);
}

void facts_put_parts(struct facts *f, struct fact *t, uint8_t field, const struct slice *parts, size_t n)
{
	facts_put(f, t, field, facts_join(f, parts, n));
}

struct slice fact_get(const struct fact *t, uint8_t field)
{
	return fact_nth(t, field, 0);
}

struct slice fact_nth(const struct fact *t, uint8_t field, size_t n)
{
	for (unsigned i = 0; t && i < t->count; i++)
		if (t->values[i].id == field && n-- == 0)
			return t->values[i].v;
	return SLICE_NULL;
}

size_t fact_count(const struct fact *t, uint8_t field)
{
	size_t n = 0;
	for (unsigned i = 0; t && i < t->count; i++)
		n += t->values[i].id == field;
	return n;
}

struct slice fact_part(struct slice composite, unsigned part)
{
	struct slice rest = composite, s = SLICE_NULL;
	if (fact_is_null(composite))
		return SLICE_NULL;
	for (unsigned i = 0; i <= part; i++) {
		if (!rest.p)
			return SLICE_NULL;
		s = slice_cut(rest, FACT_US, &rest);
	}
	return s.n ? s : SLICE_NULL;
}

bool fact_is_null(struct slice v)
{
	return v.n == 1 && v.p[0] == FACT_NULL[0];
}
