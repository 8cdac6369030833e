/* letter_facts: what entries say of one link, and of the house around it. A fold in the order of the ledger; it keeps every entry that a figure may come from. What does not read says nothing. */
#include "letter_internal.h"

#include <stdlib.h>

#define EVENTS_MAX 200000u
#define STEPS_MAX 500u
#define DOSSIER_MAX ((size_t)512 << 20)
#define HOUR (INT64_C(3600) * TIME_SEC)
#define MONTH (INT64_C(30) * 24 * HOUR)

struct gate_dossier *gate_dossier_new(const char *link)
{
	struct arena *a = arena_new(DOSSIER_MAX);
	struct gate_dossier *d = a ? arena_alloc(a, sizeof *d) : NULL;
	if (d) {
		d->links = arena_array(a, LINKS_SEEN_MAX, sizeof *d->links);
		d->a = a;
	}
	if (!d || !d->links || strlen(link) >= sizeof d->name) {
		arena_free(a);
		return NULL;
	}
	memcpy(d->name, link, strlen(link) + 1);
	d->events_end = &d->events;
	d->steps_end = &d->steps;
	return d;
}

void gate_dossier_free(struct gate_dossier *d)
{
	if (d)
		arena_free(d->a);
}

bool gate_dossier_wants(struct slice kind)
{
	static const char *const kinds[] = {"gate-act", "gate-held", "gate-sent", "gate-letter", "alarm", "snapshot", "keys", "account", "session"};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (slice_eq_str(kind, kinds[i]))
			return true;
	return false;
}

static const struct gate_entry *keep(struct gate_dossier *d, const struct gate_entry *en)
{
	struct gate_entry *n = arena_alloc(d->a, sizeof *n);
	if (n) {
		*n = *en;
		n->kind = arena_dup(d->a, en->kind);
		n->source = arena_dup(d->a, en->source);
	}
	return n;
}

static struct slice words(struct gate_dossier *d, const struct json_node *n, const char *key)
{
	return arena_dup(d->a, json_text(n, key));
}

static uint64_t number(const struct json_node *n, const char *key)
{
	uint64_t v = 0;
	(void)!num_u64(json_text(n, key), 0, INT64_MAX, &v);
	return v;
}

/* ---- events ---- */

/* Kinds of which no single one is printed, and of which there may be very many. */
static bool lumps(enum event_kind k)
{
	return k == EV_FAILED || k == EV_PASSWORD || k == EV_ADDED || k == EV_DISABLED || k == EV_REVOKED || k == EV_SENSOR;
}

static struct event *event(struct gate_dossier *d, enum event_kind kind, const struct gate_entry *of)
{
	struct event *ev = d->open[kind];
	if (ev && lumps(kind) && of->time - ev->first->time < HOUR) {
		ev->last = of;
		ev->n++;
		return ev;
	}
	if (d->events_n == EVENTS_MAX) {
		d->more = true;
		return NULL;
	}
	ev = arena_alloc(d->a, sizeof *ev);
	if (!ev)
		return NULL;
	*ev = (struct event){.kind = kind, .first = of, .last = of, .n = 1, .t = of->time};
	*d->events_end = ev;
	d->events_end = &ev->next;
	d->open[kind] = ev;
	d->events_n++;
	return ev;
}

static struct slice joined(struct gate_dossier *d, const struct json_node *list)
{
	AUTO_BUF struct buf b = {0};
	size_t n = 0;
	buf_init(&b, 1500);
	for (const struct json_node *v = list ? list->child : NULL; v && n < 8; v = v->next, n++) {
		if (v->value.n > 300)
			continue;
		buf_str(&b, b.n ? "; " : "");
		buf_add_slice(&b, v->value);
	}
	return buf_ok(&b) ? arena_dup(d->a, buf_slice(&b)) : SLICE_NULL;
}

/* What the file sensor said (cli/watch_ledger.c), and what this gate found unusual (serve/keeper_gate_watch.c). */
static void note_alarm(struct gate_dossier *d, const struct gate_entry *of, const struct json_node *n)
{
	struct slice text = json_text(n, "text"), id = json_text(n, "id");
	const struct json_node *said = json_get(n, "watch");
	struct event *ev = NULL;
	if (slice_eq_str(json_text(n, "what"), "raised") && slice_starts(id, "traffic-") && slice_eq_str(slice_of(id.p + 8, id.n - 8), d->name)) {
		ev = event(d, EV_UNUSUAL, of);
		if (ev)
			ev->text = words(d, n, "reason");
		return;
	}
	if (!slice_eq_str(json_text(n, "what"), "watch"))
		return;
	if (slice_eq_str(text, "verdict")) {
		ev = event(d, EV_VERDICT, of);
		if (!ev)
			return;
		if (time_parse(json_text(n, "infectionBegan"), 0, &ev->t) < 0)
			ev->t = of->time;
		ev->a = number(said, "file_count");
		ev->text = joined(d, json_get(said, "reasons"));
	} else if (slice_eq_str(text, "restored")) {
		ev = event(d, EV_RESTORED, of);
		if (ev) {
			ev->a = number(said, "put_back");
			ev->b = number(said, "left");
			ev->c = number(said, "vault");
		}
	} else if (slice_eq_str(text, "stopped")) {
		(void)event(d, EV_STOPPED, of);
	} else if (slice_eq_str(text, "denied")) {
		(void)event(d, EV_DENIED, of);
	} else if (slice_eq_str(text, "ready")) {
		(void)event(d, EV_SENSOR, of);
	}
}

static void note_snapshot(struct gate_dossier *d, const struct gate_entry *of, const struct json_node *n)
{
	struct slice what = json_text(n, "what"), verdict = json_text(n, "verdict");
	struct event *ev = NULL;
	if (slice_eq_str(what, "drill") && !json_get(n, "of")) {
		ev = event(d, EV_DRILL, of);
		if (ev) {
			ev->a = number(n, "files");
			ev->b = number(n, "missing");
		}
	} else if (!what.n && (slice_eq_str(verdict, "clean") || slice_eq_str(verdict, "damage"))) {
		ev = event(d, slice_eq_str(verdict, "clean") ? EV_CLEAN : EV_DAMAGE, of);
	}
	if (ev)
		ev->text = words(d, n, "source");
}

static void note_account(struct gate_dossier *d, const struct gate_entry *of, const struct json_node *n)
{
	static const struct {
		const char *what;
		enum event_kind kind;
	} table[] = {{"user-add", EV_ADDED}, {"user-disable", EV_DISABLED}, {"password", EV_PASSWORD}, {"token-revoke", EV_REVOKED}};
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (slice_eq_str(json_text(n, "what"), table[i].what))
			(void)event(d, table[i].kind, of);
}

static void note_letter(struct gate_dossier *d, const struct gate_entry *of, const struct json_node *n)
{
	struct slice to = json_text(n, "to");
	if (!slice_eq_str(json_text(n, "link"), d->name))
		return;
	if (slice_eq_str(to, "regulator"))
		(void)event(d, EV_LETTER_REGULATOR, of);
	else if (slice_eq_str(to, "insurer"))
		(void)event(d, EV_LETTER_INSURER, of);
}

/* ---- links ---- */

static void note_links(struct gate_dossier *d, struct slice name, bool gone, const struct json_node *standing, const struct gate_entry *of)
{
	size_t i = 0;
	struct gate_standing st;
	while (i < d->links_n && !slice_eq_str(name, d->links[i].name))
		i++;
	if (gone) {
		if (i < d->links_n)
			d->links[i] = d->links[--d->links_n];
	} else if (standing && name.n && name.n < GATE_NAME_MAX && i < LINKS_SEEN_MAX) {
		if (i == d->links_n) {
			memset(&d->links[i], 0, sizeof d->links[i]);
			memcpy(d->links[i].name, name.p, name.n);
			d->links_n++;
		}
		gate_standing_read(standing, &st);
		d->links[i].state = st.state;
	} else {
		return;
	}
	if (!d->links_first)
		d->links_first = of;
	d->links_last = of;
}

static void forget_cut(struct gate_dossier *d)
{
	d->proof = d->tried = NULL;
	d->passed_known = false;
	d->held_first = d->held_last = d->sent_first = d->sent_last = NULL;
	d->held_n = d->sent_n = 0;
	d->steps = NULL;
	d->steps_end = &d->steps;
	d->steps_n = 0;
	d->on_n = 0; /* what was true before it does not reopen it */
}

static void note_cut(struct gate_dossier *d, const struct gate_entry *of, const struct json_node *n)
{
	forget_cut(d);
	d->cut = of;
	d->cut_at = d->st.since;
	d->cut_by = words(d, n, "by");
	d->cut_role = words(d, n, "role");
	d->cut_reason = words(d, n, "reason");
}

static void note_proof(struct gate_dossier *d, const struct gate_entry *of, const struct json_node *n)
{
	const struct json_node *passed = json_get(n, "passed");
	int64_t last = 0;
	if (slice_eq_str(json_text(n, "method"), "none")) { /* it was tried, and could not be shown */
		if (!d->proof) {
			d->tried = of;
			d->tried_result = words(d, n, "result");
		}
		return;
	}
	d->proof = of;
	d->proof_at = (int64_t)number(n, "at");
	d->proof_bytes = number(n, "bytesSince");
	d->proof_method = words(d, n, "method");
	d->proof_result = words(d, n, "result");
	if (!passed)
		return;
	(void)!num_i64(json_text(passed, "last"), 0, INT64_MAX, &last);
	d->passed_known = true;
	d->passed_messages = number(passed, "messages");
	d->passed_bytes = number(passed, "bytes");
	d->passed_last = last;
	AUTO_BUF struct buf b = {0};
	const struct json_node *ids = json_get(passed, "ids");
	buf_init(&b, 4096);
	for (const struct json_node *v = ids ? ids->child : NULL; v; v = v->next) {
		buf_str(&b, b.n ? ", " : "");
		buf_add_slice(&b, v->value);
	}
	d->passed_ids = buf_ok(&b) ? arena_dup(d->a, buf_slice(&b)) : SLICE_NULL;
}

static void note_step(struct gate_dossier *d, const struct gate_entry *of, const struct json_node *n, int what)
{
	struct step *s = d->steps_n < STEPS_MAX ? arena_alloc(d->a, sizeof *s) : NULL;
	if (!s) {
		d->more = true;
		return;
	}
	*s = (struct step){.what = (__typeof__(s->what))what, .of = of, .first_of = d->signed_of ? d->signed_of : of, .first = json_text(n, "first").n ? words(d, n, "first") : d->signed_by, .st = d->st, .by = words(d, n, "by"), .reason = words(d, n, "reason")};
	*d->steps_end = s;
	d->steps_end = &s->next;
	d->steps_n++;
}

static void note_condition(struct gate_dossier *d, const struct gate_entry *of, const struct json_node *n)
{
	struct slice name = json_text(n, "condition");
	const struct json_node *met = json_get(n, "met");
	size_t i = 0;
	while (i < d->on_n && !slice_eq_str(name, d->on[i].name))
		i++;
	if (!name.n || name.n >= GATE_NAME_MAX || i == GATE_CONDITIONS_MAX)
		return;
	d->on[i] = (struct word_on){.of = of, .met = met && met->type == JSON_TRUE, .by = words(d, n, "by"), .evidence = words(d, n, "evidence")};
	memcpy(d->on[i].name, name.p, name.n);
	if (i == d->on_n)
		d->on_n++;
}

/* An act on this link. */
static void note_act(struct gate_dossier *d, const struct gate_entry *of, const struct json_node *n)
{
	struct slice what = json_text(n, "what");
	const struct json_node *standing = json_get(n, "standing"), *link = json_get(n, "link");
	enum gate_state before = d->st.state;
	if (slice_eq_str(what, "proof")) {
		note_proof(d, of, n);
		return;
	}
	if (slice_eq_str(what, "condition")) {
		note_condition(d, of, n);
		return;
	}
	if (standing) {
		gate_standing_read(standing, &d->st);
		d->stands = of;
	}
	if (slice_eq_str(what, "add") || slice_eq_str(what, "change")) {
		if (slice_eq_str(what, "add")) { /* a new one, though there may have been one of its name */
			forget_cut(d);
			d->cut = NULL;
		}
		d->on_n = 0; /* conditions of another wording */
		if (gate_link_read(link, &d->link, NULL) == 0)
			d->defined = of;
	} else if (slice_eq_str(what, "remove")) {
		d->defined = NULL;
	} else if (slice_eq_str(what, "cut")) {
		d->before = before;
		note_cut(d, of, n);
	} else if (slice_eq_str(what, "sign")) {
		d->signed_of = of;
		d->signed_by = words(d, n, "by");
	} else if (slice_eq_str(what, "step")) {
		note_step(d, of, n, STEP_UP);
		d->signed_of = NULL;
		d->signed_by = SLICE_NULL;
	} else if (slice_eq_str(what, "fall") && d->st.state != before) { /* else a first signature has ended */
		note_step(d, of, n, STEP_FALL);
	}
}

static void note_gate(struct gate_dossier *d, const struct gate_entry *of, const struct json_node *n)
{
	const struct json_node *link = json_get(n, "link");
	struct slice name = link && link->type == JSON_OBJ ? json_text(link, "name") : json_text(n, "link"), what = json_text(n, "what");
	note_links(d, name, slice_eq_str(what, "remove"), json_get(n, "standing"), of);
	if (slice_eq_str(name, d->name))
		note_act(d, of, n);
	else if (slice_eq_str(what, "cut"))
		(void)event(d, EV_CUT, of);
}

/* Many: only how many, and the first and the last. */
static void note_queue(struct gate_dossier *d, const struct gate_entry *of, const struct json_node *n, bool sent)
{
	if (!slice_eq_str(json_text(n, "link"), d->name) || !d->cut)
		return;
	const struct json_node *skipped = sent ? json_get(n, "skipped") : NULL;
	if (skipped && skipped->type == JSON_TRUE)
		return; /* it did not reach the far side */
	if (sent) {
		d->sent_first = d->sent_first ? d->sent_first : of;
		d->sent_last = of;
		d->sent_n++;
	} else {
		d->held_first = d->held_first ? d->held_first : of;
		d->held_last = of;
		d->held_n++;
	}
}

int gate_dossier_add(struct gate_dossier *d, const struct gate_entry *en, struct slice body, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)16 << 20);
	struct json_node *n;
	struct slice line = body;
	if (slice_eq_str(en->kind, "gate-held"))
		line = slice_cut(body, '\n', &body);
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory for what a letter is made from");
	if (!line.n || json_tree(line, a, &n, NULL) < 0)
		return 0;
	const struct gate_entry *of = keep(d, en);
	if (!of)
		return err_set(e, ERR_LIMIT, NULL, "there are more entries than a letter can be made from");
	if (slice_eq_str(en->kind, "gate-act"))
		note_gate(d, of, n);
	else if (slice_eq_str(en->kind, "gate-held") || slice_eq_str(en->kind, "gate-sent"))
		note_queue(d, of, n, slice_eq_str(en->kind, "gate-sent"));
	else if (slice_eq_str(en->kind, "gate-letter"))
		note_letter(d, of, n);
	else if (slice_eq_str(en->kind, "alarm"))
		note_alarm(d, of, n);
	else if (slice_eq_str(en->kind, "snapshot"))
		note_snapshot(d, of, n);
	else if (slice_eq_str(en->kind, "account"))
		note_account(d, of, n);
	else if (slice_eq_str(en->kind, "keys"))
		(void)event(d, EV_KEYS, of);
	else if (slice_eq_str(json_text(n, "what"), "login-failed"))
		(void)event(d, EV_FAILED, of);
	return 0;
}

/* ---- asking ---- */

struct tally dossier_tally(const struct gate_dossier *d, enum event_kind kind, int64_t since)
{
	struct tally t = {0};
	for (const struct event *ev = d->events; ev; ev = ev->next) {
		if (ev->kind != kind || ev->last->time < since)
			continue;
		if (!t.first) {
			t.first = ev->first;
			t.first_event = ev;
		}
		t.last = ev->last;
		t.last_event = ev;
		t.n += ev->n;
		t.a += ev->a;
		t.b += ev->b;
		t.c += ev->c;
	}
	return t;
}

/* An incident begins where the file sensor takes it to have begun; else with the first damaged backup; else with the cut. What is older than a month before the cut is another story. */
int64_t dossier_window(const struct gate_dossier *d, const struct gate_entry **ret_of, int64_t *ret_t)
{
	int64_t end = d->cut ? d->cut_at : INT64_MAX, oldest = d->cut ? d->cut_at - MONTH : INT64_MIN;
	const struct event *began = NULL, *damage = NULL;
	for (const struct event *ev = d->events; ev; ev = ev->next) {
		if (ev->first->time < oldest)
			continue;
		if (ev->kind == EV_VERDICT && (!began || ev->t < began->t))
			began = ev;
		if (ev->kind == EV_DAMAGE && !damage)
			damage = ev;
	}
	*ret_of = NULL;
	*ret_t = 0;
	if (began) {
		*ret_of = began->first;
		*ret_t = began->t;
	} else if (damage && damage->first->time < end) {
		*ret_of = damage->first;
		*ret_t = damage->t;
	} else if (d->cut) {
		*ret_of = d->cut;
		*ret_t = d->cut_at;
	} else if (d->defined) {
		*ret_of = d->defined;
		*ret_t = d->defined->time;
	}
	return *ret_of && (*ret_of)->time < *ret_t ? (*ret_of)->time : *ret_t; /* two clocks */
}

const struct word_on *dossier_word(const struct gate_dossier *d, const char *condition)
{
	for (size_t i = 0; i < d->on_n; i++)
		if (!strcmp(d->on[i].name, condition))
			return &d->on[i];
	return NULL;
}
