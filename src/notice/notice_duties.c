/* The duties of a case: each rule held against it, dated, explained, and put in order. */
#include "notice_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the case, made ready ---- */

/* The clocks of the entity: its state's, else its country's. */
static void read_zones(struct sheet *s)
{
	const char *places[] = {s->f->state, s->f->country};
	for (size_t i = 0; i < ARRAY_LEN(places) && !s->zones; i++)
		if (places[i][0]) {
			s->zones = notice_zones_of(slice_str(places[i]));
			s->zone_place = places[i];
		}
}

static void make_ready(struct sheet *s)
{
	const struct notice_facts *f = s->f;
	struct buf *lists[] = {&s->encrypted, &s->accessed, &s->elements, &s->lowrisk, &s->exempt};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		buf_init(lists[i], 65536);
	read_zones(s);
	s->discovered = notice_day_there(s, &f->discovered);
	s->determined = f->determined.given ? notice_day_there(s, &f->determined) : s->discovered;
	s->converted = s->discovered != f->discovered.day;
	s->hipaa_subject = f->american && (f->kind == NOTICE_COVERED_ENTITY || f->kind == NOTICE_BUSINESS_ASSOCIATE);
	s->hipaa = f->american && f->kind == NOTICE_COVERED_ENTITY && f->total.high > 0 && !notice_safe(f) && f->risk != NOTICE_RISK_LOW;
	int y, m, d;
	notice_day_civil(s->discovered, &y, &m, &d);
	s->hipaa_due = s->discovered + 60;
	s->hhs_due = f->total.high >= 500 ? s->discovered + 60 : notice_day_of(y, 12, 31) + 60; /* 164.408: where it may be 500, the earlier */
}

static void sheet_done(struct sheet *s)
{
	buf_done(&s->encrypted);
	buf_done(&s->accessed);
	buf_done(&s->elements);
	buf_done(&s->lowrisk);
	buf_done(&s->exempt);
}

/* ---- one duty ---- */

static struct slice threshold_words(struct sheet *s, const struct judged *j)
{
	static const char *const ops[] = {"", ">", ">=", "<"}, *const whose[] = {"residents", "persons", "residents of one state", "persons without a good address", "deceased persons"};
	if (j->threshold.op == OP_NONE || j->by_entity)
		return SLICE_NULL;
	return slice_str(arena_printf(s->a, "%s %" PRIu64 " %s", ops[j->threshold.op], j->threshold.n, whose[j->threshold.whose]));
}

/* Whom, in the language that was asked for; names of authorities that nobody translates stay as the table has them. */
static struct slice recipient_words(const struct sheet *s, struct slice recipient)
{
	char key[160];
	struct slice words;
	if (!s->lang || recipient.n > sizeof key - 8)
		return SLICE_NULL;
	snprintf(key, sizeof key, "to:%.*s", SLICE_FMT(recipient));
	return notice_word(key, s->lang, &words) && !slice_eq(words, recipient) ? words : SLICE_NULL;
}

static bool make_duty(struct sheet *s, const struct rule *r, const struct judged *j, struct notice_duty *ret)
{
	struct due d = {.by = r};
	notice_due_of(s, r, j, &d);
	*ret = (struct notice_duty){
		.id = r->id, .jurisdiction = r->jurisdiction, .recipient = r->recipient, .law = r->law, .citation = r->citation, .checked = r->checked, .seen_at = r->seen_at, .seen_since = r->seen_since, .text = r->text, .note = r->note, .effective = r->effective,
		.to = (enum notice_to)r->to, .due = d.due, .latest = d.latest, .may_apply = j->v != VERDICT_YES, .possible = j->v == VERDICT_POSSIBLE, .count = j->count, .threshold = threshold_words(s, j), .places = j->places, .months = r->months, .by_entity = j->by_entity,
		.why = notice_why(s, r, j, &d), .recipient_words = recipient_words(s, r->recipient),
	};
	if (d.due.kind == NOTICE_DUE_TIME && s->zones) {
		ret->local = d.due;
		ret->local.offset = notice_offset(s->zones, d.due.at);
	}
	return ret->why.p != NULL;
}

static int duty_cmp(const void *pa, const void *pb)
{
	const struct notice_duty *a = pa, *b = pb;
	int c = notice_due_cmp(&a->due, &b->due);
	if (!c)
		c = slice_cmp(a->jurisdiction, b->jurisdiction);
	return c ? c : slice_cmp(a->id, b->id);
}

/* ---- which of them binds ---- */

/* Whether a duty reaches who lives in this place; or is for who is established there. */
static bool reaches(const struct notice_duty *d, struct slice place, bool by_entity)
{
	struct slice rest, country = slice_cut(place, '-', &rest), at = d->places;
	if (d->due.kind == NOTICE_DUE_NONE || d->by_entity != by_entity)
		return false;
	if (!d->places.n)
		return slice_eq(d->jurisdiction, place) || slice_eq(d->jurisdiction, country) || (slice_eq_str(d->jurisdiction, "EU") && notice_in_eu(country));
	while (at.n)
		if (slice_eq(slice_cut(at, ' ', &at), place))
			return true;
	return false;
}

static void bind_place(struct notice_duties *all, struct slice place, bool by_entity)
{
	for (int to = 0; to <= NOTICE_TO_SELF; to++) {
		const struct notice_duty *first = NULL; /* they are in order */
		for (size_t i = 0; i < all->n && !first; i++)
			if ((int)all->v[i].to == to && reaches(&all->v[i], place, by_entity))
				first = &all->v[i];
		for (size_t i = 0; first && i < all->n; i++)
			if ((int)all->v[i].to == to && reaches(&all->v[i], place, by_entity) && notice_due_cmp(&all->v[i].due, &first->due) == 0)
				all->v[i].binding = true;
	}
}

static void bind_all(const struct notice_facts *f, struct notice_duties *all)
{
	for (size_t i = 0; i < f->places; i++)
		if (f->place[i].persons.high)
			bind_place(all, slice_str(strcmp(f->place[i].code, "ZZ") && f->place[i].known ? f->place[i].code : "US"), false);
	bind_place(all, slice_str(f->state[0] ? f->state : f->country), true);
}

/* ---- remarks ---- */

static bool has_rules(const struct sheet *s, struct slice place)
{
	struct slice rest, country = slice_cut(place, '-', &rest);
	bool state = slice_eq_str(country, "US") && rest.n;
	for (size_t i = 0; i < s->n; i++)
		if (slice_eq(s->rules[i].jurisdiction, place) || (!state && slice_eq(s->rules[i].jurisdiction, country)))
			return true;
	return notice_in_eu(country);
}

static void remark(struct sheet *s, struct buf *b, const char *key, struct slice a, struct slice b2)
{
	notice_say(b, s->lang, key, a, b2, SLICE_NULL);
	buf_u8(b, '\n');
}

static void remark_places(struct sheet *s, struct buf *b)
{
	uint64_t unknown = 0;
	char n[24];
	for (size_t i = 0; i < s->f->places; i++) {
		const struct notice_place *p = &s->f->place[i];
		snprintf(n, sizeof n, "%" PRIu64, p->persons.high);
		if (!strcmp(p->code, "ZZ") || !strcmp(p->code, "US"))
			unknown += p->persons.high;
		else if (!p->known)
			remark(s, b, "r.strange", slice_str(p->code), slice_str(n));
		else if (!has_rules(s, slice_str(p->code)))
			remark(s, b, "r.norules", slice_str(p->code), slice_str(n));
	}
	snprintf(n, sizeof n, "%" PRIu64, unknown);
	if (unknown)
		remark(s, b, "r.unknown", slice_str(n), SLICE_NULL);
}

static int remarks(struct sheet *s, struct notice_duties *ret, struct err *e)
{
	const struct {
		const char *key;
		struct buf *list;
	} lists[] = {{"r.encrypted", &s->encrypted}, {"r.accessed", &s->accessed}, {"r.elements", &s->elements}, {"r.lowrisk", &s->lowrisk}, {"r.exempt", &s->exempt}};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)1 << 20);
	notice_remarks_say(&b, s->lang, s->f->remarks);
	remark_places(s, &b);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (lists[i].list->n)
			remark(s, &b, lists[i].key, buf_slice(lists[i].list), SLICE_NULL);
	if (s->hipaa_subject && !s->encrypted.n && notice_safe(s->f))
		remark(s, &b, "r.encrypted", SLICE("-"), SLICE_NULL);
	if (s->hipaa_subject && !s->lowrisk.n && s->f->risk == NOTICE_RISK_LOW)
		remark(s, &b, "r.lowrisk", SLICE("HIPAA"), SLICE_NULL);
	ret->remarks = arena_dup(s->a, buf_slice(&b));
	return buf_ok(&b) && (ret->remarks.p || !b.n) ? 0 : err_set(e, ERR_LIMIT, NULL, "no room for the remarks");
}

/* ---- all ---- */

static int gather(struct sheet *s, struct notice_duties *ret, struct err *e)
{
	ret->v = arena_array(s->a, s->n, sizeof *ret->v);
	ret->possible = arena_array(s->a, s->n, sizeof *ret->possible);
	if (!ret->v || !ret->possible)
		return err_set(e, arena_code(s->a), NULL, "no room for the duties");
	for (size_t i = 0; i < s->n; i++) {
		struct judged j;
		notice_judge(s, &s->rules[i], &j);
		if (j.v == VERDICT_NO)
			continue;
		struct notice_duty *to = j.v == VERDICT_POSSIBLE ? &ret->possible[ret->possible_n++] : &ret->v[ret->n++];
		if (!make_duty(s, &s->rules[i], &j, to))
			return err_set(e, ERR_LIMIT, NULL, "no room for why a duty is there");
	}
	qsort(ret->v, ret->n, sizeof *ret->v, duty_cmp);
	qsort(ret->possible, ret->possible_n, sizeof *ret->possible, duty_cmp);
	bind_all(s->f, ret);
	return remarks(s, ret, e);
}

int notice_duties(const struct notice_facts *f, const char *lang, struct arena *a, struct notice_duties *ret, struct err *e)
{
	struct sheet s = {.f = f, .lang = lang, .a = a};
	struct notice_duties got = {.n = 0};
	int r = notice_rules(a, &s.rules, &s.n, e);
	if (r < 0)
		return r;
	make_ready(&s);
	r = gather(&s, &got, e);
	if (r == 0 && arena_code(a))
		r = err_set(e, arena_code(a), NULL, "no room for the duties");
	sheet_done(&s);
	if (r == 0)
		*ret = got;
	return r;
}
