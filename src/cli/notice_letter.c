/* holdfast notice letters, mailfile, returned: letters to persons as PDF, the file for the mail-house with its manifest, and what comes back. Without a site: from a case's JSON and persons a line each. Nothing is sent. */
#include "cli_internal.h"
#include "cli_out.h"
#include "notice_cmd.h"

#include "csv.h"
#include "notice.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PERSON_ROOM ((size_t)4 << 20)
#define CASE_ROOM ((size_t)96 << 20)
#define OUT_AT ((size_t)1 << 20)

struct out { /* a file that is written piece by piece: under another name until it is whole and durable */
	struct cli_out to;
	struct buf wait;
	struct seal_sha256 *hash;
	uint64_t bytes;
};
struct job {
	const char *case_file, *persons, *dir, *lang, *person, *code_key;
	bool large, refs, bom, no_pdf, json;
	uint64_t batch;
	struct arena *a, *each;
	struct notice_incident in;
	struct notice_style style;
	struct notice_mailing *m;
	struct paper_mail *pdf;
	struct out csv, held, letters;
	int dirfd;
	unsigned batches;
	uint64_t in_batch, pages, lines;
	struct seal_sha256 *sums; /* of all files, as sha256sum prints them */
	uint64_t files;
	struct buf key;
};

/* ---- files ---- */

static int out_open(struct out *o, int dirfd, const char *name, struct err *e)
{
	buf_done(&o->wait); /* of the batch before */
	buf_init(&o->wait, (size_t)64 << 20);
	o->bytes = 0;
	if (!o->hash)
		o->hash = seal_sha256_new();
	if (!o->hash)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	seal_sha256_begin(o->hash);
	return cli_out_open(&o->to, dirfd, name, e);
}

static int out_flush(struct out *o, struct err *e)
{
	struct slice s = buf_slice(&o->wait);
	if (!buf_ok(&o->wait))
		return err_set(e, buf_code(&o->wait), o->to.name, "no room to write it");
	seal_sha256_add(o->hash, s);
	o->bytes += s.n;
	int r = file_write_all(o->to.fd, s, e, o->to.name);
	buf_reset(&o->wait);
	return r;
}

static int out_more(struct out *o, struct err *e)
{
	return o->wait.n >= OUT_AT ? out_flush(o, e) : 0;
}

static int out_put(void *arg, struct slice piece, struct err *e)
{
	struct out *o = arg;
	buf_add_slice(&o->wait, piece);
	return out_more(o, e);
}

static int out_close(struct out *o, struct err *e)
{
	int r = out_flush(o, e);
	if (r == 0)
		r = cli_out_close(&o->to, e);
	if (r == 0)
		cli_out_done(&o->to);
	return r;
}

static void out_done(struct out *o)
{
	cli_out_done(&o->to);
	seal_sha256_free(o->hash);
	buf_done(&o->wait);
}

/* A file is whole: its line in the sums. */
static int out_sum(struct job *j, struct out *o, struct err *e)
{
	uint8_t sum[SEAL_HASH];
	int r = out_flush(o, e);
	if (r < 0)
		return r;
	seal_sha256_end(o->hash, sum);
	notice_sum_line(j->sums, sum, o->to.name);
	j->files++;
	return 0;
}

/* ---- batches ---- */

static int pdf_end(struct job *j, struct err *e)
{
	if (!j->pdf)
		return 0;
	int r = paper_mail_end(j->pdf, e);
	j->pages += paper_mail_pages(j->pdf);
	paper_mail_free(j->pdf);
	j->pdf = NULL;
	if (r == 0)
		r = out_sum(j, &j->letters, e);
	seal_sha256_begin(j->letters.hash); /* out_close looks for more of it, and finds none */
	return r == 0 ? out_close(&j->letters, e) : r;
}

static int pdf_begin(struct job *j, struct err *e)
{
	char name[64];
	j->batches++;
	j->in_batch = 0;
	if (j->no_pdf)
		return 0;
	snprintf(name, sizeof name, "letters-%04u.pdf", j->batches);
	int r = out_open(&j->letters, j->dirfd, name, e);
	return r == 0 ? paper_mail_new("Letters", out_put, &j->letters, &j->pdf, e) : r;
}

static int held(struct job *j, const struct notice_person *p, enum notice_fate fate, struct err *e)
{
	struct buf *b = &j->held.wait;
	csv_put(b, p->id);
	buf_printf(b, ",%s\r\n", notice_fate_word(fate));
	return out_more(&j->held, e);
}

static int one(struct job *j, struct slice line, struct err *e)
{
	struct notice_person p;
	struct notice_letter l;
	unsigned pages;
	arena_reset(j->each);
	int r = notice_person_read(line, j->each, &p, e);
	if (r == 0 && (j->batches == 0 || j->in_batch == j->batch)) {
		r = pdf_end(j, e);
		if (r == 0)
			r = pdf_begin(j, e);
	}
	if (r == 0)
		r = notice_mailing_add(j->m, &p, j->batches, j->each, &j->csv.wait, &l, e);
	if (r < 0)
		return r;
	if (l.fate != NOTICE_MAIL)
		return held(j, &p, l.fate, e);
	j->in_batch++;
	if (j->pdf)
		r = paper_mail_add(j->pdf, &l.post, &pages, e);
	return r == 0 ? out_more(&j->csv, e) : r;
}

/* ---- reading ---- */

static int each_line(struct job *j, int (*fn)(struct job *j, struct slice line, struct err *e), struct err *e)
{
	FILE *f = strcmp(j->persons, "-") ? fopen(j->persons, "re") : stdin;
	char *line = NULL, place[64];
	size_t cap = 0;
	ssize_t n;
	int r = f ? 0 : err_sys(e, j->persons, "cannot be opened");
	while (r == 0 && (n = getline(&line, &cap, f)) >= 0) {
		struct slice s = slice_trim(slice_of(line, (size_t)n));
		j->lines++;
		if (!s.n)
			continue;
		r = fn(j, s, e);
		if (r < 0 && r != ERR_SYSTEM && r != ERR_FULL) {
			snprintf(place, sizeof place, "line %llu", (unsigned long long)j->lines);
			err_in(e, place);
		}
	}
	if (r == 0 && ferror(f))
		r = err_sys(e, j->persons, "cannot be read");
	free(line);
	if (f && f != stdin)
		fclose(f);
	return r;
}

static int read_case(struct job *j, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, NOTICE_FILE_MAX);
	int r = file_read(AT_FDCWD, j->case_file, NOTICE_FILE_MAX, &b, e);
	struct slice text = r == 0 ? arena_dup(j->a, buf_slice(&b)) : SLICE_NULL;
	if (r == 0)
		r = text.p ? notice_incident_read(text, j->a, &j->in, e) : err_set(e, ERR_INPUT, NULL, "is empty");
	if (r == 0)
		r = notice_incident_ready(&j->in, e);
	if (r < 0)
		err_in(e, j->case_file);
	return r;
}

static int read_key(struct job *j, struct err *e)
{
	if (!j->code_key)
		return 0;
	buf_init_secret(&j->key, 4096);
	int r = file_read(AT_FDCWD, j->code_key, 4096, &j->key, e);
	if (r == 0 && j->key.n < 16)
		r = err_set(e, ERR_INPUT, j->code_key, "a key for enrolment codes has at least 16 bytes: head -c 32 /dev/urandom > FILE");
	j->style.code_key = buf_slice(&j->key);
	return r;
}

static int begin(struct job *j, struct err *e)
{
	j->a = arena_new(CASE_ROOM);
	j->each = arena_new(PERSON_ROOM);
	j->sums = seal_sha256_new();
	if (!j->a || !j->each || !j->sums)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	seal_sha256_begin(j->sums);
	int r = read_case(j, e);
	if (r == 0)
		r = read_key(j, e);
	return r;
}

static void done(struct job *j)
{
	paper_mail_free(j->pdf);
	notice_mailing_free(j->m);
	out_done(&j->csv);
	out_done(&j->held);
	out_done(&j->letters);
	seal_sha256_free(j->sums);
	buf_done(&j->key);
	arena_free(j->a);
	arena_free(j->each);
	if (j->dirfd >= 0)
		close(j->dirfd);
}

/* ---- the whole mailing ---- */

static int open_all(struct job *j, struct err *e)
{
	int r = file_mkdir(AT_FDCWD, j->dir, 0700, e);
	if (r == 0) {
		j->dirfd = file_open_dir(AT_FDCWD, j->dir, e);
		r = j->dirfd < 0 ? j->dirfd : 0;
	}
	static const char *const earlier[] = {"manifest.json", "mail.csv", "not-mailed.csv", "letters-0001.pdf"};
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(earlier); i++)
		if (!faccessat(j->dirfd, earlier[i], F_OK, AT_SYMLINK_NOFOLLOW))
			r = err_set(e, ERR_EXISTS, j->dir, "has %s of an earlier mailing: take another folder, so that letters of two are never mixed", earlier[i]);
	if (r == 0)
		r = out_open(&j->csv, j->dirfd, "mail.csv", e);
	if (r == 0)
		r = out_open(&j->held, j->dirfd, "not-mailed.csv", e);
	if (r == 0)
		r = notice_mailing_new(&j->in, &j->style, &j->m, e);
	if (r < 0)
		return r;
	if (j->bom)
		buf_str(&j->csv.wait, "\xef\xbb\xbf");
	notice_mailing_head(&j->csv.wait);
	buf_str(&j->held.wait, "person_id,reason\r\n");
	return 0;
}

static int made(const struct job *j, const uint8_t sum[SEAL_HASH], struct err *e)
{
	AUTO_BUF struct buf which = {0};
	buf_init(&which, 1 << 16);
	struct notice_count_of counts[4 + NOTICE_FATES] = {{"letters", notice_mailing_letters(j->m)}, {"pages", j->pages}, {"files", j->files}, {"other_language", notice_mailing_fallback(j->m, &which)}};
	size_t n = 4;
	for (unsigned f = NOTICE_MAIL + 1; f < NOTICE_FATES; f++)
		if (notice_mailing_fate(j->m, (enum notice_fate)f))
			counts[n++] = (struct notice_count_of){notice_fate_word((enum notice_fate)f), notice_mailing_fate(j->m, (enum notice_fate)f)};
	return notice_made(j->no_pdf ? "mailfile" : "letters", "manifest.json", sum, counts, n, e);
}

static int finish(struct job *j, struct err *e)
{
	AUTO_BUF struct buf manifest = {0}, hex = {0}, all = {0};
	uint8_t sum[SEAL_HASH];
	buf_init(&all, 256);
	buf_init(&manifest, (size_t)4 << 20);
	buf_init(&hex, 256);
	int r = pdf_end(j, e);
	if (r == ERR_INPUT && !notice_mailing_letters(j->m))
		r = 0;
	if (r == 0)
		r = out_flush(&j->csv, e);
	if (r < 0)
		return r;
	seal_sha256_end(j->csv.hash, sum);
	hex_put(&hex, slice_of(sum, sizeof sum));
	seal_sha256_begin(j->csv.hash);
	notice_sum_line(j->sums, sum, "mail.csv");
	r = out_sum(j, &j->held, e);
	if (r < 0)
		return r;
	seal_sha256_begin(j->held.hash);
	seal_sha256_end(j->sums, sum);
	hex_put(&all, slice_of(sum, sizeof sum));
	notice_mailing_manifest(j->m, buf_cstr(&hex), j->csv.bytes, j->bom, j->pages, ++j->files, buf_cstr(&all), &manifest);
	seal_sha256_once(buf_slice(&manifest), sum);
	r = out_close(&j->csv, e);
	if (r == 0)
		r = out_close(&j->held, e);
	if (r == 0)
		r = file_replace(j->dirfd, "manifest.json", buf_slice(&manifest), 0600, e); /* last, and with the folder: a manifest says that the rest is whole */
	if (r == 0)
		r = made(j, sum, e);
	if (r == 0 && j->json)
		r = file_write_all(STDOUT_FILENO, buf_slice(&manifest), e, "standard output");
	return r;
}

static void say(const struct job *j)
{
	const char *citation, *form = notice_substitute_form(notice_mailing_fate(j->m, NOTICE_NO_ADDRESS), &citation);
	cli_note("%llu letters, %llu pages, in %s", (unsigned long long)notice_mailing_letters(j->m), (unsigned long long)j->pages, j->dir);
	for (unsigned f = NOTICE_MAIL + 1; f < NOTICE_FATES; f++)
		if (notice_mailing_fate(j->m, (enum notice_fate)f))
			cli_note("%llu persons without a letter: %s", (unsigned long long)notice_mailing_fate(j->m, (enum notice_fate)f), notice_fate_word((enum notice_fate)f));
	AUTO_BUF struct buf which = {0};
	buf_init(&which, 1 << 16);
	uint64_t other = notice_mailing_fallback(j->m, &which);
	if (other)
		cli_note("%llu letters are in %s, since there are no words in the persons' own language: %s", (unsigned long long)other, notice_lang_name(j->in.lang), buf_cstr(&which));
	if (citation[0])
		cli_note("substitute notice for those without an address: %s (%s)", form, citation);
	cli_note("nothing was sent: two persons have to sign for manifest.json before it goes to the mail-house");
}

static int mailing(struct job *j, struct err *e)
{
	int r = begin(j, e);
	if (r == 0)
		r = open_all(j, e);
	if (r == 0)
		r = each_line(j, one, e);
	if (r == 0)
		r = finish(j, e);
	if (r == 0)
		say(j);
	return r;
}

/* ---- a preview of one ---- */

static int to_buf(void *arg, struct slice piece, struct err *e)
{
	buf_add_slice(arg, piece);
	return buf_ok(arg) ? 0 : err_set(e, buf_code(arg), NULL, "the letter is too long");
}

static int draw(struct job *j, const struct paper_post *p, struct buf *ret, struct err *e)
{
	unsigned pages;
	int r = paper_mail_new("Letter", to_buf, ret, &j->pdf, e);
	if (r == 0)
		r = paper_mail_add(j->pdf, p, &pages, e);
	return r == 0 ? paper_mail_end(j->pdf, e) : r;
}

/* 1: it was the person that is looked for. */
static int found(struct job *j, struct slice line, struct err *e)
{
	AUTO_BUF struct buf out = {0};
	struct notice_person p;
	struct notice_letter l;
	arena_reset(j->each);
	int r = notice_person_read(line, j->each, &p, e);
	if (r < 0 || !slice_eq_str(p.id, j->person))
		return r;
	buf_init(&out, (size_t)64 << 20);
	r = notice_letter_make(&j->in, &p, &j->style, j->lines, j->each, &l, e);
	if (r == 0 && l.fate != NOTICE_MAIL)
		return err_set(e, ERR_NO, NULL, "this person has no letter: %s", notice_fate_word(l.fate));
	const char *dot = strrchr(j->dir, '.');
	if (r == 0 && dot && slice_eq_nocase(slice_str(dot), ".pdf"))
		r = draw(j, &l.post, &out, e);
	else if (r == 0)
		paper_post_text(&l.post, &out);
	if (r == 0)
		r = strcmp(j->dir, "-") ? file_replace(AT_FDCWD, j->dir, buf_slice(&out), 0600, e) : file_write_all(STDOUT_FILENO, buf_slice(&out), e, "standard output");
	return r < 0 ? r : 1;
}

static int preview(struct job *j, struct err *e)
{
	int r = begin(j, e);
	if (r == 0)
		r = each_line(j, found, e);
	if (r == 0)
		return err_set(e, ERR_NOT_FOUND, j->persons, "no person in it has this person_id: look for it with grep");
	return r < 0 ? r : 0;
}

/* ---- commands ---- */

static int style(struct job *j)
{
	j->style.lang = j->lang ? notice_lang_parse(slice_str(j->lang)) : -1;
	j->style.large = j->large;
	j->style.refs = j->refs;
	if (j->lang && j->style.lang < 0)
		return cli_usage("notice: --lang is en, es, fr or zh");
	if (!j->batch || j->batch > 10000)
		return cli_usage("notice: --batch is 1 to 10000 letters");
	return 0;
}

static int run(struct job *j)
{
	struct err e = {0};
	int r = j->person ? preview(j, &e) : mailing(j, &e);
	done(j);
	return r < 0 ? cli_fail(&e) : 0;
}

#define JOB_OPTS(j) \
	{"case", CLI_STRING, &(j).case_file, "F.json", "the case: notice(1) has its keys"}, {"persons", CLI_STRING, &(j).persons, "P.ndjson", "persons, one a line; '-' for standard input"}, \
	{"lang", CLI_STRING, &(j).lang, "L", "all letters in en, es, fr or zh (else each person's language)"}, {"code-key", CLI_STRING, &(j).code_key, "FILE", "enrolment codes are made under this key (at least 16 bytes)"}, \
	{"bom", CLI_FLAG, &(j).bom, NULL, "mail.csv begins with a byte order mark"}, {"json", CLI_FLAG, &(j).json, NULL, "print the manifest"}

int notice_letter_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL;
	struct job j = {.dirfd = -1, .csv.to = CLI_OUT_NONE, .held.to = CLI_OUT_NONE, .letters.to = CLI_OUT_NONE, .batch = 1000};
	bool finished;
	const struct cli_opt opts[] = {
		JOB_OPTS(j),
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE), for a case of its own"},
		{"output", CLI_STRING, &j.dir, "DIR", "a folder for letters and files; with --person a .pdf, a .txt, or '-'"},
		{"person", CLI_STRING, &j.person, "ID", "only this person's letter, to look at"},
		{"large-print", CLI_FLAG, &j.large, NULL, "all letters in 18 pt (else for those who ask for it)"},
		{"entries", CLI_FLAG, &j.refs, NULL, "print the entry behind each figure: for whoever checks, not for the mail"},
		{"batch", CLI_NUMBER, &j.batch, "N", "letters in one PDF (1000)"},
	};
	int r = cli_parse(argc, argv, "notice letters (NAME --site DIR | --case F.json --persons P.ndjson) -o DIR", "Letters to persons as PDF, with the file for the mail-house and its manifest. Nothing is sent.", opts, ARRAY_LEN(opts), &args, &finished);
	if (r || finished)
		return r;
	if ((args.n == 0) == (!j.case_file || !j.persons) || !j.dir)
		return cli_usage("notice letters: say the case's name, or --case and --persons; and -o");
	if ((r = notice_named(&args, site, &j.case_file, &j.persons)) != 0)
		return r;
	r = style(&j);
	return r ? r : run(&j);
}

int notice_mailfile_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL;
	struct job j = {.dirfd = -1, .csv.to = CLI_OUT_NONE, .held.to = CLI_OUT_NONE, .letters.to = CLI_OUT_NONE, .batch = 10000, .no_pdf = true, .style = {.data_only = true}};
	bool finished;
	const struct cli_opt opts[] = {
		JOB_OPTS(j),
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE), for a case of its own"},
		{"output", CLI_STRING, &j.dir, "DIR", "a folder for the files"},
		{"batch", CLI_NUMBER, &j.batch, "N", "letters in one batch (10000)"},
	};
	int r = cli_parse(argc, argv, "notice mailfile (NAME --site DIR | --case F.json --persons P.ndjson) -o DIR", "The file for the mail-house and its manifest, without letters. Nothing is sent.", opts, ARRAY_LEN(opts), &args, &finished);
	if (r || finished)
		return r;
	if ((args.n == 0) == (!j.case_file || !j.persons) || !j.dir)
		return cli_usage("notice mailfile: say the case's name, or --case and --persons; and -o");
	if ((r = notice_named(&args, site, &j.case_file, &j.persons)) != 0)
		return r;
	r = style(&j);
	return r ? r : run(&j);
}
