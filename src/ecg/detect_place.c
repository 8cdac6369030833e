/* Where in the complex the beat is said to be: the R wave, or the largest deflection from the level around it, on the raw samples. */
#include "detect_internal.h"

#define RAW_MAX 8192

static int16_t level_of(const int16_t *raw, int32_t n, int32_t *tmp)
{
	int32_t many = 0, each = n / 64 + 1;
	for (int32_t i = 0; i < n; i += each)
		if (raw[i] != ECG_GAP16)
			tmp[many++] = raw[i];
	return many ? (int16_t)detect_median(tmp, many) : 0;
}

uint64_t detect_place(const struct detect_lead *l, const struct detect_candidate *c)
{
	int16_t raw[RAW_MAX];
	int32_t tmp[80];
	double rate = l->g->channel[l->channel].rate;
	uint64_t mid = (uint64_t)(l->first + c->at) * l->by + (l->by - 1) / 2;
	int32_t wide = (int32_t)(rate * 0.3), near = (int32_t)(rate * 0.08);
	wide = wide > RAW_MAX / 2 - 1 ? RAW_MAX / 2 - 1 : wide;
	near = near > wide ? wide : near < 1 ? 1 : near;
	uint64_t from = mid > (uint64_t)wide ? mid - (uint64_t)wide : 0;
	int32_t n = 2 * wide + 1;
	ecg_read16(l->g, l->channel, from, (size_t)n, raw);
	int16_t level = level_of(raw, n, tmp);
	int32_t centre = (int32_t)(mid - from), best = -1;
	uint64_t at = mid;
	for (int32_t i = centre - near < 0 ? 0 : centre - near; i <= centre + near && i < n; i++)
		if (raw[i] != ECG_GAP16 && abs(raw[i] - level) > best) {
			best = abs(raw[i] - level);
			at = from + (uint64_t)i;
		}
	return at;
}
