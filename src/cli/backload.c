/* holdfast backload: what wards wrote down while the EHR was away, on its way back. list, review and a person's word are here; backload_send.c sends, backload_scan.c looks for the EHR's echo, backload_prove.c tests a destination. */
#include "backload_cmd.h"

#include <inttypes.h>
#include <unistd.h>

/* ---- which ---- */

static bool known_owner(const char *s)
{
	for (int i = 0; i < OWNER_COUNT; i++)
		if (!strcmp(s, capture_owner_name((enum capture_owner)i)))
			return true;
	return false;
}

static bool known_state(const char *s)
{
	for (int i = 0; i <= BACK_SUPERSEDED; i++)
		if (!strcmp(s, backload_state_name((enum backload_state)i)))
			return true;
	return false;
}

int backload_which_check(const struct backload_which *w, const struct backlog *l)
{
	if (w->owner && !known_owner(w->owner))
		return cli_usage("--owner: '%s' owns nothing: registration, pharmacy, laboratory, imaging or nursing", w->owner);
	if (w->state && !known_state(w->state))
		return cli_usage("--state: '%s' is no state: open, reviewed, unknown, filed, already_there, refused or superseded", w->state);
	for (size_t i = 0; l && i < w->items.n; i++)
		if (!backlog_find(l, slice_str(w->items.v[i])))
			return cli_usage("there is no captured item '%s'; holdfast backload list shows them", w->items.v[i]);
	return 0;
}

bool backload_wanted(const struct backload_which *w, const struct backlog_item *it)
{
	bool named = !w->items.n;
	for (size_t i = 0; i < w->items.n && !named; i++)
		named = slice_eq_str(it->id, w->items.v[i]) || slice_eq_str(it->number, w->items.v[i]);
	return named && (!w->owner || !strcmp(w->owner, capture_owner_name(it->owner))) && (!w->unit || slice_eq_str(it->unit, w->unit)) && (!w->state || !strcmp(w->state, backload_state_name(it->counts)));
}

/* ---- what is shown ---- */

static const char *kind_of(const struct backlog_item *it)
{
	return it->unreadable ? "unreadable" : capture_kind_name(it->kind);
}

void backload_json(struct jsonw *w, const struct backlog_item *it)
{
	jsonw_kslice(w, "id", it->id);
	jsonw_kstr(w, "kind", kind_of(it));
	jsonw_kslice(w, "person", it->patient);
	if (it->kind == CAPTURE_MERGE) {
		jsonw_kstr(w, "op", it->apart ? "unmerge" : "merge");
		jsonw_kslice(w, "of", it->named);
	}
	jsonw_kstr(w, "owner", capture_owner_name(it->owner));
	jsonw_kslice(w, "unit", it->unit);
	jsonw_kstr(w, "state", backload_state_name(it->counts));
	jsonw_kstr(w, "control_id", it->b.control_id);
	jsonw_kstr(w, "ack", it->b.ack);
	jsonw_kstr(w, "to", it->b.to);
	jsonw_ku64(w, "tries", it->b.tries);
	jsonw_kstr(w, "why", it->b.why);
	jsonw_ku64(w, "entry", it->entry);
	if (it->b.echo)
		jsonw_ku64(w, "echo", it->b.echo);
	jsonw_ktime(w, "occurred", it->occurred);
	jsonw_kslice(w, "by", it->by);
}

static void show(const struct backlog_item *it, bool json)
{
	char t[32];
	if (json) {
		AUTO_BUF struct buf b = {0};
		struct jsonw w;
		buf_init(&b, 1 << 16);
		jsonw_init(&w, &b);
		jsonw_obj(&w);
		backload_json(&w, it);
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&b));
		return;
	}
	cli_cell(stdout, it->id, 18);
	printf(" %-12s %-12s %-13s %s  ", kind_of(it), capture_owner_name(it->owner), it->counts == BACK_SENT_UNKNOWN ? "UNKNOWN" : backload_state_name(it->counts), time_rfc3339(it->occurred, 0, t));
	cli_slice(stdout, it->patient);
	if (it->kind == CAPTURE_MERGE) {
		printf(it->apart ? " without " : " is also ");
		cli_slice(stdout, it->named);
	}
	if (it->b.control_id[0])
		printf("  %s%s%s", it->b.control_id, it->b.ack[0] ? " " : "", it->b.ack);
	if (it->b.why[0]) {
		printf(": ");
		cli_slice(stdout, slice_str(it->b.why));
	}
	printf("\n");
}

static void show_balance(const struct backlog *l)
{
	struct downtime_balance b;
	backlog_balance(l, -1, &b);
	printf("%" PRIu64 " items: %" PRIu64 " filed, %" PRIu64 " already there, %" PRIu64 " refused, %" PRIu64 " superseded, %" PRIu64 " UNKNOWN, %" PRIu64 " open\n", b.items, b.filed, b.already_there, b.refused, b.superseded, b.unknown, b.open);
}

static int list(struct backlog *l, const struct backload_which *which, bool json)
{
	int r = backload_which_check(which, l);
	for (uint32_t i = 0; r == 0 && i < l->n; i++)
		if (backload_wanted(which, &l->items[i]))
			show(&l->items[i], json);
	if (r == 0 && !json)
		show_balance(l);
	return r;
}

/* ---- a person's word ---- */

struct word {
	const char *act, *as; /* as: of "resolved" */
	struct cli_decision d;
};

static int say_word(struct control *k, const struct word *word, struct backlog_item *it, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct backload before = it->b;
	buf_init(&b, 1 << 16);
	backload_begin(&w, &b, word->act, it);
	if (word->d.by)
		jsonw_kstr(&w, "decidedBy", word->d.by);
	if (word->as)
		jsonw_kstr(&w, "as", word->as);
	if (word->d.reason)
		jsonw_kstr(&w, "reason", word->d.reason);
	jsonw_obj_end(&w);
	int r = backload_enter(k, &b, it, e);
	if (r == 0 && it->b.state == before.state && it->b.reviewed == before.reviewed && it->b.person == before.person && !strcmp(it->b.why, before.why))
		r = err_set(e, ERR_NO, NULL, "item %.*s is %s: that word changes nothing of it", SLICE_FMT(it->id), backload_state_name(it->counts));
	return r;
}

/* Those that the word is for: of a review everything open that was asked for, else the items that were named. */
static int each_word(struct control *k, struct backlog *l, const struct word *word, const struct backload_which *which, bool json)
{
	bool review = !strcmp(word->act, "reviewed");
	int status = 0;
	uint32_t n = 0;
	for (uint32_t i = 0; i < l->n; i++) {
		struct backlog_item *it = &l->items[i];
		struct err e = {0};
		if (!backload_wanted(which, it) || (review && it->counts != BACK_OPEN))
			continue;
		int r = say_word(k, word, it, &e);
		if (r < 0) {
			int s = cli_fail(&e);
			status = s > status ? s : status;
			if (r != ERR_NO)
				break;
			continue;
		}
		n++;
		backlog_count(l);
		show(it, json);
	}
	if (!json)
		printf("%u %s\n", n, review ? "reviewed" : "changed");
	return status;
}

/* ---- the command ---- */

static int work(struct site *s, const char *verb, const struct word *word, const struct backload_which *which, bool json)
{
	AUTO_CLOSE int fd = -1;
	struct backlog l = {0};
	struct control *k = NULL;
	struct err e = {0};
	bool lists = !strcmp(verb, "list");
	int status = 0, r = lists ? 0 : backload_lock(s, &fd, &e);
	if (r == 0)
		r = control_open(s, true, &k, &e);
	if (r == 0 && !lists)
		r = control_sends(k, &e);
	if (r == 0)
		r = backlog_load(s, &l, &e);
	if (r == 0 && lists) {
		cli_record(s, &k, "list", NULL, "captured items", l.head);
		status = list(&l, which, json);
	} else if (r == 0) {
		status = backload_which_check(which, &l);
		if (status == 0)
			status = each_word(k, &l, word, which, json);
	}
	control_close(k);
	backlog_done(&l);
	return r < 0 ? cli_fail(&e) : status;
}

/* The way in which a person can settle one. */
static int word_of(const char *verb, const char *as, struct word *w)
{
	if (!strcmp(verb, "review")) {
		w->act = w->d.reason ? "refused" : "reviewed"; /* refused at review: with the reason */
		return 0;
	}
	if (!as || !*as)
		return cli_usage("backload resolve: --as is missing: filed, already_there, refused, superseded, or again (it is not there: it is sent again)");
	bool again = !strcmp(as, "again");
	if (!again && strcmp(as, "filed") && strcmp(as, "already_there") && strcmp(as, "already-there") && strcmp(as, "refused") && strcmp(as, "superseded"))
		return cli_usage("backload resolve: --as: '%s' is not one of filed, already_there, refused, superseded and again", as);
	w->act = again ? "reopened" : "resolved";
	w->as = again ? NULL : !strcmp(as, "already-there") ? "already_there" : as;
	return cli_reason_given(&w->d, "backload", "resolve");
}

static int backload_words(int argc, char **argv, const char *verb)
{
	static struct cli_args args;
	static struct backload_which which;
	struct word word = {0};
	const char *as = NULL;
	bool json = false, refuse = false, done;
	which = (struct backload_which){0};
	const struct cli_opt opts[] = { /* resolve: the first five; list: site to state; review: all but the first */
		{"as", CLI_STRING, &as, "HOW", "filed, already_there, refused or superseded; again: it is not there, and is sent again"},
		{"reason", CLI_STRING, &word.d.reason, "TEXT", "why: it is recorded"},
		{"by", CLI_STRING, &word.d.by, "NAME", "who decided, when it is not you"},
		{"site", CLI_STRING, &word.d.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"json", CLI_FLAG, &json, NULL, "a JSON object an item"},
		{"owner", CLI_STRING, &which.owner, "WHO", "registration, pharmacy, laboratory, imaging or nursing"},
		{"unit", CLI_STRING, &which.unit, "UNIT", "written down there"},
		{"state", CLI_STRING, &which.state, "STATE", "open, reviewed, unknown, filed, already_there, refused or superseded"},
		{"refuse", CLI_FLAG, &refuse, NULL, "what is named is not sent; with --reason"},
	};
	static const struct {
		const char *verb, *usage, *about;
		size_t first, n;
	} verbs[] = {
		{"list", "backload list [ID...] --site DIR [--owner WHO] [--unit UNIT] [--state STATE] [--json]", "What wards wrote down while the EHR was away, and what became of each item.", 3, 5},
		{"review", "backload review [ID...] --site DIR [--owner WHO] [--unit UNIT] [--json] [--refuse --reason TEXT]", "Its owner has looked at what is open: all of it, of an owner or a unit, or the items that are named. --refuse: those are not sent.", 1, 8},
		{"resolve", "backload resolve ID... --as HOW --reason TEXT --site DIR [--by NAME] [--json]", "A person's word on items whose outcome is unknown, that were refused, or that no message can bring back.", 0, 5},
	};
	size_t v = !strcmp(verb, "list") ? 0 : !strcmp(verb, "review") ? 1 : 2;
	int r = cli_parse(argc, argv, verbs[v].usage, verbs[v].about, opts + verbs[v].first, verbs[v].n, &args, &done);
	if (r || done)
		return r;
	bool lists = !strcmp(verb, "list");
	for (size_t i = 0; i < args.n; i++) {
		if (which.items.n == ARRAY_LEN(which.items.v))
			return cli_usage("backload %s: at most %zu items are named at once", verb, ARRAY_LEN(which.items.v));
		which.items.v[which.items.n++] = args.v[i];
	}
	if (!lists && !strcmp(verb, "resolve") && !which.items.n)
		return cli_usage("backload resolve: which items? holdfast backload list --state unknown shows those that wait");
	if (refuse && (!word.d.reason || !which.items.n))
		return cli_usage("backload review --refuse: name the items, and say why with --reason");
	if (!lists && (r = word_of(verb, as, &word)))
		return r;
	if (!lists && !strcmp(verb, "review"))
		word.act = refuse ? "refused" : "reviewed";
	if ((r = backload_which_check(&which, NULL)))
		return r;
	struct err e = {0};
	struct site s;
	if (cli_site(word.d.site, &s, &e) < 0)
		return cli_fail(&e);
	r = work(&s, verb, &word, &which, json);
	site_close(&s);
	return r;
}

static int scan_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL;
	bool json = false, done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"json", CLI_FLAG, &json, NULL, "as JSON"},
	};
	int r = cli_parse(argc, argv, "backload scan --site DIR [--json]", "Looks through what the EHR's feed has sent since for our own numbers: what shows one has reached the EHR. list's states then say so; send does it by itself, first.", opts, ARRAY_LEN(opts),
	                  &args, &done);
	if (r || done)
		return r;
	AUTO_CLOSE int fd = -1;
	struct err e = {0};
	struct site s;
	struct backlog l = {0};
	struct control *k = NULL;
	unsigned n = 0;
	if (cli_site(site, &s, &e) < 0)
		return cli_fail(&e);
	r = backload_lock(&s, &fd, &e);
	if (r == 0)
		r = control_open(&s, true, &k, &e);
	if (r == 0)
		r = control_sends(k, &e);
	if (r == 0)
		r = backlog_load(&s, &l, &e);
	if (r == 0)
		r = backload_scan(&s, k, &l, &n, &e);
	if (r == 0)
		printf(json ? "{\"echoes\":%u}\n" : "%u of the items were seen in the EHR's feed\n", n);
	control_close(k);
	backlog_done(&l);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : 0;
}

static int list_cmd(int argc, char **argv)
{
	return backload_words(argc, argv, "list");
}

static int review_cmd(int argc, char **argv)
{
	return backload_words(argc, argv, "review");
}

static int resolve_cmd(int argc, char **argv)
{
	return backload_words(argc, argv, "resolve");
}

static const struct cli_command verbs_of_backload[] = {
	{"list", "what was captured, and what became of it", list_cmd},
	{"review", "its owner has looked at it, or refuses it", review_cmd},
	{"send", "back to the EHR, over MLLP", backload_send_cmd},
	{"resolve", "a person's word on one whose outcome is unknown", resolve_cmd},
	{"scan", "look in the EHR's feed for our numbers", scan_cmd},
	{"prove", "whether a destination sees that it gets the same message twice", backload_prove_cmd},
};

int cmd_backload(int argc, char **argv)
{
	return cli_verbs(argc, argv, "backload", "What wards wrote down while the EHR was away, back into it, each item once.", verbs_of_backload, ARRAY_LEN(verbs_of_backload));
}
