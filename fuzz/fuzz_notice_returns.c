/* Any bytes as what a mail-house sends back, once or in several files (behind each further NUL another), and as the file that was sent (before the first NUL): counts add up, whatever they say. */
#include "notice.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct slice rest, first = slice_cut(slice_of(data, size), 0, &rest), sent = rest.p ? first : SLICE("letter_id,person_id\r\n0000001-J,p1\r\n0000002-V,p2\r\n"), left = rest.p ? rest : first;
	struct notice_return back[4];
	size_t files = 0;
	while (files < ARRAY_LEN(back) - 1 && (!files || left.n)) {
		back[files] = (struct notice_return){.name = files % 2 ? "b.csv" : NULL, .text = slice_cut(left, 0, &left)};
		files++;
	}
	struct notice_returns r;
	struct err e = {0};
	if (!a)
		return 0;
	if (notice_returns_read(back, files, sent, a, &r, &e) == 0) {
		uint64_t lines = 0;
		for (size_t i = 0; i < r.undeliverable.n; i++)
			lines += r.undeliverable.p[i] == '\n';
		assert(lines == r.returned);
		assert(r.unknown + r.twice + r.bad <= r.rows && r.mailed <= r.rows && r.printed <= r.rows && r.returned <= r.rows);
		assert(!r.bad == !r.faults.n);
		assert(!r.mailed == !r.first_mailed.n);
	} else {
		assert(e.code && e.text[0]);
	}
	arena_free(a);
	return 0;
}
