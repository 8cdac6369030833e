/* holdfast watch VERB: a file server's sensor: sees files being destroyed, stops who does it, puts them back. */
#include "commands.h"
#include "watch_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_STATE "/var/lib/holdfast/watch"
#define PLACES "/var/lib/holdfast/watch-places" /* a folder of records a line */

static bool knows(const char *folder, const char *id);

struct knowing {
	const char *id;
	bool known;
};

static void know_line(void *arg, struct slice json)
{
	struct knowing *k = arg;
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	struct err e;
	k->known |= a && json_tree(json, a, &n, &e) == 0 && slice_eq_str(json_text(n, "id"), k->id);
}

static bool knows(const char *folder, const char *id)
{
	struct knowing k = {.id = id};
	struct err e;
	return watch_list(folder, know_line, &k, &e) == 0 && k.known;
}

/* Without an option: any folder that a `watch run` ever used here and that knows this verdict. */
static bool search(const char *id, char out[4200])
{
	AUTO_BUF struct buf b = {0};
	struct err e;
	buf_init(&b, 1 << 20);
	if (knows(DEFAULT_STATE, id)) {
		snprintf(out, 4200, "%s", DEFAULT_STATE);
		return true;
	}
	if (file_read(AT_FDCWD, PLACES, 1 << 20, &b, &e) < 0)
		return false;
	for (struct slice rest = buf_slice(&b); rest.n;) {
		struct slice line = slice_cut(rest, '\n', &rest);
		if (line.n == 0 || line.n >= 4200)
			continue;
		memcpy(out, line.p, line.n);
		out[line.n] = 0;
		if (knows(out, id))
			return true;
	}
	return false;
}

void watch_cmd_remember(const struct watch_cmd *c)
{
	AUTO_BUF struct buf b = {0};
	char real[4096], line[4200];
	struct err e;
	if (!realpath(c->folder, real))
		return;
	snprintf(line, sizeof line, "%s\n", real);
	buf_init(&b, 1 << 20);
	if (file_read(AT_FDCWD, PLACES, 1 << 20, &b, &e) < 0 && e.code != ERR_NOT_FOUND)
		return;
	if (b.n && (slice_starts(buf_slice(&b), line) || memmem(b.p, b.n, line, strlen(line))))
		return;
	if (file_mkdir(AT_FDCWD, "/var/lib/holdfast", 0755, &e) < 0)
		return; /* then later commands name it */
	AUTO_CLOSE int fd = open(PLACES, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		(void)!write(fd, line, strlen(line));
}

int watch_cmd_open(struct watch_cmd *c, const char *for_id, struct err *e)
{
	const char *env = getenv("HOLDFAST_SITE");
	if (c->state) {
		snprintf(c->folder, sizeof c->folder, "%s", c->state);
	} else if (c->site || (env && *env)) {
		int r = cli_site(c->site, &c->s, e);
		if (r < 0)
			return r;
		c->has_site = true;
		snprintf(c->folder, sizeof c->folder, "%s/watch", c->s.path);
	} else if (!for_id || !search(for_id, c->folder)) {
		snprintf(c->folder, sizeof c->folder, "%s", DEFAULT_STATE);
	}
	size_t n = strlen(c->folder);
	/* the records of a site's sensor lie in the site, whose ledger is told what is done about them */
	if (for_id && !c->has_site && !c->state && n > 6 && !strcmp(c->folder + n - 6, "/watch")) {
		char site[4200];
		struct err ignored;
		snprintf(site, sizeof site, "%.*s", (int)(n - 6), c->folder);
		c->has_site = site_open(site, &c->s, &ignored) == 0;
	}
	return 0;
}

void watch_cmd_close(struct watch_cmd *c)
{
	if (c->has_site)
		site_close(&c->s);
	c->has_site = false;
}

static const struct verb {
	const char *name;
	size_t arguments;
	int (*run)(struct watch_cmd *c);
	const char *say;
} verbs[] = {
	{"run", 0, watch_cmd_run, "name the folders with --path"},
	{"release", 1, watch_cmd_release, "name one verdict, as `watch list` prints it"},
	{"restore", 1, watch_cmd_restore, "name one verdict, as `watch list` prints it"},
	{"list", 0, watch_cmd_list, "it takes no argument"},
};

int cmd_watch(int argc, char **argv)
{
	static struct cli_args args;
	static struct watch_cmd c;
	c = (struct watch_cmd){.args = &args};
	const struct cli_opt opts[] = {
		{"path", CLI_EACH, &c.path, "DIR", "run: a folder to watch, with all below it on its file system; may be given again"},
		{"site", CLI_STRING, &c.site, "DIR", "the site (or HOLDFAST_SITE): records lie in SITE/watch, and what happens becomes entries"},
		{"state", CLI_STRING, &c.state, "DIR", "the folder of records and pre-images, instead: " DEFAULT_STATE},
		{"act", CLI_STRING, &c.act, "HOW", "run: observe, stop (the default) or deny"},
		{"cut-client", CLI_FLAG, &c.cut_client, NULL, "run: an SMB client that is denied is cut off this host at the gate of --site, but for Holdfast's own pages"},
		{"freeze", CLI_FLAG, &c.freeze, NULL, "run: when stopping, freeze the cgroup, too"},
		{"let-sleep", CLI_FLAG, &c.let_sleep, NULL, "run: let idle processors sleep deeply also while small files come by the thousand: saves power, and slows such work"},
		{"limited-queue", CLI_FLAG, &c.limited_queue, NULL, "run: the kernel's own limit for queues of events instead of none"},
		{"preimages", CLI_STRING, &c.preimages, "SIZE", "run: room for pre-images, such as 512M or 8G: 2G"},
		{"never-stop", CLI_EACH, &c.never_stop, "NAME", "run: a program that is only ever denied, besides file servers and what everybody needs; may be given again"},
		{"canary", CLI_EACH, &c.canary, "FILE", "run: a file that nobody has reason to change; may be given again"},
		{"samba-audit", CLI_STRING, &c.samba_audit, "FILE", "run: a log of Samba's vfs full_audit, or a socket to be made for syslog (NAME.sock): names of users; their addresses are known without"},
		{"mode", CLI_STRING, &c.best, "MODE", "run: nothing better than pre-content, open or notify: what an older kernel offers"},
		{"dry-run", CLI_FLAG, &c.dry_run, NULL, "restore: say what would be done"},
		{"force", CLI_FLAG, &c.force, NULL, "restore: also over what somebody else changed since; that is kept aside, too"},
		{"json", CLI_FLAG, &c.json, NULL, "NDJSON on stdout (run always prints it)"},
	};
	bool done;
	int r = cli_parse(argc, argv, "watch run --path DIR [--site DIR | --state DIR] [--act observe|stop|deny] | release ID | restore ID [--dry-run] [--force] | list   [--json]",
	                  "Watches folders of a file server. Who destroys files is stopped before the next one, what was destroyed is put back as it was, and a stop is undone by one command.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	for (size_t i = 0; args.n && i < ARRAY_LEN(verbs); i++)
		if (!strcmp(args.v[0], verbs[i].name))
			return args.n - 1 == verbs[i].arguments ? verbs[i].run(&c) : cli_usage("watch %s: %s", verbs[i].name, verbs[i].say);
	return cli_usage("watch: say run, release, restore or list");
}
