/* Reading one resource, a document, and the operations $everything and $summary. */
#include "web_fhir_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- reading ------------------------------------------------------------------------------------------------------------------------------------------- */

void web_fhir_version(struct web_request *q, uint64_t entry, int64_t received)
{
	static const char days[][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"}, months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	int y, mo, d, h, mi, s;
	time_civil(received, &y, &mo, &d, &h, &mi, &s);
	snprintf(q->etag, sizeof q->etag, "W/\"%" PRIu64 "\"", entry);
	snprintf(q->last_modified, sizeof q->last_modified, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[received / TIME_SEC / 86400 % 7], d, months[mo - 1], y, h, mi, s);
}

void web_fhir_read_patient(struct web_request *q, const char *id)
{
	struct chart_moment at;
	struct chart_patient *p;
	uint64_t entry;
	char base[300];
	if (!web_fhir_chart(q, &at) || web_patient(q, id, at, "view", &p, &entry) < 0)
		return;
	struct jsonw w;
	struct fhir_options o = web_fhir_options(q, base, sizeof base);
	struct fhir_person who = web_fhir_person(q, p);
	jsonw_init(&w, &q->out);
	fhir_write_patient(&w, &who, &o);
	if (p->demographics)
		web_fhir_version(q, p->demographics->entry, p->demographics->received);
	web_fhir_ok(q, 200);
}

void web_fhir_read_item(struct web_request *q, const char *type, const char *id)
{
	struct chart_moment at;
	struct chart_patient *p;
	const struct fact_item *it;
	struct err e = {0};
	uint64_t entry;
	char base[300];
	struct chart *c = web_fhir_chart(q, &at);
	if (!c)
		return;
	int r = web_fhir_find(q, type, id, at, &p, &it, &e);
	if (r < 0) {
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
	struct fhir_options o = web_fhir_options(q, base, sizeof base);
	struct fhir_person who = web_fhir_person(q, p);
	struct fhir_links links;
	if (web_fhir_links(q, p, &links))
		o.links = &links;
	jsonw_init(&w, &q->out);
	if (!fhir_write_item(&w, &who, it, &o)) {
		web_error(q, 404, "not-found", "There is no %s with this id.", type);
		return;
	}
	web_fhir_version(q, it->entry, it->received);
	const char *have = web_header(q, "If-None-Match");
	if (have && strstr(have, q->etag)) { /* read by who has just this version: noted all the same */
		buf_reset(&q->out);
		q->status = 304;
		return;
	}
	web_fhir_ok(q, 200);
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
	if (kind == LEDGER_CAPTURE) { /* a scanned sheet stands behind its line */
		struct slice scan;
		(void)slice_cut(body, '\n', &scan);
		buf_add_slice(out, scan);
		return scan.n ? buf_code(out) : err_set(e, ERR_NOT_FOUND, NULL, "there is no scan with this sheet");
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

static void binary_resource(struct web_request *q, const struct fact_item *it, struct slice type)
{
	AUTO_BUF struct buf data = {0}, whole = {0};
	struct jsonw w;
	buf_init(&data, WEB_ANSWER_MAX);
	buf_init(&whole, WEB_ANSWER_MAX);
	base64_put(&data, buf_slice(&q->out));
	jsonw_init(&w, &whole);
	jsonw_obj(&w);
	jsonw_kstr(&w, "resourceType", "Binary");
	jsonw_kstr(&w, "id", it->id);
	jsonw_kslice(&w, "contentType", type.n && !fact_is_null(type) ? type : SLICE("application/octet-stream"));
	if (data.n)
		jsonw_kslice(&w, "data", buf_slice(&data));
	jsonw_obj_end(&w);
	buf_reset(&q->out);
	buf_add_slice(&q->out, buf_slice(&whole));
	web_fhir_version(q, it->entry, it->received);
	web_fhir_ok(q, 200);
}

void web_fhir_binary(struct web_request *q, const char *id)
{
	struct chart_moment at;
	struct chart_patient *p, *same;
	const struct fact_item *it;
	struct err e = {0};
	uint64_t entry;
	struct chart *c = web_fhir_chart(q, &at);
	if (!c)
		return;
	if (chart_find_item(c, slice_str(id), at, q->a, &p, &it, &e) < 0 || it->fact->kind != FACT_DOCUMENT) {
		web_error(q, 404, "not-found", "There is no document with this id.");
		return;
	}
	if (web_patient(q, p->id, at, "view", &same, &entry) < 0)
		return;
	struct slice inline_text = fact_get(it->fact, FF_CONTENT), type = fact_get(it->fact, FF_CONTENT_TYPE);
	AUTO_BUF struct buf body = {0};
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
	const char *accept = web_header(q, "Accept");
	if (accept && strstr(accept, "fhir+json")) /* R4 2.36.2: asked for as FHIR it is the resource, else its content */
		return binary_resource(q, it, type);
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

void web_fhir_everything(struct web_request *q, const char *id)
{
	struct chart_moment at;
	struct chart_patient *p;
	struct query x;
	struct hits h = {0};
	uint64_t entry;
	if (!web_fhir_chart(q, &at) || !web_fhir_query(q, web_fhir_type("Patient", 7), &x) || web_patient(q, id, at, "export", &p, &entry) < 0)
		return;
	x.n = 0;
	if (!x.counted)
		x.count = UINT64_MAX; /* all of it, unless pages were asked for */
	const char *types = x.types;
	int64_t since = x.since ? fact_time_ns(slice_str(x.since), q->web->role->zone_minutes) : 0;
	if (since == INT64_MIN) {
		web_error(q, 400, "input", "_since should be a time.");
		return;
	}
	bool ok = web_fhir_add_patient(q, p, NULL, NULL, &h);
	if (!types)
		ok = ok && web_fhir_add_items(q, p, NULL, NULL, since, &h);
	struct slice rest = slice_str(types);
	while (ok && rest.n) {
		struct slice one = slice_cut(rest, ',', &rest);
		char *t = arena_strdup(q->a, one);
		ok = t && web_fhir_add_items(q, p, t, NULL, since, &h);
	}
	if (!ok) {
		web_fhir_too_large(q);
		return;
	}
	if (x.count == UINT64_MAX)
		x.count = h.n ? h.n : 1;
	char *below = arena_printf(q->a, "Patient/%s/$everything", p->id);
	web_fhir_answer(&x, below ? below : "Patient", at, &h, h.n, 0);
}

void web_fhir_summary(struct web_request *q, const char *id)
{
	struct chart_moment at;
	struct chart_patient *p;
	struct fhir_summary s;
	uint64_t entry;
	char base[300];
	if (!web_fhir_chart(q, &at) || web_patient(q, id, at, "export", &p, &entry) < 0)
		return;
	chart_summary(p, &s);
	s.site_name = q->web->role->site_name;
	s.checkpoint_origin = q->web->role->origin;
	struct jsonw w;
	struct fhir_options o = web_fhir_options(q, base, sizeof base);
	jsonw_init(&w, &q->out);
	fhir_write_ips(&w, &s, &o);
	web_fhir_ok(q, 200);
}

