/* What a device says of a strip and sends of it. Input: JSON (what it begins with) up to a zero byte; then steps: one byte what, and for a piece a signed 16-bit number that moves its beginning from where the strip stands,
 * a byte for how many samples, and a byte that its values are made of.
 *
 * What must hold: first <= kept <= to, and to - kept is never more than there is room for; a piece that was taken reads back as it was sent; one that was refused changes nothing; a stretch becomes a recording that our own
 * reader opens with the same samples and gaps; two makings of it are the same bytes. */
#include "live.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void holds(const struct live_ring *r)
{
	assert(r->first <= r->kept && r->kept <= r->to && r->to - r->kept <= r->room && live_ring_oldest(r) <= r->to);
}

static void piece(struct live_ring *r, struct cur *c)
{
	static uint8_t bytes[4096 * LIVE_LEADS_MAX * 2];
	static int16_t out[4096];
	struct err e;
	int16_t by = (int16_t)cur_u16le(c);
	size_t n = cur_u8(c) * 16u;
	uint8_t seed = cur_u8(c);
	uint64_t at = by < 0 && (uint64_t)-by > r->to ? 0 : r->to + (uint64_t)(int64_t)by, to = r->to, kept = r->kept;
	for (size_t i = 0; i < n * r->leads * 2; i++)
		bytes[i] = (uint8_t)(seed + at * 7 + i / (r->leads * 2u));
	int code = live_ring_add(r, at, slice_of(bytes, n * r->leads * 2), 1000, &e);
	holds(r);
	assert(r->kept == kept);
	if (code < 0) {
		assert(r->to == to && e.text[0]);
		if (code == ERR_BUSY && r->kept == r->to)
			live_ring_skip(r, at);
		return;
	}
	assert(r->to >= at + n);
	live_ring_read(r, r->leads - 1, at, n, out);
	for (size_t i = 0; i < n; i++) {
		uint16_t v;
		memcpy(&v, bytes + (i * r->leads + r->leads - 1) * 2, 2);
		assert((uint16_t)out[i] == le16toh(v));
	}
}

static void recording(const struct live_terms *t, const struct live_ring *r, uint64_t from, uint64_t end)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	AUTO_BUF struct buf one = {0}, two = {0};
	struct live_stretch s = {.terms = t, .id = "0123456789abcdef", .by = "token/x", .start = t->start == INT64_MIN ? 0 : t->start, .from = from, .n = (size_t)(end - from)};
	struct ecg_body b;
	struct ecg *g;
	struct err e;
	for (unsigned i = 0; i < t->leads; i++) {
		int16_t *v = arena_array(a, s.n, sizeof *v);
		assert(v);
		live_ring_read(r, i, from, s.n, v);
		s.lead[i] = v;
	}
	buf_init(&one, (size_t)64 << 20);
	buf_init(&two, (size_t)64 << 20);
	if (live_body(&s, &one, &e) < 0) /* a time that no calendar of the format has */
		return;
	assert(live_body(&s, &two, &e) == 0 && slice_eq(buf_slice(&one), buf_slice(&two)));
	assert(ecg_body_read(buf_slice(&one), a, &b, &e) == 0 && ecg_body_open(&b, a, &g, &e) == 0 && g->channels == t->leads && g->samples == s.n);
	for (unsigned i = 0; i < t->leads; i++)
		for (size_t k = 0; k < s.n; k += 97) {
			int32_t v;
			ecg_read(g, i, k, 1, &v);
			assert(v == (s.lead[i][k] == ECG_GAP16 ? ECG_GAP : s.lead[i][k]));
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	struct live_terms t;
	struct live_ring r;
	struct err e = {0};
	uint64_t from, end;
	int recordings = 0;
	if (live_terms_read(slice_of(data, zero ? (size_t)(zero - data) : size), &t, &e) < 0) {
		assert(e.text[0]);
		return 0;
	}
	assert(t.leads && t.leads <= LIVE_LEADS_MAX && t.rate >= LIVE_RATE_MIN && t.rate <= LIVE_RATE_MAX && live_terms_same(&t, &t));
	if (!zero || live_ring_init(&r, t.leads, t.rate, t.from, &e) < 0)
		return 0;
	struct cur c = cur_of(slice_of(zero + 1, size - (size_t)(zero + 1 - data)));
	for (int steps = 0; steps < 200 && cur_left(&c); steps++) {
		uint8_t what = cur_u8(&c);
		if (what & 1) {
			piece(&r, &c);
		} else if (live_ring_due(&r, what & 2, what & 4, what & 8, &from, &end)) {
			assert(from >= r.kept && from < end && end <= r.to && end - from <= r.entry);
			if (!live_ring_empty(&r, from, end) && recordings++ < 2)
				recording(&t, &r, from, end);
			live_ring_kept(&r, end);
		}
		holds(&r);
	}
	live_ring_done(&r);
	return 0;
}
