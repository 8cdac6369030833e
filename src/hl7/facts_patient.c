/* Who it is about: PID and PD1 (3.4.2, 3.4.10), and the people around: NK1, GT1, IN1, ROL, PRT; access restrictions: ARV. */
#include "facts_internal.h"

/* ---- PID: identifiers ---- */

enum { CANDIDATES = FACT_IDENTS_MAX };

/* Table 0203: numbers that name something else than the patient in a register of patients. */
bool fx_names_something_else(struct slice type)
{
	static const char *const types[] = {"AN", "ANON", "ANT", "VN", "VS", "SS", "DL", "PPN", "BC", "CZ", "PT_ACCT", "GN", "AM", "DI", "DS", "MS",
		"NP", "VISA", "BA", "BCV", "TAX", "WC", "WCN"};
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (slice_eq_nocase(type, types[i]))
			return true;
	return false;
}

static bool names_a_record(struct slice type)
{
	return slice_eq_nocase(type, "MR") || slice_eq_nocase(type, "PI");
}

struct idents {
	struct fact_ident at[CANDIDATES];
	unsigned n;
};

static void gather(struct fx *x, struct idents *to, unsigned field, const char *type)
{
	struct slice rest = fx_field(x, field), rep;
	struct fx_ident id;
	if (rest.n == 0 || fx_null(rest))
		return;
	while (fx_next_rep(x, &rest, &rep)) {
		if (!fx_ident(x, rep, &id))
			continue;
		if (type && !id.id.type.n)
			id.id.type = slice_str(type);
		fx_authority(x, &id);
		if (to->n == CANDIDATES)
			fx_problem(x);
		else
			to->at[to->n++] = id.id;
	}
}

static int choose(const struct idents *all, unsigned from, unsigned to, bool (*good)(struct slice type), bool want)
{
	for (unsigned i = from; i < to; i++)
		if (good(all->at[i].type) == want)
			return (int)i;
	return -1;
}

/* What the facts hang on: PID-3's record number; else what of PID-3 is none of account, visit, social security, licence; else PID-2; else PID-3
 * whatever it is; PID-4; PID-18. */
static int the_one(const struct idents *all, unsigned after3, unsigned after2, unsigned after4)
{
	int i = choose(all, 0, after3, names_a_record, true);
	if (i < 0)
		i = choose(all, 0, after3, fx_names_something_else, false);
	if (i < 0 && after2 > after3)
		i = (int)after3;
	if (i < 0 && after3)
		i = 0;
	if (i < 0 && after4 > after2)
		i = (int)after2;
	return i < 0 && all->n > after4 ? (int)after4 : i;
}

static void begin_patient(struct fx *x)
{
	struct idents all __attribute__((uninitialized)); /* 3 kB of which the first few are used */
	all.n = 0;
	gather(x, &all, 3, NULL);
	unsigned after3 = all.n;
	gather(x, &all, 2, NULL);
	unsigned after2 = all.n;
	gather(x, &all, 4, NULL);
	unsigned after4 = all.n;
	gather(x, &all, 18, "AN");
	unsigned after18 = all.n;
	int id = the_one(&all, after3, after2, after4);
	gather(x, &all, 19, "SS");
	gather(x, &all, 20, "DL");
	if (id >= (int)after18)
		id = -1; /* a licence is no patient */
	static const struct fact_ident nobody;
	x->g = facts_group(x->f, id < 0 ? nobody : all.at[id]);
	if (!x->g)
		return;
	if (id < 0) {
		fx_problem(x);
		x->g->incomplete = true; /* facts of a patient that nobody can find by number */
	}
	for (unsigned i = 0; i < all.n; i++)
		if ((int)i != id)
			facts_also(x->f, x->g, all.at[i]);
}

/* ---- PID: demographics ---- */

/* Table 0001, and the words some send for it. */
static const struct fx_word sexes[] = {
	{"F", "female"}, {"M", "male"}, {"O", "other"}, {"A", "other"}, {"U", "unknown"}, {"N", "unknown"}, {"X", "other"}, {"female", "female"},
	{"male", "male"}, {"unknown", "unknown"}, {"other", "other"},
};

static void put_sex(struct fx *x, struct fact *t, unsigned field)
{
	struct slice raw = fx_field(x, field);
	if (raw.n == 0)
		return;
	if (fx_null(raw)) {
		fx_put(x, t, FF_SEX, SLICE(FACT_NULL));
		return;
	}
	struct slice code = fx_comp(x, raw, 1);
	const char *sex = FX_LOOKUP(sexes, code);
	if (sex)
		fx_put_str(x, t, FF_SEX, sex);
	else if (fx_trim(code).n)
		fx_problem(x);
}

static const char *yes_no(struct slice raw)
{
	static const struct fx_word words[] = {{"Y", "yes"}, {"N", "no"}, {"YES", "yes"}, {"NO", "no"}, {"1", "yes"}, {"0", "no"}, {"T", "yes"},
	{"F", "no"}, {"TRUE", "yes"}, {"FALSE", "no"}};
	return FX_LOOKUP(words, raw);
}

static void put_yes_no(struct fx *x, struct fact *t, uint8_t id, unsigned field)
{
	struct slice raw = fx_field(x, field);
	if (raw.n == 0)
		return;
	const char *v = yes_no(fx_comp(x, raw, 1));
	if (fx_null(raw))
		fx_put(x, t, id, SLICE(FACT_NULL));
	else if (v)
		fx_put_str(x, t, id, v);
	else if (fx_trim(raw).n)
		fx_problem(x);
}

/* Names; those of type alias (table 0200 A) go with the aliases of PID-9. */
static void put_names(struct fx *x, struct fact *t)
{
	struct slice rest = fx_field(x, 5), rep;
	if (fx_null(rest))
		fx_put(x, t, FF_NAME, SLICE(FACT_NULL));
	else
		while (fx_next_rep(x, &rest, &rep))
			fx_put(x, t, fx_is(fx_comp(x, rep, 7), "A") ? FF_ALIAS : FF_NAME, fx_name_xpn(x, rep));
	fx_put_reps(x, t, FF_ALIAS, 9, fx_name_xpn);
}

static unsigned put_telecoms(struct fx *x, struct fact *t, unsigned field, const char *use)
{
	struct slice rest = fx_field(x, field), rep;
	unsigned n = 0;
	if (rest.n == 0 || fx_null(rest))
		return 0;
	for (; fx_next_rep(x, &rest, &rep); n++)
		fx_put_telecom(x, t, rep, use);
	return n;
}

/* Fields for home, for work and (from 2.7 on) for any are one list of ours (PID-13, -14, -40): it is deleted only where nothing of it is left. */
static void put_phones(struct fx *x, struct fact *t, unsigned home, unsigned work, unsigned any)
{
	unsigned n = put_telecoms(x, t, home, "home") + put_telecoms(x, t, work, "work") + put_telecoms(x, t, any, NULL);
	if (n == 0 && fx_null(fx_field(x, home)))
		fx_put(x, t, FF_TELECOM, SLICE(FACT_NULL));
}

static void put_death(struct fx *x, struct fact *t)
{
	struct slice when = fx_field(x, 29);
	struct slice time = when.n ? fx_time(x, when) : SLICE_NULL;
	put_yes_no(x, t, FF_DECEASED, 30);
	if (time.n && !fact_is_null(time))
		fx_put_absent(x, t, FF_DECEASED, SLICE("yes"));
	fx_put(x, t, FF_DECEASED_TIME, time);
}

static void put_demographics(struct fx *x, struct fact *t)
{
	put_names(x, t);
	fx_put_field(x, t, FF_BIRTH, 7, fx_birth);
	put_sex(x, t, 8);
	fx_put_reps(x, t, FF_ADDRESS, 11, fx_address);
	put_phones(x, t, 13, 14, 40);
	fx_put_field(x, t, FF_LANGUAGE, 15, fx_code);
	fx_put_field(x, t, FF_MARITAL, 16, fx_code);
	fx_put_field(x, t, FF_RELIGION, 17, fx_code);
	fx_put_reps(x, t, FF_RACE, 10, fx_code);
	fx_put_first(x, t, FF_ETHNICITY, 22, fx_code);
	fx_put_first(x, t, FF_MOTHER, 21, fx_id);
	if (fx_has(x, 25))
		fx_put_field(x, t, FF_MULTIPLE, 25, fx_text);
	else
		put_yes_no(x, t, FF_MULTIPLE, 24);
	put_death(x, t);
	fx_put_field(x, t, FF_RECORDED, 33, fx_time);
}

void fx_pid(struct fx *x)
{
	begin_patient(x);
	if (!x->g)
		return;
	struct slice account = fx_first_rep(x, fx_field(x, 18));
	x->account = account.n && !fx_null(account) ? fx_id(x, account) : SLICE_NULL;
	x->visit = SLICE_NULL;
	x->visit_fact = NULL;
	x->visit_class = 0;
	x->patients = true;
	x->patient = fx_add(x, FACT_PATIENT);
	if (x->type->family != FX_ADT)
		fx_put_lit(x, x->patient, FF_ACTION, "mention");
	put_demographics(x, x->patient);
	fx_put(x, x->patient, FF_ACCOUNT, account.n && fx_null(account) ? SLICE(FACT_NULL) : x->account);
}

/* ---- markings: VIP, protection, directives ---- */

/* One FLAG a source field: it carries all codes of the field, and "" or a plain N takes it off. */
void fx_flag(struct fx *x, unsigned field, const char *id, const char *category, bool visit)
{
	struct slice raw = fx_field(x, field);
	if (fx_trim(raw).n == 0)
		return;
	bool off = fx_null(raw) || fx_is(fx_comp(x, raw, 1), "N");
	if (off && !fx_null(raw) && x->type->family != FX_ADT)
		return;
	struct fact *t = fx_add(x, FACT_FLAG);
	fx_put_str(x, t, FF_ID, id);
	fx_put_str(x, t, FF_CATEGORY, category);
	fx_put_str(x, t, FF_ACTION, off ? "delete" : "add");
	if (!off) {
		fx_put_reps(x, t, FF_CODE, field, fx_code);
		struct slice code[7], first = fx_first_rep(x, raw);
		fx_cut(x, first, x->comp, code, 7);
		if (!strcmp(category, "protected") || !strcmp(category, "vip"))
			fx_put(x, t, FF_PROTECTED, fx_part(x, code[1]).n ? fx_part(x, code[1]) : fx_part(x, code[0]));
	}
	if (visit)
		fx_put_visit(x, t);
	x->note = x->patient;
}

/* PD1-4 primary care provider, -7 living will, -12 protection indicator, -15 advance directive. */
void fx_pd1(struct fx *x)
{
	if (fx_person(x, fx_first_rep(x, fx_field(x, 4))).n) {
		struct fact *t = fx_add(x, FACT_CARE_TEAM);
		fx_put_lit(x, t, FF_ROLE, "primary-care");
		fx_put_str(x, t, FF_ACTION, x->type->family == FX_ADT ? "update" : "mention");
		fx_put_reps(x, t, FF_PERFORMER, 4, fx_person);
	}
	fx_flag(x, 7, "PD1-7", "living-will", false);
	fx_flag(x, 12, "PD1-12", "protected", false);
	fx_flag(x, 15, "PD1-15", "advance-directive", false);
	x->note = x->patient;
}

/* ARV (3.4.13, from 2.6): 2 action, 3 restriction, 4 reason, 5 instructions. One before PV1 is the person's, one after it the visit's. */
void fx_arv(struct fx *x)
{
	struct slice action = fx_comp(x, fx_field(x, 2), 1);
	if (!fx_has(x, 3) || fx_is(action, "X"))
		return; /* X: no change */
	struct fact *t = fx_add(x, FACT_FLAG);
	struct slice code = fx_code(x, fx_field(x, 3));
	struct slice id[2] = {SLICE("ARV"), fx_part(x, fx_comp(x, fx_field(x, 3), 1))};
	fx_put(x, t, FF_ID, fx_words(x, id, 2, ' '));
	fx_put_lit(x, t, FF_CATEGORY, "protected");
	fx_put_str(x, t, FF_ACTION, fx_is(action, "D") ? "delete" : "add");
	fx_put(x, t, FF_CODE, code);
	struct slice display = fact_part(code, FC_DISPLAY);
	fx_put(x, t, FF_PROTECTED, display.n ? display : fact_part(code, FC_CODE));
	fx_put_reps(x, t, FF_REASON, 4, fx_code);
	fx_put_reps(x, t, FF_TEXT, 5, fx_text);
	if (x->visit_fact)
		fx_put_visit(x, t);
	x->note = x->patient;
}

/* ---- people around the patient ---- */

static const char *list_action(const struct fx *x)
{
	return x->type->family == FX_ADT ? "snapshot" : "add"; /* only a registration message carries the whole list */
}

static const struct fx_word contact_roles[] = {{"N", "next-of-kin"}, {"C", "emergency"}, {"E", "employer"}, {"F", "federal"}, {"I", "insurance"},
	{"S", "state"}, {"O", "other"}, {"U", "unknown"}, {"NOK", "next-of-kin"}, {"EMC", "emergency"}, {"EC", "emergency"}};

/* NK1 (3.4.5): 2 name, 3 relationship, 4 address, 5 phone, 6 business phone, 7 role, 8/9 dates, 13 organisation, 15 sex, 16 birth, 20 language,
 * 33 identifiers, 40 (2.7) telecoms */
void fx_nk1(struct fx *x)
{
	bool nobody = !fx_has(x, 2) && !fx_has(x, 13);
	if (nobody && !fx_has(x, 3) && !fx_has(x, 5) && !fx_has(x, 4))
		return;
	struct fact *t = fx_add(x, FACT_CONTACT);
	fx_put_str(x, t, FF_ACTION, fx_null(fx_field(x, 2)) && !fx_has(x, 3) ? "delete" : list_action(x));
	fx_put_reps(x, t, FF_NAME, 2, fx_name_xpn);
	if (!fx_has(x, 2) && fx_has(x, 13)) {
		struct slice name[8] = {[FN_TEXT] = fx_org(x, fx_first_rep(x, fx_field(x, 13)))};
		fx_put(x, t, FF_NAME, fx_join(x, name, 8));
	}
	fx_put_field(x, t, FF_ROLE, 3, fx_code);
	struct slice role = fx_field(x, 7);
	if (role.n && !fx_null(role)) {
		const char *known = FX_LOOKUP(contact_roles, fx_comp(x, role, 1));
		struct slice parts[7] = {known ? slice_str(known) : fx_part(x, fx_comp(x, role, 1)), fx_part(x, fx_comp(x, role, 2))};
		fx_put(x, t, FF_CATEGORY, fx_join(x, parts, 7));
	} else {
		fx_put_lit(x, t, FF_CATEGORY, "next-of-kin");
	}
	fx_put_reps(x, t, FF_ADDRESS, 4, fx_address);
	put_phones(x, t, 5, 6, 40);
	fx_put_field(x, t, FF_START, 8, fx_time);
	fx_put_field(x, t, FF_END, 9, fx_time);
	put_sex(x, t, 15);
	fx_put_field(x, t, FF_BIRTH, 16, fx_birth);
	fx_put_field(x, t, FF_LANGUAGE, 20, fx_code);
	fx_put_first(x, t, FF_ID, 33, fx_id);
	fx_put_field(x, t, FF_SET, 1, fx_text);
}

/* GT1 (6.5.5): 2 number, 3 name, 5 address, 6/7 phones, 8 birth, 9 sex, 11 relationship, 21 organisation */
void fx_gt1(struct fx *x)
{
	if (!fx_has(x, 3) && !fx_has(x, 21))
		return;
	struct fact *t = fx_add(x, FACT_CONTACT);
	fx_put_lit(x, t, FF_ACTION, "add"); /* no list of its own: next of kin stand beside it */
	fx_put_lit(x, t, FF_CATEGORY, "guarantor");
	fx_put_first(x, t, FF_ID, 2, fx_id);
	fx_put_reps(x, t, FF_NAME, 3, fx_name_xpn);
	if (!fx_has(x, 3)) {
		struct slice name[8] = {[FN_TEXT] = fx_org(x, fx_first_rep(x, fx_field(x, 21)))};
		fx_put(x, t, FF_NAME, fx_join(x, name, 8));
	}
	fx_put_reps(x, t, FF_ADDRESS, 5, fx_address);
	put_phones(x, t, 6, 7, 0);
	fx_put_field(x, t, FF_BIRTH, 8, fx_birth);
	put_sex(x, t, 9);
	fx_put_field(x, t, FF_ROLE, 11, fx_code);
	fx_put_field(x, t, FF_SET, 1, fx_text);
}

/* IN1 (6.5.6): 2 plan, 3 company id, 4 company, 8 group number, 12/13 dates, 15 type, 16 insured, 17 relation, 36 policy number, 49 insured's id */
void fx_in1(struct fx *x)
{
	if (!fx_has(x, 2) && !fx_has(x, 3) && !fx_has(x, 4) && !fx_has(x, 36))
		return;
	struct fact *t = fx_add(x, FACT_COVERAGE);
	fx_put_str(x, t, FF_ACTION, list_action(x));
	fx_put_field(x, t, FF_CODE, 2, fx_code);
	fx_put_first(x, t, FF_PAYER, 4, fx_org);
	if (!fx_has(x, 4))
		fx_put_first(x, t, FF_PAYER, 3, fx_text);
	fx_put_field(x, t, FF_GROUP, 8, fx_text);
	fx_put_field(x, t, FF_START, 12, fx_time);
	fx_put_field(x, t, FF_END, 13, fx_time);
	fx_put_field(x, t, FF_TYPE, 15, fx_word_of);
	fx_put_first(x, t, FF_NAME, 16, fx_name_xpn);
	fx_put_field(x, t, FF_ROLE, 17, fx_code);
	fx_put_field(x, t, FF_POLICY, 36, fx_text);
	fx_put_first(x, t, FF_ID, 49, fx_id);
	fx_put_field(x, t, FF_SET, 1, fx_text);
}

/* Table 0287. UC (unchanged) says nothing new. */
static const struct fx_word problem_actions[] = {{"AD", "add"}, {"CO", "update"}, {"UP", "update"}, {"DE", "delete"}, {"UN", "delete"},
	{"LI", "add"}, {"UC", "update"}, {"A", "add"}, {"U", "update"}, {"D", "delete"}};

static void care_team(struct fx *x, unsigned action, unsigned role, unsigned person, unsigned begin, unsigned end, unsigned id)
{
	if (!fx_person(x, fx_first_rep(x, fx_field(x, person))).n)
		return;
	struct fact *t = fx_add(x, FACT_CARE_TEAM);
	const char *verb = FX_LOOKUP(problem_actions, fx_comp(x, fx_field(x, action), 1));
	fx_put_str(x, t, FF_ACTION, verb ? verb : "update");
	fx_put_field(x, t, FF_ROLE, role, fx_code);
	fx_put_reps(x, t, FF_PERFORMER, person, fx_person);
	fx_put_field(x, t, FF_START, begin, fx_time);
	fx_put_field(x, t, FF_END, end, fx_time);
	fx_put_field(x, t, FF_ID, id, fx_ei);
	if (x->visit_fact)
		fx_put_visit(x, t);
	x->note = x->patient;
}

/* ROL (15.4.7): 1 instance, 2 action, 3 role, 4 person, 5 begin, 6 end */
void fx_rol(struct fx *x)
{
	care_team(x, 2, 3, 4, 5, 6, 1);
}

/* PRT (7.4.4, from 2.7): 1 instance, 2 action, 4 participation, 5 person, 11 begin, 12 end */
void fx_prt(struct fx *x)
{
	care_team(x, 2, 4, 5, 11, 12, 1);
}
