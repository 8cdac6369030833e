/* Which state a downtime is in: down -> read-only -> write -> closed, one step at a time and never back; after "closed" another may begin. */
#include "downtime.h"

static const char *const names[] = {[DOWNTIME_NONE] = "none", [DOWNTIME_DOWN] = "down", [DOWNTIME_READ_ONLY] = "read-only", [DOWNTIME_WRITE] = "write", [DOWNTIME_CLOSED] = "closed"};

const char *downtime_state_name(enum downtime_state s)
{
	return (size_t)s < ARRAY_LEN(names) ? names[s] : "unknown";
}

bool downtime_state_of(struct slice name, enum downtime_state *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_eq_str(name, names[i])) {
			*ret = (enum downtime_state)i;
			return true;
		}
	return false;
}

static void keep(char *to, size_t size, struct slice s)
{
	s = slice_of(s.p, s.n < size ? s.n : utf8_valid_prefix(slice_of(s.p, size - 1)));
	if (s.n)
		memcpy(to, s.p, s.n);
	to[s.n] = 0;
}

bool downtime_running(const struct downtime *d)
{
	return d->state != DOWNTIME_NONE && d->state != DOWNTIME_CLOSED;
}

/* false: it is there, or is the whole house's */
static bool add_unit(struct downtime *d, struct slice unit)
{
	if (!unit.n) {
		bool wider = d->units != 0;
		d->units = 0;
		return wider;
	}
	for (uint32_t i = 0; i < d->units; i++)
		if (slice_eq_str(unit, d->unit[i]))
			return false;
	if (!d->units || unit.n >= sizeof d->unit[0])
		return false;
	if (d->units == DOWNTIME_UNITS_MAX) { /* more than anybody names one by one: the whole house */
		d->units = 0;
		return true;
	}
	keep(d->unit[d->units++], sizeof d->unit[0], unit);
	return true;
}

static bool begin(struct downtime *d, const struct json_node *act, uint64_t entry, int64_t time)
{
	struct slice unit = json_text(act, "unit");
	if (downtime_running(d))
		return add_unit(d, unit);
	*d = (struct downtime){.state = DOWNTIME_DOWN, .entry = entry, .since = time, .at = time, .closed = d->closed};
	if (unit.n && unit.n < sizeof d->unit[0])
		keep(d->unit[d->units++], sizeof d->unit[0], unit);
	keep(d->reason, sizeof d->reason, json_text(act, "reason"));
	keep(d->by, sizeof d->by, json_text(act, "by"));
	return true;
}

/* The state that an act names. */
static bool goes_to(const struct json_node *act, enum downtime_state *ret)
{
	struct slice what = json_text(act, "what");
	if (slice_eq_str(what, "close")) {
		*ret = DOWNTIME_CLOSED;
		return true;
	}
	return slice_eq_str(what, "advance") && downtime_state_of(json_text(act, "state"), ret);
}

bool downtime_apply(struct downtime *d, const struct json_node *act, uint64_t entry, int64_t time)
{
	struct slice what = json_text(act, "what");
	enum downtime_state to;
	if (slice_eq_str(what, "begin"))
		return begin(d, act, entry, time);
	if (!goes_to(act, &to))
		return false;
	if (!downtime_running(d) || (int)to != (int)d->state + 1)
		return false;
	d->state = to;
	d->at = time;
	if (to == DOWNTIME_CLOSED)
		d->closed = entry;
	return true;
}

static int begin_fits(const struct downtime *d, struct slice unit, struct err *e)
{
	if (unit.n >= sizeof d->unit[0])
		return err_set(e, ERR_INPUT, "unit", "a unit's name has 1 to %zu bytes", sizeof d->unit[0] - 1);
	if (!downtime_running(d))
		return 0;
	if (d->state != DOWNTIME_DOWN)
		return err_set(e, ERR_NO, NULL, "a downtime is running and is in state %s already: it is closed before another one begins", names[d->state]);
	for (uint32_t i = 0; i < d->units && unit.n; i++)
		if (slice_eq_str(unit, d->unit[i]))
			return err_set(e, ERR_NO, "unit", "it is in the downtime that runs already");
	return d->units ? 0 : err_set(e, ERR_NO, NULL, "a downtime of the whole house is running already: holdfast downtime status");
}

int downtime_fits(const struct downtime *d, const struct json_node *act, struct err *e)
{
	enum downtime_state to;
	if (slice_eq_str(json_text(act, "what"), "begin"))
		return begin_fits(d, json_text(act, "unit"), e);
	if (!goes_to(act, &to))
		return err_set(e, ERR_INPUT, "state", "that is no state: read-only, write or closed");
	if (!downtime_running(d))
		return err_set(e, ERR_NO, NULL, "no downtime is running: holdfast downtime begin");
	if ((int)to != (int)d->state + 1)
		return err_set(e, ERR_NO, NULL, "the downtime is in state %s: the next one is %s, and none is passed over", names[d->state], names[d->state + 1]);
	return 0;
}
