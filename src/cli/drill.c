/* holdfast drill: a downtime rehearsed on a copy, and how ready the site is. */
#include "drill_cmd.h"

static const struct cli_command verbs_of_drill[] = {
	{"run", "play a downtime on a copy of the charts, and score what was found", drill_run_cmd},
	{"list", "the drills that were run", drill_list_cmd},
};

int cmd_drill(int argc, char **argv)
{
	static struct cli_args args;
	AUTO_BUF struct buf about = {0};
	bool done;
	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(verbs_of_drill); i++)
		if (!strcmp(argv[1], verbs_of_drill[i].name))
			return verbs_of_drill[i].run(argc - 1, argv + 1);
	buf_init(&about, 1 << 16);
	buf_str(&about, "A downtime rehearsed on a copy of the charts: nothing reaches the EHR, and nothing of it stays but the result.\n'holdfast drill VERB --help' lists a verb's options; holdfast-drill(1) is the manual.\n");
	for (size_t i = 0; i < ARRAY_LEN(verbs_of_drill); i++)
		buf_printf(&about, "\n  %-10s %s", verbs_of_drill[i].name, verbs_of_drill[i].summary);
	int r = cli_parse(argc, argv, "drill VERB ...", buf_cstr(&about), NULL, 0, &args, &done);
	if (r || done)
		return r;
	return args.n ? cli_usage("drill: there is no verb '%s'; see holdfast drill --help", args.v[0]) : cli_usage("drill: say what is to be done; see holdfast drill --help");
}
