/* ecg_detect: where the beats are. */
#include "detect_internal.h"

#define BEATS_BYTES_MAX ((size_t)4 << 30)
#define ROUNDS 3

static void page(struct detect_lead *l, int64_t from, int64_t to)
{
	detect_front(l, from, to);
	detect_find(l);
	detect_levels(l);
	detect_shapes(l);
	for (int round = 0; round < ROUNDS; round++) {
		if (round)
			detect_usual(l);
		detect_score(l, round);
		detect_choose(l->c, l->count, l->rate, -1);
	}
}

static int one_lead(const struct ecg *g, unsigned channel, struct buf *out, struct arena *a, struct err *e)
{
	struct detect_lead l;
	int r = detect_front_init(&l, g, channel, a, e);
	if (r < 0)
		return r;
	int64_t each = (int64_t)(l.rate * DETECT_PAGE_S) + 1, margin = (int64_t)(l.rate * DETECT_MARGIN_S) + 1;
	int64_t all = (int64_t)((g->channel[channel].samples + l.by - 1) / l.by);
	double to_record = g->rate / g->channel[channel].rate;
	uint64_t last = 0;
	bool any = false;
	for (int64_t p = 0; p < all; p += each) {
		int64_t from = p > margin ? p - margin : 0, to = p + each + margin > all ? all : p + each + margin;
		page(&l, from, to);
		for (int32_t i = 0; i < l.count; i++) {
			int64_t at = l.first + l.c[i].at;
			if (!l.c[i].beat || at < p || at >= p + each)
				continue;
			uint64_t sample = (uint64_t)((double)detect_place(&l, &l.c[i]) * to_record + 0.5);
			if (any && sample <= last)
				continue;
			any = true;
			last = sample;
			struct ecg_beat b = {.at = sample, .class = 'N', .quality = 100, .width_ms = -1};
			buf_add(out, &b, sizeof b);
		}
	}
	return 0;
}

int ecg_detect(const struct ecg *g, const unsigned *channels, size_t n, struct arena *a, struct ecg_beats *ret, struct err *e)
{
	unsigned use[DETECT_LEADS], count = 0;
	if (channels)
		for (size_t i = 0; i < n && count < DETECT_LEADS; i++) {
			if (channels[i] >= g->channels)
				return err_set(e, ERR_INPUT, NULL, "there is no channel %u", channels[i]);
			use[count++] = channels[i];
		}
	else
		for (unsigned i = 0; i < g->channels && count < DETECT_LEADS; i++)
			if (g->channel[i].ecg)
				use[count++] = i;
	if (!count)
		return err_set(e, ERR_INPUT, NULL, "there is no ECG channel to look for beats in");
	AUTO_ARENA struct arena *scratch = arena_new((size_t)256 << 20);
	AUTO_BUF struct buf out = {0};
	buf_init(&out, BEATS_BYTES_MAX);
	if (!scratch)
		return err_set(e, ERR_MEMORY, NULL, "no memory to look for beats");
	int r = one_lead(g, use[0], &out, scratch, e);
	if (r < 0)
		return r;
	struct ecg_beats b = {.rate = g->rate, .count = out.n / sizeof(struct ecg_beat)};
	if (!buf_ok(&out) || !(b.beat = arena_array(a, b.count + 1, sizeof *b.beat)))
		return err_set(e, buf_ok(&out) ? arena_code(a) : buf_code(&out), NULL, "no room for the beats");
	if (b.count)
		memcpy(b.beat, out.p, out.n);
	*ret = b;
	return 0;
}
