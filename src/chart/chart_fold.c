/* Statements -> items and sections.
 *
 * Statements of one thing (chart_key.c) are taken in order of (source time, entry, place in the message), whatever order they arrived in. Fields that are stated replace, "" deletes, absent
 * ones leave alone. What was replaced stays as history. Results and reports have their own rules (chart_result.c).
 *
 * Lists. AL1 in a registration message is the whole list (2.10.4.1, snapshot): what the same feed said earlier of the same list under the same identifier, and is not in it, is replaced. A
 * list of one feed never takes away what another one said, and after a merge the survivor's list does not take away what was said under the other number: an allergy too many is asked about, one
 * too few kills.
 *
 * None, list, not received. Something current: list. Else "none" where that is the newest thing said of the section and nothing was listed after it. Else not received, also when all that was
 * listed has been withdrawn: nobody has said "none". "None" against a list keeps the list and is put up for review.
 */
#include "chart_internal.h"

#include <inttypes.h>
#include <stdlib.h>

struct scope { /* the newest whole list of one feed, under one identifier */
	uint8_t kind, origin;
	uint32_t ident;
	struct slice feed, category;
	bool any_category;
	int64_t time;
	uint64_t row;
	struct scope *next;
};

/* ---- small things ------------------------------------------------------------------------------------------------------------------------------ */

void fold_init(struct fold *x, struct arena *a, int zone_minutes, struct chart_section *sections)
{
	*x = (struct fold){.a = a, .zone_minutes = zone_minutes, .s = sections};
	x->last_review = &x->review;
	for (int i = 0; i < CHART_SECTIONS; i++)
		sections[i].state = FHIR_NOT_RECEIVED;
}

void review_add(struct fold *x, const char *what, uint64_t entry, struct slice text)
{
	struct chart_review *r = arena_alloc(x->a, sizeof *r);
	if (!r) {
		x->failed = true;
		return;
	}
	snprintf(r->what, sizeof r->what, "%s", what);
	r->entry = entry;
	r->text = text;
	*x->last_review = r;
	x->last_review = &r->next;
}

bool fact_same(const struct fact *a, const struct fact *b)
{
	unsigned i = 0, k = 0;
	for (;;) { /* what differs from message to message without being said: ACTION, SET */
		while (i < a->count && (a->values[i].id == FF_ACTION || a->values[i].id == FF_SET))
			i++;
		while (k < b->count && (b->values[k].id == FF_ACTION || b->values[k].id == FF_SET))
			k++;
		if (i == a->count || k == b->count)
			return i == a->count && k == b->count && a->kind == b->kind;
		if (a->values[i].id != b->values[k].id || !slice_eq(a->values[i].v, b->values[k].v))
			return false;
		i++, k++;
	}
}

struct fact *fact_merged(struct fold *x, const struct stmt *s, size_t n)
{
	const struct fact *from[FF_COUNT] = {NULL};
	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < s[i].f->count; k++)
			from[s[i].f->values[k].id] = s[i].f;
	size_t count = 0;
	for (int f = 1; f < FF_COUNT; f++)
		for (unsigned k = 0; from[f] && f != FF_ACTION && k < from[f]->count; k++)
			count += from[f]->values[k].id == f && !fact_is_null(from[f]->values[k].v);
	struct fact *t = arena_alloc(x->a, sizeof *t);
	if (!t || count > UINT16_MAX || !(t->values = arena_array(x->a, count, sizeof *t->values))) {
		x->failed = true;
		return NULL;
	}
	t->kind = s[n - 1].f->kind;
	t->cap = (uint16_t)count;
	for (int f = 1; f < FF_COUNT; f++)
		for (unsigned k = 0; from[f] && f != FF_ACTION && k < from[f]->count; k++)
			if (from[f]->values[k].id == f && !fact_is_null(from[f]->values[k].v))
				t->values[t->count++] = from[f]->values[k];
	return t;
}

/* As fact_merged; one statement alone that takes nothing away is shown as it came. */
const struct fact *fact_shown(struct fold *x, const struct stmt *s, size_t n)
{
	bool plain = n == 1;
	for (unsigned k = 0; plain && k < s->f->count; k++)
		plain = s->f->values[k].id != FF_ACTION && !fact_is_null(s->f->values[k].v);
	return plain ? s->f : fact_merged(x, s, n);
}

const struct stmt *first_said(const struct stmt *s, size_t n)
{
	const struct stmt *first = s;
	for (size_t i = 1; i < n; i++)
		if (s[i].row->id < first->row->id || (s[i].row->id == first->row->id && s[i].index < first->index))
			first = &s[i];
	return first;
}

/* The id is where the thing was first said: later arrivals, also of older statements, never change it. */
struct fact_item *item_new(struct fold *x, const struct stmt *said, const struct fact *f, const struct stmt *first, enum fact_state state)
{
	struct fact_item *it = f ? arena_alloc(x->a, sizeof *it) : NULL;
	if (!it) {
		x->failed = true;
		return NULL;
	}
	uint32_t group = (uint32_t)(first->row->id & STORE_GROUP_MAX);
	if (group)
		snprintf(it->id, sizeof it->id, "e%" PRIu64 ".%" PRIu32 "-%" PRIu32, row_entry(first->row), group, first->index);
	else
		snprintf(it->id, sizeof it->id, "e%" PRIu64 "-%" PRIu32, row_entry(first->row), first->index);
	it->fact = f;
	it->entry = row_entry(said->row);
	it->received = said->row->received;
	it->feed = said->row->f.feed;
	it->source_time = said->row->f.time;
	it->origin = row_origin(said->row);
	it->incomplete = said->row->flags & ROW_INCOMPLETE;
	it->state = state;
	return it;
}

struct fact_item *items_of(struct fold *x, const struct stmt *s, size_t n, const struct stmt *but)
{
	struct fact_item *first = NULL, **last = &first;
	const struct fact *newer = but ? but->f : NULL;
	const struct stmt *began = first_said(s, n);
	unsigned count = 0;
	for (size_t i = n; i-- > 0 && count < CHART_HISTORY_MAX;) {
		if (&s[i] == but || (newer && fact_same(s[i].f, newer)))
			continue;
		newer = s[i].f;
		struct fact_item *it = item_new(x, &s[i], s[i].f, began, fact_says(s[i].f, FF_STATUS, "entered-in-error") ? FACT_IN_ERROR : fact_says(s[i].f, FF_ACTION, "delete") ? FACT_DELETED : FACT_REPLACED);
		if (!it)
			return first;
		*last = it;
		last = &it->next;
		count++;
	}
	return first;
}

enum chart_section_id section_of(const struct fact *f)
{
	static const uint8_t sections[FACT_KIND_COUNT] = {
		[FACT_VISIT] = CHART_VISITS, [FACT_ALLERGY] = CHART_ALLERGIES, [FACT_PROBLEM] = CHART_PROBLEMS, [FACT_MED_ORDER] = CHART_MEDICATIONS, [FACT_MED_ADMIN] = CHART_ADMINISTRATIONS,
		[FACT_MED_DISPENSE] = CHART_OTHER, [FACT_RESULT] = CHART_RESULTS, [FACT_REPORT] = CHART_REPORTS, [FACT_DOCUMENT] = CHART_DOCUMENTS, [FACT_ORDER] = CHART_ORDERS,
		[FACT_APPOINTMENT] = CHART_APPOINTMENTS, [FACT_CONTACT] = CHART_CONTACTS, [FACT_CARE_TEAM] = CHART_CARE_TEAM, [FACT_IMMUNIZATION] = CHART_IMMUNIZATIONS, [FACT_PROCEDURE] = CHART_PROCEDURES,
		[FACT_FLAG] = CHART_FLAGS, [FACT_COVERAGE] = CHART_COVERAGE, [FACT_GENERIC] = CHART_OTHER, [FACT_ECG] = CHART_ECGS,
	};
	if (f->kind == FACT_RESULT && slice_eq_str(fact_part(fact_get(f, FF_ID), FI_ASSIGNER), ECG_ASSIGNER))
		return CHART_ECGS;
	if (f->kind == FACT_RESULT && is_vital(f))
		return CHART_VITALS;
	if (f->kind == FACT_SECTION) {
		struct slice c = fact_part(fact_get(f, FF_CATEGORY), FC_CODE);
		return slice_eq_str(c, "allergies") ? CHART_ALLERGIES : slice_eq_str(c, "problems") ? CHART_PROBLEMS : slice_eq_str(c, "medications") ? CHART_MEDICATIONS : CHART_OTHER;
	}
	return f->kind < FACT_KIND_COUNT && f->kind != FACT_PATIENT && f->kind != FACT_IDENTITY ? (enum chart_section_id)sections[f->kind] : CHART_OTHER;
}

/* Category vital-signs, or one of the LOINC codes of FHIR's vital signs profile and what monitors send beside them. */
bool is_vital(const struct fact *f)
{
	static const struct slice codes[] = {
		SLICE("85353-1"), SLICE("9279-1"), SLICE("8867-4"), SLICE("2708-6"), SLICE("59408-5"), SLICE("8310-5"), SLICE("8302-2"), SLICE("8306-3"), SLICE("8287-5"), SLICE("9843-4"), SLICE("29463-7"), SLICE("3141-9"),
		SLICE("39156-5"), SLICE("85354-9"), SLICE("8480-6"), SLICE("8462-4"), SLICE("8478-0"), SLICE("8331-1"), SLICE("8328-7"), SLICE("8333-7"), SLICE("8332-9"), SLICE("8889-8"), SLICE("8893-0"), SLICE("20564-1"),
		SLICE("55284-4"), SLICE("76534-7"), SLICE("72514-3"), SLICE("38208-5"), SLICE("9269-2"), SLICE("9267-6"), SLICE("9268-4"), SLICE("9270-0"), SLICE("8357-6"), SLICE("60985-9"), SLICE("8304-8"),
	};
	if (slice_eq_str(fact_part(fact_get(f, FF_CATEGORY), FC_CODE), "vital-signs"))
		return true;
	struct slice code = fact_get(f, FF_CODE), c[2] = {fact_part(code, FC_CODE), fact_part(code, FC_ALT_CODE)}, sys[2] = {fact_part(code, FC_SYSTEM), fact_part(code, FC_ALT_SYSTEM)};
	for (int i = 0; i < 2; i++) {
		if (c[i].n < 6 || c[i].n > 7 || !(slice_eq_nocase(sys[i], "LN") || slice_eq_nocase(sys[i], "LOINC") || slice_eq_str(sys[i], "http://loinc.org")))
			continue;
		for (size_t k = 0; k < ARRAY_LEN(codes); k++)
			if (slice_eq(c[i], codes[k]))
				return true;
	}
	return false;
}

static int64_t clinical_time(const struct fold *x, const struct fact_item *it)
{
	static const uint8_t fields[] = {FF_TIME, FF_START, FF_END, FF_RECORDED};
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		int64_t t = fact_time_ns(fact_get(it->fact, fields[i]), x->zone_minutes);
		if (t != INT64_MIN)
			return t;
	}
	int64_t t = fact_time_ns(it->source_time, x->zone_minutes);
	return t != INT64_MIN ? t : it->received;
}

/* An item into its section, unsorted; said: the statement that stands. */
void item_put(struct fold *x, struct fact_item *it, const struct stmt *said)
{
	if (!it)
		return;
	if (x->made_count == x->made_cap) {
		size_t cap = x->made_cap ? x->made_cap * 2 : 256;
		struct made *v = arena_array(x->a, cap, sizeof *v);
		if (!v) {
			x->failed = true;
			return;
		}
		if (x->made_count)
			memcpy(v, x->made, x->made_count * sizeof *v);
		x->made = v;
		x->made_cap = cap;
	}
	x->made[x->made_count++] = (struct made){it, clinical_time(x, it), said->section};
	if (it->state == FACT_CURRENT)
		said->row->stands = true;
}

/* ---- lists ------------------------------------------------------------------------------------------------------------------------------------------ */

/* Allergies are one list, whatever kind of allergen; of others each category is a list. */
static struct slice list_of(const struct fact *f)
{
	return f->kind == FACT_ALLERGY ? SLICE_NULL : fact_part(fact_get(f, FF_CATEGORY), FC_CODE);
}

static void note_list(struct fold *x, const struct stmt *t, uint8_t kind, struct slice category, bool any)
{
	struct scope *c;
	for (c = x->scopes; c; c = c->next)
		if (c->kind == kind && c->origin == (uint8_t)row_origin(t->row) && c->ident == t->row->ident && c->any_category == any && slice_eq(c->feed, t->row->f.feed) && slice_eq(c->category, category))
			break;
	if (!c) {
		c = arena_alloc(x->a, sizeof *c);
		if (!c) {
			x->failed = true;
			return;
		}
		*c = (struct scope){.kind = kind, .origin = (uint8_t)row_origin(t->row), .ident = t->row->ident, .feed = t->row->f.feed, .category = category, .any_category = any, .time = t->row->time, .row = t->row->id, .next = x->scopes};
		x->scopes = c;
		return;
	}
	if (t->row->time > c->time || (t->row->time == c->time && t->row->id > c->row)) {
		c->time = t->row->time;
		c->row = t->row->id;
	}
}

static void note_lists(struct fold *x, const struct stmts *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct fact *f = s->v[i].f;
		if (fact_says(f, FF_ACTION, "snapshot"))
			note_list(x, &s->v[i], f->kind, list_of(f), false);
		if (f->kind != FACT_SECTION || !fact_says(f, FF_STATUS, "replaced"))
			continue;
		enum chart_section_id section = section_of(f); /* the list is empty now */
		uint8_t kind = section == CHART_ALLERGIES ? FACT_ALLERGY : section == CHART_PROBLEMS ? FACT_PROBLEM : section == CHART_MEDICATIONS ? FACT_MED_ORDER : 0;
		if (kind)
			note_list(x, &s->v[i], kind, SLICE_NULL, true);
	}
}

/* A newer whole list of the same feed does not have it. */
static bool left_out(const struct fold *x, const struct stmt *t)
{
	for (const struct scope *c = x->scopes; c; c = c->next)
		if (c->kind == t->f->kind && c->origin == (uint8_t)row_origin(t->row) && c->ident == t->row->ident && c->row != t->row->id && (c->time > t->row->time || (c->time == t->row->time && c->row > t->row->id)) &&
		    slice_eq(c->feed, t->row->f.feed) && (c->any_category || slice_eq(c->category, list_of(t->f))))
			return true;
	return false;
}

/* ---- one thing ----------------------------------------------------------------------------------------------------------------------------------------- */

static bool in_error(const struct fact *f)
{
	return fact_says(f, FF_STATUS, "entered-in-error") || fact_says(f, FF_VERIFICATION, "entered-in-error");
}

/* A mention (PD1-4 of a result) says something only where nobody else does. */
static size_t drop_mentions(struct stmt *s, size_t n)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		if (!fact_says(s[i].f, FF_ACTION, "mention"))
			s[k++] = s[i];
	return k ? k : n;
}

/* A version of a FHIR resource takes the place of the one before, whole: what it leaves out is gone (R4 3.1.0.7). */
static bool says_all(const struct stmt *s, size_t i)
{
	struct slice name = fact_get(s[i].f, FF_RESOURCE);
	if (fact_says(s[i].f, FF_ACTION, "whole"))
		return true;
	for (size_t k = 0; k < i; k++)
		if (!name.n || !slice_eq(fact_get(s[k].f, FF_RESOURCE), name) || !slice_eq(s[k].row->f.feed, s[i].row->f.feed))
			return false;
	return i > 0;
}

static void fold_thing(struct fold *x, struct stmt *s, size_t n)
{
	n = drop_mentions(s, n);
	const struct stmt *gone = NULL, *stands = NULL;
	size_t from = 0;
	for (size_t i = 0; i < n; i++) {
		if (fact_says(s[i].f, FF_ACTION, "delete")) {
			gone = &s[i];
			from = i + 1;
			stands = NULL;
		} else if (!left_out(x, &s[i])) {
			stands = &s[i];
			if (says_all(s, i))
				from = i;
		}
	}
	const struct stmt *first = first_said(s, n), *last = &s[n - 1];
	struct fact_item *it;
	if (stands) {
		const struct fact *f = fact_shown(x, s + from, n - from);
		it = item_new(x, stands, f, first, f && in_error(f) ? FACT_IN_ERROR : FACT_CURRENT);
		if (it)
			it->history = items_of(x, s, n, last);
		item_put(x, it, stands);
		return;
	}
	/* withdrawn: shown as what it was */
	size_t until = gone && gone == last ? n - 1 : n;
	const struct fact *f = fact_shown(x, s, until ? until : n);
	it = item_new(x, last, f, first, gone == last ? FACT_DELETED : FACT_REPLACED);
	if (it)
		it->history = items_of(x, s, n, last);
	item_put(x, it, last);
}

static int in_order(const void *pa, const void *pb)
{
	const struct stmt *a = pa, *b = pb;
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->row->time != b->row->time)
		return a->row->time < b->row->time ? -1 : 1;
	if (a->row->id != b->row->id)
		return a->row->id < b->row->id ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* ---- what replaces what by name: RO after RP, TXA-13 ---------------------------------------------------------------------------------------------------------- */

static struct slice name_of(const struct fact *f)
{
	struct slice rest, s = fact_get(f, f->kind == FACT_DOCUMENT || !fact_get(f, FF_PLACER).n ? FF_ID : FF_PLACER);
	return slice_cut(s, FACT_US, &rest);
}

static void replace_parents(struct fold *x)
{
	for (size_t i = 0; i < x->made_count; i++) {
		struct fact_item *it = x->made[i].it;
		struct slice rest, parent = slice_cut(fact_get(it->fact, FF_PARENT), FACT_US, &rest);
		if (it->state != FACT_CURRENT || !parent.n || !fact_says(it->fact, FF_RELATION, "replaces"))
			continue;
		for (size_t k = 0; k < x->made_count; k++) {
			struct fact_item *old = x->made[k].it;
			struct slice filler = slice_cut(fact_get(old->fact, FF_FILLER), FACT_US, &rest);
			if (old != it && old->fact->kind == it->fact->kind && old->origin == it->origin && old->state == FACT_CURRENT && (slice_eq(name_of(old->fact), parent) || slice_eq(filler, parent)))
				old->state = FACT_REPLACED;
		}
	}
}

static bool is_report_off(const struct fact *f)
{
	return f->kind == FACT_REPORT && (fact_says(f, FF_STATUS, "cancelled") || fact_says(f, FF_STATUS, "entered-in-error"));
}

static bool still_said(const struct fact_item *it)
{
	return it->fact->kind == FACT_RESULT && it->state == FACT_CURRENT && !fact_says(it->fact, FF_STATUS, "cancelled") && !fact_says(it->fact, FF_STATUS, "entered-in-error");
}

/* A report that was cancelled (OBR-25 X) without a word about its results: they stand as they were said, and somebody has to look. */
static void review_cancelled(struct fold *x)
{
	for (size_t i = 0; i < x->made_count && !x->failed; i++) {
		const struct fact_item *report = x->made[i].it;
		struct slice id = fact_get(report->fact, FF_ID);
		if (!id.n || !is_report_off(report->fact))
			continue;
		for (size_t j = 0; j < x->made_count; j++) {
			const struct fact_item *it = x->made[j].it;
			if (still_said(it) && it->entry < report->entry && it->origin == report->origin && slice_eq(fact_get(it->fact, FF_GROUP), id)) {
				review_add(x, "report-cancelled", report->entry, SLICE("a report was cancelled after results of it had come; nothing was said of the results, and they are still shown"));
				break;
			}
		}
	}
}

/* ---- sections ---------------------------------------------------------------------------------------------------------------------------------------------------- */

static int newest_first(const void *pa, const void *pb)
{
	const struct made *a = pa, *b = pb;
	if (a->time != b->time)
		return a->time > b->time ? -1 : 1;
	if (a->it->entry != b->it->entry)
		return a->it->entry > b->it->entry ? -1 : 1;
	int r = strverscmp(a->it->id, b->it->id);
	return r < 0 ? -1 : r > 0;
}

static void sort_into_sections(struct fold *x)
{
	if (x->made_count)
		qsort(x->made, x->made_count, sizeof *x->made, newest_first);
	struct fact_item **last[CHART_SECTIONS];
	for (int i = 0; i < CHART_SECTIONS; i++)
		last[i] = &x->s[i].items;
	for (size_t i = 0; i < x->made_count; i++) {
		int at = x->made[i].section;
		*last[at] = x->made[i].it;
		last[at] = &x->made[i].it->next;
		x->made[i].it->next = NULL;
		x->s[at].count += x->made[i].it->state == FACT_CURRENT;
	}
}

static bool same_source(const struct chart_source *x, const struct row *row)
{
	return x->origin == row_origin(row) && slice_eq(x->feed, row->f.feed);
}

/* The section's source that said this row, with its newest times; kept in the order of them. Of a sender that changes its name with every message the last ones are kept. */
static void note_source(struct fold *x, struct chart_section *to, const struct row *row)
{
	struct chart_source **at = &to->sources, **oldest = NULL, *s;
	uint32_t n = 0;
	for (; *at && !same_source(*at, row); at = &(*at)->next, n++)
		oldest = at;
	s = *at;
	if (!s && n == CHART_SOURCES_MAX) {
		to->sources_more = true;
		if (row->received < (*oldest)->received)
			return;
		s = *oldest;
		*oldest = NULL;
		*s = (struct chart_source){.feed = row->f.feed, .origin = row_origin(row)};
	} else if (!s) {
		s = arena_alloc(x->a, sizeof *s);
		if (!s) {
			x->failed = true;
			return;
		}
		*s = (struct chart_source){.feed = row->f.feed, .origin = row_origin(row)};
	} else {
		*at = s->next;
	}
	if (row->received > s->received || (row->received == s->received && row_entry(row) >= s->entry)) {
		s->received = row->received;
		s->entry = row_entry(row);
	}
	if (row->f.time.n && (!s->source_time.n || row->time >= fact_time_ns(s->source_time, x->zone_minutes)))
		s->source_time = row->f.time;
	for (at = &to->sources; *at && ((*at)->received > s->received || ((*at)->received == s->received && (*at)->entry > s->entry)); at = &(*at)->next)
		;
	s->next = *at;
	*at = s;
}

/* Who spoke of the section, who last, and when. */
static void note_speakers(struct fold *x, const struct stmts *s)
{
	int64_t newest[CHART_SECTIONS];
	for (int i = 0; i < CHART_SECTIONS; i++)
		newest[i] = INT64_MIN;
	for (size_t i = 0; i < s->n; i++) {
		const struct row *row = s->v[i].row;
		if (s->v[i].f->kind == FACT_PATIENT || s->v[i].f->kind == FACT_IDENTITY || fact_says(s->v[i].f, FF_ACTION, "mention"))
			continue;
		unsigned at = s->v[i].section;
		struct chart_section *to = &x->s[at];
		note_source(x, to, row);
		if (row->received > to->received || (row->received == to->received && row_entry(row) >= to->entry)) {
			to->received = row->received;
			to->entry = row_entry(row);
			to->feed = row->f.feed;
		}
		if (row->f.time.n && row->time >= newest[at]) {
			newest[at] = row->time;
			to->source_time = row->f.time;
		}
	}
}

static bool later(const struct stmt *a, const struct stmt *b)
{
	if (a->row->time != b->row->time)
		return a->row->time > b->row->time;
	return a->row->id != b->row->id ? a->row->id > b->row->id : a->index > b->index;
}

struct said { /* of a section: the newest word on the whole of it, and the newest thing listed */
	const struct stmt *section, *listed;
};

static void hear(struct said *to, const struct stmts *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct stmt *t = &s->v[i];
		struct said *at = &to[t->section];
		if (t->f->kind == FACT_PATIENT || t->f->kind == FACT_IDENTITY || fact_says(t->f, FF_ACTION, "mention"))
			continue;
		if (t->f->kind == FACT_SECTION) {
			if (!at->section || later(t, at->section))
				at->section = t;
		} else if (!fact_says(t->f, FF_ACTION, "delete") && !in_error(t->f) && (!at->listed || later(t, at->listed))) {
			at->listed = t;
		}
	}
}

static void state_of(struct fold *x, const struct said *heard, enum chart_section_id id)
{
	const struct stmt *said = heard->section, *listed = heard->listed;
	struct chart_section *to = &x->s[id];
	bool none = said && fact_says(said->f, FF_STATUS, "none");
	if (to->count)
		to->state = FHIR_LIST;
	else if (none && (!listed || later(said, listed)))
		to->state = FHIR_STATED_NONE;
	if (to->state == FHIR_STATED_NONE) {
		to->stated = item_new(x, said, said->f, said, FACT_CURRENT);
		said->row->stands = true;
	}
	if (to->count && none && later(said, listed))
		review_add(x, "none-against-list", row_entry(said->row), id == CHART_ALLERGIES ? SLICE("\"no known allergies\" was sent while allergies are listed; the list is kept")
		                                                         : id == CHART_PROBLEMS ? SLICE("\"no known problems\" was sent while problems are listed; the list is kept")
		                                                                                : SLICE("\"no medications\" was sent while medications are listed; the list is kept"));
}

static bool is_clinical(const struct fact *f)
{
	return f->kind != FACT_PATIENT && f->kind != FACT_IDENTITY && f->kind != FACT_VISIT && f->kind != FACT_SECTION && f->kind != FACT_STAFF && f->kind != FACT_LOCATION;
}

static bool set(struct fold *x, struct fact *t, uint8_t field, struct slice v)
{
	unsigned k = 0;
	for (unsigned i = 0; i < t->count; i++)
		if (t->values[i].id != field)
			t->values[k++] = t->values[i];
	t->count = (uint16_t)k;
	if (!v.n)
		return true;
	struct fact_value *more = arena_array(x->a, (size_t)t->count + 1, sizeof *more);
	if (!more)
		return false;
	for (k = 0; k < t->count && t->values[k].id < field; k++)
		more[k] = t->values[k];
	more[k] = (struct fact_value){field, v};
	memcpy(more + k + 1, t->values + k, (t->count - k) * sizeof *more);
	t->values = more;
	t->cap = ++t->count;
	return true;
}

/* ---- our own ids, when they come back ------------------------------------------------------------------------------------------------------------------------- */

/* What was read here is sent back, changed or to be deleted, under the id that we gave it (R4 3.1.0.7): it speaks of what that id names, by all the names which that has. Only what was posted to us:
 * an "Observation/e12-0" in a file is somebody else's. Only of the same origin and kind. */
static const struct stmt *named_by_us(const struct stmts *s, const struct stmt *t)
{
	struct slice id, type = slice_cut(fact_get(t->f, FF_RESOURCE), '/', &id);
	uint64_t row;
	uint32_t index;
	if (!type.n || !id.p || !(t->row->flags & ROW_POSTED) || row_of_item(id, row_entry(t->row), &row, &index) < 0)
		return NULL;
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].row->id == row && s->v[i].index == index)
			return s->v[i].f->kind == t->f->kind && row_origin(s->v[i].row) == row_origin(t->row) ? &s->v[i] : NULL;
	return NULL;
}

/* The id that it is known by; what else it is numbered (its identifiers stand behind) is what this version says. */
static bool set_id(struct fold *x, struct fact *t, struct slice v)
{
	struct fact_value *more = v.n && fact_count(t, FF_ID) ? arena_array(x->a, t->count, sizeof *more) : NULL;
	if (!more)
		return set(x, t, FF_ID, v);
	memcpy(more, t->values, t->count * sizeof *more);
	unsigned k = 0;
	while (more[k].id != FF_ID)
		k++;
	more[k].v = v;
	t->values = more;
	t->cap = t->count;
	return true;
}

static void take_names(struct fold *x, const struct stmts *s)
{
	static const uint8_t names[] = {FF_ID, FF_RESOURCE, FF_SUB, FF_GROUP, FF_PLACER, FF_FILLER};
	for (size_t i = 0; i < s->n && !x->failed; i++) {
		const struct stmt *of = named_by_us(s, &s->v[i]);
		struct fact *f = of ? arena_alloc(x->a, sizeof *f) : NULL;
		if (!of)
			continue;
		bool done = f != NULL;
		if (f)
			*f = *s->v[i].f;
		for (size_t k = 0; done && k < ARRAY_LEN(names); k++)
			done = names[k] == FF_ID ? set_id(x, f, fact_get(of->f, FF_ID)) : set(x, f, names[k], fact_get(of->f, names[k]));
		if (done && !fact_says(f, FF_ACTION, "delete"))
			done = set(x, f, FF_ACTION, SLICE("whole"));
		if (!done) {
			x->failed = true;
			return;
		}
		s->v[i].f = f;
		s->v[i].group = of->group; /* whatever its key is made of */
		if (fact_says(f, FF_ACTION, "delete"))
			s->v[i].section = of->section;
	}
}

/* In the senders' order: what a number stands for is what was said with it first. */
static int as_said(const void *pa, const void *pb)
{
	const struct stmt *a = pa, *b = pb;
	if (a->row->time != b->row->time)
		return a->row->time < b->row->time ? -1 : 1;
	if (a->row->id != b->row->id)
		return a->row->id < b->row->id ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

void fold_sections(struct fold *x, const struct stmts *all)
{
	struct stmts s = {0};
	for (size_t i = 0; i < all->n; i++)
		if (is_clinical(all->v[i].f) && !stmts_add(&s, x->a, all->v[i].f, all->v[i].row, all->v[i].index))
			x->failed = true;
	if (s.n)
		qsort(s.v, s.n, sizeof *s.v, as_said);
	x->k = x->failed ? NULL : keys_new(x->a, &s);
	if (!x->k || keys_group(x->k, &s) == SIZE_MAX) {
		x->failed = true;
		return;
	}
	take_names(x, &s);
	note_lists(x, all);
	if (s.n)
		qsort(s.v, s.n, sizeof *s.v, in_order);
	for (size_t i = 0, n; i < s.n && !x->failed; i += n) {
		for (n = 1; i + n < s.n && s.v[i + n].group == s.v[i].group; n++)
			;
		if (s.v[i].f->kind == FACT_RESULT || s.v[i].f->kind == FACT_REPORT)
			fold_result(x, s.v + i, n);
		else
			fold_thing(x, s.v + i, n);
	}
	if (x->failed)
		return;
	replace_parents(x);
	review_cancelled(x);
	fold_echoes(x);
	sort_into_sections(x);
	note_speakers(x, all);
	struct said said[CHART_SECTIONS] = {{NULL, NULL}};
	hear(said, all);
	for (int i = 0; i < CHART_SECTIONS && !x->failed; i++)
		state_of(x, &said[i], (enum chart_section_id)i);
}

/* ---- visits ------------------------------------------------------------------------------------------------------------------------------------------------------------- */

static struct slice joined(struct fold *x, const struct slice *parts, size_t n)
{
	struct facts f;
	facts_init(&f, x->a);
	struct slice s = facts_join(&f, parts, n);
	x->failed |= f.failed;
	return s;
}

static void fold_visit(struct fold *x, struct visit *v)
{
	size_t n = 0;
	for (const struct visit_part *p = v->parts; p; p = p->next)
		n++;
	struct stmt *s = arena_array(x->a, n, sizeof *s);
	if (!s || n == 0) {
		x->failed |= n > 0;
		return;
	}
	size_t k = n;
	for (const struct visit_part *p = v->parts; p; p = p->next) {
		struct row *row = (struct row *)(uintptr_t)p->ev.src;
		s[--k] = (struct stmt){.f = p->ev.f, .row = row, .index = p->ev.index, .section = CHART_VISITS};
	}
	struct fact *f = fact_merged(x, s, n);
	struct fact_item *it = item_new(x, &s[n - 1], f, first_said(s, n), slice_eq_str(v->status, "entered-in-error") ? FACT_IN_ERROR : FACT_CURRENT);
	if (!it)
		return;
	/* what the events amount to, over what single messages said */
	struct slice location[8] = {[FL_UNIT] = v->place.unit, [FL_ROOM] = v->place.room, [FL_BED] = v->place.bed, [FL_FACILITY] = v->place.facility, [FL_TEXT] = v->place.text};
	struct slice number[2] = {v->number, v->assigner};
	bool done = set(x, f, FF_STATUS, v->status) && set(x, f, FF_CLASS, v->cls) && set(x, f, FF_START, v->start) && set(x, f, FF_END, v->end) && set(x, f, FF_EXPECTED, v->expected) &&
	            set(x, f, FF_VISIT, joined(x, number, 2)) && (!v->placed || set(x, f, FF_LOCATION, joined(x, location, 8)));
	if (!done)
		x->failed = true;
	it->history = items_of(x, s, n, &s[n - 1]);
	v->item = it;
	item_put(x, it, &s[n - 1]);
}

void fold_visits(struct fold *x, struct visits *v)
{
	size_t from = x->made_count;
	for (struct visit *y = v->first; y && !x->failed; y = y->next)
		fold_visit(x, y);
	size_t n = x->made_count - from;
	for (size_t i = from; i < x->made_count; i++) {
		int64_t start = fact_time_ns(fact_get(x->made[i].it->fact, FF_START), x->zone_minutes);
		x->made[i].time = start != INT64_MIN ? start : x->made[i].time;
	}
	if (n)
		qsort(x->made + from, n, sizeof *x->made, newest_first);
	struct fact_item **last = &x->s[CHART_VISITS].items;
	for (size_t i = from; i < x->made_count; i++) {
		*last = x->made[i].it;
		last = &x->made[i].it->next;
		x->s[CHART_VISITS].count += x->made[i].it->state == FACT_CURRENT;
	}
	*last = NULL;
	if (x->s[CHART_VISITS].count)
		x->s[CHART_VISITS].state = FHIR_LIST;
}

/* A message of which part could not be read marks the sections that it spoke of, while what it said stands; one that said nothing that could be read marks them all. */
void fold_incomplete(struct fold *x, struct row *rows)
{
	for (struct row *row = rows; row; row = row->next) {
		if (!(row->flags & (ROW_INCOMPLETE | ROW_QUARANTINED)))
			continue;
		bool said = false;
		for (const struct fact *f = row->f.first ? row->f.first->first : NULL; f; f = f->next) {
			if (!is_clinical(f) && f->kind != FACT_VISIT && f->kind != FACT_SECTION)
				continue;
			said = true;
			if (row->stands)
				x->s[section_of(f)].incomplete = true;
		}
		for (int i = 0; i < CHART_SECTIONS && !said; i++)
			x->s[i].incomplete = true;
	}
}
