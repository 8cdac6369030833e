/* holdfast scope case question, assess, decide, pair: what people ask, judge and decide about a case, with who and when. */
#include "scope_cmd.h"

#include <fcntl.h>
#include <inttypes.h>

static int say(int argc, char **argv, const char *usage, const char *about, struct scope_act *a, const char *args_wanted, size_t want, const char *outcome_help)
{
	static struct cli_args args;
	const char *site = NULL, *by = NULL, *text = "", *outcome = "";
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"reason", CLI_STRING, &text, "TEXT", "why: it is recorded"},
		{"by", CLI_STRING, &by, "NAME", "who says it, when it is not you"},
		{"outcome", CLI_STRING, &outcome, "WORD", outcome_help},
	};
	int r = cli_parse(argc, argv, usage, about, opts, outcome_help ? 4 : 3, &args, &done);
	if (r || done)
		return r;
	if (args.n != want)
		return cli_usage("scope case %s: say %s", scope_what_word(a->what), args_wanted);
	a->name = slice_str(args.v[0]);
	a->text = slice_str(text);
	a->outcome = slice_str(outcome);
	if (a->what == SCOPE_PAIR) {
		a->a = slice_str(args.v[1]);
		a->b = slice_str(args.v[2]);
		a->same = !strcmp(args.v[3], "same");
		a->open = !strcmp(args.v[3], "open");
		if (!a->same && !a->open && strcmp(args.v[3], "different"))
			return cli_usage("scope case pair: the last word is same, different, or open, which takes back what was said");
		if (slice_eq(a->a, a->b))
			return cli_usage("scope case pair: name two records");
	} else {
		a->subject = slice_str(args.v[1]);
	}
	if (a->what == SCOPE_ASSESS) {
		int i = 0;
		while (scope_factor(i) && strcmp(scope_factor(i), args.v[1]))
			i++;
		if (!scope_factor(i))
			return cli_usage("scope case assess: the factors are nature-and-extent, unauthorized-person, acquired-or-viewed and mitigated (45 CFR 164.402(2))");
		if (strcmp(outcome, "low") && strcmp(outcome, "not-low"))
			return cli_usage("scope case assess: --outcome is low or not-low: whether this factor speaks for a low probability that the data were compromised");
		if (!*text)
			return cli_usage("scope case assess: say why with --reason; it is recorded");
	}
	if (a->what == SCOPE_DECIDE && !*text)
		return cli_usage("scope case decide: say why with --reason; it is recorded");
	struct err e = {0};
	struct case_opened o;
	uint64_t entry;
	r = case_open(site, args.v[0], &o, &e);
	if (r == 0)
		r = case_enter(o.k, a, by, &entry, &e);
	case_close(&o);
	if (r == 0)
		printf("%s: entry %" PRIu64 "\n", args.v[0], entry);
	return r < 0 ? cli_fail(&e) : cli_flush();
}

int scope_case_question_cmd(int argc, char **argv)
{
	struct scope_act a = {.what = SCOPE_QUESTION};
	return say(argc, argv, "scope case question NAME QUESTION [--outcome ANSWER] --site DIR", "Asks something about a case that somebody has to find out; with --outcome, answers it. The same question again is the same question.", &a, "the case's name and the question", 2, "the answer");
}

int scope_case_assess_cmd(int argc, char **argv)
{
	struct scope_act a = {.what = SCOPE_ASSESS};
	return say(argc, argv, "scope case assess NAME FACTOR --outcome low|not-low --reason TEXT --site DIR",
	           "Assesses one of the four factors of 45 CFR 164.402(2): nature-and-extent, unauthorized-person, acquired-or-viewed, mitigated. The newest word counts, the others stay.", &a, "the case's name and the factor", 2,
	           "low or not-low: whether it speaks for a low probability that the data were compromised");
}

int scope_case_decide_cmd(int argc, char **argv)
{
	struct scope_act a = {.what = SCOPE_DECIDE};
	return say(argc, argv, "scope case decide NAME WHAT --reason TEXT --site DIR", "Records a decision about a case: what, why, who, when.", &a, "the case's name and what was decided", 2, "what came of it");
}

int scope_case_pair_cmd(int argc, char **argv)
{
	struct scope_act a = {.what = SCOPE_PAIR};
	return say(argc, argv, "scope case pair NAME A B same|different|open --site DIR", "Says of two records that they are one person, or that they are not (grey.csv of the case names those that wait for it); open takes that back. The next run counts so.", &a,
	           "the case's name, two records, and same, different or open", 4, NULL);
}

int scope_case_facts_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *by = NULL;
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"by", CLI_STRING, &by, "NAME", "who brings it, when it is not you"},
	};
	int r = cli_parse(argc, argv, "scope case facts NAME FILE.json --site DIR",
	                  "Brings what letters, forms and deadlines need besides what was found: the entity, its address and number to call, what happened and what was done in its own words, what it offers (holdfast-notice(1) has the keys). The newest counts; what the\n"
	                  "case itself knows (name, window, discovery, persons, elements) comes from its entries, whatever stands in here.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 2)
		return cli_usage("scope case facts: say the case's name, and which file");
	struct err e = {0};
	struct case_opened o = {.site_open = false};
	struct json_node *n;
	uint64_t entry;
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	buf_init(&b, (size_t)2 << 20);
	r = a ? file_read(AT_FDCWD, args.v[1], (size_t)2 << 20, &b, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && (r = json_tree(buf_slice(&b), a, &n, &e)) < 0)
		err_in(&e, args.v[1]);
	if (r == 0 && n->type != JSON_OBJ)
		r = err_set(&e, ERR_INPUT, args.v[1], "is no JSON object");
	if (r == 0)
		r = case_open(site, args.v[0], &o, &e);
	struct scope_act act = {.what = SCOPE_FACTS};
	if (r == 0) {
		act.name = o.c->name;
		act.json = n->raw;
		r = case_enter(o.k, &act, by, &entry, &e);
	}
	case_close(&o);
	if (r == 0)
		printf("%s: entry %" PRIu64 "\n", args.v[0], entry);
	return r < 0 ? cli_fail(&e) : cli_flush();
}
