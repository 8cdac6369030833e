/* Orders: ORC (4.5.1) with OBR (4.5.3), TQ (2A.81) and TQ1 (4.5.4), diets (ODS 4.8.1). Results use ORC and OBR, too: facts_result.c.
 *
 * One ORDER or MED_ORDER an ORC; which, is seen by looking ahead to its detail segments. An order keeps its key under whatever message speaks of
 * it: the placer's number, else the filler's. */
#include "facts_internal.h"

/* ---- keys ---- */

static struct slice first_ei(struct fx *x, struct slice raw)
{
	struct slice rep = fx_first_rep(x, raw);
	return rep.n && !fx_null(rep) ? fx_ei(x, rep) : SLICE_NULL;
}

/* From a detail segment's own fields, else those of its ORC. */
void fx_order_keys(struct fx *x, struct slice placer, struct slice filler, bool filler_first, struct slice *ret_key)
{
	x->placer = first_ei(x, placer);
	x->filler = first_ei(x, filler);
	if (!x->placer.n)
		x->placer = first_ei(x, fx_seg_field(x, x->orc, 2));
	if (!x->filler.n)
		x->filler = first_ei(x, fx_seg_field(x, x->orc, 3));
	*ret_key = filler_first ? (x->filler.n ? x->filler : x->placer) : (x->placer.n ? x->placer : x->filler);
}

void fx_put_order_keys(struct fx *x, struct fact *t, struct slice key)
{
	fx_put(x, t, FF_ID, key);
	fx_put(x, t, FF_PLACER, x->placer);
	fx_put(x, t, FF_FILLER, x->filler);
	fx_put_visit(x, t);
}

/* EIP: placer's number ^ filler's number, each an EI in subcomponents. */
static struct slice parent(struct fx *x, struct slice raw)
{
	struct slice placer = fx_comp(x, raw, 1), filler = fx_comp(x, raw, 2), v = SLICE_NULL;
	if (placer.n && !fx_null(placer))
		v = fx_ei(x, placer);
	return v.n || !filler.n ? v : fx_ei(x, filler);
}

/* ---- status ---- */

/* Table 0119, order control: what it makes of the order. What only asks or answers is not here. */
static const struct fx_word controls[] = {
	{"NW", "active"},    {"RO", "active"},    {"RL", "active"},    {"CN", "active"},     {"CH", "active"},     {"PA", "active"},
	{"NA", "active"},     {"OK", "active"},
	{"XO", "active"},    {"XX", "active"},    {"XR", "active"},    {"RF", "active"},     {"AF", "active"},     {"OE", "active"},
	{"OR", "active"},     {"LI", "active"},
	{"CA", "cancelled"}, {"OC", "cancelled"}, {"CR", "cancelled"}, {"RP", "cancelled"},  {"RU", "cancelled"},  {"RQ", "cancelled"},
	{"UA", "cancelled"},  {"DC", "stopped"},
	{"OD", "stopped"},   {"DR", "stopped"},   {"HD", "on-hold"},   {"OH", "on-hold"},    {"HR", "on-hold"},
};
/* Table 0038, order status, and the words some send. */
static const struct fx_word statuses[] = {
	{"A", "active"},     {"IP", "active"},     {"SC", "active"},     {"CM", "completed"},    {"CA", "cancelled"},   {"DC", "stopped"},
	{"HD", "on-hold"}, {"RP", "cancelled"},
	{"ER", "unknown"},   {"active", "active"}, {"final", "completed"}, {"complete", "completed"}, {"completed", "completed"},
	{"cancelled", "cancelled"}, {"canceled", "cancelled"}, {"discontinued", "stopped"}, {"hold", "on-hold"}, {"pending", "active"}, {"scheduled", "active"},
	{"in process", "active"}, {"in progress", "active"},
};

static const char *order_status(struct fx *x, const struct hl7_segment *orc)
{
	const char *control = FX_LOOKUP(controls, fx_seg_field(x, orc, 1)), *status = FX_LOOKUP(statuses, fx_comp(x, fx_seg_field(x, orc, 5), 1));
	if (control && strcmp(control, "active"))
		return control; /* ended or held, whatever state it was in */
	return status ? status : control;
}

static void put_status(struct fx *x, struct fact *t)
{
	fx_put_str(x, t, FF_STATUS, order_status(x, x->orc));
	struct slice raw[2] = {fx_part(x, fx_seg_field(x, x->orc, 1)), fx_part(x, fx_comp(x, fx_seg_field(x, x->orc, 5), 1))};
	fx_put(x, t, FF_STATUS_RAW, fx_words(x, raw, 2, ' '));
}

/* ---- timing ---- */

/* Tables 0485 and 0027. */
static const struct fx_word priorities[] = {{"S", "stat"}, {"A", "asap"}, {"R", "routine"}, {"U", "urgent"}, {"UR", "urgent"}, {"STAT", "stat"},
	{"ASAP", "asap"}, {"ROUTINE", "routine"}, {"URGENT", "urgent"}, {"RTN", "routine"}};

const char *fx_priority(struct slice s)
{
	return FX_LOOKUP(priorities, s);
}

static void put_priority(struct fx *x, struct fact *t, struct slice raw)
{
	struct slice s = fx_part(x, fx_nth(x, fx_comp(x, raw, 1), x->sub, 1));
	if (!s.n)
		return;
	const char *known = fx_priority(s);
	fx_put_absent(x, t, FF_PRIORITY, known ? slice_str(known) : s);
}

static bool mentions_prn(struct slice s)
{
	for (size_t i = 0; i + 3 <= s.n; i++)
		if (slice_eq_nocase(slice_of(s.p + i, 3), "PRN"))
			return true;
	return false;
}

/* How often, with "as needed" said apart: the condition is its reason, or a remark where nothing is said to be as needed. */
static void put_frequency(struct fx *x, struct fact *t, struct slice frequency, struct slice condition)
{
	fx_put_absent(x, t, FF_FREQUENCY, frequency);
	if (mentions_prn(frequency))
		fx_put_absent(x, t, FF_PRN, condition.n ? condition : SLICE("yes"));
	else
		fx_put_new(x, t, FF_TEXT, condition);
}

/* TQ: 1 quantity, 2 interval (pattern & explicit times), 3 duration, 4 start, 5 end, 6 priority, 7 condition, 8 text. The first repetition:
 * later ones are steps of a sequence, which the order's text has to say. */
void fx_put_timing(struct fx *x, struct fact *t, struct slice tq)
{
	tq = fx_first_rep(x, tq);
	if (tq.n == 0 || fx_null(tq))
		return;
	struct slice c[8], interval[2];
	fx_cut(x, tq, x->comp, c, 8);
	fx_cut(x, c[1], x->sub, interval, 2);
	struct slice often[2] = {fx_part(x, interval[0]), fx_part(x, interval[1])};
	put_frequency(x, t, fx_words(x, often, 2, ' '), fx_part(x, c[6]));
	if (!slice_starts(fx_trim(c[2]), "HL7")) /* the name of a table: somebody's CE in a TQ's place */
		fx_put_absent(x, t, FF_DURATION, fx_part(x, c[2]));
	fx_put_absent(x, t, FF_START, c[3].n ? fx_time(x, c[3]) : SLICE_NULL);
	fx_put_absent(x, t, FF_END, c[4].n ? fx_time(x, c[4]) : SLICE_NULL);
	put_priority(x, t, c[5]);
	fx_put_new(x, t, FF_TEXT, fx_part(x, c[7]));
}

/* A pattern's code is what a nurse reads where it is a word (BID, Q6H). Of a number in some catalogue (JAMI's 1013044400000000) only its text says how often. */
static struct slice pattern_word(struct fx *x, struct slice cwe)
{
	struct slice sub[2];
	fx_cut(x, cwe, x->sub, sub, 2);
	struct slice code = fx_part(x, sub[0]), text = fx_part(x, sub[1]);
	size_t digits = 0;
	for (size_t i = 0; i < code.n; i++)
		digits += code.p[i] >= '0' && code.p[i] <= '9';
	return text.n && (code.n == 0 || digits > 4) ? text : code;
}

/* RPT: 1 pattern (a code), 5 and 6 period, 11 general timing. */
static struct slice repeat_pattern(struct fx *x, struct slice rpt)
{
	struct slice c[11];
	fx_cut(x, rpt, x->comp, c, 11);
	struct slice period[4] = {pattern_word(x, c[0]),
		SLICE("every"), fx_part(x, c[4]), fx_part(x, fx_nth(x, c[5], x->sub, 1))};
	if (!period[2].n)
		return period[0].n ? period[0] : fx_part(x, c[10]);
	return fx_words(x, period, 4, ' ');
}

static struct slice all_reps(struct fx *x, unsigned field, fx_reader *r)
{
	struct slice rest = fx_field(x, field), rep, parts[8];
	size_t n = 0;
	if (rest.n == 0 || fx_null(rest))
		return SLICE_NULL;
	while (n < ARRAY_LEN(parts) && fx_next_rep(x, &rest, &rep))
		parts[n++] = r(x, rep);
	return fx_words(x, parts, n, ' ');
}

static void start_over(struct fact *t, const uint8_t *fields, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fx_drop(t, fields[i]);
}

/* TQ1: 3 patterns, 4 explicit times, 6 duration, 7 start, 8 end, 9 priority, 10 condition, 11 instruction. Behind RXE it is the pharmacy's and
 * replaces the order's. */
void fx_tq1(struct fx *x)
{
	struct fact *t = x->order;
	if (!t || !fx_budget(x))
		return;
	if (x->encoded && !x->timed) {
		static const uint8_t fields[] = {FF_FREQUENCY, FF_PRN, FF_DURATION, FF_START, FF_END, FF_PRIORITY};
		start_over(t, fields, ARRAY_LEN(fields));
		x->timed = true;
	}
	struct slice often[2] = {all_reps(x, 3, repeat_pattern), all_reps(x, 4, fx_part)};
	put_frequency(x, t, fx_words(x, often, 2, ' '), fx_part(x, fx_field(x, 10)));
	fx_put_absent(x, t, FF_DURATION, fx_quantity(x, fx_field(x, 6)));
	fx_put_absent(x, t, FF_START, fx_has(x, 7) ? fx_time(x, fx_field(x, 7)) : SLICE_NULL);
	fx_put_absent(x, t, FF_END, fx_has(x, 8) ? fx_time(x, fx_field(x, 8)) : SLICE_NULL);
	put_priority(x, t, fx_first_rep(x, fx_field(x, 9)));
	fx_put_new(x, t, FF_TEXT, fx_text(x, fx_field(x, 11)));
}

/* ---- ORC ---- */

/* "No known medications" where the drug should be. */
static bool says_none(struct fx *x, const struct hl7_segment *s, unsigned drug)
{
	struct slice raw = fx_seg_field(x, s, drug);
	return raw.n && !fx_null(raw) && fx_says_no_medications(x, fx_code(x, raw));
}

/* What the details behind this ORC make of it. 0: nothing of its own (dispensed, given: those facts stand for themselves; or there is no
 * medication). */
static uint8_t kind_of(struct fx *x)
{
	bool supplied = false;
	for (uint32_t i = x->at + 1; i < x->m->count; i++)
		switch (fx_name(&x->m->segments[i])) {
		case SEG('R', 'X', 'O'):
		case SEG('R', 'X', 'E'):
			x->no_order = says_none(x, &x->m->segments[i], fx_name(&x->m->segments[i]) == SEG('R', 'X', 'O') ? 1 : 2);
			x->stated[2].listed |= !x->no_order;
			return x->no_order ? 0 : FACT_MED_ORDER;
		case SEG('R', 'X', 'G'): return FACT_MED_ORDER;
		case SEG('R', 'X', 'D'):
		case SEG('R', 'X', 'A'): supplied = true; break;
		case SEG('O', 'B', 'R'):
			if (x->type->family != FX_PHARMACY)
				return FACT_ORDER;
			break;
		case SEG('O', 'R', 'C'):
		case SEG('P', 'I', 'D'): i = x->m->count - 1; break;
		default: break;
		}
	return supplied ? 0 : x->type->family == FX_PHARMACY ? FACT_MED_ORDER : FACT_ORDER;
}

/* ORC: 1 control, 2 placer, 3 filler, 4 group, 5 status, 7 TQ, 8 parent, 9 time, 10 entered by, 12 ordered by, 15 effective, 16 reason, 29 type */
static void put_orc(struct fx *x, struct fact *t)
{
	x->s = x->orc;
	fx_put_first(x, t, FF_GROUP, 4, fx_ei);
	if (fx_has(x, 8))
		fx_put(x, t, FF_PARENT, parent(x, fx_field(x, 8)));
	put_status(x, t);
	fx_put_field(x, t, FF_RECORDED, 9, fx_time);
	fx_put_first(x, t, FF_ENTERER, 10, fx_person);
	fx_put_first(x, t, FF_AUTHOR, 12, fx_person);
	fx_put_timing(x, t, fx_field(x, 7));
	if (fx_has(x, 15))
		fx_put_absent(x, t, FF_START, fx_time(x, fx_field(x, 15)));
	fx_put_field(x, t, FF_TEXT, 16, fx_saying); /* why this control event, not why the order */
	if (t && t->kind == FACT_MED_ORDER) {
		static const struct fx_word settings[] = {{"I", "inpatient"}, {"O", "outpatient"}};
		fx_put_str(x, t, FF_CATEGORY, FX_LOOKUP(settings, fx_comp(x, fx_field(x, 29), 1)));
	}
	if (fx_is(fx_field(x, 1), "RO") && x->replaced.n) {
		fx_put_lit(x, t, FF_RELATION, "replaces");
		fx_put_absent(x, t, FF_PARENT, x->replaced);
	}
	if (fx_is(fx_field(x, 1), "RP") || fx_is(fx_field(x, 1), "RU"))
		x->replaced = x->order_key;
	else if (!fx_is(fx_field(x, 1), "RO"))
		x->replaced = SLICE_NULL;
}

void fx_orc(struct fx *x)
{
	x->orc = x->s;
	x->order = x->given = NULL;
	x->early_route = NULL;
	x->encoded = x->routed = x->timed = x->mixed = x->no_order = false;
	x->details = 0;
	x->note = NULL;
	bool vaccine = x->type->family == FX_VACCINE;
	fx_order_keys(x, SLICE_NULL, SLICE_NULL, vaccine, &x->order_key);
	if (!x->patients || vaccine)
		return;
	uint8_t kind = kind_of(x);
	if (!kind)
		return;
	x->order = fx_add(x, kind);
	fx_put_order_keys(x, x->order, x->order_key);
	put_orc(x, x->order);
}

/* ---- OBR of an order ---- */

/* OBR-15 (SPS, until 2.6): 1 the specimen, a code in subcomponents; 4 the site. */
struct slice fx_code_in(struct fx *x, struct slice comp)
{
	struct slice c[6];
	if (comp.n == 0 || fx_null(comp))
		return SLICE_NULL;
	fx_cut(x, comp, x->sub, c, 6);
	for (unsigned i = 0; i < 6; i++)
		c[i] = fx_part(x, c[i]);
	return fx_join(x, c, 6);
}

void fx_put_specimen(struct fx *x, struct fact *t)
{
	struct slice raw = fx_field(x, 15);
	if (raw.n == 0 || fx_null(raw))
		return;
	fx_put(x, t, FF_SPECIMEN, fx_code_in(x, fx_comp(x, raw, 1)));
	fx_put(x, t, FF_BODY_SITE, fx_code_in(x, fx_comp(x, raw, 4)));
}

static const char *status_of_result(struct fx *x)
{
	static const struct fx_word words[] = {{"F", "completed"}, {"C", "completed"}, {"X", "cancelled"}};
	return FX_LOOKUP(words, fx_comp(x, fx_field(x, 25), 1));
}

/* OBR: 4 service, 5 priority, 6 requested, 7 observed, 13 clinical information, 15 specimen, 16 ordered by, 24 section, 25 status, 27 TQ, 31
 * reason, 36 scheduled */
void fx_obr_order(struct fx *x)
{
	if (!x->patients)
		return;
	struct fact *t = x->order;
	struct slice key;
	fx_order_keys(x, fx_field(x, 2), fx_field(x, 3), false, &key);
	if (!t || t->kind != FACT_ORDER || fact_get(t, FF_CODE).n) {
		/* an OBR without an ORC of its own: another service under the same order, or a sender that has none */
		const struct hl7_segment *at = x->s;
		t = x->order = fx_add(x, FACT_ORDER);
		fx_put_order_keys(x, t, key);
		if (x->orc)
			put_orc(x, t);
		x->s = at;
	} else {
		fx_put_absent(x, t, FF_ID, key);
		fx_put_absent(x, t, FF_PLACER, x->placer);
		fx_put_absent(x, t, FF_FILLER, x->filler);
	}
	x->order_key = key;
	x->note = t;
	x->details = 0;
	fx_put_field(x, t, FF_CODE, 4, fx_code);
	fx_put_absent(x, t, FF_STATUS, slice_str(status_of_result(x)));
	put_priority(x, t, fx_field(x, 5));
	fx_put_field(x, t, FF_TIME, fx_has(x, 7) ? 7 : 6, fx_time);
	fx_put_field(x, t, FF_TEXT, 13, fx_text);
	fx_put_specimen(x, t);
	if (fx_has(x, 16))
		fx_put_absent(x, t, FF_AUTHOR, fx_person(x, fx_first_rep(x, fx_field(x, 16))));
	fx_put_field(x, t, FF_CATEGORY, 24, fx_code);
	if (!fx_has(x, 24) && (!memcmp(x->type->code, "OML", 3) || !memcmp(x->type->code, "OMI", 3))) /* 4.4.6, 4.4.8: the message is of one service */
		fx_put_absent(x, t, FF_CATEGORY, slice_str(x->type->code[2] == 'L' ? "LAB" : "IMG"));
	fx_put_timing(x, t, fx_field(x, 27));
	fx_put_reps(x, t, FF_REASON, 31, fx_code);
	if (fx_has(x, 36))
		fx_put_absent(x, t, FF_START, fx_time(x, fx_field(x, 36)));
}

/* ODS: 2 service period, 3 diet or supplement, 4 text */
void fx_ods(struct fx *x)
{
	struct fact *t = x->order;
	if (!t || t->kind != FACT_ORDER)
		return;
	fx_put_lit(x, t, FF_CATEGORY, "diet");
	fx_put_reps(x, t, FF_CODE, 3, fx_code);
	fx_put_reps(x, t, FF_TEXT, 4, fx_text);
}
