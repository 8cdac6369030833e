/* holdfast paper scan --unfiled|--untyped, show, file, drop, typed: pages that no program could place, placed by a person; and sheets whose writing is still to be typed. */
#include "paper_cmd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

struct shelf {
	const struct paper_options *o;
	struct site s;
	struct control *k;
	struct ward_register *g;
	struct ward_scans *scans;
	struct arena *a;
};

static int shelf_open(struct shelf *x, const struct paper_options *o, bool writes, struct err *e)
{
	*x = (struct shelf){.o = o, .s = {.fd = -1}, .a = arena_new((size_t)128 << 20)};
	int r = x->a ? cli_site(o->site, &x->s, e) : err_set(e, ERR_MEMORY, NULL, "no memory for what was scanned");
	if (r == 0 && writes)
		r = control_open(&x->s, true, &x->k, e); /* the keeper first: what it has written is read then */
	return r < 0 ? r : paper_read(&x->s, &x->g, &x->scans, e);
}

static int shelf_close(struct shelf *x, int r, const struct err *e)
{
	int status = r < 0 ? cli_fail(e) : r;
	ward_scans_free(x->scans);
	ward_register_free(x->g);
	control_close(x->k);
	if (x->s.fd >= 0)
		site_close(&x->s);
	arena_free(x->a);
	return status;
}

static int find(const struct shelf *x, const char *id, const struct ward_unfiled **ret, struct err *e)
{
	const struct ward_unfiled *u = ward_unfiled_find(x->scans, slice_str(id));
	if (!u)
		return err_set(e, ERR_NOT_FOUND, id, ward_scans_filed(x->scans, slice_str(id), NULL) ? "this page is filed" : "no page of this name was kept; `holdfast paper scan --unfiled` lists them");
	if (u->settled)
		return err_set(e, ERR_EXISTS, id, ward_scans_filed(x->scans, u->id, NULL) ? "this page is filed already" : "this page was taken off the list already");
	*ret = u;
	return 0;
}

/* ---- lists ---- */

static void print_unfiled(const struct ward_unfiled *u)
{
	char t[32];
	cli_cell(stdout, u->id, 26);
	printf("%s  page %u of %u, by ", time_rfc3339(u->time, 0, t), u->page, u->pages);
	cli_slice(stdout, u->by);
	printf(": %s", ward_scan_why_says(u->why));
	if (u->sheet.n)
		printf(" (%.*s)", SLICE_FMT(u->sheet));
	putchar('\n');
}

static void put_untyped(struct jsonw *w, const struct ward_returned *x)
{
	jsonw_obj(w);
	jsonw_kslice(w, "sheet", x->number);
	jsonw_kslice(w, "of", x->of);
	jsonw_kslice_opt(w, "patient", x->patient);
	jsonw_kslice_opt(w, "unit", x->unit);
	jsonw_ku64(w, "pages", x->pages);
	jsonw_ku64(w, "filed", x->filed);
	jsonw_ku64(w, "entry", x->entry);
	jsonw_ktime(w, "time", x->time);
	jsonw_obj_end(w);
}

static void print_untyped(const struct ward_returned *x)
{
	char t[32];
	cli_cell(stdout, x->number, 22);
	cli_cell(stdout, x->of, 16);
	cli_cell(stdout, x->unit, 10);
	cli_cell(stdout, x->patient, 12);
	printf("filed %s", time_rfc3339(x->time, 0, t));
	if (x->pages > 1)
		printf(", %u of %u pages", x->filed, x->pages);
	putchar('\n');
}

int paper_unfiled(const struct paper_options *o)
{
	struct shelf x;
	struct err e = {0};
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	size_t n = 0;
	buf_init(&b, (size_t)256 << 20);
	jsonw_init(&w, &b);
	int r = shelf_open(&x, o, false, &e);
	jsonw_obj(&w);
	jsonw_key(&w, o->unfiled ? "unfiled" : "untyped");
	jsonw_arr(&w);
	for (size_t i = 0; r == 0 && o->unfiled && i < ward_unfiled_count(x.scans); i++) {
		const struct ward_unfiled *u = ward_unfiled(x.scans, i);
		if (u->settled)
			continue;
		n++;
		if (o->json)
			ward_unfiled_put(&w, u);
		else
			print_unfiled(u);
	}
	for (size_t i = 0; r == 0 && o->untyped && i < ward_returned_count(x.scans); i++) {
		const struct ward_returned *s = ward_returned(x.scans, i);
		if (!ward_to_be_typed(s))
			continue;
		n++;
		if (o->json)
			put_untyped(&w, s);
		else
			print_untyped(s);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	if (r == 0 && o->json)
		printf("%s\n", buf_cstr(&b));
	else if (r == 0)
		printf(o->unfiled ? "%zu pages are not filed\n" : "%zu sheets are not typed\n", n);
	return shelf_close(&x, r < 0 ? r : n > 0, &e);
}

/* ---- one page ---- */

static int picture(struct shelf *x, const struct ward_unfiled *u, struct buf *ret, struct err *e)
{
	struct site_keys keys = {0};
	struct ledger *l = NULL;
	struct ledger_entry en;
	struct ward_scan s;
	int r = cli_ledger(&x->s, true, &keys, &l, e);
	if (r == 0)
		r = ledger_read(l, u->entry, &en, e);
	if (r == 0)
		r = ward_scan_read(en.body, false, x->a, &s, e);
	if (r == 0)
		buf_add_slice(ret, s.jpeg);
	ledger_free(l);
	site_keys_wipe(&keys);
	return r < 0 ? r : buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "no memory for a page");
}

int paper_show(const struct paper_options *o)
{
	struct shelf x;
	struct err e = {0};
	AUTO_BUF struct buf b = {0};
	const struct ward_unfiled *u;
	if (!o->out)
		return cli_usage("paper show: -o OUT.jpg is missing");
	buf_init(&b, (size_t)16 << 20);
	int r = shelf_open(&x, o, false, &e);
	if (r == 0)
		r = find(&x, o->args->v[1], &u, &e);
	if (r == 0)
		r = picture(&x, u, &b, &e);
	if (r == 0) {
		cli_record(&x.s, &x.k, "view", u->patient.n ? arena_strdup(x.a, u->patient) : NULL, "page that is not filed", u->entry);
		r = !strcmp(o->out, "-") ? file_write_all(STDOUT_FILENO, buf_slice(&b), &e, "standard output") : file_replace(AT_FDCWD, o->out, buf_slice(&b), 0600, &e);
	}
	return shelf_close(&x, r, &e);
}

/* Whom a person says that it is about. */
static int whose(struct shelf *x, struct slice *ret, struct err *e)
{
	struct chart *c = NULL;
	struct control *own = NULL;
	struct chart_moment now;
	struct chart_patient *p;
	if (!x->o->patient)
		return 0;
	int r = cli_chart(&x->s, &c, &own, e);
	if (r == 0)
		r = chart_now(c, &now, e);
	if (r == 0)
		r = chart_patient(c, slice_str(x->o->patient), now, x->a, &p, NULL, e);
	if (r == 0)
		*ret = arena_dup(x->a, slice_str(p->id));
	chart_close(c);
	control_close(own);
	return r < 0 || !ret->n ? (r < 0 ? r : ERR_MEMORY) : 0;
}

static int to_sheet(struct shelf *x, struct ward_scan_found *ret, struct err *e)
{
	struct paper_code code = {.kind = PAPER_CENSUS};
	char text[PAPER_CODE_MAX], block[PAPER_BLOCK_MAX];
	uint8_t hash[SEAL_HASH];
	uint64_t page = 0;
	struct slice patient = SLICE_NULL;
	int r = paper_number_get(slice_str(x->o->sheet), &code.number, e);
	if (r < 0)
		return r;
	if (x->o->page && num_u64(slice_str(x->o->page), 1, PAPER_PAGES_OF_SHEET_MAX, &page) < 0)
		return err_set(e, ERR_USAGE, "--page", "this is no number of a page");
	code.page = (uint32_t)page;
	if ((r = whose(x, &patient, e)) < 0)
		return r;
	seal_sha256_once(slice_str(x->s.origin), hash);
	paper_block(hash, block);
	paper_code_put(&code, text);
	const struct slice said = slice_str(text);
	ward_scan_judge(&(struct ward_scan_ask){.block = block, .g = x->g, .scans = x->scans, .patient = patient, .by_hand = true}, &said, 1, ret);
	if (ret->why == SCAN_NOBODYS)
		return err_set(e, ERR_USAGE, x->o->sheet, "this is a form of no patient: say with --patient whose it is, as it stands on it");
	return ret->why == SCAN_FITS ? 0 : err_set(e, ret->why == SCAN_OTHER_PATIENT ? ERR_DENIED : ERR_NOT_FOUND, x->o->sheet, "%s", ret->why == SCAN_UNKNOWN ? "no sheet of this number, or no such page of it, was printed here" : ward_scan_why_says(ret->why));
}

static int on_entry(void *arg, uint64_t tag, const struct control_appended *r, struct err *e)
{
	(void)tag;
	(void)e;
	*(uint64_t *)arg = r->seq;
	return 0;
}

static int file_it(struct shelf *x, const struct ward_unfiled *u, struct ward_scan_found *f, uint64_t *ret_entry, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	char by[64], t[32];
	int64_t at;
	if (x->o->occurred && time_parse(slice_str(x->o->occurred), 0, &at) < 0)
		return err_set(e, ERR_USAGE, "--occurred", "this is a time, as 2026-11-22T14:05");
	int r = to_sheet(x, f, e);
	if (r < 0)
		return r;
	control_who(by);
	buf_init(&b, CAPTURE_SCAN_MAX);
	ward_scan_item(&(struct ward_scan_item){.id = arena_strdup(x->a, u->id), .found = f, .occurred = x->o->occurred ? x->o->occurred : time_rfc3339(u->time, 0, t), .by = slice_str(x->o->by ? x->o->by : by), .reason = slice_str(x->o->reason)}, &b);
	r = picture(x, u, &b, e);
	const struct control_append in = {.kind = LEDGER_CAPTURE, .body = buf_slice(&b)};
	if (r == 0)
		r = control_append(x->k, &in, 1, on_entry, ret_entry, e);
	return r < 0 ? r : control_flush(x->k, e);
}

int paper_file(const struct paper_options *o)
{
	struct shelf x;
	struct err e = {0};
	const struct ward_unfiled *u;
	struct ward_scan_found f;
	char number[PAPER_NUMBER_MAX];
	uint64_t entry = 0;
	if (!o->sheet)
		return cli_usage("paper file: --sheet NUMBER is missing: to which sheet");
	int r = shelf_open(&x, o, true, &e);
	if (r == 0)
		r = find(&x, o->args->v[1], &u, &e);
	if (r == 0)
		r = file_it(&x, u, &f, &entry, &e);
	if (r == 0) {
		paper_number_put(&f.code.number, number);
		if (o->json)
			printf("{\"id\":\"%.*s\",\"sheet\":\"%s\",\"sheetPage\":%u,\"patient\":\"%.*s\",\"entry\":%" PRIu64 "}\n", SLICE_FMT(u->id), number, f.page, SLICE_FMT(f.patient), entry);
		else
			printf("%.*s: filed to %s, %.*s, page %u of %u%s%.*s, entry #%" PRIu64 "\n", SLICE_FMT(u->id), number, SLICE_FMT(f.sheet->kind), f.page, f.sheet->pages, f.patient.n ? ", " : "", SLICE_FMT(f.patient), entry);
	}
	return shelf_close(&x, r, &e);
}

/* ---- what is not to be filed, or not to be typed ---- */

/* All are looked at before the first entry. */
static int settle(struct shelf *x, enum ward_scan_what what, struct err *e)
{
	char by[64], number[PAPER_NUMBER_MAX];
	struct paper_number n;
	const struct ward_unfiled *u;
	int r = 0;
	control_who(by);
	for (unsigned round = 0; round < 2; round++)
		for (size_t i = 1; i < x->o->args->n && r == 0; i++) {
			AUTO_BUF struct buf b = {0};
			struct ward_scan s = {.what = what, .by = slice_str(x->o->by ? x->o->by : by), .reason = slice_str(x->o->reason)};
			if (what == SCAN_DROPPED) {
				r = find(x, x->o->args->v[i], &u, e);
				s.id = r == 0 ? u->id : SLICE_NULL;
			} else if ((r = paper_number_get(slice_str(x->o->args->v[i]), &n, e)) == 0) {
				paper_number_put(&n, number);
				s.sheet = slice_str(number);
				const struct ward_returned *w = ward_returned_find(x->scans, s.sheet);
				if (!w || !ward_to_be_typed(w))
					r = err_set(e, ERR_NOT_FOUND, x->o->args->v[i], "this sheet is not among those that are to be typed; `holdfast paper scan --untyped` lists them");
			}
			buf_init(&b, 1 << 16);
			if (r == 0 && round)
				ward_scan_put(&s, &b);
			const struct control_append in = {.kind = LEDGER_SCAN, .body = buf_slice(&b)};
			if (r == 0 && round)
				r = control_append(x->k, &in, i, NULL, NULL, e);
		}
	return r < 0 ? r : control_flush(x->k, e);
}

int paper_settle(const struct paper_options *o, enum ward_scan_what what)
{
	struct shelf x;
	struct err e = {0};
	if (!o->reason || !slice_trim(slice_str(o->reason)).n)
		return cli_usage("paper %s: --reason is missing; it is recorded", what == SCAN_DROPPED ? "drop" : "typed");
	int r = shelf_open(&x, o, true, &e);
	if (r == 0)
		r = settle(&x, what, &e);
	if (r == 0 && o->json)
		printf("{\"%s\":%zu}\n", what == SCAN_DROPPED ? "dropped" : "typed", o->args->n - 1);
	else if (r == 0)
		printf("%zu %s\n", o->args->n - 1, what == SCAN_DROPPED ? (o->args->n == 2 ? "page is off the list" : "pages are off the list") : o->args->n == 2 ? "sheet is typed" : "sheets are typed");
	return shelf_close(&x, r, &e);
}
