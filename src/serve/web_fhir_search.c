/* Searching: what was asked, who is a candidate, what is found. */
#include "web_fhir_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- parameters ------------------------------------------------------------------------------------------------------------------- */

const char *web_fhir_strip(const char *ref)
{
	const char *slash = strrchr(ref, '/');
	return slash ? slash + 1 : ref;
}

/* R4 3.1.1.4.0.1: a comma is "or" unless a backslash stands before it. */
bool web_fhir_alternative(struct arena *a, struct slice *rest, struct slice *ret)
{
	if (!rest->p)
		return false;
	size_t n = 0, m = 0;
	uint8_t *out = arena_alloc(a, rest->n + 1);
	if (!out)
		return false;
	while (n < rest->n && rest->p[n] != ',') {
		if (rest->p[n] == '\\' && n + 1 < rest->n && rest->p[n + 1] != '|') /* \| stays: where system and code part is seen later */
			n++;
		out[m++] = rest->p[n++];
	}
	*ret = slice_of(out, m);
	*rest = n < rest->n ? slice_of(rest->p + n + 1, rest->n - n - 1) : SLICE_NULL;
	return true;
}

static bool names_patient(const char *name)
{
	return !strcmp(name, "patient") || !strcmp(name, "subject") || !strcmp(name, "beneficiary") || !strcmp(name, "actor");
}

static void refuse(struct query *x, const char *name, const char *why)
{
	if (!x->bad)
		web_error(x->q, 400, "input", "The search parameter %.40s of %s %s.", name, x->info->type, why);
	x->bad = true;
}

static bool number_of(struct query *x, const char *name, const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t n;
	if (num_u64(slice_str(text), 0, UINT64_MAX, &n) < 0) {
		refuse(x, name, "should be a whole number");
		return false;
	}
	*ret = n > max ? max : n;
	return true;
}

bool web_fhir_follows(const struct fhir_type_info *info, const char *name)
{
	static const char *const followed[] = {"encounter", "context", "result"};
	bool claimed = false, known = names_patient(name);
	for (size_t i = 0; i < ARRAY_LEN(followed); i++)
		known = known || !strcmp(name, followed[i]);
	for (size_t i = 0; i < info->count; i++)
		claimed = claimed || !strcmp(info->params[i].name, name);
	return known && claimed;
}

/* TYPE:NAME, TYPE:NAME:TARGET or TYPE:*, of the type that is searched. */
static bool take_include(struct query *x, const char *value)
{
	struct slice name, target, type = slice_cut(slice_str(value), ':', &name);
	name = slice_cut(name, ':', &target);
	char *plain = arena_strdup(x->q->a, name);
	if (!plain || !slice_eq_str(type, x->info->type))
		return false;
	bool all = !strcmp(plain, "*"), taken = false;
	for (size_t i = 0; i < x->info->count; i++) {
		const char *p = x->info->params[i].name;
		if ((!all && strcmp(p, plain)) || !web_fhir_follows(x->info, p))
			continue;
		if (names_patient(p))
			x->include_patient = x->include_patient || !target.n || slice_eq_str(target, "Patient");
		else if (x->include_n < INCLUDES_MAX)
			x->include[x->include_n++] = p;
		taken = true;
	}
	return taken;
}

/* What steers the answer and does not choose. true: it was one of these. */
static bool take_control(struct query *x, const char *name, const char *value)
{
	if (!strcmp(name, "_count"))
		x->counted = number_of(x, name, value, COUNT_MAX, &x->count);
	else if (!strcmp(name, "_page"))
		(void)number_of(x, name, value, UINT32_MAX, &x->offset);
	else if (!strcmp(name, "_cursor"))
		(void)number_of(x, name, value, CHART_NOW, &x->cursor);
	else if (!strcmp(name, "_sort"))
		x->sort = value;
	else if (!strcmp(name, "_elements"))
		x->elements = value;
	else if (!strcmp(name, "_summary"))
		x->summary_count = !strcmp(value, "count");
	else if (!strcmp(name, "_since"))
		x->since = value;
	else if (!strcmp(name, "_type"))
		x->types = value;
	else if (!strcmp(name, "_include")) {
		return take_include(x, value);
	} else
		return !strcmp(name, "_format") || !strcmp(name, "_pretty") || !strcmp(name, "_total") || !strcmp(name, "at");
	return true;
}

static const char *type_of(const struct fhir_type_info *info, const char *name)
{
	for (size_t i = 0; i < info->count; i++)
		if (!strcmp(name, info->params[i].name))
			return info->params[i].type;
	return NULL;
}

/* patient.identifier, subject:Patient.family, patient:identifier: who they are is looked up first. */
static bool take_person(struct query *x, const char *name, const char *modifier, const char *chain, const char *value)
{
	if (!names_patient(name) || !strcmp(x->info->type, "Patient"))
		return false;
	bool chained = chain && (!modifier || !strcmp(modifier, "Patient"));
	const char *of = chained ? chain : !chain && modifier && !strcmp(modifier, "identifier") ? "identifier" : NULL;
	if (!of)
		return false;
	const struct fhir_type_info *patient = web_fhir_type("Patient", 7);
	const char *colon = strchr(of, ':');
	char *plain = arena_strdup(x->q->a, colon ? slice_of(of, (size_t)(colon - of)) : slice_str(of));
	struct param p = {.name = plain, .modifier = colon ? colon + 1 : NULL, .value = value, .type = plain ? type_of(patient, plain) : NULL, .zone_minutes = x->q->web->role->zone_minutes};
	if (!p.type || !web_fhir_modifier_ok(&p) || !web_fhir_value_ok(&p, x->q->web->role->zone_minutes) || x->who_n == PARAMS_MAX) {
		refuse(x, name, "cannot be followed to what the patient is searched by");
		return true;
	}
	x->who[x->who_n++] = p;
	return true;
}

static void take_search(struct query *x, char *name, const char *value)
{
	char *dot = strchr(name, '.'), *colon = strchr(name, ':');
	if (dot)
		*dot++ = 0;
	if (colon && (!dot || colon < dot))
		*colon++ = 0;
	else
		colon = NULL;
	const char *type = type_of(x->info, name);
	if (!type) {
		if (x->strict)
			refuse(x, name, "is not known");
		x->given_n--; /* R4 3.1.1.0.6: ignored unless handling=strict, and the self link does not have it */
		return;
	}
	if (take_person(x, name, colon, dot, value))
		return;
	struct param p = {.name = name, .modifier = colon, .value = value, .type = type, .zone_minutes = x->q->web->role->zone_minutes};
	if (colon && !strcmp(colon, "Patient") && names_patient(name))
		p.modifier = NULL;
	if (dot || !web_fhir_modifier_ok(&p)) /* R4 3.1.1.4.2: what narrows a search is never ignored */
		return refuse(x, name, "has a modifier or a chain that is not served");
	if (!web_fhir_value_ok(&p, x->q->web->role->zone_minutes))
		return refuse(x, name, "has a value that it cannot have");
	if (x->n == PARAMS_MAX)
		return refuse(x, name, "is one too many");
	if (names_patient(name) && !p.modifier && !x->patient && strcmp(x->info->type, "Patient")) {
		x->patient = value;
		p.chosen = true;
	}
	x->p[x->n++] = p;
}

static void take_param(void *arg, const char *name, const char *value)
{
	struct query *x = arg;
	char *copy = arena_strdup(x->q->a, slice_str(name)), *text = arena_strdup(x->q->a, slice_str(value));
	if (!copy || !text || x->given_n == ARRAY_LEN(x->given))
		return refuse(x, name, "is one too many");
	x->given[x->given_n++] = (struct given){arena_strdup(x->q->a, slice_str(name)), text};
	if (take_control(x, copy, text))
		return;
	static const char *const narrow[] = {"_has", "_tag", "_profile", "_security", "_source", "_text", "_content", "_list", "_filter", "_query"};
	for (size_t i = 0; i < ARRAY_LEN(narrow); i++) /* R4 3.1.1.4: known to everybody, chooses, and is not served: an answer without it would be too much of one */
		if (!strncmp(copy, narrow[i], strlen(narrow[i])) && strchr(":", copy[strlen(narrow[i])]))
			return refuse(x, name, "is not served");
	if (copy[0] == '_' && !type_of(x->info, copy) && strncmp(copy, "_id", 3) && strncmp(copy, "_lastUpdated", 12)) {
		if (x->strict)
			refuse(x, name, "is not known");
		x->given_n--;
		return;
	}
	take_search(x, copy, text);
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

/* Parameters of an operation that is POSTed: each with one value[x]. */
static void take_parameters(struct query *x)
{
	struct json_node *root;
	struct err e = {0};
	if (!x->q->body.n || json_tree(buf_slice(&x->q->body), x->q->a, &root, &e) < 0)
		return;
	const struct json_node *list = json_get(root, "parameter");
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next)
		for (const struct json_node *v = n->child; v; v = v->next)
			if (slice_starts(v->key, "value") && (v->type == JSON_STR || v->type == JSON_NUM)) {
				char *name = arena_strdup(x->q->a, json_text(n, "name")), *value = arena_strdup(x->q->a, v->value);
				if (name && value && *name)
					take_param(x, name, value);
			}
}

bool web_fhir_query(struct web_request *q, const struct fhir_type_info *info, struct query *x)
{
	const char *prefer = web_header(q, "Prefer"), *type = web_header(q, "Content-Type");
	*x = (struct query){.q = q, .info = info, .count = COUNT_DEFAULT, .strict = prefer && strstr(prefer, "handling=strict")};
	web_query_each(q, take_param, x);
	if (q->method == WEB_POST && type && strstr(type, "json"))
		take_parameters(x);
	else if (q->method == WEB_POST)
		take_form(x);
	x->summary_count = x->summary_count || x->count == 0;
	if (x->bad && !q->status)
		web_error(q, 400, "input", "The search parameters of %s cannot be read.", info->type);
	return !x->bad;
}

/* ---- searching Patient ---------------------------------------------------------------------------------------------------------------------------- */

static bool there_already(const struct hits *h, const char *id)
{
	for (size_t i = 0; i < h->n; i++)
		if (!strcmp(h->v[i].person->id, id))
			return true;
	return false;
}

static bool add_person(struct web_request *q, struct query *x, struct chart *c, struct chart_moment at, struct slice id, struct hits *h)
{
	struct chart_patient *p;
	struct err e = {0};
	int r = chart_patient(c, id, at, q->a, &p, NULL, &e);
	if (r < 0)
		return r == ERR_NOT_FOUND;
	return there_already(h, p->id) || !web_fhir_may_open(q, p) || web_fhir_add_patient(q, p, x, NULL, h);
}

static bool add_by_id(struct web_request *q, struct query *x, struct chart *c, struct chart_moment at, struct slice id, struct hits *h)
{
	struct chart_patient *p;
	struct err e = {0};
	AUTO_BUF struct buf ids = {0};
	buf_init(&ids, 1 << 16);
	int r = chart_patient(c, id, at, q->a, &p, &ids, &e);
	if (r == ERR_EXISTS) { /* a number that several have: each */
		struct slice rest = buf_slice(&ids);
		while (rest.n) {
			struct slice one = slice_cut(rest, '\n', &rest);
			if (one.n && !add_person(q, x, c, at, one, h))
				return false;
		}
		return true;
	}
	if (r < 0)
		return r == ERR_NOT_FOUND;
	return there_already(h, p->id) || !web_fhir_may_open(q, p) || web_fhir_add_patient(q, p, x, NULL, h);
}

/* _id and identifier name their candidates, unless only a system is given. */
static bool numbers_of(struct web_request *q, const struct param *p, struct slice *ret, size_t max, size_t *ret_n)
{
	struct slice rest = slice_str(p->value), one;
	*ret_n = 0;
	if (p->modifier || (strcmp(p->name, "_id") && strcmp(p->name, "identifier")))
		return false;
	while (*ret_n < max && web_fhir_alternative(q->a, &rest, &one)) {
		struct slice value, system = slice_cut(one, '|', &value);
		ret[(*ret_n)++] = value.p ? value : system;
		if (!ret[*ret_n - 1].n)
			return false;
	}
	return *ret_n && !rest.p;
}

static bool is_words(const struct param *p)
{
	if (p->modifier && strcmp(p->modifier, "exact"))
		return false;
	if (!strcmp(p->name, "family") || !strcmp(p->name, "given") || !strcmp(p->name, "name"))
		return p->value[0];
	return !strcmp(p->name, "birthdate") && strlen(p->value) == 10 && p->value[0] >= '0' && p->value[0] <= '9';
}

static bool search_words(struct web_request *q, struct query *x, struct chart *c, struct chart_moment at, struct slice words, struct hits *h, bool *all)
{
	struct chart_row *row;
	struct err e = {0};
	size_t n;
	if (chart_search(c, words, at, COUNT_MAX, q->a, &row, &n, &e) < 0)
		return false;
	*all = *all && n < COUNT_MAX;
	for (; row; row = row->next)
		if (!add_person(q, x, c, at, slice_str(row->id), h))
			return false;
	return true;
}

/* What names candidates best: an id, a number, else the words of names and the birth date. */
static bool search_patients(struct web_request *q, struct query *x, struct chart *c, struct chart_moment at, struct hits *h, uint64_t *next_cursor, bool *all)
{
	struct err e = {0};
	AUTO_BUF struct buf words = {0};
	struct slice numbers[COUNT_MAX];
	size_t number_count;
	const struct param *either = NULL;
	buf_init(&words, 1 << 14);
	for (size_t i = 0; i < x->n; i++) {
		const struct param *p = &x->p[i];
		if (numbers_of(q, p, numbers, ARRAY_LEN(numbers), &number_count)) {
			for (size_t k = 0; k < number_count; k++)
				if (!add_by_id(q, x, c, at, numbers[k], h))
					return false;
			return true;
		}
		if (is_words(p) && strchr(p->value, ','))
			either = p;
		else if (is_words(p))
			buf_printf(&words, "%s%s", words.n ? " " : "", p->value);
	}
	if (words.n) {
		struct slice rest = buf_slice(&words), one;
		bool ok = search_words(q, x, c, at, rest, h, all);
		while (ok && h->n == 0 && rest.n) { /* a title, or part of a word: each by itself names candidates, and what was asked for is compared with their names as they are written */
			one = slice_cut(rest, ' ', &rest);
			if (one.n > 1)
				ok = search_words(q, x, c, at, one, h, all);
		}
		return ok;
	}
	if (either) { /* one name or another: each is looked up */
		struct slice rest = slice_str(either->value), one;
		while (web_fhir_alternative(q->a, &rest, &one))
			if (one.n && !search_words(q, x, c, at, one, h, all))
				return false;
		return true;
	}
	char (*ids)[32] = arena_array(q->a, SCAN_PERSONS, 32);
	size_t n;
	if (!ids || chart_persons_page(c, at, x->cursor, x->n ? SCAN_PERSONS : (size_t)x->count + 1 > SCAN_PERSONS ? SCAN_PERSONS : (size_t)x->count, ids, &n, next_cursor, &e) < 0)
		return false;
	*all = !x->cursor && !*next_cursor;
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
		if (chart_patient(c, slice_str(ids[i]), at, q->a, &p, NULL, &e) < 0 || !web_fhir_may_open(q, p))
			continue;
		if (!web_fhir_add_items(q, p, x->info->type, x, 0, h))
			return false;
	}
	return true;
}

#define NAMED_MAX 50 /* patients that one search may name: each is opened and noted */
struct named {
	struct chart_patient *p[NAMED_MAX];
	size_t n;
};

/* Those of patient=a,b. A number that several have names none of them. */
static int named_directly(struct web_request *q, struct query *x, struct chart *c, struct chart_moment at, struct named *ret)
{
	struct slice rest = slice_str(x->patient), one;
	struct err e = {0};
	while (web_fhir_alternative(q->a, &rest, &one)) {
		char *id = arena_strdup(q->a, one);
		struct chart_patient *p;
		int r = id ? chart_patient(c, slice_str(web_fhir_strip(id)), at, q->a, &p, NULL, &e) : ERR_MEMORY;
		if (r == ERR_NOT_FOUND)
			continue;
		if (r == 0 && ret->n == NAMED_MAX)
			r = err_set(&e, ERR_LIMIT, "patient", "a search names at most %d patients", NAMED_MAX);
		if (r < 0) {
			web_fail(q, &e);
			return r;
		}
		ret->p[ret->n++] = p;
	}
	return 0;
}

/* Those that patient.name=... and the like find; both ways together: who is in both. */
static int named_by_search(struct web_request *q, struct query *x, struct chart *c, struct chart_moment at, struct named *ret)
{
	struct query who = {.q = q, .info = web_fhir_type("Patient", 7), .count = COUNT_MAX, .n = x->who_n};
	struct hits h = {0};
	uint64_t next = 0;
	bool all = true;
	struct named found = {.n = 0};
	memcpy(who.p, x->who, sizeof who.p);
	if (!search_patients(q, &who, c, at, &h, &next, &all)) {
		web_fhir_too_large(q);
		return ERR_LIMIT;
	}
	if (!all || h.n > NAMED_MAX) {
		web_error(q, 400, "too-costly", "This names too many patients: search for them first, then for what is theirs.");
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < h.n; i++)
		for (size_t k = 0; k < (x->patient ? ret->n : 1); k++)
			if (!x->patient || !strcmp(ret->p[k]->id, h.v[i].person->id)) {
				struct err e = {0};
				int r = chart_patient(c, slice_str(h.v[i].person->id), at, q->a, &found.p[found.n], NULL, &e);
				if (r < 0) {
					web_fail(q, &e);
					return r;
				}
				found.n++;
				break;
			}
	*ret = found;
	return 0;
}

/* false: the request was answered */
static bool search_named(struct web_request *q, struct query *x, struct chart *c, struct chart_moment at, struct hits *h)
{
	struct named who = {.n = 0};
	if ((x->patient && named_directly(q, x, c, at, &who) < 0) || (x->who_n && named_by_search(q, x, c, at, &who) < 0))
		return false;
	if (!who.n && !web_fhir_note(q, NULL, at)) /* to ask for somebody who is not here is a question too */
		return false;
	for (size_t i = 0; i < who.n; i++) {
		struct chart_patient *same;
		uint64_t entry;
		if (web_patient(q, who.p[i]->id, at, "search", &same, &entry) < 0)
			return false;
		if (!web_fhir_add_items(q, same, x->info->type, x, 0, h)) {
			web_fhir_too_large(q);
			return false;
		}
	}
	return true;
}

static struct slice audit_json(struct web_request *q, const struct chart_event *ev, struct buf *b)
{
	struct jsonw w;
	struct fhir_audit a = {.id = arena_printf(q->a, "audit-%" PRIu64, ev->entry), .time = ev->time, .what = arena_strdup(q->a, ev->what), .user = arena_strdup(q->a, ev->user),
	                       .patient_id = ev->patient.n ? arena_strdup(q->a, ev->patient) : NULL, .reason = ev->reason.n ? arena_strdup(q->a, ev->reason) : NULL, .site = q->web->role->site_name,
	                       .as_of_entry = UINT64_MAX, .ok = true};
	buf_reset(b);
	jsonw_init(&w, b);
	fhir_write_audit(&w, &a);
	return web_fhir_written(q, b);
}

/* Who keeps the record may read it here too; so may a program that was given the whole API. */
bool web_fhir_may_audit(struct web_request *q)
{
	uint32_t whole = MAY_FHIR_READ | MAY_FHIR_WRITE;
	return (q->signed_in && (q->session.may & whole) == whole) || web_may(q, MAY_AUDIT);
}

static void audit_events(struct web_request *q, struct query *x, struct chart *c, struct chart_moment at)
{
	struct chart_event *ev;
	struct err e = {0};
	struct hits h = {0};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	const char *patient = x->patient ? web_fhir_strip(x->patient) : "";
	size_t max = x->n > (x->patient ? 1 : 0) ? COUNT_MAX : (size_t)x->count, n = 0;
	if (chart_events(c, LEDGER_AUDIT, slice_str(patient), x->cursor ? x->cursor : at.end, max, q->a, &ev, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	uint64_t last = 0;
	for (; ev && h.n < x->count; ev = ev->next, n++) {
		struct slice json = audit_json(q, ev, &b);
		struct json_node *res;
		last = ev->entry;
		if (x->n && (json_tree(json, q->a, &res, &e) < 0 || !web_fhir_matches(x, res)))
			continue;
		if (!web_fhir_hit(q, &h, (struct hit){.json = json}))
			return web_fhir_too_large(q);
	}
	web_fhir_bundle(x, "AuditEvent", at, &h, 0, h.n, UINT64_MAX, ev || n == max ? last : 0);
}

void web_fhir_read_audit(struct web_request *q, const char *id)
{
	struct chart_moment at;
	struct chart_event *ev = NULL;
	struct err e = {0};
	uint64_t entry;
	AUTO_BUF struct buf b = {0};
	struct chart *c = web_fhir_chart(q, &at);
	if (!c)
		return;
	buf_init(&b, 1 << 20);
	if (strncmp(id, "audit-", 6) || num_u64(slice_str(id + 6), 0, UINT64_MAX - 2, &entry) < 0 || entry >= at.end)
		return web_error(q, 404, "not-found", "There is no AuditEvent with this id.");
	if (chart_events(c, LEDGER_AUDIT, SLICE(""), entry + 1, 1, q->a, &ev, &e) < 0)
		return web_fail(q, &e);
	if (!ev || ev->entry != entry)
		return web_error(q, 404, "not-found", "There is no AuditEvent with this id.");
	buf_add_slice(&q->out, audit_json(q, ev, &b));
	web_fhir_version(q, entry, ev->time);
	web_fhir_ok(q, 200);
}

void web_fhir_search(struct web_request *q, const struct fhir_type_info *info)
{
	struct chart_moment at;
	struct query x;
	struct hits h = {0};
	uint64_t next_cursor = 0;
	bool all = true, audit = !strcmp(info->type, "AuditEvent");
	if (audit ? !web_fhir_may_audit(q) : !web_may(q, MAY_FHIR_READ))
		return;
	struct chart *c = web_fhir_chart(q, &at);
	if (!c || !web_fhir_query(q, info, &x))
		return;
	if (audit)
		return audit_events(q, &x, c, at);
	if (!strcmp(info->type, "Patient")) {
		if (!web_fhir_note(q, NULL, at))
			return;
		if (!search_patients(q, &x, c, at, &h, &next_cursor, &all))
			return web_fhir_too_large(q);
	} else if (x.patient || x.who_n) {
		if (!search_named(q, &x, c, at, &h))
			return;
	} else {
		if (!web_fhir_note(q, NULL, at))
			return;
		if (!everywhere(q, &x, c, at, &h, &next_cursor))
			return web_fhir_too_large(q);
		all = !x.cursor && !next_cursor;
	}
	uint64_t total = all ? h.n : x.n == 0 && !strcmp(info->type, "Patient") ? chart_person_count(c) : UINT64_MAX;
	web_fhir_answer(&x, info->type, at, &h, total, next_cursor);
}
