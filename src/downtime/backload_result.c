/* What was measured, results that came by telephone, and where a specimen is, as ORU^R01 (v2.5.1, 7.3.1).
 *
 *   ORC  RE   2 our number   5 CM, CA as a withdrawal
 *   OBR  2 and 3 our number   4 the panel, or the test   7 when   10 by whom it was measured   22 written down   25 F P, C as a correction, X as a withdrawal   29 the order
 *   OBX  vitals: LOINC and UCUM (the vital signs of LOINC panel 85353-1 and what wards write beside them), NM as written. Results: as they came; 6 unit   7 range   8 flag, AA where it is critical   14 when   16 by whom
 *   NTE  how it came to be written down; of a result also by whom and to whom it was called, whether it was read back, the specimen
 *
 * A withdrawn one has a single OBX that says so with status W, and none of the values that were wrong. */
#include "backload_internal.h"

static void begin(struct bl *w, const char *code, struct slice text)
{
	bool back = w->c->withdraw;
	bl_orc(w, &(struct bl_orc){.control = "RE", .status = back ? "CA" : "CM", .placer = w->m->number, .parent = bl_value(w, "order")});
	bl_segment(w, "OBR");
	bl_field(w, 1, SLICE("1"));
	bl_to(w, 2);
	bl_number(w, w->m->number);
	bl_to(w, 3);
	bl_number(w, w->m->number);
	bl_to(w, 4);
	if (code)
		bl_coded(w, slice_str(code), text, SLICE("LN"));
	else
		bl_coded(w, bl_value(w, "code"), bl_value(w, "test"), bl_value(w, "system"));
	bl_to(w, 7);
	bl_occurred(w);
	if (w->c->kind != CAPTURE_RESULT) { /* who measured; who took a result down has not drawn the blood */
		bl_to(w, 10);
		bl_person(w, bl_doer(w));
	}
	bl_to(w, 22);
	bl_recorded(w);
	bl_field(w, 25, back ? SLICE("X") : w->m->corrects ? SLICE("C") : slice_eq_str(bl_value(w, "status"), "P") ? SLICE("P") : SLICE("F"));
	bl_field(w, 29, bl_value(w, "order"));
	bl_end(w);
}

/* OBX behind its value: 6 unit, 7 range, 8 flag, 11 status, 14 when, 16 by whom */
static void finish(struct bl *w, struct slice unit, bool ucum, struct slice range, struct slice flag, const char *status)
{
	w->at = 5;
	if (unit.n) {
		bl_to(w, 6);
		hl7_put_text(w->b, unit);
		if (ucum)
			buf_str(w->b, "^^UCUM");
	}
	bl_field(w, 7, range);
	bl_field(w, 8, flag);
	bl_field(w, 11, slice_str(status));
	bl_to(w, 14);
	bl_occurred(w);
	bl_to(w, 16);
	bl_person(w, bl_doer(w));
	bl_end(w);
}

static void open_obx(struct bl *w, unsigned n, const char *type)
{
	buf_printf(w->b, "OBX|%u|%s|", n, type);
}

static void withdrawn(struct bl *w)
{
	open_obx(w, 1, "TX");
	buf_str(w->b, "18842-5^Note^LN||Withdrawn: what was sent under this number is not a result of this patient.");
	finish(w, SLICE_NULL, false, SLICE_NULL, SLICE_NULL, "W");
}

/* One of the facts that the item is in our own chart, so that what comes back from the EHR is the same. */
static void observation(struct bl *w, unsigned n, const struct fact *t)
{
	struct slice code = fact_get(t, FF_CODE), value = fact_get(t, FF_VALUE), what = fact_part(code, FC_DISPLAY);
	open_obx(w, n, num_is_decimal(value) ? "NM" : "ST");
	bl_coded(w, fact_part(code, FC_CODE), what.n ? what : fact_part(code, FC_TEXT), fact_part(code, FC_SYSTEM));
	buf_str(w->b, "||");
	hl7_put_text(w->b, value);
	finish(w, fact_part(fact_get(t, FF_UNIT), FC_CODE), true, SLICE_NULL, SLICE_NULL, w->m->corrects ? "C" : "F");
}

int bl_vitals(struct bl *w, struct err *e)
{
	static const char *const more[] = {"position", "site", NULL};
	AUTO_ARENA struct arena *a = arena_new((size_t)4 << 20);
	struct facts f;
	unsigned n = 0;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	facts_init(&f, a);
	int r = capture_facts(w->c, &(struct capture_of){.root = w->m->number, .corrects = w->m->corrects}, w->m->zone_minutes, &f, e);
	if (r == 0)
		r = bl_head(w, "ORU", "R01", "ORU_R01", e);
	if (r < 0)
		return r;
	bl_patient(w);
	bl_visit(w, false);
	begin(w, "85353-1", SLICE("Vital signs, weight, height, head circumference, oxygen saturation and BMI panel"));
	if (w->c->withdraw) {
		withdrawn(w);
		return 0;
	}
	for (const struct fact *t = f.first ? f.first->first : NULL; t; t = t->next)
		if (t->kind == FACT_RESULT)
			observation(w, ++n, t);
	bl_note(w, 1, more);
	return 0;
}

/* Where a specimen is: an observation, so that it stands in the patient's record there, too. */
int bl_specimen(struct bl *w, struct err *e)
{
	static const char *const more[] = {"what", "test", "order", "to", NULL};
	struct slice state = bl_value(w, "state"), number = bl_value(w, "number");
	int r = bl_head(w, "ORU", "R01", "ORU_R01", e);
	if (r < 0)
		return r;
	bl_patient(w);
	bl_visit(w, false);
	begin(w, "", SLICE("Specimen"));
	if (w->c->withdraw) {
		withdrawn(w);
		return 0;
	}
	open_obx(w, 1, "ST");
	buf_str(w->b, "^Specimen ");
	hl7_put_text(w->b, number);
	buf_str(w->b, "||");
	hl7_put_text(w->b, state.n ? state : SLICE("collected"));
	finish(w, SLICE_NULL, false, SLICE_NULL, SLICE_NULL, w->m->corrects ? "C" : "F");
	bl_note(w, 1, more);
	return 0;
}

/* A note or a sheet for a receiver that takes no documents: its title is what was observed, each line an OBX. */
int bl_document_result(struct bl *w, struct err *e)
{
	struct slice title = bl_value(w, w->c->kind == CAPTURE_SHEET ? "of" : "title");
	int r = bl_head(w, "ORU", "R01", "ORU_R01", e);
	if (r < 0)
		return r;
	bl_patient(w);
	bl_visit(w, false);
	begin(w, "34109-9", title.n ? title : SLICE("Note"));
	if (w->c->withdraw)
		withdrawn(w);
	else
		bl_document_text(w);
	return 0;
}

int bl_result(struct bl *w, struct err *e)
{
	static const char *const more[] = {"calledBy", "calledTo", "readBack", "critical", "specimen", NULL};
	struct slice value = bl_value(w, "value"), flag = bl_value(w, "flag");
	const char *status = w->m->corrects ? "C" : slice_eq_str(bl_value(w, "status"), "P") ? "P" : "F";
	int r = bl_head(w, "ORU", "R01", "ORU_R01", e);
	if (r < 0)
		return r;
	bl_patient(w);
	bl_visit(w, false);
	begin(w, NULL, SLICE_NULL);
	if (w->c->withdraw) {
		withdrawn(w);
		return 0;
	}
	open_obx(w, 1, num_is_decimal(value) ? "NM" : "ST");
	bl_coded(w, bl_value(w, "code"), bl_value(w, "test"), bl_value(w, "system"));
	buf_str(w->b, "||");
	hl7_put_text(w->b, value);
	finish(w, bl_value(w, "unit"), false, bl_value(w, "range"), flag.n ? flag : bl_yes(w, "critical") ? SLICE("AA") : SLICE_NULL, status);
	bl_note(w, 1, more);
	return 0;
}
