/* keeper_plan: isolation plans that are kept by name. What a plan cuts is said before the night in which it is needed; carrying it out is one move, and what it changed can be undone, in stages and by two people.
 *
 * Entries of kind gate-act beside those of links (keeper_gate.c) and addresses (keeper_cutter.c):
 *   "plan"         name, cuts (gate_cuts.c) and, where it was made of an inventory, plan
 *   "plan-cut"     plan, cut: what this changed (links, addresses, isolate); again: what it had cut before is not undone. The entries of the links, addresses and the host follow in the same round, which is committed whole or not at all
 *   "plan-undo"    plan, undo: who has signed for the end of its addresses and isolation; done: nothing of it is left
 *   "plan-remove"  plan
 *
 * What a plan has in force is never kept beside the links and addresses: it is looked up, so that whatever was reopened, cut or added since is said to be so. */
#include "keeper_gate.h"

#include <stdlib.h>

#define SHOWN_REASON 240
#define PLAN_ENTRY_MAX ((size_t)6 << 20)

struct kplan {
	char name[GATE_NAME_MAX];
	uint64_t entry;
	int64_t saved;
	char by[GATE_WHO_MAX], reason[SHOWN_REASON];
	struct arena *a;          /* of cuts */
	struct gate_cuts cuts;
	bool carried;             /* carried out, and not undone */
	uint64_t cut_entry;
	int64_t cut_at;
	char cut_by[GATE_WHO_MAX], cut_reason[SHOWN_REASON];
	struct arena *done_a;     /* of done */
	struct gate_cuts done;    /* what it changed: links, addresses, isolate */
	struct gate_isolation undo; /* signatures for the end of its addresses and isolation */
};

static struct kplan *plan_find(const struct keeper *k, struct slice name)
{
	for (size_t i = 0; k->gate && i < k->gate->plan_n; i++)
		if (slice_eq_str(name, k->gate->plans[i]->name))
			return k->gate->plans[i];
	return NULL;
}

static void plan_free(struct kplan *p)
{
	arena_free(p->a);
	arena_free(p->done_a);
	free(p);
}

static struct kplan *plan_make(struct keeper *k, struct slice name)
{
	struct keeper_gate *g = kg_gate(k);
	struct kplan *p = plan_find(k, name), **v;
	if (p || !g || g->plan_n == GATE_PLANS_MAX || !(v = reallocarray(g->plans, g->plan_n + 1, sizeof *v)))
		return p;
	g->plans = v;
	p = calloc(1, sizeof *p);
	if (p) {
		kg_copy_text(p->name, sizeof p->name, name);
		g->plans[g->plan_n++] = p;
	}
	return p;
}

static void plan_drop(struct keeper *k, struct kplan *p)
{
	struct keeper_gate *g = k->gate;
	size_t i = 0;
	while (g->plans[i] != p)
		i++;
	memmove(g->plans + i, g->plans + i + 1, (g->plan_n - i - 1) * sizeof *g->plans);
	g->plan_n--;
	plan_free(p);
}

void kg_plans_forget(struct keeper_gate *g)
{
	for (size_t i = 0; i < g->plan_n; i++)
		plan_free(g->plans[i]);
	free(g->plans);
	for (size_t i = 0; i < g->asked_n; i++)
		if (g->asked[i].said) {
			buf_done(g->asked[i].said);
			free(g->asked[i].said);
		}
}

/* ---- the fold ---- */

static bool cuts_of(const struct json_node *n, struct arena **a, struct gate_cuts *ret)
{
	struct arena *own = arena_new((size_t)4 << 20);
	struct gate_cuts c;
	if (!own || gate_cuts_read(n, own, &c, NULL) < 0) {
		arena_free(own);
		return false;
	}
	arena_free(*a);
	*a = own;
	*ret = c;
	return true;
}

static void put_cut(const struct gate_cuts *c, struct jsonw *w)
{
	jsonw_obj(w);
	jsonw_key(w, "links");
	jsonw_arr(w);
	for (size_t i = 0; i < c->links.n; i++)
		jsonw_str(w, c->links.v[i]);
	jsonw_arr_end(w);
	jsonw_key(w, "addresses");
	jsonw_arr(w);
	for (size_t i = 0; i < c->addresses.n; i++) {
		char text[64];
		gate_element_text(&c->addresses.v[i], text);
		jsonw_str(w, text);
	}
	jsonw_arr_end(w);
	jsonw_kbool(w, "isolate", c->isolate);
	jsonw_obj_end(w);
}

/* What it has cut by now: this, and, where it is carried out again before it is undone, what it had cut before. */
static void add_done(struct kplan *p, const struct json_node *cut, bool again)
{
	AUTO_ARENA struct arena *a = NULL, *t = arena_new((size_t)8 << 20);
	AUTO_BUF struct buf b = {0};
	struct gate_cuts now = {.all = false};
	struct json_node *n;
	struct jsonw w;
	bool some = cuts_of(cut, &a, &now);
	if (!again || !p->done_a) {
		arena_free(p->done_a);
		p->done_a = a;
		p->done = some ? now : (struct gate_cuts){.all = false};
		a = NULL;
		return;
	}
	if (!some || !t)
		return;
	buf_init(&b, PLAN_ENTRY_MAX);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_key(&w, "links");
	jsonw_arr(&w);
	for (size_t i = 0; i < p->done.links.n + now.links.n; i++)
		jsonw_str(&w, i < p->done.links.n ? p->done.links.v[i] : now.links.v[i - p->done.links.n]);
	jsonw_arr_end(&w);
	jsonw_key(&w, "addresses");
	jsonw_arr(&w);
	for (size_t i = 0; i < p->done.addresses.n + now.addresses.n; i++) {
		char text[64];
		gate_element_text(i < p->done.addresses.n ? &p->done.addresses.v[i] : &now.addresses.v[i - p->done.addresses.n], text);
		jsonw_str(&w, text);
	}
	jsonw_arr_end(&w);
	jsonw_kbool(&w, "isolate", p->done.isolate || now.isolate);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (buf_ok(&b) && json_tree(buf_slice(&b), t, &n, NULL) == 0)
		(void)cuts_of(n, &p->done_a, &p->done);
}

static void read_undo(const struct json_node *n, struct gate_isolation *ret)
{
	*ret = (struct gate_isolation){.on = false};
	kg_copy_text(ret->first, sizeof ret->first, json_text(n, "first"));
	if (num_i64(json_text(n, "firstUntil"), 0, INT64_MAX, &ret->first_until) < 0)
		ret->first[0] = 0;
}

static void note_saved(struct keeper *k, uint64_t seq, int64_t time, const struct json_node *n)
{
	struct slice name = json_text(n, "name");
	struct kplan *p = name.n && name.n < GATE_NAME_MAX && json_get(n, "cuts") ? plan_make(k, name) : NULL;
	if (!p)
		return; /* a plan without a name is one to look at */
	if (!cuts_of(json_get(n, "cuts"), &p->a, &p->cuts)) {
		if (!p->a)
			plan_drop(k, p);
		return;
	}
	p->entry = seq;
	p->saved = time;
	kg_copy_text(p->by, sizeof p->by, json_text(n, "by"));
	kg_copy_text(p->reason, sizeof p->reason, json_text(n, "reason"));
}

static void note_cut(struct kplan *p, uint64_t seq, int64_t time, const struct json_node *n)
{
	bool again = kg_truth(n, "again");
	add_done(p, json_get(n, "cut"), again);
	p->undo = (struct gate_isolation){.on = false};
	if (again && p->carried)
		return; /* since when, and why, is as it was said first */
	p->carried = true;
	p->cut_entry = seq;
	p->cut_at = time;
	kg_copy_text(p->cut_by, sizeof p->cut_by, json_text(n, "by"));
	kg_copy_text(p->cut_reason, sizeof p->cut_reason, json_text(n, "reason"));
}

bool kg_plan_note(struct keeper *k, uint64_t seq, int64_t time, const struct json_node *n)
{
	struct slice what = json_text(n, "what");
	if (!slice_starts(what, "plan"))
		return false;
	if (slice_eq_str(what, "plan")) {
		note_saved(k, seq, time, n);
		return true;
	}
	struct kplan *p = plan_find(k, json_text(n, "plan"));
	if (!p)
		return true;
	if (slice_eq_str(what, "plan-cut")) {
		note_cut(p, seq, time, n);
	} else if (slice_eq_str(what, "plan-undo")) {
		read_undo(json_get(n, "undo"), &p->undo);
		p->carried = !kg_truth(n, "done");
	} else if (slice_eq_str(what, "plan-remove")) {
		plan_drop(k, p);
	}
	return true;
}

static void put_undo(const struct gate_isolation *s, struct jsonw *w)
{
	jsonw_obj(w);
	if (s->first[0]) {
		jsonw_kstr(w, "first", s->first);
		jsonw_ki64(w, "firstUntil", s->first_until);
	}
	jsonw_obj_end(w);
}

void kg_plans_save(const struct keeper *k, struct jsonw *w)
{
	jsonw_arr(w);
	for (size_t i = 0; k->gate && i < k->gate->plan_n; i++) {
		const struct kplan *p = k->gate->plans[i];
		jsonw_obj(w);
		jsonw_kstr(w, "name", p->name);
		jsonw_ku64(w, "entry", p->entry);
		jsonw_ki64(w, "saved", p->saved);
		jsonw_kslice_opt(w, "by", slice_str(p->by));
		jsonw_kslice_opt(w, "reason", slice_str(p->reason));
		jsonw_key(w, "cuts");
		gate_cuts_put(&p->cuts, w);
		if (p->carried) {
			jsonw_ku64(w, "cutEntry", p->cut_entry);
			jsonw_ki64(w, "cutAt", p->cut_at);
			jsonw_kslice_opt(w, "cutBy", slice_str(p->cut_by));
			jsonw_kslice_opt(w, "cutReason", slice_str(p->cut_reason));
			jsonw_key(w, "done");
			put_cut(&p->done, w);
			jsonw_key(w, "undo");
			put_undo(&p->undo, w);
		}
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

void kg_plans_load(struct keeper *k, const struct json_node *list)
{
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next) {
		uint64_t entry = 0;
		int64_t saved = 0;
		(void)!num_u64(json_text(n, "entry"), 0, UINT64_MAX, &entry);
		(void)!num_i64(json_text(n, "saved"), 0, INT64_MAX, &saved);
		note_saved(k, entry, saved, n);
		struct kplan *p = plan_find(k, json_text(n, "name"));
		if (!p || num_u64(json_text(n, "cutEntry"), 0, UINT64_MAX, &p->cut_entry) < 0)
			continue;
		add_done(p, json_get(n, "done"), false);
		p->carried = true;
		(void)!num_i64(json_text(n, "cutAt"), 0, INT64_MAX, &p->cut_at);
		kg_copy_text(p->cut_by, sizeof p->cut_by, json_text(n, "cutBy"));
		kg_copy_text(p->cut_reason, sizeof p->cut_reason, json_text(n, "cutReason"));
		read_undo(json_get(n, "undo"), &p->undo);
	}
}

/* ---- shown ---- */

bool kg_plan_has(const struct keeper *k, const char *plan, const struct klink *x)
{
	const struct kplan *p = plan_find(k, slice_str(plan));
	return p && gate_cuts_link(&p->cuts, &x->l);
}

size_t kg_plan_elements(struct keeper *k, const char *plan, struct gate_element *out, size_t room)
{
	const struct kplan *p = plan_find(k, slice_str(plan));
	size_t n = 0;
	for (size_t i = 0; p && i < p->cuts.addresses.n && n < room; i++)
		if (keeper_cutter_has(k, &p->cuts.addresses.v[i]))
			out[n++] = p->cuts.addresses.v[i];
	return n;
}

/* How much of what it cuts is not cut now. */
static uint64_t open_of(const struct keeper *k, const struct kplan *p)
{
	uint64_t n = p->cuts.isolate && !keeper_cutter_isolated(k);
	for (size_t i = 0; i < k->gate->count; i++)
		n += gate_cuts_link(&p->cuts, &k->gate->links[i]->l) && k->gate->links[i]->st.state >= GATE_TEST;
	for (size_t i = 0; i < p->cuts.addresses.n; i++)
		n += !keeper_cutter_has(k, &p->cuts.addresses.v[i]) && !keeper_cutter_never(k, &p->cuts.addresses.v[i]);
	return n;
}

/* Who has signed and waits for a second person, of the plan or of one of its links; NULL: nobody. */
static const char *signed_by(struct keeper *k, const struct kplan *p, int64_t *ret_until)
{
	if (p->undo.first[0] && time_now() < p->undo.first_until) {
		*ret_until = p->undo.first_until;
		return p->undo.first;
	}
	for (size_t i = 0; i < p->done.links.n; i++) {
		const struct klink *x = kg_find(k, slice_str(p->done.links.v[i]));
		if (x && x->st.first[0]) {
			*ret_until = x->st.first_until;
			return x->st.first;
		}
	}
	return NULL;
}

static bool undo_begun(struct keeper *k, const struct kplan *p)
{
	int64_t until;
	if (signed_by(k, p, &until))
		return true;
	for (size_t i = 0; i < p->done.links.n; i++) {
		const struct klink *x = kg_find(k, slice_str(p->done.links.v[i]));
		if (x && x->st.state != GATE_CUT)
			return true;
	}
	return false;
}

static void put_addresses(struct keeper *k, const struct kplan *p, struct jsonw *w)
{
	jsonw_key(w, "addresses");
	jsonw_arr(w);
	for (size_t i = 0; i < p->cuts.addresses.n; i++) {
		char text[64];
		gate_element_text(&p->cuts.addresses.v[i], text);
		jsonw_obj(w);
		jsonw_kstr(w, "address", text);
		jsonw_kbool(w, "cut", keeper_cutter_has(k, &p->cuts.addresses.v[i]));
		if (keeper_cutter_never(k, &p->cuts.addresses.v[i]))
			jsonw_kbool(w, "never", true);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void put_links(struct keeper *k, const struct kplan *p, bool whole, struct jsonw *w)
{
	jsonw_key(w, "links");
	jsonw_arr(w);
	for (size_t i = 0; i < k->gate->count; i++) {
		const struct klink *x = k->gate->links[i];
		if (!gate_cuts_link(&p->cuts, &x->l))
			continue;
		if (whole) {
			kg_put_shown(x, w);
			continue;
		}
		jsonw_obj(w);
		jsonw_kstr(w, "name", x->l.name);
		jsonw_kstr(w, "class", x->l.class);
		jsonw_kstr(w, "state", gate_state_name(x->st.state));
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void put_carried(const struct kplan *p, struct jsonw *w)
{
	jsonw_key(w, "carried");
	jsonw_obj(w);
	jsonw_ku64(w, "entry", p->cut_entry);
	kg_put_moment(w, "at", p->cut_at);
	jsonw_kstr(w, "by", p->cut_by);
	jsonw_kslice_opt(w, "reason", slice_str(p->cut_reason));
	jsonw_key(w, "links");
	jsonw_arr(w);
	for (size_t i = 0; i < p->done.links.n; i++)
		jsonw_str(w, p->done.links.v[i]);
	jsonw_arr_end(w);
	jsonw_key(w, "addresses");
	jsonw_arr(w);
	for (size_t i = 0; i < p->done.addresses.n; i++) {
		char text[64];
		gate_element_text(&p->done.addresses.v[i], text);
		jsonw_str(w, text);
	}
	jsonw_arr_end(w);
	jsonw_kbool(w, "isolated", p->done.isolate);
	jsonw_obj_end(w);
}

/* Members of an object that is open, but for links and addresses. */
static void put_plan(struct keeper *k, const struct kplan *p, struct jsonw *w)
{
	uint64_t open = open_of(k, p);
	int64_t until = 0;
	const char *first = p->carried ? signed_by(k, p, &until) : NULL;
	jsonw_kstr(w, "name", p->name);
	jsonw_ku64(w, "entry", p->entry);
	kg_put_moment(w, "saved", p->saved);
	jsonw_kstr(w, "by", p->by);
	jsonw_kslice_opt(w, "reason", slice_str(p->reason));
	jsonw_key(w, "cuts");
	gate_cuts_put(&p->cuts, w);
	jsonw_kstr(w, "state", !p->carried ? "ready" : undo_begun(k, p) ? "undoing" : open ? "partly" : "carried-out");
	jsonw_ku64(w, "open", open);
	jsonw_kbool(w, "isolate", p->cuts.isolate);
	jsonw_kbool(w, "isolated", keeper_cutter_isolated(k));
	if (p->carried)
		put_carried(p, w);
	if (first) {
		jsonw_key(w, "undo");
		jsonw_obj(w);
		jsonw_kstr(w, "signed", first);
		kg_put_moment(w, "signedUntil", until);
		jsonw_obj_end(w);
	}
}

static void put_whole(struct keeper *k, const struct kplan *p, struct jsonw *w)
{
	put_plan(k, p, w);
	put_links(k, p, false, w);
	put_addresses(k, p, w);
}

static void do_list(struct keeper *k, struct kchan *ch, uint64_t tag)
{
	struct jsonw w;
	size_t at = reply_begin(ch, tag);
	jsonw_init(&w, &ch->c.out);
	jsonw_obj(&w);
	jsonw_key(&w, "plans");
	jsonw_arr(&w);
	for (size_t i = 0; k->gate && i < k->gate->plan_n; i++) {
		jsonw_obj(&w);
		put_whole(k, k->gate->plans[i], &w);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	reply_end(ch, at);
}

static void do_show(struct keeper *k, struct kchan *ch, uint64_t tag, const struct kplan *p)
{
	struct jsonw w;
	size_t at = reply_begin(ch, tag);
	jsonw_init(&w, &ch->c.out);
	jsonw_obj(&w);
	put_whole(k, p, &w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	reply_end(ch, at);
}

/* ---- entries ---- */

static void begin(struct buf *b, struct jsonw *w, const char *what, const char *key, const char *name, const struct gate_asker *who, const char *reason)
{
	buf_init(b, PLAN_ENTRY_MAX);
	jsonw_init(w, b);
	jsonw_obj(w);
	jsonw_kstr(w, "what", what);
	jsonw_kstr(w, key, name);
	jsonw_kstr(w, "by", who->user);
	jsonw_kstr(w, "role", who->role);
	jsonw_kslice_opt(w, "reason", slice_str(reason));
}

/* Recorded, and meant as the fold means it. */
static int enter(struct keeper *k, struct buf *b, struct jsonw *w, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct json_node *n;
	uint64_t seq = 0;
	int64_t time = time_now();
	jsonw_obj_end(w);
	jsonw_done(w);
	int r = buf_ok(b) && a ? json_tree(buf_slice(b), a, &n, e) : err_set(e, ERR_LIMIT, NULL, "the plan is too long for an entry");
	if (r < 0)
		return r;
	r = keeper_record(k, LEDGER_GATE_ACT, "gate", buf_slice(b), &seq, &time, e);
	if (r < 0)
		return r;
	kg_plan_note(k, seq, time, n);
	accounts_touch(k);
	return 0;
}

/* A name that nothing answers to would be a hole in the night in which it counts. */
static int known(struct keeper *k, const struct gate_cuts *c, struct err *e)
{
	for (size_t i = 0; i < c->links.n; i++)
		if (!kg_find(k, slice_str(c->links.v[i])))
			return err_set(e, ERR_NOT_FOUND, c->links.v[i], "there is no link of this name; `holdfast gate list` shows those there are");
	for (size_t i = 0; i < c->keep.n; i++)
		if (!kg_find(k, slice_str(c->keep.v[i])))
			return err_set(e, ERR_NOT_FOUND, c->keep.v[i], "there is no link of this name that could go on; `holdfast gate list` shows those there are");
	for (size_t i = 0; i < c->classes.n; i++) {
		bool any = false;
		for (size_t j = 0; k->gate && j < k->gate->count; j++)
			any |= !strcmp(k->gate->links[j]->l.class, c->classes.v[i]);
		if (!any)
			return err_set(e, ERR_NOT_FOUND, c->classes.v[i], "no link is of this class");
	}
	for (size_t i = 0; i < c->addresses.n; i++)
		if (keeper_cutter_never(k, &c->addresses.v[i])) {
			char text[64];
			gate_element_text(&c->addresses.v[i], text);
			return err_set(e, ERR_DENIED, text, "this is an administrator's address (holdfast gate island): it is never cut, or nobody could undo it");
		}
	return 0;
}

static int do_save(struct keeper *k, struct kchan *ch, uint64_t tag, const struct json_node *n, const struct gate_asker *who, const char *reason, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)4 << 20);
	AUTO_BUF struct buf b = {0};
	struct gate_cuts c;
	struct jsonw w;
	char name[GATE_NAME_MAX + 1];
	const struct json_node *plan = json_get(n, "plan");
	kg_copy_text(name, sizeof name, json_text(n, "name"));
	if (!gate_name_ok(name))
		return err_set(e, ERR_USAGE, NULL, "a plan's name has 1 to %d letters, digits, '-', '_' or '.'", GATE_NAME_MAX - 1);
	int r = a ? gate_cuts_read(json_get(n, "cuts"), a, &c, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = known(k, &c, e);
	if (r == 0 && !plan_find(k, slice_str(name)) && k->gate && k->gate->plan_n == GATE_PLANS_MAX)
		r = err_set(e, ERR_LIMIT, NULL, "at most %u plans", GATE_PLANS_MAX);
	if (r < 0)
		return r;
	begin(&b, &w, "plan", "name", name, who, reason);
	jsonw_key(&w, "cuts");
	gate_cuts_put(&c, &w);
	if (plan && plan->type == JSON_OBJ) {
		jsonw_key(&w, "plan");
		jsonw_raw(&w, plan->raw);
	}
	r = enter(k, &b, &w, e);
	if (r < 0)
		return r;
	const struct kplan *p = plan_find(k, slice_str(name));
	if (!p)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the plan");
	do_show(k, ch, tag, p);
	return 0;
}

static int do_remove(struct keeper *k, const struct kplan *p, const struct gate_asker *who, const char *reason, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	if (p->carried)
		return err_set(e, ERR_NO, p->name, "this plan is carried out: undo it first, or nobody knows what of it is left (holdfast gate plan undo)");
	begin(&b, &w, "plan-remove", "plan", p->name, who, reason);
	return enter(k, &b, &w, e);
}

/* ---- carried out ---- */

struct carry {
	struct klink **link;       /* that this changes */
	size_t link_n;
	struct gate_element *address;
	size_t address_n;
	bool isolate, island;
	struct buf left;           /* JSON objects with commas: what the plan says and is not done, and why */
};

static void left_one(struct carry *c, const char *what, const char *why)
{
	struct jsonw w;
	if (c->left.n)
		buf_u8(&c->left, ',');
	jsonw_init(&w, &c->left);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", what);
	jsonw_kstr(&w, "why", why);
	jsonw_obj_end(&w);
}

/* What has to change for the plan to be in force. */
static int pick(struct keeper *k, const struct kplan *p, struct arena *a, struct carry *c, struct err *e)
{
	const struct gate_event ev = {.kind = GATE_EV_CUT, .now = time_now()};
	struct gate_standing st;
	char text[64];
	buf_init(&c->left, 1 << 20);
	c->link = arena_array(a, k->gate->count + 1, sizeof *c->link);
	c->address = arena_array(a, p->cuts.addresses.n + 1, sizeof *c->address);
	if (!c->link || !c->address)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; i < k->gate->count; i++)
		if (gate_cuts_link(&p->cuts, &k->gate->links[i]->l) && gate_decide(&k->gate->links[i]->st, &ev, &st, NULL) == GATE_MOVED)
			c->link[c->link_n++] = k->gate->links[i];
	for (size_t i = 0; i < p->cuts.links.n; i++)
		if (!kg_find(k, slice_str(p->cuts.links.v[i])))
			left_one(c, p->cuts.links.v[i], "there is no link of this name any more");
	for (size_t i = 0; i < p->cuts.addresses.n; i++) {
		gate_element_text(&p->cuts.addresses.v[i], text);
		if (keeper_cutter_never(k, &p->cuts.addresses.v[i]))
			left_one(c, text, "an administrator's address is never cut");
		else if (!keeper_cutter_has(k, &p->cuts.addresses.v[i]))
			c->address[c->address_n++] = p->cuts.addresses.v[i];
	}
	c->isolate = p->cuts.isolate && !keeper_cutter_isolated(k);
	c->island = c->isolate && (p->cuts.members.n || p->cuts.admins.n);
	if (p->cuts.isolate && !c->isolate && (p->cuts.members.n || p->cuts.admins.n))
		left_one(c, "island", "this host is isolated already: who belongs to the island stays as it is");
	return 0;
}

static void put_change(const struct carry *c, const char *isolate, struct jsonw *w)
{
	jsonw_key(w, "cut");
	jsonw_obj(w);
	jsonw_key(w, "links");
	jsonw_arr(w);
	for (size_t i = 0; i < c->link_n; i++)
		jsonw_str(w, c->link[i]->l.name);
	jsonw_arr_end(w);
	jsonw_key(w, "addresses");
	jsonw_arr(w);
	for (size_t i = 0; i < c->address_n; i++) {
		char text[64];
		gate_element_text(&c->address[i], text);
		jsonw_str(w, text);
	}
	jsonw_arr_end(w);
	jsonw_kbool(w, isolate, c->isolate);
	jsonw_obj_end(w);
}

static void put_told(const struct carry *c, bool dry, bool recorded, struct jsonw *w)
{
	jsonw_kbool(w, "dry_run", dry);
	jsonw_ku64(w, "moved", c->link_n);
	jsonw_kbool(w, "recorded", recorded);
	put_change(c, "isolated", w);
	jsonw_key(w, "left");
	jsonw_arr(w);
	if (c->left.n)
		jsonw_raw(w, buf_slice(&c->left));
	jsonw_arr_end(w);
}

static void rehearsed(struct keeper *k, struct kchan *ch, uint64_t tag, const struct kplan *p, const struct carry *c)
{
	struct jsonw w;
	size_t at = reply_begin(ch, tag);
	jsonw_init(&w, &ch->c.out);
	jsonw_obj(&w);
	put_whole(k, p, &w);
	put_told(c, true, false, &w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	reply_end(ch, at);
}

/* All of it at once: the relay is told of every link, the cutter of one list. */
static void act(struct keeper *k, struct carry *c, const struct json_node *island, const struct gate_asker *who, const char *reason)
{
	struct keeper_gate *g = k->gate;
	const struct gate_event ev = {.kind = GATE_EV_CUT, .now = time_now()};
	size_t n = 0;
	for (size_t i = 0; i < c->link_n; i++) {
		struct gate_standing st;
		struct err e = {0};
		if (gate_decide(&c->link[i]->st, &ev, &st, &e) != GATE_MOVED)
			continue;
		c->link[i]->st = st;
		c->link[i]->met = 0;
		if (g->ch && !g->ch->dead)
			kg_put_state_frame(&g->ch->c.out, c->link[i]);
	}
	for (size_t i = 0; i < c->address_n; i++) {
		struct err e = {0};
		char text[64];
		if (keeper_cutter_cut(k, &c->address[i], who, reason, &e) >= 0) {
			c->address[n++] = c->address[i];
			continue;
		}
		gate_element_text(&c->address[i], text);
		left_one(c, text, e.text);
	}
	c->address_n = n;
	if (c->isolate)
		c->isolate = keeper_cutter_isolate(k, c->island ? island : NULL);
	keeper_cutter_tell(k);
	if (g->ch && !g->ch->dead)
		(void)!chan_write(&g->ch->c);
}

/* One entry of the plan, and the usual ones. False: not all of it could be written. */
static bool record_all(struct keeper *k, const struct kplan *p, const struct carry *c, const struct json_node *island, const struct gate_asker *who, const char *said, const char *reason)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct err e = {0};
	const struct act cut = {.what = "cut", .by = who->user, .role = who->role, .reason = reason};
	begin(&b, &w, "plan-cut", "plan", p->name, who, said);
	if (p->carried)
		jsonw_kbool(&w, "again", true);
	put_change(c, "isolate", &w);
	int r = enter(k, &b, &w, &e);
	for (size_t i = 0; r == 0 && i < c->link_n; i++)
		r = kg_record_act(k, c->link[i], &cut, &e);
	for (size_t i = 0; r == 0 && i < c->address_n; i++)
		r = keeper_cutter_record(k, "cut-address", &c->address[i], who, reason, &e);
	if (r == 0 && c->isolate && c->island)
		r = keeper_cutter_record_island(k, island, who, reason, &e);
	if (r == 0 && c->isolate)
		r = keeper_cutter_record(k, "isolate", NULL, who, reason, &e);
	if (r < 0)
		role_log(k->r, "a plan was carried out and cannot be recorded: %s", e.text);
	return r == 0;
}

static int do_carry(struct keeper *k, struct kchan *ch, uint64_t tag, const struct kplan *p, const struct json_node *n, const struct gate_asker *who, const char *reason, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)16 << 20);
	AUTO_BUF struct buf cuts = {0};
	struct carry c = {.link_n = 0};
	struct json_node *island = NULL;
	struct jsonw w;
	char why[REASON_MAX + GATE_NAME_MAX + 16];
	bool own = p->cuts.members.n || p->cuts.admins.n, dry = kg_truth(n, "dry_run");
	buf_init(&cuts, PLAN_ENTRY_MAX);
	jsonw_init(&w, &cuts);
	gate_cuts_put(&p->cuts, &w);
	int r = a ? json_tree(buf_slice(&cuts), a, &island, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = pick(k, p, a, &c, e);
	if (r == 0 && c.isolate)
		r = keeper_cutter_from(k, n, own ? &p->cuts.members : NULL, &p->cuts.admins, e);
	struct buf *said = r == 0 && !dry ? calloc(1, sizeof *said) : NULL;
	if (r == 0 && !dry && !said)
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0 || dry) {
		if (r == 0)
			rehearsed(k, ch, tag, p, &c);
		buf_done(&c.left);
		return r;
	}
	snprintf(why, sizeof why, "plan %s%s%s", p->name, reason[0] ? ": " : "", reason);
	struct asked asked = {.what = ASKED_CUT, .moved = (uint32_t)c.link_n, .said = said};
	memcpy(asked.plan, p->name, sizeof asked.plan);
	act(k, &c, island, who, why);
	asked.recorded = record_all(k, p, &c, island, who, reason, why);
	buf_init(said, PLAN_ENTRY_MAX);
	jsonw_init(&w, said);
	jsonw_obj(&w);
	put_told(&c, false, asked.recorded, &w);
	jsonw_obj_end(&w);
	buf_done(&c.left);
	kg_ask_relay(k, ch, tag, &asked);
	return 0;
}

/* The relay and the cutter have said what they found. */
void kg_plan_answer(struct keeper *k, struct kchan *to, const struct asked *a, bool proven)
{
	const struct kplan *p = plan_find(k, slice_str(a->plan));
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, (size_t)64 << 20);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	if (p) {
		put_plan(k, p, &w);
		put_links(k, p, true, &w);
		keeper_cutter_put_proven(k, &p->cuts.addresses, p->cuts.isolate, proven, &w);
	}
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (to && buf_ok(&b) && buf_ok(a->said)) {
		size_t at = reply_begin(to, a->chan_tag);
		buf_add(&to->c.out, b.p, b.n - 1); /* two objects become one: "{...}" and "{...}" */
		if (b.n > 2)
			buf_u8(&to->c.out, ',');
		buf_add(&to->c.out, a->said->p + 1, a->said->n - 1);
		reply_end(to, at);
	}
	buf_done(a->said);
	free(a->said);
}

/* ---- undone, in stages ---- */

struct stage {
	struct buf moved, waits, held, freed; /* members of JSON arrays */
	bool changed;
	struct err why;                       /* of the first that refused */
};

static struct jsonw item(struct buf *b)
{
	struct jsonw w;
	if (b->n)
		buf_u8(b, ',');
	jsonw_init(&w, b);
	return w;
}

static void held_one(struct stage *s, const char *name, const struct err *e)
{
	struct jsonw w = item(&s->held);
	if (!s->why.code)
		s->why = *e;
	jsonw_obj(&w);
	jsonw_kstr(&w, "name", name);
	jsonw_kstr(&w, "why", e->text);
	jsonw_obj_end(&w);
}

static int undo_link(struct keeper *k, struct klink *x, int64_t expires, const struct gate_asker *who, const char *reason, struct stage *s, struct err *e)
{
	struct gate_standing before;
	struct err why = {0};
	if (x->st.state == GATE_OPEN)
		return 0;
	int r = kg_advance(k, x, expires, who, reason, &before, &why);
	if (r < 0 && why.code != ERR_NO && why.code != ERR_DENIED) {
		*e = why;
		return r;
	}
	if (r < 0) {
		held_one(s, x->l.name, &why);
		return 0;
	}
	s->changed = true;
	struct jsonw w = item(r == GATE_MOVED ? &s->moved : &s->waits);
	if (r == GATE_MOVED) {
		jsonw_obj(&w);
		jsonw_kstr(&w, "name", x->l.name);
		jsonw_kstr(&w, "state", gate_state_name(x->st.state));
		jsonw_obj_end(&w);
	} else {
		jsonw_str(&w, x->l.name);
	}
	return 0;
}

/* Is there an address that it cut and that is still cut, or its isolation? */
static bool closed_of(const struct keeper *k, const struct kplan *p)
{
	bool any = p->done.isolate && keeper_cutter_isolated(k);
	for (size_t i = 0; i < p->done.addresses.n; i++)
		any |= keeper_cutter_has(k, &p->done.addresses.v[i]);
	return any;
}

/* Addresses and isolation: both by the second of two people. */
static int undo_rest(struct keeper *k, struct kplan *p, const struct gate_asker *who, const char *reason, struct stage *s, struct err *e)
{
	struct gate_isolation st = p->undo;
	struct err why = {0};
	st.on = true;
	if (!closed_of(k, p))
		return 0;
	int r = gate_isolation_end(&st, who->user, who->role, time_now(), &st, &why);
	if (r < 0) {
		held_one(s, p->name, &why);
		return 0;
	}
	s->changed = true;
	p->undo = st;
	for (size_t i = 0; r == GATE_MOVED && i < p->done.addresses.n; i++) {
		char text[64];
		if (!keeper_cutter_has(k, &p->done.addresses.v[i]))
			continue;
		int f = keeper_cutter_free(k, &p->done.addresses.v[i], who, reason, e);
		if (f < 0)
			return f;
		gate_element_text(&p->done.addresses.v[i], text);
		struct jsonw w = item(&s->freed);
		jsonw_str(&w, text);
	}
	return r == GATE_MOVED && p->done.isolate && keeper_cutter_isolated(k) ? keeper_cutter_end(k, who, reason, e) : 0;
}

static bool nothing_left(struct keeper *k, const struct kplan *p)
{
	if (closed_of(k, p))
		return false;
	for (size_t i = 0; i < p->done.links.n; i++) {
		const struct klink *x = kg_find(k, slice_str(p->done.links.v[i]));
		if (x && x->st.state != GATE_OPEN)
			return false;
	}
	return true;
}

static void put_list(struct jsonw *w, const char *key, const struct buf *members)
{
	jsonw_key(w, key);
	jsonw_arr(w);
	if (members->n)
		jsonw_raw(w, buf_slice(members));
	jsonw_arr_end(w);
}

static void undone(struct keeper *k, struct kchan *ch, uint64_t tag, const struct kplan *p, const struct stage *s)
{
	struct jsonw w;
	size_t at = reply_begin(ch, tag);
	jsonw_init(&w, &ch->c.out);
	jsonw_obj(&w);
	put_whole(k, p, &w);
	put_list(&w, "moved", &s->moved);
	put_list(&w, "signed", &s->waits);
	put_list(&w, "held", &s->held);
	put_list(&w, "freed", &s->freed);
	jsonw_kbool(&w, "done", !p->carried);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	reply_end(ch, at);
}

static int record_undo(struct keeper *k, const struct kplan *p, const struct gate_asker *who, const char *reason, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	begin(&b, &w, "plan-undo", "plan", p->name, who, reason);
	jsonw_key(&w, "undo");
	put_undo(&p->undo, &w);
	jsonw_kbool(&w, "done", nothing_left(k, p));
	return enter(k, &b, &w, e);
}

static int do_undo(struct keeper *k, struct kchan *ch, uint64_t tag, struct kplan *p, const struct json_node *n, const struct gate_asker *who, const char *reason, struct err *e)
{
	struct slice until = json_text(n, "expires");
	struct stage s = {.changed = false};
	char why[REASON_MAX + GATE_NAME_MAX + 16];
	int64_t expires = 0;
	if (!p->carried)
		return err_set(e, ERR_NO, p->name, "this plan is not carried out: there is nothing to undo");
	if (!who->person || !gate_may_sign(who->role))
		return err_set(e, ERR_DENIED, NULL, "%s", who->person ? "the role may not sign for this: it needs security, owner or admin" : "this is signed by a person: sign in, or give a token of an account of role security, owner or admin in HOLDFAST_TOKEN");
	int r = until.n ? gate_until_parse(until, time_now(), k->r->zone_minutes, &expires, e) : 0;
	if (r < 0)
		return r;
	struct buf *lists[] = {&s.moved, &s.waits, &s.held, &s.freed};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		buf_init(lists[i], 4 << 20);
	snprintf(why, sizeof why, "plan %s undone%s%s", p->name, reason[0] ? ": " : "", reason);
	const struct gate_isolation before = p->undo;
	r = undo_rest(k, p, who, why, &s, e);
	for (size_t i = 0; r == 0 && i < p->done.links.n; i++) {
		struct klink *x = kg_find(k, slice_str(p->done.links.v[i]));
		if (x)
			r = undo_link(k, x, expires, who, why, &s, e);
	}
	if (r == 0 && !s.changed && s.why.code) {
		*e = s.why;
		r = e->code;
	}
	if (r == 0)
		r = record_undo(k, p, who, reason, e);
	if (r < 0)
		p->undo = before;
	else
		undone(k, ch, tag, p, &s);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		buf_done(lists[i]);
	return r;
}

/* ---- asked ---- */

bool kg_plan_asks(struct slice what)
{
	static const char *const asked[] = {"plans", "plan-show", "plan-save", "plan-remove", "plan-cut", "plan-undo"};
	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		if (slice_eq_str(what, asked[i]))
			return true;
	return false;
}

int kg_plan_ask(struct keeper *k, struct kchan *ch, uint64_t tag, const struct json_node *n, const struct gate_asker *who, const char *reason, struct err *e)
{
	struct slice what = json_text(n, "do");
	int r = 0;
	if (!kg_gate(k))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (slice_eq_str(what, "plans")) {
		do_list(k, ch, tag);
		return 0;
	}
	if (slice_eq_str(what, "plan-save"))
		return do_save(k, ch, tag, n, who, reason, e);
	struct kplan *p = plan_find(k, json_text(n, "name"));
	if (!p)
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no plan of this name; `holdfast gate plan list` shows those there are");
	if (slice_eq_str(what, "plan-show")) {
		do_show(k, ch, tag, p);
	} else if (slice_eq_str(what, "plan-remove")) {
		r = do_remove(k, p, who, reason, e);
		if (r == 0)
			reply_ok(ch, tag);
	} else if (slice_eq_str(what, "plan-cut")) {
		r = do_carry(k, ch, tag, p, n, who, reason, e);
	} else {
		r = do_undo(k, ch, tag, p, n, who, reason, e);
	}
	return r;
}
