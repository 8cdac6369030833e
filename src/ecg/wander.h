/* wander: shapes of beats whose baseline moves by as much as they are high. Private to the classes of beats. */
#ifndef HOLDFAST_ECG_WANDER_H
#define HOLDFAST_ECG_WANDER_H

#include "shape.h"

#define WANDER_NEAR 16 /* beats to either side that tell how much the baseline moves */
#define WANDER_ALL (2 * WANDER_NEAR + 1)

struct wander { /* of one lead: of the last WANDER_ALL beats read */
	size_t seen;
	int32_t level[2], moved[WANDER_ALL], sum; /* levels before the last two; how far it moved to each beat, in 1/1024 of the beat's height */
	bool much;
};

/* One more beat was read as it is. */
void wander_seen(struct wander *w, int32_t level, const struct shape *s);
/* Does the baseline move much around the beat that is WANDER_NEAR before the last one seen? Asked of each beat in turn. */
bool wander_much(struct wander *w);
/* The shape of a beat on a level baseline. */
void wander_read(struct shape_reader *r, uint64_t at, struct shape *ret);

#endif
