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

#endif
