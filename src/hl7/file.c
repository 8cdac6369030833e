/* Where messages begin and end in a file or a long text (HL7 v2.9 chapter 2.10.3 for batches, appendix C for frame bytes that files hold too).
 *
 * A header is MSH, FHS or BHS at the start of a line with a separator behind it, or BTS or FTS with a separator or nothing behind it. The start of a line is the start of the text, or
 * behind CR, LF, VT or FS; a UTF-8 byte order mark may stand in front of the name (files are joined with `cat`), NULs (some senders pad with them), and in files up to 64 blanks before one
 * that has its encoding characters behind it. "MSH" anywhere else is text.
 *
 * Cutting rule: every byte belongs to exactly one piece, except blanks and NULs before a piece and line ends, VT, FS and NULs behind it. A message or a line of junk runs to the
 * next header, or to an FS that ends a frame (CR, LF, VT or the end follows it), and keeps the end of its last line but no blank line; an envelope line is one line.
 */
#include "hl7_internal.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

bool hl7_is_separator(uint8_t c)
{
	return c > ' ' && c < 0x7f && c != '"' && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z');
}

/* The i-th character from p, wide or not; -1 past the end. */
static int unit(const uint8_t *p, size_t n, size_t i, int wide)
{
	if (!wide)
		return i < n ? p[i] : -1;
	if (n < 2 || i > (n - 2) / 2)
		return -1;
	return wide == HL7_CS_UTF16LE ? p[2 * i] | p[2 * i + 1] << 8 : p[2 * i + 1] | p[2 * i] << 8;
}

enum hl7_line hl7_line_at(const uint8_t *p, size_t n, int wide, bool more)
{
	static const struct {
		char name[4];
		enum hl7_line line;
	} lines[] = {{"MSH", HL7_LINE_MSH}, {"FHS", HL7_LINE_FHS}, {"BHS", HL7_LINE_BHS}, {"BTS", HL7_LINE_BTS}, {"FTS", HL7_LINE_FTS}};
	enum hl7_line over = more ? HL7_LINE_SHORT : HL7_LINE_OTHER;
	size_t k = 0;
	if (wide && unit(p, n, 0, wide) == 0xFEFF)
		k = 1;
	if (!wide && n && p[0] == 0xEF) {
		if (n < 3)
			return memcmp(p, "\xEF\xBB\xBF", n) == 0 ? over : HL7_LINE_OTHER;
		if (memcmp(p, "\xEF\xBB\xBF", 3) != 0)
			return HL7_LINE_OTHER;
		k = 3;
	}
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		size_t same = 0;
		int c = -1;
		while (same < 3 && (c = unit(p, n, k + same, wide)) == lines[i].name[same])
			same++;
		if (same < 3 && c >= 0)
			continue;
		if (same < 3)
			return over;
		c = unit(p, n, k + 3, wide);
		bool trailer = lines[i].line == HL7_LINE_BTS || lines[i].line == HL7_LINE_FTS;
		if (c < 0)
			return more ? HL7_LINE_SHORT : trailer ? lines[i].line : HL7_LINE_OTHER;
		if ((c < 0x7f && hl7_is_separator((uint8_t)c)) || (trailer && (c == '\r' || c == '\n' || c == FS || c == VT || c == 0)))
			return lines[i].line;
		return HL7_LINE_OTHER;
	}
	return HL7_LINE_OTHER;
}

int hl7_wide(struct slice s)
{
	if (s.n < 6 || (s.p[0] && s.p[1] && s.p[0] < 0xFE)) /* neither a mark nor an ASCII character in UTF-16: nearly every message is done with here */
		return 0;
	for (int wide = HL7_CS_UTF16LE; wide <= HL7_CS_UTF16BE; wide++) {
		if (unit(s.p, s.n, 0, wide) == 0xFEFF)
			return wide;
		size_t i = 0; /* no mark: blank lines, then a header's name */
		for (int c; i < 64 && ((c = unit(s.p, s.n, i, wide)) == '\r' || c == '\n' || c == ' ' || c == '\t');)
			i++;
		size_t skip = 2 * i;
		if (skip < s.n && hl7_line_at(s.p + skip, s.n - skip, wide, true) != HL7_LINE_OTHER && unit(s.p, s.n, i + 2, wide) > 0)
			return wide;
	}
	return 0;
}

const uint8_t *hl7_find4(const uint8_t *p, const uint8_t *end, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
#ifdef __SSE2__
	const __m128i va = _mm_set1_epi8((char)a), vb = _mm_set1_epi8((char)b), vc = _mm_set1_epi8((char)c), vd = _mm_set1_epi8((char)d);
	for (; end - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i ab = _mm_or_si128(_mm_cmpeq_epi8(v, va), _mm_cmpeq_epi8(v, vb)), cd = _mm_or_si128(_mm_cmpeq_epi8(v, vc), _mm_cmpeq_epi8(v, vd));
		unsigned hit = (unsigned)_mm_movemask_epi8(_mm_or_si128(ab, cd));
		if (hit)
			return p + __builtin_ctz(hit);
	}
#endif
	while (p < end && *p != a && *p != b && *p != c && *p != d)
		p++;
	return p;
}

/* ---- pieces of a file ---------------------------------------------------------------------------------------------------------- */

static int at_unit(const struct hl7_file *f, size_t at)
{
	return at < f->text.n ? unit(f->text.p + at, f->text.n - at, 0, f->wide) : -1;
}

static size_t width(const struct hl7_file *f)
{
	return f->wide ? 2 : 1;
}

static bool frame_byte(int c)
{
	return c == '\r' || c == '\n' || c == VT || c == FS || c == 0;
}

static enum hl7_line line_at(const struct hl7_file *f, size_t at)
{
	return at < f->text.n ? hl7_line_at(f->text.p + at, f->text.n - at, f->wide, false) : HL7_LINE_OTHER;
}

static size_t over_blanks(const struct hl7_file *f, size_t at)
{
	for (int c; (c = at_unit(f, at)) >= 0 && (c == ' ' || c == '\t' || frame_byte(c)); at += width(f))
		;
	return at;
}

/* The header that a piece beginning at `at` has: right there, or behind a byte order mark and blank lines. */
enum hl7_line hl7_first_line(const struct hl7_file *f, size_t at, size_t *ret_at)
{
	size_t mark = f->wide && at_unit(f, at) == 0xFEFF ? 2 : !f->wide && f->text.n - at >= 3 && memcmp(f->text.p + at, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	*ret_at = mark ? over_blanks(f, at + mark) : at;
	return line_at(f, *ret_at);
}

/* The next CR, LF, VT or FS at or behind `at`; the end of the text when there is none. */
static size_t next_mark(const struct hl7_file *f, size_t at)
{
	if (!f->wide)
		return (size_t)(hl7_find4(f->text.p + at, f->text.p + f->text.n, '\r', '\n', VT, FS) - f->text.p);
	for (int c; (c = at_unit(f, at)) >= 0; at += 2)
		if (c && frame_byte(c))
			return at;
	return f->text.n;
}

/* A header that nobody writes by chance: its separator is there again behind two to five encoding characters. */
static bool surely_header(const struct hl7_file *f, size_t at)
{
	enum hl7_line line = hl7_first_line(f, at, &at);
	if (line != HL7_LINE_MSH && line != HL7_LINE_FHS && line != HL7_LINE_BHS)
		return false;
	size_t w = width(f);
	if (at_unit(f, at) == 0xFEFF)
		at += w;
	else if (at_unit(f, at) == 0xEF)
		at += 3;
	int sep = at_unit(f, at + 3 * w), c, n = 0;
	while (n < 7 && (c = at_unit(f, at + (size_t)(4 + n) * w)) > 0 && c < 0x7f && c != sep && hl7_is_separator((uint8_t)c))
		n++;
	return n >= 1 && n <= 6 && (at_unit(f, at + (size_t)(4 + n) * w) == sep);
}

#define INDENT_MAX 64

/* A header behind blanks: messages copied out of a log, a page or a program's source are indented as those are. Taken for text of the message before, its
 * patient's results would stand under that one's event. */
static bool indented_header(const struct hl7_file *f, size_t at)
{
	size_t blanks = 0;
	for (int c; blanks < INDENT_MAX && ((c = at_unit(f, at)) == ' ' || c == '\t'); blanks++)
		at += width(f);
	return blanks && at_unit(f, at) > 0 && surely_header(f, at);
}

/* Where a message or junk that begins before `at` stops: at the next header, at an FS that ends a frame, or at the end. */
static size_t stop_of(const struct hl7_file *f, size_t at)
{
	while ((at = next_mark(f, at)) < f->text.n) {
		int c = at_unit(f, at);
		size_t behind = at + width(f);
		if (c == FS) {
			int next = at_unit(f, behind);
			if (next < 0 || next == '\r' || next == '\n' || next == VT)
				return at;
		}
		for (at = behind; at_unit(f, at) == 0;)
			at += width(f);
		if (line_at(f, at) != HL7_LINE_OTHER || indented_header(f, at))
			return at;
	}
	return f->text.n;
}

/* [begin, stop) without what frames it, but with the end of its last line. */
static size_t trimmed(const struct hl7_file *f, size_t begin, size_t stop)
{
	size_t w = width(f), end = stop - (stop - begin) % w;
	if (end != stop)
		return stop; /* half a character at the end: kept */
	while (end > begin && frame_byte(at_unit(f, end - w)))
		end -= w;
	int c = end < stop ? at_unit(f, end) : -1;
	if (c == '\n')
		end += w;
	else if (c == '\r')
		end += end + w < stop && at_unit(f, end + w) == '\n' ? 2 * w : w;
	return end;
}

void hl7_file_init(struct hl7_file *f, struct slice text)
{
	*f = (struct hl7_file){.text = text, .wide = hl7_wide(text)};
}

void hl7_file_next(struct hl7_file *f, struct hl7_piece *ret)
{
	size_t begin = over_blanks(f, f->at), header, stop;
	*ret = (struct hl7_piece){.type = HL7_PIECE_END, .offset = f->text.n};
	f->at = begin;
	if (begin >= f->text.n)
		return;
	enum hl7_line line = hl7_first_line(f, begin, &header);
	if (line == HL7_LINE_OTHER || line == HL7_LINE_MSH) {
		ret->type = line == HL7_LINE_MSH ? HL7_PIECE_MESSAGE : HL7_PIECE_JUNK;
		stop = stop_of(f, line == HL7_LINE_MSH ? header : begin);
	} else {
		ret->type = HL7_PIECE_ENVELOPE;
		stop = next_mark(f, header);
		if (at_unit(f, stop) == '\r' && at_unit(f, stop + width(f)) == '\n')
			stop += width(f);
		stop = stop < f->text.n ? stop + width(f) : stop;
	}
	ret->offset = begin;
	ret->bytes = slice_of(f->text.p + begin, trimmed(f, begin, stop) - begin);
	f->at = stop;
}

#define LOOK_MAX 65536

bool hl7_looks_like(struct slice text)
{
	struct hl7_file f;
	hl7_file_init(&f, slice_of(text.p, text.n < LOOK_MAX ? text.n : LOOK_MAX));
	size_t at = over_blanks(&f, 0), header;
	enum hl7_line line = hl7_first_line(&f, at, &header);
	if (line != HL7_LINE_OTHER)
		return true;
	while ((at = next_mark(&f, at)) < f.text.n) { /* something stands before the first message: a comment, a log line, the tail of another */
		at += width(&f);
		if (at < f.text.n && surely_header(&f, at))
			return true;
	}
	return false;
}
