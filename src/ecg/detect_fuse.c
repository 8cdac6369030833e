/* Several leads become one list of candidates. Each lead was looked at by itself; what it says counts as much as it can be trusted there: how sure it is of its own beats within some ten seconds. A lead
 * that is off has none and counts nothing; a noisy one is sure of little. */
#include "detect_internal.h"
#include "twice.h"

#include <math.h>

#define TICKS 1024        /* a second of the common list */
#define NEAR_TICKS 82     /* 80 ms: candidates of one complex in different leads */
#define TRUST_S 8
#define SURE 1024         /* Q8: odds that are as good as any */
#define HOPELESS (-1800)
#define MISSING (-900)    /* what a lead says that sees nothing there */

/* Where each candidate is on the common scale. */
INLINE void ticks_body(const int32_t *restrict at, int32_t n, double first, double rate, double page_s, int32_t *restrict ret)
{
	for (int32_t i = 0; i < n; i++)
		ret[i] = (int32_t)floor(((first + at[i]) / rate - page_s) * TICKS + 0.5);
}
TWICE(static, void, ticks, (const int32_t *at, int32_t n, double first, double rate, double page_s, int32_t *ret), (at, n, first, rate, page_s, ret))

/* Trust in Q8 for each stretch of TRUST_S seconds, its neighbours counted in. */
static void trust(struct detect_fusion *f, unsigned k)
{
	int32_t sum[DETECT_STRETCHES] = {0}, n[DETECT_STRETCHES] = {0};
	const struct detect_lead *l = &f->lead[k];
	for (int32_t i = 0; i < l->count; i++) {
		int32_t b = l->tmp[i] / (TRUST_S * TICKS), s = l->c[i].score;
		if (!l->c[i].beat || b < 0 || b >= DETECT_STRETCHES)
			continue;
		sum[b] += s > SURE ? SURE : s < 0 ? 0 : s;
		n[b]++;
	}
	for (int b = 0; b < DETECT_STRETCHES; b++) {
		int32_t s = 0, m = 0;
		for (int i = b ? b - 1 : 0; i <= b + 1 && i < DETECT_STRETCHES; i++) {
			s += sum[i];
			m += n[i];
		}
		f->trust[k][b] = m ? (int16_t)(s / m * 256 / SURE) : 0;
	}
}

static int32_t trust_at(const struct detect_fusion *f, unsigned k, int32_t tick)
{
	int32_t b = tick / (TRUST_S * TICKS);
	return b < 0 || b >= DETECT_STRETCHES ? 0 : f->trust[k][b];
}

static void gather(struct detect_fusion *f)
{
	int32_t next[DETECT_LEADS] = {0};
	f->seen = 0;
	for (;;) {
		int32_t least = INT32_MAX;
		unsigned from = 0;
		for (unsigned k = 0; k < f->leads; k++) {
			const struct detect_lead *l = &f->lead[k];
			while (next[k] < l->count && l->c[next[k]].score < HOPELESS)
				next[k]++;
			int32_t t = next[k] < l->count ? l->tmp[next[k]] : INT32_MAX;
			if (t < least) {
				least = t;
				from = k;
			}
		}
		if (least == INT32_MAX)
			return;
		const struct detect_candidate *c = &f->lead[from].c[next[from]];
		f->sight[f->seen] = (struct detect_sight){.tick = least, .lead = (uint8_t)from, .candidate = next[from], .number = -1, .worth = c->score * trust_at(f, from, least) / 256};
		f->seen++;
		next[from]++;
	}
}

/* The sights most worth first, of equals the first: their numbers, by radix, eleven bits at a time. What comes in is in the order of time, and stays so among equals. */
static void by_worth(struct detect_fusion *f)
{
	uint32_t *from = f->order, *to = f->order + f->room;
	for (int32_t i = 0; i < f->seen; i++)
		from[i] = (uint32_t)i;
	for (unsigned shift = 0; shift < 32; shift += 11) {
		uint32_t at[2048] = {0}, sum = 0;
		for (int32_t i = 0; i < f->seen; i++)
			at[~((uint32_t)f->sight[i].worth ^ 0x80000000u) >> shift & 2047]++;
		for (size_t k = 0; k < ARRAY_LEN(at); k++) {
			uint32_t n = at[k];
			at[k] = sum;
			sum += n;
		}
		for (int32_t i = 0; i < f->seen; i++)
			to[at[~((uint32_t)f->sight[from[i]].worth ^ 0x80000000u) >> shift & 2047]++] = from[i];
		uint32_t *t = from;
		from = to;
		to = t;
	}
	f->sorted = from;
}

/* A complex: the sight most worth, and what the other leads have within reach of it. What is known of it is kept with that sight. */
static void complex(struct detect_fusion *f, int32_t top, int32_t number)
{
	int64_t sum = 0, weight = 0;
	bool have[DETECT_LEADS] = {false};
	struct detect_sight *s = &f->sight[top];
	s->number = number;
	s->whose = s->lead; /* for placing */
	s->which = s->candidate;
	int32_t from = top, to = top + 1, rank = INT32_MAX;
	while (from > 0 && s->tick - f->sight[from - 1].tick <= NEAR_TICKS)
		from--;
	while (to < f->seen && f->sight[to].tick - s->tick <= NEAR_TICKS)
		to++;
	for (int32_t i = from; i < to; i++) {
		struct detect_sight *m = &f->sight[i];
		if (m->taken || have[m->lead])
			continue;
		m->taken = have[m->lead] = true;
		sum += m->worth;
		weight += trust_at(f, m->lead, m->tick);
		int32_t r = f->rank[m->lead] + (trust_at(f, m->lead, m->tick) < 128 || m->worth <= 0 ? 1000 : 0);
		if (r < rank) {
			rank = r;
			s->whose = m->lead;
			s->which = m->candidate;
		}
	}
	for (unsigned k = 0; k < f->leads; k++)
		if (!have[k]) {
			sum += (int64_t)MISSING * trust_at(f, k, s->tick) / 256;
			weight += trust_at(f, k, s->tick);
		}
	/* leads do not err independently of each other: the sum counts by the root of how many they are */
	s->score = (int32_t)((double)sum / (weight > 256 ? sqrt((double)weight / 256) : 1));
}

/* The complexes in the order of time; of those at one moment, the first found first. */
static void list(struct detect_fusion *f)
{
	struct detect_candidate *c = f->all.c;
	int32_t n = 0, *of = f->all.tmp;
	for (int32_t i = 0; i < f->seen; i++) {
		if (f->sight[i].number < 0)
			continue;
		int32_t at = n++;
		for (; at > 0 && f->sight[of[at - 1]].tick == f->sight[i].tick && f->sight[of[at - 1]].number > f->sight[i].number; at--)
			of[at] = of[at - 1];
		of[at] = i;
	}
	f->all.count = n;
	for (int32_t i = 0; i < n; i++) {
		const struct detect_sight *s = &f->sight[of[i]];
		const struct detect_lead *l = &f->lead[s->lead];
		const struct detect_candidate *own = &l->c[s->candidate];
		int32_t rr = (int32_t)(own->rr * TICKS / l->rate);
		c[i] = (struct detect_candidate){.at = s->tick, .shape = s->whose, .sharp = s->which, .score = s->score, .rr = rr, .log_rr = detect_log2((uint32_t)rr), .spread = own->spread};
	}
}

/* What no lead recorded, before each candidate. */
static void holes(struct detect_fusion *f)
{
	int32_t next[DETECT_LEADS] = {0};
	for (int32_t i = 0; i < f->all.count; i++) {
		int32_t least = INT32_MAX;
		for (unsigned k = 0; k < f->leads; k++) {
			const struct detect_lead *l = &f->lead[k];
			if (!l->count)
				continue;
			while (next[k] + 1 < l->count && l->tmp[next[k] + 1] <= f->all.c[i].at + NEAR_TICKS)
				next[k]++;
			int32_t h = (int32_t)(l->c[next[k]].hole * TICKS / l->rate);
			least = h < least ? h : least;
		}
		f->all.c[i].hole = least == INT32_MAX ? 0 : least;
	}
}

void detect_fuse(struct detect_fusion *f)
{
	for (unsigned k = 0; k < f->leads; k++) {
		const struct detect_lead *l = &f->lead[k];
		ticks(l->at, l->count, (double)l->first, l->rate, f->page_s, l->tmp);
		trust(f, k);
	}
	gather(f);
	f->all.rate = TICKS;
	f->all.first = 0;
	by_worth(f);
	for (int32_t i = 0, number = 0; i < f->seen && number < f->all.room; i++)
		if (!f->sight[f->sorted[i]].taken)
			complex(f, (int32_t)f->sorted[i], number++);
	list(f);
	holes(f);
	detect_choose(f->all.c, f->all.count, TICKS, -1);
	detect_usual(&f->all);
}

static int32_t rank_of(const struct ecg *g, unsigned channel, unsigned place)
{
	static const uint8_t best[] = {ECG_LEAD_II, ECG_LEAD_MLII, ECG_LEAD_V5, ECG_LEAD_MV5, ECG_LEAD_I, ECG_LEAD_V4, ECG_LEAD_V6, ECG_LEAD_V3, ECG_LEAD_V2, ECG_LEAD_V1};
	for (unsigned i = 0; i < ARRAY_LEN(best); i++)
		if (g->channel[channel].lead == (enum ecg_lead)best[i])
			return (int32_t)i;
	return (int32_t)(100 + place);
}

int detect_fusion_init(struct detect_fusion *f, const struct ecg *g, struct arena *a, struct err *e)
{
	size_t seen = 0;
	for (unsigned k = 0; k < f->leads; k++)
		seen += (size_t)f->lead[k].room;
	f->all.room = seen > DETECT_CANDIDATES ? DETECT_CANDIDATES : (int32_t)seen;
	f->sight = arena_array(a, seen, sizeof *f->sight);
	f->room = seen;
	f->order = arena_array(a, 2 * seen, sizeof *f->order);
	f->all.c = arena_array(a, (size_t)f->all.room, sizeof *f->all.c);
	f->all.tmp = arena_array(a, (size_t)f->all.room, sizeof *f->all.tmp);
	f->all.tmp2 = arena_array(a, (size_t)f->all.room, sizeof *f->all.tmp2);
	f->all.work = arena_array(a, detect_work(f->all.room), sizeof *f->all.work);
	if (!f->sight || !f->order || !f->all.c || !f->all.tmp || !f->all.tmp2 || !f->all.work)
		return err_set(e, arena_code(a), NULL, "no room to look for beats");
	for (unsigned k = 0; k < f->leads; k++)
		f->rank[k] = rank_of(g, f->lead[k].channel, k);
	return 0;
}
