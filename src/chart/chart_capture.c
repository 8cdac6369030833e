/* What was captured, applied: the item's row in the list of items, and its facts under the identifier of whom it is about, as any message's. So charts, FHIR, the timeline, merges and erasure need to know nothing of captures.
 *
 * An item that takes another one's place takes back, in its own entry, what that one said and it does not say again, under whomever that one had named: a dose written down for the wrong patient leaves that chart when it is corrected.
 * A line of corrections has one item that stands, the newest, whichever of the line it says that it replaces. The other one is settled as superseded where nothing of it was sent yet; where it was, the correction has to be sent, too. */
#include "chart_internal.h"

#include <stdio.h>

/* ---- whose ---- */

struct whose {
	struct fact_ident id;
	uint32_t root;       /* 0: nobody yet */
	bool several, test;
};

/* A number of one person, of several, or of nobody. Numbers alone count, not what else a search finds people by: the same in a rebuild. */
static int by_number(struct apply *p, struct slice said, struct whose *ret, struct err *e)
{
	struct ident_list list;
	int r = idents_of_text(p->c, said, p->en->seq, p->a, &list, e);
	bool real = false;
	for (size_t i = 0; r == 0 && i < list.n; i++)
		real = real || !(list.v[i].space & SPACE_TEST);
	for (size_t i = 0; r == 0 && i < list.n; i++) {
		const struct store_ident *x = &list.v[i];
		uint32_t root;
		if ((real && x->space & SPACE_TEST) || (x->space & ~SPACE_TEST) != SPACE_RECORD)
			continue;
		r = person_root(p->c, x->id, p->end, &root, e);
		if (r == 0 && ret->root && ret->root != root)
			ret->several = true;
		if (r == 0 && !ret->root)
			*ret = (struct whose){.id = {x->value, x->assigner, x->type}, .root = root, .test = x->space & SPACE_TEST};
	}
	return r;
}

static int find_whose(struct apply *p, const struct capture *c, struct whose *ret, struct err *e)
{
	struct whose w = {.root = 0};
	uint32_t id;
	*ret = w;
	if (!c->patient.n)
		return 0;
	int r = ident_by_our_id(p->c, c->patient, p->en->seq, &id, e);
	if (r == 0) {
		struct store_ident i;
		r = ident_load(p->c, id, p->a, &i, e);
		if (r == 0)
			*ret = (struct whose){.id = {i.value, i.assigner, i.type}, .root = id, .test = i.space & SPACE_TEST};
		return r;
	}
	if (r == ERR_NOT_FOUND)
		r = by_number(p, c->patient, &w, e);
	if (r == 0 && (!w.root || w.several)) {
		w = (struct whose){.several = w.several};
		capture_patient(c, &w.id);
		if (!w.id.assigner.n && c->kind == CAPTURE_REGISTRATION)
			w.id.assigner = SLICE(DOWNTIME_ASSIGNER); /* a number that is nobody's, given to somebody new: another pool's than ours, but as temporary */
	}
	*ret = w;
	return r;
}

/* ---- what was there before ---- */

struct taken {
	struct arena *a;
	struct store_capture x;
	bool found;
};

static int take(void *arg, const struct store_capture *x, struct err *e)
{
	struct taken *t = arg;
	struct slice *texts[] = {&t->x.id, &t->x.root, &t->x.unit, &t->x.patient, &t->x.source, &t->x.body};
	t->x = *x;
	t->found = true;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i]->n && !(*texts[i] = arena_dup(t->a, *texts[i])).p)
			return chart_no_memory(t->a, e);
	return 0;
}

static int take_standing(void *arg, const struct store_capture *x, struct err *e)
{
	return x->replaced ? 0 : take(arg, x, e);
}

static int by_id(struct apply *p, struct slice id, struct taken *ret, struct err *e)
{
	*ret = (struct taken){.a = p->a};
	int r = ASK(p->c, capture_by_id, id, take, ret, e);
	return r == ERR_NOT_FOUND ? 0 : r;
}

/* The one of a line that stands: the newest. */
static int standing(struct apply *p, struct slice root, struct taken *ret, struct err *e)
{
	*ret = (struct taken){.a = p->a};
	return ASK(p->c, captures_root, root, take_standing, ret, e);
}

/* ---- facts ---- */

/* What the item of a cancel names. */
static int cancelled_kind(struct apply *p, const struct capture *c, struct capture_of *of, struct err *e)
{
	struct taken t;
	of->of = CAPTURE_CANCEL;
	if (c->kind != CAPTURE_CANCEL)
		return 0;
	int r = by_id(p, json_text(c->values, "of"), &t, e);
	if (r == 0 && t.found)
		of->of = (enum capture_kind)t.x.kind;
	return r;
}

/* What the one before said, as deletions. */
static int take_back(struct apply *p, const struct taken *old, struct facts *f, struct err *e)
{
	struct capture c;
	struct store_ident i;
	struct err quiet = {0};
	if (old->x.flags & (CHART_CAPTURE_UNREADABLE | CHART_CAPTURE_WITHDRAWAL) || !old->x.ident)
		return 0;
	int r = ident_load(p->c, old->x.ident, p->a, &i, e);
	if (r < 0)
		return r;
	if (capture_read(old->x.body, p->a, &c, &quiet) < 0)
		return quiet.code == ERR_MEMORY || quiet.code == ERR_LIMIT ? chart_no_memory(p->a, e) : 0;
	struct capture_of of = {.patient = {i.value, i.assigner, i.type}, .root = old->x.root, .gone = true};
	r = cancelled_kind(p, &c, &of, e);
	return r < 0 ? r : capture_facts(&c, &of, p->c->zone_minutes, f, e);
}

/* What is said again in the same breath was not taken back. */
static void drop_restated(struct fact_group *g)
{
	struct fact **at = &g->first, *before = NULL;
	while (*at) {
		bool again = false;
		for (const struct fact *t = (*at)->next; t && fact_says(*at, FF_ACTION, "delete") && !again; t = t->next)
			again = t->kind == (*at)->kind && fact_get(t, FF_ID).n && slice_eq(fact_get(t, FF_ID), fact_get(*at, FF_ID)) && fact_says(t, FF_ACTION, "whole");
		if (again) {
			*at = (*at)->next;
		} else {
			before = *at;
			at = &(*at)->next;
		}
	}
	g->last = before;
}

static int put_facts(struct apply *p, const struct capture *c, const struct whose *w, const struct taken *old, struct facts *f, struct err *e)
{
	facts_init(f, p->a);
	struct capture_of of = {.patient = w->id, .root = old->found ? old->x.root : SLICE_NULL, .corrects = old->found};
	int r = old->found ? take_back(p, old, f, e) : 0;
	if (r == 0 && c->patient.n)
		r = cancelled_kind(p, c, &of, e);
	if (r == 0 && c->patient.n)
		r = capture_facts(c, &of, p->c->zone_minutes, f, e);
	if (r < 0)
		return r == ERR_MEMORY || r == ERR_LIMIT ? chart_no_memory(p->a, e) : r;
	for (struct fact_group *g = f->first; g; g = g->next)
		drop_restated(g);
	f->feed = p->en->source;
	const struct facts *before = p->f;
	p->f = f;
	p->origin = FACT_CAPTURED;
	p->test = w->test;
	r = groups_apply(p, e);
	p->f = before;
	return r;
}

/* ---- the item ---- */

static uint8_t flags_of(const struct apply *p, const struct capture *c, const struct whose *w, int64_t occurred)
{
	unsigned f = 0;
	f |= c->withdraw ? CHART_CAPTURE_WITHDRAWAL : 0;
	f |= c->unidentified ? CHART_CAPTURE_UNIDENTIFIED : 0;
	f |= capture_changes_care(c) && c->identifiers < 2 && !c->unidentified ? CHART_CAPTURE_FEW_IDENTIFIERS : 0;
	f |= w->several ? CHART_CAPTURE_SEVERAL_PERSONS : 0;
	f |= occurred != INT64_MIN && occurred > p->c->last_time + CHART_CAPTURE_FUTURE ? CHART_CAPTURE_FROM_FUTURE : 0;
	f |= c->unknown ? CHART_CAPTURE_UNKNOWN_NAMES : 0;
	return (uint8_t)f;
}

/* ---- how it stands on its way back: a fold of its acts, and what took its place ---- */

struct folding {
	struct arena *a;
	struct backload b;
};

static int fold_act(void *arg, const struct store_capture_act *x, struct err *e)
{
	struct folding *f = arg;
	struct json_node *n;
	struct slice body = arena_dup(f->a, x->body);
	if (!body.p)
		return chart_no_memory(f->a, e);
	if (x->counts && json_tree(body, f->a, &n, NULL) == 0)
		(void)backload_apply(&f->b, n, x->entry);
	return 0;
}

static int fold_acts(struct apply *p, uint64_t entry, struct backload *ret, struct err *e)
{
	struct folding f = {.a = p->a};
	int r = ASK(p->c, capture_acts, entry, fold_act, &f, e);
	*ret = f.b;
	return r;
}

static int take_replaced(void *arg, const struct store_capture *x, struct err *e)
{
	struct taken *t = arg;
	if (x->replaced == t->x.entry) {
		t->found = true;
		t->x.state = x->state;
	}
	return 0;
}

/* Its state, from its acts, from whether it was replaced, and from how the one stands that it replaces. x is put when it changed, or is new. */
static int settle(struct apply *p, struct store_capture *x, bool fresh, struct err *e)
{
	struct backload b;
	struct taken of = {.a = p->a, .x = {.entry = x->entry}};
	int r = fold_acts(p, x->entry, &b, e);
	if (r == 0)
		r = ASK(p->c, captures_root, x->root, take_replaced, &of, e);
	if (r < 0)
		return r;
	enum backload_state before = (enum backload_state)of.x.state;
	uint8_t state = (uint8_t)backload_counts_as(&b, x->replaced != 0, x->flags & CHART_CAPTURE_WITHDRAWAL, of.found ? &before : NULL);
	if (state == x->state && !fresh)
		return 0;
	x->state = state;
	return ASK(p->c, put_capture, x, e);
}

static int apply_item(struct apply *p, const struct capture *c, struct slice line, struct err *e)
{
	struct chart *ch = p->c;
	struct taken same, named = {.found = false}, old = {.found = false};
	struct whose w;
	struct facts f;
	int r = by_id(p, c->id, &same, e);
	if (r < 0 || same.found) /* accepted once */
		return r;
	if (c->replaces.n)
		r = by_id(p, c->replaces, &named, e);
	if (r == 0 && named.found)
		r = standing(p, named.x.root, &old, e);
	if (r == 0)
		r = find_whose(p, c, &w, e);
	if (r == 0 && c->kind != CAPTURE_MERGE) /* of which the decision's own entry has told the charts */
		r = put_facts(p, c, &w, &old, &f, e);
	if (r < 0)
		return r;
	int64_t occurred = fact_time_ns(c->occurred, ch->zone_minutes);
	struct store_capture x = {.entry = p->en->seq, .kind = (uint8_t)c->kind, .owner = (uint8_t)capture_owner(c), .state = BACK_OPEN, .flags = flags_of(p, c, &w, occurred), .occurred = occurred, .received = ch->last_time,
	                          .id = c->id, .root = old.found ? old.x.root : c->replaces.n ? c->replaces : c->id, .unit = c->unit, .patient = c->patient, .source = p->en->source, .body = line};
	if (c->replaces.n && !named.found)
		x.flags |= CHART_CAPTURE_REPLACES_NOTHING;
	if (c->patient.n)
		r = ident_find_in(ch, &w.id, (uint8_t)((ident_is_record(w.id.type) ? SPACE_RECORD : SPACE_OTHER) | (w.test ? SPACE_TEST : 0)), &x.ident, e);
	if (r == 0 && old.found) {
		old.x.replaced = p->en->seq;
		r = settle(p, &old.x, true, e);
	}
	return r == 0 ? settle(p, &x, true, e) : r;
}

int captured_apply(struct apply *p, struct slice body, struct err *e)
{
	struct capture c;
	struct err why = {0};
	struct slice scan, line = slice_cut(body, '\n', &scan);
	int r = body.n ? capture_read(body, p->a, &c, &why) : ERR_INPUT;
	if (r == 0)
		return apply_item(p, &c, line, e);
	if (arena_code(p->a) == ERR_MEMORY)
		return chart_no_memory(p->a, e);
	/* in quarantine, or of a form that this version does not read: it stays on the list, for somebody wrote it down */
	struct store_capture x = {.entry = p->en->seq, .kind = CAPTURE_NOTE, .owner = OWNER_NURSING, .flags = CHART_CAPTURE_UNREADABLE, .occurred = INT64_MIN, .received = p->c->last_time, .source = p->en->source,
	                          .body = line.n <= CAPTURE_MAX ? line : SLICE_NULL};
	char id[40];
	snprintf(id, sizeof id, "entry:%llu", (unsigned long long)p->en->seq);
	x.id = x.root = slice_str(id);
	return ASK(p->c, put_capture, &x, e);
}

/* ---- what is done about one ---- */

/* An act names its item by the item's id; the number of its entry is taken as well. */
static int item_of(struct apply *p, const struct json_node *act, struct taken *ret, struct err *e)
{
	uint64_t of;
	struct slice item = json_text(act, "item");
	int r = by_id(p, item, ret, e);
	if (r < 0 || ret->found || !item.n || num_u64(item, 0, STORE_ENTRY_MAX, &of) < 0)
		return r;
	r = ASK(p->c, capture, of, take, ret, e);
	return r == ERR_NOT_FOUND ? 0 : r;
}

/* A withdrawal has nothing more to tell once there can be nothing of the item that it withdraws. */
static int settle_next(struct apply *p, uint64_t entry, struct err *e)
{
	struct taken t = {.a = p->a};
	int r = entry ? ASK(p->c, capture, entry, take, &t, e) : 0;
	return r == ERR_NOT_FOUND ? 0 : r == 0 && t.found ? settle(p, &t.x, false, e) : r;
}

int backload_act_apply(struct apply *p, struct slice body, struct err *e)
{
	struct json_node *n;
	struct taken t = {.found = false};
	struct slice message, line = slice_cut(body, '\n', &message);
	struct backload b;
	if (!line.n || json_tree(line, p->a, &n, NULL) < 0)
		return arena_code(p->a) ? chart_no_memory(p->a, e) : 0;
	int r = item_of(p, n, &t, e);
	if (r < 0 || !t.found)
		return r; /* of a destination, or of an item that was erased or never was */
	r = fold_acts(p, t.x.entry, &b, e);
	if (r < 0)
		return r;
	struct store_capture_act x = {.capture = t.x.entry, .entry = p->en->seq, .time = p->c->last_time, .counts = backload_apply(&b, n, p->en->seq), .source = p->en->source, .body = line};
	r = ASK(p->c, put_capture_act, &x, e);
	if (r == 0 && x.counts)
		r = settle(p, &t.x, false, e);
	return r == 0 && x.counts ? settle_next(p, t.x.replaced, e) : r;
}
