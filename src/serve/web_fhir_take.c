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

const char *web_fhir_decoded(struct arena *a, struct slice s)
{
	char *out = arena_strdup(a, s);
	if (out)
		decode(out);
	return out;
}

#define COUNT_PAGES 50 /* of 400 persons each: what is asked for more widely than that is refused */

/* Is it said whose? patient=, subject=, patient.identifier=, patient:Patient.name= ... */
static bool names_person(const struct inner *x)
{
	static const char *const keys[] = {"patient", "subject", "beneficiary", "actor"};
	for (size_t i = 0; i < x->n; i++)
		for (size_t k = 0; k < ARRAY_LEN(keys); k++)
			if (!strncmp(x->names[i], keys[k], strlen(keys[k])) && strchr(".:", x->names[i][strlen(keys[k])])) /* strchr finds the end, too */
				return true;
	return false;
}

static bool add_parameter(struct inner *x, const char *name, const char *value)
{
	if (x->n == ARRAY_LEN(x->names))
		return false;
	x->names[x->n] = name;
	x->values[x->n++] = value;
	return true;
}

/* One page of the search. -1: it is none that is served. 0: the last one; 1: x is the next one's. */
static int count_page(struct web_request *q, struct slice type, struct inner *x, size_t *n, char *ret_id, size_t size, int *ret_status)
{
	static const struct web_carrier carrier = {inner_value, inner_each};
	struct web_request *s = arena_alloc(q->a, sizeof *s);
	struct json_node *root;
	struct err e = {0};
	struct slice next = SLICE_NULL, query;
	if (!s)
		return -1;
	*s = (struct web_request){.web = q->web, .w = q->w, .a = q->a, .connection = x, .carrier = &carrier, .method = WEB_GET, .signed_in = q->signed_in, .who = q->who, .session = q->session};
	snprintf(s->path, sizeof s->path, "/fhir/%.*s", SLICE_FMT(type));
	buf_init(&s->out, 64 << 20);
	web_fhir(s, s->path + 5);
	*ret_status = s->status;
	struct slice text = arena_dup(q->a, buf_slice(&s->out));
	buf_done(&s->out);
	if (s->status != 200 || !text.p || json_tree(text, q->a, &root, &e) < 0)
		return -1;
	const struct json_node *list = json_get(root, "entry"), *links = json_get(root, "link");
	for (const struct json_node *m = list ? list->child : NULL; m; m = m->next)
		if (slice_eq_str(json_text(m, "search.mode"), "match") && (*n)++ == 0 && ret_id)
			snprintf(ret_id, size, "%.*s", SLICE_FMT(json_text(m, "resource.id")));
	for (const struct json_node *l = links ? links->child : NULL; l; l = l->next)
		if (slice_eq_str(json_text(l, "relation"), "next"))
			next = json_text(l, "url");
	if (!next.n)
		return 0;
	(void)slice_cut(next, '?', &query);
	x->n = 0;
	return cut_query(q, query, x) ? 1 : -1;
}

bool web_fhir_count(struct web_request *q, struct slice type, struct slice criteria, const char *patient, size_t *ret, char *ret_id, size_t size)
{
	struct inner x = {.outer = q};
	int more = 1, status = 0;
	*ret = 0;
	if (!web_may(q, MAY_FHIR_READ))
		return false;
	struct slice query, before = slice_cut(criteria, '?', &query); /* "identifier=x", "?identifier=x" and "Type?identifier=x" are written */
	if (type.n >= 64 || !cut_query(q, query.p ? query : before, &x) || !x.n) {
		web_error(q, 400, "input", "A condition is made of search parameters, such as identifier=SYSTEM|VALUE.");
		return false;
	}
	for (size_t i = 0; i < x.n; i++)
		if (!strcmp(x.names[i], "at") || (x.names[i][0] == '_' && strncmp(x.names[i], "_id", 3) && strncmp(x.names[i], "_lastUpdated", 12))) {
			web_error(q, 400, "input", "A condition is made of what chooses resources: %.40s does not.", x.names[i]);
			return false;
		}
	if (patient && !names_person(&x)) {
		if (!*patient)
			return true; /* whoever it is about has nothing here */
		if (!add_parameter(&x, "patient", patient))
			return false;
	}
	(void)add_parameter(&x, "_count", "1000");
	x.outer = NULL; /* strictly: a parameter that is not known would find too much */
	for (int page = 0; more == 1 && *ret < 2 && page < COUNT_PAGES; page++)
		more = count_page(q, type, &x, ret, ret_id, size, &status);
	if (*ret > 1 || more == 0)
		return true;
	if (more < 0)
		web_error(q, status == 403 ? 403 : 412, "conflict", status == 403 ? "Whether there is one already may not be told: a record that this search would open is protected." : "Whether there is one already cannot be told: this condition is no search that is served here. Nothing was stored.");
	else
		web_error(q, 412, "too-costly", "Whether there is one already cannot be told: this condition asks for too much. Name the patient (patient=ID), or an identifier. Nothing was stored.");
	return false;
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

/* ---- the answer ----------------------------------------------------------------------------------------------------------------------------------- */

static const char *status_line(struct web_request *q, int status)
{
	static const struct {
		int status;
		const char *line;
	} lines[] = {{400, "400 Bad Request"}, {403, "403 Forbidden"}, {404, "404 Not Found"}, {405, "405 Method Not Allowed"}, {409, "409 Conflict"}, {410, "410 Gone"}, {412, "412 Precondition Failed"}, {413, "413 Content Too Large"},
	             {415, "415 Unsupported Media Type"}, {422, "422 Unprocessable Content"}, {501, "501 Not Implemented"}};
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (lines[i].status == status)
			return lines[i].line;
	return arena_printf(q->a, "%d", status);
}

/* Was it deleted, as the chart shows it now? */
static bool is_gone(struct web_request *q, const struct web_fhir_entry *p)
{
	struct chart_moment at;
	struct err e = {0};
	const char *item, *patient;
	bool gone = false;
	return p->gone || (web_fhir_look_again(q, &at) && web_fhir_deletable(q, p->type, p->item, at, &item, &patient, &gone, &e) && gone);
}

static void put_deletion(struct web_request *q, struct jsonw *w, const struct keeper_stored *st, bool transaction, const struct web_fhir_entry *p)
{
	if (p->item && st->applied && !is_gone(q, p))
		return put_refusal(q, w, "501 Not Implemented", "not-supported", "Recorded with the rest of the body, but the chart does not take it out: send a version of it that is entered-in-error.");
	if (!p->item && !p->looked && !transaction)
		return put_refusal(q, w, "404 Not Found", "not-found", "Nothing here has this name.");
	put_response(q, w, "204 No Content", p->item && !p->gone ? st : NULL, NULL);
	if (!p->item) { /* R4 3.1.0.7: what is not there is deleted; that it was not is said */
		jsonw_key(w, "outcome");
		fhir_write_outcome(w, "information", "not-found", "There was nothing to delete: nothing here has this name.");
	}
	jsonw_obj_end(w);
}

static void put_fate(struct web_request *q, struct jsonw *w, const struct keeper_stored *st, const char *place, bool transaction, const struct web_fhir_entry *p)
{
	const char *named = p->id ? arena_printf(q->a, "%s/%s", p->type, p->id) : NULL;
	if (p->does == WEB_FHIR_REFUSED) {
		put_response(q, w, status_line(q, p->status), NULL, NULL);
		jsonw_key(w, "outcome");
		jsonw_raw(w, p->outcome);
	} else if (p->does == WEB_FHIR_DELETE)
		return put_deletion(q, w, st, transaction, p);
	else if (p->does == WEB_FHIR_THERE)
		put_response(q, w, "200 OK", NULL, named);
	else if (p->does == WEB_FHIR_PATCH)
		put_response(q, w, "200 OK", p->patched.after.p ? st : NULL, named);
	else if (p->does == WEB_FHIR_UPDATE && p->looked)
		put_response(q, w, "200 OK", st, named);
	else /* the type alone where it became several things, or none of its own */
		put_response(q, w, st->duplicate || p->existed ? "200 OK" : "201 Created", st, place && p->type && !strncmp(place, p->type, strlen(p->type)) && place[strlen(p->type)] == '/' ? place : NULL);
	if (p->unlooked && !web_fhir_type(p->type, strlen(p->type))) { /* read where something refers to it, and no thing of its own that could be there twice */
		jsonw_key(w, "outcome");
		fhir_write_outcome(w, "information", "informational", "Kept with the rest of the body. A resource of this type is read where others refer to it; its ifNoneExist was not looked at.");
	}
	jsonw_obj_end(w);
}

/* The same bytes were here before, and another version of something in them since: then they are said again. */
static bool said_before(struct web_request *q, const struct web_fhir_plan *plan, const struct keeper_stored *st)
{
	struct chart_moment at;
	if (!st->duplicate || !st->applied || !plan || !web_fhir_look_again(q, &at))
		return false;
	for (size_t k = 0, seen = 0; k < plan->n && seen < PLACES_MAX; k++) {
		const struct web_fhir_entry *p = &plan->v[k];
		bool update = p->does == WEB_FHIR_UPDATE && p->id && web_fhir_type(p->type, strlen(p->type));
		seen += update;
		if (update && !web_fhir_stands(q, p->type, p->id, at, st->seq))
			return true;
	}
	return false;
}

static bool store_bundle(struct web_request *q, const struct json_node *entries, const struct web_fhir_plan *plan, struct keeper_stored *ret)
{
	struct slice body = buf_slice(&q->body);
	if (plan && !plan->stores)
		return true;
	if (plan && plan->says && !web_fhir_with_plan(q, entries, plan, false, &body))
		return false;
	if (!store(q, body, true, ret))
		return false;
	if (said_before(q, plan, ret) && (!web_fhir_with_plan(q, entries, plan, true, &body) || !store(q, body, true, ret)))
		return false;
	if (plan)
		web_fhir_turn_said(q, ret);
	return true;
}

static void answer_bundle(struct web_request *q, const struct json_node *root, const struct json_node *entries, const struct web_fhir_plan *plan, const struct keeper_stored *st)
{
	bool batch = slice_eq_str(json_text(root, "type"), "batch"), stored = !plan || plan->stores;
	struct places places = {.n = 0};
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	if (stored && entries)
		find_places(q, st, entries, &places);
	buf_init(&b, WEB_ANSWER_MAX);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "resourceType", "Bundle");
	if (stored)
		jsonw_kstr(&w, "id", arena_printf(q->a, "entry-%" PRIu64, st->seq));
	jsonw_kstr(&w, "type", batch ? "batch-response" : "transaction-response");
	size_t k = 0;
	if (!entries || entries->child) {
		jsonw_key(&w, "entry");
		jsonw_arr(&w);
		for (const struct json_node *n = entries ? entries->child : NULL; n; n = n->next, k++) {
			const struct web_fhir_entry as_sent = {.type = arena_strdup(q->a, json_text(n, "resource.resourceType"))};
			jsonw_obj(&w);
			if (plan && plan->v[k].does == WEB_FHIR_ASK)
				ask(q, &w, json_text(n, "request.url"));
			else if (!plan && !as_sent.type[0])
				put_refusal(q, &w, "400 Bad Request", "structure", "Kept with the rest of the body; there is no resource in this entry.");
			else
				put_fate(q, &w, st, k < places.n ? places.of[k] : NULL, !batch, plan ? &plan->v[k] : &as_sent);
			jsonw_obj_end(&w);
		}
		if (!entries) {
			jsonw_obj(&w);
			put_response(q, &w, st->duplicate ? "200 OK" : "201 Created", st, NULL);
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

/* One resource, or a bundle. A transaction and a batch are planned; a document, a collection, a searchset or a history is kept and read as it is. */
void web_fhir_take(struct web_request *q)
{
	struct keeper_stored st = {0};
	struct json_node *root;
	struct err e = {0};
	size_t asks = 0, tells = 0;
	const struct json_node *entries = NULL;
	struct web_fhir_plan *plan = NULL;
	bool planned = false;
	if (json_tree(buf_slice(&q->body), q->a, &root, &e) == 0 && slice_eq_str(json_text(root, "resourceType"), "Bundle")) {
		struct slice type = json_text(root, "type");
		entries = json_get(root, "entry");
		planned = entries && entries->type == JSON_ARR && (slice_eq_str(type, "transaction") || slice_eq_str(type, "batch"));
	}
	for (const struct json_node *n = entries ? entries->child : NULL; n; n = n->next)
		*(is_ask(n) ? &asks : &tells) += 1;
	if (asks > ASKS_MAX)
		return web_error(q, 413, "limit", "A batch may ask at most %d times.", ASKS_MAX);
	if (!web_may(q, asks && !tells ? MAY_FHIR_READ : MAY_FHIR_WRITE))
		return;
	bool turn = planned && tells;
	if (turn && !web_fhir_turn(q))
		return;
	bool ok = !planned || (plan = web_fhir_plan(q, entries, slice_eq_str(json_text(root, "type"), "transaction"))) != NULL;
	ok = ok && store_bundle(q, entries, plan, &st);
	if (turn)
		web_fhir_turn_over(q);
	if (ok)
		answer_bundle(q, root, entries, plan, &st);
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
