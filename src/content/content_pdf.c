/* PDF (ISO 32000-1 7.5), from %PDF to the last %%EOF, as it comes.
 *
 *   N G obj ... endobj          each ended; strings, names and dictionaries passed over as tokens
 *   << /Length L >> stream      Flate streams walked as deflate, DCT streams as JPEG, others by their length; endstream behind them
 *   xref ... trailer            every entry in use names an object that was met where it says (a set of hashes: 128 KiB for any number of objects)
 *   startxref X %%EOF           the last X is where an xref table or a cross-reference stream was met
 * Revisions are one behind the other (7.5.6); a linearized file's last startxref names its first table. Streams of an encrypted file are walked by
 * length alone. */
#include "content_internal.h"

#define SEEN_BITS    (1u << 20)
#define TABLES_FIRST 8u
#define TABLES_MAX   64u
#define STRING_MOST  (1u << 20)

enum { TOKENS, STRING, STRING_ESCAPE, COMMENT, STREAM_BEGIN, STREAM_FLATE, STREAM_JPEG, STREAM_SKIP, STREAM_END };
enum { FILTER_NONE, FILTER_FLATE, FILTER_JPEG, FILTER_OTHER };

struct pdf {
	int mode, filter, filter_wanted, length_wanted;
	uint8_t token[32];
	unsigned token_n;
	uint64_t token_at, length_token_at;
	uint64_t num[3], num_at[3]; /* the last numbers in a row */
	unsigned num_n;
	bool in_object, in_xref, start_wanted, has_length, xref_stream, encrypted, eof_seen;
	unsigned string_depth;
	uint64_t string_n;
	uint64_t object, object_at, length, stream_at, left, stray, waiting_stray;
	uint64_t base; /* of %PDF: what printers put in front moves all offsets, in some files */
	uint64_t start, entry, objects, entries, misses, bad_streams, bad_at, unended, stray_at;
	uint64_t eof_at, data_end; /* of the packed data in the stream, 0: not known */
	unsigned find, zlib_n;
	uint64_t tables[TABLES_MAX];
	unsigned tables_n;
	union {
		struct deflate d;
		struct jpeg j;
	} u;
	uint8_t seen[SEEN_BITS / 8];
};
_Static_assert(sizeof(struct pdf) <= STATE_MAX, "fits the state");

static uint32_t seen_bit(uint64_t object, uint64_t at)
{
	uint64_t h = (object * UINT64_C(0x9E3779B97F4A7C15) ^ at) * UINT64_C(0xD6E8FEB86659FD93);
	return (uint32_t)(h >> 40) & (SEEN_BITS - 1);
}

static void table_at(struct pdf *f, uint64_t at)
{
	if (f->tables_n < TABLES_MAX)
		f->tables[f->tables_n++] = at;
	else { /* the first few and the last ones matter */
		memmove(f->tables + TABLES_FIRST, f->tables + TABLES_FIRST + 1, (TABLES_MAX - TABLES_FIRST - 1) * sizeof *f->tables);
		f->tables[TABLES_MAX - 1] = at;
	}
}

static void fault_stream(struct pdf *f, uint64_t at)
{
	if (!f->bad_streams++)
		f->bad_at = at;
}

static void object_begins(struct pdf *f)
{
	f->unended += f->in_object;
	f->in_object = true;
	f->in_xref = false;
	f->object = f->num[f->num_n - 2];
	f->object_at = f->num_at[f->num_n - 2];
	f->filter = FILTER_NONE;
	f->filter_wanted = f->length_wanted = 0;
	f->has_length = f->xref_stream = false;
	f->objects++;
	if (f->waiting_stray && !f->stray)
		f->stray_at = f->object_at;
	f->stray += f->waiting_stray;
	f->waiting_stray = 0;
	for (uint64_t back = 0; back < 3 && back <= f->object_at; back++) { /* some writers name the line end before it */
		uint32_t b = seen_bit(f->object, f->object_at - back);
		f->seen[b / 8] |= (uint8_t)(1u << b % 8);
	}
}

static bool was_seen(const struct pdf *f, uint64_t object, uint64_t at)
{
	uint32_t b = seen_bit(object, at);
	return f->seen[b / 8] >> (b % 8) & 1;
}

static void xref_entry(struct pdf *f, bool in_use)
{
	uint64_t at = f->num[0];
	if (in_use && at && at < f->token_at) {
		f->entries++;
		f->misses += !was_seen(f, f->entry, at) && !was_seen(f, f->entry, at + f->base);
	}
	f->entry++;
	f->num_n = 0;
}

static void number(struct pdf *f, uint64_t v)
{
	if (f->start_wanted) {
		f->start = v;
		f->start_wanted = false;
		f->num_n = 0;
		return;
	}
	if (f->length_wanted == 1 && f->in_object) {
		f->length = v;
		f->has_length = true;
		f->length_wanted = 2; /* "12 0 R" takes it back */
	} else if (f->length_wanted == 2)
		f->length_wanted = 3;
	if (f->in_xref && f->num_n == 2) { /* two numbers and another: the first two were a subsection's head */
		f->entry = f->num[0];
		f->num_n = 0;
	}
	if (f->num_n == 3) {
		memmove(f->num, f->num + 1, 2 * sizeof *f->num);
		memmove(f->num_at, f->num_at + 1, 2 * sizeof *f->num_at);
		f->num_n = 2;
	}
	f->num[f->num_n] = v;
	f->num_at[f->num_n++] = f->token_at;
}

static void name(struct pdf *f, struct slice t)
{
	if (f->filter_wanted) {
		f->filter = slice_eq_str(t, "/FlateDecode") || slice_eq_str(t, "/Fl") ? FILTER_FLATE
			: slice_eq_str(t, "/DCTDecode") || slice_eq_str(t, "/DCT")    ? FILTER_JPEG
										      : FILTER_OTHER;
		f->filter_wanted = false;
	} else if (slice_eq_str(t, "/Filter"))
		f->filter_wanted = f->in_object && f->filter == FILTER_NONE;
	else if (slice_eq_str(t, "/Length"))
		f->length_wanted = 1;
	else if (slice_eq_str(t, "/XRef"))
		f->xref_stream = true;
	else if (slice_eq_str(t, "/Encrypt"))
		f->encrypted = true;
}

static void keyword(struct pdf *f, struct slice t)
{
	if (slice_eq_str(t, "obj") && f->num_n >= 2)
		object_begins(f);
	else if (slice_eq_str(t, "endobj")) {
		if (f->xref_stream)
			table_at(f, f->object_at);
		f->in_object = f->xref_stream = false;
	} else if (slice_eq_str(t, "stream") && f->in_object) {
		f->mode = STREAM_BEGIN;
		f->find = 0;
	} else if (slice_eq_str(t, "R")) {
		if (f->length_wanted == 3)
			f->has_length = false;
	} else if (f->in_xref && (slice_eq_str(t, "n") || slice_eq_str(t, "f")) && f->num_n == 2) {
		xref_entry(f, t.p[0] == 'n');
		return;
	} else if (slice_eq_str(t, "xref") && !f->in_object) {
		table_at(f, f->token_at);
		f->in_xref = true;
		f->entry = 0;
	} else if (slice_eq_str(t, "trailer"))
		f->in_xref = false;
	else if (slice_eq_str(t, "startxref")) {
		f->start_wanted = true;
		f->in_xref = false;
	} else if (!f->in_object && !f->in_xref && !slice_eq_str(t, "true") && !slice_eq_str(t, "false") && !slice_eq_str(t, "null"))
		f->waiting_stray += t.n;
	f->num_n = 0;
	f->length_wanted = 0;
}

static void token_over(struct pdf *f)
{
	struct slice t = slice_of(f->token, f->token_n);
	uint64_t v;
	if (!t.n)
		return;
	f->token_n = 0;
	if (t.p[0] == '/') {
		f->num_n = 0;
		f->length_wanted = 0;
		name(f, t);
	} else if (t.p[0] >= '0' && t.p[0] <= '9' && num_u64(t, 0, UINT64_MAX, &v) == 0)
		number(f, v);
	else if ((t.p[0] >= '0' && t.p[0] <= '9') || t.p[0] == '+' || t.p[0] == '-' || t.p[0] == '.')
		f->num_n = 0;
	else
		keyword(f, t);
}

/* 1 blank, 2 delimiter */
static const uint8_t kind[256] = {[0] = 1,
	['\t'] = 1,
	['\n'] = 1,
	['\f'] = 1,
	['\r'] = 1,
	[' '] = 1,
	['('] = 2,
	[')'] = 2,
	['<'] = 2,
	['>'] = 2,
	['['] = 2,
	[']'] = 2,
	['{'] = 2,
	['}'] = 2,
	['/'] = 2,
	['%'] = 2};

static void token_byte(struct pdf *f, uint8_t b, uint64_t at)
{
	if (kind[b]) {
		token_over(f);
		if (f->mode != TOKENS)
			return;
		if (b == '(') {
			f->mode = STRING;
			f->string_depth = 1;
			f->string_n = 0;
		} else if (b == '%') {
			f->mode = COMMENT;
		} else if (b != '/')
			return;
	}
	if (!f->token_n)
		f->token_at = at;
	if (f->token_n < sizeof f->token)
		f->token[f->token_n++] = b;
	if (f->mode == STRING)
		f->token_n = 0;
}

static void comment_over(struct pdf *f, uint64_t at)
{
	if (slice_starts(slice_of(f->token, f->token_n), "%%EOF") && f->start) {
		f->eof_seen = true;
		f->eof_at = at;
	}
	f->token_n = 0;
	f->mode = TOKENS;
}

static void string_byte(struct pdf *f, uint8_t b)
{
	if (f->mode == STRING_ESCAPE) {
		f->mode = STRING;
		return;
	}
	f->string_n++;
	if (b == '\\')
		f->mode = STRING_ESCAPE;
	else if (b == '(')
		f->string_depth++;
	else if (b == ')')
		f->string_depth--;
	if (!f->string_depth || f->string_n > STRING_MOST) {
		f->unended += f->string_depth != 0;
		f->mode = TOKENS;
	}
}

/* ---- streams ------------------------------------------------------------------------------------------------------------------- */

static void stream_data(struct pdf *f, uint64_t at)
{
	f->stream_at = at;
	f->data_end = 0;
	f->find = f->zlib_n = 0;
	if (!f->encrypted && f->filter == FILTER_FLATE && !(f->has_length && f->length < 3)) {
		f->mode = STREAM_FLATE;
		deflate_begin(&f->u.d);
	} else if (!f->encrypted && f->filter == FILTER_JPEG && !(f->has_length && !f->length)) {
		f->mode = STREAM_JPEG;
		jpeg_begin(&f->u.j);
	} else {
		f->left = f->has_length ? f->length : 0;
		f->mode = f->left ? STREAM_SKIP : STREAM_END;
	}
}

static void to_stream_end(struct pdf *f)
{
	f->mode = STREAM_END;
	f->find = 0;
}

/* The two bytes of RFC 1950, then deflate, then its Adler-32 (not asked: nothing is unpacked). */
static size_t flate(struct pdf *f, struct slice s, uint64_t at)
{
	size_t i = 0, used;
	while (f->zlib_n < 2 && i < s.n) {
		uint8_t b = s.p[i++];
		if (f->zlib_n++ == 0 && (b & 15) != 8) {
			fault_stream(f, at);
			to_stream_end(f);
			return i;
		}
	}
	enum part part = deflate_feed(&f->u.d, slice_of(s.p + i, s.n - i), &used);
	if (part == PART_BAD)
		fault_stream(f, at + i + used);
	else if (part == PART_END)
		f->data_end = at + i + used;
	if (part != PART_MORE)
		to_stream_end(f);
	return i + used;
}

static size_t dct(struct pdf *f, struct slice s, uint64_t at)
{
	size_t used;
	enum part part = jpeg_feed(&f->u.j, s, &used);
	if (part == PART_BAD)
		fault_stream(f, at + used);
	if (part != PART_MORE)
		to_stream_end(f);
	return used;
}

static size_t find_end(struct pdf *f, struct slice s, uint64_t at)
{
	static const char word[] = "endstream";
	for (size_t i = 0; i < s.n; i++) {
		uint8_t b = s.p[i];
		if (f->find == 0 && b != 'e') {
			const uint8_t *hit = memchr(s.p + i, 'e', s.n - i);
			if (!hit)
				return s.n;
			i = (size_t)(hit - s.p);
			b = 'e';
		}
		f->find = b == (uint8_t)word[f->find] ? f->find + 1 : b == 'e' ? 1 : f->find == 7 && b == 'n' ? 2 : 0;
		if (f->find < sizeof word - 1)
			continue;
		uint64_t end = at + i + 1 - (sizeof word - 1);
		if (f->data_end && end > f->data_end + 64) /* Adler-32 and line ends; anything more, and it ended too early */
			fault_stream(f, f->data_end);
		else if (f->has_length && (end < f->stream_at + f->length || end > f->stream_at + f->length + 64))
			fault_stream(f, end);
		f->mode = TOKENS;
		return i + 1;
	}
	return s.n;
}

static size_t stream_bytes(struct pdf *f, struct slice s, uint64_t at)
{
	switch (f->mode) {
	case STREAM_BEGIN: /* CR LF, or LF; blanks before it are seen */
		if (s.p[0] == '\n' || (f->find && s.p[0] != '\n') || (s.p[0] != ' ' && s.p[0] != '\r')) {
			size_t used = s.p[0] == '\n' ? 1 : 0;
			stream_data(f, at + used);
			return used;
		}
		f->find = s.p[0] == '\r';
		return 1;
	case STREAM_FLATE:
		return flate(f, s, at);
	case STREAM_JPEG:
		return dct(f, s, at);
	case STREAM_SKIP: {
		size_t n = s.n < f->left ? s.n : (size_t)f->left;
		f->left -= n;
		if (!f->left)
			to_stream_end(f);
		return n;
	}
	default:
		return find_end(f, s, at);
	}
}

static size_t feed(struct content_checker *c, struct slice s)
{
	struct pdf *f = STATE_OF(c, struct pdf);
	size_t i = 0;
	while (i < s.n) {
		uint64_t at = c->w.at + i;
		uint8_t b = s.p[i];
		if (f->mode >= STREAM_BEGIN) {
			i += stream_bytes(f, slice_of(s.p + i, s.n - i), at);
			continue;
		}
		if (f->mode == TOKENS) {
			token_byte(f, b, at);
			if (f->mode == STREAM_BEGIN)
				continue; /* the byte behind the word is looked at again */
		} else if (f->mode == COMMENT) {
			if (b == '\n' || b == '\r')
				comment_over(f, at);
			else if (f->token_n < sizeof f->token)
				f->token[f->token_n++] = b;
		} else
			string_byte(f, b);
		i++;
	}
	return s.n;
}

/* ---- verdict ---------------------------------------------------------------------------------------------------------------------- */

static bool start_is_a_table(const struct pdf *f)
{
	for (unsigned i = 0; i < f->tables_n; i++)
		for (uint64_t k = 0; k < 2; k++) {
			uint64_t at = f->start + k * f->base;
			if (at <= f->tables[i] && at + 2 >= f->tables[i])
				return true;
		}
	return false;
}

static void end(struct content_checker *c)
{
	struct pdf *f = STATE_OF(c, struct pdf);
	if (f->mode == COMMENT)
		comment_over(f, c->size);
	else if (f->mode == TOKENS)
		token_over(f);
	c->r.encrypted = f->encrypted;
	if (f->encrypted)
		f->bad_streams = 0; /* said behind the streams that could not be walked */
	if (f->bad_streams)
		walk_lost(c, "pdf: %llu streams are damaged, the first at byte %llu", (unsigned long long)f->bad_streams,
			(unsigned long long)f->bad_at);
	else if (f->misses * 50 > f->entries)
		walk_lost(c, "pdf: %llu of %llu objects are not where the table says", (unsigned long long)f->misses, (unsigned long long)f->entries);
	else if (f->stray > 64)
		walk_lost(c, "pdf: %llu bytes before byte %llu are no object", (unsigned long long)f->stray, (unsigned long long)f->stray_at);
	else if (!f->eof_seen && !f->start)
		walk_lost(c, "truncated: pdf has no startxref behind byte %llu", (unsigned long long)f->object_at);
	else if (f->unended > f->objects / 50)
		walk_lost(c, "pdf: %llu objects have no end", (unsigned long long)f->unended);
	else if (!start_is_a_table(f))
		walk_lost(c, "pdf: no cross-reference table at byte %llu", (unsigned long long)f->start);
	else {
		walk_done(c);
		c->w.end_at = f->eof_seen ? f->eof_at : c->size;
	}
}

static void from_header(struct content_checker *c, const uint8_t *p, size_t n)
{
	walk_feed(c, WALK_FOREVER, feed, 0, NULL);
}

static bool sniff(struct content_checker *c, struct slice h)
{
	return HEAD_IS(h, 0, "%PDF-") ||
		(c->r.named == CONTENT_PDF &&
			memmem(h.p, h.n < 1024 ? h.n : 1024, "%PDF-", 5) != NULL); /* annex H, note 13: within the first 1,024 bytes */
}

static void begin(struct content_checker *c)
{
	struct pdf *f = content_state_new(c, sizeof *f);
	const uint8_t *at = memmem(c->head, c->head_n, "%PDF-", 5);
	f->base = at ? (uint64_t)(at - c->head) : 0;
	walk_skip(c, f->base, 0, from_header);
}

const struct content_format format_pdf = {CONTENT_PDF, sniff, begin, end};
