/* holdfast scope case run: evidence and content and persons out of the ledger, one survey, its result beside the ledger and its hash in it.
 *
 * The result lies in SITE/scope/NAME: exposure.ndjson (person, element, touch, sources), persons.ndjson (who they are, for letters), objects.ndjson (what was touched, and what of it could be read), grey.csv and review.ndjson (pairs that somebody has
 * to look at: which, and what both say). It is a view: it can be deleted and made again from the case's entries. */
#include "scope_cmd.h"

#include "scope_result.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define POPULATION_MOST ((size_t)16 << 30)

struct running {
	struct site s;
	struct scope_case *c;
	const char *by;
	int zone_minutes;
	unsigned threads;
	bool json, ocr, day_first;
	const char *ocr_lang, *identity, *site;
	struct cli_list shares;
	char work[4096];   /* where content of the vault is taken out; "": nowhere */
	struct evidence_fold *fold;
	struct find_population *population;
	struct buf people[256]; /* the population's lists: the population looks into them until it is sealed, so they stay where they are */
	size_t people_n;
	struct buf sources; /* what each evidence was, as JSON */
	struct jsonw w;
	uint64_t *input;
	size_t inputs;
	int lock;
	int say;           /* to the process that enters estimates */
	pid_t sayer;
	int64_t begun, next_say, wait;
};

/* ---- inputs ---- */

typedef int bytes_fn(void *arg, struct slice bytes, struct err *e);

struct hashing {
	struct seal_sha256 *h;
	uint64_t size;
};

static int proven(struct hashing *g, const struct scope_input *in, struct err *e)
{
	uint8_t hash[SEAL_HASH];
	char hex[2 * SEAL_HASH + 1], place[192];
	seal_sha256_end(g->h, hash);
	case_hex(hash, hex);
	snprintf(place, sizeof place, "%.*s", (int)(in->file.n < 180 ? in->file.n : 180), (const char *)in->file.p);
	if (g->size == in->size && slice_eq_str(in->sha256, hex))
		return 0;
	return err_set(e, in->reference ? ERR_INPUT : ERR_CORRUPT, place, in->reference ? "is not the file that was brought: its hash is another; bring it again" : "the bytes in the ledger are not those that were brought");
}

static int from_file(const struct scope_input *in, struct hashing *g, bytes_fn *fn, void *arg, struct err *e)
{
	char path[SCOPE_TEXT_MAX + 1];
	uint8_t *block = malloc((size_t)1 << 20);
	snprintf(path, sizeof path, "%.*s", (int)in->file.n, (const char *)in->file.p);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r = !block ? err_set(e, ERR_MEMORY, NULL, "no memory") : fd < 0 ? err_sys(e, path, "cannot be opened; only its hash is in the ledger") : 0;
	ssize_t n = 0;
	while (r == 0 && (n = read(fd, block, (size_t)1 << 20)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			r = err_sys(e, path, "cannot be read");
			break;
		}
		seal_sha256_add(g->h, slice_of(block, (size_t)n));
		g->size += (uint64_t)n;
		r = fn(arg, slice_of(block, (size_t)n), e);
	}
	free(block);
	return r;
}

static int each_byte(struct ledger *l, const struct scope_input *in, bytes_fn *fn, void *arg, struct err *e)
{
	struct hashing g = {.h = seal_sha256_new()};
	int r = 0;
	if (!g.h)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	seal_sha256_begin(g.h);
	if (in->reference)
		r = from_file(in, &g, fn, arg, e);
	for (uint32_t i = 0; r == 0 && i < in->parts; i++) {
		struct ledger_entry en;
		r = ledger_read(l, in->part[i], &en, e);
		if (r < 0)
			break;
		seal_sha256_add(g.h, en.body);
		g.size += en.body.n;
		r = fn(arg, en.body, e);
	}
	if (r == 0)
		r = proven(&g, in, e);
	seal_sha256_free(g.h);
	return r;
}

static int feed_evidence(void *arg, struct slice bytes, struct err *e)
{
	return evidence_feed(arg, bytes, e);
}

static void account(struct running *u, const struct scope_input *in, const struct evidence_account *a)
{
	struct jsonw *w = &u->w;
	jsonw_obj(w);
	jsonw_kslice(w, "file", in->file);
	jsonw_ku64(w, "entry", in->entry);
	jsonw_kstr(w, "kind", evidence_kind_word(a->kind));
	jsonw_kstr(w, "clock", a->clock ? a->clock : "none");
	jsonw_kbool(w, "zone_assumed", a->zone_assumed);
	jsonw_kbool(w, "year_assumed", a->year_assumed);
	jsonw_ku64(w, "records", a->records);
	jsonw_ku64(w, "touches", a->touches);
	jsonw_ku64(w, "damaged", a->damaged);
	jsonw_ku64(w, "failed", a->failed);
	jsonw_obj_end(w);
	if (a->damaged)
		cli_note("%.*s: %" PRIu64 " records could not be understood, the first is number %" PRIu64, SLICE_FMT(in->file), a->damaged, a->first_damaged);
}

static int read_evidence(struct running *u, struct ledger *l, const struct scope_input *in, struct err *e)
{
	char name[SCOPE_TEXT_MAX + 1];
	uint32_t number;
	struct evidence_account a;
	snprintf(name, sizeof name, "%.*s", (int)in->file.n, (const char *)in->file.p);
	const struct evidence_source src = {.name = name, .zone_minutes = u->zone_minutes, .near = u->c->to};
	const struct evidence_out out = {evidence_fold_touch, evidence_fold_flow, u->fold, evidence_fold_loose};
	int r = evidence_fold_source(u->fold, name, &number, e);
	struct evidence *v = r == 0 ? evidence_new(&src, &out) : NULL;
	if (r == 0 && !v)
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = each_byte(l, in, feed_evidence, v, e);
	if (r == 0)
		r = evidence_end(v, &a, e);
	evidence_free(v);
	if (r == 0) {
		evidence_fold_kind(u->fold, a.dialect ? a.dialect : evidence_kind_word(a.kind));
		account(u, in, &a);
	}
	if (r < 0 && e->code == 0)
		err_set(e, r, name, "cannot be read as evidence");
	if (r < 0)
		err_in(e, name);
	return r;
}

static int feed_people(void *arg, struct slice bytes, struct err *e)
{
	struct buf *b = arg;
	buf_add_slice(b, bytes);
	return buf_ok(b) ? 0 : err_set(e, buf_code(b), NULL, "the lists of persons are larger than fits in memory");
}

static int read_people(struct running *u, struct ledger *l, const struct scope_input *in, struct err *e)
{
	uint64_t rows;
	if (u->people_n == ARRAY_LEN(u->people))
		return err_set(e, ERR_LIMIT, NULL, "more than %zu lists of persons", ARRAY_LEN(u->people));
	if (!u->population && !(u->population = find_population_new(result_this_year(), u->day_first)))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	struct buf *b = &u->people[u->people_n++];
	buf_init(b, POPULATION_MOST);
	int r = each_byte(l, in, feed_people, b, e);
	return r < 0 ? r : find_population_csv(u->population, buf_slice(b), u->threads, &rows, e);
}

static int read_inputs(struct running *u, struct err *e)
{
	struct site_keys keys = {0};
	struct ledger *l = NULL;
	int r = cli_ledger(&u->s, true, &keys, &l, e);
	for (size_t i = 0; r == 0 && i < u->c->input_n; i++) {
		const struct scope_input *in = &u->c->input[i];
		u->input[u->inputs++] = in->entry;
		r = in->what == SCOPE_EVIDENCE ? read_evidence(u, l, in, e) : in->what == SCOPE_PERSONS ? read_people(u, l, in, e) : 0;
	}
	ledger_free(l);
	site_keys_wipe(&keys);
	if (r == 0)
		r = evidence_fold_finish(u->fold, e);
	if (r == 0 && u->population)
		r = find_population_seal(u->population, u->threads, e);
	return r;
}

/* ---- estimates, while it goes on ---- */

/* A process of its own, since a run may take an hour and must not keep the ledger from others meanwhile: it opens the ledger for each entry, and closes it. */
static void sayer(struct running *u, int from)
{
	FILE *f = fdopen(from, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	signal(SIGINT, SIG_IGN);
	while (f && (n = getline(&line, &room, f)) > 0) {
		struct scope_act a = {.what = SCOPE_ESTIMATE, .name = u->c->name, .json = slice_trim(slice_of(line, (size_t)n))};
		struct control *k = NULL;
		struct err e = {0};
		int r = control_open_bare(&u->s, &k, &e);
		if (r == 0)
			r = case_enter(k, &a, u->by, NULL, &e);
		control_close(k);
		if (r < 0)
			cli_fail(&e);
	}
	_exit(0);
}

static int start_sayer(struct running *u, struct err *e)
{
	int p[2];
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, NULL, "no pipe");
	u->sayer = fork();
	if (u->sayer < 0) {
		close(p[0]);
		close(p[1]);
		return err_sys(e, NULL, "no process for the estimates");
	}
	if (u->sayer == 0) {
		close(p[1]);
		sayer(u, p[0]);
	}
	close(p[0]);
	u->say = p[1];
	return 0;
}

static void end_sayer(struct running *u)
{
	if (u->say >= 0)
		close(u->say);
	u->say = -1;
	while (u->sayer > 0 && waitpid(u->sayer, NULL, 0) < 0 && errno == EINTR)
		;
	u->sayer = 0;
}

static void progress(void *arg, const struct scope_count *c, const struct scope_estimate *s)
{
	struct running *u = arg;
	int64_t now = time_monotonic();
	if (cli_progress_wanted()) {
		fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " files read, %" PRIu64 " persons met; in all %" PRIu64 " to ", c->files_read, c->files_all, c->met, s->low);
		fprintf(stderr, s->high_known ? "%" PRIu64 "        " : "?        ", s->high);
		if (c->files_read == c->files_all)
			fprintf(stderr, "\n");
	}
	if (now < u->next_say || u->say < 0)
		return;
	u->next_say = now + u->wait;
	u->wait = u->wait < INT64_C(300) * 1000000000 ? u->wait + u->wait / 2 : u->wait;
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct err quiet = {0};
	buf_init(&b, 1 << 12);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_ku64(&w, "files_read", c->files_read);
	jsonw_ku64(&w, "files", c->files_all);
	jsonw_ku64(&w, "met", c->met);
	jsonw_ku64(&w, "low", s->low);
	jsonw_ku64(&w, "point", s->point);
	if (s->high_known)
		jsonw_ku64(&w, "high", s->high);
	jsonw_obj_end(&w);
	buf_u8(&b, '\n');
	if (file_write_all(u->say, buf_slice(&b), &quiet, "estimates") < 0) {
		close(u->say); /* it is gone: the run goes on, and says at its end what it found */
		u->say = -1;
	}
}

/* ---- the run ---- */

struct roots {
	struct survey_root *v;
	size_t n;
};

static int add_root(struct running *u, struct roots *r, struct slice to, struct slice from, struct err *e)
{
	struct survey_root *v = &r->v[r->n];
	*v = (struct survey_root){arena_strdup(u->c->a, from), arena_strdup(u->c->a, to)};
	if (!v->from || !v->to)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	r->n++;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)at;
	(void)!remove(path);
	(void)type;
	return 0; /* what cannot be removed stays */
}

static void remove_all(const char *path)
{
	(void)!nftw(path, remove_one, 64, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* One run of a case at a time. What a killed one left of the vault's contents is taken away. */
static int alone(struct running *u, struct err *e)
{
	char rel[200], lock[240], dir[4300];
	snprintf(rel, sizeof rel, "scope/%.*s", SLICE_FMT(u->c->name));
	snprintf(lock, sizeof lock, "%s/.lock", rel);
	int r = file_mkdir(u->s.fd, "scope", 0700, e);
	if (r == 0)
		r = file_mkdir(u->s.fd, rel, 0700, e);
	if (r < 0)
		return r;
	u->lock = openat(u->s.fd, lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (u->lock < 0)
		return err_sys(e, lock, "cannot be opened");
	r = file_lock(u->lock, false, e);
	if (r == ERR_BUSY)
		return err_set(e, ERR_BUSY, NULL, "this case is being run already");
	snprintf(dir, sizeof dir, "%.*s/%s", 3800, u->s.path, rel);
	DIR *d = r == 0 ? opendir(dir) : NULL;
	for (struct dirent *en; d && (en = readdir(d));)
		if (!strncmp(en->d_name, ".content.", 9)) {
			char old[4600];
			snprintf(old, sizeof old, "%s/%s", dir, en->d_name);
			remove_all(old);
		}
	if (d)
		closedir(d);
	return r;
}

static int work_folder(struct running *u, struct err *e)
{
	char rel[200];
	if (u->work[0])
		return 0;
	snprintf(rel, sizeof rel, "scope/%.*s", SLICE_FMT(u->c->name));
	snprintf(u->work, sizeof u->work, "%.*s/%s/.content.XXXXXX", 3800, u->s.path, rel);
	if (!mkdtemp(u->work)) {
		u->work[0] = 0;
		return err_sys(e, rel, "no folder for what comes out of the vault");
	}
	return 0;
}

static int add_vault(struct running *u, struct roots *r, struct slice source, struct err *e)
{
	struct case_taken t;
	int code = work_folder(u, e);
	if (code == 0)
		code = case_take(u->site, u->c, source, u->fold, u->identity, &u->shares, u->work, &t, e);
	for (unsigned i = 0; code == 0 && i < t.n; i++)
		code = add_root(u, r, slice_str(t.dir[i]), SLICE_NULL, e);
	return code;
}

static int find_content(struct running *u, struct roots *ret, struct err *e)
{
	int r = 0;
	ret->v = calloc(2 * u->c->input_n + 1, sizeof *ret->v);
	if (!ret->v)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; r == 0 && i < u->c->input_n; i++) {
		const struct scope_input *in = &u->c->input[i];
		if (in->what == SCOPE_CONTENT)
			r = slice_starts(in->file, CASE_VAULT) ? add_vault(u, ret, slice_of(in->file.p + strlen(CASE_VAULT), in->file.n - strlen(CASE_VAULT)), e) : add_root(u, ret, in->file, in->root, e);
	}
	return r;
}

static int survey_it(struct running *u, const struct roots *roots, struct survey **ret, struct err *e)
{
	struct extract_limits limits;
	const struct survey_job job = {.touched = u->fold, .population = u->population, .decided = u->c, .root = roots->v, .root_n = roots->n, .limits = &limits, .threads = u->threads, .this_year = result_this_year(), .day_first = u->day_first, .progress = progress, .arg = u};
	scope_limits(&limits);
	limits.ocr = u->ocr;
	limits.ocr_lang = u->ocr_lang;
	limits.day_first = u->day_first;
	u->begun = time_monotonic();
	u->wait = INT64_C(10000000000);
	u->next_say = u->begun + u->wait;
	return survey_run(&job, ret, e);
}

static void say_totals(const struct survey *f)
{
	struct survey_totals t;
	survey_totals(f, &t);
	printf("touched    %8" PRIu64 " objects: %" PRIu64 " acquired, %" PRIu64 " accessed, %" PRIu64 " only opened, %" PRIu64 " only listed\n", t.objects, t.acquired, t.accessed, t.opened, t.listed);
	printf("read       %8" PRIu64 " files, %" PRIu64 " of them in part, %" PRIu64 " the same as another; %" PRIu64 " bytes of text\n", t.read + t.in_part, t.in_part, t.same, t.bytes);
	if (t.not_found + t.unreadable)
		printf("NOT READ   %8" PRIu64 " files: %" PRIu64 " are not where the content is, %" PRIu64 " cannot be read (objects.ndjson)\n", t.not_found + t.unreadable, t.not_found, t.unreadable);
	if (t.not_files)
		printf("NO FILES   %8" PRIu64 " records and addresses; of %" PRIu64 " it is not known whose they are (%" PRIu64 " different patients at least, objects.ndjson)\n", t.not_files, t.unresolved, t.unresolved_ids);
	printf("found      %8" PRIu64 " elements; %" PRIu64 " of nobody who could be told\n", t.hits, t.unattributed);
	printf("persons    %8" PRIu64 ": %" PRIu64 " known, %" PRIu64 " strangers; between %" PRIu64 " and %" PRIu64 ", likely %" PRIu64 "\n", t.known + t.strangers, t.known, t.strangers, t.low, t.high, t.point);
	if (survey_beside_n(f))
		printf("named      %8zu times next of kin, guarantors or subscribers, and nothing else of them: they are not counted (beside.csv)\n", survey_beside_n(f));
	if (survey_grey_n(f))
		printf("TO REVIEW  %8zu pairs of strangers that may be one person (grey.csv)\n", survey_grey_n(f));
}

/* Duties hang on where people live. */
static void say_residence(const struct result_files *files)
{
	if (files->nowhere || files->by_zip)
		printf("RESIDENCE  %8" PRIu64 " persons: in which state they live is not known; of %" PRIu64 " others only the ZIP Code says it\n", files->nowhere, files->by_zip);
}

static int enter_run(struct running *u, struct survey *f, const struct result_files *files, uint64_t *ret_entry, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct control *k = NULL;
	buf_init(&b, (size_t)4 << 20);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "program", HOLDFAST_VERSION);
	jsonw_ku64(&w, "seconds", (uint64_t)((time_monotonic() - u->begun) / 1000000000));
	jsonw_key(&w, "inputs");
	jsonw_arr(&w);
	for (size_t i = 0; i < u->inputs; i++)
		jsonw_u64(&w, u->input[i]);
	jsonw_arr_end(&w);
	jsonw_key(&w, "evidence");
	jsonw_raw(&w, buf_slice(&u->sources));
	result_totals_json(&w, f);
	result_files_json(&w, files);
	jsonw_obj_end(&w);
	struct scope_act a = {.what = SCOPE_RUN, .name = u->c->name, .json = buf_slice(&b)};
	int r = buf_ok(&b) ? control_open_bare(&u->s, &k, e) : err_set(e, buf_code(&b), NULL, "the run's entry is too long");
	if (r == 0)
		r = case_enter(k, &a, u->by, ret_entry, e);
	control_close(k);
	if (r == 0 && u->json)
		printf("%s\n", buf_cstr(&b));
	return r;
}

static int run(struct running *u, struct err *e)
{
	struct survey *f = NULL;
	struct result_files files = {0};
	struct slice list[ARRAY_LEN(u->people)];
	uint64_t entry;
	const struct evidence_fold_options o = {.from = u->c->from, .to = u->c->to};
	u->fold = evidence_fold_new(&o);
	u->input = calloc(u->c->input_n ? u->c->input_n : 1, sizeof *u->input);
	if (!u->fold || !u->input)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	struct roots roots = {0};
	int r = alone(u, e);
	if (r == 0)
		r = start_sayer(u, e);
	if (r == 0)
		r = read_inputs(u, e);
	jsonw_arr_end(&u->w);
	if (r == 0)
		r = find_content(u, &roots, e);
	if (r == 0)
		r = survey_it(u, &roots, &f, e);
	free(roots.v);
	end_sayer(u);
	if (u->work[0])
		remove_all(u->work);
	if (r == 0) {
		for (size_t i = 0; i < u->people_n; i++)
			list[i] = buf_slice(&u->people[i]);
		const struct result_people people = {list, u->people_n};
		r = result_write(&u->s, u->c, f, u->fold, &people, &files, e);
	}
	if (r == 0)
		r = enter_run(u, f, &files, &entry, e);
	if (r == 0 && !u->json) {
		say_totals(f);
		say_residence(&files);
		printf("%.*s: entry %" PRIu64 "\n", SLICE_FMT(u->c->name), entry);
	}
	struct survey_totals t = {0};
	if (r == 0)
		survey_totals(f, &t);
	survey_free(f);
	result_files_done(&files);
	return r < 0 ? r : t.not_found + t.unreadable + t.in_part + t.unresolved ? 1 : 0;
}

int scope_case_run_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct running u;
	const char *site = NULL, *zone = NULL;
	uint64_t jobs = 0;
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"jobs", CLI_NUMBER, &jobs, "N", "read N files at a time (default: as many as there are processors)"},
		{"zone", CLI_STRING, &zone, "+HH:MM", "of stamps in the evidence that say none (default: the site's)"},
		{"identity", CLI_STRING, &u.identity, "FILE", "the recovery key, for content of the vault; - for standard input"},
		{"shares", CLI_LIST, &u.shares, "FILE", "enough recovery shares, instead of --identity"},
		{"ocr", CLI_FLAG, &u.ocr, NULL, "read pictures and scanned pages, too: about two seconds a page"},
		{"ocr-lang", CLI_STRING, &u.ocr_lang, "LANG", "the languages they are in, as tesseract names them (default: eng)"},
		{"day-first", CLI_FLAG, &u.day_first, NULL, "03/07/1964 is the third of July"},
		{"by", CLI_STRING, &u.by, "NAME", "who runs it, when it is not you"},
		{"json", CLI_FLAG, &u.json, NULL, "JSON on stdout"},
	};
	u = (struct running){.say = -1, .lock = -1};
	int r = cli_parse(argc, argv, "scope case run NAME --site DIR", "Evidence to objects, objects to text, text to persons and elements. The result lies in SITE/scope/NAME, its hash in the ledger. Exit status 1: something that was touched could not be read.", opts,
	                  ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 1)
		return cli_usage("scope case run: say which case");
	u.site = site;
	struct err e = {0};
	if (cli_site(site, &u.s, &e) < 0)
		return cli_fail(&e);
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	u.threads = jobs ? (unsigned)(jobs < 64 ? jobs : 64) : processors > 0 ? (unsigned)(processors < 64 ? processors : 64) : 1;
	u.zone_minutes = u.s.zone_minutes;
	buf_init(&u.sources, (size_t)1 << 20);
	jsonw_init(&u.w, &u.sources);
	jsonw_arr(&u.w);
	if (zone && evidence_zone(slice_str(zone), &u.zone_minutes) < 0)
		r = err_set(&e, ERR_USAGE, "--zone", "is no zone: like +01:00 or -05:00");
	if (r == 0)
		r = case_load(&u.s, args.v[0], &u.c, &e);
	if (r == 0)
		r = run(&u, &e);
	end_sayer(&u);
	evidence_fold_free(u.fold);
	find_population_free(u.population);
	scope_case_free(u.c);
	if (u.lock >= 0)
		close(u.lock);
	for (size_t i = 0; i < u.people_n; i++)
		buf_done(&u.people[i]);
	buf_done(&u.sources);
	free(u.input);
	site_close(&u.s);
	int out = cli_flush();
	return r < 0 ? cli_fail(&e) : out ? out : r;
}
