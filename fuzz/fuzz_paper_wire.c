/* Any bytes as a book of sheets: what is read is written again to the same bytes, and laid out as PDF where it is small. */
#include "paper.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int again(void *arg, const struct paper_sheet *s, struct err *e)
{
	(void)e;
	paper_wire_sheet(s, arg);
	return 0;
}

static int nothing(void *arg, const struct paper_sheet *s, struct err *e)
{
	(void)arg;
	(void)s;
	(void)e;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct paper_run run;
	struct paper_book *b = NULL;
	struct err e = {0};
	AUTO_BUF struct buf sheets = {0}, out = {0}, twice = {0};
	buf_init(&sheets, (size_t)16 << 20);
	buf_init(&out, (size_t)16 << 20);
	buf_init(&twice, (size_t)16 << 20);
	if (a && paper_wire_each(slice_of(data, size), a, &run, again, &sheets, &e) == 0 && buf_ok(&sheets)) {
		paper_wire_run(&run, &out);
		buf_add_slice(&out, buf_slice(&sheets));
		struct arena *c = arena_new((size_t)64 << 20);
		assert(!c || paper_wire_each(buf_slice(&out), c, &run, nothing, NULL, &e) == 0 || arena_code(c));
		buf_reset(&sheets);
		if (c && paper_wire_each(buf_slice(&out), c, &run, again, &sheets, &e) == 0) {
			paper_wire_run(&run, &twice);
			buf_add_slice(&twice, buf_slice(&sheets));
			assert(slice_eq(buf_slice(&out), buf_slice(&twice)));
		}
		arena_free(c);
	}
	if (a && size < 2048 && paper_wire_book(slice_of(data, size), a, &b, &e) == 0) {
		AUTO_BUF struct buf pdf = {0};
		buf_init(&pdf, (size_t)64 << 20);
		int r = paper_book_pdf(b, "AAA", 1, &pdf, &e);
		assert(r == 0 || e.code);
		paper_book_free(b);
	}
	arena_free(a);
	return 0;
}
