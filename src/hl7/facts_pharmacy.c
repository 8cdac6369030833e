/* Medication: ordered (RXO 4A.4.1), encoded by the pharmacy (RXE 4A.4.4), dispensed (RXD), to be given (RXG), given (RXA 4A.4.7), with route
 * (RXR) and components (RXC).
 *
 * RDE and RAS repeat what was ordered before what was encoded; the encoded order wins, and what RXO alone says is kept. VXU's RXA is an
 * immunization. */
#include "facts_internal.h"

/* A unit as people write it: mg, mL; the name of one that is a number in some system. */
static struct slice unit_word(struct slice code)
{
	struct slice c = fact_part(code, FC_CODE), d = fact_part(code, FC_DISPLAY);
	uint64_t n;
	if (c.n && !(d.n && num_u64(c, 0, UINT64_MAX, &n) == 0))
		return c;
	return d.n ? d : fact_part(code, FC_TEXT);
}

static struct slice amount(struct fx *x, unsigned number, unsigned unit)
{
	struct slice n = fx_text(x, fx_field(x, number)), u = fx_field(x, unit);
	if (n.n == 0 || fact_is_null(n))
		return n;
	struct slice both[2] = {n, u.n && !fx_null(u) ? unit_word(fx_code(x, fx_first_rep(x, u))) : SLICE_NULL};
	return fx_words(x, both, 2, ' ');
}

/* 999 is how an immunization registry says that it does not know (CDC guide, RXA-6). */
static void put_amount(struct fx *x, struct fact *t, uint8_t field, unsigned n, bool vaccine)
{
	struct slice v = fx_text(x, fx_field(x, n));
	if (v.n && !(vaccine && slice_eq_str(v, "999")))
		fx_put(x, t, field, v);
}

/* Where the columns of one segment stand. 0: it has none. */
struct columns {
	uint8_t code, least, most, unit, form, instructions, quantity, quantity_unit, refills, rate, rate_unit, strength, strength_unit, reason;
};
static const struct columns rxo = {1, 2, 3, 4, 5, 7, 11, 12, 13, 21, 22, 18, 19, 20};
static const struct columns rxe = {2, 3, 4, 5, 6, 7, 10, 11, 12, 23, 24, 25, 26, 27};
static const struct columns rxg = {4, 5, 6, 7, 8, 9, 0, 0, 0, 15, 16, 17, 18, 22};

/* Everything that is not there yet. */
static void put_order(struct fx *x, struct fact *t, const struct columns *c)
{
	struct slice most = fx_text(x, fx_field(x, c->most)), least = fx_text(x, fx_field(x, c->least));
	fx_put_absent(x, t, FF_CODE, fx_code(x, fx_field(x, c->code)));
	fx_put_absent(x, t, FF_DOSE, least);
	if (!slice_eq(most, least))
		fx_put_absent(x, t, FF_DOSE_MAX, most);
	fx_put_absent(x, t, FF_DOSE_UNIT, fx_unit(x, fx_field(x, c->unit)));
	fx_put_absent(x, t, FF_FORM, fx_code(x, fx_field(x, c->form)));
	fx_put_absent(x, t, FF_QUANTITY, amount(x, c->quantity, c->quantity_unit));
	fx_put_absent(x, t, FF_REFILLS, fx_text(x, fx_field(x, c->refills)));
	fx_put_absent(x, t, FF_RATE, amount(x, c->rate, c->rate_unit));
	fx_put_absent(x, t, FF_STRENGTH, amount(x, c->strength, c->strength_unit));
	if (fact_count(t, FF_REASON) == 0)
		fx_put_reps(x, t, FF_REASON, c->reason, fx_code);
}

/* The order at hand, made when the segment came without ORC. */
static struct fact *the_order(struct fx *x)
{
	if (!x->patients || x->no_order || !fx_budget(x))
		return NULL;
	if (!x->order || x->order->kind != FACT_MED_ORDER) {
		x->order = fx_add(x, FACT_MED_ORDER);
		fx_put_order_keys(x, x->order, x->order_key);
	}
	x->note = x->order;
	return x->order;
}

static void put_instructions(struct fx *x, struct fact *t, unsigned field)
{
	struct slice rest = fx_field(x, field), rep;
	if (rest.n == 0 || fx_null(rest))
		return;
	for (unsigned n = 0; n < 64 && fx_next_rep(x, &rest, &rep); n++)
		fx_put_new(x, t, FF_TEXT, fx_saying(x, rep));
}

void fx_rxo(struct fx *x)
{
	struct fact *t = the_order(x);
	if (!t || x->encoded)
		return;
	put_order(x, t, &rxo);
	put_instructions(x, t, 6);
	put_instructions(x, t, 7);
}

/* What the prescriber asked for gives way to what the pharmacy made of it. */
void fx_rxe(struct fx *x)
{
	struct fact *t = the_order(x);
	if (!t)
		return;
	static const uint8_t overridden[] = {FF_CODE, FF_DOSE, FF_DOSE_MAX, FF_DOSE_UNIT, FF_FORM, FF_QUANTITY, FF_REFILLS, FF_RATE, FF_STRENGTH, FF_REASON};
	static const uint8_t columns[] = {2, 3, 3, 3, 6, 10, 12, 23, 25, 27};
	for (size_t i = 0; i < ARRAY_LEN(overridden); i++)
		if (fx_has(x, columns[i]))
			fx_drop(t, overridden[i]);
	static const uint8_t timing[] = {FF_FREQUENCY, FF_PRN, FF_DURATION, FF_START, FF_END, FF_PRIORITY};
	struct slice tq = fx_comp(x, fx_field(x, 1), 2), start = fx_comp(x, fx_field(x, 1), 4);
	for (size_t i = 0; i < ARRAY_LEN(timing) && (tq.n || start.n); i++)
		fx_drop(t, timing[i]);
	x->encoded = true;
	x->routed = x->timed = x->mixed = false;
	put_order(x, t, &rxe);
	fx_put_timing(x, t, fx_field(x, 1));
	put_instructions(x, t, 7);
	put_instructions(x, t, 21);
	if (fx_has(x, 13))
		fx_put_absent(x, t, FF_AUTHOR, fx_person(x, fx_first_rep(x, fx_field(x, 13))));
	fx_put_absent(x, t, FF_RECORDED, fx_has(x, 32) ? fx_time(x, fx_field(x, 32)) : SLICE_NULL);
}

/* RXG: 3 when (TQ), 4 what, 5 to 7 how much. One dose that is due: the order's next. */
void fx_rxg(struct fx *x)
{
	struct fact *t = the_order(x);
	if (!t)
		return;
	if (!x->encoded)
		put_order(x, t, &rxg);
	struct slice due = fx_comp(x, fx_first_rep(x, fx_field(x, 3)), 4);
	if (due.n)
		fx_put_absent(x, t, FF_EXPECTED, fx_time(x, due));
	put_instructions(x, t, 9);
	put_instructions(x, t, 13);
}

/* RXD: 2 what, 3 when, 4/5 how much, 6 form, 7 prescription, 8 refills, 9 notes, 10 by, 15 instructions, 16/17 strength, 18 lot, 19 expires, 20
 * maker */
void fx_rxd(struct fx *x)
{
	if (!x->patients)
		return;
	struct fact *t = fx_add(x, FACT_MED_DISPENSE);
	if (!x->order)
		x->order = t;
	x->given = t; /* its RXR follows */
	x->routed = false;
	fx_put(x, t, FF_GROUP, x->order_key);
	fx_put_field(x, t, FF_ID, 7, fx_ei);
	fx_put(x, t, FF_PLACER, x->placer);
	fx_put(x, t, FF_FILLER, x->filler);
	fx_put_visit(x, t);
	fx_put_lit(x, t, FF_STATUS, "completed");
	struct slice code = fx_code(x, fx_field(x, 2));
	if (!code.n)
		fx_lost(x);
	fx_put(x, t, FF_CODE, code);
	fx_put_field(x, t, FF_TIME, 3, fx_time);
	fx_put_field(x, t, FF_QUANTITY, 4, fx_text);
	fx_put_field(x, t, FF_UNIT, 5, fx_unit);
	fx_put_field(x, t, FF_FORM, 6, fx_code);
	fx_put_field(x, t, FF_REFILLS, 8, fx_text);
	fx_put_reps(x, t, FF_TEXT, 9, fx_text);
	fx_put_reps(x, t, FF_PERFORMER, 10, fx_person);
	put_instructions(x, t, 15);
	fx_put(x, t, FF_STRENGTH, amount(x, 16, 17));
	fx_put_reps(x, t, FF_LOT, 18, fx_text);
	fx_put_first(x, t, FF_EXPIRY, 19, fx_time);
	fx_put_first(x, t, FF_MANUFACTURER, 20, fx_code);
}

static void put_route(struct fx *x, struct fact *t)
{
	static const struct {
		uint8_t field, from;
	} parts[] = {{FF_ROUTE, 1}, {FF_BODY_SITE, 2}, {FF_METHOD, 4}};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (fx_has(x, parts[i].from))
			fx_put_new(x, t, parts[i].field, fx_code(x, fx_field(x, parts[i].from)));
	if (fx_has(x, 3))
		fx_put_new(x, t, FF_DEVICE, fx_saying(x, fx_field(x, 3)));
}

static void drop_route(struct fact *t)
{
	fx_drop(t, FF_ROUTE);
	fx_drop(t, FF_BODY_SITE);
	fx_drop(t, FF_DEVICE);
	fx_drop(t, FF_METHOD);
}

/* Some put RXR in front of RXA. */
static void take_early_route(struct fx *x, struct fact *t)
{
	const struct hl7_segment *at = x->s;
	if (!x->early_route)
		return;
	x->s = x->early_route;
	put_route(x, t);
	x->s = at;
}

/* ---- given ---- */

/* Table 0322. Not valued means complete (4A.4.7.20). A part given is an administration that stopped: something was given. */
static const struct fx_word completions[] = {{"CP", "completed"}, {"RE", "not-done"}, {"NA", "not-done"}, {"PA", "stopped"}};

static void put_completion(struct fx *x, struct fact *t)
{
	struct slice raw = fx_field(x, 20), code = fx_comp(x, raw, 1);
	bool deleted = fx_is(fx_comp(x, fx_field(x, 21), 1), "D"), refused = fx_has(x, 18) && !fx_null(fx_field(x, 18));
	bool nothing = t->kind == FACT_IMMUNIZATION && slice_eq_str(fact_part(fact_get(t, FF_CODE), FC_CODE), "998"); /* CVX 998: no vaccine administered */
	const char *known = FX_LOOKUP(completions, code);
	if (!known && fx_trim(code).n && !fx_null(raw))
		fx_problem(x);
	if (!known)
		known = fx_trim(code).n ? "unknown" : "completed";
	if (refused && !strcmp(known, "completed") && !fx_has(x, 20))
		known = "not-done";
	fx_put_str(x, t, FF_STATUS, deleted ? "entered-in-error" : nothing ? "not-done" : known);
	fx_put_field(x, t, FF_STATUS_RAW, 20, fx_word_of);
	static const struct fx_word verbs[] = {{"A", "add"}, {"D", "delete"}, {"U", "update"}};
	fx_put_str(x, t, FF_ACTION, FX_LOOKUP(verbs, fx_comp(x, fx_field(x, 21), 1)));
}

/* RXA-9: a code (NIP001: new, historical) or words */
static void put_notes(struct fx *x, struct fact *t)
{
	struct slice rest = fx_field(x, 9), rep;
	if (rest.n == 0 || fx_null(rest))
		return;
	while (fx_next_rep(x, &rest, &rep)) {
		struct slice code = fx_code(x, rep);
		bool source = slice_eq_nocase(fact_part(code, FC_SYSTEM), "NIP001");
		if (t->kind == FACT_IMMUNIZATION && source)
			fx_put(x, t, FF_CATEGORY, code);
		else if (!source && !slice_eq_str(code, "00")) /* "new" says nothing of a dose given just now */
			fx_put(x, t, FF_TEXT, fx_saying(x, rep));
	}
}

/* 9999 in ORC-3 stands for "given elsewhere, number not known" in VXU (CDC guide) and is everybody's. */
static struct slice own_number(struct slice key)
{
	return slice_eq_str(fact_part(key, FI_VALUE), "9999") ? SLICE_NULL : key;
}

static void put_numbers(struct fx *x, struct fact *t, bool vaccine)
{
	if (vaccine) {
		fx_put(x, t, FF_ID, own_number(x->order_key));
		fx_put(x, t, FF_PLACER, own_number(x->placer));
		fx_put(x, t, FF_FILLER, own_number(x->filler));
	} else {
		fx_put(x, t, FF_GROUP, x->placer.n ? x->placer : x->filler);
		fx_put(x, t, FF_PLACER, x->placer);
		fx_put(x, t, FF_FILLER, x->filler);
		fx_put_field(x, t, FF_SUB, 2, fx_text);
	}
	fx_put_visit(x, t);
}

/* RXA: 2 sub-id, 3/4 start, end, 5 what, 6/7 how much, 8 form, 9 notes, 10 by, 11 where, 12 per, 13/14 strength, 15 lot, 16 expires, 17 maker,
 * 18 refused because, 19 indication, 20 completion, 21 action, 22 entered, 27 where (2.8) */
void fx_rxa(struct fx *x)
{
	if (!x->patients)
		return;
	bool vaccine = x->type->family == FX_VACCINE;
	struct slice code = fx_code(x, fx_field(x, 5));
	if (!code.n)
		fx_lost(x);
	struct fact *t = fx_add(x, vaccine ? FACT_IMMUNIZATION : FACT_MED_ADMIN);
	if (!t)
		return;
	if (!x->given || x->routed)
		x->given = t;
	x->routed = false;
	take_early_route(x, t);
	put_numbers(x, t, vaccine);
	fx_put(x, t, FF_CODE, code);
	put_completion(x, t);
	fx_put_field(x, t, FF_TIME, 3, fx_time);
	if (!slice_eq(fx_field(x, 3), fx_field(x, 4)))
		fx_put_field(x, t, FF_END, 4, fx_time);
	put_amount(x, t, FF_DOSE, 6, vaccine);
	fx_put_field(x, t, FF_DOSE_UNIT, 7, fx_unit);
	fx_put_field(x, t, FF_FORM, 8, fx_code);
	put_notes(x, t);
	fx_put_reps(x, t, FF_PERFORMER, 10, fx_person);
	fx_put_field(x, t, FF_LOCATION, fx_has(x, 27) ? 27 : 11, fx_place);
	fx_put_field(x, t, FF_RATE, 12, fx_text);
	fx_put(x, t, FF_STRENGTH, amount(x, 13, 14));
	fx_put_reps(x, t, FF_LOT, 15, fx_text);
	fx_put_first(x, t, FF_EXPIRY, 16, fx_time);
	fx_put_first(x, t, FF_MANUFACTURER, 17, fx_code);
	fx_put_reps(x, t, FF_REASON, fx_has(x, 18) ? 18 : 19, fx_code);
	fx_put_field(x, t, FF_RECORDED, 22, fx_time);
	if (x->orc && vaccine)
		fx_put(x, t, FF_AUTHOR, fx_seg_field(x, x->orc, 12).n ? fx_person(x, fx_first_rep(x, fx_seg_field(x, x->orc, 12))) : SLICE_NULL);
}

/* ---- how, and of what ---- */

/* RXR: 1 route, 2 site, 3 device, 4 method; of all that was given since the last one, or of the order */
void fx_rxr(struct fx *x)
{
	if (x->given) {
		for (struct fact *t = x->given; t && !x->routed; t = t->next)
			if (t->kind == x->given->kind) {
				if (x->early_route)
					drop_route(t);
				put_route(x, t);
			}
		x->routed = true;
		return;
	}
	if (!x->order)
		x->early_route = x->s;
	if (!x->order || !fx_budget(x))
		return;
	if (x->encoded && !x->routed) {
		drop_route(x->order);
		x->routed = true;
	}
	put_route(x, x->order);
}

/* RXC: 2 component, 3/4 amount, 5/6 strength. The code's parts, GS, amount, GS, unit. */
void fx_rxc(struct fx *x)
{
	struct fact *t = x->order;
	if (!t || x->given || !fx_has(x, 2) || fx_null(fx_field(x, 2)) || !fx_budget(x)) /* behind RXD or RXA the order has it already */
		return;
	if (x->encoded && !x->mixed) {
		fx_drop(t, FF_COMPONENT);
		x->mixed = true;
	}
	struct slice code = fx_code(x, fx_field(x, 2)), n = fx_part(x, fx_field(x, 3)), unit = fx_code(x, fx_field(x, 4));
	if (fact_is_null(code))
		return;
	struct slice u = unit_word(unit);
	size_t size = code.n + n.n + u.n + 2;
	uint8_t *to = fx_room(x, size), *p = to;
	if (!to)
		return;
	const struct slice parts[3] = {code, n, u};
	for (size_t i = 0; i < 3; i++) {
		if (i)
			*p++ = 0x1d;
		if (parts[i].n)
			memcpy(p, parts[i].p, parts[i].n);
		p += parts[i].n;
	}
	fx_put(x, t, FF_COMPONENT, slice_of(to, size));
}
