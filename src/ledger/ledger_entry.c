/* An entry with its body, as text that a person can read. The same bytes stand inside a sealed record of the write-ahead segment, inside a pack, and (for entries
 * of kind pack) in the clear in packs/index:
 *
 *   holdfast-entry SEQ KIND FLAGS TIME SOURCE SIZE SALT LF
 *   the body, SIZE bytes, as it came
 *   LF
 *
 * SEQ, KIND, FLAGS, TIME (nanoseconds since 1970 UTC) and SIZE are decimal without leading zeros; SALT is 32 bytes in base64 (44 characters). One blank between
 * fields. The leaf of the entry follows from this text alone: its commitment is SHA-256(salt || body).
 * Valid if and only if exactly so; the next entry begins at the byte behind the last LF.
 *
 * What is left of an entry whose body was erased, in entries of kind kept and nowhere else but in packs that were written anew:
 *
 *   holdfast-erased SEQ SIZE LF
 *   SIZE bytes of JSON (doc/formats.md), often none
 *   LF
 */
#include "ledger_internal.h"

static const char base64_chars[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static uint8_t *put_dec(uint8_t *to, uint64_t v)
{
	uint8_t digits[20];
	size_t n = 0;
	do
		digits[n++] = (uint8_t)('0' + v % 10);
	while (v /= 10);
	while (n)
		*to++ = digits[--n];
	*to++ = ' ';
	return to;
}

/* base64_put works on buffers; here a line is laid down at full speed (one for every entry ever written) into room that is known to be enough. */
static uint8_t *put_salt(uint8_t *to, const uint8_t salt[32])
{
	for (size_t i = 0; i < 30; i += 3) {
		uint32_t v = (uint32_t)salt[i] << 16 | (uint32_t)salt[i + 1] << 8 | salt[i + 2];
		*to++ = (uint8_t)base64_chars[v >> 18];
		*to++ = (uint8_t)base64_chars[v >> 12 & 63];
		*to++ = (uint8_t)base64_chars[v >> 6 & 63];
		*to++ = (uint8_t)base64_chars[v & 63];
	}
	uint32_t v = (uint32_t)salt[30] << 16 | (uint32_t)salt[31] << 8;
	*to++ = (uint8_t)base64_chars[v >> 18];
	*to++ = (uint8_t)base64_chars[v >> 12 & 63];
	*to++ = (uint8_t)base64_chars[v >> 6 & 63];
	*to++ = '=';
	return to;
}

/* The header line; returns its length. */
size_t ledger_entry_line(uint64_t seq, const struct ledger_leaf *l, const uint8_t salt[32], uint8_t out[ENTRY_LINE_MAX])
{
	uint8_t *p = out;
	size_t n = strlen(l->source);
	memcpy(p, ENTRY_MAGIC, sizeof ENTRY_MAGIC - 1);
	p += sizeof ENTRY_MAGIC - 1;
	p = put_dec(p, seq);
	p = put_dec(p, l->kind);
	p = put_dec(p, l->flags);
	p = put_dec(p, (uint64_t)l->time);
	memcpy(p, l->source, n);
	p += n;
	*p++ = ' ';
	p = put_dec(p, l->size);
	p = put_salt(p, salt);
	*p++ = '\n';
	return (size_t)(p - out);
}

/* One decimal field and the blank behind it. */
static bool get_dec(struct cur *c, uint64_t max, uint64_t *ret)
{
	const uint8_t *p = c->p;
	uint64_t v = 0;
	if (p < c->end && *p == '0') {
		p++;
	} else {
		for (; p < c->end && *p >= '0' && *p <= '9'; p++)
			if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
				return false;
	}
	if (p == c->p || p == c->end || *p != ' ' || v > max)
		return false;
	c->p = p + 1;
	*ret = v;
	return true;
}

/* ranges of base64's alphabet, -1 elsewhere: filled by the compiler, read once for each of the 43 characters of a salt */
#define N8 -1, -1, -1, -1, -1, -1, -1, -1
static const int8_t sextet[256] = {
        N8, N8, N8, N8, N8, -1, -1, -1, 62, -1, -1, -1, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, -1, -1, -1, -1, -1, -1, /* + / 0-9 */
        -1, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,             /* A-Z */
        -1, -1, -1, -1, -1, -1, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, -1, -1, -1, -1, -1,
        N8, N8, N8, N8, N8, N8, N8, N8, N8, N8, N8, N8, N8, N8, N8, N8,
};

/* 32 bytes in base64, strictly. */
bool ledger_base64_32(struct slice s, uint8_t out[32])
{
	if (s.n != 44 || s.p[43] != '=')
		return false;
	int bad = 0;
	for (size_t i = 0, o = 0; i < 44; i += 4) {
		int a = sextet[s.p[i]], b = sextet[s.p[i + 1]], c = sextet[s.p[i + 2]], d = i == 40 ? 0 : sextet[s.p[i + 3]];
		bad |= a | b | c | d;
		uint32_t v = (uint32_t)a << 18 | (uint32_t)b << 12 | (uint32_t)c << 6 | (uint32_t)d;
		out[o++] = (uint8_t)(v >> 16);
		out[o++] = (uint8_t)(v >> 8);
		if (o < 32)
			out[o++] = (uint8_t)v;
		else
			bad |= (v & 0xff) ? -1 : 0; /* spare bits are zero: one text, one salt */
	}
	return bad >= 0;
}

/* The next entry of a text: everything but leaf.commit, which the caller computes where it matters. ret->body is a slice of the text. */
int ledger_entry_next(struct cur *c, struct ledger_entry *ret, struct err *e)
{
	struct ledger_entry en = {0};
	struct cur t = *c;
	uint64_t kind, flags, time, size;
	struct slice magic = cur_take(&t, sizeof ENTRY_MAGIC - 1);
	if (t.failed || memcmp(magic.p, ENTRY_MAGIC, magic.n))
		return err_set(e, ERR_CORRUPT, NULL, "no entry begins at byte %zu of an opened record", cur_offset(c));
	if (!get_dec(&t, UINT64_MAX - 1, &en.seq) || !get_dec(&t, 255, &kind) || !get_dec(&t, 255, &flags) || !get_dec(&t, INT64_MAX, &time))
		return err_set(e, ERR_CORRUPT, NULL, "the entry at byte %zu of an opened record has a damaged header line", cur_offset(c));
	const uint8_t *blank = memchr(t.p, ' ', cur_left(&t) < LEDGER_SOURCE_MAX + 1 ? cur_left(&t) : LEDGER_SOURCE_MAX + 1);
	struct slice source = cur_take(&t, blank ? (size_t)(blank - t.p) : SIZE_MAX);
	(void)cur_u8(&t);
	if (!ledger_source_ok(source) || !get_dec(&t, LEDGER_BODY_MAX, &size) || !ledger_base64_32(cur_take(&t, 44), en.salt) || cur_u8(&t) != '\n')
		return err_set(e, ERR_CORRUPT, NULL, "entry %llu has a damaged header line", (unsigned long long)en.seq);
	en.body = cur_take(&t, size);
	if (cur_u8(&t) != '\n' || t.failed)
		return err_set(e, ERR_CORRUPT, NULL, "entry %llu is cut off", (unsigned long long)en.seq);
	en.leaf.kind = (uint8_t)kind;
	en.leaf.flags = (uint8_t)flags;
	en.leaf.time = (int64_t)time;
	en.leaf.size = size;
	memcpy(en.leaf.source, source.p, source.n);
	*c = t;
	*ret = en;
	return 0;
}

#define ERASED_MAGIC "holdfast-erased "
#define ERASED_STUB_MAX ((uint64_t)1 << 20)

static int erased_next(struct cur *c, struct ledger_entry *ret, struct err *e)
{
	struct ledger_entry en = {.erased = true};
	struct cur t = *c;
	uint64_t size = 0;
	(void)cur_take(&t, sizeof ERASED_MAGIC - 1);
	struct slice line = cur_line(&t), rest, seq = slice_cut(line, ' ', &rest);
	if (t.failed || (seq.n > 1 && seq.p[0] == '0') || (rest.n > 1 && rest.p[0] == '0') || num_u64(seq, 0, UINT64_MAX - 1, &en.seq) < 0 || num_u64(rest, 0, ERASED_STUB_MAX, &size) < 0)
		return err_set(e, ERR_CORRUPT, NULL, "what is left of an erased entry has a damaged line at byte %zu", cur_offset(c));
	en.rest = cur_take(&t, size);
	if (cur_u8(&t) != '\n' || t.failed)
		return err_set(e, ERR_CORRUPT, NULL, "what is left of entry %llu is cut off", (unsigned long long)en.seq);
	*c = t;
	*ret = en;
	return 0;
}

int ledger_entry_any(struct cur *c, struct ledger_entry *ret, struct err *e)
{
	struct slice here = slice_of(c->p, cur_left(c));
	return slice_starts(here, ERASED_MAGIC) ? erased_next(c, ret, e) : ledger_entry_next(c, ret, e);
}

void ledger_kept_rest(struct buf *out, uint64_t seq, struct slice rest)
{
	buf_printf(out, ERASED_MAGIC "%llu %zu\n", (unsigned long long)seq, rest.n);
	buf_add_slice(out, rest);
	buf_u8(out, '\n');
}

void ledger_kept_put(struct buf *out, const struct ledger_entry *en)
{
	uint8_t line[ENTRY_LINE_MAX];
	size_t n = ledger_entry_line(en->seq, &en->leaf, en->salt, line);
	buf_add(out, line, n);
	buf_add_slice(out, en->body);
	buf_u8(out, '\n');
}
