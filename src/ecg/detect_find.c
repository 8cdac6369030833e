/* Candidates: peaks of the envelope that stand alone within 90 ms, and what can be said of each by itself. */
#include "detect_internal.h"
#include "twice.h"

#include <math.h>

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
	int32_t x[BLOCK + 2 * REACH_MOST] __attribute__((uninitialized)), a[BLOCK + 2 * REACH_MOST] __attribute__((uninitialized)), b[BLOCK + 2 * REACH_MOST] __attribute__((uninitialized));
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

/* A shape: the slope around the middle of the complex, of unit length. Here it is as it is; its square is kept. */
INLINE const int32_t *around(const struct detect_lead *l, int32_t at, int32_t v[DETECT_SNIP_ALL])
{
	const int32_t from = at - DETECT_SNIP_ALL / 2;
	if (from >= 0 && from + DETECT_SNIP_ALL <= l->n)
		return l->slope + from;
	for (int i = 0; i < DETECT_SNIP_ALL; i++)
		v[i] = from + i < 0 || from + i >= l->n ? 0 : l->slope[from + i];
	return v;
}

INLINE int64_t square_of(const struct detect_lead *l, int32_t at)
{
	int32_t room[DETECT_SNIP_ALL] __attribute__((uninitialized));
	const int32_t *v = around(l, at, room) + DETECT_SLACK;
	int64_t square = 0;
	for (int i = 0; i < DETECT_SNIP; i++)
		square += (int64_t)v[i] * v[i];
	return square;
}

INLINE void snip(const struct detect_lead *l, int32_t at, double unit, int16_t *restrict ret)
{
	int32_t room[DETECT_SNIP_ALL] __attribute__((uninitialized));
	const int32_t *v = around(l, at, room);
	for (int i = 0; i < DETECT_SNIP_ALL; i++) {
		double x = v[i] * unit;
		x = x > 16000 ? 16000 : x;
		x = x < -16000 ? -16000 : x;
		ret[i] = (int16_t)(int32_t)x;
	}
}

#define SPAN_MOST 24 /* of values that describe a candidate, as many as vectors like */

/* The sum of what lies in v[0..n). Always SPAN_MOST are looked at: there is room behind all lists. */
INLINE uint32_t first_of(const uint32_t v[SPAN_MOST], int32_t n)
{
	uint32_t sum = 0;
	for (int32_t k = 0; k < SPAN_MOST; k++)
		sum += k < n ? v[k] : 0;
	return sum;
}

/* A sum is at most 32 samples of 16 bits and as many offsets of 17, times 4; of its second difference nineteen fit 32 bits. */
INLINE void describe_one(const struct detect_lead *l, struct detect_candidate *c, int32_t a)
{
	const int32_t near = l->half / 2;
	int32_t from = c->at - l->half < a ? a : c->at - l->half, to = c->at + l->half > l->n - 1 - a ? l->n - 1 - a : c->at + l->half;
	uint32_t bend[SPAN_MOST] __attribute__((uninitialized)), move[SPAN_MOST] __attribute__((uninitialized));
	const int32_t *restrict x = l->sum + from, *restrict y = x - a, *restrict z = x + a;
	for (int32_t k = 0; k < SPAN_MOST; k++)
		bend[k] = (uint32_t)abs((int32_t)((uint32_t)y[k] - 2 * (uint32_t)x[k] + (uint32_t)z[k]));
	uint32_t sharp = first_of(bend, to + 1 - from);
	from = c->at - near < 0 ? 0 : c->at - near;
	to = c->at + near > l->n - 1 ? l->n - 1 : c->at + near;
	const int32_t *restrict d = l->slope + from;
	for (int32_t k = 0; k < SPAN_MOST; k++)
		move[k] = (uint32_t)abs(d[k]);
	uint32_t core = first_of(move, to + 1 - from);
	c->sharp = sharp > INT32_MAX ? INT32_MAX : (int32_t)sharp;
	c->core = core > INT32_MAX ? INT32_MAX : (int32_t)core;
	c->log_size = detect_log2((uint32_t)c->size);
	c->log_sharp = detect_log2((uint32_t)c->sharp) - c->log_size;
}

INLINE void describe_body(const struct detect_lead *l)
{
	int32_t a = (int32_t)(l->rate * 0.025 + 0.5);
	double *restrict unit = (double *)(void *)l->work; /* of each shape; roots and quotients of all are taken at once */
	a = a < 1 ? 1 : a;
	for (int32_t i = 0; i < l->count; i++)
		unit[i] = (double)square_of(l, l->c[i].at);
	for (int32_t i = 0; i < l->count; i++)
		unit[i] = unit[i] > 0 ? 4096 / sqrt(unit[i]) : 0;
	for (int32_t i = 0; i < l->count; i++) {
		describe_one(l, &l->c[i], a);
		snip(l, l->c[i].at, unit[i], l->c[i].snip);
		l->at[i] = l->c[i].at;
		l->size[i] = l->c[i].size;
		l->log_size[i] = l->c[i].log_size;
	}
}
TWICE(static, void, describe, (const struct detect_lead *l), (l))

/* Candidates are at least so far apart. */
int32_t detect_reach(const struct detect_lead *l)
{
	int32_t reach = (int32_t)(l->rate * 0.09 + 0.5);
	return reach < 1 ? 1 : reach;
}

static void add(struct detect_lead *l, int32_t at, int32_t *counted, int32_t *hole)
{
	if (l->hole[at] || l->count >= l->room)
		return;
	for (; l->holes && *counted < at; ++*counted)
		*hole += l->hole[*counted + 1];
	struct detect_candidate *c = &l->c[l->count++];
	c->at = at;
	c->size = l->env[at];
	c->hole = *hole;
	c->beat = c->echo = c->step = false;
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
		for (int32_t i = 0; i < n; i += 8) {
			uint64_t eight;
			memcpy(&eight, flag + i, sizeof eight);
			for (int k = 0; eight; k++) { /* bytes are in the order of time on every machine that this is built for */
				for (; !(eight & 255); k++)
					eight >>= 8;
				add(l, at + i + k, &counted, &hole);
				eight >>= 8;
			}
		}
	}
	describe(l);
}
