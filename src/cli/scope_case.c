/* holdfast scope case: a case, out of the ledger and into it. */
#include "scope_cmd.h"

#include <inttypes.h>
#include <stdlib.h>

#define CASE_MEMORY ((size_t)1 << 30)

void case_hex(const uint8_t hash[SEAL_HASH], char out[2 * SEAL_HASH + 1])
{
	for (size_t i = 0; i < SEAL_HASH; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

int case_each(struct site *s, uint64_t kinds, case_entry_fn *fn, void *arg, struct err *e)
{
	struct site_keys keys = {0};
	struct ledger *l = NULL;
	uint64_t *v = NULL;
	size_t n = 0;
	int r = cli_ledger(s, true, &keys, &l, e);
	if (r == 0)
		r = cli_entries(l, kinds, &v, &n, e);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct ledger_entry en;
		r = ledger_read(l, v[i], &en, e);
		if (r == ERR_ERASED)
			r = 0;
		else if (r == 0)
			r = fn(arg, &en, e);
	}
	free(v);
	ledger_free(l);
	site_keys_wipe(&keys);
	return r;
}

struct loading {
	struct scope_case *c;
	uint64_t unreadable;
};

static int one(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct loading *l = arg;
	if (en->leaf.kind == LEDGER_NOTICE)
		return scope_case_sent(l->c, en->seq, en->leaf.time, en->body, e);
	int r = scope_case_add(l->c, en->seq, en->leaf.time, en->body, &l->unreadable, e);
	return r == ERR_EXISTS ? 0 : r; /* two at once: the first counts */
}

int case_load(struct site *s, const char *name, struct scope_case **ret, struct err *e)
{
	struct loading l = {0};
	if (!scope_name_ok(slice_str(name)))
		return err_set(e, ERR_USAGE, NULL, "a case's name is letters, digits, - _ and ., at most %u, and begins with a letter or digit", SCOPE_NAME_MAX);
	l.c = scope_case_new(slice_str(name), CASE_MEMORY);
	int r = l.c ? case_each(s, LEDGER_KIND_BIT(LEDGER_SCOPE) | LEDGER_KIND_BIT(LEDGER_NOTICE), one, &l, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && l.unreadable)
		cli_note("holdfast: %" PRIu64 " entries about cases cannot be read by this version", l.unreadable);
	if (r == 0 && !scope_case_exists(l.c))
		r = err_set(e, ERR_NOT_FOUND, NULL, "there is no case of this name; `holdfast scope case list` shows those there are");
	if (r < 0) {
		scope_case_free(l.c);
		return r;
	}
	*ret = l.c;
	return 0;
}

int case_open(const char *site, const char *name, struct case_opened *ret, struct err *e)
{
	*ret = (struct case_opened){.site_open = false};
	int r = cli_site(site, &ret->s, e);
	if (r < 0)
		return r;
	ret->site_open = true;
	r = case_load(&ret->s, name, &ret->c, e);
	return r < 0 ? r : control_open_bare(&ret->s, &ret->k, e);
}

void case_close(struct case_opened *o)
{
	control_close(o->k);
	scope_case_free(o->c);
	if (o->site_open)
		site_close(&o->s);
}

struct told {
	uint64_t seq;
};

static int tell(void *arg, uint64_t tag, const struct control_appended *r, struct err *e)
{
	struct told *t = arg;
	(void)tag;
	(void)e;
	t->seq = r->seq;
	return 0;
}

int case_enter(struct control *k, struct scope_act *a, const char *by, uint64_t *ret_entry, struct err *e)
{
	AUTO_BUF struct buf body = {0};
	struct told t = {UINT64_MAX};
	static char who[64];
	control_who(who);
	a->by = slice_str(by ? by : who);
	buf_init(&body, (size_t)4 << 20);
	int r = scope_act_put(a, &body, e);
	const struct control_append in = {.kind = LEDGER_SCOPE, .body = buf_slice(&body)};
	if (r == 0)
		r = control_append(k, &in, 1, tell, &t, e);
	if (r == 0)
		r = control_flush_bare(k, e);
	if (r == 0 && ret_entry)
		*ret_entry = t.seq;
	return r;
}

/* ---- new, list ---- */

static int there_is(struct site *s, const char *name, bool *ret, struct err *e)
{
	struct scope_case *c = NULL;
	struct err quiet = {0};
	int r = case_load(s, name, &c, &quiet);
	scope_case_free(c);
	*ret = r == 0;
	if (r == 0 || r == ERR_NOT_FOUND)
		return 0;
	*e = quiet;
	return r;
}

int scope_case_new_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *window = NULL, *title = "", *discovered = NULL, *hosts = "", *accounts = "", *by = NULL;
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"window", CLI_STRING, &window, "A/B", "from when until when somebody was in: times or dates, inclusive"},
		{"title", CLI_STRING, &title, "TEXT", "what people call it"},
		{"discovered", CLI_STRING, &discovered, "T", "when it was discovered: the clocks of notice run from there"},
		{"hosts", CLI_STRING, &hosts, "LIST", "which machines, as far as is known"},
		{"accounts", CLI_STRING, &accounts, "LIST", "which accounts were used, as far as is known"},
		{"by", CLI_STRING, &by, "NAME", "who opens it, when it is not you"},
	};
	int r = cli_parse(argc, argv, "scope case new NAME --window A/B --site DIR", "Opens a case. What is brought, asked, decided and found about it becomes entries of the ledger.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 1 || !window)
		return cli_usage("scope case new: say its name and --window A/B");
	struct err e = {0};
	struct site s;
	struct control *k = NULL;
	struct scope_act a = {.what = SCOPE_NEW, .name = slice_str(args.v[0]), .title = slice_str(title), .hosts = slice_str(hosts), .accounts = slice_str(accounts), .discovered = INT64_MIN};
	bool exists = false;
	uint64_t entry;
	if (cli_site(site, &s, &e) < 0)
		return cli_fail(&e);
	r = evidence_window(slice_str(window), s.zone_minutes, &a.from, &a.to, &e);
	if (r == 0 && (a.from == EVIDENCE_NO_TIME || a.to == EVIDENCE_NO_TIME))
		r = err_set(&e, ERR_USAGE, "--window", "a case's window has two ends; where one is not known, write the earliest or latest it can have been");
	if (r == 0 && discovered && time_parse(slice_str(discovered), s.zone_minutes, &a.discovered) < 0)
		r = err_set(&e, ERR_USAGE, "--discovered", "is no date or time: write 2026-11-22 or 2026-11-22T06:10:00Z");
	if (r == 0)
		r = there_is(&s, args.v[0], &exists, &e);
	if (r == 0 && exists)
		r = err_set(&e, ERR_EXISTS, args.v[0], "there is a case of this name already");
	if (r == 0)
		r = control_open_bare(&s, &k, &e);
	if (r == 0)
		r = case_enter(k, &a, by, &entry, &e);
	control_close(k);
	site_close(&s);
	if (r == 0)
		printf("%s: opened, entry %" PRIu64 "\n", args.v[0], entry);
	return r < 0 ? cli_fail(&e) : cli_flush();
}

static int list_one(void *arg, const struct ledger_entry *en, struct err *e)
{
	const bool *json = arg;
	AUTO_ARENA struct arena *scratch = arena_new((size_t)8 << 20);
	struct scope_act a;
	struct err quiet = {0};
	char from[32], to[32], opened[32];
	if (!scratch)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (scope_act_get(en->body, scratch, &a, &quiet) < 0 || a.what != SCOPE_NEW)
		return 0;
	time_rfc3339(a.from, 0, from);
	time_rfc3339(a.to, 0, to);
	time_rfc3339(en->leaf.time, 0, opened);
	if (!*json) {
		cli_slice(stdout, a.name);
		printf("  opened %s by ", opened);
		cli_slice(stdout, a.by);
		printf(", window %s to %s  ", from, to);
		cli_slice(stdout, a.title);
		printf("\n");
		return 0;
	}
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kslice(&w, "case", a.name);
	jsonw_kslice(&w, "title", a.title);
	jsonw_kstr(&w, "opened", opened);
	jsonw_kslice(&w, "by", a.by);
	jsonw_kstr(&w, "from", from);
	jsonw_kstr(&w, "to", to);
	jsonw_ku64(&w, "entry", en->seq);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&b));
	return 0;
}

int scope_case_list_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL;
	bool json = false, done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"json", CLI_FLAG, &json, NULL, "NDJSON on stdout, a case a line"},
	};
	int r = cli_parse(argc, argv, "scope case list --site DIR", "The cases that were opened here.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("scope case list: takes no names");
	struct err e = {0};
	struct site s;
	if (cli_site(site, &s, &e) < 0)
		return cli_fail(&e);
	r = case_each(&s, LEDGER_KIND_BIT(LEDGER_SCOPE), list_one, &json, &e);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : cli_flush();
}

int scope_case_cmd(int argc, char **argv)
{
	static const struct cli_command verbs[] = {
		{"new", "open a case: its window, and when it was discovered", scope_case_new_cmd},
		{"list", "the cases there are", scope_case_list_cmd},
		{"evidence", "bring logs and lists that say what was touched", scope_case_evidence_cmd},
		{"content", "say where the touched files can be read", scope_case_content_cmd},
		{"persons", "bring a list of known persons", scope_case_persons_cmd},
		{"question", "ask something, or answer it", scope_case_question_cmd},
		{"assess", "one of the four factors of 45 CFR 164.402(2)", scope_case_assess_cmd},
		{"decide", "a decision, with why", scope_case_decide_cmd},
		{"pair", "two records are one person, or are not", scope_case_pair_cmd},
		{"facts", "what letters, forms and deadlines need besides what was found", scope_case_facts_cmd},
		{"run", "evidence to objects, objects to text, text to persons", scope_case_run_cmd},
		{"status", "what is known, and what is not", scope_case_status_cmd},
		{"export", "whom it concerns: person, element, accessed or acquired, from where", scope_case_export_cmd},
	};
	return cli_verbs(argc, argv, "scope case", "A case, from what was touched to whom that concerns. All of it is in the ledger.", verbs, ARRAY_LEN(verbs));
}
