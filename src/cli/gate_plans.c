/* holdfast gate plan save|list|show|carry-out|undo|remove: isolation plans that the site keeps by name. */
#include "gate_cmd.h"

#include <stdlib.h>

struct plans_opts {
	const char *site, *reason, *expires, *groups;
	struct cli_list links, classes, keep, addresses, members, own, admins;
	bool json, all, isolate, dry_run, anyway;
};
static struct gate_files files;

static void begin(struct buf *b, struct jsonw *w, const char *what, const char *name, const char *reason)
{
	char who[64];
	control_who(who);
	buf_init(b, (size_t)8 << 20);
	jsonw_init(w, b);
	jsonw_obj(w);
	jsonw_kstr(w, "do", what);
	jsonw_kstr(w, "who", who);
	if (name)
		jsonw_kstr(w, "name", name);
	if (reason)
		jsonw_kstr(w, "reason", reason);
}

static int ask(const struct plans_opts *o, struct buf *b, struct jsonw *w, struct buf *ret, struct arena *a, struct json_node **ret_n, struct err *e)
{
	jsonw_obj_end(w);
	jsonw_done(w);
	buf_init(ret, (size_t)64 << 20);
	int r = gate_ask(o->site, b, ret, e);
	if (r == 0)
		r = a ? json_tree(buf_slice(ret), a, ret_n, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	return r;
}

static bool truth(const struct json_node *n, const char *key)
{
	const struct json_node *v = json_get(n, key);
	return v && v->type == JSON_TRUE;
}

/* ---- shown ---- */

static void show_names(const struct json_node *n, const char *path, const char *title)
{
	const struct json_node *list = json_path(n, path);
	if (!list || !list->child)
		return;
	printf("  %s:", title);
	for (const struct json_node *v = list->child; v; v = v->next) {
		printf(" ");
		cli_slice(stdout, v->value);
	}
	printf("\n");
}

static void show_head(const struct json_node *n)
{
	cli_cell(stdout, json_text(n, "name"), 24);
	printf("%.*s", SLICE_FMT(json_text(n, "state")));
	if (slice_eq_str(json_text(n, "state"), "partly") || slice_eq_str(json_text(n, "state"), "undoing"))
		printf(", %.*s of it open", SLICE_FMT(json_text(n, "open")));
	if (json_text(n, "carried.at").n) {
		printf(", carried out ");
		cli_slice(stdout, json_text(n, "carried.at"));
		printf(" by ");
		cli_slice(stdout, json_text(n, "carried.by"));
	}
	printf("\n");
	if (json_text(n, "undo.signed").n) {
		printf("  undoing it is signed by ");
		cli_slice(stdout, json_text(n, "undo.signed"));
		printf(": waits for a second person until ");
		cli_slice(stdout, json_text(n, "undo.signedUntil"));
		printf("\n");
	}
}

static void show_plan(const struct json_node *n)
{
	const struct json_node *links = json_get(n, "links"), *addresses = json_get(n, "addresses");
	show_head(n);
	printf("  saved ");
	cli_slice(stdout, json_text(n, "saved"));
	printf(" by ");
	cli_slice(stdout, json_text(n, "by"));
	printf(", entry %.*s\n", SLICE_FMT(json_text(n, "entry")));
	if (truth(json_get(n, "cuts"), "all"))
		printf("  cuts every link\n");
	show_names(n, "cuts.classes", "cuts links of class");
	show_names(n, "cuts.links", "cuts links");
	show_names(n, "cuts.keep", "but not");
	show_names(n, "cuts.addresses", "cuts addresses");
	if (truth(n, "isolate"))
		printf("  isolates this host (now %s)\n", truth(n, "isolated") ? "ISOLATED" : "not isolated");
	show_names(n, "cuts.members", "which still talks to");
	show_names(n, "cuts.admins", "never cut");
	for (const struct json_node *v = links ? links->child : NULL; v; v = v->next) {
		printf("  link ");
		cli_cell(stdout, json_text(v, "name"), 24);
		cli_cell(stdout, json_text(v, "class"), 16);
		printf("%.*s\n", SLICE_FMT(json_text(v, "state")));
	}
	for (const struct json_node *v = addresses ? addresses->child : NULL; v; v = v->next) {
		printf("  address ");
		cli_cell(stdout, json_text(v, "address"), 40);
		printf("%s\n", truth(v, "never") ? "never cut: an administrator's" : truth(v, "cut") ? "CUT" : "open");
	}
}

static void raw(const struct buf *ret)
{
	printf("%.*s\n", (int)ret->n, (const char *)ret->p);
}

/* ---- save ---- */

/* Of a plan that was made of an inventory: the links of its groups, and the addresses that go on talking. */
static void put_made(const struct json_node *plan, const struct plans_opts *o, struct jsonw *w)
{
	const struct json_node *groups = json_get(plan, "groups");
	jsonw_key(w, "links");
	jsonw_arr(w);
	for (const struct json_node *g = groups ? groups->child : NULL; g; g = g->next)
		for (const struct json_node *l = json_get(g, "links_cut") ? json_get(g, "links_cut")->child : NULL; l; l = l->next)
			jsonw_slice(w, l->value);
	for (size_t i = 0; i < o->links.n; i++)
		jsonw_str(w, o->links.v[i]);
	jsonw_arr_end(w);
	if (!o->isolate)
		return;
	jsonw_key(w, "members");
	jsonw_arr(w);
	for (const struct json_node *g = groups ? groups->child : NULL; g; g = g->next) {
		if (!truth(g, "island"))
			continue;
		for (const struct json_node *p = json_get(g, "prefixes") ? json_get(g, "prefixes")->child : NULL; p; p = p->next)
			jsonw_slice(w, p->value);
		for (const struct json_node *h = json_get(g, "hosts") ? json_get(g, "hosts")->child : NULL; h; h = h->next)
			if (json_text(h, "address").n)
				jsonw_slice(w, json_text(h, "address"));
	}
	for (size_t i = 0; i < o->members.n; i++)
		jsonw_str(w, o->members.v[i]);
	jsonw_arr_end(w);
}

static void put_cuts(const struct plans_opts *o, const struct json_node *plan, struct jsonw *w)
{
	jsonw_key(w, "cuts");
	jsonw_obj(w);
	if (plan) {
		put_made(plan, o, w);
	} else {
		gate_put_list(w, "links", &o->links);
		if (o->members.n)
			gate_put_list(w, "members", &o->members);
	}
	gate_put_list(w, "classes", &o->classes);
	gate_put_list(w, "keep", &o->keep);
	gate_put_list(w, "addresses", &o->addresses);
	if (o->admins.n && (o->isolate || !plan))
		gate_put_list(w, "admins", &o->admins);
	if (o->all)
		jsonw_kbool(w, "all", true);
	if (o->isolate)
		jsonw_kbool(w, "isolate", true);
	jsonw_obj_end(w);
}

static int made_of(const struct plans_opts *o, struct buf *text, struct arena *a, struct json_node **ret, struct err *e)
{
	struct gate_plan *p = NULL;
	struct jsonw w;
	int r = gate_plan_of(&files, o->groups, &o->own, &o->admins, &p, e);
	if (r == 0) {
		buf_init(text, (size_t)4 << 20);
		jsonw_init(&w, text);
		gate_plan_json(p, &w);
		jsonw_done(&w);
		r = !gate_plan_sound(p) ? err_set(e, ERR_NO, "--inventory", "this plan is not sound: `holdfast gate plan` with the same files says what is wrong with it") : !buf_ok(text) ? err_set(e, ERR_LIMIT, "--inventory", "the plan is too long for an entry (4 MiB)") : json_tree(buf_slice(text), a, ret, e);
	}
	gate_plan_free(p);
	gate_files_done(&files);
	return r;
}

static int save(const struct plans_opts *o, const char *name)
{
	AUTO_BUF struct buf b = {0}, ret = {0}, made = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)128 << 20);
	struct json_node *n = NULL, *plan = NULL;
	struct err e = {0};
	struct jsonw w;
	int r = a ? 0 : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && files.inventory.n)
		r = made_of(o, &made, a, &plan, &e);
	if (r < 0)
		return cli_fail(&e);
	begin(&b, &w, "plan-save", name, o->reason);
	put_cuts(o, plan, &w);
	if (plan) {
		jsonw_key(&w, "plan");
		jsonw_raw(&w, buf_slice(&made));
	}
	if (ask(o, &b, &w, &ret, a, &n, &e) < 0)
		return cli_fail(&e);
	if (o->json)
		raw(&ret);
	else
		show_plan(n);
	return cli_flush();
}

/* ---- list, show, remove ---- */

static int list(const struct plans_opts *o)
{
	AUTO_BUF struct buf b = {0}, ret = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct json_node *n = NULL;
	struct err e = {0};
	struct jsonw w;
	begin(&b, &w, "plans", NULL, NULL);
	if (ask(o, &b, &w, &ret, a, &n, &e) < 0)
		return cli_fail(&e);
	const struct json_node *plans = json_get(n, "plans");
	for (const struct json_node *v = plans ? plans->child : NULL; v; v = v->next) {
		if (o->json)
			printf("%.*s\n", SLICE_FMT(v->raw));
		else
			show_head(v);
	}
	return cli_flush();
}

static int show(const struct plans_opts *o, const char *name)
{
	AUTO_BUF struct buf b = {0}, ret = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct json_node *n = NULL;
	struct err e = {0};
	struct jsonw w;
	begin(&b, &w, "plan-show", name, NULL);
	if (ask(o, &b, &w, &ret, a, &n, &e) < 0)
		return cli_fail(&e);
	if (o->json)
		raw(&ret);
	else
		show_plan(n);
	return cli_flush();
}

static int removal(const struct plans_opts *o, const char *name)
{
	AUTO_BUF struct buf b = {0}, ret = {0};
	struct err e = {0};
	struct jsonw w;
	begin(&b, &w, "plan-remove", name, o->reason);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_init(&ret, 1 << 16);
	return gate_ask(o->site, &b, &ret, &e) < 0 ? cli_fail(&e) : 0;
}

/* ---- carry-out ---- */

static void show_change(const struct json_node *n, bool dry)
{
	const struct json_node *left = json_get(n, "left");
	printf(dry ? "would cut %.*s links" : "cut %.*s links", SLICE_FMT(json_text(n, "moved")));
	const struct json_node *addresses = json_path(n, "cut.addresses");
	printf(" and %u addresses", addresses ? addresses->count : 0);
	printf(truth(json_get(n, "cut"), "isolated") ? dry ? ", and isolate this host\n" : ", and isolated this host\n" : "\n");
	for (const struct json_node *v = left ? left->child : NULL; v; v = v->next) {
		printf("  LEFT AS IT IS ");
		cli_slice(stdout, json_text(v, "what"));
		printf(": ");
		cli_slice(stdout, json_text(v, "why"));
		printf("\n");
	}
}

/* True: a proof says that something of it is not cut. */
static bool show_proofs(const struct json_node *n, bool quiet)
{
	const struct json_node *links = json_get(n, "links"), *addresses = json_get(n, "addresses");
	bool bad = gate_proof_bad(json_text(n, "proof.result"));
	for (const struct json_node *v = links ? links->child : NULL; v; v = v->next) {
		bad |= gate_proof_bad(json_text(v, "proof.result"));
		if (!quiet)
			gate_show_link(v);
	}
	for (const struct json_node *v = addresses ? addresses->child : NULL; v; v = v->next) {
		bad |= gate_proof_bad(json_text(v, "proof.result"));
		if (quiet)
			continue;
		cli_slice(stdout, json_text(v, "address"));
		printf(" is CUT: ");
		cli_slice(stdout, json_text(v, "proof.result"));
		printf("\n");
	}
	if (!quiet && json_text(n, "proof.result").n) {
		printf("this host is ISOLATED: ");
		cli_slice(stdout, json_text(n, "proof.result"));
		printf("\n");
	}
	return bad;
}

static int carry_out(const struct plans_opts *o, const char *name)
{
	AUTO_BUF struct buf b = {0}, ret = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct json_node *n = NULL;
	struct err e = {0};
	struct jsonw w;
	begin(&b, &w, "plan-cut", name, o->reason);
	if (o->dry_run)
		jsonw_kbool(&w, "dry_run", true);
	if (!o->anyway)
		gate_put_from(&w);
	if (ask(o, &b, &w, &ret, a, &n, &e) < 0) {
		if (err_exit(e.code) == 3 && !o->dry_run)
			cli_note("Whether the plan was carried out is not known: `holdfast gate plan show %s` says how it stands, and carrying it out again does no harm.", name);
		return cli_fail(&e);
	}
	if (o->json)
		raw(&ret);
	else
		show_change(n, o->dry_run);
	bool bad = !o->dry_run && show_proofs(n, o->json);
	if (!o->dry_run && !truth(n, "recorded"))
		cli_note("The plan is carried out, but that could not be recorded: is the disk full?");
	int r = cli_flush();
	return r ? r : bad;
}

/* ---- undo ---- */

static void show_stage(const struct json_node *n)
{
	const struct json_node *moved = json_get(n, "moved"), *held = json_get(n, "held"), *waits = json_get(n, "signed");
	for (const struct json_node *v = moved ? moved->child : NULL; v; v = v->next) {
		cli_slice(stdout, json_text(v, "name"));
		printf(" is %.*s now\n", SLICE_FMT(json_text(v, "state")));
	}
	for (const struct json_node *v = waits ? waits->child : NULL; v; v = v->next) {
		cli_slice(stdout, v->value);
		printf(" is signed for, and waits for a second person\n");
	}
	show_names(n, "freed", "free again");
	for (const struct json_node *v = held ? held->child : NULL; v; v = v->next) {
		cli_slice(stdout, json_text(v, "name"));
		printf(" stays: ");
		cli_slice(stdout, json_text(v, "why"));
		printf("\n");
	}
	if (truth(n, "done"))
		printf("nothing of the plan is left: it is undone\n");
	else
		show_head(n);
}

static int undo(const struct plans_opts *o, const char *name)
{
	AUTO_BUF struct buf b = {0}, ret = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct json_node *n = NULL;
	struct err e = {0};
	struct jsonw w;
	begin(&b, &w, "plan-undo", name, o->reason);
	b.secret = true; /* a password may stand in it */
	if (o->expires)
		jsonw_kstr(&w, "expires", o->expires);
	gate_sign_in(&w);
	if (ask(o, &b, &w, &ret, a, &n, &e) < 0)
		return cli_fail(&e);
	if (o->json)
		raw(&ret);
	else
		show_stage(n);
	return cli_flush();
}

#define SAVE 1u
#define LIST 2u
#define SHOW 4u
#define CARRY 8u
#define UNDO 16u
#define REMOVE 32u
static const struct gate_verb verbs[] = {
	{"save", "gate plan save NAME [--link L...] [--class C...] [--all] [--keep L...] [--address IP...] [--isolate] --site DIR", "Keeps a plan: what is cut together when it is carried out. It cuts nothing. With an inventory the plan is made of it, too.", SAVE},
	{"list", "gate plan list --site DIR", "The plans that the site keeps, and how they stand.", LIST},
	{"show", "gate plan show NAME --site DIR", "What a plan cuts, and how each part of it stands now.", SHOW},
	{"carry-out", "gate plan carry-out NAME --site DIR", "Cuts all of it in one move, records that, and proves it. Whoever may run this may cut.", CARRY},
	{"undo", "gate plan undo NAME --site DIR", "One stage back: each link that the plan cut takes a step towards OPEN, its addresses are freed and the isolation ends. It needs two people for each stage.", UNDO},
	{"remove", "gate plan remove NAME --site DIR", "Forgets a plan of which nothing is in force.", REMOVE},
};

bool gate_plans_verb(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (!strcmp(name, verbs[i].name))
			return true;
	return false;
}

int gate_plans_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct plans_opts o;
	const struct gate_opt all[] = {
		{~0u, {"site", CLI_STRING, &o.site, "DIR", "site folder (default $HOLDFAST_SITE)"}},
		{SAVE | CARRY | UNDO | REMOVE, {"reason", CLI_STRING, &o.reason, "TEXT", "why; it is recorded"}},
		{SAVE, {"link", CLI_LIST, &o.links, "LIST", "links that it cuts, by name, with commas"}},
		{SAVE, {"class", CLI_LIST, &o.classes, "LIST", "links of these classes, and those that are added to them later"}},
		{SAVE, {"all", CLI_FLAG, &o.all, NULL, "every link, and those that are added later"}},
		{SAVE, {"keep", CLI_LIST, &o.keep, "LIST", "links that go on, whatever class they are of"}},
		{SAVE, {"address", CLI_LIST, &o.addresses, "LIST", "addresses that it cuts, whatever they speak, but for Holdfast's own ports"}},
		{SAVE, {"isolate", CLI_FLAG, &o.isolate, NULL, "this host is isolated, too"}},
		{SAVE, {"members", CLI_LIST, &o.members, "LIST", "who still talks to it then: IP or IP/BITS (wards, laboratory, pharmacy); without it and an inventory, gate island"}},
		{SAVE, {"admin", CLI_LIST, &o.admins, "LIST", "of those, and never cut"}},
		{SAVE, {"own", CLI_LIST, &o.own, "LIST", "of an inventory: Holdfast's own addresses, which the plan must not cut off"}},
		{SAVE, {"groups", CLI_STRING, &o.groups, "FILE", "as gate plan takes it"}},
		{SAVE, {"inventory", CLI_LIST, &files.inventory, "FILE", "as gate plan takes it: links of its groups are cut; with --isolate its island are the members"}},
		{CARRY, {"dry-run", CLI_FLAG, &o.dry_run, NULL, "say what would change, and change nothing"}},
		{CARRY, {"anyway", CLI_FLAG, &o.anyway, NULL, "also where this cuts off the terminal that it is typed at"}},
		{UNDO, {"expires", CLI_STRING, &o.expires, "T", "when the step of its links ends: a time, or a span such as 1h (default 24h)"}},
		{~REMOVE, {"json", CLI_FLAG, &o.json, NULL, "JSON on stdout"}},
	};
	unsigned verb;
	bool done;
	int r = gate_verb_parse(argc, argv, verbs, ARRAY_LEN(verbs), all, ARRAY_LEN(all), &args, &verb, &done);
	if (r || done)
		return r;
	if (verb == LIST)
		return args.n == 1 ? list(&o) : cli_usage("gate plan list takes no name");
	if (args.n != 2)
		return cli_usage("gate plan %s: say the plan's name", argv[1]);
	if (verb == SAVE && !files.inventory.n && (o.groups || o.own.n))
		return cli_usage("gate plan save: --groups and --own go with --inventory");
	switch (verb) {
	case SAVE:
		return save(&o, args.v[1]);
	case SHOW:
		return show(&o, args.v[1]);
	case CARRY:
		return carry_out(&o, args.v[1]);
	case UNDO:
		return undo(&o, args.v[1]);
	default:
		return removal(&o, args.v[1]);
	}
}
