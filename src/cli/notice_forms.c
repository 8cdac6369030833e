/* holdfast notice forms: what authorities' forms ask for, as far as the case says it, as JSON and as a page; notices to the public. Nothing is sent. */
#include "cli_internal.h"
#include "cli_out.h"
#include "notice_cmd.h"

#include "notice.h"

#include <fcntl.h>
#include <unistd.h>

#define ROOM ((size_t)128 << 20)

struct job {
	const char *case_file, *dir, *form, *lang;
	bool list, refs, json;
	struct arena *a;
	struct notice_incident in;
	int dirfd;
	uint64_t files, blanks, forms;
	struct buf sums; /* SHA256SUMS, as sha256sum writes it */
};

static int save(struct job *j, const char *name, const char *end, struct slice s, struct err *e)
{
	char file[80];
	snprintf(file, sizeof file, "%s%s", name, end);
	uint8_t sum[SEAL_HASH];
	seal_sha256_once(s, sum);
	hex_put(&j->sums, slice_of(sum, sizeof sum));
	buf_printf(&j->sums, "  %s\n", file);
	j->files++;
	return cli_out_whole(j->dirfd, file, s, e);
}

static int print(struct job *j, const char *name, const struct paper_letter *p, struct err *e)
{
	AUTO_BUF struct buf pdf = {0}, text = {0};
	unsigned pages;
	buf_init(&pdf, (size_t)64 << 20);
	buf_init(&text, (size_t)8 << 20);
	int r = paper_pdf(p, &pdf, &pages, e);
	paper_text(p, &text);
	if (r == 0 && !buf_ok(&text))
		r = err_set(e, buf_code(&text), NULL, "it is too long");
	if (r == 0)
		r = save(j, name, ".pdf", buf_slice(&pdf), e);
	return r == 0 ? save(j, name, ".txt", buf_slice(&text), e) : r;
}

static int one_form(struct job *j, const char *id, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct notice_form f;
	struct paper_letter p;
	struct jsonw w;
	char name[64];
	snprintf(name, sizeof name, "%s", id);
	int r = notice_form_make(&j->in, name, j->a, &f, e);
	if (r < 0)
		return r;
	buf_init(&b, (size_t)8 << 20);
	jsonw_init(&w, &b);
	notice_form_json(&f, &w);
	jsonw_done(&w);
	buf_u8(&b, '\n');
	j->blanks += f.blanks;
	j->forms++;
	if (j->json)
		r = file_write_all(STDOUT_FILENO, buf_slice(&b), e, "standard output");
	if (r == 0 && j->dir) {
		r = save(j, name, ".json", buf_slice(&b), e);
		if (r == 0)
			r = notice_form_paper(&f, &j->in, j->a, &p, e);
		if (r == 0)
			r = print(j, name, &p, e);
		if (r == 0)
			cli_note("%s: %llu required fields are blank", name, (unsigned long long)f.blanks);
	}
	return r;
}

static int public_notices(struct job *j, struct err *e)
{
	int r = notice_incident_ready(&j->in, e);
	for (unsigned k = 0; r == 0 && k < NOTICE_PUBLICS; k++)
		for (unsigned l = 0; r == 0 && l < NOTICE_LANGS; l++) {
			struct paper_letter p;
			char name[64];
			if (!notice_incident_has(&j->in, (enum notice_lang)l) || (j->lang && notice_lang_parse(slice_str(j->lang)) != (int)l))
				continue;
			snprintf(name, sizeof name, "%s-%s", notice_public_name((enum notice_public)k), notice_lang_name((enum notice_lang)l));
			r = notice_public_make(&j->in, (enum notice_public)k, (enum notice_lang)l, j->refs, j->a, &p, e);
			if (r == 0)
				r = print(j, name, &p, e);
		}
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
	if (r < 0)
		err_in(e, j->case_file);
	return r;
}

/* Last: the sums of all files of the folder, which is what is signed for. `sha256sum -c SHA256SUMS` looks. */
static int sums(struct job *j, struct err *e)
{
	uint8_t sum[SEAL_HASH];
	const struct notice_count_of counts[] = {{"forms", j->forms}, {"blanks", j->blanks}, {"files", j->files}};
	if (!buf_ok(&j->sums))
		return err_set(e, buf_code(&j->sums), NULL, "no room for the sums of the files");
	int r = cli_out_whole(j->dirfd, "SHA256SUMS", buf_slice(&j->sums), e);
	if (r < 0)
		return r;
	seal_sha256_once(buf_slice(&j->sums), sum);
	return notice_made("forms", "SHA256SUMS", sum, counts, ARRAY_LEN(counts), e);
}

static int run(struct job *j, struct err *e)
{
	const char *id;
	int r = read_case(j, e);
	if (r == 0 && j->dir)
		r = file_mkdir(AT_FDCWD, j->dir, 0700, e);
	if (r == 0 && j->dir) {
		j->dirfd = file_open_dir(AT_FDCWD, j->dir, e);
		r = j->dirfd < 0 ? j->dirfd : 0;
	}
	if (j->form)
		return r == 0 ? one_form(j, j->form, e) : r;
	for (size_t i = 0; r == 0 && (id = notice_form_id(i)); i++)
		r = one_form(j, id, e);
	if (r == 0 && j->dir)
		r = public_notices(j, e);
	return r == 0 && j->dir ? sums(j, e) : r;
}

int notice_forms_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL;
	struct job j = {.dirfd = -1};
	struct err e = {0};
	bool finished;
	const struct cli_opt opts[] = {
		{"case", CLI_STRING, &j.case_file, "F.json", "the case: notice(1) has its keys"},
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE), for a case of its own"},
		{"output", CLI_STRING, &j.dir, "DIR", "a folder: each form as .json, .pdf and .txt, and notices to the public"},
		{"form", CLI_STRING, &j.form, "ID", "only this form"},
		{"lang", CLI_STRING, &j.lang, "L", "notices to the public in en, es, fr or zh alone (else in each that the case has words in)"},
		{"entries", CLI_FLAG, &j.refs, NULL, "notices to the public with the entry behind each figure"},
		{"list", CLI_FLAG, &j.list, NULL, "which forms there are"},
		{"json", CLI_FLAG, &j.json, NULL, "print the forms, one object a line"},
	};
	int r = cli_parse(argc, argv, "notice forms (NAME --site DIR | --case F.json) -o DIR", "What authorities' forms ask for, filled from the case, with blanks where it says nothing; notices to the public. Nothing is sent.", opts, ARRAY_LEN(opts), &args, &finished);
	if (r || finished)
		return r;
	if (j.list) {
		const char *id;
		for (size_t i = 0; (id = notice_form_id(i)); i++)
			printf("%s\n", id);
		return cli_flush();
	}
	if ((args.n == 0) == !j.case_file || (!j.dir && !j.json))
		return cli_usage("notice forms: say the case's name, or --case; and -o or --json");
	if ((r = notice_named(&args, site, &j.case_file, NULL)) != 0)
		return r;
	if (j.lang && notice_lang_parse(slice_str(j.lang)) < 0)
		return cli_usage("notice forms: --lang is en, es, fr or zh");
	j.a = arena_new(ROOM);
	buf_init(&j.sums, (size_t)1 << 20);
	r = j.a ? run(&j, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && j.dir)
		cli_note("%llu files in %s, %llu required fields blank in all; nothing was sent", (unsigned long long)j.files, j.dir, (unsigned long long)j.blanks);
	arena_free(j.a);
	buf_done(&j.sums);
	if (j.dirfd >= 0)
		close(j.dirfd);
	return r < 0 ? cli_fail(&e) : 0;
}
