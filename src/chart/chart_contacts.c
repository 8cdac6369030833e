/* Whom to call: lists that were imported (entries of kind contacts), each standing in the place of the one of its source before it; and staff and units of master files (MFN), record by record. Both are facts of the house, so any past moment has
 * its own. Where the newest list of a source lies is kept in kv (STORE_KV_CONTACTS: source -> the rows, u64 big-endian, rising), because a list comes whole, and years of daily ones need not be read for the last. */
#include "chart_internal.h"

#include <stdlib.h>

static struct slice source_of(const struct fact *section)
{
	return fact_part(fact_get(section, FF_ID), FI_VALUE);
}

bool contacts_are(const struct apply *p, const struct fact_group *g)
{
	return p->en->kind == KIND_CONTACTS && g->first && g->first->kind == FACT_SECTION && slice_eq_str(fact_get(g->first, FF_CATEGORY), "contacts") && source_of(g->first).n;
}

int contacts_note(struct apply *p, const struct fact_group *g, uint64_t row, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)64 << 20);
	int r = ASK(p->c, kv, STORE_KV_CONTACTS, source_of(g->first), &b, e);
	if (r < 0 && r != ERR_NOT_FOUND)
		return r;
	buf_u64be(&b, row);
	return buf_ok(&b) ? ASK(p->c, put_kv, STORE_KV_CONTACTS, source_of(g->first), buf_slice(&b), e) : err_set(e, buf_code(&b), "view", "too many lists of one source");
}

/* ---- what stands at a moment ---- */

struct record { /* of a master file, as its newest statement has it */
	const struct fact *f;
	uint64_t entry;
	int64_t received;
	struct slice feed;
	const struct record *before; /* what it leaves unsaid, this one said */
	bool gone;
	struct record *next, *later; /* in its bucket; in the order of first sight */
};
struct standing {
	struct chart *c;
	struct arena *a;
	const struct chart_contacts_ask *q;
	uint64_t end;
	struct chart_contact *v;
	size_t n, cap;
	struct chart_contact_list *lists;
	uint64_t *row;               /* the newest of each list */
	size_t rows, row_cap;
	struct record *bucket[4096], *first, **last;
};

/* "icu" is the unit ICU, however somebody typed it. */
static bool same_unit(struct slice a, struct slice b)
{
	AUTO_BUF struct buf x = {0}, y = {0};
	if (slice_eq(a, b))
		return true;
	buf_init(&x, 4096);
	buf_init(&y, 4096);
	utf8_fold(&x, slice_trim(a));
	utf8_fold(&y, slice_trim(b));
	return a.n && b.n && buf_ok(&x) && buf_ok(&y) && slice_eq(buf_slice(&x), buf_slice(&y));
}

static int add(struct standing *k, const struct chart_contact *x, struct err *e)
{
	const struct chart_contacts_ask *q = k->q;
	if (q->category >= 0 && (int)x->is.category != q->category)
		return 0;
	if (q->source.n && !slice_eq(x->source, q->source))
		return 0;
	if (q->unit.n && !(same_unit(x->is.unit, q->unit) || (q->unit_and_house && (x->is.category != CONTACT_STAFF || !x->is.unit.n))))
		return 0;
	if ((x->when == CONTACT_PAST && !q->past) || (q->on_call && (x->is.category != CONTACT_ON_CALL || (x->when != CONTACT_NOW && x->when != CONTACT_ALWAYS))))
		return 0;
	int r = chart_grow(k->a, (void **)&k->v, k->n, &k->cap, sizeof *k->v, e);
	if (r == 0)
		k->v[k->n++] = *x;
	return r;
}

/* ---- lists ---- */

static int take_list(void *arg, const struct store_row *s, struct err *e)
{
	struct standing *k = arg;
	struct row *row;
	int r = row_decode(s, k->a, &row, e);
	const struct fact *first = r == 0 && row->f.first ? row->f.first->first : NULL;
	struct chart_contact_list *list = arena_alloc(k->a, sizeof *list);
	if (r < 0 || !first || !list)
		return r < 0 ? r : !list ? chart_no_memory(k->a, e) : 0;
	*list = (struct chart_contact_list){.source = source_of(first), .file = fact_get(first, FF_TITLE), .entry = row_entry(row), .received = row->received, .next = k->lists};
	for (const struct fact *f = first->next; f && r == 0; f = f->next) {
		struct chart_contact c = {.source = list->source, .entry = list->entry, .received = list->received, .order = (uint32_t)list->n++};
		contacts_of_fact(f, &c.is);
		c.when = contact_when(&c.is, k->q->now, k->c->zone_minutes);
		r = add(k, &c, e);
	}
	if (list->n) /* one without a line was taken away */
		k->lists = list;
	return r;
}

/* The newest row of a source at the moment. It is asked for when this question is over. */
static int each_source(void *arg, struct slice source, struct slice rows, struct err *e)
{
	struct standing *k = arg;
	struct cur c = cur_of(rows);
	uint64_t newest = UINT64_MAX;
	(void)source;
	while (cur_left(&c) >= 8) {
		uint64_t row = cur_u64be(&c);
		if (row >= store_row_id(k->end, 0))
			break;
		newest = row;
	}
	if (newest == UINT64_MAX)
		return 0;
	int r = chart_grow(k->a, (void **)&k->row, k->rows, &k->row_cap, sizeof *k->row, e);
	if (r == 0)
		k->row[k->rows++] = newest;
	return r;
}

static int take_lists(struct standing *k, struct err *e)
{
	int r = ASK(k->c, all_kv, STORE_KV_CONTACTS, each_source, k, e);
	for (size_t i = 0; i < k->rows && r == 0; i++)
		r = ASK(k->c, row, k->row[i], take_list, k, e);
	return r;
}

/* ---- master files ---- */

/* The newest word on a field: a record that is only updated says what changed, and no more. */
static struct slice said(const struct record *x, uint8_t field)
{
	for (; x; x = x->before)
		if (fact_get(x->f, field).n)
			return fact_is_null(fact_get(x->f, field)) ? SLICE_NULL : fact_get(x->f, field);
	return SLICE_NULL;
}

static bool same_record(const struct record *x, const struct fact *f, struct slice feed)
{
	uint8_t field = f->kind == FACT_STAFF ? FF_ID : FF_LOCATION;
	return x->f->kind == f->kind && slice_eq(fact_get(x->f, field), fact_get(f, field)) && slice_eq(x->feed, feed);
}

/* A file that is sent anew, as a whole, takes the one before it away: of the same sender. */
static void forget(struct standing *k, struct slice feed, uint8_t kind)
{
	for (struct record *x = k->first; x; x = x->later)
		if (slice_eq(x->feed, feed) && x->f->kind == kind)
			x->gone = true;
}

static int take_record(struct standing *k, const struct row *row, const struct fact *f, struct err *e)
{
	uint64_t hash = 0;
	struct slice key = fact_get(f, f->kind == FACT_STAFF ? FF_ID : FF_LOCATION);
	for (size_t i = 0; i < key.n; i++)
		hash = (hash ^ key.p[i]) * UINT64_C(0x100000001b3);
	struct record **at = &k->bucket[hash % ARRAY_LEN(k->bucket)], *old = *at;
	while (old && !same_record(old, f, row->f.feed))
		old = old->next;
	bool update = fact_get(f, FF_ACTION).n && slice_eq_str(fact_get(f, FF_ACTION), "update");
	struct record *kept = old && update && !old->gone ? arena_alloc(k->a, sizeof *kept) : NULL;
	if (old && update && !old->gone && !kept)
		return chart_no_memory(k->a, e);
	if (kept)
		*kept = *old;
	if (!old) {
		old = arena_alloc(k->a, sizeof *old);
		if (!old)
			return chart_no_memory(k->a, e);
		old->next = *at;
		*at = old;
		*k->last = old;
		k->last = &old->later;
	}
	old->f = f;
	old->entry = row_entry(row);
	old->received = row->received;
	old->feed = row->f.feed;
	old->before = kept;
	old->gone = slice_eq_str(fact_get(f, FF_ACTION), "delete");
	return 0;
}

static int house_row(void *arg, const struct store_row *s, struct err *e)
{
	struct standing *k = arg;
	struct row *row;
	int r = row_decode(s, k->a, &row, e);
	for (const struct fact *f = r == 0 && row->f.first ? row->f.first->first : NULL; f && r == 0; f = f->next) {
		if (f->kind == FACT_SECTION && slice_eq_str(fact_get(f, FF_STATUS), "replaced"))
			forget(k, row->f.feed, slice_eq_str(fact_get(f, FF_CATEGORY), "staff") ? FACT_STAFF : FACT_LOCATION);
		else if (f->kind == FACT_STAFF || (f->kind == FACT_LOCATION && !fact_part(fact_get(f, FF_LOCATION), FL_BED).n))
			r = take_record(k, row, f, e);
	}
	return r;
}

static struct slice words_of(struct slice code)
{
	static const uint8_t parts[] = {FC_DISPLAY, FC_TEXT, FC_ALT_DISPLAY, FC_CODE};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (fact_part(code, parts[i]).n)
			return fact_part(code, parts[i]);
	return SLICE_NULL;
}

static void numbers_of(const struct record *x, struct contact *c)
{
	while (x && !fact_count(x->f, FF_TELECOM))
		x = x->before;
	for (size_t i = 0; x && i < fact_count(x->f, FF_TELECOM); i++) {
		struct slice v = fact_nth(x->f, FF_TELECOM, i), system = fact_part(v, FT_SYSTEM), use = fact_part(v, FT_USE);
		bool phone = !system.n || slice_eq_str(system, "phone") || slice_eq_str(system, "other");
		struct slice *at = slice_eq_str(system, "pager") ? &c->pager : slice_eq_str(system, "fax") ? &c->fax : slice_eq_str(system, "email") ? &c->email : !phone ? NULL : slice_eq_str(use, "mobile") && !c->mobile.n ? &c->mobile : !c->phone.n ? &c->phone : &c->phone2;
		if (at && !at->n)
			*at = fact_part(v, FT_VALUE);
	}
}

static int join(struct standing *k, struct slice a, const char *between, struct slice b, struct slice *ret, struct err *e)
{
	*ret = slice_str(arena_printf(k->a, "%.*s%s%.*s", SLICE_FMT(a), a.n && b.n ? between : "", SLICE_FMT(b)));
	return ret->p ? 0 : chart_no_memory(k->a, e);
}

static int put_record(struct standing *k, const struct record *x, struct err *e)
{
	struct chart_contact c = {.source = x->feed, .entry = x->entry, .received = x->received, .master = true, .when = CONTACT_ALWAYS};
	struct slice active = said(x, FF_ACTIVE), name = said(x, FF_NAME), start = said(x, FF_START), end = said(x, FF_END);
	int64_t from = start.n ? fact_time_ns(start, k->c->zone_minutes) : INT64_MIN, until = end.n ? fact_time_ns(end, k->c->zone_minutes) : INT64_MIN;
	if (x->gone || slice_eq_str(active, "no") || (from != INT64_MIN && from > k->q->now) || (until != INT64_MIN && until <= k->q->now))
		return 0;
	int r = 0;
	numbers_of(x, &c.is);
	if (x->f->kind == FACT_STAFF) {
		c.is.category = CONTACT_STAFF;
		r = fact_part(name, FN_FAMILY).n ? join(k, fact_part(name, FN_FAMILY), ", ", fact_part(name, FN_GIVEN), &c.is.name, e) : 0;
		if (!c.is.name.n)
			c.is.name = fact_part(name, FN_TEXT).n ? fact_part(name, FN_TEXT) : fact_part(name, FN_GIVEN);
		c.is.role = said(x, FF_TITLE).n ? said(x, FF_TITLE) : words_of(said(x, FF_CODE)).n ? words_of(said(x, FF_CODE)) : words_of(said(x, FF_ROLE));
		c.is.unit = words_of(said(x, FF_SERVICE));
	} else {
		struct slice at = said(x, FF_LOCATION);
		c.is.category = CONTACT_UNIT;
		c.is.unit = fact_part(at, FL_UNIT);
		c.is.name = said(x, FF_TITLE).n ? said(x, FF_TITLE) : fact_part(at, FL_ROOM).n ? fact_part(at, FL_ROOM) : c.is.unit;
		if (!c.is.phone.n && !c.is.mobile.n && !c.is.pager.n && !c.is.fax.n && !c.is.email.n)
			return 0; /* a place that cannot be called */
	}
	return r == 0 ? add(k, &c, e) : r;
}

static int take_masters(struct standing *k, struct err *e)
{
	int r = ASK(k->c, marked, 0, STORE_MARK_HOUSE, store_row_id(k->end, 0), house_row, k, e);
	uint32_t order = 0;
	for (const struct record *x = k->first; x && r == 0; x = x->later) {
		size_t before = k->n;
		r = put_record(k, x, e);
		if (k->n > before)
			k->v[before].order = order++;
	}
	return r;
}

/* ---- in their order ---- */

static int now_first(const struct chart_contact *x)
{
	return x->when == CONTACT_NOW ? 0 : x->when == CONTACT_ALWAYS ? 1 : x->when == CONTACT_LATER ? 2 : 3;
}

static int by_use(const void *pa, const void *pb)
{
	const struct chart_contact *a = pa, *b = pb;
	if (a->is.category != b->is.category)
		return a->is.category < b->is.category ? -1 : 1;
	int r = now_first(a) - now_first(b);
	r = r ? r : a->when == CONTACT_LATER ? slice_cmp(a->is.from, b->is.from) : 0;
	r = r ? r : chart_natural(a->is.unit, b->is.unit);
	r = r ? r : a->master - b->master; /* a list that somebody keeps by hand, then the directory */
	r = r ? r : slice_cmp(a->source, b->source);
	r = r || !a->master ? r : chart_natural(a->is.name, b->is.name);
	return r ? r : a->order < b->order ? -1 : a->order > b->order;
}

int chart_contacts(struct chart *c, struct chart_moment at, const struct chart_contacts_ask *q, struct arena *a, struct chart_contact **ret, size_t *ret_n, struct chart_contact_list **ret_lists, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	struct standing *k = arena_alloc(a, sizeof *k);
	if (!k)
		return chart_no_memory(a, e);
	k->c = c;
	k->a = a;
	k->q = q;
	k->end = chart_end(c, at);
	k->last = &k->first;
	int r = take_lists(k, e);
	if (r == 0)
		r = take_masters(k, e);
	if (r < 0)
		return r;
	if (k->n)
		qsort(k->v, k->n, sizeof *k->v, by_use);
	*ret = k->v;
	*ret_n = k->n;
	if (ret_lists)
		*ret_lists = k->lists;
	return 0;
}

/* ---- JSON ---- */

void chart_json_contact(struct jsonw *w, const struct chart_contact *x)
{
	const struct contact *c = &x->is;
	jsonw_obj(w);
	jsonw_kstr(w, "category", contact_category_name(c->category));
	const struct {
		const char *key;
		struct slice v;
	} texts[] = {{"name", c->name}, {"role", c->role}, {"unit", c->unit}, {"phone", c->phone}, {"phone2", c->phone2}, {"mobile", c->mobile}, {"pager", c->pager}, {"fax", c->fax}, {"email", c->email}, {"address", c->address}, {"note", c->note}, {"from", c->from}, {"to", c->to}};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		jsonw_kslice_opt(w, texts[i].key, texts[i].v);
	if (c->from.n || c->to.n)
		jsonw_kstr(w, "when", contact_when_name(x->when));
	jsonw_kslice(w, "source", x->source);
	jsonw_kbool(w, "masterFile", x->master);
	jsonw_ku64(w, "entry", x->entry);
	jsonw_ktime(w, "received", x->received);
	jsonw_obj_end(w);
}

void chart_json_contacts(struct jsonw *w, const struct chart_contact *v, size_t n, const struct chart_contact_list *lists)
{
	jsonw_obj(w);
	jsonw_key(w, "contacts");
	jsonw_arr(w);
	for (size_t i = 0; i < n; i++)
		chart_json_contact(w, &v[i]);
	jsonw_arr_end(w);
	jsonw_key(w, "lists");
	jsonw_arr(w);
	for (const struct chart_contact_list *l = lists; l; l = l->next) {
		jsonw_obj(w);
		jsonw_kslice(w, "source", l->source);
		jsonw_kslice_opt(w, "file", l->file);
		jsonw_ku64(w, "contacts", l->n);
		jsonw_ku64(w, "entry", l->entry);
		jsonw_ktime(w, "received", l->received);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}
