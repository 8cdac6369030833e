/* ward: charts to sheets. What a unit prints in an outage, filled from the chart store; and the register of what was printed. Wiring has it here, in one place, because a command, the daemon and a station print the same.
 *
 * It reads charts and makes values for paper (paper.h); it writes nothing and knows no ledger: entries of kind "sheet" come in as bytes, and go out as bytes.
 */
#ifndef HOLDFAST_WARD_H
#define HOLDFAST_WARD_H

#include "base.h"
#include "chart.h"
#include "downtime.h"
#include "paper.h"

/* ---- sheets --------------------------------------------------------------------------------------------------------------- */

#define WARD_KINDS_MAX 32
struct ward_ask {
	const char *unit;          /* one of these three */
	const char *patient;       /* our id, or a record number */
	bool all;                  /* every unit of the house */
	enum paper_kind kinds[WARD_KINDS_MAX];
	size_t kind_n;
	const char *list;          /* of calls: this list alone; NULL: all */
	bool open_protected;       /* of one patient whose record is protected: print it, and say PROTECTED on every page. Without it: ERR_DENIED. Of a unit they are never printed */
	bool past;                 /* the moment is not now: what is silent was not judged then */
	int64_t now;
	int zone_minutes;
	const char *lang;
};
/* "mar,labs", "pack" (census, summary, MAR, labs and labels of each patient, one of each form, contacts). ERR_USAGE names what is not known. */
int ward_kinds(struct slice list, struct ward_ask *ret, struct err *e) MUST;

struct ward_printed {
	char (*patients)[32];      /* whose charts stand on the sheets, each once; on the heap */
	size_t patient_n, cap;
	size_t withheld;           /* protected records that were left out */
};
void ward_printed_done(struct ward_printed *p);
/* Whoever takes the sheets: their values live until take returns. */
struct ward_sink {
	int (*take)(void *arg, const struct paper_sheet *s, struct err *e);
	void *arg;
	size_t *count;             /* of sheets taken so far */
};
int ward_sheets_to(struct chart *c, struct chart_moment at, const struct ward_ask *q, const struct ward_sink *to, struct ward_printed *ret, struct err *e) MUST;
/* The same into a book. Adds the sheets to the book, patient by patient. ERR_NOT_FOUND: no such patient, or nobody in that unit and no unit of that name. */
int ward_sheets(struct chart *c, struct chart_moment at, const struct ward_ask *q, struct paper_book *b, struct ward_printed *ret, struct err *e) MUST;

/* ---- the register (entries of kind "sheet", doc/formats.md) -------------------------------------------------------------------- */

enum ward_state { WARD_PRINTED, WARD_OUT /* signed out */, WARD_RETURNED, WARD_SCANNED, WARD_DESTROYED, WARD_STATES };
const char *ward_state_name(enum ward_state s); /* "printed" "signed-out" ... as in the entries */
int ward_state_parse(struct slice s) MUST;       /* -1 */

/* The body of the entry that registers a book: durable before the PDF is handed out. */
void ward_register_printed(const struct paper_book *b, const char *block, uint64_t made_from, uint64_t checkpoint, const char *by, const char *reason, struct buf *ret);
void ward_register_act(const char *number, enum ward_state s, const char *by, const char *to, const char *reason, struct buf *ret);

struct ward_sheet {
	struct paper_number number;
	struct slice kind, patient, unit; /* patient: our id */
	uint32_t pages;
	enum ward_state state;
	int64_t printed, since;           /* since: of its state */
	struct slice by, to;              /* of its state */
	uint64_t entry;                   /* that gave it its state */
	uint32_t scanned;                 /* how many of its pages were filed; it is scanned when all are */
	uint64_t page_set[(PAPER_PAGES_OF_SHEET_MAX + 63) / 64];
};
struct ward_register; /* bodies are read in the order of the ledger */
int ward_register_new(struct ward_register **ret, struct err *e) MUST;
void ward_register_free(struct ward_register *r); /* NULL is fine */
/* What is no such entry is counted and left out. An act on a sheet that this register does not have, or that is finished (scanned, destroyed), changes nothing. */
int ward_register_take(struct ward_register *r, uint64_t entry, int64_t time, struct slice body, struct err *e) MUST;
/* A captured item: the scan of a sheet, or of a page of one, closes it when none is missing; any other changes nothing. */
int ward_register_scanned(struct ward_register *r, uint64_t entry, int64_t time, const struct capture *c, struct err *e) MUST;
size_t ward_register_count(const struct ward_register *r);
const struct ward_sheet *ward_register_sheet(const struct ward_register *r, size_t i); /* in the order of printing */
const struct ward_sheet *ward_register_find(const struct ward_register *r, const struct paper_number *n); /* NULL */
size_t ward_register_odd(const struct ward_register *r);
/* Scanned, destroyed and returned close a sheet; of the others somebody must say where they are. */
bool ward_closed(enum ward_state s);

/* ---- scans (entries of kind "scan", doc/formats.md) -----------------------------------------------------------------------------------
 *
 * A page that came back is filed to its sheet: it becomes a captured item of kind sheet (downtime.h) with the page's picture behind its line, and so a document of the patient's chart and an item of the way back. A page of which
 * that cannot be said with certainty is kept as an entry of kind scan, until a person files it or says that it is not to be filed. Both are called by the same id, WARD_SCAN_ID: of the file's SHA-256 and the page. So a file that comes
 * twice is filed once, and a page that a person files is off the list by that alone. */
#define WARD_SCAN_ID_MAX 40
void ward_scan_id(const uint8_t hash[32], unsigned page, char ret[WARD_SCAN_ID_MAX]); /* "SCAN-0123456789abcdef-12" */
bool ward_scan_is_id(struct slice s);

enum ward_scan_why {
	SCAN_FITS,       /* to be filed to its sheet */
	SCAN_NO_CODE,    /* no code of a sheet was read on it */
	SCAN_MISREAD,    /* one was, and its check characters do not fit */
	SCAN_SEVERAL,    /* of several sheets: two lie on one another */
	SCAN_OTHER_SITE, /* printed by another ledger */
	SCAN_UNKNOWN,    /* no sheet of this number was printed here, or it is not what its code says */
	SCAN_TWICE,      /* this page of it is filed already */
	SCAN_NOBODYS,    /* a form of no patient: whose it is stands on it in handwriting */
	SCAN_OTHER_PATIENT, /* whoever brought it said whose it is, and the sheet says somebody else */
	SCAN_WHYS
};
const char *ward_scan_why(enum ward_scan_why w);      /* "no-code" ... as in the entries */
int ward_scan_why_parse(struct slice s) MUST;          /* -1 */
const char *ward_scan_why_says(enum ward_scan_why w); /* in words */

struct ward_scan { /* an entry of kind scan */
	enum ward_scan_what { SCAN_PAGE, SCAN_DROPPED /* not to be filed */, SCAN_TYPED /* of a sheet: nothing on it is left to be typed */ } what;
	struct slice id, by, reason; /* id: of the page; by: who */
	struct slice sheet;          /* typed: its number; a page: what its code says, if it says one */
	enum ward_scan_why why;
	struct slice patient;        /* a page: whom it was said to be about; empty: nobody */
	uint32_t page, pages;        /* of its file */
	struct slice text[8];        /* what its codes say */
	size_t text_n;
	struct slice jpeg;
};
/* Reads and checks one: ERR_INPUT with a sentence. Slices lie in body and a. line_only: the picture behind a page's line is not there, and not asked for. */
int ward_scan_read(struct slice body, bool line_only, struct arena *a, struct ward_scan *ret, struct err *e) MUST;
void ward_scan_put(const struct ward_scan *s, struct buf *ret);

/* What is known of scans: a fold of captured items and of entries of kind scan, in the ledger's order. */
struct ward_scans;
int ward_scans_new(struct ward_scans **ret, struct err *e) MUST;
void ward_scans_free(struct ward_scans *s); /* NULL is fine */
int ward_scans_captured(struct ward_scans *s, uint64_t entry, int64_t time, const struct capture *c, struct err *e) MUST;
int ward_scans_take(struct ward_scans *s, uint64_t entry, int64_t time, const struct ward_scan *x, struct err *e) MUST;

struct ward_unfiled {
	struct slice id, by, sheet, patient, text[8];
	size_t text_n;
	enum ward_scan_why why;
	uint32_t page, pages;
	uint64_t entry;
	int64_t time;
	bool settled;          /* filed, or not to be filed */
};
size_t ward_unfiled_count(const struct ward_scans *s); /* settled ones, too */
const struct ward_unfiled *ward_unfiled(const struct ward_scans *s, size_t i);
const struct ward_unfiled *ward_unfiled_find(const struct ward_scans *s, struct slice id); /* NULL */
bool ward_scans_filed(const struct ward_scans *s, struct slice id, uint64_t *ret_entry);   /* a captured item of that id */
void ward_unfiled_put(struct jsonw *w, const struct ward_unfiled *u); /* an object, the same for a command and the API */

/* A sheet of which pages were filed. */
struct ward_returned {
	struct slice number, of, unit, patient; /* of: its kind; patient as the first item names it */
	uint32_t pages, filed; /* pages 0: not said; filed: how many of them */
	bool whole;            /* an item said that it is all of it */
	bool typed;            /* an item says that it was copied from it, or a person that nothing is left to be typed */
	uint64_t entry;        /* the first page */
	int64_t time;
	uint64_t page_set[(PAPER_PAGES_OF_SHEET_MAX + 63) / 64];
};
size_t ward_returned_count(const struct ward_scans *s); /* by number */
const struct ward_returned *ward_returned(const struct ward_scans *s, size_t i);
const struct ward_returned *ward_returned_find(const struct ward_scans *s, struct slice number);
/* Written on, filed, and nobody has typed what stands on it. */
bool ward_to_be_typed(const struct ward_returned *x);

/* Where a page belongs, of what its codes say. */
struct ward_scan_ask {
	const char *block;                      /* of this site's numbers (paper_block) */
	const struct ward_register *g;          /* must have the sheets that the codes name, where they were printed here */
	const struct ward_scans *scans;
	struct slice patient;                   /* our id of whoever it was said to be about; empty: not said */
	bool (*same)(void *arg, struct slice a, struct slice b); /* are two of our ids one person now? NULL: when they are the same letters */
	void *arg;
	bool by_hand;                           /* a person has looked at it and says which sheet it is: the code is theirs, and so is that it comes a second time */
};
struct ward_scan_found {
	enum ward_scan_why why;
	struct paper_code code;                 /* of the sheet, where one was read whose check fits */
	bool has_code;
	const struct ward_sheet *sheet;         /* NULL: none */
	struct slice patient;                   /* whose chart it goes to; empty: nobody's (a census) */
	uint32_t page;                          /* of the sheet; 0: all of it, or not known */
};
void ward_scan_judge(const struct ward_scan_ask *q, const struct slice *texts, size_t n, struct ward_scan_found *ret);
/* The item that files it: a line, to be followed by the picture. occurred: ISO 8601, when it was written on; of a scan the time at which it came. */
struct ward_scan_item {
	const char *id;
	const struct ward_scan_found *found;
	const char *occurred;
	struct slice by, reason;
};
void ward_scan_item(const struct ward_scan_item *x, struct buf *ret);

#endif
