/* holdfast gate VERB: one file a verb. */
#include "gate_cmd.h"

static const struct {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
	bool whole; /* it is given the verb, too */
} verbs[] = {
	{"add", "a new link to a partner", gate_link_cmd, true},
	{"list", "how links stand", gate_link_cmd, true},
	{"cut", "cut one, a class of them or all, and prove it", gate_link_cmd, true},
	{"advance", "sign for a step towards open: it needs two people", gate_link_cmd, true},
	{"probe", "prove a cut again", gate_link_cmd, true},
	{"queue", "what waits for a link", gate_link_cmd, true},
	{"exposure", "which devices are at risk, and whose care with them", gate_exposure_cmd, false},
	{"plan", "who keeps talking to whom when everything else is cut", gate_plan_cmd, false},
};

int cmd_gate(int argc, char **argv)
{
	static struct cli_args args;
	bool done;
	if (argc > 1)
		for (size_t k = 0; k < ARRAY_LEN(verbs); k++)
			if (!strcmp(argv[1], verbs[k].name))
				return verbs[k].whole ? verbs[k].run(argc, argv) : verbs[k].run(argc - 1, argv + 1);
	AUTO_BUF struct buf about = {0};
	buf_init(&about, 1 << 16);
	buf_str(&about, "Links to partners, exposed devices, and the plan to isolate.\n'holdfast gate VERB --help' lists a verb's options; holdfast-gate(1) is the manual.\n");
	for (size_t k = 0; k < ARRAY_LEN(verbs); k++)
		buf_printf(&about, "\n  %-10s %s", verbs[k].name, verbs[k].summary);
	int r = cli_parse(argc, argv, "gate VERB ...", buf_cstr(&about), NULL, 0, &args, &done);
	if (r || done)
		return r;
	return args.n ? cli_usage("gate: there is no verb '%s'; see holdfast gate --help", args.v[0]) : cli_usage("gate: say what is to be done; see holdfast gate --help");
}
