/* As of: entry numbers and receive times. The view keeps every entry's receive time, 512 in a row of the store: first time, then differences as varints.
 * Receive time never decreases along the ledger; where it would here, it is taken as unchanged. */
#include "chart_internal.h"

#define BLOCK 512

int times_save(struct chart *c, struct err *e)
{
	if (c->staged == 0 || c->times.n == 0)
		return 0;
	if (!buf_ok(&c->times))
		return err_set(e, buf_code(&c->times), NULL, "no memory");
	return ASK(c, put_times, (c->staged - 1) / BLOCK, c->times_first, buf_slice(&c->times), e);
}

int times_apply(struct chart *c, uint64_t seq, int64_t t, struct err *e)
{
	if (t < c->last_time)
		t = c->last_time;
	if (seq % BLOCK == 0) {
		int r = times_save(c, e); /* staged is still seq: the block before, whole now */
		if (r < 0)
			return r;
		buf_reset(&c->times);
		c->times_first = c->times_last = t;
	}
	buf_varint(&c->times, (uint64_t)t - (uint64_t)c->times_last);
	c->times_last = t;
	c->last_time = t;
	return buf_ok(&c->times) ? 0 : err_set(e, buf_code(&c->times), NULL, "no memory");
}

/* The times of a block: how many, and the n-th or the last one not after limit. */
struct scan {
	uint64_t count;
	int64_t last;
};

static int scan_block(struct slice blob, int64_t first, uint64_t most, int64_t limit, struct scan *ret, struct err *e)
{
	struct cur in = cur_of(blob);
	int64_t t = first;
	*ret = (struct scan){0, first};
	while (cur_left(&in) && ret->count < most) {
		uint64_t d = cur_varint(&in);
		if (in.failed || __builtin_add_overflow(t, (int64_t)d, &t))
			return err_set(e, ERR_CORRUPT, "view", "the view's times are damaged: rebuild it with 'holdfast view rebuild'");
		if (t > limit)
			break;
		ret->count++;
		ret->last = t;
	}
	return 0;
}

int times_load(struct chart *c, struct err *e)
{
	buf_reset(&c->times);
	if (c->staged == 0)
		return 0;
	int r = ASK(c, times, (c->staged - 1) / BLOCK, &c->times_first, &c->times, e);
	if (r < 0)
		return r == ERR_NOT_FOUND ? err_set(e, ERR_CORRUPT, "view", "the view's times are missing: rebuild it with 'holdfast view rebuild'") : r;
	struct scan s;
	r = scan_block(buf_slice(&c->times), c->times_first, BLOCK, INT64_MAX, &s, e);
	c->times_last = s.last;
	return r;
}

int times_of(struct chart *c, uint64_t seq, int64_t *ret, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	int64_t first;
	struct scan s;
	int r = ASK(c, times, seq / BLOCK, &first, &b, e);
	if (r == 0)
		r = scan_block(buf_slice(&b), first, seq % BLOCK + 1, INT64_MAX, &s, e);
	if (r == 0 && s.count != seq % BLOCK + 1)
		r = err_set(e, ERR_CORRUPT, "view", "the view's times are damaged: rebuild it with 'holdfast view rebuild'");
	if (r == 0)
		*ret = s.last;
	return r;
}

int times_of_staged(struct chart *c, uint64_t seq, int64_t *ret, struct err *e)
{
	uint64_t filling = (c->staged) / BLOCK; /* the entry at hand is in it already */
	if (seq / BLOCK != filling)
		return times_of(c, seq, ret, e);
	struct scan s;
	int r = scan_block(buf_slice(&c->times), c->times_first, seq % BLOCK + 1, INT64_MAX, &s, e);
	if (r == 0)
		*ret = s.last;
	return r;
}

static int moment_of(struct chart *c, uint64_t end, struct chart_moment *ret, struct err *e)
{
	struct chart_moment m = {.end = end};
	if (end > 0) {
		int r = times_of(c, end - 1, &m.time, e);
		if (r < 0)
			return r == ERR_NOT_FOUND ? err_set(e, ERR_CORRUPT, "view", "the view's times are missing: rebuild it with 'holdfast view rebuild'") : r;
	}
	*ret = m;
	return 0;
}

/* Behind the last entry that could change a chart stand only such that say who looked, what was packed, ...: the charts of then are the charts of now. */
static uint64_t spoken(const struct chart *c)
{
	return c->spoken < c->applied ? c->spoken : c->applied; /* a writer's own staged entries */
}

int chart_now(struct chart *c, struct chart_moment *ret, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	return moment_of(c, spoken(c), ret, e);
}

int chart_at_entry(struct chart *c, uint64_t seq, struct chart_moment *ret, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	if (seq >= c->applied)
		return c->applied ? err_set(e, ERR_NOT_FOUND, NULL, "entry %llu is not in the view: its last one is %llu", (unsigned long long)seq, (unsigned long long)c->applied - 1)
		                  : err_set(e, ERR_NOT_FOUND, NULL, "entry %llu is not in the view: it is empty", (unsigned long long)seq);
	return moment_of(c, seq + 1, ret, e);
}

int chart_at_time(struct chart *c, int64_t t, struct chart_moment *ret, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	uint64_t block;
	int r = ASK(c, times_before, t, &block, e);
	if (r == ERR_NOT_FOUND) { /* before the first */
		*ret = (struct chart_moment){0};
		return 0;
	}
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	int64_t first;
	struct scan s;
	if (r == 0)
		r = ASK(c, times, block, &first, &b, e);
	if (r == 0)
		r = scan_block(buf_slice(&b), first, BLOCK, t, &s, e);
	if (r < 0)
		return r;
	uint64_t end = block * BLOCK + s.count;
	if (end > spoken(c))
		end = spoken(c);
	return moment_of(c, end, ret, e);
}
