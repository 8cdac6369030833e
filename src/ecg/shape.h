/* shape: what one beat looks like in one lead, small enough to keep for every beat of a day, and the clusters of beats that look alike. Private to ecg_classify and ecg_rhythm. */
#ifndef HOLDFAST_ECG_SHAPE_H
#define HOLDFAST_ECG_SHAPE_H

#include "ecg_internal.h"

/* The grid: 5 ms steps whatever the lead's rate. Each value is the mean over 20 ms (four steps): no mains hum of 50 Hz, a sixth of that of 60 Hz, and no dependence on the rate above 100 Hz. */
#define SHAPE_STEP_HZ 200
#define SHAPE_BEFORE 60 /* steps of the window before the beat */
#define SHAPE_N 152
#define SHAPE_QRS 48    /* kept of the QRS: from -110 to +125 ms about its middle, every step */
#define SHAPE_QRS_BEFORE 22
#define SHAPE_SHIFT 8   /* room on either side; shifts go to 3 */
#define SHAPE_T 16      /* kept of ST and T: from +130 ms, every fourth step */
#define SHAPE_P 12      /* kept of what lies before the QRS: up to -60 ms, every fourth step */

struct shape {
	int8_t before[SHAPE_SHIFT], qrs[SHAPE_QRS], after[SHAPE_SHIFT]; /* with zeros on either side, so that it can be shifted against another. qrs: less its mean, the largest value 127 */
	int8_t t[SHAPE_T];         /* in the same scale, less the mean of the PR level; saturated */
	int8_t p[SHAPE_P];
	uint16_t norm;             /* root of the sum of squares of qrs */
	float peak;                /* steps of the file for 127 */
	float spread;              /* of the slope's energy about its middle: standard deviation in steps. What a wide QRS has more of; stands up to noise better than finding two ends */
	int16_t width;             /* between the first and last steep place, steps; -1: not found */
	uint8_t noise;             /* mean step to step change outside QRS in percent of peak, at most 100 */
	bool good;                 /* there was a signal */
};

/* The grid's values as sums of a few samples each, for one place of the grid between samples: that of most recordings is always the same (shape.c). */
#define SHAPE_FOUR ((SHAPE_N + 4) / 4)
#define SHAPE_PAIRS 5
struct shape_table {
	uint32_t pos, last; /* between samples, in 1/65536: of the table; of the beat before, and one more */
	bool made;
	int pairs;          /* of samples that go into a value */
	uint16_t base[SHAPE_FOUR];                   /* sample that the first of four values begins with */
	uint8_t pick[SHAPE_FOUR][16];                /* where the four begin: pairs of samples, as bytes from there */
	int16_t weight[SHAPE_FOUR][SHAPE_PAIRS][8];  /* in 1/256 */
};

struct shape_reader {
	const struct ecg *g;
	unsigned channel;
	double ratio;              /* samples of this channel for one of the record's */
	double step;               /* its samples for one step of the grid */
	int16_t *raw;
	int32_t *grid;
	size_t raw_max;
	bool noisy;                /* the grid is smoothed once more */
	struct shape_table *table; /* NULL: none for this rate */
	int32_t level;             /* before the QRS of the shape that was read last, in the grid's units; left alone where there was none */
};
int shape_reader_init(struct shape_reader *r, const struct ecg *g, unsigned channel, struct arena *a, struct err *e) MUST;
/* Room for n, not zeroed: a day's worth is touched only where a shape is read. NULL: no memory, as arena_code says. */
struct shape *shape_room(struct arena *a, size_t n);
/* at: of the record's rate. */
void shape_read(struct shape_reader *r, uint64_t at, struct shape *ret);
/* The same of SHAPE_N values that lie in memory; returns the level before the QRS. */
int32_t shape_describe(const int32_t *x, struct shape *ret);
int32_t shape_smoothed(int32_t *x, struct shape *ret); /* the values smoothed in place first: for leads with so much noise that it makes kinds of beats */
/* The grid itself: n values from `from` steps before the sample; of 256 times the file's step. False: too much of it was not recorded. */
bool shape_grid(struct shape_reader *r, uint64_t at, int from, size_t n, int32_t *out);

float shape_like(const struct shape *a, const struct shape *b, int shift);  /* correlation of the two QRS, b moved by `shift` steps: -1..1 */
float shape_likest(const struct shape *a, const struct shape *b);           /* over shifts of -3..3 */
float shape_like_t(const struct shape *a, const struct shape *b);           /* of ST and T */
float shape_like_p(const struct shape *a, const struct shape *b);

#endif
