/* Acts on an item, folded. Written so that no order of acts and no crash between two of them can make what went out look as if it had not:
 *
 *   1. from "made" on the outcome is unknown, until something is heard;
 *   2. a second "made" has no effect while bytes of the first may be out: there is one message of an item at a time;
 *   3. an answer counts for the control id that is out, and only while its outcome is unknown;
 *   4. "not-sent" gives back only a message of which no other try may have gone out: "sending" over an unknown one says that one may;
 *   5. what is filed stays filed, unless a person said so and a person takes it back. */
#include "backload_internal.h"

static void keep(char *to, size_t size, struct slice s)
{
	s = slice_of(s.p, s.n < size ? s.n : utf8_valid_prefix(slice_of(s.p, size - 1)));
	if (s.n)
		memcpy(to, s.p, s.n);
	to[s.n] = 0;
}

static bool fits(const struct backload *b, const struct json_node *act)
{
	return b->made && slice_eq_str(json_text(act, "controlId"), b->control_id);
}

static bool waits(const struct backload *b)
{
	return b->state == BACK_OPEN || b->state == BACK_REVIEWED;
}

static void wait_again(struct backload *b)
{
	b->state = b->reviewed ? BACK_REVIEWED : BACK_OPEN;
	b->went = b->person = false;
}

static bool reviewed(struct backload *b, const struct json_node *act, uint64_t entry)
{
	if (b->state != BACK_OPEN)
		return false;
	b->state = BACK_REVIEWED;
	b->reviewed = true;
	return true;
}

static bool refused(struct backload *b, const struct json_node *act, uint64_t entry)
{
	if (!waits(b))
		return false;
	b->state = BACK_REFUSED;
	b->person = true;
	keep(b->why, sizeof b->why, json_text(act, "reason"));
	return true;
}

static bool made(struct backload *b, const struct json_node *act, uint64_t entry)
{
	struct slice control = json_text(act, "controlId");
	if (!waits(b) || b->made || !control.n || control.n >= sizeof b->control_id || !entry)
		return false;
	b->state = BACK_SENT_UNKNOWN;
	b->made = entry;
	b->tries = 1;
	b->messages++;
	b->went = false;
	b->ack[0] = 0;
	keep(b->control_id, sizeof b->control_id, control);
	keep(b->to, sizeof b->to, json_text(act, "to"));
	return true;
}

static bool sending(struct backload *b, const struct json_node *act, uint64_t entry)
{
	if (!fits(b, act) || (!waits(b) && b->state != BACK_SENT_UNKNOWN))
		return false;
	b->went = b->state == BACK_SENT_UNKNOWN;
	b->state = BACK_SENT_UNKNOWN;
	b->tries++;
	return true;
}

static bool not_sent(struct backload *b, const struct json_node *act, uint64_t entry)
{
	if (!fits(b, act) || b->state != BACK_SENT_UNKNOWN || b->went)
		return false;
	wait_again(b);
	return true;
}

static bool unknown(struct backload *b, const struct json_node *act, uint64_t entry)
{
	if (!fits(b, act) || b->state != BACK_SENT_UNKNOWN)
		return false;
	b->went = true;
	keep(b->why, sizeof b->why, json_text(act, "why"));
	return true;
}

static bool answer(struct backload *b, const struct json_node *act, uint64_t entry)
{
	static const char *const good[] = {"AA", "CA", NULL}, *const bad[] = {"AE", "AR", "CE", "CR", NULL};
	struct slice ack = json_text(act, "ack");
	const struct json_node *twice = json_get(act, "duplicate");
	if (!fits(b, act) || b->state != BACK_SENT_UNKNOWN || (!bl_is(ack, good) && !bl_is(ack, bad)))
		return false;
	b->state = bl_is(ack, good) ? BACK_FILED : twice && twice->type == JSON_TRUE ? BACK_ALREADY_THERE : BACK_REFUSED;
	keep(b->ack, sizeof b->ack, ack);
	keep(b->why, sizeof b->why, json_text(act, "text"));
	return true;
}

static bool echo(struct backload *b, const struct json_node *act, uint64_t entry)
{
	uint64_t seen;
	if (num_u64(json_text(act, "entry"), 1, UINT64_MAX, &seen) < 0 || b->echo)
		return false;
	b->echo = seen;
	if (b->state == BACK_FILED || b->state == BACK_ALREADY_THERE || b->state == BACK_SUPERSEDED)
		return true; /* and it is linked */
	b->state = b->made ? BACK_FILED : BACK_ALREADY_THERE;
	b->person = false;
	return true;
}

static bool resolved(struct backload *b, const struct json_node *act, uint64_t entry)
{
	static const enum backload_state ends[] = {BACK_FILED, BACK_ALREADY_THERE, BACK_REFUSED, BACK_SUPERSEDED};
	struct slice as = json_text(act, "as");
	if (!waits(b) && b->state != BACK_SENT_UNKNOWN && b->state != BACK_REFUSED)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (slice_eq_str(as, backload_state_name(ends[i]))) {
			b->state = ends[i];
			b->person = true;
			keep(b->why, sizeof b->why, json_text(act, "reason"));
			return true;
		}
	return false;
}

/* A person has compared it with the EHR's record of doses. It says nothing of whether its message arrived. */
static bool reconciled(struct backload *b, const struct json_node *act, uint64_t entry)
{
	if (b->reconciled)
		return false;
	b->reconciled = true;
	return true;
}

static bool reopened(struct backload *b, const struct json_node *act, uint64_t entry)
{
	bool out = b->state == BACK_SENT_UNKNOWN;
	if (!out && b->state != BACK_REFUSED && !(b->person && backload_settled(b->state)))
		return false;
	if (!out && b->ack[0]) { /* that message was answered: another one is made */
		b->made = 0;
		b->tries = 0;
	}
	wait_again(b);
	b->ack[0] = b->why[0] = 0;
	return true;
}

bool backload_apply(struct backload *b, const struct json_node *act, uint64_t entry)
{
	static const struct {
		const char *name;
		bool (*apply)(struct backload *b, const struct json_node *act, uint64_t entry);
	} acts[] = {{"reviewed", reviewed}, {"refused", refused}, {"made", made}, {"sending", sending}, {"not-sent", not_sent}, {"unknown", unknown}, {"answer", answer}, {"echo", echo}, {"resolved", resolved}, {"reopened", reopened}, {"reconciled", reconciled}};
	struct slice name = json_text(act, "act");
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		if (slice_eq_str(name, acts[i].name))
			return acts[i].apply(b, act, entry);
	return false;
}

bool backload_settled(enum backload_state s)
{
	return s == BACK_FILED || s == BACK_ALREADY_THERE || s == BACK_REFUSED || s == BACK_SUPERSEDED;
}

enum backload_state backload_counts_as(const struct backload *b, bool replaced, bool withdraw, const enum backload_state *of)
{
	if (b->state != BACK_OPEN && b->state != BACK_REVIEWED && b->state != BACK_REFUSED)
		return b->state;
	if (replaced)
		return BACK_SUPERSEDED;
	if (withdraw && of && (*of == BACK_SUPERSEDED || *of == BACK_REFUSED) && b->state != BACK_REFUSED)
		return BACK_SUPERSEDED;
	return b->state;
}
