/* holdfast ecg import: recordings into the ledger. One recording, one entry, with its files as they came (of a WFDB record, which its .hea names, all of them); the same recording again is no second entry. */
#include "ecg_cmd.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

struct importing {
	struct control *k;
	struct site s;
	const char *patient, *birth, *order, *urgency, *note;
	char id[32];               /* ours, once number and birth date were found to be one person's */
	struct slice number, assigner;
	struct imported {
		const char *path, *format;
		struct control_appended is;
		bool taken, stored;
	} *v;
	size_t n;
	struct arena *a;
};

static const char *me(void)
{
	const struct passwd *p = getpwuid(geteuid());
	return p ? p->pw_name : "user";
}

/* ---- whose ---- */

/* Two identifiers of one person, or what was typed stays a claim: the recording is stored all the same, and somebody says whose it is. */
static int find_patient(struct importing *im, struct err *e)
{
	struct chart *c = NULL;
	struct control *unused = NULL; /* the view has just been brought up */
	struct chart_moment now;
	struct chart_patient *p;
	if (!im->patient)
		return 0;
	struct slice rest;
	im->number = slice_cut(slice_str(im->patient), '@', &rest);
	im->assigner = rest;
	int r = control_catch_up(im->k, e);
	if (r == 0)
		r = cli_chart(&im->s, &c, &unused, e);
	if (r == 0)
		r = chart_now(c, &now, e);
	if (r < 0) {
		chart_close(c);
		return r;
	}
	struct err why = {0};
	int found = chart_patient(c, slice_str(im->patient), now, im->a, &p, NULL, &why);
	struct slice born = found == 0 && p->demographics ? fact_get(p->demographics->fact, FF_BIRTH) : SLICE_NULL;
	if (found < 0)
		cli_note("holdfast: %s: %s. It is stored, and waits until somebody says whose it is", im->patient, why.text);
	else if (born.n < 10 || memcmp(born.p, im->birth, 10))
		cli_note("holdfast: %s has another birth date here. It is stored, and waits until somebody says whose it is", im->patient);
	else
		snprintf(im->id, sizeof im->id, "%s", p->id);
	if (im->id[0] && slice_eq_str(im->number, im->id) && p->ident_count) { /* named by our id: the number is the chart's */
		im->number = p->idents[0].value;
		im->assigner = p->idents[0].assigner;
	}
	chart_close(c);
	control_close(unused);
	return 0;
}

/* ---- one recording ---- */

static int on_result(void *arg, uint64_t tag, const struct control_appended *r, struct err *e)
{
	struct importing *im = arg;
	(void)e;
	im->v[tag - 1].is = *r;
	im->v[tag - 1].stored = true;
	return 0;
}

static int put(struct importing *im, size_t i, const struct cli_ecg *f, struct err *e)
{
	struct ecg_body b = {.files = f->maps};
	AUTO_BUF struct buf body = {0};
	const struct ecg_sent sent = {.by = slice_str(me()), .via = SLICE("import"), .patient = slice_str(im->id), .order = slice_str(im->order), .urgency = slice_str(im->urgency), .note = slice_str(im->note),
	                              .claimed = {.id = im->number, .assigner = im->assigner, .birth = slice_str(im->birth)}};
	if (f->maps > ECG_BODY_FILES_MAX)
		return err_set(e, ERR_LIMIT, im->v[i].path, "the record has %zu files; an entry holds %d", f->maps, ECG_BODY_FILES_MAX);
	for (size_t k = 0; k < f->maps; k++) {
		const char *slash = strrchr(im->v[i].path, '/');
		b.name[k] = slice_str(k == 0 ? (slash ? slash + 1 : im->v[i].path) : f->map[k].name);
		b.file[k] = slice_of(f->map[k].p, f->map[k].n);
	}
	buf_init(&body, LEDGER_BODY_MAX);
	int r = ecg_body_put(&sent, &b, &body, e);
	if (r < 0) {
		err_in(e, im->v[i].path);
		return r;
	}
	struct control_append a = {.kind = LEDGER_ECG, .body = buf_slice(&body), .dedupe = true};
	im->v[i].format = ecg_format_name(f->g->format);
	im->v[i].taken = true;
	return control_append(im->k, &a, i + 1, on_result, im, e);
}

static int import_one(struct importing *im, size_t i, struct err *e)
{
	struct cli_ecg f;
	int r = cli_ecg_open(im->v[i].path, &f, e);
	if (r < 0)
		return r;
	r = put(im, i, &f, e);
	cli_ecg_close(&f);
	return r;
}

/* ---- what became of them ---- */

static void tell(struct importing *im, struct chart *c, const struct imported *x, bool json)
{
	struct chart_ecg *g = NULL;
	struct err quiet = {0};
	bool known = c && chart_ecg(c, x->is.seq, im->a, &g, &quiet) == 0;
	if (!json) {
		printf("%s: entry %" PRIu64 " (%s)%s%s%s\n", x->path, x->is.seq, x->format, x->is.duplicate ? ", there already" : "", !known ? "" : g->patient ? ", of " : ", unmatched: somebody has to say whose it is",
		       known && g->patient ? g->patient->id : "");
		return;
	}
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 20);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "file", x->path);
	jsonw_ku64(&w, "entry", x->is.seq);
	jsonw_kbool(&w, "duplicate", x->is.duplicate);
	jsonw_kstr(&w, "format", x->format);
	if (known) {
		jsonw_kstr(&w, "match", g->patient ? "matched" : "unmatched");
		if (g->patient)
			jsonw_kstr(&w, "patient", g->patient->id);
	}
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&b));
}

static void tell_all(struct importing *im, bool json)
{
	struct chart *c = NULL;
	struct control *unused = NULL;
	struct err quiet = {0};
	if (cli_chart(&im->s, &c, &unused, &quiet) < 0)
		c = NULL;
	for (size_t i = 0; i < im->n; i++)
		if (im->v[i].stored)
			tell(im, c, &im->v[i], json);
	chart_close(c);
	control_close(unused);
}

static int import_all(struct importing *im)
{
	struct err e = {0};
	int status = 0;
	for (size_t i = 0; i < im->n && status < 3; i++)
		if (import_one(im, i, &e) < 0) { /* one bad file does not keep the others out */
			int bad = cli_fail(&e);
			status = bad > status ? bad : status;
			e = (struct err){0};
		}
	if (control_flush(im->k, &e) < 0)
		status = cli_fail(&e);
	return status;
}

static bool urgency_known(const char *s)
{
	return !s || !strcmp(s, "stat") || !strcmp(s, "urgent") || !strcmp(s, "routine");
}

int ecg_import_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct importing im = {.n = 0};
	const char *site = NULL;
	bool json = false, done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"patient", CLI_STRING, &im.patient, "MRN[@ASSIGNER]", "whose they are; with --birth, for one identifier is not enough"},
		{"birth", CLI_STRING, &im.birth, "YYYY-MM-DD", "the patient's date of birth"},
		{"order", CLI_STRING, &im.order, "N", "number of the order they were recorded for"},
		{"urgency", CLI_STRING, &im.urgency, "WORD", "stat, urgent or routine"},
		{"note", CLI_STRING, &im.note, "TEXT", "what is to be said with them"},
		{"json", CLI_FLAG, &json, NULL, "a JSON object a recording"},
	};
	int r = cli_parse(argc, argv, "ecg import --site DIR [--patient MRN --birth DATE] [--order N] [--urgency U] [--note T] FILE...",
	                  "Stores recordings with their files as they are; a WFDB record is named by its .hea. The same recording again is no second entry. Without two identifiers that agree with a chart, in the file or typed, a\n"
	                  "recording is stored as unmatched, and is in nobody's chart until somebody says whose it is. Works with and without a running daemon.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	int64_t day;
	if (!args.n)
		return cli_usage("ecg import: name at least one file");
	if (!im.patient != !im.birth)
		return cli_usage("ecg import: --patient and --birth belong together: two identifiers say whose a recording is, one does not");
	if (im.birth && (strlen(im.birth) != 10 || time_parse(slice_str(im.birth), 0, &day) < 0))
		return cli_usage("ecg import: --birth is a date such as 1957-03-12");
	if (!urgency_known(im.urgency))
		return cli_usage("ecg import: --urgency is stat, urgent or routine");
	struct err e = {0};
	if (cli_site(site, &im.s, &e) < 0)
		return cli_fail(&e);
	im.a = arena_new((size_t)1 << 30);
	im.v = calloc(args.n, sizeof *im.v);
	im.n = args.n;
	for (size_t i = 0; im.v && i < args.n; i++)
		im.v[i].path = args.v[i];
	r = im.a && im.v ? control_open(&im.s, true, &im.k, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = find_patient(&im, &e);
	int status = r < 0 ? cli_fail(&e) : import_all(&im);
	if (r == 0)
		tell_all(&im, json);
	fflush(stdout);
	control_close(im.k);
	free(im.v);
	arena_free(im.a);
	site_close(&im.s);
	return status;
}
