/* keeper_letter: a letter about a link for a page. The keeper alone may open what it is made of; it does so a piece at a time between its rounds, so that nobody waits for it, and hands over the letter as blocks of text. As
 * `holdfast gate letter` does it: of the entries that the published checkpoint covers, and where something newer bears on it the next one is awaited for a moment. One at a time. */
#include "keeper_gate.h"

#include "letter_json.h"

#include <stdlib.h>

#define LEAVES_A_ROUND 20000
#define BODIES_A_ROUND 200
#define LETTER_MAX ((size_t)32 << 20)

struct letter_job {
	uint64_t chan, tag;
	enum { LETTER_SCAN, LETTER_WAIT, LETTER_READ, LETTER_WRITE } phase;
	int64_t until;
	struct letter_gather g;
	struct gate_letter l;
};

static void job_free(struct letter_job *j)
{
	if (!j)
		return;
	letter_gather_done(&j->g);
	free(j);
}

void keeper_letter_forget(struct keeper *k)
{
	job_free(k->letter);
	k->letter = NULL;
}

int keeper_letter_begin(struct keeper *k, struct kchan *ch, uint64_t tag, const char *link, const struct json_node *n, struct err *e)
{
	char kind[32], to[32], lang[16];
	kg_copy_text(kind, sizeof kind, json_text(n, "letter"));
	kg_copy_text(to, sizeof to, json_text(n, "to"));
	kg_copy_text(lang, sizeof lang, json_text(n, "lang"));
	int which = gate_letter_kind_parse(kind), whom = gate_letter_to_parse(to);
	if (which < 0 || whom < 0 || !gate_letter_lang(lang))
		return err_set(e, ERR_USAGE, NULL, "a letter is cut, conditions or assurance, to partner, regulator or insurer, in en, fr or zh");
	if (k->letter)
		return err_set(e, ERR_BUSY, NULL, "another letter is being made; ask again in a moment");
	struct letter_job *j = calloc(1, sizeof *j);
	if (!j || letter_gather_begin(&j->g, link, ledger_durable(k->l), NULL) < 0) {
		job_free(j);
		return err_set(e, ERR_MEMORY, NULL, "no memory for a letter");
	}
	j->chan = ch->id;
	j->tag = tag;
	j->l = (struct gate_letter){.kind = (enum gate_letter_kind)which, .to = (enum gate_letter_to)whom, .lang = gate_letter_lang(lang)};
	k->letter = j;
	return 0;
}

static int scan(struct keeper *k, struct letter_job *j, struct err *e)
{
	int r = letter_gather_scan(&j->g, k->l, LEAVES_A_ROUND, e);
	if (r == 1) {
		j->phase = LETTER_WAIT;
		j->until = time_monotonic() + LETTER_PUBLISHED_WITHIN;
	}
	return r < 0 ? r : 0;
}

static int await(struct keeper *k, struct letter_job *j, struct err *e)
{
	if (!letter_gather_covered(&j->g, k->l) && time_monotonic() < j->until)
		return 0;
	j->phase = LETTER_READ;
	return letter_gather_head(&j->g, k->l, e);
}

static int read_some(struct keeper *k, struct letter_job *j, struct err *e)
{
	int r = letter_gather_read(&j->g, k->l, BODIES_A_ROUND, e);
	if (r == 1)
		j->phase = LETTER_WRITE;
	return r < 0 ? r : 0;
}

static int write_it(struct keeper *k, struct letter_job *j, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)128 << 20);
	AUTO_BUF struct buf b = {0};
	struct kchan *to = keeper_chan_find(k, j->chan);
	struct paper_letter p;
	struct jsonw w;
	int r = a ? letter_gather_write(&j->g, &j->l, k->r->site_name, k->r->zone_minutes, a, &p, e) : err_set(e, ERR_MEMORY, NULL, "no memory for the letter");
	if (r < 0)
		return r;
	buf_init(&b, LETTER_MAX);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_ku64(&w, "entries", j->l.size);
	jsonw_ku64(&w, "checkpoint", j->g.head.size);
	jsonw_key(&w, "letter");
	letter_put(&p, &w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), NULL, "this letter would be too long");
	if (to) {
		size_t at = reply_begin(to, j->tag);
		buf_add_slice(&to->c.out, buf_slice(&b));
		reply_end(to, at);
	}
	return 1;
}

int keeper_letter_tick(struct keeper *k)
{
	static int (*const steps[])(struct keeper *k, struct letter_job *j, struct err *e) = {[LETTER_SCAN] = scan, [LETTER_WAIT] = await, [LETTER_READ] = read_some, [LETTER_WRITE] = write_it};
	struct letter_job *j = k->letter;
	struct err e = {0};
	if (!j)
		return 100;
	struct kchan *to = keeper_chan_find(k, j->chan);
	int r = to ? steps[j->phase](k, j, &e) : ERR_NO; /* nobody waits for it any more */
	if (r < 0 && to)
		reply_err(to, j->tag, &e);
	if (r != 0)
		keeper_letter_forget(k);
	return k->letter && k->letter->phase != LETTER_WAIT ? 0 : 20;
}
