/* paper: a letter as blocks of text, and the two ways to hand it over: plain text and PDF (A4 or US letter). It knows no store, no ledger and no clock: what stands on the page is what it was given, and the same
 * blocks give the same bytes.
 *
 * Text is UTF-8; what is not is shown as U+FFFD, control characters but for the two pairs of marks are left out. English, French and Chinese; the PDF takes glyphs from the fonts that fontconfig finds for the language.
 */
#ifndef HOLDFAST_PAPER_H
#define HOLDFAST_PAPER_H

#include "base.h"

/* cairo and pango, loaded on the first call and not before: with what they need they are 25 libraries, and most commands and roles never draw. ERR_SYSTEM: they are not installed. In a role before its sandbox. Modules
 * that draw themselves include cairo's headers and call this first; the functions that can then be called are listed in libcairo.c. */
int paper_load(struct err *e) MUST;
/* Plain letters, with Chinese ones of a serif face: cairo 1.16 leaves a common one (U+5982, as in names) of Noto Sans CJK Regular out of the fonts that it puts into a PDF, and none of Noto Serif CJK. */
#define PAPER_SANS "DejaVu Sans, Noto Serif CJK SC, Source Han Serif SC, Sans"

enum paper_look {
	PAPER_TITLE,
	PAPER_HEADING,  /* stays with what follows */
	PAPER_TEXT,
	PAPER_FIELD,    /* label beside text */
	PAPER_ITEM,     /* one of a list; label: its mark or number */
	PAPER_QUESTION, /* label: its number; stays with what follows */
	PAPER_BLANK,    /* words, then room to write on */
	PAPER_SMALL,    /* evidence: label beside text, in small letters */
};
/* Marks inside of a text: a reference (small and grey on paper, as it is in text), and strong letters. */
#define PAPER_REF "\x01"
#define PAPER_REF_END "\x02"
#define PAPER_STRONG "\x03"
#define PAPER_STRONG_END "\x04"

struct paper_block {
	enum paper_look look;
	struct slice label, text;
};
struct paper_letter {
	const char *lang;             /* "en", "fr", "zh" */
	bool us;                      /* US letter, else A4 */
	struct slice head, head_right; /* at the top of each page */
	struct slice foot;            /* at its bottom: where it was made from */
	const char *page_words[3];    /* around the two numbers: "page ", " of ", "" */
	const struct paper_block *block;
	size_t n;
};
/* 78 columns; wide characters count two. */
void paper_text(const struct paper_letter *l, struct buf *ret);
int paper_pdf(const struct paper_letter *l, struct buf *ret, unsigned *ret_pages, struct err *e) MUST;

#endif
