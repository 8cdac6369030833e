/* holdfast ecg list: the worklist. */
#include "ecg_cmd.h"

#include <inttypes.h>

/* The newest word on each destination. */
static void say_deliveries(const struct chart_ecg *g)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 24);
	struct chart_ecg_delivery *list = NULL;
	static const char *const words[] = {[CHART_DELIVERY_UNKNOWN] = "UNKNOWN whether it reached", [CHART_DELIVERED] = "sent to", [CHART_DELIVERY_REFUSED] = "REFUSED by"};
	if (!a || chart_ecg_deliveries(g, a, &list, NULL) < 0)
		return;
	for (const struct chart_ecg_delivery *d = list; d; d = d->next) {
		bool newer = false;
		for (const struct chart_ecg_delivery *n = d->next; n; n = n->next)
			newer = newer || slice_eq(n->to, d->to);
		if (newer)
			continue;
		printf("  %s ", slice_eq_str(d->status, "X") && d->state == CHART_DELIVERED ? "withdrawn from" : slice_eq_str(d->status, "P") && d->state == CHART_DELIVERED ? "sent UNCONFIRMED to" : words[d->state]);
		cli_slice(stdout, d->to);
	}
}

static void say(const struct chart_ecg *g, bool json)
{
	static const char *const readings[] = {[CHART_ECG_UNREAD] = "unread", [CHART_ECG_READING] = "being read", [CHART_ECG_SIGNED] = "signed", [CHART_ECG_AMENDED] = "amended", [CHART_ECG_REJECTED] = "rejected"};
	if (json) {
		AUTO_BUF struct buf b = {0};
		struct jsonw w;
		buf_init(&b, 1 << 24);
		jsonw_init(&w, &b);
		chart_json_ecg(&w, g, false, NULL, NULL);
		printf("%s\n", buf_cstr(&b));
		return;
	}
	char t[32];
	printf("%-8" PRIu64 " %s  %-7.*s  %-10s  ", g->entry, time_rfc3339(g->received, 0, t), SLICE_FMT(g->urgency), readings[g->reading]);
	if (g->patient) {
		cli_slice(stdout, g->patient->name_family);
		printf(", ");
		cli_slice(stdout, g->patient->name_given);
		printf(" %.*s (%s)%s", SLICE_FMT(g->patient->birth), g->patient->id, g->by_identifiers ? ", by identifiers" : "");
	} else {
		printf("UNMATCHED, %" PRIu32 " may be it", g->candidates);
	}
	for (size_t i = 0, n = fact_count(g->fact, FF_STATEMENT); i < n && i < 3 && !g->stands; i++) {
		printf("%s", i ? "; " : "  UNCONFIRMED: ");
		cli_slice(stdout, fact_part(fact_nth(g->fact, FF_STATEMENT, i), 1));
	}
	say_deliveries(g);
	printf("%s\n", g->unreadable ? "  UNREADABLE" : "");
}

static int list(struct chart *c, struct chart_ecgs_ask *q, bool json, struct err *e)
{
	int r = 0;
	do {
		AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30);
		struct chart_ecg *g;
		r = a ? chart_ecgs(c, q, a, &g, &q->before, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
		for (; r == 0 && g; g = g->next)
			say(g, json);
	} while (r == 0 && q->before != CHART_NOW);
	return r;
}

int ecg_list_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static const char *const names[] = {[CHART_ECG_TODO_UNREAD] = "unread", [CHART_ECG_TODO_UNMATCHED] = "unmatched", [CHART_ECG_LIST_SIGNED] = "signed", [CHART_ECG_LIST_ALL] = "all"};
	const char *site = NULL, *which = "unread";
	bool json = false, done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"list", CLI_STRING, &which, "WHICH", "unread (as a rule), unmatched, signed or all"},
		{"json", CLI_FLAG, &json, NULL, "a JSON object a line, as in the JSON API"},
	};
	int r = cli_parse(argc, argv, "ecg list --site DIR [--list unread|unmatched|signed|all] [--json]", "The recordings that wait to be read, the most urgent first, or one of the other lists. The look is recorded.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("ecg list takes no argument");
	struct chart_ecgs_ask q = {.list = CHART_ECG_LIST_ALL, .before = CHART_NOW, .max = 200};
	bool known = false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i] && !strcmp(which, names[i])) {
			q.list = (enum chart_ecg_list)i;
			known = true;
		}
	if (!known)
		return cli_usage("ecg list: --list is unread, unmatched, signed or all");
	struct err e = {0};
	struct site s;
	struct chart *c = NULL;
	struct control *k = NULL;
	struct chart_moment now;
	if (cli_site(site, &s, &e) < 0)
		return cli_fail(&e);
	r = cli_chart(&s, &c, &k, &e);
	if (r == 0)
		r = chart_now(c, &now, &e);
	if (r == 0) {
		cli_record(&s, &k, "search", NULL, "ecgs", now.end ? now.end - 1 : 0);
		r = list(c, &q, json, &e);
	}
	fflush(stdout);
	control_close(k);
	chart_close(c);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : 0;
}
