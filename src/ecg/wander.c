/* A baseline that wanders by as much as the QRS is high (a patient who breathes deeply on a dry electrode, a bicycle) changes the shape of every beat in its own way, so that none is like another. Only there it is levelled: a
 * recording at rest is left as it is, bit for bit, since levelling costs some of what its beats tell (DESIGN.md).
 *
 * The baseline is the median over 600 ms of the median over 200 ms: the first takes P and QRS out, the second T; a slope goes through both unharmed. */
#include "wander.h"

#include <math.h>

#define MUCH 512   /* of a beat's height, in 1/1024, from one beat to the next: from there on it is levelled ... */
#define LITTLE 341 /* ... until it is less than this: what is now levelled and now not makes two kinds of one */
#define STEP 4       /* steps of the grid, 20 ms, from one point of the baseline to the next */
#define QRS_NEAR 5   /* points to either side: 200 ms */
#define T_NEAR 15    /* 600 ms */
#define BEFORE (STEP * (QRS_NEAR + T_NEAR))
#define ALL (BEFORE + SHAPE_N + STEP + BEFORE)
#define POINTS (ALL / STEP)
#define BASE (SHAPE_N / STEP + 1) /* points of the baseline under a shape */
enum { HALF = BASE / 2 };

/* The level before this beat against those before the last two, whichever is nearer: in bigeminy every second beat has its level on a T wave. */
void wander_seen(struct wander *w, int32_t level, const struct shape *s)
{
	const float high = s->peak * 256;
	int32_t *place = &w->moved[w->seen % WANDER_ALL];
	w->sum -= *place;
	*place = 0;
	if (s->good && w->seen >= 2) {
		float one = fabsf((float)level - (float)w->level[0]), two = fabsf((float)level - (float)w->level[1]), part = (one < two ? one : two) / high;
		*place = (int32_t)((part < 1 ? part : 1) * 1024);
	}
	w->sum += *place;
	w->level[1] = w->level[0];
	w->level[0] = level;
	w->seen++;
}

bool wander_much(struct wander *w)
{
	const int32_t n = w->seen < WANDER_ALL ? (int32_t)w->seen : WANDER_ALL;
	w->much = w->seen > 4 && w->sum > (w->much ? LITTLE : MUCH) * n;
	return w->much;
}

/* Medians of 2 * near + 1 values: `n` of them from v[near] on. The window is kept in order. */
static void medians(const int32_t *v, int near, int n, int32_t *ret)
{
	int32_t w[2 * T_NEAR + 1];
	const int all = 2 * near + 1;
	int have = 0;
	for (int i = 0; i < n + all - 1; i++) {
		int k = 0;
		if (have == all) {
			while (w[k] != v[i - all])
				k++;
			have--;
			for (; k < have; k++)
				w[k] = w[k + 1];
		}
		for (k = have++; k > 0 && w[k - 1] > v[i]; k--)
			w[k] = w[k - 1];
		w[k] = v[i];
		if (i >= all - 1)
			ret[i - all + 1] = w[near];
	}
}

/* The cubic nearest to the points: medians go in stairs, breath does not. By polynomials that are orthogonal over -HALF..HALF; sums are of whole numbers below 2^53 but for the last. */
static void smooth(int32_t base[BASE])
{
	const double m2 = HALF * (HALF + 1) / 3.0, m3 = (3.0 * HALF * HALF + 3 * HALF - 1) / 5;
	double sum[4] = {0}, square[4] = {0};
	for (int k = -HALF; k <= HALF; k++) {
		const double p[4] = {1, k, k * k - m2, k * (k * k - m3)};
		for (int j = 0; j < 4; j++) {
			sum[j] += p[j] * base[HALF + k];
			square[j] += p[j] * p[j];
		}
	}
	for (int k = -HALF; k <= HALF; k++)
		base[HALF + k] = (int32_t)(sum[0] / square[0] + sum[1] / square[1] * k + sum[2] / square[2] * (k * k - m2) + sum[3] / square[3] * (k * (k * k - m3)));
}

void wander_read(struct shape_reader *r, uint64_t at, struct shape *ret)
{
	int32_t x[ALL], point[POINTS], flat[POINTS], base[BASE], *own = x + BEFORE;
	*ret = (struct shape){.width = -1};
	if (!shape_grid(r, at, -SHAPE_BEFORE, SHAPE_N, own))
		return;
	if (!shape_grid(r, at, -SHAPE_BEFORE - BEFORE, BEFORE, x))
		for (int k = 0; k < BEFORE; k++)
			x[k] = own[0];
	if (!shape_grid(r, at, SHAPE_N - SHAPE_BEFORE, STEP + BEFORE, own + SHAPE_N))
		for (int k = SHAPE_N; k < SHAPE_N + STEP + BEFORE; k++)
			own[k] = own[SHAPE_N - 1];
	for (int k = 0; k < POINTS; k++)
		point[k] = x[k * STEP];
	medians(point, QRS_NEAR, POINTS - 2 * QRS_NEAR, flat);
	medians(flat, T_NEAR, BASE, base);
	smooth(base);
	for (int k = 0; k < SHAPE_N; k++)
		own[k] -= base[k / STEP] + (base[k / STEP + 1] - base[k / STEP]) * (k % STEP) / STEP;
	if (r->noisy)
		shape_smoothed(own, ret);
	else
		shape_describe(own, ret);

}
