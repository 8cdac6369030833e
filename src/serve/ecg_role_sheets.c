/* Sheets of a ward, laid out and drawn by the role that has the fonts, of values that web filled from charts. Asked twice: first which sheets on how many pages they are, because that is what is registered; then, with the number of that entry, for the PDF. */
#include "ecg_role.h"
#include "paper.h"

static void put_list(const struct paper_book *b, struct buf *ret)
{
	struct jsonw w;
	jsonw_init(&w, ret);
	jsonw_arr(&w);
	for (size_t i = 0; i < paper_book_sheets(b); i++) {
		jsonw_obj(&w);
		jsonw_kstr(&w, "kind", paper_kind_name(paper_book_kind(b, i)));
		jsonw_kslice_opt(&w, "patient", slice_str(paper_book_patient(b, i)));
		jsonw_kslice_opt(&w, "unit", paper_book_unit(b, i));
		jsonw_ku64(&w, "pages", paper_book_pages(b, i));
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_done(&w);
}

int ecg_role_sheets(const struct json_node *o, struct slice body, struct arena *a, struct buf *ret, struct err *e)
{
	struct slice block = json_text(o, "block"), number = json_text(o, "entry");
	struct paper_book *b = NULL;
	uint64_t entry = 0;
	char letters[PAPER_BLOCK_MAX] = "";
	if (number.n && (block.n != PAPER_BLOCK_MAX - 1 || num_u64(number, 0, UINT64_MAX - 1, &entry) < 0))
		return err_set(e, ERR_INPUT, NULL, "a bad request");
	memcpy(letters, block.p ? block.p : (const uint8_t *)"", block.n < sizeof letters ? block.n : 0);
	int r = paper_wire_book(body, a, &b, e);
	if (r == 0 && number.n)
		r = paper_book_pdf(b, letters, entry, ret, e);
	else if (r == 0)
		put_list(b, ret);
	paper_book_free(b);
	return r;
}
