/* Beats on the grid: aligned, grouped by shape, averaged. */
#include "measure_internal.h"

#include <math.h>
#include <stdlib.h>

#define QUALITY_LOW 30
#define HALF MS(70)  /* of a QRS, for telling shapes apart */
#define LAG MS(60)   /* how far a detector's mark may be from where the others have theirs: the other notch of a broad QRS */
#define ALIKE 0.85

void me_beats(struct me_work *w, const struct ecg *g, const struct ecg_beats *b, uint64_t from)
{
	const double first = (double)from / g->rate, rate = b->rate > 0 ? b->rate : g->rate;
	int last = ME_NONE;
	for (size_t i = 0; i < b->count && w->beats < ME_BEATS_MAX; i++) {
		const double at = ((double)b->beat[i].at / rate - first) * ME_RATE;
		if (at < 0 || at >= (double)w->n)
			continue;
		const int here = (int)floor(at + 0.5) < (int)w->n ? (int)floor(at + 0.5) : (int)w->n - 1;
		if (last != ME_NONE && here - last < MS(150))
			continue;
		w->beat[w->beats++] = (struct me_beat){.at = here, .source = i, .group = -1, .normal = b->beat[i].class == 'N' || b->beat[i].class == 0,
			.noisy = b->beat[i].quality < QUALITY_LOW};
		last = here;
	}
}

/* ---- shapes ---- */

static bool inside(const struct me_work *w, int at, int before, int after)
{
	return at - before >= 0 && at + after < (int)w->n;
}

/* The lag at which a beat's slopes lie best over another's. */
static int best_lag(const struct me_work *w, int beat, int like)
{
	int best = 0;
	double most = -1;
	for (int lag = -LAG; lag <= LAG; lag++) {
		if (!inside(w, beat + lag, HALF, HALF))
			continue;
		double sum = 0, own = 0;
		for (int i = -HALF; i <= HALF; i++) {
			const double v = (double)w->sv[beat + lag + i];
			sum += v * (double)w->sv[like + i];
			own += v * v;
		}
		sum = own > 0 ? sum / sqrt(own) : 0; /* else the lag with the most energy would win, not the most alike */
		if (sum > most * (1 + 1e-9)) {
			most = sum;
			best = lag;
		}
	}
	return best;
}

/* Correlation of the slopes of all leads around two beats; the smaller one's share of the energy counts too, so that a low beat is not like a high one. */
static double alike(const struct me_work *w, int a, int b)
{
	double ab = 0, aa = 0, bb = 0;
	for (size_t c = 0; c < w->leads; c++) {
		const float *v = w->lead[c].v;
		if (!w->lead[c].good)
			continue;
		for (int i = -HALF; i <= HALF; i++) {
			ab += (double)v[a + i] * (double)v[b + i];
			aa += (double)v[a + i] * (double)v[a + i];
			bb += (double)v[b + i] * (double)v[b + i];
		}
	}
	if (aa <= 0 || bb <= 0)
		return 0;
	const double r = ab / sqrt(aa * bb), size = aa < bb ? aa / bb : bb / aa;
	return size < 0.2 ? r * 0.8 : r;
}

static void join(struct me_work *w, struct me_beat *m, const int *chief)
{
	int best = -1, shift = 0;
	double most = ALIKE;
	for (size_t k = 0; k < w->groups; k++) {
		const int lag = best_lag(w, m->at, chief[k]);
		if (!inside(w, m->at + lag, HALF, HALF))
			continue;
		const double r = alike(w, m->at + lag, chief[k]);
		if (r > most) {
			most = r;
			best = (int)k;
			shift = lag;
		}
	}
	if (best >= 0) {
		m->group = best;
		m->at += shift;
		w->group[best].count++;
	}
}

static int cmp_int(const void *a, const void *b)
{
	const int x = *(const int *)a, y = *(const int *)b;
	return (x > y) - (x < y);
}

static int cmp_float(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

static int median_int(int *v, size_t n)
{
	if (!n)
		return 0;
	qsort(v, n, sizeof *v, cmp_int);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void rhythm_of(struct me_work *w)
{
	int rr[ME_BEATS_MAX];
	size_t n = 0;
	for (size_t i = 1; i < w->beats; i++)
		rr[n++] = w->beat[i].at - w->beat[i - 1].at;
	const int usual = median_int(rr, n);
	for (size_t i = 1; i < w->beats; i++)
		w->beat[i].early = usual && (w->beat[i].at - w->beat[i - 1].at) * 100 < usual * 78;
	for (size_t k = 0; k < w->groups; k++) {
		n = 0;
		for (size_t i = 1; i < w->beats; i++)
			if (w->beat[i].group == (int)k)
				rr[n++] = w->beat[i].at - w->beat[i - 1].at;
		w->group[k].rr = n ? median_int(rr, n) : usual;
		n = 0;
		for (size_t i = 0; i + 1 < w->beats; i++)
			if (w->beat[i].group == (int)k)
				rr[n++] = w->beat[i + 1].at - w->beat[i].at;
		w->group[k].next = n ? median_int(rr, n) : usual;
	}
}

/* The shape most beats have, of those that the classes call normal; where none is, of all. */
static int dominant(const struct me_work *w)
{
	int best = -1;
	size_t most = 0;
	for (int pass = 0; pass < 2 && best < 0; pass++)
		for (size_t k = 0; k < w->groups; k++) {
			size_t n = 0;
			for (size_t i = 0; i < w->beats; i++)
				n += w->beat[i].group == (int)k && (pass || w->beat[i].normal);
			if (n > most) {
				most = n;
				best = (int)k;
			}
		}
	return best;
}

void me_groups(struct me_work *w)
{
	int chief[ME_GROUPS_MAX];
	for (size_t i = 0; i < w->beats; i++) {
		struct me_beat *m = &w->beat[i];
		if (!inside(w, m->at, HALF + LAG, HALF + LAG))
			continue;
		join(w, m, chief);
		if (m->group < 0 && w->groups < ME_GROUPS_MAX) {
			chief[w->groups] = m->at;
			m->group = (int)w->groups;
			w->group[w->groups++].count = 1;
		}
	}
	rhythm_of(w);
	w->dominant = dominant(w);
}

/* ---- averages ---- */

/* Mean of the middle half of up to 64 values: a stray beat does not count, and noise falls as with the mean. */
static float middle(float *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const float x = v[i];
		size_t k = i;
		for (; k && v[k - 1] > x; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
	const size_t cut = n / 4;
	double sum = 0;
	for (size_t i = cut; i < n - cut; i++)
		sum += (double)v[i];
	return (float)(sum / (double)(n - 2 * cut));
}

static float level_at(const struct me_lead *l, size_t n, int at)
{
	double sum = 0;
	for (int i = at - 5; i <= at + 5; i++)
		sum += (double)l->x[i < 0 ? 0 : i >= (int)n ? (int)n - 1 : i];
	return (float)(sum / 11);
}

static void average(struct me_work *w, const struct me_group *k, const int *at, size_t n, size_t c)
{
	const struct me_lead *l = &w->lead[c];
	const int pr = k->all.at[ME_QRS_ON] == ME_NONE ? -MS(60) : k->all.at[ME_QRS_ON] - ME_BEFORE - MS(18);
	float level[64], v[64];
	for (size_t b = 0; b < n; b++)
		level[b] = level_at(l, w->n, at[b] + pr);
	for (int i = -ME_BEFORE; i < ME_AFTER; i++) {
		size_t have = 0;
		for (size_t b = 0; b < n; b++) {
			const int s = at[b] + i;
			if (s >= 0 && s < (int)w->n && !l->gap[s])
				v[have++] = l->x[s] - level[b];
		}
		k->median[c][i + ME_BEFORE] = have ? middle(v, have) : i == -ME_BEFORE ? 0 : k->median[c][i + ME_BEFORE - 1];
	}
}

/* How far the beats differ from each other in y or v, at most places (QRS and T differ by breath and rate, too: the middle of all), over the root of their number. */
static float doubt(const struct me_work *w, const float *x, const uint8_t *gap, const int *at, size_t n, int level)
{
	float each[ECG_MEDIAN_N / 4], v[64];
	size_t places = 0;
	for (int i = -ME_BEFORE; i < ME_AFTER && n >= 3; i += 4) {
		size_t have = 0;
		for (size_t b = 0; b < n; b++)
			if (at[b] + i >= 0 && at[b] + i < (int)w->n && !gap[at[b] + i])
				v[have++] = x[at[b] + i] - (level != ME_NONE && at[b] + level >= 0 ? x[at[b] + level] : 0);
		if (have < 3)
			continue;
		middle(v, have);
		each[places++] = (v[have - 1 - have / 4] - v[have / 4]) / 1.35f;
	}
	if (places < 20)
		return 0;
	qsort(each, places, sizeof *each, cmp_float);
	return each[places / 2] / sqrtf((float)n);
}

static int room(struct me_work *w, struct me_group *k)
{
	if (k->sv)
		return 0;
	float *all = arena_array(w->a, 3 * w->leads + 1, ECG_MEDIAN_N * sizeof(float));
	k->lead = arena_array(w->a, w->leads, sizeof *k->lead);
	if (!all || !k->lead)
		return -1;
	for (size_t c = 0; c < w->leads; c++) {
		k->median[c] = all + (3 * c) * ECG_MEDIAN_N;
		k->y[c] = all + (3 * c + 1) * ECG_MEDIAN_N;
		k->v[c] = all + (3 * c + 2) * ECG_MEDIAN_N;
	}
	k->sv = all + 3 * w->leads * ECG_MEDIAN_N;
	return 0;
}

/* Which beats are averaged: not the early ones (their P lies in a T) where there are others; the 64 first. */
static size_t chosen(const struct me_work *w, size_t group, int *at)
{
	size_t n = 0;
	for (int pass = 0; pass < 2 && !n; pass++)
		for (size_t i = 0; i < w->beats && n < 64; i++)
			if (w->beat[i].group == (int)group && (pass || (!w->beat[i].early && inside(w, w->beat[i].at, MS(300), MS(400)))))
				at[n++] = w->beat[i].at;
	return n;
}

int me_medians(struct me_work *w, struct err *e)
{
	float tmp[ECG_MEDIAN_N];
	int at[64];
	for (size_t g = 0; g < w->groups; g++) {
		struct me_group *k = &w->group[g];
		if (room(w, k) < 0)
			return err_set(e, arena_code(w->a), NULL, "no room for the averaged beats");
		k->used = chosen(w, g, at);
		k->reach = 0;
		for (size_t i = 0; i < k->used; i++)
			k->reach = (int)w->n - at[i] > k->reach ? (int)w->n - at[i] : k->reach;
		memset(k->sv, 0, ECG_MEDIAN_N * sizeof *k->sv);
		for (size_t c = 0; c < w->leads; c++) {
			if (!w->lead[c].good)
				continue;
			average(w, k, at, k->used, c);
			k->doubt[c] = doubt(w, w->lead[c].y, w->lead[c].gap, at, k->used, k->all.at[ME_QRS_ON] == ME_NONE ? -MS(60) : k->all.at[ME_QRS_ON] - ME_BEFORE - MS(18));
			k->doubt_v[c] = doubt(w, w->lead[c].v, w->lead[c].gap, at, k->used, ME_NONE);
			me_low_pass(k->median[c], ECG_MEDIAN_N, w->lead[c].mains, tmp, k->y[c]);
			me_slope(k->y[c], ECG_MEDIAN_N, k->v[c]);
			for (int i = 0; i < ECG_MEDIAN_N; i++)
				k->sv[i] += k->v[c][i] * k->v[c][i];
		}
		for (int i = 0; i < ECG_MEDIAN_N; i++)
			k->sv[i] = sqrtf(k->sv[i]);
	}
	return 0;
}
