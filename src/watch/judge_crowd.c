/* judge_crowd: files removed or renamed in masses. People and programs do that every day, so nobody is stopped for it: it is said, with figures, and can be put back like any other. */
#include "judge_internal.h"

#include <stdio.h>

void crowd_count(struct watch_judge *j, struct crowd *x, const struct watch_change *c, bool renamed)
{
	if (!x->n || c->mono_ns - x->last > CROWD_PAUSE)
		*x = (struct crowd){.from = c->mono_ns};
	x->n++;
	x->read += c->was_read;
	x->last = c->mono_ns;
	if (x->n < CROWD || (x->told && x->n < x->told * 10))
		return;
	struct look_at *l = &j->look[0];
	for (size_t i = 0; i < LOOKS; i++)
		if (!j->look[i].used)
			l = &j->look[i];
	x->told = x->n;
	*l = (struct look_at){.used = true, .number = UINT64_C(1) << 63 | ++j->looks, .who = c->who, .mono_ns = c->mono_ns, .crowd = *x, .renamed = renamed};
}

bool crowd_verdict(struct watch_judge *j, struct watch_verdict *ret)
{
	for (size_t i = 0; i < LOOKS; i++) {
		struct look_at *l = &j->look[i];
		if (!l->used)
			continue;
		l->used = false;
		const struct crowd *x = &l->crowd;
		*ret = (struct watch_verdict){.look = true, .number = l->number, .mono_ns = l->mono_ns, .began = x->from, .who = l->who, .sessions = {l->who.session}, .session_count = 1, .file = j->file, .file_count = x->n};
		snprintf(ret->reason[ret->reason_count++], WATCH_REASON_MAX, "%llu files %s by one session within %.1f s", (unsigned long long)x->n, l->renamed ? "renamed" : "removed", (double)(x->last - x->from) / 1e9);
		if (x->read && !l->renamed)
			snprintf(ret->reason[ret->reason_count++], WATCH_REASON_MAX, "%llu of them it had read before: copied away, or packed, perhaps", (unsigned long long)x->read);
		if (!l->renamed)
			snprintf(ret->reason[ret->reason_count++], WATCH_REASON_MAX, "what was not read before it was removed is in the vault only");
		return true;
	}
	return false;
}
