/* simulate: a believable, seeded, synthetic hospital that speaks HL7 v2. Every person in it is invented. Used by the demo, by tests and by bench.
 *
 * The stream is a pure function of (beds, seed, start): the same options give the same bytes, whatever the rate and the number of connections. A patient's messages keep their order on
 * one connection (MLLP, one message in flight per connection); merges and swaps wait for both patients' messages.
 */
#ifndef HOLDFAST_SIMULATE_H
#define HOLDFAST_SIMULATE_H

#include "base.h"

struct simulate_options {
	const char *to;       /* "127.0.0.1:2575", or NULL */
	const char *out;      /* file, "-" for stdout, or NULL */
	const char *start;    /* RFC 3339, or NULL */
	const char *acked;    /* file to append acknowledged control ids to, or NULL */
	uint64_t beds, seed;
	uint64_t count;       /* 0: without end (to), 10,000 (out) */
	uint64_t rate;        /* messages a second over all connections; 0: as fast as acknowledged */
	uint64_t connections; /* 0: 1 */
	bool live;            /* spread as a real day is */
	void (*progress)(void *arg, uint64_t sent, double per_second);
	void *arg;
};
struct simulate_result {
	uint64_t sent, acked, refused;
	double seconds;
};
int simulate_run(const struct simulate_options *o, struct simulate_result *ret, struct err *e) MUST;

/* The generator alone: messages one after another, in clinical order. */
struct simulation;
struct simulate_message {
	struct slice bytes;      /* one message, CR-terminated segments; valid until the next call */
	struct slice control_id;
	uint64_t patient;        /* which connection: patient % connections */
	bool barrier;            /* touches two patients: all earlier messages must be acknowledged first */
	int64_t time;            /* when it is said, ns */
};
int simulation_new(uint64_t beds, uint64_t seed, int64_t start, struct simulation **ret, struct err *e) MUST;
void simulation_free(struct simulation *s);
int simulation_next(struct simulation *s, struct simulate_message *ret, struct err *e) MUST;

#endif
