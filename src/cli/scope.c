/* holdfast scope: from touched files to a list of persons and of what of theirs was touched. */
#include "scope_cmd.h"

int cmd_scope(int argc, char **argv)
{
	static const struct cli_command verbs[] = {
		{"case", "a case: its evidence, its persons, what was found and decided", scope_case_cmd},
		{"text", "what is read in files of any format, and what is not", scope_text_cmd},
		{"scan", "whose data are in files of any format, and which elements of them", scope_scan_cmd},
		{"evidence", "which objects were touched, out of logs", scope_evidence_cmd},
		{"link", "which records of a list are one person", scope_link_cmd},
		{NULL, NULL, NULL},
	};
	return cli_verbs(argc, argv, "scope", "From touched files to a list of persons, and of which data of theirs were accessed or acquired.", verbs, ARRAY_LEN(verbs) - 1);
}
