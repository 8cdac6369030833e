/* Deflate (RFC 1951), walked: every code is read and nothing is unpacked. A stream whose middle became random loses its way at the next block (a quarter of block types are none; a table of code
 * lengths must add up), and its length no longer fits what the format around it says. That needs neither window nor copy, and a third of the time of unpacking.
 *
 * An entry of a table: bits 0-5 all bits of the code with its extra ones, 6-9 the code's own, 10-12 kind, 16-31 base length, or where the subtable begins. */
#include "content_internal.h"

enum { KIND_LIT, KIND_LEN, KIND_END, KIND_SUB, KIND_BAD };
enum { BLOCK_HEAD, STORED_LEN, STORED, COUNTS, CODE_LENS, LENS, CODES, FINISHED, WRONG };

#define ENTRY(base, kind, len, total) ((uint32_t)(base) << 16 | (uint32_t)(kind) << 10 | (uint32_t)(len) << 6 | (uint32_t)(total))
#define ENTRY_TOTAL(e) ((e) & 63)
#define ENTRY_LEN(e) ((e) >> 6 & 15)
#define ENTRY_KIND(e) ((e) >> 10 & 7)
#define ENTRY_BASE(e) ((e) >> 16)

static const uint16_t len_base[29] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t len_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};

void deflate_begin(struct deflate *d)
{
	memset(d, 0, offsetof(struct deflate, lens));
}

static uint32_t lit_entry(unsigned symbol, unsigned len)
{
	if (symbol < 256)
		return ENTRY(1, KIND_LIT, len, len);
	if (symbol == 256)
		return ENTRY(0, KIND_END, len, len);
	if (symbol > 285)
		return ENTRY(0, KIND_BAD, len, len);
	return ENTRY(len_base[symbol - 257], KIND_LEN, len, len + len_extra[symbol - 257]);
}

static uint32_t dist_entry(unsigned symbol, unsigned len)
{
	if (symbol > 29)
		return ENTRY(0, KIND_BAD, len, len);
	return ENTRY(0, KIND_LEN, len, len + (symbol < 4 ? 0 : symbol / 2 - 1));
}

static uint32_t plain_entry(unsigned symbol, unsigned len)
{
	return ENTRY(symbol, KIND_LIT, len, len);
}

static unsigned reverse(unsigned code, unsigned len)
{
	unsigned r = 0;
	for (; len; len--, code >>= 1)
		r = r << 1 | (code & 1);
	return r;
}

/* How many of each length; false when the code is over-subscribed, or incomplete and more than one code of one bit (RFC 1951 3.2.7). */
static bool count_lens(const uint8_t *lens, unsigned n, unsigned count[16], bool *ret_empty)
{
	int left = 1;
	unsigned used = 0;
	memset(count, 0, 16 * sizeof *count);
	for (unsigned i = 0; i < n; i++)
		count[lens[i]]++;
	for (unsigned l = 1; l < 16; l++) {
		left = (left << 1) - (int)count[l];
		used += count[l];
		if (left < 0)
			return false;
	}
	*ret_empty = used == 0;
	return left == 0 || (used == 1 && count[1] == 1) || used == 0;
}

/* Symbols in canonical order: by length, then by number. Returns how many have a code. */
static unsigned sort_symbols(const uint8_t *lens, unsigned n, const unsigned count[16], uint16_t sorted[320])
{
	unsigned at[16], sum = 0;
	for (unsigned l = 1; l < 16; l++) {
		at[l] = sum;
		sum += count[l];
	}
	for (unsigned s = 0; s < n; s++)
		if (lens[s])
			sorted[at[lens[s]]++] = (uint16_t)s;
	return sum;
}

/* How wide the subtable must be that begins with a code of len bits: as many bits as the codes need that follow in canonical order and share its root bits. rest: codes not yet placed. */
static unsigned subtable_width(unsigned len, unsigned root, const unsigned rest[16])
{
	unsigned width = len - root;
	int left = 1 << width;
	while (width + root < 15) {
		left -= (int)rest[width + root];
		if (left <= 0)
			break;
		width++;
		left <<= 1;
	}
	return width;
}

/* One table with its subtables behind it. size: entries that there is room for (enough by zlib's enough.c; checked all the same). */
static bool build(uint32_t *table, unsigned size, unsigned root, const uint8_t *lens, unsigned n, uint32_t entry(unsigned symbol, unsigned len))
{
	unsigned count[16], code = 0, used = 1u << root, last = 0;
	uint16_t sorted[320];
	bool empty;
	if (!count_lens(lens, n, count, &empty))
		return false;
	for (unsigned i = 0; i < used; i++)
		table[i] = ENTRY(0, KIND_BAD, 1, 1);
	unsigned symbols = sort_symbols(lens, n, count, sorted);
	for (unsigned k = 0; k < symbols; k++) {
		unsigned s = sorted[k], len = lens[s];
		code <<= len - (k ? last : len);
		last = len;
		unsigned bits = reverse(code++, len), step = 1u << len, base = 0, end = 1u << root, i = bits;
		if (len > root) {
			uint32_t *sub = &table[bits & ((1u << root) - 1)];
			if (ENTRY_KIND(*sub) != KIND_SUB) {
				unsigned width = subtable_width(len, root, count);
				if (used + (1u << width) > size)
					return false;
				*sub = ENTRY(used, KIND_SUB, width, root);
				for (unsigned j = 0; j < 1u << width; j++)
					table[used + j] = ENTRY(0, KIND_BAD, 1, 1);
				used += 1u << width;
			}
			base = ENTRY_BASE(*sub);
			end = 1u << ENTRY_LEN(*sub);
			i = bits >> root;
			step = 1u << (len - root);
		}
		for (; i < end; i += step)
			table[base + i] = entry(s, len);
		count[len]--;
	}
	return true;
}

static void fixed_codes(struct deflate *d)
{
	unsigned i = 0;
	while (i < 144)
		d->lens[i++] = 8;
	while (i < 256)
		d->lens[i++] = 9;
	while (i < 280)
		d->lens[i++] = 7;
	while (i < 288)
		d->lens[i++] = 8;
	bool ok = build(d->lit, ARRAY_LEN(d->lit), DEFLATE_LIT_BITS, d->lens, 288, lit_entry);
	memset(d->lens, 5, 32);
	ok = ok && build(d->dist, ARRAY_LEN(d->dist), DEFLATE_DIST_BITS, d->lens, 32, dist_entry);
	assert(ok);
}

static uint32_t look(const uint32_t *table, unsigned root, uint64_t bits)
{
	uint32_t e = table[bits & ((1u << root) - 1)];
	if (ENTRY_KIND(e) == KIND_SUB)
		e = table[ENTRY_BASE(e) + (bits >> root & ((1u << ENTRY_LEN(e)) - 1))];
	return e;
}

/* What an entry adds to the output, its extra bits counted in. */
static inline uint64_t gain(uint32_t e, uint64_t bits)
{
	return ENTRY_BASE(e) + (bits >> ENTRY_LEN(e) & ((UINT64_C(1) << (ENTRY_TOTAL(e) - ENTRY_LEN(e))) - 1));
}

/* While there are 8 bytes to load at once. A code with its length and distance is at most 15 + 5 + 15 + 13 = 48 bits; a load leaves at least 56. */
static const uint8_t *codes_fast(struct deflate *d, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *begin = p;
	uint64_t bits = d->bits, out = d->out;
	unsigned n = d->nbits;
	while (end - p >= 8 && d->mode == CODES) {
		bits |= le64(p) << n;
		p += (63 - n) >> 3;
		n |= 56;
		uint32_t e = look(d->lit, DEFLATE_LIT_BITS, bits);
		unsigned lits = 0;
		while (ENTRY_KIND(e) == KIND_LIT && lits < 2) { /* three literals fit in a load: 45 bits */
			bits >>= ENTRY_TOTAL(e);
			n -= ENTRY_TOTAL(e);
			out++;
			lits++;
			e = look(d->lit, DEFLATE_LIT_BITS, bits);
		}
		if (ENTRY_KIND(e) == KIND_LIT) {
			bits >>= ENTRY_TOTAL(e);
			n -= ENTRY_TOTAL(e);
			out++;
			continue;
		}
		if (lits && ENTRY_KIND(e) == KIND_LEN)
			continue; /* its 48 bits want a fresh load */
		if (ENTRY_KIND(e) == KIND_LEN) {
			out += gain(e, bits);
			bits >>= ENTRY_TOTAL(e);
			n -= ENTRY_TOTAL(e);
			e = look(d->dist, DEFLATE_DIST_BITS, bits);
		} else if (ENTRY_KIND(e) == KIND_END)
			d->mode = d->last ? FINISHED : BLOCK_HEAD;
		if (ENTRY_KIND(e) == KIND_BAD)
			d->mode = WRONG;
		bits >>= ENTRY_TOTAL(e);
		n -= ENTRY_TOTAL(e);
	}
	p -= n >> 3; /* whole bytes go back: they were all loaded here, since a code that was half there when we came in has been finished */
	n &= 7;
	d->bits = bits & ((UINT64_C(1) << n) - 1);
	d->nbits = n;
	d->out = out;
	return p < begin ? begin : p; /* only where it went wrong on bits that came before */
}

/* n bits at the front, or false when they are not there yet. */
static bool need(struct deflate *d, unsigned n, const uint8_t **p, const uint8_t *end)
{
	while (d->nbits < n) {
		if (*p == end)
			return false;
		d->bits |= (uint64_t) * (*p)++ << d->nbits;
		d->nbits += 8;
	}
	return true;
}

static unsigned take(struct deflate *d, unsigned n)
{
	unsigned v = (unsigned)(d->bits & ((UINT64_C(1) << n) - 1));
	d->bits >>= n;
	d->nbits -= n;
	return v;
}

/* One literal, or one length with its distance, taken whole or not at all. */
static bool code_slow(struct deflate *d, const uint8_t **p, const uint8_t *end)
{
	for (;;) {
		uint32_t e = look(d->lit, DEFLATE_LIT_BITS, d->bits), f = 0;
		unsigned total = ENTRY_TOTAL(e);
		if (total <= d->nbits && ENTRY_KIND(e) == KIND_LEN) {
			f = look(d->dist, DEFLATE_DIST_BITS, d->bits >> total);
			total += ENTRY_TOTAL(f);
		}
		if (total <= d->nbits && (ENTRY_KIND(e) != KIND_LEN || f)) {
			if (ENTRY_KIND(e) == KIND_BAD || (f && ENTRY_KIND(f) == KIND_BAD))
				d->mode = WRONG;
			else if (ENTRY_KIND(e) == KIND_END)
				d->mode = d->last ? FINISHED : BLOCK_HEAD;
			else
				d->out += gain(e, d->bits);
			d->bits >>= total;
			d->nbits -= total;
			return true;
		}
		if (!need(d, d->nbits + 1, p, end))
			return false;
	}
}

static void block_head(struct deflate *d)
{
	d->last = take(d, 1);
	switch (take(d, 2)) {
	case 0:
		take(d, d->nbits & 7);
		d->mode = STORED_LEN;
		break;
	case 1:
		if (!d->fixed)
			fixed_codes(d);
		d->fixed = true;
		d->mode = CODES;
		break;
	case 2:
		d->mode = COUNTS;
		break;
	default:
		d->mode = WRONG;
	}
}

static void counts(struct deflate *d)
{
	d->nlit = take(d, 5) + 257;
	d->ndist = take(d, 5) + 1;
	d->nclen = take(d, 4) + 4;
	d->i = 0;
	d->fixed = false;
	memset(d->lens + 320, 0, 19);
	d->mode = d->nlit > 286 || d->ndist > 30 ? WRONG : CODE_LENS;
}

static void code_len(struct deflate *d)
{
	static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
	d->lens[320 + order[d->i++]] = (uint8_t)take(d, 3);
	if (d->i < d->nclen)
		return;
	d->i = 0;
	unsigned count[16];
	bool empty;
	/* the code of code lengths stands in the table of distances until that is made */
	d->mode = count_lens(d->lens + 320, 19, count, &empty) && !empty && build(d->dist, ARRAY_LEN(d->dist), 7, d->lens + 320, 19, plain_entry) ? LENS : WRONG;
}

static void lens_over(struct deflate *d)
{
	bool ok = d->lens[256] && build(d->lit, ARRAY_LEN(d->lit), DEFLATE_LIT_BITS, d->lens, d->nlit, lit_entry) &&
		  build(d->dist, ARRAY_LEN(d->dist), DEFLATE_DIST_BITS, d->lens + d->nlit, d->ndist, dist_entry);
	d->mode = ok ? CODES : WRONG;
}

/* One code length, or a run of them, taken whole or not at all. */
static bool one_len(struct deflate *d, const uint8_t **p, const uint8_t *end)
{
	static const uint8_t extra[3] = {2, 3, 7}, least[3] = {3, 3, 11};
	for (;;) {
		uint32_t e = look(d->dist, 7, d->bits);
		unsigned symbol = ENTRY_BASE(e), len = ENTRY_TOTAL(e), more = symbol < 16 ? 0 : extra[symbol - 16];
		if (ENTRY_KIND(e) == KIND_BAD && d->nbits >= 7) {
			d->mode = WRONG;
			return true;
		}
		if (ENTRY_KIND(e) == KIND_BAD || d->nbits < len + more) {
			if (!need(d, d->nbits + 1, p, end))
				return false;
			continue;
		}
		take(d, len);
		unsigned n = 1;
		uint8_t v = (uint8_t)symbol;
		if (symbol >= 16) {
			n = least[symbol - 16] + take(d, more);
			v = symbol == 16 && d->i ? d->lens[d->i - 1] : 0;
		}
		if (d->i + n > d->nlit + d->ndist || (symbol == 16 && !d->i)) {
			d->mode = WRONG;
			return true;
		}
		memset(d->lens + d->i, v, n);
		d->i += n;
		if (d->i == d->nlit + d->ndist)
			lens_over(d);
		return true;
	}
}

static bool stored(struct deflate *d, const uint8_t **p, const uint8_t *end)
{
	uint32_t n = d->stored < (size_t)(end - *p) ? d->stored : (uint32_t)(end - *p);
	*p += n;
	d->stored -= n;
	d->out += n;
	if (d->stored)
		return false;
	d->mode = d->last ? FINISHED : BLOCK_HEAD;
	return true;
}

/* One thing of whatever stands here; false when more bytes are wanted. */
static bool turn(struct deflate *d, const uint8_t **p, const uint8_t *end)
{
	switch (d->mode) {
	case BLOCK_HEAD:
		if (!need(d, 3, p, end))
			return false;
		block_head(d);
		return true;
	case STORED_LEN:
		if (!need(d, 32, p, end))
			return false;
		d->stored = take(d, 16);
		d->mode = take(d, 16) == (d->stored ^ 0xFFFF) ? STORED : WRONG;
		return true;
	case STORED:
		return stored(d, p, end);
	case COUNTS:
		if (!need(d, 14, p, end))
			return false;
		counts(d);
		return true;
	case CODE_LENS:
		if (!need(d, 3, p, end))
			return false;
		code_len(d);
		return true;
	case LENS:
		return one_len(d, p, end);
	default:
		if (end - *p >= 16) {
			*p = codes_fast(d, *p, end);
			return true;
		}
		return code_slow(d, p, end);
	}
}

enum part deflate_feed(struct deflate *d, struct slice s, size_t *used)
{
	const uint8_t *p = s.p, *end = s.p + s.n;
	while (d->mode != FINISHED && d->mode != WRONG && turn(d, &p, end))
		;
	*used = (size_t)(p - s.p);
	d->in += *used;
	return d->mode == FINISHED ? PART_END : d->mode == WRONG ? PART_BAD : PART_MORE;
}
