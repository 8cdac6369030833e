/* gate_state: what an event makes of a link's standing. The whole of who may open what is here, and is a function of its arguments. */
#include "gate.h"

static const char *const names[GATE_STATES] = {"CUT", "QUARANTINED", "TEST", "ONE-WAY", "LIMITED", "OPEN"};

const char *gate_state_name(enum gate_state s)
{
	return names[(unsigned)s < GATE_STATES ? s : GATE_CUT];
}

enum gate_state gate_state_parse(struct slice name)
{
	for (int i = 0; i < GATE_STATES; i++)
		if (slice_eq_str(name, names[i]))
			return (enum gate_state)i;
	return GATE_CUT;
}

bool gate_may_sign(const char *role)
{
	return role && (!strcmp(role, "security") || !strcmp(role, "owner") || !strcmp(role, "admin"));
}

static void unsign(struct gate_standing *s)
{
	s->first[0] = 0;
	s->first_until = s->first_expires = 0;
}

static int fall(const struct gate_standing *s, enum gate_state to, int64_t now, struct gate_standing *ret)
{
	struct gate_standing n = *s;
	n.state = n.back = to;
	n.since = now;
	n.expires = 0;
	unsign(&n);
	*ret = n;
	return GATE_MOVED;
}

/* Once a step: whoever never looks again finds the link one step lower, not open. */
static int time_passes(const struct gate_standing *s, int64_t now, struct gate_standing *ret)
{
	if (s->expires && s->expires != GATE_NEVER && now >= s->expires)
		return fall(s, s->back < s->state ? s->back : GATE_CUT, now, ret);
	if (s->first[0] && now >= s->first_until) {
		*ret = *s;
		unsign(ret);
		return GATE_SIGNED;
	}
	return GATE_SAME;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int refuse(const struct gate_standing *s, const struct gate_event *ev, struct err *e)
{
	if (!ev->account || !ev->account[0])
		return err_set(e, ERR_DENIED, NULL, "a step up is signed by a person: sign in, or give a token of that person's account (holdfast token create --user NAME) in HOLDFAST_TOKEN");
	if (!gate_may_sign(ev->role))
		return err_set(e, ERR_DENIED, NULL, "the role %s may not reopen a link: security, owner and admin may", ev->role && ev->role[0] ? ev->role : "of nobody");
	if (strlen(ev->account) >= GATE_WHO_MAX)
		return err_set(e, ERR_USAGE, NULL, "this account's name is too long");
	if (ev->expires == GATE_NEVER && s->state + 1 < GATE_OPEN)
		return err_set(e, ERR_USAGE, "--expires", "only the step to OPEN may be without an end");
	if (ev->expires && ev->expires <= ev->now)
		return err_set(e, ERR_USAGE, "--expires", "that time has passed");
	if (ev->unmet)
		return err_set(e, ERR_NO, NULL, "a condition of this link is not met: %s", ev->unmet);
	return 0;
}

static int advance(const struct gate_standing *s, const struct gate_event *ev, struct gate_standing *ret, struct err *e)
{
	struct gate_standing n = *s;
	int r = refuse(s, ev, e);
	if (r < 0)
		return r;
	if (n.first[0] && ev->now >= n.first_until)
		unsign(&n);
	if (s->state == GATE_OPEN && (!s->expires || s->expires == GATE_NEVER))
		return err_set(e, ERR_NO, NULL, "the link is OPEN, and has no end: there is no further step");
	int64_t until = ev->expires ? ev->expires : ev->now + GATE_SPAN;
	if (!n.first[0]) {
		snprintf(n.first, sizeof n.first, "%s", ev->account);
		n.first_until = sooner(ev->now + GATE_SPAN, until);
		n.first_expires = ev->expires;
		*ret = n;
		return GATE_SIGNED;
	}
	if (slice_eq_nocase(slice_str(n.first), ev->account))
		return err_set(e, ERR_DENIED, NULL, "%s has signed for this step: the second signature is another person's", n.first);
	/* of two ends the sooner one; one who named none leaves it to the other */
	if (n.first_expires)
		until = ev->expires ? sooner(until, n.first_expires) : n.first_expires;
	if (s->state < GATE_OPEN) {
		n.back = s->state;
		n.state = (enum gate_state)(s->state + 1);
		n.since = ev->now;
	}
	n.expires = until;
	unsign(&n);
	*ret = n;
	return GATE_MOVED;
}

int gate_decide(const struct gate_standing *s, const struct gate_event *ev, struct gate_standing *ret, struct err *e)
{
	struct gate_standing now = *s;
	if ((unsigned)now.state >= GATE_STATES)
		now = (struct gate_standing){.since = ev->now};
	switch (ev->kind) {
	case GATE_EV_CUT:
		if (now.state == GATE_CUT && !now.first[0])
			return GATE_SAME; /* cut is cut: since when does not change */
		if (now.state == GATE_CUT) {
			*ret = now;
			unsign(ret);
			return GATE_MOVED;
		}
		return fall(&now, GATE_CUT, ev->now, ret);
	case GATE_EV_FALL:
		if ((unsigned)ev->to >= GATE_STATES || ev->to >= now.state)
			return err_set(e, ERR_NO, NULL, "a link falls back to a state below %s", gate_state_name(now.state));
		return fall(&now, ev->to, ev->now, ret);
	case GATE_EV_TIME:
		return time_passes(&now, ev->now, ret);
	case GATE_EV_ADVANCE: {
		struct gate_standing later;
		if (time_passes(&now, ev->now, &later) == GATE_MOVED)
			now = later; /* nobody had looked since: the step is from where it stands now */
		return advance(&now, ev, ret, e);
	}
	}
	return err_set(e, ERR_USAGE, NULL, "no such event");
}

int gate_until_parse(struct slice text, int64_t now, int zone_minutes, int64_t *ret, struct err *e)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
	uint64_t n;
	int64_t t;
	if (slice_eq_str(text, "never")) {
		*ret = GATE_NEVER;
		return 0;
	}
	for (size_t i = 0; text.n > 1 && i < ARRAY_LEN(units); i++)
		if (text.p[text.n - 1] == (uint8_t)units[i].unit && num_u64(slice_of(text.p, text.n - 1), 1, 100000, &n) == 0) {
			*ret = now + (int64_t)n * units[i].seconds * TIME_SEC;
			return 0;
		}
	if (time_parse(text, zone_minutes, &t) < 0)
		return err_set(e, ERR_USAGE, "--expires", "a time (2026-11-23T08:00), a span (30m, 1h, 7d) or, for OPEN, never");
	if (t <= now)
		return err_set(e, ERR_USAGE, "--expires", "that time has passed");
	*ret = t;
	return 0;
}

void gate_standing_put(const struct gate_standing *s, struct jsonw *w)
{
	jsonw_kstr(w, "state", gate_state_name(s->state));
	jsonw_kstr(w, "back", gate_state_name(s->back));
	jsonw_ki64(w, "since", s->since);
	jsonw_ki64(w, "expires", s->expires);
	if (s->first[0]) {
		jsonw_kstr(w, "first", s->first);
		jsonw_ki64(w, "firstUntil", s->first_until);
		jsonw_ki64(w, "firstExpires", s->first_expires);
	}
}

static bool number(const struct json_node *n, const char *key, int64_t *ret)
{
	return num_i64(json_text(n, key), 0, INT64_MAX, ret) == 0;
}

void gate_standing_read(const struct json_node *n, struct gate_standing *ret)
{
	struct gate_standing s = {.state = gate_state_parse(json_text(n, "state")), .back = gate_state_parse(json_text(n, "back"))};
	struct slice first = json_text(n, "first");
	*ret = (struct gate_standing){0};
	if (!number(n, "since", &s.since) || !number(n, "expires", &s.expires) || first.n >= sizeof s.first || s.back > s.state)
		return;
	if (first.n) {
		memcpy(s.first, first.p, first.n);
		if (!number(n, "firstUntil", &s.first_until) || !number(n, "firstExpires", &s.first_expires))
			unsign(&s);
	}
	*ret = s;
}
