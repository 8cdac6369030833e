/* Doses and orders of medication (v2.5.1 chapter 4.13 to 4.18).
 *
 *   given held  RAS^O17: ORC RE, RXA with the time at which it was given, how much, by whom; RXA-20 CP or NA; RXA-21 A, U as a correction, D as a withdrawal; RXR. 2.3.1: RAS^O01
 *   order       RDE^O11, and not OMP^O09: it is the pharmacy that owns and reviews it before it goes out (R19), so it goes as the order that the pharmacy has encoded. ORC NW, XO as a correction, CA as a withdrawal, DC where it stops
 *               another one: then ORC-2 is the number of that order, and ours stands in ORC-4. 2.3.1: RDE^O01
 *
 * RXR-1 is required: a way that nobody wrote down is said to be so. RXA has no notes of its own in these messages: what is said about it stands in RXA-9. */
#include "backload_internal.h"

static void route(struct bl *w)
{
	struct slice how = bl_value(w, "route"), site = bl_value(w, "site");
	bl_segment(w, "RXR");
	bl_to(w, 1);
	if (how.n)
		bl_coded(w, SLICE_NULL, how, SLICE_NULL);
	else
		buf_str(w->b, "^not recorded");
	if (site.n) {
		bl_to(w, 2);
		bl_coded(w, SLICE_NULL, site, SLICE_NULL);
	}
	bl_end(w);
}

static void said(struct bl *w, const char *const *more)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, CAPTURE_MAX);
	bl_said(w, &b, more);
	hl7_put_text(w->b, buf_slice(&b));
}

/* RXA: 1 and 2 counters, 3 and 4 when, 5 what, 6 and 7 how much, 9 notes, 10 by whom, 15 lot, 18 why not, 20 whether, 21 what is done, 22 entered */
static void administration(struct bl *w)
{
	static const char *const more[] = {"scheduled", "witness", "paper", NULL};
	bool held = w->c->kind == CAPTURE_HELD;
	struct slice dose = bl_value(w, "dose"), unit = bl_value(w, "unit"), why = bl_value(w, "why");
	bl_segment(w, "RXA");
	bl_field(w, 1, SLICE("0"));
	bl_field(w, 2, SLICE("1"));
	bl_to(w, 3);
	bl_occurred(w);
	bl_to(w, 4);
	bl_occurred(w);
	bl_to(w, 5);
	bl_coded(w, bl_value(w, "code"), bl_value(w, "drug"), bl_value(w, "system"));
	bl_field(w, 6, held && !dose.n ? SLICE("0") : dose);
	bl_field(w, 7, unit);
	bl_to(w, 9);
	buf_u8(w->b, '^');
	said(w, more);
	bl_to(w, 10);
	bl_person(w, bl_doer(w));
	bl_field(w, 15, bl_value(w, "lot"));
	if (held && why.n) {
		bl_to(w, 18);
		buf_u8(w->b, '^');
		hl7_put_text(w->b, why);
	}
	bl_field(w, 20, held ? SLICE("NA") : SLICE("CP"));
	bl_field(w, 21, w->c->withdraw ? SLICE("D") : w->m->corrects ? SLICE("U") : SLICE("A"));
	bl_to(w, 22);
	bl_recorded(w);
	bl_end(w);
}

int bl_dose(struct bl *w, struct err *e)
{
	int r = bl_head(w, "RAS", w->old ? "O01" : "O17", "RAS_O17", e);
	if (r < 0)
		return r;
	bl_patient(w);
	bl_visit(w, false);
	bl_orc(w, &(struct bl_orc){.control = "RE", .placer = w->m->number, .filler = bl_value(w, "order"), .parent = bl_value(w, "order")});
	administration(w);
	route(w);
	return 0;
}

/* RXE: 1 when (until 2.4), 2 what, 3 and 5 how much, 7 instructions */
static void encoded(struct bl *w)
{
	static const char *const more[] = {"readBack", NULL};
	bl_segment(w, "RXE");
	if (!w->tq1) {
		bl_to(w, 1);
		bl_timing(w, false);
	}
	bl_to(w, 2);
	bl_coded(w, bl_value(w, "code"), bl_value(w, "what"), bl_value(w, "system"));
	bl_field(w, 3, bl_value(w, "dose"));
	bl_field(w, 5, bl_value(w, "unit"));
	bl_to(w, 7);
	buf_u8(w->b, '^');
	said(w, more);
	bl_end(w);
}

int bl_medication(struct bl *w, struct err *e)
{
	struct slice stops = bl_value(w, "stop");
	int r = bl_head(w, "RDE", w->old ? "O01" : "O11", "RDE_O11", e);
	if (r < 0)
		return r;
	bl_patient(w);
	bl_visit(w, false);
	const char *control = w->c->withdraw ? "CA" : stops.n ? "DC" : w->m->corrects ? "XO" : "NW";
	bl_orc(w, &(struct bl_orc){.control = control, .placer = stops.n ? stops : w->m->number, .group = stops.n ? w->m->number : SLICE_NULL, .mode = bl_yes(w, "readBack") ? "PH" : NULL, .ordered_by = bl_placed(w), .timing = true});
	encoded(w);
	if (w->tq1)
		bl_timing(w, true);
	route(w);
	return 0;
}
