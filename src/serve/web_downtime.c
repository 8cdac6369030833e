/* How far a downtime is and what became of what was captured in it; begun and taken a step on; and a person's word on captured items. The keeper judges a step (keeper_downtime.c), the fold of its acts what a word does to an item. */
#include "web_internal.h"
#include "downtime.h"

#include <inttypes.h>
#include <string.h>

#define WORDS_MAX 200 /* items of one request */

/* ---- whose word counts ---- */

/* Items are their owner's to look at. There is one role for all who give care, so what is not registration's is theirs. */
static bool speaks_for(const struct web_request *q, enum capture_owner o)
{
	if (!(q->session.may & MAY_BACKLOAD))
		return false;
	if (q->session.may & MAY_DOWNTIME)
		return true;
	return (o == OWNER_REGISTRATION) == ((q->session.may & MAY_IDENTITY) != 0);
}

/* ---- shown ---- */

static void add(struct downtime_balance *to, const uint64_t n[])
{
	uint64_t *const of[] = {[BACK_OPEN] = &to->open, [BACK_REVIEWED] = &to->open, [BACK_SENT_UNKNOWN] = &to->unknown, [BACK_FILED] = &to->filed, [BACK_ALREADY_THERE] = &to->already_there, [BACK_REFUSED] = &to->refused,
		[BACK_SUPERSEDED] = &to->superseded};
	for (size_t i = 0; i < ARRAY_LEN(of); i++) {
		*of[i] += n[i];
		to->items += n[i];
	}
}

static void put_balance(struct jsonw *w, const struct downtime_balance *b)
{
	jsonw_obj(w);
	jsonw_ku64(w, "items", b->items);
	jsonw_ku64(w, "filed", b->filed);
	jsonw_ku64(w, "already_there", b->already_there);
	jsonw_ku64(w, "refused", b->refused);
	jsonw_ku64(w, "superseded", b->superseded);
	jsonw_ku64(w, "unknown", b->unknown);
	jsonw_ku64(w, "open", b->open);
	jsonw_obj_end(w);
}

static void put_balances(struct jsonw *w, const struct chart_capture_counts *n)
{
	struct downtime_balance all = {0};
	for (int i = 0; n && i < OWNER_COUNT; i++)
		add(&all, n->n[i]);
	jsonw_key(w, "balance");
	if (n)
		put_balance(w, &all);
	else
		jsonw_null(w);
	jsonw_key(w, "byOwner");
	jsonw_obj(w);
	for (int i = 0; n && i < OWNER_COUNT; i++) {
		struct downtime_balance one = {0};
		add(&one, n->n[i]);
		jsonw_key(w, capture_owner_name((enum capture_owner)i));
		put_balance(w, &one);
	}
	jsonw_obj_end(w);
}

static void put_may(struct web_request *q, struct jsonw *w)
{
	jsonw_kbool(w, "mayDecide", q->session.may & MAY_DOWNTIME);
	jsonw_key(w, "mayReview");
	jsonw_arr(w);
	for (int i = 0; i < OWNER_COUNT; i++)
		if (speaks_for(q, (enum capture_owner)i))
			jsonw_str(w, capture_owner_name((enum capture_owner)i));
	jsonw_arr_end(w);
}

/* The downtime in what the keeper says of itself; NULL: answered. */
static const struct json_node *state_now(struct web_request *q)
{
	AUTO_BUF struct buf status = {0};
	const struct json_node *root;
	struct err e = {0};
	buf_init(&status, 16 << 20);
	if (keeper_status(q->w->keeper, &status, &e) < 0) {
		web_fail(q, &e);
		return NULL;
	}
	struct slice kept = arena_dup(q->a, buf_slice(&status)); /* what is read of it lies in it */
	root = kept.p ? web_said_json(q, kept) : NULL;
	const struct json_node *d = json_get(root, "downtime");
	if (!d && root)
		web_error(q, 503, "busy", "The site is being rebuilt: what downtime ran here is not known yet.");
	return d;
}

static const char *next_of(struct slice state)
{
	enum downtime_state s;
	if (!downtime_state_of(state, &s) || s == DOWNTIME_NONE || s == DOWNTIME_CLOSED)
		return downtime_state_name(DOWNTIME_DOWN);
	return downtime_state_name((enum downtime_state)((int)s + 1));
}

/* What is counted, and up to where the ledger was looked at for it; the counts are older than any entry from there on. false: the charts cannot be read. */
static bool counts_now(struct web_request *q, struct chart_capture_counts *ret, uint64_t *ret_as_of)
{
	struct chart_moment now;
	struct err e = {0};
	struct chart *c = web_chart(q);
	if (c && chart_now(c, &now, &e) == 0 && chart_capture_counts(c, ret, &e) == 0) {
		*ret_as_of = now.end;
		return true;
	}
	buf_reset(&q->out); /* that they cannot was answered already; how far the downtime is, is known all the same */
	q->status = q->retry_after = 0;
	return false;
}

static void show(struct web_request *q)
{
	struct chart_capture_counts counts;
	struct jsonw w;
	uint64_t as_of = 0;
	if (!web_may(q, MAY_BOARD))
		return;
	bool counted = counts_now(q, &counts, &as_of);
	const struct json_node *d = state_now(q);
	if (!d)
		return;
	buf_reset(&q->out);
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	for (const struct json_node *n = d->child; n; n = n->next)
		if (!slice_eq_str(n->key, "running") && !slice_eq_str(n->key, "closedEntry")) {
			jsonw_key_slice(&w, n->key);
			jsonw_raw(&w, n->raw);
		}
	jsonw_kstr(&w, "next", next_of(json_text(d, "state")));
	put_may(q, &w);
	if (counted)
		jsonw_ku64(&w, "asOf", as_of);
	put_balances(&w, counted ? &counts : NULL);
	jsonw_obj_end(&w);
	web_json(q, 200);
}

/* ---- doses that the EHR does not know of ---- */

static bool is_left(const struct chart_capture *x, uint64_t closed)
{
	enum backload_state s = x->back.state;
	return x->entry > closed && !x->replaced_by && !(x->flags & (CHART_CAPTURE_WITHDRAWAL | CHART_CAPTURE_UNREADABLE)) && !x->back.reconciled && s != BACK_FILED && s != BACK_ALREADY_THERE && s != BACK_SUPERSEDED;
}

static int doses(struct web_request *q, struct slice patient, struct chart_capture **ret, struct err *e)
{
	struct chart_captures_ask ask = {.owner = -1, .state = -1, .kind = CAPTURE_GIVEN, .patient = patient};
	uint64_t next;
	struct chart *c = web_chart(q);
	return c ? chart_captures(c, &ask, q->a, ret, &next, e) : err_set(e, ERR_BUSY, NULL, "the charts cannot be read now");
}

static uint64_t closed_of(const struct json_node *d)
{
	uint64_t n = 0;
	(void)!num_u64(json_text(d, "closedEntry"), 1, UINT64_MAX, &n);
	return n;
}

/* Before it is closed: false, and answered, while somebody got a dose that is neither in the EHR nor was compared. */
static bool is_reconciled(struct web_request *q)
{
	struct chart_capture *x = NULL;
	struct err e = {0};
	uint64_t left = 0;
	const struct json_node *d = state_now(q);
	if (!d)
		return false;
	if (strcmp(next_of(json_text(d, "state")), "closed") != 0)
		return true; /* a step that does not follow: the keeper says so */
	if (doses(q, SLICE_NULL, &x, &e) < 0) {
		web_fail(q, &e);
		return false;
	}
	for (; x; x = x->next)
		left += is_left(x, closed_of(d));
	if (left)
		web_error(q, 409, "reconcile", "%" PRIu64 " doses were given that are not in the EHR's record of doses. They are compared with it, patient by patient, or sent.", left);
	return !left;
}

/* ---- a step ---- */

/* Closed needs a balance without anything open or unknown, of charts that have seen every item: the keeper refuses it when one came after as_of. */
static bool may_close(struct web_request *q, const struct json_node *n, uint64_t *ret_as_of)
{
	struct chart_capture_counts counts;
	struct downtime_balance all = {0};
	uint64_t said;
	if (!counts_now(q, &counts, ret_as_of)) {
		web_error(q, 503, "busy", "The charts cannot be read now: what is open is not known.");
		return false;
	}
	for (int i = 0; i < OWNER_COUNT; i++)
		add(&all, counts.n[i]);
	if (num_u64(json_text(n, "asOf"), 0, UINT64_MAX, &said) == 0 && said < *ret_as_of)
		*ret_as_of = said; /* what the page has shown */
	if (!all.open && !all.unknown)
		return true;
	web_error(q, 409, "state", "Not closed: %" PRIu64 " of %" PRIu64 " items are open, and of %" PRIu64 " the outcome is unknown.", all.open, all.items, all.unknown);
	return false;
}

static void step(struct web_request *q)
{
	AUTO_BUF struct buf line = {0};
	struct keeper_stored s;
	struct err e = {0};
	struct jsonw w;
	uint64_t as_of = 0;
	const struct json_node *n = web_may(q, MAY_DOWNTIME) ? web_body(q) : NULL;
	const char *act = n ? web_text(q, n, "act", 16, false) : NULL, *reason = act ? web_text(q, n, "reason", 1000, strcmp(act, "begin") != 0) : NULL;
	const char *unit = reason ? web_text(q, n, "unit", 64, true) : NULL, *state = unit ? web_text(q, n, "state", 16, strcmp(act, "advance") != 0) : NULL;
	if (!state)
		return;
	bool begins = !strcmp(act, "begin"), closes = !begins && !strcmp(state, "closed");
	if (!begins && strcmp(act, "advance")) {
		web_error(q, 400, "input", "act is begin or advance.");
		return;
	}
	const struct json_node *over = json_get(n, "unreconciled");
	bool unreconciled = over && over->type == JSON_TRUE;
	if (unreconciled && !*reason) {
		web_error(q, 400, "input", "Say why it goes on although doses are not reconciled.");
		return;
	}
	if (closes && !may_close(q, n, &as_of))
		return;
	if (closes && !unreconciled && !is_reconciled(q))
		return;
	buf_init(&line, 1 << 16);
	jsonw_init(&w, &line);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", closes ? "close" : act);
	if (!begins)
		jsonw_kstr(&w, "state", state);
	if (*unit && begins)
		jsonw_kstr(&w, "unit", unit);
	if (*reason)
		jsonw_kstr(&w, "reason", reason);
	jsonw_kstr(&w, "by", q->session.user);
	if (unreconciled)
		jsonw_kbool(&w, "unreconciled", true);
	if (closes)
		jsonw_ku64(&w, "asOf", as_of);
	jsonw_obj_end(&w);
	int r = keeper_downtime_say(q->w->keeper, &q->who, LEDGER_DOWNTIME, buf_slice(&line), false, &s, &e);
	if (r == ERR_NO)
		web_error(q, 409, "state", "%s", e.text);
	else if (r < 0)
		web_fail(q, &e);
	else
		show(q);
}

/* ---- a word on items ---- */

struct word {
	const char *act, *as, *reason; /* as: of "resolved" */
};

/* What the word did, in the chart: of a list each by itself. */
static void put_word(struct web_request *q, struct jsonw *w, struct slice id, const char *why, uint64_t entry)
{
	struct chart_capture *x = NULL;
	struct err quiet = {0};
	struct chart *c = web_chart(q);
	bool found = c && chart_capture_by_id(c, id, q->a, &x, &quiet) == 0, changed = false;
	for (const struct chart_capture_act *a = found ? x->acts : NULL; a && !why; a = a->next)
		if (a->entry == entry)
			changed = a->counts;
	jsonw_obj(w);
	jsonw_kslice(w, "id", id);
	if (found)
		jsonw_kstr(w, "state", backload_state_name(x->back.state));
	jsonw_kbool(w, "changed", changed);
	if (!why)
		jsonw_ku64(w, "entry", entry);
	if (why || !changed)
		jsonw_kstr(w, "why", why ? why : "as it stands, that word changes nothing of it");
	jsonw_obj_end(w);
}

/* NULL: it is this person's to say. */
static const char *barred(struct web_request *q, struct slice id)
{
	struct chart_capture *x;
	struct err e = {0};
	struct chart *c = web_chart(q);
	if (!c || chart_capture_by_id(c, id, q->a, &x, &e) < 0)
		return c && e.code == ERR_NOT_FOUND ? "there is no captured item with that id" : "the charts cannot be read now";
	return speaks_for(q, x->owner) ? NULL : "it is another one's to say";
}

static int say(struct web_request *q, const struct word *word, struct slice id, bool wait, uint64_t *ret_entry, struct err *e)
{
	AUTO_BUF struct buf line = {0};
	struct keeper_stored s;
	struct jsonw w;
	buf_init(&line, 1 << 16);
	jsonw_init(&w, &line);
	jsonw_obj(&w);
	jsonw_kstr(&w, "act", word->act);
	jsonw_kslice(&w, "item", id);
	jsonw_kstr(&w, "by", q->session.user);
	if (word->as)
		jsonw_kstr(&w, "as", word->as);
	if (*word->reason)
		jsonw_kstr(&w, "reason", word->reason);
	jsonw_obj_end(&w);
	int r = keeper_downtime_say(q->w->keeper, &q->who, LEDGER_BACKLOAD, buf_slice(&line), wait, &s, e);
	if (r == 0)
		*ret_entry = s.seq;
	return r;
}

static size_t ids_of(struct web_request *q, const struct json_node *n, struct slice v[])
{
	const struct json_node *list = json_get(n, "items");
	size_t count = 0;
	for (const struct json_node *i = list ? list->child : NULL; i; i = i->next) {
		if (count == WORDS_MAX || i->type != JSON_STR || !i->value.n || i->value.n > CAPTURE_ID_MAX) {
			count = 0;
			break;
		}
		v[count++] = i->value;
	}
	if (!count)
		web_error(q, 400, "input", "items are the ids of 1 to %d captured items.", WORDS_MAX);
	return count;
}

static void words(struct web_request *q, const struct json_node *n, const struct word *word)
{
	struct slice id[WORDS_MAX];
	const char *why[WORDS_MAX];
	uint64_t entry[WORDS_MAX] = {0};
	struct jsonw w;
	size_t count = ids_of(q, n, id), last = 0;
	for (size_t i = 0; i < count; i++) {
		why[i] = barred(q, id[i]);
		last = why[i] ? last : i;
		if (q->status)
			return; /* there is no chart: answered */
	}
	for (size_t i = 0; i < count; i++) {
		struct err e = {0};
		if (!why[i] && say(q, word, id[i], i == last, &entry[i], &e) < 0) { /* what was said before stands, and the same again changes nothing of it */
			web_fail(q, &e);
			return;
		}
	}
	if (!count)
		return;
	buf_reset(&q->out);
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "items");
	jsonw_arr(&w);
	for (size_t i = 0; i < count; i++)
		put_word(q, &w, id[i], why[i], entry[i]);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	web_json(q, 200);
}

static void review(struct web_request *q)
{
	const struct json_node *n = web_may(q, MAY_BACKLOAD | MAY_CHART) ? web_body(q) : NULL, *refuse = json_get(n, "refuse");
	bool no = refuse && refuse->type == JSON_TRUE;
	struct word word = {.act = no ? "refused" : "reviewed"};
	word.reason = n ? web_text(q, n, "reason", 1000, !no) : NULL;
	if (word.reason)
		words(q, n, &word);
}

static void resolve(struct web_request *q)
{
	static const enum backload_state ends[] = {BACK_FILED, BACK_ALREADY_THERE, BACK_REFUSED, BACK_SUPERSEDED};
	const struct json_node *n = web_may(q, MAY_BACKLOAD | MAY_CHART) ? web_body(q) : NULL;
	struct word word = {.act = "resolved"};
	const char *as = n ? web_text(q, n, "as", 16, false) : NULL;
	word.reason = as ? web_text(q, n, "reason", 1000, false) : NULL;
	if (!word.reason)
		return;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (!strcmp(as, backload_state_name(ends[i])))
			word.as = as;
	if (!strcmp(as, "again"))
		word.act = "reopened";
	if (word.as || !strcmp(as, "again"))
		words(q, n, &word);
	else
		web_error(q, 400, "input", "as is filed, already_there, refused, superseded or again.");
}

/* Somebody has compared a patient's doses with the EHR's record of doses. */
static void reconcile(struct web_request *q)
{
	const struct json_node *n = web_may(q, MAY_BACKLOAD | MAY_CHART) ? web_body(q) : NULL, *d;
	const char *patient = n ? web_text(q, n, "patient", 128, false) : NULL;
	struct chart_capture *first = NULL;
	struct word word = {.act = "reconciled", .reason = ""};
	struct err e = {0};
	uint64_t entry, done = 0;
	if (!patient || !(d = state_now(q)))
		return;
	if (!speaks_for(q, OWNER_PHARMACY)) {
		web_error(q, 403, "denied", "That is for those who give care.");
		return;
	}
	int r = doses(q, slice_str(patient), &first, &e);
	const struct chart_capture *last = NULL;
	for (const struct chart_capture *x = first; x; x = x->next)
		last = is_left(x, closed_of(d)) ? x : last;
	for (const struct chart_capture *x = first; x && r == 0; x = x->next)
		if (is_left(x, closed_of(d)))
			done += (r = say(q, &word, x->id, x == last, &entry, &e)) == 0;
	if (r < 0) {
		web_fail(q, &e);
		return;
	}
	struct jsonw w;
	buf_reset(&q->out);
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "patient", patient);
	jsonw_ku64(&w, "reconciled", done);
	jsonw_obj_end(&w);
	web_json(q, 200);
}

void web_downtime(struct web_request *q, const char *path)
{
	if (!strcmp(path, "downtime") && q->method != WEB_POST)
		show(q);
	else if (!strcmp(path, "downtime"))
		step(q);
	else if (!strcmp(path, "backload/review") && web_post_only(q))
		review(q);
	else if (!strcmp(path, "downtime/reconcile") && web_post_only(q))
		reconcile(q);
	else if (!strcmp(path, "backload/resolve") && web_post_only(q))
		resolve(q);
	else if (!q->status)
		web_error(q, 404, "not-found", "Nothing is here.");
}
