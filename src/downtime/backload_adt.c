/* Comings and goings, and allergies, as ADT (v2.5.1 chapter 3).
 *
 *   registration  A04, of an inpatient A01; corrected A08; withdrawn A11          admit  A01; corrected A08; withdrawn A11
 *   transfer      A02, also as a correction; withdrawn A12                         discharge  A03, also as a correction; withdrawn A13
 *   cancel        A11, A12 or A13, as what it names was
 *   merge         A40: PID-3 the number that stays, MRG-1 the one that goes. One of each, as the decision names them: with whole lists a receiver would merge numbers that only one of the two has (3.3.40 merges a pair)
 *   allergy       A60 with one IAM: action A, U or D, and our number in IAM-7
 *
 * A60 and not an AL1 in A08, because an A08 carries the list of a patient's allergies as it stands (3.3.8): a receiver that takes it at its word deletes every allergy that is not in it. IAM says of one allergy what is done with it. 2.3.1
 * has neither A60 nor IAM: there an allergy is entered by a person. */
#include "backload_internal.h"

struct event {
	const char *event, *structure;
};

/* ---- PV1 ---- */

struct stay {
	struct slice cls, bed, prior, attending, disposition, to;
	const char *type; /* PV1-4 */
	bool begins, ends, named, here; /* named: our number is this stay's */
};

/* PV1: 2 class, 3 where, 4 how, 6 where before, 7 attending, 19 number, 36 and 37 discharged to, 44 from, 45 until, 50 our number */
static void put_stay(struct bl *w, const struct stay *s)
{
	const struct fact *v = w->m->visit;
	struct slice number = v ? fact_get(v, FF_VISIT) : SLICE_NULL, cls = s->cls.n ? s->cls : v ? fact_get(v, FF_CLASS) : SLICE_NULL;
	bl_segment(w, "PV1");
	bl_field(w, 1, SLICE("1"));
	bl_field(w, 2, slice_str(hl7_class_code(cls)));
	if (s->bed.n || (s->here && w->c->unit.n)) { /* without a bed he is on the unit that says so */
		bl_to(w, 3);
		if (s->bed.n)
			bl_place(w, s->bed);
		else
			hl7_put_text(w->b, w->c->unit);
	}
	bl_field(w, 4, slice_str(s->type));
	if (s->prior.n) {
		bl_to(w, 6);
		bl_place(w, s->prior);
	}
	if (s->attending.n) {
		bl_to(w, 7);
		bl_person(w, s->attending);
	}
	if (number.n && !fact_is_null(number)) {
		bl_to(w, 19);
		hl7_put_ident(w->b, fact_part(number, FI_VALUE), fact_part(number, FI_ASSIGNER), fact_part(number, FI_TYPE));
	}
	bl_field(w, 36, s->disposition);
	bl_field(w, 37, s->to);
	if (s->begins) {
		bl_to(w, 44);
		bl_occurred(w);
	}
	if (s->ends) {
		bl_to(w, 45);
		bl_occurred(w);
	}
	if (s->named) {
		bl_to(w, 50);
		hl7_put_ident(w->b, w->m->number, w->m->sending_app, SLICE_NULL);
	}
	bl_end(w);
}

/* ---- a registration's own words ---- */

static const char *sex_word(struct slice s)
{
	static const char *const words[][2] = {{"m", "male"}, {"male", "male"}, {"f", "female"}, {"female", "female"}, {"o", "other"}, {"other", "other"}, {"u", "unknown"}, {"unknown", "unknown"}};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (slice_eq_nocase(s, words[i][0]))
			return words[i][1];
	return "";
}

static void text_obx(struct bl *w, unsigned n, const char *type, const char *what, struct slice value, const char *unit)
{
	buf_printf(w->b, "OBX|%u|%s|%s||", n, type, what);
	hl7_put_text(w->b, value);
	buf_printf(w->b, "|%s|||||F\r", unit);
}

static void put_words(struct bl *w)
{
	struct slice age = bl_value(w, "estimatedAge"), described = bl_value(w, "description");
	unsigned n = 0;
	if (age.n)
		text_obx(w, ++n, num_is_decimal(age) ? "NM" : "ST", "21611-9^Age - estimated^LN", age, num_is_decimal(age) ? "a^year^UCUM" : "");
	if (described.n)
		text_obx(w, ++n, "ST", "^Description", described, "");
}

static void put_person(struct bl *w)
{
	AUTO_BUF struct buf name = {0};
	struct slice address = bl_value(w, "address"), phone = bl_value(w, "phone"), kin = bl_value(w, "nextOfKin"), mother = bl_value(w, "mother");
	buf_init(&name, CAPTURE_MAX);
	struct slice family = bl_value(w, "family"), whole = bl_value(w, "name");
	buf_add_slice(&name, family.n ? family : whole);
	buf_u8(&name, FACT_US);
	buf_add_slice(&name, bl_value(w, "given"));
	buf_u8(&name, FACT_US);
	buf_add_slice(&name, bl_value(w, "middle"));
	bool named = name.n > 2;
	struct fact_value v[] = {{FF_BIRTH, bl_value(w, "birth")}, {FF_SEX, slice_str(sex_word(bl_value(w, "sex")))}, {FF_NAME, buf_slice(&name)}};
	const struct fact p = {.kind = FACT_PATIENT, .count = named ? 3 : 2, .cap = ARRAY_LEN(v), .values = v};
	hl7_put_patient(w->b, w->m->idents, w->m->ident_count, &p);
	w->at = 8;
	bl_field(w, 11, address);
	bl_field(w, 13, phone);
	bl_field(w, 21, mother);
	if (w->tq1 && !named)
		bl_field(w, 31, SLICE("Y")); /* identity unknown */
	bl_end(w);
	if (kin.n) {
		bl_segment(w, "NK1");
		bl_field(w, 1, SLICE("1"));
		bl_field(w, 2, kin);
		bl_end(w);
	}
}

static void put_reason(struct bl *w)
{
	struct slice why = bl_value(w, "reason");
	if (!why.n)
		return;
	bl_segment(w, "PV2");
	bl_to(w, 3);
	buf_u8(w->b, '^');
	hl7_put_text(w->b, why);
	bl_end(w);
}

/* ---- the events ---- */

static int begin(struct bl *w, struct event v, struct err *e)
{
	int r = bl_head(w, "ADT", v.event, v.structure, e);
	if (r == 0)
		bl_event(w, v.event);
	return r;
}

static int registration(struct bl *w, struct err *e)
{
	static const char *const inside[] = {"inpatient", "I", NULL};
	struct event v = w->c->withdraw ? (struct event){"A11", "ADT_A09"} : w->m->corrects ? (struct event){"A08", "ADT_A01"} : bl_is(bl_value(w, "class"), inside) ? (struct event){"A01", "ADT_A01"} : (struct event){"A04", "ADT_A01"};
	int r = begin(w, v, e);
	if (r < 0)
		return r;
	if (w->c->withdraw)
		bl_patient(w);
	else
		put_person(w);
	put_stay(w, &(struct stay){.cls = bl_value(w, "class"), .bed = bl_value(w, "bed"), .type = bl_yes(w, "newborn") ? "N" : "", .begins = true, .named = true, .here = true});
	if (!w->c->withdraw) {
		put_reason(w);
		put_words(w);
	}
	return 0;
}

static int admit(struct bl *w, struct err *e)
{
	struct event v = w->c->withdraw ? (struct event){"A11", "ADT_A09"} : w->m->corrects ? (struct event){"A08", "ADT_A01"} : (struct event){"A01", "ADT_A01"};
	int r = begin(w, v, e);
	if (r < 0)
		return r;
	bl_patient(w);
	struct slice cls = bl_value(w, "class");
	put_stay(w, &(struct stay){.cls = cls.n ? cls : SLICE("inpatient"), .bed = bl_value(w, "bed"), .attending = bl_value(w, "attending"), .begins = true, .named = true, .here = true});
	if (!w->c->withdraw)
		put_reason(w);
	return 0;
}

/* Taken back: the patient is where he was before. */
static int transfer(struct bl *w, struct err *e)
{
	bool back = w->c->withdraw;
	int r = begin(w, back ? (struct event){"A12", "ADT_A12"} : (struct event){"A02", "ADT_A02"}, e);
	if (r < 0)
		return r;
	bl_patient(w);
	put_stay(w, &(struct stay){.bed = bl_value(w, back ? "from" : "bed"), .prior = bl_value(w, back ? "bed" : "from"), .here = !back});
	return 0;
}

static int discharge(struct bl *w, struct err *e)
{
	bool back = w->c->withdraw;
	int r = begin(w, back ? (struct event){"A13", "ADT_A01"} : (struct event){"A03", "ADT_A03"}, e);
	if (r < 0)
		return r;
	bl_patient(w);
	put_stay(w, &(struct stay){.disposition = back ? SLICE_NULL : bl_value(w, "disposition"), .to = back ? SLICE_NULL : bl_value(w, "to"), .ends = !back});
	return 0;
}

/* What it names, taken back: the same message as if that item itself were withdrawn. */
static int cancel(struct bl *w, struct err *e)
{
	const struct capture *of = w->m->of;
	if (w->c->withdraw)
		return err_set(e, ERR_NO, NULL, "a cancellation that is taken back has no message: it is entered in the EHR by hand");
	if (!of || (of->kind != CAPTURE_REGISTRATION && of->kind != CAPTURE_ADMIT && of->kind != CAPTURE_TRANSFER && of->kind != CAPTURE_DISCHARGE))
		return err_set(e, ERR_INPUT, "values.of", "names no admission, transfer or discharge that is here");
	struct capture as = *w->c;
	as.kind = of->kind;
	as.withdraw = true;
	as.values = of->values;
	struct bl to = *w;
	to.c = &as;
	return of->kind == CAPTURE_TRANSFER ? transfer(&to, e) : of->kind == CAPTURE_DISCHARGE ? discharge(&to, e) : of->kind == CAPTURE_ADMIT ? admit(&to, e) : registration(&to, e);
}

/* MRG: 1 the number that goes, 7 its name (3.4.9). A40 is there since 2.3, and the same in all versions that are written here. */
static int merge(struct bl *w, struct err *e)
{
	const struct fact_ident *goes = &w->m->prior;
	if (!slice_eq_str(bl_value(w, "op"), "merge"))
		return err_set(e, ERR_NO, NULL, "HL7 has no message that takes a merge apart: it is done in the EHR by hand");
	if (!goes->value.n)
		return err_set(e, ERR_INPUT, "values.of", "the record that goes has no number that the receiver could know");
	int r = begin(w, (struct event){"A40", "ADT_A39"}, e);
	if (r < 0)
		return r;
	bl_patient(w);
	bl_segment(w, "MRG");
	bl_to(w, 1);
	hl7_put_ident(w->b, goes->value, goes->assigner, goes->type);
	if (w->m->prior_patient) {
		struct slice name = fact_get(w->m->prior_patient, FF_NAME);
		if (name.n && !fact_is_null(name)) {
			bl_to(w, 7);
			hl7_put_text(w->b, fact_part(name, FN_FAMILY));
			buf_u8(w->b, '^');
			hl7_put_text(w->b, fact_part(name, FN_GIVEN));
		}
	}
	bl_end(w);
	return 0;
}

int bl_adt(struct bl *w, struct err *e)
{
	switch (w->c->kind) {
	case CAPTURE_MERGE:
		return merge(w, e);
	case CAPTURE_REGISTRATION:
		return registration(w, e);
	case CAPTURE_ADMIT:
		return admit(w, e);
	case CAPTURE_TRANSFER:
		return transfer(w, e);
	case CAPTURE_DISCHARGE:
		return discharge(w, e);
	default:
		return cancel(w, e);
	}
}

/* ---- allergies ---- */

/* Table 0128. */
static const char *severity_code(struct slice severity, struct slice criticality)
{
	static const char *const severe[] = {"severe", "SV", "high", NULL}, *const moderate[] = {"moderate", "MO", NULL}, *const mild[] = {"mild", "MI", "low", NULL};
	struct slice s = severity.n ? severity : criticality;
	return bl_is(s, severe) ? "SV" : bl_is(s, moderate) ? "MO" : bl_is(s, mild) ? "MI" : s.n ? "U" : "";
}

/* IAM: 1 set id, 2 type, 3 of what, 4 severity, 5 reaction, 6 what is done, 7 our number, 13 reported at, 17 status, 18 by whom, 20 at */
int bl_allergy(struct bl *w, struct err *e)
{
	if (w->old)
		return err_set(e, ERR_NO, NULL, "HL7 2.3.1 has no message that adds one allergy to a list: it is entered in the EHR by hand");
	int r = begin(w, (struct event){"A60", "ADT_A60"}, e);
	if (r < 0)
		return r;
	bl_patient(w);
	bl_visit(w, false);
	bl_segment(w, "IAM");
	bl_field(w, 1, SLICE("1"));
	bl_to(w, 3);
	if (bl_yes(w, "statedNone"))
		bl_coded(w, SLICE("716186003"), SLICE("No known allergy"), SLICE("SCT"));
	else
		bl_coded(w, bl_value(w, "code"), bl_value(w, "substance"), bl_value(w, "system"));
	bl_field(w, 4, slice_str(severity_code(bl_value(w, "severity"), bl_value(w, "criticality"))));
	bl_field(w, 5, bl_value(w, "reaction"));
	bl_field(w, 6, w->c->withdraw ? SLICE("D") : w->m->corrects ? SLICE("U") : SLICE("A"));
	bl_to(w, 7);
	bl_number(w, w->m->number);
	bl_field(w, 8, w->c->reason);
	bl_to(w, 13);
	bl_occurred(w);
	bl_to(w, 18);
	bl_person(w, bl_doer(w));
	bl_to(w, 20);
	bl_recorded(w);
	bl_end(w);
	return 0;
}
