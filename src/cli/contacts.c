/* holdfast contacts: whom to call when the directory is gone. */
#include "contacts_cmd.h"

int cmd_contacts(int argc, char **argv)
{
	static const struct cli_command verbs[] = {
		{"import", "a list from a CSV file; it takes the place of the one of its source before it", contacts_import_cmd},
		{"list", "whom to call, by category; with --on-call, now", contacts_list_cmd},
		{"export", "all of them as CSV, as import reads it", contacts_export_cmd},
		{"remove", "take a list away", contacts_remove_cmd},
	};
	return cli_verbs(argc, argv, "contacts", "Whom to call when the directory is gone: lists from CSV files, in the ledger.", verbs, ARRAY_LEN(verbs));
}
