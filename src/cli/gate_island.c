/* holdfast gate island|isolate|free, and cut --address: what is cut in the kernel beside partner links. */
#include "gate_cmd.h"

#include <stdlib.h>

struct island_opts {
	const char *site, *reason, *expires;
	struct cli_list members, admins;
	bool json, end, anyway;
};

static void begin(struct buf *b, struct jsonw *w, const char *what, const char *reason)
{
	char who[64];
	control_who(who);
	buf_init(b, 256 << 10);
	jsonw_init(w, b);
	jsonw_obj(w);
	jsonw_kstr(w, "do", what);
	jsonw_kstr(w, "who", who);
	if (reason)
		jsonw_kstr(w, "reason", reason);
}

static int ask(const char *site, struct buf *b, struct jsonw *w, struct buf *ret, struct err *e)
{
	jsonw_obj_end(w);
	jsonw_done(w);
	buf_init(ret, (size_t)16 << 20);
	return gate_ask(site, b, ret, e);
}

static bool truth(const struct json_node *n, const char *key)
{
	const struct json_node *v = json_get(n, key);
	return v && v->type == JSON_TRUE;
}

static void show_proof(const struct json_node *n)
{
	const struct json_node *proof = json_get(n, "proof");
	if (!proof)
		return;
	printf("  proof (");
	cli_slice(stdout, json_text(proof, "method"));
	printf("): ");
	cli_slice(stdout, json_text(proof, "result"));
	printf("\n");
}

static void show_list(const struct json_node *n, const char *key, const char *title)
{
	const struct json_node *list = json_get(n, key);
	printf("  %s:", title);
	if (!list || !list->child)
		printf(" none");
	for (const struct json_node *m = list ? list->child : NULL; m; m = m->next) {
		printf(" ");
		cli_slice(stdout, m->value);
	}
	printf("\n");
}

static void show_state(const struct json_node *n)
{
	const struct json_node *list = json_get(n, "addresses");
	if (truth(n, "isolated")) {
		printf("this host is ISOLATED since ");
		cli_slice(stdout, json_text(n, "since"));
		printf("\n");
	} else
		printf("this host is not isolated\n");
	if (json_text(n, "signed").n) {
		printf("  signed by ");
		cli_slice(stdout, json_text(n, "signed"));
		printf(": waits for a second person until ");
		cli_slice(stdout, json_text(n, "signedUntil"));
		printf("\n");
	}
	show_proof(n);
	show_list(n, "members", "island");
	show_list(n, "admins", "never cut");
	for (const struct json_node *m = list ? list->child : NULL; m; m = m->next) {
		printf("  cut address ");
		cli_slice(stdout, json_text(m, "address"));
		printf(" since ");
		cli_slice(stdout, json_text(m, "since"));
		printf(" by ");
		cli_slice(stdout, json_text(m, "by"));
		if (json_text(m, "signed").n)
			printf("; %.*s has signed for its end: waits for a second person until %.*s", SLICE_FMT(json_text(m, "signed")), SLICE_FMT(json_text(m, "signedUntil")));
		printf("\n");
	}
	list = json_get(n, "freed");
	for (const struct json_node *m = list ? list->child : NULL; m; m = m->next)
		printf("  address %.*s is free until %.*s, and cut again then\n", SLICE_FMT(json_text(m, "address")), SLICE_FMT(json_text(m, "cutAgain")));
	if (json_text(n, "why").n) {
		printf("  nftables: ");
		cli_slice(stdout, json_text(n, "why"));
		printf("\n");
	}
}

/* 1: what was to be cut is not, or that cannot be told. */
static int answer(const struct buf *ret, bool json, bool proof_wanted)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct json_node *n = NULL;
	struct err e = {0};
	int r = a ? json_tree(buf_slice(ret), a, &n, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return cli_fail(&e);
	if (json) {
		cli_slice(stdout, buf_slice(ret));
		printf("\n");
	} else if (json_get(n, "address")) {
		cli_slice(stdout, json_text(n, "address"));
		printf(" is CUT since ");
		cli_slice(stdout, json_text(n, "since"));
		printf("\n");
		show_proof(n);
	} else {
		show_state(n);
	}
	return proof_wanted && !slice_eq_str(json_text(n, "proof.method"), "nft") ? 1 : cli_flush();
}

int gate_cut_address(const char *site, const char *address, const char *reason, bool json)
{
	struct err e = {0};
	struct jsonw w;
	struct gate_element x;
	AUTO_BUF struct buf b = {0}, ret = {0};
	if (gate_element_parse(address, GATE_ADDRESS, &x) == 0 && serve_own_address(x.six, x.ip))
		return cli_usage("--address: %s is this host itself; see gate isolate", address);
	begin(&b, &w, "cut-address", reason);
	jsonw_kstr(&w, "address", address);
	return ask(site, &b, &w, &ret, &e) < 0 ? cli_fail(&e) : answer(&ret, json, true);
}

static int free_address(const struct island_opts *o, const char *address)
{
	struct err e = {0};
	struct jsonw w;
	AUTO_BUF struct buf b = {0}, ret = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n = NULL;
	begin(&b, &w, "free-address", o->reason);
	b.secret = true; /* a password may stand in it */
	jsonw_kstr(&w, "address", address);
	if (o->expires)
		jsonw_kstr(&w, "expires", o->expires);
	gate_sign_in(&w);
	int r = ask(o->site, &b, &w, &ret, &e);
	if (r == 0)
		r = a ? json_tree(buf_slice(&ret), a, &n, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return cli_fail(&e);
	if (o->json) {
		cli_slice(stdout, buf_slice(&ret));
		printf("\n");
		return cli_flush();
	}
	cli_slice(stdout, json_text(n, "address"));
	if (!truth(n, "freed"))
		printf(": signed by %.*s; it stays CUT until a second person signs, by %.*s\n", SLICE_FMT(json_text(n, "signed")), SLICE_FMT(json_text(n, "signedUntil")));
	else if (json_text(n, "cutAgain").n)
		printf(" is free until %.*s\n", SLICE_FMT(json_text(n, "cutAgain")));
	else
		printf(" is free\n");
	return cli_flush();
}

void gate_put_list(struct jsonw *w, const char *key, const struct cli_list *l)
{
	jsonw_key(w, key);
	jsonw_arr(w);
	for (size_t i = 0; i < l->n; i++)
		for (struct slice rest = slice_str(l->v[i]); rest.n;) {
			struct slice one = slice_trim(slice_cut(rest, ',', &rest));
			if (one.n && !slice_eq_str(one, "none"))
				jsonw_slice(w, one);
		}
	jsonw_arr_end(w);
}

static int island(const struct island_opts *o)
{
	struct err e = {0};
	struct jsonw w;
	AUTO_BUF struct buf b = {0}, ret = {0};
	begin(&b, &w, "island", o->reason);
	if (o->members.n || o->admins.n) {
		gate_put_list(&w, "members", &o->members);
		gate_put_list(&w, "admins", &o->admins);
	}
	return ask(o->site, &b, &w, &ret, &e) < 0 ? cli_fail(&e) : answer(&ret, o->json, false);
}

/* SSH_CONNECTION: "client port server port" of the terminal that this was typed at. */
void gate_put_from(struct jsonw *w)
{
	const char *ssh = getenv("SSH_CONNECTION");
	if (ssh && *ssh)
		jsonw_kslice(w, "from", slice_of(ssh, strcspn(ssh, " ")));
}

static int isolate(const struct island_opts *o)
{
	struct err e = {0};
	struct jsonw w;
	AUTO_BUF struct buf b = {0}, ret = {0};
	begin(&b, &w, o->end ? "isolate-end" : "isolate", o->reason);
	b.secret = true; /* a password may stand in it */
	if (!o->end && !o->anyway)
		gate_put_from(&w);
	if (o->end)
		gate_sign_in(&w);
	return ask(o->site, &b, &w, &ret, &e) < 0 ? cli_fail(&e) : answer(&ret, o->json, !o->end);
}

#define FREE 1u
#define ISLAND 2u
#define ISOLATE 4u
static const struct gate_verb verbs[] = {
	{"free", "gate free ADDRESS --site DIR", "Signs for the end of `gate cut --address`. It needs two people, each with a token of their own in HOLDFAST_TOKEN: the entry first, then the kernel.", FREE},
	{"island", "gate island [--members LIST... --admin LIST...] --site DIR", "Says, or with a list sets, who still talks to this host when it is isolated.", ISLAND},
	{"isolate", "gate isolate [--end] --site DIR", "Cuts this host off from everybody but the island, loopback, and Holdfast's own ports, and proves it. The end is signed by two people.", ISOLATE},
};

int gate_island_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct island_opts o;
	const struct gate_opt all[] = {
		{~0u, {"site", CLI_STRING, &o.site, "DIR", "site folder (default $HOLDFAST_SITE)"}},
		{~0u, {"reason", CLI_STRING, &o.reason, "TEXT", "why; it is recorded"}},
		{ISLAND, {"members", CLI_LIST, &o.members, "LIST", "addresses, IP or IP/BITS, with commas; in place of those before"}},
		{ISLAND, {"admin", CLI_LIST, &o.admins, "LIST", "of the island, and never cut by cut --address"}},
		{FREE, {"expires", CLI_STRING, &o.expires, "T", "cut it again by itself then: a time, or a span such as 4h (default never)"}},
		{ISOLATE, {"end", CLI_FLAG, &o.end, NULL, "sign for its end"}},
		{ISOLATE, {"anyway", CLI_FLAG, &o.anyway, NULL, "also where this cuts off the terminal that it is typed at"}},
		{~0u, {"json", CLI_FLAG, &o.json, NULL, "JSON on stdout"}},
	};
	unsigned verb;
	bool done;
	int r = gate_verb_parse(argc, argv, verbs, ARRAY_LEN(verbs), all, ARRAY_LEN(all), &args, &verb, &done);
	if (r || done)
		return r;
	if (verb == FREE)
		return args.n == 2 ? free_address(&o, args.v[1]) : cli_usage("gate free: say the address");
	if (args.n != 1)
		return cli_usage("gate %s takes no name", argv[1]);
	return verb == ISLAND ? island(&o) : isolate(&o);
}
