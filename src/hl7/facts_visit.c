/* Where a patient is and why: PV1 (3.4.3), PV2 (3.4.4), under the action that the event names (facts_map.c).
 *
 * Only visit events (ADT) move anybody. PV1 of a result or an order is what another system last heard, often hours old: it makes the visit known
 * ("mention"), no more. */
#include "facts_internal.h"

/* Table 0004, FHIR's ActCode, and the words some send. N (not applicable) and U (unknown) say nothing. */
static const struct fx_word classes[] = {
	{"I", "inpatient"},   {"O", "outpatient"},  {"E", "emergency"},        {"P", "preadmit"},          {"R", "recurring"},
	{"B", "obstetrics"},   {"C", "other"},      {"V", "virtual"},
	{"H", "home"},        {"N", ""},            {"U", ""},                 {"IMP", "inpatient"},       {"ACUTE", "inpatient"},
	{"AMB", "outpatient"}, {"EMER", "emergency"}, {"VR", "virtual"},
	{"HH", "home"},       {"PRENC", "preadmit"}, {"INPATIENT", "inpatient"}, {"OUTPATIENT", "outpatient"}, {"EMERGENCY", "emergency"},
	{"OBSENC", "inpatient"}, {"SS", "outpatient"},
};

static const char *class_of(struct fx *x, struct slice raw)
{
	if (raw.n == 0 || fx_null(raw))
		return NULL;
	const char *known = FX_LOOKUP(classes, fx_comp(x, raw, 1));
	return known ? known : "other";
}

/* A11 cancels a registration (A04) as well as an admission (A01); the class tells which. */
static const char *action_of(const struct fx *x, const char *class)
{
	const char *action = x->type->action;
	if (x->type->family != FX_ADT || !action)
		return "mention";
	static const char *const registered[] = {"outpatient", "emergency", "recurring", "virtual", "home"};
	for (size_t i = 0; i < ARRAY_LEN(registered) && class && !strcmp(action, "cancel-admit"); i++)
		if (!strcmp(class, registered[i]))
			return "cancel-register";
	return action;
}

static struct fact *add_visit(struct fx *x, const char *action)
{
	struct fact *t = fx_add(x, FACT_VISIT);
	fx_put_str(x, t, FF_ACTION, action);
	fx_put_visit(x, t);
	fx_put(x, t, FF_ACCOUNT, x->account);
	if (strcmp(action, "mention")) {
		fx_put_str(x, t, FF_STATUS, x->type->status);
		fx_put(x, t, FF_TIME, x->f->event_time);
	}
	x->visit_fact = t;
	return t;
}

static void care_team(struct fx *x, unsigned field, const char *role)
{
	if (!fx_person(x, fx_first_rep(x, fx_field(x, field))).n)
		return;
	struct fact *t = fx_add(x, FACT_CARE_TEAM);
	fx_put_lit(x, t, FF_ACTION, "update");
	fx_put_str(x, t, FF_ROLE, role);
	fx_put_reps(x, t, FF_PERFORMER, field, fx_person);
	fx_put_visit(x, t);
}

/* PV1: 2 class, 3 place, 4 admission type, 6 prior place, 7 attending, 8 referring, 9 consulting, 10 service, 11 temporary place, 15 ambulatory
 * status, 16 VIP, 17 admitting, 18 patient type, 19 visit number, 36 disposition, 42 pending place, 44 admitted, 45 discharged */
void fx_pv1(struct fx *x)
{
	if (!x->patients)
		return;
	struct slice number = fx_first_rep(x, fx_field(x, 19));
	x->visit = number.n && !fx_null(number) ? fx_id(x, number) : SLICE_NULL;
	if (x->appointment_count)
		fx_put_absent(x, x->appointments[x->appointment_count - 1], FF_VISIT, x->visit);
	const char *class = class_of(x, fx_field(x, 2));
	x->visit_class = class ? (uint8_t)class[0] : 0;
	const char *action = action_of(x, class);
	bool mention = !strcmp(action, "mention");
	if (mention && !x->visit.n && !fx_has(x, 3))
		return;
	struct fact *t = add_visit(x, action);
	if (class)
		fx_put_str(x, t, FF_CLASS, class);
	fx_put_field(x, t, FF_TYPE, 2, fx_word_of);
	fx_put_field(x, t, FF_LOCATION, 3, fx_place);
	fx_put_field(x, t, FF_PRIOR_LOCATION, 6, fx_place);
	fx_put_field(x, t, FF_TEMPORARY_LOCATION, 11, fx_place);
	fx_put_field(x, t, FF_PENDING_LOCATION, 42, fx_place);
	fx_put_field(x, t, FF_PRIORITY, 4, fx_word_of);
	fx_put_field(x, t, FF_SERVICE, 10, fx_code);
	fx_put_field(x, t, FF_CATEGORY, 18, fx_code);
	fx_put_field(x, t, FF_DISPOSITION, 36, fx_code);
	fx_put_field(x, t, FF_START, 44, fx_time);
	fx_put_first(x, t, FF_END, 45, fx_time);
	if (!mention) {
		care_team(x, 7, "attending");
		care_team(x, 8, "referring");
		care_team(x, 9, "consulting");
		care_team(x, 17, "admitting");
		fx_flag(x, 15, "PV1-15", "ambulatory-status", true);
	}
	fx_flag(x, 16, "PV1-16", "vip", true);
	x->note = x->patient;
}

/* Expected admission for who is not here yet, expected discharge for who is; EVN-3 is when what is pending is planned for. */
static unsigned expected_field(const struct fx *x)
{
	const char *action = x->type->action;
	bool coming = action && (!strcmp(action, "preadmit") || !strcmp(action, "pending-admit"));
	return coming && fx_has(x, 8) ? 8 : 9;
}

/* PV2: 3 admit reason, 8 expected admission, 9 expected discharge, 12 description, 22 protection, 41 precautions, 43 living will, 45 advance
 * directive */
void fx_pv2(struct fx *x)
{
	if (!x->patients)
		return;
	struct fact *t = x->visit_fact;
	if (t) {
		fx_put_field(x, t, FF_REASON, 3, fx_code);
		fx_put_field(x, t, FF_EXPECTED, expected_field(x), fx_time);
		fx_put_field(x, t, FF_TEXT, 12, fx_text);
	}
	fx_flag(x, 22, "PV2-22", "protected", true);
	fx_flag(x, 41, "PV2-41", "precautions", true);
	fx_flag(x, 43, "PV2-43", "living-will", true);
	fx_flag(x, 45, "PV2-45", "advance-directive", true);
	x->note = x->patient;
}

static struct slice planned(struct fx *x)
{
	struct slice raw = fx_seg_field(x, x->evn, 3);
	return raw.n ? fx_time(x, raw) : SLICE_NULL;
}

void fx_visit_finish(struct fx *x)
{
	if (!x->patients || x->type->family != FX_ADT || !x->type->action)
		return;
	if (!x->visit_fact && !strcmp(x->type->action, "update"))
		return; /* an update of the person alone */
	struct fact *t = x->visit_fact ? x->visit_fact : add_visit(x, action_of(x, NULL));
	if (!t)
		return;
	if (slice_starts(fact_get(t, FF_ACTION), "pending-") || slice_starts(fact_get(t, FF_ACTION), "preadmit"))
		fx_put_absent(x, t, FF_EXPECTED, planned(x));
}
