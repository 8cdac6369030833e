/* All subcomponents of a segment in one pass: a bit a byte says where delimiters stand, 64 bytes at a time. */
#include "hl7_internal.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Which of the n bytes (at most 64) at p are delimiters? room: how many bytes may be read there. */
static uint64_t marks_of(const uint8_t *p, size_t n, size_t room, const uint8_t d[4])
{
	uint64_t marks = 0;
#ifdef __SSE2__
	if (room >= 64) {
		const __m128i d0 = _mm_set1_epi8((char)d[0]), d1 = _mm_set1_epi8((char)d[1]), d2 = _mm_set1_epi8((char)d[2]), d3 = _mm_set1_epi8((char)d[3]);
		for (unsigned k = 0; k < 4; k++) {
			__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + (size_t)16 * k));
			__m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, d0), _mm_cmpeq_epi8(v, d1)), _mm_or_si128(_mm_cmpeq_epi8(v, d2), _mm_cmpeq_epi8(v, d3)));
			marks |= (uint64_t)(unsigned)_mm_movemask_epi8(hit) << (16 * k);
		}
		return n < 64 ? marks & ((UINT64_C(1) << n) - 1) : marks;
	}
#endif
	for (size_t i = 0; i < n; i++)
		marks |= (uint64_t)(p[i] == d[0] || p[i] == d[1] || p[i] == d[2] || p[i] == d[3]) << i;
	return marks;
}

bool hl7_walk_refill(struct hl7_walk *w)
{
	while (w->block < w->end) {
		const uint8_t *next = w->block + 64;
		if ((size_t)(w->end - w->block) <= 64)
			return false;
		size_t n = (size_t)(w->end - next);
		w->block = next;
		w->marks = marks_of(next, n < 64 ? n : 64, (size_t)(w->limit - next), w->d);
		if (w->marks)
			return true;
	}
	return false;
}

void hl7_walk_segment(struct hl7_walk *w, const struct hl7_msg *m, const struct hl7_segment *s)
{
	const struct hl7_delims *d = &m->d;
	/* a delimiter that is not given must not match a NUL: it stands for the field's, which is looked for anyway */
	*w = (struct hl7_walk){.end = m->text.p + s->at + s->n, .limit = m->text.p + m->text.n, .opened_by = d->field};
	w->d[0] = d->field;
	w->d[1] = d->rep ? d->rep : d->field;
	w->d[2] = d->comp ? d->comp : d->field;
	w->d[3] = d->sub ? d->sub : d->field;
	struct slice first = hl7_field(m, s, 1), second = hl7_field(m, s, 2);
	if (!first.p) {
		w->special = HL7_WALK_DONE;
		return;
	}
	bool header = first.n == 1 && s->id[0] && first.p == m->text.p + s->at + 3;
	if (header) { /* the separator itself, then MSH-2 whole (in a second header of the same message, cut like any other) */
		w->special = hl7_uncut(m, second) ? 2 : 1;
		w->value = first;
		w->p = second.p;
		w->block = !second.p ? w->end : w->special == 2 ? second.p + second.n : second.p;
	} else {
		w->p = w->block = first.p;
	}
	size_t n = (size_t)(w->end - w->block);
	w->marks = marks_of(w->block, n < 64 ? n : 64, (size_t)(w->limit - w->block), w->d);
}

/* The fields that come whole, and the end. */
bool hl7_walk_whole(struct hl7_walk *w)
{
	if (w->special == HL7_WALK_DONE)
		return false;
	w->field++;
	w->rep = w->comp = w->sub = 1;
	if (w->field == 1) {
		w->special = !w->p ? HL7_WALK_DONE : w->special == 2 ? 2 : 0;
		return true;
	}
	w->value = slice_of(w->p, (size_t)(w->block - w->p));
	w->special = w->block == w->end ? HL7_WALK_DONE : 0; /* nothing behind MSH-2 */
	if (w->special)
		return true;
	w->p = w->block + 1; /* over the separator behind it, which is the first mark */
	w->marks &= w->marks - 1;
	return true;
}
