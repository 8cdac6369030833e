/* Measuring, statements and all before them over samples of any kind and beats in any place: 8 bytes say leads, rate, size and where the beats are. What comes out is within its limits, and twice the same. */
#include "ecg.h"

#include <math.h>
#include <stdlib.h>

#define LEADS_MAX 12
#define SAMPLES_MAX 6000

static void check_value(struct ecg_value v)
{
	if (v.conf > 100 || !isfinite(v.v))
		abort();
}

static void check(const struct ecg *g, const struct ecg_measure *m)
{
	check_value(m->rate_bpm);
	check_value(m->pr_ms);
	check_value(m->qrs_ms);
	check_value(m->qtc_fridericia_ms);
	check_value(m->qrs_axis_deg);
	if (fabsf(m->qrs_axis_deg.v) > 180 || fabsf(m->t_axis_deg.v) > 180)
		abort();
	for (unsigned c = 0; c < g->channels; c++) {
		const struct ecg_lead_measure *l = &m->lead[c];
		check_value(l->r_uv);
		check_value(l->st60_uv);
		for (size_t i = 0; l->beat && i < m->beats.count; i++)
			if (l->beat[i].qrs_on > l->beat[i].qrs_off + 40) /* false for NAN */
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int16_t lead[LEADS_MAX][SAMPLES_MAX];
	static const double rates[] = {500, 360, 250, 1000, 128, 50, 257.3, 4000}, scales[] = {1, 5, 1e-9, 1e6, 1e300, -2.5, 100, 0.3};
	struct err e = {0};
	if (size < 9)
		return 0;
	struct arena *a = arena_new((size_t)128 << 20);
	struct ecg *g = a ? arena_alloc(a, sizeof *g) : NULL;
	if (!g)
		return 0;
	const uint8_t *p = data + 8;
	const size_t n = size - 8, count = n * (1 + data[1] % 32u) < SAMPLES_MAX ? n * (1 + data[1] % 32u) : SAMPLES_MAX;
	g->a = a;
	g->channels = 1 + data[0] % LEADS_MAX;
	g->rate = rates[data[2] % ARRAY_LEN(rates)];
	g->samples = count;
	for (unsigned k = 0; k < g->channels; k++) {
		g->channel[k] = (struct ecg_channel){.lead = ECG_LEAD_I + k, .unit = "uV", .ecg = true, .rate = g->rate, .samples = count, .scale = scales[data[3] % ARRAY_LEN(scales)], .bits = 16, .s16 = lead[k]};
		for (size_t i = 0; i < count; i++) {
			const uint8_t b = p[(i + k * 7) % n], c = p[(i + k * 7 + 1) % n];
			lead[k][i] = data[4] & 1 ? (int16_t)(b | c << 8) : data[4] & 2 ? (int16_t)((p[(i / 25 + k) % n] - 128) * 20) : (int16_t)(b - 128);
		}
	}
	struct ecg_beats b = {arena_array(a, 600, sizeof *b.beat), 0, g->rate, 0};
	for (uint64_t at = data[5]; b.beat && at < count && b.count < 600; at += 1 + (uint64_t)p[b.count % n] * (1 + data[6] % 8u))
		b.beat[b.count++] = (struct ecg_beat){.at = at, .class = "NSVFQ"[p[at % n] % 5]};
	struct ecg_measure m;
	struct ecg_analysis x;
	if (b.beat && ecg_measure(g, &b, data[7] & 1 ? count / 3 : 0, a, &m, &e) == 0)
		check(g, &m);
	if (ecg_analyse(g, a, &x, &e) == 0) {
		check(g, &x.measure);
		for (size_t i = 0; i < x.statements; i++)
			if (!x.statement[i].text[0] || !x.statement[i].confidence || x.statement[i].confidence > 100)
				abort();
	}
	arena_free(a);
	return 0;
}
