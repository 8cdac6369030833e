/* keeper_gate_ask: what is asked of links, by commands and pages: who may, and what becomes of it. */
#include "keeper_gate.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

/* Whose token it is; without one, the system's user that runs the command. */
static int who_asks(struct keeper *k, struct kchan *ch, const char *token, const struct json_node *n, struct gate_asker *ret, struct err *e)
{
	struct gate_asker who = {.person = false};
	if (token[0]) {
		const struct token *t = accounts_token(k, token);
		const struct account *u = t && t->user[0] ? accounts_user(k, t->user) : NULL;
		if (!t || (t->user[0] && (!u || u->disabled)))
			return err_set(e, ERR_DENIED, "HOLDFAST_TOKEN", "this token is not known, or no longer");
		if (u) {
			who.person = true;
			kg_copy_text(who.user, sizeof who.user, slice_str(u->user));
			kg_copy_text(who.role, sizeof who.role, slice_str(u->role));
			*ret = who;
			return 0;
		}
	}
	char name[41];
	kg_copy_text(name, sizeof name, json_text(n, "who"));
	for (char *p = name; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			*p = '_';
	snprintf(who.user, sizeof who.user, "%s (uid %u)", name[0] ? name : "user", ch->uid);
	snprintf(who.role, sizeof who.role, "command");
	*ret = who;
	return 0;
}

/* closed: it begins CUT, and needs its stages to be opened. */
static int add_link(struct keeper *k, const struct gate_link *l, bool closed, const struct gate_asker *who, struct err *e)
{
	struct act a = {.what = "add", .by = who->user, .role = who->role};
	struct klink *x = kg_find_or_make(k, l);
	if (!x)
		return err_set(e, ERR_LIMIT, NULL, "at most %d links", GATE_LINKS_MAX);
	x->st = (struct gate_standing){.state = closed ? GATE_CUT : GATE_OPEN, .back = GATE_CUT, .since = time_now()};
	int r = kg_record_act(k, x, &a, e);
	if (r < 0) { /* nothing is open that no entry says */
		kg_drop_link(k, x);
		return r;
	}
	if (k->gate->ch)
		kg_put_link_frame(k, &k->gate->later, x);
	if (closed)
		keeper_cutter_later(k); /* in the kernel, too */
	return 0;
}

static int change_link(struct keeper *k, struct klink *x, const struct gate_link *l, const struct gate_asker *who, struct err *e)
{
	struct act a = {.what = "change", .by = who->user, .role = who->role};
	struct gate_link before = x->l;
	uint32_t met = x->met;
	x->l = *l;
	x->met = 0;
	int r = kg_record_act(k, x, &a, e);
	if (r < 0) {
		x->l = before;
		x->met = met;
		return r;
	}
	x->certs.n = x->certs_before.n = 0; /* the next that are shown are another link's */
	if (k->gate->ch)
		kg_put_link_frame(k, &k->gate->later, x);
	k->gate->keys_stale = true;
	keeper_cutter_later(k);
	return 0;
}

/* What is changed or removed stands still: cut, and nothing waits for it. */
static int still(const struct klink *x, const char *what, struct err *e)
{
	if (x->st.state != GATE_CUT)
		return err_set(e, ERR_NO, x->l.name, "this link is %s: cut it before it is %s", gate_state_name(x->st.state), what);
	if (x->held_n)
		return err_set(e, ERR_NO, x->l.name, "%zu messages wait for this link: they are sent when it is reopened, and only then it can be %s", x->held_n, what);
	return 0;
}

static bool among(const struct gate_link *l, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(l[i].name, name))
			return true;
	return false;
}

/* May all of these be? fresh: none of them is there yet. */
static int may_set(struct keeper *k, const struct gate_link *l, size_t n, bool fresh, struct err *e)
{
	size_t count = k->gate ? k->gate->count : 0, more = 0;
	int r = 0;
	for (size_t i = 0; i < n && r == 0; i++) {
		struct klink *x = kg_find(k, slice_str(l[i].name));
		more += !x;
		if (x && fresh)
			return err_set(e, ERR_EXISTS, NULL, "there is a link of the name %s", l[i].name);
		if (x && !gate_link_same(&x->l, &l[i]))
			r = still(x, "changed", e);
		for (size_t j = 0; j < i && r == 0; j++)
			if (!strcmp(l[j].name, l[i].name) || !strcmp(l[j].listen, l[i].listen))
				r = err_set(e, ERR_EXISTS, l[i].name, "two links of one name, or that listen on one address");
		for (size_t j = 0; j < count && r == 0; j++)
			if (!strcmp(k->gate->links[j]->l.listen, l[i].listen) && !among(l, n, k->gate->links[j]->l.name))
				r = err_set(e, ERR_EXISTS, "--listen", "the link %s listens there", k->gate->links[j]->l.name);
	}
	return r == 0 && count + more > GATE_LINKS_MAX ? err_set(e, ERR_LIMIT, NULL, "at most %d links", GATE_LINKS_MAX) : r;
}

static int do_add(struct keeper *k, const struct json_node *n, const struct gate_asker *who, struct err *e)
{
	struct gate_link l;
	int r = gate_link_read(n, &l, e);
	if (r == 0)
		r = may_set(k, &l, 1, true, e);
	return r == 0 ? add_link(k, &l, kg_truth(n, "closed"), who, e) : r;
}

/* The keys of certificates that are new, durable before the entry that names them; of one that is not said again it must lie here. */
static int keep_keys(struct keeper *k, const struct json_node *list, const struct gate_link *l, struct err *e)
{
	size_t i = 0;
	int r = 0;
	for (const struct json_node *v = list->child; v && r == 0; v = v->next, i++) {
		struct slice key = json_text(v, "tlsKey");
		AUTO_BUF struct buf b = {0};
		if (!l[i].tls.cert[0] && key.n)
			r = err_set(e, ERR_USAGE, "--tls-key", "a key goes with its certificate: --tls-cert");
		else if (key.n)
			r = link_key_store(k, l[i].tls.cert, key, e);
		else if (l[i].tls.cert[0] && link_key_load(k, l[i].tls.cert, &b) < 0)
			r = err_set(e, ERR_USAGE, "--tls-key", "the key of the certificate of %s is not here: say it with --tls-cert and --tls-key", l[i].name);
	}
	return r;
}

/* Links of a file: looked at as a whole before the first of them is changed, and entered in one round, which the ledger commits whole or not at all. */
static int do_set(struct keeper *k, const struct json_node *n, const struct gate_asker *who, struct buf *ret, struct err *e)
{
	const struct json_node *list = json_get(n, "links");
	size_t count = list ? list->count : 0, i = 0, added = 0, changed = 0;
	struct gate_link *l = count && count <= GATE_LINKS_MAX ? calloc(count, sizeof *l) : NULL;
	int r = l ? 0 : err_set(e, ERR_LIMIT, NULL, "1 to %d links", GATE_LINKS_MAX);
	for (const struct json_node *v = l ? list->child : NULL; v && r == 0; v = v->next)
		r = gate_link_read(v, &l[i++], e);
	if (r == 0)
		r = may_set(k, l, count, kg_truth(n, "fresh"), e);
	if (r == 0)
		r = keep_keys(k, list, l, e);
	const struct json_node *said = list ? list->child : NULL;
	for (i = 0; i < count && r == 0; i++) {
		struct klink *x = kg_find(k, slice_str(l[i].name));
		added += !x;
		changed += x && !gate_link_same(&x->l, &l[i]);
		bool same = x && gate_link_same(&x->l, &l[i]);
		r = !x ? add_link(k, &l[i], kg_truth(n, "closed"), who, e) : same ? 0 : change_link(k, x, &l[i], who, e);
		if (r == 0 && same && json_text(said, "tlsKey").n && k->gate->ch) /* a key that was lost, as a rebuild does, is here again */
			kg_put_link_frame(k, &k->gate->later, x);
		said = said->next;
	}
	if (r < 0 && k->gate)
		k->gate->keys_looked = false;
	free(l);
	if (r == 0)
		buf_printf(ret, "{\"added\":%zu,\"changed\":%zu,\"same\":%zu}", added, changed, count - added - changed);
	return r;
}

static int do_remove(struct keeper *k, struct klink *x, const struct gate_asker *who, const char *reason, struct err *e)
{
	struct act a = {.what = "remove", .by = who->user, .role = who->role, .reason = reason};
	int r = still(x, "removed", e);
	if (r == 0)
		r = kg_record_act(k, x, &a, e);
	if (r < 0)
		return r;
	if (k->gate->ch) {
		size_t at = frame_begin(&k->gate->later, FRAME_G_GONE, 0);
		frame_str(&k->gate->later, x->l.name);
		frame_end(&k->gate->later, at);
	}
	kg_drop_link(k, x);
	k->gate->reopened = true; /* nothing of it is cut any more */
	k->gate->keys_stale = true;
	keeper_cutter_later(k);
	return 0;
}

static int do_condition(struct keeper *k, struct klink *x, const struct json_node *n, const struct gate_asker *who, struct err *e)
{
	char name[GATE_NAME_MAX], evidence[500];
	struct act a = {.what = "condition", .by = who->user, .role = who->role, .condition = name, .evidence = evidence, .met = kg_truth(n, "met")};
	uint32_t before = x->met;
	kg_copy_text(name, sizeof name, json_text(n, "condition"));
	kg_copy_text(evidence, sizeof evidence, json_text(n, "evidence"));
	if (!kg_note_condition(x, slice_str(name), a.met))
		return err_set(e, ERR_NOT_FOUND, NULL, "this link has no condition of this name; `holdfast gate list` shows those it has");
	int r = kg_record_act(k, x, &a, e);
	if (r < 0)
		x->met = before;
	return r;
}

static void do_cut(struct keeper *k, struct kchan *ch, uint64_t tag, const struct gate_asker *who, const char *reason, struct asked *a)
{
	struct keeper_gate *g = k->gate;
	struct act act = {.what = "cut", .by = who->user, .role = who->role, .reason = reason};
	struct err e = {0};
	bool *moved = calloc(g->count + 1, sizeof *moved);
	a->recorded = true;
	for (size_t i = 0; i < g->count; i++) {
		struct klink *x = g->links[i];
		struct gate_event ev = {.kind = GATE_EV_CUT, .now = time_now()};
		struct gate_standing st;
		if (!kg_chosen(x, a->name, a->class) || gate_decide(&x->st, &ev, &st, NULL) != GATE_MOVED)
			continue;
		x->st = st;
		x->met = 0; /* what was true before it does not reopen it */
		a->moved++;
		if (moved)
			moved[i] = true;
		if (g->ch && !g->ch->dead)
			kg_put_state_frame(&g->ch->c.out, x);
	}
	if (g->ch && !g->ch->dead)
		(void)!chan_write(&g->ch->c); /* now, and not with the commit: nothing in it speaks of anything that is not durable */
	if (a->moved) {
		keeper_cutter_tell(k);
		sched_yield(); /* relay and cutter act before we write it down: of two processors one is ours */
	}
	for (size_t i = 0; i < g->count; i++)
		if ((!moved || moved[i]) && kg_chosen(g->links[i], a->name, a->class) && kg_record_act(k, g->links[i], &act, &e) < 0) {
			a->recorded = false;
			role_log(k->r, "a cut cannot be recorded: %s", e.text);
		}
	free(moved);
	kg_ask_relay(k, ch, tag, a);
}

/* One signature for the next step up of one link: recorded, and in force when that is durable. */
int kg_advance(struct keeper *k, struct klink *x, int64_t expires, const struct gate_asker *who, const char *reason, struct gate_standing *ret_before, struct err *e)
{
	struct gate_event ev = {.kind = GATE_EV_ADVANCE, .now = time_now(), .account = who->person ? who->user : NULL, .role = who->role, .expires = expires};
	struct gate_standing st, before = x->st;
	const struct gate_condition *c = kg_unmet(x);
	char words[GATE_NAME_MAX + GATE_CONDITION_MAX + 4];
	if (c) {
		snprintf(words, sizeof words, "%s: %s", c->name, c->text);
		ev.unmet = words;
	}
	int how = gate_decide(&x->st, &ev, &st, e);
	if (how < 0)
		return how;
	struct act a = {.what = how == GATE_MOVED ? "step" : "sign", .by = who->user, .role = who->role, .reason = reason, .first = how == GATE_MOVED ? before.first : NULL};
	x->st = st;
	int r = kg_record_act(k, x, &a, e);
	if (r < 0) {
		x->st = before;
		return r;
	}
	if (how == GATE_MOVED && k->gate->ch)
		kg_put_state_frame(&k->gate->later, x);
	if (how == GATE_MOVED && before.state < GATE_TEST && x->st.state >= GATE_TEST) {
		k->gate->reopened = true;
		keeper_cutter_later(k);
	}
	*ret_before = before;
	return how;
}

static void do_advance(struct keeper *k, struct kchan *ch, uint64_t tag, struct klink *x, const struct json_node *n, const struct gate_asker *who, const char *reason)
{
	struct gate_standing before;
	struct err e = {0};
	struct slice until = json_text(n, "expires");
	int64_t expires = 0;
	int how = until.n ? gate_until_parse(until, time_now(), k->r->zone_minutes, &expires, &e) : 0;
	if (how == 0)
		how = kg_advance(k, x, expires, who, reason, &before, &e);
	if (how < 0) {
		reply_err(ch, tag, &e);
		return;
	}
	struct jsonw w;
	size_t at = reply_begin(ch, tag);
	jsonw_init(&w, &ch->c.out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "name", x->l.name);
	jsonw_kstr(&w, "state", gate_state_name(x->st.state));
	jsonw_kbool(&w, "moved", how == GATE_MOVED);
	if (how == GATE_MOVED) {
		jsonw_kstr(&w, "first", before.first);
		jsonw_kstr(&w, "second", who->user);
	} else {
		jsonw_kstr(&w, "signed", x->st.first);
		jsonw_kstr(&w, "next", gate_state_name(x->st.state < GATE_OPEN ? (enum gate_state)(x->st.state + 1) : GATE_OPEN));
		kg_put_moment(&w, "signedUntil", x->st.first_until);
	}
	if (x->st.expires && x->st.expires != GATE_NEVER)
		kg_put_moment(&w, "expires", x->st.expires);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	reply_end(ch, at);
}

/* An isolation plan that somebody made of files and wants to be the one that is looked at: an entry, and nothing is cut by it. */
static int do_plan(struct keeper *k, const struct json_node *n, const struct gate_asker *who, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	const struct json_node *plan = json_get(n, "plan");
	if (!plan || plan->type != JSON_OBJ)
		return err_set(e, ERR_INPUT, NULL, "there is no plan in it");
	buf_init(&b, FRAME_VAULT + FRAME_SMALL);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "plan");
	jsonw_kstr(&w, "by", who->user);
	jsonw_kstr(&w, "role", who->role);
	jsonw_key(&w, "plan");
	jsonw_raw(&w, plan->raw);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	return buf_ok(&b) ? keeper_record(k, LEDGER_GATE_ACT, "gate", buf_slice(&b), NULL, NULL, e) : err_set(e, ERR_LIMIT, NULL, "the plan is too long for an entry");
}

/* That a letter was made: who, which, and what is in it by its hash. Durable before anybody has it. */
static int do_letter(struct keeper *k, const struct klink *x, const struct json_node *n, const struct gate_asker *who, struct err *e)
{
	static const char *const keys[] = {"letter", "to", "lang", "format", "sha256", "entries", "checkpoint"};
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, FRAME_SMALL);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "link", x->l.name);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct slice v = json_text(n, keys[i]);
		if (!v.n || v.n > 100)
			return err_set(e, ERR_INPUT, NULL, "a letter without %s", keys[i]);
		jsonw_kslice(&w, keys[i], v);
	}
	jsonw_kstr(&w, "by", who->user);
	jsonw_kstr(&w, "role", who->role);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	return buf_ok(&b) ? keeper_record(k, LEDGER_GATE_LETTER, "gate", buf_slice(&b), NULL, NULL, e) : err_set(e, ERR_LIMIT, NULL, "too long for an entry");
}

static int ask_of(struct keeper *k, struct kchan *ch, const struct frame *f, const struct gate_asker *who, const struct json_node *n, struct err *e)
{
	struct slice what = json_text(n, "do"), name = json_text(n, "name");
	char reason[REASON_MAX];
	struct asked a = {.what = ASKED_LIST};
	struct klink *x = kg_find(k, name);
	kg_copy_text(reason, sizeof reason, json_text(n, "reason"));
	if (kg_plan_asks(what))
		return kg_plan_ask(k, ch, f->tag, n, who, reason, e);
	if (keeper_cutter_asks(what))
		return keeper_cutter_ask(k, ch, f->tag, n, who, reason, e);
	kg_copy_text(a.name, sizeof a.name, name);
	kg_copy_text(a.class, sizeof a.class, json_text(n, "class"));
	if (slice_eq_str(what, "add")) {
		int r = do_add(k, n, who, e);
		if (r == 0)
			reply_ok(ch, f->tag);
		return r;
	}
	if (slice_eq_str(what, "set")) {
		AUTO_BUF struct buf said = {0};
		buf_init(&said, 256);
		int r = do_set(k, n, who, &said, e);
		if (r == 0) {
			size_t at = reply_begin(ch, f->tag);
			buf_add_slice(&ch->c.out, buf_slice(&said));
			reply_end(ch, at);
		}
		return r;
	}
	if (slice_eq_str(what, "plan")) {
		int r = do_plan(k, n, who, e);
		if (r == 0)
			reply_ok(ch, f->tag);
		return r;
	}
	if (!kg_gate(k))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (name.n && !x)
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no link of this name; `holdfast gate list` shows those there are");
	if (a.class[0]) {
		bool any = false;
		for (size_t i = 0; i < k->gate->count; i++)
			any |= kg_chosen(k->gate->links[i], "", a.class);
		if (!any)
			return err_set(e, ERR_NOT_FOUND, "--class", "no link is of this class");
	}
	if (slice_eq_str(what, "list")) {
		kg_ask_relay(k, ch, f->tag, &a);
	} else if (slice_eq_str(what, "probe")) {
		a.what = ASKED_PROBE;
		kg_ask_relay(k, ch, f->tag, &a);
	} else if (slice_eq_str(what, "cut")) {
		a.what = ASKED_CUT;
		do_cut(k, ch, f->tag, who, reason, &a);
	} else if (slice_eq_str(what, "advance") && x) {
		do_advance(k, ch, f->tag, x, n, who, reason);
	} else if (slice_eq_str(what, "queue") && x) {
		kg_do_queue(ch, f->tag, x);
	} else if (slice_eq_str(what, "refused") && x) {
		kg_do_refused(k, ch, f->tag, x);
	} else if ((slice_eq_str(what, "skip") || slice_eq_str(what, "retry")) && x) {
		int r = kg_do_turn(k, x, n, slice_eq_str(what, "skip"), who, reason, e);
		if (r == 0)
			reply_ok(ch, f->tag);
		return r;
	} else if (slice_eq_str(what, "remove") && x) {
		int r = do_remove(k, x, who, reason, e);
		if (r == 0)
			reply_ok(ch, f->tag);
		return r;
	} else if (slice_eq_str(what, "condition") && x) {
		int r = do_condition(k, x, n, who, e);
		if (r == 0)
			reply_ok(ch, f->tag);
		return r;
	} else if (slice_eq_str(what, "letter-make") && x) {
		return keeper_letter_begin(k, ch, f->tag, x->l.name, n, e);
	} else if (slice_eq_str(what, "letter") && x) {
		int r = do_letter(k, x, n, who, e);
		if (r == 0)
			reply_ok(ch, f->tag);
		return r;
	} else {
		return err_set(e, ERR_INPUT, NULL, "no such request");
	}
	return 0;
}

int keeper_gate_person(struct keeper *k, struct kchan *ch, uint64_t tag, const char *user, const char *role, const struct json_node *n, struct err *e)
{
	const struct frame f = {.tag = tag};
	struct gate_asker who = {.person = true};
	kg_copy_text(who.user, sizeof who.user, slice_str(user));
	kg_copy_text(who.role, sizeof who.role, slice_str(role));
	return ask_of(k, ch, &f, &who, n, e);
}

void op_gate(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	char token[TOKEN_MAX + 1];
	struct gate_asker who;
	struct json_node *n;
	struct err e = {0};
	frame_get_text(&c, token, sizeof token);
	struct slice json = cur_take(&c, cur_left(&c));
	int r = c.failed || !a ? err_set(&e, ERR_INPUT, NULL, "a bad request") : json_tree(json, a, &n, &e);
	if (r == 0 && !token[0])
		r = gate_sign_ask(k, ch, f->tag, n, &e);
	if (r == 0)
		r = who_asks(k, ch, token, n, &who, &e);
	if (r == 0)
		r = ask_of(k, ch, f, &who, n, &e);
	seal_wipe(token, sizeof token);
	if (r < 0)
		reply_err(ch, f->tag, &e);
}

/* What each needs who asks over the web: looking is not cutting. That a signature is only an account's of the right role gate_decide sees to. */
static int web_may_ask(const struct asker *who, const struct json_node *n, struct err *e)
{
	static const struct {
		const char *what;
		uint32_t may;
	} asks[] = {{"list", MAY_GATE}, {"queue", MAY_GATE}, {"probe", MAY_CUT}, {"cut", MAY_CUT}, {"advance", MAY_CUT}, {"skip", MAY_CUT}, {"retry", MAY_CUT}, {"refused", MAY_GATE}, {"condition", MAY_CUT}, {"cut-address", MAY_CUT}, {"free-address", MAY_CUT}, {"island", MAY_CUT}, {"isolate", MAY_CUT}, {"isolate-end", MAY_CUT},
	            {"letter-make", MAY_GATE}, {"letter", MAY_GATE}, {"plans", MAY_GATE}, {"plan-show", MAY_GATE}, {"plan-save", MAY_CUT}, {"plan-remove", MAY_CUT}, {"plan-cut", MAY_CUT}, {"plan-undo", MAY_CUT}};
	const struct json_node *quiet = json_get(n, "quiet");
	struct slice what = json_text(n, "do");
	for (size_t i = 0; i < ARRAY_LEN(asks); i++)
		if (slice_eq_str(what, asks[i].what))
			return who->may & (quiet && quiet->type == JSON_TRUE && !json_get(n, "members") && !json_get(n, "admins") ? MAY_GATE : asks[i].may) ? 0 : err_set(e, ERR_DENIED, NULL, who->must_change ? "change the one-time password first" : "the role %s may not do this", who->role);
	return err_set(e, ERR_INPUT, NULL, "no such request");
}

void op_gate_web(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct asker asker;
	struct gate_asker who = {.person = true};
	struct json_node *n;
	struct err e = {0};
	int r = asker_read(k, ch, &c, 0, &asker, &e);
	if (r == 0)
		r = a ? json_tree(cur_take(&c, cur_left(&c)), a, &n, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = web_may_ask(&asker, n, &e);
	if (r == 0) {
		kg_copy_text(who.user, sizeof who.user, slice_str(asker.user));
		kg_copy_text(who.role, sizeof who.role, slice_str(asker.role));
		who.person = accounts_user(k, asker.user) != NULL; /* not a token that is nobody's */
		r = ask_of(k, ch, f, &who, n, &e);
	}
	if (r < 0)
		reply_err(ch, f->tag, &e);
}
