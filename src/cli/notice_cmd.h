/* The verbs of `holdfast notice`, each in the file of its name. */
#ifndef HOLDFAST_CLI_NOTICE_CMD_H
#define HOLDFAST_CLI_NOTICE_CMD_H

#include "commands.h"

int notice_sign_cmd(int argc, char **argv);
int notice_ready_cmd(int argc, char **argv);
int notice_duties_cmd(int argc, char **argv);
int notice_letter_cmd(int argc, char **argv);
int notice_forms_cmd(int argc, char **argv);
int notice_mailfile_cmd(int argc, char **argv);
int notice_returned_cmd(int argc, char **argv);
int notice_told_cmd(int argc, char **argv);

/* For a command that was given a case's name and no files: case.json of it, and where persons are wanted (that they are looked at is recorded first) persons.ndjson of its newest run. Paths of NOTICE_PATH bytes. */
#define NOTICE_PATH 4400
int notice_named(const struct cli_args *args, const char *site, const char **case_file, const char **persons /* NULL: not wanted */) MUST; /* exit status; 0 and nothing done where no name was given */
/* After notice_named: what was made of the case stands in the ledger, with the hash of the file that is signed for (of `digest`, hashed to its end), from which run and facts it is, and its counts: two people sign for that. Nothing where no name was given. */
struct notice_count_of {
	const char *key;
	uint64_t n;
};
int notice_made(const char *set, const char *file, const uint8_t sha256[SEAL_HASH], const struct notice_count_of *counts, size_t n, struct err *e) MUST;
int notice_hash(const char *path, uint8_t ret[SEAL_HASH], struct err *e) MUST; /* of a file's bytes */
/* SHA-256 of what sha256sum prints of files, one after the other. */
void notice_sum_line(struct seal_sha256 *sums, const uint8_t of[SEAL_HASH], const char *name);
int notice_of_case(const char *site, const char *name, bool persons, char ret_case[NOTICE_PATH], char ret_persons[NOTICE_PATH], struct err *e) MUST;

#endif
