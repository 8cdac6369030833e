/* Lists of calls. Their rows are kept under no patient, and found by kv (STORE_KV_CALLS): under "l" and a list's name the entries that brought calls of it, under "m" and a call's id the marks on it (u64 big-endian, rising), so that any past
 * moment has its own. Everything else is folded when it is asked for: a day's cancelled clinics are thousands of lines, not millions. */
#include "chart_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

bool calls_are(const struct apply *p, const struct fact_group *g)
{
	struct contact_calls_entry x;
	return p->en->kind == KIND_CALLS && contact_calls_of_facts(g->first, &x);
}

int calls_note(struct apply *p, const struct fact_group *g, uint64_t row, struct err *e)
{
	AUTO_BUF struct buf key = {0}, rows = {0};
	struct contact_calls_entry x;
	if (!contact_calls_of_facts(g->first, &x))
		return 0;
	buf_init(&key, 4096);
	buf_init(&rows, (size_t)64 << 20);
	buf_str(&key, x.mark ? "m" : "l");
	buf_add_slice(&key, x.mark ? x.call : x.list);
	int r = buf_ok(&key) ? ASK(p->c, kv, STORE_KV_CALLS, buf_slice(&key), &rows, e) : err_set(e, buf_code(&key), "view", "a name of a list of calls is too long");
	if (r < 0 && r != ERR_NOT_FOUND)
		return r;
	buf_u64be(&rows, row);
	return buf_ok(&rows) ? ASK(p->c, put_kv, STORE_KV_CALLS, buf_slice(&key), buf_slice(&rows), e) : err_set(e, buf_code(&rows), "view", "too many entries of one list of calls");
}

/* ---- what stands at a moment ---- */

struct brought { /* by one entry: its calls, in its order. Two entries may speak of one call */
	uint64_t entry;
	struct chart_call **v;
	size_t n;
	struct brought *next;
};
struct slot {
	struct slice key;
	struct chart_call *call;
	struct slot *next;
};
struct standing {
	struct chart *c;
	struct arena *a;
	const struct chart_calls_ask *q;
	uint64_t end;
	uint64_t *row;
	size_t rows, row_cap;
	struct chart_call_list *lists, **last_list;
	struct brought *brought[1024];
	struct slot *slot[4096];
	struct chart_call **v;
	size_t n, cap;
};

static int each_key(void *arg, struct slice key, struct slice rows, struct err *e)
{
	struct standing *k = arg;
	struct cur c = cur_of(rows);
	int r = 0;
	(void)key;
	while (cur_left(&c) >= 8 && r == 0) {
		uint64_t row = cur_u64be(&c);
		if (row >= store_row_id(k->end, 0))
			break;
		r = chart_grow(k->a, (void **)&k->row, k->rows, &k->row_cap, sizeof *k->row, e);
		if (r == 0)
			k->row[k->rows++] = row;
	}
	return r;
}

static int rising(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;
	return a < b ? -1 : a > b;
}

static struct chart_call_list *list_of(struct standing *k, const struct contact_calls_entry *x)
{
	struct chart_call_list *l = k->lists;
	while (l && !slice_eq(l->name, x->list))
		l = l->next;
	if (l)
		return l;
	l = arena_alloc(k->a, sizeof *l);
	if (!l)
		return NULL;
	*l = (struct chart_call_list){.name = x->list};
	*k->last_list = l;
	k->last_list = &l->next;
	return l;
}

/* A call that was brought before under this list is the same one: it has the newer number, and its marks. */
static int call_of(struct standing *k, struct chart_call_list *l, const struct contact_call *is, struct chart_call **ret, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	uint64_t hash = 0;
	buf_init(&b, 1 << 16);
	buf_add_slice(&b, l->name);
	buf_u8(&b, '\n');
	contact_call_key(is, &b);
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), "view", "a call is longer than the view allows");
	for (size_t i = 0; i < b.n; i++)
		hash = (hash ^ b.p[i]) * UINT64_C(0x100000001b3);
	struct slot **at = &k->slot[(hash >> 20) % ARRAY_LEN(k->slot)], *s = *at;
	while (s && !slice_eq(s->key, buf_slice(&b)))
		s = s->next;
	if (s) {
		s->call->is = *is;
		*ret = s->call;
		return 0;
	}
	int r = chart_grow(k->a, (void **)&k->v, k->n, &k->cap, sizeof(struct chart_call *), e);
	struct chart_call *x = arena_alloc(k->a, sizeof *x);
	s = arena_alloc(k->a, sizeof *s);
	if (r < 0 || !x || !s)
		return r < 0 ? r : chart_no_memory(k->a, e);
	*s = (struct slot){.key = arena_dup(k->a, buf_slice(&b)), .call = x, .next = *at};
	if (!s->key.p)
		return chart_no_memory(k->a, e);
	*x = (struct chart_call){.is = *is, .list = l, .order = (uint32_t)k->n};
	x->last = &x->marks;
	l->n++;
	*at = s;
	k->v[k->n++] = x;
	*ret = x;
	return 0;
}

static int take_list(struct standing *k, const struct row *row, const struct contact_calls_entry *x, struct err *e)
{
	struct chart_call_list *l = list_of(k, x);
	struct brought *b = arena_alloc(k->a, sizeof *b);
	size_t n = 0;
	int r = 0;
	for (const struct fact *f = row->f.first->first->next; f; f = f->next)
		n += f->kind == FACT_CONTACT;
	if (!l || !b || !(b->v = arena_array(k->a, n ? n : 1, sizeof(struct chart_call *))))
		return chart_no_memory(k->a, e);
	b->entry = row_entry(row);
	l->kind = x->kind;
	l->by = x->by;
	l->title = x->title.n ? x->title : l->title;
	l->entry = b->entry;
	l->received = row->received;
	for (const struct fact *f = row->f.first->first->next; f && r == 0; f = f->next) {
		struct contact_call is;
		struct chart_call *c = NULL;
		if (f->kind != FACT_CONTACT)
			continue;
		contact_call_of_fact(f, &is);
		r = call_of(k, l, &is, &c, e);
		if (r < 0)
			break;
		b->v[b->n++] = c;
		if (!c->id[0]) {
			snprintf(c->id, sizeof c->id, "%" PRIu64 "-%zu", b->entry, b->n);
			c->entry = b->entry;
			c->received = row->received;
		}
	}
	struct brought **at = &k->brought[b->entry % ARRAY_LEN(k->brought)];
	b->next = *at;
	*at = b;
	return r;
}

static int take_mark(struct standing *k, const struct row *row, const struct contact_calls_entry *x, struct err *e)
{
	uint64_t entry = 0, n = 0;
	if (!contact_call_id(x->call, &entry, &n))
		return 0;
	const struct brought *b = k->brought[entry % ARRAY_LEN(k->brought)];
	while (b && b->entry != entry)
		b = b->next;
	if (!b || n > b->n)
		return 0; /* of nothing that there is */
	struct chart_call *c = b->v[n - 1];
	struct chart_call_mark *m = arena_alloc(k->a, sizeof *m);
	if (!m)
		return chart_no_memory(k->a, e);
	int64_t at = x->at.n ? fact_time_ns(x->at, k->c->zone_minutes) : INT64_MIN;
	*m = (struct chart_call_mark){.state = x->state, .by = x->by, .note = x->note, .at = at == INT64_MIN ? row->received : at, .received = row->received, .entry = row_entry(row), .counts = call_after(c->state, x->state) == x->state};
	c->state = call_after(c->state, x->state);
	c->tries += x->state == CALL_CALLED || x->state == CALL_NO_ANSWER || x->state == CALL_REACHED;
	*c->last = m;
	c->last = &m->next;
	return 0;
}

static int take_row(void *arg, const struct store_row *s, struct err *e)
{
	struct standing *k = arg;
	struct contact_calls_entry x;
	struct row *row;
	int r = row_decode(s, k->a, &row, e);
	if (r < 0 || !row->f.first || !contact_calls_of_facts(row->f.first->first, &x))
		return r;
	return x.mark ? take_mark(k, row, &x, e) : take_list(k, row, &x, e);
}

/* Numbers alone count, as for what was captured; a number of several is nobody's. */
static int patient_of(struct standing *k, struct chart_call *x, struct arena *scratch, struct err *e)
{
	struct chart *c = k->c;
	struct ident_list list;
	uint32_t root = 0, one;
	if (!x->is.patient.n)
		return 0;
	int r = ident_by_our_id(c, x->is.patient, k->end, &one, e);
	if (r == 0)
		r = person_root(c, one, k->end, &root, e);
	else if (r == ERR_NOT_FOUND) {
		r = idents_of_text(c, x->is.patient, k->end, k->a, &list, e);
		for (size_t i = 0; r == 0 && i < list.n; i++) {
			if (list.v[i].space != SPACE_RECORD)
				continue;
			r = person_root(c, list.v[i].id, k->end, &one, e);
			x->several = x->several || (root && root != one);
			root = one;
		}
	}
	if (r < 0 || !root || x->several)
		return r;
	x->patient = arena_alloc(k->a, sizeof *x->patient);
	return x->patient ? row_of_person(c, root, NULL, k->end, k->a, scratch, x->patient, e) : chart_no_memory(k->a, e);
}

static bool asked_for(const struct chart_calls_ask *q, const struct chart_call *x)
{
	return (!q->list.n || slice_eq(q->list, x->list->name)) && (!q->call.n || slice_eq_str(q->call, x->id)) && (q->state < 0 || q->state == (int)x->state) && (!q->open || !call_settled(x->state));
}

static int by_time(const void *pa, const void *pb)
{
	const struct chart_call *a = *(struct chart_call *const *)pa, *b = *(struct chart_call *const *)pb;
	int r = a->list == b->list ? 0 : slice_cmp(a->list->name, b->list->name);
	if (r == 0 && a->is.when.n && b->is.when.n)
		r = slice_cmp(a->is.when, b->is.when);
	else if (r == 0)
		r = !a->is.when.n - !b->is.when.n; /* without a time: behind those that have one */
	return r ? r : a->order < b->order ? -1 : a->order > b->order;
}

static int choose(struct standing *k, size_t *ret_n, size_t *ret_more, struct err *e)
{
	AUTO_ARENA struct arena *scratch = k->q->patients ? arena_new((size_t)64 << 20) : NULL;
	size_t n = 0, more = 0;
	int r = k->q->patients && !scratch ? err_set(e, ERR_MEMORY, NULL, "no memory") : 0;
	if (k->n)
		qsort(k->v, k->n, sizeof(struct chart_call *), by_time);
	for (size_t i = 0; i < k->n && r == 0; i++) {
		struct chart_call *x = k->v[i];
		x->list->counts[x->state]++;
		if (!asked_for(k->q, x))
			continue;
		if (k->q->max && n == k->q->max) {
			more++;
			continue;
		}
		if (scratch) {
			arena_reset(scratch);
			r = patient_of(k, x, scratch, e);
		}
		k->v[n++] = x;
	}
	*ret_n = n;
	*ret_more = more;
	return r;
}

int chart_calls(struct chart *c, struct chart_moment at, const struct chart_calls_ask *q, struct arena *a, struct chart_call ***ret, size_t *ret_n, size_t *ret_more, struct chart_call_list **ret_lists, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	struct standing *k = arena_alloc(a, sizeof *k);
	size_t n = 0, more = 0;
	if (!k)
		return chart_no_memory(a, e);
	k->c = c;
	k->a = a;
	k->q = q;
	k->end = chart_end(c, at);
	k->last_list = &k->lists;
	int r = ASK(c, all_kv, STORE_KV_CALLS, each_key, k, e);
	if (r == 0 && k->rows)
		qsort(k->row, k->rows, sizeof *k->row, rising);
	for (size_t i = 0; i < k->rows && r == 0; i++)
		r = ASK(c, row, k->row[i], take_row, k, e);
	if (r == 0)
		r = choose(k, &n, &more, e);
	if (r < 0)
		return r;
	*ret = k->v;
	*ret_n = n;
	*ret_more = more;
	*ret_lists = k->lists;
	return 0;
}

/* ---- JSON ---- */

void chart_json_call(struct jsonw *w, const struct chart_call *x, bool withheld)
{
	const struct contact_call *c = &x->is;
	const struct {
		const char *key;
		struct slice v;
		bool person; /* says who it is */
	} texts[] = {{"name", c->name, true}, {"patient", c->patient, true}, {"birth", c->birth, true}, {"phone", c->phone, true}, {"phone2", c->phone2, true}, {"email", c->email, true}, {"when", c->when, false}, {"what", c->what, true},
	             {"with", c->with, false}, {"unit", c->unit, false}, {"note", c->note, true}};
	jsonw_obj(w);
	jsonw_kstr(w, "id", x->id);
	jsonw_kslice(w, "list", x->list->name);
	jsonw_kstr(w, "kind", call_kind_name(x->list->kind));
	jsonw_kstr(w, "state", call_state_name(x->state));
	jsonw_kbool(w, "settled", call_settled(x->state));
	jsonw_ku64(w, "tries", x->tries);
	if (withheld)
		jsonw_kbool(w, "withheld", true);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (!withheld || !texts[i].person)
			jsonw_kslice_opt(w, texts[i].key, texts[i].v);
	if (x->patient)
		jsonw_kstr(w, "person", x->patient->id);
	if (x->several)
		jsonw_kbool(w, "several", true);
	jsonw_ku64(w, "entry", x->entry);
	jsonw_key(w, "marks");
	jsonw_arr(w);
	for (const struct chart_call_mark *m = x->marks; m; m = m->next) {
		jsonw_obj(w);
		jsonw_kstr(w, "state", call_state_name(m->state));
		jsonw_kslice(w, "by", m->by);
		jsonw_ktime(w, "at", m->at);
		jsonw_ktime(w, "received", m->received);
		if (!withheld)
			jsonw_kslice_opt(w, "note", m->note);
		jsonw_kbool(w, "counts", m->counts);
		jsonw_ku64(w, "entry", m->entry);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

void chart_json_call_list(struct jsonw *w, const struct chart_call_list *l)
{
	uint64_t open = 0;
	jsonw_obj(w);
	jsonw_kslice(w, "list", l->name);
	jsonw_kstr(w, "kind", call_kind_name(l->kind));
	jsonw_kslice_opt(w, "title", l->title);
	jsonw_ku64(w, "calls", l->n);
	jsonw_key(w, "counts");
	jsonw_obj(w);
	for (int s = 0; s < CALL_STATES; s++) {
		jsonw_ku64(w, call_state_name((enum call_state)s), l->counts[s]);
		open += call_settled((enum call_state)s) ? 0 : l->counts[s];
	}
	jsonw_obj_end(w);
	jsonw_ku64(w, "open", open);
	jsonw_kslice(w, "by", l->by);
	jsonw_ku64(w, "entry", l->entry);
	jsonw_ktime(w, "received", l->received);
	jsonw_obj_end(w);
}
