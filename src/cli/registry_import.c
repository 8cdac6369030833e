/* holdfast registry import: lists into the registry. All of them are read before the first is stored. */
#include "registry_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>

struct file {
	const char *path;
	struct slice shown;  /* its name without folder */
	struct buf bytes;
	struct arena *a;
	struct registry_list l;
	uint8_t sha256[SEAL_HASH];
	uint64_t entry;
	int64_t time;
	struct registry_added added;
};

struct importing {
	const char *site, *db, *map_file, *by;
	enum registry_view view;
	int32_t as_of, today;
	bool json, dry;
	struct buf map;
	struct file *v;
	size_t n;
};

static int read_one(struct importing *x, const char *path, struct file *f, struct err *e)
{
	bool in = !strcmp(path, "-");
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	struct registry_map *map = NULL;
	f->path = path;
	f->entry = UINT64_MAX;
	f->shown = in ? SLICE("standard input") : slice_str(base);
	if (f->shown.n > 200 || !utf8_valid(f->shown))
		f->shown = SLICE("a file");
	buf_init(&f->bytes, REGISTRY_FILE_MAX);
	f->a = arena_new(REGISTRY_MEMORY);
	int r = f->a ? file_read(AT_FDCWD, in ? "/dev/stdin" : path, REGISTRY_FILE_MAX, &f->bytes, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && x->map_file && (r = registry_map_read(buf_slice(&x->map), f->a, &map, e)) < 0) {
		err_in(e, x->map_file);
		return r;
	}
	const struct registry_read_options o = {.file = in ? NULL : base, .map = map, .view = x->view, .as_of = x->as_of, .today = x->today};
	if (r == 0 && (r = registry_read(buf_slice(&f->bytes), &o, f->a, &f->l, e)) < 0)
		err_in(e, path);
	if (r == 0)
		seal_sha256_once(buf_slice(&f->bytes), f->sha256);
	return r;
}

/* ---- view and day ---- */

static int ask_view(const struct file *f, struct err *e)
{
	if (f->l.view == REGISTRY_UNKNOWN)
		return err_set(e, ERR_USAGE, f->path, "it cannot be told which of the portal's lists this is: say --view under-investigation, archive or full");
	if (f->l.as_of == REGISTRY_NO_DAY)
		return err_set(e, ERR_USAGE, f->path, "nothing in it says of which day it is: say --as-of DATE");
	return 0;
}

static bool together(const struct file *archive, const struct file *ui)
{
	const struct registry_list *a = &archive->l, *u = &ui->l;
	if (a->source != REGISTRY_OCR || u->source != REGISTRY_OCR || a->view != REGISTRY_ARCHIVE || u->view != REGISTRY_UNDER_INVESTIGATION)
		return false;
	if (a->as_of_from == REGISTRY_AS_OF_MONTH)
		return registry_day_year(a->as_of) == registry_day_year(u->as_of) && registry_day_month(a->as_of) == registry_day_month(u->as_of);
	return a->as_of_from == REGISTRY_AS_OF_NEWEST && u->as_of >= a->as_of && u->as_of - a->as_of <= 366;
}

/* An archive does not say of which day it is: the list that comes with it does. */
static int companions(struct importing *x, struct registry *r, struct err *e)
{
	for (size_t i = 0; i < x->n; i++) {
		struct file *f = &x->v[i];
		int32_t day = REGISTRY_NO_DAY;
		for (size_t k = 0; k < x->n; k++)
			if (k != i && together(f, &x->v[k]) && (day == REGISTRY_NO_DAY || x->v[k].l.as_of < day))
				day = x->v[k].l.as_of;
		if (day == REGISTRY_NO_DAY && r && f->l.as_of_from == REGISTRY_AS_OF_MONTH) {
			int c = registry_companion(r, f->l.view, registry_day_year(f->l.as_of) * 12 + registry_day_month(f->l.as_of) - 1, &day, e);
			if (c < 0)
				return c;
		}
		if (day == REGISTRY_NO_DAY || (f->l.newest != REGISTRY_NO_DAY && day < f->l.newest))
			continue;
		f->l.as_of = day;
		f->l.as_of_from = REGISTRY_AS_OF_OTHER;
		for (size_t w = 0; w < f->l.w_n; w++) /* it is sure now */
			if (!strcmp(f->l.w[w].what, "as-of-unsure")) {
				memmove(&f->l.w[w], &f->l.w[w + 1], (f->l.w_n - w - 1) * sizeof *f->l.w);
				f->l.w_n--;
				break;
			}
	}
	return 0;
}

static int oldest_first(const void *x, const void *y)
{
	const struct file *a = x, *b = y;
	return a->l.as_of != b->l.as_of ? (a->l.as_of < b->l.as_of ? -1 : 1) : (int)a->l.view - (int)b->l.view;
}

/* ---- storing ---- */

static int tell_entry(void *arg, uint64_t tag, const struct control_appended *r, struct err *e)
{
	struct file *f = arg;
	(void)tag;
	(void)e;
	f->entry = r->seq;
	f->time = r->time;
	return 0;
}

static int enter(struct importing *x, struct file *f, struct control *k, struct err *e)
{
	AUTO_BUF struct buf body = {0};
	char who[64];
	control_who(who);
	struct registry_entry en = {.source = f->l.source, .view = f->l.view, .as_of_from = f->l.as_of_from, .as_of = f->l.as_of, .today = x->today, .file = f->shown, .by = slice_str(x->by ? x->by : who), .map = buf_slice(&x->map), .bytes = buf_slice(&f->bytes), .rows = f->l.n};
	memcpy(en.sha256, f->sha256, sizeof en.sha256);
	buf_init(&body, REGISTRY_FILE_MAX + (1 << 20));
	int r = registry_entry_put(&en, &body, e);
	const struct control_append a = {.kind = LEDGER_REGISTRY, .body = buf_slice(&body)};
	if (r == 0)
		r = control_append(k, &a, 1, tell_entry, f, e);
	return r < 0 ? r : control_flush_bare(k, e);
}

static int store_one(struct importing *x, struct registry_opened *o, struct control **k, struct file *f, struct err *e)
{
	bool has = false;
	int r = registry_has(o->r, f->sha256, &has, e);
	if (r == 0 && !has && o->site) {
		r = *k ? 0 : control_open_bare(&o->s, k, e);
		if (r == 0)
			r = enter(x, f, *k, e);
	}
	struct registry_origin from = {.file = f->shown, .entry = f->entry, .time = f->entry != UINT64_MAX ? f->time : time_now()};
	memcpy(from.sha256, f->sha256, sizeof from.sha256);
	return r < 0 ? r : registry_add(o->r, &f->l, &from, f->a, &f->added, e);
}

/* ---- said ---- */

static void put_json(const struct file *f, bool dry)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	char t[16], hex[2 * SEAL_HASH + 1];
	buf_init(&b, 1 << 20);
	jsonw_init(&w, &b);
	for (size_t i = 0; i < SEAL_HASH; i++)
		snprintf(hex + 2 * i, 3, "%02x", f->sha256[i]);
	jsonw_obj(&w);
	jsonw_kslice(&w, "file", f->shown);
	jsonw_kstr(&w, "source", registry_source_word(f->l.source));
	jsonw_kstr(&w, "view", registry_view_word(f->l.view));
	jsonw_kslice(&w, "view_why", f->l.view_why);
	jsonw_kstr(&w, "as_of", registry_day_text(f->l.as_of, t));
	jsonw_kstr(&w, "as_of_why", registry_as_of_word(f->l.as_of_from));
	jsonw_kstr(&w, "sha256", hex);
	jsonw_kslice(&w, "encoding", f->l.encoding);
	jsonw_ku64(&w, "rows", f->l.n);
	jsonw_ku64(&w, "unread", f->l.unread);
	jsonw_ku64(&w, "repaired", f->l.repaired);
	jsonw_ku64(&w, "turned", f->l.turned);
	jsonw_kbool(&w, "stored", !dry && !f->added.twice);
	jsonw_kbool(&w, "twice", f->added.twice);
	if (f->entry != UINT64_MAX)
		jsonw_ku64(&w, "entry", f->entry);
	if (!dry && !f->added.twice) {
		jsonw_ku64(&w, "import", f->added.import);
		jsonw_ku64(&w, "new", f->added.fresh);
		jsonw_ku64(&w, "same", f->added.same);
		jsonw_ku64(&w, "revised", f->added.revised);
		jsonw_ku64(&w, "renamed", f->added.renamed);
		jsonw_ku64(&w, "merged", f->added.merged);
		jsonw_ku64(&w, "perhaps_merged", f->added.perhaps);
		jsonw_ku64(&w, "placeholders_replaced", f->added.replaced);
		jsonw_ki64(&w, "persons_change", f->added.persons_change);
	}
	jsonw_key(&w, "warnings");
	jsonw_arr(&w);
	for (size_t i = 0; i < f->l.w_n + f->added.w_n; i++)
		jsonw_slice(&w, i < f->l.w_n ? f->l.w[i].text : f->added.w[i - f->l.w_n].text);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&b));
}

static void say(const struct importing *x, const struct file *f)
{
	char t[16];
	if (x->json) {
		put_json(f, x->dry);
		return;
	}
	cli_slice(stdout, f->shown);
	if (f->added.twice) {
		printf(": the same bytes were imported before (import %" PRIu32 "): nothing was changed\n", f->added.import);
		return;
	}
	printf(": %zu reports, %s (", f->l.n, registry_view_word(f->l.view));
	cli_slice(stdout, f->l.view_why);
	printf("), as of %s (%s)", registry_day_text(f->l.as_of, t), registry_as_of_word(f->l.as_of_from));
	if (x->dry)
		printf("; nothing was stored\n");
	else {
		printf("; %zu new, %zu as they were, %zu revised", f->added.fresh, f->added.same, f->added.revised);
		if (f->added.replaced)
			printf(", %zu of them placeholders that a count took the place of", f->added.replaced);
		if (f->added.renamed || f->added.merged)
			printf(" (%zu renamed, %zu merged into others)", f->added.renamed, f->added.merged);
		if (f->added.perhaps)
			printf("; %zu that are gone are perhaps part of others", f->added.perhaps);
		printf("\n");
	}
}

static void warn(const struct file *f)
{
	for (size_t i = 0; i < f->l.w_n + f->added.w_n; i++) {
		fputs("holdfast: warning: ", stderr);
		cli_slice(stderr, f->shown);
		fputs(": ", stderr);
		cli_slice(stderr, i < f->l.w_n ? f->l.w[i].text : f->added.w[i - f->l.w_n].text);
		fputc('\n', stderr);
	}
}

static int run(struct importing *x, const struct cli_args *args, struct err *e)
{
	struct registry_opened o = {0};
	struct control *k = NULL;
	int r = 0;
	x->v = calloc(args->n, sizeof *x->v);
	if (!x->v)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (; r == 0 && x->n < args->n; x->n++)
		r = read_one(x, args->v[x->n], &x->v[x->n], e);
	if (r == 0 && !x->dry)
		r = registry_cmd_open(x->site, x->db, REGISTRY_WRITE, &o, e);
	if (r == 0)
		r = companions(x, o.r, e);
	for (size_t i = 0; r == 0 && i < x->n; i++)
		r = ask_view(&x->v[i], e);
	if (r == 0)
		qsort(x->v, x->n, sizeof *x->v, oldest_first);
	for (size_t i = 0; r == 0 && i < x->n; i++) {
		if (!x->dry)
			r = store_one(x, &o, &k, &x->v[i], e);
		if (r == 0) {
			say(x, &x->v[i]);
			warn(&x->v[i]);
		}
	}
	control_close(k);
	registry_cmd_close(&o);
	return r;
}

int registry_import_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct importing x = {.as_of = REGISTRY_NO_DAY, .today = registry_cmd_today()};
	const char *view = NULL, *as_of = NULL;
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &x.site, "DIR", "the site folder (or HOLDFAST_SITE): each import is an entry of its ledger"},
		{"db", CLI_STRING, &x.db, "FILE", "a registry without a site, made where it is not"},
		{"view", CLI_STRING, &view, "V", "which list it is: under-investigation, archive or full (without it: recognised, or asked for)"},
		{"as-of", CLI_STRING, &as_of, "DATE", "of which day it is (without it: from its name, the list that comes with it, or its newest report)"},
		{"map", CLI_STRING, &x.map_file, "FILE", "which column is what, of a list of others"},
		{"dry-run", CLI_FLAG, &x.dry, NULL, "read it, say what is in it, and store nothing"},
		{"by", CLI_STRING, &x.by, "NAME", "who brings it, when it is not you"},
		{"json", CLI_FLAG, &x.json, NULL, "one JSON object a file"},
	};
	int r = cli_parse(argc, argv, "registry import FILE... --site DIR|--db FILE [--view V] [--as-of DATE]",
	                  "Takes lists of reported breaches in: exports of the HHS OCR breach portal (under investigation, archive) of any age, Washington's data set, others by --map.\n"
	                  "What is odd about a list is said on stderr and kept with it; nothing is refused for it. The same bytes are taken in once.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (!args.n)
		return cli_usage("registry import: name the files, '-' for standard input");
	if (!x.dry && x.db && x.site)
		return cli_usage("registry import: --db and --site: one of them");
	int v = view ? registry_view_parse(slice_str(view)) : REGISTRY_UNKNOWN;
	if (v < 0)
		return cli_usage("--view %s: there are under-investigation, archive and full", view);
	x.view = (enum registry_view)v;
	if (as_of && registry_day_parse(slice_str(as_of), false, &x.as_of) < 0)
		return cli_usage("--as-of %s: is no day: write 2024-10-08", as_of);
	struct err e = {0};
	buf_init(&x.map, 1 << 16);
	r = x.map_file ? file_read(AT_FDCWD, x.map_file, 1 << 16, &x.map, &e) : 0;
	if (r == 0)
		r = run(&x, &args, &e);
	for (size_t i = 0; x.v && i < args.n; i++) {
		buf_done(&x.v[i].bytes);
		arena_free(x.v[i].a);
	}
	free(x.v);
	buf_done(&x.map);
	return r < 0 ? cli_fail(&e) : cli_flush();
}

/* ---- imports ---- */

static void import_json(struct jsonw *w, const struct registry_import *i)
{
	char t[32], hex[65];
	for (size_t k = 0; k < 32; k++)
		snprintf(hex + 2 * k, 3, "%02x", i->sha256[k]);
	jsonw_obj(w);
	jsonw_ku64(w, "import", i->id);
	jsonw_kslice(w, "file", i->file);
	jsonw_kstr(w, "source", registry_source_word(i->source));
	jsonw_kstr(w, "view", registry_view_word(i->view));
	jsonw_kstr(w, "as_of", registry_day_text(i->as_of, t));
	jsonw_kstr(w, "as_of_why", registry_as_of_word(i->as_of_from));
	jsonw_kstr(w, "oldest", registry_day_text(i->oldest, t));
	jsonw_kstr(w, "newest", registry_day_text(i->newest, t));
	jsonw_ku64(w, "rows", i->rows);
	jsonw_ku64(w, "unread", i->unread);
	jsonw_kstr(w, "sha256", hex);
	if (i->entry != UINT64_MAX)
		jsonw_ku64(w, "entry", i->entry);
	jsonw_kstr(w, "imported", time_rfc3339(i->time, 0, t));
	jsonw_key(w, "warnings");
	jsonw_raw(w, i->warnings.n ? i->warnings : SLICE("[]"));
	jsonw_obj_end(w);
}

int registry_imports_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *db = NULL;
	bool json = false, done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"db", CLI_STRING, &db, "FILE", "a registry without a site"},
		{"json", CLI_FLAG, &json, NULL, "one JSON object an import"},
	};
	int r = cli_parse(argc, argv, "registry imports --site DIR|--db FILE", "The lists that were taken in, oldest first.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("registry imports: takes no names");
	struct err e = {0};
	struct registry_all all;
	AUTO_ARENA struct arena *a = arena_new(REGISTRY_MEMORY);
	r = a ? registry_cmd_load(site, db, a, &all, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; r == 0 && i < all.import_n; i++) {
		AUTO_BUF struct buf b = {0};
		struct jsonw w;
		char t[16];
		if (!json) {
			printf("%3" PRIu32 "  %-20s as of %-11s %6" PRIu32 " rows  ", all.import[i].id, registry_view_word(all.import[i].view), registry_day_text(all.import[i].as_of, t), all.import[i].rows);
			cli_slice(stdout, all.import[i].file);
			printf("  (%s)\n", registry_source_word(all.import[i].source));
			continue;
		}
		buf_init(&b, 1 << 20);
		jsonw_init(&w, &b);
		import_json(&w, &all.import[i]);
		printf("%s\n", buf_cstr(&b));
	}
	return r < 0 ? cli_fail(&e) : cli_flush();
}
