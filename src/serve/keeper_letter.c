/* keeper_letter: a letter about a link for a page. The keeper alone may open what it is made of; it does so a piece at a time between its rounds, so that nobody waits for it, and hands over the letter as blocks of text. As
 * `holdfast gate letter` does it: of the entries that the published checkpoint covers, and where something newer bears on it the next one is awaited for a moment. One at a time. */
#include "keeper_gate.h"

#include "letter_json.h"

#include <stdlib.h>

#define LEAVES_A_ROUND 20000
#define BODIES_A_ROUND 200
#define PUBLISHED_WITHIN (3 * TIME_SEC)
#define LETTER_MAX ((size_t)32 << 20)

struct letter_job {
	uint64_t chan, tag;
	enum { LETTER_SCAN, LETTER_WAIT, LETTER_READ, LETTER_WRITE } phase;
	uint64_t at, end;     /* leaves */
	uint64_t *seqs, newest;
	size_t n, cap, next;
	int64_t until;
	struct gate_dossier *d;
	struct gate_letter l;
	struct tlog_checkpoint head;
	char root[64], witnesses[512];
};

static void job_free(struct letter_job *j)
{
	if (!j)
		return;
	gate_dossier_free(j->d);
	free(j->seqs);
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
	if (!j || !(j->d = gate_dossier_new(link))) {
		job_free(j);
		return err_set(e, ERR_MEMORY, NULL, "no memory for a letter");
	}
	j->chan = ch->id;
	j->tag = tag;
	j->end = ledger_durable(k->l);
	j->l = (struct gate_letter){.kind = (enum gate_letter_kind)which, .to = (enum gate_letter_to)whom, .lang = gate_letter_lang(lang)};
	k->letter = j;
	return 0;
}

static int pick(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct letter_job *j = arg;
	if (!gate_dossier_wants(slice_str(ledger_kind_name(en->leaf.kind))))
		return 0;
	if (j->n == j->cap) {
		size_t cap = j->cap ? 2 * j->cap : 256;
		uint64_t *p = reallocarray(j->seqs, cap, sizeof *p);
		if (!p)
			return err_set(e, ERR_MEMORY, NULL, "no memory for the numbers of entries");
		j->seqs = p;
		j->cap = cap;
	}
	j->seqs[j->n++] = en->seq;
	if (en->leaf.kind != LEDGER_GATE_LETTER) /* that one was written a moment ago need not wait */
		j->newest = en->seq;
	return 0;
}

static int scan(struct keeper *k, struct letter_job *j, struct err *e)
{
	uint64_t to = j->end - j->at > LEAVES_A_ROUND ? j->at + LEAVES_A_ROUND : j->end;
	int r = j->at < to ? ledger_scan(k->l, j->at, to, false, pick, j, e) : 0;
	j->at = to;
	if (r == 0 && j->at == j->end) {
		j->phase = LETTER_WAIT;
		j->until = time_monotonic() + PUBLISHED_WITHIN;
	}
	return r;
}

/* Who has cosigned: the lines of a note behind its text, "\xe2\x80\x94 NAME BASE64", but for the log's own. */
static void witnesses(struct letter_job *j, struct slice note)
{
	size_t n = 0;
	while (note.n) {
		struct slice line = slice_cut(note, '\n', &note), rest, name;
		if (!slice_starts(line, "\xe2\x80\x94 "))
			continue;
		name = slice_cut(slice_of(line.p + 4, line.n - 4), ' ', &rest);
		if (!rest.p || slice_eq_str(name, j->head.origin) || !utf8_valid(name) || n + name.n + 3 >= sizeof j->witnesses)
			continue;
		n += (size_t)snprintf(j->witnesses + n, sizeof j->witnesses - n, "%s%.*s", n ? ", " : "", SLICE_FMT(name));
	}
}

static int await(struct keeper *k, struct letter_job *j, struct err *e)
{
	AUTO_BUF struct buf note = {0}, root = {0};
	if (ledger_published(k->l) <= j->newest && ledger_published(k->l) < j->end && time_monotonic() < j->until)
		return 0;
	buf_init(&note, 1 << 16);
	buf_init(&root, 128);
	ledger_checkpoint(k->l, &note);
	int r = tlog_checkpoint_parse(buf_slice(&note), &j->head, e);
	if (r < 0)
		return r;
	base64_put(&root, slice_of(j->head.root, SEAL_HASH));
	snprintf(j->root, sizeof j->root, "%s", buf_cstr(&root));
	witnesses(j, buf_slice(&note));
	j->l.size = j->head.size > j->newest ? j->head.size : j->end;
	j->phase = LETTER_READ;
	return 0;
}

static int read_some(struct keeper *k, struct letter_job *j, struct err *e)
{
	for (size_t i = 0; i < BODIES_A_ROUND && j->next < j->n && j->seqs[j->next] < j->l.size; i++) {
		struct ledger_entry en;
		uint64_t seq = j->seqs[j->next++];
		int r = ledger_read(k->l, seq, &en, e);
		if (r == ERR_ERASED)
			continue;
		if (r < 0)
			return r;
		struct gate_entry of = {.seq = seq, .time = en.leaf.time, .kind = slice_str(ledger_kind_name(en.leaf.kind)), .source = slice_str(en.leaf.source)};
		memcpy(of.commit, en.leaf.commit, sizeof of.commit);
		if ((r = gate_dossier_add(j->d, &of, en.body, e)) < 0)
			return r;
	}
	if (j->next == j->n || j->seqs[j->next] >= j->l.size)
		j->phase = LETTER_WRITE;
	return 0;
}

static int write_it(struct keeper *k, struct letter_job *j, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)128 << 20);
	AUTO_BUF struct buf b = {0};
	struct kchan *to = keeper_chan_find(k, j->chan);
	struct paper_letter p;
	struct jsonw w;
	j->l.hospital = k->r->site_name;
	j->l.now = time_now();
	j->l.zone_minutes = k->r->zone_minutes;
	j->l.origin = j->head.origin;
	j->l.root = j->root;
	j->l.witnesses = j->witnesses;
	j->l.checkpoint = j->head.size;
	int r = a ? gate_letter_write(j->d, &j->l, a, &p, e) : err_set(e, ERR_MEMORY, NULL, "no memory for the letter");
	if (r < 0)
		return r;
	buf_init(&b, LETTER_MAX);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_ku64(&w, "entries", j->l.size);
	jsonw_ku64(&w, "checkpoint", j->head.size);
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
