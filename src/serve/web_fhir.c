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
	web_fhir_ok(q, 200);
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
	web_fhir_version(q, st.seq, st.time);
	web_fhir_ok(q, st.duplicate ? 200 : 201);
}

/* ---- routes ---------------------------------------------------------------------------------------------------------------------------------------------------------- */

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
		web_fhir_summary(q, id);
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
			web_fhir_binary(q, parts[1]);
		return;
	}
	const struct fhir_type_info *info = web_fhir_type(parts[0], strlen(parts[0]));
	if (!info) {
		if (post && n == 1)
			create(q, parts[0]); /* kept and counted, whatever it is */
		else if (web_may(q, MAY_FHIR_READ))
			web_error(q, 404, "not-found", "%s is not served here; /fhir/metadata lists what is.", parts[0]);
		return;
	}
	if (n == 1 && get)
		web_fhir_search(q, info);
	else if (n == 2 && post && !strcmp(parts[1], "_search"))
		web_fhir_search(q, info);
	else if (n == 1)
		create(q, info->type);
	else if (!web_may(q, MAY_FHIR_READ))
		return;
	else if (n == 2 && !strcmp(info->type, "Patient") && !strcmp(parts[1], "$summary"))
		summary_by_identifier(q);
	else if (n == 3 && !strcmp(info->type, "Patient"))
		patient_operation(q, parts[1], parts[2]);
	else if (n == 2 && get && !strcmp(info->type, "Patient"))
		web_fhir_read_patient(q, parts[1]);
	else if (n == 2 && get)
		web_fhir_read_item(q, info->type, parts[1]);
	else
		web_error(q, 404, "not-found", "Nothing is here.");
}
