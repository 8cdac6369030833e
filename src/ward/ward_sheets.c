/* Which sheets, in which order: a unit's census, then patient by patient, then forms: as they are handed out. */
#include "ward_internal.h"

#include <stdlib.h>

#define CHART_MAX ((size_t)512 << 20)
#define RECENT 14u     /* values on a summary */
#define CONTACTS_ON_SHEET 1500u /* some forty pages */
_Static_assert((int)PAPER_OTHERS == (int)CONTACT_OTHER && (int)PAPER_STAFF == (int)CONTACT_STAFF && (int)PAPER_POLICE == (int)CONTACT_POLICE && (int)PAPER_CONTACT_GROUPS == (int)CONTACT_CATEGORIES, "the same groups in the same order");

int ward_kinds(struct slice list, struct ward_ask *ret, struct err *e)
{
	static const enum paper_kind pack[] = {PAPER_CENSUS, PAPER_SUMMARY, PAPER_MAR, PAPER_LABS, PAPER_LABELS, PAPER_REGISTRATION, PAPER_VITALS, PAPER_MAR_FORM, PAPER_ORDERS_FORM, PAPER_NOTES, PAPER_LAB_REQUISITION, PAPER_TRANSFER, PAPER_CONTACTS};
	ret->kind_n = 0;
	while (list.n) {
		struct slice one = slice_trim(slice_cut(list, ',', &list));
		const enum paper_kind *add = pack;
		size_t n = ARRAY_LEN(pack);
		int k = paper_kind_parse(one);
		enum paper_kind single;
		if (!slice_eq_str(one, "pack")) {
			if (k < 0)
				return err_set(e, ERR_USAGE, NULL, "no such sheet; there are pack, census, summary, mar, labs, orders, labels, wristbands, registration, vitals, mar-form, orders-form, notes, lab-requisition, transfer, contacts and calls");
			single = (enum paper_kind)k;
			add = &single;
			n = 1;
		}
		for (size_t i = 0; i < n; i++) {
			if (ret->kind_n == WARD_KINDS_MAX)
				return err_set(e, ERR_USAGE, NULL, "more than %d sheets are named", WARD_KINDS_MAX);
			ret->kinds[ret->kind_n++] = add[i];
		}
	}
	return ret->kind_n ? 0 : err_set(e, ERR_USAGE, NULL, "no sheet is named");
}

void ward_printed_done(struct ward_printed *p)
{
	free(p->patients);
	*p = (struct ward_printed){0};
}

static int note_patient(struct ward_printed *p, const char *id, struct err *e)
{
	if (p->patient_n && !strcmp(p->patients[p->patient_n - 1], id))
		return 0;
	if (p->patient_n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 64;
		char(*more)[32] = reallocarray(p->patients, cap, sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory for sheets");
		p->patients = more;
		p->cap = cap;
	}
	memset(p->patients[p->patient_n], 0, sizeof *p->patients);
	memcpy(p->patients[p->patient_n++], id, strlen(id) < 31 ? strlen(id) : 31);
	return 0;
}

/* ---- one patient ---- */

static bool of_patient(enum paper_kind k)
{
	return k >= PAPER_SUMMARY && k <= PAPER_WRISTBANDS;
}

static size_t sections(struct fill *x, struct paper_section *v)
{
	static const struct {
		enum chart_section_id id;
		enum paper_topic topic;
		size_t max;
		bool always;
	} parts[] = {
		{CHART_ALLERGIES, PAPER_ALLERGIES, 60, true}, {CHART_FLAGS, PAPER_FLAGS, 20, false}, {CHART_PROBLEMS, PAPER_PROBLEMS, 60, true}, {CHART_MEDICATIONS, PAPER_MEDICATIONS, 120, true}, {CHART_ADMINISTRATIONS, PAPER_GIVEN, RECENT, true},
		{CHART_VITALS, PAPER_VITAL_SIGNS, RECENT, true}, {CHART_RESULTS, PAPER_RESULTS, RECENT, true}, {CHART_ORDERS, PAPER_OPEN_ORDERS, 60, true}, {CHART_REPORTS, PAPER_REPORTS, 8, false}, {CHART_ECGS, PAPER_ECGS, 4, false},
		{CHART_PROCEDURES, PAPER_PROCEDURES, 10, false}, {CHART_APPOINTMENTS, PAPER_APPOINTMENTS, 6, false}, {CHART_CARE_TEAM, PAPER_CARE_TEAM, 8, false}, {CHART_CONTACTS, PAPER_CONTACT_PERSONS, 6, false},
	};
	size_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (parts[i].always || x->p->s[parts[i].id].state != FHIR_NOT_RECEIVED)
			fill_section(x, parts[i].id, parts[i].topic, parts[i].max, &v[n++]);
	return n;
}

static int sink_add(const struct ward_sink *to, const struct paper_sheet *s, struct err *e)
{
	++*to->count;
	return to->take(to->arg, s, e);
}

static int one_kind(struct fill *x, const struct paper_person *who, enum paper_kind k, const struct ward_sink *b, struct err *e)
{
	struct paper_section v[CHART_SECTIONS];
	struct paper_sheet s = {.kind = k, .who = who, .unit = who->unit, .facility = who->facility, .section = v};
	struct fill_mar m = {0};
	struct fill_labs l = {0};
	switch (k) {
	case PAPER_SUMMARY:
		s.section_n = sections(x, v);
		break;
	case PAPER_MAR:
		fill_section(x, CHART_MEDICATIONS, PAPER_MEDICATIONS, 0, &v[0]);
		fill_section(x, CHART_ADMINISTRATIONS, PAPER_GIVEN, 0, &v[1]);
		s.section_n = 2;
		fill_mar(x, &m);
		s.order = m.order;
		s.order_n = m.n;
		break;
	case PAPER_LABS:
		fill_section(x, CHART_RESULTS, PAPER_RESULTS, 0, &v[0]);
		s.section_n = 1;
		fill_labs(x, &l);
		s.series = l.series;
		s.series_n = l.n;
		break;
	case PAPER_ORDERS:
		fill_section(x, CHART_ORDERS, PAPER_OPEN_ORDERS, 200, &v[0]);
		s.section_n = 1;
		break;
	default:
		break;
	}
	for (size_t i = 0; i < s.section_n && k != PAPER_SUMMARY && k != PAPER_ORDERS; i++)
		v[i].more = 0; /* their rows stand in a shape of their own */
	if (x->failed)
		return err_set(e, ERR_LIMIT, NULL, "one patient's chart is larger than can be printed");
	return sink_add(b, &s, e);
}

static int one_patient(struct chart *c, struct slice id, struct chart_moment at, const struct ward_ask *q, const struct ward_sink *b, struct ward_printed *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(CHART_MAX);
	struct fill x = {.q = q, .a = a};
	struct paper_person who;
	struct chart_patient *p;
	int r = a ? chart_patient(c, id, at, a, &p, NULL, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && !q->past)
		r = chart_judge(c, p, q->now, a, e);
	if (r < 0)
		return r;
	if (p->is_protected && !q->open_protected && q->patient)
		return err_set(e, ERR_DENIED, NULL, "this record is protected: it is printed only with --protected and --reason, and both are recorded");
	if (p->is_protected && !q->open_protected) {
		ret->withheld++;
		return 0;
	}
	x.p = p;
	fill_person_of(&x, &who);
	for (size_t i = 0; i < q->kind_n && r == 0; i++)
		if (of_patient(q->kinds[i]) || (q->patient && paper_kind_is_form(q->kinds[i]))) /* asked for one patient, forms are that one's */
			r = one_kind(&x, &who, q->kinds[i], b, e);
	return r == 0 ? note_patient(ret, p->id, e) : r;
}

/* ---- a unit ---- */

static bool asked(const struct ward_ask *q, enum paper_kind k)
{
	for (size_t i = 0; i < q->kind_n; i++)
		if (q->kinds[i] == k)
			return true;
	return false;
}

static enum paper_said said(enum fhir_section_state s)
{
	return s == FHIR_LIST ? PAPER_LISTED : s == FHIR_STATED_NONE ? PAPER_STATED_NONE : PAPER_NOT_RECEIVED;
}

static int census(struct chart *c, const struct ward_ask *q, const struct chart_row *rows, size_t n, struct slice unit, const struct ward_sink *b, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(CHART_MAX);
	struct fill x = {.q = q, .a = a};
	struct chart_feed *feeds = NULL;
	size_t silent = 0, k = 0, hidden = 0;
	int r = !a ? err_set(e, ERR_MEMORY, NULL, "no memory") : q->past ? 0 : chart_feeds(c, q->now, a, &feeds, e);
	if (r < 0)
		return r;
	struct paper_bed *v = fill_array(&x, n, sizeof *v);
	for (const struct chart_feed *f = feeds; f; f = f->next)
		silent += f->state == CHART_STALE;
	struct paper_source *src = fill_array(&x, silent, sizeof *src);
	struct paper_section about = {.source = src, .source_n = silent};
	for (const struct chart_feed *f = feeds; f && src; f = f->next)
		if (f->state == CHART_STALE)
			src[k++] = (struct paper_source){.feed = f->name, .received = f->last_time, .silent = true, .silent_since = f->last_time};
	k = 0;
	for (const struct chart_row *row = rows; row && v && k < n; row = row->next, k++) {
		struct slice alerts = row->alerts;
		if (slice_starts(alerts, "allergies: ")) /* the sheet says so in its own language, where it has to */
			alerts = slice_of(alerts.p + 11, alerts.n - 11);
		hidden += row->is_protected;
		v[k] = (struct paper_bed){.room = row->place.room, .bed = row->place.bed, .family = row->name_family, .given = row->name_given, .birth = row->birth, .sex = row->sex, .number = row->number, .attending = row->attending, .since = row->since,
		                          .alerts = alerts, .allergies_said = said(row->allergy_state), .lookalike = row->lookalike, .is_protected = row->is_protected, .test = row->test, .incomplete = row->incomplete, .deceased = row->deceased};
	}
	if (x.failed)
		return err_set(e, ERR_LIMIT, NULL, "the census is larger than can be printed");
	struct paper_sheet s = {.kind = PAPER_CENSUS, .unit = unit, .facility = rows ? rows->place.facility : SLICE_NULL, .bed = v, .bed_n = n, .section = &about, .section_n = 1, .withheld = hidden};
	return sink_add(b, &s, e);
}

static int one_unit(struct chart *c, struct chart_moment at, const struct ward_ask *q, struct slice unit, const struct ward_sink *b, struct ward_printed *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(CHART_MAX);
	struct chart_row *rows;
	size_t n;
	bool charts = false;
	int r = a ? chart_census(c, at, unit, a, &rows, &n, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; i < q->kind_n; i++)
		charts |= of_patient(q->kinds[i]);
	if (r == 0 && asked(q, PAPER_CENSUS)) {
		r = census(c, q, rows, n, unit, b, e);
		for (const struct chart_row *row = rows; row && r == 0; row = row->next)
			if (!row->is_protected)
				r = note_patient(ret, row->id, e); /* their names stand on it */
	}
	for (const struct chart_row *row = charts ? rows : NULL; row && r == 0; row = row->next)
		r = one_patient(c, slice_str(row->id), at, q, b, ret, e);
	return r;
}

/* Of a unit: who works there, and everybody else but other units' staff. Of the house: all there are. */
static int contacts(struct chart *c, struct chart_moment at, const struct ward_ask *q, struct slice unit, const struct ward_sink *b, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	const struct chart_contacts_ask ask = {.now = q->past ? at.time : q->now, .category = -1, .unit = unit, .unit_and_house = true};
	struct chart_contact *v;
	size_t n = 0;
	int r = a ? chart_contacts(c, at, &ask, a, &v, &n, NULL, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return r;
	struct paper_sheet s = {.kind = PAPER_CONTACTS, .unit = unit, .contact_n = n < CONTACTS_ON_SHEET ? n : CONTACTS_ON_SHEET};
	struct paper_contact *out = arena_array(a, n ? n : 1, sizeof *out);
	if (!out)
		return err_set(e, arena_code(a), NULL, "more contacts than can be printed");
	for (size_t i = 0; i < s.contact_n; i++) {
		const struct contact *x = &v[i].is;
		out[i] = (struct paper_contact){.group = (enum paper_contact_group)x->category, .name = x->name, .role = x->role, .unit = x->unit, .phone = x->phone, .phone2 = x->phone2, .mobile = x->mobile, .pager = x->pager, .fax = x->fax, .email = x->email,
		                                .address = x->address, .note = x->note, .from = x->from, .to = x->to, .now = x->category == CONTACT_ON_CALL && v[i].when == CONTACT_NOW};
	}
	s.contact = out;
	s.contact_more = n - s.contact_n;
	return sink_add(b, &s, e);
}

static struct slice so_far(const struct chart_call *x, const struct ward_ask *q, struct arena *a)
{
	const struct chart_call_mark *last = x->marks;
	struct slice term = paper_term(q->lang, slice_str(call_state_name(x->state)));
	int y, mo, d, h, mi, s;
	while (last && last->next)
		last = last->next;
	if (!last)
		return SLICE_NULL;
	time_civil(last->at + (int64_t)q->zone_minutes * 60 * TIME_SEC, &y, &mo, &d, &h, &mi, &s);
	return slice_str(arena_printf(a, "%.*s · %u\u00d7 · %02d:%02d %02d.%02d. · %.*s%s%.*s", SLICE_FMT(term), x->tries, h, mi, d, mo, SLICE_FMT(last->by), last->note.n ? " · " : "", SLICE_FMT(last->note)));
}

static int one_list(const struct chart_call_list *l, struct chart_call **v, size_t n, const struct ward_ask *q, struct arena *a, const struct ward_sink *b, struct ward_printed *ret, struct err *e)
{
	struct paper_contact *out = arena_array(a, n ? n : 1, sizeof *out);
	struct paper_sheet s = {.kind = PAPER_CALLS, .unit = l->title.n ? slice_str(arena_printf(a, "%.*s: %.*s", SLICE_FMT(l->name), SLICE_FMT(l->title))) : l->name, .contact = out};
	int r = 0;
	for (size_t i = 0; i < n && out && r == 0; i++) {
		const struct contact_call *x = &v[i]->is;
		if (v[i]->list != l)
			continue;
		if (v[i]->patient && v[i]->patient->is_protected) {
			s.withheld++;
			continue;
		}
		if (s.contact_n == CONTACTS_ON_SHEET) {
			s.contact_more++;
			continue;
		}
		struct slice role = slice_str(arena_printf(a, "%.*s%s%.*s", SLICE_FMT(x->patient), x->patient.n && x->birth.n ? " · " : "", SLICE_FMT(x->birth)));
		struct slice what = slice_str(arena_printf(a, "%.*s%s%.*s%s%.*s", SLICE_FMT(x->what), x->what.n && x->with.n ? " · " : "", SLICE_FMT(x->with), (x->what.n || x->with.n) && x->unit.n ? " · " : "", SLICE_FMT(x->unit)));
		out[s.contact_n++] = (struct paper_contact){.group = PAPER_OTHERS, .name = x->name.n ? x->name : x->patient, .role = role, .phone = x->phone, .phone2 = x->phone2, .email = x->email, .from = x->when, .address = what, .note = so_far(v[i], q, a)};
		if (v[i]->patient)
			r = note_patient(ret, v[i]->patient->id, e);
	}
	if (r == 0 && (!out || arena_code(a)))
		return err_set(e, ERR_LIMIT, NULL, "more calls than can be printed");
	return r == 0 ? sink_add(b, &s, e) : r;
}

/* A sheet for each list: who is still to be told. */
static int calls(struct chart *c, struct chart_moment at, const struct ward_ask *q, const struct ward_sink *b, struct ward_printed *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)512 << 20);
	const struct chart_calls_ask ask = {.list = slice_str(q->list), .state = -1, .open = true, .patients = true};
	struct chart_call **v;
	struct chart_call_list *lists = NULL;
	size_t n = 0, more;
	bool found = false;
	int r = a ? chart_calls(c, at, &ask, a, &v, &n, &more, &lists, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (const struct chart_call_list *l = lists; l && r == 0; l = l->next)
		if (!q->list || slice_eq_str(l->name, q->list)) {
			found = true;
			r = one_list(l, v, n, q, a, b, ret, e);
		}
	return r == 0 && q->list && !found ? err_set(e, ERR_NOT_FOUND, NULL, "there is no list of calls of this name: 'holdfast downtime calls list' shows those there are") : r;
}

static int forms(struct chart *c, struct chart_moment at, const struct ward_ask *q, struct slice unit, const struct ward_sink *b, struct ward_printed *ret, struct err *e)
{
	int r = 0;
	for (size_t i = 0; i < q->kind_n && r == 0; i++) {
		enum paper_kind k = q->kinds[i];
		const struct paper_sheet s = {.kind = k, .unit = unit};
		if (k == PAPER_CONTACTS)
			r = contacts(c, at, q, unit, b, e);
		else if (k == PAPER_CALLS)
			r = calls(c, at, q, b, ret, e);
		else if (!q->patient && paper_kind_is_form(k))
			r = sink_add(b, &s, e);
	}
	return r;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* A name on the census and a chart behind it are one look at one person. */
static void each_once(struct ward_printed *p)
{
	size_t k = 0;
	if (p->patient_n)
		qsort(p->patients, p->patient_n, sizeof *p->patients, by_id);
	for (size_t i = 0; i < p->patient_n; i++)
		if (!k || strcmp(p->patients[k - 1], p->patients[i]) != 0)
			memmove(p->patients[k++], p->patients[i], sizeof *p->patients);
	p->patient_n = k;
}

int ward_sheets_to(struct chart *c, struct chart_moment at, const struct ward_ask *q, const struct ward_sink *b, struct ward_printed *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(CHART_MAX);
	struct chart_unit *units;
	bool found = false;
	*ret = (struct ward_printed){0};
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = chart_units(c, at, a, &units, e);
	if (r == 0 && q->patient)
		r = one_patient(c, slice_str(q->patient), at, q, b, ret, e);
	for (const struct chart_unit *u = units; u && r == 0 && !q->patient; u = u->next) {
		if (!q->all && !slice_eq_str(u->unit, q->unit))
			continue;
		if (found && !q->all)
			continue; /* the census of a name takes every facility's unit of it */
		found = true;
		r = one_unit(c, at, q, u->unit, b, ret, e);
	}
	if (r == 0 && !q->patient && !q->all && !found)
		r = err_set(e, ERR_NOT_FOUND, NULL, "no unit of this name has a patient; `holdfast chart census` lists them");
	if (r == 0)
		r = forms(c, at, q, slice_str(q->unit), b, ret, e);
	if (r == 0 && !*b->count)
		r = err_set(e, ERR_NOT_FOUND, NULL, ret->withheld ? "the only records there are protected: print each with --patient, --protected and --reason" : "there is nobody to print it of");
	each_once(ret);
	return r;
}

static int into_book(void *arg, const struct paper_sheet *s, struct err *e)
{
	return paper_book_add(arg, s, e);
}

int ward_sheets(struct chart *c, struct chart_moment at, const struct ward_ask *q, struct paper_book *b, struct ward_printed *ret, struct err *e)
{
	size_t n = paper_book_sheets(b);
	return ward_sheets_to(c, at, q, &(struct ward_sink){.take = into_book, .arg = b, .count = &n}, ret, e);
}
