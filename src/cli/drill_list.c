/* holdfast drill list: the drills there were, from the ledger. */
#include "drill_cmd.h"

#include <inttypes.h>
#include <stdlib.h>

struct listing {
	uint64_t *seqs;
	size_t n, cap;
};

static int pick(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct listing *q = arg;
	if (en->leaf.kind != LEDGER_DRILL)
		return 0;
	if (q->n == q->cap) {
		size_t cap = q->cap ? 2 * q->cap : 64;
		uint64_t *more = reallocarray(q->seqs, cap, sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory for the numbers of entries");
		q->seqs = more;
		q->cap = cap;
	}
	q->seqs[q->n++] = en->seq;
	return 0;
}

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
	struct listing q = {.n = 0};
	size_t shown = 0;
	int r = cli_ledger(s, true, &keys, &l, e);
	if (r == 0)
		r = ledger_scan(l, 0, ledger_durable(l), false, pick, &q, e);
	for (size_t i = 0; r == 0 && i < q.n; i++) {
		struct ledger_entry en;
		r = ledger_read(l, q.seqs[i], &en, e);
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
	free(q.seqs);
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
