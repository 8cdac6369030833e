/* Beats that look alike, in one pass over the record. A cluster's shape is the mean of its beats (the last ones weigh more: a patient turns over in bed); a beat goes to the cluster that it is most like, or founds one.
 * When all CLASSIFY_CLUSTERS are taken, one that was seen once or twice gives way, else the two most alike are joined. */
#include "cluster.h"
#include "twice.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define JOIN 0.975f   /* correlation over all leads from which a beat belongs to a cluster */
#define AMPLITUDE 2.2f /* and its height is within this factor */

float cluster_alike(const struct classify *k, const struct shape *a, const struct shape *b)
{
	float sum = 0, weight = 0;
	for (unsigned l = 0; l < k->leads; l++) {
		if (!a[l].good || !b[l].good)
			continue;
		float c = shape_likest(&a[l], &b[l]);
		if (a[l].peak > AMPLITUDE * b[l].peak || b[l].peak > AMPLITUDE * a[l].peak)
			c *= 0.8f;
		sum += c * k->weight[l];
		weight += k->weight[l];
	}
	return weight > 0 ? sum / weight : 0;
}

/* Sums of products with the QRS of every cluster: pairs of bytes fit 16 bits. */
INLINE void products_any(const int8_t *restrict a, const int16_t (*restrict b)[CLASSIFY_CLUSTERS], int32_t *restrict sum)
{
	for (int c = 0; c < CLASSIFY_CLUSTERS; c++)
		sum[c] = 0;
	for (int i = 0; i < SHAPE_QRS; i += 2) {
		const int16_t one = a[i], two = a[i + 1];
		for (int c = 0; c < CLASSIFY_CLUSTERS; c++)
			sum[c] += (int16_t)((int16_t)(one * b[i][c]) + (int16_t)(two * b[i + 1][c]));
	}
}

#if defined(__x86_64__)
/* The same, four bytes of each at a time. One factor has to be without a sign; none is -128. */
__attribute__((target("avx2"))) static inline void products_wide(const int8_t *a, const int8_t (*b)[CLASSIFY_CLUSTERS][4], int32_t *ret)
{
	__m256i sum[CLASSIFY_CLUSTERS / 8];
	const __m256i ones = _mm256_set1_epi16(1);
	for (int c = 0; c < CLASSIFY_CLUSTERS / 8; c++)
		sum[c] = _mm256_setzero_si256();
	for (int i = 0; i < SHAPE_QRS / 4; i++) {
		int32_t four;
		memcpy(&four, a + 4 * i, sizeof four);
		const __m256i own = _mm256_set1_epi32(four), size = _mm256_abs_epi8(own);
		for (int c = 0; c < CLASSIFY_CLUSTERS / 8; c++) {
			const __m256i v = _mm256_sign_epi8(_mm256_loadu_si256((const __m256i *)b[i][8 * c]), own);
			sum[c] = _mm256_add_epi32(sum[c], _mm256_madd_epi16(_mm256_maddubs_epi16(size, v), ones));
		}
	}
	for (int c = 0; c < CLASSIFY_CLUSTERS / 8; c++)
		_mm256_storeu_si256((__m256i *)(ret + 8 * c), sum[c]);
}
#endif

static bool fours(void) /* are the QRS kept in fours? */
{
#if defined(__x86_64__)
	return twice_wide();
#else
	return false;
#endif
}

/* Likeness to every cluster at once, without shifts; what cluster_alike does for one with them, in the same order. */
INLINE void weigh(const struct classify *k, const struct shape *a, const int32_t (*dots)[CLASSIFY_CLUSTERS], float *restrict ret)
{
	float sum[CLASSIFY_CLUSTERS] = {0}, weight[CLASSIFY_CLUSTERS] = {0};
	for (unsigned l = 0; l < k->leads; l++) {
		if (!a[l].good)
			continue;
		const int32_t *restrict dot = dots[l];
		const int32_t *restrict norm = k->table->norm[l], *restrict good = k->table->good[l], own = a[l].norm;
		const float *restrict height = k->table->peak[l], peak = a[l].peak, w = k->weight[l];
		for (int c = 0; c < CLASSIFY_CLUSTERS; c++) {
			int32_t n = own * norm[c];
			float v = (float)dot[c] / (float)(n ? n : 1);
			v = n ? v : 0;
			v = ((peak > AMPLITUDE * height[c]) | (height[c] > AMPLITUDE * peak)) ? v * 0.8f : v;
			float more = sum[c] + v * w, heavier = weight[c] + w;
			sum[c] = good[c] ? more : sum[c];
			weight[c] = good[c] ? heavier : weight[c];
		}
	}
	for (int c = 0; c < CLASSIFY_CLUSTERS; c++) {
		float v = sum[c] / (weight[c] > 0 ? weight[c] : 1);
		ret[c] = weight[c] > 0 ? v : 0;
	}
}
#define TO_ALL(name, which, products)                                                                                       \
	static void name(const struct classify *k, const struct shape *a, float *ret)                                          \
	{                                                                                                                      \
		int32_t dots[CLASSIFY_LEADS][CLASSIFY_CLUSTERS] __attribute__((uninitialized));                                   \
		for (unsigned l = 0; l < k->leads; l++)                                                                           \
			if (a[l].good)                                                                                                \
				products(a[l].qrs, k->table->qrs[l].which, dots[l]);                                                      \
		weigh(k, a, dots, ret);                                                                                           \
	}
TO_ALL(to_all_any, one, products_any)
#if defined(__x86_64__)
__attribute__((target("avx2"))) TO_ALL(to_all_wide, four, products_wide)
#else
#define to_all_wide to_all_any
#endif

static void to_all(const struct classify *k, const struct shape *a, float *ret)
{
	(fours() ? to_all_wide : to_all_any)(k, a, ret);
}

/* The greatest of n > 0 and where it is first. Of floats that are no NaN, by their bits. */
INLINE unsigned greatest_body(const float *v, unsigned n, float *ret)
{
	int32_t high = INT32_MIN;
	unsigned at = 0;
	for (unsigned c = 0; c < n; c++) {
		int32_t bits;
		memcpy(&bits, &v[c], sizeof bits);
		bits ^= bits >> 31 & INT32_MAX; // cppcheck-suppress shiftTooManyBitsSigned ; gcc and clang shift the sign in
		high = bits > high ? bits : high;
	}
	high ^= high >> 31 & INT32_MAX; // cppcheck-suppress [shiftTooManyBitsSigned, shiftNegativeLHS] ; as above
	memcpy(ret, &high, sizeof high);
	while (v[at] != *ret)
		at++;
	return at;
}
TWICE(static, unsigned, greatest, (const float *v, unsigned n, float *ret), (v, n, ret))

static void enter(struct classify *k, unsigned at) /* into the table, after a change */
{
	for (unsigned l = 0; l < k->leads; l++) {
		const struct shape *s = &k->c[at].shape[l];
		k->table->good[l][at] = s->good;
		k->table->norm[l][at] = s->norm;
		k->table->peak[l][at] = s->peak;
		for (int i = 0; fours() && i < SHAPE_QRS; i += 4)
			memcpy(k->table->qrs[l].four[i / 4][at], s->qrs + i, 4);
		for (int i = 0; !fours() && i < SHAPE_QRS; i++)
			k->table->qrs[l].one[i][at] = s->qrs[i];
	}
}

/* Towards the beat by one part of `parts`; the mean is of 1/128. The quotient has at most 16 bits and a fraction of at least 1/24: a float is near enough to cut it off rightly. */
INLINE void mix_part(int16_t *restrict sum, int8_t *restrict mean, const int8_t *restrict s, int n, float parts)
{
	for (int i = 0; i < n; i++) {
		int32_t v = sum[i] + (int32_t)((float)(s[i] * 128 - sum[i]) / parts);
		sum[i] = (int16_t)v;
		mean[i] = (int8_t)((v + 64) >> 7);
	}
}

INLINE void mix_into_body(int16_t *restrict sum, struct shape *restrict m, const struct shape *restrict s, int parts)
{
	mix_part(sum, m->qrs, s->qrs, SHAPE_QRS, (float)parts);
	mix_part(sum + SHAPE_QRS, m->t, s->t, SHAPE_T, (float)parts);
	mix_part(sum + SHAPE_QRS + SHAPE_T, m->p, s->p, SHAPE_P, (float)parts);
	m->peak += (s->peak - m->peak) / (float)parts;
	m->spread += (s->spread - m->spread) / (float)parts;
	int32_t squares = 0;
	for (int i = 0; i < SHAPE_QRS; i++)
		squares += m->qrs[i] * m->qrs[i];
	m->norm = (uint16_t)__builtin_sqrt((double)squares);
}
TWICE(static, void, mix_into, (int16_t *sum, struct shape *m, const struct shape *s, int parts), (sum, m, s, parts))

static void mix(struct classify_cluster *c, unsigned lead, const struct shape *s, int parts)
{
	struct shape *m = &c->shape[lead];
	if (!s->good)
		return;
	if (!m->good) {
		*m = *s;
		parts = 1;
	}
	mix_into(c->sum[lead], m, s, parts);
}

/* Makes room: a kind that was seen once or twice, longest ago, goes to the rest; where there is none, the two most alike become one. Returns the free place. */
static unsigned make_room(struct classify *k)
{
	unsigned out = CLASSIFY_CLUSTERS, a = 0, b = 1;
	for (unsigned i = 0; i < k->clusters; i++)
		if (k->c[i].n <= 2 && (out == CLASSIFY_CLUSTERS || k->c[i].last < k->c[out].last))
			out = i;
	if (out < CLASSIFY_CLUSTERS) {
		k->became[k->c[out].id] = CLASSIFY_REST;
		return out;
	}
	float best = -2, v[CLASSIFY_CLUSTERS];
	for (unsigned i = 0; i + 1 < k->clusters; i++) {
		float most;
		to_all(k, k->c[i].shape, v);
		unsigned j = i + 1 + greatest(v + i + 1, k->clusters - i - 1, &most);
		if (most > best) {
			best = most;
			a = k->c[i].n >= k->c[j].n ? i : j;
			b = a == i ? j : i;
		}
	}
	k->became[k->c[b].id] = k->c[a].id;
	k->c[a].n += k->c[b].n;
	return b;
}

static unsigned found(struct classify *k)
{
	unsigned at = k->clusters < CLASSIFY_CLUSTERS ? k->clusters++ : make_room(k);
	k->c[at] = (struct classify_cluster){.id = ++k->ids};
	k->became[k->ids] = k->ids;
	return at;
}

void cluster_beat(struct classify *k, size_t i)
{
	const struct shape *s = k->shape + i * k->leads;
	unsigned best = CLASSIFY_CLUSTERS;
	float most = -2, v0[CLASSIFY_CLUSTERS];
	bool any = false;
	for (unsigned l = 0; l < k->leads; l++)
		any = any || s[l].good;
	k->id[i] = CLASSIFY_REST;
	if (!any)
		return;
	if (k->clusters) {
		to_all(k, s, v0);
		best = greatest(v0, k->clusters, &most);
	}
	if (most < JOIN && most > 0.6f) { /* perhaps it stands a little aside */
		float near = most - 0.15f;
		most = -2;
		for (unsigned c = 0; c < k->clusters; c++) {
			if (v0[c] < near)
				continue;
			float v = cluster_alike(k, s, k->c[c].shape);
			if (v > most) {
				most = v;
				best = c;
			}
		}
	}
	if (most < JOIN && k->ids + 1 < CLASSIFY_IDS)
		best = found(k);
	else if (most < JOIN)
		return;
	struct classify_cluster *c = &k->c[best];
	c->n++;
	c->last = i;
	for (unsigned l = 0; l < k->leads; l++)
		mix(c, l, &s[l], c->n < 24 ? (int)c->n : 24);
	enter(k, best);
	k->id[i] = c->id;
}

/* The rest is known, and each beat's id becomes the place of its cluster. (Joining kinds that have grown towards each other was tried: it brought together what the next beats had set apart.) */
void cluster_settle(struct classify *k)
{
	uint16_t place[CLASSIFY_IDS] = {0};
	for (unsigned c = 0; c < k->clusters; c++)
		place[k->c[c].id] = (uint16_t)(c + 1);
	for (unsigned id = 1; id <= k->ids; id++) { /* ids become smaller or larger ones; never a circle, as what was joined is gone */
		unsigned to = id;
		while (to && k->became[to] != to)
			to = k->became[to];
		place[id] = to ? place[to] : 0;
	}
	for (unsigned c = 0; c < k->clusters; c++)
		k->c[c].n = 0;
	for (size_t i = 0; i < k->count; i++) {
		k->id[i] = place[k->id[i]];
		if (k->id[i])
			k->c[k->id[i] - 1].n++;
	}
}
