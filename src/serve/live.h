/* live: a strip that comes in while it is recorded. Pure: what a device says when it begins one, the newest samples of it with what is missing, and the recording that a stretch becomes. web_live*.c wires it.
 *
 * A sample is a whole frame: one value of each lead. Samples are numbered from the start of the strip; what was never sent is a gap, and a value of -32768 is a gap of that lead alone.
 *
 *        kept                to
 *   ......|xxxxx...xxxxxxxxxxx|            x: received, not yet in the ledger; before kept: durable, or never sent
 *   |<------- room ---------->|            what is still here, for who looks and for comparing what comes twice
 *
 * Always: first <= kept <= to, and to - kept <= room: what is not durable is never overwritten.
 */
#ifndef HOLDFAST_SERVE_LIVE_H
#define HOLDFAST_SERVE_LIVE_H

#include "base.h"
#include "ecg.h"

#define LIVE_LEADS_MAX 16
#define LIVE_RATE_MIN 25.0
#define LIVE_RATE_MAX 1000.0
#define LIVE_ROOM_S 180         /* seconds of a strip that are in memory */
#define LIVE_ENTRY_S 60         /* ... of one entry at most */
#define LIVE_FIRST_S 10         /* ... of the first: soon there is one by which the chart says whose the strip is */
#define LIVE_JUMP_S 3600        /* what may be left out at once; more is another strip */
#define LIVE_AT_MAX (UINT64_C(1) << 40)
#define LIVE_LATE (5 * TIME_SEC)   /* how long a stretch with a gap waits for what comes out of order */
#define LIVE_QUIET (15 * TIME_SEC) /* what a device has sent that falls silent is kept after so long */

/* ---- what a device says when it begins ---- */

struct live_terms {
	struct {
		char name[24];
		double uv;       /* a step, microvolts */
	} lead[LIVE_LEADS_MAX];
	unsigned leads;
	double rate;
	int64_t start;       /* of sample 0; INT64_MIN: not said */
	uint64_t from;       /* the first sample that will come */
	char device[121], key[121], patient[41], order[101], urgency[8], note[401];
	char id[101], assigner[201], family[201], given[201], birth[11], sex[11]; /* who it is, as the sender says */
};
/* {"leads":["II"],"rateHz":250,"uv":5,...}, doc/api.md. ERR_INPUT with a sentence. */
int live_terms_read(struct slice json, struct live_terms *ret, struct err *e) MUST;
bool live_terms_same(const struct live_terms *a, const struct live_terms *b); /* but for start and from */

/* ---- the newest samples ---- */

struct live_ring {
	unsigned leads;
	size_t room;           /* frames */
	uint64_t entry, early; /* frames of an entry, of the first one */
	int16_t *v;            /* of sample s the frame s % room */
	uint8_t *have;
	uint64_t first, kept, to;
	bool any;              /* something was received */
	bool durable;          /* something was kept: what is missing now is a gap in the middle */
	uint64_t before;       /* what lies below was kept before the ring was made: it is not compared any more, and once is enough */
};
int live_ring_init(struct live_ring *r, unsigned leads, double rate, uint64_t from, struct err *e) MUST;
void live_ring_done(struct live_ring *r);
size_t live_ring_memory(unsigned leads, double rate);

enum live_added { LIVE_NEW = 0, LIVE_TWICE = 1 };
/* int16 LE, the leads of a frame beside each other. All of it or nothing is taken. LIVE_TWICE: it was here already, byte for byte, or is durable from before (live_ring_resume). ERR_INPUT: no whole frames, or a number that cannot be; ERR_EXISTS: other samples are there,
 * or the stretch is durable without these; ERR_BUSY: no room before more is kept (live_ring_room says until where). */
int live_ring_add(struct live_ring *r, uint64_t at, struct slice bytes, uint64_t jump, struct err *e) MUST;
/* Is there a stretch to be made durable? all: whatever there is, however short. late: nothing out of order is waited for any more. quiet: the device is silent. */
bool live_ring_due(const struct live_ring *r, bool all, bool late, bool quiet, uint64_t *ret_from, uint64_t *ret_end);
bool live_ring_empty(const struct live_ring *r, uint64_t from, uint64_t end); /* nothing of it was received */
void live_ring_kept(struct live_ring *r, uint64_t end);
void live_ring_resume(struct live_ring *r, uint64_t end); /* empty, and samples below end are durable: it goes on there */
void live_ring_skip(struct live_ring *r, uint64_t to); /* all is kept: nothing comes before this one */
uint64_t live_ring_oldest(const struct live_ring *r);
/* One lead of [from, from + n), gaps as ECG_GAP16. */
void live_ring_read(const struct live_ring *r, unsigned lead, uint64_t from, size_t n, int16_t *out);

/* ---- a stretch as a recording ---- */

struct live_stretch {
	const struct live_terms *terms;
	const char *id;            /* of the strip */
	const char *by;
	int64_t start;             /* of sample 0 */
	uint64_t from;
	size_t n;
	const int16_t *lead[LIVE_LEADS_MAX];
};
/* The body of an entry (ecg.h) with the stretch as WFDB record; the same stretch gives the same bytes. */
int live_body(const struct live_stretch *s, struct buf *ret, struct err *e) MUST;

#endif
