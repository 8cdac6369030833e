/* The FHIR R4 API: read, search with paging, $everything, $summary, and taking resources in. What may be searched stands in fhir_types (src/fhir), which the CapabilityStatement is made of too.
 *
 * Search works on the resources as they are written: an item is a candidate if its written form matches each parameter. So a search can never find what a read does not show. Pages are pinned to the entry
 * that the first page was made at: what arrives meanwhile shifts nothing. */
#include "web_fhir_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void web_fhir_ok(struct web_request *q, int status)
{
	q->status = status;
	q->content_type = "application/fhir+json; charset=utf-8";
}

struct chart *web_fhir_chart(struct web_request *q, struct chart_moment *ret)
{
	struct err e = {0};
	return web_moment(q, ret, &e) < 0 ? NULL : q->w->chart;
}

struct fhir_options web_fhir_options(struct web_request *q, char *base, size_t size)
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

const struct fhir_type_info *web_fhir_type(const char *type, size_t n)
{
	for (size_t i = 0; i < fhir_type_count; i++)
		if (strlen(fhir_types[i].type) == n && !memcmp(fhir_types[i].type, type, n))
			return &fhir_types[i];
	return NULL;
}

struct fhir_person web_fhir_person(struct web_request *q, const struct chart_patient *p)
{
	struct fhir_summary s;
	(void)q;
	chart_summary(p, &s);
	return s.person;
}

/* ---- one resource ------------------------------------------------------------------------------------------------------------------------------------------------- */

/* The resource that was just stored, as the chart now shows it: found among the patients that the entry spoke of. */
static const struct fact_item *stored_item(const struct chart_patient *p, const char *type, uint64_t entry)
{
	for (int s = 0; s < CHART_SECTIONS; s++)
		for (const struct fact_item *it = p->s[s].items; it; it = it->next)
			if (it->entry == entry && fhir_type(it) && !strcmp(fhir_type(it), type))
				return it;
	return NULL;
}

/* Conditional create (R4 3.1.0.8.1): one that is there is the answer, and nothing is stored; two are a question. */
static bool none_exists(struct web_request *q, const char *type, const struct json_node *res, const char *criteria)
{
	size_t n;
	char id[80] = "", base[300];
	struct chart_moment at;
	bool many = false;
	if (!web_fhir_type(type, strlen(type)) || !strcmp(type, "AuditEvent") || !strcmp(type, "Binary")) {
		web_error(q, 501, "not-supported", "No %.64s is searched for here, so If-None-Exist cannot be answered. Nothing was stored.", type);
		return false;
	}
	const char *whose = NULL;
	if (strcmp(type, "Patient")) {
		if (!web_fhir_chart(q, &at))
			return false;
		whose = web_fhir_whose(q, res, at, NULL, NULL, &many);
		whose = whose ? whose : "";
	}
	if (many) {
		web_error(q, 412, "exists", "Whose this %s is cannot be told: several persons have that number. Nothing was stored.", type);
		return false;
	}
	if (!web_fhir_count(q, slice_str(type), slice_str(criteria), whose, &n, id, sizeof id))
		return false;
	if (n == 0)
		return true;
	if (n > 1) {
		web_error(q, 412, "exists", "More than one %s answers to this If-None-Exist. Nothing was stored.", type);
		return false;
	}
	web_base(q, base, sizeof base);
	snprintf(q->location, sizeof q->location, "%s/%s/%s", base, type, id);
	if (strcmp(type, "Patient"))
		web_fhir_read_item(q, type, id);
	else
		web_fhir_read_patient(q, id);
	if (q->status == 200)
		web_fhir_prefers(q);
	return false;
}

/* In a turn of its own, or in that of whoever looked. */
void web_fhir_create(struct web_request *q, const char *type)
{
	struct keeper_stored st;
	struct json_node *root;
	struct err e = {0};
	if (!web_may(q, MAY_FHIR_WRITE))
		return;
	if (json_tree(buf_slice(&q->body), q->a, &root, &e) == 0 && json_text(root, "resourceType").n && !slice_eq_str(json_text(root, "resourceType"), type)) {
		web_error(q, 400, "input", "The body is a %.*s, the address says %s.", SLICE_FMT(json_text(root, "resourceType")), type);
		return;
	}
	const char *none = web_header(q, "If-None-Exist");
	if (none && *none && !none_exists(q, type, root, none))
		return;
	if (!web_fhir_store(q, &st))
		return;
	if (none || q->method == WEB_PUT)
		web_fhir_turn_said(q, &st);
	struct chart_moment at;
	struct chart *c = web_fhir_chart(q, &at);
	char (*ids)[32];
	size_t n = 0;
	char base[300];
	struct fhir_options o = web_fhir_options(q, base, sizeof base);
	struct jsonw w;
	jsonw_init(&w, &q->out);
	if (c && st.applied && chart_entry_patients(c, st.seq, at, q->a, &ids, &n, &e) == 0)
		for (size_t i = 0; i < n; i++) {
			struct chart_patient *p;
			if (chart_patient(c, slice_str(ids[i]), at, q->a, &p, NULL, &e) < 0)
				continue;
			struct fhir_person who = web_fhir_person(q, p);
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
	web_fhir_prefers(q);
	web_fhir_version(q, st.seq, st.time);
	web_fhir_ok(q, st.duplicate ? 200 : 201);
}

static void create(struct web_request *q, const char *type)
{
	const char *none = web_header(q, "If-None-Exist");
	bool turn = none && *none;
	if (turn && !web_fhir_turn(q))
		return;
	web_fhir_create(q, type);
	if (turn)
		web_fhir_turn_over(q);
}

static void metadata(struct web_request *q)
{
	char base[300];
	struct jsonw w;
	web_base(q, base, sizeof base);
	jsonw_init(&w, &q->out);
	fhir_write_capability(&w, base, q->web->role->site_name, HOLDFAST_VERSION, q->web->started);
	web_fhir_ok(q, 200);
}

static void patient_operation(struct web_request *q, const char *id, const char *op)
{
	if (!strcmp(op, "$everything"))
		web_fhir_everything(q, id);
	else if (!strcmp(op, "$summary"))
		web_fhir_summary(q, id);
	else
		web_error(q, 404, "not-found", "There is no operation %s.", op);
}

/* Does the person have this very number? A system that was named must be theirs: a number alone may be somebody else's. */
static bool has_number(struct web_request *q, const struct chart_patient *p, const struct param *identifier)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	char base[300];
	struct fhir_options o = web_fhir_options(q, base, sizeof base);
	struct fhir_person who = web_fhir_person(q, p);
	struct json_node *res;
	struct err e = {0};
	const struct query x = {.q = q, .p = {*identifier}, .n = 1};
	buf_init(&b, 4 << 20);
	jsonw_init(&w, &b);
	fhir_write_patient(&w, &who, &o);
	struct slice json = web_fhir_written(q, &b);
	return json.p && json_tree(json, q->a, &res, &e) == 0 && web_fhir_matches(&x, res);
}

/* The persons with that number whom it names as it was given, system and all. */
size_t web_fhir_people_with(struct web_request *q, struct chart_moment at, const char *given, const char **ret_id)
{
	const struct param identifier = {.name = "identifier", .type = "token", .value = given};
	struct slice value, before = slice_cut(slice_str(given), '|', &value);
	struct chart *c = q->w->chart;
	struct chart_patient *p;
	struct err e = {0};
	AUTO_BUF struct buf ids = {0};
	buf_init(&ids, 1 << 16);
	size_t n = 0;
	int r = chart_patient(c, value.p ? value : before, at, q->a, &p, &ids, &e);
	if (r == 0 && has_number(q, p, &identifier)) {
		*ret_id = p->id;
		return 1;
	}
	for (struct slice rest = buf_slice(&ids); r == ERR_EXISTS && rest.n;) {
		struct slice one = slice_cut(rest, '\n', &rest);
		if (one.n && chart_patient(c, one, at, q->a, &p, NULL, &e) == 0 && has_number(q, p, &identifier)) {
			*ret_id = p->id;
			n++;
		}
	}
	return n;
}

/* What Parameters.identifier says, as a search parameter does. */
static const char *identifier_of_body(struct web_request *q)
{
	struct json_node *root;
	struct err e = {0};
	if (!q->body.n || json_tree(buf_slice(&q->body), q->a, &root, &e) < 0)
		return NULL;
	const struct json_node *list = json_get(root, "parameter");
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next) {
		if (!slice_eq_str(json_text(n, "name"), "identifier"))
			continue;
		const struct json_node *id = json_get(n, "valueIdentifier");
		struct slice text = json_text(n, "valueString"), system = json_text(id, "system"), value = json_text(id, "value");
		if (text.n)
			return arena_strdup(q->a, text);
		if (value.n)
			return arena_printf(q->a, "%.*s%s%.*s", SLICE_FMT(system), system.n ? "|" : "", SLICE_FMT(value));
	}
	return NULL;
}

/* Patient/$summary?identifier=system|value, or Parameters with an identifier: the IPS operation at type level. */
static void summary_by_identifier(struct web_request *q)
{
	const char *given = web_query(q, "identifier"), *id = NULL;
	struct chart_moment at;
	if (!given)
		given = identifier_of_body(q);
	if (!given || !*given || given[strlen(given) - 1] == '|') {
		web_error(q, 400, "input", "Name the patient: identifier=SYSTEM|VALUE.");
		return;
	}
	if (!web_fhir_chart(q, &at))
		return;
	size_t n = web_fhir_people_with(q, at, given, &id);
	if (n == 1)
		web_fhir_summary(q, id);
	else if (n)
		web_error(q, 409, "exists", "Several persons have this number: name the system too.");
	else if (web_fhir_note(q, NULL, at))
		web_error(q, 404, "not-found", "There is no patient with this identifier.");
}

/* ---- what was asked for, and how it is sent ------------------------------------------------------------------------------------------------------------------ */

static bool is_json(const char *type)
{
	static const char *const names[] = {"application/fhir+json", "application/json", "application/json+fhir", "text/json", "json"};
	size_t n = strcspn(type, "; \t");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strlen(names[i]) == n && !strncasecmp(type, names[i], n))
			return true;
	return false;
}

static bool is_ndjson(const char *type)
{
	return type && (!strncasecmp(type, "application/fhir+ndjson", 23) || !strncasecmp(type, "application/ndjson", 18) || !strncasecmp(type, "application/x-ndjson", 20));
}

/* JSON is all there is. _format goes before Accept (R4 3.1.0.1.11). */
static bool acceptable(struct web_request *q)
{
	const char *format = web_query(q, "_format"), *accept = web_header(q, "Accept");
	if (format ? is_json(format) : !accept || !*accept)
		return true;
	for (const char *p = format ? "" : accept; p && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
		p += strspn(p, " \t");
		if (is_json(p) || !strncmp(p, "*/*", 3) || !strncasecmp(p, "application/*", 13))
			return true;
	}
	web_error(q, 406, "not-acceptable", "FHIR is served as application/fhir+json alone.");
	return false;
}

/* A body says what it is: a form or XML that happens to lie here is not tried as JSON. Nothing said is JSON; and so is what curl calls a form when it is told no better, if it is FHIR to look at. */
static bool readable_body(struct web_request *q, bool form)
{
	const char *type = web_header(q, "Content-Type"), *version = type ? strstr(type, "fhirVersion=") : NULL, *charset = type ? strcasestr(type, "charset=") : NULL;
	bool as_form = type && !strncasecmp(type, "application/x-www-form-urlencoded", 33);
	bool known = !type || !*type || is_json(type) || (form ? as_form : is_ndjson(type) || (as_form && fhir_looks_like(buf_slice(&q->body))));
	if (known && (!version || !strncmp(version + 12, "4.0", 3)) && (!charset || !strncasecmp(charset + 8 + (charset[8] == '"'), "utf-8", 5)))
		return true;
	if (form && !q->body.n)
		return true;
	web_error(q, 415, "media-type", "Send FHIR R4 as application/fhir+json in UTF-8.");
	return false;
}

static void add_criterion(void *arg, const char *name, const char *value)
{
	struct buf *b = arg;
	if (!strcmp(name, "_format") || !strcmp(name, "_pretty") || !strcmp(name, "_summary"))
		return;
	buf_str(b, b->n ? "&" : "");
	for (const char *part = name; part; part = part == name ? value : NULL) {
		for (const char *c = part; *c; c++)
			if (strchr("%&+=#", *c) || (uint8_t)*c <= ' ')
				buf_printf(b, "%%%02X", (uint8_t)*c);
			else
				buf_u8(b, (uint8_t)*c);
		buf_str(b, part == name ? "=" : "");
	}
}

static void not_allowed(struct web_request *q, const char *allow, const char *why)
{
	q->allow = allow;
	if (q->method == WEB_OPTIONS) {
		q->status = 204;
		return;
	}
	web_error(q, 405, "method", "%s", why ? why : "This is not done here; /fhir/metadata lists what is.");
}

/* The search of a conditional PUT, DELETE or PATCH, escaped again as it stood in the address. */
static const char *criteria_of(struct web_request *q)
{
	struct buf *b = arena_alloc(q->a, sizeof *b);
	if (!b)
		return "";
	buf_init(b, WEB_PATH_MAX * 4);
	web_query_each(q, add_criterion, b);
	char *out = arena_strdup(q->a, buf_slice(b));
	buf_done(b);
	return out ? out : "";
}

/* What chooses: how the answer is to look is not asked of the resource. */
static bool conditional(struct web_request *q, const struct fhir_type_info *info)
{
	const char *type = info->type, *criteria = criteria_of(q);
	if (!*criteria) {
		not_allowed(q, fhir_deletes(type) ? "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" : "GET, HEAD, POST, PUT, PATCH, OPTIONS", "Of a type as a whole nothing is changed or deleted: name one by its id, or by a search that only it answers to.");
		return true;
	}
	if (q->method == WEB_PUT)
		return readable_body(q, false) ? web_fhir_update_where(q, type, criteria), true : true;
	if (q->method == WEB_PATCH)
		return web_fhir_patch_where(q, type, criteria), true;
	if (web_fhir_why_kept(type))
		return not_allowed(q, "GET, HEAD, POST, PUT, PATCH, OPTIONS", web_fhir_why_kept(type)), true;
	return web_fhir_delete_where(q, type, criteria), true;
}


/* ---- routes ---------------------------------------------------------------------------------------------------------------------------------------------------------- */

static size_t cut_path(char *copy, char *parts[4])
{
	size_t n = 0;
	for (char *p = copy; p && n < 4; n++) {
		parts[n] = p;
		p = strchr(p, '/'); // cppcheck-suppress nullPointer ; the loop ends where p is NULL
		if (p)
			*p++ = 0;
	}
	return n && !*parts[n - 1] ? n - 1 : n; /* a trailing slash */
}

static void root(struct web_request *q)
{
	if (q->method != WEB_POST)
		return q->method == WEB_GET || q->method == WEB_HEAD ? web_error(q, 400, "method", "POST a bundle here, or ask for /fhir/metadata.") : not_allowed(q, "POST, OPTIONS", NULL);
	if (!readable_body(q, false))
		return;
	if (is_ndjson(web_header(q, "Content-Type")) || fhir_looks_like_ndjson(buf_slice(&q->body)))
		web_fhir_lines(q);
	else
		web_fhir_take(q);
}

static void read_one(struct web_request *q, const char *type, const char *id)
{
	if (!strcmp(type, "AuditEvent")) {
		if (web_fhir_may_audit(q))
			web_fhir_read_audit(q, id);
	} else if (!web_may(q, MAY_FHIR_READ))
		return;
	else if (!strcmp(type, "Binary"))
		web_fhir_binary(q, id);
	else if (!strcmp(type, "Patient"))
		web_fhir_read_patient(q, id);
	else
		web_fhir_read_item(q, type, id);
}

/* [type] and [type]/_search */
static void of_type(struct web_request *q, const struct fhir_type_info *info, const char *type, bool search)
{
	if (!search && q->method == WEB_POST) {
		if (readable_body(q, false))
			create(q, info ? info->type : type); /* kept and counted, whatever it is */
	} else if (!info) {
		if (web_may(q, MAY_FHIR_READ))
			web_error(q, 404, "not-supported", "%.64s is not served here; /fhir/metadata lists what is.", type);
	} else if (q->method == WEB_POST ? readable_body(q, true) : !search)
		web_fhir_search(q, info);
	else if (search && q->method != WEB_POST)
		not_allowed(q, "POST, OPTIONS", NULL);
}

void web_fhir(struct web_request *q, const char *path)
{
	bool get = q->method == WEB_GET || q->method == WEB_HEAD, post = q->method == WEB_POST;
	char *parts[4] = {0}, copy[WEB_PATH_MAX];
	while (*path == '/')
		path++;
	snprintf(copy, sizeof copy, "%s", path);
	size_t n = *copy ? cut_path(copy, parts) : 0;
	bool binary = n == 2 && !strcmp(parts[0], "Binary"), operation = n > 1 && parts[n - 1][0] == '$', search = n == 2 && !strcmp(parts[1], "_search");
	if (!binary && !acceptable(q))
		return;
	if (!n)
		return root(q);
	if (n == 1 && !strcmp(parts[0], "metadata"))
		return get ? metadata(q) : not_allowed(q, "GET, HEAD, OPTIONS", NULL);
	const struct fhir_type_info *info = web_fhir_type(parts[0], strlen(parts[0]));
	bool one = n == 2 && info && !operation && !search, binary_or_audit = one && (binary || !strcmp(parts[0], "AuditEvent"));
	if (one && q->method == WEB_PUT && !binary_or_audit)
		return readable_body(q, false) ? web_fhir_update(q, info->type, parts[1]) : (void)0;
	if (one && q->method == WEB_DELETE && fhir_deletes(info->type))
		return web_fhir_delete(q, info->type, parts[1]);
	if (one && q->method == WEB_PATCH && !binary_or_audit)
		return web_fhir_patch(q, info->type, parts[1]);
	if (n == 1 && info && (q->method == WEB_PUT || q->method == WEB_DELETE || q->method == WEB_PATCH) && strcmp(info->type, "Binary") && strcmp(info->type, "AuditEvent") && conditional(q, info))
		return;
	if (!get && !post)
		return not_allowed(q, n == 1 && info && strcmp(info->type, "Binary") && strcmp(info->type, "AuditEvent") ? (fhir_deletes(info->type) ? "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" : "GET, HEAD, POST, PUT, PATCH, OPTIONS") : n == 1 ? "GET, HEAD, POST, OPTIONS" : operation ? "GET, HEAD, POST, OPTIONS" : search ? "POST, OPTIONS" : !one || binary_or_audit ? "GET, HEAD, OPTIONS" : fhir_deletes(info->type) ? "GET, HEAD, PUT, PATCH, DELETE, OPTIONS" : "GET, HEAD, PUT, PATCH, OPTIONS",
		                   one && q->method == WEB_DELETE ? web_fhir_why_kept(info->type) : NULL);
	if (n == 1 || search)
		return of_type(q, info, parts[0], search);
	if (!info) {
		if (web_may(q, MAY_FHIR_READ))
			web_error(q, 404, "not-supported", "%.64s is not served here; /fhir/metadata lists what is.", parts[0]);
		return;
	}
	if (operation) {
		if (!web_may(q, MAY_FHIR_READ) || (post && !readable_body(q, true)))
			return;
		if (n == 2 && !strcmp(info->type, "Patient") && !strcmp(parts[1], "$summary"))
			return summary_by_identifier(q);
		if (n == 3 && !strcmp(info->type, "Patient"))
			return patient_operation(q, parts[1], parts[2]);
		return web_error(q, 404, "not-supported", "There is no such operation on %s.", info->type);
	}
	if (n >= 3 && !strcmp(parts[2], "_history") && get && strcmp(info->type, "AuditEvent") && strcmp(info->type, "Binary"))
		return n == 4 ? web_fhir_read_version(q, info->type, parts[1], parts[3]) : web_fhir_history(q, info->type, parts[1]);
	if (n == 2 && post)
		return not_allowed(q, binary_or_audit ? "GET, HEAD, OPTIONS" : "GET, HEAD, PUT, PATCH, OPTIONS", NULL);
	if (n == 2)
		return read_one(q, info->type, parts[1]);
	if (web_may(q, MAY_FHIR_READ))
		web_error(q, 404, "not-found", "Nothing is here.");
}
