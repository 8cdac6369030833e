/* letter_write: sentences. A key of letters.tsv and figures for its {a} to {f}; one that is missing, and nothing is said. */
#include "letter_internal.h"

static struct paper_block *block(struct writing *w, enum paper_look look)
{
	if (w->n == BLOCKS_MAX) {
		w->full = true;
		return NULL;
	}
	w->block[w->n] = (struct paper_block){.look = look};
	return &w->block[w->n++];
}

void letter_cite(struct writing *w, const struct gate_entry *en)
{
	for (size_t i = 0; i < w->cited_n; i++)
		if (w->cited[i]->seq == en->seq)
			return;
	if (w->cited_n == CITED_MAX)
		w->full = true;
	else
		w->cited[w->cited_n++] = en;
}

/* The words of key with figures put in, at the end of w->line. */
static bool fill(struct writing *w, const char *key, const struct figs *f)
{
	struct slice t = letter_word(key, w->l->lang);
	for (size_t i = 0; i + 2 < t.n; i++)
		if (t.p[i] == '{' && t.p[i + 2] == '}' && (!f || !f->f[(t.p[i + 1] - 'a') % FIGS_MAX]))
			return false;
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] == '{' && i + 2 < t.n && t.p[i + 2] == '}') {
			letter_figure_put(w, f->f[(t.p[i + 1] - 'a') % FIGS_MAX], &w->line);
			i += 2;
		} else {
			buf_u8(&w->line, t.p[i]);
		}
	}
	return true;
}

static struct slice kept(struct writing *w)
{
	struct slice s = arena_dup(w->a, buf_slice(&w->line));
	if (!buf_ok(&w->line) || !s.p)
		w->full = true;
	buf_reset(&w->line);
	return s;
}

bool letter_say_marked(struct writing *w, enum paper_look look, const char *mark, const char *key, const struct figs *f)
{
	buf_reset(&w->line);
	if (!fill(w, key, f))
		return false;
	struct slice text = kept(w);
	struct paper_block *b = block(w, look);
	if (b) {
		b->text = text;
		b->label = arena_dup(w->a, slice_str(mark));
	}
	return true;
}

bool letter_say(struct writing *w, enum paper_look look, const char *key, const struct figs *f)
{
	return letter_say_marked(w, look, look == PAPER_ITEM ? "\xe2\x80\x93" : "", key, f);
}

bool letter_say_field(struct writing *w, const char *label_key, const char *key, const struct figs *f)
{
	buf_reset(&w->line);
	if (key ? !fill(w, key, f) : !f->f[0])
		return false;
	if (!key)
		letter_figure_put(w, f->f[0], &w->line);
	struct slice text = kept(w);
	struct paper_block *b = block(w, PAPER_FIELD);
	if (b) {
		b->label = letter_word(label_key, w->l->lang);
		b->text = text;
	}
	return true;
}

bool letter_say_more(struct writing *w, const char *key, const struct figs *f)
{
	struct paper_block *b = w->n ? &w->block[w->n - 1] : NULL;
	buf_reset(&w->line);
	if (!b)
		return false;
	buf_add_slice(&w->line, b->text);
	if (strcmp(w->l->lang, "zh"))
		buf_u8(&w->line, ' ');
	if (!fill(w, key, f)) {
		buf_reset(&w->line);
		return false;
	}
	b->text = kept(w);
	return true;
}

void letter_say_heading(struct writing *w, const char *key)
{
	(void)letter_say(w, PAPER_HEADING, key, NULL);
}

void letter_say_blank(struct writing *w, const char *key, const char *who_key)
{
	struct slice t = letter_word(key, w->l->lang), who = letter_word(who_key, w->l->lang);
	buf_reset(&w->line);
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] == '{' && i + 2 < t.n) {
			buf_add_slice(&w->line, who);
			i += 2;
		} else {
			buf_u8(&w->line, t.p[i]);
		}
	}
	struct slice text = kept(w);
	struct paper_block *b = block(w, PAPER_BLANK);
	if (b)
		b->text = text;
}

/* "ada, in the role security": text of the entry that names both. */
fig letter_person(struct writing *w, const struct gate_entry *of, struct slice by, struct slice role)
{
	if (!by.n)
		return figure_word(w->a, of, "v.itself");
	bool command = slice_eq_str(role, "command") || !role.n;
	struct slice t = letter_word(command ? "v.operator" : "v.person", w->l->lang), with[2] = {by, role};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] == '{' && i + 2 < t.n) {
			buf_add_slice(&b, with[t.p[i + 1] == 'b']);
			i += 2;
		} else {
			buf_u8(&b, t.p[i]);
		}
	}
	return figure_plain(w->a, of, arena_dup(w->a, buf_slice(&b)));
}
