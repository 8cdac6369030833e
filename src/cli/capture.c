/* holdfast capture: what wards wrote down while the EHR was away. */
#include "capture_cmd.h"

int cmd_capture(int argc, char **argv)
{
	static const struct cli_command verbs[] = {
		{"import", "items from files into the ledger, each once", capture_import_cmd},
		{"list", "the items, whose they are, and how far each is on its way back", capture_list_cmd},
		{"specimens", "specimens: sent, received, resulted, lost; what does not add up", capture_specimens_cmd},
	};
	return cli_verbs(argc, argv, "capture", "What wards write down while the EHR is away: into the ledger, each item once, and how far it is on its way back.", verbs, ARRAY_LEN(verbs));
}
