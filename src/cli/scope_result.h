/* The result of a run, as files beside the ledger: written for `scope case run`, read by status, export and notice. */
#ifndef HOLDFAST_CLI_SCOPE_RESULT_H
#define HOLDFAST_CLI_SCOPE_RESULT_H

#include "scope_cmd.h"

enum { RESULT_EXPOSURE, RESULT_PERSONS, RESULT_OBJECTS, RESULT_GREY, RESULT_FILES };
const char *result_name(int file);
struct result_files {
	struct {
		char sha256[2 * SEAL_HASH + 1];
		uint64_t bytes, lines;
	} of[RESULT_FILES];
	uint64_t minors, deceased, guarded, nowhere; /* of persons: protected records; of unknown residence */
	struct result_place {
		char place[8];  /* "US-TX", "US": a state is not known, "FR", "ZZ": nothing is known */
		uint64_t persons;
	} place[400];
	size_t places;
	uint64_t element[PERSON_ELEMENTS_N][2]; /* persons: accessed only; acquired */
};
struct result_people { /* the lists of known persons */
	const struct slice *list;
	size_t n;
};
int result_this_year(void);
int result_write(const struct site *s, const struct scope_case *c, struct survey *f, const struct evidence_fold *fold, const struct result_people *p, struct result_files *ret, struct err *e) MUST;
void result_totals_json(struct jsonw *w, const struct survey *f);                 /* "totals" */
void result_files_json(struct jsonw *w, const struct result_files *files);        /* "files", "persons", "elements" */
/* One of the files, read and held against the hash in the newest run's entry. ERR_NOT_FOUND: no run, or the file is gone: run it again. ERR_CORRUPT: it is not what the run wrote. The caller closes. */
int result_open(const struct site *s, const struct scope_case *c, int file, int *ret_fd, struct err *e) MUST;

#endif
