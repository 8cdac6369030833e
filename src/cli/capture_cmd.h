/* The verbs of `holdfast capture`, each in the file of its name. */
#ifndef HOLDFAST_CLI_CAPTURE_CMD_H
#define HOLDFAST_CLI_CAPTURE_CMD_H

#include "commands.h"
#include "downtime.h"

int capture_import_cmd(int argc, char **argv);
int capture_list_cmd(int argc, char **argv);
int capture_specimens_cmd(int argc, char **argv);

#endif
