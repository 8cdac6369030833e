/* Appointments: SCH (10.6.1) and what is booked for them: AIS services, AIG things, AIL places, AIP people (10.6.4 to 10.6.7).
 *
 * SCH stands before PID: the APPOINTMENT is made when the patient is known, one for each patient of the message. */
#include "facts_internal.h"

#define NOTES_MAX 64

/* Table 0278, and the words of the big systems. */
static const struct fx_word states[] = {
	{"Pending", "pending"},     {"Waitlist", "proposed"},  {"Booked", "booked"},       {"Started", "arrived"},
	{"Complete", "fulfilled"},  {"Completed", "fulfilled"}, {"Cancelled", "cancelled"}, {"Canceled", "cancelled"},
	{"DC", "cancelled"},        {"Deleted", "entered-in-error"}, {"Blocked", "booked"}, {"Overbook", "booked"},
	{"Noshow", "noshow"},       {"No show", "noshow"},      {"No-show", "noshow"},      {"NS", "noshow"},
	{"Arrived", "arrived"},     {"Checked in", "arrived"}, {"Checkedin", "arrived"},   {"Check-in", "arrived"},
	{"Confirmed", "booked"},    {"Scheduled", "booked"},    {"SCH", "booked"},          {"Rescheduled", "booked"},
	{"New", "booked"},          {"Open", "booked"},        {"CAN", "cancelled"},       {"CANCEL", "cancelled"},
	{"COMP", "fulfilled"},      {"CHECKED OUT", "fulfilled"}, {"PEND", "pending"},
};

static void put_state(struct fx *x, struct fact *t)
{
	struct slice raw = fx_field(x, 25);
	const char *event = x->type->status, *said = FX_LOOKUP(states, fx_comp(x, raw, 1));
	if (!said)
		said = FX_LOOKUP(states, fx_comp(x, raw, 2));
	/* what cancels, deletes or misses an appointment does so whatever state the sender's list shows */
	bool ends = event && strcmp(event, "booked");
	fx_put_str(x, t, FF_STATUS, ends || !said ? event : said);
	if (raw.n && !fx_null(raw))
		fx_put(x, t, FF_STATUS_RAW, fx_part(x, fx_comp(x, raw, 1)).n ? fx_part(x, fx_comp(x, raw, 1)) : fx_part(x, fx_comp(x, raw, 2)));
	fx_put_str(x, t, FF_ACTION, x->type->action);
}

/* A duration in whole minutes, when it is one. */
static void put_minutes(struct fx *x, struct fact *t, struct slice number, struct slice unit)
{
	static const struct fx_word units[] = {{"", "m"}, {"MIN", "m"}, {"M", "m"}, {"MINS", "m"}, {"MINUTE", "m"}, {"MINUTES", "m"}, {"H", "h"},
	{"HR", "h"}, {"HRS", "h"}, {"HOUR", "h"}, {"HOURS", "h"}, {"S", "s"}, {"SEC", "s"}, {"SECONDS", "s"}};
	uint64_t n;
	unit = fx_trim(fx_comp(x, unit, 1));
	const char *u = FX_LOOKUP(units, unit);
	if (!u || num_u64(fx_trim(fx_comp(x, number, 1)), 1, 1000000, &n) < 0)
		return;
	if (*u == 's' && n % 60)
		return;
	n = *u == 'h' ? n * 60 : *u == 's' ? n / 60 : n;
	char s[24];
	snprintf(s, sizeof s, "%llu", (unsigned long long)n);
	fx_put_absent(x, t, FF_DURATION_MIN, arena_dup(x->f->a, slice_str(s)));
}

/* SCH-11, or the neighbour that has a start in its fourth component: a field too few or too many before it is the commonest fault in SCH, and nothing
 * else there has a time in that place. */
static struct slice timing(struct fx *x)
{
	static const uint8_t places[] = {11, 10, 12, 13, 14};
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct slice tq = fx_first_rep(x, fx_field(x, places[i])), start = fx_trim(fx_comp(x, tq, 4));
		bool dated = start.n >= 8 && (start.p[0] == '1' || start.p[0] == '2');
		for (size_t k = 0; k < 8 && dated; k++)
			dated = start.p[k] >= '0' && start.p[k] <= '9';
		if (dated)
			return tq;
	}
	return fx_first_rep(x, fx_field(x, 11));
}

/* SCH-11 (TQ): 3 duration (M20; a bare number is minutes), 4 start, 5 end */
static void put_time(struct fx *x, struct fact *t)
{
	struct slice tq = timing(x), c[5];
	if (tq.n == 0 || fx_null(tq))
		return;
	fx_cut(x, tq, x->comp, c, 5);
	fx_put(x, t, FF_TIME, c[3].n ? fx_time(x, c[3]) : SLICE_NULL);
	fx_put(x, t, FF_END, c[4].n ? fx_time(x, c[4]) : SLICE_NULL);
	struct slice d = fx_trim(c[2]);
	bool bare = d.n && d.p[0] >= '0' && d.p[0] <= '9';
	if (d.n && !(fx_has(x, 9) && fx_has(x, 10))) /* without a unit SCH-9 may be seconds as well */
		put_minutes(x, t, bare ? d : slice_of(d.p + 1, d.n - 1), bare ? SLICE_NULL : slice_of(d.p, 1));
}

/* TQ1 behind SCH (2.5): 7 start, 8 end, 6 duration */
static void put_tq1(struct fx *x, struct fact *t)
{
	fx_put_absent(x, t, FF_TIME, fx_has(x, 7) ? fx_time(x, fx_field(x, 7)) : SLICE_NULL);
	fx_put_absent(x, t, FF_END, fx_has(x, 8) ? fx_time(x, fx_field(x, 8)) : SLICE_NULL);
	put_minutes(x, t, fx_comp(x, fx_field(x, 6), 1), fx_comp(x, fx_field(x, 6), 2));
}

/* SCH: 1 placer, 2 filler, 4 group, 6 reason of the event, 7 reason, 8 type, 9/10 duration, 11 TQ, 16 contact, 20 entered by, 25 status, 26/27
 * orders */
static void put_sch(struct fx *x, struct fact *t)
{
	x->s = x->sch;
	struct slice key;
	x->orc = NULL;
	fx_order_keys(x, fx_field(x, 1), fx_field(x, 2), true, &key);
	fx_put_order_keys(x, t, key);
	if (!key.n)
		fx_lost(x); /* an appointment that nobody can move or cancel */
	fx_put_first(x, t, FF_GROUP, 4, fx_ei);
	put_state(x, t);
	fx_put_field(x, t, FF_REASON, fx_has(x, 7) ? 7 : 6, fx_code);
	fx_put_field(x, t, FF_CODE, 8, fx_code);
	put_time(x, t);
	put_minutes(x, t, fx_field(x, 9), fx_field(x, 10));
	fx_put_first(x, t, FF_ENTERER, 20, fx_person);
}

static void make(struct fx *x)
{
	const struct hl7_segment *at = x->s;
	struct fact *t = fx_add(x, FACT_APPOINTMENT);
	if (x->appointment_count < ARRAY_LEN(x->appointments))
		x->appointments[x->appointment_count++] = t;
	else
		fx_lost(x); /* it will not hear of its resources */
	x->details = 0;
	put_sch(x, t);
	struct fact *note = x->note;
	x->note = t;
	for (uint32_t i = x->sch_at + 1, n = 0; i < x->m->count && n < NOTES_MAX; i++, n++) {
		x->s = &x->m->segments[i];
		if (fx_name(x->s) == SEG('N', 'T', 'E'))
			fx_nte(x);
		else if (fx_name(x->s) == SEG('T', 'Q', '1'))
			put_tq1(x, t);
		else
			break;
	}
	x->note = note;
	x->s = at;
}

/* Called for SCH itself, after each PID, and at the end. */
void fx_sch(struct fx *x)
{
	if (fx_name(x->s) == SEG('S', 'C', 'H')) {
		x->sch = x->s;
		x->sch_at = x->at;
		x->appointment_count = 0;
		x->note = NULL;
	} else if (x->sch) {
		make(x);
	}
}

/* What a resource segment says of each appointment of the message. Nothing when it is taken off (action D). */
static void for_each(struct fx *x, void (*put)(struct fx *x, struct fact *t))
{
	if (!x->sch)
		return;
	if (!x->appointment_count)
		make(x);
	unsigned n = x->appointment_count;
	x->note = n ? x->appointments[n - 1] : NULL;
	if (fx_is(fx_field(x, 2), "D") || !fx_budget(x))
		return;
	for (unsigned i = 0; i < n; i++)
		put(x, x->appointments[i]);
}

static struct slice name_of(struct slice code)
{
	struct slice s = fact_part(code, FC_DISPLAY);
	if (!s.n)
		s = fact_part(code, FC_TEXT);
	return s.n ? s : fact_part(code, FC_CODE);
}

static void put_start(struct fx *x, struct fact *t, unsigned start, unsigned duration)
{
	fx_put_absent(x, t, FF_TIME, fx_has(x, start) ? fx_time(x, fx_field(x, start)) : SLICE_NULL);
	put_minutes(x, t, fx_field(x, duration), fx_field(x, duration + 1));
}

/* AIS: 3 service, 4 start, 7/8 duration */
static void put_ais(struct fx *x, struct fact *t)
{
	fx_put_field(x, t, FF_SERVICE, 3, fx_code);
	put_start(x, t, 4, 7);
}

/* AIG: 3 resource, 4 type, 8 start, 11/12 duration */
static void put_aig(struct fx *x, struct fact *t)
{
	struct slice name = fx_has(x, 3) ? name_of(fx_code(x, fx_field(x, 3))) : SLICE_NULL;
	if (!name.n && fx_has(x, 4))
		name = name_of(fx_code(x, fx_field(x, 4)));
	fx_put(x, t, FF_RESOURCE_NAME, name);
	put_start(x, t, 8, 11);
}

/* AIL: 3 place, 6 start, 9/10 duration */
static void put_ail(struct fx *x, struct fact *t)
{
	fx_put_reps(x, t, FF_LOCATION, 3, fx_place);
	put_start(x, t, 6, 9);
}

/* AIP: 3 person, 4 role, 6 start, 9/10 duration */
static void put_aip(struct fx *x, struct fact *t)
{
	struct slice rest = fx_field(x, 3), rep, role = fx_has(x, 4) ? name_of(fx_code(x, fx_field(x, 4))) : SLICE_NULL;
	if (rest.n && !fx_null(rest))
		while (fx_next_rep(x, &rest, &rep)) {
			struct slice person = fx_person(x, rep), parts[8];
			for (unsigned i = 0; i < 8; i++)
				parts[i] = fact_part(person, i);
			parts[FP_ROLE] = role;
			fx_put(x, t, FF_PERFORMER, role.n ? fx_join(x, parts, 8) : person);
		}
	put_start(x, t, 6, 9);
}

void fx_ais(struct fx *x)
{
	for_each(x, put_ais);
}

void fx_aig(struct fx *x)
{
	for_each(x, put_aig);
}

void fx_ail(struct fx *x)
{
	for_each(x, put_ail);
}

void fx_aip(struct fx *x)
{
	for_each(x, put_aip);
}
