/* How likely each candidate is a beat, by itself: its features against what is around it, weighed. The weights were fitted (DESIGN.md says on what). */
#include "detect_internal.h"
#include "twice.h"

#define AROUND 8    /* beats to either side that make up "around" */
#define QUIET 12    /* candidates between beats, to either side */

/* ---- what is usual around ---- */

#define LANES 32 /* windows that are put in order side by side */
#define NONE INT32_MAX

/* Batcher's merge exchange (Knuth 5.2.2, algorithm M) of n numbers, in all lanes at once: the exchanges do not depend on the numbers, so there is no branch to be guessed. */
INLINE void order(int32_t (*w)[LANES], int32_t n)
{
	int32_t top = 1;
	while (2 * top < n)
		top *= 2;
	for (int32_t p = top; p > 0; p /= 2)
		for (int32_t q = top, r = 0, d = p;; d = q - p, q /= 2, r = p) {
			for (int32_t i = 0; i < n - d; i++) {
				if ((i & p) != r)
					continue;
				int32_t *restrict a = w[i], *restrict b = w[i + d];
				for (int k = 0; k < LANES; k++) {
					int32_t x = a[k], y = b[k];
					a[k] = x < y ? x : y;
					b[k] = x < y ? y : x;
				}
			}
			if (q == p)
				break;
		}
}

struct usual { /* of LANES windows: what is in the middle, and a quarter from both ends; how many values there are. The rest of a window is NONE and comes last */
	int32_t low[LANES], middle[LANES], high[LANES], n[LANES];
};

/* Windows of `width` values from v[start[k]] on; before[i] of v[0..i) are values. */
INLINE void windows_body(const int32_t *v, const int32_t *before, const int32_t *start, int32_t width, struct usual *ret)
{
	int32_t w[2 * QUIET][LANES];
	for (int32_t j = 0; j < width; j++)
		for (int k = 0; k < LANES; k++)
			w[j][k] = v[start[k] + j];
	order(w, width);
	for (int k = 0; k < LANES; k++) {
		int32_t n = ret->n[k] = before[start[k] + width] - before[start[k]];
		ret->middle[k] = n ? w[n / 2][k] : 0;
		ret->low[k] = w[n / 4][k];
		ret->high[k] = w[n * 3 / 4][k];
	}
}
TWICE(static, void, windows, (const int32_t *v, const int32_t *before, const int32_t *start, int32_t width, struct usual *ret), (v, before, start, width, ret))

struct list { /* values with as many places before and after as a window may reach out; before: how many are values */
	int32_t *v, *before;
};

static void frame(struct list *s, int32_t n, int32_t pad)
{
	for (int32_t i = 0; i < pad; i++)
		s->v[i] = s->v[pad + n + i] = NONE;
	s->before[0] = 0;
	for (int32_t i = 0; i < n + 2 * pad; i++)
		s->before[i + 1] = s->before[i] + (s->v[i] != NONE);
}

static void say(struct detect_candidate *c, int32_t n, const struct usual *size, const struct usual *sharp, const struct usual *rr, const struct usual *rest, int k)
{
	struct detect_candidate as = {.rr = 0};
	if (rr->n[k] >= 2) {
		int32_t half = (rr->high[k] - rr->low[k]) / 2;
		as.rr = rr->middle[k];
		as.log_rr = detect_log2((uint32_t)as.rr);
		as.spread = half * 25 <= as.rr ? 0 : half * 10 <= as.rr ? 1 : 2;
	}
	for (int32_t i = 0; i < n; i++) {
		if (size->n[k]) {
			c[i].log_level = size->middle[k];
			c[i].typical = sharp->middle[k];
			c[i].rr = 0;
			c[i].spread = 2;
		}
		if (rr->n[k] >= 2) {
			c[i].rr = as.rr;
			c[i].log_rr = as.log_rr;
			c[i].spread = as.spread;
		}
		c[i].log_noise = rest->middle[k];
	}
}

/* Eight lists, each with a frame. */
size_t detect_work(int32_t room)
{
	return 8 * (size_t)(room + 2 * QUIET + 1);
}

/* From the candidates marked as beats: level, noise, sharpness and interval around each candidate. The same for all between two beats. */
void detect_usual(struct detect_lead *l)
{
	const int32_t each = l->room + 2 * QUIET + 1;
	struct list size = {l->work, l->work + each}, sharp = {l->work + 2 * each, size.before}, rr = {l->work + 3 * each, l->work + 4 * each}, rest = {l->work + 5 * each, l->work + 6 * each};
	int32_t *beat = l->tmp, *rests_before = l->tmp2, beats = 0, rests = 0;
	for (int32_t i = 0; i < l->count; i++) {
		const struct detect_candidate *c = &l->c[i];
		if (!c->beat) {
			rest.v[QUIET + rests++] = c->log_size;
			continue;
		}
		const struct detect_candidate *was = beats ? &l->c[beat[beats - 1]] : NULL;
		size.v[AROUND + beats] = c->log_size;
		sharp.v[AROUND + beats] = c->log_sharp;
		rr.v[AROUND + beats] = was && was->hole == c->hole ? c->at - was->at : NONE; /* to it */
		rests_before[beats] = rests;
		beat[beats++] = i;
	}
	frame(&size, beats, AROUND);
	frame(&sharp, beats, AROUND);
	frame(&rr, beats, AROUND);
	frame(&rest, rests, QUIET);
	for (int32_t from = 0; from <= beats; from += LANES) {
		int32_t start[LANES] = {0}, rr_start[LANES] = {0}, rest_start[LANES] = {0}, n = beats + 1 - from < LANES ? beats + 1 - from : LANES;
		struct usual of_size, of_sharp, of_rr, of_rest;
		for (int32_t k = 0; k < n; k++) { /* between beat b - 1 and b; the intervals are those between the beats of the window */
			int32_t b = from + k;
			start[k] = b;
			rr_start[k] = b + 1;
			rest_start[k] = b ? rests_before[b - 1] : 0;
		}
		windows(size.v, size.before, start, 2 * AROUND, &of_size);
		windows(sharp.v, sharp.before, start, 2 * AROUND, &of_sharp);
		windows(rr.v, rr.before, rr_start, 2 * AROUND - 1, &of_rr);
		windows(rest.v, rest.before, rest_start, 2 * QUIET, &of_rest);
		for (int32_t k = 0; k < n; k++) {
			int32_t b = from + k, begin = b ? beat[b - 1] + 1 : 0, end = b < beats ? beat[b] + 1 : l->count;
			say(l->c + begin, end - begin, &of_size, &of_sharp, &of_rr, &of_rest, k);
		}
	}
}

/* Before any beat is known: the level is the median of the greatest in each two seconds of eleven; what is more than half of it stands for beats. */
void detect_levels(struct detect_lead *l)
{
	int32_t block = (int32_t)(l->rate * 2) + 1, blocks = l->n / block + 1, greatest[(DETECT_PAGE_S + 2 * DETECT_MARGIN_S) + 2] = {0};
	assert(blocks <= (int32_t)ARRAY_LEN(greatest));
	for (int32_t i = 0; i < l->count; i++) {
		int32_t *m = &greatest[l->c[i].at / block];
		*m = l->c[i].size > *m ? l->c[i].size : *m;
	}
	int32_t was = -1, level = 0;
	for (int32_t i = 0; i < l->count; i++) {
		int32_t b = l->c[i].at / block, n = 0;
		if (b != was) {
			for (int32_t k = b - 5; k <= b + 5; k++)
				if (k >= 0 && k < blocks && greatest[k])
					l->tmp[n++] = greatest[k];
			level = n ? detect_median(l->tmp, n) : 0;
			was = b;
		}
		l->c[i].beat = l->c[i].size > level / 2;
		l->c[i].log_level = l->c[i].log_size;
	}
	detect_usual(l);
	for (int32_t i = 0; i < l->count; i++)
		l->c[i].beat = false;
}

/* ---- shapes ---- */

static int32_t likeness(const int16_t *restrict t, const int16_t *restrict s)
{
	int32_t sum = 0;
	for (int i = 0; i < DETECT_SNIP; i++)
		sum += t[i] * s[i];
	return sum;
}

static int32_t best_shift(const struct detect_shape *p, const struct detect_candidate *c, int *ret)
{
	int32_t best = INT32_MIN;
	for (int k = 0; k <= 2 * DETECT_SLACK; k++) {
		int32_t v = likeness(p->t, c->snip + k);
		if (v > best) {
			best = v;
			*ret = k;
		}
	}
	return best >> 16;
}

static void learn(struct detect_shape *p, const struct detect_candidate *c, int shift)
{
	if (p->n >= 64)
		return;
	p->n++;
	int64_t square = 0;
	for (int i = 0; i < DETECT_SNIP; i++) {
		p->sum[i] += c->snip[i + shift];
		square += (int64_t)p->sum[i] * p->sum[i];
	}
	if (p->n & (p->n - 1))
		return;
	uint64_t root = 1;
	while (root * root < (uint64_t)square)
		root = root * 5 / 4 + 1;
	for (uint64_t next = (root + (uint64_t)square / root) / 2; next < root; next = (root + (uint64_t)square / root) / 2)
		root = next;
	for (int i = 0; i < DETECT_SNIP; i++)
		p->t[i] = (int16_t)((int64_t)p->sum[i] * 4096 / (int64_t)root);
}

#define ALIKE 205 /* 0.80 */
#define SIZE_ALIKE 180

static void assign(struct detect_shape *shapes, int *count, int most, struct detect_candidate *c)
{
	int32_t best = -256;
	int which = -1, shift = DETECT_SLACK;
	int32_t size = c->log_size - c->log_level;
	for (int k = 0; k < *count && best < 246; k++) {
		int at = DETECT_SLACK;
		if (abs(size - shapes[k].size) > SIZE_ALIKE)
			continue;
		int32_t v = best_shift(&shapes[k], c, &at);
		if (v > best) {
			best = v;
			which = k;
			shift = at;
		}
	}
	if (best < ALIKE && *count < most) {
		which = (*count)++;
		shapes[which] = (struct detect_shape){.size = size};
		shift = DETECT_SLACK;
		best = 256;
	}
	c->mate = (int16_t)(best > 256 ? 256 : best);
	c->shape = which >= 0 && best >= ALIKE ? (uint16_t)(which + 1) : 0;
	if (c->shape)
		learn(&shapes[which], c, shift);
}

void detect_shapes(struct detect_lead *l)
{
	l->shapes = 0;
	for (int pass = 0; pass < 2; pass++)
		for (int32_t i = 0; i < l->count; i++)
			if ((l->c[i].log_size > l->c[i].log_level - 256) == !pass)
				assign(l->shape, &l->shapes, pass ? DETECT_SHAPES : DETECT_SHAPES * 2 / 3, &l->c[i]);
}

/* Likeness to what was taken for beats in the round before. */
void detect_kin(struct detect_lead *l)
{
	int32_t beats[DETECT_SHAPES + 1] = {0}, all[DETECT_SHAPES + 1] = {0};
	for (int32_t i = 0; i < l->count; i++) {
		beats[l->c[i].shape] += l->c[i].beat;
		all[l->c[i].shape]++;
	}
	for (int32_t i = 0; i < l->count; i++) {
		struct detect_candidate *c = &l->c[i];
		int32_t best = 0;
		int at;
		for (int k = 0; k < l->shapes; k++) {
			bool own = c->shape == k + 1;
			int32_t yes = beats[k + 1] - (own && c->beat), no = all[k + 1] - own - yes;
			if (yes < 2 || yes <= no)
				continue;
			int32_t v = own ? c->mate : best_shift(&l->shape[k], c, &at);
			best = v > best ? v : best;
		}
		c->kin = (int16_t)(best > 256 ? 256 : best);
	}
}

/* ---- features ---- */

static int16_t clip(int32_t v, int32_t lo, int32_t hi)
{
	return (int16_t)(v < lo ? lo : v > hi ? hi : v);
}

/* The greatest log size of another candidate at most `reach` before (step -1) or after; 0: none. */
static int32_t neighbour(const struct detect_lead *l, int32_t i, int step, int32_t reach)
{
	int32_t most = 0;
	for (int32_t k = i + step; k >= 0 && k < l->count && abs(l->c[k].at - l->c[i].at) <= reach; k += step)
		most = l->c[k].log_size > most ? l->c[k].log_size : most;
	return most;
}

static int32_t crowd(const struct detect_lead *l, int32_t i)
{
	int32_t n = 0, reach = (int32_t)(l->rate * 1.0), half = l->c[i].size / 2;
	for (int32_t k = i - 1; k >= 0 && l->c[i].at - l->c[k].at <= reach; k--)
		n += l->c[k].size > half;
	for (int32_t k = i + 1; k < l->count && l->c[k].at - l->c[i].at <= reach; k++)
		n += l->c[k].size > half;
	return n;
}

static void alone(struct detect_lead *l, int32_t i)
{
	struct detect_candidate *c = &l->c[i];
	int32_t own = c->log_size, before = neighbour(l, i, -1, (int32_t)(l->rate * 0.40)), after = neighbour(l, i, 1, (int32_t)(l->rate * 0.28));
	c->f[F_ONE] = 256;
	c->f[F_BEFORE] = before > own ? clip(before - own, 0, 1024) : 0;
	c->f[F_AFTER] = after > own ? clip(after - own, 0, 1024) : 0;
	c->f[F_SHARP] = clip(c->log_sharp, -1024, 1024);
	c->f[F_NARROW] = clip(detect_log2((uint32_t)c->core) - own, -1024, 0);
	c->f[F_CROWD] = clip(crowd(l, i) * 64, 0, 1024);
	double uv = c->size * l->uv;
	c->f[F_TINY] = l->uv > 0 && uv < 256 ? clip(detect_log2((uint32_t)(uv * 256)) - 16 * 256, -2048, 0) : 0;
}

/* Of the beats around (not b itself), how many have the like of candidate i as far from them as i is from beat b? A T wave follows every beat, a P wave comes before every beat. Q8 */
static int32_t habit(const struct detect_lead *l, const int32_t *beat, int32_t beats, int32_t b, int32_t i)
{
	int32_t all = 0, like = 0, reach = (int32_t)(l->rate * 0.045) + 1;
	const struct detect_candidate *c = &l->c[i], *of = &l->c[beat[b]];
	int32_t delay = c->at - of->at, ratio = c->log_size - of->log_size;
	for (int32_t k = b - AROUND < 0 ? 0 : b - AROUND; k <= b + AROUND && k < beats; k++) {
		if (k == b)
			continue;
		const struct detect_candidate *m = &l->c[beat[k]];
		int32_t step = delay > 0 ? 1 : -1;
		all++;
		for (int32_t j = beat[k] + step; j >= 0 && j < l->count; j += step) {
			int32_t d = l->c[j].at - m->at;
			if (abs(d) > abs(delay) + reach)
				break;
			if (abs(d - delay) <= reach && abs(l->c[j].log_size - m->log_size - ratio) < 160) {
				like++;
				break;
			}
		}
	}
	return all ? like * 256 / all : 0;
}

/* Smaller, or of any size and blunter, as a tall T wave is. */
static bool lesser(const struct detect_candidate *c, const struct detect_candidate *than)
{
	return c->log_size < than->log_size - 82 || (c->log_sharp < than->log_sharp - 160 && c->log_size < than->log_size + 256);
}

static void habits(struct detect_lead *l)
{
	int32_t *beat = l->tmp, beats = 0, t = (int32_t)(l->rate * 0.48), p = (int32_t)(l->rate * 0.26);
	for (int32_t i = 0; i < l->count; i++)
		if (l->c[i].beat)
			beat[beats++] = i;
	for (int32_t i = 0, b = 0; i < l->count; i++) {
		struct detect_candidate *c = &l->c[i];
		while (b < beats && beat[b] < i)
			b++;
		int32_t after = b < beats && beat[b] == i ? b + 1 : b; /* the next beat; b - 1: the one before */
		c->f[F_HABIT_T] = c->f[F_HABIT_P] = 0;
		if (b > 0 && c->at - l->c[beat[b - 1]].at <= t && lesser(c, &l->c[beat[b - 1]]))
			c->f[F_HABIT_T] = (int16_t)habit(l, beat, beats, b - 1, i);
		if (after < beats && l->c[beat[after]].at - c->at <= p && lesser(c, &l->c[beat[after]]))
			c->f[F_HABIT_P] = (int16_t)habit(l, beat, beats, after, i);
	}
}

/* weights, Q8: before any beat is known; after */
static const int16_t weight[2][F_COUNT] = {
	{746, 547, -109, 453, -643, -913, 108, 726, 32, 164, 0, -672, 53, 0, 0, -466, 0},
	{208, 555, -314, 298, -395, -207, -175, 601, -31, 52, 108, -321, -122, -1487, -1748, -367, 625},
};

void detect_score(struct detect_lead *l, int round)
{
	int32_t beats[DETECT_SHAPES + 1] = {0}, all[DETECT_SHAPES + 1] = {0};
	for (int32_t i = 0; i < l->count; i++) {
		if (!round)
			alone(l, i);
		beats[l->c[i].shape] += l->c[i].beat;
		all[l->c[i].shape]++;
	}
	if (round) {
		habits(l);
		detect_kin(l);
	}
	for (int32_t i = 0; i < l->count; i++) {
		struct detect_candidate *c = &l->c[i];
		int32_t own = c->log_size, level = own - c->log_level, shape = 0;
		int32_t yes = beats[c->shape] - c->beat, no = all[c->shape] - 1 - yes;
		if (round && c->shape)
			shape = detect_log2((uint32_t)(2 * yes + 1)) - detect_log2((uint32_t)(2 * no + 1));
		c->f[F_LEVEL_LOW] = clip(level, -1280, 0);
		c->f[F_LEVEL_HIGH] = clip(level, 0, 1280);
		c->f[F_LEVEL_TINY] = clip(level + 400, -1280, 0);
		c->f[F_KIN] = round ? c->kin : 0;
		c->f[F_NOISE] = c->log_noise ? clip(own - c->log_noise, -512, 1536) : 1536;
		c->f[F_SHARP_REL] = clip(c->f[F_SHARP] - c->typical, -512, 512);
		c->f[F_MATE] = c->mate;
		c->f[F_SHAPE] = clip(shape, -1024, 1024);
		int32_t s = 0;
		for (int k = 0; k < F_COUNT; k++)
			s += c->f[k] * weight[round > 0][k];
		c->score = s >> 8;
	}
}
