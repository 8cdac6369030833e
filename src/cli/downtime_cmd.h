/* The verbs of `holdfast downtime` that have a file of their own. */
#ifndef HOLDFAST_CLI_DOWNTIME_CMD_H
#define HOLDFAST_CLI_DOWNTIME_CMD_H

int downtime_numbers_cmd(int argc, char **argv);

#endif
