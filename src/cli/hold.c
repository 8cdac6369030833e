/* holdfast hold add|list|lift: what must not be erased, whatever a rule says. */
#include "retain.h"

#include <stdlib.h>

struct options {
	const struct cli_args *args;
	const char *site, *class, *quarter, *source, *reason;
	bool json, all;
};

static int say(const struct options *o, struct buf *body, const char *did)
{
	struct err e = {0};
	struct site s;
	struct control *c = NULL;
	uint64_t seq;
	int64_t time;
	char t[32];
	if (cli_site(o->site, &s, &e) < 0)
		return cli_fail(&e);
	int r = buf_ok(body) ? control_open(&s, true, &c, &e) : err_set(&e, buf_code(body), NULL, "no memory");
	if (r == 0)
		r = control_retention(c, buf_slice(body), &seq, &time, &e);
	control_close(c);
	site_close(&s);
	if (r < 0)
		return cli_fail(&e);
	if (o->json)
		printf("{\"entry\":%llu,\"time\":\"%s\"}\n", (unsigned long long)seq, time_rfc3339(time, 0, t));
	else if (!strcmp(did, "hold"))
		printf("h%llu\n", (unsigned long long)seq);
	else
		printf("%s: entry %llu of %s\n", did, (unsigned long long)seq, time_rfc3339(time, 0, t));
	return 0;
}

static int add(const struct options *o)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	char who[64];
	uint32_t q;
	if (!o->reason || !*o->reason)
		return cli_usage("hold add: --reason is missing; it is what a refusal names");
	if (!o->class && !o->quarter && !o->source)
		return cli_usage("hold add: say what: --class, --quarter, --source, or several of them");
	if (o->class && ledger_retain_class(slice_str(o->class)) < 0)
		return cli_usage("--class: care (messages, charts), files (contents of backed-up files) or catalogue (their names)");
	if (o->quarter && ledger_quarter_parse(slice_str(o->quarter), &q) < 0)
		return cli_usage("--quarter: a quarter is like 2026Q3");
	control_who(who);
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	retain_put_head(&w, "hold", who, o->reason);
	if (o->class)
		jsonw_kstr(&w, "class", o->class);
	if (o->quarter)
		jsonw_kstr(&w, "quarter", o->quarter);
	if (o->source)
		jsonw_kstr(&w, "source", o->source);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	return say(o, &b, "hold");
}

static int lift(const struct options *o)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	char who[64];
	uint64_t seq;
	const char *id = o->args->v[1];
	if (id[0] != 'h' || num_u64(slice_str(id + 1), 0, INT64_MAX, &seq) < 0)
		return cli_usage("hold lift: a hold is named h and a number, as `hold list` prints it");
	if (!o->reason || !*o->reason)
		return cli_usage("hold lift: --reason is missing; it stands in the ledger");
	control_who(who);
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	retain_put_head(&w, "lift", who, o->reason);
	jsonw_ku64(&w, "hold", seq);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	return say(o, &b, "lifted");
}

static void put(struct jsonw *w, const struct retain_hold *h)
{
	char id[32], q[16];
	snprintf(id, sizeof id, "h%llu", (unsigned long long)h->seq);
	ledger_quarter_format(h->quarter, q);
	jsonw_obj(w);
	jsonw_kstr(w, "id", id);
	jsonw_ktime(w, "time", h->time);
	if (h->class >= 0)
		jsonw_kstr(w, "class", ledger_retain_class_name(h->class));
	if (h->quarter)
		jsonw_kstr(w, "quarter", q);
	if (h->source[0])
		jsonw_kstr(w, "source", h->source);
	jsonw_kstr(w, "who", h->who);
	jsonw_kstr(w, "reason", h->reason);
	if (h->lifted) {
		jsonw_ku64(w, "liftedBy", h->lifted);
		jsonw_ktime(w, "lifted", h->lifted_at);
	}
	jsonw_obj_end(w);
}

static void print(const struct retain_hold *h)
{
	char t[32], l[32], q[16];
	ledger_quarter_format(h->quarter, q);
	printf("h%-6llu %s  class %s, quarter %s, source %s; by %s: %s", (unsigned long long)h->seq, time_rfc3339(h->time, 0, t), h->class >= 0 ? ledger_retain_class_name(h->class) : "any", h->quarter ? q : "any",
	       h->source[0] ? h->source : "any", h->who, h->reason);
	if (h->lifted)
		printf("; LIFTED by entry %llu of %s", (unsigned long long)h->lifted, time_rfc3339(h->lifted_at, 0, l));
	putchar('\n');
}

static int list(const struct options *o)
{
	struct err e = {0};
	struct retain_open x;
	AUTO_BUF struct buf out = {0};
	struct jsonw w;
	if (retain_open(o->site, &x, &e) < 0)
		return cli_fail(&e);
	buf_init(&out, 64 << 20);
	jsonw_init(&w, &out);
	jsonw_arr(&w);
	for (size_t i = 0; i < x.state.hold_n; i++) {
		if (x.state.hold[i].lifted && !o->all)
			continue;
		if (o->json)
			put(&w, &x.state.hold[i]);
		else
			print(&x.state.hold[i]);
	}
	jsonw_arr_end(&w);
	if (o->json)
		printf("%s\n", buf_cstr(&out));
	retain_close(&x);
	return 0;
}

int cmd_hold(int argc, char **argv)
{
	static struct cli_args args;
	struct options o = {.args = &args};
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &o.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"class", CLI_STRING, &o.class, "CLASS", "add: care, files or catalogue; without it all of them"},
		{"quarter", CLI_STRING, &o.quarter, "QUARTER", "add: such as 2026Q3; without it every quarter"},
		{"source", CLI_STRING, &o.source, "NAME", "add: every quarter that holds a snapshot of this source"},
		{"reason", CLI_STRING, &o.reason, "TEXT", "add, lift: why; refusals name it"},
		{"all", CLI_FLAG, &o.all, NULL, "list: lifted ones too"},
		{"json", CLI_FLAG, &o.json, NULL, "JSON on stdout"},
	};
	bool done;
	int r = cli_parse(argc, argv, "hold add [--class CLASS] [--quarter QUARTER] [--source NAME] --reason TEXT | list [--all] | lift ID --reason TEXT   --site DIR [--json]",
	                  "A legal hold: while it stands nothing that it names is erased, by a rule or by hand. Adding and lifting are entries.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	const char *verb = args.n ? args.v[0] : "";
	bool is_lift = !strcmp(verb, "lift");
	if (args.n != (is_lift ? 2 : 1))
		return cli_usage("hold: say 'add', 'list' or 'lift ID'");
	if (is_lift)
		return lift(&o);
	if (!strcmp(verb, "add"))
		return add(&o);
	return !strcmp(verb, "list") ? list(&o) : cli_usage("hold: say 'add', 'list' or 'lift ID'");
}
