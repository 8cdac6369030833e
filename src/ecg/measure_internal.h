/* measure_internal: what the files that measure share.
 *
 * All of it works on one grid: 500 samples a second, microvolts, float; sums in double, in order. A record of another rate is brought to it first (measure_load.c), so that a rule
 * in samples means the same milliseconds for every record. Indices below are samples of that grid, 2 ms each, from the start of the window.
 */
#ifndef HOLDFAST_ECG_MEASURE_INTERNAL_H
#define HOLDFAST_ECG_MEASURE_INTERNAL_H

#include "ecg_internal.h"

#define ME_RATE 500
#define ME_WINDOW_S 60
#define ME_N_MAX (ME_WINDOW_S * ME_RATE)
#define ME_BEATS_MAX 400  /* of a window: 400 a minute */
#define ME_GROUPS_MAX 24  /* shapes of beats; what is beyond belongs to none and is not measured */
#define ME_BEFORE ECG_MEDIAN_R
#define ME_AFTER (ECG_MEDIAN_N - ECG_MEDIAN_R)
#define MS(ms) ((int)(ms) / 2)
#define ME_NONE INT32_MIN

/* The marks that are sought; order of time. */
enum me_mark { ME_P_ON, ME_P_PEAK, ME_P_OFF, ME_QRS_ON, ME_R_PEAK, ME_QRS_OFF, ME_T_PEAK, ME_T_OFF, ME_MARKS };

struct me_marks {
	int at[ME_MARKS]; /* ME_NONE: not found */
};

struct me_lead {
	unsigned channel;
	bool good;         /* has a signal that can be measured; the others are NULL-like: x all 0 */
	float *x;          /* baseline removed, unfiltered */
	float *y;          /* the same, mildly low-passed: what marks are sought in */
	float *v;          /* slope of y, microvolts a sample */
	uint8_t *gap;      /* 1: not recorded */
	float noise;       /* rms of x - y where nothing happens, microvolts */
	bool mains;        /* most of it is mains */
};

struct me_beat {
	int at;            /* R: aligned to the others of its shape */
	size_t source;     /* of the caller's beats */
	int group;         /* -1: none */
	bool normal;       /* class N or none given */
	bool early;        /* comes early: its P and what lies before it may be the last beat's T */
	bool whole;        /* the median's window lies in the record */
	bool p;            /* there is a P before it */
	bool noisy;        /* by the caller's word */
	struct me_marks all;                       /* of all leads together */
};

struct me_group { /* beats of one shape and their average */
	size_t count, used;
	int reach;         /* samples after R that at least one of them has in the record */
	int rr;            /* median RR of them, samples; 0: not known */
	int next;          /* the same to the beat after; 0: not known */
	float *median[ECG_CHANNELS_MAX];           /* ME_BEFORE + ME_AFTER samples, unfiltered; index as me_work.lead */
	float *y[ECG_CHANNELS_MAX];                /* low-passed */
	float *v[ECG_CHANNELS_MAX];                /* slope */
	float *sv;                                 /* slope of all leads together */
	float doubt[ECG_CHANNELS_MAX], doubt_v[ECG_CHANNELS_MAX]; /* standard error of y, from its PR level, and of v, where nothing happens; 0: not known (of one or two beats) */
	struct me_marks all;
	struct me_marks *lead;
	float p_share;     /* how alike the P region is from beat to beat, -1..1; 0 where it cannot be told */
	bool p;            /* there is a P before these beats */
};

struct me_work {
	struct arena *a;
	size_t leads, good, n, beats, groups; /* good: leads that have a signal */
	struct me_lead lead[ECG_CHANNELS_MAX];
	float *sv;         /* slope of all leads together: root of the sum of squares */
	struct me_beat beat[ME_BEATS_MAX];
	struct me_group group[ME_GROUPS_MAX];
	int dominant;      /* group, -1: none */
	struct me_marks *marks; /* beats x leads */
	double t0_ms;      /* of sample 0 since the start of the record */
};

/* measure_math.c: what libm does differently from machine to machine */
double me_cbrt(double x);            /* x >= 0 */
double me_atan2_deg(double y, double x); /* -180..180 */

/* measure_load.c */
int me_load(struct me_work *w, const struct ecg *g, uint64_t from, struct err *e) MUST;
void me_smooth(const float *x, size_t n, unsigned width, float *out); /* mean of `width` (odd) samples around each; ends repeat */
void me_low_pass(const float *x, size_t n, bool mains, float *tmp, float *out);
void me_slope(const float *y, size_t n, float *out);
void me_baseline(struct me_work *w); /* after the groups: PR level of each beat to 0 */

/* measure_beats.c */
void me_beats(struct me_work *w, const struct ecg *g, const struct ecg_beats *b, uint64_t from);
void me_groups(struct me_work *w);
int me_medians(struct me_work *w, struct err *e) MUST;

/* measure_edges.c: the rules by which a wave begins and ends in one curve */
struct me_edge_rule {
	float frac;   /* of the largest slope */
	float noise;  /* times the slope of the flattest stretch nearby */
	int quiet;    /* samples that have to stay below */
};
int me_slope_on(const float *v, int lo, int strong, float peak, const struct me_edge_rule *r);
int me_slope_off(const float *v, int hi, int strong, float peak, const struct me_edge_rule *r);
int me_area_end(const float *y, int from, int to, int width, int level); /* Zhang 2006; from < to: end of a wave; from > to: its beginning */

/* measure_marks.c */
void me_group_qrs(struct me_work *w, struct me_group *k);   /* onset and end in all leads together: enough to know where the PR level is */
void me_group_marks(struct me_work *w, struct me_group *k);
void me_beat_marks(struct me_work *w, size_t beat);

int me_t_last(int rr); /* samples after R by which a T has peaked; rr 0: not known */

/* measure_p.c */
#define ME_P_ALIKE 0.5f
void me_humps(const float *y, int lo, int on, float *h); /* how far y stands above the line between 44 ms before and after; [lo, on] */
void me_group_p(struct me_work *w, struct me_group *k);
void me_lead_p(const float *y, int rr, int peak, int lo, int on, struct me_marks *m); /* rr: to the beat before */
bool me_beat_p(const struct me_work *w, const struct me_beat *b, const struct me_group *k);

/* measure_blend.c: sample, with parts; NAN: not found */
float me_blend(const struct me_work *w, enum me_mark mark, int all, int lead, int all_beat, int lead_beat);

/* measure_work.c: all of it in order; after it every beat of a group has its marks */
int me_work(struct me_work *w, const struct ecg *g, const struct ecg_beats *b, uint64_t from, struct err *e) MUST;
float me_final(const struct me_work *w, size_t beat, size_t lead, enum me_mark mark);   /* sample in the window, NAN: not found */
float me_final_median(const struct me_work *w, const struct me_group *k, size_t lead, enum me_mark mark); /* sample in the averaged beat */

/* measure_values.c, measure_global.c */
void me_lead_values(const struct me_work *w, const struct me_group *k, size_t lead, struct ecg_lead_measure *m);
void me_global(const struct me_work *w, const struct ecg *g, const struct me_group *k, struct ecg_measure *ret); /* k may be NULL */

#endif
