/* holdfast scope case evidence, content, persons: what a case is made from. Each file is hashed, and kept in the ledger as it is, so that a result can be made again from entries alone. */
#include "scope_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEEP_MOST (UINT64_C(4) << 30) /* bytes of an input that are kept unless somebody asks for its hash alone */

struct parts {
	uint64_t v[SCOPE_PARTS_MAX];
	uint32_t n;
};

static int part_told(void *arg, uint64_t tag, const struct control_appended *r, struct err *e)
{
	struct parts *p = arg;
	(void)e;
	p->v[tag] = r->seq;
	return 0;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* One pass: hashed, and kept part by part. */
static int take(struct control *k, int fd, const char *path, bool reference, struct scope_act *a, struct parts *parts, char hex[2 * SEAL_HASH + 1], struct err *e)
{
	struct seal_sha256 *h = seal_sha256_new();
	AUTO_BUF struct buf b = {0};
	uint8_t hash[SEAL_HASH];
	int r = h ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	buf_init(&b, SCOPE_PART_MAX);
	if (h)
		seal_sha256_begin(h);
	for (bool end = false; r == 0 && !end;) {
		buf_reset(&b);
		while (r == 0 && !end && b.n < SCOPE_PART_MAX) {
			uint8_t *p = buf_space(&b, SCOPE_PART_MAX - b.n < 1 << 20 ? SCOPE_PART_MAX - b.n : 1 << 20);
			ssize_t n = p ? read(fd, p, SCOPE_PART_MAX - b.n < 1 << 20 ? SCOPE_PART_MAX - b.n : 1 << 20) : -1;
			if (!p)
				r = err_set(e, ERR_MEMORY, NULL, "no memory");
			else if (n < 0 && errno != EINTR)
				r = err_sys(e, path, "cannot be read");
			else if (n >= 0) {
				buf_commit(&b, (size_t)n);
				end = n == 0;
			}
		}
		if (r < 0 || !b.n)
			break;
		seal_sha256_add(h, buf_slice(&b));
		a->size += b.n;
		if (reference)
			continue;
		if (parts->n == SCOPE_PARTS_MAX || a->size > KEEP_MOST)
			r = err_set(e, ERR_LIMIT, path, "is larger than is kept in the ledger (4 GiB); with --reference its hash alone is, and the file has to be there for each run");
		const struct control_append in = {.kind = LEDGER_SCOPE_PART, .body = buf_slice(&b)};
		if (r == 0)
			r = control_append(k, &in, parts->n++, part_told, parts, e);
	}
	if (r == 0 && parts->n)
		r = control_flush_bare(k, e);
	if (h)
		seal_sha256_end(h, hash);
	seal_sha256_free(h);
	if (r == 0) {
		case_hex(hash, hex);
		a->sha256 = slice_of(hex, 2 * SEAL_HASH);
		a->part = parts->v;
		a->parts = parts->n;
		a->reference = reference;
	}
	return r;
}

static bool had_already(const struct scope_case *c, const struct scope_act *a, uint64_t *ret_entry)
{
	for (size_t i = 0; i < c->input_n; i++)
		if (c->input[i].what == a->what && c->input[i].size == a->size && slice_eq(c->input[i].sha256, a->sha256)) {
			*ret_entry = c->input[i].entry;
			return true;
		}
	return false;
}

/* What it hashes to, without keeping it: the same file again is no second input, and its bytes are not stored twice. */
static int look(int fd, const char *path, struct scope_act *a, char hex[2 * SEAL_HASH + 1], struct err *e)
{
	struct parts none = {0};
	int r = take(NULL, fd, path, true, a, &none, hex, e);
	a->part = NULL; /* there were none */
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = err_sys(e, path, "cannot be read twice: bring a file, not a pipe");
	return r;
}

/* What fd holds, from its beginning, under the name file; path names it where something is wrong. */
static int bring_open(struct control *k, const struct scope_case *c, int fd, const char *path, struct slice file, int what, bool reference, const char *by, struct err *e)
{
	static struct parts parts;
	struct scope_act a = {.what = what, .name = c->name, .file = file};
	struct stat before, after;
	char hex[2 * SEAL_HASH + 1];
	uint64_t entry;
	parts.n = 0;
	if (fstat(fd, &before) < 0)
		return err_sys(e, path, "cannot be opened");
	if (!S_ISREG(before.st_mode))
		return err_set(e, ERR_INPUT, path, "is no file");
	int r = look(fd, path, &a, hex, e);
	if (r == 0 && had_already(c, &a, &entry)) {
		printf("%s: there already, entry %" PRIu64 "\n", path, entry);
		return 0;
	}
	a.size = 0;
	char first[2 * SEAL_HASH + 1];
	memcpy(first, hex, sizeof first);
	if (r == 0)
		r = take(k, fd, path, reference, &a, &parts, hex, e);
	if (r == 0 && (fstat(fd, &after) < 0 || !same_file(&before, &after) || memcmp(first, hex, sizeof first)))
		r = err_set(e, ERR_BUSY, path, "changed while it was read: bring a copy that nobody writes to");
	if (r == 0)
		r = case_enter(k, &a, by, &entry, e);
	if (r == 0)
		printf("%s: %" PRIu64 " bytes, sha256 %s, entry %" PRIu64 "%s\n", path, a.size, hex, entry, reference ? ", its hash alone" : "");
	return r;
}

static int bring(struct control *k, const struct scope_case *c, const char *path, int what, bool reference, const char *by, struct err *e)
{
	char real[PATH_MAX];
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_sys(e, path, "cannot be opened");
	struct slice file = slice_str(realpath(path, real) ? real : path);
	if (!utf8_valid(file))
		return err_set(e, ERR_INPUT, NULL, "the file's name is no UTF-8: give it another name first");
	return bring_open(k, c, fd, path, file, what, reference, by, e);
}

/* The patients of the charts, as a list of persons that is kept in the ledger as any other: the case does not change when the charts go on. */
static int bring_charts(struct case_opened *o, const char *site, const char *name, const char *as_of, const char *by, struct err *e)
{
	struct scope_charts x;
	char file[64];
	AUTO_CLOSE int fd = memfd_create("patients", MFD_CLOEXEC); /* in clear: never on a disk */
	if (fd < 0)
		return err_sys(e, NULL, "no room for the list of patients");
	int r = scope_charts(site, as_of, fd, &x, e);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = err_sys(e, NULL, "the list of patients cannot be read");
	if (r == 0)
		r = case_open(site, name, o, e);
	if (r < 0)
		return r;
	cli_note("holdfast: %" PRIu64 " patients in %" PRIu64 " rows, as of entry %" PRIu64, x.persons, x.rows, x.end ? x.end - 1 : 0);
	if (x.tests)
		cli_note("holdfast: %" PRIu64 " test patients are not in the list", x.tests);
	if (x.more)
		cli_note("holdfast: of %" PRIu64 " patients more names, numbers or addresses are known than are listed", x.more);
	snprintf(file, sizeof file, "charts as of entry %" PRIu64 ".csv", x.end ? x.end - 1 : 0);
	return bring_open(o->k, o->c, fd, file, slice_str(file), SCOPE_PERSONS, false, by, e);
}

int scope_case_evidence_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *by = NULL;
	bool reference = false, done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"reference", CLI_FLAG, &reference, NULL, "keep its hash alone: the file has to be there, unchanged, for each run"},
		{"by", CLI_STRING, &by, "NAME", "who brings it, when it is not you"},
	};
	int r = cli_parse(argc, argv, "scope case evidence NAME FILE... --site DIR", "Brings logs and lists that say what was touched (as `holdfast scope evidence` reads them). Each is hashed and kept in the ledger as it is.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n < 2)
		return cli_usage("scope case evidence: say the case's name, and which files");
	struct err e = {0};
	struct case_opened o;
	r = case_open(site, args.v[0], &o, &e);
	for (size_t i = 1; r == 0 && i < args.n; i++)
		r = bring(o.k, o.c, args.v[i], SCOPE_EVIDENCE, reference, by, &e);
	case_close(&o);
	return r < 0 ? cli_fail(&e) : cli_flush();
}

int scope_case_persons_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *by = NULL, *as_of = NULL;
	bool reference = false, charts = false, done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"charts", CLI_FLAG, &charts, NULL, "the patients of this site's own charts, with every name, number and address that was ever said of them"},
		{"as-of", CLI_STRING, &as_of, "TIME|#SEQ", "--charts: as the charts were then"},
		{"reference", CLI_FLAG, &reference, NULL, "keep its hash alone: the file has to be there, unchanged, for each run"},
		{"by", CLI_STRING, &by, "NAME", "who brings it, when it is not you"},
	};
	int r = cli_parse(argc, argv, "scope case persons NAME (FILE.csv... | --charts [--as-of TIME|#SEQ]) --site DIR",
	                  "Brings lists of known persons: person_id first, then columns by their names; or the patients of the charts. Each is hashed and kept in the ledger as it is.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (charts ? args.n != 1 : args.n < 2)
		return cli_usage("scope case persons: say the case's name, and which files, or --charts");
	if (charts ? reference : as_of != NULL)
		return cli_usage("scope case persons: --as-of belongs to --charts, --reference to a file");
	struct err e = {0};
	struct case_opened o = {.site_open = false};
	if (charts)
		r = bring_charts(&o, site, args.v[0], as_of, by, &e);
	else {
		r = case_open(site, args.v[0], &o, &e);
		for (size_t i = 1; r == 0 && i < args.n; i++)
			r = bring(o.k, o.c, args.v[i], SCOPE_PERSONS, reference, by, &e);
	}
	case_close(&o);
	return r < 0 ? cli_fail(&e) : cli_flush();
}

int scope_case_content_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *by = NULL, *root = "", *vault = NULL;
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"vault", CLI_STRING, &vault, "SOURCE", "instead of a folder: what the vault kept of this source (holdfast vault list): before the window began, and until its end"},
		{"root", CLI_STRING, &root, "PREFIX", "what the paths of these files begin with in the evidence; without it, found by looking"},
		{"by", CLI_STRING, &by, "NAME", "who says so, when it is not you"},
	};
	int r = cli_parse(argc, argv, "scope case content NAME (DIR... [--root PREFIX] | --vault SOURCE) --site DIR",
	                  "Says where the touched files can be read: folders as they are now, or the vault's copies as they were around the window, which a run takes out with the recovery key and removes again.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (vault ? args.n != 1 || *root : args.n < 2)
		return cli_usage("scope case content: say the case's name, and which folder, or --vault and which source");
	if (vault && strlen(vault) > 200)
		return cli_usage("scope case content: --vault: no source has so long a name");
	if (*root && args.n != 2)
		return cli_usage("scope case content: --root belongs to one folder");
	struct err e = {0};
	struct case_opened o;
	char real[PATH_MAX];
	uint64_t entry;
	r = case_open(site, args.v[0], &o, &e);
	if (r == 0 && vault) {
		char name[256];
		snprintf(name, sizeof name, CASE_VAULT "%s", vault);
		struct scope_act a = {.what = SCOPE_CONTENT, .name = o.c->name, .file = slice_str(name)};
		r = case_enter(o.k, &a, by, &entry, &e);
		if (r == 0)
			printf("%s: entry %" PRIu64 "\n", name, entry);
	}
	for (size_t i = 1; r == 0 && i < args.n; i++) {
		struct stat st;
		if (!realpath(args.v[i], real) || stat(real, &st) < 0)
			r = err_sys(&e, args.v[i], "cannot be found");
		else if (!S_ISDIR(st.st_mode))
			r = err_set(&e, ERR_INPUT, args.v[i], "is no folder");
		struct scope_act a = {.what = SCOPE_CONTENT, .name = o.c->name, .file = slice_str(real), .root = slice_str(root)};
		if (r == 0)
			r = case_enter(o.k, &a, by, &entry, &e);
		if (r == 0)
			printf("%s: entry %" PRIu64 "\n", real, entry);
	}
	case_close(&o);
	return r < 0 ? cli_fail(&e) : cli_flush();
}
