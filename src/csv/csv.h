/* csv: rows of fields out of comma-separated text (RFC 4180, and what spreadsheets make of it), for whoever reads lists that people keep: inventories, telephone lists.
 *
 * Pure: bytes in, slices out. Fields are slices of the text, or of the arena where quotes had to be undone.
 */
#ifndef HOLDFAST_CSV_H
#define HOLDFAST_CSV_H

#include "base.h"

#define CSV_FIELDS_MAX 256 /* of a row; csv.more_fields says that there were more */

struct csv {
	struct slice text;       /* UTF-8 */
	size_t at;
	uint32_t line, row_line; /* where the next row begins, and where the last one did; from 1 */
	uint8_t sep;
	struct arena *a;         /* fields with quotes */
	bool broken;             /* a quote was not closed within 64 KiB: read as a letter */
	bool no_room, more_fields;
	size_t block;            /* of these 64 bytes it is known where a field could end */
	uint64_t marks;
};
void csv_init(struct csv *c, struct slice text, uint8_t sep, struct arena *a);
bool csv_row(struct csv *c, struct slice field[CSV_FIELDS_MAX], size_t *ret_n); /* false at the end; fields trimmed; blank lines are passed over */
uint8_t csv_separator(struct slice header_line);                               /* of , ; TAB |: the one that stands there most often outside of quotes */
/* The text as UTF-8 without its byte order mark: UTF-16 with or without one, UTF-8; what is neither is Windows' cp1252. ERR_MEMORY, ERR_LIMIT: the arena is full. */
int csv_utf8(struct slice raw, struct arena *a, struct slice *ret, struct err *e) MUST;
void csv_key(struct slice column, char out[64]);                               /* a column's name to compare: its letters and digits, folded */

/* ---- writing, for people who open it in a spreadsheet ----
 *
 * A spreadsheet calculates a field that begins with = + - @ (also in their full width), a tab or a line break, whatever quotes stand around it, and what is in our lists comes from strangers' files (OWASP, "CSV Injection"). Such a field
 * gets an apostrophe before it; so does one that has apostrophes there already, so that taking off one always gives back what it was. */
bool csv_calculates(struct slice s);
void csv_put(struct buf *out, struct slice s);  /* one field: with the apostrophe where it needs one, and quotes where it needs them (RFC 4180) */
struct slice csv_plain(struct slice field);     /* a field as csv_row hands it out, without the apostrophe that csv_put wrote; others as they are */

#endif
