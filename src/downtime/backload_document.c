/* Notes with their text, and paper sheets that were copied or scanned, as MDM^T02 (v2.5.1 chapter 9.5). A correction is T10, a new document that names the one it replaces in TXA-13; a withdrawal is T11.
 *
 *   TXA  2 PR (progress note, table 0270)   3 TX, of a scan SD   4 when it was about   6 and 7 written down   5 and 9 whose it is   11 who wrote it down   12 our number   17 DO: documented, nobody has signed it   19 AV
 *   OBX  TX, a line each; of a scan ED;  the last says how it came to be written down */
#include "backload_internal.h"

static const char *status_of(const struct bl *w)
{
	return w->m->notes_as_results && w->m->corrects ? "C" : "F";
}

static void line(struct bl *w, unsigned n, struct slice text)
{
	buf_printf(w->b, "OBX|%u|TX|34109-9^Note^LN|%u|", n, n);
	hl7_put_text(w->b, text);
	buf_printf(w->b, "||||||%s\r", status_of(w));
}

/* What a scanner or a camera gives, as ED (2.A.24); anything else is application/octet-stream. Larger ones stay here: who reads the note is told where. */
static const struct {
	const char *begins, *type;
} types[] = {{"%PDF-", "application^pdf"}, {"\xff\xd8\xff", "image^jpeg"}, {"\x89PNG", "image^png"}, {"II*", "image^tiff"}};
#define SCAN_SENT ((size_t)2 << 20)

static bool scanned(const struct bl *w)
{
	return w->c->scan.n && w->c->scan.n <= SCAN_SENT;
}

static void put_scan(struct bl *w, unsigned n)
{
	const char *type = "application^octet-stream";
	for (size_t i = ARRAY_LEN(types); i-- > 0;)
		if (slice_starts(w->c->scan, types[i].begins))
			type = types[i].type;
	buf_printf(w->b, "OBX|%u|ED|34109-9^Note^LN|%u|^%s^Base64^", n, n, type);
	base64_put(w->b, w->c->scan);
	buf_printf(w->b, "||||||%s\r", status_of(w));
}

static void sheet_said(struct bl *w, unsigned n)
{
	AUTO_BUF struct buf b = {0};
	struct slice number = bl_value(w, "number"), of = bl_value(w, "of"), page = bl_value(w, "page"), pages = bl_value(w, "pages");
	if (!number.n)
		number = w->c->sheet;
	buf_init(&b, CAPTURE_MAX);
	const char *lang = w->m->lang;
	buf_printf(&b, "%s%.*s", backload_word(lang, BW_SHEET), SLICE_FMT(number));
	if (of.n)
		buf_printf(&b, " (%.*s)", SLICE_FMT(of));
	if (page.n)
		buf_printf(&b, "%s%.*s%s%.*s", backload_word(lang, BW_PAGE), SLICE_FMT(page), pages.n ? "/" : "", SLICE_FMT(pages));
	else if (pages.n)
		buf_printf(&b, ", %.*s%s", SLICE_FMT(pages), backload_word(lang, BW_PAGES));
	buf_str(&b, backload_word(lang, scanned(w) ? BW_SCANNED : w->c->scan.n ? BW_TOO_LARGE : BW_STOP));
	line(w, n, buf_slice(&b));
}

void bl_document_text(struct bl *w)
{
	AUTO_BUF struct buf b = {0};
	struct slice rest = json_text(w->c->values, "text");
	unsigned n = 0;
	if (w->c->kind == CAPTURE_SHEET)
		sheet_said(w, ++n);
	if (scanned(w))
		put_scan(w, ++n);
	while (rest.n) {
		struct slice one = slice_cut(rest, '\n', &rest);
		line(w, ++n, one);
	}
	buf_init(&b, CAPTURE_MAX);
	bl_said(w, &b, NULL);
	line(w, ++n, buf_slice(&b));
}

static void put_title(struct bl *w)
{
	struct slice title = bl_value(w, "title"), of = bl_value(w, "of"), number = bl_value(w, "number");
	if (w->c->kind != CAPTURE_SHEET) {
		bl_field(w, 25, title);
		return;
	}
	bl_field(w, 25, of.n ? of : SLICE("Sheet"));
	buf_u8(w->b, ' ');
	hl7_put_text(w->b, number.n ? number : w->c->sheet);
}

int bl_document(struct bl *w, struct err *e)
{
	if (w->m->notes_as_results)
		return bl_document_result(w, e);
	bool gone = w->c->withdraw, other = w->m->corrects && !gone;
	const char *event = gone ? "T11" : other ? "T10" : "T02";
	int r = bl_head(w, "MDM", event, gone ? "MDM_T01" : "MDM_T02", e);
	if (r < 0)
		return r;
	bl_event(w, event);
	bl_patient(w);
	bl_visit(w, true);
	bl_segment(w, "TXA");
	bl_field(w, 1, SLICE("1"));
	bl_field(w, 2, SLICE("PR"));
	bl_field(w, 3, scanned(w) ? SLICE("SD") : SLICE("TX"));
	bl_to(w, 4);
	bl_occurred(w);
	bl_to(w, 5);
	bl_person(w, bl_doer(w));
	bl_to(w, 6);
	bl_recorded(w);
	bl_to(w, 7);
	bl_recorded(w);
	bl_to(w, 9);
	bl_person(w, bl_doer(w));
	bl_to(w, 11);
	bl_person(w, w->c->by);
	bl_to(w, 12);
	bl_number(w, other ? w->c->id : w->m->number);
	if (other) {
		bl_to(w, 13);
		bl_number(w, w->m->number);
	}
	bl_field(w, 17, SLICE("DO"));
	bl_field(w, 19, SLICE("AV"));
	put_title(w); /* a field of 2.7; who reads 2.5.1 passes it over (2.6.2) */
	bl_end(w);
	if (!gone)
		bl_document_text(w);
	return 0;
}
