/* The beat detector over samples of any kind: 8 bytes say leads, rates and how the samples are made of the rest. Beats come in order, within the record, in no gap; and a second look finds the same. */
#include "ecg.h"

#include <stdlib.h>

#define LEADS_MAX 4
#define SAMPLES_MAX 12000

static double rate_of(uint8_t b)
{
	static const double rates[] = {360, 250, 128, 50, 40, 500, 1000, 4000, 16000, 100000, 257.3, 93.7, 187.4, 62.6, 10, 0.01};
	return rates[b % ARRAY_LEN(rates)];
}

/* How bytes become a sample: as 16 bits; small; a byte that stands for a while (edges, flat lines); a gap now and then. */
static int16_t sample_of(const uint8_t *p, size_t n, size_t i, uint8_t how)
{
	uint8_t b = p[i % n], c = p[(i + 1) % n];
	switch (how & 3) {
	case 0: return (int16_t)(b | c << 8);
	case 1: return (int16_t)(b - 128);
	case 2: return (int16_t)((p[i / 37 % n] - 128) * 200);
	}
	return b == 0x55 ? ECG_GAP16 : (int16_t)((b - 128) * (c & 15));
}

static void check(const struct ecg *g, const struct ecg_beats *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->beat[i].at >= g->samples || (i && b->beat[i].at <= b->beat[i - 1].at) || b->beat[i].quality > 100)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int16_t lead[LEADS_MAX][SAMPLES_MAX];
	if (size < 9)
		return 0;
	struct arena *a = arena_new((size_t)64 << 20);
	struct ecg *g = a ? arena_alloc(a, sizeof *g) : NULL;
	if (!g)
		return 0;
	const uint8_t *p = data + 8;
	size_t n = size - 8, count = n * (1 + data[1] % 32u);
	g->a = a;
	g->channels = 1 + data[0] % LEADS_MAX;
	for (unsigned k = 0; k < g->channels; k++) {
		struct ecg_channel *c = &g->channel[k];
		c->ecg = !(data[6] >> k & 1);
		c->rate = rate_of((uint8_t)(data[2] + (data[3] & 1 ? k : 0)));
		c->samples = count < SAMPLES_MAX ? count : SAMPLES_MAX;
		c->scale = data[4] & 1 ? 5 : 1e-9;
		c->bits = 16;
		c->s16 = lead[k];
		if (data[4] & 2)
			memcpy(c->unit, "uV", 3);
		for (size_t i = 0; i < c->samples; i++)
			lead[k][i] = sample_of(p, n, i + k * 7, (uint8_t)(data[5] >> (2 * k)));
		if (c->rate > g->rate)
			g->rate = c->rate;
	}
	g->samples = g->channel[0].samples;
	struct ecg_beats b, again;
	struct err e = {0};
	unsigned first = 0;
	if (ecg_detect(g, NULL, 0, a, &b, &e) == 0) {
		check(g, &b);
		if (ecg_detect(g, NULL, 0, a, &again, &e) < 0 || again.count != b.count || (b.count && memcmp(again.beat, b.beat, b.count * sizeof *b.beat)))
			abort();
	}
	if (ecg_detect(g, &first, 1, a, &b, &e) == 0) {
		check(g, &b);
		for (size_t i = 0; g->rate == g->channel[0].rate && i < b.count; i++)
			if (lead[0][b.beat[i].at] == ECG_GAP16)
				abort();
	}
	arena_free(a);
	return 0;
}
