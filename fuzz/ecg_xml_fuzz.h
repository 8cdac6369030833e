/* What the fuzz targets of the XML formats share: what follows the reader, on whatever it let through. */
#ifndef HOLDFAST_FUZZ_ECG_XML_FUZZ_H
#define HOLDFAST_FUZZ_ECG_XML_FUZZ_H

#include "ecg_internal.h"

#include <math.h>

/* All samples of all channels, in the three ways, in pieces that fit and do not. */
static inline void fuzz_read_all(const struct ecg *g)
{
	int32_t v[1000];
	int16_t s[1000];
	float f[1000];
	for (unsigned i = 0; i < g->channels; i++) {
		const struct ecg_channel *c = &g->channel[i];
		assert(c->rate > 0 && isfinite(c->scale) && c->scale != 0 && c->name[0]);
		for (uint64_t at = 0; at < c->samples && at < 100000; at += 997) {
			ecg_read(g, i, at, 1000, v);
			ecg_read16(g, i, at, 1000, s);
			ecg_read_uv(g, i, at, 1000, f);
			assert((v[0] == ECG_GAP) == (bool)isnan(f[0]));
		}
	}
	for (const struct ecg_note *n = g->notes; n; n = n->next)
		assert(n->channel >= -1 && n->channel < (int)g->channels && utf8_valid(n->text));
	for (const struct ecg_stated *s1 = g->stated; s1; s1 = s1->next)
		assert(isfinite(s1->value));
	assert(utf8_valid(g->person.id) && utf8_valid(g->person.family) && utf8_valid(g->device) && utf8_valid(g->start));
	if (g->median)
		fuzz_read_all(g->median);
}

static inline int fuzz_keep(void *arg, struct slice s, struct err *e)
{
	struct buf *b = arg;
	buf_add_slice(b, s);
	return buf_code(b) ? err_set(e, buf_code(b), NULL, "enough") : 0;
}
static inline int fuzz_begin(void *arg, struct slice name, struct err *e)
{
	return 0;
}
static inline int fuzz_end(void *arg, struct err *e)
{
	return 0;
}

/* What was read is written as an annotated ECG and read again: the same leads with the same samples. */
static inline void fuzz_round(const struct ecg *g)
{
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	const struct ecg_sink sink = {fuzz_begin, fuzz_keep, fuzz_end, &b};
	struct ecg *h;
	struct err e = {0};
	uint64_t all = 0;
	for (unsigned i = 0; i < g->channels; i++)
		all += g->channel[i].samples;
	buf_init(&b, (size_t)16 << 20);
	if (all > 200000 || ecg_write_aecg(g, NULL, SLICE("x"), &sink, &e) < 0)
		return;
	if (ecg_open(buf_slice(&b), SLICE_NULL, NULL, a, &h, &e) < 0)
		return; /* leads further apart than a reader takes */
	assert(h->format == ECG_AECG);
	fuzz_read_all(h);
}

static inline int fuzz_xml(const uint8_t *data, size_t size, enum ecg_format format)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct ecg *g;
	struct err e = {0};
	if (ecg_sniff(slice_of(data, size), SLICE_NULL) != format)
		return 0; /* others have targets of their own */
	int r = ecg_open(slice_of(data, size), SLICE_NULL, NULL, a, &g, &e);
	assert(r <= 0 && (r == 0 || e.text[0]));
	if (r == 0) {
		fuzz_read_all(g);
		fuzz_round(g);
	}
	return 0;
}

#endif
