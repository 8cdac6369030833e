/* The command table and what commands share. */
#include "cli_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <pwd.h>
#include <fcntl.h>
#include <unistd.h>
#include <wchar.h>


static void say_overview(FILE *f)
{
	fprintf(f, "Holdfast keeps a hospital working through a cyberattack, and accounts for it afterwards.\n\n"
	           "usage: holdfast COMMAND [options] ...\n\n");
	for (size_t i = 0; i < cli_command_count; i++)
		fprintf(f, "  %-11s %s\n", cli_commands[i].name, cli_commands[i].summary);
	fprintf(f, "\n'holdfast COMMAND --help' says more, 'man holdfast' says all. --site DIR or HOLDFAST_SITE names the site folder.\n");
}

int cli_main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		say_overview(stderr);
		return 2;
	}
	const char *name = argv[1];
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
		if (argc > 2 && !strcmp(name, "help")) {
			for (size_t i = 0; i < cli_command_count; i++)
				if (!strcmp(argv[2], cli_commands[i].name)) {
					char *help[] = {argv[2], (char[]){"--help"}, NULL};
					return cli_commands[i].run(2, help);
				}
			return cli_usage("unknown command '%s'; 'holdfast --help' lists them", argv[2]);
		}
		say_overview(stdout);
		return cli_flush();
	}
	if (!strcmp(name, "--version") || !strcmp(name, "version")) {
		printf("holdfast %s\n", HOLDFAST_VERSION);
		return cli_flush();
	}
	for (size_t i = 0; i < cli_command_count; i++)
		if (!strcmp(name, cli_commands[i].name)) {
			int status = cli_commands[i].run(argc - 1, argv + 1);
			int flushed = cli_flush();
			return status ? status : flushed;
		}
	return cli_usage("unknown command '%s'; 'holdfast --help' lists them", name);
}

int cli_fail(const struct err *e)
{
	char line[640];
	fprintf(stderr, "holdfast: %s\n", err_line(e, line, sizeof line));
	return err_exit(e->code);
}

int cli_usage(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("holdfast: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return 2;
}

void cli_note(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

bool cli_progress_wanted(void)
{
	return isatty(STDERR_FILENO);
}

int cli_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	if (errno == EPIPE) /* `| head` is no failure of ours */
		return 0;
	fprintf(stderr, "holdfast: standard output: cannot write: %s\n", strerror(errno));
	return 3;
}

void cli_slice(FILE *f, struct slice s)
{
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f) { /* a chart must not be able to drive the terminal */
			fwrite(s.p + from, 1, i - from, f);
			fputc(s.p[i] == '\n' ? ' ' : '?', f);
			from = i + 1;
		}
	if (from < s.n)
		fwrite(s.p + from, 1, s.n - from, f);
}

/* Columns a character takes. East Asian wide and fullwidth blocks count two: good enough for aligning names. */
static int columns(uint32_t cp)
{
	if (cp >= 0x300 && cp <= 0x36f)
		return 0;
	if ((cp >= 0x1100 && cp <= 0x115f) || (cp >= 0x2e80 && cp <= 0xa4cf) || (cp >= 0xac00 && cp <= 0xd7a3) || (cp >= 0xf900 && cp <= 0xfaff) ||
	    (cp >= 0xfe30 && cp <= 0xfe6f) || (cp >= 0xff00 && cp <= 0xff60) || (cp >= 0xffe0 && cp <= 0xffe6) || (cp >= 0x1f300 && cp <= 0x1faff) ||
	    (cp >= 0x20000 && cp <= 0x3fffd))
		return 2;
	return 1;
}

/* Nothing is cut off: half a record number is another patient's. What is wider than its column pushes the others along. */
void cli_cell(FILE *f, struct slice s, int width)
{
	int used = 0;
	for (size_t i = 0; i < s.n;) {
		uint8_t b = s.p[i];
		size_t len = b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
		uint32_t cp = b < 0x80 ? b : b < 0xe0 ? b & 0x1f : b < 0xf0 ? b & 0xf : b & 7;
		if (len > s.n - i)
			break;
		for (size_t k = 1; k < len; k++)
			cp = cp << 6 | (s.p[i + k] & 0x3f);
		used += used < width ? columns(cp) : 0;
		i += len;
	}
	cli_slice(f, s);
	do
		fputc(' ', f);
	while (++used < width);
}

int cli_site(const char *opt, struct site *ret, struct err *e)
{
	const char *path = opt && *opt ? opt : getenv("HOLDFAST_SITE");
	if (!path || !*path)
		return err_set(e, ERR_USAGE, NULL, "which site? give --site DIR or set HOLDFAST_SITE");
	return site_open(path, ret, e);
}

int cli_site_charts(const char *opt, struct site *ret, struct err *e)
{
	const char *path = opt && *opt ? opt : getenv("HOLDFAST_SITE");
	if (!path || !*path)
		return err_set(e, ERR_USAGE, NULL, "which site? give --site DIR or set HOLDFAST_SITE");
	return site_open_restoring(path, ret, e);
}

int cli_ledger(struct site *s, bool keys_needed, struct site_keys *keys, struct ledger **ret, struct err *e)
{
	(void)!seal_lock_memory(keys, sizeof *keys, NULL); /* of one short command */
	int r = site_keys_open(s->fd, keys, e);
	if (!keys_needed && (r == ERR_NOT_FOUND || r == ERR_DENIED)) {
		*keys = (struct site_keys){0};
		r = 0;
	}
	if (r < 0)
		return r;
	struct ledger_options o = {.write = false};
	AUTO_BUF struct buf note = {0};
	buf_init(&note, 1 << 16);
	r = ledger_open(s->fd, keys, &o, ret, &note, e);
	if (r == 0 && note.n)
		cli_note("holdfast: %s", buf_cstr(&note));
	return r;
}

struct numbers {
	uint64_t *v;
	size_t n, room;
};

static int keep_number(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct numbers *f = arg;
	if (f->n == f->room) {
		size_t room = f->room ? 2 * f->room : 256;
		uint64_t *more = reallocarray(f->v, room, sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory for the numbers of entries");
		f->v = more;
		f->room = room;
	}
	f->v[f->n++] = en->seq;
	return 0;
}

int cli_entries(struct ledger *l, uint64_t kinds, uint64_t **ret, size_t *ret_n, struct err *e)
{
	struct numbers f = {0};
	int r = ledger_scan_kinds(l, 0, ledger_durable(l), kinds, keep_number, &f, e);
	if (r < 0) {
		free(f.v);
		return r;
	}
	*ret = f.v;
	*ret_n = f.n;
	return 0;
}

static int open_chart(struct site *s, struct chart **ret, struct err *e)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/view/chart.db", s->path);
	struct chart_options o = {.write = false, .zone_minutes = s->zone_minutes, .site_name = s->name};
	return chart_open(path, &o, ret, e);
}

/* How far the ledger is, without needing a key: 0 when it cannot be read (the chart stays readable whatever happened to the ledger). */
static uint64_t ledger_end(struct site *s, bool *ret_all /* the tail was opened, too */)
{
	struct err quiet = {0};
	struct site_keys keys = {0};
	struct ledger *l = NULL;
	uint64_t n = 0;
	if (cli_ledger(s, false, &keys, &l, &quiet) == 0) {
		n = ledger_size(l);
		ledger_free(l);
	}
	*ret_all = n && keys.can_open;
	site_keys_wipe(&keys);
	return n;
}

int cli_chart(struct site *s, struct chart **ret, struct control **ret_keeper, struct err *e)
{
	struct chart *c = NULL;
	*ret_keeper = NULL;
	int r = open_chart(s, &c, e);
	if (r < 0 && (r != ERR_NOT_FOUND || s->restoring))
		return s->restoring && r == ERR_NOT_FOUND ? err_set(e, r, s->path, "it is being rebuilt, and has no charts yet") : r;
	if (s->restoring) {
		*ret = c;
		return 0;
	}
	bool all;
	uint64_t applied = c ? chart_applied(c) : 0, end = ledger_end(s, &all);
	/* A view that is ahead is of another ledger, or the site was copied while it was at work: the keeper makes it again, and nobody is shown what the ledger does not hold. */
	bool behind = applied < end && !(c && chart_pinned(c)), ahead = all && applied > end;
	if (behind || ahead) {
		struct err quiet = {0};
		struct control *k = NULL;
		int b = control_open(s, true, &k, &quiet);
		if (b == 0) {
			b = control_catch_up(k, &quiet);
			*ret_keeper = k;
			chart_close(c);
			c = NULL;
			r = open_chart(s, &c, e);
		}
		if (b < 0 && ahead)
			cli_note("holdfast: the view has %" PRIu64 " entries and the ledger %" PRIu64 ", and it cannot be made again now: %s", applied, end, quiet.text);
		else if (b < 0) /* readable beats complete: say how far behind, and go on */
			cli_note("holdfast: the view is %" PRIu64 " entries behind the ledger and cannot be brought up now: %s", end - applied, quiet.text);
	}
	if (r < 0) {
		control_close(*ret_keeper);
		*ret_keeper = NULL;
		return r;
	}
	*ret = c;
	return 0;
}

/* There is no ledger yet: a line in a file, which becomes an entry when there is. */
static int record_later(const struct site *s, const char *what, const char *patient_id, const char *query, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	char t[32];
	const struct passwd *p = getpwuid(geteuid());
	AUTO_CLOSE int fd = openat(s->fd, CLI_SEEN, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, CLI_SEEN, "cannot be written");
	buf_init(&b, 1 << 16);
	buf_printf(&b, "%s\t%.60s\t%s\t%s\t%.400s\n", time_rfc3339(time_now(), 0, t), p ? p->pw_name : "user", what, patient_id ? patient_id : "", query ? query : "");
	int r = buf_ok(&b) ? file_write_all(fd, buf_slice(&b), e, CLI_SEEN) : err_set(e, buf_code(&b), NULL, "no memory");
	return r == 0 && fsync(fd) ? err_sys(e, CLI_SEEN, "cannot be made durable") : r;
}

void cli_record(const struct site *s, struct control **keeper, const char *what, const char *patient_id, const char *query, uint64_t as_of_entry)
{
	if (s->restoring) {
		struct err why = {0};
		bool kept = record_later(s, what, patient_id, query, &why) == 0;
		cli_note("RESTORING: these charts end with entry #%" PRIu64 ": messages after that are not shown yet, and nothing here is verified against the ledger yet.", as_of_entry);
		if (kept)
			cli_note("NOT BEING RECORDED yet: that you look is noted in %s/" CLI_SEEN ", and entered in the ledger when the rebuild is done.", s->path);
		else
			cli_note("NOT BEING RECORDED: that you look at this stands nowhere (%s): write down who looked at whom, and when", why.text);
		return;
	}
	struct control_view v = {.what = what, .patient_id = patient_id, .query = query, .as_of_entry = as_of_entry};
	struct err e = {0};
	uint64_t entry = UINT64_MAX;
	char line[640];
	int r = *keeper ? 0 : control_open(s, true, keeper, &e);
	if (r == 0)
		r = control_view(*keeper, &v, &entry, &e);
	if (r < 0 || entry == UINT64_MAX)
		cli_note("holdfast: NOT BEING RECORDED: that you look at this stands in no ledger: %s", r < 0 ? err_line(&e, line, sizeof line) : "the disk is full; write down who looked at whom, and when");
}

int cli_moment(struct chart *c, const struct site *s, const char *as_of, struct chart_moment *ret, struct err *e)
{
	if (!as_of || !strcmp(as_of, "now")) /* an empty one is a script's variable that nobody set: now would be a wrong answer to its question */
		return chart_now(c, ret, e);
	if (as_of[0] == '#') {
		uint64_t seq;
		if (num_u64(slice_str(as_of + 1), 0, UINT64_MAX - 2, &seq) < 0)
			return err_set(e, ERR_USAGE, "--as-of", "an entry is written #4711");
		return chart_at_entry(c, seq, ret, e);
	}
	int64_t t;
	if (time_parse(slice_str(as_of), s->zone_minutes, &t) < 0)
		return err_set(e, ERR_USAGE, "--as-of", "a moment is a time such as 2026-11-22T03:12:00Z, or an entry such as #4711");
	return chart_at_time(c, t, ret, e);
}
