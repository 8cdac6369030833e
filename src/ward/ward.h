/* ward: charts to sheets. What a unit prints in an outage, filled from the chart store; and the register of what was printed. Wiring has it here, in one place, because a command, the daemon and a station print the same.
 *
 * It reads charts and makes values for paper (paper.h); it writes nothing and knows no ledger: entries of kind "sheet" come in as bytes, and go out as bytes.
 */
#ifndef HOLDFAST_WARD_H
#define HOLDFAST_WARD_H

#include "base.h"
#include "chart.h"
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
};
struct ward_register; /* bodies are read in the order of the ledger */
int ward_register_new(struct ward_register **ret, struct err *e) MUST;
void ward_register_free(struct ward_register *r); /* NULL is fine */
/* What is no such entry is counted and left out. An act on a sheet that this register does not have, or that is finished (scanned, destroyed), changes nothing. */
int ward_register_take(struct ward_register *r, uint64_t entry, int64_t time, struct slice body, struct err *e) MUST;
size_t ward_register_count(const struct ward_register *r);
const struct ward_sheet *ward_register_sheet(const struct ward_register *r, size_t i); /* in the order of printing */
const struct ward_sheet *ward_register_find(const struct ward_register *r, const struct paper_number *n); /* NULL */
size_t ward_register_odd(const struct ward_register *r);
/* Scanned, destroyed and returned close a sheet; of the others somebody must say where they are. */
bool ward_closed(enum ward_state s);

#endif
