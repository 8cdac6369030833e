/* Lists: separators, headers, quotes, columns by their values. */
#include "extract_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return extract_fuzz(extract_csv, slice_of(data, size), false, false);
}
