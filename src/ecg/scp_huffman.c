/* SCP-ECG's entropy coding: section 2 and the lead data of sections 5 and 6.
 *
 * Section 2: u16 number of tables, or 19999 alone for the table of the standard (annex C.3.7.6). A table: u16 number of codes, each of 9 bytes:
 *   u8 bits of the prefix   u8 bits of all   u8 mode (1: a value; 0: go on with table `base`)   i16 base   u32 the prefix, its first bit lowest
 * What stands between prefix and end of a code is a signed number that is added to base: so rare values are written out.
 * The standard's table: 0; 10s, 110s ... 1 to 8 with a sign bit; 1111111110 and 8 bits; 1111111111 and 16 bits.
 */
#include "scp.h"

#include <stdlib.h>

#define QUICK 10

/* ---- tables ---- */

static uint32_t reversed(uint32_t code, unsigned bits)
{
	uint32_t r = 0;
	for (unsigned i = 0; i < bits; i++)
		r |= ((code >> i) & 1) << (bits - 1 - i);
	return r;
}

struct builder {
	struct scp_tables *t;
	size_t codes, codes_max;
	size_t pairs; /* used of the trie, which has room for all bits of all codes */
};

static size_t new_pair(struct builder *b)
{
	return 2 * b->pairs++;
}

/* A code of more than 10 bits, walked bit by bit. What another code is a prefix of is never reached. */
static void add_long(struct builder *b, struct scp_table *t, uint32_t prefix, unsigned bits, size_t code)
{
	if (!t->root)
		t->root = new_pair(b);
	size_t at = t->root;
	for (unsigned i = bits; i-- > 0;) {
		int32_t *next = &b->t->trie[at + (prefix >> i & 1)];
		if (i == 0 && *next == 0)
			*next = -(int32_t)(code + 1);
		if (i == 0 || *next < 0)
			return;
		if (*next == 0)
			*next = (int32_t)new_pair(b);
		at = (size_t)*next;
	}
}

static void add_quick(struct scp_table *t, uint32_t prefix, unsigned bits, size_t code)
{
	uint32_t first = prefix << (QUICK - bits), n = 1u << (QUICK - bits);
	for (uint32_t i = first; i < first + n; i++)
		if (!t->quick[i])
			t->quick[i] = (uint16_t)(code + 1);
}

static void add_code(struct builder *b, struct scp_table *t, struct scp_code c, uint32_t prefix)
{
	size_t at = b->codes++;
	b->t->code[at] = c;
	if (c.total > b->t->longest)
		b->t->longest = c.total;
	if (c.prefix <= QUICK)
		add_quick(t, prefix, c.prefix, at);
	else
		add_long(b, t, prefix, c.prefix, at);
}

static int standard_table(struct arena *a, struct scp_tables *ret, struct err *e)
{
	struct builder b = {.t = ret, .codes_max = 19};
	ret->table = arena_alloc(a, sizeof *ret->table);
	ret->code = arena_array(a, 19, sizeof *ret->code);
	if (!ret->table || !ret->code)
		return err_set(e, arena_code(a), NULL, "no room for the Huffman table");
	ret->tables = 1;
	ret->standard = true;
	add_code(&b, ret->table, (struct scp_code){0, 1, 1, true}, 0);
	for (int v = 1; v <= 8; v++) {
		uint32_t ones = ((1u << v) - 1) << 2;
		add_code(&b, ret->table, (struct scp_code){(int16_t)v, (uint8_t)(v + 2), (uint8_t)(v + 2), true}, ones);
		add_code(&b, ret->table, (struct scp_code){(int16_t)-v, (uint8_t)(v + 2), (uint8_t)(v + 2), true}, ones | 1);
	}
	add_code(&b, ret->table, (struct scp_code){0, 10, 18, true}, 0x3fe);
	add_code(&b, ret->table, (struct scp_code){0, 10, 26, true}, 0x3ff);
	return 0;
}

static int own_table(struct builder *b, struct scp_table *t, struct cur *c, struct err *e)
{
	unsigned n = cur_u16le(c);
	if (n > b->codes_max - b->codes)
		return err_set(e, ERR_INPUT, "section 2", "the Huffman tables are cut off, or of more than %d codes", SCP_CODES_MAX);
	for (unsigned i = 0; i < n && !c->failed; i++) {
		struct scp_code code = {.prefix = cur_u8(c), .total = cur_u8(c)};
		uint8_t mode = cur_u8(c);
		code.base = (int16_t)cur_u16le(c);
		uint32_t prefix = cur_u32le(c);
		code.value = mode != 0;
		if (c->failed)
			break;
		if (!code.prefix || code.prefix > 32 || code.total < code.prefix || code.total - code.prefix > 24)
			return err_set(e, ERR_INPUT, "section 2", "code %u of a Huffman table has %u bits of %u", i, code.prefix, code.total);
		if (!code.value && (code.base < 1 || (unsigned)code.base > b->t->tables))
			return err_set(e, ERR_INPUT, "section 2", "code %u of a Huffman table goes on with table %d of %u", i, code.base, b->t->tables);
		add_code(b, t, code, reversed(prefix, code.prefix));
	}
	return c->failed ? err_set(e, ERR_INPUT, "section 2", "the Huffman tables are cut off") : 0;
}

int scp_tables_read(struct slice body, struct arena *a, struct scp_tables *ret, struct err *e)
{
	struct cur c = cur_of(body);
	*ret = (struct scp_tables){0};
	if (!body.p)
		return 0;
	unsigned n = cur_u16le(&c);
	if (c.failed || n == SCP_DEFAULT_TABLE)
		return c.failed ? err_set(e, ERR_INPUT, "section 2", "it is empty") : standard_table(a, ret, e);
	if (n > SCP_TABLES_MAX)
		return err_set(e, ERR_LIMIT, "section 2", "%u Huffman tables, more than %d", n, SCP_TABLES_MAX);
	size_t codes = cur_left(&c) / 9; /* at most; so the memory is bounded by the section */
	if (codes > SCP_CODES_MAX)
		codes = SCP_CODES_MAX;
	struct builder b = {.t = ret, .codes_max = codes, .pairs = 1};
	ret->table = arena_array(a, n ? n : 1, sizeof *ret->table);
	ret->code = arena_array(a, codes + 1, sizeof *ret->code);
	ret->trie = arena_array(a, codes * 32 + n + 1, 2 * sizeof *ret->trie);
	if (!ret->table || !ret->code || !ret->trie)
		return err_set(e, arena_code(a), "section 2", "no room for the Huffman tables");
	ret->tables = n;
	for (unsigned i = 0; i < n; i++) {
		int r = own_table(&b, &ret->table[i], &c, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- decoding ---- */

struct bits {
	const uint8_t *p, *end;
	uint64_t hold;  /* the next bits, topmost first */
	unsigned have;  /* of them */
};

static inline void refill(struct bits *b)
{
	if (b->end - b->p >= 8) {
		uint64_t v;
		memcpy(&v, b->p, sizeof v);
		b->hold |= be64toh(v) >> b->have;
		unsigned whole = (63 - b->have) / 8;
		b->p += whole;
		b->have += whole * 8;
		return;
	}
	while (b->have <= 56 && b->p < b->end) {
		b->hold |= (uint64_t)*b->p++ << (56 - b->have);
		b->have += 8;
	}
}

static inline void drop(struct bits *b, unsigned n)
{
	b->hold <<= n;
	b->have -= n;
}

static int long_code(const struct scp_tables *t, const struct scp_table *now, const struct bits *b)
{
	size_t at = now->root;
	for (unsigned i = 0; at && i < b->have; i++) {
		int32_t next = t->trie[at + (b->hold >> (63 - i) & 1)];
		if (next < 0)
			return -next - 1;
		at = (size_t)next;
	}
	return -1;
}

static size_t plain(struct slice data, int16_t *out, size_t max)
{
	size_t n = data.n / 2 < max ? data.n / 2 : max;
	for (size_t i = 0; i < n; i++)
		out[i] = (int16_t)(data.p[2 * i] | data.p[2 * i + 1] << 8);
	return n;
}

size_t scp_decode(const struct scp_tables *t, struct slice data, int16_t *out, size_t max)
{
	if (!t->tables)
		return plain(data, out, max);
	if (!data.n)
		return 0;
	struct bits b = {.p = data.p, .end = data.p + data.n};
	const struct scp_table *now = &t->table[0];
	size_t n = 0;
	while (n < max) {
		if (b.have < t->longest)
			refill(&b);
		int at = (int)now->quick[b.hold >> (64 - QUICK)] - 1;
		if (at < 0)
			at = long_code(t, now, &b);
		if (at < 0)
			break; /* no code begins like this: padding, or damage */
		const struct scp_code *c = &t->code[at];
		if (c->total > b.have)
			break;
		unsigned more = c->total - c->prefix;
		int32_t v = (int32_t)((int64_t)(b.hold << c->prefix) >> ((64 - more) & 63)); /* without a branch: the next one cannot be foretold */
		v = c->base + (more ? v : 0);
		drop(&b, c->total);
		if (c->value)
			out[n++] = (int16_t)(uint16_t)(uint32_t)v;
		else
			now = &t->table[c->base - 1];
	}
	return n;
}

void scp_sum(int16_t *x, size_t n, unsigned difference)
{
	uint16_t a, b;
	if (n < 2)
		return;
	if (difference == 1) {
		a = (uint16_t)x[0];
		for (size_t i = 1; i < n; i++)
			x[i] = (int16_t)(a = (uint16_t)(a + (uint16_t)x[i]));
	} else if (difference == 2) {
		a = (uint16_t)x[0];
		b = (uint16_t)x[1];
		for (size_t i = 2; i < n; i++) {
			uint16_t v = (uint16_t)((uint16_t)x[i] + 2u * b - a);
			x[i] = (int16_t)v;
			a = b;
			b = v;
		}
	}
}

/* ---- encoding ---- */

static inline uint8_t *put(uint8_t *to, uint64_t *hold, unsigned *have, uint32_t code, unsigned bits)
{
	*hold = *hold << bits | code;
	*have += bits;
	while (*have >= 8) {
		*have -= 8;
		*to++ = (uint8_t)(*hold >> *have);
	}
	return to;
}

void scp_encode(struct buf *to, const int16_t *x, size_t n)
{
	uint8_t *p = buf_space(to, n * 4 + 8), *start = p; /* 26 bits at most a sample */
	uint64_t hold = 0;
	unsigned have = 0;
	if (!p)
		return;
	for (size_t i = 0; i < n; i++) {
		int v = x[i], m = abs(v);
		if (v == 0)
			p = put(p, &hold, &have, 0, 1);
		else if (m <= 8)
			p = put(p, &hold, &have, ((1u << m) - 1) << 2 | (v < 0), (unsigned)m + 2);
		else if (v >= INT8_MIN && v <= INT8_MAX)
			p = put(p, &hold, &have, 0x3feu << 8 | (uint8_t)v, 18);
		else
			p = put(p, &hold, &have, 0x3ffu << 16 | (uint16_t)v, 26);
	}
	if (have)
		*p++ = (uint8_t)(hold << (8 - have));
	buf_commit(to, (size_t)(p - start));
}
