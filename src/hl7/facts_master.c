/* Master files (8.5): who works here (STF 15.4.8, PRA 15.4.6), which units, rooms and beds there are (LOC 8.9.2), and the state of a bed (NPU
 * 3.4.8, A20). No patient in them. */
#include "facts_internal.h"

/* MFE-1, table 0180 */
static const struct fx_word verbs[] = {{"MAD", "add"}, {"MUP", "update"}, {"MDL", "delete"}, {"MDC", "delete"}, {"MAC", "update"}};

/* MFI: 1 which file, 3 file-level event: REP replaces the whole file */
void fx_mfi(struct fx *x)
{
	if (!fx_is(fx_field(x, 3), "REP"))
		return;
	struct slice file = fx_comp(x, fx_field(x, 1), 1);
	static const struct fx_word files[] = {{"STF", "staff"}, {"PRA", "staff"}, {"LOC", "locations"}};
	const char *what = FX_LOOKUP(files, file);
	if (!what)
		return;
	struct fact *t = fx_add(x, FACT_SECTION);
	fx_put_str(x, t, FF_CATEGORY, what);
	fx_put_lit(x, t, FF_STATUS, "replaced");
}

/* MFE: 1 record-level event, 4 key */
void fx_mfe(struct fx *x)
{
	x->master_action = fx_comp(x, fx_field(x, 1), 1);
	x->master_verb = FX_LOOKUP(verbs, x->master_action);
	x->report = NULL;
}

/* Deactivated is not deleted: it stays known, as not active. */
static void put_action(struct fx *x, struct fact *t, const char *active)
{
	bool off = fx_is(x->master_action, "MDC"), on = fx_is(x->master_action, "MAC");
	fx_put_str(x, t, FF_ACTION, off ? "update" : x->master_verb);
	fx_put_str(x, t, FF_ACTIVE, off ? "no" : on ? "yes" : active);
}

static const char *sex(struct slice raw)
{
	static const struct fx_word words[] = {{"F", "female"}, {"M", "male"}, {"O", "other"}, {"A", "other"}, {"U", "unknown"}, {"N", "unknown"}};
	return FX_LOOKUP(words, raw);
}

/* STF: 1 key, 2 ids, 3 name, 4 type, 5 sex, 6 birth, 7 active, 8 department, 9 service, 10 phone, 11 address, 12/13 active from, to, 15 e-mail,
 * 18 job title */
void fx_stf(struct fx *x)
{
	struct fact *t = x->report = fx_add(x, FACT_STAFF);
	struct slice key = fx_has(x, 2) ? fx_id(x, fx_first_rep(x, fx_field(x, 2))) : SLICE_NULL;
	if (!key.n || fact_is_null(key))
		key = fx_part(x, fx_nth(x, fx_comp(x, fx_field(x, 1), 1), x->sub, 1));
	fx_put(x, t, FF_ID, key);
	if (!key.n)
		fx_problem(x);
	struct slice ids = fx_field(x, 2), more;
	while (ids.n && !fx_null(ids) && fx_next_rep(x, &ids, &more))
		fx_put_new(x, t, FF_ID, fx_id(x, more));
	static const struct fx_word states[] = {{"A", "yes"}, {"I", "no"}};
	put_action(x, t, FX_LOOKUP(states, fx_comp(x, fx_field(x, 7), 1)));
	fx_put_reps(x, t, FF_NAME, 3, fx_name_xpn);
	fx_put_str(x, t, FF_SEX, sex(fx_comp(x, fx_field(x, 5), 1)));
	fx_put_field(x, t, FF_BIRTH, 6, fx_birth);
	fx_put_first(x, t, FF_ROLE, 4, fx_code);
	fx_put_first(x, t, FF_SERVICE, fx_has(x, 9) ? 9 : 8, fx_code);
	struct slice rest = fx_field(x, 10), rep;
	while (rest.n && !fx_null(rest) && fx_next_rep(x, &rest, &rep))
		fx_put_telecom(x, t, rep, "work");
	rest = fx_field(x, 15);
	while (rest.n && !fx_null(rest) && fx_next_rep(x, &rest, &rep)) {
		struct slice parts[3] = {SLICE("email"), fx_part(x, fx_comp(x, rep, 1)), SLICE("work")};
		if (parts[1].n)
			fx_put(x, t, FF_TELECOM, fx_join(x, parts, 3));
	}
	fx_put_reps(x, t, FF_ADDRESS, 11, fx_address);
	fx_put_field(x, t, FF_TITLE, 18, fx_text);
	fx_put_field(x, t, FF_START, 12, fx_time);
	fx_put_field(x, t, FF_END, 13, fx_time);
}

/* PRA: 3 category, 5 specialty (SPD: its name first), of the person before it */
void fx_pra(struct fx *x)
{
	struct fact *t = x->report;
	if (!t || t->kind != FACT_STAFF || !fx_budget(x))
		return;
	if (!fact_get(t, FF_ROLE).n)
		fx_put_first(x, t, FF_ROLE, 3, fx_code);
	struct slice rest = fx_field(x, 5), rep;
	while (rest.n && !fx_null(rest) && fx_next_rep(x, &rest, &rep))
		fx_put(x, t, FF_CODE, fx_part(x, fx_comp(x, rep, 1)));
}

/* LOC: 1 place, 2 description, 3 type (0260), 4 organisation, 5 address, 6 phone, 9 service */
void fx_loc(struct fx *x)
{
	struct slice place = fx_place(x, fx_field(x, 1));
	if (!place.n || fact_is_null(place)) {
		fx_problem(x);
		return;
	}
	struct fact *t = fx_add(x, FACT_LOCATION);
	fx_put(x, t, FF_LOCATION, place);
	put_action(x, t, NULL);
	fx_put_field(x, t, FF_TITLE, 2, fx_text);
	fx_put_first(x, t, FF_CATEGORY, 3, fx_code);
	struct slice rest = fx_field(x, 6), rep;
	while (rest.n && !fx_null(rest) && fx_next_rep(x, &rest, &rep))
		fx_put_telecom(x, t, rep, "work");
	fx_put_first(x, t, FF_SERVICE, 9, fx_code);
}

/* NPU: 1 bed, 2 status (0116: C closed, H housekeeping, O occupied, U unoccupied, K contaminated, I isolated) */
void fx_npu(struct fx *x)
{
	struct slice place = fx_place(x, fx_field(x, 1));
	if (!place.n || fact_is_null(place)) {
		fx_problem(x);
		return;
	}
	struct fact *t = fx_add(x, FACT_LOCATION);
	fx_put(x, t, FF_LOCATION, place);
	fx_put_lit(x, t, FF_ACTION, "update");
	fx_put_field(x, t, FF_STATUS_RAW, 2, fx_text);
}
