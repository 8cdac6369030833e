/* What each entry of a transaction or batch means, looked up before anything is stored (R4 3.1.0.11).
 *
 * The body is one entry of the ledger, and what follows from it follows from its bytes: a condition (ifNoneExist, an address with a search in it, ifMatch), a patch and a deletion say nothing without the chart as
 * it was at that moment. What was looked up is therefore written down with them, in entries of ours at the end of the bundle (FHIR_INSTEAD_OF); all before them stands as it was sent, byte for byte. One body, one
 * entry: all of it or nothing.
 *
 * Order: of a transaction deletions count as done before anything is created, and no two entries may change one thing, so that their order says nothing. Of a batch each entry is judged by itself; one that
 * cannot be done is answered with why, and does not become facts.
 *
 * Whoever changes under a condition takes turns, because eight threads answer at once: between looking and storing nobody else who looks may store. What a feed says meanwhile is not held up. */
#include "web_fhir_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- turns ------------------------------------------------------------------------------------------------------------------------------------ */

#define WAITING_MAX 4 /* of the threads that answer, at most so many stand in this line: the others read */

static struct {
	pthread_mutex_t lock, door;
	unsigned waiting;
	uint64_t said; /* the newest entry that was stored under a condition, and one more; 0: none */
} turn = {.lock = PTHREAD_MUTEX_INITIALIZER, .door = PTHREAD_MUTEX_INITIALIZER};

static void leave_door(void)
{
	pthread_mutex_lock(&turn.door);
	turn.waiting--;
	pthread_mutex_unlock(&turn.door);
}

bool web_fhir_turn(struct web_request *q)
{
	struct chart_moment at;
	if (web_query(q, "at")) {
		web_error(q, 400, "input", "What is written is judged by the charts as they are now, not as they were at a moment.");
		return false;
	}
	pthread_mutex_lock(&turn.door);
	bool room = turn.waiting < WAITING_MAX;
	turn.waiting += room;
	pthread_mutex_unlock(&turn.door);
	if (!room) {
		web_error(q, 503, "busy", "Too many changes under a condition at once. Nothing was stored: send it again in a moment.");
		q->retry_after = 1;
		return false;
	}
	pthread_mutex_lock(&turn.lock);
	if (!web_fhir_chart(q, &at)) {
		web_fhir_turn_over(q);
		return false;
	}
	if (at.end < turn.said) { /* the chart may be behind (a rebuild): then what the last one stored could not be seen */
		web_error(q, 503, "busy", "The charts do not show yet what was stored last. Nothing was stored: send it again in a moment.");
		q->retry_after = 2;
		web_fhir_turn_over(q);
		return false;
	}
	return true;
}

void web_fhir_turn_said(struct web_request *q, const struct keeper_stored *st)
{
	(void)q;
	if (st->seq + 1 > turn.said)
		turn.said = st->seq + 1;
}

void web_fhir_turn_over(struct web_request *q)
{
	(void)q;
	pthread_mutex_unlock(&turn.lock);
	leave_door();
}

/* ---- the plan ----------------------------------------------------------------------------------------------------------------------------------- */

#define CHANGES_MAX 400 /* of one body: each is looked up */

struct planning {
	struct web_request *q;
	const struct json_node *entries;
	struct web_fhir_plan *plan;
	struct chart_moment at;
	bool transaction, patients_done;
	size_t changes, at_entry;
};

/* What was answered is the answer of this entry; of a transaction, that of the whole. true: go on. */
static bool refuse(struct planning *g)
{
	struct web_request *q = g->q;
	struct web_fhir_entry *p = &g->plan->v[g->at_entry];
	struct json_node *root;
	struct err e = {0};
	struct slice said = arena_dup(q->a, buf_slice(&q->out));
	if (q->status == 503 || q->status == 500)
		return false;
	if (g->transaction) {
		struct slice text = json_tree(said, q->a, &root, &e) == 0 ? json_text(root, "issue.0.diagnostics") : SLICE_NULL;
		char *why = arena_strdup(q->a, text);
		web_error(q, q->status, "conflict", "Entry %zu: %.400s Nothing of this transaction was stored.", g->at_entry, why ? why : "");
		return false;
	}
	*p = (struct web_fhir_entry){.does = WEB_FHIR_REFUSED, .status = q->status, .outcome = said, .type = p->type};
	q->status = 0;
	q->allow = NULL;
	buf_reset(&q->out);
	return true;
}

#define REFUSE(g, ...) (web_error((g)->q, __VA_ARGS__), refuse(g))

/* "[base/]Type[/id][?criteria]" */
static bool cut_address(struct planning *g, struct slice url, struct web_fhir_entry *p)
{
	char base[300];
	web_base(g->q, base, sizeof base);
	if (slice_starts(url, base) && url.n > strlen(base))
		url = slice_of(url.p + strlen(base), url.n - strlen(base));
	while (url.n && *url.p == '/')
		url = slice_of(url.p + 1, url.n - 1);
	struct slice criteria, path = slice_cut(url, '?', &criteria), id, type = slice_cut(path, '/', &id);
	if (!type.n || type.n > 64 || memchr(type.p, ':', type.n) || (id.n && memchr(id.p, '/', id.n)) || (criteria.p && id.n))
		return false;
	p->type = arena_strdup(g->q->a, type);
	p->id = id.n ? arena_strdup(g->q->a, id) : NULL;
	p->criteria = criteria;
	return p->type != NULL;
}

/* The patient that a full URL of this bundle names: one who was found, or who has one of its numbers here already. */
static const char *inside(void *arg, struct slice ref, bool *ret_many)
{
	struct planning *g = arg;
	size_t k = 0;
	const char *id = NULL;
	for (const struct json_node *en = g->entries->child; en; en = en->next, k++) {
		const struct json_node *res = json_get(en, "resource");
		if (!slice_eq(json_text(en, "fullUrl"), ref) || !slice_eq_str(json_text(res, "resourceType"), "Patient"))
			continue;
		const struct web_fhir_entry *p = &g->plan->v[k];
		if (p->does == WEB_FHIR_THERE || (p->does == WEB_FHIR_UPDATE && p->id))
			return p->id;
		const struct json_node *list = json_get(res, "identifier");
		for (const struct json_node *i = list ? list->child : NULL; i; i = i->next) {
			struct slice system = json_text(i, "system"), value = json_text(i, "value");
			const char *one = NULL, *number = arena_printf(g->q->a, "%.*s%s%.*s", SLICE_FMT(system), system.n ? "|" : "", SLICE_FMT(value));
			size_t n = value.n && number ? web_fhir_people_with(g->q, g->at, number, &one) : 0;
			if (n > 1 || (n == 1 && id && strcmp(id, one)))
				*ret_many = true;
			id = n == 1 ? one : id;
		}
		return *ret_many ? NULL : id;
	}
	return NULL;
}

static bool is_deleted(const struct planning *g, const char *item)
{
	for (size_t k = 0; g->transaction && k < g->plan->n; k++)
		if (g->plan->v[k].does == WEB_FHIR_DELETE && g->plan->v[k].item && !strcmp(g->plan->v[k].item, item))
			return true;
	return false;
}

/* How many there are of what a condition asks for, and the one's id. -1: answered, and refuse() said whether to go on (*ret_on). */
static int matches(struct planning *g, const char *type, struct slice criteria, const struct json_node *res, char *id, size_t size, bool *ret_on)
{
	struct web_request *q = g->q;
	size_t n = 0;
	bool many = false;
	const char *whose = NULL;
	if (strcmp(type, "Patient") && res) {
		const char *p = web_fhir_whose(q, res, g->at, inside, g, &many);
		whose = p ? p : "";
	}
	if (many) {
		*ret_on = REFUSE(g, 412, "conflict", "whose this %s is cannot be told: several persons have that number.", type);
		return -1;
	}
	if (!web_fhir_count(q, slice_str(type), criteria, whose, &n, id, size)) {
		*ret_on = refuse(g);
		return -1;
	}
	if (n == 1 && is_deleted(g, id))
		n = 0;
	return n > 1 ? 2 : (int)n;
}

/* ---- each kind of entry -------------------------------------------------------------------------------------------------------------------------- */

static bool plan_post(struct planning *g, const struct json_node *en, struct web_fhir_entry *p)
{
	const struct json_node *res = json_get(en, "resource");
	struct slice type = json_text(res, "resourceType"), none = json_text(en, "request.ifNoneExist");
	if (!type.n)
		return REFUSE(g, 400, "structure", "there is no resource in it.");
	if (p->id)
		return REFUSE(g, 400, "input", "a POST of a resource goes to its type; operations and searches are not run in a bundle.");
	if (p->type && !slice_eq_str(type, p->type))
		return REFUSE(g, 400, "input", "the resource is a %.*s, the address says %s.", SLICE_FMT(type), p->type);
	p->type = arena_strdup(g->q->a, type);
	p->does = WEB_FHIR_CREATE;
	const struct fhir_type_info *info = none.n && p->type ? web_fhir_type(p->type, strlen(p->type)) : NULL;
	if (!info || !strcmp(p->type, "AuditEvent") || !strcmp(p->type, "Binary")) {
		p->unlooked = none.n > 0;
		return true;
	}
	char id[80] = "";
	bool on = true;
	if (++g->changes > CHANGES_MAX)
		return REFUSE(g, 413, "limit", "a body has at most %d changes under a condition.", CHANGES_MAX);
	int n = matches(g, p->type, none, res, id, sizeof id, &on);
	if (n < 0)
		return on;
	if (n > 1)
		return REFUSE(g, 412, "conflict", "more than one %s answers to its ifNoneExist.", p->type);
	if (n == 1) {
		p->does = WEB_FHIR_THERE;
		p->id = arena_strdup(g->q->a, slice_str(id));
		return p->id != NULL;
	}
	p->none = none;
	for (const struct web_fhir_entry *o = g->plan->v; o < g->plan->v + g->plan->n; o++)
		if (g->transaction && o != p && o->none.n && !strcmp(o->type, p->type) && slice_eq(o->none, none))
			return REFUSE(g, 412, "conflict", "entry %zu is to be created under the same condition.", (size_t)(o - g->plan->v));
	return true;
}

static bool plan_put(struct planning *g, const struct json_node *en, struct web_fhir_entry *p)
{
	struct web_request *q = g->q;
	const struct json_node *res = json_get(en, "resource");
	struct slice type = json_text(res, "resourceType"), own = json_text(res, "id"), match = json_text(en, "request.ifMatch");
	if (!type.n)
		return REFUSE(g, 400, "structure", "there is no resource in it.");
	if (!p->type || !slice_eq_str(type, p->type) || (!p->id && !p->criteria.n))
		return REFUSE(g, 400, "input", "the address of an update is TYPE/ID or TYPE?SEARCH, of the resource's type.");
	p->does = WEB_FHIR_UPDATE;
	const struct fhir_type_info *info = web_fhir_type(p->type, strlen(p->type));
	if (!info || !strcmp(p->type, "AuditEvent") || !strcmp(p->type, "Binary"))
		return match.n ? REFUSE(g, 412, "conflict", "of a %s no versions are known here.", p->type) : true;
	if (++g->changes > CHANGES_MAX)
		return p->id && !match.n ? true : REFUSE(g, 413, "limit", "a body has at most %d changes under a condition.", CHANGES_MAX);
	bool many = false, on = true;
	if (!p->id) {
		char id[80] = "";
		int n = matches(g, p->type, p->criteria, res, id, sizeof id, &on);
		if (n < 0)
			return on;
		if (n > 1)
			return REFUSE(g, 412, "conflict", "more than one %s is what its address asks for.", p->type);
		if (n == 0 && match.n)
			return REFUSE(g, 412, "conflict", "there is none, in any version.");
		if (n == 0) {
			p->does = WEB_FHIR_CREATE;
			p->none = p->criteria;
			return true;
		}
		p->id = arena_strdup(q->a, slice_str(id));
		p->looked = true;
		if (!p->id || !web_fhir_same_thing(q, p->type, own, p->id))
			return refuse(g);
	} else if (own.n && !web_fhir_same_address(q, p->type, p->id, res))
		return refuse(g);
	const char *whose = strcmp(p->type, "Patient") ? web_fhir_whose(q, res, g->at, inside, g, &many) : NULL;
	if (!web_fhir_may_update(q, p->type, p->id, res, whose, &p->version) || !web_fhir_version_matches(q, match, p->version))
		return refuse(g);
	p->existed = p->version != UINT64_MAX;
	return true;
}

static bool plan_delete(struct planning *g, const struct json_node *en, struct web_fhir_entry *p)
{
	struct web_request *q = g->q;
	struct slice match = json_text(en, "request.ifMatch");
	struct err e = {0};
	bool on = true;
	if (!p->type || (!p->id && !p->criteria.n))
		return REFUSE(g, 400, "input", "the address of a deletion is TYPE/ID or TYPE?SEARCH.");
	p->does = WEB_FHIR_DELETE;
	const struct fhir_type_info *info = web_fhir_type(p->type, strlen(p->type));
	if (info && web_fhir_why_kept(p->type))
		return REFUSE(g, 405, "method", "%s", web_fhir_why_kept(p->type));
	if (++g->changes > CHANGES_MAX)
		return REFUSE(g, 413, "limit", "a body has at most %d deletions.", CHANGES_MAX);
	if (!info)
		return p->criteria.n ? REFUSE(g, 501, "not-supported", "what this search finds is not known here: delete by type and id.") : true;
	if (!p->id) {
		char id[80] = "";
		int n = matches(g, p->type, p->criteria, NULL, id, sizeof id, &on);
		if (n < 0)
			return on;
		if (n > 1)
			return REFUSE(g, 412, "conflict", "more than one %s is what its address asks for: delete them one by one.", p->type);
		p->looked = true;
		if (n == 0) {
			p->gone = true;
			return true;
		}
		p->id = arena_strdup(q->a, slice_str(id));
	}
	if (!p->id || !web_fhir_deletable(q, p->type, p->id, g->at, &p->item, &p->patient, &p->gone, &e)) {
		if (e.code == ERR_EXISTS) {
			web_fail(q, &e);
			return refuse(g);
		}
		p->item = NULL;
		return match.n ? REFUSE(g, 412, "conflict", "there is none, in any version.") : true;
	}
	struct chart_patient *who;
	const struct fact_item *it;
	if (match.n && (chart_find_item(q->w->chart, slice_str(p->item), g->at, q->a, &who, &it, &e) < 0 || !web_fhir_version_matches(q, match, it->entry)))
		return refuse(g);
	return true;
}

static bool plan_patch(struct planning *g, const struct json_node *en, struct web_fhir_entry *p)
{
	struct web_request *q = g->q;
	const struct json_node *res = json_get(en, "resource");
	AUTO_BUF struct buf b = {0};
	bool on = true;
	buf_init(&b, 16 << 20);
	if (!p->type || (!p->id && !p->criteria.n))
		return REFUSE(g, 400, "input", "the address of a patch is TYPE/ID or TYPE?SEARCH.");
	const struct fhir_type_info *info = web_fhir_type(p->type, strlen(p->type));
	if (!info || !strcmp(p->type, "AuditEvent") || !strcmp(p->type, "Binary"))
		return REFUSE(g, 501, "not-supported", "a %s is not patched here.", p->type);
	if (!slice_eq_str(json_text(res, "resourceType"), "Binary")) /* R4 3.1.0.11.2: the patch stands in a Binary */
		return REFUSE(g, 415, "media-type", "a patch in a bundle is a JSON Patch in a Binary (application/json-patch+json); a FHIRPath Patch is not applied here.");
	if (!web_fhir_is_patch(q, json_text(res, "contentType")))
		return refuse(g);
	if (base64_get_loose(&b, json_text(res, "data")) < 0)
		return REFUSE(g, 400, "input", "its Binary's data is no base64.");
	if (++g->changes > CHANGES_MAX)
		return REFUSE(g, 413, "limit", "a body has at most %d changes under a condition.", CHANGES_MAX);
	if (!p->id) {
		char id[80] = "";
		int n = matches(g, p->type, p->criteria, NULL, id, sizeof id, &on);
		if (n < 0)
			return on;
		if (n != 1)
			return REFUSE(g, n ? 412 : 404, "conflict", n ? "more than one %s is what its address asks for." : "there is no such %s.", p->type);
		p->id = arena_strdup(q->a, slice_str(id));
	}
	p->does = WEB_FHIR_PATCH;
	p->patch = arena_dup(q->a, buf_slice(&b));
	p->existed = true;
	if (!p->id || !web_fhir_patched(q, p->type, p->id, p->patch, json_text(en, "request.ifMatch"), &p->patched))
		return refuse(g);
	return true;
}

static bool plan_entry(struct planning *g, const struct json_node *en, int pass)
{
	struct slice method = json_text(en, "request.method"), url = json_text(en, "request.url");
	struct web_fhir_entry *p = &g->plan->v[g->at_entry];
	bool del = slice_eq_str(method, "DELETE"), patient = slice_eq_str(json_text(en, "resource.resourceType"), "Patient"), ask = slice_eq_str(method, "GET") || slice_eq_str(method, "HEAD");
	if (pass != (del ? 0 : patient ? 1 : 2))
		return true;
	if (ask) {
		p->does = WEB_FHIR_ASK;
		return true;
	}
	if (url.n && !cut_address(g, url, p) && !slice_eq_str(method, "POST"))
		return REFUSE(g, 400, "input", "its address is none that is served here.");
	if (del)
		return plan_delete(g, en, p);
	if (slice_eq_str(method, "PUT"))
		return plan_put(g, en, p);
	if (slice_eq_str(method, "PATCH"))
		return plan_patch(g, en, p);
	if (method.n && !slice_eq_str(method, "POST"))
		return REFUSE(g, 400, "input", "its method is none of GET, HEAD, POST, PUT, PATCH, DELETE.");
	return plan_post(g, en, p);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* R4 3.1.0.11.2: no two entries of a transaction change one thing. */
static bool once_each(struct planning *g)
{
	struct web_request *q = g->q;
	struct err e = {0};
	char **names = arena_array(q->a, g->plan->n + 1, sizeof *names);
	size_t n = 0, at = 0;
	if (!names)
		return true;
	for (size_t k = 0; k < g->plan->n; k++) {
		const struct web_fhir_entry *p = &g->plan->v[k];
		if ((p->does != WEB_FHIR_UPDATE && p->does != WEB_FHIR_PATCH && p->does != WEB_FHIR_DELETE) || !p->id || ++at > CHANGES_MAX)
			continue;
		const char *item = p->item ? p->item : p->patched.id, *patient;
		bool gone;
		if (!item && p->existed && !web_fhir_deletable(q, p->type, p->id, g->at, &item, &patient, &gone, &e))
			item = NULL;
		names[n] = arena_printf(q->a, "%s/%s", p->type, item ? item : p->id);
		n += names[n] != NULL;
	}
	if (n)
		qsort(names, n, sizeof *names, by_name);
	for (size_t i = 1; i < n; i++)
		if (!strcmp(names[i], names[i - 1])) {
			web_error(q, 400, "input", "Two entries of this transaction change %.100s. Nothing of it was stored.", names[i]);
			return false;
		}
	return true;
}

struct web_fhir_plan *web_fhir_plan(struct web_request *q, const struct json_node *entries, bool transaction)
{
	struct web_fhir_plan *plan = arena_alloc(q->a, sizeof *plan);
	size_t n = entries ? entries->count : 0;
	struct planning g = {.q = q, .entries = entries, .plan = plan, .transaction = transaction};
	if (plan)
		*plan = (struct web_fhir_plan){.v = arena_array(q->a, n + 1, sizeof *plan->v), .n = n};
	if (!plan || !plan->v) {
		web_error(q, 503, "memory", "No memory for this request.");
		return NULL;
	}
	memset(plan->v, 0, (n + 1) * sizeof *plan->v);
	if (!web_fhir_chart(q, &g.at))
		return NULL;
	for (int pass = 0; pass < 3; pass++) {
		g.at_entry = 0;
		for (const struct json_node *en = entries ? entries->child : NULL; en; en = en->next, g.at_entry++)
			if (!plan_entry(&g, en, pass))
				return NULL;
	}
	if (transaction && !once_each(&g))
		return NULL;
	for (size_t k = 0; k < n; k++) {
		struct web_fhir_entry *p = &plan->v[k];
		bool unchanged = p->does == WEB_FHIR_PATCH && !p->patched.after.p, nothing = p->does == WEB_FHIR_DELETE && (p->gone || !p->item);
		p->says = p->does == WEB_FHIR_THERE || p->does == WEB_FHIR_REFUSED || p->does == WEB_FHIR_PATCH || (p->does == WEB_FHIR_UPDATE && p->looked) || (p->does == WEB_FHIR_DELETE && (p->item || p->looked));
		plan->says = plan->says || p->says;
		plan->stores = plan->stores || !(p->does == WEB_FHIR_ASK || p->does == WEB_FHIR_THERE || p->does == WEB_FHIR_REFUSED || unchanged || nothing);
	}
	return plan;
}

/* ---- writing it down ------------------------------------------------------------------------------------------------------------------------------- */

static void begin(struct buf *b, size_t k)
{
	buf_printf(b, ",{\"extension\":[{\"url\":\"" FHIR_INSTEAD_OF "\",\"valueUnsignedInt\":%zu}]", k);
}

static void put_one(struct buf *b, size_t k, const struct web_fhir_entry *p)
{
	begin(b, k);
	if (p->does == WEB_FHIR_THERE)
		buf_printf(b, ",\"request\":{\"method\":\"GET\",\"url\":\"%s/%s\"}", p->type, p->id);
	else if (p->does == WEB_FHIR_UPDATE)
		buf_printf(b, ",\"request\":{\"method\":\"PUT\",\"url\":\"%s/%s\"}", p->type, p->id);
	else if (p->does == WEB_FHIR_PATCH && p->patched.after.p) {
		buf_u8(b, ',');
		web_fhir_put_patched(b, p->type, &p->patched, p->patch);
	} else if (p->does == WEB_FHIR_DELETE && p->item && !p->gone)
		buf_printf(b, ",\"request\":{\"extension\":[{\"url\":\"" FHIR_WHOSE "\",\"valueReference\":{\"reference\":\"Patient/%s\"}}],\"method\":\"DELETE\",\"url\":\"%s/%s\"}", p->patient, p->type, p->item);
	buf_u8(b, '}');
}

/* The body with what was looked up at the end of its entries. again: a moment is added, so that it is not the entry that was stored before. */
bool web_fhir_with_plan(struct web_request *q, const struct json_node *entries, const struct web_fhir_plan *plan, bool again, struct slice *ret)
{
	AUTO_BUF struct buf b = {0};
	struct slice body = buf_slice(&q->body), list = entries->raw;
	size_t before = (size_t)(list.p - body.p) + list.n - 1;
	char t[32];
	buf_init(&b, WEB_FHIR_MAX);
	buf_add_slice(&b, slice_of(body.p, before));
	for (size_t k = 0; k < plan->n; k++)
		if (plan->v[k].says)
			put_one(&b, k, &plan->v[k]);
	if (again)
		buf_printf(&b, ",{\"extension\":[{\"url\":\"urn:holdfast:fhir:again\",\"valueInstant\":\"%s\"}]}", time_rfc3339(time_now(), 9, t));
	buf_add_slice(&b, slice_of(body.p + before, body.n - before));
	if (!buf_ok(&b)) {
		web_error(q, 413, "limit", "With what was looked up for it this body is too large.");
		return false;
	}
	*ret = arena_dup(q->a, buf_slice(&b));
	return ret->p != NULL;
}
