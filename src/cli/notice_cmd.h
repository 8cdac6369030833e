/* The verbs of `holdfast notice`, each in the file of its name. */
#ifndef HOLDFAST_CLI_NOTICE_CMD_H
#define HOLDFAST_CLI_NOTICE_CMD_H

#include "commands.h"

int notice_duties_cmd(int argc, char **argv);
int notice_letter_cmd(int argc, char **argv);
int notice_letters_cmd(int argc, char **argv);
int notice_forms_cmd(int argc, char **argv);
int notice_mailfile_cmd(int argc, char **argv);
int notice_returned_cmd(int argc, char **argv);

#endif
