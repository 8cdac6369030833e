/* A downtime as the keeper knows it: what a command and what a person at a page may hand in of it, and how far it is.
 *
 * A command's acts on captured items are not judged here: whether one fits what stands is decided where it is folded (downtime/backload_fold.c), and one that does not has no effect. A step of the downtime itself is (keeper_capture.c),
 * so that of two people who take it only one does. */
#include "contacts.h"
#include "downtime.h"
#include "keeper.h"

#define ACT_MAX ((size_t)64 << 10)
#define BODY_MAX ((size_t)4 << 20) /* with the message's bytes */

static bool is_one_of(struct slice s, const char *const *words)
{
	for (; *words; words++)
		if (slice_eq_str(s, *words))
			return true;
	return false;
}

int keeper_may_downtime(uint8_t kind, struct slice body, struct err *e)
{
	static const char *const states[] = {"begin", "advance", "close", "block", NULL};
	static const char *const acts[] = {"reviewed", "refused", "made", "sending", "not-sent", "unknown", "answer", "echo", "resolved", "reopened", "reconciled", NULL}, *const tests[] = {"deduplicates", "not-proven", NULL};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct slice rest, line = slice_cut(body, '\n', &rest);
	struct json_node *n;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (line.n > ACT_MAX || body.n > BODY_MAX)
		return err_set(e, ERR_LIMIT, NULL, "what is entered of a downtime is at most %zu bytes", BODY_MAX);
	int r = json_tree(line, a, &n, e);
	if (r < 0)
		return r;
	struct slice what = json_text(n, kind == LEDGER_DOWNTIME ? "what" : "act");
	bool known = is_one_of(what, kind == LEDGER_DOWNTIME ? states : acts);
	if (kind == LEDGER_BACKLOAD && !known)
		known = is_one_of(what, tests) && json_text(n, "to").n;
	else if (kind == LEDGER_BACKLOAD)
		known = json_text(n, "item").n > 0;
	if (rest.n && !slice_eq_str(what, "made"))
		known = false; /* bytes behind the line are a message's */
	return known ? 0 : err_set(e, ERR_DENIED, NULL, "no such entry of a downtime is a command's");
}

int keeper_may_calls(struct slice body, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)96 << 20);
	struct contact_calls_entry x;
	return a ? contact_calls_get(body, a, &x, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
}

/* ---- from the page ---- */

/* A command that sends has read what stands before it begins: what is said in between it would not know of. So while one is at it nothing that takes an item from it, or gives it one, is said. */
void op_sending(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	ch->sends = true; /* until it goes away; the answer waits for the disk, so what was said before is there to be read */
	size_t at = reply_begin(ch, f->tag);
	reply_end(ch, at);
}

static int is_sending(const struct keeper *k, struct err *e)
{
	for (const struct kchan *c = k->chans; c; c = c->next)
		if (c->sends && !c->dead)
			return err_set(e, ERR_BUSY, NULL, "captured items are being sent at this moment: say it again when that is done");
	return 0;
}

static int judge(struct keeper *k, const struct asker *who, uint8_t kind, struct slice body, struct err *e)
{
	static const char *const steps[] = {"begin", "advance", "close", NULL}, *const words[] = {"reviewed", "refused", "resolved", "reopened", "reconciled", NULL};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (body.n > ACT_MAX || memchr(body.p, '\n', body.n))
		return err_set(e, ERR_INPUT, NULL, "one line of at most %zu bytes", ACT_MAX);
	int r = json_tree(body, a, &n, e);
	if (r < 0)
		return r;
	bool step = kind == LEDGER_DOWNTIME;
	struct slice what = json_text(n, step ? "what" : "act");
	if (!(who->may & (step ? MAY_DOWNTIME : MAY_BACKLOAD)) || !is_one_of(what, step ? steps : words))
		return err_set(e, ERR_DENIED, NULL, "the role %s may not say that", who->role);
	if (!slice_eq_str(json_text(n, "by"), who->user))
		return err_set(e, ERR_DENIED, "by", "it is said by who has signed in");
	bool quiet = slice_eq_str(what, "reviewed") || slice_eq_str(what, "reconciled") || (step && !slice_eq_str(what, "close"));
	return quiet ? 0 : is_sending(k, e);
}

/* A mark on a call: whoever may write down what is done. Lists come by a command. */
static int judge_call(const struct asker *who, struct slice body, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct contact_calls_entry x;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (body.n > ACT_MAX)
		return err_set(e, ERR_INPUT, NULL, "one line of at most %zu bytes", ACT_MAX);
	int r = contact_calls_get(body, a, &x, e);
	if (r < 0)
		return r;
	if (!(who->may & MAY_CAPTURE) || !x.mark)
		return err_set(e, ERR_DENIED, NULL, "the role %s may not say that", who->role);
	return slice_eq_str(x.by, who->user) ? 0 : err_set(e, ERR_DENIED, "by", "it is said by who has signed in");
}

void op_downtime(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	int r = asker_read(k, ch, &c, 0, &who, &e);
	uint8_t kind = cur_u8(&c);
	bool wait = cur_u8(&c);
	struct slice body = cur_take(&c, cur_left(&c));
	if (c.failed || !body.n || (kind != LEDGER_DOWNTIME && kind != LEDGER_BACKLOAD && kind != LEDGER_CALLS)) {
		keeper_chan_drop(k, ch, "a bad word on a downtime");
		return;
	}
	if (r == 0)
		r = kind == LEDGER_CALLS ? judge_call(&who, body, &e) : judge(k, &who, kind, body, &e);
	if (r < 0)
		reply_err(ch, f->tag, &e);
	else
		keeper_store_for_web(k, ch, f->tag, &who, kind, "web", body, kind == LEDGER_CALLS, wait); /* the same mark of the same moment, sent again because its answer was lost, is one */
}

/* ---- shown, and kept with the accounts' cache ---- */

void keeper_downtime_put(const struct downtime *d, bool exact, struct jsonw *w)
{
	jsonw_obj(w);
	jsonw_kstr(w, "state", downtime_state_name(d->state));
	jsonw_kbool(w, "running", downtime_running(d));
	if (d->state != DOWNTIME_NONE) {
		jsonw_ktime(w, "since", d->since);
		jsonw_ktime(w, "at", d->at);
		jsonw_ku64(w, "entry", d->entry);
		jsonw_kstr(w, "reason", d->reason);
		jsonw_kstr(w, "by", d->by);
	}
	if (exact && d->state != DOWNTIME_NONE) {
		jsonw_ki64(w, "sinceNs", d->since);
		jsonw_ki64(w, "atNs", d->at);
	}
	if (d->closed)
		jsonw_ku64(w, "closedEntry", d->closed);
	jsonw_key(w, "units"); /* none named: the whole house */
	jsonw_arr(w);
	for (uint32_t i = 0; i < d->units; i++)
		jsonw_str(w, d->unit[i]);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

static bool put_text(char *to, size_t size, struct slice s)
{
	if (s.n >= size)
		return false;
	if (s.n)
		memcpy(to, s.p, s.n);
	to[s.n] = 0;
	return true;
}

bool keeper_downtime_load(const struct json_node *n, struct downtime *ret)
{
	struct downtime d = {.state = DOWNTIME_NONE};
	const struct json_node *units = json_get(n, "units");
	if (!n || !downtime_state_of(json_text(n, "state"), &d.state))
		return false;
	if (d.state != DOWNTIME_NONE && (num_i64(json_text(n, "sinceNs"), INT64_MIN, INT64_MAX, &d.since) < 0 || num_i64(json_text(n, "atNs"), INT64_MIN, INT64_MAX, &d.at) < 0 || num_u64(json_text(n, "entry"), 0, UINT64_MAX, &d.entry) < 0 ||
	                                 !put_text(d.reason, sizeof d.reason, json_text(n, "reason")) || !put_text(d.by, sizeof d.by, json_text(n, "by"))))
		return false;
	(void)!num_u64(json_text(n, "closedEntry"), 1, UINT64_MAX, &d.closed);
	for (const struct json_node *u = units ? units->child : NULL; u; u = u->next)
		if (d.units == DOWNTIME_UNITS_MAX || !put_text(d.unit[d.units++], sizeof d.unit[0], u->value))
			return false;
	*ret = d;
	return true;
}
