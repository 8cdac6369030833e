/* holdfast paper scan FILE...: what a scanner made of the sheets that came back. All files are read first, in a child that can reach nothing, before the site is opened; then each page is placed by what its code says: filed to its sheet, or kept until a person places it. */
#include "paper_cmd.h"
#include "scan.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>

#define FILES_MAX 1000
#define HELD_MAX ((size_t)1 << 30) /* of pages at once */

enum result { FILED, UNFILED, BLANK, UNREADABLE, KNOWN, RESULTS };
static const char *const results[] = {"filed", "unfiled", "blank", "unreadable", "known"};

struct got {
	const char *file;
	char id[WARD_SCAN_ID_MAX];
	unsigned page, pages;
	bool blank;
	struct slice error, jpeg, text[SCAN_CODES_MAX];
	size_t text_n;
	/* what became of it */
	enum result result;
	struct ward_scan_found found;
	uint64_t entry;
};
struct bringing {
	const struct paper_options *o;
	struct arena *a;
	struct got *v;
	size_t n, cap, file_first;
	uint8_t hash[SEAL_HASH];
	const char *file;
	struct site s;
	struct chart *c;
	struct chart_moment now;
	struct control *k;
	struct ward_register *g;
	struct ward_scans *scans;
	char block[PAPER_BLOCK_MAX], by[64], occurred[32];
	struct slice patient; /* our id */
};

/* ---- files ---- */

static struct got *room(struct bringing *x)
{
	if (x->n == x->cap) {
		size_t cap = x->cap ? 2 * x->cap : 64;
		struct got *v = reallocarray(x->v, cap, sizeof *v);
		if (!v)
			return NULL;
		x->v = v;
		x->cap = cap;
	}
	x->v[x->n] = (struct got){.file = x->file};
	return &x->v[x->n++];
}

static int on_page(void *arg, const struct scan_page *p, struct err *e)
{
	struct bringing *x = arg;
	struct got *g = room(x);
	if (!g)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the pages");
	g->page = p->page;
	g->pages = p->pages;
	g->blank = p->blank;
	g->error = arena_dup(x->a, p->error);
	g->jpeg = arena_dup(x->a, p->jpeg);
	for (size_t i = 0; i < p->code_n; i++)
		if (p->code[i].qr)
			g->text[g->text_n++] = arena_dup(x->a, p->code[i].text);
	for (size_t i = 0; i < p->code_n; i++) /* labels behind them: of a page that nobody can place they say more than nothing */
		if (!p->code[i].qr)
			g->text[g->text_n++] = arena_dup(x->a, p->code[i].text);
	ward_scan_id(x->hash, p->page, g->id);
	return arena_code(x->a) ? err_set(e, arena_code(x->a), NULL, "that are too many pages at once: bring the files one by one") : 0;
}

/* A file that cannot be read is said, and the others are read. */
static int read_files(struct bringing *x, struct err *e)
{
	for (size_t i = 1; i < x->o->args->n; i++) {
		AUTO_BUF struct buf b = {0};
		struct err why = {0};
		x->file = x->o->args->v[i];
		buf_init(&b, SCAN_FILE_MAX + 1);
		int r = file_read(AT_FDCWD, x->file, SCAN_FILE_MAX, &b, &why);
		if (r == 0) {
			seal_sha256_once(buf_slice(&b), x->hash);
			r = scan_apart(buf_slice(&b), on_page, x, &why);
		}
		if (r == ERR_MEMORY || r == ERR_SYSTEM || arena_code(x->a)) {
			*e = why;
			return r;
		}
		if (r < 0) {
			struct got *g = room(x);
			if (!g)
				return err_set(e, ERR_MEMORY, NULL, "no memory for the pages");
			g->error = arena_dup(x->a, slice_str(why.text));
		}
	}
	return 0;
}

/* ---- each page to its place ---- */

static bool same(void *arg, struct slice a, struct slice b)
{
	struct bringing *x = arg;
	AUTO_ARENA struct arena *m = arena_new((size_t)64 << 20);
	struct chart_patient *p, *q;
	struct err quiet = {0};
	return m && chart_patient(x->c, a, x->now, m, &p, NULL, &quiet) == 0 && chart_patient(x->c, b, x->now, m, &q, NULL, &quiet) == 0 && !strcmp(p->id, q->id);
}

static int open_site(struct bringing *x, struct err *e)
{
	uint8_t hash[SEAL_HASH];
	struct chart_patient *p;
	int r = cli_site(x->o->site, &x->s, e);
	if (r == 0 && x->o->patient) {
		r = cli_chart(&x->s, &x->c, &x->k, e);
		if (r == 0)
			r = chart_now(x->c, &x->now, e);
		if (r == 0)
			r = chart_patient(x->c, slice_str(x->o->patient), x->now, x->a, &p, NULL, e);
		if (r == 0)
			x->patient = slice_str(p->id);
	}
	if (r == 0 && !x->k)
		r = control_open(&x->s, true, &x->k, e); /* before the register: what it has written is read then */
	if (r == 0)
		r = paper_read(&x->s, &x->g, &x->scans, e);
	seal_sha256_once(slice_str(x->s.origin), hash);
	paper_block(hash, x->block);
	return r;
}

static int on_entry(void *arg, uint64_t tag, const struct control_appended *r, struct err *e)
{
	struct bringing *x = arg;
	(void)e;
	x->v[tag].entry = r->seq;
	return 0;
}

/* The folds go on with it as with an entry of the ledger: the next page may be of the same sheet. Its number is not known yet, and is not asked for. */
static int note(struct bringing *x, struct slice line, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
	struct capture c;
	int r = a ? capture_read(line, a, &c, e) : err_set(e, ERR_MEMORY, NULL, "no memory for the pages");
	if (r == 0)
		r = ward_register_scanned(x->g, UINT64_MAX, 0, &c, e);
	return r < 0 ? r : ward_scans_captured(x->scans, UINT64_MAX, 0, &c, e);
}

static int file_page(struct bringing *x, size_t i, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct got *g = &x->v[i];
	buf_init(&b, CAPTURE_SCAN_MAX);
	ward_scan_item(&(struct ward_scan_item){.id = g->id, .found = &g->found, .occurred = x->occurred, .by = slice_str(x->by), .reason = slice_str(x->o->reason)}, &b);
	buf_add_slice(&b, g->jpeg);
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), NULL, "no memory for the pages");
	const struct control_append in = {.kind = LEDGER_CAPTURE, .body = buf_slice(&b)};
	int r = control_append(x->k, &in, i, on_entry, x, e);
	return r < 0 ? r : note(x, buf_slice(&b), e);
}

static int keep_page(struct bringing *x, size_t i, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct got *g = &x->v[i];
	struct ward_scan s = {.what = SCAN_PAGE, .id = slice_str(g->id), .by = slice_str(x->by), .why = g->found.why, .patient = x->patient, .page = g->page, .pages = g->pages, .jpeg = g->jpeg};
	char number[PAPER_NUMBER_MAX];
	if (g->found.has_code) {
		paper_number_put(&g->found.code.number, number);
		s.sheet = slice_str(number);
	}
	for (size_t k = 0; k < g->text_n && k < ARRAY_LEN(s.text); k++)
		s.text[s.text_n++] = g->text[k];
	buf_init(&b, CAPTURE_SCAN_MAX);
	ward_scan_put(&s, &b);
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), NULL, "no memory for the pages");
	const struct control_append in = {.kind = LEDGER_SCAN, .body = buf_slice(&b)};
	int r = control_append(x->k, &in, i, on_entry, x, e);
	return r < 0 ? r : ward_scans_take(x->scans, UINT64_MAX, 0, &s, e);
}

static int place(struct bringing *x, size_t i, struct err *e)
{
	struct got *g = &x->v[i];
	const struct ward_unfiled *u;
	if (g->error.n || !g->jpeg.n) {
		g->result = UNREADABLE;
		return 0;
	}
	if (g->blank) {
		g->result = BLANK;
		return 0;
	}
	if (ward_scans_filed(x->scans, slice_str(g->id), &g->entry) || ward_unfiled_find(x->scans, slice_str(g->id))) {
		g->result = KNOWN;
		if ((u = ward_unfiled_find(x->scans, slice_str(g->id))) && !ward_scans_filed(x->scans, slice_str(g->id), NULL))
			g->entry = u->entry;
		return 0;
	}
	ward_scan_judge(&(struct ward_scan_ask){.block = x->block, .g = x->g, .scans = x->scans, .patient = x->patient, .same = same, .arg = x}, g->text, g->text_n, &g->found);
	g->result = g->found.why == SCAN_FITS ? FILED : UNFILED;
	return g->result == FILED ? file_page(x, i, e) : keep_page(x, i, e);
}

/* ---- what is said of it ---- */

static void put_page(struct jsonw *w, const struct got *g)
{
	char number[PAPER_NUMBER_MAX];
	jsonw_obj(w);
	jsonw_kstr(w, "file", g->file);
	if (g->page)
		jsonw_ku64(w, "page", g->page);
	jsonw_kstr(w, "result", results[g->result]);
	if (g->id[0] && g->result != BLANK && g->result != UNREADABLE)
		jsonw_kstr(w, "id", g->id);
	if (g->result == UNFILED)
		jsonw_kstr(w, "why", ward_scan_why(g->found.why));
	if (g->found.has_code) {
		paper_number_put(&g->found.code.number, number);
		jsonw_kstr(w, "sheet", number);
	}
	if (g->result == FILED) {
		jsonw_kslice(w, "of", g->found.sheet->kind);
		if (g->found.page)
			jsonw_ku64(w, "sheetPage", g->found.page);
		jsonw_kslice_opt(w, "patient", g->found.patient);
	}
	jsonw_kslice_opt(w, "error", g->error);
	if (g->result == FILED || g->result == UNFILED || (g->result == KNOWN && g->entry != UINT64_MAX))
		jsonw_ku64(w, "entry", g->entry);
	jsonw_obj_end(w);
}

static void print_page(const struct got *g)
{
	char number[PAPER_NUMBER_MAX];
	printf("%s", g->file);
	if (g->page)
		printf(" page %u", g->page);
	switch (g->result) {
	case FILED:
		paper_number_put(&g->found.code.number, number);
		printf(": filed to %s, %.*s, page %u of %u", number, SLICE_FMT(g->found.sheet->kind), g->found.page, g->found.sheet->pages);
		if (g->found.patient.n)
			printf(", %.*s", SLICE_FMT(g->found.patient));
		printf(", entry #%" PRIu64 "\n", g->entry);
		break;
	case UNFILED:
		printf(": NOT FILED: %s; kept as %s\n", ward_scan_why_says(g->found.why), g->id);
		break;
	case KNOWN:
		printf(": nothing done: this page of this very file was brought before (%s", g->id);
		if (g->entry != UINT64_MAX)
			printf(", entry #%" PRIu64, g->entry);
		printf(")\n");
		break;
	case BLANK:
		printf(": blank, not kept\n");
		break;
	default:
		printf(": COULD NOT BE READ: ");
		cli_slice(stdout, g->error);
		printf("\n");
	}
}

static int say(const struct bringing *x)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	size_t count[RESULTS] = {0};
	buf_init(&b, (size_t)64 << 20);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_key(&w, "pages");
	jsonw_arr(&w);
	for (size_t i = 0; i < x->n; i++) {
		count[x->v[i].result]++;
		put_page(&w, &x->v[i]);
		if (!x->o->json)
			print_page(&x->v[i]);
	}
	jsonw_arr_end(&w);
	for (size_t i = 0; i < RESULTS; i++)
		jsonw_ku64(&w, results[i], count[i]);
	jsonw_obj_end(&w);
	if (x->o->json)
		printf("%s\n", buf_cstr(&b));
	else
		printf("%zu pages: %zu filed, %zu NOT FILED, %zu not readable, %zu blank, %zu brought before\n", x->n, count[FILED], count[UNFILED], count[UNREADABLE], count[BLANK], count[KNOWN]);
	if (count[UNFILED] && !x->o->json)
		cli_note("`holdfast paper show PAGE -o PAGE.jpg` shows one that was not filed, `paper file PAGE --sheet NUMBER` files it, `paper drop PAGE --reason TEXT` takes it off the list");
	if (count[UNREADABLE])
		cli_note("what could not be read was not kept: scan it again");
	return count[UNFILED] || count[UNREADABLE] ? 1 : 0;
}

int paper_scan(const struct paper_options *o)
{
	static struct bringing x;
	struct err e = {0};
	int64_t at;
	x = (struct bringing){.o = o, .a = arena_new(HELD_MAX), .s = {.fd = -1}};
	if (o->args->n > FILES_MAX)
		return cli_usage("paper scan: at most %d files at once", FILES_MAX);
	if (o->occurred && time_parse(slice_str(o->occurred), 0, &at) < 0)
		return cli_usage("--occurred is a time, as 2026-11-22T14:05");
	int r = x.a ? read_files(&x, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory for the pages");
	snprintf(x.occurred, sizeof x.occurred, "%s", o->occurred ? o->occurred : time_rfc3339(time_now(), 0, (char[32]){0}));
	if (r == 0 && o->by)
		snprintf(x.by, sizeof x.by, "%s", o->by);
	else
		control_who(x.by);
	if (r == 0)
		r = open_site(&x, &e);
	for (size_t i = 0; i < x.n && r == 0; i++)
		r = place(&x, i, &e);
	if (r == 0)
		r = control_flush(x.k, &e); /* nothing is said to be filed before it is durable */
	int status = r == 0 ? say(&x) : cli_fail(&e);
	ward_scans_free(x.scans);
	ward_register_free(x.g);
	control_close(x.k);
	chart_close(x.c);
	if (x.s.fd >= 0)
		site_close(&x.s);
	free(x.v);
	arena_free(x.a);
	return status;
}
