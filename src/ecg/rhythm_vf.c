/* Ventricular flutter and fibrillation: for seconds on end the signal is one coarse wave after the other and no QRS stands out. The measure is the leakage of a narrow filter at the wave's own frequency (Kuo and Dillman 1978):
 * what remains when the signal is added to itself half a period later. A sine leaks nothing, beats with a baseline between them leak more than half. Only looked for where the beats are fast, ventricular or missing. */
#include "rhythm.h"

#include <math.h>
#include <stdlib.h>

#define VF_HZ 100
#define VF_S 4            /* seconds of a window; one begins each second */
#define VF_LEAK 0.46f
#define VF_LOW_HZ 2.2f
#define VF_HIGH_HZ 8.0f
#define VF_LEAST 2        /* windows in a row: five seconds */
#define VF_HEIGHT 0.35f   /* of the lead's usual range */
#define VF_DOUBT 0.62f    /* up to here it may be one */
#define DOUBTED 0.15f     /* of a fibrillation of the atria; more of it in such seconds, and it is not said */
#define VF_NEAR_S 10
#define VF_SHORT_S 120
#define LIVELY_UV 80.0    /* mean bend over 80 ms either side: coarse fibrillation from 0.2 mV on has more, P waves alone a fifth of it */
#define LIVELY 0.06f      /* the same, of the lead's usual range, where microvolts are not known */

/* Mean over ten milliseconds each; false: something was not recorded. */
static bool window(struct rhythm *r, unsigned channel, uint64_t from, int16_t *raw, size_t most, int32_t *out)
{
	const struct ecg_channel *c = &r->g->channel[channel];
	double step = c->rate / VF_HZ, first = (double)from * c->rate / r->g->rate;
	size_t n = (size_t)(step * VF_HZ * VF_S);
	if (n > most || (uint64_t)first + n > c->samples)
		return false;
	ecg_read16(r->g, channel, (uint64_t)first, n, raw);
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

/* Where the ventricles may flutter, their waves found now and then are as irregular as anything: a fibrillation of the atria that lies there to some part is not said. */
static void doubt_af(struct rhythm *r, const uint8_t *doubt)
{
	const struct ecg_beats *b = r->b;
	for (size_t i = 0, j; i < b->count; i = j) {
		size_t in = 0;
		for (j = i; j < b->count && r->af[j] == r->af[i]; j++) {
			size_t s = (size_t)((double)b->beat[j].at / r->g->rate);
			in += s < r->seconds && (doubt[s] || r->vf[s] || r->bad[s]);
		}
		size_t first = (size_t)((double)b->beat[i].at / r->g->rate), last = (size_t)((double)b->beat[j - 1].at / r->g->rate);
		bool flutters = false; /* in it or near it; of two minutes and more the rest stands by itself */
		for (size_t s = first > VF_NEAR_S ? first - VF_NEAR_S : 0; last - first < VF_SHORT_S && s <= last + VF_NEAR_S && s < r->seconds; s++)
			flutters = flutters || r->vf[s];
		if (r->af[i] && (flutters || (float)in > DOUBTED * (float)(j - i)))
			memset(r->af + i, 0, j - i);
	}
}

/* Mean bend of a window, in steps of the file: what drifts has hardly any. */
static float bend(const int32_t *x)
{
	const int n = VF_HZ * VF_S, k = VF_HZ * 8 / 100;
	int64_t sum = 0;
	for (int i = k; i + k < n; i++)
		sum += abs(x[i - k] - 2 * x[i] + x[i + k]);
	return (float)sum / (float)(n - 2 * k) / 32;
}

/* What a silence is: asystole is a quiet line, and only that. Where half of it moves as vigorously as a heart it is fibrillation of the ventricles if it looks like one, else not known: beats may hide in it. */
enum ecg_rhythm rhythm_silence(struct rhythm *r, uint64_t from, uint64_t to)
{
	size_t looked = 0, lively = 0, waves = 0;
	for (unsigned l = 0; l < r->leads; l++) {
		const struct ecg_channel *c = &r->g->channel[r->channel[l]];
		const size_t most = (size_t)(c->rate * VF_S) + 1;
		const float step = !strcmp(c->unit, "uV") ? (float)(fabs(c->scale) * (double)(1u << ecg_shift(r->g, r->channel[l]))) : 0;
		int16_t *raw = arena_array(r->a, most, sizeof *raw);
		int32_t x[VF_HZ * VF_S];
		if (!raw) {
			r->full = true;
			return ECG_RHYTHM_UNKNOWN;
		}
		const uint64_t second = (uint64_t)r->g->rate, first = from + second / 2; /* behind the beat that it begins with */
		for (uint64_t at = first; c->rate >= VF_HZ / 2.0 && at + (VF_S * second) <= to; at += second) {
			float range, b;
			if (!window(r, r->channel[l], at, raw, most, x))
				continue;
			b = bend(x);
			looked++;
			if (step > 0 ? b * step < (float)LIVELY_UV : l || b < LIVELY * r->usual)
				continue;
			lively++;
			waves += leakage(x, &range) < VF_DOUBT;
		}
	}
	if (lively * 4 <= looked && looked)
		return ECG_RHYTHM_ASYSTOLE;
	return waves * 2 > lively ? ECG_RHYTHM_VF : ECG_RHYTHM_UNKNOWN;
}

/* Marks seconds; `usual` is the range of this lead in a usual second. */
void rhythm_vf(struct rhythm *r, float usual)
{
	const struct ecg_channel *c = &r->g->channel[r->channel[0]];
	const size_t most = (size_t)(c->rate * VF_S) + 1;
	int16_t *raw = arena_array(r->a, most, sizeof *raw);
	int32_t *x = arena_array(r->a, VF_HZ * VF_S, sizeof *x);
	r->usual = usual;
	r->vf = arena_alloc(r->a, r->seconds + VF_S);
	uint8_t *doubt = arena_alloc(r->a, r->seconds + VF_S);
	if (!raw || !x || !r->vf || !doubt) {
		r->full = true;
		return;
	}
	if (c->rate < VF_HZ / 2.0)
		return;
	size_t i = 0, j = 0, row = 0;
	for (size_t s = 0; s + VF_S <= r->seconds; s++) {
		uint64_t from = (uint64_t)((double)s * r->g->rate), to = (uint64_t)((double)(s + VF_S) * r->g->rate);
		float range = 0;
		while (i < r->b->count && r->b->beat[i].at < from)
			i++;
		for (j = j > i ? j : i; j < r->b->count && r->b->beat[j].at < to; j++)
			;
		float leak = suspicious(r, i, j) && window(r, r->channel[0], from, raw, most, x) ? leakage(x, &range) : 1;
		bool is = leak < VF_LEAK && range > VF_HEIGHT * usual;
		if (leak < VF_DOUBT && range > VF_HEIGHT * usual)
			memset(doubt + s, 1, VF_S);
		row = is ? row + 1 : 0;
		if (row == VF_LEAST)
			memset(r->vf + s - (VF_LEAST - 1), 1, VF_LEAST - 1 + VF_S);
		else if (row > VF_LEAST)
			r->vf[s + VF_S - 1] = 1;
	}
	doubt_af(r, doubt);
}
