/* The body of an entry of kind kept: items in order, each written again as it stood. */
#include "ledger_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur c = cur_of(slice_of(data, size));
	struct buf again;
	buf_init(&again, (size_t)64 << 20);
	while (!cur_done(&c)) {
		struct ledger_kept k;
		size_t at = cur_offset(&c);
		if (ledger_kept_next(&c, &k, NULL) < 0)
			break;
		assert(cur_offset(&c) > at);
		buf_reset(&again);
		if (k.whole)
			ledger_kept_put(&again, &k.en);
		else
			ledger_kept_rest(&again, k.seq, k.rest);
		assert(slice_eq(buf_slice(&again), slice_of(data + at, cur_offset(&c) - at))); /* one item, one text */
	}
	buf_done(&again);
	return 0;
}
