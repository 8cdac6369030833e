/* registry: what authorities have published of breaches, with its history, so that one incident is seen beside every other and no figure is taken for more than it is.
 *
 * A *list* is one file as somebody fetched it: the breach portal of the HHS Office for Civil Rights (45 CFR 164.408; HITECH 13402(e)(4)) has two, under investigation and archive, and shows only the first unless asked; Washington's Attorney General has one. An *import* is a list
 * with its view, the day it stands for, its source and its SHA-256. An *incident* is what rows of several imports say of one report. A *revision* is one wording of it, kept for ever, with every import that showed it.
 *
 * The portal gives no number to a report, changes its rows in place, moves them from one list to the other, and begins many with a placeholder of 500 or 501 persons: so a figure is nothing without its view and its day, and every figure here carries both, and warnings.
 * "Persons" is the sum of what was reported: one person can be in many of the reports, and nothing here says how many different persons there are.
 *
 * Three parts: registry_read (bytes -> a list; pure), registry_open .. registry_load (SQLite: a cache where a site's ledger has the bytes, the store itself where there is none), and figures over what was loaded (pure). doc/registry.md says how rows are matched and counted.
 */
#ifndef HOLDFAST_REGISTRY_H
#define HOLDFAST_REGISTRY_H

#include "base.h"

#define REGISTRY_FILE_MAX ((size_t)64 << 20) /* bytes of a list; fits an entry */
#define REGISTRY_ROWS_MAX 200000u            /* of a list */
#define REGISTRY_NO_DAY INT32_MIN

/* Days since 1970-01-01, or REGISTRY_NO_DAY. Text: "2024-10-08"; "" for none. */
const char *registry_day_text(int32_t day, char out[16]);
/* YYYY-MM-DD, or the first (last: the last) day of YYYY-MM or YYYY. ERR_INPUT. */
int registry_day_parse(struct slice s, bool last, int32_t *ret) MUST;
int registry_day_year(int32_t day);                                       /* 0: none */
int registry_day_month(int32_t day);                                      /* 1..12; 0: none */

/* ---- a list, read -------------------------------------------------------------------------------------------------------------------------- */

enum registry_source { REGISTRY_OCR, REGISTRY_WA_AG, REGISTRY_OTHER, REGISTRY_SOURCES };
const char *registry_source_word(enum registry_source s);                 /* "ocr", "wa-ag", "other" */
int registry_source_parse(struct slice s) MUST;                           /* -1 */

enum registry_view { REGISTRY_UNKNOWN, REGISTRY_UNDER_INVESTIGATION, REGISTRY_ARCHIVE, REGISTRY_FULL };
const char *registry_view_word(enum registry_view v);                     /* "under-investigation", "archive", "full" */
int registry_view_parse(struct slice s) MUST;                             /* enum registry_view, or -1 */

enum registry_as_of { REGISTRY_AS_OF_NONE, REGISTRY_AS_OF_GIVEN, REGISTRY_AS_OF_NAME, REGISTRY_AS_OF_MONTH, REGISTRY_AS_OF_OTHER, REGISTRY_AS_OF_NEWEST };
const char *registry_as_of_word(enum registry_as_of a);                   /* a sentence's end: "as said", "from the file's name", "from the month in the file's name", "from the list that came with it", "the newest submission in it" */

/* One row. Slices are UTF-8 in the arena (or the file). Categories as the portal writes them. */
struct registry_row {
	struct slice name;          /* repaired: see raw */
	struct slice state;         /* two letters; empty: not said */
	struct slice entity_type, type, location, description; /* type and location may be lists, "Laptop, Other" */
	struct slice raw;           /* the row's bytes as they stood, where any cell was repaired or a date turned; else empty */
	uint64_t persons;
	int32_t submitted;          /* day of report to the authority */
	int32_t aware, notified, began, ended; /* where the list says */
	uint32_t line;              /* in the file, from 1 */
	uint8_t view;               /* enum registry_view: where a full list says it row by row, else REGISTRY_UNKNOWN */
	bool persons_known, associate, associate_known;
};

#define REGISTRY_VALUES 6
struct registry_warning {
	char what[40];              /* a word for programs: "swapped-dates", "one-list", "weekends" ... doc/registry.md lists them */
	char form[16];              /* which of a word's sentences, where it has several: "turned"; else empty */
	struct slice text;          /* a sentence, English */
	struct slice value[REGISTRY_VALUES]; /* what stands in its places, in order, for who says it in another language */
	size_t values;
};
/* An array of {"what","form"?,"values"?,"text"}. */
void registry_warnings_json(const struct registry_warning *v, size_t n, struct jsonw *w);

struct registry_list {
	enum registry_source source;
	enum registry_view view;    /* REGISTRY_UNKNOWN: it could not be recognised */
	struct slice view_why;      /* "every description is empty and ..." */
	enum registry_as_of as_of_from;
	int32_t as_of, newest, oldest;
	struct registry_row *v;
	size_t n;
	size_t unread;              /* rows that could not be understood: each was warned about */
	size_t repaired, turned;    /* rows with repaired text; with a date whose day and month were changed over */
	struct slice encoding;      /* "UTF-8", "UTF-16", "cp1252" ... */
	struct registry_warning *w;
	size_t w_n;
};

/* A list's columns by hand, for lists of others: lines "FIELD = COLUMN" (COLUMN is a title or #N from 1), fields name, state, entity, persons, submitted, type, location, associate, description, aware, notified, began, ended, view;
 * "dates = mdy | dmy | ymd"; "source = WORD"; # begins a comment. ERR_INPUT with the line. */
struct registry_map;
int registry_map_read(struct slice text, struct arena *a, struct registry_map **ret, struct err *e) MUST;

struct registry_read_options {
	const char *file;           /* its name, for what it says of view and day; may be NULL */
	const struct registry_map *map; /* NULL: the list is recognised */
	enum registry_view view;    /* REGISTRY_UNKNOWN: recognised */
	int32_t as_of;              /* REGISTRY_NO_DAY: recognised */
	int32_t today;              /* what lies behind is in the future; REGISTRY_NO_DAY: not looked at */
};
/* ERR_INPUT: no such list, with what was missing. ERR_LIMIT. Never loses a row silently. */
int registry_read(struct slice bytes, const struct registry_read_options *o, struct arena *a, struct registry_list *ret, struct err *e) MUST;

/* Text that was read in the wrong encoding and saved again, once or more often, put right; what cannot be is set by what stands around it. Returns s itself where nothing was wrong. */
struct slice registry_repair(struct slice s, struct arena *a);
/* A name to compare: folded, without punctuation, legal form and "d/b/a ..." marks; words by one blank. Without memory it is the name itself, and arena_code(a) is not 0 afterwards. */
struct slice registry_name_key(struct slice name, struct arena *a);
/* How alike two such keys are: 0..1000. */
unsigned registry_name_alike(struct slice a, struct slice b);

/* ---- the store ------------------------------------------------------------------------------------------------------------------------------ */

struct registry;
enum registry_mode { REGISTRY_READ, REGISTRY_WRITE };
/* path ":memory:" is none. WRITE makes it where it is not. ERR_NOT_FOUND, ERR_CORRUPT (not ours, or of a later version), ERR_BUSY. */
int registry_open(const char *path, enum registry_mode mode, struct registry **ret, struct err *e) MUST;
void registry_close(struct registry *r);

/* An import as an entry of kind registry-import: a line of JSON and the file's bytes (registry_entry.c). Slices are in the body or the arena. */
struct registry_entry {
	enum registry_source source;
	enum registry_view view;
	enum registry_as_of as_of_from;
	int32_t as_of, today;
	struct slice file, by, map, bytes;
	uint8_t sha256[32];
	uint64_t rows;
};
int registry_entry_put(const struct registry_entry *x, struct buf *out, struct err *e) MUST;
int registry_entry_get(struct slice body, struct arena *a, struct registry_entry *ret, struct err *e) MUST;
int registry_entry_list(const struct registry_entry *x, struct arena *a, struct registry_list *ret, struct err *e) MUST; /* its list, read as it was then */

struct registry_origin {
	struct slice file;          /* name without folder */
	uint8_t sha256[32];
	uint64_t entry;             /* of the ledger; UINT64_MAX: none */
	int64_t time;               /* when it was imported */
};
struct registry_added {
	bool twice;                 /* the same bytes had been imported: nothing was changed */
	uint32_t import;            /* its number, from 1 */
	size_t rows, fresh, same, revised, renamed, merged, perhaps, replaced; /* perhaps: that are gone and may be part of another now; replaced: placeholders that a count took the place of */
	int64_t persons_change;     /* of revised rows */
	struct registry_warning *w; /* in the arena: what comparing it with earlier imports showed */
	size_t w_n;
};
/* Durable on return, in one transaction: a whole import or none. */
int registry_add(struct registry *r, const struct registry_list *l, const struct registry_origin *o, struct arena *a, struct registry_added *ret, struct err *e) MUST;
/* The day of an import of the other of the two lists in this month (year * 12 + month - 1), for a list of which only the month is known. REGISTRY_NO_DAY: none. */
int registry_companion(struct registry *r, enum registry_view view, int month, int32_t *ret, struct err *e) MUST;
int registry_has(struct registry *r, const uint8_t sha256[32], bool *ret, struct err *e) MUST;
int registry_last_entry(struct registry *r, uint64_t *ret /* UINT64_MAX: none */, struct err *e) MUST;

struct registry_import {
	uint32_t id;
	enum registry_source source;
	enum registry_view view;
	enum registry_as_of as_of_from;
	int32_t as_of, newest, oldest;
	uint32_t rows, unread;
	struct slice file;
	uint8_t sha256[32];
	uint64_t entry;
	int64_t time;
	struct slice warnings;      /* JSON array of {"what","text"} */
};
struct registry_revision {
	uint32_t incident;          /* from 1 */
	struct registry_row row;    /* without description and raw: registry_description */
};
struct registry_seen {          /* a row of an import */
	uint32_t import, revision;  /* places in the arrays below */
	uint8_t view;               /* of the import, or of the row where the list says it row by row */
};
struct registry_merge {         /* the incident "from" is part of "into" in this import */
	uint32_t import, from, into; /* import: place in the array */
	bool perhaps;               /* counts nearly add up: it is said, and nothing is counted otherwise */
	struct slice why;
};
struct registry_all {
	struct registry_import *import;
	size_t import_n;            /* by as_of, then id */
	struct registry_revision *revision;
	size_t revision_n;          /* by incident */
	struct registry_seen *seen;
	size_t seen_n;              /* by import */
	struct registry_merge *merge;
	size_t merge_n;
	uint32_t incidents;         /* numbers go up to here */
};
/* The imports alone: the other arrays are empty. */
int registry_imports(struct registry *r, struct arena *a, struct registry_all *ret, struct err *e) MUST;
/* Everything but descriptions: of 8,000 rows about 2 MB. */
int registry_load(struct registry *r, struct arena *a, struct registry_all *ret, struct err *e) MUST;
/* Of a place in registry_all.revision: the description, and the row as it stood where it was repaired (else empty). */
int registry_description(struct registry *r, const struct registry_all *all, size_t revision, struct arena *a, struct slice *ret, struct slice *ret_raw, struct err *e) MUST;

/* ---- figures over what was loaded ------------------------------------------------------------------------------------------------------------- */

struct registry_question {
	enum registry_source source;
	enum registry_view view;    /* REGISTRY_FULL: both lists, no incident twice */
	int32_t as_of;              /* the newest imports not after it; REGISTRY_NO_DAY: the newest there are */
	int year;                   /* of submission; 0: all */
	int32_t from, to;           /* of submission, inclusive; REGISTRY_NO_DAY: open */
	struct slice state, type, location, entity_type; /* only these (one listed value is enough); empty: all. Not folded */
};

/* One incident as counted: in its revision as of the day that was asked for. */
struct registry_counted {
	uint32_t incident, revision; /* revision: place in the array */
	uint32_t import;             /* which showed it last: place in the array */
	uint8_t view;                /* list it was in there */
	bool carried;                /* it left the list it was in, and the other list has not been imported since: counted as last seen */
};
/* Lists that the answer stands on, how it was counted, and what to beware of. */
struct registry_basis {
	enum registry_source source;
	enum registry_view view;
	int32_t as_of;               /* of the newest import used; REGISTRY_NO_DAY: there is none */
	int32_t list[4];             /* by view: as-of of the import used; REGISTRY_NO_DAY: none */
	size_t carried, removed;     /* within the question: counted as last seen; in no list any more and not counted */
	struct registry_warning *w;
	size_t w_n;
};
/* By submission, newest first, then name. ERR_NO: no import fits the question. */
int registry_select(const struct registry_all *all, const struct registry_question *q, struct arena *a, struct registry_counted **ret, size_t *ret_n, struct registry_basis *basis, struct err *e) MUST;

bool registry_placeholder(const struct registry_row *r);                   /* 500 or 501 persons: "at least 500", until somebody has counted */
/* The values of a list "A, B", each once. Returns how many, at most max; slices of s. */
size_t registry_values(struct slice s, struct slice *out, size_t max);

struct registry_tally {
	struct slice name;           /* as the portal writes it; empty: not said. A month: "2024-01"; a year: "2024" */
	uint64_t incidents, persons;
};
struct registry_tallies {
	struct registry_tally *v;
	size_t n;                    /* most incidents first, then name; months and years by time */
};
struct registry_top {
	struct slice name, state, type, entity_type;
	uint64_t persons;
	int32_t submitted;
	uint32_t incident;
};
struct registry_figures {
	struct registry_basis basis;
	uint64_t incidents, persons; /* sum of what was reported: not of different persons */
	uint64_t persons_unknown;    /* rows without a count */
	uint64_t placeholders;       /* rows with 500 or 501 */
	uint64_t associate;          /* "Business Associate Present" says yes */
	uint64_t median, median_counted; /* persons a report; without placeholders */
	struct registry_tallies entity_type, breach_type, location_any, location_exact, state, month, years;
	struct registry_top *top;    /* largest first */
	size_t top_n;
	/* where the list says both days (Washington's does): days from aware to notice */
	uint64_t notice_n, notice_within_60, notice_within_30;
	int32_t notice_median, notice_p90;
};
int registry_figures(const struct registry_all *all, const struct registry_question *q, size_t top, struct arena *a, struct registry_figures *ret, struct err *e) MUST;

/* Bins of persons, four to a factor of ten from 100: [100, 177], (177, 316] ... placeholders apart. */
struct registry_bin {
	uint64_t from, to;           /* inclusive */
	uint64_t incidents, placeholders;
};
int registry_distribution(const struct registry_all *all, const struct registry_question *q, struct arena *a, struct registry_bin **ret, size_t *ret_n, struct registry_basis *basis, struct err *e) MUST;

/* The same question asked on each day of an import and in each view: how a count drifts. Its own view and as-of are not looked at. */
struct registry_drift {
	int32_t as_of;
	enum registry_view view;
	uint64_t incidents, persons, placeholders, carried;
};
int registry_drift(const struct registry_all *all, const struct registry_question *ask, struct arena *a, struct registry_drift **ret, size_t *ret_n, struct err *e) MUST;

/* Where so many persons stand among those counted. below: per mille that are smaller, half of those equal. */
struct registry_place {
	uint64_t among, smaller, equal;
	unsigned below;
};
struct registry_places {
	struct registry_place all, type, state, entity_type; /* among = 0: none of this kind, or not asked */
	uint32_t larger[5];          /* incidents next above, smallest first; 0: none */
	struct registry_basis basis;
};
/* q->type, q->state, q->entity_type say the groups and do not filter. Placeholders and rows without a count are left out. */
int registry_place(const struct registry_all *all, const struct registry_question *q, uint64_t persons, struct arena *a, struct registry_places *ret, struct err *e) MUST;

/* One incident's history: every wording and count, by day of the import that showed it first. */
struct registry_history {
	uint32_t import, revision;   /* places in the arrays */
	uint8_t view;
	bool changed;                /* it is not what the import before showed */
};
int registry_history(const struct registry_all *all, uint32_t incident, struct arena *a, struct registry_history **ret, size_t *ret_n, struct err *e) MUST;

/* ---- two days compared ------------------------------------------------------------------------------------------------------------------------ */

struct registry_change {
	uint32_t incident;
	struct slice name, name_before, state;
	int32_t submitted;
	uint64_t before, after;      /* persons */
	bool before_known, after_known, placeholder; /* placeholder: before was 500 or 501 and after is not */
	uint32_t into;               /* merged, or perhaps: of which incident it is part; 0: none */
	const char *now;             /* of what is gone: "archive", "under-investigation" (the list it is in now), "merged", "perhaps-merged", "removed" (in neither), "not-known" (the other list is not in) */
};
struct registry_diff {
	struct registry_basis basis[2];
	struct registry_change *added, *removed, *changed;
	size_t added_n, removed_n, changed_n, same;
	uint64_t added_persons, removed_persons;
	int64_t changed_persons;
	size_t replaced;             /* placeholders */
	int64_t replaced_persons;
	enum registry_view view;     /* which lists were compared */
	struct registry_warning *w;
	size_t w_n;
};
/* view REGISTRY_UNKNOWN: of what both days have. year 0: all. */
int registry_diff(const struct registry_all *all, enum registry_source source, enum registry_view view, int32_t before, int32_t after, int year, struct arena *a, struct registry_diff *ret, struct err *e) MUST;

/* Millions with one decimal: cut ("13.4M") or rounded. */
const char *registry_millions(uint64_t persons, bool cut, char out[24]);

#endif
