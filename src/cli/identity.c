/* holdfast identity merge|unmerge A B: what a registrar decides about two records; an entry like any other, and reversible. */
#include "commands.h"

int cmd_identity(int argc, char **argv)
{
	static struct cli_args args;
	struct cli_decision d = {0};
	const struct cli_opt opts[] = {
		CLI_DECISION_OPTS(d),
	};
	bool done;
	int r = cli_parse(argc, argv, "identity merge|unmerge NUMBER[@ASSIGNER] NUMBER[@ASSIGNER] --reason TEXT --site DIR",
	                  "merge A B: B was the same person as A; A survives. unmerge A B: B is taken out of A again; both charts are as they were, and what came in between stays with A, listed for review.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	bool merge = args.n == 3 && !strcmp(args.v[0], "merge"), unmerge = args.n == 3 && !strcmp(args.v[0], "unmerge");
	if (!merge && !unmerge)
		return cli_usage("identity: say 'merge A B' or 'unmerge A B' with two record numbers");
	r = cli_reason_given(&d, "identity", args.v[0]);
	if (r)
		return r;
	struct err e = {0};
	AUTO_BUF struct buf body = {0};
	buf_init(&body, 1 << 16);
	struct jsonw w;
	jsonw_init(&w, &body);
	jsonw_obj(&w);
	jsonw_kstr(&w, "op", args.v[0]);
	jsonw_kstr(&w, "of", args.v[2]);
	jsonw_kstr(&w, merge ? "into" : "from", args.v[1]);
	cli_decision_why(&d, &w);
	jsonw_obj_end(&w);
	struct site s;
	if (cli_site(d.site, &s, &e) < 0)
		return cli_fail(&e);
	struct control *k;
	r = control_open(&s, true, &k, &e);
	if (r == 0) {
		/* Both must be known: a typing error here would move a chart. */
		struct chart *c = NULL;
		struct control *unused = NULL; /* the view has just been brought up */
		struct chart_moment now;
		AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30);
		r = a ? control_catch_up(k, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
		if (r == 0)
			r = cli_chart(&s, &c, &unused, &e);
		if (r == 0)
			r = chart_now(c, &now, &e);
		for (int i = 1; r == 0 && i <= 2; i++) {
			struct chart_patient *p;
			r = chart_patient(c, slice_str(args.v[i]), now, a, &p, NULL, &e);
		}
		chart_close(c);
		control_close(unused);
		if (r == 0)
			r = cli_decision_enter(k, LEDGER_IDENTITY, &body, &e);
		control_close(k);
	}
	site_close(&s);
	return r < 0 ? cli_fail(&e) : 0;
}
