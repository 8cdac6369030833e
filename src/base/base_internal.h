/* What the files of base share and nobody else sees. */
#ifndef HOLDFAST_BASE_INTERNAL_H
#define HOLDFAST_BASE_INTERNAL_H

#include "base.h"

/* Eight bytes at once. A byte b of the result of these has its top bit set where the question is answered yes; the lowest such byte is exact,
 * higher ones may be false alarms (a borrow), so look at the lowest first. */
#define BYTES(x) (UINT64_C(0x0101010101010101) * (x))

static inline uint64_t word_at(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return le64toh(v);
}

static inline uint64_t word_has(uint64_t v, uint8_t c) /* bytes equal to c */
{
	v ^= BYTES(c);
	return (v - BYTES(0x01)) & ~v & BYTES(0x80);
}

static inline uint64_t word_below_blank(uint64_t v) /* bytes under 0x20 */
{
	return (v - BYTES(0x20)) & ~v & BYTES(0x80);
}

/* ---- JSON's scanners, for reader and writer ---- */

size_t json_number_length(struct slice s); /* of the number that s begins with, 0: none */

/* From p on, the first quote, backslash or control character; end when there is none. */
static inline const uint8_t *json_plain_end(const uint8_t *p, const uint8_t *end)
{
	while (end - p >= 8) {
		uint64_t v = word_at(p), hit = word_has(v, '"') | word_has(v, '\\') | word_below_blank(v);
		if (hit)
			return p + __builtin_ctzll(hit) / 8;
		p += 8;
	}
	while (p < end && *p != '"' && *p != '\\' && *p >= 0x20)
		p++;
	return p;
}

#endif
