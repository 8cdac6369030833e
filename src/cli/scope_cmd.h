/* The verbs of `holdfast scope`, each in the file of its name. */
#ifndef HOLDFAST_CLI_SCOPE_CMD_H
#define HOLDFAST_CLI_SCOPE_CMD_H

#include "commands.h"

int scope_evidence_cmd(int argc, char **argv);
int scope_text_cmd(int argc, char **argv);
int scope_scan_cmd(int argc, char **argv);
int scope_link_cmd(int argc, char **argv);
int scope_case_cmd(int argc, char **argv);

#endif
