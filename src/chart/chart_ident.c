/* Identifiers: how a (number, assigner) becomes a row number, and persons as trees of them. */
#include "chart_internal.h"

#include <inttypes.h>
#include <stdlib.h>

/* Table 0203: numbers that name something else than a patient in a register of patients. Anything else that a group hangs on is a record number. */
bool ident_is_record(struct slice type)
{
	static const char *const others[] = {"AN", "ANT", "VN", "VS", "SS", "DL", "PPN", "BC", "CZ", "AM", "DI", "DS", "MS", "NP", "VISA", "BA", "BCV", "TAX", "WC", "WCN", "PT_ACCT", "GN"};
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (slice_eq_nocase(type, others[i]))
			return false;
	return true;
}

static uint8_t space_of(struct slice type, bool test)
{
	return (uint8_t)((ident_is_record(type) ? SPACE_RECORD : SPACE_OTHER) | (test ? SPACE_TEST : 0));
}

/* ---- what the writer remembers of them -------------------------------------------------------------------------------------------- */

static struct ident_state *bulk_state(struct chart *c, uint32_t id)
{
	assert(id / CHART_STATES < c->chunks);
	return &c->chunk[id / CHART_STATES][id % CHART_STATES];
}

static void table_put(struct chart *c, uint32_t id)
{
	size_t at = bulk_state(c, id)->key[0] & (c->table_size - 1);
	while (c->table[at])
		at = (at + 1) & (c->table_size - 1);
	c->table[at] = id;
}

static int bulk_room(struct chart *c, uint32_t id, struct err *e)
{
	if (id / CHART_STATES >= c->chunks) {
		struct ident_state **v = reallocarray(c->chunk, c->chunks + 1, sizeof *v), *chunk = v ? calloc(CHART_STATES, sizeof *chunk) : NULL;
		if (v)
			c->chunk = v;
		if (!chunk)
			return err_set(e, ERR_MEMORY, NULL, "no memory for %" PRIu32 " identifiers", id);
		c->chunk[c->chunks++] = chunk;
	}
	if ((size_t)id * 3 < c->table_size * 2)
		return 0;
	size_t size = c->table_size ? c->table_size * 2 : 131072; /* at most two thirds full */
	uint32_t *table = calloc(size, sizeof *table);
	if (!table)
		return err_set(e, ERR_MEMORY, NULL, "no memory for %" PRIu32 " identifiers", id);
	free(c->table);
	c->table = table;
	c->table_size = size;
	for (uint32_t i = 1; i <= c->idents; i++)
		table_put(c, i);
	return 0;
}

struct ident_state *ident_state(struct chart *c, uint32_t id)
{
	if (c->bulk)
		return bulk_state(c, id);
	if (!c->state)
		c->state = calloc(CHART_STATES, sizeof *c->state);
	static struct ident_state none; /* without memory for the cache every look is a first one */
	struct ident_state *s = c->state ? &c->state[id % CHART_STATES] : &none;
	if (s->id != id || !c->state)
		*s = (struct ident_state){.id = id};
	return s;
}

static void keys_of(const struct chart *c, const struct fact_ident *i, uint8_t space, uint64_t key[2])
{
	for (int k = 0; k < 2; k++) {
		key[k] = chart_hash(c, k, space, i->value);
		key[k] = chart_hash(c, k, key[k], i->assigner);
		if ((space & ~SPACE_TEST) == SPACE_OTHER)
			key[k] = chart_hash(c, k, key[k], i->type);
	}
}

struct find {
	const struct fact_ident *want;
	uint8_t space;
	uint32_t id;
};

static int is_it(void *arg, const struct store_ident *i, struct err *e)
{
	struct find *f = arg;
	if (i->space != f->space || !slice_eq(i->assigner, f->want->assigner) || ((f->space & ~SPACE_TEST) == SPACE_OTHER && !slice_eq(i->type, f->want->type)))
		return 0;
	f->id = i->id;
	return 1;
}

/* 0: not known */
static int find(struct chart *c, const struct fact_ident *i, uint8_t space, uint32_t *ret, struct err *e)
{
	if (c->bulk) {
		uint64_t key[2];
		keys_of(c, i, space, key);
		*ret = 0;
		if (!c->table_size)
			return 0;
		for (size_t at = key[0] & (c->table_size - 1); c->table[at]; at = (at + 1) & (c->table_size - 1)) {
			const struct ident_state *s = bulk_state(c, c->table[at]);
			if (s->key[0] == key[0] && s->key[1] == key[1]) {
				*ret = c->table[at];
				return 0;
			}
		}
		return 0;
	}
	struct find f = {i, space, 0};
	int r = ASK(c, idents_by_value, i->value, is_it, &f, e);
	*ret = f.id;
	return r;
}

static int make(struct apply *p, const struct fact_ident *i, uint8_t space, uint32_t *ret, struct err *e)
{
	struct chart *c = p->c;
	if (c->idents >= UINT32_MAX - 2)
		return err_set(e, ERR_LIMIT, "view", "more identifiers than a view can hold");
	uint32_t id = c->idents + 1;
	int r = c->bulk ? bulk_room(c, id, e) : 0;
	if (r < 0)
		return r;
	struct store_ident row = {.id = id, .space = space, .value = i->value, .assigner = i->assigner, .type = i->type, .first_entry = p->en->seq, .first_index = p->fresh++};
	r = ASK(c, put_ident, &row, e);
	if (r < 0)
		return r;
	c->idents = id;
	c->persons++;
	struct ident_state *s = ident_state(c, id);
	*s = (struct ident_state){.id = id, .root = id, .epoch = c->epoch, .time_known = true, .max_time = INT64_MIN};
	if (c->bulk) {
		keys_of(c, i, space, s->key);
		table_put(c, id);
	}
	*ret = id;
	return (space & ~SPACE_TEST) == SPACE_RECORD ? authority_use(p, i->assigner, e) : 0;
}

int ident_get_or_make(struct apply *p, const struct fact_ident *i, uint32_t *ret, bool *ret_new, struct err *e)
{
	uint8_t space = space_of(i->type, p->test);
	int r = find(p->c, i, space, ret, e);
	*ret_new = r == 0 && *ret == 0;
	return r < 0 || *ret ? r : make(p, i, space, ret, e);
}

int ident_born(struct apply *p, const struct fact_ident *i, uint8_t space, uint32_t index, struct err *e)
{
	uint32_t id;
	p->fresh = index;
	return make(p, i, space, &id, e);
}

int ident_find(struct apply *p, const struct fact_ident *i, uint32_t *ret, struct err *e)
{
	return find(p->c, i, space_of(i->type, p->test), ret, e);
}

int ident_find_in(struct chart *c, const struct fact_ident *i, uint8_t space, uint32_t *ret, struct err *e)
{
	return find(c, i, space, ret, e);
}

/* Who reads a Patient here and sends something about it refers to it by our id: what is posted without a server of its own is relative to this one (R4 2.3.0.1). A sender that has
 * told of a patient under that very id means its own. Files that are imported were written elsewhere: their "p11" is somebody else's. */
static int posted_to_us(struct apply *p, const struct fact_ident *i, uint32_t *ret, struct err *e)
{
	*ret = 0;
	if (!slice_starts(p->en->source, "fhir/") || !slice_starts(i->assigner, "urn:fhir:"))
		return 0;
	int r = ident_find(p, i, ret, e);
	if (r < 0 || *ret)
		return r;
	r = ident_by_our_id(p->c, i->value, p->en->seq, ret, e);
	return r == ERR_NOT_FOUND ? 0 : r;
}

int ident_of_group(struct apply *p, const struct fact_group *g, uint32_t *ret, bool *ret_new, struct err *e)
{
	*ret_new = false;
	if (!g->also) {
		int r = posted_to_us(p, &g->id, ret, e);
		if (r < 0 || *ret)
			return r;
	}
	return ident_get_or_make(p, &g->id, ret, ret_new, e);
}

void ident_split(struct slice composite, struct fact_ident *ret)
{
	*ret = (struct fact_ident){.value = fact_part(composite, FI_VALUE), .assigner = fact_part(composite, FI_ASSIGNER), .type = fact_part(composite, FI_TYPE)};
}

/* ---- ours: p<entry>, or p<entry>.<k> where several were first seen in one entry ---------------------------------------------------------- */

void ident_our_id(const struct store_ident *i, char out[32])
{
	if (i->first_index)
		snprintf(out, 32, "p%" PRIu64 ".%" PRIu32, i->first_entry, i->first_index);
	else
		snprintf(out, 32, "p%" PRIu64, i->first_entry);
}

struct copy {
	struct arena *a;
	struct store_ident *to;
};

static int copy_ident(void *arg, const struct store_ident *i, struct err *e)
{
	struct copy *k = arg;
	*k->to = *i;
	if (!k->a) {
		k->to->value = k->to->assigner = k->to->type = SLICE_NULL;
		return 0;
	}
	k->to->value = arena_dup(k->a, i->value);
	k->to->assigner = i->assigner.n ? arena_dup(k->a, i->assigner) : SLICE_NULL;
	k->to->type = i->type.n ? arena_dup(k->a, i->type) : SLICE_NULL;
	return !k->to->value.p || (i->assigner.n && !k->to->assigner.p) || (i->type.n && !k->to->type.p) ? chart_no_memory(k->a, e) : 0;
}

int ident_load(struct chart *c, uint32_t id, struct arena *a, struct store_ident *ret, struct err *e)
{
	struct copy k = {a, ret}; // cppcheck-suppress ctuuninitvar ; ret is written, by copy_ident
	int r = ASK(c, ident, id, copy_ident, &k, e);
	return r == ERR_NOT_FOUND ? err_set(e, ERR_CORRUPT, "view", "an identifier is missing: rebuild the view with 'holdfast view rebuild'") : r;
}

/* Identifiers are numbered in the order of (entry, index): found by halving. */
static int ident_by_first(struct chart *c, uint64_t entry, uint32_t index, uint32_t *ret, struct err *e)
{
	uint32_t lo = 1, hi = c->idents;
	while (lo <= hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		struct store_ident i;
		int r = ident_load(c, mid, NULL, &i, e);
		if (r < 0)
			return r;
		if (i.first_entry == entry && i.first_index == index) {
			*ret = mid;
			return 0;
		}
		if (i.first_entry < entry || (i.first_entry == entry && i.first_index < index))
			lo = mid + 1;
		else
			hi = mid - 1;
	}
	return ERR_NOT_FOUND;
}

int ident_by_our_id(struct chart *c, struct slice s, uint64_t end, uint32_t *ret, struct err *e)
{
	uint64_t entry, index = 0;
	if (s.n < 2 || s.p[0] != 'p')
		return ERR_NOT_FOUND;
	struct slice rest, first = slice_cut(slice_of(s.p + 1, s.n - 1), '.', &rest);
	if (num_u64(first, 0, STORE_ENTRY_MAX, &entry) < 0 || (rest.p && num_u64(rest, 1, UINT32_MAX, &index) < 0) || (first.n > 1 && first.p[0] == '0'))
		return ERR_NOT_FOUND;
	if (entry >= end)
		return ERR_NOT_FOUND;
	return ident_by_first(c, entry, (uint32_t)index, ret, e);
}

/* ---- persons: trees ----------------------------------------------------------------------------------------------------------------------- */

static int walk_up(struct chart *c, uint32_t id, uint64_t end, uint32_t *ret, struct err *e)
{
	for (unsigned steps = 0; steps < CHART_MEMBERS_MAX; steps++) {
		struct store_edge x;
		int r = ASK(c, edge_up, id, end, &x, e);
		if (r == ERR_NOT_FOUND) {
			*ret = id;
			return 0;
		}
		if (r < 0)
			return r;
		id = x.parent;
	}
	return err_set(e, ERR_LIMIT, "view", "one person has more than %d numbers", CHART_MEMBERS_MAX);
}

int person_root(struct chart *c, uint32_t id, uint64_t end, uint32_t *ret, struct err *e)
{
	bool now = c->write && !c->looking; /* the writer asks as of its own entry; its cache is of that */
	if (!now)
		return walk_up(c, id, end, ret, e);
	struct ident_state *s = ident_state(c, id);
	if (s->root && s->epoch == c->epoch) {
		*ret = s->root;
		return 0;
	}
	uint32_t root;
	int r = walk_up(c, id, end, &root, e);
	if (r < 0)
		return r;
	s->root = root;
	s->epoch = c->epoch;
	s->patient[0] = s->patient[1] = 0; /* whom it belongs to may have changed: look at the numbers it comes with again */
	*ret = root;
	return 0;
}

int ident_merged(struct chart *c, uint32_t id, uint64_t end, bool *ret, struct err *e)
{
	*ret = false;
	for (unsigned steps = 0; steps < CHART_MEMBERS_MAX && !*ret; steps++) {
		struct store_edge x;
		int r = ASK(c, edge_up, id, end, &x, e);
		if (r < 0)
			return r == ERR_NOT_FOUND ? 0 : r;
		*ret = x.why == EDGE_MERGE || x.why == EDGE_CHANGE;
		id = x.parent;
	}
	return 0;
}

struct children {
	struct arena *a;
	struct member *v;
	size_t n, cap;
	uint32_t parent_index;
	uint16_t depth;
};

static int add_member(struct children *k, struct member m, struct err *e)
{
	if (k->n == CHART_MEMBERS_MAX)
		return err_set(e, ERR_LIMIT, "view", "one person has more than %d numbers", CHART_MEMBERS_MAX);
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 8;
		struct member *v = arena_array(k->a, cap, sizeof *v);
		if (!v)
			return chart_no_memory(k->a, e);
		if (k->n)
			memcpy(v, k->v, k->n * sizeof *v);
		k->v = v;
		k->cap = cap;
	}
	k->v[k->n++] = m;
	return 0;
}

static int add_child(void *arg, const struct store_edge *x, struct err *e)
{
	struct children *k = arg;
	bool merged = x->why == EDGE_MERGE || x->why == EDGE_CHANGE;
	return add_member(k, (struct member){.ident = x->child, .parent_index = k->parent_index, .depth = (uint16_t)(k->depth + merged), .why = x->why}, e);
}

int person_members(struct chart *c, uint32_t root, uint64_t end, bool info, struct arena *a, struct members *ret, struct err *e)
{
	struct children k = {.a = a};
	int r = add_member(&k, (struct member){.ident = root}, e);
	for (size_t i = 0; r == 0 && i < k.n; i++) { /* breadth first: the list is its own queue */
		k.parent_index = (uint32_t)i;
		k.depth = k.v[i].depth;
		r = ASK(c, edges_down, k.v[i].ident, end, add_child, &k, e);
	}
	for (size_t i = 0; info && r == 0 && i < k.n; i++)
		r = ident_load(c, k.v[i].ident, a, &k.v[i].info, e);
	if (r < 0)
		return r;
	*ret = (struct members){k.v, k.n};
	return 0;
}

/* ---- by what people type ---------------------------------------------------------------------------------------------------------------------- */

struct text_find {
	struct arena *a;
	struct ident_list *list;
	struct slice assigner;
	bool any_assigner;
	uint64_t end;
};

static int text_hit(void *arg, const struct store_ident *i, struct err *e)
{
	struct text_find *t = arg;
	struct ident_list *l = t->list;
	if (i->first_entry >= t->end || (!t->any_assigner && !slice_eq(i->assigner, t->assigner)))
		return 0;
	for (size_t k = 0; k < l->n; k++)
		if (l->v[k].id == i->id)
			return 0;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 8;
		struct store_ident *v = arena_array(t->a, cap, sizeof *v);
		if (!v)
			return chart_no_memory(t->a, e);
		if (l->n)
			memcpy(v, l->v, l->n * sizeof *v);
		l->v = v;
		l->cap = cap;
	}
	struct copy copy = {t->a, &l->v[l->n]};
	int r = copy_ident(&copy, i, e);
	l->n += r == 0;
	return r;
}

int idents_of_text(struct chart *c, struct slice text, uint64_t end, struct arena *a, struct ident_list *ret, struct err *e)
{
	struct ident_list list = {0};
	struct text_find t = {.a = a, .list = &list, .any_assigner = true, .end = end};
	int r = ASK(c, idents_by_value, text, text_hit, &t, e);
	t.any_assigner = false;
	for (size_t i = 0; r == 0 && i < text.n; i++) /* either side may have an @ of its own */
		if (text.p[i] == '@') {
			t.assigner = slice_of(text.p + i + 1, text.n - i - 1);
			r = ASK(c, idents_by_value, slice_of(text.p, i), text_hit, &t, e);
		}
	if (r == 0)
		*ret = list;
	return r;
}
