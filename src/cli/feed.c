/* holdfast feed list|retire|expect: what is waited for. A feed that was switched off for good would be called silent for half a year; that it is over is a decision, recorded, and undone by its next message. */
#include "commands.h"

#include <inttypes.h>

static int list(const char *where, bool json)
{
	static const char *const states[] = {[CHART_FRESH] = "fresh", [CHART_AGEING] = "ageing", [CHART_STALE] = "stale", [CHART_NEVER] = "never", [CHART_ENDED] = "ended"};
	struct err e = {0};
	struct site s;
	struct chart *c = NULL;
	struct control *k = NULL;
	struct chart_feed *f = NULL;
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	if (cli_site(where, &s, &e) < 0)
		return cli_fail(&e);
	int r = a ? cli_chart(&s, &c, &k, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = chart_feeds(c, time_now(), a, &f, &e);
	for (; r == 0 && f; f = f->next) {
		char t[48];
		time_rfc3339(f->last_time, 0, t);
		if (!json) {
			printf("%-24.*s %-16.*s %-7s last message %s, %" PRIu64 " messages\n", SLICE_FMT(f->name), SLICE_FMT(f->source), states[f->state], t, f->messages);
			continue;
		}
		AUTO_BUF struct buf b = {0};
		struct jsonw w;
		buf_init(&b, 1 << 16);
		jsonw_init(&w, &b);
		jsonw_obj(&w);
		jsonw_kslice(&w, "name", f->name);
		jsonw_kslice(&w, "source", f->source);
		jsonw_kstr(&w, "state", states[f->state]);
		jsonw_kstr(&w, "last", t);
		jsonw_ku64(&w, "messages", f->messages);
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&b));
	}
	chart_close(c);
	control_close(k);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : 0;
}

/* It must have been heard of: a typing error would leave the banner where it is, and nobody would know why. */
static int known(struct site *s, const char *name, struct err *e)
{
	struct chart *c = NULL;
	struct control *unused = NULL; /* the view has just been brought up */
	struct chart_feed *f = NULL;
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	int r = a ? cli_chart(s, &c, &unused, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = chart_feeds(c, time_now(), a, &f, e);
	while (f && !slice_eq_str(f->name, name))
		f = f->next;
	if (r == 0 && !f)
		r = err_set(e, ERR_NOT_FOUND, NULL, "there is no feed of this name; `holdfast feed list` shows those there are");
	chart_close(c);
	control_close(unused);
	return r;
}

static int decide(const struct cli_decision *d, const char *verb, const char *name)
{
	struct err e = {0};
	struct site s;
	struct control *k;
	struct jsonw w;
	AUTO_BUF struct buf body = {0};
	buf_init(&body, 1 << 16);
	jsonw_init(&w, &body);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", strcmp(verb, "retire") ? "feed-expected" : "feed-retired");
	jsonw_kstr(&w, "feed", name);
	cli_decision_why(d, &w);
	jsonw_obj_end(&w);
	if (cli_site(d->site, &s, &e) < 0)
		return cli_fail(&e);
	int r = control_open(&s, true, &k, &e);
	if (r == 0) {
		r = control_catch_up(k, &e);
		if (r == 0)
			r = known(&s, name, &e);
		if (r == 0)
			r = cli_decision_enter(k, LEDGER_CONFIG, &body, &e);
		if (r == 0)
			r = control_catch_up(k, &e);
		control_close(k);
	}
	site_close(&s);
	return r < 0 ? cli_fail(&e) : 0;
}

int cmd_feed(int argc, char **argv)
{
	static struct cli_args args;
	struct cli_decision d = {0};
	bool json = false;
	const struct cli_opt opts[] = {
		CLI_DECISION_OPTS(d),
		{"json", CLI_FLAG, &json, NULL, "list: a JSON object a line"},
	};
	bool done;
	int r = cli_parse(argc, argv, "feed list | retire NAME --reason TEXT | expect NAME --reason TEXT --site DIR",
	                  "list: each feed with its last message and whether it is silent. retire: nobody waits for this feed any more, so its silence is no alarm; its next message ends that. expect: it is waited for again.", opts,
	                  ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n == 1 && !strcmp(args.v[0], "list"))
		return list(d.site, json);
	if (args.n != 2 || (strcmp(args.v[0], "retire") && strcmp(args.v[0], "expect")))
		return cli_usage("feed: say 'list', 'retire NAME' or 'expect NAME'");
	r = cli_reason_given(&d, "feed", args.v[0]);
	return r ? r : decide(&d, args.v[0], args.v[1]);
}
