/* classify: what ecg_classify knows about each beat before it decides. Private; the table is here so that the weights can be fitted and tests can look. */
#ifndef HOLDFAST_ECG_CLASSIFY_H
#define HOLDFAST_ECG_CLASSIFY_H

#include "shape.h"

#define CLASSIFY_LEADS 3      /* at most: the cleanest of those given */
#define CLASSIFY_CLUSTERS 48  /* at a time */
#define CLASSIFY_IDS 4096     /* in a record; whatever comes after belongs to the nearest */
#define CLASSIFY_REST 0       /* the id of beats that are like no other */

/* What is weighed; all of it dimensionless, relative to the patient's own normal beat where a beat can be. */
#define CLASSIFY_FEATURES(X)                                                                                                \
	X(PRE)      /* how much earlier than the rate around it, part of an interval */                                         \
	X(POST)     /* how much longer the interval after it */                                                                 \
	X(IRREGULAR) /* how irregular the intervals around it are */                                                            \
	X(PRE_REG) X(POST_REG) /* both again where the rhythm is regular, so that they say more */                             \
	X(SHAPE)    /* unlike the normal QRS: 1 - correlation */                                                                \
	X(AMPLITUDE) X(AMPLITUDE_ABS) /* against the normal beat's */                                                           \
	X(SPREAD) X(SPREAD_ABS) /* wider than the normal beat; wide */                                                          \
	X(T) X(P)   /* unlike the normal beat's ST-T and PR */                                                                  \
	X(NOISE)                                                                                                                \
	X(SHAPE_Z) X(SPREAD_Z) X(T_Z) X(P_Z) /* the same against how much the normal beats differ among themselves: 0..1 */        \
	X(SHAPE_PRE) X(SHAPE_SPREAD) /* products: different and early; different and wide */                                   \
	X(C_PRE) X(C_POST) X(C_SHAPE) X(C_SPREAD) X(C_T) X(C_P) X(C_AMPLITUDE) /* means over the beats of its cluster */     \
	X(C_SHAPE_Z) X(C_SPREAD_Z) X(C_T_Z) X(C_P_Z)                                                                            \
	X(C_SIZE) X(C_SHARE) X(C_LONE) /* beats of the cluster: n / (n + 8); part of all; 1 / n */                               \
	X(C_SHAPE_PRE)                                                                                                          \
	X(C_EARLY)  /* part of its cluster's beats that come early */                                                           \
	X(RUN)      /* of the eight beats around it, how many are of its cluster */

enum classify_feature {
#define X(id) F_##id,
	CLASSIFY_FEATURES(X)
#undef X
	FEATURES
};

struct classify_cluster {
	struct shape shape[CLASSIFY_LEADS];    /* mean */
	int16_t sum[CLASSIFY_LEADS][SHAPE_QRS + SHAPE_T + SHAPE_P]; /* the same in 1/128 */
	uint32_t n;
	uint16_t id;
	size_t last;                           /* the last of its beats */
	double f[FEATURES];                    /* means over its beats */
	bool normal;
};

struct classify_table { /* what of all clusters is compared with every beat, side by side */
	union { /* whichever the processor multiplies faster (cluster.c) */
		int16_t one[SHAPE_QRS][CLASSIFY_CLUSTERS];
		int8_t four[SHAPE_QRS / 4][CLASSIFY_CLUSTERS][4];
	} qrs[CLASSIFY_LEADS];
	int32_t norm[CLASSIFY_LEADS][CLASSIFY_CLUSTERS], good[CLASSIFY_LEADS][CLASSIFY_CLUSTERS];
	float peak[CLASSIFY_LEADS][CLASSIFY_CLUSTERS];
};

struct classify {
	unsigned channel[CLASSIFY_LEADS], leads;
	float weight[CLASSIFY_LEADS];
	size_t count;
	struct shape *shape;          /* count x leads */
	uint16_t *id;                 /* cluster of each beat: CLASSIFY_REST or 1 + its place in c, once prepared */
	uint16_t *became, ids;        /* what an id was joined to */
	float (*f)[FEATURES];
	struct classify_cluster *c;
	struct classify_table *table;
	unsigned clusters, dominant;
};

/* Shapes, clusters and features of all beats. */
int classify_prepare(const struct ecg *g, const unsigned *channels, size_t n, struct arena *a, const struct ecg_beats *b, struct classify *ret, struct err *e) MUST;
float classify_score_v(const float f[FEATURES]); /* above 0: ventricular */
float classify_score_s(const float f[FEATURES]); /* above 0: supraventricular, for what is not ventricular */

#endif
