/* af: is the atrium fibrillating? Private to ecg_classify (in fibrillation no beat is early) and ecg_rhythm. */
#ifndef HOLDFAST_ECG_AF_H
#define HOLDFAST_ECG_AF_H

#include "shape.h"

#define AF_WINDOW 48 /* beats that one opinion rests on; fewer at the ends and in short records */

struct af_window {
	uint16_t beats;
	uint16_t intervals;  /* between two beats that are not ventricular, next to each other */
	float mean;          /* of them, seconds */
	float change;        /* median change from one to the next, part of the mean */
	float irregular;     /* part of the changes above 6 % of the mean */
	float predicted;     /* of two intervals that are alike (5 % of the mean), how often the next two are. Sinus: nearly always, whatever its ectopy, which comes in patterns; fibrillation: as often as any two */
	float jump;          /* mean square of changes over twice the variance: 1 where an interval says nothing about the next, small where they breathe */
	float p;             /* how much of what stands before the QRS is the same in all beats, 0..1; best lead. -1: not known */
	float score;         /* above 0: fibrillation */
};
/* Shapes of beats, count x leads. With readers, those that were not yet asked for are read when they are: in a sinus rhythm nobody asks. */
struct af_shapes {
	struct shape *shape;
	unsigned leads;
	struct shape_reader *reader; /* NULL: all are there */
	uint8_t *have;
};
/* Of the beats around i. s may be NULL. whole: also what is not needed to say that it is none. */
void af_look(const struct ecg_beats *b, size_t i, const struct af_shapes *s, bool whole, struct af_window *ret);
/* For each beat 1 where it is in fibrillation, with hysteresis; ret has b->count places. */
void af_find(const struct ecg_beats *b, const struct af_shapes *s, uint8_t *ret);

#endif
