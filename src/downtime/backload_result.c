/* What was measured, and results that came by telephone, as ORU^R01 (v2.5.1, 7.3.1).
 *
 *   ORC  RE   2 our number   5 CM, CA as a withdrawal
 *   OBR  2 and 3 our number   4 the panel, or the test   7 when   10 by whom   22 written down   25 F P, C as a correction, X as a withdrawal   29 the order
 *   OBX  vitals: LOINC and UCUM (the vital signs of LOINC panel 85353-1 and what wards write beside them), NM as written. Results: as they came; 6 unit   7 range   8 flag, AA where it is critical   14 when   16 by whom
 *   NTE  how it came to be written down; of a result also by whom and to whom it was called, whether it was read back, the specimen
 *
 * A withdrawn one has a single OBX that says so with status W, and none of the values that were wrong. */
#include "backload_internal.h"

const struct downtime_vital downtime_vitals[DOWNTIME_VITALS] = {
	{"systolic", "8480-6", "Systolic blood pressure", "mm[Hg]"},
	{"diastolic", "8462-4", "Diastolic blood pressure", "mm[Hg]"},
	{"pulse", "8867-4", "Heart rate", "/min"},
	{"respiration", "9279-1", "Respiratory rate", "/min"},
	{"temperature", "8310-5", "Body temperature", "Cel"},
	{"spo2", "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", "%"},
	{"oxygen", "3151-8", "Inhaled oxygen flow rate", "L/min"},
	{"pain", "72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported", "{score}"},
	{"gcs", "9269-2", "Glasgow coma score total", "{score}"},
	{"weight", "29463-7", "Body weight", "kg"},
	{"height", "8302-2", "Body height", "cm"},
	{"glucose", "2339-0", "Glucose [Mass/volume] in Blood", "mg/dL"},
};

static void begin(struct bl *w, const char *code, const char *text)
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
		bl_coded(w, slice_str(code), slice_str(text), SLICE("LN"));
	else
		bl_coded(w, bl_value(w, "code"), bl_value(w, "test"), bl_value(w, "system"));
	bl_to(w, 7);
	bl_occurred(w);
	bl_to(w, 10);
	bl_person(w, bl_doer(w));
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

void downtime_vital_of(const struct capture *c, const struct downtime_vital *v, struct downtime_vital *ret)
{
	struct slice unit = SLICE_NULL;
	*ret = *v;
	if (!strcmp(v->name, "temperature"))
		unit = json_text(c->values, "temperatureUnit");
	else if (!strcmp(v->name, "glucose"))
		unit = json_text(c->values, "glucoseUnit");
	if (slice_eq_str(unit, "[degF]"))
		ret->unit = "[degF]";
	if (slice_eq_str(unit, "mmol/L")) {
		ret->code = "15074-8";
		ret->text = "Glucose [Moles/volume] in Blood";
		ret->unit = "mmol/L";
	}
}

int bl_vitals(struct bl *w, struct err *e)
{
	static const char *const more[] = {"position", "site", NULL};
	unsigned n = 0;
	int r = bl_head(w, "ORU", "R01", "ORU_R01", e);
	if (r < 0)
		return r;
	bl_patient(w);
	bl_visit(w, false);
	begin(w, "85353-1", "Vital signs, weight, height, head circumference, oxygen saturation and BMI panel");
	if (w->c->withdraw) {
		withdrawn(w);
		return 0;
	}
	for (size_t i = 0; i < DOWNTIME_VITALS; i++) {
		struct downtime_vital v;
		struct slice value = bl_value(w, downtime_vitals[i].name);
		if (!value.n)
			continue;
		downtime_vital_of(w->c, &downtime_vitals[i], &v);
		open_obx(w, ++n, num_is_decimal(value) ? "NM" : "ST");
		bl_coded(w, slice_str(v.code), slice_str(v.text), SLICE("LN"));
		buf_str(w->b, "||");
		hl7_put_text(w->b, value);
		finish(w, slice_str(v.unit), true, SLICE_NULL, SLICE_NULL, w->m->corrects ? "C" : "F");
	}
	bl_note(w, 1, more);
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
	begin(w, NULL, NULL);
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
