/* Orders of anything but medication: OMG^O19 (v2.5.1, 4.4.6; 2.3.1: ORM^O01), the general clinical order, for laboratory, imaging, nursing, diets and what else was ordered.
 *
 *   ORC  NW, XO as a correction, CA as a withdrawal, DC where it stops another one (then ORC-2 is that one's number, and ours stands in ORC-4)   2 our number   12 who ordered   30 PH: by telephone, read back
 *   OBR  2 our number   4 what   16 who ordered   24 LAB, RAD
 *   NTE  how it came to be written down */
#include "backload_internal.h"

/* Table 0074. */
static const char *section(struct slice category)
{
	static const char *const laboratory[] = {"laboratory", "lab", NULL}, *const imaging[] = {"imaging", "radiology", NULL}, *const nursing[] = {"nursing", NULL}, *const diet[] = {"diet", NULL};
	return bl_is(category, laboratory) ? "LAB" : bl_is(category, imaging) ? "RAD" : bl_is(category, nursing) ? "NRS" : bl_is(category, diet) ? "OTH" : "";
}

int bl_order(struct bl *w, struct err *e)
{
	static const char *const more[] = {"category", "readBack", "dose", "route", NULL};
	struct slice stops = bl_value(w, "stop");
	int r = bl_head(w, w->old ? "ORM" : "OMG", w->old ? "O01" : "O19", "OMG_O19", e);
	if (r < 0)
		return r;
	bl_patient(w);
	bl_visit(w, false);
	const struct bl_orc o = {.control = w->c->withdraw ? "CA" : stops.n ? "DC" : w->m->corrects ? "XO" : "NW", .placer = stops.n ? stops : w->m->number, .group = stops.n ? w->m->number : SLICE_NULL,
		.mode = bl_yes(w, "readBack") ? "PH" : NULL, .ordered_by = bl_placed(w), .timing = true};
	bl_orc(w, &o);
	if (w->tq1)
		bl_timing(w, true);
	bl_segment(w, "OBR");
	bl_field(w, 1, SLICE("1"));
	bl_to(w, 2);
	bl_number(w, o.placer);
	bl_to(w, 4);
	bl_coded(w, bl_value(w, "code"), bl_value(w, "what"), bl_value(w, "system"));
	bl_to(w, 16);
	bl_person(w, o.ordered_by);
	bl_field(w, 24, slice_str(section(bl_value(w, "category"))));
	if (!w->tq1) {
		bl_to(w, 27);
		bl_timing(w, false);
	}
	bl_end(w);
	bl_note(w, 1, more);
	return 0;
}
