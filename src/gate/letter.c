/* letter: the notice of a cut and the conditions to reopen; what every letter has around it. */
#include "letter_internal.h"

#include <stdlib.h>

static const char *const kinds[GATE_LETTER_KINDS] = {"cut", "conditions", "assurance"};
static const char *const tos[GATE_TO_COUNT] = {"partner", "regulator", "insurer"};

static const char *key2(const char *a, const char *b, const char *c, char out[64])
{
	size_t n = 0;
	for (const char *const *p = (const char *const[]){a, b, c, NULL}; *p; p++)
		for (const char *s = *p; *s && n < 63; s++)
			out[n++] = *s;
	out[n] = 0;
	return out;
}

/* ---- parts that several letters have ---- */

static void link_fields(struct writing *w)
{
	const struct gate_dossier *d = w->d;
	const struct gate_link *l = &d->link;
	const struct gate_entry *of = d->defined;
	(void)letter_say_field(w, "l.link", NULL, FIGS(figure_plain(w->a, of, slice_str(l->name))));
	(void)letter_say_field(w, "l.purpose", NULL, FIGS(figure_plain(w->a, of, slice_str(l->purpose))));
	(void)letter_say_field(w, "l.direction", NULL, FIGS(figure_word(w->a, of, l->out ? "v.out" : "v.in")));
	(void)letter_say_field(w, "l.protocol", NULL, FIGS(figure_word(w->a, of, l->protocol == GATE_MLLP ? "v.mllp" : "v.tcp")));
	(void)letter_say_field(w, "l.owner", NULL, FIGS(figure_plain(w->a, of, slice_str(l->owner))));
	(void)letter_say_field(w, "l.state", NULL, FIGS(figure_word(w->a, d->stands, letter_state_key(d->st.state))));
}

static void cut_fields(struct writing *w)
{
	const struct gate_dossier *d = w->d;
	(void)letter_say_field(w, "l.cut", NULL, FIGS(figure_time(w->a, d->cut, d->cut_at)));
	(void)letter_say_field(w, "l.by", NULL, FIGS(letter_person(w, d->cut, d->cut_by, d->cut_role)));
	(void)letter_say_field(w, "l.reason", NULL, FIGS(d->cut_reason.n ? figure_text(w->a, d->cut, d->cut_reason) : figure_word(w->a, d->cut, "v.noreason")));
	(void)letter_say_field(w, "l.before", NULL, FIGS(figure_word(w->a, d->cut, letter_state_key(d->before))));
}

bool letter_proof(struct writing *w, enum paper_look look)
{
	const struct gate_dossier *d = w->d;
	if (!d->cut)
		return false;
	if (!letter_say(w, look, "proof.bytes", FIGS(figure_bytes(w->a, d->proof, d->proof_bytes), figure_time(w->a, d->cut, d->cut_at), figure_time(w->a, d->proof, d->proof_at))))
		return letter_say(w, look, "proof.tried", FIGS(figure_time(w->a, d->tried, d->tried ? d->tried->time : 0), figure_text(w->a, d->tried, d->tried_result))) || letter_say(w, look, "proof.none", NULL);
	fig result = figure_text(w->a, d->proof, d->proof_result);
	if (slice_eq_str(d->proof_method, "relay"))
		(void)letter_say_more(w, "proof.method.relay", FIGS(result));
	else
		(void)letter_say_more(w, "proof.method.other", FIGS(figure_plain(w->a, d->proof, d->proof_method), result));
	return true;
}

bool letter_last(struct writing *w, enum paper_look look)
{
	const struct gate_dossier *d = w->d;
	const struct gate_entry *of = d->passed_known ? d->proof : NULL;
	bool any = letter_say(w, look, "last.time", FIGS(figure_time(w->a, of, d->passed_last)));
	fig bytes = figure_bytes(w->a, of, d->passed_bytes);
	if (!any)
		return d->link.protocol == GATE_TCP && letter_say(w, look, "last.bytes", FIGS(bytes));
	if (d->link.protocol == GATE_MLLP)
		(void)letter_say_more(w, "last.sum", FIGS(figure_count(w->a, of, d->passed_messages), bytes));
	(void)letter_say_more(w, "last.ids", FIGS(figure_plain(w->a, of, d->passed_ids)));
	return true;
}

void letter_steps(struct writing *w)
{
	const struct gate_dossier *d = w->d;
	(void)letter_say(w, PAPER_TEXT, "stage.now", FIGS(figure_word(w->a, d->stands, letter_state_key(d->st.state)), figure_time(w->a, d->stands, d->st.since)));
	if (d->st.expires && d->st.expires != GATE_NEVER)
		(void)letter_say_more(w, "stage.expires", FIGS(figure_time(w->a, d->stands, d->st.expires)));
	if (d->st.first[0])
		(void)letter_say_more(w, "stage.signed", FIGS(figure_plain(w->a, d->stands, slice_str(d->st.first)), figure_time(w->a, d->stands, d->st.first_until)));
	if (d->cut)
		(void)letter_say(w, PAPER_ITEM, "stage.cut", FIGS(figure_time(w->a, d->cut, d->cut_at), letter_person(w, d->cut, d->cut_by, d->cut_role)));
	for (const struct step *s = d->steps; s; s = s->next) {
		fig when = figure_time(w->a, s->of, s->of->time), to = figure_word(w->a, s->of, letter_state_key(s->st.state));
		if (s->what == STEP_UP)
			(void)letter_say(w, PAPER_ITEM, "stage.step", FIGS(when, to, figure_plain(w->a, s->first_of, s->first), figure_plain(w->a, s->of, s->by)));
		else
			(void)letter_say(w, PAPER_ITEM, "stage.fall", FIGS(when, to, figure_text(w->a, s->of, s->reason)));
	}
}

static void condition_state(struct writing *w, const struct gate_condition *c)
{
	const struct word_on *on = dossier_word(w->d, c->name);
	if (!on) {
		(void)letter_say_more(w, "cond.unknown", NULL);
		return;
	}
	fig when = figure_time(w->a, on->of, on->of->time), who = figure_plain(w->a, on->of, on->by), why = figure_text(w->a, on->of, on->evidence);
	if (!letter_say_more(w, on->met ? "cond.met" : "cond.notmet", FIGS(when, who, why)))
		(void)letter_say_more(w, on->met ? "cond.met.bare" : "cond.notmet.bare", FIGS(when, who));
}

void letter_conditions_list(struct writing *w)
{
	const struct gate_dossier *d = w->d;
	uint64_t met = 0;
	const struct gate_entry *last = d->defined;
	for (size_t i = 0; i < d->link.conditions; i++) {
		const struct word_on *on = dossier_word(d, d->link.condition[i].name);
		met += on && on->met;
		if (on && on->of->seq > last->seq)
			last = on->of;
	}
	if (!d->link.conditions) {
		(void)letter_say(w, PAPER_TEXT, "cond.none", NULL);
		return;
	}
	(void)letter_say(w, PAPER_TEXT, "cond.sum", FIGS(figure_from(w->a, d->defined, figure_count(w->a, last, met)), figure_count(w->a, d->defined, d->link.conditions)));
	for (size_t i = 0; i < d->link.conditions; i++) {
		const struct gate_condition *c = &d->link.condition[i];
		(void)letter_say(w, PAPER_ITEM, "cond.line", FIGS(figure_plain(w->a, d->defined, slice_str(c->name)), figure_plain(w->a, d->defined, slice_str(c->text))));
		if (c->before)
			(void)letter_say_more(w, "cond.before", FIGS(figure_plain(w->a, d->defined, slice_str(gate_state_name(c->before)))));
		condition_state(w, c);
	}
}

/* ---- the letters ---- */

static void ask_partner(struct writing *w)
{
	const struct gate_dossier *d = w->d;
	const struct gate_entry *of;
	int64_t t;
	letter_say_heading(w, "h.ask");
	(void)letter_say(w, PAPER_ITEM, "ask.queue", NULL);
	if (d->link.out && d->link.protocol == GATE_MLLP && !letter_say(w, PAPER_ITEM, "ask.ours", FIGS(figure_from(w->a, d->held_first, figure_count(w->a, d->held_last, d->held_n)))))
		(void)letter_say(w, PAPER_ITEM, "ask.ours.none", NULL);
	(void)letter_say(w, PAPER_ITEM, "ask.way", NULL);
	(void)dossier_window(d, &of, &t);
	if (of == d->cut || !letter_say(w, PAPER_ITEM, "ask.look", FIGS(figure_time(w->a, of, t))))
		(void)letter_say(w, PAPER_ITEM, "ask.look.unknown", NULL);
	(void)letter_say(w, PAPER_ITEM, "ask.urgent", NULL);
}

static void done_else(struct writing *w)
{
	const struct gate_dossier *d = w->d;
	const struct gate_entry *of;
	int64_t t, since = dossier_window(d, &of, &t);
	uint64_t closed = 0;
	for (size_t i = 0; i < d->links_n; i++)
		closed += d->links[i].state < GATE_TEST;
	struct tally v = dossier_tally(d, EV_VERDICT, since);
	letter_say_heading(w, "h.done");
	(void)letter_say(w, PAPER_ITEM, "done.links", FIGS(figure_from(w->a, d->links_first, figure_count(w->a, d->links_last, d->links_n)), figure_from(w->a, d->links_first, figure_count(w->a, d->links_last, closed))));
	(void)letter_say(w, PAPER_ITEM, "done.verdict", FIGS(figure_from(w->a, v.first, figure_count(w->a, v.last, v.n)), figure_from(w->a, v.first, figure_count(w->a, v.last, v.a))));
}

static void letter_cut(struct writing *w)
{
	letter_say_heading(w, "h.what");
	link_fields(w);
	cut_fields(w);
	letter_say_heading(w, "h.proof");
	(void)letter_proof(w, PAPER_TEXT);
	if (!letter_last(w, PAPER_TEXT))
		(void)letter_say(w, PAPER_TEXT, "last.none", NULL);
	if (w->l->to == GATE_TO_PARTNER)
		ask_partner(w);
	else
		done_else(w);
	letter_say_heading(w, "h.next");
	(void)letter_say(w, PAPER_TEXT, "next.steps", NULL);
	letter_say_heading(w, "h.unknown");
	(void)letter_say(w, PAPER_TEXT, "unknown.text", NULL);
}

static void letter_conditions(struct writing *w)
{
	letter_say_heading(w, "l.link");
	link_fields(w);
	letter_say_heading(w, "h.conditions");
	letter_conditions_list(w);
	if (!w->d->link.conditions)
		(void)letter_say_more(w, "cond.none.more", NULL);
	letter_say_heading(w, "h.always");
	(void)letter_say(w, PAPER_ITEM, "always.two", NULL);
	(void)letter_say(w, PAPER_ITEM, "always.end", NULL);
	(void)letter_say(w, PAPER_ITEM, "always.cut", NULL);
	if (w->d->link.protocol == GATE_MLLP)
		(void)letter_say(w, PAPER_ITEM, "always.queue", NULL);
	letter_say_heading(w, "h.stage");
	letter_steps(w);
}

/* ---- what stands around it ---- */

/* Not figures of the record: who writes to whom, and today. */
static void address(struct writing *w)
{
	const struct gate_letter *l = w->l;
	char key[64];
	(void)letter_say(w, PAPER_TITLE, key2("title.", kinds[l->kind], "", key), NULL);
	if (l->to != GATE_TO_PARTNER)
		(void)letter_say_field(w, "l.to", key2("to.", tos[l->to], "", key), NULL);
	else if (!letter_say_field(w, "l.to", NULL, FIGS(figure_plain(w->a, w->d->defined, slice_str(w->d->link.partner)))))
		(void)letter_say_field(w, "l.to", "to.partner", NULL);
	struct paper_block *b = &w->block[w->n++];
	*b = (struct paper_block){PAPER_FIELD, letter_word("l.from", l->lang), arena_dup(w->a, slice_str(l->hospital))};
	buf_reset(&w->line);
	letter_time(l->now, l->lang, l->zone_minutes, &w->line);
	b = &w->block[w->n++];
	*b = (struct paper_block){PAPER_FIELD, letter_word("l.date", l->lang), arena_dup(w->a, buf_slice(&w->line))};
	(void)letter_say(w, PAPER_TEXT, key2(kinds[l->kind], ".open.", tos[l->to], key), NULL);
}

static void closing(struct writing *w)
{
	letter_say_heading(w, "h.contact");
	if (!letter_say(w, PAPER_TEXT, "contact.line", FIGS(figure_plain(w->a, w->d->defined, slice_str(w->d->link.contact)))))
		(void)letter_say(w, PAPER_BLANK, "contact.blank", NULL);
	letter_say_heading(w, "h.sign");
	(void)letter_say(w, PAPER_BLANK, "sign.blank", NULL);
}

static int by_number(const void *a, const void *b)
{
	const struct gate_entry *x = *(const struct gate_entry *const *)a, *y = *(const struct gate_entry *const *)b;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void evidence(struct writing *w)
{
	size_t n = w->cited_n;
	letter_say_heading(w, "h.evidence");
	(void)letter_say(w, PAPER_TEXT, "evidence.text", NULL);
	qsort(w->cited, n, sizeof *w->cited, by_number);
	for (size_t i = 0; i < n && w->n < BLOCKS_MAX; i++) {
		const struct gate_entry *en = w->cited[i];
		struct slice t = letter_word("evidence.entry", w->l->lang);
		buf_reset(&w->line);
		for (size_t k = 0; k < t.n; k++) {
			if (t.p[k] != '{' || k + 2 >= t.n) {
				buf_u8(&w->line, t.p[k]);
				continue;
			}
			if (t.p[k + 1] == 'a')
				letter_time(en->time, w->l->lang, w->l->zone_minutes, &w->line);
			else if (t.p[k + 1] == 'b')
				buf_add_slice(&w->line, en->kind);
			else
				hex_put(&w->line, slice_of(en->commit, sizeof en->commit));
			k += 2;
		}
		struct slice text = arena_dup(w->a, buf_slice(&w->line));
		w->block[w->n++] = (struct paper_block){PAPER_SMALL, slice_str(arena_printf(w->a, "#%llu", (unsigned long long)en->seq)), text};
	}
}

/* Which record it was made from: the head of the log, and not a figure in it. */
static struct slice foot(struct writing *w)
{
	const struct gate_letter *l = w->l;
	const char *keys[] = {"foot", l->witnesses && *l->witnesses ? "foot.witness" : "foot.alone"};
	buf_reset(&w->line);
	for (int i = 0; i < 2; i++) {
		struct slice t = letter_word(keys[i], l->lang);
		if (i && strcmp(l->lang, "zh"))
			buf_u8(&w->line, ' ');
		for (size_t k = 0; k < t.n; k++) {
			if (t.p[k] != '{' || k + 2 >= t.n) {
				buf_u8(&w->line, t.p[k]);
				continue;
			}
			uint8_t which = t.p[k + 1];
			k += 2;
			if (i)
				buf_str(&w->line, l->witnesses);
			else if (which == 'a')
				buf_str(&w->line, l->origin);
			else if (which == 'b' || which == 'c')
				buf_printf(&w->line, "#%llu", (unsigned long long)(which == 'b' ? l->size : l->checkpoint));
			else
				buf_str(&w->line, l->root);
		}
	}
	return arena_dup(w->a, buf_slice(&w->line));
}

int gate_letter_write(const struct gate_dossier *d, const struct gate_letter *l, struct arena *a, struct paper_letter *ret, struct err *e)
{
	struct writing w = {.d = d, .l = l, .a = a};
	if (!d->defined)
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no link of this name; `holdfast gate list` shows those there are");
	if (l->kind == GATE_LETTER_CUT && !d->cut)
		return err_set(e, ERR_NO, NULL, "this link was never cut: there is nothing to give notice of");
	w.block = arena_array(a, BLOCKS_MAX + 8, sizeof *w.block);
	w.cited = arena_array(a, CITED_MAX, sizeof *w.cited);
	buf_init(&w.line, 1 << 16);
	if (!w.block || !w.cited)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a letter");
	address(&w);
	if (l->kind == GATE_LETTER_CUT)
		letter_cut(&w);
	else if (l->kind == GATE_LETTER_CONDITIONS)
		letter_conditions(&w);
	else
		letter_assurance(&w);
	closing(&w);
	evidence(&w);
	struct slice from = foot(&w);
	buf_done(&w.line);
	if (w.full || arena_code(a))
		return err_set(e, ERR_LIMIT, NULL, "this letter would be too long");
	*ret = (struct paper_letter){.lang = l->lang, .head = slice_str(l->hospital), .head_right = slice_str(d->name), .foot = from, .block = w.block, .n = w.n};
	for (int i = 0; i < 3; i++)
		ret->page_words[i] = arena_strdup(a, letter_word((const char *const[]){"page.a", "page.b", "page.c"}[i], l->lang));
	return 0;
}
