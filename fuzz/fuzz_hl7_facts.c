/* Any bytes as a message: mapping stays in bounds and in its arena, says the same twice, its groups encode and decode to the same, and every document's place leads somewhere. */
#include "hl7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena *a, *b;

static void check_group(const struct facts *f, const struct fact_group *g, struct buf *one, struct buf *two)
{
	struct facts back;
	struct err e;
	buf_reset(one);
	buf_reset(two);
	facts_encode_group(f, g, one);
	assert(buf_ok(one) && facts_decode_group(buf_slice(one), b, &back, &e) == 0);
	facts_encode_group(&back, back.first, two);
	assert(slice_eq(buf_slice(one), buf_slice(two)));
}

static void check_values(const struct hl7_msg *m, const struct fact *t, struct buf *out)
{
	for (unsigned i = 0; i < t->count; i++) {
		struct slice v = t->values[i].v;
		/* text is UTF-8 without controls; separators and nulls are ours alone */
		assert(utf8_valid(v));
		for (size_t k = 0; k < v.n; k++)
			assert(v.p[k] >= 0x20 || v.p[k] == '\t' || v.p[k] == '\n' || v.p[k] == FACT_US || v.p[k] == 0x1d || fact_is_null(v));
	}
	struct slice place = fact_get(t, FF_CONTENT_PLACE);
	if (t->kind != FACT_DOCUMENT || !place.n)
		return;
	struct err e = {0};
	buf_reset(out);
	int r = hl7_document(m, place, out, &e);
	assert(r == 0 || r == ERR_INPUT); /* there, though perhaps not decodable */
	struct slice content = fact_get(t, FF_CONTENT);
	assert(!content.n || (r == 0 && slice_eq(content, buf_slice(out))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!a) {
		a = arena_new(64 << 20);
		b = arena_new(64 << 20);
	}
	arena_reset(a);
	struct hl7_msg m;
	struct err e = {0};
	if (hl7_parse(slice_of(data, size), a, &m, NULL, 0, NULL, &e) < 0)
		return 0;
	struct facts f, again;
	facts_init(&f, a);
	hl7_facts(&m, &f);
	facts_init(&again, a);
	hl7_facts(&m, &again);
	AUTO_BUF struct buf one = {0}, two = {0};
	buf_init(&one, 64 << 20);
	buf_init(&two, 64 << 20);
	facts_dump(&f, &one);
	facts_dump(&again, &two);
	assert(slice_eq(buf_slice(&one), buf_slice(&two)));
	unsigned documents = 0;
	for (const struct fact_group *g = f.first; g; g = g->next) {
		arena_reset(b);
		check_group(&f, g, &one, &two);
		for (const struct fact *t = g->first; t; t = t->next)
			if (t->kind != FACT_DOCUMENT || documents++ < 20)
				check_values(&m, t, &one);
	}
	return 0;
}
