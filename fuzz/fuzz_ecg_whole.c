/* Beats, classes, rhythm, measurements and statements over samples of any kind. Whatever the samples are: no crash, values that can be, the same again for the same, and no long time for a short record.
 * 12 bytes say leads, rates, scale and how the samples are made of the rest: as they are, or as beats of a shape and at intervals that the rest gives. */
#include "ecg.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#define LEADS_MAX 12
#define SAMPLES_MAX 30000
#define HEAD 12
#define REQUIRE(x) ((x) ? (void)0 : abort())

static double rate_of(uint8_t b)
{
	static const double rates[] = {500, 250, 128, 360, 1000, 100, 50, 4000, 16000, 100000, 257.3, 93.7, 40, 10, 1, 0.01};
	return rates[b % ARRAY_LEN(rates)];
}

/* As 16 bits; small; a byte that stands for a while; the same with gaps; a triangle in each stretch of some hundred samples with a wave behind it. */
static int16_t sample_of(const uint8_t *p, size_t n, size_t i, uint8_t how, size_t stretch)
{
	uint8_t b = p[i % n], c = p[(i + 1) % n];
	switch (how & 7) {
	case 0: return (int16_t)(b | c << 8);
	case 1: return (int16_t)(b - 128);
	case 2: return (int16_t)((p[i / 37 % n] - 128) * 200);
	case 3: return b == 0x55 ? ECG_GAP16 : (int16_t)((b - 128) * (c & 15));
	}
	size_t beat = i / stretch, at = i % stretch;
	uint8_t shape = p[beat % n], off = p[(beat * 7 + 3) % n];
	int v = (b & 7) - 4;
	if (at >= off && at - off < 20)
		v += ((int)(at - off) < 10 ? (int)(at - off) : 20 - (int)(at - off)) * (shape - 100);
	if (at >= off + 60u && at < off + 110u)
		v += (shape & 15) * 8;
	if ((how & 8) && shape == 0xee)
		return ECG_GAP16;
	return (int16_t)v;
}

static void make(struct ecg *g, const uint8_t *data, const uint8_t *p, size_t n, int16_t lead[][SAMPLES_MAX])
{
	size_t count = n * (1 + data[1] * 4u);
	g->channels = 1 + data[0] % LEADS_MAX;
	for (unsigned k = 0; k < g->channels; k++) {
		struct ecg_channel *c = &g->channel[k];
		c->ecg = !(data[6] >> (k & 7) & 1) || k == 9;
		c->rate = rate_of((uint8_t)(data[2] + (data[3] & 1 ? k : 0)));
		c->samples = count < SAMPLES_MAX ? count : SAMPLES_MAX;
		c->scale = data[4] & 1 ? 1e-9 : data[4] & 4 ? 1e9 : 2.5;
		c->baseline = data[4] & 8 ? -30000 : 0;
		c->bits = 16;
		c->s16 = lead[k];
		c->lead = data[7] & 1 ? (enum ecg_lead)((k + data[8]) % ECG_LEAD_COUNT) : (enum ecg_lead)(k + 1);
		memcpy(c->unit, "uV", 3);
		for (size_t i = 0; i < c->samples; i++)
			lead[k][i] = sample_of(p, n, i + k * (data[9] & 3), data[5] ^ (uint8_t)(data[10] & k), 300 + data[11] * 4u);
		if (c->rate > g->rate)
			g->rate = c->rate;
	}
	for (unsigned k = 0; k < g->channels; k++) {
		double all = ceil((double)g->channel[k].samples * g->rate / g->channel[k].rate - 1e-6);
		if ((uint64_t)all > g->samples)
			g->samples = (uint64_t)all;
	}
}

static void value(struct ecg_value v)
{
	REQUIRE(v.conf <= 100 && (!v.conf || isfinite(v.v)));
}

static void check(const struct ecg *g, const struct ecg_analysis *n)
{
	const struct ecg_measure *m = &n->measure;
	const struct ecg_value all[] = {m->rate_bpm, m->rr_ms, m->p_ms, m->pr_ms, m->qrs_ms, m->qt_ms, m->qtc_bazett_ms, m->qtc_fridericia_ms, m->qtc_framingham_ms, m->qtc_hodges_ms, m->p_axis_deg, m->qrs_axis_deg, m->t_axis_deg};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		value(all[i]);
	for (size_t i = 0; i < n->beats.count; i++) {
		const struct ecg_beat *b = &n->beats.beat[i];
		REQUIRE(b->at < g->samples && (!i || b->at > b[-1].at) && b->quality <= 100 && b->confidence <= 100 && b->class && strchr("NSVFQ", b->class));
	}
	for (size_t i = 0; i < n->rhythm.count; i++) {
		const struct ecg_episode *e = &n->rhythm.episode[i];
		REQUIRE(e->start <= e->end && e->end <= g->samples && e->confidence <= 100 && e->rhythm && e->rhythm < ECG_RHYTHM_COUNT);
	}
	for (unsigned c = 0; c < g->channels; c++) {
		const struct ecg_lead_measure *l = &m->lead[c];
		const struct ecg_value of[] = {l->p_uv, l->q_uv, l->r_uv, l->s_uv, l->r2_uv, l->s2_uv, l->t_uv, l->q_ms, l->r_ms, l->s_ms, l->qrs_ms, l->pr_ms, l->qt_ms, l->p_ms, l->vat_ms, l->j_uv, l->st60_uv, l->st80_uv, l->st_slope_uv_s};
		for (size_t i = 0; i < ARRAY_LEN(of); i++)
			value(of[i]);
	}
	for (size_t i = 0; i < n->statements; i++)
		REQUIRE(n->statement[i].code && n->statement[i].text[0] && memchr(n->statement[i].text, 0, 160) && memchr(n->statement[i].why, 0, 160));
}

static bool same_float(const void *a, const void *b, size_t n)
{
	return memcmp(a, b, n) == 0;
}

static void same(const struct ecg *g, const struct ecg_analysis *a, const struct ecg_analysis *b)
{
	REQUIRE(a->beats.count == b->beats.count && a->rhythm.count == b->rhythm.count && a->statements == b->statements && a->weight == b->weight);
	REQUIRE(!a->beats.count || !memcmp(a->beats.beat, b->beats.beat, a->beats.count * sizeof *a->beats.beat));
	for (size_t i = 0; i < a->rhythm.count; i++)
		REQUIRE(a->rhythm.episode[i].start == b->rhythm.episode[i].start && a->rhythm.episode[i].end == b->rhythm.episode[i].end && a->rhythm.episode[i].rhythm == b->rhythm.episode[i].rhythm);
	REQUIRE(same_float(&a->measure.qt_ms.v, &b->measure.qt_ms.v, 4) && same_float(&a->measure.qrs_ms.v, &b->measure.qrs_ms.v, 4) && same_float(&a->measure.pr_ms.v, &b->measure.pr_ms.v, 4));
	for (size_t i = 0; i < a->statements; i++)
		REQUIRE(!strcmp(a->statement[i].text, b->statement[i].text) && !strcmp(a->statement[i].why, b->statement[i].why));
	for (unsigned c = 0; c < g->channels; c++)
		REQUIRE(!memcmp(a->measure.lead[c].median, b->measure.lead[c].median, sizeof a->measure.lead[c].median));
}

static double used_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int16_t lead[LEADS_MAX][SAMPLES_MAX];
	static struct arena *a;
	struct ecg_analysis n, again;
	struct err e = {0};
	if (size <= HEAD || (!a && !(a = arena_new((size_t)256 << 20))))
		return 0;
	arena_reset(a);
	struct ecg *g = arena_alloc(a, sizeof *g);
	g->a = a;
	make(g, data, data + HEAD, size - HEAD, lead);
	double before = used_s();
	int r = ecg_analyse(g, a, &n, &e);
	double took = used_s() - before;
#if !__has_feature(address_sanitizer)
	REQUIRE(took < 0.1 * (g->channels * (double)g->channel[0].samples > 60000 ? 5 : 1));
#else
	REQUIRE(took < 5);
#endif
	REQUIRE(r == 0 || (r != ERR_MEMORY && e.text[0]));
	if (r < 0)
		return 0;
	check(g, &n);
	REQUIRE(ecg_analyse(g, a, &again, &e) == 0);
	same(g, &n, &again);
	return 0;
}
