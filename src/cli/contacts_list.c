/* holdfast contacts list, export: whom to call. */
#include "contacts_cmd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#define ARENA_MOST ((size_t)256 << 20)

struct asked {
	const char *site, *category, *unit, *source, *as_of, *at, *out;
	bool on_call, past, lists, json;
	struct chart_contacts_ask q;
	struct chart_contact *v;
	struct chart_contact_list *list;
	size_t n;
};

static int read_ask(struct asked *o, const struct site *s, struct err *e)
{
	o->q = (struct chart_contacts_ask){.now = time_now(), .category = o->category ? contact_category_parse(slice_str(o->category)) : -1, .source = slice_str(o->source), .unit = slice_str(o->unit), .on_call = o->on_call, .past = o->past};
	if (o->category && o->q.category < 0)
		return err_set(e, ERR_USAGE, NULL, "--category %s: there are on-call, unit, staff, neighbour, partner, supplier, authority, regulator, police, insurer and other", o->category);
	if (o->at && time_parse(slice_str(o->at), s->zone_minutes, &o->q.now) < 0)
		return err_set(e, ERR_USAGE, NULL, "--at %s: write a time such as 2026-11-23T22:00", o->at);
	return 0;
}

/* The whole of it, from the view as the ledger has it. */
static int ask(struct asked *o, struct arena *a, struct err *e)
{
	struct site s;
	struct chart *c = NULL;
	struct control *k = NULL;
	struct chart_moment at;
	int r = cli_site_charts(o->site, &s, e);
	if (r < 0)
		return r;
	r = read_ask(o, &s, e);
	if (r == 0)
		r = cli_chart(&s, &c, &k, e);
	if (r == 0)
		r = cli_moment(c, &s, o->as_of, &at, e);
	if (r == 0)
		r = chart_contacts(c, at, &o->q, a, &o->v, &o->n, &o->list, e);
	chart_close(c);
	control_close(k);
	site_close(&s);
	return r;
}

/* ---- list ---- */

static void put_numbers(const struct contact *c)
{
	const struct {
		const char *what;
		struct slice v;
	} numbers[] = {{"", c->phone}, {"", c->phone2}, {"mobile ", c->mobile}, {"pager ", c->pager}, {"fax ", c->fax}, {"", c->email}};
	const char *between = "";
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (numbers[i].v.n) {
			printf("%s%s", between, numbers[i].what);
			cli_slice(stdout, numbers[i].v);
			between = " · ";
		}
	if (!*between && c->address.n)
		cli_slice(stdout, c->address);
	else if (!*between)
		printf("(no number)");
}

static void put_line(const struct chart_contact *x)
{
	const struct contact *c = &x->is;
	printf("  ");
	cli_cell(stdout, c->name.n ? c->name : c->role.n ? c->role : c->unit, 30);
	cli_cell(stdout, c->name.n ? c->role : SLICE_NULL, 26);
	cli_cell(stdout, c->unit, 10);
	put_numbers(c);
	if (c->from.n || c->to.n) {
		bool daily = c->from.n == 5;
		printf("  [%s%s", x->when == CONTACT_NOW ? "NOW, " : x->when == CONTACT_PAST ? "past, " : "", daily ? "daily " : "");
		if (c->from.n)
			printf("%.*s", SLICE_FMT(c->from));
		printf(" to %.*s]", c->to.n ? (int)c->to.n : 14, c->to.n ? (const char *)c->to.p : "further notice");
	}
	if (c->note.n) {
		printf("  ");
		cli_slice(stdout, c->note);
	}
	putchar('\n');
}

static void print_lists(const struct asked *o)
{
	for (const struct chart_contact_list *l = o->list; l; l = l->next) {
		char t[48];
		cli_cell(stdout, l->source, 30);
		printf("%5zu contacts, imported %s by entry #%" PRIu64 "\n", l->n, time_rfc3339(l->received, 0, t), l->entry);
	}
	if (!o->list)
		printf("no list was imported\n");
}

static int print_json(const struct asked *o, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, (size_t)1 << 30);
	jsonw_init(&w, &b);
	chart_json_contacts(&w, o->v, o->n, o->list);
	jsonw_done(&w);
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), NULL, "no room for the list");
	printf("%s\n", buf_cstr(&b));
	return 0;
}

int contacts_list_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct asked o = {.site = NULL};
	struct err e = {0};
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &o.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"category", CLI_STRING, &o.category, "C", "only these: on-call, unit, staff, neighbour, partner, supplier, authority, regulator, police, insurer, other"},
		{"unit", CLI_STRING, &o.unit, "UNIT", "only of this unit"},
		{"source", CLI_STRING, &o.source, "NAME", "only of this list, or this sender of master files"},
		{"on-call", CLI_FLAG, &o.on_call, NULL, "only who is on call now (or --at)"},
		{"at", CLI_STRING, &o.at, "TIME", "as if it were then: who is on call"},
		{"past", CLI_FLAG, &o.past, NULL, "also lines whose time is over"},
		{"lists", CLI_FLAG, &o.lists, NULL, "which lists there are, and nobody on them"},
		{"as-of", CLI_STRING, &o.as_of, "TIME|#SEQ", "what had been received by then"},
		{"json", CLI_FLAG, &o.json, NULL, "JSON on stdout"},
	};
	int r = cli_parse(argc, argv, "contacts list --site DIR [--category C] [--unit U] [--on-call] [--at TIME] [--past] [--lists] [--json]",
	                  "Whom to call: imported lists, and staff and units of master files (MFN). A time of being on call that is over is not shown.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("contacts list takes no argument");
	AUTO_ARENA struct arena *a = arena_new(ARENA_MOST);
	r = a ? ask(&o, a, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && o.lists)
		o.n = 0;
	if (r == 0 && o.json)
		r = print_json(&o, &e);
	else if (r == 0 && o.lists)
		print_lists(&o);
	else if (r == 0) {
		for (size_t i = 0; i < o.n; i++) {
			if (i == 0 || o.v[i].is.category != o.v[i - 1].is.category)
				printf("%s%s\n", i ? "\n" : "", contact_category_name(o.v[i].is.category));
			put_line(&o.v[i]);
		}
		if (!o.n)
			cli_note("holdfast: %s", o.on_call ? "nobody is said to be on call then" : "no contact is known; `holdfast contacts import` takes a list in");
	}
	return r < 0 ? cli_fail(&e) : cli_flush();
}

/* ---- export ---- */

int contacts_export_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct asked o = {.past = true};
	struct err e = {0};
	bool done;
	AUTO_BUF struct buf b = {0};
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &o.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"category", CLI_STRING, &o.category, "C", "only these"},
		{"unit", CLI_STRING, &o.unit, "UNIT", "only of this unit"},
		{"source", CLI_STRING, &o.source, "NAME", "only of this list, or this sender of master files"},
		{"as-of", CLI_STRING, &o.as_of, "TIME|#SEQ", "what had been received by then"},
		{"output", CLI_STRING, &o.out, "OUT.csv", "the file (without it: standard output)"},
	};
	int r = cli_parse(argc, argv, "contacts export --site DIR [--source NAME] [--category C] [--unit U] [-o OUT.csv]", "All contacts as CSV (UTF-8), also lines whose time is over: import reads it to the same list.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("contacts export takes no argument");
	AUTO_ARENA struct arena *a = arena_new(ARENA_MOST);
	r = a ? ask(&o, a, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	buf_init(&b, (size_t)256 << 20);
	contacts_csv_head(&b);
	for (size_t i = 0; i < o.n && r == 0; i++)
		contacts_csv_line(&b, &o.v[i].is);
	if (r == 0 && !buf_ok(&b))
		r = err_set(&e, buf_code(&b), NULL, "no room for the list");
	if (r == 0)
		r = !o.out || !strcmp(o.out, "-") ? file_write_all(STDOUT_FILENO, buf_slice(&b), &e, "standard output") : file_replace(AT_FDCWD, o.out, buf_slice(&b), 0600, &e);
	return r < 0 ? cli_fail(&e) : 0;
}
