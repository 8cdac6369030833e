/* Classes of beats. First what is ventricular: a weighed sum of features (classify.h) whose weights were fitted on the reference records (DESIGN.md says what weights of one half gave on the other). Then fibrillation, as in it no beat
 * is early; then what is early and has the normal shape; then what is between normal and ventricular. */
#include "af.h"
#include "cluster.h"
#include "pace.h"

#include <math.h>

/* weights */
static const float bias_v = -11.778f;
static const float weight_v[FEATURES] = {
	[F_PRE] = 0.123f, [F_POST] = -0.360f, [F_IRREGULAR] = 1.006f, [F_PRE_REG] = 1.540f, [F_POST_REG] = 2.337f, [F_SHAPE] = -0.192f,
	[F_AMPLITUDE] = 2.510f, [F_AMPLITUDE_ABS] = 1.144f, [F_SPREAD] = -0.559f, [F_SPREAD_ABS] = 0.950f, [F_T] = 0.052f, [F_P] = -0.084f,
	[F_NOISE] = -6.519f, [F_SHAPE_Z] = 3.585f, [F_SPREAD_Z] = 0.919f, [F_T_Z] = 0.607f, [F_P_Z] = 1.251f, [F_SHAPE_PRE] = -0.063f,
	[F_SHAPE_SPREAD] = 1.033f, [F_C_PRE] = -1.242f, [F_C_POST] = 1.149f, [F_C_SHAPE] = -0.106f, [F_C_SPREAD] = -0.316f, [F_C_T] = -1.248f,
	[F_C_P] = 0.813f, [F_C_AMPLITUDE] = 0.982f, [F_C_SHAPE_Z] = 4.417f, [F_C_SPREAD_Z] = 0.902f, [F_C_T_Z] = -0.209f, [F_C_P_Z] = 1.245f,
	[F_C_SIZE] = 3.469f, [F_C_SHARE] = -2.135f, [F_C_LONE] = 0.111f, [F_C_SHAPE_PRE] = -0.151f, [F_C_EARLY] = 3.294f, [F_RUN] = 0.528f,
};
/* end of weights */

float classify_score_v(const float f[FEATURES])
{
	float sum = bias_v;
	for (int j = 0; j < FEATURES; j++)
		sum += weight_v[j] * f[j];
	return sum;
}

static uint8_t confidence_of(float score) /* how far from the border, either side: 50 on it, 99 from 5 on */
{
	float v = 50 + 10 * fabsf(score);
	return (uint8_t)(v > 99 ? 99 : v);
}

/* ---- supraventricular ---- */

#define EARLY 0.85f    /* of the normal interval before it */
#define EARLY_P 0.91f  /* where the P wave is another, too */
#define RUN_LONGEST 40 /* early beats in a row are a run; more are a faster rhythm */

#define LAST 12        /* intervals whose median is the usual one */
#define ALIKE 0.12f    /* farther from the normal QRS it is not said where it came from */

struct usual { /* the last intervals as they came, and in order of size */
	float rr[LAST], ordered[LAST];
	unsigned n, at;
};

static void usual_add(struct usual *u, float rr)
{
	unsigned k = u->n;
	if (u->n == LAST) { /* the oldest goes */
		for (k = 0; u->ordered[k] != u->rr[u->at]; k++)
			;
		for (; k + 1 < LAST; k++)
			u->ordered[k] = u->ordered[k + 1];
	}
	for (; k > 0 && u->ordered[k - 1] > rr; k--)
		u->ordered[k] = u->ordered[k - 1];
	u->ordered[k] = rr;
	u->rr[u->at] = rr;
	u->at = (u->at + 1) % LAST;
	u->n += u->n < LAST;
}

static float usual_rr(const struct usual *u) /* the median; 0: not known yet */
{
	return u->n < 3 ? 0 : u->ordered[u->n / 2];
}

/* A beat is early against the median of the intervals before it, and against the one just before. Intervals that touch a ventricular beat are no measure. */
static void supraventricular(struct ecg_beats *b, const struct classify *k, const uint8_t *af)
{
	struct usual u = {0};
	float before = 0, frozen = 0; /* the interval before; what was usual when a run began */
	unsigned run = 0;
	for (size_t i = 1; i < b->count; i++) {
		float rr = (float)((double)(b->beat[i].at - b->beat[i - 1].at) / b->rate);
		struct ecg_beat *t = &b->beat[i];
		const float *f = k->f[i];
		bool after_v = b->beat[i - 1].class == 'V', other_p = f[F_P_Z] > 0.65f;
		if (rr > 3) { /* a hole: what is usual is not known */
			u = (struct usual){0};
			run = 0;
			continue;
		}
		if (t->class == 'V' || t->paced || after_v) {
			run = 0;
			before = 0;
			continue;
		}
		float usual = run ? frozen : usual_rr(&u);
		bool again = run && run < RUN_LONGEST && rr < 0.88f * usual && rr < 1.25f * before;
		bool early = !run && rr < 0.92f * before && (rr < EARLY * usual || (rr < EARLY_P * usual && other_p && f[F_POST] > 0));
		if (usual > 0 && !af[i] && f[F_SHAPE] < ALIKE && t->class == 'N' && (early || again)) {
			t->class = 'S';
			t->confidence = confidence_of((usual - rr) / usual * 10 - 1 + (other_p ? 1 : 0));
			frozen = usual;
			run++;
		} else {
			run = 0;
		}
		usual_add(&u, rr);
		before = rr;
	}
}

/* ---- fusion ---- */

/* A beat that is a sum of the normal one and of a frequent ventricular one, with a share of both, at about its time. */
static bool fused(const struct shape *s, const struct shape *n, const struct shape *v)
{
	double sn = 0, sv = 0, nv = 0, nn = 0, vv = 0, ss = 0;
	for (int i = 0; i < SHAPE_QRS; i++) {
		sn += s->qrs[i] * n->qrs[i];
		sv += s->qrs[i] * v->qrs[i];
		nv += n->qrs[i] * v->qrs[i];
		nn += n->qrs[i] * n->qrs[i];
		vv += v->qrs[i] * v->qrs[i];
		ss += s->qrs[i] * s->qrs[i];
	}
	double det = nn * vv - nv * nv;
	if (det < 0.05 * nn * vv || ss <= 0)
		return false;
	double a = (sn * vv - sv * nv) / det, c = (sv * nn - sn * nv) / det, kept = (a * sn + c * sv) / ss;
	double big = a * n->peak > c * v->peak ? a * n->peak : c * v->peak;
	return a > 0 && c > 0 && kept > 0.93 && a * n->peak > 0.35 * big && c * v->peak > 0.35 * big;
}

static int fusions(struct ecg_beats *b, const struct classify *k, struct arena *a, struct err *e)
{
	uint32_t *v = arena_array(a, k->clusters + 1, sizeof *v);
	if (!v)
		return err_set(e, arena_code(a), NULL, "no room for the kinds of beats");
	unsigned most = 0;
	for (size_t i = 0; i < b->count; i++)
		if (b->beat[i].class == 'V' && k->id[i] && ++v[k->id[i]] > v[most])
			most = k->id[i];
	for (size_t i = 0; i < b->count && most && v[most] >= 20; i++) {
		const struct shape *s = k->shape + i * k->leads;
		const float *f = k->f[i];
		/* of many ventricular kinds too much is a sum: only what is doubtful is asked */
		if (b->beat[i].paced || k->id[i] == most || k->id[i] == k->dominant + 1 || fabsf(classify_score_v(f)) > 3 || f[F_PRE] > 0.25f || f[F_C_SHAPE] < 0.05f)
			continue;
		if (fused(s, k->c[k->dominant].shape, k->c[most - 1].shape)) {
			b->beat[i].class = 'F';
			b->beat[i].confidence = 55;
		}
	}
	return 0;
}

/* ---- all of it ---- */

int ecg_classify(const struct ecg *g, const unsigned *channels, size_t n, struct arena *a, struct ecg_beats *b, struct err *e)
{
	struct classify k;
	if (!b->count)
		return 0;
	int r = classify_prepare(g, channels, n, a, b, &k, e);
	if (r < 0)
		return r;
	uint8_t *af = arena_alloc(a, b->count);
	if (!af)
		return err_set(e, arena_code(a), NULL, "no room for the classes");
	b->shapes = k.clusters;
	for (size_t i = 0; i < b->count; i++) {
		struct ecg_beat *t = &b->beat[i];
		const struct shape *s = &k.shape[i * k.leads];
		float v = classify_score_v(k.f[i]), noise = 0, weight = 0;
		for (unsigned l = 0; l < k.leads; l++) {
			noise += k.weight[l] * (s[l].good ? s[l].noise : 50);
			weight += k.weight[l];
		}
		t->class = v > 0 ? 'V' : 'N';
		t->confidence = confidence_of(v);
		t->shape = k.id[i];
		t->width_ms = (int16_t)(s->width > 0 ? s->width * 1000 / SHAPE_STEP_HZ : -1);
		float quality = 100 - 3 * (weight > 0 ? noise / weight : 33);
		t->quality = (uint8_t)(quality < 0 ? 0 : quality);
	}
	r = pace_find(g, channels, channels ? (unsigned)n : g->channels, a, b, e);
	if (r == 0)
		r = fusions(b, &k, a, e);
	if (r < 0)
		return r;
	af_find(b, &(struct af_shapes){k.shape, k.leads, NULL, NULL}, af);
	supraventricular(b, &k, af);
	return 0;
}
