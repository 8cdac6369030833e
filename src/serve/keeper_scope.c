/* Cases, asked over the web and said there and by commands: read before it is stored, so that no entry is there that nobody can fold. */
#include "keeper.h"
#include "scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASE_MEMORY ((size_t)64 << 20)
#define CASES_MAX 1000

int keeper_may_scope(struct slice body, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)8 << 20);
	struct scope_act act;
	return a ? scope_act_get(body, a, &act, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
}

/* ---- asked ---- */

struct asking {
	struct keeper *k;
	struct slice name;     /* one case; empty: the list of them */
	struct scope_case **c; /* as they are met */
	size_t n, most;
};

static struct scope_case *case_of(struct asking *q, struct slice name)
{
	for (size_t i = 0; i < q->n; i++)
		if (slice_eq(q->c[i]->name, name))
			return q->c[i];
	if (q->n == q->most || !(q->c[q->n] = scope_case_new(name, CASE_MEMORY)))
		return NULL;
	return q->c[q->n++];
}

/* What was sent or told of a case stands behind its own entries: of one that was not met nothing is said. */
static int one_sent(struct asking *q, const struct ledger_entry *en, struct err *e)
{
	for (size_t i = 0; i < q->n; i++) {
		int r = scope_case_sent(q->c[i], en->seq, en->leaf.time, en->body, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Leaves only come from the scan: bodies of these alone are opened. */
static int one_entry(void *arg, const struct ledger_entry *leaf, struct err *e)
{
	struct asking *q = arg;
	AUTO_ARENA struct arena *a = arena_new((size_t)8 << 20);
	struct ledger_entry en;
	struct scope_act act;
	struct err quiet = {0};
	int r = a ? ledger_read(q->k->l, leaf->seq, &en, &quiet) : ERR_MEMORY;
	if (r == ERR_ERASED)
		return 0;
	if (r < 0) {
		*e = quiet;
		return a ? r : err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	if (en.leaf.kind == LEDGER_NOTICE)
		return one_sent(q, &en, e);
	if (scope_act_get(en.body, a, &act, &quiet) < 0 || (q->name.n && !slice_eq(q->name, act.name)))
		return 0;
	struct scope_case *c = case_of(q, act.name);
	if (!c)
		return err_set(e, ERR_LIMIT, NULL, "there are more cases than are shown at once");
	r = scope_case_add(c, en.seq, en.leaf.time, en.body, NULL, e);
	return r == ERR_EXISTS ? 0 : r;
}

static void put_short(const struct scope_case *c, struct jsonw *w)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)16 << 20);
	struct scope_many m = {0};
	if (a)
		scope_case_many(c, a, &m);
	jsonw_obj(w);
	jsonw_kslice(w, "case", c->name);
	jsonw_kslice(w, "title", c->title);
	jsonw_ktime(w, "opened", c->opened);
	jsonw_ktime(w, "from", c->from);
	jsonw_ktime(w, "to", c->to);
	if (c->discovered != INT64_MIN)
		jsonw_ktime(w, "discovered", c->discovered);
	jsonw_ku64(w, "runs", c->run_n);
	if (c->run_n)
		jsonw_ktime(w, "listed", c->run[0].time); /* since then there is a list of persons */
	struct slice written = a ? scope_case_notified(c, a) : SLICE_NULL;
	if (written.n)
		jsonw_kslice(w, "written", written); /* the first letters went */
	if (m.known) {
		jsonw_ku64(w, "low", m.low);
		if (m.point_known)
			jsonw_ku64(w, "point", m.point);
		if (m.high_known)
			jsonw_ku64(w, "high", m.high);
		jsonw_kbool(w, "complete", !m.running);
	}
	jsonw_obj_end(w);
}

static int answer(struct asking *q, struct buf *b, struct err *e)
{
	struct jsonw w;
	int r = ledger_scan_kinds(q->k->l, 0, ledger_durable(q->k->l), LEDGER_KIND_BIT(LEDGER_SCOPE) | LEDGER_KIND_BIT(LEDGER_NOTICE), one_entry, q, e);
	if (r < 0)
		return r;
	jsonw_init(&w, b);
	if (q->name.n) {
		AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
		if (!q->n || !scope_case_exists(q->c[0]))
			return err_set(e, ERR_NOT_FOUND, NULL, "there is no case of this name");
		if (!a)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		scope_case_json(q->c[0], a, &w);
	} else {
		jsonw_obj(&w);
		jsonw_key(&w, "cases");
		jsonw_arr(&w);
		for (size_t i = 0; i < q->n; i++)
			if (scope_case_exists(q->c[i]))
				put_short(q->c[i], &w);
		jsonw_arr_end(&w);
		jsonw_obj_end(&w);
	}
	return buf_ok(b) ? 0 : err_set(e, ERR_LIMIT, NULL, "the case is too large to show at once; `holdfast scope case status` shows it");
}

void op_scope_ask(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	AUTO_BUF struct buf b = {0};
	struct asking q = {.k = k, .most = CASES_MAX};
	int r = asker_read(k, ch, &c, MAY_SCOPE, &who, &e);
	struct slice name = cur_take(&c, cur_left(&c));
	if (c.failed) {
		keeper_chan_drop(k, ch, "a bad question about cases");
		return;
	}
	buf_init(&b, FRAME_VAULT - 1024);
	if (r == 0 && name.n && !scope_name_ok(name))
		r = err_set(&e, ERR_INPUT, NULL, "no case has such a name");
	q.name = name;
	if (r == 0 && !(q.c = calloc(q.most, sizeof *q.c)))
		r = err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = answer(&q, &b, &e);
	for (size_t i = 0; i < q.n; i++)
		scope_case_free(q.c[i]);
	free(q.c);
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	buf_add_slice(&ch->c.out, buf_slice(&b));
	reply_end(ch, at);
}

int keeper_scope_case(struct keeper *k, struct slice name, struct scope_case **ret, struct err *e)
{
	struct scope_case *room[1] = {0};
	struct asking q = {.k = k, .name = name, .most = 1, .c = room};
	if (!scope_name_ok(name))
		return err_set(e, ERR_INPUT, NULL, "no case has such a name");
	int r = ledger_scan_kinds(k->l, 0, ledger_durable(k->l), LEDGER_KIND_BIT(LEDGER_SCOPE) | LEDGER_KIND_BIT(LEDGER_NOTICE), one_entry, &q, e);
	if (r == 0 && (!q.n || !scope_case_exists(room[0])))
		r = err_set(e, ERR_NOT_FOUND, NULL, "there is no case of this name");
	if (r < 0) {
		if (q.n)
			scope_case_free(room[0]);
		return r;
	}
	*ret = room[0];
	return 0;
}

/* ---- said: questions, assessments, decisions, pairs; the rest is a command's ---- */

void op_scope_say(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	struct scope_act act = {.what = -1};
	AUTO_ARENA struct arena *a = arena_new((size_t)8 << 20);
	int r = asker_read(k, ch, &c, MAY_SCOPE, &who, &e);
	bool wait = cur_u8(&c);
	struct slice body = cur_take(&c, cur_left(&c));
	if (c.failed) {
		keeper_chan_drop(k, ch, "a bad word on a case");
		return;
	}
	if (r == 0)
		r = a ? scope_act_get(body, a, &act, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && act.what != SCOPE_QUESTION && act.what != SCOPE_ASSESS && act.what != SCOPE_DECIDE && act.what != SCOPE_PAIR)
		r = err_set(&e, ERR_DENIED, NULL, "that is brought by a command");
	if (r == 0 && !slice_eq_str(act.by, who.user))
		r = err_set(&e, ERR_DENIED, "by", "what is said of a case is said by who has signed in");
	struct scope_case *there = NULL;
	if (r == 0)
		r = keeper_scope_case(k, act.name, &there, &e);
	scope_case_free(there);
	if (r < 0)
		reply_err(ch, f->tag, &e);
	else
		keeper_store_for_web(k, ch, f->tag, &who, LEDGER_SCOPE, "web", body, true, wait);
}
