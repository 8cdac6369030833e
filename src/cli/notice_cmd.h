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

/* For a command that was given a case's name and no files: case.json of it, and where persons are wanted (that they are looked at is recorded first) persons.ndjson of its newest run. Paths of NOTICE_PATH bytes. */
#define NOTICE_PATH 4400
int notice_named(const struct cli_args *args, const char *site, const char **case_file, const char **persons /* NULL: not wanted */) MUST; /* exit status; 0 and nothing done where no name was given */
int notice_of_case(const char *site, const char *name, bool persons, char ret_case[NOTICE_PATH], char ret_persons[NOTICE_PATH], struct err *e) MUST;

#endif
