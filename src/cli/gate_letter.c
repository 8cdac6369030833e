/* holdfast gate letter NAME --kind K -o FILE: reads the ledger, writes the letter, and has its entry made before anybody has the letter. */
#include "gate_cmd.h"

#include "paper.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LETTER_MAX ((size_t)64 << 20)
#define PUBLISHED_WITHIN 30 /* tenths of a second */

struct job {
	const char *site, *name, *kind, *lang, *to, *format, *paper, *out;
	bool json;
	struct site s;
	struct gate_dossier *d;
	struct gate_letter l;
	struct arena *a;
	char root[64], witnesses[512];
	struct tlog_checkpoint head;
	uint64_t *seqs, newest;
	size_t n, cap;
};

/* ---- reading ---- */

static int pick(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct job *j = arg;
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

static int one(struct job *j, struct ledger *l, uint64_t seq, struct err *e)
{
	struct ledger_entry en;
	int r = ledger_read(l, seq, &en, e);
	if (r == ERR_ERASED)
		return 0;
	if (r < 0)
		return r;
	struct gate_entry of = {.seq = seq, .time = en.leaf.time, .kind = slice_str(ledger_kind_name(en.leaf.kind)), .source = slice_str(en.leaf.source)};
	memcpy(of.commit, en.leaf.commit, sizeof of.commit);
	return gate_dossier_add(j->d, &of, en.body, e);
}

/* Who has cosigned: the lines of a note behind its text, "\xe2\x80\x94 NAME BASE64", but for the log's own. */
static void witnesses(struct job *j, struct slice note)
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

static int look_at(struct job *j, struct ledger *l, struct err *e)
{
	AUTO_BUF struct buf note = {0}, root = {0};
	buf_init(&note, 1 << 16);
	buf_init(&root, 128);
	ledger_checkpoint(l, &note);
	int r = tlog_checkpoint_parse(buf_slice(&note), &j->head, e);
	if (r < 0)
		return r;
	base64_put(&root, slice_of(j->head.root, SEAL_HASH));
	snprintf(j->root, sizeof j->root, "%s", buf_cstr(&root));
	witnesses(j, buf_slice(&note));
	return 0;
}

/* What a letter cites is part of the checkpoint that it names: so it is made from what the checkpoint covers, and where something newer bears on it a moment is given to the next one. */
static int head(struct job *j, struct ledger *l, struct err *e)
{
	uint64_t durable = ledger_durable(l);
	int r = ledger_scan(l, 0, durable, false, pick, j, e);
	for (int i = 0; r == 0 && i < PUBLISHED_WITHIN && ledger_published(l) <= j->newest && ledger_published(l) < durable; i++) {
		poll(NULL, 0, 100);
		r = ledger_refresh(l, e);
	}
	if (r == 0)
		r = look_at(j, l, e);
	if (r == 0)
		j->l.size = j->head.size > j->newest ? j->head.size : durable;
	return r;
}

static int gather(struct job *j, struct err *e)
{
	struct site_keys keys;
	struct ledger *l = NULL;
	int r = cli_ledger(&j->s, true, &keys, &l, e);
	if (r == 0)
		r = head(j, l, e);
	for (size_t i = 0; r == 0 && i < j->n && j->seqs[i] < j->l.size; i++)
		r = one(j, l, j->seqs[i], e);
	ledger_free(l);
	site_keys_wipe(&keys);
	return r;
}

/* ---- writing ---- */

static int make(struct job *j, struct buf *out, struct err *e)
{
	struct paper_letter p;
	unsigned pages;
	j->l.hospital = j->s.name;
	j->l.now = time_now();
	j->l.zone_minutes = j->s.zone_minutes;
	j->l.origin = j->head.origin;
	j->l.root = j->root;
	j->l.witnesses = j->witnesses;
	j->l.checkpoint = j->head.size;
	int r = gate_letter_write(j->d, &j->l, j->a, &p, e);
	if (r < 0)
		return r;
	p.us = j->paper && !strcmp(j->paper, "letter");
	if (!strcmp(j->format, "pdf"))
		return paper_pdf(&p, out, &pages, e);
	paper_text(&p, out);
	return buf_ok(out) ? 0 : err_set(e, buf_code(out), NULL, "this letter would be too long");
}

static int enter(struct job *j, struct slice letter, struct err *e)
{
	AUTO_BUF struct buf q = {0}, hex = {0}, ret = {0};
	struct control *k = NULL;
	struct jsonw w;
	uint8_t hash[SEAL_HASH];
	char who[64];
	seal_sha256_once(letter, hash);
	buf_init(&hex, 256);
	buf_init(&q, 8192);
	buf_init(&ret, 8192);
	hex_put(&hex, slice_of(hash, sizeof hash));
	control_who(who);
	jsonw_init(&w, &q);
	jsonw_obj(&w);
	jsonw_kstr(&w, "do", "letter");
	jsonw_kstr(&w, "who", who);
	jsonw_kstr(&w, "name", j->name);
	jsonw_kstr(&w, "letter", j->kind);
	jsonw_kstr(&w, "to", j->to);
	jsonw_kstr(&w, "lang", j->l.lang);
	jsonw_kstr(&w, "format", j->format);
	jsonw_kslice(&w, "sha256", buf_slice(&hex));
	jsonw_ku64(&w, "entries", j->l.size);
	jsonw_ku64(&w, "checkpoint", j->head.size);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	int r = control_open_bare(&j->s, &k, e);
	if (r == 0)
		r = control_gate(k, getenv("HOLDFAST_TOKEN"), buf_slice(&q), &ret, e);
	control_close(k);
	if (r == 0 && j->json)
		fprintf(!strcmp(j->out, "-") ? stderr : stdout, "{\"link\":\"%s\",\"kind\":\"%s\",\"to\":\"%s\",\"lang\":\"%s\",\"format\":\"%s\",\"sha256\":\"%s\"}\n", j->name, j->kind, j->to, j->l.lang, j->format, buf_cstr(&hex));
	return r;
}

static int letter(struct job *j, struct err *e)
{
	AUTO_BUF struct buf out = {0};
	buf_init(&out, LETTER_MAX);
	int r = cli_site(j->site, &j->s, e);
	if (r < 0)
		return r;
	j->a = arena_new((size_t)128 << 20);
	j->d = gate_dossier_new(j->name);
	if (!j->a || !j->d)
		r = err_set(e, j->a ? ERR_NOT_FOUND : ERR_MEMORY, NULL, j->a ? "there is no link of this name" : "no memory");
	if (r == 0)
		r = gather(j, e);
	if (r == 0)
		r = make(j, &out, e);
	if (r == 0)
		r = enter(j, buf_slice(&out), e);
	if (r == 0)
		r = strcmp(j->out, "-") ? file_replace(AT_FDCWD, j->out, buf_slice(&out), 0600, e) : file_write_all(STDOUT_FILENO, buf_slice(&out), e, "standard output");
	gate_dossier_free(j->d);
	arena_free(j->a);
	free(j->seqs);
	site_close(&j->s);
	return r;
}

static const char *by_name(const char *out)
{
	const char *dot = strrchr(out, '.');
	return dot && slice_eq_nocase(slice_str(dot), ".pdf") ? "pdf" : "txt";
}

int gate_letter_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct job j = {.to = "partner", .lang = "en"};
	struct err e = {0};
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &j.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"kind", CLI_STRING, &j.kind, "K", "cut (notice of a cut), conditions (to reopen) or assurance (the usual forty questions)"},
		{"output", CLI_STRING, &j.out, "FILE", "where to: .txt or .pdf by its name, '-' for standard output"},
		{"lang", CLI_STRING, &j.lang, "L", "en (as without it), fr or zh"},
		{"to", CLI_STRING, &j.to, "WHOM", "partner (as without it), regulator or insurer"},
		{"format", CLI_STRING, &j.format, "F", "txt or pdf, whatever the file's name"},
		{"paper", CLI_STRING, &j.paper, "P", "a4 (as without it) or letter"},
		{"json", CLI_FLAG, &j.json, NULL, "say which letter was made as JSON"},
	};
	int r = cli_parse(argc, argv, "gate letter NAME --kind cut|conditions|assurance --site DIR -o FILE", "A letter from the ledger: every figure carries the number of its entry. That it was made is an entry, too.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 1 || !j.kind || !j.out)
		return cli_usage("gate letter: say the link's name, --kind and -o FILE");
	int kind = gate_letter_kind_parse(j.kind), to = gate_letter_to_parse(j.to);
	if (kind < 0)
		return cli_usage("gate letter: --kind is cut, conditions or assurance");
	if (to < 0)
		return cli_usage("gate letter: --to is partner, regulator or insurer");
	if (!gate_letter_lang(j.lang))
		return cli_usage("gate letter: --lang is en, fr or zh");
	if (j.format && strcmp(j.format, "txt") && strcmp(j.format, "pdf"))
		return cli_usage("gate letter: --format is txt or pdf");
	if (j.paper && strcmp(j.paper, "a4") && strcmp(j.paper, "letter"))
		return cli_usage("gate letter: --paper is a4 or letter");
	j.name = args.v[0];
	j.format = j.format ? j.format : by_name(j.out);
	j.l.kind = (enum gate_letter_kind)kind;
	j.l.to = (enum gate_letter_to)to;
	j.l.lang = gate_letter_lang(j.lang);
	return letter(&j, &e) < 0 ? cli_fail(&e) : 0;
}
