/* GET /api/beds: the beds of the house, and who is said to lie in them, fed and captured. Two who are said to lie in one bed, and one who is said to lie in two, are conflicts: somebody has to go and look.
 *
 * What a ward writes down seldom names the facility. A unit that only one facility has is that one's, so its bed is the bed that the EHR speaks of; a name that several have stays without. */
#include "web_internal.h"

#include <stdlib.h>

struct claim {
	struct chart_row *row;
	struct slice who;          /* names and birth date, folded; empty: not enough is known to compare */
	size_t bed;
	struct claim *next;        /* in the same bed */
	bool twice;                /* there is another bed, too */
};
struct bed {
	struct slice facility, unit, room, name;
	struct claim *first, **last;
	size_t n;
	bool conflict;
};
struct board {
	struct bed *bed;
	struct claim *claim;
	size_t beds, claims;
	uint64_t conflicts;
};

static struct slice facility_of(const struct chart_row *row, const struct chart_unit *units)
{
	struct slice found = SLICE_NULL;
	if (row->place.facility.n || !row->place.unit.n)
		return row->place.facility;
	for (; units; units = units->next) {
		if (!units->facility.n || !slice_eq(units->unit, row->place.unit))
			continue;
		if (found.n && !slice_eq(found, units->facility))
			return SLICE_NULL;
		found = units->facility;
	}
	return found;
}

/* Somebody who was registered again in the downtime has two numbers: the same names and birth date in two beds is asked about, too. */
static struct slice who_of(const struct chart_row *row, struct arena *a)
{
	AUTO_BUF struct buf b = {0};
	if (!row->name_family.n || !row->name_given.n || row->birth.n < 8)
		return SLICE_NULL;
	buf_init(&b, 4096);
	utf8_fold(&b, slice_trim(row->name_family));
	buf_u8(&b, FACT_US);
	utf8_fold(&b, slice_trim(row->name_given));
	buf_u8(&b, FACT_US);
	buf_add_slice(&b, row->birth);
	return buf_ok(&b) ? arena_dup(a, buf_slice(&b)) : SLICE_NULL;
}

static struct bed *bed_of(struct board *x, const struct chart_row *row, struct slice facility)
{
	for (size_t i = 0; i < x->beds; i++) {
		struct bed *b = &x->bed[i];
		if (slice_eq(b->name, row->place.bed) && slice_eq(b->room, row->place.room) && slice_eq(b->unit, row->place.unit) && slice_eq(b->facility, facility))
			return b;
	}
	struct bed *b = &x->bed[x->beds++];
	*b = (struct bed){.facility = facility, .unit = row->place.unit, .room = row->place.room, .name = row->place.bed};
	b->last = &b->first;
	return b;
}

static bool same_person(const struct claim *a, const struct claim *b)
{
	return !strcmp(a->row->id, b->row->id) || (a->who.n && slice_eq(a->who, b->who));
}

static bool lay_out(struct board *x, struct chart_row *rows, size_t n, const struct chart_unit *units, struct arena *a)
{
	x->bed = arena_array(a, n ? n : 1, sizeof *x->bed);
	x->claim = arena_array(a, n ? n : 1, sizeof *x->claim);
	if (!x->bed || !x->claim)
		return false;
	for (; rows && x->claims < n; rows = rows->next) {
		struct bed *b = bed_of(x, rows, facility_of(rows, units));
		struct claim *c = &x->claim[x->claims++];
		*c = (struct claim){.row = rows, .who = who_of(rows, a), .bed = (size_t)(b - x->bed)};
		*b->last = c;
		b->last = &c->next;
		b->n++;
	}
	for (size_t i = 0; i < x->claims; i++)
		for (size_t k = 0; k < i; k++)
			if (x->claim[i].bed != x->claim[k].bed && same_person(&x->claim[i], &x->claim[k]))
				x->claim[i].twice = x->claim[k].twice = true;
	for (size_t i = 0; i < x->beds; i++) {
		struct bed *b = &x->bed[i];
		b->conflict = b->n > 1 && b->name.n;
		for (const struct claim *c = b->first; c; c = c->next)
			b->conflict = b->conflict || c->twice;
		x->conflicts += b->conflict;
	}
	return arena_code(a) == 0;
}

static void put_place(struct jsonw *w, const struct bed *b)
{
	jsonw_kslice_opt(w, "facility", b->facility);
	jsonw_kslice_opt(w, "unit", b->unit);
	jsonw_kslice_opt(w, "room", b->room);
	jsonw_kslice_opt(w, "bed", b->name);
}

static void put_claim(struct web_request *q, struct jsonw *w, const struct board *x, const struct claim *c)
{
	static const char *const origins[] = {[FACT_FED] = "fed", [FACT_CAPTURED] = "captured", [FACT_RESTORED] = "restored", [FACT_PARTNER] = "partner"};
	jsonw_obj(w);
	jsonw_key(w, "patient");
	web_capture_who(q, w, c->row);
	jsonw_kstr(w, "origin", origins[c->row->origin]);
	jsonw_kslice_opt(w, "since", c->row->since);
	if (c->twice) {
		jsonw_key(w, "also");
		jsonw_arr(w);
		for (size_t i = 0; i < x->claims; i++) {
			const struct claim *o = &x->claim[i];
			if (o->bed == c->bed || !same_person(o, c))
				continue;
			jsonw_obj(w);
			put_place(w, &x->bed[o->bed]);
			jsonw_kbool(w, "otherNumber", strcmp(o->row->id, c->row->id) != 0);
			jsonw_obj_end(w);
		}
		jsonw_arr_end(w);
	}
	jsonw_obj_end(w);
}

static void put_beds(struct web_request *q, struct jsonw *w, const struct board *x)
{
	jsonw_obj(w);
	jsonw_ku64(w, "patients", x->claims);
	jsonw_key(w, "beds");
	jsonw_arr(w);
	for (size_t i = 0; i < x->beds; i++) {
		const struct bed *b = &x->bed[i];
		jsonw_obj(w);
		put_place(w, b);
		jsonw_key(w, "claims");
		jsonw_arr(w);
		for (const struct claim *c = b->first; c; c = c->next)
			put_claim(q, w, x, c);
		jsonw_arr_end(w);
		jsonw_kbool(w, "conflict", b->conflict);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_ku64(w, "conflicts", x->conflicts);
	jsonw_obj_end(w);
}

void web_beds(struct web_request *q)
{
	struct board x = {0};
	struct chart_moment at;
	struct chart_row *rows;
	struct chart_unit *units;
	struct err e = {0};
	struct jsonw w;
	size_t n;
	if (!web_may(q, MAY_CENSUS))
		return;
	struct chart *c = web_chart(q);
	if (!c || web_moment(q, &at, &e) < 0)
		return;
	if (chart_census(c, at, SLICE_NULL, q->a, &rows, &n, &e) < 0 || chart_units(c, at, q->a, &units, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	if (!lay_out(&x, rows, n, units, q->a)) {
		web_error(q, 503, "memory", "No memory.");
		return;
	}
	jsonw_init(&w, &q->out);
	put_beds(q, &w, &x);
	if (web_unchanged(q, at) || web_audit(q, "view", NULL, "bed board", at.end ? at.end - 1 : 0, NULL) < 0)
		return;
	web_json(q, 200);
}
