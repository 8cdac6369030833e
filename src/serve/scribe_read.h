/* The scribe's records and what it reads from them (scribe_read.c). */
#ifndef HOLDFAST_SCRIBE_READ_H
#define HOLDFAST_SCRIBE_READ_H

#include "role.h"

struct record { /* points into the keeper's frame */
	struct chart_entry en;
	uint8_t mark;
	struct slice body;
};
bool record_next(struct cur *c, struct record *ret); /* false: the frame is broken */
bool record_facts(const struct record *r, struct arena *a, struct facts *f); /* false: an entry without facts */

/* Reading ahead of applying. One thread puts and drains; apply is called by another one, in order. What r points to must live until the next drain. */
struct ahead;
typedef int ahead_apply_fn(void *arg, const struct record *r, const struct facts *f /* NULL: none */, struct err *e);
struct ahead *ahead_start(ahead_apply_fn *apply, void *arg); /* NULL: no thread or memory for it; then do without */
int ahead_put(struct ahead *h, const struct record *r, struct err *e) MUST;
int ahead_drain(struct ahead *h, struct err *e) MUST; /* all that was put is applied, or here is why not; the chart is the caller's until it puts again */
void ahead_end(struct ahead *h); /* NULL: nothing */

/* ---- letting others go first (scribe_pace.c): true where the supervisor is to be told what p->yields is now ---- */

struct pace {
	uint64_t n;          /* entries since the last commit */
	int64_t first, last; /* when the first and the last of them were received */
	bool yields;
};
void pace_entry(struct pace *p, int64_t received);
bool pace_flood(const struct pace *p, int64_t now); /* do these entries say that more comes than a hospital ever sends, and do they not wait too long already? now: as the receive times, ns UTC */
bool pace_frame(struct pace *p, int64_t now); /* between commits, which may be far apart when others take all the time there is */
bool pace_commit(struct pace *p, int64_t now);

#endif
