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

static void sort_key(const struct query *x, struct hit *hit, const char *name)
{
	struct json_node *res;
	struct err e = {0};
	hit->sort = 0;
	hit->sort_text = SLICE_NULL;
	if (json_tree(hit->json, x->q->a, &res, &e) < 0)
		return;
	if (!strcmp(name, "_lastUpdated"))
		hit->sort = fact_time_ns(json_text(res, "meta.lastUpdated"), 0);
	else if (!strcmp(name, "_id"))
		hit->sort_text = json_text(res, "id");
	else if (!strcmp(name, "family") || !strcmp(name, "name"))
		hit->sort_text = json_text(res, "name.0.family");
	else if (!strcmp(name, "given"))
		hit->sort_text = json_text(res, "name.0.given.0");
	else if (!strcmp(name, "code"))
		hit->sort_text = json_text(res, "code.text").n ? json_text(res, "code.text") : json_text(res, "code.coding.0.code");
	else
		for (size_t k = 0; k < web_fhir_place_count; k++)
			for (size_t m = 0; !strcmp(web_fhir_places[k].name, name) && m < ARRAY_LEN(web_fhir_places[k].paths) && web_fhir_places[k].paths[m]; m++) {
				const struct json_node *n = json_get(res, web_fhir_places[k].paths[m]);
				if (n && n->type == JSON_OBJ)
					n = json_get(n, "start") ? json_get(n, "start") : n;
				int64_t t = n && n->type == JSON_STR ? fact_time_ns(n->value, x->q->web->role->zone_minutes) : INT64_MIN;
				if (t != INT64_MIN)
					hit->sort = t;
				else if (n && n->type == JSON_STR)
					hit->sort_text = n->value;
			}
}

/* By the last key first: each pass keeps the order of the one before where its own key is the same. */
static void sort_hits(const struct query *x, struct hits *h)
{
	struct slice keys[SORT_MAX], rest = slice_str(x->sort);
	size_t n = 0;
	while (rest.n && n < SORT_MAX)
		keys[n++] = slice_cut(rest, ',', &rest);
	while (n && h->n) {
		char name[64];
		struct slice key = keys[--n];
		bool down = key.n && key.p[0] == '-';
		snprintf(name, sizeof name, "%.*s", (int)(key.n - down), (const char *)key.p + down);
		for (size_t i = 0; i < h->n; i++) {
			sort_key(x, &h->v[i], name);
			h->v[i].order = i;
		}
		qsort(h->v, h->n, sizeof *h->v, down ? by_sort_down : by_sort);
	}
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

/* What was asked and understood again, with another place in it and the moment pinned. A search by POST goes on as GET. */
static struct slice make_link(struct query *x, const char *below, struct chart_moment at, uint64_t page, uint64_t cursor)
{
	struct buf b;
	char base[300];
	static const char *const own[] = {"_page", "_cursor", "at", "_count"};
	buf_init(&b, 1 << 16);
	web_base(x->q, base, sizeof base);
	buf_printf(&b, "%s/%s", base, below);
	char sign = '?';
	for (size_t i = 0; i < x->given_n; i++) {
		bool skip = false;
		for (size_t k = 0; k < ARRAY_LEN(own); k++)
			skip = skip || !strcmp(x->given[i].name, own[k]);
		if (skip)
			continue;
		buf_u8(&b, (uint8_t)sign);
		sign = '&';
		put_escaped(&b, x->given[i].name);
		buf_u8(&b, '=');
		put_escaped(&b, x->given[i].value);
	}
	buf_printf(&b, "%c_count=%" PRIu64, sign, x->count);
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

/* _elements: those asked for, those that R4 demands, and a tag that says so (R4 3.1.1.5.9). Names at the top level alone. */
static void put_subset(const struct query *x, struct jsonw *w, const struct json_node *res)
{
	static const char kept[] = "resourceType\0id\0meta\0status\0intent\0code\0subject\0patient\0beneficiary\0payor\0content\0class\0participant\0vaccineCode\0occurrenceDateTime\0occurrenceString\0medicationCodeableConcept\0"
		"mode\0type\0agent\0source\0recorded\0";
	jsonw_obj(w);
	for (const struct json_node *n = res->child; n; n = n->next) {
		bool keep = false;
		struct slice rest = slice_str(x->elements), plain = n->key.n && n->key.p[0] == '_' ? slice_of(n->key.p + 1, n->key.n - 1) : n->key;
		for (const char *k = kept; *k && !keep; k += strlen(k) + 1)
			keep = slice_eq_str(plain, k);
		while (!keep && rest.n)
			keep = slice_eq(slice_cut(rest, ',', &rest), plain);
		char *key = keep ? arena_strdup(x->q->a, n->key) : NULL;
		if (!key)
			continue;
		jsonw_key(w, key);
		if (strcmp(key, "meta")) {
			jsonw_raw(w, n->raw);
			continue;
		}
		jsonw_obj(w);
		for (const struct json_node *m = n->child; m; m = m->next) {
			char *inner = arena_strdup(x->q->a, m->key);
			if (!inner || !strcmp(inner, "tag"))
				continue;
			jsonw_key(w, inner);
			jsonw_raw(w, m->raw);
		}
		jsonw_key(w, "tag");
		jsonw_arr(w);
		for (const struct json_node *t = json_get(n, "tag") ? json_get(n, "tag")->child : NULL; t; t = t->next)
			jsonw_raw(w, t->raw);
		jsonw_obj(w);
		jsonw_kstr(w, "system", "http://terminology.hl7.org/CodeSystem/v3-ObservationValue");
		jsonw_kstr(w, "code", "SUBSETTED");
		jsonw_obj_end(w);
		jsonw_arr_end(w);
		jsonw_obj_end(w);
	}
	jsonw_obj_end(w);
}

static void put_entry(const struct query *x, struct jsonw *w, struct slice json, const char *mode, bool subset)
{
	struct json_node *res;
	struct err e = {0};
	jsonw_obj(w);
	put_full_url(x->q, w, json);
	jsonw_key(w, "resource");
	if (subset && x->elements && *x->elements && json_tree(json, x->q->a, &res, &e) == 0)
		put_subset(x, w, res);
	else
		jsonw_raw(w, json);
	jsonw_key(w, "search");
	jsonw_obj(w);
	jsonw_kstr(w, "mode", mode);
	jsonw_obj_end(w);
	jsonw_obj_end(w);
}

/* _include of the patient: those of this page's matches, each once. */
static void put_patients(const struct query *x, struct jsonw *w, const struct hits *h, size_t from, size_t to)
{
	struct hits once = {0};
	for (size_t i = from; i < to; i++) {
		bool seen = !h->v[i].person;
		for (size_t k = 0; k < once.n && !seen; k++)
			seen = once.v[k].person == h->v[i].person;
		if (!seen && web_fhir_add_patient(x->q, h->v[i].person, NULL, "include", &once))
			put_entry(x, w, once.v[once.n - 1].json, "include", false);
	}
}

/* R4 3.1.1.4.8: what a search has to say beside its matches. Not counted in total. */
static void put_said(struct jsonw *w, const char *text)
{
	jsonw_obj(w);
	jsonw_key(w, "resource");
	fhir_write_outcome(w, "warning", "incomplete", text);
	jsonw_key(w, "search");
	jsonw_obj(w);
	jsonw_kstr(w, "mode", "outcome");
	jsonw_obj_end(w);
	jsonw_obj_end(w);
}

struct included {
	struct hits once;
	struct slice *page; /* ids of the matches */
	size_t n;
};

static bool is_written(const struct included *k, const char *id)
{
	for (size_t i = 0; i < k->once.n; i++)
		if (slice_eq_str(k->once.v[i].sort_text, id))
			return true;
	for (size_t i = 0; i < k->n; i++)
		if (slice_eq_str(k->page[i], id))
			return true;
	return false;
}

/* One reference of a match: what it leads to in the same chart, if it does. Each once, and not what is on the page as a match. */
static void put_referred(const struct query *x, struct jsonw *w, const struct chart_patient *p, struct slice reference, struct included *k)
{
	struct slice id, type = slice_cut(reference, '/', &id);
	AUTO_BUF struct buf b = {0};
	char base[300];
	for (int s = 0; id.n && s < CHART_SECTIONS; s++)
		for (const struct fact_item *it = p->s[s].items; it; it = it->next) {
			if (!slice_eq_str(id, it->id) || !fhir_type(it) || !slice_eq_str(type, fhir_type(it)) || it->state == FACT_DELETED || is_written(k, it->id))
				continue;
			struct fhir_options o = web_fhir_options(x->q, base, sizeof base);
			struct fhir_person who = web_fhir_person(x->q, p);
			struct fhir_links links;
			struct jsonw inner;
			if (web_fhir_links(x->q, p, &links))
				o.links = &links;
			buf_init(&b, 64 << 20);
			jsonw_init(&inner, &b);
			struct slice json = fhir_write_item(&inner, &who, it, &o) ? web_fhir_written(x->q, &b) : SLICE_NULL;
			if (json.n && web_fhir_hit(x->q, &k->once, (struct hit){.json = json, .person = p, .sort_text = slice_str(it->id)}))
				put_entry(x, w, json, "include", false);
			return;
		}
}

static void follow(const struct query *x, struct jsonw *w, const struct chart_patient *p, const struct json_node *res, const char *name, struct included *k)
{
	for (size_t m = 0; m < web_fhir_place_count; m++)
		for (size_t l = 0; !strcmp(web_fhir_places[m].name, name) && l < ARRAY_LEN(web_fhir_places[m].paths) && web_fhir_places[m].paths[l]; l++) {
			const struct json_node *n = json_get(res, web_fhir_places[m].paths[l]);
			n = n && json_get(n, "encounter") ? json_get(n, "encounter") : n; /* DocumentReference.context */
			for (const struct json_node *c = n && n->type == JSON_ARR ? n->child : n; c; c = n->type == JSON_ARR ? c->next : NULL)
				put_referred(x, w, p, json_text(c, "reference"), k);
		}
}

static void put_included(const struct query *x, struct jsonw *w, const struct hits *h, size_t from, size_t to)
{
	struct included k = {.page = arena_array(x->q->a, to - from + 1, sizeof *k.page)};
	struct json_node **res = arena_array(x->q->a, to - from + 1, sizeof *res);
	struct err e = {0};
	if (!k.page || !res)
		return;
	for (size_t i = from; i < to; i++, k.n++) {
		res[k.n] = NULL;
		k.page[k.n] = json_tree(h->v[i].json, x->q->a, &res[k.n], &e) == 0 ? json_text(res[k.n], "id") : SLICE_NULL;
	}
	for (size_t i = from; i < to; i++)
		for (size_t l = 0; h->v[i].person && res[i - from] && l < x->include_n; l++)
			follow(x, w, h->v[i].person, res[i - from], x->include[l], &k);
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
	char said[600];
	bool say = web_view_sentence(q, said, sizeof said);
	if (say || (!x->summary_count && to > from)) {
		jsonw_key(&w, "entry");
		jsonw_arr(&w);
		if (say)
			put_said(&w, said);
		if (x->summary_count)
			from = to;
		for (size_t i = from; i < to; i++)
			put_entry(x, &w, h->v[i].json, h->v[i].mode ? h->v[i].mode : "match", true);
		if (x->include_patient)
			put_patients(x, &w, h, from, to);
		if (x->include_n)
			put_included(x, &w, h, from, to);
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
	return web_fhir_hit(q, h, (struct hit){.json = json, .person = p, .mode = mode});
}

/* Every current item of a type (NULL: of any), if it matches. since: only what was received after it. */
bool web_fhir_add_items(struct web_request *q, const struct chart_patient *p, const char *type, const struct query *x, int64_t since, struct hits *h)
{
	char base[300];
	struct fhir_options o = web_fhir_options(q, base, sizeof base);
	struct fhir_person who = web_fhir_person(q, p);
	struct fhir_links links;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 64 << 20);
	if (web_fhir_links(q, p, &links))
		o.links = &links;
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
			if (!web_fhir_hit(q, h, (struct hit){.json = json, .person = p}))
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

