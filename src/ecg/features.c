/* From beats to what can be weighed: shapes in the cleanest leads, clusters, the patient's normal beat, intervals. */
#include "cluster.h"
#include "wander.h"

#include <math.h>

#define NORMAL_SPREAD 1.25f /* a kind this much wider than the normal beat is not called normal for its number alone */
#define NEAR 20 /* intervals on either side that make the rate around a beat */

static float clip(float v, float lo, float hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

/* ---- which leads ---- */

#define NOISY 4 /* percent of the QRS, from step to step of the grid: no reference record at rest has so much */

/* A lead is worth what its beats stand out of their noise: over up to 200 beats spread over the record. */
static float worth(const struct ecg_beats *b, struct shape_reader *r)
{
	size_t step = b->count / 200 + 1, n = 0;
	float sum = 0;
	uint32_t noise = 0, good = 0;
	for (size_t i = 0; i < b->count; i += step, n++) {
		struct shape s;
		shape_read(r, b->beat[i].at, &s);
		sum += s.good ? 1.0f / (1.0f + (float)s.noise / 4) : 0;
		noise += s.good ? s.noise : 0;
		good += s.good;
	}
	r->noisy = noise > NOISY * good;
	return n ? sum / (float)n : 0;
}

static int choose(struct classify *k, const struct ecg *g, const unsigned *channels, size_t n, struct arena *a, const struct ecg_beats *b, struct shape_reader *reader, struct err *e)
{
	float have[CLASSIFY_LEADS] = {0};
	for (size_t i = 0; i < (channels ? n : g->channels); i++) {
		unsigned c = channels ? channels[i] : (unsigned)i;
		struct shape_reader r;
		if (!channels && !g->channel[c].ecg)
			continue;
		int code = shape_reader_init(&r, g, c, a, e);
		if (code < 0)
			return code;
		float w = worth(b, &r);
		if (channels && n == 1 && w < 0.01f)
			w = 0.01f;
		unsigned at = k->leads < CLASSIFY_LEADS ? k->leads++ : CLASSIFY_LEADS;
		if (at == CLASSIFY_LEADS) { /* in place of the worst, if it is better */
			for (unsigned l = 0; l < CLASSIFY_LEADS; l++)
				at = have[l] < w && (at == CLASSIFY_LEADS || have[l] < have[at]) ? l : at;
			if (at == CLASSIFY_LEADS)
				continue;
		}
		have[at] = w;
		k->channel[at] = c;
		k->weight[at] = w;
		reader[at] = r;
	}
	float best = 0;
	for (unsigned l = 0; l < k->leads; l++)
		best = k->weight[l] > best ? k->weight[l] : best;
	for (unsigned l = 0; l < k->leads; l++) /* a lead that is half as clean has little to say */
		k->weight[l] = best > 0 ? (k->weight[l] / best) * (k->weight[l] / best) : 1;
	return 0;
}

/* ---- intervals ---- */

static float interval(const struct ecg_beats *b, size_t i) /* from the beat before, seconds; 0: none */
{
	if (i == 0 || i >= b->count)
		return 0;
	return (float)((double)(b->beat[i].at - b->beat[i - 1].at) / b->rate);
}

/* The last values seen, in order of size: what a window that moves by one adds and loses. */
struct window {
	float v[2 * NEAR + 2];
	size_t n;
};

static void window_add(struct window *w, float v)
{
	size_t at = w->n++;
	assert(w->n <= ARRAY_LEN(w->v));
	for (; at > 0 && w->v[at - 1] > v; at--)
		w->v[at] = w->v[at - 1];
	w->v[at] = v;
}

static void window_drop(struct window *w, float v)
{
	size_t at = 0;
	while (at < w->n && w->v[at] != v)
		at++;
	assert(at < w->n);
	w->n--;
	for (; at < w->n; at++)
		w->v[at] = w->v[at + 1];
}

struct surroundings {
	const struct ecg_beats *b;
	struct window rr, change;
	size_t from, to; /* intervals in the windows */
};

static bool counts(const struct ecg_beats *b, size_t i)
{
	return i > 0 && i < b->count && interval(b, i) <= 3;
}

static float change_at(const struct ecg_beats *b, size_t i) /* from interval i - 1 to i, both counting */
{
	return fabsf(interval(b, i) - interval(b, i - 1));
}

/* The mean of the intervals around beat i without the shortest and longest fifth: of an early beat and its pause both go in, so bigeminy has the rate of its sinus node. And how irregular: the median change. i goes up by one. */
static void around(struct surroundings *s, size_t i, float *mean, float *irregular)
{
	const struct ecg_beats *b = s->b;
	size_t from = i > NEAR ? i - NEAR + 1 : 1, to = i + NEAR + 1 < b->count ? i + NEAR + 1 : b->count;
	for (; s->to < to; s->to++) {
		if (!counts(b, s->to))
			continue;
		window_add(&s->rr, interval(b, s->to));
		if (s->to > s->from && counts(b, s->to - 1))
			window_add(&s->change, change_at(b, s->to));
	}
	for (; s->from < from; s->from++) {
		if (!counts(b, s->from))
			continue;
		window_drop(&s->rr, interval(b, s->from));
		if (s->from + 1 < s->to && counts(b, s->from + 1))
			window_drop(&s->change, change_at(b, s->from + 1));
	}
	*mean = 0.8f;
	*irregular = 0;
	if (!s->rr.n)
		return;
	float sum = 0;
	size_t n = s->rr.n, cut = n / 5;
	for (size_t j = cut; j < n - cut; j++)
		sum += s->rr.v[j];
	*mean = sum / (float)(n - 2 * cut);
	*irregular = s->change.n ? s->change.v[s->change.n / 2] / *mean : 0;
}

static void rhythm_features(struct surroundings *s, size_t i, float *f)
{
	const struct ecg_beats *b = s->b;
	float mean, irregular, pre = interval(b, i), post = interval(b, i + 1);
	around(s, i, &mean, &irregular);
	f[F_PRE] = pre > 0 ? clip(1 - pre / mean, -1, 0.8f) : 0;
	f[F_POST] = post > 0 ? clip(post / mean - 1, -0.8f, 1) : 0;
	f[F_IRREGULAR] = clip(irregular, 0, 0.5f);
	float regular = clip(1 - irregular / 0.15f, 0, 1);
	f[F_PRE_REG] = f[F_PRE] * regular;
	f[F_POST_REG] = f[F_POST] * regular;
}

/* ---- against the normal beat ---- */

static void shape_features(const struct classify *k, size_t i, const struct classify_cluster *normal, float *f)
{
	const struct shape *s = k->shape + i * k->leads;
	float weight = 0;
	for (int j = F_SHAPE; j <= F_NOISE; j++)
		f[j] = 0;
	for (unsigned l = 0; l < k->leads; l++) {
		const struct shape *a = &s[l], *d = &normal->shape[l];
		float w = k->weight[l];
		if (!a->good || !d->good)
			continue;
		float amplitude = (a->peak - d->peak) / (a->peak + d->peak);
		f[F_SHAPE] += w * clip(1 - shape_likest(a, d), 0, 1);
		f[F_AMPLITUDE] += w * amplitude;
		f[F_AMPLITUDE_ABS] += w * fabsf(amplitude);
		f[F_SPREAD] += w * clip(a->spread / (d->spread + 0.1f) - 1, -0.5f, 2);
		f[F_SPREAD_ABS] += w * a->spread / 8;
		f[F_T] += w * (1 - shape_like_t(a, d));
		f[F_P] += w * (1 - shape_like_p(a, d));
		f[F_NOISE] += w * clip((float)a->noise / 20, 0, 1);
		weight += w;
	}
	if (weight > 0)
		for (int j = F_SHAPE; j <= F_NOISE; j++)
			f[j] /= weight;
	f[F_SHAPE_PRE] = f[F_SHAPE] * f[F_PRE];
	f[F_SHAPE_SPREAD] = f[F_SHAPE] * f[F_SPREAD];
}

/* Against that normal kind which it is most like. */
static void nearest_features(const struct classify *k, size_t i, float *f)
{
	const struct shape *s = k->shape + i * k->leads;
	unsigned best = k->dominant;
	float most = -2;
	if (k->id[i] && k->c[k->id[i] - 1].normal) {
		shape_features(k, i, &k->c[k->id[i] - 1], f);
		return;
	}
	for (unsigned c = 0; c < k->clusters; c++)
		if (k->c[c].normal) {
			float v = cluster_alike(k, s, k->c[c].shape);
			if (v > most) {
				most = v;
				best = c;
			}
		}
	shape_features(k, i, &k->c[best], f);
}

static float spread_of(const struct classify *k, unsigned c)
{
	float spread = 0, weight = 0;
	for (unsigned l = 0; l < k->leads; l++) {
		spread += k->c[c].shape[l].spread * k->weight[l];
		weight += k->weight[l];
	}
	return weight > 0 ? spread / weight : 0;
}

/* Other kinds that are normal, too: many, on time, not wider. A patient turns over, an axis moves with breath, an electrode is moved. */
static void more_normals(struct classify *k)
{
	float wide = spread_of(k, k->dominant) * NORMAL_SPREAD;
	k->c[k->dominant].normal = true;
	for (unsigned c = 0; c < k->clusters; c++) {
		const double *f = k->c[c].f;
		if (k->c[c].n >= 12 && k->c[c].n * 200 >= k->count && f[F_C_PRE] < 0.06 && f[F_C_EARLY] < 0.15 && spread_of(k, c) < wide)
			k->c[c].normal = true;
	}
}

/* The normal beat: the kind with most beats, where those that come early count little and wide ones less. */
static unsigned choose_normal(const struct classify *k, struct arena *a)
{
	float *worth_of = arena_array(a, k->clusters + 1, sizeof *worth_of);
	unsigned best = 0;
	if (!worth_of)
		return 0;
	for (size_t i = 0; i < k->count; i++) {
		float v = k->f[i][F_PRE];
		if (k->id[i])
			worth_of[k->id[i]] += v > 0.15f ? -0.5f : v > 0.08f ? 0.3f : 1;
	}
	for (unsigned c = 0; c < k->clusters; c++) {
		worth_of[c + 1] /= 1 + clip(spread_of(k, c) / 5 - 1, 0, 2) * 0.5f;
		if (c == 0 || worth_of[c + 1] > worth_of[best + 1])
			best = c;
	}
	return best;
}

/* How far a beat is from normal, in terms of how far normal beats are. */
static void against_normals(struct classify *k)
{
	static const int from[] = {F_SHAPE, F_SPREAD, F_T, F_P}, to[] = {F_SHAPE_Z, F_SPREAD_Z, F_T_Z, F_P_Z};
	static const double least[] = {0.01, 0.05, 0.04, 0.04};
	for (size_t j = 0; j < ARRAY_LEN(from); j++) {
		double sum = 0, n = 0;
		for (size_t i = 0; i < k->count; i++)
			if (k->id[i] && k->c[k->id[i] - 1].normal) {
				double v = fabsf(k->f[i][from[j]]);
				sum += v < 0.5 ? v : 0.5;
				n++;
			}
		double usual = 3 * (n > 0 ? sum / n : 0) + least[j];
		for (size_t i = 0; i < k->count; i++) {
			double v = k->f[i][from[j]];
			k->f[i][to[j]] = (float)(v / (fabs(v) + usual));
		}
	}
}

#define NOISE_LET 0.15f /* as noisy as recordings at rest are */
#define NOISE_LET_MOST 0.2f /* of what is more */

/* A noisy beat is not soon believed to be ventricular, since noise makes it unlike the normal one. In a recording that is noisy throughout that would hold for all of them; but there normal beats differ among themselves, too
 * (against_normals), so only what is over the usual counts. */
static void usual_noise(struct classify *k)
{
	double sum = 0, n = 0;
	for (size_t i = 0; i < k->count; i++)
		if (k->id[i] && k->c[k->id[i] - 1].normal) {
			sum += k->f[i][F_NOISE];
			n++;
		}
	const float more = n > 0 ? (float)(sum / n) - NOISE_LET : 0, over = more < NOISE_LET_MOST ? more : NOISE_LET_MOST;
	for (size_t i = 0; over > 0 && i < k->count; i++)
		k->f[i][F_NOISE] = k->f[i][F_NOISE] > over ? k->f[i][F_NOISE] - over : 0;
}

static void cluster_features(struct classify *k)
{
	static const int own[][2] = {{F_PRE, F_C_PRE}, {F_POST, F_C_POST}, {F_SHAPE, F_C_SHAPE}, {F_SPREAD, F_C_SPREAD}, {F_T, F_C_T}, {F_P, F_C_P},
		{F_AMPLITUDE_ABS, F_C_AMPLITUDE}, {F_SHAPE_PRE, F_C_SHAPE_PRE}, {F_C_EARLY, F_C_EARLY},
		{F_SHAPE_Z, F_C_SHAPE_Z}, {F_SPREAD_Z, F_C_SPREAD_Z}, {F_T_Z, F_C_T_Z}, {F_P_Z, F_C_P_Z}};
	for (unsigned c = 0; c < k->clusters; c++)
		for (size_t j = 0; j < ARRAY_LEN(own); j++)
			k->c[c].f[own[j][1]] = 0;
	for (size_t i = 0; i < k->count; i++) {
		k->f[i][F_C_EARLY] = k->f[i][F_PRE] > 0.1f;
		for (size_t j = 0; k->id[i] && j < ARRAY_LEN(own); j++)
			k->c[k->id[i] - 1].f[own[j][1]] += k->f[i][own[j][0]];
	}
	for (unsigned c = 0; c < k->clusters; c++)
		for (size_t j = 0; j < ARRAY_LEN(own); j++)
			k->c[c].f[own[j][1]] /= k->c[c].n ? k->c[c].n : 1;
	for (size_t i = 0; i < k->count; i++) {
		float *f = k->f[i];
		const struct classify_cluster *c = k->id[i] ? &k->c[k->id[i] - 1] : NULL;
		float n = c ? (float)c->n : 1;
		for (size_t j = 0; j < ARRAY_LEN(own); j++)
			f[own[j][1]] = c ? (float)c->f[own[j][1]] : f[own[j][0]];
		f[F_C_SIZE] = n / (n + 8);
		f[F_C_SHARE] = n / (float)k->count;
		f[F_C_LONE] = 1 / n;
		int same = 0;
		for (size_t j = i > 4 ? i - 4 : 0; j <= i + 4 && j < k->count; j++)
			same += j != i && k->id[j] == k->id[i] && k->id[i];
		f[F_RUN] = (float)same / 8;
	}
}

/* As it was recorded; and how much the baseline moves is kept. */
static void read_beat(struct classify *k, struct shape_reader *reader, const struct ecg_beats *b, size_t i, struct wander *wander)
{
	for (unsigned l = 0; l < k->leads; l++) {
		struct shape *s = &k->shape[i * k->leads + l];
		shape_read(&reader[l], b->beat[i].at, s);
		wander_seen(&wander[l], reader[l].level, s);
	}
}

int classify_prepare(const struct ecg *g, const unsigned *channels, size_t n, struct arena *a, const struct ecg_beats *b, struct classify *k, struct err *e)
{
	struct shape_reader reader[CLASSIFY_LEADS];
	struct surroundings near = {.b = b, .from = 1, .to = 1};
	*k = (struct classify){.count = b->count};
	int r = choose(k, g, channels, n, a, b, reader, e);
	if (r < 0)
		return r;
	if (!k->leads)
		return err_set(e, ERR_INPUT, NULL, "there is no ECG channel in it");
	k->shape = shape_room(a, b->count * k->leads);
	k->id = arena_array(a, b->count + 1, sizeof *k->id);
	k->f = arena_array(a, b->count + 1, sizeof *k->f);
	k->c = arena_array(a, CLASSIFY_CLUSTERS, sizeof *k->c);
	k->table = arena_alloc(a, sizeof *k->table);
	k->became = arena_array(a, CLASSIFY_IDS + 1, sizeof *k->became);
	if (!k->shape || !k->id || !k->f || !k->c || !k->table || !k->became)
		return err_set(e, arena_code(a), NULL, "no room for the shapes of the beats");
	struct wander wander[CLASSIFY_LEADS] = {0};
	for (size_t i = 0, seen = 0; i < b->count; i++) {
		for (; seen < b->count && seen <= i + WANDER_NEAR; seen++)
			read_beat(k, reader, b, seen, wander);
		for (unsigned l = 0; l < k->leads; l++)
			if (wander_much(&wander[l]))
				wander_read(&reader[l], b->beat[i].at, &k->shape[i * k->leads + l]);
		cluster_beat(k, i);
		rhythm_features(&near, i, k->f[i]);
	}
	cluster_settle(k);
	k->dominant = choose_normal(k, a);
	cluster_features(k);
	more_normals(k);
	for (size_t i = 0; i < b->count; i++)
		nearest_features(k, i, k->f[i]);
	usual_noise(k);
	against_normals(k);
	cluster_features(k);
	return 0;
}
