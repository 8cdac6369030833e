/* holdfast capture specimens: every specimen that was written down, how far it came, and whether the counts close: what was sent was received or lost, what was received was resulted or lost. After a month on paper a laboratory
 * that cannot say this does not know what it owes. */
#include "capture_cmd.h"

#include <stdlib.h>

enum { COLLECTED, SENT, RECEIVED, RESULTED, DELIVERED, LOST, STATES };
static const char *const names[STATES] = {"collected", "sent", "received", "resulted", "delivered", "lost"};

struct specimen {
	struct slice number, person, test;
	bool was[STATES];
	struct specimen *next;
};
struct register_of {
	struct arena *a;
	struct specimen *first, **last;
	uint64_t unnumbered;
};

static int state_of(struct slice s)
{
	for (int i = 0; i < STATES; i++)
		if (slice_eq_str(s, names[i]))
			return i;
	return COLLECTED;
}

static struct specimen *specimen_of(struct register_of *x, struct slice number)
{
	for (struct specimen *s = x->first; s; s = s->next)
		if (slice_eq(s->number, number))
			return s;
	struct specimen *s = arena_alloc(x->a, sizeof *s);
	if (!s)
		return NULL;
	*s = (struct specimen){.number = arena_dup(x->a, number)};
	*x->last = s;
	x->last = &s->next;
	return s->number.p ? s : NULL;
}

/* What stands: withdrawn and corrected items do not count. A phoned result of a specimen's number is that specimen resulted. */
static int take(struct register_of *x, const struct chart_capture *c, struct err *e)
{
	bool result = c->c.kind == CAPTURE_RESULT;
	struct slice number = json_text(c->c.values, result ? "specimen" : "number"), test = json_text(c->c.values, "test");
	if (c->replaced_by || c->flags & (CHART_CAPTURE_WITHDRAWAL | CHART_CAPTURE_UNREADABLE) || (result && !number.n))
		return 0;
	if (!number.n) {
		x->unnumbered++;
		return 0;
	}
	struct specimen *s = specimen_of(x, number);
	if (!s)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	s->was[result ? RESULTED : state_of(json_text(c->c.values, "state"))] = true;
	if (!s->person.n && c->person)
		s->person = arena_dup(x->a, slice_str(c->person));
	if (!s->test.n && test.n)
		s->test = arena_dup(x->a, test);
	return 0;
}

/* Why it is still open; NULL: it is not. A later state says the earlier ones. */
static const char *open_because(const struct specimen *s)
{
	if (s->was[LOST] || s->was[RESULTED] || s->was[DELIVERED])
		return NULL;
	return s->was[RECEIVED] ? "received, no result" : s->was[SENT] ? "sent, never received" : "collected, never sent";
}

static const char *furthest(const struct specimen *s)
{
	const char *best = names[COLLECTED];
	for (int i = 0; i < STATES; i++)
		if (s->was[i])
			best = names[i];
	return best;
}

static void show(const struct register_of *x, bool json)
{
	uint64_t count = 0, open = 0, had[STATES] = {0};
	for (const struct specimen *s = x->first; s; s = s->next) {
		const char *why = open_because(s);
		count++;
		open += why != NULL;
		for (int i = 0; i < STATES; i++)
			had[i] += s->was[i];
		if (json) {
			AUTO_BUF struct buf b = {0};
			struct jsonw w;
			buf_init(&b, 1 << 16);
			jsonw_init(&w, &b);
			jsonw_obj(&w);
			jsonw_kslice(&w, "number", s->number);
			jsonw_kslice_opt(&w, "person", s->person);
			jsonw_kslice_opt(&w, "test", s->test);
			jsonw_kstr(&w, "state", furthest(s));
			if (why)
				jsonw_kstr(&w, "open", why);
			jsonw_obj_end(&w);
			printf("%s\n", buf_cstr(&b));
		} else if (why) {
			cli_cell(stdout, s->number, 20);
			cli_cell(stdout, s->person, 12);
			cli_cell(stdout, s->test, 24);
			printf("%s\n", why);
		}
	}
	FILE *to = json ? stderr : stdout;
	fprintf(to, "specimens %llu: sent %llu, received %llu, resulted %llu, delivered %llu, lost %llu; open %llu%s\n", (unsigned long long)count, (unsigned long long)had[SENT], (unsigned long long)had[RECEIVED], (unsigned long long)had[RESULTED],
	        (unsigned long long)had[DELIVERED], (unsigned long long)had[LOST], (unsigned long long)open, open ? "" : ": the counts close");
	if (x->unnumbered)
		fprintf(to, "%llu more were written down without a number, and cannot be followed\n", (unsigned long long)x->unnumbered);
}

static int run(struct site *s, bool json, bool *ret_open, struct err *e)
{
	struct chart *c = NULL;
	struct control *keeper = NULL;
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30), *kept = arena_new((size_t)256 << 20);
	struct register_of x = {.a = kept};
	x.last = &x.first;
	int r = a && kept ? cli_chart(s, &c, &keeper, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		cli_record(s, &keeper, "captures", NULL, "specimens", chart_applied(c));
	static const enum capture_kind kinds[] = {CAPTURE_SPECIMEN, CAPTURE_RESULT};
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(kinds); i++) {
		struct chart_captures_ask q = {.owner = -1, .state = -1, .kind = (int)kinds[i], .max = 1000};
		while (r == 0 && q.from != CHART_NOW) {
			struct chart_capture *list;
			uint64_t next;
			arena_reset(a);
			r = chart_captures(c, &q, a, &list, &next, e);
			for (; r == 0 && list; list = list->next)
				r = take(&x, list, e);
			q.from = next;
		}
	}
	if (r == 0)
		show(&x, json);
	*ret_open = false;
	for (const struct specimen *p = x.first; r == 0 && p; p = p->next)
		*ret_open = *ret_open || open_because(p);
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
	int r = cli_parse(argc, argv, "capture specimens --site DIR [--json]", "Which specimens are open: collected and never sent, sent and never received, received without a result. Exit 1 while there are any.", opts, ARRAY_LEN(opts), &args, &done);
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
