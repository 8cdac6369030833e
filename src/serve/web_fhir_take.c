/* Taking in over HTTP: a bundle is one entry of the ledger, NDJSON one entry a line. What asks (GET in a batch) is answered from the chart after what tells was stored. */
#include "web_fhir_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LINES_MAX 20000 /* each is durable before the answer */
#define ASKS_MAX 200    /* GETs in one batch */

/* Storing this many bytes as FHIR, or an answer that says where it is none. */
static bool store(struct web_request *q, struct slice body, bool wait, struct keeper_stored *ret)
{
	struct err e = {0};
	struct json_node *n;
	if (json_tree(body, q->a, &n, &e) < 0) {
		web_error(q, 400, "input", "The body is no JSON: %s%s%s.", e.place, e.place[0] ? ": " : "", e.text);
		return false;
	}
	if (n->type != JSON_OBJ || !json_get(n, "resourceType") || json_get(n, "resourceType")->type != JSON_STR || !json_text(n, "resourceType").n) {
		web_error(q, 400, "input", "The body is JSON, but no FHIR resource: it has no resourceType.");
		return false;
	}
	if (keeper_fhir(q->w->keeper, &q->who, body, wait, ret, &e) < 0) {
		web_fail(q, &e);
		return false;
	}
	return true;
}

bool web_fhir_store(struct web_request *q, struct keeper_stored *ret)
{
	return web_may(q, MAY_FHIR_WRITE) && store(q, buf_slice(&q->body), true, ret);
}

/* ---- a GET inside a batch ------------------------------------------------------------------------------------------------------------------- */

struct inner { /* the query of one, decoded */
	struct web_request *outer;
	const char *names[64], *values[64];
	size_t n;
};

static const char *inner_value(void *connection, enum web_where where, const char *name)
{
	const struct inner *x = connection;
	if (where == WEB_IN_HEADERS && (!strcmp(name, "Host") || !strcmp(name, "Prefer")))
		return web_header(x->outer, name);
	for (size_t i = 0; where == WEB_IN_QUERY && i < x->n; i++)
		if (!strcmp(x->names[i], name))
			return x->values[i];
	return NULL;
}

static int inner_each(void *connection, void (*fn)(void *arg, const char *name, const char *value), void *arg)
{
	const struct inner *x = connection;
	for (size_t i = 0; i < x->n; i++)
		fn(arg, x->names[i], x->values[i]);
	return (int)x->n;
}

static void decode(char *s)
{
	char *out = s;
	for (; *s; s++) {
		uint8_t b;
		if (*s == '%' && hex_get(&b, 1, slice_of(s + 1, strlen(s + 1) >= 2 ? 2 : 0)) == 0 && b) {
			*out++ = (char)b;
			s += 2;
		} else
			*out++ = *s == '+' ? ' ' : *s;
	}
	*out = 0;
}

static bool cut_query(struct web_request *q, struct slice query, struct inner *ret)
{
	while (query.n) {
		struct slice pair = slice_cut(query, '&', &query), value, name = slice_cut(pair, '=', &value);
		char *n = arena_strdup(q->a, name), *v = arena_strdup(q->a, value);
		if (!n || !v || ret->n == ARRAY_LEN(ret->names))
			return false;
		decode(n);
		decode(v);
		if (*n) {
			ret->names[ret->n] = n;
			ret->values[ret->n++] = v;
		}
	}
	return true;
}

static void put_response(struct web_request *q, struct jsonw *w, const char *status, const struct keeper_stored *st, const char *location)
{
	char t[32];
	jsonw_key(w, "response");
	jsonw_obj(w);
	jsonw_kstr(w, "status", status);
	if (location)
		jsonw_kstr(w, "location", location);
	if (st) {
		jsonw_kstr(w, "etag", arena_printf(q->a, "W/\"%" PRIu64 "\"", st->seq));
		jsonw_kstr(w, "lastModified", time_rfc3339(st->time, 3, t));
	}
}

/* "400 Bad Request" and why, in the entry's own outcome. */
static void put_refusal(struct web_request *q, struct jsonw *w, const char *status, const char *code, const char *why)
{
	put_response(q, w, status, NULL, NULL);
	jsonw_key(w, "outcome");
	fhir_write_outcome(w, "error", code, why);
	jsonw_obj_end(w);
}

static void ask(struct web_request *q, struct jsonw *w, struct slice url)
{
	static const struct web_carrier carrier = {inner_value, inner_each};
	struct inner x = {.outer = q};
	struct slice query, path = slice_cut(url, '?', &query);
	char base[300], status[16];
	web_base(q, base, sizeof base);
	size_t skip = slice_starts(path, base) ? strlen(base) : 0;
	path = slice_of(path.p + skip, path.n - skip);
	struct web_request *s = arena_alloc(q->a, sizeof *s);
	if (!s || !cut_query(q, query, &x) || path.n + 8 > WEB_PATH_MAX)
		return put_refusal(q, w, "400 Bad Request", "too-long", "This request is too long.");
	*s = (struct web_request){.web = q->web, .w = q->w, .a = q->a, .connection = &x, .carrier = &carrier, .method = WEB_GET, .signed_in = q->signed_in, .who = q->who, .session = q->session};
	snprintf(s->path, sizeof s->path, "/fhir/%.*s", SLICE_FMT(path));
	decode(s->path);
	buf_init(&s->out, 64 << 20);
	web_fhir(s, s->path + 5);
	bool json = s->content_type && strstr(s->content_type, "fhir+json") && buf_ok(&s->out) && s->out.n;
	snprintf(status, sizeof status, "%d", s->status ? s->status : 404);
	if (json && s->status < 400) {
		jsonw_key(w, "resource");
		jsonw_raw(w, buf_slice(&s->out));
	}
	put_response(q, w, status, NULL, NULL);
	if (s->etag[0])
		jsonw_kstr(w, "etag", s->etag);
	if (json && s->status >= 400) {
		jsonw_key(w, "outcome");
		jsonw_raw(w, buf_slice(&s->out));
	}
	jsonw_obj_end(w);
	buf_done(&s->out);
}

/* ---- what became of the entries ----------------------------------------------------------------------------------------------------------------- */

#define PLACES_MAX 400 /* bundles larger than this are answered without locations */

struct places {
	const char *of[PLACES_MAX];
	size_t n;
};

/* The reader numbers facts by the entry they come from. A bundle's only Patient is the only person it spoke of. */
static void find_places(struct web_request *q, const struct keeper_stored *st, const struct json_node *entries, struct places *ret)
{
	struct chart_moment at;
	struct err e = {0};
	char (*ids)[32];
	size_t n = 0, patients = 0;
	if (!entries || entries->count > PLACES_MAX || !st->applied)
		return;
	struct chart *c = web_fhir_chart(q, &at);
	if (!c || chart_entry_patients(c, st->seq, at, q->a, &ids, &n, &e) < 0 || n > 20) {
		q->status = 0; /* stored it is, whether the chart can be asked or not */
		buf_reset(&q->out);
		return;
	}
	ret->n = entries->count;
	for (const struct json_node *en = entries->child; en; en = en->next)
		patients += slice_eq_str(json_text(en, "resource.resourceType"), "Patient");
	for (size_t i = 0; i < n; i++) {
		struct chart_patient *p;
		if (chart_patient(c, slice_str(ids[i]), at, q->a, &p, NULL, &e) < 0)
			continue;
		for (int s = 0; s < CHART_SECTIONS; s++)
			for (const struct fact_item *it = p->s[s].items; it; it = it->next) {
				uint64_t k;
				if (it->entry == st->seq && fhir_type(it) && num_u64(fact_get(it->fact, FF_SET), 0, ret->n - 1, &k) == 0 && !ret->of[k])
					ret->of[k] = arena_printf(q->a, "%s/%s", fhir_type(it), it->id);
			}
		size_t k = 0;
		for (const struct json_node *en = entries->child; n == 1 && patients == 1 && en; en = en->next, k++)
			if (slice_eq_str(json_text(en, "resource.resourceType"), "Patient"))
				ret->of[k] = arena_printf(q->a, "Patient/%s", p->id);
	}
}

static bool is_ask(const struct json_node *entry)
{
	struct slice method = json_text(entry, "request.method");
	return slice_eq_str(method, "GET") || slice_eq_str(method, "HEAD");
}

/* looked: the places are known, so that none means that the chart has nothing of it. */
static void put_fate(struct web_request *q, struct jsonw *w, const struct json_node *entry, const struct keeper_stored *st, const char *place, bool looked)
{
	struct slice method = json_text(entry, "request.method"), type = json_text(entry, "resource.resourceType"), url = json_text(entry, "request.url");
	if (slice_eq_str(method, "DELETE") && url.n && !memchr(url.p, '?', url.n) && (place || !looked || slice_starts(url, "Patient/")))
		put_response(q, w, "204 No Content", st, NULL);
	else if (slice_eq_str(method, "DELETE") || slice_eq_str(method, "PATCH"))
		return put_refusal(q, w, "501 Not Implemented", "not-supported", "Kept with the rest of the body; what it would change is not known here. Send the resource as it is now (entered-in-error), or delete by type and id with the patient in the same bundle.");
	else if (!type.n)
		return put_refusal(q, w, "400 Bad Request", "structure", "Kept with the rest of the body; there is no resource in this entry.");
	else /* the type alone where it became several things, or none of its own */
		put_response(q, w, st->duplicate ? "200 OK" : "201 Created", st, place && !strncmp(place, (const char *)type.p, type.n) && place[type.n] == '/' ? place : NULL);
	jsonw_obj_end(w);
}

/* One resource, or a bundle. */
void web_fhir_take(struct web_request *q)
{
	struct keeper_stored st = {0};
	struct json_node *root;
	struct err e = {0};
	struct places places = {.n = 0};
	size_t asks = 0, tells = 0;
	const struct json_node *entries = NULL;
	if (json_tree(buf_slice(&q->body), q->a, &root, &e) == 0 && slice_eq_str(json_text(root, "resourceType"), "Bundle"))
		entries = json_get(root, "entry");
	for (const struct json_node *n = entries ? entries->child : NULL; n; n = n->next)
		*(is_ask(n) ? &asks : &tells) += 1;
	if (asks > ASKS_MAX)
		return web_error(q, 413, "limit", "A batch may ask at most %d times.", ASKS_MAX);
	if (!web_may(q, asks && !tells ? MAY_FHIR_READ : MAY_FHIR_WRITE))
		return;
	if ((!asks || tells) && !web_fhir_store(q, &st))
		return;
	if (tells)
		find_places(q, &st, entries, &places);
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, WEB_ANSWER_MAX);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "resourceType", "Bundle");
	if (tells || !asks)
		jsonw_kstr(&w, "id", arena_printf(q->a, "entry-%" PRIu64, st.seq));
	jsonw_kstr(&w, "type", slice_eq_str(json_text(root, "type"), "batch") ? "batch-response" : "transaction-response");
	size_t k = 0;
	if (!entries || entries->child) {
		jsonw_key(&w, "entry");
		jsonw_arr(&w);
		for (const struct json_node *n = entries ? entries->child : NULL; n; n = n->next, k++) {
			jsonw_obj(&w);
			if (is_ask(n))
				ask(q, &w, json_text(n, "request.url"));
			else
				put_fate(q, &w, n, &st, k < places.n ? places.of[k] : NULL, places.n > 0);
			jsonw_obj_end(&w);
		}
		if (!entries) {
			jsonw_obj(&w);
			put_response(q, &w, st.duplicate ? "200 OK" : "201 Created", &st, NULL);
			jsonw_obj_end(&w);
			jsonw_obj_end(&w);
		}
		jsonw_arr_end(&w);
	}
	jsonw_obj_end(&w);
	buf_reset(&q->out);
	buf_add_slice(&q->out, buf_slice(&b));
	web_fhir_ok(q, 200);
}

/* NDJSON: what was stored before a line that cannot be is stored, and the answer says which line. */
void web_fhir_lines(struct web_request *q)
{
	struct keeper_stored st;
	struct slice rest = buf_slice(&q->body), line;
	size_t lines = 0, n = 0;
	if (!web_may(q, MAY_FHIR_WRITE))
		return;
	while ((line = fhir_ndjson_next(&rest)).n)
		lines++;
	if (lines > LINES_MAX)
		return web_error(q, 413, "limit", "At most %d lines at once; a larger file is read with 'holdfast import'.", LINES_MAX);
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 64 << 20);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "resourceType", "Bundle");
	jsonw_kstr(&w, "type", "batch-response");
	jsonw_key(&w, "entry");
	jsonw_arr(&w);
	for (rest = buf_slice(&q->body); (line = fhir_ndjson_next(&rest)).n; n++) {
		jsonw_obj(&w);
		if (store(q, line, n + 1 == lines, &st)) {
			put_response(q, &w, st.duplicate ? "200 OK" : "201 Created", &st, NULL);
			jsonw_obj_end(&w);
		} else if (q->status == 400) {
			put_response(q, &w, "400 Bad Request", NULL, NULL);
			jsonw_key(&w, "outcome");
			jsonw_raw(&w, arena_dup(q->a, buf_slice(&q->out)));
			jsonw_obj_end(&w);
		} else
			return; /* the disk, the keeper: the answer says so; what came before is stored, and known when it comes again */
		jsonw_obj_end(&w);
		q->status = 0;
		buf_reset(&q->out);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	buf_add_slice(&q->out, buf_slice(&b));
	web_fhir_ok(q, 200);
}
