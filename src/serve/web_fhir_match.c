/* Does a written resource match a search parameter? R4 3.1.1.5: token, string, reference, date. */
#include "web_fhir_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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

static bool folded_match(struct slice have, struct slice want, const char *modifier);

/* CodeableConcept, Coding, Identifier, ContactPoint, code, boolean (R4 3.1.1.5.4) */
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
	bool text = p->modifier && !strcmp(p->modifier, "text");
	if (text && (folded_match(json_text(n, "text"), value, "contains") || folded_match(json_text(n, "display"), value, "contains")))
		return true;
	for (const struct json_node *c = codings ? codings->child : NULL; c; c = c->next)
		if (text ? folded_match(json_text(c, "display"), value, "contains") : token_equal(system, system_given, code, json_text(c, "system"), json_text(c, "code")))
			return true;
	if (codings || text)
		return false;
	struct slice have = json_text(n, "value"); /* Identifier */
	return token_equal(system, system_given, code, json_text(n, "system"), have.n ? have : json_text(n, "code"));
}

static bool folded_match(struct slice have, struct slice want, const char *modifier)
{
	AUTO_BUF struct buf a = {0}, b = {0};
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
	if (p->modifier && !strcmp(p->modifier, "identifier")) {
		const struct param plain = {.type = "token"};
		return json_get(n, "identifier") && match_token(json_get(n, "identifier"), &plain, value);
	}
	struct slice have = json_text(n, "reference");
	if (!have.n)
		return false;
	char text[256];
	snprintf(text, sizeof text, "%.*s", SLICE_FMT(value));
	const char *id = web_fhir_strip(text);
	size_t m = strlen(id);
	return m && have.n >= m && !memcmp(have.p + have.n - m, id, m) && (have.n == m || have.p[have.n - m - 1] == '/');
}

/* "2026-11-20T10:00+01:00" -> what stands before the zone. */
static struct slice without_zone(struct slice s)
{
	for (size_t i = 11; i < s.n; i++)
		if (s.p[i] == 'Z' || s.p[i] == '+' || s.p[i] == '-')
			return slice_of(s.p, i);
	return s;
}

/* The period that a date of any precision names: [from, to). Without a zone it is the site's (R4 3.1.1.5.8). */
static bool span_of(struct slice s, int zone_minutes, int64_t *from, int64_t *to)
{
	int64_t t = fact_time_ns(s, zone_minutes);
	if (t == INT64_MIN)
		return false;
	struct slice plain = without_zone(s);
	int64_t local = fact_time_ns(plain, 0), shift = t - local;
	int y, mo, d, h, mi, sec;
	time_civil(local, &y, &mo, &d, &h, &mi, &sec);
	*from = t;
	if (plain.n == 4)
		*to = time_from_civil(y + 1, 1, 1, 0, 0, 0) + shift;
	else if (plain.n == 7)
		*to = (mo == 12 ? time_from_civil(y + 1, 1, 1, 0, 0, 0) : time_from_civil(y, mo + 1, 1, 0, 0, 0)) + shift;
	else if (plain.n == 10)
		*to = t + 86400 * TIME_SEC;
	else if (plain.n == 16)
		*to = t + 60 * TIME_SEC;
	else
		*to = t + TIME_SEC;
	return true;
}

static int date_prefix(struct slice *value)
{
	static const char prefixes[][3] = {"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"};
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (slice_starts(*value, prefixes[i])) {
			*value = slice_of(value->p + 2, value->n - 2);
			return (int)i;
		}
	return 0;
}

static bool match_date(const struct json_node *n, const struct param *p, struct slice value)
{
	int op = date_prefix(&value);
	int64_t from, to, low, high, other;
	if (!span_of(value, p->zone_minutes, &from, &to))
		return false;
	if (n->type == JSON_OBJ) { /* Period */
		struct slice start = json_text(n, "start"), end = json_text(n, "end");
		low = INT64_MIN;
		high = INT64_MAX;
		if (start.n && !span_of(start, p->zone_minutes, &low, &other))
			return false;
		if (end.n && !span_of(end, p->zone_minutes, &other, &high))
			return false;
	} else if (!span_of(node_text(n), p->zone_minutes, &low, &high))
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

/* ---- what a parameter may say ----------------------------------------------------------------------------------------------------------- */

bool web_fhir_modifier_ok(const struct param *p)
{
	static const char *const served[][4] = {{"token", "text", "not", "missing"}, {"string", "exact", "contains", "missing"}, {"reference", "identifier", "missing", ""}, {"date", "missing", "", ""}};
	if (!p->modifier)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(served); i++)
		for (size_t k = 1; k < ARRAY_LEN(served[i]) && !strcmp(served[i][0], p->type); k++)
			if (*p->modifier && !strcmp(served[i][k], p->modifier))
				return true;
	return false;
}

bool web_fhir_value_ok(const struct param *p, int zone_minutes)
{
	int64_t from, to;
	if (p->modifier && !strcmp(p->modifier, "missing"))
		return !strcmp(p->value, "true") || !strcmp(p->value, "false");
	struct slice rest = slice_str(p->value);
	while (!strcmp(p->type, "date") && rest.p && rest.n) {
		struct slice one = slice_cut(rest, ',', &rest);
		(void)date_prefix(&one);
		if (!span_of(one, zone_minutes, &from, &to))
			return false;
	}
	return strcmp(p->type, "date") || p->value[0];
}

/* Where a parameter looks, by name; the first path that is there counts, several are alternatives. R4's search parameter definitions. */
const struct web_fhir_place web_fhir_places[] = {
	{"code", {"code", "medicationCodeableConcept", "vaccineCode"}},
	{"medication", {"medicationCodeableConcept"}},
	{"vaccine-code", {"vaccineCode"}},
	{"category", {"category"}},
	{"clinical-status", {"clinicalStatus"}},
	{"verification-status", {"verificationStatus"}},
	{"status", {"status"}},
	{"intent", {"intent"}},
	{"class", {"class"}},
	{"type", {"type"}},
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
	{"patient", {"subject", "patient", "participant", "for", "beneficiary", "entity"}},
	{"actor", {"participant"}},
	{"beneficiary", {"beneficiary"}},
	{"result", {"result"}},
	{"relationship", {"relationship"}},
	{"priority", {"priority"}},
	{"issued", {"issued"}},
	{"whenhandedover", {"whenHandedOver"}},
	{"whenprepared", {"whenPrepared"}},
	{"subject", {"subject", "patient"}},
	{"encounter", {"encounter", "context"}}, /* DocumentReference has its encounters in the context */
	{"context", {"context", "encounter"}},
	{"date", {"effectiveDateTime", "effectivePeriod", "effectiveInstant", "date", "period", "occurrenceDateTime", "performedDateTime", "performedPeriod"}},
	{"date", {"start", "recordedDate", "authoredOn", "onsetDateTime", "issued", "created", "recorded"}},
	{"effective-time", {"effectiveDateTime", "effectivePeriod"}},
	{"effective", {"effectiveDateTime", "effectivePeriod"}},
	{"authoredon", {"authoredOn"}},
	{"authored", {"authoredOn"}},
	{"onset-date", {"onsetDateTime", "onsetPeriod"}},
	{"recorded-date", {"recordedDate"}},
	{"criticality", {"criticality"}},
	{"location", {"location"}},
};
const size_t web_fhir_place_count = ARRAY_LEN(web_fhir_places);

static const struct json_node *inside(const struct json_node *n, const char *name, const char *path)
{
	if (!strcmp(path, "participant"))
		return json_get(n, "actor");
	if (!strcmp(path, "entity"))
		return json_get(n, "what");
	if (!strcmp(path, "context") && json_get(n, "encounter"))
		return json_get(n, "encounter");
	return !strcmp(name, "family") || !strcmp(name, "given") ? json_get(n, name) : NULL;
}

/* One alternative against one place. What is inside of a list's elements (a participant's actor, a name's family) is looked at there. */
static bool match_place(const struct json_node *n, const struct param *p, const char *path, struct slice value, match_fn *fn)
{
	bool list = n->type == JSON_ARR, into = inside(list ? n->child : n, p->name, path) || !strcmp(path, "participant") || !strcmp(path, "entity") || !strcmp(p->name, "family") || !strcmp(p->name, "given");
	if (!into)
		return any(n, p, value, fn);
	for (const struct json_node *c = list ? n->child : n; c; c = list ? c->next : NULL) {
		const struct json_node *m = inside(c, p->name, path);
		if (m && any(m, p, value, fn))
			return true;
	}
	return false;
}

static bool match_one(const struct json_node *res, const struct param *p, struct slice value, match_fn *fn, bool *there)
{
	const struct json_node *own = !strcmp(p->name, "_id") ? json_get(res, "id") : !strcmp(p->name, "_lastUpdated") ? json_path(res, "meta.lastUpdated") : NULL;
	*there = own != NULL;
	if (own && any(own, p, value, fn))
		return true;
	for (size_t i = 0; i < web_fhir_place_count; i++)
		for (size_t k = 0; !strcmp(web_fhir_places[i].name, p->name) && k < ARRAY_LEN(web_fhir_places[i].paths) && web_fhir_places[i].paths[k]; k++) {
			const struct json_node *n = json_get(res, web_fhir_places[i].paths[k]);
			*there = *there || n;
			if (n && match_place(n, p, web_fhir_places[i].paths[k], value, fn))
				return true;
		}
	return false;
}

static bool matches_param(struct arena *a, const struct json_node *res, const struct param *p)
{
	match_fn *fn = !strcmp(p->type, "string") ? match_string : !strcmp(p->type, "date") ? match_date : !strcmp(p->type, "reference") ? match_reference : match_token;
	bool there = false, hit = false;
	struct slice rest = slice_str(p->value), value;
	if (p->modifier && !strcmp(p->modifier, "missing")) {
		(void)match_one(res, p, SLICE(""), fn, &there);
		return !strcmp(p->value, "true") ? !there : there;
	}
	while (!hit && web_fhir_alternative(a, &rest, &value))
		hit = match_one(res, p, value, fn, &there);
	return p->modifier && !strcmp(p->modifier, "not") ? !hit : hit;
}

bool web_fhir_matches(const struct query *x, const struct json_node *res)
{
	for (size_t i = 0; i < x->n; i++)
		if (!x->p[i].chosen && !matches_param(x->q->a, res, &x->p[i])) /* the patient was chosen already, by any of their numbers */
			return false;
	return true;
}
