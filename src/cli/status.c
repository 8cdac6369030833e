/* holdfast status: what is well and what is not, with or without a daemon. */
#include "commands.h"

#include <inttypes.h>

static bool is_true(const struct json_node *n)
{
	return n && n->type == JSON_TRUE;
}

static void line(const char *label, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void line(const char *label, const char *fmt, ...)
{
	printf("%-12s", label);
	va_list ap;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

#define T(node, path) SLICE_FMT(json_text(node, path))

static void print_roles(const struct json_node *root)
{
	const struct json_node *roles = json_get(root, "roles");
	for (const struct json_node *n = roles ? roles->child : NULL; n; n = n->next) {
		const struct json_node *sb = json_get(n, "sandbox");
		bool whole = is_true(json_get(sb, "user")) && is_true(json_get(sb, "landlock")) && is_true(json_get(sb, "seccomp"));
		printf("  %-10.*s pid %-8.*s restarts %-4.*s %s", T(n, "name"), T(n, "pid"), T(n, "restarts"), whole ? "sandboxed" : "SANDBOX INCOMPLETE:");
		if (!whole)
			printf("%s%s%s %.*s", is_true(json_get(sb, "user")) ? "" : " runs as the same user", is_true(json_get(sb, "landlock")) ? "" : " no Landlock",
			       is_true(json_get(sb, "seccomp")) ? "" : " no seccomp", T(sb, "note"));
		putchar('\n');
	}
}

/* How much of the ledger somebody else has seen, and since when. */
static void print_outside(const struct json_node *root)
{
	int64_t then, now = time_now();
	if (time_parse(json_text(root, "ledger.outside.time"), 0, &then) < 0)
		line("outside", "%.*s: nobody else has seen this ledger's head", T(root, "ledger.protection"));
	else
		line("outside", "%.*s has seen a head of %.*s entries, %lld min old", T(root, "ledger.outside.name"), T(root, "ledger.outside.size"), (long long)((now - then) / (60 * TIME_SEC)));
	const struct json_node *list = json_get(root, "replicas");
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next)
	{
		struct slice done = json_text(n, "lastSuccess"), next = json_text(n, "nextTry");
		if (!done.n)
			done = SLICE("never");
		if (json_get(n, "error"))
			line("replica", "%.*s: the last try FAILED: %.*s; last success %.*s%s%.*s", T(n, "name"), T(n, "error"), SLICE_FMT(done), next.n ? "; next try " : "", SLICE_FMT(next));
		else
			line("replica", "%.*s: last success %.*s%s%.*s", T(n, "name"), SLICE_FMT(done), next.n ? "; next " : "", SLICE_FMT(next));
	}
	list = json_get(root, "witnesses");
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next)
		line("witness", "%.*s (%.*s): %.*s entries, %.*s", T(n, "by"), T(n, "key"), T(n, "size"), T(n, "time"));
}

static void print_downtime(const struct json_node *n)
{
	const struct json_node *units = json_get(n, "units");
	printf("%-12s%.*s since %.*s, ", "DOWNTIME", T(n, "state"), T(n, "at"));
	printf(units && units->child ? "units" : "the whole house");
	for (const struct json_node *u = units ? units->child : NULL; u; u = u->next) {
		printf(" ");
		cli_slice(stdout, u->value);
	}
	printf(": ");
	cli_slice(stdout, json_text(n, "reason"));
	printf(" (holdfast downtime status)\n");
}

static void print_status(const struct json_node *root)
{
	line("site", "%.*s (%.*s)", T(root, "site.name"), T(root, "site.origin"));
	line("daemon", "%s", is_true(json_get(root, "running")) ? "running" : "not running");
	if (is_true(json_path(root, "downtime.running")))
		print_downtime(json_get(root, "downtime"));
	line("ledger", "%.*s entries, checkpoint over %.*s", T(root, "ledger.size"), T(root, "ledger.published"));
	print_outside(root);
	line("view", "%.*s entries shown, %.*s behind", T(root, "view.applied"), T(root, "view.behind"));
	line("disk", "%.*s bytes free, state %.*s", T(root, "disk.free"), T(root, "disk.state"));
	const struct json_node *vault = json_path(root, "vault.sources");
	for (const struct json_node *n = vault ? vault->child : NULL; n; n = n->next)
		line("backup", "%.*s: s%.*s of %.*s, %.*s files, %s", T(n, "source"), T(n, "seq"), T(n, "time"), T(n, "files"), slice_eq_str(json_text(n, "verdict"), "damage") ? "DAMAGE: see holdfast vault clean-point" : "clean");
	if (json_path(root, "keys.rotated"))
		line("keys", "last rotated %.*s, entry %.*s", T(root, "keys.rotated"), T(root, "keys.rotatedEntry"));
	const struct json_node *about = json_path(root, "keys.sharesLyingAbout");
	for (const struct json_node *n = about ? about->child : NULL; n; n = n->next)
		line("keys", "RECOVERY SHARE STILL LIES AT %.*s: give it to its holder and remove it here", SLICE_FMT(n->value));
	if (is_true(json_get(root, "running"))) {
		printf("roles\n");
		print_roles(root);
	}
	const struct json_node *list = json_get(root, "listeners");
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next)
		line("listener", "%.*s %.*s %.*s, %.*s connections, %.*s messages", T(n, "name"), T(n, "address"), T(n, "state"), T(n, "connections"), T(n, "messages"));
	list = json_get(root, "feeds");
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next)
		line("feed", "%.*s: %.*s, last message %.*s, %.*s messages", T(n, "name"), T(n, "state"), T(n, "last"), T(n, "messages"));
	if (json_text(root, "lastDrill.time").n)
		line("drill", "%.*s, %.*s passed, entry %.*s", T(root, "lastDrill.time"), T(root, "lastDrill.passed"), T(root, "lastDrill.entry"));
	list = json_get(root, "unhandled");
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next) {
		struct slice un = json_text(n, "uninterpreted");
		if (un.n && !slice_eq_str(un, "0"))
			line("unhandled", "%.*s: %.*s stored, not interpreted", T(n, "type"), SLICE_FMT(un));
	}
	list = json_get(root, "alarms");
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next)
		line(slice_eq_str(json_text(n, "severity"), "alarm") ? "ALARM" : "warning", "%.*s: %.*s. %.*s", T(n, "what"), T(n, "reason"), T(n, "next"));
}

int cmd_status(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL;
	bool json = false;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"json", CLI_FLAG, &json, NULL, "one JSON document on stdout"},
	};
	bool done;
	int r = cli_parse(argc, argv, "status --site DIR [--json]", "Feeds with their last message and age, roles with their sandbox, disk, keys, alarms, and what was not interpreted.", opts, ARRAY_LEN(opts), &args,
	                  &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("status takes no argument '%s'", args.v[0]);
	struct err e = {0};
	struct site s;
	if (cli_site(site, &s, &e) < 0)
		return cli_fail(&e);
	AUTO_BUF struct buf out = {0};
	buf_init(&out, 64 << 20);
	struct control *k = NULL;
	r = control_open(&s, false, &k, &e);
	if (r == 0) {
		r = control_status(k, &out, &e);
		control_close(k);
	} else if (r == ERR_BUSY) {
		e = (struct err){0};
		r = serve_status_offline(&s, &out, &e);
	}
	site_close(&s);
	if (r < 0)
		return cli_fail(&e);
	if (json) {
		printf("%s\n", buf_cstr(&out));
		return 0;
	}
	AUTO_ARENA struct arena *a = arena_new(512 << 20);
	struct json_node *root;
	if (!a || json_tree(buf_slice(&out), a, &root, &e) < 0)
		return cli_fail(&e);
	print_status(root);
	return 0;
}
