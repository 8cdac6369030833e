/* holdfast serve: run the site. */
#include "commands.h"

#include <stdlib.h>

int cmd_serve(int argc, char **argv)
{
	static struct cli_args args;
	struct serve_options o = {0};
	struct cli_list mllp = {0};
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &o.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"http", CLI_STRING, &o.http, "A:P", "address for browsers and FHIR (default: as in site.ini)"},
		{"mllp", CLI_LIST, &mllp, "[NAME=]A:P", "addresses for HL7 feeds (default: as in site.ini)"},
		{"plain", CLI_FLAG, &o.plain, NULL, "plain HTTP and MLLP instead of TLS; loopback addresses only"},
	};
	bool done;
	int r = cli_parse(argc, argv, "serve --site DIR [--http A:P] [--mllp [NAME=]A:P ...] [--plain]",
	                  "Takes the feed in, keeps the ledger, shows the charts, until SIGTERM.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("serve takes no argument '%s'", args.v[0]);
	if (!o.site)
		o.site = getenv("HOLDFAST_SITE");
	if (!o.site || !*o.site)
		return cli_usage("which site? give --site DIR or set HOLDFAST_SITE");
	if (mllp.n > SITE_LISTENERS_MAX)
		return cli_usage("--mllp: at most %d addresses", SITE_LISTENERS_MAX);
	for (size_t i = 0; i < mllp.n; i++)
		o.mllp[i] = mllp.v[i];
	o.mllp_count = mllp.n;
	struct err e = {0};
	return serve_run(&o, &e) < 0 ? cli_fail(&e) : 0;
}
