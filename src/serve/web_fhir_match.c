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
	struct slice have = json_text(n, "reference");
	if (!have.n)
		return false;
	char text[256];
	snprintf(text, sizeof text, "%.*s", SLICE_FMT(value));
	const char *id = web_fhir_strip(text);
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
const size_t web_fhir_place_count = ARRAY_LEN(web_fhir_places);

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
		for (size_t i = 0; i < web_fhir_place_count; i++) {
			if (strcmp(web_fhir_places[i].name, p->name))
				continue;
			for (size_t k = 0; k < ARRAY_LEN(web_fhir_places[i].paths) && web_fhir_places[i].paths[k]; k++) {
				const struct json_node *n = json_get(res, web_fhir_places[i].paths[k]);
				there = there || n;
				if (!n || missing)
					continue;
				if (!strcmp(p->name, "family") || !strcmp(p->name, "given")) {
					for (const struct json_node *name = n->child; name; name = name->next)
						if (any(json_get(name, p->name), p, value, match_string))
							return true;
				} else if (!strcmp(p->name, "patient") && !strcmp(web_fhir_places[i].paths[k], "participant")) {
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

bool web_fhir_matches(const struct query *x, const struct json_node *res)
{
	for (size_t i = 0; i < x->n; i++)
		if (!matches_param(res, &x->p[i]) && !((!strcmp(x->p[i].name, "patient") || !strcmp(x->p[i].name, "subject")) && x->patient)) /* the patient was chosen already, by any of their numbers */
			return false;
	return true;
}

