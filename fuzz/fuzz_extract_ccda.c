/* Clinical documents. */
#include "extract_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return extract_fuzz(extract_ccda, slice_of(data, size), true, true);
}
