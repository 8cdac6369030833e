/* What the files of hl7 share and nobody else sees. */
#ifndef HOLDFAST_HL7_INTERNAL_H
#define HOLDFAST_HL7_INTERNAL_H

#include "hl7.h"

/* The control bytes of MLLP release 1. */
#define VT 0x0b
#define FS 0x1c
#define ESC 0x1b

/* ---- where a header stands (file.c) -------------------------------------------------------------------------------------- */

enum hl7_line {
	HL7_LINE_OTHER,
	HL7_LINE_MSH,
	HL7_LINE_FHS,
	HL7_LINE_BHS,
	HL7_LINE_BTS,
	HL7_LINE_FTS,
	HL7_LINE_SHORT, /* cannot say before more bytes are here (only when more may come) */
};
/* May this byte separate fields? A visible ASCII character that is no letter, digit or quote. */
bool hl7_is_separator(uint8_t c);
/* What kind of line begins at p? A byte order mark in front is fine. wide: 0, HL7_CS_UTF16LE or HL7_CS_UTF16BE. more: bytes may still follow the n we have. */
enum hl7_line hl7_line_at(const uint8_t *p, size_t n, int wide, bool more);
/* The header that a piece of a file beginning at `at` has, and where: right there, or behind a byte order mark and blank lines. */
enum hl7_line hl7_first_line(const struct hl7_file *f, size_t at, size_t *ret_at);
/* The text's first header says whether it is UTF-16: HL7_CS_UTF16LE, HL7_CS_UTF16BE, or 0 (also when too little is there to tell). */
int hl7_wide(struct slice text);

/* The first of four bytes in [p, end), or end. On x86-64 16 at a time. */
const uint8_t *hl7_find4(const uint8_t *p, const uint8_t *end, uint8_t a, uint8_t b, uint8_t c, uint8_t d);

/* ---- characters (charset.c) ------------------------------------------------------------------------------------------------ */

/* Whether bytes below 0x80 in text of this set can be half of a character: it must be decoded before it is cut at delimiters. */
bool hl7_charset_hides_delimiters(int charset);
int hl7_decodes(int charset, struct slice s) MUST; /* 1: without one U+FFFD; 0; or ERR_MEMORY */

/* ISO 2022 as HL7 uses it (chapter 2.7.2 and 2.17): what G0 (bytes below 0x80) and G1 (from 0xa0) mean now. */
struct hl7_2022 {
	uint8_t g0; /* enum hl7_g0 */
	int g1;     /* enum hl7_charset of the high half; -1: the message's own */
};
enum hl7_g0 { HL7_G0_ASCII, HL7_G0_KANA, HL7_G0_JIS_X_0208, HL7_G0_JIS_X_0212 };
#define HL7_G1_KANA (-2)
/* The bytes behind ESC ("$B", "(B", "-A" ...): how many of them are one escape sequence, 0 when it is none that we know. */
size_t hl7_2022_switch(struct hl7_2022 *st, struct slice after_esc);
/* Decode a run under a state; base is the message's charset. ESC sequences inside are followed and left out. */
void hl7_2022_decode(struct hl7_2022 *st, int base, struct slice s, struct buf *out);

/* ---- text (text.c) --------------------------------------------------------------------------------------------------------------- */

/* What hl7_text does, into a buffer; counts the escape sequences that nobody knows (they are kept as they stand). */
void hl7_text_put(const struct hl7_msg *m, struct slice raw, struct buf *out, unsigned *unknown);
bool hl7_text_is_plain(const struct hl7_msg *m, struct slice raw); /* raw is already its own text */

#endif
