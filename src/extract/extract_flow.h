/* What documents are made of, for those of extract that read them: running text, and tables in it. */
#ifndef HOLDFAST_EXTRACT_FLOW_H
#define HOLDFAST_EXTRACT_FLOW_H

#include "extract_internal.h"

#define EXTRACT_COLUMNS_MAX 16384u /* Excel's */

struct extract_column {
	struct slice name;
	int role, who;
};

/* Text is gathered into paragraphs and told in pieces. A table whose columns are recognised by their names becomes a record a row with a field a cell; one that is not is lines of text with tabs between, in a sheet each a record of its own.
 * Offsets count in the text as it was told; in a sheet they are the row's number, from 1. */
struct extract_flow {
	const struct extract_out *o;
	int code;              /* of the first thing that failed: nothing is done after it */
	struct err *e;
	bool sheet;
	struct buf text;
	uint64_t from;
	unsigned tables;       /* nested: an inner one is text in a cell of the outer one */
	struct buf cells, ends; /* of the row that is being filled: texts one behind the other; where each ends, u32 */
	struct buf kept;       /* rows from which it is not clear yet what the columns are */
	unsigned kept_rows;
	int header;            /* 0: not known yet; 1: columns are; -1: there is none */
	struct extract_column *column;
	size_t columns;
	struct arena *a;
	uint64_t row;          /* the last one's number; who knows better sets it before extract_flow_row, to one less */
};
int extract_flow_init(struct extract_flow *f, const struct extract_out *o, bool sheet, struct err *e) MUST;
void extract_flow_text(struct extract_flow *f, struct slice s);
void extract_flow_blank(struct extract_flow *f, char c); /* ' ', '\t', '\n': one, unless the text ends with one that is as strong */
void extract_flow_table(struct extract_flow *f, bool begins);
void extract_flow_cell(struct extract_flow *f); /* the cell ends */
void extract_flow_row(struct extract_flow *f);  /* the row ends */
int extract_flow_done(struct extract_flow *f) MUST; /* tells what is left, frees; the code */

#endif
