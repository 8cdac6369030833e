/* judge_crowd: files removed or renamed in masses, and files that were put under a password and removed. People and programs do that every day, so nobody is stopped for it: it is said, with figures, and can be put back like any other. */
#include "judge_internal.h"

#include <stdio.h>

void crowd_count(struct watch_judge *j, struct crowd *x, const struct watch_change *c, enum crowd_kind kind)
{
	if (!x->n || c->mono_ns - x->last > CROWD_PAUSE)
		*x = (struct crowd){.from = c->mono_ns};
	x->n++;
	x->read += c->was_read;
	x->last = c->mono_ns;
	if (x->n < (kind == CROWD_LOCKED ? CROWD_SEALED : CROWD) || (x->told && x->n < x->told * 10))
		return;
	struct look_at *l = &j->look[0];
	for (size_t i = 0; i < LOOKS; i++)
		if (!j->look[i].used)
			l = &j->look[i];
	x->told = x->n;
	*l = (struct look_at){.used = true, .number = UINT64_C(1) << 63 | ++j->looks, .who = c->who, .mono_ns = c->mono_ns, .crowd = *x, .kind = kind};
}

bool crowd_verdict(struct watch_judge *j, struct watch_verdict *ret)
{
	for (size_t i = 0; i < LOOKS; i++) {
		struct look_at *l = &j->look[i];
		if (!l->used)
			continue;
		l->used = false;
		const struct crowd *x = &l->crowd;
		static const char *const what[] = {"removed", "renamed", "read and removed after archives or noise that nobody can look into were made,"};
		*ret = (struct watch_verdict){.look = true, .number = l->number, .mono_ns = l->mono_ns, .began = x->from, .who = l->who, .sessions = {l->who.session}, .session_count = 1, .file = j->file, .file_count = x->n};
		snprintf(ret->reason[ret->reason_count++], WATCH_REASON_MAX, "%llu files %s by one session within %.1f s", (unsigned long long)x->n, what[l->kind], (double)(x->last - x->from) / 1e9);
		if (l->kind == CROWD_DELETED && x->read)
			snprintf(ret->reason[ret->reason_count++], WATCH_REASON_MAX, "%llu of them it had read before: copied away, or packed, perhaps", (unsigned long long)x->read);
		if (l->kind == CROWD_DELETED)
			snprintf(ret->reason[ret->reason_count++], WATCH_REASON_MAX, "what was not read before it was removed is in the vault only");
		if (l->kind == CROWD_LOCKED)
			snprintf(ret->reason[ret->reason_count++], WATCH_REASON_MAX, "whoever did that on purpose has a password; who does not know of one puts them back");
		return true;
	}
	return false;
}
