/* The bounded cursor: what is too long to be inline. */
#include "base.h"

/* LEB128: seven bits a byte, least significant first, the top bit says that more follow. Ten bytes hold 70 bits, so the tenth may be 1 at
 * most. A last byte of 0 would be a longer form of a shorter number: one number has one form, or hashes over it would not be stable. */
uint64_t cur_varint(struct cur *c)
{
	uint64_t v = 0;
	const uint8_t *start = c->p;
	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint8_t b = cur_u8(c);
		if (c->failed)
			break;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (b & 0x80)
			continue;
		if ((b == 0 && shift > 0) || (shift == 63 && b > 1))
			break;
		return v;
	}
	c->p = start; /* the place to report is where the number began */
	cur_fail(c);
	return 0;
}

struct slice cur_line(struct cur *c)
{
	size_t left = cur_left(c);
	const uint8_t *lf = left ? memchr(c->p, '\n', left) : NULL;
	if (!lf) {
		cur_fail(c);
		return SLICE_NULL;
	}
	struct slice line = slice_of(c->p, (size_t)(lf - c->p));
	c->p = lf + 1;
	return line;
}
