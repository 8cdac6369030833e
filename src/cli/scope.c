/* holdfast scope: from touched files to a list of persons and of what of theirs was touched. */
#include "scope_cmd.h"

int cmd_scope(int argc, char **argv)
{
	static const struct cli_command verbs[] = {
		{NULL, NULL, NULL},
	};
	return cli_verbs(argc, argv, "scope", "From touched files to a list of persons, and of which data of theirs were accessed or acquired.", verbs, ARRAY_LEN(verbs) - 1);
}
