/* Questions about what was captured, and their JSON. */
#include "chart_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define ROW_BYTES ((size_t)64 << 20) /* scratch for a line of a person */

/* ---- one ---- */

struct asking {
	struct chart *c;
	const struct chart_captures_ask *q;
	struct arena *a, *scratch;
	struct chart_capture *first, **last;
	uint32_t root; /* of the patient asked for */
	size_t n;
	uint64_t next;
};

static struct slice kept(struct arena *a, struct slice s, bool *failed)
{
	if (!s.n)
		return SLICE_NULL;
	s = arena_dup(a, s);
	*failed = *failed || !s.p;
	return s;
}

struct acts {
	struct arena *a;
	struct backload *back;
	struct chart_capture_act **last;
};

static int take_act(void *arg, const struct store_capture_act *x, struct err *e)
{
	struct acts *k = arg;
	struct chart_capture_act *to = arena_alloc(k->a, sizeof *to);
	bool failed = !to;
	struct json_node *n = NULL;
	struct slice body = kept(k->a, x->body, &failed), source = kept(k->a, x->source, &failed);
	if (failed)
		return chart_no_memory(k->a, e);
	if (json_tree(body, k->a, &n, NULL) == 0 && x->counts)
		(void)backload_apply(k->back, n, x->entry);
	*to = (struct chart_capture_act){.entry = x->entry, .time = x->time, .source = source, .json = body, .node = n, .counts = x->counts};
	*k->last = to;
	k->last = &to->next;
	return 0;
}

static int read_one(struct asking *k, const struct store_capture *x, struct chart_capture *to, struct err *e)
{
	struct err quiet = {0};
	bool failed = false;
	*to = (struct chart_capture){.entry = x->entry, .replaced_by = x->replaced, .received = x->received, .occurred = x->occurred, .owner = (enum capture_owner)x->owner, .flags = x->flags};
	to->line = kept(k->a, x->body, &failed);
	to->id = kept(k->a, x->id, &failed);
	to->root = kept(k->a, x->root, &failed);
	to->source = kept(k->a, x->source, &failed);
	to->back.state = (enum backload_state)x->state;
	if (failed)
		return chart_no_memory(k->a, e);
	if (capture_read(to->line, k->a, &to->c, &quiet) < 0) {
		if (arena_code(k->a))
			return chart_no_memory(k->a, e);
		to->c = (struct capture){.kind = (enum capture_kind)x->kind};
	}
	to->c.id = to->id;
	return 0;
}

/* Whose it is, as things are now; and what was done about it. */
static int fill(struct asking *k, uint32_t ident, struct chart_capture *to, struct err *e)
{
	struct chart *c = k->c;
	enum backload_state state = to->back.state; /* with what took its place; the fold of its acts alone does not know that */
	struct chart_capture_act *list = NULL;
	to->back = (struct backload){.state = BACK_OPEN};
	struct acts acts = {k->a, &to->back, &list};
	uint32_t root = 0;
	struct store_ident i;
	int r = ASK(c, capture_acts, to->entry, take_act, &acts, e);
	to->back.state = state;
	to->acts = k->q->acts ? list : NULL;
	if (r < 0 || !ident)
		return r;
	char *id = arena_alloc(k->a, 32);
	if (!id)
		return chart_no_memory(k->a, e);
	r = person_root(c, ident, c->applied, &root, e);
	if (r == 0)
		r = ident_load(c, root, NULL, &i, e);
	if (r < 0)
		return r;
	ident_our_id(&i, id);
	to->person = id;
	if (!k->q->patients)
		return 0;
	to->patient = arena_alloc(k->a, sizeof *to->patient);
	return to->patient ? row_of_person(c, root, NULL, c->applied, k->a, k->scratch, to->patient, e) : chart_no_memory(k->a, e);
}

/* ---- lists ---- */

static bool is_unsettled(uint8_t state)
{
	return state == BACK_OPEN || state == BACK_REVIEWED || state == BACK_SENT_UNKNOWN;
}

static bool asked_for(const struct chart_captures_ask *q, const struct store_capture *x)
{
	return (q->owner < 0 || q->owner == x->owner) && (q->state < 0 || q->state == x->state) && (q->kind < 0 || q->kind == x->kind) && (!q->unsettled || is_unsettled(x->state));
}

struct found {
	struct asking *k;
	struct store_capture *v; /* entry and ident only */
	size_t n, cap;
	int64_t only; /* root, or -1 */
};

/* The questions that a row leads to come after: a callback may not ask. */
static int note(void *arg, const struct store_capture *x, struct err *e)
{
	struct found *f = arg;
	struct asking *k = f->k;
	if (!asked_for(k->q, x))
		return 0;
	if (k->q->max && f->n == k->q->max) {
		k->next = k->q->newest_first ? f->v[f->n - 1].entry : x->entry;
		return 1;
	}
	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 64;
		struct store_capture *v = arena_array(k->a, cap, sizeof *v);
		if (!v)
			return chart_no_memory(k->a, e);
		if (f->n)
			memcpy(v, f->v, f->n * sizeof *v);
		f->v = v;
		f->cap = cap;
	}
	f->v[f->n++] = (struct store_capture){.entry = x->entry, .ident = x->ident};
	return 0;
}

static int take_whole(void *arg, const struct store_capture *x, struct err *e)
{
	struct asking *k = arg;
	struct chart_capture *to = arena_alloc(k->a, sizeof *to);
	if (!to)
		return chart_no_memory(k->a, e);
	int r = read_one(k, x, to, e);
	*k->last = to;
	return r;
}

static int put_one(struct asking *k, uint64_t entry, uint32_t ident, struct err *e)
{
	int r = ASK(k->c, capture, entry, take_whole, k, e);
	if (r == 0)
		r = fill(k, ident, *k->last, e);
	if (r == 0)
		k->last = &(*k->last)->next;
	return r;
}

static int by_entry(const void *pa, const void *pb)
{
	const struct store_capture *a = pa, *b = pb;
	return a->entry < b->entry ? -1 : a->entry > b->entry;
}

/* Every number of the person has items of its own. */
static int of_person(struct asking *k, struct found *f, struct err *e)
{
	struct members m;
	uint32_t root;
	struct chart_captures_ask all = *k->q;
	const struct chart_captures_ask *q = k->q;
	int r = person_find(k->c, q->patient, k->c->applied, k->a, &root, NULL, NULL, e);
	if (r == 0)
		r = person_members(k->c, root, k->c->applied, false, k->a, &m, e);
	all.max = 0;
	k->q = &all;
	for (size_t i = 0; r == 0 && i < m.n; i++)
		r = ASK(k->c, captures_of, m.v[i].ident, note, f, e);
	k->q = q;
	if (r < 0 || !f->n)
		return r;
	qsort(f->v, f->n, sizeof *f->v, by_entry);
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++) {
		const struct store_capture *x = &f->v[q->newest_first ? f->n - 1 - i : i];
		if (q->newest_first ? x->entry >= q->from : x->entry < q->from)
			continue;
		if (q->max && n == q->max) {
			k->next = q->newest_first ? x->entry + 1 : x->entry;
			break;
		}
		r = put_one(k, x->entry, x->ident, e);
		if (r < 0)
			return r;
		n++;
	}
	return 0;
}

int chart_captures(struct chart *c, const struct chart_captures_ask *q, struct arena *a, struct chart_capture **ret, uint64_t *ret_next, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	AUTO_ARENA struct arena *scratch = arena_new(ROW_BYTES);
	struct asking k = {.c = c, .q = q, .a = a, .scratch = scratch, .next = CHART_NOW};
	struct found f = {.k = &k};
	k.last = &k.first;
	if (!scratch)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r;
	if (q->patient.n) {
		r = of_person(&k, &f, e);
	} else {
		r = ASK(c, captures, q->from, q->newest_first, note, &f, e);
		for (size_t i = 0; r == 0 && i < f.n; i++)
			r = put_one(&k, f.v[i].entry, f.v[i].ident, e);
	}
	if (r < 0)
		return r;
	*ret = k.first;
	*ret_next = k.next;
	return 0;
}

struct single {
	struct store_capture x;
	bool found;
};

static int take_single(void *arg, const struct store_capture *x, struct err *e)
{
	struct single *s = arg;
	(void)e;
	s->x = (struct store_capture){.entry = x->entry, .ident = x->ident};
	s->found = true;
	return 0;
}

static int one(struct chart *c, uint64_t entry, struct slice id, struct arena *a, struct chart_capture **ret, struct err *e)
{
	static const struct chart_captures_ask q = {.owner = -1, .state = -1, .kind = -1, .patients = true, .acts = true};
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	AUTO_ARENA struct arena *scratch = arena_new(ROW_BYTES);
	struct asking k = {.c = c, .q = &q, .a = a, .scratch = scratch};
	struct single s = {.found = false};
	k.last = &k.first;
	if (!scratch)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = id.n ? ASK(c, capture_by_id, id, take_single, &s, e) : ASK(c, capture, entry, take_single, &s, e);
	if (r == ERR_NOT_FOUND)
		return err_set(e, ERR_NOT_FOUND, NULL, "no captured item has that id");
	if (r == 0)
		r = put_one(&k, s.x.entry, s.x.ident, e);
	if (r == 0)
		*ret = k.first;
	return r;
}

int chart_capture(struct chart *c, uint64_t entry, struct arena *a, struct chart_capture **ret, struct err *e)
{
	return one(c, entry, SLICE_NULL, a, ret, e);
}

int chart_capture_by_id(struct chart *c, struct slice id, struct arena *a, struct chart_capture **ret, struct err *e)
{
	return id.n ? one(c, 0, id, a, ret, e) : err_set(e, ERR_NOT_FOUND, NULL, "no captured item has that id");
}

static int count(void *arg, uint8_t owner, uint8_t state, uint64_t n, struct err *e)
{
	struct chart_capture_counts *to = arg;
	(void)e;
	if (owner < OWNER_COUNT && state <= BACK_SUPERSEDED)
		to->n[owner][state] += n;
	return 0;
}

int chart_capture_counts(struct chart *c, struct chart_capture_counts *ret, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	struct chart_capture_counts k = {0};
	int r = ASK(c, capture_counts, count, &k, e);
	if (r == 0)
		*ret = k;
	return r;
}

/* ---- JSON ---- */

static void json_flags(struct jsonw *w, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *word;
	} words[] = {{CHART_CAPTURE_WITHDRAWAL, "withdrawal"}, {CHART_CAPTURE_UNIDENTIFIED, "unidentified"}, {CHART_CAPTURE_FEW_IDENTIFIERS, "few-identifiers"}, {CHART_CAPTURE_SEVERAL_PERSONS, "several-persons"},
	             {CHART_CAPTURE_FROM_FUTURE, "from-future"}, {CHART_CAPTURE_UNREADABLE, "unreadable"}, {CHART_CAPTURE_REPLACES_NOTHING, "replaces-nothing"}, {CHART_CAPTURE_UNKNOWN_NAMES, "unknown-names"}};
	jsonw_key(w, "flags");
	jsonw_arr(w);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (flags & words[i].flag)
			jsonw_str(w, words[i].word);
	jsonw_arr_end(w);
}

static void json_values(struct jsonw *w, const struct json_node *values)
{
	jsonw_key(w, "values");
	jsonw_obj(w);
	for (const struct json_node *n = values ? values->child : NULL; n; n = n->next) {
		jsonw_key_slice(w, n->key);
		if (n->type == JSON_TRUE || n->type == JSON_FALSE)
			jsonw_bool(w, n->type == JSON_TRUE);
		else
			jsonw_slice(w, n->value);
	}
	jsonw_obj_end(w);
}

static void json_acts(struct jsonw *w, const struct chart_capture_act *acts)
{
	jsonw_key(w, "acts");
	jsonw_arr(w);
	for (const struct chart_capture_act *x = acts; x; x = x->next) {
		jsonw_obj(w);
		jsonw_ku64(w, "entry", x->entry);
		jsonw_ktime(w, "time", x->time);
		jsonw_kslice(w, "source", x->source);
		jsonw_kbool(w, "counts", x->counts);
		if (x->node) {
			jsonw_key(w, "said");
			jsonw_raw(w, x->json);
		}
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

void chart_json_capture(struct jsonw *w, const struct chart_capture *x, bool detail)
{
	const struct capture *c = &x->c;
	jsonw_obj(w);
	jsonw_ku64(w, "entry", x->entry);
	jsonw_kslice(w, "id", x->id);
	jsonw_kstr(w, "kind", capture_kind_name(c->kind));
	jsonw_kstr(w, "owner", capture_owner_name(x->owner));
	jsonw_kstr(w, "state", backload_state_name(x->back.state));
	if (x->person)
		jsonw_kstr(w, "person", x->person);
	jsonw_kslice_opt(w, "unit", c->unit);
	jsonw_kslice_opt(w, "patientSaid", c->patient);
	jsonw_kslice_opt(w, "occurred", c->occurred);
	jsonw_ktime(w, "received", x->received);
	jsonw_kslice_opt(w, "by", c->by);
	jsonw_kslice_opt(w, "on_behalf_of", c->on_behalf_of);
	jsonw_kslice_opt(w, "replaces", c->replaces);
	if (x->replaced_by)
		jsonw_ku64(w, "replacedBy", x->replaced_by);
	jsonw_kslice_opt(w, "sheet", c->sheet);
	jsonw_kslice(w, "source", x->source);
	jsonw_kstr(w, "origin", "captured");
	json_flags(w, x->flags);
	if (x->back.control_id[0])
		jsonw_kstr(w, "controlId", x->back.control_id);
	if (x->back.ack[0])
		jsonw_kstr(w, "ack", x->back.ack);
	if (x->back.to[0])
		jsonw_kstr(w, "to", x->back.to);
	if (x->patient) {
		jsonw_key(w, "patient");
		chart_json_who(w, x->patient, x->withheld);
	}
	if (!x->withheld) {
		jsonw_kslice_opt(w, "reason", c->reason);
		json_values(w, c->values);
	}
	if (detail)
		json_acts(w, x->acts);
	jsonw_obj_end(w);
}
