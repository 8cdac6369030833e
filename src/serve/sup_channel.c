/* sup_channel: a channel between two roles that one of them has closed though neither died (it heard what may not be said there). Both get a new one, and begin on it as after a death of the other: nothing that has no
 * answer is lost. Without this a scribe stood still until somebody killed it. */
#include "supervisor.h"

#define JUST (TIME_SEC / 20) /* a role that is dying closes its channels a moment before the signal says so: then it is introduced when it is back */
#define CALM (10 * TIME_SEC)
#define LONGEST_PAUSE (5 * TIME_SEC)

void sup_channel(struct supervisor *s, enum role_id id, struct slice payload)
{
	struct cur c = cur_of(payload);
	enum role_id other = (enum role_id)cur_u8(&c);
	uint64_t given = cur_u64le(&c);
	if (!cur_done(&c) || other >= ROLES || given != s->roles[id].given[other])
		return; /* it has another one already */
	for (size_t i = 0; i < PAIRS; i++) {
		struct sup_pair *p = &s->pair[i];
		bool these = (sup_pairs[i][0] == id && sup_pairs[i][1] == other) || (sup_pairs[i][1] == id && sup_pairs[i][0] == other);
		if (!these || p->broken)
			continue;
		int64_t now = time_monotonic(), pause = JUST;
		p->times = p->made && now - p->made < CALM ? p->times + 1 : 0;
		for (unsigned n = 0; n < p->times && pause < LONGEST_PAUSE; n++)
			pause *= 2;
		p->broken = true;
		p->due = now + (pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE);
	}
}

void sup_reconnect(struct supervisor *s)
{
	int64_t now = time_monotonic();
	for (size_t i = 0; i < PAIRS; i++) {
		struct sup_pair *p = &s->pair[i];
		enum role_id a = sup_pairs[i][0], b = sup_pairs[i][1];
		struct err e = {0};
		if (!p->broken || p->due > now || s->stopping || !sup_running(s, a) || !sup_running(s, b))
			continue; /* one of them died: its start makes a channel */
		p->broken = false;
		p->made = now;
		sup_log("the channel between %s and %s was closed though both live; they get a new one, and what has no answer is said again", role_name(a), role_name(b));
		if (sup_join(s, a, b, &e) < 0)
			sup_log("%s: %s", e.place, e.text);
	}
}

int64_t sup_reconnect_due(const struct supervisor *s)
{
	int64_t first = INT64_MAX;
	for (size_t i = 0; i < PAIRS; i++)
		if (s->pair[i].broken && sup_running(s, sup_pairs[i][0]) && sup_running(s, sup_pairs[i][1]) && s->pair[i].due < first)
			first = s->pair[i].due;
	return first;
}
