/* The fold's own things: its objects while they grow. */
#ifndef HOLDFAST_EVIDENCE_FOLD_H
#define HOLDFAST_EVIDENCE_FOLD_H

#include "evidence_internal.h"

struct folded_more {
	struct folded_more *next;
	uint64_t bytes;
	uint16_t source;
};
struct folded {
	struct slice path, logged;
	int64_t first, last, renamed;
	uint64_t first_record, last_record, sources, bytes;
	struct {
		uint64_t bytes;
		uint16_t source; /* number + 1 */
	} sum[2];
	struct folded_more *more;
	uint32_t host, who[EVIDENCE_NAMES_MAX], from[EVIDENCE_NAMES_MAX], reason[EVIDENCE_NAMES_MAX]; /* words by number from 1 */
	uint32_t count, first_source, last_source, was, became;
	uint8_t who_n, from_n, reason_n, level, confidence;
	bool more_who, more_from, more_reason, has_bytes, folder, windows, untimed, content;
};
struct folded_flow {
	uint32_t from, to, service;
	uint64_t bytes, n;
	int64_t first, last;
	uint32_t source;
};
struct folded_loose { /* an event that a source does not hold whole */
	struct evidence_loose said;
	struct evidence_source src;
	uint32_t source; /* number + 1 */
};
struct evidence_fold {
	const struct evidence_fold_options *o;
	struct arena *a;
	struct evidence_map keys, words, flow_keys;
	struct folded *v;
	size_t n, cap;
	struct slice *word;
	size_t word_n, word_cap;
	struct folded_flow *flow;
	size_t flow_n, flow_cap;
	struct {
		const char *name;
		uint8_t group; /* of the same dialect */
	} *source;
	size_t source_n;
	const char *group[64];
	size_t group_n;
	uint32_t *order;     /* numbers of objects as they are handed out */
	size_t order_n;
	struct slice (*root_key)[2];
	struct buf key, path;
	struct folded_loose *loose;
	size_t loose_n, loose_cap;
	uint64_t outside, joined;
	bool renames, lost_bytes;
	struct evidence_object out; /* of evidence_fold_at: until the next call */
};
int evidence_fold_put_word(struct evidence_fold *f, struct slice s, uint32_t *ret) MUST; /* a word kept once: its number from 1; 0 for the empty one */
int evidence_fold_join(struct evidence_fold *f, struct err *e) MUST; /* evidence_join.c */
struct slice evidence_fold_word(const struct evidence_fold *f, uint32_t n);

#endif
