/* holdfast key check|join|split|rotate|show: the recovery key and its shares, who opens what, and other keys from now on. */
#include "key.h"

#include <stdlib.h>

int cmd_key(int argc, char **argv)
{
	static struct cli_args args;
	struct key_options o = {.args = &args};
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &o.site, "DIR", "the site folder (or HOLDFAST_SITE); check: also test that the share belongs to it"},
		{"json", CLI_FLAG, &o.json, NULL, "check, show, split, rotate: JSON on stdout"},
		{"shares", CLI_STRING, &o.rule, "K/N", "split: N shares, any K of which open the key; 2/3 where it is not said"},
		{"out", CLI_STRING, &o.out, "DIR", "split: where to put the shares; without it the current folder"},
		{"reason", CLI_STRING, &o.reason, "TEXT", "rotate: why; it stands in the ledger"},
		{"files", CLI_FLAG, &o.files, NULL, "rotate: the key for contents of backed-up files too: the next backup of each source stores all of it again"},
	};
	bool done;
	int r = cli_parse(argc, argv, "key check SHARE | join SHARE... | split IDENTITY_FILE [--shares K/N] [--out DIR] | rotate [--reason TEXT] [--files] | show   [--site DIR] [--json]",
	                  "check: reads a recovery share as its holder keeps it, finds typing errors by line, and says whether the site knows it. join: the recovery key from enough shares, to stdout:\n"
	                  "whoever sees it opens everything. split: new shares of a key. rotate: other keys from now on. show: public keys, periods, and who opens what. '-' reads standard input.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	const char *verb = args.n ? args.v[0] : "";
	bool split = !strcmp(verb, "split");
	bool rotate = !strcmp(verb, "rotate");
	if ((o.reason || o.files) && !rotate)
		return cli_usage("key %s: --reason and --files are for rotate", verb);
	if ((o.rule || o.out) && !split)
		return cli_usage("key %s: --shares and --out are for split", verb);
	if (!o.site)
		o.site = getenv("HOLDFAST_SITE");
	if (o.site && !*o.site)
		o.site = NULL;
	if (!strcmp(verb, "check"))
		return args.n == 2 ? key_check(&o) : cli_usage("key check: name one share");
	if (!strcmp(verb, "join")) {
		if (o.json)
			return cli_usage("key join prints one line, the key; it has no --json");
		return args.n > 1 ? key_join(&o) : cli_usage("key join: name the shares");
	}
	if (split)
		return args.n == 2 ? key_split(&o) : cli_usage("key split: name one identity file, or - for standard input");
	if (rotate)
		return args.n == 1 ? key_rotate(&o) : cli_usage("key rotate takes no argument");
	if (!strcmp(verb, "show"))
		return args.n == 1 ? key_show(&o) : cli_usage("key show takes no argument");
	return cli_usage("key: say check SHARE, join SHARE..., split IDENTITY_FILE, rotate or show");
}
