/* holdfast registry diff: what changed between two days. */
#include "registry_cmd.h"

#include <inttypes.h>
#include <stdlib.h>

static void put_changes(struct jsonw *w, const char *key, const struct registry_change *v, size_t n)
{
	char t[16];
	jsonw_key(w, key);
	jsonw_arr(w);
	for (size_t i = 0; i < n; i++) {
		jsonw_obj(w);
		jsonw_kslice(w, "name", v[i].name);
		jsonw_kslice(w, "state", v[i].state);
		jsonw_key(w, "before");
		v[i].before_known ? jsonw_u64(w, v[i].before) : jsonw_null(w);
		jsonw_key(w, "after");
		v[i].after_known ? jsonw_u64(w, v[i].after) : jsonw_null(w);
		jsonw_kstr(w, "submitted", registry_day_text(v[i].submitted, t));
		if (v[i].name_before.n && !slice_eq(v[i].name_before, v[i].name))
			jsonw_kslice(w, "name_before", v[i].name_before);
		if (v[i].now)
			jsonw_kstr(w, "now", v[i].now);
		if (v[i].into)
			jsonw_ku64(w, "into", v[i].into);
		if (v[i].placeholder)
			jsonw_kbool(w, "placeholder_replaced", true);
		jsonw_ku64(w, "incident", v[i].incident);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void put_side(struct jsonw *w, const char *key, const struct registry_basis *b)
{
	jsonw_key(w, key);
	jsonw_obj(w);
	registry_put_basis(w, b);
	jsonw_obj_end(w);
}

static void put_json(const struct registry_diff *d, int year, struct buf *b)
{
	struct jsonw w;
	jsonw_init(&w, b);
	jsonw_obj(&w);
	if (year)
		jsonw_ki64(&w, "year", year);
	jsonw_kstr(&w, "view", registry_view_word(d->view));
	put_side(&w, "from", &d->basis[0]);
	put_side(&w, "to", &d->basis[1]);
	put_changes(&w, "added", d->added, d->added_n);
	put_changes(&w, "removed", d->removed, d->removed_n);
	put_changes(&w, "changed", d->changed, d->changed_n);
	jsonw_key(&w, "totals");
	jsonw_obj(&w);
	jsonw_ku64(&w, "added", d->added_n);
	jsonw_ku64(&w, "added_persons", d->added_persons);
	jsonw_ku64(&w, "removed", d->removed_n);
	jsonw_ku64(&w, "removed_persons", d->removed_persons);
	jsonw_ku64(&w, "changed", d->changed_n);
	jsonw_ki64(&w, "changed_persons", d->changed_persons);
	jsonw_ku64(&w, "same", d->same);
	jsonw_ku64(&w, "placeholders_replaced", d->replaced);
	jsonw_ki64(&w, "placeholders_persons", d->replaced_persons);
	jsonw_obj_end(&w);
	jsonw_key(&w, "warnings");
	registry_put_warnings(&w, d->w, d->w_n);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_u8(b, '\n');
}

static void say_changes(const char *title, const struct registry_change *v, size_t n, bool both)
{
	char a[32], b[32];
	printf("\n%s: %zu\n", title, n);
	for (size_t i = 0; i < n; i++) {
		printf("  ");
		cli_cell(stdout, v[i].name, 56);
		printf(" %-2.*s ", SLICE_FMT(v[i].state));
		if (both)
			printf("%13s -> %13s%s", v[i].before_known ? registry_thousands(v[i].before, a) : "?", v[i].after_known ? registry_thousands(v[i].after, b) : "?", v[i].placeholder ? "  (was a placeholder)" : "");
		else
			printf("%13s", registry_thousands(v[i].after_known ? v[i].after : v[i].before, a));
		if (v[i].now)
			printf("  now: %s", v[i].now);
		printf("\n");
	}
}

static void say(const struct registry_diff *d)
{
	char a[32], b[32];
	printf("from ");
	registry_say_basis(&d->basis[0]);
	printf("to   ");
	registry_say_basis(&d->basis[1]);
	printf("compared: %s. %zu added (%s persons), %zu removed (%s persons), %zu changed (", registry_view_word(d->view), d->added_n, registry_thousands(d->added_persons, a), d->removed_n, registry_thousands(d->removed_persons, b), d->changed_n);
	printf("%s%s persons), %zu as they were\n", d->changed_persons < 0 ? "-" : "+", registry_thousands((uint64_t)llabs((long long)d->changed_persons), a), d->same);
	if (d->replaced)
		printf("%zu placeholders of 500 or 501 were replaced, by %s persons more\n", d->replaced, registry_thousands((uint64_t)llabs((long long)d->replaced_persons), a));
	say_changes("changed", d->changed, d->changed_n, true);
	say_changes("added", d->added, d->added_n, false);
	say_changes("removed", d->removed, d->removed_n, false);
}

int registry_diff_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *db = NULL, *view = NULL, *source = NULL;
	uint64_t year = 0;
	bool json = false, done;
	int32_t day[2];
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"db", CLI_STRING, &db, "FILE", "a registry without a site"},
		{"year", CLI_NUMBER, &year, "Y", "only reports submitted in this year"},
		{"view", CLI_STRING, &view, "V", "under-investigation, archive or full (without it: the lists that both days have)"},
		{"source", CLI_STRING, &source, "S", "ocr (default), wa-ag, other"},
		{"json", CLI_FLAG, &json, NULL, "JSON on stdout"},
	};
	int r = cli_parse(argc, argv, "registry diff DAY1 DAY2 --site DIR|--db FILE [--year Y] [--json]", "What changed between two days (2024-10-08), months (2024-10) or years: reports added, gone from the list, and those whose count changed.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 2)
		return cli_usage("registry diff: say two days, such as 2024-10-08 2026-04-07");
	for (int i = 0; i < 2; i++)
		if (registry_day_parse(slice_str(args.v[i]), true, &day[i]) < 0)
			return cli_usage("registry diff: %s is no day, month or year: write 2024-10-08, 2024-10 or 2024", args.v[i]);
	int v = view ? registry_view_parse(slice_str(view)) : REGISTRY_UNKNOWN, s = source ? registry_source_parse(slice_str(source)) : REGISTRY_OCR;
	if (v < 0 || s < 0)
		return cli_usage(v < 0 ? "--view: there are under-investigation, archive and full" : "--source: there are ocr, wa-ag and other");
	if (year > 2199)
		return cli_usage("--year %" PRIu64 ": is no year of a report", year);
	struct err e = {0};
	struct registry_all all;
	struct registry_diff d;
	AUTO_ARENA struct arena *a = arena_new(REGISTRY_MEMORY);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)256 << 20);
	r = a ? registry_cmd_load(site, db, a, &all, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = registry_diff(&all, (enum registry_source)s, (enum registry_view)v, day[0], day[1], (int)year, a, &d, &e);
	if (r < 0)
		return cli_fail(&e);
	registry_say_warnings(d.w, d.w_n);
	if (json) {
		put_json(&d, (int)year, &b);
		fwrite(b.p, 1, b.n, stdout);
	} else
		say(&d);
	return cli_flush();
}
