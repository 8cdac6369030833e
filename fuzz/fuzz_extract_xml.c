/* Any bytes as XML, generic or a flat OpenDocument. */
#include "extract_take_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return extract_take_fuzz(extract_xml, slice_of(data, size));
}
