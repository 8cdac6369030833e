/* Text and its finer types: what content_text.c asks of the readers of JSON, XML, HL7 and the others. */
#ifndef HOLDFAST_CONTENT_TEXT_INTERNAL_H
#define HOLDFAST_CONTENT_TEXT_INTERNAL_H

#include "content_internal.h"

enum grammar { GRAMMAR_HOLDS, GRAMMAR_BROKEN, GRAMMAR_CUT /* held until the bytes were over, in the middle of something */ };

struct text_reader {
	int type;
	bool (*sniff)(struct content_checker *c, struct slice head); /* without byte order mark and leading blanks */
	void (*begin)(struct content_checker *c, struct slice head);
	void (*feed)(struct content_checker *c, struct slice s); /* NULL: what the sniff saw is all there is to see */
	enum grammar (*end)(struct content_checker *c);
};
extern const struct text_reader text_readers[];
extern const struct text_reader text_csv, text_json, text_xml, text_html, text_hl7, text_x12, text_rtf, text_mail;

#define TEXT_DEPTH 1024
struct text_json_state {
	uint8_t state, after, hex;
	uint8_t literal[8], literal_n;
	bool broken, seen;
	unsigned depth;
	uint8_t stack[TEXT_DEPTH / 8]; /* a bit each: object */
};
struct text_xml_state {
	uint8_t state, quote;
	bool broken, seen, closing, slash;
	unsigned depth, brackets, run;
	uint32_t hash, open[TEXT_DEPTH];
};
struct text_lines_state { /* HL7 and X12 */
	uint8_t start[4], end, field;
	unsigned n;
	uint64_t good, bad;
	bool closed;
};
struct text_csv_state {
	uint8_t delimiter;
	bool quoted, was_quote, field_begun, any;
	uint64_t fields, first, records, fitting;
	uint64_t lines_in_quotes;
};
struct text_rtf_state {
	uint64_t depth, skip;
	uint8_t word[8];
	unsigned word_n;
	int mode;
	bool broken, closed;
};

struct text_state {
	const struct text_reader *reader;
	bool utf16, big_endian;
	bool half; /* an odd byte waits */
	uint8_t odd;
	bool high_waits; /* a high surrogate waits for its low one */
	uint64_t units, wrong_units, wrong_before, wrong_blocks;
	uint64_t to_skip; /* byte order mark */
	uint64_t base64_blocks, binary_blocks;
	uint8_t narrow[BLOCK]; /* UTF-16 as bytes, what is not ASCII as DEL's neighbour */
	union {
		struct text_json_state json;
		struct text_xml_state xml;
		struct text_lines_state lines;
		struct text_csv_state csv;
		struct text_rtf_state rtf;
	} u;
};

#endif
