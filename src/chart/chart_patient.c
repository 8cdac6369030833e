/* A page: one person as of a moment. */
#include "chart_internal.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- who is asked for ------------------------------------------------------------------------------------------------------------------ */

struct candidates {
	uint32_t root[64], asked[64];
	size_t n;
};

static int add_candidate(struct chart *c, struct candidates *k, uint32_t ident, uint64_t end, struct err *e)
{
	uint32_t root;
	int r = person_root(c, ident, end, &root, e);
	for (size_t i = 0; r == 0 && i < k->n; i++)
		if (k->root[i] == root)
			return 0;
	if (r < 0 || k->n == ARRAY_LEN(k->root))
		return r;
	k->root[k->n] = root;
	k->asked[k->n++] = ident;
	return 0;
}

struct word_hits {
	uint32_t ident[256];
	size_t n;
	uint64_t end;
};

static int word_hit(void *arg, struct slice word, uint32_t ident, uint64_t entry, struct err *e)
{
	struct word_hits *h = arg;
	if (entry < h->end)
		h->ident[h->n++] = ident;
	return h->n == ARRAY_LEN(h->ident);
}

static int by_other_number(struct chart *c, struct slice id, uint64_t end, struct candidates *k, struct err *e)
{
	uint8_t key[WORD_BYTES_MAX + 8], below[WORD_BYTES_MAX + 8];
	size_t n = number_word(id, key);
	if (!n)
		return 0;
	memcpy(below, key, n);
	below[n] = 0; /* the very next key: this word alone */
	struct word_hits h = {.end = end};
	int r = ASK(c, words, slice_of(key, n), slice_of(below, n + 1), 4096, word_hit, &h, e);
	for (size_t i = 0; r == 0 && i < h.n; i++)
		r = add_candidate(c, k, h.ident[i], end, e);
	return r;
}

static int list_them(struct chart *c, const struct candidates *k, struct arena *a, struct buf *ret_ids, struct err *e)
{
	for (size_t i = 0; i < k->n && ret_ids; i++) {
		struct store_ident x;
		char id[32];
		int r = ident_load(c, k->root[i], a, &x, e);
		if (r < 0)
			return r;
		ident_our_id(&x, id);
		if (i)
			buf_u8(ret_ids, '\n');
		buf_str(ret_ids, id);
	}
	return err_set(e, ERR_EXISTS, NULL, "%zu persons have that number: say which one by id, or as number@assigner", k->n);
}

int person_find(struct chart *c, struct slice id, uint64_t end, struct arena *a, uint32_t *ret_root, uint32_t *ret_asked, struct buf *ret_ids, struct err *e)
{
	struct candidates k = {.n = 0};
	uint32_t ident;
	id = slice_trim(id);
	int r = ident_by_our_id(c, id, end, &ident, e);
	if (r == 0)
		r = add_candidate(c, &k, ident, end, e);
	if (r == ERR_NOT_FOUND) {
		struct ident_list list;
		r = idents_of_text(c, id, end, a, &list, e);
		bool real = false;
		for (size_t i = 0; r == 0 && i < list.n; i++)
			real |= !(list.v[i].space & SPACE_TEST);
		for (size_t i = 0; r == 0 && i < list.n; i++)
			if (!real || !(list.v[i].space & SPACE_TEST)) /* training data answers only where nobody real does */
				r = add_candidate(c, &k, list.v[i].id, end, e);
		if (r == 0 && k.n == 0)
			r = by_other_number(c, id, end, &k, e);
	}
	if (r < 0)
		return r;
	if (k.n == 0)
		return err_set(e, ERR_NOT_FOUND, NULL, "no patient has that id or number");
	if (k.n > 1)
		return list_them(c, &k, a, ret_ids, e);
	*ret_root = k.root[0];
	if (ret_asked)
		*ret_asked = k.asked[0];
	return 0;
}

/* ---- parts of the page --------------------------------------------------------------------------------------------------------------------- */

static struct slice type_of(const struct header *h, const struct store_ident *i)
{
	for (size_t k = 0; k < h->ident_count && !i->type.n; k++)
		if (slice_eq(h->idents[k].value, i->value) && slice_eq(h->idents[k].assigner, i->assigner))
			return h->idents[k].type;
	return i->type;
}

struct ranked {
	struct fact_ident i;
	uint32_t depth, index;
	bool record;
};

static int by_rank(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;
	if (a->depth != b->depth)
		return a->depth < b->depth ? -1 : 1;
	if (a->record != b->record)
		return a->record ? -1 : 1;
	return a->index < b->index ? -1 : 1;
}

/* Record numbers first, those merged away behind them, then whatever else was sent with them. */
static int put_idents(struct chart_patient *p, const struct members *m, const struct header *h, struct arena *a, struct err *e)
{
	struct ranked *v = arena_array(a, m->n, sizeof *v);
	struct fact_ident *out = arena_array(a, m->n + h->ident_count, sizeof *out);
	if (!v || !out)
		return chart_no_memory(a, e);
	for (size_t i = 0; i < m->n; i++) {
		const struct store_ident *x = &m->v[i].info;
		v[i] = (struct ranked){{x->value, x->assigner, type_of(h, x)}, m->v[i].depth, (uint32_t)i, false};
		v[i].record = slice_eq_nocase(v[i].i.type, "MR");
	}
	qsort(v, m->n, sizeof *v, by_rank);
	size_t n = 0;
	for (size_t i = 0; i < m->n; i++)
		out[n++] = v[i].i;
	for (size_t k = 0; k < h->ident_count; k++) {
		bool there = false;
		for (size_t i = 0; i < m->n && !there; i++)
			there = slice_eq(out[i].value, h->idents[k].value) && slice_eq(out[i].assigner, h->idents[k].assigner) && (ident_is_record(h->idents[k].type) || slice_eq(out[i].type, h->idents[k].type));
		if (!there)
			out[n++] = h->idents[k];
	}
	p->idents = out;
	p->ident_count = n;
	return 0;
}

static int put_replaces(struct chart_patient *p, const struct members *m, uint32_t asked, struct arena *a, struct err *e)
{
	p->replaces = arena_array(a, m->n, sizeof(char *));
	if (!p->replaces)
		return chart_no_memory(a, e);
	for (size_t i = 1; i < m->n; i++) {
		if (m->v[i].why != EDGE_MERGE && m->v[i].why != EDGE_CHANGE && m->v[i].why != EDGE_LINK)
			continue;
		char *id = arena_alloc(a, 32);
		if (!id)
			return chart_no_memory(a, e);
		ident_our_id(&m->v[i].info, id);
		p->replaces[p->replaces_count++] = id;
	}
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].ident == asked && m->v[i].depth > 0)
			snprintf(p->replaced_by, sizeof p->replaced_by, "%s", p->id);
	return 0;
}

static int put_demographics(struct chart_patient *p, struct fold *x, const struct person_rows *all, const struct header *h, struct err *e)
{
	struct fact *f = header_fact(h, x->a);
	if (!f)
		return arena_code(x->a) ? chart_no_memory(x->a, e) : 0;
	struct stmts own = {0};
	const struct stmt *newest = NULL, *mention = NULL;
	for (size_t i = 0; i < all->s.n; i++) {
		struct stmt *t = &all->s.v[i];
		if (t->f->kind != FACT_PATIENT)
			continue;
		if (fact_says(t->f, FF_ACTION, "mention")) {
			mention = !mention || t->row->time >= mention->row->time ? t : mention;
			continue;
		}
		newest = !newest || t->row->time >= newest->row->time ? t : newest;
		if (!stmts_add(&own, x->a, t->f, t->row, t->index))
			return chart_no_memory(x->a, e);
	}
	const struct stmt *said = newest ? newest : mention;
	if (!said)
		return 0;
	struct fact_item *it = item_new(x, said, f, said, FACT_CURRENT);
	if (!it)
		return chart_no_memory(x->a, e);
	snprintf(it->id, sizeof it->id, "%s", p->id);
	if (own.n)
		it->history = items_of(x, own.v, own.n, newest);
	for (struct fact_item *o = it->history; o; o = o->next)
		snprintf(o->id, sizeof o->id, "%s", p->id);
	p->demographics = it;
	return x->failed ? chart_no_memory(x->a, e) : 0;
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
	t->found = true;
	int r = body.p ? stay_decode(body, &t->y, e) : chart_no_memory(t->a, e);
	return r < 0 ? r : 1;
}

static int put_visits(struct chart *c, struct chart_patient *p, uint32_t root, uint64_t end, struct fold *x, const struct person_rows *all, struct err *e)
{
	struct visits v = {.a = x->a, .last_time = INT64_MIN};
	struct visit_event *ev = arena_array(x->a, all->s.n, sizeof *ev);
	size_t n = 0;
	if (!ev)
		return chart_no_memory(x->a, e);
	for (size_t i = 0; i < all->s.n; i++) {
		const struct stmt *t = &all->s.v[i];
		if (fact_is_visit_event(t->f))
			ev[n++] = (struct visit_event){.time = visit_event_time(t->f, &t->row->f, t->row->received, c->zone_minutes), .row = t->row->id, .entry = row_entry(t->row), .index = t->index, .ident = t->row->ident,
			                               .received = t->row->received, .origin = row_origin(t->row), .attending = visit_attending(t->row->f.first), .f = t->f, .src = t->row};
	}
	if (!visits_fold(&v, ev, n, c->zone_minutes, true))
		return chart_no_memory(x->a, e);
	fold_visits(x, &v);
	if (x->failed)
		return chart_no_memory(x->a, e);
	const struct visit *now = visits_current(&v, p->moment.time);
	struct take_stay t = {.a = x->a};
	int r = ASK(c, stay_of, root, end, take_stay, &t, e);
	if (r < 0)
		return r;
	if (t.found) {
		p->place = (struct chart_place){t.y.facility, t.y.unit.p ? t.y.unit : slice_of("", 0), t.y.room, t.y.bed, t.y.text};
		p->is_protected |= t.y.protected_as.n > 0;
	} else if (v.count == 0 && v.heard.n) {
		struct slice unit = fact_part(v.heard, FL_UNIT), room = fact_part(v.heard, FL_ROOM), bed = fact_part(v.heard, FL_BED);
		if (!unit.n && !room.n && !bed.n) /* a clinic, a house: all that was said */
			unit = fact_part(v.heard, FL_FACILITY).n ? fact_part(v.heard, FL_FACILITY) : fact_part(v.heard, FL_TEXT);
		const char *behind_unit = unit.n && room.n + bed.n ? " " : "", *behind_room = room.n && bed.n ? " " : "";
		char *text = arena_printf(x->a, "last heard of at %.*s%s%.*s%s%.*s (not a registration message)", SLICE_FMT(unit), behind_unit, SLICE_FMT(room), behind_room, SLICE_FMT(bed));
		if (!text)
			return chart_no_memory(x->a, e);
		if (unit.n + room.n + bed.n)
			p->place.text = slice_str(text);
	}
	if (now)
		p->visit = now->item;
	return 0;
}

/* ---- what a person should look at -------------------------------------------------------------------------------------------------------------- */

struct entries {
	struct buf *b;
	unsigned n, shown;
};

static int note_entry(void *arg, const struct store_row *row, struct err *e)
{
	struct entries *k = arg;
	if (k->n++ < 20) {
		buf_printf(k->b, "%s#%" PRIu64, k->shown ? ", " : " (entries ", store_row_entry(row->id));
		k->shown++;
	}
	return 0;
}

/* The messages that came under one side while the two were one. */
static int between(struct chart *c, uint32_t ident, uint64_t from, uint64_t to, uint64_t end, struct arena *a, struct buf *b, struct err *e)
{
	uint32_t root;
	struct members m;
	struct entries k = {.b = b};
	AUTO_BUF struct buf list = {0};
	buf_init(&list, 1 << 16);
	k.b = &list;
	int r = person_root(c, ident, end, &root, e);
	if (r == 0)
		r = person_members(c, root, end, false, a, &m, e);
	for (size_t i = 0; r == 0 && i < m.n; i++)
		r = ASK(c, rows, m.v[i].ident, store_row_id(from + 1, 0), store_row_id(to, 0), false, note_entry, &k, e);
	if (r < 0)
		return r;
	buf_printf(b, "%u message%s came in between", k.n, k.n == 1 ? "" : "s");
	buf_add_slice(b, buf_slice(&list));
	if (k.n > k.shown)
		buf_str(b, ", ...");
	if (k.shown)
		buf_u8(b, ')');
	return 0;
}

struct reviews {
	struct arena *a;
	struct store_review *v;
	size_t n, cap;
};

static int take_review(void *arg, const struct store_review *v, struct err *e)
{
	struct reviews *k = arg;
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 16;
		struct store_review *more = arena_array(k->a, cap, sizeof *more);
		if (!more)
			return chart_no_memory(k->a, e);
		if (k->n)
			memcpy(more, k->v, k->n * sizeof *more);
		k->v = more;
		k->cap = cap;
	}
	k->v[k->n++] = *v;
	return k->n == 500;
}

static int by_review_id(const void *pa, const void *pb)
{
	const struct store_review *a = pa, *b = pb;
	return a->id < b->id ? -1 : a->id > b->id;
}

static int put_review(struct chart *c, struct fold *x, const struct store_review *v, uint64_t end, struct err *e)
{
	static const struct {
		const char *what, *text;
	} words[] = {
		[REVIEW_CONFLICT] = {"number-conflict", "a number sent with this patient belongs to %s, whose birth date or name is another one: not joined"},
		[REVIEW_UNMERGED] = {"unmerged", "taken apart again from %s; what was sent under that number stays there: "},
		[REVIEW_UNMERGED_FROM] = {"unmerged", "%s was taken out again; what was sent under this number stays here: "},
		[REVIEW_OLD_MERGE] = {"old-merge", "a merge with %s came again that is older than its undoing: not done"},
		[REVIEW_NOT_MERGED] = {"not-merged", "an un-merge with %s was asked for, but the two are not one person"},
		[REVIEW_DELETED] = {"deleted-by-sender", "the sender deleted this person (A29); the chart is kept"},
		[REVIEW_ID_REUSED] = {"control-id-reused", "the sender used a control id again for another message"},
		[REVIEW_AMBIGUOUS] = {"ambiguous-number", "an identity decision named a number that %s has, too: not done"},
		[REVIEW_SAME_NUMBER] = {"number-conflict", "%s has this number by the same authority in another spelling, but another birth date, sex or name: not joined"},
		[REVIEW_AUTHORITY] = {"authority-doubted", "was one person with %s, because who gave their numbers was taken for one and the same; a message has since named it otherwise: taken apart"},
		[REVIEW_QUARANTINE] = {"quarantine", "a message of this patient could not be read and is in quarantine"},
		[REVIEW_CAPTURED_DIFFERS] = {"captured-differs", "name, birth date or sex taken down here differ from what the EHR sent; the EHR's are shown"},
	};
	if (v->what >= ARRAY_LEN(words) || !words[v->what].what)
		return 0;
	char other[32] = "";
	if (v->other) {
		struct store_ident i;
		int r = ident_load(c, v->other, x->a, &i, e);
		if (r < 0)
			return r;
		ident_our_id(&i, other);
	}
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	const char *text = words[v->what].text, *mark = strstr(text, "%s");
	if (mark) {
		buf_add(&b, text, (size_t)(mark - text));
		buf_str(&b, other);
		buf_str(&b, mark + 2);
	} else {
		buf_str(&b, text);
	}
	int r = 0;
	if (v->what == REVIEW_UNMERGED)
		r = between(c, v->other, v->since, v->entry, end, x->a, &b, e);
	if (v->what == REVIEW_UNMERGED_FROM)
		r = between(c, v->ident, v->since, v->entry, end, x->a, &b, e);
	if (r < 0)
		return r;
	struct slice kept = arena_dup(x->a, buf_slice(&b));
	if (!kept.p)
		return chart_no_memory(x->a, e);
	review_add(x, words[v->what].what, v->entry, kept);
	return x->failed ? chart_no_memory(x->a, e) : 0;
}

static int put_reviews(struct chart *c, struct fold *x, const struct members *m, uint64_t end, struct err *e)
{
	struct reviews k = {.a = x->a};
	int r = 0;
	for (size_t i = 0; i < m->n && r == 0; i++)
		r = ASK(c, reviews, m->v[i].ident, end, take_review, &k, e);
	if (r == 0 && k.n)
		qsort(k.v, k.n, sizeof *k.v, by_review_id);
	for (size_t i = 0; i < k.n && r == 0; i++)
		r = put_review(c, x, &k.v[i], end, e);
	return r;
}

/* ---- last given ---------------------------------------------------------------------------------------------------------------------------------------- */

struct chart_given {
	const struct fact_item *order, *given, *not_given;
};
struct chart_dose {
	const struct fact_item *order, *dose; /* order NULL: of none that is here */
	struct chart_dose *next;
};

static int put_dose_of(struct chart_patient *p, const struct fact_item *order, const struct fact_item *dose, struct chart_dose **last, struct arena *a, struct err *e)
{
	struct chart_dose *d = arena_alloc(a, sizeof *d);
	if (!d)
		return chart_no_memory(a, e);
	*d = (struct chart_dose){order, dose, NULL};
	if (*last)
		(*last)->next = d;
	else
		p->doses = d;
	*last = d;
	return 0;
}

static bool same_drug(const struct fact *a, const struct fact *b)
{
	struct slice ca = fact_get(a, FF_CODE), cb = fact_get(b, FF_CODE);
	struct slice x = fact_part(ca, FC_CODE), y = fact_part(cb, FC_CODE);
	if (x.n && y.n && slice_eq(fact_part(ca, FC_SYSTEM), fact_part(cb, FC_SYSTEM)))
		return slice_eq(x, y);
	AUTO_BUF struct buf fa = {0}, fb = {0};
	buf_init(&fa, 1 << 16);
	buf_init(&fb, 1 << 16);
	struct slice da = fact_part(ca, FC_DISPLAY), db = fact_part(cb, FC_DISPLAY);
	utf8_fold(&fa, slice_trim(da.n ? da : fact_part(ca, FC_TEXT)));
	utf8_fold(&fb, slice_trim(db.n ? db : fact_part(cb, FC_TEXT)));
	return fa.n && slice_eq(buf_slice(&fa), buf_slice(&fb));
}

static int64_t given_at(const struct fact_item *it, int zone)
{
	int64_t t = fact_time_ns(fact_get(it->fact, FF_TIME), zone);
	return t == INT64_MIN ? it->received : t;
}

/* By order number; an administration that names no known order, by drug. */
static int put_given(struct chart_patient *p, struct fold *x, struct err *e)
{
	size_t n = 0, k = 0;
	for (const struct fact_item *it = p->s[CHART_MEDICATIONS].items; it; it = it->next)
		n++;
	struct chart_given *v = arena_array(x->a, n, sizeof *v);
	struct chart_dose *last = NULL;
	int r = 0;
	if (!v)
		return chart_no_memory(x->a, e);
	for (const struct fact_item *it = p->s[CHART_MEDICATIONS].items; it; it = it->next)
		v[k++].order = it;
	for (const struct fact_item *it = p->s[CHART_ADMINISTRATIONS].items; it && r == 0; it = it->next) {
		if (it->state != FACT_CURRENT)
			continue;
		struct slice key = order_key(x->k, it->fact);
		bool linked = false, gave = !fact_says(it->fact, FF_STATUS, "not-done");
		for (int by_drug = 0; by_drug < 2 && !linked; by_drug++)
			for (size_t i = 0; i < n && r == 0; i++) {
				if (by_drug ? !same_drug(v[i].order->fact, it->fact) : !key.n || !slice_eq(order_key(x->k, v[i].order->fact), key))
					continue;
				linked = true;
				r = put_dose_of(p, v[i].order, it, &last, x->a, e);
				const struct fact_item **at = gave ? &v[i].given : &v[i].not_given;
				if (!*at || given_at(it, x->zone_minutes) > given_at(*at, x->zone_minutes))
					*at = it;
			}
		if (!linked && r == 0)
			r = put_dose_of(p, NULL, it, &last, x->a, e);
	}
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (v[i].given && v[i].not_given && given_at(v[i].given, x->zone_minutes) >= given_at(v[i].not_given, x->zone_minutes))
			v[i].not_given = NULL;
	p->given = v;
	p->given_count = n;
	return 0;
}

const struct fact_item *chart_last_given(const struct chart_patient *p, const struct fact_item *order, const struct fact_item **ret_not_given)
{
	for (size_t i = 0; i < p->given_count; i++)
		if (p->given[i].order == order) {
			if (ret_not_given)
				*ret_not_given = p->given[i].not_given;
			return p->given[i].given;
		}
	if (ret_not_given)
		*ret_not_given = NULL;
	return NULL;
}

size_t chart_doses(const struct chart_patient *p, const struct fact_item *order, const struct fact_item **ret, size_t max)
{
	size_t n = 0;
	for (const struct chart_dose *d = p->doses; d; d = d->next)
		if (d->order == order) {
			if (n < max)
				ret[n] = d->dose;
			n++;
		}
	return n;
}

/* ---- the page ----------------------------------------------------------------------------------------------------------------------------------------------- */

static int patient_of(struct chart *c, uint32_t root, uint32_t asked, uint64_t end, struct arena *a, struct chart_patient **ret, struct err *e)
{
	struct chart_patient *p = arena_alloc(a, sizeof *p);
	struct members m;
	struct person_rows all;
	struct header *h;
	struct fold x;
	if (!p)
		return chart_no_memory(a, e);
	fold_init(&x, a, c->zone_minutes, p->s);
	p->moment.end = end;
	p->site_name = c->site_name;
	int r = end ? times_of(c, end - 1, &p->moment.time, e) : 0;
	if (r == 0)
		r = person_members(c, root, end, true, a, &m, e);
	if (r == 0)
		r = rows_of_person(c, root, &m, end, 0, a, &all, e);
	if (r == 0)
		r = person_header(c, &m, end, a, &h, e);
	if (r < 0)
		return r;
	ident_our_id(&m.v[0].info, p->id);
	p->test = m.v[0].info.space & SPACE_TEST;
	p->is_protected = h->is_protected;
	fold_sections(&x, &all.s);
	if (x.failed)
		return chart_no_memory(a, e);
	r = put_visits(c, p, root, end, &x, &all, e);
	if (r == 0)
		r = put_given(p, &x, e);
	if (r == 0)
		r = put_idents(p, &m, h, a, e);
	if (r == 0)
		r = put_replaces(p, &m, asked, a, e);
	if (r == 0)
		r = put_demographics(p, &x, &all, h, e);
	if (r == 0)
		r = put_reviews(c, &x, &m, end, e);
	if (r == 0 && p->demographics) {
		mistaken_review(&x, &all.s, p->demographics->fact);
		r = x.failed ? chart_no_memory(a, e) : 0;
	}
	if (r == 0)
		r = lookalike_count(c, h, root, end, a, &p->lookalikes, e);
	if (r < 0)
		return r;
	fold_incomplete(&x, all.rows);
	for (int i = 0; i < CHART_SECTIONS; i++)
		p->incomplete |= p->s[i].incomplete;
	p->review = x.review;
	*ret = p;
	return 0;
}

int chart_patient(struct chart *c, struct slice id, struct chart_moment at, struct arena *a, struct chart_patient **ret, struct buf *ret_ids, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	uint64_t end = chart_end(c, at);
	uint32_t root, asked;
	int r = person_find(c, id, end, a, &root, &asked, ret_ids, e);
	return r < 0 ? r : patient_of(c, root, asked, end, a, ret, e);
}

int patient_by_root(struct chart *c, uint32_t root, uint64_t end, struct arena *a, struct chart_patient **ret, struct err *e)
{
	return patient_of(c, root, root, end, a, ret, e);
}

static struct fhir_section summary_section(const struct chart_section *s)
{
	return (struct fhir_section){.state = s->state, .items = s->items, .as_of = s->received};
}

void chart_summary(const struct chart_patient *p, struct fhir_summary *ret)
{
	struct fhir_summary s = {.person = {.id = p->id, .idents = p->idents, .ident_count = p->ident_count, .demographics = p->demographics, .replaces = p->replaces, .replaces_count = p->replaces_count},
	                         .allergies = summary_section(&p->s[CHART_ALLERGIES]), .problems = summary_section(&p->s[CHART_PROBLEMS]), .medications = summary_section(&p->s[CHART_MEDICATIONS]),
	                         .results = summary_section(&p->s[CHART_RESULTS]), .vitals = summary_section(&p->s[CHART_VITALS]), .immunizations = summary_section(&p->s[CHART_IMMUNIZATIONS]),
	                         .procedures = summary_section(&p->s[CHART_PROCEDURES]), .documents = summary_section(&p->s[CHART_DOCUMENTS]), .care_team = summary_section(&p->s[CHART_CARE_TEAM]),
	                         .contacts = summary_section(&p->s[CHART_CONTACTS]), .encounters = summary_section(&p->s[CHART_VISITS]), .flags = summary_section(&p->s[CHART_FLAGS]),
	                         .entry = p->moment.end ? p->moment.end - 1 : 0, .time = p->moment.time, .site_name = p->site_name};
	*ret = s;
}

/* ---- one item by its id ---------------------------------------------------------------------------------------------------------------------------------------------- */

struct owner_find {
	uint32_t ident;
};

static int take_ident(void *arg, const struct store_row *row, struct err *e)
{
	((struct owner_find *)arg)->ident = row->ident;
	return 0;
}

/* e<entry>-<index>, e<entry>.<group>-<index>: the row says the identifier. */
int row_of_item(struct slice id, uint64_t end, uint64_t *ret, uint32_t *ret_index)
{
	uint64_t entry, group = 0, index;
	struct slice rest, more, first = slice_cut(id, '-', &rest), number = slice_cut(first, '.', &more);
	if (number.n < 2 || number.p[0] != 'e' || num_u64(slice_of(number.p + 1, number.n - 1), 0, STORE_ENTRY_MAX, &entry) < 0 || (more.p && num_u64(more, 1, STORE_GROUP_MAX, &group) < 0) ||
	    !rest.n || num_u64(rest, 0, UINT32_MAX, &index) < 0 || entry >= end)
		return ERR_NOT_FOUND;
	*ret = store_row_id(entry, (uint32_t)group);
	*ret_index = (uint32_t)index;
	return 0;
}

static const struct fact_item *item_in(const struct chart_patient *p, struct slice id)
{
	for (int i = 0; i < CHART_SECTIONS; i++)
		for (const struct fact_item *it = p->s[i].items; it; it = it->next)
			if (slice_eq_str(id, it->id))
				return it;
	return NULL;
}

int chart_find_item(struct chart *c, struct slice id, struct chart_moment at, struct arena *a, struct chart_patient **ret_patient, const struct fact_item **ret_item, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	uint64_t end = chart_end(c, at), row;
	struct owner_find f = {0};
	uint32_t root, index;
	struct members m;
	struct person_rows tied = {0};
	int r = row_of_item(id, end, &row, &index);
	if (r == 0)
		r = ASK(c, row, row, take_ident, &f, e);
	if (r == ERR_NOT_FOUND || (r == 0 && !f.ident))
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no such item");
	if (r == 0)
		r = person_root(c, f.ident, end, &root, e);
	if (r == 0 && c->moves) { /* its visit may have been moved to somebody else */
		r = person_members(c, root, end, false, a, &m, e);
		if (r == 0)
			r = rows_of_person(c, root, &m, end, STORE_MARK_VISIT, a, &tied, e);
	}
	for (size_t i = 0; r == 0 && i < (tied.other_count ? tied.other_count : 1); i++) {
		struct chart_patient *p;
		uint32_t who = tied.other_count ? tied.others[i] : root;
		r = patient_by_root(c, who, end, a, &p, e);
		const struct fact_item *it = r == 0 ? item_in(p, id) : NULL;
		if (it) {
			*ret_patient = p;
			*ret_item = it;
			return 0;
		}
	}
	return r < 0 ? r : err_set(e, ERR_NOT_FOUND, NULL, "there is no such item");
}

#define NAMED_MAX 64 /* identifiers under which one name is looked for */

struct named {
	uint64_t end;
	uint32_t idents[NAMED_MAX];
	size_t n;
};

static int named_hit(void *arg, struct slice word, uint32_t ident, uint64_t entry, struct err *e)
{
	(void)word;
	(void)e;
	struct named *k = arg;
	if (entry < k->end && k->n < NAMED_MAX)
		k->idents[k->n++] = ident;
	return 0;
}

int chart_find_named(struct chart *c, struct slice name, struct slice feed, struct chart_moment at, struct arena *a, struct chart_patient **ret_patient, const struct fact_item **ret_item, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	uint8_t key[WORD_BYTES_MAX + 8];
	size_t n = name_word(name, key), found = 0;
	struct named k = {.end = chart_end(c, at)};
	uint32_t roots[NAMED_MAX];
	key[n] = 0;
	int r = n ? ASK(c, words, slice_of(key, n), slice_of(key, n + 1), NAMED_MAX, named_hit, &k, e) : 0;
	bool mine = false;
	for (size_t i = 0; r == 0 && i < k.n; i++) {
		struct chart_patient *p;
		bool seen = false;
		r = person_root(c, k.idents[i], k.end, &roots[i], e);
		for (size_t j = 0; r == 0 && j < i; j++)
			seen = seen || roots[j] == roots[i];
		if (r == 0 && !seen)
			r = patient_by_root(c, roots[i], k.end, a, &p, e);
		for (int s = 0; r == 0 && !seen && s < CHART_SECTIONS; s++)
			for (const struct fact_item *it = p->s[s].items; it; it = it->next) {
				if (!slice_eq(fact_get(it->fact, FF_RESOURCE), name))
					continue;
				bool own = slice_eq(it->feed, feed);
				if (mine && !own)
					continue;
				found = mine == own ? found + 1 : 1;
				mine = own;
				*ret_patient = p;
				*ret_item = it;
			}
	}
	if (r < 0)
		return r;
	return found == 1 ? 0 : found ? err_set(e, ERR_EXISTS, NULL, "several senders have a resource of this name; ask for it by the id that a search gives") : err_set(e, ERR_NOT_FOUND, NULL, "there is no such item");
}

struct entry_patients {
	struct chart *c;
	struct arena *a;
	uint32_t *v;
	size_t n, cap;
};

static int take_patient(void *arg, const struct store_row *row, struct err *e)
{
	struct entry_patients *k = arg;
	if (row->ident == 0)
		return 0;
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 16;
		uint32_t *v = arena_array(k->a, cap, sizeof *v);
		if (!v)
			return chart_no_memory(k->a, e);
		if (k->n)
			memcpy(v, k->v, k->n * sizeof *v);
		k->v = v;
		k->cap = cap;
	}
	k->v[k->n++] = row->ident;
	return 0;
}

int chart_entry_patients(struct chart *c, uint64_t seq, struct chart_moment at, struct arena *a, char (**ret)[32], size_t *ret_count, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	uint64_t end = chart_end(c, at);
	struct entry_patients k = {.c = c, .a = c->look_arena};
	int r = seq < end && seq < STORE_ENTRY_MAX ? ASK(c, rows_of_entry, store_row_id(seq, 0), store_row_id(seq + 1, 0), take_patient, &k, e) : 0;
	if (r < 0)
		return r;
	char (*ids)[32] = arena_array(a, k.n, sizeof *ids);
	if (!ids)
		return chart_no_memory(a, e);
	size_t n = 0;
	for (size_t i = 0; i < k.n; i++) {
		uint32_t root;
		struct store_ident x;
		bool seen = false;
		if ((r = person_root(c, k.v[i], end, &root, e)) < 0 || (r = ident_load(c, root, NULL, &x, e)) < 0)
			return r;
		ident_our_id(&x, ids[n]);
		for (size_t j = 0; j < n && !seen; j++)
			seen = !strcmp(ids[j], ids[n]);
		n += !seen;
	}
	*ret = ids;
	*ret_count = n;
	return 0;
}
