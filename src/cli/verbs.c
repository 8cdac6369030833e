/* A command that is a word and then another: holdfast packet make. */
#include "cli_internal.h"

/* key, make or verify */
static void list(struct buf *b, const struct cli_command *verbs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", verbs[i].name);
}

int cli_verbs(int argc, char **argv, const char *command, const char *about, const struct cli_command *verbs, size_t n)
{
	static struct cli_args args;
	AUTO_BUF struct buf text = {0}, names = {0};
	char usage[64];
	bool done;
	for (size_t i = 0; argc > 1 && i < n; i++)
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);
	buf_init(&text, 1 << 16);
	buf_init(&names, 1 << 12);
	buf_printf(&text, "%s\n'holdfast %s VERB --help' lists a verb's options; holdfast-%.*s(1) is the manual.\n", about, command, (int)strcspn(command, " "), command);
	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "\n  %-11s %s", verbs[i].name, verbs[i].summary);
	list(&names, verbs, n);
	snprintf(usage, sizeof usage, "%s VERB ...", command);
	int r = cli_parse(argc, argv, usage, buf_cstr(&text), NULL, 0, &args, &done);
	if (r || done)
		return r;
	return args.n ? cli_usage("%s: there is no verb '%s', but %s; see holdfast %s --help", command, args.v[0], buf_cstr(&names), command) : cli_usage("%s: say what is to be done: %s; see holdfast %s --help", command, buf_cstr(&names), command);
}
