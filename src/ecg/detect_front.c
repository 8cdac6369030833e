/* From raw samples to the envelope: how much the signal moves, at the speed of a QRS, within a tenth of a second.
 *
 * Sums of `by` raw samples (about 120 a second are left), a triangle of three that takes mains and muscle down, a difference over 33 ms (most at 15 Hz, nothing at 0, 30 and 60: slow T waves
 * and wander stay small), its absolute value summed over 100 ms. Each loop is over plain arrays without a branch, so that the compiler makes vectors of it; the only one over raw samples is the first. */
#include "detect_internal.h"
#include "twice.h"

#include <math.h>

#define WORK_RATE 125.0
#define BLOCK 8192
#define WIDE_MAX 4095
#define OFFSET_MAX (1 << 17)

/* For a page, or for the whole record where it is shorter. */
static int make_room(struct detect_lead *l, struct arena *a, struct err *e)
{
	const struct ecg_channel *c = &l->g->channel[l->channel];
	uint64_t page = (uint64_t)((DETECT_PAGE_S + 2 * DETECT_MARGIN_S) * l->rate) + 64, all = c->samples / l->by + 64;
	size_t n = (size_t)(all < page ? all : page), most = n / (size_t)detect_reach(l) + 8;
	l->room = most > DETECT_CANDIDATES ? DETECT_CANDIDATES : (int32_t)most;
	l->wide = (int32_t)(c->rate * 0.3) + 1;
	l->wide = l->wide > WIDE_MAX ? WIDE_MAX : l->wide;
	l->sum = arena_array(a, n, sizeof *l->sum);
	l->slope = arena_array(a, n, sizeof *l->slope);
	l->env = arena_array(a, n, sizeof *l->env);
	l->hole = arena_alloc(a, n);
	l->c = arena_array(a, (size_t)l->room, sizeof *l->c);
	l->at = arena_array(a, 3 * (size_t)l->room, sizeof *l->at);
	l->size = l->at ? l->at + l->room : NULL;
	l->log_size = l->at ? l->at + 2 * (size_t)l->room : NULL;
	l->tmp = arena_array(a, (size_t)l->room + 16, sizeof *l->tmp);
	l->tmp2 = arena_array(a, (size_t)l->room, sizeof *l->tmp2);
	l->work = arena_array(a, detect_work(l->room), sizeof *l->work);
	l->raw = arena_array(a, 2 * (size_t)l->wide + 1, sizeof *l->raw);
	l->worth = arena_array(a, 2 * (size_t)l->wide + 1, sizeof *l->worth);
	if (!l->sum || !l->slope || !l->env || !l->hole || !l->c || !l->at || !l->tmp || !l->tmp2 || !l->work || !l->raw || !l->worth)
		return err_set(e, arena_code(a), NULL, "no room to look for beats");
	return 0;
}

int detect_front_init(struct detect_lead *l, const struct ecg *g, unsigned channel, struct arena *a, struct err *e)
{
	const struct ecg_channel *c = &g->channel[channel];
	double by = floor(c->rate / WORK_RATE + 0.5);
	*l = (struct detect_lead){.g = g, .channel = channel, .by = by < 1 ? 1 : (unsigned)by};
	l->rate = c->rate / l->by;
	while (l->by >> l->shift > 32)
		l->shift++;
	l->smooth = l->rate > 90 ? 1 : 0;
	l->span = (int)(l->rate * 0.0333 + 0.5);
	l->span = l->span < 1 ? 1 : l->span;
	l->half = (int)(l->rate * 0.05 + 0.5);
	l->half = l->half < 1 ? 1 : l->half;
	/* the envelope of a wave that goes up and down by A is 2 A, times these */
	if (!strcmp(c->unit, "uV"))
		l->uv = fabs(c->scale) * (double)(1u << (ecg_shift(g, channel) + l->shift)) / (l->by * (l->smooth ? 4.0 : 1.0) * l->span * 2);
	return make_room(l, a, e);
}

/* ---- raw samples to sums ---- */

static bool any_gap(const int16_t *p, size_t n)
{
	int16_t least = INT16_MAX;
	for (size_t i = 0; i < n; i++)
		least = p[i] < least ? p[i] : least;
	return least == ECG_GAP16;
}

/* Where nothing was recorded the last value stands; what follows goes on from there, so that a new level is no edge. */
struct hold {
	int32_t last, offset;
	bool any;    /* a sample was seen */
	bool in_gap; /* the sample before was none */
};

static void meet(struct hold *h, int16_t v)
{
	h->offset = h->any ? h->last - v : 0;
	if (h->offset > OFFSET_MAX || h->offset < -OFFSET_MAX)
		h->offset = 0;
	h->in_gap = false;
	h->any = true;
}

static void bridge(struct detect_lead *l, const int16_t *raw, int32_t *out, int32_t at, int32_t n, struct hold *h)
{
	for (int32_t k = 0; k < n; k++) {
		int64_t sum = 0;
		bool hole = false;
		for (unsigned j = 0; j < l->by; j++) {
			int16_t v = raw[(size_t)k * l->by + j];
			if (v == ECG_GAP16) {
				hole = h->in_gap = true;
			} else {
				if (!h->any)
					sum = (int64_t)j * v;
				if (h->in_gap || !h->any)
					meet(h, v);
				h->last = v + h->offset;
			}
			sum += h->last;
		}
		out[at + k] = (int32_t)(sum >> l->shift);
		l->hole[at + k] = hole;
	}
}

#define SUMS(D)                                                                                                             \
	INLINE void sums_##D(const int16_t *restrict raw, int32_t *restrict out, int32_t n, int32_t offset)                    \
	{                                                                                                                      \
		for (int32_t k = 0; k < n; k++) {                                                                                 \
			int32_t s = (D) * offset;                                                                                     \
			for (int j = 0; j < (D); j++)                                                                                 \
				s += raw[k * (D) + j];                                                                                    \
			out[k] = s;                                                                                                   \
		}                                                                                                                  \
	}
SUMS(1)
SUMS(2)
SUMS(3)
SUMS(4)
SUMS(8)

INLINE void sums_body(const struct detect_lead *l, const int16_t *raw, int32_t *out, int32_t n, int32_t offset)
{
	switch (l->by) {
	case 1: sums_1(raw, out, n, offset); return;
	case 2: sums_2(raw, out, n, offset); return;
	case 3: sums_3(raw, out, n, offset); return;
	case 4: sums_4(raw, out, n, offset); return;
	case 8: sums_8(raw, out, n, offset); return;
	}
	for (int32_t k = 0; k < n; k++) {
		int64_t s = (int64_t)offset * l->by;
		for (unsigned j = 0; j < l->by; j++)
			s += raw[(size_t)k * l->by + j];
		out[k] = (int32_t)(s >> l->shift);
	}
}

TWICE(static, void, sums, (const struct detect_lead *l, const int16_t *raw, int32_t *out, int32_t n, int32_t offset), (l, raw, out, n, offset))

static void read_sums(struct detect_lead *l, int32_t *out)
{
	int16_t raw[BLOCK] __attribute__((uninitialized));
	struct hold h = {0};
	int32_t each = BLOCK / (int32_t)l->by, start = l->first < 0 ? (int32_t)-l->first : 0;
	uint64_t samples = l->g->channel[l->channel].samples;
	l->holes = false;
	memset(l->hole, 0, (size_t)l->n);
	for (int32_t k = start; k < l->n; k += each) {
		int32_t n = l->n - k < each ? l->n - k : each;
		uint64_t from = (uint64_t)(l->first + k) * l->by;
		size_t want = (size_t)n * l->by;
		bool had = h.any;
		ecg_read16(l->g, l->channel, from, want, raw);
		if (h.in_gap || from + want > samples || any_gap(raw, want)) {
			bridge(l, raw, out, k, n, &h);
			l->holes = true;
		} else {
			sums(l, raw, out + k, n, h.offset);
			h.last = raw[want - 1] + h.offset;
			h.any = true;
		}
		if (!had && h.any) { /* before the first sample its value stands */
			int32_t first = k;
			while (first + 1 < k + n && l->hole[first])
				first++;
			for (int32_t i = 0; i < first; i++)
				out[i] = out[first];
		}
	}
	for (int32_t k = 0; k < start; k++)
		l->hole[k] = 1;
}

/* ---- sums to slope and envelope ---- */

#define PART 512  /* so many at a time go through all steps while they are near */
#define HALF_MOST 9 /* the working rate is below 188 a second */

/* Each step from `from` to `to` of n. */
INLINE void smooth3(const int32_t *restrict v, int32_t *restrict z, int32_t from, int32_t to, int32_t n)
{
	for (int32_t k = from > 1 ? from : 1; k < (to < n - 1 ? to : n - 1); k++)
		z[k] = v[k - 1] + 2 * v[k] + v[k + 1];
	if (from == 0 && n > 1)
		z[0] = 3 * v[0] + v[1];
	if (to == n)
		z[n - 1] = v[n > 1 ? n - 2 : 0] + 3 * v[n - 1];
}

INLINE void differ(const int32_t *restrict z, int32_t *restrict d, int32_t from, int32_t to, int32_t n, int span)
{
	const int a = span / 2, b = span - a;
	int32_t first = from > a ? from : a, end = to < n - b ? to : n - b;
	if (n <= span || first > end)
		first = end = to;
	for (int32_t k = from; k < first && k < to; k++)
		d[k] = 0;
	for (int32_t k = first; k < end; k++)
		d[k] = z[k + b] - z[k - a];
	for (int32_t k = end > from ? end : from; k < to; k++)
		d[k] = 0;
}

/* Sums of 2 * half + 1 by doubling: of one, of two, of four, ...; those that make it up are added. At most PART + HALF_MOST at a time. */
INLINE void envelope(const int32_t *d, int32_t *restrict e, int32_t from, int32_t to, int32_t n, int half)
{
	int32_t s[2][PART + 4 * HALF_MOST] __attribute__((uninitialized)), *restrict now = s[0], *restrict next = s[1], before = 0, wide = 2 * half + 1, many = to - from, all = many + 2 * half;
	const int32_t left = from - half < 0 ? half - from : 0, right = to + half > n ? to + half - n : 0;
	const int32_t *own = d + from - half + left;
	assert(all <= (int32_t)ARRAY_LEN(s[0]));
	for (int32_t i = 0; i < left; i++)
		now[i] = 0;
	for (int32_t i = 0; i < all - left - right; i++)
		now[left + i] = abs(own[i]);
	for (int32_t i = all - right; i < all; i++)
		now[i] = 0;
	e += from;
	for (int32_t i = 0; i < many; i++)
		e[i] = now[i];
	for (int32_t len = 1; 2 * len <= wide; len *= 2) {
		before += len & wide;
		all -= len;
		for (int32_t i = 0; i < all; i++)
			next[i] = now[i] + now[i + len];
		int32_t *t = now;
		now = next;
		next = t;
		if (2 * len & wide)
			for (int32_t i = 0; i < many; i++)
				e[i] += now[before + i];
	}
}

/* The sums lie where the envelope will be: it follows far enough behind. */
INLINE void slopes_body(struct detect_lead *l)
{
	const int32_t n = l->n, b = l->span - l->span / 2;
	int32_t smooth = 0, slope = 0, env = 0;
	while (env < n) {
		int32_t to = n - smooth < PART ? n : smooth + PART;
		if (l->smooth)
			smooth3(l->env, l->sum, smooth, to, n);
		smooth = to;
		to = smooth == n ? n : smooth - b > slope ? smooth - b : slope;
		differ(l->sum, l->slope, slope, to, n, l->span);
		slope = to;
		to = slope == n ? n : slope - l->half > env ? slope - l->half : env;
		envelope(l->slope, l->env, env, to, n, l->half);
		env = to;
	}
}
TWICE(static, void, slopes, (struct detect_lead *l), (l))

void detect_front(struct detect_lead *l, int64_t from, int64_t to)
{
	l->first = from;
	l->n = (int32_t)(to - from);
	read_sums(l, l->smooth ? l->env : l->sum);
	slopes(l);
}
