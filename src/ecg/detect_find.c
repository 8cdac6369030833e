/* Candidates: peaks of the envelope that stand alone within 90 ms, and what can be said of each by itself. */
#include "detect_internal.h"

#include <math.h>

int32_t detect_log2(uint32_t v)
{
	if (!v)
		return 0;
	int e = 31 - __builtin_clz(v);
	uint32_t m = e >= 8 ? v >> (e - 8) : v << (8 - e); /* 256..511: the mantissa as a line between powers, at most 0.086 off and never decreasing */
	return e * 256 + (int32_t)(m & 255);
}

int32_t detect_median(int32_t *v, int32_t n)
{
	int32_t lo = 0, hi = n - 1, want = n / 2;
	assert(n > 0);
	while (lo < hi) {
		int32_t pivot = v[(lo + hi) / 2], i = lo, j = hi;
		while (i <= j) {
			while (v[i] < pivot)
				i++;
			while (v[j] > pivot)
				j--;
			if (i <= j) {
				int32_t t = v[i];
				v[i++] = v[j];
				v[j--] = t;
			}
		}
		if (want <= j)
			hi = j;
		else if (want >= i)
			lo = i;
		else
			break;
	}
	return v[want];
}

static bool peak(const int32_t *e, int32_t n, int32_t k, int32_t reach)
{
	int32_t from = k - reach < 0 ? 0 : k - reach, to = k + reach >= n ? n - 1 : k + reach;
	for (int32_t i = from; i < k; i++)
		if (e[i] >= e[k])
			return false;
	for (int32_t i = k + 1; i <= to; i++)
		if (e[i] > e[k])
			return false;
	return true;
}

/* A shape: the slope around the middle of the complex, of unit length. */
static void snip(const struct detect_lead *l, struct detect_candidate *c)
{
	int32_t v[DETECT_SNIP_ALL], from = c->at - DETECT_SNIP_ALL / 2;
	double square = 0;
	for (int i = 0; i < DETECT_SNIP_ALL; i++) {
		int32_t k = from + i;
		v[i] = k < 0 || k >= l->n ? 0 : l->slope[k];
	}
	for (int i = DETECT_SLACK; i < DETECT_SLACK + DETECT_SNIP; i++)
		square += (double)v[i] * v[i];
	double unit = square > 0 ? 4096 / sqrt(square) : 0;
	for (int i = 0; i < DETECT_SNIP_ALL; i++) {
		double x = v[i] * unit;
		c->snip[i] = (int16_t)(x > 16000 ? 16000 : x < -16000 ? -16000 : (int)x);
	}
}

static void describe(const struct detect_lead *l, struct detect_candidate *c)
{
	int32_t a = (int32_t)(l->rate * 0.025 + 0.5), near = l->half / 2;
	uint64_t sharp = 0, core = 0;
	a = a < 1 ? 1 : a;
	for (int32_t k = c->at - l->half; k <= c->at + l->half; k++)
		if (k - a >= 0 && k + a < l->n)
			sharp += (uint64_t)llabs((int64_t)l->sum[k - a] - 2 * (int64_t)l->sum[k] + l->sum[k + a]);
	for (int32_t k = c->at - near; k <= c->at + near; k++)
		if (k >= 0 && k < l->n)
			core += (uint64_t)llabs((int64_t)l->slope[k]);
	c->sharp = sharp > INT32_MAX ? INT32_MAX : (int32_t)sharp;
	c->core = core > INT32_MAX ? INT32_MAX : (int32_t)core;
	c->log_size = detect_log2((uint32_t)c->size);
	c->log_sharp = detect_log2((uint32_t)c->sharp) - c->log_size;
	snip(l, c);
}

/* Candidates are at least so far apart. */
int32_t detect_reach(const struct detect_lead *l)
{
	int32_t reach = (int32_t)(l->rate * 0.09 + 0.5);
	return reach < 1 ? 1 : reach;
}

void detect_find(struct detect_lead *l)
{
	const int32_t *e = l->env;
	int32_t reach = detect_reach(l), hole = 0;
	l->count = 0;
	/* nothing smaller than two steps' movement over the span, or 15 uV, is looked at */
	int64_t least = (int64_t)2 * (l->smooth ? 4 : 1) * l->span * (l->by >> l->shift) * 2;
	if (l->uv > 0 && 15 / l->uv > (double)least)
		least = 15 / l->uv > 1e9 ? 1000000000 : (int64_t)(15 / l->uv);
	for (int32_t k = 1; k + 1 < l->n && l->count < l->room; k++) {
		hole += l->hole[k];
		if (e[k] <= e[k - 1] || e[k] < e[k + 1] || e[k] < least || l->hole[k] || !peak(e, l->n, k, reach))
			continue;
		struct detect_candidate *c = &l->c[l->count++];
		c->at = k;
		c->size = e[k];
		c->hole = hole;
		c->beat = false;
		describe(l, c);
	}
}
