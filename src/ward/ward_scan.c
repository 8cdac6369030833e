/* A page that came back: what is kept of one that nobody could place (an entry of kind scan), and where one belongs.
 *
 *   {"what":"page","id":"SCAN-0123456789abcdef-2","why":"no-code","page":2,"pages":7,"codes":["1000139"],"sheet"?:"K7Q-4711-12-X","patient"?:"p65","by":"a.keller"}   LF, then the picture (JPEG)
 *   {"what":"dropped","id":"SCAN-...","reason":"a leaflet","by":"a.keller"}
 *   {"what":"typed","sheet":"K7Q-4711-12-X","reason":"nothing was written on it","by":"a.keller"} */
#include "ward_internal.h"

#include <stdio.h>

static const struct {
	const char *name, *says;
} whys[SCAN_WHYS] = {
	[SCAN_FITS] = {"fits", "it fits its sheet"},
	[SCAN_NO_CODE] = {"no-code", "no code of a sheet could be read on it"},
	[SCAN_MISREAD] = {"misread", "the code on it was misread: its check characters do not fit"},
	[SCAN_SEVERAL] = {"several-sheets", "codes of several sheets are on it"},
	[SCAN_OTHER_SITE] = {"other-site", "the sheet was printed by another site"},
	[SCAN_UNKNOWN] = {"unknown-sheet", "no such sheet was printed here"},
	[SCAN_TWICE] = {"twice", "this page of the sheet is filed already"},
	[SCAN_NOBODYS] = {"nobodys", "it is a form of no patient: whose it is stands on it in handwriting"},
	[SCAN_OTHER_PATIENT] = {"other-patient", "the sheet is another patient's than was said"},
};
static const char *const whats[] = {[SCAN_PAGE] = "page", [SCAN_DROPPED] = "dropped", [SCAN_TYPED] = "typed"};

const char *ward_scan_why(enum ward_scan_why w)
{
	assert(w < SCAN_WHYS);
	return whys[w].name;
}

const char *ward_scan_why_says(enum ward_scan_why w)
{
	assert(w < SCAN_WHYS);
	return whys[w].says;
}

int ward_scan_why_parse(struct slice s)
{
	for (int i = 0; i < SCAN_WHYS; i++)
		if (slice_eq_str(s, whys[i].name))
			return i;
	return -1;
}

void ward_scan_id(const uint8_t hash[32], unsigned page, char ret[WARD_SCAN_ID_MAX])
{
	int n = snprintf(ret, WARD_SCAN_ID_MAX, "SCAN-");
	for (int i = 0; i < 8; i++)
		n += snprintf(ret + n, WARD_SCAN_ID_MAX - (size_t)n, "%02x", hash[i]);
	snprintf(ret + n, WARD_SCAN_ID_MAX - (size_t)n, "-%u", page);
}

bool ward_scan_is_id(struct slice s)
{
	uint64_t page;
	if (s.n < 23 || s.n >= WARD_SCAN_ID_MAX || !slice_starts(s, "SCAN-") || s.p[21] != '-')
		return false;
	for (size_t i = 5; i < 21; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return s.p[22] != '0' && num_u64(slice_of(s.p + 22, s.n - 22), 1, UINT32_MAX, &page) == 0;
}

/* ---- entries ---- */

static int bad(struct err *e, const char *place)
{
	return err_set(e, ERR_INPUT, place, "this is not what is said of a scan");
}

static bool short_text(struct slice s, size_t max)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return s.n <= max;
}

static int read_page(const struct json_node *n, struct ward_scan *x, struct err *e)
{
	const struct json_node *codes = json_get(n, "codes");
	uint64_t page, pages;
	int why = ward_scan_why_parse(json_text(n, "why"));
	if (why <= SCAN_FITS)
		return bad(e, "why");
	if (num_u64(json_text(n, "pages"), 1, UINT16_MAX, &pages) < 0 || num_u64(json_text(n, "page"), 1, pages, &page) < 0)
		return bad(e, "page");
	x->why = (enum ward_scan_why)why;
	x->page = (uint32_t)page;
	x->pages = (uint32_t)pages;
	x->patient = json_text(n, "patient");
	for (const struct json_node *c = codes ? codes->child : NULL; c; c = c->next) {
		if (x->text_n == ARRAY_LEN(x->text) || c->type != JSON_STR || !short_text(c->value, 256))
			return bad(e, "codes");
		x->text[x->text_n++] = c->value;
	}
	return short_text(x->patient, 256) ? 0 : bad(e, "patient");
}

int ward_scan_read(struct slice body, bool line_only, struct arena *a, struct ward_scan *ret, struct err *e)
{
	struct slice picture, line = slice_cut(body, '\n', &picture);
	struct ward_scan x = {.what = SCAN_PAGE};
	struct json_node *n;
	struct err why = {0};
	if (line.n > 16384)
		return err_set(e, ERR_LIMIT, NULL, "the line of a scan is at most 16 KiB");
	int r = json_tree(line, a, &n, &why);
	if (r < 0)
		return r == ERR_INPUT ? bad(e, NULL) : err_set(e, r, NULL, "no memory for a scan");
	int what = -1;
	for (size_t i = 0; i < ARRAY_LEN(whats); i++)
		what = slice_eq_str(json_text(n, "what"), whats[i]) ? (int)i : what;
	if (what < 0)
		return bad(e, "what");
	x.what = (enum ward_scan_what)what;
	x.id = json_text(n, "id");
	x.by = json_text(n, "by");
	x.reason = json_text(n, "reason");
	x.sheet = json_text(n, "sheet");
	struct paper_number number;
	if (x.what == SCAN_TYPED ? x.id.n != 0 || paper_number_get(x.sheet, &number, NULL) < 0 : !ward_scan_is_id(x.id))
		return bad(e, x.what == SCAN_TYPED ? "sheet" : "id");
	if (!x.by.n || !short_text(x.by, 128) || !short_text(x.sheet, PAPER_CODE_MAX) || x.reason.n > 4000 || (x.what != SCAN_PAGE && !slice_trim(x.reason).n))
		return bad(e, !x.by.n || !short_text(x.by, 128) ? "by" : "reason");
	if (x.what == SCAN_PAGE && (r = read_page(n, &x, e)) < 0)
		return r;
	x.jpeg = picture.n ? picture : SLICE_NULL;
	if (x.what == SCAN_PAGE ? !line_only && (!slice_starts(picture, "\xff\xd8\xff") || picture.n > (size_t)8 << 20) : picture.n != 0)
		return bad(e, "picture");
	*ret = x;
	return 0;
}

void ward_scan_put(const struct ward_scan *s, struct buf *ret)
{
	struct jsonw w;
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", whats[s->what]);
	jsonw_kslice_opt(&w, "id", s->id);
	if (s->what == SCAN_PAGE) {
		jsonw_kstr(&w, "why", ward_scan_why(s->why));
		jsonw_ku64(&w, "page", s->page);
		jsonw_ku64(&w, "pages", s->pages);
		jsonw_key(&w, "codes");
		jsonw_arr(&w);
		for (size_t i = 0; i < s->text_n; i++)
			jsonw_slice(&w, s->text[i]);
		jsonw_arr_end(&w);
		jsonw_kslice_opt(&w, "patient", s->patient);
	}
	jsonw_kslice_opt(&w, "sheet", s->sheet);
	jsonw_kslice_opt(&w, "reason", s->reason);
	jsonw_kslice(&w, "by", s->by);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (s->what == SCAN_PAGE) {
		buf_u8(ret, '\n');
		buf_add_slice(ret, s->jpeg);
	}
}

/* ---- where one belongs ---- */

/* The one sheet that the codes name; more than one, or one that does not fit, is not for a program to decide. */
static enum ward_scan_why read_codes(const struct slice *texts, size_t n, struct ward_scan_found *f)
{
	enum ward_scan_why why = SCAN_NO_CODE;
	for (size_t i = 0; i < n; i++) {
		struct paper_code c;
		if (paper_code_get(texts[i], &c, NULL) < 0) {
			if (why == SCAN_NO_CODE && (slice_starts(texts[i], "HF1:") || slice_starts(texts[i], "HF2:")))
				why = SCAN_MISREAD;
			continue;
		}
		if (f->has_code && (c.number.entry != f->code.number.entry || c.number.sheet != f->code.number.sheet || strcmp(c.number.block, f->code.number.block) != 0 || c.page != f->code.page))
			return SCAN_SEVERAL;
		f->code = c;
		f->has_code = true;
		why = SCAN_FITS;
	}
	return why;
}

static bool has_page(const struct ward_returned *x, uint32_t page)
{
	return page && page <= PAPER_PAGES_OF_SHEET_MAX && x->page_set[(page - 1) / 64] >> (page - 1) % 64 & 1;
}

/* The first that is not there yet; 0: all are. */
static uint32_t missing(const struct ward_sheet *s, const struct ward_returned *x)
{
	for (uint32_t p = 1; p <= s->pages; p++)
		if (!x || (!x->whole && !has_page(x, p)))
			return p;
	return 0;
}

/* A code that does not say the page (of a sheet of one, or printed before codes did): they are numbered as they come. */
static enum ward_scan_why place(const struct ward_scan_ask *q, struct ward_scan_found *f)
{
	char number[PAPER_NUMBER_MAX];
	f->sheet = ward_register_find(q->g, &f->code.number);
	if (!f->sheet && strcmp(f->code.number.block, q->block) != 0) /* one that was printed before this ledger went on under a new name is in the register */
		return SCAN_OTHER_SITE;
	if (!f->sheet || (!q->by_hand && paper_kind_parse(f->sheet->kind) != (int)f->code.kind) || f->code.page > f->sheet->pages)
		return SCAN_UNKNOWN;
	paper_number_put(&f->code.number, number);
	const struct ward_returned *x = ward_returned_find(q->scans, slice_str(number));
	f->page = f->code.page ? f->code.page : missing(f->sheet, x);
	if (x && !q->by_hand && (x->whole || !f->page || has_page(x, f->page)))
		return SCAN_TWICE;
	bool same = q->patient.n && f->sheet->patient.n && (slice_eq(q->patient, f->sheet->patient) || (q->same && q->same(q->arg, q->patient, f->sheet->patient)));
	if (q->patient.n && f->sheet->patient.n && !same)
		return SCAN_OTHER_PATIENT;
	f->patient = f->sheet->patient.n ? f->sheet->patient : q->patient;
	int kind = paper_kind_parse(f->sheet->kind);
	return !f->patient.n && kind >= 0 && paper_kind_is_form((enum paper_kind)kind) ? SCAN_NOBODYS : SCAN_FITS;
}

void ward_scan_judge(const struct ward_scan_ask *q, const struct slice *texts, size_t n, struct ward_scan_found *ret)
{
	*ret = (struct ward_scan_found){.has_code = false};
	ret->why = read_codes(texts, n, ret);
	if (ret->why == SCAN_FITS)
		ret->why = place(q, ret);
}

void ward_scan_item(const struct ward_scan_item *x, struct buf *ret)
{
	const struct ward_scan_found *f = x->found;
	char number[PAPER_NUMBER_MAX];
	struct jsonw w;
	assert(f->sheet);
	paper_number_put(&f->code.number, number);
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_ku64(&w, "v", 1);
	jsonw_kstr(&w, "id", x->id);
	jsonw_kslice_opt(&w, "unit", f->sheet->unit);
	jsonw_kslice_opt(&w, "patient", f->patient);
	jsonw_kstr(&w, "kind", "sheet");
	jsonw_kstr(&w, "occurred", x->occurred);
	jsonw_kslice(&w, "by", x->by);
	jsonw_kslice_opt(&w, "reason", x->reason);
	jsonw_key(&w, "values");
	jsonw_obj(&w);
	jsonw_kstr(&w, "number", number);
	if (f->page)
		jsonw_ku64(&w, "page", f->page);
	jsonw_ku64(&w, "pages", f->sheet->pages);
	jsonw_kslice(&w, "of", f->sheet->kind);
	jsonw_obj_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_u8(ret, '\n');
}
