/* holdfast capture list: the items, in order of their entries, whose they are, and how far each is on its way back. */
#include "capture_cmd.h"

#include <inttypes.h>

struct listing {
	struct chart_captures_ask q;
	const char *owner, *state, *kind, *patient;
	bool json;
};

static int read_words(struct listing *x)
{
	x->q = (struct chart_captures_ask){.owner = -1, .state = -1, .kind = -1, .max = 1000, .patient = slice_str(x->patient)};
	for (int i = 0; x->owner && i < OWNER_COUNT; i++)
		if (!strcmp(x->owner, capture_owner_name((enum capture_owner)i)))
			x->q.owner = i;
	for (int i = 0; x->state && i <= BACK_SUPERSEDED; i++)
		if (!strcmp(x->state, backload_state_name((enum backload_state)i)))
			x->q.state = i;
	for (int i = 0; x->kind && i < CAPTURE_KIND_COUNT; i++)
		if (!strcmp(x->kind, capture_kind_name((enum capture_kind)i)))
			x->q.kind = i;
	if (x->owner && x->q.owner < 0)
		return cli_usage("capture list: --owner is registration, pharmacy, laboratory, imaging or nursing");
	if (x->state && x->q.state < 0)
		return cli_usage("capture list: --state is open, reviewed, unknown, filed, already_there, refused or superseded");
	return x->kind && x->q.kind < 0 ? cli_usage("capture list: there is no such kind of item") : 0;
}

static void show(const struct chart_capture *x, bool json)
{
	if (json) {
		AUTO_BUF struct buf b = {0};
		struct jsonw w;
		buf_init(&b, 1 << 20);
		jsonw_init(&w, &b);
		chart_json_capture(&w, x, false);
		printf("%s\n", buf_cstr(&b));
		return;
	}
	cli_cell(stdout, x->id, 20);
	cli_cell(stdout, slice_str(capture_kind_name(x->c.kind)), 13);
	cli_cell(stdout, slice_str(x->person ? x->person : "-"), 12);
	cli_cell(stdout, x->c.occurred, 26);
	cli_cell(stdout, slice_str(capture_owner_name(x->owner)), 13);
	printf("%s\n", backload_state_name(x->back.state));
}

static int run(struct site *s, struct listing *x, struct err *e)
{
	struct chart *c = NULL;
	struct control *keeper = NULL;
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30);
	int r = a ? cli_chart(s, &c, &keeper, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		cli_record(s, &keeper, "captures", NULL, x->patient, chart_applied(c));
	while (r == 0 && x->q.from != CHART_NOW) {
		struct chart_capture *list;
		uint64_t next;
		arena_reset(a);
		r = chart_captures(c, &x->q, a, &list, &next, e);
		for (; r == 0 && list; list = list->next)
			show(list, x->json);
		x->q.from = next;
	}
	chart_close(c);
	control_close(keeper);
	return r;
}

int capture_list_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct listing x = {.json = false};
	const char *site = NULL;
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"owner", CLI_STRING, &x.owner, "WORD", "registration, pharmacy, laboratory, imaging or nursing"},
		{"state", CLI_STRING, &x.state, "WORD", "open, reviewed, unknown, filed, already_there, refused or superseded"},
		{"kind", CLI_STRING, &x.kind, "WORD", "vitals, given, order ..."},
		{"patient", CLI_STRING, &x.patient, "ID", "one patient's"},
		{"json", CLI_FLAG, &x.json, NULL, "a JSON object an item"},
	};
	int r = cli_parse(argc, argv, "capture list --site DIR [--owner WORD] [--state WORD] [--kind WORD] [--patient ID] [--json]", "The items that were captured, in the order in which they were received.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("capture list: it takes no arguments");
	r = read_words(&x);
	if (r)
		return r;
	struct err e = {0};
	struct site s;
	if (cli_site_charts(site, &s, &e) < 0)
		return cli_fail(&e);
	r = run(&s, &x, &e);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : cli_flush();
}
