/* Lists, for their readers: CSV, sheets, tables of databases. */
#ifndef HOLDFAST_EXTRACT_CSV_H
#define HOLDFAST_EXTRACT_CSV_H

#include "extract_internal.h"

#define EXTRACT_COLUMNS_MAX 16384 /* of a row (a spreadsheet's are as many); what stands behind belongs to the last one */
#define EXTRACT_GUESSED_MAX 1024  /* columns without a header that are looked at */

/* ---- rows out of text ---- */

struct rows {
	struct slice text;
	const uint8_t *p, *end, *row; /* the next row begins, the text ends, the last row began */
	const uint8_t *block;         /* 64 bytes that marks is of */
	uint64_t marks;
	uint8_t sep;
	struct arena *a;              /* fields whose quotes were undone; the caller resets it between rows */
};
void extract_rows_init(struct rows *c, struct slice text, uint8_t sep, struct arena *a);
bool extract_rows_next(struct rows *c, struct slice *field, size_t max, size_t *ret_n); /* false at the end; blank rows are passed over */
uint8_t extract_rows_separator(struct slice text, struct arena *a, struct slice *field, size_t max);

/* ---- a list: columns and rows, wherever they come from (a sheet's reader calls these, too) ---- */

struct extract_column {
	uint8_t role, who;
	struct slice name;
};
struct list {
	const struct extract_out *o;
	struct extract_column *columns;
	uint8_t *names;
	size_t n;
	size_t number; /* the column of the row's own number; SIZE_MAX: none */
	bool born;     /* a date of birth stands in three columns: year, month, day */
	size_t birth[3];
};
void extract_list_init(struct list *x, const struct extract_out *o);
void extract_list_done(struct list *x);
int extract_list_header(struct list *x, const struct slice *field, size_t n, struct err *e) MUST; /* copies the names */
/* begin..end: the text in which fields lie (NULL, NULL: they lie elsewhere, and all have the row's place). */
int extract_list_row(struct list *x, const struct slice *field, size_t n, const uint8_t *begin, const uint8_t *end, uint64_t at, struct err *e) MUST;
size_t extract_list_header_score(const struct slice *field, size_t n); /* how many cells are names of columns that are known; 0: the row is no header */

#endif
