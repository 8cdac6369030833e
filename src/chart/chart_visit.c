/* Visit events -> visits, and where a patient is. Pure: the bed board, the page and the tests' rebuilds all use this.
 *
 * Events are folded in the order in which they happened (EVN-6, EVN-2, else MSH-7, else receipt), so a transfer that arrives after the discharge that followed it changes nothing. A cancel takes
 * the newest event of its kind out again: place and status are what they were before it. What each event does:
 *
 *   admit register                 the visit begins (again), at LOCATION
 *   transfer swap class-change     LOCATION; track-in too
 *   return                         from leave, at LOCATION where one is given
 *   leave                          on leave, the bed kept
 *   discharge                      the visit ends
 *   update                         (A08) details, and LOCATION of a running visit; begins one never heard of; never reopens an ended one
 *   preadmit pending-admit         planned: no place
 *   delete cancel-admit ...        entered in error, cancelled: no place
 *   mention                        (PV1 of a result or order) moves nobody
 *   "", snapshot                   (FHIR) STATUS says what it is now
 * Which visit an event is about: its visit number; else its account; else the open visit. An open visit that has no number yet takes the first one that is sent.
 */
#include "chart_internal.h"

#include <stdlib.h>

struct undo { /* what stood before an event */
	struct slice action;
	bool undone;
	struct visit_place place;
	bool placed;
	struct slice status, since, end;
	int64_t place_time;
	uint64_t place_row;
	struct undo *next;
};

#define DAY (86400 * TIME_SEC)

bool fact_is_visit_event(const struct fact *f)
{
	if (f->kind == FACT_VISIT)
		return true;
	return f->kind == FACT_IDENTITY && (fact_says(f, FF_ACTION, "change-visit") || fact_says(f, FF_ACTION, "change-account") || fact_says(f, FF_ACTION, "move-visit") || fact_says(f, FF_ACTION, "move-account"));
}

struct slice visit_attending(const struct fact_group *g)
{
	for (const struct fact *f = g->first; f; f = f->next)
		if (f->kind == FACT_CARE_TEAM && slice_eq_str(fact_part(fact_get(f, FF_ROLE), FC_CODE), "attending") && !fact_says(f, FF_ACTION, "mention"))
			return fact_get(f, FF_PERFORMER);
	return SLICE_NULL;
}

/* MSH-7 where the event's own time is only its beginning (the minute, the day). */
int64_t visit_event_time(const struct fact *f, const struct facts *m, int64_t received, int zone_minutes)
{
	struct slice t = fact_get(f, FF_TIME);
	if (!t.n || fact_is_null(t))
		t = m->event_time;
	if (!t.n || (m->time.n > t.n && memcmp(m->time.p, t.p, t.n) == 0))
		t = m->time;
	return chart_sane_time(fact_time_ns(t, zone_minutes), received);
}

/* ---- small things ---------------------------------------------------------------------------------------------------------------------- */

static bool is(struct slice s, const char *what)
{
	return slice_eq_str(s, what);
}

/* Strings of an event may live only as long as its message. */
static bool keep_str(struct visits *v, struct slice *to, struct slice s)
{
	if (!s.n) {
		*to = SLICE_NULL;
		return true;
	}
	if (slice_eq(*to, s))
		return true;
	*to = arena_dup(v->a, s);
	return to->p != NULL;
}

static struct slice word(const char *s) /* of ours: lives for ever */
{
	return slice_str(s);
}

static struct slice stated(const struct fact *f, uint8_t field)
{
	struct slice s = fact_get(f, field);
	return fact_is_null(s) ? SLICE_NULL : s;
}

static bool keep_place(struct visits *v, struct visit_place *to, struct slice location)
{
	return keep_str(v, &to->facility, fact_part(location, FL_FACILITY)) && keep_str(v, &to->unit, fact_part(location, FL_UNIT)) && keep_str(v, &to->room, fact_part(location, FL_ROOM)) &&
	       keep_str(v, &to->bed, fact_part(location, FL_BED)) && keep_str(v, &to->text, fact_part(location, FL_TEXT));
}

static bool place_same(const struct visit_place *a, struct slice location)
{
	return slice_eq(a->facility, fact_part(location, FL_FACILITY)) && slice_eq(a->unit, fact_part(location, FL_UNIT)) && slice_eq(a->room, fact_part(location, FL_ROOM)) && slice_eq(a->bed, fact_part(location, FL_BED));
}

/* The same unit without room and bed says less than what is known. */
static bool place_vaguer(const struct visit_place *a, struct slice location)
{
	return slice_eq(a->unit, fact_part(location, FL_UNIT)) && (a->bed.n || a->room.n) && !fact_part(location, FL_BED).n && !fact_part(location, FL_ROOM).n;
}

static bool finished(const struct visit *x)
{
	return is(x->status, "finished") || is(x->status, "cancelled") || is(x->status, "entered-in-error");
}

static bool running(const struct visit *x)
{
	return is(x->status, "in-progress") || is(x->status, "arrived") || is(x->status, "onleave") || is(x->status, "triaged");
}

/* ---- which visit ------------------------------------------------------------------------------------------------------------------------ */

/* One authority, as far as the two writings tell: but for letters' case by name or universal id, or the one's name is the other's id. */
static bool may_be_one(const struct visit *x, struct slice assigner, struct slice id)
{
	return same_letters(x->assigner, assigner) || (id.n && same_letters(x->assigner_id, id)) || (x->assigner_id.n && same_letters(x->assigner_id, assigner)) || (id.n && same_letters(x->assigner, id));
}

static struct visit *by_number(struct visits *v, struct slice ident)
{
	struct slice number = fact_part(ident, FI_VALUE), assigner = fact_part(ident, FI_ASSIGNER), id = fact_part(ident, FI_ASSIGNER_ID);
	struct visit *loose = NULL;
	for (struct visit *x = v->first; x; x = x->next)
		if (number.n && slice_eq(x->number, number)) {
			if (may_be_one(x, assigner, id))
				return x;
			if (!x->assigner.n || !assigner.n)
				loose = x; /* one of the two came without its authority */
		}
	return loose;
}

/* The number that it has now. Of an authority's name and id both stay known, whichever comes alone later. */
static bool take_number(struct visits *v, struct visit *x, struct slice ident)
{
	struct slice number = fact_part(ident, FI_VALUE), assigner = fact_part(ident, FI_ASSIGNER), id = fact_part(ident, FI_ASSIGNER_ID);
	bool same = slice_eq(x->number, number) && x->assigner.n && assigner.n && may_be_one(x, assigner, id), better = !same || same_letters(x->assigner, id);
	return keep_str(v, &x->number, number) && (!assigner.n || !better || keep_str(v, &x->assigner, assigner)) && (!id.n || keep_str(v, &x->assigner_id, id));
}

static struct visit *by_account(struct visits *v, struct slice account)
{
	struct visit *hit = NULL;
	for (struct visit *x = v->first; x; x = x->next)
		if (account.n && slice_eq(x->account, account) && (!hit || !finished(x)))
			hit = x;
	return hit;
}

/* The newest visit that is not over; else, where ended ones will do, the newest. */
static struct visit *newest(struct visits *v, bool ended_too)
{
	struct visit *open = NULL, *any = NULL;
	for (struct visit *x = v->first; x; x = x->next) {
		if (!finished(x) && (!open || x->row >= open->row))
			open = x;
		if (!any || x->row >= any->row)
			any = x;
	}
	return open ? open : ended_too ? any : NULL;
}

static struct visit *new_visit(struct visits *v)
{
	struct visit *x = arena_alloc(v->a, sizeof *x);
	if (!x)
		return NULL;
	if (v->last)
		v->last->next = x;
	else
		v->first = x;
	v->last = x;
	v->count++;
	return x;
}

static bool begins(struct slice action)
{
	return is(action, "admit") || is(action, "register") || is(action, "preadmit") || is(action, "pending-admit") || !action.n || is(action, "snapshot");
}

/* NULL with *ret_full: arena full. */
static struct visit *visit_of(struct visits *v, const struct fact *f, struct slice action, bool *ret_full)
{
	struct slice ident = stated(f, FF_VISIT), number = fact_part(ident, FI_VALUE), account = fact_part(stated(f, FF_ACCOUNT), FI_VALUE);
	struct visit *x = NULL;
	if (number.n) {
		x = by_number(v, ident);
		if (!x) { /* one that is open and has no number yet */
			struct visit *open = newest(v, false);
			if (open && !open->number.n && (!account.n || !open->account.n || slice_eq(open->account, account)))
				x = open;
		}
	} else if (account.n && (x = by_account(v, account))) {
		if (finished(x) && begins(action))
			x = NULL; /* a new visit on the same account */
	} else {
		x = newest(v, !begins(action));
		if (x && account.n && x->account.n && !slice_eq(x->account, account))
			x = NULL;
	}
	if (!x)
		x = new_visit(v);
	*ret_full = !x;
	if (x && number.n)
		*ret_full |= !take_number(v, x, ident);
	if (x && account.n)
		*ret_full |= !keep_str(v, &x->account, account);
	return x;
}

/* ---- what events do ------------------------------------------------------------------------------------------------------------------------ */

static bool remember(struct visits *v, struct visit *x, struct slice action)
{
	struct undo *u = arena_alloc(v->a, sizeof *u);
	if (!u)
		return false;
	*u = (struct undo){.place = x->place, .placed = x->placed, .status = x->status, .since = x->since, .end = x->end, .place_time = x->place_time, .place_row = x->place_row, .next = x->undo};
	x->undo = u;
	return keep_str(v, &u->action, action);
}

static bool move_to(struct visits *v, struct visit *x, const struct visit_event *ev, struct slice location)
{
	bool same = x->placed && place_same(&x->place, location);
	x->placed = true;
	if (!keep_place(v, &x->place, location))
		return false;
	if (same && x->since.n)
		return true;
	x->place_time = ev->time;
	x->place_row = ev->row;
	struct slice when = stated(ev->f, FF_TIME);
	return keep_str(v, &x->since, when.n ? when : stated(ev->f, FF_START));
}

static void out(struct visit *x, const char *status)
{
	x->status = word(status);
	x->placed = false;
	x->place = (struct visit_place){0};
}

/* In the house at LOCATION; without one at a place not said. */
static bool in(struct visits *v, struct visit *x, const struct visit_event *ev, const char *status)
{
	struct slice raw = fact_get(ev->f, FF_LOCATION), location = stated(ev->f, FF_LOCATION);
	x->status = word(status);
	if (location.n)
		return move_to(v, x, ev, location);
	if (x->placed && !raw.n)
		return true;
	x->place = (struct visit_place){0};
	x->placed = true;
	x->place_time = ev->time;
	x->place_row = ev->row;
	struct slice when = stated(ev->f, FF_TIME);
	return keep_str(v, &x->since, when.n ? when : stated(ev->f, FF_START));
}

static bool update(struct visits *v, struct visit *x, const struct visit_event *ev)
{
	struct slice status = stated(ev->f, FF_STATUS), location = stated(ev->f, FF_LOCATION), raw = fact_get(ev->f, FF_LOCATION);
	if (finished(x))
		return true;
	if (is(status, "finished") || is(status, "cancelled")) {
		out(x, is(status, "finished") ? "finished" : "cancelled");
		return true;
	}
	if (!x->status.n) { /* the first that is heard of it */
		if (stated(ev->f, FF_END).n)
			out(x, "finished");
		else if (is(stated(ev->f, FF_CLASS), "preadmit") || is(status, "planned"))
			x->status = word("planned");
		else
			return in(v, x, ev, "in-progress");
		return true;
	}
	if (!running(x) || is(stated(ev->f, FF_CLASS), "preadmit"))
		return true;
	if (fact_is_null(raw)) {
		x->place = (struct visit_place){0};
		return true;
	}
	if (!location.n || place_same(&x->place, location) || place_vaguer(&x->place, location))
		return true;
	return remember(v, x, word("update")) && move_to(v, x, ev, location);
}

/* FHIR: what it says is what it is. */
static bool as_stated(struct visits *v, struct visit *x, const struct visit_event *ev)
{
	struct slice status = stated(ev->f, FF_STATUS);
	if (is(status, "in-progress") || is(status, "arrived") || is(status, "triaged"))
		return in(v, x, ev, "in-progress");
	if (is(status, "onleave"))
		return in(v, x, ev, "onleave");
	if (is(status, "planned")) {
		x->status = word("planned");
		x->placed = false;
		return true;
	}
	if (is(status, "cancelled") || is(status, "entered-in-error")) {
		out(x, is(status, "cancelled") ? "cancelled" : "entered-in-error");
		return true;
	}
	if (is(status, "finished") || stated(ev->f, FF_END).n) {
		out(x, "finished");
		return true;
	}
	return status.n ? true : update(v, x, ev);
}

/* The event that is taken out was the first that was heard of the visit: nothing is known of before it, but that the patient is in the house; where, this message
 * says, by the place before where the other is the one they were to go to. */
static bool back_in(struct visits *v, struct visit *x, const struct visit_event *ev, bool to_target)
{
	struct slice before = stated(ev->f, FF_PRIOR_LOCATION);
	if (!to_target)
		return in(v, x, ev, "in-progress");
	x->status = word("in-progress");
	x->placed = true;
	x->place = (struct visit_place){0};
	return !before.n || move_to(v, x, ev, before);
}

/* Takes the newest event of that kind out. Where later ones changed the place again, only they count. */
static bool cancel(struct visits *v, struct visit *x, const struct visit_event *ev, const char *what, const char *alternative)
{
	struct slice location = stated(ev->f, FF_LOCATION);
	struct undo *u = x->undo, *above = NULL;
	if (x->cancelled && !strcmp(x->cancelled, what) && x->cancelled_time == ev->time)
		return true; /* the same cancel sent again: it does not take out one more */
	x->cancelled = what;
	x->cancelled_time = ev->time;
	for (; u; u = u->next) {
		if (u->undone)
			continue;
		if (is(u->action, what) || (alternative && is(u->action, alternative)))
			break;
		if (!is(u->action, "update"))
			above = u;
	}
	bool discharge = !strcmp(what, "discharge"), transfer = !strcmp(what, "transfer");
	if (!u) { /* what is cancelled was never heard of: the message says where the patient is (3.3.12, 3.3.13) */
		if (discharge || transfer || !strcmp(what, "leave") || !strcmp(what, "return"))
			return in(v, x, ev, "in-progress");
		return true;
	}
	bool to_target = transfer && place_same(&x->place, location); /* many send where the patient was to go */
	u->undone = true;
	if (above) {
		above->place = u->place, above->placed = u->placed, above->status = u->status, above->since = u->since, above->end = u->end, above->place_time = u->place_time, above->place_row = u->place_row;
		return true;
	}
	x->place = u->place, x->placed = u->placed, x->status = u->status, x->since = u->since, x->end = u->end, x->place_time = u->place_time, x->place_row = u->place_row;
	if (!x->status.n && (discharge || transfer || is(u->action, "leave") || is(u->action, "return")))
		return back_in(v, x, ev, to_target);
	if ((discharge || (transfer && !to_target)) && location.n && !place_same(&x->place, location) && !place_vaguer(&x->place, location) && running(x))
		return move_to(v, x, ev, location); /* "the location after the cancellation", which may be another one */
	return true;
}

/* The event of before once more (sent again under another control id, or with one detail more): it changes nothing, so that a cancel takes all of them out. */
static bool said_again(const struct visit *x, struct slice action, struct slice location)
{
	const struct undo *u = x->undo;
	while (u && u->undone)
		u = u->next;
	if (!u || !slice_eq(u->action, action))
		return false;
	if (is(action, "discharge"))
		return is(x->status, "finished");
	bool same = x->placed && (!location.n || place_same(&x->place, location));
	return same && is(x->status, is(action, "leave") ? "onleave" : "in-progress");
}

static bool act(struct visits *v, struct visit *x, const struct visit_event *ev, struct slice action)
{
	static const char *const moving[] = {"transfer", "swap", "class-change", "track-in"};
	static const struct {
		const char *action, *what, *alternative;
	} cancels[] = {{"cancel-discharge", "discharge", NULL}, {"cancel-transfer", "transfer", "swap"}, {"cancel-leave", "leave", NULL}, {"cancel-return", "return", NULL}, {"cancel-track-in", "track-in", NULL}, {"cancel-track-out", "track-out", NULL}};
	if (is(action, "admit") || is(action, "register"))
		return remember(v, x, action) && (x->end = SLICE_NULL, in(v, x, ev, "in-progress"));
	struct slice location = stated(ev->f, FF_LOCATION);
	bool again = said_again(x, action, location);
	if (is(action, "discharge")) {
		if (!again && !remember(v, x, action))
			return false;
		out(x, "finished");
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(moving); i++)
		if (is(action, moving[i])) {
			if (finished(x))
				return true;
			if (is(x->status, "planned") && is(stated(ev->f, FF_CLASS), "preadmit"))
				return true;
			return (again || remember(v, x, action)) && (fact_get(ev->f, FF_LOCATION).n || !x->placed ? in(v, x, ev, "in-progress") : true);
		}
	if (is(action, "leave")) {
		if (finished(x))
			return true;
		return (again || remember(v, x, action)) && in(v, x, ev, "onleave");
	}
	if (is(action, "return"))
		return finished(x) ? true : (again || remember(v, x, action)) && in(v, x, ev, "in-progress");
	if (is(action, "preadmit") || is(action, "pending-admit")) {
		if (!running(x))
			x->status = word("planned"), x->placed = false;
		return true;
	}
	if (is(action, "cancel-preadmit") || is(action, "cancel-pending-admit")) {
		if (!running(x))
			out(x, "cancelled");
		return true;
	}
	if (is(action, "cancel-admit") || is(action, "cancel-register")) {
		out(x, "cancelled");
		return true;
	}
	if (is(action, "delete")) {
		out(x, "entered-in-error");
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(cancels); i++)
		if (is(action, cancels[i].action))
			return cancel(v, x, ev, cancels[i].what, cancels[i].alternative);
	if (!action.n || is(action, "snapshot"))
		return as_stated(v, x, ev);
	if (is(action, "update"))
		return update(v, x, ev);
	if (!x->status.n) /* pending-transfer, consult ... of a visit never heard of: somebody is here */
		return in(v, x, ev, "in-progress");
	return true;
}

static bool details(struct visits *v, struct visit *x, const struct visit_event *ev, struct slice action)
{
	const struct fact *f = ev->f;
	if (ev->attending.n && !keep_str(v, &x->attending, fact_is_null(ev->attending) ? SLICE_NULL : ev->attending))
		return false;
	struct slice cls = stated(f, FF_CLASS), start = stated(f, FF_START), end = fact_get(f, FF_END), expected = fact_get(f, FF_EXPECTED), marked = fact_get(f, FF_PROTECTED);
	if (cls.n && !keep_str(v, &x->cls, cls))
		return false;
	if (start.n && !keep_str(v, &x->start, start))
		return false;
	if (!x->start.n && (is(action, "admit") || is(action, "register")) && !keep_str(v, &x->start, stated(f, FF_TIME)))
		return false;
	if (end.n && !keep_str(v, &x->end, fact_is_null(end) ? SLICE_NULL : end))
		return false;
	if (is(action, "discharge") && !x->end.n && !keep_str(v, &x->end, stated(f, FF_TIME)))
		return false;
	if (expected.n && !keep_str(v, &x->expected, fact_is_null(expected) ? SLICE_NULL : expected))
		return false;
	return !marked.n || keep_str(v, &x->protected_as, fact_is_null(marked) ? SLICE_NULL : marked);
}

/* A42, A45, A50 ...: another number for a visit. Where both are known the other one is over: what it said stays in its history. */
static bool rename_visit(struct visits *v, const struct fact *f)
{
	bool accounts = fact_get(f, FF_OTHER_ACCOUNT).n && !fact_get(f, FF_OTHER_VISIT).n;
	struct slice to = stated(f, accounts ? FF_ACCOUNT : FF_VISIT), from = stated(f, accounts ? FF_OTHER_ACCOUNT : FF_OTHER_VISIT);
	if (!to.n || !from.n)
		return true;
	if (accounts) {
		for (struct visit *x = v->first; x; x = x->next)
			if (slice_eq(x->account, fact_part(from, FI_VALUE)) && !keep_str(v, &x->account, fact_part(to, FI_VALUE)))
				return false;
		return true;
	}
	struct visit *x = by_number(v, from), *y = by_number(v, to);
	if (!x || x == y)
		return true;
	if (!y) {
		x->assigner = x->assigner_id = SLICE_NULL;
		return take_number(v, x, to);
	}
	if (x->placed && !y->placed && !finished(y)) {
		y->place = x->place, y->placed = true, y->since = x->since, y->place_time = x->place_time, y->place_row = x->place_row;
		y->status = x->status;
	}
	out(x, "cancelled");
	return true;
}

static bool hear(struct visits *v, const struct visit_event *ev)
{
	struct slice location = stated(ev->f, FF_LOCATION);
	if (!location.n || ev->time < v->heard_time)
		return true;
	v->heard_time = ev->time;
	v->heard_row = ev->row;
	return keep_str(v, &v->heard, location);
}

bool visits_apply(struct visits *v, const struct visit_event *ev, int zone_minutes, bool keep)
{
	struct slice action = fact_get(ev->f, FF_ACTION);
	if (ev->f->kind == FACT_IDENTITY)
		return rename_visit(v, ev->f);
	if (is(action, "mention"))
		return hear(v, ev);
	bool full;
	struct visit *x = visit_of(v, ev->f, action, &full);
	if (full)
		return false;
	if (!act(v, x, ev, action) || !details(v, x, ev, action))
		return false;
	x->row = ev->row;
	x->ident = ev->ident;
	x->received = ev->received;
	x->time = ev->time;
	x->origin = ev->origin;
	if (!keep)
		return true;
	struct visit_part *part = arena_alloc(v->a, sizeof *part);
	if (!part)
		return false;
	*part = (struct visit_part){*ev, x->parts};
	x->parts = part;
	return true;
}

static int in_order(const void *pa, const void *pb)
{
	const struct visit_event *a = pa, *b = pb;
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	if (a->row != b->row)
		return a->row < b->row ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

bool visits_fold(struct visits *v, struct visit_event *ev, size_t n, int zone_minutes, bool keep)
{
	qsort(ev, n, sizeof *ev, in_order);
	for (size_t i = 0; i < n; i++) {
		if (!visits_apply(v, &ev[i], zone_minutes, keep))
			return false;
		v->last_time = ev[i].time;
		v->last_row = ev[i].row;
	}
	return true;
}

/* ---- where the person is ------------------------------------------------------------------------------------------------------------------------ */

/* A bed is not left for an appointment: outpatient visits count only where there is no other. */
static int weight(const struct visit *x)
{
	return is(x->cls, "outpatient") || is(x->cls, "recurring") || is(x->cls, "virtual") || is(x->cls, "home") || is(x->cls, "preadmit") ? 0 : 1;
}

static bool somewhere(const struct visit *x)
{
	return x->place.unit.n || x->place.room.n || x->place.bed.n || x->place.facility.n || x->place.text.n;
}

const struct visit *visits_current(const struct visits *v, int64_t now)
{
	const struct visit *best = NULL;
	for (const struct visit *x = v->first; x; x = x->next) {
		if (!x->placed || !running(x) || (!somewhere(x) && weight(x) == 0) || visit_expires(x) <= now)
			continue;
		bool better = !best || weight(x) > weight(best) || (weight(x) == weight(best) && (x->place_time > best->place_time || (x->place_time == best->place_time && x->place_row > best->place_row)));
		if (better)
			best = x;
	}
	return best;
}

/* Outpatients are registered and never discharged, emergencies sometimes: without a word about them they are taken to have gone. Inpatients stay until somebody says so. */
int64_t visit_expires(const struct visit *x)
{
	if (weight(x) == 0)
		return x->received + DAY;
	return is(x->cls, "emergency") ? x->received + 7 * DAY : INT64_MAX;
}
