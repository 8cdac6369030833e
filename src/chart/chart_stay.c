/* Who is in the house: visit events kept as intervals ("person P in bed B from entry N to entry M"), so that the bed board of any moment is one question.
 *
 * The fold itself is chart_visit.c's. An event in order goes onto the fold that is remembered for its person; anything else (out of order, a merge, a moved visit) folds the
 * person's visit rows again. Either way the stay that follows is compared with the open one, and only a difference is written. That both ways give the same is a property test.
 */
#include "chart_internal.h"

#include <stdlib.h>

/* ---- the body of a stay ------------------------------------------------------------------------------------------------------------- */

#define STAY_VERSION 1
#define STAY_STRINGS(y) {&(y)->visit, &(y)->visit_assigner, &(y)->cls, &(y)->status, &(y)->facility, &(y)->unit, &(y)->room, &(y)->bed, &(y)->text, &(y)->since, &(y)->attending, &(y)->protected_as}

static void encode(const struct stay *y, struct buf *out)
{
	const struct slice *const strings[] = STAY_STRINGS(y);
	buf_u8(out, STAY_VERSION);
	buf_u32be(out, y->ident);
	buf_u8(out, (uint8_t)y->origin);
	for (size_t i = 0; i < ARRAY_LEN(strings); i++) {
		buf_varint(out, strings[i]->n);
		buf_add_slice(out, *strings[i]);
	}
}

int stay_decode(struct slice body, struct stay *ret, struct err *e)
{
	struct stay y = {0};
	struct slice *const strings[] = STAY_STRINGS(&y);
	struct cur in = cur_of(body);
	uint8_t version = cur_u8(&in);
	y.ident = cur_u32be(&in);
	uint8_t origin = cur_u8(&in);
	for (size_t i = 0; i < ARRAY_LEN(strings); i++) {
		uint64_t n = cur_varint(&in);
		*strings[i] = cur_take(&in, n > body.n ? SIZE_MAX : (size_t)n);
	}
	if (!cur_done(&in) || version != STAY_VERSION || origin > FACT_PARTNER)
		return err_set(e, ERR_CORRUPT, "view", "a row of the bed board is damaged: rebuild the view with 'holdfast view rebuild'");
	y.origin = (enum fact_origin)origin;
	*ret = y;
	return 0;
}

static struct stay stay_of_visit(const struct visit *x)
{
	return (struct stay){.ident = x->ident, .visit = x->number, .visit_assigner = x->assigner, .cls = x->cls, .status = x->status, .facility = x->place.facility, .unit = x->place.unit, .room = x->place.room,
	                     .bed = x->place.bed, .text = x->place.text, .since = x->since, .attending = x->attending, .protected_as = x->protected_as, .origin = x->origin};
}

/* ---- what is remembered ------------------------------------------------------------------------------------------------------------------ */

void stay_forget(struct chart *c)
{
	for (size_t i = 0; c->visit_slot && i < CHART_VISIT_SLOTS; i++)
		arena_free(c->visit_slot[i].a);
	free(c->visit_slot);
	c->visit_slot = NULL;
}

#define SLOT_BYTES_MAX ((size_t)64 << 20) /* of one person's fold */
#define SLOT_BYTES_STALE ((size_t)256 << 10) /* in-order events leave garbage behind: past this the fold is made again */

static struct visit_slot *slot_of(struct chart *c, uint32_t person)
{
	if (!c->visit_slot)
		c->visit_slot = calloc(CHART_VISIT_SLOTS, sizeof *c->visit_slot);
	return c->visit_slot ? &c->visit_slot[person % CHART_VISIT_SLOTS] : NULL;
}

static bool slot_is(const struct chart *c, const struct visit_slot *s, uint32_t person)
{
	return s->person == person && s->epoch == c->epoch && s->a && arena_used(s->a) < SLOT_BYTES_STALE + SLOT_BYTES_STALE;
}

static int take_open(void *arg, const struct store_stay *y, struct err *e)
{
	struct store_stay *to = arg;
	*to = *y;
	to->body = SLICE_NULL;
	return 1;
}

struct open_stay {
	struct chart *c;
	uint64_t id, hash;
	int64_t expires;
};

static int hash_open(void *arg, const struct store_stay *y, struct err *e)
{
	struct open_stay *o = arg;
	o->id = y->id;
	o->expires = y->expires;
	o->hash = chart_hash(o->c, 0, 0x73746179, y->body);
	return 1;
}

static int load_slot(struct apply *p, uint32_t person, struct visit_slot *s, struct err *e)
{
	struct chart *c = p->c;
	if (!s->a && !(s->a = arena_new(SLOT_BYTES_MAX)))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	arena_reset(s->a);
	s->person = 0;
	struct members m;
	struct person_rows all;
	int r = person_members(c, person, p->end, false, p->a, &m, e);
	if (r == 0)
		r = rows_of_person(c, person, &m, p->end, STORE_MARK_VISIT, p->a, &all, e);
	if (r < 0)
		return r;
	struct visit_event *ev = arena_array(p->a, all.s.n, sizeof *ev);
	size_t n = 0;
	if (!ev)
		return chart_no_memory(p->a, e);
	for (size_t i = 0; i < all.s.n; i++) {
		const struct stmt *t = &all.s.v[i];
		if (fact_is_visit_event(t->f))
			ev[n++] = (struct visit_event){.time = visit_event_time(t->f, &t->row->f, t->row->received, c->zone_minutes), .row = t->row->id, .entry = row_entry(t->row), .index = t->index, .ident = t->row->ident,
			                               .received = t->row->received, .origin = row_origin(t->row), .attending = visit_attending(t->row->f.first), .f = t->f};
	}
	s->v = (struct visits){.a = s->a, .last_time = INT64_MIN};
	if (!visits_fold(&s->v, ev, n, c->zone_minutes, false))
		return chart_no_memory(s->a, e);
	struct open_stay open = {.c = c};
	r = ASK(c, open_stay, person, hash_open, &open, e);
	if (r < 0)
		return r;
	s->person = person;
	s->epoch = c->epoch;
	s->moved = all.moved;
	s->stay = open.id;
	s->stay_hash = open.hash;
	s->expires = open.expires;
	return 0;
}

/* ---- settling: the open stay becomes what the fold says ------------------------------------------------------------------------------------- */

static int settle(struct apply *p, uint32_t person, struct visit_slot *s, struct err *e)
{
	struct chart *c = p->c;
	const struct visit *x = visits_current(&s->v, c->last_time);
	uint64_t hash = 0;
	int64_t expires = x ? visit_expires(x) : INT64_MAX;
	if (x) {
		struct stay y = stay_of_visit(x);
		buf_reset(&c->blob);
		encode(&y, &c->blob);
		if (!buf_ok(&c->blob))
			return err_set(e, buf_code(&c->blob), NULL, "no memory");
		hash = chart_hash(c, 0, 0x73746179, buf_slice(&c->blob));
	}
	int r = 0;
	if (x && s->stay && hash == s->stay_hash) {
		if (expires != s->expires)
			r = ASK(c, renew_stay, s->stay, expires, e);
	} else {
		if (s->stay)
			r = ASK(c, end_stay, s->stay, p->en->seq, e);
		s->stay = 0;
		if (r == 0 && x) {
			struct store_stay y = {.id = ++c->stays, .person = person, .expires = expires, .from = p->en->seq, .to = STORE_OPEN, .body = buf_slice(&c->blob)};
			r = ASK(c, put_stay, &y, e);
			s->stay = y.id;
		}
	}
	if (r < 0)
		return r;
	s->stay_hash = hash;
	s->expires = expires;
	if (x && expires < c->next_due)
		c->next_due = expires;
	return 0;
}

/* ---- one group's events -------------------------------------------------------------------------------------------------------------------------- */

/* Onto the remembered fold, when it is there and the event is the newest. */
static int apply_in_order(struct apply *p, const struct fact_group *g, const struct fact *f, uint32_t index, uint32_t ident, uint32_t root, uint64_t row, bool *ret_done, struct err *e)
{
	struct chart *c = p->c;
	*ret_done = false;
	struct visit_slot *s = slot_of(c, root);
	if (!s || !slot_is(c, s, root) || s->moved)
		return 0;
	struct visit_event ev = {.time = visit_event_time(f, p->f, c->last_time, c->zone_minutes), .row = row, .entry = p->en->seq, .index = index, .ident = ident, .received = c->last_time, .origin = p->origin,
	                         .attending = visit_attending(g), .f = f};
	if (ev.time < s->v.last_time || arena_used(s->a) > SLOT_BYTES_STALE) {
		s->person = 0;
		return 0;
	}
	if (!visits_apply(&s->v, &ev, c->zone_minutes, false)) {
		s->person = 0;
		return chart_no_memory(s->a, e);
	}
	s->v.last_time = ev.time;
	s->v.last_row = row;
	*ret_done = true;
	return 0;
}

int stay_event(struct apply *p, const struct fact_group *g, uint32_t ident, uint64_t row, struct err *e)
{
	struct chart *c = p->c;
	uint32_t index = 0, root = 0;
	int r = 0;
	bool marked = false;
	for (const struct fact *f = g->first; f && r == 0; f = f->next, index++) {
		if (!fact_is_visit_event(f))
			continue;
		r = words_of_visit(p, f, ident, e);
		if (r < 0 || (f->kind == FACT_VISIT && fact_says(f, FF_ACTION, "mention")))
			continue;
		if (!marked)
			r = ASK(c, put_mark, ident, STORE_MARK_VISIT, row, e);
		marked = true;
		if (r == 0 && !root)
			r = person_root(c, ident, p->end, &root, e);
		bool done = false;
		if (r == 0 && f->kind == FACT_VISIT)
			r = apply_in_order(p, g, f, index, ident, root, row, &done, e);
		if (r == 0 && !done) {
			struct visit_slot *s = slot_of(c, root);
			if (s && s->person == root)
				s->person = 0;
		}
		if (r == 0 && !touch(p, root))
			r = chart_no_memory(p->a, e);
	}
	return r;
}

/* Somebody who is no root any more is nowhere by himself. */
static int close_stay(struct apply *p, uint32_t person, struct err *e)
{
	struct store_stay y = {0};
	int r = ASK(p->c, open_stay, person, take_open, &y, e);
	return r < 0 || !y.id ? r : ASK(p->c, end_stay, y.id, p->en->seq, e);
}

static int recompute(struct apply *p, uint32_t person, struct err *e)
{
	struct chart *c = p->c;
	uint32_t root;
	int r = person_root(c, person, p->end, &root, e);
	if (r < 0)
		return r;
	if (root != person) {
		r = close_stay(p, person, e);
		return r < 0 ? r : touch(p, root) ? 0 : chart_no_memory(p->a, e);
	}
	struct visit_slot *s = slot_of(c, person);
	if (!s)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (!slot_is(c, s, person))
		r = load_slot(p, person, s, e);
	if (r == 0)
		r = settle(p, person, s, e);
	return r;
}

/* The list grows while it is worked through. Those whom moved visits tie to somebody touched are looked at as well. */
int stay_recompute(struct apply *p, struct err *e)
{
	int r = 0;
	for (size_t i = 0; i < p->touched.n && r == 0; i++) {
		uint32_t person = p->touched.v[i];
		r = recompute(p, person, e);
		if (r < 0 || !p->c->moves)
			continue;
		struct visit_slot *s = slot_of(p->c, person);
		if (!s || s->person != person || !s->moved)
			continue;
		struct members m;
		struct person_rows all;
		r = person_members(p->c, person, p->end, false, p->a, &m, e);
		if (r == 0)
			r = rows_of_person(p->c, person, &m, p->end, STORE_MARK_VISIT, p->a, &all, e);
		for (size_t k = 0; r == 0 && k < all.other_count; k++) {
			size_t before = p->touched.n;
			if (!touch(p, all.others[k]))
				r = chart_no_memory(p->a, e);
			struct visit_slot *o = slot_of(p->c, all.others[k]);
			if (p->touched.n > before && o && o->person == all.others[k])
				o->person = 0;
		}
	}
	return r;
}

static int take_due(void *arg, const struct store_stay *y, struct err *e)
{
	struct apply *p = arg;
	return touch(p, y->person) ? 0 : chart_no_memory(p->a, e);
}

int stay_expire(struct apply *p, struct err *e)
{
	int r = ASK(p->c, stays_due, p->c->last_time, take_due, p, e);
	if (r == 0)
		r = stay_recompute(p, e);
	p->touched.n = 0;
	return r < 0 ? r : ASK(p->c, next_due, &p->c->next_due, e);
}
