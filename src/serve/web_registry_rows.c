/* /api/registry/incidents and /api/registry/incident/N: the rows behind the figures, and the history of one. */
#include "web_registry.h"

#include <stdlib.h>

#define MOST 200

static const struct registry_row *row_of(const struct registry_all *all, const struct registry_counted *c)
{
	return &all->revision[c->revision].row;
}

static void put_row(struct jsonw *w, const struct registry_row *r)
{
	char t[16];
	jsonw_kslice(w, "name", r->name);
	jsonw_kslice(w, "state", r->state);
	jsonw_kslice(w, "entity_type", r->entity_type);
	jsonw_kslice(w, "type", r->type);
	jsonw_kslice(w, "location", r->location);
	if (r->persons_known)
		jsonw_ku64(w, "persons", r->persons);
	jsonw_kbool(w, "placeholder", registry_placeholder(r));
	if (r->submitted != REGISTRY_NO_DAY)
		jsonw_kstr(w, "submitted", registry_day_text(r->submitted, t));
	if (r->associate_known)
		jsonw_kbool(w, "business_associate", r->associate);
}

static void put_counted(struct jsonw *w, const struct registry_all *all, const struct registry_counted *c)
{
	jsonw_obj(w);
	jsonw_ku64(w, "id", c->incident);
	put_row(w, row_of(all, c));
	jsonw_kstr(w, "view", registry_view_word((enum registry_view)c->view));
	jsonw_kbool(w, "carried", c->carried);
	jsonw_obj_end(w);
}

/* ---- order ---- */

enum order { BY_PERSONS, BY_SUBMITTED, BY_NAME, BY_STATE };
struct ordering {
	const struct registry_all *all;
	enum order by;
	bool up;
};

static int compare(const void *pa, const void *pb, void *arg)
{
	const struct ordering *o = arg;
	const struct registry_counted *a = pa, *b = pb;
	const struct registry_row *x = row_of(o->all, a), *y = row_of(o->all, b);
	int c = 0;
	switch (o->by) {
	case BY_PERSONS:
		c = x->persons_known != y->persons_known ? x->persons_known - y->persons_known : (x->persons > y->persons) - (x->persons < y->persons);
		break;
	case BY_SUBMITTED:
		c = (x->submitted > y->submitted) - (x->submitted < y->submitted);
		break;
	case BY_STATE:
		c = slice_cmp(x->state, y->state);
		break;
	case BY_NAME:
		break;
	}
	c = o->up ? c : -c;
	if (!c)
		c = o->by == BY_NAME && !o->up ? slice_cmp(y->name, x->name) : slice_cmp(x->name, y->name);
	return c ? c : (a->incident > b->incident) - (a->incident < b->incident);
}

static bool ordering_of(struct web_request *q, struct ordering *o)
{
	static const char *const words[] = {"persons", "submitted", "name", "state"};
	const char *by = web_query(q, "sort"), *way = web_query(q, "order");
	o->by = BY_SUBMITTED;
	for (int i = 0; by; i++) {
		if (i == ARRAY_LEN(words)) {
			web_error(q, 400, "input", "sort is persons, submitted, name or state.");
			return false;
		}
		if (!strcmp(by, words[i])) {
			o->by = (enum order)i;
			break;
		}
	}
	if (way && strcmp(way, "asc") && strcmp(way, "desc")) {
		web_error(q, 400, "input", "order is asc or desc.");
		return false;
	}
	o->up = way ? !strcmp(way, "asc") : o->by >= BY_NAME;
	return true;
}

/* ---- search: every word of it somewhere in the name, as people type ---- */

static bool found(struct slice name, struct slice words)
{
	AUTO_BUF struct buf folded = {0};
	buf_init(&folded, 1 << 16);
	utf8_fold(&folded, name);
	while (words.n) {
		struct slice one = slice_cut(words, ' ', &words);
		if (one.n && (!folded.n || !buf_ok(&folded) || !memmem(folded.p, folded.n, one.p, one.n)))
			return false;
	}
	return true;
}

static size_t search(struct web_request *q, const struct registry_all *all, struct registry_counted *v, size_t n)
{
	AUTO_BUF struct buf words = {0};
	const char *text = web_query(q, "q");
	size_t k = 0;
	if (!text || !*text)
		return n;
	buf_init(&words, 4096);
	utf8_fold(&words, slice_str(text));
	for (size_t i = 0; i < n; i++)
		if (found(row_of(all, &v[i])->name, buf_slice(&words)))
			v[k++] = v[i];
	return k;
}

void web_registry_incidents(struct web_request *q)
{
	struct registry_question x;
	struct registry_basis basis;
	struct registry_counted *v = NULL;
	struct err e = {0};
	struct jsonw w;
	struct ordering o;
	size_t n = 0, from = web_number(q, "offset", 0, SIZE_MAX), most = web_number(q, "limit", 50, MOST);
	struct web_registry *h = ordering_of(q, &o) && web_registry_question(q, &x) ? web_registry_take(q) : NULL;
	if (!h)
		return;
	int r = registry_select(&h->all, &x, q->a, &v, &n, &basis, &e);
	if (r == 0) {
		o.all = &h->all;
		n = search(q, &h->all, v, n);
		qsort_r(v, n, sizeof *v, compare, &o);
		jsonw_init(&w, &q->out);
		jsonw_obj(&w);
		web_registry_basis(&w, &basis);
		jsonw_ku64(&w, "total", n);
		jsonw_key(&w, "incidents");
		jsonw_arr(&w);
		for (size_t i = from; i < n && i - from < most; i++)
			put_counted(&w, &h->all, &v[i]);
		jsonw_arr_end(&w);
		jsonw_obj_end(&w);
	}
	web_registry_done(h);
	if (r < 0)
		web_fail(q, &e);
	else
		web_json(q, 200);
}

/* ---- one ---- */

static int put_history(struct web_request *q, struct web_registry *h, uint32_t id, struct jsonw *w, size_t *ret_newest, struct err *e)
{
	struct registry_history *v;
	size_t n;
	char t[16];
	int r = registry_history(&h->all, id, q->a, &v, &n, e);
	if (r < 0)
		return r;
	if (!n)
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no incident of this number");
	jsonw_key(w, "history");
	jsonw_arr(w);
	for (size_t i = 0; i < n; i++) {
		const struct registry_import *m = &h->all.import[v[i].import];
		jsonw_obj(w);
		jsonw_kstr(w, "as_of", registry_day_text(m->as_of, t));
		jsonw_kslice(w, "file", m->file);
		jsonw_ku64(w, "entry", m->entry);
		jsonw_kstr(w, "view", registry_view_word((enum registry_view)v[i].view));
		jsonw_kbool(w, "changed", v[i].changed);
		put_row(w, &h->all.revision[v[i].revision].row);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	*ret_newest = v[n - 1].revision;
	return 0;
}

/* Which incident it became part of, and which became part of it; perhaps: counts nearly add up, and no more. */
static void put_merges(struct jsonw *w, const struct registry_all *all, uint32_t id)
{
	static const char *const keys[2] = {"part_of", "parts"};
	char t[16];
	for (int way = 0; way < 2; way++) {
		jsonw_key(w, keys[way]);
		jsonw_arr(w);
		for (size_t i = 0; i < all->merge_n; i++) {
			const struct registry_merge *m = &all->merge[i];
			if ((way ? m->into : m->from) != id)
				continue;
			jsonw_obj(w);
			jsonw_ku64(w, "id", way ? m->from : m->into);
			jsonw_kbool(w, "perhaps", m->perhaps);
			jsonw_kstr(w, "as_of", registry_day_text(all->import[m->import].as_of, t));
			jsonw_kslice(w, "why", m->why);
			jsonw_obj_end(w);
		}
		jsonw_arr_end(w);
	}
}

static int put_incident(struct web_request *q, struct web_registry *h, uint32_t id, struct jsonw *w, struct err *e)
{
	size_t newest;
	struct slice text, raw;
	jsonw_obj(w);
	jsonw_ku64(w, "id", id);
	int r = put_history(q, h, id, w, &newest, e);
	if (r == 0)
		r = registry_description(h->r, &h->all, newest, q->a, &text, &raw, e);
	if (r < 0)
		return r;
	put_row(w, &h->all.revision[newest].row);
	jsonw_kslice_opt(w, "description", text);
	jsonw_kbool(w, "repaired", raw.n > 0);
	put_merges(w, &h->all, id);
	jsonw_obj_end(w);
	return 0;
}

void web_registry_incident(struct web_request *q, const char *id)
{
	struct err e = {0};
	struct jsonw w;
	uint64_t n;
	if (num_u64(slice_str(id), 1, UINT32_MAX, &n) < 0) {
		web_error(q, 404, "not-found", "There is no incident of this number.");
		return;
	}
	struct web_registry *h = web_registry_take(q);
	if (!h)
		return;
	jsonw_init(&w, &q->out);
	int r = n > h->all.incidents ? err_set(&e, ERR_NOT_FOUND, NULL, "there is no incident of this number") : put_incident(q, h, (uint32_t)n, &w, &e);
	web_registry_done(h);
	if (r < 0)
		web_fail(q, &e);
	else
		web_json(q, 200);
}
