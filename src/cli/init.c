/* holdfast init SITE: a new site. */
#include "commands.h"

int cmd_init(int argc, char **argv)
{
	static struct cli_args args;
	const char *name = NULL, *shares = "2/3", *dir = NULL;
	const struct cli_opt opts[] = {
		{"name", CLI_STRING, &name, "NAME", "the hospital's name (default: Hospital)"},
		{"shares", CLI_STRING, &shares, "K/N", "recovery key as N paper shares, any K of them open it (default 2/3)"},
		{"shares-dir", CLI_STRING, &dir, "DIR", "where to write the shares (default: here); take them away afterwards"},
	};
	bool done;
	int r = cli_parse(argc, argv, "init SITE [--name N] [--shares K/N] [--shares-dir DIR]",
	                  "Makes the folder SITE: keys, recovery shares, an empty ledger and view. Nothing of the recovery key stays in it.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 1)
		return cli_usage("init: name one folder for the new site");
	if (!args.v[0][0] || (name && !*name) || (dir && !*dir))
		return cli_usage("init: %s is empty", !args.v[0][0] ? "the new site's folder" : name && !*name ? "--name" : "--shares-dir");
	struct slice n_text, k_text = slice_cut(slice_str(shares), '/', &n_text);
	uint64_t k, n;
	if (num_u64(k_text, 1, SHARE_MAX, &k) < 0 || num_u64(n_text, 1, SHARE_MAX, &n) < 0 || k > n || (k == 1 && n > 1))
		return cli_usage("--shares: '%s' should be K/N with 2 <= K <= N <= %d, such as 2/3 (or 1/1 for a trial)", shares, SHARE_MAX);
	struct site_init o = {.name = name, .k = (int)k, .n = (int)n, .shares_dir = dir};
	AUTO_BUF struct buf talk = {0};
	buf_init(&talk, 1 << 16);
	struct err e = {0};
	if (site_create(args.v[0], &o, &talk, &e) < 0)
		return cli_fail(&e);
	fputs(buf_cstr(&talk), stderr);
	return 0;
}
