/* holdfast capture specimens: every specimen that was written down, how far it came, and whether the counts close. */
#include "capture_cmd.h"

#include <inttypes.h>

static void show(const struct chart_specimens *x, bool json)
{
	for (const struct chart_specimen *s = x->first; s; s = s->next) {
		enum chart_specimen_open o = chart_specimen_is_open(s);
		if (json) {
			AUTO_BUF struct buf b = {0};
			struct jsonw w;
			buf_init(&b, 1 << 16);
			jsonw_init(&w, &b);
			chart_json_specimen(&w, s, false);
			printf("%s\n", buf_cstr(&b));
		} else if (o != CHART_SPECIMEN_CLOSED) {
			cli_cell(stdout, s->number, 20);
			cli_cell(stdout, s->person, 12);
			cli_cell(stdout, s->test, 24);
			printf("%s%s\n", chart_specimen_open_name(o), s->several ? "; written down for MORE THAN ONE PATIENT" : "");
		}
	}
	FILE *to = json ? stderr : stdout;
	fprintf(to, "specimens %zu: sent %" PRIu64 ", received %" PRIu64 ", resulted %" PRIu64 ", delivered %" PRIu64 ", lost %" PRIu64 "; open %" PRIu64 "%s\n", x->n, x->had[CHART_SPECIMEN_SENT], x->had[CHART_SPECIMEN_RECEIVED], x->had[CHART_SPECIMEN_RESULTED],
	        x->had[CHART_SPECIMEN_DELIVERED], x->had[CHART_SPECIMEN_LOST], x->open, x->open ? "" : ": the counts close");
	if (x->unnumbered)
		fprintf(to, "%" PRIu64 " more were written down without a number, and cannot be followed\n", x->unnumbered);
}

static int run(struct site *s, bool json, bool *ret_open, struct err *e)
{
	struct chart *c = NULL;
	struct control *keeper = NULL;
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct chart_specimens x = {0};
	int r = a ? cli_chart(s, &c, &keeper, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		cli_record(s, &keeper, "captures", NULL, "specimens", chart_applied(c));
	if (r == 0)
		r = chart_specimens(c, a, &x, e);
	if (r == 0)
		show(&x, json);
	*ret_open = x.open != 0;
	chart_close(c);
	control_close(keeper);
	return r;
}

int capture_specimens_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL;
	bool json = false, done, open;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"json", CLI_FLAG, &json, NULL, "a JSON object a specimen"},
	};
	int r = cli_parse(argc, argv, "capture specimens --site DIR [--json]", "Which specimens are open: collected and never sent, sent and never received, received without a result, resulted and not delivered. Exit 1 while there are any.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("capture specimens: it takes no arguments");
	struct err e = {0};
	struct site s;
	if (cli_site_charts(site, &s, &e) < 0)
		return cli_fail(&e);
	r = run(&s, json, &open, &e);
	site_close(&s);
	if (r < 0)
		return cli_fail(&e);
	r = cli_flush();
	return r ? r : open ? 1 : 0;
}
