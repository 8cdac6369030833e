/* write_test: a sink that keeps what a writer gives as files of an ecg_test, and comparing two records. */
#ifndef HOLDFAST_TESTS_ECG_WRITE_TEST_H
#define HOLDFAST_TESTS_ECG_WRITE_TEST_H

#include "ecg_test.h"

struct kept { /* a writer's files */
	struct ecg_test *t;
	uint64_t pieces;
	int fail_at; /* refuse the n-th call; 0: none */
	int calls;
};

static inline int kept_call(struct kept *k, struct err *e)
{
	return ++k->calls == k->fail_at ? err_set(e, ERR_FULL, NULL, "the test's disk is full") : 0;
}

static inline int kept_begin(void *arg, struct slice name, struct err *e)
{
	struct kept *k = arg;
	int r = kept_call(k, e);
	if (r < 0)
		return r;
	char file[128];
	snprintf(file, sizeof file, "%.*s", SLICE_FMT(name));
	ecg_test_add(k->t, file, "", 0);
	return 0;
}

static inline int kept_bytes(void *arg, struct slice s, struct err *e)
{
	struct kept *k = arg;
	int r = kept_call(k, e);
	k->pieces++;
	if (r == 0)
		buf_add_slice(&k->t->file[k->t->files - 1].b, s);
	return r;
}

static inline int kept_end(void *arg, struct err *e)
{
	return kept_call(arg, e);
}

/* Written, and opened again from what was written. back is initialised here. */
static inline int write_and_read_with(const struct ecg *g, const struct ecg_analysis *n, enum ecg_format to, const char *name, struct ecg_test *back)
{
	ecg_test_init(back, NULL);
	struct kept k = {.t = back};
	const struct ecg_sink sink = {kept_begin, kept_bytes, kept_end, &k};
	int r = ecg_write(g, n, to, SLICE("out"), &sink, &back->e);
	return r < 0 ? r : ecg_test_open(back, name);
}

static inline int write_and_read(const struct ecg *g, enum ecg_format to, const char *name, struct ecg_test *back)
{
	return write_and_read_with(g, NULL, to, name, back);
}

/* Every sample less its baseline, the step and the rate are the same. More (padding) must be gaps. */
static inline void same_samples(const struct ecg *a, const struct ecg *b, bool exact_values)
{
	static int32_t x[4096], y[4096];
	assert_int_equal(a->channels, b->channels);
	for (unsigned i = 0; i < a->channels; i++) {
		const struct ecg_channel *c = &a->channel[i], *d = &b->channel[i];
		if (fabs(c->rate - d->rate) > 1e-9 * c->rate || fabs(fabs(c->scale) - fabs(d->scale)) > (exact_values ? 1e-12 : 1e-5) * fabs(c->scale) || d->samples < c->samples)
			fail_msg("channel %u: %.17g %.17g %llu became %.17g %.17g %llu", i, c->rate, c->scale, (unsigned long long)c->samples, d->rate, d->scale, (unsigned long long)d->samples);
		for (uint64_t at = 0; at < d->samples; at += ARRAY_LEN(x)) {
			size_t n = d->samples - at < ARRAY_LEN(x) ? (size_t)(d->samples - at) : ARRAY_LEN(x);
			ecg_read(a, i, at, n, x);
			ecg_read(b, i, at, n, y);
			for (size_t k = 0; k < n; k++)
				if (x[k] == ECG_GAP ? y[k] != ECG_GAP : y[k] == ECG_GAP || (int64_t)x[k] - c->baseline != (int64_t)y[k] - d->baseline)
					fail_msg("channel %u sample %llu: %d (zero %d) became %d (zero %d)", i, (unsigned long long)(at + k), x[k], c->baseline, y[k], d->baseline);
		}
	}
}

#endif
