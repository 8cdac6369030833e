/* HL7 v2 as records: fields by their segments. Messages that are cut quickly are cut as hl7_parse does. */
#include "extract_fuzz.h"
#include "extract_hl7v2.h"

static void same(struct slice raw)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct hl7_msg x, y;
	struct err e = {0};
	if (a && extract_hl7_plain(raw, a, &x)) {
		int r = hl7_parse(raw, a, &y, NULL, 0, NULL, &e);
		assert(r == 0 && x.count == y.count && y.utf8 && !y.escapes && !y.copied);
		for (uint32_t k = 0; k < x.count; k++) {
			const struct hl7_segment *s = &x.segments[k], *t = &y.segments[k];
			assert(!memcmp(s->id, t->id, 4) && s->at == t->at && s->n == t->n && s->fields == t->fields);
			assert(!memcmp(x.fields + s->first, y.fields + t->first, s->fields * sizeof *x.fields));
		}
	}
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	same(slice_of(data, size));
	return extract_fuzz(extract_hl7v2, slice_of(data, size), true, true);
}
