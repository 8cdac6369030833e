/* holdfast key check SHARE: one holder's share tested without joining it with another. */
#include "commands.h"

#include <errno.h>
#include <fcntl.h>

/* The first entry of the ledger (kind site) keeps a salted hash of each share: "shares":[{"index":1,"hash":"hex"}...]. */
static int known_share(struct site *s, const struct share *sh, bool *ret, struct err *e)
{
	struct site_keys keys = {0};
	struct ledger *l = NULL;
	AUTO_ARENA struct arena *a = arena_new(16 << 20);
	int r = cli_ledger(s, true, &keys, &l, e);
	if (r < 0)
		return r;
	struct ledger_entry en;
	r = ledger_read(l, 0, &en, e);
	struct json_node *root = NULL;
	if (r == 0)
		r = json_tree(en.body, a, &root, e);
	if (r == 0) {
		uint8_t want[SEAL_HASH], have[SEAL_HASH];
		share_hash(sh, want);
		*ret = false;
		const struct json_node *list = json_get(root, "shares");
		for (const struct json_node *n = list ? list->child : NULL; n; n = n->next)
			if (hex_get(have, sizeof have, json_text(n, "hash")) == 0 && seal_equal(want, have, sizeof have))
				*ret = true;
	}
	ledger_free(l);
	site_keys_wipe(&keys);
	return r;
}

int cmd_key(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL;
	bool json = false;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "also test that the share belongs to this site"},
		{"json", CLI_FLAG, &json, NULL, "JSON on stdout"},
	};
	bool done;
	int r = cli_parse(argc, argv, "key check SHARE_FILE [--site DIR]",
	                  "Reads a recovery share as its holder keeps it, finds typing errors by line, and says whether the site knows it. '-' reads standard input.", opts, ARRAY_LEN(opts),
	                  &args, &done);
	if (r || done)
		return r;
	if (args.n != 2 || strcmp(args.v[0], "check"))
		return cli_usage("key: say 'check SHARE_FILE'");
	struct err e = {0};
	AUTO_BUF struct buf text = {0};
	buf_init(&text, 1 << 16);
	const char *path = strcmp(args.v[1], "-") ? args.v[1] : "/dev/stdin";
	struct share sh;
	if (file_read(AT_FDCWD, path, 1 << 16, &text, &e) < 0)
		return cli_fail(&e);
	r = share_parse(buf_slice(&text), &sh, &e);
	seal_wipe(text.p, text.n);
	if (r < 0) {
		err_in(&e, args.v[1]);
		return cli_fail(&e);
	}
	bool known = false, asked = false;
	struct site s;
	if (site || getenv("HOLDFAST_SITE")) {
		asked = true;
		if (cli_site(site, &s, &e) < 0)
			return cli_fail(&e);
		r = known_share(&s, &sh, &known, &e);
		site_close(&s);
		if (r < 0)
			return cli_fail(&e);
	}
	if (json)
		printf("{\"readable\":true,\"index\":%d,\"of\":%d,\"needed\":%d,\"belongs\":%s}\n", sh.index, sh.n, sh.k, asked ? known ? "true" : "false" : "null");
	else
		printf("share %d of %d (any %d open the recovery key): readable%s\n", sh.index, sh.n, sh.k,
		       asked ? known ? ", and this site's" : ", but NOT of this site" : "; give --site to test that it belongs");
	seal_wipe(&sh, sizeof sh);
	return asked && !known ? 1 : 0;
}
