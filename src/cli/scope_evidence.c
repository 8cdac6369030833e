/* holdfast scope evidence: one line an object that somebody touched, out of logs of any kind that is read. Needs no site. */
#include "cli_out.h"
#include "scope_cmd.h"

#include "evidence.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 20)
#define FOLDERS_DEEP 16

struct evidence_cmd {
	const char *window, *summary, *prefix, *least;
	struct cli_list zone, skew, host, root, own;
	bool json;
	const char *own_text[257];
	struct evidence_root roots[256];
	struct evidence_fold_options options;
	struct evidence_fold *fold;
	struct buf report; /* the summary's sources */
	struct jsonw w;
	bool bad;          /* something was not understood */
	uint8_t *piece;
	struct {
		char *path;
		off_t size;
		dev_t dev;
		ino_t ino;
	} *read;           /* files that were read */
	size_t read_n;
};

/* The value that was given for this source: "NAME=VALUE" where NAME is its path or the last part of that, or "VALUE" for all. The last one that fits. */
static const char *of_source(const struct cli_list *l, const char *path)
{
	const char *base = strrchr(path, '/'), *found = NULL;
	base = base ? base + 1 : path;
	for (size_t i = 0; i < l->n; i++) {
		const char *eq = strrchr(l->v[i], '=');
		size_t n = eq ? (size_t)(eq - l->v[i]) : 0;
		if (!eq)
			found = found ? found : l->v[i];
		else if ((strlen(path) == n && !memcmp(path, l->v[i], n)) || (strlen(base) == n && !memcmp(base, l->v[i], n)))
			found = eq + 1;
	}
	return found;
}

/* Seconds with a sign and a fraction: how far that clock was ahead. */
static int skew_of(const char *text, int64_t *ret)
{
	struct slice frac, s = slice_str(text), whole;
	bool minus = s.n && s.p[0] == '-';
	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		s = slice_of(s.p + 1, s.n - 1);
	if (s.n && s.p[s.n - 1] == 's')
		s.n--;
	uint64_t sec, f = 0;
	whole = slice_cut(s, '.', &frac);
	if (num_u64(whole, 0, UINT64_C(100) * 366 * 86400, &sec) < 0 || (frac.n && (frac.n > 9 || num_u64(frac, 0, 999999999, &f) < 0)))
		return ERR_INPUT;
	for (size_t i = frac.n; frac.n && i < 9; i++)
		f *= 10;
	*ret = (int64_t)sec * TIME_SEC + (int64_t)f;
	*ret = minus ? -*ret : *ret;
	return 0;
}

static int source_of(const struct evidence_cmd *c, const char *path, int64_t near, struct evidence_source *ret, struct err *e)
{
	const char *zone = of_source(&c->zone, path), *skew = of_source(&c->skew, path), *host = of_source(&c->host, path);
	*ret = (struct evidence_source){.name = path, .near = near, .host = slice_str(host), .prefix = c->prefix, .own = c->own.n ? c->own_text : NULL};
	if (c->options.to != EVIDENCE_NO_TIME)
		ret->near = c->options.to;
	else if (c->options.from != EVIDENCE_NO_TIME)
		ret->near = c->options.from;
	if (zone && evidence_zone(slice_str(zone), &ret->zone_minutes) < 0)
		return err_set(e, ERR_USAGE, "--zone", "'%s' is no zone: like +01:00 or -05:00; for one file NAME=+01:00", zone);
	if (skew && skew_of(skew, &ret->skew) < 0)
		return err_set(e, ERR_USAGE, "--skew", "'%s' is no number of seconds: like 90 or -2.5, what that clock was ahead; for one file NAME=90", skew);
	return 0;
}

static void note_source(const struct evidence_source *s, const struct evidence_account *a)
{
	char first[32], last[32], zone[64] = "";
	if (a->zone_assumed)
		snprintf(zone, sizeof zone, "; stamps without a zone taken as %c%02d:%02d", s->zone_minutes < 0 ? '-' : '+', abs(s->zone_minutes) / 60, abs(s->zone_minutes) % 60);
	cli_note("%s: %s%s%s, %" PRIu64 " records, %" PRIu64 " touches; clock: %s%s%s%s", s->name, evidence_kind_word(a->kind), a->dialect ? ", " : "", a->dialect ? a->dialect : "", a->records, a->touches, a->clock ? a->clock : "none", zone,
	         a->year_assumed ? "; the year is not written and was taken as the nearest" : "", s->skew ? "; corrected by --skew" : "");
	if (a->first != EVIDENCE_NO_TIME)
		cli_note("%s: from %s to %s", s->name, time_rfc3339(a->first, 3, first), time_rfc3339(a->last, 3, last));
	if (a->damaged)
		cli_note("%s: %" PRIu64 " records could not be understood, the first is number %" PRIu64 ": look at them, what they say is not in the list", s->name, a->damaged, a->first_damaged);
	if (a->untimed)
		cli_note("%s: %" PRIu64 " touches have no time and are in the list whatever the window is", s->name, a->untimed);
	if (a->unjoined)
		cli_note("%s: for %" PRIu64 " records the one that names the object is not in this file", s->name, a->unjoined);
	if (a->short_end)
		cli_note("%s: it ends in the middle of a record", s->name);
}

static void report_source(struct evidence_cmd *c, const struct evidence_source *s, const struct evidence_account *a)
{
	struct jsonw *w = &c->w;
	jsonw_obj(w);
	jsonw_kstr(w, "file", s->name);
	jsonw_kstr(w, "kind", evidence_kind_word(a->kind));
	jsonw_kstr(w, "dialect", a->dialect ? a->dialect : "");
	jsonw_kstr(w, "clock", a->clock ? a->clock : "none");
	jsonw_kbool(w, "zone_assumed", a->zone_assumed);
	jsonw_ki64(w, "zone_minutes", s->zone_minutes);
	jsonw_kbool(w, "year_assumed", a->year_assumed);
	jsonw_key(w, "skew_seconds");
	char skew[40];
	snprintf(skew, sizeof skew, "%s%" PRId64 ".%09" PRId64, s->skew < 0 ? "-" : "", (s->skew < 0 ? -s->skew : s->skew) / TIME_SEC, (s->skew < 0 ? -s->skew : s->skew) % TIME_SEC);
	jsonw_dec(w, slice_str(skew));
	jsonw_ku64(w, "bytes", a->bytes);
	jsonw_ku64(w, "records", a->records);
	jsonw_ku64(w, "touches", a->touches);
	jsonw_ku64(w, "failed", a->failed);
	jsonw_ku64(w, "damaged", a->damaged);
	jsonw_ku64(w, "untimed", a->untimed);
	jsonw_ku64(w, "unjoined", a->unjoined);
	jsonw_kbool(w, "short_end", a->short_end);
	if (a->first != EVIDENCE_NO_TIME) {
		jsonw_ktime(w, "first", a->first);
		jsonw_ktime(w, "last", a->last);
	}
	jsonw_obj_end(w);
}

static int feed(struct evidence_cmd *c, struct evidence *v, int fd, const char *path, struct err *e)
{
	for (;;) {
		ssize_t n = read(fd, c->piece, PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, path, "cannot read");
		if (n == 0)
			return 0;
		int r = evidence_feed(v, slice_of(c->piece, (size_t)n), e);
		if (r) {
			if (!e->code)
				err_set(e, r, path, r == ERR_MEMORY ? "no memory" : "no room for what is in it: read fewer files at once");
			return r;
		}
	}
}

/* What cannot be understood is said, and the others are read all the same; the exit status is 1 then. */
static int read_source(struct evidence_cmd *c, const char *path, int fd, struct err *e)
{
	struct evidence_source s;
	struct evidence_account a;
	struct stat st;
	uint32_t number;
	int64_t near = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_mtim.tv_sec * TIME_SEC : time_now();
	int r = source_of(c, path, near, &s, e);
	if (r == 0)
		r = evidence_fold_source(c->fold, path, &number, e);
	if (r)
		return r;
	const struct evidence_out out = {evidence_fold_touch, evidence_fold_flow, c->fold, evidence_fold_loose};
	struct evidence *v = evidence_new(&s, &out);
	r = v ? feed(c, v, fd, path, e) : err_set(e, ERR_MEMORY, path, "no memory");
	if (r == 0) {
		r = evidence_end(v, &a, e);
		if (r && !e->code)
			err_set(e, r, path, r == ERR_MEMORY ? "no memory" : "no room for what is in it: read fewer files at once");
	}
	evidence_free(v);
	if (r == ERR_INPUT) {
		cli_fail(e);
		*e = (struct err){0};
		c->bad = true;
		return 0;
	}
	if (r == 0) {
		evidence_fold_kind(c->fold, a.dialect ? a.dialect : evidence_kind_word(a.kind));
		note_source(&s, &a);
		report_source(c, &s, &a);
	}
	return r;
}

/* The same bytes twice would be counted twice: a copy of a file that was read is named and passed over. */
static bool same_bytes(int a, int b, off_t size)
{
	uint8_t x[1 << 16], y[1 << 16];
	for (off_t at = 0; at < size;) {
		ssize_t n = pread(a, x, sizeof x, at);
		if (n <= 0 || pread(b, y, (size_t)n, at) != n || memcmp(x, y, (size_t)n) != 0)
			return false;
		at += n;
	}
	return true;
}

static int seen(struct evidence_cmd *c, const char *path, int fd, const struct stat *st, bool *ret, struct err *e)
{
	*ret = false;
	if (!S_ISREG(st->st_mode) || !st->st_size)
		return 0;
	for (size_t i = 0; i < c->read_n && !*ret; i++) {
		AUTO_CLOSE int other = c->read[i].size == st->st_size ? open(c->read[i].path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : -1;
		if ((c->read[i].dev == st->st_dev && c->read[i].ino == st->st_ino) || (other >= 0 && same_bytes(fd, other, st->st_size))) {
			cli_note("%s: holds the same as %s, which was read: passed over", path, c->read[i].path);
			*ret = true;
		}
	}
	if (*ret)
		return 0;
	void *more = reallocarray(c->read, c->read_n + 1, sizeof *c->read);
	char *own = more ? strdup(path) : NULL;
	if (more)
		c->read = more;
	if (!own)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	c->read[c->read_n].path = own;
	c->read[c->read_n].size = st->st_size;
	c->read[c->read_n].dev = st->st_dev;
	c->read[c->read_n++].ino = st->st_ino;
	return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_path(struct evidence_cmd *c, const char *path, int depth, struct err *e)
{
	AUTO_CLOSE int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : dup(STDIN_FILENO);
	struct stat st;
	struct dirent **list = NULL;
	if (fd < 0)
		return errno == ENOENT ? err_set(e, ERR_NOT_FOUND, path, "there is no such file") : err_sys(e, path, "cannot open");
	if (fstat(fd, &st) < 0)
		return err_sys(e, path, "cannot look at it");
	if (!S_ISDIR(st.st_mode)) {
		bool twice;
		int r = seen(c, path, fd, &st, &twice, e);
		return r || twice ? r : read_source(c, path, fd, e);
	}
	if (depth == FOLDERS_DEEP)
		return err_set(e, ERR_LIMIT, path, "folders in folders more than %d deep", FOLDERS_DEEP);
	int n = scandir(path, &list, NULL, by_name), r = n < 0 ? err_sys(e, path, "cannot read the folder") : 0;
	for (int i = 0; i < n; i++) {
		char name[4096];
		bool fits = (size_t)snprintf(name, sizeof name, "%s/%s", path, list[i]->d_name) < sizeof name;
		if (r == 0 && list[i]->d_name[0] != '.') {
			/* links are not followed, and what is no file is no evidence */
			if (fits && lstat(name, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
				r = read_path(c, name, depth + 1, e);
			else if (!fits)
				r = err_set(e, ERR_LIMIT, path, "a name in this folder is too long");
		}
		free(list[i]);
	}
	free(list);
	return r;
}

/* ---- what is printed ---- */

static void line_text(const struct evidence_object *o)
{
	char when[32] = "-", bytes[24] = "-";
	if (o->first != EVIDENCE_NO_TIME)
		time_rfc3339(o->first, 0, when);
	if (o->has_bytes)
		snprintf(bytes, sizeof bytes, "%" PRIu64, o->bytes);
	cli_cell(stdout, slice_str(evidence_level_word(o->level)), 10);
	cli_cell(stdout, slice_str(when), 22);
	cli_cell(stdout, o->who_n ? o->who[0] : SLICE("-"), 16);
	cli_cell(stdout, o->from_n ? o->from[0] : SLICE("-"), 18);
	printf("%12s %3d%%  ", bytes, o->confidence);
	cli_slice(stdout, o->path);
	bool ends = o->path.n && (o->path.p[o->path.n - 1] == '/' || o->path.p[o->path.n - 1] == '\\');
	if (o->folder && !ends)
		putchar(o->windows ? '\\' : '/');
	if (o->reason_n) {
		fputs("  (", stdout);
		cli_slice(stdout, o->reason[0]);
		putchar(')');
	}
	putchar('\n');
}

static int print(struct evidence_cmd *c, enum evidence_level least, uint64_t count[5], struct err *e)
{
	AUTO_BUF struct buf line = {0};
	size_t n = evidence_fold_count(c->fold);
	buf_init(&line, (size_t)8 << 20);
	if (!c->json && n)
		printf("%-10s%-22s%-16s%-18s%12s %4s  %s\n", "touch", "first", "who", "from", "bytes", "sure", "path");
	for (size_t i = 0; i < n; i++) {
		const struct evidence_object *o = evidence_fold_at(c->fold, i);
		count[o->level] += !o->folder;
		if (o->level < least)
			continue;
		if (!c->json) {
			line_text(o);
			continue;
		}
		buf_reset(&line);
		evidence_object_json(c->fold, o, &line);
		buf_u8(&line, '\n');
		if (!buf_ok(&line))
			return err_set(e, buf_code(&line), NULL, "a line of the answer is too long");
		if (fwrite(line.p, 1, line.n, stdout) != line.n)
			return 0; /* cli_flush says why */
	}
	return 0;
}

static int write_summary(struct evidence_cmd *c, const uint64_t count[5], struct err *e)
{
	char time[32];
	jsonw_arr_end(&c->w);
	jsonw_key(&c->w, "window");
	jsonw_arr(&c->w);
	c->options.from == EVIDENCE_NO_TIME ? jsonw_null(&c->w) : jsonw_str(&c->w, time_rfc3339(c->options.from, 9, time));
	c->options.to == EVIDENCE_NO_TIME ? jsonw_null(&c->w) : jsonw_str(&c->w, time_rfc3339(c->options.to, 9, time));
	jsonw_arr_end(&c->w);
	for (int i = EVIDENCE_LISTED; i <= EVIDENCE_ACQUIRED; i++)
		jsonw_ku64(&c->w, evidence_level_word((enum evidence_level)i), count[i]);
	jsonw_ku64(&c->w, "outside_window", evidence_fold_outside(c->fold));
	jsonw_key(&c->w, "flows");
	evidence_fold_flows_json(c->fold, 1000, &c->w);
	jsonw_obj_end(&c->w);
	jsonw_done(&c->w);
	buf_u8(&c->report, '\n');
	if (!buf_ok(&c->report))
		return err_set(e, buf_code(&c->report), c->summary, "the summary is too long");
	return c->summary ? cli_out_whole(AT_FDCWD, c->summary, buf_slice(&c->report), e) : 0;
}

static int level_of(const char *word, enum evidence_level *ret)
{
	for (int i = EVIDENCE_LISTED; i <= EVIDENCE_ACQUIRED; i++)
		if (!word || !strcmp(word, evidence_level_word((enum evidence_level)i))) {
			*ret = (enum evidence_level)i;
			return 0;
		}
	return cli_usage("--least: '%s' is none of listed, opened, accessed, acquired", word);
}

static int options(struct evidence_cmd *c, struct err *e)
{
	c->options = (struct evidence_fold_options){.from = EVIDENCE_NO_TIME, .to = EVIDENCE_NO_TIME, .roots = c->roots};
	for (size_t i = 0; i < c->root.n; i++) {
		char *own = strdup(c->root.v[i]), *eq = own ? strchr(own, '=') : NULL;
		if (!own)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		c->roots[c->options.roots_n++] = (struct evidence_root){own, eq ? eq + 1 : ""}; /* free at the end of main */
		if (!eq || eq == own || !eq[1])
			return err_set(e, ERR_USAGE, "--root", "'%s' is no pair: FROM=TO, the folder in the logs and where it lies now", c->root.v[i]);
		*eq = 0;
	}
	for (size_t i = 0; i < c->own.n; i++)
		c->own_text[i] = c->own.v[i];
	return c->window ? evidence_window(slice_str(c->window), 0, &c->options.from, &c->options.to, e) : 0;
}

static int run(struct evidence_cmd *c, const struct cli_args *args, struct err *e)
{
	uint64_t count[5] = {0};
	enum evidence_level least;
	int usage = level_of(c->least, &least);
	if (usage)
		return usage;
	int r = options(c, e);
	if (r)
		return r;
	c->fold = evidence_fold_new(&c->options);
	c->piece = malloc(PIECE);
	if (!c->fold || !c->piece)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	buf_init(&c->report, (size_t)64 << 20);
	jsonw_init(&c->w, &c->report);
	jsonw_obj(&c->w);
	jsonw_key(&c->w, "sources");
	jsonw_arr(&c->w);
	for (size_t i = 0; r == 0 && i < args->n; i++)
		r = read_path(c, args->v[i], 0, e);
	if (r == 0)
		r = evidence_fold_finish(c->fold, e);
	if (r == 0 && evidence_fold_joined(c->fold))
		cli_note("%" PRIu64 " events that end in another file than they begin in were put together", evidence_fold_joined(c->fold));
	if (r == 0)
		r = print(c, least, count, e);
	if (r == 0)
		r = write_summary(c, count, e);
	if (r == 0)
		cli_note("%" PRIu64 " acquired, %" PRIu64 " accessed, %" PRIu64 " only opened, %" PRIu64 " only listed; %" PRIu64 " touches lay outside of the window", count[EVIDENCE_ACQUIRED], count[EVIDENCE_ACCESSED], count[EVIDENCE_OPENED], count[EVIDENCE_LISTED],
		         evidence_fold_outside(c->fold));
	if (r == 0 && evidence_fold_flow_count(c->fold) && !c->summary)
		cli_note("bytes were seen moving between %zu pairs of machines: --summary FILE lists them", evidence_fold_flow_count(c->fold));
	return r;
}

int scope_evidence_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct evidence_cmd c;
	bool done;
	const struct cli_opt opts[] = {
		{"window", CLI_STRING, &c.window, "A/B", "only touches from A to B, both inside"},
		{"zone", CLI_EACH, &c.zone, "[NAME=]+hh:mm", "the zone of stamps that name none: UTC; for the file NAME"},
		{"skew", CLI_EACH, &c.skew, "[NAME=]SECONDS", "what that file's clock was ahead; taken off"},
		{"host", CLI_EACH, &c.host, "[NAME=]HOST", "the host that the file is from, where it does not say"},
		{"root", CLI_EACH, &c.root, "FROM=TO", "a folder as the logs name it, and where it lies now"},
		{"own", CLI_EACH, &c.own, "ADDRESS", "an address of the file server itself: what it read was read on the host"},
		{"samba-prefix", CLI_STRING, &c.prefix, "WORDS", "full_audit:prefix as the server's smb.conf has it"},
		{"least", CLI_STRING, &c.least, "TOUCH", "only objects touched so or more: listed, opened, accessed, acquired"},
		{"summary", CLI_STRING, &c.summary, "FILE", "what each file was, and the bytes seen moving, as JSON"},
		{"json", CLI_FLAG, &c.json, NULL, "one JSON object a line"},
	};
	int r = cli_parse(argc, argv, "scope evidence FILE... [--window A/B] [--json]",
	                  "Lists each object that somebody touched: acquired, accessed, or only opened or listed, with when, who, from where and what proves it.\nWhat a file is is told by its content. FILE may be a folder, or - for standard input.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (!args.n)
		return cli_usage("scope evidence: say which files of evidence to read; see holdfast scope evidence --help");
	struct err e = {0};
	r = run(&c, &args, &e);
	bool bad = c.bad;
	evidence_fold_free(c.fold);
	buf_done(&c.report);
	free(c.piece);
	for (size_t i = 0; i < c.read_n; i++)
		free(c.read[i].path);
	free(c.read);
	if (r > 0)
		return r;
	int flushed = r < 0 ? cli_fail(&e) : cli_flush();
	return flushed ? flushed : bad ? 1 : 0;
}
