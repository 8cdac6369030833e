/* Whatever bytes lie in the store: decoding stays in bounds and its arena, and what is accepted is the one encoding of what it says. */
#include "facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *a;
	if (!a)
		a = arena_new(8 << 20);
	arena_reset(a);
	struct facts f;
	struct err e;
	if (facts_decode_group(slice_of(data, size), a, &f, &e) < 0)
		return 0;
	AUTO_BUF struct buf out = {0};
	buf_init(&out, 16 << 20);
	facts_encode_group(&f, f.first, &out);
	assert(slice_eq(buf_slice(&out), slice_of(data, size)));
	buf_reset(&out);
	facts_dump(&f, &out);
	for (const struct fact *t = f.first->first; t; t = t->next)
		for (unsigned i = 0; i < t->count; i++) {
			char room[48];
			struct slice v = t->values[i].v;
			facts_text(&f, v);
			fact_part(v, 3);
			int64_t ns = fact_time_ns(v, 0);
			/* a moment is a time that FHIR can write, too */
			assert(ns == INT64_MIN || fact_time_fhir(v, room).n > 0);
		}
	return 0;
}
