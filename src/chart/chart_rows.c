/* A person's rows as statements.
 *
 * A fact hangs for ever on the identifier it was sent under. Two things decide whose it is as of a moment: the tree its identifier is in, and moves: "visit V (account A) of person Q
 * is person P's" (A44, A45). A move takes every fact that names that visit or account, those that come later under Q included; the moves of one visit work one after the other, so a visit that was
 * moved on, or back, is where the last one put it. PATIENT and IDENTITY facts never move.
 */
#include "chart_internal.h"

#include <stdlib.h>

#define MOVED_PERSONS_MAX 256 /* persons that moves tie together */
#define MOVES_MAX 4096

bool stmts_add(struct stmts *s, struct arena *a, const struct fact *f, struct row *row, uint32_t index)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 64;
		struct stmt *v = arena_array(a, cap, sizeof *v);
		if (!v)
			return false;
		if (s->n)
			memcpy(v, s->v, s->n * sizeof *v);
		s->v = v;
		s->cap = cap;
	}
	s->v[s->n++] = (struct stmt){.f = f, .row = row, .index = index, .section = (uint8_t)section_of(f)};
	return true;
}

int row_decode(const struct store_row *r, struct arena *a, struct row **ret, struct err *e)
{
	struct row *row = arena_alloc(a, sizeof *row);
	struct slice blob = arena_dup(a, r->blob);
	if (!row || !blob.p)
		return chart_no_memory(a, e);
	row->id = r->id;
	row->ident = r->ident;
	row->flags = r->flags;
	row->received = r->received;
	row->time = r->source_time;
	int code = facts_decode_group(blob, a, &row->f, e);
	if (code < 0)
		return code;
	if (row->f.first && row->f.first->incomplete)
		row->flags |= ROW_INCOMPLETE;
	*ret = row;
	return 0;
}

/* ---- moves --------------------------------------------------------------------------------------------------------------------------- */

struct move {
	struct store_move m;
	uint32_t root_from, root_to;
};
struct keys { /* visit numbers that belong to a moved account */
	struct slice visit, account;
	uint32_t person;
	struct keys *next;
};
struct moving {
	struct chart *c;
	struct arena *a;
	uint64_t end;
	struct move *v; /* in order of id */
	size_t n, cap;
	uint32_t *persons; /* the first is the one asked for */
	size_t person_count;
	struct keys *accounts;
};

static int take_move(void *arg, const struct store_move *m, struct err *e)
{
	struct moving *k = arg;
	for (size_t i = 0; i < k->n; i++)
		if (k->v[i].m.id == m->id)
			return 0;
	if (k->n == MOVES_MAX)
		return err_set(e, ERR_LIMIT, "view", "more than %d visits were moved between records that belong together", MOVES_MAX);
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 16;
		struct move *v = arena_array(k->a, cap, sizeof *v);
		if (!v)
			return chart_no_memory(k->a, e);
		if (k->n)
			memcpy(v, k->v, k->n * sizeof *v);
		k->v = v;
		k->cap = cap;
	}
	k->v[k->n] = (struct move){.m = *m};
	k->v[k->n].m.key = arena_dup(k->a, m->key);
	if (!k->v[k->n].m.key.p)
		return chart_no_memory(k->a, e);
	k->n++;
	return 0;
}

static int by_id(const void *pa, const void *pb)
{
	const struct move *a = pa, *b = pb;
	return a->m.id < b->m.id ? -1 : a->m.id > b->m.id;
}

static int add_person(struct moving *k, uint32_t root, struct err *e)
{
	for (size_t i = 0; i < k->person_count; i++)
		if (k->persons[i] == root)
			return 0;
	if (k->person_count == MOVED_PERSONS_MAX)
		return err_set(e, ERR_LIMIT, "view", "more than %d records are tied together by moved visits", MOVED_PERSONS_MAX);
	k->persons[k->person_count++] = root;
	return 0;
}

/* Every move that touches this person, and the persons they tie to it, and their moves. */
static int gather_moves(struct moving *k, uint32_t root, struct err *e)
{
	k->persons = arena_array(k->a, MOVED_PERSONS_MAX, sizeof *k->persons);
	if (!k->persons)
		return chart_no_memory(k->a, e);
	int r = add_person(k, root, e);
	size_t resolved = 0;
	for (size_t i = 0; r == 0 && i < k->person_count; i++) {
		struct members m;
		r = person_members(k->c, k->persons[i], k->end, false, k->a, &m, e);
		for (size_t j = 0; r == 0 && j < m.n; j++)
			r = ASK(k->c, moves, m.v[j].ident, k->end, take_move, k, e);
		for (; r == 0 && resolved < k->n; resolved++) {
			struct move *x = &k->v[resolved];
			if ((r = person_root(k->c, x->m.from_ident, k->end, &x->root_from, e)) == 0 && (r = person_root(k->c, x->m.to_ident, k->end, &x->root_to, e)) == 0 &&
			    (r = add_person(k, x->root_from, e)) == 0)
				r = add_person(k, x->root_to, e);
		}
	}
	if (r == 0 && k->n)
		qsort(k->v, k->n, sizeof *k->v, by_id);
	return r;
}

static bool moves_fact(const struct moving *k, const struct move *x, const struct fact *f, uint32_t person)
{
	struct slice visit = fact_part(fact_get(f, FF_VISIT), FI_VALUE), account = fact_part(fact_get(f, FF_ACCOUNT), FI_VALUE);
	if (x->m.what == MOVE_VISIT)
		return visit.n && slice_eq(visit, x->m.key);
	if (account.n)
		return slice_eq(account, x->m.key);
	for (const struct keys *y = k->accounts; y && visit.n; y = y->next)
		if (y->person == person && slice_eq(y->visit, visit) && slice_eq(y->account, x->m.key))
			return true;
	return false;
}

static uint32_t owner_of(const struct moving *k, const struct fact *f, uint32_t person)
{
	uint32_t owner = person;
	if (f->kind == FACT_PATIENT || f->kind == FACT_IDENTITY)
		return owner;
	for (size_t i = 0; i < k->n; i++)
		if (k->v[i].root_from == owner && moves_fact(k, &k->v[i], f, person))
			owner = k->v[i].root_to;
	return owner;
}

/* ---- reading ---------------------------------------------------------------------------------------------------------------------------- */

struct reading {
	struct arena *a;
	struct row *rows; /* newest first within an identifier */
	size_t n;
};

static int take_row(void *arg, const struct store_row *s, struct err *e)
{
	struct reading *k = arg;
	if (k->n++ == CHART_ROWS_MAX)
		return err_set(e, ERR_LIMIT, "view", "one patient has more than %d messages", CHART_ROWS_MAX);
	struct row *row;
	int r = row_decode(s, k->a, &row, e);
	if (r < 0)
		return r;
	row->next = k->rows;
	k->rows = row;
	return 0;
}

static int read_person(struct chart *c, const struct members *m, uint64_t end, int mark, struct reading *k, struct err *e)
{
	int r = 0;
	for (size_t i = 0; i < m->n && r == 0; i++)
		r = mark ? ASK(c, marked, m->v[i].ident, (enum store_mark)mark, store_row_id(end, 0), take_row, k, e) : ASK(c, rows, m->v[i].ident, 0, store_row_id(end, 0), false, take_row, k, e);
	return r;
}

static int note_accounts(struct moving *k, const struct row *rows, uint32_t person, struct err *e)
{
	bool any = false;
	for (size_t i = 0; i < k->n; i++)
		any |= k->v[i].m.what == MOVE_ACCOUNT;
	for (const struct row *row = rows; any && row; row = row->next)
		for (const struct fact *f = row->f.first ? row->f.first->first : NULL; f; f = f->next) {
			struct slice visit = fact_part(fact_get(f, FF_VISIT), FI_VALUE), account = fact_part(fact_get(f, FF_ACCOUNT), FI_VALUE);
			if (f->kind != FACT_VISIT || !visit.n || !account.n)
				continue;
			struct keys *x = arena_alloc(k->a, sizeof *x);
			if (!x)
				return chart_no_memory(k->a, e);
			*x = (struct keys){visit, account, person, k->accounts};
			k->accounts = x;
		}
	return 0;
}

static int newest_first(const void *pa, const void *pb)
{
	const struct row *const *a = pa, *const *b = pb;
	return (*a)->id > (*b)->id ? -1 : (*a)->id < (*b)->id;
}

/* All rows in one order, whatever identifiers they came under: so two stores, and two ways to the same set of identifiers, give the same page. */
static int sort_rows(struct row **rows, size_t n, struct arena *a, struct err *e)
{
	struct row **v = arena_array(a, n + 1, sizeof(struct row *));
	if (!v)
		return chart_no_memory(a, e);
	size_t k = 0;
	bool sorted = true;
	for (struct row *x = *rows; x; x = x->next) {
		sorted &= !x->next || x->id > x->next->id;
		v[k++] = x;
	}
	if (sorted)
		return 0;
	qsort(v, k, sizeof(struct row *), newest_first);
	for (size_t i = 0; i + 1 < k; i++)
		v[i]->next = v[i + 1];
	v[k - 1]->next = NULL;
	*rows = v[0];
	return 0;
}

/* The facts of rows (of one person) that belong to root. Rows of somebody else of which nothing does are dropped. */
static int add_stmts(const struct moving *k, struct row **rows, uint32_t person, uint32_t root, struct stmts *to, struct arena *a, struct err *e)
{
	for (struct row **at = rows; *at;) {
		struct row *row = *at;
		uint32_t index = 0, mine = 0;
		for (const struct fact *f = row->f.first ? row->f.first->first : NULL; f; f = f->next, index++) {
			if ((k->n ? owner_of(k, f, person) : person) != root)
				continue;
			if (!stmts_add(to, a, f, row, index))
				return chart_no_memory(a, e);
			mine++;
		}
		if (mine == 0 && person != root)
			*at = row->next;
		else
			at = &row->next;
	}
	return 0;
}

int rows_of_person(struct chart *c, uint32_t root, const struct members *m, uint64_t end, int mark, struct arena *a, struct person_rows *ret, struct err *e)
{
	struct person_rows all = {0};
	struct moving k = {.c = c, .a = a, .end = end};
	int r = c->moves && mark != STORE_MARK_SAFETY ? gather_moves(&k, root, e) : 0;
	struct reading own = {.a = a};
	if (r == 0)
		r = read_person(c, m, end, mark, &own, e);
	struct row **other = k.n ? arena_array(a, k.person_count, sizeof(struct row *)) : NULL;
	if (r == 0 && k.n && !other)
		r = chart_no_memory(a, e);
	for (size_t i = 1; r == 0 && k.n && i < k.person_count; i++) {
		struct members om;
		struct reading theirs = {.a = a};
		r = person_members(c, k.persons[i], end, false, a, &om, e);
		if (r == 0)
			r = read_person(c, &om, end, mark, &theirs, e);
		other[i] = theirs.rows;
		own.n += theirs.n;
	}
	if (r == 0 && k.n)
		r = note_accounts(&k, own.rows, root, e);
	for (size_t i = 1; r == 0 && k.n && i < k.person_count; i++)
		r = note_accounts(&k, other[i], k.persons[i], e);
	if (r == 0)
		r = add_stmts(&k, &own.rows, root, root, &all.s, a, e);
	for (size_t i = 1; r == 0 && k.n && i < k.person_count; i++) {
		r = add_stmts(&k, &other[i], k.persons[i], root, &all.s, a, e);
		for (struct row *x = other[i], *next; r == 0 && x; x = next) {
			next = x->next;
			x->next = own.rows;
			own.rows = x;
		}
	}
	if (r == 0)
		r = sort_rows(&own.rows, own.n, a, e);
	if (r < 0)
		return r;
	all.rows = own.rows;
	all.moved = k.n > 0;
	all.others = k.persons;
	all.other_count = k.n ? k.person_count : 0;
	*ret = all;
	return 0;
}
