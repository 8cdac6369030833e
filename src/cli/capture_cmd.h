/* The verbs of `holdfast capture`, each in the file of its name. */
#ifndef HOLDFAST_CLI_CAPTURE_CMD_H
#define HOLDFAST_CLI_CAPTURE_CMD_H

#include "commands.h"
#include "downtime.h"

int capture_import_cmd(int argc, char **argv);
int capture_list_cmd(int argc, char **argv);
int capture_specimens_cmd(int argc, char **argv);

/* What a station exported (station.h), bundle by bundle. */
struct capture_sealed_count {
	size_t taken, there, refused;
};
bool capture_is_sealed(struct slice text);
int capture_sealed(struct control *k, const char *file, struct slice text, bool json, struct capture_sealed_count *c, struct err *e) MUST;

#endif
