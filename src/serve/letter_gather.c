/* letter_gather: what a letter is made of, out of the ledger. The command does it in one go, the keeper a piece at a time between its rounds; which entries, and of which head, is decided here for both. */
#include "serve.h"

#include "gate.h"

#include <stdlib.h>

int letter_gather_begin(struct letter_gather *g, const char *link, uint64_t end, struct err *e)
{
	*g = (struct letter_gather){.end = end, .d = gate_dossier_new(link)};
	return g->d ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for a letter");
}

void letter_gather_done(struct letter_gather *g)
{
	gate_dossier_free(g->d);
	free(g->seqs);
	*g = (struct letter_gather){0};
}

static int pick(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct letter_gather *g = arg;
	if (!gate_dossier_wants(slice_str(ledger_kind_name(en->leaf.kind))))
		return 0;
	if (g->n == g->cap) {
		size_t cap = g->cap ? 2 * g->cap : 256;
		uint64_t *p = reallocarray(g->seqs, cap, sizeof *p);
		if (!p)
			return err_set(e, ERR_MEMORY, NULL, "no memory for the numbers of entries");
		g->seqs = p;
		g->cap = cap;
	}
	g->seqs[g->n++] = en->seq;
	if (en->leaf.kind != LEDGER_GATE_LETTER) /* that one was written a moment ago need not wait */
		g->newest = en->seq;
	return 0;
}

int letter_gather_scan(struct letter_gather *g, struct ledger *l, uint64_t most, struct err *e)
{
	uint64_t to = g->end - g->at > most ? g->at + most : g->end;
	int r = g->at < to ? ledger_scan(l, g->at, to, false, pick, g, e) : 0;
	if (r < 0)
		return r;
	g->at = to;
	return to == g->end;
}

bool letter_gather_covered(const struct letter_gather *g, const struct ledger *l)
{
	return ledger_published(l) > g->newest || ledger_published(l) >= g->end;
}

/* Who has cosigned: the lines of a note behind its text, "\xe2\x80\x94 NAME BASE64", but for the log's own. */
static void witnesses(struct letter_gather *g, struct slice note)
{
	size_t n = 0;
	while (note.n) {
		struct slice line = slice_cut(note, '\n', &note), rest, name;
		if (!slice_starts(line, "\xe2\x80\x94 "))
			continue;
		name = slice_cut(slice_of(line.p + 4, line.n - 4), ' ', &rest);
		if (!rest.p || slice_eq_str(name, g->head.origin) || !utf8_valid(name) || n + name.n + 3 >= sizeof g->witnesses)
			continue;
		n += (size_t)snprintf(g->witnesses + n, sizeof g->witnesses - n, "%s%.*s", n ? ", " : "", SLICE_FMT(name));
	}
}

int letter_gather_head(struct letter_gather *g, struct ledger *l, struct err *e)
{
	AUTO_BUF struct buf note = {0}, root = {0};
	buf_init(&note, 1 << 16);
	buf_init(&root, 128);
	ledger_checkpoint(l, &note);
	int r = tlog_checkpoint_parse(buf_slice(&note), &g->head, e);
	if (r < 0)
		return r;
	base64_put(&root, slice_of(g->head.root, SEAL_HASH));
	snprintf(g->root, sizeof g->root, "%s", buf_cstr(&root));
	witnesses(g, buf_slice(&note));
	g->size = g->head.size > g->newest ? g->head.size : g->end;
	return 0;
}

static int one(struct letter_gather *g, struct ledger *l, uint64_t seq, struct err *e)
{
	struct ledger_entry en;
	int r = ledger_read(l, seq, &en, e);
	if (r == ERR_ERASED)
		return 0;
	if (r < 0)
		return r;
	struct gate_entry of = {.seq = seq, .time = en.leaf.time, .kind = slice_str(ledger_kind_name(en.leaf.kind)), .source = slice_str(en.leaf.source)};
	memcpy(of.commit, en.leaf.commit, sizeof of.commit);
	return gate_dossier_add(g->d, &of, en.body, e);
}

int letter_gather_read(struct letter_gather *g, struct ledger *l, size_t most, struct err *e)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < most && g->next < g->n && g->seqs[g->next] < g->size; i++)
		r = one(g, l, g->seqs[g->next++], e);
	return r < 0 ? r : g->next == g->n || g->seqs[g->next] >= g->size;
}

int letter_gather_write(const struct letter_gather *g, struct gate_letter *l, const char *hospital, int zone_minutes, struct arena *a, struct paper_letter *ret, struct err *e)
{
	l->hospital = hospital;
	l->now = time_now();
	l->zone_minutes = zone_minutes;
	l->origin = g->head.origin;
	l->root = g->root;
	l->witnesses = g->witnesses;
	l->size = g->size;
	l->checkpoint = g->head.size;
	return gate_letter_write(g->d, l, a, ret, e);
}
