/* Ventricular flutter and fibrillation: for seconds on end the signal is one coarse wave after the other and no QRS stands out. The measure is the leakage of a narrow filter at the wave's own frequency (Kuo and Dillman 1978):
 * what remains when the signal is added to itself half a period later. A sine leaks nothing, beats with a baseline between them leak more than half. Only looked for where the beats are fast, ventricular or missing. */
#include "rhythm.h"

#include <stdlib.h>

#define VF_HZ 100
#define VF_S 4            /* seconds of a window; one begins each second */
#define VF_LEAK 0.46f
#define VF_LOW_HZ 2.2f
#define VF_HIGH_HZ 8.0f
#define VF_LEAST 2        /* windows in a row: five seconds */
#define VF_HEIGHT 0.35f   /* of the lead's usual range */

/* Mean over ten milliseconds each; false: something was not recorded. */
static bool window(struct rhythm *r, uint64_t from, int16_t *raw, size_t most, int32_t *out)
{
	const struct ecg_channel *c = &r->g->channel[r->channel[0]];
	double step = c->rate / VF_HZ, first = (double)from * c->rate / r->g->rate;
	size_t n = (size_t)(step * VF_HZ * VF_S);
	if (n > most || (uint64_t)first + n > c->samples)
		return false;
	ecg_read16(r->g, r->channel[0], (uint64_t)first, n, raw);
	for (size_t i = 0; i < VF_HZ * VF_S; i++) {
		size_t at = (size_t)((double)i * step), end = (size_t)((double)(i + 1) * step);
		int32_t sum = 0;
		end = end > at ? end : at + 1;
		for (size_t k = at; k < end && k < n; k++) {
			if (raw[k] == ECG_GAP16)
				return false;
			sum += raw[k];
		}
		out[i] = sum * 16 / (int32_t)(end - at);
	}
	return true;
}

/* Leakage of the window; 1 where its frequency is not one of the ventricles'. */
static float leakage(int32_t *x, float *ret_range)
{
	const int n = VF_HZ * VF_S;
	int64_t mean = 0, sum = 0, steps = 0, left = 0, all = 0;
	int32_t low = x[0], high = x[0];
	for (int i = 0; i < n; i++) {
		mean += x[i];
		low = x[i] < low ? x[i] : low;
		high = x[i] > high ? x[i] : high;
	}
	mean /= n;
	*ret_range = (float)(high - low) / 16;
	for (int i = 0; i < n; i++) {
		x[i] -= (int32_t)mean;
		sum += abs(x[i]);
		steps += i ? abs(x[i] - x[i - 1]) : 0;
	}
	if (!steps)
		return 1;
	float half = 3.14159265f * (float)sum / (float)steps, hz = VF_HZ / (2 * half);
	if (hz < VF_LOW_HZ || hz > VF_HIGH_HZ)
		return 1;
	int m = (int)(half + 0.5f);
	for (int i = m; i < n; i++) {
		left += abs(x[i] + x[i - m]);
		all += abs(x[i]) + abs(x[i - m]);
	}
	return all ? (float)left / (float)all : 1;
}

/* Beats of the four seconds make it worth looking. */
static bool suspicious(const struct rhythm *r, size_t first, size_t end)
{
	size_t v = 0, n = end - first;
	for (size_t i = first; i < end; i++)
		v += r->b->beat[i].class == 'V';
	return n <= 2 || n >= 9 || 2 * v > n;
}

/* Marks seconds; `usual` is the range of this lead in a usual second. */
void rhythm_vf(struct rhythm *r, float usual)
{
	const struct ecg_channel *c = &r->g->channel[r->channel[0]];
	const size_t most = (size_t)(c->rate * VF_S) + 1;
	int16_t *raw = arena_array(r->a, most, sizeof *raw);
	int32_t *x = arena_array(r->a, VF_HZ * VF_S, sizeof *x);
	r->vf = arena_alloc(r->a, r->seconds + VF_S);
	if (!raw || !x || !r->vf) {
		r->full = true;
		return;
	}
	if (c->rate < VF_HZ / 2)
		return;
	size_t i = 0, j = 0, row = 0;
	for (size_t s = 0; s + VF_S <= r->seconds; s++) {
		uint64_t from = (uint64_t)((double)s * r->g->rate), to = (uint64_t)((double)(s + VF_S) * r->g->rate);
		float range = 0;
		while (i < r->b->count && r->b->beat[i].at < from)
			i++;
		for (j = j > i ? j : i; j < r->b->count && r->b->beat[j].at < to; j++)
			;
		bool is = suspicious(r, i, j) && window(r, from, raw, most, x) && leakage(x, &range) < VF_LEAK && range > VF_HEIGHT * usual;
		row = is ? row + 1 : 0;
		if (row == VF_LEAST)
			memset(r->vf + s - (VF_LEAST - 1), 1, VF_LEAST - 1 + VF_S);
		else if (row > VF_LEAST)
			r->vf[s + VF_S - 1] = 1;
	}
}
