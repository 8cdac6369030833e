/* Between the files of `holdfast paper`. */
#ifndef HOLDFAST_CLI_PAPER_CMD_H
#define HOLDFAST_CLI_PAPER_CMD_H

#include "commands.h"
#include "ward.h"

struct paper_options {
	const char *site, *unit, *patient, *sheet, *out, *paper, *lang, *reason, *by, *to, *as_of, *list;
	bool all, large, protected_too, open, json;
	const struct cli_args *args;
};
int paper_print(const struct paper_options *o);
int paper_list(const struct paper_options *o);
int paper_act(const struct paper_options *o, enum ward_state s);

#endif
