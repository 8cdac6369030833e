/* scribe_pace: in a flood, such as an engine sends that was cut off for a night, messages are stored and acknowledged before they are shown. The kernel's nice values do not bring that about:
 * a scribe at nice 15 that is running is not interrupted at once by a keeper or an intake that has something to do, which costs them a fifth of what they take over eight connections. In SCHED_IDLE it is; the supervisor puts it there
 * and takes it back (R_YIELD), for which it alone has the right.
 * But for a few seconds only: what has waited longer than that is shown as ever, and what a hospital sends in its worst hour is no flood. */
#include "scribe_read.h"

#define FLOOD 2000           /* messages a second */
#define FLOOD_LEAST 100      /* of which this many are seen before it is one */
#define WAITS_MOST (10 * TIME_SEC)

void pace_entry(struct pace *p, int64_t received)
{
	if (p->n++ == 0)
		p->first = received;
	p->last = received;
}

bool pace_flood(const struct pace *p, int64_t now)
{
	return p->n >= FLOOD_LEAST && p->last - p->first < (int64_t)p->n * (TIME_SEC / FLOOD) && now - p->last < WAITS_MOST;
}

static bool changed(struct pace *p, bool yields)
{
	bool differs = yields != p->yields;
	p->yields = yields;
	return differs;
}

bool pace_commit(struct pace *p, int64_t now)
{
	bool flood = pace_flood(p, now);
	p->n = 0;
	return changed(p, flood);
}

bool pace_frame(struct pace *p, int64_t now)
{
	return p->n && now - p->last >= WAITS_MOST && changed(p, false);
}
