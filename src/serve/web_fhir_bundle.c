/* Searchset bundles: what was found, sorted, paged, with links that are pinned to the entry of the first page. */
#include "web_fhir_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- bundles ----------------------------------------------------------------------------------------------------------------------------- */


bool web_fhir_hit(struct web_request *q, struct hits *h, struct hit hit)
{
	if (h->n == h->cap) {
		size_t cap = h->cap ? h->cap * 2 : 256;
		struct hit *v = arena_array(q->a, cap, sizeof *v);
		if (!v)
			return false;
		if (h->n)
			memcpy(v, h->v, h->n * sizeof *v);
		h->v = v;
		h->cap = cap;
	}
	hit.order = h->n;
	h->v[h->n++] = hit;
	return true;
}

static int by_sort(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	int c = slice_cmp(x->sort_text, y->sort_text);
	if (c == 0)
		c = x->sort < y->sort ? -1 : x->sort > y->sort;
	return c ? c : x->order < y->order ? -1 : 1;
}

static int by_sort_down(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	int c = slice_cmp(y->sort_text, x->sort_text);
	if (c == 0)
		c = x->sort > y->sort ? -1 : x->sort < y->sort;
	return c ? c : x->order < y->order ? -1 : 1;
}

static void sort_hits(const struct query *x, struct hits *h)
{
	if (!x->sort || !h->n)
		return;
	bool down = x->sort[0] == '-';
	char name[64];
	snprintf(name, sizeof name, "%.*s", (int)strcspn(x->sort + down, ","), x->sort + down);
	for (size_t i = 0; i < h->n; i++) {
		struct json_node *res;
		struct err e = {0};
		h->v[i].sort = 0;
		if (json_tree(h->v[i].json, x->q->a, &res, &e) < 0)
			continue;
		if (!strcmp(name, "_lastUpdated"))
			h->v[i].sort = fact_time_ns(json_text(res, "meta.lastUpdated"), 0);
		else if (!strcmp(name, "_id"))
			h->v[i].sort_text = json_text(res, "id");
		else if (!strcmp(name, "family") || !strcmp(name, "name"))
			h->v[i].sort_text = json_text(res, "name.0.family");
		else
			for (size_t k = 0; k < web_fhir_place_count; k++)
				for (size_t m = 0; !strcmp(web_fhir_places[k].name, name) && m < ARRAY_LEN(web_fhir_places[k].paths) && web_fhir_places[k].paths[m]; m++) {
					const struct json_node *n = json_get(res, web_fhir_places[k].paths[m]);
					if (n && n->type == JSON_OBJ)
						n = json_get(n, "start") ? json_get(n, "start") : n;
					int64_t t = n && n->type == JSON_STR ? fact_time_ns(n->value, 0) : INT64_MIN;
					if (t != INT64_MIN)
						h->v[i].sort = t;
					else if (n && n->type == JSON_STR)
						h->v[i].sort_text = n->value;
				}
	}
	qsort(h->v, h->n, sizeof *h->v, down ? by_sort_down : by_sort);
}

static void put_escaped(struct buf *b, const char *s)
{
	static const char keep[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/|,";
	for (; *s; s++)
		if (strchr(keep, *s))
			buf_u8(b, (uint8_t)*s);
		else
			buf_printf(b, "%%%02X", (uint8_t)*s);
}

struct link_writer {
	struct buf *b;
	bool first;
};
static void put_link_param(void *arg, const char *name, const char *value)
{
	struct link_writer *l = arg;
	if (!strcmp(name, "_page") || !strcmp(name, "_cursor") || !strcmp(name, "at") || !strcmp(name, "_count"))
		return;
	buf_u8(l->b, l->first ? '?' : '&');
	l->first = false;
	put_escaped(l->b, name);
	buf_u8(l->b, '=');
	put_escaped(l->b, value);
}

/* The request again, with another place in it and the moment pinned. */
static struct slice make_link(struct query *x, const char *below, struct chart_moment at, uint64_t page, uint64_t cursor)
{
	struct buf b;
	char base[300];
	buf_init(&b, 1 << 16);
	web_base(x->q, base, sizeof base);
	buf_printf(&b, "%s/%s", base, below);
	struct link_writer l = {.b = &b, .first = true};
	if (x->q->method == WEB_POST) /* a form search goes on as GET: its parameters are few */
		for (size_t i = 0; i < x->n; i++)
			put_link_param(&l, x->p[i].name, x->p[i].value);
	else
		web_query_each(x->q, put_link_param, &l);
	buf_printf(&b, "%c_count=%" PRIu64, l.first ? '?' : '&', x->count);
	if (at.end)
		buf_printf(&b, "&at=%%23%" PRIu64, at.end - 1);
	if (page)
		buf_printf(&b, "&_page=%" PRIu64, page);
	if (cursor)
		buf_printf(&b, "&_cursor=%" PRIu64, cursor);
	struct slice s = arena_dup(x->q->a, buf_slice(&b));
	buf_done(&b);
	return s;
}

static void put_link(struct jsonw *w, const char *relation, struct slice url)
{
	jsonw_obj(w);
	jsonw_kstr(w, "relation", relation);
	jsonw_kslice(w, "url", url);
	jsonw_obj_end(w);
}

static void put_full_url(struct web_request *q, struct jsonw *w, struct slice json)
{
	struct json_node *res;
	struct err e = {0};
	char base[300];
	if (json_tree(json, q->a, &res, &e) < 0)
		return;
	web_base(q, base, sizeof base);
	char *url = arena_printf(q->a, "%s/%.*s/%.*s", base, SLICE_FMT(json_text(res, "resourceType")), SLICE_FMT(json_text(res, "id")));
	if (url)
		jsonw_kstr(w, "fullUrl", url);
}

/* total: UINT64_MAX when it is not known. */
void web_fhir_bundle(struct query *x, const char *below, struct chart_moment at, const struct hits *h, size_t from, size_t to, uint64_t total, uint64_t next_cursor)
{
	struct web_request *q = x->q;
	struct jsonw w;
	char t[32];
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "resourceType", "Bundle");
	jsonw_kstr(&w, "id", arena_printf(q->a, "search-%" PRIu64, at.end));
	jsonw_key(&w, "meta");
	jsonw_obj(&w);
	jsonw_kstr(&w, "lastUpdated", time_rfc3339(at.time ? at.time : q->web->started, 3, t));
	jsonw_obj_end(&w);
	jsonw_kstr(&w, "type", "searchset");
	if (total != UINT64_MAX)
		jsonw_ku64(&w, "total", total);
	jsonw_key(&w, "link");
	jsonw_arr(&w);
	put_link(&w, "self", make_link(x, below, at, x->offset, x->cursor));
	if (!x->summary_count && to < h->n)
		put_link(&w, "next", make_link(x, below, at, to, x->cursor));
	else if (next_cursor)
		put_link(&w, "next", make_link(x, below, at, 0, next_cursor));
	jsonw_arr_end(&w);
	if (!x->summary_count && to > from) {
		jsonw_key(&w, "entry");
		jsonw_arr(&w);
		for (size_t i = from; i < to; i++) {
			jsonw_obj(&w);
			put_full_url(q, &w, h->v[i].json);
			jsonw_key(&w, "resource");
			jsonw_raw(&w, h->v[i].json);
			jsonw_key(&w, "search");
			jsonw_obj(&w);
			jsonw_kstr(&w, "mode", h->v[i].mode ? h->v[i].mode : "match");
			jsonw_obj_end(&w);
			jsonw_obj_end(&w);
		}
		jsonw_arr_end(&w);
	}
	jsonw_obj_end(&w);
	web_fhir_ok(q, 200);
}

/* ---- a patient's resources -------------------------------------------------------------------------------------------------------------------- */

struct slice web_fhir_written(struct web_request *q, struct buf *b)
{
	(void)q;
	return buf_ok(b) ? arena_dup(q->a, buf_slice(b)) : SLICE_NULL;
}

bool web_fhir_add_patient(struct web_request *q, const struct chart_patient *p, const struct query *x, const char *mode, struct hits *h)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	char base[300];
	struct fhir_options o = web_fhir_options(q, base, sizeof base);
	struct fhir_person who = web_fhir_person(q, p);
	buf_init(&b, 4 << 20);
	jsonw_init(&w, &b);
	fhir_write_patient(&w, &who, &o);
	struct slice json = web_fhir_written(q, &b);
	struct json_node *res;
	struct err e = {0};
	if (!json.p)
		return false;
	if (x && x->n && (json_tree(json, q->a, &res, &e) < 0 || !web_fhir_matches(x, res)))
		return true;
	return web_fhir_hit(q, h, (struct hit){.json = json, .mode = mode});
}

/* Every current item of a type (NULL: of any), if it matches. since: only what was received after it. */
bool web_fhir_add_items(struct web_request *q, const struct chart_patient *p, const char *type, const struct query *x, int64_t since, struct hits *h)
{
	char base[300];
	struct fhir_options o = web_fhir_options(q, base, sizeof base);
	struct fhir_person who = web_fhir_person(q, p);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 64 << 20);
	for (int s = 0; s < CHART_SECTIONS; s++)
		for (const struct fact_item *it = p->s[s].items; it; it = it->next) {
			const char *t = fhir_type(it);
			if (!t || it->state == FACT_DELETED || it->state == FACT_REPLACED || it->received <= since || (type && strcmp(t, type)))
				continue;
			struct jsonw w;
			buf_reset(&b);
			jsonw_init(&w, &b);
			if (!fhir_write_item(&w, &who, it, &o))
				continue;
			struct slice json = web_fhir_written(q, &b);
			struct json_node *res;
			struct err e = {0};
			if (!json.p)
				return false;
			if (x && x->n && (json_tree(json, q->a, &res, &e) < 0 || !web_fhir_matches(x, res)))
				continue;
			if (!web_fhir_hit(q, h, (struct hit){.json = json}))
				return false;
		}
	return true;
}

bool web_fhir_note(struct web_request *q, const char *patient, struct chart_moment at)
{
	struct err e = {0};
	uint64_t entry;
	char *query = arena_printf(q->a, "%.200s", q->path); /* the path alone: parameters can hold names */
	struct keeper_audit a = {.what = "search", .patient_id = patient, .query = query, .as_of_entry = at.end ? at.end - 1 : 0};
	if (keeper_audit(q->w->keeper, &q->who, &a, &entry, &e) < 0) {
		web_fail(q, &e);
		return false;
	}
	return true;
}

bool web_fhir_may_open(struct web_request *q, const struct chart_patient *p)
{
	bool open = false;
	struct err e = {0};
	return !p->is_protected || (keeper_glass(q->w->keeper, &q->who, p->id, &open, &e) == 0 && open);
}

void web_fhir_too_large(struct web_request *q)
{
	web_error(q, 413, "limit", "This answer is too large for one request; ask for a patient or a narrower time.");
}

void web_fhir_answer(struct query *x, const char *below, struct chart_moment at, struct hits *h, uint64_t total, uint64_t next_cursor)
{
	sort_hits(x, h);
	size_t from = x->offset < h->n ? (size_t)x->offset : h->n, to = h->n - from > x->count ? from + (size_t)x->count : h->n;
	web_fhir_bundle(x, below, at, h, from, to, total, next_cursor);
}

