/* holdfast gate VERB: one file a verb. */
#include "gate_cmd.h"

#include <assert.h>
#include <stdlib.h>

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
	{"free", "take back the cut of an address", gate_island_cmd, true},
	{"island", "who still talks to this host when it is isolated", gate_island_cmd, true},
	{"isolate", "cut this host off from all but the island; two people end it", gate_island_cmd, true},
	{"set", "links as a file says them", gate_link_cmd, true},
	{"change", "change a link that is cut", gate_link_cmd, true},
	{"remove", "remove a link that is cut", gate_link_cmd, true},
	{"condition", "a condition to reopen is met, or is not", gate_link_cmd, true},
	{"letter", "what the ledger says of a link, for its partner, a regulator or an insurer", gate_letter_cmd, false},
	{"exposure", "which devices are at risk, and whose care with them", gate_exposure_cmd, false},
	{"plan", "who keeps talking to whom when everything else is cut", gate_plan_cmd, false},
};

int gate_ask(const char *site, const struct buf *question, struct buf *ret, struct err *e)
{
	struct site s;
	struct control *k = NULL;
	int r = buf_ok(question) ? cli_site(site, &s, e) : err_set(e, ERR_USAGE, NULL, "too long");
	if (r < 0)
		return r;
	r = control_open_bare(&s, &k, e); /* none of it is shown in a chart */
	if (r == 0)
		r = control_gate(k, getenv("HOLDFAST_TOKEN"), buf_slice(question), ret, e);
	control_close(k);
	site_close(&s);
	return r;
}

int gate_verb_parse(int argc, char **argv, const struct gate_verb *verb, size_t verb_n, const struct gate_opt *all, size_t n, struct cli_args *args, unsigned *ret, bool *done)
{
	struct cli_opt opts[GATE_OPTS_MAX];
	size_t v = 0, opt_n = 0;
	while (v < verb_n && strcmp(verb[v].name, argv[1]))
		v++;
	assert(v < verb_n && n <= GATE_OPTS_MAX); /* cmd_gate asks for these alone */
	for (size_t i = 0; i < n; i++)
		if (all[i].of & verb[v].bit)
			opts[opt_n++] = all[i].opt;
	*ret = verb[v].bit;
	return cli_parse(argc, argv, verb[v].usage, verb[v].about, opts, opt_n, args, done);
}

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
