/* Any bytes as a page of HTML. */
#include "extract_take_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return extract_take_fuzz(extract_html, slice_of(data, size));
}
