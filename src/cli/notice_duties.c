/* holdfast notice duties: who has to be told of a breach, until when and why. */
#include "notice_cmd.h"
#include "notice.h"

#include <fcntl.h>
#include <inttypes.h>

#define ARENA_MOST ((size_t)512 << 20)

struct asked {
	const char *file, *since, *lang, *at;
	bool json, possible, why;
	int64_t now;
	struct notice_facts facts;
	struct notice_duties duties;
	struct notice_change *changes;
	size_t changes_n;
};

static int read_file(const char *path, struct buf *ret, struct err *e)
{
	buf_init(ret, NOTICE_FILE_MAX);
	return file_read(AT_FDCWD, strcmp(path, "-") ? path : "/dev/stdin", NOTICE_FILE_MAX, ret, e);
}

static int ask(struct asked *o, struct buf *text, struct buf *earlier, struct arena *a, struct err *e)
{
	int r = read_file(o->file, text, e);
	if (r < 0)
		return r;
	r = notice_facts_read(buf_slice(text), a, &o->facts, e);
	if (r < 0) {
		err_in(e, o->file);
		return r;
	}
	r = notice_duties(&o->facts, o->lang, a, &o->duties, e);
	if (r < 0 || !o->since)
		return r;
	r = read_file(o->since, earlier, e);
	if (r == 0) {
		r = notice_updates(buf_slice(earlier), &o->duties, a, &o->changes, &o->changes_n, e);
		if (r < 0)
			err_in(e, o->since);
	}
	return r;
}

/* ---- JSON ---- */

static void put_changes(struct jsonw *w, const struct asked *o)
{
	static const char *const kinds[] = {"added", "removed", "moved"};
	jsonw_obj(w);
	for (int what = NOTICE_ADDED; what <= NOTICE_MOVED; what++) {
		jsonw_key(w, kinds[what]);
		jsonw_arr(w);
		for (size_t i = 0; i < o->changes_n; i++) {
			const struct notice_change *c = &o->changes[i];
			if ((int)c->what != what)
				continue;
			jsonw_obj(w);
			jsonw_kslice(w, "id", c->id);
			jsonw_kslice(w, "jurisdiction", c->jurisdiction);
			jsonw_kslice_opt(w, what == NOTICE_REMOVED ? "due" : "from", c->from);
			jsonw_kslice_opt(w, what == NOTICE_ADDED ? "due" : "to", c->to);
			jsonw_obj_end(w);
		}
		jsonw_arr_end(w);
	}
	jsonw_obj_end(w);
}

static int print_json(const struct asked *o, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, (size_t)64 << 20);
	jsonw_init(&w, &b);
	if (o->since) {
		put_changes(&w, o);
	} else {
		jsonw_arr(&w);
		for (size_t i = 0; i < o->duties.n; i++)
			notice_duty_json(&w, &o->duties.v[i]);
		for (size_t i = 0; i < o->duties.possible_n && o->possible; i++)
			notice_duty_json(&w, &o->duties.possible[i]);
		jsonw_arr_end(&w);
	}
	jsonw_done(&w);
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), NULL, "no room for the duties");
	printf("%s\n", buf_cstr(&b));
	return 0;
}

/* ---- the table ---- */

/* The day it is where the entity is; in UTC where nobody said where that is. */
static int32_t today(const struct asked *o)
{
	const struct notice_zones *z = notice_zones_of(slice_str(o->facts.state[0] ? o->facts.state : o->facts.country));
	return z ? notice_local_day(z, o->now) : (int32_t)(o->now / (86400 * TIME_SEC));
}

/* What is left of it: hours of the last four days of a time, else days. */
static void put_left(const struct asked *o, const struct notice_duty *d)
{
	char text[32] = "";
	const int64_t hour = 3600 * TIME_SEC;
	const struct notice_due *due = d->due.kind != NOTICE_DUE_NONE ? &d->due : &d->latest;
	int64_t left = due->kind == NOTICE_DUE_TIME ? due->at - o->now : (due->day - today(o)) * 24 * hour, away = left < 0 ? -left : left;
	const char *late = left < 0 ? " late" : "";
	if (due->kind == NOTICE_DUE_TIME && away < 96 * hour)
		snprintf(text, sizeof text, "%" PRId64 " h%s", away / hour, late);
	else if (due->kind != NOTICE_DUE_NONE && away)
		snprintf(text, sizeof text, "%" PRId64 " d%s", away / (24 * hour), late);
	else if (due->kind != NOTICE_DUE_NONE)
		snprintf(text, sizeof text, "today");
	cli_cell(stdout, slice_str(text), 12);
}

static void put_duty(const struct asked *o, const struct notice_duty *d)
{
	char text[NOTICE_DUE_TEXT + 8];
	const char *due = notice_due_text(&d->due, text);
	if (!due && d->latest.kind != NOTICE_DUE_NONE) {
		memcpy(text, "by ", 3);
		(void)notice_due_text(&d->latest, text + 3);
		due = text;
	}
	printf("%c%c ", d->binding ? '*' : ' ', d->may_apply ? '?' : ' ');
	cli_cell(stdout, slice_str(due ? due : "no fixed date"), 26);
	put_left(o, d);
	cli_cell(stdout, d->jurisdiction, 6);
	cli_cell(stdout, d->id, 26);
	cli_slice(stdout, o->lang && d->recipient_words.n ? d->recipient_words : d->recipient);
	putchar('\n');
	if (o->why) {
		printf("   ");
		cli_slice(stdout, d->why);
		printf("\n\n");
	}
}

static void print_head(const struct asked *o)
{
	const struct notice_facts *f = &o->facts;
	char text[NOTICE_DUE_TEXT];
	struct notice_due at = {.kind = f->discovered.timed ? NOTICE_DUE_TIME : NOTICE_DUE_DAY, .day = f->discovered.day, .at = f->discovered.at, .offset = f->discovered.offset};
	if (f->name.n) {
		cli_slice(stdout, f->name);
		printf(": ");
	}
	printf("discovered %s, %" PRIu64, notice_due_text(&at, text), f->total.low);
	if (f->total.high != f->total.low)
		printf(" to %" PRIu64, f->total.high);
	printf(" persons\n\n");
}

static void print_table(const struct asked *o)
{
	print_head(o);
	if (o->duties.n)
		printf("   %-26s%-12s%-6s%-26s%s\n", "DUE", "LEFT", "WHERE", "RULE", "TO");
	for (size_t i = 0; i < o->duties.n; i++)
		put_duty(o, &o->duties.v[i]);
	if (o->duties.n)
		cli_note("* no earlier date of its kind for the same residents   ? may apply: --why says on what it hangs   by: the law gives no date of its own");
	else
		cli_note("holdfast: no rule that is held applies to this case");
	if (o->possible && o->duties.possible_n) {
		printf("\n   would apply if something were so that the case does not say:\n");
		for (size_t i = 0; i < o->duties.possible_n; i++)
			put_duty(o, &o->duties.possible[i]);
	}
}

static void print_changes(const struct asked *o)
{
	for (size_t i = 0; i < o->changes_n; i++) {
		const struct notice_change *c = &o->changes[i];
		static const char *const words[] = {"added", "removed", "moved"};
		printf("%-8s", words[c->what]);
		cli_cell(stdout, c->jurisdiction, 6);
		cli_cell(stdout, c->id, 26);
		if (c->what != NOTICE_ADDED)
			cli_slice(stdout, c->from.n ? c->from : SLICE("no fixed date"));
		if (c->what == NOTICE_MOVED)
			printf(" -> ");
		if (c->what != NOTICE_REMOVED)
			cli_slice(stdout, c->to.n ? c->to : SLICE("no fixed date"));
		putchar('\n');
	}
	if (!o->changes_n)
		cli_note("holdfast: nothing changed");
}

static void say_lines(struct slice text)
{
	while (text.n) {
		struct slice line = slice_cut(text, '\n', &text);
		cli_note("holdfast: %.*s", SLICE_FMT(line));
	}
}

static void say_remarks(const struct asked *o)
{
	AUTO_BUF struct buf ahead = {0};
	buf_init(&ahead, 4096);
	notice_facts_ahead(&o->facts, o->now, o->lang, &ahead);
	say_lines(buf_slice(&ahead));
	say_lines(o->duties.remarks);
	if (o->duties.possible_n && !o->possible && !o->since) {
		AUTO_BUF struct buf ids = {0};
		buf_init(&ids, 65536);
		for (size_t i = 0; i < o->duties.possible_n; i++)
			buf_printf(&ids, " %.*s", SLICE_FMT(o->duties.possible[i].id));
		cli_note("holdfast: %zu more would apply if something were so that the case does not say (--possible shows them):%s", o->duties.possible_n, buf_cstr(&ids));
	}
}

static int check(struct asked *o, const struct cli_args *args)
{
	if (args->n)
		return cli_usage("notice duties takes no argument; the case is --case FILE.json");
	if (!o->file)
		return cli_usage("notice duties needs --case FILE.json ('-' is standard input)");
	if (o->lang && strcmp(o->lang, "en") != 0 && strcmp(o->lang, "fr") != 0 && strcmp(o->lang, "zh") != 0 && strcmp(o->lang, "es") != 0)
		return cli_usage("--lang %s: there are en, fr, zh and es", o->lang);
	o->now = time_now();
	if (o->at && time_parse(slice_str(o->at), 0, &o->now) < 0)
		return cli_usage("--now %s: write a time such as 2026-03-01T14:30:00Z", o->at);
	return 0;
}

int notice_duties_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct asked o;
	const char *site = NULL;
	struct err e = {0};
	bool done;
	AUTO_BUF struct buf text = {0}, earlier = {0};
	const struct cli_opt opts[] = {
		{"case", CLI_STRING, &o.file, "FILE.json", "the facts of the case ('-': standard input)"},
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE), for a case of its own"},
		{"since", CLI_STRING, &o.since, "OLD.json", "only what changed since these duties, as --json wrote them"},
		{"possible", CLI_FLAG, &o.possible, NULL, "also what would apply if something were so that the case does not say"},
		{"why", CLI_FLAG, &o.why, NULL, "say of each duty why, and how its date comes about"},
		{"lang", CLI_STRING, &o.lang, "LANG", "the language of why: en, fr, zh, es"},
		{"now", CLI_STRING, &o.at, "TIME", "count what is left from then"},
		{"json", CLI_FLAG, &o.json, NULL, "JSON on stdout: an array of duties"},
	};
	int r = cli_parse(argc, argv, "notice duties (NAME --site DIR | --case FILE.json) [--why] [--lang LANG] [--possible] [--since OLD.json] [--now TIME] [--json]",
	                  "Who has to be told of a breach, until when and why. The rules name their source and how far it was checked; this is no legal advice.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (!o.file && args.n) {
		if ((r = notice_named(&args, site, &o.file, NULL)) != 0)
			return r;
		args.n = 0;
	}
	r = check(&o, &args);
	if (r)
		return r;
	AUTO_ARENA struct arena *a = arena_new(ARENA_MOST);
	r = a ? ask(&o, &text, &earlier, a, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && o.json)
		r = print_json(&o, &e);
	else if (r == 0 && o.since)
		print_changes(&o);
	else if (r == 0)
		print_table(&o);
	if (r < 0)
		return cli_fail(&e);
	r = cli_flush();
	say_remarks(&o);
	return r;
}
