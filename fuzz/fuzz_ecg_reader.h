/* What the fuzz targets of the readers do: one reader alone, and a bounded number of samples of whatever it let through. It is made for many inputs in little time: one arena for all of them, and nothing is
 * written. What follows a reader (every sample, the writers, and what they wrote read back) is in the targets fuzz_ecg_*_write, which are a hundred times as slow. */
#ifndef HOLDFAST_FUZZ_ECG_READER_H
#define HOLDFAST_FUZZ_ECG_READER_H

#include "ecg_internal.h"

#include <math.h>
#include <stdlib.h>

#define REQUIRE(x) ((x) ? (void)0 : abort())
#define FUZZ_ARENA ((size_t)32 << 20)
#define FUZZ_PIECE 61 /* samples at a time */

/* At most a piece by all three ways, the same by each. */
static inline void fuzz_piece(const struct ecg *g, unsigned c, uint64_t at)
{
	int32_t v[FUZZ_PIECE], one;
	int16_t s[FUZZ_PIECE];
	float f[FUZZ_PIECE];
	ecg_read(g, c, at, FUZZ_PIECE, v);
	ecg_read16(g, c, at, FUZZ_PIECE, s);
	ecg_read_uv(g, c, at, FUZZ_PIECE, f);
	ecg_read(g, c, at + FUZZ_PIECE / 2, 1, &one);
	REQUIRE(one == v[FUZZ_PIECE / 2]);
	for (size_t i = 0; i < FUZZ_PIECE; i++) {
		REQUIRE(at + i < g->channel[c].samples || v[i] == ECG_GAP);
		REQUIRE(v[i] != ECG_GAP || (s[i] == ECG_GAP16 && isnan(f[i]))); /* and the other way round but behind the last stretch */
	}
}

/* The beginning, the middle and the end of each channel. */
static inline void fuzz_samples(const struct ecg *g)
{
	for (unsigned c = 0; c < g->channels; c++) {
		const struct ecg_channel *k = &g->channel[c];
		REQUIRE(k->rate > 0 && isfinite(k->scale) && k->scale != 0 && k->name[0]);
		fuzz_piece(g, c, 0);
		if (k->samples > FUZZ_PIECE) {
			fuzz_piece(g, c, k->samples / 2);
			fuzz_piece(g, c, k->samples - FUZZ_PIECE / 2);
		}
	}
}

static inline void fuzz_said(const struct ecg *g)
{
	const struct slice all[] = {g->person.id, g->person.family, g->person.given, g->person.birth, g->person.sex, g->person.age, g->start, g->device, g->maker, g->serial, g->software, g->site, g->order, g->study, g->physician,
		g->indication, g->medication, g->version};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		REQUIRE(utf8_valid(all[i]));
	for (const struct ecg_note *n = g->notes; n; n = n->next)
		REQUIRE(utf8_valid(n->text) && utf8_valid(n->code) && n->channel >= -1 && n->channel < (int)g->channels);
	for (const struct ecg_stated *s = g->stated; s; s = s->next)
		REQUIRE(isfinite(s->value));
}

/* Always 0, as libFuzzer wants it. What the reader says is not its own goes no further. */
static inline int fuzz_reader(const struct ecg_reader *r, struct slice in, struct slice name, const struct ecg_files *others)
{
	static struct arena *a;
	struct err e;
	if (!a && !(a = arena_new(FUZZ_ARENA)))
		return 0;
	arena_reset(a);
	if (!in.n || !r->sniff(in, name))
		return 0;
	struct ecg *g = arena_alloc(a, sizeof *g);
	REQUIRE(g);
	g->format = r->format;
	g->name = name;
	g->a = a;
	g->reader = r;
	e.code = 0;
	e.text[0] = 0;
	int got = r->open(g, in, others, &e);
	if (got == 0)
		got = ecg_finish(g, &e);
	REQUIRE(got == 0 || (got < 0 && got != ERR_MEMORY && e.text[0]));
	if (got < 0)
		return 0;
	REQUIRE(g->channels && g->channels <= ECG_CHANNELS_MAX && g->rate > 0);
	fuzz_said(g);
	fuzz_samples(g);
	if (g->median)
		fuzz_samples(g->median);
	return 0;
}

#endif
