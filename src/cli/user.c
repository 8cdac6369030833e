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

/* Whose account it is to be. Whoever makes it sees the name, and that the right one was meant. */
static int find_person(struct site *s, struct control *k, const char *patient, char ret[32], struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(256 << 20);
	struct chart *c = NULL;
	struct control *unused = NULL;
	struct chart_moment now;
	struct chart_patient *p;
	int r = a ? control_catch_up(k, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = cli_chart(s, &c, &unused, e);
	if (r == 0)
		r = chart_now(c, &now, e);
	if (r == 0)
		r = chart_patient(c, slice_str(patient), now, a, &p, NULL, e);
	if (r == 0) {
		struct slice name = p->demographics ? fact_get(p->demographics->fact, FF_NAME) : SLICE_NULL, born = p->demographics ? fact_get(p->demographics->fact, FF_BIRTH) : SLICE_NULL;
		memcpy(ret, p->id, sizeof p->id);
		fprintf(stderr, "The account is of %s: ", p->id);
		cli_slice(stderr, fact_part(name, FN_FAMILY));
		fprintf(stderr, ", ");
		cli_slice(stderr, fact_part(name, FN_GIVEN));
		fprintf(stderr, ", born ");
		cli_slice(stderr, born.n > 10 ? slice_of(born.p, 10) : born);
		fprintf(stderr, "\n");
	}
	chart_close(c);
	control_close(unused);
	return r;
}

int cmd_user(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *role = NULL, *reason = NULL, *patient = NULL;
	bool json = false;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"role", CLI_STRING, &role, "R", "one of " SERVE_ROLES},
		{"patient", CLI_STRING, &patient, "ID", "of role patient: whose account it is, our id or MRN[@ASSIGNER]"},
		{"reason", CLI_STRING, &reason, "TEXT", "why (for disable): it is recorded"},
		{"json", CLI_FLAG, &json, NULL, "JSON on stdout"},
	};
	bool done;
	int r = cli_parse(argc, argv, "user add NAME --role R [--patient ID] --site DIR | user list | user disable NAME --reason TEXT",
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
	if (add && !strcmp(role, PATIENT_ROLE) != (patient != NULL))
		return cli_usage("user add: --patient says whose account it is; the role patient needs it, and no other has one");
	if (disable && !reason)
		return cli_usage("user disable: --reason is missing; it is recorded");
	struct err e = {0};
	struct site s;
	struct control *k = NULL;
	if (with_keeper(site, &s, &k, &e) < 0)
		return cli_fail(&e);
	char password[64];
	if (add) {
		char person[32] = "";
		r = patient ? find_person(&s, k, patient, person, &e) : 0;
		if (r == 0)
			r = patient ? control_patient_add(k, args.v[1], person, password, &e) : control_user_add(k, args.v[1], role, NULL, password, &e);
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
