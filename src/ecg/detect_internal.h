/* detect_internal: what the files of the beat detector share. See DESIGN.md, "Beats".
 *
 * A lead is looked at in pages of some minutes with a margin on both sides, so that memory is bounded and what lies ahead is known too. A page goes
 *   front   raw samples -> sums of `by` samples at about 120 a second (the working rate) -> slope -> envelope
 *   find    the envelope's peaks: candidates, each with features that need the envelope only
 *   score   levels, neighbours, shapes -> for each candidate the logarithm of the odds that it is a beat
 *   choose  the chain of candidates that is most plausible as a whole: odds of each and intervals between them
 *   place   the R wave's sample, on the raw samples
 * All integers; logarithms are to base 2 in 1/256 (Q8). Filters are finite and pages overlap by more than their length: what is found depends neither on page borders nor on how samples are read.
 */
#ifndef HOLDFAST_ECG_DETECT_INTERNAL_H
#define HOLDFAST_ECG_DETECT_INTERNAL_H

#include "ecg_internal.h"

#include <stdlib.h>

#define DETECT_PAGE_S 240
#define DETECT_MARGIN_S 24
#define DETECT_SNIP 24                       /* points of a shape, at the working rate */
#define DETECT_SLACK 2                       /* how far shapes are shifted against each other */
#define DETECT_SNIP_ALL (DETECT_SNIP + 2 * DETECT_SLACK)
#define DETECT_SHAPES 24
#define DETECT_CANDIDATES 4096
#define DETECT_LEADS 12

enum { /* features, Q8 */
	F_ONE,
	F_LEVEL_LOW,  /* log of its size over the local level of beats, below 0 */
	F_LEVEL_HIGH, /* the same, above 0 */
	F_NOISE,      /* over what lies between beats */
	F_BEFORE,     /* a bigger one shortly before it (T wave): log of that over this, above 0 */
	F_AFTER,      /* a bigger one shortly after it (P wave) */
	F_SHARP,      /* curvature over slope: QRS are sharp */
	F_SHARP_REL,  /* the same, less that of the beats around */
	F_NARROW,     /* how much of the slope lies in the middle 50 ms */
	F_MATE,       /* best likeness to beats close by */
	F_SHAPE,      /* how many of its shape were beats: logit */
	F_CROWD,      /* how many as big as half of it lie around: noise */
	F_TINY,       /* log of microvolts, below some */
	F_HABIT_T,    /* share of the beats around that are followed by the like of it as soon: T waves */
	F_HABIT_P,    /* share that come after the like of it as late: P waves */
	F_LEVEL_TINY, /* its size over the level once more, below a third */
	F_KIN,        /* likeness to the shape most like it of those that are mostly beats */
	F_COUNT
};

struct detect_candidate {
	int32_t at;        /* working sample in the page's arrays */
	int32_t size;      /* the envelope there */
	int32_t sharp;     /* curvature summed */
	int32_t core;      /* slope summed over the middle half */
	int32_t log_size, log_sharp; /* Q8; the latter of sharp over size */
	int32_t hole;      /* working samples not recorded before it, within the page */
	int32_t log_level, log_noise, typical; /* of the beats around: size, that of what lies between, sharpness; Q8 */
	int32_t rr;        /* of the beats around, working samples; 0: not known */
	int32_t log_rr;
	uint8_t spread;    /* of those intervals: 0 regular, 1, 2 irregular */
	uint16_t shape;
	int16_t mate;      /* likeness to its shape, Q8 */
	int16_t kin;       /* to the most alike of the shapes that are beats */
	int32_t score;     /* log odds, Q8 */
	bool beat;
	bool echo;         /* the T wave of the beat before it, however tall */
	bool step;         /* the line leaves its level and stays away */
	int16_t snip[DETECT_SNIP_ALL]; /* unit length is 4096 */
	int16_t f[F_COUNT];
};

struct detect_shape {
	int32_t sum[DETECT_SNIP];
	int16_t t[DETECT_SNIP]; /* the mean, unit length 4096 */
	int32_t n, size;        /* size: log of the first one's over its level */
};

struct detect_lead {
	const struct ecg *g;
	unsigned channel;
	double rate;          /* working */
	unsigned by;          /* raw samples for one working sample */
	unsigned shift;       /* of sums, so that they stay small at very high rates */
	int smooth, span, half; /* taps, working samples */
	double uv;            /* microvolts for one of the envelope's units; 0: not a voltage */
	/* of the page: */
	int64_t first;        /* working sample of index 0, may be below 0 (held) */
	int32_t n;
	int32_t *sum, *slope, *env;
	uint8_t *hole;        /* not recorded */
	bool holes;
	struct detect_candidate *c;
	int32_t count, room;
	int32_t *at, *size, *log_size; /* of the candidates, once more: what is asked of many neighbours lies close together */
	int16_t *raw;         /* around a beat that is placed, and what each sample is worth */
	int32_t *worth;
	int32_t wide;         /* raw samples to either side */
	struct detect_shape shape[DETECT_SHAPES];
	int shapes;
	int32_t *tmp, *tmp2;  /* as many numbers as there is room for candidates */
	int32_t *work;        /* of detect_usual: detect_work() numbers */
};

#define DETECT_STRETCHES ((DETECT_PAGE_S + 2 * DETECT_MARGIN_S) / 8 + 2)

struct detect_sight { /* a candidate of one lead on the common scale */
	int32_t tick, candidate, worth;
	uint8_t lead;
	bool taken;
	int32_t number, score, which; /* of the complex that it is the most of: the how manieth, its odds, ... */
	uint8_t whose;                /* ... the lead and candidate whose R wave is said. number below 0: of none */
};
struct detect_fusion {
	struct detect_lead lead[DETECT_LEADS];
	unsigned leads;
	int32_t rank[DETECT_LEADS];  /* whose R wave is said, lowest first */
	double page_s;               /* where the page's arrays begin */
	int16_t trust[DETECT_LEADS][DETECT_STRETCHES];
	struct detect_sight *sight;
	uint32_t *order, *sorted;    /* order: room for two lists of numbers of sights */
	size_t room;
	int32_t seen;
	struct detect_lead all;      /* only c, count, rate, first, tmp, tmp2: the common candidates; sharp and shape say whose */
};

/* Q8; of 0: 0. The mantissa as a line between powers: at most 0.086 off and never decreasing. */
static inline int32_t detect_log2(uint32_t v)
{
	if (!v)
		return 0;
	int e = 31 - __builtin_clz(v);
	uint32_t m = e >= 8 ? v >> (e - 8) : v << (8 - e); /* 256..511 */
	return e * 256 + (int32_t)(m & 255);
}
#define DETECT_MEDIAN 11
int32_t detect_median(const int32_t *values, int32_t n); /* the one with n / 2 before it; 0 < n <= DETECT_MEDIAN */

int detect_front_init(struct detect_lead *l, const struct ecg *g, unsigned channel, struct arena *a, struct err *e) MUST;
void detect_front(struct detect_lead *l, int64_t from, int64_t to);
int32_t detect_reach(const struct detect_lead *l);
void detect_find(struct detect_lead *l);
void detect_levels(struct detect_lead *l);             /* before any beat is known */
void detect_shapes(struct detect_lead *l);
void detect_kin(struct detect_lead *l);
void detect_score(struct detect_lead *l, int round);
bool detect_echoes(struct detect_lead *l);
bool detect_steps(struct detect_lead *l);
bool detect_is_step(const struct detect_lead *l, const struct detect_candidate *c);
int32_t detect_doubt(const struct detect_candidate *c);
size_t detect_work(int32_t room);
void detect_usual(struct detect_lead *l);              /* what is usual around each, from the beats chosen */
void detect_choose(struct detect_candidate *c, int32_t count, double rate, int32_t first);
int detect_fusion_init(struct detect_fusion *f, const struct ecg *g, struct arena *a, struct err *e) MUST;
void detect_fuse(struct detect_fusion *f);
uint64_t detect_place(const struct detect_lead *l, const struct detect_candidate *c);

#endif
