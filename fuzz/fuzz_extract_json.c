/* JSON and FHIR: resources, bundles, lines of them, anything else. */
#include "extract_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return extract_fuzz(extract_fhir, slice_of(data, size), true, false);
}
