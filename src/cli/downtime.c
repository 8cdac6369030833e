/* holdfast downtime: begin, advance, close; what stands open; the doses that were given meanwhile. */
#include "backload_cmd.h"
#include "downtime_cmd.h"
#include "paper_cmd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

struct asked {
	struct cli_decision d;
	const char *unit, *owner, *patient;
	bool json, unreconciled;
	struct chart *chart;
};

static void put_state(struct jsonw *w, const struct downtime *d)
{
	jsonw_kstr(w, "state", downtime_state_name(d->state));
	if (d->state == DOWNTIME_NONE)
		return;
	jsonw_ktime(w, "since", d->since);
	jsonw_ktime(w, "at", d->at);
	jsonw_ku64(w, "entry", d->entry);
	jsonw_kstr(w, "reason", d->reason);
	jsonw_kstr(w, "by", d->by);
	jsonw_key(w, "units");
	jsonw_arr(w); /* none named: the whole house */
	for (uint32_t i = 0; i < d->units; i++)
		jsonw_str(w, d->unit[i]);
	jsonw_arr_end(w);
}

static void put_counts(struct jsonw *w, const struct downtime_balance *b)
{
	jsonw_ku64(w, "items", b->items);
	jsonw_ku64(w, "filed", b->filed);
	jsonw_ku64(w, "already_there", b->already_there);
	jsonw_ku64(w, "refused", b->refused);
	jsonw_ku64(w, "superseded", b->superseded);
	jsonw_ku64(w, "unknown", b->unknown);
	jsonw_ku64(w, "open", b->open);
}

static void put_owners(struct jsonw *w, const struct backlog *l)
{
	jsonw_key(w, "owners");
	jsonw_obj(w);
	for (int i = 0; i < OWNER_COUNT; i++) {
		struct downtime_balance b;
		backlog_balance(l, i, &b);
		jsonw_key(w, capture_owner_name((enum capture_owner)i));
		jsonw_obj(w);
		put_counts(w, &b);
		jsonw_obj_end(w);
	}
	jsonw_obj_end(w);
}

static void say_state(const struct downtime *d)
{
	char since[32], at[32];
	if (d->state == DOWNTIME_NONE) {
		printf("no downtime was ever begun here\n");
		return;
	}
	printf("%s since %s; begun %s by ", downtime_state_name(d->state), time_rfc3339(d->at, 0, at), time_rfc3339(d->since, 0, since));
	cli_slice(stdout, slice_str(d->by));
	printf(", ");
	if (!d->units)
		printf("the whole house");
	for (uint32_t i = 0; i < d->units; i++) {
		printf(i ? ", " : d->units > 1 ? "units " : "unit ");
		cli_slice(stdout, slice_str(d->unit[i]));
	}
	if (d->reason[0]) {
		printf(": ");
		cli_slice(stdout, slice_str(d->reason));
	}
	printf("\n");
}

static void say_line(const char *name, const struct downtime_balance *b)
{
	printf("%-14s %7" PRIu64 " %7" PRIu64 " %13" PRIu64 " %8" PRIu64 " %10" PRIu64 " %8" PRIu64 " %6" PRIu64 "\n", name, b->items, b->filed, b->already_there, b->refused, b->superseded, b->unknown, b->open);
}

static void say_balance(const struct backlog *l)
{
	struct downtime_balance b;
	printf("%-14s %7s %7s %13s %8s %10s %8s %6s\n", "owner", "items", "filed", "already there", "refused", "superseded", "UNKNOWN", "open");
	for (int i = 0; i < OWNER_COUNT; i++) {
		backlog_balance(l, i, &b);
		if (b.items)
			say_line(capture_owner_name((enum capture_owner)i), &b);
	}
	backlog_balance(l, -1, &b);
	say_line("all", &b);
}

/* Paper that came back is filed as it is; what is written on it is work until somebody has typed it. It holds up no closing: the pages themselves go into the EHR. */
static void say_paper(size_t unfiled, size_t untyped)
{
	if (untyped)
		printf("TO BE TYPED: %zu sheets that came back from the wards (`holdfast paper scan --untyped`)\n", untyped);
	if (unfiled)
		printf("NOT FILED: %zu scanned pages (`holdfast paper scan --unfiled`)\n", unfiled);
}

static int show(struct site *s, const struct backlog *l, const struct asked *q, bool balance, struct err *e)
{
	struct downtime_balance b;
	size_t unfiled, untyped;
	backlog_balance(l, -1, &b);
	int r = paper_left(s, &unfiled, &untyped, e);
	if (r < 0)
		return r;
	if (!q->json) {
		say_state(&l->downtime);
		if (balance || l->n)
			say_balance(l);
		say_paper(unfiled, untyped);
		return 0;
	}
	AUTO_BUF struct buf out = {0};
	struct jsonw w;
	buf_init(&out, 1 << 20);
	jsonw_init(&w, &out);
	jsonw_obj(&w);
	put_counts(&w, &b);
	put_owners(&w, l);
	put_state(&w, &l->downtime);
	jsonw_ku64(&w, "toBeTyped", untyped);
	jsonw_ku64(&w, "unfiledPages", unfiled);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&out));
	return 0;
}

/* ---- doses that were given meanwhile ---- */

static int by_patient(const void *pa, const void *pb)
{
	const struct backlog_item *a = *(struct backlog_item *const *)pa, *b = *(struct backlog_item *const *)pb;
	int c = slice_cmp(a->patient, b->patient);
	return c ? c : a->occurred != b->occurred ? (a->occurred < b->occurred ? -1 : 1) : a->entry < b->entry ? -1 : a->entry > b->entry;
}

static bool is_dose(const struct backlog_item *it, const struct asked *q)
{
	return (it->kind == CAPTURE_GIVEN || it->kind == CAPTURE_HELD) && !it->withdraw && it->replaced_by == BACKLOG_NONE && (!q->unit || slice_eq_str(it->unit, q->unit));
}

static void show_dose(const struct backlog_item *it, struct arena *a, bool json, bool first)
{
	struct capture c;
	struct err quiet = {0};
	char t[32];
	if (backlog_capture(it, a, &c, &quiet) < 0)
		return;
	struct slice drug = json_text(c.values, "drug"), dose = json_text(c.values, "dose"), unit = json_text(c.values, "unit"), route = json_text(c.values, "route");
	if (!json) {
		if (first) {
			cli_slice(stdout, it->patient);
			printf("\n");
		}
		printf("  %s  %-5s ", time_rfc3339(it->occurred, 0, t), it->kind == CAPTURE_HELD ? "HELD" : "given");
		cli_slice(stdout, drug.n ? drug : json_text(c.values, "code"));
		printf(" ");
		cli_slice(stdout, dose);
		printf(" ");
		cli_slice(stdout, unit);
		printf(" ");
		cli_slice(stdout, route);
		printf("  by ");
		cli_slice(stdout, c.on_behalf_of.n ? c.on_behalf_of : c.by);
		printf("  (%s", backload_state_name(it->counts));
		printf(it->b.reconciled ? "; reconciled)\n" : backload_settled(it->counts) && it->counts != BACK_REFUSED ? ")\n" : ": NOT in the EHR's record of doses)\n");
		return;
	}
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, CAPTURE_MAX);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kslice(&w, "id", it->id);
	jsonw_kslice(&w, "person", it->patient);
	jsonw_kslice(&w, "unit", it->unit);
	jsonw_kstr(&w, "kind", capture_kind_name(it->kind));
	jsonw_ktime(&w, "occurred", it->occurred);
	jsonw_kslice(&w, "drug", drug);
	jsonw_kslice(&w, "dose", dose);
	jsonw_kslice(&w, "doseUnit", unit);
	jsonw_kslice(&w, "route", route);
	jsonw_kslice(&w, "by", c.on_behalf_of.n ? c.on_behalf_of : c.by);
	jsonw_kslice(&w, "order", json_text(c.values, "order"));
	jsonw_kstr(&w, "state", backload_state_name(it->counts));
	jsonw_kbool(&w, "reconciled", it->b.reconciled);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&b));
}

/* For the pharmacy, before the first electronic dose: what each patient got, and whether the EHR's record of doses knows of it. */
static int doses(struct backlog *l, const struct asked *q, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct backlog_item **v = calloc(l->n ? l->n : 1, sizeof *v);
	uint32_t n = 0, missing = 0;
	if (!a || !v) {
		free(v);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	for (uint32_t i = 0; i < l->n; i++)
		if (is_dose(&l->items[i], q))
			v[n++] = &l->items[i];
	qsort(v, n, sizeof(struct backlog_item *), by_patient);
	for (uint32_t i = 0; i < n; i++) {
		arena_reset(a);
		show_dose(v[i], a, q->json, !i || !slice_eq(v[i]->patient, v[i - 1]->patient));
		missing += v[i]->counts != BACK_FILED && v[i]->counts != BACK_ALREADY_THERE;
	}
	free(v);
	if (!q->json)
		printf("%u doses, %u of them not in the EHR's record yet\n", n, missing);
	return 0;
}

/* ---- moving on ---- */

static int enter(struct control *k, const struct backlog *l, const struct asked *q, const char *what, const char *state, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	char who[64];
	control_who(who);
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", what);
	if (state)
		jsonw_kstr(&w, "state", state);
	if (q->unit)
		jsonw_kstr(&w, "unit", q->unit);
	if (q->d.reason)
		jsonw_kstr(&w, "reason", q->d.reason);
	jsonw_kstr(&w, "by", q->d.by ? q->d.by : who);
	jsonw_kstr(&w, "user", who);
	if (q->unreconciled)
		jsonw_kbool(&w, "unreconciled", true);
	if (!strcmp(what, "close"))
		jsonw_ku64(&w, "asOf", l->head); /* an item that comes after it is in no balance that was looked at */
	jsonw_obj_end(&w);
	return cli_decision_enter(k, LEDGER_DOWNTIME, &b, e);
}

static int begin(struct control *k, const struct backlog *l, const struct asked *q, struct err *e)
{
	const struct downtime *d = &l->downtime;
	bool running = downtime_running(d);
	if (q->unit && (!*q->unit || strlen(q->unit) >= sizeof d->unit[0]))
		return err_set(e, ERR_USAGE, "--unit", "a unit's name has 1 to %zu bytes", sizeof d->unit[0] - 1);
	if (running && d->state != DOWNTIME_DOWN)
		return err_set(e, ERR_NO, NULL, "a downtime is running and is in state %s already: it is closed before another one begins", downtime_state_name(d->state));
	if (running && !d->units)
		return err_set(e, ERR_NO, NULL, "a downtime is running already: holdfast downtime status");
	return enter(k, l, q, "begin", NULL, e);
}

/* Who got doses that the EHR does not know of. When it takes entries again that is said, loudly: from then on they can be sent, and until they are there nobody gives by its record of doses alone. It is not closed on them. */
static int doses_left(const struct backlog *l, const struct asked *q, bool closes, struct err *e)
{
	static const char how[] = "compare them (holdfast downtime doses) and say so (holdfast downtime reconcile --patient ID --by NAME), or send them (holdfast backload send --owner pharmacy)";
	uint32_t patients = 0;
	int r = downtime_left(l, !q->json && !q->unreconciled, &patients, e);
	if (r < 0 || !patients || q->unreconciled)
		return r;
	if (closes)
		return err_set(e, ERR_NO, NULL, "not closed: of %u patient%s doses were given that are not in the EHR's record of doses: %s; --unreconciled --reason TEXT goes on without", patients, patients == 1 ? "" : "s", how);
	cli_note("holdfast: NO ELECTRONIC DOSE YET: of %u patient%s doses were given that are not in the EHR's record of doses: before the first dose that is given by that record %s", patients, patients == 1 ? "" : "s", how);
	return 0;
}

static int advance(struct control *k, const struct backlog *l, const struct asked *q, const char *to, struct err *e)
{
	const struct downtime *d = &l->downtime;
	enum downtime_state want;
	struct downtime_balance b;
	if (d->state == DOWNTIME_NONE || d->state == DOWNTIME_CLOSED)
		return err_set(e, ERR_NO, NULL, "no downtime is running: holdfast downtime begin");
	want = (enum downtime_state)((int)d->state + 1);
	if (to && !downtime_state_of(slice_str(to), &want))
		return err_set(e, ERR_USAGE, NULL, "'%s' is no state: read-only, write or closed", to);
	if ((int)want != (int)d->state + 1)
		return err_set(e, ERR_NO, NULL, "the downtime is in state %s: the next one is %s, and none is passed over", downtime_state_name(d->state), downtime_state_name((enum downtime_state)((int)d->state + 1)));
	backlog_balance(l, -1, &b);
	if (want == DOWNTIME_CLOSED && (b.open || b.unknown))
		return err_set(e, ERR_NO, NULL, "not closed: %" PRIu64 " of %" PRIu64 " items are open and of %" PRIu64 " the outcome is unknown (holdfast backload list --state open, --state unknown)", b.open, b.items, b.unknown);
	if (want == DOWNTIME_WRITE || want == DOWNTIME_CLOSED) {
		int r = doses_left(l, q, want == DOWNTIME_CLOSED, e);
		if (r < 0)
			return r;
	}
	return enter(k, l, q, want == DOWNTIME_CLOSED ? "close" : "advance", downtime_state_name(want), e);
}

static int reconcile(struct control *k, struct backlog *l, const struct asked *q, struct err *e)
{
	uint32_t n = 0, left = 0;
	int r = downtime_reconcile(k, q->chart, l, q->patient, q->d.by, &n, e);
	if (r == 0)
		r = downtime_left(l, false, &left, e);
	if (r == 0)
		printf(q->json ? "{\"reconciled\":%u,\"patientsLeft\":%u}\n" : "%u reconciled; of %u patients doses are left\n", n, left);
	return r;
}

/* They count as items like all others. That the register of them closes is another thing, which is said and holds nothing up. */
static int open_specimens(const struct asked *q, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct chart_specimens x = {0};
	int r = a ? chart_specimens(q->chart, a, &x, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && x.open)
		cli_note("holdfast: of %zu specimens that were written down %" PRIu64 " are open: never sent %" PRIu64 ", never received %" PRIu64 ", no result %" PRIu64 ", not delivered %" PRIu64 " (holdfast capture specimens)", x.n, x.open, x.by_open[CHART_SPECIMEN_NEVER_SENT],
		         x.by_open[CHART_SPECIMEN_NEVER_RECEIVED], x.by_open[CHART_SPECIMEN_NO_RESULT], x.by_open[CHART_SPECIMEN_NOT_DELIVERED]);
	return r;
}

static void missing_notes(struct backlog *l)
{
	struct err quiet = {0};
	uint32_t n = 0;
	if (downtime_notes(l, NULL, NULL, NULL, NULL, &n, &quiet) == 0 && n)
		cli_note("holdfast: of %u charts that were touched no downtime note was made: backload send makes and sends them in the state write", n);
}

/* ---- the command ---- */

static int act(struct site *s, struct control *k, struct backlog *l, const char *verb, const char *to, const struct asked *q, struct err *e)
{
	unsigned echoes = 0;
	if (!strcmp(verb, "doses")) {
		cli_record(s, &k, "list", NULL, "doses of the downtime", l->head);
		return doses(l, q, e);
	}
	if (!strcmp(verb, "status") || !strcmp(verb, "balance"))
		return show(s, l, q, !strcmp(verb, "balance"), e);
	int r = !strcmp(verb, "begin") ? begin(k, l, q, e) : backload_scan(s, k, l, &echoes, e);
	if (r == 0 && echoes) {
		backlog_done(l);
		r = backlog_load(s, l, e);
	}
	if (r == 0 && q->chart)
		r = backlog_persons(q->chart, l, e);
	if (r == 0 && !strcmp(verb, "reconcile"))
		return reconcile(k, l, q, e);
	if (r == 0 && strcmp(verb, "begin")) {
		r = open_specimens(q, e);
		if (r == 0)
			r = advance(k, l, q, to, e);
		if (r == 0 && l->downtime.state == DOWNTIME_WRITE)
			missing_notes(l);
	}
	if (r < 0) {
		if (r == ERR_NO && !q->json && (l->downtime.state == DOWNTIME_WRITE))
			say_balance(l);
		return r;
	}
	backlog_done(l);
	r = backlog_load(s, l, e);
	return r < 0 ? r : show(s, l, q, true, e);
}

static int work(struct site *s, const char *verb, const char *to, struct asked *q, struct err *e)
{
	AUTO_CLOSE int fd = -1;
	bool looks = !strcmp(verb, "status") || !strcmp(verb, "balance") || !strcmp(verb, "doses");
	struct backlog l = {0};
	struct control *k = NULL;
	int r = looks ? 0 : backload_lock(s, &fd, e);
	if (r == 0 && !looks && strcmp(verb, "begin"))
		r = cli_chart(s, &q->chart, &k, e);
	if (r == 0 && !k)
		r = control_open(s, true, &k, e);
	if (r == 0 && !looks)
		r = control_sends(k, e);
	if (r == 0 && q->chart)
		r = control_catch_up(k, e);
	if (r == 0)
		r = backlog_load(s, &l, e);
	if (r == 0)
		r = act(s, k, &l, verb, to, q, e);
	control_close(k);
	chart_close(q->chart);
	backlog_done(&l);
	return r;
}

static const char *const verbs[] = {"begin", "status", "advance", "balance", "close", "doses", "reconcile"};

int cmd_downtime(int argc, char **argv)
{
	static struct cli_args args;
	struct asked q = {.json = false};
	bool done, known = false;
	if (argc > 1 && !strcmp(argv[1], "calls"))
		return downtime_calls(argc - 1, argv + 1);
	struct downtime_numbers b = {.count = 0};
	const struct cli_opt opts[] = {
		CLI_DECISION_OPTS(q.d),
		{"unit", CLI_STRING, &q.unit, "UNIT", "begin: this unit alone, else the whole house; doses: of this unit; numbers: whose block it is"},
		{"patient", CLI_STRING, &q.patient, "ID", "reconcile: whose doses were compared with the EHR's record of doses; --by says who did"},
		{"unreconciled", CLI_FLAG, &q.unreconciled, NULL, "advance closed: although doses were given that the EHR does not know of; with --reason"},
		{"count", CLI_NUMBER, &b.count, "N", "numbers: how many (50)"},
		{"machine", CLI_STRING, &b.machine, "NAME", "numbers: what the block is bound to (this machine's id)"},
		{"json", CLI_FLAG, &q.json, NULL, "as JSON"},
	};
	int r = cli_parse(argc, argv, "downtime begin | status | advance [read-only|write|closed] | balance | doses | reconcile --patient ID --by NAME | numbers [check NUMBER] | calls import|list|mark --site DIR [--unit UNIT] [--reason TEXT] [--count N] [--machine NAME] [--json]",
	                  "A downtime goes from down to read-only (the EHR can be read again), write (it takes entries again) and closed. It is closed when of everything that was captured nothing is open and nothing unknown.\n"
	                  "balance: what became of it, by owner. doses: what each patient was given meanwhile, for the pharmacy before the first electronic dose; reconcile: a person has compared them. Without it, or the doses in the EHR, it does not go to write.\n"
	                  "numbers: gives a unit or a station a block of numbers for patients who have none, one a line; they are its own for ever. The last letter checks the others; check: whether a number was copied rightly.\n\n"
	                  "  calls  who has to be told of a cancelled appointment or a diversion, and what became of each call; it has options of its own",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	const char *verb = args.n ? args.v[0] : "", *to = args.n > 1 ? args.v[1] : NULL;
	if (!strcmp(verb, "numbers")) {
		b.site = q.d.site;
		b.unit = q.unit;
		b.json = q.json;
		return downtime_numbers(&b, args.n - 1, args.v + 1);
	}
	if (b.count || b.machine)
		return cli_usage("downtime: --count and --machine are for 'numbers'");
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		known = known || !strcmp(verb, verbs[i]);
	bool advances = !strcmp(verb, "advance"), closes = !strcmp(verb, "close"), reconciles = !strcmp(verb, "reconcile");
	if (reconciles != (q.patient != NULL) || (reconciles && (!q.d.by || !*q.d.by || !*q.patient)))
		return cli_usage("downtime reconcile: --patient ID and --by NAME say whose doses were compared, and who did it");
	if (q.unreconciled && ((!advances && !closes) || !q.d.reason || !*q.d.reason))
		return cli_usage("downtime: --unreconciled is for 'advance', and says with --reason why");
	if (!known || args.n > (advances ? 2u : 1u))
		return cli_usage("downtime: say 'begin', 'status', 'advance [STATE]', 'balance', 'doses', 'reconcile', 'numbers' or 'calls'");
	struct err e = {0};
	struct site s;
	if (cli_site(q.d.site, &s, &e) < 0)
		return cli_fail(&e);
	r = work(&s, closes ? "advance" : verb, closes ? "closed" : to, &q, &e);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : 0;
}
