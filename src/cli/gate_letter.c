/* holdfast gate letter NAME --kind K -o FILE: reads the ledger, writes the letter, and has its entry made before anybody has the letter. */
#include "gate_cmd.h"

#include "paper.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LETTER_MAX ((size_t)64 << 20)

struct job {
	const char *site, *name, *kind, *lang, *to, *format, *paper, *out;
	bool json;
	struct site s;
	struct letter_gather g;
	struct gate_letter l;
	struct arena *a;
};

/* ---- reading ---- */

/* A moment is given to the checkpoint that covers what is newest. */
static int covered(struct job *j, struct ledger *l, struct err *e)
{
	int r = 0;
	for (int64_t until = time_monotonic() + LETTER_PUBLISHED_WITHIN; r == 0 && !letter_gather_covered(&j->g, l) && time_monotonic() < until;) {
		poll(NULL, 0, 100);
		r = ledger_refresh(l, e);
	}
	return r;
}

static int gather(struct job *j, struct err *e)
{
	struct site_keys keys;
	struct ledger *l = NULL;
	int r = cli_ledger(&j->s, true, &keys, &l, e);
	if (r == 0)
		r = letter_gather_begin(&j->g, j->name, ledger_durable(l), e);
	if (r == 0)
		r = letter_gather_scan(&j->g, l, UINT64_MAX, e);
	if (r >= 0)
		r = covered(j, l, e);
	if (r == 0)
		r = letter_gather_head(&j->g, l, e);
	if (r == 0)
		r = letter_gather_read(&j->g, l, SIZE_MAX, e);
	ledger_free(l);
	site_keys_wipe(&keys);
	return r < 0 ? r : 0;
}

/* ---- writing ---- */

static int make(struct job *j, struct buf *out, struct err *e)
{
	struct paper_letter p;
	unsigned pages;
	int r = letter_gather_write(&j->g, &j->l, j->s.name, j->s.zone_minutes, j->a, &p, e);
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
	jsonw_ku64(&w, "checkpoint", j->g.head.size);
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
	if (!j->a)
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = gather(j, e);
	if (r == 0)
		r = make(j, &out, e);
	if (r == 0)
		r = enter(j, buf_slice(&out), e);
	if (r == 0)
		r = strcmp(j->out, "-") ? file_replace(AT_FDCWD, j->out, buf_slice(&out), 0600, e) : file_write_all(STDOUT_FILENO, buf_slice(&out), e, "standard output");
	letter_gather_done(&j->g);
	arena_free(j->a);
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
