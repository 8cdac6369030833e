/* holdfast drill list: the drills there were, from the ledger. */
#include "drill_cmd.h"

#include <inttypes.h>
#include <stdlib.h>

static void say_json(const struct drill *d)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 20);
	jsonw_init(&w, &b);
	drill_put(d, &w);
	printf("%s\n", buf_cstr(&b));
}

static void say(const struct drill *d)
{
	unsigned c[4];
	char t[32];
	drill_counts(d, c);
	printf("%s  %2u of %u passed, %u failed, %u with a warning, %u not done  #%" PRIu64 " by ", time_rfc3339(d->begun, 0, t), c[DRILL_PASS], (unsigned)DRILL_CHECK_COUNT, c[DRILL_FAIL], c[DRILL_WARN], c[DRILL_NOT_DONE], d->entry);
	cli_slice(stdout, slice_str(d->by));
	const char *before = "\n    failed: ";
	for (int i = 0; i < DRILL_CHECK_COUNT; i++) {
		if (d->check[i].result != DRILL_FAIL)
			continue;
		printf("%s%s", before, drill_check_name((enum drill_check_name)i));
		before = ", ";
	}
	putchar('\n');
}

static int list(struct site *s, bool json, struct err *e)
{
	static struct drill d;
	struct site_keys keys = {0};
	struct ledger *l = NULL;
	uint64_t *v = NULL;
	size_t n = 0, shown = 0;
	int r = cli_ledger(s, true, &keys, &l, e);
	if (r == 0)
		r = cli_entries(l, LEDGER_KIND_BIT(LEDGER_DRILL), &v, &n, e);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct ledger_entry en;
		r = ledger_read(l, v[i], &en, e);
		if (r < 0 || drill_read(en.body, &d, &(struct err){0}) < 0) /* that a share was tested stands under this kind, too */
			continue;
		d.entry = en.seq;
		shown++;
		if (json)
			say_json(&d);
		else
			say(&d);
	}
	if (r == 0 && !shown && !json)
		printf("no drill has been run here: holdfast drill run --site ...\n");
	ledger_free(l);
	site_keys_wipe(&keys);
	free(v);
	return r;
}

int drill_list_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL;
	bool json = false, done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"json", CLI_FLAG, &json, NULL, "a JSON object a drill"},
	};
	int r = cli_parse(argc, argv, "drill list --site DIR [--json]", "The drills that were run, oldest first, and what failed in each.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("drill list takes no argument '%s'", args.v[0]);
	struct err e = {0};
	struct site s;
	if (cli_site(site, &s, &e) < 0)
		return cli_fail(&e);
	r = list(&s, json, &e);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : 0;
}
