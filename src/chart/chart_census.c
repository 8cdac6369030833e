/* The house: who is in which bed as of a moment. */
#include "chart_internal.h"

#include <stdlib.h>

static int dup(struct arena *a, struct slice *to, struct slice s, struct err *e)
{
	if (!s.n) {
		*to = s.p ? slice_of("", 0) : SLICE_NULL;
		return 0;
	}
	*to = arena_dup(a, s);
	return to->p ? 0 : chart_no_memory(a, e);
}

struct take_stay {
	struct arena *a;
	struct stay y;
	bool found;
};

static int take_stay(void *arg, const struct store_stay *s, struct err *e)
{
	struct take_stay *t = arg;
	struct slice body = arena_dup(t->a, s->body);
	int r = body.p ? stay_decode(body, &t->y, e) : chart_no_memory(t->a, e);
	t->found = r == 0;
	return r < 0 ? r : 1;
}

/* "allergies: penicillin, latex · isolation" */
static int alerts_line(const struct header *h, struct arena *a, struct slice *ret, struct err *e)
{
	if (h->allergy_count + h->flag_count == 0)
		return 0;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	if (h->allergy_count)
		buf_str(&b, "allergies: ");
	for (size_t i = 0; i < h->allergy_count; i++) {
		if (i)
			buf_str(&b, ", ");
		buf_add_slice(&b, h->allergy_names[i]);
	}
	for (size_t i = 0; i < h->flag_count; i++) {
		if (b.n)
			buf_str(&b, " \xc2\xb7 ");
		buf_add_slice(&b, h->flag_names[i]);
	}
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), NULL, "no memory");
	return dup(a, ret, buf_slice(&b), e);
}

static int person_text(struct arena *a, struct slice p, struct slice *ret, struct err *e)
{
	struct slice family = fact_part(p, FP_FAMILY), given = fact_part(p, FP_GIVEN), text = fact_part(p, FP_TEXT);
	if (!p.n || fact_is_null(p))
		return 0;
	char *s = family.n ? arena_printf(a, "%.*s%s%.*s", SLICE_FMT(family), given.n ? ", " : "", SLICE_FMT(given)) : arena_strdup(a, text.n ? text : fact_part(p, FP_ID));
	if (!s)
		return chart_no_memory(a, e);
	*ret = slice_str(s);
	return 0;
}

static const struct member *current_number(const struct members *m, const struct header *h)
{
	const struct member *best = &m->v[0];
	for (size_t i = 0; i < m->n; i++) { /* as the page orders them */
		struct slice type = m->v[i].info.type;
		for (size_t k = 0; k < h->ident_count && !type.n; k++)
			if (slice_eq(h->idents[k].value, m->v[i].info.value) && slice_eq(h->idents[k].assigner, m->v[i].info.assigner))
				type = h->idents[k].type;
		if (m->v[i].depth == 0 && slice_eq_nocase(type, "MR"))
			return &m->v[i];
	}
	return best;
}

static int put_place(struct chart_row *row, const struct stay *y, struct arena *a, struct err *e)
{
	const struct slice from[] = {y->facility, y->unit, y->room, y->bed, y->text, y->visit, y->cls, y->status, y->since};
	struct slice *to[] = {&row->place.facility, &row->place.unit, &row->place.room, &row->place.bed, &row->place.text, &row->visit, &row->visit_class, &row->status, &row->since};
	for (size_t i = 0; i < ARRAY_LEN(from); i++) {
		int r = dup(a, to[i], from[i], e);
		if (r < 0)
			return r;
	}
	if (!row->place.unit.p)
		row->place.unit = slice_of("", 0); /* in the house, unit not said */
	row->is_protected |= y->protected_as.n > 0;
	return person_text(a, y->attending, &row->attending, e);
}

static int newest_row(struct chart *c, const struct members *m, uint64_t end, struct chart_row *row, struct err *e)
{
	for (size_t i = 0; i < m->n; i++) {
		uint64_t id;
		int64_t received;
		int r = ASK(c, last_row, m->v[i].ident, store_row_id(end, 0), &id, &received, e);
		if (r < 0 && r != ERR_NOT_FOUND)
			return r;
		if (r == 0 && received > row->received)
			row->received = received;
	}
	return 0;
}

int row_of_person(struct chart *c, uint32_t root, const struct stay *y, uint64_t end, struct arena *a, struct arena *scratch, struct chart_row *ret, struct err *e)
{
	struct members m;
	struct header *h;
	struct take_stay t = {.a = scratch};
	arena_reset(scratch);
	int r = person_members(c, root, end, true, scratch, &m, e);
	if (r == 0)
		r = person_header(c, &m, end, scratch, &h, e);
	if (r == 0 && !y) {
		r = ASK(c, stay_of, root, end, take_stay, &t, e);
		y = t.found ? &t.y : NULL;
	}
	if (r < 0)
		return r;
	struct chart_row row = {.allergy_state = h->allergies, .is_protected = h->is_protected, .test = m.v[0].info.space & SPACE_TEST};
	struct slice name = header_get(h, FF_NAME), deceased = header_get(h, FF_DECEASED), died = header_get(h, FF_DECEASED_TIME), family = fact_part(name, FN_FAMILY);
	const struct member *number = current_number(&m, h);
	ident_our_id(&m.v[0].info, row.id);
	row.deceased = slice_eq_str(deceased, "yes") || (died.n && !slice_eq_str(deceased, "no"));
	if ((r = dup(a, &row.name_family, family.n ? family : fact_part(name, FN_TEXT), e)) < 0 || (r = dup(a, &row.name_given, fact_part(name, FN_GIVEN), e)) < 0 ||
	    (r = dup(a, &row.birth, header_get(h, FF_BIRTH), e)) < 0 || (r = dup(a, &row.sex, header_get(h, FF_SEX), e)) < 0 || (r = dup(a, &row.number, number->info.value, e)) < 0 ||
	    (r = dup(a, &row.assigner, number->info.assigner, e)) < 0 || (r = alerts_line(h, a, &row.alerts, e)) < 0 || (r = newest_row(c, &m, end, &row, e)) < 0)
		return r;
	if (y && (r = put_place(&row, y, a, e)) < 0)
		return r;
	row.origin = y ? y->origin : FACT_FED;
	*ret = row;
	return 0;
}

/* ---- census ------------------------------------------------------------------------------------------------------------------------------ */

struct in_house {
	struct arena *a; /* scratch: bodies until the rows are made */
	struct present {
		uint32_t person;
		struct slice body;
	} *v;
	size_t n, cap;
	int no_memory;
};

static int collect(void *arg, const struct store_stay *s, struct err *e)
{
	struct in_house *k = arg;
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 256;
		struct present *v = arena_array(k->a, cap, sizeof *v);
		if (!v)
			return chart_no_memory(k->a, e);
		if (k->n)
			memcpy(v, k->v, k->n * sizeof *v);
		k->v = v;
		k->cap = cap;
	}
	struct slice body = arena_dup(k->a, s->body);
	if (!body.p)
		return chart_no_memory(k->a, e);
	k->v[k->n++] = (struct present){s->person, body};
	return 0;
}

/* Room 2 before room 10. */
int chart_natural(struct slice a, struct slice b)
{
	size_t i = 0, k = 0;
	while (i < a.n && k < b.n) {
		bool da = a.p[i] >= '0' && a.p[i] <= '9', db = b.p[k] >= '0' && b.p[k] <= '9';
		if (!da || !db) {
			if (a.p[i] != b.p[k])
				return a.p[i] < b.p[k] ? -1 : 1;
			i++, k++;
			continue;
		}
		while (i < a.n && a.p[i] == '0')
			i++;
		while (k < b.n && b.p[k] == '0')
			k++;
		size_t ie = i, ke = k;
		while (ie < a.n && a.p[ie] >= '0' && a.p[ie] <= '9')
			ie++;
		while (ke < b.n && b.p[ke] >= '0' && b.p[ke] <= '9')
			ke++;
		if (ie - i != ke - k)
			return ie - i < ke - k ? -1 : 1;
		int r = memcmp(a.p + i, b.p + k, ie - i);
		if (r)
			return r;
		i = ie, k = ke;
	}
	if (i < a.n || k < b.n)
		return i < a.n ? 1 : -1;
	return slice_cmp(a, b);
}

static int by_place(const void *pa, const void *pb)
{
	const struct chart_row *const *a = pa, *const *b = pb;
	const struct chart_place *x = &(*a)->place, *y = &(*b)->place;
	int r = chart_natural(x->facility, y->facility);
	r = r ? r : chart_natural(x->unit, y->unit);
	r = r ? r : chart_natural(x->room, y->room);
	r = r ? r : chart_natural(x->bed, y->bed);
	r = r ? r : slice_cmp((*a)->name_family, (*b)->name_family);
	return r ? r : strverscmp((*a)->id, (*b)->id);
}

static int present_of(struct chart *c, uint64_t end, struct in_house *ret, struct err *e)
{
	struct in_house k = {.a = c->look_arena};
	int r = ASK(c, stays, end, collect, &k, e);
	if (r == 0)
		*ret = k;
	return r;
}

int chart_census(struct chart *c, struct chart_moment at, struct slice unit, struct arena *a, struct chart_row **ret, size_t *ret_count, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	uint64_t end = chart_end(c, at);
	struct in_house in;
	int r = present_of(c, end, &in, e);
	if (r < 0)
		return r;
	AUTO_ARENA struct arena *scratch = arena_new(CHART_SCRATCH_MAX);
	struct chart_row **v = arena_array(a, in.n, sizeof(struct chart_row *));
	if (!scratch || !v)
		return chart_no_memory(scratch ? a : NULL, e);
	size_t n = 0;
	for (size_t i = 0; i < in.n; i++) {
		struct stay y;
		r = stay_decode(in.v[i].body, &y, e);
		if (r < 0)
			return r;
		if (unit.n && !slice_eq(unit, y.unit))
			continue;
		v[n] = arena_alloc(a, sizeof **v);
		if (!v[n])
			return chart_no_memory(a, e);
		r = row_of_person(c, in.v[i].person, &y, end, a, scratch, v[n++], e);
		if (r < 0)
			return r;
	}
	qsort(v, n, sizeof(struct chart_row *), by_place);
	struct chart_row *first = NULL, **last = &first;
	for (size_t i = 0; i < n; i++) {
		*last = v[i];
		last = &v[i]->next;
	}
	*last = NULL;
	r = lookalike_rows(first, true, a, e);
	if (r < 0)
		return r;
	*ret = first;
	*ret_count = n;
	return 0;
}

/* ---- units ---------------------------------------------------------------------------------------------------------------------------------- */

struct bed { /* from master files */
	struct slice facility, unit, room, bed;
	bool active;
};
struct house {
	struct chart *c;
	struct arena *a;
	struct bed *v;
	size_t n, cap;
};

static int take_bed(struct house *k, const struct fact *f, struct err *e)
{
	struct slice l = fact_get(f, FF_LOCATION);
	struct bed b = {fact_part(l, FL_FACILITY), fact_part(l, FL_UNIT), fact_part(l, FL_ROOM), fact_part(l, FL_BED), !fact_says(f, FF_ACTIVE, "no") && !fact_says(f, FF_ACTION, "delete")};
	if (!b.unit.n)
		return 0;
	for (size_t i = 0; i < k->n; i++)
		if (slice_eq(k->v[i].facility, b.facility) && slice_eq(k->v[i].unit, b.unit) && slice_eq(k->v[i].room, b.room) && slice_eq(k->v[i].bed, b.bed)) {
			k->v[i].active = b.active;
			return 0;
		}
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 64;
		struct bed *v = arena_array(k->a, cap, sizeof *v);
		if (!v)
			return chart_no_memory(k->a, e);
		if (k->n)
			memcpy(v, k->v, k->n * sizeof *v);
		k->v = v;
		k->cap = cap;
	}
	k->v[k->n++] = b;
	return 0;
}

static int house_row(void *arg, const struct store_row *s, struct err *e)
{
	struct house *k = arg;
	struct row *row;
	int r = row_decode(s, k->a, &row, e);
	for (const struct fact *f = r == 0 && row->f.first ? row->f.first->first : NULL; f && r == 0; f = f->next)
		if (f->kind == FACT_LOCATION)
			r = take_bed(k, f, e);
	return r;
}

struct units {
	struct arena *a;
	struct chart_unit **v;
	size_t n, cap;
};

static int unit_at(struct units *k, struct slice facility, struct slice unit, struct chart_unit **ret, struct err *e)
{
	for (size_t i = 0; i < k->n; i++)
		if (slice_eq(k->v[i]->facility, facility) && slice_eq(k->v[i]->unit, unit)) {
			*ret = k->v[i];
			return 0;
		}
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 64;
		struct chart_unit **v = arena_array(k->a, cap, sizeof(struct chart_unit *));
		if (!v)
			return chart_no_memory(k->a, e);
		if (k->n)
			memcpy(v, k->v, k->n * sizeof(struct chart_unit *));
		k->v = v;
		k->cap = cap;
	}
	struct chart_unit *u = arena_alloc(k->a, sizeof *u);
	if (!u)
		return chart_no_memory(k->a, e);
	int r = dup(k->a, &u->facility, facility, e);
	if (r == 0)
		r = dup(k->a, &u->unit, unit, e);
	if (r == 0)
		*ret = k->v[k->n++] = u;
	return r;
}

static int by_unit(const void *pa, const void *pb)
{
	const struct chart_unit *const *a = pa, *const *b = pb;
	int r = chart_natural((*a)->facility, (*b)->facility);
	return r ? r : chart_natural((*a)->unit, (*b)->unit);
}

int chart_units(struct chart *c, struct chart_moment at, struct arena *a, struct chart_unit **ret, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	uint64_t end = chart_end(c, at);
	struct in_house in;
	struct house house = {.c = c, .a = c->look_arena};
	struct units units = {.a = a};
	struct chart_unit *u;
	int r = present_of(c, end, &in, e);
	if (r == 0)
		r = ASK(c, marked, 0, STORE_MARK_HOUSE, store_row_id(end, 0), house_row, &house, e);
	for (size_t i = 0; r == 0 && i < house.n; i++)
		if (house.v[i].active && (r = unit_at(&units, house.v[i].facility, house.v[i].unit, &u, e)) == 0)
			u->beds += house.v[i].bed.n > 0;
	for (size_t i = 0; r == 0 && i < in.n; i++) {
		struct stay y;
		r = stay_decode(in.v[i].body, &y, e);
		if (r == 0)
			r = unit_at(&units, y.facility, y.unit, &u, e);
		if (r == 0)
			u->patients++;
	}
	if (r < 0)
		return r;
	if (units.n)
		qsort(units.v, units.n, sizeof(struct chart_unit *), by_unit);
	struct chart_unit *first = NULL, **last = &first;
	for (size_t i = 0; i < units.n; i++) {
		*last = units.v[i];
		last = &units.v[i]->next;
	}
	*last = NULL;
	*ret = first;
	return 0;
}

/* ---- persons, page by page ---------------------------------------------------------------------------------------------------------------------- */

int chart_persons_page(struct chart *c, struct chart_moment at, uint64_t after, size_t max, char (*ret)[32], size_t *ret_count, uint64_t *ret_next, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	uint64_t end = chart_end(c, at), id;
	size_t n = 0;
	for (id = after + 1; id <= c->idents && n < max; id++) {
		struct store_ident i;
		uint32_t root;
		int r = ident_load(c, (uint32_t)id, NULL, &i, e);
		if (r == 0 && i.first_entry >= end)
			break; /* numbered in order of first sight */
		if (r == 0)
			r = person_root(c, (uint32_t)id, end, &root, e);
		if (r < 0)
			return r;
		if (root == id)
			ident_our_id(&i, ret[n++]);
	}
	*ret_count = n;
	*ret_next = n < max ? 0 : id - 1;
	return 0;
}
