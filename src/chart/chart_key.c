/* Which statements speak of the same thing: the keys of src/facts/DESIGN.md, made to bytes, and a number for each.
 *
 * Orders are known by two numbers, the placer's and the filler's, and some messages carry only one of them. Where exactly one partner was ever seen with a number, it stands for the pair; a
 * placer number with several fillers (a standing order) stands for none of them. Orders are counted by placer, reports, results and appointments by filler; and where one number stands for several
 * of them, by code as well.
 * Origin is part of every key: what was captured here never replaces what was fed.
 *
 * One number is written in several ways: by the one sender with its authority's name, by the next with a universal id, by a third with neither. Within one patient and among placers (or among
 * fillers) these are one number where the letters' case is all that differs, where somebody wrote name and id together, and, for a number without any authority, where all others are one.
 */
#include "chart_internal.h"
#include "downtime.h"

#include <stdlib.h>

/* ---- a map from bytes to numbers ------------------------------------------------------------------------------------------------------- */

struct slot {
	uint64_t hash;
	struct slice key; /* p NULL: free */
	size_t value;
};
struct map {
	struct slot *v;
	size_t size, n;
};

static uint64_t hash_of(struct slice s) /* of one patient's own keys: collisions cost only time */
{
	uint64_t h = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * UINT64_C(1099511628211);
	return h ^ h >> 29;
}

static struct slot *map_at(struct map *m, struct slice key, uint64_t h)
{
	size_t at = h & (m->size - 1);
	while (m->v[at].key.p && !(m->v[at].hash == h && slice_eq(m->v[at].key, key)))
		at = (at + 1) & (m->size - 1);
	return &m->v[at];
}

static bool map_grow(struct map *m, struct arena *a)
{
	struct map more = {.size = m->size ? m->size * 2 : 64};
	more.v = arena_array(a, more.size, sizeof *more.v);
	if (!more.v)
		return false;
	for (size_t i = 0; i < m->size; i++)
		if (m->v[i].key.p)
			*map_at(&more, m->v[i].key, m->v[i].hash) = m->v[i];
	more.n = m->n;
	*m = more;
	return true;
}

/* The slot of key, made when it is not there (key is then kept: it must live). NULL: arena full. */
static struct slot *map_put(struct map *m, struct slice key, struct arena *a, bool copy, bool *ret_new)
{
	if (m->n * 2 >= m->size && !map_grow(m, a))
		return NULL;
	uint64_t h = hash_of(key);
	struct slot *s = map_at(m, key, h);
	*ret_new = !s->key.p;
	if (s->key.p)
		return s;
	*s = (struct slot){h, key, 0};
	if (copy || !key.p) {
		s->key = key.n ? arena_dup(a, key) : slice_of("", 0);
		if (!s->key.p)
			return NULL;
	}
	m->n++;
	return s;
}

static const struct slot *map_get(const struct map *m, struct slice key)
{
	if (!m->size)
		return NULL;
	uint64_t h = hash_of(key);
	size_t at = h & (m->size - 1);
	for (; m->v[at].key.p; at = (at + 1) & (m->size - 1))
		if (m->v[at].hash == h && slice_eq(m->v[at].key, key))
			return &m->v[at];
	return NULL;
}

/* ---- placer and filler ---------------------------------------------------------------------------------------------------------------------- */

#define SEVERAL SIZE_MAX
#define WAYS_MAX 32 /* one number is not written in more ways by anybody who means one number */

enum { PLACERS, FILLERS, SPACES };
struct written;

struct key_ctx {
	struct arena *a;
	struct map ways[SPACES]; /* a number's value -> index into written */
	struct written **written;
	size_t numbers, number_cap;
	bool several; /* some number was written in more than one way */
	struct map by_placer, by_filler; /* number -> index + 1 into partner, or SEVERAL */
	struct slice *partner;
	size_t partners, partner_cap;
	struct map things;
	struct group_state {
		uint64_t row;
		uint32_t repeats;
		bool narrow; /* something under its narrow key was said of it: two_keys */
	} *state; /* by thing */
	size_t state_cap;
	const struct fact *report; /* the last one, for the results that follow it */
	uint64_t report_row;
	struct buf b;
};

/* ---- the ways in which a number is written ---- */

struct written { /* one way in which this number was written */
	struct slice ident; /* value and authority: what the key is made of */
	struct slice name, id;
	struct written *next, *same; /* the first of those that are the same number; itself when it is the first */
};

/* Number and authority; what else an EI or CX carries does not make it another one. */
static struct slice plain(struct slice ident)
{
	struct slice rest, more, value = slice_cut(ident, FACT_US, &rest);
	if (!rest.p)
		return value;
	struct slice assigner = slice_cut(rest, FACT_US, &more);
	return assigner.n ? slice_of(value.p, value.n + 1 + assigner.n) : value;
}

bool same_letters(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if ((a.p[i] | (a.p[i] >= 'A' && a.p[i] <= 'Z' ? 32 : 0)) != (b.p[i] | (b.p[i] >= 'A' && b.p[i] <= 'Z' ? 32 : 0)))
			return false;
	return true;
}

static bool same_authority(const struct written *a, const struct written *b)
{
	if (!a->name.n || !b->name.n)
		return false;
	return same_letters(a->name, b->name) || (a->id.n && same_letters(a->id, b->id)) || same_letters(a->id, b->name) || same_letters(a->name, b->id);
}

/* False: arena full. */
static bool note_written(struct key_ctx *k, int space, struct slice ident)
{
	struct slice number = plain(ident), value = fact_part(ident, FI_VALUE);
	if (!value.n || fact_is_null(ident))
		return true;
	bool fresh;
	struct slot *s = map_put(&k->ways[space], value, k->a, false, &fresh);
	if (!s)
		return false;
	struct slice id = fact_part(ident, FI_ASSIGNER_ID);
	struct written *first = fresh ? NULL : k->written[s->value], *w = first;
	for (; w; w = w->next)
		if (slice_eq(w->ident, number) && (slice_eq(w->id, id) || !id.n))
			return true;
	if (fresh) {
		if (k->numbers == k->number_cap) {
			size_t cap = k->number_cap ? k->number_cap * 2 : 64;
			struct written **v = arena_array(k->a, cap, sizeof *v);
			if (!v)
				return false;
			if (k->numbers)
				memcpy(v, k->written, k->numbers * sizeof *v);
			k->written = v;
			k->number_cap = cap;
		}
		s->value = k->numbers++;
	}
	w = arena_alloc(k->a, sizeof *w);
	if (!w)
		return false;
	*w = (struct written){.ident = number, .name = fact_part(ident, FI_ASSIGNER), .id = id, .next = first};
	w->same = w;
	k->written[s->value] = w;
	k->several |= first != NULL;
	return true;
}

static struct written *first_of(struct written *w)
{
	while (w->same != w)
		w = w->same;
	return w;
}

/* Joins what is the same; a number without an authority joins where there is one other only. */
static void join_written(struct written *list)
{
	size_t n = 0;
	for (struct written *a = list; a; a = a->next)
		n++;
	if (n > WAYS_MAX)
		return;
	struct written *only = NULL;
	bool one = true;
	for (struct written *a = list; a; a = a->next)
		for (struct written *b = a->next; b; b = b->next)
			if (same_authority(a, b) && first_of(a) != first_of(b))
				first_of(b)->same = first_of(a);
	for (struct written *a = list; a; a = a->next)
		if (a->name.n) {
			one &= !only || first_of(only) == first_of(a);
			only = a;
		}
	if (!only || !one)
		return;
	for (struct written *a = list; a; a = a->next)
		if (!a->name.n)
			a->same = first_of(only);
}

/* The one writing that stands for all of a number's; SLICE_NULL: it was never seen in this space. */
static struct slice as_written(const struct key_ctx *k, int space, struct slice ident)
{
	struct slice number = plain(ident);
	const struct slot *s = k->several ? map_get(&k->ways[space], fact_part(ident, FI_VALUE)) : NULL;
	for (struct written *w = s ? k->written[s->value] : NULL; w; w = w->next)
		if (slice_eq(w->ident, number))
			return first_of(w)->ident;
	return SLICE_NULL;
}

static struct slice placer_of(const struct key_ctx *k, const struct fact *f)
{
	struct slice s = as_written(k, PLACERS, fact_get(f, FF_PLACER));
	return s.n ? s : plain(fact_get(f, FF_PLACER));
}

static struct slice filler_of(const struct key_ctx *k, const struct fact *f)
{
	struct slice s = as_written(k, FILLERS, fact_get(f, FF_FILLER));
	return s.n ? s : plain(fact_get(f, FF_FILLER));
}

/* GROUP is byte for byte the filler, or else the placer, of what it belongs to. */
static struct slice group_of(const struct key_ctx *k, const struct fact *f)
{
	struct slice group = fact_get(f, FF_GROUP), s = as_written(k, FILLERS, group);
	if (!s.n)
		s = as_written(k, PLACERS, group);
	return s.n ? s : plain(group);
}

static bool pair(struct key_ctx *k, struct map *m, struct slice from, struct slice to)
{
	bool fresh;
	struct slot *s = map_put(m, from, k->a, false, &fresh);
	if (!s)
		return false;
	if (!fresh) {
		if (s->value != SEVERAL && !slice_eq(k->partner[s->value - 1], to))
			s->value = SEVERAL;
		return true;
	}
	if (k->partners == k->partner_cap) {
		size_t cap = k->partner_cap ? k->partner_cap * 2 : 64;
		struct slice *v = arena_array(k->a, cap, sizeof *v);
		if (!v)
			return false;
		if (k->partners)
			memcpy(v, k->partner, k->partners * sizeof *v);
		k->partner = v;
		k->partner_cap = cap;
	}
	k->partner[k->partners++] = to;
	s->value = k->partners;
	return true;
}

static struct slice partner_of(const struct key_ctx *k, const struct map *m, struct slice number)
{
	const struct slot *s = number.n ? map_get(m, number) : NULL;
	return s && s->value != SEVERAL ? k->partner[s->value - 1] : SLICE_NULL;
}

static bool has_order_numbers(uint8_t kind)
{
	switch (kind) {
	case FACT_ORDER: case FACT_REPORT: case FACT_MED_ORDER: case FACT_MED_ADMIN: case FACT_MED_DISPENSE: case FACT_IMMUNIZATION: case FACT_APPOINTMENT: case FACT_RESULT: case FACT_DOCUMENT:
		return true;
	default:
		return false;
	}
}

struct key_ctx *keys_new(struct arena *a, const struct stmts *s)
{
	struct key_ctx *k = arena_alloc(a, sizeof *k);
	if (!k)
		return NULL;
	*k = (struct key_ctx){.a = a};
	for (size_t i = 0; i < s->n; i++)
		if (has_order_numbers(s->v[i].f->kind) && (!note_written(k, PLACERS, fact_get(s->v[i].f, FF_PLACER)) || !note_written(k, FILLERS, fact_get(s->v[i].f, FF_FILLER))))
			return NULL;
	for (size_t i = 0; k->several && i < k->numbers; i++)
		join_written(k->written[i]);
	for (size_t i = 0; i < s->n; i++) {
		const struct fact *f = s->v[i].f;
		if (!has_order_numbers(f->kind))
			continue;
		struct slice placer = placer_of(k, f), filler = filler_of(k, f);
		if (placer.n && filler.n && !slice_eq(placer, filler) && (!pair(k, &k->by_placer, placer, filler) || !pair(k, &k->by_filler, filler, placer)))
			return NULL;
	}
	return k;
}

/* The number that stands for the order. */
static struct slice by_placer(const struct key_ctx *k, struct slice placer, struct slice filler)
{
	if (placer.n)
		return placer;
	struct slice p = partner_of(k, &k->by_filler, filler);
	return p.n ? p : filler;
}

static struct slice by_filler(const struct key_ctx *k, struct slice placer, struct slice filler)
{
	if (filler.n)
		return filler;
	struct slice f = partner_of(k, &k->by_placer, placer);
	return f.n ? f : placer;
}

struct slice order_key(const struct key_ctx *k, const struct fact *f)
{
	struct slice placer = placer_of(k, f), filler = filler_of(k, f), group = group_of(k, f);
	if (!placer.n && !filler.n && f->kind == FACT_MED_ORDER)
		return plain(fact_get(f, FF_ID));
	if (!placer.n && !filler.n) { /* an administration that names its order */
		struct slice p = partner_of(k, &k->by_filler, group);
		return p.n ? p : group;
	}
	return by_placer(k, placer, filler);
}

/* ---- keys --------------------------------------------------------------------------------------------------------------------------------------- */

static void add(struct key_ctx *k, struct slice s)
{
	buf_add_slice(&k->b, s);
	buf_u8(&k->b, 0x1e);
}

/* A code as a key: code and system; without a code the words, folded. */
static void add_code(struct key_ctx *k, struct slice code)
{
	struct slice c = fact_part(code, FC_CODE);
	if (c.n) {
		add(k, c);
		add(k, fact_part(code, FC_SYSTEM));
		return;
	}
	struct slice s = fact_part(code, FC_TEXT);
	if (!s.n)
		s = fact_part(code, FC_DISPLAY);
	if (!s.n)
		s = fact_part(code, FC_ALT_CODE);
	buf_u8(&k->b, 't');
	utf8_fold(&k->b, slice_trim(s));
	buf_u8(&k->b, 0x1e);
}

static bool add_id(struct key_ctx *k, const struct fact *f)
{
	struct slice id = plain(fact_get(f, FF_ID));
	if (!id.n || fact_is_null(id))
		return false;
	buf_u8(&k->b, 'i');
	add(k, id);
	return true;
}

static void result_key(struct key_ctx *k, const struct fact *f)
{
	struct slice group = group_of(k, f);
	if (group.n) {
		struct slice filler = partner_of(k, &k->by_placer, group);
		add(k, filler.n ? filler : group);
	} else {
		add(k, fact_get(f, FF_TIME));
		buf_u8(&k->b, 'n');
	}
	add_code(k, fact_get(f, FF_CODE));
	add(k, fact_get(f, FF_SUB));
}

static void contact_key(struct key_ctx *k, const struct fact *f)
{
	struct slice name = fact_get(f, FF_NAME);
	add(k, fact_part(fact_get(f, FF_CATEGORY), FC_CODE));
	add_code(k, fact_get(f, FF_ROLE));
	if (name.n) {
		utf8_fold(&k->b, fact_part(name, FN_FAMILY));
		buf_u8(&k->b, 0x1e);
		utf8_fold(&k->b, fact_part(name, FN_GIVEN));
		utf8_fold(&k->b, fact_part(name, FN_TEXT));
	} else if (!add_id(k, f)) {
		add(k, fact_get(f, FF_SET));
	}
}

static void begin_key(struct key_ctx *k, const struct stmt *t)
{
	buf_u8(&k->b, t->f->kind);
	buf_u8(&k->b, (uint8_t)row_origin(t->row));
}

/* An allergy or a problem without a number. */
static void code_key(struct key_ctx *k, const struct fact *f)
{
	add_code(k, fact_get(f, FF_CODE));
	if (f->kind == FACT_PROBLEM)
		add(k, fact_part(fact_get(f, FF_CATEGORY), FC_CODE));
}

/* Writes the key; true: equal ones of one message are different things (two OBX of one code and sub-id, two drugs of one order). */
static bool write_key(struct key_ctx *k, const struct fact *f)
{
	struct slice placer = placer_of(k, f), filler = filler_of(k, f);
	bool fhir = fact_get(f, FF_RESOURCE).n > 0;
	if (f->kind != FACT_ORDER && f->kind != FACT_MED_ORDER && slice_eq_str(fact_part(fact_get(f, FF_ID), FI_ASSIGNER), CAPTURE_ASSIGNER) && add_id(k, f))
		return false; /* what was captured is known by its item, whatever a correction of it says; orders by their number, which others name */
	switch (f->kind) {
	case FACT_RESULT:
		if (fhir && add_id(k, f)) /* an Observation is known by its id, whichever report or none comes with this version of it */
			return false;
		result_key(k, f);
		return !fhir;
	case FACT_REPORT:
		if (placer.n || filler.n) {
			add(k, by_filler(k, placer, filler));
			return !fhir;
		}
		if (!add_id(k, f))
			add_code(k, fact_get(f, FF_CODE)), add(k, fact_get(f, FF_TIME));
		return false;
	case FACT_ORDER: case FACT_MED_ORDER:
		if (placer.n || filler.n) {
			add(k, by_placer(k, placer, filler));
			return !fhir;
		}
		if (!add_id(k, f))
			add_code(k, fact_get(f, FF_CODE)), add(k, fact_get(f, FF_TIME)), add(k, fact_get(f, FF_START));
		return false;
	case FACT_MED_ADMIN:
		if (fhir && add_id(k, f))
			return false;
		add(k, order_key(k, f));
		add(k, fact_get(f, FF_SUB));
		add(k, fact_get(f, FF_TIME));
		add_code(k, fact_get(f, FF_CODE));
		return !fhir;
	case FACT_MED_DISPENSE:
		if (!add_id(k, f))
			add(k, by_filler(k, placer, filler)), add(k, fact_get(f, FF_TIME)), add_code(k, fact_get(f, FF_CODE));
		return false;
	case FACT_IMMUNIZATION:
		if (fhir && add_id(k, f))
			return false;
		if (placer.n || filler.n) {
			add(k, by_filler(k, placer, filler));
			add_code(k, fact_get(f, FF_CODE));
			return false;
		}
		add_code(k, fact_get(f, FF_CODE));
		add(k, fact_get(f, FF_TIME));
		return false;
	case FACT_APPOINTMENT:
		if (placer.n || filler.n)
			add(k, by_filler(k, placer, filler));
		else if (!add_id(k, f))
			add_code(k, fact_get(f, FF_CODE)), add(k, fact_get(f, FF_TIME));
		return false;
	case FACT_DOCUMENT:
		if (!add_id(k, f))
			add(k, group_of(k, f)), add_code(k, fact_get(f, FF_CODE)), add(k, fact_get(f, FF_SET));
		return false;
	case FACT_ALLERGY: case FACT_PROBLEM:
		if (!add_id(k, f))
			code_key(k, f);
		return false;
	case FACT_PROCEDURE:
		if (!add_id(k, f))
			add_code(k, fact_get(f, FF_CODE)), add(k, fact_get(f, FF_TIME));
		return false;
	case FACT_CARE_TEAM:
		add_code(k, fact_get(f, FF_ROLE));
		add(k, plain(fact_get(f, FF_VISIT)));
		if (fhir || !fact_get(f, FF_ROLE).n)
			add_id(k, f);
		return false;
	case FACT_CONTACT:
		if (!(fhir && add_id(k, f)))
			contact_key(k, f);
		return false;
	case FACT_FLAG:
		if (!add_id(k, f))
			add_code(k, fact_get(f, FF_CODE)), add(k, fact_part(fact_get(f, FF_CATEGORY), FC_CODE));
		return false;
	case FACT_COVERAGE:
		if (!(fhir && add_id(k, f)))
			add(k, fact_get(f, FF_SET)), add(k, fact_get(f, FF_POLICY));
		return false;
	default:
		if (!add_id(k, f))
			add_code(k, fact_get(f, FF_CODE)), add(k, fact_get(f, FF_SET));
		return false;
	}
}

/* The number of what the key in k->b names; made when there is none. False: arena full. */
static bool number_of(struct key_ctx *k, size_t *n, size_t *ret)
{
	bool fresh;
	struct slot *s = buf_ok(&k->b) ? map_put(&k->things, buf_slice(&k->b), k->a, true, &fresh) : NULL;
	if (!s)
		return false;
	if (fresh)
		s->value = (*n)++;
	*ret = s->value;
	return true;
}

/* What tells apart what one number stands for: the order's code, and of a result the code of the report that it stands under. Empty: nothing. */
static struct slice kind_of_thing(const struct key_ctx *k, const struct stmt *t)
{
	if (fact_get(t->f, FF_RESOURCE).n)
		return SLICE_NULL;
	switch (t->f->kind) {
	case FACT_REPORT: case FACT_ORDER: case FACT_MED_ORDER:
		return fact_get(t->f, FF_CODE);
	case FACT_RESULT: /* the OBR before it, where both have the same number */
		return k->report && k->report_row == t->row->id && slice_eq(fact_get(k->report, FF_ID), fact_get(t->f, FF_GROUP)) ? fact_get(k->report, FF_CODE) : SLICE_NULL;
	default:
		return SLICE_NULL;
	}
}

/* A thing under its narrow key, which is in k->b. The wide key stands for the first that was said under it: who knows only the wide one means that one, and one that had only the wide one until
 * now is given the narrow one. Another narrow key is another thing where apart says so, or where both came in one message. */
static bool two_keys(struct key_ctx *k, const struct stmt *t, struct slice wide, bool apart, size_t *n, size_t *ret)
{
	bool fresh;
	struct slot *s = buf_ok(&k->b) && wide.p ? map_put(&k->things, buf_slice(&k->b), k->a, true, &fresh) : NULL;
	if (!s)
		return false;
	if (!fresh) {
		*ret = s->value;
		return true;
	}
	struct slice narrow = s->key;
	struct slot *first = map_put(&k->things, wide, k->a, false, &fresh);
	if (!first)
		return false;
	if (fresh)
		first->value = (*n)++;
	const struct group_state *g = fresh ? NULL : &k->state[first->value];
	size_t value = g && g->narrow && (apart || g->row == t->row->id) ? (*n)++ : first->value;
	map_put(&k->things, narrow, k->a, false, &fresh)->value = value; /* looked up again: the map may have grown; there it is, so nothing is allocated now */
	*ret = value;
	return true;
}

/* One number may stand for several panels (an accession number as filler), and for several orders of one message. The code tells them apart, or a correction of the one would replace the other.
 * A report with another code is always another one. An order with another code is another one only where both came in one message: else the order was changed (XO, the pharmacy's own code). */
static bool by_code_too(struct key_ctx *k, const struct stmt *t, struct slice code, size_t *n, size_t *ret)
{
	struct slice wide = arena_dup(k->a, buf_slice(&k->b));
	buf_u8(&k->b, 'c');
	add_code(k, code);
	return two_keys(k, t, wide, t->f->kind == FACT_REPORT || t->f->kind == FACT_RESULT, n, ret);
}

/* Allergies and problems come with a number of their own in one message (IAM-7) and without in another (AL1): the code finds them. */
static bool by_number_too(struct key_ctx *k, const struct stmt *t, size_t *n, size_t *ret)
{
	struct slice narrow = arena_dup(k->a, buf_slice(&k->b));
	if (!narrow.p)
		return false;
	buf_reset(&k->b);
	begin_key(k, t);
	code_key(k, t->f);
	struct slice wide = arena_dup(k->a, buf_slice(&k->b));
	buf_reset(&k->b);
	buf_add_slice(&k->b, narrow);
	return two_keys(k, t, wide, true, n, ret);
}

static bool has_two_names(const struct fact *f)
{
	if (slice_eq_str(fact_part(fact_get(f, FF_ID), FI_ASSIGNER), CAPTURE_ASSIGNER))
		return false;
	return (f->kind == FACT_ALLERGY || f->kind == FACT_PROBLEM) && !fact_get(f, FF_RESOURCE).n && fact_get(f, FF_ID).n && !fact_is_null(fact_get(f, FF_ID)) && fact_get(f, FF_CODE).n &&
	       !fact_is_null(fact_get(f, FF_CODE));
}

static bool thing_of(struct key_ctx *k, const struct stmt *t, size_t *n, size_t *ret)
{
	size_t before = *n, value;
	buf_reset(&k->b);
	begin_key(k, t);
	bool repeats = write_key(k, t->f), named = has_two_names(t->f);
	struct slice code = kind_of_thing(k, t);
	bool coded = code.n && !fact_is_null(code), narrow = named || coded;
	if (!buf_ok(&k->b) || !(named ? by_number_too(k, t, n, &value) : coded ? by_code_too(k, t, code, n, &value) : number_of(k, n, &value)))
		return false;
	struct group_state *g = &k->state[value];
	if (*n > before || g->row != t->row->id) {
		bool was = *n == before && g->narrow;
		*g = (struct group_state){.row = t->row->id, .narrow = was || narrow};
	} else if (repeats) { /* the next equal one of this message */
		g->narrow |= narrow;
		buf_u8(&k->b, 'r');
		buf_u32be(&k->b, ++g->repeats);
		before = *n;
		if (!number_of(k, n, &value))
			return false;
		if (*n > before)
			k->state[value] = (struct group_state){.row = t->row->id, .narrow = narrow};
	}
	*ret = value;
	return true;
}

static bool state_room(struct key_ctx *k, size_t n)
{
	if (n < k->state_cap)
		return true;
	size_t cap = k->state_cap ? k->state_cap * 2 : 128;
	struct group_state *v = arena_array(k->a, cap, sizeof *v);
	if (!v)
		return false;
	if (k->state_cap)
		memcpy(v, k->state, k->state_cap * sizeof *v);
	k->state = v;
	k->state_cap = cap;
	return true;
}

size_t keys_group(struct key_ctx *k, struct stmts *s)
{
	size_t n = 0, value;
	buf_init(&k->b, 1 << 20);
	for (size_t i = 0; i < s->n; i++) {
		if (!state_room(k, n + 2) || !thing_of(k, &s->v[i], &n, &value)) {
			n = SIZE_MAX;
			break;
		}
		if (s->v[i].f->kind == FACT_REPORT) {
			k->report = s->v[i].f;
			k->report_row = s->v[i].row->id;
		}
		s->v[i].group = (uint32_t)value;
	}
	buf_done(&k->b);
	return n;
}
