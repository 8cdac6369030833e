/* link: which records are one person.
 *
 * Rows of a list in (a record's id and columns whose roles are known by their names, or told, or unknown), clusters of records out: one cluster a person. Nothing is learned from labels and nothing is set by hand for a file.
 *
 * The model is that of Fellegi and Sunter (J. Am. Stat. Assoc. 64, 1969): for each field a pair of records agrees on one of a few levels (exactly, by a nickname, but for one slip of the finger ... not at all); how often records of
 * one person stand on each level (m) is learned by expectation and maximisation over the pairs that share some key, how often records of strangers do (u) from pairs at random, and a value that agrees counts by how rare it is.
 * There is a third class beside the two: members of one household share surname, address, telephone, insurance and sometimes even a social security number, and are two persons; how they agree is fixed, how many they are is learned.
 * A pair is linked when that it is one person is more likely than `link` says; pairs between are grey: shown to somebody, with why.
 *
 * Clusters do not grow by chance: inside each chain of linked pairs all pairs are looked at again, the strongest come together first, and two groups whose records contradict each other do not.
 *
 * The same rows and options give the same clusters, whatever the number of threads. Memory: about 20 + 4 bytes a column in use for each record (columns that few records have cost those alone), 90 for each different word, and 16 for each pair looked at. No clock or log in here, and no file unless `memory` is given.
 */
#ifndef HOLDFAST_LINK_H
#define HOLDFAST_LINK_H

#include "base.h"

#define LINK_RECORDS_MAX UINT32_C(200000000)
#define LINK_COLUMNS_MAX 256
#define LINK_THREADS_MAX 64
#define LINK_FIELDS_MAX 64

struct link_options {
	unsigned threads;  /* 1..LINK_THREADS_MAX */
	int this_year;     /* dates of birth after it are none; 0: 2100 */
	bool day_first;    /* 03/07/1964 is 3 July where both could be; without it, what the column itself says counts first */
	double link;       /* a pair is linked from this probability on; 0: 0.85 */
	double grey;       /* below it a pair is two persons and nobody needs to look; 0: 0.05 */
	uint64_t memory;   /* bytes. Where more would be needed, rows and pairs go to a file without a name in `tmp`, sealed under a key of this process alone; 0: all stays in memory. Lists of fewer than 4,096 records always stay.
	                      What has to be in memory in any case is said in DESIGN.md: about 90 bytes a record with the dictionary; less than that is not kept to. */
	const char *tmp;   /* a folder; with `memory` only. Lives as long as the linkage */
};

struct link;
/* NULL: no memory. */
struct link *link_new(const struct link_options *o);
void link_free(struct link *l); /* NULL is fine */

/* Before the first row: the columns' names, the record id's first. role[i] is a PERSON_ROLE_x for column i or -1: by its name (then a column whose name says "cluster" is somebody's earlier answer and is not looked at; one whose meaning is clinical,
 * or that is about a provider or a member of staff, says nothing of who somebody is and is not either). role may be NULL. Of more than LINK_FIELDS_MAX those that are compared are the ones whose meaning is known, then the first of the others.
 * ERR_INPUT: no column is left to compare. ERR_LIMIT: too many. */
int link_columns(struct link *l, const struct slice *name, const int *role, size_t n, struct err *e) MUST;
/* What is done with a column: "last", "ssn", ..., or the name of plain evidence, or "-" (not looked at). Lives as long as l. */
const char *link_column_use(const struct link *l, size_t column);
size_t link_columns_left(const struct link *l); /* how many there was no room to compare */

/* Whole rows of CSV (each ends with a line end, but for the last), `sep` between fields, in order; may be called again and again. Bytes that are not UTF-8 are taken as Latin-1. ERR_LIMIT: too many records; ERR_MEMORY.
 * How a column writes its dates and numbers is seen in the first call's rows: give it a megabyte, or all there is.
 * ret_used: how many bytes were taken: what is behind the last whole row stays with the caller unless `last`. */
/* ERR_FULL, ERR_SYSTEM, ERR_CRYPTO: the file of what does not fit into memory. */
int link_feed(struct link *l, struct slice text, uint8_t sep, bool last, size_t *ret_used, struct err *e) MUST;

/* Once, behind the last row. */
int link_run(struct link *l, struct err *e) MUST;

uint32_t link_records(const struct link *l);
struct slice link_record_id(const struct link *l, uint32_t i);
uint32_t link_cluster(const struct link *l, uint32_t i); /* after link_run: the number of the first record of record i's cluster */

struct link_counts {
	uint64_t records, persons; /* persons: clusters */
	uint64_t low, high;        /* persons if every grey pair is one person that can be (link_fewest); if none is, and no linked pair that is less than 0.99 sure, either */
	double estimate;           /* low..high: each doubtful pair counted by its probability */
	uint64_t compared;         /* pairs */
	uint64_t linked;           /* pairs inside clusters that were linked directly */
	uint64_t grey;
	uint64_t split;            /* clusters that stayed apart although a chain of linked pairs runs between them */
};
void link_count(const struct link *l, struct link_counts *ret);

/* Grey pairs, the likeliest first: between two clusters, at most one for each two clusters. */
struct link_pair {
	uint32_t a, b;      /* a < b */
	float weight;       /* log2 of how much likelier one person is than two strangers are, from what is seen */
	float probability;
};
size_t link_grey_n(const struct link *l);
const struct link_pair *link_grey(const struct link *l, size_t i);
/* How many persons fewer there are, at most, where each of these pairs that can be is one person: the first first, and never two together who contradict each other (another date of birth and social security number, two generations of a name)
 * unless that pair is grey itself. cluster[i]: record i's cluster, below link_records. After link_run, without `memory`. ERR_MEMORY. */
int link_fewest(const struct link *l, const uint32_t *cluster, const struct link_pair *grey, size_t n, uint64_t *ret_less, struct err *e) MUST;
/* "last exact +9.1; first nickname +5.2; dob one slip +8.0; ssn differs -4.4", for any pair (of a list that went to disk: for grey ones). Names of fields and levels only, no values. */
void link_explain(const struct link *l, uint32_t a, uint32_t b, struct buf *out);
/* weight and probability of any pair (likewise) */
struct link_pair link_score(const struct link *l, uint32_t a, uint32_t b);

#endif
