/* Searching: what was asked, who is a candidate, what is found. */
#include "web_fhir_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- parameters ------------------------------------------------------------------------------------------------------------------- */


static const char *const controls[] = {"_count", "_sort", "_format", "_pretty", "_summary", "_elements", "_total", "_include", "_revinclude", "_include:iterate", "_page", "_cursor", "at", "_type", "_since"};

const char *web_fhir_strip(const char *ref)
{
	const char *slash = strrchr(ref, '/');
	return slash ? slash + 1 : ref;
}

static void take_param(void *arg, const char *name, const char *value)
{
	struct query *x = arg;
	struct web_request *q = x->q;
	for (size_t i = 0; i < ARRAY_LEN(controls); i++)
		if (!strcmp(name, controls[i])) {
			if ((!strcmp(name, "_include")) && (strstr(value, ":patient") || strstr(value, ":subject") || strstr(value, ":*")))
				x->include_patient = true;
			return;
		}
	char *copy = arena_strdup(q->a, slice_str(name)), *text = arena_strdup(q->a, slice_str(value));
	if (!copy || !text || x->n == PARAMS_MAX) {
		x->bad = true;
		return;
	}
	char *colon = strchr(copy, ':');
	if (colon)
		*colon++ = 0;
	const char *type = NULL;
	for (size_t i = 0; i < x->info->count; i++)
		if (!strcmp(copy, x->info->params[i].name))
			type = x->info->params[i].type;
	if (!type) {
		if (x->strict)
			x->bad = true;
		return; /* R4 3.1.1.0.6: unknown parameters are ignored unless handling=strict */
	}
	if ((!strcmp(copy, "patient") || !strcmp(copy, "subject")) && strcmp(x->info->type, "Patient"))
		x->patient = web_fhir_strip(text);
	x->p[x->n++] = (struct param){.name = copy, .modifier = colon, .value = text, .type = type};
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

static uint64_t query_number(struct web_request *q, const char *name, uint64_t otherwise, uint64_t max)
{
	const char *v = web_query(q, name);
	uint64_t n;
	if (!v || num_u64(slice_str(v), 0, UINT64_MAX, &n) < 0)
		return otherwise;
	return n > max ? max : n;
}

bool web_fhir_query(struct web_request *q, const struct fhir_type_info *info, struct query *x)
{
	const char *prefer = web_header(q, "Prefer"), *summary = web_query(q, "_summary");
	*x = (struct query){.q = q, .info = info, .count = query_number(q, "_count", COUNT_DEFAULT, COUNT_MAX), .offset = query_number(q, "_page", 0, UINT32_MAX), .cursor = query_number(q, "_cursor", 0, CHART_NOW),
	                    .sort = web_query(q, "_sort"), .strict = prefer && strstr(prefer, "handling=strict")};
	x->summary_count = (summary && !strcmp(summary, "count")) || x->count == 0;
	web_query_each(q, take_param, x);
	if (q->method == WEB_POST)
		take_form(x);
	if (x->bad)
		web_error(q, 400, "input", "A search parameter is not known for %s, or there are too many.", info->type);
	return !x->bad;
}

/* ---- searching Patient ---------------------------------------------------------------------------------------------------------------------------- */

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
			if (one.n && chart_patient(c, one, at, q->a, &p, NULL, &e) == 0 && web_fhir_may_open(q, p) && !web_fhir_add_patient(q, p, x, NULL, h))
				return false;
		}
		return true;
	}
	if (r == ERR_NOT_FOUND)
		return true;
	if (r < 0)
		return false;
	return !web_fhir_may_open(q, p) || web_fhir_add_patient(q, p, x, NULL, h);
}

/* What names candidates best: an id, a number, else the words of names and the birth date. */
static bool search_patients(struct web_request *q, struct query *x, struct chart *c, struct chart_moment at, struct hits *h, uint64_t *next_cursor, bool *all)
{
	struct err e = {0};
	AUTO_BUF struct buf words = {0};
	buf_init(&words, 1 << 14);
	for (size_t i = 0; i < x->n; i++) {
		const struct param *p = &x->p[i];
		if (!strcmp(p->name, "_id") || !strcmp(p->name, "identifier")) {
			struct slice rest = slice_str(p->value);
			do {
				struct slice one = slice_cut(rest, ',', &rest), value, system = slice_cut(one, '|', &value);
				if (!add_by_id(q, x, c, at, value.p ? value : system, h))
					return false;
			} while (rest.p && rest.n);
			return true;
		}
		if (!p->modifier && (!strcmp(p->name, "family") || !strcmp(p->name, "given") || !strcmp(p->name, "name") || (!strcmp(p->name, "birthdate") && strlen(p->value) == 10 && p->value[0] >= '0' && p->value[0] <= '9')))
			buf_printf(&words, "%s%.*s", words.n ? " " : "", (int)strcspn(p->value, ","), p->value);
	}
	if (words.n) {
		struct chart_row *row;
		size_t n;
		if (chart_search(c, buf_slice(&words), at, COUNT_MAX, q->a, &row, &n, &e) < 0)
			return false;
		for (; row; row = row->next)
			if (!add_by_id(q, x, c, at, slice_str(row->id), h))
				return false;
		return true;
	}
	char (*ids)[32] = arena_array(q->a, SCAN_PERSONS, 32);
	size_t n;
	*all = false;
	if (!ids || chart_persons_page(c, at, x->cursor, x->n ? SCAN_PERSONS : (size_t)x->count + 1 > SCAN_PERSONS ? SCAN_PERSONS : (size_t)x->count, ids, &n, next_cursor, &e) < 0)
		return false;
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

static void audit_events(struct web_request *q, struct query *x, struct chart *c, struct chart_moment at)
{
	struct chart_event *ev;
	struct err e = {0};
	struct hits h = {0};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	if (!web_may(q, MAY_AUDIT))
		return;
	if (chart_events(c, LEDGER_AUDIT, slice_str(x->patient), x->cursor ? x->cursor : CHART_NOW, (size_t)x->count, q->a, &ev, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	uint64_t last = 0;
	size_t n = 0;
	for (; ev; ev = ev->next, n++) {
		struct jsonw w;
		last = ev->entry;
		struct fhir_audit a = {.id = arena_printf(q->a, "audit-%" PRIu64, ev->entry), .time = ev->time, .what = arena_strdup(q->a, ev->what), .user = arena_strdup(q->a, ev->user),
		                       .patient_id = ev->patient.n ? arena_strdup(q->a, ev->patient) : NULL, .reason = ev->reason.n ? arena_strdup(q->a, ev->reason) : NULL, .site = q->web->role->site_name,
		                       .as_of_entry = UINT64_MAX, .ok = true};
		buf_reset(&b);
		jsonw_init(&w, &b);
		fhir_write_audit(&w, &a);
		if (!web_fhir_hit(q, &h, (struct hit){.json = web_fhir_written(q, &b)}))
			return web_fhir_too_large(q);
	}
	web_fhir_bundle(x, "AuditEvent", at, &h, 0, h.n, UINT64_MAX, n == x->count ? last : 0);
}

void web_fhir_search(struct web_request *q, const struct fhir_type_info *info)
{
	struct chart_moment at;
	struct query x;
	struct hits h = {0};
	uint64_t next_cursor = 0;
	bool all = true, ok;
	if (!web_may(q, MAY_FHIR_READ))
		return;
	struct chart *c = web_fhir_chart(q, &at);
	if (!c || !web_fhir_query(q, info, &x))
		return;
	if (!strcmp(info->type, "AuditEvent")) {
		audit_events(q, &x, c, at);
		return;
	}
	if (!strcmp(info->type, "Patient")) {
		if (!web_fhir_note(q, NULL, at))
			return;
		ok = search_patients(q, &x, c, at, &h, &next_cursor, &all);
	} else if (x.patient) {
		struct chart_patient *p;
		struct err e = {0};
		int r = chart_patient(c, slice_str(x.patient), at, q->a, &p, NULL, &e);
		if (r < 0 && r != ERR_NOT_FOUND) {
			web_fail(q, &e);
			return;
		}
		ok = true;
		if (r == 0) {
			uint64_t entry;
			if (web_patient(q, p->id, at, "search", &p, &entry) < 0)
				return;
			ok = web_fhir_add_items(q, p, info->type, &x, 0, &h);
			if (ok && x.include_patient && h.n)
				ok = web_fhir_add_patient(q, p, NULL, "include", &h);
		}
	} else {
		all = false;
		if (!web_fhir_note(q, NULL, at))
			return;
		ok = everywhere(q, &x, c, at, &h, &next_cursor);
	}
	if (!ok) {
		web_fhir_too_large(q);
		return;
	}
	uint64_t total = all ? h.n - (x.include_patient && h.n ? 1 : 0) : x.n == 0 && !strcmp(info->type, "Patient") ? chart_person_count(c) : UINT64_MAX;
	web_fhir_answer(&x, info->type, at, &h, total, next_cursor);
}

