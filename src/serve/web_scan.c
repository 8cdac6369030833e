/* Paper that comes back, over the page: a file is decoded page by page by the role that has nothing (ecg_role.c), each page is placed by what its code says (ward.h), and is an entry before it is said to be filed. What cannot be placed is listed, looked at, and
 * filed or dropped by a person. Which sheets were printed the keeper says, of the entries that the codes name and no others. */
#include "web_internal.h"
#include "downtime.h"
#include "scan.h"
#include "ward.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LISTED_MAX 20000           /* entries of kind scan that are looked at */
#define HELD_MAX ((size_t)256 << 20) /* of pages at once */

enum result { FILED, UNFILED, BLANK, UNREADABLE, KNOWN, RESULTS };
static const char *const results[] = {"filed", "unfiled", "blank", "unreadable", "known"};

struct got {
	struct scan_page p;
	char id[WARD_SCAN_ID_MAX];
	struct slice text[SCAN_CODES_MAX];
	enum result result;
	struct ward_scan_found found;
	uint64_t entry;
};
struct scanning {
	struct web_request *q;
	struct arena *a;
	struct ward_register *g;
	struct ward_scans *scans;
	struct got *v;
	size_t n;
	char block[PAPER_BLOCK_MAX], occurred[40];
	struct chart_moment now;
	struct slice patient;
};

static void done(struct scanning *x)
{
	ward_scans_free(x->scans);
	ward_register_free(x->g);
	arena_free(x->a);
}

/* ---- what is known ---- */

static int take_captures(struct scanning *x, struct err *e)
{
	struct chart_captures_ask ask = {.owner = -1, .state = -1, .kind = -1, .max = 1000};
	uint64_t next = 0;
	int r = 0;
	while (r == 0 && next != CHART_NOW) {
		AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
		struct chart_capture *c;
		ask.from = next;
		r = a ? chart_captures(web_chart(x->q), &ask, a, &c, &next, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
		for (; r == 0 && c; c = c->next)
			if (!(c->flags & CHART_CAPTURE_UNREADABLE))
				r = ward_scans_captured(x->scans, c->entry, c->received, &c->c, e);
	}
	return r;
}

static int by_seq(const void *pa, const void *pb)
{
	const struct web_said *a = pa, *b = pb;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

/* false: answered. */
static bool begin(struct web_request *q, struct scanning *x)
{
	struct web_said *v;
	struct err e = {0};
	uint8_t hash[SEAL_HASH];
	size_t n;
	*x = (struct scanning){.q = q, .a = arena_new(HELD_MAX)};
	struct chart *c = web_chart(q);
	if (!c)
		return false;
	if (web_said_find(q, LEDGER_SCAN, NULL, CHART_NOW, INT64_MIN, INT64_MAX, NULL, LISTED_MAX, &v, &n) < 0)
		return false;
	int r = x->a ? ward_scans_new(&x->scans, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = ward_register_new(&x->g, &e);
	if (r == 0)
		r = chart_now(c, &x->now, &e);
	if (r == 0)
		r = take_captures(x, &e);
	qsort(v, n, sizeof *v, by_seq);
	for (size_t i = 0; i < n && r == 0; i++) {
		struct ward_scan s;
		if (ward_scan_read(v[i].body, true, q->a, &s, NULL) == 0)
			r = ward_scans_take(x->scans, v[i].seq, v[i].time, &s, &e);
	}
	seal_sha256_once(slice_str(q->web->role->origin), hash);
	paper_block(hash, x->block);
	if (r < 0)
		web_fail(q, &e);
	return r == 0;
}

static int take_printed(void *arg, uint64_t seq, int64_t time, uint8_t kind, struct slice body, struct err *e)
{
	struct scanning *x = arg;
	return kind == LEDGER_SHEET ? ward_register_take(x->g, seq, time, body, e) : 0;
}

static int by_number(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;
	return *a < *b ? -1 : *a > *b;
}

/* The entries that registered the sheets that these codes name, in their order. */
static int learn(struct scanning *x, uint64_t *seq, size_t n, struct err *e)
{
	size_t k = 0;
	int r = 0;
	qsort(seq, n, sizeof *seq, by_number);
	for (size_t i = 0; i < n; i++)
		if (!i || seq[i] != seq[i - 1])
			seq[k++] = seq[i];
	for (size_t i = 0; i < k && r == 0; i++)
		r = keeper_said(x->q->w->keeper, &x->q->who, seq + i, 1, take_printed, x, e);
	return r;
}

static bool same(void *arg, struct slice a, struct slice b)
{
	struct scanning *x = arg;
	AUTO_ARENA struct arena *m = arena_new((size_t)64 << 20);
	struct chart_patient *p, *q;
	struct err quiet = {0};
	return m && chart_patient(web_chart(x->q), a, x->now, m, &p, NULL, &quiet) == 0 && chart_patient(web_chart(x->q), b, x->now, m, &q, NULL, &quiet) == 0 && !strcmp(p->id, q->id);
}

/* false: answered. */
static bool whose(struct scanning *x, const char *said)
{
	struct chart_patient *p;
	if (!said || !*said)
		return true;
	if (web_patient_find(x->q, said, x->now, &p) < 0)
		return false;
	x->patient = slice_str(p->id);
	return true;
}

static bool when(struct scanning *x, const char *said)
{
	int64_t t;
	if (said && *said && (strlen(said) >= sizeof x->occurred || time_parse(slice_str(said), 0, &t) < 0)) {
		web_error(x->q, 400, "input", "occurred is a time, as 2026-11-22T14:05.");
		return false;
	}
	snprintf(x->occurred, sizeof x->occurred, "%s", said && *said ? said : time_rfc3339(time_now(), 0, (char[32]){0}));
	return true;
}

/* ---- a file ---- */

static int read_page(struct scanning *x, unsigned page, struct got *g, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	char options[40];
	buf_init(&b, SCAN_KEPT_MAX + ((size_t)64 << 10));
	snprintf(options, sizeof options, "{\"page\":%u}", page);
	int r = web_ecg_ask(x->q, ECG_ASK_SCAN, slice_str(options), buf_slice(&x->q->body), SLICE_NULL, &b, e);
	struct slice own = r == 0 ? arena_dup(x->a, buf_slice(&b)) : SLICE_NULL;
	if (r == 0 && !own.p)
		r = err_set(e, ERR_LIMIT, NULL, "these are too many pages for one file: cut it");
	return r < 0 ? r : scan_answer_get(own, x->a, &g->p, e);
}

/* One that the role died on is a page that cannot be read; the first one says what file this is. */
static int read_pages(struct scanning *x, const uint8_t hash[SEAL_HASH], struct err *e)
{
	unsigned pages = 1;
	for (unsigned page = 1; page <= pages; page++) {
		struct got g = {.result = UNREADABLE};
		int r = read_page(x, page, &g, e);
		if (r < 0 && (page == 1 || r == ERR_LIMIT || r == ERR_MEMORY))
			return r;
		if (r < 0)
			g.p = (struct scan_page){.page = page, .pages = pages, .error = SLICE("the program that decodes it ended on this page")};
		if (page == 1) {
			pages = g.p.pages;
			if (!(x->v = arena_array(x->a, pages, sizeof *x->v)))
				return err_set(e, ERR_MEMORY, NULL, "no memory");
		}
		ward_scan_id(hash, page, g.id);
		for (size_t i = 0, k = 0; i < 2 * g.p.code_n; i++) /* codes of sheets before those of labels */
			if (g.p.code[i % g.p.code_n].qr == (i < g.p.code_n))
				g.text[k++] = g.p.code[i % g.p.code_n].text;
		x->v[x->n++] = g;
	}
	return 0;
}

static int learn_all(struct scanning *x, struct err *e)
{
	uint64_t *seq = arena_array(x->a, x->n * SCAN_CODES_MAX + 1, sizeof *seq);
	size_t n = 0;
	if (!seq)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; i < x->n; i++)
		for (size_t k = 0; k < x->v[i].p.code_n; k++) {
			struct paper_code c;
			if (paper_code_get(x->v[i].text[k], &c, NULL) == 0)
				seq[n++] = c.number.entry;
		}
	return learn(x, seq, n, e);
}

/* Durable when it returns. The fold goes on with it: the next page may be of the same sheet. */
static int file_page(struct scanning *x, const char *id, const struct ward_scan_found *f, struct slice jpeg, struct slice reason, uint64_t *ret_entry, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct keeper_stored s;
	struct capture c;
	buf_init(&b, CAPTURE_SCAN_MAX);
	ward_scan_item(&(struct ward_scan_item){.id = id, .found = f, .occurred = x->occurred, .by = slice_str(x->q->session.user), .reason = reason}, &b);
	buf_add_slice(&b, jpeg);
	int r = buf_ok(&b) ? keeper_capture(x->q->w->keeper, &x->q->who, buf_slice(&b), true, &s, e) : err_set(e, buf_code(&b), NULL, "no memory");
	if (r < 0)
		return r;
	*ret_entry = s.seq;
	r = capture_read(buf_slice(&b), x->q->a, &c, e);
	return r < 0 ? r : ward_scans_captured(x->scans, s.seq, s.time, &c, e);
}

static int keep_page(struct scanning *x, struct got *g, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct keeper_stored stored;
	char number[PAPER_NUMBER_MAX];
	struct ward_scan s = {.what = SCAN_PAGE, .id = slice_str(g->id), .by = slice_str(x->q->session.user), .why = g->found.why, .patient = x->patient, .page = g->p.page, .pages = g->p.pages, .jpeg = g->p.jpeg};
	if (g->found.has_code) {
		paper_number_put(&g->found.code.number, number);
		s.sheet = slice_str(number);
	}
	for (size_t k = 0; k < g->p.code_n && k < ARRAY_LEN(s.text); k++)
		s.text[s.text_n++] = g->text[k];
	buf_init(&b, CAPTURE_SCAN_MAX);
	ward_scan_put(&s, &b);
	int r = buf_ok(&b) ? keeper_scan(x->q->w->keeper, &x->q->who, buf_slice(&b), true, &stored, e) : err_set(e, buf_code(&b), NULL, "no memory");
	if (r < 0)
		return r;
	g->entry = stored.seq;
	return ward_scans_take(x->scans, stored.seq, stored.time, &s, e);
}

static int place(struct scanning *x, struct got *g, struct err *e)
{
	const struct ward_unfiled *u = ward_unfiled_find(x->scans, slice_str(g->id));
	g->result = g->p.error.n || !g->p.jpeg.n ? UNREADABLE : g->p.blank ? BLANK : KNOWN;
	if (g->result != KNOWN)
		return 0;
	if (ward_scans_filed(x->scans, slice_str(g->id), &g->entry))
		return 0;
	if (u) {
		g->entry = u->entry;
		return 0;
	}
	ward_scan_judge(&(struct ward_scan_ask){.block = x->block, .g = x->g, .scans = x->scans, .patient = x->patient, .same = same, .arg = x}, g->text, g->p.code_n, &g->found);
	g->result = g->found.why == SCAN_FITS ? FILED : UNFILED;
	return g->result == FILED ? file_page(x, g->id, &g->found, g->p.jpeg, SLICE_NULL, &g->entry, e) : keep_page(x, g, e);
}

static void put_page(struct jsonw *w, const struct got *g)
{
	char number[PAPER_NUMBER_MAX];
	jsonw_obj(w);
	jsonw_ku64(w, "page", g->p.page);
	jsonw_kstr(w, "result", results[g->result]);
	if (g->result != BLANK && g->result != UNREADABLE) {
		jsonw_kstr(w, "id", g->id);
		jsonw_ku64(w, "entry", g->entry);
	}
	if (g->result == UNFILED)
		jsonw_kstr(w, "why", ward_scan_why(g->found.why));
	if (g->found.has_code) {
		paper_number_put(&g->found.code.number, number);
		jsonw_kstr(w, "sheet", number);
	}
	if (g->result == FILED) {
		jsonw_kslice(w, "of", g->found.sheet->kind);
		jsonw_ku64(w, "sheetPage", g->found.page);
		jsonw_kslice_opt(w, "patient", g->found.patient);
	}
	jsonw_kslice_opt(w, "error", g->p.error);
	jsonw_obj_end(w);
}

static void bring(struct web_request *q)
{
	struct scanning x;
	struct err e = {0};
	struct jsonw w;
	uint8_t hash[SEAL_HASH];
	size_t count[RESULTS] = {0};
	if (!q->body.n || q->body.n > SCAN_FILE_MAX) {
		web_error(q, q->body.n ? 413 : 400, "input", "The body is what the scanner made: a PDF, PNG, JPEG or TIFF of at most 64 MiB.");
		return;
	}
	if (!begin(q, &x) || !whose(&x, web_query(q, "patient")) || !when(&x, web_query(q, "occurred"))) {
		done(&x);
		return;
	}
	seal_sha256_once(buf_slice(&q->body), hash);
	int r = read_pages(&x, hash, &e);
	if (r == 0)
		r = learn_all(&x, &e);
	for (size_t i = 0; i < x.n && r == 0; i++)
		r = place(&x, &x.v[i], &e);
	buf_reset(&q->out);
	q->status = q->retry_after = 0;
	if (r < 0) { /* what was filed by then is, and is known when the file comes again */
		web_fail(q, &e);
		done(&x);
		return;
	}
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "pages");
	jsonw_arr(&w);
	for (size_t i = 0; i < x.n; i++) {
		count[x.v[i].result]++;
		put_page(&w, &x.v[i]);
	}
	jsonw_arr_end(&w);
	for (size_t i = 0; i < RESULTS; i++)
		jsonw_ku64(&w, results[i], count[i]);
	jsonw_obj_end(&w);
	web_json(q, count[FILED] || count[UNFILED] ? 201 : 200);
	done(&x);
}

/* ---- lists ---- */

static void list(struct web_request *q)
{
	struct scanning x;
	struct jsonw w;
	if (!begin(q, &x)) {
		done(&x);
		return;
	}
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "unfiled");
	jsonw_arr(&w);
	for (size_t i = 0; i < ward_unfiled_count(x.scans); i++)
		if (!ward_unfiled(x.scans, i)->settled)
			ward_unfiled_put(&w, ward_unfiled(x.scans, i));
	jsonw_arr_end(&w);
	jsonw_key(&w, "untyped");
	jsonw_arr(&w);
	for (size_t i = 0; i < ward_returned_count(x.scans); i++) {
		const struct ward_returned *s = ward_returned(x.scans, i);
		if (!ward_to_be_typed(s))
			continue;
		jsonw_obj(&w);
		jsonw_kslice(&w, "sheet", s->number);
		jsonw_kslice(&w, "of", s->of);
		jsonw_kslice_opt(&w, "patient", s->patient);
		jsonw_kslice_opt(&w, "unit", s->unit);
		jsonw_ku64(&w, "pages", s->pages);
		jsonw_ku64(&w, "filed", s->filed);
		jsonw_ku64(&w, "entry", s->entry);
		jsonw_ktime(&w, "time", s->time);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	if (web_audit(q, "view", NULL, "scanned pages that are not filed", x.now.end ? x.now.end - 1 : 0, NULL) == 0)
		web_json(q, 200);
	done(&x);
}

/* ---- one page ---- */

static const struct ward_unfiled *find(struct scanning *x, const char *id)
{
	const struct ward_unfiled *u = ward_unfiled_find(x->scans, slice_str(id));
	if (u && !u->settled)
		return u;
	web_error(x->q, u ? 409 : 404, u ? "exists" : "not-found", u ? "This page was filed or dropped already." : "No page of this name was kept.");
	return NULL;
}

static int picture(struct scanning *x, const struct ward_unfiled *u, struct slice *ret, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	uint8_t kind;
	struct ward_scan s;
	buf_init(&b, LEDGER_BODY_MAX);
	int r = keeper_raw(x->q->w->keeper, &x->q->who, u->entry, true, "", &kind, &b, e);
	struct slice own = r == 0 ? arena_dup(x->a, buf_slice(&b)) : SLICE_NULL;
	if (r == 0 && !own.p)
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = ward_scan_read(own, false, x->a, &s, e);
	if (r == 0)
		*ret = s.jpeg;
	return r;
}

static void show(struct scanning *x, const char *id)
{
	struct web_request *q = x->q;
	const struct ward_unfiled *u = find(x, id);
	struct slice jpeg;
	struct err e = {0};
	if (!u)
		return;
	if (picture(x, u, &jpeg, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	buf_reset(&q->out);
	buf_add_slice(&q->out, jpeg);
	q->status = 200;
	q->content_type = "image/jpeg";
	snprintf(q->disposition, sizeof q->disposition, "inline; filename=\"page.jpg\"");
}

static void file_by_hand(struct scanning *x, const char *id, const struct json_node *n)
{
	struct web_request *q = x->q;
	const struct ward_unfiled *u = find(x, id);
	struct paper_code code = {.kind = PAPER_CENSUS};
	struct ward_scan_found f;
	struct err e = {0};
	struct jsonw w;
	struct slice jpeg, patient = json_text(n, "patient");
	char text[PAPER_CODE_MAX], *said = arena_strdup(q->a, patient), *when_said = arena_strdup(q->a, json_text(n, "occurred"));
	uint64_t page = 0, entry;
	if (!u || !whose(x, said) || !when(x, when_said && *when_said ? when_said : time_rfc3339(u->time, 0, (char[32]){0})))
		return;
	if (paper_number_get(json_text(n, "sheet"), &code.number, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	if (json_get(n, "page") && num_u64(json_text(n, "page"), 1, PAPER_PAGES_OF_SHEET_MAX, &page) < 0) {
		web_error(q, 400, "input", "page is the number of a page.");
		return;
	}
	code.page = (uint32_t)page;
	paper_code_put(&code, text);
	const struct slice one = slice_str(text);
	uint64_t of_sheet[1] = {code.number.entry};
	int r = learn(x, of_sheet, 1, &e);
	if (r == 0)
		ward_scan_judge(&(struct ward_scan_ask){.block = x->block, .g = x->g, .scans = x->scans, .patient = x->patient, .same = same, .arg = x, .by_hand = true}, &one, 1, &f);
	if (r == 0 && f.why != SCAN_FITS) {
		web_error(q, f.why == SCAN_NOBODYS ? 400 : f.why == SCAN_OTHER_PATIENT ? 403 : 404, ward_scan_why(f.why), f.why == SCAN_NOBODYS ? "This is a form of no patient: say whose it is, as it stands on it." : f.why == SCAN_OTHER_PATIENT ? "The sheet is another patient's." : "No sheet of this number, or no such page of it, was printed here.");
		return;
	}
	if (r == 0)
		r = picture(x, u, &jpeg, &e);
	if (r == 0)
		r = file_page(x, id, &f, jpeg, json_text(n, "reason"), &entry, &e);
	if (r < 0) {
		web_fail(q, &e);
		return;
	}
	struct got g = {.p = {.page = u->page}, .result = FILED, .found = f, .entry = entry};
	snprintf(g.id, sizeof g.id, "%s", id);
	buf_reset(&q->out);
	jsonw_init(&w, &q->out);
	put_page(&w, &g);
	web_json(q, 201);
}

/* Dropped, or of a sheet: typed. */
static void settle(struct scanning *x, const struct ward_scan *said)
{
	struct web_request *q = x->q;
	AUTO_BUF struct buf b = {0};
	struct keeper_stored s;
	struct ward_scan out = *said;
	struct err e = {0};
	struct jsonw w;
	out.by = slice_str(q->session.user);
	buf_init(&b, FRAME_SMALL);
	ward_scan_put(&out, &b);
	if (keeper_scan(q->w->keeper, &q->who, buf_slice(&b), true, &s, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	buf_reset(&q->out);
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_ku64(&w, "entry", s.seq);
	jsonw_obj_end(&w);
	web_json(q, 201);
}

static void act(struct scanning *x, const char *id)
{
	struct web_request *q = x->q;
	const struct json_node *n = web_body(q);
	if (!n)
		return;
	bool typed = !strcmp(id, "typed"), drops = json_get(n, "drop") && json_get(n, "drop")->type == JSON_TRUE;
	struct slice reason = slice_trim(json_text(n, "reason"));
	char number[PAPER_NUMBER_MAX];
	struct paper_number sheet;
	if (!typed && !drops) {
		file_by_hand(x, id, n);
		return;
	}
	if (!reason.n) {
		web_error(q, 400, "input", "Say why; it is recorded.");
		return;
	}
	if (!typed) {
		if (find(x, id))
			settle(x, &(struct ward_scan){.what = SCAN_DROPPED, .id = slice_str(id), .reason = reason});
		return;
	}
	const struct ward_returned *s = NULL;
	if (paper_number_get(json_text(n, "sheet"), &sheet, NULL) == 0) {
		paper_number_put(&sheet, number);
		s = ward_returned_find(x->scans, slice_str(number));
	}
	if (s && ward_to_be_typed(s))
		settle(x, &(struct ward_scan){.what = SCAN_TYPED, .sheet = slice_str(number), .reason = reason});
	else
		web_error(q, 404, "not-found", "This sheet is not among those that are to be typed.");
}

void web_scan(struct web_request *q, const char *rest)
{
	struct scanning x;
	const char *id = *rest == '/' ? rest + 1 : rest;
	bool get = q->method == WEB_GET, post = q->method == WEB_POST;
	if (!web_may(q, MAY_CAPTURE | MAY_CHART))
		return;
	if (!get && !post) { /* what is looked at is an entry: not for HEAD */
		q->allow = "GET, POST";
		web_error(q, 405, "method", "Only GET and POST here.");
	} else if (!*id && post) {
		bring(q);
	} else if (!*id) {
		list(q);
	} else {
		if (begin(q, &x)) {
			if (get)
				show(&x, id);
			else
				act(&x, id);
		}
		done(&x);
	}
}
