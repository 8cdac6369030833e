/* The result of a run, as files beside the ledger: written for `scope case run`, read by status, export and notice. */
#ifndef HOLDFAST_CLI_SCOPE_RESULT_H
#define HOLDFAST_CLI_SCOPE_RESULT_H

#include "scope_cmd.h"

enum { RESULT_EXPOSURE, RESULT_PERSONS, RESULT_OBJECTS, RESULT_GREY, RESULT_REVIEW, RESULT_BESIDE, RESULT_FILES };
const char *result_name(int file);
struct result_place {
	char place[8];  /* "US-TX", "US": a state is not known, "FR", "ZZ": nothing is known */
	uint64_t persons;
};
struct result_letters;
struct result_files {
	struct {
		char sha256[2 * SEAL_HASH + 1];
		uint64_t bytes, lines;
	} of[RESULT_FILES];
	uint64_t minors, deceased, guarded, nowhere, by_zip; /* of persons: protected records; of unknown residence; whose state is that of their ZIP Code */
	uint64_t guided, heirs;                      /* minors of whom a parent or guardian is named; the dead of whom next of kin or a representative is */
	bool abroad;                                 /* the site is not where ZIP Codes are */
	struct result_place place[400];
	size_t places;
	uint64_t (*mix)[1 << PERSON_CLASSES_N][2]; /* by place: persons with exactly these classes in what was touched of them; in what was acquired. Made by result_write; result_files_done */
	struct result_letters *letters; /* scope_letters.c: what would be written to whom */
	uint64_t element[PERSON_ELEMENTS_N][2]; /* persons: accessed only; acquired */
};
struct result_people { /* the lists of known persons */
	const struct slice *list;
	size_t n;
};
int result_this_year(void);
size_t result_count_place(struct result_place *v, size_t room, size_t *n, const char *place); /* its index */
/* scope_letters.c; on: the day for which it is said who is a minor. The line of one person after the other, in the order of persons.ndjson. */
struct result_letters *result_letters_new(int64_t on); /* NULL: no memory */
void result_letters_free(struct result_letters *l);
int result_letters_add(struct result_letters *l, struct slice line, const char *place, struct err *e) MUST;
void result_letters_json(struct jsonw *w, const struct result_letters *l);
int result_review_line(struct survey *f, size_t i, struct buf *ret, struct err *e) MUST; /* scope_review.c; without the line's end */
void result_files_done(struct result_files *f);
int result_write(const struct site *s, const struct scope_case *c, struct survey *f, const struct evidence_fold *fold, const struct result_people *p, struct result_files *ret, struct err *e) MUST;
void result_totals_json(struct jsonw *w, const struct survey *f);                 /* "totals" */
void result_files_json(struct jsonw *w, const struct result_files *files);        /* "files", "persons", "elements" */
/* One of the files, read and held against the hash in the newest run's entry. ERR_NOT_FOUND: no run, or the file is gone: run it again. ERR_CORRUPT: it is not what the run wrote. The caller closes. */
int result_open(const struct site *s, const struct scope_case *c, int file, int *ret_fd, struct err *e) MUST;

#endif
