/* The FHIR R4 API: read, search with paging, $everything, $summary, and taking resources in. What may be searched stands in fhir_types (src/fhir), which the CapabilityStatement is made of too.
 *
 * Search works on the resources as they are written: an item is a candidate if its written form matches each parameter. So a search can never find what a read does not show. Pages are pinned to the entry
 * that the first page was made at: what arrives meanwhile shifts nothing. */
#include "web_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT_DEFAULT 50
#define COUNT_MAX 1000
#define SCAN_PERSONS 400 /* looked through for one page of a search without a patient */

static void fhir_ok(struct web_request *q, int status)
{
	q->status = status;
	q->content_type = "application/fhir+json; charset=utf-8";
}

static struct chart *chart_here(struct web_request *q, struct chart_moment *ret)
{
	struct err e = {0};
	return web_moment(q, ret, &e) < 0 ? NULL : q->w->chart;
}

static struct fhir_options options_of(struct web_request *q, char *base, size_t size)
{
	web_base(q, base, size);
	return (struct fhir_options){.zone_minutes = q->web->role->zone_minutes, .base = base};
}

void web_base(struct web_request *q, char *out, size_t size)
{
	const char *host = web_header(q, "Host");
	bool odd = !host || !*host || strlen(host) > 255;
	for (const char *p = host; !odd && *p; p++)
		odd = !((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr(".:-[]_", *p));
	snprintf(out, size, "%s://%s/fhir", q->web->tls ? "https" : "http", odd ? "localhost" : host);
}

static const struct fhir_type_info *type_info(const char *type, size_t n)
{
	for (size_t i = 0; i < fhir_type_count; i++)
		if (strlen(fhir_types[i].type) == n && !memcmp(fhir_types[i].type, type, n))
			return &fhir_types[i];
	return NULL;
}

static struct fhir_person person_of(struct web_request *q, const struct chart_patient *p)
{
	struct fhir_summary s;
	(void)q;
	chart_summary(p, &s);
	return s.person;
}

/* ---- parameters ------------------------------------------------------------------------------------------------------------------- */

#define PARAMS_MAX 32
struct param {
	const char *name, *modifier, *value, *type;
};
struct query {
	struct web_request *q;
	const struct fhir_type_info *info;
	struct param p[PARAMS_MAX];
	size_t n;
	uint64_t count, offset, cursor;
	const char *sort, *patient, *elements;
	bool summary_count, include_patient, strict, bad;
};

static const char *const controls[] = {"_count", "_sort", "_format", "_pretty", "_summary", "_elements", "_total", "_include", "_revinclude", "_include:iterate", "_page", "_cursor", "at", "_type", "_since"};

static const char *strip_type(const char *ref)
{
	const char *slash = strrchr(ref, '/');
	return slash ? slash + 1 : ref;
}

static void take_param(void *arg, const char *name, const char *value)
{
	struct query *x = arg;
	struct web_request *q = x->q;
	for (size_t i = 0; i < ARRAY_LEN(controls); i++)
		if (!strcmp(name, controls[i])) {
			if ((!strcmp(name, "_include")) && (strstr(value, ":patient") || strstr(value, ":subject") || strstr(value, ":*")))
				x->include_patient = true;
			return;
		}
	char *copy = arena_strdup(q->a, slice_str(name)), *text = arena_strdup(q->a, slice_str(value));
	if (!copy || !text || x->n == PARAMS_MAX) {
		x->bad = true;
		return;
	}
	char *colon = strchr(copy, ':');
	if (colon)
		*colon++ = 0;
	const char *type = NULL;
	for (size_t i = 0; i < x->info->count; i++)
		if (!strcmp(copy, x->info->params[i].name))
			type = x->info->params[i].type;
	if (!type) {
		if (x->strict)
			x->bad = true;
		return; /* R4 3.1.1.0.6: unknown parameters are ignored unless handling=strict */
	}
	if ((!strcmp(copy, "patient") || !strcmp(copy, "subject")) && strcmp(x->info->type, "Patient"))
		x->patient = strip_type(text);
	x->p[x->n++] = (struct param){.name = copy, .modifier = colon, .value = text, .type = type};
}

/* "application/x-www-form-urlencoded", for POST _search: name=value&... */
static void unescape(char *s)
{
	char *out = s;
	for (; *s; s++) {
		uint8_t b;
		if (*s == '+')
			*out++ = ' ';
		else if (*s == '%' && hex_get(&b, 1, slice_of(s + 1, strlen(s + 1) >= 2 ? 2 : 0)) == 0 && b) {
			*out++ = (char)b;
			s += 2;
		} else
			*out++ = *s;
	}
	*out = 0;
}

static void take_form(struct query *x)
{
	struct slice rest = buf_slice(&x->q->body);
	while (rest.n) {
		struct slice pair = slice_cut(rest, '&', &rest), value, name = slice_cut(pair, '=', &value);
		char *n = arena_strdup(x->q->a, name), *v = arena_strdup(x->q->a, value);
		if (!n || !v) {
			x->bad = true;
			return;
		}
		unescape(n);
		unescape(v);
		if (*n)
			take_param(x, n, v);
	}
}

static uint64_t query_number(struct web_request *q, const char *name, uint64_t otherwise, uint64_t max)
{
	const char *v = web_query(q, name);
	uint64_t n;
	if (!v || num_u64(slice_str(v), 0, UINT64_MAX, &n) < 0)
		return otherwise;
	return n > max ? max : n;
}

static bool read_query(struct web_request *q, const struct fhir_type_info *info, struct query *x)
{
	const char *prefer = web_header(q, "Prefer"), *summary = web_query(q, "_summary");
	*x = (struct query){.q = q, .info = info, .count = query_number(q, "_count", COUNT_DEFAULT, COUNT_MAX), .offset = query_number(q, "_page", 0, UINT32_MAX), .cursor = query_number(q, "_cursor", 0, CHART_NOW),
	                    .sort = web_query(q, "_sort"), .strict = prefer && strstr(prefer, "handling=strict")};
	x->summary_count = (summary && !strcmp(summary, "count")) || x->count == 0;
	web_query_each(q, take_param, x);
	if (q->method == WEB_POST)
		take_form(x);
	if (x->bad)
		web_error(q, 400, "input", "A search parameter is not known for %s, or there are too many.", info->type);
	return !x->bad;
}

/* ---- matching a written resource ------------------------------------------------------------------------------------------------------- */

typedef bool match_fn(const struct json_node *n, const struct param *p, struct slice value);

/* Each alternative (comma separated) against each node at a path; arrays are looked into. */
static bool any(const struct json_node *n, const struct param *p, struct slice value, match_fn *fn)
{
	if (!n)
		return false;
	if (n->type == JSON_ARR) {
		for (const struct json_node *c = n->child; c; c = c->next)
			if (any(c, p, value, fn))
				return true;
		return false;
	}
	return fn(n, p, value);
}

static struct slice node_text(const struct json_node *n)
{
	return n && (n->type == JSON_STR || n->type == JSON_NUM) ? n->value : n && n->type == JSON_TRUE ? SLICE("true") : n && n->type == JSON_FALSE ? SLICE("false") : SLICE_NULL;
}

static bool token_equal(struct slice system, bool system_given, struct slice code, struct slice have_system, struct slice have_code)
{
	if (system_given && !slice_eq(system, have_system))
		return false;
	char want[200];
	if (!code.n)
		return system_given;
	snprintf(want, sizeof want, "%.*s", SLICE_FMT(code));
	return slice_eq(code, have_code) || (code.n < sizeof want && slice_eq_nocase(have_code, want));
}

/* CodeableConcept, Coding, Identifier, code, boolean (R4 3.1.1.5.4) */
static bool match_token(const struct json_node *n, const struct param *p, struct slice value)
{
	struct slice code, system = slice_cut(value, '|', &code);
	bool system_given = code.p != NULL;
	if (!system_given) {
		code = value;
		system = SLICE_NULL;
	}
	if (n->type != JSON_OBJ)
		return token_equal(SLICE_NULL, false, code, SLICE_NULL, node_text(n));
	const struct json_node *codings = json_get(n, "coding");
	if (p->modifier && !strcmp(p->modifier, "text"))
		return memmem(json_text(n, "text").p, json_text(n, "text").n, value.p, value.n) != NULL;
	for (const struct json_node *c = codings ? codings->child : NULL; c; c = c->next)
		if (token_equal(system, system_given, code, json_text(c, "system"), json_text(c, "code")))
			return true;
	if (codings)
		return false;
	struct slice have = json_text(n, "value"); /* Identifier */
	return token_equal(system, system_given, code, json_text(n, "system"), have.n ? have : json_text(n, "code"));
}

static bool folded_match(struct slice have, struct slice want, const char *modifier)
{
	AUTO_BUF struct buf a, b;
	buf_init(&a, 1 << 16);
	buf_init(&b, 1 << 16);
	if (modifier && !strcmp(modifier, "exact"))
		return slice_eq(have, want);
	utf8_fold(&a, have);
	utf8_fold(&b, want);
	if (!b.n || a.n < b.n)
		return false;
	return modifier && !strcmp(modifier, "contains") ? memmem(a.p, a.n, b.p, b.n) != NULL : memcmp(a.p, b.p, b.n) == 0;
}

/* string, HumanName, Address: the start of any part, without case and accents */
static bool match_string(const struct json_node *n, const struct param *p, struct slice value)
{
	if (n->type == JSON_OBJ || n->type == JSON_ARR) {
		for (const struct json_node *c = n->child; c; c = c->next)
			if (match_string(c, p, value))
				return true;
		return false;
	}
	return n->type == JSON_STR && folded_match(n->value, value, p->modifier);
}

static bool match_reference(const struct json_node *n, const struct param *p, struct slice value)
{
	struct slice have = json_text(n, "reference");
	if (!have.n)
		return false;
	char text[256];
	snprintf(text, sizeof text, "%.*s", SLICE_FMT(value));
	const char *id = strip_type(text);
	size_t m = strlen(id);
	return m && have.n >= m && !memcmp(have.p + have.n - m, id, m) && (have.n == m || have.p[have.n - m - 1] == '/');
}

/* The period that a date of any precision names: [from, to). */
static bool span_of(struct slice s, int64_t *from, int64_t *to)
{
	int64_t t = fact_time_ns(s, 0);
	if (t == INT64_MIN)
		return false;
	int y, mo, d, h, mi, sec;
	time_civil(t, &y, &mo, &d, &h, &mi, &sec);
	*from = t;
	if (s.n == 4)
		*to = time_from_civil(y + 1, 1, 1, 0, 0, 0);
	else if (s.n == 7)
		*to = mo == 12 ? time_from_civil(y + 1, 1, 1, 0, 0, 0) : time_from_civil(y, mo + 1, 1, 0, 0, 0);
	else if (s.n == 10)
		*to = t + 86400 * TIME_SEC;
	else if (s.n == 16)
		*to = t + 60 * TIME_SEC;
	else
		*to = t + TIME_SEC;
	return true;
}

static bool match_date(const struct json_node *n, const struct param *p, struct slice value)
{
	static const char prefixes[][3] = {"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"};
	int op = 0;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (slice_starts(value, prefixes[i])) {
			op = (int)i;
			value = slice_of(value.p + 2, value.n - 2);
		}
	int64_t from, to, low, high, other;
	if (!span_of(value, &from, &to))
		return false;
	if (n->type == JSON_OBJ) { /* Period */
		struct slice start = json_text(n, "start"), end = json_text(n, "end");
		low = INT64_MIN;
		high = INT64_MAX;
		if (start.n && !span_of(start, &low, &other))
			return false;
		if (end.n && !span_of(end, &other, &high))
			return false;
	} else if (!span_of(node_text(n), &low, &high))
		return false;
	switch (op) {
	case 0: return low >= from && high <= to;
	case 1: return !(low >= from && high <= to);
	case 2: return high > to;
	case 3: return low < from;
	case 4: return high > to || (low >= from && high <= to);
	case 5: return low < from || (low >= from && high <= to);
	case 6: return low >= to;
	case 7: return high <= from;
	default: return low < to + 86400 * TIME_SEC && high > from - 86400 * TIME_SEC;
	}
}

/* Where a parameter looks, by name; the first path that is there counts, several are alternatives. R4's search parameter definitions. */
static const struct {
	const char *name, *paths[8];
} places[] = {
	{"code", {"code", "medicationCodeableConcept", "vaccineCode"}},
	{"medication", {"medicationCodeableConcept"}},
	{"vaccine-code", {"vaccineCode"}},
	{"category", {"category"}},
	{"clinical-status", {"clinicalStatus"}},
	{"verification-status", {"verificationStatus"}},
	{"status", {"status"}},
	{"intent", {"intent"}},
	{"class", {"class"}},
	{"type", {"type", "code"}},
	{"identifier", {"identifier"}},
	{"family", {"name"}},
	{"given", {"name"}},
	{"name", {"name"}},
	{"address", {"address"}},
	{"telecom", {"telecom"}},
	{"phone", {"telecom"}},
	{"email", {"telecom"}},
	{"birthdate", {"birthDate"}},
	{"gender", {"gender"}},
	{"active", {"active"}},
	{"deceased", {"deceasedBoolean"}},
	{"patient", {"subject", "patient", "participant", "for", "beneficiary"}},
	{"subject", {"subject", "patient"}},
	{"encounter", {"encounter", "context"}},
	{"context", {"context", "encounter"}},
	{"date", {"effectiveDateTime", "effectivePeriod", "effectiveInstant", "date", "period", "occurrenceDateTime", "performedDateTime", "performedPeriod"}},
	{"date", {"start", "recordedDate", "authoredOn", "onsetDateTime", "issued", "created"}},
	{"effective-time", {"effectiveDateTime", "effectivePeriod"}},
	{"effective", {"effectiveDateTime", "effectivePeriod"}},
	{"authoredon", {"authoredOn"}},
	{"authored", {"authoredOn"}},
	{"onset-date", {"onsetDateTime", "onsetPeriod"}},
	{"recorded-date", {"recordedDate"}},
	{"criticality", {"criticality"}},
	{"location", {"location"}},
};

static bool matches_param(const struct json_node *res, const struct param *p)
{
	if (!strcmp(p->name, "_id"))
		return any(json_get(res, "id"), p, slice_str(p->value), match_token);
	match_fn *fn = !strcmp(p->type, "token") ? match_token : !strcmp(p->type, "string") ? match_string : !strcmp(p->type, "date") ? match_date : !strcmp(p->type, "reference") ? match_reference : match_token;
	bool missing = p->modifier && !strcmp(p->modifier, "missing"), there = false;
	struct slice rest = slice_str(p->value);
	do {
		struct slice value = slice_cut(rest, ',', &rest);
		if (!strcmp(p->name, "_lastUpdated") && any(json_path(res, "meta.lastUpdated"), p, value, match_date))
			return true;
		for (size_t i = 0; i < ARRAY_LEN(places); i++) {
			if (strcmp(places[i].name, p->name))
				continue;
			for (size_t k = 0; k < ARRAY_LEN(places[i].paths) && places[i].paths[k]; k++) {
				const struct json_node *n = json_get(res, places[i].paths[k]);
				there = there || n;
				if (!n || missing)
					continue;
				if (!strcmp(p->name, "family") || !strcmp(p->name, "given")) {
					for (const struct json_node *name = n->child; name; name = name->next)
						if (any(json_get(name, p->name), p, value, match_string))
							return true;
				} else if (!strcmp(p->name, "patient") && !strcmp(places[i].paths[k], "participant")) {
					for (const struct json_node *part = n->child; part; part = part->next)
						if (any(json_get(part, "actor"), p, value, match_reference))
							return true;
				} else if (any(n, p, value, fn)) {
					return true;
				}
			}
		}
	} while (rest.p && rest.n);
	return missing && (!strcmp(p->value, "true") ? !there : there);
}

static bool matches(const struct query *x, const struct json_node *res)
{
	for (size_t i = 0; i < x->n; i++)
		if (!matches_param(res, &x->p[i]) && !((!strcmp(x->p[i].name, "patient") || !strcmp(x->p[i].name, "subject")) && x->patient)) /* the patient was chosen already, by any of their numbers */
			return false;
	return true;
}

/* ---- bundles ----------------------------------------------------------------------------------------------------------------------------- */

struct hit {
	struct slice json;
	int64_t sort;
	struct slice sort_text;
	size_t order;
	const char *mode;
};
struct hits {
	struct hit *v;
	size_t n, cap;
};

static bool add_hit(struct web_request *q, struct hits *h, struct hit hit)
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
			for (size_t k = 0; k < ARRAY_LEN(places); k++)
				for (size_t m = 0; !strcmp(places[k].name, name) && m < ARRAY_LEN(places[k].paths) && places[k].paths[m]; m++) {
					const struct json_node *n = json_get(res, places[k].paths[m]);
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
static void put_bundle(struct query *x, const char *below, struct chart_moment at, const struct hits *h, size_t from, size_t to, uint64_t total, uint64_t next_cursor)
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
	fhir_ok(q, 200);
}

/* ---- a patient's resources -------------------------------------------------------------------------------------------------------------------- */

static struct slice written(struct web_request *q, struct buf *b)
{
	(void)q;
	return buf_ok(b) ? arena_dup(q->a, buf_slice(b)) : SLICE_NULL;
}

static bool add_patient(struct web_request *q, const struct chart_patient *p, const struct query *x, const char *mode, struct hits *h)
{
	AUTO_BUF struct buf b;
	struct jsonw w;
	char base[300];
	struct fhir_options o = options_of(q, base, sizeof base);
	struct fhir_person who = person_of(q, p);
	buf_init(&b, 4 << 20);
	jsonw_init(&w, &b);
	fhir_write_patient(&w, &who, &o);
	struct slice json = written(q, &b);
	struct json_node *res;
	struct err e = {0};
	if (!json.p)
		return false;
	if (x && x->n && (json_tree(json, q->a, &res, &e) < 0 || !matches(x, res)))
		return true;
	return add_hit(q, h, (struct hit){.json = json, .mode = mode});
}

/* Every current item of a type (NULL: of any), if it matches. since: only what was received after it. */
static bool add_items(struct web_request *q, const struct chart_patient *p, const char *type, const struct query *x, int64_t since, struct hits *h)
{
	char base[300];
	struct fhir_options o = options_of(q, base, sizeof base);
	struct fhir_person who = person_of(q, p);
	AUTO_BUF struct buf b;
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
			struct slice json = written(q, &b);
			struct json_node *res;
			struct err e = {0};
			if (!json.p)
				return false;
			if (x && x->n && (json_tree(json, q->a, &res, &e) < 0 || !matches(x, res)))
				continue;
			if (!add_hit(q, h, (struct hit){.json = json}))
				return false;
		}
	return true;
}

static bool note_search(struct web_request *q, const char *patient, struct chart_moment at)
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

static bool may_open(struct web_request *q, const struct chart_patient *p)
{
	bool open = false;
	struct err e = {0};
	return !p->is_protected || (keeper_glass(q->w->keeper, &q->who, p->id, &open, &e) == 0 && open);
}

static void too_large(struct web_request *q)
{
	web_error(q, 413, "limit", "This answer is too large for one request; ask for a patient or a narrower time.");
}

static void answer_hits(struct query *x, const char *below, struct chart_moment at, struct hits *h, uint64_t total, uint64_t next_cursor)
{
	sort_hits(x, h);
	size_t from = x->offset < h->n ? (size_t)x->offset : h->n, to = h->n - from > x->count ? from + (size_t)x->count : h->n;
	put_bundle(x, below, at, h, from, to, total, next_cursor);
}

/* ---- searching Patient ---------------------------------------------------------------------------------------------------------------------------- */

static bool add_by_id(struct web_request *q, struct query *x, struct chart *c, struct chart_moment at, struct slice id, struct hits *h)
{
	struct chart_patient *p;
	struct err e = {0};
	AUTO_BUF struct buf ids;
	buf_init(&ids, 1 << 16);
	int r = chart_patient(c, id, at, q->a, &p, &ids, &e);
	if (r == ERR_EXISTS) { /* a number that several have: each */
		struct slice rest = buf_slice(&ids);
		while (rest.n) {
			struct slice one = slice_cut(rest, '\n', &rest);
			if (one.n && chart_patient(c, one, at, q->a, &p, NULL, &e) == 0 && may_open(q, p) && !add_patient(q, p, x, NULL, h))
				return false;
		}
		return true;
	}
	if (r == ERR_NOT_FOUND)
		return true;
	if (r < 0)
		return false;
	return !may_open(q, p) || add_patient(q, p, x, NULL, h);
}

/* What names candidates best: an id, a number, else the words of names and the birth date. */
static bool search_patients(struct web_request *q, struct query *x, struct chart *c, struct chart_moment at, struct hits *h, uint64_t *next_cursor, bool *all)
{
	struct err e = {0};
	AUTO_BUF struct buf words;
	buf_init(&words, 1 << 14);
	for (size_t i = 0; i < x->n; i++) {
		const struct param *p = &x->p[i];
		if (!strcmp(p->name, "_id") || !strcmp(p->name, "identifier")) {
			struct slice rest = slice_str(p->value);
			do {
				struct slice one = slice_cut(rest, ',', &rest), value, system = slice_cut(one, '|', &value);
				if (!add_by_id(q, x, c, at, value.p ? value : system, h))
					return false;
			} while (rest.p && rest.n);
			return true;
		}
		if (!p->modifier && (!strcmp(p->name, "family") || !strcmp(p->name, "given") || !strcmp(p->name, "name") || (!strcmp(p->name, "birthdate") && strlen(p->value) == 10 && p->value[0] >= '0' && p->value[0] <= '9')))
			buf_printf(&words, "%s%.*s", words.n ? " " : "", (int)strcspn(p->value, ","), p->value);
	}
	if (words.n) {
		struct chart_row *row;
		size_t n;
		if (chart_search(c, buf_slice(&words), at, COUNT_MAX, q->a, &row, &n, &e) < 0)
			return false;
		for (; row; row = row->next)
			if (!add_by_id(q, x, c, at, slice_str(row->id), h))
				return false;
		return true;
	}
	char (*ids)[32] = arena_array(q->a, SCAN_PERSONS, 32);
	size_t n;
	*all = false;
	if (!ids || chart_persons_page(c, at, x->cursor, x->n ? SCAN_PERSONS : (size_t)x->count + 1 > SCAN_PERSONS ? SCAN_PERSONS : (size_t)x->count, ids, &n, next_cursor, &e) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!add_by_id(q, x, c, at, slice_str(ids[i]), h))
			return false;
	return true;
}

/* ---- searching -------------------------------------------------------------------------------------------------------------------------------------- */

static bool everywhere(struct web_request *q, struct query *x, struct chart *c, struct chart_moment at, struct hits *h, uint64_t *next_cursor)
{
	char (*ids)[32] = arena_array(q->a, SCAN_PERSONS, 32);
	struct err e = {0};
	size_t n;
	if (!ids || chart_persons_page(c, at, x->cursor, SCAN_PERSONS, ids, &n, next_cursor, &e) < 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct chart_patient *p;
		if (chart_patient(c, slice_str(ids[i]), at, q->a, &p, NULL, &e) < 0 || !may_open(q, p))
			continue;
		if (!add_items(q, p, x->info->type, x, 0, h))
			return false;
	}
	return true;
}

static void audit_events(struct web_request *q, struct query *x, struct chart *c, struct chart_moment at)
{
	struct chart_event *ev;
	struct err e = {0};
	struct hits h = {0};
	AUTO_BUF struct buf b;
	buf_init(&b, 1 << 20);
	if (!web_may(q, MAY_AUDIT))
		return;
	if (chart_events(c, LEDGER_AUDIT, slice_str(x->patient), x->cursor ? x->cursor : CHART_NOW, (size_t)x->count, q->a, &ev, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	uint64_t last = 0;
	size_t n = 0;
	for (; ev; ev = ev->next, n++) {
		struct jsonw w;
		last = ev->entry;
		struct fhir_audit a = {.id = arena_printf(q->a, "audit-%" PRIu64, ev->entry), .time = ev->time, .what = arena_strdup(q->a, ev->what), .user = arena_strdup(q->a, ev->user),
		                       .patient_id = ev->patient.n ? arena_strdup(q->a, ev->patient) : NULL, .reason = ev->reason.n ? arena_strdup(q->a, ev->reason) : NULL, .site = q->web->role->site_name,
		                       .as_of_entry = UINT64_MAX, .ok = true};
		buf_reset(&b);
		jsonw_init(&w, &b);
		fhir_write_audit(&w, &a);
		if (!add_hit(q, &h, (struct hit){.json = written(q, &b)}))
			return too_large(q);
	}
	put_bundle(x, "AuditEvent", at, &h, 0, h.n, UINT64_MAX, n == x->count ? last : 0);
}

static void search(struct web_request *q, const struct fhir_type_info *info)
{
	struct chart_moment at;
	struct query x;
	struct hits h = {0};
	uint64_t next_cursor = 0;
	bool all = true, ok;
	if (!web_may(q, MAY_FHIR_READ))
		return;
	struct chart *c = chart_here(q, &at);
	if (!c || !read_query(q, info, &x))
		return;
	if (!strcmp(info->type, "AuditEvent")) {
		audit_events(q, &x, c, at);
		return;
	}
	if (!strcmp(info->type, "Patient")) {
		if (!note_search(q, NULL, at))
			return;
		ok = search_patients(q, &x, c, at, &h, &next_cursor, &all);
	} else if (x.patient) {
		struct chart_patient *p;
		struct err e = {0};
		int r = chart_patient(c, slice_str(x.patient), at, q->a, &p, NULL, &e);
		if (r < 0 && r != ERR_NOT_FOUND) {
			web_fail(q, &e);
			return;
		}
		ok = true;
		if (r == 0) {
			uint64_t entry;
			if (web_patient(q, p->id, at, "search", &p, &entry) < 0)
				return;
			ok = add_items(q, p, info->type, &x, 0, &h);
			if (ok && x.include_patient && h.n)
				ok = add_patient(q, p, NULL, "include", &h);
		}
	} else {
		all = false;
		if (!note_search(q, NULL, at))
			return;
		ok = everywhere(q, &x, c, at, &h, &next_cursor);
	}
	if (!ok) {
		too_large(q);
		return;
	}
	uint64_t total = all ? h.n - (x.include_patient && h.n ? 1 : 0) : x.n == 0 && !strcmp(info->type, "Patient") ? chart_person_count(c) : UINT64_MAX;
	answer_hits(&x, info->type, at, &h, total, next_cursor);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------------------------------------- */

static void put_version(struct web_request *q, uint64_t entry, int64_t received)
{
	static const char days[][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"}, months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	int y, mo, d, h, mi, s;
	time_civil(received, &y, &mo, &d, &h, &mi, &s);
	snprintf(q->etag, sizeof q->etag, "W/\"%" PRIu64 "\"", entry);
	snprintf(q->last_modified, sizeof q->last_modified, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[received / TIME_SEC / 86400 % 7], d, months[mo - 1], y, h, mi, s);
}

static void read_patient(struct web_request *q, const char *id)
{
	struct chart_moment at;
	struct chart_patient *p;
	uint64_t entry;
	char base[300];
	if (!chart_here(q, &at) || web_patient(q, id, at, "view", &p, &entry) < 0)
		return;
	struct jsonw w;
	struct fhir_options o = options_of(q, base, sizeof base);
	struct fhir_person who = person_of(q, p);
	jsonw_init(&w, &q->out);
	fhir_write_patient(&w, &who, &o);
	if (p->demographics)
		put_version(q, p->demographics->entry, p->demographics->received);
	fhir_ok(q, 200);
}

static void read_item(struct web_request *q, const char *type, const char *id)
{
	struct chart_moment at;
	struct chart_patient *p;
	const struct fact_item *it;
	struct err e = {0};
	uint64_t entry;
	char base[300];
	struct chart *c = chart_here(q, &at);
	if (!c)
		return;
	int r = chart_find_item(c, slice_str(id), at, q->a, &p, &it, &e);
	if (r < 0 || !fhir_type(it) || strcmp(fhir_type(it), type)) {
		if (r < 0 && r != ERR_NOT_FOUND)
			web_fail(q, &e);
		else
			web_error(q, 404, "not-found", "There is no %s with this id.", type);
		return;
	}
	if (it->state == FACT_DELETED) {
		web_error(q, 410, "deleted", "This %s was deleted by its sender.", type);
		return;
	}
	struct chart_patient *same;
	if (web_patient(q, p->id, at, "view", &same, &entry) < 0)
		return;
	struct jsonw w;
	struct fhir_options o = options_of(q, base, sizeof base);
	struct fhir_person who = person_of(q, p);
	jsonw_init(&w, &q->out);
	if (!fhir_write_item(&w, &who, it, &o)) {
		web_error(q, 404, "not-found", "There is no %s with this id.", type);
		return;
	}
	put_version(q, it->entry, it->received);
	fhir_ok(q, 200);
}

/* ---- documents ------------------------------------------------------------------------------------------------------------------------------------------- */

static int document_bytes(struct web_request *q, const struct fact_item *it, uint8_t kind, struct slice body, struct buf *out, struct err *e)
{
	struct slice place = fact_get(it->fact, FF_CONTENT_PLACE);
	if (kind == LEDGER_HL7V2) {
		struct hl7_msg m;
		size_t n;
		int r = hl7_parse(body, q->a, &m, NULL, 0, &n, e);
		return r < 0 ? r : hl7_document(&m, place, out, e);
	}
	struct json_node *root;
	int r = json_tree(body, q->a, &root, e);
	char *path = arena_strdup(q->a, place);
	if (r < 0 || !path)
		return r < 0 ? r : ERR_MEMORY;
	const struct json_node *n = json_path(root, path);
	if (n && n->type == JSON_OBJ)
		n = json_get(n, "data") ? json_get(n, "data") : json_path(n, "content.0.attachment.data");
	if (!n || n->type != JSON_STR)
		return err_set(e, ERR_NOT_FOUND, NULL, "the document's bytes do not stand in the entry: the sender gave only an address");
	return base64_get_loose(out, n->value);
}

static void binary(struct web_request *q, const char *id)
{
	struct chart_moment at;
	struct chart_patient *p, *same;
	const struct fact_item *it;
	struct err e = {0};
	uint64_t entry;
	struct chart *c = chart_here(q, &at);
	if (!c)
		return;
	if (chart_find_item(c, slice_str(id), at, q->a, &p, &it, &e) < 0 || it->fact->kind != FACT_DOCUMENT) {
		web_error(q, 404, "not-found", "There is no document with this id.");
		return;
	}
	if (web_patient(q, p->id, at, "view", &same, &entry) < 0)
		return;
	struct slice inline_text = fact_get(it->fact, FF_CONTENT), type = fact_get(it->fact, FF_CONTENT_TYPE);
	AUTO_BUF struct buf body;
	buf_init(&body, LEDGER_BODY_MAX);
	uint8_t kind = 0;
	int r = 0;
	if (fact_get(it->fact, FF_CONTENT_PLACE).n) {
		r = keeper_raw(q->w->keeper, &q->who, it->entry, true, p->id, &kind, &body, &e);
		if (r == 0)
			r = document_bytes(q, it, kind, buf_slice(&body), &q->out, &e);
	}
	if (r < 0 && !inline_text.n) {
		buf_reset(&q->out);
		web_fail(q, &e);
		return;
	}
	if (r < 0 || !q->out.n) {
		buf_reset(&q->out);
		buf_add_slice(&q->out, inline_text);
		type = SLICE("text/plain");
	}
	/* only what a browser shows without running anything keeps its type */
	static const char *const shown[] = {"application/pdf", "image/png", "image/jpeg", "text/plain"};
	const char *safe = "application/octet-stream";
	for (size_t i = 0; i < ARRAY_LEN(shown); i++)
		if (slice_eq_nocase(type, shown[i]))
			safe = i == 3 ? "text/plain; charset=utf-8" : shown[i];
	q->status = 200;
	q->content_type = safe;
	snprintf(q->disposition, sizeof q->disposition, "%s; filename=\"document-%" PRIu64 "%s\"", !strcmp(safe, "application/octet-stream") ? "attachment" : "inline", it->entry, !strcmp(safe, "application/pdf") ? ".pdf" : "");
}

/* ---- operations --------------------------------------------------------------------------------------------------------------------------------------------- */

static void everything(struct web_request *q, const char *id)
{
	struct chart_moment at;
	struct chart_patient *p;
	struct query x;
	struct hits h = {0};
	uint64_t entry;
	if (!chart_here(q, &at) || !read_query(q, type_info("Patient", 7), &x) || web_patient(q, id, at, "export", &p, &entry) < 0)
		return;
	x.n = 0;
	if (!web_query(q, "_count"))
		x.count = UINT64_MAX; /* all of it, unless pages were asked for */
	const char *since_text = web_query(q, "_since"), *types = web_query(q, "_type");
	int64_t since = since_text ? fact_time_ns(slice_str(since_text), 0) : 0;
	if (since == INT64_MIN) {
		web_error(q, 400, "input", "_since should be a time.");
		return;
	}
	bool ok = add_patient(q, p, NULL, NULL, &h);
	if (!types)
		ok = ok && add_items(q, p, NULL, NULL, since, &h);
	struct slice rest = slice_str(types);
	while (ok && rest.n) {
		struct slice one = slice_cut(rest, ',', &rest);
		char *t = arena_strdup(q->a, one);
		ok = t && add_items(q, p, t, NULL, since, &h);
	}
	if (!ok) {
		too_large(q);
		return;
	}
	if (x.count == UINT64_MAX)
		x.count = h.n ? h.n : 1;
	char *below = arena_printf(q->a, "Patient/%s/$everything", p->id);
	answer_hits(&x, below ? below : "Patient", at, &h, h.n, 0);
}

static void summary(struct web_request *q, const char *id)
{
	struct chart_moment at;
	struct chart_patient *p;
	struct fhir_summary s;
	uint64_t entry;
	char base[300];
	if (!chart_here(q, &at) || web_patient(q, id, at, "export", &p, &entry) < 0)
		return;
	chart_summary(p, &s);
	s.site_name = q->web->role->site_name;
	s.checkpoint_origin = q->web->role->origin;
	struct jsonw w;
	struct fhir_options o = options_of(q, base, sizeof base);
	jsonw_init(&w, &q->out);
	fhir_write_ips(&w, &s, &o);
	fhir_ok(q, 200);
}

/* ---- taking in --------------------------------------------------------------------------------------------------------------------------------------------------- */

static bool store(struct web_request *q, struct keeper_stored *ret)
{
	struct err e = {0};
	struct json_node *n;
	if (!web_may(q, MAY_FHIR_WRITE))
		return false;
	if (json_tree(buf_slice(&q->body), q->a, &n, &e) < 0 || !json_text(n, "resourceType").n) {
		web_error(q, 400, "input", "The body is not a FHIR resource in JSON%s%s%s.", e.text[0] ? ": " : "", e.place, e.text[0] ? " is where it breaks" : "");
		return false;
	}
	if (keeper_fhir(q->w->keeper, &q->who, buf_slice(&q->body), true, ret, &e) < 0) {
		web_fail(q, &e);
		return false;
	}
	return true;
}

/* A bundle is one entry of the ledger; the answer has one line for each resource in it, all with the same fate: stored or not, whole. */
static void take_bundle(struct web_request *q)
{
	struct keeper_stored st;
	struct json_node *root;
	struct err e = {0};
	char t[32];
	if (!store(q, &st) || json_tree(buf_slice(&q->body), q->a, &root, &e) < 0)
		return;
	struct slice type = json_text(root, "type");
	bool bundle = slice_eq_str(json_text(root, "resourceType"), "Bundle");
	const char *status = st.duplicate ? "200 OK" : "201 Created";
	struct jsonw w;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "resourceType", "Bundle");
	jsonw_kstr(&w, "id", arena_printf(q->a, "entry-%" PRIu64, st.seq));
	jsonw_kstr(&w, "type", slice_eq_str(type, "batch") ? "batch-response" : "transaction-response");
	jsonw_key(&w, "entry");
	jsonw_arr(&w);
	const struct json_node *entries = bundle ? json_get(root, "entry") : NULL;
	for (const struct json_node *n = entries ? entries->child : NULL; n || !bundle; n = n->next) {
		jsonw_obj(&w);
		jsonw_key(&w, "response");
		jsonw_obj(&w);
		jsonw_kstr(&w, "status", status);
		jsonw_kstr(&w, "etag", arena_printf(q->a, "W/\"%" PRIu64 "\"", st.seq));
		jsonw_kstr(&w, "lastModified", time_rfc3339(st.time, 3, t));
		jsonw_obj_end(&w);
		jsonw_obj_end(&w);
		if (!bundle)
			break;
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	fhir_ok(q, 200);
}

/* The resource that was just stored, as the chart now shows it: found among the patients that the entry spoke of. */
static const struct fact_item *stored_item(const struct chart_patient *p, const char *type, uint64_t entry)
{
	for (int s = 0; s < CHART_SECTIONS; s++)
		for (const struct fact_item *it = p->s[s].items; it; it = it->next)
			if (it->entry == entry && fhir_type(it) && !strcmp(fhir_type(it), type))
				return it;
	return NULL;
}

static void create(struct web_request *q, const char *type)
{
	struct keeper_stored st;
	struct json_node *root;
	struct err e = {0};
	if (json_tree(buf_slice(&q->body), q->a, &root, &e) == 0 && !slice_eq_str(json_text(root, "resourceType"), type)) {
		web_error(q, 400, "input", "The body is a %.*s, the address says %s.", SLICE_FMT(json_text(root, "resourceType")), type);
		return;
	}
	if (!store(q, &st))
		return;
	struct chart_moment at;
	struct chart *c = chart_here(q, &at);
	char (*ids)[32];
	size_t n = 0;
	char base[300];
	struct fhir_options o = options_of(q, base, sizeof base);
	struct jsonw w;
	jsonw_init(&w, &q->out);
	if (c && st.applied && chart_entry_patients(c, st.seq, at, q->a, &ids, &n, &e) == 0)
		for (size_t i = 0; i < n; i++) {
			struct chart_patient *p;
			if (chart_patient(c, slice_str(ids[i]), at, q->a, &p, NULL, &e) < 0)
				continue;
			struct fhir_person who = person_of(q, p);
			const struct fact_item *it = strcmp(type, "Patient") ? stored_item(p, type, st.seq) : NULL;
			if (strcmp(type, "Patient") && !it)
				continue;
			if (it)
				fhir_write_item(&w, &who, it, &o);
			else
				fhir_write_patient(&w, &who, &o);
			snprintf(q->location, sizeof q->location, "%s/%s/%s", base, type, it ? it->id : p->id);
			break;
		}
	if (!q->out.n)
		fhir_write_outcome(&w, "information", "informational", "Stored. This kind of resource is kept and counted; the chart does not show it as a resource of its own.");
	put_version(q, st.seq, st.time);
	fhir_ok(q, st.duplicate ? 200 : 201);
}

/* ---- routes ---------------------------------------------------------------------------------------------------------------------------------------------------------- */

static void metadata(struct web_request *q)
{
	char base[300];
	struct jsonw w;
	web_base(q, base, sizeof base);
	jsonw_init(&w, &q->out);
	fhir_write_capability(&w, base, q->web->role->site_name, HOLDFAST_VERSION, q->web->started);
	fhir_ok(q, 200);
}

static void patient_operation(struct web_request *q, const char *id, const char *op)
{
	if (!strcmp(op, "$everything"))
		everything(q, id);
	else if (!strcmp(op, "$summary"))
		summary(q, id);
	else
		web_error(q, 404, "not-found", "There is no operation %s.", op);
}

/* Patient/$summary?identifier=system|value, or Parameters with an identifier: the IPS operation at type level. */
static void summary_by_identifier(struct web_request *q)
{
	const char *given = web_query(q, "identifier");
	struct slice value = slice_str(given);
	struct json_node *root;
	struct err e = {0};
	if (!given && q->body.n && json_tree(buf_slice(&q->body), q->a, &root, &e) == 0) {
		const struct json_node *list = json_get(root, "parameter");
		for (const struct json_node *n = list ? list->child : NULL; n; n = n->next)
			if (slice_eq_str(json_text(n, "name"), "identifier"))
				value = json_text(n, "valueIdentifier.value");
	}
	struct slice after, before = slice_cut(value, '|', &after);
	char *id = arena_strdup(q->a, after.p ? after : before);
	if (!id || !*id)
		web_error(q, 400, "input", "Name the patient: identifier=SYSTEM|VALUE.");
	else
		summary(q, id);
}

void web_fhir(struct web_request *q, const char *path)
{
	bool get = q->method == WEB_GET || q->method == WEB_HEAD, post = q->method == WEB_POST;
	while (*path == '/')
		path++;
	if (!strcmp(path, "metadata") && get) {
		metadata(q);
		return;
	}
	if (!*path) {
		if (post)
			take_bundle(q);
		else
			web_error(q, get ? 400 : 405, "method", "POST a bundle here, or ask for /fhir/metadata.");
		return;
	}
	char *parts[4] = {0};
	char copy[WEB_PATH_MAX];
	size_t n = 0;
	snprintf(copy, sizeof copy, "%s", path);
	for (char *p = copy; p && n < 4; n++) {
		parts[n] = p;
		p = strchr(p, '/');
		if (p)
			*p++ = 0;
	}
	if (n && !*parts[n - 1])
		n--; /* a trailing slash */
	if (!n) {
		web_error(q, 404, "not-found", "Nothing is here.");
		return;
	}
	if (!get && !post) {
		web_error(q, 405, "method", "What was recorded is not changed or deleted: send a newer resource.");
		return;
	}
	if (!strcmp(parts[0], "Binary") && n == 2 && get) {
		if (web_may(q, MAY_FHIR_READ))
			binary(q, parts[1]);
		return;
	}
	const struct fhir_type_info *info = type_info(parts[0], strlen(parts[0]));
	if (!info) {
		if (post && n == 1)
			create(q, parts[0]); /* kept and counted, whatever it is */
		else if (web_may(q, MAY_FHIR_READ))
			web_error(q, 404, "not-found", "%s is not served here; /fhir/metadata lists what is.", parts[0]);
		return;
	}
	if (n == 1 && get)
		search(q, info);
	else if (n == 2 && post && !strcmp(parts[1], "_search"))
		search(q, info);
	else if (n == 1)
		create(q, info->type);
	else if (!web_may(q, MAY_FHIR_READ))
		return;
	else if (n == 2 && !strcmp(info->type, "Patient") && !strcmp(parts[1], "$summary"))
		summary_by_identifier(q);
	else if (n == 3 && !strcmp(info->type, "Patient"))
		patient_operation(q, parts[1], parts[2]);
	else if (n == 2 && get && !strcmp(info->type, "Patient"))
		read_patient(q, parts[1]);
	else if (n == 2 && get)
		read_item(q, info->type, parts[1]);
	else
		web_error(q, 404, "not-found", "Nothing is here.");
}
