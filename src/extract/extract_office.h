/* Office documents, for those of extract that read them: OOXML (ECMA-376) and OpenDocument (OASIS ODF 1.3). */
#ifndef HOLDFAST_EXTRACT_OFFICE_H
#define HOLDFAST_EXTRACT_OFFICE_H

#include "extract_internal.h"

/* A part of the document as XML, read from its first byte. */
int extract_odf_xml(const struct extract_source *s, const struct extract_out *o, struct err *e) MUST;              /* content.xml, styles.xml, or all in one file */
int extract_flow_xml(const struct extract_source *s, const struct extract_out *o, struct err *e) MUST;             /* WordprocessingML and DrawingML: paragraphs, tables */

/* A workbook: what its sheets refer to. */
struct extract_book;
struct extract_book *extract_book_new(void);
void extract_book_free(struct extract_book *b);
int extract_book_strings(struct extract_book *b, const struct extract_source *s, const struct extract_out *o, struct err *e) MUST; /* xl/sharedStrings.xml */
int extract_book_styles(struct extract_book *b, const struct extract_source *s, const struct extract_out *o, struct err *e) MUST;  /* xl/styles.xml */
int extract_book_sheets(struct extract_book *b, const struct extract_source *s, const struct extract_out *o, struct err *e) MUST;  /* xl/workbook.xml: names, in which year days begin */
int extract_book_targets(struct extract_book *b, const struct extract_source *s, const struct extract_out *o, struct err *e) MUST; /* xl/_rels/workbook.xml.rels: which part is which sheet */
int extract_book_sheet(struct extract_book *b, struct slice part, const struct extract_source *s, const struct extract_out *o, struct err *e) MUST;
struct slice extract_book_sheet_name(const struct extract_book *b, struct slice part, char out[64]); /* by its part's name */

#endif
