/* holdfast view: the charts again from the ledger, whole or up to an entry; a sealed copy of them to start from elsewhere; and whether such a copy says what the ledger says. */
#include "commands.h"

#include <inttypes.h>

static void progress(void *arg, uint64_t done, uint64_t total)
{
	if (cli_progress_wanted())
		fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " entries%s", done, total, done == total ? "\n" : "");
}

static int copy(struct control *k, bool json, struct err *e)
{
	struct control_copied c;
	int r = control_view_copy(k, &c, e);
	if (r < 0)
		return r;
	if (!json) {
		printf("a sealed copy of the view as of %" PRIu64 " entries: %" PRIu64 " MiB, %" PRIu64 " MiB of view; entry #%" PRIu64 " names its bytes. The next push takes it along.\n", c.entries, c.size >> 20, c.plain >> 20, c.record);
		return 0;
	}
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 12);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_ku64(&w, "entries", c.entries);
	jsonw_ku64(&w, "entry", c.record);
	jsonw_ku64(&w, "plain", c.plain);
	jsonw_ku64(&w, "size", c.size);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&b));
	return 0;
}

int cmd_view(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *to = NULL;
	bool json = false;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"to", CLI_STRING, &to, "SEQ", "rebuild: stop with this entry; the view stays there until the next rebuild or import"},
		{"json", CLI_FLAG, &json, NULL, "copy, check: one JSON document on stdout"},
	};
	bool done;
	int r = cli_parse(argc, argv, "view rebuild [--to SEQ] | copy | check   --site DIR [--json]",
	                  "rebuild: makes a new view from the ledger beside the one there is, which readers go on seeing until the new one, whole, takes its place. The same ledger and program give the same charts, byte for byte. "
	                  "copy: seals a copy of the view, which replicas carry and `holdfast rebuild` starts from; a daemon makes one a day. check: opens the newest copy, makes the view again, and compares every chart.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	const char *verb = args.n == 1 ? args.v[0] : "";
	bool again = !strcmp(verb, "rebuild"), seal = !strcmp(verb, "copy"), check = !strcmp(verb, "check");
	if (!again && !seal && !check)
		return cli_usage("view: say rebuild, copy or check");
	uint64_t end = CHART_NOW;
	if (to && !again)
		return cli_usage("--to is for view rebuild");
	if (to && num_u64(slice_str(to[0] == '#' ? to + 1 : to), 0, UINT64_MAX - 2, &end) < 0)
		return cli_usage("--to: '%s' is not an entry's number", to);
	struct err e = {0};
	struct site s;
	struct control *k;
	if (cli_site(site, &s, &e) < 0)
		return cli_fail(&e);
	r = control_open(&s, true, &k, &e);
	if (r == 0) {
		if (seal && (r = control_catch_up(k, &e)) == 0)
			r = copy(k, json, &e);
		else if (r == 0 && check)
			r = cli_view_check(&s, k, json, &e);
		else if (r == 0)
			r = control_rebuild(k, end, progress, NULL, &e);
		control_close(k);
	}
	site_close(&s);
	return r == ERR_NO && check ? 1 : r < 0 ? cli_fail(&e) : 0;
}
