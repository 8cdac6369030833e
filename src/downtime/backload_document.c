/* Notes, as MDM^T02 with their text (v2.5.1 chapter 9.5). A correction is T10, a new document that names the one it replaces in TXA-13; a withdrawal is T11.
 *
 *   TXA  2 PN   3 TX   4 when it was about   6 and 7 written down   5 and 9 whose it is   11 who wrote it down   12 our number   17 DO: documented, nobody has signed it   19 AV
 *   OBX  TX, a line each; the last says how it came to be written down */
#include "backload_internal.h"

static void line(struct bl *w, unsigned n, struct slice text)
{
	buf_printf(w->b, "OBX|%u|TX|11506-3^Progress note^LN|%u|", n, n);
	hl7_put_text(w->b, text);
	buf_str(w->b, "||||||F\r");
}

static void text_of(struct bl *w)
{
	AUTO_BUF struct buf b = {0};
	struct slice rest = json_text(w->c->values, "text");
	unsigned n = 0;
	while (rest.n) {
		struct slice one = slice_cut(rest, '\n', &rest);
		line(w, ++n, one);
	}
	buf_init(&b, CAPTURE_MAX);
	bl_said(w, &b, NULL);
	line(w, ++n, buf_slice(&b));
}

int bl_document(struct bl *w, struct err *e)
{
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
	bl_field(w, 2, SLICE("PN"));
	bl_field(w, 3, SLICE("TX"));
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
	bl_field(w, 25, bl_value(w, "title")); /* a field of 2.7; who reads 2.5.1 passes it over (2.6.2) */
	bl_end(w);
	if (!gone)
		text_of(w);
	return 0;
}
