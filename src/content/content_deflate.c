/* Deflate (RFC 1951), walked: every code is read and nothing is unpacked. A stream whose middle became random loses its way at the next block (a
 * quarter of block types are none; a table of code lengths must add up), and its length no longer fits what the format around it says. That needs
 * neither window nor copy, and a third of the time of unpacking.
 *
 * An entry of a table: bits 0-5 all bits of the code with its extra ones, 6-9 the code's own, 10-12 kind, 16-31 base length, or where the subtable
 * begins. */
#include "content_internal.h"

enum { KIND_LIT, KIND_LEN, KIND_END, KIND_SUB, KIND_BAD };
enum { BLOCK_HEAD, STORED_LEN, STORED, COUNTS, CODE_LENS, LENS, CODES, FINISHED, WRONG };

#define WINDOW                        32768
#define MERGE_PAYS                    1024 /* bytes of a block */
#define ENTRY(base, kind, len, total) ((uint32_t)(base) << 16 | (uint32_t)(kind) << 10 | (uint32_t)(len) << 6 | (uint32_t)(total))
#define ENTRY_TOTAL(e)                ((e)&63)
#define ENTRY_LEN(e)                  ((e) >> 6 & 15)
#define ENTRY_KIND(e)                 ((e) >> 10 & 7)
#define ENTRY_BASE(e)                 ((e) >> 16)

static const uint16_t len_base[29] = {
	3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t len_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};

void deflate_begin(struct deflate *d)
{
	memset(d, 0, offsetof(struct deflate, lens));
}

/* What a symbol's entry is before its code's length is added (ADD_LEN): extra bits, kind, base. Made once. */
static uint32_t lit_symbol[288], dist_symbol[32], plain_symbol[19];
#define ADD_LEN(len) ((uint32_t)(len)*ENTRY(0, 0, 1, 1))

__attribute__((constructor)) static void make_symbols(void)
{
	for (unsigned s = 0; s < 288; s++)
		lit_symbol[s] = s < 256 ? ENTRY(1, KIND_LIT, 0, 0)
			: s == 256      ? ENTRY(0, KIND_END, 0, 0)
			: s > 285       ? ENTRY(0, KIND_BAD, 0, 0)
					: ENTRY(len_base[s - 257], KIND_LEN, 0, len_extra[s - 257]);
	for (unsigned s = 0; s < 32; s++)
		dist_symbol[s] = s > 29 ? ENTRY(0, KIND_BAD, 0, 0)
			: s < 4         ? ENTRY(s + 1, KIND_LEN, 0, 0)
					: ENTRY((2 + (s & 1)) * (1u << (s / 2 - 1)) + 1, KIND_LEN, 0, s / 2 - 1);
	for (unsigned s = 0; s < 19; s++)
		plain_symbol[s] = ENTRY(s, KIND_LIT, 0, 0);
}

/* How many of each length; false when the code is over-subscribed, or incomplete and not just one code of one bit, or none (RFC 1951 3.2.7). */
static bool count_lens(const uint8_t *lens, unsigned n, unsigned count[16], bool *ret_complete)
{
	int left = 1;
	unsigned used = 0;
	memset(count, 0, 16 * sizeof *count);
	for (unsigned i = 0; i < n; i++)
		count[lens[i]]++;
	count[0] = 0;
	for (unsigned l = 1; l < 16; l++) {
		left = (left << 1) - (int)count[l];
		used += count[l];
		if (left < 0)
			return false;
	}
	*ret_complete = left == 0;
	return left == 0 || (used == 1 && count[1] == 1) || used == 0;
}

/* Symbols in canonical order: by length, then by number. */
static void sort_symbols(const uint8_t *lens, unsigned n, const unsigned count[16], uint16_t sorted[320])
{
	unsigned at[16], sum = 0;
	for (unsigned l = 1; l < 16; l++) {
		at[l] = sum;
		sum += count[l];
	}
	for (unsigned s = 0; s < n; s++)
		if (lens[s])
			sorted[at[lens[s]]++] = (uint16_t)s;
}

/* The next code of len bits, its bits the other way round; all ones has none. */
static unsigned next_code(unsigned code, unsigned len)
{
	unsigned zero = code ^ ((1u << len) - 1);
	unsigned bit = 1u << (31 - __builtin_clz(zero));
	return (code & (bit - 1)) | bit;
}

/* The codes that are longer than root, in subtables behind it, each as wide as the codes need that share its root bits (they follow each other in
 * canonical order). */
static bool build_long(uint32_t *table, unsigned size, unsigned root, unsigned len, unsigned code, unsigned count[16], const uint16_t *sorted,
	const uint32_t *symbol)
{
	unsigned end = 1u << root, start = 0, prefix = UINT32_MAX, mask = end - 1;
	for (;;) {
		if ((code & mask) != prefix) {
			unsigned width = len - root, space = count[len];
			prefix = code & mask;
			while (space < 1u << width && width + root < 15) {
				width++;
				space = (space << 1) + count[root + width];
			}
			start = end;
			end += 1u << width;
			if (end > size)
				return false;
			table[prefix] = ENTRY(start, KIND_SUB, width, root);
		}
		for (unsigned i = start + (code >> root); i < end; i += 1u << (len - root))
			table[i] = symbol[*sorted] + ADD_LEN(len);
		if (code == (1u << len) - 1)
			return true;
		sorted++;
		code = next_code(code, len);
		count[len]--;
		while (!count[len])
			len++;
	}
}

/* A table with its subtables behind it. size: entries that there is room for (enough by zlib's enough.c; checked all the same). The root part grows
 * by doubling: a code of l bits is written once into a table of 2^l entries, which is then copied for each bit more (as libdeflate does). */
static bool build(uint32_t *table, unsigned size, unsigned root, const uint8_t *lens, unsigned n, const uint32_t *symbol)
{
	unsigned count[16], code = 0, len = 1, end;
	uint16_t order[320], *sorted = order;
	bool complete;
	if (!count_lens(lens, n, count, &complete))
		return false;
	sort_symbols(lens, n, count, order);
	if (!complete) { /* no code, or one of one bit */
		for (unsigned i = 0; i < 1u << root; i++)
			table[i] = count[1] && !(i & 1) ? symbol[order[0]] + ADD_LEN(1) : ENTRY(0, KIND_BAD, 1, 1);
		return true;
	}
	while (!count[len])
		len++;
	end = 1u << len;
	while (len <= root) {
		for (unsigned k = 0; k < count[len]; k++) {
			table[code] = symbol[*sorted++] + ADD_LEN(len);
			if (code == end - 1) { /* the last one */
				for (; len < root; len++, end <<= 1)
					memcpy(table + end, table, end * sizeof *table);
				return true;
			}
			code = next_code(code, len);
		}
		do {
			if (++len <= root) {
				memcpy(table + end, table, end * sizeof *table);
				end <<= 1;
			}
		} while (!count[len]);
	}
	return build_long(table, size, root, len, code, count, sorted, symbol);
}

/* Nothing is unpacked, so which literal it is does not matter: an entry takes as many as its root bits hold, and a length behind them. Done where a
 * block is long enough to pay for it. */
static void merge(struct deflate *d)
{
	uint32_t merged[1u << DEFLATE_LIT_BITS];
	for (unsigned i = 0; i < 1u << DEFLATE_LIT_BITS; i++) {
		uint32_t e = d->lit[i];
		while (ENTRY_KIND(e) == KIND_LIT && ENTRY_LEN(e) < DEFLATE_LIT_BITS) {
			uint32_t f = d->lit[i >> ENTRY_LEN(e)];
			if ((ENTRY_KIND(f) != KIND_LIT && ENTRY_KIND(f) != KIND_LEN) || ENTRY_LEN(e) + ENTRY_LEN(f) > DEFLATE_LIT_BITS)
				break;
			e = ENTRY(ENTRY_BASE(e) + ENTRY_BASE(f), ENTRY_KIND(f), ENTRY_LEN(e) + ENTRY_LEN(f), ENTRY_LEN(e) + ENTRY_TOTAL(f));
		}
		merged[i] = e;
	}
	memcpy(d->lit, merged, sizeof merged);
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
	bool ok = build(d->lit, ARRAY_LEN(d->lit), DEFLATE_LIT_BITS, d->lens, 288, lit_symbol);
	memset(d->lens, 5, 32);
	ok = ok && build(d->dist, ARRAY_LEN(d->dist), DEFLATE_DIST_BITS, d->lens, 32, dist_symbol);
	assert(ok);
	d->merged = false;
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

/* While there are two times 8 bytes to load at once. A code with its length and distance is at most 15 + 5 + 15 + 13 = 48 bits; a load leaves at
 * least 56. */
static const uint8_t *codes_fast(struct deflate *d, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *begin = p;
	uint64_t bits = d->bits, out = d->out;
	unsigned n = d->nbits;
#define LOAD()  (bits |= le64(p) << n, p += (63 - n) >> 3, n |= 56)
#define PASS(e) (bits >>= ENTRY_TOTAL(e), n -= ENTRY_TOTAL(e))
	while (end - p >= 16) {
		LOAD();
		uint32_t e = look(d->lit, DEFLATE_LIT_BITS, bits);
		if (ENTRY_KIND(e) == KIND_LIT) { /* three of them fit in a load */
			out += ENTRY_BASE(e);
			PASS(e);
			e = look(d->lit, DEFLATE_LIT_BITS, bits);
			if (ENTRY_KIND(e) == KIND_LIT) {
				out += ENTRY_BASE(e);
				PASS(e);
				e = look(d->lit, DEFLATE_LIT_BITS, bits);
				if (ENTRY_KIND(e) == KIND_LIT) {
					out += ENTRY_BASE(e);
					PASS(e);
					continue;
				}
			}
			LOAD();
		}
		if (ENTRY_KIND(e) == KIND_LEN) {
			out += gain(e, bits);
			PASS(e);
			e = look(d->dist, DEFLATE_DIST_BITS, bits);
			bool there = out > WINDOW || gain(e, bits) + 3 <= out; /* no distance goes back behind the beginning (a match has 3 bytes) */
			PASS(e);
			if (ENTRY_KIND(e) == KIND_LEN && there)
				continue;
			d->mode = WRONG;
			break;
		}
		d->mode = ENTRY_KIND(e) == KIND_END ? d->last ? FINISHED : BLOCK_HEAD : WRONG;
		PASS(e);
		break;
	}
#undef LOAD
#undef PASS
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
			if (ENTRY_KIND(e) != KIND_END && ENTRY_KIND(e) != KIND_BAD)
				d->out += gain(e, d->bits);
			if (ENTRY_KIND(e) == KIND_BAD ||
				(f && (ENTRY_KIND(f) == KIND_BAD || (d->out <= WINDOW && gain(f, d->bits >> ENTRY_TOTAL(e)) + 3 > d->out))))
				d->mode = WRONG;
			else if (ENTRY_KIND(e) == KIND_END)
				d->mode = d->last ? FINISHED : BLOCK_HEAD;
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
	/* the code of code lengths stands in the table of distances until that is made */
	d->mode = build(d->dist, ARRAY_LEN(d->dist), 7, d->lens + 320, 19, plain_symbol) ? LENS : WRONG;
}

static void lens_over(struct deflate *d)
{
	d->merged = false;
	bool ok = d->lens[256] && build(d->lit, ARRAY_LEN(d->lit), DEFLATE_LIT_BITS, d->lens, d->nlit, lit_symbol) &&
		build(d->dist, ARRAY_LEN(d->dist), DEFLATE_DIST_BITS, d->lens + d->nlit, d->ndist, dist_symbol);
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
			if (!d->merged && end - *p >= MERGE_PAYS) { /* a run first: many blocks are short */
				*p = codes_fast(d, *p, *p + MERGE_PAYS);
				if (d->mode == CODES) {
					merge(d);
					d->merged = true;
				}
				return true;
			}
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
