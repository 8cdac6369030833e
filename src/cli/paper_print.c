/* holdfast paper print: charts to sheets, the entry that registers them, and only then the PDF. */
#include "paper_cmd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define PDF_MAX ((size_t)1 << 30)
#define BODY_MAX ((size_t)64 << 20)

struct print {
	const struct paper_options *o;
	struct site s;
	struct chart *c;
	struct control *k;
	struct chart_moment at;
	struct ward_ask q;
	struct paper_run run;
	struct ward_printed printed;
	char block[PAPER_BLOCK_MAX], root[64], notice[160];
	struct paper_book *book;
	uint64_t entry; /* of the registration */
};

static int check(struct print *p)
{
	const struct paper_options *o = p->o;
	struct err e = {0};
	static const char *const langs[] = {"en", "fr", "zh"};
	if (!!o->unit + !!o->patient + o->all != 1)
		return cli_usage("paper print: say whose: --unit U, --patient ID or --all");
	if (!o->sheet || !o->out)
		return cli_usage("paper print: --sheet and -o OUT.pdf are missing");
	if (o->paper && strcmp(o->paper, "a4") && strcmp(o->paper, "letter"))
		return cli_usage("paper print: --paper is a4 or letter");
	if (o->protected_too && (!o->patient || !o->reason || !*o->reason))
		return cli_usage("paper print: --protected is for one --patient, and needs --reason; it is recorded");
	p->run.lang = o->lang ? NULL : "en";
	for (size_t i = 0; o->lang && i < ARRAY_LEN(langs); i++)
		if (!strcmp(o->lang, langs[i]))
			p->run.lang = langs[i];
	if (!p->run.lang)
		return cli_usage("paper print: --lang is en, fr or zh");
	if (ward_kinds(slice_str(o->sheet), &p->q, &e) < 0)
		return cli_usage("paper print: --sheet %s: %s", o->sheet, e.text);
	return 0;
}

/* Where it is to go is looked at before a number is used up for it. */
static int can_be_written(const char *out, struct err *e)
{
	char folder[4096];
	const char *slash = strrchr(out, '/');
	size_t n = slash ? (size_t)(slash - out) : 0;
	if (!strcmp(out, "-") || n >= sizeof folder)
		return 0;
	snprintf(folder, sizeof folder, "%.*s", (int)n, out);
	AUTO_CLOSE int fd = file_open_dir(AT_FDCWD, !slash ? "." : n ? folder : "/", e);
	return fd < 0 ? fd : 0;
}

/* What the sheet is proven against, and the letters that all numbers of this site begin with. Sheets are printed without a ledger that can be read, too: then they say that there is no checkpoint. */
static void head(struct print *p)
{
	struct err quiet = {0};
	struct site_keys keys = {0};
	struct ledger *l = NULL;
	struct tlog_checkpoint at;
	uint8_t hash[SEAL_HASH];
	AUTO_BUF struct buf note = {0}, root = {0};
	seal_sha256_once(slice_str(p->s.origin), hash);
	paper_block(hash, p->block);
	buf_init(&note, 1 << 16);
	buf_init(&root, 128);
	if (cli_ledger(&p->s, false, &keys, &l, &quiet) == 0) {
		ledger_checkpoint(l, &note);
		if (tlog_checkpoint_parse(buf_slice(&note), &at, &quiet) == 0) {
			base64_put(&root, slice_of(at.root, SEAL_HASH));
			snprintf(p->root, sizeof p->root, "%s", buf_cstr(&root));
			p->run.checkpoint = at.size;
			p->run.root = slice_str(p->root);
		}
		ledger_free(l);
	}
	site_keys_wipe(&keys);
}

static int lay_out(struct print *p, struct err *e)
{
	const struct paper_options *o = p->o;
	head(p);
	p->run.us = o->paper && !strcmp(o->paper, "letter");
	p->run.large = o->large;
	p->run.site = p->s.name;
	p->run.zone_minutes = p->q.zone_minutes = p->s.zone_minutes;
	p->run.made = p->q.now = time_now();
	p->run.entry = p->at.end ? p->at.end - 1 : 0;
	p->run.entry_time = p->at.time;
	p->q.lang = p->run.lang;
	p->q.unit = o->unit;
	p->q.patient = o->patient;
	p->q.all = o->all;
	p->q.list = o->list;
	p->q.open_protected = o->protected_too;
	p->q.past = o->as_of != NULL;
	if (p->s.drill)
		p->run.notice = SLICE("DRILL · EXERCICE · 演练: not for care");
	if (p->s.restoring)
		p->run.notice = SLICE("RESTORING: what came after this moment is not here yet; not yet verified against the ledger");
	int r = paper_book_new(&p->run, &p->book, e);
	return r == 0 ? ward_sheets(p->c, p->at, &p->q, p->book, &p->printed, e) : r;
}

static int on_entry(void *arg, uint64_t tag, const struct control_appended *is, struct err *e)
{
	*(uint64_t *)arg = is->seq;
	return 0;
}

/* Durable before anything is handed out: each patient's look, then the numbers. */
static int enter(struct print *p, struct err *e)
{
	AUTO_BUF struct buf body = {0};
	char who[64];
	if (p->s.restoring)
		return err_set(e, ERR_BUSY, NULL, "this site is being rebuilt: sheets can be numbered and registered when its ledger is there; until then `holdfast chart` reads the charts");
	for (size_t i = 0; i < p->printed.patient_n; i++)
		cli_record(&p->s, &p->k, "print", p->printed.patients[i], p->o->protected_too ? p->o->reason : p->o->sheet, p->run.entry);
	control_who(who);
	buf_init(&body, BODY_MAX);
	ward_register_printed(p->book, p->block, p->run.entry, p->run.checkpoint, p->o->by ? p->o->by : who, p->o->reason, &body);
	if (!buf_ok(&body))
		return err_set(e, buf_code(&body), NULL, "too many sheets for one registration: print the units one by one");
	int r = p->k ? 0 : control_open(&p->s, true, &p->k, e);
	const struct control_append a = {.kind = LEDGER_SHEET, .body = buf_slice(&body)};
	if (r == 0)
		r = control_append(p->k, &a, 1, on_entry, &p->entry, e);
	return r < 0 ? r : control_flush(p->k, e);
}

static int hand_out(struct print *p, struct err *e)
{
	AUTO_BUF struct buf pdf = {0};
	buf_init(&pdf, PDF_MAX);
	int r = paper_book_pdf(p->book, p->block, p->entry, &pdf, e);
	if (r == 0)
		r = !strcmp(p->o->out, "-") ? file_write_all(STDOUT_FILENO, buf_slice(&pdf), e, "standard output") : file_replace(AT_FDCWD, p->o->out, buf_slice(&pdf), 0600, e);
	if (r < 0)
		cli_note("holdfast: entry %llu has registered sheets that are not on paper: `holdfast paper destroy` closes them", (unsigned long long)p->entry);
	return r;
}

static void say(const struct print *p)
{
	size_t n = paper_book_sheets(p->book), pages = 0;
	bool aside = !strcmp(p->o->out, "-");
	struct paper_number no = {.entry = p->entry};
	char first[PAPER_NUMBER_MAX], last[PAPER_NUMBER_MAX];
	for (size_t i = 0; i < n; i++)
		pages += paper_book_pages(p->book, i);
	memcpy(no.block, p->block, sizeof no.block);
	no.sheet = 1;
	paper_number_put(&no, first);
	no.sheet = (uint32_t)n;
	paper_number_put(&no, last);
	if (p->printed.withheld)
		cli_note("%zu protected records are not among them: print each with --patient, --protected and --reason", p->printed.withheld);
	if (p->o->json && !aside)
		printf("{\"entry\":%llu,\"sheets\":%zu,\"pages\":%zu,\"patients\":%zu,\"withheld\":%zu,\"first\":\"%s\",\"last\":\"%s\"}\n", (unsigned long long)p->entry, n, pages, p->printed.patient_n, p->printed.withheld, first, last);
	else if (!aside)
		printf("%zu sheets on %zu pages, of %zu patients: %s to %s, registered by entry #%llu\n", n, pages, p->printed.patient_n, first, last, (unsigned long long)p->entry);
}

int paper_print(const struct paper_options *o)
{
	static struct print p;
	struct err e = {0};
	p.o = o;
	int r = check(&p);
	if (r)
		return r;
	if (can_be_written(o->out, &e) < 0 || cli_site_charts(o->site, &p.s, &e) < 0)
		return cli_fail(&e);
	r = cli_chart(&p.s, &p.c, &p.k, &e);
	if (r == 0)
		r = cli_moment(p.c, &p.s, o->as_of, &p.at, &e);
	if (r == 0)
		r = lay_out(&p, &e);
	if (r == 0)
		r = enter(&p, &e);
	if (r == 0)
		r = hand_out(&p, &e);
	if (r == 0)
		say(&p);
	fflush(stdout);
	paper_book_free(p.book);
	ward_printed_done(&p.printed);
	control_close(p.k);
	chart_close(p.c);
	site_close(&p.s);
	return r < 0 ? cli_fail(&e) : 0;
}
