/* holdfast user add|list|disable, holdfast token create|revoke. */
#include "commands.h"

#include <unistd.h>

static int with_keeper(const char *site_opt, struct site *s, struct control **k, struct err *e)
{
	int r = cli_site(site_opt, s, e);
	if (r < 0)
		return r;
	r = control_open(s, true, k, e);
	if (r < 0)
		site_close(s);
	return r;
}

static int list_users(struct control *k, bool json, struct err *e)
{
	AUTO_BUF struct buf out = {0};
	buf_init(&out, 64 << 20);
	int r = control_user_list(k, &out, e);
	if (r < 0)
		return r;
	if (json) {
		printf("%s\n", buf_cstr(&out));
		return 0;
	}
	AUTO_ARENA struct arena *a = arena_new(256 << 20);
	struct json_node *root;
	r = json_tree(buf_slice(&out), a, &root, e);
	if (r < 0)
		return r;
	const struct json_node *users = json_get(root, "users");
	for (const struct json_node *u = users ? users->child : NULL; u; u = u->next) {
		cli_cell(stdout, json_text(u, "user"), 28);
		cli_cell(stdout, json_text(u, "role"), 12);
		const struct json_node *off = json_get(u, "disabled");
		printf("%s\n", off && off->type == JSON_TRUE ? "disabled" : "");
	}
	return 0;
}

int cmd_user(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *role = NULL, *reason = NULL;
	bool json = false;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"role", CLI_STRING, &role, "R", "one of " SERVE_ROLES},
		{"reason", CLI_STRING, &reason, "TEXT", "why (for disable): it is recorded"},
		{"json", CLI_FLAG, &json, NULL, "JSON on stdout"},
	};
	bool done;
	int r = cli_parse(argc, argv, "user add NAME --role R --site DIR | user list | user disable NAME --reason TEXT",
	                  "Local accounts that need no directory service. 'add' prints a one-time password; the person sets their own at the first sign-in.", opts, ARRAY_LEN(opts),
	                  &args, &done);
	if (r || done)
		return r;
	const char *verb = args.n ? args.v[0] : "";
	bool add = !strcmp(verb, "add"), list = !strcmp(verb, "list"), disable = !strcmp(verb, "disable");
	if ((!add && !list && !disable) || args.n != (list ? 1 : 2))
		return cli_usage("user: say 'add NAME', 'list' or 'disable NAME'");
	if (add && !role)
		return cli_usage("user add: --role is missing; it is one of " SERVE_ROLES);
	if (role && !serve_role_known(role))
		return cli_usage("--role: '%s' is not one of " SERVE_ROLES, role);
	if (disable && !reason)
		return cli_usage("user disable: --reason is missing; it is recorded");
	struct err e = {0};
	struct site s;
	struct control *k = NULL;
	if (with_keeper(site, &s, &k, &e) < 0)
		return cli_fail(&e);
	char password[64];
	if (add) {
		r = control_user_add(k, args.v[1], role, NULL, password, &e);
		if (r == 0 && json)
			printf("{\"user\":\"%s\",\"role\":\"%s\",\"password\":\"%s\"}\n", args.v[1], role, password);
		else if (r == 0)
			printf("%s\n", password);
		if (r == 0 && isatty(STDOUT_FILENO))
			cli_note("One-time password of %s. It is shown only now.", args.v[1]);
		seal_wipe(password, sizeof password);
	} else if (list) {
		r = list_users(k, json, &e);
	} else {
		r = control_user_disable(k, args.v[1], reason, &e);
	}
	control_close(k);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : 0;
}

int cmd_token(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *role = NULL, *user = NULL, *label = NULL;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"role", CLI_STRING, &role, "R", "what the token may: one of " SERVE_ROLES},
		{"user", CLI_STRING, &user, "NAME", "a token for this person, with their role"},
		{"label", CLI_STRING, &label, "TEXT", "what it is for; shown in lists and as the channel's name"},
	};
	bool done;
	int r = cli_parse(argc, argv, "token create --site DIR (--role R | --user NAME) [--label TEXT] | token revoke ID",
	                  "A bearer token for a program: printed alone on stdout, once. Programs pass it in 'Authorization: Bearer' or HOLDFAST_TOKEN.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	bool create = args.n == 1 && !strcmp(args.v[0], "create"), revoke = args.n == 2 && !strcmp(args.v[0], "revoke");
	if (!create && !revoke)
		return cli_usage("token: say 'create' or 'revoke ID'");
	if (create && !role == !user)
		return cli_usage("token create: give one of --role and --user");
	if (role && !serve_role_known(role))
		return cli_usage("--role: '%s' is not one of " SERVE_ROLES, role);
	struct err e = {0};
	struct site s;
	struct control *k = NULL;
	if (with_keeper(site, &s, &k, &e) < 0)
		return cli_fail(&e);
	char token[128];
	if (create) {
		r = control_token_create(k, role, user, label, token, &e);
		if (r == 0)
			printf("%s\n", token);
		seal_wipe(token, sizeof token);
	} else {
		r = control_token_revoke(k, args.v[1], &e);
	}
	control_close(k);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : 0;
}
