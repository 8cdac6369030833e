/* What the fuzz targets of the general formats do with a record besides reading it: each general writer, and what it wrote is read back to the same samples. */
#ifndef HOLDFAST_FUZZ_ECG_TEXT_H
#define HOLDFAST_FUZZ_ECG_TEXT_H

#include "fuzz_ecg_record.h"

#define FUZZ_WRITE_MAX 5000 /* samples of all channels */
#define FUZZ_BASELINE_MAX 2000000000 /* beyond it the readers of EDF and FHIR keep the rest as an offset */

struct fuzz_files {
	struct buf b[2]; /* WFDB: .dat, .hea; the others one */
	unsigned n;
};

static int fuzz_files_begin(void *arg, struct slice name, struct err *e)
{
	struct fuzz_files *f = arg;
	REQUIRE(f->n < 2);
	f->n++;
	return 0;
}

static int fuzz_files_bytes(void *arg, struct slice s, struct err *e)
{
	struct fuzz_files *f = arg;
	buf_add_slice(&f->b[f->n - 1], s);
	return buf_ok(&f->b[f->n - 1]) ? 0 : err_set(e, ERR_LIMIT, NULL, "full");
}

static int fuzz_files_get(void *arg, struct slice name, struct slice *ret, struct err *e)
{
	*ret = buf_slice(&((struct fuzz_files *)arg)->b[0]);
	return 0;
}

/* How many steps above nothing a sample is. */
static inline double fuzz_steps(const struct ecg_channel *c, int32_t v)
{
	return (double)v - c->baseline + c->offset / c->scale;
}

/* Every sample of g less its zero, in steps. What is behind the end of g are gaps (frames that were filled up). */
static inline void fuzz_same(const struct ecg *g, const struct ecg *back)
{
	int32_t x[333], y[333];
	REQUIRE(back->channels == g->channels);
	for (unsigned c = 0; c < g->channels; c++) {
		const struct ecg_channel *a = &g->channel[c], *b = &back->channel[c];
		REQUIRE(fabs(a->rate - b->rate) <= 1e-6 * a->rate && a->samples <= b->samples);
		for (uint64_t at = 0; at < b->samples; at += ARRAY_LEN(x)) {
			ecg_read(g, c, at, ARRAY_LEN(x), x);
			ecg_read(back, c, at, ARRAY_LEN(y), y);
			for (size_t i = 0; i < ARRAY_LEN(x); i++)
				if (x[i] == ECG_GAP)
					REQUIRE(y[i] == ECG_GAP);
				else if (a->offset == 0 && abs(a->baseline) <= FUZZ_BASELINE_MAX)
					REQUIRE((int64_t)x[i] - a->baseline == (int64_t)y[i] - b->baseline);
				else /* a zero between two steps, which not every format says, or so far off that part of it is an offset */
					REQUIRE(y[i] != ECG_GAP && fabs(fuzz_steps(a, x[i]) - fuzz_steps(b, y[i])) <= 1);
		}
	}
}

static inline void fuzz_general(const struct ecg *g)
{
	static const enum ecg_format formats[] = {ECG_WFDB, ECG_EDF, ECG_FHIR, ECG_CSV};
	uint64_t all = 0;
	for (unsigned c = 0; c < g->channels; c++)
		all += g->channel[c].samples;
	for (size_t i = 0; i < ARRAY_LEN(formats) && all <= FUZZ_WRITE_MAX; i++) {
		AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
		struct fuzz_files f = {0};
		const struct ecg_sink sink = {fuzz_files_begin, fuzz_files_bytes, fuzz_end, &f};
		const struct ecg_files others = {fuzz_files_get, &f};
		struct ecg *back;
		struct err e = {0};
		buf_init(&f.b[0], (size_t)16 << 20);
		buf_init(&f.b[1], (size_t)16 << 20);
		int r = ecg_write(g, NULL, formats[i], SLICE("x"), &sink, &e);
		REQUIRE(r == 0 || e.text[0]);
		if (r == 0 && formats[i] != ECG_CSV && g->samples) {
			r = ecg_open(buf_slice(&f.b[f.n - 1]), formats[i] == ECG_WFDB ? SLICE("x.hea") : SLICE_NULL, &others, a, &back, &e);
			REQUIRE(r == 0 || e.code == ERR_LIMIT);
			if (r == 0)
				fuzz_same(g, back);
		}
		buf_done(&f.b[0]);
		buf_done(&f.b[1]);
	}
}

static inline void fuzz_opened(const struct ecg *g)
{
	REQUIRE(g->channels && g->channels <= ECG_CHANNELS_MAX);
	fuzz_texts(g);
	for (unsigned c = 0; c < g->channels; c++) {
		int32_t v[64];
		fuzz_read_channel(g, c);
		if (g->channel[c].samples > FUZZ_SAMPLES_MAX) /* far places as well */
			for (unsigned k = 1; k <= 16; k++)
				ecg_read(g, c, g->channel[c].samples / 16 * k, ARRAY_LEN(v), v);
	}
	fuzz_general(g);
}

static inline void fuzz_one(struct slice in, struct slice name, enum ecg_format want, enum ecg_format or, const struct ecg_files *others)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct ecg *g = NULL;
	struct err e = {0};
	enum ecg_format f = ecg_sniff(in, name);
	if (!a || (f != want && f != or))
		return;
	if (ecg_open(in, name, others, a, &g, &e) < 0) {
		REQUIRE(e.text[0] && e.code != ERR_MEMORY);
		return;
	}
	fuzz_opened(g);
}

#endif
