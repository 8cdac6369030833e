/* The verbs of `holdfast key`, a file each. */
#ifndef HOLDFAST_CLI_KEY_H
#define HOLDFAST_CLI_KEY_H

#include "commands.h"

struct key_options {
	const struct cli_args *args; /* [0] is the verb */
	const char *site, *rule, *out;
	const char *reason;
	bool json, files;
};
int key_check(const struct key_options *o);
int key_join(const struct key_options *o);
int key_split(const struct key_options *o);
int key_rotate(const struct key_options *o);
int key_show(const struct key_options *o);

#endif
