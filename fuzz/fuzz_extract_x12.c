/* X12: separators of its own, levels, subscribers told again. */
#include "extract_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return extract_fuzz(extract_x12, slice_of(data, size), false, false);
}
