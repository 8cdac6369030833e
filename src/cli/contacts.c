/* holdfast contacts: whom to call when the directory is gone. */
#include "contacts_cmd.h"

int cmd_contacts(int argc, char **argv)
{
	static const struct {
		const char *name, *summary;
		int (*run)(int argc, char **argv);
	} verbs[] = {
		{"import", "a list from a CSV file; it takes the place of the one of its source before it", contacts_import_cmd},
		{"list", "whom to call, by category; with --on-call, now", contacts_list_cmd},
		{"export", "all of them as CSV, as import reads it", contacts_export_cmd},
		{"remove", "take a list away", contacts_remove_cmd},
	};
	const char *verb = argc > 1 ? argv[1] : "";
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (!strcmp(verb, verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);
	bool help = !strcmp(verb, "--help") || !strcmp(verb, "-h");
	FILE *to = help ? stdout : stderr;
	fprintf(to, "usage: holdfast contacts VERB ...\n");
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		fprintf(to, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
	return help ? 0 : cli_usage("contacts: say 'import', 'list', 'export' or 'remove'");
}
