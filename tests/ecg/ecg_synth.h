/* ecg_synth: electrocardiograms made of bumps, for tests: beats of a kind at a time, in as many leads and at the rate that is asked for. And the reference annotations of MIT records (annot(5)), which only tests read. */
#ifndef HOLDFAST_TESTS_ECG_SYNTH_H
#define HOLDFAST_TESTS_ECG_SYNTH_H

#include "ecg_test.h"

#define SYNTH_BEATS 20000

struct synth {
	double at[SYNTH_BEATS];   /* seconds */
	char kind[SYNTH_BEATS];   /* N; V wide, upside down; S: as N; A: as N, but no P wave; W: wide, with P; p: spike and wide */
	size_t n;
	double seconds, rate, gain, noise_uv, drift_uv, hum_uv;
	double noise_from, noise_to; /* seconds in which the noise is; 0 0: everywhere */
	unsigned channels;
	uint32_t seed;
	struct arena *a;
	struct ecg g;
	struct ecg_beats b;
};

static inline double synth_random(struct synth *s) /* -1..1 */
{
	s->seed = s->seed * 1664525u + 1013904223u;
	return (double)(s->seed >> 8) / 8388608.0 - 1;
}

static inline void synth_init(struct synth *s, double rate)
{
	memset(s, 0, sizeof *s);
	s->rate = rate;
	s->gain = 1;
	s->channels = 1;
	s->seed = 7;
	s->a = arena_new((size_t)1 << 30);
}

static inline void synth_done(struct synth *s)
{
	arena_free(s->a);
}

static inline void synth_add(struct synth *s, double after, char kind) /* seconds after the beat before */
{
	assert(s->n < SYNTH_BEATS);
	s->at[s->n] = s->n ? s->at[s->n - 1] + after : 0.6;
	s->kind[s->n++] = kind;
}

static inline void synth_bump(struct synth *s, double *x, size_t n, double at, double width, double uv)
{
	int64_t from = (int64_t)((at - 4 * width) * s->rate), to = (int64_t)((at + 4 * width) * s->rate) + 1;
	for (int64_t i = from < 0 ? 0 : from; i < to && i < (int64_t)n; i++) {
		double d = ((double)i / s->rate - at) / width;
		x[i] += uv * exp(-d * d / 2);
	}
}

static inline void synth_beat(struct synth *s, double *x, size_t n, double at, char kind, double share)
{
	if (kind == 'N' || kind == 'S' || kind == 'W')
		synth_bump(s, x, n, at - 0.17, 0.022, 120 * share);
	if (kind == 'V') {
		synth_bump(s, x, n, at, 0.042, -1400 * share);
		synth_bump(s, x, n, at + 0.27, 0.07, 450 * share);
	} else if (kind == 'W' || kind == 'p') {
		if (kind == 'p')
			synth_bump(s, x, n, at - 0.085, 0.0015, 1500 * share);
		synth_bump(s, x, n, at - 0.02, 0.035, 900 * share);
		synth_bump(s, x, n, at + 0.03, 0.03, 500 * share);
		synth_bump(s, x, n, at + 0.3, 0.06, -250 * share);
	} else {
		synth_bump(s, x, n, at - 0.026, 0.009, -130 * share);
		synth_bump(s, x, n, at, 0.011, 1100 * share);
		synth_bump(s, x, n, at + 0.028, 0.010, -260 * share);
		synth_bump(s, x, n, at + 0.27, 0.045, 260 * share);
	}
}

/* The record and its beats (without classes), the last beat a second before the end unless `seconds` says otherwise. */
static inline void synth_make(struct synth *s)
{
	if (s->seconds <= 0)
		s->seconds = s->at[s->n - 1] + 1;
	size_t n = (size_t)(s->seconds * s->rate);
	static const double share[] = {1, 0.7, -0.5, 0.9};
	s->g = (struct ecg){.a = s->a, .channels = s->channels, .rate = s->rate, .samples = n};
	for (unsigned c = 0; c < s->channels; c++) {
		struct ecg_channel *h = &s->g.channel[c];
		double *x = arena_array(s->a, n + 1, sizeof *x);
		int16_t *out = arena_array(s->a, n + 1, sizeof *out);
		assert_non_null(x);
		assert_non_null(out);
		for (size_t i = 0; i < s->n; i++)
			synth_beat(s, x, n, s->at[i], s->kind[i], share[c % 4]);
		for (size_t i = 0; i < n; i++) {
			double t = (double)i / s->rate;
			bool noisy = s->noise_to <= 0 || (t >= s->noise_from && t < s->noise_to);
			double v = x[i] + (noisy ? s->noise_uv * synth_random(s) : 0) + s->drift_uv * sin(t * 2) + s->hum_uv * sin(t * 2 * 3.14159265358979 * 50);
			v = v * s->gain / 2.5;
			out[i] = (int16_t)(v > 32000 ? 32000 : v < -32000 ? -32000 : v);
		}
		snprintf(h->name, sizeof h->name, "ch%u", c);
		snprintf(h->unit, sizeof h->unit, "uV");
		h->ecg = true;
		h->rate = s->rate;
		h->samples = n;
		h->scale = 2.5;
		h->bits = 16;
		h->s16 = out;
	}
	s->b = (struct ecg_beats){arena_array(s->a, s->n + 1, sizeof *s->b.beat), s->n, s->rate, 0};
	assert_non_null(s->b.beat);
	for (size_t i = 0; i < s->n; i++)
		s->b.beat[i] = (struct ecg_beat){.at = (uint64_t)(s->at[i] * s->rate + 0.5), .class = 'N', .quality = 100, .width_ms = -1};
}

/* ---- reference annotations ---- */

struct synth_reference {
	uint64_t at[20000];
	char class[20000]; /* AAMI; those inside ventricular flutter are left out, as EC57 has it */
	size_t n;
	struct {
		uint64_t at;
		char name[12];
	} rhythm[2000];
	size_t rhythms;
};

static inline char synth_aami(unsigned code)
{
	switch (code) {
	case 1: case 2: case 3: case 25:
		return 'N';
	case 4: case 7: case 8: case 9: case 11: case 34: case 35:
		return 'S';
	case 5: case 10: case 41:
		return 'V';
	case 6:
		return 'F';
	case 12: case 13: case 30: case 38:
		return 'Q';
	default:
		return 0;
	}
}

static inline void synth_reference(const char *path, struct synth_reference *r)
{
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	buf_init(&b, 1 << 24);
	assert_int_equal(file_read(AT_FDCWD, path, 1 << 24, &b, &e), 0);
	int64_t t = 0;
	bool flutter = false;
	r->n = r->rhythms = 0;
	for (size_t i = 0; i + 1 < b.n;) {
		unsigned w = b.p[i] | (unsigned)b.p[i + 1] << 8, code = w >> 10, d = w & 1023;
		i += 2;
		if (!w)
			break;
		if (code == 59) {
			t += (int32_t)((uint32_t)(b.p[i] | b.p[i + 1] << 8) << 16 | (uint32_t)(b.p[i + 2] | b.p[i + 3] << 8));
			i += 4;
		} else if (code == 63) {
			if (d && b.p[i] == '(' && r->rhythms < ARRAY_LEN(r->rhythm)) {
				r->rhythm[r->rhythms].at = (uint64_t)t;
				snprintf(r->rhythm[r->rhythms++].name, sizeof r->rhythm[0].name, "%.*s", (int)(d - 1), (const char *)b.p + i + 1);
			}
			i += d + (d & 1);
		} else if (code < 60) {
			t += d;
			flutter = code == 32 || (flutter && code != 33);
			char c = flutter ? 0 : synth_aami(code);
			if (c && r->n < ARRAY_LEN(r->at)) {
				r->at[r->n] = (uint64_t)t;
				r->class[r->n++] = c;
			}
		}
	}
}

static inline const char *synth_rhythm_at(const struct synth_reference *r, uint64_t at)
{
	const char *name = "";
	for (size_t i = 0; i < r->rhythms && r->rhythm[i].at <= at; i++)
		name = r->rhythm[i].name;
	return name;
}

#endif
