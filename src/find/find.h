/* find: whose data a text or a record holds, and which elements of it.
 *
 * The pieces of a file go in, in the order in which they stand (find_text, find_field, find_record, find_member: what extract hands out); out come *hits*: an element, at a place, of a person where it is known whose it is.
 *
 * Three sources, the surest first:
 *   1. fields whose format says what they are. The person of the record is looked for by all that the record says of him: numbers, name, date of birth, address. What contradicts counts against: a parent's SSN in a child's record
 *      does not make the record the parent's. When two persons fit about as well, it is nobody's;
 *   2. known persons in running text: names in either order, numbers with and without punctuation, also as a text recognition misreads them (O for 0, l for 1, S for 5, B for 8). A name that several persons bear names
 *      none of them without a second agreement (date of birth, number, address) in the same document;
 *   3. rules: form, check digits and the words before it (number, date, code, address).
 * What stands in running text without its own person belongs to the person of its line, else of its paragraph, else to the one that the document is about ("RE: ... DOB ..."). A line of a table never lends its person to another line.
 *
 * Pure, but for the threads with which a population is made. A sealed population is read-only: any number of threads, one struct find each. Nothing is logged, and no error says what was in the data.
 *
 * Memory of a population: about 12 bytes a key in a table at two thirds full and 1.5 bytes for the filter before it, 24 bytes and the letters of the name a row, the person's own id; while it is being made hardly more, for the table grows as what waits
 * for it goes. find_population_memory says it.
 */
#ifndef HOLDFAST_FIND_H
#define HOLDFAST_FIND_H

#include "base.h"
#include "person.h"

/* ---- the persons that are known ---- */

#define FIND_NOBODY UINT32_MAX
#define FIND_PERSONS_MAX ((uint32_t)500 * 1000 * 1000)
#define FIND_ID_MAX 200 /* bytes of a person's id */

struct find_value {
	int role;          /* PERSON_ROLE_x */
	struct slice text; /* as it was written */
};

struct find_population;
struct find_population *find_population_new(int this_year, bool day_first); /* NULL: no memory. day_first: dates that can be read both ways */
void find_population_free(struct find_population *p);                       /* NULL is fine */

/* One row about the person `id`; several rows of one id are variants of one person. Before find_population_seal. ERR_INPUT: no id, or a longer one than FIND_ID_MAX; ERR_MEMORY, ERR_LIMIT. */
int find_population_add(struct find_population *p, struct slice id, const struct find_value *v, size_t n, struct err *e) MUST;

/* A CSV with a header: the first column is the person's id, the others by their names (person_role_of_column); what is not recognised is passed over. UTF-8, or UTF-16. Read by up to `threads` threads. ERR_INPUT: no header with a column that tells a
 * person from another. ret_rows: rows with an id. Nothing of the text is held on to. */
int find_population_csv(struct find_population *p, struct slice text, unsigned threads, uint64_t *ret_rows, struct err *e) MUST;
/* The same of one that is not in memory: pull hands out its next bytes, at most n of them (none: it has ended), or a code, which ends the reading. 8 MiB a thread are held at a time; of UTF-16 all of it. */
typedef int find_pull_fn(void *arg, uint8_t *to, size_t n, size_t *ret_got, struct err *e);
int find_population_list(struct find_population *p, find_pull_fn *pull, void *arg, unsigned threads, uint64_t *ret_rows, struct err *e) MUST;

/* No more rows: the tables are made. Once. A process that is forked from then on does not have them, and may do nothing with the population, not even free it. */
int find_population_seal(struct find_population *p, unsigned threads, struct err *e) MUST;

uint32_t find_population_persons(const struct find_population *p);
uint64_t find_population_keys(const struct find_population *p);
size_t find_population_memory(const struct find_population *p);
struct slice find_population_id(const struct find_population *p, uint32_t person);

/* A number that stands by itself, without a record around it (the end of a reference, a part of an address): its key, to be kept instead of it, and whom it names. 0: too short, too long, or without a digit. */
uint64_t find_number_key(struct slice number);
/* The one person who bears it as record number, member's number or number of another system; FIND_NOBODY: nobody, or several. Sealed populations only. */
uint32_t find_population_number(const struct find_population *p, uint64_t key);

/* ---- hits ---- */

struct find_hit {
	uint32_t person;      /* FIND_NOBODY: not known whose */
	struct slice id;      /* the person's id, or empty */
	int element;          /* PERSON_x */
	unsigned confidence;  /* percent: how sure that it is such an element and, where a person is named, of this person */
	const char *rule;     /* "field.ssn", "known.mrn", "ssn.form", "label.dob": our own words, never content */
	uint64_t offset;      /* as the piece's */
	struct slice member;
	uint32_t document;    /* in running text: the number of the document (a letter among letters) in which it stands; what find_stranger says of the same number it is about */
};
typedef int find_fn(void *arg, const struct find_hit *h, struct err *e); /* not 0: the reading ends with it */

/* A person who is not in the population: named by a record (guarantor, next of kin, provider) or by the words before the name. */
struct find_stranger {
	const char *what; /* "guarantor", "kin", "subscriber", "provider", "staff", "anybody" (a record's other person), "subject" (the record's or letter's own) */
	struct slice name;
	uint64_t offset;
	struct slice member;
	uint32_t document; /* as a hit's; told before the hits of the same document */
};
typedef int find_stranger_fn(void *arg, const struct find_stranger *s, struct err *e);

struct find_options {
	int this_year;  /* the latest year of a date of birth */
	bool day_first;
	bool all;       /* each place of a known person's element, not only the first of a record or document */
};

/* ---- the search: one a thread ---- */

struct find;
struct find *find_new(const struct find_population *p /* sealed; NULL: rules only */, const struct find_options *o, find_fn *hit, find_stranger_fn *stranger /* may be NULL */, void *arg); /* NULL: no memory */
void find_free(struct find *f);

/* These hand back 0, a callback's code, ERR_MEMORY. Slices live during the call. Hits may come later than the piece they stand in, at the latest in find_end; within a file they come in the order of their documents and records. */
int find_file(struct find *f, struct slice name, struct err *e) MUST;                                            /* a file begins: its name counts for pictures and recordings */
int find_member(struct find *f, struct slice member, struct err *e) MUST;                                        /* a member begins */
int find_record(struct find *f, struct slice member, struct err *e) MUST;                                        /* a record begins */
int find_field(struct find *f, int role, int who, struct slice text, uint64_t offset, struct err *e) MUST;       /* of the record */
int find_text(struct find *f, struct slice text, uint64_t offset, struct err *e) MUST;                           /* UTF-8; inside a record it is about the record's person */
int find_end(struct find *f, struct err *e) MUST;                                                                /* the file ends */

#endif
