/* Candidates: peaks of the envelope that stand alone within 90 ms, and what can be said of each by itself. */
#include "detect_internal.h"
#include "twice.h"

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

#define BLOCK 512
#define REACH_MOST 24 /* the working rate is below 188 a second */

/* The greatest of `reach` values from each place on, by doubling: of two, of four, ... of those two that together cover it. a holds n + reach - 1 values; returns where the n results are. */
INLINE int32_t *running_max(int32_t *restrict a, int32_t *restrict b, int32_t n, int32_t reach)
{
	int32_t len = 1, have = n + reach - 1;
	while (len < reach) {
		int32_t by = 2 * len <= reach ? len : reach - len;
		have -= by;
		for (int32_t i = 0; i < have; i++)
			b[i] = a[i] > a[i + by] ? a[i] : a[i + by];
		int32_t *t = a;
		a = b;
		b = t;
		len += by;
	}
	return a;
}

/* Which of the n places from k on are peaks: greater than all within reach before, not less than all within reach after, and not less than least. */
INLINE void peaks_body(const int32_t *e, int32_t all, int32_t k, int32_t n, int32_t reach, int32_t least, uint8_t *restrict flag)
{
	int32_t x[BLOCK + 2 * REACH_MOST], a[BLOCK + 2 * REACH_MOST], b[BLOCK + 2 * REACH_MOST];
	int32_t from = k - reach, many = n + 2 * reach;
	for (int32_t i = 0; i < reach; i++) {
		x[i] = from + i < 0 ? -1 : e[from + i];
		x[many - 1 - i] = from + many - 1 - i >= all ? -1 : e[from + many - 1 - i];
	}
	memcpy(x + reach, e + k, (size_t)n * sizeof *x);
	memcpy(a, x, (size_t)many * sizeof *x);
	const int32_t *most = running_max(a, b, n + reach + 1, reach), *own = x + reach, *after = most + reach + 1;
	for (int32_t i = 0; i < n; i++)
		flag[i] = (own[i] > most[i]) & (own[i] >= after[i]) & (own[i] >= least);
}
TWICE(static, void, peaks, (const int32_t *e, int32_t all, int32_t k, int32_t n, int32_t reach, int32_t least, uint8_t *flag), (e, all, k, n, reach, least, flag))

/* A shape: the slope around the middle of the complex, of unit length. */
INLINE void snip(const struct detect_lead *l, struct detect_candidate *c)
{
	int32_t v[DETECT_SNIP_ALL], from = c->at - DETECT_SNIP_ALL / 2;
	int64_t square = 0;
	if (from >= 0 && from + DETECT_SNIP_ALL <= l->n)
		memcpy(v, l->slope + from, sizeof v);
	else
		for (int i = 0; i < DETECT_SNIP_ALL; i++)
			v[i] = from + i < 0 || from + i >= l->n ? 0 : l->slope[from + i];
	for (int i = DETECT_SLACK; i < DETECT_SLACK + DETECT_SNIP; i++)
		square += (int64_t)v[i] * v[i];
	double unit = square > 0 ? 4096 / sqrt((double)square) : 0;
	for (int i = 0; i < DETECT_SNIP_ALL; i++) {
		double x = v[i] * unit;
		x = x > 16000 ? 16000 : x;
		x = x < -16000 ? -16000 : x;
		c->snip[i] = (int16_t)(int32_t)x;
	}
}

/* A sum is at most 32 samples of 16 bits and as many offsets of 17, times 4; of its second difference nineteen fit 32 bits. */
INLINE void describe_body(const struct detect_lead *l, struct detect_candidate *c)
{
	int32_t a = (int32_t)(l->rate * 0.025 + 0.5), near = l->half / 2;
	a = a < 1 ? 1 : a;
	int32_t from = c->at - l->half, to = c->at + l->half;
	const int32_t *restrict x = l->sum, *restrict d = l->slope;
	uint32_t sharp = 0, core = 0;
	from = from < a ? a : from;
	to = to > l->n - 1 - a ? l->n - 1 - a : to;
	for (int32_t k = from; k <= to; k++)
		sharp += (uint32_t)abs(x[k - a] - 2 * x[k] + x[k + a]);
	from = c->at - near < 0 ? 0 : c->at - near;
	to = c->at + near > l->n - 1 ? l->n - 1 : c->at + near;
	for (int32_t k = from; k <= to; k++)
		core += (uint32_t)abs(d[k]);
	c->sharp = sharp > INT32_MAX ? INT32_MAX : (int32_t)sharp;
	c->core = core > INT32_MAX ? INT32_MAX : (int32_t)core;
	c->log_size = detect_log2((uint32_t)c->size);
	c->log_sharp = detect_log2((uint32_t)c->sharp) - c->log_size;
	snip(l, c);
}
TWICE(static, void, describe, (const struct detect_lead *l, struct detect_candidate *c), (l, c))

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
	uint8_t flag[BLOCK + 8] = {0};
	int32_t counted = 0; /* up to here hole is known */
	for (int32_t at = 1; at + 1 < l->n; at += BLOCK) {
		int32_t n = l->n - 1 - at < BLOCK ? l->n - 1 - at : BLOCK;
		peaks(e, l->n, at, n, reach, (int32_t)least, flag);
		memset(flag + n, 0, 8);
		for (int32_t i = 0; i < n; i++) {
			uint64_t eight;
			memcpy(&eight, flag + i, sizeof eight);
			if (!eight) {
				i += 7;
				continue;
			}
			if (!flag[i] || l->hole[at + i])
				continue;
			if (l->count >= l->room)
				return;
			for (; l->holes && counted < at + i; counted++)
				hole += l->hole[counted + 1];
			struct detect_candidate *c = &l->c[l->count++];
			c->at = at + i;
			c->size = e[at + i];
			c->hole = hole;
			c->beat = false;
			describe(l, c);
		}
	}
}
