/* PATCH (R4 3.1.0.6) with JSON Patch (RFC 6902).
 *
 * A patch alone says nothing: what it makes depends on what is there. So both are written down in one entry, a transaction of ours with one PUT in it: the resource as the patch made it, and in an extension of the
 * request (FHIR_PATCHED) the patch byte for byte as it was sent; request.ifMatch is the version that it was applied to. Facts follow from the resource alone, today and after every rebuild, whatever a later
 * version of Holdfast would make of the patch. It is applied to the resource as it is read here, because that is what its paths were written for. */
#include "web_fhir_internal.h"

#include <inttypes.h>
#include <stdio.h>

/* Of a person and a visit the chart knows what all feeds together say: what is left out of one version stays, so a patch that takes something away would be answered "done" and do nothing. */
static bool takes_away(struct web_request *q, const char *type, const struct json_node *before, const struct json_node *after)
{
	if (strcmp(type, "Patient") && strcmp(type, "Encounter"))
		return false;
	for (const struct json_node *n = before->child; n; n = n->next) {
		char *key = arena_strdup(q->a, n->key);
		const struct json_node *now = key ? json_get(after, key) : NULL;
		if (!now || (slice_eq_str(n->key, "identifier") && now->count < n->count)) {
			web_error(q, 422, "input", "A %s is made of all that its feeds said of it, and what one version leaves out stays: %.64s cannot be taken away by a patch. Say what is so instead.", type, key ? key : "this");
			return true;
		}
	}
	return false;
}

static bool apply(struct web_request *q, struct slice before, struct slice patch, struct buf *ret)
{
	struct err e = {0};
	int r = fhir_patch(before, patch, ret, &e);
	if (r == 0)
		return true;
	int status = r == ERR_NOT_FOUND ? 422 : r == ERR_NO ? 409 : r == ERR_INPUT ? 400 : err_http(r);
	web_error(q, status, "input", "The patch was not applied: %s%s%s. Nothing was changed.", e.place, e.place[0] ? ": " : "", e.text);
	return false;
}

/* What the patch makes of type/id. ret_id: ours, under which it is stored; ret_after NULL: nothing changes. false: answered. */
bool web_fhir_patched(struct web_request *q, const char *type, const char *id, struct slice patch, struct slice if_match, struct web_fhir_patched *ret)
{
	struct chart_moment at;
	struct chart_patient *p = NULL, *same;
	const struct fact_item *it = NULL;
	struct err e = {0};
	struct json_node *before, *after;
	AUTO_BUF struct buf b = {0}, out = {0}, named = {0}, rename = {0};
	char base[300];
	uint64_t audit;
	bool person = !strcmp(type, "Patient");
	*ret = (struct web_fhir_patched){.version = 0};
	if (!web_may(q, MAY_FHIR_READ) || !web_fhir_chart(q, &at))
		return false;
	int r = person ? chart_patient(q->w->chart, slice_str(id), at, q->a, &p, NULL, &e) : web_fhir_find(q, type, id, at, &p, &it, &e);
	if (r < 0) {
		if (r == ERR_NOT_FOUND)
			web_error(q, 404, "not-found", "There is no %s with this id: a patch changes what is there.", type);
		else
			web_fail(q, &e);
		return false;
	}
	if (it && it->state == FACT_DELETED) {
		web_error(q, 410, "deleted", "This %s was deleted.", type);
		return false;
	}
	ret->version = it ? it->entry : p->demographics ? p->demographics->entry : 0;
	if (!web_fhir_version_matches(q, if_match, ret->version) || web_patient(q, p->id, at, "view", &same, &audit) < 0) /* a test of a patch asks, too */
		return false;
	struct fhir_options o = web_fhir_options(q, base, sizeof base);
	struct fhir_person who = web_fhir_person(q, p);
	struct fhir_links links;
	struct jsonw w;
	buf_init(&b, 64 << 20);
	buf_init(&out, 64 << 20);
	buf_init(&named, 64 << 20);
	buf_init(&rename, 1024);
	if (web_fhir_links(q, p, &links))
		o.links = &links;
	jsonw_init(&w, &b);
	if (it)
		fhir_write_item(&w, &who, it, &o);
	else
		fhir_write_patient(&w, &who, &o);
	if (!buf_ok(&b) || !apply(q, buf_slice(&b), patch, &out))
		return false;
	if (json_tree(buf_slice(&b), q->a, &before, &e) < 0 || json_tree(buf_slice(&out), q->a, &after, &e) < 0) {
		web_fail(q, &e);
		return false;
	}
	if (!slice_eq(json_text(after, "resourceType"), json_text(before, "resourceType")) || !slice_eq(json_text(after, "id"), json_text(before, "id"))) {
		web_error(q, 422, "input", "A patch changes neither the type nor the id of a resource.");
		return false;
	}
	const char *patient;
	bool gone, many;
	ret->id = p->id;
	if (it && !web_fhir_deletable(q, type, id, at, &ret->id, &patient, &gone, &e)) {
		web_fail(q, &e);
		return false;
	}
	if (slice_eq(buf_slice(&b), buf_slice(&out)))
		return true;
	uint64_t version;
	if (takes_away(q, type, before, after) || !web_fhir_may_update(q, type, ret->id, after, web_fhir_whose(q, after, at, NULL, NULL, &many), &version))
		return false;
	/* stored under our id: the sender's own name for it, which may be the one that was asked by, stays with it */
	buf_printf(&rename, "[{\"op\":\"replace\",\"path\":\"/id\",\"value\":\"%s\"}]", ret->id);
	if (!apply(q, buf_slice(&out), buf_slice(&rename), &named))
		return false;
	ret->after = arena_dup(q->a, buf_slice(&named));
	return ret->after.p != NULL;
}

/* {"resource":...,"request":{...}}, without the brackets around: the beginning may hold an extension of the entry */
void web_fhir_put_patched(struct buf *b, const char *type, const struct web_fhir_patched *x, struct slice patch)
{
	buf_str(b, "\"resource\":");
	buf_add_slice(b, x->after);
	buf_str(b, ",\"request\":{\"extension\":[{\"url\":\"" FHIR_PATCHED "\",\"valueAttachment\":{\"contentType\":\"application/json-patch+json\",\"data\":\"");
	base64_put(b, patch);
	buf_printf(b, "\"}}],\"method\":\"PUT\",\"url\":\"%s/%s\",\"ifMatch\":\"W/\\\"%" PRIu64 "\\\"\"}", type, x->id, x->version);
}

static void patch(struct web_request *q, const char *type, const char *id)
{
	struct web_fhir_patched x;
	struct keeper_stored st;
	struct chart_moment at;
	AUTO_BUF struct buf sent = {0};
	char t[32];
	const char *have = web_header(q, "If-Match");
	buf_init(&sent, WEB_FHIR_MAX);
	buf_add_slice(&sent, buf_slice(&q->body));
	if (!web_fhir_patched(q, type, id, buf_slice(&sent), have ? slice_str(have) : SLICE_NULL, &x))
		return;
	if (!x.after.p) { /* it is so already: nothing is said twice */
		if (!web_fhir_chart(q, &at))
			return;
		web_fhir_show_changed(q, type, id, at, true);
		web_fhir_version(q, x.version, at.time);
		return web_fhir_ok(q, 200);
	}
	buf_reset(&q->body);
	buf_printf(&q->body, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"timestamp\":\"%s\",\"entry\":[{", time_rfc3339(time_now(), 9, t));
	web_fhir_put_patched(&q->body, type, &x, buf_slice(&sent));
	buf_str(&q->body, "}]}");
	if (!buf_ok(&q->body))
		return web_error(q, 413, "limit", "The patched resource is too large.");
	if (!web_fhir_store(q, &st) || !web_fhir_look_again(q, &at))
		return;
	web_fhir_turn_said(q, &st);
	if (st.applied && !web_fhir_stands(q, type, x.id, at, st.seq))
		return web_error(q, 409, "conflict", "The change is recorded (entry %" PRIu64 "), but the chart still shows what was said before: a result keeps its order, and a preliminary version does not replace a final one.", st.seq);
	web_fhir_show_changed(q, type, id, at, st.applied);
	web_fhir_version(q, st.seq, st.time);
	web_fhir_ok(q, 200);
}

bool web_fhir_is_patch(struct web_request *q, struct slice content_type)
{
	static const char mine[] = "application/json-patch+json";
	if (content_type.n >= sizeof mine - 1 && slice_eq_nocase(slice_of(content_type.p, sizeof mine - 1), mine))
		return true;
	web_error(q, 415, "media-type", "A patch is a JSON Patch (RFC 6902), application/json-patch+json. A FHIRPath Patch (Parameters) and an XML Patch are not applied here, because their result could not be told from the entry alone; "
	                                "send a JSON Patch, or the whole resource with PUT.");
	return false;
}

void web_fhir_patch(struct web_request *q, const char *type, const char *id)
{
	const char *kind = web_header(q, "Content-Type");
	if (!web_may(q, MAY_FHIR_WRITE) || !web_fhir_is_patch(q, kind ? slice_str(kind) : SLICE_NULL) || !web_fhir_turn(q))
		return;
	patch(q, type, id);
	web_fhir_turn_over(q);
}

/* Conditional patch: one, and that one. */
void web_fhir_patch_where(struct web_request *q, const char *type, const char *criteria)
{
	const char *kind = web_header(q, "Content-Type");
	size_t n;
	char id[80] = "";
	if (!web_may(q, MAY_FHIR_WRITE) || !web_may(q, MAY_FHIR_READ) || !web_fhir_is_patch(q, kind ? slice_str(kind) : SLICE_NULL) || !web_fhir_turn(q))
		return;
	if (!web_fhir_count(q, slice_str(type), slice_str(criteria), NULL, &n, id, sizeof id))
		;
	else if (n == 1)
		patch(q, type, id);
	else
		web_error(q, n ? 412 : 404, "conflict", n ? "More than one %s is what this address asks for. Nothing was changed." : "There is no such %s.", type);
	web_fhir_turn_over(q);
}
