/* Which version of a reading was sent where, what was answered, and what is due. Pure: of a recording's acts alone.
 *
 * An act "delivering" stands in the ledger before the first byte goes out, with the bytes; "delivered" and "delivery-refused" say what was answered to its control id. In between the outcome is unknown: bytes may have gone
 * out, and the receiver may have taken them; only the same bytes may be sent again. What is due for a destination:
 *   1. an unknown one: the same again;
 *   2. a withdrawal, where what was delivered last is not this person's (unmatched since, or matched to another one), or is no reading any more (rejected);
 *   3. the version that stands now, signed or amended, if it is not the one delivered last: the first for that person final, each later one corrected. One that was refused is due only when somebody asks for it by name;
 *   4. where unconfirmed ones are wanted: what is matched and waits to be read, once, as preliminary. A minute of a live strip is no result. After it the first version that is signed is final. */
#include "chart_internal.h"

static enum chart_delivery_state answered(const struct chart_ecg_act *of, struct slice control, const struct chart_ecg_act **ret)
{
	*ret = NULL;
	for (const struct chart_ecg_act *x = of->next; x; x = x->next) {
		bool good = slice_eq_str(x->act, "delivered");
		if (x->counts && (good || slice_eq_str(x->act, "delivery-refused")) && slice_eq(json_text(x->node, "controlId"), control)) {
			*ret = x;
			return good ? CHART_DELIVERED : CHART_DELIVERY_REFUSED;
		}
	}
	return CHART_DELIVERY_UNKNOWN;
}

int chart_ecg_deliveries(const struct chart_ecg *g, struct arena *a, struct chart_ecg_delivery **ret, struct err *e)
{
	struct chart_ecg_delivery *first = NULL, **last = &first;
	for (const struct chart_ecg_act *x = g->acts; x; x = x->next) {
		const struct chart_ecg_act *back;
		struct slice control = json_text(x->node, "controlId");
		uint64_t version;
		if (!x->counts || !slice_eq_str(x->act, "delivering") || !control.n || num_u64(json_text(x->node, "version"), 0, UINT64_MAX, &version) < 0)
			continue;
		struct chart_ecg_delivery *d = arena_alloc(a, sizeof *d);
		if (!d)
			return chart_no_memory(a, e);
		*d = (struct chart_ecg_delivery){.entry = x->entry, .version = version, .time = x->time, .to = json_text(x->node, "to"), .control_id = control, .status = json_text(x->node, "status"), .patient = json_text(x->node, "patient")};
		d->state = answered(x, control, &back);
		if (back) {
			d->answered = back->time;
			d->ack = json_text(back->node, "ack");
			d->text = json_text(back->node, "text");
		}
		*last = d;
		last = &d->next;
	}
	*ret = first;
	return 0;
}

/* The newest act that made what stands: signed, or amended since. 0: nothing stands. */
static uint64_t standing(const struct chart_ecg *g)
{
	uint64_t version = 0;
	if (g->reading != CHART_ECG_SIGNED && g->reading != CHART_ECG_AMENDED)
		return 0;
	for (const struct chart_ecg_act *x = g->acts; x; x = x->next)
		if (x->counts && (slice_eq_str(x->act, "sign") || slice_eq_str(x->act, "addend")))
			version = x->entry;
	return version;
}

static bool withdrawn(const struct chart_ecg_delivery *d)
{
	return slice_eq_str(d->status, "X");
}

static bool waits(const struct chart_ecg *g)
{
	return g->patient && !g->unreadable && !g->strip.id.n && (g->reading == CHART_ECG_UNREAD || g->reading == CHART_ECG_READING);
}

void chart_ecg_due(const struct chart_ecg *g, const struct chart_ecg_delivery *list, struct slice to, bool same_person, bool again, bool preliminary, struct chart_ecg_due *ret)
{
	const struct chart_ecg_delivery *last = NULL, *unknown = NULL;
	uint64_t now = g->patient ? standing(g) : 0;
	*ret = (struct chart_ecg_due){.what = CHART_DUE_NOTHING};
	for (const struct chart_ecg_delivery *d = list; d; d = d->next) {
		if (!slice_eq(d->to, to))
			continue;
		if (d->state == CHART_DELIVERY_UNKNOWN && !unknown)
			unknown = d;
		if (d->state == CHART_DELIVERED)
			last = d;
	}
	if (unknown) {
		*ret = (struct chart_ecg_due){.what = CHART_DUE_SAME, .version = unknown->version, .of = unknown};
		return;
	}
	bool stands = last && !withdrawn(last);
	if (stands && (g->reading == CHART_ECG_REJECTED || !g->patient || !same_person))
		*ret = (struct chart_ecg_due){.what = CHART_DUE_WITHDRAWN, .version = last->entry, .of = last};
	else if (now && !(stands && last->version == now))
		*ret = (struct chart_ecg_due){.what = stands && !slice_eq_str(last->status, "P") ? CHART_DUE_CORRECTED : CHART_DUE_FINAL, .version = now};
	else if (preliminary && !stands && !now && waits(g))
		*ret = (struct chart_ecg_due){.what = CHART_DUE_PRELIMINARY, .version = g->entry};
	else
		return;
	for (const struct chart_ecg_delivery *d = list; d; d = d->next)
		if (slice_eq(d->to, to) && d->version == ret->version && withdrawn(d) == (ret->what == CHART_DUE_WITHDRAWN)) {
			ret->attempts++;
			ret->refused = ret->refused || d->state == CHART_DELIVERY_REFUSED;
		}
	if (ret->refused && !again)
		ret->what = CHART_DUE_NOTHING;
}

const char *chart_delivery_word(enum chart_delivery_state s)
{
	static const char *const words[] = {[CHART_DELIVERY_UNKNOWN] = "unknown", [CHART_DELIVERED] = "delivered", [CHART_DELIVERY_REFUSED] = "refused"};
	return words[s];
}
