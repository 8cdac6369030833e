/* Facts of the body of an entry of kind ecg: whatever is in it is opened and analysed. */
#include "ecg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct facts f;
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	if (!a)
		return 0;
	facts_init(&f, a);
	ecg_facts(slice_of(data, size), &f);
	return 0;
}
