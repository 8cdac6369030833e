/* FHIR AuditEvent of R4 and R5 (hl7.org/fhir/R4/auditevent.html, R5's of the same name), by itself, in a Bundle, or as lines of a bulk export. The object is what each entity refers to.
 * An export or a disclosure (DCM 110106; ISO 21089 disclose, transmit, extract; $export) put content into other hands: acquired. A read, a search, a use is accessed. What was made, changed or removed was opened. */
#include "evidence_internal.h"

static struct slice first_text(const struct json_node *n, const char *const *paths)
{
	for (size_t i = 0; paths[i]; i++) {
		struct slice s = json_text(n, paths[i]);
		if (s.n)
			return s;
	}
	return SLICE_NULL;
}

/* Does a Coding below n (a Coding, a CodeableConcept, a list of them) have one of these codes? */
static bool coded(const struct json_node *n, const char *const *codes, int depth)
{
	if (!n || depth > 4)
		return false;
	if (n->type == JSON_ARR) {
		for (const struct json_node *c = n->child; c; c = c->next)
			if (coded(c, codes, depth + 1))
				return true;
		return false;
	}
	struct slice code = json_text(n, "code");
	for (size_t i = 0; code.n && codes[i]; i++)
		if (slice_eq_nocase(code, codes[i]))
			return true;
	return coded(json_get(n, "coding"), codes, depth + 1) || (json_get(n, "code") && json_get(n, "code")->type == JSON_OBJ && coded(json_get(n, "code"), codes, depth + 1));
}

static bool any(const struct json_node *n, const char *const *codes)
{
	static const char *const where[] = {"type", "subtype", "category", "code"};
	for (size_t i = 0; i < ARRAY_LEN(where); i++)
		if (coded(json_get(n, where[i]), codes, 0))
			return true;
	return false;
}

static bool failed(const struct json_node *n)
{
	static const char *const bad[] = {"4", "8", "12", "error", "fatal", "serious-failure", "minor-failure", "major-failure", NULL};
	struct slice o = json_text(n, "outcome"); /* R4 a code; R5 a CodeableConcept in outcome.code */
	for (size_t i = 0; o.n && bad[i]; i++)
		if (slice_eq_str(o, bad[i]))
			return true;
	return coded(json_path(n, "outcome.code"), bad, 0);
}

static enum evidence_level level_of(const struct json_node *n, const char **why, int *confidence)
{
	static const char *const out[] = {"110106", "disclose", "transmit", "extract", "export", "110104", "ITI-43", "$export", "print", NULL}, *const use[] = {"110103", "110110", "110112", "read", "vread", "search", "search-type", "search-system", "history", "history-instance", "history-type", "access", "display", "view", "query", NULL};
	struct slice action = json_text(n, "action");
	if (any(n, out)) {
		*why = "the audit event says it was exported or disclosed";
		*confidence = 90;
		return EVIDENCE_ACQUIRED;
	}
	if (slice_eq_str(action, "R") || (!slice_eq_str(action, "C") && !slice_eq_str(action, "U") && !slice_eq_str(action, "D") && any(n, use))) {
		*why = slice_eq_str(action, "E") ? "the audit event says it was found by a query" : "the audit event says it was read";
		*confidence = 90;
		return EVIDENCE_ACCESSED;
	}
	*why = slice_eq_str(action, "C") ? "the audit event says it was made" : slice_eq_str(action, "D") ? "the audit event says it was removed" : slice_eq_str(action, "U") ? "the audit event says it was changed" : "the audit event says that something was done with it";
	*confidence = slice_eq_str(action, "E") || !action.n ? 70 : 90;
	return EVIDENCE_OPENED;
}

static const struct json_node *agent_of(const struct json_node *n)
{
	const struct json_node *list = json_get(n, "agent"), *found = list && list->type == JSON_ARR ? list->child : NULL;
	for (const struct json_node *a = found; a; a = a->next) {
		const struct json_node *r = json_get(a, "requestor");
		if (r && r->type == JSON_TRUE)
			return a;
	}
	return found;
}

static int put_query(struct evidence *v, struct evidence_touch x, struct slice query)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, EVIDENCE_PATH_MAX * 2);
	if (base64_get_loose(&b, query) < 0 || !utf8_valid(buf_slice(&b)))
		return 0;
	x.path = buf_slice(&b);
	x.confidence = 60;
	x.reason = SLICE("the audit event is of a query; which records it found is not said");
	return evidence_put(v, &x);
}

static int one(struct evidence *v, const struct json_node *n)
{
	static const char *const whos[] = {"altId", "who.identifier.value", "who.display", "name", "who.reference", NULL}, *const froms[] = {"network.address", "networkString", "networkUri", "networkReference.display", "networkReference.reference", NULL},
	                  *const hosts[] = {"source.observer.display", "source.site", "source.site.display", "source.observer.identifier.value", "source.observer.reference", NULL}, *const times[] = {"occurredDateTime", "occurredPeriod.start", "period.start", "recorded", NULL},
	                  *const names[] = {"what.reference", "reference.reference", "what.identifier.value", "identifier.value", "what.display", NULL};
	const struct json_node *agent = agent_of(n), *entities = json_get(n, "entity"), *patient = json_get(n, "patient");
	const char *why;
	int confidence, r = 0;
	v->account.records++;
	int64_t t = evidence_time_any(v, first_text(n, times));
	evidence_saw(v, t);
	if (failed(n)) {
		v->account.failed++;
		return 0;
	}
	struct evidence_touch x = {.who = first_text(agent, whos), .from = first_text(agent, froms), .host = first_text(n, hosts), .time = t, .level = level_of(n, &why, &confidence)};
	x.reason = slice_str(why);
	x.confidence = (uint8_t)confidence;
	static const char *const users[] = {"6", "7", "8", "9", "11", "13", "24", NULL};
	for (const struct json_node *e = entities && entities->type == JSON_ARR ? entities->child : NULL; r == 0 && e; e = e->next) {
		x.path = first_text(e, names);
		if (!x.path.n && json_text(e, "query").n) { /* what was asked for, base64; what it found is not said */
			if (x.level == EVIDENCE_ACCESSED)
				r = put_query(v, x, json_text(e, "query"));
			continue;
		}
		if (x.path.n && !coded(json_get(e, "role"), users, 0))
			r = evidence_put(v, &x);
	}
	if (r == 0 && patient && (x.path = json_text(patient, "reference")).n)
		r = evidence_put(v, &x);
	return r;
}

int evidence_json_fhir(struct evidence *v, const struct json_node *n)
{
	struct slice type = json_text(n, "resourceType");
	int r = 0;
	if (slice_eq_str(type, "Bundle")) {
		const struct json_node *entry = json_get(n, "entry");
		bool any_of_them = false;
		for (const struct json_node *e = entry && entry->type == JSON_ARR ? entry->child : NULL; r == 0 && e; e = e->next)
			if (slice_eq_str(json_text(e, "resource.resourceType"), "AuditEvent")) {
				any_of_them = true;
				r = one(v, json_get(e, "resource"));
			}
		if (!any_of_them)
			return r;
	} else if (slice_eq_str(type, "AuditEvent"))
		r = one(v, n);
	else
		return 0;
	v->account.kind = EVIDENCE_FHIR;
	v->account.dialect = "FHIR AuditEvent";
	v->account.clock = "the server's, with its zone";
	return r ? r : 1;
}
