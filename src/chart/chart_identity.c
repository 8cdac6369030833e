/* Who is whom. A person is a tree of identifiers as of an entry; everything here puts or ends an edge of such a tree, and nothing else.
 *
 *   also         two numbers sent for one patient (PID-3 repeats): joined unless what is known of both says that they are two people
 *   merge        (A18 A30 A34 A36 A39 A40) whoever OTHER is hangs below the survivor from this entry on. Merge to itself or again: nothing.
 *                A into B, B into C: C's tree holds all. Then A into X or X into A: A is a name for C's tree.
 *                Crossed (A into B, later B into A): A becomes the root, B hangs below it
 *   change-id    (A46 A47) as a merge
 *   move-id      (A43) one identifier leaves its tree for another one
 *   link         (A24) as a merge, but neither is the older number; unlink (A37) ends it
 *   unmerge      the edge by which OTHER came into the survivor's tree ends: both trees are what they were, and what came under either number in between is where
 *                it was sent. From then on the two are "apart": a list of numbers does not join them again, only a merge that is newer than the un-merge does.
 * What came between merge and un-merge is listed for review on both.
 */
#include "chart_internal.h"

#include <stdlib.h>

bool touch(struct apply *p, uint32_t person)
{
	for (size_t i = 0; i < p->touched.n; i++)
		if (p->touched.v[i] == person)
			return true;
	if (p->touched.n == p->touched.cap) {
		size_t cap = p->touched.cap ? p->touched.cap * 2 : 16;
		uint32_t *v = arena_array(p->a, cap, sizeof *v);
		if (!v)
			return false;
		if (p->touched.n)
			memcpy(v, p->touched.v, p->touched.n * sizeof *v);
		p->touched.v = v;
		p->touched.cap = cap;
	}
	p->touched.v[p->touched.n++] = person;
	return true;
}

static int touch_both(struct apply *p, uint32_t x, uint32_t y, struct err *e)
{
	return touch(p, x) && touch(p, y) ? 0 : chart_no_memory(p->a, e);
}

/* ---- reviews ------------------------------------------------------------------------------------------------------------------------- */

struct same_review {
	uint8_t what;
	uint32_t other;
	bool found;
};

static int is_same_review(void *arg, const struct store_review *v, struct err *e)
{
	struct same_review *s = arg;
	s->found = v->what == s->what && v->other == s->other;
	return s->found;
}

int review_put(struct apply *p, uint32_t ident, uint8_t what, uint32_t other, uint64_t since, struct err *e)
{
	bool each_time = what == REVIEW_UNMERGED || what == REVIEW_UNMERGED_FROM || what == REVIEW_ID_REUSED || what == REVIEW_QUARANTINE || what == REVIEW_OLD_MERGE || what == REVIEW_NOT_MERGED;
	struct same_review s = {what, other, false};
	int r = each_time ? 0 : ASK(p->c, reviews, ident, p->end, is_same_review, &s, e);
	if (r < 0 || s.found)
		return r;
	struct store_review v = {.id = ++p->c->reviews, .ident = ident, .other = other, .what = what, .entry = p->en->seq, .since = since};
	return ASK(p->c, put_review, &v, e);
}

/* ---- edges ------------------------------------------------------------------------------------------------------------------------------ */

int identity_join(struct apply *p, uint32_t child, uint32_t parent, uint8_t why, struct names n, struct err *e)
{
	struct store_edge x = {.id = ++p->c->edges, .child = child, .parent = parent, .named_child = n.child, .named_parent = n.parent, .why = why, .time = n.time, .from = p->en->seq, .to = STORE_OPEN};
	assert(child != parent);
	p->c->persons--;
	p->c->weak += why == EDGE_AUTHORITY;
	return ASK(p->c, put_edge, &x, e);
}

int identity_part(struct apply *p, const struct store_edge *x, uint8_t ended_by, struct err *e)
{
	p->c->persons++;
	p->c->weak -= x->why == EDGE_AUTHORITY;
	if (ended_by == ENDED_UNMERGE || ended_by == ENDED_UNLINK)
		p->c->aparts++;
	return ASK(p->c, end_edge, x->id, p->en->seq, ended_by, e);
}

/* From an identifier up to its root. */
struct path {
	struct store_edge *v;
	size_t n, cap;
};

static int path_up(struct apply *p, uint32_t id, struct path *ret, struct err *e)
{
	struct path k = {0};
	for (;;) {
		struct store_edge x;
		int r = ASK(p->c, edge_up, id, p->end, &x, e);
		if (r == ERR_NOT_FOUND) {
			*ret = k;
			return 0;
		}
		if (r < 0)
			return r;
		if (k.n == CHART_MEMBERS_MAX)
			return err_set(e, ERR_LIMIT, "view", "one person has more than %d numbers", CHART_MEMBERS_MAX);
		if (k.n == k.cap) {
			size_t cap = k.cap ? k.cap * 2 : 8;
			struct store_edge *v = arena_array(p->a, cap, sizeof *v);
			if (!v)
				return chart_no_memory(p->a, e);
			if (k.n)
				memcpy(v, k.v, k.n * sizeof *v);
			k.v = v;
			k.cap = cap;
		}
		k.v[k.n++] = x;
		id = x.parent;
	}
}

static bool passes(const struct path *k, uint64_t edge)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->v[i].id == edge)
			return true;
	return false;
}

/* ---- apart: what an un-merge has said ------------------------------------------------------------------------------------------------------ */

struct apart {
	const struct members *others;
	bool found;
	uint64_t ended;
};

static int is_apart(void *arg, const struct store_edge *x, struct err *e)
{
	struct apart *s = arg;
	if (x->ended_by != ENDED_UNMERGE && x->ended_by != ENDED_UNLINK)
		return 0;
	for (size_t i = 0; i < s->others->n; i++) {
		uint32_t o = s->others->v[i].ident;
		if ((o == x->named_child || o == x->named_parent || o == x->child || o == x->parent) && (!s->found || x->to > s->ended)) {
			s->found = true;
			s->ended = x->to;
		}
	}
	return 0;
}

int identity_told_apart(struct apply *p, uint32_t a, uint32_t b, bool *ret, uint64_t *ret_ended, struct err *e)
{
	*ret = false;
	if (p->c->aparts == 0)
		return 0;
	struct members ma, mb;
	int r = person_members(p->c, a, p->end, false, p->a, &ma, e);
	if (r == 0)
		r = person_members(p->c, b, p->end, false, p->a, &mb, e);
	struct apart s = {&mb, false, 0};
	for (size_t i = 0; r == 0 && i < ma.n; i++)
		r = ASK(p->c, edges_named, ma.v[i].ident, is_apart, &s, e);
	if (r < 0)
		return r;
	*ret = s.found;
	*ret_ended = s.ended;
	return 0;
}

/* Is an event of this (sender's) time older than the entry that told them apart? */
static int older_than_parting(struct apply *p, int64_t time, uint64_t parted, bool *ret, struct err *e)
{
	int64_t t;
	int r = times_of_staged(p->c, parted, &t, e);
	if (r == 0)
		*ret = time < t;
	return r;
}

/* ---- what gives way to evidence: chart_spelling.c -------------------------------------------------------------------------------------------- */

static const struct store_edge *weak_edge(const struct path *a, const struct path *b)
{
	for (size_t i = 0; i < a->n && !passes(b, a->v[i].id); i++)
		if (a->v[i].why == EDGE_AUTHORITY)
			return &a->v[i];
	return NULL;
}

/* The two are in one tree. Where only the spelling of an authority holds them together they are taken out of it, so that what was said of them can join them for good: then *ret is true. */
static int make_firm(struct apply *p, uint32_t a, uint32_t b, bool *ret, struct err *e)
{
	*ret = false;
	while (p->c->weak) {
		struct path up, over;
		int r = path_up(p, a, &up, e);
		if (r == 0)
			r = path_up(p, b, &over, e);
		if (r < 0)
			return r;
		const struct store_edge *x = weak_edge(&up, &over);
		if (!x)
			x = weak_edge(&over, &up);
		if (!x)
			return 0;
		*ret = true;
		r = spelling_split(p, x, ENDED_REROOT, e);
		uint32_t ra, rb;
		if (r == 0)
			r = person_root(p->c, a, p->end, &ra, e);
		if (r == 0)
			r = person_root(p->c, b, p->end, &rb, e);
		if (r < 0 || ra != rb)
			return r;
	}
	return 0;
}

/* ---- numbers sent together ------------------------------------------------------------------------------------------------------------------- */

bool ident_is_number(struct slice value)
{
	static const char *const junk[] = {"UNKNOWN", "NONE", "UNK", "N/A", "NA", "NULL", "TEMP", "TEST", "XXX", "-"};
	if (value.n < 2)
		return false;
	size_t same = 0;
	for (size_t k = 0; k < value.n; k++)
		same += value.p[k] == value.p[0];
	if (same == value.n)
		return false; /* 0000000, 9999999 */
	for (size_t k = 0; k < ARRAY_LEN(junk); k++)
		if (slice_eq_nocase(value, junk[k]))
			return false;
	return true;
}

/* Numbers that name a patient across messages. National numbers only under their authority; what is typed as nothing only under one, too. */
bool ident_joins(const struct fact_ident *i)
{
	static const char *const always[] = {"MR", "PI", "PT", "EPI", "MPI", "MRT", "EI", "PE"};
	static const char *const with_assigner[] = {"NI", "NH", "HC", "JHN", "INS", "NHS", ""};
	if (!ident_is_number(i->value))
		return false;
	if (i->assigner.n && (memmem(i->assigner.p, i->assigner.n, "us-ssn", 6) || memmem(i->assigner.p, i->assigner.n, "2.16.840.1.113883.4.1", 21)))
		return false; /* social security numbers; driver's licences are 2.16.840.1.113883.4.3.x, which this does not begin */
	if (i->assigner.n && memmem(i->assigner.p, i->assigner.n, "2.16.840.1.113883.4.3.", 22))
		return false;
	for (size_t k = 0; k < ARRAY_LEN(always); k++)
		if (slice_eq_nocase(i->type, always[k]))
			return true;
	if (!i->assigner.n)
		return false;
	for (size_t k = 0; k < ARRAY_LEN(with_assigner); k++)
		if (slice_eq_nocase(i->type, with_assigner[k]))
			return true;
	return i->type.n >= 3 && slice_starts(i->type, "NN"); /* table 0203: NN + country code */
}

static int agree(struct apply *p, const struct fact_group *g, uint32_t id, uint32_t other_root, bool *ret, struct err *e)
{
	struct members m;
	struct header *mine, *theirs;
	int r = header_of_group(p, g, id, &mine, e);
	if (r == 0)
		r = person_members(p->c, other_root, p->end, false, p->a, &m, e);
	if (r == 0)
		r = person_header(p->c, &m, p->end, p->a, &theirs, e);
	bool sure;
	if (r == 0)
		*ret = header_agrees(mine, theirs, &sure);
	return r;
}

static int join_also(struct apply *p, const struct fact_group *g, uint32_t id, const struct fact_ident *i, bool *conflict, struct err *e)
{
	uint32_t other, ra, rb;
	bool fresh, apart, same;
	uint64_t ended;
	int r = ident_get_or_make(p, i, &other, &fresh, e);
	if (r < 0 || other == id)
		return r;
	if ((r = person_root(p->c, id, p->end, &ra, e)) < 0 || (r = person_root(p->c, other, p->end, &rb, e)) < 0)
		return r;
	struct names n = {id, other, p->time};
	if (ra == rb) {
		bool firm;
		r = make_firm(p, id, other, &firm, e);
		if (r < 0 || !firm || (r = person_root(p->c, id, p->end, &ra, e)) < 0 || (r = person_root(p->c, other, p->end, &rb, e)) < 0 || ra == rb)
			return r;
		return touch_both(p, ra, rb, e) < 0 ? ERR_MEMORY : ra > rb ? identity_join(p, ra, other, EDGE_ALSO, n, e) : identity_join(p, rb, id, EDGE_ALSO, n, e);
	}
	if (fresh) { /* a number heard of for the first time: it can be nobody else's */
		n = (struct names){other, id, p->time};
		ident_state(p->c, other)->root = ra;
		return identity_join(p, other, id, EDGE_ALSO, n, e);
	}
	r = identity_told_apart(p, ra, rb, &apart, &ended, e);
	if (r == 0)
		r = agree(p, g, id, rb, &same, e);
	if (r < 0)
		return r;
	if (apart || !same) {
		*conflict = true;
		r = review_put(p, id, REVIEW_CONFLICT, other, p->en->seq, e);
		return r < 0 ? r : review_put(p, rb, REVIEW_CONFLICT, id, p->en->seq, e);
	}
	if (touch_both(p, ra, rb, e) < 0)
		return ERR_MEMORY;
	p->c->epoch++;
	return ra > rb ? identity_join(p, ra, other, EDGE_ALSO, n, e) : identity_join(p, rb, id, EDGE_ALSO, n, e);
}

int ident_join_also(struct apply *p, const struct fact_group *g, uint32_t id, bool *ret_conflict, struct err *e)
{
	int r = 0;
	*ret_conflict = false;
	for (unsigned i = 0; i < g->also_count && r == 0; i++)
		if (ident_joins(&g->also[i]))
			r = join_also(p, g, id, &g->also[i], ret_conflict, e);
	return r;
}

/* ---- a number without an assigner ------------------------------------------------------------------------------------------------------------- */

struct twin_find {
	struct apply *p;
	const struct store_ident *self;
	struct ident_list list;
};

static int twin_hit(void *arg, const struct store_ident *i, struct err *e)
{
	struct twin_find *t = arg;
	/* the same number, once with an assigner and once without: both records, both real or both test */
	if (i->id == t->self->id || i->space != t->self->space || (i->assigner.n == 0) == (t->self->assigner.n == 0))
		return 0;
	if (t->list.n == t->list.cap) {
		size_t cap = t->list.cap ? t->list.cap * 2 : 4;
		struct store_ident *v = arena_array(t->p->a, cap, sizeof *v);
		if (!v)
			return chart_no_memory(t->p->a, e);
		if (t->list.n)
			memcpy(v, t->list.v, t->list.n * sizeof *v);
		t->list.v = v;
		t->list.cap = cap;
	}
	t->list.v[t->list.n] = *i;
	t->list.v[t->list.n].value = t->list.v[t->list.n].assigner = t->list.v[t->list.n].type = SLICE_NULL;
	t->list.n++;
	return 0;
}

/* Some systems of a house send its record numbers bare. Two charts of one person are a danger as a wrong join is: joined only when the number is the same, birth date and name say the
 * same person, exactly one such other is known, and nobody has told the two apart. */
int identity_same_number(struct apply *p, uint32_t id, struct err *e)
{
	struct store_ident self;
	int r = ident_load(p->c, id, p->a, &self, e);
	if (r < 0 || (self.space & ~SPACE_TEST) != SPACE_RECORD)
		return r;
	struct twin_find t = {.p = p, .self = &self};
	r = ASK(p->c, idents_by_value, self.value, twin_hit, &t, e);
	if (r < 0 || t.list.n == 0)
		return r;
	uint32_t mine, match = 0, match_root = 0, matches = 0;
	r = person_root(p->c, id, p->end, &mine, e);
	struct header *h, *o;
	if (r == 0)
		r = header_load(p->c, id, p->end, p->a, &h, e);
	for (size_t i = 0; r == 0 && i < t.list.n; i++) {
		uint32_t root;
		bool sure;
		if ((r = person_root(p->c, t.list.v[i].id, p->end, &root, e)) < 0 || (r = header_load(p->c, t.list.v[i].id, p->end, p->a, &o, e)) < 0)
			break;
		if (header_agrees(h, o, &sure) && sure) {
			matches += !matches || root != match_root; /* one person may have it from an authority in several spellings */
			match = t.list.v[i].id;
			match_root = root;
		}
	}
	bool apart = false;
	uint64_t ended;
	if (r == 0 && matches == 1 && match_root != mine)
		r = identity_told_apart(p, mine, match_root, &apart, &ended, e);
	if (r < 0 || matches != 1 || match_root == mine || apart)
		return r;
	if (touch_both(p, mine, match_root, e) < 0)
		return ERR_MEMORY;
	p->c->epoch++;
	/* the bare number hangs below the full one */
	struct names n = self.assigner.n ? (struct names){match, id, p->time} : (struct names){id, match, p->time};
	return self.assigner.n ? identity_join(p, match_root, id, EDGE_SAME_NUMBER, n, e) : identity_join(p, mine, match, EDGE_SAME_NUMBER, n, e);
}

/* ---- merge --------------------------------------------------------------------------------------------------------------------------------------- */

/* Crossed: other is the root of the survivor's tree. The survivor comes out and the whole hangs below it, unless the event is older than what stands. */
static int reroot(struct apply *p, uint32_t survivor, uint32_t root, uint8_t why, struct names n, struct err *e)
{
	struct store_edge x;
	int r = ASK(p->c, edge_up, survivor, p->end, &x, e);
	if (r < 0)
		return r == ERR_NOT_FOUND ? 0 : r;
	if (x.time > n.time)
		return 0;
	r = identity_part(p, &x, ENDED_REROOT, e);
	return r < 0 ? r : identity_join(p, root, survivor, why, n, e);
}

static int merge(struct apply *p, uint32_t survivor, uint32_t other, uint8_t why, int64_t time, struct err *e)
{
	uint32_t rs, ro;
	bool apart, old = false;
	uint64_t ended;
	if (survivor == other)
		return 0;
	int r = person_root(p->c, survivor, p->end, &rs, e);
	if (r == 0)
		r = person_root(p->c, other, p->end, &ro, e);
	if (r < 0)
		return r;
	struct names n = {other, survivor, time};
	bool firm = false;
	if (rs == ro && why != EDGE_LINK) {
		r = make_firm(p, survivor, other, &firm, e);
		if (r == 0 && firm)
			r = person_root(p->c, survivor, p->end, &rs, e);
		if (r == 0 && firm)
			r = person_root(p->c, other, p->end, &ro, e);
		if (r < 0)
			return r;
	}
	if (rs == ro) {
		if (other != ro || why == EDGE_LINK)
			return 0; /* said again */
		if (touch_both(p, rs, survivor, e) < 0)
			return ERR_MEMORY;
		p->c->epoch++;
		return reroot(p, survivor, ro, why, n, e);
	}
	r = identity_told_apart(p, rs, ro, &apart, &ended, e);
	if (r == 0 && apart)
		r = older_than_parting(p, time, ended, &old, e);
	if (r < 0)
		return r;
	if (old) { /* somebody undid this since it happened: the same message again does not do it again */
		r = review_put(p, rs, REVIEW_OLD_MERGE, ro, ended, e);
		return r < 0 ? r : review_put(p, ro, REVIEW_OLD_MERGE, rs, ended, e);
	}
	if (touch_both(p, rs, ro, e) < 0)
		return ERR_MEMORY;
	p->c->epoch++;
	return identity_join(p, ro, survivor, why, n, e);
}

/* ---- taking apart ------------------------------------------------------------------------------------------------------------------------------------ */

/* The edge whose end parts a from b, on a's way up but not on b's. */
static const struct store_edge *parting_edge(const struct path *a, const struct path *b, uint32_t ia, uint32_t ib)
{
	const struct store_edge *named = NULL, *strong = NULL, *any = NULL;
	for (size_t i = 0; i < a->n; i++) {
		const struct store_edge *x = &a->v[i];
		if (passes(b, x->id))
			break;
		if (!named && ((x->named_child == ia && x->named_parent == ib) || (x->named_child == ib && x->named_parent == ia)))
			named = x;
		if (!strong && x->why != EDGE_ALSO && x->why != EDGE_SAME_NUMBER && x->why != EDGE_AUTHORITY)
			strong = x;
		if (!any)
			any = x;
	}
	return named ? named : strong ? strong : any;
}

static int take_apart(struct apply *p, uint32_t survivor, uint32_t other, uint8_t ended_by, int64_t time, struct err *e)
{
	struct path a, b;
	uint32_t rs, ro;
	int r = person_root(p->c, survivor, p->end, &rs, e);
	if (r == 0)
		r = person_root(p->c, other, p->end, &ro, e);
	if (r < 0)
		return r;
	if (rs != ro || survivor == other) {
		r = review_put(p, rs, REVIEW_NOT_MERGED, ro, p->en->seq, e);
		return r < 0 || rs == ro ? r : review_put(p, ro, REVIEW_NOT_MERGED, rs, p->en->seq, e);
	}
	r = path_up(p, other, &a, e);
	if (r == 0)
		r = path_up(p, survivor, &b, e);
	if (r < 0)
		return r;
	const struct store_edge *x = parting_edge(&a, &b, other, survivor);
	if (!x)
		x = parting_edge(&b, &a, survivor, other); /* the survivor hangs below the other: crossed, or said the other way round */
	if (!x || (ended_by == ENDED_UNLINK && x->time > time))
		return 0; /* an unlink that is older than the link */
	if (touch_both(p, rs, x->child, e) < 0)
		return ERR_MEMORY;
	p->c->epoch++;
	r = review_put(p, x->child, REVIEW_UNMERGED, x->parent, x->from, e);
	if (r == 0)
		r = review_put(p, x->parent, REVIEW_UNMERGED_FROM, x->child, x->from, e);
	return r < 0 ? r : identity_part(p, x, ended_by, e);
}

/* ---- an identifier alone -------------------------------------------------------------------------------------------------------------------------------- */

struct edges {
	struct apply *p;
	struct store_edge *v;
	size_t n, cap;
};

static int take_edge(void *arg, const struct store_edge *x, struct err *e)
{
	struct edges *k = arg;
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 8;
		struct store_edge *v = arena_array(k->p->a, cap, sizeof *v);
		if (!v)
			return chart_no_memory(k->p->a, e);
		if (k->n)
			memcpy(v, k->v, k->n * sizeof *v);
		k->v = v;
		k->cap = cap;
	}
	k->v[k->n++] = *x;
	return 0;
}

/* A43: what hangs below the one that leaves stays with the person it leaves. */
static int move_id(struct apply *p, uint32_t to, uint32_t id, int64_t time, struct err *e)
{
	uint32_t from, target;
	int r = person_root(p->c, id, p->end, &from, e);
	if (r == 0)
		r = person_root(p->c, to, p->end, &target, e);
	if (r < 0 || from == target)
		return r;
	struct edges k = {.p = p};
	r = ASK(p->c, edges_down, id, p->end, take_edge, &k, e);
	struct store_edge up;
	bool has_up = false;
	if (r == 0) {
		r = ASK(p->c, edge_up, id, p->end, &up, e);
		has_up = r == 0;
		r = r == ERR_NOT_FOUND ? 0 : r;
	}
	if (r == 0 && has_up)
		r = identity_part(p, &up, ENDED_MOVE, e);
	uint32_t heir = has_up ? up.parent : 0; /* the first child, where a root leaves */
	for (size_t i = 0; r == 0 && i < k.n; i++) {
		r = identity_part(p, &k.v[i], ENDED_MOVE, e);
		if (r == 0 && heir)
			r = identity_join(p, k.v[i].child, heir, k.v[i].why, (struct names){k.v[i].named_child, heir, k.v[i].time}, e);
		if (r == 0 && !heir)
			heir = k.v[i].child;
		if (r == 0 && touch_both(p, k.v[i].child, from, e) < 0)
			r = ERR_MEMORY;
	}
	if (r == 0 && touch_both(p, from, target, e) < 0)
		r = ERR_MEMORY;
	p->c->epoch++;
	return r < 0 ? r : identity_join(p, id, to, EDGE_MOVE, (struct names){id, to, time}, e);
}

/* ---- who is meant ------------------------------------------------------------------------------------------------------------------------------------------- */

struct loose {
	struct apply *p;
	struct slice prefer; /* assigner */
	uint8_t space;
	uint32_t hit, preferred, root;
	bool several;
};

static int loose_hit(void *arg, const struct store_ident *i, struct err *e)
{
	struct loose *l = arg;
	if (i->space != l->space)
		return 0;
	if (l->prefer.n && slice_eq(i->assigner, l->prefer))
		l->preferred = i->id;
	l->several |= l->hit != 0;
	l->hit = i->id;
	return 0;
}

/* MRG-1 often comes without the assigner that PID-3 has. The same assigner is meant, else the only such number that is known; one never heard of is the survivor's assigner's. */
static int resolve(struct apply *p, struct fact_ident i, uint32_t survivor, uint32_t *ret, bool *ret_new, struct err *e)
{
	*ret_new = false;
	int r = ident_find(p, &i, ret, e);
	if (r < 0 || *ret)
		return r;
	struct store_ident s;
	r = ident_load(p->c, survivor, p->a, &s, e);
	if (r < 0)
		return r;
	uint32_t twin;
	bool spelled = false;
	if (i.assigner.n) {
		r = ident_get_or_make(p, &i, &twin, ret_new, e);
		if (r == 0)
			r = spelling_join(p, twin, &i, &spelled, e);
		*ret = twin;
		*ret_new = !spelled;
		return r;
	}
	struct loose l = {.p = p, .prefer = s.assigner, .space = s.space};
	if (ident_is_record(i.type)) {
		r = ASK(p->c, idents_by_value, i.value, loose_hit, &l, e);
		*ret = l.preferred ? l.preferred : l.several ? 0 : l.hit;
		if (r < 0 || *ret)
			return r;
		i.assigner = s.assigner;
	}
	return ident_get_or_make(p, &i, ret, ret_new, e);
}

/* A43 names one spelling of a number; what else it is called in this person goes with it. */
static int move_spellings(struct apply *p, uint32_t to, uint32_t id, int64_t time, struct err *e)
{
	uint32_t twin[AUTHORITY_NAMES_MAX], from, target;
	size_t n = 0;
	int r = person_root(p->c, to, p->end, &target, e);
	if (r == 0)
		r = person_root(p->c, id, p->end, &from, e);
	if (r < 0 || from == target)
		return r;
	if (p->c->weak)
		r = spelling_twins(p, id, from, twin, &n, e);
	if (r == 0)
		r = move_id(p, to, id, time, e);
	for (size_t k = 0; r == 0 && k < n; k++)
		r = move_id(p, id, twin[k], time, e);
	return r;
}

static int merge_all(struct apply *p, const struct fact *t, uint32_t survivor, const char *action, int64_t time, struct err *e)
{
	uint32_t first = 0;
	size_t n = fact_count(t, FF_OTHER);
	int r = 0;
	for (size_t k = 0; k < n && r == 0; k++) {
		struct fact_ident i;
		ident_split(fact_nth(t, FF_OTHER, k), &i);
		if (!i.value.n || (n > 1 && !ident_is_record(i.type)))
			continue; /* of several numbers of the other one, those that name records */
		uint32_t other;
		bool fresh;
		r = resolve(p, i, survivor, &other, &fresh, e);
		if (r < 0)
			break;
		if (!strcmp(action, "move-id"))
			r = move_spellings(p, survivor, other, time, e);
		else if (!strcmp(action, "unlink"))
			r = take_apart(p, survivor, other, ENDED_UNLINK, time, e);
		else if (!strcmp(action, "unmerge"))
			r = take_apart(p, survivor, other, ENDED_UNMERGE, time, e);
		else if (first && fresh) /* another number of the one that goes */
			r = identity_join(p, other, first, EDGE_ALSO, (struct names){other, first, time}, e), p->c->epoch++;
		else
			r = merge(p, survivor, other, !strcmp(action, "link") ? EDGE_LINK : !strcmp(action, "change-id") ? EDGE_CHANGE : EDGE_MERGE, time, e);
		first = first ? first : other;
	}
	return r;
}

/* ---- visits and accounts that move to another patient ------------------------------------------------------------------------------------------------------------ */

static int move_thing(struct apply *p, const struct fact *t, uint32_t to, uint8_t what, struct err *e)
{
	struct fact_ident i, thing;
	struct slice now = fact_get(t, what == MOVE_VISIT ? FF_VISIT : FF_ACCOUNT), before = fact_get(t, what == MOVE_VISIT ? FF_OTHER_VISIT : FF_OTHER_ACCOUNT);
	ident_split(fact_get(t, FF_OTHER), &i);
	ident_split(before.n ? before : now, &thing);
	if (!i.value.n || !thing.value.n)
		return 0;
	uint32_t from, rf = 0, rt = 0;
	bool fresh;
	int r = resolve(p, i, to, &from, &fresh, e);
	if (r == 0)
		r = person_root(p->c, from, p->end, &rf, e);
	if (r == 0)
		r = person_root(p->c, to, p->end, &rt, e);
	if (r < 0 || rf == rt)
		return r;
	struct store_move m = {.id = ++p->c->moves, .what = what, .key = thing.value, .from_ident = from, .to_ident = to, .from = p->en->seq, .to = STORE_OPEN};
	p->c->epoch++; /* what is remembered of either is of before */
	r = ASK(p->c, put_move, &m, e);
	return r < 0 ? r : touch_both(p, rf, rt, e);
}

int identity_apply(struct apply *p, const struct fact *t, uint32_t id, uint64_t row, struct err *e)
{
	static const char *const trees[] = {"merge", "change-id", "move-id", "link", "unlink", "unmerge"};
	struct slice action = fact_get(t, FF_ACTION);
	int64_t time = fact_time_ns(fact_get(t, FF_TIME), p->c->zone_minutes);
	time = time == INT64_MIN ? p->time : chart_sane_time(time, p->c->last_time);
	for (size_t i = 0; i < ARRAY_LEN(trees); i++)
		if (slice_eq_str(action, trees[i]))
			return merge_all(p, t, id, trees[i], time, e);
	if (slice_eq_str(action, "move-visit"))
		return move_thing(p, t, id, MOVE_VISIT, e);
	if (slice_eq_str(action, "move-account"))
		return move_thing(p, t, id, MOVE_ACCOUNT, e);
	if (slice_eq_str(action, "delete"))
		return review_put(p, id, REVIEW_DELETED, 0, p->en->seq, e);
	return 0; /* change-visit, change-account: visit events (chart_visit.c) */
}

/* ---- what a registrar decides: entries of kind identity, {"op":"merge|link|unmerge","of":O,"into|from":S,"reason":...} ------------------------------------------------ */

static int named_in_entry(struct apply *p, struct slice text, uint32_t *ret, struct err *e)
{
	*ret = 0;
	int r = ident_by_our_id(p->c, text, p->end, ret, e);
	if (r != ERR_NOT_FOUND)
		return r;
	struct ident_list list;
	r = idents_of_text(p->c, text, p->end, p->a, &list, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < list.n; i++) { /* real ones before test ones */
		if (list.v[i].space & SPACE_TEST)
			continue;
		if (*ret) { /* several: nobody is moved on a guess */
			uint32_t first = *ret;
			*ret = 0;
			r = review_put(p, first, REVIEW_AMBIGUOUS, list.v[i].id, p->en->seq, e);
			return r < 0 ? r : review_put(p, list.v[i].id, REVIEW_AMBIGUOUS, first, p->en->seq, e);
		}
		*ret = list.v[i].id;
	}
	if (!*ret && list.n == 1)
		*ret = list.v[0].id;
	return 0;
}

int identity_entry(struct apply *p, struct slice json, struct err *e)
{
	struct json_node *n;
	struct err bad;
	if (json_tree(json, p->a, &n, &bad) < 0)
		return 0; /* kept as an event that could not be read */
	struct slice op = json_text(n, "op"), of = json_text(n, "of"), with = json_text(n, "into");
	if (!with.n)
		with = json_text(n, "from");
	if (!of.n || !with.n)
		return 0;
	uint32_t other = 0, survivor = 0;
	int r = named_in_entry(p, of, &other, e);
	if (r == 0)
		r = named_in_entry(p, with, &survivor, e);
	if (r < 0 || !other || !survivor)
		return r;
	if (slice_eq_str(op, "merge"))
		return merge(p, survivor, other, EDGE_MERGE, p->c->last_time, e);
	if (slice_eq_str(op, "link"))
		return merge(p, survivor, other, EDGE_LINK, p->c->last_time, e);
	if (slice_eq_str(op, "unmerge") || slice_eq_str(op, "unlink"))
		return take_apart(p, survivor, other, slice_eq_str(op, "unmerge") ? ENDED_UNMERGE : ENDED_UNLINK, p->c->last_time, e);
	return 0;
}
