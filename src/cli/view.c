/* holdfast view rebuild: the charts again from the ledger, whole or up to an entry. */
#include "commands.h"

#include <inttypes.h>

static void progress(void *arg, uint64_t done, uint64_t total)
{
	if (cli_progress_wanted())
		fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " entries%s", done, total, done == total ? "\n" : "");
}

int cmd_view(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *to = NULL;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"to", CLI_STRING, &to, "SEQ", "stop with this entry; the view stays there until the next rebuild or import"},
	};
	bool done;
	int r = cli_parse(argc, argv, "view rebuild --site DIR [--to SEQ]", "Makes a new view from the ledger beside the one there is, which readers go on seeing until the new one, whole, takes its place. The same ledger and program give the same charts, byte for byte.", opts,
	                  ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 1 || strcmp(args.v[0], "rebuild"))
		return cli_usage("view: say 'rebuild'");
	uint64_t end = CHART_NOW;
	if (to && num_u64(slice_str(to[0] == '#' ? to + 1 : to), 0, UINT64_MAX - 2, &end) < 0)
		return cli_usage("--to: '%s' is not an entry's number", to);
	struct err e = {0};
	struct site s;
	struct control *k;
	if (cli_site(site, &s, &e) < 0)
		return cli_fail(&e);
	r = control_open(&s, true, &k, &e);
	if (r == 0) {
		r = control_rebuild(k, end, progress, NULL, &e);
		control_close(k);
	}
	site_close(&s);
	return r < 0 ? cli_fail(&e) : 0;
}
