/* What the process that decodes scans says of a page: nothing of it is believed. What is accepted says the same when it is written again. */
#include "scan_internal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)4 << 20);
	AUTO_BUF struct buf b = {0};
	struct scan_page p, q;
	if (!a || scan_answer_get(slice_of(data, size), a, &p, NULL) < 0)
		return 0;
	if (p.code_n > SCAN_CODES_MAX || p.page > p.pages || (p.error.n && p.jpeg.n))
		abort();
	buf_init(&b, (size_t)8 << 20);
	scan_answer_put(&p, &b);
	if (scan_answer_get(buf_slice(&b), a, &q, NULL) < 0 || q.page != p.page || q.code_n != p.code_n || !slice_eq(q.error, p.error) || !slice_eq(q.jpeg, p.jpeg))
		abort();
	return 0;
}
