/* holdfast vault VERB: backups of file trees. */
#include "vault_cmd.h"

static const struct verb {
	const char *name;
	size_t least, most; /* arguments behind the verb */
	int (*run)(struct vault_cmd *c);
	const char *options; /* those that mean something to it, blanks around each; site and json to all */
	const char *say;
} verbs[] = {
	{"backup", 1, SIZE_MAX, vault_cmd_backup, " source exclude one-file-system reread threads to agent state ", "name the paths to back up"},
	{"list", 0, 0, vault_cmd_list, " source ", "it takes no argument"},
	{"ls", 1, 2, vault_cmd_ls, " source before ", "name a snapshot (or latest), and a path if you want less than all"},
	{"check", 0, 0, vault_cmd_check, " data identity shares ", "it takes no argument"},
	{"restore", 2, 2, vault_cmd_restore, " source before clean overwrite identity shares threads ", "name a snapshot (or latest), with :PATH if you want less than all, and the folder to restore into"},
	{"clean-point", 0, 0, vault_cmd_clean_point, " source ", "it takes no argument"},
	{"mount", 1, 2, vault_cmd_mount, " source before identity shares ", "name a snapshot (or latest) if you want less than all of them, and an empty folder"},
	{"accept", 1, 1, vault_cmd_accept, " source before reason ", "name a snapshot whose verdict is damage"},
	{"drill", 0, 1, vault_cmd_drill, " source before percent to identity shares threads charts ", "name at most a snapshot"},
};

static const struct verb *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

/* An option that does nothing would be taken for one that did something. */
static int refuse_others(const struct verb *v, const struct vault_cmd *c)
{
	const struct {
		const char *name;
		bool given;
	} all[] = {
		{"source", c->source}, {"before", c->before}, {"identity", c->identity}, {"reason", c->reason}, {"shares", c->shares.n}, {"exclude", c->exclude.n}, {"to", c->to}, {"agent", c->agent}, {"state", c->state}, {"reread", c->reread != UINT64_MAX},
		{"threads", c->threads}, {"percent", c->percent != UINT64_MAX}, {"data", c->data}, {"clean", c->clean}, {"overwrite", c->overwrite}, {"one-file-system", c->one_file_system}, {"charts", c->charts},
	};
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		char word[40];
		snprintf(word, sizeof word, " %s ", all[i].name);
		if (all[i].given && !strstr(v->options, word))
			return cli_usage("vault %s: --%s means nothing here", v->name, all[i].name);
	}
	return 0;
}

int cmd_vault(int argc, char **argv)
{
	static struct cli_args args;
	static struct vault_cmd c;
	c = (struct vault_cmd){.args = &args, .reread = UINT64_MAX, .percent = UINT64_MAX};
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &c.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"json", CLI_FLAG, &c.json, NULL, "JSON on stdout (list, ls: NDJSON)"},
		{"source", CLI_STRING, &c.source, "NAME", "whose backup: letters, digits, dots, hyphens, underscores"},
		{"exclude", CLI_EACH, &c.exclude, "PATTERN", "backup: leave out what fits, a name or a path below the root; may be given again"},
		{"one-file-system", CLI_FLAG, &c.one_file_system, NULL, "backup: enter no other file system"},
		{"reread", CLI_NUMBER, &c.reread, "PERCENT", "backup: of the files that look unchanged, read so many all the same, in rotation: 1"},
		{"before", CLI_STRING, &c.before, "TIME", "ls, restore, mount, drill: the newest snapshot at or before it"},
		{"clean", CLI_FLAG, &c.clean, NULL, "restore: each damaged file as it was before, under the name it had"},
		{"overwrite", CLI_FLAG, &c.overwrite, NULL, "restore: also over files that are newer than the snapshot's"},
		{"data", CLI_FLAG, &c.data, NULL, "check: read every byte of every pack"},
		{"reason", CLI_STRING, &c.reason, "TEXT", "accept: why this is no damage; kept with your name"},
		{"percent", CLI_NUMBER, &c.percent, "N", "drill: restore so many of a hundred files: 5"},
		{"charts", CLI_FLAG, &c.charts, NULL, "drill: then compare the newest copy of the charts with the ledger, as `holdfast view check` does"},
		{"to", CLI_STRING, &c.to, "DIR|URL", "drill: where to restore to (a folder in TMPDIR), removed again; backup: the site's address, with --agent"},
		{"agent", CLI_STRING, &c.agent, "FILE", "backup: on a host without a site: the credential that `holdfast agent add` made"},
		{"state", CLI_STRING, &c.state, "DIR", "backup --agent: where it remembers what was backed up: /var/lib/holdfast/agent/NAME, or below XDG_STATE_HOME"},
		{"identity", CLI_STRING, &c.identity, "FILE", "the recovery key, as `holdfast key join` prints it; - for standard input"},
		{"shares", CLI_LIST, &c.shares, "FILE", "enough recovery shares, instead of --identity"},
		{"threads", CLI_NUMBER, &c.threads, "N", "backup, restore, drill: readers or writers; without it as the machine is"},
	};
	bool done;
	int r = cli_parse(argc, argv,
	                  "vault backup --source NAME PATH... | list | ls SNAP [PATH] | check [--data] | restore SNAP[:PATH] DEST | clean-point --source NAME | accept SNAP --reason TEXT | mount [SNAP] FOLDER | drill [SNAP]   --site DIR [--json]",
	                  "Backs up file trees into the site, and gives them back as they were just before an infection. SNAP is an id such as s123, or latest. Backup needs no secret; contents are opened by the\n"
	                  "recovery key alone (--identity or --shares), names and verdicts without it.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	const struct verb *v = args.n ? find(args.v[0]) : NULL;
	if (!v)
		return cli_usage("vault: say backup, list, ls, check, restore, clean-point, accept, mount or drill");
	r = refuse_others(v, &c);
	if (r)
		return r;
	vault_cmd_take_back(&c, &args, v->run == vault_cmd_mount ? args.n + 1 : v->least + 1); /* a mount ends in its folder, whether a snapshot is named or not */
	if (args.n - 1 < v->least || args.n - 1 > v->most)
		return cli_usage("vault %s: %s", v->name, v->say);
	return v->run(&c);
}
