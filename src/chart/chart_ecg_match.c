/* Whose a recording is, and whose it may be.
 *
 * By itself it is matched only where
 *   - file or sender name a record number together with its assigner, both of which are known here, and all such numbers are one person's; or the sender named a person of this chart (our id);
 *   - and the birth date of that person, or an order of that very person, is the one that file or sender say (for a person whom the sender named: two of record number, birth date, order);
 *   - and nothing contradicts: another birth date, sex, family or given name, or another number, in file or typed.
 * A number alone is not enough: digits are transposed, devices keep the last patient's. A name alone never is. Everything else is unmatched, a state in which nothing of it is in any chart; the persons whom it may be of
 * are shown with what agrees and what differs, and a person says whose it is, with two identifiers (Joint Commission NPSG.01.01.01).
 */
#include "chart_internal.h"

#include <stdlib.h>

#define TWO_OF (CHART_ECG_NUMBER | CHART_ECG_BIRTH | CHART_ECG_ORDER)
#define CANDIDATES_MAX 20

static bool two_of(uint32_t bits)
{
	bits &= TWO_OF;
	return (bits & (bits - 1)) != 0;
}

/* ---- one person against one recording ---- */

struct said { /* what file or sender say of a person */
	struct slice number, assigner, family, given, birth, sex;
};

static size_t all_said(const struct chart_ecg *g, struct said out[2])
{
	const struct fact *from[2] = {g->claimed, g->file};
	size_t n = 0;
	for (size_t i = 0; i < 2; i++) {
		if (!from[i])
			continue;
		struct slice id = fact_get(from[i], FF_ID), name = fact_get(from[i], FF_NAME);
		out[n++] = (struct said){.number = fact_part(id, FI_VALUE), .assigner = fact_part(id, FI_ASSIGNER), .family = fact_part(name, FN_FAMILY), .given = fact_part(name, FN_GIVEN), .birth = fact_get(from[i], FF_BIRTH),
		                         .sex = fact_get(from[i], FF_SEX)};
	}
	return n;
}

static bool name_near(struct slice a, struct slice b)
{
	AUTO_BUF struct buf room = {0};
	struct slice rest;
	buf_init(&room, 1 << 14);
	if (a.n > 300 || b.n > 300 || !buf_space(&room, 1 << 13))
		return false;
	utf8_fold(&room, a);
	size_t at = room.n;
	utf8_fold(&room, b);
	struct slice fa = slice_trim(slice_of(room.p, at)), fb = slice_trim(slice_of(room.p + at, room.n - at));
	return slice_eq(fa, fb) || words_near(slice_cut(fa, ' ', &rest), slice_cut(fb, ' ', &rest)) || words_near(fa, fb);
}

/* Any of the person's names (birth names, other scripts) will do. */
static void compare_name(const struct header *h, const struct said *s, uint32_t *agrees, uint32_t *differs)
{
	static const uint8_t fields[] = {FF_NAME, FF_ALIAS};
	bool any = false, family = false, given = false;
	for (int l = 0; l < LAYERS; l++)
		for (size_t k = 0; k < ARRAY_LEN(fields); k++)
			for (uint32_t i = 0; h->val[l][fields[k]] && i < h->val[l][fields[k]]->n; i++) {
				struct slice name = h->val[l][fields[k]]->v[i];
				if (!fact_part(name, FN_FAMILY).n && !fact_part(name, FN_GIVEN).n)
					continue;
				any = true;
				family = family || name_near(s->family, fact_part(name, FN_FAMILY));
				given = given || name_near(s->given, fact_part(name, FN_GIVEN));
			}
	if (any && s->family.n)
		*(family ? agrees : differs) |= CHART_ECG_FAMILY;
	if (any && s->given.n)
		*(given ? agrees : differs) |= CHART_ECG_GIVEN;
}

static void compare_birth(struct slice here, struct slice said, uint32_t *agrees, uint32_t *differs)
{
	size_t n = here.n < said.n ? here.n : said.n;
	if (n > 10)
		n = 10;
	if (n < 4)
		return;
	if (memcmp(here.p, said.p, n))
		*differs |= CHART_ECG_BIRTH;
	else if (n == 10)
		*agrees |= CHART_ECG_BIRTH;
}

static void compare_number(struct chart *c, const struct members *m, const struct header *h, const struct said *s, uint32_t *agrees, uint32_t *differs)
{
	bool found = false;
	if (!s->number.n || !ident_is_number(s->number))
		return;
	for (size_t i = 0; i < m->n && !found; i++)
		found = slice_eq(m->v[i].info.value, s->number) && (!s->assigner.n || slice_eq(m->v[i].info.assigner, s->assigner) || authority_same(c, m->v[i].info.assigner, s->assigner));
	for (size_t i = 0; i < h->ident_count && !found; i++)
		found = slice_eq(h->idents[i].value, s->number) && !s->assigner.n && ident_is_record(h->idents[i].type);
	*(found ? agrees : differs) |= CHART_ECG_NUMBER;
}

static int has_order(struct chart *c, uint32_t root, const struct members *m, uint64_t end, struct slice number, struct arena *a, bool *ret, struct err *e)
{
	static const uint8_t numbers[] = {FF_PLACER, FF_FILLER};
	struct person_rows all;
	*ret = false;
	int r = rows_of_person(c, root, m, end, 0, a, &all, e);
	for (size_t i = 0; r == 0 && i < all.s.n && !*ret; i++) {
		const struct fact *f = all.s.v[i].f;
		for (size_t k = 0; (f->kind == FACT_ORDER || f->kind == FACT_REPORT) && k < ARRAY_LEN(numbers); k++)
			for (size_t n = 0; n < fact_count(f, numbers[k]); n++)
				*ret = *ret || slice_eq(fact_part(fact_nth(f, numbers[k], n), FI_VALUE), number);
	}
	return r;
}

int ecg_compare(struct chart *c, const struct chart_ecg *g, uint32_t root, uint64_t end, struct arena *a, uint32_t *ret_agrees, uint32_t *ret_differs, struct err *e)
{
	struct members m;
	struct header *h;
	struct said said[2];
	size_t n = all_said(g, said);
	uint32_t agrees = 0, differs = 0;
	bool order = false;
	int r = person_members(c, root, end, true, a, &m, e);
	if (r == 0)
		r = person_header(c, &m, end, a, &h, e);
	if (r == 0 && g->order.n)
		r = has_order(c, root, &m, end, g->order, a, &order, e);
	if (r < 0)
		return r;
	struct slice birth = header_get(h, FF_BIRTH), sex = header_get(h, FF_SEX);
	for (size_t i = 0; i < n; i++) {
		compare_number(c, &m, h, &said[i], &agrees, &differs);
		compare_birth(birth, said[i].birth, &agrees, &differs);
		compare_name(h, &said[i], &agrees, &differs);
		if ((slice_eq_str(sex, "male") && slice_eq_str(said[i].sex, "female")) || (slice_eq_str(sex, "female") && slice_eq_str(said[i].sex, "male")))
			differs |= CHART_ECG_SEX;
		else if (sex.n && slice_eq(sex, said[i].sex))
			agrees |= CHART_ECG_SEX;
	}
	if (order)
		agrees |= CHART_ECG_ORDER;
	*ret_agrees = agrees & ~differs; /* file and sender may say two things: then it does not agree */
	*ret_differs = differs;
	return 0;
}

/* ---- by itself ---- */

struct numbered {
	struct chart *c;
	struct slice assigner;
	uint32_t id;
};

static int with_assigner(void *arg, const struct store_ident *i, struct err *e)
{
	struct numbered *k = arg;
	(void)e;
	if (i->space != SPACE_RECORD || !i->assigner.n || (!slice_eq(i->assigner, k->assigner) && !authority_same(k->c, i->assigner, k->assigner)))
		return 0;
	if (!k->id)
		k->id = i->id;
	return 0;
}

int ecg_whose(struct apply *p, const struct chart_ecg *g, uint32_t *ret, struct err *e)
{
	struct chart *c = p->c;
	struct said said[2];
	size_t n = all_said(g, said);
	uint32_t id = 0, root = 0, agrees, differs;
	struct slice named = fact_get(g->fact, FF_PATIENT_ID);
	*ret = 0;
	int r = named.n ? ident_by_our_id(c, named, p->en->seq, &id, e) : 0;
	if (r == ERR_NOT_FOUND)
		return 0;
	if (r == 0 && id)
		r = person_root(c, id, p->end, &root, e);
	for (size_t i = 0; i < n && r == 0; i++) {
		struct numbered k = {.c = c, .assigner = said[i].assigner};
		uint32_t other;
		if (!said[i].number.n || !said[i].assigner.n || !ident_is_number(said[i].number))
			continue;
		r = ASK(c, idents_by_value, said[i].number, with_assigner, &k, e);
		if (r < 0 || !k.id)
			continue;
		r = person_root(c, k.id, p->end, &other, e);
		if (r == 0 && root && other != root)
			return 0; /* two persons' numbers */
		id = id ? id : k.id;
		root = other;
	}
	if (r < 0 || !id)
		return r;
	r = ecg_compare(c, g, root, p->end, p->a, &agrees, &differs, e);
	if (r == 0 && !differs && (named.n ? two_of(agrees) : (agrees & CHART_ECG_NUMBER) && (agrees & (CHART_ECG_BIRTH | CHART_ECG_ORDER))))
		*ret = id;
	return r;
}

/* ---- whose it may be ---- */

struct found {
	uint32_t root[CANDIDATES_MAX * 2], named; /* named: whom the sender named, whatever else agrees */
	size_t n;
};

static int add_root(struct chart *c, struct found *k, uint32_t id, uint64_t end, struct err *e)
{
	uint32_t root;
	int r = person_root(c, id, end, &root, e);
	for (size_t i = 0; r == 0 && i < k->n; i++)
		if (k->root[i] == root)
			return 0;
	if (r == 0 && k->n < ARRAY_LEN(k->root))
		k->root[k->n++] = root;
	return r;
}

struct numbers {
	uint32_t id[CANDIDATES_MAX];
	size_t n;
};

static int any_record(void *arg, const struct store_ident *i, struct err *e)
{
	struct numbers *k = arg;
	(void)e;
	if (i->space == SPACE_RECORD && k->n < ARRAY_LEN(k->id))
		k->id[k->n++] = i->id;
	return k->n == ARRAY_LEN(k->id);
}

static unsigned score(uint32_t agrees, uint32_t differs)
{
	unsigned s = 100;
	s += agrees & CHART_ECG_NUMBER ? 32 : 0;
	s += agrees & CHART_ECG_ORDER ? 32 : 0;
	s += agrees & CHART_ECG_BIRTH ? 16 : 0;
	s += agrees & CHART_ECG_FAMILY ? 8 : 0;
	s += agrees & CHART_ECG_GIVEN ? 4 : 0;
	s -= differs & CHART_ECG_BIRTH ? 12 : 0;
	s -= differs & CHART_ECG_SEX ? 8 : 0;
	s -= differs & CHART_ECG_FAMILY ? 6 : 0;
	s -= differs & CHART_ECG_GIVEN ? 4 : 0;
	return s;
}

/* Somebody to be asked about: a number or order of theirs, or name and birth date, or the whole name. */
static bool likely(uint32_t agrees, uint32_t differs)
{
	uint32_t name = CHART_ECG_FAMILY | CHART_ECG_GIVEN;
	if (agrees & (CHART_ECG_NUMBER | CHART_ECG_ORDER))
		return true;
	return (agrees & CHART_ECG_BIRTH && agrees & name) || ((agrees & name) == name && !(differs & (CHART_ECG_BIRTH | CHART_ECG_SEX)));
}

static int best_first(const void *pa, const void *pb)
{
	const struct chart_ecg_candidate *const *a = pa, *const *b = pb;
	unsigned sa = score((*a)->agrees, (*a)->differs), sb = score((*b)->agrees, (*b)->differs);
	return sa != sb ? (sa > sb ? -1 : 1) : strcmp((*a)->row->id, (*b)->row->id);
}

/* Persons that the search for a name finds, by our ids: the search is a question of its own. */
static int by_name(struct chart *c, const struct said *s, struct arena *a, struct chart_row **ret, struct err *e)
{
	AUTO_BUF struct buf text = {0};
	size_t n;
	buf_init(&text, 4096);
	buf_add_slice(&text, s->family);
	buf_u8(&text, ' ');
	buf_add_slice(&text, s->given);
	*ret = NULL;
	if (!s->family.n || !buf_ok(&text))
		return 0;
	return chart_search(c, buf_slice(&text), (struct chart_moment){.end = CHART_NOW}, CANDIDATES_MAX, a, ret, &n, e);
}

static int collect(struct chart *c, const struct chart_ecg *g, const struct said *said, size_t n, struct chart_row *const names[2], struct found *k, struct err *e)
{
	uint64_t end = c->applied;
	uint32_t id;
	int r = 0;
	if (fact_get(g->fact, FF_PATIENT_ID).n) {
		r = ident_by_our_id(c, fact_get(g->fact, FF_PATIENT_ID), end, &id, e);
		r = r == 0 ? add_root(c, k, id, end, e) : r == ERR_NOT_FOUND ? 0 : r;
		k->named = k->n ? k->root[0] : 0;
	}
	for (size_t i = 0; i < n && r == 0; i++) {
		struct numbers v = {.n = 0};
		if (said[i].number.n && ident_is_number(said[i].number))
			r = ASK(c, idents_by_value, said[i].number, any_record, &v, e);
		for (size_t j = 0; j < v.n && r == 0; j++)
			r = add_root(c, k, v.id[j], end, e);
		for (const struct chart_row *x = names[i]; x && r == 0; x = x->next) {
			r = ident_by_our_id(c, slice_str(x->id), end, &id, e);
			r = r == 0 ? add_root(c, k, id, end, e) : r == ERR_NOT_FOUND ? 0 : r;
		}
	}
	return r;
}

/* Each of them against the recording, within one look. */
static int weigh(struct chart *c, const struct chart_ecg *g, const struct found *k, struct arena *a, struct chart_ecg_candidate **out, size_t *ret_n, struct err *e)
{
	AUTO_ARENA struct arena *scratch = arena_new(CHART_SCRATCH_MAX);
	size_t n = 0;
	int r = scratch ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; i < k->n && r == 0; i++) {
		struct chart_ecg_candidate x = {.row = NULL};
		arena_reset(scratch);
		r = ecg_compare(c, g, k->root[i], c->applied, scratch, &x.agrees, &x.differs, e);
		if (r < 0 || (k->root[i] != k->named && !likely(x.agrees, x.differs)))
			continue;
		struct chart_ecg_candidate *to = arena_alloc(a, sizeof *to);
		x.row = arena_alloc(a, sizeof *x.row);
		if (!to || !x.row)
			return chart_no_memory(a, e);
		r = row_of_person(c, k->root[i], NULL, c->applied, a, scratch, x.row, e);
		*to = x;
		out[n++] = to;
	}
	*ret_n = n;
	return r;
}

static int collect_and_weigh(struct chart *c, const struct chart_ecg *g, const struct said *said, size_t n, struct chart_row *const names[2], struct arena *a, struct chart_ecg_candidate **out, size_t *ret_n, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	struct found k = {.n = 0};
	int r = collect(c, g, said, n, names, &k, e);
	return r < 0 ? r : weigh(c, g, &k, a, out, ret_n, e);
}

int chart_ecg_candidates(struct chart *c, const struct chart_ecg *g, struct arena *a, struct chart_ecg_candidate **ret, struct err *e)
{
	struct said said[2];
	struct chart_row *names[2] = {NULL, NULL};
	struct chart_ecg_candidate *v[CANDIDATES_MAX * 2], **last = ret;
	size_t n = all_said(g, said), found = 0;
	int r = 0;
	*ret = NULL;
	for (size_t i = 0; i < n && r == 0; i++)
		r = by_name(c, &said[i], a, &names[i], e);
	if (r == 0)
		r = collect_and_weigh(c, g, said, n, names, a, v, &found, e);
	if (r < 0)
		return r;
	if (found)
		qsort(v, found, sizeof v[0], best_first);
	for (size_t i = 0; i < found && i < CANDIDATES_MAX; i++) {
		*last = v[i];
		last = &v[i]->next;
	}
	*last = NULL;
	return 0;
}

int chart_ecg_compare(struct chart *c, const struct chart_ecg *g, struct slice patient, struct arena *a, struct chart_ecg_candidate *ret, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	AUTO_ARENA struct arena *scratch = arena_new(CHART_SCRATCH_MAX);
	struct chart_ecg_candidate x = {.row = arena_alloc(a, sizeof *x.row)};
	uint32_t id, root;
	if (!scratch || !x.row)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = ident_by_our_id(c, patient, c->applied, &id, e);
	if (r == ERR_NOT_FOUND)
		return err_set(e, ERR_NOT_FOUND, NULL, "no patient has that id");
	if (r == 0)
		r = person_root(c, id, c->applied, &root, e);
	if (r == 0)
		r = ecg_compare(c, g, root, c->applied, scratch, &x.agrees, &x.differs, e);
	if (r == 0)
		r = row_of_person(c, root, NULL, c->applied, a, scratch, x.row, e);
	if (r == 0)
		*ret = x;
	return r;
}
