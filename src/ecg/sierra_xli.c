/* XLI: chunks one after the other, a lead each, little-endian:
 *
 *   0  u32  bytes of LZW that follow the header
 *   4  u16  1
 *   6  i16  second difference at the second sample
 *   8  ...  LZW
 *
 * LZW: codes of 10 bits, the highest bit first; 0..255 are bytes, 256..1022 strings in the order they were met, and then no more; 1023 ends it. Its output is samples with their bytes apart: first all high
 * bytes, then all low ones. The first two are samples; every other one says the second difference at the sample before it, plus 64:
 *
 *   s[i] = 2 s[i-1] - s[i-2] - d[i-1],  d[1] from the header, d[i] = value[i] - 64 */
#include "sierra_xli.h"

#define CODES 1024
#define END 1023
#define FIRST 256

struct lzw {
	uint16_t before[CODES]; /* the string without its last byte */
	uint16_t length[CODES];
	uint8_t last[CODES], head[CODES];
	unsigned next;
};

static void write_back(const struct lzw *z, unsigned code, uint8_t *end)
{
	for (unsigned n = z->length[code]; n; n--) {
		*--end = z->last[code];
		code = z->before[code];
	}
}

bool xli_unpack(struct slice in, uint8_t *out, size_t max, size_t *ret_n)
{
	struct lzw z = {.next = FIRST};
	uint32_t bits = 0;
	unsigned have = 0, previous = END;
	size_t n = 0;
	for (unsigned i = 0; i < FIRST; i++) {
		z.last[i] = z.head[i] = (uint8_t)i;
		z.length[i] = 1;
	}
	for (size_t i = 0; i < in.n; i++) {
		bits = bits << 8 | in.p[i];
		have += 8;
		if (have < 10)
			continue;
		have -= 10;
		unsigned code = bits >> have & 1023;
		if (code == END)
			break;
		if (code > z.next || (code == z.next && previous == END))
			return false;
		if (previous != END && z.next < END) {
			unsigned s = z.next++;
			z.before[s] = (uint16_t)previous;
			z.length[s] = (uint16_t)(z.length[previous] + 1);
			z.head[s] = z.head[previous];
			z.last[s] = code == s ? z.head[previous] : z.head[code];
		} else if (code >= z.next) {
			return false;
		}
		if (z.length[code] > max - n)
			return false;
		n += z.length[code];
		write_back(&z, code, out + n);
		previous = code;
	}
	*ret_n = n;
	return true;
}

static bool sum_up(const uint8_t *high, const uint8_t *low, int16_t first, int32_t *s, size_t n)
{
	int32_t d = first;
	for (size_t i = 0; i < n; i++) {
		int32_t v = (int16_t)(high[i] << 8 | low[i]);
		if (i < 2) {
			s[i] = v;
			continue;
		}
		s[i] = 2 * s[i - 1] - s[i - 2] - d;
		d = v - 64;
		if (s[i] > 4 * INT16_MAX || s[i] < -4 * INT16_MAX) /* damaged: what was 16 bits does not run away */
			return false;
	}
	return true;
}

int xli_chunk(struct cur *c, uint8_t *scratch, int32_t *out, size_t max, size_t *ret_n, struct err *e)
{
	uint32_t size = cur_u32le(c);
	(void)cur_u16le(c);
	int16_t first = (int16_t)cur_u16le(c);
	struct slice packed = cur_take(c, size);
	size_t n;
	if (c->failed)
		return err_set(e, ERR_INPUT, NULL, "the compressed samples end before they should");
	if (!xli_unpack(packed, scratch, 2 * max, &n))
		return err_set(e, ERR_INPUT, NULL, "the compressed samples are damaged, or longer than the file says");
	n /= 2;
	if (!sum_up(scratch, scratch + n, first, out, n))
		return err_set(e, ERR_INPUT, NULL, "the compressed samples are damaged: they run out of 16 bits");
	*ret_n = n;
	return 0;
}
