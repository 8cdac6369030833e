/* Where messages begin and end in a file or a long text (HL7 v2.9 chapter 2.10.3 for batches, appendix C for frame bytes that files hold too).
 *
 * A header is MSH, FHS or BHS at the start of a line with a separator behind it, or BTS or FTS with a separator or nothing behind it. The start of a line is the start of the text, or
 * behind CR, LF, VT or FS; a UTF-8 byte order mark may stand in front of the name (files are joined with `cat`). "MSH" anywhere else is text.
 *
 * Cutting rule: every byte belongs to exactly one piece, except blanks and NULs before a piece and line ends, VT, FS and NULs behind it. A message or a line of junk runs to the
 * next header, or to an FS that ends a frame (CR, LF, VT or the end follows it), and keeps the end of its last line but no blank line; an envelope line is one line.
 */
#include "hl7_internal.h"

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
		if ((c < 0x7f && hl7_is_separator((uint8_t)c)) || (trailer && (c == '\r' || c == '\n' || c == FS)))
			return lines[i].line;
		return HL7_LINE_OTHER;
	}
	return HL7_LINE_OTHER;
}

int hl7_wide(struct slice s)
{
	if (s.n < 6)
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
