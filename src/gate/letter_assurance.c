/* letter_assurance: forty questions that partners ask before they reconnect, each answered by entries or left blank with who has to answer. They were gathered from what was published on assurance and attestation letters (AHA
 * 2024 on disconnecting until "independently deemed safe"; WIRED, June 2024, on letters of up to forty questions; CISO Lens, eight core questions before reconnecting), and from what a partner's own engineer wants to know
 * of one interface. A question of which the record holds a part is answered with that part, and then left blank. */
#include "letter_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define TIMELINE_MAX 40u

struct asked { /* what several answers need */
	struct writing *w;
	const struct gate_entry *window_of;
	int64_t window_t, since;
	struct tally verdict, damage;
	bool begun; /* some paragraph of this answer stands */
};

/* A sentence of the answer; the first begins its paragraph. */
static bool tell(struct asked *q, const char *key, const struct figs *f)
{
	bool said = q->begun ? letter_say_more(q->w, key, f) : letter_say(q->w, PAPER_TEXT, key, f);
	q->begun |= said;
	return said;
}

static fig all_of(struct asked *q, const struct tally *t, uint64_t n)
{
	return figure_from(q->w->a, t->first, figure_count(q->w->a, t->last, n));
}

static fig when(struct asked *q, const struct gate_entry *of, int64_t t)
{
	return figure_time(q->w->a, of, t);
}

/* {a} times, {b} the moment of the first or the last. */
static bool times(struct asked *q, const char *key, enum event_kind kind, bool first)
{
	struct tally t = dossier_tally(q->w->d, kind, q->since);
	const struct gate_entry *at = first ? t.first : t.last;
	fig n = all_of(q, &t, t.n), moment = at ? when(q, at, at->time) : NULL;
	return tell(q, key, first ? FIGS(moment, n) : FIGS(n, moment));
}

static void began(struct asked *q)
{
	if (q->verdict.n && q->window_of)
		(void)tell(q, "a.begin", FIGS(when(q, q->window_of, q->window_t)));
	else if (q->damage.n)
		(void)tell(q, "a.begin.vault", FIGS(when(q, q->damage.first, q->damage.first->time), figure_plain(q->w->a, q->damage.first, q->damage.first_event->text)));
}

static void detected(struct asked *q)
{
	const struct tally *v = &q->verdict, *b = &q->damage;
	if (v->n && tell(q, "a.detect", FIGS(when(q, v->first, v->first->time), figure_text(q->w->a, v->first, v->first_event->text))))
		return;
	if (b->n)
		(void)tell(q, "a.detect.vault", FIGS(when(q, b->first, b->first->time), figure_plain(q->w->a, b->first, b->first_event->text)));
}

static void kind(struct asked *q)
{
	if (q->verdict.n)
		(void)tell(q, "a.kind", FIGS(figure_text(q->w->a, q->verdict.last, q->verdict.last_event->text)));
}

static fig closed_links(struct asked *q, bool closed)
{
	const struct gate_dossier *d = q->w->d;
	uint64_t n = 0;
	for (size_t i = 0; i < d->links_n; i++)
		n += !closed || d->links[i].state < GATE_TEST;
	return figure_from(q->w->a, d->links_first, figure_count(q->w->a, d->links_last, n));
}

static void contained(struct asked *q)
{
	(void)times(q, "a.stopped", EV_STOPPED, true);
	(void)times(q, "a.denied", EV_DENIED, true);
	(void)tell(q, "done.links", FIGS(closed_links(q, false), closed_links(q, true)));
}

static void ongoing(struct asked *q)
{
	if (q->verdict.n)
		(void)tell(q, "a.ongoing", FIGS(when(q, q->verdict.last, q->verdict.last->time)));
}

static void systems(struct asked *q)
{
	if (q->verdict.n)
		(void)tell(q, "a.systems", FIGS(all_of(q, &q->verdict, q->verdict.a)));
}

struct moment {
	int64_t t;
	const struct gate_entry *of;
	const char *key;
};

static int by_time(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;
	return x->t != y->t ? (x->t < y->t ? -1 : 1) : x->of->seq < y->of->seq ? -1 : x->of->seq > y->of->seq;
}

static size_t moments(struct asked *q, struct moment *m, size_t max)
{
	static const char *const keys[EV_KINDS] = {[EV_VERDICT] = "t.verdict", [EV_STOPPED] = "t.stopped", [EV_DENIED] = "t.denied", [EV_RESTORED] = "t.restored", [EV_DAMAGE] = "t.damage", [EV_DRILL] = "t.drill", [EV_KEYS] = "t.keys", [EV_CUT] = "t.cut"};
	const struct gate_dossier *d = q->w->d;
	size_t n = 0;
	if (q->verdict.n)
		m[n++] = (struct moment){q->window_t, q->window_of, "t.begin"};
	if (d->cut)
		m[n++] = (struct moment){d->cut_at, d->cut, "t.thiscut"};
	if (d->proof)
		m[n++] = (struct moment){d->proof_at, d->proof, "t.proof"};
	for (const struct event *ev = d->events; ev && n < max; ev = ev->next)
		if (keys[ev->kind] && ev->last->time >= q->since)
			m[n++] = (struct moment){ev->first->time, ev->first, keys[ev->kind]};
	for (const struct step *s = d->steps; s && n < max; s = s->next)
		m[n++] = (struct moment){s->of->time, s->of, s->what == STEP_UP ? "t.step" : "t.fall"};
	return n;
}

/* In the order in which it happened. The same thing again and again is one line. */
static void timeline(struct asked *q)
{
	enum { MOST = 4000 };
	struct moment *m = calloc(MOST, sizeof *m);
	size_t n = m ? moments(q, m, MOST) : 0;
	if (n)
		qsort(m, n, sizeof *m, by_time);
	for (size_t i = 0, lines = 0; i < n && lines < TIMELINE_MAX; lines++) {
		size_t run = 1;
		while (i + run < n && m[i + run].key == m[i].key)
			run++;
		const struct gate_entry *last = m[i + run - 1].of;
		fig t = when(q, m[i].of, m[i].t), word = figure_word(q->w->a, m[i].of, m[i].key);
		if (run == 1)
			q->begun |= letter_say(q->w, PAPER_ITEM, "t.line", FIGS(t, word));
		else
			q->begun |= letter_say(q->w, PAPER_ITEM, "t.lines", FIGS(t, word, figure_from(q->w->a, m[i].of, figure_count(q->w->a, last, run))));
		i += run;
	}
	free(m);
}

static void authorities(struct asked *q)
{
	(void)times(q, "a.letters.regulator", EV_LETTER_REGULATOR, false);
	(void)times(q, "a.letters.insurer", EV_LETTER_INSURER, false);
}

static void cut(struct asked *q)
{
	const struct gate_dossier *d = q->w->d;
	if (!tell(q, "a.cut", FIGS(when(q, d->cut, d->cut_at), d->cut ? letter_person(q->w, d->cut, d->cut_by, d->cut_role) : NULL)))
		(void)tell(q, "a.notcut", NULL);
	else if (!tell(q, "a.reason", FIGS(figure_text(q->w->a, d->cut, d->cut_reason))))
		(void)tell(q, "a.noreason", NULL);
}

static void proof(struct asked *q)
{
	q->begun = letter_proof(q->w, PAPER_TEXT);
}

static void last(struct asked *q)
{
	const struct gate_dossier *d = q->w->d;
	(void)tell(q, "last.time", FIGS(when(q, d->passed_known ? d->proof : NULL, d->passed_last)));
}

static void ids(struct asked *q)
{
	const struct gate_dossier *d = q->w->d;
	const struct gate_entry *of = d->passed_known ? d->proof : NULL;
	fig bytes = figure_bytes(q->w->a, of, d->passed_bytes);
	if (d->link.protocol == GATE_MLLP)
		(void)tell(q, "last.sum", FIGS(figure_count(q->w->a, of, d->passed_messages), bytes));
	else
		(void)tell(q, "last.bytes", FIGS(bytes));
	(void)tell(q, "last.ids", FIGS(figure_plain(q->w->a, of, d->passed_ids)));
}

static void abuse(struct asked *q)
{
	struct tally t = dossier_tally(q->w->d, EV_UNUSUAL, q->since);
	if (t.n)
		(void)tell(q, "a.unusual", FIGS(all_of(q, &t, t.n), when(q, t.last, t.last->time), figure_text(q->w->a, t.last, t.last_event->text)));
}

static void queued(struct asked *q)
{
	const struct gate_dossier *d = q->w->d;
	if (d->link.out && d->link.protocol == GATE_MLLP && d->cut) {
		if (!tell(q, "a.queue", FIGS(figure_from(q->w->a, d->held_first, figure_count(q->w->a, d->held_last, d->held_n)))))
			(void)tell(q, "a.queue.none", NULL);
		(void)tell(q, "a.queue.sent", FIGS(figure_from(q->w->a, d->sent_first, figure_count(q->w->a, d->sent_last, d->sent_n))));
	}
	if (d->link.protocol == GATE_MLLP)
		(void)tell(q, "a.queue.how", NULL);
}

static void ends(struct asked *q)
{
	const struct gate_dossier *d = q->w->d;
	(void)tell(q, "a.ends", FIGS(figure_plain(q->w->a, d->defined, slice_str(d->link.listen)), figure_plain(q->w->a, d->defined, slice_str(d->link.to))));
}

static void state(struct asked *q)
{
	letter_steps(q->w);
	q->begun = true;
}

static void conditions(struct asked *q)
{
	letter_conditions_list(q->w);
	q->begun = true;
}

static void lost(struct asked *q)
{
	struct tally t = dossier_tally(q->w->d, EV_RESTORED, q->since);
	(void)tell(q, "a.restored", FIGS(all_of(q, &t, t.a), all_of(q, &t, t.b), all_of(q, &t, t.c)));
}

static void integrity(struct asked *q)
{
	(void)tell(q, "a.integrity", NULL);
}

static void backups(struct asked *q)
{
	struct tally clean = dossier_tally(q->w->d, EV_CLEAN, INT64_MIN);
	const struct tally *b = &q->damage;
	if (clean.n)
		(void)tell(q, "a.backups.clean", FIGS(when(q, clean.last, clean.last->time), figure_plain(q->w->a, clean.last, clean.last_event->text)));
	if (b->n)
		(void)tell(q, "a.backups.damage", FIGS(all_of(q, b, b->n), when(q, b->first, b->first->time), figure_plain(q->w->a, b->first, b->first_event->text)));
	else if (clean.n)
		(void)tell(q, "a.backups.nodamage", NULL);
}

static void restore(struct asked *q)
{
	struct tally t = dossier_tally(q->w->d, EV_DRILL, INT64_MIN);
	if (t.n)
		(void)tell(q, "a.drill", FIGS(when(q, t.last, t.last->time), figure_plain(q->w->a, t.last, t.last_event->text), figure_count(q->w->a, t.last, t.last_event->a), figure_count(q->w->a, t.last, t.last_event->b)));
}

static bool counted(struct asked *q, const char *key, enum event_kind k)
{
	struct tally t = dossier_tally(q->w->d, k, q->since);
	return tell(q, key, FIGS(all_of(q, &t, t.n)));
}

static void passwords(struct asked *q)
{
	(void)counted(q, "a.passwords", EV_PASSWORD);
}

static void keys(struct asked *q)
{
	(void)times(q, "a.keys", EV_KEYS, false);
}

static void accounts(struct asked *q)
{
	(void)counted(q, "a.disabled", EV_DISABLED);
	(void)counted(q, "a.revoked", EV_REVOKED);
	(void)counted(q, "a.added", EV_ADDED);
	(void)counted(q, "a.failed", EV_FAILED);
}

static void segments(struct asked *q)
{
	(void)tell(q, "done.links", FIGS(closed_links(q, false), closed_links(q, true)));
}

static void monitor(struct asked *q)
{
	struct tally t = dossier_tally(q->w->d, EV_SENSOR, INT64_MIN);
	if (t.n)
		(void)tell(q, "a.monitor", FIGS(when(q, t.last, t.last->time)));
	(void)tell(q, "a.monitor.relay", NULL);
}

static const struct {
	const char *group, *key;
	void (*answer)(struct asked *q);
	const char *who; /* whose the rest is; NULL: there is none when the record answered */
	bool whole;      /* an answer from the record is the whole of it */
} questions[] = {
	{"g.happened", "q.begin", began, "who.lead", false},
	{NULL, "q.detect", detected, "who.lead", true},
	{NULL, "q.cause", NULL, "who.forensic", false},
	{NULL, "q.kind", kind, "who.forensic", false},
	{NULL, "q.contained", contained, "who.lead", false},
	{NULL, "q.evicted", NULL, "who.forensic", false},
	{NULL, "q.ongoing", ongoing, "who.forensic", false},
	{NULL, "q.systems", systems, "who.it", false},
	{NULL, "q.ransom", NULL, "who.legal", false},
	{"g.response", "q.firm", NULL, "who.lead", false},
	{NULL, "q.timeline", timeline, "who.lead", false},
	{NULL, "q.authorities", authorities, "who.legal", false},
	{NULL, "q.report", NULL, "who.forensic", false},
	{"g.link", "q.cut", cut, "who.lead", true},
	{NULL, "q.proof", proof, "who.network", true},
	{NULL, "q.last", last, "who.network", true},
	{NULL, "q.ids", ids, "who.network", true},
	{NULL, "q.abuse", abuse, "who.forensic", false},
	{NULL, "q.queue", queued, "who.it", true},
	{NULL, "q.ends", ends, "who.network", true},
	{NULL, "q.state", state, "who.lead", true},
	{NULL, "q.conditions", conditions, "who.lead", true},
	{"g.data", "q.access", NULL, "who.privacy", false},
	{NULL, "q.exfil", NULL, "who.forensic", false},
	{NULL, "q.elements", NULL, "who.privacy", false},
	{NULL, "q.lost", lost, "who.it", false},
	{NULL, "q.integrity", integrity, "who.ciso", true},
	{"g.recovery", "q.removed", NULL, "who.forensic", false},
	{NULL, "q.rebuilt", NULL, "who.it", false},
	{NULL, "q.backups", backups, "who.backup", false},
	{NULL, "q.restore", restore, "who.backup", false},
	{NULL, "q.passwords", passwords, "who.it", false},
	{NULL, "q.keys", keys, "who.it", false},
	{NULL, "q.accounts", accounts, "who.it", false},
	{"g.prevention", "q.mfa", NULL, "who.ciso", false},
	{NULL, "q.edr", NULL, "who.ciso", false},
	{NULL, "q.segments", segments, "who.network", false},
	{NULL, "q.monitor", monitor, "who.ciso", false},
	{NULL, "q.patched", NULL, "who.it", false},
	{NULL, "q.remote", NULL, "who.network", false},
};
_Static_assert(ARRAY_LEN(questions) == 40, "forty questions");

void letter_assurance(struct writing *w)
{
	struct asked q = {.w = w};
	q.since = dossier_window(w->d, &q.window_of, &q.window_t);
	q.verdict = dossier_tally(w->d, EV_VERDICT, q.since);
	q.damage = dossier_tally(w->d, EV_DAMAGE, q.since);
	(void)letter_say_field(w, "l.link", NULL, FIGS(figure_plain(w->a, w->d->defined, slice_str(w->d->link.name))));
	(void)letter_say_field(w, "l.purpose", NULL, FIGS(figure_plain(w->a, w->d->defined, slice_str(w->d->link.purpose))));
	(void)letter_say_field(w, "l.state", NULL, FIGS(figure_word(w->a, w->d->stands, letter_state_key(w->d->st.state))));
	(void)letter_say(w, PAPER_TEXT, "window", FIGS(figure_time(w->a, q.window_of, q.window_t)));
	for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
		char mark[8];
		snprintf(mark, sizeof mark, "%zu.", i + 1);
		if (questions[i].group)
			letter_say_heading(w, questions[i].group);
		(void)letter_say_marked(w, PAPER_QUESTION, mark, questions[i].key, NULL);
		q.begun = false;
		if (questions[i].answer)
			questions[i].answer(&q);
		if (!q.begun || !questions[i].whole)
			letter_say_blank(w, q.begun ? "blank.more" : "blank", questions[i].who);
	}
}
