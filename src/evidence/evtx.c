/* Windows' EVTX (MS-EVEN6 2.2.12..2.2.17 for the binary XML; for the file: Schuster, "Introducing the Microsoft Vista event log file format", DFRWS 2007, and libevtx' documentation).
 *
 *   file     "ElfFile\0", header of 4096 bytes, then chunks of 65536
 *   chunk    "ElfChnk\0", header of 512: last record's offset at 44, end of records at 48, CRC-32 of the records at 52; then records
 *   record   2a 2a 00 00, size u32, number u64, FILETIME u64, binary XML, size u32 again
 *   XML      0f fragment; 0c template with its values; 01 element, 06 attribute, 05 text, 0d and 0e a value's place, 02 03 04 ends; names lie anywhere in the chunk
 * Nothing in the file's header is relied on: chunks are found by their mark, so that a copy of a running log ("dirty") and what was carved out of a disk are read, and records are walked by their own marks, those behind the end of a chunk too. */
#include "evidence_internal.h"

#include <stdlib.h>
#include <zlib.h>

#define CHUNK 65536u
#define FILE_HEADER 4096u
#define DEEP 12
#define VALUES_MAX 512
#define TOKENS_MAX 20000 /* of one record: templates that refer to each other in a ring end here */
#define FILETIME_1970 INT64_C(116444736000000000)

struct evtx {
	struct evidence_win_state win;
	uint64_t skipped;
};

struct value {
	uint8_t type;
	struct slice bytes;
	size_t at; /* in the chunk */
};
struct walk {
	struct evidence *v;
	struct slice chunk;
	struct evidence_win *w;
	size_t tokens;
	bool bad;
};

static struct cur cur_at(struct slice chunk, size_t at)
{
	struct cur c = cur_of(chunk);
	if (at > chunk.n)
		cur_fail(&c);
	else
		c.p += at;
	return c;
}

/* UTF-16LE to UTF-8 in the record's arena */
static struct slice utf8_of(struct walk *k, struct slice wide)
{
	uint8_t *out = arena_raw(k->v->a, wide.n / 2 * 3 + 4);
	size_t n = 0;
	if (!out)
		return SLICE_NULL;
	for (size_t i = 0; i + 1 < wide.n; i += 2) {
		uint32_t c = (uint32_t)wide.p[i] | (uint32_t)wide.p[i + 1] << 8;
		if (c >= 0xD800 && c < 0xDC00 && i + 3 < wide.n) {
			uint32_t low = (uint32_t)wide.p[i + 2] | (uint32_t)wide.p[i + 3] << 8;
			if (low >= 0xDC00 && low < 0xE000) {
				c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
				i += 2;
			}
		}
		if (c == 0)
			break;
		size_t len = utf8_put(c, out + n);
		if (!len)
			len = utf8_put(0xFFFD, out + n);
		n += len;
	}
	return slice_of(out, n);
}

static struct slice put_text(struct walk *k, const char *text)
{
	return arena_dup(k->v->a, slice_str(text));
}

static struct slice time_text(struct walk *k, uint64_t filetime)
{
	char text[32];
	if (filetime < (uint64_t)FILETIME_1970 || filetime - (uint64_t)FILETIME_1970 > (uint64_t)INT64_MAX / 100)
		return SLICE_NULL;
	return put_text(k, time_rfc3339(((int64_t)filetime - FILETIME_1970) * 100, 9, text));
}

static struct slice sid_text(struct walk *k, struct slice b)
{
	char text[256];
	if (b.n < 8 || b.p[1] > 15 || b.n < 8u + 4u * b.p[1])
		return SLICE_NULL;
	uint64_t authority = 0;
	for (size_t i = 2; i < 8; i++)
		authority = authority << 8 | b.p[i];
	int n = snprintf(text, sizeof text, "S-%u-%llu", b.p[0], (unsigned long long)authority);
	for (size_t i = 0; i < b.p[1]; i++) {
		uint32_t sub;
		memcpy(&sub, b.p + 8 + 4 * i, 4);
		n += snprintf(text + n, sizeof text - (size_t)n, "-%u", le32toh(sub));
	}
	return put_text(k, text);
}

static struct slice number_text(struct walk *k, uint64_t x, bool hex)
{
	char text[32];
	hex ? snprintf(text, sizeof text, "0x%llx", (unsigned long long)x) : snprintf(text, sizeof text, "%llu", (unsigned long long)x);
	return put_text(k, text);
}

static uint64_t little(struct slice b)
{
	uint64_t x = 0;
	for (size_t i = b.n < 8 ? b.n : 8; i > 0; i--)
		x = x << 8 | b.p[i - 1];
	return x;
}

static struct slice text_of(struct walk *k, const struct value *x)
{
	switch (x->type) {
	case 0x01: /* text */
		return utf8_of(k, x->bytes);
	case 0x02:
		return arena_dup(k->v->a, x->bytes);
	case 0x03: case 0x04: case 0x05: case 0x06: case 0x07: case 0x08: case 0x09: case 0x0a:
		return number_text(k, little(x->bytes), false);
	case 0x0d:
		return put_text(k, little(x->bytes) ? "true" : "false");
	case 0x10: case 0x14: case 0x15: /* pointer, hexadecimal */
		return number_text(k, little(x->bytes), true);
	case 0x11:
		return time_text(k, little(x->bytes));
	case 0x13:
		return sid_text(k, x->bytes);
	default:
		return SLICE_NULL; /* binary, GUID, lists: nothing of ours is in them */
	}
}

static void fragment(struct walk *k, struct cur *c, const struct value *values, size_t n, int depth, bool dependency);

/* A name lies in the chunk once: next u32, hash u16, length u16, UTF-16, 0; where it stands right here it is passed over. */
static struct slice name(struct walk *k, struct cur *c)
{
	uint32_t at = cur_u32le(c);
	bool here = at == cur_offset(c);
	struct cur there = cur_at(k->chunk, at);
	(void)cur_take(&there, 6);
	uint16_t len = cur_u16le(&there);
	struct slice wide = cur_take(&there, (size_t)len * 2);
	(void)cur_take(&there, 2);
	if (there.failed) {
		k->bad = true;
		cur_fail(c);
		return SLICE_NULL;
	}
	if (here)
		*c = there;
	return utf8_of(k, wide);
}

static struct value text_value(struct cur *c)
{
	struct value x = {.type = cur_u8(c)};
	uint16_t len = cur_u16le(c);
	x.bytes = cur_take(c, x.type == 0x02 ? len : (size_t)len * 2);
	return x;
}

/* The value of an attribute: pieces of text and places, until what is none of those. */
static struct slice attribute_value(struct walk *k, struct cur *c, const struct value *values, size_t n)
{
	struct slice got = SLICE_NULL;
	for (;;) {
		if (!cur_left(c) || ++k->tokens > TOKENS_MAX)
			return got;
		uint8_t t = *c->p & 0x4f & ~0x40;
		struct slice piece = SLICE_NULL;
		if (t == 0x05) {
			(void)cur_u8(c);
			struct value x = text_value(c);
			piece = text_of(k, &x);
		} else if (t == 0x0d || t == 0x0e) {
			(void)cur_u8(c);
			uint16_t id = cur_u16le(c);
			(void)cur_u8(c);
			if (id < n)
				piece = text_of(k, &values[id]);
		} else if (t == 0x08) {
			(void)cur_take(c, 3);
		} else if (t == 0x09) {
			(void)cur_u8(c);
			(void)name(k, c);
		} else
			return got;
		if (piece.n && !got.n)
			got = piece;
	}
}

static void substitute(struct walk *k, const struct value *x, int depth)
{
	if (x->type == 0x21) {
		struct cur in = cur_at(slice_of(k->chunk.p, x->at + x->bytes.n), x->at);
		fragment(k, &in, NULL, 0, depth + 1, false);
		return;
	}
	struct slice text = text_of(k, x);
	if (text.n)
		evidence_win_text(k->w, text);
}

/* Template: u8, id u32, where its definition lies u32 (here, or earlier in the chunk); then the values' sizes and types, and the values. */
static void template(struct walk *k, struct cur *c, int depth)
{
	(void)cur_u8(c);
	(void)cur_u32le(c);
	uint32_t at = cur_u32le(c);
	bool here = at == cur_offset(c);
	struct cur def = cur_at(k->chunk, at);
	(void)cur_take(&def, 20);
	uint32_t size = cur_u32le(&def);
	if (def.failed || size > cur_left(&def)) {
		k->bad = true;
		cur_fail(c);
		return;
	}
	def.end = def.p + size;
	if (here)
		c->p = def.end <= c->end ? def.end : c->end;
	uint32_t count = cur_u32le(c);
	if (c->failed || count > VALUES_MAX || (size_t)count * 4 > cur_left(c)) {
		k->bad = true;
		cur_fail(c);
		return;
	}
	struct value *values = arena_array(k->v->a, count + 1, sizeof *values);
	struct cur sizes = *c;
	(void)cur_take(c, (size_t)count * 4);
	for (uint32_t i = 0; values && i < count; i++) {
		uint16_t len = cur_u16le(&sizes);
		values[i].type = cur_u8(&sizes);
		(void)cur_u8(&sizes);
		values[i].at = cur_offset(c);
		values[i].bytes = cur_take(c, len);
	}
	if (!values || c->failed) {
		k->bad = true;
		cur_fail(c);
		return;
	}
	fragment(k, &def, values, count, depth + 1, true);
}

static void element(struct walk *k, struct cur *c, uint8_t token, const struct value *values, size_t n, bool dependency)
{
	if (dependency)
		(void)cur_u16le(c);
	(void)cur_u32le(c); /* size of the element */
	evidence_win_open(k->w, name(k, c));
	if (!(token & 0x40))
		return;
	uint32_t size = cur_u32le(c);
	size_t end = cur_offset(c) + size;
	while (!c->failed && cur_left(c) && cur_offset(c) < end && (*c->p & 0x0f) == 0x06 && ++k->tokens < TOKENS_MAX) {
		(void)cur_u8(c);
		struct slice attr = name(k, c);
		evidence_win_attr(k->w, attr, attribute_value(k, c, values, n));
	}
}

static void fragment(struct walk *k, struct cur *c, const struct value *values, size_t n, int depth, bool dependency)
{
	if (depth > DEEP) {
		k->bad = true;
		return;
	}
	while (!c->failed && !k->bad && cur_left(c)) {
		uint8_t token = cur_u8(c);
		if (++k->tokens > TOKENS_MAX) {
			k->bad = true;
			return;
		}
		switch (token & 0xbf) {
		case 0x00:
			return;
		case 0x0f:
			(void)cur_take(c, 3);
			break;
		case 0x01:
			element(k, c, token, values, n, dependency);
			break;
		case 0x02:
			break;
		case 0x03: case 0x04:
			evidence_win_close(k->w);
			break;
		case 0x05: {
			struct value x = text_value(c);
			substitute(k, &x, depth);
			break;
		}
		case 0x07: {
			uint16_t len = cur_u16le(c);
			(void)cur_take(c, (size_t)len * 2);
			break;
		}
		case 0x08:
			(void)cur_u16le(c);
			break;
		case 0x09:
			(void)name(k, c);
			break;
		case 0x0c:
			template(k, c, depth);
			break;
		case 0x0d: case 0x0e: {
			uint16_t id = cur_u16le(c);
			(void)cur_u8(c);
			if (id < n && values[id].type && values[id].bytes.n)
				substitute(k, &values[id], depth);
			break;
		}
		default:
			k->bad = true;
			return;
		}
	}
	k->bad |= c->failed;
}

static int record(struct evidence *v, struct slice chunk, size_t at, size_t size, bool beyond)
{
	struct evtx *x = v->state;
	struct evidence_win *w = arena_alloc(v->a, sizeof *w);
	struct cur c = cur_at(slice_of(chunk.p, at + size - 4), at + 8);
	if (!w)
		return ERR_MEMORY;
	struct walk k = {.v = v, .chunk = chunk, .w = w};
	uint64_t number = cur_u64le(&c), written = cur_u64le(&c);
	v->record = number;
	fragment(&k, &c, NULL, 0, 0, false);
	if (k.bad || !w->id.n) {
		if (!beyond)
			evidence_damaged(v);
		return 0;
	}
	if (!w->time.n)
		w->time = time_text(&k, written);
	if (!w->record.n)
		w->record = number_text(&k, number, false);
	return evidence_win_event(v, &x->win, w);
}

static int chunk_of(struct evidence *v, struct slice chunk)
{
	struct cur h = cur_at(chunk, 48);
	uint32_t end = cur_u32le(&h), crc = cur_u32le(&h);
	int r = 0;
	if (end < 512 || end > chunk.n)
		end = (uint32_t)chunk.n;
	else if (crc32(0, chunk.p + 512, end - 512) != crc)
		evidence_damaged(v); /* its records are read all the same, each has marks of its own */
	for (size_t at = 512; r == 0 && at + 28 <= chunk.n;) {
		struct cur c = cur_at(chunk, at);
		uint32_t mark = cur_u32le(&c), size = cur_u32le(&c);
		bool whole = mark == 0x2a2a && size >= 28 && size <= chunk.n - at;
		if (whole) {
			struct cur tail = cur_at(chunk, at + size - 4);
			whole = cur_u32le(&tail) == size;
		}
		if (!whole) {
			at += 8;
			continue;
		}
		arena_reset(v->a);
		r = record(v, chunk, at, size, at >= end);
		at += size;
	}
	return r;
}

/* v->whole holds less than a chunk between calls. */
static int drain(struct evidence *v, bool last)
{
	size_t used = 0;
	int r = 0;
	struct slice all = buf_slice(&v->whole);
	while (r == 0 && all.n - used >= 512) {
		struct slice s = evidence_from(all, used);
		if (memcmp(s.p, "ElfChnk", 8) == 0) {
			if (s.n < CHUNK && !last)
				break;
			size_t n = s.n < CHUNK ? s.n : CHUNK;
			r = chunk_of(v, slice_of(s.p, n));
			v->account.short_end |= n < CHUNK;
			used += n;
		} else
			used += 512; /* the file's header, and what is no chunk: they begin at sectors */
	}
	buf_drop(&v->whole, used);
	return r;
}

static int bytes(struct evidence *v, struct slice s)
{
	int r = 0;
	v->account.dialect = "Security log, EVTX";
	v->account.clock = "UTC, as the event says";
	while (r == 0 && s.n) {
		struct slice now = evidence_upto(s, CHUNK);
		buf_add_slice(&v->whole, now);
		if (!buf_ok(&v->whole))
			return ERR_MEMORY;
		r = drain(v, false);
		s = evidence_from(s, now.n);
	}
	return r;
}

static int end(struct evidence *v)
{
	int r = drain(v, true);
	buf_reset(&v->whole);
	if (r == 0 && !v->account.records && !v->account.damaged)
		v->account.records = 1; /* a log without an event is understood */
	return r;
}

static void done(struct evidence *v)
{
	struct evtx *x = v->state;
	evidence_win_done(&x->win);
}

static int probe(struct slice head)
{
	return slice_starts(head, "ElfFile") || slice_starts(head, "ElfChnk") ? 100 : 0;
}

const struct evidence_reader evidence_evtx = {.kind = EVIDENCE_EVTX, .probe = probe, .bytes = bytes, .end = end, .done = done, .state = sizeof(struct evtx)};
