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
	if (where == WEB_IN_HEADERS && !x->outer)
		return !strcmp(name, "Prefer") ? "handling=strict" : NULL;
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

/* How many resources of that type a search finds (two are enough to know that it is not one); the one's id. false: answered. */
bool web_fhir_count(struct web_request *q, struct slice type, struct slice criteria, size_t *ret, char *ret_id, size_t size)
{
	static const struct web_carrier carrier = {inner_value, inner_each};
	struct inner x = {.outer = q};
	struct json_node *root;
	struct err e = {0};
	struct web_request *s = arena_alloc(q->a, sizeof *s);
	if (!web_may(q, MAY_FHIR_READ))
		return false;
	struct slice query, before = slice_cut(criteria, '?', &query); /* "identifier=x", "?identifier=x" and "Type?identifier=x" are written */
	bool ok = s && type.n < 64 && cut_query(q, query.p ? query : before, &x) && x.n;
	if (!ok) {
		web_error(q, 400, "input", "If-None-Exist wants search parameters, such as identifier=SYSTEM|VALUE.");
		return false;
	}
	*s = (struct web_request){.web = q->web, .w = q->w, .a = q->a, .connection = &x, .carrier = &carrier, .method = WEB_GET, .signed_in = q->signed_in, .who = q->who, .session = q->session};
	snprintf(s->path, sizeof s->path, "/fhir/%.*s", SLICE_FMT(type));
	buf_init(&s->out, 64 << 20);
	x.outer = NULL; /* strictly: a parameter that is not known would find too much */
	web_fhir(s, s->path + 5);
	ok = s->status == 200 && json_tree(buf_slice(&s->out), q->a, &root, &e) == 0;
	size_t n = 0;
	const struct json_node *list = ok ? json_get(root, "entry") : NULL;
	for (const struct json_node *m = list ? list->child : NULL; m; m = m->next)
		if (slice_eq_str(json_text(m, "search.mode"), "match") && n++ == 0 && ret_id)
			snprintf(ret_id, size, "%.*s", SLICE_FMT(json_text(m, "resource.id")));
	if (!ok)
		web_error(q, s->status == 403 ? 403 : 412, "conflict", "Whether there is one already cannot be told: its If-None-Exist is no search that is served here. Nothing was stored.");
	buf_done(&s->out);
	*ret = n;
	return ok;
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

/* ---- what a transaction asks for that is not in its facts ------------------------------------------------------------------------------------------- */

#define CHANGES_MAX 400 /* PUT and DELETE in one body: each is looked up */

struct change { /* of one entry */
	const char *type, *id;
	const char *item, *patient; /* DELETE: ours; NULL: nobody here has it */
	bool put, gone, existed;
};

static bool cut_url(struct web_request *q, struct slice url, struct change *ret)
{
	char base[300];
	web_base(q, base, sizeof base);
	if (slice_starts(url, base) && url.n > strlen(base))
		url = slice_of(url.p + strlen(base), url.n - strlen(base));
	while (url.n && *url.p == '/')
		url = slice_of(url.p + 1, url.n - 1);
	struct slice id, type = slice_cut(url, '/', &id);
	if (!type.n || !id.n || memchr(url.p, '?', url.n) || memchr(id.p, '/', id.n))
		return false;
	ret->type = arena_strdup(q->a, type);
	ret->id = arena_strdup(q->a, id);
	return ret->type && ret->id;
}

/* Before anything is stored: may each PUT be, and what does each DELETE mean? NULL: answered. */
static struct change *look_ahead(struct web_request *q, const struct json_node *entries)
{
	struct chart_moment at;
	struct change *v = arena_array(q->a, (entries ? entries->count : 0) + 1, sizeof *v);
	size_t k = 0, changes = 0;
	if (!v) {
		web_error(q, 503, "memory", "No memory for this request.");
		return NULL;
	}
	memset(v, 0, ((entries ? entries->count : 0) + 1) * sizeof *v);
	for (const struct json_node *n = entries ? entries->child : NULL; n; n = n->next, k++) {
		struct slice method = json_text(n, "request.method");
		bool put = slice_eq_str(method, "PUT"), del = slice_eq_str(method, "DELETE");
		uint64_t version;
		struct err e = {0};
		if (json_text(n, "request.ifMatch").n) {
			web_error(q, 412, "conflict", "Entry %zu: ifMatch is not looked at in a bundle; send this one by itself. Nothing of the bundle was stored.", k);
			return NULL;
		}
		if ((!put && !del) || !cut_url(q, json_text(n, "request.url"), &v[k]))
			continue;
		const struct fhir_type_info *info = web_fhir_type(v[k].type, strlen(v[k].type));
		if (!info || ++changes > CHANGES_MAX)
			continue;
		v[k].put = put;
		if (!web_fhir_chart(q, &at))
			return NULL;
		if (put && slice_eq_str(json_text(n, "resource.id"), v[k].id)) {
			if (!web_fhir_may_update(q, v[k].type, v[k].id, json_get(n, "resource"), &version))
				return NULL;
			v[k].existed = version != UINT64_MAX;
		} else if (del && fhir_deletes(v[k].type) && !web_fhir_deletable(q, v[k].type, v[k].id, at, &v[k].item, &v[k].patient, &v[k].gone, &e))
			v[k].item = NULL;
	}
	return v;
}

/* The deletions that the body's own facts did not bring about: they did not say whose the thing is. One entry of ours, and it is known which become of it. */
static bool delete_rest(struct web_request *q, struct change *v, size_t n, const struct keeper_stored *st)
{
	struct chart_moment at;
	struct keeper_stored more;
	AUTO_BUF struct buf b = {0};
	bool any = false;
	struct err e = {0};
	if (!st->applied || chart_now(q->w->chart, &at, &e) < 0)
		return true;
	buf_init(&b, 1 << 20);
	web_fhir_begin_deletions(&b);
	for (size_t i = 0; i < n; i++) {
		const char *item, *patient;
		if (!v[i].item || v[i].put || v[i].gone)
			continue;
		if (web_fhir_deletable(q, v[i].type, v[i].item, at, &item, &patient, &v[i].gone, &e) && !v[i].gone) {
			buf_str(&b, any ? "," : "");
			web_fhir_put_deletion(&b, v[i].type, item, patient);
			any = true;
		}
	}
	buf_str(&b, "]}");
	if (!any)
		return true;
	if (!buf_ok(&b)) {
		web_error(q, 413, "limit", "Too many deletions in one body.");
		return false;
	}
	if (!store(q, arena_dup(q->a, buf_slice(&b)), true, &more) || chart_now(q->w->chart, &at, &e) < 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *item, *patient;
		if (v[i].item && !v[i].put && !v[i].gone && !web_fhir_deletable(q, v[i].type, v[i].item, at, &item, &patient, &v[i].gone, &e))
			v[i].gone = false;
	}
	return true;
}

/* looked: the places are known, so that none means that the chart has nothing of it. */
static void put_fate(struct web_request *q, struct jsonw *w, const struct json_node *entry, const struct keeper_stored *st, const char *place, bool looked, const struct change *c)
{
	struct slice method = json_text(entry, "request.method"), type = json_text(entry, "resource.resourceType"), url = json_text(entry, "request.url");
	if (slice_eq_str(method, "DELETE") && c->type && (c->item ? c->gone : place || !looked || slice_starts(url, "Patient/")))
		put_response(q, w, "204 No Content", st, NULL);
	else if (slice_eq_str(method, "DELETE") && c->type && !c->item && fhir_deletes(c->type))
		return put_refusal(q, w, "404 Not Found", "not-found", "Kept with the rest of the body; nothing here has this name.");
	else if (slice_eq_str(method, "DELETE") || slice_eq_str(method, "PATCH"))
		return put_refusal(q, w, "501 Not Implemented", "not-supported", "Kept with the rest of the body; what it would change is not known here. Send the resource as it is now (entered-in-error), or delete by type and id with the patient in the same bundle.");
	else if (!type.n)
		return put_refusal(q, w, "400 Bad Request", "structure", "Kept with the rest of the body; there is no resource in this entry.");
	else /* the type alone where it became several things, or none of its own */
		put_response(q, w, st->duplicate || c->existed ? "200 OK" : "201 Created", st, place && !strncmp(place, (const char *)type.p, type.n) && place[type.n] == '/' ? place : NULL);
	const struct fhir_type_info *info = json_text(entry, "request.ifNoneExist").n ? web_fhir_type((const char *)type.p, type.n) : NULL;
	if (info && strcmp(info->type, "Patient")) { /* a Patient is the person of its identifiers, and what is not served is not there twice */
		jsonw_key(w, "outcome");
		fhir_write_outcome(w, "warning", "not-supported", "Stored with the rest of the body; its ifNoneExist was not looked at. To be sure of one, use PUT with an id of yours.");
	}
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
	struct change *changes = tells ? look_ahead(q, entries) : NULL;
	if (tells && !changes)
		return;
	if ((!asks || tells) && !web_fhir_store(q, &st))
		return;
	if (tells && !delete_rest(q, changes, entries->count, &st))
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
				put_fate(q, &w, n, &st, k < places.n ? places.of[k] : NULL, places.n > 0, &changes[k]);
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
	while (fhir_ndjson_next(&rest).n)
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
