/* scan: pages that a scanner or a telephone made of paper, and the codes on them. A file (PDF, PNG, JPEG, TIFF) in, one page after the other out: what its codes say, the page as a picture that stands upright, whether it is empty.
 *
 * The formats are decoded by Debian's libraries (poppler, libpng, libjpeg-turbo, libtiff; zbar reads the codes), loaded when first needed. They are large and their input is a stranger's: so they run in a process that has nothing
 * (the daemon's ecg role; for a command scan_apart, below), and nothing is decoded whose size was not looked at first. What comes back from there is read as a stranger's word, too (scan_answer_get).
 *
 * What is kept of a page is made anew from its pixels: JPEG, upright, at most SCAN_KEPT_SIDE pixels long (A4 at 200 dpi). No byte of the file goes any further.
 *
 * Codes: ISO/IEC 18004 (QR) and what else zbar reads (Code 128 of labels); read at any turn, and with some degrees of skew.
 */
#ifndef HOLDFAST_SCAN_H
#define HOLDFAST_SCAN_H

#include "base.h"

#define SCAN_FILE_MAX ((size_t)64 << 20)   /* bytes of one file */
#define SCAN_PAGES_MAX 300u                /* of one file */
#define SCAN_PIXELS_MAX ((uint64_t)64 << 20) /* of one page: A4 at 800 dpi, or what the largest telephones make */
#define SCAN_SIDE_MAX 20000u
#define SCAN_KEPT_SIDE 2339u
#define SCAN_KEPT_MAX ((size_t)4 << 20)    /* bytes of a kept page */
#define SCAN_CODES_MAX 16u
#define SCAN_CODE_MAX 256u                 /* bytes of what one says; a longer one is left out */

int scan_load(struct err *e) MUST; /* the libraries. ERR_SYSTEM: they are not installed. In a role before its sandbox */

struct scan_page {
	unsigned page, pages;      /* from 1; of how many */
	unsigned width, height;    /* of the picture */
	unsigned turned;           /* by how many degrees it was turned clockwise to stand upright: 0 90 180 270; only a code says it */
	bool blank;                /* nothing is on it but paper */
	struct slice jpeg;         /* empty: it could not be read */
	struct slice error;        /* why, in a sentence; empty: it was read */
	size_t code_n;
	struct scan_code {
		struct slice text;     /* UTF-8 */
		bool qr;
	} code[SCAN_CODES_MAX];
};

/* ---- in the process that has nothing ---- */

/* Page `page` of the file as an answer (scan_answer.c). A page that cannot be read is an answer, too, and says so. ERR_INPUT: this is no file of such pages; ERR_LIMIT: it is larger, or has more pages, than is read; ERR_SYSTEM, ERR_MEMORY. */
int scan_read(struct slice file, unsigned page, struct buf *ret, struct err *e) MUST;

/* ---- outside of it ---- */

/* An answer, of which nothing is believed: ERR_CORRUPT. Slices lie in body and a. */
int scan_answer_get(struct slice body, struct arena *a, struct scan_page *ret, struct err *e) MUST;

/* Reads a file in a child with no way to files, network or other processes, a limit of memory, and SECONDS a page; it is to be called before the caller has keys in its memory. fn gets each page in order; one on which the child died
 * has an error. ERR_INPUT: it is no file of pages. A child that dies three times in a row ends it: ERR_CORRUPT. */
typedef int scan_page_fn(void *arg, const struct scan_page *p, struct err *e);
int scan_apart(struct slice file, scan_page_fn *fn, void *arg, struct err *e) MUST;

#endif
