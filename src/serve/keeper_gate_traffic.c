/* keeper_gate_traffic: what is unusual on a link: counts of each hour are entries, are compared with those of other weeks, and may cut the link where its owner wanted that. */
#include "keeper_gate.h"

#include <stdio.h>
#include <stdlib.h>

struct gate_traffic *kg_traffic_of(struct klink *x)
{
	if (!x->traffic)
		x->traffic = calloc(1, sizeof *x->traffic);
	return x->traffic;
}

/* The hour is over: what passed is an entry, and is learned. Links that were not open all of it teach nothing. */
static void end_hour(struct keeper *k)
{
	struct keeper_gate *g = k->gate;
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct err e = {0};
	uint64_t seq;
	size_t n = 0;
	buf_init(&b, (size_t)8 << 20);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_ki64(&w, "from", g->watch.began);
	jsonw_key(&w, "links");
	jsonw_arr(&w);
	for (size_t i = 0; i < g->count; i++) {
		struct klink *x = g->links[i];
		bool open = x->traffic && x->st.state >= GATE_ONE_WAY && x->st.since <= g->watch.began && !x->shut;
		if (open && g->watch.whole) {
			traffic_put(x->traffic, x->l.name, &w);
			gate_rhythm_add(&x->traffic->rhythm, g->watch.began, x->zone, &x->traffic->hour);
			n++;
		}
		if (x->traffic)
			x->traffic->hour = (struct gate_hour){.messages = 0};
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (n && (!buf_ok(&b) || keeper_record(k, LEDGER_GATE_COUNT, "gate", buf_slice(&b), &seq, NULL, &e) < 0))
		role_log(k->r, "what passed links in this hour cannot be recorded: %s", buf_ok(&b) ? e.text : "too long");
	else if (n)
		watch_saved(&g->watch, seq);
}

/* Its own configuration has said that what is unusual cuts it. */
static void trip(struct keeper *k, struct klink *x)
{
	struct gate_event ev = {.kind = GATE_EV_CUT, .now = time_now()};
	struct gate_standing st;
	char reason[GATE_UNUSUAL_TEXT + 32];
	struct err e = {0};
	snprintf(reason, sizeof reason, "cut by itself: %s", x->traffic->text);
	struct act a = {.what = "cut", .reason = reason};
	if (gate_decide(&x->st, &ev, &st, NULL) != GATE_MOVED)
		return;
	x->st = st;
	x->met = 0;
	if (k->gate->ch && !k->gate->ch->dead) {
		kg_put_state_frame(&k->gate->ch->c.out, x);
		(void)!chan_write(&k->gate->ch->c);
	}
	keeper_cutter_later(k);
	if (kg_record_act(k, x, &a, &e) < 0)
		role_log(k->r, "a cut cannot be recorded: %s", e.text);
	role_log(k->r, "link %s was %s", x->l.name, reason);
}

void kg_look_at_traffic(struct keeper *k)
{
	struct keeper_gate *g = k->gate;
	int64_t now = time_now(), began = watch_hour(now, k->r->zone_minutes);
	if (g->watch.began != began) {
		if (g->watch.began)
			end_hour(k);
		g->watch.whole = g->watch.began != 0 && began == g->watch.began + INT64_C(3600) * TIME_SEC;
		g->watch.began = began;
	}
	if (g->watch.unread != g->watch.unread_end)
		return; /* what is usual is still being read */
	for (size_t i = 0; i < g->count; i++) {
		struct klink *x = g->links[i];
		bool open = x->st.state >= GATE_ONE_WAY && x->st.since <= began && !x->shut;
		if (x->traffic && traffic_judge(x->traffic, x->l.name, &g->watch, now, x->zone, open) && x->l.auto_cut && x->traffic->what != GATE_SILENT && x->st.state >= GATE_TEST)
			trip(k, x);
	}
}

static void learn_from(struct keeper *k, const struct json_node *n)
{
	const struct json_node *list = json_get(n, "links");
	int64_t from;
	if (num_i64(json_text(n, "from"), 0, INT64_MAX, &from) < 0)
		return;
	for (const struct json_node *v = list ? list->child : NULL; v; v = v->next) {
		struct klink *x = kg_find(k, json_text(v, "name"));
		if (x && kg_traffic_of(x))
			traffic_learn(x->traffic, v, from, x->zone);
	}
}

/* After a start: the hours of the last weeks, a few at a time, so that nobody waits for it. */
void kg_read_counts(struct keeper *k)
{
	struct gate_watch *w = &k->gate->watch;
	for (int n = 0; n < 8 && w->unread != w->unread_end; n++) {
		AUTO_ARENA struct arena *a = arena_new((size_t)32 << 20);
		struct ledger_entry en;
		struct json_node *body;
		uint64_t seq = w->count[w->unread++ % COUNTS_MAX];
		if (a && ledger_read(k->l, seq, &en, NULL) == 0 && en.leaf.kind == LEDGER_GATE_COUNT && json_tree(en.body, a, &body, NULL) == 0)
			learn_from(k, body);
	}
}

void keeper_gate_alarms(const struct keeper *k, struct jsonw *w)
{
	kg_certs_alarms(k, w);
	for (size_t i = 0; k->gate && i < k->gate->count; i++) {
		const struct klink *x = k->gate->links[i];
		char id[GATE_NAME_MAX + 16], text[400];
		if (kg_stuck(x)) {
			snprintf(id, sizeof id, "refused-%s", x->l.name);
			jsonw_obj(w);
			jsonw_kstr(w, "id", id);
			jsonw_kstr(w, "severity", "alarm");
			jsonw_kstr(w, "what", "partner refuses");
			jsonw_kstr(w, "reason", kg_stuck_text(x, text, sizeof text));
			jsonw_obj_end(w);
		}
		if (!x->traffic || x->traffic->what == GATE_USUAL)
			continue;
		snprintf(id, sizeof id, "traffic-%s", x->l.name);
		jsonw_obj(w);
		jsonw_kstr(w, "id", id);
		jsonw_kstr(w, "severity", "alarm");
		jsonw_kstr(w, "what", x->traffic->what == GATE_SILENT ? "partner silent" : "unusual traffic");
		jsonw_kstr(w, "reason", x->traffic->text);
		jsonw_obj_end(w);
	}
}
