/* The newest samples of a strip, what is missing among them, and which stretch is to be made durable next. */
#include "live.h"

#include <math.h>
#include <stdlib.h>

size_t live_ring_memory(unsigned leads, double rate)
{
	return (size_t)ceil(rate * LIVE_ROOM_S) * (leads * sizeof(int16_t) + 1);
}

int live_ring_init(struct live_ring *r, unsigned leads, double rate, uint64_t from, struct err *e)
{
	assert(leads && leads <= LIVE_LEADS_MAX && rate >= LIVE_RATE_MIN && rate <= LIVE_RATE_MAX);
	*r = (struct live_ring){.leads = leads, .room = (size_t)ceil(rate * LIVE_ROOM_S), .entry = (uint64_t)floor(rate * LIVE_ENTRY_S), .early = (uint64_t)floor(rate * LIVE_FIRST_S), .first = from, .kept = from, .to = from};
	r->v = calloc(r->room, leads * sizeof *r->v);
	r->have = calloc(r->room, 1);
	if (r->v && r->have)
		return 0;
	live_ring_done(r);
	return err_set(e, ERR_MEMORY, NULL, "no memory for a strip");
}

void live_ring_done(struct live_ring *r)
{
	free(r->v);
	free(r->have);
	*r = (struct live_ring){.leads = 0};
}

uint64_t live_ring_oldest(const struct live_ring *r)
{
	uint64_t most = r->to - r->first;
	return most > r->room ? r->to - r->room : r->first;
}

static bool has(const struct live_ring *r, uint64_t s)
{
	return s >= live_ring_oldest(r) && s < r->to && r->have[s % r->room];
}

/* ---- what comes ---- */

static int16_t value(const uint8_t *p)
{
	return (int16_t)(uint16_t)(p[0] | p[1] << 8);
}

static bool same(const struct live_ring *r, uint64_t s, const uint8_t *frame)
{
	const int16_t *v = r->v + (s % r->room) * r->leads;
	for (unsigned i = 0; i < r->leads; i++)
		if (v[i] != value(frame + 2 * i))
			return false;
	return true;
}

/* What lies below the newest: is it there, and as it comes now? */
static int compare(const struct live_ring *r, uint64_t at, uint64_t end, const uint8_t *p, bool *ret_fills, struct err *e)
{
	uint64_t oldest = live_ring_oldest(r);
	*ret_fills = false;
	for (uint64_t s = at; s < end && s < r->to; s++, p += 2 * r->leads) {
		if (s < oldest)
			return err_set(e, ERR_EXISTS, NULL, "sample %llu is too old: what is kept before %llu cannot be compared any more, and nothing changes it", (unsigned long long)s, (unsigned long long)oldest);
		if (r->have[s % r->room]) {
			if (!same(r, s, p))
				return err_set(e, ERR_EXISTS, NULL, "other samples were sent before as number %llu: the first ones stay", (unsigned long long)s);
		} else if (s < r->kept) {
			return err_set(e, ERR_EXISTS, NULL, "sample %llu comes too late: the stretch up to %llu is kept, with a gap there", (unsigned long long)s, (unsigned long long)r->kept);
		} else {
			*ret_fills = true;
		}
	}
	return 0;
}

static void put(struct live_ring *r, uint64_t at, uint64_t end, const uint8_t *p)
{
	if (end > r->to) {
		uint64_t clear = at > r->to ? at - r->to : 0;
		if (clear > r->room)
			clear = r->room;
		for (uint64_t s = at - clear; s < at; s++)
			r->have[s % r->room] = 0;
		r->to = end;
	}
	for (uint64_t s = at; s < end; s++, p += 2 * r->leads) {
		int16_t *v = r->v + (s % r->room) * r->leads;
		for (unsigned i = 0; i < r->leads; i++)
			v[i] = value(p + 2 * i);
		r->have[s % r->room] = 1;
	}
	r->any = true;
}

int live_ring_add(struct live_ring *r, uint64_t at, struct slice bytes, uint64_t jump, struct err *e)
{
	bool fills;
	uint64_t n = bytes.n / (2 * r->leads), end = at + n;
	if (!n || bytes.n % (2 * r->leads))
		return err_set(e, ERR_INPUT, NULL, "a piece is whole samples of %u leads, 16 bits each: %zu bytes are not", r->leads, bytes.n);
	if (at >= LIVE_AT_MAX || n > r->room)
		return err_set(e, ERR_INPUT, NULL, "a piece cannot begin at sample %llu, or is too long", (unsigned long long)at);
	if (at < r->before) { /* by a server before this one */
		if (end <= r->before)
			return LIVE_TWICE;
		bytes.p += (r->before - at) * 2 * r->leads;
		at = r->before;
	}
	if (at < r->first)
		return err_set(e, ERR_EXISTS, NULL, "this strip begins with sample %llu", (unsigned long long)r->first);
	if (at > r->to && at - r->to > jump)
		return err_set(e, ERR_INPUT, NULL, "more than an hour lies between this piece and sample %llu: begin another strip", (unsigned long long)r->to);
	int code = compare(r, at, end, bytes.p, &fills, e);
	if (code < 0)
		return code;
	if (end > r->kept + r->room)
		return err_set(e, ERR_BUSY, NULL, "what came before is not kept yet: send this piece again");
	if (end <= r->to && !fills)
		return LIVE_TWICE;
	put(r, at, end, bytes.p);
	return LIVE_NEW;
}

void live_ring_resume(struct live_ring *r, uint64_t end)
{
	assert(!r->any && r->kept == r->first && r->to == r->first);
	r->before = end;
	r->durable = end > 0;
	if (end > r->first)
		r->first = r->kept = r->to = end;
}

void live_ring_skip(struct live_ring *r, uint64_t to)
{
	assert(r->kept == r->to && to >= r->to);
	uint64_t clear = to - r->to > r->room ? r->room : to - r->to;
	for (uint64_t s = to - clear; s < to; s++)
		r->have[s % r->room] = 0;
	r->kept = r->to = to;
}

/* ---- what is kept ---- */

/* Entries end at whole minutes of the strip, so that what is sent again after a restart makes the same entries; the first at ten seconds. */
static uint64_t entry_end(const struct live_ring *r, uint64_t s)
{
	return s < r->early ? r->early : (s / r->entry + 1) * r->entry;
}

static bool whole(const struct live_ring *r, uint64_t from, uint64_t end)
{
	for (uint64_t s = from; s < end; s++)
		if (!has(r, s))
			return false;
	return true;
}

bool live_ring_empty(const struct live_ring *r, uint64_t from, uint64_t end)
{
	for (uint64_t s = from; s < end; s++)
		if (has(r, s))
			return false;
	return true;
}

bool live_ring_due(const struct live_ring *r, bool all, bool late, bool quiet, uint64_t *ret_from, uint64_t *ret_end)
{
	uint64_t from = r->kept, end = entry_end(r, from);
	if (from == r->to)
		return false;
	if (r->to < end) {
		if (!all && !quiet)
			return false;
		end = r->to;
	} else if (!all && !late && !quiet && !whole(r, from, end)) {
		return false;
	}
	while (!r->durable && from + 1 < end && !has(r, from)) /* before the first sample of all there was nothing that could be missing */
		from++;
	*ret_from = from;
	*ret_end = end;
	return true;
}

void live_ring_kept(struct live_ring *r, uint64_t end)
{
	assert(end >= r->kept && end <= r->to);
	r->durable = r->durable || !live_ring_empty(r, r->kept, end);
	r->kept = end;
}

void live_ring_read(const struct live_ring *r, unsigned lead, uint64_t from, size_t n, int16_t *out)
{
	assert(lead < r->leads);
	for (size_t i = 0; i < n; i++)
		out[i] = has(r, from + i) ? r->v[((from + i) % r->room) * r->leads + lead] : ECG_GAP16;
}
