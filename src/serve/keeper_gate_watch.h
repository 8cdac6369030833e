/* keeper_gate_watch: what passes a link, against what is usual there (gate_rhythm of gate.h). Counts come from the relay every minute; an hour that is over is an entry (kind gate-count), from which the next keeper learns again. */
#ifndef HOLDFAST_KEEPER_GATE_WATCH_H
#define HOLDFAST_KEEPER_GATE_WATCH_H

#include "gate.h"

struct gate_traffic { /* of one link */
	struct gate_rhythm rhythm;
	struct gate_hour hour;      /* so far */
	struct gate_hour relay;     /* what the relay had counted when it was last heard */
	bool heard;
	enum gate_unusual what;
	int64_t said;               /* began the hour that what is about */
	char text[GATE_UNUSUAL_TEXT]; /* of what */
};
#define COUNTS_MAX (168u * GATE_WEEKS)
struct gate_watch { /* of all */
	int64_t began;              /* of the hour that goes on; 0: not known yet */
	bool whole;                 /* it was seen from its begin */
	int64_t asked;              /* monotonic */
	uint64_t count[COUNTS_MAX]; /* entries of kind gate-count: a ring */
	uint64_t counts;            /* ever; the newest is at (counts - 1) % COUNTS_MAX */
	uint64_t unread, unread_end; /* of them, by that count: still to be read after a start */
};
void traffic_told(struct gate_traffic *t, const struct json_node *said);  /* what the relay says of the link */
bool traffic_judge(struct gate_traffic *t, const char *link, const struct gate_watch *w, int64_t now, int zone, bool open); /* it has just become unusual */
void traffic_put(const struct gate_traffic *t, const char *link, struct jsonw *w); /* for the hour's entry */
void traffic_learn(struct gate_traffic *t, const struct json_node *said, int64_t from, int zone);
int64_t watch_hour(int64_t now, int zone); /* when the hour of now began */
void watch_saved(struct gate_watch *w, uint64_t seq);

#endif
