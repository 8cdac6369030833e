/* What a fuzz target of an ECG reader does with a record that was opened: every sample of every channel in blocks of odd sizes, by both ways of reading, and both writers of binary formats, whose
 * output is read back. Anything that comes out differently is a bug. */
#ifndef HOLDFAST_FUZZ_ECG_RECORD_H
#define HOLDFAST_FUZZ_ECG_RECORD_H

#include "ecg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(x) ((x) ? (void)0 : fuzz_not(#x, __LINE__)) /* inlined checks have no place of their own in a stack trace */
#define FUZZ_SAMPLES_MAX 200000 /* of one channel; more would only be slow */

static inline void fuzz_not(const char *what, int line)
{
	fprintf(stderr, "line %d: not so: %s\n", line, what);
	abort();
}

static int fuzz_begin(void *arg, struct slice name, struct err *e)
{
	(void)name;
	(void)e;
	buf_reset(arg);
	return 0;
}

static int fuzz_bytes(void *arg, struct slice s, struct err *e)
{
	buf_add_slice(arg, s);
	return buf_ok(arg) ? 0 : err_set(e, ERR_LIMIT, NULL, "full");
}

static int fuzz_end(void *arg, struct err *e)
{
	(void)arg;
	(void)e;
	return 0;
}

static inline void fuzz_read_channel(const struct ecg *g, unsigned c)
{
	int32_t v[777], one;
	int16_t s[777];
	float f[777];
	uint64_t n = g->channel[c].samples < FUZZ_SAMPLES_MAX ? g->channel[c].samples : FUZZ_SAMPLES_MAX;
	for (uint64_t at = 0; at <= n; at += ARRAY_LEN(v)) {
		ecg_read(g, c, at, ARRAY_LEN(v), v);
		ecg_read16(g, c, at, ARRAY_LEN(s), s);
		ecg_read_uv(g, c, at, ARRAY_LEN(f), f);
		ecg_read(g, c, at + 300, 1, &one);
		REQUIRE(one == v[300]);
		for (size_t i = 0; i < ARRAY_LEN(v); i++) {
			REQUIRE(at + i < g->channel[c].samples || v[i] == ECG_GAP);
			REQUIRE((v[i] == ECG_GAP) == (s[i] == ECG_GAP16) && (v[i] == ECG_GAP) == isnan(f[i]));
		}
	}
	ecg_read(g, c, g->channel[c].samples, 1, &one);
	REQUIRE(one == ECG_GAP);
}

static inline void fuzz_texts(const struct ecg *g)
{
	const struct slice all[] = {g->person.id, g->person.family, g->person.given, g->person.birth, g->person.sex, g->person.age, g->start, g->device, g->maker, g->serial, g->software, g->site, g->order, g->study, g->physician,
		g->indication, g->medication, g->version};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		REQUIRE(utf8_valid(all[i]));
	for (const struct ecg_note *n = g->notes; n; n = n->next)
		REQUIRE(utf8_valid(n->text) && utf8_valid(n->code) && n->channel < (int)g->channels);
	for (const struct ecg_stated *s = g->stated; s; s = s->next)
		REQUIRE(isfinite(s->value));
}

static inline void fuzz_write(const struct ecg *g, enum ecg_format to)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)128 << 20);
	AUTO_BUF struct buf out = {0};
	struct ecg *back;
	struct err e = {0};
	const struct ecg_sink sink = {fuzz_begin, fuzz_bytes, fuzz_end, &out};
	buf_init(&out, (size_t)64 << 20);
	if (ecg_write(g, NULL, to, SLICE("x"), &sink, &e) < 0) {
		REQUIRE(e.text[0]);
		return;
	}
	REQUIRE(ecg_open(buf_slice(&out), SLICE_NULL, NULL, a, &back, &e) == 0 && back->format == to && back->channels == g->channels);
	REQUIRE(fabs(back->rate - g->rate) <= 1e-11 * g->rate); /* DICOM's decimals have 16 characters */
	float share = to == ECG_SCP ? 0.51f : 0.02f; /* SCP-ECG's steps are whole nanovolts */
	for (unsigned c = 0; c < g->channels; c++) {
		float x[512], y[512];
		uint64_t n = g->channel[c].samples < 20000 ? g->channel[c].samples : 20000;
		for (uint64_t at = 0; at < n; at += ARRAY_LEN(x)) {
			ecg_read_uv(g, c, at, ARRAY_LEN(x), x);
			ecg_read_uv(back, c, at, ARRAY_LEN(y), y);
			for (size_t i = 0; i < ARRAY_LEN(x); i++)
				REQUIRE((isnan(x[i]) && isnan(y[i])) || fabsf(x[i] - y[i]) <= 1e-4f * fabsf(x[i]) + share * (float)fabs(g->channel[c].scale));
		}
	}
}

static inline void fuzz_record(struct slice in, enum ecg_format want, const char *name, bool writers)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct ecg *g = NULL;
	struct err e = {0};
	if (!a || ecg_sniff(in, slice_str(name)) != want)
		return;
	if (ecg_open(in, slice_str(name), NULL, a, &g, &e) < 0) {
		REQUIRE(e.text[0] && e.code != ERR_MEMORY);
		return;
	}
	REQUIRE(g->channels && g->channels <= ECG_CHANNELS_MAX);
	fuzz_texts(g);
	for (unsigned c = 0; c < g->channels; c++)
		fuzz_read_channel(g, c);
	for (unsigned c = 0; g->median && c < g->median->channels; c++)
		fuzz_read_channel(g->median, c);
	uint64_t all = 0;
	for (unsigned c = 0; c < g->channels; c++)
		all += g->channel[c].samples;
	if (writers && all < FUZZ_SAMPLES_MAX) {
		fuzz_write(g, ECG_SCP);
		fuzz_write(g, ECG_DICOM);
	}
}

#endif
