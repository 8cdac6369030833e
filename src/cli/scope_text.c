/* holdfast scope text: what would be read in files, and what would not. */
#include "scope_cmd.h"

#include "content.h"
#include "extract.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

struct showing {
	const char *path;
	bool json, quiet;
	struct buf line;
	uint64_t troubles;
};

static const char *const kinds[] = {"text", "field", "record", "member"};
static const char *const whos[] = {"subject", "guarantor", "kin", "subscriber", "provider", "staff", "anybody"};
static const char *const troubles[] = {"broken", "sealed", "unknown", "picture", "limit", "died", "missing", "unreadable"};

/* ---- pieces ---- */

static void put_json(struct showing *x, const struct extract_piece *p)
{
	struct jsonw w;
	buf_reset(&x->line);
	jsonw_init(&w, &x->line);
	jsonw_obj(&w);
	jsonw_kstr(&w, "file", x->path);
	jsonw_kslice_opt(&w, "member", p->member);
	jsonw_kstr(&w, "kind", kinds[p->kind]);
	if (p->kind == EXTRACT_FIELD) {
		char role[16];
		jsonw_kstr(&w, "role", person_role_word(p->role, role));
		jsonw_kstr(&w, "who", whos[p->who]);
	}
	if (p->kind == EXTRACT_MEMBER)
		jsonw_kslice_opt(&w, "type", p->name);
	else
		jsonw_kslice_opt(&w, "name", p->name);
	if (p->kind != EXTRACT_MEMBER)
		jsonw_ku64(&w, "offset", p->offset);
	jsonw_kslice(&w, "text", p->text);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_u8(&x->line, '\n');
}

static void put_text(const struct extract_piece *p)
{
	char role[16];
	switch (p->kind) {
	case EXTRACT_MEMBER:
		printf("\n== ");
		cli_slice(stdout, p->member);
		printf(" (%.*s)\n", SLICE_FMT(p->name));
		return;
	case EXTRACT_RECORD:
		printf("--%s", p->text.n ? " " : "");
		cli_slice(stdout, p->text);
		putchar('\n');
		return;
	case EXTRACT_FIELD:
		cli_slice(stdout, p->name);
		if (p->role != PERSON_ROLE_OTHER)
			printf("%s[%s%s%s]", p->name.n ? " " : "", person_role_word(p->role, role), p->who ? " of " : "", p->who ? whos[p->who] : "");
		printf(": ");
		cli_slice(stdout, p->text);
		putchar('\n');
		return;
	case EXTRACT_TEXT:
		for (struct slice s = p->text, line; s.n;) { /* line ends are the text's own; other control characters a terminal must not get */
			line = slice_cut(s, '\n', &s);
			cli_slice(stdout, line.n && line.p[line.n - 1] == '\r' ? slice_of(line.p, line.n - 1) : line);
			putchar('\n');
		}
	}
}

static int show(void *arg, const struct extract_piece *p, struct err *e)
{
	struct showing *x = arg;
	if (x->quiet)
		return 0;
	if (!x->json)
		put_text(p);
	else {
		put_json(x, p);
		if (!buf_ok(&x->line))
			return err_set(e, buf_code(&x->line), x->path, "no memory for a line of output");
		fwrite(x->line.p, 1, x->line.n, stdout);
	}
	return ferror(stdout) ? err_sys(e, NULL, "standard output cannot be written") : 0;
}

static void complain(void *arg, const struct extract_trouble *t)
{
	struct showing *x = arg;
	x->troubles++;
	fprintf(stderr, "holdfast: ");
	cli_slice(stderr, slice_str(x->path));
	if (t->member.n) {
		fputs(t->member.p[0] == '#' ? "" : " / ", stderr);
		cli_slice(stderr, t->member);
	}
	fprintf(stderr, ": %s: %s\n", troubles[t->kind], t->why);
}

/* ---- files ---- */

static void put_report(const struct showing *x, const struct extract_report *r)
{
	AUTO_BUF struct buf b = {0}, hex = {0};
	struct jsonw w;
	buf_init(&b, 1 << 20);
	buf_init(&hex, 128);
	hex_put(&hex, slice_of(r->sha256, sizeof r->sha256));
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "file", x->path);
	jsonw_kstr(&w, "kind", "report");
	jsonw_kstr(&w, "type", content_type_name(r->type));
	jsonw_ku64(&w, "bytes", r->size);
	jsonw_kslice(&w, "sha256", buf_slice(&hex));
	jsonw_ku64(&w, "text_bytes", r->bytes_out);
	jsonw_ku64(&w, "members", r->members);
	jsonw_ku64(&w, "records", r->records);
	jsonw_ku64(&w, "pieces", r->pieces);
	jsonw_ku64(&w, "troubles", r->troubles);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	printf("%s\n", buf_cstr(&b));
}

static int one(struct showing *x, const struct extract_limits *l, bool many, struct err *e)
{
	struct extract_report r;
	const char *base = strrchr(x->path, '/');
	bool standard = !strcmp(x->path, "-");
	AUTO_CLOSE int fd = standard ? dup(STDIN_FILENO) : open(x->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	if (fd < 0)
		return err_sys(e, x->path, "it cannot be opened");
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return err_set(e, ERR_INPUT, x->path, "is a folder: name the files in it, such as %s/*, or see whose data all of it holds with holdfast scope scan %s", x->path, x->path);
	if (many && !x->json && !x->quiet)
		printf("== %s\n", x->path);
	int code = extract_file(fd, slice_str(base ? base + 1 : x->path), l, show, complain, x, &r, e);
	if (code == 0 && x->json)
		put_report(x, &r);
	return code;
}

void scope_limits(struct extract_limits *ret)
{
	const char *open_to = extract_open_to();
	extract_limits_default(ret);
	if (open_to)
		cli_note("%s", open_to);
}

int scope_text_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct showing x = {0};
	struct extract_limits l;
	struct err e = {0};
	uint64_t depth = 8, seconds = 120, memory = 1024;
	bool done, failed = false;
	scope_limits(&l);
	const struct cli_opt opts[] = {
		{"json", CLI_FLAG, &x.json, NULL, "NDJSON: a piece a line, and a report behind each file"},
		{"troubles", CLI_FLAG, &x.quiet, NULL, "say only what was not read, and with --json the reports"},
		{"ocr", CLI_FLAG, &l.ocr, NULL, "read pictures, and pages without text, with tesseract: about two seconds a page"},
		{"ocr-language", CLI_STRING, &l.ocr_lang, "LANG", "in which language they are, as tesseract calls it (eng)"},
		{"day-first", CLI_FLAG, &l.day_first, NULL, "dates of lists that could be read both ways have the day first"},
		{"depth", CLI_NUMBER, &depth, "N", "files in files, so deep (8)"},
		{"seconds", CLI_NUMBER, &seconds, "N", "for one file and process, and one more for each 4 MiB of the file (120)"},
		{"memory", CLI_NUMBER, &memory, "MIB", "of one such process (1024)"},
	};
	int r = cli_parse(argc, argv, "scope text [--json] [--ocr] FILE...", "What is read in files of any format: text, fields with what they say of a person, and what is inside; what was not read is said on standard error.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (!args.n)
		return cli_usage("scope text needs a FILE (- is standard input)");
	if (depth < 1 || depth > 64 || seconds < 1 || seconds > 86400 || memory < 64 || memory > 1048576)
		return cli_usage("--depth is 1 to 64, --seconds 1 to 86400, --memory 64 to 1048576");
	l.depth = (unsigned)depth;
	l.seconds = (unsigned)seconds;
	l.memory = (size_t)memory << 20;
	buf_init(&x.line, 8 * EXTRACT_PIECE_MAX);
	for (size_t i = 0; i < args.n && r == 0; i++) {
		x.path = args.v[i];
		int code = one(&x, &l, args.n > 1, &e);
		if (code < 0 && ferror(stdout) && e.sys_errno == EPIPE) { /* `| head`: whoever read it has enough */
			clearerr(stdout);
			buf_done(&x.line);
			return 0;
		}
		if (code < 0) {
			int status = cli_fail(&e);
			failed = true;
			r = status == 3 && e.sys_errno != ENOENT && e.sys_errno != EACCES && e.sys_errno != EISDIR ? 3 : 0;
			e = (struct err){0};
		}
	}
	buf_done(&x.line);
	int flushed = cli_flush();
	return r ? r : flushed ? flushed : failed || x.troubles ? 1 : 0;
}
