/* holdfast quarantine list|lift: entries on which the reader died twice. They are stored, and not shown until somebody lifts it, with a program that reads them. */
#include "commands.h"

static int list(struct control *k, bool json, struct err *e)
{
	AUTO_BUF struct buf out = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)512 << 20);
	struct json_node *root = NULL;
	buf_init(&out, 64 << 20);
	int r = a ? control_status(k, &out, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = json_tree(buf_slice(&out), a, &root, e);
	const struct json_node *all = r == 0 ? json_get(root, "quarantine") : NULL;
	for (const struct json_node *n = all ? all->child : NULL; n; n = n->next)
		printf(json ? "{\"entry\":%.*s}\n" : "entry %.*s\n", SLICE_FMT(n->value));
	return r;
}

static int lift(struct control *k, uint64_t entry, const struct cli_decision *d, struct err *e)
{
	AUTO_BUF struct buf body = {0};
	struct jsonw w;
	buf_init(&body, 1 << 16);
	jsonw_init(&w, &body);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "lift");
	jsonw_ku64(&w, "entry", entry);
	cli_decision_why(d, &w);
	jsonw_obj_end(&w);
	return cli_decision_enter(k, LEDGER_QUARANTINE, &body, e);
}

int cmd_quarantine(int argc, char **argv)
{
	static struct cli_args args;
	struct cli_decision d = {0};
	bool json = false;
	const struct cli_opt opts[] = {
		CLI_DECISION_OPTS(d),
		{"json", CLI_FLAG, &json, NULL, "list: a JSON object a line"},
	};
	bool done;
	int r = cli_parse(argc, argv, "quarantine list | lift ENTRY --reason TEXT --site DIR",
	                  "Entries on which the reader died twice are stored and not shown. lift: the next `holdfast view rebuild` reads this one again.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	bool lists = args.n == 1 && !strcmp(args.v[0], "list");
	uint64_t entry = 0;
	if (!lists && (args.n != 2 || strcmp(args.v[0], "lift")))
		return cli_usage("quarantine: say 'list' or 'lift ENTRY'");
	if (!lists && num_u64(slice_str(args.v[1][0] == '#' ? args.v[1] + 1 : args.v[1]), 0, UINT64_MAX - 1, &entry) < 0)
		return cli_usage("quarantine lift: '%s' is not an entry's number", args.v[1]);
	if (!lists && (r = cli_reason_given(&d, "quarantine", "lift")))
		return r;
	struct err e = {0};
	struct site s;
	struct control *k;
	if (cli_site(d.site, &s, &e) < 0)
		return cli_fail(&e);
	r = control_open(&s, true, &k, &e);
	if (r == 0) {
		r = lists ? list(k, json, &e) : lift(k, entry, &d, &e);
		control_close(k);
	}
	site_close(&s);
	return r < 0 ? cli_fail(&e) : 0;
}
