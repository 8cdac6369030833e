/* holdfast registry stats, top: figures, each with its view and its day. */
#include "registry_cmd.h"

#include <inttypes.h>

/* Of each name how many incidents, or how many persons. */
static void put_tallies(struct jsonw *w, const char *key, const struct registry_tallies *t, bool persons)
{
	jsonw_key(w, key);
	jsonw_obj(w);
	for (size_t i = 0; i < t->n; i++) {
		jsonw_key_slice(w, t->v[i].name);
		jsonw_u64(w, persons ? t->v[i].persons : t->v[i].incidents);
	}
	jsonw_obj_end(w);
}

/* floor: in millions, cut, too. */
static void put_top(struct jsonw *w, const struct registry_figures *f, bool floor)
{
	char t[24];
	jsonw_key(w, "top");
	jsonw_arr(w);
	for (size_t i = 0; i < f->top_n; i++) {
		jsonw_obj(w);
		jsonw_kslice(w, "name", f->top[i].name);
		jsonw_kslice(w, "state", f->top[i].state);
		jsonw_ku64(w, "persons", f->top[i].persons);
		if (floor)
			jsonw_kstr(w, "floor", registry_millions(f->top[i].persons, true, t));
		jsonw_kstr(w, "submitted", registry_day_text(f->top[i].submitted, t));
		jsonw_kslice(w, "type", f->top[i].type);
		jsonw_ku64(w, "incident", f->top[i].incident);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void put_notice(struct jsonw *w, const struct registry_figures *f)
{
	if (!f->notice_n)
		return;
	jsonw_key(w, "notice_days"); /* from aware to notice */
	jsonw_obj(w);
	jsonw_ku64(w, "reports", f->notice_n);
	jsonw_ki64(w, "median", f->notice_median);
	jsonw_ki64(w, "p90", f->notice_p90);
	jsonw_ku64(w, "within_30", f->notice_within_30);
	jsonw_ku64(w, "within_60", f->notice_within_60);
	jsonw_obj_end(w);
}

static void put_json(const struct registry_figures *f, int year, struct buf *b)
{
	struct jsonw w;
	jsonw_init(&w, b);
	jsonw_obj(&w);
	if (year)
		jsonw_ki64(&w, "year", year);
	registry_put_basis(&w, &f->basis);
	jsonw_ku64(&w, "incidents", f->incidents);
	jsonw_ku64(&w, "persons", f->persons);
	jsonw_kstr(&w, "persons_are", "the sum of what reports say; one person can be in several, and how many different persons there are nobody knows");
	jsonw_ku64(&w, "persons_unknown", f->persons_unknown);
	jsonw_ku64(&w, "placeholders", f->placeholders);
	jsonw_ku64(&w, "business_associate", f->associate);
	jsonw_ku64(&w, "median", f->median);
	jsonw_ku64(&w, "median_of", f->median_counted);
	put_tallies(&w, "entity_type", &f->entity_type, false);
	put_tallies(&w, "breach_type", &f->breach_type, false);
	put_tallies(&w, "location_any", &f->location_any, false);
	put_tallies(&w, "location_exact", &f->location_exact, false);
	put_tallies(&w, "state", &f->state, false);
	put_tallies(&w, "month", &f->month, false);
	put_tallies(&w, "by_year", &f->years, false);
	jsonw_key(&w, "persons_by");
	jsonw_obj(&w);
	put_tallies(&w, "entity_type", &f->entity_type, true);
	put_tallies(&w, "breach_type", &f->breach_type, true);
	put_tallies(&w, "location_any", &f->location_any, true);
	put_tallies(&w, "state", &f->state, true);
	put_tallies(&w, "month", &f->month, true);
	put_tallies(&w, "year", &f->years, true);
	jsonw_obj_end(&w);
	put_notice(&w, f);
	put_top(&w, f, false);
	jsonw_key(&w, "warnings");
	registry_put_warnings(&w, f->basis.w, f->basis.w_n);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_u8(b, '\n');
}

/* ---- text ---- */

static void say_tallies(const char *title, const struct registry_tallies *t, size_t most)
{
	char n[32];
	if (!t->n)
		return;
	printf("\n%s\n", title);
	for (size_t i = 0; i < t->n && i < most; i++) {
		printf("  ");
		cli_cell(stdout, t->v[i].name.n ? t->v[i].name : SLICE("(not said)"), 44);
		printf("%7" PRIu64 "  %15s persons\n", t->v[i].incidents, registry_thousands(t->v[i].persons, n));
	}
	if (t->n > most)
		printf("  and %zu more\n", t->n - most);
}

static void say_top(const struct registry_figures *f, bool millions, bool cut)
{
	char n[32];
	for (size_t i = 0; i < f->top_n; i++) {
		printf("  %3zu. ", i + 1);
		cli_cell(stdout, f->top[i].name, 60);
		printf(" %-2.*s %15s\n", SLICE_FMT(f->top[i].state), millions ? registry_millions(f->top[i].persons, cut, n) : registry_thousands(f->top[i].persons, n));
	}
}

static void say(const struct registry_figures *f, int year)
{
	char a[32], b[32];
	registry_say_basis(&f->basis);
	if (year)
		printf("%d: ", year);
	printf("%s incidents, %s persons as reported (one person can be in several reports)\n", registry_thousands(f->incidents, a), registry_thousands(f->persons, b));
	printf("  median %s persons a report", registry_thousands(f->median, a));
	if (f->placeholders)
		printf(", without %" PRIu64 " placeholders of 500 or 501", f->placeholders);
	printf("; a business associate was present in %" PRIu64 "\n", f->associate);
	if (f->persons_unknown)
		printf("  %" PRIu64 " reports have no number of persons\n", f->persons_unknown);
	if (f->notice_n)
		printf("  from aware to notice: median %d days, one in ten longer than %d; %" PRIu64 " of %" PRIu64 " within 60 days\n", f->notice_median, f->notice_p90, f->notice_within_60, f->notice_n);
	say_tallies("by type of entity", &f->entity_type, 12);
	say_tallies("by type of breach (a report may list several)", &f->breach_type, 12);
	say_tallies("by location (any that a report lists)", &f->location_any, 12);
	say_tallies("by state", &f->state, 15);
	say_tallies(year ? "by month" : "by year", year ? &f->month : &f->years, 40);
	printf("\nthe largest\n");
	say_top(f, false, false);
}

/* What was asked for, counted, with its warnings said. Other than 0: it was said why not, and that is the exit status. */
static int counted(const struct registry_asked *asked, const struct registry_question *q, size_t top, struct arena *a, struct registry_figures *ret)
{
	struct err e = {0};
	struct registry_all all;
	int r = a ? registry_cmd_load(asked->site, asked->db, a, &all, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = registry_figures(&all, q, top, a, ret, &e);
	if (r < 0)
		return cli_fail(&e);
	registry_say_warnings(ret->basis.w, ret->basis.w_n);
	return 0;
}

int registry_stats_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct registry_asked asked = {0};
	bool json = false, done;
	const struct cli_opt opts[] = {REGISTRY_ASKED_OPTS(asked), {"json", CLI_FLAG, &json, NULL, "JSON on stdout"}};
	int r = cli_parse(argc, argv, "registry stats --site DIR|--db FILE [--year Y] [--as-of DATE] [--view V] [--json]",
	                  "Figures: incidents, persons as reported, by type of entity and breach, location, state and month, and the 20 largest.\nEach is said with its view and its day; where one of the portal's two lists is missing, that is said, too.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("registry stats: takes no names");
	struct registry_question q;
	if ((r = registry_asked(&asked, &q)))
		return r;
	struct registry_figures f;
	AUTO_ARENA struct arena *a = arena_new(REGISTRY_MEMORY);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)16 << 20);
	if ((r = counted(&asked, &q, 20, a, &f)))
		return r;
	if (json) {
		put_json(&f, q.year, &b);
		fwrite(b.p, 1, b.n, stdout);
	} else
		say(&f, q.year);
	return cli_flush();
}

/* ---- top ---- */

static bool floor_ok(const char *floor)
{
	return !strcmp(floor, "0.1M");
}

static void top_json(const struct registry_figures *f, const char *floor, struct buf *b)
{
	struct jsonw w;
	jsonw_init(&w, b);
	jsonw_obj(&w);
	registry_put_basis(&w, &f->basis);
	put_top(&w, f, floor != NULL);
	jsonw_key(&w, "warnings");
	registry_put_warnings(&w, f->basis.w, f->basis.w_n);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_u8(b, '\n');
}

int registry_top_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct registry_asked asked = {0};
	uint64_t n = 20;
	const char *floor = NULL;
	bool json = false, rounded = false, done;
	const struct cli_opt opts[] = {REGISTRY_ASKED_OPTS(asked), {"number", CLI_NUMBER, &n, "N", "how many (default 20); also -n"}, {"floor", CLI_STRING, &floor, "0.1M", "in millions, cut and not rounded: 13.4M"}, {"round", CLI_FLAG, &rounded, NULL, "in millions, rounded"}, {"json", CLI_FLAG, &json, NULL, "JSON on stdout"}};
	static char number[] = "--number";
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "-n"))
			argv[i] = number;
	int r = cli_parse(argc, argv, "registry top --site DIR|--db FILE [--year Y] [-n N] [--floor 0.1M]", "The largest reports, by persons.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("registry top: takes no names");
	if (floor && !floor_ok(floor))
		return cli_usage("--floor %s: there is 0.1M, tenths of a million", floor);
	struct registry_question q;
	if ((r = registry_asked(&asked, &q)))
		return r;
	struct registry_figures f;
	AUTO_ARENA struct arena *a = arena_new(REGISTRY_MEMORY);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)64 << 20);
	if ((r = counted(&asked, &q, n > 1000000 ? 1000000 : (size_t)n, a, &f)))
		return r;
	if (json) {
		top_json(&f, floor, &b);
		fwrite(b.p, 1, b.n, stdout);
	} else {
		registry_say_basis(&f.basis);
		say_top(&f, floor || rounded, floor != NULL);
	}
	return cli_flush();
}
