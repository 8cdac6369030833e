/* keeper_gate_shown: what commands and pages are told of links, and the proof of a cut: the relay is asked, then the cutter, and whoever waits is answered. */
#include "keeper_gate.h"

#include <stdio.h>
#include <stdlib.h>

void kg_put_moment(struct jsonw *w, const char *key, int64_t t)
{
	jsonw_key(w, key);
	if (t) {
		char text[32];
		jsonw_str(w, time_rfc3339(t, 3, text));
	} else {
		jsonw_null(w);
	}
}

void kg_put_shown(const struct klink *x, struct jsonw *w)
{
	jsonw_obj(w);
	jsonw_kstr(w, "name", x->l.name);
	jsonw_kstr(w, "state", gate_state_name(x->st.state));
	kg_put_moment(w, "since", x->st.since);
	jsonw_kstr(w, "class", x->l.class);
	jsonw_ku64(w, "bytes", x->bytes);
	jsonw_ku64(w, "queue", x->held_n);
	kg_put_moment(w, "last_message", x->last);
	jsonw_key(w, "proof");
	if (x->proof_at && x->st.state < GATE_TEST) {
		jsonw_obj(w);
		jsonw_kstr(w, "method", methods[x->method]);
		kg_put_moment(w, "at", x->proof_at);
		jsonw_kstr(w, "result", x->proof);
		jsonw_obj_end(w);
	} else {
		jsonw_null(w);
	}
	/* beside the contract's fields: what a person is shown */
	jsonw_key(w, "more");
	jsonw_obj(w);
	gate_link_put(&x->l, w);
	jsonw_ku64(w, "messages", x->messages);
	jsonw_ku64(w, "bytesSince", x->since_bytes);
	if (x->met) {
		jsonw_key(w, "met");
		jsonw_arr(w);
		for (size_t i = 0; i < x->l.conditions; i++)
			if (x->met >> i & 1)
				jsonw_str(w, x->l.condition[i].name);
		jsonw_arr_end(w);
	}
	if (x->shut)
		jsonw_kbool(w, "outsideHours", true);
	jsonw_kbool(w, "listening", x->listening);
	if (x->problem[0]) {
		jsonw_kstr(w, "problem", x->problem);
	} else if (kg_stuck(x)) {
		char text[400];
		jsonw_kstr(w, "problem", kg_stuck_text(x, text, sizeof text));
	}
	if (kg_stuck(x)) {
		jsonw_ku64(w, "refusedFirst", x->refused.seq);
		jsonw_kstr(w, "refusedCode", x->refused.code);
		kg_put_moment(w, "refusedSince", x->refused.since);
	}
	if (x->skipped_n)
		jsonw_ku64(w, "skipped", x->skipped_n);
	if (x->odd)
		jsonw_ku64(w, "odd", x->odd);
	if (x->tls_refused) {
		jsonw_ku64(w, "tlsRefused", x->tls_refused);
		jsonw_kstr(w, "tlsWhy", x->tls_why);
	}
	kg_put_certs(x, w);
	if (x->st.expires && x->st.expires != GATE_NEVER)
		kg_put_moment(w, "expires", x->st.expires);
	if (x->st.first[0]) {
		jsonw_kstr(w, "signed", x->st.first);
		kg_put_moment(w, "signedUntil", x->st.first_until);
		kg_put_moment(w, "signedExpires", x->st.first_expires == GATE_NEVER ? 0 : x->st.first_expires);
	}
	if (x->st.state < GATE_OPEN)
		jsonw_kstr(w, "next", gate_state_name((enum gate_state)(x->st.state + 1)));
	if (x->held_n) {
		jsonw_ku64(w, "queueFirst", x->held[0].seq);
		kg_put_moment(w, "queueSince", x->held[0].time);
	}
	jsonw_obj_end(w);
	jsonw_obj_end(w);
}

bool kg_chosen(const struct klink *x, const char *name, const char *class)
{
	return name[0] ? !strcmp(x->l.name, name) : class[0] ? !strcmp(x->l.class, class) : true;
}

/* Is this link among those that are asked about? */
static bool meant(const struct keeper *k, const struct asked *a, const struct klink *x)
{
	return a->plan[0] ? kg_plan_has(k, a->plan, x) : kg_chosen(x, a->name, a->class);
}

static void answer_links(struct keeper *k, struct kchan *to, uint64_t tag, const struct asked *a)
{
	struct jsonw w;
	size_t at = reply_begin(to, tag);
	jsonw_init(&w, &to->c.out);
	jsonw_obj(&w);
	jsonw_ku64(&w, "moved", a->moved);
	jsonw_kbool(&w, "recorded", a->recorded);
	jsonw_key(&w, "links");
	jsonw_arr(&w);
	for (size_t i = 0; k->gate && i < k->gate->count; i++)
		if (kg_chosen(k->gate->links[i], a->name, a->class))
			kg_put_shown(k->gate->links[i], &w);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	reply_end(to, at);
}

/* Cut, or not durably reopened. */
static bool closed(struct klink *x)
{
	x->closed |= x->st.state < GATE_TEST;
	return x->closed;
}

size_t keeper_gate_elements(struct keeper *k, struct gate_element *out, size_t room)
{
	size_t n = 0;
	for (size_t i = 0; k->gate && i < k->gate->count && n + 2 <= room; i++)
		if (closed(k->gate->links[i]))
			n += gate_link_elements(&k->gate->links[i]->l, out + n);
	return n;
}

/* What the cutter found of a link's addresses, in words: the worst of it. */
static void take_stopped(struct keeper *k, struct klink *x)
{
	struct gate_element v[2];
	size_t n = gate_link_elements(&x->l, v), at = 0;
	x->nft = 0;
	x->stopped[0] = 0;
	x->through = false;
	for (size_t i = 0; i < n; i++) {
		enum cut_found what = CUT_NOT;
		uint64_t packets = 0;
		char where[64];
		bool said = keeper_cutter_says(k, &v[i], &what, &packets);
		gate_element_text(&v[i], where);
		if (!said || what == CUT_NOT)
			at += (size_t)snprintf(x->stopped + at, sizeof x->stopped - at, "; nft: %s is NOT in the table", where);
		else if (what == CUT_THROUGH)
			at += (size_t)snprintf(x->stopped + at, sizeof x->stopped - at, "; nft: A PROBE TO %s PASSED", where);
		else
			at += (size_t)snprintf(x->stopped + at, sizeof x->stopped - at, "; nft: %s %s, %llu packets", where, what == CUT_NO_WAY ? "in the table, no way there" : "stopped", (unsigned long long)packets);
		if (at >= sizeof x->stopped)
			at = sizeof x->stopped - 1;
		x->through |= what == CUT_THROUGH;
		bool bad = !said || what == CUT_NOT || what == CUT_THROUGH;
		x->nft = bad ? 1 : x->nft == 1 ? 1 : 2;
	}
}

static void take_proof(struct keeper *k, struct klink *x, bool relay)
{
	char since[32];
	struct err e = {0};
	struct act act = {.what = "proof"};
	x->proof_at = time_now();
	x->method = !relay || !x->probe[0] ? PROOF_NONE : x->nft == 2 ? PROOF_NFT : PROOF_RELAY;
	if (x->method)
		snprintf(x->proof, sizeof x->proof, "%s; %llu bytes since %s%s", x->probe, (unsigned long long)x->since_bytes, time_rfc3339(x->st.since, 0, since), x->stopped);
	else
		snprintf(x->proof, sizeof x->proof, "not proven: the relay is being started; nothing passes while it is not there%s", x->stopped);
	if (kg_record_act(k, x, &act, &e) < 0)
		role_log(k->r, "the proof of a cut cannot be recorded: %s", e.text);
}

void kg_answer_asked(struct keeper *k, const struct asked *a, bool relay)
{
	struct kchan *to = keeper_chan_find(k, a->chan);
	for (size_t i = 0; a->what != ASKED_LIST && i < k->gate->count; i++)
		if (meant(k, a, k->gate->links[i]) && k->gate->links[i]->st.state < GATE_TEST)
			take_proof(k, k->gate->links[i], relay);
	if (a->plan[0])
		kg_plan_answer(k, to, a, a->proven);
	else if (to)
		answer_links(k, to, a->chan_tag, a);
}

/* When all who were asked have answered. */
static void maybe_answer(struct keeper *k, size_t i)
{
	struct asked a = k->gate->asked[i];
	if (!a.told || a.nft)
		return;
	k->gate->asked[i] = k->gate->asked[--k->gate->asked_n];
	kg_answer_asked(k, &a, true);
}

void keeper_gate_proven(struct keeper *k, uint64_t tag)
{
	struct keeper_gate *g = k->gate;
	for (size_t i = 0; g && i < g->asked_n; i++)
		if (g->asked[i].nft == tag) {
			for (size_t n = 0; n < g->count; n++)
				if (meant(k, &g->asked[i], g->links[n]))
					take_stopped(k, g->links[n]);
			g->asked[i].nft = 0;
			g->asked[i].proven = true;
			maybe_answer(k, i);
			return;
		}
}

/* A probe of what is cut passed, or a cut is not in force in the kernel. */
bool keeper_gate_alarm(const struct keeper *k, char *out, size_t size)
{
	size_t many = 0;
	const char *name = NULL;
	for (size_t i = 0; k->gate && i < k->gate->count; i++)
		if (k->gate->links[i]->through && k->gate->links[i]->closed && !many++)
			name = k->gate->links[i]->l.name;
	if (!many)
		return keeper_cutter_alarm(k, out, size);
	snprintf(out, size, "a probe passed to %s, which is cut%s", name, many > 1 ? ", and to others" : "");
	return true;
}

/* What is cut in the kernel is probed there, beside the relay's own probe. */
static void ask_cutter(struct keeper *k, struct asked *a)
{
	struct gate_element *v = a->what == ASKED_LIST ? NULL : calloc(GATE_ELEMENTS_MAX, sizeof *v);
	size_t n = v && a->plan[0] ? kg_plan_elements(k, a->plan, v, GATE_ELEMENTS_MAX) : 0;
	for (size_t i = 0; v && i < k->gate->count; i++) {
		struct klink *x = k->gate->links[i];
		if (!meant(k, a, x))
			continue;
		x->nft = 0;
		x->stopped[0] = x->probe[0] = 0;
		if (closed(x) && n + 2 <= GATE_ELEMENTS_MAX)
			n += gate_link_elements(&x->l, v + n);
	}
	n = v ? gate_elements_sort(v, n) : 0;
	a->nft = n || (v && a->plan[0]) ? keeper_cutter_prove(k, v, n) : 0; /* the host is probed with every list */
	free(v);
}

void op_gate_told(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	bool probed = cur_u8(&c);
	AUTO_ARENA struct arena *arena = arena_new((size_t)64 << 20);
	struct json_node *n;
	if (!k->gate || k->gate->ch != ch || !arena || json_tree(cur_take(&c, cur_left(&c)), arena, &n, NULL) < 0) {
		keeper_chan_drop(k, ch, "counts that do not read");
		return;
	}
	size_t i = 0;
	while (i < k->gate->asked_n && k->gate->asked[i].tag != f->tag)
		i++;
	for (const struct json_node *v = n->child; v; v = v->next) {
		struct klink *x = kg_find(k, json_text(v, "name"));
		uint64_t bytes = 0, messages = 0;
		int64_t last = 0;
		if (!x)
			continue;
		(void)!num_u64(json_text(v, "bytes"), 0, UINT64_MAX / 4, &bytes);
		(void)!num_u64(json_text(v, "messages"), 0, UINT64_MAX / 4, &messages);
		(void)!num_u64(json_text(v, "bytesSince"), 0, UINT64_MAX / 4, &x->since_bytes);
		(void)!num_i64(json_text(v, "last"), 0, INT64_MAX, &last);
		if (last > x->last)
			x->last = last;
		x->bytes = x->bytes_before + bytes;
		x->messages = x->messages_before + messages;
		x->listening = kg_truth(v, "listening");
		kg_copy_text(x->problem, sizeof x->problem, json_text(v, "problem"));
		x->odd = 0;
		(void)!num_u64(json_text(v, "odd"), 0, UINT64_MAX / 4, &x->odd);
		x->tls_refused = 0;
		(void)!num_u64(json_text(v, "tlsRefused"), 0, UINT64_MAX / 4, &x->tls_refused);
		kg_copy_text(x->tls_why, sizeof x->tls_why, json_text(v, "tlsWhy"));
		if (probed)
			kg_copy_text(x->probe, sizeof x->probe, json_text(v, "probe"));
		struct gate_traffic *t = kg_traffic_of(x);
		if (t)
			traffic_told(t, v);
		gate_certs_read(json_get(v, "certs"), &x->certs);
		const struct json_node *ids = json_get(v, "ids");
		if (ids && ids->type == JSON_ARR && ids->count && ids->raw.n < sizeof x->ids)
			kg_copy_text(x->ids, sizeof x->ids, ids->raw);
	}
	accounts_touch(k);
	kg_look_at_traffic(k);
	if (i == k->gate->asked_n)
		return;
	k->gate->asked[i].told = true;
	maybe_answer(k, i);
}

/* To the relay, if it is there; what it says is awaited for a moment. */
void kg_ask_relay(struct keeper *k, struct kchan *ch, uint64_t tag, struct asked *a)
{
	struct keeper_gate *g = k->gate;
	a->tag = ++g->tags;
	a->chan = ch->id;
	a->chan_tag = tag;
	a->until = time_monotonic() + RELAY_PATIENCE;
	ask_cutter(k, a);
	if (g->asked_n == ASKED_MAX || ((!g->ch || g->ch->dead) && !a->nft)) {
		kg_answer_asked(k, a, false);
		return;
	}
	if (!g->ch || g->ch->dead) { /* nothing passes while it is not there; what the cutter finds is worth waiting for */
		a->told = true;
		g->asked[g->asked_n++] = *a;
		return;
	}
	size_t at = frame_begin(&g->ch->c.out, FRAME_G_ASK, a->tag);
	buf_u8(&g->ch->c.out, a->what != ASKED_LIST);
	frame_end(&g->ch->c.out, at);
	g->asked[g->asked_n++] = *a;
}
