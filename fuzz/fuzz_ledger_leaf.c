/* Leaves, and bundles of them: what a replica or an auditor gets. First byte: how many leaves the bundle should hold. */
#include "ledger_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ledger_leaf leaf;
	uint8_t again[LEDGER_LEAF_MAX];
	uint32_t at[TILE_WIDTH + 1];
	struct slice all = slice_of(data, size);
	if (ledger_leaf_decode(all, &leaf, NULL) == 0)
		assert(ledger_leaf_encode(&leaf, again) == size && !memcmp(again, data, size)); /* one leaf, one text */
	if (size == 0)
		return 0;
	unsigned width = 1u + data[0];
	struct slice bundle = slice_of(data + 1, size - 1);
	if (ledger_bundle_parse(bundle, width, at, NULL) == 0)
		for (unsigned i = 0; i < width; i++) {
			assert(at[i + 1] - 2 >= at[i] && at[i + 1] - 2 <= bundle.n);
			(void)!ledger_leaf_decode(slice_of(bundle.p + at[i], at[i + 1] - 2 - at[i]), &leaf, NULL);
		}
	return 0;
}
