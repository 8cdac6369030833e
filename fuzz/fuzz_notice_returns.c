/* Any bytes as what a mail-house sends back, and as the file that was sent (where they stand before the first NUL): counts add up, whatever they say. */
#include "notice.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct slice rest, first = slice_cut(slice_of(data, size), 0, &rest), sent = rest.p ? first : SLICE("letter_id,person_id\r\n0000001-J,p1\r\n0000002-V,p2\r\n"), back = rest.p ? rest : first;
	struct notice_returns r;
	struct err e = {0};
	if (!a)
		return 0;
	if (notice_returns_read(back, sent, a, &r, &e) == 0) {
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
