/* The body of an entry of kind drill, as an old or a foreign ledger holds it. What reads is written again, and reads the same. */
#include "drill.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct drill d, again;
	struct err e = {.code = 0};
	struct buf a, b;
	struct jsonw w;
	int r = drill_read(slice_of(data, size), &d, &e);
	if (r < 0) {
		if (e.code != r || !e.text[0])
			abort();
		return 0;
	}
	buf_init(&a, 1 << 22);
	buf_init(&b, 1 << 22);
	jsonw_init(&w, &a);
	drill_put(&d, &w);
	if (!buf_ok(&a) || drill_read(buf_slice(&a), &again, &e) < 0)
		abort();
	jsonw_init(&w, &b);
	drill_put(&again, &w);
	for (size_t i = 0; i < d.units; i++)
		if (strlen(d.unit[i]) > 80)
			abort();
	buf_done(&a);
	buf_done(&b);
	return 0;
}
