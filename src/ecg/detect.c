/* ecg_detect: where the beats are. Pages, leads, and the beats that are kept. */
#include "detect_internal.h"

#include <math.h>

#define SCRATCH_BYTES ((size_t)256 << 20)
#define BEATS_BYTES_MAX ((size_t)4 << 30)
#define RATE_LEAST 40.0
#define MORE_ROUNDS 3 /* only where T waves or steps were taken for beats: each that is known for one shows more of them */
#define ROUNDS 2 /* the first without knowing any beat; a third finds nothing more (DESIGN.md) */

static bool doubted(struct detect_lead *l)
{
	const bool echoes = detect_echoes(l), steps = detect_steps(l);
	return echoes || steps;
}

static void lead_page(struct detect_lead *l, double from_s, double to_s)
{
	int64_t all = (int64_t)((l->g->channel[l->channel].samples + l->by - 1) / l->by);
	int64_t from = (int64_t)floor(from_s * l->rate), to = (int64_t)floor(to_s * l->rate) + 1;
	to = to > all ? all : to;
	l->count = 0;
	if (from >= to)
		return;
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
	for (int round = 0; round < MORE_ROUNDS && doubted(l); round++) {
		detect_usual(l);
		detect_score(l, 1);
		detect_choose(l->c, l->count, l->rate, -1);
	}
}

struct run { /* over a record */
	struct detect_fusion f;
	struct buf *out;
	double last_s; /* where the last beat kept is, by its candidate */
	uint64_t last;
	bool any;
};

/* How clean the signal is: how sure the detector is of the beats around. */
static uint8_t quality(const struct detect_lead *l, int32_t i)
{
	int32_t sum = 0, n = 0;
	for (int32_t k = i, had = 0; k >= 0 && had < 3; k--)
		if (l->c[k].beat) {
			sum += l->c[k].score;
			n++;
			had++;
		}
	for (int32_t k = i + 1, had = 0; k < l->count && had < 2; k++)
		if (l->c[k].beat) {
			sum += l->c[k].score;
			n++;
			had++;
		}
	int32_t q = sum / n * 20 / 256;
	return (uint8_t)(q < 1 ? 1 : q > 100 ? 100 : q);
}

static void keep(struct run *r, const struct detect_lead *list, int32_t i, double at_s)
{
	const struct detect_lead *l = list;
	const struct detect_candidate *c = &list->c[i];
	if (list == &r->f.all) {
		l = &r->f.lead[c->shape];
		c = &l->c[c->sharp];
	}
	uint64_t at = detect_place(l, c);
	double ratio = l->g->rate / l->g->channel[l->channel].rate;
	if (ratio != 1)
		at = (uint64_t)((double)at * ratio + 0.5);
	if (at >= l->g->samples || (r->any && at <= r->last))
		return;
	struct ecg_beat b = {.at = at, .class = 'N', .quality = quality(list, i), .width_ms = -1};
	buf_add(r->out, &b, sizeof b);
	r->last = at;
	r->last_s = at_s;
	r->any = true;
}

static double second(const struct run *r, const struct detect_lead *list, int32_t i)
{
	double t = (double)(list->first + list->c[i].at) / list->rate;
	return list == &r->f.all ? t + r->f.page_s : t;
}

/* The candidate that the page before kept last, so that the chain goes on from it; -1: it is not here. */
static int32_t last_kept(const struct run *r, const struct detect_lead *list)
{
	int32_t best = -1;
	double off = 0.06;
	for (int32_t i = 0; r->any && i < list->count; i++)
		if (fabs(second(r, list, i) - r->last_s) < off) {
			off = fabs(second(r, list, i) - r->last_s);
			best = i;
		}
	return best;
}

static void page(struct run *r, uint64_t number)
{
	double start = (double)number * DETECT_PAGE_S, end = start + DETECT_PAGE_S, from = number ? start - DETECT_MARGIN_S : 0;
	struct detect_lead *list = &r->f.lead[0];
	for (unsigned k = 0; k < r->f.leads; k++)
		lead_page(&r->f.lead[k], from, end + DETECT_MARGIN_S);
	if (r->f.leads > 1) {
		r->f.page_s = from;
		detect_fuse(&r->f);
		list = &r->f.all;
	}
	int32_t first = last_kept(r, list);
	if (first >= 0 || r->f.leads > 1)
		detect_choose(list->c, list->count, list->rate, first);
	for (int32_t i = first + 1; i < list->count; i++) {
		double t = second(r, list, i);
		if (list->c[i].beat && t >= start && t < end)
			keep(r, list, i, t);
	}
}

static int choose_leads(struct run *r, const struct ecg *g, const unsigned *channels, size_t n, struct arena *a, struct err *e)
{
	unsigned count = 0;
	for (size_t i = 0; i < (channels ? n : g->channels) && count < DETECT_LEADS; i++) {
		unsigned c = channels ? channels[i] : (unsigned)i;
		if (c >= g->channels)
			return err_set(e, ERR_INPUT, NULL, "there is no channel %u", c);
		if (!channels && (!g->channel[c].ecg || g->channel[c].rate < RATE_LEAST))
			continue;
		if (g->channel[c].rate < RATE_LEAST)
			return err_set(e, ERR_INPUT, NULL, "channel %u has %g samples a second: too few to find beats", c, g->channel[c].rate);
		int code = detect_front_init(&r->f.lead[count++], g, c, a, e);
		if (code < 0)
			return code;
	}
	if (!count)
		return err_set(e, ERR_INPUT, NULL, "there is no ECG channel to look for beats in");
	r->f.leads = count;
	return count > 1 ? detect_fusion_init(&r->f, g, a, e) : 0;
}

int ecg_detect(const struct ecg *g, const unsigned *channels, size_t n, struct arena *a, struct ecg_beats *ret, struct err *e)
{
	AUTO_ARENA struct arena *scratch = arena_new(SCRATCH_BYTES);
	AUTO_BUF struct buf out = {0};
	buf_init(&out, BEATS_BYTES_MAX);
	struct run *r = scratch ? arena_alloc(scratch, sizeof *r) : NULL;
	if (!r)
		return err_set(e, ERR_MEMORY, NULL, "no memory to look for beats");
	r->out = &out;
	int code = choose_leads(r, g, channels, n, scratch, e);
	if (code < 0)
		return code;
	for (uint64_t p = 0; (double)p * DETECT_PAGE_S * g->rate < (double)g->samples && buf_ok(&out); p++)
		page(r, p);
	struct ecg_beats b = {.rate = g->rate, .count = out.n / sizeof(struct ecg_beat)};
	if (!buf_ok(&out) || !(b.beat = arena_array(a, b.count + 1, sizeof *b.beat)))
		return err_set(e, buf_ok(&out) ? arena_code(a) : buf_code(&out), NULL, "no room for the beats");
	if (b.count)
		memcpy(b.beat, out.p, out.n);
	*ret = b;
	return 0;
}
