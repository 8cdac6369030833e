/* holdfast gate plan: which groups keep talking, and what would be cut. Cuts nothing. Needs no site. Plans that are kept and carried out: gate_plans.c. */
#include "gate_cmd.h"

#include <fcntl.h>
#include <stdlib.h>

static struct gate_files f;

int gate_plan_of(struct gate_files *files, const char *groups, const struct cli_list *own, const struct cli_list *admin, struct gate_plan **ret, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct slice list[2][ARRAY_LEN(own->v)];
	int r = gate_files_judge(files, e);
	buf_init(&b, GATE_FILE_MAX);
	if (r == 0 && groups)
		r = file_read(AT_FDCWD, strcmp(groups, "-") ? groups : "/dev/stdin", GATE_FILE_MAX, &b, e);
	if (r == 0 && groups && !b.n)
		r = err_set(e, ERR_INPUT, groups, "the file is empty");
	for (size_t i = 0; i < own->n; i++)
		list[0][i] = slice_str(own->v[i]);
	for (size_t i = 0; i < admin->n; i++)
		list[1][i] = slice_str(admin->v[i]);
	return r == 0 ? gate_plan_make(files->x, groups, buf_slice(&b), list[0], own->n, list[1], admin->n, ret, e) : r;
}

/* As an entry, so that whoever looks at it later knows that it is the one that was meant. */
static int keep(const char *dir, const struct gate_plan *p, struct err *e)
{
	AUTO_BUF struct buf b = {0}, ret = {0};
	struct site s;
	struct control *k = NULL;
	struct jsonw w;
	char who[64];
	control_who(who);
	buf_init(&b, (size_t)4 << 20);
	buf_init(&ret, 1 << 16);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "do", "plan");
	jsonw_kstr(&w, "who", who);
	jsonw_key(&w, "plan");
	gate_plan_json(p, &w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (!buf_ok(&b))
		return err_set(e, ERR_LIMIT, "--site", "the plan is too long for an entry (4 MiB); without --site it can be had all the same");
	int r = cli_site(dir, &s, e);
	if (r < 0)
		return r;
	r = control_open(&s, true, &k, e); /* the view shows it */
	if (r == 0)
		r = control_gate(k, getenv("HOLDFAST_TOKEN"), buf_slice(&b), &ret, e);
	control_close(k);
	site_close(&s);
	return r;
}

int gate_plan_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct cli_list own, admin;
	const char *groups = NULL;
	const char *site = NULL, *rules = NULL;
	bool json = false, done, sound = true;
	if (argc > 1 && gate_plans_verb(argv[1]))
		return gate_plans_cmd(argc, argv);
	const struct cli_opt opts[] = {GATE_FILES_OPTS(f), {"groups", CLI_STRING, &groups, "FILE", "CSV: group,address,reason and if wanted island, talks_to, link; without it the inventory's group or unit column"},
		{"own", CLI_EACH, &own, "ADDRESS", "Holdfast's own address, which must not be cut off; each time it is given"},
		{"admin", CLI_EACH, &admin, "ADDRESS", "an administrator's address, which must not be cut off; each time it is given"}, {"site", CLI_STRING, &site, "DIR", "put the plan into this site's ledger, too: the viewer shows the newest"}, {"rules", CLI_STRING, &rules, "nft|table", "the plan for the hospital's own firewalls, in place of the text"},
		{"json", CLI_FLAG, &json, NULL, "JSON on stdout"}};
	int r = cli_parse(argc, argv, "gate plan --inventory FILE... [--groups FILE] [--own ADDRESS] [--admin ADDRESS] [--advisories FILE|DIR...] [--kev FILE] [--today DATE] [--site DIR] [--json|--rules nft|table]",
	                  "Shows who keeps talking to whom in a clinical island (wards, laboratory, pharmacy, Holdfast), what is cut, and what is wrong with the plan.\nIt cuts nothing. The exit status is 1 when the plan is not sound.\n'holdfast gate plan VERB --help', of plans that a site keeps by name:\n\n"
	                  "  save       keep a plan: what is cut together\n  list       those that are kept, and how they stand\n  show       what one cuts, and how each part of it stands\n"
	                  "  carry-out  cut all of it in one move, and prove it\n  undo       one stage back, by two people\n  remove     forget one of which nothing is in force", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("gate plan: files are given by --inventory and --groups");
	if (rules && ((strcmp(rules, "nft") && strcmp(rules, "table")) || json))
		return cli_usage("gate plan: --rules is nft or table, and goes without --json");
	struct err e = {0};
	struct gate_plan *p = NULL;
	AUTO_BUF struct buf out = {0};
	buf_init(&out, (size_t)1 << 30);
	r = gate_plan_of(&f, groups, &own, &admin, &p, &e);
	if (r == 0 && json) {
		struct jsonw w;
		jsonw_init(&w, &out);
		gate_plan_json(p, &w);
		jsonw_done(&w);
		buf_u8(&out, '\n');
	} else if (r == 0 && rules)
		r = gate_plan_rules(p, strcmp(rules, "nft") ? GATE_RULES_TABLE : GATE_RULES_NFT, &out, &e);
	else if (r == 0)
		gate_plan_text(p, &out);
	if (r == 0 && site)
		r = keep(site, p, &e);
	if (r == 0) {
		sound = gate_plan_sound(p);
		json || rules ? (void)fwrite(out.p, 1, out.n, stdout) : gate_lines(buf_slice(&out));
	}
	gate_plan_free(p);
	gate_files_done(&f);
	r = r < 0 ? cli_fail(&e) : cli_flush();
	return r ? r : !sound;
}
