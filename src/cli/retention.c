/* holdfast retention set|show|plan|apply: for how long what is kept, what would be erased and when, and doing it. All times are the ledger's. */
#include "retain.h"

#include <stdlib.h>

#define JUMP (366 * 86400 * TIME_SEC)
#define JUMP_YOUNG (92 * 86400 * TIME_SEC)

struct options {
	const struct cli_args *args;
	const char *site, *keep, *reason;
	bool json, dry_run, clock;
};

/* ---- set, show ---- */

static int set(const struct options *o)
{
	struct err e = {0};
	struct site s;
	struct control *c = NULL;
	struct retain_keep keep;
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	char who[64], class_name[32], t[32];
	struct slice source = SLICE_NULL, class = slice_cut(slice_str(o->args->v[1]), '/', &source);
	int no = ledger_retain_class(class);
	uint64_t seq;
	int64_t time;
	if (no < 0)
		return cli_usage("retention set: a class is care (messages, charts), files (contents of backed-up files) or catalogue (their names and attributes), or one of the last two for a source alone: files/SOURCE");
	if (no == RETAIN_CARE && source.n)
		return cli_usage("retention set: care has no sources");
	if (!o->keep)
		return cli_usage("retention set: say --keep 10y, 8q, 400d or forever");
	if (ledger_keep_parse(slice_str(o->keep), &keep, &e) < 0 || ledger_keep_enough(no, keep, &e) < 0)
		return cli_usage("--keep: %s", e.text);
	snprintf(class_name, sizeof class_name, "%s", ledger_retain_class_name(no));
	control_who(who);
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	retain_put_head(&w, "rule", who, o->reason ? o->reason : "");
	jsonw_kstr(&w, "class", class_name);
	if (source.n)
		jsonw_kslice(&w, "source", source);
	jsonw_kstr(&w, "keep", o->keep);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (cli_site(o->site, &s, &e) < 0)
		return cli_fail(&e);
	int r = control_open(&s, true, &c, &e);
	if (r == 0)
		r = control_retention(c, buf_slice(&b), &seq, &time, &e);
	control_close(c);
	site_close(&s);
	if (r < 0)
		return cli_fail(&e);
	if (o->json)
		printf("{\"entry\":%llu,\"time\":\"%s\"}\n", (unsigned long long)seq, time_rfc3339(time, 0, t));
	else
		printf("%s: kept %s%s: entry %llu of %s\n", o->args->v[1], o->keep, keep.unit ? " from the end of its quarter on" : "", (unsigned long long)seq, time_rfc3339(time, 0, t));
	return 0;
}

static void put_rule(struct jsonw *w, const struct retain_rule *r)
{
	char keep[16];
	ledger_keep_format(r->keep, keep);
	jsonw_obj(w);
	jsonw_kstr(w, "class", ledger_retain_class_name(r->class));
	if (r->source[0])
		jsonw_kstr(w, "source", r->source);
	jsonw_kstr(w, "keep", keep);
	jsonw_ku64(w, "entry", r->seq);
	jsonw_ktime(w, "time", r->time);
	jsonw_kstr(w, "who", r->who);
	jsonw_kstr(w, "reason", r->reason);
	jsonw_obj_end(w);
}

static int show(const struct options *o)
{
	struct err e = {0};
	struct retain_open x;
	if (retain_open(o->site, &x, &e) < 0)
		return cli_fail(&e);
	if (o->json) {
		AUTO_BUF struct buf out = {0};
		struct jsonw w;
		buf_init(&out, 64 << 20);
		jsonw_init(&w, &out);
		jsonw_obj(&w);
		jsonw_ktime(&w, "ledgerTime", x.now);
		jsonw_key(&w, "rules");
		jsonw_arr(&w);
		for (size_t i = 0; i < x.state.rule_n; i++)
			put_rule(&w, &x.state.rule[i]);
		jsonw_arr_end(&w);
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&out));
	} else {
		char t[32], keep[16];
		for (size_t i = 0; i < x.state.rule_n; i++) {
			const struct retain_rule *r = &x.state.rule[i];
			ledger_keep_format(r->keep, keep);
			printf("%s%s%s  %s  entry %llu of %s, by %s%s%s\n", ledger_retain_class_name(r->class), r->source[0] ? "/" : "", r->source, keep, (unsigned long long)r->seq, time_rfc3339(r->time, 0, t), r->who,
			       r->reason[0] ? ": " : "", r->reason);
		}
		if (!x.state.rule_n)
			printf("no rule: everything is kept for ever\n");
	}
	retain_close(&x);
	return 0;
}

/* ---- plan ---- */

static void print_line(const struct retain_line *l)
{
	char q[16], due[32] = "", size[32], keep[16] = "-";
	ledger_quarter_format(l->q->quarter, q);
	if (l->rule)
		ledger_keep_format(l->rule->keep, keep);
	if (l->due != INT64_MAX)
		time_rfc3339(l->due, 0, due);
	snprintf(size, sizeof size, "%llu", (unsigned long long)l->q->bytes);
	printf("%-9s %s  %-8s %-7s %-20.10s %llu packs, %s bytes, %llu snapshots%s%s\n", ledger_retain_class_name(l->q->class), q, retain_fate_name(l->fate), keep, due, (unsigned long long)l->q->packs, size,
	       (unsigned long long)l->q->snapshots, l->why[0] ? "; " : "", l->why);
}

static void put_line(struct jsonw *w, const struct retain_line *l)
{
	char q[16], keep[16];
	ledger_quarter_format(l->q->quarter, q);
	jsonw_obj(w);
	jsonw_kstr(w, "class", ledger_retain_class_name(l->q->class));
	jsonw_kstr(w, "quarter", q);
	jsonw_kstr(w, "state", retain_fate_name(l->fate));
	if (l->rule) {
		ledger_keep_format(l->rule->keep, keep);
		jsonw_kstr(w, "keep", keep);
		jsonw_ku64(w, "ruleEntry", l->rule->seq);
	}
	if (l->due != INT64_MAX)
		jsonw_ktime(w, "due", l->due);
	if (l->hold)
		jsonw_ku64(w, "hold", l->hold->seq);
	if (l->why[0])
		jsonw_kstr(w, "why", l->why);
	jsonw_ku64(w, "packs", l->q->packs);
	jsonw_ku64(w, "bytes", l->q->bytes);
	jsonw_ku64(w, "snapshots", l->q->snapshots);
	jsonw_key(w, "sources");
	jsonw_arr(w);
	for (size_t i = 0; i < l->q->source_n; i++)
		jsonw_str(w, l->q->source[i]);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

/* A clock that ran ahead makes everything old at once. 1: said so. */
static int young_jump(const struct retain_open *x, bool tell, struct err *e)
{
	struct retain_jump j;
	char a[32], b[32];
	int r = ledger_retain_last_jump(x->l, JUMP, &j, e);
	if (r < 0 || !j.seq || x->now - j.to > JUMP_YOUNG)
		return r;
	if (tell)
		cli_note("The ledger's time went from %s to %s in one step, at entry %llu. If a clock was wrong, what looks old is not: look before you apply.", time_rfc3339(j.from, 0, a), time_rfc3339(j.to, 0, b),
		         (unsigned long long)j.seq);
	return 1;
}

static int plan(const struct options *o)
{
	struct err e = {0};
	struct retain_open x;
	AUTO_BUF struct buf out = {0};
	struct jsonw w;
	char t[32];
	if (retain_open(o->site, &x, &e) < 0)
		return cli_fail(&e);
	buf_init(&out, 64 << 20);
	jsonw_init(&w, &out);
	if (!o->json)
		printf("the ledger's time is %s (its newest entry)\n", time_rfc3339(x.now, 0, t));
	jsonw_obj(&w);
	jsonw_ktime(&w, "ledgerTime", x.now);
	jsonw_key(&w, "quarters");
	jsonw_arr(&w);
	for (size_t i = 0; i < x.q_n; i++) {
		struct retain_line l;
		retain_judge(&x, &x.q[i], &l);
		if (o->json)
			put_line(&w, &l);
		else
			print_line(&l);
	}
	for (size_t i = 0; i < x.state.erasure_n; i++) {
		const struct vault_quarter gone = {.class = x.state.erasure[i].class, .quarter = x.state.erasure[i].quarter, .packs = x.state.erasure[i].packs, .bytes = x.state.erasure[i].bytes};
		struct retain_line l;
		if (x.state.erasure[i].one) /* `erase status` tells */
			continue;
		retain_judge(&x, &gone, &l);
		if (o->json)
			put_line(&w, &l);
		else
			print_line(&l);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	if (o->json)
		printf("%s\n", buf_cstr(&out));
	int r = young_jump(&x, true, &e);
	retain_close(&x);
	return r < 0 ? cli_fail(&e) : 0;
}

/* ---- apply ---- */

static int erase_due(const struct options *o, struct retain_open *x, struct control *c, size_t *ret_n, struct err *e)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < x->q_n; i++) {
		struct retain_line l;
		char rule[96], keep[16], quarter[16], t[32];
		uint64_t seq;
		int64_t time;
		retain_judge(x, &x->q[i], &l);
		if (l.fate != FATE_DUE)
			continue;
		ledger_keep_format(l.rule->keep, keep);
		ledger_quarter_format(l.q->quarter, quarter);
		snprintf(rule, sizeof rule, "%s%s%s %s", ledger_retain_class_name(l.rule->class), l.rule->source[0] ? "/" : "", l.rule->source, keep);
		(*ret_n)++;
		if (o->dry_run && l.q->class == RETAIN_CARE) {
			r = retain_care_preview(x, l.q->quarter, o->json, e);
			continue;
		}
		if (o->dry_run) {
			printf("would erase %s of %s: %llu packs, %llu snapshots\n", ledger_retain_class_name(l.q->class), quarter, (unsigned long long)l.q->packs, (unsigned long long)l.q->snapshots);
			continue;
		}
		r = retain_erase(x, c, l.q, rule, l.rule->seq, l.due, o->reason ? o->reason : "its time is over", &seq, &time, e);
		if (r == 0 && !o->json)
			printf("erased %s of %s: entry %llu of %s\n", ledger_retain_class_name(l.q->class), quarter, (unsigned long long)seq, time_rfc3339(time, 0, t));
		else if (r == 0)
			printf("{\"class\":\"%s\",\"quarter\":\"%s\",\"entry\":%llu,\"time\":\"%s\"}\n", ledger_retain_class_name(l.q->class), quarter, (unsigned long long)seq, time_rfc3339(time, 0, t));
	}
	return r;
}

static int apply(const struct options *o)
{
	struct err e = {0};
	struct retain_open x;
	struct control *c = NULL;
	size_t due = 0, open = 0;
	if (retain_open(o->site, &x, &e) < 0)
		return cli_fail(&e);
	int r = o->clock ? 0 : young_jump(&x, true, &e);
	bool jumped = r > 0;
	if (r >= 0 && !o->dry_run)
		r = control_open(&x.s, true, &c, &e);
	if (r == 0 && jumped && !o->dry_run) { /* what was decided is carried out all the same */
		r = retain_carry_out(&x, c, &open, &e);
		if (r == 0)
			r = err_set(&e, ERR_NO, NULL, "nothing is erased by a clock that has just jumped; if it is right now, say --accept-clock");
	}
	if (r > 0)
		r = 0;
	if (r == 0) /* contents first: their catalogues may follow in the same run */
		r = erase_due(o, &x, c, &due, &e);
	if (r == 0 && due && !o->dry_run) {
		size_t more = 0;
		r = retain_refresh(&x, &e);
		if (r == 0)
			r = erase_due(o, &x, c, &more, &e);
		due += more;
	}
	if (r == 0 && !o->dry_run)
		r = retain_carry_out(&x, c, &open, &e);
	control_close(c);
	if (r == 0 && !due)
		cli_note("Nothing is due.");
	if (r == 0 && open)
		cli_note("%zu copies still hold something of what was erased: holdfast erase status names them.", open);
	retain_close(&x);
	return r < 0 ? cli_fail(&e) : 0;
}

int cmd_retention(int argc, char **argv)
{
	static struct cli_args args;
	struct options o = {.args = &args};
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &o.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"keep", CLI_STRING, &o.keep, "TERM", "set: for how long, from the end of a quarter on: 10y, 8q, 400d or forever"},
		{"reason", CLI_STRING, &o.reason, "TEXT", "set, apply: why; it stands in the ledger"},
		{"dry-run", CLI_FLAG, &o.dry_run, NULL, "apply: say what would be erased, and erase nothing"},
		{"accept-clock", CLI_FLAG, &o.clock, NULL, "apply: somebody has looked, and the ledger's time is right although it jumped by more than a year"},
		{"json", CLI_FLAG, &o.json, NULL, "JSON on stdout"},
	};
	bool done;
	int r = cli_parse(argc, argv, "retention set CLASS[/SOURCE] --keep TERM [--reason TEXT] | show | plan | apply [--dry-run] [--reason TEXT] [--accept-clock]   --site DIR [--json]",
	                  "For how long messages and backups are kept. What dies is a quarter of a class, by its keys; without a rule nothing does, and nothing does by itself: plan says what is due, apply does it. Times are the ledger's.", opts,
	                  ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	const char *verb = args.n ? args.v[0] : "";
	bool is_set = !strcmp(verb, "set"), is_apply = !strcmp(verb, "apply");
	if (o.keep && !is_set)
		return cli_usage("retention %s: --keep is for set", verb);
	if ((o.dry_run || o.clock) && !is_apply)
		return cli_usage("retention %s: --dry-run and --accept-clock are for apply", verb);
	if (args.n != (is_set ? 2 : 1))
		return cli_usage("retention: say 'set CLASS', 'show', 'plan' or 'apply'");
	if (is_set)
		return set(&o);
	if (is_apply)
		return apply(&o);
	if (!strcmp(verb, "show"))
		return show(&o);
	return !strcmp(verb, "plan") ? plan(&o) : cli_usage("retention: say 'set CLASS', 'show', 'plan' or 'apply'");
}
