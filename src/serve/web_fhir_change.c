/* Changing and deleting by address, versions, conditional creation.
 *
 * Nothing that was recorded changes. An update is one more entry, the resource as it was sent; a deletion is one, too: a transaction of ours with one DELETE in it, which says whose the thing is, because a
 * DELETE alone does not. Facts hang on identifiers, so the chart shows the newest version by itself: under the id that the sender chose (each sender's ids are its own), or under ours. A version is the
 * number of the entry that said it, and reading one is reading the chart as of that entry. */
#include "web_fhir_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define VERSIONS_MAX 50

/* ---- finding ---------------------------------------------------------------------------------------------------------------------------- */

int web_fhir_find(struct web_request *q, const char *type, const char *id, struct chart_moment at, struct chart_patient **ret_p, const struct fact_item **ret_it, struct err *e)
{
	struct chart *c = q->w->chart;
	char name[160];
	int r = chart_find_item(c, slice_str(id), at, q->a, ret_p, ret_it, e);
	if (r == ERR_NOT_FOUND) {
		snprintf(name, sizeof name, "%.80s/%.70s", type, id);
		r = chart_find_named(c, slice_str(name), slice_str(q->session.user), at, q->a, ret_p, ret_it, e);
		struct fact_item *it = r == 0 && strlen(id) < sizeof it->id ? arena_alloc(q->a, sizeof *it) : NULL;
		if (it) { /* answered under the name that it was asked for by */
			*it = **ret_it;
			snprintf(it->id, sizeof it->id, "%s", id);
			*ret_it = it;
		}
	}
	if (r == 0 && (!fhir_type(*ret_it) || strcmp(fhir_type(*ret_it), type)))
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no such item");
	return r;
}

static bool is_patient(const char *type)
{
	return !strcmp(type, "Patient");
}

/* The chart after what was just stored. */
bool web_fhir_look_again(struct web_request *q, struct chart_moment *ret)
{
	struct err e = {0};
	if (q->w->chart && chart_now(q->w->chart, ret, &e) == 0)
		return true;
	web_fail(q, &e);
	return false;
}

/* ---- whose it is -------------------------------------------------------------------------------------------------------------------------- */

static const struct json_node *patient_of(const struct json_node *res)
{
	static const char *const keys[] = {"patient", "subject", "beneficiary"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (json_get(res, keys[i]))
			return json_get(res, keys[i]);
	const struct json_node *list = json_get(res, "participant");
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next)
		if (slice_starts(json_text(n, "actor.reference"), "Patient/"))
			return json_get(n, "actor");
	return NULL;
}

/* Whose a resource of this body is, as our id; NULL with *ret_many false: nobody who is here. elsewhere: what the bundle around it calls one of its patients (a urn:uuid) leads there. */
const char *web_fhir_whose(struct web_request *q, const struct json_node *res, struct chart_moment at, web_fhir_patient_fn *elsewhere, void *arg, bool *ret_many)
{
	const struct json_node *who = patient_of(res);
	struct slice ref = json_text(who, "reference"), query, path = slice_cut(ref, '?', &query);
	struct chart_patient *p;
	struct err e = {0};
	char base[300];
	*ret_many = false;
	web_base(q, base, sizeof base);
	const char *inside = ref.n && elsewhere ? elsewhere(arg, ref, ret_many) : NULL;
	if (inside || *ret_many)
		return inside;
	if (slice_starts(ref, base) && ref.n > strlen(base) + 1)
		ref = slice_of(ref.p + strlen(base) + 1, ref.n - strlen(base) - 1);
	if (!query.p && slice_starts(ref, "Patient/")) {
		struct slice more, id = slice_cut(slice_of(ref.p + 8, ref.n - 8), '/', &more);
		int r = id.n ? chart_patient(q->w->chart, id, at, q->a, &p, NULL, &e) : ERR_NOT_FOUND;
		*ret_many = r == ERR_EXISTS;
		return r == 0 ? p->id : NULL;
	}
	const char *number = NULL;
	if (query.p && slice_eq_str(path, "Patient") && slice_starts(query, "identifier="))
		number = web_fhir_decoded(q->a, slice_of(query.p + 11, query.n - 11));
	else if (!ref.n && json_text(who, "identifier.value").n) {
		struct slice system = json_text(who, "identifier.system");
		number = arena_printf(q->a, "%.*s%s%.*s", SLICE_FMT(system), system.n ? "|" : "", SLICE_FMT(json_text(who, "identifier.value")));
	}
	const char *id = NULL;
	size_t n = number && *number ? web_fhir_people_with(q, at, number, &id) : 0;
	*ret_many = n > 1;
	return n == 1 ? id : NULL;
}

/* Does one of the body's numbers name this person, system and all? */
static bool has_number_of(const struct json_node *list, const struct chart_patient *p)
{
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next) {
		struct slice system = json_text(n, "system"), value = json_text(n, "value");
		if (slice_starts(system, "urn:oid:"))
			system = slice_of(system.p + 8, system.n - 8);
		if (slice_starts(system, "urn:holdfast:assigner:"))
			system = slice_of(system.p + 22, system.n - 22);
		for (size_t i = 0; i < p->ident_count; i++)
			if (slice_eq(p->idents[i].value, value) && (!system.n || slice_eq(p->idents[i].assigner, system) || slice_eq(fact_part(p->idents[i].assigner, 0), system)))
				return true;
	}
	return false;
}

/* A resource that exists is of somebody, and a version that speaks of somebody else would leave the old one where it was: the client has to say what it means. */
static bool same_person(struct web_request *q, const char *type, const struct json_node *res, const char *whose, const struct chart_patient *p)
{
	if (is_patient(type)) {
		const struct json_node *list = json_get(res, "identifier");
		if (!list || !list->child || has_number_of(list, p))
			return true;
		web_error(q, 409, "exists", "None of the identifiers in this body is one that this patient has: a record gets another number, or is made one with another, by the registration's feed or `holdfast identity`.");
		return false;
	}
	if (whose && !strcmp(whose, p->id))
		return true;
	web_error(q, 409, "exists", "This %s is of another patient than this body names (Patient/ID). Delete it there, and create it here.", type);
	return false;
}

/* ---- updates ------------------------------------------------------------------------------------------------------------------------------------ */

static bool good_id(struct slice id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!((id.p[i] >= 'a' && id.p[i] <= 'z') || (id.p[i] >= 'A' && id.p[i] <= 'Z') || (id.p[i] >= '0' && id.p[i] <= '9') || id.p[i] == '-' || id.p[i] == '.'))
			return false;
	return id.n && id.n <= 64;
}

/* Has the address an id that R4 allows, and the body the same? */
bool web_fhir_same_address(struct web_request *q, const char *type, const char *id, const struct json_node *res)
{
	if (slice_eq_str(json_text(res, "resourceType"), type) && slice_eq_str(json_text(res, "id"), id) && good_id(slice_str(id)))
		return true;
	web_error(q, 400, "input", "The body of an update has the type and the id that stand in the address (an id has 1 to 64 letters, digits, '-' and '.').");
	return false;
}

/* May this body, which is of that patient (NULL: of nobody who is here), be the next version of type/id? ret_version: of the one there is; UINT64_MAX: none. */
bool web_fhir_may_update(struct web_request *q, const char *type, const char *id, const struct json_node *res, const char *whose, uint64_t *ret_version)
{
	struct chart_moment at;
	struct chart_patient *p;
	const struct fact_item *it = NULL;
	struct err e = {0};
	*ret_version = UINT64_MAX;
	if (!web_fhir_chart(q, &at))
		return false;
	int r = is_patient(type) ? chart_patient(q->w->chart, slice_str(id), at, q->a, &p, NULL, &e) : web_fhir_find(q, type, id, at, &p, &it, &e);
	if (r == ERR_NOT_FOUND)
		return true;
	if (r < 0) {
		web_fail(q, &e);
		return false;
	}
	struct chart_patient *ours;
	const struct fact_item *by_us;
	if (it && !slice_eq_str(it->feed, q->session.user) && chart_find_item(q->w->chart, slice_str(id), at, q->a, &ours, &by_us, &e) < 0)
		return true; /* another sender calls something of theirs so */
	if (!strcmp(type, "Encounter") && !json_get(res, "identifier")) {
		web_error(q, 422, "input", "A visit is known by its number: send its identifier.");
		return false;
	}
	*ret_version = it ? it->entry : p->demographics ? p->demographics->entry : 0;
	return same_person(q, type, res, whose, p);
}

/* If-Match, or ifMatch of a bundle's entry: one tag, several, or any (RFC 9110 13.1.1); FHIR's are weak ones, and whoever leaves out W/ or the quotes means the same. */
bool web_fhir_version_matches(struct web_request *q, struct slice have, uint64_t version)
{
	char number[24];
	if (!have.n)
		return true;
	snprintf(number, sizeof number, "%" PRIu64, version);
	for (struct slice rest = have; version != UINT64_MAX && rest.n;) {
		struct slice one = slice_trim(slice_cut(rest, ',', &rest));
		if (slice_starts(one, "W/"))
			one = slice_of(one.p + 2, one.n - 2);
		if (one.n > 1 && one.p[0] == '"' && one.p[one.n - 1] == '"')
			one = slice_of(one.p + 1, one.n - 2);
		if (slice_eq_str(one, number) || slice_eq_str(one, "*"))
			return true;
	}
	web_error(q, 412, "conflict", "It is not in this version any more: read it again.");
	return false;
}

static bool version_matches(struct web_request *q, uint64_t version)
{
	const char *have = web_header(q, "If-Match");
	return web_fhir_version_matches(q, have ? slice_str(have) : SLICE_NULL, version);
}

/* "return=minimal" and the like (R4 3.1.0.1.9). Who may not read is told no more than that it is done. */
static bool wants(struct web_request *q, const char *what)
{
	const char *prefer = web_header(q, "Prefer"), *at = prefer ? strstr(prefer, "return=") : NULL;
	return at && !strncasecmp(at + 7, what, strlen(what));
}

bool web_fhir_prefers(struct web_request *q)
{
	struct jsonw w;
	if (wants(q, "minimal")) {
		buf_reset(&q->out);
		return true;
	}
	if (!wants(q, "OperationOutcome"))
		return false;
	buf_reset(&q->out);
	jsonw_init(&w, &q->out);
	fhir_write_outcome(&w, "information", "informational", "Stored.");
	return true;
}

/* The same bytes were here before, and something else since: then they are said once more, in a transaction of ours, because an entry is its bytes. */
static bool store_again(struct web_request *q, const char *type, const char *id, struct keeper_stored *ret)
{
	AUTO_BUF struct buf raw = {0};
	char t[32];
	buf_init(&raw, WEB_FHIR_MAX);
	buf_add_slice(&raw, buf_slice(&q->body));
	struct slice text = slice_trim(buf_slice(&raw));
	if (slice_starts(text, "\xef\xbb\xbf"))
		text = slice_of(text.p + 3, text.n - 3);
	buf_reset(&q->body);
	buf_printf(&q->body, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"timestamp\":\"%s\",\"entry\":[{\"resource\":", time_rfc3339(time_now(), 9, t));
	buf_add_slice(&q->body, text);
	buf_printf(&q->body, ",\"request\":{\"method\":\"PUT\",\"url\":\"%s/%s\"}}]}", type, id);
	return web_fhir_store(q, ret);
}

/* What the chart has of it now is what this entry said. */
bool web_fhir_stands(struct web_request *q, const char *type, const char *id, struct chart_moment at, uint64_t entry)
{
	struct chart_patient *p;
	const struct fact_item *it;
	struct err e = {0};
	if (is_patient(type))
		return chart_patient(q->w->chart, slice_str(id), at, q->a, &p, NULL, &e) == 0 && p->demographics && p->demographics->entry == entry;
	return web_fhir_find(q, type, id, at, &p, &it, &e) == 0 && it->entry == entry && it->state != FACT_DELETED;
}

/* What was changed, as the chart shows it now. */
void web_fhir_show_changed(struct web_request *q, const char *type, const char *id, struct chart_moment at, bool applied)
{
	struct chart_patient *p;
	const struct fact_item *it;
	struct err e = {0};
	char base[300];
	struct fhir_options o = web_fhir_options(q, base, sizeof base);
	struct jsonw w;
	jsonw_init(&w, &q->out);
	if (web_fhir_prefers(q) || !(q->session.may & MAY_FHIR_READ) || !applied)
		return;
	if (is_patient(type) && chart_patient(q->w->chart, slice_str(id), at, q->a, &p, NULL, &e) == 0) {
		struct fhir_person who = web_fhir_person(q, p);
		fhir_write_patient(&w, &who, &o);
	} else if (!is_patient(type) && web_fhir_find(q, type, id, at, &p, &it, &e) == 0) {
		struct fhir_person who = web_fhir_person(q, p);
		fhir_write_item(&w, &who, it, &o);
	} else
		fhir_write_outcome(&w, "information", "informational", "Stored. The chart does not show it under this id; a search finds it.");
}

static bool take_body(struct web_request *q, const char *type, struct json_node **ret)
{
	struct err e = {0};
	if (!web_may(q, MAY_FHIR_WRITE))
		return false;
	if (json_tree(buf_slice(&q->body), q->a, ret, &e) < 0) {
		web_error(q, 400, "input", "The body is no JSON: %s%s%s.", e.place, e.place[0] ? ": " : "", e.text);
		return false;
	}
	if (slice_eq_str(json_text(*ret, "resourceType"), type))
		return true;
	web_error(q, 400, "input", "The body of an update is of the type that stands in the address.");
	return false;
}

/* looked: the id is ours, found by what was asked for (a conditional update): then the address of it is written down beside the body. */
static void update(struct web_request *q, const char *type, const char *id, const struct json_node *root, bool looked)
{
	struct keeper_stored st;
	struct chart_moment at;
	uint64_t version;
	bool many;
	char base[300];
	if (!web_fhir_chart(q, &at))
		return;
	const char *whose = web_fhir_whose(q, root, at, NULL, NULL, &many);
	if (!web_fhir_may_update(q, type, id, root, whose, &version) || !version_matches(q, version))
		return;
	bool stored = looked ? store_again(q, type, id, &st) : web_fhir_store(q, &st);
	if (!stored || !web_fhir_look_again(q, &at))
		return;
	if (!looked && st.duplicate && st.applied && !web_fhir_stands(q, type, id, at, st.seq) && (!store_again(q, type, id, &st) || !web_fhir_look_again(q, &at)))
		return;
	web_fhir_show_changed(q, type, id, at, st.applied);
	web_base(q, base, sizeof base);
	if (version == UINT64_MAX)
		snprintf(q->location, sizeof q->location, "%s/%s/%s/_history/%" PRIu64, base, type, id, st.seq);
	web_fhir_version(q, st.seq, st.time);
	web_fhir_ok(q, version == UINT64_MAX && !st.duplicate ? 201 : 200);
	web_fhir_turn_said(q, &st);
}

void web_fhir_update(struct web_request *q, const char *type, const char *id)
{
	struct json_node *root;
	if (!take_body(q, type, &root) || !web_fhir_same_address(q, type, id, root) || !web_fhir_turn(q))
		return;
	update(q, type, id, root, false);
	web_fhir_turn_over(q);
}

/* Is this body's own id another name of what was found? R4 3.1.0.7.1: an id that says something else is an error. */
bool web_fhir_same_thing(struct web_request *q, const char *type, struct slice id, const char *found)
{
	struct chart_moment at;
	struct chart_patient *p;
	struct err e = {0};
	const char *item, *patient, *name = arena_strdup(q->a, id);
	bool gone;
	if (!id.n || slice_eq_str(id, found))
		return true;
	if (name && web_fhir_chart(q, &at) && (is_patient(type) ? chart_patient(q->w->chart, id, at, q->a, &p, NULL, &e) == 0 && !strcmp(p->id, found) : web_fhir_deletable(q, type, name, at, &item, &patient, &gone, &e) && !strcmp(item, found)))
		return true;
	web_error(q, 400, "input", "What was asked for is %s/%s, and the body has another id.", type, found);
	return false;
}

/* Conditional update (R4 3.1.0.7.1): none is a creation, one is that one's next version, two are a question. */
void web_fhir_update_where(struct web_request *q, const char *type, const char *criteria)
{
	struct json_node *root;
	struct chart_moment at;
	bool many;
	size_t n;
	char id[80] = "";
	if (!take_body(q, type, &root) || !web_may(q, MAY_FHIR_READ) || !web_fhir_turn(q))
		return;
	const char *whose = web_fhir_chart(q, &at) ? web_fhir_whose(q, root, at, NULL, NULL, &many) : NULL;
	if (q->status || !web_fhir_count(q, slice_str(type), slice_str(criteria), is_patient(type) ? NULL : whose ? whose : "", &n, id, sizeof id))
		;
	else if (n > 1)
		web_error(q, 412, "conflict", "More than one %s is what this address asks for. Nothing was stored.", type);
	else if (n == 1 && web_fhir_same_thing(q, type, json_text(root, "id"), id))
		update(q, type, id, root, true);
	else if (n == 0 && web_header(q, "If-Match"))
		web_error(q, 412, "conflict", "There is none, in any version.");
	else if (n == 0)
		web_fhir_create(q, type);
	web_fhir_turn_over(q);
}

/* ---- deletions ------------------------------------------------------------------------------------------------------------------------------------ */

void web_fhir_put_deletion(struct buf *b, const char *type, const char *item, const char *patient)
{
	buf_printf(b, "{\"request\":{\"extension\":[{\"url\":\"" FHIR_WHOSE "\",\"valueReference\":{\"reference\":\"Patient/%s\"}}],\"method\":\"DELETE\",\"url\":\"%s/%s\"}}", patient, type, item);
}

void web_fhir_begin_deletions(struct buf *b)
{
	char t[32];
	buf_printf(b, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"timestamp\":\"%s\",\"entry\":[", time_rfc3339(time_now(), 9, t));
}

/* Our own id of what somebody calls type/id: that is what a deletion of ours names. */
bool web_fhir_deletable(struct web_request *q, const char *type, const char *id, struct chart_moment at, const char **ret_item, const char **ret_patient, bool *ret_gone, struct err *e)
{
	struct chart_patient *p;
	const struct fact_item *it;
	char name[160];
	int r = chart_find_item(q->w->chart, slice_str(id), at, q->a, &p, &it, e);
	if (r == ERR_NOT_FOUND) {
		snprintf(name, sizeof name, "%.80s/%.70s", type, id);
		r = chart_find_named(q->w->chart, slice_str(name), slice_str(q->session.user), at, q->a, &p, &it, e);
	}
	if (r < 0 || !fhir_type(it) || strcmp(fhir_type(it), type))
		return false;
	*ret_item = it->id;
	*ret_patient = p->id;
	*ret_gone = it->state == FACT_DELETED;
	return true;
}

/* Why not, of what is never deleted; NULL: it may be. */
const char *web_fhir_why_kept(const char *type)
{
	if (is_patient(type))
		return "A person is not deleted here: who somebody is, and whose record is whose, is said by the registration's feed (A29, merges) or by `holdfast identity`.";
	if (!strcmp(type, "Encounter"))
		return "A visit is not deleted here, because a bed, orders and results hang on it: send it with the status cancelled or entered-in-error, or let the registration's feed cancel it (A11, A13).";
	if (!strcmp(type, "Binary"))
		return "A document's bytes stand in the ledger. Delete the DocumentReference or DiagnosticReport that shows them.";
	if (!strcmp(type, "AuditEvent"))
		return "The record of who looked is not deleted.";
	return NULL;
}

static void delete(struct web_request *q, const char *type, const char *id)
{
	struct chart_moment at;
	struct err e = {0};
	struct keeper_stored st;
	const char *item, *patient;
	bool gone;
	if (!web_fhir_chart(q, &at))
		return;
	if (!web_fhir_deletable(q, type, id, at, &item, &patient, &gone, &e)) {
		if (e.code == ERR_EXISTS)
			return web_fail(q, &e);
		return web_error(q, 404, "not-found", "There is no %s with this id.", type);
	}
	if (gone) {
		q->status = 204;
		return;
	}
	struct chart_patient *p;
	const struct fact_item *it;
	if (web_header(q, "If-Match") && (chart_find_item(q->w->chart, slice_str(item), at, q->a, &p, &it, &e) < 0 || !version_matches(q, it->entry)))
		return;
	buf_reset(&q->body);
	web_fhir_begin_deletions(&q->body);
	web_fhir_put_deletion(&q->body, type, item, patient);
	buf_str(&q->body, "]}");
	if (!web_fhir_store(q, &st) || !web_fhir_look_again(q, &at))
		return;
	web_fhir_turn_said(q, &st);
	if (st.applied && (!web_fhir_deletable(q, type, item, at, &item, &patient, &gone, &e) || !gone))
		return web_error(q, 501, "not-supported", "That this was to be deleted is recorded (entry %" PRIu64 "), but the chart does not take it out: send a version of it that is entered-in-error.", st.seq);
	web_fhir_version(q, st.seq, st.time);
	q->status = 204;
}

void web_fhir_delete(struct web_request *q, const char *type, const char *id)
{
	if (!web_may(q, MAY_FHIR_WRITE) || !web_fhir_turn(q))
		return;
	delete(q, type, id);
	web_fhir_turn_over(q);
}

/* Conditional delete (R4 3.1.0.7.1 of delete): one at most. Who asks too widely deletes nothing. */
void web_fhir_delete_where(struct web_request *q, const char *type, const char *criteria)
{
	size_t n;
	char id[80] = "";
	if (!web_may(q, MAY_FHIR_WRITE) || !web_may(q, MAY_FHIR_READ) || !web_fhir_turn(q))
		return;
	if (!web_fhir_count(q, slice_str(type), slice_str(criteria), NULL, &n, id, sizeof id))
		;
	else if (n > 1)
		web_error(q, 412, "conflict", "More than one %s is what this address asks for. Nothing was deleted: delete them one by one.", type);
	else if (n == 1)
		delete(q, type, id);
	else
		q->status = 204; /* R4: as a deletion of what is not there */
	web_fhir_turn_over(q);
}

/* ---- versions ------------------------------------------------------------------------------------------------------------------------------------------ */

/* The chart as of the entry that is the version's number. */
static bool moment_of(struct web_request *q, const char *version, uint64_t *ret_entry, struct chart_moment *ret)
{
	struct err e = {0};
	return web_fhir_chart(q, ret) && num_u64(slice_str(version), 0, UINT64_MAX - 2, ret_entry) == 0 && chart_at_entry(q->w->chart, *ret_entry, ret, &e) == 0;
}

void web_fhir_read_version(struct web_request *q, const char *type, const char *id, const char *version)
{
	struct chart_moment at;
	struct chart_patient *p = NULL, *same;
	const struct fact_item *it = NULL;
	struct err e = {0};
	uint64_t entry = 0, audit;
	char base[300];
	if (!web_may(q, MAY_FHIR_READ))
		return;
	bool there = moment_of(q, version, &entry, &at);
	if (there && is_patient(type))
		there = chart_patient(q->w->chart, slice_str(id), at, q->a, &p, NULL, &e) == 0 && p->demographics && p->demographics->entry == entry;
	else if (there)
		there = web_fhir_find(q, type, id, at, &p, &it, &e) == 0 && it->entry == entry;
	if (!there)
		return web_error(q, 404, "not-found", "There is no such version of this %s: a version is the number of the entry that said it.", type);
	if (it && it->state == FACT_DELETED)
		return web_error(q, 410, "deleted", "This version is its deletion.");
	if (web_patient(q, p->id, at, "view", &same, &audit) < 0)
		return;
	struct jsonw w;
	struct fhir_options o = web_fhir_options(q, base, sizeof base);
	struct fhir_person who = web_fhir_person(q, p);
	jsonw_init(&w, &q->out);
	if (it)
		fhir_write_item(&w, &who, it, &o);
	else
		fhir_write_patient(&w, &who, &o);
	web_fhir_version(q, entry, it ? it->received : p->demographics->received);
	web_fhir_ok(q, 200);
}

static void put_version(struct web_request *q, struct jsonw *w, const char *type, const char *id, uint64_t entry, bool first, const char *base)
{
	struct chart_moment at;
	struct chart_patient *p;
	const struct fact_item *it;
	struct err e = {0};
	AUTO_BUF struct buf b = {0};
	char t[32];
	struct fhir_options o = {.zone_minutes = q->web->role->zone_minutes, .base = base};
	if (chart_at_entry(q->w->chart, entry, &at, &e) < 0 || web_fhir_find(q, type, id, at, &p, &it, &e) < 0 || it->entry != entry)
		return;
	bool gone = it->state == FACT_DELETED;
	jsonw_obj(w);
	jsonw_kstr(w, "fullUrl", arena_printf(q->a, "%s/%s/%s", base, type, id));
	if (!gone) {
		struct jsonw inner;
		struct fhir_person who = web_fhir_person(q, p);
		buf_init(&b, 64 << 20);
		jsonw_init(&inner, &b);
		fhir_write_item(&inner, &who, it, &o);
		jsonw_key(w, "resource");
		jsonw_raw(w, arena_dup(q->a, buf_slice(&b)));
	}
	jsonw_key(w, "request");
	jsonw_obj(w);
	jsonw_kstr(w, "method", gone ? "DELETE" : first ? "POST" : "PUT");
	jsonw_kstr(w, "url", first && !gone ? type : arena_printf(q->a, "%s/%s", type, id));
	jsonw_obj_end(w);
	jsonw_key(w, "response");
	jsonw_obj(w);
	jsonw_kstr(w, "status", gone ? "204" : first ? "201" : "200");
	jsonw_kstr(w, "etag", arena_printf(q->a, "W/\"%" PRIu64 "\"", entry));
	jsonw_kstr(w, "lastModified", time_rfc3339(it->received, 3, t));
	jsonw_obj_end(w);
	jsonw_obj_end(w);
}

static int newest_first(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? 1 : x > y ? -1 : 0;
}

/* Each entry that said something of it, newest first. */
void web_fhir_history(struct web_request *q, const char *type, const char *id)
{
	struct chart_moment at;
	struct chart_patient *p, *same;
	const struct fact_item *it;
	struct err e = {0};
	uint64_t v[VERSIONS_MAX], audit;
	size_t n = 0;
	char base[300], t[32];
	if (!web_may(q, MAY_FHIR_READ) || !web_fhir_chart(q, &at))
		return;
	if (is_patient(type))
		return web_error(q, 501, "not-supported", "A patient's record is made of all that was said of it: ask for it as it was at a moment (?at=TIME).");
	int r = web_fhir_find(q, type, id, at, &p, &it, &e);
	if (r == ERR_NOT_FOUND)
		return web_error(q, 404, "not-found", "There is no %s with this id.", type);
	if (r < 0)
		return web_fail(q, &e);
	if (web_patient(q, p->id, at, "view", &same, &audit) < 0)
		return;
	v[n++] = it->entry;
	for (const struct fact_item *h = it->history; h && n < VERSIONS_MAX; h = h->next)
		v[n++] = h->entry;
	qsort(v, n, sizeof *v, newest_first);
	web_base(q, base, sizeof base);
	struct jsonw w;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "resourceType", "Bundle");
	jsonw_kstr(&w, "id", arena_printf(q->a, "history-%s", id));
	jsonw_key(&w, "meta");
	jsonw_obj(&w);
	jsonw_kstr(&w, "lastUpdated", time_rfc3339(it->received, 3, t));
	jsonw_obj_end(&w);
	jsonw_kstr(&w, "type", "history");
	jsonw_key(&w, "entry");
	jsonw_arr(&w);
	for (size_t i = 0; i < n; i++)
		if (!i || v[i] != v[i - 1])
			put_version(q, &w, type, id, v[i], i + 1 == n, base);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	web_fhir_ok(q, 200);
}
