/* holdfast capture: what wards wrote down while the EHR was away. */
#include "capture_cmd.h"

int cmd_capture(int argc, char **argv)
{
	static const struct {
		const char *name, *summary;
		int (*run)(int argc, char **argv);
	} verbs[] = {
		{"import", "items from files into the ledger, each once", capture_import_cmd},
		{"list", "the items, whose they are, and how far each is on its way back", capture_list_cmd},
		{"specimens", "specimens: sent, received, resulted, lost; what does not add up", capture_specimens_cmd},
	};
	const char *verb = argc > 1 ? argv[1] : "";
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (!strcmp(verb, verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);
	bool help = !strcmp(verb, "--help") || !strcmp(verb, "-h");
	FILE *to = help ? stdout : stderr;
	fprintf(to, "usage: holdfast capture VERB ...\n");
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		fprintf(to, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
	return help ? 0 : cli_usage("capture: say 'import', 'list' or 'specimens'");
}
